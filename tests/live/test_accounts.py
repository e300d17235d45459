"""Staff who signed in follow calls from a page: all of them, or, of providers, their own; for as long as they are signed in."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.access.people import MakeAccount, make_account, weak_hashes
from tests.live.conftest import Heard, House

from callwell.access.sessions import begin_session, end_session
from callwell.access.tokens import live_token
from callwell.postgres import Database
from callwell.postgres.pool import fetch_value

__all__ = ["make_account", "weak_hashes"]

Open = Callable[..., Awaitable[Heard]]


async def session_of(house: House, account_id: UUID) -> UUID:
    async with house.context.db.transaction() as tx:
        return (await begin_session(tx, account_id, user_agent="a browser", at=datetime.now(UTC), lasts=timedelta(hours=1))).id


def token_of(house: House, session: UUID, *, lasts: timedelta = timedelta(minutes=1)) -> str:
    return live_token(house.context.settings.key, session, datetime.now(UTC) + lasts)


@pytest.fixture
async def db(house: House) -> Database:
    return house.context.db


async def test_staff_follow_all_calls_that_go_on(house: House, open_socket: Open, make_account: MakeAccount) -> None:
    """Given a call, when a supervisor follows all, then they are told of it as a GET shows it, and of what comes after, also when the token has run out."""
    call = await house.make_call()
    session = await session_of(house, await make_account("sun@example.org"))
    wall = await open_socket(token_of(house, session, lasts=timedelta(seconds=4)))

    (told,) = await wall.follow("wall", active=True)
    assert told["call"] == await house.get(call)

    await wall.hears_nothing(4.5)
    await house.join(call, "user:7")
    while (told := await wall.hear())["call"]["status"] != "active":
        pass
    await house.end(call)
    while (told := await wall.hear())["type"] != "gone":
        pass
    assert told["call"] == call


async def test_a_provider_follows_their_own_calls_alone(house: House, open_socket: Open, make_account: MakeAccount) -> None:
    """Given calls of two providers, when one follows all, or a call of the other, then the other's is not there; one that they come into later is."""
    own, other = await house.make_call(provider="user:own"), await house.make_call(provider="user:other")
    wall = await open_socket(token_of(house, await session_of(house, await make_account("pia@example.org", "provider"))))

    assert [told["call"]["id"] for told in await wall.follow("wall", active=True)] == [own]
    await wall.say(type="subscribe", id="one", call=other)
    assert (await wall.hear())["code"] == "not_found"

    await house.join(other, "user:1")
    await wall.hears_nothing()
    await house.join(other, "user:own", "c2")
    assert (await wall.hear())["call"]["id"] == other


async def test_what_staff_follow_is_in_the_trail(house: House, open_socket: Open, make_account: MakeAccount, db: Database) -> None:
    """Given a call, when a supervisor follows it and all, then each is a look, told before anything was shown; a server's following is none."""
    call = await house.make_call()
    wall = await open_socket(token_of(house, await session_of(house, await make_account("sun@example.org"))))
    await wall.follow("one", call=call)
    await wall.follow("all", active=True)
    await (await open_socket(house.key.secret)).follow("one", call=call)
    async with db.connection() as tx:
        looks = "SELECT array_agg((metadata->>'what') || ' ' || coalesce(call_id::text, '-') ORDER BY id) FROM audit_entries WHERE action = 'record_viewed'"
        assert await fetch_value(tx, looks) == [f"call {call}", "live -"]


async def test_who_is_signed_out_is_told_nothing_more(house: House, open_socket: Open, make_account: MakeAccount, db: Database) -> None:
    """Given somebody who follows calls, when their session ends, then the socket is closed as with a token that has run out."""
    account = await make_account("ana@example.org", "admin")
    session = await session_of(house, account)
    wall = await open_socket(token_of(house, session))
    await wall.follow("wall", active=True)

    async with db.transaction() as tx:
        await end_session(tx, account, session)

    await wall.is_closed_with(4401)


async def test_a_token_opens_for_a_minute(house: House, open_socket: Open, make_account: MakeAccount) -> None:
    """Given a token that has run out, when a socket is opened with it, then it is refused."""
    session = await session_of(house, await make_account("ana@example.org", "admin"))
    with pytest.raises(Exception, match="4401"):
        await open_socket(token_of(house, session, lasts=-timedelta(seconds=1)))
