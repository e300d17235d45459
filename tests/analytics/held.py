"""A small practice of some weeks, across the end of summer time: made through the ledger, judged and counted as the worker does it. And its raw record, to count by hand."""

import asyncio
import uuid
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from callwell.analytics.rollups import count_changes
from callwell.cli.demo import add_practice
from callwell.ids import room_name
from callwell.postgres import Database
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.quality.making import keep_report, profiles_of
from callwell.record.ledger import Ledger
from callwell.settings import Settings

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 2, 15, 20, tzinfo=UTC)
"""Until when there was something: a Monday."""
CALLS, DAYS = 80, 40
SINCE, UNTIL = "2026-09-20", "2026-11-03"
"""All of it."""


async def count_all(db: Database, at: datetime = AT) -> None:
    """As the reader does, until there is nothing more. Transactions of other tests, in other databases, hold it back, too."""
    while True:
        counted = await count_changes(db, at)
        async with db.connection() as tx:
            behind = await (
                await tx.execute(
                    "SELECT EXISTS (SELECT FROM changes, change_readers AS r WHERE r.name = 'rollups' AND (changes.txid, changes.position) > (r.txid, r.position))"
                    " OR EXISTS (SELECT FROM appointment_changes)"
                )
            ).fetchone()
        if not counted and behind == (False,):
            return


async def judge_all(db: Database, ledger: Ledger, settings: Settings, at: datetime = AT) -> None:
    """Makes the reports of all calls that are over."""
    async with db.connection() as tx:
        calls = await (await tx.execute("SELECT id FROM calls ORDER BY id")).fetchall()
    for (id,) in calls:
        await keep_report(db, ledger, profiles_of(settings), id, at)


async def live_in(db: Database, time_zone: str) -> None:
    async with db.transaction() as tx:
        await tx.execute(
            "INSERT INTO settings (name, value, updated_at) VALUES ('time_zone', %s::jsonb, now()) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [msgspec.json.encode(time_zone).decode()],
        )


async def _hold(dsn: str) -> None:
    settings = Settings(database_url=dsn, secret_key="11" * 32)
    async with await Database.connect(dsn, 8) as db, Ledger(db, settings).running() as ledger:
        await live_in(db, BERLIN.key)
        await add_practice(db, ledger, CALLS, DAYS, seed=3, until=AT)
        await judge_all(db, ledger, settings)
        await count_all(db)


@pytest.fixture(scope="session")
def held_template(postgres_server: EmbeddedPostgres, template: str) -> str:
    """Name of a database in which the practice was held. The first worker holds it, while the others wait."""
    with psycopg.connect(postgres_server.dsn_of("postgres"), autocommit=True) as alone:
        alone.execute("SELECT pg_advisory_lock(2)")
        if not alone.execute("SELECT FROM pg_database WHERE datname = 'held' AND datistemplate").fetchall():
            alone.execute("DROP DATABASE IF EXISTS held WITH (FORCE)")
            alone.execute(sql.SQL("CREATE DATABASE held TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template)))
            with ThreadPoolExecutor(1) as thread:  # a loop of its own: this one's thread has the tests'
                thread.submit(asyncio.run, _hold(postgres_server.dsn_of("held"))).result()
            alone.execute("ALTER DATABASE held IS_TEMPLATE true")
    return "held"


@pytest.fixture
def held_url(postgres_server: EmbeddedPostgres, postgres_admin: psycopg.Connection, held_template: str) -> Iterator[str]:
    """A database of the test's own, in which the practice was held."""
    name = f"test_{uuid.uuid4().hex}"
    postgres_admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(name), sql.Identifier(held_template)))
    yield postgres_server.dsn_of(name)
    postgres_admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


# ── By hand ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Minute:
    """One minute of one person, as their report tells it."""

    at: datetime
    told: dict[str, Any]
    call: "Held"
    values: dict[str, set[str]]


@dataclass(frozen=True)
class Held:
    """A call as it is on record."""

    row: dict[str, Any]
    people: list[dict[str, Any]]
    connections: list[dict[str, Any]]
    report: dict[str, Any] | None

    @property
    def began_at(self) -> datetime:
        return self.row["started_at"] or self.row["created_at"]

    @property
    def provider(self) -> str:
        return next((one["identity"] for one in self.people if one["side"] == "provider"), self.row["provider_name"] or "unknown")

    @property
    def score(self) -> float | None:
        return self.report["score"] if self.report else None

    def values(self, dimension: str) -> set[str]:
        """Under which values it counts."""
        own: dict[str, set[str]] = {
            "engine": {self.row["engine"]},
            "mode": {self.row["mode"]},
            "kind": {self.row["type"]},
            "provider": {self.provider},
            "room": {room_name(self.row["room_id"]) if self.row["room_id"] else "unknown"},
            "tag": set(self.row["metadata"].get("tags", [])),
        }
        if dimension in own:
            return own[dimension]
        return {place(one)[dimension] for one in self.connections} or {"unknown"}

    def minutes(self) -> Iterator[Minute]:
        for person in self.report["people"] if self.report else ():
            own = [place(one) for one in self.connections if str(one["participant_id"]) == person["participant_id"]]
            values = {name: {one[name] for one in own} or {"unknown"} for name in ("browser", "os", "device", "network", "country")}
            for told in person["minutes"]:
                yield Minute(self.began_at.replace(second=0, microsecond=0) + timedelta(minutes=told["minute"]), told, self, values)


def place(connection: dict[str, Any]) -> dict[str, str]:
    """With what a connection was, and where."""
    told = connection["metadata"] or {}
    return {
        "browser": (connection["browser"] or "unknown").split(" ")[0],
        "os": connection["os"] or "unknown",
        "device": connection["device_type"] or "unknown",
        "network": told.get("network") or "unknown",
        "country": told.get("country") or "unknown",
    }


@dataclass(frozen=True)
class Record:
    """All that the practice left."""

    calls: list[Held]
    appointments: list[dict[str, Any]]
    names: dict[str, str]

    def during(self, since: datetime, until: datetime) -> list[Held]:
        return [call for call in self.calls if since <= call.began_at < until]


async def read_record(db: Database) -> Record:
    async with db.connection() as tx, tx.cursor(row_factory=dict_row) as cursor:

        async def rows(statement: Any) -> list[dict[str, Any]]:
            return await (await cursor.execute(statement)).fetchall()

        people = await rows("SELECT *, coalesce('user:' || user_id, 'guest:' || guest_id) AS identity FROM participants")
        connections = await rows("SELECT * FROM connections")
        reports = {row["call_id"]: row["body"] for row in await rows("SELECT call_id, body FROM reports")}
        calls = [
            Held(
                row,
                [one for one in people if one["call_id"] == row["id"]],
                [one for one in connections if one["call_id"] == row["id"]],
                reports.get(row["id"]),
            )
            for row in await rows("SELECT * FROM calls")
        ]
        names = {row["identity"]: row["display_name"] for row in await rows("SELECT identity, display_name FROM people")}
        return Record(calls, await rows("SELECT * FROM appointments"), names)


def local(at: datetime) -> datetime:
    return at.astimezone(BERLIN)


def midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)


def mean(values: Collection[float]) -> float | None:
    return sum(values) / len(values) if values else None


def least_at_most(values: Sequence[float], share: float) -> float:
    """The exact percentile: the least value that is not exceeded by this share of all."""
    ordered = sorted(values)
    return ordered[max(1, ceil(share * len(ordered))) - 1]
