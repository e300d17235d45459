"""How long: the algebra of intervals, and what is counted with it. Pure.

Elapsed is from a call's start to its end. Attended is how long a person was connected, whichever and however many of their devices. Overlap
is how long client and provider were both connected. Attended and overlap carry their evidence, the best first: the engine that carries the
media, a socket of ours that was open, or only the claim of a page or server.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from callwell.record.state import Span

Intervals = list[tuple[datetime, datetime]]
"""Half-open, sorted, apart from each other: ``[start, end)``, each end after its start and before the next start."""

_MILLISECOND = timedelta(milliseconds=1)


def closed(spans: Iterable[Span], until: datetime | None) -> Intervals:
    """The spans as intervals, cut at ``until``. One that goes on ends there, or is left out where there is no ``until``."""
    found: Intervals = []
    for span in spans:
        end = span.end
        if end is None or (until is not None and end > until):
            end = until
        if end is not None and end > span.start:
            found.append((span.start, end))
    return union(found)


def union(intervals: Sequence[tuple[datetime, datetime]]) -> Intervals:
    """The time in any of them."""
    if len(intervals) < 2:
        return list(intervals)
    joined: Intervals = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def intersection(a: Intervals, b: Intervals) -> Intervals:
    """The time in both."""
    found: Intervals = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, end = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if start < end:
            found.append((start, end))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return found


def difference(a: Intervals, b: Intervals) -> Intervals:
    """The time in ``a`` and not in ``b``."""
    found: Intervals = []
    j = 0
    for a_start, end in a:
        start = a_start
        while j < len(b) and b[j][1] <= start:
            j += 1
        k = j
        while k < len(b) and b[k][0] < end:
            if b[k][0] > start:
                found.append((start, b[k][0]))
            start = max(start, b[k][1])
            k += 1
        if start < end:
            found.append((start, end))
    return found


def milliseconds(intervals: Intervals) -> int:
    """How long they are together."""
    return sum(int((end - start) / _MILLISECOND) for start, end in intervals)


def peak(people: Iterable[Intervals]) -> int:
    """The most people connected at once. Who comes the moment somebody goes was not there with them."""
    steps = sorted(step for intervals in people for start, end in intervals for step in ((start, 1), (end, -1)))
    now = most = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


class Attended(Struct, frozen=True, gc=False):
    """When somebody was connected, and what shows it. The three parts make up the whole and have no moment in common."""

    whole: Intervals
    engine: Intervals
    socket: Intervals
    claimed: Intervals


_NEVER = Attended([], [], [], [])


def attended(connections: Sequence[tuple[Sequence[Span], Sequence[Span]]], until: datetime | None) -> Attended:
    """Of a person, by the spans of each of their connections and the spans in which we held its socket."""
    if len(connections) == 1 and not connections[0][0]:
        return _NEVER
    whole: Intervals = []
    engine: Intervals = []
    socket: Intervals = []
    for spans, held in connections:
        connected = closed(spans, until)
        whole += connected
        if any(span.by_engine for span in spans):
            engine += closed((span for span in spans if span.by_engine), until)
        if held:
            socket += intersection(connected, closed(held, until))
    whole, engine = union(whole), union(engine)
    socket = difference(union(socket), engine)
    return Attended(whole, engine, socket, difference(difference(whole, engine), socket))


class Overlap(Struct, frozen=True, gc=False):
    """When both sides were there, and how much of it rests on somebody's claim."""

    whole: Intervals
    shown: Intervals
    of: str
    """``sides``: client and provider. ``people``: any two, where nobody said who is which."""

    @property
    def claimed_ms(self) -> int:
        return milliseconds(self.whole) - milliseconds(self.shown)


def overlap(people: Sequence[tuple[str | None, Attended]]) -> Overlap:
    """Of a call, by each person's side and attendance. Where nobody has a side, it is the time that two people or more were there."""
    if any(side for side, _ in people):
        return Overlap(
            _of_sides([(side, a.whole) for side, a in people]),
            _of_sides([(side, union(a.engine + a.socket)) for side, a in people]),
            "sides",
        )
    return Overlap(_of_two([a.whole for _, a in people]), _of_two([union(a.engine + a.socket) for _, a in people]), "people")


def _of_sides(people: Sequence[tuple[str | None, Intervals]]) -> Intervals:
    client = union([i for side, intervals in people if side == "client" for i in intervals])
    provider = union([i for side, intervals in people if side == "provider" for i in intervals])
    return intersection(client, provider)


def _of_two(people: Sequence[Intervals]) -> Intervals:
    """When at least two people were there."""
    found: Intervals = []
    there = 0
    since: datetime | None = None
    for at, step in sorted(step for intervals in people for start, end in intervals for step in ((start, 1), (end, -1))):
        there += step
        if there >= 2 and since is None:
            since = at
        elif there < 2 and since is not None:
            if at > since:
                found.append((since, at))
            since = None
    return union(found)
