"""Coming in by an invite: what is answered, and what is written."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.app_fixtures import client_of, replace
from tests.joining.conftest import Host

from callwell.access.tokens import get_grant, read_connection_token
from callwell.app import Context, create_app
from callwell.postgres import Database

CHROMIUM = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Sec-CH-UA": '"Not:A-Brand";v="8", "Chromium";v="156"',
    "Sec-CH-UA-Mobile": "?0",
    "Sec-CH-UA-Platform": '"Linux"',
}


async def test_an_invite_is_exchanged_for_a_place_in_the_rooms_call(host: Host) -> None:
    """Given a room and an invite, when somebody exchanges its secret, then they get all that a page needs to be in the call."""
    room = await host.room(settings={"chat_enabled": False, "sample_seconds": 5})
    invite = await host.invite(room, role="client")

    joined = await host.join(invite, display_name="Ana")

    identity = joined["participant"]["identity"]
    assert identity.startswith("guest:")
    assert joined["participant"] == {
        "id": joined["participant"]["id"],
        "identity": identity,
        "display_name": "Ana",
        "role": "client",
        "side": "client",
        "host": False,
    }
    assert {name: joined[name] for name in ("room", "type", "mode", "engine", "socket", "report_until", "ice_servers", "settings")} == {
        "room": room,
        "type": "video",
        "mode": "p2p",
        "engine": {"kind": "p2p"},
        "socket": "/v1/socket",
        "report_until": None,
        "ice_servers": [],
        "settings": {"heartbeat_seconds": 15, "chat_enabled": False, "screen_share_enabled": True, "sample_seconds": 5},
    }
    kept_for = datetime.fromisoformat(joined["connect_until"]) - datetime.fromisoformat(joined["server_time"])
    assert kept_for.total_seconds() == 120


async def test_the_token_stands_for_the_connection(host: Host, context: Context) -> None:
    """The connection token leads to the connection that was made, as whom and in which room."""
    invite = await host.invite(await host.room(), is_host=True)

    joined = await host.join(invite)

    key = context.settings.key
    assert read_connection_token(key, joined["token"]) == (UUID(joined["call_id"]), UUID(joined["connection"]))
    async with context.db.connection() as tx:
        grant = await get_grant(tx, key, joined["token"], settling=_settling(context), at=datetime.now(UTC))
    assert (str(grant.participant_id), grant.is_host, grant.revoked_at) == (joined["participant"]["id"], True, None)
    assert await host.connections(joined["call_id"]) == {joined["connection"]: "connecting"}


async def test_the_first_who_comes_begins_the_call(host: Host, db: Database) -> None:
    """A room without a call gets one with the first who comes in, of the room's type and with its settings and conversation."""
    room = await host.room(type="audio", conversation_id="thread-7", settings={"chat_enabled": False})
    invite = await host.invite(room, identity="user:1")

    joined = await host.join(invite)

    async with db.connection() as tx:
        call = await (
            await tx.execute(
                "SELECT type, engine, mode, conversation_id, settings, initiator_id, status FROM calls WHERE id = %s", [joined["call_id"]]
            )
        ).fetchone()
    assert call == ("audio", "p2p", "p2p", "thread-7", {"chat_enabled": False}, UUID(joined["participant"]["id"]), "initiated")
    assert [entry.identity for entry in await host.entries("call_created")] == ["user:1"]


async def test_the_second_comes_into_the_same_call(host: Host) -> None:
    """A room has one unfinished call, and whoever comes is in it."""
    room = await host.room()
    first = await host.join(await host.invite(room, identity="user:1"))

    second = await host.join(await host.invite(room, identity="user:2"))

    assert second["call_id"] == first["call_id"]
    assert second["participant"]["id"] != first["participant"]["id"]


async def test_a_room_used_again_gives_another_call(host: Host) -> None:
    """Given a call in a room that ended, when somebody comes again, then there is another call: the old one is not opened again."""
    room = await host.room()
    invite = await host.invite(room, identity="user:1")
    first = await host.join(invite)
    await host.end(first["call_id"])

    second = await host.join(invite)

    assert second["call_id"] != first["call_id"]


async def test_access_to_the_room_is_counted(host: Host) -> None:
    """Everybody who is let in counts, and when the last one was; who is not let in doesn't."""
    room = await host.room(capacity=1)
    made = (await host.server.get(f"/v1/rooms/{room}")).json()
    assert (made["access_count"], made["last_accessed_at"]) == (0, made["created_at"])
    invite = await host.invite(room)

    joined = await host.join(invite)
    assert (await host.ask(invite)).status_code == 409

    used = (await host.server.get(f"/v1/rooms/{room}")).json()
    assert (used["access_count"], used["last_accessed_at"]) == (1, joined["server_time"])


@pytest.mark.parametrize(
    ("of_invite", "of_page", "of_directory", "shown"),
    [
        ("Dr. Ito", "Bob", "I. Ito", "Dr. Ito"),
        (None, "Bob", "I. Ito", "Bob"),
        (None, None, "I. Ito", "I. Ito"),
        (None, None, None, None),
    ],
)
async def test_the_nearest_name_is_shown(host: Host, of_invite: str | None, of_page: str | None, of_directory: str | None, shown: str | None) -> None:
    """Somebody is called as the invite says, else as they say, else as the directory does."""
    await host.server.put("/v1/people/user:1", json={"display_name": of_directory})
    invite = await host.invite(await host.room(), identity="user:1", display_name=of_invite)

    joined = await host.join(invite, **({"display_name": of_page} if of_page else {}))

    assert joined["participant"]["display_name"] == shown


async def test_the_device_is_read_from_the_request(host: Host, db: Database) -> None:
    """Browser, system and kind of device come from the User-Agent and its client hints."""
    invite = await host.invite(await host.room())

    joined = (await host.api.post("/v1/join", json={"invite": invite["secret"]}, headers=CHROMIUM)).json()

    assert await _device(db, joined) == ("Chromium 156", "Linux", "desktop")


async def test_what_the_page_says_of_its_device_counts_more(host: Host, db: Database) -> None:
    """A device given in the body wins, field by field."""
    invite = await host.invite(await host.room())
    body = {"invite": invite["secret"], "device": {"browser": "Our app 3", "type": "tablet"}, "audio_option": "wifi", "metadata": {"build": 7}}

    joined = (await host.api.post("/v1/join", json=body, headers=CHROMIUM)).json()

    assert await _device(db, joined) == ("Our app 3", "Linux", "tablet")
    async with db.connection() as tx:
        said = await (await tx.execute("SELECT audio_option, metadata FROM connections WHERE id = %s", [joined["connection"]])).fetchone()
    assert said == ("wifi", {"build": 7})


async def test_a_joins_answer_can_be_had_again(host: Host, db: Database) -> None:
    """Given an answer that was lost on its way, when the page sends the same Idempotency-Key, then it gets that place and no second one."""
    invite = await host.invite(await host.room(capacity=1))

    async def ask() -> httpx.Response:
        return await host.api.post("/v1/join", json={"invite": invite["secret"]}, headers={"Idempotency-Key": "a-page-made-this"})

    first, again = await ask(), await ask()

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (await host.ask_again(again.json())).status_code == 201


async def test_every_attempt_is_an_entry(host: Host) -> None:
    """Somebody let in leaves the attempt and the success, with the call, the room, the invite and who it was."""
    room = await host.room()
    invite = await host.invite(room, identity="user:1")

    joined = await host.join(invite)

    trail = (await host.server.get("/v1/audit", params={"room": room})).json()["items"]
    about = ("action", "call_id", "invite_id", "participant_id", "identity", "error_code")
    assert [[entry[name] for name in about] for entry in trail if entry["action"].startswith("join_")] == [
        ["join_success", joined["call_id"], invite["id"], joined["participant"]["id"], "user:1", None],
        ["join_attempt", joined["call_id"], invite["id"], joined["participant"]["id"], "user:1", None],
    ]


async def test_turn_credentials_are_for_a_limited_time(context: Context, make_key: Any) -> None:
    """With TURN servers, each participant gets a user name that says when it ends, and the password that goes with it."""
    turn = replace(context.settings, ice_urls=("stun:stun.test:3478",), turn_urls=("turn:turn.test:3478",), turn_secret="shared", turn_seconds=600)
    app = create_app(replace(context, settings=turn))
    async with client_of(app, await make_key("admin")) as server, client_of(app) as page:
        host = Host(app, server, page, context)
        joined = await host.join(await host.invite(await host.room()))

    stun, turn_server = joined["ice_servers"]
    assert stun == {"urls": ["stun:stun.test:3478"]}
    expires, participant = turn_server["username"].split(":")
    assert participant == joined["participant"]["id"]
    assert int(expires) == int(datetime.fromisoformat(joined["server_time"]).timestamp()) + 600
    password = base64.b64encode(hmac.new(b"shared", turn_server["username"].encode(), hashlib.sha1).digest()).decode()
    assert turn_server["credential"] == password


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "invite"),
    ({"invite": 7}, "invite"),
    ({"invite": ""}, "invite"),
    ({"invite": "x" * 201}, "invite"),
    ({"invite": "inv_x", "display_name": ""}, "display_name"),
    ({"invite": "inv_x", "display_name": "a" * 201}, "display_name"),
    ({"invite": "inv_x", "display_name": "a\x00b"}, "display_name"),
    ({"invite": "inv_x", "name": "Ana"}, "name"),
    ({"invite": "inv_x", "role": "provider"}, "role"),
    ({"invite": "inv_x", "device": {"type": "toaster"}}, "device.type"),
    ({"invite": "inv_x", "device": {"maker": "x"}}, "device.maker"),
    ({"invite": "inv_x", "metadata": {"a": "x" * 9000}}, "metadata"),
    ({"invite": "inv_x", "metadata": {"a": [[[[[[[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]]]]]]}}, "metadata"),
    ({"invite": "inv_x", "metadata": {"a": "\x00"}}, "metadata.a"),
]


async def test_bad_input_names_the_field(host: Host) -> None:
    """What is not understood is refused with the field that is wrong, and is no attempt to come in."""
    answers = [(body, await host.api.post("/v1/join", json=body)) for body, _ in BAD]

    said = [(body, [error["field"] for error in answer.json()["errors"]], answer.status_code) for body, answer in answers]
    assert said == [(body, [field], 422) for body, field in BAD]
    assert await host.entries("join_attempt") == []


async def test_the_hosts_server_sends_somebody_in_without_an_invite(host: Host) -> None:
    """A server that does its own authorization names whom it sends, and passes the answer on."""
    room = await host.room()
    call_id = (await host.join(await host.invite(room, identity="user:1")))["call_id"]
    body = {"participant": "user:42", "display_name": "Dr. Ito", "role": "therapist", "host": True, "device": {"browser": "Firefox 140"}}

    answer = await host.server.post(f"/v1/calls/{call_id}/join", json=body)

    assert answer.status_code == 201
    joined = answer.json()
    assert joined["call_id"] == call_id
    assert joined["participant"] == {
        "id": joined["participant"]["id"],
        "identity": "user:42",
        "display_name": "Dr. Ito",
        "role": "therapist",
        "side": "provider",
        "host": True,
    }
    assert (await host.ask_again(joined)).status_code == 201
    assert [entry.identity for entry in await host.entries("join_success")] == ["user:1", "user:42", "user:42"]


async def test_the_hosts_server_cannot_send_somebody_into_a_call_that_is_not_there(host: Host) -> None:
    answer = await host.server.post("/v1/calls/0193a1c0-0000-7000-8000-000000000000/join", json={"participant": "user:1"})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_page_cannot_send_people_in(host: Host) -> None:
    """Sending people in takes an API key: a connection token does not do, not even a host's."""
    joined = await host.join(await host.invite(await host.room(), is_host=True))

    answer = await host.api.post(
        f"/v1/calls/{joined['call_id']}/join", json={"participant": "user:2"}, headers={"Authorization": f"Bearer {joined['token']}"}
    )

    assert answer.status_code == 403


async def _device(db: Database, joined: dict[str, Any]) -> tuple[Any, ...] | None:
    async with db.connection() as tx:
        return await (await tx.execute("SELECT browser, os, device_type FROM connections WHERE id = %s", [joined["connection"]])).fetchone()


def _settling(context: Context) -> Any:
    return context.ledger.allowances.settling
