"""Hours, days, weeks and months as time zones have them, on the days on which clocks are changed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from callwell.analytics.periods import PERIODS, Period, end_of, start_of

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
CAIRO = ZoneInfo("Africa/Cairo")
TORONTO_OF_OLD = ZoneInfo("America/Toronto")
APIA = ZoneInfo("Pacific/Apia")

ZONES = (ZoneInfo("UTC"), BERLIN, KOLKATA, LORD_HOWE, CAIRO, ZoneInfo("America/New_York"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kathmandu"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours_of(day: str, zone: ZoneInfo) -> float:
    """How long a day is, in hours."""
    start = start_of("daily", datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=zone), zone)
    return (end_of("daily", start, zone) - start) / timedelta(hours=1)


def test_days_have_as_many_hours_as_they_have() -> None:
    """In Berlin in 2026: 23 in spring, 25 in autumn."""
    assert [hours_of(day, BERLIN) for day in ("2026-03-28", "2026-03-29", "2026-10-25", "2026-11-21")] == [24, 23, 25, 24]
    assert hours_of("2026-04-05", LORD_HOWE) == 24.5


def test_a_day_begins_at_the_zones_midnight() -> None:
    """Whatever UTC has."""
    assert start_of("daily", utc("2026-11-21T22:59:59.999"), BERLIN) == utc("2026-11-20T23:00")
    assert start_of("daily", utc("2026-11-21T23:00"), BERLIN) == utc("2026-11-21T23:00")
    assert start_of("daily", utc("2026-11-21T18:30"), KOLKATA) == utc("2026-11-21T18:30")


def test_the_hour_that_happens_twice_is_two_hours() -> None:
    """From 02:00 to 03:00 of summer, and again of winter time."""
    starts = [start_of("hourly", utc(f"2026-10-25T{at}"), BERLIN) for at in ("00:30", "01:30")]

    assert starts == [utc("2026-10-25T00:00"), utc("2026-10-25T01:00")]
    assert [end_of("hourly", start, BERLIN) for start in starts] == [utc("2026-10-25T01:00"), utc("2026-10-25T02:00")]


def test_the_hour_that_is_left_out_is_none() -> None:
    """After the hour from 01:00 comes that from 03:00."""
    start = start_of("hourly", utc("2026-03-29T00:59"), BERLIN)

    assert end_of("hourly", start, BERLIN) == utc("2026-03-29T01:00")
    assert start_of("hourly", utc("2026-03-29T01:00"), BERLIN).astimezone(BERLIN).hour == 3


def test_hours_of_half_hour_zones_begin_where_their_clocks_say() -> None:
    """At half past, by UTC."""
    assert start_of("hourly", utc("2026-11-21T09:15"), KOLKATA) == utc("2026-11-21T08:30")
    assert end_of("hourly", utc("2026-11-21T08:30"), KOLKATA) == utc("2026-11-21T09:30")


def test_where_clocks_go_back_by_half_an_hour_the_second_half_is_a_period_of_its_own() -> None:
    """On Lord Howe Island the half hour from 01:30 happens twice; the second time it begins when it does."""
    whole = start_of("hourly", utc("2026-04-04T14:45"), LORD_HOWE)
    again = start_of("hourly", utc("2026-04-04T15:10"), LORD_HOWE)

    assert (whole, end_of("hourly", whole, LORD_HOWE)) == (utc("2026-04-04T14:00"), utc("2026-04-04T15:00"))
    assert (again, end_of("hourly", again, LORD_HOWE)) == (utc("2026-04-04T15:00"), utc("2026-04-04T15:30"))


def test_a_day_without_a_midnight_begins_with_its_first_moment() -> None:
    """In Cairo clocks go from 24:00 to 01:00."""
    start = start_of("daily", utc("2026-04-24T12:00"), CAIRO)

    assert start == utc("2026-04-23T22:00")
    assert (start.astimezone(CAIRO).hour, end_of("daily", start, CAIRO) - start) == (1, timedelta(hours=23))


def test_a_midnight_amid_what_is_jumped_over_is_when_clocks_jump() -> None:
    """Toronto went from 23:30 to 00:30 in 1919: the next day began then."""
    assert start_of("daily", utc("1919-03-31T12:00"), TORONTO_OF_OLD) == utc("1919-03-31T04:30")


def test_a_day_that_never_was_takes_no_time() -> None:
    """Samoa crossed the date line: after Thursday the 29th came Saturday the 31st."""
    thursday = start_of("daily", utc("2011-12-30T09:00"), APIA)
    saturday = start_of("daily", utc("2011-12-30T10:00"), APIA)

    assert end_of("daily", thursday, APIA) == saturday == utc("2011-12-30T10:00")


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    """ISO weeks, also across the turn of the year."""
    assert start_of("weekly", utc("2027-01-03T22:59"), BERLIN) == utc("2026-12-27T23:00")
    assert end_of("weekly", utc("2026-12-27T23:00"), BERLIN) == utc("2027-01-03T23:00")
    assert start_of("monthly", utc("2026-12-31T22:59"), BERLIN) == utc("2026-11-30T23:00")
    assert end_of("monthly", utc("2026-11-30T23:00"), BERLIN) == utc("2026-12-31T23:00")


moments = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 given their zone


@given(st.sampled_from(PERIODS), moments, st.sampled_from(ZONES))
def test_every_moment_lies_in_one_period(period: Period, at: datetime, zone: ZoneInfo) -> None:
    """It is not before its period's start and before its end; the start is in it, and so is the last moment."""
    start = start_of(period, at, zone)
    end = end_of(period, start, zone)

    assert start <= at < end
    assert start_of(period, start, zone) == start
    assert start_of(period, end - timedelta(microseconds=1), zone) == start
    assert start_of(period, end, zone) == end


@given(st.sampled_from(ZONES), moments)
def test_shorter_periods_fill_longer_ones(zone: ZoneInfo, at: datetime) -> None:
    """Whoever goes from period to period leaves no gap and comes to the end of the longer one."""
    pairs: tuple[tuple[Period, Period], ...] = (
        ("hourly", "daily"),
        ("daily", "weekly"),
        ("daily", "monthly"),
        ("monthly", "quarterly"),
        ("quarterly", "yearly"),
    )
    for short, long in pairs:
        start = start_of(long, at, zone)
        end = end_of(long, start, zone)
        steps = [start]
        while steps[-1] < end:
            steps.append(end_of(short, steps[-1], zone))
        assert steps[-1] == end
        assert all(first < second for first, second in pairwise(steps))


@pytest.mark.parametrize("period", PERIODS)
def test_periods_begin_where_the_clock_on_the_wall_says(period: Period) -> None:
    """Over a year of Berlin, hour by hour, the clock of the wall shows the beginning: minute 0, hour 0, Monday, the first."""
    for hour in range(0, 365 * 24, 5):
        local = start_of(period, utc("2026-01-01T00:30") + timedelta(hours=hour), BERLIN).astimezone(BERLIN)
        assert (local.minute, local.second, local.microsecond) == (0, 0, 0)
        assert period == "hourly" or local.hour == 0
        assert period != "weekly" or local.weekday() == 0
        assert period not in ("monthly", "quarterly", "yearly") or local.day == 1
        assert period != "quarterly" or local.month in (1, 4, 7, 10)
        assert period != "yearly" or local.month == 1
