"""Appointments for whoever bills them, by when they were planned."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from callwell.analytics.asking import Answer, Filter, Within, cut_of
from callwell.analytics.billing import BOOKED_CODE, Billed, BillingRow, Counted, Rounding
from callwell.planning.unit_codes import Band
from callwell.postgres.pool import Tx, fetch_all, fetch_one


class BillingTotals(Struct, frozen=True, kw_only=True):
    """What all appointments of the time asked for come to."""

    booked: int
    """All that were planned for it, whatever became of them."""
    completed: int
    cancelled: int
    declined: int
    client_no_shows: int
    provider_no_shows: int
    both_no_shows: int
    booked_minutes: float
    elapsed_minutes: float
    overlap_minutes: float


class Billing(Answer, frozen=True, kw_only=True):
    """Appointments and what they come to, the earliest first."""

    billing_minutes: Counted
    """Which minutes are billed."""
    billing_rounding: Rounding
    billing_units: list[Band]
    totals: BillingTotals
    items: list[BillingRow]
    next_cursor: str | None = None


class BillingPosition(Struct, frozen=True, array_like=True):
    """Where a page of appointments ends."""

    scheduled_at: datetime
    id: UUID


def position_of(row: BillingRow) -> BillingPosition:
    return BillingPosition(row.scheduled_at, row.appointment_id)


async def list_billed(
    tx: Tx, within: Within, *, status: str | None = None, only: str | None = None, after: BillingPosition | None, rows: int
) -> list[Billed]:
    """By when they were planned, the earliest first. ``only`` is one provider's identity."""
    statement = "WITH wanted AS (SELECT * FROM appointments WHERE scheduled_at >= %(since)s AND scheduled_at < %(until)s"
    if only is not None:
        statement += " AND provider_id = %(only)s"
    if status is not None:
        statement += " AND status = %(status)s"
    if after is not None:
        statement += " AND (scheduled_at, id) > (%(after_at)s, %(after_id)s)"
    return await fetch_all(
        tx,
        Billed,
        statement + _WITH_CALLS,
        {
            "since": within.since,
            "until": within.until,
            "only": only,
            "status": status,
            "after_at": after and after.scheduled_at,
            "after_id": after and after.id,
            "rows": rows,
            "booked_code": BOOKED_CODE,
        },
    )


SIFTED_AT_ONCE, MOST_SIFTED = 500, 5000
"""Appointments that are looked through at once, and for one page, for those with flags."""


async def sift(
    read: Callable[[BillingPosition | None, int], Awaitable[list[BillingRow]]], after: BillingPosition | None, rows: int
) -> tuple[list[BillingRow], BillingPosition | None]:
    """Of the appointments that are read those with flags, so many of them; and after which to go on, where there may be more than were looked through."""
    found: list[BillingRow] = []
    for _ in range(MOST_SIFTED // SIFTED_AT_ONCE):
        looked = await read(after, SIFTED_AT_ONCE)
        found += [row for row in looked if row.flags]
        if len(found) >= rows or len(looked) < SIFTED_AT_ONCE:
            return found[:rows], None
        after = position_of(looked[-1])
    return found, after


# Of each of those wanted who is in it, how long its calls went on, and what they say of its people.
_WITH_CALLS: LiteralString = """
        ORDER BY scheduled_at, id LIMIT %(rows)s
    )
    SELECT wanted.id, wanted.external_id, wanted.kind, wanted.status, wanted.no_show, wanted.scheduled_at, wanted.duration_minutes,
           wanted.client_id, client.display_name AS client_name, wanted.provider_id, provider.display_name AS provider_name,
           wanted.payment_status, CASE jsonb_typeof(wanted.metadata -> %(booked_code)s) WHEN 'string' THEN wanted.metadata ->> %(booked_code)s END
               AS booked_code,
           wanted.call_count, wanted.attended_client_ms, wanted.attended_provider_ms, wanted.overlap_ms, wanted.overlap_claimed_ms,
           coalesce(held.elapsed_ms, wanted.call_duration_minutes * 60000::bigint, 0) AS elapsed_ms,
           coalesce(were.participants, 0) AS participants, were.provider_video, were.client_video, were.provider_audio, were.client_audio,
           were.score
    FROM wanted LEFT JOIN people AS client ON client.identity = wanted.client_id LEFT JOIN people AS provider ON provider.identity = wanted.provider_id
    CROSS JOIN LATERAL (
        SELECT sum(elapsed_ms)::bigint AS elapsed_ms FROM calls WHERE calls.appointment_id = wanted.id AND NOT is_demo
    ) AS held
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT one.identity) FILTER (WHERE one.was_there)::int AS participants,
               bool_or(ever_video) FILTER (WHERE one.identity = wanted.provider_id) AS provider_video,
               bool_or(ever_audio) FILTER (WHERE one.identity = wanted.provider_id) AS provider_audio,
               bool_or(ever_video) FILTER (WHERE one.was_there AND one.identity <> wanted.provider_id) AS client_video,
               bool_or(ever_audio) FILTER (WHERE one.was_there AND one.identity <> wanted.provider_id) AS client_audio,
               avg(one.score) AS score
        FROM (
            SELECT coalesce('user:' || p.user_id, 'guest:' || p.guest_id, p.erased_id::text) AS identity, p.connected_at IS NOT NULL AS was_there,
                   p.ever_video, p.ever_audio, q.score
            FROM calls JOIN participants AS p ON p.call_id = calls.id
            LEFT JOIN participant_quality AS q ON q.call_id = p.call_id AND q.participant_id = p.id
            WHERE calls.appointment_id = wanted.id AND NOT calls.is_demo
        ) AS one
    ) AS were
    ORDER BY wanted.scheduled_at, wanted.id
"""


class _Sums(Struct, frozen=True, kw_only=True):
    booked: int
    completed: int
    cancelled: int
    declined: int
    client_no_shows: int
    provider_no_shows: int
    both_no_shows: int
    booked_ms: int
    elapsed_ms: int
    overlap_ms: int


async def read_totals(tx: Tx, within: Within, only: str | None = None) -> BillingTotals:
    """From rollups, so that two years are no more work than a day."""
    cut = cut_of(None, Filter("provider", only) if only else None)
    spans = within.spans()
    sums = await fetch_one(
        tx,
        _Sums,
        """
        SELECT coalesce(sum(booked), 0)::bigint AS booked, coalesce(sum(completed), 0)::bigint AS completed,
               coalesce(sum(cancelled), 0)::bigint AS cancelled, coalesce(sum(declined), 0)::bigint AS declined,
               coalesce(sum(client_no_shows), 0)::bigint AS client_no_shows, coalesce(sum(provider_no_shows), 0)::bigint AS provider_no_shows,
               coalesce(sum(both_no_shows), 0)::bigint AS both_no_shows, coalesce(sum(booked_ms), 0)::bigint AS booked_ms,
               coalesce(sum(elapsed_ms), 0)::bigint AS elapsed_ms, coalesce(sum(overlap_ms), 0)::bigint AS overlap_ms
        FROM unnest(%(grains)s::text[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[]) AS span (grain, since, until)
        JOIN appointment_rollups AS r ON r.grain = span.grain AND r.starts_at >= span.since AND r.starts_at < span.until
            AND r.dimension = %(dimension)s AND r.value = %(value)s
        """,
        {
            "grains": [span.grain for span in spans],
            "sinces": [span.since for span in spans],
            "untils": [span.until for span in spans],
            "dimension": cut.dimension,
            "value": cut.value,
        },
    )
    assert sums is not None
    return BillingTotals(
        **{name: getattr(sums, name) for name in BillingTotals.__struct_fields__ if not name.endswith("_minutes")},
        booked_minutes=round(sums.booked_ms / 60_000, 1),
        elapsed_minutes=round(sums.elapsed_ms / 60_000, 1),
        overlap_minutes=round(sums.overlap_ms / 60_000, 1),
    )
