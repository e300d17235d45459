"""Today so far beside what is usual by this time, and what goes on right now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from callwell.analytics.asking import Cut, Filter, cut_of
from callwell.analytics.periods import end_of, start_of
from callwell.postgres.pool import Tx, fetch_all, fetch_one, fetch_value

WEEKS = 4
"""How many of the days before, of the same weekday, make up what is usual."""
MOST_ALERTS = 50
"""Critical problems that are told one by one."""


class Compared(Struct, frozen=True):
    """A figure of today so far, and what it usually is by this time of this weekday. Null where it is not known."""

    today: float | None
    usual: float | None


class LiveCounts(Struct, frozen=True, kw_only=True):
    """What goes on."""

    calls: int
    """Calls in which somebody is, or was a moment ago."""
    ringing: int
    """Calls in which nobody is yet."""
    participants: int
    """People who are connected."""
    waiting: int
    """People who wait to be let in."""
    critical_issues: int
    """Critical problems that are not over."""


class OpenIssueNow(Struct, frozen=True, kw_only=True):
    """A critical problem that is not over."""

    call_id: UUID
    participant_id: UUID
    issue: str
    since: datetime


class Overview(Struct, frozen=True, kw_only=True):
    """Today so far, beside the mean of the same weekday of the last four weeks by the same time."""

    at: datetime
    day_began_at: datetime
    time_zone: str
    weeks: int
    """Of how many weeks what is usual is made: fewer than four where there are no more."""
    calls: Compared
    success_rate: Compared
    """Of connections that came about or failed, how many came about, from 0 to 1."""
    drop_rate: Compared
    """Of connections that came about, how many were lost for good, from 0 to 1."""
    score: Compared
    """The mean score of calls, from 0 to 100."""
    poor_calls: Compared
    failed_calls: Compared
    appointments: Compared
    no_shows: Compared
    """Appointments to which somebody did not come."""
    live: LiveCounts
    alerts: list[OpenIssueNow]
    """The oldest first, fifty at most."""


class OverviewRow(Struct, frozen=True):
    """A figure of the overview as a row of a table."""

    figure: str
    today: float | None
    usual: float | None


def overview_rows(told: Overview) -> tuple[type[OverviewRow], list[OverviewRow]]:
    """The figures, and what goes on now."""
    figures = [(name, getattr(told, name)) for name in Overview.__struct_fields__ if isinstance(getattr(told, name), Compared)]
    live = [OverviewRow(f"live_{name}", getattr(told.live, name), None) for name in LiveCounts.__struct_fields__]
    return OverviewRow, [*(OverviewRow(name, one.today, one.usual) for name, one in figures), *live]


class _Sums(Struct, frozen=True, kw_only=True):
    day: int
    calls: float = 0
    failed: float = 0
    poor: float = 0
    scored: float = 0
    score_sum: float = 0
    connected: float = 0
    not_connected: float = 0
    dropped: float = 0
    appointments: float = 0
    no_shows: float = 0


class _Hours(Struct, frozen=True):
    """Hours of one of the days, and how much of them counts."""

    day: int
    weight: float
    since: datetime
    until: datetime


async def read_overview(tx: Tx, zone: ZoneInfo, at: datetime, only: Filter | None = None) -> Overview:
    """``only`` is a provider: what is theirs alone."""
    cut = cut_of(None, only)
    today = start_of("daily", at, zone)
    first = await fetch_value(
        tx,
        "SELECT min(starts_at) FROM call_rollups WHERE grain = 'day' AND dimension = %s AND value = %s",
        [cut.dimension, cut.value],
    )
    begins = [_weeks_before(today, weeks, zone) for weeks in range(1, WEEKS + 1)]
    known = [number for number, begin in enumerate(begins, 1) if first is not None and begin >= first]
    hours = [_Hours(0, 1.0, today, end_of("daily", today, zone))]
    for weeks in known:
        hours += _hours_so_far(weeks, begins[weeks - 1], at, zone)
    days = await _read_days(tx, cut, hours)
    now, usual = days.get(0, _Sums(day=0)), _mean([days.get(weeks, _Sums(day=weeks)) for weeks in known])

    def compared(name: str) -> Compared:
        return Compared(getattr(now, name), None if usual is None else round(getattr(usual, name), 1))

    def rate(part: str, *whole: str, scale: float = 1, digits: int = 4) -> Compared:
        return Compared(*(None if one is None else _rate(one, part, whole, scale, digits) for one in (now, usual)))

    alerts = await _list_alerts(tx, only)
    return Overview(
        at=at,
        day_began_at=today,
        time_zone=zone.key,
        weeks=len(known),
        calls=compared("calls"),
        success_rate=rate("connected", "connected", "not_connected"),
        drop_rate=rate("dropped", "connected"),
        score=rate("score_sum", "scored", scale=100, digits=1),
        poor_calls=compared("poor"),
        failed_calls=compared("failed"),
        appointments=compared("appointments"),
        no_shows=compared("no_shows"),
        live=await _count_live(tx, only, len(alerts)),
        alerts=alerts[:MOST_ALERTS],
    )


def _weeks_before(today: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """When the day of the same weekday began."""
    noon = datetime.combine(today.astimezone(zone).date() - timedelta(weeks=weeks), datetime.min.time().replace(hour=12), zone)
    return start_of("daily", noon, zone)


def _hours_so_far(day: int, begin: datetime, at: datetime, zone: ZoneInfo) -> list[_Hours]:
    """What of an earlier day lies before this time by the clock. Of the hour under way as much counts as has passed of it."""
    clock = at.astimezone(zone)
    same = begin.astimezone(zone).replace(hour=clock.hour, minute=clock.minute, second=clock.second)
    hour = start_of("hourly", same, zone)
    end = end_of("hourly", hour, zone)
    passed = (same - hour) / (end - hour)
    return [_Hours(day, 1.0, begin, hour), _Hours(day, passed, hour, end)]


def _mean(days: Sequence[_Sums]) -> _Sums | None:
    if not days:
        return None
    names = [name for name in _Sums.__struct_fields__ if name != "day"]
    return _Sums(day=-1, **{name: sum(getattr(day, name) for day in days) / len(days) for name in names})


def _rate(sums: _Sums, part: str, whole: Sequence[str], scale: float, digits: int) -> float | None:
    total = sum(getattr(sums, name) for name in whole)
    return round(getattr(sums, part) / total / scale, digits) if total else None


async def _read_days(tx: Tx, cut: Cut, hours: Sequence[_Hours]) -> dict[int, _Sums]:
    found = await fetch_all(
        tx,
        _Sums,
        """
        WITH span AS (
            SELECT * FROM unnest(%(days)s::int[], %(weights)s::float8[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[])
                AS span (day, weight, since, until)
        )
        SELECT day, coalesce(sum(weight * calls), 0) AS calls, coalesce(sum(weight * failed), 0) AS failed, coalesce(sum(weight * poor), 0) AS poor,
               coalesce(sum(weight * scored), 0) AS scored, coalesce(sum(weight * score_sum), 0) AS score_sum,
               coalesce(sum(weight * connected), 0) AS connected, coalesce(sum(weight * not_connected), 0) AS not_connected,
               coalesce(sum(weight * dropped), 0) AS dropped, coalesce(sum(weight * booked), 0) AS appointments, coalesce(sum(weight * no_shows), 0) AS no_shows
        FROM span CROSS JOIN LATERAL (
            SELECT sum(calls) AS calls, sum(failed) AS failed, sum(poor) AS poor, sum(scored) AS scored, sum(score_sum) AS score_sum FROM call_rollups AS r
            WHERE r.grain = 'hour' AND r.dimension = %(dimension)s AND r.value = %(value)s AND r.starts_at >= since AND r.starts_at < until
        ) AS held CROSS JOIN LATERAL (
            SELECT sum(connected) AS connected, sum(failed) AS not_connected, sum(dropped) AS dropped FROM connection_rollups AS r
            WHERE r.grain = 'hour' AND r.dimension = %(dimension)s AND r.value = %(value)s AND r.starts_at >= since AND r.starts_at < until
        ) AS joined CROSS JOIN LATERAL (
            SELECT sum(booked) AS booked, sum(client_no_shows + provider_no_shows + both_no_shows) AS no_shows FROM appointment_rollups AS r
            WHERE r.grain = 'hour' AND r.dimension = %(dimension)s AND r.value = %(value)s AND r.starts_at >= since AND r.starts_at < until
        ) AS planned
        GROUP BY day
        """,
        {
            "days": [one.day for one in hours],
            "weights": [one.weight for one in hours],
            "sinces": [one.since for one in hours],
            "untils": [one.until for one in hours],
            "dimension": cut.dimension,
            "value": cut.value,
        },
    )
    return {one.day: one for one in found}


class _Live(Struct, frozen=True):
    calls: int
    ringing: int
    participants: int
    waiting: int


async def _count_live(tx: Tx, only: Filter | None, alerts: int) -> LiveCounts:
    found = await fetch_one(
        tx,
        _Live,
        """
        WITH live AS (
            SELECT id, status FROM calls WHERE status IN ('initiated', 'ringing', 'active') AND NOT is_demo AND (%(only)s::text IS NULL OR EXISTS (
                SELECT FROM participants AS p
                WHERE p.call_id = calls.id AND coalesce('user:' || p.user_id, 'guest:' || p.guest_id) = %(only)s
            ))
        ), present AS (
            SELECT p.status FROM live JOIN participants AS p ON p.call_id = live.id AND p.status IN ('waiting', 'connected')
        )
        SELECT (SELECT count(*) FROM live WHERE status = 'active') AS calls, (SELECT count(*) FROM live WHERE status <> 'active') AS ringing,
               (SELECT count(*) FROM present WHERE status = 'connected') AS participants,
               (SELECT count(*) FROM present WHERE status = 'waiting') AS waiting
        """,
        {"only": only and only.value},
    )
    assert found is not None
    return LiveCounts(calls=found.calls, ringing=found.ringing, participants=found.participants, waiting=found.waiting, critical_issues=alerts)


async def _list_alerts(tx: Tx, only: Filter | None) -> list[OpenIssueNow]:
    """Critical problems of calls that go on, the oldest first."""
    return await fetch_all(
        tx,
        OpenIssueNow,
        """
        SELECT calls.id AS call_id, c.participant_id, open.issue ->> 0 AS issue, (open.issue ->> 1)::timestamptz AS since
        FROM calls JOIN connections AS c ON c.call_id = calls.id AND c.state -> 'open_issues' IS NOT NULL
        CROSS JOIN LATERAL json_array_elements(c.state -> 'open_issues') AS open (issue)
        WHERE calls.status = 'active' AND NOT calls.is_demo AND open.issue ->> 2 = 'critical' AND (%(only)s::text IS NULL OR EXISTS (
            SELECT FROM participants AS p
            WHERE p.call_id = calls.id AND coalesce('user:' || p.user_id, 'guest:' || p.guest_id) = %(only)s
        ))
        ORDER BY since, calls.id, c.participant_id, issue
        """,
        {"only": only and only.value},
    )
