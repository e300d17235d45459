"""Time is cut so that few rows add up to it, none of it is left out and none counts twice, whatever clocks do."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from callwell import errors
from callwell.analytics.asking import within
from callwell.analytics.compared import OF_PEOPLE
from callwell.analytics.periods import end_of, start_of
from callwell.analytics.spans import GRAINS, MOST_POINTS, PERIOD_OF, Grain, Interval, Span, hours_of_week, points, spans

BERLIN, KOLKATA, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")
zones = st.sampled_from([ZoneInfo("UTC"), BERLIN, KOLKATA, LORD_HOWE, ZoneInfo("America/New_York"), ZoneInfo("Africa/Cairo")])
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 given their zone
lengths = st.integers(1, 731 * 24).map(lambda hours: timedelta(hours=hours))
intervals = st.sampled_from(["day", "week", "month"])


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(moments, lengths, zones, st.sampled_from([GRAINS, GRAINS[1:], GRAINS[:2], GRAINS[:1], OF_PEOPLE, OF_PEOPLE[1:]]))
def test_spans_are_all_the_time_once(at: datetime, length: timedelta, zone: ZoneInfo, grains: Sequence[Grain]) -> None:
    """One after the other they go from the beginning to the end; each is whole rows of its grain; there are no more than can be asked for."""
    finest = PERIOD_OF[grains[0]]
    since, until = start_of(finest, at, zone), start_of(finest, at + length, zone)
    found = sorted(spans(since, until, zone, grains), key=lambda span: span.since)

    assert len(found) <= 2 * len(grains) - 1
    if since < until:
        assert (found[0].since, found[-1].until) == (since, until)
    assert all(one.until == other.since for one, other in pairwise(found))
    for span in found:
        assert span.grain != "hour_of_day"
        period = PERIOD_OF[span.grain]
        assert start_of(period, span.since, zone) == span.since < span.until == start_of(period, span.until, zone)


@given(moments, lengths, zones)
def test_no_more_of_a_fine_grain_is_read_than_has_to_be(at: datetime, length: timedelta, zone: ZoneInfo) -> None:
    """Days and hours are read at the ends alone: never a whole month of days nor a whole day of hours, but where the end lies in the very next one."""
    since, until = start_of("hourly", at, zone), start_of("hourly", at + length, zone)
    for span in spans(since, until, zone):
        coarser = {"hour": "daily", "day": "monthly"}.get(span.grain)
        if coarser is not None:
            assert span.until - span.since <= 2 * timedelta(days=1 if coarser == "daily" else 31) + timedelta(hours=1)


def test_two_years_are_five_spans() -> None:
    """Hours, days, months, days, hours."""
    found = spans(utc("2024-11-21T10:00"), utc("2026-11-20T15:00"), BERLIN)

    assert sorted(found, key=lambda span: span.since) == [
        Span("hour", utc("2024-11-21T10:00"), utc("2024-11-21T23:00")),
        Span("day", utc("2024-11-21T23:00"), utc("2024-11-30T23:00")),
        Span("month", utc("2024-11-30T23:00"), utc("2026-10-31T23:00")),
        Span("day", utc("2026-10-31T23:00"), utc("2026-11-19T23:00")),
        Span("hour", utc("2026-11-19T23:00"), utc("2026-11-20T15:00")),
    ]


def test_two_years_of_people_are_seven_spans() -> None:
    """Days, months, quarters, a year, quarters, months, days."""
    found = spans(utc("2024-05-19T22:00"), utc("2026-05-14T22:00"), BERLIN, OF_PEOPLE)

    assert sorted(found, key=lambda span: span.since) == [
        Span("day", utc("2024-05-19T22:00"), utc("2024-05-31T22:00")),
        Span("month", utc("2024-05-31T22:00"), utc("2024-06-30T22:00")),
        Span("quarter", utc("2024-06-30T22:00"), utc("2024-12-31T23:00")),
        Span("year", utc("2024-12-31T23:00"), utc("2025-12-31T23:00")),
        Span("quarter", utc("2025-12-31T23:00"), utc("2026-03-31T22:00")),
        Span("month", utc("2026-03-31T22:00"), utc("2026-04-30T22:00")),
        Span("day", utc("2026-04-30T22:00"), utc("2026-05-14T22:00")),
    ]


@given(moments, st.integers(1, 60 * 24).map(lambda hours: timedelta(hours=hours)), zones, intervals)
def test_points_are_periods_cut_at_both_ends(at: datetime, length: timedelta, zone: ZoneInfo, interval: Interval) -> None:
    """One after the other, each within one period of the zone's."""
    since, until = at, at + length
    found = points(interval, since, until, zone)

    assert (found[0].starts_at, found[-1].ends_at) == (since, until)
    assert all(one.ends_at == other.starts_at for one, other in pairwise(found))
    for point in found:
        period = PERIOD_OF[interval]
        assert end_of(period, start_of(period, point.starts_at, zone), zone) >= point.ends_at
    for point in found[1:]:
        assert start_of(PERIOD_OF[interval], point.starts_at, zone) == point.starts_at


def test_a_series_has_no_more_points_than_can_be_drawn() -> None:
    """More are refused, and which parameter it is about is said."""
    since = utc("2026-01-01")
    assert len(points("hour", since, since + timedelta(hours=MOST_POINTS), BERLIN)) == MOST_POINTS
    with pytest.raises(errors.Invalid) as refused:
        points("hour", since, since + timedelta(hours=MOST_POINTS + 1), BERLIN)
    assert set(refused.value.fields) == {"interval"}


@given(moments, st.integers(1, 50 * 24).map(lambda hours: timedelta(hours=hours)), zones)
def test_hours_of_the_week_are_counted_as_the_wall_shows_them(at: datetime, length: timedelta, zone: ZoneInfo) -> None:
    """On how many days each occurs: as somebody counts who looks at the clock every quarter of an hour."""
    since, until = start_of("hourly", at, zone), start_of("hourly", at + length, zone)
    seen = set()
    moment = since
    while moment < until:
        local = moment.astimezone(zone)
        seen.add((local.date(), local.hour))
        moment += timedelta(minutes=15)
    expected: dict[tuple[int, int], int] = {}
    for day, hour in seen:
        expected[day.isoweekday(), hour] = expected.get((day.isoweekday(), hour), 0) + 1

    assert hours_of_week(since, until, zone) == expected


# ── What is meant ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOW = utc("2026-11-21T09:20")


def test_without_a_time_it_is_the_last_thirty_days() -> None:
    """Today among them, until the end of this hour."""
    asked = within(None, None, BERLIN, NOW)
    assert (asked.since, asked.until) == (utc("2026-10-22T22:00"), utc("2026-11-21T10:00"))


def test_dates_are_days_of_the_deployments_calendar() -> None:
    """A date is when its day begins; what is asked for ends before the second one."""
    asked = within("2026-03-29", "2026-03-30", BERLIN, NOW)
    assert (asked.since, asked.until) == (utc("2026-03-28T23:00"), utc("2026-03-29T22:00"))


def test_times_are_widened_to_whole_hours() -> None:
    """As the zone's clocks have them."""
    asked = within("2026-11-20T10:10:00+05:30", "2026-11-20T11:40:00+05:30", KOLKATA, NOW)
    assert (asked.since, asked.until) == (utc("2026-11-20T04:30"), utc("2026-11-20T06:30"))


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        ("2026-11-21T09:00:00", None, "from"),
        ("yesterday", None, "from"),
        ("2026-02-30", None, "from"),
        (None, "1", "to"),
        ("0001-01-01", None, "from"),
        (None, "9999-12-31", "to"),
        ("2026-11-21", "2026-11-21", "to"),
        ("2027-01-01", None, "from"),
        ("2023-01-01", "2026-01-01", "from"),
    ],
)
def test_what_is_no_time_is_refused(since: str | None, until: str | None, field: str) -> None:
    """It is said which of both is wrong."""
    with pytest.raises(errors.Invalid) as refused:
        within(since, until, BERLIN, NOW)
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize("day", ["01-01", "03-30", "10-26"])
def test_two_years_are_the_longest_there_is(day: str) -> None:
    """Whatever clocks did between; a day more is too much."""
    since = f"2024-{day}"
    last = datetime.fromisoformat(since) + timedelta(days=731)
    assert within(since, last.date().isoformat(), BERLIN, NOW)
    with pytest.raises(errors.Invalid):
        within(since, (last + timedelta(days=1)).date().isoformat(), BERLIN, NOW)
