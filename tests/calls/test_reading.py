"""Reading the record: calls, their facts and timeline, lists and their pages."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.types import ASGIApp
from tests.app_fixtures import client_of
from tests.calls.conftest import Host

from callwell import ids
from callwell.record import events as e


def later(since: datetime, seconds: float) -> datetime:
    return since + timedelta(seconds=seconds)


def wire(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def all_pages(client: httpx.AsyncClient, path: str, **query: Any) -> list[list[dict[str, Any]]]:
    pages: list[list[dict[str, Any]]] = []
    cursor = None
    while True:
        answer = await client.get(path, params={**query, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()["items"])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return pages


# ── A call ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_tells_who_was_there_when_and_with_what(host: Host, since: datetime) -> None:
    """Given a call with all that there is, then the resource says it, in seconds and times of millisecond precision."""
    call = await host.make_call(provider="user:9", provider_name="Dr. No")
    id = call["id"]
    device = e.Device("Chrome 126", "Windows 11", "desktop")
    joined = e.Joined(display_name="Ana", role="client", audio_enabled=True, audio_option="wifi", device=device, metadata={"build": 7})
    await host.say(id, "participant.joined", joined, "user:1", "tab", at=since)
    await host.say(id, "participant.connected", e.Connected(setup_ms=640), "user:1", "tab", at=later(since, 1.25))
    await host.say(id, "media.changed", e.MediaChanged(audio_enabled=False, engine_ids={"producer": "p1"}), "user:1", "tab", at=later(since, 11.25))
    await host.say(id, "participant.disconnected", e.Disconnected(), "user:1", "tab", at=later(since, 20))
    await host.say(id, "participant.reconnected", e.Reconnected(), "user:1", "tab", at=later(since, 25.5))
    await host.join(id, "user:9", "c2", at=later(since, 5), role="psychologist")
    await host.leave(id, "user:1", "tab", at=later(since, 60.75))
    await host.say(id, "call.ended", e.CallEnded("normal", ended_by="user:9"), at=later(since, 61.5))

    shown = await host.call(id)

    figures = ("elapsed_seconds", "duration_seconds", "overlap_seconds", "overlap_claimed_seconds", "overlap_of", "peak_participants",
               "participant_count", "disconnection_count", "ended_by", "end_reason", "status", "status_summary", "event_count")  # fmt: skip
    assert {name: shown[name] for name in figures} == {
        "elapsed_seconds": 60.25, "duration_seconds": 60, "overlap_seconds": 50.25, "overlap_claimed_seconds": 50.25, "overlap_of": "sides",
        "peak_participants": 2, "participant_count": 2, "disconnection_count": 1, "ended_by": "user:9", "end_reason": "normal", "status": "ended",
        "status_summary": "completed", "event_count": 10,
    }  # fmt: skip
    assert (shown["started_at"], shown["ended_at"]) == (wire(later(since, 1.25)), wire(later(since, 61.5)))
    ana = next(one for one in shown["participants"] if one["identity"] == "user:1")
    assert {name: ana[name] for name in ("user_id", "guest_id", "display_name", "call_role", "role", "side", "status", "leave_reason", "join_count")} == {
        "user_id": "1", "guest_id": None, "display_name": "Ana", "call_role": "initiator", "role": "client", "side": "client", "status": "left",
        "leave_reason": "normal", "join_count": 1,
    }  # fmt: skip
    assert ana["attended_seconds"] == 54.0
    assert ana["evidence"] == {"engine_seconds": 0, "socket_seconds": 0, "claimed_seconds": 54.0}
    assert (ana["ever_audio"], ana["ever_video"], ana["ever_screen"], ana["audio_enabled"]) == (True, None, False, False)
    (tab,) = ana["connections"]
    assert {name: tab[name] for name in ("name", "browser", "os", "device_type", "setup_ms", "audio_option", "metadata", "engine_ids")} == {
        "name": "tab", "browser": "Chrome 126", "os": "Windows 11", "device_type": "desktop", "setup_ms": 640, "audio_option": "wifi",
        "metadata": {"build": 7}, "engine_ids": {"producer": "p1"},
    }  # fmt: skip
    assert (tab["duration_seconds"], tab["attended_seconds"], tab["disconnection_count"]) == (59, 54.0, 1)
    assert tab["intervals"] == {
        "connected": [interval(since, 1.25, 20), interval(since, 25.5, 60.75)],
        "audio_on": [interval(since, 0, 11.25)],
        "video_on": [],
        "screen": [],
    }


def interval(since: datetime, start: float, end: float | None) -> dict[str, str | None]:
    return {"from": wire(later(since, start)), "to": None if end is None else wire(later(since, end))}


async def test_of_a_call_that_goes_on_the_figures_run(host: Host, since: datetime) -> None:
    """Elapsed, attended and overlap are as of now, each reading more than the one before; intervals are open, and nothing is written."""
    id = (await host.make_call())["id"]
    await host.join(id, "user:1", "c1", at=since)
    await host.join(id, "user:2", "c2", at=later(since, 10))

    first, second = await host.call(id), await host.call(id)

    assert first["status"] == first["status_summary"] == "active"
    assert (first["ended_at"], first["duration_seconds"], first["record_state"]) == (None, None, "live")
    assert 1800 <= first["elapsed_seconds"] < 1900
    assert first["overlap_seconds"] == pytest.approx(first["elapsed_seconds"] - 10, abs=0.002)
    assert first["participants"][0]["attended_seconds"] == pytest.approx(first["elapsed_seconds"], abs=0.002)
    assert second["elapsed_seconds"] > first["elapsed_seconds"]
    assert second["version"] == first["version"]
    assert first["participants"][0]["connections"][0]["intervals"]["connected"] == [interval(since, 0, None)]


async def test_after_the_end_nothing_runs_and_intervals_end_with_it(host: Host, since: datetime) -> None:
    """What was still open is cut, and what came after is not shown as having been."""
    id = (await host.make_call())["id"]
    await host.join(id, "user:1", "c1", at=since)
    await host.say(id, "call.ended", e.CallEnded(), at=later(since, 30))
    await host.join(id, "user:1", "c2", at=later(since, 40))

    shown = await host.call(id)

    assert await host.call(id) == shown
    by_name = {one["name"]: one["intervals"]["connected"] for one in shown["participants"][0]["connections"]}
    assert by_name == {"c1": [interval(since, 0, 30)], "c2": []}
    assert [(one["code"], one["at"]) for one in shown["anomalies"]] == [("after_end", wire(later(since, 40)))]


async def test_people_are_called_as_the_directory_says_where_nothing_nearer_does(host: Host, since: datetime) -> None:
    """Name, picture and language; the name that they came in with counts more."""
    for identity, name in (("user:1", "Ana Lima"), ("user:2", "Ben Okri")):
        person = {"display_name": name, "avatar_url": f"https://host.test/{identity[5:]}.png", "language": "pt-BR"}
        assert (await host.server.put(f"/v1/people/{identity}", json=person)).status_code == 200
    id = (await host.make_call())["id"]
    await host.join(id, "user:2", "c1", at=since, name="Benny")

    shown = await host.call(id)

    assert {(one["display_name"], one["avatar_url"], one["language"]) for one in shown["participants"]} == {
        ("Ana Lima", "https://host.test/1.png", "pt-BR"),
        ("Benny", "https://host.test/2.png", "pt-BR"),
    }
    assert shown["initiator"] == {
        "participant_id": shown["initiator"]["participant_id"],
        "identity": "user:1",
        "display_name": "Ana Lima",
        "avatar_url": "https://host.test/1.png",
    }


async def test_a_call_that_is_not_there_is_not_found(host: Host) -> None:
    """Whatever is asked of it."""
    for path in ("", "/events", "/timeline", "/participants"):
        answer = await host.server.get(f"/v1/calls/{uuid4()}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


async def test_an_unchanged_call_is_not_sent_twice(host: Host) -> None:
    """Its ETag says so, and another version has another."""
    id = (await host.make_call())["id"]
    first = await host.server.get(f"/v1/calls/{id}")

    same = await host.server.get(f"/v1/calls/{id}", headers={"If-None-Match": first.headers["etag"]})
    await host.server.post(f"/v1/calls/{id}/end")
    other = await host.server.get(f"/v1/calls/{id}", headers={"If-None-Match": first.headers["etag"]})

    assert (same.status_code, same.content, other.status_code) == (304, b"", 200)


async def test_a_call_whose_facts_could_not_be_folded_is_shown_as_it_last_was(host: Host, since: datetime) -> None:
    """It says so, and reading it does not fail."""
    id = (await host.make_call())["id"]
    await host.join(id, "user:1", "c1", at=since)
    async with host.context.db.transaction() as tx:
        await tx.execute("UPDATE calls SET needs_refold = true")

    shown = await host.call(id)

    assert (shown["needs_refold"], shown["status"], shown["participants"][0]["status"]) == (True, "active", "connected")


# ── People in the call ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_in_a_call_sees_names_roles_and_states(host: Host, app: ASGIApp) -> None:
    """The participants' view: no identities, devices or addresses, and of other calls nothing at all."""
    room = (await host.server.post("/v1/rooms", json={})).json()["name"]
    invite = (await host.server.post(f"/v1/rooms/{room}/invites", json={"role": "client", "identity": "user:5"})).json()
    async with client_of(app) as visitor:
        joined = (await visitor.post("/v1/join", json={"invite": invite["secret"], "display_name": "Ana"})).json()
    other = await host.make_call()

    async with client_of(app, joined["token"]) as page:
        answer = await page.get(f"/v1/calls/{joined['call_id']}")
        outside = await page.get(f"/v1/calls/{other['id']}")

    assert answer.json() == {
        "id": joined["call_id"], "version": answer.json()["version"], "status": "initiated", "type": "video", "mode": "p2p", "room": room,
        "started_at": None, "ended_at": None, "end_reason": None, "settings": (await host.call(joined["call_id"]))["settings"],
        "participants": [{
            "id": joined["participant"]["id"], "display_name": "Ana", "role": "client", "side": "client", "host": False, "status": "connecting",
            "audio_enabled": None, "video_enabled": None, "screen_shared": False,
            "connections": [{"id": joined["connection"], "status": "connecting"}],
        }],
    }  # fmt: skip
    assert (outside.status_code, outside.json()["code"]) == (404, "not_found")


async def test_participants_are_those_of_the_call(host: Host, since: datetime) -> None:
    """The same as within the call."""
    id = (await host.make_call())["id"]
    await host.join(id, "user:1", "c1", at=since)
    await host.leave(id, "user:1", "c1", at=later(since, 60))

    answer = await host.server.get(f"/v1/calls/{id}/participants")

    assert answer.json()["items"] == (await host.call(id))["participants"]


# ── Facts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_facts_are_shown_as_they_are_kept(host: Host, since: datetime) -> None:
    """In the order in which they happened, each with its source, by our ids of whom it is about."""
    id = (await host.make_call(id=str(ids.uuid7())))["id"]
    await host.join(id, "user:1", "c1", at=since, name="Ana")

    items = (await host.server.get(f"/v1/calls/{id}/events")).json()["items"]

    ana = (await host.call(id))["participants"][0]
    assert [(one["type"], one["source"]) for one in items] == [
        ("participant.joined", "key:host"), ("participant.connected", "key:host"), ("call.created", "callwell"),
    ]  # fmt: skip
    assert {name: items[1][name] for name in items[1] if name not in ("id", "received_at")} == {
        "type": "participant.connected", "occurred_at": wire(since), "source": "key:host", "participant_id": ana["id"],
        "connection_id": ana["connections"][0]["id"], "data": {"setup_ms": 400}, "sent_at": None, "basis_at": None,
    }  # fmt: skip
    assert "Ana" not in str(items)


async def test_facts_come_in_pages_that_miss_and_repeat_nothing(host: Host, since: datetime) -> None:
    """Also where many happened at one moment."""
    id = (await host.make_call())["id"]
    for n in range(23):
        await host.say(id, "chat.sent", e.Nothing(), "user:1", "c1", at=later(since, n // 10))

    pages = await all_pages(host.server, f"/v1/calls/{id}/events", limit=5)

    items = [one for page in pages for one in page]
    assert [len(page) for page in pages] == [5, 5, 5, 5, 4]
    assert len({one["id"] for one in items}) == 24
    assert [(one["occurred_at"], one["id"]) for one in items] == sorted((one["occurred_at"], one["id"]) for one in items)


# ── The timeline ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_timeline_tells_what_happened_with_names_and_once(host: Host, since: datetime) -> None:
    """Chatting in a row is one entry, and what page and engine both tell is one entry with both."""
    id = (await host.make_call())["id"]
    await host.say(id, "participant.joined", e.Joined(display_name="Ana"), "user:1", "c1", at=since)
    for n in range(3):
        await host.say(id, "chat.sent", e.Nothing(), "user:1", "c1", at=later(since, 10 + n))
    for n in range(2):
        await host.say(id, "speaker.spoke", e.SpeakerSpoke(1500), "user:1", "c1", at=later(since, 20 + n))
    await host.say(id, "call.ended", e.CallEnded(ended_by="user:1"), at=later(since, 60))

    items = (await host.server.get(f"/v1/calls/{id}/timeline")).json()["items"]

    ana = (await host.call(id))["participants"][0]
    told = {(one["type"], one["at"], one["until"], one["count"], str(one["detail"])) for one in items if one["type"] != "call.created"}
    assert told == {
        ("participant.joined", wire(since), None, 1, "{}"),
        ("chat.sent", wire(later(since, 10)), wire(later(since, 12)), 3, "{}"),
        ("speaker.spoke", wire(later(since, 20)), wire(later(since, 21)), 2, "{'duration_ms': 3000}"),
        ("call.ended", wire(later(since, 60)), None, 1, "{}"),
    }
    assert {one["type"]: one["participant"] for one in items} == {
        one["type"]: {"id": ana["id"], "display_name": "Ana"} for one in items
    }  # fmt: skip
    assert [one["connection"] for one in items if one["type"] == "chat.sent"] == [ana["connections"][0]["id"]]


async def test_the_timeline_leaves_out_guesses_that_were_wrong(host: Host, since: datetime) -> None:
    """Given an end that a timer guessed, when it proves wrong, then it is among the facts and not in the story; the next one is."""
    id = (await host.make_call())["id"]
    await host.join(id, "user:1", "c1", at=since)
    await host.leave(id, "user:1", "c1", at=later(since, 60))
    await host.context.ledger.sweep([UUID(id)], later(since, 200))
    await host.join(id, "user:2", "c2", at=later(since, 100))
    await host.leave(id, "user:2", "c2", at=later(since, 150))
    await host.context.ledger.sweep([UUID(id)], later(since, 400))

    facts = (await host.server.get(f"/v1/calls/{id}/events")).json()["items"]
    story = (await host.server.get(f"/v1/calls/{id}/timeline")).json()["items"]

    assert [one["occurred_at"] for one in facts if one["type"] == "call.ended"] == [wire(later(since, 180)), wire(later(since, 270))]
    (end,) = [one for one in story if one["type"] == "call.ended"]
    assert (end["at"], end["is_guess"], end["sources"]) == (wire(later(since, 150)), True, ["timer"])


async def test_the_timeline_comes_in_pages(host: Host, since: datetime) -> None:
    """All of it, whatever the size of the pages."""
    id = (await host.make_call())["id"]
    for n in range(11):
        await host.say(id, "media.changed", e.MediaChanged(audio_enabled=n % 2 == 0), "user:1", "c1", at=later(since, n))

    pages = await all_pages(host.server, f"/v1/calls/{id}/timeline", limit=4)

    assert [len(page) for page in pages] == [4, 4, 4]


# ── Lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_calls_are_listed_newest_first_in_pages(host: Host) -> None:
    """Each is there once, whatever is made meanwhile."""
    made = [(await host.make_call())["id"] for _ in range(7)]

    first = (await host.server.get("/v1/calls", params={"limit": 3})).json()
    await host.make_call()
    second = (await host.server.get("/v1/calls", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    third = (await host.server.get("/v1/calls", params={"limit": 3, "cursor": second["next_cursor"]})).json()

    assert [one["id"] for page in (first, second, third) for one in page["items"]] == made[::-1]
    assert third["next_cursor"] is None


async def test_a_listed_call_is_the_call(host: Host, since: datetime) -> None:
    """One shape everywhere."""
    id = (await host.make_call())["id"]
    await host.join(id, "user:1", "c1", at=since)
    await host.server.post(f"/v1/calls/{id}/end")

    assert (await host.server.get("/v1/calls")).json()["items"] == [await host.call(id)]


async def test_calls_are_found_by_what_is_known_of_them(host: Host, since: datetime) -> None:
    """Every filter gives those to which it applies, and several together those to which all do."""
    room = (await host.server.post("/v1/rooms", json={})).json()["name"]
    calls = {
        "plain": await host.make_call(),
        "audio": await host.make_call(type="audio", initiator="guest:x", conversation_id="thread-1"),
        "sfu": await host.make_call(mode="sfu", conversation_id="thread-1", external_id="ext-1", is_demo=True),
        "room": await host.make_call(room=room, people=["user:2"]),
        "over": await host.make_call(initiator="user:2", conversation_id="thread-1"),
        "on": await host.make_call(initiator="user:3"),
    }
    await host.server.post(f"/v1/calls/{calls['over']['id']}/end")
    await host.join(calls["on"]["id"], "guest:x", "c1", at=since)
    names = {call["id"]: name for name, call in calls.items()}

    async def found(**query: Any) -> set[str]:
        answer = await host.server.get("/v1/calls", params=query)
        assert answer.status_code == 200, answer.text
        return {names[one["id"]] for one in answer.json()["items"]}

    assert await found(status="initiated") == {"plain", "audio", "sfu"}
    assert await found(status="ringing") == {"room"}
    assert await found(status="active") == {"on"}
    assert await found(status="ended") == {"over"}
    assert await found(record_state="provisional") == {"over"}
    assert await found(type="audio") == {"audio"}
    assert await found(mode="sfu") == {"sfu"}
    assert await found(conversation_id="thread-1") == {"audio", "sfu", "over"}
    assert await found(conversation_id="thread-1", status="initiated") == {"audio", "sfu"}
    assert await found(conversation_id="thread-1", status="initiated", type="audio") == {"audio"}
    assert await found(room=room) == {"room"}
    assert await found(external_id="ext-1") == {"sfu"}
    assert await found(user_id="2") == {"room", "over"}
    assert await found(guest_id="x") == {"audio", "on"}
    assert await found(initiator="user:2") == {"over"}
    assert await found(initiator="guest:x") == {"audio"}
    assert await found(initiator="user:2", status="active") == set()
    assert await found(is_demo=True) == {"sfu"}
    assert await found(is_demo=False, mode="sfu") == set()
    moment = calls["room"]["created_at"]
    assert await found(**{"from": moment}) == {"room", "over", "on"}
    assert await found(to=moment) == {"plain", "audio", "sfu"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "sleeping"}, "status"),
        ({"record_state": "x"}, "record_state"),
        ({"mode": "mesh"}, "mode"),
        ({"room": "room-1"}, "room"),
        ({"initiator": "ana"}, "initiator"),
        ({"is_demo": "perhaps"}, "is_demo"),
        ({"from": "yesterday"}, "from"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"colour": "red"}, "colour"),
        ({"user_id": "a\0b"}, "user_id"),
    ],
)
async def test_a_filter_that_is_none_is_refused(host: Host, query: dict[str, Any], field: str) -> None:
    """422, and the parameter is named: one that is misspelt must not be silently without effect."""
    answer = await host.server.get("/v1/calls", params=query)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field]), answer.text


async def test_a_cursor_of_another_list_is_refused(host: Host) -> None:
    """It is no position here."""
    for _ in range(2):
        await host.make_call()
    cursor = (await host.server.get("/v1/calls", params={"limit": 1})).json()["next_cursor"]

    answer = await host.server.get("/v1/users/1/calls", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "request.bad_cursor")


async def test_only_the_fields_that_are_wanted_are_sent(host: Host) -> None:
    """Of one call and of each in a list; a name that no call has is told, also where there is no call."""
    call = await host.make_call()

    one = (await host.server.get(f"/v1/calls/{call['id']}", params={"fields": "status,id"})).json()
    several = (await host.server.get("/v1/calls", params={"fields": "id,type"})).json()
    wrong = [await host.server.get(path, params={"fields": "id,nonsense"}) for path in ("/v1/calls", f"/v1/calls/{call['id']}")]

    assert one == {"status": "initiated", "id": call["id"]}
    assert several == {"items": [{"id": call["id"], "type": "video"}], "next_cursor": None}
    assert [(answer.status_code, [error["field"] for error in answer.json()["errors"]]) for answer in wrong] == [(422, ["fields"])] * 2
