"""Samples, durable and scored, straight through `Samples.add` and over HTTP, as a fraction of the same rows inserted by the bare statement.

The bare statement is what samples are inserted with, into the same table, one transaction a batch on 4 connections, for calls whose rows are there.
Calls go on meanwhile: each batch is of one connection, which its source has told of before.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString, cast

import httpx

from bench.facts import Batch, body_of as facts_body
from bench.figures import begin, median, ratio, show, spread, tidy
from bench.load import generator, request
from bench.measured import Measuring, began, samples_body, understood
from bench.served import a_folder, database, make_key, serving
from callwell.postgres import Database
from callwell.quality.actions import Samples
from callwell.quality.batches import NewSample
from callwell.quality.samples import Measured
from callwell.quality.score import score_sample
from callwell.record.events import Writer
from callwell.record.ledger import Ledger
from callwell.server import run
from callwell.settings import Settings

ROUNDS = 7
SIZES = {6: 400, 100: 80}
"""Samples in a batch, and batches in a round."""
CALLS = 40
ADDERS = 32
CONNECTIONS = 32
BARE_CONNECTIONS = 4


async def main() -> None:
    begin("Samples: batches, durable and scored, over those inserted by the bare statement")
    with a_folder() as folder, serving(folder) as served:
        async with (
            database(folder) as db,
            generator() as load,
            Ledger(db, Settings()).running() as ledger,
            Samples(db, ledger).running() as taken_in,
        ):
            key = await make_key(db)
            beginnings, people = began(CALLS)
            async with httpx.AsyncClient(base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as host:
                for beginning in beginnings:
                    await host.post("/v1/events", content=facts_body(beginning), headers={"Content-Type": "application/json"})
            source = await _source(db)
            measuring = Measuring(people)

            async def over_http(batches: Sequence[Batch]) -> float:
                size = len(batches[0])
                requests = [request("POST", "/v1/samples", key, samples_body(batch)) for batch in batches]
                stored = f'"received":{size},"stored":{size},"duplicate":0,"rejected":0'.encode()
                return size * (await load(served.port, requests, CONNECTIONS, stored)).rate

            async def straight(batches: Sequence[Batch]) -> float:
                return len(batches[0]) * await _timed(
                    lambda samples: _add(taken_in, source, samples), [understood(batch) for batch in batches], ADDERS
                )

            async def bare(batches: Sequence[Batch]) -> float:
                return len(batches[0]) * await _timed(
                    lambda columns: _insert(db, columns), [_columns(understood(batch)) for batch in batches], BARE_CONNECTIONS
                )

            for size, number in SIZES.items():
                ways = {"bare": bare, "add": straight} | ({"http": over_http} if size == 100 else {})
                rates: dict[str, list[float]] = {name: [] for name in ways}
                for turn in range(1 + ROUNDS):
                    for name, way in ways.items():
                        batches = measuring.take(number, size)
                        tidy()
                        rate = await way(batches)
                        if turn:  # the first warms up
                            rates[name].append(rate)
                for name in (name for name in rates if name != "bare"):
                    rounds = [a / b for a, b in zip(rates[name], rates["bare"], strict=True)]
                    over = ratio(rates[name], rates["bare"])
                    show(f"{name}, batches of {size}", f"{over:.2f}", "0.3", f"{median(rates[name]):,.0f} samples/s, {spread(rounds)}")
                show(f"bare statement, batches of {size}", "1", "", f"{median(rates['bare']):,.0f} samples/s")


async def _source(db: Database) -> str:
    """What the facts that came over HTTP are kept as being from: our samples are of the same connections."""
    async with db.transaction() as tx:
        row = await (await tx.execute("SELECT DISTINCT source FROM connections")).fetchone()
    assert row is not None
    return row[0]


async def _add(samples: Samples, source: str, batch: list[NewSample]) -> None:
    outcomes = await samples.add(source, Writer.SERVER, batch, received_at=datetime.now(UTC))
    assert all(outcome.outcome == "stored" for outcome in outcomes), outcomes


async def _timed(do: Callable[[Any], Any], batches: Sequence[Any], at_once: int) -> float:
    """Batches a second, with so many under way at once."""
    waiting = list(reversed(batches))

    async def worker() -> None:
        while waiting:
            await do(waiting.pop())

    begun = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return len(batches) / (time.perf_counter() - begun)


def _columns(samples: list[NewSample]) -> list[list[Any]]:
    """The columns that the bare statement gets. Scores are made already, and any id does for a connection's."""
    received_at = datetime.now(UTC)
    samples = sorted(samples, key=lambda sample: sample.id)
    scored = [score_sample(sample.measured, with_reasons=False) for sample in samples]
    return [
        *([sample.call_id for sample in samples], [sample.call_id for sample in samples], [sample.id for sample in samples]),
        [sample.call_id for sample in samples],
        *([getattr(sample.measured, name) for sample in samples] for name in Measured.__struct_fields__),
        [one.mos for one in scored],
        [one.score for one in scored],
        [one.formula for one in scored],
        [received_at] * len(samples),
    ]


async def _insert(db: Database, columns: list[list[Any]]) -> None:
    async with db.transaction() as tx:
        cursor = await tx.execute(_INSERT, columns, prepare=True)
        assert len(await cursor.fetchall()) == len(columns[0])


_TYPES: Mapping[str, LiteralString] = {
    **dict.fromkeys(("direction", "kind", "codec", "protection", "limitation"), "text"),
    **dict.fromkeys(("interval_ms", "width", "height"), "int4"),
    **dict.fromkeys(("packets", "bytes", "freeze_count", "counter_resets"), "int8"),
    "started_at": "timestamptz",
    "muted": "bool",
}
_COLUMNS: Mapping[str, LiteralString] = {
    **dict.fromkeys(("call_id", "connection_id", "id", "participant_id"), "uuid"),
    **{name: _TYPES.get(name, "float8") for name in Measured.__struct_fields__},
    **dict.fromkeys(("mos", "score"), "float8"),
    "formula": "text",
    "received_at": "timestamptz",
}
_INSERT = cast(
    "LiteralString",
    f"INSERT INTO samples ({', '.join(_COLUMNS)}) SELECT * FROM unnest({', '.join(f'%b::{type}[]' for type in _COLUMNS.values())})"
    " ON CONFLICT DO NOTHING RETURNING id",
)


if __name__ == "__main__":
    run(main())
