"""A server that listens, a host that makes calls happen, and followers that hear of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
import websockets
from tests.app_fixtures import no_note
from websockets.asyncio.client import ClientConnection

from callwell import ids
from callwell.access.keys import NewKey, create_key
from callwell.app import Context
from callwell.server import serving
from callwell.settings import Settings

SOON = 20.0


async def until(holds: Callable[[], Any], within: float = SOON) -> None:
    """Waits until that holds."""
    async with asyncio.timeout(within):
        while True:
            if holds():
                return
            await asyncio.sleep(0.02)


class Heard:
    """A follower's end of a live socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send(msgspec.json.encode(message).decode())

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            return msgspec.json.decode(await self.socket.recv())

    async def follow(self, id: str, **what: Any) -> list[dict[str, Any]]:
        """Subscribes; what came of it until all that there was had been told."""
        await self.say(type="subscribe", id=id, **what)
        said: list[dict[str, Any]] = []
        while not said or said[-1] != {"type": "current", "subscription": id}:
            said.append(await self.hear())
        return said[:-1]

    async def hears_nothing(self, within: float = 0.5) -> None:
        """Whatever comes of what was said before would have come before the answer to this."""
        await asyncio.sleep(within)
        await self.say(type="heartbeat")
        assert (await self.hear())["type"] == "heartbeat"

    async def is_closed_with(self, code: int) -> None:
        async with asyncio.timeout(SOON):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code == code


class House:
    """A running server and its host's server."""

    def __init__(self, context: Context, key: NewKey, http: httpx.AsyncClient) -> None:
        self.context = context
        self.key = key
        self.http = http

    async def make_call(self, **given: Any) -> str:
        answer = await self.http.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", **given})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def get(self, call_id: str) -> dict[str, Any]:
        return (await self.http.get(f"/v1/calls/{call_id}")).json()

    async def end(self, call_id: str) -> None:
        assert (await self.http.post(f"/v1/calls/{call_id}/end", json={})).status_code == 200

    async def tell(self, call_id: str, type: str, participant: str | None = None, connection: str | None = None, **data: Any) -> None:
        fact = {"id": str(ids.uuid7()), "type": type, "occurred_at": datetime.now(UTC).isoformat(), "call_id": call_id, "data": data}
        fact |= {"participant": participant, "connection": connection} if participant else {}
        answer = await self.http.post("/v1/events", json={"events": [fact]})
        assert answer.json().get("stored") == 1, answer.text

    async def join(self, call_id: str, participant: str, connection: str = "c1") -> None:
        await self.tell(call_id, "participant.joined", participant, connection)
        await self.tell(call_id, "participant.connected", participant, connection)

    @property
    def address(self) -> str:
        return str(self.http.base_url).rstrip("/").replace("http", "ws", 1) + "/v1/live"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, secret_key="11" * 32, host="127.0.0.1", port=0, production=False, work_here=False)


@contextlib.asynccontextmanager
async def keeping(settings: Settings) -> AsyncIterator[House]:
    async with serving(settings) as context:
        async with context.db.transaction() as tx:
            key = await create_key(tx, "host", ["admin"], datetime.now(UTC), no_note)
        headers = {"Authorization": f"Bearer {key.secret}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{context.settings.port}", headers=headers, timeout=60) as http:
            yield House(context, key, http)


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    async with keeping(settings) as house:
        yield house


@pytest.fixture
async def other_house(settings: Settings, house: House) -> AsyncIterator[House]:
    """Another process over the same database."""
    async with keeping(replace(settings, port=0)) as other:
        yield other


@pytest.fixture
async def open_socket(house: House) -> AsyncIterator[Callable[..., Awaitable[Heard]]]:
    """Opens a live socket with this credential, the host's if none is given."""
    async with contextlib.AsyncExitStack() as sockets:

        async def open(token: str | None = None, *, address: str = house.address, **options: Any) -> Heard:
            heard = Heard(await sockets.enter_async_context(websockets.connect(address, max_size=None, **options)))
            await heard.say(type="hello", token=token or house.key.secret)
            assert (await heard.hear())["type"] == "welcome"
            return heard

        yield open


@pytest.fixture
async def follower(open_socket: Callable[..., Awaitable[Heard]]) -> Heard:
    return await open_socket()
