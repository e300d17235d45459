"""What is told of an appointment, and when it is open: by itself, without a database."""

import re
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st
from tests.planning.meetings import appointment
from tests.record.story import BEGIN

from callwell.planning.bookings import deadline_of, formatted_duration, summary, window_of
from callwell.planning.call_settings import MeetingSettings

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0m"), (1, "1m"), (42, "42m"), (59, "59m"), (60, "1h 0m"), (65, "1h 5m"), (120, "2h 0m"), (1441, "24h 1m")]
)
def test_a_length_in_words(minutes: int, words: str) -> None:
    held = appointment(call_started_at=BEGIN, call_ended_at=BEGIN + minutes * MINUTE, call_duration_minutes=minutes)
    assert formatted_duration(held, BEGIN + 3000 * MINUTE) == words


def test_what_has_not_started_has_no_length() -> None:
    """It is told that it has not, which is another thing than that it was short."""
    assert formatted_duration(appointment(), BEGIN + 10 * MINUTE) == "Not started"


def test_what_goes_on_lasts_until_now() -> None:
    """Whole minutes; a clock that is behind makes none."""
    started = appointment(status="in_progress", call_started_at=BEGIN)
    told = [formatted_duration(started, BEGIN + after) for after in (-SECOND, 59 * SECOND, 60 * SECOND, 65 * MINUTE + 59 * SECOND)]
    assert told == ["0m", "0m", "1m", "1h 5m"]


@given(minutes=st.integers(0, 100_000))
def test_no_minute_is_lost_in_words(minutes: int) -> None:
    held = appointment(call_started_at=BEGIN, call_ended_at=BEGIN, call_duration_minutes=minutes)
    found = re.fullmatch(r"(?:([1-9]\d*)h )?(\d\d?)m", formatted_duration(held, BEGIN))
    assert found
    assert int(found[2]) < 60
    assert int(found[1] or 0) * 60 + int(found[2]) == minutes


def test_where_it_stands_in_the_words_that_calls_have() -> None:
    """A no-show has failed, and so has what is to come and whose call failed; what was held was held."""
    told = {
        (status, failed): summary(appointment(status=status, no_show="both" if status == "no_show" else None, call_failed=failed))
        for status in ("pending", "confirmed", "in_progress", "completed", "cancelled", "declined", "no_show")
        for failed in (False, True)
    }
    assert told == {
        ("pending", False): "scheduled",
        ("pending", True): "failed",
        ("confirmed", False): "scheduled",
        ("confirmed", True): "failed",
        ("in_progress", False): "active",
        ("in_progress", True): "active",
        ("completed", False): "completed",
        ("completed", True): "completed",
        ("cancelled", False): "cancelled",
        ("cancelled", True): "cancelled",
        ("declined", False): "cancelled",
        ("declined", True): "cancelled",
        ("no_show", False): "failed",
        ("no_show", True): "failed",
    }


def test_its_window_is_that_of_its_settings() -> None:
    """From some minutes before it begins until some after it ends by plan; of no minutes it is the appointment itself."""
    one = appointment(duration_minutes=50)
    assert window_of(one, MeetingSettings(join_early_minutes=15, join_late_minutes=5)) == (BEGIN - 15 * MINUTE, BEGIN + 55 * MINUTE)
    assert window_of(one, MeetingSettings(join_early_minutes=0, join_late_minutes=0)) == (BEGIN, BEGIN + 50 * MINUTE)


def test_only_what_its_calls_can_tell_of_is_judged() -> None:
    """When its window closes, while it is confirmed and held by video."""
    wished = MeetingSettings(join_late_minutes=30)
    judged = {
        (status, video): deadline_of(appointment(status=status, is_video_call=video, duration_minutes=50), wished)
        for status in ("pending", "confirmed", "completed", "cancelled")
        for video in (True, False)
    }
    assert {one for one, deadline in judged.items() if deadline is not None} == {("confirmed", True)}
    assert judged["confirmed", True] == BEGIN + 80 * MINUTE
