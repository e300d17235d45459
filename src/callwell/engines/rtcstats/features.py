"""The features of one dump: what a public rtcstats server finds in it, figure by figure and under the same names.

They are what products that looked at such a server's database go on reading, so each figure means what it means there
(https://github.com/jitsi/rtcstats-server), oddities included; where one is odd, it is said beside it. Our own record of a call
is made otherwise.

The names of this module's results are that server's; times are milliseconds since 1970, round trip times seconds (milliseconds
where a browser sent Chrome's statistics of old, `goog..`), shares percent.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise, takewhile
from typing import Any, Final

from callwell.engines.rtcstats.browsers import Family, browser_info, family_of
from callwell.engines.rtcstats.dumps import GET_STATS, BadEntry, Entry, Reports

Report = Mapping[str, Any]
Number = int | float

SDP: Final = frozenset({"createAnswerOnSuccess", "createOfferOnSuccess", "setLocalDescription", "setRemoteDescription"})
UNCOUNTED: Final = frozenset(
    {
        "conferenceStartTimestamp",
        "connectionInfo",
        "constraints",
        "create",
        "createAnswerOnFailure",
        "createOfferOnFailure",
        "e2eRtt",
        "identity",
        "onconnectionstatechange",
        "ondtlserror",
        "ondtlsstatechange",
        "oniceconnectionstatechange",
        "setLocalDescriptionOnFailure",
        "setRemoteDescriptionOnFailure",
        "setVideoType",
    }
)
"""Entries that no request metric counts."""
BACKENDS: Final = frozenset({"JVB", "JICOFO", "JIGASI", "JIBRI"})
"""Clients that are servers. Of them only when they were heard is a feature."""
_INERT: Final = frozenset({"certificate", "codec", "data-channel", "local-candidate", "media-source", "remote-candidate", "stream", "track"})
INERT: Final[Mapping[Family, frozenset[str]]] = {
    "chromium": _INERT | {"candidate-pair"},
    "webkit": _INERT | {"candidate-pair"},
    "firefox": _INERT | {"transport"},
}
"""Reports that say nothing of a connection, unless they are of an SSRC."""
PATHS: Final[Mapping[Family, frozenset[str]]] = {
    "chromium": frozenset({"transport", "googCandidatePair"}),
    "webkit": frozenset({"transport", "googCandidatePair"}),
    "firefox": frozenset({"candidate-pair", "remote-inbound-rtp"}),
}
"""Reports that may say which way media goes, and how long that takes."""
SEEN: Final = frozenset({"inbound-rtp", "ssrc"})
"""Reports of what is received."""
SENTIMENTS: Final = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")
TRACK_LIMIT: Final = 10_000
"""Tracks of one peer connection, and remote endpoints."""
LISTED_LIMIT: Final = 100_000
"""Speaker events, and faces."""
LARGEST: Final = 2**53
LAST_INDEX: Final = 2**32 - 2


def features(entries: Iterable[Entry | BadEntry]) -> dict[str, Any]:
    """The features of a dump, whose stats are expanded (`read_dump`). Total: entries that make no sense are passed over, and no
    number is NaN or infinite."""
    session = _Session()
    for entry in entries:
        if isinstance(entry, Entry):
            session.read(entry)
    return session.features()


class _Track:
    """One SSRC of a peer connection, for as long as it carries one thing: a camera, then a screen, are two."""

    def __init__(self, ssrc: Any, at_ms: int | None, video_type: str | None = None) -> None:
        self.ssrc = ssrc
        self.started_ms = at_ms
        self.ended_ms = at_ms
        self.media_type: str | None = None
        self.video_type = video_type
        # Cumulative, a number for every time it was reported.
        self.sent: Number = 0
        self.sent_lost: list[Number] = []
        self.received: Number = 0
        self.received_lost: list[Number] = []
        self.samples: tuple[Number, Number] | None = None

    def features(self, packets: Number, losses: list[Number]) -> dict[str, Any]:
        concealed, samples = self.samples or (0, 0)
        return {
            "mediaType": f"{self.media_type}/{self.video_type}" if self.video_type else self.media_type,
            "ssrc": self.ssrc,
            "startTime": self.started_ms,
            "endTime": self.ended_ms,
            "packets": _plain(packets),
            "packetsLost": _plain(losses[-1]),
            "packetsLostPct": _lost_pct(losses[-1], packets),
            "packetsLostVariance": _plain(_variance([after - before for before, after in pairwise(losses)])),
            "concealedPercentage": _pct(concealed, samples),
        }


class _Connection:
    """One peer connection."""

    def __init__(self) -> None:
        self.is_p2p: bool | None = None
        self.failed = False
        self.connects = 0
        self.connected_ms: int | None = None
        self.heard_ms: int | None = None
        self.ice_disconnected_ms = 0
        self.ice_failed_ms = 0
        self.dtls_errors = 0
        self.dtls_failures = 0
        self.sdp_create_failures = 0
        self.sdp_set_failures = 0
        self.candidate_pair: dict[str, Any] = {}
        self.last_stats: Reports = {}
        self.round_trips: list[Number] = []
        self.smallest: list[tuple[Number, Number]] = []
        self.largest: list[tuple[Number, Number]] = []
        self.tracks: dict[str, _Track] = {}
        self.former_tracks: list[_Track] = []

    def read(self, entry: Entry, family: Family | None) -> None:
        value, at = entry.value, entry.at_ms
        match entry.type:
            case "constraints":
                for option in _list(_dict(value).get("optional")):
                    if isinstance(is_p2p := _dict(option).get("rtcStatsSFUP2P"), bool):
                        self.is_p2p = is_p2p
            case "onconnectionstatechange":
                if value in ("connected", "completed") and not self.connected_ms:
                    self.connected_ms = at
                self.connects += value == "connected"
                self.failed |= value == "failed"
            case "oniceconnectionstatechange" if value == "disconnected":
                self.ice_disconnected_ms = at or 0
            case "oniceconnectionstatechange" if value == "failed":
                self.ice_failed_ms = at or 0
            case "ondtlserror":
                self.dtls_errors += 1
            case "ondtlsstatechange" if value == "failed":
                # Firefox says this of every transport that is lost: first ICE is disconnected, then DTLS and ICE have failed.
                if not (family == "firefox" and self.ice_disconnected_ms):
                    self.dtls_failures += 1
            case "createOfferOnFailure" | "createAnswerOnFailure":
                self.sdp_create_failures += 1
            case "setLocalDescriptionOnFailure" | "setRemoteDescriptionOnFailure":
                self.sdp_set_failures += 1
            case kind if kind in GET_STATS and family is not None:
                self._read_stats(value, at, family)
            case _:
                pass
        if self.connected_ms and at is not None:
            self.heard_ms = at

    def set_video_type(self, ssrc: Any, video_type: Any, at_ms: int | None) -> None:
        """From here on an SSRC carries this: `camera` or `desktop`."""
        if not _is_ssrc(ssrc) or len(self.tracks) + len(self.former_tracks) >= TRACK_LIMIT:
            return
        track = self.tracks.get(str(ssrc))
        if track is not None and track.video_type == video_type:
            return
        if track is not None:
            track.ended_ms = at_ms
            self.former_tracks.append(self.tracks.pop(str(ssrc)))
        self.tracks[str(ssrc)] = _Track(ssrc, at_ms, video_type if isinstance(video_type, str) else None)

    def _read_stats(self, stats: Reports, at_ms: int | None, family: Family) -> None:
        heights: list[tuple[Number, Number]] = []
        inert, paths, is_firefox = INERT[family], PATHS[family], family == "firefox"
        chosen: tuple[str, Report] | None = None
        order = _in_order(stats)
        for name, report in stats.items() if order is stats else [(name, stats[name]) for name in order]:
            get = report.get
            kind = get("type")
            # Most reports are of a kind that says nothing here.
            if type(kind) is not str:
                kind = None
            elif kind in inert and "ssrc" not in report:
                continue
            if kind in paths:
                if round_trip := _round_trip(stats, report, family):
                    self.round_trips.append(round_trip)
                if _chooses_pair(report, family):
                    chosen = name, report
            packets_sent, packets_received = get("packetsSent"), get("packetsReceived")
            is_sent = kind == "remote-inbound-rtp" if is_firefox else kind == "outbound-rtp" or (packets_sent and not packets_received)
            if is_sent and (sent := _sent(stats, report, family)) and (track := self._track(report, at_ms)):
                track.media_type, track.sent = _media_type(report), sent[0]
                track.sent_lost.append(sent[1])
            # What a report counts decides, not its type: Firefox's `remote-inbound-rtp` counts packets received, too.
            if packets_received and not packets_sent and (track := self._track(report, at_ms)):
                track.media_type, track.received = _media_type(report), _number(packets_received)
                track.received_lost.append(_number(get("packetsLost")))
            if is_firefox:
                continue
            if get("totalSamplesReceived") and get("concealedSamples") and (track := self._track(report, at_ms)):
                track.samples = _number(report["concealedSamples"]), _number(report["totalSamplesReceived"])
            if kind in SEEN and (frames := _frames(report, family)) and frames[0] > 0:
                heights.append(frames)
        if chosen is not None:
            self._choose(stats, order, *chosen, family)
        self.last_stats = stats
        if heights:
            self.smallest.append(min(heights))
            self.largest.append(max(heights))

    def _choose(self, stats: Reports, order: Iterable[str], name: str, report: Report, family: Family) -> None:
        pair = _candidate_pair(stats, name, report, family)
        # One that is chosen before it was described is named only by the next entry: so the public server has it.
        is_described = pair["id"] in self.last_stats or pair["id"] in [*takewhile(name.__ne__, order), name]
        self.candidate_pair = pair if is_described else pair | {"id": ""}

    def _track(self, report: Report, at_ms: int | None) -> _Track | None:
        ssrc = report.get("ssrc")
        if not (type(ssrc) is int and 0 < ssrc <= LARGEST) and not _is_ssrc(ssrc):
            return None
        name = str(ssrc)
        track = self.tracks.get(name)
        if track is None:
            if len(self.tracks) >= TRACK_LIMIT:
                return None
            track = self.tracks[name] = _Track(ssrc, at_ms)
        elif at_ms is not None:
            # A clock that was put back does not make a track end before it began.
            track.ended_ms = max(track.started_ms or 0, at_ms)
        return track

    def features(self) -> dict[str, Any]:
        tracks = [self.tracks[ssrc] for ssrc in _in_order(self.tracks)] + self.former_tracks
        sent = [track for track in tracks if track.media_type and track.sent_lost]
        received = [track for track in tracks if track.media_type and track.received_lost]
        total_sent = sum(track.sent for track in sent)
        total_sent_lost = sum(track.sent_lost[-1] for track in sent)
        total_received = sum(track.received for track in received)
        total_received_lost = sum(track.received_lost[-1] for track in received)
        found: dict[str, Any] = {
            "isP2P": self.is_p2p,
            "usesRelay": self.candidate_pair.get("isUsingRelay"),
            "candidatePairData": self.candidate_pair,
            "connectionFailed": self.failed,
            "iceReconnects": max(self.connects - 1, 0),
            "pcSessionDurationMs": max((self.heard_ms or 0) - (self.connected_ms or 0), 0),
            "lastIceDisconnect": self.ice_disconnected_ms,
            "lastIceFailure": self.ice_failed_ms,
            "dtlsErrors": self.dtls_errors,
            "dtlsFailure": self.dtls_failures,
            "sdpCreateFailure": self.sdp_create_failures,
            "sdpSetFailure": self.sdp_set_failures,
            "transportAggregates": {"meanRtt": _rounded(_mean(self.round_trips))},
            "tracks": {
                "senderTracks": [track.features(track.sent, track.sent_lost) for track in sent],
                "receiverTracks": [track.features(track.received, track.received_lost) for track in received],
            },
            "trackAggregates": {
                "totalPacketsSent": _plain(total_sent),
                "totalSentPacketsLost": _plain(total_sent_lost),
                "sentPacketsLostPct": _lost_pct(total_sent_lost, total_sent),
                "totalPacketsReceived": _plain(total_received),
                "totalReceivedPacketsLost": _plain(total_received_lost),
                "receivedPacketsLostPct": _lost_pct(total_received_lost, total_received),
            },
        }
        if self.largest:
            found["inboundVideoExperience"] = {
                "lowerBoundAggregates": _mean_frames(self.smallest),
                "upperBoundAggregates": _mean_frames(self.largest),
            }
        return found


class _Session:
    """One client's stay in a conference."""

    def __init__(self) -> None:
        self.is_backend = False
        self.family: Family | None = None
        self.browser: dict[str, str] | None = None
        self.deployment: dict[str, Any] | None = None
        self.endpoint: str | None = None
        self.connections: dict[str, _Connection] = {}
        self.conference_started_ms = 0
        self.started_ms = 0
        self.ended_ms = 0
        self.sentiment: dict[str, Number] = dict.fromkeys(SENTIMENTS, 0)
        self.faces: list[dict[str, Any]] = []
        self.pings: dict[str, dict[str, Any]] = {}
        self.requests = {kind: [0, 0] for kind in ("stats", "other", "sdp", "ds", "sentiment")}
        self.speaker: str | None = None
        self.speaker_since_ms = 0
        # Of every speaker how often, and for how many milliseconds: which of them this client is may be said last.
        self.spoken: dict[str | None, list[int]] = {}
        self.speaker_events: list[dict[str, Any]] = []

    def read(self, entry: Entry) -> None:
        self._count(entry)
        value, at = entry.value, entry.at_ms
        if self.is_backend and at:
            self.started_ms = self.started_ms or at
            self.ended_ms = max(self.ended_ms, at)
        match entry.type:
            case "connectionInfo":
                self._read_client(_dict(value))
            case "identity":
                self._read_identity(_dict(value))
            case "conferenceStartTimestamp":
                # On leaving it is sent again, as 0.
                self.conference_started_ms = int(_number(value)) or self.conference_started_ms
            case "dominantSpeaker" if at is not None and isinstance(value, dict):
                self._read_speaker(value.get("dominantSpeakerEndpoint"), at)
            case "faceLandmarks":
                self._read_face(_dict(value))
            case "e2eRtt":
                self._read_ping(_dict(value))
            case "setVideoType":
                # It does not say whose: any connection may have this SSRC.
                for name, connection in self.connections.items():
                    if name.startswith("PC_"):
                        connection.set_video_type(_dict(value).get("ssrc"), _dict(value).get("videoType"), at)
            case _:
                pass
        if entry.pc is not None:
            self.connections.setdefault(entry.pc, _Connection()).read(entry, self.family)
        if entry.type not in ("connectionInfo", "identity") and at:
            self.started_ms = self.started_ms or at
            self.ended_ms = max(self.ended_ms, at)

    def _count(self, entry: Entry) -> None:
        match entry.type:
            case kind if kind in GET_STATS:
                counted = "stats"
            case kind if kind in SDP:
                counted = "sdp"
            case "dominantSpeaker":
                counted = "ds"
            case "faceLandmarks":
                counted = "sentiment"
            case kind if kind in UNCOUNTED:
                return
            case _:
                counted = "other"
        self.requests[counted][0] += 1
        self.requests[counted][1] += entry.size

    def _read_client(self, client: Mapping[str, Any]) -> None:
        protocol, user_agent = client.get("clientProtocol"), client.get("userAgent")
        self.is_backend |= isinstance(protocol, str) and protocol.partition("_")[2] in BACKENDS
        self.family = self.family or family_of(user_agent, client.get("statsFormat"))
        if isinstance(user_agent, str) and user_agent:
            self.browser = browser_info(user_agent)

    def _read_identity(self, identity: Mapping[str, Any]) -> None:
        endpoint = identity.get("endpointId")
        self.endpoint = self.endpoint or (endpoint if isinstance(endpoint, str) else None)
        self.deployment = (self.deployment or {}) | _scalars(_dict(identity.get("deploymentInfo")))

    def _read_ping(self, ping: Mapping[str, Any]) -> None:
        remote = ping.get("remoteEndpointId")
        if isinstance(remote, str) and len(self.pings) < TRACK_LIMIT:
            self.pings[remote] = _scalars({name: ping[name] for name in ("remoteRegion", "rtt") if name in ping})

    def _read_face(self, face: Mapping[str, Any]) -> None:
        if len(self.faces) < LISTED_LIMIT:
            self.faces.append(_scalars({name: face[name] for name in ("timestamp", "faceLandmarks") if name in face}))
        seen = face.get("faceLandmarks")
        if isinstance(seen, str) and seen in self.sentiment:
            self.sentiment[seen] = min(self.sentiment[seen] + _number(face.get("duration")), LARGEST)

    def _read_speaker(self, speaker: Any, at_ms: int) -> None:
        """Who speaks most now; nobody is None, or `"null"`, which is then a speaker like others."""
        speaker = speaker if isinstance(speaker, str) else None
        if speaker is not None and speaker == self.endpoint:
            self._add_speaker_event("DOMINANT_SPEAKER_STARTED", at_ms)
        elif self.speaker == self.endpoint and (self.speaker is not None or not self.spoken):
            # A client that has not yet said who it is counts as the one who spoke before the first: so the public server has it.
            self._add_speaker_event("DOMINANT_SPEAKER_STOPPED", at_ms)
        if len(self.spoken) < TRACK_LIMIT or speaker in self.spoken:
            self.spoken.setdefault(speaker, [0, 0])[0] += 1
        if self.speaker and self.speaker in self.spoken:
            self.spoken[self.speaker][1] += at_ms - self.speaker_since_ms
        self.speaker, self.speaker_since_ms = speaker, at_ms

    def _add_speaker_event(self, kind: str, at_ms: int) -> None:
        if len(self.speaker_events) < LISTED_LIMIT:
            self.speaker_events.append({"type": kind, "timestamp": at_ms})

    def features(self) -> dict[str, Any]:
        if self.is_backend:
            return {"sessionStartTime": self.started_ms, "sessionEndTime": self.ended_ms}
        changes, speaker_time = self._spoken()
        found: dict[str, Any] = {
            "aggregates": {name: connection.features() for name, connection in self.connections.items()},
            "conferenceStartTime": self.conference_started_ms,
            "sessionStartTime": self.started_ms,
            "sessionEndTime": self.ended_ms,
            "dominantSpeakerChanges": changes,
            "dominantSpeakerEvents": self.speaker_events,
            "speakerTime": speaker_time,
            "sentiment": {name: _plain(seconds) for name, seconds in self.sentiment.items()},
            "faceLandmarksTimestamps": self.faces,
            "metrics": self._metrics(),
        }
        if self.browser is not None:
            found["browserInfo"] = self.browser
        if self.deployment is not None:
            found["deploymentInfo"] = self.deployment
        if self.pings:
            found["e2epings"] = self.pings
        return found

    def _spoken(self) -> tuple[int, int]:
        """How often this client became the dominant speaker, and for how many milliseconds it was.

        Both are 0 where the last that was heard is that nobody speaks: so the public server has it.
        """
        if not self.speaker or self.endpoint is None:
            return 0, 0
        changes, spoken_ms = self.spoken.get(self.endpoint, (0, 0))
        if self.speaker == self.endpoint:
            spoken_ms += self.ended_ms - self.speaker_since_ms
        return changes, spoken_ms

    def _metrics(self) -> dict[str, int]:
        metrics = {
            "sessionDurationMs": max(self.ended_ms - self.started_ms, 0),
            "conferenceDurationMs": max(self.ended_ms - self.conference_started_ms, 0) if self.conference_started_ms else 0,
        }
        for kind, (count, size) in self.requests.items():
            metrics |= {f"{kind}RequestCount": count, f"{kind}RequestBytes": size}
        # What faces told is in no total.
        totals = [self.requests[kind] for kind in ("stats", "other", "sdp", "ds")]
        return metrics | {
            "totalProcessedCount": sum(count for count, _ in totals),
            "totalProcessedBytes": sum(size for _, size in totals),
        }


# ── One report ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _round_trip(stats: Reports, report: Report, family: Family) -> Number:
    """The round trip time a report tells of, 0 for none. Firefox knows it only of what is sent, by RTCP; others of the candidate
    pair in use."""
    match report.get("type"):
        case "remote-inbound-rtp" if family == "firefox":
            return _number(report.get("roundTripTime"))
        case "transport" if family != "firefox":
            return _number(_selected_pair(stats, report).get("currentRoundTripTime"))
        case "googCandidatePair" if family != "firefox" and report.get("googActiveConnection") == "true":
            return _number(report.get("googRtt"))
        case _:
            return 0


def _selected_pair(stats: Reports, transport: Report) -> Report:
    selected = transport.get("selectedCandidatePairId")
    return stats.get(selected, {}) if isinstance(selected, str) else {}


def _chooses_pair(report: Report, family: Family) -> bool:
    """Whether this report is the one that says which candidate pair is in use."""
    if family == "firefox":
        return report.get("type") == "candidate-pair" and bool(report.get("selected"))
    selected = report.get("selectedCandidatePairId")
    return report.get("type") == "transport" and isinstance(selected, str) and bool(selected)


def _candidate_pair(stats: Reports, name: str, report: Report, family: Family) -> dict[str, Any]:
    """The candidate pair in use, by the report that says which it is."""
    pair = report
    if family != "firefox":
        selected = report["selectedCandidatePairId"]
        pair, name = _selected_pair(stats, report), selected if selected in stats else ""
    local, remote = (_candidate(stats, pair.get(f"{side}CandidateId")) for side in ("local", "remote"))
    is_relay = "relay" in (local["CandidateType"], remote["CandidateType"])
    return {
        "id": name,
        "isUsingRelay": is_relay,
        **{f"local{key}": value for key, value in local.items()},
        **{f"remote{key}": value for key, value in remote.items()},
    }


def _candidate(stats: Reports, candidate: Any) -> dict[str, Any]:
    report = stats.get(candidate, {}) if isinstance(candidate, str) else {}
    kind = report.get("candidateType", "")
    # Of a relay the protocol is the one spoken with the TURN server.
    protocol = report.get("relayProtocol" if kind == "relay" else "protocol")
    return {"CandidateType": "", "Address": "", "Port": "", "Protocol": ""} | _scalars(
        {
            "CandidateType": kind,
            "Address": report.get("address", ""),
            "Port": report.get("port", ""),
            "Protocol": "" if protocol is None else protocol,
        }
    )


def _sent(stats: Reports, report: Report, family: Family) -> tuple[Number, Number] | None:
    """Packets sent, and how many of them the other side missed."""
    if family == "firefox":
        if report.get("type") != "remote-inbound-rtp":
            return None
        return _number(report.get("packetsSent")), _number(report.get("packetsLost"))
    if report.get("type") == "outbound-rtp" and isinstance(remote := report.get("remoteId"), str) and remote in stats:
        return _number(report.get("packetsSent")), _number(stats[remote].get("packetsLost"))
    if report.get("packetsSent") and not report.get("packetsReceived"):
        return _number(report["packetsSent"]), _number(report.get("packetsLost"))
    return None


def _frames(report: Report, family: Family) -> tuple[Number, Number] | None:
    """Height and rate of the video a report says was received. Firefox's says nothing of its height."""
    if family == "firefox":
        return None
    match report.get("type"):
        case "inbound-rtp" if _media_type(report) == "video":
            return _number(report.get("frameHeight")), _number(report.get("framesPerSecond"))
        case "ssrc" if report.get("googFrameHeightReceived"):
            return _number(report["googFrameHeightReceived"]), _number(report.get("googFrameRateOutput"))
        case _:
            return None


def _media_type(report: Report) -> str | None:
    kind = report.get("mediaType") or report.get("kind")
    return kind if isinstance(kind, str) else None


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _number(value: Any) -> Number:
    """A number, also one sent as text; 0 for what is none, or is beyond what JavaScript counts exactly."""
    if type(value) is int and -LARGEST <= value <= LARGEST:
        return value
    if isinstance(value, str):
        try:
            value = float(value) if len(value) < 40 else 0
        except ValueError:
            return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        return 0
    return value


def _in_order(names: Mapping[str, Any]) -> Iterable[str]:
    """The order in which JavaScript goes through an object: names that are array indices first, by value. Means of fractions, and
    which of two candidate pairs is the last, depend on it."""
    if not any(map(str.isdecimal, names)):
        return names
    indices = [name for name in names if name.isdecimal() and name.isascii() and (name == "0" or name[0] != "0")]
    indices = sorted((name for name in indices if len(name) <= 10 and int(name) <= LAST_INDEX), key=int)
    return [*indices, *_without(names, set(indices))]


def _without(names: Iterable[str], others: set[str]) -> Iterator[str]:
    return (name for name in names if name not in others)


def _mean(series: list[Number]) -> float:
    # Divided before they are added, as the public server does: the last digit depends on it.
    mean = 0.0
    for value in series:
        mean += value / len(series)
    return mean


def _variance(series: list[Number]) -> float:
    count = len(series) or 1
    mean = sum(series) / count
    total = 0.0
    for value in series:
        total += (value - mean) ** 2
    return total / count


def _mean_frames(frames: list[tuple[Number, Number]]) -> dict[str, Number]:
    return {
        "meanFrameHeight": _rounded(_mean([height for height, _ in frames])),
        "meanFramesPerSecond": _rounded(_mean([rate for _, rate in frames])),
    }


def _pct(part: Number, whole: Number) -> Number:
    return _rounded(part / whole * 100) if whole else 0


def _lost_pct(lost: Number, packets: Number) -> Number:
    """0 where more was lost than sent: such counters were started anew, or lie."""
    return _pct(lost, packets) if 0 < lost < packets else 0


def _rounded(value: float) -> Number:
    """To two decimals of what is written, halves upwards: 1.005, which is slightly less in binary, is 1.01."""
    scaled = float(Decimal(repr(value)).scaleb(2))
    whole = math.floor(scaled)
    return _plain(float(Decimal(whole + (scaled - whole >= 0.5)).scaleb(-2)))


def _plain(value: Number) -> Number:
    """Whole numbers without a fraction, as JavaScript writes them."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _scalars(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """What is printed as it was sent: texts, truths and numbers that JavaScript counts exactly."""
    return {name: value for name, value in mapping.items() if not isinstance(value, dict | list) and not _is_too_large(value)}


def _is_ssrc(value: Any) -> bool:
    """A number, or text where statistics are Chrome's of old."""
    return bool(value) and isinstance(value, str | int | float) and not _is_too_large(value)


def _is_too_large(value: Any) -> bool:
    return isinstance(value, int | float) and not -LARGEST <= value <= LARGEST


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
