"""The report of a call: how it went, for everybody and together, and why. Pure: from the record and the samples.

It holds no names and nobody's words: people are in it by our ids, so that it stays true when somebody is erased.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import itemgetter
from typing import Literal, TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from callwell.quality.findings import issue_fact
from callwell.quality.issues import Outage, look_through
from callwell.quality.profiles import Profile
from callwell.quality.samples import Direction, Kind, Sample
from callwell.quality.score import (
    FORMULA,
    Category,
    Piece,
    call_score,
    capped,
    category_of,
    combine,
    participant_score,
    score_sample,
    teams_cqd_class,
)
from callwell.record.durations import Intervals, difference, intersection, union
from callwell.record.events import NewEvent
from callwell.record.shown import Call, Connection, Interval, Participant

N = TypeVar("N", int, float)

EVER_AFTER = datetime.max.replace(tzinfo=UTC)
SILENT_AFTER = timedelta(seconds=30)
"""How long somebody who is connected may send no sample before it is told."""
BACK_WITHIN = timedelta(seconds=60)
"""Who is back so soon was away, not gone: the time counts as disconnected."""
FEWEST_SAMPLES = 3
LEAST_COVERED = timedelta(seconds=30)
"""With fewer samples, or samples of less time, nothing is said of a person."""
WORTH_TELLING = 0.5
"""Points that a reason must cost to be told."""
MOST_REASONS = 5
"""Reasons told of a score that there is not."""
EXPLAINED_BELOW = 95.0
"""Samples that score more have no reasons worth looking for."""


class Figures(Struct, frozen=True):
    """A figure over time: its mean, what it was below for 95 % of the time, and its highest."""

    mean: float
    p95: float
    max: float


class Why(Struct, frozen=True):
    """What cost points; or, where there is no score, why there is none."""

    code: str
    """``delay loss bitrate fps freeze disconnected``; of no score ``no_samples``, ``too_few_samples``, ``muted``, ``missing:FIELD`` or ``nobody_known``."""
    points: float | None
    """Of a hundred, on average over the time covered. Null where there is no score."""


class Track(Struct, frozen=True, kw_only=True):
    """All that was measured of one kind in one direction."""

    direction: Direction
    kind: Kind
    samples: int
    seconds: float
    muted_seconds: float
    score: float | None
    mos: float | None
    category: Category
    reasons: list[Why]
    teams_cqd_class: Literal["Good", "Poor", "Unclassified"]
    rtt_ms: Figures | None
    jitter_ms: Figures | None
    jitter_buffer_ms: Figures | None
    packet_loss_pct: Figures | None
    late_loss_pct: Figures | None
    concealment_pct: Figures | None
    bitrate_kbps: Figures | None
    fps: Figures | None
    frames_dropped_pct: Figures | None
    width: int | None
    height: int | None
    codecs: list[str]
    freeze_seconds: float | None
    freeze_count: int | None
    limited_seconds: dict[str, float]
    """For how long the sender was limited, and by what."""
    packets: int | None
    bytes: int | None
    counter_resets: int


class Minute(Struct, frozen=True):
    """One minute of somebody's call, counted from its start."""

    minute: int
    score: float | None
    rtt_ms: float | None
    packet_loss_pct: float | None
    bitrate_kbps: float | None
    jitter_ms: float | None = None
    """Null also in reports that were made before it was told."""


class Coverage(Struct, frozen=True):
    """How much was seen: without samples nothing is known."""

    connected_seconds: float
    covered_seconds: float
    share: float | None
    silent: list[Interval]
    """When somebody was connected and sent no sample."""


class Issue(Struct, frozen=True, kw_only=True):
    """A quality problem, from when until when."""

    code: str
    severity: Literal["warning", "critical"]
    participant_id: UUID
    connection_id: UUID | None
    """Null where it is about coming back with another connection."""
    direction: Direction | None
    """``inbound``: what this person got; ``outbound``: what others got of theirs. Null where it is the connection's."""
    kind: Kind | None
    started_at: datetime
    ended_at: datetime
    critical_at: datetime | None
    """Since when it was critical."""
    seconds: float
    minute: int
    """Of the call, counted from its start, in which it began."""
    worst: float | None
    """The worst that the figure was, in the unit of its code."""
    caused_by: UUID | None = None
    """Whose sending it comes from, as far as can be told."""


class Person(Struct, frozen=True, kw_only=True):
    """How the call went for one person."""

    participant_id: UUID
    score: float | None
    category: Category
    reasons: list[Why]
    sent_score: float | None
    """How what they sent arrived with the others."""
    coverage: Coverage
    reconnects: int
    disconnected_seconds: float
    setup_ms: int | None
    """From coming in to media, of their first connection."""
    spoke_seconds: float
    bytes_sent: int | None
    bytes_received: int | None
    bandwidth_kbps: float | None
    rating_stars: int | None
    tracks: list[Track]
    minutes: list[Minute]


class Setup(Struct, frozen=True):
    mean_ms: float
    max_ms: int


class Body(Struct, frozen=True, kw_only=True):
    """A report, as it is kept."""

    formula: str
    profile: str
    score: float | None
    category: Category
    reasons: list[Why]
    coverage: Coverage
    tracks: list[Track]
    """Over all people."""
    bytes_sent: int | None
    bytes_received: int | None
    setup: Setup | None
    rating: float | None
    """The mean of the stars that were given."""
    sample_count: int
    people: list[Person]
    issues: list[Issue]


class Judgement(Struct, frozen=True):
    """The report of a call, and what a watch would have told of it, had it been fed all samples in their order.

    The same facts as were told while it went on, and those that could not be.
    """

    body: Body
    facts: list[NewEvent]


def make_report(call: Call, samples: Sequence[Sample], profile: Profile, at: datetime) -> Body:
    """The report of a call by what is known of it. Of one that goes on, as it stands at that time."""
    return judge(call, samples, profile, at).body


def judge(call: Call, samples: Sequence[Sample], profile: Profile, at: datetime) -> Judgement:
    """The same, with what is to be told of it."""
    began = call.started_at or call.created_at
    over = call.ended_at or at
    by_connection = _while_connected(call, samples, over)
    there = [one for one in call.participants if any(connection.intervals.connected for connection in one.connections)]
    found = [_issues(call.id, one, by_connection, profile, began, over) for one in there]
    issues = _with_causes([issue for own, _ in found for issue in own])
    costs = _Costs()
    people = [
        _person(one, by_connection, [issue for issue in issues if issue.participant_id == one.id], costs, profile, began, over) for one in there
    ]

    known = [(person.score, person.coverage.covered_seconds + person.disconnected_seconds) for person in people if person.score is not None]
    score = _rounded(call_score(known))
    connected = sum(person.coverage.connected_seconds for person in people)
    covered = sum(person.coverage.covered_seconds for person in people)
    critical = sum(_seconds(_critical([issue for issue in issues if issue.participant_id == one.id])) for one in there)
    setups = [person.setup_ms for person in people if person.setup_ms is not None]
    stars = [person.rating_stars for person in people if person.rating_stars is not None]
    body = Body(
        formula=FORMULA,
        profile=profile.name,
        score=score,
        category=_capped(score, critical, connected, profile),
        reasons=_together([(person.reasons, person.coverage.covered_seconds) for person in people if person.score is not None]),
        coverage=Coverage(connected, covered, _share(covered, connected), []),
        tracks=_tracks(samples, costs),
        bytes_sent=_sum(person.bytes_sent for person in people),
        bytes_received=_sum(person.bytes_received for person in people),
        setup=Setup(sum(setups) / len(setups), max(setups)) if setups else None,
        rating=sum(stars) / len(stars) if stars else None,
        sample_count=len(samples),
        people=people,
        issues=sorted(issues, key=lambda issue: (issue.started_at, issue.code, str(issue.connection_id))),
    )
    return Judgement(body, [fact for _, facts in found for fact in facts])


# ── One person ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _person(
    one: Participant,
    by_connection: Mapping[UUID, list[Sample]],
    issues: list[Issue],
    costs: "_Costs",
    profile: Profile,
    began: datetime,
    over: datetime,
) -> Person:
    own = [sample for connection in one.connections for sample in by_connection.get(connection.id, ())]
    inbound = [sample for sample in own if sample.direction == "inbound"]
    connected = _connected(one, over)
    away, reconnects = disconnected(one, over)
    seen = intersection(union([(sample.started_at, sample.ended_at) for sample in own]), connected)
    pieces = experience(inbound, away)
    valid = [sample for sample in inbound if sample.score is not None]
    score = None
    if len(valid) >= FEWEST_SAMPLES and _seconds(union([(sample.started_at, sample.ended_at) for sample in valid])) >= LEAST_COVERED.total_seconds():
        score = _rounded(participant_score([Piece(score, _length(start, end)) for start, end, score in pieces], reconnects=reconnects))
    covered, whole = _seconds(seen), _seconds(connected)
    sent, received = (_sum(sample.bytes for sample in own if sample.direction == direction) for direction in ("outbound", "inbound"))
    return Person(
        participant_id=one.id,
        score=score,
        category=_capped(score, _seconds(intersection(_critical(issues), connected)), whole, profile),
        reasons=_reasons(inbound, costs, score, pieces, reconnects) if score is not None else _why_unknown(inbound),
        sent_score=_mean((score, _length(start, end)) for start, end, score in experience([s for s in own if s.direction == "outbound"], [])),
        coverage=Coverage(whole, covered, _share(covered, whole), _silent(connected, seen)),
        reconnects=reconnects,
        disconnected_seconds=_seconds(away),
        setup_ms=_setup_ms(one),
        spoke_seconds=one.spoke_seconds,
        bytes_sent=sent,
        bytes_received=received,
        bandwidth_kbps=_rounded(8 * ((sent or 0) + (received or 0)) / 1000 / covered) if covered and (sent, received) != (None, None) else None,
        rating_stars=one.rating_stars,
        tracks=_tracks(own, costs),
        minutes=_minutes(inbound, pieces, began),
    )


def experience(samples: Iterable[Sample], away: Intervals) -> list[tuple[datetime, datetime, float]]:
    """What somebody experienced: pieces of time with a score each, audio and picture together; time disconnected is 0, time unknown is left out."""
    turns: list[tuple[datetime, int, str, float]] = [
        (at, step, "audio" if sample.kind == "audio" else "picture", sample.score)
        for sample in samples
        if sample.score is not None
        for at, step in ((sample.started_at, 1), (sample.ended_at, -1))
    ]
    turns += [(at, step, "away", 0.0) for start, end in away for at, step in ((start, 1), (end, -1))]
    turns.sort(key=itemgetter(0, 1))
    running = {"audio": (0, 0.0), "picture": (0, 0.0), "away": (0, 0.0)}
    pieces: list[tuple[datetime, datetime, float]] = []
    since: datetime | None = None
    for at, step, what, score in turns:
        if since is not None and at > since:
            now = 0.0 if running["away"][0] else combine(_running_mean(*running["audio"]), _running_mean(*running["picture"]))
            if now is not None:
                pieces.append((since, at, now))
        since = at
        count, total = running[what]
        running[what] = (count + step, total + step * score if count + step else 0.0)
    return pieces


def _running_mean(count: int, total: float) -> float | None:
    return min(100.0, max(0.0, total / count)) if count else None


def disconnected(one: Participant, over: datetime) -> tuple[Intervals, int]:
    """When somebody was without media though they came back, and how often that was: lost within a connection, or back soon with another one."""
    together = _connected(one, over)
    lost = union([gap for connection in one.connections for gap in _gaps(_connected_by(connection, over))])
    soon = [(start, end) for start, end in _gaps(together) if end - start <= BACK_WITHIN]
    away = difference(union([*lost, *soon]), together)
    return away, len(away)


def _while_connected(call: Call, samples: Iterable[Sample], over: datetime) -> dict[UUID, list[Sample]]:
    """The samples of each connection in order, but for those of a time in which it was not connected at all: of lost media there is nothing to judge."""
    connected = {connection.id: _connected_by(connection, over) for one in call.participants for connection in one.connections}
    kept: dict[UUID, list[Sample]] = defaultdict(list)
    for sample in sorted(samples, key=_in_order):
        if _is_partly_in(sample, connected.get(sample.connection_id, ())):
            kept[sample.connection_id].append(sample)
    return kept


def _is_partly_in(sample: Sample, intervals: Iterable[tuple[datetime, datetime]]) -> bool:
    began, ended = sample.started_at, sample.ended_at
    for start, end in intervals:  # noqa: SIM110 a loop takes half the time, and there are many samples
        if start < ended and began < end:
            return True
    return False


def _gaps(intervals: Intervals) -> Intervals:
    return [(before[1], after[0]) for before, after in pairwise(intervals)]


def _connected(one: Participant, over: datetime) -> Intervals:
    return union([interval for connection in one.connections for interval in _connected_by(connection, over)])


def _connected_by(connection: Connection, over: datetime) -> Intervals:
    return union([(interval.start, min(interval.end or over, over)) for interval in connection.intervals.connected if interval.start < over])


def _silent(connected: Intervals, seen: Intervals) -> list[Interval]:
    return [Interval(start=start, end=end) for start, end in difference(connected, seen) if end - start >= SILENT_AFTER]


def _setup_ms(one: Participant) -> int | None:
    first = min((c for c in one.connections if c.connected_at is not None), key=lambda c: c.connected_at or EVER_AFTER, default=None)
    if first is None:
        return None
    if first.setup_ms is not None:
        return first.setup_ms
    if first.joined_at is None or first.connected_at is None:
        return None
    return max(0, int((first.connected_at - first.joined_at) / timedelta(milliseconds=1)))


def _minutes(inbound: Sequence[Sample], pieces: Iterable[tuple[datetime, datetime, float]], began: datetime) -> list[Minute]:
    minute = timedelta(minutes=1)
    scores: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for piece_start, end, score in pieces:
        start = max(piece_start, began)
        for number in range((start - began) // minute, -((began - end) // minute)):
            piece = min(end, began + (number + 1) * minute) - max(start, began + number * minute)
            if piece > timedelta(0):
                scores[number].append((score, piece.total_seconds()))
    measured: dict[int, list[Sample]] = defaultdict(list)
    for sample in inbound:
        measured[max(0, (sample.started_at - began) // minute)].append(sample)
    return [
        Minute(
            number,
            _mean(scores.get(number, ())),
            _mean_of("rtt_ms", measured[number]),
            _mean_of("packet_loss_pct", measured[number]),
            _mean_of("bitrate_kbps", measured[number]),
            _mean_of("jitter_ms", measured[number]),
        )
        for number in sorted({*scores, *measured})
    ]


# ── Why ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Costs:
    """What samples lost, and by what. It is asked of a person, of their tracks and of the call's, and worked out once."""

    def __init__(self) -> None:
        # By which one it is in memory, where all of them are for as long as this is: looking at what it says would take longer.
        self._known: dict[int, list[tuple[str, float]]] = {}

    def of(self, sample: Sample) -> list[tuple[str, float]]:
        if (costs := self._known.get(id(sample))) is None:
            costs = self._known[id(sample)] = [(reason.code, reason.points) for reason in score_sample(sample).reasons if reason.points is not None]
        return costs


def _reasons(
    inbound: Iterable[Sample], costs: _Costs, score: float, pieces: Sequence[tuple[datetime, datetime, float]], reconnects: int
) -> list[Why]:
    """What cost points: what each sample lost by what, on average; and what being without media cost, which no sample tells."""
    lost = _lost(inbound, costs)
    if reconnects:
        present = [Piece(piece, _length(start, end)) for start, end, piece in pieces if piece > 0]
        without = participant_score(present, reconnects=0)
        if without is not None:
            lost["disconnected"] = without - score
    return _worth_telling(lost)


def _lost(samples: Iterable[Sample], costs: _Costs) -> dict[str, float]:
    """Points lost by each cause, on average over the time of the samples that have a score."""
    lost: dict[str, float] = defaultdict(float)
    seconds = 0.0
    for sample in samples:
        if sample.score is None:
            continue
        own = sample.interval_ms / 1000
        seconds += own
        if sample.score < EXPLAINED_BELOW:
            for code, points in costs.of(sample):
                lost[code] += points * own
    return {code: points / seconds for code, points in lost.items()} if seconds else {}


def _why_unknown(samples: Sequence[Sample]) -> list[Why]:
    """Why there is no score: what the samples lack that have none, the commonest first; else that there are too few."""
    lacking: dict[str, int] = defaultdict(int)
    for sample in samples:
        if sample.score is None:
            for reason in score_sample(sample).reasons:
                lacking[reason.code] += sample.interval_ms
    codes = sorted(lacking, key=lambda code: (-lacking[code], code))
    if any(sample.score is not None for sample in samples):
        codes = ["too_few_samples", *codes]
    return [Why(code, None) for code in codes[:MOST_REASONS]] or [Why("no_samples", None)]


def _worth_telling(lost: Mapping[str, float]) -> list[Why]:
    found = [(code, points) for code, points in lost.items() if points >= WORTH_TELLING]
    return [Why(code, round(points, 2)) for code, points in sorted(found, key=lambda one: (-one[1], one[0]))]


def _together(reasons: Iterable[tuple[list[Why], float]]) -> list[Why]:
    """The reasons of several, each weighing as much as it lasted."""
    lost: dict[str, float] = defaultdict(float)
    whole = 0.0
    for own, seconds in reasons:
        whole += seconds
        for why in own:
            lost[why.code] += (why.points or 0.0) * seconds
    return _worth_telling({code: points / whole for code, points in lost.items()}) if whole else [Why("nobody_known", None)]


# ── Issues ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _issues(
    call_id: UUID, one: Participant, by_connection: Mapping[UUID, list[Sample]], profile: Profile, began: datetime, over: datetime
) -> tuple[list[Issue], list[NewEvent]]:
    away, _ = disconnected(one, over)
    outages = [Outage(start, end, rejoined=not _is_within_one(one, start, end, over)) for start, end in away]
    found = look_through([sample for connection in one.connections for sample in by_connection.get(connection.id, ())], profile, outages)
    issues = [
        Issue(
            code=issue.code,
            severity=issue.severity,
            participant_id=one.id,
            connection_id=issue.connection_id,
            direction=issue.direction,
            kind=issue.kind,
            started_at=issue.started_at,
            ended_at=issue.ended_at,
            critical_at=issue.critical_at,
            seconds=_length(issue.started_at, issue.ended_at),
            minute=max(0, (issue.started_at - began) // timedelta(minutes=1)),
            worst=_rounded(issue.value),
        )
        for issue in found.issues
    ]
    ends = {connection.id: connected[-1][1] for connection in one.connections if (connected := _connected_by(connection, over))}
    return issues, [
        # What is open when samples end is over when the connection is.
        issue_fact(call_id, one.id, connection_id, change if change.sample_id else replace(change, at=ends[connection_id]))
        for connection_id, change in found.told
        if connection_id is not None
    ]


def _is_within_one(one: Participant, start: datetime, end: datetime, over: datetime) -> bool:
    """Whether it was one connection that was lost and came back, and not another in its place."""
    gaps = [gap for connection in one.connections for gap in _gaps(_connected_by(connection, over))]
    return any(gap_start <= start and end <= gap_end for gap_start, gap_end in gaps)


def _with_causes(issues: Sequence[Issue]) -> list[Issue]:
    """Each with whose sending it comes from: one's own where others got it badly; of what somebody got, whoever's arrived badly with others then.

    Of two networks between two people nobody can say by what one got alone which it was. What the other's page says of its own sending can.
    """
    sent = [issue for issue in issues if issue.direction == "outbound"]
    return [
        replace(issue, caused_by=issue.participant_id if issue.direction == "outbound" else _sender(issue, sent))
        if issue.direction is not None
        else issue
        for issue in issues
    ]


def _sender(issue: Issue, sent: Iterable[Issue]) -> UUID | None:
    together: dict[UUID, timedelta] = defaultdict(timedelta)
    for other in sent:
        if other.participant_id != issue.participant_id and (other.kind == "audio") == (issue.kind == "audio"):
            overlap = min(issue.ended_at, other.ended_at) - max(issue.started_at, other.started_at)
            if overlap >= timedelta(0):
                together[other.participant_id] += overlap
    return max(sorted(together), key=lambda id: together[id], default=None)


def _critical(issues: Iterable[Issue]) -> Intervals:
    """When something was critical for somebody's own experience."""
    own = (issue for issue in issues if issue.direction != "outbound")
    return union([(issue.critical_at, issue.ended_at) for issue in own if issue.critical_at is not None and issue.ended_at > issue.critical_at])


def _capped(score: float | None, critical_seconds: float, connected_seconds: float, profile: Profile) -> Category:
    share = critical_seconds / connected_seconds if connected_seconds else 0.0
    return capped(category_of(score), share, fair_from=profile.caps.fair_share, poor_from=profile.caps.poor_share)


# ── Figures ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tracks(samples: Iterable[Sample], costs: _Costs) -> list[Track]:
    found: dict[tuple[Direction, Kind], list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.direction, sample.kind].append(sample)
    return [_track(direction, kind, own, costs) for (direction, kind), own in sorted(found.items())]


def _track(direction: Direction, kind: Kind, samples: Sequence[Sample], costs: _Costs) -> Track:
    heard = [sample for sample in samples if not sample.muted]
    score = _mean_of("score", heard)
    limited: dict[str, float] = defaultdict(float)
    for sample in heard:
        if sample.limitation not in (None, "none"):
            limited[sample.limitation] += sample.interval_ms / 1000
    return Track(
        direction=direction,
        kind=kind,
        samples=len(samples),
        seconds=sum(sample.interval_ms for sample in samples) / 1000,
        muted_seconds=sum(sample.interval_ms for sample in samples if sample.muted) / 1000,
        score=score,
        mos=_mean_of("mos", heard),
        category=category_of(score),
        reasons=_worth_telling(_lost(heard, costs)) if score is not None else _why_unknown(samples),
        teams_cqd_class=teams_cqd_class(samples),
        rtt_ms=_figures("rtt_ms", heard),
        jitter_ms=_figures("jitter_ms", heard),
        jitter_buffer_ms=_figures("jitter_buffer_ms", heard),
        packet_loss_pct=_figures("packet_loss_pct", heard),
        late_loss_pct=_figures("late_loss_pct", heard),
        concealment_pct=_figures("concealment_pct", heard),
        bitrate_kbps=_figures("bitrate_kbps", heard),
        fps=_figures("fps", heard),
        frames_dropped_pct=_figures("frames_dropped_pct", heard),
        width=max((sample.width for sample in samples if sample.width is not None), default=None),
        height=max((sample.height for sample in samples if sample.height is not None), default=None),
        codecs=sorted({sample.codec for sample in samples if sample.codec is not None}),
        freeze_seconds=_sum(sample.freeze_ratio * sample.interval_ms / 1000 for sample in heard if sample.freeze_ratio is not None),
        freeze_count=_sum(sample.freeze_count for sample in heard),
        limited_seconds=dict(limited),
        packets=_sum(sample.packets for sample in samples),
        bytes=_sum(sample.bytes for sample in samples),
        counter_resets=sum(sample.counter_resets for sample in samples),
    )


def _figures(name: str, samples: Iterable[Sample]) -> Figures | None:
    """A figure of samples, each weighing as much as it lasted."""
    known = sorted([(value, sample.interval_ms) for sample in samples if (value := getattr(sample, name)) is not None], key=itemgetter(0))
    if not known:
        return None
    whole = sum([weight for _, weight in known])
    below, p95 = 0, known[-1][0]
    for value, weight in known:
        below += weight
        if below >= 0.95 * whole:
            p95 = value
            break
    return Figures(round(sum([value * weight for value, weight in known]) / whole, 3), round(p95, 3), round(known[-1][0], 3))


def _mean_of(name: str, samples: Iterable[Sample]) -> float | None:
    return _mean([(value, sample.interval_ms / 1000) for sample in samples if (value := getattr(sample, name)) is not None])


def _mean(weighted: Iterable[tuple[float, float]]) -> float | None:
    """Of values, each weighing as many seconds as it lasted."""
    total, whole = 0.0, 0.0
    for value, seconds in weighted:
        total += value * seconds
        whole += seconds
    return _rounded(total / whole) if whole else None


def _sum(values: Iterable[N | None]) -> N | None:
    """The sum of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return reduce(lambda a, b: a + b, known) if known else None


def _seconds(intervals: Intervals) -> float:
    return sum(_length(start, end) for start, end in intervals)


def _length(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(value: float | None) -> float | None:
    """To a thousandth: what is beyond says nothing, and would differ by the order in which it was added."""
    return None if value is None else round(value, 3)


def _in_order(sample: Sample) -> tuple[datetime, int, UUID]:
    return sample.started_at, sample.interval_ms, sample.id
