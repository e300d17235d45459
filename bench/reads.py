"""How long the join exchange and reading a call take, at the middle and for the slowest in a hundred, over the least that a request to the database takes.

That least is `GET /health/ready`: one small SELECT, through the same server. All three are asked in turns, over connections that stay open.
"""

import httpx
import msgspec

from bench.facts import body_of, new_call
from bench.figures import begin, median, percentile, show
from bench.load import generator, request
from bench.served import a_folder, database, make_key, serving
from callwell.server import run

ROUNDS = 5
REQUESTS = 120
AT_ONCE = (1, 8)
FACTS = 100
"""Facts of a call that is read."""


async def main() -> None:
    begin(f"Reads and joins: milliseconds, over those of one SELECT through HTTP; a call of two people and {FACTS} facts")
    with a_folder() as folder, serving(folder) as served:
        async with database(folder) as db, generator() as load:
            key = await make_key(db)
            async with httpx.AsyncClient(base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as host:
                call = new_call()
                for _ in range(FACTS // 50):
                    answer = await host.post("/v1/events", content=body_of(call.take(50)), headers={"Content-Type": "application/json"})
                    assert answer.json()["stored"] == 50
                invites = [await _invite(host) for _ in range(len(AT_ONCE) * (1 + ROUNDS) * REQUESTS // 2)]

            waiting = iter([secret for secret in invites for _ in range(2)])
            kinds = {
                "one SELECT (GET /health/ready)": lambda: request("GET", "/health/ready"),
                "join exchange (POST /v1/join)": lambda: request("POST", "/v1/join", body=_join(next(waiting))),
                "reading a call (GET /v1/calls/{id})": lambda: request("GET", f"/v1/calls/{call.id}", key),
            }
            for connections in AT_ONCE:
                waits: dict[str, list[list[float]]] = {name: [] for name in kinds}
                for _ in range(1 + ROUNDS):
                    for name, make in kinds.items():
                        waits[name].append((await load(served.port, [make() for _ in range(REQUESTS)], connections)).waits)
                bare, *_ = measured = [rounds[1:] for rounds in waits.values()]  # the first warms up
                for name, rounds in zip(waits, measured, strict=True):
                    for share, title in ((0.5, "p50"), (0.99, "p99")):
                        over = median(percentile(mine, share) / percentile(theirs, share) for mine, theirs in zip(rounds, bare, strict=True))
                        every = [wait for waited in rounds for wait in waited]
                        show(f"{title}, {connections} at once: {name}", f"{over:.1f}", "", f"{1000 * percentile(every, share):.1f} ms")


def _join(secret: str) -> bytes:
    return msgspec.json.encode({"invite": secret, "display_name": "Ana", "device": {"browser": "Firefox 132", "os": "Linux", "type": "desktop"}})


async def _invite(host: httpx.AsyncClient) -> str:
    """The secret of an invite into a room of its own, good for both of its places: the first to come begins a call, the second finds it."""
    room = (await host.post("/v1/rooms", json={"capacity": 2})).raise_for_status().json()["name"]
    return (await host.post(f"/v1/rooms/{room}/invites", json={"role": "client"})).raise_for_status().json()["secret"]


if __name__ == "__main__":
    run(main())
