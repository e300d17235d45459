"""Reading the record: calls with their people and connections, facts, and what is counted of a person. Nothing here writes or locks.

A call is read by one statement, so what is shown of it is of one version.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, LiteralString, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors
from callwell.postgres.pool import Tx, fetch_all, fetch_one
from callwell.record.shown import Call, CallJson, call_of, is_in
from callwell.record.timers import Allowances, of_call

# ── Whole calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

# One statement, for one moment: each call as JSON with all that belongs to it. Leases count only while a call goes on.
_CALLS: LiteralString = """
    SELECT
        to_json(calls)::text AS call,
        (SELECT json_agg(one)::text FROM (
            SELECT participants.*, people.display_name AS known_as, people.avatar_url, people.language,
                   score AS quality_score, category AS quality_category, bandwidth_kbps
            FROM participants LEFT JOIN people ON people.identity = coalesce('user:' || user_id, 'guest:' || guest_id)
            LEFT JOIN participant_quality AS fared ON fared.call_id = participants.call_id AND fared.participant_id = participants.id
            WHERE participants.call_id = calls.id ORDER BY participants.first_at, participants.id
        ) AS one) AS participants,
        (SELECT json_agg(one)::text FROM (
            SELECT connections.* FROM connections WHERE connections.call_id = calls.id ORDER BY connections.joined_at, connections.id
        ) AS one) AS connections,
        CASE WHEN calls.ended_at IS NULL THEN (SELECT json_agg(one)::text FROM (
            SELECT connection_id, opened_at, expires_at FROM leases WHERE leases.call_id = calls.id ORDER BY opened_at
        ) AS one) END AS leases,
        (SELECT json_build_object('score', score, 'category', category)::text FROM reports WHERE reports.call_id = calls.id) AS quality
    FROM calls
"""


async def get_call(tx: Tx, id: UUID, at: datetime) -> Call:
    """Raises NotFound."""
    row = await fetch_one(tx, CallJson, _CALLS + " WHERE calls.id = %(id)s", {"id": id})
    if row is None:
        raise errors.NotFound(what="call", id=id)
    return call_of(row, at)


async def list_calls_by_id(tx: Tx, ids: Sequence[UUID], at: datetime) -> list[Call]:
    """Those of these calls that there are, in no order."""
    return [call_of(row, at) for row in await fetch_all(tx, CallJson, _CALLS + " WHERE calls.id = ANY(%(ids)s)", {"ids": ids})]


class CallFilter(Struct, frozen=True, kw_only=True):
    """Which calls: those to which all that is given applies."""

    status: str | None = None
    record_state: str | None = None
    type: str | None = None
    mode: str | None = None
    conversation_id: str | None = None
    appointment_id: UUID | None = None
    room_id: UUID | None = None
    external_id: str | None = None
    user_id: str | None = None
    guest_id: str | None = None
    initiator: str | None = None
    is_demo: bool | None = None
    since: datetime | None = None
    """Made then or later."""
    until: datetime | None = None
    """Made before then."""
    only: str | None = None
    """Identity of somebody who must be named in it, whoever else is asked for: they see no others."""


class CallPosition(Struct, frozen=True, array_like=True):
    """Where a call stands in a list that is sorted by a time and, at one time, by id."""

    at: datetime
    id: UUID


async def list_calls(tx: Tx, wanted: CallFilter, at: datetime, *, after: CallPosition | None, limit: int) -> list[Call]:
    """Newest first, by when they were made."""
    statement = _CALLS + " WHERE true"
    if wanted.status is not None:
        statement += " AND calls.status = %(status)s"
        if wanted.status in ("initiated", "ringing", "active"):
            # Said again for the index of unfinished calls, which knows them by these words.
            statement += " AND calls.status IN ('initiated', 'ringing', 'active')"
    if wanted.record_state is not None:
        statement += " AND calls.record_state = %(record_state)s"
    if wanted.type is not None:
        statement += " AND calls.type = %(type)s"
    if wanted.mode is not None:
        statement += " AND calls.mode = %(mode)s"
    if wanted.conversation_id is not None:
        statement += " AND calls.conversation_id = %(conversation_id)s"
    if wanted.appointment_id is not None:
        statement += " AND calls.appointment_id = %(appointment_id)s"
    if wanted.room_id is not None:
        statement += " AND calls.room_id = %(room_id)s"
    if wanted.external_id is not None:
        statement += " AND calls.external_id = %(external_id)s"
    if wanted.user_id is not None:
        statement += " AND EXISTS (SELECT FROM participants WHERE participants.call_id = calls.id AND user_id = %(user_id)s)"
    if wanted.guest_id is not None:
        statement += " AND EXISTS (SELECT FROM participants WHERE participants.call_id = calls.id AND guest_id = %(guest_id)s)"
    if wanted.initiator is not None:
        statement += """
            AND EXISTS (
                SELECT FROM participants WHERE participants.call_id = calls.id AND participants.id = calls.initiator_id
                AND (user_id = %(initiator_user)s OR guest_id = %(initiator_guest)s))
        """
    if wanted.is_demo is not None:
        statement += " AND calls.is_demo = %(is_demo)s"
    if wanted.since is not None:
        statement += " AND calls.created_at >= %(since)s"
    if wanted.until is not None:
        statement += " AND calls.created_at < %(until)s"
    if wanted.only is not None:
        statement += " AND EXISTS (SELECT FROM participants AS own WHERE own.call_id = calls.id AND"
        statement += " own.user_id = %(only_user)s)" if wanted.only.startswith("user:") else " own.guest_id = %(only_guest)s)"
    if after is not None:
        statement += " AND (calls.created_at, calls.id) < (%(after_at)s, %(after_id)s)"
    user, guest = _user_and_guest(wanted.initiator)
    own_user, own_guest = _user_and_guest(wanted.only)
    parameters = msgspec.structs.asdict(wanted) | {"initiator_user": user, "initiator_guest": guest, "limit": limit}
    parameters |= {"only_user": own_user, "only_guest": own_guest}
    rows = await fetch_all(
        tx,
        CallJson,
        statement + " ORDER BY calls.created_at DESC, calls.id DESC LIMIT %(limit)s",
        parameters | {"after_at": after and after.at, "after_id": after and after.id},
    )
    return [call_of(row, at) for row in rows]


class _RowOfPerson(CallJson):
    first_at: datetime


class CallOfPerson(Struct, frozen=True):
    first_at: datetime
    """When the person was first named in it: what the list is sorted by."""
    call: Call


async def list_calls_of_person(
    tx: Tx, identity: str, at: datetime, *, since: datetime | None, until: datetime | None, after: CallPosition | None, limit: int
) -> list[CallOfPerson]:
    """A person's calls, newest first; calls in which they were rung for and never came among them."""
    user, guest = _user_and_guest(identity)
    statement = "WITH found AS (SELECT call_id, first_at FROM participants WHERE"
    statement += " user_id = %(user)s" if user is not None else " guest_id = %(guest)s"
    if since is not None:
        statement += " AND first_at >= %(since)s"
    if until is not None:
        statement += " AND first_at < %(until)s"
    if after is not None:
        statement += " AND (first_at, call_id) < (%(after_at)s, %(after_id)s)"
    statement += " ORDER BY first_at DESC, call_id DESC LIMIT %(limit)s) SELECT found.first_at, whole.* FROM found JOIN LATERAL ("
    rows = await fetch_all(
        tx,
        _RowOfPerson,
        statement + _CALLS + " WHERE calls.id = found.call_id) AS whole ON true ORDER BY found.first_at DESC, found.call_id DESC",
        {
            "user": user,
            "guest": guest,
            "since": since,
            "until": until,
            "after_at": after and after.at,
            "after_id": after and after.id,
            "limit": limit,
        },
    )
    return [CallOfPerson(row.first_at, call_of(row, at)) for row in rows]


async def find_active_call(tx: Tx, identity: str, at: datetime, allowances: Allowances) -> Call | None:
    """The newest call in which the person is, or can come back as the same: let in, connected, or lost for no longer than the call's grace."""
    user, guest = _user_and_guest(identity)
    statement = _CALLS + " JOIN participants AS own ON own.call_id = calls.id WHERE"
    statement += " own.user_id = %(user)s" if user is not None else " own.guest_id = %(guest)s"
    rows = await fetch_all(
        tx,
        CallJson,
        statement
        + """
            AND own.status IN ('connecting', 'connected', 'disconnected') AND calls.ended_at IS NULL
            ORDER BY own.first_at DESC, own.call_id DESC LIMIT 50
        """,
        {"user": user, "guest": guest},
    )
    found = ((row, call_of(row, at)) for row in rows)
    return next((call for row, call in found if is_in(row, identity, at - of_call(allowances, call.settings).grace)), None)


# ── Facts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class StoredEvent(Struct, frozen=True, kw_only=True):
    """A fact as it is kept. Whom it names it names by our ids of them."""

    id: UUID
    type: str
    occurred_at: datetime
    received_at: datetime
    source: str
    participant_id: UUID | None
    connection_id: UUID | None
    data: dict[str, Any]
    sent_at: datetime | None
    """What the source gave as ``occurred_at``, where we corrected it."""
    basis_at: datetime | None
    """Of a timer's guess: when its subject was last heard of."""


class EventPosition(Struct, frozen=True, array_like=True):
    occurred_at: datetime
    id: UUID
    source: str


E = TypeVar("E", bound=StoredEvent)


async def list_events(tx: Tx, call_id: UUID, *, after: EventPosition | None, limit: int) -> list[StoredEvent]:
    """The call's facts in the order in which they happened."""
    statement = """
        SELECT id, type, occurred_at, received_at, source, participant_id, connection_id, payload AS data, sent_at, basis_at
        FROM events WHERE call_id = %(call_id)s
    """
    return await _list_events(tx, StoredEvent, statement, call_id, after, limit)


class TimelineEvent(StoredEvent, frozen=True, kw_only=True):
    is_void: bool
    """Whether it is a guess about a connection that was proved wrong: something was heard of it between basis and deadline."""


async def list_timeline_events(tx: Tx, call_id: UUID, *, after: EventPosition | None, limit: int) -> list[TimelineEvent]:
    """The call's facts in the order in which they happened, with which guesses were wrong."""
    statement = """
        SELECT id, type, occurred_at, received_at, source, participant_id, connection_id, payload AS data, sent_at, basis_at,
               basis_at IS NOT NULL AND connection_id IS NOT NULL AND EXISTS (
                   SELECT FROM events AS heard
                   WHERE heard.call_id = events.call_id AND heard.connection_id = events.connection_id AND heard.basis_at IS NULL
                   AND heard.type NOT IN ('quality.changed', 'issue.raised', 'issue.cleared')
                   AND heard.occurred_at > events.basis_at
                   AND (heard.occurred_at, heard.id, heard.source) < (events.occurred_at, events.id, events.source)
               ) AS is_void
        FROM events WHERE call_id = %(call_id)s
    """
    return await _list_events(tx, TimelineEvent, statement, call_id, after, limit)


async def _list_events(tx: Tx, row: type[E], statement: LiteralString, call_id: UUID, after: EventPosition | None, limit: int) -> list[E]:
    if after is not None:
        statement += " AND (occurred_at, id, source) > (%(after_at)s, %(after_id)s, %(after_source)s)"
    return await fetch_all(
        tx,
        row,
        statement + " ORDER BY occurred_at, id, source LIMIT %(limit)s",
        {
            "call_id": call_id,
            "after_at": after and after.occurred_at,
            "after_id": after and after.id,
            "after_source": after and after.source,
            "limit": limit,
        },
    )


# ── What is counted of a person ───────────────────────────────────────────────────────────────────────────────────────────────────


class PersonStats(Struct, frozen=True):
    """A person's sessions; a session is one participant in one call, so coming back to a call is the same one. Demonstrations are left out."""

    total: int
    completed: int
    """Those in which they were connected and have left."""
    failed: int
    total_duration_seconds: int
    """Whole seconds attended; of a session that goes on, as far as its disconnections."""
    average_duration_seconds: int
    """The total over all sessions, those that failed among them."""
    quality_issues: int


async def get_person_stats(tx: Tx, identity: str) -> PersonStats:
    """All zero for somebody who was never in a call."""
    user, guest = _user_and_guest(identity)
    statement = """
        SELECT count(*) AS total,
               count(*) FILTER (WHERE own.status = 'left' AND own.connected_at IS NOT NULL) AS completed,
               count(*) FILTER (WHERE own.status = 'failed') AS failed,
               coalesce(sum(own.attended_ms), 0)::bigint / 1000 AS total_duration_seconds,
               coalesce(round(sum(own.attended_ms) / (1000 * count(*))), 0)::bigint AS average_duration_seconds,
               coalesce(sum(own.issue_count), 0)::bigint AS quality_issues
        FROM participants AS own JOIN calls ON calls.id = own.call_id
        WHERE NOT calls.is_demo AND (own.joined_at IS NOT NULL OR own.status = 'failed')
    """
    statement += " AND own.user_id = %(user)s" if user is not None else " AND own.guest_id = %(guest)s"
    stats = await fetch_one(tx, PersonStats, statement, {"user": user, "guest": guest})
    assert stats is not None
    return stats


def _user_and_guest(identity: str | None) -> tuple[str | None, str | None]:
    kind, _, id = (identity or "").partition(":")
    return (id if kind == "user" else None), (id if kind == "guest" else None)


# ── For background work ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def list_call_ids(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """All calls, by id: the next after one."""
    cursor = await tx.execute(
        "SELECT id FROM calls WHERE %(after)s::uuid IS NULL OR id > %(after)s ORDER BY id LIMIT %(limit)s", {"after": after, "limit": limit}
    )
    return [row[0] for row in await cursor.fetchall()]


async def list_ended_calls(tx: Tx, ids: Collection[UUID]) -> list[UUID]:
    """Those of these calls that are over and can still change."""
    cursor = await tx.execute("SELECT id FROM calls WHERE id = ANY(%s) AND ended_at IS NOT NULL AND NOT is_sealed ORDER BY id", [list(ids)])
    return [row[0] for row in await cursor.fetchall()]


async def list_marked_calls(tx: Tx, limit: int) -> list[UUID]:
    """Calls whose facts could not be folded."""
    cursor = await tx.execute("SELECT id FROM calls WHERE needs_refold AND NOT is_sealed ORDER BY id LIMIT %s", [limit])
    return [row[0] for row in await cursor.fetchall()]
