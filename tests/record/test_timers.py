"""What silence means: the guesses that timers make, when they make them, and what proves them wrong."""

from datetime import timedelta
from typing import Any

import pytest
from tests.record.story import CALL, Story, at, connection, person, seconds, spans

from callwell.record import events as e
from callwell.record.timers import moved

LEASE, GRACE, RINGING, EMPTY, LONGEST = 45, 60, 45, 120, 12 * 3600


def held_until(lease_ends: float) -> Story:
    """Somebody on our socket, connected from 10 on, whose last heartbeat was a lease before ``lease_ends``."""
    return Story().created(0).joined("ana", 5, connect_until=at(125)).connected("ana", 10).holds("ana", 6, lease_ends)


# ── Leases ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_connection_whose_lease_ran_out_is_disconnected() -> None:
    """Given the last heartbeat at 100, when nothing is heard for 45 s, then it is taken for lost at 145, since it was last heard at 100."""
    story = held_until(145)

    assert story.sweep(144) == []
    assert story.sweep(146) == [("participant.disconnected", 145, 100)]
    assert (story.connection("ana").status, spans(story.folded("ana").spans)) == ("disconnected", [(10, 145)])


def test_not_back_within_the_grace_is_left() -> None:
    """Lost at 145 and not back by 205: left then."""
    story = held_until(145)

    assert story.sweep(205) == [("participant.disconnected", 145, 100), ("participant.left", 205, 100)]
    assert (story.of("ana").status, story.of("ana").leave_reason, seconds(story.of("ana").left_at)) == ("left", "lost", 205)


def test_a_lost_page_that_was_last_heard_by_a_fact_is_guessed_from_that() -> None:
    """A heartbeat at 100, a fact at 110: it was last heard at 110."""
    story = held_until(145).fact(110, "chat.sent", e.Nothing(), "ana")

    assert story.sweep(156) == [("participant.disconnected", 155, 110)]


def test_who_never_opened_a_socket_has_no_lease() -> None:
    """Connections that servers and engines tell of end by what is told of them; silence means nothing."""
    story = Story().created(0).joined("ana", 5).connected("ana", 10)

    assert story.deadline(20) == 10 + LONGEST
    assert story.sweep(10 + LONGEST - 1) == []


# ── What proves a guess wrong ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fact_that_was_kept_through_an_outage_makes_the_guess_void() -> None:
    """Given a page taken for lost, when facts come of the time in between, then it was never lost."""
    story = held_until(145)
    story.sweep(146)

    story.fact(120, "chat.sent", e.Nothing(), "ana")

    c = story.folded("ana")
    assert (c.status, c.disconnection_count, c.void_guess_count, spans(c.spans)) == ("connected", 0, 1, [(10, None)])


def test_both_guesses_about_one_silence_are_void_together() -> None:
    """Disconnected and left were taken from the same silence, and one fact undoes both."""
    story = held_until(145)
    story.sweep(210)

    story.fact(140, "speaker.spoke", e.SpeakerSpoke(800), "ana")

    assert (story.of("ana").status, story.folded("ana").void_guess_count) == ("connected", 2)


def test_a_fact_from_before_the_silence_proves_nothing() -> None:
    """What is told late of the time before the last sign changes no guess."""
    story = held_until(145)
    story.sweep(146)

    story.fact(90, "chat.sent", e.Nothing(), "ana")

    assert (story.connection("ana").status, story.folded("ana").void_guess_count) == ("disconnected", 0)


def test_a_page_says_when_it_comes_back_that_media_never_stopped() -> None:
    """Only we could not be told: the time is attended as if nothing had been, and it was no disconnection."""
    story = held_until(145)
    story.sweep(210)

    story.reconnected("ana", 230, media_kept=True)

    c = story.folded("ana")
    assert (spans(c.spans), c.disconnection_count, c.left_at, c.status) == ([(10, None)], 0, None, "connected")
    assert story.record(240).participants[person("ana")].attended_ms == 230_000


def test_what_was_sent_all_along_is_restored_with_the_media() -> None:
    """The microphone was on when the timer gave the page up, so it was on all the time; the camera had been off."""
    story = held_until(145).media("ana", 12, audio_enabled=True, video_enabled=True).media("ana", 30, video_enabled=False)
    story.sweep(210)

    story.reconnected("ana", 230, media_kept=True)

    assert (spans(story.folded("ana").audio.spans), spans(story.folded("ana").video.spans)) == ([(12, None)], [(12, 30)])


def test_coming_back_with_media_that_had_stopped_is_a_disconnection() -> None:
    """The page says that it was away: the guess was right, and the time in between is not attended."""
    story = held_until(145)
    story.sweep(146)

    story.reconnected("ana", 160)

    c = story.folded("ana")
    assert (spans(c.spans), c.disconnection_count) == ([(10, 145), (160, None)], 1)


def test_a_page_cannot_undo_what_was_observed() -> None:
    """It was itself that said disconnected; that it kept media all along is not believed then."""
    story = held_until(145).disconnected("ana", 50)

    story.reconnected("ana", 60, media_kept=True)

    assert spans(story.folded("ana").spans) == [(10, 50), (60, None)]


# ── Seats that nobody takes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_was_let_in_and_never_opened_a_socket_is_given_up() -> None:
    """Let in at 5 with 120 s to connect: at 125 their place is free again."""
    story = Story().created(0).joined("ana", 5, connect_until=at(125))

    assert story.sweep(126) == [("participant.left", 125, 5)]
    assert (story.of("ana").leave_reason, story.of("ana").attended_ms) == ("connect_timeout", 0)


def test_who_waits_to_be_admitted_and_never_opened_a_socket_is_given_up_too() -> None:
    """Nobody waits for ever for somebody who is not there."""
    story = Story().created(0).joined("ana", 5, connect_until=at(125)).fact(6, "participant.left", e.Left(), "ana")
    story.fact(10, "participant.waiting", e.Waiting(), "ana")

    assert story.sweep(126)[0] == ("participant.left", 125, 10)


def test_who_waits_with_an_open_socket_waits_as_long_as_it_takes() -> None:
    """Their time to connect is over and nobody else is there: neither are they given up nor is the call taken for empty."""
    story = Story().created(0).fact(5, "participant.waiting", e.Waiting(connect_until=at(125)), "ana").holds("ana", 6, 4000)

    assert story.sweep(3600) == []


def test_who_waits_and_is_heard_of_no_more_is_given_up_and_the_call_with_them() -> None:
    """Heard of until 1000: gone after lease and grace, and when nobody has come for two minutes more the call ended as they went."""
    story = Story().created(0).fact(5, "participant.waiting", e.Waiting(connect_until=at(125)), "ana").holds("ana", 6, 1045)

    assert story.sweep(1104) == []
    assert story.sweep(2000) == [("participant.left", 1105, 1000), ("call.ended", 1225, 1105)]
    assert story.of("ana").wait_ms == 1_100_000


def test_a_call_that_its_host_left_goes_on_while_somebody_waits() -> None:
    """The host may come back. Once nobody waits any more the call is over."""
    story = Story().created(0).there("ana", 1, 100).fact(50, "participant.waiting", e.Waiting(connect_until=at(170)), "ben").holds("ben", 51, 5000)
    assert story.sweep(1000) == []

    story.left("ben", 1100)

    assert story.sweep(2000) == [("call.ended", 1220, 1100)]


def test_nobody_waits_longer_than_a_call_may_go_on() -> None:
    story = Story().created(0).fact(5, "participant.waiting", e.Waiting(connect_until=at(125)), "ana").holds("ana", 6, 50_000)

    assert story.sweep(43_201) == [("call.ended", 43_200, 0)]
    assert story.of("ana").wait_ms == 43_195_000


def test_who_asks_again_while_waiting_has_waited_since_they_first_did() -> None:
    """A page without a socket asks again and again: each time it has that long until it is given up, and its wait is one."""
    story = Story().created(0).fact(5, "participant.waiting", e.Waiting(connect_until=at(125)), "ana")
    story.fact(100, "participant.waiting", e.Waiting(connect_until=at(220)), "ana")
    assert story.sweep(219) == []

    story.fact(210, "participant.admitted", e.Admitted(connect_until=at(330)), "ana")

    assert story.of("ana").wait_ms == 205_000
    assert story.sweep(331) == [("participant.left", 330, 210)]


def test_who_comes_in_after_their_time_to_connect_is_given_up_once() -> None:
    """A source may say such a thing; the guess comes after what was heard, so that it holds."""
    story = Story().created(0).joined("ana", 50, connect_until=at(40))

    assert story.sweep(60) == [("participant.left", 50.001, 50)]
    assert story.of("ana").status == "left"


def test_a_place_given_by_a_server_without_a_time_is_kept() -> None:
    """Whoever joins by a fact of the host's server has no time to connect in."""
    story = Story().created(0).joined("ana", 5)

    assert story.sweep(3600) == []


# ── Ringing ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def ringing() -> Story:
    story = Story().created(0, initiator_id=person("ana"))
    story.people["user:ana"], story.people["user:ben"] = person("ana"), person("ben")
    return story.fact(1, "call.ringing", e.CallRinging(people_ids=(person("ben"),)))


def test_a_call_that_nobody_answers_ends() -> None:
    """Ringing since 1: at 46 it is over, unanswered."""
    story = ringing()

    assert story.deadline(2) == 1 + RINGING
    assert story.sweep(47) == [("call.ended", 46, 1)]
    assert (story.call.status, story.call.end_reason, story.call.elapsed_ms) == ("ended", "no_answer", None)


def test_the_one_who_calls_is_no_answer() -> None:
    """The initiator sits there with their camera on; that is not somebody answering."""
    story = ringing().joined("ana", 2)
    story.sweep(47)
    assert story.call.end_reason == "no_answer"

    story.connected("ana", 3)

    assert story.call.status == "ended"


def test_an_answer_that_was_not_heard_in_time_makes_the_end_void() -> None:
    """Somebody had come in at 40, and we hear of it at 60: the call goes on."""
    story = ringing()
    story.sweep(47)

    story.joined("ben", 40)

    assert story.call.status == "ringing"
    assert story.sweep(50) == [], "what was guessed once and proved wrong is not guessed again"


def test_a_call_that_was_answered_does_not_end_of_ringing() -> None:
    """Connected at 20: from then on it is active."""
    assert ringing().connected("ben", 20).sweep(60) == []


# ── Nobody there ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_that_everybody_left_ends_when_the_last_one_left() -> None:
    """The last leaves at 60; at 180 the call is taken for over, since 60."""
    story = Story().there("ana", 0, 40).there("ben", 0, 60)

    assert story.sweep(179) == []
    assert story.sweep(181) == [("call.ended", 180, 60)]
    assert (seconds(story.call.ended_at), story.call.end_reason, story.call.elapsed_ms) == (60, "normal", 60_000)


def test_a_call_that_was_lost_sight_of_ends_by_timeout() -> None:
    """Nobody said good-bye: the last sign of anybody was the lease's end."""
    story = held_until(145)
    made = story.sweep(500)

    assert [type for type, _, _ in made] == ["participant.disconnected", "participant.left", "call.ended"]
    assert (story.call.end_reason, seconds(story.call.ended_at)) == ("timeout", 205)


def test_somebody_who_came_in_the_meantime_makes_the_end_void() -> None:
    """Given an end that was guessed from an empty call, when it turns out that somebody was in it, then it goes on."""
    story = Story().there("ana", 0, 60)
    story.sweep(181)

    story.joined("ben", 100).connected("ben", 101)

    assert (story.call.status, story.call.ended_at, story.record(200).call.overlap_ms) == ("active", None, 0)


def test_somebody_who_came_after_the_guess_comes_too_late() -> None:
    """The call was over by then: they need another one, and what they say is an anomaly."""
    story = Story().there("ana", 0, 60)
    story.sweep(181)

    story.connected("ben", 190)

    assert (seconds(story.call.ended_at), story.anomalies()) == (60, ["after_end"])


def test_a_call_that_emptied_again_ends_again() -> None:
    """The first guess was wrong, the second is another one, with another basis."""
    story = Story().there("ana", 0, 60)
    story.sweep(181)
    story.there("ben", 100, 150)

    assert story.sweep(400) == [("call.ended", 270, 150)]
    assert seconds(story.call.ended_at) == 150


def test_a_call_that_nobody_ever_came_to_stays_until_it_is_too_long() -> None:
    """It was made and waits; a room's call may be made long before anybody comes."""
    story = Story().created(0)

    assert story.sweep(LONGEST - 1) == []
    assert story.sweep(LONGEST + 1) == [("call.ended", LONGEST, 0)]
    assert story.call.end_reason == "timeout"


def test_the_longest_call_ends_whoever_is_there() -> None:
    """Twelve hours after it started, whatever is said: nobody's presence makes that guess void."""
    story = Story().created(0).connected("ana", 100)

    assert story.sweep(100 + LONGEST) == [("call.ended", 100 + LONGEST, 100)]
    story.fact(LONGEST, "chat.sent", e.Nothing(), "ana")
    assert seconds(story.call.ended_at) == 100 + LONGEST


# ── No timers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "story",
    [
        Story().created(0, is_imported=True).connected("ana", 5).holds("ana", 5, 50),
        Story().connected("ana", 5).ended(30),
        Story().connected("ana", 5).fact(30, "call.failed", e.CallFailed()),
    ],
    ids=["imported", "ended", "failed"],
)
def test_a_call_that_is_over_or_was_imported_has_no_timers(story: Story) -> None:
    """What is past is not guessed at."""
    assert story.deadline(10) is None
    assert story.sweep(10 * LONGEST) == []


# ── When ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_next_deadline_leaves_leases_that_run_to_the_leases() -> None:
    """A lease that is renewed every few seconds is found as it runs out; the call itself has no deadline but its length."""
    story = held_until(145)

    assert story.deadline(100) == 10 + LONGEST
    assert story.deadline(146) == 145


def test_a_guess_is_the_same_whoever_makes_it() -> None:
    """Two workers that look at one silence make one fact: its id is made of what it rests on and when it is due."""
    one, other = held_until(145).due(146), held_until(145).due(200)

    assert [guess.id for guess in one] == [guess.id for guess in other]
    assert held_until(146).due(200)[0].id != one[0].id


def test_guesses_come_one_after_the_other() -> None:
    """What is due first is folded before the next is decided, since it may change it."""
    story = held_until(145)

    assert [guess.type for guess in story.due(10_000)] == ["participant.disconnected"]


def test_two_who_are_lost_are_guessed_in_the_order_of_their_deadlines() -> None:
    """However the connections are kept, the earlier deadline comes first."""
    story = held_until(145).joined("ben", 5).connected("ben", 10).holds("ben", 6, 120)

    assert [(type, when) for type, when, _ in story.sweep(146)] == [("participant.disconnected", 120), ("participant.disconnected", 145)]


# ── When nobody looked ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("gap", "deadline"),
    [((0, 50), 100), ((60, 80), 120), ((40, 70), 120), ((95, 200), 205), ((100, 200), 100), ((150, 200), 100)],
    ids=["before", "within", "begun before", "across the deadline", "from the deadline on", "after"],
)
def test_a_deadline_moves_by_the_time_in_which_nobody_looked(gap: tuple[float, float], deadline: float) -> None:
    """Due at 100, 50 s after 50: the part of the gap that lies between basis and deadline does not count."""
    story = Story().nobody_looked(*gap)

    assert seconds(moved(at(50), timedelta(seconds=50), story.gaps)) == deadline


def test_two_gaps_move_it_twice() -> None:
    """The second counts where the first has moved the deadline to."""
    story = Story().nobody_looked(60, 90).nobody_looked(110, 120)

    assert seconds(moved(at(50), timedelta(seconds=50), story.gaps)) == 140


def test_pages_are_not_lost_because_we_were_down() -> None:
    """Given a server that was away from 110 to 400, when it is back, then a page has its lease and grace from then."""
    story = held_until(145).nobody_looked(110, 400)

    assert story.sweep(434) == []
    assert story.sweep(436) == [("participant.disconnected", 435, 100)]
    assert story.sweep(496)[0] == ("participant.left", 495, 100)


def test_no_gap_makes_a_call_longer_than_the_longest() -> None:
    """Its length is counted by the clock."""
    story = Story().connected("ana", 0).nobody_looked(10, 1000)

    assert story.deadline(5) == LONGEST


def test_a_guess_names_the_connection_by_our_own_id() -> None:
    """It is about one connection; of another of the same person it says nothing."""
    story = held_until(145).there("ana", 0, 30, "phone")

    (guess,) = story.due(146)

    assert (guess.call_id, guess.participant, guess.connection) == (CALL, str(person("ana")), str(connection("ana")))


# ── A call's own times ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_calls_own_grace_comes_before_the_deployments() -> None:
    """Given a grace of 10 s, then who was lost at 145 has left at 155; the lease is nobody's but the deployment's."""
    story = (
        Story()
        .created(0, settings={"grace_seconds": 10, "lease_seconds": 5})
        .joined("ana", 5, connect_until=at(125))
        .connected("ana", 10)
        .holds("ana", 6, 145)
    )

    assert story.sweep(155)[:2] == [("participant.disconnected", 145, 100), ("participant.left", 155, 100)]


def test_a_call_rings_and_stays_empty_as_long_as_its_settings_say() -> None:
    """Each deadline is the call's own."""
    rung = Story().created(0, settings={"ringing_seconds": 7}).fact(3, "call.ringing", e.CallRinging())
    left = Story().created(0, settings={"empty_seconds": 300}).there("ana", 0, 50)

    assert (rung.deadline(4), left.deadline(51)) == (10, 350)


def test_a_setting_that_is_changed_moves_what_is_not_due_yet() -> None:
    """From the change on; what was guessed before it stays."""
    story = Story().created(0).there("ana", 0, 50)
    assert story.deadline(60) == 170

    story.fact(70, "call.settings_changed", e.SettingsChanged({"empty_seconds": 30}))

    assert story.deadline(75) == 80
    assert story.sweep(81) == [("call.ended", 80, 50)]


@pytest.mark.parametrize("wrong", [0, -5, 604_801, 1.5, "10", True, None, [], 10**40])
def test_a_time_that_is_none_is_as_if_never_given(wrong: Any) -> None:
    """Facts say what they like."""
    story = Story().created(0, settings={"empty_seconds": wrong}).there("ana", 0, 50)

    assert story.deadline(51) == 170
