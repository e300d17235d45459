"""`callwell demo data`: the calls of a plausible practice, made through the ledger."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from callwell.app import Context
from callwell.cli.demo import add_practice
from callwell.cli.practice import agenda_of_a_practice

CALLS, DAYS = 40, 14


async def calls(server: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await server.get("/v1/calls", params={"limit": 200})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_practice_has_calls_that_can_be_shown(context: Context, server: httpx.AsyncClient) -> None:
    """Each is over, marked as a demonstration and within the days wanted; most were held between a client and a provider, with names and devices."""
    before = datetime.now(UTC)
    stored = await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1)

    made = await calls(server)

    assert len(made) == CALLS
    assert stored == sum(call["event_count"] for call in made)
    assert all(call["is_demo"] and call["status"] == "ended" and call["anomaly_count"] == 0 for call in made)
    times = [datetime.fromisoformat(call["created_at"]) for call in made]
    assert before - timedelta(days=DAYS + 1) <= min(times) <= max(times) <= before
    held = [call for call in made if call["overlap_seconds"] > 0]
    assert len(held) > CALLS / 2
    for call in held:
        assert Counter(one["side"] for one in call["participants"]) == {"client": 1, "provider": 1}
        assert all(one["display_name"] and one["connections"][0]["browser"] for one in call["participants"])


async def test_the_same_practice_again_changes_nothing(context: Context, server: httpx.AsyncClient) -> None:
    """Made twice it is there once; another seed is another practice."""
    await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1)
    before = await calls(server)

    assert await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1) == 0
    assert await calls(server) == before

    assert await add_practice(context.db, context.ledger, 5, DAYS, seed=2) > 0
    assert len(await calls(server)) == CALLS + 5


async def test_most_calls_of_a_practice_are_good_and_some_are_not(context: Context, server: httpx.AsyncClient) -> None:
    """What was measured in them makes reports that differ, and those of calls with a bad spell say so."""
    await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1)

    reports = [(await server.get(f"/v1/calls/{call['id']}/report")).json() for call in await calls(server) if call["overlap_seconds"] > 0]

    categories = Counter(report["category"] for report in reports)
    assert categories["excellent"] > len(reports) / 3
    assert categories["fair"] + categories["poor"] > 0
    assert all(report["issues"] for report in reports if report["category"] in ("fair", "poor"))


async def test_an_agenda_can_be_booked(server: httpx.AsyncClient) -> None:
    """What a practice is going to do is taken as it is: in working hours of the days ahead, and nobody in two places at once."""
    now = datetime.now(UTC)
    agenda = list(agenda_of_a_practice(12, 7, 1, now))
    for booking in agenda:
        answer = await server.post("/v1/appointments", json=booking)
        assert answer.status_code == 201, answer.text

    booked = (await server.get("/v1/appointments", params={"upcoming": "true"})).json()["items"]

    assert Counter(one["status"] for one in booked) == Counter(booking["status"] for booking in agenda)
    times = [(booking[who], booking["scheduled_at"]) for booking in agenda for who in ("client_id", "provider_id")]
    assert len(times) == len(set(times))
    assert all(now < datetime.fromisoformat(booking["scheduled_at"]) < now + timedelta(days=8) for booking in agenda)
