"""What connection tokens and resume secrets stand for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from callwell.postgres.pool import Database, Tx, execute, fetch_all, fetch_one, fetch_value
from callwell.record.events import CallMode, Side


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
    room_id: UUID | None
    mode: CallMode


class PutOutConnection(Struct, frozen=True):
    """A connection that may stay no longer, and why."""

    call_id: UUID
    connection_id: UUID
    why: Literal["revoked", "window_closed", "gone"]


class OpenConnection(Struct, frozen=True):
    call_id: UUID
    connection_id: UUID


async def find_call_place(tx: Tx, call_id: UUID) -> CallPlace | None:
    """Where a call takes place; not locked, since its room's lock comes first. A call's room never changes."""
    return await fetch_one(tx, CallPlace, "SELECT room_id, mode FROM calls WHERE id = %s", [call_id])


async def lock_call(tx: Tx, call_id: UUID) -> bool:
    """Whether there is such a call; it is locked then."""
    return bool(await fetch_value(tx, "SELECT true FROM calls WHERE id = %s FOR UPDATE", [call_id]))


async def was_put_out(tx: Tx, call_id: UUID, identity: str, *, since: datetime) -> bool:
    """Whether somebody was put out of the call since then. Under the call's lock."""
    kind, _, id = identity.partition(":")
    return bool(
        await fetch_value(
            tx,
            """
            SELECT true FROM participants JOIN grants
            ON grants.call_id = participants.call_id AND grants.participant_id = participants.id AND grants.revoked_at >= %(since)s
            WHERE participants.call_id = %(call_id)s
            AND CASE WHEN %(is_user)s THEN participants.user_id = %(id)s ELSE participants.guest_id = %(id)s END
            LIMIT 1
            """,
            {"call_id": call_id, "is_user": kind == "user", "id": id, "since": since},
        )
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
    connect_until: datetime,
    closes_at: datetime | None,
) -> None:
    """What the connection's token stands for from then on."""
    await tx.execute(
        """
        INSERT INTO grants (call_id, connection_id, participant_id, room_id, invite_id, is_host, created_at, connect_until, closes_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [call_id, connection_id, participant_id, room_id, invite_id, is_host, at, connect_until, closes_at],
        prepare=True,
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
                   CASE WHEN grants.call_id IS NULL THEN 'gone' WHEN grants.revoked_at IS NOT NULL THEN 'revoked' ELSE 'window_closed' END AS why
            FROM unnest(%(calls)s::uuid[], %(connections)s::uuid[]) AS open(call_id, connection_id)
            LEFT JOIN grants ON grants.call_id = open.call_id AND grants.connection_id = open.connection_id
            WHERE grants.call_id IS NULL OR grants.revoked_at IS NOT NULL OR grants.closes_at <= %(at)s
            """,
            {"calls": [call for call, _ in connections], "connections": [connection for _, connection in connections], "at": at},
        )


class _CallId(Struct, frozen=True):
    call_id: UUID
