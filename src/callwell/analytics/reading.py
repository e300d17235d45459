"""Reading rollups: rows of a time added up, by what they are divided by and by the points of a series."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString, TypeVar

from msgspec import Struct

from callwell.analytics.asking import Cut, Within, grains_of
from callwell.analytics.histograms import percentiles
from callwell.analytics.spans import Interval, Point, Span, points
from callwell.postgres.pool import Tx, fetch_all


class Summed(Struct, frozen=True, kw_only=True):
    """A row of sums; what is summed comes with each rollup's own."""

    key: str
    """The value of the dimension, or the hour or weekday; empty where it is not divided so."""
    point: int
    """Which point of the series it counts in, from 1; 0 where there is none."""


Row = TypeVar("Row", bound=Summed)

Divided = str
"""By what rows are told apart beside their points: one of `KEYS`."""

# Only quality is kept by the hour of the day: such a row begins as many hours after its month began.
KEYS: Mapping[Divided, LiteralString] = {
    "nothing": "''",
    "value": "r.value",
    "hour_of_day": """
        CASE r.grain WHEN 'hour_of_day' THEN
            extract(epoch FROM r.starts_at - (%(months)s::timestamptz[])[width_bucket(r.starts_at, %(months)s::timestamptz[])])::int / 3600
        ELSE extract(hour FROM r.starts_at AT TIME ZONE %(zone)s)::int END::text
    """,
    "weekday": "extract(isodow FROM r.starts_at AT TIME ZONE %(zone)s)::int::text",
    "hour_of_week": "(extract(isodow FROM r.starts_at AT TIME ZONE %(zone)s) * 24 + extract(hour FROM r.starts_at AT TIME ZONE %(zone)s))::int::text",
}

_NUMBERS: Sequence[LiteralString] = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11")
_IN_SPANS: Sequence[LiteralString] = [
    "(r.grain = %(grain_" + number + ")s AND r.starts_at >= %(since_" + number + ")s AND r.starts_at < %(until_" + number + ")s)"
    for number in _NUMBERS
]
"""Enough for two ranges, as many as are asked for at once: seven spans where quarters and years are kept, and five where months are the longest."""


def in_spans(spans: Sequence[Span], first: int = 0) -> LiteralString:
    """That a row ``r`` is of one of these spans, which are told in `span_parameters` from the ``first`` on. Each is told by itself, so that the planner knows how
    many rows it has."""
    return "(" + (" OR ".join(_IN_SPANS[first : first + len(spans)]) or "false") + ")"


def of_each_span(columns: LiteralString, rollup: LiteralString, where: LiteralString, spans: Sequence[Span]) -> LiteralString:
    """Rows of these spans, one after the other: each is read by an index alone where it has all the columns."""
    rows: LiteralString = "SELECT " + columns
    rows += " FROM " + rollup + " AS r WHERE " + where + " AND "
    return " UNION ALL ".join([rows + span for span in _IN_SPANS[: len(spans)]]) or rows + "false"


def span_parameters(spans: Sequence[Span]) -> dict[str, Any]:
    """What `in_spans` speaks of."""
    return {
        f"{name}_{number}": value
        for number, span in enumerate(spans)
        for name, value in (("grain", span.grain), ("since", span.since), ("until", span.until))
    }


class Reading(Struct, frozen=True, kw_only=True):
    """Which rows are read, and what of them is added up."""

    within: Within
    cut: Cut
    divided: Divided = "nothing"
    interval: Interval | None = None
    values: Sequence[str] | None = None
    """Of these values of the dimension alone."""
    but: Sequence[str] | None = None
    """Of all values but these."""

    def points(self) -> list[Point]:
        """Raises Invalid where there are too many."""
        return points(self.interval, self.within.since, self.within.until, self.within.zone) if self.interval else []

    def spans(self) -> list[Span]:
        """The rows to read. Hours of the day have rows of whole months. Raises Invalid where figures are not kept so finely."""
        if self.divided == "hour_of_day":
            hours = self.within.spans([*grains_of(self.cut, "hour"), "month"])
            return [Span("hour_of_day", span.since, span.until) if span.grain == "month" else span for span in hours]
        finest: Interval | None = "hour" if self.divided == "hour_of_week" else "day" if self.divided == "weekday" else self.interval
        return self.within.spans(grains_of(self.cut, finest))


async def read_sums(tx: Tx, row: type[Row], rollup: LiteralString, columns: LiteralString, reading: Reading) -> list[Row]:
    """The sums, in no order. Where nothing was counted there is no row."""
    zone, spans = reading.within.zone, reading.spans()
    statement = "SELECT " + KEYS[reading.divided] + " AS key, "
    statement += "width_bucket(r.starts_at, %(points)s::timestamptz[]) AS point, " if reading.interval else "0 AS point, "
    statement += columns + " FROM " + rollup + " AS r WHERE " + in_spans(spans) + " AND r.dimension = %(dimension)s"
    if reading.cut.value is not None:
        statement += " AND r.value = %(value)s"
    if reading.values is not None:
        statement += " AND r.value = ANY(%(values)s)"
    if reading.but is not None:
        statement += " AND r.value <> ALL(%(but)s)"
    return await fetch_all(
        tx,
        row,
        statement + " GROUP BY 1, 2",
        {
            "zone": zone.key,
            "points": [point.starts_at for point in reading.points()],
            "months": [month.starts_at for span in spans if span.grain == "hour_of_day" for month in points("month", span.since, span.until, zone)],
            **span_parameters(spans),
            "dimension": reading.cut.dimension,
            "value": reading.cut.value,
            "values": reading.values,
            "but": reading.but,
        },
    )


class ValuePosition(Struct, frozen=True, array_like=True):
    """Where a page of values ends."""

    weight: int
    value: str


async def list_values(
    tx: Tx, rollup: LiteralString, weight: LiteralString, within: Within, cut: Cut, *, after: ValuePosition | None, rows: int
) -> list[ValuePosition]:
    """The values of a dimension, those first of which there is most."""
    spans = within.spans(grains_of(cut))
    statement = "SELECT r.value, sum(" + weight + ")::bigint AS weight"
    statement += " FROM " + rollup + " AS r WHERE " + in_spans(spans) + " AND r.dimension = %(dimension)s"
    if cut.value is not None:
        statement += " AND r.value = %(value)s"
    statement += " GROUP BY r.value"
    if after is not None:
        statement += " HAVING (-sum(" + weight + "), r.value) > (-%(after_weight)s, %(after_value)s)"
    found = await fetch_all(
        tx,
        _Value,
        statement + " ORDER BY weight DESC, r.value LIMIT %(rows)s",
        {
            **span_parameters(spans),
            "dimension": cut.dimension,
            "value": cut.value,
            "after_weight": after and after.weight,
            "after_value": after and after.value,
            "rows": rows,
        },
    )
    return [ValuePosition(one.weight, one.value) for one in found]


class _Value(Struct, frozen=True):
    value: str
    weight: int


class _Named(Struct, frozen=True):
    identity: str
    display_name: str | None


async def read_names(tx: Tx, identities: Iterable[str]) -> dict[str, str | None]:
    """How the directory calls people; those it does not know are left out."""
    wanted = sorted(set(identities))
    if not wanted:
        return {}
    rows = await fetch_all(tx, _Named, "SELECT identity, display_name FROM people WHERE identity = ANY(%s)", [wanted])
    return {row.identity: row.display_name for row in rows}


# ── What sums come to ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Spread(Struct, frozen=True):
    """A figure over all that it is known of: its mean, and what it is at most for half, 95 and 99 of a hundred, within 2 %."""

    mean: float
    p50: float
    p95: float
    p99: float


def spread(total: float, count: int, encoded: bytes) -> Spread | None:
    """Null where it is known of nothing."""
    found = percentiles(encoded, (0.5, 0.95, 0.99))
    if not count or found is None:
        return None
    p50, p95, p99 = found
    return Spread(round(total / count, 2), round(p50, 2), round(p95, 2), round(p99, 2))


class ScoreSpread(Struct, frozen=True):
    """Scores from 0 to 100: their mean, and what they are at least for half and 95 of a hundred, within 2 %."""

    mean: float
    p50: float
    p5: float


def score_spread(total: float, count: int, encoded: bytes) -> ScoreSpread | None:
    """Null where nothing has a score."""
    found = percentiles(encoded, (0.5, 0.05))
    if not count or found is None:
        return None
    p50, p5 = (min(100.0, value) for value in found)
    return ScoreSpread(round(total / count, 1), round(p50, 1), round(p5, 1))


def share(part: int, whole: int) -> float | None:
    """From 0 to 1; null of nothing."""
    return round(part / whole, 4) if whole else None


def mean(total: float, count: int, digits: int = 2) -> float | None:
    return round(total / count, digits) if count else None
