"""Figures over HTTP and on the command line."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pyarrow.parquet as pq
import pytest
from litestar.types import ASGIApp
from tests.analytics.conftest import Trail
from tests.app_fixtures import TEST_KEY, client_of

from callwell.access.keys import NewKey
from callwell.analytics import files
from callwell.cli import run
from callwell.postgres import Database
from callwell.record.audit import Action
from callwell.settings import Settings
from callwell.worker import keep_figures

BEGIN = datetime(2026, 11, 16, tzinfo=UTC)


@pytest.fixture
async def week(trail: Trail, settings: Settings) -> Trail:
    """A week of which every day had a call more than the one before; connecting took 100 ms, each call a minute."""
    for day in range(7):
        for n in range(day + 1):
            at = BEGIN + timedelta(days=day, hours=9 + n)
            await trail.tell(Action.JOIN_ATTEMPT, at, identity=f"user:{n}")
            await trail.tell(Action.JOIN_SUCCESS, at, identity=f"user:{n}")
            await trail.tell(Action.CONNECTION_ESTABLISHED, at, identity=f"user:{n}", duration_ms=100)
            await trail.tell(Action.CALL_START, at)
            await trail.tell(Action.CALL_END, at, duration_ms=60_000)
    await trail.tell(Action.JOIN_DENIED, BEGIN, error_code="join.too_early")
    await trail.count(key=settings.key)
    return trail


# ── HTTP ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_days_are_listed_the_newest_first(server: httpx.AsyncClient, week: Trail) -> None:
    """A page at a time, each with all figures."""
    page = (await server.get("/v1/metrics", params={"limit": 4})).json()
    rest = (await server.get("/v1/metrics", params={"limit": 4, "cursor": page["next_cursor"]})).json()

    assert [row["calls"] for row in page["items"] + rest["items"]] == [7, 6, 5, 4, 3, 2, 1]
    assert rest["next_cursor"] is None
    assert rest["items"][-1] == {
        "period": "daily", "starts_at": "2026-11-16T00:00:00.000Z", "ends_at": "2026-11-17T00:00:00.000Z", "attempts": 1, "successes": 1,
        "failures": 1, "calls": 1, "completed": 1, "total_duration_seconds": 60.0, "average_duration_seconds": 60.0, "connections": 1,
        "failed_connections": 0, "average_connection_ms": 100.0, "error_counts": {"join_denied": {"join.too_early": 1}}, "unique_users": 1,
    }  # fmt: skip


async def test_periods_go_along_as_files(server: httpx.AsyncClient, week: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, however many a page has, as CSV or Parquet; what was told of errors stands in one column."""
    monkeypatch.setattr(files, "IN_A_BATCH", 3)
    shown = (await server.get("/v1/metrics")).json()["items"]

    answer = await server.get("/v1/metrics", params={"limit": 2, "format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="metrics-daily.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["starts_at"], int(row["calls"])) for row in rows] == [(one["starts_at"], one["calls"]) for one in shown]
    assert (rows[0]["errors"], rows[-1]["errors"]) == ("", "join_denied join.too_early 1")

    accepted = await server.get("/v1/metrics", params={"period": "weekly"}, headers={"Accept": "application/vnd.apache.parquet"})
    (one,) = pq.read_table(io.BytesIO(accepted.content)).to_pylist()
    assert (one["calls"], one["unique_users"], one["errors"]) == (28, 7, ["join_denied join.too_early 1"])


@pytest.mark.parametrize(("period", "rows", "calls"), [("hourly", 29, 1), ("daily", 7, 7), ("weekly", 1, 28), ("monthly", 1, 28)])
async def test_there_are_four_kinds_of_period(server: httpx.AsyncClient, week: Trail, period: str, rows: int, calls: int) -> None:
    """Hours, days, weeks and months; people are counted once in each."""
    items = (await server.get("/v1/metrics", params={"period": period})).json()["items"]

    assert (len(items), items[0]["calls"]) == (rows, calls)
    assert items[0]["unique_users"] == {"hourly": 1, "daily": 7, "weekly": 7, "monthly": 7}[period]


async def test_a_span_is_from_a_time_until_before_another(server: httpx.AsyncClient, week: Trail) -> None:
    """Any zone will do; by the beginnings of periods."""
    between = {"from": "2026-11-17T01:00:00+01:00", "to": "2026-11-19T00:00:00Z"}

    assert [row["calls"] for row in (await server.get("/v1/metrics", params=between)).json()["items"]] == [3, 2]


async def test_a_day_of_the_deployment_ends_when_its_clocks_say(server: httpx.AsyncClient, trail: Trail, settings: Settings) -> None:
    """25 hours after it began, where clocks are put back."""
    await trail.live_in("Europe/Berlin")
    await trail.tell(Action.CALL_START, datetime(2026, 10, 25, 12, tzinfo=UTC))
    await trail.count(key=settings.key)

    (day,) = (await server.get("/v1/metrics")).json()["items"]

    assert (day["starts_at"], day["ends_at"]) == ("2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z")


@pytest.mark.parametrize(
    ("query", "field"),
    [({"period": "yearly"}, "period"), ({"from": "2026-11-17T00:00:00"}, "from"), ({"to": "2026-11-17T00:00:00"}, "to"), ({"since": "x"}, "since")],
)
async def test_what_is_wrong_with_a_question_is_named(server: httpx.AsyncClient, query: dict[str, str], field: str) -> None:
    """422 and the field; times need their zone."""
    answer = await server.get("/v1/metrics", params=query)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_figures_take_their_own_scope(app: ASGIApp, make_key: Callable[..., Awaitable[NewKey]], week: Trail) -> None:
    """`metrics:read` and no other."""
    for scope, status in (("metrics:read", 200), ("calls:read", 403), ("audit:read", 403)):
        async with client_of(app, await make_key(scope)) as client:
            assert (await client.get("/v1/metrics")).status_code == status


async def test_of_made_up_codes_the_most_frequent_are_shown(server: httpx.AsyncClient, trail: Trail, settings: Settings) -> None:
    """A page can say what it likes; an answer has a bound."""
    for n in range(150):
        await trail.tell(Action.ERROR_OCCURRED, BEGIN, error_code=f"made-up-{n}")
    await trail.tell(Action.ERROR_OCCURRED, BEGIN, error_code="made-up-149")
    await trail.count(key=settings.key)

    (day,) = (await server.get("/v1/metrics")).json()["items"]

    assert len(day["error_counts"]["error_occurred"]) == 100
    assert day["error_counts"]["error_occurred"]["made-up-149"] == 2


async def test_a_demonstration_counts_for_nothing(server: httpx.AsyncClient, trail: Trail, settings: Settings) -> None:
    """A call that says it is one, with somebody in it, from the first attempt to join to its end; the same call without saying so counts."""
    for is_demo, figures in ((True, []), (False, [(1, 1, 1, 1)])):
        call = (await server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", "is_demo": is_demo})).json()
        assert (await server.post(f"/v1/calls/{call['id']}/join", json={"participant": "user:1"})).status_code == 201
        assert (await server.post(f"/v1/calls/{call['id']}/end", json={})).status_code == 200
        await trail.count(key=settings.key)

        assert await trail.rows("SELECT attempts, successes, completed, unique_users FROM metrics WHERE period = 'daily'") == figures


# ── The command line ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

Command = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def command(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """`callwell metrics …` in a process of its own mind: its exit code, its answer as JSON, and what it says goes wrong."""
    monkeypatch.setenv("CALLWELL_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLWELL_SECRET_KEY", TEST_KEY)

    def call(*arguments: str) -> tuple[int, Any, str]:
        code = run(["metrics", *arguments, "--json"])
        said, wrong = capfd.readouterr()
        return code, msgspec.json.decode(said)["items"] if said.startswith("{") else None, wrong

    return call


async def in_a_thread(do: Callable[..., Any], *arguments: Any) -> Any:
    """Commands begin event loops of their own."""
    return await asyncio.to_thread(do, *arguments)


async def test_figures_are_shown(command: Command, week: Trail) -> None:
    """The newest first; dates are days of the deployment."""
    code, rows, _ = await in_a_thread(command, "show", "--from", "2026-11-17", "--to", "2026-11-19")

    assert (code, [row["calls"] for row in rows]) == (0, [3, 2])
    assert rows[0]["starts_at"] == "2026-11-18T00:00:00.000Z"


async def test_figures_are_made_again(command: Command, week: Trail) -> None:
    """Exactly those that there were, with what no server had counted yet."""
    kept = await week.tables()
    await week.execute("UPDATE metrics SET calls = 99")

    code, made, _ = await in_a_thread(command, "rebuild")

    assert (code, made) == (
        0,
        [
            {"period": "hourly", "made": 29, "kept": 0}, {"period": "daily", "made": 7, "kept": 0}, {"period": "weekly", "made": 1, "kept": 0},
            {"period": "monthly", "made": 1, "kept": 0},
        ],
    )  # fmt: skip
    assert await week.tables() == kept
    await week.tell(Action.CALL_START, BEGIN)
    assert (await in_a_thread(command, "rebuild", "--from", "2026-11-16", "--to", "2026-11-17"))[0] == 0
    assert await week.rows("SELECT calls FROM metrics WHERE period = 'daily' ORDER BY starts_at LIMIT 1") == [(2,)]


async def test_a_purged_period_is_refused_with_a_sentence(command: Command, week: Trail) -> None:
    """The exit code says so, and nothing is changed."""
    await week.purge(BEGIN + timedelta(days=1))
    kept = await week.tables()

    code, made, wrong = await in_a_thread(command, "rebuild", "--from", "2026-11-16", "--to", "2026-11-18")

    assert (code, made) == (2, None)
    assert "cannot be made again" in wrong
    assert await week.tables() == kept


@pytest.mark.parametrize("when", ["yesterday", "2026-11-17T09:00:00", "2026-13-01"])
async def test_a_time_that_is_none_is_refused(command: Command, week: Trail, when: str) -> None:
    """Times on the command line need their zone, too."""
    code, _, wrong = await in_a_thread(command, "rebuild", "--from", when)

    assert code == 2
    assert when in wrong


async def test_a_server_keeps_figures_by_itself(db: Database, settings: Settings, trail: Trail) -> None:
    """Whatever the trail is told is in them soon after."""
    stop = asyncio.Event()
    keeping = asyncio.create_task(keep_figures(db, settings.key, stop))
    try:
        await trail.tell(Action.CALL_START, BEGIN)
        while not await trail.rows("SELECT 1 FROM metrics WHERE period = 'monthly'"):  # noqa: ASYNC110 it tells nobody
            await asyncio.sleep(0.02)
    finally:
        stop.set()
        await keeping
    await trail.check()
