"""What a person's calls were: their history, what it comes to, and the call that they are in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp
from tests.app_fixtures import TEST_KEY, client_of
from tests.calls.conftest import Host

from callwell.access.tokens import user_token
from callwell.record import events as e


def later(since: datetime, seconds: float) -> datetime:
    return since + timedelta(seconds=seconds)


def page_of(app: ASGIApp, identity: str) -> httpx.AsyncClient:
    """A page of somebody who is signed in at the host's."""
    return client_of(app, user_token(bytes.fromhex(TEST_KEY), identity, at=datetime.now(UTC), lifetime=timedelta(hours=1)))


async def history(client: httpx.AsyncClient, path: str = "/v1/users/1/calls", **query: Any) -> list[str]:
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


# ── History ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_users_calls_are_theirs_newest_first(host: Host) -> None:
    """Those that they began, came to, or were rung for and missed; nobody else's."""
    began = await host.make_call()
    missed = await host.make_call(initiator="user:2", people=["user:1"])
    await host.make_call(initiator="user:2")
    await host.make_call(initiator="guest:1")

    assert await history(host.server) == [missed["id"], began["id"]]
    assert await history(host.server, "/v1/users/nobody/calls") == []


async def test_a_guests_calls_are_found_by_the_guest(host: Host) -> None:
    """A guest and a user of one name are two."""
    await host.make_call(initiator="user:1")
    guests = await host.make_call(initiator="guest:1")

    assert await history(host.server, "/v1/guests/1/calls") == [guests["id"]]


async def test_history_comes_in_pages_of_fifty_unless_said_otherwise(host: Host) -> None:
    """Each call once."""
    made = [(await host.make_call())["id"] for _ in range(52)]

    first = (await host.server.get("/v1/users/1/calls")).json()
    second = (await host.server.get("/v1/users/1/calls", params={"cursor": first["next_cursor"]})).json()

    assert [one["id"] for page in (first, second) for one in page["items"]] == made[::-1]
    assert (len(first["items"]), second["next_cursor"]) == (50, None)


async def test_history_can_be_of_a_time(host: Host, since: datetime) -> None:
    """From a moment, and before one."""
    calls = [(await host.make_call(initiator="user:9"))["id"] for _ in range(3)]
    for n, id in enumerate(calls):
        await host.join(id, "user:1", "c1", at=later(since, 60 * n))
    moment = later(since, 60).isoformat()

    assert await history(host.server, **{"from": moment}) == [calls[2], calls[1]]
    assert await history(host.server, to=moment) == [calls[0]]
    assert await history(host.server, **{"from": moment, "to": later(since, 61).isoformat()}) == [calls[1]]


async def test_ids_of_hosts_may_be_any_text(host: Host) -> None:
    """They are opaque to us."""
    made = await host.make_call(initiator="user:a b@c.d:ü%")

    assert await history(host.server, "/v1/users/a%20b@c.d:%C3%BC%25/calls") == [made["id"]]


# ── What it comes to ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOTHING = {"total": 0, "completed": 0, "failed": 0, "total_duration_seconds": 0, "average_duration_seconds": 0, "quality_issues": 0}


async def test_a_users_sessions_are_counted(host: Host, since: datetime) -> None:
    """Given a long session in two parts, a short one, one that failed, one that goes on and one that they were only rung for: total, average over all."""
    long, short, failed, running = [(await host.make_call(initiator="user:9"))["id"] for _ in range(4)]
    for part, (start, end) in enumerate([(0, 100), (90, 200.9)]):
        await host.join(long, "user:1", f"c{part}", at=later(since, start))
        await host.leave(long, "user:1", f"c{part}", at=later(since, end))
    await host.say(long, "issue.reported", e.IssueReported("no sound"), "user:1", "c1", at=later(since, 150))
    await host.join(short, "user:1", "c1", at=since)
    await host.leave(short, "user:1", "c1", at=later(since, 30.5))
    await host.say(failed, "participant.failed", e.Failed("ice"), "user:1", "c1", at=since)
    await host.join(running, "user:1", "c1", at=since)
    await host.make_call(initiator="user:9", people=["user:1"])

    answer = await host.server.get("/v1/users/1/stats")

    assert answer.json() == {
        "total": 4, "completed": 2, "failed": 1, "total_duration_seconds": 231, "average_duration_seconds": 58, "quality_issues": 1,
    }  # fmt: skip


async def test_demonstrations_are_not_counted(host: Host, since: datetime) -> None:
    """They are in the history and not in the figures."""
    id = (await host.make_call(is_demo=True))["id"]
    await host.join(id, "user:1", "c1", at=since)
    await host.leave(id, "user:1", "c1", at=later(since, 60))

    assert await history(host.server) == [id]
    assert (await host.server.get("/v1/users/1/stats")).json() == NOTHING


async def test_who_was_in_no_call_comes_to_nothing(host: Host) -> None:
    """All zero, and no error."""
    assert (await host.server.get("/v1/users/nobody/stats")).json() == NOTHING


# ── The call that they are in ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def active(host: Host) -> str | None:
    answer = await host.server.get("/v1/users/1/active-call")
    assert answer.status_code == 200, answer.text
    return answer.json()["call"] and answer.json()["call"]["id"]


async def test_nobody_is_in_a_call_that_they_only_know_of(host: Host) -> None:
    """Having begun one, or being rung for, is not being in it."""
    await host.make_call()
    await host.make_call(initiator="user:2", people=["user:1"])

    assert await active(host) is None


async def test_the_active_call_is_the_newest_that_somebody_is_in(host: Host, since: datetime) -> None:
    """Let in is enough; who left, or whose call is over, is in none."""
    old, new, left, over = [(await host.make_call(initiator="user:9"))["id"] for _ in range(4)]
    await host.join(old, "user:1", "c1", at=since)
    await host.say(new, "participant.joined", e.Joined(), "user:1", "c1", at=later(since, 10))
    await host.join(left, "user:1", "c1", at=later(since, 20))
    await host.leave(left, "user:1", "c1", at=later(since, 30))
    await host.join(over, "user:1", "c1", at=later(since, 40))
    await host.server.post(f"/v1/calls/{over}/end")

    assert await active(host) == new
    await host.leave(new, "user:1", "c1", at=later(since, 50))
    assert await active(host) == old
    await host.leave(old, "user:1", "c1", at=later(since, 50))
    assert await active(host) is None


@pytest.mark.parametrize(("ago", "is_active"), [(30, True), (90, False)])
async def test_who_lost_the_connection_can_come_back_within_the_grace(host: Host, since: datetime, ago: float, is_active: bool) -> None:
    """Lost half a minute ago they are still in the call; longer than the grace of 60 s, they are not."""
    id = (await host.make_call(initiator="user:9"))["id"]
    await host.join(id, "user:1", "c1", at=since)
    await host.say(id, "participant.disconnected", e.Disconnected(), "user:1", "c1", at=datetime.now(UTC) - timedelta(seconds=ago))

    assert await active(host) == (id if is_active else None)


async def test_another_of_their_devices_keeps_somebody_in(host: Host, since: datetime) -> None:
    """One was lost long ago, the other is connected."""
    id = (await host.make_call(initiator="user:9"))["id"]
    for device in ("laptop", "phone"):
        await host.join(id, "user:1", device, at=since)
    await host.say(id, "participant.disconnected", e.Disconnected(), "user:1", "phone", at=later(since, 5))

    assert await active(host) == id


# ── Who may read it ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_people_read_what_is_theirs(host: Host, app: ASGIApp, since: datetime) -> None:
    """With a token that the host's server had made for them."""
    id = (await host.make_call())["id"]
    await host.join(id, "user:1", "c1", at=since)

    async with page_of(app, "user:1") as page:
        assert await history(page) == [id]
        assert (await page.get("/v1/users/1/stats")).json()["total"] == 1
        assert (await page.get("/v1/users/1/active-call")).json()["call"]["id"] == id
    async with page_of(app, "guest:x") as page:
        assert await history(page, "/v1/guests/x/calls") == []


@pytest.mark.parametrize("path", ["/v1/users/1/calls", "/v1/users/1/stats", "/v1/users/1/active-call", "/v1/guests/1/calls"])
async def test_people_cannot_tell_whether_there_is_anybody_else(host: Host, app: ASGIApp, path: str) -> None:
    """Another's history is not there, whoever they are."""
    await host.make_call()
    async with page_of(app, "user:2") as page:
        answer = await page.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_of_the_others_people_see_names_roles_and_states(host: Host, app: ASGIApp, since: datetime) -> None:
    """Their own devices are shown; of others neither identity nor device, nor what the host keeps beside the call."""
    id = (await host.make_call(initiator="user:2", provider="user:2", external_id="order-7", metadata={"ward": 3}))["id"]
    device = e.Device("Firefox 140", "Linux", "desktop")
    for who, name in (("user:1", "Ana"), ("user:2", "Dr. No")):
        await host.say(id, "participant.joined", e.Joined(display_name=name, device=device), who, "c1", at=since)
    await host.say(id, "rating.submitted", e.RatingSubmitted(1), "user:2", "c1", at=since)
    await host.say(id, "call.ended", e.CallEnded(ended_by="user:2"), at=later(since, 60))

    async with page_of(app, "user:1") as page:
        (call,) = (await page.get("/v1/users/1/calls")).json()["items"]

    own, other = sorted(call["participants"], key=lambda one: one["display_name"])
    assert (own["identity"], own["connections"][0]["browser"]) == ("user:1", "Firefox 140")
    assert (other["display_name"], other["status"], other["call_role"]) == ("Dr. No", "left", "initiator")
    assert {other[name] for name in ("identity", "user_id", "guest_id", "language", "rating_stars")} == {None}
    assert other["connections"] == []
    assert (call["metadata"], call["external_id"], call["provider_id"], call["ended_by"]) == ({}, None, None, None)
    assert (call["provider_name"], call["initiator"]["display_name"], call["initiator"]["identity"]) == ("Dr. No", "Dr. No", None)
    assert "user:2" not in str(call)
