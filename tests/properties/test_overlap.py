"""What is reckoned with the ends of intervals is what is counted second by second, over several calls, people and devices; and no order matters."""

import random
from typing import Any

import msgspec
from hypothesis import given, settings, strategies as st
from tests.planning.meetings import ANY_END, CLOSES, WISHED, appointment, at, outcome
from tests.record.story import Story

from callwell.planning.attendance import Attendance, AttendedPerson, Booked, Modality, attendance
from callwell.planning.progress import CallOutcome, progress

END = 60
"""Seconds that a call of these tests lasts at most; calls may lie over each other."""
SIDES = {"ana": "client", "ben": "client", "ngozi": "provider", "ivo": None}
BOOKED = [Booked("user:ana", "client", None), Booked("user:ben", "client", None), Booked("user:ngozi", "provider", None)]

moment = st.integers(0, END)
stay = st.tuples(moment, moment).map(sorted).filter(lambda pair: pair[0] < pair[1])


class Visit:
    """Somebody with a device: let in, connected somewhat later or never, seen and heard from when until when, and an open socket for a while."""

    def __init__(self, who: str, device: str, there: list[int], connects: int | None, seen: list[int], heard: list[int], held: list[int]) -> None:
        self.who = who
        self.device = device
        self.there = range(*there)
        self.connected = range(there[0] + connects, there[1]) if connects is not None and there[0] + connects < there[1] else range(0)
        self.video = set(range(*seen)) & set(self.there)
        self.audio = set(range(*heard)) & set(self.there)
        self.held = held

    def tell(self, story: Story) -> None:
        start, stop = self.there.start, self.there.stop
        story.joined(self.who, start, self.device, audio_enabled=start in self.audio, video_enabled=start in self.video)
        if self.connected:
            story.connected(self.who, self.connected.start, self.device)
        for second in range(start + 1, stop):
            for name, on in (("audio_enabled", self.audio), ("video_enabled", self.video)):
                if (second in on) != (second - 1 in on):
                    story.media(self.who, second, self.device, **{name: second in on})
        story.left(self.who, stop, self.device).holds(self.who, self.held[0], self.held[1], self.device)


visit = st.builds(
    Visit, st.sampled_from(sorted(SIDES)), st.sampled_from(["laptop", "phone"]), stay, st.sampled_from([None, 0, 0, 0, 1, 5]), stay, stay, stay
)


class Meeting:
    """A call: its visits, one for each device, until it ends, perhaps before they do."""

    def __init__(self, visits: list[Visit], ends: int) -> None:
        self.visits = visits
        self.ends = ends

    def story(self) -> Story:
        story = Story().created(0)
        for one in self.visits:
            one.tell(story)
        return story.ended(self.ends)

    def seconds(self, who: str, what: str) -> set[int]:
        """The seconds of this call in which somebody was ``there``, ``connected`` …, with any device."""
        return {second for one in self.visits if one.who == who for second in getattr(one, what) if second < self.ends}

    def of_side(self, side: str, what: str) -> set[int]:
        return {second for who, whose in SIDES.items() if whose == side for second in self.seconds(who, what)}

    def both(self, what: str) -> set[int]:
        if any(SIDES[one.who] for one in self.visits):
            return self.of_side("client", what) & self.of_side("provider", what)
        # Nobody in it has a side: any two.
        each = [self.seconds(who, what) for who in {one.who for one in self.visits}]
        return {second for second in range(END) if sum(second in own for own in each) >= 2}


meeting = st.builds(Meeting, st.lists(visit, max_size=6, unique_by=lambda one: (one.who, one.device)), st.integers(1, END + 5))
meetings = st.lists(meeting, min_size=1, max_size=3)


def outcomes(of: list[Meeting]) -> list[CallOutcome]:
    return [outcome(one.story(), number) for number, one in enumerate(of)]


def told(of: list[Meeting]) -> Attendance:
    return attendance(appointment(kind="group"), BOOKED, outcomes(of), at(10_000))


@given(meetings)
@settings(max_examples=150)
def test_figures_of_an_appointment_are_what_is_counted(of: list[Meeting]) -> None:
    """Overlap is counted call by call, attended by side over all of them; each moment once."""
    found = progress(appointment(kind="group"), outcomes(of), WISHED, at(CLOSES))
    assert found is not None

    assert found.overlap_ms == 1000 * len(set().union(*(one.both("connected") for one in of)))
    for side, ms in (("client", found.attended_client_ms), ("provider", found.attended_provider_ms)):
        assert ms == 1000 * len(set().union(*(one.of_side(side, "connected") for one in of)))
    assert 0 <= found.overlap_claimed_ms <= found.overlap_ms
    assert (found.status == "completed") == (found.overlap_ms > 0)
    came = {side for one in of for side in ("client", "provider") if one.of_side(side, "there")}
    if found.status == "no_show":
        assert found.no_show == ("client" if came == {"provider"} else "provider" if came == {"client"} else "both")


@given(meetings)
@settings(max_examples=150)
def test_attendance_is_what_is_counted(of: list[Meeting]) -> None:
    """Of everybody: there, connected, waited, and by which means."""
    found = told(of)

    assert found.overlap.length.seconds == len(set().union(*(one.both("connected") for one in of)))
    for person in found.people:
        assert person.identity is not None
        _check_person(person, person.identity.removeprefix("user:"), of)


def _check_person(person: AttendedPerson, who: str, of: list[Meeting]) -> None:
    connected = set().union(*(one.seconds(who, "connected") for one in of))
    assert person.there.length.seconds == len(set().union(*(one.seconds(who, "there") for one in of)))
    assert person.attended.seconds == len(connected)
    assert sum((one.end - one.start).total_seconds() for one in person.intervals) == len(connected)
    other = {"client": "provider", "provider": "client"}.get(SIDES[who] or "")
    waited = [one.seconds(who, "there") - one.of_side(other, "connected") for one in of] if other else []
    assert person.waited.length.seconds == len(set().union(*waited))
    audio, video = (set().union(*(_means(one, who, what) for one in of)) for what in ("audio", "video"))
    assert lengths(person.modality) == {
        "audio_and_video": len(audio & video),
        "audio_only": len(audio - video),
        "video_only": len(video - audio),
        "neither": len(connected - audio - video),
        "unknown": 0,
    }


def _means(one: Meeting, who: str, what: str) -> set[int]:
    """Heard or seen with a device, while it was connected."""
    return {second for v in one.visits if v.who == who for second in getattr(v, what) & set(v.connected) if second < one.ends}


def lengths(modality: Modality) -> dict[str, float]:
    return {kind: getattr(modality, kind).length.seconds for kind in Modality.__struct_fields__}


@given(meetings)
def test_parts_make_up_the_whole(of: list[Meeting]) -> None:
    """Evidence adds up to attended, and means to attended and to overlap: no moment is in two parts or in none."""
    found = told(of)

    assert sum(lengths(found.overlap.modality).values()) == found.overlap.length.seconds
    for person in found.people:
        evidence = person.evidence
        assert evidence.engine_seconds + evidence.socket_seconds + evidence.claimed_seconds == person.attended.seconds
        assert sum(lengths(person.modality).values()) == person.attended.seconds


@given(
    meetings,
    st.randoms(use_true_random=False),
    st.sampled_from([WISHED, ANY_END]),
    st.sampled_from(["confirmed", "in_progress", "completed", "no_show"]),
)
def test_no_order_matters(of: list[Meeting], chance: random.Random, wished: Any, stood: str) -> None:
    """Calls, and people and devices in them, in any order, and whatever stood there before: the same comes of it."""
    calls = outcomes(of)
    expected = progress(appointment(), calls, wished, at(CLOSES))

    mixed = [_mixed(call, chance) for call in chance.sample(calls, len(calls))]
    no_show = "both" if stood == "no_show" else None
    found = progress(appointment(status=stood, no_show=no_show, call_count=len(calls), completed_at=at(1)), mixed, wished, at(CLOSES))

    assert found == expected


def _mixed(call: CallOutcome, chance: random.Random) -> CallOutcome:
    people = [msgspec.structs.replace(one, devices=chance.sample(list(one.devices), len(one.devices))) for one in call.people]
    return msgspec.structs.replace(call, people=chance.sample(people, len(people)))
