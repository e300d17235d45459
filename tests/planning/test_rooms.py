"""Rooms: places to meet that the host's server makes."""

import re
from typing import Any

import httpx
from tests.app_fixtures import client_of, replace

from callwell.app import Context, create_app, put_together
from callwell.postgres import Database
from callwell.settings import Settings


async def _room(server: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    answer = await server.post("/v1/rooms", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_rooms_defaults(server: httpx.AsyncClient) -> None:
    """Without more said it is a room for two with pictures, open, and nobody was there yet."""
    room = await _room(server)

    assert re.fullmatch("room-[0-9a-f]{32}", room["name"])
    assert room == {
        "name": room["name"],
        "title": None,
        "capacity": 2,
        "type": "video",
        "conversation_id": None,
        "settings": {},
        "url": f"http://localhost:8080/room/{room['name']}",
        "created_at": room["created_at"],
        "closed_at": None,
        "last_accessed_at": room["created_at"],
        "access_count": 0,
    }


async def test_a_room_as_it_is_wished(server: httpx.AsyncClient) -> None:
    """All that is said is kept, and read back as it was answered."""
    given = {"title": "Thursday group", "capacity": 12, "type": "audio", "conversation_id": "thread-1", "settings": {"chat_enabled": False}}

    room = await _room(server, **given)

    assert room == room | given
    assert (await server.get(f"/v1/rooms/{room['name']}")).json() == room


async def test_a_link_leads_to_where_people_reach_the_server(context: Context, make_key: Any) -> None:
    """With a public address set, links begin with it."""
    app = create_app(replace(context, settings=replace(context.settings, public_url="https://calls.example.org/")))
    async with client_of(app, await make_key("rooms:write")) as server:
        room = await _room(server)

    assert room["url"] == f"https://calls.example.org/room/{room['name']}"


async def test_a_conversation_that_is_not_known_is_made(server: httpx.AsyncClient) -> None:
    """A room that names a conversation makes it; one that is there stays as it is."""
    await server.put("/v1/conversations/known", json={"title": "Ours"})

    await _room(server, conversation_id="known")
    await _room(server, conversation_id="new")

    assert (await server.get("/v1/conversations/known")).json()["title"] == "Ours"
    assert (await server.get("/v1/conversations/new")).json()["is_active"] is True


async def test_a_change_is_a_merge(server: httpx.AsyncClient) -> None:
    """Only what is given changes; null takes away; of settings only those named change."""
    room = await _room(server, title="Old", settings={"chat_enabled": False, "sample_seconds": 5})
    path = f"/v1/rooms/{room['name']}"

    changed = (await server.patch(path, json={"capacity": 4, "settings": {"sample_seconds": None, "screen_share_enabled": False}})).json()
    untitled = (await server.patch(path, json={"title": None})).json()
    same = (await server.patch(path, json={"settings": {"recording_enabled": None}})).json()

    assert changed == room | {"capacity": 4, "settings": {"chat_enabled": False, "screen_share_enabled": False}}
    assert untitled == changed | {"title": None}
    assert same == untitled == (await server.get(path)).json()


async def test_a_room_is_closed_once(server: httpx.AsyncClient) -> None:
    """Closing a closed room changes nothing."""
    room = await _room(server)

    first = await server.post(f"/v1/rooms/{room['name']}/close")
    again = await server.post(f"/v1/rooms/{room['name']}/close")

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["closed_at"] is not None
    assert first.json() == again.json() == room | {"closed_at": first.json()["closed_at"]}


async def test_rooms_are_listed_newest_first(server: httpx.AsyncClient) -> None:
    """Page by page, each room once, also while others are made."""
    made = [(await _room(server))["name"] for _ in range(5)]

    first = (await server.get("/v1/rooms", params={"limit": 2})).json()
    await _room(server)
    second = (await server.get("/v1/rooms", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    third = (await server.get("/v1/rooms", params={"limit": 2, "cursor": second["next_cursor"]})).json()

    assert [room["name"] for page in (first, second, third) for room in page["items"]] == made[::-1]
    assert third["next_cursor"] is None


async def test_rooms_are_found_by_conversation_and_by_being_open(server: httpx.AsyncClient) -> None:
    plain, of_thread, closed = [(await _room(server, **given))["name"] for given in ({}, {"conversation_id": "t"}, {"conversation_id": "t"})]
    await server.post(f"/v1/rooms/{closed}/close")

    async def found(**wanted: Any) -> list[str]:
        return [room["name"] for room in (await server.get("/v1/rooms", params=wanted)).json()["items"]]

    assert await found(conversation_id="t") == [closed, of_thread]
    assert await found(conversation_id="t", open=True) == [of_thread]
    assert await found(open=True) == [of_thread, plain]
    assert await found(open=False) == [closed]
    assert await found(conversation_id="other") == []


async def test_a_room_that_is_not_there(server: httpx.AsyncClient) -> None:
    """A name that no room has, or could have, is not found, whatever is asked of it."""
    for name in (f"room-{'0' * 32}", "room-1", "ROOM-" + "0" * 32, "x"):
        answers = [
            await server.get(f"/v1/rooms/{name}"),
            await server.patch(f"/v1/rooms/{name}", json={"capacity": 3}),
            await server.post(f"/v1/rooms/{name}/close"),
            await server.get(f"/v1/rooms/{name}/invites"),
        ]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 4


BAD: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "title"),
    ({"title": "x" * 501}, "title"),
    ({"title": "a\x00b"}, "title"),
    ({"title": "a\nb"}, "title"),
    ({"capacity": 0}, "capacity"),
    ({"capacity": 51}, "capacity"),
    ({"capacity": "2"}, "capacity"),
    ({"capacity": True}, "capacity"),
    ({"type": "hologram"}, "type"),
    ({"conversation_id": ""}, "conversation_id"),
    ({"conversation_id": "x" * 201}, "conversation_id"),
    ({"settings": []}, "settings"),
    ({"settings": {"chat": True}}, "settings.chat"),
    ({"settings": {"chat_enabled": "yes"}}, "settings.chat_enabled"),
    ({"settings": {"sample_seconds": 0}}, "settings.sample_seconds"),
    ({"name": "room-1"}, "name"),
    ({"access_count": 9}, "access_count"),
    ({"closed_at": None}, "closed_at"),
]


async def test_bad_input_names_the_field(server: httpx.AsyncClient) -> None:
    """What no room can be is refused with the field that is wrong, and no room is made."""
    answers = [(given, await server.post("/v1/rooms", json=given)) for given, _ in BAD]

    said = [(given, [error["field"] for error in answer.json()["errors"]], answer.status_code) for given, answer in answers]
    assert said == [(given, [field], 422) for given, field in BAD]
    assert (await server.get("/v1/rooms")).json()["items"] == []


async def test_bad_changes_change_nothing(server: httpx.AsyncClient) -> None:
    room = await _room(server)
    bad: list[tuple[dict[str, Any], str]] = [
        ({"capacity": None}, "capacity"),
        ({"capacity": 51}, "capacity"),
        ({"type": "audio"}, "type"),
        ({"conversation_id": "t"}, "conversation_id"),
        ({"settings": {"sample_seconds": 999}}, "settings.sample_seconds"),
        ({"settings": {"chat": None}}, "settings.chat"),
        ({"settings": None}, "settings"),
    ]

    answers = [(given, await server.patch(f"/v1/rooms/{room['name']}", json=given)) for given, _ in bad]

    said = [(given, [error["field"] for error in answer.json()["errors"]], answer.status_code) for given, answer in answers]
    assert said == [(given, [field], 422) for given, field in bad]
    assert (await server.get(f"/v1/rooms/{room['name']}")).json() == room


async def test_a_room_is_not_larger_than_a_call(settings: Settings, db: Database, make_key: Any) -> None:
    """Where calls take fewer people, so do rooms."""
    key = await make_key("rooms:write", "rooms:read")
    async with put_together(replace(settings, max_participants=4), db) as context, client_of(create_app(context), key) as server:
        room = await _room(server, capacity=4)
        answers = [await server.post("/v1/rooms", json={"capacity": 5}), await server.patch(f"/v1/rooms/{room['name']}", json={"capacity": 5})]

    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in answers] == [(422, "capacity")] * 2


async def test_who_may(context: Context, make_key: Any) -> None:
    """Reading takes rooms:read, writing rooms:write; without a key nobody may do either."""
    app = create_app(context)
    async with client_of(app, await make_key("rooms:write")) as writer:
        name = (await _room(writer))["name"]
        assert (await writer.get(f"/v1/rooms/{name}")).status_code == 403
    async with client_of(app, await make_key("rooms:read")) as reader:
        assert (await reader.get(f"/v1/rooms/{name}")).status_code == 200
        assert (await reader.get("/v1/rooms")).status_code == 200
        refused = [
            await reader.post("/v1/rooms", json={}),
            await reader.patch(f"/v1/rooms/{name}", json={}),
            await reader.post(f"/v1/rooms/{name}/close"),
        ]
        assert [answer.status_code for answer in refused] == [403] * 3
    async with client_of(app) as outsider:
        assert (await outsider.get(f"/v1/rooms/{name}")).status_code == 401


async def test_what_is_done_to_a_room_is_in_the_trail(server: httpx.AsyncClient) -> None:
    """Made, changed, closed: each an entry with the room and the key."""
    room = await _room(server)
    await server.patch(f"/v1/rooms/{room['name']}", json={"capacity": 3})
    await server.post(f"/v1/rooms/{room['name']}/close")

    trail = (await server.get("/v1/audit", params={"room": room["name"]})).json()["items"]

    assert [entry["action"] for entry in trail] == ["room_closed", "room_changed", "room_created"]
    assert all(entry["caller"].startswith("key:") for entry in trail)


async def test_making_a_room_twice_with_one_key_makes_one(server: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "once"}

    first, again = [await server.post("/v1/rooms", json={"title": "A"}, headers=key) for _ in range(2)]
    other = await server.post("/v1/rooms", json={"title": "B"}, headers=key)

    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")
    assert len((await server.get("/v1/rooms")).json()["items"]) == 1
