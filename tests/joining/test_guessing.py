"""Guessing: what somebody learns who tries secrets that are no good, by what is answered and by how long it takes."""

import base64
import os
import statistics
import time
from uuid import UUID

import pytest
from tests.joining.conftest import Host

from callwell import ids
from callwell.joining.tries import BEAT, until_beat
from callwell.planning import invites

KEY = bytes(range(32))


def _hits(guesses: int) -> int:
    """Given an invite whose id is known, how many of so many guesses at its secret are right."""
    invite_id = ids.uuid7()
    secret = invites.secret_of(KEY, invite_id)
    known = secret.partition(".")[0]
    assert ids.id_in_secret(KEY, invites.PREFIX, secret) == invite_id, "the right one is"
    marks = (base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode() for _ in range(guesses))
    return sum(ids.id_in_secret(KEY, invites.PREFIX, f"{known}.{mark}") is not None for mark in marks)


def test_guesses_hit_nothing() -> None:
    """A secret has 256 bits that only the deployment's key makes."""
    assert _hits(20_000) == 0


@pytest.mark.long
def test_a_million_guesses_hit_nothing() -> None:
    assert _hits(1_000_000) == 0


def test_every_single_sign_of_a_secret_counts() -> None:
    """Changed in any one place, to anything else that it could be, a secret is none."""
    secret = invites.secret_of(KEY, UUID("0193a1c0-0000-7000-8000-000000000000"))
    for place in range(len(secret)):
        for sign in "aZ0-_":
            changed = secret[:place] + sign + secret[place + 1 :]
            assert changed == secret or ids.id_in_secret(KEY, invites.PREFIX, changed) is None, changed


@pytest.mark.parametrize(("took", "waits"), [(0.0, BEAT), (0.012, BEAT - 0.012), (BEAT + 0.01, BEAT - 0.01), (3 * BEAT + 0.04, 0.01)])
def test_a_refusal_waits_for_the_next_beat(took: float, waits: float) -> None:
    """However long it took to look, the answer goes out at a multiple of the same time."""
    assert until_beat(took) == pytest.approx(waits)
    assert (took + until_beat(took)) % BEAT == pytest.approx(0, abs=1e-9) or (took + until_beat(took)) % BEAT == pytest.approx(BEAT)


async def _secrets(host: Host) -> dict[str, str]:
    """One that never was, and one of each that is no good any more."""
    room = await host.room(capacity=5)
    revoked, expired = await host.invite(room, identity="user:1"), await host.invite(room, closes_at="2026-01-01T00:00:00Z")
    used_up = await host.invite(room, max_uses=1)
    await host.server.delete(f"/v1/invites/{revoked['id']}")
    await host.join(used_up)
    unknown = ids.derived_secret(b"another key", invites.PREFIX, ids.uuid7())
    return {"unknown": unknown, "revoked": revoked["secret"], "expired": expired["secret"], "used_up": used_up["secret"]}


async def _times(host: Host, secrets: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Seconds that each took to be refused, in turns."""
    times: dict[str, list[float]] = {name: [] for name in secrets}
    for _ in range(rounds):
        for name, secret in secrets.items():
            begun = time.perf_counter()
            answer = await host.ask(secret)
            times[name].append(time.perf_counter() - begun)
            assert answer.json()["code"] == "join.invite_invalid"
    return times


def _welch(some: list[float], others: list[float]) -> float:
    """Student's t for two samples of unequal variances (Welch 1947): beyond 4.5 either way they are taken to differ (as in leakage tests, ISO 17825)."""
    spread = statistics.variance(some) / len(some) + statistics.variance(others) / len(others)
    return (statistics.mean(some) - statistics.mean(others)) / spread**0.5


async def _check_times(host: Host, rounds: int) -> None:
    times = await _times(host, await _secrets(host), rounds)

    apart = {name: _welch(times["unknown"], times[name]) for name in ("revoked", "expired", "used_up")}
    assert all(abs(t) < 4.5 for t in apart.values()), apart
    assert min(min(of) for of in times.values()) >= BEAT * 0.9


async def test_how_long_it_takes_tells_nothing_of_a_secret_that_is_no_good(host: Host) -> None:
    """Unknown, revoked, expired and used up: no difference in time that many tries would show."""
    await _check_times(host, 25)


@pytest.mark.long
async def test_how_long_it_takes_tells_nothing_however_often_it_is_measured(host: Host) -> None:
    await _check_times(host, 2000)


def test_the_measure_finds_a_difference_where_there_is_one() -> None:
    """Given two whose times differ by a twentieth, then the same statistic tells them apart."""
    some = [0.050 + 0.001 * (number % 7) for number in range(200)]
    others = [one + 0.0025 for one in some]

    assert abs(_welch(some, others)) > 4.5
