"""Elapsed, attended and overlap: the algebra of intervals, and what is counted with it."""

import itertools
from datetime import timedelta

from hypothesis import given, settings, strategies as st
from tests.record.story import Story, at, person, seconds

from callwell.record.durations import Intervals, attended, closed, difference, intersection, milliseconds, overlap, peak, union
from callwell.record.state import Span

END = 60
"""Seconds that the brute force counts one by one."""

moment = st.integers(0, END)
pairs = st.tuples(moment, moment).map(sorted).filter(lambda pair: pair[0] < pair[1])
some_pairs = st.lists(pairs, max_size=6)


def intervals(of: list[list[int]]) -> Intervals:
    return union([(at(start), at(end)) for start, end in of])


def counted(of: Intervals) -> set[int]:
    """The seconds that are in them, one by one."""
    return {second for second in range(END) if any(start <= at(second) < end for start, end in of)}


# ── The algebra ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(some_pairs, some_pairs)
def test_union_intersection_and_difference_are_those_of_seconds(a: list[list[int]], b: list[list[int]]) -> None:
    """What is computed with ends is what is counted second by second."""
    one, other = intervals(a), intervals(b)

    assert counted(union(one + other)) == counted(one) | counted(other)
    assert counted(intersection(one, other)) == counted(one) & counted(other)
    assert counted(difference(one, other)) == counted(one) - counted(other)


@given(some_pairs, some_pairs)
def test_what_comes_out_is_sorted_and_apart(a: list[list[int]], b: list[list[int]]) -> None:
    """Each interval has a length, ends before the next begins, and two that touch are one."""
    one, other = intervals(a), intervals(b)

    for result in (union(one + other), intersection(one, other), difference(one, other)):
        assert all(start < end for start, end in result)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(result))
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(one))


@given(some_pairs, some_pairs)
def test_lengths_add_up(a: list[list[int]], b: list[list[int]]) -> None:
    """What is in one is in the other as well, or is not."""
    one, other = intervals(a), intervals(b)

    assert milliseconds(one) == milliseconds(intersection(one, other)) + milliseconds(difference(one, other))
    assert milliseconds(one) == 1000 * len(counted(one))


@given(some_pairs, some_pairs, some_pairs)
def test_the_algebra_keeps_its_laws(a: list[list[int]], b: list[list[int]], c: list[list[int]]) -> None:
    """Order and grouping do not matter, and nothing is left of a thing without itself."""
    x, y, z = intervals(a), intervals(b), intervals(c)

    assert intersection(x, y) == intersection(y, x)
    assert union(union(x + y) + z) == union(x + union(y + z))
    assert intersection(x, union(y + z)) == union(intersection(x, y) + intersection(x, z))
    assert difference(x, x) == []
    assert difference(x, []) == x


def test_spans_are_cut_at_the_end_and_what_goes_on_ends_there() -> None:
    """A span that began after the end is not there at all."""
    spans = [Span(at(0), at(10)), Span(at(20), at(90)), Span(at(30)), Span(at(70), at(80))]

    assert closed(spans, at(60)) == [(at(0), at(10)), (at(20), at(60))]
    assert closed(spans, None) == [(at(0), at(10)), (at(20), at(90))]


# ── Peak ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(some_pairs, max_size=5))
def test_the_peak_is_the_fullest_second(people: list[list[list[int]]]) -> None:
    """The most people in any second, each counted once however many devices they have."""
    there = [intervals(one) for one in people]

    assert peak(there) == max((sum(second in counted(one) for one in there) for second in range(END)), default=0)


def test_who_comes_the_moment_somebody_goes_was_not_there_with_them() -> None:
    """One leaves at 30 and another comes at 30: never two."""
    story = Story().there("ana", 0, 30).there("ben", 30, 60).ended(60)

    assert (story.call.peak_participants, story.call.participant_count) == (1, 2)


# ── Overlap ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

stay = st.tuples(st.sampled_from(["ana", "ben", "cleo"]), st.sampled_from(["laptop", "phone"]), pairs)


@settings(max_examples=300)
@given(st.lists(stay, max_size=10), st.dictionaries(st.sampled_from(["ana", "ben", "cleo"]), st.sampled_from(["client", "provider"])))
def test_overlap_is_what_is_counted_second_by_second(stays: list[tuple[str, str, list[int]]], sides: dict[str, str]) -> None:
    """Given people with several devices, then overlap is the number of seconds in which both sides were there, exact to the millisecond."""
    there: dict[str, set[int]] = {}
    people: dict[str, list[tuple[list[Span], list[Span]]]] = {}
    for who, _, (start, end) in stays:
        there.setdefault(who, set()).update(range(start, end))
        people.setdefault(who, []).append(([Span(at(start), at(end))], []))

    found = overlap([(sides.get(who), attended(connections, at(END))) for who, connections in people.items()])

    if any(sides.get(who) for who in people):
        client, provider = ({s for who in there if sides.get(who) == side for s in there[who]} for side in ("client", "provider"))
        expected = len(client & provider)
    else:
        expected = sum(sum(second in own for own in there.values()) >= 2 for second in range(END))
    assert milliseconds(found.whole) == 1000 * expected
    assert found.claimed_ms == milliseconds(found.whole), "nothing shows it but what was said"


def test_three_people_without_sides_overlap_while_any_two_are_there() -> None:
    """Where nobody said who is which, it is the time that two people or more were there, and the record says so."""
    call = Story().there("ana", 0, 30).there("ben", 10, 50).there("cleo", 45, 60).ended(60).call

    assert (call.overlap_ms, call.overlap_of) == ((20 + 5) * 1000, "people")


def test_two_clients_alone_do_not_overlap() -> None:
    """Where sides are known, only client with provider counts: that is what is billed."""
    call = Story().there("ana", 0, 60, role="patient").there("ben", 0, 60, role="client").ended(60).call

    assert (call.overlap_ms, call.overlap_of) == (0, "sides")


def test_any_client_with_any_provider_overlaps() -> None:
    """A group: two clients who relieve each other, and a caregiver who is there throughout."""
    story = Story().there("ana", 0, 20, role="client").there("ben", 15, 40, role="client").there("cleo", 10, 60, role="caregiver")

    assert story.ended(60).call.overlap_ms == 30_000


def test_the_provider_of_the_call_is_its_provider_without_saying_so() -> None:
    """Who was named as provider when the call was made is on that side, unless they come in as something else."""
    story = Story().created(0, provider_id=person("ngozi")).there("ngozi", 0, 60).there("ana", 30, 60, role="client").ended(60)

    assert (story.of("ngozi").side, story.call.overlap_ms) == ("provider", 30_000)


def test_a_side_that_is_said_counts_more_than_a_role() -> None:
    """The host's own roles mean what the host says."""
    story = Story().there("ana", 0, 60, role="client", side="provider")

    assert (story.of("ana").role, story.of("ana").side) == ("client", "provider")


def test_an_unknown_role_is_on_no_side() -> None:
    """An interpreter is there with both, and for neither."""
    story = Story().there("ana", 0, 60, role="client").there("ivo", 0, 60, role="interpreter").ended(60)

    assert (story.of("ivo").side, story.call.overlap_ms) == (None, 0)


# ── Evidence ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_attended_time_is_split_by_what_shows_it_the_best_first() -> None:
    """Connected from 0 to 60: the engine says so on one device from 0 to 20, a socket was open from 10 to 40, the rest is a claim."""
    story = Story().there("ana", 0, 20, "phone", source="engine:livekit").there("ana", 0, 60).holds("ana", 10, 40).ended(60)

    ana = story.of("ana")
    assert (ana.attended_engine_ms, ana.attended_socket_ms, ana.attended_claimed_ms) == (20_000, 20_000, 20_000)
    assert ana.attended_ms == 60_000


def test_a_socket_that_was_open_without_media_is_not_attendance() -> None:
    """Looking at a waiting page is not being in the call."""
    story = Story().there("ana", 30, 60).holds("ana", 0, 100).ended(60)

    assert (story.of("ana").attended_socket_ms, story.of("ana").attended_ms) == (30_000, 30_000)


def test_overlap_says_how_much_of_it_rests_on_a_claim() -> None:
    """Both were there for 60 s; sockets show it for both only from 20 to 40."""
    story = Story().there("ana", 0, 60, role="client").holds("ana", 0, 40).there("ngozi", 0, 60, role="therapist").holds("ngozi", 20, 60).ended(60)

    assert (story.call.overlap_ms, story.call.overlap_claimed_ms) == (60_000, 40_000)


evidenced = st.tuples(pairs, st.booleans(), some_pairs)


@given(st.lists(evidenced, max_size=4))
def test_the_parts_make_up_the_whole_and_have_no_moment_in_common(connections: list[tuple[list[int], bool, list[list[int]]]]) -> None:
    """Whatever shows it, each second attended is in exactly one of engine, socket and claimed."""
    given_ = [([Span(at(start), at(end), by_engine)], [Span(at(a), at(b)) for a, b in held]) for (start, end), by_engine, held in connections]

    found = attended(given_, at(END))

    parts = [counted(part) for part in (found.engine, found.socket, found.claimed)]
    assert set.union(*parts) == counted(found.whole) == {s for (start, end), _, _ in connections for s in range(start, end)}
    assert sum(map(len, parts)) == len(counted(found.whole))
    assert parts[0] == {s for (start, end), by_engine, _ in connections if by_engine for s in range(start, end)}


def test_milliseconds_are_kept() -> None:
    """Times are as fine as they are told, and nothing is rounded up."""
    story = Story().there("ana", 0.25, 1.5).ended(2)

    assert (story.of("ana").attended_ms, story.connection("ana").duration_seconds, seconds(at(0.25))) == (1250, 1, 0.25)
    assert milliseconds([(at(0), at(0) + timedelta(microseconds=999))]) == 0
