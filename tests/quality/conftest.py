"""A call with the pages in it, and samples as they are sent."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp
from tests.ingest.conftest import Host, wire

from callwell import ids
from callwell.app import Context


@pytest.fixture
def host(server: httpx.AsyncClient, app: ASGIApp, context: Context) -> Host:
    return Host(server, app, context)


@pytest.fixture
def since() -> datetime:
    """A while ago, on a whole second."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)


def sample(call: str | None = None, *, at: datetime | str | None = None, **measured: Any) -> dict[str, Any]:
    """Ten seconds of good sound, as they are sent. Without a time they end now; what is given as None is left out."""
    began = at or datetime.now(UTC) - timedelta(seconds=10)
    good = {"rtt_ms": 40.0, "packet_loss_pct": 0.1, "jitter_ms": 3.0, "packets": 500, "bytes": 40_000, "bitrate_kbps": 32.0}
    told = {"id": str(ids.uuid7()), "call_id": call, "started_at": began, "interval_ms": 10_000, "direction": "inbound", "kind": "audio"}
    return {name: wire(value) for name, value in {**told, **good, **measured}.items() if value is not None}


BAD = {"packet_loss_pct": 12.0, "rtt_ms": 700.0, "jitter_ms": 80.0}
"""What nobody wants to hear."""


async def send(client: httpx.AsyncClient, *samples: Any) -> list[dict[str, Any]]:
    """The outcomes. Each sample has one, and they add up."""
    answer = await client.post("/v1/samples", json={"samples": samples})
    assert answer.status_code == 200, answer.text
    result = answer.json()
    counts = {kind: sum(outcome["outcome"] == kind for outcome in result["outcomes"]) for kind in ("stored", "duplicate", "rejected")}
    assert {kind: result[kind] for kind in counts} == counts
    assert result["received"] == sum(counts.values()) == len(samples)
    return result["outcomes"]


async def stored(client: httpx.AsyncClient, *samples: Any) -> None:
    """They are kept, all of them."""
    outcomes = await send(client, *samples)
    assert [outcome["outcome"] for outcome in outcomes] == ["stored"] * len(samples), outcomes


async def refused(client: httpx.AsyncClient, *samples: Any) -> list[str]:
    """None of them is kept; the codes of why."""
    outcomes = await send(client, *samples)
    assert {outcome["outcome"] for outcome in outcomes} == {"rejected"}, outcomes
    return [outcome["code"] for outcome in outcomes]


async def kept(client: httpx.AsyncClient, call: str, **wanted: Any) -> list[dict[str, Any]]:
    """The samples of a call as they are given out, all pages of them."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(f"/v1/calls/{call}/samples", params={"limit": 7, **wanted, **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        assert len(page["items"]) == 7
        cursor = {"cursor": page["next_cursor"]}


async def eventually(holds: Callable[[], Awaitable[Any]], within: float = 60) -> Any:
    """What it gives, once that is something."""
    async with asyncio.timeout(within):
        while True:
            if found := await holds():
                return found
            await asyncio.sleep(0.05)
