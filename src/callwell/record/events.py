"""The event catalogue: every type of fact there is, what it says, what of it is personal, and who may write it.

The API's schema, the SDK's types and ``docs/reference/events.md`` are made from ``CATALOGUE``.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Word = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f]+$")]
Reason = Annotated[str, Meta(min_length=1, max_length=200)]
Identity = Annotated[str, Meta(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$")]
ConnectionName = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
Milliseconds = Annotated[int, Meta(ge=0, le=604_800_000)]

CallType = Literal["video", "audio"]
CallMode = Literal["p2p", "sfu"]
Engine = Literal["p2p", "livekit", "jitsi", "mediasoup", "external"]
Side = Literal["client", "provider"]
DeviceType = Literal["desktop", "mobile", "tablet", "tv", "bot", "other"]
EndReason = Literal["normal", "timeout", "error", "forced", "no_answer", "declined", "demo_ended"]

END_REASONS: tuple[str, ...] = ("normal", "timeout", "error", "forced", "no_answer", "declined", "demo_ended")


class Writer(StrEnum):
    """Who a fact is from, by its credential."""

    SERVER = "key"
    """The host's server, with an API key."""
    CLIENT = "sdk"
    """A page, with a connection token: about its own connection only."""
    ENGINE = "engine"
    """What carries the media."""
    IMPORTER = "import"
    COMMAND = "callwell"
    """We, for a command that was decided."""
    TIMER = "timer"
    """We, guessing from silence."""


class Subject(StrEnum):
    CALL = "call"
    CONNECTION = "connection"
    EITHER = "either"


class Payload(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a fact says beside when, where and about whom."""

    personal: ClassVar[tuple[str, ...]] = ()
    """Fields that say who somebody is; they are kept with the participant or connection, never with the event."""
    free_text: ClassVar[tuple[str, ...]] = ()
    """Fields in a person's own words; they stay with the event until the person is erased."""


class Nothing(Payload, frozen=True):
    """Nothing beside that it happened."""


class Device(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    browser: Annotated[str, Meta(max_length=100)] | None = None
    os: Annotated[str, Meta(max_length=100)] | None = None
    type: DeviceType | None = None


class CallCreated(Payload, frozen=True):
    """A call was begun: what kind it is, where it belongs, who began it and who is to provide."""

    personal: ClassVar = ("provider_name",)

    type: CallType = "video"
    mode: CallMode = "p2p"
    engine: Engine = "external"
    room: Annotated[str, Meta(pattern=r"^room-[0-9a-f]{32}$")] | None = None
    conversation_id: Name | None = None
    appointment_id: UUID | None = None
    external_id: Name | None = None
    initiator: Identity | None = None
    initiator_id: UUID | None = None
    provider: Identity | None = None
    provider_id: UUID | None = None
    provider_name: Name | None = None
    is_demo: bool = False
    is_imported: bool = False
    settings: dict[Word, Any] = {}
    metadata: dict[Word, Any] = {}
    engine_data: dict[Word, Any] = {}


class CallRinging(Payload, frozen=True):
    """People are being called."""

    people: Annotated[tuple[Identity, ...], Meta(max_length=50)] = ()
    people_ids: tuple[UUID, ...] = ()


class CallStarted(Payload, frozen=True):
    """An engine says that the call is on; our own figures begin with the first person connected."""

    engine_data: dict[Word, Any] = {}


class ModeChanged(Payload, frozen=True):
    mode: CallMode


class SettingsChanged(Payload, frozen=True):
    """Settings of the call, those given alone."""

    settings: dict[Word, Any]
    changed_by: Identity | None = None
    changed_by_id: UUID | None = None


class CallEnded(Payload, frozen=True):
    """The call is over. Commanded or from an engine it is final; from a timer it is a guess that facts can prove wrong."""

    reason: EndReason = "normal"
    ended_by: Identity | None = None
    ended_by_id: UUID | None = None
    because: Literal["ringing", "empty", "longest"] | None = None
    engine_data: dict[Word, Any] = {}


class CallFailed(Payload, frozen=True):
    reason: Reason = "error"
    engine_data: dict[Word, Any] = {}


class Waiting(Payload, frozen=True):
    """Somebody is in the waiting room. ``connect_until``: they are gone then, where their page was not heard of by then."""

    personal: ClassVar = ("display_name",)

    display_name: Name | None = None
    role: Word | None = None
    side: Side | None = None
    audio_option: Word | None = None
    device: Device | None = None
    metadata: dict[Word, Any] | None = None
    connect_until: datetime | None = None


class Admitted(Payload, frozen=True):
    """Somebody waiting was let in, and has until ``connect_until`` to connect."""

    connect_until: datetime | None = None


class Joined(Payload, frozen=True):
    """Somebody came in: the connection is there, media not yet."""

    personal: ClassVar = ("display_name",)

    display_name: Name | None = None
    role: Word | None = None
    side: Side | None = None
    is_host: bool | None = None
    audio_enabled: bool | None = None
    video_enabled: bool | None = None
    audio_option: Word | None = None
    device: Device | None = None
    metadata: dict[Word, Any] | None = None
    connect_until: datetime | None = None


class Connected(Payload, frozen=True):
    """Media flows."""

    setup_ms: Milliseconds | None = None


class Disconnected(Payload, frozen=True):
    reason: Reason | None = None


class Reconnected(Payload, frozen=True):
    """Media flows again. ``media_kept``: it never stopped, only we could not be told."""

    media_kept: bool = False


class Left(Payload, frozen=True):
    reason: Reason = "normal"


class Failed(Payload, frozen=True):
    reason: Reason = "error"


class MediaChanged(Payload, frozen=True):
    """What is sent, and how: only what changed is given."""

    audio_enabled: bool | None = None
    video_enabled: bool | None = None
    screen_shared: bool | None = None
    audio_option: Word | None = None
    engine_ids: dict[Word, Name] | None = None


class SpeakerSpoke(Payload, frozen=True):
    """Somebody spoke for so long, ending when it happened."""

    duration_ms: Milliseconds


class ReactionSent(Payload, frozen=True):
    kind: Word | None = None


class ViewChanged(Payload, frozen=True):
    view: Word


class QualityChanged(Payload, frozen=True):
    category: Literal["excellent", "good", "fair", "poor", "unknown"]
    score: Annotated[float, Meta(ge=0, le=100)] | None = None


class IssueRaised(Payload, frozen=True):
    """A quality problem begins; ``issue`` is its kind, ``key`` tells two of a kind apart."""

    issue: Word
    key: Word | None = None
    severity: Literal["info", "warning", "critical"] | None = None
    value: float | None = None


class IssueCleared(Payload, frozen=True):
    issue: Word
    key: Word | None = None


class IssueReported(Payload, frozen=True):
    """A person says that something is wrong."""

    free_text: ClassVar = ("text",)

    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class Recording(Payload, frozen=True):
    recording_id: Name | None = None
    requested_by: Identity | None = None
    requested_by_id: UUID | None = None
    reason: Reason | None = None


class Transcription(Payload, frozen=True):
    language: Annotated[str, Meta(max_length=35)] | None = None


class Consent(Payload, frozen=True):
    kind: Literal["recording", "transcription", "processing"]


class RatingSubmitted(Payload, frozen=True):
    free_text: ClassVar = ("comment",)

    stars: Annotated[int, Meta(ge=1, le=5)]
    comment: Text | None = None


class ErrorOccurred(Payload, frozen=True):
    free_text: ClassVar = ("message",)

    code: Word
    message: Text | None = None


class Custom(Payload, frozen=True):
    """The host's own: any object of at most 2 KB."""

    values: dict[str, Any] = {}


class EventType(Struct, frozen=True):
    """One type of fact."""

    name: str
    payload: type[Payload]
    subject: Subject
    writers: frozenset[Writer]
    meaning: str


_OUTSIDE = frozenset({Writer.SERVER, Writer.ENGINE, Writer.IMPORTER, Writer.COMMAND})
_TIMED = _OUTSIDE | {Writer.TIMER}
_OWN = _OUTSIDE | {Writer.CLIENT}
_OWN_TIMED = _OWN | {Writer.TIMER}

_TYPES = (
    EventType("call.created", CallCreated, Subject.CALL, _OUTSIDE, "A call was begun."),
    EventType("call.ringing", CallRinging, Subject.CALL, _OUTSIDE, "People are being called."),
    EventType("call.started", CallStarted, Subject.CALL, _OUTSIDE, "An engine says that the call is on."),
    EventType("call.mode_changed", ModeChanged, Subject.CALL, _OUTSIDE, "Media goes another way from here on."),
    EventType("call.settings_changed", SettingsChanged, Subject.CALL, _OUTSIDE, "Settings of the call were changed."),
    EventType("call.ended", CallEnded, Subject.CALL, _TIMED, "The call is over."),
    EventType("call.failed", CallFailed, Subject.CALL, _OUTSIDE, "The call never came about, or broke."),
    EventType("participant.waiting", Waiting, Subject.CONNECTION, _OUTSIDE, "Somebody is in the waiting room."),
    EventType("participant.admitted", Admitted, Subject.CONNECTION, _OUTSIDE, "Somebody waiting was let in."),
    EventType("participant.refused", Left, Subject.CONNECTION, _OUTSIDE, "Somebody waiting was sent away."),
    EventType("participant.joined", Joined, Subject.CONNECTION, _OUTSIDE, "Somebody came in; media does not flow yet."),
    EventType("participant.connected", Connected, Subject.CONNECTION, _OWN, "Media flows."),
    EventType("participant.disconnected", Disconnected, Subject.CONNECTION, _OWN_TIMED, "Media, or the connection itself, was lost."),
    EventType("participant.reconnected", Reconnected, Subject.CONNECTION, _OWN, "It is back."),
    EventType("participant.left", Left, Subject.CONNECTION, _OWN_TIMED, "The connection is over."),
    EventType("participant.failed", Failed, Subject.CONNECTION, _OWN, "The connection could not be made, or broke for good."),
    EventType("media.changed", MediaChanged, Subject.CONNECTION, _OWN, "Microphone, camera, screen or audio route changed."),
    EventType("speaker.changed", Nothing, Subject.CONNECTION, _OUTSIDE, "This person is the dominant speaker from here on."),
    EventType("speaker.spoke", SpeakerSpoke, Subject.CONNECTION, _OWN, "Somebody spoke, and for how long."),
    EventType("chat.sent", Nothing, Subject.CONNECTION, _OWN, "A chat message was sent; never what it said."),
    EventType("reaction.sent", ReactionSent, Subject.CONNECTION, _OWN, "A reaction was sent."),
    EventType("view.changed", ViewChanged, Subject.CONNECTION, _OWN, "Somebody looks at the call in another way."),
    EventType("quality.changed", QualityChanged, Subject.CONNECTION, _OUTSIDE, "How good the connection is."),
    EventType("issue.raised", IssueRaised, Subject.CONNECTION, _OUTSIDE, "A quality problem begins."),
    EventType("issue.cleared", IssueCleared, Subject.CONNECTION, _OUTSIDE, "A quality problem is over."),
    EventType("issue.reported", IssueReported, Subject.EITHER, _OWN, "A person says that something is wrong."),
    EventType("recording.requested", Recording, Subject.CALL, _OUTSIDE, "A recording was asked for."),
    EventType("recording.started", Recording, Subject.CALL, _OUTSIDE, "A recording runs."),
    EventType("recording.stopped", Recording, Subject.CALL, _OUTSIDE, "A recording stopped."),
    EventType("recording.failed", Recording, Subject.CALL, _OUTSIDE, "A recording failed."),
    EventType("transcription.started", Transcription, Subject.CALL, _OUTSIDE, "Speech is being transcribed."),
    EventType("transcription.stopped", Transcription, Subject.CALL, _OUTSIDE, "Speech is no longer transcribed."),
    EventType("consent.given", Consent, Subject.CONNECTION, _OWN, "Somebody agreed."),
    EventType("consent.withdrawn", Consent, Subject.CONNECTION, _OWN, "Somebody no longer agrees."),
    EventType("rating.submitted", RatingSubmitted, Subject.CONNECTION, _OWN, "Somebody said how the call was."),
    EventType("error.occurred", ErrorOccurred, Subject.EITHER, _OWN, "Something went wrong."),
)

CONCLUDED = frozenset({"quality.changed", "issue.raised", "issue.cleared"})
"""What is concluded from measurements, sometimes from their absence: it shows of nobody that they were there."""

CATALOGUE: Mapping[str, EventType] = {t.name: t for t in _TYPES}
CUSTOM = EventType("custom.*", Custom, Subject.EITHER, _OWN, "The host's own.")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
CUSTOM_NAME = re.compile(r"custom\.[a-z0-9_.-]{1,80}\Z")
CUSTOM_BYTES = 2048
PAYLOAD_BYTES = 8192
PAYLOAD_DEPTH = 16


class Fact(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A fact on the wire, before its payload is looked at."""

    id: UUID
    type: str
    occurred_at: Annotated[datetime, Meta(tz=True)]
    call_id: UUID | None = None
    participant: Identity | None = None
    connection: ConnectionName | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


class NewEvent(Struct, frozen=True, gc=False):
    """A fact that was understood, on its way into the ledger: people and connections are still called by their names."""

    call_id: UUID
    id: UUID
    type: str
    occurred_at: datetime
    payload: Payload
    participant: str | None = None
    """``user:…`` or ``guest:…``; or our own id of the participant."""
    connection: str | None = None
    """How its source calls the connection; or our own id of it."""
    basis_at: datetime | None = None
    """Of a timer's fact: when its subject was last heard of."""
    sent_at: datetime | None = None
    """What the source gave as ``occurred_at``, where we corrected it."""
    hash: bytes | None = None
    """Over the fact as it was sent; None: as it stands here."""


class Event(Struct, frozen=True, gc=False):
    """An immutable fact about a call, as it is kept."""

    call_id: UUID
    id: UUID
    source: str
    type: str
    occurred_at: datetime
    payload: Payload
    participant_id: UUID | None = None
    connection_id: UUID | None = None
    basis_at: datetime | None = None

    @property
    def is_guess(self) -> bool:
        """Whether a timer made it. What it says stands until a fact says otherwise."""
        return self.basis_at is not None


def fact_hash(type: str, occurred_at: datetime, participant: str | None, connection: str | None, payload: Payload) -> bytes:
    """What tells a repeated fact from another one with its id: 16 bytes over all that a source says of it."""
    return blake2b(_encode((type, occurred_at, participant, connection)) + payload_json(payload), digest_size=16).digest()


class BadFact(ValueError):
    """A fact that is none; ``code`` is the outcome's."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem


_DECODERS = {name: msgspec.json.Decoder(t.payload) for name, t in CATALOGUE.items()}
_CUSTOM_DECODER = msgspec.json.Decoder(dict[str, Any])
_encode = msgspec.json.Encoder(order="deterministic").encode


def event_type(name: str) -> EventType | None:
    return CATALOGUE.get(name) or (CUSTOM if CUSTOM_NAME.match(name) else None)


def read_payload(name: str, raw: bytes | msgspec.Raw | memoryview) -> Payload:
    """The payload of a fact of this type. Raises BadFact naming the field."""
    decoder = _DECODERS.get(name)
    size = len(memoryview(raw))
    if size > 8 and b"\\u0000" in (text := bytes(raw)) and _NUL.search(text):
        raise BadFact("event.invalid", "data holds the character U+0000, which is not text")
    try:
        if decoder is not None:
            if size > PAYLOAD_BYTES:
                raise BadFact("event.invalid", f"data is larger than {PAYLOAD_BYTES} bytes")
            payload = decoder.decode(raw)
        elif CUSTOM_NAME.match(name):
            if size > CUSTOM_BYTES:
                raise BadFact("event.invalid", f"data is larger than {CUSTOM_BYTES} bytes")
            payload = Custom(_CUSTOM_DECODER.decode(raw))
        else:
            raise BadFact("event.unknown_type", f"type: there is no event type {name[:80]!r}")
    except msgspec.ValidationError as problem:
        raise BadFact("event.invalid", _within_data(str(problem))) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BadFact("event.invalid", "data is not JSON that we take") from None
    if size > 2 * PAYLOAD_DEPTH:
        _check_depth(msgspec.to_builtins(payload), PAYLOAD_DEPTH)
    return payload


def payload_json(payload: Payload) -> bytes:
    """The payload as it is stored, the same for the same content whatever order and spacing it came in."""
    return _encode(payload.values) if isinstance(payload, Custom) else _encode(payload)


def stored_payload(name: str, raw: bytes | str) -> Payload:
    """The payload of a fact that is in the ledger. A field that a newer version wrote and we don't know is passed over, so reading is total."""
    decoder = _STORED.get(name)
    return decoder.decode(raw) if decoder is not None else Custom(_CUSTOM_DECODER.decode(raw))


_STORED: Mapping[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(msgspec.defstruct(t.payload.__name__, [], bases=(t.payload,), frozen=True, forbid_unknown_fields=False))
    for name, t in CATALOGUE.items()
}


def _within_data(problem: str) -> str:
    """msgspec says ``… - at `$.field` ``; the caller knows the field as ``data.field``."""
    if " - at " not in problem:
        problem += " - at `$`"
    return problem.replace("`$", "`data")


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise BadFact("event.invalid", f"data is nested deeper than {PAYLOAD_DEPTH}")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for item in inner:
        _check_depth(item, left - 1)
