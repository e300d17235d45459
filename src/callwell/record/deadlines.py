"""Which calls have something due, and when nobody looked. Found without locks; what is due is decided by the ledger under them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from callwell.postgres.pool import Database, Tx, execute, fetch_value
from callwell.record.ledger import Ledger
from callwell.record.state import Span

CALLS_AT_ONCE = 50
"""Calls that one sweep's transaction holds locked."""
GAP = timedelta(seconds=10)
"""How long nobody may have looked before it is a gap by which deadlines move."""
GAPS_KEPT = timedelta(days=8)
"""Longer than any deadline runs."""


async def sweep_deadlines(db: Database, ledger: Ledger, at: datetime) -> int:
    """One look at all that is due. Gives how many guesses were made."""
    async with db.transaction() as tx:
        ledger.gaps = await note_sweep(tx, at)
    made = 0
    while due := await _list_due(db, at):
        for start in range(0, len(due), CALLS_AT_ONCE):
            made += await ledger.sweep(due[start : start + CALLS_AT_ONCE], at)
        if len(due) < CALLS_AT_ONCE * 4:
            break
    return made


async def _list_due(db: Database, at: datetime) -> list[UUID]:
    async with db.connection() as tx:
        cursor = await tx.execute(
            """
            (SELECT id FROM calls WHERE next_deadline_at <= %(at)s ORDER BY next_deadline_at LIMIT %(most)s)
            UNION
            (SELECT call_id FROM leases WHERE expires_at <= %(at)s AND NOT settled ORDER BY expires_at LIMIT %(most)s)
            """,
            {"at": at, "most": CALLS_AT_ONCE * 4},
        )
        return sorted(row[0] for row in await cursor.fetchall())


async def note_sweep(tx: Tx, at: datetime) -> Sequence[Span]:
    """That somebody looks after deadlines now, and all the times when nobody did: a page could not renew its lease then."""
    before: datetime | None = await fetch_value(tx, "SELECT swept_at FROM sweeps FOR UPDATE")
    if before is None:
        await execute(tx, "INSERT INTO sweeps (swept_at) VALUES (%s) ON CONFLICT DO NOTHING", [at])
    elif at > before:
        await execute(tx, "UPDATE sweeps SET swept_at = %s", [at])
        if at - before > GAP:
            await execute(tx, "INSERT INTO sweep_gaps (started_at, ended_at) VALUES (%s, %s) ON CONFLICT DO NOTHING", [before, at])
            await execute(tx, "DELETE FROM sweep_gaps WHERE ended_at < %s", [at - GAPS_KEPT])
    cursor = await tx.execute("SELECT started_at, ended_at FROM sweep_gaps ORDER BY started_at")
    return [Span(started_at, ended_at) for started_at, ended_at in await cursor.fetchall()]
