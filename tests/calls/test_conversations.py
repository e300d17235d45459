"""A conversation's calls: its history with the people, and the calls that go on in it."""

from datetime import datetime, timedelta
from typing import Any

from tests.calls.conftest import Host

SECOND = timedelta(seconds=1)


async def history(host: Host, conversation: str, **asked: Any) -> dict[str, Any]:
    answer = await host.server.get(f"/v1/conversations/{conversation}/calls", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_conversations_history_is_its_newest_twenty_calls(host: Host) -> None:
    """Given 23 calls in a conversation and one in another, then the newest 20 come first and the other three after them."""
    made = [(await host.make_call(conversation_id="thread-1"))["id"] for _ in range(23)]
    await host.make_call(conversation_id="thread-2")

    first = await history(host, "thread-1")
    second = await history(host, "thread-1", cursor=first["next_cursor"])

    assert [call["id"] for call in first["items"]] == made[:2:-1]
    assert [call["id"] for call in second["items"]] == made[2::-1]
    assert (len(first["items"]), second["next_cursor"]) == (20, None)


async def test_a_history_is_as_long_as_is_asked_for(host: Host) -> None:
    """One more page of one, or all in one page; within 1 and 200."""
    made = [(await host.make_call(conversation_id="thread-1"))["id"] for _ in range(21)]

    assert [call["id"] for call in (await history(host, "thread-1", limit=1))["items"]] == made[:-2:-1]
    assert len((await history(host, "thread-1", limit=200))["items"]) == 21
    answer = await host.server.get("/v1/conversations/thread-1/calls", params={"limit": 201})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


async def test_a_history_of_a_time(host: Host) -> None:
    """From then on and until before then, by when calls were made."""
    early, middle, late = [await host.make_call(conversation_id="thread-1") for _ in range(3)]

    found = await history(host, "thread-1", **{"from": middle["created_at"], "to": late["created_at"]})

    assert [call["id"] for call in found["items"]] == [middle["id"]]
    assert early["created_at"] < middle["created_at"]


async def test_a_history_shows_who_began_each_call_and_who_was_in_it(host: Host, since: datetime) -> None:
    """Names and pictures are those that the host says; of everybody it says when they came and when they left."""
    await host.server.put("/v1/people/user:1", json={"display_name": "Ana Lima", "avatar_url": "https://example.org/ana.png", "language": "pt"})
    made = await host.make_call(conversation_id="thread-1")
    await host.join(made["id"], "user:1", "c1", at=since)
    await host.join(made["id"], "guest:7", "c2", at=since + 10 * SECOND, name="Ben")
    await host.leave(made["id"], "guest:7", "c2", at=since + 40 * SECOND)

    (call,) = (await history(host, "thread-1"))["items"]

    initiator = call["initiator"]
    assert (initiator["identity"], initiator["display_name"], initiator["avatar_url"]) == ("user:1", "Ana Lima", "https://example.org/ana.png")
    ana, ben = call["participants"]
    assert (ana["user_id"], ana["guest_id"], ana["display_name"], ana["avatar_url"], ana["language"]) == (
        "1", None, "Ana Lima", "https://example.org/ana.png", "pt",
    )  # fmt: skip
    assert (ben["user_id"], ben["guest_id"], ben["display_name"]) == (None, "7", "Ben")
    assert [datetime.fromisoformat(ben[name]) for name in ("joined_at", "left_at")] == [since + 10 * SECOND, since + 40 * SECOND]
    assert ana["left_at"] is None


async def test_the_calls_that_go_on_in_a_conversation(host: Host, since: datetime) -> None:
    """Given one that goes on, one that nobody came to yet and one that is over, then asking for active ones finds the first."""
    going_on, waiting, over = [await host.make_call(conversation_id="thread-1") for _ in range(3)]
    await host.make_call(conversation_id="thread-2")
    await host.join(going_on["id"], "user:1", "c1", at=since)
    await host.server.post(f"/v1/calls/{over['id']}/end")

    async def found(status: str) -> list[str]:
        answer = await host.server.get("/v1/calls", params={"conversation_id": "thread-1", "status": status})
        return [call["id"] for call in answer.json()["items"]]

    assert [await found(status) for status in ("active", "initiated", "ended")] == [[going_on["id"]], [waiting["id"]], [over["id"]]]


async def test_a_conversation_without_calls(host: Host) -> None:
    assert await history(host, "nowhere") == {"items": [], "next_cursor": None}
