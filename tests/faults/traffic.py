"""Host servers that tell of calls, keep what they were answered, and send again what they got no answer to; and what is checked of them."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec

from callwell import ids
from callwell.http import wire_time
from callwell.postgres import Database
from callwell.record.ledger import Ledger
from callwell.settings import Settings

WRITERS = 6
SHARED = 2
"""Calls that all writers tell of, beside one of their own each."""
FACTS_OF_A_CALL = 150
AGAIN_AFTER = 0.05
TIMEOUT = 60

PEOPLE = ("user:ana", "user:ben", "guest:cleo")
SAYINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("participant.connected", {"setup_ms": 400}),
    ("media.changed", {"audio_enabled": True}),
    ("media.changed", {"audio_enabled": False, "video_enabled": True}),
    ("speaker.spoke", {"duration_ms": 700}),
    ("chat.sent", {}),
    ("participant.disconnected", {}),
    ("participant.reconnected", {}),
    ("custom.note", {"a": 1}),
)

ACKNOWLEDGED_AS = {"stored": ("stored", "duplicate")}
"""A fact may be known already by the time it is answered: we send again, and so does the server when it loses its database in a commit."""

Fact = dict[str, Any]


class Traffic:
    """What was sent to one server, and what it answered."""

    def __init__(self, url: str, key: str, seed: int = 0) -> None:
        self.url = url
        self.key = key
        self.sent: dict[str, Fact] = {}
        """All facts ever sent, by their ids."""
        self.acknowledged: dict[str, Fact] = {}
        """Facts said to be stored."""
        self.refused: dict[str, str] = {}
        """Ids of facts that were refused, each with the code."""
        self.wrong: list[str] = []
        """Answers that no answer may be."""
        self.answers: Counter[str] = Counter()
        """How many requests were answered by what; ``lost`` are those whose answer never came."""
        self._answered = asyncio.Event()
        self._seed = seed
        self._calls: dict[str, tuple[str, int]] = {}

    @property
    def calls(self) -> set[str]:
        return {fact["call_id"] for fact in self.sent.values()}

    @contextlib.asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Writers send until the block ends; then each goes on until what it sent is answered."""
        stop = asyncio.Event()
        writers = [asyncio.create_task(self._write(number, stop)) for number in range(WRITERS)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*writers)

    async def more(self, acknowledged: int = 1, within: float = 90) -> None:
        """Wait until that many more facts were acknowledged."""
        wanted = len(self.acknowledged) + acknowledged
        async with asyncio.timeout(within):
            while len(self.acknowledged) < wanted:
                self._answered.clear()
                await self._answered.wait()

    async def _write(self, number: int, stop: asyncio.Event) -> None:
        chance = random.Random(f"{self._seed} {number}")
        async with self.client() as client:
            while not stop.is_set():
                await self.tell(client, self._batch(chance, number), chance)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=TIMEOUT)

    async def tell(self, client: httpx.AsyncClient, batch: list[tuple[Fact, str]], chance: random.Random) -> None:
        """Send a batch until it is answered; now and then give up, as who was killed himself would."""
        self.sent |= {fact["id"]: fact for fact, wanted in batch if wanted == "stored"}
        while not await self._post(client, batch):
            if chance.random() < 0.05:
                self.answers["given up"] += 1
                return
            await asyncio.sleep(AGAIN_AFTER)

    async def _post(self, client: httpx.AsyncClient, batch: list[tuple[Fact, str]]) -> bool:
        try:
            answer = await client.post("/v1/events", json={"events": [fact for fact, _ in batch]})
        except httpx.TransportError:
            self.answers["lost"] += 1
            return False
        self.answers[str(answer.status_code)] += 1
        if answer.status_code == 503 and int(answer.headers.get("retry-after", 0)) > 0:
            return False
        if answer.status_code != 200:
            self.wrong.append(f"{answer.status_code} {answer.headers.get('retry-after')} {answer.text}")
            return True
        self.note(batch, answer.json()["outcomes"])
        self._answered.set()
        return True

    def note(self, batch: list[tuple[Fact, str]], outcomes: list[dict[str, Any]]) -> None:
        if len(outcomes) != len(batch):
            self.wrong.append(f"{len(batch)} facts, {len(outcomes)} outcomes")
        for (fact, wanted), outcome in zip(batch, outcomes, strict=False):
            said = outcome["outcome"]
            if said not in ACKNOWLEDGED_AS.get(wanted, (wanted,)):
                self.wrong.append(f"{fact}: {outcome}, where {wanted} was right")
            if said == "rejected":
                self.refused[f"{fact['id']} {outcome['code']}"] = fact["id"]
            elif wanted == "stored":
                self.acknowledged[fact["id"]] = fact

    def _batch(self, chance: random.Random, writer: int) -> list[tuple[Fact, str]]:
        """New facts of a call, and sometimes with them one that is known already, one that is none, or one that takes another's id."""
        place = f"shared {chance.randrange(SHARED)}" if chance.random() < 0.3 else f"own {writer}"
        batch = [(fact, "stored") for fact in self.news(chance, place)]
        known = chance.choice(list(self.acknowledged.values())[-50:]) if self.acknowledged else None
        if known and chance.random() < 0.15:
            batch.append((known, "duplicate"))
        if known and chance.random() < 0.1:
            batch.append(({**known, "occurred_at": "2026-01-01T00:00:00Z"}, "rejected"))
        if chance.random() < 0.1:
            bad = chance.choice([{"type": "call.invented"}, {"data": {"no_such_field": 1}}, {"participant": "nobody"}])
            batch.append(({**self._fact(batch[0][0]["call_id"], "speaker.spoke", PEOPLE[0], duration_ms=1), **bad}, "rejected"))
        chance.shuffle(batch)
        return batch

    def news(self, chance: random.Random, place: str) -> list[Fact]:
        call_id, told = self._calls.get(place, ("", FACTS_OF_A_CALL))
        number = chance.randint(1, 12)
        facts: list[Fact] = []
        if told >= FACTS_OF_A_CALL:
            call_id, told = str(ids.uuid7()), 0
            facts.append(self._fact(call_id, "call.created", None, initiator=PEOPLE[0]))
            facts += [self._fact(call_id, "participant.joined", who) for who in PEOPLE]
        for _ in range(number):
            type, said = chance.choice(SAYINGS)
            facts.append(self._fact(call_id, type, chance.choice(PEOPLE), **said))
        self._calls[place] = call_id, told + len(facts)
        return facts

    def _fact(self, call_id: str, type: str, who: str | None, **said: Any) -> Fact:
        fact = {"id": str(ids.uuid7()), "call_id": call_id, "type": type, "occurred_at": wire_time(datetime.now(UTC)), "data": said}
        return fact | ({"participant": who, "connection": "laptop"} if who else {})


# ── What must hold afterwards ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Row(msgspec.Struct):
    id: UUID
    call_id: UUID
    type: str
    occurred_at: datetime
    source: str


async def broken_promises(db: Database, traffic: Traffic) -> list[str]:
    """What is not as it was acknowledged: empty where all is well.

    Every acknowledged fact is there once, as it was sent; nothing is there that was not sent; nothing of what was refused is; and the records
    are what their facts give when they are folded anew.
    """
    rows = await _rows(db, traffic.calls)
    times = Counter(str(row.id) for row in rows)
    stored = {str(row.id): row for row in rows}
    wrong = list(traffic.wrong)
    wrong += [f"lost: {fact}" for id, fact in traffic.acknowledged.items() if id not in times]
    wrong += [f"{number} times: {id}" for id, number in times.items() if number > 1]
    wrong += [f"never sent: {stored[id]}" for id in times.keys() - traffic.sent.keys()]
    wrong += [f"refused and stored: {id}" for id in traffic.refused.values() if id in times and id not in traffic.sent]
    wrong += [
        f"changed: {row}"
        for id, row in stored.items()
        if (fact := traffic.sent.get(id)) and (str(row.call_id), row.type, wire_time(row.occurred_at)) != _said(fact)
    ]
    wrong += [f"not what its facts give: {one}" for one in await _records_that_differ(db, stored.values())]
    return wrong


def _said(fact: Fact) -> tuple[str, str, str]:
    return fact["call_id"], fact["type"], fact["occurred_at"]


async def _rows(db: Database, calls: Iterable[str]) -> list[Row]:
    async with db.connection() as tx:
        cursor = await tx.execute(
            # What our own timers guessed meanwhile was sent by nobody.
            "SELECT id, call_id, type, occurred_at, source FROM events WHERE call_id = ANY(%s::uuid[]) AND source <> 'timer'",
            [list(calls)],
        )
        return [Row(*row) for row in await cursor.fetchall()]


async def _records_that_differ(db: Database, rows: Iterable[Row]) -> list[str]:
    """Calls whose record as it stands is not the one that a rebuild makes."""
    calls = sorted({row.call_id for row in rows})
    before = await _records(db, calls)
    ledger = Ledger(db, Settings())
    for first in range(0, len(calls), 20):
        await ledger.rebuild(calls[first : first + 20], datetime.now(UTC))
    after = await _records(db, calls)
    return [f"{id}: {before.get(id)} {after.get(id)}" for id in calls if before.get(id) != after.get(id)]


async def _records(db: Database, calls: list[UUID]) -> dict[UUID, Any]:
    """Of each call all that is derived of its facts: not how often it was, nor the deadline, which moves by the time in which nobody looked."""
    async with db.connection() as tx:
        cursor = await tx.execute(
            """
            SELECT id, to_jsonb(calls) - 'version' - 'updated_at' - 'next_deadline_at',
                (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.id) FROM participants AS p WHERE p.call_id = calls.id),
                (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.id) FROM connections AS c WHERE c.call_id = calls.id)
            FROM calls WHERE id = ANY(%s)
            """,
            [calls],
        )
        return {row[0]: row[1:] for row in await cursor.fetchall()}
