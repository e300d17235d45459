"""What happened in a call, told fact by fact: people by their names, times in seconds after it began."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from callwell.ids import derived_id
from callwell.record import events as e
from callwell.record.commands import Command, Refusal, decide
from callwell.record.derive import derive
from callwell.record.events import Event, NewEvent, Payload
from callwell.record.evolve import fold
from callwell.record.state import CallRecord, CallState, ConnectionRecord, ConnectionState, ParticipantRecord, Record, Span
from callwell.record.timers import Allowances, due, next_deadline

BEGIN = datetime(2026, 11, 21, 9, tzinfo=UTC)
CALL = derived_id("call")
ALLOWANCES = Allowances(
    lease=timedelta(seconds=45),
    grace=timedelta(seconds=60),
    ringing=timedelta(seconds=45),
    empty=timedelta(seconds=120),
    longest=timedelta(hours=12),
    settling=timedelta(seconds=900),
)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def seconds(time: datetime | None) -> float | None:
    """A time as seconds after the beginning."""
    return None if time is None else (time - BEGIN).total_seconds()


def person(name: str) -> UUID:
    return derived_id("person", name)


def connection(name: str, device: str = "laptop") -> UUID:
    return derived_id("connection", name, device)


class Story:
    """Facts about one call. What returns the story itself can be told in one breath."""

    def __init__(self) -> None:
        self.facts: list[Event] = []
        self.held: dict[UUID, list[Span]] = {}
        self.people: dict[str, UUID] = {}
        self.gaps: list[Span] = []

    # ── What happened ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def fact(self, when: float, type: str, payload: Payload, who: str | None = None, device: str = "laptop", source: str = "key:host") -> "Story":
        id = derived_id(len(self.facts), type)
        own = (person(who), connection(who, device)) if who else (None, None)
        if who:
            self.people[f"user:{who}"] = person(who)
        self.facts.append(Event(CALL, id, source, type, at(when), payload, *own))
        return self

    def created(self, when: float = 0, **details: Any) -> "Story":
        return self.fact(when, "call.created", e.CallCreated(**details))

    def joined(self, who: str, when: float, device: str = "laptop", **details: Any) -> "Story":
        return self.fact(when, "participant.joined", e.Joined(**details), who, device)

    def connected(self, who: str, when: float, device: str = "laptop", source: str = "key:host") -> "Story":
        return self.fact(when, "participant.connected", e.Connected(), who, device, source)

    def disconnected(self, who: str, when: float, device: str = "laptop") -> "Story":
        return self.fact(when, "participant.disconnected", e.Disconnected(), who, device)

    def reconnected(self, who: str, when: float, device: str = "laptop", *, media_kept: bool = False) -> "Story":
        return self.fact(when, "participant.reconnected", e.Reconnected(media_kept), who, device)

    def left(self, who: str, when: float, device: str = "laptop", reason: str = "normal") -> "Story":
        return self.fact(when, "participant.left", e.Left(reason), who, device)

    def media(self, who: str, when: float, device: str = "laptop", **changed: Any) -> "Story":
        return self.fact(when, "media.changed", e.MediaChanged(**changed), who, device)

    def ended(self, when: float, reason: Any = "normal") -> "Story":
        return self.fact(when, "call.ended", e.CallEnded(reason))

    def there(self, who: str, since: float, until: float, device: str = "laptop", source: str = "key:host", **details: Any) -> "Story":
        """Somebody comes, is connected at once and leaves."""
        self.joined(who, since, device, **details)
        self.connected(who, since, device, source)
        return self.left(who, until, device)

    def holds(self, who: str, since: float, until: float, device: str = "laptop") -> "Story":
        """We hold a socket of theirs open, until its lease runs out."""
        self.held.setdefault(connection(who, device), []).append(Span(at(since), at(until)))
        return self

    def nobody_looked(self, since: float, until: float) -> "Story":
        """Deadlines were not swept."""
        self.gaps.append(Span(at(since), at(until)))
        return self

    # ── What timers say ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def due(self, when: float) -> list[NewEvent]:
        return due(CALL, self.state, ALLOWANCES, self.gaps, at(when))

    def deadline(self, when: float) -> float | None:
        """When something will be due if nothing is heard, as is seen then."""
        return seconds(next_deadline(CALL, self.state, ALLOWANCES, self.gaps, at(when)))

    def sweep(self, when: float) -> list[tuple[str, float, float]]:
        """Deadlines are looked after then. Gives the guesses that were made: type, when it is said to have happened, and basis."""
        made: list[tuple[str, float, float]] = []
        while guesses := self.due(when):
            for guess in guesses:
                own = UUID(guess.connection) if guess.connection else None
                whose = self.state.connections[own].participant_id if own else None
                self.facts.append(Event(CALL, guess.id, "timer", guess.type, guess.occurred_at, guess.payload, whose, own, guess.basis_at))
                made.append((guess.type, seconds(guess.occurred_at) or 0, seconds(guess.basis_at) or 0))
        return made

    # ── What is done ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def decide(self, command: Command, when: float) -> list[NewEvent] | Refusal:
        return decide(CALL, self.state, command, at(when))

    # ── What it comes to ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def state(self) -> CallState:
        return fold(self.facts, CallState(held=self.held, people=self.people))

    def record(self, when: float | None = None) -> Record:
        return derive(CALL, self.state, at=None if when is None else at(when))

    @property
    def call(self) -> CallRecord:
        return self.record().call

    def of(self, who: str) -> ParticipantRecord:
        return self.record().participants[person(who)]

    def connection(self, who: str, device: str = "laptop") -> ConnectionRecord:
        return self.record().connections[connection(who, device)]

    def folded(self, who: str, device: str = "laptop") -> ConnectionState:
        return self.state.connections[connection(who, device)]

    def anomalies(self) -> list[str]:
        return [anomaly["code"] for anomaly in self.call.anomalies]


def spans(of: list[Span]) -> list[tuple[float | None, float | None]]:
    return [(seconds(span.start), seconds(span.end)) for span in of]
