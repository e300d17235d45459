"""A load generator in a process of its own: prepared requests over connections that stay open, each waiting for its answer before the next.

It does as little as can be done for an answer, so that what is measured is the server.
"""

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import cast

import uvloop
from msgspec import Struct

Load = Callable[..., "asyncio.Future[Loaded]"]


class Loaded(Struct, frozen=True):
    """What came of a load."""

    seconds: float
    waits: list[float]
    """Seconds from each request to its answer."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.waits) / self.seconds


@contextlib.asynccontextmanager
async def generator() -> AsyncIterator[Load]:
    """``await load(port, requests, connections, expected)`` sends all requests; every answer must be a success that has ``expected`` in it."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:

        def load(port: int, requests: Sequence[bytes], connections: int, expected: bytes = b"") -> "asyncio.Future[Loaded]":
            return asyncio.get_running_loop().run_in_executor(pool, _load, port, requests, connections, expected)

        yield load


def request(method: str, path: str, key: str = "", body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n"
    head += f"Authorization: Bearer {key}\r\n" if key else ""
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return head.encode() + b"\r\n" + body


def _load(port: int, requests: Sequence[bytes], connections: int, expected: bytes) -> Loaded:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_send_all(port, requests, connections, expected))


async def _send_all(port: int, requests: Sequence[bytes], connections: int, expected: bytes) -> Loaded:
    loop = asyncio.get_running_loop()
    waiting = list(reversed(requests))
    waits: list[float] = []
    lines: list[_Line] = []
    for _ in range(connections):
        _, line = await loop.create_connection(lambda: _Line(waiting, waits, expected), "127.0.0.1", port)
        lines.append(line)
    begun = time.perf_counter()
    for line in lines:
        line.go_on()
    await asyncio.gather(*(line.done for line in lines))
    seconds = time.perf_counter() - begun
    for line in lines:
        line.transport.close()
    return Loaded(seconds, waits)


class _Line(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, waiting: list[bytes], waits: list[float], expected: bytes) -> None:
        self._waiting = waiting
        self._waits = waits
        self._expected = expected
        self._heard = b""
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def go_on(self) -> None:
        if not self._waiting:
            self.done.set_result(None)
            return
        self._heard = b""
        self._sent_at = time.perf_counter()
        self.transport.write(self._waiting.pop())

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, body = self._heard.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._waits.append(time.perf_counter() - self._sent_at)
        if not head.startswith(b"HTTP/1.1 20") or self._expected not in body:
            self._fail(f"{head.decode()}\n\n{body.decode()[:2000]}")
        else:
            self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection was lost: {exc}")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 : (head + b"\r\n").index(b"\r\n", at)]) if at >= 0 else 0
