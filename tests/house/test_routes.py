"""Every route of the app is tried by every kind of caller: what it declares is what is enforced, and an outsider sees nothing on any of them.

A room that brings a new path parameter adds to `places` what it stands for in the world below.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar, get
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler, WebsocketRouteHandler
from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute
from litestar.types import ASGIApp
from tests.app_fixtures import client_of, no_note

from callwell import app as house, ids
from callwell.access.accounts import create_account
from callwell.access.callers import ROLE_SCOPES, SCOPES, Role
from callwell.access.guards import Allowed, allow
from callwell.access.keys import NewKey, revoke_key
from callwell.access.sessions import begin_session, csrf_token
from callwell.access.tokens import connection_token, user_token
from callwell.app import Context, create_app, create_litestar, handlers
from callwell.postgres.pool import Tx, execute

MakeKey = Callable[..., Awaitable[NewKey]]
Handler = HTTPRouteHandler | ASGIRouteHandler | WebsocketRouteHandler


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    handler: Handler

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def allowed(self) -> Allowed:
        return self.handler.opt["allowed"]

    @property
    def parameters(self) -> set[str]:
        return set(re.findall(r"\{(\w+)", self.path))

    def address(self, places: dict[str, str]) -> str:
        return re.sub(r"\{(\w+):\w+\}", lambda named: places[named[1]], self.path)


def routes_of(found: list[Handler]) -> Iterator[Route]:
    for handler in found:
        methods = handler.http_methods if isinstance(handler, HTTPRouteHandler) else ["POST"] if isinstance(handler, ASGIRouteHandler) else ["SOCKET"]
        for method in methods:
            for path in handler.paths:
                yield Route(str(method), path, handler)


ROUTES = sorted(routes_of(handlers()), key=str)


# ── The world ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class World:
    """Calls in three rooms, and the credentials of everybody around them."""

    app: ASGIApp
    places: dict[str, str]
    """What each path parameter stands for: things of our own call and our own person."""
    credentials: dict[str, str | None]
    csrf: dict[str, str]
    """What pages of ours show beside each session's cookie."""


@pytest.fixture
async def world(context: Context, app: ASGIApp, server: httpx.AsyncClient, api: httpx.AsyncClient, make_key: MakeKey) -> World:
    async def room_with(identity: str) -> tuple[dict[str, Any], dict[str, Any]]:
        room = (await server.post("/v1/rooms", json={})).json()
        invite = (await server.post(f"/v1/rooms/{room['name']}/invites", json={"identity": identity, "is_host": True})).json()
        return invite, (await api.post("/v1/join", json={"invite": invite["secret"]})).json()

    invite, own = await room_with("user:own")
    _, other = await room_with("user:other")
    _, put_out = await room_with("user:put-out")
    revoked, spare = await make_key("admin"), await make_key("keys:write")
    await server.put("/v1/conversations/talk", json={})
    await server.put("/v1/conversations/over", json={})
    erasure = (await server.delete("/v1/conversations/over")).json()
    await server.put("/v1/people/user:own", json={})
    booked = {"client_id": "user:own", "provider_id": "user:provider", "scheduled_at": "2038-03-01T10:00:00Z", "status": "confirmed"}
    appointment = (await server.post("/v1/appointments", json=booked)).json()
    at, key, hour = datetime.now(UTC), context.settings.key, timedelta(hours=1)
    async with context.db.transaction() as tx:
        await execute(tx, "UPDATE grants SET revoked_at = %s WHERE connection_id = %s", [at, put_out["connection"]])
        await revoke_key(tx, revoked.id, at, no_note)
        spare_account = await create_account(
            tx, email="spare@example.org", name="Spare", role="auditor", identity=None, password_hash=None, at=at, note=no_note
        )
        sessions = {
            caller: (await begin_session(tx, await account(tx, caller, at), user_agent=None, at=at, lasts=hour)).secret for caller in ACCOUNTS
        }
    note = (await server.post(f"/v1/appointments/{appointment['id']}/notes", json={"text": "x", "author": "user:own"})).json()
    entry = (await server.get("/v1/audit")).json()["items"][0]
    places = {
        "entry_id": entry["id"],
        "note_id": note["id"],
        "call_id": own["call_id"],
        "participant_id": own["participant"]["id"],
        "name": own["room"],
        "invite_id": invite["id"],
        "key_id": str(spare.id),
        "conversation_id": "talk",
        "appointment_id": appointment["id"],
        "erasure_id": erasure["id"],
        "identity": "user:own",
        "user_id": "own",
        "guest_id": "own",
        "file": "callwell.js",
        "account_id": str(spare_account.id),
        "session_id": str(ids.uuid7()),
        "view_id": str(ids.uuid7()),
        "meeting": "standup",
    }
    credentials = {
        "nobody": None,
        "nonsense": "nonsense",
        "made-up key": "cwk_" + "x" * 43,
        "revoked key": revoked.secret,
        "forged connection": connection_token(bytes(32), UUID(own["call_id"]), UUID(own["connection"])),
        "forged user": user_token(bytes(32), "user:own", at=at, lifetime=hour),
        "expired user": user_token(key, "user:own", at=at - 2 * hour, lifetime=hour),
        "connection put out": put_out["token"],
        "connection of another call": other["token"],
        "another user": user_token(key, "user:other", at=at, lifetime=hour),
        "own connection": own["token"],
        "own user": user_token(key, "user:own", at=at, lifetime=hour),
        "own guest": user_token(key, "guest:own", at=at, lifetime=hour),
        "session that is over": "cws_" + "x" * 43,
        "page of another site": sessions["admin"],
        **sessions,
    }
    return World(app, places, credentials, {secret: csrf_token(key, secret) for secret in sessions.values()})


async def account(tx: Tx, caller: str, at: datetime) -> UUID:
    """Somebody who may sign in as that."""
    role, identity = ACCOUNTS[caller]
    email = f"{caller.replace(' ', '-')}@example.org"
    return (await create_account(tx, email=email, name=caller, role=role, identity=identity, password_hash=None, at=at, note=no_note)).id


# ── What is expected ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

UNKNOWN = ("nonsense", "made-up key", "revoked key", "forged connection", "forged user", "expired user")
ACCOUNTS: dict[str, tuple[Role, str | None]] = {
    "another provider": ("provider", "user:elsewhere"),
    "auditor": ("auditor", None),
    "supervisor": ("supervisor", None),
    "own provider": ("provider", "user:own"),
    "admin": ("admin", None),
}
"""Those who sign in: with which role, and who they are in calls."""
IN_ORDER = (
    *("nobody", *UNKNOWN, "session that is over", "page of another site", "connection put out", "connection of another call", "another user"),
    *("key without the scope", "own connection", "own user", "own guest", *ACCOUNTS, "key with the scope", "admin key"),
)
"""Outsiders first, so that they find everything as it was."""

LET_IN = "let in"


def expected(route: Route, caller: str) -> int | str:
    """The status with which a caller is turned away, or that they are let in."""
    allowed = route.allowed
    if allowed == Allowed(anyone=True):
        return LET_IN
    match caller:
        case "nobody":
            return LET_IN if allowed.anyone else 401
        case unknown if unknown in UNKNOWN:
            return 401
        case "session that is over":
            return LET_IN if allowed.anyone else 401
        case "page of another site" if allowed.by_cookie and route.method not in ("GET", "SOCKET"):
            return 403
        case "page of another site":
            return expected(route, "admin")
        case signed_in if signed_in in ACCOUNTS:
            return expected_of_account(route, *ACCOUNTS[signed_in])
        case "connection put out":
            return _if(allowed.connections and allowed.put_out, theirs="call_id" not in route.parameters)
        case "connection of another call":
            return _if(allowed.connections, theirs="call_id" not in route.parameters)
        case "own connection":
            return _if(allowed.connections)
        case "another user":
            return _if(allowed.users, theirs=not route.parameters & {"call_id", "appointment_id", "user_id", "guest_id", "identity"})
        case "own user":
            return _if(allowed.users, theirs="guest_id" not in route.parameters)
        case "own guest":
            return _if(allowed.users, theirs=not route.parameters & {"call_id", "appointment_id", "user_id", "identity"})
        case "key without the scope":
            return 403
        case _:
            return _if(allowed.keys is not None)


def expected_of_account(route: Route, role: Role, identity: str | None) -> int | str:
    """A cookie is nothing where no account may come in. A provider comes in where they see their own, and finds that alone."""
    allowed = route.allowed
    if not allowed.by_cookie or route.method == "SOCKET":
        return LET_IN if allowed.anyone else 401
    may = allowed.accounts or (allowed.keys in ROLE_SCOPES[role] and (role != "provider" or allowed.own))
    others = {"guest_id"} if identity == "user:own" else {"call_id", "appointment_id", "user_id", "guest_id", "identity"}
    return _if(may, theirs=role != "provider" or not route.parameters & others)


def _if(may: bool, *, theirs: bool = True) -> int | str:
    return 403 if not may else LET_IN if theirs else 404


async def credential(world: World, route: Route, caller: str, make_key: MakeKey) -> str | None:
    needed = route.allowed.keys
    match caller:
        case "key without the scope":
            return (await make_key(*(scope for scope in SCOPES if scope not in (needed, "admin")))).secret
        case "key with the scope" if needed == "accounts:write":
            return (await make_key(needed, *ROLE_SCOPES["auditor"])).secret  # nobody handles accounts that may more than they
        case "key with the scope":
            return (await make_key(needed or "calls:read")).secret
        case "admin key":
            return (await make_key("admin")).secret
        case _:
            return world.credentials[caller]


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method != "GET"], ids=str)
async def test_what_a_route_declares_is_what_it_enforces(world: World, route: Route, make_key: MakeKey) -> None:
    """Each kind of caller is let in or turned away as declared, before anything that they send is looked at; what is not theirs is not there."""
    assert await walk(world, route, make_key) == {caller: expected(route, caller) for caller in IN_ORDER}


async def test_what_routes_that_only_show_declare_is_what_they_enforce(world: World, make_key: MakeKey) -> None:
    """The same of every GET, in one world: they leave it as it is."""
    for route in ROUTES:
        if route.method == "GET":
            assert await walk(world, route, make_key) == {caller: expected(route, caller) for caller in IN_ORDER}, route


async def walk(world: World, route: Route, make_key: MakeKey) -> dict[str, int | str]:
    unplaced = route.parameters - world.places.keys()
    assert not unplaced, f"add to `places` what {unplaced} stands for"
    found: dict[str, int | str] = {}
    for caller in IN_ORDER:
        token = await credential(world, route, caller, make_key)
        page = page_of(world, caller, token)
        status = await (knock(world, route, token) if route.method == "SOCKET" else ask(world, route, token, page))
        assert status < 500, f"{caller}: {status}"
        # To whom it is open, it may still say that what was asked of it is no longer there, or that its page was not built.
        gone = status == 404 and expected(route, caller) == LET_IN and (route.method != "GET" or route.allowed.anyone)
        found[caller] = status if status in (401, 403, 404) and not gone else LET_IN
    return found


def page_of(world: World, caller: str, token: str | None) -> dict[str, str]:
    """What a browser sends by itself with a session's cookie, and what a page of ours adds."""
    if token is None or not token.startswith("cws_"):
        return {}
    origin = "http://elsewhere.test" if caller == "page of another site" else "http://callwell.test"
    return {"Cookie": f"callwell_session={token}", "Origin": origin, "X-Callwell-CSRF": world.csrf.get(token, "none")}


async def ask(world: World, route: Route, token: str | None, page: dict[str, str] | None = None) -> int:
    """The status of the answer. What is sent is never enough, so that nobody gets further than in."""
    async with client_of(world.app, None if page else token) as client:
        client.headers.update(page or {})
        sent = {} if route.method in ("POST", "PUT", "PATCH") else None
        answer = await client.request(route.method, route.address(world.places), json=sent)
    if answer.status_code in (401, 403, 404):
        document = answer.json()
        told = answer.text.replace(route.address(world.places), "")
        assert set(document) >= {"type", "title", "status", "detail", "code", "errors"}
        assert not any(secret in told for secret in ("cwk_", "cwc_", "cws_", "inv_", "display_name", "participants"))
    return answer.status_code


async def knock(world: World, route: Route, token: str | None) -> int:
    """What a socket's opening is answered with, as a status: 200 where it is opened."""
    said: asyncio.Queue[Any] = asyncio.Queue()
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "http_version": "1.1",
        "path": route.address(world.places),
        "raw_path": route.path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"host", b"callwell.test"),
            (b"origin", b"http://callwell.test"),
            *([(b"cookie", f"callwell_session={token}".encode())] if token and token.startswith("cws_") else []),
            *([(b"authorization", f"Bearer {token}".encode())] if token and not token.startswith("cws_") else []),
        ],
        "subprotocols": [],
        "client": ("127.0.0.1", 1),
        "server": ("callwell.test", 80),
        "state": {},
    }
    heard: asyncio.Queue[Any] = asyncio.Queue()
    heard.put_nowait({"type": "websocket.connect"})
    running = asyncio.create_task(world.app(scope, heard.get, said.put))  # pyright: ignore[reportArgumentType] a scope is a dictionary
    first = await asyncio.wait_for(said.get(), 5)
    heard.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(running, 10)
    return 200 if first["type"] == "websocket.accept" else first["code"] - 4000


# ── Nothing is left out ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_route_says_who_may_call_it() -> None:
    """A route that says nothing is closed to everyone, which is not what anybody meant."""
    assert [str(route) for route in ROUTES if "allowed" not in route.handler.opt] == []


async def test_every_route_is_walked(context: Context) -> None:
    """What the app answers is what is tried above, and the answer to OPTIONS that Litestar adds."""
    served: set[tuple[str, str]] = set()
    for route in create_litestar(context).routes:
        match route:
            case HTTPRoute():
                served |= {(method, route.path) for method in route.route_handler_map if method != "OPTIONS"}
            case ASGIRoute():
                served.add(("POST", route.path))
            case WebSocketRoute():
                served.add(("SOCKET", route.path))
            case _:
                pytest.fail(f"what is {route}?")
    assert served == {(route.method, route.path) for route in ROUTES}


async def test_a_route_that_says_nothing_is_closed(context: Context, monkeypatch: pytest.MonkeyPatch, make_key: MakeKey) -> None:
    """Forgetting to declare opens no door, not even for an admin."""

    @get("/v1/forgotten")
    async def forgotten() -> str:
        return "seen"

    monkeypatch.setattr(house, "handlers", lambda: [forgotten])
    async with client_of(create_app(context), await make_key("admin")) as client:
        answer = await client.get("/v1/forgotten")
    assert answer.status_code == 403
    assert "seen" not in answer.text


async def test_the_walk_notices_a_route_that_shows_what_is_others(
    world: World, context: Context, monkeypatch: pytest.MonkeyPatch, make_key: MakeKey
) -> None:
    """A route that lets pages in and forgets to ask whose call it is, is found out."""

    @get("/v1/calls/{call_id:uuid}/leak", opt=allow(keys="calls:read", connections=True))
    async def leak(call_id: UUID) -> str:
        return str(call_id)

    monkeypatch.setattr(house, "handlers", lambda: [leak])
    (route,) = routes_of([leak])
    found = await walk(replace(world, app=create_app(context)), route, make_key)
    wrong = {caller for caller in IN_ORDER if found[caller] != expected(route, caller)}
    assert wrong == {"connection of another call"}


async def test_the_walk_notices_a_route_that_forgets_whose_it_is(
    world: World, context: Context, monkeypatch: pytest.MonkeyPatch, make_key: MakeKey
) -> None:
    """A route that is opened to providers, by an id of which nobody can tell whose it is, shows them nothing."""

    @get("/v1/entries/{entry_id:uuid}/leak", opt=allow(keys="calls:read", own=True))
    async def leak(entry_id: UUID) -> str:
        return str(entry_id)

    monkeypatch.setattr(house, "handlers", lambda: [leak])
    (route,) = routes_of([leak])
    found = await walk(replace(world, app=create_app(context)), route, make_key)
    wrong = {caller for caller in IN_ORDER if found[caller] != expected(route, caller)}
    assert wrong == {"own provider", "another provider"}
    assert {found[caller] for caller in wrong} == {404}


OWN_LISTS = [route for route in ROUTES if route.method == "GET" and route.allowed.own and not route.parameters]


async def test_lists_show_providers_their_own(world: World) -> None:
    """A list that providers may read shows none of what is others'; the provider's own calls and appointments are in theirs."""
    seen: dict[str, dict[str, str]] = {"own provider": {}, "another provider": {}}
    for caller, found in seen.items():
        token = world.credentials[caller]
        async with client_of(world.app) as browser:
            browser.headers.update(page_of(world, caller, token))
            for route in OWN_LISTS:
                answer = await browser.get(route.path)
                assert answer.status_code == 200, (route, answer.text)
                found[route.path] = answer.text
    others = {"user:own", world.places["call_id"], world.places["appointment_id"], world.places["name"]}
    assert [path for path, text in seen["another provider"].items() if any(one in text for one in others)] == []
    assert world.places["call_id"] in seen["own provider"]["/v1/calls"]
    assert world.places["appointment_id"] in seen["own provider"]["/v1/appointments"]
    assert "user:own" in seen["own provider"]["/v1/people"]


async def test_options_tells_methods_and_nothing_else(api: httpx.AsyncClient) -> None:
    """Whoever asks an address for its methods gets them, without content."""
    answer = await api.options("/v1/keys")
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (204, b"", "GET, OPTIONS, POST")


def test_every_body_refuses_what_it_does_not_know(context: Context) -> None:
    """Every struct that can be sent to us, and every struct in one, forbids unknown fields."""
    lax = {
        kind.cls.__name__
        for handler in all_http_handlers(create_litestar(context))
        if (data := handler.parsed_data_field) is not None
        for kind in structs_in(msgspec.inspect.type_info(data.annotation))
        if not kind.forbid_unknown_fields
    }
    assert lax == set()


def all_http_handlers(app: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from (handler for handler, _ in route.route_handler_map.values())


def structs_in(kind: Any) -> Iterator[msgspec.inspect.StructType]:
    match kind:
        case msgspec.inspect.StructType():
            yield kind
            for field in kind.fields:
                yield from structs_in(field.type)
        case msgspec.inspect.UnionType():
            for one in kind.types:
                yield from structs_in(one)
        case msgspec.inspect.Metadata():
            yield from structs_in(kind.type)
        case msgspec.inspect.CollectionType():
            yield from structs_in(kind.item_type)
        case msgspec.inspect.DictType():
            yield from structs_in(kind.value_type)
        case _:
            return
