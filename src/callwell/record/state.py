"""What the fold keeps of a call, and the record that is derived from it.

State is kept per subject: one for the call itself, one for each connection. Facts about different subjects never look at each other's
state, so they commute; what depends on several (start, end, peak, overlap) is derived when the record is saved.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.record.events import CallMode, CallType, EndReason, Engine, Side

MOST_PARTICIPANTS = 200
"""People a call's facts can name. (How many may be in it at once is another matter.)"""
MOST_ANOMALIES = 20
"""How many anomalies a subject shows; the rest are counted."""


class Span(Struct, array_like=True, omit_defaults=True, gc=False):
    """From when until when; no end while it goes on."""

    start: datetime
    end: datetime | None = None
    by_engine: bool = False
    """Whether the engine that carries the media said so, or somebody who may be mistaken."""


class Anomaly(Struct, array_like=True, gc=False):
    """A fact that makes no sense where it stands. It is kept, and shown."""

    event_id: UUID
    code: str
    at: datetime


class Switch(Struct, omit_defaults=True, gc=False):
    """Something that is on or off as was last said, and when it was on. None: nobody said."""

    on: bool | None = None
    since: datetime | None = None
    """When it was first said; before, nobody knows."""
    spans: list[Span] = []

    def turn(self, on: bool, at: datetime) -> None:
        self.on = on
        self.since = self.since or at
        if not on:
            self.stop(at)
        elif not self.spans or self.spans[-1].end is not None:
            self.spans.append(Span(at))

    def stop(self, at: datetime) -> None:
        """Nothing is sent any more, whatever was last said."""
        if self.spans and self.spans[-1].end is None:
            self.spans[-1].end = at


class OpenIssue(Struct, array_like=True, omit_defaults=True, gc=False):
    """A quality problem that goes on."""

    issue: str
    since: datetime
    severity: str | None = None
    key: str | None = None


class ConnectionState(Struct, omit_defaults=True, gc=False):
    """The fold over the facts about one connection."""

    participant_id: UUID
    last_at: datetime | None = None
    last_id: UUID | None = None
    first_at: datetime | None = None
    observed_at: datetime | None = None
    """When the newest fact happened that is no guess of a timer."""
    status: str = "unseen"
    joined_at: datetime | None = None
    rejoined_at: datetime | None = None
    waiting_since: datetime | None = None
    wait_ms: int = 0
    connect_until: datetime | None = None
    connected_at: datetime | None = None
    disconnected_at: datetime | None = None
    left_at: datetime | None = None
    leave_reason: str | None = None
    setup_ms: int | None = None
    stays: list[Span] = []
    """From coming, to the waiting room or in, until leaving, connected or not: when somebody was there to be met."""
    spans: list[Span] = []
    """When it was connected."""
    closed_by_guess: bool = False
    """Whether the last span was ended by a timer."""
    guessed_left: bool = False
    join_count: int = 0
    disconnection_count: int = 0
    void_guess_count: int = 0
    audio: Switch = msgspec.field(default_factory=Switch)
    video: Switch = msgspec.field(default_factory=Switch)
    screen: Switch = msgspec.field(default_factory=Switch)
    audio_option: str | None = None
    engine_ids: dict[str, str] = {}
    role: str | None = None
    side: Side | None = None
    is_host: bool | None = None
    browser: str | None = None
    os: str | None = None
    device_type: str | None = None
    metadata: dict[str, Any] | None = None
    spoke_ms: int = 0
    messages_sent: int = 0
    reactions_sent: int = 0
    issue_count: int = 0
    error_count: int = 0
    event_count: int = 0
    rating_stars: int | None = None
    rated_at: datetime | None = None
    consents: dict[str, bool] = {}
    quality: str | None = None
    open_issues: list[OpenIssue] = []
    """Quality problems that were raised and not cleared; at most one of an issue and key."""
    anomalies: list[Anomaly] = []
    anomaly_count: int = 0


class End(Struct, array_like=True, omit_defaults=True, gc=False):
    """Somebody, or a timer, says that the call is over."""

    at: datetime
    reason: str
    by: UUID | None = None
    because: str | None = None
    basis_at: datetime | None = None

    @property
    def is_guess(self) -> bool:
        return self.basis_at is not None


class CallStream(Struct, omit_defaults=True, gc=False):
    """The fold over the facts about the call itself."""

    last_at: datetime | None = None
    last_id: UUID | None = None
    first_at: datetime | None = None
    created_at: datetime | None = None
    type: CallType = "video"
    mode: CallMode = "p2p"
    engine: Engine = "external"
    room: str | None = None
    conversation_id: str | None = None
    appointment_id: UUID | None = None
    external_id: str | None = None
    initiator_id: UUID | None = None
    provider_id: UUID | None = None
    is_demo: bool = False
    is_imported: bool = False
    settings: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    engine_data: dict[str, Any] = {}
    ringing_at: datetime | None = None
    rung_ids: list[UUID] = []
    announced_at: datetime | None = None
    """When an engine said that the call is on."""
    mode_switch_count: int = 0
    ends: list[End] = []
    failed_at: datetime | None = None
    fail_reason: str | None = None
    recording_count: int = 0
    issue_count: int = 0
    error_count: int = 0
    event_count: int = 0
    anomalies: list[Anomaly] = []
    anomaly_count: int = 0


class CallState(Struct, gc=False):
    """All that is folded of a call, and what stands beside the facts: the leases that show who was there, and who is who."""

    call: CallStream = msgspec.field(default_factory=CallStream)
    connections: dict[UUID, ConnectionState] = {}
    held: dict[UUID, list[Span]] = {}
    """Of each connection, when we held its socket open, until its lease ran out: from the leases, not from facts."""
    people: dict[str, UUID] = {}
    """Who is which participant: from the participants, not from facts."""


# ── The record ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
# Field for field the columns that are derived; what else a row has was said when it was made.


class CallRecord(Struct, frozen=True, gc=False):
    id: UUID
    status: str
    record_state: str
    type: CallType
    mode: CallMode
    engine: Engine
    room_id: UUID | None
    conversation_id: str | None
    appointment_id: UUID | None
    external_id: str | None
    initiator_id: UUID | None
    provider_id: UUID | None
    is_demo: bool
    settings: dict[str, Any]
    metadata: dict[str, Any]
    engine_data: dict[str, Any]
    created_at: datetime
    ringing_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    ended_by: UUID | None
    elapsed_ms: int | None
    overlap_ms: int
    overlap_claimed_ms: int
    overlap_of: str
    participant_count: int
    peak_participants: int
    mode_switch_count: int
    disconnection_count: int
    issue_count: int
    event_count: int
    anomaly_count: int
    anomalies: list[dict[str, Any]]


class ParticipantRecord(Struct, frozen=True, gc=False):
    call_id: UUID
    id: UUID
    call_role: str
    role: str | None
    side: Side | None
    is_host: bool
    status: str
    first_at: datetime
    joined_at: datetime | None
    connected_at: datetime | None
    left_at: datetime | None
    leave_reason: str | None
    wait_ms: int
    attended_ms: int
    attended_engine_ms: int
    attended_socket_ms: int
    attended_claimed_ms: int
    join_count: int
    disconnection_count: int
    audio_enabled: bool | None
    video_enabled: bool | None
    screen_shared: bool | None
    ever_audio: bool | None
    ever_video: bool | None
    ever_screen: bool
    spoke_ms: int
    messages_sent: int
    reactions_sent: int
    issue_count: int
    error_count: int
    event_count: int
    rating_stars: int | None


class ConnectionRecord(Struct, frozen=True, gc=False):
    call_id: UUID
    id: UUID
    participant_id: UUID
    status: str
    joined_at: datetime | None
    connected_at: datetime | None
    left_at: datetime | None
    leave_reason: str | None
    duration_seconds: int | None
    setup_ms: int | None
    attended_ms: int
    disconnection_count: int
    audio_enabled: bool | None
    video_enabled: bool | None
    screen_shared: bool | None
    audio_option: str | None
    browser: str | None
    os: str | None
    device_type: str | None
    metadata: dict[str, Any] | None


class Record(Struct, frozen=True, gc=False):
    call: CallRecord
    participants: dict[UUID, ParticipantRecord]
    connections: dict[UUID, ConnectionRecord]


__all__ = [
    "Anomaly", "CallRecord", "CallState", "CallStream", "ConnectionRecord", "ConnectionState", "End", "EndReason", "OpenIssue",
    "ParticipantRecord", "Record", "Span", "Switch",
]  # fmt: skip
