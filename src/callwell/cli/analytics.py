"""``callwell analytics``: what the console shows, in a terminal, as CSV or as JSON; where the server's data is. The server may run meanwhile."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from callwell.cli.database import opened
from callwell.cli.shown import AsJson, DataDir, show, show_table
from callwell.settings import read_settings

if TYPE_CHECKING:
    from callwell.postgres.pool import Tx

NAMES = ("overview", "volume", "joins", "durations", "heatmap", "quality", "providers", "people", "problem-calls", "billing")

WHEN = "A date, which begins as the deployment's days do, or a time with its zone (2026-11-21T09:00:00Z)."

COLUMNS: dict[str, Sequence[str]] = {
    "volume": ("starts_at", "value", "calls", "started", "failed", "unanswered", "participants", "mean_duration_seconds"),
    "joins": ("starts_at", "value", "joins", "connected", "failed", "success_rate", "drop_rate", "setup_ms_p50", "setup_ms_p95"),
    "durations": ("starts_at", "value", "calls", "elapsed_seconds_mean", "elapsed_seconds_p50", "elapsed_seconds_p95", "overlap_minutes"),
    "quality": ("starts_at", "value", "minutes", "score_mean", "poor_share", "issues", "rtt_ms_p95", "packet_loss_pct_p95", "bitrate_kbps_p50"),
    "providers": ("identity", "name", "sessions", "average_minutes", "speaking_share", "disconnections", "no_shows", "late_share", "rating", "score"),
    "people": ("identity", "name", "sessions", "attended_minutes", "messages", "ratings", "no_shows", "last_day"),
    "problem-calls": ("call_id", "began_at", "status", "provider_name", "disconnections", "issues", "score", "why"),
    "billing": ("scheduled_at", "provider_name", "client_name", "status", "counted_minutes", "code_suggested", "code_booked", "flags"),
}
"""Columns on a screen; CSV has all of them."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, as the API's parameters of the same names say it."""

    since: str | None
    until: str | None
    by: Any
    interval: Any
    only: str | None
    of: Any
    sort: Any
    order: Any
    more_than: int
    most: int | None
    """How many rows of a list; None: all."""


def show_analytics(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(NAMES)}.")],
    since: Annotated[str | None, typer.Option("--from", metavar="WHEN", help=f"From then on; else the last thirty days. {WHEN}")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="WHEN", help=f"Before then; else until now. {WHEN}")] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="By which dimension it is divided, such as browser; quality also by hour_of_day or weekday.")
    ] = None,
    interval: Annotated[str | None, typer.Option("--interval", help="How far points are apart: hour, day, week or month.")] = None,
    only: Annotated[str | None, typer.Option("--only", metavar="DIMENSION=VALUE", help="Of one value alone, such as provider=user:7.")] = None,
    of: Annotated[str, typer.Option("--of", help="Of what the heat map is: calls, poor, failed, joins or score.")] = "calls",
    sort: Annotated[str | None, typer.Option("--sort", help="By what providers and people are sorted; else by sessions.")] = None,
    order: Annotated[str, typer.Option("--order", help="Who comes first: most or least.")] = "most",
    more_than: Annotated[int, typer.Option("--more-than", min=0, help="How many disconnections a call may have without being a problem.")] = 3,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many rows of a list; CSV has all of them.")] = 50,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, with all columns.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show what calls come to: over time, by what they were held with, of providers and people, and for billing."""
    if name not in NAMES:
        raise typer.BadParameter(f"there is no {name}; there are: {', '.join(NAMES)}.")
    most = None if as_csv else limit
    options = Options(since=since, until=until, by=by, interval=interval, only=only, of=of, sort=sort, order=order, more_than=more_than, most=most)
    told, row, rows = asyncio.run(_read(data_dir, name, options))
    if as_json:
        show(told)
    elif as_csv:
        asyncio.run(_write(row, rows))
    else:
        _show_rows(name, row, rows)


def _show_rows(name: str, row: Any, rows: Sequence[Any]) -> None:
    from callwell.sheets import columns_of, value_of

    columns = {column.name: column for column in columns_of(row)}
    shown = COLUMNS.get(name) or list(columns)
    show_table(shown, [{column: value_of(one, columns[column]) for column in shown} for one in rows])


async def _write(row: Any, rows: Sequence[Any]) -> None:
    from callwell.sheets import as_csv

    async def all_at_once() -> AsyncIterator[Sequence[Any]]:
        yield rows

    async for written in as_csv(row, all_at_once()):
        sys.stdout.buffer.write(written)
    sys.stdout.flush()


Told = tuple[Any, Any, Sequence[Any]]
"""The answer as JSON has it, of what kind its rows are, and its rows."""


async def _read(data_dir: Path | None, name: str, options: Options) -> Told:
    from callwell.analytics import asking

    at = datetime.now(UTC)
    async with opened(read_settings(data_dir=data_dir)) as db, db.connection() as tx:
        zone = await asking.read_zone(tx)
        during = asking.within(options.since, options.until, zone, at)
        if name == "overview":
            return await _overview(tx, zone, at, options)
        if name in ("volume", "heatmap"):
            return await _chart(tx, name, during, at, options)
        return await (_figures if name in ("joins", "durations", "quality") else _list)(tx, name, during, options)


async def _overview(tx: "Tx", zone: Any, at: datetime, options: Options) -> Told:
    from callwell.analytics.overview import overview_rows, read_overview

    told = await read_overview(tx, zone, at, _only(options))
    return told, *overview_rows(told)


async def _chart(tx: "Tx", name: str, during: Any, at: datetime, options: Options) -> Told:
    from callwell.analytics import figures
    from callwell.analytics.asking import Dimension

    if name == "heatmap":
        week = await figures.read_heatmap(tx, during, at, of=_one_of(figures.HeatOf, "--of", options.of), only=_only(options))
        return week, figures.HeatCell, week.cells
    interval, by = _interval(options), _one_of(Dimension | None, "--by", options.by)
    told = await figures.read_volume(tx, during, interval=interval or "day", by=by, only=_only(options))
    return told, figures.VolumeRow, figures.volume_rows(told)


async def _figures(tx: "Tx", name: str, during: Any, options: Options) -> Told:
    from callwell.analytics import figures
    from callwell.analytics.asking import Dimension

    kinds: dict[str, tuple[Callable[..., Any], Any, Any]] = {
        "joins": (figures.read_joins, figures.JoinRow, Dimension),
        "durations": (figures.read_durations, figures.DurationRow, Dimension),
        "quality": (figures.read_quality, figures.QualityRow, figures.QualityBy),
    }
    read, row, dimension = kinds[name]
    wanted = figures.Wanted(interval=_interval(options), by=_one_of(dimension | None, "--by", options.by), only=_only(options))
    told = await read(tx, during, wanted if options.most is None else msgspec.structs.replace(wanted, rows=options.most))
    return told, row, told.items


async def _list(tx: "Tx", name: str, during: Any, options: Options) -> Told:
    from callwell.analytics import billed, compared, troubled
    from callwell.analytics.asking import read_wishes
    from callwell.analytics.billing import BillingRow, billing_row, schedule_of

    wishes, rows = await read_wishes(tx), options.most or 1_000_000
    only = _provider(options)
    if name == "problem-calls":
        calls = await troubled.list_problem_calls(tx, during, more_than=options.more_than, only=only, after=None, rows=rows)
        return {"items": calls}, troubled.ProblemCall, calls
    if name == "billing":
        schedule = schedule_of(wishes)
        appointments = [billing_row(one, schedule) for one in await billed.list_billed(tx, during, only=only, after=None, rows=rows)]
        return {"totals": await billed.read_totals(tx, during, only), "items": appointments}, BillingRow, appointments
    days, order = during.in_whole("day"), _one_of(compared.Order, "--order", options.order)
    smallest = wishes.analytics_smallest_group
    if name == "providers":
        sort = _one_of(compared.ProviderSort, "--sort", options.sort or "sessions")
        found = await compared.read_providers(tx, days, smallest=smallest, sort=sort, order=order, only=only, rows=rows)
        providers = [compared.without_place(one) for one in found]
        return {"items": providers}, compared.Provider, providers
    if only is not None:
        raise typer.BadParameter("--only: people are told of all providers together.")
    sort = _one_of(compared.PersonSort, "--sort", options.sort or "sessions")
    totals, ranked = await compared.read_people(tx, days, smallest=smallest, sort=sort, order=order, rows=rows)
    people = [compared.without_place(one) for one in ranked]
    return {"totals": totals, "items": people}, compared.EngagedPerson, people


def _interval(options: Options) -> Any:
    from callwell.analytics.spans import Interval

    return _one_of(Interval | None, "--interval", options.interval)


def _one_of(kind: Any, option: str, given: Any) -> Any:
    """What was given, where it is one of those that there are."""
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError:
        raise typer.BadParameter(f"{option}: there is no {given} here.") from None


def _only(options: Options) -> Any:
    from callwell.analytics.asking import DIMENSIONS, Filter

    if options.only is None:
        return None
    dimension, sign, value = options.only.partition("=")
    if not sign or dimension not in DIMENSIONS:
        raise typer.BadParameter(f"--only: {options.only} is no DIMENSION=VALUE; dimensions are {', '.join(DIMENSIONS)}.")
    return Filter(dimension, value)


def _provider(options: Options) -> str | None:
    """Lists of people, calls and appointments are of one provider, or of all."""
    only = _only(options)
    if only is not None and only.dimension != "provider":
        raise typer.BadParameter("--only: here it can be provider=IDENTITY.")
    return only and only.value
