"""What an appointment is, and what may be done with it when. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from msgspec import Struct

from callwell import errors
from callwell.record.events import Side

if TYPE_CHECKING:
    from callwell.planning.call_settings import MeetingSettings

Kind = Literal["individual", "group", "assessment"]
Status = Literal["pending", "confirmed", "in_progress", "completed", "cancelled", "declined", "no_show"]
PaymentStatus = Literal["pending", "completed", "failed", "refunded"]
Absent = Literal["client", "provider", "both"]
"""Who did not come."""
Move = Literal["confirmed", "declined", "cancelled", "completed", "no_show"]
"""What somebody can say an appointment is."""


class Appointment(Struct, frozen=True, kw_only=True):
    """A booking between a client and a provider. In a group the client is the first of several."""

    id: UUID
    external_id: str | None
    kind: Kind
    client_id: str
    provider_id: str
    conversation_id: str | None
    scheduled_at: datetime
    duration_minutes: int
    status: Status
    is_video_call: bool
    recording_enabled: bool
    recording_url: str | None
    payment_status: PaymentStatus
    payment_provider: str | None
    payment_reference: str | None
    room_id: UUID | None
    settings: dict[str, Any]
    metadata: dict[str, Any]
    reason: str | None
    """Why it was cancelled or declined."""
    confirmed_at: datetime | None
    declined_at: datetime | None
    cancelled_at: datetime | None
    completed_at: datetime | None
    call_count: int
    call_started_at: datetime | None
    call_ended_at: datetime | None
    call_duration_minutes: int | None
    call_failed: bool
    attended_client_ms: int
    attended_provider_ms: int
    overlap_ms: int
    overlap_claimed_ms: int
    no_show: Absent | None
    evidence: Any
    """Of a no-show: who waited, from when to when."""
    next_deadline_at: datetime | None
    """When its window closes and it is judged."""
    last_accessed_at: datetime
    access_count: int
    created_at: datetime
    updated_at: datetime

    @property
    def ends_at(self) -> datetime:
        """When it is planned to be over."""
        return self.scheduled_at + timedelta(minutes=self.duration_minutes)


class Attendee(Struct, frozen=True, kw_only=True):
    """Somebody who is to come."""

    identity: str
    side: Side
    invite_id: UUID | None
    display_name: str | None
    avatar_url: str | None


def window_of(appointment: Appointment, wished: "MeetingSettings") -> tuple[datetime, datetime]:
    """From when one may join and until before when, by the settings that hold for it."""
    opens_at = appointment.scheduled_at - timedelta(minutes=wished.join_early_minutes)
    return opens_at, appointment.ends_at + timedelta(minutes=wished.join_late_minutes)


# ── What may be done when ─────────────────────────────────────────────────────────────────────────────────────────────────────────

FROM: Mapping[Move, tuple[Status, ...]] = {
    "confirmed": ("pending",),
    "declined": ("pending",),
    "cancelled": ("pending", "confirmed"),
    "completed": ("confirmed", "no_show"),
    "no_show": ("confirmed",),
}
"""From where somebody can say so. All other moves follow from calls."""

BEFORE: tuple[Status, ...] = ("pending", "confirmed")
"""While it is still to come: who comes and when can change."""
OPEN: tuple[Status, ...] = ("pending", "confirmed", "in_progress")
"""While it is not over: how long it is and how it is held can change."""


def check_move(appointment: Appointment, to: Move) -> None:
    """Raises IllegalAppointmentMove, and JudgedByCalls where only its calls can tell."""
    if to in ("completed", "no_show") and appointment.is_video_call:
        raise errors.JudgedByCalls
    if appointment.status not in FROM[to]:
        raise illegal(appointment, to)


def illegal(appointment: Appointment, move: str) -> errors.IllegalAppointmentMove:
    return errors.IllegalAppointmentMove(state=_in_words(appointment.status), move=_in_words(move))


def _in_words(status: str) -> str:
    return {"in_progress": "in progress", "no_show": "a no-show"}.get(status, status)


# ── How it is told ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

Summary = Literal["scheduled", "active", "completed", "cancelled", "failed"]


def summary(appointment: Appointment) -> Summary:
    """Where it stands, in the five words that calls have too."""
    match appointment.status:
        case "in_progress":
            return "active"
        case "cancelled" | "declined":
            return "cancelled"
        case "no_show":
            return "failed"
        case "completed":
            return "completed"
        case _:
            return "failed" if appointment.call_failed else "scheduled"


def formatted_duration(appointment: Appointment, at: datetime) -> str:
    """How long its calls were, or have been by now: "Not started", "0m", "42m", "1h 5m"."""
    if appointment.call_started_at is None:
        return "Not started"
    minutes = appointment.call_duration_minutes
    if minutes is None or appointment.call_ended_at is None:
        minutes = max(0, (at - appointment.call_started_at) // timedelta(minutes=1))
    hours, rest = divmod(minutes, 60)
    return f"{hours}h {rest}m" if hours else f"{rest}m"
