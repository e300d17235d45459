"""The record by the state: what depends on several subjects at once. Pure, and a function of the facts and leases alone."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from callwell import ids
from callwell.record.durations import Attended, attended, closed, milliseconds, overlap, peak
from callwell.record.state import (
    CallRecord,
    CallState,
    ConnectionRecord,
    ConnectionState,
    End,
    ParticipantRecord,
    Record,
    Switch,
)

PRESENT = ("waiting", "connecting", "connected", "disconnected")
"""A connection that is not over."""
MOST_IN_P2P = 2
SEATED = ("connecting", "connected", "disconnected")
"""A connection that takes a seat."""

_BEST_FIRST = ("connected", "disconnected", "connecting", "waiting", "left", "failed", "refused", "unseen")
_RANK = {status: rank for rank, status in enumerate(_BEST_FIRST)}
_MILLISECOND = timedelta(milliseconds=1)

_SIDE_OF_ROLE = {
    "client": "client", "patient": "client", "customer": "client",
    "provider": "provider", "caregiver": "provider", "psychologist": "provider", "therapist": "provider", "clinician": "provider",
    "support_worker": "provider", "support worker": "provider",
}  # fmt: skip
"""The sides of roles that hosts use, where they don't say (rows D2 and E3 of the coverage table)."""


def side_of(role: str | None, side: str | None) -> str | None:
    """Which side somebody is on: as said, else by their role."""
    return side or _SIDE_OF_ROLE.get((role or "").lower())


def derive(call_id: UUID, state: CallState, *, final_at: datetime | None = None, at: datetime | None = None) -> Record:
    """The record. With ``at``, what still goes on counts until then; without, what has not ended is not counted yet."""
    call = state.call
    end = ending(state)
    over = end.at if end else call.failed_at
    until = over or at

    people: dict[UUID, list[tuple[UUID, ConnectionState]]] = {}
    for connection_id, connection in state.connections.items():
        people.setdefault(connection.participant_id, []).append((connection_id, connection))
    for id in state.people.values():
        people.setdefault(id, [])

    held = state.held
    attendance = {
        id: attended([(c.spans, held.get(connection_id, ())) for connection_id, c in connections], until) for id, connections in people.items()
    }
    named = {call.provider_id: ("provider", "provider")} if call.provider_id else {}
    roles = {id: _role(connections, *named.get(id, (None, None))) for id, connections in people.items()}
    both = overlap([(roles[id][1], attendance[id]) for id in people])

    after_end = [
        {"code": "after_end", "at": span.start, "connection_id": connection_id}
        for connection_id, c in state.connections.items()
        for span in c.spans
        if over is not None and span.start > over
    ]
    started_at = min((c.spans[0].start for c in state.connections.values() if c.spans), default=None) or call.announced_at
    if started_at is not None and over is not None and started_at > over:
        started_at = None
    first_at = min((at for at in (call.first_at, *(c.first_at for c in state.connections.values())) if at), default=None)
    created_at = call.created_at or first_at
    assert created_at is not None
    connections = {
        id: _connection(call_id, id, c, attendance_ms=milliseconds(closed(c.spans, until)), over=over) for id, c in state.connections.items()
    }
    participants = {
        id: _participant(
            call_id, id, [(connections[cid], c) for cid, c in own], roles[id], attendance[id], until, call.initiator_id == id, created_at
        )
        for id, own in people.items()
    }
    anomalies = [
        *({"code": a.code, "at": a.at, "event_id": a.event_id} for a in call.anomalies),
        *({"code": a.code, "at": a.at, "event_id": a.event_id, "connection_id": id} for id, c in state.connections.items() for a in c.anomalies),
        *after_end,
    ]
    most = peak(a.whole for a in attendance.values())
    # Peer to peer is between two: where three were connected at once, media went another way, whether or not anybody told of the switch.
    was_switched = call.mode == "p2p" and most > MOST_IN_P2P
    record = CallRecord(
        id=call_id,
        status="failed" if over is not None and end is None else "ended" if over is not None else _status(state, started_at),
        record_state="live" if over is None else "final" if final_at is not None else "provisional",
        type=call.type,
        mode="sfu" if was_switched else call.mode,
        engine=call.engine,
        room_id=ids.room_id(call.room) if call.room else None,
        conversation_id=call.conversation_id,
        appointment_id=call.appointment_id,
        external_id=call.external_id,
        initiator_id=call.initiator_id,
        provider_id=call.provider_id,
        is_demo=call.is_demo,
        settings=call.settings,
        metadata=call.metadata,
        engine_data=call.engine_data,
        created_at=created_at,
        ringing_at=call.ringing_at,
        started_at=started_at,
        ended_at=over,
        end_reason=end.reason if end else call.fail_reason,
        ended_by=end.by if end else None,
        elapsed_ms=int((over - started_at) / _MILLISECOND) if over and started_at else None,
        overlap_ms=milliseconds(both.whole),
        overlap_claimed_ms=both.claimed_ms,
        overlap_of=both.of,
        participant_count=sum(1 for p in participants.values() if p.joined_at is not None),
        peak_participants=most,
        mode_switch_count=call.mode_switch_count + was_switched,
        disconnection_count=sum(c.disconnection_count for c in state.connections.values()),
        issue_count=call.issue_count + sum(c.issue_count for c in state.connections.values()),
        event_count=call.event_count + sum(c.event_count for c in state.connections.values()),
        anomaly_count=call.anomaly_count + sum(c.anomaly_count for c in state.connections.values()) + len(after_end),
        anomalies=sorted(anomalies, key=_when)[:100],
    )
    return Record(record, participants, connections)


def ending(state: CallState) -> End | None:
    """What ended the call: the earliest end that stands. What a timer guessed stands unless somebody was there after all."""
    standing = [end for end in map(_placed, state.call.ends) if not _is_void(state, end)]
    if state.call.failed_at is not None:
        standing = [end for end in standing if end.at <= state.call.failed_at]
    return min(standing, key=lambda end: (end.at, end.is_guess, end.reason), default=None)


def _placed(end: End) -> End:
    """A call that was left empty ended when the last one left it, not when we stopped waiting."""
    if end.because == "empty" and end.basis_at is not None:
        return End(end.basis_at, end.reason, end.by, end.because, end.at)
    return end


def _is_void(state: CallState, end: End) -> bool:
    if end.basis_at is None or end.because == "longest":
        return False
    first, last = sorted((end.at, end.basis_at))
    if end.because == "ringing":
        answering = (c for c in state.connections.values() if c.participant_id != state.call.initiator_id)
    else:
        answering = iter(state.connections.values())
    return any(_was_there(c, first, last) for c in answering)


def _was_there(c: ConnectionState, after: datetime, until: datetime) -> bool:
    """Whether the connection shows somebody there after the one and not later than the other."""
    return any(span.start <= until and (span.end is None or span.end > after) for span in c.spans) or any(
        at is not None and after < at <= until for at in (c.joined_at, c.rejoined_at)
    )


def _status(state: CallState, started_at: datetime | None) -> str:
    if started_at is not None:
        return "active"
    return "ringing" if state.call.ringing_at is not None else "initiated"


def _role(connections: list[tuple[UUID, ConnectionState]], role: str | None, side: str | None) -> tuple[str | None, str | None, bool]:
    """Role, side and whether a host, as the newest connection that says so has it, else as the call was made with."""
    is_host = False
    for _, c in sorted(connections, key=lambda own: (own[1].joined_at or own[1].first_at, *_by_facts(own[1], own[0]))):
        role, side = c.role or role, side_of(c.role, c.side) or side
        is_host = is_host if c.is_host is None else c.is_host
    return role, side_of(role, side), is_host


def _connection(call_id: UUID, id: UUID, c: ConnectionState, *, attendance_ms: int, over: datetime | None) -> ConnectionRecord:
    status, left_at, leave_reason = c.status, c.left_at, c.leave_reason
    if over is not None:
        if status in PRESENT:
            status, left_at, leave_reason = "left", over, "call_ended"
        elif left_at is not None and left_at > over:
            left_at = over
    joined_at, connected_at = (at if at is not None and (over is None or at <= over) else None for at in (c.joined_at, c.connected_at))
    duration = int((left_at - connected_at) / timedelta(seconds=1)) if connected_at and left_at and left_at >= connected_at else None
    return ConnectionRecord(
        call_id=call_id,
        id=id,
        participant_id=c.participant_id,
        status=status,
        joined_at=joined_at,
        connected_at=connected_at,
        left_at=left_at,
        leave_reason=leave_reason,
        duration_seconds=duration,
        setup_ms=c.setup_ms,
        attended_ms=attendance_ms,
        disconnection_count=c.disconnection_count,
        audio_enabled=c.audio.on,
        video_enabled=c.video.on,
        screen_shared=bool(c.screen.on) if status in PRESENT else False,
        audio_option=c.audio_option,
        browser=c.browser,
        os=c.os,
        device_type=c.device_type,
        metadata=c.metadata,
    )


def _participant(
    call_id: UUID,
    id: UUID,
    own: list[tuple[ConnectionRecord, ConnectionState]],
    role: tuple[str | None, str | None, bool],
    presence: Attended,
    until: datetime | None,
    is_initiator: bool,
    created_at: datetime,
) -> ParticipantRecord:
    seen = [(record, c) for record, c in own if record.status != "unseen"]
    best = min(seen, key=lambda pair: (_RANK[pair[0].status], _newest_first(pair[1]), *_by_facts(pair[1], pair[0].id)), default=None)
    status = best[0].status if best else "invited"
    left = [(record, c) for record, c in seen if record.left_at is not None] if status not in PRESENT else []
    last_left, _ = max(left, key=lambda pair: (pair[0].left_at, *_by_facts(pair[1], pair[0].id)), default=(None, None))
    states = [c for _, c in own]
    return ParticipantRecord(
        call_id=call_id,
        id=id,
        call_role="initiator" if is_initiator else "participant",
        role=role[0],
        side=role[1],  # pyright: ignore[reportArgumentType]
        is_host=role[2],
        status=status,
        first_at=min((c.first_at for c in states if c.first_at), default=created_at),
        joined_at=min((record.joined_at for record, _ in own if record.joined_at), default=None),
        connected_at=min((record.connected_at for record, _ in own if record.connected_at), default=None),
        left_at=last_left.left_at if last_left else None,
        leave_reason=last_left.leave_reason if last_left else None,
        wait_ms=sum(_waited_ms(c, until) for c in states),
        attended_ms=milliseconds(presence.whole),
        attended_engine_ms=milliseconds(presence.engine),
        attended_socket_ms=milliseconds(presence.socket),
        attended_claimed_ms=milliseconds(presence.claimed),
        join_count=sum(c.join_count for c in states),
        disconnection_count=sum(c.disconnection_count for c in states),
        audio_enabled=best[0].audio_enabled if best else None,
        video_enabled=best[0].video_enabled if best else None,
        screen_shared=any(record.screen_shared for record, _ in own) if best else None,
        ever_audio=_ever(c.audio for c in states),
        ever_video=_ever(c.video for c in states),
        ever_screen=any(c.screen.spans for c in states),
        spoke_ms=sum(c.spoke_ms for c in states),
        messages_sent=sum(c.messages_sent for c in states),
        reactions_sent=sum(c.reactions_sent for c in states),
        issue_count=sum(c.issue_count for c in states),
        error_count=sum(c.error_count for c in states),
        event_count=sum(c.event_count for c in states),
        rating_stars=_newest_rating(states),
    )


def _waited_ms(c: ConnectionState, until: datetime | None) -> int:
    """How long it waited to be let in; whoever waits still, until then."""
    still = int((until - c.waiting_since) / _MILLISECOND) if until is not None and c.waiting_since is not None else 0
    return c.wait_ms + max(0, still)


def _by_facts(c: ConnectionState, id: UUID) -> tuple[int, UUID]:
    """What decides between two connections that are alike in all else: their newest facts. Our ids are made as facts come in, and would not do."""
    return c.last_id.int if c.last_id else 0, id


def _newest_first(c: ConnectionState) -> float:
    at = c.joined_at or c.first_at
    return -at.timestamp() if at else 0.0


def _ever(switches: Iterable[Switch]) -> bool | None:
    """Whether it was ever on; None where nobody ever said."""
    switches = list(switches)
    if any(switch.spans for switch in switches):
        return True
    return False if any(switch.on is False for switch in switches) else None


def _newest_rating(states: list[ConnectionState]) -> int | None:
    rated = [c for c in states if c.rating_stars is not None]
    return max(rated, key=lambda c: (c.rated_at, c.rating_stars)).rating_stars if rated else None


def _when(anomaly: dict[str, Any]) -> tuple[datetime, str, str]:
    return anomaly["at"], anomaly["code"], str(anomaly.get("event_id") or anomaly.get("connection_id"))
