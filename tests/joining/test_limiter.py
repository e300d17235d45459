"""How often an address may try."""

from typing import Any

import httpx
import pytest
from tests.app_fixtures import client_of, replace
from tests.joining.conftest import Host

from callwell import errors
from callwell.access import limiter
from callwell.access.limiter import Limiter
from callwell.app import Context, create_app
from callwell.settings import Settings


def _tries(limit: Limiter, address: str | None, times: int, now: float = 0.0) -> int:
    """How many of so many tries are let through."""
    through = 0
    for _ in range(times):
        try:
            limit.check(address, now)
        except errors.TooManyRequests:
            continue
        through += 1
    return through


def test_a_minutes_tries_at_once_and_then_no_more() -> None:
    assert _tries(Limiter(10), "192.0.2.1", 50) == 10


def test_it_fills_evenly() -> None:
    """After six seconds there is one more, after a minute there are all of them, and never more than that."""
    limit = Limiter(10)
    _tries(limit, "192.0.2.1", 10)

    assert [_tries(limit, "192.0.2.1", 50, now) for now in (5.9, 6.1, 66.2, 1000.0)] == [0, 1, 10, 10]


def test_one_address_does_not_shut_out_another() -> None:
    limit = Limiter(10)
    _tries(limit, "192.0.2.1", 50)

    assert _tries(limit, "192.0.2.2", 50) == 10


def test_a_network_of_addresses_counts_as_one() -> None:
    """Whoever has one IPv6 address has 2^64 of them."""
    limit = Limiter(10)
    _tries(limit, "2001:db8::1", 50)

    assert _tries(limit, "2001:db8::ffff:2", 50) == 0
    assert _tries(limit, "2001:db8:0:1::1", 50) == 10


def test_what_is_no_address_is_counted_together() -> None:
    limit = Limiter(10)

    assert _tries(limit, None, 50) + _tries(limit, "", 50) == 10


def test_it_holds_so_many_addresses_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has not been heard of for longest is forgotten; who tries again and again is not."""
    monkeypatch.setattr(limiter, "MOST_KEYS", 100)
    limit = Limiter(10)
    for number in range(1000):
        limit_of = _tries(limit, "198.51.100.7", 1)
        _tries(limit, f"10.0.{number // 250}.{number % 250}", 1)
        assert limit_of == (1 if number < 10 else 0)

    assert len(limit._left) == 100


async def test_too_many_attempts_are_told_when_to_come_back(context: Context, host: Host) -> None:
    """Beyond the limit the answer is 429 with Retry-After, whatever the secret, and leaves no entry: it is no attempt."""
    invite = await host.invite(await host.room(), identity="user:1")
    async with _page(context, join_attempts_per_minute=3) as page:
        answers = [await page.post("/v1/join", json={"invite": invite["secret"]}) for _ in range(4)]
        resumed = await page.post("/v1/join/resume", json={"resume": "cwr_x"})

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert (answers[3].json()["code"], answers[3].headers["retry-after"]) == ("access.too_many_requests", "60")
    assert resumed.status_code == 429
    assert len(await host.entries("join_attempt")) == 3


async def test_guessing_is_stopped_within_twenty_tries(context: Context, host: Host) -> None:
    """By the default limit, whoever comes with secrets that are none is let try twenty of them; invites and places to come back to alike."""
    async with _page(context, join_attempts_per_minute=Settings().join_attempts_per_minute) as page:
        answers = [await page.post("/v1/join", json={"invite": f"inv_{number}"}) for number in range(10)]
        answers += [await page.post("/v1/join/resume", json={"resume": f"cwr_{number}"}) for number in range(20)]

    statuses = [answer.status_code for answer in answers]
    assert statuses[:20] == [403] * 20
    assert set(statuses[20:]) >= {429}, "a try or two come back while it takes its time"
    assert len(await host.entries("join_denied")) == statuses.count(403)


async def test_an_invite_that_was_revoked_counts_as_a_guess(context: Context, host: Host) -> None:
    """Neither by the answer nor by the limit can anybody tell it from one that never was."""
    invite = await host.invite(await host.room())
    await host.server.delete(f"/v1/invites/{invite['id']}")
    async with _page(context, join_attempts_per_minute=6, join_attempts_per_room=1) as page:
        answers = [await page.post("/v1/join", json={"invite": invite["secret"]}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [403, 403, 429]


async def test_a_room_is_tried_so_often_from_all_addresses_together(context: Context, host: Host) -> None:
    """Given a link that everybody has, then its room is tried so often in a minute; another room, and who comes back to another, are left alone."""
    room, other = await host.room(capacity=1), await host.room()
    invite, elsewhere = await host.invite(room), await host.invite(other)
    async with _page(context, join_attempts_per_room=3, trusted_proxies=("127.0.0.1",)) as page:
        answers = [
            await page.post("/v1/join", json={"invite": invite["secret"]}, headers={"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(5)
        ]
        beside = await page.post("/v1/join", json={"invite": elsewhere["secret"]})
        resumed = await page.post("/v1/join/resume", json={"resume": answers[0].json()["resume"]})

    assert [answer.status_code for answer in answers] == [201, 409, 409, 429, 429]
    assert answers[4].headers["retry-after"] == "60"
    assert (beside.status_code, resumed.status_code) == (201, 429)


def _page(context: Context, **settings: Any) -> httpx.AsyncClient:
    """A page of a server with these settings."""
    return client_of(create_app(replace(context, settings=replace(context.settings, **settings))))
