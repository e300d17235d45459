"""Making calls, ringing, declining, ending and changing them: what is answered, what is written, what is refused."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar.types import ASGIApp
from tests.app_fixtures import client_of
from tests.calls.conftest import Host

from callwell import ids

# ── Making ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_is_made_with_all_that_is_said_of_it(host: Host) -> None:
    """Given a conversation, a provider and an own id, when a call is made ad hoc, then it stands there, initiated, with the settings that hold in it."""
    appointment = str(uuid4())
    made = await host.make_call(
        type="audio", mode="sfu", conversation_id="thread-1", external_id="ext-1", provider="user:9", provider_name="Dr. No", appointment_id=appointment,
        metadata={"ward": 3}, settings={"recording_enabled": True},
    )  # fmt: skip

    names = ("type", "mode", "engine", "status", "status_summary", "record_state", "version", "room", "conversation_id", "external_id", "metadata")
    assert {name: made[name] for name in names} == {
        "type": "audio", "mode": "sfu", "engine": "external", "status": "initiated", "status_summary": "scheduled", "record_state": "live", "version": 1,
        "room": None, "conversation_id": "thread-1", "external_id": "ext-1", "metadata": {"ward": 3},
    }  # fmt: skip
    assert made["appointment_id"] == appointment
    assert (made["initiator"]["identity"], made["provider_id"], made["provider_name"]) == ("user:1", "user:9", "Dr. No")
    assert made["settings"] == {
        "chat_enabled": True, "screen_share_enabled": True, "recording_enabled": True, "transcription_enabled": True, "sample_seconds": 10,
    }  # fmt: skip
    assert [(one["identity"], one["call_role"], one["status"]) for one in made["participants"]] == [
        ("user:1", "initiator", "invited"),
        ("user:9", "participant", "invited"),
    ]
    assert await host.call(made["id"]) == made


async def test_transcription_is_wanted_and_recording_is_not_unless_somebody_says_so(host: Host) -> None:
    """The defaults of a call."""
    settings = (await host.make_call())["settings"]

    assert (settings["transcription_enabled"], settings["recording_enabled"]) == (True, False)


async def test_a_call_can_have_an_id_of_the_hosts_choosing_once(host: Host) -> None:
    """The second call under an id is a conflict."""
    id = str(ids.uuid7())

    assert (await host.make_call(id=id))["id"] == id
    again = await host.server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", "id": id})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_making_a_call_leaves_an_audit_entry(host: Host) -> None:
    """Who made it, by which credential."""
    made = await host.make_call()

    (entry,) = await host.entries("call_created")
    assert (entry["call_id"], entry["identity"]) == (made["id"], "user:1")
    assert entry["caller"].startswith("key:")


async def test_a_conversation_is_there_once_a_call_names_it(host: Host) -> None:
    """It is made on first use, and once."""
    for _ in range(2):
        await host.make_call(conversation_id="thread-1")

    answer = await host.server.get("/v1/conversations/thread-1")
    assert answer.status_code == 200


async def test_a_write_with_an_idempotency_key_happens_once(host: Host) -> None:
    """Sent twice it is one call, and the second answer is the first."""
    body = {"type": "video", "mode": "p2p", "initiator": "user:1"}
    answers = [await host.server.post("/v1/calls", json=body, headers={"Idempotency-Key": "once"}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len((await host.server.get("/v1/calls")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"type": "hologram"}, "type"),
        ({"mode": "mesh"}, "mode"),
        ({"initiator": "ana"}, "initiator"),
        ({"initiator": "user:"}, "initiator"),
        ({"initiator": "user:" + "x" * 201}, "initiator"),
        ({"initiator": None}, "initiator"),
        ({"room": "room-1"}, "room"),
        ({"room": "ROOM-" + "0" * 32}, "room"),
        ({"conversation_id": ""}, "conversation_id"),
        ({"conversation_id": "a\tb"}, "conversation_id"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"appointment_id": "1"}, "appointment_id"),
        ({"id": "1"}, "id"),
        ({"people": ["user:1", 2]}, "people[1]"),
        ({"people": [f"user:{n}" for n in range(51)]}, "people"),
        ({"engine": "zoom"}, "engine"),
        ({"is_demo": "yes"}, "is_demo"),
        ({"metadata": {"a": "x" * 8200}}, "metadata"),
        ({"metadata": {"x" * 51: 1}}, "metadata"),
        ({"metadata": {"a": "\0"}}, "metadata.a"),
        ({"settings": {"chat_enabled": "no"}}, "settings.chat_enabled"),
        ({"settings": {"sample_seconds": 0}}, "settings.sample_seconds"),
        ({"settings": {"volume": 11}}, "settings.volume"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_wrong_with_a_call_is_named(host: Host, given: dict[str, Any], field: str) -> None:
    """422, the field that is wrong, and no call."""
    answer = await host.server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", **given})

    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]], answer.text
    assert (await host.server.get("/v1/calls")).json()["items"] == []


async def test_metadata_that_nobody_can_read_is_refused(host: Host) -> None:
    """Nested deeper than a fact may be."""
    deep: Any = 1
    for _ in range(20):
        deep = {"a": deep}

    answer = await host.server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", "metadata": deep})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "metadata")


@pytest.mark.parametrize("missing", ["type", "mode", "initiator"])
async def test_kind_and_initiator_have_to_be_said(host: Host, missing: str) -> None:
    """What is left out is named."""
    body = {"type": "video", "mode": "p2p", "initiator": "user:1"}
    del body[missing]

    answer = await host.server.post("/v1/calls", json=body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, missing)


# ── In a room ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def make_room(host: Host, **given: Any) -> str:
    answer = await host.server.post("/v1/rooms", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json()["name"]


async def test_a_call_in_a_room_takes_what_the_room_gives(host: Host) -> None:
    """Its conversation and settings, unless the call says otherwise; media goes from page to page."""
    room = await make_room(host, conversation_id="thread-1", settings={"chat_enabled": False, "sample_seconds": 5})

    made = await host.make_call(room=room, settings={"sample_seconds": 20})

    assert (made["room"], made["engine"], made["conversation_id"]) == (room, "p2p", "thread-1")
    assert (made["settings"]["chat_enabled"], made["settings"]["sample_seconds"]) == (False, 20)


async def test_a_room_has_one_unfinished_call(host: Host) -> None:
    """The second is refused and told which is there; once that has ended, there is room for another."""
    room = await make_room(host)
    first = await host.make_call(room=room)
    body = {"type": "video", "mode": "p2p", "initiator": "user:1", "room": room}

    refused = await host.server.post("/v1/calls", json=body)
    assert (refused.status_code, refused.json()["code"], refused.json()["call_id"]) == (409, "room.busy", first["id"])

    await host.server.post(f"/v1/calls/{first['id']}/end")
    assert (await host.make_call(room=room))["id"] != first["id"]


async def test_of_many_who_begin_a_call_in_a_room_at_once_one_does(host: Host) -> None:
    """Twenty at the same moment: one call, and nineteen are told of it."""
    room = await make_room(host)
    body = {"type": "video", "mode": "p2p", "initiator": "user:1", "room": room}

    answers = await asyncio.gather(*(host.server.post("/v1/calls", json=body) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


async def test_there_is_no_call_in_a_room_that_is_not_there_or_closed(host: Host) -> None:
    """An unknown room is not found, and a closed one takes no call."""
    room = await make_room(host)
    await host.server.post(f"/v1/rooms/{room}/close")
    body = {"type": "video", "mode": "p2p", "initiator": "user:1"}

    closed = await host.server.post("/v1/calls", json={**body, "room": room})
    unknown = await host.server.post("/v1/calls", json={**body, "room": ids.new_room_name()})

    assert (closed.status_code, closed.json()["code"]) == (403, "join.room_closed")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


# ── Ringing and declining ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_people_can_be_rung_for_at_once(host: Host) -> None:
    """A call that is made with people rings from the beginning."""
    made = await host.make_call(people=["user:2", "guest:x"])

    assert made["status"] == "ringing"
    assert made["ringing_at"] is not None
    assert {one["identity"] for one in made["participants"]} == {"user:1", "user:2", "guest:x"}


async def test_a_call_ends_when_the_last_who_was_rung_for_declines(host: Host) -> None:
    """One declines, it rings on; the other does, it is over, by them."""
    made = await host.make_call(people=["user:2"])
    path = f"/v1/calls/{made['id']}"
    await host.server.post(f"{path}/ring", json={"people": ["user:3"]})

    first = await host.server.post(f"{path}/decline", json={"identity": "user:2"})
    second = await host.server.post(f"{path}/decline", json={"identity": "user:3"})

    assert (first.status_code, first.json()["status"]) == (200, "ringing")
    ended = second.json()
    assert (ended["status"], ended["end_reason"], ended["ended_by"], ended["status_summary"]) == ("ended", "declined", "user:3", "cancelled")
    assert [(one["identity"], one["leave_reason"]) for one in ended["participants"]][1:] == [("user:2", "declined"), ("user:3", "declined")]


async def test_who_is_not_called_cannot_decline(host: Host) -> None:
    """They are not found among those who are."""
    made = await host.make_call(people=["user:2"])

    answer = await host.server.post(f"/v1/calls/{made['id']}/decline", json={"identity": "user:7"})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [("ring", {"people": []}, "people"), ("ring", {}, "people"), ("decline", {"identity": "7"}, "identity"), ("end", {"reason": "bored"}, "reason"),
     ("end", {"ended_by": "x"}, "ended_by")],
)  # fmt: skip
async def test_what_is_wrong_with_a_command_is_named(host: Host, path: str, body: dict[str, Any], field: str) -> None:
    """422 and the field."""
    made = await host.make_call()

    answer = await host.server.post(f"/v1/calls/{made['id']}/{path}", json=body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


# ── Ending ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_ending_a_call_ends_it_for_everybody(host: Host, since: datetime) -> None:
    """Two are connected; the host's server ends it: both left with it, and the record is provisional."""
    made = await host.make_call()
    await host.join(made["id"], "user:1", "c1", at=since)
    await host.join(made["id"], "user:2", "c2", at=since + timedelta(seconds=10))

    answer = await host.server.post(f"/v1/calls/{made['id']}/end", json={"reason": "forced", "ended_by": "user:2"})

    ended = answer.json()
    assert (answer.status_code, ended["status"], ended["end_reason"], ended["ended_by"], ended["record_state"]) == (
        200, "ended", "forced", "user:2", "provisional",
    )  # fmt: skip
    assert {(one["status"], one["leave_reason"], one["left_at"]) for one in ended["participants"]} == {("left", "call_ended", ended["ended_at"])}
    assert ended["duration_seconds"] == int(ended["elapsed_seconds"]) >= 1800


async def test_the_audit_trail_says_how_long_the_call_was(host: Host, since: datetime) -> None:
    """In milliseconds; 0 where it never started."""
    long, never = await host.make_call(), await host.make_call()
    await host.join(long["id"], "user:1", "c1", at=since)
    for call in (long, never):
        await host.server.post(f"/v1/calls/{call['id']}/end", json={"ended_by": "user:1"})

    entries = await host.entries("call_end")
    assert [(entry["call_id"], entry["identity"]) for entry in entries] == [(long["id"], "user:1"), (never["id"], "user:1")]
    elapsed = (await host.call(long["id"]))["elapsed_seconds"]
    assert [entry["duration_ms"] for entry in entries] == [round(elapsed * 1000), 0]


@pytest.mark.parametrize(("move", "body"), [("end", {}), ("ring", {"people": ["user:2"]}), ("decline", {"identity": "user:2"})])
async def test_an_illegal_move_is_a_conflict_that_says_the_state(host: Host, move: str, body: dict[str, Any]) -> None:
    """A call that has ended cannot be ended, rung or declined; nothing is written of the attempt."""
    made = await host.make_call()
    await host.server.post(f"/v1/calls/{made['id']}/end")

    answer = await host.server.post(f"/v1/calls/{made['id']}/{move}", json=body)

    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "call.illegal_move", "ended")
    assert (await host.call(made["id"]))["version"] == 2
    assert len(await host.entries("call_end", "call_changed")) == 1


@pytest.mark.parametrize("path", ["ring", "decline", "end", "rebuild"])
async def test_there_is_nothing_to_do_with_a_call_that_is_not_there(host: Host, path: str) -> None:
    """404, and no trace of it."""
    body = {"ring": {"people": ["user:1"]}, "decline": {"identity": "user:1"}}.get(path)

    answer = await host.server.post(f"/v1/calls/{uuid4()}/{path}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await host.entries("call_end", "call_changed", "settings_changed") == []


# ── A host in the call ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def come_in(host: Host, app: ASGIApp, room: str, **given: Any) -> tuple[dict[str, Any], httpx.AsyncClient]:
    """Somebody joins the room; gives what they got, and a client with their token."""
    invite = (await host.server.post(f"/v1/rooms/{room}/invites", json=given)).json()
    async with client_of(app) as visitor:
        joined = (await visitor.post("/v1/join", json={"invite": invite["secret"]})).json()
    return joined, client_of(app, joined["token"])


async def test_a_host_in_the_call_ends_it_for_all(host: Host, app: ASGIApp) -> None:
    """By their connection token; it ended by them, and they see what people in a call see."""
    joined, page = await come_in(host, app, await make_room(host), is_host=True, identity="user:5")

    answer = await page.post(f"/v1/calls/{joined['call_id']}/end")

    assert (answer.status_code, answer.json()["status"]) == (200, "ended")
    assert "initiator" not in answer.json()
    ended = await host.call(joined["call_id"])
    assert (ended["ended_by"], ended["end_reason"]) == ("user:5", "normal")
    (entry,) = await host.entries("call_end")
    assert entry["caller"] == f"sdk:{joined['connection']}"


async def test_a_participant_cannot_end_the_call(host: Host, app: ASGIApp) -> None:
    """That takes a host."""
    joined, page = await come_in(host, app, await make_room(host), is_host=False)

    answer = await page.post(f"/v1/calls/{joined['call_id']}/end")

    assert (answer.status_code, answer.json()["code"]) == (403, "access.not_allowed")
    assert (await host.call(joined["call_id"]))["status"] == "initiated"


async def test_a_host_cannot_end_another_call_nor_in_anothers_name(host: Host, app: ASGIApp) -> None:
    """Another call is not there for them, and it is they who end theirs."""
    joined, page = await come_in(host, app, await make_room(host), is_host=True)
    other = await host.make_call()

    assert (await page.post(f"/v1/calls/{other['id']}/end")).status_code == 404
    assert (await page.post(f"/v1/calls/{joined['call_id']}/end", json={"ended_by": "user:1"})).status_code == 422
    assert (await host.call(other["id"]))["status"] == "initiated"


async def test_who_is_in_a_call_can_do_nothing_else_with_it(host: Host, app: ASGIApp) -> None:
    """Settings, ringing, rebuilding and lists are the host's server's."""
    joined, page = await come_in(host, app, await make_room(host), is_host=True)
    path = f"/v1/calls/{joined['call_id']}"

    answers = [
        await page.patch(f"{path}/settings", json={"chat_enabled": False}),
        await page.post(f"{path}/ring", json={"people": ["user:1"]}),
        await page.post(f"{path}/decline", json={"identity": "user:1"}),
        await page.post(f"{path}/rebuild"),
        await page.get(f"{path}/events"),
        await page.get(f"{path}/timeline"),
        await page.get(f"{path}/participants"),
        await page.get("/v1/calls"),
        await page.get("/v1/users/1/calls"),
    ]

    assert {answer.status_code for answer in answers} == {403}


# ── Settings ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_settings_that_are_given_change_and_the_others_stay(host: Host) -> None:
    """A change is a merge; null is the default again; the audit trail has both."""
    made = await host.make_call(settings={"chat_enabled": False, "sample_seconds": 5})
    path = f"/v1/calls/{made['id']}/settings"

    answer = await host.server.patch(path, json={"recording_enabled": True, "sample_seconds": None})

    assert answer.status_code == 200
    assert answer.json()["settings"] == {**made["settings"], "recording_enabled": True, "sample_seconds": 10}
    (entry,) = await host.entries("settings_changed")
    assert entry["metadata"] == {
        "old": {"recording_enabled": False, "sample_seconds": 5},
        "new": {"recording_enabled": True, "sample_seconds": 10},
    }


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"volume": 11}, "call.setting_unknown", "settings.volume"),
        ({"chat_enabled": 1}, "request.invalid", "settings.chat_enabled"),
        ({"sample_seconds": 301}, "request.invalid", "settings.sample_seconds"),
    ],
)
async def test_settings_that_are_none_are_refused(host: Host, change: dict[str, Any], code: str, field: str) -> None:
    """Unknown or wrong: named, and nothing changes."""
    made = await host.make_call()

    answer = await host.server.patch(f"/v1/calls/{made['id']}/settings", json={"recording_enabled": True, **change})

    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["field"]) == (422, code, field)
    assert await host.call(made["id"]) == made


async def test_settings_of_a_call_that_is_over_stay_as_they_were(host: Host) -> None:
    """409; and of one that is not there, 404."""
    made = await host.make_call()
    await host.server.post(f"/v1/calls/{made['id']}/end")

    over = await host.server.patch(f"/v1/calls/{made['id']}/settings", json={"chat_enabled": False})
    unknown = await host.server.patch(f"/v1/calls/{uuid4()}/settings", json={"chat_enabled": False})

    assert (over.status_code, over.json()["state"], unknown.status_code) == (409, "ended", 404)


# ── Rebuilding ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_that_is_rebuilt_is_what_it_was(host: Host, since: datetime) -> None:
    """Folded again from its facts: another version of the same record, and an audit entry."""
    made = await host.make_call()
    await host.join(made["id"], "user:1", "c1", at=since)
    await host.server.post(f"/v1/calls/{made['id']}/end")
    before = await host.call(made["id"])

    answer = await host.server.post(f"/v1/calls/{made['id']}/rebuild")

    after = answer.json()
    changed = {"version", "updated_at"}
    assert answer.status_code == 200
    assert after["version"] == before["version"] + 1
    assert {name: value for name, value in after.items() if name not in changed} == {
        name: value for name, value in before.items() if name not in changed
    }
    (entry,) = await host.entries("call_changed")
    assert (UUID(entry["call_id"]), entry["metadata"]) == (UUID(made["id"]), {"what": "rebuilt"})
