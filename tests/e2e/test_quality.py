"""The report of a call held in real browsers says whose media went badly, why and when; and of one that went well that it did."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.async_api import Playwright, WebSocket

from callwell.cli.browsers import FLAGS, Person, chromium

from .conftest import Served
from .moments import now
from .relay import Relay, relay_between
from .test_call import who

pytestmark = pytest.mark.browser

HEALTHY_LENGTH = timedelta(seconds=66)
LENGTH = timedelta(seconds=100)
LOSSY_FROM, LOSSY_UNTIL = timedelta(seconds=61), timedelta(seconds=78)
LOSS = 0.2
SAMPLE = timedelta(seconds=2)

WIDTH, HEIGHT, FPS = 320, 180, 15
"""Of the camera: what two processors can encode and decode twice, beside all else that runs on them."""


@pytest.fixture(scope="session")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What cameras see: a second of a scene that is still, with the noise that every camera has. Chromium's own fake camera shows plain colours,
    which need so few bits that a score by bits says little.
    """
    random = Random(1)
    block = 4
    rows = (b"".join(bytes([64 + grey // 2]) * block for grey in random.randbytes(WIDTH // block)) for _ in range(HEIGHT // block))
    scene = int.from_bytes(b"".join(row * block for row in rows))
    at_most = int.from_bytes(b"\x0f" * (WIDTH * HEIGHT))
    film = tmp_path_factory.mktemp("camera") / "film.y4m"
    with film.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(FPS):
            noise = int.from_bytes(random.randbytes(WIDTH * HEIGHT)) & at_most
            file.write(b"FRAME\n" + (scene + noise).to_bytes(WIDTH * HEIGHT) + b"\x80" * (WIDTH * HEIGHT // 2))
    return film


class Seen:
    """What a page was told of how good connections are."""

    def __init__(self) -> None:
        self.labels: list[tuple[datetime, str, Any]] = []
        """When, of which participant, what."""

    def listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._hear)

    def _hear(self, frame: str | bytes) -> None:
        message = json.loads(frame)
        if message.get("type") != "presence":
            return
        self.labels += [(now(), one["participant"], one["quality"]) for one in message["online"] if "quality" in one]

    def of(self, participant: str, *, since: datetime, until: datetime) -> list[str]:
        return [label["category"] for at, whose, label in self.labels if whose == participant and since <= at < until]


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with relay_between("Ana", "Bo") as relay:
        yield relay


Arrive = Callable[[str, str], Awaitable[tuple[Person, Seen]]]


@pytest.fixture
async def arrive(playwright: Playwright, relay: Relay, camera: Path) -> AsyncIterator[Arrive]:
    """Lets Ana and Bo arrive at a link, with nothing but the relay between them."""
    async with contextlib.AsyncExitStack() as leaving:

        async def arrive(name: str, link: str) -> tuple[Person, Seen]:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, f"--use-file-for-fake-video-capture={camera}"])
            leaving.push_async_callback(browser.close)
            context = await browser.new_context(permissions=["camera", "microphone"], viewport={"width": 480, "height": 640})
            await relay.lead(context, name)
            page = await context.new_page()
            seen = Seen()
            page.on("websocket", seen.listen)
            await page.goto(link)
            return Person(browser, context, page), seen

        yield arrive


async def both_in(served: Served, arrive: Arrive, room: str) -> tuple[Person, Seen, Person]:
    """Ana, Bo, who is host, and what Ana's page sees; connected with each other."""
    ana, seen = await arrive("Ana", await served.link(room, role="client", identity="user:ana"))
    bo, _ = await arrive("Bo", await served.link(room, role="provider", identity="user:bo", is_host=True))
    await asyncio.gather(ana.join("Ana"), bo.join("Bo"))
    await asyncio.gather(ana.until_connected(), bo.until_connected())
    return ana, seen, bo


async def final_report(served: Served, call_id: str) -> Any:
    """The report, when nothing more can come."""
    async with asyncio.timeout(60):
        while True:
            report = await served.get(f"/v1/calls/{call_id}/report")
            if report["is_final"]:
                return report
            await asyncio.sleep(0.5)


async def start_of(served: Served, room: str) -> datetime:
    return datetime.fromisoformat((await served.until(room, lambda call: call["status"] == "active"))["started_at"])


async def wait_until(at: datetime) -> None:
    await asyncio.sleep((at - now()).total_seconds())


def open_issues(call: Any, name: str) -> set[tuple[str, str]]:
    """What goes wrong for that person just now, and of which track."""
    return {(issue["issue"], issue["key"]) for connection in who(call, name)["connections"] for issue in connection["open_issues"]}


def issues_of(report: Any, name: str, code: str, direction: str) -> list[Any]:
    return [issue for issue in who(report, name)["issues"] if (issue["code"], issue["direction"]) == (code, direction)]


def track(person: Any, direction: str, kind: str) -> Any:
    return next(one for one in person["tracks"] if (one["direction"], one["kind"]) == (direction, kind))


@pytest.mark.long
async def test_a_call_in_which_everything_arrives_is_excellent_for_both(served: Served, arrive: Arrive) -> None:
    """Given two people between whom nothing is lost, when they hang up, then the report calls it excellent for both, and all of it was seen."""
    room = await served.room(settings={"sample_seconds": SAMPLE.seconds})
    _, _, bo = await both_in(served, arrive, room)

    await wait_until(await start_of(served, room) + HEALTHY_LENGTH)
    await bo.end_for_all()
    call = await served.until(room, lambda call: call["status"] == "ended")
    report = await final_report(served, call["id"])

    assert (report["category"], report["formula"], report["profile"]) == ("excellent", "q1", "default-v1"), report["reasons"]
    assert len(report["participants"]) == 2
    for one in report["participants"]:
        assert one["score"] >= 90, one["reasons"]
        assert one["category"] == "excellent"
        assert one["coverage"]["share"] > 0.95
        assert one["coverage"]["silent"] == []
        assert [minute["minute"] for minute in one["minutes"]] == [0, 1]
        for sound in (track(one, "inbound", "audio"), track(one, "outbound", "audio")):
            assert sound["teams_cqd_class"] == "Good"
            assert sound["packet_loss_pct"]["mean"] < 0.5
        picture = track(one, "inbound", "video")
        assert (picture["width"], picture["height"]) == (WIDTH, HEIGHT)
        assert picture["fps"]["mean"] == pytest.approx(FPS, rel=0.15)
    assert [issue["sentence"] for issue in report["issues"]] == []
    sent, received = report["bytes_sent"], report["bytes_received"]
    assert sent == pytest.approx(received, rel=0.05), "what one sent the other got"


async def test_what_is_lost_on_the_way_from_one_is_told_of_the_right_person_reason_and_minute(served: Served, arrive: Arrive, relay: Relay) -> None:
    """Given that in the second minute a fifth of what Ana sends is lost, then Bo had it bad, by loss, in that minute, from Ana: live, and in the report."""
    room = await served.room(settings={"sample_seconds": SAMPLE.seconds})
    _, seen, bo = await both_in(served, arrive, room)
    began = await start_of(served, room)

    await wait_until(began + LOSSY_FROM)
    assert ("high_packet_loss", "inbound.audio") not in open_issues(await served.call_in(room), "Bo")
    relay.ways["Ana"].loss = LOSS
    lossy_from = now()
    troubled = await served.until(
        room, lambda call: {("high_packet_loss", f"inbound.{kind}") for kind in ("audio", "video")} <= open_issues(call, "Bo")
    )
    await wait_until(began + LOSSY_UNTIL)
    relay.ways["Ana"].loss = 0.0
    lossy_until = now()
    await served.until(room, lambda call: "high_packet_loss" not in {code for code, _ in open_issues(call, "Bo")}, within=60)
    await wait_until(began + LENGTH)
    await bo.end_for_all()
    await bo.until_ended()
    await bo.page.get_by_test_id("star-2").check()
    await bo.page.get_by_test_id("rating-comment").fill("Often I did not understand her.")
    await bo.page.get_by_test_id("rating-send").click()
    await bo.page.get_by_test_id("rating-thanks").wait_for()
    call = await served.until(room, lambda call: call["status"] == "ended")
    report = await final_report(served, call["id"])
    ana_had, bo_had = who(report, "Ana"), who(report, "Bo")

    # While it ran.
    assert ("high_packet_loss", "inbound.audio") not in open_issues(troubled, "Ana"), "what Ana gets is not what she sends"
    before, during = (
        seen.of(bo_had["participant_id"], since=since, until=until) for since, until in ((began, lossy_from), (lossy_from, lossy_until))
    )
    assert Counter(before).most_common(1)[0][0] == "excellent"
    assert {"fair", "poor"} & set(during), "everybody sees it"

    # The right person.
    assert ana_had["score"] - bo_had["score"] >= 15
    assert track(ana_had, "inbound", "audio")["packet_loss_pct"]["mean"] < 0.5
    assert issues_of(report, "Ana", "high_packet_loss", "inbound") == []
    assert issues_of(report, "Bo", "high_packet_loss", "outbound") == []

    # The right reason.
    assert bo_had["reasons"][0]["code"] == "loss"
    assert bo_had["category"] in ("fair", "poor")
    lost = relay.ways["Ana"]
    assert lost.lost / (lost.passed + lost.lost) < LOSS / 2, "most of the call was well"
    assert relay.ways["Bo"].lost == 0

    # The right minute.
    first, second = bo_had["minutes"][:2]
    assert (first["minute"], second["minute"]) == (0, 1)
    assert first["packet_loss_pct"] < 0.5 < 3 < second["packet_loss_pct"]
    found = issues_of(report, "Bo", "high_packet_loss", "inbound")
    assert {issue["kind"] for issue in found} == {"audio", "video"}
    for issue in found:
        assert issue["minute"] == 1
        assert lossy_from - SAMPLE <= datetime.fromisoformat(issue["started_at"]) < lossy_until
        assert lossy_until - 2 * SAMPLE <= datetime.fromisoformat(issue["ended_at"]) < lossy_until + 15 * SAMPLE
        assert 10 < issue["worst"] < 30
    assert {issue["kind"]: issue["caused_by_name"] for issue in found}["video"] == "Ana"
    assert {issue["caused_by_name"] for issue in found} <= {"Ana", None}, "of sound, receivers report too seldom for samples of 2 s to tell for sure"

    # The story, and the person's own word.
    story = [
        (entry["type"], entry["detail"].get("issue"), entry["detail"].get("key"))
        for entry in report["timeline"]
        if entry["participant"]["display_name"] == "Bo"
    ]
    for key in ("inbound.audio", "inbound.video"):
        assert story.index(("issue.raised", "high_packet_loss", key)) < story.index(("issue.cleared", "high_packet_loss", key))
    assert (bo_had["rating_stars"], ana_had["rating_stars"], report["rating"]) == (2, None, 2.0)
    (rating,) = [entry for entry in report["timeline"] if entry["type"] == "rating.submitted"]
    assert rating["detail"] == {"stars": 2, "comment": "Often I did not understand her."}
