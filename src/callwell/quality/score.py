"""How good was it: from what was measured to opinion scores (MOS), points from 0 to 100, and a word. Pure.

Audio is judged by the E-model (ITU-T G.107) with the delay term of Cole and Rosenbluth ("Voice over IP performance monitoring", 2001) and loss
constants for Opus; video by rtcscore's regression over bits per pixel, a loss decay of G.1070's shape, and freezes. `FORMULA` names this version;
it is kept with every score, so that scores of different versions are never taken for each other.

A score is None where it cannot be told, never a guess: then `reasons` says what is missing.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from math import exp, fsum, inf, isfinite, log, sqrt
from typing import Any, Final, Literal, get_args

import msgspec
from msgspec import Struct

from callwell.quality.samples import LONGEST_INTERVAL_MS, Direction, Kind, Limitation, Measured, Protection

FORMULA: Final = "q1"

Category = Literal["excellent", "good", "fair", "poor", "unknown"]
TeamsClass = Literal["Good", "Poor", "Unclassified"]

CUT_OFFS: Final[tuple[tuple[float, Category], ...]] = ((90.0, "excellent"), (75.0, "good"), (60.0, "fair"))
"""They lie at the E-model's R of 81, 69 and 59: the borders of user satisfaction in ITU-T G.109 (80, 70, 60)."""

MOST_MS = 3_600_000.0
"""Longer than this nothing is: what says so is not a measurement."""
MOST_KBPS = 1e9
MOST_PIXELS = 100_000
MOST_FPS = 10_000.0
MOST_COUNT = 2**53

WORTH_SAYING: Final = 0.5
"""Points that an impairment has to cost to be among the reasons."""


class Reason(Struct, frozen=True):
    code: str
    """What cost points: ``delay loss bitrate fps freeze``; of a score that is None ``muted``, ``missing:FIELD`` or ``bad:FIELD``."""
    points: float | None
    """How much better the score would be without this impairment alone. Together they need not add up to what is missing to 100."""
    detail: str


class Scored(Struct, frozen=True):
    mos: float | None
    """Mean opinion score: 1 to 4.5 for audio, 1 to 5 for video and screen."""
    score: float | None
    """0 to 100; audio and video on one scale."""
    category: Category
    reasons: tuple[Reason, ...]
    formula: str = FORMULA


_MUTED = Scored(None, None, "unknown", (Reason("muted", None, "Nothing was meant to be heard or seen."),))


def score_sample(sample: Measured, *, with_reasons: bool = True) -> Scored:
    """The score of one sample; muted ones have none. Never raises, and gives neither NaN nor infinity, whatever numbers stand in the sample.

    The reasons are the impairments, the costliest first; each is worth what the score would be without it, less the score. They cost twice the
    time of the score: who wants many scores may leave them out.
    """
    if sample.muted:
        return _MUTED
    return _score_audio(sample, with_reasons) if sample.kind == "audio" else _score_video(sample, with_reasons)


def category_of(score: float | None) -> Category:
    if score is None:
        return "unknown"
    for least, category in CUT_OFFS:
        if score >= least:
            return category
    return "poor"


# ── Audio ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

BEST_R: Final = 93.2
"""G.107's R where everything is at its default: nothing is better."""
BEST_AUDIO_RANGE: Final = 3.409285824
"""MOS(93.2) - 1."""
FULL_PACKET_RATE: Final = 50.0
"""Packets a second of speech in frames of 20 ms; where there are fewer, silence is not sent (DTX)."""
PROCESSING_MS: Final = 20.0
"""Capturing, coding and playing: the delay that no network can be blamed for."""
LOSS_ROBUSTNESS: Final[Mapping[Protection, float]] = {"none": 10.0, "fec": 20.0, "red": 25.0, "red_fec": 40.0}
"""G.107's Bpl for Opus: 10 and 20 are rtcscore's; those with RED are fitted to how much less LiveKit weighs loss there."""


def mos_of_r(r: float) -> float:
    """The opinion score that an E-model rating R stands for (G.107, annex B), 1 to 4.5. Its cubic falls below 1 for R under 6.5; opinions do not."""
    if not r > 0:
        return 1.0
    if r >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r))


def r_of_mos(mos: float) -> float:
    """The rating R that an opinion score stands for, 0 to 100. Found by halving: `mos_of_r` never falls."""
    if not mos > 1:
        return 0.0
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if mos_of_r(middle) < mos else (low, middle)
    return high


def delay_impairment(one_way_ms: float) -> float:
    """What delay takes from R (Id), after Cole and Rosenbluth: little until 177.3 ms, where people begin to talk into each other."""
    return 0.024 * one_way_ms + (0.11 * (one_way_ms - 177.3) if one_way_ms > 177.3 else 0.0)


def loss_impairment(loss_pct: float, robustness: float) -> float:
    """What random loss takes from R (Ie,eff of G.107, for a codec that costs nothing itself)."""
    return 95 * loss_pct / (loss_pct + robustness)


def audible_loss(loss_pct: float, late_pct: float, packets: float | None, interval_ms: float) -> float:
    """Loss on the way and loss by lateness together, in percent, weighed by how much was sent (LiveKit's idea).

    Where silence is not sent, few packets go and one that is lost counts for much in percent and little in the ear. Not one packet is no DTX,
    which still sends some: then loss counts in full.
    """
    loss = loss_pct + late_pct - loss_pct * late_pct / 100
    if not packets or not interval_ms > 0:
        return loss
    return loss * sqrt(min(1.0, 1000 * packets / interval_ms / FULL_PACKET_RATE))


def audio_score(mos: float) -> float:
    """An audio MOS as points: what G.107 calls default is 100."""
    return min(max(100 * (mos - 1) / BEST_AUDIO_RANGE, 0.0), 100.0)


def _score_audio(sample: Measured, with_reasons: bool) -> Scored:
    loss, rtt = _within(sample.packet_loss_pct, 100.0), _within(sample.rtt_ms, MOST_MS)
    late, packets = _within(sample.late_loss_pct, 100.0), _within(sample.packets, MOST_COUNT)
    buffered = _within(sample.jitter_buffer_ms, MOST_MS)
    if buffered is None:
        jitter = _within(sample.jitter_ms, MOST_MS)
        buffered = None if jitter is None else 2 * jitter
    if loss is None or rtt is None or buffered is None:
        return _untold(sample, "packet_loss_pct", "rtt_ms", *(("jitter_ms",) if buffered is None else ()))

    delay_ms = PROCESSING_MS + rtt / 2 + buffered
    heard_loss = audible_loss(loss, late or 0.0, packets, sample.interval_ms)
    delay_cost = delay_impairment(delay_ms)
    loss_cost = loss_impairment(heard_loss, LOSS_ROBUSTNESS.get(sample.protection or "fec", LOSS_ROBUSTNESS["fec"]))
    mos = mos_of_r(BEST_R - delay_cost - loss_cost)
    score = audio_score(mos)
    if not with_reasons:
        return Scored(mos, score, category_of(score), ())
    impairments = (
        Reason("delay", audio_score(mos_of_r(BEST_R - loss_cost)) - score, f"{delay_ms:.0f} ms one way, of a round trip of {rtt:.0f} ms"),
        Reason("loss", audio_score(mos_of_r(BEST_R - delay_cost)) - score, f"{heard_loss:.1f} % lost or too late"),
    )
    return Scored(mos, score, category_of(score), (*_costliest_first(impairments), *_ignored(sample, "late_loss_pct", "packets", "jitter_buffer_ms")))


# ── Video and screen ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

SMOOTH_FPS: Final = 15.0
"""Fewer frames than these are missed in video, where nothing says how many there should be."""
SCREEN_FPS: Final = 5.0
"""The same of a shared screen, which mostly stands still."""
CODECS: Final = (("vp9", 1.2), ("av1", 1.4), ("av01", 1.4), ("h265", 1.2), ("hevc", 1.2))
"""How much a bit is worth against VP8 and H.264: VP9's is rtcscore's, the others follow it."""


@lru_cache(maxsize=256)
def codec_worth(codec: str | None) -> float:
    """How much a bit of this codec is worth against VP8 and H.264; the name as SDP, W3C statistics or people write it (``video/VP9``, ``H.265``)."""
    name = (codec or "").lower().rpartition("/")[2].replace(".", "")
    return next((worth for known, worth in CODECS if name.startswith(known)), 1.0)


def bitrate_of(sample: Measured) -> float | None:
    """In kbit/s: as measured, else from bytes and interval."""
    kbps = _within(sample.bitrate_kbps, MOST_KBPS)
    if kbps is None and (size := _within(sample.bytes, MOST_COUNT)) is not None and sample.interval_ms > 0:
        kbps = min(8 * size / sample.interval_ms, MOST_KBPS)
    return kbps


def video_score(mos: float) -> float:
    """A video MOS as points: 4.0 is 100, since no camera at a common rate gets more."""
    return min(max(100 * (mos - 1) / 3, 0.0), 100.0)


def _score_video(sample: Measured, with_reasons: bool) -> Scored:
    fps, kbps = _within(sample.fps, MOST_FPS), bitrate_of(sample)
    if fps == 0 or kbps == 0:
        nothing = Reason("fps", 100.0, "not one frame") if fps == 0 else Reason("bitrate", 100.0, "not one bit")
        return Scored(1.0, 0.0, "poor", (nothing,) if with_reasons else ())
    width, height = _within(sample.width, MOST_PIXELS), _within(sample.height, MOST_PIXELS)
    if width is None or width < 1 or height is None or height < 1 or kbps is None or fps is None:
        return _untold(sample, "width", "height", "bitrate_kbps", "fps")

    rtt, buffered = _within(sample.rtt_ms, MOST_MS) or 0.0, _within(sample.jitter_buffer_ms, MOST_MS) or 0.0
    loss, frozen = _within(sample.packet_loss_pct, 100.0) or 0.0, _within(sample.freeze_ratio, 1.0) or 0.0
    expected = None if sample.kind == "screen" else _within(sample.fps_expected, MOST_FPS)
    if expected is None:
        expected = max(fps, SCREEN_FPS if sample.kind == "screen" else SMOOTH_FPS)

    bits = _bits_mos(codec_worth(sample.codec) * 1000 * kbps / (width * height * fps))
    frames_cost = 1.9 * log(max(1.0, expected / fps))
    delay_cost = 0.002 * (rtt / 2 + buffered)
    loss_share, freeze_share = exp(-loss / 10), max(0.0, 1 - 5 * frozen)
    mos = _video_mos(bits - frames_cost - delay_cost, loss_share * freeze_share)
    score = video_score(mos)
    if not with_reasons:
        return Scored(mos, score, category_of(score), ())

    def without(clear: float, share: float) -> float:
        return video_score(_video_mos(clear, share)) - score

    share = loss_share * freeze_share
    impairments = (
        Reason(
            "bitrate", without(5 - frames_cost - delay_cost, share), f"{kbps:.0f} kbit/s for {width:.0f}x{height:.0f} at {fps:.0f} frames a second"
        ),
        Reason("fps", without(bits - delay_cost, share), f"{fps:.1f} frames a second of {expected:.0f}"),
        Reason("delay", without(bits - frames_cost, share), f"{rtt / 2 + buffered:.0f} ms one way"),
        Reason("loss", without(bits - frames_cost - delay_cost, freeze_share), f"{loss:.1f} % lost"),
        Reason("freeze", without(bits - frames_cost - delay_cost, loss_share), f"{100 * frozen:.1f} % of the time frozen"),
    )
    ignored = _ignored(sample, "rtt_ms", "jitter_buffer_ms", "packet_loss_pct", "freeze_ratio", "fps_expected")
    return Scored(mos, score, category_of(score), (*_costliest_first(impairments), *ignored))


def _bits_mos(bits_per_pixel: float) -> float:
    """rtcscore's regression, 1 to 5."""
    return min(max(0.56 * log(bits_per_pixel) + 5.36, 1.0), 5.0) if bits_per_pixel > 0 else 1.0


def _video_mos(clear: float, share: float) -> float:
    """What is left of a clear picture's MOS where only a share of it is seen, 1 to 5."""
    return 1 + (min(max(clear, 1.0), 5.0) - 1) * share


# ── Reasons ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _within(value: float | None, most: float) -> float | None:
    """The number, or None where it is none that can have been measured. NaN fails every comparison."""
    return value if value is not None and 0 <= value <= most else None


def _costliest_first(impairments: Iterable[Reason]) -> list[Reason]:
    return sorted((one for one in impairments if (one.points or 0.0) >= WORTH_SAYING), key=lambda one: -(one.points or 0.0))


def _untold(sample: Measured, *needed: str) -> Scored:
    """No score, and which of the numbers it needs are missing or none."""
    reasons = []
    for field in needed:
        value = getattr(sample, field)
        if field == "bitrate_kbps" and bitrate_of(sample) is not None:
            continue
        if value is not None and not _is_in_range(field, value):
            reasons.append(_bad(field, value))
        elif value is None or (value < 1 and field in ("width", "height")):
            reasons.append(Reason(f"missing:{field}", None, f"{field} is not known."))
    return Scored(None, None, "unknown", tuple(reasons))


def _ignored(sample: Measured, *fields: str) -> Iterable[Reason]:
    """Numbers that a score can do without, and had to."""
    return (_bad(field, value) for field in fields if (value := getattr(sample, field)) is not None and not _is_in_range(field, value))


def _bad(field: str, value: object) -> Reason:
    shown = repr(value) if isinstance(value, (str, float)) else f"of type {type(value).__name__}"
    if (number := float_of(value)) is not None:
        shown = f"{number:g}"
    return Reason(f"bad:{field}", None, f"{field} cannot be {shown[:40]}; it is taken as unknown.")


# ── What comes from outside ───────────────────────────────────────────────────────────────────────────────────────────────────────

_MOST: Final[Mapping[str, float]] = {
    **dict.fromkeys(("packet_loss_pct", "late_loss_pct", "concealment_pct", "frames_dropped_pct"), 100.0),
    **dict.fromkeys(("rtt_ms", "path_rtt_ms", "jitter_ms", "jitter_buffer_ms"), MOST_MS),
    **dict.fromkeys(("bitrate_kbps", "target_kbps", "available_outgoing_kbps"), MOST_KBPS),
    **dict.fromkeys(("packets", "bytes", "freeze_count", "counter_resets"), MOST_COUNT),
    **dict.fromkeys(("width", "height"), MOST_PIXELS),
    **dict.fromkeys(("fps", "fps_expected"), MOST_FPS),
    "freeze_ratio": 1.0,
}
_WHOLE: Final = {"packets", "bytes", "freeze_count", "counter_resets", "width", "height"}
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "direction": get_args(Direction),
    "kind": get_args(Kind),
    "protection": get_args(Protection),
    "limitation": get_args(Limitation),
}
_IDS: Final = {"id", "call_id", "participant", "connection"}
MOST_UNKNOWN_NAMES: Final = 20
DEFAULT_INTERVAL_MS: Final = 10_000
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def float_of(value: Any) -> float | None:
    """The number, or None: of text, of what is true or false, and of what no float can hold."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _is_in_range(field: str, value: Any) -> bool:
    number = float_of(value)
    return number is not None and 0 <= number <= _MOST[field]


def read_measured(raw: Mapping[str, Any]) -> tuple[Measured, tuple[Reason, ...]]:
    """A sample from whatever stands in an object, and a note for everything that was not as it should be.

    What is no number that can have been measured (null, NaN, infinite, negative, too large, text) becomes unknown. When it was and whose it is
    may be missing; an interval is 10 s and a direction inbound where nothing says so; what has a size or frames is video, all else audio.
    """
    notes: list[Reason] = []
    known: dict[str, Any] = {}
    for field in _MOST:
        if field not in raw:
            continue
        value = raw[field]
        if value is None:
            notes.append(Reason(f"missing:{field}", None, f"{field} is not known."))
        elif not _is_in_range(field, value):
            notes.append(_bad(field, value))
        else:
            known[field] = round(value) if field in _WHOLE else float(value)
    for field, words in _WORDS.items():
        value = raw.get(field)
        if isinstance(value, str) and value in words:
            known[field] = value
        elif value is not None:
            notes.append(Reason(f"bad:{field}", None, f"{field} must be one of {', '.join(words)}."))
    if "kind" not in known:
        known["kind"] = "video" if {"width", "height", "fps"} & known.keys() else "audio"
        notes.append(Reason("assumed:kind", None, f"The kind was taken to be {known['kind']}."))
    if "direction" not in known:
        known["direction"] = "inbound"
        notes.append(Reason("assumed:direction", None, "The direction was taken to be inbound."))
    known["started_at"], known["interval_ms"] = _read_start(raw, notes), _read_interval(raw, notes)
    muted, codec = raw.get("muted"), raw.get("codec")
    if isinstance(muted, bool):
        known["muted"] = muted
    elif muted is not None:
        notes.append(Reason("bad:muted", None, "muted must be true or false."))
    if isinstance(codec, str) and 0 < len(codec) <= 50:
        known["codec"] = codec
    elif codec is not None:
        notes.append(Reason("bad:codec", None, "codec must be a name of at most 50 characters."))
    strangers = [name for name in raw if name not in Measured.__struct_fields__ and name not in _IDS]
    notes += (
        Reason(f"unknown:{repr(name)[1:-1][:50]}", None, "There is no such field; it was not looked at.") for name in strangers[:MOST_UNKNOWN_NAMES]
    )
    return Measured(**known), tuple(notes)


def _read_start(raw: Mapping[str, Any], notes: list[Reason]) -> datetime:
    value = raw.get("started_at")
    if value is None:
        return _LONG_AGO
    try:
        at = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        at = None
    if at is None or at.tzinfo is None:
        notes.append(Reason("bad:started_at", None, "started_at must be a time with its zone (RFC 3339)."))
        return _LONG_AGO
    return at


def _read_interval(raw: Mapping[str, Any], notes: list[Reason]) -> int:
    value = raw.get("interval_ms")
    if value is None:
        return DEFAULT_INTERVAL_MS
    number = float_of(value)
    if number is None or not 1 <= number <= LONGEST_INTERVAL_MS:
        notes.append(
            Reason("bad:interval_ms", None, f"interval_ms must be from 1 to {LONGEST_INTERVAL_MS}; it was taken to be {DEFAULT_INTERVAL_MS}.")
        )
        return DEFAULT_INTERVAL_MS
    return round(number)


# ── Of a person, of a call ────────────────────────────────────────────────────────────────────────────────────────────────────────

LEAST_PIECES: Final = 3
LEAST_SECONDS: Final = 30.0
RECONNECT_POINTS: Final = 5.0
MOST_RECONNECTS: Final = 4


class Piece(Struct, frozen=True):
    """Part of a person's time in the call, and how good it was; while they were disconnected that is 0."""

    score: float
    seconds: float


def combine(audio: float | None, video: float | None) -> float | None:
    """One score of what was heard and seen at a time. A picture may lower it and never hides bad sound: people came to talk."""
    if video is None:
        return audio
    if audio is None:
        return video
    return min(audio, 0.6 * audio + 0.4 * video)


def participant_score(pieces: Iterable[Piece], *, reconnects: int) -> float | None:
    """A person's score: the mean over time, drawn down by their worst tenth of it and by every reconnect (four at most).

    None unless there are three pieces and they cover 30 s. It matters neither in which order they come nor how finely they are cut.
    """
    seconds_of: dict[float, list[float]] = {}
    count = 0
    for piece in pieces:
        if 0 <= piece.score <= 100 and 0 < piece.seconds < inf:
            seconds_of.setdefault(piece.score, []).append(piece.seconds)
            count += 1
    by_score = [(score, fsum(seconds_of[score])) for score in sorted(seconds_of)]
    total = fsum(seconds for _, seconds in by_score)
    if count < LEAST_PIECES or not LEAST_SECONDS <= total < inf:
        return None
    mean = fsum(score * seconds for score, seconds in by_score) / total
    score = 0.7 * mean + 0.3 * _lowest_tenth(by_score, total) - RECONNECT_POINTS * min(max(reconnects, 0), MOST_RECONNECTS)
    return min(max(score, 0.0), 100.0)


def _lowest_tenth(by_score: list[tuple[float, float]], total: float) -> float:
    """The score that a tenth of the time was no better than."""
    passed = 0.0
    for score, seconds in by_score:
        passed += seconds
        if 10 * passed >= total:
            return score
    return by_score[-1][0]


def call_score(people: Iterable[tuple[float, float]]) -> float | None:
    """A call's score, from the scores of those in it and the seconds they were: half their mean over time, half the worst. None of nobody."""
    known = [(score, seconds) for score, seconds in people if 0 <= score <= 100 and 0 < seconds < inf]
    total = fsum(seconds for _, seconds in known)
    if not 0 < total < inf:
        return None
    mean = fsum(score * seconds for score, seconds in known) / total
    return min(max(0.5 * mean + 0.5 * min(score for score, _ in known), 0.0), 100.0)


def capped(category: Category, critical_share: float, *, fair_from: float = 0.10, poor_from: float = 0.50) -> Category:
    """The category at most, where a critical problem lasted for this share of the time connected. What is unknown stays so."""
    if category == "unknown":
        return category
    if critical_share >= poor_from:
        return "poor"
    return "fair" if critical_share >= fair_from and category in ("excellent", "good") else category


# ── While it runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

FALLING: Final = 0.8
RISING: Final = 0.4
FLOOR: Final = 30.0


def smoothed(old: float | None, new: float) -> float:
    """The live score after one more interval, as LiveKit smooths it: quick to fall, slow to rise, never under 30."""
    if old is None:
        return max(new, FLOOR)
    weight = FALLING if new < old else RISING
    return max(weight * new + (1 - weight) * old, FLOOR)


# ── Another's opinion ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

TEAMS_LEAST_PACKETS: Final = 500


def teams_cqd_class(stream: Iterable[Measured]) -> TeamsClass:
    """How Microsoft Teams would class a stream, given as the samples of one track: a second opinion that owes nothing to our formulas.

    After "Stream classification in Call Quality Dashboard" (learn.microsoft.com/microsoftteams/stream-classification-in-call-quality-dashboard):
    audio is poor by any of round trip, loss, jitter and concealment, of more than 500 packets; of video and screen the first figure that is
    known decides: frames lost, frames a second, packets lost. Time muted does not count, and a stream of which nothing is known has no class.
    """
    heard = [sample for sample in stream if not sample.muted]
    if not heard:
        return "Unclassified"
    return _teams_audio(heard) if heard[0].kind == "audio" else _teams_video(heard, least_fps=2.0 if heard[0].kind == "screen" else 7.0)


def _teams_audio(stream: list[Measured]) -> TeamsClass:
    packets = [sample.packets for sample in stream if sample.packets is not None]
    if packets and sum(packets) <= TEAMS_LEAST_PACKETS:
        return "Unclassified"
    limits = (("rtt_ms", 500.0), ("packet_loss_pct", 10.0), ("jitter_ms", 30.0), ("concealment_pct", 7.0))
    figures = [(mean, limit) for field, limit in limits if (mean := _mean(stream, field)) is not None]
    if not figures:
        return "Unclassified"
    return "Poor" if any(mean > limit for mean, limit in figures) else "Good"


def _teams_video(stream: list[Measured], least_fps: float) -> TeamsClass:
    if (dropped := _mean(stream, "frames_dropped_pct")) is not None:
        return "Poor" if dropped > 50 else "Good"
    if (fps := _mean(stream, "fps")) is not None:
        return "Poor" if fps < least_fps else "Good"
    if (loss := _mean(stream, "packet_loss_pct")) is not None:
        return "Poor" if loss > 15 else "Good"
    return "Unclassified"


def _mean(stream: list[Measured], field: str) -> float | None:
    """Over the time for which it is known."""
    known = [(value, sample.interval_ms) for sample in stream if (value := _within(getattr(sample, field), _MOST[field])) is not None]
    total = sum(interval for _, interval in known)
    return fsum(value * interval for value, interval in known) / total if total > 0 else None
