"""Invites: grants to join a room. Their secrets are made from their ids and the deployment's key, and stand nowhere."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from callwell import errors, ids
from callwell.http import Body
from callwell.planning.words import Name, Word
from callwell.postgres.pool import Tx, execute, fetch_all, fetch_one
from callwell.record.derive import side_of
from callwell.record.events import Identity, Side

PREFIX = "inv"
"""What an invite's secret begins with."""

Moment = Annotated[datetime, Meta(tz=True)]


class Invite(Struct, frozen=True, kw_only=True):
    id: UUID
    room_id: UUID
    identity: str | None
    """Whom it is for; None: whoever has it, and each comes as a guest of their own."""
    display_name: str | None
    role: str
    side: Side | None
    is_host: bool
    opens_at: datetime | None
    closes_at: datetime | None
    max_uses: int | None
    use_count: int
    """How many distinct people came in by it."""
    created_at: datetime
    revoked_at: datetime | None


class NewInvite(Body, frozen=True):
    identity: Identity | None = None
    display_name: Name | None = None
    role: Word = "participant"
    side: Side | None = None
    is_host: bool = False
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    max_uses: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


def secret_of(key: bytes, invite_id: UUID) -> str:
    """The invite's secret, made again."""
    return ids.derived_secret(key, PREFIX, invite_id)


def link_to(base_url: str, room_id: UUID, secret: str) -> str:
    """The room's page with the secret in the fragment, which browsers send to nobody."""
    return f"{base_url}/room/{ids.room_name(room_id)}#{secret}"


async def create_invite(tx: Tx, room_id: UUID, new: NewInvite, at: datetime) -> Invite:
    """Raises Invalid where the window closes before it opens."""
    if new.opens_at and new.closes_at and new.closes_at <= new.opens_at:
        raise errors.Invalid(problem="closes_at: must be after opens_at", fields={"closes_at": "must be after opens_at"})
    invite = await fetch_one(
        tx,
        Invite,
        """
        INSERT INTO invites (id, room_id, identity, display_name, role, side, is_host, opens_at, closes_at, max_uses, created_at)
        VALUES (%(id)s, %(room_id)s, %(identity)s, %(display_name)s, %(role)s, %(side)s, %(is_host)s, %(opens_at)s, %(closes_at)s, %(max_uses)s, %(at)s)
        RETURNING *
        """,
        {
            "id": ids.uuid7(),
            "room_id": room_id,
            "identity": new.identity,
            "display_name": new.display_name,
            "role": new.role,
            "side": side_of(new.role, new.side),
            "is_host": new.is_host,
            "opens_at": new.opens_at,
            "closes_at": new.closes_at,
            "max_uses": new.max_uses,
            "at": at,
        },
    )
    assert invite is not None
    return invite


async def get_invite(tx: Tx, id: UUID) -> Invite:
    """Raises NotFound."""
    invite = await fetch_one(tx, Invite, "SELECT * FROM invites WHERE id = %s", [id])
    if invite is None:
        raise errors.NotFound(what="invite", id=id)
    return invite


async def lock_invite(tx: Tx, id: UUID) -> Invite | None:
    """The invite, with its lock, which comes before any other."""
    return await fetch_one(tx, Invite, "SELECT * FROM invites WHERE id = %s FOR UPDATE", [id])


class InvitePosition(Struct, frozen=True, array_like=True):
    """Where a page of invites ends."""

    created_at: datetime
    id: UUID


async def list_invites(tx: Tx, room_id: UUID, *, after: InvitePosition | None, rows: int) -> list[Invite]:
    """Newest first."""
    statement = "SELECT * FROM invites WHERE room_id = %(room_id)s"
    if after is not None:
        statement += " AND (created_at, id) < (%(after_at)s, %(after_id)s)"
    return await fetch_all(
        tx,
        Invite,
        statement + " ORDER BY created_at DESC, id DESC LIMIT %(rows)s",
        {"room_id": room_id, "after_at": after and after.created_at, "after_id": after and after.id, "rows": rows},
    )


async def add_use(tx: Tx, invite_id: UUID, identity: str, at: datetime) -> None:
    """One more person came in by it. Under the invite's lock."""
    await execute(tx, "INSERT INTO invite_uses (invite_id, identity, used_at) VALUES (%s, %s, %s)", [invite_id, identity, at])
    await execute(tx, "UPDATE invites SET use_count = use_count + 1 WHERE id = %s", [invite_id])


async def save_revocation(tx: Tx, invite_id: UUID, at: datetime) -> None:
    """Nobody comes in by it any more."""
    await execute(tx, "UPDATE invites SET revoked_at = %s WHERE id = %s", [at, invite_id])
