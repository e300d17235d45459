"""Appointments over HTTP: for the host's server, and for everybody what is theirs."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import get, patch, post
from litestar.di import Provide
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta, Struct

from callwell import errors, ids
from callwell.access.callers import Caller, StaffCaller, UserCaller
from callwell.access.guards import allow
from callwell.http import Body, Fields, Page, Paging, Response, Write
from callwell.planning import agenda, appointments, bookings, invites
from callwell.planning.agenda import AppointmentFilter, AppointmentPosition, Attendee, AttendeeInvite, BookedAppointment, Order
from callwell.planning.appointments import Acting, AppointmentChange, NewAppointment
from callwell.planning.bookings import Absent, Kind, PaymentStatus, Status, Summary, window_of
from callwell.planning.deployed import Deployed
from callwell.planning.outcomes import HeldCall
from callwell.planning.rooms import read_room_filter
from callwell.planning.words import is_time_zone
from callwell.postgres.pool import Database, Tx
from callwell.record.audit import Origin, origin_of
from callwell.record.events import Side
from callwell.settings import Settings

PersonId = Annotated[str, PathParameter(pattern=r"^[^\x00-\x1f\x7f]{1,200}$", description="The host's own id of somebody.")]
Since = Annotated[datetime | None, QueryParameter(name="from", description="Planned to begin not before this time.")]
Until = Annotated[datetime | None, QueryParameter(name="to", description="Planned to begin before this time.")]
IdentityQuery = Annotated[str | None, QueryParameter(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$", description="`user:…` or `guest:…`")]
Upcoming = Annotated[bool, QueryParameter(description="Only those that are to come or not over yet, and neither declined nor cancelled.")]
Ordered = Annotated[Order, QueryParameter(description="Which come first.")]


def utc_now() -> datetime:
    return datetime.now(UTC)


# ── What is shown ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class ShownAttendee(Struct, frozen=True, kw_only=True):
    """Somebody who is to come. To other people in it they have a name and no identity."""

    identity: str | None
    side: Side
    display_name: str | None
    avatar_url: str | None


class ShownAppointment(Struct, frozen=True, kw_only=True):
    """An appointment, and what its calls come to."""

    id: UUID
    external_id: str | None
    kind: Kind
    status: Status
    status_summary: Summary
    """Where it stands in the words that calls have, too."""
    client_id: str | None
    provider_id: str | None
    clients: list[ShownAttendee]
    provider: ShownAttendee
    conversation_id: str | None
    scheduled_at: datetime
    ends_at: datetime
    """When it is planned to be over."""
    duration_minutes: int
    opens_at: datetime
    """From when one may join."""
    closes_at: datetime
    """Before when one may join, and until when one may stay."""
    is_video_call: bool
    room: str | None
    url: str | None
    """The page of its room, which lets nobody in without an invite."""
    recording_enabled: bool
    recording_url: str | None
    payment_status: PaymentStatus
    payment_provider: str | None
    payment_reference: str | None
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
    formatted_duration: str
    call_failed: bool
    attended_client_seconds: int
    attended_provider_seconds: int
    overlap_seconds: int
    """How long both sides were connected."""
    overlap_claimed_seconds: int
    """How much of that is shown by no engine and no socket of ours."""
    no_show: Absent | None
    evidence: Any
    """Of a no-show: who waited, from when to when."""
    calls: list[HeldCall]
    """The calls that it was held with, the first of them first."""
    last_accessed_at: datetime
    access_count: int
    created_at: datetime
    updated_at: datetime


class InviteOfAttendee(Struct, frozen=True, kw_only=True):
    """Somebody's way in: who has the secret comes in as them."""

    identity: str
    side: Side
    display_name: str | None
    invite_id: UUID
    use_count: int
    revoked_at: datetime | None
    secret: str
    url: str
    """The room's page with the secret in its fragment."""


_SAME = tuple(name for name in ShownAppointment.__struct_fields__ if name in BookedAppointment.__struct_fields__)


def shown(one: BookedAppointment, settings: Settings, deployed: Deployed, at: datetime) -> ShownAppointment:
    opens_at, closes_at = window_of(one, deployed.meeting(one.room_settings or {}, one.settings))
    room = ids.room_name(one.room_id) if one.room_id else None
    return ShownAppointment(
        **{name: getattr(one, name) for name in _SAME},
        status_summary=bookings.summary(one),
        clients=[_attendee(other) for other in one.people if other.side == "client"],
        provider=next(_attendee(other) for other in one.people if other.side == "provider"),
        ends_at=one.ends_at,
        opens_at=opens_at,
        closes_at=closes_at,
        room=room,
        url=f"{settings.base_url}/room/{room}" if room else None,
        formatted_duration=bookings.formatted_duration(one, at),
        attended_client_seconds=one.attended_client_ms // 1000,
        attended_provider_seconds=one.attended_provider_ms // 1000,
        overlap_seconds=one.overlap_ms // 1000,
        overlap_claimed_seconds=one.overlap_claimed_ms // 1000,
    )


def _attendee(one: Attendee) -> ShownAttendee:
    return ShownAttendee(identity=one.identity, side=one.side, display_name=one.display_name, avatar_url=one.avatar_url)


def as_seen_by(identity: str, one: ShownAppointment) -> ShownAppointment:
    """A person's view of an appointment of theirs: what the host keeps with it is the host's, and clients of a group don't learn here who the others are."""
    is_provider = identity == one.provider_id
    return msgspec.structs.replace(
        one,
        external_id=None,
        client_id=identity if identity == one.client_id else None,
        provider_id=identity if is_provider else None,
        clients=[_seen(identity, other) for other in one.clients if is_provider or other.identity == identity],
        provider=_seen(identity, one.provider),
        payment_provider=None,
        payment_reference=None,
        metadata={},
        evidence=None,
    )


def _seen(identity: str, other: ShownAttendee) -> ShownAttendee:
    return other if other.identity == identity else msgspec.structs.replace(other, identity=None)


def _view(caller: Caller, settings: Settings, deployed: Deployed) -> Callable[[BookedAppointment], ShownAppointment]:
    at = utc_now()
    if isinstance(caller, UserCaller):
        return lambda one: as_seen_by(caller.identity, shown(one, settings, deployed, at))
    return lambda one: shown(one, settings, deployed, at)


def _with_link(one: AttendeeInvite, settings: Settings) -> InviteOfAttendee:
    secret = invites.secret_of(settings.key, one.invite_id)
    return InviteOfAttendee(
        identity=one.identity,
        side=one.side,
        display_name=one.display_name,
        invite_id=one.invite_id,
        use_count=one.use_count,
        revoked_at=one.revoked_at,
        secret=secret,
        url=invites.link_to(settings.base_url, one.room_id, secret),
    )


# ── Doing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Reason(Body, frozen=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")] | None = None


class NoShow(Body, frozen=True):
    absent: Absent
    """Who did not come."""


class Booking(Struct, frozen=True):
    """What every write about an appointment goes by, and how it is answered."""

    acting: Acting
    settings: Settings
    deployed: Deployed

    async def show(self, tx: Tx, id: UUID) -> ShownAppointment:
        return shown(await agenda.get_appointment(tx, id), self.settings, self.deployed, self.acting.at)


def provide_booking(caller: Caller, settings: Settings, deployed: Deployed, origin: Origin) -> Booking:
    return Booking(Acting(caller.source, origin, utc_now()), settings, deployed)


BOOKING = {"origin": Provide(origin_of, sync_to_thread=False), "booking": Provide(provide_booking, sync_to_thread=False)}


@post("/v1/appointments", opt=allow(keys="appointments:write"), dependencies=BOOKING)
async def create_appointment(data: NewAppointment, booking: Booking, write: Write) -> Response[ShownAppointment]:
    """Book an appointment, to be confirmed or declined; or firmly, as `confirmed`, which makes its room at once."""
    id = ids.uuid7()

    async def do(tx: Tx) -> ShownAppointment:
        await appointments.create_appointment(tx, id, data, booking.deployed, booking.acting)
        return await booking.show(tx, id)

    return await write(do)


@patch("/v1/appointments/{appointment_id:uuid}", opt=allow(keys="appointments:write"), dependencies=BOOKING)
async def change_appointment(appointment_id: UUID, data: AppointmentChange, booking: Booking, write: Write) -> Response[ShownAppointment]:
    """Change what is given: another time, other people, what was paid. Links stay as they are; the time decides when they let somebody in."""

    async def do(tx: Tx) -> ShownAppointment:
        await appointments.change_appointment(tx, appointment_id, data, booking.deployed, booking.acting)
        return await booking.show(tx, appointment_id)

    return await write(do, status=200)


@post("/v1/appointments/{appointment_id:uuid}/confirm", opt=allow(keys="appointments:write"), status_code=200, dependencies=BOOKING)
async def confirm_appointment(appointment_id: UUID, booking: Booking, write: Write) -> Response[ShownAppointment]:
    """Confirm it. One that is held by video gets its room, and everybody who is to come an invite."""

    async def do(tx: Tx) -> ShownAppointment:
        await appointments.confirm_appointment(tx, appointment_id, booking.deployed, booking.acting)
        return await booking.show(tx, appointment_id)

    return await write(do, status=200)


@post("/v1/appointments/{appointment_id:uuid}/decline", opt=allow(keys="appointments:write"), status_code=200, dependencies=BOOKING)
async def decline_appointment(appointment_id: UUID, booking: Booking, write: Write, data: Reason | None = None) -> Response[ShownAppointment]:
    """Say no to what was asked for."""

    async def do(tx: Tx) -> ShownAppointment:
        await appointments.decline_appointment(tx, appointment_id, data and data.reason, booking.acting)
        return await booking.show(tx, appointment_id)

    return await write(do, status=200)


@post("/v1/appointments/{appointment_id:uuid}/cancel", opt=allow(keys="appointments:write"), status_code=200, dependencies=BOOKING)
async def cancel_appointment(appointment_id: UUID, booking: Booking, write: Write, data: Reason | None = None) -> Response[ShownAppointment]:
    """Call it off. Its room is closed, and whoever is in is put out."""

    async def do(tx: Tx) -> ShownAppointment:
        await appointments.cancel_appointment(tx, appointment_id, data and data.reason, booking.acting)
        return await booking.show(tx, appointment_id)

    return await write(do, status=200)


@post("/v1/appointments/{appointment_id:uuid}/complete", opt=allow(keys="appointments:write"), status_code=200, dependencies=BOOKING)
async def complete_appointment(appointment_id: UUID, booking: Booking, write: Write) -> Response[ShownAppointment]:
    """Say that it was held. Of one that is held by video its calls tell."""

    async def do(tx: Tx) -> ShownAppointment:
        await appointments.complete_appointment(tx, appointment_id, booking.acting)
        return await booking.show(tx, appointment_id)

    return await write(do, status=200)


@post("/v1/appointments/{appointment_id:uuid}/no-show", opt=allow(keys="appointments:write"), status_code=200, dependencies=BOOKING)
async def miss_appointment(appointment_id: UUID, data: NoShow, booking: Booking, write: Write) -> Response[ShownAppointment]:
    """Say who did not come. Of one that is held by video its calls tell."""

    async def do(tx: Tx) -> ShownAppointment:
        await appointments.miss_appointment(tx, appointment_id, data.absent, booking.acting)
        return await booking.show(tx, appointment_id)

    return await write(do, status=200)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/v1/appointments", opt=allow(keys="appointments:read", own=True, look="appointments"))
async def list_appointments(
    caller: StaffCaller,
    db: Database,
    settings: Settings,
    deployed: Deployed,
    paging: Paging,
    fields: Fields,
    client_id: IdentityQuery = None,
    provider_id: IdentityQuery = None,
    person: IdentityQuery = None,
    status: Status | None = None,
    kind: Kind | None = None,
    room: str | None = None,
    conversation_id: str | None = None,
    external_id: str | None = None,
    is_video_call: bool | None = None,
    since: Since = None,
    until: Until = None,
    day: Annotated[date | None, QueryParameter(description="Planned to begin on this day of `time_zone`.")] = None,
    time_zone: Annotated[str | None, QueryParameter(description="Whose day; the deployment's where it is not said.", max_length=100)] = None,
    upcoming: Upcoming = False,
    order: Ordered = "soonest",
) -> Page[ShownAppointment]:
    """Appointments, the soonest first: those to which all that is given applies. `person` is anybody who comes, `client_id` the first of a group."""
    _check_span(since, until)
    if day is not None:
        if since is not None or until is not None:
            _wrong("day", "It is a day, or from and to, not both.")
        since, until = span_of_day(day, deployed.meeting().time_zone if time_zone is None else time_zone)
    elif time_zone is not None:
        _wrong("time_zone", "It is of a day, and none is given.")
    wanted = AppointmentFilter(
        client_id=client_id,
        provider_id=provider_id,
        person=person,
        status=status,
        kind=kind,
        room_id=read_room_filter(room),
        conversation_id=conversation_id,
        external_id=external_id,
        is_video_call=is_video_call,
        since=since,
        until=until,
        upcoming=utc_now() if upcoming else None,
        only=caller.only,
    )
    return await _list(db, wanted, order, paging, fields, _view(caller, settings, deployed))


@get("/v1/users/{user_id:str}/appointments", opt=allow(keys="appointments:read", users=True, own=True, look="appointments"))
async def list_appointments_of_user(
    user_id: PersonId,
    caller: Caller,
    db: Database,
    settings: Settings,
    deployed: Deployed,
    paging: Paging,
    fields: Fields,
    status: Status | None = None,
    is_video_call: bool | None = None,
    since: Since = None,
    until: Until = None,
    upcoming: Upcoming = False,
    order: Ordered = "soonest",
) -> Page[ShownAppointment]:
    """A user's appointments, as client or provider, the soonest first."""
    wanted = _of_person(f"user:{user_id}", caller, status, since, until, is_video_call=is_video_call, upcoming=upcoming)
    return await _list(db, wanted, order, paging, fields, _view(caller, settings, deployed))


@get("/v1/guests/{guest_id:str}/appointments", opt=allow(keys="appointments:read", users=True, own=True, look="appointments"))
async def list_appointments_of_guest(
    guest_id: PersonId,
    caller: Caller,
    db: Database,
    settings: Settings,
    deployed: Deployed,
    paging: Paging,
    fields: Fields,
    status: Status | None = None,
    is_video_call: bool | None = None,
    since: Since = None,
    until: Until = None,
    upcoming: Upcoming = False,
    order: Ordered = "soonest",
) -> Page[ShownAppointment]:
    """A guest's appointments, the soonest first."""
    wanted = _of_person(f"guest:{guest_id}", caller, status, since, until, is_video_call=is_video_call, upcoming=upcoming)
    return await _list(db, wanted, order, paging, fields, _view(caller, settings, deployed))


@get("/v1/appointments/{appointment_id:uuid}", opt=allow(keys="appointments:read", users=True, own=True, look="appointment"))
async def get_appointment(
    appointment_id: UUID, caller: Caller, db: Database, settings: Settings, deployed: Deployed, fields: Fields
) -> ShownAppointment:
    """An appointment: whole for the host's server, and for who comes to it what is theirs to know."""
    pick = fields.of(ShownAppointment)
    async with db.connection() as tx:
        found = await agenda.get_appointment(tx, appointment_id)
    agenda.check_comes(caller, found)
    return pick(_view(caller, settings, deployed)(found))


@get("/v1/appointments/{appointment_id:uuid}/invites", opt=allow(keys="appointments:write", users=True, look="appointment"))
async def list_invites_of_appointment(appointment_id: UUID, caller: Caller, db: Database, settings: Settings) -> Page[InviteOfAttendee]:
    """Everybody's link, made again, to send it once more; their own for who comes. There are none before the appointment is confirmed."""
    async with db.connection() as tx:
        found = await agenda.get_appointment(tx, appointment_id)
        agenda.check_comes(caller, found)
        ways = await agenda.list_invites_of(tx, appointment_id)
    return Page([_with_link(way, settings) for way in ways if not isinstance(caller, UserCaller) or way.identity == caller.identity])


async def _list(
    db: Database,
    wanted: AppointmentFilter,
    order: Order,
    paging: Paging,
    fields: Fields,
    view: Callable[[BookedAppointment], ShownAppointment],
) -> Page[ShownAppointment]:
    pick = fields.of(ShownAppointment)
    async with db.connection() as tx:
        found = await agenda.list_appointments(tx, wanted, order=order, after=paging.after(AppointmentPosition), rows=paging.rows)
    return paging.page(found, lambda one: AppointmentPosition(one.scheduled_at, one.id), lambda one: pick(view(one)))


def _of_person(
    identity: str,
    caller: Caller,
    status: Status | None,
    since: datetime | None,
    until: datetime | None,
    *,
    is_video_call: bool | None,
    upcoming: bool,
) -> AppointmentFilter:
    """What is asked about a person's appointments. A person reads their own; whether there is anybody else they cannot tell: NotFound."""
    if isinstance(caller, UserCaller) and caller.identity != identity:
        kind, _, id = identity.partition(":")
        raise errors.NotFound(what=kind, id=id)
    _check_span(since, until)
    return AppointmentFilter(
        person=identity, status=status, since=since, until=until, is_video_call=is_video_call, upcoming=utc_now() if upcoming else None
    )


def _check_span(since: datetime | None, until: datetime | None) -> None:
    """Raises Invalid for an end that is not after the beginning."""
    if since is not None and until is not None and until <= since:
        _wrong("to", "It must be after `from`.")


def span_of_day(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """From midnight to midnight there, mostly 24 hours. Raises Invalid."""
    if not is_time_zone(time_zone):
        _wrong("time_zone", "There is no such time zone.")
    if not date(1970, 1, 1) <= day < date(2200, 1, 1):
        _wrong("day", "It must lie between 1970 and 2200.")
    begin, end = (datetime.combine(one, time(), ZoneInfo(time_zone)).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return begin, end


def _wrong(field: str, problem: str) -> NoReturn:
    raise errors.Invalid(problem=f"{field}: {problem}", fields={field: problem})


routes = [
    create_appointment,
    list_appointments,
    get_appointment,
    change_appointment,
    confirm_appointment,
    decline_appointment,
    cancel_appointment,
    complete_appointment,
    miss_appointment,
    list_invites_of_appointment,
    list_appointments_of_user,
    list_appointments_of_guest,
]
