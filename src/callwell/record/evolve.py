"""The fold: facts in, state out. Pure and total: it never raises on a fact that is kept.

Facts of a subject fold in the order (``occurred_at``, ``id``, ``source``), whatever order they came in: `follows` tells whether a fact may be folded
onto a state as it stands, and where it may not, the whole call is folded again. Facts of different subjects never look at each other.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from callwell.record import events as e
from callwell.record.events import CONCLUDED, Event
from callwell.record.state import MOST_ANOMALIES, Anomaly, CallState, CallStream, ConnectionState, End, OpenIssue, Span

in_order = attrgetter("occurred_at", "id", "source")

MOST_OPEN_ISSUES = 50
MOST_ENDS = 64
"""How many ends a call keeps; a call that has more has its earliest ones decide."""


def fold(events: Iterable[Event], state: CallState | None = None) -> CallState:
    """The state of a call by its facts, in whatever order they are given. ``state`` has what is not folded: the leases, and who is who."""
    folded = CallState(held=state.held, people=state.people) if state else CallState()
    for event in sorted(events, key=in_order):
        evolve(folded, event)
    return folded


def evolve(state: CallState, event: Event) -> CallState:
    """The state after one more fact, which must follow those of its subject already folded. The state given is used up."""
    connection_id = event.connection_id
    if connection_id is None:
        call = state.call
        if call.first_at is None:
            call.first_at = event.occurred_at
        call.last_at, call.last_id = event.occurred_at, event.id
        call.event_count += 1
        step = _ON_CALL.get(event.type)
        if step is not None:
            step(call, event, event.payload)
        return state
    connection = state.connections.get(connection_id)
    if connection is None:
        assert event.participant_id is not None
        connection = state.connections[connection_id] = ConnectionState(event.participant_id, first_at=event.occurred_at)
    connection.last_at, connection.last_id = event.occurred_at, event.id
    connection.event_count += 1
    if event.basis_at is None:
        if event.type not in CONCLUDED:
            connection.observed_at = event.occurred_at
    elif connection.observed_at is not None and connection.observed_at > event.basis_at:
        # A timer took silence for absence, and something was heard after all: its guess is void.
        connection.void_guess_count += 1
        return state
    step = _ON_CONNECTION.get(event.type)
    if step is not None:
        step(connection, event, event.payload)
    return state


def follows(state: CallState, event: Event) -> bool:
    """Whether the fact is newer than all that was folded of its subject, so that it can be folded onto the state as it stands."""
    subject: CallStream | ConnectionState | None = state.call if event.connection_id is None else state.connections.get(event.connection_id)
    if subject is None or subject.last_at is None or subject.last_id is None:
        return True
    # Where time and id are both the same, two sources used one id: the source decides, and only the whole fold knows it.
    return event.occurred_at > subject.last_at or (event.occurred_at == subject.last_at and event.id > subject.last_id)


# ── Facts about a connection ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _anomaly(subject: CallStream | ConnectionState, event: Event, code: str) -> None:
    subject.anomaly_count += 1
    if len(subject.anomalies) < MOST_ANOMALIES:
        subject.anomalies.append(Anomaly(event.id, code, event.occurred_at))


def _is_over(c: ConnectionState) -> bool:
    return c.left_at is not None


def _come_in(c: ConnectionState, at: datetime) -> None:
    """Somebody is there: for the first time, or again after having left (a source may use one name for several stays)."""
    if c.joined_at is None:
        c.joined_at = at
        c.join_count = 1
    elif _is_over(c):
        c.rejoined_at = at
        c.join_count += 1
    c.left_at = c.leave_reason = None
    c.guessed_left = False
    _stay(c, at)


def _stay(c: ConnectionState, at: datetime) -> None:
    if not c.stays or c.stays[-1].end is not None:
        c.stays.append(Span(at))


def _close(c: ConnectionState, at: datetime, is_guess: bool) -> None:
    if c.spans and c.spans[-1].end is None:
        c.spans[-1].end = at
        c.closed_by_guess = is_guess


def _open(c: ConnectionState, event: Event) -> None:
    by_engine = event.source.startswith("engine")
    if c.spans and c.spans[-1].end is None:
        # Two sources tell of one coming: the engine's word is the better one.
        c.spans[-1].by_engine |= by_engine
    else:
        c.spans.append(Span(event.occurred_at, None, by_engine))
    c.status = "connected"
    c.disconnected_at = None
    c.closed_by_guess = False
    if c.connected_at is None:
        c.connected_at = event.occurred_at


def _end_wait(c: ConnectionState, at: datetime) -> None:
    if c.waiting_since is not None:
        c.wait_ms += int((at - c.waiting_since) / _MILLISECOND)
        c.waiting_since = None


def _leave(c: ConnectionState, event: Event, status: str, reason: str) -> None:
    if _is_over(c):
        return
    at = event.occurred_at
    if c.joined_at is None and c.status not in ("waiting", "unseen"):
        _anomaly(c, event, "left_before_joining")
    _close(c, at, event.is_guess)
    _end_wait(c, at)
    if c.stays and c.stays[-1].end is None:
        c.stays[-1].end = at
    for switch in (c.audio, c.video, c.screen):
        switch.stop(at)
    c.status = status
    c.left_at = at
    c.leave_reason = reason
    c.guessed_left = event.is_guess


def _on_waiting(c: ConnectionState, event: Event, p: e.Waiting) -> None:
    if c.status in ("connected", "disconnected", "connecting"):
        _anomaly(c, event, "waiting_when_in")
        return
    if c.status != "waiting":
        # A page that asks again while it waits has waited since it first did.
        c.waiting_since = event.occurred_at
    c.status = "waiting"
    _stay(c, event.occurred_at)
    c.left_at = c.leave_reason = None
    c.guessed_left = False
    c.connect_until = p.connect_until or c.connect_until
    _describe(c, p)


def _describe(c: ConnectionState, p: e.Waiting | e.Joined) -> None:
    """What somebody who comes says of themselves; what is not said stays as it was."""
    c.role, c.side = p.role or c.role, p.side or c.side
    c.audio_option = p.audio_option or c.audio_option
    c.metadata = c.metadata if p.metadata is None else p.metadata
    if p.device is not None:
        c.browser, c.os, c.device_type = p.device.browser, p.device.os, p.device.type


def _on_admitted(c: ConnectionState, event: Event, p: e.Admitted) -> None:
    if c.status != "waiting":
        _anomaly(c, event, "admitted_without_waiting")
        return
    _end_wait(c, event.occurred_at)
    _come_in(c, event.occurred_at)
    c.status = "connecting"
    c.connect_until = p.connect_until or c.connect_until


def _on_refused(c: ConnectionState, event: Event, p: e.Left) -> None:
    if c.status != "waiting":
        _anomaly(c, event, "refused_without_waiting")
    _leave(c, event, "refused", p.reason)


def _on_joined(c: ConnectionState, event: Event, p: e.Joined) -> None:
    at = event.occurred_at
    _end_wait(c, at)
    _come_in(c, at)
    if c.status not in ("connected", "disconnected"):
        c.status = "connecting"
    c.connect_until = p.connect_until or c.connect_until
    _describe(c, p)
    c.is_host = c.is_host if p.is_host is None else p.is_host
    if p.audio_enabled is not None:
        c.audio.turn(p.audio_enabled, at)
    if p.video_enabled is not None:
        c.video.turn(p.video_enabled, at)


def _on_connected(c: ConnectionState, event: Event, p: e.Connected) -> None:
    _end_wait(c, event.occurred_at)
    _come_in(c, event.occurred_at)
    _open(c, event)
    if c.setup_ms is None:
        c.setup_ms = p.setup_ms


def _on_disconnected(c: ConnectionState, event: Event, p: e.Disconnected) -> None:
    if c.status != "connected":
        if c.status != "disconnected":
            _anomaly(c, event, "disconnected_when_not_connected")
        return
    _close(c, event.occurred_at, event.is_guess)
    c.disconnection_count += 1
    c.status = "disconnected"
    c.disconnected_at = event.occurred_at


def _on_reconnected(c: ConnectionState, event: Event, p: e.Reconnected) -> None:
    if p.media_kept and c.closed_by_guess:
        # Only a timer had ended the span, for want of news; the page says that media never stopped.
        c.disconnection_count = max(0, c.disconnection_count - 1)
        if c.guessed_left:
            for switch in (c.audio, c.video, c.screen):
                if switch.spans and switch.spans[-1].end == c.left_at:
                    switch.spans[-1].end = None
            if c.stays:
                c.stays[-1].end = None
        c.spans[-1].end = None
        c.left_at = c.leave_reason = None
        c.guessed_left = False
        c.status, c.disconnected_at, c.closed_by_guess = "connected", None, False
        return
    _come_in(c, event.occurred_at)
    _open(c, event)


def _on_left(c: ConnectionState, event: Event, p: e.Left) -> None:
    _leave(c, event, "left", p.reason)


def _on_failed(c: ConnectionState, event: Event, p: e.Failed) -> None:
    _leave(c, event, "failed", p.reason)


def _on_media(c: ConnectionState, event: Event, p: e.MediaChanged) -> None:
    at = event.occurred_at
    if _is_over(c):
        _anomaly(c, event, "media_after_leaving")
        return
    if p.audio_enabled is not None:
        c.audio.turn(p.audio_enabled, at)
    if p.video_enabled is not None:
        c.video.turn(p.video_enabled, at)
    if p.screen_shared is not None:
        c.screen.turn(p.screen_shared, at)
    if p.audio_option is not None:
        c.audio_option = p.audio_option
    if p.engine_ids is not None:
        c.engine_ids = c.engine_ids | p.engine_ids


def _on_spoke(c: ConnectionState, event: Event, p: e.SpeakerSpoke) -> None:
    c.spoke_ms += p.duration_ms


def _on_chat(c: ConnectionState, event: Event, p: e.Nothing) -> None:
    c.messages_sent += 1


def _on_reaction(c: ConnectionState, event: Event, p: e.ReactionSent) -> None:
    c.reactions_sent += 1


def _on_quality(c: ConnectionState, event: Event, p: e.QualityChanged) -> None:
    c.quality = p.category


def _on_issue_raised(c: ConnectionState, event: Event, p: e.IssueRaised) -> None:
    for open in c.open_issues:
        if (open.issue, open.key) == (p.issue, p.key):
            # The same problem, which has become better or worse.
            open.severity = p.severity
            return
    c.issue_count += 1
    if len(c.open_issues) < MOST_OPEN_ISSUES:
        c.open_issues = [*c.open_issues, OpenIssue(p.issue, event.occurred_at, p.severity, p.key)]


def _on_issue_cleared(c: ConnectionState, event: Event, p: e.IssueCleared) -> None:
    c.open_issues = [open for open in c.open_issues if (open.issue, open.key) != (p.issue, p.key)]


def _on_issue_reported(c: ConnectionState, event: Event, p: e.IssueReported) -> None:
    c.issue_count += 1


def _on_error(c: ConnectionState, event: Event, p: e.ErrorOccurred) -> None:
    c.error_count += 1


def _on_rating(c: ConnectionState, event: Event, p: e.RatingSubmitted) -> None:
    c.rating_stars, c.rated_at = p.stars, event.occurred_at


def _on_consent_given(c: ConnectionState, event: Event, p: e.Consent) -> None:
    c.consents = c.consents | {p.kind: True}


def _on_consent_withdrawn(c: ConnectionState, event: Event, p: e.Consent) -> None:
    c.consents = c.consents | {p.kind: False}


# ── Facts about the call ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _on_created(call: CallStream, event: Event, p: e.CallCreated) -> None:
    if call.created_at is not None:
        _anomaly(call, event, "created_again")
        return
    call.created_at = event.occurred_at
    call.type, call.engine = p.type, p.engine
    if call.mode_switch_count == 0:
        call.mode = p.mode
    call.room, call.conversation_id = p.room, p.conversation_id
    call.appointment_id, call.external_id = p.appointment_id, p.external_id
    call.initiator_id, call.provider_id = p.initiator_id, p.provider_id
    call.is_demo, call.is_imported = p.is_demo, p.is_imported
    # Settings may have been changed before word of the beginning came; the later word stands.
    call.settings = dict(p.settings) | call.settings
    call.metadata = dict(p.metadata)
    call.engine_data = dict(p.engine_data) | call.engine_data


def _on_ringing(call: CallStream, event: Event, p: e.CallRinging) -> None:
    if call.ringing_at is None:
        call.ringing_at = event.occurred_at
    call.rung_ids.extend(id for id in p.people_ids if id not in call.rung_ids)


def _on_started(call: CallStream, event: Event, p: e.CallStarted) -> None:
    if call.announced_at is None:
        call.announced_at = event.occurred_at
    call.engine_data = call.engine_data | p.engine_data


def _on_mode(call: CallStream, event: Event, p: e.ModeChanged) -> None:
    if p.mode == call.mode:
        return
    if p.mode == "p2p":
        # Never back within a call: who negotiated with an SFU stays with it.
        _anomaly(call, event, "mode_switched_back")
        return
    call.mode = p.mode
    call.mode_switch_count += 1


def _on_settings(call: CallStream, event: Event, p: e.SettingsChanged) -> None:
    call.settings = call.settings | p.settings


def _on_ended(call: CallStream, event: Event, p: e.CallEnded) -> None:
    if len(call.ends) < MOST_ENDS:
        call.ends.append(End(event.occurred_at, p.reason, p.ended_by_id, p.because, event.basis_at))
    if p.engine_data:
        call.engine_data = call.engine_data | p.engine_data


def _on_call_failed(call: CallStream, event: Event, p: e.CallFailed) -> None:
    if call.failed_at is None:
        call.failed_at = event.occurred_at
        call.fail_reason = p.reason


def _on_recording(call: CallStream, event: Event, p: e.Recording) -> None:
    call.recording_count += 1


def _on_call_issue(call: CallStream, event: Event, p: e.IssueReported) -> None:
    call.issue_count += 1


def _on_call_error(call: CallStream, event: Event, p: e.ErrorOccurred) -> None:
    call.error_count += 1


_MILLISECOND = timedelta(milliseconds=1)

_ON_CONNECTION: dict[str, Callable[[ConnectionState, Event, Any], None]] = {
    "participant.waiting": _on_waiting,
    "participant.admitted": _on_admitted,
    "participant.refused": _on_refused,
    "participant.joined": _on_joined,
    "participant.connected": _on_connected,
    "participant.disconnected": _on_disconnected,
    "participant.reconnected": _on_reconnected,
    "participant.left": _on_left,
    "participant.failed": _on_failed,
    "media.changed": _on_media,
    "speaker.spoke": _on_spoke,
    "chat.sent": _on_chat,
    "reaction.sent": _on_reaction,
    "quality.changed": _on_quality,
    "issue.raised": _on_issue_raised,
    "issue.cleared": _on_issue_cleared,
    "issue.reported": _on_issue_reported,
    "error.occurred": _on_error,
    "rating.submitted": _on_rating,
    "consent.given": _on_consent_given,
    "consent.withdrawn": _on_consent_withdrawn,
}

_ON_CALL: dict[str, Callable[[CallStream, Event, Any], None]] = {
    "call.created": _on_created,
    "call.ringing": _on_ringing,
    "call.started": _on_started,
    "call.mode_changed": _on_mode,
    "call.settings_changed": _on_settings,
    "call.ended": _on_ended,
    "call.failed": _on_call_failed,
    "recording.started": _on_recording,
    "issue.reported": _on_call_issue,
    "error.occurred": _on_call_error,
}
