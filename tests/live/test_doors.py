"""Who may follow calls, what is understood, and how a live socket ends."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import websockets
from tests.app_fixtures import no_note
from tests.live.conftest import Heard, House, keeping, until

from callwell.access.keys import create_key
from callwell.access.tokens import user_token
from callwell.live import following
from callwell.settings import Settings

Open = Callable[..., Awaitable[Heard]]


async def opened(house: House, **options: Any) -> Heard:
    """A socket on which nothing was said yet."""
    return Heard(await websockets.connect(house.address, **options))


async def key_with(house: House, *scopes: str) -> str:
    async with house.context.db.transaction() as tx:
        secret = (await create_key(tx, "other", scopes, datetime.now(UTC), no_note)).secret
    assert secret is not None
    return secret


# ── Coming in ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


NO_HELLO = ["", "[]", '{"type":"hello"}', '{"type":"subscribe","id":"s1","active":true}', '{"type":"hello","token":"cwk_wrong"}', "\x00"]


async def test_without_a_credential_the_socket_is_closed(house: House) -> None:
    """Given first messages that are no hello with a credential of ours; then their sockets are closed with 4401, and nothing was told."""
    for first in NO_HELLO:
        heard = await opened(house)
        await heard.socket.send(first)
        await heard.is_closed_with(4401)


async def test_who_says_nothing_is_let_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a socket on which no hello comes in time; then it is closed with 4401."""
    monkeypatch.setattr(following, "HELLO_WITHIN", 0.1)
    await (await opened(house)).is_closed_with(4401)


async def test_a_key_that_may_not_read_calls_may_not_follow_them(house: House) -> None:
    """Given a key with every scope but calls:read; then it is refused."""
    heard = await opened(house)
    await heard.say(type="hello", token=await key_with(house, "calls:write", "events:write", "people:read", "audit:read"))
    await heard.is_closed_with(4403)


async def test_a_connection_token_may_not_follow(house: House) -> None:
    """Given a page with its connection token; then it is refused: its own socket is another one."""
    call_id = await house.make_call()
    joined = await house.http.post(f"/v1/calls/{call_id}/join", json={"participant": "user:7"})
    heard = await opened(house)
    await heard.say(type="hello", token=joined.json()["token"])
    await heard.is_closed_with(4403)


async def test_pages_of_other_sites_may_not_open_it(house: House) -> None:
    """Given a page of a site that is not allowed; then there is no socket for it."""
    with pytest.raises(websockets.InvalidStatus):
        await opened(house, origin="https://elsewhere.example")


async def test_a_key_that_is_revoked_closes_its_sockets(house: House, open_socket: Open) -> None:
    """Given two followers with a key and one with another; when the first key is revoked; then within 5 s its sockets are closed, and the other goes on."""
    secret = await key_with(house, "calls:read")
    followers = [await open_socket(secret), await open_socket(secret)]
    other = await open_socket()
    keys = (await house.http.get("/v1/keys")).json()["items"]
    (revoked,) = [key["id"] for key in keys if key["scopes"] == ["calls:read"]]
    assert (await house.http.delete(f"/v1/keys/{revoked}")).status_code == 204
    async with asyncio.timeout(5):
        for one in followers:
            await one.is_closed_with(4403)
    await other.hears_nothing()


async def test_a_user_token_that_runs_out_closes_its_socket(house: House, open_socket: Open) -> None:
    """Given a follower with a user token; when it runs out; then its socket is closed with the code that means: get another."""
    token = user_token(house.context.settings.key, "user:7", at=datetime.now(UTC), lifetime=timedelta(seconds=4))
    follower = await open_socket(token)
    await follower.is_closed_with(4401)


async def test_a_revoked_key_lets_go_of_a_follower_that_does_not_read(house: House, open_socket: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a follower that does not read, with much owed to it; when its key is revoked; then the server lets go of it all the same."""
    monkeypatch.setattr(following, "CLOSE_WITHIN", 0.2)
    secret = await key_with(house, "calls:read")
    stalled = await open_socket(secret, max_queue=1)
    call_id = await house.make_call(metadata={"padding": "x" * 6000})
    for n in range(100):
        await stalled.say(type="subscribe", id=f"s{n}", call=call_id)
    stalled.socket.transport.pause_reading()
    while not any(one.owed for one in house.context.live._followers):
        await house.tell(call_id, "chat.sent", "user:7", "c1")
        await asyncio.sleep(0.05)
    for _ in range(12):
        await house.tell(call_id, "chat.sent", "user:7", "c1")
    keys = (await house.http.get("/v1/keys")).json()["items"]
    (revoked,) = [key["id"] for key in keys if key["scopes"] == ["calls:read"]]
    await house.http.delete(f"/v1/keys/{revoked}")
    await until(lambda: len(house.context.live) == 0)
    stalled.socket.transport.abort()


async def test_who_is_silent_is_let_go(settings: Settings) -> None:
    """Given a follower without heartbeats; when nothing was heard of it for a lease; then it is closed as given up, and one that beats is not."""
    async with keeping(replace(settings, heartbeat_seconds=1, lease_seconds=4)) as house:
        silent, beating = await opened(house), await opened(house)
        for one in (silent, beating):
            await one.say(type="hello", token=house.key.secret)
            assert (await one.hear())["heartbeat_seconds"] == 1
        letting_go = asyncio.create_task(silent.is_closed_with(4409))
        while not letting_go.done():
            await asyncio.sleep(0.5)
            await beating.say(type="heartbeat")
            assert (await beating.hear())["type"] == "heartbeat"
        await letting_go
        await beating.hears_nothing(0)


# ── What a person may follow ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_person_follows_nothing_but_their_own_call(house: House, open_socket: Open) -> None:
    """Given a user token; when it asks for somebody else's call or all; then it is refused without telling whether there is any."""
    call_id = await house.make_call()
    await house.join(call_id, "user:8")
    made = await house.http.post("/v1/user-tokens", json={"identity": "user:7"})
    follower = await open_socket(made.json()["token"])
    others: list[dict[str, Any]] = [{"user": "8"}, {"user": "nobody"}, {"guest": "7"}, {"call": call_id}, {"active": True}]
    codes: list[str] = []
    for what in others:
        await follower.say(type="subscribe", id="s1", **what)
        refused = await follower.hear()
        assert (refused["type"], refused["subscription"]) == ("error", "s1")
        codes.append(refused["code"])
    assert codes == ["not_found", "not_found", "not_found", "not_found", "access.not_allowed"]


# ── What is understood ────────────────────────────────────────────────────────────────────────────────────────────────────────────


NO_MESSAGES = [
    "{",
    "null",
    '{"type":"nothing"}',
    '{"type":"subscribe","id":"s1","call":"no-uuid"}',
    '{"type":"subscribe","id":"s1","active":true,"more":1}',
    '{"type":"subscribe","id":"","active":true}',
    '{"type":"subscribe","id":"s1","user":"a\\u0000b"}',
    '{"type":"subscribe","id":"s1","user":"\\ud800"}',
    '{"type":"subscribe","id":"s1","call":"0193a1c2-0000-7000-8000-000000000000","since":-1}',
    "[" * 100_000,
]


async def test_what_is_not_understood_is_said_and_the_socket_goes_on(follower: Heard) -> None:
    """Given messages that are none; then an error says so of each, and the next one is understood."""
    for text in NO_MESSAGES:
        await follower.socket.send(text)
        assert (await follower.hear())["code"] == "socket.not_understood", text[:80]
    assert await follower.follow("w", active=True) == []


NO_TARGETS: list[dict[str, Any]] = [
    {},
    {"active": False},
    {"active": True, "user": "7"},
    {"user": "7", "guest": "7"},
    {"active": True, "since": 3},
    {"user": "7", "since": 3},
]


async def test_a_subscription_says_exactly_what_it_is_about(follower: Heard) -> None:
    """Given subscriptions to nothing, to two things, or with the version of no call; then they are refused."""
    for what in NO_TARGETS:
        await follower.say(type="subscribe", id="s1", **what)
        refused = await follower.hear()
        assert (refused["type"], refused["subscription"], refused["code"]) == ("error", "s1", "request.invalid"), what


async def test_an_id_stands_for_one_subscription(follower: Heard) -> None:
    """Given a subscription; when its id is used again; then that is refused and the first goes on."""
    await follower.follow("s1", active=True)
    await follower.say(type="subscribe", id="s1", user="7")
    assert (await follower.hear())["code"] == "conflict"


async def test_a_socket_follows_so_many_things_and_no_more(follower: Heard) -> None:
    """Given as many subscriptions as a socket may have; when one more is asked for; then it is refused, until another ends."""
    for n in range(following.MOST_SUBSCRIPTIONS):
        await follower.follow(f"s{n}", user=str(n))
    await follower.say(type="subscribe", id="more", user="x")
    assert (await follower.hear())["code"] == "live.too_many_subscriptions"
    await follower.say(type="unsubscribe", id="s0")
    assert (await follower.hear())["type"] == "unsubscribed"
    await follower.follow("more", user="x")


async def test_who_floods_is_let_go(follower: Heard) -> None:
    """Given far more messages in a second than anybody needs; then the socket is closed."""
    for _ in range(following.MESSAGES_PER_SECOND * 3):
        await follower.socket.send('{"type":"heartbeat"}')
    await follower.is_closed_with(4429)
