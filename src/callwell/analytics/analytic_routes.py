"""Analytics over HTTP: as JSON for pages, as CSV for spreadsheets and as Parquet for programs.

A provider who signed in sees what is theirs: figures are filtered to them, and lists have no one else's.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import get
from litestar.di import Provide
from litestar.params import QueryParameter
from msgspec import Struct

from callwell import errors
from callwell.access.callers import AccountCaller, Caller
from callwell.access.guards import allow
from callwell.analytics import billed, compared, figures, troubled
from callwell.analytics.asking import Dimension, Filter, Within, only_one, read_wishes, read_zone, within
from callwell.analytics.billed import Billing, BillingPosition
from callwell.analytics.billing import BillingRow, billing_row, schedule_of
from callwell.analytics.compared import ComparedPosition, Order, People, PersonSide, PersonSort, Provider, Providers, ProviderSort
from callwell.analytics.figures import Durations, Heatmap, HeatOf, Joins, Quality, QualityBy, Volume, Wanted
from callwell.analytics.files import ALSO_AS, AsForm, Form, file, form_of, pages
from callwell.analytics.overview import Overview, overview_rows, read_overview
from callwell.analytics.reading import ValuePosition
from callwell.analytics.spans import Interval
from callwell.analytics.troubled import ProblemCall, ProblemCalls, ProblemPosition, Why
from callwell.http import Paging, Request, Response
from callwell.planning.bookings import Status
from callwell.postgres.pool import Database

OWN = allow(keys="metrics:read", own=True) | ALSO_AS
EVERYBODYS = allow(keys="metrics:read") | ALSO_AS

WHEN = "A date (2026-11-21), which begins as the deployment's days do, or a time with its zone."

Since = Annotated[str | None, QueryParameter(name="from", max_length=50, description=f"From then on. {WHEN} Else the last thirty days.")]
Until = Annotated[str | None, QueryParameter(name="to", max_length=50, description=f"Before then. {WHEN} Else until now.")]
By = Annotated[Dimension | None, QueryParameter(description="By which dimension it is divided.")]
Value = Annotated[str | None, QueryParameter(min_length=1, max_length=200, description="Of this value alone. One dimension at a time.")]
Every = Annotated[Interval | None, QueryParameter(name="interval", description="How far the points of a series are apart.")]
ProviderQuery = Annotated[str | None, QueryParameter(min_length=1, max_length=200, description="Of this provider alone: `user:…`.")]

Row = TypeVar("Row", bound=Struct)


# ── What is asked ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Asked(Struct, frozen=True):
    """The time that is asked about, and as what the answer is to come."""

    within: Within
    at: datetime
    form: Form


async def provide_asked(request: Request, db: Database, since: Since = None, until: Until = None, form: AsForm = None) -> Asked:
    """Raises Invalid."""
    at = datetime.now(UTC)
    async with db.connection() as tx:
        zone = await read_zone(tx)
    return Asked(within(since, until, zone, at), at, form_of(request, form))


def provide_only(
    caller: Caller,
    engine: Value = None,
    mode: Value = None,
    kind: Value = None,
    provider: Value = None,
    room: Value = None,
    tag: Value = None,
    browser: Value = None,
    os: Value = None,
    device: Value = None,
    network: Value = None,
    country: Value = None,
) -> Filter | None:
    """Raises OneDimension, NotFound."""
    given = only_one(
        {
            "engine": engine,
            "mode": mode,
            "kind": kind,
            "provider": provider,
            "room": room,
            "tag": tag,
            "browser": browser,
            "os": os,
            "device": device,
            "network": network,
            "country": country,
        }
    )
    own = own_of(caller)
    if own is None:
        return given
    if given is not None and given.dimension != "provider":
        raise errors.OneDimension(by=given.dimension, filter="provider", fields={given.dimension: "You see your own calls alone."})
    return Filter("provider", provider_of(caller, given and given.value) or own)


def own_of(caller: Caller) -> str | None:
    """Whose figures alone the caller sees; None where they see everybody's."""
    return caller.only if isinstance(caller, AccountCaller) else None


def provider_of(caller: Caller, asked: str | None) -> str | None:
    """The provider that is asked for; who sees their own alone need not say so. Raises NotFound for another's."""
    own = own_of(caller)
    if own is not None and asked not in (None, own):
        raise errors.NotFound(what="provider", id=asked)
    return own or asked


ASKED = {"asked": Provide(provide_asked)}
FILTERED = {**ASKED, "only": Provide(provide_only, sync_to_thread=False)}


# ── How it is answered ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _file(asked: Asked, name: str, row: type[Struct], rows: Sequence[Struct] | AsyncIterator[Sequence[Struct]]) -> Any:
    since, until = (moment.astimezone(asked.within.zone).date() for moment in (asked.within.since, asked.within.until))
    return await file(f"{name}-{since}-{until}", asked.form, row, rows)


def _told(answer: Row) -> Response[Row]:
    return Response(answer, headers={"Vary": "Accept"})


def _paged(answer: Row, paging: Paging, rows: Sequence[Any], position: Callable[[Any], Struct], view: Callable[[Any], Any]) -> Response[Row]:
    page = paging.page(rows, position, view)
    return _told(msgspec.structs.replace(answer, items=page.items, next_cursor=page.next_cursor))


def _itself(row: Row) -> Row:
    return row


# ── Figures ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@get("/v1/analytics/overview", opt=OWN)
async def get_overview(request: Request, db: Database, caller: Caller, form: AsForm = None) -> Response[Overview]:
    """Today so far beside what is usual by this time of this weekday; what goes on, and critical problems that are not over."""
    at, own = datetime.now(UTC), own_of(caller)
    async with db.connection() as tx:
        zone = await read_zone(tx)
        told = await read_overview(tx, zone, at, Filter("provider", own) if own else None)
    asked = Asked(Within(told.day_began_at, at, zone), at, form_of(request, form))
    return _told(told) if asked.form == "json" else await _file(asked, "overview", *overview_rows(told))


@get("/v1/analytics/volume", opt=OWN, dependencies=FILTERED)
async def get_volume(asked: Asked, only: Filter | None, db: Database, interval: Every = None, by: By = None) -> Response[Volume]:
    """How many calls there were and what became of them: by day, if nothing else is asked for; by a dimension, a series for each of its ten greatest values."""
    async with db.connection() as tx:
        told = await figures.read_volume(tx, asked.within, interval=interval or "day", by=by, only=only)
    return _told(told) if asked.form == "json" else await _file(asked, "volume", figures.VolumeRow, figures.volume_rows(told))


@get("/v1/analytics/joins", opt=OWN, dependencies=FILTERED)
async def get_joins(asked: Asked, only: Filter | None, db: Database, paging: Paging, interval: Every = None, by: By = None) -> Response[Joins]:
    """How many connections came about and held, and how long that took: over time, or by a dimension."""
    wanted = Wanted(interval=interval, by=by, only=only)
    return await _tabled(asked, db, paging, wanted, "joins", figures.read_joins, figures.JoinRow, "joins")


@get("/v1/analytics/durations", opt=OWN, dependencies=FILTERED)
async def get_durations(
    asked: Asked, only: Filter | None, db: Database, paging: Paging, interval: Every = None, by: By = None
) -> Response[Durations]:
    """How long calls were, people were there, and both sides were there together: over time, or by a dimension."""
    wanted = Wanted(interval=interval, by=by, only=only)
    return await _tabled(asked, db, paging, wanted, "durations", figures.read_durations, figures.DurationRow, "calls")


QualityDivided = Annotated[QualityBy | None, QueryParameter(name="by", description="By hour of the day, by weekday, or by a dimension.")]


@get("/v1/analytics/quality", opt=OWN, dependencies=FILTERED)
async def get_quality(
    asked: Asked, only: Filter | None, db: Database, paging: Paging, interval: Every = None, divided: QualityDivided = None
) -> Response[Quality]:
    """How good minutes of people were: over time, by hour of the day, by weekday, or by a dimension."""
    wanted = Wanted(interval=interval, by=divided, only=only)
    return await _tabled(asked, db, paging, wanted, "quality", figures.read_quality, figures.QualityRow, "minutes")


async def _tabled(
    asked: Asked,
    db: Database,
    paging: Paging,
    wanted: Wanted,
    name: str,
    read: Callable[..., Awaitable[Any]],
    row: type[Struct],
    weight: str,
) -> Response[Any]:
    """Points of a series come all at once, and values of a dimension in pages, those first that have most of the weight."""

    def position(one: Any) -> ValuePosition:
        return ValuePosition(getattr(one, weight), one.value)

    async def rows_after(after: ValuePosition | None, rows: int) -> Any:
        async with db.connection() as tx:
            return await read(tx, asked.within, msgspec.structs.replace(wanted, after=after, rows=rows))

    is_paged = wanted.by is not None and wanted.by not in figures.BY_CLOCK
    if asked.form == "json":
        told = await rows_after(paging.after(ValuePosition) if is_paged else None, paging.rows)
        return _paged(told, paging, told.items, position, _itself) if is_paged else _told(told)

    async def items_after(after: ValuePosition | None, rows: int) -> Any:
        return (await rows_after(after, rows)).items

    return await _file(asked, name, row, pages(items_after, position) if is_paged else await items_after(None, wanted.rows))


@get("/v1/analytics/heatmap", opt=OWN, dependencies=FILTERED)
async def get_heatmap(
    asked: Asked,
    only: Filter | None,
    db: Database,
    of: Annotated[HeatOf, QueryParameter(description="What of it: how many calls, poor or failed ones, or joins; or the mean score.")] = "calls",
) -> Response[Heatmap]:
    """The week by hours, by the deployment's clocks: when there is most of it."""
    async with db.connection() as tx:
        told = await figures.read_heatmap(tx, asked.within, asked.at, of=of, only=only)
    return _told(told) if asked.form == "json" else await _file(asked, f"heatmap-{of}", figures.HeatCell, told.cells)


# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

Ordered = Annotated[Order, QueryParameter(description="Whether who has most of it comes first, or least.")]


@get("/v1/analytics/providers", opt=OWN, dependencies=ASKED)
async def list_providers(
    asked: Asked,
    db: Database,
    caller: Caller,
    paging: Paging,
    sort: Annotated[ProviderSort, QueryParameter(description="By what.")] = "sessions",
    order: Ordered = "most",
    provider: ProviderQuery = None,
) -> Response[Providers]:
    """Providers beside each other. Those with fewer sessions than `analytics_smallest_group` are named without figures."""
    only, during = provider_of(caller, provider), asked.within.in_whole("day")
    async with db.connection() as tx:
        smallest = (await read_wishes(tx)).analytics_smallest_group

    async def read(after: ComparedPosition | None, rows: int) -> list[compared.RankedProvider]:
        async with db.connection() as tx:
            return await compared.read_providers(tx, during, smallest=smallest, sort=sort, order=order, only=only, after=after, rows=rows)

    if asked.form != "json":
        return await _file(asked, "providers", Provider, pages(read, _place))
    told = Providers(since=during.since, until=during.until, time_zone=during.zone.key, sort=sort, order=order, smallest_group=smallest, items=[])
    return _paged(told, paging, await read(paging.after(ComparedPosition), paging.rows), _place, compared.without_place)


def _place(one: Any) -> ComparedPosition:
    return ComparedPosition(one.place, one.identity)


@get("/v1/analytics/people", opt=EVERYBODYS, dependencies=ASKED)
async def list_engagement(
    asked: Asked,
    db: Database,
    paging: Paging,
    side: Annotated[PersonSide | None, QueryParameter(description="On which side; else all that are no providers.")] = None,
    sort: Annotated[PersonSort, QueryParameter(description="By what.")] = "sessions",
    order: Ordered = "most",
) -> Response[People]:
    """Who took part and how much, and how many they were. Those with fewer sessions than `analytics_smallest_group` are named without figures."""
    during = asked.within.in_whole("day")
    async with db.connection() as tx:
        smallest = (await read_wishes(tx)).analytics_smallest_group

    async def read(after: ComparedPosition | None, rows: int) -> tuple[compared.Engagement, list[compared.RankedPerson]]:
        async with db.connection() as tx:
            return await compared.read_people(tx, during, smallest=smallest, side=side, sort=sort, order=order, after=after, rows=rows)

    if asked.form != "json":

        async def ranked(after: ComparedPosition | None, rows: int) -> list[compared.RankedPerson]:
            return (await read(after, rows))[1]

        return await _file(asked, "people", compared.EngagedPerson, pages(ranked, _place))
    totals, people = await read(paging.after(ComparedPosition), paging.rows)
    told = People(
        since=during.since,
        until=during.until,
        time_zone=during.zone.key,
        side=side,
        sort=sort,
        order=order,
        smallest_group=smallest,
        totals=totals,
        items=[],
    )
    return _paged(told, paging, people, _place, compared.without_place)


# ── Lists of calls and appointments ───────────────────────────────────────────────────────────────────────────────────────────────


@get("/v1/analytics/problem-calls", opt=OWN, dependencies=ASKED)
async def list_problem_calls(
    asked: Asked,
    db: Database,
    caller: Caller,
    paging: Paging,
    more_than: Annotated[int, QueryParameter(ge=0, le=10_000, description="How many disconnections a call may have.")] = troubled.MORE_THAN,
    why: Annotated[Why | None, QueryParameter(description="Only those that are among them for this.")] = None,
    provider: ProviderQuery = None,
) -> Response[ProblemCalls]:
    """Calls with many disconnections, of poor quality, that failed or had critical problems; those with most disconnections first."""
    only = provider_of(caller, provider)

    async def read(after: ProblemPosition | None, rows: int) -> list[ProblemCall]:
        async with db.connection() as tx:
            return await troubled.list_problem_calls(tx, asked.within, more_than=more_than, why=why, only=only, after=after, rows=rows)

    if asked.form != "json":
        return await _file(asked, "problem-calls", ProblemCall, pages(read, troubled.position_of))
    during = asked.within
    told = ProblemCalls(since=during.since, until=during.until, time_zone=during.zone.key, more_than=more_than, items=[])
    return _paged(told, paging, await read(paging.after(ProblemPosition), paging.rows), troubled.position_of, _itself)


@get("/v1/analytics/billing", opt=OWN, dependencies=ASKED)
async def list_billing(
    asked: Asked,
    db: Database,
    caller: Caller,
    paging: Paging,
    status: Annotated[Status | None, QueryParameter(description="Only appointments of which this became. Totals are of all.")] = None,
    provider: ProviderQuery = None,
    flagged: Annotated[
        bool,
        QueryParameter(description="Only appointments that somebody should look at. A page may have fewer than `limit` of them and yet a next one."),
    ] = False,
) -> Response[Billing]:
    """Appointments by when they were planned: how long everything was, which minutes count, under which code, and what somebody should look at."""
    only, during = provider_of(caller, provider), asked.within
    async with db.connection() as tx:
        wishes = await read_wishes(tx)
    schedule = schedule_of(wishes)

    async def read(after: BillingPosition | None, rows: int) -> list[BillingRow]:
        async with db.connection() as tx:
            found = await billed.list_billed(tx, during, status=status, only=only, after=after, rows=rows)
        return [billing_row(one, schedule) for one in found]

    if asked.form != "json":
        every = pages(read, billed.position_of)
        return await _file(asked, "billing", BillingRow, _with_flags(every) if flagged else every)
    async with db.connection() as tx:
        totals = await billed.read_totals(tx, during, only)
    told = Billing(
        since=during.since,
        until=during.until,
        time_zone=during.zone.key,
        billing_minutes=schedule.counted,
        billing_rounding=schedule.rounding,
        billing_units=list(schedule.bands),
        totals=totals,
        items=[],
    )
    after = paging.after(BillingPosition)
    if not flagged:
        return _paged(told, paging, await read(after, paging.rows), billed.position_of, _itself)
    found, rest = await billed.sift(read, after, paging.rows)
    page = paging.page(found, billed.position_of)
    next_cursor = page.next_cursor or (paging.cursor_after(rest) if rest else None)
    return _told(msgspec.structs.replace(told, items=page.items, next_cursor=next_cursor))


async def _with_flags(batches: AsyncIterator[Sequence[BillingRow]]) -> AsyncIterator[Sequence[BillingRow]]:
    async for rows in batches:
        yield [row for row in rows if row.flags]


routes = [
    get_overview,
    get_volume,
    get_joins,
    get_durations,
    get_quality,
    get_heatmap,
    list_providers,
    list_engagement,
    list_problem_calls,
    list_billing,
]
