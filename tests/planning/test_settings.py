"""Settings: one catalogue, set for the deployment, a room, an appointment or a call; the nearest word holds."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st
from tests.app_fixtures import client_of, replace

from callwell import errors
from callwell.app import Context, create_app, put_together
from callwell.planning import deployed as deployment
from callwell.planning.call_settings import CATALOGUE, MeetingSettings, check_settings, names_at, settings_of
from callwell.planning.deployed import in_effect
from callwell.postgres import Database
from callwell.settings import Settings

ENVIRONMENT = {setting.name: setting.default for setting in CATALOGUE.values() if setting.environment}


async def shown(server: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await server.get("/v1/settings")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["items"]}


async def set_to(server: httpx.AsyncClient, **given: Any) -> dict[str, dict[str, Any]]:
    answer = await server.patch("/v1/settings", json=given)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["items"]}


async def entries(server: httpx.AsyncClient) -> list[tuple[str | None, dict[str, Any]]]:
    """The trail's changes of settings, the oldest first: of which room, and what."""
    items = (await server.get("/v1/audit", params={"action": "settings_changed"})).json()["items"]
    return [(one["room"], one["metadata"]) for one in reversed(items)]


# ── The catalogue ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_setting_explains_itself() -> None:
    """A sentence, levels that begin with the deployment, and a default that is right; those of the environment have its default."""
    for setting in CATALOGUE.values():
        assert setting.sentence.endswith(".")
        assert setting.levels[0] == "deployment"
        assert check_settings({setting.name: setting.default}, "deployment") == {setting.name: setting.default}
        if setting.kind == "integer":
            assert setting.least is not None
            assert setting.most is not None
        if setting.environment:
            assert getattr(Settings(), setting.environment) == setting.default


def test_what_a_call_may_change_its_room_may_set() -> None:
    """Levels are one inside the other, but for the time zone, which a room has none of."""
    assert names_at("call") <= names_at("room") <= names_at("deployment")
    assert names_at("appointment") - names_at("room") == {"time_zone"}


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["chat_enabled", "sample_seconds", "waiting_room"]), st.sampled_from([True, False, 5, 7, None, "x", []]))
    ),
)
def test_the_nearest_right_word_holds(levels: list[dict[str, Any]]) -> None:
    """Whatever is said on how many levels: of each setting the last word that is right holds, and what is wrong is as if never said."""
    kinds = {"chat_enabled": bool, "sample_seconds": int, "waiting_room": bool}
    expected: dict[str, Any] = {}
    for level in levels:
        expected |= {name: value for name, value in level.items() if type(value) is kinds[name]}

    assert in_effect(ENVIRONMENT, *levels) == settings_of(expected)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_bounds_are_what_the_catalogue_says(name: str) -> None:
    """The least and the most are taken, one less and one more are not; so are other kinds."""
    setting = CATALOGUE[name]
    bad: list[Any] = [[], {}, None, 1.5]
    if setting.kind == "integer":
        assert setting.least is not None
        assert setting.most is not None
        good: list[Any] = [setting.least, setting.most]
        bad += [setting.least - 1, setting.most + 1, True, "1"]
    elif setting.kind == "boolean":
        good, bad = [True, False], [*bad, 0, "true"]
    else:
        good, bad = list(setting.one_of) or [setting.default], [*bad, "", "nothing of the kind", 1]

    for value in good:
        assert check_settings({name: value}, "deployment") == {name: value}
    for value in bad:
        with pytest.raises(errors.Invalid) as refused:
            check_settings({name: value}, "deployment")
        assert list(refused.value.fields) == [f"settings.{name}"]


# ── The deployment's ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_is_shown_with_where_it_is_from(settings: Settings, db: Database, make_key: Any) -> None:
    """What the environment says is so, what is set over it, and what nobody says."""
    key = await make_key("settings:read", "settings:write")
    async with put_together(replace(settings, grace_seconds=90), db) as context, client_of(create_app(context), key) as server:
        at_first = await shown(server)
        changed = await set_to(server, grace_seconds=30, join_early_minutes=15)
        taken_back = await set_to(server, grace_seconds=None)

    assert set(at_first) == set(MeetingSettings.__struct_fields__)
    assert at_first["grace_seconds"] == {
        "name": "grace_seconds",
        "value": 90,
        "source": "environment",
        "default": 90,
        "levels": ["deployment", "room", "appointment", "call"],
        "type": "integer",
        "least": 1,
        "most": 3600,
        "one_of": [],
        "sentence": "How long a connection that was lost may come back as the same.",
    }
    assert (at_first["join_early_minutes"]["value"], at_first["join_early_minutes"]["source"]) == (10, "default")
    assert (changed["grace_seconds"]["value"], changed["grace_seconds"]["source"]) == (30, "deployment")
    assert (changed["join_early_minutes"]["value"], changed["join_early_minutes"]["source"]) == (15, "deployment")
    assert taken_back["grace_seconds"] == at_first["grace_seconds"]
    assert taken_back["join_early_minutes"] == changed["join_early_minutes"]


async def test_every_change_is_in_the_trail_with_what_was(server: httpx.AsyncClient) -> None:
    """One entry for each setting that is different, none for one that stays; taken away is null."""
    await set_to(server, sample_seconds=5, waiting_room=True)
    await set_to(server, sample_seconds=5, waiting_room=False)
    await set_to(server, waiting_room=None)

    assert await entries(server) == [
        (None, {"name": "sample_seconds", "old": None, "new": 5}),
        (None, {"name": "waiting_room", "old": None, "new": True}),
        (None, {"name": "waiting_room", "old": True, "new": False}),
        (None, {"name": "waiting_room", "old": False, "new": None}),
    ]


async def test_another_process_knows_soon(settings: Settings, db: Database, server: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set here holds there without a restart, timers and how long late facts are taken among it."""
    monkeypatch.setattr(deployment, "REFRESH_EVERY", 0.05)
    async with put_together(settings, db) as elsewhere:
        await set_to(server, grace_seconds=7, settling_seconds=11)
        async with asyncio.timeout(30):
            while elsewhere.deployed.meeting().grace_seconds != 7:  # noqa: ASYNC110 nobody says so
                await asyncio.sleep(0.02)

        assert elsewhere.ledger.allowances.grace == timedelta(seconds=7)
        assert elsewhere.door.settling == timedelta(seconds=11)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"chat": True}, "chat"),
    ({"chat": None}, "chat"),
    ({"chat_enabled": "yes"}, "chat_enabled"),
    ({"chat_enabled": 1}, "chat_enabled"),
    ({"join_early_minutes": -1}, "join_early_minutes"),
    ({"join_early_minutes": 1441}, "join_early_minutes"),
    ({"join_early_minutes": 1.5}, "join_early_minutes"),
    ({"max_participants": 51}, "max_participants"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"time_zone": "Europe"}, "time_zone"),
    ({"time_zone": "../etc/passwd"}, "time_zone"),
    ({"quality_profile": "best-v9"}, "quality_profile"),
    ({"completion_rule": "never"}, "completion_rule"),
    ({"ip_policy": "all"}, "ip_policy"),
    ({"retention_audit_days": 0}, "retention_audit_days"),
]


async def test_bad_input_names_the_field_and_changes_nothing(server: httpx.AsyncClient) -> None:
    """Even where what stands beside it is right."""
    before = await shown(server)

    answers = [(given, await server.patch("/v1/settings", json={"sample_seconds": 3, **given})) for given, _ in BAD]

    said = [(given, [error["field"] for error in answer.json()["errors"]], answer.status_code) for given, answer in answers]
    assert said == [(given, [field], 422) for given, field in BAD]
    assert await shown(server) == before
    assert await entries(server) == []


async def test_no_more_people_than_the_environment_allows(settings: Settings, db: Database, make_key: Any) -> None:
    """A deployment can let fewer people in, never more; and a room that was allowed more before is held to it."""
    key = await make_key("admin")
    async with put_together(replace(settings, max_participants=8), db) as context, client_of(create_app(context), key) as server:
        more = await server.patch("/v1/settings", json={"max_participants": 9})
        await set_to(server, max_participants=6)
        room = await server.post("/v1/rooms", json={"capacity": 7})

        assert (more.status_code, room.status_code, room.json()["errors"][0]["field"]) == (422, 422, "capacity")
        assert context.deployed.meeting({"max_participants": 50}).max_participants == 8


async def test_who_may(context: Context, make_key: Any) -> None:
    """Reading takes settings:read, writing settings:write."""
    app = create_app(context)
    async with client_of(app, await make_key("settings:read")) as reader, client_of(app, await make_key("settings:write")) as writer:
        assert (await reader.get("/v1/settings")).status_code == 200
        assert (await reader.patch("/v1/settings", json={})).status_code == 403
        assert (await writer.patch("/v1/settings", json={})).status_code == 200
        assert (await writer.get("/v1/settings")).status_code == 403


async def test_addresses_are_kept_by_the_deployments_word(server: httpx.AsyncClient, db: Database) -> None:
    """From the change on, on every route, over what the environment says."""
    await set_to(server, ip_policy="full")
    await server.post("/v1/rooms", json={})
    await set_to(server, ip_policy="none")
    await server.post("/v1/rooms", json={})

    async with db.connection() as tx:
        rows = await (
            await tx.execute(
                """
                SELECT address FROM audit_entries LEFT JOIN audit_identities ON entry_id = id
                WHERE action = 'room_created' ORDER BY audit_entries.id
                """
            )
        ).fetchall()
    assert rows == [("127.0.0.1",), (None,)]


# ── Nearer ones ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_rooms_settings_are_told_with_what_they_were(server: httpx.AsyncClient) -> None:
    """One entry for each that is different, with the room."""
    name = (await server.post("/v1/rooms", json={"settings": {"chat_enabled": False, "grace_seconds": 5}})).json()["name"]

    await server.patch(f"/v1/rooms/{name}", json={"settings": {"chat_enabled": None, "grace_seconds": 9}, "title": "x"})

    assert await entries(server) == [
        (name, {"name": "chat_enabled", "old": False, "new": None}),
        (name, {"name": "grace_seconds", "old": 5, "new": 9}),
    ]


@pytest.mark.parametrize("name", ["ip_policy", "retention_calls_days", "default_duration_minutes", "time_zone"])
async def test_what_is_the_deployments_alone_no_room_sets(server: httpx.AsyncClient, name: str) -> None:
    """It is refused, and says where it can be set."""
    given = {"settings": {name: CATALOGUE[name].default}}
    room = (await server.post("/v1/rooms", json={})).json()["name"]

    answers = [await server.post("/v1/rooms", json=given), await server.patch(f"/v1/rooms/{room}", json=given)]

    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in answers] == [(422, f"settings.{name}")] * 2
    assert "deployment" in answers[0].json()["detail"]


async def test_a_call_begins_with_the_nearest_word_for_each(server: httpx.AsyncClient) -> None:
    """What the deployment and the room set is the call's, and what is said of the call itself comes before; later changes don't reach it."""
    await set_to(server, sample_seconds=20, chat_enabled=False, ringing_seconds=33, join_early_minutes=5)
    room = (await server.post("/v1/rooms", json={"settings": {"chat_enabled": True, "grace_seconds": 9}})).json()["name"]
    begin = {"type": "video", "mode": "p2p", "initiator": "user:1", "room": room, "settings": {"sample_seconds": 7}}

    call = (await server.post("/v1/calls", json=begin)).json()
    await set_to(server, ringing_seconds=44)

    assert call["settings"] == {
        "chat_enabled": True,
        "screen_share_enabled": True,
        "recording_enabled": False,
        "transcription_enabled": True,
        "sample_seconds": 7,
        "ringing_seconds": 33,
        "grace_seconds": 9,
    }
    assert (await server.get(f"/v1/calls/{call['id']}")).json()["settings"] == call["settings"]


async def test_a_call_takes_what_its_appointment_sets(server: httpx.AsyncClient) -> None:
    """Over its room."""
    appointment = (
        await server.post(
            "/v1/appointments",
            json={
                "client_id": "user:1",
                "provider_id": "user:2",
                "scheduled_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
                "settings": {"chat_enabled": False},
            },
        )
    ).json()
    room = (await server.post("/v1/rooms", json={"settings": {"chat_enabled": True, "sample_seconds": 9}})).json()["name"]
    begin = {"type": "video", "mode": "p2p", "initiator": "user:1", "room": room, "appointment_id": appointment["id"]}

    call = (await server.post("/v1/calls", json=begin)).json()

    assert (call["settings"]["chat_enabled"], call["settings"]["sample_seconds"]) == (False, 9)


async def test_a_setting_of_a_call_goes_back_to_what_is_around_it(server: httpx.AsyncClient) -> None:
    """Null is the room's word, else the deployment's, else the default; and it is told what was."""
    await set_to(server, sample_seconds=20)
    room = (await server.post("/v1/rooms", json={"settings": {"chat_enabled": False}})).json()["name"]
    begin = {"type": "video", "mode": "p2p", "initiator": "user:1", "room": room, "settings": {"sample_seconds": 7, "chat_enabled": True}}
    call = (await server.post("/v1/calls", json=begin)).json()

    back = (await server.patch(f"/v1/calls/{call['id']}/settings", json={"sample_seconds": None, "chat_enabled": None})).json()

    assert (back["settings"]["sample_seconds"], back["settings"]["chat_enabled"]) == (20, False)
    told = (await server.get("/v1/audit", params={"action": "settings_changed", "call_id": call["id"]})).json()["items"][0]
    assert told["metadata"] == {"old": {"sample_seconds": 7, "chat_enabled": True}, "new": {"sample_seconds": 20, "chat_enabled": False}}


async def test_a_call_cannot_set_what_is_before_it(server: httpx.AsyncClient) -> None:
    """Whether people wait before a call is no affair of one that goes on."""
    begin = {"type": "video", "mode": "p2p", "initiator": "user:1"}
    call = (await server.post("/v1/calls", json=begin)).json()

    answers = [
        await server.post("/v1/calls", json={**begin, "settings": {"waiting_room": True}}),
        await server.patch(f"/v1/calls/{call['id']}/settings", json={"waiting_room": True}),
    ]

    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in answers] == [(422, "settings.waiting_room")] * 2
