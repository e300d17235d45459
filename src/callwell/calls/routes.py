"""The record over HTTP: calls, their facts and timeline, and what a person's calls were."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, patch, post
from litestar.di import Provide
from litestar.params import PathParameter, QueryParameter
from litestar.types import Scope
from msgspec import Meta, Struct

from callwell import errors, ids
from callwell.access.callers import Caller, ConnectionCaller, StaffCaller, UserCaller
from callwell.access.guards import allow
from callwell.calls import actions, finding_routes, rules
from callwell.calls.actions import Acting
from callwell.calls.queries import SeenCall, get_seen_call
from callwell.calls.rules import TimelineEntry
from callwell.errors import CallwellError
from callwell.http import Body, Fields, Page, Paging, Response, Write
from callwell.planning.agenda import check_comes, get_appointment
from callwell.planning.conversations import ConversationId
from callwell.planning.deployed import Deployed
from callwell.planning.rooms import read_room_filter
from callwell.planning.words import Name
from callwell.postgres.pool import Database, Tx
from callwell.record import events as e, queries
from callwell.record.audit import Origin, origin_of
from callwell.record.commands import CreateCall, DeclineCall, EndCall, Refusal, RingCall
from callwell.record.ledger import Changed, Ledger
from callwell.record.queries import CallFilter, CallOfPerson, CallPosition, EventPosition, PersonStats, StoredEvent
from callwell.record.shown import Call, Participant
from callwell.settings import Settings

ORIGIN = {"origin": Provide(origin_of, sync_to_thread=False)}

People = Annotated[tuple[e.Identity, ...], Meta(max_length=50)]
ConversationPath = Annotated[str, PathParameter(pattern=r"^[^\x00-\x1f\x7f]{1,200}$", description="The host's own id of a conversation.")]
PersonId = Annotated[str, PathParameter(pattern=r"^[^\x00-\x1f\x7f]{1,200}$", description="The host's own id of somebody.")]
Since = Annotated[datetime | None, QueryParameter(name="from", description="Not before this time.")]
Until = Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")]
Status = Literal["initiated", "ringing", "active", "ended", "failed"]
IdentityQuery = Annotated[str | None, QueryParameter(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$", description="`user:…` or `guest:…`")]


def utc_now() -> datetime:
    return datetime.now(UTC)


# ── Doing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class CallToMake(Body, frozen=True):
    type: e.CallType
    mode: e.CallMode
    initiator: e.Identity
    conversation_id: ConversationId | None = None
    room: Annotated[str, Meta(pattern=r"^room-[0-9a-f]{32}$")] | None = None
    appointment_id: UUID | None = None
    external_id: Name | None = None
    provider: e.Identity | None = None
    provider_name: Name | None = None
    people: People = ()
    """Whom to ring for at once."""
    engine: e.Engine | None = None
    """What carries the media: `p2p` where a room is given, else `external`."""
    is_demo: bool = False
    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    metadata: dict[e.Word, Any] = msgspec.field(default_factory=dict)
    id: UUID | None = None


class PeopleToRing(Body, frozen=True):
    people: Annotated[People, Meta(min_length=1)]


class Decliner(Body, frozen=True):
    identity: e.Identity


class Ending(Body, frozen=True):
    reason: e.EndReason = "normal"
    ended_by: e.Identity | None = None


@post("/v1/calls", opt=allow(keys="calls:write"), dependencies=ORIGIN)
async def create_call(data: CallToMake, caller: StaffCaller, ledger: Ledger, deployed: Deployed, origin: Origin, write: Write) -> Response[Call]:
    """Begin a call: ad hoc, in a conversation, or in a room, which has at most one that is unfinished."""
    call_id, create_id, ring_id = data.id or ids.uuid7(), ids.uuid7(), ids.uuid7()
    details = e.CallCreated(
        type=data.type,
        mode=data.mode,
        engine=data.engine or ("p2p" if data.room else "external"),
        room=data.room,
        conversation_id=data.conversation_id,
        appointment_id=data.appointment_id,
        external_id=data.external_id,
        initiator=data.initiator,
        provider=data.provider,
        provider_name=data.provider_name,
        is_demo=data.is_demo,
        settings=data.settings,
        metadata=data.metadata,
    )
    ring = RingCall(id=ring_id, people=data.people) if data.people else None

    async def do(tx: Tx) -> Changed | Refusal:
        return await actions.create_call(tx, ledger, deployed, call_id, CreateCall(id=create_id, details=details), ring, _acting(caller, origin))

    return await write(_answering(do, call_id), status=201)


@post("/v1/calls/{call_id:uuid}/ring", opt=allow(keys="calls:write"), status_code=200, dependencies=ORIGIN)
async def ring_call(call_id: UUID, data: PeopleToRing, caller: StaffCaller, ledger: Ledger, origin: Origin, write: Write) -> Response[Call]:
    """Ring for people, more of them the second time. A call that has begun does not ring."""
    command = RingCall(id=ids.uuid7(), people=data.people)

    async def do(tx: Tx) -> Changed | Refusal:
        return await actions.ring_call(tx, ledger, call_id, command, _acting(caller, origin))

    return await write(_answering(do, call_id), status=200)


@post("/v1/calls/{call_id:uuid}/decline", opt=allow(keys="calls:write"), status_code=200, dependencies=ORIGIN)
async def decline_call(call_id: UUID, data: Decliner, caller: StaffCaller, ledger: Ledger, origin: Origin, write: Write) -> Response[Call]:
    """Say that somebody who is rung for does not come. The call is over once nobody is left who might."""
    command = DeclineCall(id=ids.uuid7(), identity=data.identity)

    async def do(tx: Tx) -> Changed | Refusal:
        return await actions.decline_call(tx, ledger, call_id, command, _acting(caller, origin))

    return await write(_answering(do, call_id), status=200)


@post("/v1/calls/{call_id:uuid}/end", opt=allow(keys="calls:write", connections=True), status_code=200, dependencies=ORIGIN)
async def end_call(
    call_id: UUID, caller: Caller, ledger: Ledger, origin: Origin, write: Write, data: Ending | None = None
) -> Response[Call | SeenCall]:
    """End the call for everybody: the host's server may, and a host who is in the call."""
    ending, ended_by_id = data or Ending(), None
    if isinstance(caller, ConnectionCaller):
        _check_own(caller, call_id)
        if not caller.is_host:
            raise errors.NotAllowed(needs="the role of a host")
        if ending.ended_by is not None:
            raise errors.Invalid(problem="ended_by: it is you", fields={"ended_by": "It is you."})
        ended_by_id = caller.participant_id
    command = EndCall(id=ids.uuid7(), reason=ending.reason, ended_by=ending.ended_by, ended_by_id=ended_by_id)

    async def do(tx: Tx) -> Changed | Refusal:
        return await actions.end_call(tx, ledger, call_id, command, _acting(caller, origin))

    return await write(_answering(do, call_id, caller), status=200)


@patch("/v1/calls/{call_id:uuid}/settings", opt=allow(keys="calls:write"), dependencies=ORIGIN)
async def change_settings(
    call_id: UUID, data: dict[str, Any], caller: StaffCaller, ledger: Ledger, deployed: Deployed, origin: Origin, write: Write
) -> Response[Call]:
    """Change the settings that are given; null puts one back to what its appointment, room or deployment says."""
    command_id = ids.uuid7()

    async def do(tx: Tx) -> Changed | Refusal:
        return await actions.change_settings(tx, ledger, deployed, call_id, command_id, data, _acting(caller, origin))

    return await write(_answering(do, call_id), status=200)


@post("/v1/calls/{call_id:uuid}/rebuild", opt=allow(keys="admin"), status_code=200, dependencies=ORIGIN)
async def rebuild_call(call_id: UUID, caller: StaffCaller, db: Database, ledger: Ledger, origin: Origin) -> Call:
    """Fold the call again from its facts. It comes out as it was, unless it could not be folded before or by an older version."""
    acting = _acting(caller, origin)
    async with db.transaction() as tx:
        await queries.get_call(tx, call_id, acting.at)
        await actions.note_rebuild(tx, call_id, acting)
    await ledger.rebuild([call_id], acting.at)
    async with db.connection() as tx:
        return rules.shown(await queries.get_call(tx, call_id, utc_now()))


def _acting(caller: Caller, origin: Origin) -> Acting:
    return Acting(caller.source, origin, utc_now())


def _answering(do: Callable[[Tx], Awaitable[Changed | Refusal]], call_id: UUID, caller: Caller | None = None) -> Callable[[Tx], Awaitable[Any]]:
    """What does it and gives the call as it is then, as the caller sees it, or the error of its refusal."""

    async def do_and_show(tx: Tx) -> Call | SeenCall | CallwellError:
        result = await do(tx)
        return result.error if isinstance(result, Refusal) else await _seen(tx, call_id, caller)

    return do_and_show


def _check_own(caller: ConnectionCaller, call_id: UUID) -> None:
    """Whoever is in one call cannot tell whether there is another. Raises NotFound."""
    if caller.call_id != call_id:
        raise errors.NotFound(what="call", id=call_id)


async def _seen(tx: Tx, call_id: UUID, caller: Caller | None) -> Call | SeenCall:
    if isinstance(caller, ConnectionCaller):
        return await get_seen_call(tx, call_id, by_host=caller.is_host)
    return rules.shown(await queries.get_call(tx, call_id, utc_now()))


# ── Reading a call ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/v1/calls", opt=allow(keys="calls:read", own=True, look="calls"))
async def list_calls(
    caller: StaffCaller,
    db: Database,
    paging: Paging,
    fields: Fields,
    status: Status | None = None,
    record_state: Literal["live", "provisional", "final"] | None = None,
    type: e.CallType | None = None,
    mode: e.CallMode | None = None,
    conversation_id: str | None = None,
    appointment_id: UUID | None = None,
    room: str | None = None,
    external_id: str | None = None,
    user_id: str | None = None,
    guest_id: str | None = None,
    initiator: IdentityQuery = None,
    is_demo: bool | None = None,
    since: Since = None,
    until: Until = None,
) -> Page[Call]:
    """Calls, the newest first: those to which all that is given applies. The times are of when they were made."""
    wanted = CallFilter(
        status=status,
        record_state=record_state,
        type=type,
        mode=mode,
        conversation_id=conversation_id,
        appointment_id=appointment_id,
        room_id=read_room_filter(room),
        external_id=external_id,
        user_id=user_id,
        guest_id=guest_id,
        initiator=initiator,
        is_demo=is_demo,
        since=since,
        until=until,
        only=caller.only,
    )
    pick = fields.of(Call)
    async with db.connection() as tx:
        found = await queries.list_calls(tx, wanted, utc_now(), after=paging.after(CallPosition), limit=paging.rows)
    return paging.page(found, lambda call: CallPosition(call.created_at, call.id), lambda call: pick(rules.shown(call)))


@get("/v1/calls/{call_id:uuid}", opt=allow(keys="calls:read", connections=True, own=True, look="call"))
async def get_call(call_id: UUID, caller: Caller, db: Database, fields: Fields) -> Call | SeenCall:
    """A call: the whole record for the host's server; names, roles and states for who is in it."""
    if isinstance(caller, ConnectionCaller):
        _check_own(caller, call_id)
    pick = fields.of(SeenCall if isinstance(caller, ConnectionCaller) else Call)
    async with db.connection() as tx:
        return pick(await _seen(tx, call_id, caller))


@get("/v1/calls/{call_id:uuid}/participants", opt=allow(keys="calls:read", own=True, look="call"))
async def list_participants(call_id: UUID, db: Database) -> Page[Participant]:
    """Everybody in a call, each with their connections."""
    async with db.connection() as tx:
        return Page((await queries.get_call(tx, call_id, utc_now())).participants)


@get("/v1/calls/{call_id:uuid}/events", opt=allow(keys="calls:read", own=True, look="call"))
async def list_events(call_id: UUID, db: Database, paging: Paging) -> Page[StoredEvent]:
    """The facts of a call as they are kept, in the order in which they happened."""
    async with db.connection() as tx:
        found = await queries.list_events(tx, call_id, after=paging.after(EventPosition), limit=paging.rows)
        if not found:
            await queries.get_call(tx, call_id, utc_now())
    return paging.page(found, _event_position)


@get("/v1/calls/{call_id:uuid}/timeline", opt=allow(keys="calls:read", own=True, look="call"))
async def get_timeline(call_id: UUID, db: Database, paging: Paging) -> Page[TimelineEntry]:
    """What happened in a call, with names, told once. A page has fewer entries than facts were looked at for it."""
    async with db.connection() as tx:
        call = await queries.get_call(tx, call_id, utc_now())
        found = await queries.list_timeline_events(tx, call_id, after=paging.after(EventPosition), limit=paging.rows)
    page = paging.page(found, _event_position)
    return Page(rules.told(page.items, call), page.next_cursor)


def _event_position(event: StoredEvent) -> EventPosition:
    return EventPosition(event.occurred_at, event.id, event.source)


def provide_history_paging(
    scope: Scope,
    settings: Settings,
    cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.", max_length=1000)] = None,
    limit: Annotated[int, QueryParameter(description="How many items at most.", ge=1, le=200)] = 20,
) -> Paging:
    return Paging(key=settings.key, path=scope["path"], cursor=cursor, limit=limit)


@get(
    "/v1/conversations/{conversation_id:str}/calls",
    opt=allow(keys="calls:read", look="conversation"),
    dependencies={"paging": Provide(provide_history_paging, sync_to_thread=False)},
)
async def list_calls_of_conversation(
    conversation_id: ConversationPath, db: Database, paging: Paging, status: Status | None = None, since: Since = None, until: Until = None
) -> Page[Call]:
    """A conversation's calls, the newest first, each with its people: 20 unless more are asked for."""
    wanted = CallFilter(conversation_id=conversation_id, status=status, since=since, until=until)
    async with db.connection() as tx:
        found = await queries.list_calls(tx, wanted, utc_now(), after=paging.after(CallPosition), limit=paging.rows)
    return paging.page(found, lambda call: CallPosition(call.created_at, call.id), rules.shown)


@get(
    "/v1/appointments/{appointment_id:uuid}/calls",
    opt=allow(keys="appointments:read", users=True, own=True, look="appointment"),
    dependencies={"paging": Provide(provide_history_paging, sync_to_thread=False)},
)
async def list_calls_of_appointment(appointment_id: UUID, caller: Caller, db: Database, paging: Paging) -> Page[Call]:
    """An appointment's calls, the newest first, each with its people; for who comes to it with what is theirs to see."""
    async with db.connection() as tx:
        check_comes(caller, await get_appointment(tx, appointment_id))
        wanted = CallFilter(appointment_id=appointment_id)
        found = await queries.list_calls(tx, wanted, utc_now(), after=paging.after(CallPosition), limit=paging.rows)
    return paging.page(found, lambda call: CallPosition(call.created_at, call.id), _view(caller))


# ── A person's calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class ActiveCall(Struct, frozen=True):
    call: Call | None


@get("/v1/users/{user_id:str}/calls", opt=allow(keys="calls:read", users=True, own=True, look="calls"))
async def list_calls_of_user(user_id: PersonId, caller: Caller, db: Database, paging: Paging, since: Since = None, until: Until = None) -> Page[Call]:
    """A user's calls, the newest first, those they were rung for and missed among them. The times are of when they were first named in one."""
    return await _list_calls_of(f"user:{user_id}", caller, db, paging, since, until)


@get("/v1/guests/{guest_id:str}/calls", opt=allow(keys="calls:read", users=True, own=True, look="calls"))
async def list_calls_of_guest(
    guest_id: PersonId, caller: Caller, db: Database, paging: Paging, since: Since = None, until: Until = None
) -> Page[Call]:
    """A guest's calls, the newest first."""
    return await _list_calls_of(f"guest:{guest_id}", caller, db, paging, since, until)


@get("/v1/users/{user_id:str}/stats", opt=allow(keys="calls:read", users=True, own=True, look="calls"))
async def get_stats_of_user(user_id: PersonId, caller: Caller, db: Database) -> PersonStats:
    """What a user's calls come to; demonstrations are left out."""
    _check_may_read(caller, f"user:{user_id}")
    async with db.connection() as tx:
        return await queries.get_person_stats(tx, f"user:{user_id}")


@get("/v1/users/{user_id:str}/active-call", opt=allow(keys="calls:read", users=True, own=True, look="calls"))
async def get_active_call_of_user(user_id: PersonId, caller: Caller, db: Database, ledger: Ledger) -> ActiveCall:
    """The newest call that a user is in or can come back to; null where there is none."""
    identity = f"user:{user_id}"
    _check_may_read(caller, identity)
    async with db.connection() as tx:
        call = await queries.find_active_call(tx, identity, utc_now(), ledger.allowances)
    return ActiveCall(call and _view(caller)(call))


async def _list_calls_of(identity: str, caller: Caller, db: Database, paging: Paging, since: datetime | None, until: datetime | None) -> Page[Call]:
    _check_may_read(caller, identity)
    async with db.connection() as tx:
        found = await queries.list_calls_of_person(
            tx, identity, utc_now(), since=since, until=until, after=paging.after(CallPosition), limit=paging.rows
        )
    view = _view(caller)
    return paging.page(found, _position_of_person, lambda one: view(one.call))


def _position_of_person(one: CallOfPerson) -> CallPosition:
    return CallPosition(one.first_at, one.call.id)


def _check_may_read(caller: Caller, identity: str) -> None:
    """A person reads what is theirs; whether there is anybody else they cannot tell. Raises NotFound."""
    if isinstance(caller, UserCaller) and caller.identity != identity:
        kind, _, id = identity.partition(":")
        raise errors.NotFound(what=kind, id=id)


def _view(caller: Caller) -> Callable[[Call], Call]:
    """A person sees a call as one of those who were in it."""
    return (lambda call: rules.as_seen_by(caller.identity, call)) if isinstance(caller, UserCaller) else rules.shown


routes = [
    create_call,
    list_calls,
    get_call,
    list_participants,
    list_events,
    get_timeline,
    ring_call,
    decline_call,
    end_call,
    change_settings,
    rebuild_call,
    list_calls_of_conversation,
    list_calls_of_appointment,
    list_calls_of_user,
    get_stats_of_user,
    get_active_call_of_user,
    list_calls_of_guest,
    *finding_routes.routes,
]
