"""Problems: what holds for every run of samples, however strange."""

import random
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import msgspec
from hypothesis import given, settings, strategies as st

from callwell.quality.issues import IssueChange, Outage, Watch, find_issues
from callwell.quality.profiles import load_profiles
from callwell.quality.samples import Measured

EXAMPLES = settings().max_examples * 3
NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
PROFILES = st.sampled_from(list(load_profiles().values()))

bad_or_good: dict[str, Any] = {
    "rtt_ms": st.sampled_from([None, 50.0, 400.0, 600.0, float("nan"), float("inf")]),
    "jitter_ms": st.sampled_from([None, 5.0, 50.0, 200.0]),
    "packet_loss_pct": st.sampled_from([None, 0.0, 2.0, 8.0, 50.0, 100.0, float("nan")]),
    "packets": st.sampled_from([None, 0, 10, 500]),
    "bytes": st.sampled_from([None, 0, 1_000_000]),
    "fps": st.sampled_from([None, 0.0, 5.0, 30.0]),
    "freeze_ratio": st.sampled_from([None, 0.0, 0.2, 1.0]),
    "muted": st.sampled_from([False] * 9 + [True]),
}
moments = st.tuples(
    st.integers(0, 60),
    st.sampled_from([1000, 10_000]),
    st.sampled_from(["inbound", "outbound"]),
    st.sampled_from(["audio", "video"]),
    st.fixed_dictionaries(bad_or_good),
)


def _measured(moment: tuple[int, int, Any, Any, dict[str, Any]]) -> Measured:
    ten_seconds, interval_ms, direction, kind, figures = moment
    started_at = NINE + timedelta(seconds=10 * ten_seconds)
    return Measured(started_at=started_at, interval_ms=interval_ms, direction=direction, kind=kind, **figures)


samples = st.lists(moments.map(_measured), max_size=60, unique_by=lambda one: (one.started_at, one.interval_ms, one.direction, one.kind))


def in_order(run: list[Measured]) -> list[Measured]:
    return sorted(run, key=lambda one: (one.ended_at, one.started_at))


def assert_in_pairs(changes: list[IssueChange]) -> None:
    """Raised, perhaps raised again as critical, cleared as what it was last; nothing is left open."""
    open_now: dict[tuple[str, str], str] = {}
    for change in changes:
        key = (change.key, change.code)
        if change.raised:
            assert key not in open_now or (open_now[key], change.severity) == ("warning", "critical")
            open_now[key] = change.severity
        else:
            assert open_now.pop(key) == change.severity
    assert open_now == {}


@settings(max_examples=EXAMPLES)
@given(samples, PROFILES)
def test_each_problem_begins_before_it_ends_and_once_at_a_time(run: list[Measured], profile: Any) -> None:
    """Never twice, never ended without having begun, and nothing that JSON could not hold."""
    watch = Watch(profile)
    changes = [change for one in in_order(run) for change in watch.feed(one)] + watch.finish(NINE)

    assert_in_pairs(changes)
    assert all(change.value is None or isfinite(change.value) for change in changes)
    assert watch.open == []


@settings(max_examples=EXAMPLES)
@given(samples, PROFILES, st.randoms(use_true_random=False))
def test_afterwards_the_same_is_found_as_live_in_whatever_order(run: list[Measured], profile: Any, chance: random.Random) -> None:
    """As many intervals as were cleared live, each within the run, with the severity that it had there."""
    watch = Watch(profile)
    live = [change for one in in_order(run) for change in watch.feed(one)] + watch.finish(NINE)
    shuffled = list(run)
    chance.shuffle(shuffled)

    found = find_issues(shuffled, profile)

    assert sorted((issue.code, issue.severity, issue.direction, issue.kind) for issue in found) == sorted(
        (change.code, change.severity, change.direction, change.kind) for change in live if not change.raised
    )
    for issue in found:
        assert min(one.started_at for one in run) <= issue.started_at < issue.ended_at <= max(one.ended_at for one in run)
        assert (issue.critical_at is not None) == (issue.severity == "critical")
        assert issue.critical_at is None or issue.started_at <= issue.critical_at < issue.ended_at


@settings(max_examples=EXAMPLES)
@given(samples, PROFILES)
def test_silence_and_perfection_have_no_problems(run: list[Measured], profile: Any) -> None:
    """However the same samples were, muted they show nothing."""
    assert find_issues([msgspec.structs.replace(one, muted=True) for one in run], profile) == []


@settings(max_examples=EXAMPLES)
@given(samples, PROFILES, st.integers(0, 60))
def test_a_watch_can_stop_anywhere_and_another_goes_on(run: list[Measured], profile: Any, at: int) -> None:
    """What was open is neither raised again nor lost: over both of them everything that began ends."""
    ordered = in_order(run)
    first = Watch(profile)
    before = [change for one in ordered[:at] for change in first.feed(one)]
    second = Watch(profile, first.open)
    after = [change for one in ordered[at:] for change in second.feed(one)] + second.finish(NINE)

    assert_in_pairs([*before, *after])


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 100), st.booleans()), max_size=20), st.randoms(use_true_random=False))
def test_reconnects_do_not_depend_on_the_order_in_which_they_are_told(spans: list[tuple[int, int, bool]], chance: random.Random) -> None:
    """They are put in order of time."""
    outages = [Outage(NINE + timedelta(seconds=start), NINE + timedelta(seconds=start + long), rejoined) for start, long, rejoined in spans]
    shuffled = sorted(outages, key=lambda one: one.started_at)
    chance.shuffle(shuffled)
    profile = load_profiles()["default-v1"]
    assert sorted(issue.severity for issue in find_issues([], profile, shuffled)) == sorted(
        issue.severity for issue in find_issues([], profile, outages)
    )
