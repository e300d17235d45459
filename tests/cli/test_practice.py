"""`callwell demo data`: a plausible practice, made through the ledger and by what planning does with appointments."""

import asyncio
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given, settings, strategies as st

from callwell.app import Context
from callwell.cli import demo
from callwell.cli.demo import add_practice
from callwell.cli.practice import Meeting, Practice, practice_of

CALLS, DAYS = 40, 14
LATELY = datetime(2026, 10, 16, 23, tzinfo=UTC)
"""When a practice was made whose figures are looked at: what is in it goes with the day and the minute."""


async def everything(server: httpx.AsyncClient, path: str, **wanted: str) -> list[dict[str, Any]]:
    """All items of a list."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        answer = await server.get(path, params={"limit": 200, **wanted, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if (cursor := answer.json()["next_cursor"]) is None:
            return items


# ── Made in a deployment ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_practice_has_calls_that_can_be_shown(context: Context, server: httpx.AsyncClient) -> None:
    """Each is over, says that it was made up and lies within the days wanted; most were held between the two sides, with names and devices."""
    stored = await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1, until=LATELY)

    made = await everything(server, "/v1/calls")

    assert len(made) == CALLS
    assert stored == sum(call["event_count"] for call in made)
    assert all(call["status"] in ("ended", "failed") and call["anomaly_count"] == 0 for call in made)
    assert all("made-up" in call["metadata"]["tags"] and not call["is_demo"] for call in made)
    times = [datetime.fromisoformat(call["created_at"]) for call in made]
    assert LATELY - timedelta(days=DAYS + 1) <= min(times) <= max(times) <= LATELY
    held = [call for call in made if call["overlap_seconds"] > 0]
    assert len(held) > CALLS / 2
    for call in held:
        sides = Counter(one["side"] for one in call["participants"])
        assert sides["provider"] == 1
        assert sides["client"] >= 1
        assert all(one["display_name"] and one["connections"][0]["browser"] for one in call["participants"] if one["connected_at"])


async def test_the_same_practice_again_changes_nothing(context: Context, server: httpx.AsyncClient) -> None:
    """Made twice it is there once; another seed is another practice."""
    until = datetime.now(UTC)
    await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1, until=until, ahead=(5, 7))
    before = [await everything(server, path) for path in ("/v1/calls", "/v1/appointments", "/v1/people", "/v1/rooms")]

    assert await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1, until=until, ahead=(5, 7)) == 0
    assert [await everything(server, path) for path in ("/v1/calls", "/v1/appointments", "/v1/people", "/v1/rooms")] == before

    assert await add_practice(context.db, context.ledger, 5, DAYS, seed=2, until=until) > 0
    assert len(await everything(server, "/v1/calls")) == CALLS + 5


async def test_a_practice_that_was_broken_off_is_gone_on_with(context: Context, server: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun is whole, and the same practice again makes the rest: as if it had never been broken off."""
    monkeypatch.setattr(demo, "MEETINGS_AT_ONCE", 4)
    until = datetime.now(UTC)
    is_added = asyncio.Event()
    making = asyncio.create_task(add_practice(context.db, context.ledger, CALLS, DAYS, 1, is_added.set, until=until))
    await is_added.wait()
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    begun = await everything(server, "/v1/calls")
    assert 0 < len(begun) < CALLS

    await add_practice(context.db, context.ledger, CALLS, DAYS, 1, until=until)

    made = {call["id"]: call for call in await everything(server, "/v1/calls")}
    assert len(made) == CALLS
    assert [made[call["id"]] for call in begun] == begun
    appointments = {one["id"] for one in await everything(server, "/v1/appointments")}
    assert {call["appointment_id"] for call in made.values()} - {None} <= appointments
    async with context.db.connection() as tx:
        assert await (await tx.execute("SELECT code FROM dead_letters")).fetchall() == []


async def test_what_was_booked_became_what_its_calls_tell(context: Context, server: httpx.AsyncClient) -> None:
    """Where both sides met it was held, where somebody waited in vain it is a no-show of the other; nothing of the past is still to come."""
    before = LATELY - timedelta(hours=3)
    await add_practice(context.db, context.ledger, 90, 30, seed=3, until=LATELY)

    calls = defaultdict(list)
    for call in await everything(server, "/v1/calls"):
        calls[call["appointment_id"]].append(call)
    booked = [one for one in await everything(server, "/v1/appointments") if datetime.fromisoformat(one["scheduled_at"]) < before]

    assert {"completed", "no_show", "cancelled"} <= {one["status"] for one in booked}
    for one in booked:
        own = calls[one["id"]]
        if one["status"] == "completed" and one["is_video_call"]:
            assert any(call["overlap_seconds"] > 0 for call in own)
        elif one["status"] == "no_show":
            assert not any(call["overlap_seconds"] > 0 for call in own)
            came = {participant["side"] for call in own for participant in call["participants"] if participant["joined_at"]}
            assert (one["no_show"], came) in (("client", {"provider"}), ("provider", {"client"}), ("both", set()))
        elif one["is_video_call"]:
            assert one["status"] in ("cancelled", "declined", "pending")
            assert not own
    assert all(call["room"] for id, own in calls.items() if id is not None for call in own)


async def test_the_trail_tells_who_asked_to_be_let_in(context: Context) -> None:
    """Everybody who came had asked, and some had been too early; made again they are not told of again."""
    for _ in range(2):
        await add_practice(context.db, context.ledger, 90, 30, seed=3, until=LATELY)
    async with context.db.connection() as tx:
        cursor = await tx.execute("SELECT action, count(*) FROM audit_entries WHERE action LIKE 'join%' GROUP BY 1")
        told = dict(await cursor.fetchall())
        (joined,) = await (await tx.execute("SELECT count(*) FROM events WHERE type = 'participant.joined'")).fetchone() or (0,)

    assert told["join_success"] == joined > 100
    assert told["join_attempt"] == told["join_success"] + told["join_denied"]
    assert 0 < told["join_denied"] < joined / 10


async def test_some_facts_of_a_practice_are_late(context: Context) -> None:
    """They happened before others that were known already, and the calls have them all the same."""
    await add_practice(context.db, context.ledger, 90, 30, seed=3, until=LATELY)

    async with context.db.connection() as tx:
        cursor = await tx.execute(
            """
            SELECT count(DISTINCT late.call_id), count(*) FROM events AS late JOIN calls ON calls.id = late.call_id
            WHERE calls.version > 1 AND EXISTS (
                SELECT FROM events AS known WHERE known.call_id = late.call_id AND known.connection_id = late.connection_id
                    AND known.occurred_at > late.occurred_at AND known.xmin::text::bigint < late.xmin::text::bigint)
            """
        )
        found = await cursor.fetchone()
    assert found is not None
    assert 0 < found[0] < 30
    assert found[1] > found[0]


async def test_most_calls_of_a_practice_are_good_and_some_are_not(context: Context, server: httpx.AsyncClient) -> None:
    """What was measured in them makes reports that differ, and those of calls with a bad spell say so."""
    await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1, until=LATELY)

    held = [call for call in await everything(server, "/v1/calls") if call["overlap_seconds"] > 60]
    reports = [(await server.get(f"/v1/calls/{call['id']}/report")).json() for call in held]

    categories = Counter(report["category"] for report in reports)
    assert categories["excellent"] + categories["good"] > len(reports) / 2
    assert categories["fair"] + categories["poor"] > 0
    assert all(report["issues"] for report in reports if report["category"] == "poor")


async def test_an_agenda_is_booked(context: Context, server: httpx.AsyncClient) -> None:
    """What is still to come is in working hours of the days ahead, and nobody is in two places at once."""
    now = datetime.now(UTC)
    await add_practice(context.db, context.ledger, 1, 1, seed=1, until=now, ahead=(30, 7))

    booked = await everything(server, "/v1/appointments", upcoming="true")

    assert len(booked) == 30
    assert {one["status"] for one in booked} == {"confirmed", "pending"}
    times = [(who, one["scheduled_at"]) for one in booked for who in (one["client_id"], one["provider_id"])]
    assert len(times) == len(set(times))
    assert all(now < datetime.fromisoformat(one["scheduled_at"]) < now + timedelta(days=8) for one in booked)


# ── Pure ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

A_FRIDAY = datetime(2026, 11, 20, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def year() -> list[Meeting]:
    """A year of a practice, in which some 12 calls are held a day."""
    return list(practice_of(3000, 364, 1).meetings(3000, 364, A_FRIDAY))


def test_it_is_of_just_so_many_calls(year: list[Meeting]) -> None:
    """However they fall on the days; and the oldest come first."""
    assert sum(len(meeting.calls) for meeting in year) == 3000
    assert [meeting.at.date() for meeting in year] == sorted(meeting.at.date() for meeting in year)
    assert sum(len(meeting.calls) for meeting in Practice(5).meetings(7, 1, A_FRIDAY)) == 7


def test_it_has_the_rhythm_of_a_week_and_a_day(year: list[Meeting]) -> None:
    """Little on Saturdays, nothing on Sundays and holidays, and at noon everybody eats."""
    weekdays, hours = Counter(meeting.at.weekday() for meeting in year), Counter(meeting.at.hour for meeting in year)
    assert min(weekdays[day] for day in range(5)) > 4 * weekdays[5] > 0
    assert weekdays[6] == 0
    assert max(hours[12], hours[13]) < min(hours[10], hours[11], hours[15]) / 1.5
    assert not any((meeting.at.month, meeting.at.day) in ((12, 25), (1, 1)) for meeting in year)


def test_it_grows_and_has_seasons(year: list[Meeting]) -> None:
    """More at the end than a year before, less in summer."""
    months = Counter((meeting.at.year, meeting.at.month) for meeting in year)
    assert months[2026, 10] > 1.2 * months[2026, 2]
    assert months[2026, 8] < 0.8 * months[2026, 10]


def test_clients_come_every_week(year: list[Meeting]) -> None:
    """Most sessions are of somebody who was there the week before or the one before that, with the same provider."""
    seen: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for meeting in year:
        if meeting.booking is not None:
            for client in meeting.clients:
                seen[client.identity, meeting.provider.identity].append(meeting.at)
    again = sum(later - earlier <= timedelta(days=15) for times in seen.values() for earlier, later in pairwise(times))
    assert again > 0.6 * sum(map(len, seen.values()))
    assert len({client for client, _ in seen}) == len(seen)


def test_nobody_is_in_two_places(year: list[Meeting]) -> None:
    """No two bookings of a provider begin within the same three quarters of an hour."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for meeting in year:
        if meeting.booking is not None:
            times[meeting.provider.identity].append(meeting.at)
    assert all(later - earlier >= timedelta(minutes=45) for own in times.values() for earlier, later in pairwise(sorted(own)))


def test_there_is_something_of_everything(year: list[Meeting]) -> None:
    """All engines, kinds of appointments and ends; groups, sound alone, calls that broke and were begun again, and rooms that stand."""
    created = [call.facts[0].payload for meeting in year for call in meeting.calls]
    assert {one.engine for one in created} == {"p2p", "livekit", "jitsi", "mediasoup"}  # pyright: ignore[reportAttributeAccessIssue]
    assert {one.type for one in created} == {"video", "audio"}  # pyright: ignore[reportAttributeAccessIssue]
    assert {meeting.booking.asked["kind"] for meeting in year if meeting.booking} == {"individual", "group", "assessment"}
    assert {meeting.fate for meeting in year} == {
        "held", "client_absent", "provider_absent", "both_absent", "cancelled", "declined", "never_confirmed", "in_person",
    }  # fmt: skip
    assert any(len(meeting.calls) == 2 for meeting in year)
    assert any(meeting.booking is None and meeting.conversation for meeting in year)
    types = Counter(fact.type for meeting in year for call in meeting.calls for fact in (*call.facts, *call.late))
    assert types.keys() >= {
        "call.failed", "call.ringing", "call.mode_changed", "participant.waiting", "participant.admitted", "participant.failed",
        "participant.disconnected", "participant.reconnected", "rating.submitted", "chat.sent", "reaction.sent", "issue.reported", "error.occurred",
        "recording.started", "consent.given",
    }  # fmt: skip


def test_one_day_is_an_outage(year: list[Meeting]) -> None:
    """On it far more connections are lost or never made than on an ordinary day."""
    lost: Counter[Any] = Counter()
    held: Counter[Any] = Counter()
    for meeting in year:
        for call in meeting.calls:
            held[meeting.at.date()] += 1
            lost[meeting.at.date()] += sum(fact.type in ("participant.disconnected", "participant.failed") for fact in (*call.facts, *call.late))
    shares = sorted((lost[day] / calls for day, calls in held.items() if calls >= 8), reverse=True)
    assert shares[0] > 1.3
    assert shares[0] > 5 * shares[len(shares) // 2]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: A_FRIDAY - timedelta(minutes=minutes)),
    st.integers(1, 60),
    st.integers(1, 40),
    st.integers(0, 1000),
    st.sampled_from(("UTC", "America/Los_Angeles", "Asia/Tokyo", "Europe/Berlin")),
)
def test_nothing_in_it_is_impossible(until: datetime, calls: int, days: int, seed: int, zone: str) -> None:
    """Whenever it is made, wherever and of whatever size: nothing has happened that is still to come, and nothing before it was booked."""
    practice = practice_of(calls, days, seed, ZoneInfo(zone))

    meetings = list(practice.meetings(calls, days, until))

    made = [call for meeting in meetings for call in meeting.calls]
    assert len({call.id for call in made}) == len(made) == calls
    times = [fact.occurred_at for call in made for fact in (*call.facts, *call.late)]
    assert until - timedelta(days=days + 2) < min(times) <= max(times) <= until
    bookings = [(meeting.at, meeting.booking) for meeting in meetings if meeting.booking is not None]
    assert len({booking.asked["external_id"] for _, booking in bookings}) == len(bookings)
    for at, booking in bookings:
        done = [at for at in (booking.booked_at, booking.confirmed_at, booking.called_off_at, at) if at is not None]
        assert done == sorted(done)
    for booking in practice.agenda(10, 5, until):
        assert datetime.fromisoformat(booking.asked["scheduled_at"]) > until
        assert booking.booked_at <= (booking.confirmed_at or until) <= until


def test_hours_are_of_its_own_clock() -> None:
    """In Berlin they begin at eight there, in summer and in winter."""
    zone = ZoneInfo("Europe/Berlin")
    hours = {meeting.at.astimezone(zone).hour for meeting in practice_of(600, 360, 1, zone).meetings(600, 360, A_FRIDAY) if meeting.booking}
    assert min(hours) == 8
    assert max(hours) <= 18


def test_the_same_seed_gives_the_same() -> None:
    """Fact by fact and sample by sample; another seed gives something else."""
    one, same, other = (list(practice_of(60, 20, seed).meetings(60, 20, A_FRIDAY)) for seed in (1, 1, 2))
    assert [(m.at, m.booking, m.calls) for m in one] == [(m.at, m.booking, m.calls) for m in same]
    assert [m.booking for m in one] != [m.booking for m in other]
