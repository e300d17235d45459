"""Figures of hours, days, weeks and months, kept from the audit trail and made again from it.

A reader follows the trail in its own order and counts each entry once into the four periods that its time lies in; its cursor moves in the same
transaction. Nothing but the trail is looked at, so that the same entries always come to the same figures. What each entry counts for stands in `_Figures.count`.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, LiteralString, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from callwell import errors
from callwell.analytics.periods import end_of, start_of
from callwell.planning.call_settings import MeetingSettings, those_right
from callwell.planning.deployed import read_settings
from callwell.postgres.pool import Database, Tx, execute, fetch_all
from callwell.record.audit import Action
from callwell.record.counted import erased_person, lock_figures, person_hash

Period = Literal["hourly", "daily", "weekly", "monthly"]
"""What figures are kept by."""
PERIODS: tuple[Period, ...] = get_args(Period)

EVER = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9000, 1, 1, tzinfo=UTC)

COUNTED: tuple[str, ...] = (
    Action.JOIN_ATTEMPT, Action.JOIN_SUCCESS, Action.JOIN_DENIED, Action.CALL_START, Action.CALL_END, Action.CONNECTION_ESTABLISHED,
    Action.CONNECTION_FAILED, Action.PERMISSION_DENIED, Action.ERROR_OCCURRED,
)  # fmt: skip
"""Actions that count for something."""

AT_ONCE = 2000
"""Entries that are counted in one transaction."""
READ_AT_ONCE = 5000


# ── Counting ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Entry(Struct, frozen=True):
    """What counts of an entry of the trail."""

    txid: str
    id: UUID
    at: datetime
    action: str
    error_code: str | None
    duration_ms: int | None
    was_ms: int | None
    """Of the end of a call: the duration that the trail was told before."""
    is_undone: bool
    is_demo: bool
    identity: str | None
    erased_id: UUID | None

    @property
    def counts(self) -> bool:
        return self.action in COUNTED and not self.is_demo


class _Figures(Struct):
    """What a number of entries come to."""

    attempts: int = 0
    successes: int = 0
    failures: int = 0
    calls: int = 0
    completed: int = 0
    duration_ms: int = 0
    connections: int = 0
    timed_connections: int = 0
    connecting_ms: int = 0
    failed_connections: int = 0
    entry_count: int = 0
    errors: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    """How often each code was told, by action."""
    people: set[bytes] = msgspec.field(default_factory=set)
    """Who came in or was connected."""

    def count(self, entry: _Entry, key: bytes) -> None:
        self.entry_count += 1
        match entry.action:
            case Action.JOIN_ATTEMPT:
                self.attempts += 1
            case Action.JOIN_SUCCESS:
                self.successes += 1
                self._see(entry, key)
            case Action.JOIN_DENIED:
                self.failures += 1
                self._note(entry)
            case Action.CALL_START:
                self.calls += 1
            case Action.CALL_END:
                self.completed += -1 if entry.is_undone else 1 if entry.was_ms is None else 0
                self.duration_ms += (entry.duration_ms or 0) - (entry.was_ms or 0)
            case Action.CONNECTION_ESTABLISHED:
                self.connections += 1
                if entry.duration_ms is not None:
                    self.timed_connections += 1
                    self.connecting_ms += entry.duration_ms
                self._see(entry, key)
            case Action.CONNECTION_FAILED:
                self.failed_connections += 1
                self._note(entry)
            case _:
                self._note(entry)

    def _see(self, entry: _Entry, key: bytes) -> None:
        person = entry.identity or (erased_person(entry.erased_id) if entry.erased_id else None)
        if person is not None:
            self.people.add(person_hash(key, person))

    def _note(self, entry: _Entry) -> None:
        if entry.error_code is not None:
            self.errors[entry.action, entry.error_code] += 1

    def add(self, other: "_Figures") -> None:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.errors.update(other.errors)
        self.people |= other.people


SUMS = tuple(field.name for field in msgspec.structs.fields(_Figures) if field.type is int)
"""Figures that are added up, by the names of their columns."""

_Sums = dict[tuple[Period, datetime], _Figures]


# ── By whose clocks ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Cut(Struct, frozen=True):
    """Since when periods are cut by a time zone."""

    period: Period
    since: datetime
    time_zone: str


class Clocks:
    """How time is cut into periods: by the deployment's time zone, and before what the trail reaches back to by what it was."""

    def __init__(self, cuts: Sequence[_Cut]) -> None:
        """The earliest first."""
        self._zones: dict[Period, list[tuple[datetime, ZoneInfo]]] = defaultdict(list)
        for cut in cuts:
            self._zones[cut.period].append((cut.since, ZoneInfo(cut.time_zone)))

    def newest(self, period: Period) -> str | None:
        """The time zone that the period is cut by now; None where nothing was ever counted."""
        zones = self._zones.get(period)
        return zones[-1][1].key if zones else None

    def start_of(self, period: Period, at: datetime) -> datetime:
        """When the period began that something counts in that happened then."""
        return _start(period, at, self._zone(period, at))

    def end_of(self, period: Period, start: datetime) -> datetime:
        """When a period ends that has figures."""
        for since, zone in reversed(self._zones[period]):
            if _start(period, start, zone) == start and (end := end_of(period, start, zone)) > since:
                return end
        return end_of(period, start, self._zone(period, start))

    def _zone(self, period: Period, at: datetime) -> ZoneInfo:
        zones = self._zones[period]
        return next((zone for since, zone in reversed(zones) if since <= at), zones[0][1])


@lru_cache(maxsize=4096)
def _start_of_minute(period: Period, minute: datetime, zone: ZoneInfo) -> datetime:
    return start_of(period, minute, zone)


def _start(period: Period, at: datetime, zone: ZoneInfo) -> datetime:
    return _start_of_minute(period, at.replace(second=0, microsecond=0), zone)


async def read_clocks(tx: Tx) -> Clocks:
    return Clocks(await fetch_all(tx, _Cut, "SELECT period, since, time_zone FROM metric_zones ORDER BY period, since"))


async def _deployed_time_zone(tx: Tx) -> str:
    return those_right(await read_settings(tx)).get("time_zone", MeetingSettings().time_zone)


# ── Following the trail ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def count_entries(db: Database, key: bytes, most: int = AT_ONCE) -> int:
    """Counts the next entries of the trail, each once, whoever else does so. Gives how many were looked at; fewer than ``most``: there are no more.

    Where the deployment's time zone has changed, periods are cut anew first.
    """
    async with db.connection() as tx:
        wanted, clocks = await _deployed_time_zone(tx), await read_clocks(tx)
    for period in PERIODS:
        if clocks.newest(period) != wanted:
            await _cut_anew(db, key, period)
    async with db.transaction() as tx:
        await _begin(tx)
        entries = await list_uncounted(tx, most)
        if entries:
            clocks, sums = await read_clocks(tx), _Sums()
            for entry in entries:
                if entry.counts:
                    for period in PERIODS:
                        sums.setdefault((period, clocks.start_of(period, entry.at)), _Figures()).count(entry, key)
            await _add(tx, sums)
            await execute(tx, "UPDATE metrics_reader SET txid = %s::xid8, entry_id = %s", [entries[-1].txid, entries[-1].id])
    return len(entries)


_COLUMNS: LiteralString = """
    SELECT entry.txid::text, entry.id, entry.at, entry.action, entry.error_code, entry.duration_ms,
           CASE WHEN entry.action = 'call_end' THEN (entry.metadata->>'was_ms')::bigint END AS was_ms,
           entry.metadata ? 'undone' AS is_undone, entry.metadata ? 'demo' AS is_demo, who.identity, who.erased_id
    FROM audit_entries AS entry LEFT JOIN audit_identities AS who ON who.entry_id = entry.id
"""


async def list_uncounted(tx: Tx, most: int = AT_ONCE) -> list[_Entry]:
    """The next entries in the order of the trail, up to where nothing can come in between any more."""
    reader = await _read_cursor(tx)
    return await fetch_all(
        tx,
        _Entry,
        _COLUMNS
        + """
        WHERE (entry.txid, entry.id) > (%(txid)s::xid8, %(id)s) AND entry.txid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY entry.txid, entry.id LIMIT %(most)s
        """,
        {"txid": reader.txid, "id": reader.entry_id, "most": most},
    )


class _Cursor(Struct, frozen=True):
    """The entry up to which everything is counted."""

    txid: str
    entry_id: UUID


async def _read_cursor(tx: Tx) -> _Cursor:
    (cursor,) = await fetch_all(tx, _Cursor, "SELECT txid::text, entry_id FROM metrics_reader")
    return cursor


async def _begin(tx: Tx) -> None:
    """Alone, and with one view of the trail until the end: people erased and entries archived meanwhile are so for all of it, or for none."""
    await execute(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    await lock_figures(tx)


async def _add(tx: Tx, sums: Mapping[tuple[Period, datetime], _Figures]) -> None:
    """Adds to the figures that there are."""
    if not sums:
        return
    await execute(
        tx,
        """
        INSERT INTO metrics AS old (period, starts_at, attempts, successes, failures, calls, completed, duration_ms, connections, timed_connections,
                                    connecting_ms, failed_connections, entry_count)
        SELECT period, starts_at, attempts, successes, failures, calls, completed, duration_ms, connections, timed_connections,
               connecting_ms, failed_connections, entry_count
        FROM json_populate_recordset(NULL::metrics, %s::json)
        ON CONFLICT (period, starts_at) DO UPDATE SET
            attempts = old.attempts + excluded.attempts, successes = old.successes + excluded.successes, failures = old.failures + excluded.failures,
            calls = old.calls + excluded.calls, completed = old.completed + excluded.completed, duration_ms = old.duration_ms + excluded.duration_ms,
            connections = old.connections + excluded.connections, timed_connections = old.timed_connections + excluded.timed_connections,
            connecting_ms = old.connecting_ms + excluded.connecting_ms,
            failed_connections = old.failed_connections + excluded.failed_connections, entry_count = old.entry_count + excluded.entry_count
        """,
        [msgspec.json.encode([{"period": period, "starts_at": start} | _sums_of(figures) for (period, start), figures in sums.items()]).decode()],
    )
    if told := [(*where, *error, count) for where, figures in sums.items() for error, count in figures.errors.items()]:
        await execute(
            tx,
            """
            INSERT INTO metric_errors AS old (period, starts_at, action, code, count)
            SELECT * FROM unnest(%b::text[], %b::timestamptz[], %b::text[], %b::text[], %b::int8[])
            ON CONFLICT (period, starts_at, action, code) DO UPDATE SET count = old.count + excluded.count
            """,
            _columns(told),
        )
    if seen := [(*where, person) for where, figures in sums.items() for person in figures.people]:
        await execute(
            tx,
            """
            WITH first_seen AS (
                INSERT INTO metric_users (period, starts_at, person) SELECT * FROM unnest(%b::text[], %b::timestamptz[], %b::bytea[])
                ON CONFLICT DO NOTHING RETURNING period, starts_at
            )
            UPDATE metrics SET unique_users = unique_users + new.count
            FROM (SELECT period, starts_at, count(*) AS count FROM first_seen GROUP BY period, starts_at) AS new
            WHERE metrics.period = new.period AND metrics.starts_at = new.starts_at
            """,
            _columns(seen),
        )


def _sums_of(figures: _Figures) -> dict[str, int]:
    return {name: getattr(figures, name) for name in SUMS}


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


# ── Again, from the trail ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Rebuilt(Struct, frozen=True):
    """How many rows of figures were made again, and how many stayed because the trail no longer has all that they were made of."""

    period: Period
    made: int
    kept: int


async def rebuild_metrics(db: Database, key: bytes, since: datetime | None = None, until: datetime | None = None) -> list[Rebuilt]:
    """Makes the figures of the periods again that lie wholly between; of all that the trail still has where no time is given.

    Raises Invalid where no period does, and FiguresGone where entries of one are in the trail no more; nothing of that period's kind was changed then.
    """
    is_asked = since is not None or until is not None
    async with db.connection() as tx:
        clocks = await read_clocks(tx)
    spans = {period: _whole(clocks, period, since, until) for period in PERIODS if clocks.newest(period)}
    if is_asked and spans and all(first >= last for first, last in spans.values()):
        raise errors.Invalid(problem="Between these times lies no whole hour.", fields={"to": "It leaves no whole hour."})
    return [await _rebuild(db, key, period, since, until, is_asked=is_asked) for period in PERIODS]


def _whole(clocks: Clocks, period: Period, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """From the first period that begins not before ``since`` to the last one that ends not after ``until``."""
    first, last = EVER, NEVER
    if since is not None:
        first = clocks.start_of(period, since)
        first = first if first == since else clocks.end_of(period, first)
    if until is not None:
        last = clocks.start_of(period, until)
    return first, last


async def _rebuild(db: Database, key: bytes, period: Period, since: datetime | None, until: datetime | None, *, is_asked: bool) -> Rebuilt:
    async with db.transaction() as tx:
        await _begin(tx)
        clocks = await read_clocks(tx)
        if clocks.newest(period) is None:
            return Rebuilt(period, 0, 0)
        first, last = _whole(clocks, period, since, until)
        if first >= last:
            return Rebuilt(period, 0, 0)
        sums = await _sum_up(tx, key, first, last, lambda at: clocks.start_of(period, at))
        sums = {start: figures for start, figures in sums.items() if start >= first}
        gone = [row.starts_at for row in await _list_counted(tx, period, first, last) if _count(sums, row.starts_at) < row.entry_count]
        if gone and is_asked:
            raise errors.FiguresGone(period=period, starts_at=gone[0])
        for start in gone:
            sums.pop(start, None)
        await execute(
            tx,
            "DELETE FROM metrics WHERE period = %s AND starts_at >= %s AND starts_at < %s AND NOT starts_at = ANY(%s)",
            [period, first, last, gone],
        )
        await _add(tx, {(period, start): figures for start, figures in sums.items()})
        return Rebuilt(period, len(sums), len(gone))


class _CountedRow(Struct, frozen=True):
    starts_at: datetime
    entry_count: int


async def _list_counted(tx: Tx, period: Period, first: datetime, last: datetime) -> list[_CountedRow]:
    """Of how many entries the figures are made that there are, the earliest first."""
    return await fetch_all(
        tx,
        _CountedRow,
        "SELECT starts_at, entry_count FROM metrics WHERE period = %s AND starts_at >= %s AND starts_at < %s ORDER BY starts_at",
        [period, first, last],
    )


def _count(sums: Mapping[datetime, _Figures], start: datetime) -> int:
    return sums[start].entry_count if start in sums else 0


async def _sum_up(tx: Tx, key: bytes, first: datetime, last: datetime, bucket: Callable[[datetime], Any]) -> dict[Any, _Figures]:
    """The figures of all entries from a time to another that the reader has counted, by what ``bucket`` says of their times."""
    sums: dict[Any, _Figures] = {}
    async for entry in _entries_between(tx, first, last):
        sums.setdefault(bucket(entry.at), _Figures()).count(entry, key)
    return sums


async def _entries_between(tx: Tx, first: datetime, last: datetime) -> AsyncIterator[_Entry]:
    reader = await _read_cursor(tx)
    at, id = first, UUID(int=0)
    while True:
        found = await fetch_all(
            tx,
            _Entry,
            _COLUMNS
            + """
            WHERE (entry.at, entry.id) > (%(at)s, %(id)s) AND entry.at < %(last)s AND entry.action = ANY(%(counted)s) AND NOT entry.metadata ? 'demo'
              AND (entry.txid, entry.id) <= (%(txid)s::xid8, %(until)s)
            ORDER BY entry.at, entry.id LIMIT %(most)s
            """,
            {
                "at": at,
                "id": id,
                "last": last,
                "counted": list(COUNTED),
                "txid": reader.txid,
                "until": reader.entry_id,
                "most": READ_AT_ONCE,
            },
        )
        for entry in found:
            yield entry
        if len(found) < READ_AT_ONCE:
            return
        at, id = found[-1].at, found[-1].id


async def _cut_anew(db: Database, key: bytes, period: Period) -> None:
    """Cuts the period by the deployment's time zone of now, as far back as the trail has everything that its figures are made of. Older ones stay as they were cut."""
    async with db.transaction() as tx:
        await _begin(tx)
        time_zone, clocks = await _deployed_time_zone(tx), await read_clocks(tx)
        if clocks.newest(period) == time_zone:  # another process was faster
            return
        since, zone = EVER, ZoneInfo(time_zone)
        both: dict[tuple[datetime, datetime], _Figures] = {}
        if clocks.newest(period) is not None:
            both = await _sum_up(tx, key, EVER, NEVER, lambda at: (clocks.start_of(period, at), _start(period, at, zone)))
            found: Counter[datetime] = Counter()
            for (old, _), figures in both.items():
                found[old] += figures.entry_count
            gone = [row.starts_at for row in await _list_counted(tx, period, EVER, NEVER) if found[row.starts_at] < row.entry_count]
            since = clocks.end_of(period, gone[-1]) if gone else EVER
        await execute(tx, "DELETE FROM metrics WHERE period = %s AND starts_at >= %s", [period, since])
        await execute(tx, "DELETE FROM metric_zones WHERE period = %s AND since >= %s", [period, since])
        await execute(tx, "INSERT INTO metric_zones (period, since, time_zone) VALUES (%s, %s, %s)", [period, since, time_zone])
        sums: _Sums = {}
        for (old, new), figures in both.items():
            if old >= since:
                sums.setdefault((period, new), _Figures()).add(figures)
        await _add(tx, sums)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

MOST_CODES = 100
"""Codes of errors that are shown of a period, the most frequent first. Pages may make up codes."""


class Metrics(Struct, frozen=True, kw_only=True):
    """A row of figures."""

    starts_at: datetime
    attempts: int
    successes: int
    failures: int
    calls: int
    completed: int
    duration_ms: int
    connections: int
    timed_connections: int
    connecting_ms: int
    failed_connections: int
    unique_users: int
    error_counts: dict[str, dict[str, int]]
    """How often each code was told, by action."""


class MetricsPosition(Struct, frozen=True, array_like=True):
    """Where a page of figures ends."""

    starts_at: datetime


async def list_metrics(
    tx: Tx, period: Period, *, since: datetime | None, until: datetime | None, after: MetricsPosition | None, rows: int
) -> list[Metrics]:
    """Figures of the periods that begin from ``since`` until before ``until``, the newest first. Periods in which nothing happened have none."""
    return await fetch_all(
        tx,
        Metrics,
        """
        SELECT starts_at, attempts, successes, failures, calls, completed, duration_ms, connections, timed_connections, connecting_ms,
               failed_connections, unique_users, coalesce(told.counts, '{}') AS error_counts
        FROM metrics LEFT JOIN LATERAL (
            SELECT jsonb_object_agg(action, codes) AS counts FROM (
                SELECT action, jsonb_object_agg(code, count) AS codes FROM (
                    SELECT action, code, count FROM metric_errors
                    WHERE metric_errors.period = metrics.period AND metric_errors.starts_at = metrics.starts_at
                    ORDER BY count DESC, action, code LIMIT %(codes)s
                ) AS most GROUP BY action
            ) AS by_action
        ) AS told ON true
        WHERE period = %(period)s AND starts_at >= %(since)s AND starts_at < %(until)s AND starts_at < %(before)s
        ORDER BY starts_at DESC LIMIT %(rows)s
        """,
        {
            "period": period,
            "since": since or EVER,
            "until": until or NEVER,
            "before": after.starts_at if after else NEVER,
            "codes": MOST_CODES,
            "rows": rows,
        },
    )
