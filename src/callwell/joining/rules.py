"""Who may come in, and why somebody may not. Pure.

An outsider must not be able to tell an invite that never was from one that is revoked, used up or over: to them these are one error. The reason
is kept for the audit entry.
"""

from datetime import datetime

from msgspec import Struct

from callwell import errors
from callwell.planning.bookings import Appointment, window_of
from callwell.planning.call_settings import MeetingSettings
from callwell.planning.invites import Invite
from callwell.planning.rooms import Room


class Denial(Struct, frozen=True):
    """Why somebody is not let in: what they are told, and what is kept of it."""

    error: errors.CallwellError
    reason: str


class Meeting(Struct, frozen=True, kw_only=True):
    """Where somebody wants to go to: into which room, to which appointment, and what holds there."""

    room: Room | None
    appointment: Appointment | None
    wished: MeetingSettings
    is_invited: bool
    """Whether they are one of the appointment's people."""
    was_ended: bool
    """Whether a call in which both sides of the appointment were there was ended for all."""

    @property
    def capacity(self) -> int:
        """How many people there is a place for."""
        most = self.wished.max_participants
        return min(self.room.capacity, most) if self.room else most


NOT_OPEN = {
    "pending": "is not confirmed yet",
    "cancelled": "was cancelled",
    "declined": "was declined",
}
"""Appointments that nobody comes to, and what they are told. What others are told is when: one that was missed or held is past its window."""


def denied_by_invite(invite: Invite | None, *, is_known: bool, at: datetime) -> Denial | None:
    """Whether the invite itself lets nobody in at that time. ``is_known``: this person came in by it before, and is not counted again."""
    if invite is None:
        reason = "unknown"
    elif invite.revoked_at is not None:
        reason = "revoked"
    elif invite.max_uses is not None and invite.use_count >= invite.max_uses and not is_known:
        reason = "used_up"
    elif is_over(invite, at):
        reason = "expired"
    else:
        return None
    return Denial(errors.InviteInvalid(), reason)


def denied_by_meeting(meeting: Meeting, invite: Invite | None, identity: str, at: datetime) -> Denial | None:
    """Whether somebody may not come (by this invite) at that time. What is wrong first in this order is what they are told."""
    if meeting.room is not None and meeting.room.closed_at is not None:
        return Denial(errors.RoomClosed(), "room_closed")
    if meeting.appointment is not None and (denial := _denied_by_appointment(meeting.appointment, meeting)):
        return denial
    opens_at, closes_at = window(meeting, invite)
    if opens_at is not None and at < opens_at:
        return Denial(errors.TooEarly(opens_at=opens_at), "too_early")
    if closes_at is not None and at >= closes_at:
        return Denial(errors.TooLate(closes_at=closes_at), "too_late")
    if meeting.appointment is not None and meeting.wished.require_payment and _owes(meeting.appointment, identity):
        return Denial(errors.PaymentRequired(), f"payment_{meeting.appointment.payment_status}")
    return None


def _denied_by_appointment(appointment: Appointment, meeting: Meeting) -> Denial | None:
    if not meeting.is_invited:
        return Denial(errors.NotInvited(), "not_invited")
    if (why := NOT_OPEN.get(appointment.status)) is not None:
        return Denial(errors.AppointmentNotOpen(why=why), f"appointment_{appointment.status}")
    if meeting.was_ended:
        return Denial(errors.AppointmentNotOpen(why="is over"), "appointment_ended")
    return None


def _owes(appointment: Appointment, identity: str) -> bool:
    """Whether somebody is to pay first: whoever provides what is paid for is not."""
    return identity != appointment.provider_id and appointment.payment_status != "completed"


def window(meeting: Meeting, invite: Invite | None) -> tuple[datetime | None, datetime | None]:
    """From when on and until before when somebody may be there: both the invite's window and the appointment's have to be open."""
    opens = [invite.opens_at] if invite else []
    closes = [invite.closes_at] if invite else []
    if meeting.appointment is not None:
        opens_at, closes_at = window_of(meeting.appointment, meeting.wished)
        opens.append(opens_at)
        closes.append(closes_at)
    return max(filter(None, opens), default=None), min(filter(None, closes), default=None)


def denied_on_return(invite: Invite, at: datetime) -> Denial | None:
    """Whether somebody who was in may not come back by this invite. They held it once, so they are told which it is."""
    if invite.revoked_at is not None:
        return Denial(errors.Revoked(), "revoked")
    if is_over(invite, at):
        return Denial(errors.TooLate(closes_at=invite.closes_at), "expired")
    return None


def is_over(invite: Invite, at: datetime) -> bool:
    return invite.closes_at is not None and at >= invite.closes_at
