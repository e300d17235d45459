"""A real server with pages' sockets to it: `site` is one, `line`, `dial` and `call_in` open a socket as far as that."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.app_fixtures import replace
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callwell.access.keys import NewKey
from callwell.app import Context
from callwell.record.deadlines import sweep_deadlines
from callwell.server import serving
from callwell.settings import Settings

SECOND = timedelta(seconds=1)
MILLISECOND = timedelta(milliseconds=1)


class Site:
    """A running server, and the host's own server beside it, with a key that may do everything."""

    def __init__(self, context: Context, key: NewKey) -> None:
        self.context = context
        self.address = f"127.0.0.1:{context.settings.port}"
        self.client = httpx.AsyncClient(base_url=f"http://{self.address}", headers={"Authorization": f"Bearer {key.secret}"}, timeout=60)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def make_call(self, **given: Any) -> str:
        return (await self.ask("POST", "/v1/calls", {"type": "video", "mode": "p2p", "initiator": "user:1", **given}))["id"]

    async def join(self, call: str, participant: str, **given: Any) -> dict[str, Any]:
        return await self.ask("POST", f"/v1/calls/{call}/join", {"participant": participant, **given})

    async def two(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Two people in a new call."""
        call = await self.make_call()
        return await self.join(call, "user:1"), await self.join(call, "user:2")

    async def remove(self, joined: dict[str, Any]) -> None:
        await self.ask("POST", f"/v1/calls/{joined['call_id']}/participants/{joined['participant']['id']}/remove")

    async def end(self, call: str) -> None:
        await self.ask("POST", f"/v1/calls/{call}/end", {})

    async def record(self, call: str) -> dict[str, Any]:
        return await self.ask("GET", f"/v1/calls/{call}")

    async def status(self, joined: dict[str, Any]) -> str:
        """The connection's."""
        people = (await self.record(joined["call_id"]))["participants"]
        return next(connection["status"] for one in people for connection in one["connections"] if connection["id"] == joined["connection"])

    async def facts(self, call: str) -> list[dict[str, Any]]:
        return (await self.ask("GET", f"/v1/calls/{call}/events?limit=200"))["items"]

    async def leases(self, joined: dict[str, Any]) -> list[tuple[datetime, datetime, bool, bool]]:
        """Of a connection, the oldest first: when it was opened, until when it is good, whether it is closed, whether that was dealt with."""
        async with self.context.db.connection() as tx:
            cursor = await tx.execute(
                "SELECT opened_at, expires_at, closed_at IS NOT NULL, settled FROM leases WHERE connection_id = %s ORDER BY opened_at",
                [joined["connection"]],
            )
            return await cursor.fetchall()

    async def change_grant(self, joined: dict[str, Any], **columns: Any) -> None:
        async with self.context.db.transaction() as tx:
            for name, value in columns.items():
                await tx.execute(f"UPDATE grants SET {name} = %s WHERE connection_id = %s", [value, joined["connection"]])  # pyright: ignore[reportArgumentType]

    async def sweep(self, at: datetime | None = None) -> None:
        await sweep_deadlines(self.context.db, self.context.ledger, at or datetime.now(UTC))


class Socket:
    """A page's socket. Whatever it hears is kept in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[dict[str, Any]] = []
        self._looked_at = 0
        self._more = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self.connection:
                self.heard.append(json.loads(text))
                self._more.set()
        self._more.set()

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hears(self, type: str, within: float = 30, **members: Any) -> dict[str, Any]:
        """The next message of that type with these members; what comes before it is passed over."""
        async with asyncio.timeout(within):
            while True:
                while self._looked_at < len(self.heard):
                    message = self.heard[self._looked_at]
                    self._looked_at += 1
                    if message["type"] == type and all(message.get(name) == value for name, value in members.items()):
                        return message
                assert not self._listening.done(), f"closed with {self.connection.close_code} before {type} was heard"
                self._more.clear()
                await self._more.wait()

    async def is_closed_with(self, code: int, within: float = 30) -> None:
        async with asyncio.timeout(within):
            await self.connection.wait_closed()
            await self._listening
        assert self.connection.close_code == code, (self.connection.close_code, self.connection.close_reason)

    async def is_alive(self) -> None:
        await self.say(type="heartbeat")
        await self.hears("heartbeat")

    async def tell(self, *facts: dict[str, Any], seq: int = 1) -> list[tuple[str, str | None]]:
        """Outcomes and codes."""
        await self.say(type="events", seq=seq, events=facts)
        answer = await self.hears("outcomes", seq=seq)
        assert [outcome["id"] for outcome in answer["outcomes"]] == [one["id"] for one in facts]
        return [(outcome["outcome"], outcome.get("code")) for outcome in answer["outcomes"]]

    async def bye(self) -> None:
        await self.connection.close(1000)


Line = Callable[..., Awaitable[Socket]]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """Opens a socket, without a word yet."""
    opened: list[Socket] = []

    async def open_line(site: Site, **given: Any) -> Socket:
        opened.append(Socket(await connect(f"ws://{site.address}/v1/socket", max_size=None, **given)))
        return opened[-1]

    yield open_line
    for socket in opened:
        socket.connection.transport.abort()


Dial = Callable[..., Awaitable[Socket]]


@pytest.fixture
async def dial(line: Line) -> Dial:
    """Opens a socket and greets."""

    async def dial(site: Site, joined: dict[str, Any] | str, *, ahead_ms: int = 0, **given: Any) -> Socket:
        """Greets with the token, from a page whose clock is so far ahead. What came of it is still to be heard."""
        socket = await line(site, **given)
        challenge = await socket.hears("challenge")
        token = joined if isinstance(joined, str) else joined["token"]
        await socket.say(type="hello", token=token, at=challenge["at"], now=time.time() * 1000 + ahead_ms, sdk="test/1")
        return socket

    return dial


@pytest.fixture
async def call_in(dial: Dial) -> Dial:
    """Opens a socket and is welcome."""

    async def call_in(site: Site, joined: dict[str, Any], **given: Any) -> Socket:
        socket = await dial(site, joined, **given)
        await socket.hears("welcome")
        return socket

    return call_in


Serve = Callable[..., Awaitable[Site]]


@pytest.fixture
async def serve(settings: Settings, make_key: Callable[..., Awaitable[NewKey]]) -> AsyncIterator[Serve]:
    """Starts servers over one database; each is another holder of sockets, as another process is."""
    async with contextlib.AsyncExitStack() as stack:

        async def serve(**given: Any) -> Site:
            context = await stack.enter_async_context(serving(replace(settings, port=0, **given)))
            site = Site(context, await make_key("admin"))
            await stack.enter_async_context(site.client)
            return site

        yield serve


@pytest.fixture
async def site(serve: Serve) -> Site:
    return await serve()
