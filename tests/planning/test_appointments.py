"""Appointments: booked by the host's server, confirmed or declined, called off, held or missed."""

from typing import Any

import httpx
import pytest
from tests.app_fixtures import client_of, replace

from callwell.app import Context, create_app

MONDAY = "2038-03-01T10:00:00.000Z"


def booking(**given: Any) -> dict[str, Any]:
    """The least that is to be said of an appointment, and more."""
    return {"client_id": "user:ana", "provider_id": "user:dr-bo", "scheduled_at": MONDAY, **given}


async def book(server: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    answer = await server.post("/v1/appointments", json=booking(**given))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def move(server: httpx.AsyncClient, appointment: dict[str, Any], to: str, **body: Any) -> dict[str, Any]:
    answer = await server.post(f"/v1/appointments/{appointment['id']}/{to}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def trail(server: httpx.AsyncClient, appointment: dict[str, Any]) -> list[dict[str, Any]]:
    """What was done about the appointment, the oldest first."""
    entries = (await server.get("/v1/audit", params={"limit": 200})).json()["items"]
    return [entry for entry in reversed(entries) if entry["appointment_id"] == appointment["id"]]


# ── Booking ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_appointments_defaults(server: httpx.AsyncClient) -> None:
    """Without more said it is for two, by video, of the usual length, and waits to be confirmed."""
    made = await book(server)

    assert made == {
        "id": made["id"],
        "external_id": None,
        "kind": "individual",
        "status": "pending",
        "status_summary": "scheduled",
        "client_id": "user:ana",
        "provider_id": "user:dr-bo",
        "clients": [{"identity": "user:ana", "side": "client", "display_name": None, "avatar_url": None}],
        "provider": {"identity": "user:dr-bo", "side": "provider", "display_name": None, "avatar_url": None},
        "conversation_id": None,
        "scheduled_at": MONDAY,
        "ends_at": "2038-03-01T10:50:00.000Z",
        "duration_minutes": 50,
        "opens_at": "2038-03-01T09:50:00.000Z",
        "closes_at": "2038-03-01T11:20:00.000Z",
        "is_video_call": True,
        "room": None,
        "url": None,
        "recording_enabled": False,
        "recording_url": None,
        "payment_status": "pending",
        "payment_provider": None,
        "payment_reference": None,
        "settings": {},
        "metadata": {},
        "reason": None,
        "confirmed_at": None,
        "declined_at": None,
        "cancelled_at": None,
        "completed_at": None,
        "call_count": 0,
        "call_started_at": None,
        "call_ended_at": None,
        "call_duration_minutes": None,
        "formatted_duration": "Not started",
        "call_failed": False,
        "attended_client_seconds": 0,
        "attended_provider_seconds": 0,
        "overlap_seconds": 0,
        "overlap_claimed_seconds": 0,
        "no_show": None,
        "evidence": None,
        "calls": [],
        "last_accessed_at": made["created_at"],
        "access_count": 0,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    assert (await server.get(f"/v1/appointments/{made['id']}")).json() == made


async def test_an_appointment_as_it_is_wished(server: httpx.AsyncClient) -> None:
    """All that is said is kept, and read back as it was answered."""
    given = {
        "kind": "assessment",
        "duration_minutes": 90,
        "external_id": "order-77",
        "conversation_id": "thread-1",
        "is_video_call": False,
        "recording_url": "https://recordings.example.org/77",
        "payment_status": "completed",
        "payment_provider": "mpesa",
        "payment_reference": "QGH7XK21",
        "settings": {"join_early_minutes": 30, "waiting_room": True},
        "metadata": {"ward": "B", "tags": ["first", "long"], "depth": {"a": [1, None]}},
    }

    made = await book(server, **given)

    assert made == made | given | {"opens_at": "2038-03-01T09:30:00.000Z", "ends_at": "2038-03-01T11:30:00.000Z"}
    assert (await server.get(f"/v1/appointments/{made['id']}")).json() == made
    assert (await server.get("/v1/conversations/thread-1")).status_code == 200


async def test_a_time_is_kept_in_utc_to_the_millisecond(server: httpx.AsyncClient) -> None:
    """Whatever zone it was said in."""
    assert (await book(server, scheduled_at="2038-03-01T12:00:00.123999+05:30"))["scheduled_at"] == "2038-03-01T06:30:00.123Z"


async def test_a_group_has_several_clients(server: httpx.AsyncClient) -> None:
    """The first of them is the appointment's client; one alone may be a group still."""
    group = await book(server, kind="group", client_id=None, clients=["user:z", "guest:a", "user:m"])
    alone = await book(server, kind="group")

    assert group["client_id"] == "user:z"
    assert [one["identity"] for one in group["clients"]] == ["user:z", "guest:a", "user:m"]
    assert [one["identity"] for one in alone["clients"]] == ["user:ana"]


async def test_people_are_called_as_the_directory_has_them(server: httpx.AsyncClient) -> None:
    """Names and pictures are the directory's, as they are now."""
    made = await book(server)
    await server.put("/v1/people/user:ana", json={"display_name": "Ana Lima", "avatar_url": "https://a.test/ana.png"})

    shown = (await server.get(f"/v1/appointments/{made['id']}")).json()

    assert shown["clients"] == [{"identity": "user:ana", "side": "client", "display_name": "Ana Lima", "avatar_url": "https://a.test/ana.png"}]


async def test_how_long_it_is_the_settings_say_where_nobody_does(server: httpx.AsyncClient) -> None:
    """The deployment's default length, unless the appointment has one of its own."""
    assert (await server.patch("/v1/settings", json={"default_duration_minutes": 25})).status_code == 200

    assert (await book(server))["duration_minutes"] == 25
    assert (await book(server, duration_minutes=30))["duration_minutes"] == 30


async def test_recording_is_wished_once(server: httpx.AsyncClient) -> None:
    """Said beside the settings or in them it is the same; said otherwise in each it is refused."""
    beside, within = await book(server, recording_enabled=True), await book(server, settings={"recording_enabled": True})
    unlike = await server.post("/v1/appointments", json=booking(recording_enabled=False, settings={"recording_enabled": True}))

    assert [(one["recording_enabled"], one["settings"]) for one in (beside, within)] == [(True, {"recording_enabled": True})] * 2
    assert (unlike.status_code, unlike.json()["errors"][0]["field"]) == (422, "recording_enabled")


async def test_the_hosts_own_id_is_of_one(server: httpx.AsyncClient) -> None:
    """It finds the appointment, and a second one of that id is not made."""
    made = await book(server, external_id="order-1")

    again = await server.post("/v1/appointments", json=booking(external_id="order-1"))

    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert [one["id"] for one in (await server.get("/v1/appointments", params={"external_id": "order-1"})).json()["items"]] == [made["id"]]


async def test_booking_twice_with_one_key_books_once(server: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "once"}

    first, again = [await server.post("/v1/appointments", json=booking(status="confirmed"), headers=key) for _ in range(2)]
    other = await server.post("/v1/appointments", json=booking(kind="assessment"), headers=key)

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")
    assert len((await server.get("/v1/appointments")).json()["items"]) == 1
    assert len((await server.get("/v1/rooms")).json()["items"]) == 1


# ── Confirming ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_confirming_makes_the_room_and_everybodys_way_in(server: httpx.AsyncClient) -> None:
    """A room for as many as come, in the same conversation, and for each a link of their own, the provider's as host."""
    made = await book(server, kind="group", client_id=None, clients=["user:1", "guest:2", "user:3"], conversation_id="thread-1")

    confirmed = await move(server, made, "confirm")

    room = (await server.get(f"/v1/rooms/{confirmed['room']}")).json()
    ways = (await server.get(f"/v1/rooms/{confirmed['room']}/invites")).json()["items"]
    assert confirmed == made | {
        "status": "confirmed",
        "room": room["name"],
        "url": room["url"],
        "confirmed_at": confirmed["updated_at"],
        "updated_at": confirmed["updated_at"],
    }
    assert (room["capacity"], room["conversation_id"], room["closed_at"]) == (4, "thread-1", None)
    assert {(way["identity"], way["role"], way["side"], way["is_host"], way["opens_at"], way["closes_at"]) for way in ways} == {
        ("user:1", "client", "client", False, None, None),
        ("guest:2", "client", "client", False, None, None),
        ("user:3", "client", "client", False, None, None),
        ("user:dr-bo", "provider", "provider", True, None, None),
    }


async def test_links_are_shown_as_often_as_they_are_asked_for(server: httpx.AsyncClient) -> None:
    """They are made again from what is kept, and are those that an invite's own page shows; before it is confirmed there are none."""
    made = await book(server)
    path = f"/v1/appointments/{made['id']}/invites"
    before = (await server.get(path)).json()["items"]
    await move(server, made, "confirm")

    ways, again = (await server.get(path)).json()["items"], (await server.get(path)).json()["items"]

    assert before == []
    assert ways == again
    assert [(way["identity"], way["side"], way["use_count"], way["revoked_at"]) for way in ways] == [
        ("user:ana", "client", 0, None),
        ("user:dr-bo", "provider", 0, None),
    ]
    for way in ways:
        invite = (await server.get(f"/v1/invites/{way['invite_id']}")).json()
        assert (way["secret"], way["url"]) == (invite["secret"], invite["url"])


async def test_booking_firmly_is_booking_and_confirming(server: httpx.AsyncClient) -> None:
    """What is booked as confirmed has its room at once."""
    made = await book(server, status="confirmed")

    assert (made["status"], made["confirmed_at"]) == ("confirmed", made["created_at"])
    assert (await server.get(f"/v1/rooms/{made['room']}")).json()["capacity"] == 2
    assert len((await server.get(f"/v1/appointments/{made['id']}/invites")).json()["items"]) == 2


async def test_what_is_not_held_by_video_has_no_room(server: httpx.AsyncClient) -> None:
    """It is confirmed, and nobody is invited anywhere."""
    made = await book(server, is_video_call=False, status="confirmed")

    assert (made["status"], made["room"], made["url"]) == ("confirmed", None, None)
    assert (await server.get("/v1/rooms")).json()["items"] == []
    assert (await server.get(f"/v1/appointments/{made['id']}/invites")).json()["items"] == []


# ── What may follow what ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_calling_off_closes_the_room(server: httpx.AsyncClient) -> None:
    """With why, which is kept; the room lets nobody in any more."""
    made = await book(server, status="confirmed")

    cancelled = await move(server, made, "cancel", reason="The client is ill.")

    assert cancelled == made | {
        "status": "cancelled",
        "status_summary": "cancelled",
        "reason": "The client is ill.",
        "cancelled_at": cancelled["updated_at"],
        "updated_at": cancelled["updated_at"],
    }
    assert (await server.get(f"/v1/rooms/{made['room']}")).json()["closed_at"] == cancelled["cancelled_at"]


async def test_what_was_asked_for_can_be_declined(server: httpx.AsyncClient) -> None:
    """With or without saying why."""
    why, silent = await book(server), await book(server)

    declined = await move(server, why, "decline", reason="Fully booked.")
    answer = await server.post(f"/v1/appointments/{silent['id']}/decline")

    assert (declined["status"], declined["status_summary"], declined["reason"], declined["declined_at"]) == (
        "declined", "cancelled", "Fully booked.", declined["updated_at"],
    )  # fmt: skip
    assert (answer.status_code, answer.json()["status"], answer.json()["reason"]) == (200, "declined", None)


async def test_what_is_not_held_by_video_the_host_says_was_held_or_missed(server: httpx.AsyncClient) -> None:
    """Held, or missed by whom; and held after all."""
    held, missed = await book(server, is_video_call=False, status="confirmed"), await book(server, is_video_call=False, status="confirmed")

    completed = await move(server, held, "complete")
    absent = await move(server, missed, "no-show", absent="client")
    after_all = await move(server, missed, "complete")

    assert (completed["status"], completed["completed_at"]) == ("completed", completed["updated_at"])
    assert (absent["status"], absent["status_summary"], absent["no_show"], absent["evidence"]) == ("no_show", "failed", "client", None)
    assert (after_all["status"], after_all["no_show"]) == ("completed", None)


async def test_what_is_held_by_video_its_calls_tell(server: httpx.AsyncClient) -> None:
    """Nobody says of such an appointment that it was held or missed."""
    made = await book(server, status="confirmed")

    answers = [
        await server.post(f"/v1/appointments/{made['id']}/complete"),
        await server.post(f"/v1/appointments/{made['id']}/no-show", json={"absent": "client"}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "appointment.judged_by_calls")] * 2
    assert (await server.get(f"/v1/appointments/{made['id']}")).json() == made


WAYS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "pending": [],
    "confirmed": [("confirm", {})],
    "declined": [("decline", {})],
    "cancelled": [("cancel", {})],
    "completed": [("confirm", {}), ("complete", {})],
    "no_show": [("confirm", {}), ("no-show", {"absent": "both"})],
}
LEGAL = {
    ("pending", "confirm"),
    ("pending", "decline"),
    ("pending", "cancel"),
    ("confirmed", "cancel"),
    ("confirmed", "complete"),
    ("confirmed", "no-show"),
    ("no_show", "complete"),
}


@pytest.mark.parametrize("status", WAYS)
async def test_what_may_follow_what(server: httpx.AsyncClient, status: str) -> None:
    """Every move from every status is made or refused; what is refused changes nothing."""
    for to in ("confirm", "decline", "cancel", "complete", "no-show"):
        made = await book(server, is_video_call=False)
        for step, body in WAYS[status]:
            made = await move(server, made, step, **body)
        assert made["status"] == status

        answer = await server.post(f"/v1/appointments/{made['id']}/{to}", json={"absent": "client"} if to == "no-show" else {})

        if (status, to) in LEGAL:
            assert answer.status_code == 200, answer.text
        else:
            assert (to, answer.status_code, answer.json()["code"]) == (to, 409, "appointment.illegal_move")
            assert (await server.get(f"/v1/appointments/{made['id']}")).json() == made


async def test_a_refusal_is_a_sentence(server: httpx.AsyncClient) -> None:
    made = await book(server, is_video_call=False, status="confirmed")
    await move(server, made, "no-show", absent="both")

    answers = [await server.post(f"/v1/appointments/{made['id']}/{to}", json={}) for to in ("confirm", "cancel")]

    assert [answer.json()["detail"] for answer in answers] == [
        "An appointment that is a no-show cannot be confirmed.",
        "An appointment that is a no-show cannot be cancelled.",
    ]


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

BAD: list[tuple[dict[str, Any], str]] = [
    ({"scheduled_at": "2038-03-01T10:00:00"}, "scheduled_at"),
    ({"scheduled_at": "2038-03-01"}, "scheduled_at"),
    ({"scheduled_at": "tomorrow"}, "scheduled_at"),
    ({"scheduled_at": 1800000000}, "scheduled_at"),
    ({"scheduled_at": None}, "scheduled_at"),
    ({"scheduled_at": "9999-12-31T23:59:59Z"}, "scheduled_at"),
    ({"scheduled_at": "0001-01-01T00:00:00+14:00"}, "scheduled_at"),
    ({"scheduled_at": "1969-12-31T23:59:59.999Z"}, "scheduled_at"),
    ({"duration_minutes": 0}, "duration_minutes"),
    ({"duration_minutes": -50}, "duration_minutes"),
    ({"duration_minutes": 1441}, "duration_minutes"),
    ({"duration_minutes": 50.5}, "duration_minutes"),
    ({"duration_minutes": "50"}, "duration_minutes"),
    ({"kind": "couple"}, "kind"),
    ({"kind": "Individual"}, "kind"),
    ({"kind": None}, "kind"),
    ({"status": "in_progress"}, "status"),
    ({"status": "completed"}, "status"),
    ({"client_id": "ana"}, "client_id"),
    ({"client_id": "user:"}, "client_id"),
    ({"client_id": "user:" + "x" * 201}, "client_id"),
    ({"client_id": "user:a\x00"}, "client_id"),
    ({"client_id": "admin:1"}, "client_id"),
    ({"client_id": 7}, "client_id"),
    ({"client_id": None}, "clients"),
    ({"provider_id": "dr-bo"}, "provider_id"),
    ({"provider_id": None}, "provider_id"),
    ({"provider_id": "user:ana"}, "provider_id"),
    ({"clients": ["user:1"]}, "clients"),
    ({"client_id": None, "clients": []}, "clients"),
    ({"client_id": None, "clients": ["user:1", "user:2"]}, "clients"),
    ({"client_id": None, "clients": ["user:1", "user:2"], "kind": "assessment"}, "clients"),
    ({"client_id": None, "clients": [], "kind": "group"}, "clients"),
    ({"client_id": None, "clients": "user:1", "kind": "group"}, "clients"),
    ({"client_id": None, "clients": ["user:1", "x"], "kind": "group"}, "clients[1]"),
    ({"client_id": None, "clients": ["user:1", "user:2", "user:1"], "kind": "group"}, "clients[2]"),
    ({"client_id": None, "clients": ["user:1", "user:dr-bo"], "kind": "group"}, "provider_id"),
    ({"client_id": None, "clients": [f"user:{n}" for n in range(50)], "kind": "group"}, "clients"),
    ({"client_id": None, "clients": [f"user:{n}" for n in range(10_000)], "kind": "group"}, "clients"),
    ({"is_video_call": "yes"}, "is_video_call"),
    ({"is_video_call": 1}, "is_video_call"),
    ({"recording_enabled": "no"}, "recording_enabled"),
    ({"recording_url": "javascript:alert(1)"}, "recording_url"),
    ({"payment_status": "paid"}, "payment_status"),
    ({"payment_provider": ""}, "payment_provider"),
    ({"payment_provider": "x" * 51}, "payment_provider"),
    ({"payment_reference": "x" * 201}, "payment_reference"),
    ({"payment_reference": "a\nb"}, "payment_reference"),
    ({"conversation_id": ""}, "conversation_id"),
    ({"conversation_id": "x" * 201}, "conversation_id"),
    ({"external_id": ""}, "external_id"),
    ({"external_id": "x" * 201}, "external_id"),
    ({"settings": []}, "settings"),
    ({"settings": {"chat": True}}, "settings.chat"),
    ({"settings": {"join_early_minutes": -1}}, "settings.join_early_minutes"),
    ({"settings": {"join_late_minutes": 1441}}, "settings.join_late_minutes"),
    ({"settings": {"waiting_room": "on"}}, "settings.waiting_room"),
    ({"settings": {"ip_policy": "none"}}, "settings.ip_policy"),
    ({"metadata": "x"}, "metadata"),
    ({"metadata": {"x": "y" * 8192}}, "metadata"),
    ({"metadata": {"x": "a\x00b"}}, "metadata.x"),
    ({"metadata": {"": 1}}, "metadata"),
    ({"room": "room-1"}, "room"),
    ({"reason": "x"}, "reason"),
    ({"call_duration_minutes": 45}, "call_duration_minutes"),
    ({"attended_client_ms": 1}, "attended_client_ms"),
    ({"ends_at": MONDAY}, "ends_at"),
    ({"end": MONDAY}, "end"),
]


async def test_bad_input_names_the_field(server: httpx.AsyncClient) -> None:
    """What no appointment can be is refused with the field that is wrong, and nothing is booked."""
    answers = [(given, await server.post("/v1/appointments", json=booking(**given))) for given, _ in BAD]

    said = [(given, [error["field"] for error in answer.json()["errors"]], answer.status_code) for given, answer in answers]
    assert said == [(given, [field], 422) for given, field in BAD]
    assert (await server.get("/v1/appointments")).json()["items"] == []


async def test_what_is_missing_is_named(server: httpx.AsyncClient) -> None:
    """Who provides, when it is, and a body at all."""
    for missing in ("provider_id", "scheduled_at"):
        answer = await server.post("/v1/appointments", json={name: value for name, value in booking().items() if name != missing})
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [missing])
    assert (await server.post("/v1/appointments")).status_code in (400, 415, 422)


async def test_moves_take_what_they_take(server: httpx.AsyncClient) -> None:
    """Reasons are texts of some length, and absence is somebody's."""
    made = await book(server, is_video_call=False, status="confirmed")
    path = f"/v1/appointments/{made['id']}"
    bad: list[tuple[str, Any, str]] = [
        ("cancel", {"reason": ""}, "reason"),
        ("cancel", {"reason": "x" * 501}, "reason"),
        ("cancel", {"reason": "a\x00b"}, "reason"),
        ("cancel", {"why": "x"}, "why"),
        ("no-show", {}, "absent"),
        ("no-show", {"absent": "provider and client"}, "absent"),
        ("no-show", {"absent": None}, "absent"),
    ]

    answers = [await server.post(f"{path}/{to}", json=body) for to, body, _ in bad]

    assert [(answer.status_code, [error["field"] for error in answer.json()["errors"]]) for answer in answers] == [
        (422, [field]) for _, _, field in bad
    ]
    assert (await server.get(path)).json() == made


async def test_there_are_no_more_people_than_a_call_takes(context: Context, make_key: Any) -> None:
    """Where calls take fewer people, so do appointments."""
    app = create_app(context)
    async with client_of(app, await make_key("admin")) as server:
        await server.patch("/v1/settings", json={"max_participants": 3})
        answer = await server.post("/v1/appointments", json=booking(kind="group", client_id=None, clients=["user:1", "user:2", "user:3"]))
        fits = await server.post("/v1/appointments", json=booking(kind="group", client_id=None, clients=["user:1", "user:2"], status="confirmed"))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "clients")
    assert fits.status_code == 201


async def test_an_appointment_may_take_more_than_others(server: httpx.AsyncClient) -> None:
    """Where its own settings let it, its room has a place for everybody, and for who comes later."""
    await server.patch("/v1/settings", json={"max_participants": 2})
    clients = ["user:1", "user:2", "user:3"]

    made = await book(server, kind="group", client_id=None, clients=clients, settings={"max_participants": 5}, status="confirmed")
    more = await server.patch(f"/v1/appointments/{made['id']}", json={"clients": [*clients, "user:4"]})

    assert more.status_code == 200, more.text
    assert (await server.get(f"/v1/rooms/{made['room']}")).json()["capacity"] == 5


async def test_an_appointment_that_is_not_there(server: httpx.AsyncClient) -> None:
    """It is not found, whatever is asked of it."""
    path = "/v1/appointments/01a1fe11-0000-7000-8000-000000000000"
    answers = [
        await server.get(path),
        await server.get(f"{path}/invites"),
        await server.patch(path, json={"duration_minutes": 30}),
        *[await server.post(f"{path}/{to}", json={}) for to in ("confirm", "decline", "cancel", "complete")],
        await server.post(f"{path}/no-show", json={"absent": "both"}),
        await server.get("/v1/appointments/order-1"),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)


# ── The trail ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_done_to_an_appointment_is_in_the_trail(server: httpx.AsyncClient) -> None:
    """Each step an entry with the appointment and the key, and with the room and the invites that it made."""
    made = await book(server, status="confirmed", metadata={"diagnosis": "secret-word"}, payment_reference="secret-word")
    await move(server, made, "cancel", reason="secret-word")

    entries = await trail(server, made)

    assert [entry["action"] for entry in entries] == [
        "appointment_created", "room_created", "invite_created", "invite_created", "appointment_confirmed", "appointment_cancelled", "room_closed",
    ]  # fmt: skip
    assert all(entry["caller"].startswith("key:") for entry in entries)
    assert {entry["room"] for entry in entries if entry["action"] in ("room_created", "invite_created", "room_closed")} == {made["room"]}
    assert [entry["identity"] for entry in entries if entry["action"] == "invite_created"] == ["user:ana", "user:dr-bo"]
    assert entries[0]["metadata"] == {"kind": "individual", "scheduled_at": "2038-03-01T10:00:00Z"}
    assert not any("secret-word" in str(entry) for entry in entries), "what is personal is not sealed"


async def test_every_outcome_has_its_word_in_the_trail(server: httpx.AsyncClient) -> None:
    declined, held, missed = await book(server), *[await book(server, is_video_call=False, status="confirmed") for _ in range(2)]
    await move(server, declined, "decline")
    await move(server, held, "complete")
    await move(server, missed, "no-show", absent="provider")

    last = [(await trail(server, one))[-1] for one in (declined, held, missed)]

    assert [(entry["action"], entry["metadata"]) for entry in last] == [
        ("appointment_declined", {}),
        ("appointment_completed", {"was": "confirmed"}),
        ("appointment_no_show", {"absent": "provider"}),
    ]


async def test_what_is_refused_leaves_no_entry(server: httpx.AsyncClient) -> None:
    """Nothing was done."""
    made = await book(server)
    before = await trail(server, made)

    await server.post(f"/v1/appointments/{made['id']}/complete")
    await server.patch(f"/v1/appointments/{made['id']}", json={"duration_minutes": 0})

    assert await trail(server, made) == before


# ── Who may ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_may(context: Context, make_key: Any) -> None:
    """Reading takes appointments:read, writing appointments:write, and links that let somebody in the latter."""
    app = create_app(context)
    async with client_of(app, await make_key("appointments:write")) as writer:
        path = f"/v1/appointments/{(await book(writer))['id']}"
        assert (await writer.get(path)).status_code == 403
        assert (await writer.get(f"{path}/invites")).status_code == 200
    async with client_of(app, await make_key("appointments:read")) as reader:
        assert (await reader.get(path)).status_code == 200
        refused = [await reader.get(f"{path}/invites"), await reader.patch(path, json={}), await reader.post(f"{path}/confirm")]
        assert [answer.status_code for answer in refused] == [403] * 3
    async with client_of(app, await make_key("rooms:write", "calls:read")) as other:
        assert (await other.get(path)).status_code == 403
    async with client_of(app) as outsider:
        assert (await outsider.get(path)).status_code == 401


async def test_a_link_leads_to_where_people_reach_the_server(context: Context, make_key: Any) -> None:
    """With a public address set, links begin with it."""
    app = create_app(replace(context, settings=replace(context.settings, public_url="https://calls.example.org/")))
    async with client_of(app, await make_key("admin")) as server:
        made = await book(server, status="confirmed")
        ways = (await server.get(f"/v1/appointments/{made['id']}/invites")).json()["items"]

    assert made["url"] == f"https://calls.example.org/room/{made['room']}"
    assert all(way["url"] == f"{made['url']}#{way['secret']}" for way in ways)
