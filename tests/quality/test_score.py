"""Scores against reference values: the standards' own tables, other systems' numbers, and ours."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import log, log2
from typing import Any

import pytest

from callwell.quality.samples import Kind, Measured
from callwell.quality.score import (
    BEST_R,
    FORMULA,
    LOSS_ROBUSTNESS,
    Category,
    Piece,
    audible_loss,
    call_score,
    capped,
    category_of,
    combine,
    delay_impairment,
    loss_impairment,
    mos_of_r,
    participant_score,
    r_of_mos,
    read_measured,
    score_sample,
    smoothed,
    teams_cqd_class,
)

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
ON_MOS = 0.001
ON_SCORE = 0.05


def measured(kind: Kind, **figures: Any) -> Measured:
    return Measured(**{"started_at": NINE, "interval_ms": 10_000, "direction": "inbound", "kind": kind, **figures})


def audio(loss: float = 0.0, rtt: float = 0.0, jitter: float = 0.0, **figures: Any) -> Measured:
    return measured("audio", packet_loss_pct=loss, rtt_ms=rtt, jitter_ms=jitter, **figures)


def video(kbps: float = 1500.0, size: tuple[int, int] = (1280, 720), fps: float = 30.0, kind: Kind = "video", **figures: Any) -> Measured:
    """With 25 ms one way: half of the round trip, and the jitter buffer."""
    shape: dict[str, Any] = {"bitrate_kbps": kbps, "width": size[0], "height": size[1], "fps": fps, "rtt_ms": 30.0, "jitter_buffer_ms": 10.0}
    return measured(kind, **{**shape, **figures})


def codes(sample: Measured) -> list[str]:
    return [reason.code for reason in score_sample(sample).reasons]


# ── The E-model's parts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("r", "mos"),
    [
        (0, 1),
        (3, 1),
        (10, 1.035),
        (20, 1.252),
        (30, 1.609),
        (40, 2.064),
        (50, 2.575),
        (60, 3.100),
        (70, 3.597),
        (80, 4.024),
        (90, 4.339),
        (93.2, 4.4093),
        (95, 4.4414),
        (100, 4.5),
    ],
)
def test_an_opinion_of_a_rating_is_the_standards(r: float, mos: float) -> None:
    """MOS(R) of G.107, annex B; where its cubic falls below 1 an opinion does not."""
    assert mos_of_r(r) == pytest.approx(mos, abs=ON_MOS)


@pytest.mark.parametrize("r", [-1.0, 101.0, float("nan"), float("inf"), float("-inf")])
def test_a_rating_outside_its_scale_has_the_opinion_of_its_end(r: float) -> None:
    """Whatever comes in, what comes out is an opinion."""
    assert mos_of_r(r) == (4.5 if r > 100 else 1.0)


@pytest.mark.parametrize(
    ("mos", "r"), [(3.10, 60.0), (3.60, 70.06), (4.03, 80.16), (4.34, 90.04), (1.0, 0.0), (0.5, 0.0), (4.5, 100.0), (5.0, 100.0)]
)
def test_a_rating_of_an_opinion_is_the_standards(mos: float, r: float) -> None:
    """The inverse of MOS(R), with the values that G.107 gives its bands of quality."""
    assert r_of_mos(mos) == pytest.approx(r, abs=0.005)


@pytest.mark.parametrize(
    ("one_way_ms", "taken"),
    [(0, 0), (50, 1.2), (100, 2.4), (150, 3.6), (177.3, 4.255), (200, 7.297), (250, 13.997), (300, 20.697), (400, 34.097), (500, 47.497)],
)
def test_delay_takes_what_cole_and_rosenbluth_say(one_way_ms: float, taken: float) -> None:
    """Id by their two straight lines."""
    assert delay_impairment(one_way_ms) == pytest.approx(taken, abs=ON_MOS)


@pytest.mark.parametrize(
    ("one_way_ms", "idd"), [(50, 0), (100, 0), (150, 0.164), (200, 3.044), (250, 8.917), (300, 14.761), (400, 24.070), (500, 30.636)]
)
def test_the_standards_own_delay_is_never_taken_for_less(one_way_ms: float, idd: float) -> None:
    """Idd of G.107 (absolute delay alone) is what the two lines approach from above: delay never costs less than the standard says."""
    x = log2(one_way_ms / 100) if one_way_ms > 100 else 0.0
    standard = 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)

    assert standard == pytest.approx(idd, abs=ON_MOS)
    assert delay_impairment(one_way_ms) >= standard


@pytest.mark.parametrize(("one_way_ms", "r"), [(0, 93.21), (50, 91.76), (100, 90.66), (150, 89.54), (200, 85.80), (250, 79.18), (300, 72.67)])
def test_up_to_300_ms_the_rating_is_that_of_the_whole_standard(one_way_ms: float, r: float) -> None:
    """The full G.107 (echo included, TELR 65) is met within half a point of R."""
    assert BEST_R - delay_impairment(one_way_ms) == pytest.approx(r, abs=0.5)


@pytest.mark.parametrize(
    ("robustness", "own", "taken"),
    [
        (25.1, 0, (3.640, 7.011, 10.142, 15.781, 27.066, 42.129)),
        (4.3, 0, (17.925, 30.159, 39.041, 51.075, 66.434, 78.189)),
        (19, 11, (15.2, 19.0, 22.455, 28.5, 39.966, 54.077)),
    ],
    ids=["G.711 with concealment", "G.711", "G.729A"],
)
def test_loss_takes_what_the_standard_says(robustness: float, own: float, taken: Sequence[float]) -> None:
    """Ie,eff of G.107 with the constants of G.113; a codec that costs something itself leaves that much less to lose."""
    for loss_pct, expected in zip((1, 2, 3, 5, 10, 20), taken, strict=True):
        assert own + (95 - own) / 95 * loss_impairment(loss_pct, robustness) == pytest.approx(expected, abs=ON_MOS)


@pytest.mark.parametrize(
    ("one_way_ms", "lost", "g711", "g729a"),
    [
        (0, 0, (94.200, 4.428), (83.200, 4.139)),
        (100, 0, (91.800, 4.381), (80.800, 4.054)),
        (150, 0, (90.600, 4.353), (79.600, 4.009)),
        (200, 0, (86.903, 4.256), (75.903, 3.860)),
        (300, 0, (73.503, 3.757), (62.503, 3.229)),
        (100, 0.01, (87.607, 4.276), (76.988, 3.905)),
        (100, 0.05, (75.012, 3.822), (64.581, 3.334)),
        (150, 0.03, (79.453, 4.003), (69.105, 3.555)),
        (250, 0.05, (63.415, 3.275), (52.984, 2.732)),
    ],
)
def test_cole_and_rosenbluths_own_tables(one_way_ms: float, lost: float, g711: tuple[float, float], g729a: tuple[float, float]) -> None:
    """Their R and MOS for two codecs, with their own loss terms and our delay and opinion."""
    for codec_cost, (r, mos) in ((30 * log(1 + 15 * lost), g711), (11 + 40 * log(1 + 10 * lost), g729a)):
        rating = 94.2 - delay_impairment(one_way_ms) - codec_cost
        assert rating == pytest.approx(r, abs=ON_MOS)
        assert mos_of_r(rating) == pytest.approx(mos, abs=ON_MOS)


# ── Audio ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("loss", "rtt", "jitter", "protection", "r", "mos", "score", "category"),
    [
        (0, 0, 0, "fec", 92.720, 4.400, 99.7, "excellent"),
        (0, 50, 5, "fec", 91.880, 4.382, 99.2, "excellent"),
        (0, 200, 20, "fec", 89.360, 4.323, 97.5, "excellent"),
        (0, 300, 30, "fec", 81.883, 4.093, 90.7, "excellent"),
        (0, 500, 0, "fec", 76.523, 3.886, 84.7, "good"),
        (5, 100, 10, "fec", 72.040, 3.691, 78.9, "good"),
        (5, 100, 10, "none", 59.373, 3.067, 60.6, "fair"),
        (10, 100, 10, "fec", 59.373, 3.067, 60.6, "fair"),
        (3, 300, 30, "fec", 69.492, 3.573, 75.5, "good"),
        (5, 400, 50, "fec", 50.823, 2.618, 47.5, "poor"),
        (50, 50, 5, "fec", 24.023, 1.381, 11.2, "poor"),
        (100, 0, 0, "fec", 13.553, 1.093, 2.7, "poor"),
        (0, 3000, 0, "fec", 0, 1.000, 0, "poor"),
    ],
)
def test_audio_scores_as_it_should(
    loss: float, rtt: float, jitter: float, protection: Any, r: float, mos: float, score: float, category: Category
) -> None:
    """Loss, round trip and jitter give the opinion, points and word that they should; in-band FEC is what Opus does where nothing is said."""
    scored = score_sample(audio(loss, rtt, jitter, protection=protection))

    assert scored.mos == pytest.approx(mos, abs=ON_MOS)
    assert scored.mos == pytest.approx(mos_of_r(r), abs=ON_MOS)
    assert scored.score == pytest.approx(score, abs=ON_SCORE)
    assert (scored.category, scored.formula) == (category, FORMULA)
    if protection == "fec":
        assert score_sample(audio(loss, rtt, jitter)) == scored


def test_better_protected_audio_suffers_less_from_the_same_loss() -> None:
    """RED and FEC together lose least; 5 % costs in LiveKit's proportions of 8 : 5.33 : 4 : 2.67 within a tenth."""
    scores = [score_sample(audio(5, 100, 10, protection=protection)).score or 0.0 for protection in ("none", "fec", "red", "red_fec")]
    costs = [loss_impairment(5, LOSS_ROBUSTNESS[protection]) for protection in ("none", "fec", "red", "red_fec")]

    assert scores == sorted(scores)
    assert costs[0] / costs[3] == pytest.approx(8 / 2.67, rel=0.1)


def test_what_waits_in_the_jitter_buffer_counts_instead_of_jitter() -> None:
    """A buffer of 60 ms is as much delay as jitter of 30 ms where the buffer is not known, and jitter then matters no more."""
    assert score_sample(audio(0, 200, 500, jitter_buffer_ms=60.0)).score == score_sample(audio(0, 200, 30)).score


def test_what_came_too_late_is_lost_as_well() -> None:
    """2 % lost and 3 % of the rest too late are 4.94 %."""
    assert score_sample(audio(2, 100, 10, late_loss_pct=3.0)).mos == pytest.approx(score_sample(audio(4.94, 100, 10)).mos)


def test_loss_between_few_packets_weighs_less() -> None:
    """While silence is not sent, 5 % of the packets make 22 % of the weight; at 50 packets a second and more a loss counts in full."""
    assert audible_loss(10, 0, packets=25, interval_ms=10_000) == pytest.approx(10 * 0.2236, abs=ON_MOS)
    assert audible_loss(10, 0, packets=500, interval_ms=10_000) == audible_loss(10, 0, None, 10_000) == pytest.approx(10)
    assert audible_loss(10, 0, packets=5000, interval_ms=10_000) == pytest.approx(10)


def test_when_nothing_came_at_all_its_loss_is_no_silence() -> None:
    """Not one packet, all of them lost: that is not silence which was not sent."""
    assert score_sample(audio(100, 50, 5, packets=0)).score == score_sample(audio(100, 50, 5)).score


def test_the_bitrate_of_speech_does_not_matter() -> None:
    """Opus falls silent at a few kbit/s; that is no fault."""
    assert score_sample(audio(1, 50, 5, bitrate_kbps=2.0)) == score_sample(audio(1, 50, 5, bitrate_kbps=64.0))


# ── Video ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

HD = (1280, 720)


@pytest.mark.parametrize(
    ("kbps", "size", "fps", "more", "mos", "score"),
    [
        (1500, HD, 30, {"codec": "VP8"}, 3.678, 89.3),
        (2500, HD, 30, {}, 3.964, 98.8),
        (1700, HD, 30, {"codec": "VP9"}, 3.850, 95.0),
        (500, HD, 30, {}, 3.063, 68.8),
        (450, (640, 360), 20, {}, 4.007, 100),
        (1500, HD, 30, {"packet_loss_pct": 2.0}, 3.193, 73.1),
        (1500, HD, 30, {"freeze_ratio": 0.05}, 3.009, 67.0),
        (1500, HD, 30, {"freeze_ratio": 0.10}, 2.339, 44.6),
        (400, HD, 7, {}, 2.305, 43.5),
        (300, (1920, 1080), 3, {"kind": "screen"}, 2.642, 54.7),
    ],
)
def test_video_scores_as_it_should(kbps: float, size: tuple[int, int], fps: float, more: dict[str, Any], mos: float, score: float) -> None:
    """Bits for pixels, frames, loss and freezes give the opinion and points that they should."""
    scored = score_sample(video(kbps, size, fps, **more))

    assert scored.mos == pytest.approx(mos, abs=ON_MOS)
    assert scored.score == pytest.approx(score, abs=ON_SCORE)


def test_a_codec_is_known_by_any_of_its_names() -> None:
    """VP9 and H.265 need 1.2 times fewer bits, AV1 1.4 times; what is not known counts as VP8."""

    def score(codec: str | None, kbps: float = 1000.0) -> float | None:
        return score_sample(video(kbps, codec=codec)).mos

    assert score("VP9") == score("video/VP9") == score("vp9") == score("H265") == score("video/h265") == pytest.approx(score(None, 1200))
    assert score("AV1") == score("video/AV1") == pytest.approx(score(None, 1400))
    assert score("VP8") == score("video/H264") == score("h264") == score("Sorenson") == score(None)


@pytest.mark.parametrize(
    "figures", [{"fps": 0.0}, {"bitrate_kbps": 0.0}, {"bitrate_kbps": None, "bytes": 0}, {"fps": 0.0, "width": None, "height": None}]
)
def test_video_that_stands_still_is_as_bad_as_can_be(figures: dict[str, Any]) -> None:
    """No frames or no bits while it should be seen: opinion 1, no points, whatever else is known."""
    scored = score_sample(video(**figures))
    assert (scored.mos, scored.score, scored.category) == (1.0, 0.0, "poor")


def test_where_the_bitrate_is_not_given_bytes_tell_it() -> None:
    """1,875,000 bytes in 10 s are 1500 kbit/s."""
    assert score_sample(video(bitrate_kbps=None, bytes=1_875_000)) == score_sample(video(1500))


def test_frames_are_held_against_how_many_there_should_be() -> None:
    """12 of 24 expected are worse than 12 where nothing is expected (then 15 are), which are worse than 12 of 12; a screen may stand still."""
    of_24, unknown, of_12 = (score_sample(video(fps=12.0, fps_expected=expected)).score or 0.0 for expected in (24.0, None, 12.0))
    assert of_24 < unknown < of_12
    assert score_sample(video(fps=5.0, kind="screen", fps_expected=30.0)) == score_sample(video(fps=5.0, kind="screen"))


# ── No score ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_muted_track_has_no_score() -> None:
    """Silence that is meant is neither good nor bad."""
    for sample in (audio(0, 50, 5, muted=True), video(muted=True), video(fps=0.0, muted=True)):
        scored = score_sample(sample)
        assert (scored.mos, scored.score, scored.category) == (None, None, "unknown")
        assert [reason.code for reason in scored.reasons] == ["muted"]


@pytest.mark.parametrize("field", ["packet_loss_pct", "rtt_ms", "jitter_ms"])
def test_audio_of_which_something_is_unknown_has_no_score(field: str) -> None:
    """Unknown is not none: without loss, round trip or jitter there is no score, and the reason names what is missing."""
    sample = measured("audio", **{"packet_loss_pct": 1.0, "rtt_ms": 50.0, "jitter_ms": 5.0, field: None})
    assert score_sample(sample).score is None
    assert codes(sample) == [f"missing:{field}"]


@pytest.mark.parametrize("field", ["width", "height", "bitrate_kbps", "fps"])
def test_video_of_which_something_is_unknown_has_no_score(field: str) -> None:
    """Without size, bitrate and frames there is no score, and the reason names what is missing."""
    unknown: dict[str, Any] = {field: None}
    assert score_sample(video(**unknown)).score is None
    assert codes(video(**unknown)) == [f"missing:{field}"]
    assert codes(video(width=0)) == codes(video(width=5e-324)) == ["missing:width"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -1.0, 1e308])
def test_a_number_that_none_can_have_measured_is_unknown(value: float) -> None:
    """NaN, the infinite, the negative and the absurd are no round trips; where the score can do without the number, it is told all the same."""
    assert score_sample(audio(1, value, 5)).score is None
    assert codes(audio(1, value, 5)) == ["bad:rtt_ms"]
    assert score_sample(video(rtt_ms=value)).score == score_sample(video(rtt_ms=None)).score
    assert "bad:rtt_ms" in codes(video(rtt_ms=value))


# ── Why ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_reasons_are_worth_what_the_score_would_be_without_them() -> None:
    """The costliest first; each makes up for its points when it is taken away."""
    scored = score_sample(audio(5, 400, 50))
    delay, loss = scored.reasons

    assert (delay.code, loss.code) == ("delay", "loss")
    assert (delay.points or 0) > (loss.points or 0)
    assert scored.score is not None
    assert scored.score + (loss.points or 0) == pytest.approx(score_sample(audio(0, 400, 50)).score)


def test_the_reasons_of_bad_video_name_what_is_wrong() -> None:
    """Each impairment alone is the first reason of a sample that has it."""
    plenty = 20_000.0
    assert codes(video(plenty, packet_loss_pct=8.0))[0] == "loss"
    assert codes(video(plenty, freeze_ratio=0.15))[0] == "freeze"
    assert codes(video(plenty, fps=4.0))[0] == "fps"
    assert codes(video(plenty, rtt_ms=3000.0))[0] == "delay"
    assert codes(video(100.0))[0] == "bitrate"


def test_what_costs_less_than_half_a_point_is_no_reason() -> None:
    """A good sample needs no excuse."""
    assert codes(audio(0, 20, 1)) == []
    assert codes(video(8000)) == []


def test_without_reasons_the_score_is_the_same() -> None:
    """Reasons can be left out where many scores are wanted."""
    for sample in (audio(5, 400, 50), video(500), video(fps=0.0)):
        with_them, without = score_sample(sample), score_sample(sample, with_reasons=False)
        assert (without.mos, without.score, without.category) == (with_them.mos, with_them.score, with_them.category)
        assert without.reasons == ()


# ── What others send ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, "12", True, [1], {"a": 1}, 1e308, 10**400])
def test_what_is_no_number_becomes_unknown_with_a_note(value: Any) -> None:
    """A strange value of one field spoils neither the others nor the program."""
    sample, notes = read_measured({"kind": "audio", "direction": "inbound", "packet_loss_pct": value, "rtt_ms": 50, "jitter_ms": 5})
    assert (sample.packet_loss_pct, sample.rtt_ms) == (None, 50.0)
    assert [note.code for note in notes] == ["bad:packet_loss_pct"]


def test_null_is_unknown_and_said_so() -> None:
    """Null and absent are the same, but for the note."""
    sample, notes = read_measured({"kind": "audio", "direction": "inbound", "rtt_ms": None})
    assert sample.rtt_ms is None
    assert [note.code for note in notes] == ["missing:rtt_ms"]


def test_what_is_left_out_is_taken_as_it_mostly_is_and_told() -> None:
    """What has frames or a size is video, all else audio; got rather than sent."""
    seen, notes = read_measured({"width": 640, "height": 360})
    assert (seen.kind, seen.direction, seen.interval_ms) == ("video", "inbound", 10_000)
    assert [note.code for note in notes] == ["assumed:kind", "assumed:direction"]
    assert read_measured({"rtt_ms": 3})[0].kind == "audio"


def test_a_field_that_there_is_not_is_told() -> None:
    """`rtt` instead of `rtt_ms` is not silently without effect; a thousand strangers are told by the first twenty."""
    _, notes = read_measured({"kind": "audio", "direction": "outbound", "rtt": 0.05, "id": "x"})
    assert [note.code for note in notes] == ["unknown:rtt"]
    assert len(read_measured({"kind": "audio", "direction": "outbound", **{f"x{i}": 1 for i in range(1000)}})[1]) == 20


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "smell"), ("direction", 3), ("protection", "all"), ("muted", "no"), ("codec", "x" * 51), ("interval_ms", 0), ("started_at", "today")],
)
def test_words_that_are_none_are_told(field: str, value: Any) -> None:
    """A wrong word is treated as if it had not been said."""
    right = {"kind": "audio", "direction": "inbound", "packet_loss_pct": 1.0, "rtt_ms": 50.0, "jitter_ms": 5.0}
    sample, notes = read_measured({**right, field: value})
    assert f"bad:{field}" in [note.code for note in notes]
    assert score_sample(sample) == score_sample(read_measured(right)[0])


# ── People and calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_bad_sound_is_not_made_up_for_by_a_picture() -> None:
    """Audio decides; a picture can only lower the score of both."""
    assert combine(100, 20) == pytest.approx(68)
    assert combine(20, 100) == 20
    assert combine(80, None) == combine(None, 80) == 80
    assert combine(None, None) is None


def spell(score: float, seconds: float) -> list[Piece]:
    return [Piece(score, 10.0)] * round(seconds / 10)


@pytest.mark.parametrize(
    ("pieces", "reconnects", "score"),
    [
        (spell(95, 1740) + spell(20, 60), 0, 93.25),
        (spell(95, 1500) + spell(20, 300), 0, 63.75),
        (spell(95, 1800), 2, 85.0),
        (spell(95, 1770) + spell(0, 30), 1, 88.892),
        (spell(95, 1800), 9, 75.0),
        (spell(3, 1800), 4, 0.0),
    ],
)
def test_a_persons_score(pieces: list[Piece], reconnects: int, score: float) -> None:
    """The mean, drawn down by the worst tenth and by reconnects, of which four count."""
    assert participant_score(pieces, reconnects=reconnects) == pytest.approx(score, abs=ON_SCORE)


def test_too_little_is_no_score_of_a_person() -> None:
    """Three pieces and 30 s it takes."""
    assert participant_score([Piece(95, 100.0)] * 2, reconnects=0) is None
    assert participant_score([Piece(95, 9.9)] * 3, reconnects=0) is None
    assert participant_score([Piece(95, 10.0)] * 3, reconnects=0) == pytest.approx(95)
    assert participant_score([], reconnects=0) is None


def test_a_calls_score() -> None:
    """Half the mean over time, half the worst of those who are known."""
    assert call_score([(95, 600), (60, 600)]) == pytest.approx(68.75)
    assert call_score([(95, 600)] * 9 + [(40, 600)]) == pytest.approx(64.75)
    assert call_score([(90, 1200), (60, 600)]) == pytest.approx(70)
    assert call_score([]) is None


@pytest.mark.parametrize(
    ("score", "category"),
    [
        (100, "excellent"),
        (90, "excellent"),
        (89.99, "good"),
        (75, "good"),
        (74.99, "fair"),
        (60, "fair"),
        (59.99, "poor"),
        (0, "poor"),
        (None, "unknown"),
    ],
)
def test_scores_have_words(score: float | None, category: Category) -> None:
    """The cut-offs lie at R 80, 70 and 60, G.109's borders of satisfaction."""
    assert category_of(score) == category


@pytest.mark.parametrize(
    ("category", "share", "at_most"),
    [
        ("excellent", 0.09, "excellent"),
        ("excellent", 0.10, "fair"),
        ("good", 0.49, "fair"),
        ("poor", 0.2, "poor"),
        ("good", 0.5, "poor"),
        ("unknown", 1.0, "unknown"),
    ],
)
def test_a_critical_problem_caps_the_word(category: Category, share: float, at_most: Category) -> None:
    """A tenth of the time makes it fair at most, half of it poor; what is unknown stays so."""
    assert capped(category, share) == at_most


# ── What other systems say ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rtt", "jitter", "loss", "mos"), [(0, 0, 0, 4.43), (2000, 0, 0, 1.00), (0, 0, 10, 3.57), (100, 10, 1, 4.314), (400, 30, 3, 2.694)]
)
def test_twilios_ratings_have_twilios_opinions(rtt: float, jitter: float, loss: float, mos: float) -> None:
    """Their R through our MOS(R) gives their test values."""
    latency = rtt + 2 * jitter + 10
    r = 94.768 - latency / 40 if latency < 160 else 94.768 - (latency - 120) / 10 if latency < 1000 else 0.0
    assert mos_of_r(r - 2.5 * loss if r else 0.0) == pytest.approx(mos, abs=0.005)


@pytest.mark.parametrize(("loss", "rtt", "mos"), [(0, 50, 4.37), (15, 50, 2.62), (30, 50, 1.82), (50, 50, 1.38), (0, 400, 3.77)])
def test_rtcscores_ratings_have_rtcscores_opinions(loss: float, rtt: float, mos: float) -> None:
    """Their R, with the bracket of its delay term put right (as shipped, 400 ms score 4.50), through our MOS(R)."""
    delay = 20 + 50 + rtt / 2
    r = 100 - (6 + 94 * loss / (loss + 20)) - (0.03 * delay + (0.1 * (delay - 150) if delay > 150 else 0))
    assert mos_of_r(r) == pytest.approx(mos, abs=0.005)


@pytest.mark.parametrize(("loss", "mos"), [(1, 3.929), (2, 3.452), (5, 2.515), (10, 1.852)])
def test_rtpengines_opus_has_rtpengines_opinions(loss: float, mos: float) -> None:
    """Fullband Opus by G.107.2, whose R goes to 148 (Ie 10.2, Bpl 4.3): our loss term on its scale, through our MOS(R)."""
    r = (148 - 10.2 - (132 - 10.2) / 95 * loss_impairment(loss, 4.3)) / 1.48
    assert mos_of_r(r) == pytest.approx(mos, abs=ON_MOS)


def test_loss_eats_at_a_picture_as_in_g1070() -> None:
    """G.1070's own figures (H.264, VGA, 30 frames, 1 Mbit/s: 3.799, 2.930, 2.331 at 0, 1, 2 %) are an exponential, and so is ours; ours is gentler."""

    def left(clear: float, one: float, two: float) -> tuple[float, float]:
        return (one - 1) / (clear - 1), (two - 1) / (clear - 1)

    theirs = left(3.799, 2.930, 2.331)
    ours = left(*(score_sample(video(packet_loss_pct=loss)).mos or 0.0 for loss in (0.0, 1.0, 2.0)))

    assert theirs[1] == pytest.approx(theirs[0] ** 2, abs=ON_MOS)
    assert ours[1] == pytest.approx(ours[0] ** 2)
    assert ours[0] > theirs[0]
    assert ours[1] == pytest.approx(0.82, abs=0.005)


def test_the_live_score_falls_fast_and_recovers_slowly() -> None:
    """LiveKit's numbers: 12 % loss without FEC from 100, then clean windows."""
    bad = 100 - 8 * 12.0
    after_loss = smoothed(100, bad)
    first = smoothed(after_loss, 100)
    second = smoothed(first, 100)

    assert after_loss == 30
    assert first == pytest.approx(58)
    assert second == pytest.approx(74.8)
    assert smoothed(second, 100) == pytest.approx(84.88)
    assert smoothed(None, 80) == 80


@pytest.mark.parametrize(
    ("figures", "teams"),
    [
        ({"packet_loss_pct": 10.0, "rtt_ms": 500.0, "jitter_ms": 30.0, "concealment_pct": 7.0}, "Good"),
        ({"packet_loss_pct": 10.1}, "Poor"),
        ({"rtt_ms": 501.0}, "Poor"),
        ({"jitter_ms": 31.0}, "Poor"),
        ({"concealment_pct": 7.1}, "Poor"),
        ({}, "Unclassified"),
        ({"rtt_ms": 501.0, "packets": 100}, "Unclassified"),
        ({"rtt_ms": 501.0, "muted": True}, "Unclassified"),
    ],
)
def test_teams_class_of_audio(figures: dict[str, Any], teams: str) -> None:
    """Any of four averages makes a stream of more than 500 packets poor."""
    assert teams_cqd_class([measured("audio", **{"packets": 200, **figures})] * 3) == teams


@pytest.mark.parametrize(
    ("kind", "figures", "teams"),
    [
        ("video", {"frames_dropped_pct": 51.0, "fps": 30.0}, "Poor"),
        ("video", {"frames_dropped_pct": 50.0, "fps": 3.0}, "Good"),
        ("video", {"fps": 6.9, "packet_loss_pct": 0.0}, "Poor"),
        ("video", {"fps": 7.0, "packet_loss_pct": 90.0}, "Good"),
        ("screen", {"fps": 2.0}, "Good"),
        ("screen", {"fps": 1.9}, "Poor"),
        ("video", {"packet_loss_pct": 15.1}, "Poor"),
        ("video", {"packet_loss_pct": 15.0}, "Good"),
        ("video", {"rtt_ms": 3000.0}, "Unclassified"),
    ],
)
def test_teams_class_of_video(kind: Kind, figures: dict[str, Any], teams: str) -> None:
    """The first figure that is known decides: frames lost, frames a second, packets lost."""
    assert teams_cqd_class([measured(kind, **figures)]) == teams


def test_teams_averages_are_over_time() -> None:
    """600 ms for a second among 50 ms for ten is no poor stream."""
    stream = [measured("audio", rtt_ms=600.0, interval_ms=1000), measured("audio", rtt_ms=50.0)]
    assert teams_cqd_class(stream) == "Good"
    assert teams_cqd_class([]) == "Unclassified"
