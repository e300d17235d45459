"""Invites: what they are made of, and who sees them."""

from typing import Any

from tests.app_fixtures import client_of
from tests.joining.conftest import Host

from callwell.app import create_app


async def test_an_invite_is_made_with_its_link(host: Host) -> None:
    """The link is the room's page, with the secret in the fragment that browsers send to nobody."""
    room = await host.room()

    invite = await host.invite(
        room, identity="user:7", display_name="Dr. Ito", role="therapist", is_host=True, max_uses=2, opens_at="2026-11-21T09:00:00+02:00"
    )

    assert invite["url"] == f"http://localhost:8080/room/{room}#{invite['secret']}"
    assert invite == invite | {
        "room": room,
        "identity": "user:7",
        "display_name": "Dr. Ito",
        "role": "therapist",
        "side": "provider",
        "is_host": True,
        "opens_at": "2026-11-21T07:00:00.000Z",
        "closes_at": None,
        "max_uses": 2,
        "use_count": 0,
        "revoked_at": None,
    }


async def test_an_invites_defaults(host: Host) -> None:
    """Without more said, whoever has it is a participant, as often as they like, whenever they like."""
    invite = await host.invite(await host.room())

    kept = ("identity", "display_name", "role", "side", "is_host", "opens_at", "closes_at", "max_uses")
    assert [invite[name] for name in kept] == [None, None, "participant", None, False, None, None, None]


async def test_a_side_that_is_said_counts_more_than_the_role(host: Host) -> None:
    invite = await host.invite(await host.room(), role="therapist", side="client")

    assert invite["side"] == "client"


async def test_a_link_is_made_again(host: Host) -> None:
    """The secret stands nowhere, and is the same whenever it is made."""
    invite = await host.invite(await host.room())

    again = await host.server.get(f"/v1/invites/{invite['id']}")

    assert again.json() == invite


async def test_invites_are_listed_without_their_links(host: Host) -> None:
    """The newest first, page by page; who may read rooms cannot come in by what they read."""
    room = await host.room()
    made = [await host.invite(room) for _ in range(3)]
    await host.invite(await host.room())

    first = (await host.server.get(f"/v1/rooms/{room}/invites", params={"limit": 2})).json()
    second = (await host.server.get(f"/v1/rooms/{room}/invites", params={"limit": 2, "cursor": first["next_cursor"]})).json()

    shown = [*first["items"], *second["items"]]
    assert [invite["id"] for invite in shown] == [invite["id"] for invite in reversed(made)]
    assert second["next_cursor"] is None
    assert all("secret" not in invite and "url" not in invite for invite in shown)


async def test_seeing_a_link_takes_the_scope_to_make_one(host: Host, make_key: Any, context: Any) -> None:
    """A key that may read rooms sees the list, and no link."""
    room = await host.room()
    invite = await host.invite(room)
    async with client_of(create_app(context), await make_key("rooms:read")) as reader:
        assert (await reader.get(f"/v1/rooms/{room}/invites")).status_code == 200
        assert (await reader.get(f"/v1/invites/{invite['id']}")).status_code == 403
        assert (await reader.delete(f"/v1/invites/{invite['id']}")).status_code == 403
        assert (await reader.post(f"/v1/rooms/{room}/invites", json={})).status_code == 403


async def test_an_invite_to_a_room_that_is_not_there(host: Host) -> None:
    answer = await host.server.post(f"/v1/rooms/room-{'0' * 32}/invites", json={})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_making_an_invite_twice_with_one_key_makes_one(host: Host) -> None:
    """A replay of the write answers with the same invite and its link."""
    path, key = f"/v1/rooms/{await host.room()}/invites", {"Idempotency-Key": "once"}

    first, again = [await host.server.post(path, json={}, headers=key) for _ in range(2)]

    assert first.json() == again.json()
    assert len((await host.server.get(path)).json()["items"]) == 1


BAD: list[tuple[dict[str, Any], str]] = [
    ({"identity": "42"}, "identity"),
    ({"identity": "user:"}, "identity"),
    ({"identity": "user:" + "x" * 201}, "identity"),
    ({"identity": "admin:1"}, "identity"),
    ({"identity": "user:a\nb"}, "identity"),
    ({"display_name": ""}, "display_name"),
    ({"display_name": "x" * 201}, "display_name"),
    ({"role": ""}, "role"),
    ({"role": "x" * 51}, "role"),
    ({"role": None}, "role"),
    ({"side": "left"}, "side"),
    ({"is_host": 1}, "is_host"),
    ({"opens_at": "2026-11-21T09:00:00"}, "opens_at"),
    ({"closes_at": "2026-11-21T09:00:00"}, "closes_at"),
    ({"opens_at": "tomorrow"}, "opens_at"),
    ({"opens_at": "2026-11-21T09:00:00Z", "closes_at": "2026-11-21T08:59:59Z"}, "closes_at"),
    ({"opens_at": "2026-11-21T09:00:00Z", "closes_at": "2026-11-21T09:00:00Z"}, "closes_at"),
    ({"max_uses": 0}, "max_uses"),
    ({"max_uses": -1}, "max_uses"),
    ({"max_uses": 1.5}, "max_uses"),
    ({"max_uses": 10**12}, "max_uses"),
    ({"host": True}, "host"),
    ({"secret": "mine"}, "secret"),
    ({"use_count": 0}, "use_count"),
]


async def test_bad_input_names_the_field(host: Host) -> None:
    """What no invite can be is refused with the field that is wrong, and no invite is made."""
    room = await host.room()

    answers = [(given, await host.server.post(f"/v1/rooms/{room}/invites", json=given)) for given, _ in BAD]

    said = [(given, [error["field"] for error in answer.json()["errors"]], answer.status_code) for given, answer in answers]
    assert said == [(given, [field], 422) for given, field in BAD]
    assert (await host.server.get(f"/v1/rooms/{room}/invites")).json()["items"] == []
