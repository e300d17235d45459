"""Rollups: figures of minutes, hours, days and months that are kept as calls and appointments change, and made again from them.

A reader of `changes` looks at what a call counts for now and at what it was counted for before, and adds the difference to the rows that it lies in, all in
one transaction: so it does not matter how often it looks, or whether it is stopped. Appointments have a queue of their own. Everything that writes rows holds
one advisory lock, which ends with its connection.

Where all is counted again, or cut by another time zone, rows of the next generation are made beside those that are read. They take their place in one
small transaction, so nobody reads half of them; what a filling that was broken off left is removed by the next one. Meanwhile the reader waits. The filling
reads one snapshot and writes in small transactions, so no other reader of changes waits for it.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.analytics.counting import (
    ROLLUPS,
    RULES,
    Amount,
    Clocks,
    Counted,
    PlannedAppointment,
    RecordedCall,
    Rollup,
    Row,
    Tally,
    count_appointment,
    count_call,
    decode_counted,
    encode_counted,
    provider_of,
)
from callwell.analytics.histograms import Histogram, count, decode, encode
from callwell.planning.call_settings import MeetingSettings, those_right
from callwell.planning.deployed import read_settings
from callwell.postgres.pool import Database, Tx, execute, fetch_all, fetch_one, fetch_value
from callwell.record.changes import advance, read_changes

READER: Final = "rollups"
ONE_AT_A_TIME: Final = 0x0CA1_1E11
"""Key of the advisory lock under which rows are written."""
CHANGES_AT_ONCE: Final = 500
CALLS_AT_ONCE: Final = 500
"""Calls that are read in one go where all are counted."""
ROWS_AT_ONCE: Final = 20_000
"""Rows that a filling gathers before it writes them."""
ROWS_IN_STATEMENT: Final = 4000
ROWS_REMOVED_AT_ONCE: Final = 10_000
MINUTES_KEPT: Final = timedelta(days=8)


class State(Struct, frozen=True):
    """By whose clocks rows are cut, since when minutes are kept, and which rows stand."""

    time_zone: str
    minutes_since: datetime
    generation: int
    counted: int
    """The generation of what calls and appointments count for."""
    rules: int


async def read_state(tx: Tx) -> State | None:
    """None where nothing was ever counted."""
    return await fetch_one(tx, State, "SELECT time_zone, minutes_since, generation, counted, rules FROM rollup_zones")


@lru_cache(maxsize=4)
def _clocks(time_zone: str, minutes_since: datetime) -> Clocks:
    return Clocks(time_zone, minutes_since)


async def _deployed_time_zone(tx: Tx) -> str:
    return those_right(await read_settings(tx)).get("time_zone", MeetingSettings().time_zone)


# ── Following what changes ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def count_changes(db: Database, at: datetime, most: int = CHANGES_AT_ONCE) -> int:
    """Counts the next changes of calls and appointments; gives how many they were, the more of both. Fewer than ``most``: there are no more.

    Where nothing was ever counted, or by other rules or clocks, all is counted or cut anew first. Nothing is done where somebody else is at it.
    """
    async with db.connection() as tx:
        state, time_zone = await read_state(tx), await _deployed_time_zone(tx)
    if state is None or state.rules != RULES or state.time_zone != time_zone:
        filled = await fill(db, "counted", at, wait=False)
        return most if filled else 0
    async with db.transaction() as tx:
        if not await fetch_value(tx, "SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME]) or await read_state(tx) != state:
            return 0
        changes = await read_changes(tx, READER, most)
        asked = await _take_appointments(tx, most)
        tally = Tally(_clocks(state.time_zone, state.minutes_since))
        appointments = await _count_calls(tx, state, tally, {change.call_id for change in changes})
        await _count_appointments(tx, state, tally, {*asked, *appointments})
        for rollup in ROLLUPS:
            await _add(tx, rollup, state.generation, tally.rows(rollup))
        if changes:
            await advance(tx, READER, changes[-1])
    return max(len(changes), len(asked))


async def _take_appointments(tx: Tx, most: int) -> list[UUID]:
    """The next appointments that changed, which wait no longer."""
    cursor = await tx.execute(
        """
        DELETE FROM appointment_changes WHERE position IN (SELECT position FROM appointment_changes ORDER BY position LIMIT %s) RETURNING appointment_id
        """,
        [most],
    )
    return [row[0] for row in await cursor.fetchall()]


async def _count_calls(tx: Tx, state: State, tally: Tally, call_ids: Collection[UUID]) -> set[UUID]:
    """Puts on what these calls count for now, where it is not what they counted for. Gives the appointments that they were and are of.

    What was removed by retention stays counted; what was erased is not.
    """
    if not call_ids:
        return set()
    before = {row.call_id: row for row in await _list_counted(tx, state.counted, call_ids)}
    calls = await _list_calls(tx, call_ids)
    after = {call.id: _row_of(call, count_call(call)) for call in calls if not call.is_demo}
    removed = before.keys() - {call.id for call in calls}
    for id in removed - await _list_erased(tx, removed):
        after[id] = before[id]
    appointments = {call.appointment_id for call in calls}
    for id in before.keys() | after.keys():
        was, now = before.get(id), after.get(id)
        counted = decode_counted(was.body) if was else None
        appointments.add(counted and counted.appointment_id)
        if (was and was.body) != (now and now.body):
            if counted is not None:
                tally.take_off(counted)
            if now is not None:
                tally.put_on(decode_counted(now.body))
    await _save_counted(tx, state.counted, [row for id, row in after.items() if before.get(id) != row])
    if gone := before.keys() - after.keys():
        await execute(tx, "DELETE FROM counted_call_rows WHERE generation = %s AND call_id = ANY(%s)", [state.counted, list(gone)])
    return {id for id in appointments if id is not None}


async def _count_appointments(tx: Tx, state: State, tally: Tally, ids: Collection[UUID]) -> None:
    if not ids:
        return
    before = {row.appointment_id: row.body for row in await _list_counted_appointments(tx, state.counted, ids)}
    after = {id: encode_counted(counted) for id, counted in (await _appointments_now(tx, ids)).items()}
    for id in sorted(before.keys() | after.keys()):
        was, now = before.get(id), after.get(id)
        if was != now:
            if was is not None:
                tally.take_off(decode_counted(was))
            if now is not None:
                tally.put_on(decode_counted(now))
    await _save_counted_appointments(tx, state.counted, {id: body for id, body in after.items() if before.get(id) != body})
    if gone := before.keys() - after.keys():
        await execute(tx, "DELETE FROM counted_appointments WHERE generation = %s AND appointment_id = ANY(%s)", [state.counted, list(gone)])


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


async def _list_calls(tx: Tx, ids: Collection[UUID]) -> list[RecordedCall]:
    return _read_calls(await fetch_value(tx, _CALLS + " WHERE id = ANY(%s)) AS one", [list(ids)]) or "[]")


async def _list_erased(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    if not ids:
        return set()
    cursor = await tx.execute("SELECT call_id FROM erased_calls WHERE call_id = ANY(%s)", [list(ids)])
    return {row[0] for row in await cursor.fetchall()}


class _CallRow(Struct, frozen=True):
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


def _row_of(call: RecordedCall, counted: Counted) -> _CallRow:
    report = call.report
    return _CallRow(
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


async def _appointments_now(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Counted]:
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


class _CountedAppointment(Struct, frozen=True):
    appointment_id: UUID
    body: bytes


_COUNTED: LiteralString = """
    SELECT call_id, version, revision, began_at, provider, status, category, score, disconnection_count, issue_count, critical_count, body
    FROM counted_call_rows
"""


async def _list_counted(tx: Tx, generation: int, call_ids: Collection[UUID]) -> list[_CallRow]:
    return await fetch_all(tx, _CallRow, _COUNTED + " WHERE generation = %s AND call_id = ANY(%s)", [generation, list(call_ids)])


async def _list_counted_appointments(tx: Tx, generation: int, ids: Collection[UUID]) -> list[_CountedAppointment]:
    statement = "SELECT appointment_id, body FROM counted_appointments WHERE generation = %s AND appointment_id = ANY(%s)"
    return await fetch_all(tx, _CountedAppointment, statement, [generation, list(ids)])


async def _save_counted(tx: Tx, generation: int, rows: Sequence[_CallRow]) -> None:
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
            [_json({**msgspec.structs.asdict(row), "generation": generation, "body": _hex(row.body)} for row in rows)],
        )


async def _save_counted_appointments(tx: Tx, generation: int, bodies: Mapping[UUID, bytes]) -> None:
    if bodies:
        await execute(
            tx,
            """
            INSERT INTO counted_appointments SELECT * FROM json_populate_recordset(NULL::counted_appointments, %s::json)
            ON CONFLICT (generation, appointment_id) DO UPDATE SET body = excluded.body
            """,
            [_json({"generation": generation, "appointment_id": id, "body": _hex(body)} for id, body in bodies.items())],
        )


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(list(rows)).decode()


def _hex(encoded: bytes) -> str:
    """As PostgreSQL reads bytes."""
    return f"\\x{encoded.hex()}"


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Statements:
    """What is said to the table of a rollup: its columns are told once, where it is declared."""

    read: LiteralString
    """The rows that there are of those that are told by grain, dimension, value and start."""
    remove: LiteralString
    put: LiteralString
    """In the place of those that there are."""
    add: LiteralString
    """To those that there are. Histograms are laid behind one another, which is how they add up."""
    compare: LiteralString
    """The rows that are not alike in two generations."""
    count: LiteralString
    """How many rows there are in either."""


def _statements(rollup: Rollup) -> _Statements:
    key = ", ".join(("grain", *rollup.keys, "starts_at"))
    columns = ", ".join((*rollup.sums, *rollup.histograms))
    told: LiteralString = " unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS told (" + key + ") "
    insert: LiteralString = "INSERT INTO " + rollup.rows + " AS old SELECT * FROM json_populate_recordset(NULL::" + rollup.rows + ", %s::json)"
    both: LiteralString = " FROM (SELECT * FROM " + rollup.rows + " WHERE generation = %(kept)s) AS ours"
    both += " FULL JOIN (SELECT * FROM " + rollup.rows + " WHERE generation = %(counted)s) AS theirs USING (" + key + ")"

    def of(side: LiteralString) -> LiteralString:
        return ", ".join([side + "." + name for name in (*rollup.sums, *rollup.histograms)])

    conflict: LiteralString = " ON CONFLICT (generation, " + key + ") DO UPDATE SET "
    return _Statements(
        read="SELECT " + key + ", " + columns + " FROM" + told + "JOIN " + rollup.rows + " USING (" + key + ") WHERE generation = %s",
        remove="DELETE FROM " + rollup.rows + " AS old USING" + told + "WHERE generation = %s"
        + "".join([" AND old." + name + " = told." + name for name in ("grain", *rollup.keys, "starts_at")]),
        put=insert + conflict + ", ".join([name + " = excluded." + name for name in (*rollup.sums, *rollup.histograms)]),
        add=insert
        + conflict
        + ", ".join([
            *[name + " = old." + name + " + excluded." + name for name in rollup.sums],
            *[name + " = old." + name + " || excluded." + name for name in rollup.histograms],
        ]),
        compare="SELECT " + key + ", " + of("ours") + ", " + of("theirs") + both + " WHERE (" + of("ours") + ") IS DISTINCT FROM (" + of("theirs") + ")",
        count="SELECT count(*)" + both,
    )  # fmt: skip


_STATEMENTS: Final = {rollup.name: _statements(rollup) for rollup in ROLLUPS}


async def _add(tx: Tx, rollup: Rollup, generation: int, amounts: Mapping[Row, Amount]) -> None:
    """Adds to the rows that there are; those that come to nothing go. Nobody else writes meanwhile."""
    if not amounts:
        return
    statements = _STATEMENTS[rollup.name]
    there = await (await tx.execute(statements.read, [*_columns(amounts), generation])).fetchall()
    for row in there:
        amounts[_row(row)].add(_amount(rollup, row))
    if gone := [row for row, amount in amounts.items() if not amount]:
        await execute(tx, statements.remove, [*_columns(gone), generation])
    if kept := [(row, amount) for row, amount in amounts.items() if amount]:
        await execute(tx, statements.put, [_json(_told(rollup, generation, row, amount) for row, amount in kept)])


def _columns(rows: Iterable[Row]) -> list[list[Any]]:
    grains, dimensions, values, starts = zip(*rows, strict=True)
    return [list(grains), list(dimensions), list(values), list(map(_time, starts))]


def _row(values: Sequence[Any]) -> Row:
    grain, dimension, value, starts_at, *_ = values
    return grain, dimension, value, int(starts_at.timestamp())


def _amount(rollup: Rollup, values: Sequence[Any]) -> Amount:
    sums = values[4 : 4 + len(rollup.sums)]
    return Amount(list(sums), [Counter(decode(encoded)) for encoded in values[4 + len(rollup.sums) :]])


def _told(rollup: Rollup, generation: int, row: Row, amount: Amount) -> dict[str, Any]:
    grain, dimension, value, start = row
    told: dict[str, Any] = {"generation": generation, "grain": grain, rollup.keys[0]: dimension, rollup.keys[1]: value, "starts_at": _time(start)}
    told.update(zip(rollup.sums, amount.sums, strict=True))
    for name, histogram in zip(rollup.histograms, amount.histograms, strict=True):
        told[name] = _hex(encode(histogram))
    return told


@lru_cache(maxsize=1 << 16)
def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# ── All again ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Filled(Struct, frozen=True):
    """What was counted again."""

    calls: int
    appointments: int


Progress = Callable[[int, int], None]
"""Hears how many calls and appointments are counted, of how many."""


async def fill(
    db: Database, source: Literal["record", "counted"], at: datetime, *, wait: bool = True, progress: Progress | None = None
) -> Filled | None:
    """Makes all rows again, and puts them in the place of those that there are when they are whole.

    From the ``record`` everything is counted; from what was ``counted`` it is only cut anew, by the deployment's time zone of now, unless that was nothing or
    by other rules. None where somebody else is at it and ``wait`` is not wished.
    """
    async with _alone(db, wait=wait) as tx:
        if tx is None:
            return None
        state = await read_state(tx)
        if state is None or state.rules != RULES:
            source = "record"
        await _remove_others(tx, state)
        async with _snapshot(db) as snapshot:
            new = State(
                await _deployed_time_zone(snapshot),
                state.minutes_since if state and source == "counted" else at - MINUTES_KEPT,
                state.generation + 1 if state else 1,
                state.counted if state and source == "counted" else state.generation + 1 if state else 1,
                RULES,
            )
            since = await fetch_value(snapshot, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
            stream = _from_record(snapshot, state) if source == "record" else _from_counted(snapshot, new.counted)
            filled = await _fill(tx, new, stream, await _how_many(snapshot), progress, keep=source == "record")
        await _put_in_place(tx, new, since if source == "record" else None)
        await _remove_others(tx, new)
        return filled


@contextlib.asynccontextmanager
async def _alone(db: Database, *, wait: bool) -> AsyncIterator[Tx | None]:
    """A connection while which is had nobody else writes rows; None where somebody does and it is not waited for. The lock is no transaction's, which others
    would have to wait for."""
    async with db.connection() as tx:
        if wait:
            await execute(tx, "SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        elif not await fetch_value(tx, "SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME]):
            yield None
            return
        try:
            yield tx
        finally:
            try:
                await execute(tx, "SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
            except BaseException:
                await tx.close()  # and with it the lock: the pool makes another connection
                raise


@contextlib.asynccontextmanager
async def _snapshot(db: Database) -> AsyncIterator[Tx]:
    """Everything as it is at one moment. It only reads, so nobody waits for its end."""
    async with db.transaction() as tx:
        await execute(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield tx


async def _how_many(tx: Tx) -> int:
    return await fetch_value(tx, "SELECT (SELECT count(*) FROM calls) + (SELECT count(*) FROM appointments)")


class _Batch(Struct, frozen=True):
    """Some of what is counted."""

    calls: Sequence[_CallRow] = ()
    appointments: Mapping[UUID, bytes] = msgspec.field(default_factory=dict)
    counted: Mapping[UUID, Counted] = msgspec.field(default_factory=dict)
    """What calls count for that were counted just now: it need not be read of their rows."""
    demonstrations: int = 0
    """Calls that count for nothing."""


def _batch_of(calls: Sequence[RecordedCall]) -> _Batch:
    counting = [call for call in calls if not call.is_demo]
    counted = {call.id: count_call(call) for call in counting}
    return _Batch([_row_of(call, counted[call.id]) for call in counting], counted=counted, demonstrations=len(calls) - len(counting))


async def _from_record(tx: Tx, state: State | None) -> AsyncGenerator[_Batch]:
    """All calls and appointments, and what was counted of calls that retention removed since."""
    after = UUID(int=0)
    while calls := await _calls_after(tx, after):
        yield await asyncio.to_thread(_batch_of, calls)
        after = max(call.id for call in calls)
    after = UUID(int=0)
    while ids := await _appointments_after(tx, after):
        yield _Batch(appointments={id: encode_counted(counted) for id, counted in (await _appointments_now(tx, ids)).items()})
        after = ids[-1]
    if state is not None and state.rules == RULES:
        async for batch in _counted_calls(tx, state.counted, removed=True):
            yield batch


async def _calls_after(tx: Tx, after: UUID) -> list[RecordedCall]:
    return _read_calls(await fetch_value(tx, _CALLS + " WHERE id > %s ORDER BY id LIMIT %s) AS one", [after, CALLS_AT_ONCE]) or "[]")


async def _appointments_after(tx: Tx, after: UUID) -> list[UUID]:
    cursor = await tx.execute("SELECT id FROM appointments WHERE id > %s ORDER BY id LIMIT %s", [after, CALLS_AT_ONCE])
    return [row[0] for row in await cursor.fetchall()]


async def _from_counted(tx: Tx, generation: int) -> AsyncGenerator[_Batch]:
    """All that was counted."""
    async for batch in _counted_calls(tx, generation, removed=False):
        yield batch
    after = UUID(int=0)
    while rows := await fetch_all(
        tx,
        _CountedAppointment,
        "SELECT appointment_id, body FROM counted_appointments WHERE generation = %s AND appointment_id > %s ORDER BY appointment_id LIMIT %s",
        [generation, after, CALLS_AT_ONCE],
    ):
        yield _Batch(appointments={row.appointment_id: row.body for row in rows})
        after = rows[-1].appointment_id


async def _counted_calls(tx: Tx, generation: int, *, removed: bool) -> AsyncGenerator[_Batch]:
    """What was counted of all calls; or of those that retention removed."""
    statement = _COUNTED + " WHERE generation = %(generation)s AND call_id > %(after)s"
    if removed:
        statement += """
            AND NOT EXISTS (SELECT FROM calls WHERE calls.id = counted_call_rows.call_id)
            AND NOT EXISTS (SELECT FROM erased_calls WHERE erased_calls.call_id = counted_call_rows.call_id)
        """
    statement += " ORDER BY call_id LIMIT %(most)s"
    after = UUID(int=0)
    while rows := await fetch_all(tx, _CallRow, statement, {"generation": generation, "after": after, "most": CALLS_AT_ONCE}):
        yield _Batch(rows)
        after = rows[-1].call_id


async def _fill(tx: Tx, new: State, stream: AsyncGenerator[_Batch], whole: int, progress: Progress | None, *, keep: bool) -> Filled:
    """Writes the rows of a new generation, and with ``keep`` what they are made of. While some are written the next are counted."""
    clocks = _clocks(new.time_zone, new.minutes_since)
    tally = Tally(clocks)
    writing: asyncio.Task[None] | None = None
    calls = appointments = seen = 0
    try:
        async with contextlib.aclosing(stream):
            async for batch in stream:
                await asyncio.to_thread(_put_on, tally, batch)
                calls, appointments = calls + len(batch.calls), appointments + len(batch.appointments)
                seen += len(batch.calls) + len(batch.appointments) + batch.demonstrations
                full, tally = (tally, Tally(clocks)) if len(tally) > ROWS_AT_ONCE else (None, tally)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(_write(tx, new, batch if keep else None, full))
                if progress is not None:
                    progress(min(seen, whole), whole)
        if writing is not None:
            await writing
        await _write(tx, new, None, tally)
    finally:
        if writing is not None:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
    return Filled(calls, appointments)


def _put_on(tally: Tally, batch: _Batch) -> None:
    for row in batch.calls:
        tally.put_on(batch.counted.get(row.call_id) or decode_counted(row.body))
    for body in batch.appointments.values():
        tally.put_on(decode_counted(body))


async def _write(tx: Tx, new: State, counted: _Batch | None, tally: Tally | None) -> None:
    if counted is not None:
        await _save_counted(tx, new.counted, counted.calls)
        await _save_counted_appointments(tx, new.counted, counted.appointments)
    if tally is not None:
        for rollup in ROLLUPS:
            rows = list((await asyncio.to_thread(tally.rows, rollup)).items())
            for first in range(0, len(rows), ROWS_IN_STATEMENT):
                told = _json(_told(rollup, new.generation, row, amount) for row, amount in rows[first : first + ROWS_IN_STATEMENT])
                await execute(tx, _STATEMENTS[rollup.name].add, [told])


async def _put_in_place(tx: Tx, new: State, since: str | None) -> None:
    """From now on the new rows are read. ``since``: of the first transaction whose changes are not all in them."""
    async with tx.transaction():
        await execute(
            tx,
            """
            INSERT INTO rollup_zones (time_zone, minutes_since, generation, counted, rules)
            VALUES (%(time_zone)s, %(minutes_since)s, %(generation)s, %(counted)s, %(rules)s)
            ON CONFLICT (is_only) DO UPDATE SET time_zone = excluded.time_zone, minutes_since = excluded.minutes_since,
                generation = excluded.generation, counted = excluded.counted, rules = excluded.rules
            """,
            msgspec.structs.asdict(new),
        )
        if since is not None:
            await execute(
                tx,
                """
                INSERT INTO change_readers (name, txid, position) VALUES (%(reader)s, %(since)s::xid8, 0)
                ON CONFLICT (name) DO UPDATE SET txid = excluded.txid, position = excluded.position
                """,
                {"reader": READER, "since": since},
            )


async def _remove_others(tx: Tx, state: State | None) -> None:
    """Removes rows of generations that do not stand: what was read before, or what a filling left that was broken off."""
    generation, counted = (state.generation, state.counted) if state else (-1, -1)
    tables: Sequence[LiteralString] = ("counted_call_rows", "counted_appointments", *(rollup.rows for rollup in ROLLUPS))
    for table in tables:
        stands = counted if table.startswith("counted") else generation
        chosen: LiteralString = "DELETE FROM " + table + " WHERE ctid = ANY(ARRAY(SELECT ctid FROM " + table + " WHERE generation "
        for others in (chosen + "< %(stands)s LIMIT %(most)s))", chosen + "> %(stands)s LIMIT %(most)s))"):  # each by the index
            while await execute(tx, others, {"stands": stands, "most": ROWS_REMOVED_AT_ONCE}) == ROWS_REMOVED_AT_ONCE:
                pass


async def forget_minutes(db: Database, at: datetime) -> int:
    """Removes minutes that have had their time; gives how many rows. What becomes known of them later counts in hours and days alone."""
    since = (at - MINUTES_KEPT).replace(second=0, microsecond=0)
    async with db.transaction() as tx:
        if not await fetch_value(tx, "SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME]):
            return 0
        state = await read_state(tx)
        if state is None or state.minutes_since >= since:
            return 0
        removed = 0
        for rollup in ROLLUPS:
            if "all" in rollup.dimensions:
                statement: LiteralString = "DELETE FROM " + rollup.rows + " WHERE generation = %s AND grain = 'minute' AND dimension = 'all'"
                removed += await execute(tx, statement + " AND starts_at < %s", [state.generation, since])
        await execute(tx, "UPDATE rollup_zones SET minutes_since = %s", [since])
        return removed


# ── Whether they are right ────────────────────────────────────────────────────────────────────────────────────────────────────────

MOST_TOLD: Final = 100
"""Differences that are told; the others are counted."""


class Difference(Struct, frozen=True):
    """A figure that is not what there is to count."""

    rollup: str
    grain: str
    dimension: str
    value: str
    starts_at: datetime
    figure: str
    kept: int | None
    """None: there is no such row. Of a histogram how many values there are."""
    counted: int | None


class Checked(Struct, frozen=True):
    """What came of counting everything again beside what is kept."""

    calls: int
    appointments: int
    rows: int
    wrong: int
    """Rows that are not what there is to count."""
    differences: list[Difference]
    """The first figures of them."""


async def check(db: Database, progress: Progress | None = None) -> Checked:
    """Counts all that the record has from scratch, and compares every row. What changed and was not counted yet is taken as it was counted.

    The reader waits meanwhile. Where nothing was ever counted there is nothing to compare.
    """
    async with _alone(db, wait=True) as tx:
        assert tx is not None
        state = await read_state(tx)
        if state is None or state.rules != RULES:
            return Checked(0, 0, 0, 0, [])
        await _remove_others(tx, state)
        try:
            async with _snapshot(db) as snapshot:
                new = msgspec.structs.replace(state, generation=state.generation + 1)
                filled = await _fill(tx, new, _but_not_yet(snapshot, state), await _how_many(snapshot), progress, keep=False)
            compared = [await _compare(tx, rollup, state.generation, new.generation) for rollup in ROLLUPS]
        finally:
            await _remove_others(tx, state)
    differences = [difference for one in compared for difference in one.differences]
    rows, wrong = sum(one.rows for one in compared), sum(one.wrong for one in compared)
    return Checked(filled.calls, filled.appointments, rows, wrong, differences[:MOST_TOLD])


async def _but_not_yet(tx: Tx, state: State) -> AsyncGenerator[_Batch]:
    """All that the record has; but of what changed and was not counted since, as it was counted."""
    cursor = await tx.execute(
        """
        SELECT DISTINCT changes.call_id FROM change_readers AS reader JOIN changes ON (changes.txid, changes.position) > (reader.txid, reader.position)
        WHERE reader.name = %s
        """,
        [READER],
    )
    waiting = {row[0] for row in await cursor.fetchall()}
    cursor = await tx.execute(
        """
        SELECT appointment_id FROM appointment_changes
        UNION SELECT appointment_id FROM calls WHERE id = ANY(%(waiting)s) AND appointment_id IS NOT NULL
        """,
        {"waiting": list(waiting)},
    )
    planned = {row[0] for row in await cursor.fetchall()}
    before = await _list_counted(tx, state.counted, waiting)
    planned |= {id for row in before if (id := decode_counted(row.body).appointment_id) is not None}
    async for batch in _from_record(tx, state):
        yield _Batch(
            [row for row in batch.calls if row.call_id not in waiting],
            {id: body for id, body in batch.appointments.items() if id not in planned},
            batch.counted,
            batch.demonstrations,
        )
    yield _Batch(before, {row.appointment_id: row.body for row in await _list_counted_appointments(tx, state.counted, planned)})


class _Compared(Struct, frozen=True):
    rows: int
    wrong: int
    differences: list[Difference]


async def _compare(tx: Tx, rollup: Rollup, kept: int, counted: int) -> _Compared:
    """The rows of two generations side by side. The same histogram may be written in more than one way, so those that look different are decoded."""
    statements, which = _STATEMENTS[rollup.name], {"kept": kept, "counted": counted}
    found = await (await tx.execute(statements.compare, which)).fetchall()
    names = (*rollup.sums, *rollup.histograms)
    wrong = 0
    differences: list[Difference] = []
    for grain, dimension, value, starts_at, *figures in found:
        ours, theirs = (_figures(rollup, figures[first : first + len(names)]) for first in (0, len(names)))
        wrong += ours != theirs
        differences += [
            Difference(rollup.name, grain, dimension, value, starts_at, name, _number(own), _number(right))
            for name, own, right in zip(names, ours, theirs, strict=True)
            if own != right and len(differences) < MOST_TOLD
        ]
    return _Compared(await fetch_value(tx, statements.count, which), wrong, differences)


def _figures(rollup: Rollup, values: Sequence[Any]) -> list[Any]:
    return [*values[: len(rollup.sums)], *(None if one is None else decode(one) for one in values[len(rollup.sums) :])]


def _number(figure: int | Histogram | None) -> int | None:
    return count(figure) if isinstance(figure, dict) else figure
