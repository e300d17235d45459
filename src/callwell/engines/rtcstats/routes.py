"""The door to rtcstats clients."""

from typing import Any

from litestar import WebSocket, websocket

from callwell.access.guards import allow
from callwell.engines.rtcstats.sockets import Rtcstats


@websocket("/engines/rtcstats", opt=allow(anyone=True))
async def open_rtcstats(socket: "WebSocket[Any, Any, Any]", rtcstats: Rtcstats) -> None:
    """A client that names no meeting. What it must show is a setting (`rtcstats_access`)."""
    await rtcstats.serve(socket, "")


@websocket("/engines/rtcstats/{meeting:path}", opt=allow(anyone=True))
async def open_rtcstats_of_meeting(socket: "WebSocket[Any, Any, Any]", meeting: str, rtcstats: Rtcstats) -> None:
    """A client in a meeting. What it must show is a setting (`rtcstats_access`), and may be the first part of the path."""
    await rtcstats.serve(socket, meeting)


routes = [open_rtcstats, open_rtcstats_of_meeting]
