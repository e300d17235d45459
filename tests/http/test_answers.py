"""How answers look: times, ETags, headers, errors that nobody foresaw, and a log without secrets."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
import structlog
from litestar.types import ASGIApp
from psycopg import sql
from tests.app_fixtures import client_of

from callwell import logs
from callwell.access import keys
from callwell.access.keys import NewKey
from callwell.http import to_json, wire_time
from callwell.postgres import Database
from callwell.postgres.pool import Tx, execute


def test_times_are_utc_with_milliseconds() -> None:
    """Whatever zone and precision a time has, it goes out as RFC 3339 in UTC with milliseconds and Z."""
    assert wire_time(datetime(2026, 11, 21, 9, tzinfo=UTC)) == "2026-11-21T09:00:00.000Z"
    assert wire_time(datetime(2026, 11, 21, 9, 0, 0, 250_999, tzinfo=timezone(timedelta(hours=2)))) == "2026-11-21T07:00:00.250Z"


def test_times_are_written_so_wherever_they_stand_and_texts_stay_as_they_are() -> None:
    """Times deep in an answer are written the same way; a text that looks like one is left alone."""
    at = datetime(2026, 11, 21, 9, tzinfo=UTC)
    text = "2026-11-21T09:00:00Z"
    assert to_json({"a": [{"at": at}], "text": text}) == b'{"a":[{"at":"2026-11-21T09:00:00.000Z"}],"text":"2026-11-21T09:00:00Z"}'


async def test_one_resource_has_an_etag(server: httpx.AsyncClient) -> None:
    """Who has a resource already is told so with 304 and no body, until it changes."""
    room = (await server.post("/v1/rooms", json={"title": "One"})).json()
    first = await server.get(f"/v1/rooms/{room['name']}")
    etag = first.headers["etag"]
    again = await server.get(f"/v1/rooms/{room['name']}", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    await server.patch(f"/v1/rooms/{room['name']}", json={"title": "Two"})
    changed = await server.get(f"/v1/rooms/{room['name']}", headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["title"]) == (200, "Two")


async def test_every_answer_keeps_browsers_careful(api: httpx.AsyncClient, server: httpx.AsyncClient) -> None:
    """Answers of the API are not kept, not guessed at, not framed and tell no address on; refusals the same."""
    for answer in (await server.get("/v1/keys"), await api.get("/v1/keys"), await api.get("/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_what_nobody_foresaw_tells_nothing_but_where_it_is_logged(server: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours is 500 with the request's id; the trace is in the log under it, and not in the answer."""

    async def broken(*_: Any) -> None:
        raise RuntimeError("the inside of the server")

    monkeypatch.setattr(keys, "list_keys", broken)
    with structlog.testing.capture_logs() as lines:
        answer = await server.get("/v1/keys")
    id = answer.headers["x-request-id"]
    assert answer.status_code == 500
    assert answer.json()["code"] == "error"
    assert id in answer.json()["detail"]
    assert "inside" not in answer.text
    assert any(str(line.get("exc_info")) == "the inside of the server" for line in lines)


@pytest.mark.parametrize(("state", "status"), [("53100", 503), ("57014", 503), ("55P03", 503), ("40001", 503), ("22012", 500)])
async def test_a_database_in_trouble_is_503(server: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, state: str, status: int) -> None:
    """A full disk, a cancelled statement, a lock not had: nothing was changed and trying again makes sense. A fault of our own is 500."""

    async def broken(tx: Tx, *_: Any) -> None:
        await tx.execute(sql.SQL("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = {}; END $$").format(sql.Literal(state)))

    monkeypatch.setattr(keys, "list_keys", broken)
    answer = await server.get("/v1/keys")
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) is (status == 503)


async def lose_connection(tx: Tx) -> None:
    await tx.execute("RESET ROLE")  # the application may end nobody
    await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def test_a_connection_lost_in_a_write_is_owned_up_to(server: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the database is lost while something is written, we don't claim that nothing was."""

    async def lost(tx: Tx, *_: Any) -> None:
        await lose_connection(tx)

    monkeypatch.setattr(keys, "create_key", lost)
    answer = await server.post("/v1/keys", json={"name": "x", "scopes": ["calls:read"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable.interrupted")
    assert answer.headers["retry-after"] == "2"
    monkeypatch.setattr(keys, "list_keys", lost)
    answer = await server.get("/v1/keys")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable.database")
    monkeypatch.undo()
    assert (await server.get("/v1/keys")).status_code == 200


async def test_while_the_database_is_away_requests_are_503_and_it_is_not_ready(
    server: httpx.AsyncClient, api: httpx.AsyncClient, db: Database, postgres_admin: Any
) -> None:
    """Without a database everything that needs it is 503 with Retry-After, and `/health/ready` says why; it heals by itself."""
    assert (await api.get("/health/ready")).json() == {"status": "ready", "reasons": []}
    async with db.connection() as tx:
        name = (await (await tx.execute("SELECT current_database()")).fetchone() or [None])[0]
    allow = "UPDATE pg_database SET datallowconn = %s WHERE datname = %s"
    postgres_admin.execute(allow, [False, name])
    # They are told to end, and end a little later: it is waited for.
    postgres_admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])
    try:
        ready, rooms = await api.get("/health/ready"), await server.get("/v1/rooms")
    finally:
        postgres_admin.execute(allow, [True, name])
    assert (ready.status_code, ready.json()) == (503, {"status": "not_ready", "reasons": ["The database cannot be reached."]})
    assert (rooms.status_code, rooms.json()["code"]) == (503, "unavailable.database")
    assert ready.headers["retry-after"] == rooms.headers["retry-after"] == "2"
    assert (await api.get("/health/live")).status_code == 200
    assert (await server.get("/v1/rooms")).status_code == 200


async def test_another_schema_is_not_ready(api: httpx.AsyncClient, db: Database) -> None:
    """A server whose database was taken to another version's schema says that it is not ready."""
    async with db.connection() as tx:
        await execute(tx, "UPDATE schema_revision SET version_num = '0000'")
    answer = await api.get("/health/ready")
    assert answer.status_code == 503
    assert "revision 0000" in answer.json()["reasons"][0]


async def test_the_log_has_neither_query_nor_secret(app: ASGIApp, make_key: Callable[..., Awaitable[NewKey]]) -> None:
    """A line says which route, how it went, how long it took and which credential by its id; nothing of a query or a secret."""
    key = await make_key("admin")
    async with client_of(app, key) as client:
        with structlog.testing.capture_logs() as lines:
            await client.get("/v1/keys?token=verysecret")
            await client.post("/v1/join", json={"invite": "inv_verysecret"})
    assert [(line["method"], line["route"], line["status"]) for line in lines if line["event"] == "request"] == [
        ("GET", "/v1/keys", 422),
        ("POST", "/v1/join", 403),
    ]
    assert lines[0]["caller"] == f"key:{key.id}"
    assert "verysecret" not in str(lines)
    assert str(key.secret) not in str(lines)


@pytest.mark.parametrize(
    "text",
    [
        "cwk_ApfcgQxbyWMZFDxdRkiJr0OZMT4UpIH9VKk_meK96AE",
        "inv_01a1fde4a12271248accb45382302858.dPqmQ-Seuq1PKifzDJ",
        "cwc_" + "0" * 64 + ".abcdefghijk",
        "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJjYWxsd2VsbCJ9.tYyMBaNvfuV4veEevXrA1S",
        "postgresql://callwell:hunter22@db/callwell",
    ],
)
def test_what_looks_like_a_secret_is_cut_from_every_line(text: str) -> None:
    """Keys, tokens, invites and passwords in addresses are cut wherever they stand in a line; fields named for secrets are left out."""
    line = logs.without_secrets(None, "info", {"event": f"sent {text} on", "deep": {"list": [text]}, "token": "plain", "n": 1})
    assert text.rsplit("_", maxsplit=1)[-1].rsplit("//", maxsplit=1)[-1] not in str(line)
    assert "hunter22" not in str(line)
    assert (line["token"], line["n"]) == ("…", 1)


async def test_pages_of_other_sites_may_call_only_where_they_are_allowed(settings: Any, db: Database) -> None:
    """An origin that is allowed gets its preflight answered; any other gets no permission."""
    from dataclasses import replace

    from callwell.app import create_app, put_together

    async with put_together(replace(settings, allowed_origins=("https://host.example",)), db) as context, client_of(create_app(context)) as client:
        asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
        ours = await client.options("/v1/events", headers={"Origin": "https://host.example", **asking})
        theirs = await client.options("/v1/events", headers={"Origin": "https://evil.example", **asking})
    assert ours.headers["access-control-allow-origin"] == "https://host.example"
    assert "authorization" in ours.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in ours.headers
    assert "access-control-allow-origin" not in theirs.headers
