"""What follows the record: readers of `changes`, each with its own cursor, and subscribers to hints.

A reader's cursor never passes a transaction that is still open: it goes by the transaction's number, and stops before the oldest that runs. A hint is
only a hint: whoever hears none for 5 s looks by themselves.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID

from msgspec import Struct

from callwell.postgres.pool import Database, Tx, execute, fetch_all
from callwell.record.ledger import CHANGES

log = logging.getLogger(__name__)

LOOK_AFTER = 5.0
"""Seconds of silence after which it is looked whether hints were missed."""


class Change(Struct, frozen=True):
    """A call has a new version. Readers are idempotent by both."""

    call_id: UUID
    version: int
    position: int
    txid: str
    is_report: bool = False
    """The record is as it was; its report was made anew."""


async def read_changes(tx: Tx, reader: str, limit: int = 500) -> list[Change]:
    """The next changes for this reader, which is locked until the transaction ends: two of a name never do the same work.

    Of a call that changed several times all versions come, oldest first. `advance` moves the cursor, in the same transaction as the work.
    """
    await execute(tx, "INSERT INTO change_readers (name) VALUES (%s) ON CONFLICT DO NOTHING", [reader])
    await execute(tx, "SELECT 1 FROM change_readers WHERE name = %s FOR UPDATE", [reader])
    return await fetch_all(
        tx,
        Change,
        """
        SELECT changes.call_id, changes.version, changes.position, changes.txid::text AS txid, changes.is_report
        FROM change_readers AS reader JOIN changes ON (changes.txid, changes.position) > (reader.txid, reader.position)
        WHERE reader.name = %(reader)s AND changes.txid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY changes.txid, changes.position LIMIT %(limit)s
        """,
        {"reader": reader, "limit": limit},
    )


async def advance(tx: Tx, reader: str, to: Change) -> None:
    """The reader has done all up to this change."""
    await execute(tx, "UPDATE change_readers SET txid = %s::xid8, position = %s WHERE name = %s", [to.txid, to.position, reader])


async def prune_changes(tx: Tx, most: int = 10_000) -> int:
    """Removes changes that every reader is done with; where there is no reader, all that nobody can still be waiting for."""
    return await execute(
        tx,
        """
        DELETE FROM changes WHERE position IN (
            SELECT position FROM changes
            WHERE (txid, position) <= (SELECT txid, position FROM (
                    SELECT txid, position FROM change_readers
                    UNION ALL SELECT pg_snapshot_xmin(pg_current_snapshot()), 0
                ) AS cursors ORDER BY txid, position LIMIT 1)
            ORDER BY txid, position LIMIT %s)
        """,
        [most],
    )


class Hints:
    """Who wants to know when calls change, within this process. They are told which, and look for themselves."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._subscribers: set[Callable[[set[UUID] | None], None]] = set()

    @contextlib.contextmanager
    def subscribed(self, tell: Callable[[set[UUID] | None], None]) -> Iterator[None]:
        """``tell`` hears the ids of calls that changed, or None where any may have without our hearing."""
        self._subscribers.add(tell)
        try:
            yield
        finally:
            self._subscribers.discard(tell)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Hints"]:
        task = asyncio.create_task(self._listen(), name="hints")
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        heard = self._db.listen(CHANGES)
        waiting: asyncio.Task[str | None] | None = None
        try:
            while True:
                waiting = waiting or asyncio.ensure_future(anext(heard))
                done, _ = await asyncio.wait([waiting], timeout=LOOK_AFTER)
                if not done:
                    self._tell(None)
                    continue
                payload, waiting = waiting.result(), None
                self._tell({UUID(id) for id in payload.split(",")} if payload else None)
        finally:
            if waiting is not None:
                waiting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await waiting
            await heard.aclose()  # pyright: ignore[reportAttributeAccessIssue]

    def _tell(self, call_ids: set[UUID] | None) -> None:
        for tell in list(self._subscribers):
            try:
                tell(call_ids)
            except Exception:
                log.exception("a subscriber to hints failed")
