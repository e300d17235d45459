"""What an appointment's calls come to. Ana is the client, Ngozi the provider; it is planned from 09:00 for 50 minutes, and closes 30 minutes later."""

import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.planning.meetings import ANY_END, CLOSES, MINUTE, WISHED, after, appointment, at, in_seconds, outcome
from tests.record.story import Story, person

from callwell.planning.bookings import window_of
from callwell.planning.progress import MOST_WAITED, CallOutcome, Progress, progress
from callwell.record.events import CallFailed


def held(since: float = 0, until: float = 45 * MINUTE) -> Story:
    """A call in which both were there."""
    return Story().created(since).there("ngozi", since, until).there("ana", since, until).ended(until)


def alone(who: str, since: float, until: float) -> Story:
    """A call to which only one of them came, and left. Alone in a room for two, nobody is ever connected."""
    return Story().created(since).joined(who, since).left(who, until).ended(until)


# ── Where it stands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_calls_it_is_as_decided_until_its_window_closes() -> None:
    """Confirmed until a millisecond before; then nobody came. What nobody confirmed stays pending."""
    assert after(when=CLOSES - 0.001).status == "confirmed"
    assert after(when=CLOSES - 0.001).next_deadline_at == at(CLOSES)
    assert (after(when=CLOSES).status, after(when=CLOSES).no_show) == ("no_show", "both")
    assert after(when=CLOSES).next_deadline_at is None
    assert after(when=CLOSES, status="pending", confirmed_at=None).status == "pending"


def test_it_is_in_progress_while_both_are_connected_to_a_call_that_goes_on() -> None:
    """One who waits is not enough; from the moment the other is connected, it is."""
    story = Story().created(0).joined("ngozi", 0).connected("ngozi", 1)
    assert after(story, when=30).status == "confirmed"

    story.joined("ana", 30).connected("ana", 31)
    assert after(story, when=31).status == "in_progress"
    assert after(story, when=CLOSES).status == "in_progress", "a call that goes on is not cut by the window"


def test_it_is_in_progress_while_one_of_them_is_lost() -> None:
    """Both were there and the call goes on: whoever was lost may come back."""
    story = Story().created(0).joined("ngozi", 0).connected("ngozi", 1).joined("ana", 2).connected("ana", 3).disconnected("ana", 20)

    assert after(story, when=60).status == "in_progress"


def test_it_is_completed_when_a_call_ends_in_which_both_were() -> None:
    """At the call's end, not when the window closes."""
    found = after(held(), when=46 * MINUTE)

    assert (found.status, in_seconds(found.completed_at), found.no_show, found.next_deadline_at) == ("completed", 45 * MINUTE, None, None)


def test_who_comes_back_within_the_window_goes_on() -> None:
    """A second call with both makes it in progress again; when that ends, it is completed by that one."""
    again = Story().created(50 * MINUTE).joined("ngozi", 3001).connected("ngozi", 3002).joined("ana", 3003).connected("ana", 3004)
    assert after(held(), again, when=3010).status == "in_progress"
    assert after(held(), again, when=3010).completed_at is None

    found = after(held(), again.ended(3600), when=3700)
    assert (found.status, in_seconds(found.completed_at), found.call_count) == ("completed", 3600, 2)


def test_who_comes_back_alone_changes_nothing() -> None:
    """It was held, and stays so."""
    lonely = Story().created(50 * MINUTE).joined("ngozi", 3001).connected("ngozi", 3002)

    found = after(held(), lonely, when=3100)

    assert (found.status, in_seconds(found.completed_at)) == ("completed", 45 * MINUTE)


@pytest.mark.parametrize("decided", ["cancelled", "declined"])
def test_what_was_called_off_stays_so_whatever_calls_say(decided: str) -> None:
    """What happened is counted all the same."""
    found = after(held(), status=decided)

    assert (found.status, found.no_show, found.completed_at, found.next_deadline_at) == (decided, None, None, None)
    assert (found.call_count, found.overlap_ms) == (1, 45 * MINUTE * 1000)


def test_one_that_was_never_confirmed_and_was_held_was_held() -> None:
    """Facts count more than what nobody decided."""
    assert after(held(), status="pending", confirmed_at=None).status == "completed"


@pytest.mark.parametrize(("status", "no_show"), [("confirmed", None), ("completed", None), ("no_show", "client")])
def test_one_that_is_no_video_call_is_judged_by_its_people(status: str, no_show: str | None) -> None:
    """What the host says of it stands, window or not."""
    found = after(is_video_call=False, status=status, no_show=no_show, completed_at=at(9) if status == "completed" else None)

    assert (found.status, found.no_show, found.next_deadline_at) == (status, no_show, None)
    assert in_seconds(found.completed_at) == (9 if status == "completed" else None)


def test_a_demonstration_does_not_count() -> None:
    """It is as if it had not been."""
    demo = Story().created(0, is_demo=True).there("ngozi", 0, 600).there("ana", 0, 600).ended(600)

    found = after(demo)

    assert (found.status, found.call_count, found.overlap_ms) == ("no_show", 0, 0)


# ── Both present ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_together_is_together() -> None:
    """Ana looks in for one second: it was held, and the overlap says how long. What is paid for that is for who pays to say."""
    story = Story().created(0).there("ngozi", 0, 1200).there("ana", 600, 601).ended(1200)

    found = after(story)

    assert (found.status, found.overlap_ms, found.attended_client_ms, found.attended_provider_ms) == ("completed", 1000, 1000, 1_200_000)


def test_who_comes_as_the_other_goes_was_not_there_with_them() -> None:
    """Ngozi leaves at 10:00:00.000 and Ana comes at 10:00:00.000: no moment together."""
    story = Story().created(0).there("ngozi", 0, 600).there("ana", 600, 1200).ended(1200)

    found = after(story)

    assert (found.status, found.overlap_ms) == ("no_show", 0)


def test_both_connected_at_one_time_to_different_calls_are_not_together() -> None:
    """Two calls side by side, one in each: nobody met."""
    found = after(Story().created(0).there("ngozi", 0, 600).ended(600), Story().created(0).there("ana", 0, 600).ended(600))

    assert (found.status, found.overlap_ms) == ("no_show", 0)


def test_in_a_group_any_client_is_the_client_side() -> None:
    """Ben came and Ana did not: it was held. Who of them came, attendance tells."""
    story = Story().created(0).there("ngozi", 0, 1200).there("ben", 60, 900).ended(1200)

    found = after(story, kind="group")

    assert (found.status, found.attended_client_ms) == ("completed", 840_000)


def test_who_is_on_no_side_meets_for_nobody() -> None:
    """An interpreter who was there with Ngozi is not the client."""
    story = Story().created(0).there("ngozi", 0, 1200).there("ivo", 0, 1200, role="interpreter").ended(1200)

    found = after(story)

    assert (found.status, found.no_show, found.overlap_ms) == ("no_show", "client", 0)


def test_where_nobody_has_a_side_two_people_together_are_both_sides() -> None:
    """An engine knew neither of them: as in the call's own record, two people who were there together met."""
    story = Story().created(0).there("x", 0, 1200).there("y", 60, 1200).ended(1200)

    found = after(story)

    assert (found.status, found.overlap_ms, found.attended_client_ms) == ("completed", 1_140_000, 0)


def test_any_end_completes_where_that_is_the_rule() -> None:
    """Ngozi alone ended her call: completed by that rule. One that failed, or to which nobody came, is none."""
    failed = Story().created(0).joined("ngozi", 0).fact(60, "call.failed", CallFailed())
    unvisited = Story().created(0).ended(45, "no_answer")

    assert after(alone("ngozi", 0, 600), wished=ANY_END).status == "completed"
    assert after(alone("ngozi", 0, 600)).status == "no_show"
    assert after(failed, wished=ANY_END).status == "no_show"
    assert after(unvisited, wished=ANY_END).status == "no_show"


# ── No-shows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_client_did_not_come() -> None:
    """Ngozi waited from 09:00 to 09:25; that is the evidence, and how much of it an open socket shows."""
    story = alone("ngozi", 0, 1500).holds("ngozi", 0, 1400)

    found = after(story)

    assert (found.status, found.no_show, found.evidence.came) == ("no_show", "client", ("provider",))
    (wait,) = found.evidence.waited
    assert (wait.side, wait.participant_id, in_seconds(wait.since), in_seconds(wait.until), wait.shown_ms) == (
        "provider", person("ngozi"), 0, 1500, 1_400_000,
    )  # fmt: skip


def test_the_provider_did_not_come() -> None:
    """Ana waited, was never connected, and stays who came."""
    found = after(alone("ana", -300, 1800))

    assert (found.no_show, found.evidence.came) == ("provider", ("client",))


def test_nobody_came() -> None:
    """There is no wait to tell of, only the window."""
    found = after()

    assert (found.no_show, found.evidence.came, found.evidence.waited) == ("both", (), ())
    assert (in_seconds(found.evidence.opens_at), in_seconds(found.evidence.closes_at)) == (-600, CLOSES)


def test_both_came_and_missed_each_other() -> None:
    """Neither was met: it is of both, and the evidence tells when each waited."""
    found = after(alone("ngozi", 0, 900), alone("ana", 1200, 2400))

    assert (found.status, found.no_show, found.evidence.came) == ("no_show", "both", ("client", "provider"))
    assert [(wait.side, in_seconds(wait.since), in_seconds(wait.until)) for wait in found.evidence.waited] == [
        ("provider", 0, 900),
        ("client", 1200, 2400),
    ]


def test_who_waits_still_as_the_window_closes_waits_without_end() -> None:
    """The evidence is told again when they go."""
    story = Story().created(0).joined("ngozi", 0)

    (still,) = after(story, when=CLOSES).evidence.waited
    (gone,) = after(story.left("ngozi", CLOSES + 10).ended(CLOSES + 11), when=CLOSES + 20).evidence.waited

    assert (still.until, in_seconds(gone.until)) == (None, CLOSES + 10)


def test_several_devices_waited_as_one_person() -> None:
    """Laptop and phone at the same time are one wait."""
    story = Story().created(0).joined("ngozi", 0).joined("ngozi", 100, "phone").left("ngozi", 300).left("ngozi", 500, "phone").ended(500)

    assert [(in_seconds(wait.since), in_seconds(wait.until)) for wait in after(story).evidence.waited] == [(0, 500)]


def test_evidence_is_bounded() -> None:
    """Who comes and goes all day long fills no row: what is not told is counted."""
    story = Story().created(0)
    for n in range(MOST_WAITED + 7):
        story.joined("ngozi", 10 * n).left("ngozi", 10 * n + 5)

    found = after(story.ended(4000))

    assert (len(found.evidence.waited), found.evidence.more) == (MOST_WAITED, 7)


def test_a_call_that_failed_is_told_with_the_no_show() -> None:
    """Both tried, and media never flowed: neither was met, and nobody may be to blame."""
    story = Story().created(0).joined("ngozi", 0).joined("ana", 5).fact(60, "call.failed", CallFailed())

    found = after(story)

    assert (found.status, found.no_show, found.call_failed, found.evidence.failed_calls) == ("no_show", "both", True, 1)


def test_a_call_that_failed_after_they_met_was_held_as_far_as_it_went() -> None:
    """Twenty minutes together count though an engine broke; that the last call failed is told beside it."""
    story = Story().created(0).there("ngozi", 0, 1300).there("ana", 0, 1200).fact(1200, "call.failed", CallFailed())

    found = after(story)

    assert (found.status, found.overlap_ms, found.call_failed) == ("completed", 1_200_000, True)


def test_a_second_call_makes_good_for_one_that_failed() -> None:
    """Only of the last call it is told that it failed."""
    failed = Story().created(0).joined("ngozi", 0).joined("ana", 5).fact(60, "call.failed", CallFailed())

    found = after(failed, held(120, 1800))

    assert (found.status, found.call_failed, found.call_count) == ("completed", False, 2)


# ── Figures ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_several_calls_run_from_the_first_start_to_the_last_end() -> None:
    """Two calls with a break: the length is from start to end, attended and overlap are without the break."""
    found = after(held(0, 600), held(900, 1530))

    assert (in_seconds(found.call_started_at), in_seconds(found.call_ended_at), found.call_duration_minutes) == (0, 1530, 25)
    assert (found.overlap_ms, found.attended_client_ms, found.attended_provider_ms) == (1_230_000, 1_230_000, 1_230_000)


def test_the_minutes_are_whole_and_within_one_of_the_times() -> None:
    """59 seconds are none, 60 are one, and so on."""
    minutes = {length: after(held(0, length)).call_duration_minutes for length in (1, 59, 60, 119, 3900)}

    assert minutes == {1: 0, 59: 0, 60: 1, 119: 1, 3900: 65}


def test_there_is_no_end_while_a_call_that_started_goes_on() -> None:
    """Nor are there minutes, and what goes on is counted once it is over."""
    going_on = Story().created(900).joined("ngozi", 900).connected("ngozi", 900).joined("ana", 901).connected("ana", 901)

    found = after(held(0, 600), going_on, when=1000)

    assert (in_seconds(found.call_started_at), found.call_ended_at, found.call_duration_minutes) == (0, None, None)
    assert found.overlap_ms == 600_000


def test_a_call_that_never_started_has_no_say_in_start_and_end() -> None:
    """Ngozi waited in a second room after the call was over."""
    found = after(held(0, 600), alone("ngozi", 700, 800))

    assert (in_seconds(found.call_started_at), in_seconds(found.call_ended_at), found.call_count) == (0, 600, 2)


def test_overlap_tells_how_much_of_it_rests_on_a_claim() -> None:
    """Sockets show both only in the first ten minutes."""
    story = Story().created(0).there("ngozi", 0, 1200).holds("ngozi", 0, 600).there("ana", 0, 1200).holds("ana", 0, 1200).ended(1200)

    found = after(story)

    assert (found.overlap_ms, found.overlap_claimed_ms) == (1_200_000, 600_000)


def test_what_was_removed_is_not_counted_away() -> None:
    """Of two calls one was purged: nothing can be told any more, and what was kept stays."""
    kept = appointment(status="completed", call_count=2, overlap_ms=1)

    assert progress(kept, [outcome(held())], WISHED, at(CLOSES)) is None
    assert progress(kept, [outcome(held()), outcome(held(3000, 3600), 1)], WISHED, at(CLOSES)) is not None


# ── Order ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_calls_in_any_order_come_to_the_same() -> None:
    """Whichever call became known first, and whatever stood there before."""
    calls = [outcome(held(0, 600), 0), outcome(alone("ngozi", 700, 800), 1), outcome(held(900, 1800), 2)]

    found = {
        _come_to(list(order), status) for order in itertools.permutations(calls) for status in ("confirmed", "in_progress", "completed", "no_show")
    }

    assert len(found) == 1


def _come_to(calls: list[CallOutcome], status: str) -> Progress | None:
    no_show = "both" if status == "no_show" else None
    return progress(appointment(status=status, no_show=no_show, call_count=len(calls)), calls, WISHED, at(CLOSES))


def test_late_facts_turn_a_no_show_around_and_back() -> None:
    """Nobody came; then it becomes known that both had; then that one of them had not."""
    missed = appointment(status="no_show", no_show="both", evidence={}, call_count=1)

    came = progress(missed, [outcome(held())], WISHED, at(CLOSES))
    after_all = progress(appointment(status="completed", completed_at=at(1), call_count=1), [outcome(alone("ngozi", 0, 600))], WISHED, at(CLOSES))

    assert came is not None
    assert after_all is not None
    assert (came.status, came.no_show, came.evidence) == ("completed", None, None)
    assert (after_all.status, after_all.no_show, after_all.completed_at) == ("no_show", "client", None)


# ── Days that are shorter or longer ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("day", "hour"), [((2026, 3, 29), 1), ((2026, 10, 25), 2)])
def test_an_appointment_across_daylight_saving_keeps_its_length(day: tuple[int, int, int], hour: int) -> None:
    """Fifty minutes are fifty minutes, though clocks on the wall jump by an hour in between."""
    begins = datetime(*day, hour, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    booked = appointment(scheduled_at=begins.astimezone(ZoneInfo("UTC")))
    _, closes_at = window_of(booked, WISHED)

    assert booked.ends_at - booked.scheduled_at == timedelta(minutes=50)
    assert closes_at - booked.scheduled_at == timedelta(minutes=80)
    start = (booked.scheduled_at - at(0)).total_seconds()
    found = progress(booked, [outcome(held(start, start + 3000))], WISHED, closes_at)
    assert found is not None
    assert (found.status, found.call_duration_minutes, found.overlap_ms) == ("completed", 50, 3_000_000)
