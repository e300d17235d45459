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


class Views(Struct, frozen=True):
    """A call as its hosts see it, and as the others do: who waits to be let in, or waited and never was, is there for the hosts alone."""

    hosts: SeenCall
    others: SeenCall


async def get_views(tx: Tx, id: UUID) -> Views:
    """Raises NotFound."""
    row = await fetch_one(
        tx,
        _Row,
        """
        SELECT calls.id, version, status, type, mode, room_id, started_at, ended_at, end_reason, settings,
            (SELECT json_agg(one)::text FROM (
                SELECT p.id, coalesce(p.display_name, people.display_name) AS display_name, p.role, p.side, p.is_host AS host, p.status,
                    p.audio_enabled, p.video_enabled, p.screen_shared,
                    p.status IN ('waiting', 'refused') OR (p.joined_at IS NULL AND p.wait_ms > 0) AS is_outside,
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
    participants = _read_participants(row.participants or "[]")
    hosts = SeenCall(
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
        participants=[_seen(one) for one in participants],
    )
    return Views(hosts, msgspec.structs.replace(hosts, participants=[_seen(one) for one in participants if not one.is_outside]))


def _seen(one: "_Participant") -> SeenParticipant:
    return SeenParticipant(**{name: getattr(one, name) for name in SeenParticipant.__struct_fields__})


async def get_seen_call(tx: Tx, id: UUID, *, by_host: bool) -> SeenCall:
    """A call as somebody in it sees it. Raises NotFound."""
    views = await get_views(tx, id)
    return views.hosts if by_host else views.others


async def get_told_views(tx: Tx, id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `get_views` gives, its hosts' first, as messages carry it. Raises NotFound."""
    views = await get_views(tx, id)
    hosts = msgspec.to_builtins(views.hosts, builtin_types=(datetime, UUID))
    is_same = len(views.hosts.participants) == len(views.others.participants)
    return hosts, hosts if is_same else msgspec.to_builtins(views.others, builtin_types=(datetime, UUID))


class SettingsAround(Struct, frozen=True):
    """What a call's settings say, and what those of its room and its appointment do."""

    own: dict[str, Any]
    room: dict[str, Any]
    appointment: dict[str, Any]


async def lock_call_settings(tx: Tx, id: UUID) -> SettingsAround:
    """The call's settings as they are until this transaction changes them: the call is locked. Raises NotFound."""
    row = await fetch_one(
        tx,
        SettingsAround,
        """
        SELECT calls.settings AS own, coalesce(rooms.settings, '{}') AS room, coalesce(appointments.settings, '{}') AS appointment
        FROM calls LEFT JOIN rooms ON rooms.id = calls.room_id LEFT JOIN appointments ON appointments.id = calls.appointment_id
        WHERE calls.id = %(id)s FOR UPDATE OF calls
        """,
        {"id": id},
    )
    if row is None:
        raise errors.NotFound(what="call", id=id)
    return row


class AppointmentOfCall(Struct, frozen=True):
    """The appointment that a call is held for, and what it sets."""

    id: UUID
    settings: dict[str, Any]


async def find_appointment(tx: Tx, *, appointment_id: UUID | None, room_id: UUID | None) -> AppointmentOfCall | None:
    """The appointment that is named, else the room's."""
    return await fetch_one(
        tx,
        AppointmentOfCall,
        """
        SELECT id, settings FROM appointments WHERE id = %(appointment_id)s
        UNION ALL SELECT id, settings FROM appointments WHERE room_id = %(room_id)s AND %(appointment_id)s::uuid IS NULL LIMIT 1
        """,
        {"appointment_id": appointment_id, "room_id": room_id},
    )


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


class _Participant(SeenParticipant, frozen=True, kw_only=True):
    is_outside: bool


_read_participants = msgspec.json.Decoder(list[_Participant]).decode
