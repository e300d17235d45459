"""Calls that went wrong: with many disconnections, of poor quality, failed, or with critical problems; and why each is among them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, LiteralString, TypeAlias
from uuid import UUID

from msgspec import Struct

from callwell.analytics.asking import Answer, Within
from callwell.postgres.pool import Tx, fetch_all

Why: TypeAlias = Literal["disconnections", "poor", "failed", "critical"]
"""More disconnections than are asked for; a poor score; it failed; it had critical problems."""

MORE_THAN = 3
"""Disconnections that a call may have without being a problem, where it is not said."""


class ProblemCall(Struct, frozen=True, kw_only=True):
    """A call that went wrong."""

    call_id: UUID
    began_at: datetime
    """When somebody was connected first; where nobody was, when it was made."""
    status: str
    type: str | None
    """``video`` or ``audio``; null where the call itself is kept no longer, as with what follows."""
    engine: str | None
    participants: int | None
    duration_seconds: float | None
    provider: str | None
    """`user:…` or `guest:…`; of whom only the name is known, the name."""
    provider_name: str | None
    disconnections: int
    issues: int
    critical_issues: int
    score: float | None
    category: str
    why: list[Why]


class ProblemCalls(Answer, frozen=True, kw_only=True):
    """Calls that went wrong, those with most disconnections first."""

    more_than: int
    items: list[ProblemCall]
    next_cursor: str | None = None


class ProblemPosition(Struct, frozen=True, array_like=True):
    """Where a page of problem calls ends."""

    disconnections: int
    began_at: datetime
    id: UUID


def position_of(call: ProblemCall) -> ProblemPosition:
    return ProblemPosition(call.disconnections, call.began_at, call.call_id)


_IS: Mapping[Why, LiteralString] = {
    "disconnections": "disconnection_count > %(more_than)s",
    "poor": "category = 'poor'",
    "failed": "counted.status = 'failed'",
    "critical": "critical_count > 0",
}


_COUNTED: LiteralString = "WITH counted AS (SELECT * FROM counted_calls AS counted WHERE began_at >= %(since)s AND began_at < %(until)s"
# One provider's are few: they are found first, and then looked at. Else all troubled calls would be gone through for the few that are theirs.
_COUNTED_OF_PROVIDER: LiteralString = """
    WITH theirs AS MATERIALIZED (
        SELECT call_id, began_at, provider, status, category, score, disconnection_count, issue_count, critical_count
        FROM counted_calls WHERE provider = %(only)s AND began_at >= %(since)s AND began_at < %(until)s
    ), counted AS (
        SELECT * FROM theirs AS counted WHERE true
"""
_WITH_CALLS: LiteralString = """
        ORDER BY disconnection_count DESC, began_at DESC, call_id DESC LIMIT %(rows)s
    )
    SELECT counted.call_id, began_at, counted.status, calls.type, calls.engine, calls.participant_count, calls.elapsed_ms, counted.provider,
           coalesce(people.display_name, calls.provider_name) AS provider_name, counted.disconnection_count, counted.issue_count, critical_count,
           score, category
    FROM counted LEFT JOIN calls ON calls.id = counted.call_id LEFT JOIN people ON people.identity = counted.provider
    ORDER BY counted.disconnection_count DESC, began_at DESC, counted.call_id DESC
"""


class _Row(Struct, frozen=True, kw_only=True):
    call_id: UUID
    began_at: datetime
    status: str
    type: str | None
    engine: str | None
    participant_count: int | None
    elapsed_ms: int | None
    provider: str | None
    provider_name: str | None
    disconnection_count: int
    issue_count: int
    critical_count: int
    score: float | None
    category: str


async def list_problem_calls(
    tx: Tx, within: Within, *, more_than: int = MORE_THAN, why: Why | None = None, only: str | None = None, after: ProblemPosition | None, rows: int
) -> list[ProblemCall]:
    """Those with most disconnections first, then the newest. ``why`` are those that are among them for that, ``only`` those of one provider."""
    is_one: LiteralString = _IS[why] if why else _IS["disconnections"] + " OR " + _IS["poor"] + " OR " + _IS["failed"] + " OR " + _IS["critical"]
    statement = (_COUNTED if only is None else _COUNTED_OF_PROVIDER) + " AND (" + is_one + ")"
    if after is not None:
        statement += " AND (disconnection_count, began_at, call_id) < (%(after_disconnections)s, %(after_at)s, %(after_id)s)"
    found = await fetch_all(
        tx,
        _Row,
        statement + _WITH_CALLS,
        {
            "since": within.since,
            "until": within.until,
            "more_than": more_than,
            "only": only,
            "after_disconnections": after and after.disconnections,
            "after_at": after and after.began_at,
            "after_id": after and after.id,
            "rows": rows,
        },
    )
    return [_problem_call(row, more_than) for row in found]


def _problem_call(row: _Row, more_than: int) -> ProblemCall:
    reasons: Mapping[Why, bool] = {
        "disconnections": row.disconnection_count > more_than,
        "poor": row.category == "poor",
        "failed": row.status == "failed",
        "critical": row.critical_count > 0,
    }
    return ProblemCall(
        call_id=row.call_id,
        began_at=row.began_at,
        status=row.status,
        type=row.type,
        engine=row.engine,
        participants=row.participant_count,
        duration_seconds=None if row.elapsed_ms is None else row.elapsed_ms / 1000,
        provider=row.provider,
        provider_name=row.provider_name,
        disconnections=row.disconnection_count,
        issues=row.issue_count,
        critical_issues=row.critical_count,
        score=row.score,
        category=row.category,
        why=[why for why, holds in reasons.items() if holds],
    )
