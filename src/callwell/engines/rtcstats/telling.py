"""What a session told, on its way into the record: which call it is part of, and its facts and samples in our words."""

import os
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from callwell import ids
from callwell.engines.rtcstats.translate import Fact, Taken, Told, Who
from callwell.postgres.pool import Database, Tx, execute, fetch_value
from callwell.quality.batches import NewSample
from callwell.record import events as e
from callwell.record.events import CATALOGUE, NewEvent, Subject, Writer
from callwell.record.ledger import Ledger
from callwell.record.opened import Outcome

SOURCE = "rtcstats"
"""All that was ever told by such a session, streamed or imported: the same facts are the same."""
AT_ONCE = 400
LONGEST = timedelta(hours=24)
"""No call goes on for longer."""
TOGETHER = timedelta(minutes=1)
"""Sessions in one place that begin so close to each other are of one call."""

AddSamples = Callable[[str, Writer, Sequence[NewSample], datetime], Awaitable[list[Outcome]]]


class Engine(Struct, frozen=True):
    """What carried the media, and how its calls are found again."""

    aliases: str
    """Whose names of calls these are, in ``call_aliases``."""
    name: e.Engine
    mode: e.CallMode


JITSI = Engine("jitsi", "jitsi", "sfu")


class Teller:
    """Tells the ledger."""

    def __init__(self, db: Database, ledger: Ledger, add: AddSamples, writer: Writer, engine: Engine = JITSI) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """How many facts and samples became what: ``("facts", "stored")``."""
        self._db = db
        self._ledger = ledger
        self._add = add
        self._writer = writer
        self._engine = engine

    async def find_call(self, session: str, who: Who, *, is_trusted: bool) -> UUID:
        """The call that the session is part of. The first of its sessions makes the name known; the call itself is made by its first facts.

        A meeting that goes by the id of a call of ours, or by the name of a room that has one just now, is that call; only who showed that they may
        say so is believed. Where the client says no more than the place, it is the call that went on there when the session began.
        """
        async with self._db.transaction() as tx:
            if is_trusted and who.conference and (own := await _find_own(tx, who.conference)) is not None:
                return own
            engine, key = self._alias(session, who)
            known = None
            if who.meeting is None and who.conference is not None:
                # Two that come at once are to find each other.
                await execute(tx, "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [engine])
                known = await _find_in_place(tx, engine, who.began_at)
            await execute(
                tx,
                "INSERT INTO call_aliases (engine, key, call_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [engine, key, known or _id_at(who.began_at)],
            )
            return await fetch_value(tx, "SELECT call_id FROM call_aliases WHERE engine = %s AND key = %s", [engine, key])

    def _alias(self, session: str, who: Who) -> tuple[str, str]:
        """What the call is found by: its own name, or the place and the session."""
        if who.meeting is not None:
            return self._engine.aliases, who.meeting
        return f"{self._engine.aliases}/{_place(who)}", session

    async def tell(self, session: str, who: Who, call_id: UUID, told: Told, *, received_at: datetime) -> None:
        """Returns once it is durable. Raises Overloaded and DatabaseUnavailable; what was told before then is told again without harm."""
        facts = [_event(call_id, session, who, fact) for fact in told.facts]
        if any(fact.type == "participant.joined" for fact in told.facts) and (created := await self._created(session, call_id, who)) is not None:
            facts.insert(0, created)
        for start in range(0, len(facts), AT_ONCE):
            self._count("facts", await self._ledger.append(SOURCE, self._writer, facts[start : start + AT_ONCE], received_at=received_at))
        samples = [_sample(call_id, session, who, taken) for taken in told.samples]
        for start in range(0, len(samples), AT_ONCE):
            self._count("samples", await self._add(SOURCE, self._writer, samples[start : start + AT_ONCE], received_at))

    def _count(self, what: str, outcomes: Sequence[Outcome]) -> None:
        self.outcomes.update((what, outcome.code or outcome.outcome) for outcome in outcomes)

    async def _created(self, session: str, call_id: UUID, who: Who) -> NewEvent | None:
        """That the call was made: the same fact for all of its sessions. None of a call that we made ourselves."""
        async with self._db.connection() as tx:
            is_named = await fetch_value(
                tx, "SELECT true FROM call_aliases WHERE engine = %s AND key = %s AND call_id = %s", [*self._alias(session, who), call_id]
            )
        if is_named is None:
            return None
        room = who.conference if who.meeting and who.conference and ids.room_id(who.conference) else None
        name = who.meeting or _place(who)
        payload = e.CallCreated(engine=self._engine.name, mode=self._engine.mode, external_id=name[:200], room=room)
        return NewEvent(call_id, ids.derived_id(SOURCE, call_id, "call.created"), "call.created", _time_of(call_id), payload)


def _place(who: Who) -> str:
    """Where a meeting is that has no name of its own."""
    return (who.conference or "rtcstats").lower()[:200]


def _event(call_id: UUID, session: str, who: Who, fact: Fact) -> NewEvent:
    if CATALOGUE[fact.type].subject is Subject.CALL:
        return NewEvent(call_id, fact.id, fact.type, fact.occurred_at, fact.payload)
    return NewEvent(call_id, fact.id, fact.type, fact.occurred_at, fact.payload, participant=who.participant, connection=session)


def _sample(call_id: UUID, session: str, who: Who, taken: Taken) -> NewSample:
    return NewSample(call_id=call_id, id=taken.id, participant=who.participant, connection=session, measured=taken.measured)


async def _find_in_place(tx: Tx, place: str, began_at: datetime) -> UUID | None:
    """The call that went on there then. Whoever came a little before its first may be read after them."""
    return await fetch_value(
        tx,
        """
        SELECT call_aliases.call_id FROM call_aliases LEFT JOIN calls ON calls.id = call_aliases.call_id
        WHERE call_aliases.engine = %(place)s AND call_aliases.call_id >= %(since)s AND call_aliases.call_id < %(until)s
          AND (calls.ended_at IS NULL OR calls.ended_at >= %(began_at)s)
        ORDER BY call_aliases.call_id DESC LIMIT 1
        """,
        {"place": place, "since": _first_id(began_at - LONGEST), "until": _first_id(began_at + TOGETHER), "began_at": began_at},
    )


async def _find_own(tx: Tx, conference: str) -> UUID | None:
    """The call of ours that goes by this name."""
    if (room_id := ids.room_id(conference)) is not None:
        return await fetch_value(tx, "SELECT call_id FROM live_calls WHERE room_id = %s", [room_id])
    try:
        own = UUID(conference)
    except ValueError:
        return None
    return await fetch_value(tx, "SELECT id FROM calls WHERE id = %s", [own])


def _first_id(at: datetime) -> UUID:
    """The lowest id of that time."""
    return UUID(int=max(0, int((at - _EPOCH) / timedelta(milliseconds=1))) << 80)


def _id_at(at: datetime) -> UUID:
    """A UUIDv7 of that time, so that the calls of the past stand in the past."""
    milliseconds = max(0, int((at - _EPOCH) / timedelta(milliseconds=1)))
    random = int.from_bytes(os.urandom(10))
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0x2 << 62 | random & 0x3FFF_FFFF_FFFF_FFFF)


def _time_of(id: UUID) -> datetime:
    return _EPOCH + timedelta(milliseconds=id.int >> 80)


_EPOCH: Any = datetime(1970, 1, 1, tzinfo=UTC)
