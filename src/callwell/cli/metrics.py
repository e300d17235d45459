"""``callwell metrics``: figures of hours, days, weeks and months, where the server's data is. The server may run meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from callwell.cli.database import opened
from callwell.cli.shown import AsJson, DataDir, show, show_table
from callwell.settings import read_settings

if TYPE_CHECKING:
    from callwell.postgres import Database

app = typer.Typer(help="Figures of hours, days, weeks and months.", no_args_is_help=True)

PERIODS = ("hourly", "daily", "weekly", "monthly")

WHEN = "A date, which begins at midnight of the deployment's time zone, or a time with its zone (2026-11-21T09:00:00Z)."

From = Annotated[str | None, typer.Option("--from", metavar="WHEN", help=f"From then. {WHEN}")]
To = Annotated[str | None, typer.Option("--to", metavar="WHEN", help=f"Until then. {WHEN}")]


def _period(given: str) -> str:
    if given not in PERIODS:
        raise typer.BadParameter(f"there is no period {given}; there are: {', '.join(PERIODS)}.")
    return given


@app.command("show")
def show_metrics(
    period: Annotated[str, typer.Option("--period", help=f"One of {', '.join(PERIODS)}.", callback=_period)] = "daily",
    since: From = None,
    until: To = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")] = 31,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show figures, the newest first."""
    found = asyncio.run(_list(data_dir, period, since, until, limit))
    if as_json:
        show({"items": found})
    else:
        show_table(
            ["starts_at", "attempts", "successes", "failures", "calls", "completed", "total", "average", "connecting", "people", "errors"],
            [_row(one) for one in found],
        )


@app.command("rebuild")
def rebuild(since: From = None, until: To = None, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Make figures again from the audit trail: of the periods that lie wholly between, or of all that the trail has.

    A period of which entries are archived or deleted is refused, and stays as it is.
    """
    rebuilt = asyncio.run(_rebuild(data_dir, since, until))
    if as_json:
        show({"items": rebuilt})
    else:
        show_table(["period", "made", "kept"], rebuilt)


async def _list(data_dir: Path | None, period: Any, since: str | None, until: str | None, limit: int) -> list[Any]:
    from callwell.analytics.metrics import list_metrics, read_clocks
    from callwell.analytics.routes import shown

    async with _opened(data_dir) as (db, _), db.connection() as tx:
        clocks = await read_clocks(tx)
        between = {"since": _when(since, "--from", clocks), "until": _when(until, "--to", clocks)}
        return [shown(period, row, clocks) for row in await list_metrics(tx, period, **between, after=None, rows=limit)]


async def _rebuild(data_dir: Path | None, since: str | None, until: str | None) -> list[Any]:
    from callwell.analytics.metrics import AT_ONCE, count_entries, read_clocks, rebuild_metrics

    async with _opened(data_dir) as (db, key):
        while await count_entries(db, key) == AT_ONCE:  # what no server has counted yet
            pass
        async with db.connection() as tx:
            clocks = await read_clocks(tx)
        return await rebuild_metrics(db, key, _when(since, "--from", clocks), _when(until, "--to", clocks))


@contextlib.asynccontextmanager
async def _opened(data_dir: Path | None) -> AsyncIterator[tuple["Database", bytes]]:
    from callwell.settings import with_secret_key

    settings = with_secret_key(read_settings(data_dir=data_dir))
    async with opened(settings) as db:
        yield db, settings.key


def _when(given: str | None, option: str, clocks: Any) -> datetime | None:
    """The moment that is meant. A date begins where the deployment's days do."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise typer.BadParameter(f"{option}: {given} is no date and no time.") from None
    if moment.tzinfo is None and len(given) == len("2026-11-21"):
        moment = moment.replace(tzinfo=ZoneInfo(clocks.newest("daily") or "UTC"))
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{option}: {given} has no time zone.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter(f"{option}: {given} is out of all time.") from None


def _row(one: Any) -> dict[str, Any]:
    return {
        "starts_at": one.starts_at,
        "attempts": one.attempts,
        "successes": one.successes,
        "failures": one.failures,
        "calls": one.calls,
        "completed": one.completed,
        "total": f"{one.total_duration_seconds:.0f} s",
        "average": None if one.average_duration_seconds is None else f"{one.average_duration_seconds:.0f} s",
        "connecting": None if one.average_connection_ms is None else f"{one.average_connection_ms:.0f} ms",
        "people": one.unique_users,
        "errors": sum(count for codes in one.error_counts.values() for count in codes.values()),
    }
