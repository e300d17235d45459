"""Who is first, where many come at once. Whoever waits for their turn holds no connection to the database, which others need for what people in calls say."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from callwell import errors

MOST_WAITING = 2000
WITHIN = 30.0
"""Seconds in which everybody has their turn, or is told to come back."""


class Turns:
    """So many at once, the others in the order in which they came."""

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._waiting = 0

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises Overloaded where too many wait already, or for too long."""
        if self._waiting >= MOST_WAITING:
            raise errors.Overloaded
        self._waiting += 1
        try:
            async with asyncio.timeout(WITHIN):
                await self._free.acquire()
        except TimeoutError:
            raise errors.Overloaded from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
