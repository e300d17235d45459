"""Calls in the console: found, looked at one by one, and followed as they happen."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from .console import Console

pytestmark = pytest.mark.browser

PAGES = [
    ("/calls", "table tbody tr"),
    ("/problem-calls?drops=0&range=90d", "h1:text-is('Problem calls')"),
]


@pytest.mark.parametrize(("path", "ready"), PAGES, ids=[path for path, _ in PAGES])
async def test_lists_of_calls_are_for_everybody(console: Console, path: str, ready: str) -> None:
    """In light and dark, on a phone, a desk and a wall: no violation of WCAG 2.2 AA, none of the security policy, nothing cut off."""
    await console.walk(path, ready)


class Story:
    """A call that is told by the host's server, its people among it."""

    def __init__(self, console: Console, id: str, began: datetime) -> None:
        self.host = console.served.host
        self.id = id
        self.began = began

    async def tell(self, second: float, type: str, participant: str | None = None, connection: str | None = None, **data: Any) -> None:
        fact = {
            "id": str(uuid4()),
            "call_id": self.id,
            "type": type,
            "occurred_at": (self.began + timedelta(seconds=second)).isoformat(),
            "data": data,
        }
        fact |= {"participant": participant, "connection": connection} if participant else {}
        answer = await self.host.post("/v1/events", json={"events": [fact]})
        assert answer.json()["stored"] == 1, answer.text

    async def join(self, second: float, participant: str, connection: str, name: str) -> None:
        device = {"browser": "Firefox 128", "os": "macOS", "type": "desktop"}
        await self.tell(second, "participant.joined", participant, connection, display_name=name, device=device)
        await self.tell(second + 2, "participant.connected", participant, connection, setup_ms=1900)

    async def measure(self, since: float, until: float, participant: str, connection: str, **measured: Any) -> None:
        good = {"rtt_ms": 40.0, "packet_loss_pct": 0.1, "jitter_ms": 3.0, "packets": 500, "bytes": 40_000, "bitrate_kbps": 32.0}
        about = {
            "call_id": self.id,
            "participant": participant,
            "connection": connection,
            "interval_ms": 10_000,
            "direction": "inbound",
            "kind": "audio",
        }
        samples = [
            {**about, "id": str(uuid4()), "started_at": (self.began + timedelta(seconds=second)).isoformat(), **good, **measured}
            for second in range(int(since), int(until) - 9, 10)
        ]
        answer = await self.host.post("/v1/samples", json={"samples": samples})
        assert answer.json()["stored"] == len(samples), answer.text


async def new_call(console: Console, *, ago: float = 0, **given: Any) -> Story:
    began = datetime.now(UTC) - timedelta(seconds=ago)
    answer = await console.served.host.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:told-1", **given})
    assert answer.status_code == 201, answer.text
    return Story(console, answer.json()["id"], began)


@pytest.fixture(scope="module")
async def lossy(console: Console) -> Story:
    """A call of five minutes in which Ana waited, was badly connected, lost her connection and came back."""
    story = await new_call(console, ago=600, provider="user:told-2", external_id="=cmd|' /C calc'!A0")
    await story.join(0, "user:told-2", "c2", "Dr. Bo Told")
    await story.tell(10, "participant.waiting", "user:told-1", "c1", display_name="Ana Told")
    await story.tell(30, "participant.admitted", "user:told-1", "c1")
    await story.join(31, "user:told-1", "c1", "Ana Told")
    await story.measure(40, 120, "user:told-1", "c1")
    await story.measure(120, 200, "user:told-1", "c1", packet_loss_pct=15.0, rtt_ms=800.0)
    await story.measure(10, 290, "user:told-2", "c2")
    await story.tell(200, "participant.disconnected", "user:told-1", "c1")
    await story.tell(230, "participant.reconnected", "user:told-1", "c1")
    await story.tell(250, "chat.sent", "user:told-1", "c1")
    await story.tell(300, "call.ended", reason="normal")
    async with asyncio.timeout(30):
        while (await console.served.get(f"/v1/calls/{story.id}/report"))["revision"] == 0:  # noqa: ASYNC110 another process makes it
            await asyncio.sleep(0.2)
    return story


# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_filters_are_in_the_address_and_lead_back(console: Console) -> None:
    """When somebody chooses a filter, then the list has what it says, and its address shows the same to whoever it is given to."""
    async with console.page("/calls?range=90d") as page:
        await page.locator("tbody tr").first.wait_for()
        await page.get_by_role("combobox", name="Status").click()
        await page.get_by_role("option", name="Ended").click()
        await page.wait_for_url("**/calls?range=90d&status=ended")
        address = page.url
    answer = await console.served.get("/v1/calls/summaries?status=ended&limit=200")
    async with console.page(address.removeprefix(console.url)) as page:
        await page.locator("tbody tr").first.wait_for()
        await expect(page.get_by_role("combobox", name="Status")).to_have_value("Ended")
        await expect(page.locator("tbody tr")).to_have_count(min(50, len(answer["items"])))
        assert set(await page.locator("tbody tr td:nth-child(3)").all_inner_texts()) <= {"Completed", "Cancelled"}


async def test_a_name_that_is_searched_for_leads_to_their_calls_and_into_no_address(console: Console, lossy: Story) -> None:
    """When somebody types the beginning of a name, then the person is found; choosing them shows their calls; what was typed stands in no address."""
    await console.served.host.put("/v1/people/user:told-1", json={"display_name": "Ana Told"})
    asked: list[str] = []
    async with console.page("/calls?range=90d") as page:
        page.on("request", lambda request: asked.append(request.url))
        await page.get_by_label("Find a call, person, room or appointment").fill("ana t")
        await page.get_by_role("link", name="Calls with Ana Told").click()
        await page.wait_for_url("**/calls?person=user%3Atold-1")
        await expect(page.locator(f"a[href='/calls/{lossy.id}']")).to_be_visible()
        await page.get_by_role("button", name="Remove filter: With user:told-1").click()
        await page.wait_for_url("**/calls")
    assert not [url for url in asked if "ana" in url.lower()]


async def test_a_view_is_kept_under_a_name(console: Console) -> None:
    """When somebody saves what they filter by, then it is there to come back to, for them."""
    async with console.page("/calls?range=7d&category=poor") as page:
        await page.get_by_role("button", name="Saved views").click()
        await page.get_by_role("menuitem", name="Save this view").click()
        await page.get_by_label("Name of the view").fill("Poor this week")
        await page.get_by_role("button", name="Save", exact=True).click()
        await page.get_by_role("menuitem", name="Poor this week").wait_for()
    async with console.page("/calls") as page:
        await page.get_by_role("button", name="Saved views").click()
        await page.get_by_role("menuitem", name="Poor this week").click()
        await page.wait_for_url("**/calls?range=7d&category=poor")


# ── One call ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_is_for_everybody(console: Console, lossy: Story) -> None:
    """In light and dark, on a phone, a desk and a wall, with all that there is on its page."""
    await console.walk(f"/calls/{lossy.id}", "svg [data-kind=disconnected]")


async def test_a_call_shows_who_was_there_when_and_what_went_wrong(console: Console, lossy: Story) -> None:
    """Given a call in which somebody waited, was badly connected and lost, then its page draws each as such, tells the events, and says why the score is so."""
    async with console.page(f"/calls/{lossy.id}") as page:
        course = page.get_by_role("region", name="Course")
        await course.locator("[data-kind=disconnected]").wait_for()
        kinds = await course.locator("svg[role=img] [data-kind]").evaluate_all("found => found.map((one) => one.dataset.kind)")
        assert sorted(kinds) == ["connected", "connected", "connected", "disconnected", "joining", "joining", "waiting"]
        await expect(course.locator("[data-severity=critical]").first).to_be_attached()
        await expect(course.locator("[data-type='participant.disconnected'] title")).to_contain_text("Ana Told Lost the connection")
        await expect(page.locator("dl div", has_text="Disconnections").first).to_contain_text("1")
        ana = page.get_by_role("article", name="Ana Told")
        await expect(ana).to_contain_text("by packets lost")
        await expect(ana).to_contain_text("of the time connected was seen")
        await expect(ana).to_contain_text("Firefox 128")

        await course.get_by_role("button", name="Show as table").first.click()
        await expect(course.get_by_role("row", name="Ana Told Firefox 128 · macOS · desktop connection lost")).to_contain_text("30 s")


async def test_events_are_filtered_by_the_address_and_facts_are_there_as_they_are_kept(console: Console, lossy: Story) -> None:
    """Given a link to one kind of events or to the raw facts, then these are shown; what is said of recordings is plain; a download is a file."""
    async with console.page(f"/calls/{lossy.id}?events=talk") as page:
        rows = page.get_by_role("region", name="Events, table").locator("tbody tr")
        await rows.first.wait_for()
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text("Sent a message")
        await page.get_by_role("tab", name="Raw facts").click()
        await page.wait_for_url("**?events=talk&tab=facts")
        await expect(page.locator("code", has_text='"setup_ms":1900').first).to_be_visible()
        await page.get_by_role("tab", name="Recordings and transcript").click()
        await expect(page.get_by_text("No recording and no transcript is kept of this call.")).to_be_visible()
        await page.get_by_role("button", name="Download").click()
        async with page.expect_download() as waiting:
            await page.get_by_role("menuitem", name="Attendance (CSV)").click()
        saved = (await (await waiting.value).path()).read_text()
    head, *lines = saved.splitlines()
    assert head.startswith("participant_id,identity,display_name")
    assert {line.split(",")[2] for line in lines} == {"Ana Told", "Dr. Bo Told"}


async def test_what_is_not_for_a_role_is_not_offered(console: Console) -> None:
    """Given a call of a provider, when they look at it, then there is no trail to see; calls of others are not there at all."""
    answer = await console.served.get(f"/v1/calls/summaries?person={console.provider}&limit=1")
    (own,) = answer["items"]
    async with console.page(f"/calls/{own['id']}", role="provider") as page:
        await page.get_by_role("tab", name="Raw facts").wait_for()
        assert await page.get_by_role("tab", name="Audit trail").count() == 0
    other = await new_call(console)
    async with console.context("provider") as context:
        page = await context.new_page()
        await page.goto(f"{console.url}/calls/{other.id}")
        await page.get_by_text("There is no call").wait_for()


# ── As it happens ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_live_wall_is_for_everybody(console: Console) -> None:
    """With a call on it in which somebody is, and one in which somebody waits."""
    story = await new_call(console)
    await story.join(-60, "user:told-1", "c1", "Ana Told")
    await story.tell(-5, "participant.waiting", "user:told-2", "c2", display_name="Dr. Bo Told")
    await console.walk("/live", f"[data-call='{story.id}']")


FACTS = 20


async def test_a_fact_is_on_the_live_wall_within_a_second(console: Console) -> None:
    """Given the wall, when people come into a call, then one is there in less than a second, at the latest the twentieth: others use this machine too."""
    story = await new_call(console)
    await story.join(-10, "user:told-1", "c0", "Ana Told")
    took: list[float] = []
    async with console.page("/live") as page:
        tile = page.locator(f"[data-call='{story.id}']")
        await tile.wait_for()
        for number in range(1, FACTS + 1):
            begun = time.monotonic()
            await story.tell(0, "participant.joined", f"user:late-{number}", f"l{number}", display_name=f"Late {number}")
            await tile.get_by_text(f"Late {number}", exact=True).wait_for()
            took.append(time.monotonic() - begun)
            if took[-1] < 1:
                break
        await end(console, story)
        await tile.wait_for(state="detached")
    assert min(took) < 1, took


async def test_the_wall_says_when_it_is_not_live(console: Console) -> None:
    """When somebody pauses it, then nothing moves and it says so; when its line is cut, it says so, and comes back by itself with what happened meanwhile."""
    story = await new_call(console)
    await story.join(-10, "user:told-1", "c1", "Ana Told")
    async with console.context() as context:
        page = await context.new_page()
        await page.add_init_script(KEEP_SOCKETS)
        await page.goto(f"{console.url}/live")
        tile, state = page.locator(f"[data-call='{story.id}']"), page.locator("[role=status][data-state]")
        await tile.wait_for()
        await page.get_by_role("button", name="Pause").click()
        await expect(state).to_contain_text("Paused at")
        await story.join(-5, "user:told-2", "c2", "Dr. Bo Told")
        await heard_of(page, "Dr. Bo Told")
        await expect(tile.get_by_text("Dr. Bo Told")).to_have_count(0)
        await page.get_by_role("button", name="Resume").click()
        await expect(tile.get_by_text("Dr. Bo Told").first).to_be_visible()

        await context.set_offline(True)
        await page.evaluate("sockets.at(-1).close()")
        await expect(state).to_contain_text("Connection lost at")
        await story.join(-2, "user:told-3", "c3", "Cy Told")
        await context.set_offline(False)
        await expect(state).to_have_attribute("data-state", "live")
        await expect(tile.get_by_text("Cy Told")).to_be_visible()
    await end(console, story)


KEEP_SOCKETS = """
window.sockets = [];
window.said = [];
window.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url);
    window.sockets.push(this);
    this.addEventListener("message", (event) => window.said.push(event.data));
  }
};
"""


async def heard_of(page: Page, what: str) -> None:
    """Until the page's socket has told of it, whether or not the page shows it."""
    await page.wait_for_function("(what) => said.some((one) => one.includes(what))", arg=what)


async def end(console: Console, story: Story) -> None:
    answer = await console.served.host.post(f"/v1/calls/{story.id}/end", json={})
    assert answer.status_code == 200, answer.text
