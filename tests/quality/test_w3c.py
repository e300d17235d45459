"""getStats readings to samples: what each figure is, of every engine, and of readings that are none."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st
from tests.quality.record_vectors import FOLDER, whole

from callwell.quality.samples import Measured
from callwell.quality.w3c import Sampler

VECTORS = sorted(FOLDER.glob("*.json"))


def derive(vector: dict[str, Any]) -> list[Measured]:
    sampler, samples = Sampler(interval_ms=vector["interval_ms"]), []
    for reading, stats in whole(vector):
        hints = {name: reading.get(name, []) for name in ("muted", "remote_muted", "screen")}
        samples += sampler.read(reading["pc"], reading["at_ms"], stats, **hints)
    return samples + sampler.finish()


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_samples_are_those_of_the_vector(path: Path):
    """The vectors are shared with the SDK: both derive the same numbers from the same readings, and every sample fits the wire."""
    vector = json.loads(path.read_text())
    samples = derive(vector)
    assert [msgspec.to_builtins(one) for one in samples] == [msgspec.to_builtins(msgspec.convert(one, Measured)) for one in vector["samples"]]


def opus(**counters: Any) -> dict[str, Any]:
    return {"type": "inbound-rtp", "kind": "audio", "ssrc": 1, **counters}


def samples_of(readings: list[tuple[float, dict[str, Any]]], interval_ms: int = 10_000) -> list[Measured]:
    sampler, samples = Sampler(interval_ms=interval_ms), []
    for seconds, stats in readings:
        samples += sampler.read("pc", seconds * 1000, stats)
    return samples + sampler.finish()


def test_recorded_calls_are_plausible():
    """What Chromium's fake camera and microphone send over loopback is what the samples say: 640x480 at 20 frames, opus, nothing lost, no delay."""
    for path in FOLDER.glob("chromium_*.json"):
        samples = derive(json.loads(path.read_text()))
        assert len(samples) >= 3 * 4
        for one in samples:
            assert one.packet_loss_pct is None or one.packet_loss_pct < 1
            assert one.rtt_ms is not None and one.rtt_ms < 50
            assert one.counter_resets == 0
        pictures = [one for one in samples if one.direction == "outbound" and one.kind == "video"]
        assert all((one.width, one.height) == (640, 480) and one.fps is not None and 15 < one.fps < 31 for one in pictures)
        assert all(one.codec == "opus" for one in samples if one.kind == "audio")
    assert {one.protection for one in samples_named("chromium_red_restart") if (one.direction, one.kind) == ("inbound", "audio")} == {"red_fec"}
    throttled = [one for one in samples_named("chromium_red_restart") if (one.direction, one.kind) == ("inbound", "video")][-1]
    assert throttled.bitrate_kbps is not None and throttled.bitrate_kbps < 120
    assert [one.muted for one in samples_named("chromium_mute") if (one.direction, one.kind) == ("outbound", "audio")] == [False, True, True]


def samples_named(name: str) -> list[Measured]:
    return derive(json.loads((FOLDER / f"{name}.json").read_text()))


@given(
    packets=st.lists(st.integers(0, 2_000), min_size=1, max_size=8),
    lost=st.lists(st.integers(-20, 60), min_size=8, max_size=8),
    delay=st.lists(st.integers(0, 50_000), min_size=8, max_size=8),
)
def test_more_readings_of_the_same_time_give_the_same_sums(packets: list[int], lost: list[int], delay: list[int]):
    """Given one interval, when it is read once at its end or many times in between, then the sums and their ratios are the same."""
    readings = [(0.0, opus(packetsReceived=7, packetsLost=100, bytesReceived=70, jitterBufferDelay=5, jitterBufferEmittedCount=10))]
    for i, (more, gone, waited) in enumerate(zip(packets, lost, delay, strict=False)):
        last = readings[-1][1]
        now = opus(
            packetsReceived=last["packetsReceived"] + more,
            packetsLost=last["packetsLost"] + gone,
            bytesReceived=last["bytesReceived"] + 80 * more,
            jitterBufferDelay=last["jitterBufferDelay"] + waited,
            jitterBufferEmittedCount=last["jitterBufferEmittedCount"] + 960 * more,
        )
        readings.append(((i + 1) * 9.4 / len(packets), now))
    whole_time = [(at, {"i": stats}) for at, stats in readings]
    assert samples_of(whole_time) == samples_of([whole_time[0], whole_time[-1]])


@given(rtt=st.floats(0.001, 3), jitter=st.floats(0, 1.5), buffered=st.floats(0, 2), frozen=st.floats(0, 10))
def test_seconds_become_milliseconds_once(rtt: float, jitter: float, buffered: float, frozen: float):
    """Given delays in seconds, as the W3C has them, then the sample has them in milliseconds, and a freeze as a part of the time."""
    video = {"type": "inbound-rtp", "kind": "video", "ssrc": 2, "framesDecoded": 0, "freezeCount": 0, "totalFreezesDuration": 0, "packetsReceived": 0}
    out = {"type": "outbound-rtp", "kind": "audio", "ssrc": 3, "packetsSent": 0}
    first = {
        "a": opus(packetsReceived=0, jitterBufferDelay=0, jitterBufferEmittedCount=0),
        "v": video,
        "o": out,
        "s": {"type": "media-source", "kind": "audio"},
    }
    later = {
        "a": opus(packetsReceived=500, jitter=jitter, jitterBufferDelay=buffered * 480_000, jitterBufferEmittedCount=480_000),
        "v": {**video, "packetsReceived": 9, "framesDecoded": 250, "freezeCount": 1, "totalFreezesDuration": frozen},
        "o": {**out, "packetsSent": 500},
        "r": {"type": "remote-inbound-rtp", "kind": "audio", "ssrc": 3, "localId": "o", "roundTripTime": rtt, "timestamp": 1},
    }
    audio, picture, _ = samples_of([(0, first), (10, later)])
    assert audio.rtt_ms == pytest.approx(1000 * rtt, abs=0.001)
    assert audio.jitter_ms == pytest.approx(1000 * jitter, abs=0.001)
    assert audio.jitter_buffer_ms == pytest.approx(1000 * buffered, abs=0.001)
    assert picture.freeze_ratio == pytest.approx(frozen / 10, abs=0.0001)


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=5),
    st.integers(),
    st.floats(),
    st.sampled_from([0, 1, -1, 2**53, 10**400, 1e308, -1e308, math.inf, math.nan, [], {}]),
)
MEMBERS = st.sampled_from(
    [
        "packetsReceived",
        "packetsLost",
        "packetsDiscarded",
        "bytesReceived",
        "jitter",
        "jitterBufferDelay",
        "jitterBufferEmittedCount",
        "concealedSamples",
        "silentConcealedSamples",
        "totalSamplesReceived",
        "framesReceived",
        "framesDecoded",
        "framesDropped",
        "framesPerSecond",
        "frameWidth",
        "frameHeight",
        "freezeCount",
        "totalFreezesDuration",
        "totalAudioEnergy",
        "totalSamplesDuration",
        "packetsSent",
        "bytesSent",
        "framesSent",
        "framesEncoded",
        "targetBitrate",
        "qualityLimitationReason",
        "qualityLimitationDurations",
        "active",
        "mediaSourceId",
        "codecId",
        "trackId",
        "localId",
        "mid",
        "ssrc",
        "kind",
        "mediaType",
        "isRemote",
        "trackIdentifier",
        "contentType",
        "timestamp",
        "roundTripTime",
        "totalRoundTripTime",
        "roundTripTimeMeasurements",
        "fractionLost",
        "currentRoundTripTime",
        "responsesReceived",
        "availableOutgoingBitrate",
        "selected",
        "nominated",
        "state",
        "selectedCandidatePairId",
        "mimeType",
        "payloadType",
        "sdpFmtpLine",
    ]
)
TYPES = st.sampled_from(
    [
        "inbound-rtp",
        "outbound-rtp",
        "remote-inbound-rtp",
        "remote-outbound-rtp",
        "media-source",
        "track",
        "codec",
        "candidate-pair",
        "transport",
        None,
    ]
)
OBJECTS = st.one_of(
    ANY,
    st.builds(
        lambda type, kind, members: {
            "type": type,
            "kind": kind,
            "ssrc": 1,
            "localId": "b",
            "mediaSourceId": "c",
            "codecId": "d",
            "trackId": "a",
            **members,
        },
        TYPES,
        st.sampled_from(["audio", "video"]),
        st.dictionaries(MEMBERS, ANY, max_size=12),
    ),
)
READINGS = st.lists(
    st.tuples(st.sampled_from(["p", "q"]), st.one_of(st.integers(0, 200_000), ANY), st.dictionaries(st.sampled_from("abcde"), OBJECTS, max_size=5)),
    max_size=12,
)


@given(READINGS)
def test_whatever_is_read_every_sample_fits_the_wire(readings: list[Any]):
    """Given readings with anything in any place, then nothing is raised, and no sample has a number that the wire would refuse."""
    sampler, samples = Sampler(interval_ms=5_000), []
    for pc, at, stats in readings:
        samples += sampler.read(pc, at, stats)
    for one in samples + sampler.finish():
        assert msgspec.json.decode(msgspec.json.encode(one), type=Measured) == one
        numbers = [value for value in msgspec.structs.asdict(one).values() if isinstance(value, float)]
        assert all(math.isfinite(value) and value >= 0 for value in numbers)


def test_samples_tile_the_time_between_readings():
    """Given readings at uneven times, then each sample begins where the one before ended, and none is longer than a minute."""
    times = [0, 3, 9, 21, 22, 30, 75, 76, 80, 140, 141, 300, 303, 311]
    samples = samples_of([(at, {"i": opus(packetsReceived=50 * at)}) for at in times])
    ends = [(one.started_at, one.ended_at) for one in samples]
    breaks = [(before[1], after[0]) for before, after in itertools.pairwise(ends) if before[1] != after[0]]
    assert len(breaks) == 1
    assert (breaks[0][1] - breaks[0][0]).total_seconds() == 300 - 141
    assert sum(one.packets or 0 for one in samples) == 50 * (141 + 11)


def test_a_clock_that_was_set_back_is_believed_after_three_readings():
    """Given one reading from the past, then it is dropped; given three in a row, then time goes on from there."""
    times = [1_000, 1_010, 200, 1_020, 300, 301, 302, 312]
    starts = [one.started_at.timestamp() for one in samples_of([(at, {"i": opus(packetsReceived=at)}) for at in times])]
    assert starts == [1_000, 1_010, 302]


def test_a_million_objects_take_neither_memory_nor_time():
    """Given a report of a million objects, then ten thousand are looked at and two thousand remembered, however often such a report comes."""
    sampler = Sampler()
    one = opus(packetsReceived=5)
    for reading in range(3):
        sampler.read(f"pc{reading % 2}", 1000 * reading, {f"{reading}/{n}": one for n in range(1_000_000 if reading == 0 else 20_000)})
    assert len(sampler._objects) <= 2_000
    assert len(sampler._parts) <= 4_000
