"""W3C getStats readings to samples. The SDK derives the same numbers (`web/sdk/src/stats.ts`); `tests/quality/vectors` keep the two together.

Counters are taken by their differences, for each stats object by itself, and summed afterwards: an object's counters only grow, while a sum falls
when one of its objects goes. Seconds and ratios become milliseconds and percent here and nowhere else. What an engine does not tell is None.
Source: W3C webrtc-stats (2025-09-25); what Chrome, Firefox and Safari leave out or name otherwise was seen in recorded calls.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import floor, sqrt
from typing import Any, Final

from callwell.quality.samples import LONGEST_INTERVAL_MS, Direction, Kind, Limitation, Measured, Protection

LONGEST_GAP_MS: Final = 60_000
"""Readings further apart tell nothing of the time between them."""

_NEARLY = 0.95
"""Readings come a little early as often as a little late: an interval is over when it nearly is, rather than one reading later."""
_LATE_IN_A_ROW = 3
"""So many readings in a row that are more than a gap too old: the clock was set back, and they are not late."""
_MOST_ENTRIES = 10_000
"""Looked at in one reading."""
_MOST_OBJECTS = 2_000
_MOST_PARTS = 4_000
_MOST_PEERS = 64
_LONGEST_ID = 200
_LONGEST_CODEC = 50
_MOST_NUMBER = 2.0**53
_LATEST_MS = 253_402_300_000_000
_IDLE = 0.01
"""A peer connection that carries less than this part of what the busiest carries is kept for later and carries nothing."""

_INBOUND = (
    "packetsReceived",
    "retransmittedPacketsReceived",
    "packetsLost",
    "packetsDiscarded",
    "bytesReceived",
    "jitterBufferDelay",
    "jitterBufferEmittedCount",
    "concealedSamples",
    "silentConcealedSamples",
    "totalSamplesReceived",
    "framesReceived",
    "framesDecoded",
    "framesDropped",
    "freezeCount",
    "totalFreezesDuration",
    "totalAudioEnergy",
    "totalSamplesDuration",
)
_OUTBOUND = ("packetsSent", "bytesSent", "framesSent", "framesEncoded")
_SOURCE = ("totalAudioEnergy", "totalSamplesDuration")
_REMOTE = ("packetsLost", "totalRoundTripTime", "roundTripTimeMeasurements")
_PAIR = ("totalRoundTripTime", "responsesReceived")
_LIMITS: tuple[Limitation, ...] = ("none", "cpu", "bandwidth", "other")

_NEVER_FALL = frozenset({"packetsReceived", "bytesReceived", "framesReceived", "framesDecoded", "totalSamplesReceived", *_OUTBOUND})
"""One of these fell: the object's counters began anew."""

_COPIED: Mapping[Protection, Protection] = {"none": "red", "fec": "red_fec"}
_DIRECTIONS: tuple[Direction, ...] = ("inbound", "outbound")
_KINDS: tuple[Kind, ...] = ("audio", "video", "screen")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Key = tuple[str, str, str]
_Stats = Mapping[str, Any]


class Sampler:
    """The samples of one connection, from readings of all its peer connections.

    Readings may come at any spacing, of several peer connections in turn: when all that are still read have been read, and the interval is over, it
    ends with the last reading. Intervals tile the time between readings and nothing is interpolated. Never raises, whatever stands in the readings.
    """

    def __init__(self, *, interval_ms: int = 10_000) -> None:
        self._interval_ms = min(max(1, interval_ms), LONGEST_INTERVAL_MS)
        self._start: int | None = None
        self._end = 0
        self._peers: dict[str, _Peer] = {}
        self._objects: dict[_Key, _Seen] = {}
        self._parts: dict[tuple[_Key, Direction, Kind], _Part] = {}
        self._read: set[str] = set()
        """In this round."""
        self._alive: set[str] = set()

    def read(
        self,
        pc: str,
        at_ms: float,
        stats: Mapping[str, _Stats],
        *,
        muted: Collection[Kind] = (),
        screen: Collection[str] = (),
        remote_muted: Collection[Kind] = (),
    ) -> list[Measured]:
        """One getStats of one peer connection; gives the samples of an interval when it is over.

        ``muted``: kinds that this person does not send now. ``remote_muted``: kinds that the others do not. ``screen``: the identifiers of tracks, or
        mids, that are screens.
        """
        at_number = _number(at_ms)
        if at_number is None or not 0 <= at_number <= _LATEST_MS:
            return []
        at = floor(at_number + 0.5)
        peer = self._peers.pop(pc, None) or _Peer()
        self._peers[pc] = peer  # the one read last is the last to be forgotten
        if len(self._peers) > _MOST_PEERS:
            del self._peers[next(iter(self._peers))]
        if peer.at is not None and at <= peer.at:
            peer.late = peer.late + 1 if at < peer.at - LONGEST_GAP_MS else 0
            if peer.late < _LATE_IN_A_ROW:
                return []
        samples: list[Measured] = []
        if self._start is None:
            self._start = self._end = at
        elif abs(at - self._end) > LONGEST_GAP_MS:
            samples += self._close()
            self._start = self._end = at
        else:
            if pc in self._read:
                # Read again before another was: that one is read no longer.
                self._alive = set(self._read)
                samples += self._end_round()
            if at - self._start > LONGEST_INTERVAL_MS:
                samples += self._close()
        since = peer.at if peer.at is not None and 0 < at - peer.at <= LONGEST_GAP_MS else None
        peer.at, peer.late = at, 0
        self._take(_Reading(pc, since, at, stats, muted, screen, remote_muted), peer)
        self._end = max(self._end, at)
        if pc in self._alive or self._read:
            self._read.add(pc)  # one that is new when a round has just ended belongs to that round: rounds begin with the one read first
        self._alive.add(pc)
        if self._read >= self._alive:
            samples += self._end_round()
        return samples

    def finish(self) -> list[Measured]:
        """What the unfinished interval has. The sampler may go on."""
        self._read.clear()
        return self._close()

    def _end_round(self) -> list[Measured]:
        self._read.clear()
        if self._start is None or self._end - self._start < _NEARLY * self._interval_ms:
            return []
        return self._close()

    def _close(self) -> list[Measured]:
        if self._start is None or self._end <= self._start:
            return []
        samples = _samples(self._start, self._end, list(self._parts.values()), self._peers)
        self._start = self._end
        self._parts.clear()
        for peer in self._peers.values():
            peer.forget()
        return samples

    def _take(self, reading: "_Reading", peer: "_Peer") -> None:
        self._take_path(reading, peer)
        inbound = {stats_id: self._span(reading, peer, "inbound", stats_id, stats) for stats_id, stats in reading.inbound.items()}
        outbound = {stats_id: self._span(reading, peer, "outbound", stats_id, stats) for stats_id, stats in reading.outbound.items()}
        spans = [*inbound.values(), *outbound.values()]
        idle = not any(span.deltas.get("packetsReceived", 0.0) + span.deltas.get("packetsSent", 0.0) > 0 for span in spans if span)
        for stats_id, span in inbound.items():
            if span is not None:
                span.take_inbound(reading.inbound[stats_id], reading.remotes.get(stats_id), idle)
        layers: dict[str, list[_Span]] = {}
        for stats_id, span in outbound.items():
            if span is None:
                continue
            stats = reading.outbound[stats_id]
            span.take_outbound(stats, reading.sources.get(_text(stats.get("mediaSourceId"))), reading.remotes.get(stats_id))
            if span.part.kind != "audio":
                layers.setdefault(_text(stats.get("mediaSourceId")) or _text(stats.get("mid")), []).append(span)
        for of_one_source in layers.values():
            # What is sent in several sizes is as good as its largest.
            max(of_one_source, key=_Span.size_sent).take_picture(idle)
        while len(self._objects) > _MOST_OBJECTS:
            del self._objects[next(iter(self._objects))]

    def _span(self, reading: "_Reading", peer: "_Peer", direction: Direction, stats_id: str, stats: _Stats) -> "_Span | None":
        """What an object counted since it was read last, or None when that is unknown."""
        key = (reading.pc, stats_id, _ssrc(stats))
        kind = reading.kind_of(direction, stats)
        if kind is None:
            return None
        now = reading.counters(direction, stats)
        codec = _text(stats.get("codecId"))
        seen = self._objects.pop(key, None)
        self._objects[key] = fresh = _Seen(reading.at, now, codec)
        remote = reading.remotes.get(stats_id)
        if reading.since is None or (seen is not None and reading.at - seen.at > LONGEST_GAP_MS):
            fresh.motion.begin(remote)
            return None
        part = self._part(key, direction, kind)
        if part is None:
            return None
        if seen is None:
            # It was not there at the last reading: it began since, with nothing.
            began, before = reading.since, {}
            fresh.motion.is_whole = True
        elif (codec and seen.codec and codec != seen.codec) or any(
            now.get(name, was) < was for name, was in seen.counters.items() if name in _NEVER_FALL
        ):
            part.resets += 1
            fresh.motion.begin(remote)
            return None
        else:
            began, before = seen.at, seen.counters
            fresh.motion = seen.motion
            fresh.codec = codec or seen.codec
            fresh.counters = before | now
        if fresh.motion.is_whole:
            deltas = {name: value - before.get(name, 0.0) for name, value in now.items()}
        else:
            deltas = {name: value - before[name] for name, value in now.items() if name in before}
        for name, delta in deltas.items():
            if delta >= 0 or name == "packetsLost":
                part.add(name, delta)
        peer.bytes += max(0.0, deltas.get("bytesReceived", 0.0)) + max(0.0, deltas.get("bytesSent", 0.0))
        part.muted = kind in (reading.muted if direction == "outbound" else reading.remote_muted)
        paused = kind != "audio" and (part.muted or fresh.motion.muted)
        part.cover(began, reading.at, paused)
        if not paused:
            part.add("open_bytes", deltas.get("bytesReceived" if direction == "inbound" else "bytesSent", 0.0))
        fresh.motion.muted = part.muted
        named = reading.codec_of(codec)
        if named is not None:
            part.codec, part.protection = named
        return _Span(part, fresh.motion, float(reading.at - began), deltas, paused)

    def _part(self, key: _Key, direction: Direction, kind: Kind) -> "_Part | None":
        part = self._parts.get((key, direction, kind))
        if part is None and len(self._parts) < _MOST_PARTS:
            part = self._parts[key, direction, kind] = _Part(key[0], direction, kind)
        return part

    def _take_path(self, reading: "_Reading", peer: "_Peer") -> None:
        """The selected pair's round trips. Another pair begins anew: what it counted before it was selected is not of this path."""
        pair = reading.selected_pair()
        if pair is None:
            return
        pair_id, stats = pair
        now = _numbers(stats, _PAIR)
        if reading.since is not None:
            ms = float(reading.at - reading.since)
            if pair_id == peer.pair_id:
                for name, value in now.items():
                    if value >= peer.pair.get(name, value + 1):
                        peer.sums[name] = peer.sums.get(name, 0.0) + value - peer.pair[name]
            for name in ("currentRoundTripTime", "availableOutgoingBitrate"):
                value = _positive(stats.get(name))
                if value is not None:
                    total, over = peer.means.get(name, (0.0, 0.0))
                    peer.means[name] = (total + value * ms, over + ms)
        peer.pair_id, peer.pair = pair_id, now


class _Peer:
    """A peer connection: when it was read last, and its path in this interval."""

    __slots__ = ("at", "bytes", "late", "means", "pair", "pair_id", "sums")

    def __init__(self) -> None:
        self.at: int | None = None
        self.late = 0
        self.pair_id = ""
        self.pair: dict[str, float] = {}
        self.forget()

    def forget(self) -> None:
        self.bytes = 0.0
        self.sums: dict[str, float] = {}
        self.means: dict[str, tuple[float, float]] = {}


class _Motion:
    """What is remembered of an object besides its counters."""

    __slots__ = ("counted", "flat_ms", "frame_ms", "is_whole", "muted", "remote", "told", "unreported")

    def __init__(self) -> None:
        self.is_whole = False
        """It began while we watched: what it counts, it counted from 0."""
        self.frame_ms: float | None = None
        """From one frame to the next, when there were any last."""
        self.flat_ms = 0.0
        """For so long no frame has come."""
        self.counted = 0.0
        """How much of that was counted as frozen; the engine counts it once more when the next frame comes."""
        self.muted = False
        self.told: tuple[float | None, ...] | None = None
        self.unreported = 0.0
        """Packets sent since the other side reported last."""
        self.remote: dict[str, float] = {}

    def begin(self, remote: _Stats | None) -> None:
        """What the other side has reported so far is where its counts begin."""
        if remote is not None:
            self.told, self.remote = _told(remote), _numbers(remote, _REMOTE)


class _Seen:
    __slots__ = ("at", "codec", "counters", "motion")

    def __init__(self, at: int, counters: dict[str, float], codec: str) -> None:
        self.at = at
        self.counters = counters
        self.codec = codec
        self.motion = _Motion()


class _Part:
    """What one object adds to one sample."""

    __slots__ = (
        "codec",
        "direction",
        "height",
        "kind",
        "means",
        "muted",
        "off",
        "open_spans",
        "pc",
        "protection",
        "resets",
        "spans",
        "sums",
        "width",
    )

    def __init__(self, pc: str, direction: Direction, kind: Kind) -> None:
        self.pc = pc
        self.direction: Direction = direction
        self.kind: Kind = kind
        self.sums: dict[str, float] = {}
        self.means: dict[str, tuple[float, float]] = {}
        self.spans: list[tuple[int, int]] = []
        self.open_spans: list[tuple[int, int]] = []
        """Without those of a picture that was muted: rates are those of the time in which there was something to send."""
        self.resets = 0
        self.muted = False
        self.off = False
        """Nothing is attached, or the layer is switched off."""
        self.codec: str | None = None
        self.protection: Protection | None = None
        self.width = 0.0
        self.height = 0.0

    def add(self, name: str, value: float) -> None:
        self.sums[name] = self.sums.get(name, 0.0) + value

    def weigh(self, name: str, value: float | None, ms: float) -> None:
        if value is not None:
            total, over = self.means.get(name, (0.0, 0.0))
            self.means[name] = (total + value * ms, over + ms)

    def cover(self, began: int, ended: int, paused: bool) -> None:
        for spans in (self.spans,) if paused else (self.spans, self.open_spans):
            if spans and spans[-1][1] == began:
                spans[-1] = (spans[-1][0], ended)
            else:
                spans.append((began, ended))

    @property
    def packets(self) -> float:
        return self.sums.get("packetsReceived", 0.0) + self.sums.get("packetsSent", 0.0)

    @property
    def is_active(self) -> bool:
        return self.packets > 0 or self.sums.get("frames", 0.0) > 0


class _Span:
    """What one object did from one reading to the next."""

    __slots__ = ("deltas", "frames", "height", "motion", "ms", "part", "paused", "width")

    def __init__(self, part: _Part, motion: _Motion, ms: float, deltas: dict[str, float], paused: bool) -> None:
        self.part = part
        self.motion = motion
        self.ms = ms
        self.deltas = deltas
        self.paused = paused
        self.frames: float | None = None
        self.width = 0.0
        self.height = 0.0

    def take_inbound(self, stats: _Stats, remote: _Stats | None, idle: bool) -> None:
        if self.deltas.get("packetsReceived", 0.0) > 0:
            self.part.weigh("jitter", _positive(stats.get("jitter")), self.ms)
        if remote is not None:
            # Receivers seldom measure round trips; where they do, the sender's report has them.
            self._take_remote(remote)
        if self.part.kind != "audio":
            self._see(stats, "framesDecoded", "framesReceived")
            self._freeze(idle)
            self.take_picture(idle)

    def take_outbound(self, stats: _Stats, source: _Stats | None, remote: _Stats | None) -> None:
        part = self.part
        part.off = stats.get("active") is False or (source is None and self.deltas.get("packetsSent", 0.0) == 0)
        if stats.get("active") is not False:
            part.weigh("target", _positive(stats.get("targetBitrate")), self.ms)
            self._take_limits(stats)
        self.motion.unreported += self.deltas.get("packetsSent", 0.0)
        if remote is not None and self._take_remote(remote):
            for name in ("jitter", "roundTripTime", "fractionLost"):
                part.weigh(f"remote.{name}", _positive(remote.get(name)), self.ms)
        if part.kind != "audio":
            self._see(stats, "framesSent", "framesEncoded")
            if source is not None:
                part.weigh("source_fps", _positive(source.get("framesPerSecond")), self.ms)

    def _take_remote(self, stats: _Stats) -> bool:
        """What the other side reports of this object. False when it is what it reported last: nothing new is known."""
        motion = self.motion
        told = _told(stats)
        if told == motion.told:
            return False
        motion.told = told
        for name, value in _numbers(stats, _REMOTE).items():
            before = motion.remote.get(name, 0.0 if motion.is_whole else None)
            motion.remote[name] = value
            if before is not None and (value >= before or name == "packetsLost"):
                self.part.add(f"remote.{name}", value - before)
                if name == "packetsLost":
                    self.part.add("reported", motion.unreported)
        motion.unreported = 0.0
        return True

    def _take_limits(self, stats: _Stats) -> None:
        known = [limit for limit in _LIMITS if f"limit.{limit}" in self.deltas]
        if known:
            self.part.add("limited_ms", self.ms)
        elif (reason := stats.get("qualityLimitationReason")) in _LIMITS:
            self.part.add("limited_ms", self.ms)
            self.part.add(f"limit.{reason}", self.ms / 1000)

    def _see(self, stats: _Stats, *counters: str) -> None:
        """The frames of this span: counted, or where nobody counts, as many as the rate says."""
        self.width = _positive(stats.get("frameWidth")) or 0.0
        self.height = _positive(stats.get("frameHeight")) or 0.0
        for name in counters:
            if name in self.deltas:
                self.frames = max(0.0, self.deltas[name])
                return
        rate = _positive(stats.get("framesPerSecond"))
        if rate is not None:
            self.frames = rate * self.ms / 1000

    def size_sent(self) -> float:
        """Orders the layers of one source: those that sent, by their size; then those that might have."""
        if self.part.off:
            return -1.0
        return self.width * self.height if self.frames is None or self.frames > 0 else 0.0

    def take_picture(self, idle: bool) -> None:
        if self.frames is None or self.part.off or self.paused:
            return
        part = self.part
        part.add("frames", self.frames)
        part.add("idle_ms" if idle else "picture_ms", self.ms)
        if self.width > 0 and self.height > 0:
            part.add("sized_frames", self.frames)
            part.add("pixels", self.frames * self.width * self.height)
            part.width, part.height = self.width, self.height

    def _freeze(self, idle: bool) -> None:
        """Engines count a freeze when the next frame ends it. One that goes on is told by frames that do not come, and not counted again afterwards."""
        motion, part = self.motion, self.part
        times, frozen = self.deltas.get("freezeCount"), self.deltas.get("totalFreezesDuration")
        if frozen is not None and frozen >= 0:
            frozen_ms = 1000 * frozen
            known_ms = min(motion.counted, frozen_ms)
            part.add("freeze_ms", frozen_ms - known_ms)
            if times is not None and times >= 0:
                part.add("freezes", max(0.0, times - (1 if known_ms > 0 else 0)))
            if frozen_ms > 0:
                motion.counted = 0.0
        if self.frames is None:
            return
        if self.frames > 0 or self.paused:
            motion.frame_ms = self.ms / self.frames if self.frames > 0 else None
            motion.flat_ms = 0.0
            if frozen is None:
                motion.counted = 0.0
            return
        motion.flat_ms += self.ms
        # A screen that stands still sends nothing and is not frozen. What never moved is not frozen either.
        if part.kind == "video" and motion.frame_ms is not None and motion.flat_ms > max(3 * motion.frame_ms, motion.frame_ms + 150):
            if motion.counted == 0:
                part.add("idle_freezes" if idle else "freezes", 1.0)
            part.add("idle_freeze_ms" if idle else "freeze_ms", motion.flat_ms - motion.counted)
            motion.counted = motion.flat_ms


class _Reading:
    """One getStats, sorted. Objects in the words of other times and engines are given today's."""

    def __init__(
        self,
        pc: str,
        since: int | None,
        at: int,
        stats: Mapping[str, _Stats],
        muted: Collection[Kind],
        screen: Collection[str],
        remote_muted: Collection[Kind],
    ) -> None:
        self.pc = pc
        self.since = since
        self.at = at
        self.muted = muted
        self.remote_muted = remote_muted
        self.inbound: dict[str, _Stats] = {}
        self.outbound: dict[str, _Stats] = {}
        self.sources: dict[str, _Stats] = {}
        self.remotes: dict[str, _Stats] = {}
        """By the id of our own object that they tell of."""
        self._screen = screen
        self._tracks: dict[str, _Stats] = {}
        self._codecs: dict[str, _Stats] = {}
        self._pairs: dict[str, _Stats] = {}
        self._named: dict[str, tuple[str, Protection | None] | None] = {}
        self._selected: set[str] = set()
        self._sort(stats)

    def _sort(self, stats: Mapping[str, _Stats]) -> None:
        remotes: list[tuple[str, _Stats]] = []
        room = _MOST_ENTRIES
        for stats_id, one in stats.items():
            room -= 1
            if room < 0:
                break
            if not isinstance(one, Mapping) or not isinstance(stats_id, str) or len(stats_id) > _LONGEST_ID:
                continue
            match one.get("type"):
                case "inbound-rtp" if one.get("isRemote") is True:
                    # Firefox, long ago; its round trips were in milliseconds, and so are not taken.
                    remotes.append(("outbound", {name: one[name] for name in one if "oundTrip" not in name}))
                case "inbound-rtp":
                    self.inbound[stats_id] = one
                case "outbound-rtp" if one.get("isRemote") is not True:
                    self.outbound[stats_id] = one
                case "remote-inbound-rtp":
                    remotes.append(("outbound", one))
                case "remote-outbound-rtp":
                    remotes.append(("inbound", one))
                case "media-source":
                    self.sources[stats_id] = one
                case "track":
                    self._tracks[stats_id] = one
                case "codec":
                    self._codecs[stats_id] = one
                case "candidate-pair":
                    self._pairs[stats_id] = one
                case "transport":
                    self._selected.add(_text(one.get("selectedCandidatePairId")))
                case _:
                    pass
        if self._tracks:
            self.inbound = {stats_id: self._with_track(one) for stats_id, one in self.inbound.items()}
            self.outbound = {stats_id: self._with_track(one) for stats_id, one in self.outbound.items()}
        for ours, of in ((self.outbound, "outbound"), (self.inbound, "inbound")):
            self._assign(ours, [one for told_of, one in remotes if told_of == of])

    def _with_track(self, one: _Stats) -> _Stats:
        """Chrome before 2023, and Safari, count sizes, freezes and playing in an object of the track."""
        track = self._tracks.get(_text(one.get("trackId")))
        return one if track is None else {**track, **one}

    def _assign(self, ours: Mapping[str, _Stats], remotes: list[_Stats]) -> None:
        by_ssrc = {ssrc: stats_id for stats_id, one in ours.items() if (ssrc := _ssrc(one))} if remotes else {}
        for one in remotes:
            local = _text(one.get("localId"))
            found = local if local in ours else by_ssrc.get(_ssrc(one))
            if found is not None:
                self.remotes[found] = one

    def kind_of(self, direction: Direction, stats: _Stats) -> Kind | None:
        kind = stats.get("kind") or stats.get("mediaType")
        if kind == "audio":
            return "audio"
        if kind != "video":
            return None
        source = self.sources.get(_text(stats.get("mediaSourceId")), {}) if direction == "outbound" else {}
        named = (_text(stats.get("trackIdentifier")), _text(source.get("trackIdentifier")), _text(stats.get("mid")))
        if stats.get("contentType") == "screenshare" or any(name and name in self._screen for name in named):
            return "screen"
        return "video"

    def counters(self, direction: Direction, stats: _Stats) -> dict[str, float]:
        if direction == "inbound":
            counters = _numbers(stats, _INBOUND)
            if "packetsDiscarded" not in counters:
                late = _positive(stats.get("discardedPackets"))  # Firefox's old word
                if late is not None:
                    counters["packetsDiscarded"] = late
            return counters
        counters = _numbers(stats, _OUTBOUND)
        source = self.sources.get(_text(stats.get("mediaSourceId")))
        if source is not None:
            counters |= _numbers(source, _SOURCE)
        durations = stats.get("qualityLimitationDurations")
        if isinstance(durations, Mapping):
            counters |= {f"limit.{limit}": seconds for limit in _LIMITS if (seconds := _positive(durations.get(limit))) is not None}
        return counters

    def codec_of(self, codec_id: str) -> tuple[str, Protection | None] | None:
        """What it is called, and what protects it where that is known: for sound."""
        if codec_id not in self._named:
            self._named[codec_id] = self._name(codec_id)
        return self._named[codec_id]

    def _name(self, codec_id: str) -> tuple[str, Protection | None] | None:
        codec = self._codecs.get(codec_id)
        kind, _, name = _text(codec.get("mimeType") if codec else None).partition("/")
        if not codec or not name or len(name) > _LONGEST_CODEC or not name.isprintable() or not name.isascii():
            return None
        if kind.lower() != "audio":
            return name, None
        parameters = _text(codec.get("sdpFmtpLine"))
        if name.lower() != "red":
            return name, "fec" if _has_fec(parameters) else "none"
        # Its parameters are the payload types that it carries: "111/111".
        carried = parameters.partition("/")[0]
        for other in self._codecs.values():
            number = _positive(other.get("payloadType"))
            if other is codec or number is None or str(floor(number)) != carried:
                continue
            inner = _text(other.get("mimeType")).partition("/")[2]
            if inner and len(inner) <= _LONGEST_CODEC and inner.isprintable() and inner.isascii():
                return inner, "red_fec" if _has_fec(_text(other.get("sdpFmtpLine"))) else "red"
        return name, "red"

    def selected_pair(self) -> tuple[str, _Stats] | None:
        """The pair that the transport names; else the one marked so; else of those nominated the one that carried most."""
        for stats_id, pair in self._pairs.items():
            if stats_id in self._selected:
                return stats_id, pair
        chosen: tuple[str, _Stats] | None = None
        most = -1.0
        for stats_id, pair in self._pairs.items():
            if pair.get("selected") is True:
                return stats_id, pair
            carried = (_positive(pair.get("bytesSent")) or 0.0) + (_positive(pair.get("bytesReceived")) or 0.0)
            if pair.get("nominated") is True and pair.get("state") == "succeeded" and carried > most:
                chosen, most = (stats_id, pair), carried
        return chosen


def _samples(start: int, end: int, parts: Collection[_Part], peers: Mapping[str, _Peer]) -> list[Measured]:
    busiest = max((peer.bytes for peer in peers.values()), default=0.0)
    carrying = {pc: peer for pc, peer in peers.items() if peer.bytes >= _IDLE * busiest}
    used = [part for part in parts if part.pc in carrying]
    samples: list[Measured] = []
    for direction in _DIRECTIONS:
        for kind in _KINDS:
            of_it = [part for part in used if part.direction == direction and part.kind == kind and (part.spans or part.resets)]
            if of_it:
                samples.append(_sample(start, end, direction, kind, of_it, used, carrying.values()))
    return samples


def _sample(
    start: int,
    end: int,
    direction: Direction,
    kind: Kind,
    parts: list[_Part],
    all_parts: list[_Part],
    peers: Collection[_Peer],
) -> Measured:
    active = [part for part in parts if part.is_active]
    ms = _covered(parts)
    inbound = direction == "inbound"
    flow = "Received" if inbound else "Sent"
    octets = _sum(parts, f"bytes{flow}")
    flowed = (_sum(parts, "open_bytes") if any(part.open_spans for part in parts) else octets) or 0.0
    discarded = _ratio_of_sums(parts, ("packetsDiscarded",), "packetsReceived")
    holes = _ratio_of_sums(parts, ("concealedSamples",), "totalSamplesReceived")
    # What comes too late leaves a hole, which is concealed. Without holes the discarded were second copies: Chrome counts redundant audio so, and
    # names it nowhere else.
    copied = kind == "audio" and discarded is not None and holes is not None and discarded > 0.5 and holes < discarded / 2
    path = _path_rtt(peers)
    rtt = _media_rtt(parts, [part for part in all_parts if part.kind == kind], all_parts)
    width, height, fps = _picture(active or parts, len({part.pc for part in parts}) == 1) if kind != "audio" else (None, None, None)
    named = max((part for part in parts if part.codec), key=lambda part: part.sums.get(f"bytes{flow}", 0.0), default=None)
    alone = len({part.pc for part in parts}) == 1
    freezes = _still(active or parts, "freezes", alone) if inbound else None
    frozen = _ratio(_still(active or parts, "freeze_ms", alone), _picture_ms(active or parts, alone)) if inbound else None
    protection = named.protection if named else None
    if copied and protection is not None:
        protection = _COPIED.get(protection, protection)
    return Measured(
        started_at=_EPOCH + timedelta(milliseconds=start),
        interval_ms=end - start,
        direction=direction,
        kind=kind,
        muted=_is_muted(parts, all_parts),
        packet_loss_pct=_pct(_loss_inbound(parts) if inbound else _loss_outbound(parts)),
        late_loss_pct=_pct(holes if copied else discarded) if inbound else None,
        rtt_ms=_ms(path if rtt is None else rtt),
        path_rtt_ms=_ms(path),
        jitter_ms=_ms(_mean(active, "jitter" if inbound else "remote.jitter", 1000)),
        jitter_buffer_ms=_ms(_times(_ratio_of_sums(parts, ("jitterBufferDelay",), "jitterBufferEmittedCount"), 1000)),
        packets=_count(_sum(parts, f"packets{flow}")),
        bytes=_count(octets),
        bitrate_kbps=_within(None if octets is None or ms == 0 else 8 * flowed / ms, 1e9),
        target_kbps=None if inbound else _within(_target(parts, ms), 1e9),
        available_outgoing_kbps=None if inbound else _within(_available(peers), 1e9),
        codec=named.codec if named else None,
        protection=protection,
        concealment_pct=_pct(_ratio_of_sums(parts, ("concealedSamples", "silentConcealedSamples"), "totalSamplesReceived")) if inbound else None,
        width=width,
        height=height,
        fps=fps,
        fps_expected=_within(_mean(active or parts, "source_fps", 1), 10_000),
        freeze_ratio=None if frozen is None or kind == "audio" else min(1.0, _rounded(frozen, 10_000)),
        freeze_count=_count(freezes) if kind != "audio" else None,
        frames_dropped_pct=_pct(_ratio_of_sums(parts, ("framesDropped",), "framesReceived")) if inbound and kind != "audio" else None,
        limitation=_limitation(parts),
        counter_resets=sum(part.resets for part in parts),
    )


def _is_muted(parts: list[_Part], all_parts: list[_Part]) -> bool:
    """Said so; or nothing is attached to send; or it is not sent, though something else is; or it was digital silence, which no open microphone gives."""
    spanned = [part for part in parts if part.spans]
    if spanned and (max(spanned, key=lambda part: part.spans[-1][1]).muted or all(part.off for part in spanned)):
        return True
    packets = _added(part.packets for part in parts)
    if packets == 0:
        return (
            parts[0].direction == "outbound"
            and any("packetsSent" in part.sums for part in parts)
            and any(part.sums.get("packetsSent", 0.0) > 0 for part in all_parts)
        )
    heard = [part for part in parts if part.kind == "audio" and part.sums.get("totalSamplesDuration", 0.0) > 0]
    return bool(heard) and all(part.sums.get("totalAudioEnergy") == 0 for part in heard)


def _loss_inbound(parts: list[_Part]) -> float | None:
    lost = expected = 0.0
    for part in parts:
        if "packetsLost" in part.sums and "packetsReceived" in part.sums:
            gone = max(0.0, part.sums["packetsLost"])
            lost += gone
            expected += gone + part.sums["packetsReceived"] - part.sums.get("retransmittedPacketsReceived", 0.0)
    return lost / expected if expected > 0 else None


def _loss_outbound(parts: list[_Part]) -> float | None:
    """What the other side misses of what was sent from report to report: of sound there are 5 s between two, and intervals may be shorter.

    When it reported nothing, nothing is known, least of all that all arrived.
    """
    lost = sent = 0.0
    for part in parts:
        if "remote.packetsLost" in part.sums:
            lost += max(0.0, part.sums["remote.packetsLost"])
            sent += part.sums["reported"]
    return lost / sent if sent > 0 else _mean(parts, "remote.fractionLost", 1)


def _media_rtt(*choices: list[_Part]) -> float | None:
    """The mean of the interval, of the first parts that know one; else what was measured last."""
    for parts in choices:
        mean = _ratio_of_sums(parts, ("remote.totalRoundTripTime",), "remote.roundTripTimeMeasurements")
        if mean is not None:
            return 1000 * mean
    for parts in choices:
        last = _mean(parts, "remote.roundTripTime", 1000)
        if last is not None:
            return last
    return None


def _path_rtt(peers: Iterable[_Peer]) -> float | None:
    total = count = gauged = over = 0.0
    for peer in peers:
        total += peer.sums.get("totalRoundTripTime", 0.0)
        count += peer.sums.get("responsesReceived", 0.0) if "totalRoundTripTime" in peer.sums else 0.0
        value, ms = peer.means.get("currentRoundTripTime", (0.0, 0.0))
        gauged += value
        over += ms
    if count > 0:
        return 1000 * total / count
    return 1000 * gauged / over if over > 0 else None


def _available(peers: Iterable[_Peer]) -> float | None:
    means = [peer.means["availableOutgoingBitrate"] for peer in peers if "availableOutgoingBitrate" in peer.means]
    return _added(total / ms / 1000 for total, ms in means) if means else None


def _target(parts: list[_Part], ms: float) -> float | None:
    """Of all layers: one that was sent half of the time counts half."""
    means = [part.means["target"] for part in parts if "target" in part.means]
    return _added(total for total, _ in means) / ms / 1000 if means and ms > 0 else None


def _picture_ms(parts: Iterable[_Part], alone: bool) -> float:
    """For how long there might have been pictures, of each object. A peer connection that carries nothing at all, while another carries the same, is not
    frozen: it was left for the other.
    """
    return _added(part.sums.get("picture_ms", 0.0) + (part.sums.get("idle_ms", 0.0) if alone else 0.0) for part in parts)


def _still(parts: Iterable[_Part], name: str, alone: bool) -> float | None:
    known = [
        part.sums.get(name, 0.0) + (part.sums.get(f"idle_{name}", 0.0) if alone else 0.0)
        for part in parts
        if name in part.sums or f"idle_{name}" in part.sums
    ]
    return _added(known) if known else None


def _picture(parts: list[_Part], alone: bool) -> tuple[int | None, int | None, float | None]:
    """Width, height and rate of the pictures of the interval, sizes weighted by their frames.

    Several pictures at once count as one as large as all of them, so that bits per pixel are right: four of 640x360 are one of 1280x720.
    """
    seen = [part for part in parts if "frames" in part.sums]
    picture_ms = _picture_ms(seen, alone)
    if picture_ms == 0:
        return None, None, None
    fps = _within(1000 * _added(part.sums["frames"] for part in seen) / picture_ms, 10_000)
    sized = [part for part in seen if part.sums.get("sized_frames", 0.0) > 0]
    if not sized:
        return None, None, fps
    largest = max(sized, key=lambda part: part.width * part.height)
    area = _added(part.sums["pixels"] for part in sized) / _added(part.sums["sized_frames"] for part in sized)
    at_once = max(1.0, picture_ms / _covered(seen))
    scale = sqrt(area * at_once / (largest.width * largest.height))
    return _pixels(largest.width * scale), _pixels(largest.height * scale), fps


def _limitation(parts: list[_Part]) -> Limitation | None:
    over = _sum(parts, "limited_ms")
    if not over:
        return None
    for limit in _LIMITS[1:]:
        if 1000 * (_sum(parts, f"limit.{limit}") or 0.0) > over / 2:
            return limit
    return "none"


def _covered(parts: Collection[_Part]) -> float:
    """For how long at least one of them was watched, and not muted; where all were muted all the time, for how long they were."""
    covered, until = 0, -1
    spans = [span for part in parts for span in part.open_spans] or [span for part in parts for span in part.spans]
    for began, ended in sorted(spans):
        if ended > until:
            covered += ended - max(began, until)
            until = ended
    return float(covered)


def _sum(parts: Iterable[_Part], name: str) -> float | None:
    known = [part.sums[name] for part in parts if name in part.sums]
    return _added(known) if known else None


def _added(values: Iterable[float]) -> float:
    """From left to right, as the SDK adds: `sum` has been cleverer than that since Python 3.12."""
    total = 0.0
    for value in values:
        total += value
    return total


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _ratio_of_sums(parts: Iterable[_Part], above: tuple[str, ...], below: str) -> float | None:
    """The sum of the first name, less those of the others, over that of `below`; of the parts that know all of them."""
    over = under = 0.0
    for part in parts:
        if below in part.sums and all(name in part.sums for name in above):
            value = part.sums[above[0]]
            for name in above[1:]:
                value -= part.sums[name]
            over += max(0.0, value)
            under += part.sums[below]
    return over / under if under > 0 else None


def _mean(parts: Iterable[_Part], name: str, times: float) -> float | None:
    means = [part.means[name] for part in parts if name in part.means]
    over = _added(ms for _, ms in means)
    return times * _added(total for total, _ in means) / over if over > 0 else None


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


def _rounded(value: float, steps: int = 1000) -> float:
    return floor(value * steps + 0.5) / steps


def _within(value: float | None, most: float) -> float | None:
    return _rounded(value) if value is not None and 0 <= value <= most else None


def _ms(value: float | None) -> float | None:
    return _within(value, 3_600_000)


def _pct(ratio: float | None) -> float | None:
    return None if ratio is None else min(100.0, _within(100 * ratio, 1e9) or 0.0)


def _count(value: float | None) -> int | None:
    return floor(value) if value is not None and 0 <= value <= _MOST_NUMBER else None


def _pixels(value: float) -> int | None:
    return floor(value + 0.5) if 0.5 <= value <= 100_000 else None


def _number(value: Any) -> float | None:
    """A finite number that a double holds exactly enough. Text is none, and neither is a truth."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and -_MOST_NUMBER <= value <= _MOST_NUMBER:
        return float(value)
    return None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number >= 0 else None


def _numbers(stats: _Stats, names: tuple[str, ...]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for name in names:
        number = _number(stats.get(name))
        if number is not None and (number >= 0 or name == "packetsLost"):
            numbers[name] = number
    return numbers


def _told(stats: _Stats) -> tuple[float | None, ...]:
    return tuple(_number(stats.get(name)) for name in ("timestamp", "jitter", "roundTripTime", "fractionLost", *_REMOTE))


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST_ID else ""


def _ssrc(stats: _Stats) -> str:
    number = _number(stats.get("ssrc"))
    return _text(stats.get("ssrc")) if number is None else f"{number:.0f}"


def _has_fec(parameters: str) -> bool:
    return "useinbandfec=1" in parameters.replace(" ", "").split(";")
