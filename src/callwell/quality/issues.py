"""Quality problems as intervals, found in samples by a profile's thresholds. Pure.

The same rules run twice: `Watch` is fed samples as they come and says what began and what is over; `find_issues` looks at all of them after the
call. A problem belongs to a track (a direction and a kind of one connection) and has a code; there is one of each at a time. It is raised when
enough of the last samples show it, becomes worse at most once, and is cleared when none does. Muted tracks have no problems: what was open is
cleared, and nothing from before counts after.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import fsum, inf
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from callwell.quality.profiles import Profile, Reconnect
from callwell.quality.samples import Direction, Kind, Measured, Sample
from callwell.quality.score import audible_loss, bitrate_of, score_sample

Severity = Literal["warning", "critical"]

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class IssueChange(Struct, frozen=True):
    """A problem began, became critical (raised again, as such), or is over."""

    code: str
    kind: Kind
    direction: Direction
    severity: Severity
    at: datetime
    """The end of the sample that decided."""
    raised: bool
    """False: it is over."""
    value: float | None
    """The worst that was measured of it so far; None of what has no number."""
    sample_id: UUID | None = None

    @property
    def key(self) -> str:
        """The track, as events name it."""
        return f"{self.direction}.{self.kind}"


class OpenIssue(Struct, frozen=True):
    """What a `Watch` has to know of a problem to go on where another stopped."""

    code: str
    kind: Kind
    direction: Direction
    severity: Severity
    raised_at: datetime
    value: float | None = None


class Issue(Struct, frozen=True, kw_only=True):
    """A problem from the start of the first sample that showed it to the end of the last."""

    code: str
    kind: Kind | None
    """None of a reconnect, which is no track's."""
    direction: Direction | None
    severity: Severity
    """The worst that it was."""
    started_at: datetime
    ended_at: datetime
    critical_at: datetime | None = None
    """Since when it was critical."""
    value: float | None = None
    """The worst that was measured."""
    connection_id: UUID | None = None


class Outage(Struct, frozen=True):
    """From when until when a connection was lost; no end where it never came back."""

    started_at: datetime
    ended_at: datetime | None
    rejoined: bool = False
    """It came back as another connection."""


# ── What one sample shows ─────────────────────────────────────────────────────────────────────────────────────────────────────────

FINE: Final = 0
WARNING: Final = 1
CRITICAL: Final = 2


class Shown(Struct, frozen=True):
    """How bad a sample is by one rule, and the figure that says so."""

    level: int
    value: float | None


class _Moment(Struct):
    """One sample, with what the rules need from those before it."""

    sample: Measured
    profile: Profile
    connected: bool
    loss_pct: float | None
    """Mean of the last samples."""
    still_ms: int
    """For how long there has not been one frame."""
    is_open: Callable[[str], bool]


_NOTHING: Final = Shown(FINE, None)


def _above(value: float | None, warning: float, critical: float | None) -> Shown:
    if value is None or not warning < value < inf:
        return _NOTHING
    return Shown(CRITICAL if critical is not None and value > critical else WARNING, value)


def _below(value: float | None, warning: float, critical: float | None) -> Shown:
    if value is None or not 0 <= value < warning:
        return _NOTHING
    return Shown(CRITICAL if critical is not None and value < critical else WARNING, value)


def _high_packet_loss(now: _Moment) -> Shown:
    rule, loss = now.profile.high_packet_loss, now.loss_pct
    if rule is None or loss is None:
        return _NOTHING
    shown = _above(loss, rule.audio_warning_pct if now.sample.kind == "audio" else rule.video_warning_pct, rule.critical_pct)
    if shown.level == FINE and loss >= rule.clear_pct and now.is_open("high_packet_loss"):
        return Shown(WARNING, loss)
    return shown


def _high_rtt(now: _Moment) -> Shown:
    rule = now.profile.high_rtt
    return _above(now.sample.rtt_ms, rule.warning_ms, rule.critical_ms) if rule else _NOTHING


def _high_jitter(now: _Moment) -> Shown:
    rule = now.profile.high_jitter
    return _above(now.sample.jitter_ms, rule.warning_ms, rule.critical_ms) if rule else _NOTHING


def _low_mos(now: _Moment) -> Shown:
    rule = now.profile.low_mos
    return _below(_mos(now.sample), rule.warning, rule.critical) if rule else _NOTHING


def _mos(sample: Measured) -> float | None:
    kept = sample.mos if isinstance(sample, Sample) else None
    return kept if kept is not None else score_sample(sample, with_reasons=False).mos


def _low_bitrate(now: _Moment) -> Shown:
    rule, sample = now.profile.low_bitrate, now.sample
    kbps = bitrate_of(sample) if rule else None
    if rule is None or kbps is None:
        return _NOTHING
    # What counts as lines of a picture that stands upright is its width.
    lines = min(sample.height, sample.width or sample.height) if sample.height else 0
    expected = rule.expected(lines)
    if kbps < rule.critical_kbps or (expected is not None and expected > rule.critical_ratio * kbps):
        return Shown(CRITICAL, kbps)
    if expected is not None and expected > rule.warning_ratio * kbps:
        return Shown(WARNING, kbps)
    available, target = sample.available_outgoing_kbps, sample.target_kbps
    if sample.direction == "outbound" and available is not None and target is not None and available < target:
        return Shown(WARNING, kbps)
    return _NOTHING


def _freeze(now: _Moment) -> Shown:
    rule, sample = now.profile.freeze, now.sample
    if rule is None:
        return _NOTHING
    if now.still_ms >= 1000 * rule.critical_seconds:
        return Shown(CRITICAL, 1.0)
    ratio = sample.freeze_ratio
    if ratio is None or not 0 <= ratio <= 1:
        return _NOTHING
    frozen_ms = ratio * sample.interval_ms
    if frozen_ms >= 1000 * rule.critical_seconds * max(1, sample.freeze_count or 0):
        return Shown(CRITICAL, ratio)
    return Shown(WARNING, ratio) if ratio > rule.warning_ratio or frozen_ms >= 1000 * rule.warning_seconds else _NOTHING


def _low_fps(now: _Moment) -> Shown:
    rule, sample = now.profile.low_fps, now.sample
    if rule is None:
        return _NOTHING
    if sample.kind == "screen":
        return _below(sample.fps, rule.screen_warning, rule.screen_critical)
    return _below(sample.fps, rule.warning, rule.critical)


def _audio_concealment(now: _Moment) -> Shown:
    rule = now.profile.audio_concealment
    return _above(now.sample.concealment_pct, rule.warning_pct, rule.critical_pct) if rule else _NOTHING


def _frames_dropped(now: _Moment) -> Shown:
    rule = now.profile.frames_dropped
    return _above(now.sample.frames_dropped_pct, rule.warning_pct, rule.critical_pct) if rule else _NOTHING


def _no_media(now: _Moment) -> Shown:
    sample = now.sample
    flow = next((figure for figure in (sample.bytes, sample.packets, sample.bitrate_kbps) if figure is not None), None)
    return Shown(CRITICAL, None) if flow == 0 and now.connected else _NOTHING


def _cpu_limited(now: _Moment) -> Shown:
    return Shown(WARNING, None) if now.sample.limitation == "cpu" else _NOTHING


class _Rule(Struct, frozen=True):
    code: str
    kinds: tuple[Kind, ...]
    shown: Callable[[_Moment], Shown]
    worse: Callable[[float, float], float] = max


_ANY: Final[tuple[Kind, ...]] = ("audio", "video", "screen")
_SEEN: Final[tuple[Kind, ...]] = ("video", "screen")
_RULES: Final = (
    _Rule("high_packet_loss", _ANY, _high_packet_loss),
    _Rule("high_rtt", _ANY, _high_rtt),
    _Rule("high_jitter", _ANY, _high_jitter),
    # Its thresholds come from voice; a good picture at a modest rate would be under them.
    _Rule("low_mos", ("audio",), _low_mos, min),
    _Rule("low_bitrate", ("video",), _low_bitrate, min),
    _Rule("freeze", _SEEN, _freeze),
    _Rule("low_fps", _SEEN, _low_fps, min),
    _Rule("audio_concealment", ("audio",), _audio_concealment),
    _Rule("frames_dropped", _SEEN, _frames_dropped),
    _Rule("no_media", _ANY, _no_media),
    _Rule("cpu_limited", _SEEN, _cpu_limited),
)
CODES: Final = (*(rule.code for rule in _RULES), "reconnect")


# ── One track ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Suspicion:
    """What the last samples of a track showed by one rule: a bit each, the newest lowest."""

    __slots__ = ("bad", "critical", "last_bad_at", "open", "worst")

    def __init__(self) -> None:
        self.bad = self.critical = 0
        self.last_bad_at: datetime | None = None
        self.worst: float | None = None
        self.open: OpenIssue | None = None


class _Track:
    def __init__(self, direction: Direction, kind: Kind, profile: Profile) -> None:
        self.direction: Direction = direction
        self.kind: Kind = kind
        self.profile = profile
        self.rules = [rule for rule in _RULES if kind in rule.kinds and getattr(profile, rule.code) is not None]
        self.suspicions = {rule.code: _Suspicion() for rule in self.rules}
        self.losses: deque[float | None] = deque(maxlen=profile.high_packet_loss.mean_of_samples if profile.high_packet_loss else 1)
        longest = max(profile.window.samples, profile.no_media.samples if profile.no_media else 1)
        self.starts: deque[datetime] = deque(maxlen=longest)
        """When the last samples began."""
        self.still_ms = 0
        self.newest: datetime | None = None

    def feed(self, sample: Measured, sample_id: UUID | None, connected: bool, decides: bool = True) -> list["_Change"]:
        ended_at = sample.ended_at
        if self.newest is not None and ended_at <= self.newest:
            return []
        changes: list[_Change] = []
        is_gap = self.newest is not None and (sample.started_at - self.newest).total_seconds() > self.profile.window.gap_seconds
        self.newest = ended_at
        if is_gap or sample.muted:
            if decides:
                changes += self._clear_all(ended_at, sample_id)
            self._begin_anew()
        if sample.muted:
            return changes
        self.starts.append(sample.started_at)
        self.still_ms = self.still_ms + sample.interval_ms if sample.fps == 0 else 0
        moment = _Moment(sample, self.profile, connected, self._mean_loss(sample), self.still_ms, self._is_open)
        for rule in self.rules:
            change = self._judge(rule, self.suspicions[rule.code], rule.shown(moment), ended_at, sample_id, decides)
            if change is not None:
                changes.append(change)
        return changes

    def forget(self, at: datetime, sample_id: UUID | None) -> list["_Change"]:
        """Clears what is open and begins anew."""
        changes = self._clear_all(at, sample_id)
        self._begin_anew()
        return changes

    def _clear_all(self, at: datetime, sample_id: UUID | None) -> list["_Change"]:
        return [self._clear(suspicion, at, sample_id) for suspicion in self.suspicions.values() if suspicion.open is not None]

    def _begin_anew(self) -> None:
        for suspicion in self.suspicions.values():
            suspicion.bad = suspicion.critical = 0
            suspicion.last_bad_at = None
            if suspicion.open is None:
                suspicion.worst = None
        self.losses.clear()
        self.starts.clear()
        self.still_ms = 0

    def _is_open(self, code: str) -> bool:
        return self.suspicions[code].open is not None

    def _mean_loss(self, sample: Measured) -> float | None:
        """Over those of the last samples that tell; None where this one says nothing of loss."""
        loss = self._loss(sample)
        self.losses.append(loss)
        known = [one for one in self.losses if one is not None]
        return None if loss is None else fsum(known) / len(known)

    def _loss(self, sample: Measured) -> float | None:
        """Weighed as the ear would."""
        rule, loss = self.profile.high_packet_loss, sample.packet_loss_pct
        if rule is None or loss is None or not 0 <= loss <= 100:
            return None
        expected = _expected_packets(sample, loss)
        if expected is not None and expected < rule.least_packets:
            return None
        return audible_loss(loss, 0.0, expected, sample.interval_ms) if sample.kind == "audio" else loss

    def _judge(self, rule: _Rule, suspicion: _Suspicion, shown: Shown, at: datetime, sample_id: UUID | None, decides: bool) -> "_Change | None":
        if shown.level == FINE and not suspicion.bad and suspicion.open is None:
            # Nothing is wrong and nothing was, as nearly always.
            suspicion.worst = None
            return None
        window = self.profile.window
        samples, needed = window.samples, window.raised_by
        if rule.code == "no_media" and self.profile.no_media is not None:
            needed = self.profile.no_media.samples
        kept = (1 << max(samples, needed)) - 1
        suspicion.bad = (suspicion.bad << 1 | (shown.level >= WARNING)) & kept
        suspicion.critical = (suspicion.critical << 1 | (shown.level >= CRITICAL)) & kept
        if shown.level >= WARNING:
            suspicion.last_bad_at = at
            if shown.value is not None:
                suspicion.worst = shown.value if suspicion.worst is None else rule.worse(suspicion.worst, shown.value)
        open_issue = suspicion.open
        if open_issue is None and not suspicion.bad:
            suspicion.worst = None
            return None
        if not decides:
            return None
        recent = (1 << (needed if rule.code == "no_media" else samples)) - 1
        is_bad, is_critical = ((bits & recent).bit_count() >= needed for bits in (suspicion.bad, suspicion.critical))
        if open_issue is None:
            return self._raise(rule.code, suspicion, at, sample_id, is_critical=is_critical, since=suspicion.bad & recent) if is_bad else None
        if is_critical and open_issue.severity == "warning":
            return self._raise(rule.code, suspicion, at, sample_id, is_critical=True, since=suspicion.critical & recent)
        is_over = not suspicion.bad and len(self.starts) >= samples and (at - open_issue.raised_at).total_seconds() >= window.clear_after_seconds
        return self._clear(suspicion, at, sample_id) if is_over else None

    def _raise(self, code: str, suspicion: _Suspicion, at: datetime, sample_id: UUID | None, *, is_critical: bool, since: int) -> "_Change":
        """``since`` has the bits of those samples that showed it: the highest is the first of them."""
        severity: Severity = "critical" if is_critical else "warning"
        raised_at = suspicion.open.raised_at if suspicion.open else at
        suspicion.open = OpenIssue(code, self.kind, self.direction, severity, raised_at, suspicion.worst)
        change = IssueChange(code, self.kind, self.direction, severity, at, True, suspicion.worst, sample_id)
        return _Change(change, self.starts[-min(since.bit_length(), len(self.starts))])

    def _clear(self, suspicion: _Suspicion, at: datetime, sample_id: UUID | None) -> "_Change":
        open_issue = suspicion.open
        assert open_issue is not None
        change = IssueChange(open_issue.code, self.kind, self.direction, open_issue.severity, at, False, suspicion.worst, sample_id)
        shown_until = suspicion.last_bad_at or at
        suspicion.open = suspicion.worst = None
        return _Change(change, shown_until)


def _expected_packets(sample: Measured, loss_pct: float) -> float | None:
    """How many packets there should have been: outbound they are counted as sent, inbound as received."""
    if sample.packets is None or sample.direction == "outbound":
        return sample.packets
    return sample.packets / (1 - loss_pct / 100) if loss_pct < 100 else None


def memory_of(profile: Profile) -> int:
    """How many samples before one have a say in what that one decides: the last are looked at, and loss is the mean of those before each."""
    longest = max(profile.window.samples, profile.no_media.samples if profile.no_media else 1)
    mean_of = profile.high_packet_loss.mean_of_samples if profile.high_packet_loss else 1
    return longest - 1 + mean_of - 1


class _Change(Struct):
    told: IssueChange
    shown: datetime
    """Of what is raised: the start of the first sample that showed it; of what is cleared: the end of the last."""


# ── One connection, while it runs ─────────────────────────────────────────────────────────────────────────────────────────────────


class Watch:
    """The tracks of one connection. Fed their samples in order of time, it says what begins and what is over."""

    def __init__(self, profile: Profile, open: Iterable[OpenIssue] = ()) -> None:
        self._profile = profile
        self._tracks: dict[tuple[Direction, Kind], _Track] = {}
        for issue in open:
            track = self._track(issue.direction, issue.kind)
            if issue.code in track.suspicions:
                suspicion = track.suspicions[issue.code]
                suspicion.open, suspicion.worst = issue, issue.value

    def feed(self, sample: Measured, sample_id: UUID | None = None, *, connected: bool = True, decides: bool = True) -> list[IssueChange]:
        """What this sample changes: raised, become critical, or cleared. One that is older than the newest of its track changes nothing.

        While the connection is lost (``connected`` false) nothing can flow, which is then no problem of its own. One of whose past not enough is known
        does not decide (``decides`` false): it is only remembered for those that come after it, `memory_of` tells for how many.
        """
        return [change.told for change in self._track(sample.direction, sample.kind).feed(sample, sample_id, connected, decides)]

    def finish(self, at: datetime) -> list[IssueChange]:
        """Clears what is open: the connection is over."""
        return [change.told for track in self._tracks.values() for change in track.forget(at, None)]

    @property
    def open(self) -> list[OpenIssue]:
        """With these another watch goes on."""
        suspicions = [suspicion for track in self._tracks.values() for suspicion in track.suspicions.values()]
        return [replace(suspicion.open, value=suspicion.worst) for suspicion in suspicions if suspicion.open is not None]

    def _track(self, direction: Direction, kind: Kind) -> _Track:
        if (track := self._tracks.get((direction, kind))) is None:
            track = self._tracks[direction, kind] = _Track(direction, kind, self._profile)
        return track


# ── All of it, afterwards ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Found(Struct, frozen=True):
    """What is found in samples: the problems as intervals, and what a watch would have told of them, with whose connection it is."""

    issues: list[Issue]
    told: list[tuple[UUID | None, IssueChange]]


def find_issues(samples: Iterable[Measured], profile: Profile, outages: Sequence[Outage] = ()) -> list[Issue]:
    """The problems in these samples of one person, in whatever order they are given, and the reconnects; in order of time.

    A problem still open at the end of a track ends with the last sample that showed it.
    """
    return look_through(samples, profile, outages).issues


def look_through(samples: Iterable[Measured], profile: Profile, outages: Sequence[Outage] = ()) -> Found:
    """The same, with what would have been told while they came."""
    tracks: dict[tuple[UUID | None, Direction, Kind], _Track] = {}
    begun: dict[tuple[UUID | None, Direction, Kind, str], tuple[datetime, datetime | None]] = {}
    found = find_reconnects(outages, profile.reconnect)
    changes: list[tuple[UUID | None, IssueChange]] = []
    is_lost = _within(outages)

    def note(connection_id: UUID | None, change: _Change) -> None:
        told = change.told
        changes.append((connection_id, told))
        key = (connection_id, told.direction, told.kind, told.code)
        if told.raised:
            began = begun[key][0] if key in begun else change.shown
            begun[key] = (began, change.shown if told.severity == "critical" else None)
            return
        began, critical_at = begun.pop(key)
        found.append(
            Issue(
                code=told.code,
                kind=told.kind,
                direction=told.direction,
                severity=told.severity,
                started_at=began,
                ended_at=change.shown,
                critical_at=critical_at,
                value=told.value,
                connection_id=connection_id,
            )
        )

    for sample in sorted(samples, key=_in_order):
        connection_id, id = (sample.connection_id, sample.id) if isinstance(sample, Sample) else (None, None)
        name = (connection_id, sample.direction, sample.kind)
        if (track := tracks.get(name)) is None:
            track = tracks[name] = _Track(sample.direction, sample.kind, profile)
        for change in track.feed(sample, id, not is_lost(sample)):
            note(connection_id, change)
    for (connection_id, _, _), track in tracks.items():
        assert track.newest is not None
        for change in track.forget(track.newest, None):
            note(connection_id, change)
    return Found(sorted(found, key=lambda issue: (issue.started_at, issue.code, issue.direction or "", issue.kind or "")), changes)


def find_reconnects(outages: Iterable[Outage], rule: Reconnect | None) -> list[Issue]:
    """Each time that a connection came back, by itself or by joining again soon enough; critical are long ones, and many within a short time."""
    if rule is None:
        return []
    found: list[Issue] = []
    for ended_at, started_at, rejoined in sorted((one.ended_at, one.started_at, one.rejoined) for one in outages if one.ended_at is not None):
        seconds = (ended_at - started_at).total_seconds()
        if seconds < 0 or (rejoined and seconds > rule.rejoin_seconds):
            continue
        since = ended_at - timedelta(seconds=rule.critical_within_seconds)
        count = 1 + sum(issue.ended_at >= since for issue in found)
        is_critical = seconds >= rule.critical_seconds or count >= rule.critical_count
        found.append(
            Issue(
                code="reconnect",
                kind=None,
                direction=None,
                severity="critical" if is_critical else "warning",
                started_at=started_at,
                ended_at=ended_at,
                critical_at=started_at if is_critical else None,
                value=seconds,
            )
        )
    return found


def _in_order(sample: Measured) -> tuple[datetime, datetime, int]:
    return sample.ended_at, sample.started_at, sample.id.int if isinstance(sample, Sample) else 0


def _within(outages: Iterable[Outage]) -> Callable[[Measured], bool]:
    """Tells whether any part of a sample lies in an outage: whether of those that began before its end one ended after its start."""
    in_order = sorted(outages, key=lambda outage: outage.started_at)
    starts = [outage.started_at for outage in in_order]
    ends = list(accumulate((outage.ended_at or _NEVER for outage in in_order), max))

    def is_within(sample: Measured) -> bool:
        before = bisect_left(starts, sample.ended_at)
        return before > 0 and ends[before - 1] > sample.started_at

    return is_within
