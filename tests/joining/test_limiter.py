"""How often an address may try."""

import pytest
from tests.app_fixtures import client_of, replace
from tests.joining.conftest import Host

from callwell import errors
from callwell.app import Context, create_app
from callwell.joining import limiter
from callwell.joining.limiter import Limiter


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
    monkeypatch.setattr(limiter, "MOST_ADDRESSES", 100)
    limit = Limiter(10)
    for number in range(1000):
        limit_of = _tries(limit, "198.51.100.7", 1)
        _tries(limit, f"10.0.{number // 250}.{number % 250}", 1)
        assert limit_of == (1 if number < 10 else 0)

    assert len(limit._left) == 100


async def test_too_many_attempts_are_told_when_to_come_back(context: Context, host: Host) -> None:
    """Beyond the limit the answer is 429 with Retry-After, whatever the secret, and leaves no entry: it is no attempt."""
    app = create_app(replace(context, settings=replace(context.settings, join_attempts_per_minute=3)))
    async with client_of(app) as page:
        answers = [await page.post("/v1/join", json={"invite": "inv_x"}) for _ in range(4)]
        resumed = await page.post("/v1/join/resume", json={"resume": "cwr_x"})

    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]
    assert (answers[3].json()["code"], answers[3].headers["retry-after"]) == ("access.too_many_requests", "60")
    assert resumed.status_code == 429
    assert len(await host.entries("join_attempt")) == 3
