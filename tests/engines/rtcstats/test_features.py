"""The features of a dump are those that a public rtcstats server finds.

The dumps in `vectors/`, and what is expected of them, are those of that server's own tests (https://github.com/jitsi/rtcstats-server,
Apache License 2.0): Chrome, Firefox and Safari, peer to peer and with a server between, several peer connections and failed ones, and
statistics as Chrome had them of old.
"""

import gzip
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from callwell.cli import run
from callwell.engines.rtcstats.browsers import browser_info, family_of
from callwell.engines.rtcstats.dumps import read_dump
from callwell.engines.rtcstats.features import features

VECTORS = Path(__file__).parent / "vectors"
DUMPS = sorted(VECTORS.glob("*.dump.gz"))
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/118.0"
AT = 1_605_199_359_000


def features_of(*entries: tuple[Any, ...], user_agent: str = CHROME, protocol: str = "3.1_STANDARD") -> dict[str, Any]:
    """Of entries, each a second after the one before unless it says when."""
    first = ("connectionInfo", None, {"userAgent": user_agent, "clientProtocol": protocol}, AT)
    timed = [entry if len(entry) == 4 else (*entry, AT + 1_000 * number) for number, entry in enumerate(entries)]
    return features(read_dump(json.dumps(entry).encode() for entry in (first, *timed)))


def stats(*reports: dict[str, Any], pc: str = "PC_0") -> tuple[str, str, dict[str, Any]]:
    return "getstats", pc, {report.get("id", report["type"]): report for report in reports}


def inbound(**more: Any) -> dict[str, Any]:
    return {"type": "inbound-rtp", "kind": "audio", "ssrc": 7, "packetsReceived": 100, "packetsLost": 0, **more}


def pc_of(*entries: tuple[Any, ...], user_agent: str = CHROME) -> dict[str, Any]:
    return features_of(*entries, user_agent=user_agent)["aggregates"]["PC_0"]


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.name.partition(".")[0])
def test_the_features_of_recorded_dumps_are_equal(path: Path) -> None:
    """Every figure of every recorded dump, as the public server has it."""
    with gzip.open(path) as lines:
        found = features(read_dump(lines))
    assert found == json.loads(path.with_name(path.name.replace(".dump.gz", ".features.json")).read_text())


def test_there_are_recorded_dumps() -> None:
    """The folder of vectors is not empty by mistake."""
    assert len(DUMPS) == 6


# ── A peer connection ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_lasts_from_connected_to_what_was_heard_of_it_last() -> None:
    """Given one that connects, fails, and connects again; when something is heard of it 3 s later; then it failed, was connected
    anew once, and lasted from the first time on."""
    pc = pc_of(
        ("create", "PC_0", {}),
        ("onconnectionstatechange", "PC_0", "connected", AT + 2_000),
        ("oniceconnectionstatechange", "PC_0", "disconnected", AT + 3_000),
        ("oniceconnectionstatechange", "PC_0", "failed", AT + 4_000),
        ("onconnectionstatechange", "PC_0", "failed", AT + 4_000),
        ("onconnectionstatechange", "PC_0", "connected", AT + 5_000),
        ("onicecandidate", "PC_0", None, AT + 8_000),
        ("create", "PC_1", {}, AT + 9_000),
    )
    assert (pc["connectionFailed"], pc["iceReconnects"], pc["pcSessionDurationMs"]) == (True, 1, 6_000)
    assert (pc["lastIceDisconnect"], pc["lastIceFailure"]) == (AT + 3_000, AT + 4_000)


def test_one_that_never_connected_lasted_not_at_all() -> None:
    """Nothing is known of it but that it was there."""
    pc = pc_of(("create", "PC_0", {}), ("onicecandidate", "PC_0", None))
    assert (pc["connectionFailed"], pc["iceReconnects"], pc["pcSessionDurationMs"], pc["isP2P"], pc["usesRelay"]) == (False, 0, 0, None, None)
    assert pc["candidatePairData"] == {}
    assert "inboundVideoExperience" not in pc


def test_failures_are_counted_by_kind() -> None:
    """Descriptions that could not be made or set, and DTLS."""
    pc = pc_of(
        ("createOfferOnFailure", "PC_0", "x"),
        ("createAnswerOnFailure", "PC_0", "x"),
        ("setLocalDescriptionOnFailure", "PC_0", "x"),
        ("ondtlserror", "PC_0", "x"),
        ("ondtlsstatechange", "PC_0", "connected"),
        ("ondtlsstatechange", "PC_0", "failed"),
    )
    assert (pc["sdpCreateFailure"], pc["sdpSetFailure"], pc["dtlsErrors"], pc["dtlsFailure"]) == (2, 1, 1, 1)


@pytest.mark.parametrize(("user_agent", "failures"), [(CHROME, 1), (FIREFOX, 0)])
def test_dtls_that_fails_after_ice_is_lost_is_no_failure_of_dtls_in_firefox(user_agent: str, failures: int) -> None:
    """Firefox says of every transport that is lost that its DTLS failed."""
    lost = (("oniceconnectionstatechange", "PC_0", "disconnected"), ("ondtlsstatechange", "PC_0", "failed"))
    assert pc_of(*lost, user_agent=user_agent)["dtlsFailure"] == failures


PAIR = {"id": "P", "type": "candidate-pair", "localCandidateId": "L", "remoteCandidateId": "R", "currentRoundTripTime": 0.1, "selected": True}
LOCAL = {"id": "L", "type": "local-candidate", "candidateType": "relay", "address": "1.2.3.4", "port": 9, "protocol": "udp", "relayProtocol": "tls"}
REMOTE = {"id": "R", "type": "remote-candidate", "candidateType": "srflx", "protocol": "udp"}
TRANSPORT = {"id": "T", "type": "transport", "selectedCandidatePairId": "P"}


@pytest.mark.parametrize(("user_agent", "reports"), [(CHROME, [PAIR, LOCAL, REMOTE, TRANSPORT]), (FIREFOX, [PAIR, LOCAL, REMOTE])])
def test_a_relay_is_used_by_its_own_protocol(user_agent: str, reports: list[dict[str, Any]]) -> None:
    """Given a pair with a relayed candidate; then a relay is used, and its protocol is that towards the relay."""
    pc = pc_of(stats(*reports), user_agent=user_agent)
    assert pc["usesRelay"] is True
    assert pc["candidatePairData"] == {
        "id": "P",
        "isUsingRelay": True,
        "localAddress": "1.2.3.4",
        "localCandidateType": "relay",
        "localPort": 9,
        "localProtocol": "tls",
        "remoteAddress": "",
        "remoteCandidateType": "srflx",
        "remotePort": "",
        "remoteProtocol": "udp",
    }


def test_a_pair_that_nobody_describes_has_empty_data() -> None:
    """A transport may go on naming a pair that is gone."""
    pc = pc_of(stats(PAIR, LOCAL, REMOTE, TRANSPORT), stats(TRANSPORT))
    assert (pc["candidatePairData"]["id"], pc["candidatePairData"]["localCandidateType"], pc["usesRelay"]) == ("", "", False)


def test_a_pair_that_comes_up_after_its_transport_has_its_id_from_the_next_entry_on() -> None:
    """So the public server has it."""
    new = [TRANSPORT, PAIR, LOCAL, REMOTE]
    assert pc_of(stats(*new))["candidatePairData"]["id"] == ""
    assert pc_of(stats(*new), stats(*new))["candidatePairData"]["id"] == "P"


def test_the_mean_round_trip_is_of_those_measured() -> None:
    """0 is none; Chrome of old counts milliseconds, as text; Firefox knows it of what it sends."""
    assert pc_of(stats(PAIR, TRANSPORT), stats(PAIR | {"currentRoundTripTime": 0}, TRANSPORT))["transportAggregates"] == {"meanRtt": 0.1}
    old = {"type": "googCandidatePair", "googActiveConnection": "true", "googRtt": "41"}
    assert pc_of(stats(old), stats(old | {"googRtt": "42"}))["transportAggregates"] == {"meanRtt": 41.5}
    sent = {"type": "remote-inbound-rtp", "ssrc": 1, "roundTripTime": 0.125}
    assert pc_of(stats(sent, PAIR, TRANSPORT), user_agent=FIREFOX)["transportAggregates"] == {"meanRtt": 0.13}


# ── Tracks ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_track_is_what_was_last_said_of_it() -> None:
    """Given three reports of what was received; then packets and losses are the last, the variance is of what was lost between them, and
    the concealed share is of all samples."""
    series = [(100, 0), (200, 2), (300, 3)]
    tracks = pc_of(
        *(stats(inbound(packetsReceived=packets, packetsLost=lost, totalSamplesReceived=48_000, concealedSamples=480)) for packets, lost in series)
    )["tracks"]
    assert tracks["senderTracks"] == []
    assert tracks["receiverTracks"] == [
        {
            "mediaType": "audio",
            "ssrc": 7,
            "packets": 300,
            "packetsLost": 3,
            "packetsLostPct": 1,
            "packetsLostVariance": 0.25,
            "concealedPercentage": 1,
            "startTime": AT,
            "endTime": AT + 2_000,
        }
    ]


def test_what_was_sent_and_lost_stands_in_two_reports() -> None:
    """Given an `outbound-rtp` whose other side's report is known; then what was lost is what that side says; totals are of all tracks."""
    sent = {"type": "outbound-rtp", "id": "O", "kind": "video", "ssrc": 8, "packetsSent": 1_000, "remoteId": "I"}
    told = {"type": "remote-inbound-rtp", "id": "I", "kind": "video", "ssrc": 8, "packetsLost": 15}
    other = {"type": "outbound-rtp", "id": "Q", "kind": "audio", "ssrc": 9, "packetsSent": 500}
    pc = pc_of(stats(sent, told, other))
    assert [(track["ssrc"], track["packets"], track["packetsLost"], track["packetsLostPct"]) for track in pc["tracks"]["senderTracks"]] == [
        (8, 1_000, 15, 1.5),
        (9, 500, 0, 0),
    ]
    assert pc["trackAggregates"]["sentPacketsLostPct"] == 1
    assert (pc["trackAggregates"]["totalPacketsSent"], pc["trackAggregates"]["totalSentPacketsLost"]) == (1_500, 15)


def test_statistics_of_old_are_read_with_their_numbers_as_text() -> None:
    """Given `ssrc` reports; then their direction is that of the packets they count."""
    old = {"type": "ssrc", "mediaType": "video", "packetsLost": "5"}
    sent, received = old | {"id": "1_send", "ssrc": "1", "packetsSent": "100"}, old | {"id": "2_recv", "ssrc": "2", "packetsReceived": "500"}
    tracks = pc_of(stats(sent, received | {"googFrameHeightReceived": "720", "googFrameRateOutput": "30"}))["tracks"]
    assert [(track["ssrc"], track["packets"], track["packetsLostPct"]) for track in tracks["senderTracks"]] == [("1", 100, 5)]
    assert [(track["ssrc"], track["packets"], track["packetsLostPct"]) for track in tracks["receiverTracks"]] == [("2", 500, 1)]


def test_losses_that_cannot_be_are_no_percentage() -> None:
    """More lost than sent, or fewer than none, is 0."""
    for lost in (-3, 100, 1_000):
        assert pc_of(stats(inbound(packetsLost=lost)))["tracks"]["receiverTracks"][0]["packetsLostPct"] == 0


def test_a_track_ends_where_it_is_named_last() -> None:
    """Given a track that is gone; when others go on; then it ended when it was named last."""
    other = inbound(id="B", ssrc=5)
    tracks = pc_of(stats(inbound(), other), stats(inbound(), other), stats(other))["tracks"]["receiverTracks"]
    assert [(track["ssrc"], track["endTime"]) for track in tracks] == [(5, AT + 2_000), (7, AT + 1_000)]


def test_a_clock_put_back_ends_no_track_before_it_began() -> None:
    """It then ends when it began."""
    track = pc_of((*stats(inbound()), AT), (*stats(inbound()), AT - 60_000))["tracks"]["receiverTracks"][0]
    assert (track["startTime"], track["endTime"]) == (AT, AT)


def test_a_camera_that_becomes_a_screen_is_two_tracks() -> None:
    """Given one SSRC; when it carries a screen instead of a camera; then there is a track of each, and the former ends then."""
    video = inbound(kind="video")
    pc = pc_of(
        ("create", "PC_0", {}),
        ("setVideoType", None, {"ssrc": 7, "videoType": "camera"}),
        stats(video),
        ("setVideoType", None, {"ssrc": 7, "videoType": "camera"}),
        ("setVideoType", None, {"ssrc": 7, "videoType": "desktop"}),
        stats(video | {"packetsReceived": 150}),
    )
    assert [(track["mediaType"], track["startTime"], track["endTime"], track["packets"]) for track in pc["tracks"]["receiverTracks"]] == [
        ("video/desktop", AT + 4_000, AT + 5_000, 150),
        ("video/camera", AT + 1_000, AT + 4_000, 100),
    ]


def test_video_has_a_best_and_a_worst_at_every_time() -> None:
    """Given two videos; then the bounds are the means of the higher and of the lower one, and between equals of the faster and slower."""
    big, small = (inbound(id=str(height), ssrc=height, kind="video", frameHeight=height, framesPerSecond=20) for height in (720, 180))
    slow = big | {"id": "slow", "framesPerSecond": 10}
    assert pc_of(stats(big, small), stats(big, slow), stats(big | {"frameHeight": 0}))["inboundVideoExperience"] == {
        "lowerBoundAggregates": {"meanFrameHeight": 450, "meanFramesPerSecond": 15},
        "upperBoundAggregates": {"meanFrameHeight": 720, "meanFramesPerSecond": 20},
    }


# ── The session ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_session_is_from_the_first_to_the_latest() -> None:
    """What the server itself wrote does not count, and a clock put back ends nothing."""
    found = features_of(
        ("identity", None, {}, AT - 9_000),
        ("conferenceStartTimestamp", None, AT + 2_000, AT + 1_000),
        ("create", "PC_0", {}, AT + 7_000),
        ("conferenceStartTimestamp", None, 0, AT + 3_000),
    )
    assert (found["sessionStartTime"], found["sessionEndTime"], found["conferenceStartTime"]) == (AT + 1_000, AT + 7_000, AT + 2_000)
    assert (found["metrics"]["sessionDurationMs"], found["metrics"]["conferenceDurationMs"]) == (6_000, 5_000)


def test_one_speaks_until_another_does() -> None:
    """Given a client that speaks most twice, the second time to the end; then both times count, and say when."""
    found = features_of(
        ("identity", None, {"endpointId": "me"}),
        ("dominantSpeaker", None, {"dominantSpeakerEndpoint": "you"}, AT + 1_000),
        ("dominantSpeaker", None, {"dominantSpeakerEndpoint": "me"}, AT + 2_000),
        ("dominantSpeaker", None, {"dominantSpeakerEndpoint": None}, AT + 5_000),
        ("dominantSpeaker", None, {"dominantSpeakerEndpoint": "me"}, AT + 6_000),
        ("close", "PC_0", None, AT + 10_000),
    )
    assert (found["dominantSpeakerChanges"], found["speakerTime"]) == (2, 7_000)
    assert [(event["type"][17:], event["timestamp"] - AT) for event in found["dominantSpeakerEvents"]] == [
        ("STARTED", 2_000),
        ("STOPPED", 5_000),
        ("STARTED", 6_000),
    ]


def test_requests_are_counted_by_kind() -> None:
    """With their bytes in UTF-16; faces are in no total."""
    metrics = features_of(
        stats(inbound()),
        ("createOfferOnSuccess", "PC_0", ""),
        ("dominantSpeaker", None, {"dominantSpeakerEndpoint": "a"}),
        ("faceLandmarks", None, {"duration": 2, "faceLandmarks": "happy", "timestamp": AT}),
        ("whatever", None, "é"),
        ("create", "PC_0", {}),
    )["metrics"]
    assert {name: count for name, count in metrics.items() if name.endswith("Count")} == {
        "statsRequestCount": 1,
        "sdpRequestCount": 1,
        "dsRequestCount": 1,
        "sentimentRequestCount": 1,
        "otherRequestCount": 1,
        "totalProcessedCount": 4,
    }
    assert metrics["otherRequestBytes"] == 2 * len(json.dumps(["whatever", None, "é", AT]))


def test_faces_and_pings_are_told() -> None:
    """How long somebody looked how, and how far away others are: the last that was said."""
    found = features_of(
        ("faceLandmarks", None, {"duration": 2, "faceLandmarks": "happy", "timestamp": AT}),
        ("faceLandmarks", None, {"duration": 3, "faceLandmarks": "happy", "timestamp": AT + 2}),
        ("e2eRtt", None, {"remoteEndpointId": "a", "rtt": 1, "remoteRegion": "eu"}),
        ("e2eRtt", None, {"remoteEndpointId": "a", "rtt": 2, "remoteRegion": "eu"}),
    )
    assert found["sentiment"]["happy"] == 5
    assert found["faceLandmarksTimestamps"] == [{"timestamp": AT, "faceLandmarks": "happy"}, {"timestamp": AT + 2, "faceLandmarks": "happy"}]
    assert found["e2epings"] == {"a": {"rtt": 2, "remoteRegion": "eu"}}


def test_of_a_bridge_only_its_time_is_known() -> None:
    """Given the dump of a server; then it has no peer connections to speak of."""
    first = json.dumps(("connectionInfo", None, {"userAgent": "Node v20", "clientProtocol": "3.0_JVB"}, AT)).encode()
    lines = [first, *(json.dumps({"type": "stats-entry", "data": "{}", "timestamp": AT + at}).encode() for at in (5, 9))]
    assert features(read_dump(lines)) == {"sessionStartTime": AT + 5, "sessionEndTime": AT + 9}


@pytest.mark.parametrize(
    ("user_agent", "name", "version", "system", "family"),
    [
        (CHROME, "Chrome", "116.0.0.0", "Linux 64-bit", "chromium"),
        (FIREFOX, "Firefox", "118.0", "Linux 64-bit", "firefox"),
        (CHROME.replace("X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_15_7"), "Chrome", "116.0.0.0", "OS X 10.15.7 64-bit", "chromium"),
        (CHROME.replace("X11; Linux x86_64", "Windows NT 6.1; Win64; x64"), "Chrome", "116.0.0.0", "Windows Server 2008 R2 / 7 64-bit", "chromium"),
        (CHROME.replace("X11; Linux x86_64", "X11; CrOS x86_64 14541.0.0"), "Chrome", "116.0.0.0", "Chrome OS 64-bit", "chromium"),
        (
            CHROME.replace("X11; Linux x86_64", "Linux; Android 10; K").replace("Safari", "Mobile Safari"),
            "Chrome Mobile",
            "116.0.0.0",
            "Android 10",
            "chromium",
        ),
        (CHROME + " Edg/116.0.1938.54", "Microsoft Edge", "116.0.1938.54", "Linux 64-bit", "chromium"),
        (CHROME.replace("Safari", "Electron/25.2.0 Safari"), "Electron", "25.2.0", "Linux 64-bit", "chromium"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
            "Safari",
            "16.6",
            "iOS 16.6",
            "webkit",
        ),
        ("react-native/1.2.3 (iOS 17.1)", "ReactNative", "1.2.3", "iOS 17.1", "chromium"),
        ("curl/7.1", "unknown", "-1", "null", None),
    ],
)
def test_browsers_are_named_by_their_user_agent(user_agent: str, name: str, version: str, system: str, family: str | None) -> None:
    """As Platform.js names them."""
    found = browser_info(user_agent)
    assert (found["name"], found["version"], found["os"], family_of(user_agent)) == (name, version, system, family)


# ── For all dumps ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

numbers = st.integers() | st.sampled_from([0, -1, 2**53, 2**64, 10**40, 1e308, -1e308, 5e-324, "12", "-3", "1e999", "NaN", "Infinity", "x", ""])
ids = st.sampled_from(["A", "B", "5", "10", 7, 2**32, 10**30, None, "timestamp", {}, []])
scalars = numbers | st.booleans() | st.none() | ids
kinds = st.sampled_from(["inbound-rtp", "outbound-rtp", "remote-inbound-rtp", "transport", "candidate-pair", "ssrc", "googCandidatePair", 3])
keys = st.sampled_from(
    [
        "ssrc",
        "kind",
        "mediaType",
        "packetsSent",
        "packetsReceived",
        "packetsLost",
        "totalSamplesReceived",
        "concealedSamples",
        "frameHeight",
        "framesPerSecond",
        "remoteId",
        "selectedCandidatePairId",
        "selected",
        "localCandidateId",
        "remoteCandidateId",
        "candidateType",
        "relayProtocol",
        "address",
        "port",
        "currentRoundTripTime",
        "roundTripTime",
        "googActiveConnection",
        "googRtt",
        "googFrameHeightReceived",
        "googFrameRateOutput",
    ]
)
hostile_report = st.builds(lambda kind, rest: {"type": kind, **rest}, kinds, st.dictionaries(keys, scalars, max_size=12)) | scalars
hostile_stats = st.dictionaries(st.sampled_from(["A", "B", "5", "10", "timestamp"]), hostile_report)
hostile_value = (
    scalars
    | st.lists(scalars, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            [
                "ssrc",
                "videoType",
                "dominantSpeakerEndpoint",
                "endpointId",
                "deploymentInfo",
                "remoteEndpointId",
                "rtt",
                "duration",
                "faceLandmarks",
                "timestamp",
                "optional",
                "userAgent",
                "clientProtocol",
                "statsFormat",
            ]
        ),
        scalars | st.dictionaries(st.text(max_size=3), scalars, max_size=2) | st.lists(st.dictionaries(st.just("rtcStatsSFUP2P"), scalars)),
    )
)
types = st.sampled_from(
    [
        "connectionInfo",
        "identity",
        "conferenceStartTimestamp",
        "constraints",
        "create",
        "dominantSpeaker",
        "faceLandmarks",
        "e2eRtt",
        "setVideoType",
        "close",
        "onconnectionstatechange",
        "oniceconnectionstatechange",
        "ondtlsstatechange",
        "ondtlserror",
        "createOfferOnFailure",
    ]
)
pcs = st.sampled_from(["PC_0", "PC_1", None])
hostile_entry = st.tuples(types, pcs, hostile_value, scalars) | st.tuples(st.sampled_from(["getstats", "getStats"]), pcs, hostile_stats, scalars)


def numbers_in(found: Any) -> Iterator[float]:
    match found:
        case dict():
            for value in found.values():
                yield from numbers_in(value)
        case list():
            for value in found:
                yield from numbers_in(value)
        case int() | float():
            yield found
        case _:
            pass


@given(st.lists(hostile_entry, max_size=30), st.sampled_from([CHROME, FIREFOX, "curl/7.1"]))
def test_no_dump_makes_a_number_that_is_none(entries: list[tuple[Any, ...]], user_agent: str) -> None:
    """Given any entries; then their features are found, can be written as JSON, hold no NaN and no infinity, and percentages are 0 to 100."""
    found = features_of(*entries, user_agent=user_agent)
    assert msgspec.json.decode(msgspec.json.encode(found)) is not None
    assert all(math.isfinite(number) for number in numbers_in(found))
    for pc in found.get("aggregates", {}).values():
        assert 0 <= pc["trackAggregates"]["sentPacketsLostPct"] <= 100
        assert 0 <= pc["trackAggregates"]["receivedPacketsLostPct"] <= 100
        assert pc["pcSessionDurationMs"] >= 0


# ── The command ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_prints_one_object_for_each_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Given a gzipped dump, and one that is not; when their features are asked for; then they come one after the other, in their order."""
    plain = tmp_path / "plain.dump"
    plain.write_bytes(gzip.decompress(DUMPS[1].read_bytes()))
    assert run(["import", "rtcstats", "--features", str(DUMPS[0]), str(plain)]) == 0
    expected = "".join(path.with_name(path.name.replace(".dump.gz", ".features.json")).read_text().strip() + "\n" for path in DUMPS[:2])
    assert capsys.readouterr() == (expected, "")


def test_the_command_tells_what_it_skipped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Given a truncated dump; then what is left of it is used, and what was skipped is told apart from the features."""
    torn = tmp_path / "torn.dump"
    torn.write_bytes(gzip.decompress(DUMPS[0].read_bytes())[:-1_000])
    assert run(["import", "rtcstats", "--features", str(torn)]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["browserInfo"]["name"] == "Chrome"
    assert err.count("\n") == 1
    assert "not_json 1" in err


@pytest.mark.parametrize("content", [None, b"", b"Dear diary,\n", b"\x1f\x8b torn", b'{"a": 1}'])
def test_what_is_no_dump_is_one_line_and_2(content: bytes | None, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file that is missing, empty, or something else."""
    path = tmp_path / "x.dump"
    if content is not None:
        path.write_bytes(content)
    assert run(["import", "rtcstats", "--features", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "x.dump" in err
