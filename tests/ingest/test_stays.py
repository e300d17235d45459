"""One person's stay in a call, told from coming in to leaving: what the record says of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.ingest.conftest import Host, Page, fact, ms

from callwell.record.deadlines import sweep_deadlines

SECOND = timedelta(seconds=1)


async def of(host: Host, call: str, identity: str = "user:2") -> tuple[dict[str, Any], dict[str, Any]]:
    """Somebody in the call, and their only connection."""
    person = next(one for one in (await host.record(call))["participants"] if one["identity"] == identity)
    (connection,) = person["connections"]
    return person, connection


def told(call: str, type: str, at: datetime, **data: Any) -> dict[str, Any]:
    """What user 2 did, as the host's server tells it."""
    return fact(type, call, at=at, participant="user:2", connection="c1", data=data)


# ── Coming in ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_comes_in_is_connecting_with_what_they_said(host: Host) -> None:
    """Given somebody sent in with an audio route and some words of the host's, then that is in the record, with when; of media nothing is known."""
    page = await host.join(await host.make_call(), "user:2", audio_option="wifi", metadata={"build": 7, "from": {"screen": "consultations"}})

    person, connection = await of(host, page.call)

    assert (person["status"], connection["status"], connection["id"]) == ("connecting", "connecting", page.connection)
    assert (connection["joined_at"], connection["connected_at"]) == (page.joined["server_time"], None)
    assert (connection["audio_option"], connection["metadata"]) == ("wifi", {"build": 7, "from": {"screen": "consultations"}})
    assert (connection["audio_enabled"], connection["video_enabled"], connection["screen_shared"]) == (None, None, False)
    assert (await host.record(page.call))["appointment_id"] is None


async def test_a_page_that_starts_says_that_camera_and_microphone_are_on(host: Host) -> None:
    """What the SDK says when it starts is what the record says from then on."""
    page = await host.join(await host.make_call(), "user:2")

    await page.told(fact("media.changed", data={"audio_enabled": True, "video_enabled": True}))

    _, connection = await of(host, page.call)
    assert (connection["status"], connection["audio_enabled"], connection["video_enabled"]) == ("connecting", True, True)


async def test_coming_in_says_no_more_than_a_fact_may_hold(host: Host) -> None:
    """Words of the host's are bounded: 422 names them, and nobody came in."""
    call = await host.make_call()

    answer = await host.client.post(f"/v1/calls/{call}/join", json={"participant": "user:2", "metadata": {"a": "x" * 8192}})

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["metadata"])
    assert [one["identity"] for one in (await host.record(call))["participants"]] == ["user:1"]


# ── Being there ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_connected_is_so_from_when_media_flowed(host: Host, since: datetime) -> None:
    """The connection and the call begin with it."""
    call = await host.make_call()
    await host.told(told(call, "participant.joined", since), told(call, "participant.connected", since + 15 * SECOND, setup_ms=640))

    person, connection = await of(host, call)

    assert (person["status"], connection["status"], connection["setup_ms"]) == ("connected", "connected", 640)
    assert (connection["joined_at"], connection["connected_at"]) == (ms(since), ms(since + 15 * SECOND))
    assert (await host.record(call))["started_at"] == ms(since + 15 * SECOND)


async def test_what_changes_of_media_leaves_the_rest(host: Host, since: datetime) -> None:
    """Camera, microphone and audio route each change by themselves."""
    call = await host.make_call()
    await host.told(told(call, "participant.joined", since, audio_enabled=True, video_enabled=True, audio_option="wifi"))

    seen: list[tuple[Any, ...]] = []
    for n, changed in enumerate([{"video_enabled": False}, {"audio_option": "cellular"}, {"audio_enabled": False}, {"video_enabled": True}]):
        await host.told(told(call, "media.changed", since + (n + 1) * SECOND, **changed))
        _, connection = await of(host, call)
        seen.append((connection["video_enabled"], connection["audio_enabled"], connection["audio_option"]))

    assert seen == [(False, True, "wifi"), (False, True, "cellular"), (False, False, "cellular"), (True, False, "cellular")]


async def test_what_somebody_complains_of_is_added_to_what_they_said_before(host: Host) -> None:
    """Every complaint is kept in its own words and order, by whoever it was."""
    page = await host.join(await host.make_call(), "user:2")
    complaints = ["Audio choppy at 14:32", "No picture", "Audio choppy at 14:32"]
    for text in complaints:
        await page.told(fact("issue.reported", data={"text": text}))

    kept = [(one["data"]["text"], one["participant_id"]) for one in await host.facts(page.call) if one["type"] == "issue.reported"]
    person, _ = await of(host, page.call)
    assert kept == [(text, page.participant) for text in complaints]
    assert (person["issue_count"], (await host.record(page.call))["issue_count"]) == (3, 3)


async def test_messages_are_counted_and_what_they_say_is_not_taken(host: Host) -> None:
    """A message that carries its text is no fact; how many each person sent is in the record."""
    ana = await host.join(await host.make_call(), "user:2")
    ben = await host.join(ana.call, "user:3")
    await ana.told(fact("chat.sent"), fact("chat.sent"))
    await ben.told(fact("chat.sent"))

    assert await ben.refused(fact("chat.sent", data={"text": "secret"})) == ["event.invalid"]

    people = {one["identity"]: one["messages_sent"] for one in (await host.record(ana.call))["participants"]}
    assert people == {"user:1": 0, "user:2": 2, "user:3": 1}
    assert "secret" not in str(await host.facts(ana.call))


async def test_when_a_screen_was_shared_is_kept(host: Host, since: datetime) -> None:
    """Each time from when until when, also the one that ends with their leaving."""
    call = await host.make_call()
    await host.told(
        told(call, "participant.joined", since),
        told(call, "participant.connected", since),
        told(call, "media.changed", since + 10 * SECOND, screen_shared=True),
        told(call, "media.changed", since + 70 * SECOND, screen_shared=False),
        told(call, "media.changed", since + 90 * SECOND, screen_shared=True),
        told(call, "participant.left", since + 100 * SECOND),
    )

    person, connection = await of(host, call)

    shared = [(since + start * SECOND, since + end * SECOND) for start, end in ((10, 70), (90, 100))]
    assert connection["intervals"]["screen"] == [{"from": ms(start), "to": ms(end)} for start, end in shared]
    assert (person["ever_screen"], person["screen_shared"]) == (True, False)


# ── Leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_session_lasts_from_connected_to_left_in_whole_seconds(host: Host, since: datetime) -> None:
    """Came at 0, connected at 15, left at 930.9: 915 seconds, and the reason is the host's own word."""
    call = await host.make_call()
    await host.told(
        told(call, "participant.joined", since),
        told(call, "participant.connected", since + 15 * SECOND),
        told(call, "participant.left", since + 930.9 * SECOND, reason="user_ended"),
    )

    person, connection = await of(host, call)

    assert (connection["status"], connection["duration_seconds"], connection["leave_reason"]) == ("left", 915, "user_ended")
    assert (person["status"], person["leave_reason"], person["left_at"]) == ("left", "user_ended", ms(since + 930.9 * SECOND))
    assert person["attended_seconds"] == 915.9


async def test_a_call_that_everybody_hung_up_ended_normally(host: Host, since: datetime) -> None:
    """Whatever word the host has for hanging up: it stays with the person, and the call's own end is a normal one."""
    call = await host.make_call()
    await host.told(
        told(call, "participant.joined", since),
        told(call, "participant.connected", since),
        told(call, "participant.left", since + 60 * SECOND, reason="user_ended"),
    )

    await sweep_deadlines(host.context.db, host.context.ledger, datetime.now(UTC))

    record = await host.record(call)
    assert (record["status"], record["end_reason"], record["ended_at"], record["duration_seconds"]) == (
        "ended",
        "normal",
        ms(since + 60 * SECOND),
        60,
    )
    assert (await of(host, call))[0]["leave_reason"] == "user_ended"


@pytest.mark.parametrize(("how", "status"), [("participant.left", "left"), ("participant.failed", "failed")])
async def test_who_was_never_connected_has_no_duration(host: Host, since: datetime, how: str, status: str) -> None:
    """Null, not 0: nobody knows how long nothing was."""
    call = await host.make_call()
    await host.told(told(call, "participant.joined", since), told(call, how, since + 20 * SECOND, reason="user_ended"))

    person, connection = await of(host, call)

    assert (connection["status"], person["status"]) == (status, status)
    assert (connection["duration_seconds"], connection["connected_at"], connection["leave_reason"]) == (None, None, "user_ended")


async def test_a_connection_that_breaks_for_good_has_failed(host: Host, since: datetime) -> None:
    """From connecting, and from connected with the time that it stood."""
    call = await host.make_call()
    await host.told(
        told(call, "participant.joined", since),
        told(call, "participant.connected", since + 5 * SECOND),
        told(call, "participant.failed", since + 65 * SECOND, reason="ice"),
    )

    person, connection = await of(host, call)

    assert (person["status"], connection["leave_reason"], connection["duration_seconds"]) == ("failed", "ice", 60)
    assert (await host.record(call))["status"] == "active"


async def test_leaving_is_of_one_device_and_ending_of_all(host: Host) -> None:
    """Who leaves with one of two devices is still there; a host who ends the call ends it for everybody."""
    laptop = await host.join(await host.make_call(), "user:2", host=True)
    phone = await host.join(laptop.call, "user:2")
    other = await host.join(laptop.call, "user:3")
    for page in (laptop, phone, other):
        await page.told(fact("participant.connected"))

    await phone.told(fact("participant.left", data={"reason": "user_ended"}))

    assert await states(host, laptop) == {"user:1": "invited", "user:2": "connected", "user:3": "connected"}
    answer = await laptop.client.post(f"/v1/calls/{laptop.call}/end")
    assert answer.status_code == 200
    assert await states(host, laptop) == {"user:1": "invited", "user:2": "left", "user:3": "left"}
    assert (await host.record(laptop.call))["end_reason"] == "normal"


async def states(host: Host, page: Page) -> dict[str, str]:
    return {one["identity"]: one["status"] for one in (await host.record(page.call))["participants"]}


async def test_a_demonstration_says_so_to_its_end(host: Host) -> None:
    """It is marked from its making, and its end may be that of a demonstration."""
    call = await host.make_call(is_demo=True)

    answer = await host.client.post(f"/v1/calls/{call}/end", json={"reason": "demo_ended"})

    assert answer.status_code == 200
    record = await host.record(call)
    assert (record["is_demo"], record["end_reason"], record["status"]) == (True, "demo_ended", "ended")
