"""How often an address may try to join or to sign in, and how often a room may be tried. Counted in the process's memory: what it guards is the database."""

from ipaddress import ip_address, ip_network

from callwell import errors

MOST_KEYS = 100_000

GUESS = 3
"""How many tries it counts for an address to come with what is no good: a third as often as others is often enough for mistakes."""


class Limiter:
    """So many tries a minute for each address (or room): a bucket that holds a minute's tries, and fills evenly."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._per_second = per_minute / 60
        self._left: dict[str, tuple[float, float]] = {}

    def check(self, key: str | None, now: float) -> None:
        """Counts one try at ``now`` (seconds of a clock that only goes forward). Raises TooManyRequests."""
        left = self._take(key, now)
        self._put(key, left - 1 if left >= 1 else left, now)
        if left < 1:
            raise errors.TooManyRequests

    def charge(self, key: str | None, tries: int, now: float) -> None:
        """Counts more tries for what was let through; where there are none left, of those to come."""
        self._put(key, self._take(key, now) - tries, now)

    def _take(self, key: str | None, now: float) -> float:
        left, since = self._left.pop(_network(key), (self._most, now))
        return min(self._most, left + (now - since) * self._per_second)

    def _put(self, key: str | None, left: float, now: float) -> None:
        if len(self._left) >= MOST_KEYS:
            # Whoever was not heard of for longest is forgotten first: the order of the dictionary is that of the last tries.
            del self._left[next(iter(self._left))]
        self._left[_network(key)] = (left, now)


def _network(address: str | None) -> str:
    """Who has one IPv6 address has its whole /64."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or ""
    return address or "" if parsed.version == 4 else str(ip_network((parsed, 64), strict=False))
