"""Finding calls, and what else staff look for."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import get, post
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from callwell.access.callers import StaffCaller
from callwell.access.guards import allow
from callwell.calls import search, summaries
from callwell.calls.search import Found
from callwell.calls.summaries import CallSummary, Category, SummaryFilter
from callwell.http import Body, Paging
from callwell.planning.rooms import read_room_filter
from callwell.postgres.pool import Database
from callwell.record import events as e
from callwell.record.queries import CallPosition

Status = Literal["initiated", "ringing", "active", "ended", "failed"]
Identity = Annotated[str | None, QueryParameter(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$", description="`user:…` or `guest:…`")]


class Search(Body, frozen=True):
    q: Annotated[str, Meta(min_length=1, max_length=200)]
    """The beginning of an id (four digits at least), of a room's name or title or of a word of somebody's name; an identity; an id of the host's."""
    limit: Annotated[int, Meta(ge=1, le=50)] = 8
    """How many of each kind at most."""


@post("/v1/search", opt=allow(keys="calls:read", own=True), status_code=200)
async def find(data: Search, caller: StaffCaller, db: Database) -> Found:
    """Find calls, rooms, people and appointments by what is known of them. Of each kind nothing where the caller may not read it."""
    sought, only = search.read_sought(data.q), caller.only
    if not sought.text:
        return Found(calls=[], rooms=[], people=[], appointments=[])
    async with db.connection() as tx:
        return Found(
            calls=await search.find_calls(tx, sought, only=only, rows=data.limit),
            rooms=await search.find_rooms(tx, sought, rows=data.limit) if caller.may("rooms:read") and only is None else [],
            people=await search.find_people(tx, sought, only=only, rows=data.limit) if caller.may("people:read") else [],
            appointments=await search.find_appointments(tx, sought, only=only, rows=data.limit) if caller.may("appointments:read") else [],
        )


class Summaries(Struct, frozen=True):
    """A page of calls in short."""

    items: list[CallSummary]
    next_cursor: str | None
    looked_back_to: datetime | None
    """Null where the page is as long as was asked for, or all were looked at. Else it is shorter, and the next one may hold more: so far back was looked."""


@get("/v1/calls/summaries", opt=allow(keys="calls:read", own=True, look="calls"))
async def list_summaries(
    caller: StaffCaller,
    db: Database,
    paging: Paging,
    person: Identity = None,
    provider: Identity = None,
    status: Status | None = None,
    type: e.CallType | None = None,
    mode: e.CallMode | None = None,
    engine: e.Engine | None = None,
    room: str | None = None,
    appointment_id: UUID | None = None,
    conversation_id: str | None = None,
    category: Annotated[Category | None, QueryParameter(description="`unknown` is also what has no report yet.")] = None,
    min_disconnections: Annotated[int | None, QueryParameter(ge=1, le=10_000)] = None,
    has_issues: bool | None = None,
    since: Annotated[datetime | None, QueryParameter(name="from", description="Not before this time.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")] = None,
) -> Summaries:
    """Calls in short, the newest first: those to which all that is given applies.

    Filters can be put together as one likes. A page may be shorter than was asked for though there is more: go on while there is a `next_cursor`.
    """
    wanted = SummaryFilter(
        person=person,
        provider=provider,
        only=caller.only,
        status=status,
        type=type,
        mode=mode,
        engine=engine,
        room_id=read_room_filter(room),
        appointment_id=appointment_id,
        conversation_id=conversation_id,
        category=category,
        min_disconnections=min_disconnections,
        has_issues=has_issues,
        since=since,
        until=until,
    )
    at = datetime.now(UTC)
    async with db.connection() as tx:
        found = await summaries.list_summaries(tx, wanted, after=paging.after(CallPosition), rows=paging.rows)
    page = paging.page(found.rows, summaries.position_of, lambda row: summaries.in_short(row, at))
    if found.looked_to is None:
        return Summaries(list(page.items), page.next_cursor, None)
    return Summaries(list(page.items), paging.cursor_after(found.looked_to), found.looked_to.at)


routes = [find, list_summaries]
