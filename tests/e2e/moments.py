"""When something happened that a test did: a busy machine takes its time for it, and the record has a moment within."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Self

from msgspec import Struct


def now() -> datetime:
    return datetime.now(UTC)


class Moment(Struct, frozen=True):
    """No sooner than it was begun, and no later than it was seen to be done."""

    since: datetime
    until: datetime

    @classmethod
    async def of(cls, doing: Awaitable[object]) -> Self:
        """When that is done."""
        since = now()
        await doing
        return cls(since, now())

    def is_told_by(self, recorded: str | None, within: float = 1.0) -> bool:
        """Whether the record says that it was then, but for so many seconds."""
        assert recorded is not None
        at = datetime.fromisoformat(recorded)
        return (self.since - at).total_seconds() <= within and (at - self.until).total_seconds() <= within

    def is_before(self, later: "Moment", seconds: float, within: float = 1.0) -> bool:
        """Whether so many seconds, but for some, can lie between this and something later."""
        return (later.since - self.until).total_seconds() - within <= seconds <= (later.until - self.since).total_seconds() + within
