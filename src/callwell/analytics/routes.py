"""Figures over HTTP."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from callwell.access.guards import allow
from callwell.analytics import analytic_routes
from callwell.analytics.files import ALSO_AS, AsForm, file, form_of, pages
from callwell.analytics.metrics import Clocks, Metrics, MetricsPosition, Period, list_metrics, read_clocks
from callwell.http import Page, Paging, Request, Response
from callwell.postgres.pool import Database

Since = Annotated[datetime | None, QueryParameter(name="from", description="Periods that begin then or later.")]
Until = Annotated[datetime | None, QueryParameter(name="to", description="Periods that begin before.")]


class MetricsFigures(Struct, frozen=True, kw_only=True):
    """What was counted in a period."""

    period: Period
    starts_at: datetime
    ends_at: datetime
    """When the next one begins: by the deployment's time zone, whose days have 23 or 25 hours now and then."""
    attempts: int
    """Attempts to join."""
    successes: int
    """Those that got in."""
    failures: int
    """Those that were refused."""
    calls: int
    """Calls that started: somebody was connected."""
    completed: int
    """Calls that ended, those among them that nobody answered and those that failed."""
    total_duration_seconds: float
    """Of the calls that ended, together."""
    average_duration_seconds: float | None
    connections: int
    """Connections that were established."""
    failed_connections: int
    """Connections that were not, or broke for good."""
    average_connection_ms: float | None
    """How long it took to establish one, of those of which that is known."""
    unique_users: int
    """People who came in or were connected, each once."""


class ShownMetrics(MetricsFigures, frozen=True, kw_only=True):
    """What happened in a period. What is late is counted where it happened, so that the figures of a period that is over can still change."""

    error_counts: dict[str, dict[str, int]]
    """How often each code was told, by what was told: `join_denied`, `connection_failed`, `permission_denied`, `error_occurred`."""


class MetricsRow(MetricsFigures, frozen=True, kw_only=True):
    """A period as a row of a file."""

    errors: list[str]
    """What was told, the code, and how often: `join_denied join.too_early 3`."""


def shown(period: Period, row: Metrics, clocks: Clocks) -> ShownMetrics:
    return ShownMetrics(
        period=period,
        starts_at=row.starts_at,
        ends_at=clocks.end_of(period, row.starts_at),
        attempts=row.attempts,
        successes=row.successes,
        failures=row.failures,
        calls=row.calls,
        completed=row.completed,
        total_duration_seconds=row.duration_ms / 1000,
        average_duration_seconds=round(row.duration_ms / row.completed / 1000, 3) if row.completed else None,
        connections=row.connections,
        failed_connections=row.failed_connections,
        average_connection_ms=round(row.connecting_ms / row.timed_connections, 1) if row.timed_connections else None,
        error_counts=row.error_counts,
        unique_users=row.unique_users,
    )


def _as_row(one: ShownMetrics) -> MetricsRow:
    told = [f"{action} {code} {count}" for action, counts in sorted(one.error_counts.items()) for code, count in sorted(counts.items())]
    return MetricsRow(**{name: getattr(one, name) for name in MetricsFigures.__struct_fields__}, errors=told)


@get("/v1/metrics", opt=allow(keys="metrics:read") | ALSO_AS)
async def list_figures(
    request: Request, db: Database, paging: Paging, period: Period = "daily", since: Since = None, until: Until = None, form: AsForm = None
) -> Response[Page[ShownMetrics]]:
    """Figures of hours, days, weeks or months, the newest first. A period in which nothing happened has none."""
    async with db.connection() as tx:
        clocks = await read_clocks(tx)

    async def read(after: MetricsPosition | None, rows: int) -> list[Metrics]:
        async with db.connection() as tx:
            return await list_metrics(tx, period, since=since, until=until, after=after, rows=rows)

    def position(row: Metrics) -> MetricsPosition:
        return MetricsPosition(row.starts_at)

    wanted = form_of(request, form)
    if wanted != "json":
        every = pages(read, position)
        return await file(f"metrics-{period}", wanted, MetricsRow, _rows_of(every, period, clocks))
    found = await read(paging.after(MetricsPosition), paging.rows)
    return Response(paging.page(found, position, lambda row: shown(period, row, clocks)), headers={"Vary": "Accept"})


async def _rows_of(batches: AsyncIterator[Sequence[Metrics]], period: Period, clocks: Clocks) -> AsyncIterator[Sequence[MetricsRow]]:
    async for rows in batches:
        yield [_as_row(shown(period, row, clocks)) for row in rows]


routes = [list_figures, *analytic_routes.routes]
