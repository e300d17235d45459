"""Batches of 50 facts, durable and folded, over HTTP and straight through the ledger, as a fraction of the same rows inserted by the bare statement.

The bare statement is what the ledger inserts facts with, into the same table, one transaction a batch on 4 connections, for calls whose rows are there.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from bench.facts import BATCH, Batch, RunningCalls, body_of, new_calls, understood
from bench.figures import begin, median, ratio, show, spread, tidy
from bench.load import generator, request
from bench.served import a_folder, database, make_key, serving
from callwell.postgres import Database
from callwell.record.events import NewEvent, Writer, fact_hash, payload_json
from callwell.record.ledger import Ledger
from callwell.server import run
from callwell.settings import Settings

ROUNDS = 9
BATCHES = 240
RUNNING = 40
LASTING = 10
"""Batches after which a running call is over."""
APPENDERS = 32
CONNECTIONS = 32
BARE_CONNECTIONS = 4

STORED = f'"received":{BATCH},"stored":{BATCH},"duplicate":0,"rejected":0'.encode()


async def main() -> None:
    begin(f"Ingest: batches of {BATCH} facts, durable and folded, over those inserted by the bare statement")
    with a_folder() as folder, serving(folder) as served:
        async with database(folder) as db, generator() as load, Ledger(db, Settings()).running() as ledger:
            key = await make_key(db)

            async def over_http(batches: Sequence[Batch]) -> float:
                requests = [request("POST", "/v1/events", key, body_of(batch)) for batch in batches]
                return BATCH * (await load(served.port, requests, CONNECTIONS, STORED)).rate

            async def straight(batches: Sequence[Batch]) -> float:
                return await _timed(lambda facts: _append(ledger, facts), [understood(batch) for batch in batches], APPENDERS)

            async def bare(batches: Sequence[Batch]) -> float:
                rows = [_rows(understood(batch)) for batch in batches]
                await _make_calls(db, batches)
                return await _timed(lambda columns: _insert(db, columns), rows, BARE_CONNECTIONS)

            for kind, make in (("new calls", new_calls), ("running calls", RunningCalls(RUNNING, LASTING).take)):
                for way in (over_http, straight, bare):  # the first round warms up
                    await way(make(BATCHES // 2))
                rates: dict[str, list[float]] = {"http": [], "append": [], "bare": []}
                for _ in range(ROUNDS):
                    for name, way in (("bare", bare), ("append", straight), ("http", over_http)):
                        batches = make(BATCHES)
                        tidy()
                        rates[name].append(await way(batches))
                for name, target in (("http", 0.4), ("append", 0.6)):
                    rounds = [a / b for a, b in zip(rates[name], rates["bare"], strict=True)]
                    show(
                        f"{name}, {kind}",
                        f"{ratio(rates[name], rates['bare']):.2f}",
                        f"{target}",
                        f"{median(rates[name]):,.0f} facts/s, {spread(rounds)}",
                    )
                show(f"bare statement, {kind}", "1", "", f"{median(rates['bare']):,.0f} facts/s")


async def _append(ledger: Ledger, facts: list[NewEvent]) -> None:
    outcomes = await ledger.append("key:bench", Writer.SERVER, facts, received_at=datetime.now(UTC))
    assert all(outcome.outcome == "stored" for outcome in outcomes)


async def _timed(do: Callable[[Any], Any], things: Sequence[Any], at_once: int) -> float:
    """Facts a second, with so many batches under way at once."""
    waiting = list(reversed(things))

    async def worker() -> None:
        while waiting:
            await do(waiting.pop())

    begun = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return BATCH * len(things) / (time.perf_counter() - begun)


async def _make_calls(db: Database, batches: Sequence[Batch]) -> None:
    async with db.transaction() as tx:
        await tx.execute(
            "INSERT INTO calls (id, created_at, updated_at) SELECT id, now(), now() FROM unnest(%s::uuid[]) AS new(id) ON CONFLICT DO NOTHING",
            [[batch[0]["call_id"] for batch in batches]],
        )


def _rows(facts: list[NewEvent]) -> list[list[Any]]:
    """The columns that the bare statement gets."""
    received_at = datetime.now(UTC)
    facts = sorted(facts, key=lambda fact: fact.id)
    nothing = [None] * len(facts)
    return [
        [fact.call_id for fact in facts],
        [fact.id for fact in facts],
        ["key:bare"] * len(facts),
        [fact.type for fact in facts],
        [fact.occurred_at for fact in facts],
        nothing,
        [received_at] * len(facts),
        [fact.call_id if fact.participant else None for fact in facts],
        [fact.call_id if fact.participant else None for fact in facts],
        nothing,
        [fact.hash or fact_hash(fact.type, fact.occurred_at, fact.participant, fact.connection, fact.payload) for fact in facts],
        [payload_json(fact.payload).decode() for fact in facts],
    ]


async def _insert(db: Database, columns: list[list[Any]]) -> None:
    async with db.transaction() as tx:
        cursor = await tx.execute(
            """
            INSERT INTO events (call_id, id, source, type, occurred_at, sent_at, received_at, participant_id, connection_id, basis_at, hash, payload)
            SELECT new.call_id, new.id, new.source, new.type, new.occurred_at, new.sent_at, new.received_at, new.participant_id, new.connection_id,
                   new.basis_at, new.hash, new.payload::jsonb
            FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[], %b::timestamptz[], %b::uuid[],
                        %b::uuid[], %b::timestamptz[], %b::bytea[], %b::text[])
                 AS new(call_id, id, source, type, occurred_at, sent_at, received_at, participant_id, connection_id, basis_at, hash, payload)
            ON CONFLICT DO NOTHING RETURNING id
            """,
            columns,
            prepare=True,
        )
        assert len(await cursor.fetchall()) == BATCH


if __name__ == "__main__":
    run(main())
