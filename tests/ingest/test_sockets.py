"""The pages' sockets, on a real server with real clients: who gets one, what is said over it, and who loses it."""

import asyncio
import contextlib
import json
import os
import signal as signals
import socket as sockets_of_the_system
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.app_fixtures import TEST_KEY, replace
from tests.ingest.conftest import fact, ms, until
from tests.ingest.sites import MILLISECOND, SECOND, Dial, Line, Serve, Site, Socket
from tests.quality.conftest import sample
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callwell import ids
from callwell.access.keys import NewKey
from callwell.access.tokens import connection_token
from callwell.server import serving
from callwell.settings import Settings

# ── Greeting ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_server_asks_and_a_page_with_a_token_is_welcome(site: Site, line: Line) -> None:
    """Given somebody who was let in, when their page opens its socket and shows its token, then it is told all that it needs."""
    call = await site.make_call()
    joined = await site.join(call, "user:1", display_name="Ana", role="client", host=True)
    begun = datetime.now(UTC)
    socket = await line(site)
    challenge = await socket.hears("challenge")
    assert begun.timestamp() * 1000 - 1 <= challenge["at"] <= time.time() * 1000

    await socket.say(type="hello", token=joined["token"], at=challenge["at"], now=time.time() * 1000)

    welcome = await socket.hears("welcome")
    assert {name: welcome[name] for name in ("connection", "participant", "heartbeat_seconds", "online")} == {
        "connection": joined["connection"],
        "participant": joined["participant"]["id"],
        "heartbeat_seconds": 15,
        "online": [{"connection": joined["connection"], "participant": joined["participant"]["id"]}],
    }
    assert (welcome["call"]["id"], welcome["call"]["status"], welcome["call"]["version"]) == (call, "initiated", (await site.record(call))["version"])
    [ana] = welcome["call"]["participants"]
    assert ana == {
        "id": joined["participant"]["id"], "display_name": "Ana", "role": "client", "side": "client", "host": True, "status": "connecting",
        "audio_enabled": None, "video_enabled": None, "screen_shared": False, "connections": [{"id": joined["connection"], "status": "connecting"}],
    }  # fmt: skip
    assert begun - MILLISECOND <= datetime.fromisoformat(welcome["server_time"]) <= datetime.now(UTC)


async def test_a_page_sees_of_others_no_identity_address_or_device(site: Site, call_in: Dial) -> None:
    """Names, roles and states of everybody, and nothing by which somebody is known elsewhere."""
    call = await site.make_call(external_id="secret-case", metadata={"secret": "note"})
    await site.join(call, "user:secret-1", device={"browser": "Secretium", "os": "SecretOS"}, metadata={"secret": "seat"})
    socket = await call_in(site, await site.join(call, "user:2"))

    await socket.say(type="resync")
    await socket.hears("call")

    assert "secret" not in json.dumps(socket.heard).lower()


async def test_who_says_nothing_for_five_seconds_is_let_go(site: Site, line: Line) -> None:
    socket = await line(site)
    begun = time.monotonic()

    await socket.is_closed_with(4401, within=7)

    assert 4.5 < time.monotonic() - begun < 6.5


async def test_what_is_no_hello_opens_nothing(site: Site, line: Line) -> None:
    """The first word must be a hello, to this very question, and nothing else."""
    joined = await site.join(await site.make_call(), "user:1")

    def hello(at: int, **said: Any) -> str:
        return json.dumps({"type": "hello", "token": joined["token"], "at": at, "now": time.time() * 1000, **said})

    attempts: dict[str, Callable[[int], str | bytes]] = {
        "no JSON": lambda _: "hello",
        "another word": lambda _: json.dumps({"type": "heartbeat"}),
        "no token": lambda at: json.dumps({"type": "hello", "at": at, "now": 1}),
        "another question's answer": lambda at: hello(at - 1),
        "an unknown field": lambda at: hello(at, admin=True),
        "a token that is none": lambda at: hello(at, token="cwc_" + "0" * 64 + ".x"),
        "a token that is a number": lambda at: hello(at, token=7),
        "a token without end": lambda at: hello(at, token="c" * 501),
        "a clock that is no number": lambda at: hello(at, now="noon"),
        "a clock beyond all": lambda at: hello(at).replace('"now": ', '"now": 1e400, "was": '),
        "bytes": lambda at: hello(at).encode(),
        "nothing": lambda _: "",
        "10,000 deep": lambda _: "[" * 10_000,
    }
    for what, word in attempts.items():
        socket = await line(site)
        challenge = await socket.hears("challenge")
        await socket.connection.send(word(challenge["at"]))
        try:
            await socket.is_closed_with(4401)
        except AssertionError as why:
            raise AssertionError(what) from why
        assert [message["type"] for message in socket.heard] == ["challenge"], what
    assert await site.leases(joined) == []


async def test_credentials_of_other_kinds_open_nothing(site: Site, dial: Dial, make_key: Callable[..., Awaitable[NewKey]]) -> None:
    """Nor tokens of other deployments, of connections that there are not, or with one sign changed."""
    joined = await site.join(await site.make_call(), "user:1")
    call, connection = UUID(joined["call_id"]), UUID(joined["connection"])
    wrong = [
        connection_token(bytes.fromhex("22" * 32), call, connection),
        connection_token(bytes.fromhex(TEST_KEY), call, ids.uuid7()),
        connection_token(bytes.fromhex(TEST_KEY), ids.uuid7(), connection),
        joined["token"][:-1] + ("A" if joined["token"][-1] != "A" else "B"),
        joined["token"] + "\n",
        joined["resume"],
        (await make_key("admin")).secret or "",
    ]
    for token in wrong:
        await (await dial(site, token)).is_closed_with(4401)


async def test_the_first_socket_has_to_open_in_time(site: Site, dial: Dial, call_in: Dial) -> None:
    """Given a seat that was kept long enough, then its token opens no first socket; once it had one, it opens others."""
    late, early = await site.two()
    await (await call_in(site, early)).bye()
    for joined in (late, early):
        await site.change_grant(joined, connect_until=datetime.now(UTC))

    await (await dial(site, late)).is_closed_with(4409)
    await call_in(site, early)


async def test_who_was_put_out_gets_no_socket(site: Site, dial: Dial) -> None:
    """They are told why."""
    joined, _ = await site.two()
    await site.remove(joined)

    socket = await dial(site, joined)

    assert (await socket.hears("out"))["code"] == "join.revoked"
    await socket.is_closed_with(4403)


async def test_after_the_window_nobody_gets_a_socket(site: Site, dial: Dial) -> None:
    joined, _ = await site.two()
    await site.change_grant(joined, closes_at=datetime.now(UTC))

    await (await dial(site, joined)).is_closed_with(4403)


async def test_what_is_over_gets_no_socket(site: Site, dial: Dial, call_in: Dial) -> None:
    """Neither a connection that has left nor one of a call that has ended."""
    one, other = await site.two()
    socket = await call_in(site, one)
    await socket.tell(fact("participant.left"))
    await socket.bye()
    await (await dial(site, one)).is_closed_with(4409)

    await site.end(other["call_id"])
    await (await dial(site, other)).is_closed_with(4409)


async def test_pages_of_other_sites_get_no_socket(serve: Serve, line: Line) -> None:
    """Our own origin, those allowed, and what is no page; nobody else, however alike the name."""
    site = await serve(allowed_origins=("https://clinic.example",), public_url="https://calls.example")
    own = f"http://{site.address}"
    for origin in (None, own, "https://calls.example", "https://clinic.example"):
        await (await line(site, origin=origin)).hears("challenge")

    for origin in (
        "https://evil.example",
        "https://clinic.example.evil.example",
        "http://clinic.example",
        "https://clinic.example:444",
        "null",
        f"{own}0",
    ):
        with pytest.raises(InvalidStatus) as refused:
            await line(site, origin=origin)
        assert refused.value.response.status_code == 403, origin


# ── Facts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_facts_have_their_outcomes_once_they_are_durable(site: Site, call_in: Dial) -> None:
    """Given a batch over the socket, then each fact has its outcome, and what is stored is there; told again by POST it is the same fact."""
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    new, bad, foreign = fact("participant.connected", data={"setup_ms": 640}), fact("view.changed"), fact("chat.sent", participant="user:2")

    assert await socket.tell(new, bad, foreign, new) == [
        ("stored", None), ("rejected", "event.invalid"), ("rejected", "event.not_yours"), ("duplicate", None),
    ]  # fmt: skip

    assert new["id"] in [kept["id"] for kept in await site.facts(joined["call_id"])]
    headers = {"Authorization": f"Bearer {joined['token']}"}
    again = await site.client.post("/v1/events", json={"events": [new]}, headers=headers)
    assert again.json()["duplicate"] == 1


async def test_batches_are_answered_by_their_numbers(site: Site, call_in: Dial) -> None:
    """Several on their way at once, in their order; whatever number a page gives them."""
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    numbers = [3, 1, -5, 2**53, 2]

    for seq in numbers:
        await socket.say(type="events", seq=seq, events=[fact("chat.sent")])

    assert [(await socket.hears("outcomes"))["seq"] for _ in numbers] == numbers


async def test_more_than_500_facts_are_not_understood(site: Site, call_in: Dial) -> None:
    """Nothing of them is stored, and the socket stays open."""
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    before = (await site.record(joined["call_id"]))["event_count"]

    await socket.say(type="events", seq=1, events=[{}] * 501)

    assert (await socket.hears("error"))["code"] == "socket.not_understood"
    await socket.is_alive()
    assert (await site.record(joined["call_id"]))["event_count"] == before


@pytest.mark.parametrize("ahead_ms", [3_600_000, -90_000, 400 * 86_400_000], ids=["an hour", "90 s behind", "400 days"])
async def test_a_pages_clock_is_measured_when_its_socket_opens(site: Site, call_in: Dial, ahead_ms: int) -> None:
    """Given a page whose clock is off, then its facts are kept under our time, with what it said beside it; by POST too, after the socket."""
    joined, _ = await site.two()
    begun = datetime.now(UTC)
    socket = await call_in(site, joined, ahead_ms=ahead_ms)
    happened = datetime.now(UTC)
    measured_within = max(happened - begun, 50 * MILLISECOND)
    theirs = happened + timedelta(milliseconds=ahead_ms)
    sent, posted = fact("participant.connected", at=theirs), fact("chat.sent", at=theirs)

    await asyncio.sleep(0.1)
    await socket.tell(sent)
    await socket.bye()
    await site.client.post("/v1/events", json={"events": [posted]}, headers={"Authorization": f"Bearer {joined['token']}"})

    kept = {one["id"]: one for one in await site.facts(joined["call_id"])}
    for one in (sent, posted):
        assert abs(datetime.fromisoformat(kept[one["id"]]["occurred_at"]) - happened) < measured_within
        assert kept[one["id"]]["sent_at"] == ms(theirs)


async def test_what_cannot_be_written_now_is_sent_back(serve: Serve, call_in: Dial) -> None:
    """Given more than may wait, then the page is told to come back with it, and when; then it is stored."""
    site = await serve(waiting_events=3)
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    facts = [fact("chat.sent") for _ in range(4)]

    await socket.say(type="events", seq=1, events=facts)

    retry = await socket.hears("retry", seq=1)
    assert (retry["code"], retry["after_ms"]) == ("unavailable.overloaded", 1000)
    assert await socket.tell(*facts[:3], seq=2) == [("stored", None)] * 3


async def test_what_a_page_said_before_it_went_is_written(site: Site, call_in: Dial) -> None:
    """Given a page that tells of its last and closes at once, without waiting for an answer, then that is there."""
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    last = [fact("participant.connected"), fact("participant.left", data={"reason": "page_closed"})]

    await socket.say(type="events", seq=1, events=last)
    await socket.bye()

    await until(lambda: len(site.context.sockets) == 0)
    assert {one["id"] for one in last} <= {kept["id"] for kept in await site.facts(joined["call_id"])}


# ── Samples ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def measure(socket: Socket, *samples: dict[str, Any], seq: int = 1) -> list[tuple[str, str | None]]:
    """Outcomes and codes."""
    await socket.say(type="samples", seq=seq, samples=samples)
    answer = await socket.hears("outcomes", seq=seq)
    assert [outcome["id"] for outcome in answer["outcomes"]] == [one["id"] for one in samples]
    return [(outcome["outcome"], outcome.get("code")) for outcome in answer["outcomes"]]


def brief(**measured: Any) -> dict[str, Any]:
    """A sample so short that it fits into the time since somebody came in."""
    return sample(at=datetime.now(UTC), interval_ms=1, **measured)


async def test_samples_have_their_outcomes_once_they_are_durable(site: Site, call_in: Dial) -> None:
    """As facts have, and with one row of numbers; sent again by POST it is the same sample."""
    joined, other = await site.two()
    socket = await call_in(site, joined)
    new, bad, foreign = brief(), brief(rtt_ms=-1), brief(connection=other["connection"])

    assert await measure(socket, new, bad, foreign, new) == [
        ("stored", None), ("rejected", "sample.invalid"), ("rejected", "sample.not_yours"), ("duplicate", None),
    ]  # fmt: skip
    assert await socket.tell(fact("chat.sent"), seq=2) == [("stored", None)]

    assert [one["id"] for one in (await site.ask("GET", f"/v1/calls/{joined['call_id']}/samples"))["items"]] == [new["id"]]
    headers = {"Authorization": f"Bearer {joined['token']}"}
    again = await site.client.post("/v1/samples", json={"samples": [new]}, headers=headers)
    assert again.json()["duplicate"] == 1


async def test_a_page_is_told_how_often_to_measure(site: Site, dial: Dial) -> None:
    """By the settings of its call."""
    call = await site.make_call(settings={"sample_seconds": 5})
    socket = await dial(site, await site.join(call, "user:1"))

    assert (await socket.hears("welcome"))["sample_seconds"] == 5


async def test_more_than_100_samples_are_not_understood(site: Site, call_in: Dial) -> None:
    """Nothing of them is stored, and the socket stays open; a hundred are."""
    joined, _ = await site.two()
    socket = await call_in(site, joined)

    await socket.say(type="samples", seq=1, samples=[{}] * 101)
    assert (await socket.hears("error"))["code"] == "socket.not_understood"

    assert set(await measure(socket, *(brief() for _ in range(100)), seq=2)) == {("stored", None)}


async def test_samples_never_hold_up_facts(site: Site, call_in: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given samples that take for ever, then facts are answered all the same, and samples beyond a few are sent back."""
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    held = asyncio.Event()

    async def hold(*given: Any) -> Any:
        await held.wait()
        return await site.context.samples.take(*given)

    monkeypatch.setattr(site.context.sockets, "_take_samples", hold)
    numbers = range(10, 20)
    for seq in numbers:
        await socket.say(type="samples", seq=seq, samples=[brief()])

    assert await socket.tell(fact("chat.sent")) == [("stored", None)]
    sent_back = {message["seq"] for message in socket.heard if message["type"] == "retry"}
    assert sent_back in ({15, 16, 17, 18, 19}, {14, 15, 16, 17, 18, 19})
    held.set()
    for seq in sorted(set(numbers) - sent_back):
        assert (await socket.hears("outcomes", seq=seq))["outcomes"][0]["outcome"] == "stored"


async def test_samples_of_a_page_that_went_are_written(site: Site, call_in: Dial) -> None:
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    last = brief()

    await socket.say(type="samples", seq=1, samples=[last])
    await socket.bye()

    await until(lambda: len(site.context.sockets) == 0)
    assert [one["id"] for one in (await site.ask("GET", f"/v1/calls/{joined['call_id']}/samples"))["items"]] == [last["id"]]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["one server", "two servers"])
async def test_everybody_sees_how_good_a_connection_is_and_its_own_page_why(serve: Serve, call_in: Dial, elsewhere: bool) -> None:
    """Given two pages, when one measures, then both are told how good it is; the numbers stay with whom they are of."""
    site = await serve()
    one, other = await site.two()
    own = await call_in(site, one)
    peer = await call_in(await serve() if elsewhere else site, other)

    await measure(own, brief(rtt_ms=40.0))

    async def quality(socket: Socket) -> dict[str, Any]:
        while True:
            online = (await socket.hears("presence"))["online"]
            for seen in online:
                if seen["connection"] == one["connection"] and "quality" in seen:
                    return seen["quality"]

    seen = await quality(own)
    assert (seen["category"], seen["rtt_ms"], seen["bitrate_kbps"]) == ("excellent", 40.0, 32.0)
    assert await quality(peer) == {name: seen[name] for name in ("category", "score", "at")}
    assert all("quality" not in told for told in (await _online(peer)) if told["connection"] == other["connection"])


async def _online(socket: Socket) -> list[dict[str, Any]]:
    await socket.say(type="resync")
    return (await socket.hears("presence"))["online"]


# ── Leases ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

BRIEF = {"heartbeat_seconds": 1, "lease_seconds": 3, "grace_seconds": 1}
LEASE = 3 * SECOND


async def test_heartbeats_keep_the_lease(serve: Serve, call_in: Dial) -> None:
    """Given a page that says that it is there, then its lease runs on, and a sweep finds nothing."""
    site = await serve(**BRIEF)
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    await socket.tell(fact("participant.connected"))

    for _ in range(5):
        await asyncio.sleep(0.7)
        begun = datetime.now(UTC)
        await socket.say(type="heartbeat")
        assert begun - MILLISECOND <= datetime.fromisoformat((await socket.hears("heartbeat"))["server_time"]) <= datetime.now(UTC)
    await site.sweep()

    [(opened_at, expires_at, is_closed, _)] = await site.leases(joined)
    assert not is_closed
    assert expires_at - opened_at > LEASE + 2 * SECOND
    assert await site.status(joined) == "connected"


async def test_a_lease_of_who_says_nothing_runs_out(serve: Serve, call_in: Dial) -> None:
    """Given a page that says nothing any more, then its lease is good until a lease after its last word; it is let go, and counts as lost."""
    site = await serve(**BRIEF | {"grace_seconds": 30})
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    begun = datetime.now(UTC)
    await socket.tell(fact("participant.connected"))
    last_word = datetime.now(UTC)

    await socket.is_closed_with(4408)
    await site.sweep(last_word + LEASE + SECOND)

    [(_, expires_at, _, is_settled)] = await site.leases(joined)
    assert begun <= expires_at - LEASE <= last_word + 500 * MILLISECOND
    assert is_settled
    record = await site.record(joined["call_id"])
    [lost] = next(one for one in record["participants"] if one["identity"] == "user:1")["connections"]
    assert (lost["status"], lost["disconnection_count"]) == ("disconnected", 1)


async def test_a_closed_socket_leaves_its_lease_to_run_out(site: Site, call_in: Dial) -> None:
    """Who comes back in time was never away: the lease is closed, and still good for what a lease is good for."""
    joined, _ = await site.two()
    begun = datetime.now(UTC)
    socket = await call_in(site, joined)
    last_word = datetime.now(UTC)

    await socket.bye()
    await until(lambda: len(site.context.sockets) == 0)
    again = await call_in(site, joined)

    first, second = await site.leases(joined)
    assert begun - SECOND < first[1] - 45 * SECOND < last_word + SECOND
    assert (first[2:], second[2:]) == ((True, True), (False, False))
    await again.is_alive()


async def test_a_lease_that_had_run_out_for_a_moment_is_looked_after_again(serve: Serve, call_in: Dial) -> None:
    """Given a page that was taken for lost a moment too early and goes on, when it later falls silent, then that is noticed."""
    site = await serve(**BRIEF | {"grace_seconds": 30})
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    await socket.tell(fact("participant.connected"))
    await site.sweep(datetime.now(UTC) + LEASE + 0.5 * SECOND)

    await socket.tell(fact("participant.reconnected", data={"media_kept": True}))
    await asyncio.sleep(0.7)
    assert await site.status(joined) == "connected"
    socket.connection.transport.abort()
    await until(lambda: len(site.context.sockets) == 0)
    await site.sweep(datetime.now(UTC) + LEASE + SECOND)

    assert await site.status(joined) == "disconnected"


async def test_time_with_an_open_socket_is_shown_and_the_rest_claimed(serve: Serve, call_in: Dial) -> None:
    """What a page says it attended is shown by its socket as far as that was open."""
    site = await serve(**BRIEF)
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    came = fact("participant.connected")
    await socket.tell(came)
    await asyncio.sleep(1)
    left = fact("participant.left")
    await socket.tell(left)
    await socket.bye()
    await site.end(joined["call_id"])

    record = await site.record(joined["call_id"])
    one = next(one for one in record["participants"] if one["identity"] == "user:1")
    stayed = datetime.fromisoformat(left["occurred_at"]) - datetime.fromisoformat(came["occurred_at"])
    assert one["attended_seconds"] == pytest.approx(stayed.total_seconds(), abs=0.01)
    assert one["evidence"] == {"engine_seconds": 0.0, "socket_seconds": one["attended_seconds"], "claimed_seconds": 0.0}


# ── One socket a connection ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("elsewhere", [False, True], ids=["one server", "two servers"])
async def test_a_second_socket_takes_the_place_of_the_first(serve: Serve, call_in: Dial, elsewhere: bool) -> None:
    """Given an open socket, when the same connection opens another, on whichever server, then the first is closed and the second goes on."""
    site = await serve()
    other = await serve() if elsewhere else site
    joined, _ = await site.two()
    first = await call_in(site, joined)

    second = await call_in(other, joined)

    await first.is_closed_with(4409)
    await second.is_alive()
    assert await second.tell(fact("participant.connected")) == [("stored", None)]
    assert [(is_closed, settled) for _, _, is_closed, settled in await site.leases(joined)] == [(True, True), (False, False)]


# ── Signals ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("elsewhere", [False, True], ids=["one server", "two servers"])
async def test_signals_go_to_the_other_page_as_they_came(serve: Serve, call_in: Dial, elsewhere: bool) -> None:
    """Given two pages of a call, on whichever servers, then what one says to the other arrives, in order, unchanged, however large it may be."""
    site = await serve()
    other = await serve() if elsewhere else site
    one, two = await site.two()
    ana, bea = await call_in(site, one), await call_in(other, two)
    bodies = [{"n": n, "description": {"type": "offer", "sdp": "v=0\r\n" + "é\0" * n}} for n in range(3)] + ["x" * 60_000, None, 2**64, [1.5, [[]]]]

    for body in bodies:
        await ana.say(type="signal", to=two["connection"], body=body)
    heard = [await bea.hears("signal") for _ in bodies]
    await bea.say(type="signal", to=one["connection"], body="back")

    assert [message["body"] for message in heard] == bodies
    assert {message["from"] for message in heard} == {one["connection"]}
    assert (await ana.hears("signal"))["body"] == "back"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["one server", "two servers"])
async def test_signals_never_leave_their_call(serve: Serve, call_in: Dial, elsewhere: bool) -> None:
    """Who is in another call, has no socket, is nobody or has gone cannot be reached; the page is told, and they hear nothing."""
    site = await serve()
    other = await serve() if elsewhere else site
    one, two = await site.two()
    stranger, gone = await other.two()
    ana, outsider = await call_in(site, one), await call_in(other, stranger)
    left = await call_in(other, gone)
    await left.bye()
    await until(lambda: len(other.context.sockets) == (1 if elsewhere else 2))

    for to in (stranger["connection"], two["connection"], gone["connection"], str(ids.uuid7())):
        await ana.say(type="signal", to=to, body={"sdp": "for you"})
        assert (await ana.hears("unreachable"))["to"] == to
    await outsider.is_alive()
    await asyncio.sleep(0.3)

    assert [message for message in outsider.heard if message["type"] == "signal"] == []


async def test_a_signal_that_nobody_could_read_reaches_nobody(site: Site, call_in: Dial) -> None:
    """What is JSON by its signs and yet no value is not passed on: it would cost the other page its socket."""
    one, two = await site.two()
    ana, bea = await call_in(site, one), await call_in(site, two)

    for body in ("1e999", "[" * 900 + "1e999" + "]" * 900, "9" * 5000):
        await ana.connection.send(json.dumps({"type": "signal", "to": two["connection"], "body": 0}).replace("0}", body + "}"))
        assert (await ana.hears("error"))["code"] == "socket.not_understood"

    await ana.is_alive()
    await bea.is_alive()
    assert [message for message in bea.heard if message["type"] == "signal"] == []


# ── What is pushed ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("elsewhere", [False, True], ids=["one server", "two servers"])
async def test_pages_are_told_of_every_change_with_rising_versions(serve: Serve, call_in: Dial, elsewhere: bool) -> None:
    """Given two pages, when something of the call changes, by whomever and on whichever server, then both are told how it stands; never back."""
    site = await serve()
    other = await serve() if elsewhere else site
    one, two = await site.two()
    call = one["call_id"]
    ana, bea = await call_in(site, one), await call_in(other, two)

    await ana.tell(fact("participant.connected"))
    await bea.tell(fact("participant.connected"))
    await ana.tell(fact("media.changed", data={"audio_enabled": False}))
    await site.ask("PATCH", f"/v1/calls/{call}/settings", {"chat_enabled": False})
    newest = (await site.record(call))["version"]

    for socket in (ana, bea):
        seen = await socket.hears("call", version=newest)
        assert (seen["call"]["status"], seen["call"]["settings"]["chat_enabled"]) == ("active", False)
        muted = next(person for person in seen["call"]["participants"] if person["id"] == one["participant"]["id"])
        assert (muted["audio_enabled"], muted["connections"]) == (False, [{"id": one["connection"], "status": "connected"}])
        versions = [message["version"] for message in socket.heard if message["type"] == "call"]
        assert versions == sorted(set(versions))


async def test_pages_are_told_of_the_end(site: Site, call_in: Dial) -> None:
    joined, _ = await site.two()
    socket = await call_in(site, joined)

    await site.end(joined["call_id"])

    async with asyncio.timeout(30):
        while (seen := (await socket.hears("call"))["call"])["status"] != "ended":
            pass
    assert (seen["end_reason"], seen["ended_at"]) == ("normal", (await site.record(joined["call_id"]))["ended_at"])


async def test_a_page_that_missed_something_asks_how_it_stands(site: Site, call_in: Dial) -> None:
    """It is told the whole, changed or not, and who is there."""
    joined, _ = await site.two()
    socket = await call_in(site, joined)

    await socket.say(type="resync")

    seen = await socket.hears("call")
    assert seen["version"] == seen["call"]["version"] == (await site.record(joined["call_id"]))["version"]
    assert (await socket.hears("presence"))["online"] == [{"connection": joined["connection"], "participant": joined["participant"]["id"]}]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["one server", "two servers"])
async def test_pages_are_told_who_can_be_spoken_to(serve: Serve, call_in: Dial, elsewhere: bool) -> None:
    """Given a page in a call, when another's socket opens, they leave, or their lease runs out, then it is told who is there."""
    site = await serve(**BRIEF, work_here=True)
    other = await serve(**BRIEF) if elsewhere else site
    one, two = await site.two()
    three = await site.join(one["call_id"], "user:2")
    ana = await call_in(site, one)
    beating = asyncio.create_task(_beat(ana))

    async def sees(*there: dict[str, Any]) -> None:
        online = [{"connection": joined["connection"], "participant": joined["participant"]["id"]} for joined in there]
        await ana.hears("presence", online=sorted(online, key=lambda seen: seen["connection"]))

    bea = await call_in(other, two)
    await sees(one, two)
    await bea.tell(fact("participant.left"))
    await sees(one)
    again = await call_in(other, three)
    await again.tell(fact("participant.connected"))
    await sees(one, three)
    again.connection.transport.abort()
    await sees(one)
    beating.cancel()


async def _beat(socket: Socket) -> None:
    while True:
        await socket.say(type="heartbeat")
        await asyncio.sleep(0.5)


# ── Being put out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("elsewhere", [False, True], ids=["one server", "two servers"])
async def test_who_is_put_out_is_out_within_five_seconds(serve: Serve, call_in: Dial, elsewhere: bool) -> None:
    """Given two pages of a call, when one is put out, then its socket is closed and the other is told to let go of it, within 5 s."""
    site = await serve()
    other = await serve() if elsewhere else site
    one, two = await site.two()
    ana, bea = await call_in(site, one), await call_in(other, two)

    await site.remove(two)
    begun = time.monotonic()

    out = await bea.hears("out")
    await bea.is_closed_with(4403)
    assert (await ana.hears("close_peer"))["connection"] == two["connection"]
    assert time.monotonic() - begun < 5
    assert (out["code"], bool(out["detail"])) == ("join.revoked", True)
    await ana.is_alive()


async def test_who_is_put_out_says_nothing_more(site: Site, call_in: Dial) -> None:
    """From the moment that somebody is put out nothing that they do is taken for their attendance, though their socket is still open."""
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    await socket.tell(fact("participant.connected"))
    await site.remove(joined)
    await asyncio.sleep(0.01)

    assert await socket.tell(fact("participant.reconnected"), seq=2) == [("rejected", "event.after_revocation")]


async def test_who_is_put_out_and_does_not_read_is_out_all_the_same(site: Site, call_in: Dial) -> None:
    """Given a page that takes nothing from its socket, when it is put out, then the server has no socket of it any more; it need not hear of it."""
    one, two = await site.two()
    ana = await call_in(site, one)
    async with _deaf(site, two):
        waiting = site.context.sockets._sessions[UUID(two["connection"])].mailbox._messages
        await _fill(ana, two, until=lambda: len(waiting) > 5)

        await site.remove(two)

        await ana.hears("close_peer")
        assert len(waiting) > 5, "nothing of it was taken"
        await until(lambda: len(site.context.sockets) == 1)


async def test_the_end_of_the_window_puts_out(site: Site, call_in: Dial) -> None:
    """Given an invite that ends in a moment, then whoever is in by it is put out within 5 s, and the record says why they left."""
    room = (await site.ask("POST", "/v1/rooms", {"capacity": 2}))["name"]
    closes_at = datetime.now(UTC) + 3 * SECOND
    invite = await site.ask("POST", f"/v1/rooms/{room}/invites", {"identity": "user:1", "closes_at": closes_at.isoformat()})
    joined = await site.ask("POST", "/v1/join", {"invite": invite["secret"]})
    socket = await call_in(site, joined)

    await socket.hears("out")
    await socket.is_closed_with(4403)

    assert closes_at <= datetime.now(UTC) <= closes_at + 5 * SECOND
    [connection] = (await site.record(joined["call_id"]))["participants"][0]["connections"]
    assert (connection["status"], connection["leave_reason"]) == ("left", "window_closed")


# ── Too much ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.asynccontextmanager
async def _deaf(site: Site, joined: dict[str, Any]) -> AsyncIterator[ClientConnection]:
    """A page that was welcome and reads nothing from then on. Nobody else holds its connection: given up it would be collected, and so closed."""
    small = sockets_of_the_system.socket()
    small.setsockopt(sockets_of_the_system.SOL_SOCKET, sockets_of_the_system.SO_RCVBUF, 8192)
    small.connect(("127.0.0.1", site.context.settings.port))
    small.setblocking(False)
    connection = await connect(f"ws://{site.address}/v1/socket", sock=small, max_queue=1, ping_interval=None)
    challenge = json.loads(await connection.recv())
    await connection.send(json.dumps({"type": "hello", "token": joined["token"], "at": challenge["at"], "now": time.time() * 1000}))
    assert json.loads(await connection.recv())["type"] == "welcome"
    yield connection
    connection.transport.abort()


async def _fill(speaker: Socket, to: dict[str, Any], *, until: Callable[[], bool]) -> int:
    """Speaks to a page that does not read, 50 kB at a time, until it has had an effect. Gives how many bytes that took."""
    spoken = 0
    async with asyncio.timeout(60):
        while not until():
            await speaker.say(type="signal", to=to["connection"], body="x" * 50_000)
            spoken += 50_000
            await asyncio.sleep(0.015)
    return spoken


async def test_who_does_not_read_holds_up_nobody_and_is_let_go(site: Site, call_in: Dial) -> None:
    """Given a page that takes nothing from its socket while others speak to it, then they are served as ever, and it is let go once what waits
    for it has come to a few megabytes."""
    one, two = await site.two()
    third = await site.join(one["call_id"], "user:1")
    ana, other = await call_in(site, one), await call_in(site, third)
    delays: list[float] = []

    async def beat() -> None:
        while True:
            begun = time.monotonic()
            await other.is_alive()
            delays.append(time.monotonic() - begun)
            await asyncio.sleep(0.05)

    async with _deaf(site, two):
        assert len(site.context.sockets) == 3
        beating = asyncio.create_task(beat())
        spoken = await _fill(ana, two, until=lambda: len(site.context.sockets) == 2)
        beating.cancel()
    assert spoken < 20_000_000, "what waits here, and what the system holds of its connection"

    await ana.say(type="signal", to=two["connection"], body="are you there?")
    assert (await ana.hears("unreachable"))["to"] == two["connection"]
    assert max(delays) < 2


async def test_a_flood_is_closed(site: Site, call_in: Dial) -> None:
    """Given a page that says more in a second than any page has to say, then it is told so and let go; others are not."""
    one, two = await site.two()
    ana, bea = await call_in(site, one), await call_in(site, two)

    with contextlib.suppress(ConnectionClosed):
        for _ in range(1000):
            await ana.say(type="heartbeat")

    await ana.is_closed_with(4429)
    await bea.is_alive()


async def test_messages_are_bounded(site: Site, call_in: Dial) -> None:
    """64 KiB, but for facts 256 KiB: what is larger closes the socket."""
    joined, other = await site.two()
    socket = await call_in(site, joined)
    large = [fact("issue.reported", data={"text": "x" * 2000}) for _ in range(100)]
    assert {outcome for outcome, _ in await socket.tell(*large)} == {"stored"}

    await socket.say(type="signal", to=other["connection"], body="x" * 70_000)
    await socket.is_closed_with(4400)

    socket = await call_in(site, joined)
    with contextlib.suppress(ConnectionClosed):
        await socket.say(type="events", seq=1, events=[{"id": "x" * 300_000}])
    await socket.is_closed_with(1009)


GARBAGE: dict[str, str | bytes] = {
    "nothing": "",
    "no JSON": "hello?",
    "half of it": '{"type": "heart',
    "a list": "[]",
    "no type": "{}",
    "an unknown type": '{"type": "drop_table"}',
    "a second hello": '{"type": "hello", "token": "x", "at": 1, "now": 1}',
    "an unknown field": '{"type": "heartbeat", "admin": true}',
    "samples without a number": '{"type": "samples", "samples": []}',
    "samples that are no list": '{"type": "samples", "seq": 1, "samples": 7}',
    "facts without a number": '{"type": "events", "events": []}',
    "facts that are no list": '{"type": "events", "seq": 1, "events": {}}',
    "a signal to nobody": '{"type": "signal", "to": "everybody", "body": {}}',
    "a NUL": '{"type": "heartbeat\\u0000"}',
    "half a surrogate pair": '{"type": "signal", "to": "00000000-0000-0000-0000-000000000000", "body": "\\ud800"}',
    "NaN": '{"type": "events", "seq": NaN, "events": []}',
    "100,000 digits": '{"type": "events", "seq": ' + "9" * 60_000 + ', "events": []}',
    "10,000 deep": '{"type": "signal", "to": "x", "body": ' + "[" * 10_000 + "]" * 10_000 + "}",
    "bytes": b'{"type": "heartbeat"}',
    "bytes that are no text": b"\xff\x00\xff",
}


async def test_what_is_not_understood_is_said_and_the_socket_stays_open(site: Site, call_in: Dial) -> None:
    joined, _ = await site.two()
    socket = await call_in(site, joined)

    for what, text in GARBAGE.items():
        await socket.connection.send(text)
        answer = await socket.hears("error")
        assert (answer["code"], len(answer["detail"]) <= 300) == ("socket.not_understood", True), what
    await socket.is_alive()


async def test_a_message_may_come_in_pieces(site: Site, call_in: Dial) -> None:
    """Frames are no messages: in 1,000 pieces it is the same; in pieces without end it is too large."""
    joined, _ = await site.two()
    socket = await call_in(site, joined)
    text = json.dumps({"type": "heartbeat"}) + " " * 1000

    await socket.connection.send(iter(text))
    await socket.hears("heartbeat")

    with contextlib.suppress(ConnectionClosed):
        await socket.connection.send("x" * 1000 for _ in range(10_000))
    await socket.is_closed_with(1009)


HOSTILE_FRAMES = 10_000
FRAMES_A_SOCKET = 150


async def test_hostile_frames_do_no_harm(site: Site, call_in: Dial, caplog: pytest.LogCaptureFixture) -> None:
    """Given somebody with a token who sends 10,000 frames of whatever does harm elsewhere, then the server lives, others are served as ever,
    nothing of it is in the record, and no line of the log tells of anything that we did not foresee."""
    one, two = await site.two()
    bea = await call_in(site, two)
    delays: list[float] = []

    async def beat() -> None:
        while True:
            begun = time.monotonic()
            await bea.is_alive()
            delays.append(time.monotonic() - begun)
            await asyncio.sleep(0.05)

    beating = asyncio.create_task(beat())
    sent = 0
    hostile = [*GARBAGE.values(), *(_frame(opcode, body) for opcode, body in BAD_FRAMES)]
    while sent < HOSTILE_FRAMES:
        socket = await call_in(site, one)
        for n in range(FRAMES_A_SOCKET):
            frame = hostile[(sent + n) % len(hostile)]
            with contextlib.suppress(ConnectionClosed):
                if isinstance(frame, _Raw):
                    socket.connection.transport.write(frame)
                else:
                    await socket.connection.send(frame)
        sent += FRAMES_A_SOCKET
        socket.connection.transport.abort()
    beating.cancel()

    await bea.is_alive()
    assert len(delays) > 5
    assert sorted(delays)[int(len(delays) * 0.99)] < 2
    assert {kept["type"] for kept in await site.facts(one["call_id"])} == {"call.created", "participant.joined"}
    assert [record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


class _Raw(bytes):
    """What goes onto the wire as it stands."""


def _frame(opcode: int, body: bytes, *, fin: bool = True, length: int | None = None) -> _Raw:
    """A masked frame, right or wrong."""
    said = len(body) if length is None else length
    size = bytes([0x80 | said]) if said < 126 else b"\xfe" + said.to_bytes(2) if said < 1 << 16 else b"\xff" + said.to_bytes(8)
    return _Raw(bytes([(0x80 if fin else 0) | opcode]) + size + b"\0\0\0\0" + body)


BAD_FRAMES = [
    (0x1, b"\xff\xfe"),  # text that is no UTF-8
    (0x0, b"more of what never began"),
    (0x3, b"an opcode that there is not"),
    (0x9, b"a ping"),
    (0xA, b"a pong that nobody asked for"),
    (0x8, b"\x00"),  # a close with half a code
    (0x8, b"\x03\xe7"),  # a close with a code that must not be sent
]


async def test_text_that_is_no_utf8_is_closed(site: Site, call_in: Dial) -> None:
    joined, _ = await site.two()
    socket = await call_in(site, joined)

    socket.connection.transport.write(_frame(0x1, b"\xff\xfe"))

    await socket.is_closed_with(1007)


# ── Going down ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_server_that_goes_down_says_so(settings: Settings, make_key: Callable[..., Awaitable[NewKey]], call_in: Dial, serve: Serve) -> None:
    """Pages are told that it restarts, and come back to whichever server there is: as the same connection, with nothing lost in between."""
    async with serving(replace(settings, port=0)) as context:
        site = Site(context, await make_key("admin"))
        joined, _ = await site.two()
        socket = await call_in(site, joined)
        last = [fact("chat.sent") for _ in range(50)]
        await socket.say(type="events", seq=9, events=last)
        await socket.hears("outcomes", seq=9)
        await site.client.aclose()
    await socket.is_closed_with(1012)

    other = await serve()
    again = await call_in(other, joined)

    assert await again.tell(*last, seq=10) == [("duplicate", None)] * 50


# ── Our own log ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_secret_is_ever_in_the_log(database_url: str, tmp_path: Path, line: Line) -> None:
    """Given a server of its own that logs all it can, when pages come with right and wrong secrets and things go wrong, then none is in its log."""
    env = {**os.environ, "CALLWELL_DATABASE_URL": database_url, "CALLWELL_LOG_LEVEL": "debug", "CALLWELL_SECRET_KEY": TEST_KEY}
    command = [sys.executable, "-m", "callwell"]
    where = ["--data-dir", str(tmp_path)]
    log = tmp_path / "log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, "serve", "--port", "0", *where, env=env, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    assert process.stdout is not None
    making = await asyncio.create_subprocess_exec(
        *command, "keys", "create", "host", "--scope", "admin", *where, env=env, stdout=asyncio.subprocess.PIPE
    )
    key = (await making.communicate())[0].decode().strip()
    try:
        async with asyncio.timeout(90):
            ready = (await process.stdout.readline()).decode()
        site = _RemoteSite(ready.split()[-1], key)
        room = (await site.ask("POST", "/v1/rooms", {"capacity": 2}))["name"]
        invite = await site.ask("POST", f"/v1/rooms/{room}/invites", {"identity": "user:1"})
        joined = await site.ask("POST", "/v1/join", {"invite": invite["secret"]})
        user = await site.ask("POST", "/v1/user-tokens", {"identity": "user:1"})
        secrets = [key, invite["secret"], joined["token"], joined["resume"], user["token"]]
        for token in secrets:
            for wrong in (token, token + "x"):
                socket = await line(site)
                challenge = await socket.hears("challenge")
                await socket.say(type="hello", token=wrong, at=challenge["at"], now=0)
                with contextlib.suppress(ConnectionClosed):
                    await socket.say(type="events", seq=1, events=[{"token": wrong}])
                    await socket.say(type="signal", to=wrong, body=wrong)
                    await socket.connection.send(wrong)
                await site.client.get(f"/v1/calls/{wrong}?token={wrong}", headers={"Authorization": f"Bearer {wrong}"})
                await site.client.post("/v1/join", json={"invite": wrong})
                await site.client.post("/v1/join/resume", json={"resume": wrong})
                await site.client.post("/v1/events", content=wrong, headers={"Authorization": f"Bearer {wrong}", "Content-Type": "application/json"})
        await site.client.aclose()
    finally:
        process.send_signal(signals.SIGTERM)
        async with asyncio.timeout(30):
            await process.wait()

    written = log.read_text()
    assert "/v1/join" in written, "there is a log to look into"
    assert [secret[:12] for secret in secrets if secret.rpartition(".")[2] in written] == []
    assert "Traceback" not in written
    assert process.returncode == 0


class _RemoteSite(Site):
    """A server that is a process of its own."""

    def __init__(self, url: str, key: str) -> None:
        self.address = url.removeprefix("http://")
        self.client = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
