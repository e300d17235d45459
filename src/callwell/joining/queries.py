"""What somebody finds who wants to come in, and what connection tokens and resume secrets stand for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from callwell.planning.bookings import Appointment
from callwell.planning.invites import Invite
from callwell.planning.rooms import Room
from callwell.postgres.pool import Database, Tx, execute, fetch_all, fetch_one, fetch_value, send
from callwell.record.events import Side


class Resume(Struct, frozen=True):
    """What lets a page come back as the same participant."""

    call_id: UUID
    participant_id: UUID
    room_id: UUID | None
    invite_id: UUID | None
    created_at: datetime


class Returning(Struct, frozen=True):
    """Somebody who was in a call before, as the record knows them."""

    user_id: str | None
    guest_id: str | None
    display_name: str | None
    role: str | None
    side: Side | None
    is_host: bool

    @property
    def identity(self) -> str | None:
        """None for somebody who was erased."""
        if self.user_id is not None:
            return f"user:{self.user_id}"
        return f"guest:{self.guest_id}" if self.guest_id is not None else None


class CallPlace(Struct, frozen=True):
    """Where a call takes place."""

    room_id: UUID | None
    appointment_id: UUID | None
    settings: dict[str, Any]


class Found(Struct, frozen=True, kw_only=True):
    """What there is where somebody wants to go to. Invite, room and appointment are locked, in this order."""

    invite: Invite | None
    is_known: bool
    """Whether whom the invite is for came in by it before."""
    room: Room | None
    appointment: Appointment | None
    is_invited: bool
    """Whether they are one of the appointment's people."""
    was_ended: bool
    """Whether a call of the appointment in which both sides were there was ended for all."""
    call_id: UUID | None
    """The room's unfinished call."""
    display_name: str | None
    """How the directory calls them."""


class PutOutConnection(Struct, frozen=True):
    """A connection that may stay no longer, and why."""

    call_id: UUID
    connection_id: UUID
    why: Literal["revoked", "refused", "window_closed", "gone"]
    closes_at: datetime | None = None


class OpenConnection(Struct, frozen=True):
    call_id: UUID
    connection_id: UUID


async def find_call_place(tx: Tx, call_id: UUID) -> CallPlace | None:
    """Where a call takes place; not locked, since its room's lock comes first. Neither room nor appointment of a call ever change."""
    return await fetch_one(tx, CallPlace, "SELECT room_id, appointment_id, settings FROM calls WHERE id = %s", [call_id])


async def find_way(
    tx: Tx,
    *,
    invite_id: UUID | None = None,
    room_id: UUID | None = None,
    appointment_id: UUID | None = None,
    identity: str | None = None,
) -> Found:
    """All that decides whether somebody may come in, under the locks of invite, room and appointment; sent in one go.

    Of an invite its room, of a room its appointment, and whom the invite is for are looked for with it. What is not there takes as long as what is.
    """
    asked = {"invite_id": invite_id, "room_id": room_id, "appointment_id": appointment_id, "identity": identity}
    async with tx.pipeline():
        invites = await send(tx, Invite, "SELECT * FROM invites WHERE id = %(invite_id)s FOR UPDATE", asked)
        known = await send(
            tx,
            _Yes,
            """
            SELECT EXISTS (
                SELECT 1 FROM invites JOIN invite_uses ON invite_uses.invite_id = invites.id AND invite_uses.identity = invites.identity
                WHERE invites.id = %(invite_id)s) AS yes
            """,
            asked,
        )
        rooms = await send(
            tx,
            Room,
            "SELECT * FROM rooms WHERE id = coalesce(%(room_id)s, (SELECT room_id FROM invites WHERE id = %(invite_id)s)) FOR UPDATE",
            asked,
        )
        appointments = await send(
            tx,
            Appointment,
            """
            SELECT * FROM appointments WHERE id = coalesce(%(appointment_id)s, (
                SELECT id FROM appointments WHERE room_id = coalesce(%(room_id)s, (SELECT room_id FROM invites WHERE id = %(invite_id)s))))
            FOR UPDATE
            """,
            asked,
        )
        about = await send(
            tx,
            _About,
            """
            WITH asked AS (
                SELECT coalesce(%(room_id)s, (SELECT room_id FROM invites WHERE id = %(invite_id)s)) AS room_id,
                       coalesce(%(identity)s, (SELECT identity FROM invites WHERE id = %(invite_id)s)) AS identity
            ), booked AS (
                SELECT appointments.id, appointments.status = 'completed' AS is_completed FROM appointments, asked
                WHERE appointments.id = coalesce(%(appointment_id)s, (SELECT id FROM appointments WHERE room_id = asked.room_id))
            )
            SELECT
                EXISTS (SELECT 1 FROM attendees, booked, asked
                        WHERE attendees.appointment_id = booked.id AND attendees.identity = asked.identity) AS is_invited,
                EXISTS (SELECT 1 FROM booked JOIN calls ON calls.appointment_id = booked.id JOIN events ON events.call_id = calls.id
                        WHERE calls.status = 'ended' AND (calls.overlap_ms > 0 OR booked.is_completed)
                        -- Ended by a command or the host's server: no timer's guess, and no engine's word that nobody is left.
                        AND events.type = 'call.ended' AND (events.source = 'callwell' OR events.source LIKE 'key:%%')) AS was_ended,
                (SELECT call_id FROM live_calls, asked WHERE live_calls.room_id = asked.room_id) AS call_id,
                (SELECT display_name FROM people, asked WHERE people.identity = asked.identity) AS display_name
            """,
            asked,
        )
        invite, used, room, appointment = await invites.fetchone(), await known.fetchone(), await rooms.fetchone(), await appointments.fetchone()
        rest = await about.fetchone()
    assert used is not None
    assert rest is not None
    return Found(
        invite=invite,
        is_known=used.yes,
        room=room,
        appointment=appointment,
        is_invited=appointment is None or rest.is_invited,
        was_ended=rest.was_ended,
        call_id=rest.call_id,
        display_name=rest.display_name,
    )


async def lock_call(tx: Tx, call_id: UUID) -> bool:
    """Whether there is such a call; it is locked then."""
    return bool(await fetch_value(tx, "SELECT true FROM calls WHERE id = %s FOR UPDATE", [call_id]))


async def find_being_put_out(tx: Tx, call_id: UUID, identity: str, *, since: datetime) -> Literal["refused", "revoked"] | None:
    """Whether somebody was sent away from the waiting room or put out of the call since then. Takes the call's lock, and looks under it."""
    kind, _, id = identity.partition(":")
    async with tx.pipeline():
        await send(tx, _CallId, "SELECT id AS call_id FROM calls WHERE id = %s FOR UPDATE", [call_id])
        found = await send(
            tx,
            _WhyOut,
            """
            SELECT CASE WHEN connections.status = 'refused' THEN 'refused' ELSE 'revoked' END AS why
            FROM participants JOIN grants
            ON grants.call_id = participants.call_id AND grants.participant_id = participants.id AND grants.revoked_at >= %(since)s
            LEFT JOIN connections ON connections.call_id = grants.call_id AND connections.id = grants.connection_id
            WHERE participants.call_id = %(call_id)s
            AND CASE WHEN %(is_user)s THEN participants.user_id = %(id)s ELSE participants.guest_id = %(id)s END
            ORDER BY grants.revoked_at DESC LIMIT 1
            """,
            {"call_id": call_id, "is_user": kind == "user", "id": id, "since": since},
        )
        row = await found.fetchone()
    return row.why if row else None


async def find_waiting_connection(tx: Tx, call_id: UUID, participant_id: UUID, at: datetime) -> UUID | None:
    """A connection with which somebody waits and that no page holds open: the page that asks again waits on with it. Under the call's lock."""
    return await fetch_value(
        tx,
        """
        SELECT id FROM connections c WHERE c.call_id = %(call_id)s AND c.participant_id = %(participant_id)s AND c.status = 'waiting'
        AND EXISTS (SELECT 1 FROM grants g WHERE g.call_id = c.call_id AND g.connection_id = c.id AND g.revoked_at IS NULL)
        AND NOT EXISTS (
            SELECT 1 FROM leases l WHERE l.call_id = c.call_id AND l.connection_id = c.id AND l.closed_at IS NULL AND l.expires_at > %(at)s)
        ORDER BY id DESC LIMIT 1
        """,
        {"call_id": call_id, "participant_id": participant_id, "at": at},
    )


async def add_grant(
    tx: Tx,
    *,
    call_id: UUID,
    connection_id: UUID,
    participant_id: UUID,
    room_id: UUID | None,
    invite_id: UUID | None,
    is_host: bool,
    at: datetime,
    is_waiting: bool = False,
    connect_until: datetime,
    closes_at: datetime | None,
) -> None:
    """What the connection's token stands for from then on. One that waits and asks again has waited since it first did."""
    await tx.execute(
        """
        INSERT INTO grants AS old
            (call_id, connection_id, participant_id, room_id, invite_id, is_host, created_at, is_waiting, connect_until, closes_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (call_id, connection_id) DO UPDATE SET
            created_at = CASE WHEN excluded.is_waiting THEN old.created_at ELSE excluded.created_at END,
            is_waiting = excluded.is_waiting, connect_until = excluded.connect_until, closes_at = excluded.closes_at
        """,
        [call_id, connection_id, participant_id, room_id, invite_id, is_host, at, is_waiting, connect_until, closes_at],
        prepare=True,
    )


async def let_in(tx: Tx, call_id: UUID, participant_id: UUID, at: datetime, connect_until: datetime) -> int:
    """What let somebody wait lets them in. Gives with how many connections. Under the call's lock."""
    return await execute(
        tx,
        """
        UPDATE grants SET is_waiting = false, created_at = %(at)s, connect_until = %(connect_until)s
        WHERE call_id = %(call_id)s AND participant_id = %(participant_id)s AND is_waiting AND revoked_at IS NULL
        """,
        {"call_id": call_id, "participant_id": participant_id, "at": at, "connect_until": connect_until},
    )


async def end_waiting(tx: Tx, call_id: UUID, participant_id: UUID, at: datetime) -> None:
    """What let somebody wait is good for nothing any more. Under the call's lock."""
    await execute(
        tx,
        "UPDATE grants SET revoked_at = %s WHERE call_id = %s AND participant_id = %s AND is_waiting AND revoked_at IS NULL",
        [at, call_id, participant_id],
    )


async def add_resume(tx: Tx, hash: bytes, resume: Resume) -> None:
    await tx.execute(
        "INSERT INTO resumes (hash, call_id, participant_id, room_id, invite_id, created_at) VALUES (%s, %s, %s, %s, %s, %s)",
        [hash, resume.call_id, resume.participant_id, resume.room_id, resume.invite_id, resume.created_at],
        prepare=True,
    )


async def find_resume(tx: Tx, hash: bytes) -> Resume | None:
    return await fetch_one(tx, Resume, "SELECT call_id, participant_id, room_id, invite_id, created_at FROM resumes WHERE hash = %s", [hash])


async def find_returning(tx: Tx, call_id: UUID, participant_id: UUID) -> Returning | None:
    """Somebody in a call, if they are there (any more)."""
    return await fetch_one(
        tx,
        Returning,
        "SELECT user_id, guest_id, display_name, role, side, is_host FROM participants WHERE call_id = %s AND id = %s",
        [call_id, participant_id],
    )


async def list_calls_by_invite(tx: Tx, invite_id: UUID) -> list[UUID]:
    """Unfinished calls in which somebody is by this invite, in the order in which calls are locked."""
    calls = await fetch_all(
        tx,
        _CallId,
        """
        SELECT DISTINCT grants.call_id FROM grants JOIN calls ON calls.id = grants.call_id
        WHERE grants.invite_id = %s AND calls.status IN ('initiated', 'ringing', 'active') ORDER BY grants.call_id
        """,
        [invite_id],
    )
    return [call.call_id for call in calls]


async def revoke_grants(tx: Tx, call_id: UUID, at: datetime, *, invite_id: UUID | None = None, participant_id: UUID | None = None) -> list[UUID]:
    """Ends what was granted in this call by an invite, or to a participant. Gives the connections. Under the call's lock."""
    revoked = await fetch_all(
        tx,
        OpenConnection,
        """
        UPDATE grants SET revoked_at = %(at)s
        WHERE call_id = %(call_id)s AND revoked_at IS NULL AND (invite_id = %(invite_id)s OR participant_id = %(participant_id)s)
        RETURNING call_id, connection_id
        """,
        {"call_id": call_id, "at": at, "invite_id": invite_id, "participant_id": participant_id},
    )
    return [grant.connection_id for grant in revoked]


async def revoke_other_grants(tx: Tx, invite_id: UUID, at: datetime) -> None:
    """Ends what else was granted by an invite: in calls that are over, where late facts may show that they are not."""
    await execute(tx, "UPDATE grants SET revoked_at = %s WHERE invite_id = %s AND revoked_at IS NULL", [at, invite_id])


async def list_connections_of(tx: Tx, call_id: UUID, participant_id: UUID) -> list[UUID]:
    """A participant's connections that are not over, with and without a token of ours."""
    rows = await fetch_all(
        tx,
        OpenConnection,
        """
        SELECT call_id, id AS connection_id FROM connections WHERE call_id = %s AND participant_id = %s
        AND status IN ('waiting', 'connecting', 'connected', 'disconnected') ORDER BY id
        """,
        [call_id, participant_id],
    )
    return [row.connection_id for row in rows]


async def list_put_out(db: Database, connections: Sequence[tuple[UUID, UUID]], at: datetime) -> list[PutOutConnection]:
    """Which of these open connections (call, connection) may stay no longer: revoked, their window over, or erased with their call.

    Asked every 2 s for all sockets of a process.
    """
    if not connections:
        return []
    async with db.connection() as tx:
        return await fetch_all(
            tx,
            PutOutConnection,
            """
            SELECT open.call_id, open.connection_id,
                   CASE WHEN grants.call_id IS NULL THEN 'gone'
                        WHEN grants.revoked_at IS NOT NULL AND connections.status = 'refused' THEN 'refused'
                        WHEN grants.revoked_at IS NOT NULL THEN 'revoked' ELSE 'window_closed' END AS why,
                   grants.closes_at
            FROM unnest(%(calls)s::uuid[], %(connections)s::uuid[]) AS open(call_id, connection_id)
            LEFT JOIN grants ON grants.call_id = open.call_id AND grants.connection_id = open.connection_id
            LEFT JOIN connections ON connections.call_id = open.call_id AND connections.id = open.connection_id
            WHERE grants.call_id IS NULL OR grants.revoked_at IS NOT NULL OR grants.closes_at <= %(at)s
            """,
            {"calls": [call for call, _ in connections], "connections": [connection for _, connection in connections], "at": at},
        )


class _CallId(Struct, frozen=True):
    call_id: UUID


class _Yes(Struct, frozen=True):
    yes: bool


class _WhyOut(Struct, frozen=True):
    why: Literal["refused", "revoked"]


class _About(Struct, frozen=True):
    is_invited: bool
    was_ended: bool
    call_id: UUID | None
    display_name: str | None
