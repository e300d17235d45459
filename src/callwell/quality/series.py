"""How everybody fared in the course of a call, thinned out for charts: means over equal steps of time.

A step is at least as long as what samples cover, so that a line has no holes where nothing is missing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from callwell import errors
from callwell.postgres.pool import Tx, fetch_all, fetch_one
from callwell.quality.score import combine

FEWEST_SECONDS = 1


class Line(Struct, frozen=True, kw_only=True):
    """One person's figures, one for each step; null where nothing is known."""

    participant_id: UUID
    score: list[float | None]
    """What they got, sound and picture together."""
    rtt_ms: list[float | None]
    jitter_ms: list[float | None]
    packet_loss_pct: list[float | None]
    """Of what they got, as the two above."""
    bitrate_kbps: list[float | None]
    """Received, all tracks together."""
    sent_kbps: list[float | None]


class Series(Struct, frozen=True, kw_only=True):
    """Everybody's figures over the time of a call."""

    call_id: UUID
    since: datetime
    """When the first step begins: with the call, or before it where somebody's figures do."""
    step_seconds: int
    steps: int
    lines: list[Line]
    """Those of whom there is a sample."""


async def read_series(tx: Tx, call_id: UUID, points: int, at: datetime) -> Series:
    """The figures of a call in as many steps at most; of one that goes on, as far as that time. Raises NotFound."""
    span = await fetch_one(tx, _Span, _SPAN, {"call_id": call_id})
    if span is None:
        raise errors.NotFound(what="call", id=call_id)
    if span.first is None or span.longest_ms is None:
        return Series(call_id=call_id, since=span.began, step_seconds=FEWEST_SECONDS, steps=0, lines=[])
    since = min(span.began, span.first)
    until = max(span.ended or at, since)
    step = max(FEWEST_SECONDS, ceil(span.longest_ms / 1000), ceil((until - since).total_seconds() / points))
    steps = max(1, ceil((until - since) / timedelta(seconds=step)))
    cells = await fetch_all(tx, _Cell, _CELLS, {"call_id": call_id, "since": since, "until": until, "step": step, "last": steps - 1})
    by_person: dict[UUID, dict[int, _Cell]] = {}
    for cell in cells:
        by_person.setdefault(cell.participant_id, {})[cell.step] = cell
    return Series(
        call_id=call_id,
        since=since,
        step_seconds=step,
        steps=steps,
        lines=[_line(id, [own.get(number) for number in range(steps)]) for id, own in sorted(by_person.items())],
    )


def _line(participant_id: UUID, cells: Sequence["_Cell | None"]) -> Line:
    return Line(
        participant_id=participant_id,
        score=[cell and _rounded(combine(cell.heard, cell.seen)) for cell in cells],
        rtt_ms=[cell and _rounded(cell.rtt_ms) for cell in cells],
        jitter_ms=[cell and _rounded(cell.jitter_ms) for cell in cells],
        packet_loss_pct=[cell and _rounded(cell.packet_loss_pct) for cell in cells],
        bitrate_kbps=[cell and _rounded(cell.bitrate_kbps) for cell in cells],
        sent_kbps=[cell and _rounded(cell.sent_kbps) for cell in cells],
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


class _Span(Struct, frozen=True):
    began: datetime
    ended: datetime | None
    first: datetime | None
    longest_ms: int | None


class _Cell(Struct, frozen=True, kw_only=True):
    """One person's means over one step."""

    participant_id: UUID
    step: int
    heard: float | None
    seen: float | None
    rtt_ms: float | None
    jitter_ms: float | None
    packet_loss_pct: float | None
    bitrate_kbps: float | None
    sent_kbps: float | None


# How long samples are is told by the first few of each connection: sources measure at a pace of their own and keep to it.
_SPAN: LiteralString = """
    SELECT coalesce(calls.started_at, calls.created_at) AS began, ended_at AS ended, min(early.started_at) AS first, max(early.interval_ms) AS longest_ms
    FROM calls LEFT JOIN LATERAL (
        SELECT early.started_at, early.interval_ms FROM connections CROSS JOIN LATERAL (
            SELECT started_at, interval_ms FROM samples
            WHERE samples.call_id = connections.call_id AND samples.connection_id = connections.id ORDER BY started_at LIMIT 4
        ) AS early
        WHERE connections.call_id = calls.id
    ) AS early ON true
    WHERE calls.id = %(call_id)s GROUP BY calls.id
"""

# First of each track, so that what comes together (bitrates) adds up and what does not (delays) is not counted by how many samples there are.
_CELLS: LiteralString = """
    SELECT participant_id, step,
           avg(score) FILTER (WHERE direction = 'inbound' AND kind = 'audio') AS heard,
           avg(score) FILTER (WHERE direction = 'inbound' AND kind <> 'audio') AS seen,
           coalesce(avg(rtt_ms) FILTER (WHERE direction = 'inbound'), avg(rtt_ms)) AS rtt_ms,
           avg(jitter_ms) FILTER (WHERE direction = 'inbound') AS jitter_ms,
           avg(packet_loss_pct) FILTER (WHERE direction = 'inbound') AS packet_loss_pct,
           sum(bitrate_kbps) FILTER (WHERE direction = 'inbound') AS bitrate_kbps,
           sum(bitrate_kbps) FILTER (WHERE direction = 'outbound') AS sent_kbps
    FROM (
        SELECT participant_id, least(floor(extract(epoch FROM started_at - %(since)s) / %(step)s)::integer, %(last)s) AS step, direction, kind,
               avg(score) AS score, avg(rtt_ms) AS rtt_ms, avg(jitter_ms) AS jitter_ms, avg(packet_loss_pct) AS packet_loss_pct,
               avg(bitrate_kbps) AS bitrate_kbps
        FROM samples WHERE call_id = %(call_id)s AND started_at >= %(since)s AND started_at < %(until)s
        GROUP BY participant_id, 2, direction, kind
    ) AS tracks
    GROUP BY participant_id, step
"""
