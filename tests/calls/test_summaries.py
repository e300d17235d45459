"""How a call stands, in the five words that reports use, and what is summed up of it."""

from datetime import datetime, timedelta

from tests.calls.conftest import Host

from callwell.record import events as e

SECOND = timedelta(seconds=1)


async def summary(host: Host, call_id: str) -> tuple[str, str]:
    call = await host.call(call_id)
    return call["status"], call["status_summary"]


async def test_a_call_is_scheduled_active_and_completed(host: Host, since: datetime) -> None:
    """Until somebody is connected it is only scheduled; once it has ended, and somebody was, it is completed."""
    id = (await host.make_call())["id"]
    seen = [await summary(host, id)]
    await host.server.post(f"/v1/calls/{id}/ring", json={"people": ["user:2"]})
    seen.append(await summary(host, id))
    await host.join(id, "user:2", "c1", at=since)
    seen.append(await summary(host, id))
    await host.server.post(f"/v1/calls/{id}/end")
    seen.append(await summary(host, id))

    assert seen == [("initiated", "scheduled"), ("ringing", "scheduled"), ("active", "active"), ("ended", "completed")]


async def test_a_call_that_nobody_was_in_is_cancelled(host: Host, since: datetime) -> None:
    """Ended before anybody was connected, also where somebody had been let in."""
    id = (await host.make_call())["id"]
    await host.say(id, "participant.joined", e.Joined(), "user:1", "c1", at=since)
    await host.server.post(f"/v1/calls/{id}/end")

    assert await summary(host, id) == ("ended", "cancelled")


async def test_a_call_that_broke_has_failed(host: Host, since: datetime) -> None:
    """Whether or not anybody had been connected."""
    never, broke = [(await host.make_call())["id"] for _ in range(2)]
    await host.join(broke, "user:1", "c1", at=since)
    for id in (never, broke):
        await host.say(id, "call.failed", e.CallFailed("no_media"), at=since + 5 * SECOND)

    assert [await summary(host, id) for id in (never, broke)] == [("failed", "failed")] * 2


async def test_people_peak_and_disconnections_are_summed_up(host: Host, since: datetime) -> None:
    """Given three people of whom two were there at once, and who lost their connections three times between them."""
    id = (await host.make_call(metadata={"ward": 3}))["id"]
    await host.join(id, "user:1", "c1", at=since)
    await host.join(id, "user:2", "c1", at=since + 10 * SECOND)
    for who, when in (("user:1", 20), ("user:1", 30), ("user:2", 40)):
        await host.say(id, "participant.disconnected", e.Disconnected(), who, "c1", at=since + when * SECOND)
        await host.say(id, "participant.reconnected", e.Reconnected(), who, "c1", at=since + (when + 2) * SECOND)
    await host.leave(id, "user:1", "c1", at=since + 60 * SECOND)
    await host.join(id, "guest:x", "c1", at=since + 70 * SECOND)
    await host.say(id, "call.ended", e.CallEnded(), at=since + 100.9 * SECOND)

    call = await host.call(id)

    assert (call["duration_seconds"], call["participant_count"], call["peak_participants"], call["disconnection_count"]) == (100, 3, 2, 3)
    assert {one["identity"]: one["disconnection_count"] for one in call["participants"]} == {"user:1": 2, "user:2": 1, "guest:x": 0}
    assert call["metadata"] == {"ward": 3}
