"""From entries of a session to facts and samples: pure, and the same whenever it is done."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.engines.rtcstats.conftest import DUMPS, lines_of

from callwell.engines.rtcstats.dumps import Entry, Reader
from callwell.engines.rtcstats.legacy import in_standard_words
from callwell.engines.rtcstats.translate import Fact, Taken, Translator
from callwell.record.events import CATALOGUE, payload_json, read_payload

BEGUN = datetime(2026, 11, 21, 9, tzinfo=UTC)
LATEST = BEGUN + timedelta(hours=5)
WHO = {"meetingUniqueId": "m1", "deviceId": "d1", "endpointId": "e1", "displayName": "Ana"}

Line = tuple[float, str, str | None, Any]
"""Seconds since the beginning, type, peer connection, value."""


def told(lines: Iterable[Line], *, who: dict[str, Any] | None = None, finish: bool = True) -> tuple[Translator, list[Fact], list[Taken]]:
    """What a session tells that begins by saying who it is."""
    translator = Translator("s1")
    facts: list[Fact] = []
    samples: list[Taken] = []
    begun_ms = int(BEGUN.timestamp() * 1000)
    identity: list[Line] = [(0, "identity", None, WHO if who is None else who)]
    for number, (seconds, type, pc, value) in enumerate([*identity, *lines], 1):
        said = translator.read(Entry(type, pc, value, int(begun_ms + seconds * 1000), 0, number), number, LATEST)
        facts += said.facts
        samples += said.samples
    if finish:
        said = translator.finish()
        facts += said.facts
        samples += said.samples
    return translator, facts, samples


def story(facts: list[Fact]) -> list[tuple[float, str]]:
    """When what happened, in the order in which it is folded."""
    return [((fact.occurred_at - BEGUN).total_seconds(), fact.type) for fact in sorted(facts, key=lambda fact: (fact.occurred_at, fact.id))]


def payloads(facts: list[Fact], type: str) -> list[Any]:
    return [fact.payload for fact in facts if fact.type == type]


def state(seconds: float, state: str, pc: str = "PC_0") -> Line:
    return seconds, "onconnectionstatechange", pc, state


# ── Coming and going ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_somebody_comes_and_goes() -> None:
    """Given a peer connection that connects and is closed, then its person joined, was connected and left."""
    _, facts, _ = told([(0.5, "create", "PC_0", {}), state(0.6, "connecting"), state(1, "connected"), (60, "close", "PC_0", {})])
    assert story(facts) == [(0, "participant.joined"), (1, "participant.connected"), (60, "participant.left")]
    assert payloads(facts, "participant.connected")[0].setup_ms == 500
    assert payloads(facts, "participant.left")[0].reason == "normal"
    assert payloads(facts, "participant.joined")[0].display_name == "Ana"


def test_a_break_is_a_disconnection_that_ends() -> None:
    """Given a connection that breaks and comes back, then that is told, and leaving is leaving."""
    _, facts, _ = told([state(1, "connected"), state(10, "disconnected"), state(14, "connected"), (60, "close", "PC_0", {})])
    assert story(facts)[2:4] == [(10, "participant.disconnected"), (14, "participant.reconnected")]


def test_who_never_comes_back_was_lost() -> None:
    """Given a connection that fails, with nothing after it, then the person left when last heard, and was lost."""
    _, facts, _ = told([state(1, "connected"), state(10, "failed"), (30, "onnegotiationneeded", "PC_0", None)])
    assert story(facts)[-2:] == [(10, "participant.disconnected"), (30, "participant.left")]
    assert payloads(facts, "participant.left")[0].reason == "lost"


def test_who_never_connects_has_left_without() -> None:
    """Given a session without a connection that works, then its person joined and left."""
    _, facts, _ = told([(1, "create", "PC_0", {}), state(2, "connecting"), state(9, "failed")])
    assert story(facts) == [(0, "participant.joined"), (9, "participant.left")]
    assert payloads(facts, "participant.left")[0].reason == "never_connected"


def test_between_two_ways_nobody_is_gone() -> None:
    """Given Jitsi's two connections, one to the other person and one to the bridge, then it takes both to be down for somebody to be disconnected."""
    _, facts, _ = told([state(1, "connected", "PC_0"), state(2, "connected", "PC_1"), (9, "close", "PC_0", {}), state(20, "failed", "PC_1")])
    assert [type for _, type in story(facts)] == ["participant.joined", "participant.connected", "participant.disconnected", "participant.left"]


def test_a_connection_that_replaces_another_comes_after_a_break() -> None:
    """Given a peer connection that is closed and another in its place, then there was a break between them and nobody left."""
    _, facts, _ = told([state(1, "connected", "PC_0"), (9, "close", "PC_0", {}), state(11, "connected", "PC_1"), (60, "close", "PC_1", {})])
    assert story(facts)[2:] == [(9, "participant.disconnected"), (11, "participant.reconnected"), (60, "participant.left")]


def test_old_browsers_tell_of_ice_alone() -> None:
    """Given a browser without `connectionState`, then the state of ICE stands for it; where both are told, it does not."""
    ice = [(1.0, "oniceconnectionstatechange", "PC_0", "connected"), (1.2, "oniceconnectionstatechange", "PC_0", "completed")]
    _, facts, _ = told(ice)
    assert (1, "participant.connected") in story(facts)
    _, facts, _ = told([state(0.5, "connecting"), *ice, state(2, "connected")])
    assert (2, "participant.connected") in story(facts)


# ── Who and where ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "identity"),
    [
        ({"meetingUniqueId": "m", "userId": "42", "deviceId": "d"}, "user:42"),
        ({"meetingUniqueId": "m", "deviceId": "d", "localId": "l", "endpointId": "e"}, "guest:d"),
        ({"meetingUniqueId": "m", "localId": "l", "endpointId": "e"}, "guest:l"),
        ({"meetingUniqueId": "m", "endpointId": "e"}, "guest:e"),
        ({"meetingUniqueId": "m"}, "guest:s1"),
        ({"meetingUniqueId": "m", "userId": None, "deviceId": {"x": 1}}, "guest:s1"),
    ],
)
def test_a_person_is_called_by_what_is_most_lasting(said: dict[str, Any], identity: str) -> None:
    """The host's user id before the browser's own, that before the name in this one meeting."""
    translator, _, _ = told([(1, "create", "PC_0", {})], who=said)
    assert translator.who is not None
    assert translator.who.participant == identity


def test_a_meeting_that_is_named_later_is_waited_for() -> None:
    """Given a first identity without the meeting, when the second one has it, then all that was told before is told then, of that meeting."""
    translator, facts, _ = told(
        [state(1, "connected"), (2, "identity", None, {"meetingUniqueId": "m2"})], who={"deviceId": "d", "confName": "room"}, finish=False
    )
    assert translator.who is not None
    assert (translator.who.meeting, translator.who.conference) == ("m2", "room")
    assert story(facts) == [(0, "participant.joined"), (1, "participant.connected")]


def test_a_meeting_that_is_never_named_goes_by_its_place() -> None:
    """Given a session that does not say which meeting it is in, then after a minute it is known by the conference's name alone."""
    lines = [state(1, "connected"), (30, "x", None, None)]
    translator, facts, _ = told(lines, who={"deviceId": "d", "confName": "room"}, finish=False)
    assert (translator.who, facts) == (None, [])
    translator, facts, _ = told([*lines, (61, "x", None, None)], who={"deviceId": "d", "confName": "room"}, finish=False)
    assert translator.who is not None
    assert (translator.who.meeting, translator.who.conference) == (None, "room")
    assert facts


def test_a_session_that_says_nothing_of_itself_tells_nothing() -> None:
    """Given cameras that were tried and no peer connection, nor who it was, then there is no call."""
    translator = Translator("s1")
    said = translator.read(Entry("getUserMedia", None, {}, 1, 0, 1), 1, LATEST)
    assert (said.facts, translator.finish().facts, translator.who) == ([], [], None)


# ── Media, speech, failures ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_mutes_and_screens_are_told() -> None:
    """Given what lib-jitsi-meet says when somebody mutes or shares, then so does the record."""
    _, facts, _ = told([
        (1, "addTrack", "PC_0", "audio:a1 stream:x"), (1, "addTrack", "PC_0", "video:v1 stream:x"), (2, "audioMutedChanged", None, True),
        (3, "videoMutedChanged", None, {"muted": True}), (4, "screenshareToggled", None, {"muted": False}), (5, "audioMutedChanged", None, False),
        (6, "audioMutedChanged", None, "yes"),
    ])  # fmt: skip
    changes = [(change.audio_enabled, change.video_enabled, change.screen_shared) for change in payloads(facts, "media.changed")]
    assert changes == [(True, None, None), (None, True, None), (False, None, None), (None, False, None), (None, None, True), (True, None, None)]


def test_a_track_from_the_screen_is_a_screen() -> None:
    """Given a track that came from `getDisplayMedia`, when it is added and removed, then a screen is shared meanwhile."""
    _, facts, _ = told([
        (1, "navigator.mediaDevices.getDisplayMediaOnSuccess", None, {"id": "s", "tracks": [{"id": "t9", "kind": "video"}]}),
        (2, "addTrack", "PC_0", "video:t9 -"), (9, "removeTrack", "PC_0", "video:t9"),
    ])  # fmt: skip
    assert [change.screen_shared for change in payloads(facts, "media.changed")] == [True, False]


def source(seconds: float, energy: float, *, camera: bool = True) -> Line:
    """A getStats by a page whose microphone gave so much."""
    at = (BEGUN + timedelta(seconds=seconds)).timestamp() * 1000
    shared = {"type": "media-source", "timestamp": at}
    reports = {"A": {**shared, "kind": "audio", "trackIdentifier": "a", "totalAudioEnergy": energy, "totalSamplesDuration": seconds}}
    if camera:
        reports["V"] = {**shared, "kind": "video", "trackIdentifier": "v", "framesPerSecond": 30}
    return seconds, "getStats", "PC_0", reports


def test_a_microphone_that_is_quite_silent_is_muted() -> None:
    """Given a microphone whose energy stands still, which a real one's never does, then it is muted until it grows again; so a camera without a track."""
    _, facts, _ = told([source(10, 0.1), source(20, 0.2), source(30, 0.2, camera=False), source(40, 0.3)])
    changes = [(change.audio_enabled, change.video_enabled) for change in payloads(facts, "media.changed")]
    assert sorted(changes, key=str) == sorted([(True, None), (None, True), (False, None), (None, False), (True, None), (None, True)], key=str)


def test_speaking_is_from_one_to_the_next() -> None:
    """Given who speaks by the bridge's word, then a person spoke from becoming the speaker until another did, or nobody."""
    _, facts, _ = told([
        (1, "dominantSpeaker", None, {"dominantSpeakerEndpoint": "e1"}), (4, "dominantSpeaker", None, {"dominantSpeakerEndpoint": "e2"}),
        (6, "dominantSpeaker", None, {"dominantSpeakerEndpoint": "e1"}), (7.5, "dominantSpeaker", None, {"dominantSpeakerEndpoint": None}),
    ])  # fmt: skip
    assert [spoke.duration_ms for spoke in payloads(facts, "speaker.spoke")] == [3000, 1500]
    assert len(payloads(facts, "speaker.changed")) == 2


def test_failures_are_errors_with_a_name() -> None:
    """A camera that could not be had, an offer that could not be made, and XMPP that broke."""
    _, facts, _ = told([
        (1, "navigator.mediaDevices.getUserMediaOnFailure", None, "NotAllowedError"), (2, "setRemoteDescriptionOnFailure", "PC_0", "bad \x00 sdp"),
        (3, "strophe.error", None, {"reason": "timeout"}),
    ])  # fmt: skip
    errors = [(error.code, error.message) for error in payloads(facts, "error.occurred")]
    assert errors == [("getUserMedia: NotAllowedError", None), ("setRemoteDescription", "bad   sdp"), ("strophe.error", None)]


# ── Times ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("at_ms", [None, 0, -5, 2**53, int((BEGUN - timedelta(days=400)).timestamp() * 1000)])
def test_a_time_that_cannot_be_is_that_of_what_came_before(at_ms: int | None) -> None:
    """None, 1970, the far future, a year back: it happened with the entry before it, or when it was received."""
    translator, _, _ = told([(5, "create", "PC_0", {})], finish=False)
    [fact] = translator.read(Entry("onconnectionstatechange", "PC_0", "connected", at_ms, 0, 9), 9, LATEST).facts
    assert BEGUN <= fact.occurred_at <= LATEST


# ── Old words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_chromes_old_statistics_are_read_in_the_standards_words() -> None:
    """Given reports of the type `ssrc`, all in text and milliseconds, then they are streams in numbers and seconds."""
    read = in_standard_words({
        "ssrc_1_send": {"type": "ssrc", "mediaType": "video", "ssrc": "1", "packetsSent": "10", "bytesSent": "999", "packetsLost": "1", "googRtt": "35",
                        "googFrameRateSent": "30", "googCodecName": "VP8", "googCpuLimitedResolution": "true", "googTrackId": "t"},
        "ssrc_2_recv": {"type": "ssrc", "mediaType": "audio", "ssrc": "2", "packetsReceived": "20", "packetsLost": "-1", "googJitterReceived": "3"},
        "Conn-1": {"type": "googCandidatePair", "googActiveConnection": "true", "googRtt": "33"},
        "bwe": {"type": "VideoBwe", "googAvailableSendBandwidth": "2500000"},
    })  # fmt: skip
    assert read["ssrc_1_send"] == {
        "type": "outbound-rtp", "kind": "video", "ssrc": 1, "packetsSent": 10, "bytesSent": 999, "framesPerSecond": 30, "codecId": "ssrc_1_send_codec",
        "trackIdentifier": "t", "mediaSourceId": "ssrc_1_send_source", "qualityLimitationReason": "cpu",
    }  # fmt: skip
    assert (read["ssrc_1_send_remote"]["roundTripTime"], read["ssrc_1_send_remote"]["packetsLost"]) == (0.035, 1)
    assert (read["ssrc_2_recv"]["jitter"], read["ssrc_2_recv"].get("packetsLost")) == (0.003, None)
    assert (read["Conn-1"]["currentRoundTripTime"], read["Conn-1"]["availableOutgoingBitrate"]) == (0.033, 2_500_000)
    assert read["ssrc_1_send_codec"] == {"type": "codec", "mimeType": "video/VP8"}


# ── Always ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name.partition(".")[0])
def test_the_same_entries_tell_the_same(dump: Any) -> None:
    """Given a recorded session, then reading it twice gives the same ids, all different, and every fact is one of the catalogue."""

    def read() -> tuple[list[Fact], list[Taken]]:
        translator, reader = Translator("s1"), Reader()
        facts: list[Fact] = []
        samples: list[Taken] = []
        for number, line in enumerate(lines_of(dump), 1):
            entry = reader.read(line)
            assert isinstance(entry, Entry)
            said = translator.read(entry, number, datetime.now(UTC))
            facts, samples = facts + said.facts, samples + said.samples
        said = translator.finish()
        return facts + said.facts, samples + said.samples

    facts, samples = read()
    assert (facts, samples) == read()
    made = [one.id for one in (*facts, *samples)]
    assert len(set(made)) == len(made)
    for fact in facts:
        assert fact.type in CATALOGUE
        assert read_payload(fact.type, payload_json(fact.payload)) == fact.payload


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["connected", "failed", "closed", "audio:x", "video:y"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["muted", "tracks", "ssrc", "type", "kind", "timestamp", "a"]), inner, max_size=5)
    ),
    max_leaves=12,
)
TYPES = st.sampled_from(
    [*Translator._STEPS, "getstats", "getStats", "connectionInfo", "getUserMediaOnFailure", "logs", "", "xOnFailure", "OnFailure"]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(TYPES, st.none() | st.sampled_from(["PC_0", "PC_1"]), VALUES, st.none() | st.integers(-(2**60), 2**60)), max_size=25))
def test_whatever_a_session_says_it_is_told_as_facts_that_are_some(lines: list[tuple[str, str | None, Any, int | None]]) -> None:
    """Given any entries at all, then nothing is raised, and what is told can be kept."""
    translator = Translator("s1")
    facts: list[Fact] = []
    for number, (type, pc, value, at_ms) in enumerate([("identity", None, WHO, None), *lines], 1):
        facts += translator.read(Entry(type, pc, value, at_ms, 0, number), number, LATEST).facts
    facts += translator.finish().facts
    assert len({fact.id for fact in facts}) == len(facts)
    for fact in facts:
        assert fact.occurred_at <= LATEST
        assert read_payload(fact.type, payload_json(fact.payload)) == fact.payload
