"""The report of an hour's call of ten people, with a sample every ten seconds of each track: made and kept, and read over HTTP.

Beside it, what nobody is spared: fetching the samples. Each round is a call of its own, whose facts about quality nobody has told before.
"""

import time
from datetime import UTC, datetime

import httpx

from bench.facts import understood as facts_of
from bench.figures import begin, median, ratio, show, spread, tidy
from bench.measured import hour, understood
from bench.served import a_folder, database, make_key, serving
from callwell.postgres import Database
from callwell.quality.actions import add_samples
from callwell.quality.making import keep_report, profiles_of
from callwell.quality.queries import list_samples
from callwell.quality.report import make_report
from callwell.record.events import Writer
from callwell.record.ledger import Ledger
from callwell.record.queries import get_call
from callwell.server import run
from callwell.settings import Settings

ROUNDS = 7
SOURCE = "key:bench"
BATCH = 500


async def main() -> None:
    begin("Report: seconds, over fetching the samples; a call of 60 minutes and 10 people")
    profiles = profiles_of(Settings())
    seconds: dict[str, list[float]] = {"fetched": [], "judged": [], "kept": [], "read": []}
    # Nobody else makes reports meanwhile.
    with a_folder() as folder, serving(folder, CALLWELL_WORK_HERE="false") as served:
        async with database(folder) as db, Ledger(db, Settings()).running() as ledger:
            key = await make_key(db)
            async with httpx.AsyncClient(base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as host:
                for number in range(1 + ROUNDS):
                    call_id, facts, samples = hour()
                    await _tell(db, ledger, facts, samples)
                    at = datetime.now(UTC)
                    tidy()
                    begun = time.perf_counter()
                    async with db.connection() as tx:
                        fetched = await list_samples(tx, call_id)
                    fetched_at = time.perf_counter()
                    async with db.connection() as tx:
                        call = await get_call(tx, call_id, at)
                    tidy()
                    judging_at = time.perf_counter()
                    make_report(call, fetched, profiles.standard, at)
                    judged_at = time.perf_counter()
                    assert len(fetched) == len(samples)
                    del fetched
                    tidy()
                    keeping_at = time.perf_counter()
                    assert await keep_report(db, ledger, profiles, call_id, at)
                    kept_at = time.perf_counter()
                    answer = await host.get(f"/v1/calls/{call_id}/report")
                    read_at = time.perf_counter()
                    assert answer.json()["revision"] == 1, answer.text
                    if number:  # the first warms up
                        took = (fetched_at - begun, judged_at - judging_at, kept_at - keeping_at, read_at - kept_at)
                        for name, own in zip(seconds, took, strict=True):
                            seconds[name].append(own)
    show("fetching its 14,400 samples", "1", "", f"{median(seconds['fetched']):.3f} s")
    titles = (("judged", "made, in memory", ""), ("kept", "made and kept", "under 1 s"), ("read", "read (GET /v1/calls/{id}/report)", "under 1 s"))
    for name, title, target in titles:
        over = ratio(seconds[name], seconds["fetched"])
        show(title, f"{over:.2g}", target, f"{median(seconds[name]):.3f} s, {spread(seconds[name])}")


async def _tell(db: Database, ledger: Ledger, facts: list[dict[str, object]], samples: list[dict[str, object]]) -> None:
    for start in range(0, len(facts), BATCH):
        outcomes = await ledger.append(SOURCE, Writer.SERVER, facts_of(facts[start : start + BATCH]), received_at=datetime.now(UTC))
        assert all(outcome.outcome == "stored" for outcome in outcomes), outcomes
    for start in range(0, len(samples), BATCH):
        measured = understood(samples[start : start + BATCH])
        outcomes = await add_samples(db, ledger, SOURCE, Writer.SERVER, measured, received_at=datetime.now(UTC))
        assert all(outcome.outcome == "stored" for outcome in outcomes), outcomes


if __name__ == "__main__":
    run(main())
