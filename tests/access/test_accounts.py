"""Accounts: made by admins, with passwords that are not guessed first, and nobody gets by it what they may not do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher
from litestar.types import ASGIApp
from tests.access.people import PASSWORD, MakeAccount, make_account, signed_in, weak_hashes
from tests.app_fixtures import client_of, no_note

from callwell import errors, ids
from callwell.access import passwords, sessions, signing_in
from callwell.access.accounts import change_account
from callwell.access.keys import NewKey
from callwell.access.tokens import live_token, read_live_token
from callwell.app import Context
from callwell.postgres import Database
from callwell.postgres.pool import execute, fetch_value

__all__ = ["make_account", "weak_hashes"]

MakeKey = Callable[..., Awaitable[NewKey]]
NEW = {"email": "eve@example.org", "name": "Eve", "role": "auditor"}


@pytest.fixture
async def admin(context: Context, app: ASGIApp, make_account: MakeAccount) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which an admin is signed in."""
    async with signed_in(context, app, await make_account("ada@example.org", "admin")) as browser:
        yield browser


async def sign_in(app: ASGIApp, email: str, password: str) -> int:
    async with client_of(app) as client:
        return (await client.post("/v1/session", json={"email": email, "password": password})).status_code


# ── Made and changed ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admin_makes_an_account(admin: httpx.AsyncClient, app: ASGIApp, db: Database) -> None:
    """Its password is shown this once, and is stored as a hash; with it somebody comes in."""
    answer = await admin.post("/v1/accounts", json=NEW)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["account"]["email"], made["account"]["role"], made["account"]["has_password"]) == ("eve@example.org", "auditor", True)
    assert await sign_in(app, "eve@example.org", made["password"]) == 200
    assert made["password"] not in (await admin.get("/v1/accounts")).text
    assert (await admin.get(f"/v1/accounts/{made['account']['id']}")).json()["last_sign_in_at"] is not None
    async with db.connection() as tx:
        stored = await fetch_value(tx, "SELECT string_agg(a::text, '') || (SELECT string_agg(e::text, '') FROM audit_entries e) FROM accounts a")
    assert made["password"] not in stored
    assert "$argon2id$" in stored


async def test_an_address_has_one_account(admin: httpx.AsyncClient) -> None:
    """However it is written."""
    assert (await admin.post("/v1/accounts", json=NEW)).status_code == 201
    again = await admin.post("/v1/accounts", json=NEW | {"email": "EVE@example.org"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "eve"}, "email"),
        ({"email": "e ve@example.org"}, "email"),
        ({"email": "\u0130ve@example.org"}, "email"),
        ({"role": "provider"}, "identity"),
        ({"identity": "42"}, "identity"),
        ({"role": "boss"}, "role"),
        ({"name": ""}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "eve@example.org"}, "password"),
        ({"password": "Password1234"}, "password"),
        ({"password": "ababababababab"}, "password"),
        ({"password": "x" * 501}, "password"),
    ],
)
async def test_what_is_no_account_is_refused(admin: httpx.AsyncClient, change: dict[str, Any], field: str) -> None:
    """Each thing that is wrong is named."""
    answer = await admin.post("/v1/accounts", json=NEW | change)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])


async def test_who_changes_is_signed_out(admin: httpx.AsyncClient, context: Context, app: ASGIApp, make_account: MakeAccount) -> None:
    """Given somebody who is signed in, when their role changes or they are disabled, then they are out at once; a new name changes nothing."""
    for change, status in (({"name": "Evelyn"}, 200), ({"role": "auditor"}, 401), ({"disabled": True}, 401)):
        account = await make_account(f"{ids.uuid7()}@example.org")
        async with signed_in(context, app, account) as browser:
            assert (await admin.patch(f"/v1/accounts/{account}", json=change)).status_code == 200
            assert (await browser.get("/v1/calls")).status_code == status


async def test_signed_out_everywhere(admin: httpx.AsyncClient, context: Context, app: ASGIApp, make_account: MakeAccount) -> None:
    """Given somebody who lost a device, when an admin signs them out, then no session of theirs is good, those of others are; and they may sign in again."""
    account = await make_account("eve@example.org", "auditor")
    async with signed_in(context, app, account) as here, signed_in(context, app, account) as lost:
        assert (await admin.delete(f"/v1/accounts/{account}/sessions")).status_code == 204

        assert [(await browser.get("/v1/calls")).status_code for browser in (here, lost, admin)] == [401, 401, 200]
        assert await sign_in(app, "eve@example.org", PASSWORD) == 200
    assert (await admin.delete(f"/v1/accounts/{ids.uuid7()}/sessions")).status_code == 404


async def test_disabled_and_enabled(admin: httpx.AsyncClient, app: ASGIApp, make_account: MakeAccount) -> None:
    """DELETE lets nobody in any more; the account stays, and can be let in again."""
    account = await make_account("eve@example.org")
    assert (await admin.delete(f"/v1/accounts/{account}")).status_code == 204
    assert await sign_in(app, "eve@example.org", PASSWORD) == 401
    assert (await admin.patch(f"/v1/accounts/{account}", json={"disabled": False})).json()["disabled_at"] is None
    assert await sign_in(app, "eve@example.org", PASSWORD) == 200


async def test_the_last_admin_stays(admin: httpx.AsyncClient, make_account: MakeAccount) -> None:
    """Neither disabled nor made less, as long as there is no other who could undo it."""
    own = (await admin.get("/v1/session")).json()["account"]["id"]
    for change in ({"disabled": True}, {"role": "auditor"}):
        answer = await admin.patch(f"/v1/accounts/{own}", json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "account.last_admin")
    other = await make_account("eve@example.org", "admin")
    assert (await admin.patch(f"/v1/accounts/{other}", json={"disabled": True})).status_code == 200
    assert (await admin.delete(f"/v1/accounts/{own}")).status_code == 409, "one who is disabled is none"


async def test_admins_who_disable_each_other_do_not_both_succeed(db: Database, make_account: MakeAccount) -> None:
    """One of two at the same time is the last."""
    accounts = [await make_account("ada@example.org", "admin"), await make_account("eve@example.org", "admin")]

    async def disable(account_id: UUID) -> None:
        async with db.transaction() as tx:
            await change_account(tx, account_id, {"disabled": True}, datetime.now(UTC), no_note)

    results = await asyncio.gather(*map(disable, accounts), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["LastAdmin", "NoneType"]


async def test_a_reset_lets_somebody_in_who_is_locked_out(admin: httpx.AsyncClient, app: ASGIApp, make_account: MakeAccount, db: Database) -> None:
    """A new password, no second factor, no lock; the old password is good no more."""
    account = await make_account("eve@example.org")
    async with db.transaction() as tx:
        await execute(tx, "UPDATE accounts SET totp_sealed = 'x', totp_confirmed_at = now() WHERE id = %s", [account])
    for _ in range(signing_in.LOCKS_AFTER):
        await sign_in(app, "eve@example.org", "wrong wrong wrong")
    assert await sign_in(app, "eve@example.org", PASSWORD) == 429
    password = (await admin.post(f"/v1/accounts/{account}/reset")).json()["password"]
    assert await sign_in(app, "eve@example.org", PASSWORD) == 401
    assert await sign_in(app, "eve@example.org", password) == 200


async def test_nobody_handles_accounts_that_may_more_than_they(app: ASGIApp, make_key: MakeKey, make_account: MakeAccount) -> None:
    """A key that may handle accounts, and no more, makes no admin, touches none and resets no one's password to come in as them."""
    boss, auditor = await make_account("ada@example.org", "admin"), await make_account("eve@example.org", "auditor")
    async with client_of(app, await make_key("accounts:write")) as client:
        answers = [
            await client.post("/v1/accounts", json=NEW | {"role": "admin"}),
            await client.patch(f"/v1/accounts/{auditor}", json={"role": "admin"}),
            await client.delete(f"/v1/accounts/{boss}"),
            await client.post(f"/v1/accounts/{boss}/reset"),
            await client.delete(f"/v1/accounts/{boss}/sessions"),
            await client.post(f"/v1/accounts/{auditor}/reset"),
        ]
    assert [answer.status_code for answer in answers] == [403] * 6


async def test_what_is_done_is_in_the_trail(admin: httpx.AsyncClient, db: Database) -> None:
    """Making, changing, disabling, enabling, resetting and signing out."""
    account = (await admin.post("/v1/accounts", json=NEW)).json()["account"]["id"]
    for change in ({"name": "Evelyn"}, {"disabled": True}, {"disabled": True}, {"disabled": False}):
        await admin.patch(f"/v1/accounts/{account}", json=change)
    await admin.post(f"/v1/accounts/{account}/reset")
    await admin.delete(f"/v1/accounts/{account}/sessions")
    async with db.connection() as tx:
        told = await fetch_value(tx, "SELECT array_agg(action ORDER BY id) FROM audit_entries WHERE metadata->>'account_id' = %s", [account])
    assert told == ["account_created", "account_changed", "account_disabled", "account_enabled", "account_password_changed", "signed_out"]


# ── Passwords ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_shipped_is_not_weak() -> None:
    """What tests hash with is theirs: as it is shipped it is Argon2id with three passes over 64 MiB."""
    assert PasswordHasher(passwords.PASSES, passwords.MEMORY_KIB, passwords.LANES).hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_a_password_is_the_same_however_it_is_typed() -> None:
    """A letter that one keyboard sends whole and another in two parts is one letter."""
    stored = await passwords.hash_password("scho\u0308ne gr\u00fc\u00dfe")
    assert await passwords.is_password(stored, "sch\u00f6ne gru\u0308\u00dfe")


async def test_an_outdated_hash_is_made_again(app: ASGIApp, make_account: MakeAccount, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a password that was hashed with less, when somebody signs in, then it is hashed with what is asked for now."""
    await make_account("ada@example.org")
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert await sign_in(app, "ada@example.org", PASSWORD) == 200
    async with db.connection() as tx:
        assert "m=16,t=2,p=1" in await fetch_value(tx, "SELECT password_hash FROM accounts")
    assert await sign_in(app, "ada@example.org", PASSWORD) == 200


async def test_too_many_at_once_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed two at a time; a queue has an end."""
    monkeypatch.setattr(passwords, "_waiting", passwords.MOST_WAITING)
    with pytest.raises(errors.Overloaded):
        await passwords.is_password(None, "x")


async def test_one_changes_ones_own(context: Context, app: ASGIApp, make_account: MakeAccount) -> None:
    """With the one that there is; all sessions end but this page goes on, with another cookie."""
    account = await make_account("eve@example.org")
    async with signed_in(context, app, account) as browser, signed_in(context, app, account) as elsewhere:
        wrong = await browser.post("/v1/session/password", json={"current": "wrong wrong wrong", "new": "seven tall blue houses"})
        short = await browser.post("/v1/session/password", json={"current": PASSWORD, "new": "short"})
        assert (wrong.status_code, wrong.json()["code"], short.status_code) == (401, "session.refused", 422)
        before = browser.cookies["callwell_session"]
        browser.cookies.clear()
        browser.headers["Cookie"] = f"callwell_session={before}"
        answer = await browser.post("/v1/session/password", json={"current": PASSWORD, "new": "seven tall blue houses"})
        del browser.headers["Cookie"]
        assert answer.status_code == 200
        assert browser.cookies["callwell_session"] != before
        assert (await browser.get("/v1/session")).json() == answer.json()
        assert (await elsewhere.get("/v1/calls")).status_code == 401
    assert await sign_in(app, "eve@example.org", PASSWORD) == 401
    assert await sign_in(app, "eve@example.org", "seven tall blue houses") == 200


async def test_guessing_ones_own_locks_as_signing_in_does(context: Context, app: ASGIApp, make_account: MakeAccount) -> None:
    """An open page is no way to try passwords."""
    async with signed_in(context, app, await make_account("eve@example.org")) as browser:
        tries = [
            await browser.post("/v1/session/password", json={"current": f"wrong wrong {n}", "new": "seven tall blue houses"})
            for n in range(signing_in.LOCKS_AFTER + 1)
        ]
    assert [one.status_code for one in tries] == [401] * signing_in.LOCKS_AFTER + [429]


# ── What one has ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_sees_where_one_is_signed_in_and_ends_it(context: Context, app: ASGIApp, make_account: MakeAccount) -> None:
    """One's own sessions, this one marked; nobody else's are there."""
    eve, ada = await make_account("eve@example.org"), await make_account("ada@example.org")
    async with signed_in(context, app, eve) as first, signed_in(context, app, eve) as second, signed_in(context, app, ada) as other:
        found = (await second.get("/v1/session/sessions")).json()["items"]
        assert [one["is_this"] for one in found] == [True, False]
        assert {one["user_agent"] for one in found} == {"a browser"}
        address = f"/v1/session/sessions/{found[1]['id']}"
        assert (await other.delete(address)).status_code == 404
        assert (await first.get("/v1/calls")).status_code == 200
        assert (await second.delete(address)).status_code == 204
        assert (await first.get("/v1/calls")).status_code == 401
        assert (await second.delete(address)).status_code == 404


async def test_views_are_ones_own(context: Context, app: ASGIApp, make_account: MakeAccount) -> None:
    """Kept under a name, written over by it, found by page; nobody else sees or removes them."""
    eve, ada = await make_account("eve@example.org"), await make_account("ada@example.org")
    async with signed_in(context, app, eve) as own, signed_in(context, app, ada) as other:
        view = {"page": "calls", "name": "Poor ones", "query": {"category": "poor"}}
        first = await own.post("/v1/views", json=view)
        assert first.status_code == 201
        again = (await own.post("/v1/views", json=view | {"query": {"category": ["poor", "bad"]}})).json()
        await own.post("/v1/views", json=view | {"page": "people"})
        assert (again["id"], again["query"]) == (first.json()["id"], {"category": ["poor", "bad"]})
        assert (await own.get("/v1/views", params={"page": "calls"})).json()["items"] == [again]
        assert len((await own.get("/v1/views")).json()["items"]) == 2
        assert (await other.get("/v1/views")).json()["items"] == []
        assert (await other.delete(f"/v1/views/{again['id']}")).status_code == 404
        assert (await own.delete(f"/v1/views/{again['id']}")).status_code == 204
        assert (await own.post("/v1/views", json=view | {"query": {"x": "y" * 5000}})).status_code == 422


async def test_a_live_token_is_for_a_minute_and_for_nothing_else(context: Context, app: ASGIApp, make_account: MakeAccount) -> None:
    """It opens the live socket, and no route; made by nobody else, and changed at no place."""
    async with signed_in(context, app, await make_account("eve@example.org")) as browser:
        answer = (await browser.post("/v1/session/live-token")).json()
    left = datetime.fromisoformat(answer["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)
    async with client_of(app, answer["token"]) as client:
        assert (await client.get("/v1/calls")).json()["code"] == "access.bad_credential"
    key, token = context.settings.key, answer["token"]
    assert read_live_token(key, token)
    assert read_live_token(bytes(32), token) is None
    assert all(
        read_live_token(key, token[:place] + ("1" if token[place] != "1" else "2") + token[place + 1 :]) is None for place in range(len(token))
    )
    assert read_live_token(key, live_token(bytes(32), ids.uuid7(), datetime.now(UTC))) is None


async def test_what_is_over_is_removed(db: Database, make_account: MakeAccount) -> None:
    """Sessions whose time has come and failures that count no more do not stay."""
    account, at = await make_account("eve@example.org"), datetime.now(UTC)
    async with db.transaction() as tx:
        for hours in (1, 13):
            await sessions.begin_session(tx, account, user_agent=None, at=at, lasts=timedelta(hours=hours))
        await signing_in.count_try(tx, bytes(32), "eve@example.org", at)
        assert await sessions.forget_sessions(tx, at + timedelta(hours=12)) == 1
        assert await signing_in.forget_failures(tx, at + timedelta(hours=12)) == 0
        assert await signing_in.forget_failures(tx, at + timedelta(hours=25)) == 1
