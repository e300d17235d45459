"""Writes that carry an Idempotency-Key happen once, however often they are sent."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp
from tests.app_fixtures import client_of

from callwell.access.keys import NewKey
from callwell.http import Write, forget_answers
from callwell.planning import rooms
from callwell.postgres import Database
from callwell.postgres.pool import Tx, execute, fetch_value


async def make_room(client: httpx.AsyncClient, key: str | None, title: str = "One") -> httpx.Response:
    return await client.post("/v1/rooms", json={"title": title}, headers={"Idempotency-Key": key} if key else {})


async def count_rooms(db: Database) -> int:
    async with db.connection() as tx:
        return await fetch_value(tx, "SELECT count(*) FROM rooms")


async def test_sent_again_it_is_answered_again_and_not_done_again(server: httpx.AsyncClient, db: Database) -> None:
    """The second answer is the first one to the byte, marked as a replay; there is one room."""
    first, second = await make_room(server, "k1"), await make_room(server, "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert (first.headers.get("idempotent-replayed"), second.headers["idempotent-replayed"]) == (None, "true")
    assert await count_rooms(db) == 1


async def test_without_a_key_each_is_done(server: httpx.AsyncClient, db: Database) -> None:
    """Who sends no key asks for another one each time."""
    await make_room(server, None)
    await make_room(server, None)
    assert await count_rooms(db) == 2


async def test_a_key_is_good_for_one_request(server: httpx.AsyncClient) -> None:
    """The same key with another body, or at another address, is refused."""
    room = (await make_room(server, "k1")).json()
    other_body = await make_room(server, "k1", "Two")
    other_address = await server.post(f"/v1/rooms/{room['name']}/invites", json={"title": "One"}, headers={"Idempotency-Key": "k1"})
    assert (other_body.status_code, other_body.json()["code"]) == (422, "idempotency.mismatch")
    assert other_address.status_code == 422


async def test_callers_do_not_share_keys(app: ASGIApp, make_key: Callable[..., Awaitable[NewKey]], db: Database) -> None:
    """Two servers may use the same Idempotency-Key without knowing of each other."""
    async with client_of(app, await make_key("admin")) as one, client_of(app, await make_key("admin")) as other:
        first, second = await make_room(one, "k1"), await make_room(other, "k1", "Two")
    assert (first.status_code, second.status_code) == (201, 201)
    assert await count_rooms(db) == 2


@pytest.mark.parametrize("round", range(5))
async def test_sent_at_once_it_is_done_once(server: httpx.AsyncClient, db: Database, round: int) -> None:
    """Of twenty at once one is done; each of the others gets its answer, or 409 while it runs, with when to ask again."""
    answers = await asyncio.gather(*(make_room(server, f"k{round}") for _ in range(20)))
    assert await count_rooms(db) == 1
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert statuses[201] >= 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers if answer.status_code == 201) == 1
    assert all(
        answer.json()["code"] == "idempotency.in_progress" and answer.headers["retry-after"] for answer in answers if answer.status_code == 409
    )


async def test_a_refusal_is_not_kept(server: httpx.AsyncClient, db: Database) -> None:
    """A request that was refused can be put right and sent with its key."""
    refused = await server.post("/v1/rooms", json={"capacity": 0}, headers={"Idempotency-Key": "k1"})
    assert refused.status_code == 422
    assert (await make_room(server, "k1")).status_code == 201
    missing = await server.post("/v1/rooms/room-00000000000000000000000000000000/invites", json={}, headers={"Idempotency-Key": "k2"})
    assert missing.status_code == 404
    assert (await make_room(server, "k2")).status_code == 201
    assert await count_rooms(db) == 2


async def test_a_fault_is_not_kept_and_left_nothing(server: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is kept in the transaction of the effect: where it cannot be kept, the effect is not there either."""

    async def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(Write, "_remember", broken)
    assert (await make_room(server, "k1")).status_code == 500
    assert await count_rooms(db) == 0
    monkeypatch.undo()
    again = await make_room(server, "k1")
    assert (again.status_code, again.headers.get("idempotent-replayed")) == (201, None)


async def test_a_write_that_could_not_be_serialized_is_tried_again(server: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadlock or serialization failure is ours to deal with: three tries, of which nothing but the last is left."""
    tries = 0
    really = rooms.create_room

    async def unlucky(tx: Tx, *given: Any, **named: Any) -> Any:
        nonlocal tries
        tries += 1
        room = await really(tx, *given, **named)
        if tries < 3:
            await tx.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")
        return room

    monkeypatch.setattr(rooms, "create_room", unlucky)
    assert (await make_room(server, "k1")).status_code == 201
    assert (tries, await count_rooms(db)) == (3, 1)


async def test_what_is_kept_is_sealed_and_a_random_secret_is_shown_once(server: httpx.AsyncClient, db: Database) -> None:
    """Answers are kept encrypted; a replay of a new API key does not repeat the key, which is random, but a replayed invite is whole, being derived."""
    made = {"name": "x", "scopes": ["calls:read"]}
    first = await server.post("/v1/keys", json=made, headers={"Idempotency-Key": "k1"})
    again = await server.post("/v1/keys", json=made, headers={"Idempotency-Key": "k1"})
    assert first.json()["secret"].startswith("cwk_")
    assert again.json() == {**first.json(), "secret": None}
    room = (await make_room(server, "k2")).json()["name"]
    invites = [await server.post(f"/v1/rooms/{room}/invites", json={}, headers={"Idempotency-Key": "k3"}) for _ in range(2)]
    assert invites[0].content == invites[1].content
    async with db.connection() as tx:
        kept = await fetch_value(tx, "SELECT string_agg(answer, '') FROM idempotency_keys")
    assert len(kept) > 500
    for secret in (b"cwk_", b"inv_", room.encode()):
        assert secret not in bytes(kept)


async def test_an_answer_is_kept_for_24_hours(server: httpx.AsyncClient, db: Database) -> None:
    """After a day a key may stand for something new, and the old answers are removed."""
    for key in ("k1", "k2"):
        await make_room(server, key)
    async with db.transaction() as tx:
        await execute(tx, "UPDATE idempotency_keys SET created_at = created_at - interval '24 hours'")
    assert (await make_room(server, "k1", "Two")).status_code == 201
    async with db.transaction() as tx:
        assert await forget_answers(tx, datetime.now(UTC)) == 1
        assert await forget_answers(tx, datetime.now(UTC) + timedelta(hours=23)) == 0
        assert await fetch_value(tx, "SELECT count(*) FROM idempotency_keys") == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
async def test_what_is_no_key_is_refused(server: httpx.AsyncClient, key: str) -> None:
    """A key is 1 to 255 printable characters."""
    answer = await server.post("/v1/rooms", json={}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


async def test_answers_of_another_deployments_key_are_not_given_out(server: httpx.AsyncClient, db: Database) -> None:
    """An answer that was moved to another key in the table is not given out: it is bound to where it was kept."""
    await make_room(server, "k1")
    await make_room(server, "k2")
    async with db.transaction() as tx:
        await execute(tx, "UPDATE idempotency_keys a SET answer = b.answer FROM idempotency_keys b WHERE a.key = 'k1' AND b.key = 'k2'")
    assert (await make_room(server, "k1")).json()["code"] == "idempotency.mismatch"


async def test_what_is_kept_of_a_request_cannot_be_found_out_by_trying(server: httpx.AsyncClient, db: Database) -> None:
    """Whoever has the database alone may know the address and guess the body: the fingerprint tells them of no guess whether it is right."""
    body = b'{"title":"One"}'
    await server.post("/v1/rooms", content=body, headers={"Content-Type": "application/json", "Idempotency-Key": "k1"})
    parts = (b"POST", b"/v1/rooms", b"", body)
    guesses = [b"".join(parts), b"".join(len(part).to_bytes(8) + part for part in parts), body]
    async with db.connection() as tx:
        kept = await fetch_value(tx, "SELECT request FROM idempotency_keys")
    assert len(kept) == 32
    assert kept not in [hashlib.sha256(guess).digest() for guess in guesses]
