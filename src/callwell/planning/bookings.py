"""What an appointment is, who comes to it, and what may be done with it when. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors
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


def window_of(appointment: Appointment, wished: MeetingSettings) -> tuple[datetime, datetime]:
    """From when one may join and until before when, by the settings that hold for it."""
    opens_at = appointment.scheduled_at - timedelta(minutes=wished.join_early_minutes)
    return opens_at, appointment.ends_at + timedelta(minutes=wished.join_late_minutes)


def deadline_of(appointment: Appointment, wished: MeetingSettings) -> datetime | None:
    """When it is to be judged by its calls; None where there is nothing to judge (yet)."""
    return window_of(appointment, wished)[1] if appointment.is_video_call and appointment.status == "confirmed" else None


# ── Who comes, and when ───────────────────────────────────────────────────────────────────────────────────────────────────────────

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
METADATA_BYTES = 8192


def check_people(kind: Kind, clients: Sequence[str], provider: str, *, most: int) -> None:
    """Raises Invalid where these cannot meet in an appointment of that kind, of ``most`` people at most."""
    if kind != "group" and len(clients) != 1:
        _wrong("clients", f"An {kind} appointment has one client")
    if len(clients) + 1 > most:
        _wrong("clients", f"Calls here take at most {most} people")
    for number, client in enumerate(clients):
        if client in clients[:number]:
            _wrong(f"clients[{number}]", "They are there already")
    if provider in clients:
        _wrong("provider_id", "They are one of the clients")


def checked_time(at: datetime) -> datetime:
    """The time as it is kept: in UTC, to the millisecond. Raises Invalid where nobody can mean it."""
    if not EARLIEST.timestamp() <= at.timestamp() < LATEST.timestamp():
        _wrong("scheduled_at", f"It must lie between {EARLIEST.year} and {LATEST.year}")
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def check_metadata(metadata: Mapping[str, Any]) -> None:
    """Raises Invalid for more than 8 KB."""
    if len(msgspec.json.encode(metadata)) > METADATA_BYTES:
        _wrong("metadata", f"It has more than {METADATA_BYTES} bytes")


def _wrong(field: str, problem: str) -> None:
    raise errors.Invalid(problem=f"{field}: {problem}.", fields={field: f"{problem}."})


# ── What may be done when ─────────────────────────────────────────────────────────────────────────────────────────────────────────

FROM: Mapping[Move, tuple[Status, ...]] = {
    "confirmed": ("pending",),
    "declined": ("pending",),
    "cancelled": ("pending", "confirmed"),
    "completed": ("confirmed", "no_show"),
    "no_show": ("confirmed",),
}
"""From where somebody can say so. All other moves follow from calls."""

WHILE: Mapping[str, tuple[Status, ...]] = {
    **dict.fromkeys(("is_video_call", "conversation_id"), ("pending",)),
    **dict.fromkeys(("scheduled_at", "clients", "provider_id"), ("pending", "confirmed")),
    **dict.fromkeys(("duration_minutes", "settings", "recording_enabled"), ("pending", "confirmed", "in_progress")),
}
"""Until when what can change: where it belongs until it is confirmed, who comes and when until it is held, how long until it is over, the rest always."""


def check_move(appointment: Appointment, to: Move) -> None:
    """Raises IllegalAppointmentMove, and JudgedByCalls where only its calls can tell."""
    if to in ("completed", "no_show") and appointment.is_video_call:
        raise errors.JudgedByCalls
    if appointment.status not in FROM[to]:
        raise illegal(appointment, to)


def check_change(appointment: Appointment, changed: Collection[str]) -> None:
    """Raises IllegalAppointmentMove where something of this can change no more."""
    if any(appointment.status not in WHILE.get(name, (appointment.status,)) for name in changed):
        raise illegal(appointment, "changed like that")


def illegal(appointment: Appointment, move: str) -> errors.IllegalAppointmentMove:
    return errors.IllegalAppointmentMove(state=_IN_WORDS.get(appointment.status, appointment.status), move=_MOVES_IN_WORDS.get(move, move))


_IN_WORDS = {"in_progress": "in progress", "no_show": "a no-show"}
_MOVES_IN_WORDS = {"no_show": "called a no-show"}


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
