"""How often an address may try to join. Counted in the process's memory: what it guards is the database."""

from ipaddress import ip_address, ip_network

from callwell import errors

MOST_ADDRESSES = 100_000


class Limiter:
    """So many tries a minute and address: a bucket that holds a minute's tries, and fills evenly."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._per_second = per_minute / 60
        self._left: dict[str, tuple[float, float]] = {}

    def check(self, address: str | None, now: float) -> None:
        """Counts one try at ``now`` (seconds of a clock that only goes forward). Raises TooManyRequests."""
        key = _network(address)
        left, since = self._left.pop(key, (self._most, now))
        left = min(self._most, left + (now - since) * self._per_second)
        if len(self._left) >= MOST_ADDRESSES:
            # Whoever was not heard of for longest is forgotten first: the order of the dictionary is that of the last tries.
            del self._left[next(iter(self._left))]
        self._left[key] = (left - 1 if left >= 1 else left, now)
        if left < 1:
            raise errors.TooManyRequests


def _network(address: str | None) -> str:
    """Who has one IPv6 address has its whole /64."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or ""
    return address or "" if parsed.version == 4 else str(ip_network((parsed, 64), strict=False))
