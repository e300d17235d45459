"""Clients of rtcstats as they are: what they say, and what they keep until they are told that it is kept."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.app_fixtures import replace
from tests.ingest.conftest import until
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callwell.app import Context
from callwell.server import serving
from callwell.settings import Settings

VECTORS = Path(__file__).parent / "vectors"
DUMPS = sorted(VECTORS.glob("*.dump.gz"))


def lines_of(dump: Path) -> list[str]:
    """What the client of a dump said, without the first line, which its server wrote."""
    text = gzip.decompress(dump.read_bytes()).decode()
    return [line for line in text.splitlines() if line.strip() and not line.startswith('["connectionInfo"')]


def agent_of(dump: Path) -> str:
    """The browser that a dump is from."""
    first = next(line for line in gzip.decompress(dump.read_bytes()).decode().splitlines() if line.startswith('["connectionInfo"'))
    return json.loads(first)[2]["userAgent"]


def numbered(lines: list[str]) -> list[tuple[str, Any]]:
    """Messages' types and data, with the numbers that the client gives them. An identity is sent as it is, all else as text."""
    said: list[tuple[str, Any]] = []
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        entry = [*entry[:4], *[None] * (4 - len(entry)), number]
        if entry[0] == "identity":
            said.append(("identity", entry))
        else:
            said.append(("stats-entry", json.dumps(entry)))
    return said


class Client:
    """One client with its socket."""

    def __init__(self, connection: ClientConnection, session: str) -> None:
        self.connection = connection
        self.session = session
        self.kept = -1
        """The highest number that the server said it keeps."""
        self.begun: int | None = None
        """What it said first."""
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self.connection:
                self._hear(text)

    def _hear(self, text: str | bytes) -> None:
        said = json.loads(text)
        assert set(said) == {"type", "body"}
        assert said["type"] == "sn"
        if said["body"]["state"] == "initial":
            assert self.begun is None
            self.begun = said["body"]["value"]
        self.kept = max(self.kept, said["body"]["value"])

    async def say(self, type: str, data: Any = None, session: str | None = None) -> None:
        message = {"statsSessionId": session or self.session, "type": type}
        await self.connection.send(json.dumps(message if data is None else {**message, "data": data}))

    async def say_all(self, said: list[tuple[str, Any]]) -> None:
        for type, data in said:
            await self.say(type, data)

    async def is_kept(self, number: int) -> None:
        await until(lambda: self.kept >= number, 20)

    async def is_welcome(self) -> int:
        await until(lambda: self.begun is not None)
        assert self.begun is not None
        return self.begun

    async def close(self, code: int = 3001) -> None:
        await self.connection.close(code)
        await self._listening

    async def is_closed(self) -> int | None:
        """The code with which the server closes."""
        await asyncio.wait_for(self._listening, 20)
        return self.connection.close_code


Connect = Callable[..., Awaitable[Client]]


@pytest.fixture
def open_settings(settings: Settings) -> Settings:
    return replace(settings, port=0, rtcstats_access="open")


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Context]:
    async with serving(settings) as context:
        yield context


@pytest.fixture
async def site(open_settings: Settings) -> AsyncIterator[Context]:
    async with served(open_settings) as context:
        yield context


@asynccontextmanager
async def clients(context: Context) -> AsyncIterator[Connect]:
    """Connects clients to a server; they are cut off in the end."""
    made: list[Client] = []

    async def make(
        session: str, *, path: str = "/meeting", protocol: str | None = "3.1_STANDARD", agent: str | None = None, query: str | None = None
    ) -> Client:
        query = f"?statsSessionId={session}&isReconnect=false" if query is None else query
        connection = await connect(
            f"ws://127.0.0.1:{context.settings.port}/engines/rtcstats{path}{query}",
            subprotocols=[protocol] if protocol else None,  # pyright: ignore[reportArgumentType] text is what they are
            user_agent_header=agent,
            max_size=None,
            proxy=None,
        )
        made.append(Client(connection, session))
        return made[-1]

    yield make
    for client in made:
        await client.close(1001)


@pytest.fixture
async def client(site: Context) -> AsyncIterator[Connect]:
    async with clients(site) as make:
        yield make


async def record_of(context: Context, call_id: Any, *, at: Any = None) -> Any:
    from datetime import UTC, datetime

    from callwell.record.queries import get_call

    async with context.db.connection() as tx:
        return await get_call(tx, call_id, at or datetime.now(UTC))


async def calls_of(context: Context) -> list[Any]:
    """The ids of all calls."""
    async with context.db.connection() as tx:
        cursor = await tx.execute("SELECT id FROM calls ORDER BY id")
        return [row[0] for row in await cursor.fetchall()]


async def call_of(context: Context) -> Any:
    """The id of the only call, as soon as it is there: entries are told after they are kept."""
    async with asyncio.timeout(20):
        while not (calls := await calls_of(context)):  # noqa: ASYNC110 nobody says so
            await asyncio.sleep(0.02)
    [call_id] = calls
    return call_id


async def told_of(context: Context) -> tuple[list[Any], list[Any]]:
    """All facts and samples that are kept, without the ids that are made anew each time, in a fixed order."""
    async with context.db.connection() as tx:
        cursor = await tx.execute("SELECT id, type, occurred_at, payload, source FROM events WHERE source = 'rtcstats' ORDER BY id")
        facts = await cursor.fetchall()
        cursor = await tx.execute(
            "SELECT id, started_at, interval_ms, direction, kind, packet_loss_pct, rtt_ms, bytes, packets, score FROM samples ORDER BY id"
        )
        return facts, await cursor.fetchall()
