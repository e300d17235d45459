"""Appointments change: when they are, how long, who comes; and what that means for whoever is in or on their way."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from tests.planning.test_appointments import MONDAY, book, move, trail

from callwell.postgres import Database
from callwell.postgres.pool import execute, fetch_value


async def change(server: httpx.AsyncClient, appointment: dict[str, Any], **given: Any) -> dict[str, Any]:
    answer = await server.patch(f"/v1/appointments/{appointment['id']}", json=given)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ways_in(server: httpx.AsyncClient, appointment: dict[str, Any]) -> dict[str, str]:
    """Everybody's link."""
    answer = await server.get(f"/v1/appointments/{appointment['id']}/invites")
    return {way["identity"]: way["url"] for way in answer.json()["items"]}


def soon(minutes: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="milliseconds")


async def held_now(server: httpx.AsyncClient, api: httpx.AsyncClient, **given: Any) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """An appointment that begins now, and everybody who is in its room."""
    made = await book(server, scheduled_at=soon(), status="confirmed", **given)
    links = await ways_in(server, made)
    joined = {who: (await api.post("/v1/join", json={"invite": url.partition("#")[2]})).json() for who, url in links.items()}
    return made, joined


async def grant_of(db: Database, joined: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    """Until when somebody may stay, and since when no more."""
    async with db.connection() as tx:
        cursor = await tx.execute("SELECT closes_at, revoked_at FROM grants WHERE connection_id = %s", [joined["connection"]])
        row = await cursor.fetchone()
    assert row is not None
    return row


# ── Time and length ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_change_is_a_merge(server: httpx.AsyncClient) -> None:
    """Only what is given changes; null takes away; of settings and metadata only what is named changes."""
    made = await book(server, settings={"waiting_room": True, "join_late_minutes": 5}, metadata={"a": 1, "b": 2}, payment_provider="mpesa")

    changed = await change(
        server, made, duration_minutes=30, settings={"waiting_room": None, "chat_enabled": False}, metadata={"a": None, "c": 3}, payment_provider=None
    )

    assert changed == made | {
        "duration_minutes": 30,
        "ends_at": "2038-03-01T10:30:00.000Z",
        "closes_at": "2038-03-01T10:35:00.000Z",
        "settings": {"join_late_minutes": 5, "chat_enabled": False},
        "metadata": {"b": 2, "c": 3},
        "payment_provider": None,
        "updated_at": changed["updated_at"],
    }
    assert changed["updated_at"] > made["updated_at"]


async def test_a_change_to_what_is_already_so_is_none(server: httpx.AsyncClient) -> None:
    """Nothing is written, and nothing is told."""
    made = await book(server, status="confirmed")
    before = await trail(server, made)

    same = await change(
        server, made, scheduled_at="2038-03-01T12:00:00+02:00", client_id="user:ana", payment_status="pending", settings={"waiting_room": None}
    )

    assert same == made
    assert await trail(server, made) == before


async def test_another_time_keeps_the_links(server: httpx.AsyncClient) -> None:
    """Room and invites stay; when they let somebody in moves with the time, and the trail tells both times."""
    made = await book(server, status="confirmed")
    links = await ways_in(server, made)

    moved = await change(server, made, scheduled_at="2038-03-02T15:30:00Z", duration_minutes=20)

    assert {name: moved[name] for name in ("scheduled_at", "ends_at", "opens_at", "closes_at", "room", "status")} == {
        "scheduled_at": "2038-03-02T15:30:00.000Z",
        "ends_at": "2038-03-02T15:50:00.000Z",
        "opens_at": "2038-03-02T15:20:00.000Z",
        "closes_at": "2038-03-02T16:20:00.000Z",
        "room": made["room"],
        "status": "confirmed",
    }
    assert await ways_in(server, moved) == links
    last = (await trail(server, made))[-1]
    assert (last["action"], last["metadata"]) == (
        "appointment_changed",
        {
            "changed": ["scheduled_at", "duration_minutes"],
            "scheduled_at": {"old": "2038-03-01T10:00:00Z", "new": "2038-03-02T15:30:00Z"},
            "duration_minutes": {"old": 50, "new": 20},
        },
    )


async def test_whoever_is_in_may_stay_as_long_as_the_new_time_lets_them(server: httpx.AsyncClient, api: httpx.AsyncClient, db: Database) -> None:
    """An appointment that is made longer ends later for who is in its room; one that is moved away ends for them now or then."""
    made, joined = await held_now(server, api)
    longer = await change(server, made, duration_minutes=120)
    later = [await grant_of(db, one) for one in joined.values()]
    away = await change(server, made, scheduled_at=soon(-600), duration_minutes=30)
    ended = [await grant_of(db, one) for one in joined.values()]

    assert [(closes_at and closes_at.isoformat(timespec="milliseconds"), revoked) for closes_at, revoked in later] == [
        (longer["closes_at"].replace("Z", "+00:00"), None)
    ] * 2
    assert [closes_at for closes_at, _ in ended] == [datetime.fromisoformat(away["closes_at"])] * 2


async def test_a_setting_of_its_window_moves_it_too(server: httpx.AsyncClient, api: httpx.AsyncClient, db: Database) -> None:
    """Who may come later may stay longer; the change of a setting is told with what was and what is."""
    made, joined = await held_now(server, api)

    changed = await change(server, made, settings={"join_late_minutes": 240})

    assert [closes_at for closes_at, _ in [await grant_of(db, one) for one in joined.values()]] == [datetime.fromisoformat(changed["closes_at"])] * 2
    told = [(entry["action"], entry["metadata"]) for entry in await trail(server, made) if entry["action"] == "settings_changed"]
    assert told == [("settings_changed", {"name": "join_late_minutes", "old": None, "new": 240})]


async def test_calling_off_puts_everybody_out(server: httpx.AsyncClient, api: httpx.AsyncClient, db: Database) -> None:
    """Whoever waits in the room may stay no longer."""
    made = await book(server, scheduled_at=soon(), status="confirmed")
    links = await ways_in(server, made)
    joined = (await api.post("/v1/join", json={"invite": links["user:ana"].partition("#")[2]})).json()

    cancelled = await move(server, made, "cancel")

    closes_at, _ = await grant_of(db, joined)
    assert closes_at is not None
    assert closes_at.isoformat(timespec="milliseconds").replace("+00:00", "Z") == cancelled["cancelled_at"]
    refused = await api.post("/v1/join", json={"invite": links["user:dr-bo"].partition("#")[2]})
    assert (refused.status_code, refused.json()["code"]) == (403, "join.room_closed")


# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_comes_to_a_group_can_change(server: httpx.AsyncClient) -> None:
    """Who is new gets a link, who comes no more loses theirs, who stays keeps it; the room grows."""
    made = await book(server, kind="group", client_id=None, clients=["user:1", "user:2"], status="confirmed")
    links = await ways_in(server, made)

    changed = await change(server, made, clients=["user:2", "user:3", "guest:4"])

    now = await ways_in(server, changed)
    assert [one["identity"] for one in changed["clients"]] == ["user:2", "guest:4", "user:3"]
    assert changed["client_id"] == "user:2"
    assert set(now) == {"user:2", "user:3", "guest:4", "user:dr-bo"}
    assert (now["user:2"], now["user:dr-bo"]) == (links["user:2"], links["user:dr-bo"])
    assert (await server.get(f"/v1/rooms/{made['room']}")).json()["capacity"] == 4
    invites = (await server.get(f"/v1/rooms/{made['room']}/invites")).json()["items"]
    assert {invite["identity"] for invite in invites if invite["revoked_at"]} == {"user:1"}
    told = [(entry["action"], entry["identity"]) for entry in await trail(server, made)][-4:]
    assert told[0][0] == "appointment_changed"
    assert sorted(told[1:]) == [("invite_created", "guest:4"), ("invite_created", "user:3"), ("invite_revoked", "user:1")]


async def test_another_provider_takes_over(server: httpx.AsyncClient, api: httpx.AsyncClient, db: Database) -> None:
    """The one before is put out, and the new one comes as host."""
    made, joined = await held_now(server, api)

    changed = await change(server, made, provider_id="user:dr-cy")

    _, revoked_at = await grant_of(db, joined["user:dr-bo"])
    _, stays = await grant_of(db, joined["user:ana"])
    invites = (await server.get(f"/v1/rooms/{made['room']}/invites")).json()["items"]
    assert changed["provider_id"] == changed["provider"]["identity"] == "user:dr-cy"
    assert revoked_at is not None
    assert stays is None
    assert [(one["identity"], one["is_host"]) for one in invites if one["revoked_at"] is None] == [("user:dr-cy", True), ("user:ana", False)]


async def test_client_and_provider_change_places(server: httpx.AsyncClient) -> None:
    """Each gets a link of the other side."""
    made = await book(server, status="confirmed")

    changed = await change(server, made, client_id="user:dr-bo", provider_id="user:ana")

    invites = (await server.get(f"/v1/rooms/{made['room']}/invites")).json()["items"]
    assert (changed["client_id"], changed["provider_id"]) == ("user:dr-bo", "user:ana")
    assert {(one["identity"], one["side"]) for one in invites if one["revoked_at"] is None} == {("user:dr-bo", "client"), ("user:ana", "provider")}
    assert len(invites) == 4


async def test_a_group_that_was_larger_before_stays_as_it_is(server: httpx.AsyncClient) -> None:
    """Where calls take fewer people since, what is not about people can change still."""
    made = await book(server, kind="group", client_id=None, clients=["user:1", "user:2", "user:3"])
    await server.patch("/v1/settings", json={"max_participants": 2})

    paid = await change(server, made, payment_status="completed", duration_minutes=25)
    more = await server.patch(f"/v1/appointments/{made['id']}", json={"clients": ["user:1", "user:2", "user:4"]})

    assert (paid["payment_status"], paid["duration_minutes"]) == ("completed", 25)
    assert (more.status_code, more.json()["errors"][0]["field"]) == (422, "clients")


# ── Payment ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_payment_is_told_with_what_was_and_what_is(server: httpx.AsyncClient) -> None:
    """Whatever the appointment's status; the payer's references are named and not told."""
    made = await book(server)
    await move(server, made, "cancel")
    await change(server, made, payment_status="completed", payment_provider="mpesa", payment_reference="secret-word")
    refunded = await change(server, made, payment_status="refunded")

    entries = [entry for entry in await trail(server, made) if entry["action"] in ("payment_changed", "appointment_changed")]

    assert (refunded["status"], refunded["payment_status"], refunded["payment_reference"]) == ("cancelled", "refunded", "secret-word")
    assert [(entry["action"], entry["metadata"]) for entry in entries] == [
        ("payment_changed", {"old": "pending", "new": "completed"}),
        ("appointment_changed", {"changed": ["payment_provider", "payment_reference"]}),
        ("payment_changed", {"old": "completed", "new": "refunded"}),
    ]


# ── What can change no more ───────────────────────────────────────────────────────────────────────────────────────────────────────

GIVEN: dict[str, Any] = {
    "scheduled_at": "2038-03-08T10:00:00Z",
    "duration_minutes": 25,
    "client_id": "user:eve",
    "provider_id": "user:dr-cy",
    "is_video_call": True,
    "conversation_id": "thread-9",
    "recording_enabled": True,
    "settings": {"chat_enabled": False},
    "payment_status": "completed",
    "metadata": {"x": 1},
    "recording_url": "https://recordings.example.org/1",
}
BEFORE = {"scheduled_at", "client_id", "provider_id"}
OPEN = {"duration_minutes", "recording_enabled", "settings"}
ALWAYS = {"payment_status", "metadata", "recording_url"}
CAN = {
    "pending": set(GIVEN),
    "confirmed": BEFORE | OPEN | ALWAYS,
    "in_progress": OPEN | ALWAYS,
    "completed": ALWAYS,
    "cancelled": ALWAYS,
    "declined": ALWAYS,
    "no_show": ALWAYS,
}


async def test_what_can_change_when(server: httpx.AsyncClient, db: Database) -> None:
    """Where it belongs until it is confirmed, who comes and when until it is held, how long until it is over, the rest always."""
    can: dict[str, set[str]] = {}
    for status in CAN:
        can[status] = set()
        for name, value in GIVEN.items():
            made = await book(server, is_video_call=False)
            async with db.connection() as tx:
                absent = "client" if status == "no_show" else None
                await execute(tx, "UPDATE appointments SET status = %s, no_show = %s WHERE id = %s", [status, absent, made["id"]])
            answer = await server.patch(f"/v1/appointments/{made['id']}", json={name: value})
            assert answer.status_code == 200 or (answer.status_code, answer.json()["code"]) == (409, "appointment.illegal_move"), answer.text
            if answer.status_code == 200:
                can[status].add(name)

    assert can == CAN


async def test_a_change_of_which_a_part_cannot_be_is_none(server: httpx.AsyncClient) -> None:
    made = await book(server)
    await move(server, made, "decline")

    answer = await server.patch(f"/v1/appointments/{made['id']}", json={"payment_status": "failed", "scheduled_at": "2038-03-08T10:00:00Z"})

    assert (answer.status_code, answer.json()["detail"]) == (409, "An appointment that is declined cannot be changed like that.")
    assert (await server.get(f"/v1/appointments/{made['id']}")).json()["payment_status"] == "pending"


async def test_bad_changes_change_nothing(server: httpx.AsyncClient) -> None:
    """Each names the field that is wrong."""
    made = await book(server, settings={"waiting_room": True})
    bad: list[tuple[dict[str, Any], str]] = [
        ({"scheduled_at": None}, "scheduled_at"),
        ({"scheduled_at": "2038-03-01T10:00:00"}, "scheduled_at"),
        ({"scheduled_at": "9999-12-31T23:00:00Z"}, "scheduled_at"),
        ({"duration_minutes": None}, "duration_minutes"),
        ({"duration_minutes": 1441}, "duration_minutes"),
        ({"client_id": "user:dr-bo"}, "provider_id"),
        ({"provider_id": "user:ana"}, "provider_id"),
        ({"client_id": None}, "client_id"),
        ({"clients": []}, "clients"),
        ({"clients": ["user:1", "user:2"]}, "clients"),
        ({"clients": ["user:1"], "client_id": "user:1"}, "clients"),
        ({"clients": ["user:ana", "user:ana"]}, "clients"),
        ({"clients": [f"user:{n}" for n in range(10_000)]}, "clients"),
        ({"kind": "group"}, "kind"),
        ({"status": "confirmed"}, "status"),
        ({"external_id": "x"}, "external_id"),
        ({"settings": {"waiting_room": "on"}}, "settings.waiting_room"),
        ({"settings": {"nonsense": None}}, "settings.nonsense"),
        ({"settings": {"recording_enabled": True}, "recording_enabled": False}, "recording_enabled"),
        ({"metadata": {"x": "y" * 8192}}, "metadata"),
        ({"payment_status": None}, "payment_status"),
        ({"completed_at": MONDAY}, "completed_at"),
        ({"reason": "x"}, "reason"),
    ]

    answers = [(given, await server.patch(f"/v1/appointments/{made['id']}", json=given)) for given, _ in bad]

    said = [(given, [error["field"] for error in answer.json()["errors"]], answer.status_code) for given, answer in answers]
    assert said == [(given, [field], 422) for given, field in bad]
    assert (await server.get(f"/v1/appointments/{made['id']}")).json() == made


async def test_metadata_grows_to_its_bound_and_no_further(server: httpx.AsyncClient) -> None:
    """What is merged counts whole."""
    made = await book(server, metadata={"a": "x" * 5000})

    answer = await server.patch(f"/v1/appointments/{made['id']}", json={"metadata": {"b": "y" * 5000}})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "metadata")


# ── When it is judged ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_it_is_looked_at_when_its_window_closes(server: httpx.AsyncClient, db: Database) -> None:
    """As soon as it is confirmed, wherever it is moved to; not before, not once it is called off, and never where no call can tell."""

    async def deadline(made: dict[str, Any]) -> datetime | None:
        async with db.connection() as tx:
            return await fetch_value(tx, "SELECT next_deadline_at FROM appointments WHERE id = %s", [made["id"]])

    made, elsewhere = await book(server), await book(server, is_video_call=False, status="confirmed")
    assert (await deadline(made), await deadline(elsewhere)) == (None, None)
    confirmed = await move(server, made, "confirm")
    assert await deadline(made) == datetime.fromisoformat(confirmed["closes_at"])
    moved = await change(server, made, scheduled_at="2038-03-08T10:00:00Z", settings={"join_late_minutes": 0})
    assert await deadline(made) == datetime.fromisoformat(moved["closes_at"]) == datetime.fromisoformat(moved["ends_at"])
    await move(server, made, "cancel")
    assert await deadline(made) is None


# ── At once ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_confirming_at_once_makes_one_room(server: httpx.AsyncClient) -> None:
    """One of many who confirm does, and the others hear that it is so already."""
    made = await book(server)

    answers = await asyncio.gather(*(server.post(f"/v1/appointments/{made['id']}/confirm") for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    assert len((await server.get("/v1/rooms")).json()["items"]) == 1
    assert len(await ways_in(server, made)) == 2


async def test_nobody_slips_in_as_it_is_called_off(server: httpx.AsyncClient, api: httpx.AsyncClient, db: Database) -> None:
    """Who comes at that moment is refused, or was in before and may stay no longer."""
    outcomes: set[int] = set()
    for wait in (0, 0, 0.01, 0.02, 0.05, 0.2):
        made = await book(server, scheduled_at=soon(), status="confirmed")
        secrets = [url.partition("#")[2] for url in (await ways_in(server, made)).values()]

        coming = [asyncio.create_task(api.post("/v1/join", json={"invite": secret})) for secret in secrets]
        await asyncio.sleep(wait)
        cancelled = await move(server, made, "cancel")
        joins = await asyncio.gather(*coming)

        for answer in joins:
            outcomes.add(answer.status_code)
            if answer.status_code == 201:
                closes_at, _ = await grant_of(db, answer.json())
                assert closes_at is not None
                assert closes_at - datetime.fromisoformat(cancelled["cancelled_at"]) < timedelta(milliseconds=1)
            else:
                assert answer.json()["code"] == "join.room_closed"
    assert 201 in outcomes


async def test_changes_at_once_are_all_made(server: httpx.AsyncClient) -> None:
    """None is lost, whatever the order."""
    made = await book(server, kind="group", client_id=None, clients=["user:1", "user:2"], status="confirmed")
    changes: list[dict[str, Any]] = [
        {"duration_minutes": 25},
        {"scheduled_at": "2038-03-08T10:00:00Z"},
        {"clients": ["user:2", "user:3"]},
        {"payment_status": "completed"},
        {"metadata": {"a": 1}},
        {"metadata": {"b": 2}},
        {"settings": {"waiting_room": True}},
        {"settings": {"chat_enabled": False}},
    ]

    answers = await asyncio.gather(*(server.patch(f"/v1/appointments/{made['id']}", json=given) for given in changes))

    assert [answer.status_code for answer in answers] == [200] * len(changes)
    now = (await server.get(f"/v1/appointments/{made['id']}")).json()
    assert {name: now[name] for name in ("duration_minutes", "scheduled_at", "payment_status", "metadata", "settings")} == {
        "duration_minutes": 25,
        "scheduled_at": "2038-03-08T10:00:00.000Z",
        "payment_status": "completed",
        "metadata": {"a": 1, "b": 2},
        "settings": {"waiting_room": True, "chat_enabled": False},
    }
    assert set(await ways_in(server, made)) == {"user:2", "user:3", "user:dr-bo"}
