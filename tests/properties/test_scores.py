"""Scores: what holds for every sample, however strange, and for every way of cutting and ordering them."""

import random
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite, nextafter
from typing import Any

import msgspec
from hypothesis import given, settings, strategies as st

from callwell.quality.samples import Measured
from callwell.quality.score import Category, Piece, Scored, call_score, category_of, combine, participant_score, read_measured, score_sample, smoothed

EXAMPLES = settings().max_examples * 10
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
BETTER: list[Category] = ["poor", "fair", "good", "excellent"]
ROUNDING = 1e-9

numbers = st.one_of(st.none(), st.floats(), st.floats(0, 4000), st.integers(-5, 2**60), st.sampled_from([0.0, 5e-324, 1e308, -0.0, 100.0]))
FIGURES = [
    name
    for name in Measured.__struct_fields__
    if name not in ("started_at", "interval_ms", "direction", "kind", "muted", "codec", "protection", "limitation", "counter_resets")
]


def _sample(figures: dict[str, Any]) -> Measured:
    return Measured(**figures)


strange = st.fixed_dictionaries(
    {
        "started_at": st.just(AT),
        "interval_ms": st.integers(1, 60_000),
        "direction": st.sampled_from(["inbound", "outbound"]),
        "kind": st.sampled_from(["audio", "video", "screen"]),
        "muted": st.booleans(),
        "codec": st.none() | st.text(max_size=8) | st.sampled_from(["VP8", "video/VP9", "av1"]),
        "protection": st.sampled_from([None, "none", "fec", "red", "red_fec"]),
        **dict.fromkeys(FIGURES, numbers),
    }
).map(_sample)

protections = st.sampled_from(["none", "fec", "red", "red_fec"])
audio = st.builds(
    Measured,
    started_at=st.just(AT),
    interval_ms=st.sampled_from([1000, 10_000]),
    direction=st.just("inbound"),
    kind=st.just("audio"),
    packet_loss_pct=st.floats(0, 100),
    late_loss_pct=st.none() | st.floats(0, 100),
    rtt_ms=st.floats(0, 3000),
    jitter_ms=st.floats(0, 1500),
    jitter_buffer_ms=st.none() | st.floats(0, 3000),
    packets=st.none() | st.integers(0, 1000),
    protection=protections,
)
video = st.builds(
    Measured,
    started_at=st.just(AT),
    interval_ms=st.just(10_000),
    direction=st.just("inbound"),
    kind=st.sampled_from(["video", "screen"]),
    bitrate_kbps=st.floats(0, 20_000),
    width=st.integers(1, 4096),
    height=st.integers(1, 4096),
    fps=st.floats(0, 120),
    fps_expected=st.none() | st.floats(0, 120),
    packet_loss_pct=st.none() | st.floats(0, 100),
    freeze_ratio=st.none() | st.floats(0, 1),
    rtt_ms=st.none() | st.floats(0, 3000),
    jitter_buffer_ms=st.none() | st.floats(0, 3000),
    codec=st.sampled_from([None, "VP8", "VP9", "AV1", "H264"]),
)
pieces = st.lists(st.builds(Piece, st.floats(0, 100), st.floats(0.5, 600)), max_size=40)


def with_(sample: Measured, **figures: Any) -> Measured:
    return msgspec.structs.replace(sample, **figures)


def score_of(sample: Measured) -> float:
    score = score_sample(sample, with_reasons=False).score
    assert score is not None
    return score


def assert_sound(scored: Scored, best_mos: float) -> None:
    """An opinion and points within their bounds, or neither and a reason; nothing that JSON could not hold."""
    if scored.mos is None or scored.score is None:
        assert scored.mos is scored.score is None
        assert scored.reasons
    else:
        assert 1 <= scored.mos <= best_mos
        assert 0 <= scored.score <= 100
    assert scored.category == category_of(scored.score)
    assert all(reason.points is None or isfinite(reason.points) for reason in scored.reasons)


# ── Bounds ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=EXAMPLES)
@given(strange)
def test_whatever_numbers_a_sample_holds_its_score_is_sound(sample: Measured) -> None:
    """Never NaN, never infinite, never out of bounds, never an exception; no score has a reason."""
    scored = score_sample(sample)
    assert_sound(scored, 4.5 if sample.kind == "audio" else 5.0)
    assert score_sample(sample) == scored
    bare = score_sample(sample, with_reasons=False)
    assert (bare.mos, bare.score, bare.category) == (scored.mos, scored.score, scored.category)


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


@settings(max_examples=EXAMPLES)
@given(st.dictionaries(st.sampled_from(Measured.__struct_fields__) | st.text(max_size=10), anything, max_size=25))
def test_whatever_object_comes_it_is_read_and_scored_soundly(raw: dict[str, Any]) -> None:
    """What is read of it are measurements that the wire itself would take; what was dropped is told."""
    sample, notes = read_measured(raw)

    assert_sound(score_sample(sample), 4.5 if sample.kind == "audio" else 5.0)
    figures = msgspec.to_builtins(sample)
    figures.pop("codec", None)
    assert msgspec.convert(figures, Measured) == with_(sample, codec=None)
    noted = {note.code.partition(":")[2] for note in notes}
    assert all(name in noted for name in FIGURES if name in raw and getattr(sample, name) is None)


@given(audio)
def test_the_best_sample_is_perfect_and_the_worst_is_nothing(sample: Measured) -> None:
    """No audio is better than that without any impairment, none worse than that with all of it."""
    best = with_(sample, packet_loss_pct=0.0, late_loss_pct=0.0, rtt_ms=0.0, jitter_ms=0.0, jitter_buffer_ms=0.0)
    worst = with_(sample, packet_loss_pct=100.0, rtt_ms=3000.0, jitter_ms=1500.0, jitter_buffer_ms=None, packets=None)
    assert score_of(worst) <= score_of(sample) <= score_of(best)
    assert score_of(worst) == 0
    assert score_of(best) > 99.5


# ── Worse is never better ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def assert_never_rises(scores: list[float]) -> None:
    assert all(after <= before + ROUNDING for before, after in pairwise(scores))


@settings(max_examples=5)
@given(audio.map(lambda sample: with_(sample, jitter_buffer_ms=None)))
def test_audio_never_gets_better_by_longer_round_trips_jitter_or_loss(sample: Measured) -> None:
    """Round trips by 1 ms to 3 s, jitter by 1 ms to 1.5 s, loss by a tenth of a percent: each step costs or costs nothing."""
    assert_never_rises([score_of(with_(sample, rtt_ms=float(rtt))) for rtt in range(3001)])
    assert_never_rises([score_of(with_(sample, jitter_ms=float(jitter))) for jitter in range(1501)])
    assert_never_rises([score_of(with_(sample, packet_loss_pct=tenth / 10)) for tenth in range(1001)])


IMPAIRMENTS = st.sampled_from([("packet_loss_pct", 100.0), ("late_loss_pct", 100.0), ("rtt_ms", 3000.0), ("jitter_buffer_ms", 3000.0)])


@settings(max_examples=EXAMPLES)
@given(audio, IMPAIRMENTS, st.floats(0, 1), st.floats(0, 1))
def test_audio_with_more_of_any_impairment_is_no_better(sample: Measured, impairment: tuple[str, float], a: float, b: float) -> None:
    """Also between the steps."""
    field, most = impairment
    less, more = sorted((a * most, b * most))
    assert score_of(with_(sample, **{field: more})) <= score_of(with_(sample, **{field: less})) + ROUNDING


@settings(max_examples=EXAMPLES)
@given(
    video,
    st.sampled_from([("packet_loss_pct", 100.0), ("freeze_ratio", 1.0), ("rtt_ms", 3000.0), ("jitter_buffer_ms", 3000.0)]),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_video_with_more_of_any_impairment_is_no_better(sample: Measured, impairment: tuple[str, float], a: float, b: float) -> None:
    """Loss, freezes and delay."""
    field, most = impairment
    less, more = sorted((a * most, b * most))
    assert score_of(with_(sample, **{field: more})) <= score_of(with_(sample, **{field: less})) + ROUNDING


@settings(max_examples=EXAMPLES)
@given(video, st.floats(0, 20_000), st.floats(0, 20_000))
def test_video_with_more_bits_is_no_worse(sample: Measured, a: float, b: float) -> None:
    """For the same picture."""
    less, more = sorted((a, b))
    assert score_of(with_(sample, bitrate_kbps=less)) <= score_of(with_(sample, bitrate_kbps=more)) + ROUNDING


@settings(max_examples=EXAMPLES)
@given(st.one_of(audio, video))
def test_reasons_come_costliest_first_and_never_promise_more_than_there_is(sample: Measured) -> None:
    """Each is worth half a point at least, and no more than would make the score 100."""
    scored = score_sample(sample)
    points = [reason.points for reason in scored.reasons if reason.points is not None]
    assert points == sorted(points, reverse=True)
    assert all(0.5 <= worth <= 100 - (scored.score or 0) + ROUNDING for worth in points)


# ── Units ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.floats(0.1, 3), st.floats(0.001, 1), st.floats(0.01, 1))
def test_what_was_measured_in_seconds_and_ratios_scores_the_same_once_converted(rtt: float, jitter: float, loss: float) -> None:
    """And not at all the same where it was not: a round trip of 0.4 is no 400 ms."""
    right = Measured(
        started_at=AT, interval_ms=10_000, direction="inbound", kind="audio", rtt_ms=1000 * rtt, jitter_ms=1000 * jitter, packet_loss_pct=100 * loss
    )
    read, _ = read_measured({"rtt_ms": rtt * 1000, "jitter_ms": jitter * 1000, "packet_loss_pct": loss * 100})
    assert score_of(read) == score_of(right)
    assert score_of(with_(right, rtt_ms=rtt, jitter_ms=jitter, packet_loss_pct=loss)) > score_of(right)


# ── People and calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=EXAMPLES)
@given(pieces, st.integers(0, 6), st.randoms(use_true_random=False))
def test_the_order_of_pieces_changes_nothing(of_one: list[Piece], reconnects: int, chance: random.Random) -> None:
    """Exactly nothing: sums are rounded once."""
    shuffled = list(of_one)
    chance.shuffle(shuffled)
    assert participant_score(shuffled, reconnects=reconnects) == participant_score(of_one, reconnects=reconnects)


@settings(max_examples=EXAMPLES)
@given(pieces.filter(lambda some: len(some) >= 3), st.data())
def test_a_piece_in_two_halves_is_the_same(of_one: list[Piece], data: st.DataObject) -> None:
    """How finely time was cut says nothing about it."""
    at = data.draw(st.integers(0, len(of_one) - 1))
    half = Piece(of_one[at].score, of_one[at].seconds / 2)
    assert participant_score([*of_one[:at], half, half, *of_one[at + 1 :]], reconnects=0) == participant_score(of_one, reconnects=0)


@settings(max_examples=EXAMPLES)
@given(pieces, st.floats(0.5, 600), st.integers(0, 6))
def test_perfect_time_never_lowers_a_score_and_lost_time_never_raises_it(of_one: list[Piece], seconds: float, reconnects: int) -> None:
    """Where there is a score already."""
    score = participant_score(of_one, reconnects=reconnects)
    if score is None:
        return
    better = participant_score([*of_one, Piece(100.0, seconds)], reconnects=reconnects)
    worse = participant_score([*of_one, Piece(0.0, seconds)], reconnects=reconnects)
    assert better is not None
    assert worse is not None
    assert 0 <= worse <= score + ROUNDING
    assert score - ROUNDING <= better <= 100


@given(st.lists(st.builds(Piece, st.floats(), st.floats()), max_size=10))
def test_strange_pieces_are_left_out(of_one: list[Piece]) -> None:
    """NaN, the infinite and time running backwards are neither good nor bad."""
    sound = [piece for piece in of_one if 0 <= piece.score <= 100 and 0 < piece.seconds < float("inf")]
    score = participant_score(of_one, reconnects=0)
    assert score == participant_score(sound, reconnects=0)
    assert score is None or 0 <= score <= 100


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(1, 1e6)), min_size=1, max_size=50), st.randoms(use_true_random=False))
def test_a_call_is_no_better_than_its_mean_and_no_worse_than_its_worst(people: list[tuple[float, float]], chance: random.Random) -> None:
    """In whatever order its people are named."""
    score = call_score(people)
    shuffled = list(people)
    chance.shuffle(shuffled)
    assert score is not None
    assert min(one for one, _ in people) - ROUNDING <= score <= max(one for one, _ in people) + ROUNDING
    assert call_score(shuffled) == score


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_picture_never_makes_more_of_sound(audio_score: float, video_score: float) -> None:
    """And two scores make one between them."""
    both = combine(audio_score, video_score)
    assert both is not None
    assert min(audio_score, video_score) - ROUNDING <= both <= audio_score


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_the_live_score_stays_within_what_was_scored(scores: list[float]) -> None:
    """Between the worst and the best so far, and never under 30."""
    live = None
    for score in scores:
        live = smoothed(live, score)
        assert min(30.0, *scores) - ROUNDING <= live <= max(30.0, *scores) + ROUNDING
        assert live >= 30


@given(st.floats(0, nextafter(100, 0)))
def test_a_better_score_never_has_a_worse_word(score: float) -> None:
    """Words follow points."""
    assert BETTER.index(category_of(score)) <= BETTER.index(category_of(nextafter(score, 101)))
