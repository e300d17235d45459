"""Coming in, coming back, and being put out. Each is one transaction of the caller's, in which its audit entries lie too.

What refuses somebody is a value, so that the entry that tells of it commits; the route raises it afterwards. Locks are taken in one order:
the invite's, the room's, the call's.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from msgspec import Struct

from callwell import errors, ids
from callwell.access.tokens import connection_token
from callwell.joining import queries, rules
from callwell.joining.ice import IceServer, ice_servers
from callwell.joining.rules import Denial
from callwell.planning import invites
from callwell.planning.call_settings import settings_of
from callwell.planning.invites import Invite
from callwell.planning.people import find_display_name
from callwell.planning.rooms import Room, find_live_call, lock_room, touch_room
from callwell.postgres.pool import Tx
from callwell.record import events as e
from callwell.record.audit import Action, Origin, add_audit_entry
from callwell.record.commands import CreateCall, Join, PutOut, Refusal
from callwell.record.derive import side_of
from callwell.record.events import CallMode, CallType, Side
from callwell.record.ledger import Changed, Ledger
from callwell.settings import Settings

Clock = Callable[[], datetime]

NOBODY = UUID(int=0)
"""No row's id: what is not there is looked for as what is, so that it takes the same time."""

RESUME = "cwr"
"""What a resume secret begins with. It is made from the connection that it was given with, so that an answer can be given again; a hash is stored."""

SOCKET = "/v1/socket"


class Asking(Struct, frozen=True, kw_only=True):
    """What somebody who wants to come in says of themselves."""

    display_name: str | None = None
    device: e.Device | None = None
    audio_option: str | None = None
    metadata: dict[str, Any] | None = None


class Exchange(Struct, frozen=True, kw_only=True):
    """One attempt to come in: by whose credential, from where, and what it is done with."""

    tx: Tx
    ledger: Ledger
    settings: Settings
    clock: Clock
    caller: str
    origin: Origin
    by: str
    """How it is tried: by an invite, by a resume secret, by the host's server."""


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
    put_out_since: datetime | None = None
    """Being put out since then keeps them out of that call; None: whoever sends them knows."""


# ── What is answered ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class AdmittedEngine(Struct, frozen=True):
    """What carries the media."""

    kind: e.Engine


class AdmittedParticipant(Struct, frozen=True):
    id: UUID
    identity: str
    display_name: str | None
    role: str
    side: Side | None
    host: bool


class AdmittedSettings(Struct, frozen=True):
    heartbeat_seconds: int
    chat_enabled: bool
    screen_share_enabled: bool
    sample_seconds: int


class Admission(Struct, frozen=True, kw_only=True):
    """All that a page needs to be in the call."""

    call_id: UUID
    room: str | None
    type: CallType
    mode: CallMode
    engine: AdmittedEngine
    participant: AdmittedParticipant
    connection: UUID
    token: str
    connect_until: datetime
    """When the seat is given up, where the page has not connected by then."""
    report_until: datetime | None
    """Until when facts count; None while the call has no end."""
    resume: str
    socket: str
    ice_servers: list[IceServer]
    settings: AdmittedSettings
    server_time: datetime


# ── Coming in ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def join_by_invite(exchange: Exchange, secret: str, asking: Asking) -> Admission | Refusal:
    """Whoever has the invite's secret comes in: as whom it is for, or as a new guest."""
    tx = exchange.tx
    invite_id = ids.id_in_secret(exchange.settings.key, invites.PREFIX, secret)
    invite = await invites.lock_invite(tx, invite_id or NOBODY)
    identity = invite.identity if invite else None
    is_known = await invites.has_used(tx, invite_id or NOBODY, identity or "")
    denial = rules.denied_by_invite(invite, is_known=is_known, at=exchange.clock())
    if denial is not None or invite is None:
        return await _deny(exchange, denial or Denial(errors.InviteInvalid(), "unknown"), invite=invite, identity=identity)
    room = await lock_room(tx, invite.room_id)
    assert room is not None
    if denial := rules.denied_by_room(room, invite, exchange.clock()):
        return await _deny(exchange, denial, invite=invite, identity=identity)
    visitor = Visitor(
        identity=identity or f"guest:{ids.uuid7().hex}",
        display_name=await _name(tx, invite.display_name or asking.display_name, identity),
        role=invite.role,
        side=invite.side,
        is_host=invite.is_host,
        invite=invite,
        put_out_since=invite.created_at if identity else None,
    )
    return await _enter_room(exchange, room, visitor, asking, is_counted=not is_known)


async def join_by_server(
    exchange: Exchange, call_id: UUID, identity: str, asking: Asking, *, role: str, side: Side | None, is_host: bool
) -> Admission | Refusal:
    """The host's server did its own authorization and sends somebody into a call. Raises NotFound."""
    tx = exchange.tx
    place = await queries.find_call_place(tx, call_id)
    if place is None:
        raise errors.NotFound(what="call", id=call_id)
    room = await lock_room(tx, place.room_id) if place.room_id else None
    if room and (denial := rules.denied_by_room(room, None, exchange.clock())):
        return await _deny(exchange, denial, identity=identity, room_id=room.id, call_id=call_id)
    visitor = Visitor(
        identity=identity,
        display_name=await _name(tx, asking.display_name, identity),
        role=role,
        side=cast("Side | None", side_of(role, side)),
        is_host=is_host,
    )
    entered = await _enter(exchange, call_id, room, visitor, asking)
    if isinstance(entered, Denial):
        return await _deny(exchange, entered, identity=identity, room_id=place.room_id, call_id=call_id)
    return await _admit(exchange, entered, room, visitor, is_counted=False)


async def resume(exchange: Exchange, secret: str, asking: Asking) -> Admission | Refusal:
    """A page that was in the call comes back, as the same participant with a new connection. All is checked again but the uses."""
    tx = exchange.tx
    kept = await queries.find_resume(tx, ids.secret_hash(secret))
    invite = await invites.lock_invite(tx, kept.invite_id) if kept and kept.invite_id else None
    room = await lock_room(tx, kept.room_id) if kept and kept.room_id else None
    known = await queries.find_returning(tx, kept.call_id, kept.participant_id) if kept else None
    if kept is None or known is None or known.identity is None or (kept.invite_id and invite is None):
        return await _deny(exchange, Denial(errors.ResumeInvalid(), "unknown"), call_id=kept.call_id if kept else None)
    at = exchange.clock()
    if denial := (rules.denied_on_return(invite, at) if invite else None) or (rules.denied_by_room(room, invite, at) if room else None):
        return await _deny(exchange, denial, invite=invite, identity=known.identity, room_id=kept.room_id, call_id=kept.call_id)
    visitor = Visitor(
        identity=known.identity,
        display_name=known.display_name,
        role=known.role or "participant",
        side=known.side,
        is_host=known.is_host,
        invite=invite,
        resume=secret,
        put_out_since=kept.created_at,
    )
    entered = await _enter(exchange, kept.call_id, room, visitor, asking)
    if isinstance(entered, Denial):
        return await _deny(exchange, entered, invite=invite, identity=known.identity, room_id=kept.room_id, call_id=kept.call_id)
    return await _admit(exchange, entered, room, visitor, is_counted=False)


class _Entered(Struct, frozen=True):
    """Somebody is in, and what remains is to write down on what terms."""

    changed: Changed
    connection_id: UUID
    at: datetime
    connect_until: datetime


async def _name(tx: Tx, said: str | None, identity: str | None) -> str | None:
    """What is said nearest: with the invite, by themselves, in the directory."""
    return said or (await find_display_name(tx, identity) if identity else None)


async def _enter_room(exchange: Exchange, room: Room, visitor: Visitor, asking: Asking, *, is_counted: bool) -> Admission | Refusal:
    """Into the room's unfinished call, or into a new one. Under the room's lock."""
    entered: _Entered | Denial = Denial(errors.CallOver(), "call_over")
    call_id = None
    # A call may have ended while its lock was waited for; then the room has none any more, and the second look finds that.
    for _ in range(2):
        call_id = await find_live_call(exchange.tx, room.id) or await _begin_call(exchange, room, visitor)
        entered = await _enter(exchange, call_id, room, visitor, asking)
        if not isinstance(entered, Denial) or not isinstance(entered.error, errors.CallOver):
            break
    if isinstance(entered, Denial):
        return await _deny(exchange, entered, invite=visitor.invite, identity=visitor.identity, call_id=call_id)
    return await _admit(exchange, entered, room, visitor, is_counted=is_counted)


async def _begin_call(exchange: Exchange, room: Room, visitor: Visitor) -> UUID:
    call_id, at = ids.uuid7(), exchange.clock()
    details = e.CallCreated(
        type=room.type,
        mode="p2p",
        engine="p2p",
        room=room.name,
        conversation_id=room.conversation_id,
        initiator=visitor.identity,
        settings=room.settings,
    )
    begun = await exchange.ledger.command(exchange.tx, call_id, CreateCall(id=ids.uuid7(), details=details), at)
    assert not isinstance(begun, Refusal), begun.error
    await add_audit_entry(
        exchange.tx,
        action=Action.CALL_CREATED,
        at=at,
        caller=exchange.caller,
        origin=exchange.origin,
        identity=visitor.identity,
        call_id=call_id,
        room_id=room.id,
    )
    return call_id


async def _enter(exchange: Exchange, call_id: UUID, room: Room | None, visitor: Visitor, asking: Asking) -> _Entered | Denial:
    tx, settings = exchange.tx, exchange.settings
    if visitor.put_out_since is not None:
        await queries.lock_call(tx, call_id)
        if await queries.was_put_out(tx, call_id, visitor.identity, since=visitor.put_out_since):
            return Denial(errors.Revoked(), "put_out")
    at = exchange.clock()
    connection_id, connect_until = ids.uuid7(), at + timedelta(seconds=settings.connect_seconds)
    command = Join(
        id=ids.uuid7(),
        identity=visitor.identity,
        connection=str(connection_id),
        capacity=min(room.capacity if room else settings.max_participants, settings.max_participants),
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
    changed = await exchange.ledger.command(tx, call_id, command, at)
    if isinstance(changed, Refusal):
        return Denial(changed.error, changed.error.code.rpartition(".")[2])
    return _Entered(changed, connection_id, at, connect_until)


async def _admit(exchange: Exchange, entered: _Entered, room: Room | None, visitor: Visitor, *, is_counted: bool) -> Admission:
    """Writes down on what terms somebody is in, and tells them."""
    tx, invite, at = exchange.tx, visitor.invite, entered.at
    call_id = entered.changed.call_id
    participant_id = entered.changed.state.people[visitor.identity]
    room_id = entered.changed.record.call.room_id
    secret = visitor.resume or ids.derived_secret(exchange.settings.key, RESUME, entered.connection_id)
    async with tx.pipeline():
        if invite is not None and is_counted:
            await invites.add_use(tx, invite.id, visitor.identity, at)
        await queries.add_grant(
            tx,
            call_id=call_id,
            connection_id=entered.connection_id,
            participant_id=participant_id,
            room_id=room_id,
            invite_id=invite.id if invite else None,
            is_host=visitor.is_host,
            at=at,
            connect_until=entered.connect_until,
            closes_at=invite.closes_at if invite else None,
        )
        if visitor.resume is None:
            kept = queries.Resume(call_id, participant_id, room_id, invite.id if invite else None, at)
            await queries.add_resume(tx, ids.secret_hash(secret), kept)
        if room is not None:
            await touch_room(tx, room.id, at)
        await _add_entries(
            exchange,
            Action.JOIN_SUCCESS,
            at,
            {
                "identity": visitor.identity,
                "call_id": call_id,
                "room_id": room_id,
                "invite_id": invite.id if invite else None,
                "participant_id": participant_id,
            },
        )
    return _admission(exchange.settings, entered, visitor, participant_id, secret)


def _admission(settings: Settings, entered: _Entered, visitor: Visitor, participant_id: UUID, secret: str) -> Admission:
    call, at = entered.changed.record.call, entered.at
    wished = settings_of(call.settings)
    return Admission(
        call_id=call.id,
        room=ids.room_name(call.room_id) if call.room_id else None,
        type=call.type,
        mode=call.mode,
        engine=AdmittedEngine(call.engine),
        participant=AdmittedParticipant(participant_id, visitor.identity, visitor.display_name, visitor.role, visitor.side, visitor.is_host),
        connection=entered.connection_id,
        token=connection_token(settings.key, call.id, entered.connection_id),
        connect_until=entered.connect_until,
        report_until=None,
        resume=secret,
        socket=SOCKET,
        ice_servers=ice_servers(
            settings.ice_urls, settings.turn_urls, settings.turn_secret, participant=str(participant_id), at=at, seconds=settings.turn_seconds
        ),
        settings=AdmittedSettings(settings.heartbeat_seconds, wished.chat_enabled, wished.screen_share_enabled, wished.sample_seconds),
        server_time=at,
    )


async def _deny(
    exchange: Exchange,
    denial: Denial,
    *,
    invite: Invite | None = None,
    identity: str | None = None,
    room_id: UUID | None = None,
    call_id: UUID | None = None,
) -> Refusal:
    """Keeps why, and gives what they are told."""
    about = {
        "identity": identity,
        "call_id": call_id,
        "room_id": room_id or (invite.room_id if invite else None),
        "invite_id": invite.id if invite else None,
    }
    async with exchange.tx.pipeline():
        await _add_entries(exchange, Action.JOIN_DENIED, exchange.clock(), about, error_code=denial.error.code, reason=denial.reason)
    return Refusal(denial.error)


async def _add_entries(
    exchange: Exchange, outcome: Action, at: datetime, about: Mapping[str, Any], *, error_code: str | None = None, reason: str | None = None
) -> None:
    """The attempt, and what came of it."""
    for action in (Action.JOIN_ATTEMPT, outcome):
        is_denial = action is Action.JOIN_DENIED
        await add_audit_entry(
            exchange.tx,
            action=action,
            at=at,
            caller=exchange.caller,
            origin=exchange.origin,
            error_code=error_code if is_denial else None,
            metadata={"by": exchange.by} | ({"reason": reason} if is_denial else {}),
            **about,
        )


# ── Being put out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
# The time is taken under the call's lock: a leaving that seems to be older than the coming would be undone by it.


async def revoke_invite(tx: Tx, ledger: Ledger, invite_id: UUID, *, clock: Clock, caller: str, origin: Origin) -> None:
    """Nobody comes in by the invite any more, and whoever is in by it is put out. Again changes nothing. Raises NotFound."""
    invite = await invites.lock_invite(tx, invite_id)
    if invite is None:
        raise errors.NotFound(what="invite", id=invite_id)
    if invite.revoked_at is not None:
        return
    at = clock()
    await invites.save_revocation(tx, invite_id, at)
    for call_id in await queries.list_calls_by_invite(tx, invite_id):
        await queries.lock_call(tx, call_id)
        at = clock()
        connections = await queries.revoke_grants(tx, call_id, at, invite_id=invite_id)
        await ledger.command(tx, call_id, PutOut(id=ids.uuid7(), connections=tuple(connections)), at)
    await queries.revoke_other_grants(tx, invite_id, at)
    await add_audit_entry(tx, action=Action.INVITE_REVOKED, at=at, caller=caller, origin=origin, room_id=invite.room_id, invite_id=invite_id)


async def remove_participant(tx: Tx, ledger: Ledger, call_id: UUID, participant_id: UUID, *, clock: Clock, caller: str, origin: Origin) -> None:
    """Puts somebody out of a call, on all their devices. They don't come back by an invite that they had before. Raises NotFound."""
    known = await queries.find_returning(tx, call_id, participant_id) if await queries.lock_call(tx, call_id) else None
    if known is None:
        raise errors.NotFound(what="participant", id=participant_id)
    at = clock()
    revoked = await queries.revoke_grants(tx, call_id, at, participant_id=participant_id)
    connections = {*revoked, *await queries.list_connections_of(tx, call_id, participant_id)}
    await ledger.command(tx, call_id, PutOut(id=ids.uuid7(), connections=tuple(sorted(connections)), reason="removed"), at)
    await add_audit_entry(
        tx,
        action=Action.PARTICIPANT_REMOVED,
        at=at,
        caller=caller,
        origin=origin,
        identity=known.identity,
        call_id=call_id,
        participant_id=participant_id,
    )
