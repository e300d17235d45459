"""Calls, joins, durations and quality over time and by dimension, from rollups."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, LiteralString, TypeAlias, cast

from msgspec import Struct

from callwell import errors
from callwell.analytics.asking import EVERYTHING, Answer, Cut, Dimension, Filter, Within, cut_of, grains_of
from callwell.analytics.reading import (
    Divided,
    Reading,
    ScoreSpread,
    Spread,
    Summed,
    ValuePosition,
    list_values,
    mean,
    read_names,
    read_sums,
    score_spread,
    share,
    spread,
)
from callwell.analytics.spans import Interval, hours_of_week
from callwell.postgres.pool import Tx

MOST_SERIES = 10
"""Values of a dimension that have a series of their own, those with the most calls; the others are one together."""


class Row(Struct, frozen=True, kw_only=True):
    """What a row of figures is about: a point of a series, a value of what they are divided by, or everything."""

    starts_at: datetime | None
    ends_at: datetime | None
    """Of a point, and of everything: from when until before when it counts."""
    value: str | None
    """Of a dimension; null of a point, and of all together. Of a day's hours 0 to 23, of weekdays 1 (Monday) to 7."""
    name: str | None
    """Of a provider whom the directory knows."""


# ── Volume ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class VolumeFigures(Struct, frozen=True, kw_only=True):
    """How many calls there were, and what became of them."""

    calls: int
    started: int
    """Somebody was connected."""
    ended: int
    failed: int
    unanswered: int
    participants: int
    """People in calls, in each call once."""
    mean_duration_seconds: float | None
    """Of those that began and ended."""


class VolumePoint(VolumeFigures, frozen=True, kw_only=True):
    starts_at: datetime
    ends_at: datetime


class VolumeSeries(Struct, frozen=True, kw_only=True):
    """Calls over time: all of them, those of one value, or the rest."""

    value: str | None
    """Null of all together, and of the rest."""
    name: str | None
    """Of a provider whom the directory knows."""
    is_rest: bool
    """All values but those that have a series of their own."""
    total: VolumeFigures
    points: list[VolumePoint]


class Volume(Answer, frozen=True, kw_only=True):
    """Calls over time. By a dimension: of its ten values with most calls a series each, and one of the rest."""

    interval: Interval
    by: Dimension | None
    total: VolumeFigures
    series: list[VolumeSeries]


class VolumeRow(VolumePoint, frozen=True, kw_only=True):
    """A point of a series as a row of a table."""

    value: str | None
    name: str | None
    is_rest: bool


class _Calls(Summed, frozen=True, kw_only=True):
    calls: int = 0
    started: int = 0
    ended: int = 0
    failed: int = 0
    unanswered: int = 0
    participants: int = 0
    timed: int = 0
    elapsed_ms: int = 0


_CALLS: LiteralString = """
    sum(calls)::bigint AS calls, sum(started)::bigint AS started, sum(ended)::bigint AS ended, sum(failed)::bigint AS failed,
    sum(unanswered)::bigint AS unanswered, sum(participants)::bigint AS participants, sum(timed)::bigint AS timed, sum(elapsed_ms)::bigint AS elapsed_ms
"""
_COUNTED = ("calls", "started", "ended", "failed", "unanswered", "participants", "timed", "elapsed_ms")

SINGLE: tuple[Dimension, ...] = ("engine", "mode", "kind", "provider", "room")
"""Dimensions of which a call has one value: what is not of some values is all without theirs."""


async def read_volume(tx: Tx, within: Within, *, interval: Interval, by: Dimension | None = None, only: Filter | None = None) -> Volume:
    """Raises OneDimension, Invalid."""
    cut = cut_of(by, only)
    within = within.in_whole(grains_of(cut, interval)[0])
    everything = await _calls(tx, Reading(within=within, cut=cut if by is None or only else Cut("all", ""), interval=interval))
    names: dict[str, str | None] = {}
    found: dict[str | None, Sequence[_Calls]] = {}
    rest: Sequence[_Calls] | None = None
    if by is None:
        found[None] = everything
    else:
        top = await list_values(tx, "call_rollups", "r.calls", within, cut, after=None, rows=MOST_SERIES + 1)
        values = [one.value for one in top[:MOST_SERIES]]
        rows = await _calls(tx, Reading(within=within, cut=cut, interval=interval, divided="value", values=values))
        found = {value: [row for row in rows if row.key == value] for value in values}
        if len(top) > MOST_SERIES:
            if by in SINGLE:
                rest = _less(everything, rows)
            else:
                rest = await _calls(tx, Reading(within=within, cut=cut, interval=interval, but=values))
        names = await read_names(tx, values) if by == "provider" else {}
    points = Reading(within=within, cut=cut, interval=interval).points()

    def series(value: str | None, rows: Sequence[_Calls], *, is_rest: bool = False) -> VolumeSeries:
        told = {row.point: row for row in rows}
        return VolumeSeries(
            value=value,
            name=names.get(value or ""),
            is_rest=is_rest,
            total=VolumeFigures(**_volume(_together(rows))),
            points=[
                VolumePoint(starts_at=point.starts_at, ends_at=point.ends_at, **_volume(told.get(number, _NO_CALLS)))
                for number, point in enumerate(points, 1)
            ],
        )

    return Volume(
        since=within.since,
        until=within.until,
        time_zone=within.zone.key,
        interval=interval,
        by=by,
        total=VolumeFigures(**_volume(_together(everything))),
        series=[*(series(value, rows) for value, rows in found.items()), *([series(None, rest, is_rest=True)] if rest is not None else [])],
    )


async def _calls(tx: Tx, reading: Reading) -> list[_Calls]:
    return await read_sums(tx, _Calls, "call_rollups", _CALLS, reading)


_NO_CALLS = _Calls(key="", point=0)


def _together(rows: Iterable[_Calls]) -> _Calls:
    rows = list(rows)
    return _Calls(key="", point=0, **{name: sum(getattr(row, name) for row in rows) for name in _COUNTED})


def _less(rows: Iterable[_Calls], taken: Sequence[_Calls]) -> list[_Calls]:
    """What is left at each point of the first without the others."""
    off: dict[int, list[_Calls]] = {}
    for one in taken:
        off.setdefault(one.point, []).append(one)
    return [
        _Calls(key="", point=row.point, **{name: getattr(row, name) - sum(getattr(one, name) for one in off.get(row.point, ())) for name in _COUNTED})
        for row in rows
    ]


def _volume(sums: _Calls) -> dict[str, Any]:
    told = {name: getattr(sums, name) for name in ("calls", "started", "ended", "failed", "unanswered", "participants")}
    return {**told, "mean_duration_seconds": mean(sums.elapsed_ms / 1000, sums.timed)}


def volume_rows(answer: Volume) -> list[VolumeRow]:
    return [
        VolumeRow(
            value=series.value,
            name=series.name,
            is_rest=series.is_rest,
            **{name: getattr(point, name) for name in VolumePoint.__struct_fields__},
        )
        for series in answer.series
        for point in series.points
    ]


# ── Joins, durations and quality: a row for each point, or for each value ─────────────────────────────────────────────────────────


class JoinRow(Row, frozen=True, kw_only=True):
    """Connections: how they came about, and whether they held."""

    joins: int
    connected: int
    failed: int
    refused: int
    """Turned away from the waiting room."""
    dropped: int
    """They were there, were lost, and did not come back."""
    disconnections: int
    success_rate: float | None
    """Of those that connected or failed, how many connected, from 0 to 1."""
    drop_rate: float | None
    """Of those that connected, how many were dropped, from 0 to 1."""
    setup_ms: Spread | None
    """From coming in to media."""


class Joins(Answer, frozen=True, kw_only=True):
    """Connections over time, or by what they are divided by."""

    interval: Interval | None
    by: Dimension | None
    total: JoinRow
    items: list[JoinRow]
    next_cursor: str | None


class DurationRow(Row, frozen=True, kw_only=True):
    """How long calls were."""

    calls: int
    """Those that began and ended, of which the spread is."""
    elapsed_seconds: Spread | None
    attended_minutes: float
    """How long people were connected, together."""
    overlap_minutes: float
    """How long provider and client were both connected; of calls without sides any two people."""


class Durations(Answer, frozen=True, kw_only=True):
    """How long calls were, over time or by what they are divided by."""

    interval: Interval | None
    by: Dimension | None
    total: DurationRow
    items: list[DurationRow]
    next_cursor: str | None


QualityBy: TypeAlias = Literal[
    "hour_of_day",
    "weekday",
    "engine",
    "mode",
    "kind",
    "provider",
    "room",
    "tag",
    "browser",
    "os",
    "device",
    "network",
    "country",
]


BY_CLOCK: tuple[QualityBy, ...] = ("hour_of_day", "weekday")


class QualityRow(Row, frozen=True, kw_only=True):
    """How good minutes were: one minute of one person is what is counted."""

    minutes: int
    """Of which something is known."""
    scored: int
    score: ScoreSpread | None
    poor_share: float | None
    """Of those that have a score, from 0 to 1."""
    issues: int
    """Problems that began."""
    issues_per_hour: float | None
    """For an hour of one person."""
    rtt_ms: Spread | None
    jitter_ms: Spread | None
    packet_loss_pct: Spread | None
    bitrate_kbps: Spread | None


class Quality(Answer, frozen=True, kw_only=True):
    """Quality over time, by hour of the day, by weekday, or by what it is divided by."""

    interval: Interval | None
    by: QualityBy | None
    total: QualityRow
    items: list[QualityRow]
    next_cursor: str | None


HeatOf: TypeAlias = Literal["calls", "poor", "failed", "joins", "score"]


class HeatCell(Struct, frozen=True, kw_only=True):
    """An hour of the week."""

    weekday: int
    """From 1 (Monday) to 7."""
    hour: int
    """From 0 to 23, as the deployment's clocks show it."""
    days: int
    """On how many days of the time asked for it has occurred by now."""
    value: float | None
    """How many there were; of scores their mean. Null where it did not occur, and of scores where there are none."""
    per_week: float | None
    """How many on average on such a day. Null of scores."""


class Heatmap(Answer, frozen=True, kw_only=True):
    """The week by hours. An hour that clocks show twice counts as one, so that days are alike."""

    of: HeatOf
    cells: list[HeatCell]
    """168 of them, Monday's first."""


# ── What is added up, and told of it ──────────────────────────────────────────────────────────────────────────────────────────────


class _Joins(Summed, frozen=True, kw_only=True):
    joins: int = 0
    connected: int = 0
    failed: int = 0
    refused: int = 0
    dropped: int = 0
    disconnections: int = 0
    timed: int = 0
    setup_ms: int = 0
    setup: bytes = b""


_JOINS: LiteralString = """
    sum(joins)::bigint AS joins, sum(connected)::bigint AS connected, sum(failed)::bigint AS failed, sum(refused)::bigint AS refused,
    sum(dropped)::bigint AS dropped, sum(disconnections)::bigint AS disconnections, sum(timed)::bigint AS timed, sum(setup_ms)::bigint AS setup_ms,
    string_agg(setup, '') AS setup
"""


def _tell_joins(sums: _Joins) -> dict[str, Any]:
    told = {name: getattr(sums, name) for name in ("joins", "connected", "failed", "refused", "dropped", "disconnections")}
    return {
        **told,
        "success_rate": share(sums.connected, sums.connected + sums.failed),
        "drop_rate": share(sums.dropped, sums.connected),
        "setup_ms": spread(sums.setup_ms, sums.timed, sums.setup),
    }


class _Durations(Summed, frozen=True, kw_only=True):
    timed: int = 0
    elapsed_ms: int = 0
    attended_ms: int = 0
    overlap_ms: int = 0
    elapsed: bytes = b""


_DURATIONS: LiteralString = """
    sum(timed)::bigint AS timed, sum(elapsed_ms)::bigint AS elapsed_ms, sum(attended_ms)::bigint AS attended_ms,
    sum(overlap_ms)::bigint AS overlap_ms, string_agg(elapsed, '') AS elapsed
"""


def _tell_durations(sums: _Durations) -> dict[str, Any]:
    return {
        "calls": sums.timed,
        "elapsed_seconds": spread(sums.elapsed_ms / 1000, sums.timed, sums.elapsed),
        "attended_minutes": round(sums.attended_ms / 60_000, 1),
        "overlap_minutes": round(sums.overlap_ms / 60_000, 1),
    }


class _Quality(Summed, frozen=True, kw_only=True):
    minutes: int = 0
    scored: int = 0
    score_sum: int = 0
    poor: int = 0
    issues: int = 0
    rtt_count: int = 0
    rtt_sum: int = 0
    jitter_count: int = 0
    jitter_sum: int = 0
    packet_loss_count: int = 0
    packet_loss_sum: int = 0
    bitrate_count: int = 0
    bitrate_sum: int = 0
    score: bytes = b""
    rtt: bytes = b""
    jitter: bytes = b""
    packet_loss: bytes = b""
    bitrate: bytes = b""


_QUALITY: LiteralString = """
    sum(minutes)::bigint AS minutes, sum(scored)::bigint AS scored, sum(score_sum)::bigint AS score_sum, sum(poor)::bigint AS poor,
    sum(issues)::bigint AS issues, sum(rtt_count)::bigint AS rtt_count, sum(rtt_sum)::bigint AS rtt_sum, sum(jitter_count)::bigint AS jitter_count,
    sum(jitter_sum)::bigint AS jitter_sum, sum(packet_loss_count)::bigint AS packet_loss_count, sum(packet_loss_sum)::bigint AS packet_loss_sum,
    sum(bitrate_count)::bigint AS bitrate_count, sum(bitrate_sum)::bigint AS bitrate_sum, string_agg(score, '') AS score, string_agg(rtt, '') AS rtt,
    string_agg(jitter, '') AS jitter, string_agg(packet_loss, '') AS packet_loss, string_agg(bitrate, '') AS bitrate
"""


def _tell_quality(sums: _Quality) -> dict[str, Any]:
    return {
        "minutes": sums.minutes,
        "scored": sums.scored,
        "score": score_spread(sums.score_sum / 100, sums.scored, sums.score),
        "poor_share": share(sums.poor, sums.scored),
        "issues": sums.issues,
        "issues_per_hour": mean(sums.issues * 60, sums.minutes),
        "rtt_ms": spread(sums.rtt_sum / 100, sums.rtt_count, sums.rtt),
        "jitter_ms": spread(sums.jitter_sum / 100, sums.jitter_count, sums.jitter),
        "packet_loss_pct": spread(sums.packet_loss_sum / 100, sums.packet_loss_count, sums.packet_loss),
        "bitrate_kbps": spread(sums.bitrate_sum / 100, sums.bitrate_count, sums.bitrate),
    }


class _Kind(Struct, frozen=True):
    """A kind of figures that has a row for each point or for each value."""

    rollup: LiteralString
    sums: type[Any]
    columns: LiteralString
    weight: LiteralString
    """The column by which values come first of which there is most."""
    tell: Callable[[Any], dict[str, Any]]


_OF_JOINS = _Kind("connection_rollups", _Joins, _JOINS, "r.joins", _tell_joins)
_OF_DURATIONS = _Kind("call_rollups", _Durations, _DURATIONS, "r.timed", _tell_durations)
_OF_QUALITY = _Kind("quality_rollups", _Quality, _QUALITY, "r.minutes", _tell_quality)


def _nothing(kind: _Kind) -> Any:
    return kind.sums(key="", point=0)


class Wanted(Struct, frozen=True, kw_only=True):
    """Which rows: of points, or of values after one of them."""

    interval: Interval | None = None
    by: QualityBy | None = None
    only: Filter | None = None
    after: ValuePosition | None = None
    rows: int = 1_000_000


async def read_joins(tx: Tx, within: Within, wanted: Wanted) -> Joins:
    """Raises OneDimension, Invalid."""
    return Joins(**await _read(tx, _OF_JOINS, within, wanted, JoinRow), next_cursor=None)


async def read_durations(tx: Tx, within: Within, wanted: Wanted) -> Durations:
    """Raises OneDimension, Invalid."""
    return Durations(**await _read(tx, _OF_DURATIONS, within, wanted, DurationRow), next_cursor=None)


async def read_quality(tx: Tx, within: Within, wanted: Wanted) -> Quality:
    """Raises OneDimension, Invalid."""
    return Quality(**await _read(tx, _OF_QUALITY, within, wanted, QualityRow), next_cursor=None)


async def _read(tx: Tx, kind: _Kind, within: Within, wanted: Wanted, row: type[Any]) -> dict[str, Any]:
    """What an answer is made of."""
    if wanted.interval is not None and wanted.by is not None:
        problem = f"There are rows by {wanted.by} or by {wanted.interval}, not by both."
        raise errors.Invalid(problem=f"interval: {problem}", fields={"interval": problem})
    by, interval = wanted.by, wanted.interval
    if by is None and interval is None:
        interval = "day"
    is_of_day = by in BY_CLOCK
    cut = cut_of(None if is_of_day else cast("Dimension | None", by), wanted.only)
    finest = "hour" if by == "hour_of_day" else "day" if by == "weekday" else interval
    within = within.in_whole(grains_of(cut, cast("Interval | None", finest))[0])
    if interval is not None:
        items = await _by_point(tx, kind, within, cut, interval, row)
    elif is_of_day:
        items = await _by_hour(tx, kind, within, cut, cast("Divided", by), row)
    else:
        items = await _by_value(tx, kind, within, cut, wanted, row)
    whole = await read_sums(tx, kind.sums, kind.rollup, kind.columns, Reading(within=within, cut=cut if wanted.only else EVERYTHING))
    return {
        "since": within.since,
        "until": within.until,
        "time_zone": within.zone.key,
        "interval": interval,
        "by": by,
        "total": row(starts_at=within.since, ends_at=within.until, value=None, name=None, **kind.tell(whole[0] if whole else _nothing(kind))),
        "items": items,
    }


async def _by_point(tx: Tx, kind: _Kind, within: Within, cut: Cut, interval: Interval, row: type[Any]) -> list[Any]:
    reading = Reading(within=within, cut=cut, interval=interval)
    found = {one.point: one for one in await read_sums(tx, kind.sums, kind.rollup, kind.columns, reading)}
    nothing = _nothing(kind)
    return [
        row(starts_at=point.starts_at, ends_at=point.ends_at, value=None, name=None, **kind.tell(found.get(number, nothing)))
        for number, point in enumerate(reading.points(), 1)
    ]


async def _by_hour(tx: Tx, kind: _Kind, within: Within, cut: Cut, divided: Divided, row: type[Any]) -> list[Any]:
    """By hour of the day, or by weekday; those in which nothing happened among them."""
    reading = Reading(within=within, cut=cut, divided=divided)
    found = {one.key: one for one in await read_sums(tx, kind.sums, kind.rollup, kind.columns, reading)}
    nothing = _nothing(kind)
    keys = map(str, range(24) if divided == "hour_of_day" else range(1, 8))
    return [row(starts_at=None, ends_at=None, value=key, name=None, **kind.tell(found.get(key, nothing))) for key in keys]


async def _by_value(tx: Tx, kind: _Kind, within: Within, cut: Cut, wanted: Wanted, row: type[Any]) -> list[Any]:
    values = await list_values(tx, kind.rollup, kind.weight, within, cut, after=wanted.after, rows=wanted.rows)
    told = [one.value for one in values]
    reading = Reading(within=within, cut=cut, divided="value", values=told)
    found = {one.key: one for one in await read_sums(tx, kind.sums, kind.rollup, kind.columns, reading)}
    names = await read_names(tx, told) if cut.dimension == "provider" else {}
    return [row(starts_at=None, ends_at=None, value=value, name=names.get(value), **kind.tell(found[value])) for value in told]


# ── The week by hours ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Heat(Summed, frozen=True, kw_only=True):
    total: int
    count: int


_HEAT: Mapping[HeatOf, tuple[LiteralString, LiteralString]] = {
    "calls": ("call_rollups", "sum(calls)::bigint AS total, 1 AS count"),
    "poor": ("call_rollups", "sum(poor)::bigint AS total, 1 AS count"),
    "failed": ("call_rollups", "sum(failed)::bigint AS total, 1 AS count"),
    "joins": ("connection_rollups", "sum(joins)::bigint AS total, 1 AS count"),
    "score": ("call_rollups", "sum(score_sum)::bigint AS total, sum(scored)::bigint AS count"),
}
"""From which rollup, and what of it."""


async def read_heatmap(tx: Tx, within: Within, at: datetime, *, of: HeatOf = "calls", only: Filter | None = None) -> Heatmap:
    """Raises OneDimension, and Invalid where nothing is kept by the hour."""
    cut = cut_of(None, only)
    rollup, columns = _HEAT[of]
    sums = {one.key: one for one in await read_sums(tx, _Heat, rollup, columns, Reading(within=within, cut=cut, divided="hour_of_week"))}
    days = hours_of_week(within.since, min(within.until, at), within.zone)

    def cell(weekday: int, hour: int) -> HeatCell:
        found, occurred = sums.get(str(weekday * 24 + hour)), days.get((weekday, hour), 0)
        total = found.total if found else 0
        value = mean(total / 100, found.count if found else 0, 1) if of == "score" else total if occurred else None
        return HeatCell(weekday=weekday, hour=hour, days=occurred, value=value, per_week=None if of == "score" else mean(total, occurred))

    return Heatmap(
        since=within.since,
        until=within.until,
        time_zone=within.zone.key,
        of=of,
        cells=[cell(weekday, hour) for weekday in range(1, 8) for hour in range(24)],
    )
