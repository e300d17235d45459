"""Histograms that add up: how often values occurred, in bins that widen with the values. Pure.

Each bin ends at ``GAMMA`` times the end of the one before, so that whatever is told of a bin is at most 2 % from what is in it, be it milliseconds or hours.
Those of many rows are added bin by bin, and their percentiles are as near as those of one. The bins are those of DDSketch (Masson, Rim and Lee, VLDB 2019).
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from math import ceil, log
from operator import lt
from struct import Struct
from typing import Final

GAMMA: Final = 1.04
"""Values of a bin are at most so many times one another: from its middle none is further than (GAMMA - 1) / (GAMMA + 1), which is less than 2 %."""
SMALLEST: Final = 0.01
"""Values up to this one are in bin 0, and told as 0."""
LAST_BIN: Final = 0xFFFF
"""Far beyond every value that there is: more than 10 to the power of 1000."""

Histogram = dict[int, int]
"""How often a value occurred, by the numbers of bins."""

_ENTRY = Struct("<HI")
_MOST = 0xFFFF_FFFF
"""Counts that an entry can hold. What is more has another one of the same bin."""
_SHORT = 1000 * _ENTRY.size
"""What is longer is not of one row."""
_LOG_GAMMA = log(GAMMA)


def bin_of(value: float) -> int:
    """The number of the bin that a value lies in. Units are the caller's."""
    if value <= SMALLEST:
        return 0
    return ceil(min(LAST_BIN, log(value / SMALLEST) / _LOG_GAMMA))


@lru_cache(maxsize=4096)
def value_of(bin: int) -> float:
    """What is told of the values in a bin: the one from which none is further than 2 %."""
    if bin == 0:
        return 0.0
    return 2 * SMALLEST * GAMMA**bin / (GAMMA + 1)


def encode(histogram: Histogram) -> bytes:
    """The histogram as it is kept; of one without values no bytes. Counts are never less than 0: raises struct.error."""
    entries = sorted(histogram.items())
    if entries and (min(histogram.values()) <= 0 or max(histogram.values()) > _MOST):
        entries = [part for bin, count in entries for part in _parts(bin, count)]
    return _entries(len(entries)).pack(*chain.from_iterable(entries))


def _parts(bin: int, count: int) -> Iterator[tuple[int, int]]:
    while count > _MOST:
        yield bin, _MOST
        count -= _MOST
    if count:
        yield bin, count


@lru_cache(maxsize=1024)
def _entries(count: int) -> Struct:
    return Struct("<" + "HI" * count)


def decode(encoded: bytes) -> Histogram:
    """The histogram that was kept."""
    return merged([encoded])


def merged(encoded: Iterable[bytes]) -> Histogram:
    """All of them together."""
    together: Histogram = {}
    get = together.get
    for bin, count in _ENTRY.iter_unpack(b"".join(encoded)):
        together[bin] = get(bin, 0) + count
    return together


def percentiles(encoded: bytes, shares: Sequence[float]) -> list[float] | None:
    """Of each of these shares, from 0 to 1, the least value that is not exceeded by so much of all; None where there is no value."""
    if not encoded:
        return None
    bins, counts = _in_order(encoded)
    totals = list(accumulate(counts))
    return [value_of(bins[bisect_left(totals, max(1, ceil(share * totals[-1])))]) for share in shares]


def _in_order(encoded: bytes) -> tuple[Sequence[int], Sequence[int]]:
    """Bins, the least first, and how often a value was in each."""
    if len(encoded) <= _SHORT:
        told = _entries(len(encoded) // _ENTRY.size).unpack(encoded)
        bins = told[::2]
        if all(map(lt, bins, bins[1:])):  # one row's
            return bins, told[1::2]
    together = sorted(decode(encoded).items())
    return [bin for bin, _ in together], [count for _, count in together]


def count(histogram: Histogram) -> int:
    """How many values there are."""
    return sum(histogram.values())
