"""What calls and appointments count for now, by the record; and what they were counted for, which is kept beside the rows that it was added to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.analytics.counting import (
    Counted,
    PlannedAppointment,
    RecordedCall,
    count_appointment,
    encode_counted,
    provider_of,
)
from callwell.analytics.rollup_rows import as_hex, as_json
from callwell.postgres.pool import Tx, execute, fetch_all, fetch_value

# ── What is counted ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

# As JSON, one for all: it is read many times faster than rows are.
_CALLS: LiteralString = """
    SELECT json_agg(one)::text FROM (
        SELECT id, version, status, type, mode, engine, room_id, appointment_id, provider_id, provider_name, is_demo, metadata, created_at, started_at,
               elapsed_ms, overlap_ms, participant_count, mode_switch_count, disconnection_count, issue_count,
               (SELECT json_agg(person) FROM (
                   SELECT id, coalesce('user:' || user_id, 'guest:' || guest_id, 'erased:' || erased_id) AS identity, side, status, connected_at,
                          attended_ms, spoke_ms, messages_sent, reactions_sent, disconnection_count, issue_count, rating_stars
                   FROM participants WHERE participants.call_id = calls.id ORDER BY id
               ) AS person) AS people,
               (SELECT json_agg(connection) FROM (
                   SELECT participant_id, status, joined_at, connected_at, setup_ms, attended_ms, disconnection_count, browser, os, device_type, metadata,
                          -- When media was lost stays told until it comes back.
                          CASE WHEN disconnection_count > 0 THEN state ->> 'disconnected_at' IS NOT NULL ELSE false END AS was_lost
                   FROM connections WHERE connections.call_id = calls.id ORDER BY id
               ) AS connection) AS connections,
               (SELECT json_build_object('revision', revision, 'body', body) FROM reports WHERE reports.call_id = calls.id) AS report
        FROM calls
"""


async def list_calls(tx: Tx, ids: Collection[UUID]) -> list[RecordedCall]:
    return _read_calls(await fetch_value(tx, _CALLS + " WHERE id = ANY(%s)) AS one", [list(ids)]) or "[]")


async def list_calls_after(tx: Tx, after: UUID, most: int) -> list[RecordedCall]:
    return _read_calls(await fetch_value(tx, _CALLS + " WHERE id > %s ORDER BY id LIMIT %s) AS one", [after, most]) or "[]")


async def list_erased(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    if not ids:
        return set()
    cursor = await tx.execute("SELECT call_id FROM erased_calls WHERE call_id = ANY(%s)", [list(ids)])
    return {row[0] for row in await cursor.fetchall()}


class CallRow(Struct, frozen=True):
    """What is kept of a call that was counted."""

    call_id: UUID
    version: int
    revision: int | None
    began_at: datetime
    provider: str | None
    status: str
    category: str
    score: float | None
    disconnection_count: int
    issue_count: int
    critical_count: int
    body: bytes


def row_of(call: RecordedCall, counted: Counted) -> CallRow:
    report = call.report
    return CallRow(
        call.id,
        call.version,
        report and report.revision,
        call.began_at,
        provider_of(call),
        call.status,
        report.body.category if report else "unknown",
        report and report.body.score,
        call.disconnection_count,
        call.issue_count,
        sum(issue.severity == "critical" for issue in report.body.issues) if report else 0,
        encode_counted(counted),
    )


async def count_appointments_now(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Counted]:
    """What these appointments count for; of those that there are no more nothing."""
    found = await fetch_value(
        tx,
        """
        SELECT json_agg(one)::text FROM (
            SELECT id, provider_id, scheduled_at, duration_minutes, status, no_show, call_started_at, call_ended_at, overlap_ms, metadata,
                   (SELECT json_agg(attendee) FROM (
                       SELECT identity, side FROM attendees WHERE attendees.appointment_id = appointments.id ORDER BY identity
                   ) AS attendee) AS attendees
            FROM appointments WHERE id = ANY(%s)
        ) AS one
        """,
        [list(ids)],
    )
    arrivals: dict[UUID, dict[str, datetime]] = {}
    for came in await fetch_all(tx, _Arrival, _ARRIVALS, [list(ids)]):
        arrivals.setdefault(came.appointment_id, {})[came.identity] = came.joined_at
    return {one.id: count_appointment(one, arrivals.get(one.id, {})) for one in _read_appointments(found or "[]")}


class _Arrival(Struct, frozen=True):
    appointment_id: UUID
    identity: str
    joined_at: datetime


_ARRIVALS: LiteralString = """
    SELECT calls.appointment_id, coalesce('user:' || user_id, 'guest:' || guest_id) AS identity, min(participants.joined_at) AS joined_at
    FROM calls JOIN participants ON participants.call_id = calls.id
    WHERE calls.appointment_id = ANY(%s) AND NOT calls.is_demo AND participants.joined_at IS NOT NULL AND num_nonnulls(user_id, guest_id) = 1
    GROUP BY 1, 2
"""

_read_calls = msgspec.json.Decoder(list[RecordedCall]).decode
_read_appointments = msgspec.json.Decoder(list[PlannedAppointment]).decode


# ── What was counted ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class CountedAppointment(Struct, frozen=True):
    appointment_id: UUID
    body: bytes


COUNTED: LiteralString = """
    SELECT call_id, version, revision, began_at, provider, status, category, score, disconnection_count, issue_count, critical_count, body
    FROM counted_call_rows
"""


async def list_counted(tx: Tx, generation: int, call_ids: Collection[UUID]) -> list[CallRow]:
    return await fetch_all(tx, CallRow, COUNTED + " WHERE generation = %s AND call_id = ANY(%s)", [generation, list(call_ids)])


async def list_counted_appointments(tx: Tx, generation: int, ids: Collection[UUID]) -> list[CountedAppointment]:
    statement = "SELECT appointment_id, body FROM counted_appointments WHERE generation = %s AND appointment_id = ANY(%s)"
    return await fetch_all(tx, CountedAppointment, statement, [generation, list(ids)])


async def save_counted(tx: Tx, generation: int, rows: Sequence[CallRow]) -> None:
    if rows:
        await execute(
            tx,
            """
            INSERT INTO counted_call_rows SELECT * FROM json_populate_recordset(NULL::counted_call_rows, %s::json)
            ON CONFLICT (generation, call_id) DO UPDATE SET
                version = excluded.version, revision = excluded.revision, began_at = excluded.began_at, provider = excluded.provider,
                status = excluded.status, category = excluded.category, score = excluded.score, disconnection_count = excluded.disconnection_count,
                issue_count = excluded.issue_count, critical_count = excluded.critical_count, body = excluded.body
            """,
            [as_json({**msgspec.structs.asdict(row), "generation": generation, "body": as_hex(row.body)} for row in rows)],
        )


async def save_counted_appointments(tx: Tx, generation: int, bodies: Mapping[UUID, bytes]) -> None:
    if bodies:
        await execute(
            tx,
            """
            INSERT INTO counted_appointments SELECT * FROM json_populate_recordset(NULL::counted_appointments, %s::json)
            ON CONFLICT (generation, appointment_id) DO UPDATE SET body = excluded.body
            """,
            [as_json({"generation": generation, "appointment_id": id, "body": as_hex(body)} for id, body in bodies.items())],
        )
