"""Quality over HTTP: samples, taken in and given to whoever wants the numbers themselves, and the report of a call."""

from datetime import UTC, datetime
from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import asgi, get
from litestar.params import QueryParameter
from litestar.types import Receive, Scope, Send

from callwell import errors
from callwell.access.callers import Caller, ConnectionCaller
from callwell.access.guards import allow
from callwell.http import INGEST_BYTES, Page, Paging, check_media_type, decode, read_body
from callwell.ingest.facts import Own, Result
from callwell.ingest.leases import find_opening
from callwell.postgres.pool import Database, Tx, fetch_value
from callwell.quality import queries
from callwell.quality.actions import Samples
from callwell.quality.batches import Batch
from callwell.quality.making import Report, read_report
from callwell.quality.profiles import Profiles
from callwell.quality.queries import SampleFilter, SamplePosition
from callwell.quality.samples import Direction, Kind, Sample
from callwell.record.events import Writer


@asgi("/v1/samples", opt=allow(keys="events:write", connections=True, put_out=True), copy_scope=False)
async def take_samples(scope: Scope, receive: Receive, send: Send) -> None:
    """Samples of quality, at most 500, each with its outcome. A raw route, as that of facts is.

    Who was put out may still tell of what began before.
    """
    if (method := scope.get("method")) != "POST":
        raise errors.MethodNotAllowed(method=method, allowed="POST")
    if scope["query_string"]:
        raise errors.UnknownFilter(name=scope["query_string"].decode("latin-1").partition("=")[0], known="none")
    check_media_type(scope)
    batch = decode(await read_body(scope, receive, INGEST_BYTES), Batch)
    state = scope["litestar_app"].state
    body = msgspec.json.encode(await _take(state["db"], state["samples"], cast("Any", scope)["caller"], batch))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _take(db: Database, samples: Samples, caller: Caller, batch: Batch) -> Result:
    received_at = datetime.now(UTC)
    if isinstance(caller, ConnectionCaller):
        return await samples.take(caller.source, Writer.CLIENT, batch.samples, received_at, await _own(db, caller))
    return await samples.take(caller.source, Writer.SERVER, batch.samples, received_at, None)


async def _own(db: Database, caller: ConnectionCaller) -> Own:
    async with db.connection() as tx:
        opening = await find_opening(tx, caller.call_id, caller.connection_id)
    if opening is None:
        raise errors.CredentialRefused
    return opening.own


class KeptSample(Sample, frozen=True, kw_only=True, omit_defaults=False):
    """A sample with its score, all members told: null is unknown."""


@get("/v1/calls/{call_id:uuid}/samples", opt=allow(keys="calls:read"))
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
        since=_in_utc(since),
        until=_in_utc(until),
    )
    async with db.connection() as tx:
        found = await queries.list_samples_of_call(tx, call_id, wanted, after=paging.after(SamplePosition), rows=paging.rows)
        if not found:
            await _check_call(tx, call_id)
    return paging.page(found, lambda sample: SamplePosition(sample.connection_id, sample.started_at, sample.id), _kept)


@get("/v1/calls/{call_id:uuid}/report", opt=allow(keys="calls:read"))
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


def _in_utc(at: datetime | None) -> datetime | None:
    """A time that does not say where it is meant is UTC, as all our times are."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


routes = [take_samples, list_samples, get_report]
