"""Time between two moments, cut so that few rows of rollups add up to it, and so that a chart has its points. Pure.

Two years are some twenty months and at either end a few days and hours: whatever is asked for, at most five spans are read; of what is kept by days, months,
quarters and years, at most seven.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from callwell import errors
from callwell.analytics.periods import Period, end_of, start_of

Grain = Literal["hour", "day", "month", "quarter", "year"]
"""How fine the rows are that are read."""
Interval = Literal["hour", "day", "week", "month"]
"""How far the points of a series are apart."""

PERIOD_OF: Mapping[Grain | Interval, Period] = {
    "hour": "hourly",
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
    "year": "yearly",
}

GRAINS: Sequence[Grain] = ("hour", "day", "month")
"""Those that most is kept by, the finest first."""

GRAINS_WITHIN: Mapping[Interval, Sequence[Grain]] = {"hour": ("hour",), "day": ("hour", "day"), "week": ("hour", "day"), "month": GRAINS}
"""Grains of which no row lies across the border of two points."""

MOST_POINTS = 1000
"""Points in a series."""


class Span(Struct, frozen=True):
    """Whole rows of one grain."""

    grain: Grain | Literal["hour_of_day"]
    """The last: each hour of the day, of whole months."""
    since: datetime
    until: datetime


class Point(Struct, frozen=True):
    """From when until when a point of a series counts: a whole period, or what of it lies between the times asked for."""

    starts_at: datetime
    ends_at: datetime


def spans(since: datetime, until: datetime, zone: ZoneInfo, grains: Sequence[Grain] = GRAINS) -> list[Span]:
    """Spans of these grains, the finest of them first, that together are the time between. Both ends are borders of the finest."""
    finest, *coarser = grains
    if since >= until:
        return []
    if coarser:
        first, last = start_at_or_after(coarser[0], since, zone), start_of(PERIOD_OF[coarser[0]], until, zone)
        if first < last:
            edges = Span(finest, since, first), Span(finest, last, until)
            return [*(edge for edge in edges if edge.since < edge.until), *spans(first, last, zone, coarser)]
    return [Span(finest, since, until)]


def start_at_or_after(interval: Grain | Interval, at: datetime, zone: ZoneInfo) -> datetime:
    """When the period begins that no earlier moment lies in: at that time, or next."""
    start = start_of(PERIOD_OF[interval], at, zone)
    return start if start == at else end_of(PERIOD_OF[interval], start, zone)


def points(interval: Interval, since: datetime, until: datetime, zone: ZoneInfo) -> list[Point]:
    """The points of a series, the earliest first. Raises Invalid where there would be more than `MOST_POINTS`."""
    found: list[Point] = []
    start = since
    while start < until:
        if len(found) == MOST_POINTS:
            problem = f"Between these times lie more than {MOST_POINTS} of them."
            raise errors.Invalid(problem=f"interval: {problem}", fields={"interval": problem})
        end = end_of(PERIOD_OF[interval], start_of(PERIOD_OF[interval], start, zone), zone)
        found.append(Point(start, min(end, until)))
        start = end
    return found


def hours_of_week(since: datetime, until: datetime, zone: ZoneInfo) -> Mapping[tuple[int, int], int]:
    """On how many days each hour of the week occurs, by ISO weekday and hour. An hour that clocks show twice on a day occurs once, one that they skip not."""
    occurred: Counter[tuple[int, int]] = Counter()
    for day in points("day", since, until, zone):
        weekday = day.starts_at.astimezone(zone).isoweekday()
        occurred.update((weekday, hour) for hour in _hours(day, zone))
    return occurred


def _hours(day: Point, zone: ZoneInfo) -> Iterable[int]:
    """The hours that clocks show between, each once."""
    first, last = day.starts_at.astimezone(zone), day.ends_at.astimezone(zone)
    if first.utcoffset() == last.utcoffset():
        hours = -(-(last.replace(tzinfo=None) - first.replace(tzinfo=None)) // timedelta(hours=1))
        return range(first.hour, first.hour + hours)
    return {hour.starts_at.astimezone(zone).hour for hour in points("hour", day.starts_at, day.ends_at, zone)}
