"""Hours, days, weeks, months, quarters and years as a time zone has them. Pure.

A period begins at its first instant and ends where the next one begins: a day has 23 or 25 hours where clocks are changed, the hour that happens twice is
two hours, and a day whose midnight never comes begins with the first moment that it has. Weeks are ISO weeks: they begin on Monday.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Period = Literal["hourly", "daily", "weekly", "monthly", "quarterly", "yearly"]

PERIODS: tuple[Period, ...] = get_args(Period)

_HOUR = timedelta(hours=1)
_MONTHS: Mapping[Period, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}
"""How many of them such a period has."""


def start_of(period: Period, at: datetime, zone: ZoneInfo) -> datetime:
    """When the period began that this moment lies in."""
    local = at.astimezone(zone)
    if period != "hourly":
        return _midnight(_first_day(period, local.date()), zone)
    start = at.astimezone(UTC) - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return start if _offset(start, zone) == local.utcoffset() else _change_between(start, at, zone)


def end_of(period: Period, start: datetime, zone: ZoneInfo) -> datetime:
    """When the period ends, which is when the next one begins; ``start`` is its own."""
    local = start.astimezone(zone)
    if period != "hourly":
        return _midnight(_next_first_day(period, local.date()), zone)
    end = start.astimezone(UTC) + _HOUR - timedelta(minutes=local.minute, seconds=local.second)
    return end if _offset(end, zone) == local.utcoffset() else _change_between(start, end, zone)


def _first_day(period: Period, day: date) -> date:
    if period == "weekly":
        return day - timedelta(days=day.weekday())
    months = _MONTHS.get(period)
    return day.replace(month=day.month - (day.month - 1) % months, day=1) if months else day


def _next_first_day(period: Period, day: date) -> date:
    first = _first_day(period, day)
    if months := _MONTHS.get(period):
        month = first.month - 1 + months
        return date(first.year + month // 12, month % 12 + 1, 1)
    return first + timedelta(days=7 if period == "weekly" else 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return start
    # No clock showed it: clocks were put forward over it, and the day began as they were.
    return _change_between(midnight.replace(fold=1).astimezone(UTC), start, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second at which clocks are as they are ``after``."""
    first, last = int(before.timestamp()), int(after.timestamp())
    changed = _offset(after, zone)
    while last - first > 1:
        middle = (first + last) // 2
        if _offset(datetime.fromtimestamp(middle, UTC), zone) == changed:
            last = middle
        else:
            first = middle
    return datetime.fromtimestamp(last, UTC)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
