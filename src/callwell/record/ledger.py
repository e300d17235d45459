"""The only writer of events, calls, participants and connections.

Two doors: `Ledger.append` takes observed facts, grouped across callers; `Ledger.command` decides a command in the caller's transaction. Timers come
through `Ledger.sweep`. An answer means that it is durable: it is given after the commit.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from callwell import errors
from callwell.postgres.pool import Database, DatabaseError, Tx, execute, is_retryable
from callwell.postgres.together import Together
from callwell.record import opened as calls
from callwell.record.audit import NOWHERE, Origin
from callwell.record.commands import Command, CreateCall, Refusal, decide
from callwell.record.derive import derive
from callwell.record.events import NewEvent, Writer, event_type
from callwell.record.opened import Incoming, OpenedCall, Outcome, incoming
from callwell.record.saving import postpone, save
from callwell.record.state import CallState, Record, Span
from callwell.record.telling import By
from callwell.record.timers import Allowances, due, of_call
from callwell.settings import Settings

log = logging.getLogger(__name__)

CHANGES = "callwell_changes"
"""The channel on which it is told which calls changed: their ids with commas between. A hint: who misses it looks at `changes`."""

WRITERS = 3
"""How many groups a process writes at once."""
TRIES = 5
IDS_IN_HINT = 200
CLOCKS_DIFFER_BY = timedelta(seconds=5)
"""How far the clocks of our processes may be apart."""
COMMAND_SOURCE = Writer.COMMAND.value
TIMER_SOURCE = Writer.TIMER.value


class Changed(Struct, frozen=True):
    """A call after a command."""

    call_id: UUID
    version: int
    state: CallState
    record: Record


def allowances(settings: Settings, deployed: Mapping[str, Any] | None = None) -> Allowances:
    """How long timers wait where a call says nothing: by the environment, and by what was deployed over it."""
    environment = Allowances(
        lease=timedelta(seconds=settings.lease_seconds),
        grace=timedelta(seconds=settings.grace_seconds),
        ringing=timedelta(seconds=settings.ringing_seconds),
        empty=timedelta(seconds=settings.empty_seconds),
        longest=timedelta(hours=settings.max_call_hours),
        settling=timedelta(seconds=settings.settling_seconds),
    )
    return of_call(environment, deployed or {})


class Ledger:
    """The facts of a deployment, and what is folded from them."""

    def __init__(self, db: Database, settings: Settings, *, grouped: bool = True) -> None:
        """``grouped=False`` gives each caller a transaction of its own: what the benchmarks compare with."""
        self.db = db
        self.allowances = allowances(settings)
        """How long timers wait in calls whose settings don't say; changed as the deployment's settings are."""
        self.gaps: Sequence[Span] = ()
        """When nobody looked after deadlines; the sweep keeps it."""
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """How many facts became what, by writer and outcome."""
        self._together = Together(
            self._write, of="facts", most_waiting=settings.waiting_events, most_at_once=settings.group_events if grouped else 1, writers=WRITERS
        )
        self._hints: set[UUID] = set()
        self._hint_wake = asyncio.Event()
        self._stopping = False

    # ── Running ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Ledger"]:
        """While it runs, facts are written. At the end what waits is still written."""
        self._stopping = False
        notifier = asyncio.create_task(self._tell(), name="ledger-hints")
        try:
            async with self._together.running():
                yield self
        finally:
            self._stopping = True
            self._hint_wake.set()
            await notifier

    @property
    def waiting_events(self) -> int:
        """Facts that wait to be written."""
        return self._together.waiting

    @property
    def is_overloaded(self) -> bool:
        return self._together.is_overloaded

    # ── Observed facts ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def append(
        self, source: str, writer: Writer, events: Sequence[NewEvent], *, received_at: datetime, origin: Origin = NOWHERE
    ) -> list[Outcome]:
        """What became of each fact, once that is durable. ``origin``: of the request that brought them, for the audit trail.

        Raises Overloaded before it would hold more than it may, and DatabaseUnavailable where nothing was written.
        """
        if not events:
            return []
        self._together.check_room(len(events))
        facts = [incoming(event, source, writer, received_at, origin) for event in events]
        for fact in facts:
            type = event_type(fact.event.type)
            if type is None:
                fact.outcome = Outcome(fact.event.id, "rejected", "event.unknown_type")
            elif writer not in type.writers:
                fact.outcome = Outcome(fact.event.id, "rejected", "event.not_allowed")
        if taken := [fact for fact in facts if fact.outcome is None]:
            await self._together.add(taken)
        outcomes = [fact.outcome for fact in facts]
        assert None not in outcomes
        who = writer.value
        self.outcomes.update((who, outcome.outcome) for outcome in outcomes if outcome)
        return [outcome for outcome in outcomes if outcome]

    async def _write(self, facts: list[Incoming]) -> None:
        """One transaction for all, again where the database says that again may help. What a lost connection had committed is a duplicate then."""
        for attempt in range(TRIES):
            try:
                async with self.db.transaction() as tx:
                    at = max(fact.received_at for fact in facts)
                    opened = await calls.open_calls(tx, calls.calls_of(facts), at, make_missing=True)
                    await calls.take(tx, opened, facts)
                    await calls.fold_fresh(tx, opened)
                    versions = await save(tx, opened, self.allowances, self.gaps, at)
            except DatabaseError as why:
                if attempt == TRIES - 1 or not is_retryable(why):
                    raise
                await asyncio.sleep(0.02 * 2**attempt)
            else:
                self._hint(call_id for call_id, _ in versions)
                return

    # ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def command(
        self, tx: Tx, call_id: UUID, command: Command, at: datetime, *, then: Command | None = None, by: By | None = None
    ) -> Changed | Refusal:
        """Decides the command under the call's lock and writes what comes of it, in the caller's transaction.

        A refusal is a value, so that what tells of it commits with the transaction; the caller raises its error afterwards. ``then`` is decided
        after it and saved with it; its refusal is raised, since the transaction has to be undone. ``by``: whose request it is, for the audit trail.
        """
        opened = await calls.open_calls(tx, [call_id], at, make_missing=isinstance(command, CreateCall))
        call = opened.get(call_id)
        if call is None:
            is_new = isinstance(command, CreateCall)
            return Refusal(errors.CallErased(call_id=call_id) if is_new else errors.NotFound(what="call", id=call_id))
        if call.is_sealed:
            return Refusal(errors.IllegalMove(state="sealed", move="changed"))
        at = _after_what_happened(call.state, at)
        decided = decide(call_id, call.state, command, at)
        if isinstance(decided, Refusal):
            return decided
        await self._take_own(tx, opened, decided, COMMAND_SOURCE, Writer.COMMAND, at)
        if then is not None:
            further = decide(call_id, call.state, then, at)
            if isinstance(further, Refusal):
                raise further.error
            await self._take_own(tx, opened, further, COMMAND_SOURCE, Writer.COMMAND, at)
        versions = await save(tx, opened, self.allowances, self.gaps, at, by)
        await _notify(tx, [call_id for call_id, _ in versions])
        # A command that comes to no facts, such as putting out who is out already, changes nothing.
        record = call.record or derive(call_id, call.state, final_at=call.final_at)
        return Changed(call_id, call.version, call.state, record)

    async def _take_own(
        self, tx: Tx, opened: dict[UUID, OpenedCall], events: Sequence[NewEvent], source: str, writer: Writer, at: datetime
    ) -> list[Outcome]:
        facts = [incoming(event, source, writer, at) for event in events]
        await calls.take(tx, opened, facts)
        await calls.fold_fresh(tx, opened)
        return [fact.outcome for fact in facts if fact.outcome]

    # ── Timers ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def sweep(self, call_ids: Sequence[UUID], at: datetime) -> int:
        """Makes the guesses that are due in these calls, and tells the readers of those that have settled. Gives how many guesses were made.

        Found without locks, decided under them: what was heard in between counts.
        """
        made = 0
        async with self.db.transaction() as tx:
            opened = await calls.open_calls(tx, call_ids, at, make_missing=False)
            while guesses := [
                guess
                for call in opened.values()
                if not call.is_sealed and not call.needs_refold
                for guess in due(call.id, call.state, self.allowances, self.gaps, at)
            ]:
                outcomes = await self._take_own(tx, opened, guesses, TIMER_SOURCE, Writer.TIMER, at)
                stored = sum(outcome.outcome == "stored" for outcome in outcomes)
                made += stored
                if not stored:
                    break
            await postpone(tx, opened, self.allowances, self.gaps, at)
            await save(tx, opened, self.allowances, self.gaps, at)
            await execute(
                tx,
                "UPDATE leases SET settled = true WHERE call_id = ANY(%s) AND NOT settled AND expires_at <= %s",
                [list(opened), at],
            )
        self._hint(opened)
        return made

    # ── Finishing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def finish(self, tx: Tx, call_id: UUID, version: int, at: datetime) -> int | None:
        """Makes a record final whose report was made from this version, where late facts have had their time. Gives the version that is final.

        None where there is nothing to finish: it goes on or settles still, more has become known, or it is final already.
        """
        opened = await calls.open_calls(tx, [call_id], at, make_missing=False)
        call = opened.get(call_id)
        if call is None or call.version != version or call.final_at is not None or call.is_sealed or call.needs_refold:
            return None
        over = derive(call_id, call.state).call.ended_at
        if over is None or over + of_call(self.allowances, call.state.call.settings).settling > at:
            return None
        call.final_at = at
        call.is_changed = True
        await save(tx, opened, self.allowances, self.gaps, at)
        await _notify(tx, [call_id])
        return call.version

    # ── Rebuilding ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def rebuild(self, call_ids: Sequence[UUID], at: datetime) -> int:
        """Folds calls again from their facts, as if for the first time. Gives how many were; a sealed call keeps its record."""
        async with self.db.transaction() as tx:
            opened = await calls.open_calls(tx, call_ids, at, make_missing=False)
            rebuilt = 0
            for call in opened.values():
                if not call.is_sealed:
                    await calls.fold_again(tx, call)
                    rebuilt += not call.needs_refold
            versions = await save(tx, opened, self.allowances, self.gaps, at)
        self._hint(call_id for call_id, _ in versions)
        return rebuilt

    # ── Hints ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _hint(self, call_ids: Iterable[UUID]) -> None:
        self._hints.update(call_ids)
        self._hint_wake.set()

    async def _tell(self) -> None:
        """Tells once for all that changed since it last did, after the commit: a hint lost with its connection is one the readers do without."""
        while not (self._stopping and not self._hints):
            self._hint_wake.clear()
            if not self._hints:
                await self._hint_wake.wait()
                continue
            told = [self._hints.pop() for _ in range(min(IDS_IN_HINT, len(self._hints)))]
            try:
                async with self.db.connection() as tx:
                    await _notify(tx, told)
            except (errors.DatabaseUnavailable, DatabaseError) as why:
                log.warning("a hint was lost: %r", why)


async def _notify(tx: Tx, call_ids: Sequence[UUID]) -> None:
    if call_ids:
        await tx.execute("SELECT pg_notify(%s, %s)", [CHANGES, ",".join(map(str, call_ids))], prepare=True)


def _after_what_happened(state: CallState, at: datetime) -> datetime:
    """The command's time, moved behind the newest fact where our processes' clocks differ a little: what is commanded under the lock comes after it."""
    seen = [subject.last_at for subject in (state.call, *state.connections.values()) if subject.last_at is not None]
    newest = max(seen, default=at)
    return newest + timedelta(milliseconds=1) if at <= newest <= at + CLOCKS_DIFFER_BY else at
