"""A real server, as `callwell serve` starts it, with its embedded database."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from callwell.access.keys import create_key
from callwell.postgres import Database
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.postgres.pool import Tx

READY_WITHIN = 60


class Served:
    """A running server."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, folder: Path) -> None:
        self.process = process
        self.url = url
        self.folder = folder

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    """A data folder on disk, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="callwell-bench-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Served]:
    with contextlib.ExitStack() as stack:
        process = start(folder, **environment)
        stack.callback(stop, process)
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1].replace("localhost", "127.0.0.1")
        yield Served(process, url, folder)


def start(folder: Path, **environment: str) -> "subprocess.Popen[str]":
    """As it is started by anybody, its log going to a file."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CALLWELL_")}
    folder.mkdir(exist_ok=True)
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "callwell", "serve", "--data-dir", str(folder)],
            env={**own, "CALLWELL_PORT": "0", "CALLWELL_JOIN_ATTEMPTS_PER_MINUTE": "1000000", **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


def stop(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def wait_ready(url: str, within: float = READY_WITHIN) -> None:
    deadline = time.monotonic() + within
    while True:
        with contextlib.suppress(OSError), urlopen(f"{url}/health/ready") as answer:
            if answer.status == 200:
                return
        if time.monotonic() > deadline:
            raise TimeoutError(url)
        time.sleep(0.005)


@contextlib.asynccontextmanager
async def database(folder: Path, size: int = 12) -> AsyncIterator[Database]:
    """The server's own database, for what is measured without the server."""
    with EmbeddedPostgres(folder / "postgres") as server:
        async with await Database.connect(server.dsn, size=size) as db:
            yield db


async def make_key(db: Database) -> str:
    async def no_note(tx: Tx, action: str, at: datetime, *, identity: str | None = None, **about: Any) -> None:
        pass

    async with db.transaction() as tx:
        key = await create_key(tx, "bench", ["admin"], datetime.now(UTC), no_note)
    assert key.secret is not None
    return key.secret
