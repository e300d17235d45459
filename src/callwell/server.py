"""The process that stays: it listens, serves until it is told to stop, and then finishes what is under way."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

import uvicorn
import uvloop
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from callwell import errors
from callwell.app import Context, create_app, running
from callwell.settings import Settings

GONE_WITHIN = 5
"""Seconds that a page has to take the end of its socket."""
FINISH_WITHIN = 20
"""Seconds that requests under way have to finish when the server stops."""

SOCKET_MESSAGE_BYTES = 256 << 10
"""The largest message that a page may send over its socket."""
ENGINE_MESSAGE_BYTES = 4 << 20
"""The same for engines, which tell of many people at once."""


def run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def serve(settings: Settings, when_ready: Callable[[Context], Coroutine[Any, Any, None]]) -> None:
    """Serve until stopped. ``when_ready`` runs once requests are answered, and is cancelled where it has not come back by then.

    Raises AddressTaken, and whatever `running` and ``when_ready`` raise.
    """
    stopped = _stop_signal()
    async with serving(settings) as context:
        await _until(stopped, when_ready(context))


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Context]:
    """Requests are answered until the block ends; what is under way then is finished. Port 0 takes any that is free."""
    listening = listen(settings.host, settings.port)
    async with running(replace(settings, port=listening.getsockname()[1])) as context:
        server = _Server(_config(context))
        task = asyncio.create_task(server.serve(sockets=[listening]), name="server")
        await server.is_started.wait()
        try:
            yield context
        finally:
            server.should_exit = True
            await task


async def work(settings: Settings, when_ready: Callable[[Context], Coroutine[Any, Any, None]]) -> None:
    """Do background work until stopped."""
    stopped = _stop_signal()
    async with running(replace(settings, work_here=True)) as context:
        await _until(stopped, when_ready(context))


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to that address; nobody is let in yet. Raises AddressTaken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as why:
        raise errors.AddressTaken(address=f"{host} port {port}", problem=(why.strerror or str(why)).lower()) from None
    return listening


def _stop_signal() -> asyncio.Event:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def _until(stopped: asyncio.Event, doing: Coroutine[Any, Any, None]) -> None:
    """Comes back once it is stopped, whether or not that is done by then. Raises what it raises."""
    task = asyncio.create_task(doing, name="when-ready")
    stop = asyncio.create_task(stopped.wait(), name="stop")
    try:
        await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        await stop
    finally:
        stop.cancel()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _config(context: Context) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(context),  # pyright: ignore[reportArgumentType] the same protocol by another name
        http="httptools",
        ws=_SocketProtocol,
        ws_max_size=SOCKET_MESSAGE_BYTES + 1024,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=FINISH_WITHIN,
    )


class _SocketProtocol(WebSocketsSansIOProtocol):
    """Closing waits until the other side has read all there is, which it may never do: it is cut off then."""

    def handle_connect(self, event: Request) -> None:
        if event.path.startswith("/engines/"):
            self.conn.max_message_size = ENGINE_MESSAGE_BYTES
        super().handle_connect(event)

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self.loop.call_later(GONE_WITHIN, self.transport.abort)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_started = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_started.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: uvicorn would raise them again when it is done, before the ledger has written what waits."""
        yield
