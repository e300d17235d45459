"""The real server as a process of its own, people in real browsers, and a line between them that can be cut."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from playwright.async_api import Playwright

from callwell.cli.browsers import Person, people

from .console import console, practice_url

__all__ = ["console", "practice_url"]

READY_WITHIN = 90

QUICK = {
    "CALLWELL_HEARTBEAT_SECONDS": "1",
    "CALLWELL_LEASE_SECONDS": "4",
    "CALLWELL_GRACE_SECONDS": "3",
    "CALLWELL_EMPTY_SECONDS": "3",
    "CALLWELL_SETTLING_SECONDS": "8",
}
"""Waits a test can wait for."""


class Served:
    """A running server, the key of its host's server, and what tests do with both."""

    def __init__(self, url: str, process: asyncio.subprocess.Process, key: str) -> None:
        self.url = url
        self.process = process
        self.host = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)

    async def post(self, path: str, body: Any) -> Any:
        answer = await self.host.post(path, json=body)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.json() if answer.content else None

    async def get(self, path: str) -> Any:
        answer = await self.host.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def room(self, capacity: int = 2, **settings: Any) -> str:
        return (await self.post("/v1/rooms", {"capacity": capacity, **settings}))["name"]

    async def link(self, room: str, *, line: str | None = None, **invite: Any) -> str:
        """A link into the room; over another ``line`` to the server, if one is given."""
        made = await self.post(f"/v1/rooms/{room}/invites", invite)
        return made["url"] if line is None else f"{line}/room/{room}#{made['secret']}"

    async def call_in(self, room: str) -> Any:
        """The newest call in the room."""
        calls = (await self.get(f"/v1/calls?room={room}"))["items"]
        return await self.get(f"/v1/calls/{calls[0]['id']}")

    async def until(self, room: str, holds: Callable[[Any], Any], within: float = 60) -> Any:
        """The newest call of the room, as soon as that holds of it."""
        call: Any = None
        async with asyncio.timeout(within):
            while True:
                with contextlib.suppress(IndexError):
                    call = await self.call_in(room)
                    if holds(call):
                        return call
                await asyncio.sleep(0.2)

    async def until_told(self, room: str, type: str, within: float = 60) -> None:
        """Until there is such a fact about the newest call of the room."""
        async with asyncio.timeout(within):
            while True:
                call = await self.call_in(room)
                told = await self.get(f"/v1/calls/{call['id']}/events?limit=200")
                if any(fact["type"] == type for fact in told["items"]):
                    return
                await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def serving(database_url: str, folder: Path, *, port: int = 0, **environment: str) -> AsyncIterator[Served]:
    """A server on a port of its own, or on this one."""
    env = {**os.environ, "CALLWELL_DATABASE_URL": database_url, "CALLWELL_LOG_LEVEL": "warning", **QUICK, **environment}
    data = ["--data-dir", str(folder)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callwell", "serve", "--port", str(port), *data, env=env, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(READY_WITHIN):
            line = (await process.stdout.readline()).decode()
        assert "ready" in line, line
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "callwell", "keys", "create", "host", "--scope", "admin", *data, env=env, stdout=asyncio.subprocess.PIPE
        )
        key, _ = await made.communicate()
        assert made.returncode == 0
        served = Served(line.split()[-1], process, key.decode().strip())
        async with served.host:
            yield served
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(40):
                await process.wait()


@pytest.fixture
async def patient(database_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """A server that waits longer for who was lost."""
    async with serving(database_url, tmp_path, CALLWELL_GRACE_SECONDS="30") as served:
        yield served


@pytest.fixture
async def served(database_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(database_url, tmp_path) as served:
        yield served


@pytest.fixture
async def playwright() -> AsyncIterator[Playwright]:
    async with people() as playwright:
        yield playwright


@pytest.fixture
async def arrive(playwright: Playwright) -> AsyncIterator[Callable[[str], Awaitable[Person]]]:
    """Lets people arrive at a link; all of them are gone when the test is over."""
    came: list[Person] = []

    async def arrive(link: str) -> Person:
        person = await Person.arrive(playwright, link)
        came.append(person)
        return person

    yield arrive
    for person in came:
        with contextlib.suppress(Exception):
            await person.close()


class Line:
    """A line to the server that can be cut. What is sent while it is cut is lost, as on a network that is away."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._is_cut = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        self._is_cut = True
        for end in list(self._ends):
            end.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._ends |= {writer, there_writer}
        await asyncio.gather(_carry(reader, there_writer), _carry(there_reader, writer))
        self._ends -= {writer, there_writer}


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(ConnectionError, OSError):
        writer.close()
