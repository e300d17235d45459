"""`callwell calls report` and `callwell quality rescore`, where the server's database is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.quality.telling import Telling

from callwell.app import Context
from callwell.cli import run

ANA, BO = "user:ana", "user:bo"
Cli = Callable[..., str]


@pytest.fixture
def cli(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    monkeypatch.setenv("CALLWELL_DATABASE_URL", database_url)

    def say(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run(arguments) == code
        return capsys.readouterr()[0 if code == 0 else 1]

    return say


@pytest.fixture
async def told(server: httpx.AsyncClient, context: Context) -> Telling:
    """Ten minutes, of which Bo got the fourth and fifth with loss, and sent no samples in the last two."""
    telling = Telling(server, context)
    await telling.hold(600, ANA, BO)
    await telling.measure(
        *telling.samples(ANA, 0, 600),
        *telling.samples(BO, 0, 180),
        *telling.samples(BO, 180, 300, packet_loss_pct=15.0),
        *telling.samples(BO, 300, 480),
    )
    await telling.make()
    return telling


def test_a_report_is_shown_in_tables_with_a_bar_for_each_minute(cli: Cli, told: Telling) -> None:
    """Who, how good, why, minute by minute, what was measured, and what was wrong in words."""
    said = cli("calls", "report", str(told.id))

    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert any(line.startswith("Ana excellent 9") for line in lines)
    assert any(line.startswith("Bo fair ") and "loss -" in line for line in lines)
    (chart,) = [line for line in lines if line.startswith("Bo score ")]
    bars = chart.split()[2]
    assert len(bars) == 8
    assert max(bars[3:5]) < min(bars[0:3] + bars[5:])
    assert any(line.startswith("Bo sent nothing from ") for line in lines)
    assert any("The sound that Bo gets loses packets, at worst 15.0 % lost." in line for line in lines)
    assert any(line.startswith("Bo inbound video") and "1280x720" in line for line in lines)


def test_for_programs_it_is_the_resource(cli: Cli, told: Telling) -> None:
    """The same as over HTTP."""
    report = json.loads(cli("calls", "report", str(told.id), "--json"))

    assert report["call_id"] == str(told.id)
    assert {one["display_name"]: one["category"] for one in report["participants"]} == {"Ana": "excellent", "Bo": "fair"}


def test_a_call_that_is_none_is_one_line(cli: Cli) -> None:
    assert cli("calls", "report", "01a1fe7a-f4e0-74a3-a94e-e852ae5421c8", code=2).count("\n") == 1


def test_rescoring_shows_what_came_out_differently(cli: Cli, told: Telling) -> None:
    """By the same profile nothing; by Teams' the problems are fewer, and the report says so from then on."""
    day, next_day = (f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}" for days in (-1, 1))

    assert "1 calls were judged again, 0 came out differently" in cli("quality", "rescore", "--from", day, "--to", next_day)
    dry = json.loads(cli("quality", "rescore", "--profile", "teams-cqd", "--from", day, "--to", next_day, "--dry-run", "--json"))
    assert json.loads(cli("calls", "report", str(told.id), "--json"))["profile"] == "default-v1"
    kept = json.loads(cli("quality", "rescore", "--profile", "teams-cqd", "--from", day, "--to", next_day, "--json"))

    assert dry == kept
    (item,) = kept["items"]
    assert item["after"]["issues"] < item["before"]["issues"]
    assert json.loads(cli("calls", "report", str(told.id), "--json"))["profile"] == "teams-cqd"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "2026-11-02", "--to", "2026-11-01"), ("--from", "yesterday", "--to", "2026-11-01"), ("--to", "2026-11-01"),
        ("--from", "2026-11-01", "--to", "2026-11-02", "--profile", "none-such"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_one_line(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli("quality", "rescore", *arguments, code=2).count("\n") == 1
