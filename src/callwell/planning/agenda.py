"""Reading appointments: one, and lists of them by who comes, where and when. Nothing here writes or locks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, LiteralString, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors
from callwell.access.callers import Caller, UserCaller
from callwell.planning.bookings import Appointment, Kind, Status
from callwell.planning.outcomes import HeldCall, list_held_calls
from callwell.postgres.pool import Tx, fetch_all, fetch_one
from callwell.record.events import Side

LONGEST = timedelta(minutes=1440)
"""No appointment is longer."""


class Attendee(Struct, frozen=True, kw_only=True):
    """Somebody who is to come, as the directory knows them."""

    identity: str
    side: Side
    invite_id: UUID | None
    display_name: str | None
    avatar_url: str | None


async def list_attendees(tx: Tx, id: UUID) -> list[Attendee]:
    """Everybody who is to come."""
    return await fetch_all(
        tx,
        Attendee,
        """
        SELECT attendees.identity, attendees.side, attendees.invite_id, people.display_name, people.avatar_url
        FROM attendees LEFT JOIN people ON people.identity = attendees.identity
        WHERE attendees.appointment_id = %(id)s ORDER BY attendees.side, attendees.identity
        """,
        {"id": id},
    )


class BookedAppointment(Appointment, frozen=True, kw_only=True):
    """An appointment with who comes to it, what its room gives, and the calls that it was held with."""

    people: list[Attendee]
    room_settings: dict[str, Any] | None
    calls: list[HeldCall] = msgspec.field(default_factory=list)

    @property
    def clients(self) -> list[Attendee]:
        return [one for one in self.people if one.side == "client"]

    @property
    def provider(self) -> Attendee:
        return next(one for one in self.people if one.side == "provider")


# One statement, for one moment: each appointment with who comes to it, its client first, and what its room gives to calls.
_BOOKED: LiteralString = """
    SELECT appointments.*,
        (SELECT settings FROM rooms WHERE rooms.id = appointments.room_id) AS room_settings,
        (SELECT json_agg(one) FROM (
            SELECT attendees.identity, attendees.side, attendees.invite_id, people.display_name, people.avatar_url
            FROM attendees LEFT JOIN people ON people.identity = attendees.identity
            WHERE attendees.appointment_id = appointments.id
            ORDER BY attendees.side, attendees.identity <> appointments.client_id, attendees.identity
        ) AS one) AS people
"""


async def get_appointment(tx: Tx, id: UUID) -> BookedAppointment:
    """Raises NotFound."""
    statement = _BOOKED + " FROM appointments WHERE appointments.id = %(id)s"
    found = await fetch_one(tx, BookedAppointment, statement, {"id": id})
    if found is None:
        raise errors.NotFound(what="appointment", id=id)
    return (await _with_calls(tx, [found]))[0]


async def _with_calls(tx: Tx, found: Sequence[BookedAppointment]) -> list[BookedAppointment]:
    held = await list_held_calls(tx, [one.id for one in found if one.call_count])
    return [msgspec.structs.replace(one, calls=held[one.id]) if one.id in held else one for one in found]


def check_comes(caller: Caller, appointment: BookedAppointment) -> None:
    """Somebody who does not come cannot tell that there is such an appointment. Raises NotFound."""
    if isinstance(caller, UserCaller) and all(one.identity != caller.identity for one in appointment.people):
        raise errors.NotFound(what="appointment", id=appointment.id)


class AppointmentFilter(Struct, frozen=True, kw_only=True):
    """Which appointments: those to which all that is given applies."""

    client_id: str | None = None
    provider_id: str | None = None
    person: str | None = None
    """Whoever comes, as client or provider."""
    status: Status | None = None
    kind: Kind | None = None
    room_id: UUID | None = None
    conversation_id: str | None = None
    external_id: str | None = None
    is_video_call: bool | None = None
    since: datetime | None = None
    """Planned to begin then or later."""
    until: datetime | None = None
    """Planned to begin before then."""
    upcoming: datetime | None = None
    """To come at that time, or not yet over by plan, and neither declined nor cancelled nor judged."""
    only: str | None = None
    """Somebody who must come to it, whoever else is asked for: they see no others."""


class AppointmentPosition(Struct, frozen=True, array_like=True):
    """Where an appointment stands in a list that is sorted by time and, at one time, by id."""

    scheduled_at: datetime
    id: UUID


Order: TypeAlias = Literal["soonest", "latest"]


async def list_appointments(
    tx: Tx, wanted: AppointmentFilter, *, order: Order = "soonest", after: AppointmentPosition | None, rows: int
) -> list[BookedAppointment]:
    """By when they are planned to begin, the soonest or the latest first."""
    time: LiteralString = "appointments.scheduled_at"
    id: LiteralString = "appointments.id"
    statement = _BOOKED
    if wanted.person is None:
        statement += " FROM appointments WHERE true"
    else:
        time, id = "theirs.scheduled_at", "theirs.appointment_id"
        statement += " FROM attendees AS theirs JOIN appointments ON appointments.id = theirs.appointment_id WHERE theirs.identity = %(person)s"
    if wanted.client_id is not None:
        statement += " AND appointments.client_id = %(client_id)s"
    if wanted.provider_id is not None:
        statement += " AND appointments.provider_id = %(provider_id)s"
    if wanted.status is not None:
        statement += " AND appointments.status = %(status)s"
    if wanted.kind is not None:
        statement += " AND appointments.kind = %(kind)s"
    if wanted.room_id is not None:
        statement += " AND appointments.room_id = %(room_id)s"
    if wanted.conversation_id is not None:
        statement += " AND appointments.conversation_id = %(conversation_id)s"
    if wanted.external_id is not None:
        statement += " AND appointments.external_id = %(external_id)s"
    if wanted.is_video_call is not None:
        statement += " AND appointments.is_video_call = %(is_video_call)s"
    if wanted.since is not None:
        statement += " AND " + time + " >= %(since)s"
    if wanted.until is not None:
        statement += " AND " + time + " < %(until)s"
    if wanted.upcoming is not None:
        # What began longer ago than anything lasts is over: so far back the index need not be read.
        statement += (
            " AND " + time + " > %(earliest)s AND appointments.scheduled_at + appointments.duration_minutes * interval '1 minute' > %(upcoming)s"
        )
        statement += " AND appointments.status IN ('pending', 'confirmed', 'in_progress')"
    if wanted.only is not None:
        statement += """
            AND EXISTS (SELECT FROM attendees AS own WHERE own.appointment_id = appointments.id AND own.identity = %(only)s)
        """
    backwards = order == "latest"
    if after is not None:
        statement += " AND (" + time + ", " + id + (") < " if backwards else ") > ") + "(%(after_at)s, %(after_id)s)"
    statement += " ORDER BY " + time + (" DESC, " if backwards else ", ") + id + (" DESC" if backwards else "") + " LIMIT %(rows)s"
    parameters = msgspec.structs.asdict(wanted) | {
        "earliest": wanted.upcoming and wanted.upcoming - LONGEST,
        "after_at": after and after.scheduled_at,
        "after_id": after and after.id,
        "rows": rows,
    }
    return await _with_calls(tx, await fetch_all(tx, BookedAppointment, statement, parameters))


class AttendeeInvite(Struct, frozen=True, kw_only=True):
    """Somebody's way in."""

    identity: str
    side: Side
    display_name: str | None
    invite_id: UUID
    room_id: UUID
    use_count: int
    revoked_at: datetime | None


async def list_invites_of(tx: Tx, id: UUID) -> list[AttendeeInvite]:
    """Everybody's way into its room; none where it has none (yet)."""
    return await fetch_all(
        tx,
        AttendeeInvite,
        """
        SELECT attendees.identity, attendees.side, people.display_name, invites.id AS invite_id, invites.room_id, invites.use_count, invites.revoked_at
        FROM attendees JOIN invites ON invites.id = attendees.invite_id LEFT JOIN people ON people.identity = attendees.identity
        WHERE attendees.appointment_id = %(id)s ORDER BY attendees.side, attendees.identity
        """,
        {"id": id},
    )
