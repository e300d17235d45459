"""The waiting room: who waits there, what they see, who lets them in, and what becomes of them otherwise."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.app_fixtures import client_of
from tests.ingest.conftest import fact, until
from tests.ingest.sites import Dial, Serve, Site
from tests.joining.conftest import Host
from tests.quality.conftest import sample

from callwell.app import Context
from callwell.joining import actions
from callwell.joining.actions import Asking
from callwell.record.commands import Refusal
from callwell.record.deadlines import sweep_deadlines

WAITING = {"settings": {"waiting_room": True}}


async def _room(host: Host, **given: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A room with a waiting room: invites of its host and of a client."""
    room = await host.room(**WAITING, **given)
    return (
        await host.invite(room, identity="user:ngozi", role="therapist", is_host=True, display_name="Dr. Ngozi"),
        await host.invite(room, identity="user:ana", role="client", display_name="Ana"),
    )


async def _decide(host: Host, what: str, about: dict[str, Any], by: dict[str, Any] | None = None) -> httpx.Response:
    """A host, or the host's server, lets somebody in or sends them away."""
    path = f"/v1/calls/{about['call_id']}/participants/{about['participant']['id']}/{what}"
    if by is None:
        return await host.server.post(path)
    return await host.api.post(path, headers={"Authorization": f"Bearer {by['token']}"})


async def _seen(host: Host, by: dict[str, Any]) -> dict[str, str]:
    """Who is there, by name, as somebody in the call sees it."""
    answer = await host.api.get(f"/v1/calls/{by['call_id']}", headers={"Authorization": f"Bearer {by['token']}"})
    assert answer.status_code == 200, answer.text
    return {one["display_name"]: one["status"] for one in answer.json()["participants"]}


async def _person(host: Host, joined: dict[str, Any]) -> dict[str, Any]:
    """Somebody, as the record has them."""
    people = (await host.server.get(f"/v1/calls/{joined['call_id']}")).json()["participants"]
    return next(one for one in people if one["id"] == joined["participant"]["id"])


# ── Coming to wait ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_no_host_waits(host: Host) -> None:
    """Given a room with a waiting room, then its host comes in, and a client gets a token that can only wait, and no way to anybody."""
    chair, client = await _room(host)

    ngozi, ana = await host.join(chair), await host.join(client)

    assert (ngozi["waiting"], ana["waiting"]) == (False, True)
    assert ana["ice_servers"] == []
    assert ana["call_id"] == ngozi["call_id"]
    assert await host.connections(ana["call_id"]) == {ngozi["connection"]: "connecting", ana["connection"]: "waiting"}
    assert [entry.identity for entry in await host.entries("join_waiting")] == ["user:ana"]
    assert [entry.identity for entry in await host.entries("join_success")] == ["user:ngozi"]


async def test_a_token_that_can_only_wait_shows_and_does_nothing(host: Host, context: Context) -> None:
    """Neither the call nor samples nor facts; that its page leaves can be told with it."""
    chair, client = await _room(host)
    ngozi, ana = await host.join(chair), await host.join(client)
    async with client_of(host.app, ana["token"]) as page:
        path = f"/v1/calls/{ana['call_id']}"
        answers = [
            await page.get(path),
            await page.post(f"{path}/end", json={}),
            await page.post("/v1/samples", json={"samples": [sample()]}),
            await page.post(f"{path}/participants/{ana['participant']['id']}/admit"),
            await page.post(f"{path}/participants/{ngozi['participant']['id']}/remove"),
        ]
        told = await page.post(
            "/v1/events",
            json={
                "events": [
                    fact("participant.connected"),
                    fact("chat.sent"),
                    fact("consent.given", data={"kind": "recording"}),
                    fact("participant.left"),
                ]
            },
        )

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "join.waiting")] * 5
    assert [(one["outcome"], one.get("code")) for one in told.json()["outcomes"]] == [("rejected", "event.waiting")] * 3 + [("stored", None)]
    assert (await host.connections(ana["call_id"]))[ana["connection"]] == "left"


async def test_hosts_see_who_waits_and_others_do_not(host: Host) -> None:
    """Also of those who were sent away, or gave up, the others learn nothing."""
    room = await host.room(capacity=2, **WAITING)
    chair = await host.join(await host.invite(room, identity="user:ngozi", is_host=True, display_name="Dr. Ngozi"))
    first = await host.join(await host.invite(room, identity="user:ana", display_name="Ana"))
    await _decide(host, "admit", first, by=chair)
    # Two are in, and whoever comes now is told so before they wait: one leaves for a moment.
    await host.leave(first)
    second = await host.join(await host.invite(room, identity="user:ben", display_name="Ben"))
    ana = (await host.ask_again(first)).json()

    assert await _seen(host, chair) == {"Dr. Ngozi": "connecting", "Ana": "connecting", "Ben": "waiting"}
    assert await _seen(host, ana) == {"Dr. Ngozi": "connecting", "Ana": "connecting"}

    await _decide(host, "refuse", second, by=chair)

    assert (await _seen(host, chair))["Ben"] == "refused"
    assert await _seen(host, ana) == {"Dr. Ngozi": "connecting", "Ana": "connecting"}


async def test_a_person_who_waits_sees_nobody_by_their_own_token_either(host: Host) -> None:
    """What somebody may read of their calls shows the others only once they were in; and the others never see who only waited."""
    chair, client = await _room(host)
    await host.join(chair)
    ana = await host.join(client)
    token = (await host.server.post("/v1/user-tokens", json={"identity": "user:ana"})).json()["token"]
    other = (await host.server.post("/v1/user-tokens", json={"identity": "user:ngozi"})).json()["token"]

    async def names(token: str, user: str) -> list[set[str]]:
        async with client_of(host.app, token) as page:
            answer = await page.get(f"/v1/users/{user}/calls")
        assert answer.status_code == 200, answer.text
        return [{one["display_name"] for one in call["participants"]} for call in answer.json()["items"]]

    assert await names(token, "ana") == [{"Ana"}]
    assert await names(other, "ngozi") == [{"Dr. Ngozi"}]

    await _decide(host, "admit", ana)

    assert await names(token, "ana") == [{"Ana", "Dr. Ngozi"}]


async def test_who_waits_holds_no_seat(host: Host) -> None:
    """Given a room for two in which one waits, then two others come in; the one who waits finds no place then."""
    room = await host.room(capacity=2, **WAITING)
    ana = await host.join(await host.invite(room, identity="user:ana"))
    assert ana["waiting"]

    hosts = [await host.ask(await host.invite(room, identity=f"user:host-{number}", is_host=True)) for number in range(2)]
    answer = await _decide(host, "admit", ana)

    assert [one.status_code for one in hosts] == [201, 201]
    assert (answer.status_code, answer.json()["code"], answer.json()["capacity"]) == (409, "join.room_full", 2)
    assert [(entry.error_code, entry.reason, entry.identity) for entry in await host.entries("join_denied")] == [
        ("join.room_full", "room_full", "user:ana")
    ]
    assert (await host.connections(ana["call_id"]))[ana["connection"]] == "waiting"


# ── Being let in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_let_in_is_in(host: Host) -> None:
    """The host's page and the host's server may; how long somebody waited is kept, and that they were let in and by whose credential."""
    chair, client = await _room(host)
    ngozi, ana = await host.join(chair), await host.join(client)

    answer = await _decide(host, "admit", ana, by=ngozi)

    assert answer.status_code == 204
    assert await host.connections(ana["call_id"]) == {ngozi["connection"]: "connecting", ana["connection"]: "connecting"}
    person = await _person(host, ana)
    assert person["status"] == "connecting"
    assert person["wait_seconds"] > 0
    assert [entry.identity for entry in await host.entries("join_success", "participant_admitted")] == ["user:ngozi", "user:ana", "user:ana"]
    await host.connect(ana)
    assert await _seen(host, ana) == {"Dr. Ngozi": "connecting", "Ana": "connected"}


async def test_only_hosts_of_this_call_decide(host: Host) -> None:
    """A participant is told that it takes a host; for a host of another call there is nothing; a key needs its scope."""
    room = await host.room(capacity=2, **WAITING)
    guest = await host.join(await host.invite(room, identity="user:ben"))
    await _decide(host, "admit", guest)
    ana = await host.join(await host.invite(room, identity="user:ana"))
    stranger = await host.join((await _room(host))[0])

    for what in ("admit", "refuse"):
        by_guest, by_stranger = await _decide(host, what, ana, by=guest), await _decide(host, what, ana, by=stranger)
        by_nobody = await host.api.post(f"/v1/calls/{ana['call_id']}/participants/{ana['participant']['id']}/{what}")

        assert (by_guest.status_code, by_guest.json()["code"]) == (403, "access.not_allowed")
        assert (by_stranger.status_code, by_stranger.json()["code"]) == (404, "not_found")
        assert by_nobody.status_code == 401
    assert (await host.connections(ana["call_id"]))[ana["connection"]] == "waiting"


async def test_to_let_somebody_in_again_changes_nothing(host: Host) -> None:
    """Two hosts may press the button at one time."""
    chair, client = await _room(host)
    await host.join(chair)
    ana = await host.join(client)

    answers = await asyncio.gather(*(_decide(host, "admit", ana) for _ in range(5)))

    assert [answer.status_code for answer in answers] == [204] * 5
    assert len(await host.entries("participant_admitted")) == 1


async def test_who_does_not_wait_cannot_be_let_in_or_refused(host: Host) -> None:
    """Somebody who left, somebody who is not there, a call that is over."""
    chair, client = await _room(host)
    ngozi, ana = await host.join(chair), await host.join(client)
    nobody = {"call_id": ana["call_id"], "participant": {"id": "0193a1c0-0000-7000-8000-000000000000"}}
    async with client_of(host.app, ana["token"]) as page:
        await page.post("/v1/events", json={"events": [fact("participant.left")]})

    answers = [await _decide(host, what, who) for what in ("admit", "refuse") for who in (ana, nobody)]
    refused = await _decide(host, "refuse", ngozi)
    await host.end(ana["call_id"])
    over = await _decide(host, "admit", ana)

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "join.not_waiting"), (404, "not_found")] * 2
    assert (refused.status_code, refused.json()["code"]) == (409, "join.not_waiting")
    assert (over.status_code, over.json()["code"]) == (409, "join.call_over")


async def test_all_devices_with_which_somebody_waits_are_let_in(host: Host) -> None:
    """And with another device they come in at once."""
    chair, client = await _room(host)
    await host.join(chair)
    laptop, phone = await host.join(client), await host.join(client)
    assert (laptop["waiting"], phone["waiting"]) == (True, True)
    assert laptop["participant"] == phone["participant"]

    await _decide(host, "admit", laptop)

    statuses = await host.connections(laptop["call_id"])
    assert (statuses[laptop["connection"]], statuses[phone["connection"]]) == ("connecting", "connecting")
    assert (await host.join(client))["waiting"] is False


async def test_the_window_is_looked_at_again(host: Host) -> None:
    """A room that was closed meanwhile lets nobody in any more."""
    chair, client = await _room(host)
    ngozi, ana = await host.join(chair), await host.join(client)
    await host.server.post(f"/v1/rooms/{ana['room']}/close")

    answer = await _decide(host, "admit", ana, by=ngozi)

    assert (answer.status_code, answer.json()["code"]) == (403, "join.room_closed")
    assert [(entry.error_code, entry.reason) for entry in await host.entries("join_denied")] == [("join.room_closed", "room_closed")]


async def test_two_who_wait_for_one_place(host: Host) -> None:
    """Given one place and many who wait, when all are let in at once, then one of them is."""
    room = await host.room(capacity=1, **WAITING)
    waiting = [await host.join(await host.invite(room, identity=f"user:{number}")) for number in range(10)]

    answers = await asyncio.gather(*(_decide(host, "admit", one) for one in waiting))

    assert sorted(answer.status_code for answer in answers) == [204] + [409] * 9
    assert sorted((await host.connections(waiting[0]["call_id"])).values()) == ["connecting"] + ["waiting"] * 9


# ── Being sent away ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_refused_is_told_so_and_stays_out_of_this_call(host: Host) -> None:
    """Neither by coming back nor by their invite; a new invite, or the next call, is another matter."""
    chair, client = await _room(host)
    ngozi, ana = await host.join(chair), await host.join(client)

    answer = await _decide(host, "refuse", ana, by=ngozi)
    again, anew = await host.ask_again(ana), await host.ask(client)

    assert answer.status_code == 204
    assert [(one.status_code, one.json()["code"]) for one in (again, anew)] == [(403, "join.refused")] * 2
    assert [(entry.error_code, entry.reason) for entry in await host.entries("join_denied")] == [("join.refused", "refused")] * 3
    assert (await _person(host, ana))["status"] == "refused"
    assert (await host.join(await host.invite(ana["room"], identity="user:ana")))["waiting"] is True
    await host.end(ana["call_id"])
    assert (await host.join(client))["waiting"] is True


async def test_a_revoked_invite_puts_out_who_waits_by_it(host: Host) -> None:
    chair, client = await _room(host)
    await host.join(chair)
    ana = await host.join(client)

    await host.server.delete(f"/v1/invites/{client['id']}")

    assert (await host.connections(ana["call_id"]))[ana["connection"]] == "left"
    assert (await _decide(host, "admit", ana)).json()["code"] == "join.not_waiting"
    assert (await host.ask_again(ana)).json()["code"] == "join.revoked"


async def test_somebody_who_waits_can_be_removed(host: Host) -> None:
    chair, client = await _room(host)
    await host.join(chair)
    ana = await host.join(client)

    assert (await _decide(host, "remove", ana)).status_code == 204

    assert (await host.connections(ana["call_id"]))[ana["connection"]] == "left"
    assert (await host.ask_again(ana)).json()["code"] == "join.revoked"


# ── Asking again ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_asks_again_waits_on(host: Host) -> None:
    """Given a page without a socket, when it asks again and again, then it waits with the same connection until it is let in; no use is counted."""
    room = await host.room(**WAITING)
    invite = await host.invite(room, max_uses=1)
    first = await host.join(invite)

    again = [(await host.ask_again(first)).json() for _ in range(3)]

    assert {(one["waiting"], one["connection"], one["token"]) for one in again} == {(True, first["connection"], first["token"])}
    assert again[-1]["connect_until"] > first["connect_until"]
    assert list((await host.connections(first["call_id"])).values()) == ["waiting"]
    await _decide(host, "admit", first)
    inside = (await host.ask_again(first)).json()
    assert (inside["waiting"], inside["participant"]["id"]) == (False, first["participant"]["id"])
    assert (await host.server.get(f"/v1/invites/{invite['id']}")).json()["use_count"] == 1


async def test_who_was_let_in_and_comes_back_does_not_wait_again(host: Host) -> None:
    chair, client = await _room(host)
    await host.join(chair)
    ana = await host.join(client)
    await _decide(host, "admit", ana)
    await host.connect(ana)
    await host.leave(ana)

    assert (await host.ask_again(ana)).json()["waiting"] is False
    assert (await host.join(client))["waiting"] is False


async def test_who_gave_up_waits_again(host: Host, context: Context) -> None:
    """Somebody whose page was not heard of in time is gone; coming back, they wait as before, and all their waiting counts."""
    chair, client = await _room(host)
    await host.join(chair)
    ana = await host.join(client)
    await sweep_deadlines(context.db, context.ledger, datetime.now(UTC) + timedelta(seconds=121))
    assert (await host.connections(ana["call_id"]))[ana["connection"]] == "left"

    again = (await host.ask_again(ana)).json()

    assert again["waiting"] is True
    assert again["connection"] != ana["connection"]


async def test_the_end_of_the_window_ends_the_wait(host: Host, attempt: Callable[..., Any]) -> None:
    """Who asks again then is told that it is too late."""
    closes_at = datetime.now(UTC) + timedelta(minutes=1)
    room = await host.room(**WAITING)
    ana = await host.join(await host.invite(room, identity="user:ana", closes_at=closes_at.isoformat()))

    async with attempt(closes_at, "resume") as exchange:
        result = await actions.resume(exchange, ana["resume"], Asking())

    assert isinstance(result, Refusal)
    assert result.error.code == "join.too_late"


async def test_a_call_in_which_people_only_waited_ends_when_they_gave_up(host: Host, context: Context) -> None:
    """And the room's next call is another one. While they wait it goes on, however long."""
    room = await host.room(**WAITING)
    invite = await host.invite(room, identity="user:ana")
    ana = await host.join(invite)
    async with client_of(host.app, ana["token"]) as page:
        await page.post("/v1/events", json={"events": [fact("participant.left")]})

    await sweep_deadlines(context.db, context.ledger, datetime.now(UTC) + timedelta(seconds=121))

    call = (await host.server.get(f"/v1/calls/{ana['call_id']}")).json()
    assert (call["status"], call["started_at"]) == ("ended", None)
    assert (await host.join(invite))["call_id"] != ana["call_id"]


# ── Over the socket ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _visit(site: Site) -> tuple[dict[str, Any], dict[str, Any]]:
    """A host who is in a call, and a client who waits."""
    room = (await site.ask("POST", "/v1/rooms", {"settings": {"waiting_room": True}}))["name"]
    joined = []
    for given in ({"identity": "user:ngozi", "is_host": True, "display_name": "Dr. Ngozi"}, {"identity": "user:ana", "display_name": "Ana"}):
        invite = await site.ask("POST", f"/v1/rooms/{room}/invites", given)
        joined.append(await site.ask("POST", "/v1/join", {"invite": invite["secret"]}))
    return joined[0], joined[1]


async def _say(site: Site, what: str, about: dict[str, Any]) -> None:
    await site.ask("POST", f"/v1/calls/{about['call_id']}/participants/{about['participant']['id']}/{what}")


@pytest.fixture
async def turn(serve: Serve) -> Site:
    """A server that knows a TURN server."""
    return await serve(turn_urls=("turn:turn.example:3478",), turn_secret="a shared secret")


async def test_a_waiting_socket_hears_nothing_of_the_call(turn: Site, dial: Dial, call_in: Dial) -> None:
    """Given somebody who waits with an open socket, then they are told that they wait and nothing else; the host's page is told who waits."""
    ngozi, ana = await _visit(turn)
    inside, outside = await call_in(turn, ngozi), await dial(turn, ana)

    welcome = await outside.hears("welcome")
    assert set(welcome) == {"type", "waiting", "server_time", "connection", "participant", "heartbeat_seconds"}
    assert welcome["waiting"] is True
    await inside.say(type="resync")
    call = (await inside.hears("call"))["call"]
    assert {one["display_name"]: one["status"] for one in call["participants"]} == {"Dr. Ngozi": "connecting", "Ana": "waiting"}
    await inside.say(type="signal", to=ana["connection"], body={"candidate": "a"})
    assert (await inside.hears("unreachable"))["to"] == ana["connection"]

    await outside.say(type="signal", to=ngozi["connection"], body={"candidate": "b"})
    await outside.hears("error", code="join.waiting")
    await outside.say(type="resync")
    await outside.hears("error", code="join.waiting")
    await outside.say(type="samples", seq=1, samples=[sample()])
    await outside.hears("error", code="join.waiting")
    assert await outside.tell(fact("participant.connected"), fact("chat.sent")) == [("rejected", "event.waiting")] * 2
    await inside.tell(fact("media.changed", data={"audio_enabled": True}))
    await outside.is_alive()

    assert {message["type"] for message in outside.heard} == {"challenge", "welcome", "error", "outcomes", "heartbeat"}
    assert "Ngozi" not in json.dumps(outside.heard)
    assert "signal" not in {message["type"] for message in inside.heard}
    assert [one["connection"] for message in inside.heard if "online" in message for one in message["online"]] == [ngozi["connection"]] * sum(
        "online" in message for message in inside.heard
    )


async def test_who_is_let_in_is_told_all_that_they_need(turn: Site, call_in: Dial) -> None:
    """Within a moment: ways to the others, the call, who is there; and from then on their socket is like any other."""
    ngozi, ana = await _visit(turn)
    inside, outside = await call_in(turn, ngozi), await call_in(turn, ana)

    await _say(turn, "admit", ana)

    admitted = await outside.hears("admitted")
    assert admitted["ice_servers"][0]["urls"] == ["turn:turn.example:3478"]
    assert admitted["ice_servers"][0]["credential"]
    assert {one["display_name"] for one in admitted["call"]["participants"]} == {"Dr. Ngozi", "Ana"}
    assert {one["connection"] for one in admitted["online"]} == {ngozi["connection"], ana["connection"]}
    assert admitted["settings"]["heartbeat_seconds"] == 15
    assert admitted["connect_until"] > ana["connect_until"]
    assert await outside.tell(fact("participant.connected")) == [("stored", None)]
    await outside.say(type="signal", to=ngozi["connection"], body={"candidate": "b"})
    assert (await inside.hears("signal"))["from"] == ana["connection"]
    await inside.say(type="signal", to=ana["connection"], body={"candidate": "a"})
    await outside.hears("signal")
    person = next(one for one in (await turn.record(ana["call_id"]))["participants"] if one["identity"] == "user:ana")
    assert (person["status"], person["wait_seconds"] > 0) == ("connected", True)


async def test_what_somebody_claims_of_the_time_in_which_they_waited_does_not_count(site: Site, call_in: Dial) -> None:
    """Nobody was connected before they were let in, whatever their page says."""
    _, ana = await _visit(site)
    outside = await call_in(site, ana)
    before = datetime.now(UTC)
    await asyncio.sleep(0.05)
    await _say(site, "admit", ana)
    await outside.hears("admitted")

    await outside.tell(fact("participant.connected", at=before))

    connected = next(one for one in await site.facts(ana["call_id"]) if one["type"] == "participant.connected")
    admitted = next(one for one in await site.facts(ana["call_id"]) if one["type"] == "participant.admitted")
    assert connected["occurred_at"] >= admitted["occurred_at"]


async def test_a_page_at_another_process_is_told_too(serve: Serve, call_in: Dial) -> None:
    """Who is let in by one process hears it over the socket that another holds."""
    one, other = await serve(), await serve()
    _, ana = await _visit(one)
    outside = await call_in(other, ana)

    await _say(one, "admit", ana)

    await outside.hears("admitted")


async def test_who_is_let_in_before_their_socket_opens_is_welcome_like_any_other(site: Site, dial: Dial) -> None:
    _, ana = await _visit(site)
    await _say(site, "admit", ana)

    welcome = await (await dial(site, ana)).hears("welcome")

    assert (welcome["waiting"], welcome["call"]["id"]) == (False, ana["call_id"])


@pytest.mark.parametrize(
    ("what", "code"),
    [("refuse", "join.refused"), ("remove", "join.revoked"), ("end", "join.call_over")],
)
async def test_who_is_not_let_in_is_told_and_let_go(site: Site, call_in: Dial, dial: Dial, what: str, code: str) -> None:
    """Refused, put out, or the call was ended for all: within five seconds the socket says so and closes, and no other opens."""
    _, ana = await _visit(site)
    outside = await call_in(site, ana)

    if what == "end":
        await site.end(ana["call_id"])
    else:
        await _say(site, what, ana)

    assert (await outside.hears("out", within=5))["code"] == code
    await outside.is_closed_with(4403)
    if what != "end":
        again = await dial(site, ana)
        assert (await again.hears("out"))["code"] == code
        await again.is_closed_with(4403)


async def test_the_end_of_the_window_closes_a_waiting_socket(site: Site, call_in: Dial) -> None:
    """When the window closes while somebody waits, they are told until when it was open, within five seconds."""
    _, ana = await _visit(site)
    outside = await call_in(site, ana)

    await site.change_grant(ana, closes_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))

    out = await outside.hears("out", within=5)
    assert (out["code"], "2 January 2026, 03:04" in out["detail"]) == ("join.too_late", True)
    await outside.is_closed_with(4403)
    assert await site.status(ana) == "left"


async def test_when_the_host_leaves_who_waits_waits_on(site: Site, call_in: Dial) -> None:
    """The call goes on, and the host who comes back lets them in."""
    ngozi, ana = await _visit(site)
    inside, outside = await call_in(site, ngozi), await call_in(site, ana)
    await inside.tell(fact("participant.connected"), fact("participant.left"))
    await inside.bye()

    await site.sweep(datetime.now(UTC) + timedelta(seconds=30))

    await outside.is_alive()
    assert (await site.record(ana["call_id"]))["status"] == "active"
    await _say(site, "admit", ana)
    await outside.hears("admitted")


async def test_a_page_that_is_loaded_again_waits_on(site: Site, call_in: Dial) -> None:
    """Given somebody who waits, when their page is loaded again, then it is the same connection that waits, and its wait is one."""
    _, ana = await _visit(site)
    before = await call_in(site, ana)
    await before.bye()
    await until(lambda: len(site.context.sockets) == 0)

    again = await site.ask("POST", "/v1/join/resume", {"resume": ana["resume"]})

    assert (again["waiting"], again["connection"]) == (True, ana["connection"])
    after = await call_in(site, again)
    await _say(site, "admit", again)
    await after.hears("admitted")


async def test_two_tabs_wait_beside_each_other(site: Site, call_in: Dial) -> None:
    """A page that was copied with what it has stored does not take the socket from the one that it was copied from."""
    _, ana = await _visit(site)
    one = await call_in(site, ana)
    copy = await site.ask("POST", "/v1/join/resume", {"resume": ana["resume"]})
    other = await call_in(site, copy)
    assert copy["connection"] != ana["connection"]

    await _say(site, "admit", ana)

    await one.hears("admitted")
    await other.hears("admitted")


async def test_of_somebody_who_waits_other_pages_are_not_told_to_let_go(site: Site, call_in: Dial) -> None:
    """They never had a connection to them; the word would tell that there was somebody."""
    ngozi, ana = await _visit(site)
    inside, outside = await call_in(site, ngozi), await call_in(site, ana)

    await _say(site, "refuse", ana)
    await outside.is_closed_with(4403)

    await inside.is_alive()
    assert "close_peer" not in {message["type"] for message in inside.heard}
