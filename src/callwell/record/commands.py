"""What may be done with a call, and what happens then. Pure: `decide` gives the facts, or the refusal as a value.

An observed fact is never refused for the state a call is in: it happened. A command is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from callwell import errors, ids
from callwell.record import events as e
from callwell.record.derive import SEATED, derive
from callwell.record.events import NewEvent, Payload
from callwell.record.state import CallState, ConnectionState, Record


class Refusal(Struct, frozen=True):
    """Why a command is not carried out. A value, so that its audit entry commits with it."""

    error: errors.CallwellError


class Command(Struct, frozen=True, kw_only=True):
    """What somebody wants of a call. ``id`` is made once, with the wish: the facts' ids are made from it."""

    id: UUID


class CreateCall(Command, frozen=True, kw_only=True):
    details: e.CallCreated


class RingCall(Command, frozen=True, kw_only=True):
    people: tuple[str, ...] = ()


class DeclineCall(Command, frozen=True, kw_only=True):
    identity: str


class EndCall(Command, frozen=True, kw_only=True):
    reason: e.EndReason = "normal"
    ended_by: str | None = None
    ended_by_id: UUID | None = None


class ChangeSettings(Command, frozen=True, kw_only=True):
    settings: Mapping[str, Any]
    changed_by: str | None = None


class Join(Command, frozen=True, kw_only=True):
    """Somebody comes in with a new connection. ``capacity`` is how many people the room has seats for."""

    identity: str
    connection: str
    details: e.Joined
    capacity: int
    has_sfu: bool = False


class PutOut(Command, frozen=True, kw_only=True):
    """These connections are over, whatever they are about to say: those that had left too, since what they say of before can open them again."""

    connections: tuple[UUID, ...]
    reason: Literal["revoked", "removed", "window_closed"] = "revoked"


def decide(call_id: UUID, state: CallState, command: Command, at: datetime) -> list[NewEvent] | Refusal:
    """The facts that come of the command at that time, or why it is refused."""
    exists = state.call.first_at is not None or bool(state.connections)
    record = derive(call_id, state) if exists else None
    match command:
        case CreateCall():
            if exists:
                return Refusal(errors.Conflict(what=f"call {call_id}"))
            drafts = [_draft("call.created", command.details)]
        case _ if record is None:
            return Refusal(errors.NotFound(what="call", id=call_id))
        case RingCall():
            drafts = _ring(record, command)
        case DeclineCall():
            drafts = _decline(state, record, command)
        case EndCall():
            drafts = _end(record, command)
        case ChangeSettings():
            drafts = _change_settings(record, command)
        case Join():
            drafts = _join(state, record, command, at)
        case PutOut():
            drafts = _put_out(state, command)
        case _:
            raise TypeError(command)
    if isinstance(drafts, Refusal):
        return drafts
    return [
        NewEvent(
            call_id=call_id,
            id=ids.derived_id(command.id, number),
            type=draft.type,
            occurred_at=at,
            payload=draft.payload,
            participant=draft.participant,
            connection=draft.connection,
        )
        for number, draft in enumerate(drafts)
    ]


def seats_taken(state: CallState, at: datetime) -> set[UUID]:
    """Who has a seat: whoever is in, and whoever was let in and still has time to connect."""
    return {c.participant_id for id, c in state.connections.items() if _has_seat(c, at, was_held=bool(state.held.get(id)))}


class _Draft(Struct, frozen=True):
    type: str
    payload: Payload
    participant: str | None = None
    connection: str | None = None


_draft = _Draft


def _refuse_unless_unfinished(record: Record, move: str) -> Refusal | None:
    if record.call.status in ("ended", "failed"):
        return Refusal(errors.IllegalMove(state=record.call.status, move=move))
    return None


def _ring(record: Record, command: RingCall) -> list[_Draft] | Refusal:
    if record.call.status not in ("initiated", "ringing"):
        return Refusal(errors.IllegalMove(state=record.call.status, move="rung"))
    return [_draft("call.ringing", e.CallRinging(people=command.people))]


def _decline(state: CallState, record: Record, command: DeclineCall) -> list[_Draft] | Refusal:
    """Who is called says no. The call is over once nobody who is called is left to say yes."""
    if record.call.status != "ringing":
        return Refusal(errors.IllegalMove(state=record.call.status, move="declined"))
    decliner = state.people.get(command.identity)
    rung = state.call.rung_ids
    if rung and decliner not in rung:
        return Refusal(errors.NotFound(what="person who is being called,", id=command.identity))
    declined = {c.participant_id for c in state.connections.values() if c.left_at is not None and c.leave_reason == "declined"}
    drafts = [_draft("participant.left", e.Left("declined"), participant=command.identity)]
    if not set(rung) - declined - {decliner}:
        drafts.append(_draft("call.ended", e.CallEnded(reason="declined", ended_by=command.identity)))
    return drafts


def _end(record: Record, command: EndCall) -> list[_Draft] | Refusal:
    ended = e.CallEnded(reason=command.reason, ended_by=command.ended_by, ended_by_id=command.ended_by_id)
    return _refuse_unless_unfinished(record, "ended") or [_draft("call.ended", ended)]


def _change_settings(record: Record, command: ChangeSettings) -> list[_Draft] | Refusal:
    changed = e.SettingsChanged(settings=dict(command.settings), changed_by=command.changed_by)
    return _refuse_unless_unfinished(record, "changed") or [_draft("call.settings_changed", changed)]


def _join(state: CallState, record: Record, command: Join, at: datetime) -> list[_Draft] | Refusal:
    if record.call.status in ("ended", "failed"):
        return Refusal(errors.CallOver())
    others = seats_taken(state, at) - {state.people.get(command.identity)}
    if len(others) >= command.capacity:
        return Refusal(errors.RoomFull(capacity=command.capacity))
    drafts = [_draft("participant.joined", command.details, command.identity, command.connection)]
    if record.call.mode == "p2p" and len(others) >= 2:
        if not command.has_sfu:
            return Refusal(errors.NeedsSfu())
        drafts.insert(0, _draft("call.mode_changed", e.ModeChanged("sfu")))
    return drafts


def _put_out(state: CallState, command: PutOut) -> list[_Draft]:
    return [
        _draft("participant.left", e.Left(command.reason), str(c.participant_id), str(id))
        for id in command.connections
        if (c := state.connections.get(id)) is not None
    ]


def _has_seat(c: ConnectionState, at: datetime, *, was_held: bool) -> bool:
    if c.status not in SEATED:
        return False
    return c.status != "connecting" or was_held or c.connect_until is None or c.connect_until > at
