"""The directory of people that the host and joins feed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from tests.app_fixtures import client_of

from callwell.app import Context, create_app
from callwell.planning.people import note_person
from callwell.postgres import Database
from callwell.record.events import Side

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_somebody_is_called_what_the_host_says(server: httpx.AsyncClient) -> None:
    """A PUT makes the entry or makes it what is given; users and guests alike."""
    for identity in ("user:42", "guest:a1b2"):
        path = f"/v1/people/{identity}"

        given = {
            "display_name": "Ana",
            "avatar_url": "https://a.test/1.png",
            "language": "pt-BR",
            "role": "psychologist",
            "side": "provider",
            "time_zone": "America/Sao_Paulo",
        }
        made = await server.put(path, json=given)
        renamed = await server.put(path, json={"display_name": "Ana Lima"})

        assert made.json() == made.json() | {"identity": identity, **given, "is_given": True}
        assert renamed.json() == made.json() | {
            "display_name": "Ana Lima",
            "avatar_url": None,
            "language": None,
            "role": None,
            "side": None,
            "time_zone": None,
            "updated_at": renamed.json()["updated_at"],
        }
        assert (await server.get(path)).json() == renamed.json()


async def test_somebody_who_is_not_known(server: httpx.AsyncClient) -> None:
    answer = await server.get("/v1/people/user:1")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_bad_input_names_the_field(server: httpx.AsyncClient) -> None:
    """What nobody can be is refused with the field that is wrong."""
    bad: list[tuple[str, dict[str, Any], str]] = [
        ("user:1", {"display_name": ""}, "display_name"),
        ("user:1", {"display_name": "x" * 201}, "display_name"),
        ("user:1", {"display_name": "a\x00"}, "display_name"),
        ("user:1", {"avatar_url": "javascript:alert(1)"}, "avatar_url"),
        ("user:1", {"avatar_url": "https://a.test/" + "x" * 2000}, "avatar_url"),
        ("user:1", {"language": "german please"}, "language"),
        ("user:1", {"email": "a@b.test"}, "email"),
        ("user:1", {"role": "x" * 51}, "role"),
        ("user:1", {"side": "audience"}, "side"),
        ("user:1", {"time_zone": "Mars/Olympus"}, "time_zone"),
        ("user:1", {"time_zone": "europe/berlin "}, "time_zone"),
        ("user:1", {"time_zone": "/etc/localtime"}, "time_zone"),
        ("user:1", {"is_given": False}, "is_given"),
        ("42", {}, "identity"),
        ("admin:42", {}, "identity"),
        ("user:" + "x" * 201, {}, "identity"),
    ]

    answers = [await server.put(f"/v1/people/{identity}", json=given) for identity, given, _ in bad]

    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in answers] == [(422, field) for _, _, field in bad]
    assert (await server.get("/v1/people/user:1")).status_code == 404


async def test_who_may(context: Context, make_key: Any) -> None:
    """Reading takes people:read, writing people:write."""
    app = create_app(context)
    async with client_of(app, await make_key("people:write")) as writer, client_of(app, await make_key("people:read")) as reader:
        assert (await writer.put("/v1/people/user:1", json={})).status_code == 200
        assert (await writer.get("/v1/people/user:1")).status_code == 403
        assert (await reader.get("/v1/people/user:1")).status_code == 200
        assert (await reader.put("/v1/people/user:1", json={})).status_code == 403


# ── Heard as they joined ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def heard(db: Database, name: str | None = None, role: str | None = None, side: Side | None = None, *, minutes: int = 0) -> None:
    async with db.transaction() as tx:
        await note_person(tx, "user:1", name, role, side, NOON + timedelta(minutes=minutes))


async def test_who_joins_is_known_from_then_on(server: httpx.AsyncClient) -> None:
    """By the name, role and side that they came in with."""
    room = (await server.post("/v1/rooms", json={})).json()["name"]
    invited = {"identity": "user:5", "display_name": "Bo", "role": "client", "side": "client"}
    invite = (await server.post(f"/v1/rooms/{room}/invites", json=invited)).json()
    assert (await server.post("/v1/join", json={"invite": invite["secret"]})).status_code == 201

    person = (await server.get("/v1/people/user:5")).json()

    assert person == person | invited | {"is_given": False, "avatar_url": None, "time_zone": None}


async def test_the_newest_that_was_heard_stands(server: httpx.AsyncClient, db: Database) -> None:
    """What is not said this time stays as it was heard before."""
    await heard(db, "Ana", "client", "client")
    await heard(db, "Ana Lima", minutes=1)

    person = (await server.get("/v1/people/user:1")).json()

    assert (person["display_name"], person["role"], person["side"]) == ("Ana Lima", "client", "client")
    assert person["updated_at"] == "2026-11-21T12:01:00.000Z"


async def test_the_same_again_writes_nothing(server: httpx.AsyncClient, db: Database) -> None:
    """Somebody who joins every day is not written every day."""
    await heard(db, "Ana", "client", "client")
    await heard(db, "Ana", "client", "client", minutes=1)
    await heard(db, minutes=2)

    assert (await server.get("/v1/people/user:1")).json()["updated_at"] == "2026-11-21T12:00:00.000Z"


async def test_what_the_host_said_is_not_overwritten_by_what_is_heard(server: httpx.AsyncClient, db: Database) -> None:
    """Whether it was said before or after they joined."""
    await heard(db, "annie", "client", "client")
    said = (await server.put("/v1/people/user:1", json={"display_name": "Ana", "role": "patient"})).json()
    await heard(db, "annie", "client", "client", minutes=1)

    assert (await server.get("/v1/people/user:1")).json() == said
    assert (said["display_name"], said["role"], said["side"], said["is_given"]) == ("Ana", "patient", None, True)


# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_people_are_listed_and_found_by_side_and_name(server: httpx.AsyncClient) -> None:
    """Page by page, each once; a name by how it begins, whatever its capitals, and letter for letter."""
    names = {"user:a": "Ana", "user:b": "ANABEL", "user:c": "Bo", "user:d": None, "user:e": "100%", "guest:f": "Ánna"}
    for number, (identity, name) in enumerate(names.items()):
        await server.put(f"/v1/people/{identity}", json={"display_name": name, "side": "client" if number % 2 else "provider"})

    async def found(**wanted: Any) -> list[str]:
        answer = await server.get("/v1/people", params=wanted)
        assert answer.status_code == 200, answer.text
        return [one["identity"] for one in answer.json()["items"]]

    first = (await server.get("/v1/people", params={"limit": 4})).json()
    second = (await server.get("/v1/people", params={"limit": 4, "cursor": first["next_cursor"]})).json()
    assert [one["identity"] for page in (first, second) for one in page["items"]] == sorted(names)
    assert await found(q="ana") == ["user:a", "user:b"]
    assert await found(q="ÁNN") == ["guest:f"]
    assert await found(q="1%") == []
    assert await found(q="100%") == ["user:e"]
    assert await found(q="na") == []
    assert await found(side="client") == ["guest:f", "user:b", "user:d"]
    assert await found(side="client", q="an") == ["user:b"]


async def test_bad_filters_are_refused(server: httpx.AsyncClient) -> None:
    """With the one that is wrong."""
    for bad in ({"side": "audience"}, {"q": ""}, {"q": "x" * 201}, {"name": "Ana"}):
        answer = await server.get("/v1/people", params=bad)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, list(bad))
