"""The deployment's database, opened for a command. The server may run meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from callwell.settings import Settings, read_settings

if TYPE_CHECKING:
    from callwell.postgres import Database

T = TypeVar("T")


def with_database(data_dir: Path | None, do: "Callable[[Database], Awaitable[T]]") -> T:
    """Does it, and gives what it gives."""

    async def run() -> T:
        async with opened(read_settings(data_dir=data_dir)) as db:
            return await do(db)

    return asyncio.run(run())


@contextlib.asynccontextmanager
async def opened(settings: Settings, connections: int = 2) -> "AsyncIterator[Database]":
    """The database of the server whose data are there, or that is named; with at most so many connections."""
    from callwell.app import database
    from callwell.postgres import Database

    async with database(settings) as dsn, await Database.connect(dsn, connections) as db:
        yield db
