"""Calls in short, as lists of them show them: who, when, how long, and how it went, in one question.

However the filters are put together, one question looks at no more than `MOST_LOOKED_AT` calls. It goes through them by the index that leaves the
fewest (a person's calls, a room's, those of a category), the newest first, and keeps those that all else applies to. Where that is not enough for a page
the page is shorter than was asked for, even empty, and says how far back it has looked; its cursor goes on from there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import ids
from callwell.postgres.pool import Tx, fetch_all, fetch_one
from callwell.record.queries import CallPosition
from callwell.record.shown import summary_of

MOST_LOOKED_AT = 4000
"""Calls that one question looks at: so many take some 10 to 20 ms where hardly any of them is wanted."""
MOST_NAMED = 6
"""People named of one call."""

Category = Literal["excellent", "good", "fair", "poor", "unknown"]
UNFINISHED = ("initiated", "ringing", "active")


class PersonInShort(Struct, frozen=True, kw_only=True):
    """Somebody in a call."""

    identity: str | None
    """Null of somebody who was erased."""
    display_name: str | None
    side: str | None
    role: str | None
    joined: bool
    """Whether they ever came."""


class CallSummary(Struct, frozen=True, kw_only=True):
    """A call in short."""

    id: UUID
    external_id: str | None
    status: str
    status_summary: str
    """``scheduled``, ``active``, ``completed``, ``cancelled`` or ``failed``."""
    record_state: str
    type: str
    mode: str
    engine: str
    room: str | None
    conversation_id: str | None
    appointment_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    elapsed_seconds: float | None
    """From the start to the end, or until now; null where it never started."""
    overlap_seconds: float
    """How long client and provider were both connected; of a call that goes on, as of its last change."""
    people: list[PersonInShort]
    """Six at most, those who came first."""
    participant_count: int
    provider_id: str | None
    provider_name: str | None
    disconnection_count: int
    issue_count: int
    quality_score: float | None
    quality_category: str | None
    """Null until there is a report."""
    is_demo: bool


class SummaryFilter(Struct, frozen=True, kw_only=True):
    """Which calls: those to which all that is given applies."""

    person: str | None = None
    """Identity of somebody who is named in it, whether or not they came."""
    provider: str | None = None
    """Identity of who provides."""
    only: str | None = None
    """Identity of somebody who must be named in it: whoever asks sees no others."""
    status: str | None = None
    type: str | None = None
    mode: str | None = None
    engine: str | None = None
    room_id: UUID | None = None
    appointment_id: UUID | None = None
    conversation_id: str | None = None
    category: Category | None = None
    """``unknown`` is also what has no report (yet)."""
    min_disconnections: int | None = None
    has_issues: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


class Found(Struct, frozen=True):
    """What a question found."""

    rows: list["_Row"]
    """In their order; one more than were asked for where there are more."""
    looked_to: CallPosition | None
    """How far it looked, where it was cut short before it had found all that was asked for."""


async def list_summaries(tx: Tx, wanted: SummaryFilter, *, after: CallPosition | None, rows: int, most: int = MOST_LOOKED_AT) -> Found:
    """The newest first: by when the call was made; of a person's, by when they were first named in it; of those found by how it went, by when it began."""
    look, parameters, chosen_by = _look(wanted, after, most)
    parameters |= {"rows": rows, "most_named": MOST_NAMED}
    statement = _SUMMARY + " FROM (" + look + _how_it_went(wanted) + _AND_ALL_ELSE + _all_else(wanted, chosen_by) + _IN_ORDER
    found = await fetch_all(tx, _Row, statement, parameters)
    if len(found) >= rows:
        return Found(found, None)
    end = await fetch_one(tx, _End, _LAST_OF + look + _AT_ITS_END, parameters)
    return Found(found, end and CallPosition(end.at, end.id))


def position_of(row: "_Row") -> CallPosition:
    """Where it stands in its list."""
    return CallPosition(row.at, row.id)


def in_short(row: "_Row", at: datetime) -> CallSummary:
    """The call as it is shown at that time."""
    elapsed_ms = row.elapsed_ms
    if elapsed_ms is None and row.started_at is not None and row.ended_at is None:
        elapsed_ms = max(0, int((at - row.started_at).total_seconds() * 1000))
    return CallSummary(
        **{name: getattr(row, name) for name in _SAME},
        status_summary=summary_of(row.status, row.started_at),
        room=ids.room_name(row.room_id) if row.room_id else None,
        elapsed_seconds=None if elapsed_ms is None else elapsed_ms / 1000,
        overlap_seconds=row.overlap_ms / 1000,
        people=_read_people(row.people or "[]"),
    )


# ── Which calls are looked at ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _look(wanted: SummaryFilter, after: CallPosition | None, most: int) -> tuple[LiteralString, dict[str, Any], str | None]:
    """What goes through calls by the index that leaves the fewest of them, its parameters, and the filter that need not be asked again."""
    parameters: dict[str, Any] = msgspec.structs.asdict(wanted) | {"after_at": after and after.at, "after_id": after and after.id, "most": most}
    for name in ("person", "provider", "only"):
        kind, _, own = (parameters[name] or "").partition(":")
        parameters |= {f"{name}_user": own if kind == "user" else None, f"{name}_guest": own if kind == "guest" else None}
    at: LiteralString = "created_at"
    id: LiteralString = "id"
    chosen_by: str | None = None
    if wanted.room_id is not None or wanted.appointment_id is not None or wanted.conversation_id is not None:
        statement = "SELECT created_at AS at, id FROM calls WHERE true"
        statement += " AND room_id = %(room_id)s" if wanted.room_id is not None else ""
        statement += " AND appointment_id = %(appointment_id)s" if wanted.appointment_id is not None else ""
        statement += " AND conversation_id = %(conversation_id)s" if wanted.conversation_id is not None else ""
    elif (whose := wanted.person or wanted.provider or wanted.only) is not None:
        at, id = "first_at", "call_id"
        chosen_by = "person" if wanted.person else "only" if not wanted.provider else None
        kind, _, parameters["whose"] = whose.partition(":")
        statement = "SELECT first_at AS at, call_id AS id FROM participants WHERE"
        statement += " user_id = %(whose)s" if kind == "user" else " guest_id = %(whose)s"
    elif wanted.status in UNFINISHED:
        chosen_by = "status"
        statement = "SELECT created_at AS at, id FROM calls WHERE status = %(status)s"
    elif wanted.category not in (None, "unknown") or wanted.min_disconnections or wanted.has_issues:
        # What is unknown may not have been counted yet: it is looked for among all calls.
        at, id = "began_at", "call_id"
        statement = "SELECT began_at AS at, call_id AS id FROM counted_calls WHERE true"
        if wanted.min_disconnections:
            statement += " AND disconnection_count > 0 AND disconnection_count >= %(min_disconnections)s"
        elif wanted.category is not None:
            statement += " AND category = %(category)s"
        else:
            statement += " AND issue_count > 0"
    elif wanted.status is not None:
        chosen_by = "status"
        statement = "SELECT created_at AS at, id FROM calls WHERE status = %(status)s"
    else:
        statement = "SELECT created_at AS at, id FROM calls WHERE true"
    if wanted.since is not None:
        statement += " AND " + at + " >= %(since)s"
    if wanted.until is not None:
        statement += " AND " + at + " < %(until)s"
    if after is not None:
        statement += " AND (" + at + ", " + id + ") < (%(after_at)s, %(after_id)s)"
    return statement + " ORDER BY " + at + " DESC, " + id + " DESC LIMIT %(most)s", parameters, chosen_by


def _all_else(wanted: SummaryFilter, chosen_by: str | None) -> LiteralString:
    """What must apply to those that are looked at. How they went is asked again, as the record says it; what chose them by the record itself is not: asked
    twice, the planner takes it for rarer than it is."""
    conditions: LiteralString = ""
    for name, condition in _CONDITIONS.items():
        if getattr(wanted, name) is not None and name != chosen_by:
            conditions += condition
    if wanted.has_issues is not None:
        conditions += " AND calls.issue_count > 0" if wanted.has_issues else " AND calls.issue_count = 0"
    if wanted.category == "unknown":
        conditions += " AND coalesce(reports.category, 'unknown') = 'unknown'"
    return conditions


def _how_it_went(wanted: SummaryFilter) -> LiteralString:
    """The report of each call that is looked at; where it must be of a category, it is asked for first, and nothing else of those of another."""
    return _ITS_REPORT if wanted.category in (None, "unknown") else _REPORTED_SO


_CONDITIONS: Mapping[str, LiteralString] = {
    "person": """
        AND EXISTS (SELECT FROM participants AS p WHERE p.call_id = calls.id AND (p.user_id = %(person_user)s OR p.guest_id = %(person_guest)s))
    """,
    "provider": " AND (provider.user_id = %(provider_user)s OR provider.guest_id = %(provider_guest)s)",
    "only": """
        AND EXISTS (SELECT FROM participants AS p WHERE p.call_id = calls.id AND (p.user_id = %(only_user)s OR p.guest_id = %(only_guest)s))
    """,
    "status": " AND calls.status = %(status)s",
    "type": " AND calls.type = %(type)s",
    "mode": " AND calls.mode = %(mode)s",
    "engine": " AND calls.engine = %(engine)s",
    "min_disconnections": " AND calls.disconnection_count >= %(min_disconnections)s",
}

_SUMMARY: LiteralString = """
    SELECT looked.at, calls.id, external_id, calls.status, record_state, type, mode, engine, room_id, conversation_id, appointment_id, created_at, started_at,
           ended_at, end_reason, elapsed_ms, overlap_ms, participant_count, calls.disconnection_count, calls.issue_count, is_demo,
           reports.score AS quality_score, reports.category AS quality_category,
           coalesce('user:' || provider.user_id, 'guest:' || provider.guest_id) AS provider_id,
           coalesce(provider.display_name, (
               SELECT people.display_name FROM people WHERE identity = coalesce('user:' || provider.user_id, 'guest:' || provider.guest_id)
           ), calls.provider_name) AS provider_name,
           (SELECT json_agg(one)::text FROM (
               SELECT coalesce('user:' || p.user_id, 'guest:' || p.guest_id) AS identity, coalesce(p.display_name, people.display_name) AS display_name,
                      p.side, p.role, p.joined_at IS NOT NULL AS joined
               FROM participants AS p LEFT JOIN people ON people.identity = coalesce('user:' || p.user_id, 'guest:' || p.guest_id)
               WHERE p.call_id = calls.id ORDER BY p.joined_at IS NULL, p.first_at, p.id LIMIT %(most_named)s
           ) AS one) AS people
"""
# Each call that is looked at is looked up by its id, one after the other until there are enough: OFFSET 0 keeps the planner from reading whole tables
# instead, which costs as much as there are calls.
_ITS_REPORT: LiteralString = """
    ) AS looked
    LEFT JOIN LATERAL (SELECT score, category FROM reports WHERE reports.call_id = looked.id OFFSET 0) AS reports ON true
"""
_REPORTED_SO: LiteralString = """
    ) AS looked
    CROSS JOIN LATERAL (SELECT score, category FROM reports WHERE reports.call_id = looked.id AND category = %(category)s OFFSET 0) AS reports
"""
_AND_ALL_ELSE: LiteralString = """
    CROSS JOIN LATERAL (SELECT * FROM calls WHERE calls.id = looked.id OFFSET 0) AS calls
    LEFT JOIN LATERAL (
        SELECT user_id, guest_id, display_name FROM participants WHERE participants.call_id = looked.id AND participants.id = calls.provider_id OFFSET 0
    ) AS provider ON true
    WHERE true
"""
_IN_ORDER: LiteralString = " ORDER BY looked.at DESC, looked.id DESC LIMIT %(rows)s"
_LAST_OF: LiteralString = "SELECT at, id FROM ("
_AT_ITS_END: LiteralString = ") AS looked ORDER BY at DESC, id DESC OFFSET %(most)s - 1"


class _End(Struct, frozen=True):
    at: datetime
    id: UUID


class _Row(Struct, frozen=True, kw_only=True):
    at: datetime
    id: UUID
    external_id: str | None
    status: str
    record_state: str
    type: str
    mode: str
    engine: str
    room_id: UUID | None
    conversation_id: str | None
    appointment_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    elapsed_ms: int | None
    overlap_ms: int
    participant_count: int
    disconnection_count: int
    issue_count: int
    is_demo: bool
    quality_score: float | None
    quality_category: str | None
    provider_id: str | None
    provider_name: str | None
    people: str | None


_SAME: Sequence[str] = [name for name in CallSummary.__struct_fields__ if name in _Row.__struct_fields__ and name != "people"]
_read_people = msgspec.json.Decoder(list[PersonInShort]).decode
