"""Erasing a conversation with all that is under it, in steps that can be broken off anywhere: each is one transaction of bounded size.

What is to be done next is seen from what is left, so that whoever goes on needs to remember nothing. Of an erased call a tombstone stays, by which
whatever is told of it later is refused; of the conversation what the audit trail says.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors, ids
from callwell.planning.appointments import tell_of_appointments
from callwell.planning.conversations import lock_conversation
from callwell.postgres.pool import Database, Tx, execute, fetch_all, fetch_one, fetch_value
from callwell.record.audit import Action, Origin, add_audit_entry
from callwell.record.commands import EndCall
from callwell.record.ledger import CHANGES, Ledger

CALLS_AT_ONCE: Final = 20
ROWS_AT_ONCE: Final = 20_000
"""Rows that a step removes of what a call can have very many of."""
PLANS_AT_ONCE: Final = 100
"""Appointments or rooms that a step removes."""


class Erasure(Struct, frozen=True, kw_only=True):
    """A removal, and how far it has come."""

    id: UUID
    conversation_id: str
    counts: dict[str, int]
    """How many of each kind are gone so far."""
    requested_at: datetime
    completed_at: datetime | None


async def request_erasure(tx: Tx, conversation_id: str, *, at: datetime, caller: str, origin: Origin) -> Erasure:
    """From now on nothing new is put under the conversation and nobody gets into its rooms. Asked for again it is the same. Raises NotFound."""
    conversation = await lock_conversation(tx, conversation_id)
    if conversation is None:
        raise errors.NotFound(what="conversation", id=conversation_id)
    under_way = await fetch_one(
        tx, Erasure, "SELECT * FROM erasures WHERE conversation_id = %(id)s AND completed_at IS NULL", {"id": conversation_id}
    )
    if under_way is not None:
        return under_way
    named = {"id": conversation_id, "at": at}
    await execute(tx, "UPDATE conversations SET erasing_since = %(at)s, is_active = false, updated_at = %(at)s WHERE id = %(id)s", named)
    await execute(tx, "UPDATE rooms SET closed_at = coalesce(closed_at, %(at)s) WHERE conversation_id = %(id)s", named)
    erasure = await fetch_one(
        tx,
        Erasure,
        "INSERT INTO erasures (id, conversation_id, requested_at) VALUES (%(erasure)s, %(id)s, %(at)s) RETURNING *",
        {"erasure": ids.uuid7(), **named},
    )
    assert erasure is not None
    await add_audit_entry(
        tx,
        action=Action.CONVERSATION_ERASING,
        at=at,
        caller=caller,
        origin=origin,
        metadata={"conversation_id": conversation_id, "erasure_id": str(erasure.id)},
    )
    return erasure


async def get_erasure(tx: Tx, id: UUID) -> Erasure:
    """Raises NotFound."""
    found = await fetch_one(tx, Erasure, "SELECT * FROM erasures WHERE id = %s", [id])
    if found is None:
        raise errors.NotFound(what="erasure", id=id)
    return found


async def is_erasing(db: Database) -> bool:
    """Whether anything is left to be erased."""
    async with db.connection() as tx:
        return bool(await fetch_value(tx, "SELECT EXISTS (SELECT FROM erasures WHERE completed_at IS NULL)"))


async def erase_all(db: Database, ledger: Ledger, clock: Callable[[], datetime]) -> None:
    """Goes on with what is to be erased until nothing is left that nobody else works at."""
    while await erase_some(db, ledger, clock()):
        pass


async def erase_some(db: Database, ledger: Ledger, at: datetime) -> bool:
    """The next step of the oldest removal that nobody works at; whether there was one."""
    async with db.transaction() as tx:
        erasure = await fetch_one(
            tx, Erasure, "SELECT * FROM erasures WHERE completed_at IS NULL ORDER BY requested_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"
        )
        if erasure is None:
            return False
        under = erasure.conversation_id
        gone = (
            await _end_calls(tx, ledger, under, at)
            or await _erase_calls(tx, under, at)
            or await _erase_appointments(tx, under)
            or await _erase_rooms(tx, under)
        )
        if gone:
            await _count(tx, erasure, gone)
        else:
            await _finish(tx, erasure, at)
        return True


# ── Steps, each of which gives what it removed, and nothing where nothing was left for it ─────────────────────────────────────────────

Counts = Mapping[str, int]


async def _end_calls(tx: Tx, ledger: Ledger, conversation_id: str, at: datetime) -> Counts:
    """Calls that go on are ended and everybody in them is put out; then nothing is told of them any more."""
    going_on = await fetch_all(
        tx,
        _Id,
        """
        SELECT id FROM calls WHERE id = ANY(%(under)s) AND status IN ('initiated', 'ringing', 'active') AND NOT is_sealed
        ORDER BY id LIMIT %(most)s FOR UPDATE
        """,
        {"under": await _list_calls(tx, conversation_id, unfinished=True), "most": CALLS_AT_ONCE},
    )
    for call in going_on:
        await execute(tx, "UPDATE grants SET revoked_at = %(at)s WHERE call_id = %(id)s AND revoked_at IS NULL", {"at": at, "id": call.id})
        await ledger.command(tx, call.id, EndCall(id=ids.uuid7(), reason="forced"), at)
    await _bury(tx, [call.id for call in going_on], at)
    return {"calls_ended": len(going_on)} if going_on else {}


async def _erase_calls(tx: Tx, conversation_id: str, at: datetime) -> Counts:
    """The next calls: what they have very many of in portions, and when that is gone all the rest with the call itself."""
    call_ids = (await _list_calls(tx, conversation_id, unfinished=False))[:CALLS_AT_ONCE]
    if not call_ids:
        return {}
    await execute(tx, "SELECT FROM calls WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [call_ids])
    await _bury(tx, call_ids, at)
    counts: dict[str, int] = {}
    left = ROWS_AT_ONCE
    emptied: list[UUID] = []
    for call_id in call_ids:
        for kind, statement in _MANY.items():
            removed = await execute(tx, statement, {"call_id": call_id, "most": left})
            counts[kind] = counts.get(kind, 0) + removed
            left -= removed
            if not left:
                break
        if not left:
            break
        emptied.append(call_id)
    for statement in _REST:
        await execute(tx, statement, {"call_ids": emptied})
    counts["calls"] = await execute(tx, "DELETE FROM calls WHERE id = ANY(%(call_ids)s)", {"call_ids": emptied})
    if emptied:  # whoever follows one looks, and finds it gone; what it counted for is taken off
        await execute(tx, "INSERT INTO changes (call_id, version) SELECT unnest(%(call_ids)s::uuid[]), 0", {"call_ids": emptied})
        await execute(tx, "SELECT pg_notify(%(channel)s, %(ids)s)", {"channel": CHANGES, "ids": ",".join(map(str, emptied))})
    return {"calls": 0, **counts}


_MANY: Final[Mapping[str, LiteralString]] = {
    "samples": """
        DELETE FROM samples WHERE call_id = %(call_id)s
            AND (connection_id, id) IN (SELECT connection_id, id FROM samples WHERE call_id = %(call_id)s LIMIT %(most)s)
    """,
    "facts": """
        DELETE FROM events WHERE call_id = %(call_id)s
            AND (id, source) IN (SELECT id, source FROM events WHERE call_id = %(call_id)s LIMIT %(most)s)
    """,
    "rtcstats_entries": """
        DELETE FROM rtcstats_entries WHERE (session_id, number) IN (
            SELECT entry.session_id, entry.number FROM rtcstats_entries AS entry JOIN rtcstats_sessions AS session ON session.id = entry.session_id
            WHERE session.call_id = %(call_id)s LIMIT %(most)s)
    """,
}
"""What a call can have very many of."""

_REST: Final[Sequence[LiteralString]] = (
    "DELETE FROM changes WHERE call_id = ANY(%(call_ids)s)",
    "DELETE FROM live_calls WHERE call_id = ANY(%(call_ids)s)",
    "DELETE FROM call_aliases WHERE call_id = ANY(%(call_ids)s)",
    "DELETE FROM resumes WHERE call_id = ANY(%(call_ids)s)",
    "DELETE FROM signals WHERE call_id = ANY(%(call_ids)s)",
    "DELETE FROM dead_letters WHERE call_id = ANY(%(call_ids)s)",
    "DELETE FROM rtcstats_sessions WHERE call_id = ANY(%(call_ids)s)",
)
"""What is about a call and does not go with it by itself."""


async def _erase_appointments(tx: Tx, conversation_id: str) -> Counts:
    """Notes and who was to come go with them."""
    found = await fetch_all(
        tx,
        _Id,
        """
        (SELECT id FROM appointments WHERE conversation_id = %(id)s LIMIT %(most)s)
        UNION
        (SELECT appointments.id FROM rooms JOIN appointments ON appointments.room_id = rooms.id WHERE rooms.conversation_id = %(id)s LIMIT %(most)s)
        """,
        {"id": conversation_id, "most": PLANS_AT_ONCE},
    )
    if not found:
        return {}
    which = {"appointments": [one.id for one in found]}
    notes = await execute(tx, "DELETE FROM notes WHERE appointment_id = ANY(%(appointments)s)", which)
    await tell_of_appointments(tx, which["appointments"])
    return {"notes": notes, "appointments": await execute(tx, "DELETE FROM appointments WHERE id = ANY(%(appointments)s)", which)}


async def _erase_rooms(tx: Tx, conversation_id: str) -> Counts:
    """Invites first: their locks come before their room's."""
    found = await fetch_all(
        tx, _Id, "SELECT id FROM rooms WHERE conversation_id = %(id)s ORDER BY id LIMIT %(most)s", {"id": conversation_id, "most": PLANS_AT_ONCE}
    )
    if not found:
        return {}
    which = {"rooms": [one.id for one in found]}
    await execute(tx, "SELECT FROM invites WHERE room_id = ANY(%(rooms)s) ORDER BY id FOR UPDATE", which)
    invites = await execute(tx, "DELETE FROM invites WHERE room_id = ANY(%(rooms)s)", which)
    await execute(tx, "DELETE FROM live_calls WHERE room_id = ANY(%(rooms)s)", which)
    return {"invites": invites, "rooms": await execute(tx, "DELETE FROM rooms WHERE id = ANY(%(rooms)s)", which)}


# ── What they share ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _list_calls(tx: Tx, conversation_id: str, *, unfinished: bool) -> list[UUID]:
    """Some calls under the conversation: those that say so, and those in its rooms that say nothing else. Each by its index."""
    found = await fetch_all(
        tx,
        _Id,
        """
        (SELECT id FROM calls WHERE conversation_id = %(id)s AND (NOT %(unfinished)s OR status IN ('initiated', 'ringing', 'active') AND NOT is_sealed)
         LIMIT %(most)s)
        UNION
        (SELECT calls.id FROM rooms JOIN calls ON calls.room_id = rooms.id AND calls.conversation_id IS NULL
         WHERE rooms.conversation_id = %(id)s AND (NOT %(unfinished)s OR status IN ('initiated', 'ringing', 'active') AND NOT is_sealed)
         LIMIT %(most)s)
        ORDER BY id
        """,
        {"id": conversation_id, "unfinished": unfinished, "most": CALLS_AT_ONCE},
    )
    return [one.id for one in found]


async def _bury(tx: Tx, call_ids: Sequence[UUID], at: datetime) -> None:
    """From now on facts of these calls, which are locked, are refused as those of what was erased."""
    await execute(
        tx,
        "INSERT INTO erased_calls (call_id, erased_at) SELECT call_id, %(at)s FROM unnest(%(ids)s::uuid[]) AS call_id ON CONFLICT DO NOTHING",
        {"ids": list(call_ids), "at": at},
    )
    await execute(tx, "UPDATE calls SET is_sealed = true WHERE id = ANY(%(ids)s) AND NOT is_sealed", {"ids": list(call_ids)})


async def _count(tx: Tx, erasure: Erasure, gone: Counts) -> None:
    counts = {kind: erasure.counts.get(kind, 0) + gone.get(kind, 0) for kind in sorted({*erasure.counts, *gone})}
    await execute(
        tx,
        "UPDATE erasures SET counts = %(counts)s::jsonb WHERE id = %(id)s",
        {"id": erasure.id, "counts": msgspec.json.encode(counts).decode()},
    )


async def _finish(tx: Tx, erasure: Erasure, at: datetime) -> None:
    """Nothing is left under the conversation: it goes itself."""
    await execute(tx, "DELETE FROM conversations WHERE id = %(id)s", {"id": erasure.conversation_id})
    await execute(tx, "UPDATE erasures SET completed_at = %(at)s WHERE id = %(id)s", {"at": at, "id": erasure.id})
    await add_audit_entry(
        tx,
        action=Action.CONVERSATION_ERASED,
        at=at,
        caller="callwell",
        metadata={"conversation_id": erasure.conversation_id, "erasure_id": str(erasure.id), "counts": erasure.counts},
    )


class _Id(Struct, frozen=True):
    id: UUID
