"""Real servers that are killed, over databases that are killed too."""

import asyncio
import contextlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Protocol

import httpx
from tests.app_fixtures import no_note

from callwell.access.keys import create_key
from callwell.postgres import Database
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.postgres.migrate import migrate

READY_WITHIN = 90
STOP_WITHIN = 30

SERVE = (sys.executable, "-m", "callwell", "serve")


class Host:
    """A server that is started, killed and started again, at the same address over the same data."""

    def __init__(self, folder: Path, command: Sequence[str] = SERVE, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        own = {name: value for name, value in os.environ.items() if not name.startswith("CALLWELL_")}
        self._environment = {**own, "CALLWELL_LOG_LEVEL": "error", **environment}
        self._command = [*command, "--port", str(self.port), "--data-dir", str(folder)]
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def start(self) -> None:
        """Start, and wait until it is ready."""
        self._process = await asyncio.create_subprocess_exec(*self._command, env=self._environment, stdout=asyncio.subprocess.DEVNULL)
        await self.ready()

    async def ready(self, within: float = READY_WITHIN) -> float:
        """Wait until it can do its work; gives how many seconds that took."""
        begun = time.monotonic()
        async with httpx.AsyncClient(base_url=self.url) as client, asyncio.timeout(within):
            while True:
                assert self.process.returncode is None, "the server ended by itself"
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get("/health/ready")).status_code == 200:
                        return time.monotonic() - begun
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> float:
        """As an operator stops it; gives how many seconds it took. It ends well."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_WITHIN):
            assert await self.process.wait() == 0
        return time.monotonic() - begun

    async def end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.kill()


Over = Literal["embedded", "own", "shared"]
"""A host over its embedded PostgreSQL; over one of the test's own, which it is only given the address of; over the one that all tests share."""


class Ground:
    """A host and its database."""

    def __init__(self, host: Host, db: Database, postgres: EmbeddedPostgres | None, over: Over) -> None:
        self.host = host
        self.db = db
        self.over: Over = over
        self._postgres = postgres

    @property
    def postgres(self) -> EmbeddedPostgres:
        assert self._postgres is not None, "others use this server too"
        return self._postgres

    def kill_postgres(self) -> None:
        """The postmaster and every process of it, at once. All are gone when it comes back: one that is killed lives on for a moment."""
        postmaster = int((self.postgres.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)  # so that it starts no other meanwhile
        with contextlib.ExitStack() as killed:
            ends: list[int] = []
            for pid in [*_children(postmaster), postmaster]:
                with contextlib.suppress(ProcessLookupError):
                    end = os.pidfd_open(pid)
                    killed.callback(os.close, end)
                    signal.pidfd_send_signal(end, signal.SIGKILL)
                    ends.append(end)
            for end in ends:
                select.select([end], [], [])

    async def bring_postgres_back(self) -> None:
        """By whoever looks after it: the host, where it is the embedded one, else we."""
        if self.over == "own":
            await asyncio.to_thread(self.postgres.ensure)

    async def key(self) -> str:
        async with self.db.transaction() as tx:
            key = await create_key(tx, "host", ["admin"], datetime.now(UTC), no_note)
        assert key.secret is not None
        return key.secret


def _children(of: int) -> list[int]:
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == of:
                found.append(int(status.parent.name))
    return found


class Stand(Protocol):
    """The fixture: gives a host that is ready."""

    async def __call__(
        self, over: Over, *, command: Sequence[str] = SERVE, conf: Mapping[str, str] = MappingProxyType({}), **environment: str
    ) -> Ground: ...


@contextlib.asynccontextmanager
async def standing(
    folder: Path, over: Over, shared_url: str, *, command: Sequence[str] = SERVE, conf: Mapping[str, str] = MappingProxyType({}), **environment: str
) -> AsyncIterator[Ground]:
    async with contextlib.AsyncExitStack() as stack:
        postgres, url = None, shared_url
        if over != "shared":
            # The test is one of the embedded server's users too, so that it can look at what is kept.
            postgres = EmbeddedPostgres(folder / "data" / "postgres" if over == "embedded" else folder / "postgres", conf=conf)
            await asyncio.to_thread(postgres.open)
            stack.push_async_callback(asyncio.to_thread, postgres.close)
            await asyncio.to_thread(migrate, postgres.dsn)
            url = postgres.dsn
        if over != "embedded":
            environment["CALLWELL_DATABASE_URL"] = url
        host = Host(folder / "data", command, **environment)
        stack.push_async_callback(host.end)
        await host.start()
        db = await stack.enter_async_context(await Database.connect(url, size=4))
        yield Ground(host, db, postgres, over)
