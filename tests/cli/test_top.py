"""`callwell top`: the calls that go on, and how everybody in them fares."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from litestar.types import ASGIApp
from rich.console import Console
from tests.ingest.conftest import Host, fact
from tests.quality.conftest import BAD, eventually, sample, stored

from callwell.app import Context
from callwell.cli import run
from callwell.cli.top import LiveCall, Looked, as_table, look, looks
from callwell.quality import watch


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "GATHER", 0.02)


@pytest.fixture
def host(server: httpx.AsyncClient, app: ASGIApp, context: Context) -> Host:
    return Host(server, app, context)


async def begun(host: Host, *people: str, since: timedelta = timedelta(minutes=5)) -> str:
    """A call in which these are connected."""
    call = await host.make_call()
    at = datetime.now(UTC) - since
    for person in people:
        about = {"participant": f"user:{''.join(filter(str.isalnum, person))}", "connection": "c1"}
        await host.told(fact("participant.joined", call, at=at, data={"display_name": person.title(), "role": "client"}, **about))
        await host.told(fact("participant.connected", call, at=at, **about))
    return call


async def measured(host: Host, call: str, person: str, **numbers: float) -> None:
    """Their page sent half a minute of it, and that was looked at."""
    about = {"participant": f"user:{person}", "connection": "c1"}
    now = datetime.now(UTC)
    await stored(host.client, *(sample(call, at=now - timedelta(seconds=seconds), **about, **numbers) for seconds in (30, 20, 10)))

    async def is_known() -> bool:
        return any(
            one.quality != "unknown" for seen in await items(host) if str(seen.id) == call for one in seen.people if one.identity == f"user:{person}"
        )

    await eventually(is_known)


async def items(host: Host) -> list[LiveCall]:
    return (await look(host.context.db, datetime.now(UTC))).items


def text(looked: Looked, lines: int | None = None) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(as_table(looked, lines))
    return out.getvalue()


async def test_calls_that_go_on_are_shown_the_worst_first(host: Host) -> None:
    """Each with who is there and how they fare, in words; what is over is not among them."""
    good, bad = await begun(host, "ana", "ben", since=timedelta(minutes=9)), await begun(host, "carla")
    over = await begun(host, "dora")
    await host.end(over)
    await measured(host, good, "ana")
    await measured(host, bad, "carla", **BAD)

    found = await items(host)

    assert [(str(call.id), call.quality) for call in found] == [(bad, "poor"), (good, "excellent")]
    (carla,) = found[0].people
    assert (carla.display_name, carla.status, carla.rtt_ms, carla.packet_loss_pct) == ("Carla", "connected", 700, 12)
    assert {one.identity: one.quality for one in found[1].people} == {"user:ana": "excellent", "user:ben": "unknown"}
    assert 530 < (found[1].elapsed_seconds or 0) < 600


async def test_for_people_it_is_a_table(host: Host) -> None:
    """With the words that say it; on a small screen it says how many calls it does not show."""
    await measured(host, await begun(host, "ana", "ben", "[/]\x1b[31mred"), "ana", **BAD)
    await begun(host, "carla")
    looked = await look(host.context.db, datetime.now(UTC))

    shown = text(looked)

    assert shown.startswith("2 calls, 4 people")
    assert "poor" in shown
    assert "high rtt" in shown
    assert "12 % lost" in shown
    assert "Ana" in shown
    assert "Carla" in shown
    assert "\x1b" not in shown
    assert "[/]" in shown
    assert "and 1 more call\n" in text(looked, lines=3)


async def test_where_nothing_goes_on_it_says_so(host: Host) -> None:
    """None at all."""
    assert text(await look(host.context.db, datetime.now(UTC))).startswith("0 calls, 0 people")


@pytest.fixture
async def seen(host: Host) -> AsyncIterator[AsyncIterator[Looked]]:
    """One look after the other."""
    looking = looks(host.context.db)
    yield looking
    await looking.aclose()  # pyright: ignore[reportAttributeAccessIssue]


async def test_it_follows_what_changes(host: Host, seen: AsyncIterator[Looked]) -> None:
    """A call that begins is there at one of the next looks, and one that ends is gone."""
    assert (await anext(seen)).items == []
    call = await begun(host, "ana")
    async with asyncio.timeout(20):
        while not (looked := await anext(seen)).items:
            pass
    assert str(looked.items[0].id) == call

    await host.end(call)
    async with asyncio.timeout(20):
        while (await anext(seen)).items:
            pass


async def test_programs_read_it_once(host: Host, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`--once --json` is one object."""
    monkeypatch.setenv("CALLWELL_DATABASE_URL", database_url)
    call = await begun(host, "ana")
    capsys.readouterr()

    assert await asyncio.to_thread(run, ["top", "--once", "--json"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert (said["call_count"], [one["id"] for one in said["items"]]) == (1, [call])
    assert said["items"][0]["people"][0] | {"quality": "unknown", "score": None, "issues": []} == said["items"][0]["people"][0]
    assert await asyncio.to_thread(run, ["top", "--once"]) == 0
    assert capsys.readouterr().out.startswith("1 call, 1 person")
