"""Calls that are locked, loaded and changed in one transaction: the part of the ledger that speaks to the database.

Every group of calls takes the same way: lock in id order, load, take facts in, fold, save (`saving.py`). It costs the same number of statements for
one call as for a hundred; what is sent together is sent in one round trip.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, LiteralString, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import ids
from callwell.postgres.pool import Tx
from callwell.record import events as e
from callwell.record.audit import NOWHERE, Origin
from callwell.record.events import Event, NewEvent, Payload, Writer, fact_hash, payload_json, stored_payload
from callwell.record.evolve import evolve, fold, follows, in_order
from callwell.record.state import MOST_PARTICIPANTS, CallState, CallStream, ConnectionState, Record, Span

log = logging.getLogger(__name__)

MOST_EVENTS = 100_000
"""Facts a call keeps."""
MOST_EVENTS_OF_ONE = 20_000
"""Facts a call keeps of one participant."""
MOST_CONNECTIONS = 2_000


TOLD = frozenset({
    "call.started", "call.ended", "call.failed", "participant.connected", "participant.reconnected", "participant.left", "participant.failed",
    "error.occurred",
})  # fmt: skip
"""Facts of which the audit trail may have to be told."""


class Outcome(Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one fact."""

    id: UUID | str | None
    outcome: Literal["stored", "duplicate", "rejected"]
    code: str | None = None
    detail: str | None = None


class Incoming(Struct, gc=False):
    """A fact on its way in, with who it is from."""

    event: NewEvent
    source: str
    writer: Writer
    received_at: datetime
    hash: bytes
    origin: Origin
    """Where it was sent from."""
    outcome: Outcome | None = None


def incoming(event: NewEvent, source: str, writer: Writer, received_at: datetime, origin: Origin = NOWHERE) -> Incoming:
    hash = event.hash or fact_hash(event.type, event.occurred_at, event.participant, event.connection, event.payload)
    return Incoming(event, source, writer, received_at, hash, origin)


def calls_of(facts: Iterable[Incoming]) -> Collection[UUID]:
    """The calls that facts are about. Told apart by their numbers, here and below: comparing UUIDs themselves costs as much as folding does."""
    return {fact.event.call_id.int: fact.event.call_id for fact in facts}.values()


class OpenedCall(Struct, gc=False):
    """One call under its lock."""

    id: UUID
    version: int
    state: CallState
    is_sealed: bool
    needs_refold: bool
    final_at: datetime | None
    created_at: datetime | None
    """When it began, by what is stored; so are the end and the room."""
    ended_at: datetime | None
    room_id: UUID | None
    told_start: bool
    """Whether the audit trail was told that it started; and of its end (when, after how long), and of connections, what it was told last."""
    told_end_at: datetime | None
    told_end_ms: int | None
    is_new: bool
    connection_names: dict[tuple[UUID, str, str], UUID]
    event_count: int = 0
    """How many facts there are, those taken in included."""
    counts: dict[UUID, int] = {}
    """How many of them are of each participant."""
    subjects: dict[tuple[str, str, str], tuple[UUID, UUID]] = {}
    """Participant and connection by what a source calls them: most facts of a batch are of one and the same."""
    record: Record | None = None
    fresh: list[Event] = []
    """Facts taken in and not folded yet."""
    taken: list[tuple[Event, Origin]] = []
    """Facts taken in just now of which the audit trail may have to be told, each with where it was sent from."""
    told_established: set[UUID] = set()
    told_failed: set[UUID] = set()
    new_participants: dict[UUID, str] = {}
    names: dict[UUID, tuple[datetime, str]] = {}
    """The newest name that these facts give a participant."""
    provider_name: str | None = None
    """What these facts call a provider of whom they give nothing else."""
    new_connections: dict[UUID, tuple[UUID, str, str]] = {}
    touched: set[UUID] = set()
    """Connections whose facts changed."""
    all_touched: bool = False
    is_changed: bool = False
    next_deadline_at: datetime | None = None


# ── Opening ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def open_calls(tx: Tx, call_ids: Iterable[UUID], at: datetime, *, make_missing: bool) -> dict[UUID, OpenedCall]:
    """The calls under their locks, taken in id order, with all that the fold needs.

    Where a call is not there and ``make_missing``, its row is made: the lock comes first, since the share lock that inserting a fact takes
    through the foreign key would deadlock two writers. One that was erased is not made again.
    """
    wanted = sorted(set(call_ids))
    rows, loads = await _lock(tx, wanted)
    missing = [id for id in wanted if id not in rows]
    if sealed := [id for id, row in rows.items() if row[_IS_SEALED]]:
        for id in await _list_erased(tx, sealed):  # most of its facts are gone already
            del rows[id]
    made: set[UUID] = set()
    if missing and make_missing:
        made = await _make(tx, missing, at)
        rows |= {id: (id, 0, None, False, False, None, None, None, None, False, None, None) for id in made}
        if lost := [id for id in missing if id not in made]:
            others, more = await _lock(tx, lost)
            rows |= others
            loads = _Loads(*(mine + theirs for mine, theirs in zip(loads, more, strict=True)))
    opened = {id: _opened(row, is_new=id in made) for id, row in sorted(rows.items())}
    _fill(opened, loads)
    return opened


class _Loads(NamedTuple):
    """Rows of what belongs to calls."""

    participants: list[tuple[Any, ...]]
    connections: list[tuple[Any, ...]]
    leases: list[tuple[Any, ...]]


async def _lock(tx: Tx, call_ids: list[UUID]) -> tuple[dict[UUID, tuple[Any, ...]], _Loads]:
    """The calls that there are, locked, and what is there of them under these locks: all on one round trip."""
    async with tx.pipeline():
        calls = await tx.execute(
            """
            SELECT id, version, state::text, is_sealed, needs_refold, final_at, created_at, ended_at, room_id, told_start, told_end_at, told_end_ms
            FROM calls WHERE id = ANY(%b) ORDER BY id FOR UPDATE
            """,
            [call_ids],
            prepare=True,
        )
        participants = await tx.execute("SELECT call_id, id, user_id, guest_id FROM participants WHERE call_id = ANY(%b)", [call_ids], prepare=True)
        connections = await tx.execute(
            """
            SELECT call_id, id, participant_id, source, name, state::text, told_established, told_failed
            FROM connections WHERE call_id = ANY(%b)
            """,
            [call_ids],
            prepare=True,
        )
        leases = await tx.execute(
            "SELECT call_id, connection_id, opened_at, expires_at FROM leases WHERE call_id = ANY(%b) ORDER BY opened_at", [call_ids], prepare=True
        )
        rows = {row[0]: row for row in await calls.fetchall()}
        return rows, _Loads(await participants.fetchall(), await connections.fetchall(), await leases.fetchall())


_IS_SEALED = 3
"""Where that stands in a row."""


async def _make(tx: Tx, call_ids: list[UUID], at: datetime) -> set[UUID]:
    """Rows for calls that are not there; which they are. Those that were erased are looked for on the same round trip."""
    async with tx.pipeline():
        cursor = await tx.execute(
            """
            INSERT INTO calls (id, created_at, updated_at) SELECT new.id, %s, %s FROM unnest(%b::uuid[]) AS new(id)
            ON CONFLICT DO NOTHING RETURNING id
            """,
            [at, at, call_ids],
            prepare=True,
        )
        tombstones = await tx.execute(FIND_ERASED, [call_ids], prepare=True)
    made = {row[0] for row in await cursor.fetchall()}
    erased = {row[0] for row in await tombstones.fetchall()} & made
    if erased:
        await tx.execute("DELETE FROM calls WHERE id = ANY(%b)", [list(erased)])
    return made - erased


FIND_ERASED: LiteralString = "SELECT call_id FROM erased_calls WHERE call_id = ANY(%b)"


async def _list_erased(tx: Tx, call_ids: list[UUID]) -> list[UUID]:
    cursor = await tx.execute(FIND_ERASED, [call_ids], prepare=True)
    return [row[0] for row in await cursor.fetchall()]


def _opened(row: Sequence[Any], *, is_new: bool) -> OpenedCall:
    id, version, state, is_sealed, needs_refold, final_at, created_at, ended_at, room_id, told_start, told_end_at, told_end_ms = row
    stream = _decode_stream(state) if state else CallStream()
    return OpenedCall(
        id, version, CallState(stream), is_sealed, needs_refold, final_at, created_at, ended_at, room_id, told_start, told_end_at, told_end_ms,
        is_new, {}, stream.event_count,
    )  # fmt: skip


def _fill(opened: Mapping[UUID, OpenedCall], loads: _Loads) -> None:
    """Participants, connections and leases into their calls; those of calls that count as erased belong to none."""
    for call_id, id, user_id, guest_id in loads.participants:
        if (call := opened.get(call_id)) is not None:
            call.state.people[_identity(id, user_id, guest_id)] = id
    for call_id, id, participant_id, source, name, state, told_established, told_failed in loads.connections:
        if (call := opened.get(call_id)) is None:
            continue
        call.connection_names[participant_id, source, name] = id
        if told_established:
            call.told_established.add(id)
        if told_failed:
            call.told_failed.add(id)
        if state is not None:
            connection = call.state.connections[id] = _decode_connection(state)
            call.event_count += connection.event_count
            call.counts[participant_id] = call.counts.get(participant_id, 0) + connection.event_count
    for call_id, connection_id, opened_at, expires_at in loads.leases:
        if (call := opened.get(call_id)) is not None:
            call.state.held.setdefault(connection_id, []).append(Span(opened_at, expires_at))


def _identity(id: UUID, user_id: str | None, guest_id: str | None) -> str:
    return f"user:{user_id}" if user_id is not None else f"guest:{guest_id}" if guest_id is not None else f"erased:{id}"


_decode_stream = msgspec.json.Decoder(CallStream).decode
_decode_connection = msgspec.json.Decoder(ConnectionState).decode


# ── Taking facts in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def take(tx: Tx, opened: Mapping[UUID, OpenedCall], incoming: Sequence[Incoming]) -> None:
    """Facts into their calls, each with its outcome. Who and what they name gets our ids; they are written, and wait to be folded."""
    known = await _known(tx, opened, incoming)
    call: OpenedCall | None = None
    rows: list[tuple[Incoming, Event]] = []
    letters: list[Incoming] = []
    for fact in incoming:
        event = fact.event
        if call is None or call.id.int != event.call_id.int:
            call = opened.get(event.call_id)
        if call is None:
            fact.outcome = Outcome(event.id, "rejected", "event.erased")
            continue
        key = (event.call_id.int, event.id.int, fact.source)
        earlier = known.get(key)
        if earlier is not None:
            if earlier == fact.hash:
                fact.outcome = Outcome(event.id, "duplicate")
            else:
                fact.outcome = Outcome(event.id, "rejected", "event.conflict")
                letters.append(fact)
            continue
        kept = _admit(call, fact)
        if isinstance(kept, str):
            fact.outcome = Outcome(event.id, "rejected", kept)
            continue
        known[key] = fact.hash
        call.fresh.append(kept)
        if kept.type in TOLD:
            call.taken.append((kept, fact.origin))
        rows.append((fact, kept))
        fact.outcome = Outcome(event.id, "stored")
    if rows:
        await _insert(tx, rows)
    if letters:
        await _keep_dead_letters(tx, letters)


async def _known(tx: Tx, opened: Mapping[UUID, OpenedCall], incoming: Sequence[Incoming]) -> dict[tuple[int, int, str], bytes]:
    """What is there already under the keys of these facts. Under the calls' locks nobody adds to it meanwhile."""
    there_before = {call.id.int for call in opened.values() if not call.is_new}
    old = [fact.event for fact in incoming if fact.event.call_id.int in there_before]
    if not old:
        return {}
    cursor = await tx.execute(
        """
        SELECT kept.call_id, kept.id, kept.source, kept.hash
        FROM unnest(%b::uuid[], %b::uuid[]) AS new(call_id, id) JOIN events AS kept ON kept.call_id = new.call_id AND kept.id = new.id
        """,
        [[event.call_id for event in old], [event.id for event in old]],
        prepare=True,
    )
    return {(call_id.int, id.int, source): hash for call_id, id, source, hash in await cursor.fetchall()}


def _admit(call: OpenedCall, fact: Incoming) -> Event | str:
    """The fact as it is kept: ids in place of names, and nothing in it that says who somebody is. Or the code of why it is not kept."""
    event = fact.event
    if call.is_sealed:
        return "event.too_late"
    if call.event_count >= MOST_EVENTS:
        return "call.too_many_events"
    participant_id = connection_id = None
    if event.participant is not None:
        subject = (event.participant, event.connection or "", fact.source)
        found = call.subjects.get(subject) or _subject(call, fact)
        if found is None:
            return "call.too_many_participants"
        call.subjects[subject] = found
        participant_id, connection_id = found
        if fact.writer is Writer.CLIENT and _was_put_out(call, connection_id, event.occurred_at):
            return "event.after_revocation"
        if (count := call.counts.get(participant_id, 0)) >= MOST_EVENTS_OF_ONE:
            return "call.too_many_events"
        call.counts[participant_id] = count + 1
    payload = event.payload if type(event.payload) not in _NAMING else _without_names(call, event, participant_id)
    if payload is None:
        return "call.too_many_participants"
    call.event_count += 1
    return Event(event.call_id, event.id, fact.source, event.type, event.occurred_at, payload, participant_id, connection_id, event.basis_at)


PUT_OUT_REASONS = ("revoked", "removed", "window_closed")
"""How it is called in the record that somebody was put out."""


def _was_put_out(call: OpenedCall, connection_id: UUID, before: datetime) -> bool:
    """Whether a page's connection was over by our word when this happened."""
    connection = call.state.connections.get(connection_id)
    return connection is not None and connection.left_at is not None and connection.left_at < before and connection.leave_reason in PUT_OUT_REASONS


def _subject(call: OpenedCall, fact: Incoming) -> tuple[UUID, UUID] | None:
    """Our ids of the person and the connection that the fact is about; None where the call has as many as we keep."""
    assert fact.event.participant is not None
    participant_id = _participant(call, fact.event.participant)
    connection_id = _connection(call, fact, participant_id) if participant_id is not None else None
    return (participant_id, connection_id) if participant_id is not None and connection_id is not None else None


def _participant(call: OpenedCall, name: str) -> UUID | None:
    """Our id of who is named so, made at the first fact that names them; None where the call has as many people as we keep."""
    people = call.state.people
    id = people.get(name)
    if id is not None:
        return id
    if not name.startswith(("user:", "guest:")):
        # Our own id of somebody in the call: what commands and timers say.
        return UUID(name)
    if len(people) >= MOST_PARTICIPANTS:
        return None
    id = ids.uuid7()
    people[name] = id
    call.new_participants[id] = name
    return id


def _connection(call: OpenedCall, fact: Incoming, participant_id: UUID) -> UUID | None:
    """Our id of the connection that this source calls so. A connection of ours goes by our own id, whoever tells of it."""
    name = fact.event.connection or ""
    own = ids.uuid_in(name)
    if own is not None and (found := call.state.connections.get(own)) is not None and found.participant_id == participant_id:
        return own
    key = (participant_id, "" if fact.writer in (Writer.COMMAND, Writer.TIMER) else fact.source, name)
    id = call.connection_names.get(key)
    if id is None:
        if len(call.connection_names) >= MOST_CONNECTIONS:
            return None
        id = own if own is not None and fact.writer is Writer.COMMAND else ids.uuid7()
        call.connection_names[key] = id
        call.new_connections[id] = key
    return id


_NAMED_FIELDS = {"initiator": "initiator_id", "provider": "provider_id", "ended_by": "ended_by_id", "changed_by": "changed_by_id",
                 "requested_by": "requested_by_id"}  # fmt: skip


def _without_names(call: OpenedCall, event: NewEvent, participant_id: UUID | None) -> Payload | None:
    """The payload with our ids for identities; names of people go to the participant. None where the call has as many people as we keep."""
    payload = event.payload
    changed: dict[str, Any] = {}
    for field, id_field in _NAMED_FIELDS.items():
        identity = getattr(payload, field, None)
        if identity is not None:
            changed |= {field: None, id_field: _participant(call, identity)}
    if isinstance(payload, e.CallRinging) and payload.people:
        changed |= {"people": (), "people_ids": tuple(_participant(call, identity) for identity in payload.people)}
    if None in changed.get("people_ids", ()) or any(id is None for field, id in changed.items() if field.endswith("_id")):
        return None
    if isinstance(payload, e.CallCreated) and payload.provider_name is not None:
        changed["provider_name"] = None
        provider_id = changed.get("provider_id") or payload.provider_id
        if provider_id is not None:
            _call_by_name(call, provider_id, event.occurred_at, payload.provider_name)
        else:
            call.provider_name = payload.provider_name
    elif isinstance(payload, e.Joined | e.Waiting) and payload.display_name is not None and participant_id is not None:
        changed["display_name"] = None
        _call_by_name(call, participant_id, event.occurred_at, payload.display_name)
    return msgspec.structs.replace(payload, **changed) if changed else payload


_NAMING = frozenset(t.payload for t in e.CATALOGUE.values() if t.payload.personal or {"people", *_NAMED_FIELDS} & set(t.payload.__struct_fields__))


def _call_by_name(call: OpenedCall, participant_id: UUID, at: datetime, name: str) -> None:
    """The newest name stands; of two at one time, the greater, so that their order does not matter."""
    if (at, name) > call.names.get(participant_id, (at, "")) or participant_id not in call.names or at > call.names[participant_id][0]:
        call.names[participant_id] = (at, name)


async def _insert(tx: Tx, rows: list[tuple[Incoming, Event]]) -> None:
    rows.sort(key=lambda row: (row[1].call_id.int, row[1].id.int))
    cursor = await tx.execute(
        """
        INSERT INTO events (call_id, id, source, type, occurred_at, sent_at, received_at, participant_id, connection_id, basis_at, hash, payload)
        SELECT new.call_id, new.id, new.source, new.type, new.occurred_at, new.sent_at, new.received_at, new.participant_id, new.connection_id,
               new.basis_at, new.hash, new.payload::jsonb
        FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[], %b::timestamptz[], %b::uuid[], %b::uuid[],
                    %b::timestamptz[], %b::bytea[], %b::text[])
             AS new(call_id, id, source, type, occurred_at, sent_at, received_at, participant_id, connection_id, basis_at, hash, payload)
        ON CONFLICT DO NOTHING
        """,
        [
            [kept.call_id for _, kept in rows],
            [kept.id for _, kept in rows],
            [kept.source for _, kept in rows],
            [kept.type for _, kept in rows],
            [kept.occurred_at for _, kept in rows],
            [fact.event.sent_at for fact, _ in rows],
            [fact.received_at for fact, _ in rows],
            [kept.participant_id for _, kept in rows],
            [kept.connection_id for _, kept in rows],
            [kept.basis_at for _, kept in rows],
            [fact.hash for fact, _ in rows],
            [payload_json(kept.payload).decode() for _, kept in rows],
        ],
        prepare=True,
    )
    if cursor.rowcount != len(rows):
        raise RuntimeError(f"{len(rows) - cursor.rowcount} facts were written by somebody who does not hold their call's lock")


async def _keep_dead_letters(tx: Tx, letters: list[Incoming]) -> None:
    """Facts whose id stands for another one: kept for whoever looks into it, each once."""
    for fact in letters:
        event = fact.event
        kept = {
            "type": event.type, "occurred_at": event.sent_at or event.occurred_at, "participant": event.participant, "connection": event.connection,
            "data": msgspec.Raw(payload_json(event.payload)),
        }  # fmt: skip
        await tx.execute(
            """
            INSERT INTO dead_letters (id, received_at, source, call_id, event_id, code, fact)
            VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb) ON CONFLICT DO NOTHING
            """,
            [ids.uuid7(), fact.received_at, fact.source, event.call_id, event.id, "event.conflict", msgspec.json.encode(kept).decode()],
        )


# ── Folding ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def fold_fresh(tx: Tx, opened: Mapping[UUID, OpenedCall]) -> None:
    """Folds what was taken in. A call whose fold fails keeps its facts, is marked to be folded again, and stands in nobody's way."""
    for call in opened.values():
        if not call.fresh:
            continue
        fresh, call.fresh = sorted(call.fresh, key=in_order), []
        call.is_changed = True
        call.all_touched |= any(event.connection_id is None for event in fresh)
        call.touched.update(event.connection_id for event in fresh if event.connection_id is not None)
        try:
            folded = not call.needs_refold and all(follows(call.state, event) and evolve(call.state, event) for event in fresh)
        except Exception:
            log.exception("call %s cannot be folded further; it is folded again", call.id)
            folded = False
        if not folded:
            await fold_again(tx, call)


async def fold_again(tx: Tx, call: OpenedCall) -> None:
    """Folds all facts of the call anew. Where that fails the facts are kept, the call is marked, and the others of the group go on."""
    events = await list_events(tx, call.id)
    call.is_changed = call.all_touched = True
    try:
        call.state = fold(events, call.state)
    except Exception:
        log.exception("call %s cannot be folded; its facts are kept", call.id)
        call.needs_refold = True
    else:
        call.needs_refold = False
        call.touched.update(call.state.connections)


async def list_events(tx: Tx, call_id: UUID) -> list[Event]:
    """All facts of a call, in the order in which they fold."""
    cursor = await tx.execute(
        """
        SELECT id, source, type, occurred_at, payload::text, participant_id, connection_id, basis_at
        FROM events WHERE call_id = %s ORDER BY occurred_at, id, source
        """,
        [call_id],
        prepare=True,
    )
    return [
        Event(call_id, id, source, type, occurred_at, stored_payload(type, payload), participant_id, connection_id, basis_at)
        for id, source, type, occurred_at, payload, participant_id, connection_id, basis_at in await cursor.fetchall()
    ]
