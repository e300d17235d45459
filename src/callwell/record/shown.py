"""A call as it is shown: the record with its people and their connections. Pure: from rows to what answers hold.

What still runs in an unfinished call (elapsed, attended, overlap) is derived as of the time of reading, by the code that derives it when the record is
saved.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import ids
from callwell.record.derive import PRESENT, derive
from callwell.record.state import CallRecord, CallState, CallStream, ConnectionRecord, ConnectionState, ParticipantRecord, Record, Span


class Interval(Struct, frozen=True, kw_only=True):
    """From when until when; no ``to`` while it goes on."""

    start: datetime = msgspec.field(name="from")
    end: datetime | None = msgspec.field(name="to")


class Intervals(Struct, frozen=True):
    """When a connection was what."""

    connected: list[Interval]
    audio_on: list[Interval]
    video_on: list[Interval]
    screen: list[Interval]


class Evidence(Struct, frozen=True):
    """What shows that somebody was connected; together it is the time attended."""

    engine_seconds: float
    """The engine that carries the media said so."""
    socket_seconds: float
    """We held a socket of theirs open."""
    claimed_seconds: float
    """Only a page or server said so."""


class OpenIssueShown(Struct, frozen=True):
    """A quality problem that goes on."""

    issue: str
    key: str | None
    """Which track it is about: its direction and kind."""
    severity: str | None
    since: datetime


class Connection(Struct, frozen=True, kw_only=True):
    """One join-to-leave interval of one device."""

    id: UUID
    name: str | None
    """How its source calls it, where that is not our id."""
    status: str
    joined_at: datetime | None
    connected_at: datetime | None
    left_at: datetime | None
    leave_reason: str | None
    duration_seconds: int | None
    """Whole seconds from connected to left; null where it never connected, and while it goes on."""
    attended_seconds: float
    setup_ms: int | None
    disconnection_count: int
    audio_enabled: bool | None
    video_enabled: bool | None
    screen_shared: bool | None
    audio_option: str | None
    browser: str | None
    os: str | None
    device_type: str | None
    metadata: dict[str, Any] | None
    engine_ids: dict[str, str]
    quality: str | None
    """How good it was when that last changed: ``excellent``, ``good``, ``fair``, ``poor`` or ``unknown``."""
    open_issues: list[OpenIssueShown]
    intervals: Intervals


class Participant(Struct, frozen=True, kw_only=True):
    """Somebody in a call. Exactly one of ``user_id`` and ``guest_id`` is there, and neither of somebody who was erased."""

    id: UUID
    user_id: str | None
    guest_id: str | None
    identity: str | None
    display_name: str | None
    avatar_url: str | None
    language: str | None
    call_role: str
    role: str | None
    side: str | None
    is_host: bool
    status: str
    joined_at: datetime | None
    connected_at: datetime | None
    left_at: datetime | None
    leave_reason: str | None
    attended_seconds: float
    """How long they were connected, with whichever and however many devices."""
    evidence: Evidence
    wait_seconds: float
    join_count: int
    disconnection_count: int
    audio_enabled: bool | None
    video_enabled: bool | None
    screen_shared: bool | None
    ever_audio: bool | None
    ever_video: bool | None
    ever_screen: bool
    spoke_seconds: float
    messages_sent: int
    reactions_sent: int
    issue_count: int
    error_count: int
    event_count: int
    rating_stars: int | None
    quality_score: float | None
    """Of the call for them, from 0 to 100, once a report was made; null where too little is known."""
    quality_category: str | None
    average_bandwidth_kbps: float | None
    """What they sent and received together."""
    connections: list[Connection]


class Initiator(Struct, frozen=True):
    """Who began a call."""

    participant_id: UUID
    identity: str | None
    display_name: str | None
    avatar_url: str | None


class AnomalyShown(Struct, frozen=True):
    """A fact that makes no sense where it stands."""

    code: str
    at: datetime
    event_id: UUID | None = None
    connection_id: UUID | None = None


class Call(Struct, frozen=True, kw_only=True):
    """A call, whole: the record with all its people and their connections."""

    id: UUID
    version: int
    record_state: str
    """``live`` until the call has ended, ``provisional`` while late facts may come, ``final`` then."""
    status: str
    status_summary: str
    """``scheduled``, ``active``, ``completed``, ``cancelled`` or ``failed``."""
    type: str
    mode: str
    engine: str
    room: str | None
    conversation_id: str | None
    appointment_id: UUID | None
    external_id: str | None
    created_at: datetime
    ringing_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    ended_by: str | None
    """Identity of who ended it."""
    initiator: Initiator | None
    provider_id: str | None
    """Identity of who provides, whether or not they ever came."""
    provider_name: str | None
    elapsed_seconds: float | None
    """From the start to the end, or until now; null where it never started."""
    duration_seconds: int | None
    """Elapsed time in whole seconds, once it has ended."""
    overlap_seconds: float
    """How long client and provider were both connected."""
    overlap_claimed_seconds: float
    """How much of it rests on somebody's claim alone."""
    overlap_of: str
    """``sides``; ``people`` where nobody said who is which: then it is how long two people or more were."""
    participant_count: int
    peak_participants: int
    mode_switch_count: int
    disconnection_count: int
    issue_count: int
    quality_score: float | None
    """From 0 to 100, once a report was made; null where too little is known."""
    quality_category: str | None
    """``excellent``, ``good``, ``fair``, ``poor`` or ``unknown``; null until there is a report."""
    connection_quality: str | None
    """The same in three words: ``good``, ``fair`` or ``poor``; null where it is unknown."""
    event_count: int
    anomaly_count: int
    anomalies: list[AnomalyShown]
    is_demo: bool
    needs_refold: bool
    """Its facts could not be folded: the record is behind them."""
    settings: dict[str, Any]
    metadata: dict[str, Any]
    engine_data: dict[str, Any]
    updated_at: datetime
    participants: list[Participant]


# ── From rows to what is shown ────────────────────────────────────────────────────────────────────────────────────────────────────


class CallJson(Struct):
    """A call with all that belongs to it as one statement gives it: JSON of its rows."""

    call: str
    participants: str | None
    connections: str | None
    leases: str | None
    quality: str | None


class _CallRow(CallRecord, frozen=True):
    version: int
    needs_refold: bool
    updated_at: datetime
    provider_name: str | None
    state: CallStream | None


class _QualityRow(Struct, frozen=True):
    score: float | None
    category: str


class _ParticipantRow(ParticipantRecord, frozen=True):
    user_id: str | None
    guest_id: str | None
    display_name: str | None
    known_as: str | None
    avatar_url: str | None
    language: str | None
    quality_score: float | None
    quality_category: str | None
    bandwidth_kbps: float | None


class _ConnectionRow(ConnectionRecord, frozen=True):
    name: str
    state: ConnectionState | None


class _Lease(Struct, frozen=True):
    connection_id: UUID
    opened_at: datetime
    expires_at: datetime


_read_call = msgspec.json.Decoder(_CallRow).decode
_read_participants = msgspec.json.Decoder(list[_ParticipantRow]).decode
_read_connections = msgspec.json.Decoder(list[_ConnectionRow]).decode
_read_quality = msgspec.json.Decoder(_QualityRow).decode
IN_THREE_WORDS = {"excellent": "good", "good": "good", "fair": "fair", "poor": "poor"}
_read_leases = msgspec.json.Decoder(list[_Lease]).decode


def _participants(row: CallJson) -> list[_ParticipantRow]:
    return _read_participants(row.participants or "[]")


def _connections(row: CallJson) -> list[_ConnectionRow]:
    return _read_connections(row.connections or "[]")


def call_of(row: CallJson, at: datetime) -> Call:
    """The call as it is shown at that time."""
    call, people, connections = _read_call(row.call), _participants(row), _connections(row)
    record = _as_of(at, call, people, connections, row.leases)
    kept = record.call
    quality = _read_quality(row.quality) if row.quality else None
    by_id = {one.id: one for one in people}
    own: dict[UUID, list[Connection]] = {}
    for one in connections:
        own.setdefault(one.participant_id, []).append(_connection(one, record.connections[one.id], kept.ended_at))
    provider = by_id.get(kept.provider_id) if kept.provider_id else None
    ended_by = by_id.get(kept.ended_by) if kept.ended_by else None
    initiator = by_id.get(kept.initiator_id) if kept.initiator_id else None
    elapsed_ms = kept.elapsed_ms
    if elapsed_ms is None and kept.started_at is not None and kept.ended_at is None:
        elapsed_ms = max(0, int((at - kept.started_at) / _MILLISECOND))
    return Call(
        id=kept.id,
        version=call.version,
        record_state=kept.record_state,
        status=kept.status,
        status_summary=summary_of(kept.status, kept.started_at),
        type=kept.type,
        mode=kept.mode,
        engine=kept.engine,
        room=ids.room_name(kept.room_id) if kept.room_id else None,
        conversation_id=kept.conversation_id,
        appointment_id=kept.appointment_id,
        external_id=kept.external_id,
        created_at=kept.created_at,
        ringing_at=kept.ringing_at,
        started_at=kept.started_at,
        ended_at=kept.ended_at,
        end_reason=kept.end_reason,
        ended_by=_identity(ended_by),
        initiator=Initiator(initiator.id, _identity(initiator), _name(initiator), initiator.avatar_url) if initiator else None,
        provider_id=_identity(provider),
        provider_name=_name(provider) or call.provider_name,
        elapsed_seconds=_seconds(elapsed_ms) if elapsed_ms is not None else None,
        duration_seconds=elapsed_ms // 1000 if elapsed_ms is not None and kept.ended_at else None,
        overlap_seconds=_seconds(kept.overlap_ms),
        overlap_claimed_seconds=_seconds(kept.overlap_claimed_ms),
        overlap_of=kept.overlap_of,
        participant_count=kept.participant_count,
        peak_participants=kept.peak_participants,
        mode_switch_count=kept.mode_switch_count,
        disconnection_count=kept.disconnection_count,
        issue_count=kept.issue_count,
        quality_score=quality.score if quality else None,
        quality_category=quality.category if quality else None,
        connection_quality=IN_THREE_WORDS.get(quality.category) if quality else None,
        event_count=kept.event_count,
        anomaly_count=kept.anomaly_count,
        anomalies=msgspec.convert(kept.anomalies, list[AnomalyShown]),
        is_demo=kept.is_demo,
        needs_refold=call.needs_refold,
        settings=kept.settings,
        metadata=kept.metadata,
        engine_data=kept.engine_data,
        updated_at=call.updated_at,
        participants=[_participant(one, record.participants[one.id], own.get(one.id, [])) for one in people],
    )


def _as_of(at: datetime, call: _CallRow, people: Sequence[_ParticipantRow], connections: Sequence[_ConnectionRow], leases: str | None) -> Record:
    """The record as it is kept, or, of a call that goes on, as it is at that time. Where its facts cannot be folded it is what it last was."""
    if call.ended_at is not None or call.needs_refold or call.state is None:
        return Record(call, {one.id: one for one in people}, {one.id: one for one in connections})
    held: dict[UUID, list[Span]] = {}
    for lease in _read_leases(leases or "[]"):
        held.setdefault(lease.connection_id, []).append(Span(lease.opened_at, lease.expires_at))
    state = CallState(
        call=call.state,
        connections={one.id: one.state for one in connections if one.state is not None},
        held=held,
        people={_identity(one) or str(one.id): one.id for one in people},
    )
    derived = derive(call.id, state, at=at)
    kept: Mapping[UUID, ConnectionRecord] = {one.id: one for one in connections}
    return Record(derived.call, derived.participants, {**kept, **derived.connections})


def _participant(row: _ParticipantRow, kept: ParticipantRecord, connections: list[Connection]) -> Participant:
    return Participant(
        id=row.id,
        user_id=row.user_id,
        guest_id=row.guest_id,
        identity=_identity(row),
        display_name=_name(row),
        avatar_url=row.avatar_url,
        language=row.language,
        call_role=kept.call_role,
        role=kept.role,
        side=kept.side,
        is_host=kept.is_host,
        status=kept.status,
        joined_at=kept.joined_at,
        connected_at=kept.connected_at,
        left_at=kept.left_at,
        leave_reason=kept.leave_reason,
        attended_seconds=_seconds(kept.attended_ms),
        evidence=Evidence(_seconds(kept.attended_engine_ms), _seconds(kept.attended_socket_ms), _seconds(kept.attended_claimed_ms)),
        wait_seconds=_seconds(kept.wait_ms),
        join_count=kept.join_count,
        disconnection_count=kept.disconnection_count,
        audio_enabled=kept.audio_enabled,
        video_enabled=kept.video_enabled,
        screen_shared=kept.screen_shared,
        ever_audio=kept.ever_audio,
        ever_video=kept.ever_video,
        ever_screen=kept.ever_screen,
        spoke_seconds=_seconds(kept.spoke_ms),
        messages_sent=kept.messages_sent,
        reactions_sent=kept.reactions_sent,
        issue_count=kept.issue_count,
        error_count=kept.error_count,
        event_count=kept.event_count,
        rating_stars=kept.rating_stars,
        quality_score=row.quality_score,
        quality_category=row.quality_category,
        average_bandwidth_kbps=row.bandwidth_kbps,
        connections=connections,
    )


def _connection(row: _ConnectionRow, kept: ConnectionRecord, over: datetime | None) -> Connection:
    state = row.state or ConnectionState(row.participant_id)
    return Connection(
        id=row.id,
        name=row.name if row.name not in ("", str(row.id)) else None,
        status=kept.status,
        joined_at=kept.joined_at,
        connected_at=kept.connected_at,
        left_at=kept.left_at,
        leave_reason=kept.leave_reason,
        duration_seconds=kept.duration_seconds,
        attended_seconds=_seconds(kept.attended_ms),
        setup_ms=kept.setup_ms,
        disconnection_count=kept.disconnection_count,
        audio_enabled=kept.audio_enabled,
        video_enabled=kept.video_enabled,
        screen_shared=kept.screen_shared,
        audio_option=kept.audio_option,
        browser=kept.browser,
        os=kept.os,
        device_type=kept.device_type,
        metadata=kept.metadata,
        engine_ids=state.engine_ids,
        quality=state.quality,
        open_issues=[OpenIssueShown(one.issue, one.key, one.severity, one.since) for one in state.open_issues] if kept.status in PRESENT else [],
        intervals=Intervals(
            connected=_intervals(state.spans, over),
            audio_on=_intervals(state.audio.spans, over),
            video_on=_intervals(state.video.spans, over),
            screen=_intervals(state.screen.spans, over),
        ),
    )


def _intervals(spans: Iterable[Span], over: datetime | None) -> list[Interval]:
    """The spans as far as the call's end; what took no time is left out."""
    found: list[Interval] = []
    for span in spans:
        end = span.end if over is None else min(span.end or over, over)
        if end is None or end > span.start:
            found.append(Interval(start=span.start, end=end))
    return found


def summary_of(status: str, started_at: datetime | None) -> str:
    """The status in the five words that reports use."""
    if status == "ended":
        return "completed" if started_at is not None else "cancelled"
    return {"initiated": "scheduled", "ringing": "scheduled"}.get(status, status)


def _identity(row: _ParticipantRow | None) -> str | None:
    if row is None:
        return None
    if row.user_id is not None:
        return f"user:{row.user_id}"
    return f"guest:{row.guest_id}" if row.guest_id is not None else None


def _name(row: _ParticipantRow | None) -> str | None:
    """As they were called in the call, else as the directory calls them."""
    return row and (row.display_name or row.known_as)


def _seconds(milliseconds: int) -> float:
    return milliseconds / 1000


_MILLISECOND = timedelta(milliseconds=1)


def is_in(row: CallJson, identity: str, lost_since: datetime) -> bool:
    """Whether the person is in the call, or was lost from it no earlier than that, so that they can come back as the same."""
    own = {one.id for one in _participants(row) if _identity(one) == identity}
    return any(_is_there(c.state, lost_since) for c in _connections(row) if c.participant_id in own and c.state is not None)


def _is_there(connection: ConnectionState, lost_since: datetime) -> bool:
    if connection.status == "disconnected":
        return connection.disconnected_at is None or connection.disconnected_at >= lost_since
    return connection.status in ("connecting", "connected")
