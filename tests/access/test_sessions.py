"""Signing in: who comes in by a password and a cookie, who is kept out, and that nobody learns by it whose addresses we know."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp
from tests.access.people import PASSWORD, MakeAccount, make_account, signed_in, weak_hashes
from tests.app_fixtures import client_of, replace

from callwell import ids
from callwell.access import passwords
from callwell.access.signing_in import FIRST_LOCK, LOCKS_AFTER, LONGEST_LOCK, count_try, forgive
from callwell.app import Context, create_app, put_together
from callwell.postgres import Database
from callwell.postgres.pool import execute, fetch_value
from callwell.settings import Settings

__all__ = ["make_account", "weak_hashes"]

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
KEY = bytes(32)


async def sign_in(client: httpx.AsyncClient, email: str = "ada@example.org", password: str = PASSWORD, **more: Any) -> httpx.Response:
    return await client.post("/v1/session", json={"email": email, "password": password, **more})


@pytest.fixture
async def browser(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on a page of ours: it says where it is with everything it sends, and keeps cookies."""
    async with client_of(app) as client:
        client.headers["Origin"] = "http://callwell.test"
        yield client


async def test_a_password_brings_a_session(browser: httpx.AsyncClient, make_account: MakeAccount) -> None:
    """Whoever signs in is told who they are, and their cookie is enough from then on."""
    await make_account("ada@example.org", "supervisor")
    answer = await sign_in(browser, "Ada@Example.org")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["account"]["email"], told["account"]["role"], told["idle_seconds"]) == ("ada@example.org", "supervisor", 900)
    assert (await browser.get("/v1/session")).json() == told
    assert (await browser.get("/v1/calls")).status_code == 200


async def test_the_cookie_is_for_this_server_alone(browser: httpx.AsyncClient, make_account: MakeAccount, db: Database) -> None:
    """No script reads it, no other site has it sent, it ends with the browser, and only its hash is stored."""
    await make_account("ada@example.org")
    cookie = (await sign_in(browser)).headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    secret, *attributes = (part.strip() for part in rest.split(";"))
    assert (name, sorted(one.lower() for one in attributes)) == ("callwell_session", ["httponly", "path=/", "samesite=lax"])
    async with db.connection() as tx:
        rows = "SELECT (SELECT string_agg(s::text, '') FROM account_sessions s) || (SELECT string_agg(a::text, '') FROM audit_entries a)"
        assert secret not in await fetch_value(tx, rows)
        assert await fetch_value(tx, "SELECT hash FROM account_sessions") == ids.secret_hash(secret)


async def test_over_https_it_is_bound_to_the_host(settings: Settings, db: Database, make_account: MakeAccount) -> None:
    """Where people come by https the cookie is sent by https alone, and no other host of the domain can set it."""
    await make_account("ada@example.org")
    async with put_together(replace(settings, public_url="https://calls.example.org"), db) as context, client_of(create_app(context)) as client:
        cookie = (await sign_in(client)).headers["set-cookie"]
    assert cookie.startswith("__Host-callwell=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}


async def test_signing_in_again_is_another_session(browser: httpx.AsyncClient, app: ASGIApp, make_account: MakeAccount) -> None:
    """A cookie that was there before never becomes a session, and the session that was there before is over."""
    await make_account("ada@example.org")
    browser.cookies.set("callwell_session", "cws_chosen-by-somebody-else", domain="callwell.test")
    await sign_in(browser)
    first = browser.cookies["callwell_session"]
    assert first != "cws_chosen-by-somebody-else"
    await sign_in(browser)
    assert browser.cookies["callwell_session"] != first
    async with client_of(app) as other:
        other.cookies.set("callwell_session", first)
        assert (await other.get("/v1/calls")).json()["code"] == "session.over"


async def test_signing_out_ends_it(browser: httpx.AsyncClient, app: ASGIApp, make_account: MakeAccount) -> None:
    """The cookie goes, and whoever has copied it has nothing."""
    await make_account("ada@example.org")
    csrf = (await sign_in(browser)).json()["csrf"]
    copied = browser.cookies["callwell_session"]
    answer = await browser.delete("/v1/session", headers={"X-Callwell-CSRF": csrf})
    assert answer.status_code == 204
    assert "callwell_session" not in browser.cookies
    assert (await browser.get("/v1/session")).json()["account"] is None
    async with client_of(app) as other:
        other.cookies.set("callwell_session", copied)
        assert (await other.get("/v1/calls")).status_code == 401
    assert (await browser.delete("/v1/session")).status_code == 204, "signing out twice is nothing wrong"


# ── Who does not come in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_wrong_is_not_told(browser: httpx.AsyncClient, make_account: MakeAccount, db: Database) -> None:
    """An address nobody has, a wrong password, a disabled account and one without a password are answered alike."""
    await make_account("ada@example.org")
    await make_account("gone@example.org")
    await make_account("elsewhere@example.org")
    async with db.transaction() as tx:
        await execute(tx, "UPDATE accounts SET disabled_at = now() WHERE email = 'gone@example.org'")
        await execute(tx, "UPDATE accounts SET password_hash = NULL WHERE email = 'elsewhere@example.org'")
    answers = [
        await sign_in(browser, "ada@example.org", "not this one, no"),
        await sign_in(browser, "nobody@example.org"),
        await sign_in(browser, "gone@example.org"),
        await sign_in(browser, "elsewhere@example.org"),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert answers[0].json()["code"] == "session.refused"
    assert not any("set-cookie" in answer.headers for answer in answers)


async def test_who_is_unknown_costs_a_hash_too(browser: httpx.AsyncClient, make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is hashed whether or not somebody has the address, so that the time tells nothing."""
    hashed: list[str] = []
    really = passwords._is_password
    monkeypatch.setattr(passwords, "_is_password", lambda stored, password: hashed.append(password) or really(stored, password))
    await make_account("ada@example.org")
    for email in ("ada@example.org", "nobody@example.org"):
        await sign_in(browser, email, "wrong wrong wrong")
    assert len(hashed) == 2


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
async def test_an_address_is_locked_after_some_tries(browser: httpx.AsyncClient, make_account: MakeAccount, email: str) -> None:
    """Known or not: after six wrong passwords the right one does not help for a while, and the answer says how long."""
    await make_account("ada@example.org")
    for _ in range(LOCKS_AFTER):
        assert (await sign_in(browser, email, "wrong wrong wrong")).status_code == 401
    locked = await sign_in(browser, email)
    assert (locked.status_code, locked.json()["code"]) == (429, "session.locked")
    assert 0 < int(locked.headers["retry-after"]) <= FIRST_LOCK.total_seconds()


async def test_an_address_is_locked_however_it_is_written(browser: httpx.AsyncClient, make_account: MakeAccount) -> None:
    """In capitals it is the same address; with letters that only a database takes for others it is none."""
    await make_account("mia@example.org")
    for number in range(LOCKS_AFTER):
        await sign_in(browser, "mia@example.org" if number % 2 else "MIA@example.org", "wrong wrong wrong")
    assert (await sign_in(browser, "Mia@Example.org")).status_code == 429
    assert (await sign_in(browser, "m\u0130a@example.org")).status_code == 401


async def test_each_lock_is_longer(db: Database) -> None:
    """Half a minute, then twice as long each time, a quarter of an hour at most; once in, or after a day, it begins anew."""
    at, waits = AT, []
    for _ in range(LOCKS_AFTER + 7):
        async with db.transaction() as tx:
            assert await count_try(tx, KEY, "a@b", at) is None
            locked = await count_try(tx, KEY, "A@B", at) if len(waits) + 1 >= LOCKS_AFTER else timedelta(0)
        waits.append(locked)
        at += locked or timedelta(0)
    seconds = [wait.total_seconds() for wait in waits[LOCKS_AFTER - 1 :]]
    assert seconds == [30, 60, 120, 240, 480, 900, 900, 900]
    assert timedelta(seconds=seconds[-1]) == LONGEST_LOCK
    async with db.transaction() as tx:
        assert await count_try(tx, KEY, "a@b", at + timedelta(days=2)) is None
        assert await fetch_value(tx, "SELECT count FROM sign_in_failures") == 1
        await forgive(tx, KEY, "a@b")
        assert await fetch_value(tx, "SELECT count(*) FROM sign_in_failures") == 0


async def test_an_address_may_not_try_all_day(settings: Settings, db: Database) -> None:
    """Whoever tries many accounts from one place is told to wait."""
    async with put_together(replace(settings, sign_ins_per_minute=3), db) as context, client_of(create_app(context)) as client:
        statuses = [(await sign_in(client, f"{number}@example.org")).status_code for number in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


async def test_what_goes_wrong_is_in_the_trail_without_what_was_typed(browser: httpx.AsyncClient, make_account: MakeAccount, db: Database) -> None:
    """Signing in, failing to and signing out are told, with the account where there is one; neither address nor password is."""
    account = await make_account("ada@example.org")
    await sign_in(browser, password="something secret")
    await sign_in(browser, "secret@example.org", "something secret")
    csrf = (await sign_in(browser)).json()["csrf"]
    await browser.delete("/v1/session", headers={"X-Callwell-CSRF": csrf})
    async with db.connection() as tx:
        told = await fetch_value(
            tx, "SELECT array_agg(action || ' ' || caller || ' ' || coalesce(metadata->>'account_id', '-') ORDER BY id) FROM audit_entries"
        )
        everything = await fetch_value(tx, "SELECT string_agg(e::text, '') || string_agg(i::text, '') FROM audit_entries e, audit_identities i")
    assert told == [
        f"sign_in_refused anonymous {account}",
        "sign_in_refused anonymous -",
        f"signed_in account:{account} -",
        f"signed_out account:{account} -",
    ]
    assert "secret" not in everything
    assert "example.org" not in everything


# ── How long it lasts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def pass_time(db: Database, minutes: float) -> None:
    """As if everything had happened so much earlier."""
    async with db.transaction() as tx:
        earlier = "UPDATE account_sessions SET created_at = created_at - %(t)s, seen_at = seen_at - %(t)s, expires_at = expires_at - %(t)s"
        await execute(tx, earlier, {"t": timedelta(minutes=minutes)})


async def test_who_does_nothing_is_signed_out(browser: httpx.AsyncClient, make_account: MakeAccount, db: Database) -> None:
    """A quarter of an hour without a request ends the session; each request begins it anew."""
    await make_account("ada@example.org")
    await sign_in(browser)
    for _ in range(2):
        await pass_time(db, 14)
        assert (await browser.get("/v1/calls")).status_code == 200
    await pass_time(db, 15)
    assert (await browser.get("/v1/calls")).json()["code"] == "session.over"
    assert (await browser.get("/v1/session")).json()["account"] is None


async def test_a_page_that_asks_by_itself_keeps_nobody_in(browser: httpx.AsyncClient, make_account: MakeAccount, db: Database) -> None:
    """What is asked in the background is answered and does not count."""
    await make_account("ada@example.org")
    await sign_in(browser)
    await pass_time(db, 10)
    assert (await browser.get("/v1/calls", headers={"X-Callwell-Passive": "1"})).status_code == 200
    await pass_time(db, 6)
    assert (await browser.get("/v1/calls", headers={"X-Callwell-Passive": "1"})).status_code == 401


async def test_after_twelve_hours_it_is_over(browser: httpx.AsyncClient, make_account: MakeAccount, db: Database) -> None:
    """However busy somebody is, they sign in again after half a day."""
    await make_account("ada@example.org")
    await sign_in(browser)
    async with db.transaction() as tx:
        await execute(tx, "UPDATE account_sessions SET expires_at = %s", [datetime.now(UTC) - timedelta(seconds=1)])
    assert (await browser.get("/v1/calls")).status_code == 401


async def test_who_is_disabled_is_out_at_once(browser: httpx.AsyncClient, make_account: MakeAccount, db: Database) -> None:
    """A session is looked up with every request."""
    await make_account("ada@example.org")
    await sign_in(browser)
    async with db.transaction() as tx:
        await execute(tx, "UPDATE accounts SET disabled_at = now()")
    assert (await browser.get("/v1/calls")).status_code == 401


# ── Pages of others ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headers", "csrf", "status"),
    [
        ({"Origin": "http://callwell.test"}, True, 201),
        ({"Sec-Fetch-Site": "same-origin"}, True, 201),
        ({"Origin": "http://callwell.test"}, False, 403),
        ({"Origin": "http://evil.test"}, True, 403),
        ({"Origin": "http://callwell.test.evil.test"}, True, 403),
        ({"Origin": "http://callwell.test:81"}, True, 403),
        ({"Origin": "null"}, True, 403),
        ({"Sec-Fetch-Site": "same-site"}, True, 403),
        ({"Sec-Fetch-Site": "cross-site"}, True, 403),
        ({}, True, 403),
    ],
)
async def test_only_pages_of_ours_change_anything(app: ASGIApp, make_account: MakeAccount, headers: dict[str, str], csrf: bool, status: int) -> None:
    """With a cookie alone nothing is changed: it takes our own origin, as the browser tells it, and the session's own token."""
    await make_account("ada@example.org", "admin")
    async with client_of(app) as browser:
        token = (await sign_in(browser)).json()["csrf"]
        answer = await browser.post(
            "/v1/keys", json={"name": "x", "scopes": ["calls:read"]}, headers={**headers, **({"X-Callwell-CSRF": token} if csrf else {})}
        )
    assert answer.status_code == status
    assert status == 201 or answer.json()["code"] == "session.not_our_page"


async def test_the_token_of_another_session_is_none(app: ASGIApp, make_account: MakeAccount) -> None:
    """Each session has its own."""
    await make_account("ada@example.org", "admin")
    async with client_of(app) as one, client_of(app) as two:
        other = (await sign_in(one)).json()["csrf"]
        await sign_in(two)
        headers = {"Origin": "http://callwell.test", "X-Callwell-CSRF": other}
        assert (await two.post("/v1/keys", json={"name": "x", "scopes": ["calls:read"]}, headers=headers)).status_code == 403


async def test_nobody_is_signed_in_by_another_site(app: ASGIApp, make_account: MakeAccount) -> None:
    """A page of another site cannot sign somebody in as somebody else."""
    await make_account("ada@example.org")
    async with client_of(app) as browser:
        browser.headers["Origin"] = "http://evil.test"
        answer = await sign_in(browser)
    assert (answer.status_code, answer.json()["code"]) == (403, "session.not_our_page")


async def test_a_cookie_means_nothing_where_people_join(context: Context, app: ASGIApp, make_account: MakeAccount) -> None:
    """Whoever is signed in and opens a room's page is nobody in particular there, and a credential that is shown counts before the cookie."""
    async with signed_in(context, app, await make_account("ada@example.org", "auditor")) as browser:
        assert (await browser.post("/v1/join", json={"invite": "inv_x"})).json()["code"] == "join.invite_invalid"
        assert (await browser.get("/v1/calls", headers={"Authorization": "Bearer cwk_x"})).json()["code"] == "access.bad_credential"
