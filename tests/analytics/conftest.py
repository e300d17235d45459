"""An audit trail that is written as one likes, the figures kept from it, and the same counted by the database from scratch."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

import msgspec
import pytest

from callwell import ids
from callwell.analytics.metrics import count_entries, rebuild_metrics
from callwell.postgres import Database
from callwell.postgres.roles import become_retention
from callwell.record.audit import Action, Entry, add_audit_entries
from callwell.record.counted import erase_counted_person

KEY = b"k" * 32

UNITS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}


class Trail:
    """The trail, and what is kept of it."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def write(self, *entries: Entry) -> None:
        async with self.db.transaction() as tx:
            await add_audit_entries(tx, entries)

    async def tell(self, action: Action, at: datetime, **about: Any) -> None:
        await self.write(Entry(action=action, at=at, caller="test", **about))

    async def count(self, most: int = 2000, key: bytes = KEY) -> None:
        """As the reader does, until it has seen everything: transactions of other tests, in other databases, hold it back, too."""
        uncounted = "SELECT 1 FROM audit_entries JOIN metrics_reader AS reader ON (audit_entries.txid, id) > (reader.txid, entry_id) LIMIT 1"
        await count_entries(self.db, key, most)
        while await self.rows(uncounted):
            await count_entries(self.db, key, most)

    async def rebuild(self, since: datetime | None = None, until: datetime | None = None) -> Mapping[str, tuple[int, int]]:
        """How many rows were made again and how many kept, by period."""
        return {rebuilt.period: (rebuilt.made, rebuilt.kept) for rebuilt in await rebuild_metrics(self.db, KEY, since, until)}

    async def erase(self, identity: str) -> None:
        """As who erases people does: who they were goes, from the figures and from the entries, and one random id stays."""
        erased_id = ids.uuid7()
        async with self.db.transaction() as tx:
            await erase_counted_person(tx, KEY, identity, erased_id)
            await tx.execute(
                "UPDATE audit_identities SET identity = NULL, address = NULL, user_agent = NULL, salt = NULL, erased_id = %s WHERE identity = %s",
                [erased_id, identity],
            )

    async def purge(self, before: datetime) -> None:
        """As retention does, once entries are archived."""
        async with self.db.transaction() as tx:
            await become_retention(tx)
            await tx.execute("DELETE FROM audit_entries WHERE at < %s", [before])

    async def live_in(self, time_zone: str) -> None:
        await self.execute(
            "INSERT INTO settings (name, value, updated_at) VALUES ('time_zone', %s::jsonb, now()) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            msgspec.json.encode(time_zone).decode(),
        )

    async def forget(self) -> None:
        """As if nothing had ever happened."""
        async with self.db.transaction() as tx:
            await tx.execute("SET LOCAL ROLE NONE")
            await tx.execute("TRUNCATE audit_entries, audit_identities, metrics, metric_errors, metric_users, metric_zones, settings CASCADE")
        await self.execute("UPDATE metrics_reader SET txid = '0', entry_id = '00000000-0000-0000-0000-000000000000'")

    # ── What stands there ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def rows(self, statement: LiteralString, *parameters: Any, **named: Any) -> list[tuple[Any, ...]]:
        async with self.db.connection() as tx:
            return await (await tx.execute(statement, named or parameters)).fetchall()

    async def execute(self, statement: LiteralString, *parameters: Any) -> None:
        async with self.db.transaction() as tx:
            await tx.execute(statement, parameters)

    async def tables(self) -> Sequence[Any]:
        """All that is kept, to the last row."""
        return [
            await self.rows("SELECT to_jsonb(metrics) FROM metrics ORDER BY period, starts_at"),
            await self.rows("SELECT to_jsonb(metric_errors) FROM metric_errors ORDER BY period, starts_at, action, code"),
            await self.rows("SELECT to_jsonb(metric_users) FROM metric_users ORDER BY period, starts_at, person"),
        ]

    async def figures(self, period: str) -> list[tuple[Any, ...]]:
        """What was counted, the earliest period first, in the order of `counted_from_scratch`."""
        return await self.rows(
            """
            SELECT starts_at, attempts, successes, failures, calls, completed, duration_ms, connections, timed_connections, connecting_ms,
                   failed_connections, unique_users, entry_count,
                   coalesce((SELECT jsonb_object_agg(action || ' ' || code, count) FROM metric_errors
                             WHERE metric_errors.period = metrics.period AND metric_errors.starts_at = metrics.starts_at), '{}')
            FROM metrics WHERE period = %s ORDER BY starts_at
            """,
            period,
        )

    async def counted_from_scratch(self, period: str, time_zone: str) -> list[tuple[Any, ...]]:
        """The same by one statement over all entries, periods cut by the database's own idea of time zones."""
        return await self.rows(
            """
            WITH counted AS (
                SELECT date_trunc(%(unit)s, at, %(zone)s) AS starts_at, action, error_code AS code, duration_ms AS ms,
                       (metadata->>'was_ms')::bigint AS was_ms, metadata ? 'undone' AS undone, coalesce(identity, erased_id::text) AS person
                FROM audit_entries LEFT JOIN audit_identities ON entry_id = id
                WHERE NOT metadata ? 'demo' AND action IN ('join_attempt', 'join_success', 'join_denied', 'call_start', 'call_end',
                    'connection_established', 'connection_failed', 'permission_denied', 'error_occurred')
            ), codes AS (
                SELECT starts_at, action || ' ' || code AS name, count(*) AS times FROM counted
                WHERE action IN ('join_denied', 'connection_failed', 'permission_denied', 'error_occurred') AND code IS NOT NULL
                GROUP BY starts_at, action, code
            )
            SELECT starts_at, count(*) FILTER (WHERE action = 'join_attempt'), count(*) FILTER (WHERE action = 'join_success'),
                   count(*) FILTER (WHERE action = 'join_denied'), count(*) FILTER (WHERE action = 'call_start'),
                   count(*) FILTER (WHERE action = 'call_end' AND was_ms IS NULL) - count(*) FILTER (WHERE undone),
                   coalesce(sum(ms - coalesce(was_ms, 0)) FILTER (WHERE action = 'call_end'), 0)::bigint,
                   count(*) FILTER (WHERE action = 'connection_established'),
                   count(ms) FILTER (WHERE action = 'connection_established'),
                   coalesce(sum(ms) FILTER (WHERE action = 'connection_established'), 0)::bigint,
                   count(*) FILTER (WHERE action = 'connection_failed'),
                   count(DISTINCT person) FILTER (WHERE action IN ('join_success', 'connection_established')), count(*),
                   coalesce((SELECT jsonb_object_agg(name, times) FROM codes WHERE codes.starts_at = counted.starts_at), '{}')
            FROM counted GROUP BY starts_at ORDER BY starts_at
            """,
            unit=UNITS[period],
            zone=time_zone,
        )

    async def check(self, time_zone: str = "UTC") -> None:
        """What was kept is what there is to count, for every period."""
        for period in UNITS:
            assert await self.figures(period) == await self.counted_from_scratch(period, time_zone), period


@pytest.fixture
def trail(db: Database) -> Trail:
    return Trail(db)
