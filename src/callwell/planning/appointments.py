"""Appointments: bookings between a client and a provider. What is done with them is one transaction of the caller's, with its audit entries in it.

What is derived from an appointment's calls is written by who follows them, and nowhere here. Locks are taken in one order: the room's, the appointment's,
the call's.
"""

from datetime import datetime
from uuid import UUID

from callwell.planning.bookings import Appointment, window_of
from callwell.postgres.pool import Tx, execute, fetch_one, fetch_value

__all__ = ["Appointment", "is_attendee", "lock_appointment", "lock_appointment_of_room", "touch_appointment", "window_of"]


async def lock_appointment(tx: Tx, id: UUID) -> Appointment | None:
    """The appointment, with its lock: comes after its room's and before those of its calls."""
    return await fetch_one(tx, Appointment, "SELECT * FROM appointments WHERE id = %s FOR UPDATE", [id])


async def lock_appointment_of_room(tx: Tx, room_id: UUID) -> Appointment | None:
    """The appointment that is held in a room, with its lock. Under the room's."""
    return await fetch_one(tx, Appointment, "SELECT * FROM appointments WHERE room_id = %s FOR UPDATE", [room_id])


async def is_attendee(tx: Tx, appointment_id: UUID, identity: str) -> bool:
    """Whether somebody is one of those who are to come."""
    statement = "SELECT true FROM attendees WHERE appointment_id = %(id)s AND identity = %(identity)s"
    return bool(await fetch_value(tx, statement, {"id": appointment_id, "identity": identity}))


async def touch_appointment(tx: Tx, id: UUID, at: datetime) -> None:
    """Somebody was let in."""
    await execute(tx, "UPDATE appointments SET last_accessed_at = %s, access_count = access_count + 1 WHERE id = %s", [at, id])
