"""A server that can be stopped and started again at its address, and stand-ins for networks and servers that misbehave."""

import asyncio
import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.app_fixtures import no_note

from callwell.access.keys import create_key
from callwell.client import Callwell
from callwell.server import serving
from callwell.settings import Settings


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Server:
    """The real server, in a thread of its own, since the client waits where it is called."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.key = ""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def start(self) -> None:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)))
        self._thread.start()
        assert started.wait(60)

    def stop(self) -> None:
        if self._thread is not None and self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._thread = None

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with serving(self.settings) as context:
            if not self.key:
                async with context.db.transaction() as tx:
                    self.key = (await create_key(tx, "host", ["admin"], datetime.now(UTC), no_note)).secret or ""
            started.set()
            await self._stop.wait()


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url, secret_key="11" * 32, host="127.0.0.1", port=free_port(), production=False, work_here=False, log_level="warning"
    )


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    server = Server(replace(settings))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def buffer(tmp_path: Path) -> Path:
    return tmp_path / "facts.sqlite"


@pytest.fixture
def callwell(server: Server, buffer: Path) -> Iterator[Callwell]:
    with Callwell(server.url, server.key, buffer) as callwell:
        yield callwell


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the client has said in the host's log so far: the kinds of it."""
    caplog.set_level(logging.DEBUG, logger="callwell")
    return lambda: [
        record.getMessage().partition(": ")[0] for record in caplog.records if record.name == "callwell" and record.levelno == logging.WARNING
    ]


def until(holds: Callable[[], Any], within: float = 30.0) -> Any:
    """What it gives once that is true of it."""
    deadline = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


class Stub:
    """Something that takes facts as a server does, or answers as the test says; and keeps what it was sent."""

    def __init__(self) -> None:
        self.requests: list[tuple[float, list[dict[str, Any]], str]] = []
        self.answer: Callable[[list[dict[str, Any]]], tuple[int, Any, dict[str, str]]] = accepted
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                facts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["events"]
                stub.requests.append((time.monotonic(), facts, self.headers["Authorization"]))
                status, body, headers = stub.answer(facts)
                text = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def taken(self) -> list[dict[str, Any]]:
        return [fact for _, facts, _ in self.requests for fact in facts]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def accepted(facts: list[dict[str, Any]]) -> tuple[int, Any, dict[str, str]]:
    return 200, {"outcomes": [{"id": fact["id"], "outcome": "stored"} for fact in facts]}, {}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with contextlib.closing(Stub()) as stub:
        yield stub


@pytest.fixture
def other_stub() -> Iterator[Stub]:
    with contextlib.closing(Stub()) as stub:
        yield stub


class Leak:
    """A way to the server on which requests arrive and the first answers are lost."""

    def __init__(self, to_port: int, lost: int) -> None:
        self.lost = lost
        self._to_port = to_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                there = socket.create_connection(("127.0.0.1", self._to_port))
                threading.Thread(target=self._carry, args=(here, there, False), daemon=True).start()
                threading.Thread(target=self._carry, args=(there, here, True), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if is_answer and self.lost:
                    self.lost -= 1
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def leak(server: Server) -> Iterator[Callable[[int], Leak]]:
    with contextlib.ExitStack() as leaks:
        yield lambda lost: leaks.enter_context(contextlib.closing(Leak(server.settings.port, lost)))
