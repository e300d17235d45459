"""The console's questions to a practice of a hundred thousand calls (a million, and twenty million samples, with BENCH_FULL=1): how long each takes for the
slowest in twenty, over one SELECT through HTTP and over the same question to a tenth of the practice.

Beside it how quickly rollups are filled: as calls change, over the ledger taking in the same calls; and all of them again.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from bench import copied
from bench.figures import begin, percentile, show
from bench.load import Load, generator, request
from bench.served import Served, a_folder, database, make_key, serving
from callwell.analytics.filling import fill
from callwell.analytics.rollups import count_changes
from callwell.cli.demo import add_practice
from callwell.postgres import Database
from callwell.postgres.pool import execute, fetch_value
from callwell.record.ledger import Ledger
from callwell.server import run
from callwell.settings import Settings

MOST = 1_000_000 if os.environ.get("BENCH_FULL") else 100_000
ORIGINALS = MOST // 500
WARMING, ROUNDS = 10, 4
REQUESTS = 25
UNDER = {"figures": "p95 200 ms", "call": "p95 100 ms", "list": "p95 50 ms", "": ""}

Questions = dict[str, tuple[str, Callable[[], bytes]]]
Waits = dict[str, list[float]]


async def main() -> None:
    begin(f"Figures, lists and calls of a practice of {MOST:,} calls: p50, over that of {MOST // 10:,}; and p95, over one SELECT through HTTP")
    with a_folder() as folder:
        with serving(folder):
            async with database(folder) as db:
                taken_in = await _make_originals(db)
        await _ask(folder, taken_in)


async def _ask(folder: Path, taken_in: float) -> None:
    """With nobody at work but who asks and who answers."""
    with serving(folder, CALLWELL_WORK_HERE="false") as served:
        async with database(folder) as db, generator() as load:
            key = await make_key(db)
            await _follow(db, taken_in)
            await copied.prepare(db)
            copies = MOST // ORIGINALS
            few = await _measure(db, served, load, key, 1, copies // 10)
            many = await _measure(db, served, load, key, copies // 10 + 1, copies)
    bare = percentile(many["one SELECT"][1], 0.95)
    for name, (kind, waits) in many.items():
        p50, p95 = percentile(waits, 0.5), percentile(waits, 0.95)
        over = "" if name == "one SELECT" else f"{p95 / bare:.1f} SELECTs, "
        growth = f"{percentile(waits, 0.5) / percentile(few[name][1], 0.5):.2f}"
        show(name, growth, UNDER[kind], f"{over}p50 {1000 * p50:.1f} ms, p95 {1000 * p95:.1f} ms")


async def _make_originals(db: Database) -> float:
    """A small practice, through the ledger, and what follows of it; gives the seconds that taking it in took."""
    async with Ledger(db, Settings()).running() as ledger:
        begun = time.perf_counter()
        await add_practice(db, ledger, ORIGINALS, 7 * copied.WEEKS, 1)
        taken_in = time.perf_counter() - begun
    async with asyncio.timeout(600), db.connection() as tx:
        while await fetch_value(tx, "SELECT count(*) FROM calls WHERE ended_at IS NOT NULL AND record_state <> 'final'"):
            await asyncio.sleep(0.5)
            await tx.rollback()
    return taken_in


async def _follow(db: Database, taken_in: float) -> None:
    """As if all calls had changed once more: what they counted for is taken off, and what they count for is put on."""
    await fill(db, "record", datetime.now(UTC))
    async with db.transaction() as tx:
        await execute(tx, "INSERT INTO changes (call_id, version) SELECT id, version FROM calls")
    begun = time.perf_counter()
    while await count_changes(db, datetime.now(UTC)):
        pass
    followed = time.perf_counter() - begun
    show("rollups follow changes, over taking the calls in", f"{taken_in / followed:.1f}", "", f"{ORIGINALS / followed:,.0f} calls a second")


async def _measure(db: Database, served: Served, load: Load, key: str, first: int, last: int) -> dict[str, tuple[str, list[float]]]:
    """Seconds that each question took, when there are so many copies; every request asks something else."""
    begun = time.perf_counter()
    await copied.copy(db, first, last)
    await copied.settle(db)
    made = ORIGINALS * (last - first + 1)
    show(f"{made:,} calls copied", "", "", f"{made / (time.perf_counter() - begun):,.0f} calls a second")
    begun = time.perf_counter()
    filled = await fill(db, "record", datetime.now(UTC))
    assert filled is not None
    await copied.settle(db)
    seconds = time.perf_counter() - begun
    async with db.connection() as tx:
        samples = await fetch_value(tx, "SELECT count(*) FROM samples")
    show(f"all rollups again, of {filled.calls:,} calls ({samples:,} samples)", "", "", f"{filled.calls / seconds:,.0f} calls a second")
    questions = await _questions(db, key)
    waits: Waits = {name: [] for name in questions}
    for number in range(WARMING + ROUNDS):
        for name, (_, ask) in questions.items():
            told = await load(served.port, [ask() for _ in range(REQUESTS)], 1)
            waits[name] += told.waits if number >= WARMING else []
    return {name: (kind, waits[name]) for name, (kind, _) in questions.items()}


async def _questions(db: Database, key: str) -> Questions:
    chance = random.Random(1)
    async with db.connection() as tx:
        cursor = await tx.execute("SELECT identity, side, split_part(display_name, ' ', 2) FROM people ORDER BY identity")
        people = await cursor.fetchall()
        cursor = await tx.execute("SELECT call_id FROM reports WHERE category <> 'unknown' LIMIT 2000")
        calls = [call_id for (call_id,) in await cursor.fetchall()]
        cursor = await tx.execute("SELECT id FROM original_calls WHERE ended_at IS NOT NULL")
        originals = [call_id for (call_id,) in await cursor.fetchall()]
    providers = [identity for identity, side, _ in people if side == "provider"]
    clients = [identity for identity, side, _ in people if side == "client"]
    names = sorted({name for _, _, name in people if name})

    def span(days: int) -> str:
        until = datetime.now(UTC).date() - timedelta(days=chance.randrange(0, max(1, 700 - days)))
        return f"from={until - timedelta(days=days)}&to={until}"

    def get(path: Callable[[], str]) -> Callable[[], bytes]:
        return lambda: request("GET", path(), key)

    def figures(name: str, days: int, more: str = "") -> tuple[str, Callable[[], bytes]]:
        return "figures", get(lambda: f"/v1/analytics/{name}?{span(days)}{more}")

    return {
        "one SELECT": ("", lambda: request("GET", "/health/ready")),
        "overview": ("figures", get(lambda: "/v1/analytics/overview")),
        "volume, two years by week": figures("volume", 700, "&interval=week"),
        "volume by provider, 90 days": figures("volume", 90, "&by=provider"),
        "joins by browser, a year": figures("joins", 365, "&by=browser"),
        "durations, two years by day": figures("durations", 700, "&interval=day"),
        "heat map, two years": figures("heatmap", 700),
        "quality by hour of day, two years": figures("quality", 700, "&by=hour_of_day"),
        "quality by network, a year": figures("quality", 365, "&by=network"),
        "quality of a provider, 90 days": (
            "figures",
            get(lambda: f"/v1/analytics/quality?{span(90)}&interval=day&provider={chance.choice(providers)}"),
        ),
        "providers, 30 days": figures("providers", 30),
        "providers, two years": figures("providers", 700),
        "people, 30 days": figures("people", 30),
        "people, two years": figures("people", 700),
        "problem calls, 30 days": figures("problem-calls", 30),
        "problem calls, two years": figures("problem-calls", 700),
        "billing, a week": figures("billing", 7),
        "billing, two years": figures("billing", 700),
        "calls": ("list", get(lambda: "/v1/calls/summaries")),
        "calls of a provider": ("list", get(lambda: f"/v1/calls/summaries?provider={chance.choice(providers)}")),
        "calls of a client, poor": ("list", get(lambda: f"/v1/calls/summaries?person={chance.choice(clients)}&category=poor")),
        "poor calls of a month": ("list", get(lambda: f"/v1/calls/summaries?category=poor&{_month(chance)}")),
        "failed calls by livekit": ("list", get(lambda: "/v1/calls/summaries?engine=livekit&status=failed")),
        "search for a name": ("list", lambda: _search(key, chance.choice(names)[:4])),
        "search for a call": ("list", lambda: _search(key, str(chance.choice(calls)))),
        "a call": ("call", get(lambda: f"/v1/calls/{chance.choice(originals)}")),
        "its report": ("call", get(lambda: f"/v1/calls/{chance.choice(calls)}/report")),
        "its course": ("call", get(lambda: f"/v1/calls/{chance.choice(originals)}/series")),
        "its facts": ("call", get(lambda: f"/v1/calls/{chance.choice(originals)}/events?limit=200")),
    }


def _month(chance: random.Random) -> str:
    since = datetime.now(UTC) - timedelta(days=chance.randrange(30, 700))
    return f"from={since:%Y-%m-%dT%H:%M:%SZ}&to={since + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"


def _search(key: str, text: str) -> bytes:
    return request("POST", "/v1/search", key, msgspec.json.encode({"q": text}))


if __name__ == "__main__":
    run(main())
