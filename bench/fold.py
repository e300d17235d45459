"""Facts folded a second, by the pure fold alone; as a ratio, over facts understood a second (decoded, checked and hashed), which every fact has to be once.

Two calls: one of two people that goes on for 5,000 facts, and one in which twenty people have their say in turn.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from bench.facts import new_call
from bench.figures import begin, median, ratio, show, spread, tidy
from callwell import ids
from callwell.ingest.facts import read_facts
from callwell.record.events import Event, Fact, NewEvent, read_payload
from callwell.record.evolve import fold

ROUNDS = 15
FACTS = 5000


def main() -> None:
    begin("Fold: facts into state, in memory")
    sent = [msgspec.json.encode(fact) for fact in new_call().take(FACTS)]
    folded, understood = [], []
    for number, people in ((FACTS, 2), (FACTS, 20)):
        facts = _facts(sent[:number], people)
        fold(facts)
        for _ in range(ROUNDS):
            tidy()
            understood.append(_rate(number, lambda: _understand(sent)))
            folded.append(_rate(number, lambda: fold(facts)))  # noqa: B023 called at once
        rates = folded[-ROUNDS:]
        show(f"fold, {people} people", f"{median(rates):,.0f}/s", "200,000/s", spread(rates))
    show("fold, over understanding the same facts", f"{ratio(folded, understood):.1f}", "", f"{median(understood):,.0f}/s")


def _understand(sent: Sequence[bytes]) -> None:
    read = read_facts([msgspec.Raw(fact) for fact in sent], datetime.now(UTC), None)
    assert all(isinstance(fact, NewEvent) for fact in read)


def _facts(sent: Sequence[bytes], people: int) -> list[Event]:
    """The facts as they are kept, of so many people with a connection each."""
    who = [(ids.uuid7(), ids.uuid7()) for _ in range(people)]
    facts: list[Event] = []
    for number, text in enumerate(sent):
        fact = msgspec.json.decode(text, type=Fact)
        subject = who[number % people] if fact.participant else (None, None)
        assert fact.call_id is not None
        facts.append(Event(fact.call_id, fact.id, "key:bench", fact.type, fact.occurred_at, read_payload(fact.type, fact.data), *subject))
    return facts


def _rate(number: int, do: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    do()
    return number / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
