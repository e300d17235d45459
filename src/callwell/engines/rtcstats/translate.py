"""What an rtcstats client tells of its session, as facts and samples of ours. Pure.

A session is one page in one meeting. Its entries are what the page did with WebRTC (`create`, `onconnectionstatechange`, `addTrack` …), what it measured
(`getstats`), and what Jitsi adds: who it is (`identity`), who speaks, what is muted. The names are those of @jitsi/rtcstats 9.7, lib-jitsi-meet and
jitsi-meet of 2020 to 2026. The same entries give the same facts and samples under the same ids, however often and from wherever they are read.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from msgspec import Struct

from callwell import ids
from callwell.engines.rtcstats.dumps import GET_STATS, Entry
from callwell.engines.rtcstats.legacy import in_standard_words
from callwell.joining.devices import read_device
from callwell.quality.samples import Kind, Measured
from callwell.quality.w3c import Sampler
from callwell.record import events as e
from callwell.record.events import Payload

KNOWN_WITHIN: Final = timedelta(seconds=60)
"""How long a session is waited for to say which meeting it is in; then it is taken as it calls itself."""
KNOWN_BY: Final = 1000
"""The same in entries."""
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
MOST_BACK: Final = timedelta(days=1)
"""An entry further back than this before the newest one has a wrong time."""
UNWANTED: Final = frozenset({"faceLandmarks", "facialExpression", "logs"})
"""What pages say of faces, and their logs, is no business of ours: it is neither kept nor looked at."""
COMING: Final = timedelta(seconds=10)
"""A peer connection made so shortly before its page says who it is, was made to join."""
MOST_PEERS: Final = 200
MOST_TRACKS: Final = 1000

_TRACK = re.compile(r"\b(audio|video):([^\s,;]{1,200})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_UP = ("connected", "completed")
_DOWN = ("disconnected", "failed", "closed")
_PASSING = frozenset({"inbound-rtp", "outbound-rtp", "media-source", "candidate-pair", "track", "transport"})
"""Reports that belong to the moment of their getStats. Others tell of a moment of the other side's."""
_STALE_MS = 1000
_LAST = 128
"""What is said in the end stands after all that the last entry said."""


class Who(Struct, frozen=True):
    """Which call a session is part of, and as whom."""

    meeting: str | None
    """What the engine calls the call, unique among its calls; None where the client does not say it."""
    conference: str | None
    """The name of the place, which has many calls in time."""
    participant: str
    """``user:…`` or ``guest:…``"""
    began_at: datetime


class Fact(Struct, frozen=True):
    """A fact of the session's own connection; of the call, where its type is about that."""

    id: UUID
    type: str
    occurred_at: datetime
    payload: Payload


class Taken(Struct, frozen=True):
    """A sample of the session's own connection."""

    id: UUID
    measured: Measured


class Told(Struct):
    """What came of one entry."""

    facts: list[Fact]
    samples: list[Taken]


class _Peer:
    """A peer connection of the page."""

    __slots__ = ("begun_at", "energy", "is_up", "says_state", "sent", "sources")

    def __init__(self, begun_at: datetime) -> None:
        self.begun_at = begun_at
        self.is_up = False
        self.says_state = False
        """Its own state is told; where it is not, as by old browsers, that of ICE stands for it."""
        self.sent: dict[str, str] = {}
        """The kinds of tracks that were added, by their ids."""
        self.sources: dict[str, bool] = {}
        """Whether getStats shows something being sent, by kind."""
        self.energy: dict[str, tuple[float, float]] = {}
        """Of microphones: energy and length of what was sent."""


_MUTES = {"audioMutedChanged": "audio", "videoMutedChanged": "video", "screenshareToggled": "screen"}
_CHANGES: Mapping[str, Callable[[bool], Payload]] = {
    "audio": lambda on: e.MediaChanged(audio_enabled=on),
    "video": lambda on: e.MediaChanged(video_enabled=on),
    "screen": lambda on: e.MediaChanged(screen_shared=on),
}


class Translator:
    """Reads the entries of one session in order."""

    def __init__(self, session: str, *, meeting: str | None = None, user_agent: str | None = None, user_id: str | None = None) -> None:
        """``meeting`` and ``user_agent`` are what the connection itself said, where the entries do not; ``user_id`` is who its token says it is."""
        self.session = session
        self.who: Who | None = None
        """Known once the session has said it; what it told before is given then."""
        self._identity: dict[str, str] = {}
        self._user_id = _text(user_id)
        self._conference = _text(meeting)
        self._device = read_device(user_agent, {}) if user_agent else None
        self._sampler = Sampler()
        self._peers: dict[str, _Peer] = {}
        self._first_at: datetime | None = None
        self._newest_at: datetime | None = None
        self._index = 0
        self._read = 0
        self._joined_at: datetime | None = None
        self._begun_at: datetime | None = None
        self._is_up = False
        self._was_up = False
        self._closed_at: datetime | None = None
        self._speaks_since: datetime | None = None
        self._media: dict[str, bool] = {}
        self._says_muted: set[str] = set()
        self._screens: set[str] = set()
        self._desktops: set[int] = set()
        self._held = Told([], [])
        self._is_over = False

    # ── In ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def read(self, entry: Entry, index: int, latest: datetime) -> Told:
        """What an entry tells. ``index`` is its number in the session, from 1; ``latest``: when it was received, later than which nothing happened."""
        told = Told([], [])
        if entry.type == "connectionInfo":
            self._on_connection(entry.value)
            return told
        if entry.type in UNWANTED:
            return told
        self._index = index
        self._read += 1
        at = self._time(entry.at_ms, latest)
        if entry.type in GET_STATS:
            self._on_stats(told, entry, at)
        elif (step := self._STEPS.get(entry.type)) is not None:
            step(self, told, entry, at)
        elif entry.type.endswith("OnFailure"):
            self._fail(told, at, entry.type.removesuffix("OnFailure"), entry.value)
        return self._given(told, at)

    def finish(self) -> Told:
        """What is to be said once nothing more comes: when they left, how long they spoke last, the last samples."""
        told = Told([], [])
        at = self._newest_at
        if at is None:
            return told
        self._is_over = True
        told.samples += self._taken(self._sampler.finish(), "last")
        if self._joined_at is not None or self._identity:
            self._join(at)
            left_at = self._closed_at or at
            self._stop_speaking(told, left_at)
            reason = "normal" if self._is_up or self._closed_at is not None else "lost" if self._was_up else "never_connected"
            self._tell(told, left_at, "participant.left", e.Left(reason))
        if self.who is None and (self._identity or self._peers or self._was_up):
            self._become_known()
        return self._given(told, at)

    def _given(self, told: Told, at: datetime) -> Told:
        """Given as it is once it is known whose it is; held until then."""
        if self.who is None and self._is_told_apart(at):
            self._become_known()
        if self.who is None:
            self._held.facts += told.facts
            self._held.samples += told.samples
            return Told([], [])
        if self._held.facts or self._held.samples:
            told = Told(self._held.facts + told.facts, self._held.samples + told.samples)
            self._held = Told([], [])
        return told

    def _time(self, at_ms: int | None, latest: datetime) -> datetime:
        """When an entry happened: by its own word where that can be, else with the newest one before."""
        at = _moment(at_ms)
        if at is None or at < EARLIEST or (self._newest_at is not None and at < self._newest_at - MOST_BACK):
            at = self._newest_at or latest
        at = min(at, _in_milliseconds(latest))
        self._first_at = self._first_at or at
        self._newest_at = max(at, self._newest_at or at)
        return at

    # ── Who and where ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _on_connection(self, value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(agent := value.get("userAgent"), str):
                self._device = self._device or read_device(agent, {})
            if isinstance(path := value.get("path"), str):
                self._conference = self._conference or _text(path.partition("?")[0].strip("/").rpartition("/")[2])

    def _on_identity(self, told: Told, entry: Entry, at: datetime) -> None:
        if not isinstance(entry.value, dict):
            return
        for name in ("meetingUniqueId", "confName", "confID", "userId", "deviceId", "localId", "endpointId", "displayName"):
            if (said := _text(entry.value.get(name))) is not None:
                self._identity[name] = said
        self._join(at)

    def _join(self, at: datetime) -> None:
        self._joined_at = min(self._joined_at or at, at)

    def _came_at(self) -> datetime:
        """When they said who they are, or a little earlier, when their first peer connection was made."""
        at = self._joined_at or self._first_at
        assert at is not None
        return self._begun_at if self._begun_at is not None and at - COMING < self._begun_at < at else at

    def _is_told_apart(self, at: datetime) -> bool:
        said = self._identity
        if "meetingUniqueId" in said and any(name in said for name in ("userId", "deviceId", "endpointId")):
            return True
        waited = self._first_at is not None and at - self._first_at > KNOWN_WITHIN
        return bool(said) and (waited or self._read > KNOWN_BY)

    def _become_known(self) -> None:
        said = self._identity
        conference = said.get("confName") or (said.get("confID") or "").rpartition("/")[2] or self._conference
        meeting = said.get("meetingUniqueId")
        person = said.get("deviceId") or said.get("localId") or said.get("endpointId") or self.session
        user_id = self._user_id or said.get("userId")
        began_at = self._came_at()
        self.who = Who(meeting[:300] if meeting else None, conference, f"user:{user_id}" if user_id else f"guest:{person}", began_at)
        told = {"conference": conference, "endpoint": said.get("endpointId")}
        metadata = {name: value for name, value in told.items() if value}
        joined = e.Joined(display_name=said.get("displayName"), device=self._device, metadata=metadata or None)
        self._held.facts.insert(0, Fact(_id(self.session, 0, 0, "participant.joined"), "participant.joined", began_at, joined))

    # ── Connections ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _peer(self, entry: Entry, at: datetime) -> _Peer | None:
        if entry.pc is None:
            return None
        peer = self._peers.get(entry.pc)
        if peer is None and len(self._peers) < MOST_PEERS:
            peer = self._peers[entry.pc] = _Peer(at)
            self._begun_at = self._begun_at or at
        return peer

    def _on_create(self, told: Told, entry: Entry, at: datetime) -> None:
        self._peer(entry, at)

    def _on_state(self, told: Told, entry: Entry, at: datetime) -> None:
        peer = self._peer(entry, at)
        if peer is not None:
            peer.says_state = True
            self._turn(told, peer, entry.value, at)

    def _on_ice_state(self, told: Told, entry: Entry, at: datetime) -> None:
        peer = self._peer(entry, at)
        if peer is not None and not peer.says_state:
            self._turn(told, peer, entry.value, at)

    def _turn(self, told: Told, peer: _Peer, state: Any, at: datetime) -> None:
        """Media flows as long as it flows over any: while two are alone Jitsi holds one to the other and one to the bridge."""
        if state in _UP:
            peer.is_up = True
        elif state in _DOWN:
            peer.is_up = False
        self._look(told, at, str(state), peer.begun_at)

    def _look(self, told: Told, at: datetime, why: str, begun_at: datetime) -> None:
        is_up = any(peer.is_up for peer in self._peers.values())
        if is_up == self._is_up:
            return
        self._is_up = is_up
        if not is_up and why == "closed":
            # They leave, or another takes its place: which of the two is known later.
            self._closed_at = at
        elif not is_up:
            self._tell(told, at, "participant.disconnected", e.Disconnected(why))
        elif not self._was_up:
            self._join(at)
            self._was_up = True
            self._tell(told, at, "participant.connected", e.Connected(_milliseconds(at - begun_at)))
        else:
            if self._closed_at is not None:
                self._tell(told, self._closed_at, "participant.disconnected", e.Disconnected("closed"))
                self._closed_at = None
            self._tell(told, at, "participant.reconnected", e.Reconnected())

    def _on_close(self, told: Told, entry: Entry, at: datetime) -> None:
        peer = self._peers.pop(entry.pc, None) if entry.pc is not None else None
        if peer is not None:
            self._look(told, at, "closed", peer.begun_at)
            if self._is_up:
                self._look_at_tracks(told, at)

    # ── Media ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _on_add(self, told: Told, entry: Entry, at: datetime) -> None:
        peer = self._peer(entry, at)
        if peer is None or not isinstance(entry.value, str):
            return
        for kind, track in _TRACK.findall(entry.value[:10_000]):
            if len(peer.sent) < MOST_TRACKS:
                peer.sent[track] = "screen" if track in self._screens else kind
        self._look_at_tracks(told, at)

    def _on_remove(self, told: Told, entry: Entry, at: datetime) -> None:
        peer = self._peer(entry, at)
        if peer is None or not isinstance(entry.value, str):
            return
        for _, track in _TRACK.findall(entry.value[:10_000]):
            peer.sent.pop(track, None)
        self._look_at_tracks(told, at)

    def _look_at_tracks(self, told: Told, at: datetime) -> None:
        sent = {kind for peer in self._peers.values() for kind in peer.sent.values()}
        for kind in ("audio", "video", "screen"):
            if kind in sent or kind in self._media:
                self._switch(told, at, kind, kind in sent)

    def _on_display(self, told: Told, entry: Entry, at: datetime) -> None:
        tracks = entry.value.get("tracks") if isinstance(entry.value, dict) else None
        for track in tracks if isinstance(tracks, list) else ():
            if (
                isinstance(track, dict)
                and track.get("kind") == "video"
                and isinstance(id := track.get("id"), str)
                and len(self._screens) < MOST_TRACKS
            ):
                self._screens.add(id)

    def _on_muted(self, told: Told, entry: Entry, at: datetime) -> None:
        kind = _MUTES[entry.type]
        muted = entry.value.get("muted") if isinstance(entry.value, dict) else entry.value
        if isinstance(muted, bool):
            self._says_muted.add(kind)
            self._switch(told, at, kind, not muted, is_said=True)

    def _switch(self, told: Told, at: datetime, kind: str, on: bool, *, is_said: bool = False) -> None:
        if self._media.get(kind) is on or (kind in self._says_muted and not is_said):
            return
        self._media[kind] = on
        self._tell(told, at, "media.changed", _CHANGES[kind](on))

    def _on_video_type(self, told: Told, entry: Entry, at: datetime) -> None:
        """Somebody else's video is a screen, or is a camera again."""
        if isinstance(entry.value, dict) and type(ssrc := entry.value.get("ssrc")) is int:
            if entry.value.get("videoType") == "desktop" and len(self._desktops) < MOST_TRACKS:
                self._desktops.add(ssrc)
            else:
                self._desktops.discard(ssrc)

    def _on_stats(self, told: Told, entry: Entry, at: datetime) -> None:
        peer = self._peer(entry, at)
        if peer is None or entry.pc is None or not isinstance(entry.value, dict):
            return
        stats = _of_now(in_standard_words(entry.value))
        self._look_at_sources(told, peer, stats, at)
        muted: list[Kind] = [kind for kind in ("audio", "video", "screen") if self._media.get(kind) is False]
        screens = self._screens | _tracks_of(stats, self._desktops)
        taken = self._sampler.read(entry.pc, at.timestamp() * 1000, stats, muted=muted, screen=screens)
        told.samples += self._taken(taken, "sample")

    def _look_at_sources(self, told: Told, peer: _Peer, stats: Mapping[str, Mapping[str, Any]], at: datetime) -> None:
        """Jitsi mutes without telling WebRTC: a camera's track is taken away, a microphone's is silent, which a real one never is."""
        sources = [one for one in stats.values() if one.get("type") == "media-source"]
        cameras = any(one.get("kind") == "video" and str(one.get("trackIdentifier")) not in self._screens for one in sources)
        if cameras or "video" in peer.sources:
            peer.sources["video"] = cameras
        for one in sources:
            energy, length = _number(one.get("totalAudioEnergy")), _number(one.get("totalSamplesDuration"))
            if one.get("kind") != "audio" or energy is None or length is None:
                continue
            name = str(one.get("trackIdentifier"))[:200]
            before = peer.energy.get(name)
            if before is not None and before[0] > 0 and length - before[1] >= 1:
                peer.sources["audio"] = energy > before[0]
            elif energy > 0 and before is None:
                peer.sources.setdefault("audio", True)
            if before is None or length - before[1] >= 1 or length < before[1]:
                peer.energy = {name: (energy, length)}
        for kind in ("audio", "video"):
            seen = [peer.sources[kind] for peer in self._peers.values() if kind in peer.sources]
            if seen:
                self._switch(told, at, kind, any(seen))

    # ── Speaking, failing, beginning ──────────────────────────────────────────────────────────────────────────────────────────────

    def _on_speaker(self, told: Told, entry: Entry, at: datetime) -> None:
        speaker = entry.value.get("dominantSpeakerEndpoint") if isinstance(entry.value, dict) else None
        if speaker is not None and speaker == self._identity.get("endpointId"):
            if self._speaks_since is None:
                self._speaks_since = at
                self._tell(told, at, "speaker.changed", e.Nothing())
        else:
            self._stop_speaking(told, at)

    def _on_own_speaking(self, told: Told, entry: Entry, at: datetime) -> None:
        self._tell(told, at, "speaker.changed", e.Nothing())

    def _stop_speaking(self, told: Told, at: datetime) -> None:
        if self._speaks_since is not None:
            self._tell(told, at, "speaker.spoke", e.SpeakerSpoke(_milliseconds(at - self._speaks_since)))
            self._speaks_since = None

    def _on_conference(self, told: Told, entry: Entry, at: datetime) -> None:
        number = _number(entry.value)
        begun_at = _moment(int(number)) if number is not None else None
        if begun_at is not None and at - MOST_BACK <= begun_at:
            self._tell(told, min(begun_at, at), "call.started", e.CallStarted())

    def _on_error(self, told: Told, entry: Entry, at: datetime) -> None:
        self._fail(told, at, entry.type, entry.value)

    def _fail(self, told: Told, at: datetime, what: str, value: Any) -> None:
        """Something went wrong. Of a camera or microphone that could not be had, the error's name is part of what it was."""
        what = what.removeprefix("navigator.mediaDevices.")
        named = _text(value) if what in ("getUserMedia", "getDisplayMedia") else None
        code = _CONTROL.sub(" ", f"{what}: {named}" if named else what)[:50] or "unknown"
        message = None if named or not isinstance(value, str) else (_CONTROL.sub(" ", value)[:2000] or None)
        self._tell(told, at, "error.occurred", e.ErrorOccurred(code, message))

    # ── Out ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, told: Told, at: datetime, type: str, payload: Payload) -> None:
        place = len(told.facts) + (_LAST if self._is_over else 0)
        told.facts.append(Fact(_id(self.session, self._index, place, type), type, at, payload))

    def _taken(self, samples: Iterable[Measured], which: str) -> list[Taken]:
        return [Taken(_id(self.session, self._index, place, which), sample) for place, sample in enumerate(samples)]

    _STEPS: ClassVar[Mapping[str, Callable[..., None]]] = {
        "identity": _on_identity,
        "create": _on_create,
        "onconnectionstatechange": _on_state,
        "oniceconnectionstatechange": _on_ice_state,
        "close": _on_close,
        "addTrack": _on_add,
        "addStream": _on_add,
        "addTransceiver": _on_add,
        "removeTrack": _on_remove,
        "removeStream": _on_remove,
        "navigator.mediaDevices.getDisplayMediaOnSuccess": _on_display,
        **dict.fromkeys(_MUTES, _on_muted),
        "setVideoType": _on_video_type,
        "dominantSpeaker": _on_speaker,
        "dominantSpeakerChanged": _on_own_speaking,
        "conferenceStartTimestamp": _on_conference,
        "ondtlserror": _on_error,
        "strophe.error": _on_error,
    }


def _id(session: str, index: int, place: int, what: str) -> UUID:
    """Derived from what it is the id of. What happened in the same millisecond is folded in the order of its ids, so they begin with the entry's number."""
    derived = ids.derived_id("rtcstats", session, index, place, what)
    begins = (index & 0xFF_FFFF_FFFF) << 8 | min(place, 0xFF)
    return UUID(int=begins << 80 | derived.int & (1 << 80) - 1)


def _of_now(stats: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The reports of this getStats. A client that sends differences cannot say that one is gone; its time stands still then."""
    reports: dict[str, Mapping[str, Any]] = {name: one for name, one in stats.items() if isinstance(one, dict)}
    times = {name: _number(one.get("timestamp")) for name, one in reports.items() if str(one.get("type")) in _PASSING}
    newest = max((at for at in times.values() if at is not None), default=0.0)
    gone = {name for name, at in times.items() if at is not None and at < newest - _STALE_MS}
    return {name: one for name, one in reports.items() if name not in gone} if gone else reports


def _tracks_of(stats: Mapping[str, Mapping[str, Any]], ssrcs: set[int]) -> set[str]:
    """The identifiers of the tracks that come with these numbers."""
    if not ssrcs:
        return set()
    named = (
        one.get("trackIdentifier") or stats.get(str(one.get("trackId")), {}).get("trackIdentifier")
        for one in stats.values()
        if one.get("type") == "inbound-rtp" and _number(one.get("ssrc")) in ssrcs
    )
    return {name for name in named if isinstance(name, str)}


def _text(value: Any) -> str | None:
    """Text that can stand for somebody or something; numbers are taken for text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = _CONTROL.sub(" ", str(value)[:1000]).strip()[:180]
    return text or None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53 else None


def _moment(at_ms: int | None) -> datetime | None:
    if at_ms is None or not 0 <= at_ms < 253_402_300_000_000:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)


def _in_milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _milliseconds(length: timedelta) -> int:
    return min(max(0, int(length / timedelta(milliseconds=1))), 604_800_000)
