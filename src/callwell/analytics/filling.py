"""All rows of the rollups made again, and looked over.

Rows of the next generation are made beside those that are read. They take their place in one small transaction, so nobody reads half of them; what a filling
that was broken off left is removed by the next one. Meanwhile the reader waits. The filling reads one snapshot and writes in small transactions, so no other
reader of changes waits for it.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.analytics.counted import (
    COUNTED,
    CallRow,
    CountedAppointment,
    count_appointments_now,
    list_calls_after,
    list_counted,
    list_counted_appointments,
    row_of,
    save_counted,
    save_counted_appointments,
)
from callwell.analytics.counting import (
    ROLLUPS,
    RULES,
    Counted,
    RecordedCall,
    Rollup,
    Tally,
    count_call,
    decode_counted,
    encode_counted,
)
from callwell.analytics.first_days import DifferentFirstDay, compare_first_days, make_first_days
from callwell.analytics.histograms import Histogram, count, decode
from callwell.analytics.rollup_rows import (
    MINUTES_KEPT,
    ONE_AT_A_TIME,
    READER,
    STATEMENTS,
    State,
    clocks_of,
    parameters_of,
    read_state,
    read_time_zone,
    shorten_histograms,
)
from callwell.postgres.pool import Database, Tx, execute, fetch_all, fetch_value

CALLS_AT_ONCE: Final = 500
"""Calls that are read in one go where all are counted."""
ROWS_AT_ONCE: Final = 20_000
"""Rows that a filling gathers before it writes them."""
ROWS_IN_STATEMENT: Final = 4000
ROWS_REMOVED_AT_ONCE: Final = 10_000


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
                await read_time_zone(snapshot),
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

    calls: Sequence[CallRow] = ()
    appointments: Mapping[UUID, bytes] = msgspec.field(default_factory=dict)
    counted: Mapping[UUID, Counted] = msgspec.field(default_factory=dict)
    """What calls count for that were counted just now: it need not be read of their rows."""
    demonstrations: int = 0
    """Calls that count for nothing."""


def _batch_of(calls: Sequence[RecordedCall]) -> _Batch:
    counting = [call for call in calls if not call.is_demo]
    counted = {call.id: count_call(call) for call in counting}
    return _Batch([row_of(call, counted[call.id]) for call in counting], counted=counted, demonstrations=len(calls) - len(counting))


async def _from_record(tx: Tx, state: State | None) -> AsyncGenerator[_Batch]:
    """All calls and appointments, and what was counted of calls that retention removed since."""
    after = UUID(int=0)
    while calls := await list_calls_after(tx, after, CALLS_AT_ONCE):
        yield await asyncio.to_thread(_batch_of, calls)
        after = max(call.id for call in calls)
    after = UUID(int=0)
    while ids := await _appointments_after(tx, after):
        yield _Batch(appointments={id: encode_counted(counted) for id, counted in (await count_appointments_now(tx, ids)).items()})
        after = ids[-1]
    if state is not None and state.rules == RULES:
        async for batch in _counted_calls(tx, state.counted, removed=True):
            yield batch


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
        CountedAppointment,
        "SELECT appointment_id, body FROM counted_appointments WHERE generation = %s AND appointment_id > %s ORDER BY appointment_id LIMIT %s",
        [generation, after, CALLS_AT_ONCE],
    ):
        yield _Batch(appointments={row.appointment_id: row.body for row in rows})
        after = rows[-1].appointment_id


async def _counted_calls(tx: Tx, generation: int, *, removed: bool) -> AsyncGenerator[_Batch]:
    """What was counted of all calls; or of those that retention removed."""
    statement = COUNTED + " WHERE generation = %(generation)s AND call_id > %(after)s"
    if removed:
        statement += """
            AND NOT EXISTS (SELECT FROM calls WHERE calls.id = counted_call_rows.call_id)
            AND NOT EXISTS (SELECT FROM erased_calls WHERE erased_calls.call_id = counted_call_rows.call_id)
        """
    statement += " ORDER BY call_id LIMIT %(most)s"
    after = UUID(int=0)
    while rows := await fetch_all(tx, CallRow, statement, {"generation": generation, "after": after, "most": CALLS_AT_ONCE}):
        yield _Batch(rows)
        after = rows[-1].call_id


async def _fill(tx: Tx, new: State, stream: AsyncGenerator[_Batch], whole: int, progress: Progress | None, *, keep: bool) -> Filled:
    """Writes the rows of a new generation, and with ``keep`` what they are made of. While some are written the next are counted."""
    clocks = clocks_of(new.time_zone, new.minutes_since)
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
        for rollup in ROLLUPS:
            await shorten_histograms(tx, rollup, new.generation)
        await make_first_days(tx, new.generation)
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
        await save_counted(tx, new.counted, counted.calls)
        await save_counted_appointments(tx, new.counted, counted.appointments)
    if tally is not None:
        for rollup in ROLLUPS:
            rows = list((await asyncio.to_thread(tally.rows, rollup)).items())
            for first in range(0, len(rows), ROWS_IN_STATEMENT):
                told = await asyncio.to_thread(parameters_of, new.generation, rows[first : first + ROWS_IN_STATEMENT])
                await execute(tx, STATEMENTS[rollup.name].add, told)


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
    tables: Sequence[LiteralString] = ("counted_call_rows", "counted_appointments", "first_day_rows", *(rollup.rows for rollup in ROLLUPS))
    for table in tables:
        stands = counted if table.startswith("counted") else generation
        chosen: LiteralString = "DELETE FROM " + table + " WHERE ctid = ANY(ARRAY(SELECT ctid FROM " + table + " WHERE generation "
        for others in (chosen + "< %(stands)s LIMIT %(most)s))", chosen + "> %(stands)s LIMIT %(most)s))"):  # each by the index
            while await execute(tx, others, {"stands": stands, "most": ROWS_REMOVED_AT_ONCE}) == ROWS_REMOVED_AT_ONCE:
                pass


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
            first_days = await compare_first_days(tx, state.generation, new.generation)
        finally:
            await _remove_others(tx, state)
    differences = [difference for one in compared for difference in one.differences] + [told for one in first_days for told in _as_differences(one)]
    rows, wrong = sum(one.rows for one in compared), sum(one.wrong for one in compared) + len(first_days)
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
    before = await list_counted(tx, state.counted, waiting)
    planned |= {id for row in before if (id := decode_counted(row.body).appointment_id) is not None}
    async for batch in _from_record(tx, state):
        yield _Batch(
            [row for row in batch.calls if row.call_id not in waiting],
            {id: body for id, body in batch.appointments.items() if id not in planned},
            batch.counted,
            batch.demonstrations,
        )
    yield _Batch(before, {row.appointment_id: row.body for row in await list_counted_appointments(tx, state.counted, planned)})


class _Compared(Struct, frozen=True):
    rows: int
    wrong: int
    differences: list[Difference]


async def _compare(tx: Tx, rollup: Rollup, kept: int, counted: int) -> _Compared:
    """The rows of two generations side by side. The same histogram may be written in more than one way, so those that look different are decoded."""
    statements, which = STATEMENTS[rollup.name], {"kept": kept, "counted": counted}
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


def _as_differences(one: DifferentFirstDay) -> list[Difference]:
    """Of the day that is kept, and of that which should be."""
    days = ((one.kept, 1, None), (one.counted, None, 1))
    return [Difference("first_days", "day", one.side, one.identity, day, "new", kept, counted) for day, kept, counted in days if day is not None]


def _figures(rollup: Rollup, values: Sequence[Any]) -> list[Any]:
    return [*values[: len(rollup.sums)], *(None if one is None else decode(one) for one in values[len(rollup.sums) :])]


def _number(figure: int | Histogram | None) -> int | None:
    return count(figure) if isinstance(figure, dict) else figure
