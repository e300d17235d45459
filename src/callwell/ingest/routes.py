"""Facts over HTTP, and the door to the pages' sockets."""

from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from litestar import WebSocket, asgi, websocket
from litestar.types import Receive, Scope, Send

from callwell import errors
from callwell.access.callers import Caller, ConnectionCaller, KeyCaller
from callwell.access.guards import allow
from callwell.http import INGEST_BYTES, check_media_type, decode, read_body
from callwell.ingest.facts import Batch, Own, Result, read_facts, result_of
from callwell.ingest.leases import find_opening
from callwell.ingest.sockets import Sockets
from callwell.postgres.pool import Database
from callwell.record.events import NewEvent, Writer
from callwell.record.ledger import Ledger


@asgi("/v1/events", opt=allow(keys="events:write", connections=True, put_out=True, waiting=True), copy_scope=False)
async def take_events(scope: Scope, receive: Receive, send: Send) -> None:
    """Facts, at most 500, each with its outcome. A raw route: it reads bytes and decodes them once.

    Who was put out may still tell of what happened before; who waits to be let in can say that they leave.
    """
    if (method := scope.get("method")) != "POST":
        raise errors.MethodNotAllowed(method=method, allowed="POST")
    if scope["query_string"]:
        raise errors.UnknownFilter(name=scope["query_string"].decode("latin-1").partition("=")[0], known="none")
    check_media_type(scope)
    batch = decode(await read_body(scope, receive, INGEST_BYTES), Batch)
    state = scope["litestar_app"].state
    answer = await _take(state["db"], state["ledger"], cast("Any", scope)["caller"], batch)
    body = msgspec.json.encode(answer)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _take(db: Database, ledger: Ledger, caller: Caller, batch: Batch) -> Result:
    received_at = datetime.now(UTC)
    own, writer = None, Writer.SERVER
    if isinstance(caller, ConnectionCaller):
        own, writer = await _own(db, caller), Writer.CLIENT
    else:
        assert isinstance(caller, KeyCaller)
    read = read_facts(batch.events, received_at, own)
    facts = [fact for fact in read if isinstance(fact, NewEvent)]
    return result_of(read, await ledger.append(caller.source, writer, facts, received_at=received_at))


async def _own(db: Database, caller: ConnectionCaller) -> Own:
    async with db.connection() as tx:
        opening = await find_opening(tx, caller.call_id, caller.connection_id)
    if opening is None:
        raise errors.CredentialRefused
    return opening.own


@websocket("/v1/socket", opt=allow(anyone=True))
async def open_socket(socket: "WebSocket[Any, Any, Any]", sockets: Sockets) -> None:
    """A page's socket. Its first message carries the token."""
    await sockets.serve(socket)


routes = [take_events, open_socket]
