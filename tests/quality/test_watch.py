"""While a call runs: problems are told as they begin and end, and how good each connection is stands where people look."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.app_fixtures import client_of
from tests.ingest.conftest import Host, fact, ms
from tests.quality.conftest import BAD, eventually, sample, stored

from callwell import ids
from callwell.app import Context, create_app, put_together
from callwell.ingest.leases import list_online
from callwell.postgres import Database
from callwell.quality import watch
from callwell.quality.live import label_of
from callwell.quality.samples import Sample
from callwell.settings import Settings

SECOND = timedelta(seconds=1)
GOOD: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "GATHER", 0.02)


class Call:
    """A call in which somebody is, and how it fares."""

    def __init__(self, host: Host, id: str, since: datetime) -> None:
        self.host = host
        self.id = id
        self.since = since
        self._sent = 0

    async def fares(self, *intervals: dict[str, Any], client: httpx.AsyncClient | None = None, together: bool = False) -> None:
        """Ten seconds of each, one after the other; looked at one by one, unless they come together."""
        given = [
            sample(self.id, at=self.since + (self._sent + n) * 10 * SECOND, participant="user:1", connection="c1", **numbers)
            for n, numbers in enumerate(intervals)
        ]
        self._sent += len(given)
        for batch in [given] if together else [[one] for one in given]:
            await stored(client or self.host.client, *batch)
            await eventually(lambda batch=batch: self._is_looked_at(batch[-1]))

    async def _is_looked_at(self, last: dict[str, Any]) -> bool:
        ended_at = datetime.fromisoformat(last["started_at"]) + 10 * SECOND
        return any(label["at"] >= ended_at for label in await self.labels())

    async def labels(self) -> list[dict[str, Any]]:
        async with self.host.context.db.connection() as tx:
            cursor = await tx.execute("SELECT at, score, category, rtt_ms, packet_loss_pct FROM live_quality WHERE call_id = %s", [self.id])
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]

    async def findings(self) -> list[tuple[str, str | None, str | None, float]]:
        """What was told of problems: type, which, how bad, and how many seconds after the first interval."""
        return [
            (one["type"], one["data"]["issue"], one["data"].get("severity"), self._second(one))
            for one in await self.host.facts(self.id)
            if one["type"] in ("issue.raised", "issue.cleared") and one["data"]["issue"] == "high_rtt"
        ]

    async def categories(self) -> list[tuple[str, float]]:
        return [(one["data"]["category"], self._second(one)) for one in await self.host.facts(self.id) if one["type"] == "quality.changed"]

    def _second(self, told: dict[str, Any]) -> float:
        return (datetime.fromisoformat(told["occurred_at"]) - self.since).total_seconds()


@pytest.fixture
async def call(host: Host, since: datetime) -> Call:
    id = await host.make_call()
    await host.told(
        fact("participant.joined", id, at=since - SECOND, participant="user:1", connection="c1"),
        fact("participant.connected", id, at=since - SECOND, participant="user:1", connection="c1"),
    )
    return Call(host, id, since)


Another = Callable[[], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def another(settings: Settings, database_url: str, host: Host) -> AsyncIterator[Another]:
    """A client of another server over the same database."""
    async with AsyncExitStack() as stack:

        async def another() -> httpx.AsyncClient:
            db = await stack.enter_async_context(await Database.connect(database_url, 8))
            context = await stack.enter_async_context(put_together(settings, db))
            token = host.client.headers["authorization"].removeprefix("Bearer ")
            return await stack.enter_async_context(client_of(create_app(context), token))

        yield another


# ── Problems ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_problem_is_told_as_it_begins_and_as_it_is_over(call: Call) -> None:
    """Given three bad intervals among good ones, then it began at the end of the third, and was over when five in a row were good."""
    await call.fares(GOOD, GOOD, BAD, BAD)
    assert await call.findings() == []

    await call.fares(BAD)
    assert await call.findings() == [("issue.raised", "high_rtt", "critical", 50)]
    (person,) = (one for one in (await call.host.record(call.id))["participants"] if one["user_id"] == "1")
    assert "high_rtt" in str(person["connections"][0])

    await call.fares(*[GOOD] * 5)
    assert await call.findings() == [("issue.raised", "high_rtt", "critical", 50), ("issue.cleared", "high_rtt", None, 100)]


async def test_what_became_worse_is_told_again(call: Call) -> None:
    await call.fares(*[{"rtt_ms": 350.0}] * 3)
    await call.fares(*[{"rtt_ms": 700.0}] * 3)

    assert await call.findings() == [("issue.raised", "high_rtt", "warning", 30), ("issue.raised", "high_rtt", "critical", 60)]


async def test_what_comes_together_is_told_the_same(call: Call) -> None:
    """Given a page that was away and sends all at once, then the problem that it is in is told, at its time."""
    await call.fares(GOOD, BAD, BAD, BAD, together=True)

    assert await eventually(call.findings) == [("issue.raised", "high_rtt", "critical", 40)]


async def test_muted_is_no_problem(call: Call) -> None:
    await call.fares(*[BAD] * 3)
    await call.fares({**BAD, "muted": True})

    assert [type for type, *_ in await call.findings()] == ["issue.raised", "issue.cleared"]


async def test_two_servers_tell_it_once(call: Call, another: Another) -> None:
    """Given samples that come to one and to the other, then what begins and ends is told once, as if they were one."""
    clients = [await another(), call.host.client]

    for n, interval in enumerate([BAD] * 4 + [GOOD] * 5):
        await call.fares(interval, client=clients[n % 2])

    assert await call.findings() == [("issue.raised", "high_rtt", "critical", 30), ("issue.cleared", "high_rtt", None, 90)]
    assert await call.host.dead_letters(call.id) == []


async def test_after_a_restart_it_goes_on(call: Call, another: Another) -> None:
    """Given a problem that one server told of, when another hears the rest, then that tells when it is over, and of nothing twice."""
    await call.fares(*[BAD] * 3)
    after = await another()

    for interval in [BAD, *[GOOD] * 5]:
        await call.fares(interval, client=after)

    assert [type for type, *_ in await call.findings()] == ["issue.raised", "issue.cleared"]


async def test_what_was_stored_and_never_looked_at_is_found_later(call: Call, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a server that stopped before it looked, when the next sample comes, then what it had missed is told, at its time."""
    await call.fares(GOOD)
    with monkeypatch.context() as gone:
        gone.setattr(context.samples, "_tell", None)
        bad = [sample(call.id, at=call.since + n * 10 * SECOND, participant="user:1", connection="c1", **BAD) for n in (1, 2, 3)]
        await stored(call.host.client, *bad)
        await asyncio.sleep(0.1)
        assert await call.findings() == []
        call._sent = 4

    await call.fares(BAD)

    assert await call.findings() == [("issue.raised", "high_rtt", "critical", 40)]


@pytest.mark.parametrize("way", ["leaves", "ends"])
async def test_who_is_gone_has_no_problem_left(call: Call, way: str) -> None:
    """Given somebody with a problem, when they leave or the call ends, then it is over at that time."""
    await call.fares(*[BAD] * 3)
    before = datetime.now(UTC).replace(microsecond=0)

    if way == "ends":
        await call.host.end(call.id)
    else:
        await call.host.told(fact("participant.left", call.id, participant="user:1", connection="c1"))

    async def is_cleared() -> list[Any]:
        return [one for one in await call.findings() if one[0] == "issue.cleared"]

    ((_, _, _, second),) = await eventually(is_cleared)
    assert call.since + second * SECOND >= before
    (person,) = (one for one in (await call.host.record(call.id))["participants"] if one["user_id"] == "1")
    assert "high_rtt" not in str(person["connections"][0])


async def test_samples_that_come_after_the_end_raise_nothing(call: Call) -> None:
    """They are the report's."""
    await call.fares(GOOD)
    await call.host.end(call.id)
    bad = [sample(call.id, at=call.since + n * 10 * SECOND, participant="user:1", connection="c1", **BAD) for n in (1, 2, 3)]

    await stored(call.host.client, *bad)
    await asyncio.sleep(0.2)

    assert await call.findings() == []


async def test_a_host_s_own_findings_are_left_alone(call: Call) -> None:
    """Given a problem that the host told of in its own words, then it is the host's to say when it is over."""
    own = {"issue": "high_rtt", "severity": "warning"}
    await call.host.told(fact("issue.raised", call.id, at=call.since, participant="user:1", connection="c1", data=own))

    await call.fares(*[GOOD] * 6)

    assert [type for type, *_ in await call.findings()] == ["issue.raised"]


# ── How good it is ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_how_good_it_is_is_told_when_it_changes(call: Call) -> None:
    """Given a connection that falls quickly and rises slowly, then each word is told once, when it begins to be true."""
    await call.fares(GOOD, GOOD, BAD, BAD)
    told = await call.categories()
    assert told[0] == ("excellent", 10)
    assert told[-1][0] == "poor"

    await call.fares(*[GOOD] * 8)

    told = await call.categories()
    words = [word for word, _ in told]
    assert words[-1] == "excellent"
    assert all(word != after for word, after in pairwise(words))
    assert told[-1][1] > 60


async def test_the_newest_label_stands_whatever_comes_late(call: Call) -> None:
    """An older sample changes nothing of how good it is just now."""
    await call.fares(GOOD, GOOD, GOOD)
    (before,) = await call.labels()

    await stored(call.host.client, sample(call.id, at=call.since - timedelta(minutes=10), participant="user:1", connection="c1", rtt_ms=900.0))
    await asyncio.sleep(0.2)

    (after,) = await call.labels()
    assert (after["at"], after["rtt_ms"], after["category"]) == (before["at"], before["rtt_ms"], "excellent")


async def test_pages_see_it_in_presence_as_long_as_it_is_new(host: Host, db: Database) -> None:
    """With all its numbers here; what each page is told of them is the sockets' affair."""
    page = await host.join(await host.make_call(), "user:1")
    now = datetime.now(UTC)
    async with db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO leases (call_id, connection_id, opened_at, participant_id, holder, expires_at)
            VALUES (%s, %s, %s, %s, %s, %s)
            """,
            [page.call, page.connection, now, page.participant, ids.uuid7(), now + timedelta(hours=1)],
        )
    await stored(host.client, sample(page.call, participant="user:1", connection=page.connection))

    async def quality(at: datetime = now) -> Any:
        async with db.connection() as tx:
            (one,) = await list_online(tx, UUID(page.call), at)
            return one.quality

    shown = await eventually(quality)
    assert (shown.category, shown.rtt_ms, shown.packet_loss_pct, shown.bitrate_kbps) == ("excellent", 40.0, 0.1, 32.0)
    assert await quality(now + timedelta(minutes=3)) is None


def test_a_label_weighs_sound_and_picture_of_one_interval_together() -> None:
    """Audio and video that end together are one interval, however they come; what others get of one's own sending is not one's own experience."""
    at = datetime(2026, 11, 21, 9, tzinfo=UTC)

    def of(kind: Any, score: float | None, *, second: float = 0, direction: Any = "inbound", **numbers: Any) -> Sample:
        return Sample(
            id=ids.uuid7(), call_id=ids.uuid7(), participant_id=ids.uuid7(), connection_id=ids.uuid7(), started_at=at + second * SECOND,
            interval_ms=10_000, direction=direction, kind=kind, score=score, **numbers,
        )  # fmt: skip

    both = label_of([of("audio", 100.0), of("video", 50.0, second=2)])
    assert both.score == 80.0
    assert label_of([of("audio", 100.0), of("video", 50.0, second=10)]).score == 60.0
    assert label_of([of("audio", 90.0), of("audio", 20.0, direction="outbound")]).score == 90.0
    nothing = label_of([of("audio", None, muted=True)])
    assert (nothing.score, nothing.category) == (None, "unknown")
    worst = label_of([of("audio", 90.0, rtt_ms=40.0, bitrate_kbps=30.0), of("video", 90.0, packet_loss_pct=2.0, bitrate_kbps=900.0)])
    assert (worst.rtt_ms, worst.packet_loss_pct, worst.bitrate_kbps, worst.jitter_ms) == (40.0, 2.0, 930.0, None)


def test_a_label_has_forgotten_how_it_began() -> None:
    """What is smoothed over the last samples is as if it were smoothed over all."""
    at = datetime(2026, 11, 21, 9, tzinfo=UTC)
    scores = [35.0, *[90.0] * 12]
    samples = [
        Sample(
            id=ids.uuid7(), call_id=ids.uuid7(), participant_id=ids.uuid7(), connection_id=ids.uuid7(), started_at=at + n * 10 * SECOND,
            interval_ms=10_000, direction="inbound", kind="audio", score=score,
        )
        for n, score in enumerate(scores)
    ]  # fmt: skip
    whole, last = label_of(samples), label_of(samples[1:])
    assert whole.score is not None
    assert last.score is not None
    assert abs(whole.score - last.score) < 0.5
    assert ms(last.at) == ms(whole.at)
