"""The package @jitsi/rtcstats itself, in real browsers that hold a real call, streams to us unchanged."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.async_api import Browser, Page, Playwright, Route

from callwell.cli.browsers import FLAGS, chromium

from .conftest import Line, Served, serving
from .moments import Moment, now

pytestmark = pytest.mark.browser

WEB = Path(__file__).parents[2] / "web"


@pytest.fixture(scope="session")
async def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The test page's code with the package in it, in one piece."""
    out = tmp_path_factory.mktemp("page")
    options = (
        f"{{configFile: false, logLevel: 'error', build: {{lib: {{entry: 'rtcstats/page.js', formats: ['es'], fileName: 'page'}}, outDir: '{out}'}}}}"
    )
    bundling = await asyncio.create_subprocess_exec(
        "node", "--input-type=module", "-e", f"import {{build}} from 'vite'; await build({options})", cwd=WEB
    )
    assert await bundling.wait() == 0
    return (out / "page.js").read_text()


@pytest.fixture
async def taking(database_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """A server that takes from rtcstats clients."""
    async with serving(database_url, tmp_path, CALLWELL_RTCSTATS_ACCESS="open") as served:
        yield served


@pytest.fixture
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    # Pages that a test makes up come from nowhere, and such may not speak to this machine.
    flags = [*FLAGS, "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"]
    browser = await playwright.chromium.launch(executable_path=chromium(), args=flags)
    yield browser
    await browser.close()


async def open_page(browser: Browser, script: str) -> Page:
    """A page in a context of its own, where camera and microphone may be had. Coming back, clients wait a second and not up to eleven."""

    async def fulfil(route: Route) -> None:
        is_script = route.request.url.endswith(".js")
        body = script if is_script else "<!doctype html><body><script type=module src=/page.js></script>"
        await route.fulfill(content_type="text/javascript" if is_script else "text/html", body=body)

    context = await browser.new_context(permissions=["camera", "microphone"])
    page = await context.new_page()
    await page.add_init_script("Math.random = () => 0")
    await page.route("http://localhost/**", fulfil)
    await page.goto("http://localhost/")
    await page.wait_for_function("window.begin !== undefined")
    return page


async def kept(database_url: str) -> dict[str, list[int]]:
    """The numbers of the entries that are kept, by session."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        cursor = await connection.execute("SELECT session_id, array_agg(number ORDER BY number) FROM rtcstats_entries GROUP BY session_id")
        return dict(await cursor.fetchall())


async def call_of(served: Served, meeting: str, holds: Any, within: float = 60) -> Any:
    """The call of a meeting, as soon as that holds of it."""
    async with asyncio.timeout(within):
        while True:
            found = [call for call in (await served.get("/v1/calls"))["items"] if call["external_id"] == meeting]
            if found and holds(call := await served.get(f"/v1/calls/{found[0]['id']}")):
                return call
            await asyncio.sleep(0.2)


async def test_a_call_between_pages_with_jitsis_package_is_recorded(taking: Served, browser: Browser, script: str, database_url: str) -> None:
    """Given two pages with the package in one meeting, one of whose socket is cut for a while, when they call each other and leave, then the record
    has both, from when to when they were connected, their device, a mute and their quality, and not an entry is missing."""
    meeting = str(uuid.uuid4())
    async with Line(urlsplit(taking.url).port or 0) as line:
        ana, obi = await asyncio.gather(open_page(browser, script), open_page(browser, script))
        for page, url, name in ((ana, line.url, "Ana"), (obi, taking.url, "Obi")):
            identity = {"meetingUniqueId": meeting, "confName": "consultation", "displayName": name, "deviceId": f"device-{name}", "endpointId": name}
            await page.evaluate("given => begin(...given)", [f"{url.replace('http', 'ws')}/engines/rtcstats", "tenant/consultation", identity])
            await page.evaluate("prepare()")
        calling = now()
        answer = await obi.evaluate("offer => answer(offer)", await ana.evaluate("offer()"))
        await ana.evaluate("answer => accept(answer)", answer)
        await asyncio.gather(*(page.wait_for_function("state() === 'connected'") for page in (ana, obi)))
        connected = Moment(calling, now())
        await call_of(taking, meeting, lambda call: [one["status"] for one in call["participants"]] == ["connected", "connected"])

        line.cut()
        await ana.wait_for_function("closes.length > 0")
        await ana.evaluate("say('audioMutedChanged', true)")
        await asyncio.sleep(2)
        line.mend()
        await ana.wait_for_function("isConnected()", timeout=30_000)
        muted = await call_of(taking, meeting, lambda call: any(one["audio_enabled"] is False for one in call["participants"]))
        await asyncio.sleep((connected.until + timedelta(seconds=12) - now()).total_seconds())
        lost = await ana.evaluate("closes.length")
        left = await Moment.of(asyncio.gather(*(page.evaluate("leave()") for page in (ana, obi))))
        # Heard while the line still stands: without it the server's answer could not come through.
        assert await (await ana.wait_for_function("lost => closes[lost]", arg=lost)).json_value() == 3001, "the server lets a client go that has left"

    call = await call_of(taking, meeting, lambda call: call["status"] == "ended")
    assert (call["engine"], call["mode"], call["participant_count"], call["disconnection_count"]) == ("jitsi", "sfu", 2, 0)
    assert {(one["identity"], one["display_name"]) for one in call["participants"]} == {("guest:device-Ana", "Ana"), ("guest:device-Obi", "Obi")}
    assert [one["display_name"] for one in muted["participants"] if one["audio_enabled"] is False] == ["Ana"]
    for one in call["participants"]:
        assert one["status"] == "left"
        assert connected.is_before(left, one["attended_seconds"])
        assert "Chrome" in one["connections"][0]["browser"]
    numbers = await kept(database_url)
    assert len(numbers) == 2
    for of_session in numbers.values():
        assert of_session == list(range(1, len(of_session) + 1)), "an entry was lost"

    report = await report_of(taking, call["id"])
    assert report["sample_count"] >= 8
    assert {one["display_name"] for one in report["participants"]} == {"Ana", "Obi"}
    assert {(track["direction"], track["kind"]) for track in report["tracks"]} >= {("inbound", "audio"), ("inbound", "video"), ("outbound", "video")}


async def report_of(served: Served, call_id: str) -> Any:
    """The report, when nothing more can come."""
    async with asyncio.timeout(60):
        while not (report := await served.get(f"/v1/calls/{call_id}/report"))["is_final"]:  # noqa: ASYNC110 another process makes it
            await asyncio.sleep(0.2)
    return report
