"""Conversations: the host's own threads, by the host's own ids."""

from datetime import UTC, datetime
from typing import Any

import httpx

from callwell.planning.conversations import ensure_conversation
from callwell.postgres import Database


async def test_a_conversation_is_what_the_host_says(server: httpx.AsyncClient) -> None:
    """A PUT makes it or makes it what is given; what is not given is as if never said."""
    path = "/v1/conversations/thread:7 (old)"

    made = await server.put(path, json={"kind": "support", "title": "Order 7"})
    closed = await server.put(path, json={"kind": "support", "is_active": False})

    assert (made.status_code, closed.status_code) == (200, 200)
    assert made.json() == made.json() | {"id": "thread:7 (old)", "kind": "support", "title": "Order 7", "is_active": True}
    assert closed.json() == made.json() | {"title": None, "is_active": False, "updated_at": closed.json()["updated_at"]}
    assert (await server.get(path)).json() == closed.json()


async def test_conversations_are_listed_by_their_ids(server: httpx.AsyncClient) -> None:
    for id in ("b", "c", "a"):
        await server.put(f"/v1/conversations/{id}", json={})

    first = (await server.get("/v1/conversations", params={"limit": 2})).json()
    second = (await server.get("/v1/conversations", params={"limit": 2, "cursor": first["next_cursor"]})).json()

    assert [[one["id"] for one in page["items"]] for page in (first, second)] == [["a", "b"], ["c"]]


async def test_conversations_are_found_by_kind_and_by_being_active(server: httpx.AsyncClient) -> None:
    for id, kind, is_active in (("a", "support", True), ("b", "support", False), ("c", "care", True)):
        await server.put(f"/v1/conversations/{id}", json={"kind": kind, "is_active": is_active})

    async def found(**wanted: Any) -> list[str]:
        return [one["id"] for one in (await server.get("/v1/conversations", params=wanted)).json()["items"]]

    assert await found(kind="support") == ["a", "b"]
    assert await found(active=True) == ["a", "c"]
    assert await found(kind="support", active=False) == ["b"]
    assert await found(kind="other") == []


async def test_a_change_is_a_merge(server: httpx.AsyncClient) -> None:
    """Only what is given changes; null takes away; what is not there cannot be changed."""
    made = (await server.put("/v1/conversations/a", json={"kind": "support", "title": "Order 7"})).json()

    closed = (await server.patch("/v1/conversations/a", json={"is_active": False})).json()
    untitled = (await server.patch("/v1/conversations/a", json={"title": None, "kind": "care"})).json()

    assert closed == made | {"is_active": False, "updated_at": closed["updated_at"]}
    assert untitled == closed | {"title": None, "kind": "care", "updated_at": untitled["updated_at"]}
    assert (await server.get("/v1/conversations/a")).json() == untitled
    assert (await server.patch("/v1/conversations/b", json={})).status_code == 404
    bad: list[dict[str, Any]] = [{"is_active": None}, {"title": ""}, {"erasing_since": None}]
    answers = [await server.patch("/v1/conversations/a", json=given) for given in bad]
    assert [[error["field"] for error in answer.json()["errors"]] for answer in answers] == [list(given) for given in bad]


async def test_first_use_makes_it(db: Database, server: httpx.AsyncClient) -> None:
    """A conversation that is named is there from then on; naming it again changes nothing."""
    at = datetime(2026, 11, 21, tzinfo=UTC)
    await server.put("/v1/conversations/known", json={"title": "Ours"})
    async with db.transaction() as tx:
        for id in ("known", "new", "new"):
            await ensure_conversation(tx, id, at)

    known, new = [(await server.get(f"/v1/conversations/{id}")).json() for id in ("known", "new")]

    assert known["title"] == "Ours"
    assert new == {
        "id": "new",
        "kind": None,
        "title": None,
        "is_active": True,
        "created_at": "2026-11-21T00:00:00.000Z",
        "updated_at": "2026-11-21T00:00:00.000Z",
        "erasing_since": None,
    }


async def test_bad_input_names_the_field(server: httpx.AsyncClient) -> None:
    """What no conversation can be is refused with the field that is wrong."""
    bad: list[tuple[str, dict[str, Any], str]] = [
        ("c", {"title": "x" * 501}, "title"),
        ("c", {"kind": "x" * 51}, "kind"),
        ("c", {"is_active": None}, "is_active"),
        ("c", {"id": "d"}, "id"),
        ("x" * 201, {}, "conversation_id"),
        ("a%0Ab", {}, "conversation_id"),
    ]

    answers = [await server.put(f"/v1/conversations/{id}", json=given) for id, given, _ in bad]

    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in answers] == [(422, field) for _, _, field in bad]
    assert (await server.get("/v1/conversations")).json()["items"] == []


async def test_a_conversation_that_is_not_there(server: httpx.AsyncClient) -> None:
    assert (await server.get("/v1/conversations/nowhere")).status_code == 404
