"""Reads of appointments where there are a million, over the same reads where there was a tenth of them; and over one SELECT through HTTP.

An index that is right makes the first about 1: what is asked for is found where it lies, whatever else there is. They lie in two years past and two to
come, of 500 providers with 50,000 clients; so that a page shows as many where there are fewer, of a day and of a provider it shows five. Without BENCH_FULL=1
there are a hundred thousand, since it takes minutes to put a million there.
"""

import os
import random
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import httpx

from bench.figures import begin, percentile, show
from bench.load import Load, generator, request
from bench.served import Served, a_folder, database, make_key, serving
from callwell import ids
from callwell.http import wire_time
from callwell.postgres import Database
from callwell.server import run

MOST = 1_000_000 if os.environ.get("BENCH_FULL") else 100_000
ROUNDS = 5
REQUESTS = 60
HELD = 60
"""Appointments with calls of which attendance is read."""
AT_ONCE = 10_000

FILL: tuple[LiteralString, ...] = (
    """
    CREATE TEMP TABLE booked AS
    SELECT gen_random_uuid() AS id, gen_random_uuid() AS room_id, 'user:c' || n * 7919 %% 50000 AS client_id, 'user:p' || n * 104729 %% 500 AS provider_id,
           %(now)s::timestamptz + (n * 48271 %% 2102400 - 1051200) * interval '1 minute' AS scheduled_at, n %% 20 AS chance
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
    """,
    "INSERT INTO rooms (id, capacity, type, created_at, last_accessed_at) SELECT room_id, 2, 'video', %(now)s, %(now)s FROM booked",
    """
    INSERT INTO appointments (id, kind, client_id, provider_id, scheduled_at, duration_minutes, status, room_id, last_accessed_at, created_at, updated_at)
    SELECT id, 'individual', client_id, provider_id, scheduled_at, 50,
           CASE WHEN chance = 0 THEN 'cancelled' WHEN scheduled_at < %(now)s THEN 'completed' WHEN chance = 1 THEN 'pending' ELSE 'confirmed' END,
           room_id, %(now)s, %(now)s, %(now)s
    FROM booked
    """,
    """
    INSERT INTO attendees (appointment_id, identity, side, scheduled_at)
    SELECT id, client_id, 'client', scheduled_at FROM booked UNION ALL SELECT id, provider_id, 'provider', scheduled_at FROM booked
    """,
    "DROP TABLE booked",
)


async def main() -> None:
    begin(f"Reads of {MOST:,} appointments: p50, over those of {MOST // 10:,}; and over one SELECT through HTTP")
    with a_folder() as folder, serving(folder) as served:
        async with database(folder) as db, generator() as load:
            key = await make_key(db)
            chance = random.Random(1)
            await _fill(db, 1, MOST // 10)
            held = await _hold(served, key)
            few = await _measure(served, load, db, key, held, chance)
            await _fill(db, MOST // 10 + 1, MOST)
            many = await _measure(served, load, db, key, held, chance)
    bare = percentile(many["one SELECT"], 0.5)
    for name, waits in many.items():
        p50, p99 = percentile(waits, 0.5), percentile(waits, 0.99)
        over = "" if name == "one SELECT" else f"{p50 / bare:.1f} SELECTs, "
        show(name, f"{p50 / percentile(few[name], 0.5):.2f}", "", f"{over}p50 {1000 * p50:.1f} ms, p99 {1000 * p99:.1f} ms")


async def _fill(db: Database, first: int, last: int) -> None:
    now = datetime.now(UTC)
    for start in range(first, last + 1, AT_ONCE * 10):
        async with db.transaction() as tx:
            for statement in FILL:
                await tx.execute(statement, {"now": now, "first": start, "last": min(last, start + AT_ONCE * 10 - 1)})
    async with db.connection() as tx:
        await tx.execute("RESET ROLE")
        await tx.execute("VACUUM (ANALYZE) appointments, attendees, rooms")


async def _hold(served: Served, key: str) -> list[str]:
    """Appointments that were just held, each in one call of an hour."""
    made: list[str] = []
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=30) as host:
        for number in range(HELD):
            at = datetime.now(UTC) - timedelta(hours=2)
            given = {"client_id": f"user:held-{number}", "provider_id": "user:p1", "scheduled_at": wire_time(at), "status": "confirmed"}
            appointment = (await host.post("/v1/appointments", json=given)).raise_for_status().json()
            facts = _call(UUID(appointment["id"]), appointment["room"], at, appointment["client_id"])
            answer = (await host.post("/v1/events", json={"events": facts})).raise_for_status().json()
            assert answer["stored"] == len(facts), answer
            made.append(appointment["id"])
    return made


def _call(appointment_id: UUID, room: str, at: datetime, client: str) -> list[dict[str, Any]]:
    """Both come, the client loses the connection for a while, both leave."""
    call_id = str(ids.uuid7())

    def fact(type: str, seconds: float, who: str | None = None, **data: Any) -> dict[str, Any]:
        one = {"id": str(ids.uuid7()), "call_id": call_id, "type": type, "occurred_at": wire_time(at + timedelta(seconds=seconds)), "data": data}
        return one | ({"participant": who, "connection": "laptop"} if who else {})

    facts = [fact("call.created", 0, room=room, appointment_id=str(appointment_id), engine="external", mode="p2p")]
    for who, side in ((client, "client"), ("user:p1", "provider")):
        facts += [
            fact("participant.joined", 1, who, role=side),
            fact("participant.connected", 2, who),
            fact("media.changed", 3, who, video_enabled=True),
        ]
    facts += [fact("participant.disconnected", 600, client), fact("participant.reconnected", 620, client)]
    return [*facts, fact("participant.left", 3000, client), fact("participant.left", 3001, "user:p1"), fact("call.ended", 3002)]


async def _measure(served: Served, load: Load, db: Database, key: str, held: list[str], chance: random.Random) -> dict[str, list[float]]:
    """Seconds that each kind of read took, one after the other; every request asks for another."""
    async with db.connection() as tx:
        cursor = await tx.execute(
            "SELECT replace(room_id::text, '-', '') FROM appointments TABLESAMPLE BERNOULLI (20) WHERE room_id IS NOT NULL LIMIT 1000"
        )
        rooms = [room for (room,) in await cursor.fetchall()]
    kinds = {
        "one SELECT": lambda: "/health/ready",
        "to come, of everybody": lambda: "/v1/appointments?upcoming=true",
        "of a day": lambda: f"/v1/appointments?day={datetime.now(UTC).date() + timedelta(days=chance.randrange(-300, 300))}&limit=5",
        "of a room": lambda: f"/v1/appointments?room=room-{chance.choice(rooms)}",
        "a client's confirmed video appointments to come": (
            lambda: f"/v1/users/c{chance.randrange(50_000)}/appointments?upcoming=true&status=confirmed&is_video_call=true"
        ),
        "a provider's to come": lambda: f"/v1/users/p{chance.randrange(500)}/appointments?upcoming=true&limit=5",
        "of a status": lambda: "/v1/appointments?status=pending&limit=50",
        "attendance": lambda: f"/v1/appointments/{chance.choice(held)}/attendance",
    }
    waits: dict[str, list[list[float]]] = {name: [] for name in kinds}
    for _ in range(1 + ROUNDS):
        for name, address in kinds.items():
            asked = [request("GET", address(), "" if name == "one SELECT" else key) for _ in range(REQUESTS)]
            waits[name].append((await load(served.port, asked, 1)).waits)
    return {name: [wait for waited in rounds[1:] for wait in waited] for name, rounds in waits.items()}


if __name__ == "__main__":
    run(main())
