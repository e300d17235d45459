"""Quality over HTTP: samples, taken in and given to whoever wants the numbers themselves, and the report of a call."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import asgi, get
from litestar.datastructures import State
from litestar.params import QueryParameter
from litestar.types import Receive, Scope, Send

from callwell import errors
from callwell.access.guards import allow
from callwell.http import Page, Paging
from callwell.ingest.facts import Result
from callwell.ingest.raw import Sender, take_batch
from callwell.postgres.pool import Database, Tx, fetch_value
from callwell.quality import queries
from callwell.quality.actions import Samples
from callwell.quality.batches import Batch
from callwell.quality.making import Report, read_report
from callwell.quality.profiles import Profiles
from callwell.quality.queries import SampleFilter, SamplePosition
from callwell.quality.samples import Direction, Kind, Sample
from callwell.quality.series import Series, read_series


@asgi("/v1/samples", opt=allow(keys="events:write", connections=True, put_out=True), copy_scope=False)
async def take_samples(scope: Scope, receive: Receive, send: Send) -> None:
    """Samples of quality, at most 500, each with its outcome. A raw route, as that of facts is.

    Who was put out may still tell of what began before.
    """
    await take_batch(scope, receive, send, Batch, _take)


async def _take(state: State, batch: Batch, sender: Sender) -> Result:
    samples: Samples = state["samples"]
    return await samples.take(sender.source, sender.writer, batch.samples, sender.received_at, sender.own)


class KeptSample(Sample, frozen=True, kw_only=True, omit_defaults=False):
    """A sample with its score, all members told: null is unknown."""


@get("/v1/calls/{call_id:uuid}/samples", opt=allow(keys="calls:read", own=True, look="call"))
async def list_samples(
    call_id: UUID,
    db: Database,
    paging: Paging,
    participant: Annotated[str | None, QueryParameter(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$", description="`user:…` or `guest:…`")] = None,
    connection: Annotated[UUID | None, QueryParameter(description="Our id of the connection.")] = None,
    direction: Direction | None = None,
    kind: Kind | None = None,
    since: Annotated[datetime | None, QueryParameter(name="from", description="Begun not before this time.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="Begun before this time.")] = None,
) -> Page[KeptSample]:
    """A call's samples as they are kept: by connection, each in order of time, those to which all that is given applies."""
    who, _, id = (participant or "").partition(":")
    wanted = SampleFilter(
        user_id=id if who == "user" else None,
        guest_id=id if who == "guest" else None,
        connection_id=connection,
        direction=direction,
        kind=kind,
        since=since,
        until=until,
    )
    async with db.connection() as tx:
        found = await queries.list_samples_of_call(tx, call_id, wanted, after=paging.after(SamplePosition), rows=paging.rows)
        if not found:
            await _check_call(tx, call_id)
    return paging.page(found, lambda sample: SamplePosition(sample.connection_id, sample.started_at, sample.id), _kept)


@get("/v1/calls/{call_id:uuid}/series", opt=allow(keys="calls:read", own=True, look="call"))
async def get_series(
    call_id: UUID,
    db: Database,
    points: Annotated[int, QueryParameter(ge=10, le=1000, description="In how many steps at most.")] = 300,
) -> Series:
    """How everybody fared in the course of a call: means over equal steps of time, for charts."""
    async with db.connection() as tx:
        return await read_series(tx, call_id, points, datetime.now(UTC))


@get("/v1/calls/{call_id:uuid}/report", opt=allow(keys="calls:read", own=True, look="call"))
async def get_report(call_id: UUID, db: Database, profiles: Profiles) -> Report:
    """How good a call was, for everybody and why, with its problems and its story. Of one that goes on, how good it is so far.

    It is made when the call has ended, made again when more becomes known, and final with the record.
    """
    return await read_report(db, profiles, call_id, datetime.now(UTC))


async def _check_call(tx: Tx, call_id: UUID) -> None:
    """Raises NotFound."""
    if not await fetch_value(tx, "SELECT true FROM calls WHERE id = %s", [call_id]):
        raise errors.NotFound(what="call", id=call_id)


def _kept(sample: Sample) -> KeptSample:
    return KeptSample(**msgspec.structs.asdict(sample))


routes = [take_samples, list_samples, get_series, get_report]
