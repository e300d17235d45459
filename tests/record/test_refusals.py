"""What the audit trail is told of requests that went wrong: who was not allowed what, and where we failed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp
from tests.app_fixtures import client_of

from callwell.access.keys import NewKey
from callwell.app import Context
from callwell.postgres import Database
from callwell.postgres.pool import fetch_value
from callwell.record import refusals

MakeKey = Callable[..., Awaitable[NewKey]]
Tell = Callable[[], Awaitable[list[tuple[Any, ...]]]]


@pytest.fixture
async def told(db: Database) -> Tell:
    """What was told: action, code, caller, person, and what was asked for."""

    async def tell() -> list[tuple[Any, ...]]:
        async with db.connection() as tx:
            found = await tx.execute(
                """
                SELECT action, error_code, caller, who.identity, metadata->>'method', metadata->>'route'
                FROM audit_entries AS entry LEFT JOIN audit_identities AS who ON who.entry_id = entry.id
                WHERE action IN ('permission_denied', 'error_occurred') ORDER BY entry.txid, entry.id
                """
            )
            return await found.fetchall()

    return tell


@pytest.fixture
async def reader(app: ASGIApp, make_key: MakeKey) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A server whose key may read calls and nothing else, and its name in the trail."""
    key = await make_key("calls:read")
    async with client_of(app, key) as client:
        yield client, f"key:{key.id}"


async def test_a_scope_that_is_missing_is_told(reader: tuple[httpx.AsyncClient, str], told: Tell, db: Database) -> None:
    """403 to the caller; who they are, what they asked for and from where to the trail."""
    client, name = reader

    assert (await client.get("/v1/audit")).status_code == 403

    assert await told() == [("permission_denied", "access.not_allowed", name, None, "GET", "/v1/audit")]
    async with db.connection() as tx:
        assert await fetch_value(tx, "SELECT user_agent FROM audit_identities") == client.headers["user-agent"]


async def test_the_same_refusal_is_told_once_a_minute(reader: tuple[httpx.AsyncClient, str], told: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often they ask; another address is another refusal, whatever stands in it; and all of a minute have a bound."""
    client, name = reader
    for _ in range(5):
        assert (await client.post("/v1/rooms", json={})).status_code == 403
        assert (await client.get("/v1/rooms/room-00000000000000000000000000000001/invites")).status_code == 403
        assert (await client.get("/v1/rooms/room-00000000000000000000000000000002/invites")).status_code == 403

    once = [(name, "POST", "/v1/rooms"), (name, "GET", "/v1/rooms/{name}/invites")]
    assert [(caller, method, route) for _, _, caller, _, method, route in await told()] in (once, once * 2)  # where a minute ended meanwhile
    monkeypatch.setattr(refusals, "MOST_A_MINUTE", 0)
    before = len(await told())
    await client.get("/v1/audit")
    assert len(await told()) == before


async def test_who_is_unknown_leaves_no_trace(api: httpx.AsyncClient, app: ASGIApp, told: Tell) -> None:
    """Without a credential, or with one that is none, nobody was refused: anybody could fill the trail otherwise."""
    assert (await api.get("/v1/audit")).status_code == 401
    async with client_of(app, "cwk_nothing") as stranger:
        assert (await stranger.get("/v1/audit")).status_code == 401

    assert await told() == []


async def test_a_person_who_may_not_is_named(server: httpx.AsyncClient, app: ASGIApp, told: Tell) -> None:
    """By their own token, at a route that is for servers."""
    token = (await server.post("/v1/user-tokens", json={"identity": "user:7"})).json()["token"]
    async with client_of(app, token) as person:
        assert (await person.get("/v1/calls")).status_code == 403

    assert await told() == [("permission_denied", "access.not_allowed", "user", "user:7", "GET", "/v1/calls")]


async def test_a_page_that_is_no_host_is_told_with_its_call(server: httpx.AsyncClient, app: ASGIApp, told: Tell, db: Database) -> None:
    """Ending for all takes a host: the refusal is among what happened to that call."""
    call = (await server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1"})).json()
    joined = (await server.post(f"/v1/calls/{call['id']}/join", json={"participant": "user:1"})).json()
    async with client_of(app, joined["token"]) as page:
        assert (await page.post(f"/v1/calls/{call['id']}/end")).status_code == 403

    assert [(action, route) for action, *_, route in await told()] == [("permission_denied", "/v1/calls/{call_id}/end")]
    async with db.connection() as tx:
        assert str(await fetch_value(tx, "SELECT call_id FROM audit_entries WHERE action = 'permission_denied'")) == call["id"]


async def test_a_failure_of_ours_is_told_with_its_request(
    server: httpx.AsyncClient, context: Context, told: Tell, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500, and the id under which the log has the whole story."""

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("callwell.compliance.routes.list_audit_entries", broken)
    answers = [await server.get("/v1/audit") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {500}
    assert {entry[:2] + entry[4:] for entry in await told()} == {("error_occurred", "error", "GET", "/v1/audit")}
    async with db.connection() as tx:
        request_id = await fetch_value(tx, "SELECT metadata->>'request_id' FROM audit_entries WHERE action = 'error_occurred' ORDER BY id")
    assert request_id == answers[0].headers["x-request-id"]


async def test_what_is_wrong_with_a_request_is_no_failure(server: httpx.AsyncClient, told: Tell) -> None:
    """Unknown addresses, things that are not there and fields that are wrong are their sender's affair."""
    for path in ("/v1/nothing", "/v1/calls/01a1ff17-e5f8-75b2-aa94-92977d2e9246", "/v1/calls?limit=0"):
        assert (await server.get(path)).status_code in (404, 422)

    assert await told() == []
