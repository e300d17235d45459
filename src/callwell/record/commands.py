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
from callwell.record.derive import MOST_IN_P2P, SEATED, derive
from callwell.record.events import NewEvent, Payload
from callwell.record.state import MOST_PARTICIPANTS, CallState, ConnectionState, Record

MOST_WAITING = 50
"""How many people may wait to be let in."""


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
    """Somebody comes in with a new connection, or waits with it. ``capacity`` is how many people the room has seats for."""

    identity: str
    connection: str
    details: e.Joined
    capacity: int
    has_sfu: bool = False
    has_waiting_room: bool = False
    """Whether whoever is no host waits to be let in. Who was in this call before is not asked to wait again."""
    needs_consent: bool = False
    """Whether nobody comes in who does not consent to being recorded."""
    has_consented: bool = False


class Admit(Command, frozen=True, kw_only=True):
    """Somebody waiting is let in, on all devices with which they wait."""

    participant_id: UUID
    capacity: int
    connect_until: datetime
    has_sfu: bool = False


class Refuse(Command, frozen=True, kw_only=True):
    """Somebody waiting is sent away, on all devices with which they wait."""

    participant_id: UUID


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
        case Admit():
            drafts = _let_in(state, record, command, at)
        case Refuse():
            drafts = _send_away(state, record, command)
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
    participant_id = state.people.get(command.identity)
    drafts = _switch_for(state, record, participant_id, command.capacity, at, has_sfu=command.has_sfu)
    if isinstance(drafts, Refusal):
        return drafts
    if participant_id is None and len(state.people) >= MOST_PARTICIPANTS:
        return Refusal(errors.TooManyVisitors())
    if command.needs_consent and not (command.has_consented or _consents(state, participant_id)):
        return Refusal(errors.ConsentRequired())
    if command.has_waiting_room and not command.details.is_host and not _was_in(state, participant_id):
        if len(_waiting(state) - {participant_id}) >= MOST_WAITING:
            return Refusal(errors.WaitingRoomFull())
        drafts = [_draft("participant.waiting", _as_waiting(command.details), command.identity, command.connection)]
    else:
        drafts = [*drafts, _draft("participant.joined", command.details, command.identity, command.connection)]
    if command.has_consented:
        drafts.append(_draft("consent.given", e.Consent("recording"), command.identity, command.connection))
    return drafts


def _switch_for(
    state: CallState, record: Record, participant_id: UUID | None, capacity: int, at: datetime, *, has_sfu: bool
) -> list[_Draft] | Refusal:
    """What has to change for one more to be in beside the others, or why there is no place for them."""
    others = seats_taken(state, at) - {participant_id}
    if len(others) >= capacity:
        return Refusal(errors.RoomFull(capacity=capacity))
    if record.call.mode == "p2p" and len(others) >= MOST_IN_P2P:
        return [_draft("call.mode_changed", e.ModeChanged("sfu"))] if has_sfu else Refusal(errors.NeedsSfu())
    return []


def _as_waiting(details: e.Joined) -> e.Waiting:
    return e.Waiting(**{name: getattr(details, name) for name in e.Waiting.__struct_fields__})


def _was_in(state: CallState, participant_id: UUID | None) -> bool:
    return any(c.participant_id == participant_id and c.joined_at is not None for c in state.connections.values())


def _consents(state: CallState, participant_id: UUID | None) -> bool:
    """Whether somebody said in this call that they may be recorded, and has taken it back on none of their devices."""
    said = [c.consents["recording"] for c in state.connections.values() if c.participant_id == participant_id and "recording" in c.consents]
    return bool(said) and all(said)


def _waiting(state: CallState) -> set[UUID]:
    return {c.participant_id for c in state.connections.values() if c.status == "waiting"}


def _let_in(state: CallState, record: Record, command: Admit, at: datetime) -> list[_Draft] | Refusal:
    """Who is in already is let in; who waits no more cannot be."""
    if record.call.status in ("ended", "failed"):
        return Refusal(errors.CallOver())
    waiting = _waiting_connections(state, command.participant_id)
    if not waiting:
        return [] if command.participant_id in seats_taken(state, at) else Refusal(errors.NotWaiting())
    drafts = _switch_for(state, record, command.participant_id, command.capacity, at, has_sfu=command.has_sfu)
    if isinstance(drafts, Refusal):
        return drafts
    return [*drafts, *(_draft("participant.admitted", e.Admitted(command.connect_until), str(command.participant_id), str(id)) for id in waiting)]


def _send_away(state: CallState, record: Record, command: Refuse) -> list[_Draft] | Refusal:
    if record.call.status in ("ended", "failed"):
        return Refusal(errors.CallOver())
    waiting = _waiting_connections(state, command.participant_id)
    if not waiting:
        return Refusal(errors.NotWaiting())
    return [_draft("participant.refused", e.Left("refused"), str(command.participant_id), str(id)) for id in waiting]


def _waiting_connections(state: CallState, participant_id: UUID) -> list[UUID]:
    return sorted(id for id, c in state.connections.items() if c.participant_id == participant_id and c.status == "waiting")


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
