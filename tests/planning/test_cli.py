"""`callwell appointments`: what calls come to is derived again, where the data is."""

import asyncio
import json
from collections.abc import Callable
from uuid import UUID

import pytest
from tests.planning.conftest import Practice

from callwell import ids
from callwell.cli import run

Cli = Callable[..., str]


@pytest.fixture
async def spoiled(practice: Practice) -> UUID:
    """An appointment that was held, and whose row says otherwise."""
    id = await practice.appointment()
    await practice.held(id)
    await practice.look(2800)
    await practice.book.execute("UPDATE appointments SET status = 'confirmed', completed_at = NULL, overlap_ms = 7 WHERE id = %s", id)
    return id


@pytest.fixture
def cli(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command line, where the server's database is."""
    monkeypatch.setenv("CALLWELL_DATABASE_URL", database_url)

    def say(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run(["appointments", *arguments]) == code
        return capsys.readouterr()[0 if code == 0 else 1]

    return say


async def test_every_appointment_is_made_right(cli: Cli, practice: Practice, spoiled: UUID) -> None:
    """However wrong it was, and it says how many it looked at."""
    await practice.appointment(status="pending")

    said = await asyncio.to_thread(cli, "rebuild", "--all", "--json")

    assert json.loads(said) == {"rebuilt": 2}
    found = await practice.get(spoiled)
    assert (found.status, found.overlap_ms) == ("completed", 2_700_000)


async def test_one_appointment_is_made_right(cli: Cli, practice: Practice, spoiled: UUID) -> None:
    """Named by its id."""
    assert await asyncio.to_thread(cli, "rebuild", str(spoiled)) == "1 appointment was derived again.\n"

    assert await practice.standing(spoiled) == ("completed", None)


def test_what_there_is_not_is_said(cli: Cli) -> None:
    """One that is not there, and neither one nor all: bad input."""
    assert "There is no appointment" in cli("rebuild", str(ids.uuid7()), code=2)
    assert "give an appointment's id, or --all" in cli("rebuild", code=2)
