"""Batches that are posted raw: bytes are read and decoded once, without what lies between an ordinary route and its body."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec
from litestar.datastructures import State
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from callwell import errors
from callwell.access.callers import Caller, ConnectionCaller, KeyCaller
from callwell.http import INGEST_BYTES, check_media_type, decode, read_body
from callwell.ingest.facts import Own, Result
from callwell.ingest.leases import find_opening
from callwell.postgres.pool import Database
from callwell.record.audit import NOWHERE, Origin, origin_of
from callwell.record.events import Writer

Batch = TypeVar("Batch", bound=Struct)


class Sender(Struct, frozen=True):
    """Who posted a batch, and when."""

    source: str
    writer: Writer
    received_at: datetime
    own: Own | None
    """What they may write of; None for a server, which may write of all."""
    origin: Origin = NOWHERE


async def take_batch(
    scope: Scope, receive: Receive, send: Send, kind: type[Batch], take: Callable[[State, Batch, Sender], Awaitable[Result]]
) -> None:
    """Reads a batch, and answers with what became of it.

    Raises MethodNotAllowed, UnknownFilter, UnsupportedMediaType, BodyTooLarge, NotJson, Invalid, CredentialRefused, and what ``take`` raises.
    """
    if (method := scope.get("method")) != "POST":
        raise errors.MethodNotAllowed(method=method, allowed="POST")
    if scope["query_string"]:
        raise errors.UnknownFilter(name=scope["query_string"].decode("latin-1").partition("=")[0], known="none")
    check_media_type(scope)
    batch = decode(await read_body(scope, receive, INGEST_BYTES), kind)
    state = scope["litestar_app"].state
    origin = origin_of(scope, state["settings"], state["deployed"].ip_policy)
    body = msgspec.json.encode(await take(state, batch, await _sender(state["db"], cast("Any", scope)["caller"], origin)))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _sender(db: Database, caller: Caller, origin: Origin) -> Sender:
    received_at = datetime.now(UTC)
    if isinstance(caller, ConnectionCaller):
        async with db.connection() as tx:
            opening = await find_opening(tx, caller.call_id, caller.connection_id)
        if opening is None:
            raise errors.CredentialRefused
        return Sender(caller.source, Writer.CLIENT, received_at, opening.own, origin)
    assert isinstance(caller, KeyCaller)
    return Sender(caller.source, Writer.SERVER, received_at, None, origin)
