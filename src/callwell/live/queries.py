"""Which calls changed, and whom they concern."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from callwell.ingest.leases import Quality
from callwell.postgres.pool import Tx, fetch_all


class Standing(Struct, frozen=True):
    """How far a call has come."""

    id: UUID
    version: int
    is_finished: bool


class Label(Struct, frozen=True):
    """How good somebody's connection is just now."""

    call_id: UUID
    identity: str | None
    participant: UUID
    connection: UUID
    quality: Quality


class Presence(Struct, frozen=True):
    """Somebody who is in an unfinished call, and how far it has come."""

    user_id: str | None
    guest_id: str | None
    call_id: UUID
    version: int

    @property
    def identity(self) -> str:
        return f"user:{self.user_id}" if self.user_id is not None else f"guest:{self.guest_id}"


async def list_standings(tx: Tx, ids: Collection[UUID]) -> list[Standing]:
    """Those of these calls that there are."""
    return await fetch_all(
        tx, Standing, "SELECT id, version, ended_at IS NOT NULL AS is_finished FROM calls WHERE id = ANY(%(ids)s)", {"ids": list(ids)}
    )


async def list_unfinished(tx: Tx) -> list[Standing]:
    """Every call that is unfinished, the newest first."""
    return await fetch_all(
        tx,
        Standing,
        """
        SELECT id, version, false AS is_finished FROM calls WHERE status IN ('initiated', 'ringing', 'active') ORDER BY created_at DESC, id DESC
        """,
    )


async def list_labels(tx: Tx, call_ids: Collection[UUID], since: datetime) -> list[Label]:
    """Of connections in these calls that go on, those heard of since then."""
    return await fetch_all(
        tx,
        Label,
        """
        SELECT c.call_id, coalesce('user:' || p.user_id, 'guest:' || p.guest_id) AS identity, p.id AS participant, c.id AS connection,
               to_json(q) AS quality
        FROM live_quality AS q
        JOIN connections AS c ON c.call_id = q.call_id AND c.id = q.connection_id
        JOIN participants AS p ON p.call_id = c.call_id AND p.id = c.participant_id
        WHERE q.call_id = ANY(%(ids)s) AND q.at > %(since)s AND c.status IN ('waiting', 'connecting', 'connected', 'disconnected', 'unseen')
        ORDER BY c.id
        """,
        {"ids": list(call_ids), "since": since},
    )


async def list_people(tx: Tx, call_ids: Collection[UUID]) -> set[str]:
    """The identities of everybody in these calls."""
    people = await fetch_all(
        tx,
        Presence,
        """
        SELECT user_id, guest_id, call_id, 0 AS version FROM participants
        WHERE call_id = ANY(%(ids)s) AND (user_id IS NOT NULL OR guest_id IS NOT NULL)
        """,
        {"ids": list(call_ids)},
    )
    return {one.identity for one in people}


async def list_presences(tx: Tx, identities: Collection[str]) -> list[Presence]:
    """In which unfinished calls these people are."""
    return await fetch_all(
        tx,
        Presence,
        """
        SELECT user_id, guest_id, call_id, version FROM participants JOIN calls ON calls.id = participants.call_id
        WHERE user_id = ANY(%(users)s) AND participants.status IN ('waiting', 'connecting', 'connected', 'disconnected') AND ended_at IS NULL
        UNION ALL
        SELECT user_id, guest_id, call_id, version FROM participants JOIN calls ON calls.id = participants.call_id
        WHERE guest_id = ANY(%(guests)s) AND participants.status IN ('waiting', 'connecting', 'connected', 'disconnected') AND ended_at IS NULL
        """,
        {"users": _ids("user", identities), "guests": _ids("guest", identities)},
    )


def _ids(kind: str, identities: Collection[str]) -> list[str]:
    return [identity.removeprefix(f"{kind}:") for identity in identities if identity.startswith(f"{kind}:")]
