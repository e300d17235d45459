"""What appointments follow from: a reader of `changes` named ``appointments``, and a look at windows that close.

Both do one thing: they look at all calls of an appointment, under its lock, and write what these come to. So it does not matter which comes first, or how often
they do it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors
from callwell.http import to_json
from callwell.planning.appointments import lock_appointment, tell_of_appointments
from callwell.planning.bookings import Appointment
from callwell.planning.deployed import Deployed
from callwell.planning.outcomes import list_outcomes
from callwell.planning.progress import Progress, progress
from callwell.postgres.pool import Database, DatabaseError, Tx, execute, fetch_all, fetch_value, is_data_error
from callwell.record.audit import Action, add_audit_entry
from callwell.record.changes import advance, read_changes

log = logging.getLogger(__name__)

READER = "appointments"
CHANGES_AT_ONCE = 100
"""As many appointments at most are locked while they are looked at."""
APPOINTMENTS_AT_ONCE = 100
LOOK_EVERY = 0.5
AGAIN_AFTER = timedelta(minutes=5)
"""When an appointment is looked at again of which nothing could be made."""


async def keep_appointments(db: Database, deployed: Deployed, stop: asyncio.Event) -> None:
    """Follows calls and closes windows until it is told to stop. A database that is away is waited for."""
    while not stop.is_set():
        found = 0
        try:
            found = await follow_calls(db, deployed, datetime.now(UTC))
            await close_windows(db, deployed, datetime.now(UTC))
        except (errors.DatabaseUnavailable, DatabaseError) as why:
            log.warning("appointments were not looked after: %r", why)
        except Exception:
            log.exception("appointments were not looked after")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if found == CHANGES_AT_ONCE else LOOK_EVERY):
                await stop.wait()


async def follow_calls(db: Database, deployed: Deployed, at: datetime) -> int:
    """Looks at the next changes once; gives how many they were."""
    async with db.transaction() as tx:
        changes = await read_changes(tx, READER, CHANGES_AT_ONCE)
        if changes:
            for id in await _list_appointments_of(tx, {change.call_id for change in changes if not change.is_report}):
                await _refresh_or_postpone(tx, id, deployed, at)
            await advance(tx, READER, changes[-1])
    return len(changes)


async def close_windows(db: Database, deployed: Deployed, at: datetime) -> int:
    """Judges the appointments whose windows have closed; gives how many were looked at. Found without locks, judged under them."""
    async with db.connection() as tx:
        due = await list_due(tx, at)
    for id in due:
        async with db.transaction() as tx:
            await _refresh_or_postpone(tx, id, deployed, at)
    return len(due)


async def rebuild_appointments(db: Database, deployed: Deployed, at: datetime) -> int:
    """Looks at every appointment again; gives how many there are."""
    rebuilt = 0
    after: UUID | None = None
    while ids := await _list_ids(db, after):
        for id in ids:
            async with db.transaction() as tx:
                await refresh_appointment(tx, id, deployed, at)
        rebuilt += len(ids)
        after = ids[-1]
    return rebuilt


async def refresh_appointment(tx: Tx, id: UUID, deployed: Deployed, at: datetime) -> Appointment | None:
    """Locks the appointment and writes what its calls come to, and in the trail where it went by itself. Gives it as it is then."""
    appointment = await lock_appointment(tx, id)
    if appointment is None:
        return None
    room: Mapping[str, Any] = await fetch_value(tx, "SELECT settings FROM rooms WHERE id = %s", [appointment.room_id]) or {}
    outcomes = await list_outcomes(tx, id)
    after = progress(appointment, outcomes, deployed.meeting(room, appointment.settings), at)
    if after is None:
        await _leave_alone(tx, appointment, at)
        return appointment
    changed = _with(appointment, after)
    if changed != appointment:
        changed = msgspec.structs.replace(changed, updated_at=at)
        await _save(tx, changed)
        await _note(tx, appointment, changed, at)
    return changed


def _with(appointment: Appointment, after: Progress) -> Appointment:
    columns = msgspec.structs.asdict(after)
    evidence = None if after.evidence is None else msgspec.json.decode(to_json(after.evidence))
    return msgspec.structs.replace(appointment, **{**columns, "evidence": evidence})


async def _save(tx: Tx, appointment: Appointment) -> None:
    row = msgspec.structs.asdict(appointment)
    row["evidence"] = None if appointment.evidence is None else msgspec.json.encode(appointment.evidence).decode()
    await execute(
        tx,
        """
        UPDATE appointments SET
            status = %(status)s, no_show = %(no_show)s, evidence = %(evidence)s::jsonb, completed_at = %(completed_at)s,
            next_deadline_at = %(next_deadline_at)s, call_count = %(call_count)s, call_started_at = %(call_started_at)s,
            call_ended_at = %(call_ended_at)s, call_duration_minutes = %(call_duration_minutes)s, call_failed = %(call_failed)s,
            attended_client_ms = %(attended_client_ms)s, attended_provider_ms = %(attended_provider_ms)s, overlap_ms = %(overlap_ms)s,
            overlap_claimed_ms = %(overlap_claimed_ms)s, updated_at = %(updated_at)s
        WHERE id = %(id)s
        """,
        row,
    )
    await tell_of_appointments(tx, [appointment.id])


async def _leave_alone(tx: Tx, appointment: Appointment, at: datetime) -> None:
    """What its calls came to can no longer be told: nothing is judged any more."""
    if appointment.next_deadline_at is not None and appointment.next_deadline_at <= at:
        await execute(tx, "UPDATE appointments SET next_deadline_at = NULL WHERE id = %s", [appointment.id])


# ── The trail ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _note(tx: Tx, before: Appointment, after: Appointment, at: datetime) -> None:
    if (before.status, before.no_show) == (after.status, after.no_show):
        return
    metadata: dict[str, Any] = {"from": before.status, "to": after.status, "overlap_ms": after.overlap_ms}
    if after.no_show is not None:
        metadata["no_show"] = after.no_show
    await add_audit_entry(
        tx,
        action=_action(before.status, after.status),
        at=at,
        caller="callwell",
        appointment_id=after.id,
        room_id=after.room_id,
        metadata=metadata,
    )


def _action(before: str, after: str) -> Action:
    match after:
        case "completed":
            return Action.APPOINTMENT_COMPLETED
        case "no_show":
            return Action.APPOINTMENT_NO_SHOW
        case "in_progress":
            return Action.APPOINTMENT_RESUMED if before in ("completed", "no_show") else Action.APPOINTMENT_STARTED
        case _:
            return Action.APPOINTMENT_REOPENED


# ── Finding ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _refresh_or_postpone(tx: Tx, id: UUID, deployed: Deployed, at: datetime) -> None:
    """One of which nothing can be made keeps none of the others waiting, and is tried again."""
    try:
        async with tx.transaction():
            await refresh_appointment(tx, id, deployed, at)
    except Exception as why:
        if isinstance(why, DatabaseError) and not is_data_error(why):
            raise
        log.exception("appointment %s could not be judged", id)
        await execute(tx, "UPDATE appointments SET next_deadline_at = %s WHERE id = %s", [at + AGAIN_AFTER, id])


async def _list_appointments_of(tx: Tx, call_ids: Collection[UUID]) -> Sequence[UUID]:
    """In the order in which they are locked."""
    cursor = await tx.execute(
        "SELECT DISTINCT appointment_id FROM calls WHERE id = ANY(%s) AND appointment_id IS NOT NULL ORDER BY appointment_id", [list(call_ids)]
    )
    return [row[0] for row in await cursor.fetchall()]


class _Due(Struct, frozen=True):
    id: UUID


async def list_due(tx: Tx, at: datetime) -> list[UUID]:
    """The appointments whose windows have closed, those that closed first first, as many as are judged in one go."""
    statement = "SELECT id FROM appointments WHERE next_deadline_at <= %s ORDER BY next_deadline_at LIMIT %s"
    return [row.id for row in await fetch_all(tx, _Due, statement, [at, APPOINTMENTS_AT_ONCE])]


async def _list_ids(db: Database, after: UUID | None) -> Sequence[UUID]:
    async with db.connection() as tx:
        cursor = await tx.execute(
            "SELECT id FROM appointments WHERE %(after)s::uuid IS NULL OR id > %(after)s ORDER BY id LIMIT %(most)s",
            {"after": after, "most": APPOINTMENTS_AT_ONCE},
        )
        return [row[0] for row in await cursor.fetchall()]
