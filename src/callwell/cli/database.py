"""The deployment's database, opened for a command. The server may run meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from callwell.settings import read_settings

if TYPE_CHECKING:
    from callwell.postgres import Database

T = TypeVar("T")


def with_database(data_dir: Path | None, do: "Callable[[Database], Awaitable[T]]") -> T:
    """Does it, and gives what it gives."""

    async def run() -> T:
        async with opened(data_dir) as db:
            return await do(db)

    return asyncio.run(run())


@contextlib.asynccontextmanager
async def opened(data_dir: Path | None) -> "AsyncIterator[Database]":
    """The database of the server whose data are there, or that the environment names."""
    from callwell.app import database
    from callwell.postgres import Database

    async with database(read_settings(data_dir=data_dir)) as dsn, await Database.connect(dsn, size=2) as db:
        yield db
