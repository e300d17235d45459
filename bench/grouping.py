"""Facts that come one by one from 64 connections at once: how many more are taken when those that wait share a transaction than when each has its own.

Two servers over one database, the one as it is, the other with groups of one fact.
"""

from bench.facts import body_of, new_call
from bench.figures import begin, median, percentile, ratio, show, spread
from bench.load import Loaded, generator, request
from bench.served import Served, a_folder, database, make_key, serving
from callwell.server import run

ROUNDS = 7
CONNECTIONS = 64
GROUPED, ALONE = 1600, 480
"""Requests in a round, so that a round takes about as long with both."""

STORED = b'"stored":1,'


async def main() -> None:
    begin(f"Grouping: requests of one fact, {CONNECTIONS} connections, each with a call of its own")
    with a_folder() as folder, serving(folder) as grouped, serving(folder, CALLWELL_GROUP_EVENTS="1", CALLWELL_WORK_HERE="false") as alone:
        async with database(folder) as db, generator() as load:
            key = await make_key(db)

            async def of(served: Served, number: int) -> Loaded:
                calls = [new_call() for _ in range(CONNECTIONS)]
                facts = [calls[n % CONNECTIONS].take(1) for n in range(number)]
                return await load(served.port, [request("POST", "/v1/events", key, body_of(fact)) for fact in facts], CONNECTIONS, STORED)

            await of(grouped, GROUPED)
            await of(alone, ALONE)
            rounds = [(await of(grouped, GROUPED), await of(alone, ALONE)) for _ in range(ROUNDS)]

        together, apart = ([pair[n].rate for pair in rounds] for n in (0, 1))
        show("grouped, over a transaction each", f"{ratio(together, apart):.1f}", "3", spread([a / b for a, b in zip(together, apart, strict=True)]))
        for name, rates, n in (("grouped", together, 0), ("a transaction each", apart, 1)):
            waits = [wait * 1000 for pair in rounds for wait in pair[n].waits]
            show(name, f"{median(rates):,.0f}/s", "", f"p50 {percentile(waits, 0.5):.0f} ms, p99 {percentile(waits, 0.99):.0f} ms")


if __name__ == "__main__":
    run(main())
