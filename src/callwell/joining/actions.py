"""Coming in and coming back. Each is one transaction of the caller's, in which its audit entries lie too.

What refuses somebody is a value, so that the entry that tells of it commits; the route raises it afterwards. Locks are taken in one order:
the invite's, the room's, the appointment's, the call's.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from msgspec import Struct

from callwell import errors, ids
from callwell.joining import queries, rules
from callwell.joining.answers import Admission, AdmittedParticipant, admission
from callwell.joining.queries import Found
from callwell.joining.rules import Denial, Meeting
from callwell.planning import invites
from callwell.planning.appointments import touch_appointment
from callwell.planning.deployed import Deployed
from callwell.planning.invites import Invite
from callwell.planning.people import note_person
from callwell.planning.rooms import touch_room
from callwell.postgres.pool import Tx
from callwell.record import events as e
from callwell.record.audit import Action, Origin, add_audit_entry
from callwell.record.commands import CreateCall, Join, Refusal
from callwell.record.derive import side_of
from callwell.record.events import Side
from callwell.record.ledger import Changed, Ledger
from callwell.settings import Settings

Clock = Callable[[], datetime]

NOBODY = UUID(int=0)
"""No row's id: what is not there is looked for as what is, so that it takes the same time."""

RESUME = "cwr"
"""What a resume secret begins with. It is made from the connection that it was given with, so that an answer can be given again; a hash is stored."""


class Asking(Struct, frozen=True, kw_only=True):
    """What somebody who wants to come in says of themselves."""

    display_name: str | None = None
    device: e.Device | None = None
    audio_option: str | None = None
    metadata: dict[str, Any] | None = None
    consents_to_recording: bool = False


def _uncounted(_: UUID) -> None:
    """Tries that nobody counts."""


class Exchange(Struct, frozen=True, kw_only=True):
    """One attempt to come in: by whose credential, from where, and what it is done with."""

    tx: Tx
    ledger: Ledger
    settings: Settings
    deployed: Deployed
    clock: Clock
    caller: str
    origin: Origin
    by: str
    """How it is tried: by an invite, by a resume secret, by the host's server."""
    count: Callable[[UUID], None] = _uncounted
    """Counts a try to get into a room. Raises TooManyRequests."""


class Visitor(Struct, frozen=True, kw_only=True):
    """Who comes in, as what and for how long."""

    identity: str
    display_name: str | None
    role: str
    side: Side | None
    is_host: bool
    invite: Invite | None = None
    resume: str | None = None
    """The secret with which they come back."""
    participant_id: UUID | None = None
    """Who of the call comes back."""
    put_out_since: datetime | None = None
    """Being put out since then keeps them out of that call; None: whoever sends them knows."""


# ── Coming in ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def join_by_invite(exchange: Exchange, secret: str, asking: Asking) -> Admission | Refusal:
    """Whoever has the invite's secret comes in: as whom it is for, or as a new guest. Raises TooManyRequests."""
    invite_id = ids.id_in_secret(exchange.settings.key, invites.PREFIX, secret)
    found = await queries.find_way(exchange.tx, invite_id=invite_id or NOBODY)
    invite = found.invite
    denial = rules.denied_by_invite(invite, is_known=found.is_known, at=exchange.clock())
    if denial is not None or invite is None:
        return await _deny(exchange, denial or Denial(errors.InviteInvalid(), "unknown"), found, identity=invite.identity if invite else None)
    # Only now: whoever holds an invite that is no good must not learn from it that it is one.
    exchange.count(invite.room_id)
    visitor = Visitor(
        identity=invite.identity or f"guest:{ids.uuid7().hex}",
        display_name=invite.display_name or asking.display_name or found.display_name,
        role=invite.role,
        side=invite.side,
        is_host=invite.is_host,
        invite=invite,
        put_out_since=invite.created_at if invite.identity else None,
    )
    meeting = _meeting(exchange, found)
    if denial := rules.denied_by_meeting(meeting, invite, visitor.identity, exchange.clock()):
        return await _deny(exchange, denial, found, identity=invite.identity)
    return await _enter_room(exchange, found, meeting, visitor, asking)


async def join_by_server(
    exchange: Exchange, call_id: UUID, identity: str, asking: Asking, *, role: str, side: Side | None, is_host: bool
) -> Admission | Refusal:
    """The host's server did its own authorization and sends somebody into a call. Raises NotFound."""
    place = await queries.find_call_place(exchange.tx, call_id)
    if place is None:
        raise errors.NotFound(what="call", id=call_id)
    found = await queries.find_way(exchange.tx, room_id=place.room_id, appointment_id=place.appointment_id, identity=identity)
    visitor = Visitor(
        identity=identity,
        display_name=asking.display_name or found.display_name,
        role=role,
        side=cast("Side | None", side_of(role, side)),
        is_host=is_host,
    )
    return await _enter_call(exchange, call_id, found, _meeting(exchange, found, place.settings), visitor, asking)


async def resume(exchange: Exchange, secret: str, asking: Asking) -> Admission | Refusal:
    """A page that was in the call, or waits to be, comes back as the same participant. All is checked again but the uses. Raises TooManyRequests."""
    tx = exchange.tx
    kept = await queries.find_resume(tx, ids.secret_hash(secret))
    known = await queries.find_returning(tx, kept.call_id, kept.participant_id) if kept else None
    place = await queries.find_call_place(tx, kept.call_id) if kept else None
    if kept is None or place is None or known is None or known.identity is None:
        return await _deny(exchange, Denial(errors.ResumeInvalid(), "unknown"), call_id=kept.call_id if kept else None)
    found = await queries.find_way(tx, invite_id=kept.invite_id, room_id=kept.room_id, appointment_id=place.appointment_id, identity=known.identity)
    if kept.invite_id and found.invite is None:
        return await _deny(exchange, Denial(errors.ResumeInvalid(), "unknown"), call_id=kept.call_id)
    if kept.room_id:
        exchange.count(kept.room_id)
    if found.invite and (denial := rules.denied_on_return(found.invite, exchange.clock())):
        return await _deny(exchange, denial, found, identity=known.identity, call_id=kept.call_id)
    visitor = Visitor(
        identity=known.identity,
        display_name=known.display_name,
        role=known.role or "participant",
        side=known.side,
        is_host=known.is_host,
        invite=found.invite,
        resume=secret,
        participant_id=kept.participant_id,
        put_out_since=kept.created_at,
    )
    return await _enter_call(exchange, kept.call_id, found, _meeting(exchange, found, place.settings), visitor, asking)


def _meeting(exchange: Exchange, found: Found, of_call: Mapping[str, Any] | None = None) -> Meeting:
    return meeting_at(exchange.deployed, found, of_call)


def meeting_at(deployed: Deployed, found: Found, of_call: Mapping[str, Any] | None = None) -> Meeting:
    """What holds where somebody wants to go. ``of_call``: what the call says itself, where it has no room."""
    room = found.room.settings if found.room else of_call or {}
    return Meeting(
        room=found.room,
        appointment=found.appointment,
        wished=deployed.meeting(room, found.appointment.settings if found.appointment else {}),
        is_invited=found.is_invited,
        was_ended=found.was_ended,
    )


class _Entered(Struct, frozen=True):
    """Somebody is in, or waits, and what remains is to write down on what terms."""

    changed: Changed
    connection_id: UUID
    at: datetime
    connect_until: datetime
    is_first: bool = False
    """Whether they began the call."""

    @property
    def is_waiting(self) -> bool:
        return self.changed.state.connections[self.connection_id].status == "waiting"


async def _enter_room(exchange: Exchange, found: Found, meeting: Meeting, visitor: Visitor, asking: Asking) -> Admission | Refusal:
    """Into the room's unfinished call, or into a new one. Under the room's lock."""
    entered: _Entered | Denial = Denial(errors.CallOver(), "call_over")
    if found.call_id is not None:
        entered = await _enter(exchange, found.call_id, meeting, visitor, asking)
    # A call may have ended while its lock was waited for: the room has none any more then.
    if isinstance(entered, Denial) and isinstance(entered.error, errors.CallOver):
        entered = await _enter_new_call(exchange, meeting, visitor, asking)
    if isinstance(entered, Denial):
        return await _deny(exchange, entered, found, identity=visitor.identity, call_id=found.call_id)
    return await _admit(exchange, entered, meeting, visitor, is_counted=not found.is_known)


async def _enter_call(exchange: Exchange, call_id: UUID, found: Found, meeting: Meeting, visitor: Visitor, asking: Asking) -> Admission | Refusal:
    """Into this call and no other."""
    denial = rules.denied_by_meeting(meeting, visitor.invite, visitor.identity, exchange.clock())
    entered = denial or await _enter(exchange, call_id, meeting, visitor, asking)
    if isinstance(entered, Denial):
        return await _deny(exchange, entered, found, identity=visitor.identity, call_id=call_id)
    return await _admit(exchange, entered, meeting, visitor, is_counted=False)


async def _enter_new_call(exchange: Exchange, meeting: Meeting, visitor: Visitor, asking: Asking) -> _Entered | Denial:
    """Begins the room's next call. Nobody has said anything in it yet, so that who must consent has to do it now: nobody refused begins a call."""
    room, appointment = meeting.room, meeting.appointment
    assert room is not None
    if meeting.wished.require_recording_consent and not asking.consents_to_recording:
        return Denial(errors.ConsentRequired(), "consent_required")
    at = exchange.clock()
    details = e.CallCreated(
        type=room.type,
        mode="p2p",
        engine="p2p",
        room=room.name,
        conversation_id=room.conversation_id or (appointment.conversation_id if appointment else None),
        appointment_id=appointment.id if appointment else None,
        initiator=visitor.identity,
        provider=appointment.provider_id if appointment else None,
        settings=exchange.deployed.of_call(room.settings, appointment.settings if appointment else {}),
    )
    connection_id, connect_until = ids.uuid7(), at + timedelta(seconds=exchange.settings.connect_seconds)
    join = _joining(meeting, visitor, asking, connection_id, connect_until)
    changed = await exchange.ledger.command(exchange.tx, ids.uuid7(), CreateCall(id=ids.uuid7(), details=details), at, then=join)
    assert not isinstance(changed, Refusal), changed.error
    return _Entered(changed, connection_id, at, connect_until, is_first=True)


async def _enter(exchange: Exchange, call_id: UUID, meeting: Meeting, visitor: Visitor, asking: Asking) -> _Entered | Denial:
    tx = exchange.tx
    if visitor.put_out_since is not None:
        why = await queries.find_being_put_out(tx, call_id, visitor.identity, since=visitor.put_out_since)
        if why is not None:
            return Denial(errors.Refused(), "refused") if why == "refused" else Denial(errors.Revoked(), "put_out")
    at = exchange.clock()
    waits_on_with = await queries.find_waiting_connection(tx, call_id, visitor.participant_id, at) if visitor.participant_id else None
    connection_id, connect_until = waits_on_with or ids.uuid7(), at + timedelta(seconds=exchange.settings.connect_seconds)
    changed = await exchange.ledger.command(tx, call_id, _joining(meeting, visitor, asking, connection_id, connect_until), at)
    if isinstance(changed, Refusal):
        return Denial(changed.error, changed.error.code.rpartition(".")[2])
    return _Entered(changed, connection_id, at, connect_until)


def _joining(meeting: Meeting, visitor: Visitor, asking: Asking, connection_id: UUID, connect_until: datetime) -> Join:
    return Join(
        id=ids.uuid7(),
        identity=visitor.identity,
        connection=str(connection_id),
        capacity=meeting.capacity,
        has_waiting_room=meeting.wished.waiting_room,
        needs_consent=meeting.wished.require_recording_consent,
        has_consented=asking.consents_to_recording,
        details=e.Joined(
            display_name=visitor.display_name,
            role=visitor.role,
            side=visitor.side,
            is_host=visitor.is_host,
            audio_option=asking.audio_option,
            device=asking.device,
            metadata=asking.metadata,
            connect_until=connect_until,
        ),
    )


async def _admit(exchange: Exchange, entered: _Entered, meeting: Meeting, visitor: Visitor, *, is_counted: bool) -> Admission:
    """Writes down on what terms somebody is in or waits, and tells them."""
    tx, invite, at, call = exchange.tx, visitor.invite, entered.at, entered.changed.record.call
    participant_id = entered.changed.state.people[visitor.identity]
    secret = visitor.resume or ids.derived_secret(exchange.settings.key, RESUME, entered.connection_id)
    async with tx.pipeline():
        if invite is not None and is_counted:
            await invites.add_use(tx, invite.id, visitor.identity, at)
        await queries.add_grant(
            tx,
            call_id=call.id,
            connection_id=entered.connection_id,
            participant_id=participant_id,
            room_id=call.room_id,
            invite_id=invite.id if invite else None,
            is_host=visitor.is_host,
            at=at,
            is_waiting=entered.is_waiting,
            connect_until=entered.connect_until,
            closes_at=rules.window(meeting, invite)[1],
        )
        if visitor.resume is None:
            kept = queries.Resume(call.id, participant_id, call.room_id, invite.id if invite else None, at)
            await queries.add_resume(tx, ids.secret_hash(secret), kept)
        await note_person(tx, visitor.identity, visitor.display_name, visitor.role, visitor.side, at)
        if not entered.is_waiting:
            await touch(tx, meeting, at)
        about = {
            "identity": visitor.identity,
            "call_id": call.id,
            "room_id": call.room_id,
            "invite_id": invite.id if invite else None,
            "appointment_id": meeting.appointment.id if meeting.appointment else None,
            "participant_id": participant_id,
        }
        if entered.is_first:
            await add_audit_entry(tx, action=Action.CALL_CREATED, at=at, caller=exchange.caller, origin=exchange.origin, **about)
        await _add_entries(exchange, Action.JOIN_WAITING if entered.is_waiting else Action.JOIN_SUCCESS, at, about, is_demo=call.is_demo)
    return admission(
        exchange.settings,
        call,
        AdmittedParticipant(participant_id, visitor.identity, visitor.display_name, visitor.role, visitor.side, visitor.is_host),
        entered.connection_id,
        is_waiting=entered.is_waiting,
        connect_until=entered.connect_until,
        resume=secret,
        at=at,
    )


async def touch(tx: Tx, meeting: Meeting, at: datetime) -> None:
    """Somebody was let in."""
    if meeting.room is not None:
        await touch_room(tx, meeting.room.id, at)
    if meeting.appointment is not None:
        await touch_appointment(tx, meeting.appointment.id, at)


async def _deny(
    exchange: Exchange, denial: Denial, found: Found | None = None, *, identity: str | None = None, call_id: UUID | None = None
) -> Refusal:
    """Keeps why, and gives what they are told."""
    invite, room, appointment = (found.invite, found.room, found.appointment) if found else (None, None, None)
    about = {
        "identity": identity,
        "call_id": call_id,
        "room_id": room.id if room else None,
        "invite_id": invite.id if invite else None,
        "appointment_id": appointment.id if appointment else None,
    }
    async with exchange.tx.pipeline():
        await _add_entries(exchange, Action.JOIN_DENIED, exchange.clock(), about, error_code=denial.error.code, reason=denial.reason)
    return Refusal(denial.error)


async def _add_entries(
    exchange: Exchange,
    outcome: Action,
    at: datetime,
    about: Mapping[str, Any],
    *,
    error_code: str | None = None,
    reason: str | None = None,
    is_demo: bool = False,
) -> None:
    """The attempt, and what came of it. Figures leave demonstrations out."""
    for action in (Action.JOIN_ATTEMPT, outcome):
        is_denial = action is Action.JOIN_DENIED
        await add_audit_entry(
            exchange.tx,
            action=action,
            at=at,
            caller=exchange.caller,
            origin=exchange.origin,
            error_code=error_code if is_denial else None,
            metadata={"by": exchange.by} | ({"reason": reason} if is_denial else {}) | ({"demo": True} if is_demo else {}),
            **about,
        )
