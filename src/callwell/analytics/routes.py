"""Figures over HTTP."""

from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from callwell.access.guards import allow
from callwell.analytics import analytic_routes
from callwell.analytics.metrics import Clocks, Metrics, MetricsPosition, Period, list_metrics, read_clocks
from callwell.http import Page, Paging
from callwell.postgres.pool import Database

Since = Annotated[datetime | None, QueryParameter(name="from", description="Periods that begin then or later.")]
Until = Annotated[datetime | None, QueryParameter(name="to", description="Periods that begin before.")]


class ShownMetrics(Struct, frozen=True, kw_only=True):
    """What happened in a period. What is late is counted where it happened, so that the figures of a period that is over can still change."""

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
    error_counts: dict[str, dict[str, int]]
    """How often each code was told, by what was told: `join_denied`, `connection_failed`, `permission_denied`, `error_occurred`."""
    unique_users: int
    """People who came in or were connected, each once."""


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


@get("/v1/metrics", opt=allow(keys="metrics:read"))
async def list_figures(db: Database, paging: Paging, period: Period = "daily", since: Since = None, until: Until = None) -> Page[ShownMetrics]:
    """Figures of hours, days, weeks or months, the newest first. A period in which nothing happened has none."""
    async with db.connection() as tx:
        clocks = await read_clocks(tx)
        found = await list_metrics(tx, period, since=since, until=until, after=paging.after(MetricsPosition), rows=paging.rows)
    return paging.page(found, lambda row: MetricsPosition(row.starts_at), lambda row: shown(period, row, clocks))


routes = [list_figures, *analytic_routes.routes]
