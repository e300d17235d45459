"""Facts over HTTP, and the door to the pages' sockets."""

from typing import Any

from litestar import WebSocket, asgi, websocket
from litestar.datastructures import State
from litestar.types import Receive, Scope, Send

from callwell.access.guards import allow
from callwell.ingest.facts import Batch, Result, read_facts, result_of
from callwell.ingest.raw import Sender, take_batch
from callwell.ingest.sockets import Sockets
from callwell.record.events import NewEvent
from callwell.record.ledger import Ledger


@asgi("/v1/events", opt=allow(keys="events:write", connections=True, put_out=True, waiting=True), copy_scope=False)
async def take_events(scope: Scope, receive: Receive, send: Send) -> None:
    """Facts, at most 500, each with its outcome. A raw route: it reads bytes and decodes them once.

    Who was put out may still tell of what happened before; who waits to be let in can say that they leave.
    """
    await take_batch(scope, receive, send, Batch, _take)


async def _take(state: State, batch: Batch, sender: Sender) -> Result:
    ledger: Ledger = state["ledger"]
    read = read_facts(batch.events, sender.received_at, sender.own)
    facts = [fact for fact in read if isinstance(fact, NewEvent)]
    return result_of(read, await ledger.append(sender.source, sender.writer, facts, received_at=sender.received_at, origin=sender.origin))


@websocket("/v1/socket", opt=allow(anyone=True))
async def open_socket(socket: "WebSocket[Any, Any, Any]", sockets: Sockets) -> None:
    """A page's socket. Its first message carries the token."""
    await sockets.serve(socket)


routes = [take_events, open_socket]
