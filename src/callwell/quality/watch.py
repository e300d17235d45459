"""How calls fare while they run: problems are told as they begin and end, and how good each connection is just now stands where pages look.

Nothing is remembered from look to look: what is found is what the last samples say and the record does not. So it does not matter which process looks,
how often, or what the one before it had time for; two that look at once tell the same facts.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime
from typing import cast, get_args
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors
from callwell.ingest.sockets import CHANNEL, again_after_failure, stop
from callwell.postgres.pool import Database, Tx, execute, fetch_all
from callwell.quality.actions import Stored
from callwell.quality.issues import OpenIssue, Severity
from callwell.quality.live import Label, endings, findings, label_fact, label_of, looked_at
from callwell.quality.profiles import Profiles
from callwell.quality.queries import last_samples
from callwell.quality.samples import Direction, Kind, Sample
from callwell.record.changes import Hints
from callwell.record.events import NewEvent, Writer
from callwell.record.ledger import Ledger
from callwell.record.state import OpenIssue as Told

log = logging.getLogger(__name__)

SOURCE = "quality"
GATHER = 0.5
"""Seconds in which samples gather before they are looked at: tracks of one interval come together."""
LOOKED_AT_ONCE = 100
"""Connections."""

_Place = tuple[UUID, UUID]
"""A call and a connection."""


class Lookout:
    """Looks at connections whose samples this process stored."""

    def __init__(self, db: Database, ledger: Ledger, hints: Hints, profiles: Profiles) -> None:
        self._db = db
        self._ledger = ledger
        self._hints = hints
        self._profiles = profiles
        self._looked_at = max(looked_at(profile) for profile in (profiles.standard, *profiles.known.values()))
        self._touched: set[_Place] = set()
        self._troubled: set[UUID] = set()
        """Calls in which something is open, as far as it was told from here."""
        self._changed: set[UUID] = set()
        """Those of them that changed: somebody may have left."""
        self._wake = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Lookout"]:
        task = asyncio.create_task(again_after_failure(self._look_on), name="quality-watch")
        with self._hints.subscribed(self._hear_of_changes):
            try:
                yield self
            finally:
                await stop([task])

    def hear(self, stored: Sequence[Stored]) -> None:
        """Samples were stored: their connections are looked at soon."""
        self._touched.update((sample.call_id, sample.connection_id) for sample in stored)
        self._wake.set()

    def _hear_of_changes(self, call_ids: set[UUID] | None) -> None:
        self._changed |= self._troubled if call_ids is None else call_ids & self._troubled
        if self._changed:
            self._wake.set()

    async def _look_on(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER)
            self._wake.clear()
            touched, self._touched = sorted(self._touched), set()
            changed, self._changed = self._changed, set()
            if changed:
                await self._look_at_calls(changed)
            for start in range(0, len(touched), LOOKED_AT_ONCE):
                await self._look_at(touched[start : start + LOOKED_AT_ONCE])

    async def _look_at(self, places: Sequence[_Place]) -> None:
        """At connections that have new samples."""
        async with self._db.connection() as tx:
            samples = await last_samples(tx, places, most=self._looked_at)
            standings = await _list_standings(tx, places)
        of_connection: dict[UUID, list[Sample]] = {}
        for sample in samples:
            of_connection.setdefault(sample.connection_id, []).append(sample)
        labels: list[tuple[_Standing, Label]] = []
        found: list[NewEvent] = []
        for standing in standings:
            own = of_connection.get(standing.connection_id)
            if own is None or standing.over_at is not None:
                continue
            whose = (standing.call_id, standing.participant_id, standing.connection_id)
            label = label_of(own)
            labels.append((standing, label))
            found += findings(*whose, own, self._profiles.named(standing.profile), standing.open)
            if label.category != (standing.quality or "unknown"):
                found.append(label_fact(*whose, label))
        self._troubled.update(fact.call_id for fact in found if fact.type == "issue.raised")
        self._troubled.update(standing.call_id for standing in standings if standing.open)
        await self._tell(found)
        await self._show(labels)

    async def _look_at_calls(self, call_ids: Collection[UUID]) -> None:
        """Where somebody left, what was open of theirs is over."""
        async with self._db.connection() as tx:
            standings = await _list_troubled(tx, call_ids)
        self._troubled -= set(call_ids) - {standing.call_id for standing in standings if standing.over_at is None}
        await self._tell(
            [
                fact
                for one in standings
                if one.over_at is not None
                for fact in endings(one.call_id, one.participant_id, one.connection_id, self._profiles.named(one.profile), one.open, one.over_at)
            ]
        )

    async def _tell(self, facts: Sequence[NewEvent]) -> None:
        """What cannot be told now is found again at the next look."""
        try:
            await self._ledger.append(SOURCE, Writer.COMMAND, facts, received_at=datetime.now(UTC))
        except errors.Overloaded:
            log.warning("%d findings were not told", len(facts))

    async def _show(self, labels: Sequence[tuple["_Standing", Label]]) -> None:
        if not labels:
            return
        async with self._db.transaction() as tx:
            await _save_labels(tx, labels)
            await execute(
                tx,
                "SELECT pg_notify(%s, hint) FROM unnest(%s::text[]) AS hint",
                [CHANNEL, sorted({f"p:{standing.call_id}" for standing, _ in labels})],
            )


# ── What the record says ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Standing(Struct, frozen=True):
    """A connection, as far as its quality goes."""

    call_id: UUID
    connection_id: UUID
    participant_id: UUID
    over_at: datetime | None
    """When it or its call ended."""
    quality: str | None
    """The category that was told last."""
    open_issues: str | None
    profile: str | None
    """By which the call wants to be judged, as it says."""

    @property
    def open(self) -> list[OpenIssue]:
        """Problems of tracks that were told as begun and not as over."""
        return [issue for told in _read_issues(self.open_issues or "[]") if (issue := _issue(told)) is not None]


async def _list_standings(tx: Tx, places: Sequence[_Place]) -> list[_Standing]:
    return await fetch_all(
        tx,
        _Standing,
        """
        SELECT c.call_id, c.id AS connection_id, c.participant_id, least(c.left_at, calls.ended_at) AS over_at, c.state->>'quality' AS quality,
               (c.state->'open_issues')::text AS open_issues, calls.settings->>'quality_profile' AS profile
        FROM unnest(%(calls)s::uuid[], %(connections)s::uuid[]) AS wanted(call_id, id)
        JOIN connections AS c ON c.call_id = wanted.call_id AND c.id = wanted.id JOIN calls ON calls.id = c.call_id
        """,
        {"calls": [call_id for call_id, _ in places], "connections": [id for _, id in places]},
    )


async def _list_troubled(tx: Tx, call_ids: Collection[UUID]) -> list[_Standing]:
    """Connections in these calls of which something is open."""
    return await fetch_all(
        tx,
        _Standing,
        """
        SELECT c.call_id, c.id AS connection_id, c.participant_id, least(c.left_at, calls.ended_at) AS over_at, NULL AS quality,
               (c.state->'open_issues')::text AS open_issues, calls.settings->>'quality_profile' AS profile
        FROM connections AS c JOIN calls ON calls.id = c.call_id
        WHERE c.call_id = ANY(%(calls)s) AND c.state->'open_issues' IS NOT NULL
        """,
        {"calls": list(call_ids)},
    )


_read_issues = msgspec.json.Decoder(list[Told]).decode


def _issue(told: Told) -> OpenIssue | None:
    """None for a problem that is no track's: whoever told of it says when it is over."""
    direction, _, kind = (told.key or "").partition(".")
    if direction not in get_args(Direction) or kind not in get_args(Kind):
        return None
    severity: Severity = "critical" if told.severity == "critical" else "warning"
    return OpenIssue(told.issue, cast("Kind", kind), cast("Direction", direction), severity, told.since)


async def _save_labels(tx: Tx, labels: Sequence[tuple[_Standing, Label]]) -> None:
    """Over what was known before; never an older one over a newer."""
    await execute(
        tx,
        """
        INSERT INTO live_quality AS old (call_id, connection_id, at, score, category, rtt_ms, packet_loss_pct, jitter_ms, bitrate_kbps)
        SELECT new.* FROM unnest(
            %(calls)s::uuid[], %(connections)s::uuid[], %(at)s::timestamptz[], %(scores)s::float8[], %(categories)s::text[], %(rtt)s::float8[],
            %(loss)s::float8[], %(jitter)s::float8[], %(bitrate)s::float8[]) AS new(call_id, connection_id)
        JOIN connections AS c ON c.call_id = new.call_id AND c.id = new.connection_id
        ON CONFLICT (call_id, connection_id) DO UPDATE SET
            at = excluded.at, score = excluded.score, category = excluded.category, rtt_ms = excluded.rtt_ms,
            packet_loss_pct = excluded.packet_loss_pct, jitter_ms = excluded.jitter_ms, bitrate_kbps = excluded.bitrate_kbps
        WHERE old.at <= excluded.at
        """,
        {
            "calls": [standing.call_id for standing, _ in labels],
            "connections": [standing.connection_id for standing, _ in labels],
            "at": [label.at for _, label in labels],
            "scores": [label.score for _, label in labels],
            "categories": [label.category for _, label in labels],
            "rtt": [label.rtt_ms for _, label in labels],
            "loss": [label.packet_loss_pct for _, label in labels],
            "jitter": [label.jitter_ms for _, label in labels],
            "bitrate": [label.bitrate_kbps for _, label in labels],
        },
    )
