"""API keys: shown once, kept as a hash, refused soon after they are revoked, and no way up."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp
from tests.app_fixtures import client_of, no_note

from callwell import errors, ids
from callwell.access import keys
from callwell.access.guards import KNOWN_FOR, Door
from callwell.access.keys import NewKey
from callwell.postgres import Database
from callwell.postgres.pool import fetch_value
from callwell.settings import Settings

MakeKey = Callable[..., Awaitable[NewKey]]


async def test_a_key_is_shown_once_and_kept_as_a_hash(server: httpx.AsyncClient, app: ASGIApp, db: Database) -> None:
    """The answer that makes a key is the only place where it stands; with it the host's server comes in."""
    made = await server.post("/v1/keys", json={"name": "CRM", "scopes": ["rooms:read", "rooms:read"]})
    secret = made.json()["secret"]
    assert (made.status_code, made.json()["name"], made.json()["scopes"]) == (201, "CRM", ["rooms:read"])
    async with client_of(app, secret) as client:
        assert (await client.get("/v1/rooms")).status_code == 200
    assert secret not in (await server.get("/v1/keys")).text
    async with db.connection() as tx:
        everything = await fetch_value(tx, "SELECT string_agg(k::text, '') || (SELECT string_agg(a::text, '') FROM audit_entries a) FROM api_keys k")
        assert await fetch_value(tx, "SELECT count(*) FROM api_keys WHERE hash = %s", [ids.secret_hash(secret)]) == 1
    assert secret not in everything


async def test_making_and_revoking_are_in_the_audit_trail(server: httpx.AsyncClient, db: Database) -> None:
    """Who made a key or a token, and who revoked one, can be found out."""
    key = (await server.post("/v1/keys", json={"name": "x", "scopes": ["calls:read"]})).json()
    await server.delete(f"/v1/keys/{key['id']}")
    await server.delete(f"/v1/keys/{key['id']}")
    await server.post("/v1/user-tokens", json={"identity": "user:42"})
    async with db.connection() as tx:
        actions = await fetch_value(tx, "SELECT array_agg(action ORDER BY id) FROM audit_entries")
    assert actions == ["key_created", "key_revoked", "user_token_created"]


async def test_a_revoked_key_is_refused_here_at_once(server: httpx.AsyncClient, app: ASGIApp, make_key: MakeKey) -> None:
    """The process that revokes a key refuses it with the next request."""
    key = await make_key("rooms:read")
    async with client_of(app, key) as client:
        assert (await client.get("/v1/rooms")).status_code == 200
        assert (await server.delete(f"/v1/keys/{key.id}")).status_code == 204
        answer = await client.get("/v1/rooms")
    assert (answer.status_code, answer.json()["code"]) == (401, "access.bad_credential")
    shown = (await server.get("/v1/keys")).json()["items"]
    assert next(one for one in shown if one["id"] == str(key.id))["revoked_at"] is not None


async def test_a_revoked_key_is_refused_by_other_processes_within_two_seconds(settings: Settings, db: Database, make_key: MakeKey) -> None:
    """Another process that had just looked the key up believes it for two seconds at most."""
    key = await make_key("rooms:read")
    elsewhere = Door(db, settings)
    assert await elsewhere.caller(str(key.secret), datetime.now(UTC))
    async with db.transaction() as tx:
        await keys.revoke_key(tx, key.id, datetime.now(UTC), no_note)
    await asyncio.sleep(KNOWN_FOR + 0.05)
    with pytest.raises(errors.CredentialRefused):
        await elsewhere.caller(str(key.secret), datetime.now(UTC))
    assert KNOWN_FOR <= 2


async def test_its_use_is_noted_once_a_minute(db: Database, make_key: MakeKey) -> None:
    """When a key was last used is known to the minute, without a write for every request."""
    key = await make_key("rooms:read")
    at = datetime(2026, 11, 21, 9, tzinfo=UTC)
    seen: list[datetime] = []
    for seconds in (0, 59, 60):
        async with db.transaction() as tx:
            await keys.find_caller(tx, str(key.secret), at + timedelta(seconds=seconds))
            found = await keys.find_key(tx, key.id)
        assert found
        seen.append(found.last_used_at or at - timedelta(days=1))
    assert seen == [at, at, at + timedelta(seconds=60)]


async def test_nobody_gives_what_they_have_not(app: ASGIApp, make_key: MakeKey) -> None:
    """A key that may handle keys can neither make nor revoke one that may more than itself."""
    boss = await make_key("admin")
    async with client_of(app, await make_key("keys:write", "calls:read")) as client:
        more = await client.post("/v1/keys", json={"name": "x", "scopes": ["calls:read", "admin"]})
        same = await client.post("/v1/keys", json={"name": "x", "scopes": ["calls:read"]})
        strike = await client.delete(f"/v1/keys/{boss.id}")
    assert (more.status_code, same.status_code, strike.status_code) == (403, 201, 403)


async def test_an_unknown_key_cannot_be_revoked(server: httpx.AsyncClient) -> None:
    """Revoking what is not there is 404."""
    assert (await server.delete(f"/v1/keys/{ids.uuid7()}")).status_code == 404


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic YTpi", "cwk_x", "Bearer cwk_x", "Bearer cwc_x", "Bearer x", "Bearer a.b.c", "Bearer cwk_é", "Token cwk_x"],
)
async def test_what_is_no_credential_is_401(api: httpx.AsyncClient, authorization: str) -> None:
    """Anything that we did not give out is refused the same way, with how to sign in."""
    answer = await api.get("/v1/rooms", headers={b"Authorization": authorization.encode()} if authorization else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] in ("access.no_credential", "access.bad_credential")


async def test_the_scheme_may_be_written_as_one_likes(api: httpx.AsyncClient, make_key: MakeKey) -> None:
    """`bearer` is `Bearer`."""
    key = await make_key("rooms:read")
    assert (await api.get("/v1/rooms", headers={"Authorization": f"bearer  {key.secret}"})).status_code == 200


async def test_many_at_once_are_one_caller(app: ASGIApp, make_key: MakeKey, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is used all the time is looked up every two seconds, not with every request."""
    looked_up = 0
    really = keys.find_caller

    async def counted(*given: Any) -> Any:
        nonlocal looked_up
        looked_up += 1
        return await really(*given)

    monkeypatch.setattr(keys, "find_caller", counted)
    async with client_of(app, await make_key("rooms:read")) as client:
        for _ in range(20):
            assert (await client.get("/v1/rooms")).status_code == 200
    assert looked_up <= 2
