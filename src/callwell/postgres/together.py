"""Writing together what several callers bring at once: whatever gathered while the last transaction ran goes into the next."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar

from msgspec import Struct

from callwell import errors
from callwell.postgres.pool import DatabaseError, is_connection_lost, is_data_error

log = logging.getLogger(__name__)

Item = TypeVar("Item")


class _Brought(Struct, Generic[Item], eq=False):
    """What one caller brought, until it is written or refused."""

    items: list[Item]
    done: asyncio.Future[None]


class Together(Generic[Item]):
    """Items of one kind. No timer: waiting for more costs more than it brings."""

    def __init__(self, write: Callable[[list[Item]], Awaitable[None]], *, of: str, most_waiting: int, most_at_once: int, writers: int) -> None:
        """``write`` writes what several callers brought; ``of`` is what the items are called, for the log. ``writers``: how many groups are written
        at a time, so that while the database works on one, the next are made ready.
        """
        self.waiting = 0
        """Items that wait to be written."""
        self._write = write
        self._of = of
        self._most_waiting = most_waiting
        self._most_at_once = most_at_once
        self._writers = writers
        self._brought: deque[_Brought[Item]] = deque()
        self._wake = asyncio.Event()
        self._stopping = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While it runs, items are written. At the end what waits is still written."""
        self._stopping = False
        writing = [asyncio.create_task(self._keep_writing(), name=f"{self._of}-{n}") for n in range(self._writers)]
        try:
            yield
        finally:
            self._stopping = True
            self._wake.set()
            await asyncio.gather(*writing)

    @property
    def is_overloaded(self) -> bool:
        return self.waiting >= self._most_waiting

    def check_room(self, count: int) -> None:
        """Raises Overloaded where so many more would be more than may wait."""
        if self.waiting + count > self._most_waiting:
            raise errors.Overloaded

    async def add(self, items: list[Item]) -> None:
        """Comes back once they are written. Raises what writing them raised, and DatabaseUnavailable where the database went away."""
        brought = _Brought(items, asyncio.get_running_loop().create_future())
        self._brought.append(brought)
        self.waiting += len(items)
        self._wake.set()
        await brought.done

    async def _keep_writing(self) -> None:
        while True:
            if not self._brought:
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            group: list[_Brought[Item]] = []
            size = 0
            while self._brought and (not group or size + len(self._brought[0].items) <= self._most_at_once):
                group.append(self._brought.popleft())
                size += len(group[-1].items)
            try:
                await self._write_group(group)
            finally:
                self.waiting -= size

    async def _write_group(self, group: list[_Brought[Item]]) -> None:
        try:
            await self._write([item for brought in group for item in brought.items])
        except Exception as why:  # noqa: BLE001 whatever it was, callers are told
            if len(group) > 1 and is_data_error(why):
                # One caller's data is to blame, and must not fail another's.
                for brought in group:
                    await self._write_group([brought])
                return
            log.log(logging.WARNING if isinstance(why, errors.DatabaseUnavailable) else logging.ERROR, "%s were not written: %r", self._of, why)
            for brought in group:
                if not brought.done.done():
                    brought.done.set_exception(_as_seen_by_callers(why))
        else:
            for brought in group:
                if not brought.done.done():
                    brought.done.set_result(None)


def _as_seen_by_callers(why: Exception) -> Exception:
    """A database that went away is something to try again after; anything else is ours, and in the log."""
    return errors.DatabaseUnavailable() if isinstance(why, DatabaseError) and is_connection_lost(why) else why
