"""While the database is away nothing is promised and nothing is lost; it comes back by itself."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from websockets.asyncio.client import ClientConnection

from callwell import ids
from callwell.postgres import Database
from callwell.postgres.pool import sqlstate
from callwell.record import events as e, ledger as ledger_module
from callwell.record.events import NewEvent, Writer
from callwell.record.ledger import Ledger
from callwell.settings import Settings

from .hosts import READY_WITHIN, Stand
from .test_crashes import open_page, traffic_to

ANSWERED_WITHIN = 15
"""Seconds until somebody is told that the database is away: 5 of them are spent on hoping that it comes back."""


# ── Away ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_reads_and_writes_are_told_to_come_back_and_then_succeed(stand: Stand) -> None:
    """Given a database that is away, then whatever needs it is a 503 with Retry-After, and once it is back the same requests succeed."""
    ground = await stand("own")
    traffic = await traffic_to(ground)
    async with traffic.client() as client:
        call = (await client.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1"})).raise_for_status().json()["id"]
        fact = {"id": str(ids.uuid7()), "call_id": call, "type": "custom.note", "occurred_at": "2026-11-21T09:00:00Z", "data": {}}
        requests = [
            ("POST", "/v1/events", {"events": [fact]}),
            ("POST", "/v1/calls", {"type": "video", "mode": "p2p", "initiator": "user:2"}),
            ("POST", "/v1/rooms", {}),
            ("POST", "/v1/join", {"invite": "inv_" + "x" * 40}),
            ("GET", f"/v1/calls/{call}", None),
            ("GET", "/v1/calls", None),
            ("GET", f"/v1/calls/{call}/events", None),
        ]
        ground.kill_postgres()

        begun = time.monotonic()
        answers = await asyncio.gather(*(client.request(method, path, json=body) for method, path, body in requests))
        assert time.monotonic() - begun < ANSWERED_WITHIN
        for request, answer in zip(requests, answers, strict=True):
            assert answer.status_code == 503, request
            assert int(answer.headers["retry-after"]) > 0, request
            assert answer.json()["code"].startswith("unavailable."), request
        assert (await client.get("/health/live")).status_code == 200
        not_ready = await client.get("/health/ready")
        assert (not_ready.status_code, not_ready.json()["reasons"]) == (503, ["The database cannot be reached."])

        await ground.bring_postgres_back()
        await ground.host.ready(within=READY_WITHIN)

        answers = await asyncio.gather(*(client.request(method, path, json=body) for method, path, body in requests))
        assert [answer.status_code for answer in answers] == [200, 201, 201, 403, 200, 200, 200]
        assert answers[0].json()["stored"] == 1
        kept = (await client.get(f"/v1/calls/{call}/events")).json()["items"]
        assert [one["id"] for one in kept].count(fact["id"]) == 1


async def test_a_page_is_told_to_keep_its_facts_and_send_them_again(stand: Stand) -> None:
    """Given a page whose socket is open, when the database goes away, then its facts are answered with ``retry``, and once it is back they are stored."""
    ground = await stand("own")
    traffic = await traffic_to(ground)
    page = await open_page(ground, traffic)
    fact = {"id": str(ids.uuid7()), "type": "participant.connected", "occurred_at": datetime.now(UTC).isoformat(), "data": {}}
    ground.kill_postgres()

    told = await told_of(page, fact)
    assert (told["type"], told["after_ms"] > 0, told["code"]) == ("retry", True, "unavailable.database")

    await ground.bring_postgres_back()
    await ground.host.ready(within=READY_WITHIN)

    told = await told_of(page, fact)
    assert [one["outcome"] for one in told["outcomes"]] == ["stored"]
    await page.close()


async def told_of(page: ClientConnection, fact: dict[str, Any]) -> dict[str, Any]:
    """What the page hears of a fact that it sends."""
    await page.send(msgspec.json.encode({"type": "events", "seq": 1, "events": [fact]}).decode())
    async with asyncio.timeout(ANSWERED_WITHIN + 5):
        while True:
            heard = msgspec.json.decode(await page.recv())
            if heard["type"] in ("retry", "outcomes"):
                return heard


# ── In each other's way ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """PostgreSQL's codes of what went wrong in the ledger's transactions, as it was asked whether to try again."""
    seen: list[str | None] = []
    is_retryable = ledger_module.is_retryable

    def watched(why: BaseException) -> bool:
        seen.append(sqlstate(why))
        return is_retryable(why)

    monkeypatch.setattr(ledger_module, "is_retryable", watched)
    return seen


@pytest.fixture
def other(database_url: str) -> Iterator[psycopg.Connection]:
    """Somebody else's connection, who holds locks and never gives way."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SET deadlock_timeout = '1min'")
        connection.commit()
        yield connection


def note(call_id: UUID) -> NewEvent:
    return NewEvent(call_id, ids.uuid7(), "custom.note", datetime.now(UTC), e.Custom({"a": 1}))


async def append(ledger: Ledger, *facts: NewEvent) -> list[str]:
    return [outcome.outcome for outcome in await ledger.append("key:host", Writer.SERVER, facts, received_at=datetime.now(UTC))]


async def times_kept(db: Database, fact: NewEvent) -> int:
    async with db.connection() as tx:
        cursor = await tx.execute("SELECT FROM events WHERE call_id = %s AND id = %s", [fact.call_id, fact.id])
        return cursor.rowcount


async def test_a_group_that_loses_a_deadlock_is_written_again(db: Database, other: psycopg.Connection, states: list[str | None]) -> None:
    """Given somebody who locks two calls in the other order, when the ledger is the one that PostgreSQL sends away, then it writes the group again, once."""
    first, second = sorted([ids.uuid7(), ids.uuid7()])
    async with Ledger(db, Settings()).running() as ledger:
        await append(ledger, note(first), note(second))
        facts = [note(second), note(first)]
        lock = "SELECT FROM calls WHERE id = %s FOR UPDATE"
        other.execute(lock, [second])

        writing = asyncio.create_task(append(ledger, *facts))
        await wait_for_somebody_waiting(db)
        await asyncio.to_thread(other.execute, lock, [first])  # given only when the ledger lets go of it
        other.commit()

        assert await writing == ["stored", "stored"]
    assert states == ["40P01"]
    assert [await times_kept(db, fact) for fact in facts] == [1, 1]


async def test_a_group_that_cannot_be_serialized_is_written_again(database_url: str, other: psycopg.Connection, states: list[str | None]) -> None:
    """Given transactions that see one moment, when somebody changes the call meanwhile, then the group is written again over what they made of it."""
    name = conninfo_to_dict(database_url)["dbname"]
    other.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = 'repeatable read'").format(sql.Identifier(str(name))))
    other.commit()
    call_id = ids.uuid7()
    async with await Database.connect(database_url) as db, Ledger(db, Settings()).running() as ledger:
        await append(ledger, note(call_id))
        fact = note(call_id)
        other.execute("UPDATE calls SET version = version + 10 WHERE id = %s", [call_id])

        writing = asyncio.create_task(append(ledger, fact))
        await wait_for_somebody_waiting(db)
        other.commit()

        assert await writing == ["stored"]
        assert states == ["40001"]
        assert await times_kept(db, fact) == 1
        async with db.connection() as tx:
            cursor = await tx.execute("SELECT version, event_count FROM calls WHERE id = %s", [call_id])
            assert await cursor.fetchone() == (12, 2)


async def wait_for_somebody_waiting(db: Database) -> None:
    """Until a transaction waits for a lock."""
    async with asyncio.timeout(30), db.connection() as tx:
        await tx.execute("RESET ROLE")  # the application does not see what others wait for
        while True:
            cursor = await tx.execute("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            if cursor.rowcount:
                return
            await asyncio.sleep(0.01)
