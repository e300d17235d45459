"""Two people hold a call in real browsers, and the record tells what they did."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from callwell.cli.browsers import Person

from .conftest import Line, Served
from .moments import Moment, now

pytestmark = pytest.mark.browser

Arrive = Callable[[str], Awaitable[Person]]


def who(call: Any, name: str) -> Any:
    return next(one for one in call["participants"] if one["display_name"] == name)


async def both_in(served: Served, arrive: Arrive, room: str, *, line: str | None = None) -> tuple[Person, Person]:
    """Ana, the client (over that line), and Dr. Obi, who provides and is host, connected with each other."""
    ana = await arrive(await served.link(room, role="client", identity="user:ana", line=line))
    obi = await arrive(await served.link(room, role="provider", identity="user:obi", is_host=True))
    await asyncio.gather(ana.join("Ana"), obi.join("Dr. Obi"))
    await asyncio.gather(ana.until_connected(), obi.until_connected())
    return ana, obi


async def test_the_record_of_a_call_is_what_its_people_did(served: Served, arrive: Arrive) -> None:
    """Given two people in a call who mute, stop their camera and leave, then the record says so, to the second."""
    room = await served.room()
    ana = await arrive(await served.link(room, role="client", identity="user:ana"))
    obi = await arrive(await served.link(room, role="provider", identity="user:obi", is_host=True))

    ana_joined = await Moment.of(ana.join("Ana"))
    await asyncio.sleep(1.5)
    obi_joined = await Moment.of(obi.join("Dr. Obi"))
    await asyncio.gather(ana.until_connected(), obi.until_connected())
    connected = Moment(obi_joined.since, now())
    await asyncio.sleep(2)
    muted = await Moment.of(obi.press("toggle-mic"))
    await asyncio.sleep(1.5)
    camera_off = await Moment.of(ana.press("toggle-camera"))
    await asyncio.sleep(1.5)
    unmuted = await Moment.of(obi.press("toggle-mic"))
    await asyncio.sleep(2)
    ended = await Moment.of(obi.end_for_all())
    await asyncio.gather(ana.until_ended(), obi.until_ended())

    call = await served.until(room, lambda call: call["status"] == "ended")
    assert (call["status"], call["end_reason"], call["ended_by"], call["record_state"]) == ("ended", "normal", "user:obi", "provisional")
    assert connected.is_told_by(call["started_at"])
    assert ended.is_told_by(call["ended_at"])
    assert call["peak_participants"] == 2
    assert call["disconnection_count"] == 0
    assert call["anomalies"] == []
    assert connected.is_before(ended, call["elapsed_seconds"])
    assert connected.is_before(ended, call["overlap_seconds"])
    assert call["overlap_claimed_seconds"] == 0, "both sockets were open all the time"
    for name, side, joined in (("Ana", "client", ana_joined), ("Dr. Obi", "provider", obi_joined)):
        one = who(call, name)
        assert (one["side"], one["status"], one["join_count"]) == (side, "left", 1)
        assert joined.is_told_by(one["joined_at"])
        assert connected.is_told_by(one["connected_at"])
        assert ended.is_told_by(one["left_at"])
        (connection,) = one["connections"]
        assert connection["browser"].startswith(("Chrom", "HeadlessChrom"))
        assert connection["os"].startswith("Linux")
        assert connection["device_type"] == "desktop"
    first, second = who(call, "Dr. Obi")["connections"][0]["intervals"]["audio_on"]
    assert muted.is_told_by(first["to"])
    assert unmuted.is_told_by(second["from"])
    (video,) = who(call, "Ana")["connections"][0]["intervals"]["video_on"]
    assert camera_off.is_told_by(video["to"])

    final = await served.until(room, lambda call: call["record_state"] == "final")
    assert final["version"] > call["version"]
    assert final["elapsed_seconds"] == call["elapsed_seconds"]


async def test_who_refreshes_the_page_comes_back_as_the_same(served: Served, arrive: Arrive) -> None:
    """Given a call, when one reloads their page, then they are the same participant with a second connection, and no third person was there."""
    room = await served.room()
    ana, obi = await both_in(served, arrive, room)
    before = await served.call_in(room)

    await ana.page.reload()
    await asyncio.gather(ana.until_connected(), obi.until_connected())

    call = await served.until(room, lambda call: [one["status"] for one in who(call, "Ana")["connections"]] == ["left", "connected"])
    assert call["id"] == before["id"]
    assert call["status"] == "active"
    assert len(call["participants"]) == 2
    assert call["peak_participants"] == 2
    old, _ = who(call, "Ana")["connections"]
    assert old["leave_reason"] == "page_closed"
    assert who(call, "Ana")["join_count"] == 2


async def test_a_socket_that_is_cut_for_ten_seconds_costs_nothing(patient: Served, arrive: Arrive) -> None:
    """Given a call, when one's line to us is cut for 10 s while media goes on, then nobody was away, and what was done meanwhile is told with its time."""
    served = patient
    room = await served.room()
    port = urlsplit(served.url).port
    assert port is not None
    async with Line(port) as line:
        ana, obi = await both_in(served, arrive, room, line=line.url)

        line.cut()
        cut = now()
        await asyncio.sleep(2)
        muted = await Moment.of(ana.press("toggle-mic"))
        await asyncio.sleep(8)
        line.mend()
        back = now()
        await served.until(room, lambda call: not who(call, "Ana")["audio_enabled"])
        # What was done meanwhile may come by itself before the line does; that media never stopped is told over the line.
        await served.until_told(room, "participant.reconnected")
        heard_of = now()
        await served.until(room, lambda call: who(call, "Ana")["status"] == "connected")
        ended = await Moment.of(obi.end_for_all())

        call = await served.until(room, lambda call: call["status"] == "ended")
    one = who(call, "Ana")
    (connection,) = one["connections"]
    assert muted.is_told_by(connection["intervals"]["audio_on"][0]["to"])
    assert len(connection["intervals"]["connected"]) == 1, "media never stopped"
    assert (one["disconnection_count"], call["disconnection_count"]) == (0, 0)
    connected = Moment(*[datetime.fromisoformat(one["connected_at"])] * 2)
    assert connected.is_before(ended, one["attended_seconds"])
    away, unheard = (back - cut).total_seconds(), (heard_of - cut).total_seconds()
    lease = 4.0
    assert 0 < one["evidence"]["claimed_seconds"] <= unheard, "what lies beyond the lease rests on the page's word"
    assert one["evidence"]["claimed_seconds"] >= away - lease - 3
    assert call["overlap_claimed_seconds"] == pytest.approx(one["evidence"]["claimed_seconds"], abs=0.01)


async def test_whose_browser_dies_is_lost_when_the_lease_runs_out(served: Served, arrive: Arrive) -> None:
    """Given a call, when one's browser dies without a word, then they are disconnected after the lease, gone after the grace, and the call ends empty."""
    room = await served.room()
    ana, obi = await both_in(served, arrive, room)
    await asyncio.sleep(1)

    session = await ana.context.new_cdp_session(ana.page)
    begun = now()
    with contextlib.suppress(Exception):  # who is dead does not answer
        async with asyncio.timeout(2):
            await session.send("Page.crash")
    died = Moment(begun, now())

    call = await served.until(room, lambda call: who(call, "Ana")["status"] == "left")
    one = who(call, "Ana")
    assert one["leave_reason"] == "lost"
    assert one["disconnection_count"] >= 1
    (connected,) = one["connections"][0]["intervals"]["connected"]
    lost_at = datetime.fromisoformat(connected["to"])
    assert (lost_at - died.since).total_seconds() >= -1
    assert (lost_at - died.until).total_seconds() <= 5, "the lease of 4 s runs from the last heartbeat"
    assert (datetime.fromisoformat(one["left_at"]) - lost_at).total_seconds() >= 2.9, "the grace of 3 s"
    events = (await served.get(f"/v1/calls/{call['id']}/events"))["items"]
    guesses = [event for event in events if event["source"] == "timer"]
    assert [guess["type"] for guess in guesses][:1] == ["participant.disconnected"]
    assert all(guess["basis_at"] < guess["occurred_at"] for guess in guesses)

    await obi.press("hang-up")
    ended = await served.until(room, lambda call: call["status"] == "ended")
    assert ended["ended_at"] is not None


async def test_a_third_person_is_refused_where_calls_are_between_two(served: Served, arrive: Arrive) -> None:
    """Given two people in a room with three places and no SFU, when a third comes, then they are told so kindly and nobody is disturbed."""
    room = await served.room(capacity=3)
    await both_in(served, arrive, room)

    third = await arrive(await served.link(room, role="client"))
    await third.page.get_by_test_id("name-input").fill("Cleo")
    await third.page.get_by_test_id("join-button").click()
    refusal = third.page.get_by_test_id("refusal")
    await refusal.wait_for()

    assert await refusal.get_attribute("data-code") == "join.needs_sfu"
    assert "between two people" in await refusal.inner_text()
    await served.until(room, lambda call: [one["status"] for one in call["participants"]] == ["connected", "connected"])
    audit = (await served.get(f"/v1/audit?room={room}"))["items"]
    assert "join.needs_sfu" in [entry["error_code"] for entry in audit]


async def test_who_is_put_out_is_out_within_five_seconds(served: Served, arrive: Arrive) -> None:
    """Given a call, when one's place is taken away, then their page says so within 5 s and the record has it."""
    room = await served.room()
    ana, _ = await both_in(served, arrive, room)
    call = await served.call_in(room)

    await served.post(f"/v1/calls/{call['id']}/participants/{who(call, 'Ana')['id']}/remove", {})

    await ana.page.get_by_test_id("call").wait_for(state="detached", timeout=5000)
    call = await served.call_in(room)
    assert (who(call, "Ana")["status"], who(call, "Ana")["leave_reason"]) == ("left", "removed")


async def test_facts_kept_through_an_outage_prove_the_timers_wrong(patient: Served, arrive: Arrive) -> None:
    """Given that we heard nothing of somebody for longer than their lease, when their page says that media never stopped, then they never left."""
    served = patient
    room = await served.room()
    port = urlsplit(served.url).port
    assert port is not None
    async with Line(port) as line:
        _, obi = await both_in(served, arrive, room, line=line.url)
        await asyncio.sleep(1)

        line.cut()
        lost = await served.until(room, lambda call: who(call, "Ana")["status"] in ("disconnected", "left"))
        line.mend()
        await served.until(room, lambda call: who(call, "Ana")["status"] == "connected")
        await asyncio.sleep(1)
        await obi.end_for_all()
        call = await served.until(room, lambda call: call["status"] == "ended")

    one = who(call, "Ana")
    assert call["id"] == lost["id"]
    assert call["version"] > lost["version"]
    assert one["connections"][0]["intervals"]["connected"][0]["to"] == call["ended_at"], "one span, from connecting to the end"
    assert one["disconnection_count"] == 0
    assert one["evidence"]["claimed_seconds"] > 0
