"""Rooms: durable places to meet. A room's name is its id, and its address is no key: to get in takes an invite."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from callwell import errors, ids
from callwell.http import Body
from callwell.planning.call_settings import CATALOGUE
from callwell.planning.conversations import ConversationId, ensure_conversation
from callwell.planning.deployed import Change, Deployed, changes
from callwell.planning.words import Title
from callwell.postgres.pool import Tx, execute, fetch_all, fetch_one, fetch_value
from callwell.record.events import CallType

Capacity = Annotated[int, Meta(ge=1, le=50)]


class Room(Struct, frozen=True, kw_only=True):
    id: UUID
    title: str | None
    conversation_id: str | None
    capacity: int
    type: CallType
    settings: dict[str, Any]
    created_at: datetime
    closed_at: datetime | None
    last_accessed_at: datetime
    access_count: int

    @property
    def name(self) -> str:
        return ids.room_name(self.id)


class NewRoom(Body, frozen=True):
    title: Title | None = None
    capacity: Capacity = 2
    type: CallType = "video"
    conversation_id: ConversationId | None = None
    settings: dict[str, Any] = msgspec.field(default_factory=dict)


class RoomChange(Body, frozen=True):
    """What changes of a room: only what is given. A setting that is given as null is as if never given."""

    title: Title | UnsetType | None = UNSET
    capacity: Capacity | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET


async def create_room(tx: Tx, new: NewRoom, deployed: Deployed, *, at: datetime) -> Room:
    """Raises Invalid or SettingUnknown."""
    settings = deployed.check(new.settings, "room")
    _check_capacity(new.capacity, deployed.meeting(settings).max_participants)
    if new.conversation_id is not None:
        await ensure_conversation(tx, new.conversation_id, at)
    room = await fetch_one(
        tx,
        Room,
        """
        INSERT INTO rooms (id, title, conversation_id, capacity, type, settings, created_at, last_accessed_at)
        VALUES (%(id)s, %(title)s, %(conversation_id)s, %(capacity)s, %(type)s, %(settings)s::jsonb, %(at)s, %(at)s) RETURNING *
        """,
        {
            "id": ids.room_id(ids.new_room_name()),
            "title": new.title,
            "conversation_id": new.conversation_id,
            "capacity": new.capacity,
            "type": new.type,
            "settings": _json(settings),
            "at": at,
        },
    )
    assert room is not None
    return room


async def change_room(tx: Tx, name: str, change: RoomChange, deployed: Deployed) -> tuple[Room, list[Change]]:
    """The room as it is now, and which of its settings are different. Who is in a room that became smaller stays in.

    Raises NotFound, Invalid or SettingUnknown.
    """
    room = await lock_room(tx, ids.room_id(name))
    if room is None:
        raise errors.NotFound(what="room", id=name)
    settings = room.settings if change.settings is UNSET else _merged(room.settings, change.settings, deployed)
    if change.capacity is not UNSET:
        _check_capacity(change.capacity, deployed.meeting(settings).max_participants)
    changed = await fetch_one(
        tx,
        Room,
        "UPDATE rooms SET title = %(title)s, capacity = %(capacity)s, settings = %(settings)s::jsonb WHERE id = %(id)s RETURNING *",
        {
            "id": room.id,
            "title": room.title if change.title is UNSET else change.title,
            "capacity": room.capacity if change.capacity is UNSET else change.capacity,
            "settings": _json(settings),
        },
    )
    assert changed is not None
    return changed, changes(room.settings, settings)


async def close_room(tx: Tx, name: str, at: datetime) -> Room:
    """Nobody gets in any more; a call that goes on is left alone. Closing a closed room changes nothing. Raises NotFound."""
    closed = await fetch_one(
        tx,
        Room,
        "UPDATE rooms SET closed_at = coalesce(closed_at, %(at)s) WHERE id = %(id)s RETURNING *",
        {"id": ids.room_id(name), "at": at},
    )
    if closed is None:
        raise errors.NotFound(what="room", id=name)
    return closed


async def get_room(tx: Tx, name: str) -> Room:
    """Raises NotFound."""
    room = await fetch_one(tx, Room, "SELECT * FROM rooms WHERE id = %s", [ids.room_id(name)])
    if room is None:
        raise errors.NotFound(what="room", id=name)
    return room


async def lock_room(tx: Tx, id: UUID | None) -> Room | None:
    """The room, with its lock: which call is its unfinished one is decided under it. Comes after an invite's lock and before a call's."""
    return await fetch_one(tx, Room, "SELECT * FROM rooms WHERE id = %s FOR UPDATE", [id])


async def find_live_call(tx: Tx, room_id: UUID) -> UUID | None:
    """The room's unfinished call, if it has one."""
    return await fetch_value(tx, "SELECT call_id FROM live_calls WHERE room_id = %s", [room_id])


async def touch_room(tx: Tx, id: UUID, at: datetime) -> None:
    """Somebody was let in."""
    await execute(tx, "UPDATE rooms SET last_accessed_at = %s, access_count = access_count + 1 WHERE id = %s", [at, id])


class RoomPosition(Struct, frozen=True, array_like=True):
    """Where a page of rooms ends."""

    created_at: datetime
    id: UUID


async def list_rooms(tx: Tx, *, conversation_id: str | None, is_open: bool | None, after: RoomPosition | None, rows: int) -> list[Room]:
    """Newest first."""
    statement = "SELECT * FROM rooms WHERE true"
    if conversation_id is not None:
        statement += " AND conversation_id = %(conversation_id)s"
    if is_open is not None:
        statement += " AND closed_at IS NULL" if is_open else " AND closed_at IS NOT NULL"
    if after is not None:
        statement += " AND (created_at, id) < (%(after_at)s, %(after_id)s)"
    return await fetch_all(
        tx,
        Room,
        statement + " ORDER BY created_at DESC, id DESC LIMIT %(rows)s",
        {"conversation_id": conversation_id, "after_at": after and after.created_at, "after_id": after and after.id, "rows": rows},
    )


def _check_capacity(capacity: int, most: int) -> None:
    if capacity > most:
        raise errors.Invalid(problem=f"capacity: calls here take at most {most} people", fields={"capacity": f"at most {most}"})


def _merged(settings: Mapping[str, Any], change: Mapping[str, Any], deployed: Deployed) -> dict[str, Any]:
    # A setting that the room has from when there was one can be taken away still.
    known = {*settings, *CATALOGUE}
    deployed.check({name: value for name, value in change.items() if value is not None or name not in known}, "room")
    return {name: value for name, value in {**settings, **change}.items() if value is not None}


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def read_room_filter(name: str | None) -> UUID | None:
    """The room that a list's `room` parameter names; None where there is none. Raises Invalid for what is no room's name."""
    if name is None:
        return None
    if (id := ids.room_id(name)) is None:
        raise errors.Invalid(problem="room: it is no room's name", fields={"room": "It is no room's name."})
    return id
