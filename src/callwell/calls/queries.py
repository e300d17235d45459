"""What people in a call see of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors, ids
from callwell.planning.call_settings import with_defaults
from callwell.postgres.pool import Tx, fetch_one


class SeenConnection(Struct, frozen=True):
    id: UUID
    status: str


class SeenParticipant(Struct, frozen=True, kw_only=True):
    """Name, role and state of somebody; not who they are, nor what they are there with."""

    id: UUID
    display_name: str | None
    role: str | None
    side: str | None
    host: bool
    status: str
    audio_enabled: bool | None
    video_enabled: bool | None
    screen_shared: bool | None
    connections: list[SeenConnection]


class SeenCall(Struct, frozen=True, kw_only=True):
    """A call as the people in it see it."""

    id: UUID
    version: int
    status: str
    type: str
    mode: str
    room: str | None
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    settings: dict[str, Any]
    participants: list[SeenParticipant]


async def get_seen_call(tx: Tx, id: UUID) -> SeenCall:
    """Raises NotFound."""
    row = await fetch_one(
        tx,
        _Row,
        """
        SELECT calls.id, version, status, type, mode, room_id, started_at, ended_at, end_reason, settings,
            (SELECT json_agg(one)::text FROM (
                SELECT p.id, coalesce(p.display_name, people.display_name) AS display_name, p.role, p.side, p.is_host AS host, p.status,
                    p.audio_enabled, p.video_enabled, p.screen_shared,
                    (SELECT coalesce(json_agg(json_build_object('id', c.id, 'status', c.status) ORDER BY c.joined_at, c.id), '[]')
                     FROM connections c WHERE c.call_id = p.call_id AND c.participant_id = p.id) AS connections
                FROM participants p LEFT JOIN people ON people.identity = coalesce('user:' || p.user_id, 'guest:' || p.guest_id)
                WHERE p.call_id = calls.id ORDER BY p.first_at, p.id
            ) AS one) AS participants
        FROM calls WHERE calls.id = %(id)s
        """,
        {"id": id},
    )
    if row is None:
        raise errors.NotFound(what="call", id=id)
    return SeenCall(
        id=row.id,
        version=row.version,
        status=row.status,
        type=row.type,
        mode=row.mode,
        room=ids.room_name(row.room_id) if row.room_id else None,
        started_at=row.started_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        settings=with_defaults(row.settings),
        participants=_read_participants(row.participants or "[]"),
    )


async def get_participants_view(tx: Tx, id: UUID) -> dict[str, Any]:
    """What `get_seen_call` gives, as a message carries it. Raises NotFound."""
    return msgspec.to_builtins(await get_seen_call(tx, id), builtin_types=(datetime, UUID))


async def lock_call_settings(tx: Tx, id: UUID) -> dict[str, Any]:
    """The call's settings as they are until this transaction changes them: the call is locked. Raises NotFound."""
    row = await fetch_one(tx, _Settings, "SELECT settings FROM calls WHERE id = %(id)s FOR UPDATE", {"id": id})
    if row is None:
        raise errors.NotFound(what="call", id=id)
    return with_defaults(row.settings)


class _Row(Struct, frozen=True):
    id: UUID
    version: int
    status: str
    type: str
    mode: str
    room_id: UUID | None
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    settings: dict[str, Any]
    participants: str | None


class _Settings(Struct, frozen=True):
    settings: dict[str, Any]


_read_participants = msgspec.json.Decoder(list[SeenParticipant]).decode
