"""Appointments: bookings between a client and a provider. What is done with one is done in the caller's transaction, its audit entries among it.

What is derived from an appointment's calls is written by who follows them, and nowhere here. Locks are taken in one order: the room's, the appointment's,
its call's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from callwell import errors, ids
from callwell.http import Body
from callwell.planning import bookings
from callwell.planning.agenda import Attendee, list_attendees
from callwell.planning.bookings import Absent, Appointment, Kind, PaymentStatus, deadline_of, window_of
from callwell.planning.call_settings import CATALOGUE, MeetingSettings
from callwell.planning.conversations import ConversationId, ensure_conversation
from callwell.planning.deployed import Deployed, changes
from callwell.planning.invites import NewInvite, create_invite, save_revocation
from callwell.planning.rooms import NewRoom, Room, RoomChange, change_room, close_room, create_room, find_live_call, lock_room
from callwell.planning.words import Link, Name, Word
from callwell.postgres.pool import Tx, execute, fetch_one, fetch_value
from callwell.record.audit import Action, Origin, add_audit_entry
from callwell.record.events import Identity, Side

__all__ = ["Appointment", "window_of"]

Moment = Annotated[datetime, Meta(tz=True)]
Minutes = Annotated[int, Meta(ge=1, le=1440)]
Clients = Annotated[tuple[Identity, ...], Meta(min_length=1, max_length=49)]

ROOM_FOR_TWO = 2
"""The least capacity of an appointment's room."""


class NewAppointment(Body, frozen=True):
    """What a host books."""

    provider_id: Identity
    scheduled_at: Moment
    client_id: Identity | None = None
    """Short for `clients` with one in it."""
    clients: Clients | None = None
    """Who comes to the provider: in a group one or more, else one."""
    kind: Kind = "individual"
    duration_minutes: Minutes | None = None
    """None: as the settings have it."""
    status: Literal["pending", "confirmed"] = "pending"
    external_id: Name | None = None
    """The host's own id of it, of which there is one."""
    conversation_id: ConversationId | None = None
    is_video_call: bool = True
    recording_enabled: bool | None = None
    recording_url: Link | None = None
    payment_status: PaymentStatus = "pending"
    payment_provider: Word | None = None
    payment_reference: Name | None = None
    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    metadata: dict[Word, Any] = msgspec.field(default_factory=dict)


class AppointmentChange(Body, frozen=True):
    """What changes of an appointment: only what is given. Of settings and metadata null takes one away."""

    scheduled_at: Moment | UnsetType = UNSET
    duration_minutes: Minutes | UnsetType = UNSET
    client_id: Identity | UnsetType = UNSET
    clients: Clients | UnsetType = UNSET
    provider_id: Identity | UnsetType = UNSET
    conversation_id: ConversationId | UnsetType | None = UNSET
    is_video_call: bool | UnsetType = UNSET
    recording_enabled: bool | UnsetType = UNSET
    recording_url: Link | UnsetType | None = UNSET
    payment_status: PaymentStatus | UnsetType = UNSET
    payment_provider: Word | UnsetType | None = UNSET
    payment_reference: Name | UnsetType | None = UNSET
    settings: dict[str, Any] | UnsetType = UNSET
    metadata: dict[Word, Any] | UnsetType = UNSET


class Acting(Struct, frozen=True):
    """Who acts: by whose credential, from where and when."""

    caller: str
    origin: Origin
    at: datetime


# ── Locks and looks of who is near ────────────────────────────────────────────────────────────────────────────────────────────────


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


async def tell_of_appointments(tx: Tx, ids: Sequence[UUID]) -> None:
    """Has appointments counted anew that were made, changed or removed: in the transaction that did so."""
    await execute(tx, "INSERT INTO appointment_changes (appointment_id) SELECT unnest(%s::uuid[])", [list(ids)])


# ── Booking ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create_appointment(tx: Tx, id: UUID, new: NewAppointment, deployed: Deployed, acting: Acting) -> None:
    """Books it, and confirms it at once where that is wished. Raises Invalid, SettingUnknown, and Conflict for an external id that is taken."""
    clients = _clients(new.client_id, new.clients)
    settings = deployed.check(_with_recording(new.settings, new.recording_enabled), "appointment")
    wished = deployed.meeting(appointment=settings)
    bookings.check_people(new.kind, clients, new.provider_id, most=wished.max_participants)
    bookings.check_metadata(new.metadata)
    if new.conversation_id is not None:
        await ensure_conversation(tx, new.conversation_id, acting.at)
    appointment = await fetch_one(
        tx,
        Appointment,
        """
        INSERT INTO appointments
            (id, external_id, kind, client_id, provider_id, conversation_id, scheduled_at, duration_minutes, is_video_call, recording_enabled,
             recording_url, payment_status, payment_provider, payment_reference, settings, metadata, last_accessed_at, created_at, updated_at)
        VALUES (%(id)s, %(external_id)s, %(kind)s, %(client_id)s, %(provider_id)s, %(conversation_id)s, %(scheduled_at)s, %(duration_minutes)s,
            %(is_video_call)s, %(recording_enabled)s, %(recording_url)s, %(payment_status)s, %(payment_provider)s, %(payment_reference)s,
            %(settings)s::jsonb, %(metadata)s::jsonb, %(at)s, %(at)s, %(at)s)
        ON CONFLICT (external_id) DO NOTHING RETURNING *
        """,
        {
            "id": id,
            "external_id": new.external_id,
            "kind": new.kind,
            "client_id": clients[0],
            "provider_id": new.provider_id,
            "conversation_id": new.conversation_id,
            "scheduled_at": bookings.checked_time(new.scheduled_at),
            "duration_minutes": new.duration_minutes or wished.default_duration_minutes,
            "is_video_call": new.is_video_call,
            "recording_enabled": settings.get("recording_enabled", False),
            "recording_url": new.recording_url,
            "payment_status": new.payment_status,
            "payment_provider": new.payment_provider,
            "payment_reference": new.payment_reference,
            "settings": _json(settings),
            "metadata": _json(new.metadata),
            "at": acting.at,
        },
    )
    if appointment is None:
        raise errors.Conflict(what=f"appointment {new.external_id}")
    await _add_attendees(tx, appointment, _who(clients, new.provider_id))
    await tell_of_appointments(tx, [id])
    await _note(tx, Action.APPOINTMENT_CREATED, appointment, acting, {"kind": new.kind, "scheduled_at": appointment.scheduled_at})
    if new.status == "confirmed":
        await _confirm(tx, appointment, deployed, acting)


async def confirm_appointment(tx: Tx, id: UUID, deployed: Deployed, acting: Acting) -> None:
    """Makes the place where it is held, and everybody's way into it. Raises NotFound, IllegalAppointmentMove, Invalid."""
    appointment, _ = await _lock(tx, id)
    bookings.check_move(appointment, "confirmed")
    await _confirm(tx, appointment, deployed, acting)


async def _confirm(tx: Tx, appointment: Appointment, deployed: Deployed, acting: Acting) -> None:
    room: Room | None = None
    if appointment.is_video_call:
        people = await list_attendees(tx, appointment.id)
        new = NewRoom(capacity=max(ROOM_FOR_TWO, len(people)), conversation_id=appointment.conversation_id, settings=_settings_of_room(appointment))
        room = await create_room(tx, new, deployed, at=acting.at)
        await _note(tx, Action.ROOM_CREATED, appointment, acting, room_id=room.id)
        for one in people:
            await _invite(tx, appointment, room.id, one.identity, one.side, acting)
    confirmed = msgspec.structs.replace(appointment, status="confirmed", confirmed_at=acting.at, room_id=room and room.id)
    await _save(tx, msgspec.structs.replace(confirmed, next_deadline_at=deadline_of(confirmed, _wished(deployed, confirmed, room))), acting.at)
    await _note(tx, Action.APPOINTMENT_CONFIRMED, confirmed, acting)


async def decline_appointment(tx: Tx, id: UUID, reason: str | None, acting: Acting) -> None:
    """Raises NotFound, IllegalAppointmentMove."""
    appointment, _ = await _lock(tx, id)
    bookings.check_move(appointment, "declined")
    await _save(tx, msgspec.structs.replace(appointment, status="declined", declined_at=acting.at, reason=reason), acting.at)
    await _note(tx, Action.APPOINTMENT_DECLINED, appointment, acting)


async def cancel_appointment(tx: Tx, id: UUID, reason: str | None, acting: Acting) -> None:
    """Nobody gets into its room any more, and whoever is in is put out. Raises NotFound, IllegalAppointmentMove."""
    appointment, _ = await _lock(tx, id)
    bookings.check_move(appointment, "cancelled")
    cancelled = msgspec.structs.replace(appointment, status="cancelled", cancelled_at=acting.at, reason=reason, next_deadline_at=None)
    await _save(tx, cancelled, acting.at)
    await _note(tx, Action.APPOINTMENT_CANCELLED, appointment, acting, {"was": appointment.status})
    if appointment.room_id is not None:
        await close_room(tx, ids.room_name(appointment.room_id), acting.at)
        await _note(tx, Action.ROOM_CLOSED, appointment, acting, room_id=appointment.room_id)
        await _close_grants(tx, appointment.room_id, acting.at, acting.at)


async def complete_appointment(tx: Tx, id: UUID, acting: Acting) -> None:
    """It was held, says the host. Raises NotFound, IllegalAppointmentMove, and JudgedByCalls for one that is held by video."""
    appointment, _ = await _lock(tx, id)
    bookings.check_move(appointment, "completed")
    await _save(tx, msgspec.structs.replace(appointment, status="completed", completed_at=acting.at, no_show=None), acting.at)
    await _note(tx, Action.APPOINTMENT_COMPLETED, appointment, acting, {"was": appointment.status})


async def miss_appointment(tx: Tx, id: UUID, absent: Absent, acting: Acting) -> None:
    """Somebody did not come, says the host. Raises NotFound, IllegalAppointmentMove, and JudgedByCalls for one that is held by video."""
    appointment, _ = await _lock(tx, id)
    bookings.check_move(appointment, "no_show")
    await _save(tx, msgspec.structs.replace(appointment, status="no_show", no_show=absent), acting.at)
    await _note(tx, Action.APPOINTMENT_NO_SHOW, appointment, acting, {"absent": absent})


# ── Changing ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def change_appointment(tx: Tx, id: UUID, change: AppointmentChange, deployed: Deployed, acting: Acting) -> None:
    """Changes what is given. Whoever is in its room may stay as long as the new time lets them; who comes no more is put out.

    Raises NotFound, Invalid, SettingUnknown, and IllegalAppointmentMove for what cannot change any more.
    """
    if isinstance(change.conversation_id, str):
        await ensure_conversation(tx, change.conversation_id, acting.at)
    appointment, room = await _lock(tx, id)
    people = await list_attendees(tx, id)
    was = sorted((one.identity for one in people if one.side == "client"), key=lambda one: one != appointment.client_id)
    clients = was if change.client_id is UNSET and change.clients is UNSET else _clients(change.client_id or None, change.clients or None)
    changed = _changed(appointment, change, clients[0], deployed)
    names = [name for name in Appointment.__struct_fields__ if name != "client_id" and getattr(changed, name) != getattr(appointment, name)]
    names += ["clients"] if set(clients) != set(was) or clients[0] != appointment.client_id else []
    wished = _wished(deployed, changed, room)
    if any(given is not UNSET for given in (change.client_id, change.clients, change.provider_id)):
        bookings.check_people(changed.kind, clients, changed.provider_id, most=wished.max_participants)
    bookings.check_metadata(changed.metadata)
    if not names:
        return
    bookings.check_change(appointment, names)
    await _save(tx, msgspec.structs.replace(changed, next_deadline_at=deadline_of(changed, wished)), acting.at)
    await _note_changes(tx, appointment, changed, names, acting)
    await _seat(tx, changed, room, people, _who(clients, changed.provider_id), deployed, acting)
    closes_at = window_of(changed, wished)[1]
    if room is not None and closes_at != window_of(appointment, _wished(deployed, appointment, room))[1]:
        await _close_grants(tx, room.id, closes_at, acting.at)


def _changed(appointment: Appointment, change: AppointmentChange, client: str, deployed: Deployed) -> Appointment:
    """The appointment with what is given, as far as it is not about others than the first client and the provider."""
    given = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not UNSET and name != "clients"}
    if "scheduled_at" in given:
        given["scheduled_at"] = bookings.checked_time(given["scheduled_at"])
    if "metadata" in given:
        given["metadata"] = _merged(appointment.metadata, given["metadata"])
    wanted = _with_recording(given.pop("settings", {}), given.pop("recording_enabled", None))
    known = {*appointment.settings, *CATALOGUE}  # one that is left from another version can be taken away still
    deployed.check({name: value for name, value in wanted.items() if value is not None or name not in known}, "appointment")
    settings = _merged(appointment.settings, wanted)
    recording = settings.get("recording_enabled", False)
    return msgspec.structs.replace(appointment, **given | {"client_id": client, "settings": settings, "recording_enabled": recording})


def _merged(values: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **change}.items() if value is not None}


def _with_recording(settings: Mapping[str, Any], recording_enabled: bool | None) -> dict[str, Any]:
    """The settings, with what is said of recording outside of them: it is the same. Raises Invalid where it is not."""
    if recording_enabled is None:
        return dict(settings)
    if settings.get("recording_enabled", recording_enabled) is not recording_enabled:
        problem = "The settings say otherwise."
        raise errors.Invalid(problem=f"recording_enabled: {problem}", fields={"recording_enabled": problem})
    return {**settings, "recording_enabled": recording_enabled}


def _clients(client: str | None, clients: Sequence[str] | None) -> list[str]:
    """Who comes to the provider, however it is said. Raises Invalid."""
    if (client is None) == (clients is None):
        problem = "It is required." if client is None else "It is client_id or clients, not both."
        raise errors.Invalid(problem=f"clients: {problem}", fields={"clients": problem})
    return [client] if client is not None else list(clients or ())


def _who(clients: Sequence[str], provider: str) -> list[tuple[str, Side]]:
    return [*((client, "client") for client in clients), (provider, "provider")]


def _wished(deployed: Deployed, appointment: Appointment, room: Room | None) -> MeetingSettings:
    """The settings that hold for it."""
    return deployed.meeting(room.settings if room else {}, appointment.settings)


def _settings_of_room(appointment: Appointment) -> dict[str, Any]:
    """What its room has to know already: how many people it may have room for. All else is asked of the appointment first."""
    return {name: value for name, value in appointment.settings.items() if name == "max_participants"}


async def _lock(tx: Tx, id: UUID) -> tuple[Appointment, Room | None]:
    """The appointment and its room, with their locks. Raises NotFound.

    Where it gets its room at this moment the room is locked late: if that makes a deadlock, the write is tried again.
    """
    room_id = await fetch_value(tx, "SELECT room_id FROM appointments WHERE id = %s", [id])
    room = await lock_room(tx, room_id) if room_id is not None else None
    appointment = await lock_appointment(tx, id)
    if appointment is None:
        raise errors.NotFound(what="appointment", id=id)
    if room is None and appointment.room_id is not None:
        room = await lock_room(tx, appointment.room_id)
    return appointment, room


async def _save(tx: Tx, appointment: Appointment, at: datetime) -> None:
    """Keeps all that is not told by calls. Under its lock."""
    await execute(
        tx,
        """
        UPDATE appointments SET
            client_id = %(client_id)s, provider_id = %(provider_id)s, conversation_id = %(conversation_id)s, scheduled_at = %(scheduled_at)s,
            duration_minutes = %(duration_minutes)s, status = %(status)s, is_video_call = %(is_video_call)s,
            recording_enabled = %(recording_enabled)s, recording_url = %(recording_url)s, payment_status = %(payment_status)s,
            payment_provider = %(payment_provider)s, payment_reference = %(payment_reference)s, room_id = %(room_id)s, settings = %(settings)s::jsonb,
            metadata = %(metadata)s::jsonb, reason = %(reason)s, confirmed_at = %(confirmed_at)s, declined_at = %(declined_at)s,
            cancelled_at = %(cancelled_at)s, completed_at = %(completed_at)s, no_show = %(no_show)s, next_deadline_at = %(next_deadline_at)s,
            updated_at = %(at)s
        WHERE id = %(id)s
        """,
        {**msgspec.structs.asdict(appointment), "settings": _json(appointment.settings), "metadata": _json(appointment.metadata), "at": at},
    )
    await tell_of_appointments(tx, [appointment.id])


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


# ── Who comes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _add_attendees(tx: Tx, appointment: Appointment, people: Sequence[tuple[str, Side]]) -> None:
    await execute(
        tx,
        """
        INSERT INTO attendees (appointment_id, identity, side, scheduled_at)
        SELECT %(id)s, identity, side, %(scheduled_at)s FROM unnest(%(identities)s::text[], %(sides)s::text[]) AS given(identity, side)
        """,
        {
            "id": appointment.id,
            "scheduled_at": appointment.scheduled_at,
            "identities": [identity for identity, _ in people],
            "sides": [side for _, side in people],
        },
    )


async def _seat(
    tx: Tx,
    appointment: Appointment,
    room: Room | None,
    people: Sequence[Attendee],
    wanted: Sequence[tuple[str, Side]],
    deployed: Deployed,
    acting: Acting,
) -> None:
    """Those who are wanted come, and of those who came nobody else: where there is a room already, their ways into it are made and closed."""
    known = {(one.identity, one.side) for one in people}
    for one in people:
        if (one.identity, one.side) not in wanted:
            await execute(tx, "DELETE FROM attendees WHERE appointment_id = %s AND identity = %s", [appointment.id, one.identity])
            if one.invite_id is not None:
                await _revoke(tx, appointment, one.invite_id, one.identity, acting)
    new = [one for one in wanted if one not in known]
    await _add_attendees(tx, appointment, new)
    if room is not None and new:
        if room.capacity < len(wanted):
            await change_room(tx, room.name, RoomChange(capacity=len(wanted), settings=_settings_of_room(appointment)), deployed)
        for identity, side in new:
            await _invite(tx, appointment, room.id, identity, side, acting)


async def _invite(tx: Tx, appointment: Appointment, room_id: UUID, identity: str, side: Side, acting: Acting) -> None:
    """Their way into its room. It opens and closes with the appointment, whenever that is, so it has no window of its own."""
    invite = await create_invite(tx, room_id, NewInvite(identity=identity, role=side, side=side, is_host=side == "provider"), acting.at)
    statement = "UPDATE attendees SET invite_id = %(invite_id)s WHERE appointment_id = %(id)s AND identity = %(identity)s"
    await execute(tx, statement, {"invite_id": invite.id, "id": appointment.id, "identity": identity})
    await _note(tx, Action.INVITE_CREATED, appointment, acting, identity=identity, room_id=room_id, invite_id=invite.id)


async def _revoke(tx: Tx, appointment: Appointment, invite_id: UUID, identity: str, acting: Acting) -> None:
    """They come in no more, and are put out."""
    await save_revocation(tx, invite_id, acting.at)
    await _note(tx, Action.INVITE_REVOKED, appointment, acting, identity=identity, room_id=appointment.room_id, invite_id=invite_id)
    await execute(tx, "UPDATE grants SET revoked_at = %s WHERE invite_id = %s AND revoked_at IS NULL", [acting.at, invite_id])


async def _close_grants(tx: Tx, room_id: UUID, closes_at: datetime, at: datetime) -> None:
    """Whoever is in its room may stay until then, unless their invite closes before. Sockets find it out by themselves. Under the room's lock."""
    call_id = await find_live_call(tx, room_id)
    await execute(tx, "SELECT FROM calls WHERE id = %s FOR UPDATE", [call_id])
    await execute(
        tx,
        """
        UPDATE grants SET closes_at = least(%(closes_at)s, (SELECT invites.closes_at FROM invites WHERE invites.id = grants.invite_id))
        WHERE room_id = %(room_id)s AND revoked_at IS NULL AND (closes_at IS NULL OR closes_at > %(at)s)
        """,
        {"room_id": room_id, "closes_at": closes_at, "at": at},
    )


# ── What is kept of it in the trail ───────────────────────────────────────────────────────────────────────────────────────────────


async def _note(
    tx: Tx,
    action: Action,
    appointment: Appointment,
    acting: Acting,
    metadata: Mapping[str, Any] | None = None,
    *,
    identity: str | None = None,
    **about: Any,
) -> None:
    """An entry of what was done, about its client where it is about nobody else."""
    await add_audit_entry(
        tx,
        action=action,
        at=acting.at,
        caller=acting.caller,
        origin=acting.origin,
        identity=identity or appointment.client_id,
        appointment_id=appointment.id,
        metadata=metadata,
        **about,
    )


TOLD = ("scheduled_at", "duration_minutes", "is_video_call", "recording_enabled")
"""What an entry tells the old and new values of; the rest can be personal, and is named alone."""


async def _note_changes(tx: Tx, old: Appointment, new: Appointment, names: Sequence[str], acting: Acting) -> None:
    """Payment and settings have entries of their own, with what was and what is."""
    if "payment_status" in names:
        await _note(tx, Action.PAYMENT_CHANGED, new, acting, {"old": old.payment_status, "new": new.payment_status})
    for change in changes(old.settings, new.settings):
        await _note(tx, Action.SETTINGS_CHANGED, new, acting, {"name": change.name, "old": change.old, "new": change.new})
    if rest := [name for name in names if name not in ("payment_status", "settings")]:
        told = {name: {"old": getattr(old, name), "new": getattr(new, name)} for name in rest if name in TOLD}
        await _note(tx, Action.APPOINTMENT_CHANGED, new, acting, {"changed": rest, **told})
