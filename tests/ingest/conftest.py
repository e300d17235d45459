"""Those who tell of calls: the host's server with its key, pages with their tokens. What they say is built by `fact`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp
from tests.app_fixtures import client_of

from callwell import ids
from callwell.access.keys import NewKey
from callwell.app import Context


def fact(type: str, call: str | None = None, *, at: datetime | str | None = None, **said: Any) -> dict[str, Any]:
    """A fact as it is sent. Without a time it happens now; what is given as None is left out."""
    happened = {"id": str(ids.uuid7()), "type": type, "call_id": call, "occurred_at": at or datetime.now(UTC), **said}
    return {name: wire(value) for name, value in happened.items() if value is not None}


def wire(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def ms(at: datetime) -> str:
    """A time as the API writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def until(holds: Callable[[], Any], within: float = 30) -> None:
    """Waits until it holds."""
    async with asyncio.timeout(within):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


class Teller:
    """Whoever tells of calls, by their credential."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def send(self, *facts: Any) -> httpx.Response:
        return await self.client.post("/v1/events", json={"events": facts})

    async def tell(self, *facts: Any) -> list[dict[str, Any]]:
        """The outcomes. Each fact has one, and they add up."""
        answer = await self.send(*facts)
        assert answer.status_code == 200, answer.text
        result = answer.json()
        counts = {kind: sum(outcome["outcome"] == kind for outcome in result["outcomes"]) for kind in ("stored", "duplicate", "rejected")}
        assert {kind: result[kind] for kind in counts} == counts
        assert result["received"] == sum(counts.values()) == len(facts)
        return result["outcomes"]

    async def told(self, *facts: Any) -> None:
        """They are stored, all of them."""
        outcomes = await self.tell(*facts)
        assert [outcome["outcome"] for outcome in outcomes] == ["stored"] * len(facts), outcomes

    async def refused(self, *facts: Any) -> list[str]:
        """None of them is stored; the codes of why."""
        outcomes = await self.tell(*facts)
        assert {outcome["outcome"] for outcome in outcomes} == {"rejected"}, outcomes
        return [outcome["code"] for outcome in outcomes]


class Page(Teller):
    """A page in a call, with its connection token."""

    def __init__(self, client: httpx.AsyncClient, joined: dict[str, Any]) -> None:
        super().__init__(client)
        self.joined = joined
        self.token: str = joined["token"]
        self.call: str = joined["call_id"]
        self.connection: str = joined["connection"]
        self.participant: str = joined["participant"]["id"]
        self.identity: str = joined["participant"]["identity"]


class Host(Teller):
    """The host's server: it makes calls, sends people into them, and reads the record."""

    def __init__(self, client: httpx.AsyncClient, app: ASGIApp, context: Context) -> None:
        super().__init__(client)
        self.app = app
        self.context = context

    async def make_call(self, **given: Any) -> str:
        answer = await self.client.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", **given})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def join(self, call: str, participant: str, **given: Any) -> Page:
        """Sends somebody in; the page they do it with."""
        answer = await self.client.post(f"/v1/calls/{call}/join", json={"participant": participant, **given})
        assert answer.status_code == 201, answer.text
        return Page(client_of(self.app, answer.json()["token"]), answer.json())

    async def remove(self, page: Page) -> None:
        """Puts somebody out."""
        answer = await self.client.post(f"/v1/calls/{page.call}/participants/{page.participant}/remove")
        assert answer.status_code == 204, answer.text

    async def end(self, call: str) -> None:
        answer = await self.client.post(f"/v1/calls/{call}/end", json={})
        assert answer.status_code == 200, answer.text

    async def record(self, call: str) -> dict[str, Any]:
        answer = await self.client.get(f"/v1/calls/{call}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def facts(self, call: str) -> list[dict[str, Any]]:
        """What is kept of the call, in the order in which it happened; at most 200."""
        answer = await self.client.get(f"/v1/calls/{call}/events?limit=200")
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    async def fact(self, call: str, id: str) -> dict[str, Any]:
        return next(kept for kept in await self.facts(call) if kept["id"] == id)

    async def dead_letters(self, call: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Id, code and what was said, of facts whose id stood for another."""
        async with self.context.db.connection() as tx:
            cursor = await tx.execute("SELECT event_id::text, code, fact FROM dead_letters WHERE call_id = %s ORDER BY received_at", [call])
            return await cursor.fetchall()

    async def is_offset(self, page: Page, ahead: timedelta) -> None:
        """The page's clock was found to be ahead of ours by so much when its socket opened."""
        async with self.context.db.transaction() as tx:
            milliseconds = int(ahead / timedelta(milliseconds=1))
            await tx.execute("UPDATE grants SET clock_offset_ms = %s WHERE connection_id = %s", [milliseconds, page.connection])


@pytest.fixture
def host(server: httpx.AsyncClient, app: ASGIApp, context: Context) -> Host:
    return Host(server, app, context)


@pytest.fixture
def make_teller(app: ASGIApp, make_key: Callable[..., Awaitable[NewKey]]) -> Callable[..., Awaitable[Teller]]:
    """Another server of the host, with a key of its own."""

    async def make(*scopes: str) -> Teller:
        return Teller(client_of(app, await make_key(*scopes)))

    return make


@pytest.fixture
def since() -> datetime:
    """A while ago, on a whole second."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
