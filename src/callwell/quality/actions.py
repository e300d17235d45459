"""Keeping samples: the only writer of `samples`. What is answered is durable."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import ids
from callwell.ingest.facts import Own, Result, result_of
from callwell.postgres.pool import Database, DatabaseError, Tx, is_data_error, is_retryable
from callwell.postgres.together import Together
from callwell.quality.batches import NewSample, read_samples
from callwell.quality.samples import Measured
from callwell.quality.score import Scored, score_sample
from callwell.record.events import NewEvent, QualityChanged, Writer
from callwell.record.ledger import CHANGES, Ledger
from callwell.record.opened import PUT_OUT_REASONS, Outcome

MOST_SAMPLES_OF_CALL = 500_000
MOST_SAMPLES_OF_ONE = 50_000
"""Samples a call keeps, and of one participant: 15 hours of a sample a second."""
MOST_WAITING = 50_000
"""Samples that wait to be written, before callers are told to come back."""
MOST_IN_GROUP = 1_000
"""Samples of several callers written in one transaction."""
WRITERS = 2
TRIES = 5
COUNTED_FOR = 300.0
"""Seconds that the number of a call's samples is believed, but for those added here: other processes add some, too."""
MOST_COUNTED = 5_000


class Stored(Struct, frozen=True):
    """A sample that was stored just now, of a call that goes on."""

    call_id: UUID
    connection_id: UUID
    id: UUID


Told = Callable[[Sequence[Stored]], None]


class _Incoming(Struct, gc=False):
    """A sample on its way in."""

    sample: NewSample
    source: str
    writer: Writer
    received_at: datetime
    scored: Scored
    outcome: Outcome | None = None
    """None also of one whose connection nobody has named yet."""


class Samples:
    """The samples of a deployment: those of many small requests are written together."""

    def __init__(self, db: Database, ledger: Ledger, tell: Told | None = None) -> None:
        """``tell`` hears, after the commit, which samples of calls that go on were stored."""
        self._db = db
        self._ledger = ledger
        self._tell = tell
        self._counts = _Counts()
        self._together = Together(self.write, of="samples", most_waiting=MOST_WAITING, most_at_once=MOST_IN_GROUP, writers=WRITERS)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Samples"]:
        """While it runs, samples are written. At the end what waits is still written. The ledger runs for longer."""
        async with self._together.running():
            yield self

    # ── In ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def take(self, source: str, writer: Writer, items: Sequence[msgspec.Raw], received_at: datetime, own: Own | None) -> Result:
        """What became of each item of a batch. Raises as `add` does."""
        read = read_samples(items, received_at, own)
        samples = [sample for sample in read if isinstance(sample, NewSample)]
        return result_of(read, await self.add(source, writer, samples, received_at=received_at))

    async def add(self, source: str, writer: Writer, samples: Sequence[NewSample], *, received_at: datetime) -> list[Outcome]:
        """What became of each sample, once that is durable.

        Raises Overloaded before it would hold more than it may, and DatabaseUnavailable where it is not known what became of them.
        """
        self._together.check_room(len(samples))
        return await _add(self._together.add, self._ledger, source, writer, samples, received_at)

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def write(self, samples: list[_Incoming]) -> None:
        """In one transaction. Numbers that the database does not take are looked for by halves, so that they fail alone."""
        try:
            stored, live = await self._write_together(samples)
        except DatabaseError as why:
            if not is_data_error(why):
                raise
            if len(samples) == 1:
                samples[0].outcome = Outcome(samples[0].sample.id, "rejected", "sample.invalid", "a number is not what it may be")
                return
            await self.write(samples[: len(samples) // 2])
            await self.write(samples[len(samples) // 2 :])
            return
        self._counts.add(stored)
        if self._tell is not None and live:
            self._tell(live)

    async def _write_together(self, samples: list[_Incoming]) -> tuple[list["_Row"], list[Stored]]:
        """All that were stored, and those of calls that go on. Again where the database says that again may help."""
        for attempt in range(TRIES):
            try:
                async with self._db.transaction() as tx:
                    return await self._take(tx, samples)
            except DatabaseError as why:
                if attempt == TRIES - 1 or not is_retryable(why):
                    raise
                await asyncio.sleep(0.02 * 2**attempt)
        raise AssertionError

    async def _take(self, tx: Tx, samples: list[_Incoming]) -> tuple[list["_Row"], list[Stored]]:
        standings = await _lock(tx, samples)
        places = await _find_places(tx, samples)
        await self._counts.look(tx, standings)
        rows: list[_Row] = []
        for incoming in samples:
            sample = incoming.sample
            standing, place = standings.get(sample.call_id), places.get(_subject(incoming))
            code = None
            if standing is None or place is None:
                # Nobody has told of its connection yet, which a page's own never is.
                code = "call.unknown" if incoming.writer is Writer.CLIENT else None
            elif standing.is_sealed:
                code = "sample.too_late"
            elif incoming.writer is Writer.CLIENT and place.was_put_out(sample.measured.started_at):
                code = "sample.after_revocation"
            elif self._counts.is_full(sample.call_id, place.participant_id):
                code = "call.too_many_samples"
            else:
                rows.append(_Row(sample.call_id, place.connection_id, place.participant_id, incoming))
            incoming.outcome = Outcome(sample.id, "rejected", code) if code else None
        kept = await _insert(tx, rows)
        await _tell_readers(tx, {row.call_id: standings[row.call_id].version for row in kept if not standings[row.call_id].is_live})
        live = [Stored(row.call_id, row.connection_id, row.incoming.sample.id) for row in kept if standings[row.call_id].is_live]
        return kept, live


async def add_samples(
    db: Database, ledger: Ledger, source: str, writer: Writer, samples: Sequence[NewSample], *, received_at: datetime
) -> list[Outcome]:
    """The same in a transaction of its own, for who has many at once: an importer. Nobody watches these while they come.

    Raises DatabaseUnavailable where it is not known what became of them.
    """
    return await _add(Samples(db, ledger).write, ledger, source, writer, samples, received_at)


async def _add(
    write: Callable[[list[_Incoming]], Any], ledger: Ledger, source: str, writer: Writer, samples: Sequence[NewSample], received_at: datetime
) -> list[Outcome]:
    """Writes samples; connections that nobody has told of yet are named first, by a fact, so that it does not matter which comes first."""
    incoming = [_Incoming(sample, source, writer, received_at, score_sample(sample.measured, with_reasons=False)) for sample in samples]
    if incoming:
        await write(incoming)
    if unnamed := [one for one in incoming if one.outcome is None]:
        await _name(ledger, unnamed)
    if named := [one for one in unnamed if one.outcome is None]:
        await write(named)
    return [one.outcome or Outcome(one.sample.id, "rejected", "call.unknown") for one in incoming]


# ── Naming ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _name(ledger: Ledger, samples: Sequence[_Incoming]) -> None:
    """Tells of connections by how good they were first heard to be. Samples of one that cannot be told of are rejected."""
    first: dict[_Subject, _Incoming] = {}
    for incoming in samples:
        first.setdefault(_subject(incoming), incoming)
    facts = [_first_fact(incoming) for incoming in first.values()]
    one = samples[0]
    outcomes = await ledger.append(one.source, one.writer, facts, received_at=one.received_at)
    refused = {
        subject: outcome.code
        for subject, outcome in zip(first, outcomes, strict=True)
        if outcome.outcome == "rejected" and outcome.code != "event.conflict"  # told before, of another sample: it has its name
    }
    for incoming in samples:
        if code := refused.get(_subject(incoming)):
            incoming.outcome = Outcome(incoming.sample.id, "rejected", _CODES.get(code, code))


_CODES = {"event.too_late": "sample.too_late", "event.erased": "sample.erased", "event.not_allowed": "call.unknown"}


def _first_fact(incoming: _Incoming) -> NewEvent:
    sample, scored = incoming.sample, incoming.scored
    return NewEvent(
        call_id=sample.call_id,
        id=ids.derived_id(sample.call_id, sample.id, "quality.changed"),
        type="quality.changed",
        occurred_at=sample.measured.ended_at,
        payload=QualityChanged(scored.category, scored.score),
        participant=sample.participant,
        connection=sample.connection,
    )


# ── In the transaction ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Standing(Struct, frozen=True):
    """A call, which does not change before the transaction ends."""

    version: int
    is_live: bool
    is_sealed: bool


async def _lock(tx: Tx, samples: Sequence[_Incoming]) -> dict[UUID, _Standing]:
    """The calls, held as they are: the ledger waits for us, other samples do not."""
    cursor = await tx.execute(
        """
        SELECT id, version, record_state = 'live', is_sealed FROM calls WHERE id = ANY(%b) ORDER BY id FOR KEY SHARE
        """,
        [list({one.sample.call_id for one in samples})],
        prepare=True,
    )
    return {row[0]: _Standing(*row[1:]) for row in await cursor.fetchall()}


_Subject = tuple[UUID, str, str, str]


def _subject(incoming: _Incoming) -> _Subject:
    """What a sample says of whose it is, as the ledger has it: our own words are of no source."""
    sample = incoming.sample
    source = "" if incoming.writer in (Writer.COMMAND, Writer.TIMER) else incoming.source
    return sample.call_id, sample.participant, source, sample.connection or ""


class _Place(Struct, frozen=True):
    """A connection that is there."""

    participant_id: UUID
    connection_id: UUID
    left_at: datetime | None
    leave_reason: str | None

    def was_put_out(self, before: datetime) -> bool:
        return self.left_at is not None and self.left_at <= before and self.leave_reason in PUT_OUT_REASONS


async def _find_places(tx: Tx, samples: Sequence[_Incoming]) -> dict[_Subject, _Place]:
    """The connections by what samples call them: our own id of one goes before its source's name."""
    subjects = list({_subject(one) for one in samples})
    cursor = await tx.execute(
        """
        SELECT new.number, p.id, c.id, c.left_at, c.leave_reason
        FROM unnest(%b::int4[], %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::text[], %b::text[], %b::uuid[])
             AS new(number, call_id, user_id, guest_id, participant_id, source, name, connection_id)
        JOIN participants AS p ON p.call_id = new.call_id AND (p.user_id = new.user_id OR p.guest_id = new.guest_id OR p.id = new.participant_id)
        JOIN connections AS c ON c.call_id = p.call_id AND c.participant_id = p.id
             AND (c.id = new.connection_id OR (c.source = new.source AND c.name = new.name))
        ORDER BY c.id IS NOT DISTINCT FROM new.connection_id
        """,
        [
            list(range(len(subjects))),
            [call_id for call_id, _, _, _ in subjects],
            [_after("user:", participant) for _, participant, _, _ in subjects],
            [_after("guest:", participant) for _, participant, _, _ in subjects],
            [ids.uuid_in(participant) for _, participant, _, _ in subjects],
            [source for _, _, source, _ in subjects],
            [name for _, _, _, name in subjects],
            [ids.uuid_in(name) for _, _, _, name in subjects],
        ],
        prepare=True,
    )
    return {subjects[row[0]]: _Place(*row[1:]) for row in await cursor.fetchall()}


def _after(kind: str, identity: str) -> str | None:
    return identity.removeprefix(kind) if identity.startswith(kind) else None


class _Row(Struct, frozen=True, gc=False):
    """A sample that is to be kept, and where."""

    call_id: UUID
    connection_id: UUID
    participant_id: UUID
    incoming: _Incoming

    @property
    def key(self) -> tuple[int, int, int]:
        return self.call_id.int, self.connection_id.int, self.incoming.sample.id.int


_numbers = attrgetter(*Measured.__struct_fields__)


async def _insert(tx: Tx, rows: list[_Row]) -> list[_Row]:
    """Writes the rows, gives each its outcome, and those that were stored. What is there already under its key, or comes twice, is there once."""
    first: dict[tuple[int, int, int], _Row] = {}
    for row in sorted(rows, key=lambda row: row.key):
        first.setdefault(row.key, row)
    added = await _add_rows(tx, list(first.values())) if first else set()
    for row in rows:
        is_stored = first[row.key] is row and row.key in added
        row.incoming.outcome = Outcome(row.incoming.sample.id, "stored" if is_stored else "duplicate")
    return [row for key, row in first.items() if key in added]


async def _add_rows(tx: Tx, rows: Sequence[_Row]) -> set[tuple[int, int, int]]:
    measured = dict(zip(Measured.__struct_fields__, zip(*(_numbers(row.incoming.sample.measured) for row in rows), strict=True), strict=True))
    cursor = await tx.execute(
        """
        INSERT INTO samples (
            call_id, connection_id, id, participant_id, started_at, interval_ms, direction, kind, muted, packet_loss_pct, late_loss_pct, rtt_ms,
            path_rtt_ms, jitter_ms, jitter_buffer_ms, packets, bytes, bitrate_kbps, target_kbps, available_outgoing_kbps, codec, protection,
            concealment_pct, width, height, fps, fps_expected, freeze_ratio, freeze_count, frames_dropped_pct, limitation, counter_resets,
            mos, score, formula, received_at)
        SELECT * FROM unnest(
            %b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[], %b::timestamptz[], %b::int4[], %b::text[], %b::text[], %b::bool[], %b::float8[],
            %b::float8[], %b::float8[], %b::float8[], %b::float8[], %b::float8[], %b::int8[], %b::int8[], %b::float8[], %b::float8[],
            %b::float8[], %b::text[], %b::text[], %b::float8[], %b::int4[], %b::int4[], %b::float8[], %b::float8[], %b::float8[], %b::int8[],
            %b::float8[], %b::text[], %b::int8[], %b::float8[], %b::float8[], %b::text[], %b::timestamptz[])
        ON CONFLICT DO NOTHING RETURNING call_id, connection_id, id
        """,
        [
            [row.call_id for row in rows],
            [row.connection_id for row in rows],
            [row.incoming.sample.id for row in rows],
            [row.participant_id for row in rows],
            *(list(measured[name]) for name in _MEASURED_COLUMNS),
            [row.incoming.scored.mos for row in rows],
            [row.incoming.scored.score for row in rows],
            [row.incoming.scored.formula for row in rows],
            [row.incoming.received_at for row in rows],
        ],
        prepare=True,
    )
    return {(call_id.int, connection_id.int, id.int) for call_id, connection_id, id in await cursor.fetchall()}


_MEASURED_COLUMNS = (
    "started_at", "interval_ms", "direction", "kind", "muted", "packet_loss_pct", "late_loss_pct", "rtt_ms", "path_rtt_ms", "jitter_ms",
    "jitter_buffer_ms", "packets", "bytes", "bitrate_kbps", "target_kbps", "available_outgoing_kbps", "codec", "protection", "concealment_pct",
    "width", "height", "fps", "fps_expected", "freeze_ratio", "freeze_count", "frames_dropped_pct", "limitation", "counter_resets",
)  # fmt: skip


async def _tell_readers(tx: Tx, versions: Mapping[UUID, int]) -> None:
    """Says that calls which are over became better known: whoever makes reports makes them again."""
    if not versions:
        return
    await tx.execute(
        "INSERT INTO changes (call_id, version) SELECT new.call_id, new.version FROM unnest(%b::uuid[], %b::int8[]) AS new(call_id, version)",
        [list(versions), list(versions.values())],
    )
    await tx.execute("SELECT pg_notify(%s, %s)", [CHANGES, ",".join(map(str, list(versions)[:200]))])


class _Count(Struct):
    """How many samples a call has."""

    counted_at: float
    total: int = 0
    of_one: Counter[UUID] = msgspec.field(default_factory=Counter)

    def add(self, participant_id: UUID, count: int) -> None:
        self.total += count
        self.of_one[participant_id] += count


class _Counts:
    """How many samples calls and people have, about: counted now and then, and what is added here meanwhile."""

    def __init__(self) -> None:
        self._of_call: dict[UUID, _Count] = {}

    async def look(self, tx: Tx, call_ids: Iterable[UUID]) -> None:
        """Counts those that were not counted lately."""
        now = time.monotonic()
        old = [id for id in call_ids if id not in self._of_call or now - self._of_call[id].counted_at > COUNTED_FOR]
        if not old:
            return
        if len(self._of_call) + len(old) > MOST_COUNTED:
            self._of_call.clear()
        cursor = await tx.execute(
            "SELECT call_id, participant_id, count(*) FROM samples WHERE call_id = ANY(%b) GROUP BY call_id, participant_id", [old], prepare=True
        )
        found = {id: _Count(now) for id in old}
        for call_id, participant_id, count in await cursor.fetchall():
            found[call_id].add(participant_id, count)
        self._of_call |= found

    def is_full(self, call_id: UUID, participant_id: UUID) -> bool:
        count = self._of_call.get(call_id)
        return count is not None and (count.total >= MOST_SAMPLES_OF_CALL or count.of_one[participant_id] >= MOST_SAMPLES_OF_ONE)

    def add(self, rows: Iterable[_Row]) -> None:
        for row in rows:
            if count := self._of_call.get(row.call_id):
                count.add(row.participant_id, 1)
