"""Rollups: figures of minutes, hours, days and months that are kept as calls and appointments change.

A reader of `changes` looks at what a call counts for now and at what it was counted for before, and adds the difference to the rows that it lies in, all in
one transaction: so it does not matter how often it looks, or whether it is stopped. Appointments have a queue of their own. Everything that writes rows holds
one advisory lock, which ends with its connection. Where all is counted again, or cut by another time zone, rows are made anew (`filling.py`).
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from callwell.analytics.counted import (
    count_appointments_now,
    list_calls,
    list_counted,
    list_counted_appointments,
    list_erased,
    row_of,
    save_counted,
    save_counted_appointments,
)
from callwell.analytics.counting import (
    PEOPLE,
    ROLLUPS,
    RULES,
    Tally,
    count_call,
    decode_counted,
    encode_counted,
)
from callwell.analytics.filling import fill
from callwell.analytics.first_days import keep_first_days
from callwell.analytics.rollup_rows import MINUTES_KEPT, ONE_AT_A_TIME, READER, State, add_amounts, clocks_of, read_state, read_time_zone
from callwell.postgres.pool import Database, Tx, execute, fetch_value
from callwell.record.changes import advance, read_changes

CHANGES_AT_ONCE: Final = 500


async def count_changes(db: Database, at: datetime, most: int = CHANGES_AT_ONCE) -> int:
    """Counts the next changes of calls and appointments; gives how many they were, the more of both. Fewer than ``most``: there are no more.

    Where nothing was ever counted, or by other rules or clocks, all is counted or cut anew first. Nothing is done where somebody else is at it.
    """
    async with db.connection() as tx:
        state, time_zone = await read_state(tx), await read_time_zone(tx)
    if state is None or state.rules != RULES or state.time_zone != time_zone:
        filled = await fill(db, "counted", at, wait=False)
        return most if filled else 0
    async with db.transaction() as tx:
        if not await fetch_value(tx, "SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME]) or await read_state(tx) != state:
            return 0
        changes = await read_changes(tx, READER, most)
        asked = await _take_appointments(tx, most)
        tally = Tally(clocks_of(state.time_zone, state.minutes_since))
        appointments = await _count_calls(tx, state, tally, {change.call_id for change in changes})
        await _count_appointments(tx, state, tally, {*asked, *appointments})
        for rollup in ROLLUPS:
            amounts = tally.rows(rollup)
            await add_amounts(tx, rollup, state.generation, amounts)
            if rollup is PEOPLE:
                await keep_first_days(tx, state.generation, {(side, identity) for _, side, identity, _ in amounts})
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
    before = {row.call_id: row for row in await list_counted(tx, state.counted, call_ids)}
    calls = await list_calls(tx, call_ids)
    after = {call.id: row_of(call, count_call(call)) for call in calls if not call.is_demo}
    removed = before.keys() - {call.id for call in calls}
    for id in removed - await list_erased(tx, removed):
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
    await save_counted(tx, state.counted, [row for id, row in after.items() if before.get(id) != row])
    if gone := before.keys() - after.keys():
        await execute(tx, "DELETE FROM counted_call_rows WHERE generation = %s AND call_id = ANY(%s)", [state.counted, list(gone)])
    return {id for id in appointments if id is not None}


async def _count_appointments(tx: Tx, state: State, tally: Tally, ids: Collection[UUID]) -> None:
    if not ids:
        return
    before = {row.appointment_id: row.body for row in await list_counted_appointments(tx, state.counted, ids)}
    after = {id: encode_counted(counted) for id, counted in (await count_appointments_now(tx, ids)).items()}
    for id in sorted(before.keys() | after.keys()):
        was, now = before.get(id), after.get(id)
        if was != now:
            if was is not None:
                tally.take_off(decode_counted(was))
            if now is not None:
                tally.put_on(decode_counted(now))
    await save_counted_appointments(tx, state.counted, {id: body for id, body in after.items() if before.get(id) != body})
    if gone := before.keys() - after.keys():
        await execute(tx, "DELETE FROM counted_appointments WHERE generation = %s AND appointment_id = ANY(%s)", [state.counted, list(gone)])


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
