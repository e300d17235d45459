"""What is told while a call runs, by looks at the last samples, is what one watch over all of them tells."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, strategies as st

from callwell import ids
from callwell.quality.findings import issue_fact
from callwell.quality.issues import OpenIssue, Watch
from callwell.quality.live import findings, looked_at
from callwell.quality.profiles import load_profiles
from callwell.quality.samples import Sample
from callwell.record.events import IssueCleared, IssueRaised, NewEvent

PROFILE = load_profiles()["default-v1"]
BEGAN = datetime(2026, 11, 21, 9, tzinfo=UTC)
CALL, PERSON, CONNECTION = ids.uuid7(), ids.uuid7(), ids.uuid7()

intervals = st.fixed_dictionaries(
    {
        "packet_loss_pct": st.sampled_from([0.0, 0.0, 0.0, None, 0.5, 2.0, 4.0, 9.0, 25.0, 60.0]),
        "rtt_ms": st.sampled_from([40.0, 40.0, 350.0, 700.0]),
    },
    optional={"muted": st.booleans()},
)


def samples_of(told: Sequence[dict[str, Any]]) -> list[Sample]:
    return [
        Sample(
            id=ids.uuid7(), call_id=CALL, participant_id=PERSON, connection_id=CONNECTION, started_at=BEGAN + n * timedelta(seconds=10),
            interval_ms=10_000, direction="inbound", kind="audio", jitter_ms=2.0, packets=500, bytes=40_000, **numbers,
        )
        for n, numbers in enumerate(told)
    ]  # fmt: skip


def after(open: dict[str, OpenIssue], facts: Sequence[NewEvent]) -> dict[str, OpenIssue]:
    """What is open, by the record, when these have been told."""
    open = dict(open)
    for fact in facts:
        match fact.payload:
            case IssueRaised(code, _, severity):
                since = open[code].raised_at if code in open else fact.occurred_at
                open[code] = OpenIssue(code, "audio", "inbound", "critical" if severity == "critical" else "warning", since)
            case IssueCleared(code):
                del open[code]
            case _:
                raise AssertionError(fact)
    return open


def told_by(looks: Sequence[Sequence[Sample]]) -> list[str]:
    open: dict[str, OpenIssue] = {}
    told: list[NewEvent] = []
    for samples in looks:
        facts = findings(CALL, PERSON, CONNECTION, samples, PROFILE, list(open.values()))
        open = after(open, facts)
        told += facts
    return _in_words(told)


def _in_words(facts: Sequence[NewEvent]) -> list[str]:
    return sorted(f"{fact.occurred_at} {fact.type} {fact.payload.issue} {getattr(fact.payload, 'severity', '')} {fact.id}" for fact in facts)  # pyright: ignore[reportAttributeAccessIssue]


BURST = (
    [{"packet_loss_pct": 0.0, "rtt_ms": 40.0}] * 15 + [{"packet_loss_pct": 20.0, "rtt_ms": 40.0}] + [{"packet_loss_pct": 0.0, "rtt_ms": 40.0}] * 15
)
"""One bad interval among good ones, which is no problem."""


@given(st.lists(intervals, max_size=50))
@example(BURST)
def test_looking_after_each_sample_tells_what_one_watch_over_all_tells(told: list[dict[str, Any]]) -> None:
    """Given a look after every sample, at no more than the last ones, then the same problems begin, worsen and end at the same moments."""
    samples = samples_of(told)
    watch = Watch(PROFILE)
    whole = [issue_fact(CALL, PERSON, CONNECTION, change) for sample in samples for change in watch.feed(sample, sample.id)]

    looks = [samples[max(0, n - looked_at(PROFILE)) : n] for n in range(1, len(samples) + 1)]

    assert told_by(looks) == _in_words(whole)


def test_one_bad_interval_is_no_problem_however_long_ago_it_was() -> None:
    """Given a burst of loss that is no problem when it comes, then it is none either when what came before it is not looked at any more."""
    samples = samples_of(BURST)

    assert told_by([samples[max(0, n - looked_at(PROFILE)) : n] for n in range(1, len(samples) + 1)]) == []
