"""Providers and people beside each other are what the record has of each of them; of few sessions nothing is told."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.access.people import MakeAccount, make_account, signed_in
from tests.analytics.held import SINCE, UNTIL, Held, Record, local, mean, midnight, read_record

from callwell.app import Context
from callwell.postgres import Database

EVER = {"from": SINCE, "to": UNTIL}

__all__ = ["make_account"]


@pytest.fixture
def database_url(held_url: str) -> str:
    return held_url


@pytest.fixture
async def record(db: Database) -> Record:
    return await read_record(db)


async def compare(server: httpx.AsyncClient, smallest: int) -> None:
    """Has groups shown that have so many sessions."""
    assert (await server.patch("/v1/settings", json={"analytics_smallest_group": smallest})).status_code == 200


async def everything(server: httpx.AsyncClient, name: str, limit: int = 3, **asked: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {**EVER, "limit": limit, **asked, **({"cursor": cursor} if cursor else {})}
        answer = await server.get(f"/v1/analytics/{name}", params=params)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if (cursor := answer.json()["next_cursor"]) is None:
            return items
        assert len(answer.json()["items"]) == limit


def nearly(told: float | None, exact: float | None) -> None:
    assert (told is None) == (exact is None)
    if exact is not None:
        assert told == pytest.approx(exact, abs=0.051)


def per(part: float, whole: float) -> float | None:
    return part / whole if whole else None


# ── Providers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def score_of(call: Held, person: dict[str, Any]) -> float | None:
    people = call.report["people"] if call.report else []
    return next((one["score"] for one in people if one["participant_id"] == str(person["id"])), None)


def check_provider(told: dict[str, Any], record: Record) -> None:
    theirs = [(call, one) for call in record.calls for one in call.people if one["side"] == "provider" and one["identity"] == told["identity"]]
    there = [(call, one) for call, one in theirs if one["connected_at"]]
    booked = [one for one in record.appointments if one["provider_id"] == told["identity"]]
    assert told["name"] == record.names[told["identity"]]
    assert (told["calls"], told["sessions"], told["suppressed"]) == (len(theirs), len(there), False)
    nearly(told["attended_minutes"], sum(one["attended_ms"] for _, one in theirs) / 60_000)
    nearly(told["average_minutes"], mean([one["attended_ms"] / 60_000 for _, one in there]))
    nearly(told["overlap_minutes"], sum(call.row["overlap_ms"] for call, _ in there) / 60_000)
    spoken = sum(other["spoke_ms"] for call, _ in there for other in call.people)
    nearly(told["speaking_share"], per(sum(one["spoke_ms"] for _, one in theirs), spoken))
    for name, column in (("messages", "messages_sent"), ("reactions", "reactions_sent"), ("disconnections", "disconnection_count")):
        assert told[name] == sum(one[column] for _, one in theirs)
    nearly(told["issue_share"], per(sum(one["issue_count"] > 0 for _, one in theirs), len(there)))
    failed = sum(call.row["status"] == "failed" or (one["status"] == "failed" and not one["connected_at"]) for call, one in theirs)
    nearly(told["failed_share"], per(failed, len(theirs)))
    nearly(told["score"], mean([score for call, one in theirs if (score := score_of(call, one)) is not None]))
    stars = [other["rating_stars"] for call, one in theirs for other in call.people if other["id"] != one["id"] and other["rating_stars"]]
    assert told["ratings"] == len(stars)
    nearly(told["rating"], mean(stars))
    states = Counter(one["status"] for one in booked)
    assert (told["booked"], told["completed"], told["cancelled"]) == (len(booked), states["completed"], states["cancelled"])
    assert told["no_shows"] == sum(one["no_show"] in ("provider", "both") for one in booked)
    assert told["client_no_shows"] == sum(one["no_show"] in ("client", "both") for one in booked)
    late = [arrived - one["scheduled_at"] for one in booked if (arrived := arrival(record, one, told["identity"]))]
    too_late = [by for by in late if by > timedelta(minutes=1)]
    nearly(told["late_share"], per(len(too_late), len(late)))
    nearly(told["mean_late_minutes"], mean([by / timedelta(minutes=1) for by in too_late]))


def arrival(record: Record, appointment: dict[str, Any], identity: str) -> datetime | None:
    """When they came to a call of it first."""
    came = [
        one["joined_at"]
        for call in record.calls
        if call.row["appointment_id"] == appointment["id"]
        for one in call.people
        if one["identity"] == identity and one["joined_at"]
    ]
    return min(came, default=None)


async def test_providers_are_told_by_what_they_did(server: httpx.AsyncClient, record: Record) -> None:
    """Each with all their sessions, appointments and ratings; page by page everybody once."""
    await compare(server, 1)
    told = await everything(server, "providers")

    assert {one["identity"] for one in told} == {one["identity"] for call in record.calls for one in call.people if one["side"] == "provider"} | {
        one["provider_id"] for one in record.appointments
    }
    assert len(told) == len({one["identity"] for one in told}) > 5
    for one in told:
        check_provider(one, record)
    assert sum(one["messages"] for one in told) > 10
    assert any(one["late_share"] for one in told)
    assert any(one["rating"] for one in told)


async def test_providers_are_sorted_by_what_is_asked(server: httpx.AsyncClient) -> None:
    """Most or least first; those of whom it is not known last, either way. Pages go on where the one before ended."""
    await compare(server, 1)
    for sort, shown in (
        *(("sessions", "sessions"), ("attended", "attended_minutes"), ("average", "average_minutes"), ("speaking", "speaking_share")),
        *(("rating", "rating"), ("score", "score"), ("failed", "failed_share"), ("issues", "issue_share"), ("late", "late_share")),
        *(("no_shows", "no_shows"), ("client_no_shows", "client_no_shows"), ("messages", "messages"), ("reactions", "reactions")),
        *(("disconnections", "disconnections"), ("overlap", "overlap_minutes"), ("calls", "calls")),
    ):
        for order, falls in (("most", True), ("least", False)):
            told = [one[shown] for one in await everything(server, "providers", 7, sort=sort, order=order)]
            known = [value for value in told if value is not None]
            assert told == sorted(known, reverse=falls) + [None] * (len(told) - len(known)), (sort, order)


async def test_days_are_whole_where_people_are_compared(server: httpx.AsyncClient, record: Record) -> None:
    """A time within a day is widened to it; what is asked is a part of all."""
    await compare(server, 1)
    answer = await server.get("/v1/analytics/providers", params={"from": "2026-10-19T13:30:00Z", "to": "2026-10-26T13:30:00Z"})
    told = answer.json()
    since, until = midnight("2026-10-19"), midnight("2026-10-27")

    assert (datetime.fromisoformat(told["from"]), datetime.fromisoformat(told["to"])) == (since, until)
    part = Record(record.during(since, until), [one for one in record.appointments if since <= one["scheduled_at"] < until], record.names)
    assert told["items"]
    for one in told["items"]:
        if one["calls"]:
            theirs = [call for call in part.calls if call.provider == one["identity"]]
            assert (one["calls"], one["booked"]) == (
                len(theirs),
                sum(appointment["provider_id"] == one["identity"] for appointment in part.appointments),
            ) or one["suppressed"]


# ── Few sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

SHOWN_OF_FEW = {"identity", "name", "calls", "sessions", "suppressed", "first_day", "last_day"}


@pytest.mark.parametrize("name", ["providers", "people"])
async def test_of_few_sessions_nothing_is_told(server: httpx.AsyncClient, name: str) -> None:
    """Whoever had fewer than the setting says is named without figures, comes last where figures are sorted by, and in files, too."""
    everyone = await everything(server, name, 20, sort="attended")
    assert {one["sessions"] >= 5 for one in everyone} == {True, False}
    for one in everyone:
        assert one["suppressed"] == (one["sessions"] < 5)
        if one["suppressed"]:
            assert {field for field, value in one.items() if value is not None} <= SHOWN_OF_FEW
    assert [one["suppressed"] for one in everyone] == sorted(one["suppressed"] for one in everyone)

    file = await server.get(f"/v1/analytics/{name}", params={**EVER, "format": "csv"})
    for row in file.text.splitlines()[1:]:
        cells = row.split(",")
        if "true" in cells:
            assert sum(cell != "" for cell in cells) <= len(SHOWN_OF_FEW)


async def test_a_short_time_has_few_sessions(server: httpx.AsyncClient) -> None:
    """Who is told of over weeks is not told of over a day: what one session was like cannot be had by asking for it alone."""
    day = {"from": "2026-10-20", "to": "2026-10-21"}
    for name in ("providers", "people"):
        told = await everything(server, name, 20, **day)
        assert told
        assert all(one["suppressed"] and one["attended_minutes"] is None for one in told)


async def test_the_mean_of_few_ratings_is_not_told(server: httpx.AsyncClient) -> None:
    """Of many sessions, too: who gave them would be known."""
    for one in await everything(server, "providers", sort="rating"):
        assert (one["rating"] is not None) == (not one["suppressed"] and one["ratings"] >= 5)
    await compare(server, 2)
    assert any(one["rating"] and one["ratings"] < 5 for one in await everything(server, "providers", sort="rating"))


# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_people_are_told_by_how_they_took_part(server: httpx.AsyncClient, record: Record) -> None:
    """Who is no provider, each with what they did; when they were there first and last, whatever was asked for."""
    await compare(server, 1)
    theirs: dict[str, list[tuple[Held, dict[str, Any]]]] = defaultdict(list)
    for call in record.calls:
        for one in call.people:
            if one["side"] != "provider":
                theirs[one["identity"]].append((call, one))
    told = await everything(server, "people", 20, **{"from": "2026-10-10"})

    for one in told:
        if not one["sessions"]:
            continue
        own = [(call, person) for call, person in theirs[one["identity"]] if midnight("2026-10-10") <= call.began_at < midnight(UNTIL)]
        there = [(call, person) for call, person in own if person["connected_at"]]
        ever = sorted(local(call.began_at).date() for call, person in theirs[one["identity"]] if person["connected_at"])
        assert one["sessions"] == len(there)
        nearly(one["attended_minutes"], sum(person["attended_ms"] for _, person in own) / 60_000)
        assert (one["messages"], one["reactions"]) == (
            sum(person["messages_sent"] for _, person in own),
            sum(person["reactions_sent"] for _, person in own),
        )
        assert one["ratings"] == sum(person["rating_stars"] is not None for _, person in own)
        assert [local(datetime.fromisoformat(one[day])).date() for day in ("first_day", "last_day")] == [ever[0], ever[-1]]
    present = {
        identity
        for identity, own in theirs.items()
        if any(call.began_at >= midnight("2026-10-10") and person["connected_at"] for call, person in own)
    }
    assert {one["identity"] for one in told if one["sessions"]} == present
    missed = Counter(
        one["client_id"] for one in record.appointments if one["no_show"] in ("client", "both") and one["scheduled_at"] >= midnight("2026-10-10")
    )
    assert {one["identity"]: one["no_shows"] for one in told if one["no_shows"]}.items() <= missed.items()


async def test_new_people_are_those_who_were_never_there_before(server: httpx.AsyncClient, record: Record) -> None:
    """The others return; together they are all that were there."""
    since = midnight("2026-10-12")
    there: dict[str, list[datetime]] = defaultdict(list)
    for call in record.calls:
        for one in call.people:
            if one["side"] != "provider" and one["connected_at"]:
                there[one["identity"]].append(call.began_at)
    active = {identity for identity, times in there.items() if max(times) >= since}
    new = {identity for identity in active if min(there[identity]) >= since}

    answer = await server.get("/v1/analytics/people", params={"from": "2026-10-12", "to": UNTIL})
    totals = answer.json()["totals"]
    assert (totals["active"], totals["new"], totals["returning"]) == (len(active), len(new), len(active - new))
    assert totals["sessions"] == sum(at >= since for times in there.values() for at in times)
    assert totals["new"] > 0 < totals["returning"]
    assert totals["suppressed"] is False


async def test_of_few_people_it_is_not_told_how_many_they_are(server: httpx.AsyncClient) -> None:
    """Totals of a time in which hardly anybody was there are null."""
    await compare(server, 1000)
    answer = await server.get("/v1/analytics/people", params=EVER)
    assert answer.json()["totals"] == {"suppressed": True, "active": None, "new": None, "returning": None, "sessions": None, "attended_minutes": None}


# ── Problem calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def why(call: Held, more_than: int) -> list[str]:
    issues = call.report["issues"] if call.report else []
    holds = {
        "disconnections": call.row["disconnection_count"] > more_than,
        "poor": bool(call.report) and call.report["category"] == "poor",  # pyright: ignore[reportOptionalSubscript] it is there
        "failed": call.row["status"] == "failed",
        "critical": any(issue["severity"] == "critical" for issue in issues),
    }
    return [reason for reason, does in holds.items() if does]


async def test_problem_calls_say_why_they_are_among_them(server: httpx.AsyncClient, record: Record) -> None:
    """With more disconnections than so many, poor, failed or with critical problems; most disconnections first, page by page each once."""
    for more_than in (0, 1, 3):
        await check_problem_calls(server, record, more_than)


async def check_problem_calls(server: httpx.AsyncClient, record: Record, more_than: int) -> None:
    told = await everything(server, "problem-calls", more_than=more_than)
    expected = {str(call.row["id"]): call for call in record.calls if why(call, more_than)}

    assert [one["call_id"] for one in told] == sorted(
        expected, key=lambda id: (expected[id].row["disconnection_count"], expected[id].began_at, id), reverse=True
    )
    assert len(told) > 3
    for one in told:
        call = expected[one["call_id"]]
        assert one["why"] == why(call, more_than)
        assert (one["disconnections"], one["issues"]) == (call.row["disconnection_count"], call.row["issue_count"])
        assert (one["status"], one["engine"], one["participants"]) == (call.row["status"], call.row["engine"], call.row["participant_count"])
        assert (one["provider"] or "unknown") == call.provider
        assert one["provider_name"] == record.names.get(call.provider)
        assert one["score"] == call.score
    for reason in ("disconnections", "poor", "failed", "critical"):
        some = await everything(server, "problem-calls", more_than=more_than, why=reason)
        assert [one["call_id"] for one in some] == [one["call_id"] for one in told if reason in one["why"]]


# ── Whose ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_provider_sees_their_own_alone(
    context: Context, app: Any, server: httpx.AsyncClient, record: Record, make_account: MakeAccount
) -> None:
    """Figures are those of their calls, lists have no one else's, and of others' there is nothing; people beside each other they do not see."""
    me, other = (identity for identity, _ in Counter(call.provider for call in record.calls if ":" in call.provider).most_common(2))
    account = await make_account("me@example.org", "provider", me)
    async with signed_in(context, app, account) as browser:

        async def see(name: str, **asked: Any) -> httpx.Response:
            return await browser.get(f"/v1/analytics/{name}", params={**EVER, **asked})

        for name in ("volume", "joins", "durations", "heatmap", "quality"):
            mine = await see(name)
            assert mine.status_code == 200, mine.text
            assert mine.json() == (await server.get(f"/v1/analytics/{name}", params={**EVER, "provider": me})).json()
            assert mine.json() != (await server.get(f"/v1/analytics/{name}", params=EVER)).json()
            assert (await see(name, provider=other)).status_code == 404
            assert (await see(name, browser="Chrome")).json()["code"] == "analytics.one_dimension"
        assert (await see("volume", by="browser")).json()["code"] == "analytics.one_dimension"
        assert [series["value"] for series in (await see("volume", by="provider")).json()["series"]] == [me]
        assert (await browser.get("/v1/analytics/overview")).status_code == 200

        for name, whose in (("providers", "identity"), ("problem-calls", "provider"), ("billing", "provider")):
            asked = {"more_than": 0} if name == "problem-calls" else {}
            mine = (await see(name, **asked)).json()["items"]
            assert {one[whose] for one in mine} == {me}
            assert mine == (await server.get(f"/v1/analytics/{name}", params={**EVER, **asked, "provider": me})).json()["items"]
            assert (await see(name, provider=other)).status_code == 404
            for form in ("csv", "parquet"):
                file = await see(name, format=form, **asked)
                assert me.encode() in file.content
                assert other.encode() not in file.content
        totals = (await see("billing")).json()["totals"]
        assert totals["booked"] == sum(one["provider_id"] == me for one in record.appointments)
        assert (await see("people")).status_code == 403


async def test_times_after_now_are_no_days_yet(server: httpx.AsyncClient) -> None:
    """An hour that is still to come has not occurred, so that nothing is known of it."""
    since, until = ((datetime.now(UTC) + timedelta(days=days)).date().isoformat() for days in (2, 40))
    answer = await server.get("/v1/analytics/heatmap", params={"from": since, "to": until})
    assert {(cell["days"], cell["value"], cell["per_week"]) for cell in answer.json()["cells"]} == {(0, None, None)}
