"""What the worker does about reports, in a server that runs: nobody asks for them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.app_fixtures import client_of
from tests.quality.telling import Telling

from callwell.access.keys import NewKey
from callwell.app import create_app, put_together
from callwell.postgres import Database
from callwell.settings import Settings

ANA, BO = "user:ana", "user:bo"


@pytest.fixture
async def telling(settings: Settings, db: Database, make_key: Any) -> AsyncIterator[Telling]:
    """A call a minute ago, and a server that works and lets records settle for five minutes."""
    key: NewKey = await make_key("admin")
    async with put_together(replace(settings, work_here=True, settling_seconds=300), db) as context, client_of(create_app(context), key) as server:
        telling = Telling(server, context, minutes_ago=2)
        yield telling


async def until_report(telling: Telling, **expected: Any) -> dict[str, Any]:
    """The report, once it is so."""
    async with asyncio.timeout(60):
        while True:
            report = await telling.report()
            if all(report[name] == value for name, value in expected.items()):
                return report
            await asyncio.sleep(0.1)


async def test_a_report_is_made_when_the_call_has_ended_and_again_when_more_is_known(telling: Telling) -> None:
    """Ended: made. Samples that come later: made again, with them. A fact that comes later: made again, of the new version."""
    await telling.hold(60, ANA, BO)
    first = await until_report(telling, revision=1)
    assert first["category"] == "unknown"

    await telling.measure(*telling.samples(ANA, 0, 60))
    second = await until_report(telling, sample_count=12, is_final=False)
    assert second["revision"] > first["revision"]

    await telling.tell(telling.fact(30, "participant.disconnected", BO), telling.fact(33, "participant.reconnected", BO))
    third = await until_report(telling, version=(await telling.call())["version"], disconnection_count=1)
    assert third["version"] > second["version"]


async def test_a_record_becomes_final_by_itself(settings: Settings, db: Database, make_key: Any) -> None:
    """A call of which all is known and whose time for late facts is over: its report is made, and with it the record is final."""
    key: NewKey = await make_key("admin")
    settings = replace(settings, settling_seconds=5)
    async with put_together(settings, db) as context, client_of(create_app(context), key) as server:
        telling = Telling(server, context)
        telling.began = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=12)
        await telling.hold(10, ANA, BO)
        assert (await telling.call())["record_state"] == "provisional"

        async with put_together(replace(settings, work_here=True), db):
            report = await until_report(telling, is_final=True)

        call = await telling.call()
        assert (call["record_state"], call["version"]) == ("final", report["version"])


async def test_calls_that_go_on_have_no_reports_made(telling: Telling, db: Database) -> None:
    """Only who is over is judged: of the one that runs nothing is kept, while the other's report is made."""
    running = Telling(telling.server, telling.context, minutes_ago=1)
    await running.tell(running.fact(0, "participant.joined", ANA), running.fact(0, "participant.connected", ANA))
    await telling.hold(60, ANA, BO)
    await until_report(telling, revision=1)

    async with db.connection() as tx:
        cursor = await tx.execute("SELECT call_id FROM reports")
        assert [row[0] for row in await cursor.fetchall()] == [telling.id]
