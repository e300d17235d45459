"""A recorded session into the record: the same way that one goes which is streamed, only all at once."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from callwell.engines.rtcstats.dumps import Entry
from callwell.engines.rtcstats.telling import AT_ONCE, Engine, Teller
from callwell.engines.rtcstats.translate import Told, Translator
from callwell.postgres.pool import Database
from callwell.quality.actions import add_samples
from callwell.quality.making import keep_report
from callwell.quality.profiles import Profiles
from callwell.record.events import Writer
from callwell.record.ledger import Ledger


class Imported(Struct, frozen=True):
    """What became of one session."""

    session: str
    call_id: UUID | None
    """None where it tells of no call."""
    participant: str | None
    facts: dict[str, int]
    """How many were stored, how many were there before, and how many were not taken, by their codes."""
    samples: dict[str, int]


class Importer:
    """Imports sessions, and makes the reports of the calls that they are part of."""

    def __init__(self, db: Database, ledger: Ledger, profiles: Profiles, engine: Engine) -> None:
        self._db = db
        self._ledger = ledger
        self._profiles = profiles
        self._engine = engine
        self.calls: dict[UUID, None] = {}
        """The calls touched, in their order."""

    async def add(self, session: str, entries: Iterable[tuple[int, Entry]]) -> Imported:
        """A session by its entries, each with its number. Raises DatabaseUnavailable; importing it again does no harm."""
        teller = Teller(
            self._db,
            self._ledger,
            lambda source, writer, new, at: add_samples(self._db, self._ledger, source, writer, new, received_at=at),
            Writer.IMPORTER,
            self._engine,
        )
        translator = Translator(session)
        now = datetime.now(UTC)
        told = Told([], [])
        call_id: UUID | None = None
        for number, entry in entries:
            said = translator.read(entry, number, now)
            told.facts += said.facts
            told.samples += said.samples
            if translator.who is not None and len(told.facts) + len(told.samples) >= AT_ONCE:
                call_id = call_id or await teller.find_call(session, translator.who, is_trusted=True)
                await teller.tell(session, translator.who, call_id, told, received_at=now)
                told = Told([], [])
        said = translator.finish()
        told.facts += said.facts
        told.samples += said.samples
        if translator.who is not None:
            call_id = call_id or await teller.find_call(session, translator.who, is_trusted=True)
            await teller.tell(session, translator.who, call_id, told, received_at=now)
            self.calls[call_id] = None
        return Imported(
            session,
            call_id,
            translator.who.participant if translator.who else None,
            _of(teller.outcomes, "facts"),
            _of(teller.outcomes, "samples"),
        )

    async def finish(self) -> None:
        """Calls that everybody has left long ago are over; their reports are made."""
        now = datetime.now(UTC)
        for call_id in self.calls:
            await self._ledger.sweep([call_id], now)
            await keep_report(self._db, self._ledger, self._profiles, call_id, now)


def _of(outcomes: Counter[tuple[str, str]], what: str) -> dict[str, int]:
    return {outcome: count for (kind, outcome), count in sorted(outcomes.items()) if kind == what}
