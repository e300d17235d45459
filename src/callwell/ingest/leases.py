"""How long we held a socket open: leases in a table of their own, renewed for all sockets of a process in one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from callwell.ingest.facts import Own
from callwell.postgres.pool import Tx, execute, fetch_all, fetch_one

QUALITY_KEPT = timedelta(minutes=2)
"""How long what was last known of a connection's quality is shown: twice the longest interval."""


class Opening(Struct, frozen=True):
    """What a connection's token stands for, when its socket wants to open or its facts are posted."""

    call_id: UUID
    connection_id: UUID
    participant_id: UUID
    identity: str | None
    is_host: bool
    created_at: datetime
    connect_until: datetime
    closes_at: datetime | None
    revoked_at: datetime | None
    clock_offset_ms: int
    status: str
    """The connection's."""
    ended_at: datetime | None
    """The call's."""
    was_held: bool
    is_waiting: bool
    """Whether it waits to be let in."""

    @property
    def own(self) -> Own:
        return Own(
            self.call_id,
            self.connection_id,
            self.participant_id,
            self.identity,
            self.created_at,
            self.clock_offset_ms,
            self.revoked_at,
            self.is_waiting,
        )


class Quality(Struct, frozen=True, omit_defaults=True):
    """How good a connection is just now. The numbers are of its last interval; what is not known or not told is left out."""

    category: str
    score: float | None = None
    rtt_ms: float | None = None
    packet_loss_pct: float | None = None
    jitter_ms: float | None = None
    bitrate_kbps: float | None = None
    at: datetime | None = None

    @property
    def in_brief(self) -> "Quality":
        """What others are told: how good it is, not why."""
        return Quality(self.category, self.score, at=self.at)


class Online(Struct, frozen=True, omit_defaults=True):
    """A connection whose socket is open, somewhere."""

    connection: UUID
    participant: UUID
    quality: Quality | None = None
    """None while it is not known."""


async def find_opening(tx: Tx, call_id: UUID, connection_id: UUID) -> Opening | None:
    return await fetch_one(
        tx,
        Opening,
        """
        SELECT g.call_id, g.connection_id, g.participant_id, coalesce('user:' || p.user_id, 'guest:' || p.guest_id) AS identity, g.is_host,
               g.created_at, g.connect_until, g.closes_at, g.revoked_at, g.clock_offset_ms, c.status, calls.ended_at,
               EXISTS (SELECT 1 FROM leases l WHERE l.call_id = g.call_id AND l.connection_id = g.connection_id) AS was_held,
               g.is_waiting
        FROM grants g
        JOIN connections c ON c.call_id = g.call_id AND c.id = g.connection_id
        JOIN participants p ON p.call_id = g.call_id AND p.id = g.participant_id
        JOIN calls ON calls.id = g.call_id
        WHERE g.call_id = %(call_id)s AND g.connection_id = %(connection_id)s
        """,
        {"call_id": call_id, "connection_id": connection_id},
    )


class LetIn(Struct, frozen=True):
    """A connection that waited, and does no longer."""

    connection_id: UUID
    since: datetime
    connect_until: datetime


async def list_let_in(tx: Tx, call_id: UUID, connection_ids: Sequence[UUID]) -> list[LetIn]:
    """Which of these connections of a call wait no longer."""
    return await fetch_all(
        tx,
        LetIn,
        """
        SELECT connection_id, created_at AS since, connect_until FROM grants
        WHERE call_id = %(call_id)s AND connection_id = ANY(%(connections)s) AND NOT is_waiting AND revoked_at IS NULL
        """,
        {"call_id": call_id, "connections": list(connection_ids)},
    )


async def open_lease(tx: Tx, opening: Opening, holder: UUID, clock_offset_ms: int, at: datetime, expires_at: datetime) -> None:
    """From now on the connection is held, by this process. Leases of its earlier sockets run out without meaning anything."""
    await execute(
        tx,
        "UPDATE leases SET settled = true, closed_at = coalesce(closed_at, %s) WHERE call_id = %s AND connection_id = %s AND NOT settled",
        [at, opening.call_id, opening.connection_id],
    )
    await execute(
        tx,
        """
        INSERT INTO leases (call_id, connection_id, opened_at, participant_id, holder, expires_at) VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (call_id, connection_id, opened_at)
        DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, closed_at = NULL, settled = false
        """,
        [opening.call_id, opening.connection_id, at, opening.participant_id, holder, expires_at],
    )
    await execute(
        tx,
        "UPDATE grants SET clock_offset_ms = %s WHERE call_id = %s AND connection_id = %s",
        [clock_offset_ms, opening.call_id, opening.connection_id],
    )


async def renew_leases(tx: Tx, holder: UUID, expiries: Mapping[tuple[UUID, UUID], datetime]) -> None:
    """One statement for all: each connection's lease runs from when it was last heard. One that had run out meanwhile is looked after again."""
    if expiries:
        await execute(
            tx,
            """
            UPDATE leases SET expires_at = new.expires_at, settled = false
            FROM unnest(%(calls)s::uuid[], %(connections)s::uuid[], %(expiries)s::timestamptz[]) AS new(call_id, connection_id, expires_at)
            WHERE leases.call_id = new.call_id AND leases.connection_id = new.connection_id AND leases.holder = %(holder)s
              AND leases.closed_at IS NULL AND leases.expires_at < new.expires_at
            """,
            {
                "holder": holder,
                "calls": [call_id for call_id, _ in expiries],
                "connections": [connection_id for _, connection_id in expiries],
                "expiries": list(expiries.values()),
            },
        )


async def close_lease(tx: Tx, call_id: UUID, connection_id: UUID, holder: UUID, at: datetime, expires_at: datetime) -> None:
    """The socket is gone. The lease still runs out as if it were not: who comes back in time was never away."""
    await execute(
        tx,
        """
        UPDATE leases SET closed_at = %s, expires_at = greatest(expires_at, %s)
        WHERE call_id = %s AND connection_id = %s AND holder = %s AND closed_at IS NULL
        """,
        [at, expires_at, call_id, connection_id, holder],
    )


async def list_online(tx: Tx, call_id: UUID, at: datetime) -> list[Online]:
    """Who can be spoken to, which who waits to be let in cannot.

    One whose socket broke a moment ago is still among them, until their lease runs out: media may well go on.
    """
    return await fetch_all(
        tx,
        Online,
        """
        SELECT c.id AS connection, c.participant_id AS participant,
               CASE WHEN q.category <> 'unknown' AND q.at > %(lately)s THEN to_json(q) END AS quality
        FROM connections c LEFT JOIN live_quality q ON q.call_id = c.call_id AND q.connection_id = c.id
        WHERE c.call_id = %(call_id)s AND c.status IN ('connecting', 'connected', 'disconnected') AND EXISTS (
            SELECT 1 FROM leases l WHERE l.call_id = c.call_id AND l.connection_id = c.id AND l.expires_at > %(at)s)
        ORDER BY c.id
        """,
        {"call_id": call_id, "at": at, "lately": at - QUALITY_KEPT},
    )
