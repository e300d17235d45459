"""Commands: what comes of them, and when they are refused."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.record.story import Story, at, connection, person

from callwell import errors
from callwell.ids import derived_id
from callwell.record import events as e
from callwell.record.commands import (
    MOST_WAITING,
    Admit,
    ChangeSettings,
    Command,
    CreateCall,
    DeclineCall,
    EndCall,
    Join,
    PutOut,
    Refusal,
    Refuse,
    RingCall,
    seats_taken,
)
from callwell.record.events import NewEvent
from callwell.record.state import MOST_PARTICIPANTS

WISH = derived_id("wish")


def facts(decided: list[NewEvent] | Refusal) -> list[tuple[str, e.Payload]]:
    assert not isinstance(decided, Refusal), decided.error
    return [(fact.type, fact.payload) for fact in decided]


def refusal(decided: list[NewEvent] | Refusal) -> errors.CallwellError:
    assert isinstance(decided, Refusal)
    return decided.error


def made() -> Story:
    story = Story().created(0, initiator_id=person("ana"))
    story.people["user:ana"] = person("ana")
    return story


def ringing(*people: str) -> Story:
    story = made()
    for who in people:
        story.people[f"user:{who}"] = person(who)
    return story.fact(1, "call.ringing", e.CallRinging(people_ids=tuple(map(person, people))))


def active() -> Story:
    return made().joined("ana", 2).connected("ana", 3)


def ended() -> Story:
    return active().ended(60)


def failed() -> Story:
    return made().fact(5, "call.failed", e.CallFailed())


def join(who: str, *, capacity: int = 2, has_sfu: bool = False, **details: Any) -> Join:
    return Join(id=WISH, identity=f"user:{who}", connection=str(connection(who)), details=e.Joined(**details), capacity=capacity, has_sfu=has_sfu)


def ask(who: str, device: str = "laptop", *, capacity: int = 2, is_host: bool = False, **terms: Any) -> Join:
    """Somebody comes to a call with a waiting room."""
    return Join(
        id=WISH,
        identity=f"user:{who}",
        connection=str(connection(who, device)),
        details=e.Joined(role="client", is_host=is_host, connect_until=at(125)),
        capacity=capacity,
        **{"has_waiting_room": True, **terms},
    )


def waits(story: Story, who: str, when: float, device: str = "laptop") -> Story:
    return story.fact(when, "participant.waiting", e.Waiting(connect_until=at(when + 120)), who, device)


def admit(who: str, *, capacity: int = 2, has_sfu: bool = False) -> Admit:
    return Admit(id=WISH, participant_id=person(who), capacity=capacity, connect_until=at(200), has_sfu=has_sfu)


def refuse(who: str) -> Refuse:
    return Refuse(id=WISH, participant_id=person(who))


RING, DECLINE, END = RingCall(id=WISH, people=("user:ben",)), DeclineCall(id=WISH, identity="user:ben"), EndCall(id=WISH)
CHANGE = ChangeSettings(id=WISH, settings={"chat_enabled": False})

# ── Illegal moves ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("begin", "command", "state", "move"),
    [
        (active, RING, "active", "rung"),
        (ended, RING, "ended", "rung"),
        (failed, RING, "failed", "rung"),
        (made, DECLINE, "initiated", "declined"),
        (active, DECLINE, "active", "declined"),
        (ended, DECLINE, "ended", "declined"),
        (failed, DECLINE, "failed", "declined"),
        (ended, END, "ended", "ended"),
        (failed, END, "failed", "ended"),
        (ended, CHANGE, "ended", "changed"),
        (failed, CHANGE, "failed", "changed"),
    ],
)
def test_an_illegal_move_is_refused_with_the_state_the_call_is_in(begin: Callable[[], Story], command: Command, state: str, move: str) -> None:
    """Given a call in that state, then the command is refused with 409, its code and the state."""
    error = refusal(begin().decide(command, 90))

    assert (type(error), error.status, error.code) == (errors.IllegalMove, 409, "call.illegal_move")
    assert error.context == {"state": state, "move": move}


@pytest.mark.parametrize("command", [RING, DECLINE, END, CHANGE, join("ana"), PutOut(id=WISH, connections=(connection("ana"),))])
def test_nothing_can_be_done_with_a_call_that_is_not_there(command: Command) -> None:
    """It is not found, whatever is wanted of it."""
    assert isinstance(refusal(Story().decide(command, 0)), errors.NotFound)


@pytest.mark.parametrize(
    ("begin", "command"),
    [(made, RING), (lambda: ringing("ben"), RING), (lambda: ringing("ben"), DECLINE), (made, END), (lambda: ringing("ben"), END), (active, END),
     (made, CHANGE), (active, CHANGE)],
)  # fmt: skip
def test_every_other_move_is_carried_out(begin: Callable[[], Story], command: Command) -> None:
    """What is not illegal happens, at the time at which it is decided."""
    decided = begin().decide(command, 50)

    assert facts(decided)
    assert not isinstance(decided, Refusal)
    assert {fact.occurred_at for fact in decided} == {at(50)}


# ── Beginning ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_is_created_with_all_that_is_said_of_it() -> None:
    """One fact, with the details as given."""
    details = e.CallCreated(type="audio", mode="sfu", initiator="user:ana", settings={"chat_enabled": False})

    assert facts(Story().decide(CreateCall(id=WISH, details=details), 0)) == [("call.created", details)]


def test_a_call_is_not_created_over_another() -> None:
    """Its id is taken, also where only an observed fact made it."""
    create = CreateCall(id=WISH, details=e.CallCreated())

    assert refusal(made().decide(create, 1)).status == 409
    assert refusal(Story().connected("ana", 0).decide(create, 1)).status == 409


def test_a_wish_that_is_decided_twice_gives_the_same_facts() -> None:
    """Ids are made from the command's, so a transaction that runs again writes nothing twice."""
    one, other = made().decide(END, 50), made().decide(END, 51)

    assert not isinstance(one, Refusal)
    assert not isinstance(other, Refusal)
    assert [fact.id for fact in one] == [fact.id for fact in other]


# ── Ringing ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_more_people_can_be_rung_for_while_it_rings() -> None:
    """A second ring says whom else."""
    assert facts(ringing("ben").decide(RingCall(id=WISH, people=("user:cleo",)), 10)) == [("call.ringing", e.CallRinging(("user:cleo",)))]


def test_the_call_is_declined_when_the_last_who_was_rung_for_declines() -> None:
    """One of two says no: the call rings on. The other does too: it is over, declined by them."""
    story = ringing("ben", "cleo")

    first = facts(story.decide(DeclineCall(id=WISH, identity="user:ben"), 10))
    assert first == [("participant.left", e.Left("declined"))]

    story.fact(10, "participant.left", e.Left("declined"), "ben")
    second = facts(story.decide(DeclineCall(id=WISH, identity="user:cleo"), 12))
    assert second == [("participant.left", e.Left("declined")), ("call.ended", e.CallEnded("declined", ended_by="user:cleo"))]


def test_who_was_not_rung_for_cannot_decline() -> None:
    """An outsider does not end other people's calls."""
    story = ringing("ben")
    story.people["user:cleo"] = person("cleo")

    assert isinstance(refusal(story.decide(DeclineCall(id=WISH, identity="user:cleo"), 10)), errors.NotFound)
    assert isinstance(refusal(story.decide(DeclineCall(id=WISH, identity="user:nobody"), 10)), errors.NotFound)


# ── Ending and settings ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_end_says_why_and_by_whom() -> None:
    """By an identity where a server ends it, by our own id of them where a host in the call does."""
    by_server = EndCall(id=WISH, reason="forced", ended_by="user:ana")
    by_host = EndCall(id=WISH, ended_by_id=person("ana"))

    assert facts(active().decide(by_server, 50)) == [("call.ended", e.CallEnded("forced", ended_by="user:ana"))]
    assert facts(active().decide(by_host, 50)) == [("call.ended", e.CallEnded("normal", ended_by_id=person("ana")))]


def test_settings_that_are_given_change() -> None:
    """The fact says those alone."""
    change = ChangeSettings(id=WISH, settings={"chat_enabled": False}, changed_by="user:ana")

    assert facts(active().decide(change, 50)) == [("call.settings_changed", e.SettingsChanged({"chat_enabled": False}, changed_by="user:ana"))]


# ── Joining ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_joins_a_call_that_is_over() -> None:
    """A room used again gives another call."""
    assert isinstance(refusal(ended().decide(join("ben"), 90)), errors.CallOver)
    assert isinstance(refusal(failed().decide(join("ben"), 90)), errors.CallOver)


def test_a_full_room_takes_nobody_else() -> None:
    """Two places and two people: the third is refused, and told how many places there are."""
    story = active().joined("ben", 5).connected("ben", 6)

    error = refusal(story.decide(join("cleo", capacity=2), 20))
    assert (type(error), error.context) == (errors.RoomFull, {"capacity": 2})


def test_somebody_with_a_seat_can_always_join_again() -> None:
    """A second device, or the page after a refresh, takes no other place."""
    story = active().joined("ben", 5).connected("ben", 6)

    assert [type for type, _ in facts(story.decide(join("ben", capacity=2), 20))] == ["participant.joined"]


def test_who_has_left_has_no_seat() -> None:
    """Their place is free for somebody else."""
    story = active().there("ben", 5, 10)

    assert [type for type, _ in facts(story.decide(join("cleo", capacity=2), 20))] == ["participant.joined"]


def test_a_seat_is_kept_from_the_exchange_until_the_time_to_connect_has_run_out() -> None:
    """Let in with time until 125: at 124 the place is taken, at 125 it is free, unless they opened a socket."""
    story = active().joined("ben", 5, connect_until=at(125))

    assert isinstance(refusal(story.decide(join("cleo", capacity=2), 124)), errors.RoomFull)
    assert seats_taken(story.state, at(125)) == {person("ana")}
    story.holds("ben", 10, 60)
    assert seats_taken(story.state, at(125)) == {person("ana"), person("ben")}


def test_who_waits_has_no_seat() -> None:
    """The waiting room is not the room."""
    story = active().fact(5, "participant.waiting", e.Waiting(), "ben")

    assert seats_taken(story.state, at(10)) == {person("ana")}


def test_the_third_in_p2p_needs_an_sfu() -> None:
    """Without one the third is refused with a reason of its own; with one the call changes its mode before they come in."""
    story = active().joined("ben", 5).connected("ben", 6)

    assert isinstance(refusal(story.decide(join("cleo", capacity=5), 20)), errors.NeedsSfu)
    assert facts(story.decide(join("cleo", capacity=5, has_sfu=True, role="client"), 20)) == [
        ("call.mode_changed", e.ModeChanged("sfu")),
        ("participant.joined", e.Joined(role="client")),
    ]


def test_the_fourth_changes_no_mode_that_was_changed() -> None:
    """And it is never changed back within the call."""
    story = made().fact(1, "call.mode_changed", e.ModeChanged("sfu"))
    for who in ("ana", "ben", "cleo"):
        story.connected(who, 5)

    assert [type for type, _ in facts(story.decide(join("dora", capacity=5), 20))] == ["participant.joined"]


def test_who_joins_gets_the_connection_that_they_were_given() -> None:
    """The fact names person and connection as joining made them."""
    decided = active().decide(join("ben"), 20)

    assert not isinstance(decided, Refusal)
    assert [(fact.participant, fact.connection) for fact in decided] == [("user:ben", str(connection("ben")))]


def test_a_call_has_an_end_of_new_people() -> None:
    """Two hundred were in it: another is refused, and who was among them may come back."""
    story = made()
    for number in range(MOST_PARTICIPANTS - 1):
        story.there(f"guest-{number}", 5, 10)

    assert isinstance(refusal(story.decide(join("ben"), 20)), errors.TooManyVisitors)
    assert [type for type, _ in facts(story.decide(join("guest-7"), 20))] == ["participant.joined"]


# ── Waiting, and being let in ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_no_host_waits_where_there_is_a_waiting_room() -> None:
    """They say of themselves what whoever comes in says; a host comes in."""
    assert facts(active().decide(ask("ben"), 20)) == [("participant.waiting", e.Waiting(role="client", connect_until=at(125)))]
    assert [type for type, _ in facts(active().decide(ask("ben", is_host=True), 20))] == ["participant.joined"]


def test_who_was_let_in_does_not_wait_again() -> None:
    """After a refresh, or with a second device; who only waited before waits again."""
    story = waits(active(), "ben", 5).fact(10, "participant.admitted", e.Admitted(), "ben").left("ben", 15)

    assert [type for type, _ in facts(story.decide(ask("ben", "phone"), 20))] == ["participant.joined"]
    assert [type for type, _ in facts(waits(active(), "ben", 5).left("ben", 15).decide(ask("ben", "phone"), 20))] == ["participant.waiting"]


def test_whoever_would_find_no_place_does_not_wait_for_one() -> None:
    story = active().joined("cleo", 5).connected("cleo", 6)

    assert isinstance(refusal(story.decide(ask("ben"), 20)), errors.RoomFull)


def test_the_waiting_room_has_an_end() -> None:
    """Fifty wait; who is one of them may come with another device."""
    story = active()
    for number in range(MOST_WAITING):
        waits(story, f"guest-{number}", 5)

    assert isinstance(refusal(story.decide(ask("ben"), 20)), errors.WaitingRoomFull)
    assert [type for type, _ in facts(story.decide(ask("guest-7", "phone"), 20))] == ["participant.waiting"]


def test_who_is_let_in_is_so_on_all_devices_with_which_they_wait() -> None:
    """A device that has gone meanwhile is not."""
    story = waits(waits(waits(active(), "ben", 5), "ben", 6, "phone"), "ben", 7, "tablet").left("ben", 8, "tablet")

    decided = story.decide(admit("ben"), 20)

    assert facts(decided) == [("participant.admitted", e.Admitted(connect_until=at(200)))] * 2
    assert not isinstance(decided, Refusal)
    assert {fact.connection for fact in decided} == {str(connection("ben")), str(connection("ben", "phone"))}


def test_to_let_in_somebody_who_is_in_changes_nothing() -> None:
    story = waits(active(), "ben", 5).fact(10, "participant.admitted", e.Admitted(), "ben")

    assert facts(story.decide(admit("ben"), 20)) == []


def test_who_waits_no_more_can_be_neither_let_in_nor_refused() -> None:
    """They have left, or nobody knows them; and in a call that is over nobody waits."""
    story = waits(active(), "ben", 5).left("ben", 15)

    assert [type(refusal(story.decide(one, 20))) for one in (admit("ben"), refuse("ben"), admit("nobody"))] == [errors.NotWaiting] * 3
    story.ended(16)
    assert [type(refusal(story.decide(one, 20))) for one in (admit("ben"), refuse("ben"))] == [errors.CallOver] * 2


def test_places_are_counted_again_when_somebody_is_let_in() -> None:
    """Whoever came in meanwhile has the place; a third in p2p needs an SFU here too."""
    story = waits(active(), "ben", 5).joined("cleo", 6).connected("cleo", 7)

    assert isinstance(refusal(story.decide(admit("ben", capacity=2), 20)), errors.RoomFull)
    assert isinstance(refusal(story.decide(admit("ben", capacity=3), 20)), errors.NeedsSfu)
    assert [type for type, _ in facts(story.decide(admit("ben", capacity=3, has_sfu=True), 20))] == ["call.mode_changed", "participant.admitted"]


def test_who_is_refused_is_so_on_all_devices() -> None:
    story = waits(waits(active(), "ben", 5), "ben", 6, "phone")

    assert facts(story.decide(refuse("ben"), 20)) == [("participant.refused", e.Left("refused"))] * 2


def test_who_was_let_in_has_a_seat_while_they_have_time_to_connect() -> None:
    story = waits(active(), "ben", 5).fact(10, "participant.admitted", e.Admitted(connect_until=at(130)), "ben")

    assert person("ben") in seats_taken(story.state, at(129))
    assert person("ben") not in seats_taken(story.state, at(130))


# ── Consent to being recorded ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_where_consent_is_needed_nobody_comes_in_without() -> None:
    """Nor to the waiting room. Who consents comes in, and that they did is a fact."""
    assert isinstance(refusal(active().decide(ask("ben", needs_consent=True), 20)), errors.ConsentRequired)
    decided = facts(active().decide(ask("ben", needs_consent=True, has_consented=True, has_waiting_room=False), 20))
    assert [type for type, _ in decided] == ["participant.joined", "consent.given"]
    assert decided[1][1] == e.Consent("recording")
    assert [type for type, _ in facts(active().decide(ask("ben", has_consented=True), 20))] == ["participant.waiting", "consent.given"]


def test_a_full_room_is_told_before_consent_is_asked_for() -> None:
    story = active().joined("cleo", 5).connected("cleo", 6)

    assert isinstance(refusal(story.decide(ask("ben", needs_consent=True), 20)), errors.RoomFull)


def test_consent_is_good_for_the_call_until_it_is_taken_back() -> None:
    """Coming back, nobody is asked again; who took it back is."""
    story = active().joined("ben", 5).fact(5, "consent.given", e.Consent("recording"), "ben").left("ben", 8)
    assert [type for type, _ in facts(story.decide(ask("ben", "phone", needs_consent=True), 20))] == ["participant.joined"]

    story.fact(9, "consent.withdrawn", e.Consent("recording"), "ben")

    assert isinstance(refusal(story.decide(ask("ben", "phone", needs_consent=True), 20)), errors.ConsentRequired)


# ── Putting out ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_putting_out_ends_the_connections_that_there_are() -> None:
    """Those that had left too: what their pages say of before may open them again. Those that never were need no ending."""
    story = active().there("ben", 5, 10)
    put_out = PutOut(id=WISH, connections=(connection("ana"), connection("ben"), connection("nobody")), reason="revoked")

    decided = story.decide(put_out, 20)

    assert facts(decided) == [("participant.left", e.Left("revoked"))] * 2
    assert not isinstance(decided, Refusal)
    assert [fact.connection for fact in decided] == [str(connection("ana")), str(connection("ben"))]
