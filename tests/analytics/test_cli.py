"""`callwell analytics` says what the API says: as a table, as CSV and as JSON."""

import asyncio
import csv
import io
import json
from collections.abc import Callable

import httpx
import pytest
from tests.analytics.held import SINCE, UNTIL
from tests.app_fixtures import TEST_KEY

from callwell.cli import run
from callwell.cli.analytics import COLUMNS, NAMES

EVER = {"from": SINCE, "to": UNTIL}

Cli = Callable[..., str]


@pytest.fixture
def database_url(held_url: str) -> str:
    return held_url


@pytest.fixture
def cli(database_url: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Cli:
    """Runs the command, where it can use an event loop of its own; gives what it said."""
    monkeypatch.setenv("CALLWELL_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLWELL_SECRET_KEY", TEST_KEY)

    def call(*arguments: str, code: int = 0) -> str:
        capsysbinary.readouterr()
        assert run(["analytics", *arguments]) == code
        return capsysbinary.readouterr()[0 if code == 0 else 1].decode()

    return call


async def test_it_says_what_the_api_says(cli: Cli, server: httpx.AsyncClient) -> None:
    """For every name: the same answer, and the same file."""
    ever = ("--from", SINCE, "--to", UNTIL)
    asked = {
        "problem-calls": {"more_than": 1},
        "joins": {"by": "browser"},
        "quality": {"by": "weekday"},
        "volume": {"by": "provider"},
        "heatmap": {"of": "score"},
    }
    given = {
        "problem-calls": ("--more-than", "1"),
        "joins": ("--by", "browser"),
        "quality": ("--by", "weekday"),
        "volume": ("--by", "provider"),
        "heatmap": ("--of", "score"),
    }
    for name in (one for one in NAMES if one != "overview"):
        params = {**EVER, **asked.get(name, {})}
        by_http = (await server.get(f"/v1/analytics/{name}", params=params)).json()
        by_hand = json.loads(await asyncio.to_thread(cli, name, *ever, *given.get(name, ()), "--json"))
        for member in {"items", "series", "cells", "totals", "total"} & set(by_http):
            assert by_hand[member] == by_http[member], (name, member)
        file = (await server.get(f"/v1/analytics/{name}", params={**params, "format": "csv"})).text
        assert await asyncio.to_thread(cli, name, *ever, *given.get(name, ()), "--csv") == file


async def test_tables_fit_a_screen(cli: Cli) -> None:
    """A row for each thing that is told, under the columns that matter most."""
    for name in NAMES:
        said = (await asyncio.to_thread(cli, name, "--from", SINCE, "--to", UNTIL, "--limit", "3")).splitlines()
        assert len(said) > 1
        assert said[0].split() == list(COLUMNS.get(name, said[0].split()))


async def test_today_is_told_in_csv(cli: Cli) -> None:
    """Figures and what goes on, one in a line."""
    lines = list(csv.DictReader(io.StringIO(await asyncio.to_thread(cli, "overview", "--csv"))))
    assert {line["figure"] for line in lines} > {"calls", "no_shows", "live_calls"}


async def test_what_there_is_not_is_said(cli: Cli) -> None:
    """In one line, with the code for bad input."""
    for arguments, word in (
        (("weather",), "there is no weather"),
        (("volume", "--by", "weather"), "--by"),
        (("volume", "--interval", "minute"), "--interval"),
        (("volume", "--only", "browser"), "DIMENSION=VALUE"),
        (("billing", "--only", "browser=Chrome"), "provider=IDENTITY"),
        (("people", "--only", "provider=user:1"), "--only"),
        (("providers", "--sort", "name"), "--sort"),
        (("volume", "--from", "soon"), "from"),
        (("volume", "--only", "browser=Chrome", "--by", "os"), "one dimension at a time"),
    ):
        said = await asyncio.to_thread(cli, *arguments, code=2)
        assert word in said
        assert said.count("\n") == 1
