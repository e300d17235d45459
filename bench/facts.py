"""Calls like those that are held: two people, who come in, speak, mute themselves and write to each other."""

from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import ids
from callwell.http import wire_time
from callwell.ingest.facts import read_facts
from callwell.record.events import NewEvent

BATCH = 50
PEOPLE = (("user:1", "client"), ("user:2", "provider"))
SAID = (
    ("media.changed", {"audio_enabled": True}),
    ("speaker.spoke", {"duration_ms": 900}),
    ("media.changed", {"audio_enabled": False}),
    ("speaker.spoke", {"duration_ms": 2100}),
    ("chat.sent", {}),
    ("media.changed", {"video_enabled": True}),
)

Batch = list[dict[str, Any]]


class Held(Struct):
    """A call that goes on; what is taken from it comes one after the other."""

    id: UUID
    began_at: datetime
    told: int = 0

    def take(self, number: int) -> Batch:
        facts = list(islice(self._facts(), number))
        self.told += number
        return facts

    def _facts(self) -> Any:
        number = self.told
        beginning = self._beginning()
        yield from beginning[number:]
        number = max(number, len(beginning))
        while True:
            type, said = SAID[number % len(SAID)]
            yield self.fact(type, number, PEOPLE[number // 3 % 2][0], **said)
            number += 1

    def _beginning(self) -> Batch:
        came = [
            fact
            for who, role in PEOPLE
            for fact in (self.fact("participant.joined", 1, who, role=role), self.fact("participant.connected", 2, who, setup_ms=640))
        ]
        return [self.fact("call.created", 0, initiator="user:1", mode="p2p"), *sorted(came, key=lambda fact: fact["occurred_at"])]

    def fact(self, type: str, seconds: float, who: str | None = None, **said: Any) -> dict[str, Any]:
        fact = {"id": str(ids.uuid7()), "call_id": str(self.id), "type": type, "occurred_at": wire_time(self.began_at + timedelta(seconds=seconds))}
        return fact | ({"participant": who, "connection": "laptop"} if who else {}) | ({"data": said} if said else {})


def new_call() -> Held:
    return Held(ids.uuid7(), datetime.now(UTC) - timedelta(minutes=30))


def new_calls(number: int) -> list[Batch]:
    """Batches that are a call each."""
    return [new_call().take(BATCH) for _ in range(number)]


class RunningCalls:
    """Calls that go on, of which each has its say in turn; one that lasted long enough makes room for another, not all of them at once."""

    def __init__(self, number: int, batches: int) -> None:
        self._calls = [new_call() for _ in range(number)]
        self._left = [1 + place * batches // number for place in range(number)]
        self._batches = batches
        self._turns = cycle(range(number))

    def take(self, number: int) -> list[Batch]:
        return [self._batch(next(self._turns)) for _ in range(number)]

    def _batch(self, place: int) -> Batch:
        if not self._left[place]:
            self._calls[place] = new_call()
            self._left[place] = self._batches
        self._left[place] -= 1
        return self._calls[place].take(BATCH)


def body_of(batch: Batch) -> bytes:
    return msgspec.json.encode({"events": batch})


def understood(batch: Batch) -> list[NewEvent]:
    """The facts as ingest hands them to the ledger."""
    read = read_facts([msgspec.Raw(msgspec.json.encode(fact)) for fact in batch], datetime.now(UTC), None)
    facts = [fact for fact in read if isinstance(fact, NewEvent)]
    assert len(facts) == len(batch), read
    return facts
