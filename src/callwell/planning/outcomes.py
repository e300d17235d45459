"""Reading the calls of an appointment as what they came to: who of which side was there when, and what shows it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.planning.progress import CallOutcome, Device, Present
from callwell.postgres.pool import Tx, fetch_all
from callwell.record.events import Side
from callwell.record.state import ConnectionState, Span


async def list_outcomes(tx: Tx, appointment_id: UUID) -> list[CallOutcome]:
    """The appointment's calls, the first of them first. One whose facts were removed is not among them: it can no longer be told."""
    sides: dict[str, Side] = {row.identity: row.side for row in await fetch_all(tx, _Attendee, _ATTENDEES, [appointment_id])}
    return [_outcome(row, sides) for row in await fetch_all(tx, _Row, _CALLS, [appointment_id])]


class HeldCall(Struct, frozen=True, kw_only=True):
    """A call of an appointment, in short: when it was, how long, how good, and whether it was recorded."""

    id: UUID
    status: str
    version: int
    record_state: str
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    duration_seconds: int | None
    """From start to end; null while it goes on, and of one that never started."""
    overlap_seconds: float
    """How long both sides were connected."""
    quality_score: float | None
    """From 0 to 100, once a report was made; null where too little is known."""
    quality_category: str | None
    recording_count: int


async def list_held_calls(tx: Tx, appointment_ids: Collection[UUID]) -> dict[UUID, list[HeldCall]]:
    """Of each of these appointments its calls, the first of them first. Demonstrations are left out."""
    rows = await fetch_all(tx, _HeldRow, _HELD, [list(appointment_ids)]) if appointment_ids else []
    held: dict[UUID, list[HeldCall]] = {}
    for row in rows:
        told = {name: getattr(row, name) for name in HeldCall.__struct_fields__}
        held.setdefault(row.appointment_id, []).append(HeldCall(**told))
    return held


class _HeldRow(HeldCall, frozen=True, kw_only=True):
    appointment_id: UUID


_HELD = """
    SELECT calls.id, appointment_id, status, calls.version, record_state, started_at, ended_at, end_reason,
        CASE WHEN ended_at IS NOT NULL THEN elapsed_ms / 1000 END AS duration_seconds, overlap_ms / 1000.0::float8 AS overlap_seconds,
        reports.score AS quality_score, reports.category AS quality_category,
        coalesce((calls.state ->> 'recording_count')::integer, 0) AS recording_count
    FROM calls LEFT JOIN reports ON reports.call_id = calls.id
    WHERE appointment_id = ANY(%s) AND NOT is_demo ORDER BY calls.created_at, calls.id
"""

_ATTENDEES = "SELECT identity, side FROM attendees WHERE appointment_id = %s"

# One statement, so that what is told of a call is of one version.
_CALLS = """
    SELECT id, created_at, started_at, ended_at, end_reason, status = 'failed' AS has_failed, is_demo, version, record_state,
        (SELECT json_agg(one)::text FROM (
            SELECT p.id, p.side, coalesce('user:' || user_id, 'guest:' || guest_id) AS identity,
                   coalesce(p.display_name, people.display_name) AS display_name
            FROM participants AS p LEFT JOIN people ON people.identity = coalesce('user:' || user_id, 'guest:' || guest_id)
            WHERE p.call_id = calls.id ORDER BY p.first_at, p.id
        ) AS one) AS participants,
        (SELECT json_agg(one)::text FROM (
            SELECT c.id, c.participant_id, c.browser, c.os, c.device_type, c.state
            FROM connections AS c WHERE c.call_id = calls.id ORDER BY c.joined_at, c.id
        ) AS one) AS connections,
        (SELECT json_agg(one)::text FROM (
            SELECT connection_id, opened_at, expires_at FROM leases WHERE leases.call_id = calls.id ORDER BY opened_at
        ) AS one) AS leases
    FROM calls WHERE appointment_id = %s AND state IS NOT NULL ORDER BY created_at, id
"""


class _Attendee(Struct, frozen=True):
    identity: str
    side: Side


class _Row(Struct, frozen=True):
    id: UUID
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    has_failed: bool
    is_demo: bool
    version: int
    record_state: str
    participants: str | None
    connections: str | None
    leases: str | None


class _Participant(Struct, frozen=True):
    id: UUID
    side: Side | None
    identity: str | None
    display_name: str | None


class _Connection(Struct, frozen=True):
    id: UUID
    participant_id: UUID
    browser: str | None
    os: str | None
    device_type: str | None
    state: ConnectionState | None


class _Lease(Struct, frozen=True):
    connection_id: UUID
    opened_at: datetime
    expires_at: datetime


_read_participants = msgspec.json.Decoder(list[_Participant]).decode
_read_connections = msgspec.json.Decoder(list[_Connection]).decode
_read_leases = msgspec.json.Decoder(list[_Lease]).decode


def _outcome(row: _Row, sides: Mapping[str, Side]) -> CallOutcome:
    held: dict[UUID, list[Span]] = {}
    for lease in _read_leases(row.leases or "[]"):
        held.setdefault(lease.connection_id, []).append(Span(lease.opened_at, lease.expires_at))
    devices: dict[UUID, list[Device]] = {}
    for one in _read_connections(row.connections or "[]"):
        state = one.state or ConnectionState(one.participant_id)
        device = Device(id=one.id, state=state, held=held.get(one.id, ()), browser=one.browser, os=one.os, type=one.device_type)
        devices.setdefault(one.participant_id, []).append(device)
    return CallOutcome(
        id=row.id,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        has_failed=row.has_failed,
        is_demo=row.is_demo,
        version=row.version,
        record_state=row.record_state,
        people=[
            Present(
                participant_id=one.id,
                identity=one.identity,
                display_name=one.display_name,
                side=(sides.get(one.identity) if one.identity else None) or one.side,
                devices=devices.get(one.id, ()),
            )
            for one in _read_participants(row.participants or "[]")
        ],
    )
