"""Invites, and coming in by them, over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, post
from litestar.di import Provide
from litestar.types import Scope
from msgspec import Meta, Struct

from callwell import errors, ids
from callwell.access.callers import Caller, ConnectionCaller, StaffCaller
from callwell.access.guards import allow
from callwell.access.limiter import Limiter
from callwell.errors import CallwellError
from callwell.http import Body, Page, Paging, Request, Response, Write
from callwell.joining import actions, putting_out, waiting
from callwell.joining.actions import Asking, Exchange
from callwell.joining.answers import Admission
from callwell.joining.devices import HINTS, merged, read_device
from callwell.joining.tries import Tries
from callwell.joining.turns import Turns
from callwell.joining.waiting import Deciding
from callwell.planning import invites
from callwell.planning.deployed import Deployed
from callwell.planning.invites import Invite, InvitePosition, NewInvite
from callwell.planning.rooms import get_room
from callwell.planning.words import Name, Word
from callwell.postgres.pool import Database, Tx
from callwell.record import events as e
from callwell.record.audit import Action, Origin, add_audit_entry, client_address, header, origin_of
from callwell.record.commands import Refusal
from callwell.record.ledger import Ledger
from callwell.settings import Settings

ORIGIN = {"origin": Provide(origin_of, sync_to_thread=False)}

SecretText = Annotated[str, Meta(min_length=1, max_length=200)]


def utc_now() -> datetime:
    return datetime.now(UTC)


# ── Invites ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class ShownInvite(Struct, frozen=True, kw_only=True):
    """An invite, without what lets somebody in."""

    id: UUID
    room: str
    identity: str | None
    display_name: str | None
    role: str
    side: e.Side | None
    is_host: bool
    opens_at: datetime | None
    closes_at: datetime | None
    max_uses: int | None
    use_count: int
    created_at: datetime
    revoked_at: datetime | None


class InviteLink(ShownInvite, frozen=True, kw_only=True):
    """An invite with its secret, and the link that carries it in its fragment."""

    secret: str
    url: str


def _members(invite: Invite) -> dict[str, Any]:
    return {name: getattr(invite, name) for name in Invite.__struct_fields__ if name != "room_id"} | {"room": ids.room_name(invite.room_id)}


def _shown(invite: Invite) -> ShownInvite:
    return ShownInvite(**_members(invite))


def _with_link(invite: Invite, settings: Settings) -> InviteLink:
    secret = invites.secret_of(settings.key, invite.id)
    return InviteLink(**_members(invite), secret=secret, url=invites.link_to(settings.base_url, invite.room_id, secret))


@post("/v1/rooms/{name:str}/invites", opt=allow(keys="rooms:write"), dependencies=ORIGIN)
async def create_invite(name: str, data: NewInvite, caller: StaffCaller, settings: Settings, origin: Origin, write: Write) -> Response[InviteLink]:
    """Make an invite to a room: for somebody, or without `identity` for whoever has it, each of whom comes as a guest of their own."""
    at = utc_now()

    async def do(tx: Tx) -> InviteLink:
        room = await get_room(tx, name)
        invite = await invites.create_invite(tx, room.id, data, at)
        await add_audit_entry(
            tx,
            action=Action.INVITE_CREATED,
            at=at,
            caller=caller.source,
            origin=origin,
            identity=invite.identity,
            room_id=room.id,
            invite_id=invite.id,
        )
        return _with_link(invite, settings)

    return await write(do)


@get("/v1/rooms/{name:str}/invites", opt=allow(keys="rooms:read", look="room"))
async def list_invites(name: str, db: Database, paging: Paging) -> Page[ShownInvite]:
    """Invites to a room, the newest first, those revoked among them. Their links are not shown here."""
    async with db.connection() as tx:
        room = await get_room(tx, name)
        found = await invites.list_invites(tx, room.id, after=paging.after(InvitePosition), rows=paging.rows)
    return paging.page(found, lambda invite: InvitePosition(invite.created_at, invite.id), _shown)


@get("/v1/invites/{invite_id:uuid}", opt=allow(keys="rooms:write", look="invite"))
async def get_invite(invite_id: UUID, db: Database, settings: Settings) -> InviteLink:
    """An invite with its link, which is made again: to send it once more. Who sees it can come in by it, so it takes the scope to make one."""
    async with db.connection() as tx:
        return _with_link(await invites.get_invite(tx, invite_id), settings)


@delete("/v1/invites/{invite_id:uuid}", opt=allow(keys="rooms:write"), dependencies=ORIGIN)
async def revoke_invite(invite_id: UUID, caller: StaffCaller, db: Database, ledger: Ledger, origin: Origin) -> None:
    """Let nobody in by this invite any more, and put out whoever is in by it."""
    async with db.transaction() as tx:
        await putting_out.revoke_invite(tx, ledger, invite_id, clock=utc_now, caller=caller.source, origin=origin)


# ── Coming in ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Consent(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody agrees to as they come."""

    recording: bool = False


class JoinByInvite(Body, frozen=True):
    invite: SecretText
    display_name: Name | None = None
    device: e.Device | None = None
    """What is known of the device; the rest is read from `User-Agent` and its client hints."""
    audio_option: Word | None = None
    metadata: dict[Word, Any] | None = None
    consent: Consent = Consent()


class JoinAgain(Body, frozen=True):
    resume: SecretText
    device: e.Device | None = None
    audio_option: Word | None = None
    metadata: dict[Word, Any] | None = None
    consent: Consent = Consent()


class JoinByServer(Body, frozen=True):
    participant: e.Identity
    display_name: Name | None = None
    role: Word = "participant"
    side: e.Side | None = None
    host: bool = False
    device: e.Device | None = None
    audio_option: Word | None = None
    metadata: dict[Word, Any] | None = None
    consent: Consent = Consent()


def provide_turns(request: Request, settings: Settings) -> Turns:
    """One for the app. Joins take half of its connections to the database at most."""
    state = request.app.state
    if "join_turns" not in state:
        state["join_turns"] = Turns(settings.database_connections // 2)
    return state["join_turns"]


def provide_tries(request: Request, settings: Settings, turns: Turns) -> Tries:
    """The limiters are one for the app."""
    state = request.app.state
    if "join_limiters" not in state:
        state["join_limiters"] = (Limiter(settings.join_attempts_per_minute), Limiter(settings.join_attempts_per_room))
    addresses, rooms = state["join_limiters"]
    return Tries(addresses, rooms, turns, client_address(request.scope, settings.trusted_proxies))


TURNS = {**ORIGIN, "turns": Provide(provide_turns, sync_to_thread=False)}
LIMITED = {**TURNS, "tries": Provide(provide_tries, sync_to_thread=False)}


@post("/v1/join", opt=allow(anyone=True), dependencies=LIMITED)
async def join(
    data: JoinByInvite, scope: Scope, ledger: Ledger, settings: Settings, deployed: Deployed, origin: Origin, tries: Tries, write: Write
) -> Response[Admission]:
    """Exchange an invite's secret for a place in the room's call, or before its door. Why not is told by a code; whether the invite ever was, is not."""
    asking = _asking(data, data.display_name, merged(data.device, _device_of(scope)))

    async def do(tx: Tx) -> Admission | CallwellError:
        exchange = Exchange(
            tx=tx,
            ledger=ledger,
            settings=settings,
            deployed=deployed,
            clock=utc_now,
            caller="anyone",
            origin=origin,
            by="invite",
            count=tries.count_room,
        )
        return _unwrapped(await actions.join_by_invite(exchange, data.invite, asking))

    async with tries.one():
        return await write(do)


@post("/v1/join/resume", opt=allow(anyone=True), dependencies=LIMITED)
async def resume(
    data: JoinAgain, scope: Scope, ledger: Ledger, settings: Settings, deployed: Deployed, origin: Origin, tries: Tries, write: Write
) -> Response[Admission]:
    """Come back as the same participant: after a refresh, when the connection was given up, or to hear whether one was let in meanwhile."""
    asking = _asking(data, None, merged(data.device, _device_of(scope)))

    async def do(tx: Tx) -> Admission | CallwellError:
        exchange = Exchange(
            tx=tx,
            ledger=ledger,
            settings=settings,
            deployed=deployed,
            clock=utc_now,
            caller="anyone",
            origin=origin,
            by="resume",
            count=tries.count_room,
        )
        return _unwrapped(await actions.resume(exchange, data.resume, asking))

    async with tries.one():
        return await write(do)


@post("/v1/calls/{call_id:uuid}/join", opt=allow(keys="calls:write"), dependencies=TURNS)
async def join_by_server(
    call_id: UUID,
    data: JoinByServer,
    caller: StaffCaller,
    ledger: Ledger,
    settings: Settings,
    deployed: Deployed,
    origin: Origin,
    turns: Turns,
    write: Write,
) -> Response[Admission]:
    """Send somebody into a call, for a server that does its own authorization; it passes the answer to its page."""
    asking = _asking(data, data.display_name, data.device)

    async def do(tx: Tx) -> Admission | CallwellError:
        exchange = Exchange(
            tx=tx, ledger=ledger, settings=settings, deployed=deployed, clock=utc_now, caller=caller.source, origin=origin, by="server"
        )
        return _unwrapped(
            await actions.join_by_server(exchange, call_id, data.participant, asking, role=data.role, side=data.side, is_host=data.host)
        )

    async with turns.turn():
        return await write(do)


def _asking(data: JoinByInvite | JoinAgain | JoinByServer, display_name: str | None, device: e.Device | None) -> Asking:
    """What is said of oneself, within what a fact may hold. Raises Invalid."""
    said = e.Joined(audio_option=data.audio_option, device=device, metadata=data.metadata)
    try:
        e.read_payload("participant.joined", e.payload_json(said))
    except e.BadFact as why:
        raise errors.Invalid(problem=f"metadata: {why.problem}", fields={"metadata": why.problem}) from None
    return Asking(
        display_name=display_name,
        device=device,
        audio_option=data.audio_option,
        metadata=data.metadata,
        consents_to_recording=data.consent.recording,
    )


def _device_of(scope: Scope) -> e.Device | None:
    return read_device(header(scope, b"user-agent"), {hint: value for hint in HINTS if (value := header(scope, hint.encode()))})


def _unwrapped(result: Admission | Refusal) -> Admission | CallwellError:
    return result.error if isinstance(result, Refusal) else result


# ── The waiting room ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def provide_deciding(
    call_id: UUID, participant_id: UUID, caller: Caller, ledger: Ledger, settings: Settings, deployed: Deployed, origin: Origin
) -> Deciding:
    """Raises NotFound, NotAllowed."""
    _check_host(caller, call_id)
    return Deciding(
        ledger=ledger,
        settings=settings,
        deployed=deployed,
        clock=utc_now,
        caller=caller.source,
        origin=origin,
        call_id=call_id,
        participant_id=participant_id,
    )


DECIDING = {**ORIGIN, "deciding": Provide(provide_deciding, sync_to_thread=False)}


@post(
    "/v1/calls/{call_id:uuid}/participants/{participant_id:uuid}/admit",
    opt=allow(keys="calls:write", connections=True),
    status_code=204,
    dependencies=DECIDING,
)
async def admit_participant(db: Database, deciding: Deciding) -> None:
    """Let somebody in who waits, on all their devices: the host's server may, and a host who is in the call. Who is in already stays so."""
    async with db.transaction() as tx:
        refused = await waiting.admit_participant(tx, deciding)
    if refused is not None:
        raise refused.error


@post(
    "/v1/calls/{call_id:uuid}/participants/{participant_id:uuid}/refuse",
    opt=allow(keys="calls:write", connections=True),
    status_code=204,
    dependencies=DECIDING,
)
async def refuse_participant(db: Database, deciding: Deciding) -> None:
    """Send somebody away who waits; the invite that they came by does not bring them to this call again."""
    async with db.transaction() as tx:
        refused = await waiting.refuse_participant(tx, deciding)
    if refused is not None:
        raise refused.error


def _check_host(caller: Caller, call_id: UUID) -> None:
    """Whoever is in one call cannot tell whether there is another. Raises NotFound, NotAllowed."""
    if isinstance(caller, ConnectionCaller):
        if caller.call_id != call_id:
            raise errors.NotFound(what="call", id=call_id)
        if not caller.is_host:
            raise errors.NotAllowed(needs="the role of a host")


# ── Being put out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@post(
    "/v1/calls/{call_id:uuid}/participants/{participant_id:uuid}/remove",
    opt=allow(keys="calls:write", connections=True),
    status_code=204,
    dependencies=ORIGIN,
)
async def remove_participant(call_id: UUID, participant_id: UUID, caller: Caller, db: Database, ledger: Ledger, origin: Origin) -> None:
    """Put somebody out of a call, on all their devices: the host's server may, and a host who is in the call."""
    _check_host(caller, call_id)
    async with db.transaction() as tx:
        await putting_out.remove_participant(tx, ledger, call_id, participant_id, clock=utc_now, caller=caller.source, origin=origin)


routes = [
    create_invite,
    list_invites,
    get_invite,
    revoke_invite,
    join,
    resume,
    join_by_server,
    admit_participant,
    refuse_participant,
    remove_participant,
]
