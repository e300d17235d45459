"""Rooms, conversations and people over HTTP: for the host's server."""

import contextlib
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import get, patch, post, put
from litestar.di import Provide
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from callwell import errors
from callwell.access.callers import StaffCaller
from callwell.access.guards import allow
from callwell.http import Page, Paging, Response, Write
from callwell.planning import appointment_routes, attendance_routes, conversations, people, rooms
from callwell.planning.conversations import Conversation, ConversationChange, ConversationGiven, ConversationPosition
from callwell.planning.deployed import Deployed, ExplainedSetting, change_deployment, explain, note_change, read_settings
from callwell.planning.people import Person, PersonGiven, PersonPosition
from callwell.planning.rooms import NewRoom, Room, RoomChange, RoomPosition
from callwell.postgres.pool import Database, DatabaseError, Tx
from callwell.record.audit import Action, Origin, add_audit_entry, origin_of
from callwell.record.events import CallType, Side
from callwell.settings import Settings

TEXT = r"^[^\x00-\x1f\x7f]{1,200}$"
ConversationPath = Annotated[str, PathParameter(pattern=TEXT, description="The host's own id of a conversation.")]
IdentityPath = Annotated[str, PathParameter(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$", description="`user:…` or `guest:…`")]

ORIGIN = {"origin": Provide(origin_of, sync_to_thread=False)}


class ShownRoom(Struct, frozen=True, kw_only=True):
    """A room, and its page."""

    name: str
    title: str | None
    capacity: int
    type: CallType
    conversation_id: str | None
    settings: dict[str, Any]
    url: str
    created_at: datetime
    closed_at: datetime | None
    last_accessed_at: datetime
    access_count: int


def shown(room: Room, settings: Settings) -> ShownRoom:
    return ShownRoom(
        name=room.name,
        title=room.title,
        capacity=room.capacity,
        type=room.type,
        conversation_id=room.conversation_id,
        settings=room.settings,
        url=f"{settings.base_url}/room/{room.name}",
        created_at=room.created_at,
        closed_at=room.closed_at,
        last_accessed_at=room.last_accessed_at,
        access_count=room.access_count,
    )


# ── Settings ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/v1/settings", opt=allow(keys="settings:read"))
async def list_deployed_settings(deployed: Deployed) -> Page[ExplainedSetting]:
    """Every setting: its value in this deployment and who said so, what it may be, where it may be set and what it does."""
    return Page(explain(deployed.environment, deployed.values))


@patch("/v1/settings", opt=allow(keys="settings:write"), dependencies=ORIGIN)
async def change_deployed_settings(
    data: dict[str, Any], caller: StaffCaller, deployed: Deployed, origin: Origin, write: Write
) -> Response[Page[ExplainedSetting]]:
    """Set what is given for the whole deployment; null takes a value away. Every process knows of it within some seconds."""
    at = datetime.now(UTC)

    async def do(tx: Tx) -> Page[ExplainedSetting]:
        for change in await change_deployment(tx, deployed, data, at):
            await note_change(tx, change, at=at, caller=caller.source, origin=origin)
        return Page(explain(deployed.environment, await read_settings(tx)))

    answer = await write(do, status=200)
    with contextlib.suppress(errors.DatabaseUnavailable, DatabaseError):  # it is set, and known as soon as the database answers again
        await deployed.refresh()
    return answer


# ── Rooms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@post("/v1/rooms", opt=allow(keys="rooms:write"), dependencies=ORIGIN)
async def create_room(
    data: NewRoom, caller: StaffCaller, settings: Settings, deployed: Deployed, origin: Origin, write: Write
) -> Response[ShownRoom]:
    """Make a room. Nobody gets in without an invite."""
    at = datetime.now(UTC)

    async def do(tx: Tx) -> ShownRoom:
        room = await rooms.create_room(tx, data, deployed, at=at)
        await add_audit_entry(tx, action=Action.ROOM_CREATED, at=at, caller=caller.source, origin=origin, room_id=room.id)
        return shown(room, settings)

    return await write(do)


@get("/v1/rooms", opt=allow(keys="rooms:read"))
async def list_rooms(
    db: Database,
    settings: Settings,
    paging: Paging,
    conversation_id: str | None = None,
    is_open: Annotated[bool | None, QueryParameter(name="open", description="Those that are open, or those that are closed.")] = None,
) -> Page[ShownRoom]:
    """Rooms, the newest first."""
    async with db.connection() as tx:
        found = await rooms.list_rooms(tx, conversation_id=conversation_id, is_open=is_open, after=paging.after(RoomPosition), rows=paging.rows)
    return paging.page(found, lambda room: RoomPosition(room.created_at, room.id), lambda room: shown(room, settings))


@get("/v1/rooms/{name:str}", opt=allow(keys="rooms:read", look="room"))
async def get_room(name: str, db: Database, settings: Settings) -> ShownRoom:
    """A room."""
    async with db.connection() as tx:
        return shown(await rooms.get_room(tx, name), settings)


@patch("/v1/rooms/{name:str}", opt=allow(keys="rooms:write"), dependencies=ORIGIN)
async def change_room(
    name: str, data: RoomChange, caller: StaffCaller, settings: Settings, deployed: Deployed, origin: Origin, write: Write
) -> Response[ShownRoom]:
    """Change what is given of a room. Its settings are those of its next call."""
    at = datetime.now(UTC)

    async def do(tx: Tx) -> ShownRoom:
        room, changes = await rooms.change_room(tx, name, data, deployed)
        await add_audit_entry(tx, action=Action.ROOM_CHANGED, at=at, caller=caller.source, origin=origin, room_id=room.id)
        for change in changes:
            await note_change(tx, change, at=at, caller=caller.source, origin=origin, room_id=room.id)
        return shown(room, settings)

    return await write(do, status=200)


@post("/v1/rooms/{name:str}/close", opt=allow(keys="rooms:write"), status_code=200, dependencies=ORIGIN)
async def close_room(name: str, caller: StaffCaller, settings: Settings, origin: Origin, write: Write) -> Response[ShownRoom]:
    """Let nobody in any more. Whoever is in stays: a call is ended by itself."""
    at = datetime.now(UTC)

    async def do(tx: Tx) -> ShownRoom:
        room = await rooms.close_room(tx, name, at)
        await add_audit_entry(tx, action=Action.ROOM_CLOSED, at=at, caller=caller.source, origin=origin, room_id=room.id)
        return shown(room, settings)

    return await write(do, status=200)


# ── Conversations ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@put("/v1/conversations/{conversation_id:str}", opt=allow(keys="rooms:write"), dependencies=ORIGIN)
async def save_conversation(
    conversation_id: ConversationPath, data: ConversationGiven, caller: StaffCaller, origin: Origin, write: Write
) -> Response[Conversation]:
    """Say what a conversation is. A call or room that names one that is not there makes it."""
    at = datetime.now(UTC)

    async def do(tx: Tx) -> Conversation:
        saved = await conversations.save_conversation(tx, conversation_id, data, at)
        await _note_conversation(tx, conversation_id, at, caller, origin)
        return saved

    return await write(do, status=200)


@get("/v1/conversations", opt=allow(keys="rooms:read"))
async def list_conversations(
    db: Database,
    paging: Paging,
    kind: str | None = None,
    is_active: Annotated[bool | None, QueryParameter(name="active", description="Those that are active, or those that are not.")] = None,
) -> Page[Conversation]:
    """Conversations, by their ids."""
    async with db.connection() as tx:
        found = await conversations.list_conversations(tx, kind=kind, is_active=is_active, after=paging.after(ConversationPosition), rows=paging.rows)
    return paging.page(found, lambda conversation: ConversationPosition(conversation.id))


@get("/v1/conversations/{conversation_id:str}", opt=allow(keys="rooms:read", look="conversation"))
async def get_conversation(conversation_id: ConversationPath, db: Database) -> Conversation:
    """A conversation."""
    async with db.connection() as tx:
        return await conversations.get_conversation(tx, conversation_id)


@patch("/v1/conversations/{conversation_id:str}", opt=allow(keys="rooms:write"), dependencies=ORIGIN)
async def change_conversation(
    conversation_id: ConversationPath, data: ConversationChange, caller: StaffCaller, origin: Origin, write: Write
) -> Response[Conversation]:
    """Change what is given of a conversation."""
    at = datetime.now(UTC)

    async def do(tx: Tx) -> Conversation:
        changed = await conversations.change_conversation(tx, conversation_id, data, at)
        await _note_conversation(tx, conversation_id, at, caller, origin)
        return changed

    return await write(do, status=200)


async def _note_conversation(tx: Tx, conversation_id: str, at: datetime, caller: StaffCaller, origin: Origin) -> None:
    about = {"conversation_id": conversation_id}
    await add_audit_entry(tx, action=Action.CONVERSATION_CHANGED, at=at, caller=caller.source, origin=origin, metadata=about)


# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@put("/v1/people/{identity:str}", opt=allow(keys="people:write"), dependencies=ORIGIN)
async def save_person(identity: IdentityPath, data: PersonGiven, caller: StaffCaller, origin: Origin, write: Write) -> Response[Person]:
    """Say how somebody is called, and what they are."""
    at = datetime.now(UTC)

    async def do(tx: Tx) -> Person:
        saved = await people.save_person(tx, identity, data, at)
        await add_audit_entry(tx, action=Action.PERSON_CHANGED, at=at, caller=caller.source, origin=origin, identity=identity)
        return saved

    return await write(do, status=200)


@get("/v1/people/{identity:str}", opt=allow(keys="people:read", own=True, look="person"))
async def get_person(identity: IdentityPath, db: Database) -> Person:
    """Somebody, as the host said or as was heard when they joined."""
    async with db.connection() as tx:
        return await people.get_person(tx, identity)


@get("/v1/people", opt=allow(keys="people:read", own=True))
async def list_people(
    caller: StaffCaller,
    db: Database,
    paging: Paging,
    side: Side | None = None,
    name: Annotated[
        str | None, QueryParameter(name="q", description="What their names begin with, in capitals or not.", min_length=1, max_length=200)
    ] = None,
) -> Page[Person]:
    """People, by who they are: as the host said, or as was heard when they joined."""
    async with db.connection() as tx:
        found = await people.list_people(tx, side=side, name=name, only=caller.only, after=paging.after(PersonPosition), rows=paging.rows)
    return paging.page(found, lambda person: PersonPosition(person.identity))


routes = [
    list_deployed_settings,
    change_deployed_settings,
    create_room,
    list_rooms,
    get_room,
    change_room,
    close_room,
    save_conversation,
    list_conversations,
    get_conversation,
    change_conversation,
    save_person,
    list_people,
    get_person,
    *appointment_routes.routes,
    *attendance_routes.routes,
]
