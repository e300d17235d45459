"""The door to the live sockets."""

from typing import Any

from litestar import WebSocket, websocket

from callwell.access.guards import allow
from callwell.live.following import Live


@websocket("/v1/live", opt=allow(anyone=True))
async def open_live_socket(socket: "WebSocket[Any, Any, Any]", live: Live) -> None:
    """Calls as they happen. The first message carries the credential."""
    await live.serve(socket)


routes = [open_live_socket]
