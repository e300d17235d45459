"""Who may come in, and why somebody may not. Pure.

An outsider must not be able to tell an invite that never was from one that is revoked, used up or over: to them these are one error. The reason
is kept for the audit entry.
"""

from datetime import datetime

from msgspec import Struct

from callwell import errors
from callwell.planning.invites import Invite
from callwell.planning.rooms import Room


class Denial(Struct, frozen=True):
    """Why somebody is not let in: what they are told, and what is kept of it."""

    error: errors.CallwellError
    reason: str


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


def denied_by_room(room: Room, invite: Invite | None, at: datetime) -> Denial | None:
    """Whether the room lets nobody in (with this invite) at that time. The window is from ``opens_at`` until before ``closes_at``."""
    if room.closed_at is not None:
        return Denial(errors.RoomClosed(), "room_closed")
    if invite is not None and invite.opens_at is not None and at < invite.opens_at:
        return Denial(errors.TooEarly(opens_at=invite.opens_at), "too_early")
    return None


def denied_on_return(invite: Invite, at: datetime) -> Denial | None:
    """Whether somebody who was in may not come back by this invite. They held it once, so they are told which it is."""
    if invite.revoked_at is not None:
        return Denial(errors.Revoked(), "revoked")
    if is_over(invite, at):
        return Denial(errors.TooLate(closes_at=invite.closes_at), "expired")
    return None


def is_over(invite: Invite, at: datetime) -> bool:
    return invite.closes_at is not None and at >= invite.closes_at
