"""Appointments are found by who comes, where and when; each sees what is theirs; nothing is sent that is not wanted."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given, strategies as st
from tests.app_fixtures import TEST_KEY, client_of
from tests.planning.test_appointments import book, move
from tests.planning.test_rescheduling import change

from callwell.access.tokens import user_token
from callwell.app import Context, create_app
from callwell.planning.appointment_routes import span_of_day
from callwell.postgres import Database
from callwell.postgres.pool import execute


async def found(server: httpx.AsyncClient, path: str = "/v1/appointments", **wanted: Any) -> list[str]:
    """External ids, as the list has them."""
    answer = await server.get(path, params=wanted)
    assert answer.status_code == 200, answer.text
    return [one["external_id"] for one in answer.json()["items"]]


def as_person(context: Context, identity: str) -> httpx.AsyncClient:
    """A client with somebody's own token."""
    return client_of(create_app(context), user_token(bytes.fromhex(TEST_KEY), identity, at=datetime.now(UTC), lifetime=timedelta(hours=1)))


# ── Lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_soonest_come_first(server: httpx.AsyncClient) -> None:
    """Whatever the order in which they were booked; or the latest, where that is asked for."""
    for day in ("03", "01", "02"):
        await book(server, scheduled_at=f"2038-03-{day}T10:00:00Z", external_id=day)

    assert await found(server) == ["01", "02", "03"]
    assert await found(server, order="latest") == ["03", "02", "01"]


@pytest.mark.parametrize("order", ["soonest", "latest"])
async def test_pages_have_each_once(server: httpx.AsyncClient, order: str) -> None:
    """Also of several at one time, and while others are booked."""
    for number in range(7):
        await book(server, scheduled_at=f"2038-03-01T1{number // 3}:00:00Z", external_id=str(number))
    whole = await found(server, order=order)

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await server.get("/v1/appointments", params={"order": order, "limit": 2, **cursor})).json()
        seen += [one["external_id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        await book(server, scheduled_at="2038-02-01T10:00:00Z" if order == "soonest" else "2038-04-01T10:00:00Z", external_id=f"later {len(seen)}")

    assert seen == whole
    assert sorted(seen) == [str(number) for number in range(7)]


async def test_they_are_found_by_what_is_known_of_them(server: httpx.AsyncClient) -> None:
    """By client, provider, anybody who comes, status, kind, conversation, room, and whether they are held by video."""
    await book(server, external_id="one", conversation_id="thread-1")
    await book(server, external_id="group", kind="group", client_id=None, clients=["user:cy", "user:ana"], provider_id="user:dr-eve")
    firm = await book(server, external_id="firm", kind="assessment", client_id="guest:x", status="confirmed")
    await book(server, external_id="there", client_id="user:dr-bo", provider_id="user:dr-eve", is_video_call=False)

    assert await found(server, client_id="user:ana") == ["one"]
    assert await found(server, provider_id="user:dr-eve") == ["group", "there"]
    assert await found(server, person="user:ana") == ["one", "group"]
    assert await found(server, person="user:dr-bo") == ["one", "firm", "there"]
    assert await found(server, person="user:dr-bo", provider_id="user:dr-bo") == ["one", "firm"]
    assert await found(server, person="guest:x") == await found(server, client_id="guest:x") == ["firm"]
    assert await found(server, status="confirmed") == await found(server, kind="assessment") == ["firm"]
    assert await found(server, room=firm["room"]) == ["firm"]
    assert await found(server, room="room-" + "0" * 32) == []
    assert await found(server, conversation_id="thread-1") == ["one"]
    assert await found(server, is_video_call=False) == ["there"]
    assert await found(server, external_id="group") == ["group"]
    assert await found(server, client_id="user:ana", kind="group") == []


async def test_from_and_to(server: httpx.AsyncClient) -> None:
    """From a time, and before another, in whatever zone they are said; to the millisecond."""
    for at in ("09:59:59.999", "10:00:00", "10:59:59.999", "11:00:00"):
        await book(server, scheduled_at=f"2038-03-01T{at}Z", external_id=at)

    assert await found(server, **{"from": "2038-03-01T10:00:00Z", "to": "2038-03-01T12:00:00+01:00"}) == ["10:00:00", "10:59:59.999"]
    assert await found(server, person="user:ana", to="2038-03-01T10:00:00Z") == ["09:59:59.999"]
    assert await found(server, **{"from": "2038-03-01T11:00:00Z"}) == ["11:00:00"]


async def test_what_is_to_come_is_what_is_not_over(server: httpx.AsyncClient, db: Database) -> None:
    """What goes on by plan is to come still; what was called off, declined or judged is not."""
    now = datetime.now(UTC)

    async def booked(name: str, minutes: int, status: str = "confirmed", duration: int = 50) -> None:
        made = await book(
            server, scheduled_at=(now + timedelta(minutes=minutes)).isoformat(), external_id=name, duration_minutes=duration, is_video_call=False
        )
        async with db.connection() as tx:
            absent = "both" if status == "no_show" else None
            await execute(tx, "UPDATE appointments SET status = %s, no_show = %s WHERE id = %s", [status, absent, made["id"]])

    await booked("all day", -1400, duration=1440)
    await booked("over", -51)
    await booked("going on", -30, "in_progress")
    await booked("late", -20)
    await booked("asked for", 60, "pending")
    await booked("next", 90)
    for status in ("completed", "cancelled", "declined", "no_show"):
        await booked(status, 100, status)

    assert await found(server, upcoming=True) == ["all day", "going on", "late", "asked for", "next"]
    assert await found(server, upcoming=True, status="confirmed", person="user:ana") == ["all day", "late", "next"]
    assert await found(server, "/v1/users/ana/appointments", upcoming=True, status="confirmed", is_video_call=True) == []
    assert len(await found(server, upcoming=False)) == 10


# ── Days ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_day_is_that_of_a_time_zone(server: httpx.AsyncClient) -> None:
    """From its midnight to the next, which in Berlin are 23 hours in March and 25 in October."""
    for at in ("2038-03-27T23:00:00Z", "2038-03-28T00:30:00Z", "2038-03-28T21:59:59.999Z", "2038-03-28T22:00:00Z"):
        await book(server, scheduled_at=at, external_id=at)
    for at in ("2038-10-30T21:59:59.999Z", "2038-10-30T22:00:00Z", "2038-10-31T22:59:59.999Z", "2038-10-31T23:00:00Z"):
        await book(server, scheduled_at=at, external_id=at)
    berlin = {"time_zone": "Europe/Berlin"}

    assert await found(server, day="2038-03-28", **berlin) == ["2038-03-27T23:00:00Z", "2038-03-28T00:30:00Z", "2038-03-28T21:59:59.999Z"]
    assert await found(server, day="2038-03-29", **berlin) == ["2038-03-28T22:00:00Z"]
    assert await found(server, day="2038-10-30", **berlin) == ["2038-10-30T21:59:59.999Z"]
    assert await found(server, day="2038-10-31", **berlin) == ["2038-10-30T22:00:00Z", "2038-10-31T22:59:59.999Z"]
    assert await found(server, day="2038-11-01", **berlin) == ["2038-10-31T23:00:00Z"]
    assert await found(server, day="2038-03-28") == ["2038-03-28T00:30:00Z", "2038-03-28T21:59:59.999Z", "2038-03-28T22:00:00Z"]


async def test_without_a_zone_a_day_is_the_deployments(server: httpx.AsyncClient) -> None:
    await book(server, scheduled_at="2038-03-28T23:30:00Z", external_id="night")
    assert (await server.patch("/v1/settings", json={"time_zone": "Asia/Tokyo"})).status_code == 200

    assert await found(server, day="2038-03-29") == ["night"]
    assert await found(server, day="2038-03-29", time_zone="UTC") == []


@given(day=st.dates(min_value=datetime(1971, 1, 1).date(), max_value=datetime(2100, 1, 1).date()), zone=st.timezone_keys())  # noqa: DTZ001 days
def test_days_follow_each_other(day: Any, zone: str) -> None:
    """In every zone there is: one day ends where the next begins, and what lies in it has its date."""
    begin, end = span_of_day(day, zone)
    assert end == span_of_day(day + timedelta(days=1), zone)[0]
    assert timedelta(0) <= end - begin <= timedelta(hours=26)
    if begin < end:
        assert begin.astimezone(ZoneInfo(zone)).date() == day
        assert (end - timedelta(milliseconds=1)).astimezone(ZoneInfo(zone)).date() == day


# ── What is wanted of them ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_only_the_fields_that_are_wanted_are_sent(server: httpx.AsyncClient) -> None:
    """Of one and of each in a list, in the order in which they are named, each once."""
    made = await book(server)

    one = (await server.get(f"/v1/appointments/{made['id']}", params={"fields": "status,id,provider,id"})).json()
    several = (await server.get("/v1/appointments", params={"fields": "id"})).json()
    theirs = (await server.get("/v1/users/ana/appointments", params={"fields": "scheduled_at"})).json()

    assert list(one) == ["status", "id", "provider"]
    assert one == {name: made[name] for name in one}
    assert several == {"items": [{"id": made["id"]}], "next_cursor": None}
    assert theirs["items"] == [{"scheduled_at": made["scheduled_at"]}]


async def test_fields_that_are_not_there_are_named(server: httpx.AsyncClient) -> None:
    """Also where there is nothing to show, and what is no name at all."""
    for path in ("/v1/appointments", "/v1/users/ana/appointments", "/v1/appointments/01a1fe11-0000-7000-8000-000000000000"):
        for fields in ("id,nonsense", "__class__", "id,", "", "id;status", "settings.chat_enabled", "x" * 2001):
            answer = await server.get(path, params={"fields": fields})
            assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["fields"]), (path, fields)


async def test_an_unchanged_appointment_is_not_sent_twice(server: httpx.AsyncClient) -> None:
    """Who has it as it is gets 304; after a change it is another, and so it is with other fields."""
    made = await book(server)
    path = f"/v1/appointments/{made['id']}"
    tag = (await server.get(path)).headers["etag"]

    same = await server.get(path, headers={"If-None-Match": tag})
    other_fields = await server.get(path, params={"fields": "id"}, headers={"If-None-Match": tag})
    await change(server, made, duration_minutes=25)
    changed = await server.get(path, headers={"If-None-Match": tag})

    assert (same.status_code, same.content) == (304, b"")
    assert other_fields.status_code == 200
    assert (changed.status_code, changed.json()["duration_minutes"]) == (200, 25)
    assert changed.headers["etag"] != tag


# ── Whose they are ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_person_sees_their_own(server: httpx.AsyncClient, context: Context) -> None:
    """What is theirs to know of it: not what the host keeps with it, nor who the others are by anything but a name."""
    await server.put("/v1/people/user:dr-bo", json={"display_name": "Dr. Bo"})
    await server.put("/v1/people/user:cy", json={"display_name": "Cy"})
    hidden = {"external_id": "order-1", "metadata": {"x": "y"}, "payment_provider": "mpesa", "payment_reference": "QX1"}
    made = await book(server, kind="group", client_id=None, clients=["user:cy", "user:ana"], status="confirmed", **hidden)
    path = f"/v1/appointments/{made['id']}"

    async with as_person(context, "user:ana") as ana:
        seen = (await ana.get(path)).json()
        listed = (await ana.get("/v1/users/ana/appointments")).json()["items"]
    async with as_person(context, "user:dr-bo") as provider:
        led = (await provider.get(path)).json()

    assert (
        seen
        == listed[0]
        == made
        | {
            "external_id": None,
            "client_id": None,
            "provider_id": None,
            "clients": [{"identity": "user:ana", "side": "client", "display_name": None, "avatar_url": None}],
            "provider": {"identity": None, "side": "provider", "display_name": "Dr. Bo", "avatar_url": None},
            "payment_provider": None,
            "payment_reference": None,
            "metadata": {},
        }
    )
    assert [(one["identity"], one["display_name"]) for one in led["clients"]] == [(None, "Cy"), (None, None)]
    assert (led["provider_id"], led["provider"]["identity"], led["metadata"]) == ("user:dr-bo", "user:dr-bo", {})


async def test_a_person_has_their_own_link_alone(server: httpx.AsyncClient, context: Context) -> None:
    made = await book(server, status="confirmed")
    path = f"/v1/appointments/{made['id']}/invites"
    links = {way["identity"]: way["url"] for way in (await server.get(path)).json()["items"]}

    async with as_person(context, "user:ana") as ana:
        own = (await ana.get(path)).json()["items"]

    assert [(way["identity"], way["url"]) for way in own] == [("user:ana", links["user:ana"])]


async def test_what_is_not_theirs_is_not_there(server: httpx.AsyncClient, context: Context) -> None:
    """Neither an appointment of others, nor their lists, nor anything but reading."""
    made = await book(server, status="confirmed", client_id="guest:ana")
    path = f"/v1/appointments/{made['id']}"

    async with as_person(context, "user:ana") as namesake:
        answers = [await namesake.get(at) for at in (path, f"{path}/invites", "/v1/guests/ana/appointments", "/v1/users/dr-bo/appointments")]
        forbidden = [await namesake.get("/v1/appointments"), await namesake.post(f"{path}/cancel"), await namesake.patch(path, json={})]
        own = (await namesake.get("/v1/users/ana/appointments")).json()["items"]
    async with as_person(context, "guest:ana") as guest:
        theirs = (await guest.get("/v1/guests/ana/appointments")).json()["items"]
        refused = await guest.post(f"{path}/cancel")

    assert [answer.status_code for answer in answers] == [404] * 4
    assert not any(made["room"] in answer.text for answer in answers)
    assert [answer.status_code for answer in forbidden] == [403] * 3
    assert own == []
    assert [one["id"] for one in theirs] == [made["id"]]
    assert refused.status_code == 403


async def test_who_no_longer_comes_sees_it_no_longer(server: httpx.AsyncClient, context: Context) -> None:
    made = await book(server)
    await change(server, made, client_id="user:eve")

    async with as_person(context, "user:ana") as ana:
        answers = (await ana.get(f"/v1/appointments/{made['id']}"), await ana.get("/v1/users/ana/appointments"))

    assert (answers[0].status_code, answers[1].json()["items"]) == (404, [])


async def test_a_persons_past_is_read_backwards(server: httpx.AsyncClient) -> None:
    """History is what was before now, the latest first."""
    for year in (2021, 2023, 2022):
        made = await book(server, scheduled_at=f"{year}-03-01T10:00:00Z", external_id=str(year), is_video_call=False, status="confirmed")
        await move(server, made, "complete")
    await book(server, external_id="to come")

    now = datetime.now(UTC).isoformat()
    assert await found(server, "/v1/users/dr-bo/appointments", to=now, order="latest") == ["2023", "2022", "2021"]
    assert await found(server, "/v1/users/ana/appointments", **{"from": "2022-01-01T00:00:00Z", "to": now}) == ["2022", "2023"]


# ── Bad questions ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

BAD: list[tuple[dict[str, str], str]] = [
    ({"from": "2038-03-01T10:00:00"}, "from"),
    ({"to": "2038-03-01T10:00:00"}, "to"),
    ({"from": "yesterday"}, "from"),
    ({"from": "1800000000"}, "from"),
    ({"from": "2038-03-02T00:00:00Z", "to": "2038-03-01T00:00:00Z"}, "to"),
    ({"from": "2038-03-01T00:00:00Z", "to": "2038-03-01T00:00:00Z"}, "to"),
    ({"day": "2038-02-30"}, "day"),
    ({"day": "today"}, "day"),
    ({"day": "9999-12-31"}, "day"),
    ({"day": "0001-01-01"}, "day"),
    ({"day": "2038-03-01", "from": "2038-03-01T00:00:00Z"}, "day"),
    ({"day": "2038-03-01", "time_zone": "Mars/Olympus"}, "time_zone"),
    ({"day": "2038-03-01", "time_zone": "../../etc/passwd"}, "time_zone"),
    ({"day": "2038-03-01", "time_zone": "Europe"}, "time_zone"),
    ({"day": "2038-03-01", "time_zone": ""}, "time_zone"),
    ({"time_zone": "Europe/Berlin"}, "time_zone"),
    ({"status": "done"}, "status"),
    ({"kind": "couple"}, "kind"),
    ({"client_id": "ana"}, "client_id"),
    ({"provider_id": ""}, "provider_id"),
    ({"person": "user:\x00"}, "person"),
    ({"room": "standup"}, "room"),
    ({"order": "random"}, "order"),
    ({"upcoming": "maybe"}, "upcoming"),
    ({"is_video_call": "2"}, "is_video_call"),
    ({"limit": "0"}, "limit"),
    ({"limit": "201"}, "limit"),
    ({"cursor": "x"}, ""),
    ({"sort": "id"}, "sort"),
    ({"offset": "10"}, "offset"),
]


async def test_bad_questions_name_what_is_wrong(server: httpx.AsyncClient) -> None:
    """What nobody can mean is refused, not answered with something else."""
    answers = [(asked, await server.get("/v1/appointments", params=asked)) for asked, _ in BAD]

    said = [(asked, answer.status_code, [error["field"] for error in answer.json()["errors"]]) for asked, answer in answers]
    assert said == [(asked, 422, [field] if field else []) for asked, field in BAD]
