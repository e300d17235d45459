"""Coming in: how long the join exchange takes, and how many a second there are, over a bare transaction that writes the same rows.

Appointments of two, to whose rooms both come, one after the other. The bare transaction takes the rows of two joins that were made before, gives them new
ids, and writes them with plain statements, one after the other, of which it knows beforehand all that they say: no locks, no rules, no fold.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, LiteralString, cast
from uuid import UUID

import httpx
import msgspec

from bench.figures import begin, median, percentile, ratio, show, spread, tidy
from bench.load import generator, request
from bench.served import a_folder, database, make_key, serving
from callwell import ids
from callwell.app import Context, put_together
from callwell.joining import actions
from callwell.joining.actions import Asking, Exchange
from callwell.postgres import Database
from callwell.postgres.pool import Tx
from callwell.record.audit import Origin
from callwell.record.commands import Refusal
from callwell.server import run
from callwell.settings import Settings, with_secret_key

ROUNDS = 7
AT_ONCE = 8
APPOINTMENTS = 25
"""In a round; each is two joins."""
OVER_HTTP = 150
"""Appointments whose people come over HTTP, half of them one after the other."""

OWN = (
    "calls", "events", "participants", "connections", "live_calls", "changes", "grants", "resumes", "audit_entries", "audit_identities", "invite_uses",
    "people",
)  # fmt: skip
"""Tables that joins write to, in the order in which rows may be added."""
CHANGED = ("calls", "participants")
"""Those of which a later join changes rows that are there."""

Row = dict[str, Any]


class Traced(msgspec.Struct, frozen=True):
    """The rows that one join added, and those of calls and participants that it changed, as they were then."""

    added: Mapping[str, list[Row]]
    changed: Mapping[str, list[Row]]


async def main() -> None:
    begin(f"Joining: appointments of two, {AT_ONCE} at once")
    with a_folder() as folder, serving(folder, CALLWELL_WORK_HERE="false") as served:
        async with database(folder) as db, generator() as load:
            settings = with_secret_key(Settings(data_dir=folder, work_here=False))
            async with put_together(settings, db) as context:
                host = Host(served.url, await make_key(db))
                booked = [await host.book() for _ in range(1 + APPOINTMENTS * 2 * (1 + ROUNDS) + OVER_HTTP)]
                traced = await trace(db, context, booked.pop())

                async def exchanging() -> float:
                    return await rate([partial(exchange, context, booked.pop()) for _ in range(APPOINTMENTS)])

                async def bare() -> float:
                    return await rate([partial(write, db, traced, booked.pop()) for _ in range(APPOINTMENTS)])

                rounds: list[tuple[float, float]] = []
                for _ in range(1 + ROUNDS):
                    tidy()
                    rounds.append((await exchanging(), await bare()))
            rounds = rounds[1:]
            through, plain = ([pair[n] for pair in rounds] for n in (0, 1))
            show(
                "exchanges, over bare transactions",
                f"{ratio(through, plain):.2f}",
                "0.5",
                spread([a / b for a, b in zip(through, plain, strict=True)]),
            )
            show("exchanges", f"{median(through):,.0f}/s", "", f"bare transactions {median(plain):,.0f}/s")

            asked = [
                request("POST", "/v1/join", body=msgspec.json.encode({"invite": secret})) for one in booked[:OVER_HTTP] for secret in one.secrets
            ]
            for connections in (1, AT_ONCE):
                half = asked[: len(asked) // 2] if connections == 1 else asked[len(asked) // 2 :]
                loaded = await load(served.port, half, connections, b'"waiting":false')
                waits = [wait * 1000 for wait in loaded.waits]
                beside = f"p50 {percentile(waits, 0.5):.1f} ms, p99 {percentile(waits, 0.99):.1f} ms"
                show(f"over HTTP, {connections} at once", f"{loaded.rate:,.0f}/s", "", beside)


# ── What is measured ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Booked(msgspec.Struct, frozen=True):
    """An appointment to which nobody has come yet."""

    id: UUID
    room_id: UUID
    invites: tuple[UUID, UUID]
    secrets: tuple[str, str]
    people: tuple[str, str]


class Host:
    """The host's server."""

    def __init__(self, url: str, key: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30)
        self._number = 0

    async def book(self) -> Booked:
        self._number += 1
        wished = {
            "client_id": f"user:client-{self._number}",
            "provider_id": f"user:provider-{self._number}",
            "scheduled_at": datetime.now(UTC).isoformat(),
            "duration_minutes": 600,
            "status": "confirmed",
        }
        made = (await self._client.post("/v1/appointments", json=wished)).json()
        links = (await self._client.get(f"/v1/appointments/{made['id']}/invites")).json()["items"]
        room_id = ids.room_id(made["room"])
        assert room_id is not None
        first, second = links
        return Booked(
            UUID(made["id"]),
            room_id,
            (UUID(first["invite_id"]), UUID(second["invite_id"])),
            (first["secret"], second["secret"]),
            (first["identity"], second["identity"]),
        )


async def rate(tasks: Sequence[Callable[[], Awaitable[None]]]) -> float:
    """Joins a second: each task is two."""
    waiting = list(tasks)

    async def work() -> None:
        while waiting:
            await waiting.pop()()

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return 2 * len(tasks) / (time.perf_counter() - begun)


ORIGIN = Origin("8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")


async def exchange(context: Context, booked: Booked) -> None:
    """Both come in."""
    for secret in booked.secrets:
        async with context.db.transaction() as tx:
            attempt = Exchange(
                tx=tx,
                ledger=context.ledger,
                settings=context.settings,
                deployed=context.deployed,
                clock=lambda: datetime.now(UTC),
                caller="anyone",
                origin=ORIGIN,
                by="invite",
            )
            admitted = await actions.join_by_invite(attempt, secret, Asking())
        assert not isinstance(admitted, Refusal), admitted.error


# ── The bare transaction ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def trace(db: Database, context: Context, booked: Booked) -> tuple[Booked, Traced, Traced]:
    """Two joins, and the rows that each wrote."""
    traced: list[Traced] = []
    for secret in booked.secrets:
        before = await _all_rows(db)
        await exchange(context, msgspec.structs.replace(booked, secrets=(secret,)))  # pyright: ignore[reportArgumentType] one of them
        after = await _all_rows(db)
        known = {row["id"] for table in CHANGED for row in before[table]}
        added = {table: [row for row in rows if row not in before[table] and row.get("id") not in known] for table, rows in after.items()}
        changed = {table: [row for row in after[table] if row not in before[table] and row["id"] in known] for table in CHANGED}
        traced.append(Traced(added, changed))
    first, second = traced
    return booked, first, second


async def _all_rows(db: Database) -> dict[str, list[Row]]:
    async with db.connection() as tx:
        return {table: await _rows(tx, table) for table in OWN}


async def _rows(tx: Tx, table: str) -> list[Row]:
    cursor = await tx.execute(cast("LiteralString", f"SELECT * FROM {table}"))
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


async def write(db: Database, traced: tuple[Booked, Traced, Traced], booked: Booked) -> None:
    """The rows of two joins once more, under other ids."""
    pattern, first, second = traced
    others = _Others(pattern, booked)
    for one, invite_id in zip((first, second), booked.invites, strict=True):
        async with db.transaction() as tx:
            for table, rows in one.added.items():
                for row in rows:
                    await _insert(tx, table, others.row(row))
            for table, rows in one.changed.items():
                for row in rows:
                    await _update(tx, table, others.row(row))
            await tx.execute("UPDATE invites SET use_count = use_count + 1 WHERE id = %s", [invite_id], prepare=True)
            for statement, id in TOUCHING.items():
                await tx.execute(statement, [datetime.now(UTC), getattr(booked, id)], prepare=True)


TOUCHING: dict[LiteralString, str] = {
    "UPDATE rooms SET last_accessed_at = %s, access_count = access_count + 1 WHERE id = %s": "room_id",
    "UPDATE appointments SET last_accessed_at = %s, access_count = access_count + 1 WHERE id = %s": "id",
}


class _Others:
    """Ids in place of those in the pattern: the same for the same."""

    def __init__(self, pattern: Booked, booked: Booked) -> None:
        self._ids: dict[UUID, UUID] = {
            pattern.id: booked.id,
            pattern.room_id: booked.room_id,
            **dict(zip(pattern.invites, booked.invites, strict=True)),
        }
        self._texts = dict(zip(pattern.people, booked.people, strict=True))
        self._texts |= {name.removeprefix("user:"): other.removeprefix("user:") for name, other in self._texts.items()}

    def row(self, row: Row) -> Row:
        return {name: self._other(name, value) for name, value in row.items() if name not in ("txid", "position")}

    def _other(self, name: str, value: Any) -> Any:
        match value:
            case UUID():
                return self._ids.setdefault(value, ids.uuid7())
            case str():
                return self._texts.get(value, value)
            case bytes() if name == "hash" and len(value) == 32:
                return ids.uuid7().bytes * 2
            case dict() | list():
                return msgspec.json.encode(value).decode()
            case _:
                return value


async def _insert(tx: Tx, table: str, row: Row) -> None:
    marks = ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
    await tx.execute(cast("LiteralString", statement), list(row.values()), prepare=True)


async def _update(tx: Tx, table: str, row: Row) -> None:
    statement = f"UPDATE {table} SET {', '.join(f'{name} = %s' for name in row if name != 'id')} WHERE id = %s"
    await tx.execute(cast("LiteralString", statement), [*(value for name, value in row.items() if name != "id"), row["id"]], prepare=True)


if __name__ == "__main__":
    run(main())
