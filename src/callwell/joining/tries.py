"""One try to come in with a secret: how often it may be tried, and that the time it takes tells nothing of a secret that is no good."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from uuid import UUID

from callwell import errors
from callwell.access.limiter import GUESS, Limiter
from callwell.joining.turns import Turns

BEAT = 0.05
"""Seconds. A secret that is no good is refused at the next of such beats since it came: whether it ever was good, nobody hears from how long that took."""


class Tries:
    """What is tried by one address."""

    def __init__(self, addresses: Limiter, rooms: Limiter, turns: Turns, address: str | None) -> None:
        self._addresses = addresses
        self._rooms = rooms
        self._turns = turns
        self._address = address

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Waits for its turn. Raises TooManyRequests, Overloaded."""
        self._addresses.check(self._address, time.monotonic())
        begun = time.monotonic()
        try:
            async with self._turns.turn():
                yield
        except (errors.InviteInvalid, errors.ResumeInvalid):
            self._addresses.charge(self._address, GUESS - 1, time.monotonic())
            await asyncio.sleep(until_beat(time.monotonic() - begun))
            raise

    def count_room(self, room_id: UUID) -> None:
        """Counts a try to get into a room. Raises TooManyRequests."""
        self._rooms.check(str(room_id), time.monotonic())


def until_beat(seconds: float) -> float:
    """How long it is to the next beat, after so many seconds."""
    return BEAT - seconds % BEAT
