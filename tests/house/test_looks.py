"""Whoever of the staff looks at a person's record is in the audit trail: no route that shows one forgets to say so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from tests.access.people import MakeAccount, make_account, signed_in, weak_hashes
from tests.app_fixtures import client_of
from tests.house.test_routes import ROUTES, Route, World, page_of, world

from callwell.access.callers import ROLE_SCOPES, AccountCaller
from callwell.app import Context, create_app
from callwell.ids import room_id, uuid7
from callwell.postgres import Database
from callwell.postgres.pool import fetch_all
from callwell.record import looks
from callwell.record.audit import NOWHERE
from callwell.record.looks import PEOPLE, SAME_FOR, Look, Looks

__all__ = ["make_account", "weak_hashes", "world"]

NOBODYS = {
    "GET /v1/accounts/{account_id:uuid}": "an account of the staff",
    "GET /v1/audit": "reading the trail is an entry of its own",
    "GET /v1/audit/{entry_id:uuid}/proof": "hashes",
    "GET /v1/erasures/{erasure_id:uuid}": "what became of an erasure, of which nothing is left",
}
"""No looks, and why."""


def accounts_read(route: Route) -> bool:
    return route.method == "GET" and any(route.allowed.keys in scopes for scopes in ROLE_SCOPES.values())


def names_people(route: Route) -> bool:
    """Whether what is asked for can be of one person."""
    assert isinstance(route.handler, HTTPRouteHandler)
    return bool({*PEOPLE, "user_id", "guest_id"} & route.handler.parsed_fn_signature.parameters.keys())


LOOKED_AT = [route for route in ROUTES if accounts_read(route) and route.handler.opt.get("look")]


def test_every_route_that_shows_a_record_says_so() -> None:
    """What the staff can read by an id, or of a person, has a word for the trail; but for figures, which show no record."""
    shows = [route for route in ROUTES if accounts_read(route) and (route.parameters or names_people(route))]
    silent = {str(route) for route in shows if not route.handler.opt.get("look") and not route.path.startswith("/v1/analytics/")}
    assert silent == NOBODYS.keys()
    assert len(LOOKED_AT) > 20


async def looks_in(db: Database) -> list[dict[str, Any]]:
    async with db.connection() as tx:
        return await fetch_all(
            tx,
            dict,
            """
            SELECT e.metadata->>'what' AS what, e.caller, e.call_id::text, e.appointment_id::text, e.room_id::text, e.invite_id::text, i.identity
            FROM audit_entries e LEFT JOIN audit_identities i ON i.entry_id = e.id WHERE e.action = 'record_viewed' ORDER BY e.id
            """,
        )


@pytest.mark.parametrize("route", [route for route in LOOKED_AT if route.parameters], ids=str)
async def test_a_look_is_an_entry(world: World, context: Context, db: Database, route: Route, server: httpx.AsyncClient) -> None:
    """Given a record, when an admin looks at it twice, then the trail has one entry that names it; a server with a key is none of the staff."""
    address = route.address(world.places)
    async with client_of(world.app) as browser:
        browser.headers.update(page_of(world, "admin", world.credentials["admin"]))
        for _ in range(2):
            assert (await browser.get(address)).status_code == 200
    await server.get(address)
    (look,) = await looks_in(db)
    assert look["what"] == route.handler.opt["look"]
    assert look["caller"].startswith("account:")
    assert named_by(route, world).items() <= look.items()


def named_by(route: Route, world: World) -> dict[str, str]:
    """What an entry names of what a path names."""
    found = {name: world.places[name] for name in route.parameters & {"call_id", "appointment_id", "invite_id", "identity"}}
    for kind in ("user", "guest"):
        if f"{kind}_id" in route.parameters:
            found["identity"] = f"{kind}:{world.places[f'{kind}_id']}"
    if "name" in route.parameters:
        found["room_id"] = str(room_id(world.places["name"]))
    return found


async def test_lists_of_one_person_are_looks_and_lists_of_all_are_none(world: World, db: Database) -> None:
    """Asked for somebody's calls or appointments the trail is told whose; asked for everybody's it is not."""
    async with client_of(world.app) as browser:
        browser.headers.update(page_of(world, "admin", world.credentials["admin"]))
        for path in ("/v1/calls", "/v1/appointments", "/v1/people", "/v1/calls?status=ended"):
            assert (await browser.get(path)).status_code == 200
        assert await looks_in(db) == []
        await browser.get("/v1/calls", params={"user_id": "own", "status": "ended"})
        await browser.get("/v1/appointments", params={"person": "user:own"})
    assert [(look["what"], look["identity"]) for look in await looks_in(db)] == [("calls", "user:own"), ("appointments", "user:own")]


async def test_what_is_not_shown_is_no_look(world: World, db: Database) -> None:
    """A record that is not there, or not theirs, was not seen."""
    async with client_of(world.app) as browser:
        browser.headers.update(page_of(world, "another provider", world.credentials["another provider"]))
        assert (await browser.get(f"/v1/calls/{world.places['call_id']}")).status_code == 404
        assert (await browser.get("/v1/people/user:nobody")).status_code == 404
    assert await looks_in(db) == []


async def test_nothing_is_shown_that_the_trail_is_not_told_of(
    context: Context, make_account: MakeAccount, server: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a trail that cannot be written, when somebody looks at a person, then they see nothing."""

    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError

    await server.put("/v1/people/user:7", json={"display_name": "Septima"})
    async with signed_in(context, create_app(context), await make_account("ada@example.org", "admin")) as browser:
        monkeypatch.setattr(looks, "add_audit_entry", fails)
        answer = await browser.get("/v1/people/user:7")
    assert answer.status_code == 500
    assert "Septima" not in answer.text


async def test_the_same_is_one_look_for_five_minutes(context: Context, db: Database, make_account: MakeAccount) -> None:
    """Each session, each record and each five minutes has a look of its own; requests at the same time are one."""
    seen, at = Looks(db, context.settings, lambda: "full"), datetime(2026, 11, 21, 9, tzinfo=UTC)
    account = await make_account("ada@example.org", "admin")
    session, other = (AccountCaller(account, "Ada", "admin", None, account), AccountCaller(account, "Ada", "admin", None, uuid7()))
    for caller, who, minutes in [
        (session, "user:1", 0),
        (session, "user:1", 4.9),
        (session, "user:2", 4.9),
        (other, "user:1", 4.9),
        (session, "user:1", 5),
    ]:
        await seen.tell(caller, Look("person", identity=who), NOWHERE, at + timedelta(minutes=minutes))
    assert [look["identity"] for look in await looks_in(db)] == ["user:1", "user:2", "user:1", "user:1"]
    assert timedelta(minutes=5) == SAME_FOR


async def test_the_oldest_looks_are_forgotten_first(
    context: Context, db: Database, make_account: MakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many records are looked at, so many are remembered and no more."""
    monkeypatch.setattr(looks, "MOST_REMEMBERED", 2)
    seen, at = Looks(db, context.settings, lambda: "full"), datetime(2026, 11, 21, 9, tzinfo=UTC)
    account = await make_account("ada@example.org", "admin")
    caller = AccountCaller(account, "Ada", "admin", None, account)
    for who in ("user:1", "user:2", "user:3", "user:3", "user:1"):
        await seen.tell(caller, Look("person", identity=who), NOWHERE, at)
    assert [look["identity"] for look in await looks_in(db)] == ["user:1", "user:2", "user:3", "user:1"]
