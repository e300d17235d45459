"""People come to an appointment in real browsers: too early, let in when it opens, waiting, admitted; and the record has when they were there."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from callwell.cli.browsers import Person

from .conftest import Served
from .moments import Moment, now

pytestmark = pytest.mark.browser

Arrive = Callable[[str], Awaitable[Person]]


async def booked(served: Served, scheduled_at: datetime, **settings: Any) -> tuple[Any, dict[str, str]]:
    """A confirmed appointment of Ana with Dr. Obi, and everybody's link."""
    appointment = await served.post(
        "/v1/appointments",
        {
            "provider_id": "user:obi",
            "client_id": "user:ana",
            "scheduled_at": scheduled_at.isoformat(),
            "duration_minutes": 10,
            "status": "confirmed",
            "settings": settings,
        },
    )
    invites = await served.get(f"/v1/appointments/{appointment['id']}/invites")
    return appointment, {invite["identity"]: invite["url"] for invite in invites["items"]}


async def until_it_is(served: Served, id: str, status: str, within: float = 60) -> Any:
    """The appointment, as soon as it stands so."""
    async with asyncio.timeout(within):
        while True:
            appointment = await served.get(f"/v1/appointments/{id}")
            if appointment["status"] == status:
                return appointment
            await asyncio.sleep(0.2)


async def ask(person: Person, name: str) -> None:
    """Gives a name at the preview and asks to come in."""
    await person.page.get_by_test_id("name-input").fill(name)
    await person.page.get_by_test_id("join-button").click()


async def until_shown(person: Person, what: str, within: float = 60) -> None:
    await person.page.get_by_test_id(what).first.wait_for(timeout=within * 1000)


async def until_refused(person: Person, code: str) -> None:
    await person.page.locator(f"[data-testid=refusal][data-code='{code}']").wait_for(timeout=60_000)


async def until_pictures_move(person: Person) -> None:
    """Until what is shown of the other goes on."""
    await person.page.wait_for_function(
        """() => {
            const video = document.querySelector("[data-testid=remote-video]");
            if (!video || !video.videoWidth) return false;
            window.firstTime ??= video.currentTime;
            return video.currentTime > window.firstTime;
        }""",
        timeout=60_000,
    )


async def test_an_appointment_from_too_early_to_completed(served: Served, arrive: Arrive) -> None:
    """Given an appointment with a waiting room; when its client is there before it opens, waits, is admitted, and both talk and leave; then it is completed."""
    appointment, links = await booked(served, now() + timedelta(hours=2), waiting_room=True, join_early_minutes=1)
    ana, obi = await asyncio.gather(arrive(links["user:ana"]), arrive(links["user:obi"]))
    await asyncio.gather(until_shown(ana, "preview"), until_shown(obi, "preview"))

    await ask(ana, "Ana")
    await until_refused(ana, "join.too_early")
    assert (await ana.page.get_by_test_id("countdown").inner_text()).startswith("1:5")
    opens_at = now() + timedelta(seconds=6)
    await served.host.patch(f"/v1/appointments/{appointment['id']}", json={"scheduled_at": (opens_at + timedelta(minutes=1)).isoformat()})
    await ana.press("try-again")
    await until_shown(ana, "waiting")
    waiting = Moment(opens_at, now())
    assert waiting.until >= opens_at, "it came in by itself, and not before"
    began = now()
    await ask(obi, "Dr. Obi")
    await until_shown(obi, "waiting-list")
    came = Moment(began, now())
    assert "Ana" in await obi.page.get_by_test_id("waiting-list").inner_text()
    assert await ana.page.get_by_test_id("waiting").is_visible()
    began = now()
    await obi.press("admit")
    await until_shown(ana, "call")
    admitted = Moment(began, now())
    await asyncio.gather(ana.until_connected(), obi.until_connected())
    connected = Moment(began, now())
    await asyncio.gather(until_pictures_move(ana), until_pictures_move(obi))
    await until_it_is(served, appointment["id"], "in_progress")

    ana_left = await Moment.of(ana.press("hang-up"))
    await ana.until_ended()
    obi_left = await Moment.of(obi.press("hang-up"))
    held = await until_it_is(served, appointment["id"], "completed")

    assert (held["call_count"], held["no_show"], held["call_failed"]) == (1, None, False)
    assert connected.is_before(ana_left, held["overlap_seconds"])
    told = await served.get(f"/v1/appointments/{appointment['id']}/attendance")
    assert connected.is_before(ana_left, told["overlap"]["length"]["seconds"])
    assert told["overlap"]["claimed"]["seconds"] == 0, "both sockets were open all the time"
    people = {one["identity"]: one for one in told["people"]}
    assert set(people) == {"user:ana", "user:obi"}
    for identity, arrived, left in (("user:ana", waiting, ana_left), ("user:obi", came, obi_left)):
        one = people[identity]
        assert (one["is_booked"], one["late"]["seconds"]) == (True, 0)
        assert arrived.is_told_by(one["arrived_at"])
        assert left.is_told_by(one["left_at"])
        assert connected.is_told_by(one["intervals"][0]["from"])
        assert connected.is_before(left, one["attended"]["seconds"])
    let_in = (await served.get(f"/v1/audit?action=join_success&room={held['room']}&identity=user:ana"))["items"]
    (waited_ms,) = [entry["metadata"]["waited_ms"] for entry in let_in if entry["metadata"]["by"] == "admission"]
    assert waiting.is_before(admitted, waited_ms / 1000)
    denied = (await served.get(f"/v1/audit?action=join_denied&room={held['room']}"))["items"]
    assert {entry["error_code"] for entry in denied} == {"join.too_early"}


async def test_one_is_refused_and_one_waits_until_it_is_over(served: Served, arrive: Arrive) -> None:
    """Given two people before a room's door; when one is sent away, the other reloads and the host ends the call; then each page says what happened."""
    room = await served.room(capacity=3, settings={"waiting_room": True})
    obi = await arrive(await served.link(room, role="provider", identity="user:obi", is_host=True))
    await obi.join("Dr. Obi")
    ana = await arrive(await served.link(room, role="client", identity="user:ana"))
    await ask(ana, "Ana")
    await until_shown(ana, "waiting")
    ben = await arrive(await served.link(room, role="client", identity="user:ben"))
    await ask(ben, "Ben")
    await until_shown(ben, "waiting")
    await obi.page.get_by_role("button", name="Refuse Ben").click()

    await until_refused(ben, "join.refused")
    await ben.page.reload()
    await ask(ben, "Ben")
    await until_refused(ben, "join.refused")

    await ana.page.reload()
    await until_shown(ana, "waiting")
    await served.until(room, lambda call: [one["status"] for one in call["participants"] if one["display_name"] == "Ana"] == ["waiting"])
    await obi.end_for_all()
    await until_refused(ana, "join.call_over")
    call = await served.until(room, lambda call: call["status"] == "ended")
    assert {one["display_name"]: one["status"] for one in call["participants"]} == {"Dr. Obi": "left", "Ana": "left", "Ben": "refused"}


async def test_consent_is_asked_for_before_anybody_comes_in(served: Served, arrive: Arrive) -> None:
    """Given a room in which everybody must agree to being recorded; when somebody says no, then yes; then they are in only after the yes, and it is in the record."""
    room = await served.room(settings={"require_recording_consent": True})
    ana = await arrive(await served.link(room, role="client", identity="user:ana"))

    await ask(ana, "Ana")
    await until_shown(ana, "consent")
    await ana.press("consent-no")
    await ana.page.locator("[data-testid=consent][data-declined=true]").wait_for()
    assert (await served.get(f"/v1/calls?room={room}"))["items"] == [], "nobody came in, and no call began"
    await ana.press("consent-back")
    await ask(ana, "Ana")
    await ana.press("consent-yes")

    await until_shown(ana, "call")
    await served.until_told(room, "consent.given")
