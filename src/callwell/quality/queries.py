"""Reading samples. Rows become structs by position: a long call has tens of thousands."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct

from callwell.postgres.pool import Tx
from callwell.quality.samples import Direction, Kind, Sample

_COLUMNS: LiteralString = """
    id, call_id, participant_id, connection_id, started_at, interval_ms, direction, kind, muted, packet_loss_pct,
    late_loss_pct, rtt_ms, path_rtt_ms, jitter_ms, jitter_buffer_ms, packets, bytes, bitrate_kbps, target_kbps, available_outgoing_kbps, codec,
    protection, concealment_pct, width, height, fps, fps_expected, freeze_ratio, freeze_count, frames_dropped_pct, limitation, counter_resets,
    mos, score, formula
"""
_OF_CALL: LiteralString = " FROM samples WHERE call_id = %(call_id)s"
_LAST_OF_TRACKS: LiteralString = """
    FROM unnest(%(calls)s::uuid[], %(connections)s::uuid[]) AS wanted(of_call, of_connection)
    CROSS JOIN (VALUES ('inbound', 'audio'), ('inbound', 'video'), ('inbound', 'screen'),
                       ('outbound', 'audio'), ('outbound', 'video'), ('outbound', 'screen')) AS tracks(of_direction, of_kind)
    CROSS JOIN LATERAL (
        SELECT * FROM samples
        WHERE call_id = of_call AND connection_id = of_connection AND direction = of_direction AND kind = of_kind
        ORDER BY started_at DESC LIMIT %(most)s
    ) AS last
"""
_NAMES = (
    "id", "call_id", "participant_id", "connection_id", "started_at", "interval_ms", "direction", "kind", "muted", "packet_loss_pct", "late_loss_pct",
    "rtt_ms", "path_rtt_ms", "jitter_ms", "jitter_buffer_ms", "packets", "bytes", "bitrate_kbps", "target_kbps", "available_outgoing_kbps", "codec",
    "protection", "concealment_pct", "width", "height", "fps", "fps_expected", "freeze_ratio", "freeze_count", "frames_dropped_pct", "limitation",
    "counter_resets", "mos", "score", "formula",
)  # fmt: skip


async def list_samples(tx: Tx, call_id: UUID) -> list[Sample]:
    """All samples of a call, in order of time."""
    return await _fetch(tx, "SELECT" + _COLUMNS + _OF_CALL + " ORDER BY started_at, id", {"call_id": call_id})


class SampleFilter(Struct, frozen=True, kw_only=True):
    """Which samples of a call: those to which all that is given applies."""

    user_id: str | None = None
    guest_id: str | None = None
    connection_id: UUID | None = None
    direction: Direction | None = None
    kind: Kind | None = None
    since: datetime | None = None
    """Begun then or later."""
    until: datetime | None = None
    """Begun before then."""


class SamplePosition(Struct, frozen=True, array_like=True):
    """Where a sample stands among those of its call."""

    connection_id: UUID
    started_at: datetime
    id: UUID


async def list_samples_of_call(tx: Tx, call_id: UUID, wanted: SampleFilter, *, after: SamplePosition | None, rows: int) -> list[Sample]:
    """By connection, each in order of time."""
    statement: LiteralString = "SELECT" + _COLUMNS + _OF_CALL
    if wanted.user_id is not None:
        statement += " AND participant_id = (SELECT p.id FROM participants AS p WHERE p.call_id = %(call_id)s AND p.user_id = %(user_id)s)"
    if wanted.guest_id is not None:
        statement += " AND participant_id = (SELECT p.id FROM participants AS p WHERE p.call_id = %(call_id)s AND p.guest_id = %(guest_id)s)"
    if wanted.connection_id is not None:
        statement += " AND connection_id = %(connection_id)s"
    if wanted.direction is not None:
        statement += " AND direction = %(direction)s"
    if wanted.kind is not None:
        statement += " AND kind = %(kind)s"
    if wanted.since is not None:
        statement += " AND started_at >= %(since)s"
    if wanted.until is not None:
        statement += " AND started_at < %(until)s"
    if after is not None:
        statement += " AND (connection_id, started_at, id) > (%(after_connection)s, %(after_at)s, %(after_id)s)"
    parameters = {
        "call_id": call_id,
        **{name: getattr(wanted, name) for name in wanted.__struct_fields__},
        **({"after_connection": after.connection_id, "after_at": after.started_at, "after_id": after.id} if after else {}),
        "rows": rows,
    }
    return await _fetch(tx, statement + " ORDER BY connection_id, started_at, id LIMIT %(rows)s", parameters)


async def last_samples(tx: Tx, connections: Collection[tuple[UUID, UUID]], *, most: int) -> list[Sample]:
    """The last samples of each track of these connections (call and id), in order of their ends."""
    samples = await _fetch(
        tx,
        "SELECT" + _COLUMNS + _LAST_OF_TRACKS,
        {"calls": [call_id for call_id, _ in connections], "connections": [id for _, id in connections], "most": most},
    )
    return sorted(samples, key=lambda sample: (sample.ended_at, sample.id))


async def _fetch(tx: Tx, statement: LiteralString, parameters: Any) -> list[Sample]:
    async with tx.cursor(binary=True) as cursor:
        await cursor.execute(statement, parameters)
        return [_sample(row) for row in await cursor.fetchall()]


def _sample(row: Sequence[Any]) -> Sample:
    return Sample(**dict(zip(_NAMES, row, strict=True)))
