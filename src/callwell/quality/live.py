"""How good a connection is just now, from its last samples. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from callwell import ids
from callwell.quality.findings import issue_fact
from callwell.quality.issues import IssueChange, OpenIssue, Watch, memory_of
from callwell.quality.profiles import Profile
from callwell.quality.samples import Sample
from callwell.quality.score import Category, category_of, combine, smoothed
from callwell.record.events import NewEvent, QualityChanged

GAP = timedelta(seconds=60)
"""After a longer time without a sample, how it was before says nothing any more."""


class Label(Struct, frozen=True):
    """How somebody's connection is just now: what they get, smoothed; and the numbers of its last interval, the worst of its tracks each."""

    at: datetime
    """The end of the last interval."""
    sample_id: UUID
    """Of it."""
    score: float | None
    category: Category
    rtt_ms: float | None
    packet_loss_pct: float | None
    jitter_ms: float | None
    bitrate_kbps: float | None
    """Received, all tracks together."""


def label_of(samples: Sequence[Sample]) -> Label:
    """Of a connection's last samples, in order of their ends; one at least."""
    score: float | None = None
    moments = _moments(samples)
    known_until = samples[0].ended_at
    for moment in moments:
        if moment[0].started_at - known_until > GAP:
            score = None
        known_until = moment[-1].ended_at
        heard = _lowest(sample.score for sample in moment if sample.direction == "inbound" and sample.kind == "audio")
        seen = _lowest(sample.score for sample in moment if sample.direction == "inbound" and sample.kind != "audio")
        if (new := combine(heard, seen)) is not None:
            score = smoothed(score, new)
    last = moments[-1]
    got = [sample for sample in last if sample.direction == "inbound"]
    return Label(
        at=samples[-1].ended_at,
        sample_id=samples[-1].id,
        score=None if score is None else round(score, 1),
        category=category_of(score),
        rtt_ms=_highest(sample.rtt_ms for sample in last),
        packet_loss_pct=_highest(sample.packet_loss_pct for sample in got),
        jitter_ms=_highest(sample.jitter_ms for sample in got),
        bitrate_kbps=_sum(sample.bitrate_kbps for sample in got),
    )


FRESH = 6
"""Samples of a track that may come between two looks and are still looked at as if one by one."""


def looked_at(profile: Profile) -> int:
    """How many of the last samples of a track it takes to tell how it fares just now."""
    return memory_of(profile) + FRESH


def findings(
    call_id: UUID, participant_id: UUID, connection_id: UUID, samples: Sequence[Sample], profile: Profile, open: Sequence[OpenIssue]
) -> list[NewEvent]:
    """What the last samples of a connection, so many as `looked_at` says, tell and the record, by which these problems are open, does not.

    Where there were samples before them, the first of them decide nothing: without their past they would show what the whole does not.
    """
    watch = Watch(profile, open)
    last: dict[tuple[str, str], IssueChange] = {}
    known = Counter((sample.direction, sample.kind) for sample in samples)
    to_remember = {track: memory_of(profile) if count >= looked_at(profile) else 0 for track, count in known.items()}
    for sample in samples:
        track = (sample.direction, sample.kind)
        decides = to_remember[track] == 0
        to_remember[track] -= not decides
        last |= {(change.code, change.key): change for change in watch.feed(sample, sample.id, decides=decides)}
    before, now = _severities(open), _severities(watch.open)
    return [issue_fact(call_id, participant_id, connection_id, change) for name, change in last.items() if now.get(name) != before.get(name)]


def endings(call_id: UUID, participant_id: UUID, connection_id: UUID, profile: Profile, open: Sequence[OpenIssue], at: datetime) -> list[NewEvent]:
    """That nothing is open any more: the connection is over."""
    return [issue_fact(call_id, participant_id, connection_id, change) for change in Watch(profile, open).finish(at)]


def label_fact(call_id: UUID, participant_id: UUID, connection_id: UUID, label: Label) -> NewEvent:
    """That a connection has become better or worse."""
    return NewEvent(
        call_id=call_id,
        id=ids.derived_id(call_id, connection_id, "quality.changed", label.category, label.sample_id),
        type="quality.changed",
        occurred_at=label.at,
        payload=QualityChanged(label.category, label.score),
        participant=str(participant_id),
        connection=str(connection_id),
    )


def _moments(samples: Iterable[Sample]) -> list[list[Sample]]:
    """Samples of one interval together: those of its tracks end at about one time."""
    moments: list[list[Sample]] = []
    for sample in samples:
        begun = moments[-1][0] if moments else None
        if begun is not None and (sample.ended_at - begun.ended_at).total_seconds() * 2000 < begun.interval_ms:
            moments[-1].append(sample)
        else:
            moments.append([sample])
    return moments


def _severities(issues: Iterable[OpenIssue]) -> dict[tuple[str, str], str]:
    return {(issue.code, f"{issue.direction}.{issue.kind}"): issue.severity for issue in issues}


def _lowest(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)


def _highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
