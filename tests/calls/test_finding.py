"""Finding calls and what else staff look for: by what is half remembered, and by filters that can be put together as one likes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp
from tests.app_fixtures import client_of
from tests.calls.conftest import Host

from callwell.access.keys import NewKey
from callwell.app import Context
from callwell.calls import search, summaries
from callwell.calls.search import read_sought
from callwell.calls.summaries import SummaryFilter, list_summaries
from callwell.postgres import Database
from callwell.postgres.pool import execute
from callwell.record import events as e
from callwell.record.queries import CallPosition

MakeKey = Callable[..., Awaitable[NewKey]]


async def find(client: httpx.AsyncClient, q: str, **more: Any) -> dict[str, list[dict[str, Any]]]:
    answer = await client.post("/v1/search", json={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(answer: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """What was found, each kind by what it is known by; kinds of which there is nothing are left out."""
    keys = {"calls": "id", "rooms": "name", "people": "identity", "appointments": "id"}
    return {kind: [one[keys[kind]] for one in items] for kind, items in answer.items() if items}


# ── By what is half remembered ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_is_found_by_its_id_the_beginning_of_it_and_the_hosts_own(host: Host) -> None:
    """Given a call and others, then its id with or without hyphens, a beginning of it in any capitals, and the host's own id lead to it."""
    call = await host.make_call(id="0a1b2c3d-4e5f-7a6b-8c9d-0e1f2a3b4c5d", external_id="Order 7")
    await host.make_call()
    for words in (call["id"], call["id"].replace("-", ""), "0a1b2c3d-4e", "0A1B", " Order  7 "):
        assert found(await find(host.server, words)) == {"calls": [call["id"]]}, words

    assert found(await find(host.server, "0a1")) == {}  # three digits are the beginning of too much
    assert found(await find(host.server, "order 7")) == {}  # the host's ids are taken as they are
    shown = (await find(host.server, "0a1b"))["calls"][0]
    assert (shown["external_id"], shown["people"]) == ("Order 7", ["user:1"])


async def test_a_room_is_found_by_its_name_and_its_title(host: Host) -> None:
    """Given two rooms, then the beginning of a name or of a title, in capitals or not, leads to the one."""
    room = (await host.server.post("/v1/rooms", json={"title": "Group Ärger 100%"})).json()
    await host.server.post("/v1/rooms", json={"title": "Other"})
    for words in (room["name"], room["name"][:13], room["name"][5:], "group", "GROUP Ä", "group ärger 100%"):
        assert found(await find(host.server, words)) == {"rooms": [room["name"]]}, words

    assert found(await find(host.server, "%")) == {}
    assert found(await find(host.server, "ärger")) == {}


async def test_a_person_is_found_by_who_they_are_and_by_any_word_of_their_name(host: Host) -> None:
    """Given people in the directory, then identities and beginnings of names and of words in them lead to them, those that begin so first."""
    for id, name in (("42", "Anna Maria Müller-Lüdenscheidt"), ("43", "Mülleimer"), ("44", "O'Brien Mary")):
        await host.server.put(f"/v1/people/user:{id}", json={"display_name": name})
    expected = {
        "user:42": ["user:42"],
        "42": ["user:42"],
        "anna mar": ["user:42"],
        "maria an": ["user:42"],
        "MÜLL": ["user:43", "user:42"],
        "lüden": ["user:42"],
        "o'b": ["user:44"],
        "brien": ["user:44"],
        "mary o": ["user:44"],
    }
    assert {words: found(await find(host.server, words)).get("people") for words in expected} == expected
    for words in ("m' | x:*", "\\", "' & !zora:*", "u", "!!"):
        assert found(await find(host.server, words)) == {}, words


async def test_somebody_who_is_only_known_from_calls_is_found_by_who_they_are(host: Host, since: datetime) -> None:
    """Given a guest whom the directory does not know, then their identity leads to them, by the name they were last called."""
    for second, name in ((0, "Old"), (60, "New")):
        call = await host.make_call()
        await host.join(call["id"], "guest:g1", "c1", at=since + timedelta(seconds=second), name=name)

    people = (await find(host.server, "g1"))["people"]

    assert [(one["identity"], one["display_name"]) for one in people] == [("guest:g1", "New")]


async def test_an_appointment_is_found_by_its_id_and_the_hosts_own(host: Host) -> None:
    """Given an appointment, then the beginning of its id and the host's own id lead to it."""
    booked = {"client_id": "user:own", "provider_id": "user:dr", "scheduled_at": "2038-03-01T10:00:00Z", "external_id": "A-1"}
    appointment = (await host.server.post("/v1/appointments", json=booked)).json()
    await host.server.put("/v1/people/user:dr", json={"display_name": "Dr. No"})
    for words in (appointment["id"], appointment["id"][:20], "A-1"):
        assert found(await find(host.server, words)) == {"appointments": [appointment["id"]]}, words
    assert (await find(host.server, "A-1"))["appointments"][0]["provider"] == "Dr. No"


async def test_nothing_is_found_of_a_kind_that_the_caller_may_not_read(host: Host, app: ASGIApp, make_key: MakeKey) -> None:
    """Given a person, a room and an appointment, when a key that may read calls alone searches for them, then it finds none."""
    room = (await host.server.post("/v1/rooms", json={"title": "abcd"})).json()
    await host.server.put("/v1/people/user:1", json={"display_name": "abcd"})
    booked = {"client_id": "user:1", "provider_id": "user:2", "scheduled_at": "2038-03-01T10:00:00Z", "external_id": "abcd"}
    await host.server.post("/v1/appointments", json=booked)
    assert found(await find(host.server, "abcd")).keys() == {"rooms", "people", "appointments"}

    async with client_of(app, await make_key("calls:read")) as outsider:
        assert found(await find(outsider, "abcd")) == {}
        assert found(await find(outsider, room["name"])) == {}


async def test_as_many_of_each_kind_are_given_as_are_wanted(host: Host) -> None:
    """Given ten rooms that begin alike, then eight are found, or as many as are asked for."""
    for number in range(10):
        await host.server.post("/v1/rooms", json={"title": f"Group {number}"})
    assert len((await find(host.server, "group"))["rooms"]) == 8
    assert len((await find(host.server, "group", limit=3))["rooms"]) == 3


async def test_who_sees_only_their_own_finds_only_their_own(host: Host, context: Context, since: datetime) -> None:
    """Given calls, people and appointments of two providers, when one of them searches, then of the other's nothing is found, nor whom they alone met."""
    calls: dict[str, str] = {}
    for provider, client in (("a", "x"), ("b", "y")):
        call = await host.make_call(external_id="same" if provider == "a" else None, provider=f"user:{provider}", initiator=f"user:{client}")
        calls[provider] = call["id"]
        booked = {"client_id": f"user:{client}", "provider_id": f"user:{provider}", "scheduled_at": since.isoformat(), "external_id": provider}
        assert (await host.server.post("/v1/appointments", json=booked)).status_code == 201
    for client in ("x", "y"):
        await host.server.put(f"/v1/people/user:{client}", json={"display_name": "Someone"})
    other = await host.make_call(provider="user:b", initiator="guest:only-in-a-call")
    await host.make_call(provider="user:a", initiator="guest:met")

    async with context.db.connection() as tx:
        a: dict[str, Any] = {"only": "user:a", "rows": 8}
        assert [one.id for one in await search.find_calls(tx, read_sought(calls["a"]), **a)] == [UUID(calls["a"])]
        assert await search.find_calls(tx, read_sought(calls["b"]), **a) == []
        assert await search.find_calls(tx, read_sought(other["id"]), **a) == []
        assert [one.identity for one in await search.find_people(tx, read_sought("some"), **a)] == ["user:x"]
        assert [one.identity for one in await search.find_people(tx, read_sought("met"), **a)] == ["guest:met"]
        assert await search.find_people(tx, read_sought("only-in-a-call"), **a) == []
        assert [one.external_id for one in await search.find_appointments(tx, read_sought("a"), **a)] == ["a"]
        assert await search.find_appointments(tx, read_sought("b"), **a) == []


# ── By filters ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def year(db: Database) -> Database:
    """Two hundred calls, one an hour before noon: of two people and ten providers, by turns of all kinds."""
    async with db.connection() as tx:
        await execute(
            tx,
            """
            INSERT INTO calls (id, status, type, mode, engine, created_at, started_at, ended_at, elapsed_ms, overlap_ms, updated_at, room_id, provider_id,
                               disconnection_count, issue_count)
            SELECT md5('call' || n)::uuid, CASE WHEN n % 7 = 0 THEN 'failed' ELSE 'ended' END, CASE WHEN n % 3 = 0 THEN 'audio' ELSE 'video' END,
                   CASE WHEN n % 5 = 0 THEN 'sfu' ELSE 'p2p' END, CASE WHEN n % 4 = 0 THEN 'livekit' ELSE 'p2p' END, at, at, at, 60000, 30000, at,
                   md5('room' || n % 11)::uuid, md5('provider' || n)::uuid, n % 6, n % 2
            FROM (SELECT n, timestamptz '2026-11-21T12:00Z' - n * interval '1 hour' AS at FROM generate_series(1, 200) AS n) AS made
            """,
        )
        await execute(
            tx,
            """
            INSERT INTO participants (call_id, id, user_id, guest_id, side, first_at, joined_at, display_name)
            SELECT id, md5('client' || n)::uuid, CASE WHEN n % 2 = 0 THEN 'even' END, CASE WHEN n % 2 = 1 THEN 'odd' END, 'client', created_at, created_at,
                   'Client'
            FROM calls JOIN generate_series(1, 200) AS n ON id = md5('call' || n)::uuid
            UNION ALL SELECT id, md5('provider' || n)::uuid, 'dr-' || n % 10, NULL, 'provider', created_at, NULL, NULL
            FROM calls JOIN generate_series(1, 200) AS n ON id = md5('call' || n)::uuid
            """,
        )
        await execute(
            tx,
            """
            INSERT INTO reports (call_id, version, revision, is_final, analyzed_at, formula, profile, sample_count, score, category, body)
            SELECT md5('call' || n)::uuid, 1, 1, true, now(), 'q1', 'default-v1', 0, n % 100, (ARRAY['poor', 'fair', 'good', 'excellent'])[n % 4 + 1], '{}'
            FROM generate_series(1, 200) AS n WHERE n % 10 <> 0
            """,
        )
        await execute(
            tx,
            """
            INSERT INTO counted_calls (call_id, version, began_at, status, category, disconnection_count, issue_count, body)
            SELECT id, 1, created_at, status, coalesce(category, 'unknown'), disconnection_count, issue_count, ''
            FROM calls LEFT JOIN reports ON call_id = id
            """,
        )
    return db


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

FILTERS: dict[str, tuple[dict[str, Any], Callable[[int], bool]]] = {
    "all": ({}, lambda n: True),
    "a status": ({"status": "failed"}, lambda n: n % 7 == 0),
    "a type": ({"type": "audio"}, lambda n: n % 3 == 0),
    "a mode": ({"mode": "sfu"}, lambda n: n % 5 == 0),
    "an engine": ({"engine": "livekit"}, lambda n: n % 4 == 0),
    "a user": ({"person": "user:even"}, lambda n: n % 2 == 0),
    "a guest": ({"person": "guest:odd"}, lambda n: n % 2 == 1),
    "a provider": ({"provider": "user:dr-3"}, lambda n: n % 10 == 3),
    "a category": ({"category": "poor"}, lambda n: n % 4 == 0 and n % 10 != 0),
    "unknown quality": ({"category": "unknown"}, lambda n: n % 10 == 0),
    "disconnections": ({"min_disconnections": 4}, lambda n: n % 6 >= 4),
    "issues": ({"has_issues": True}, lambda n: n % 2 == 1),
    "no issues": ({"has_issues": False}, lambda n: n % 2 == 0),
    "a time": ({"since": NOON - timedelta(hours=20), "until": NOON - timedelta(hours=9)}, lambda n: 9 < n <= 20),
    "a provider's poor calls with somebody": ({"provider": "user:dr-4", "person": "user:even", "category": "poor"}, lambda n: n % 20 == 4),
    "failed and poor": ({"status": "failed", "category": "poor"}, lambda n: n % 28 == 0 and n % 10 != 0),
    "poor, by sound alone, with issues": ({"category": "fair", "type": "audio", "has_issues": True}, lambda n: n % 12 == 9),
    "disconnections of a category in a time": (
        {"min_disconnections": 1, "category": "good", "until": NOON - timedelta(hours=100)},
        lambda n: n % 6 > 0 and n % 4 == 2 and n % 10 != 0 and n > 100,
    ),
    "what there is not": ({"engine": "jitsi", "category": "poor"}, lambda n: False),
    "for who sees their own": ({"only": "user:dr-2", "type": "audio"}, lambda n: n % 10 == 2 and n % 3 == 0),
    "who is not one's own": ({"only": "user:dr-2", "person": "guest:odd"}, lambda n: False),
    "one's own with somebody": ({"only": "user:dr-2", "person": "user:even", "status": "ended"}, lambda n: n % 10 == 2 and n % 7 != 0),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_filters_find_what_they_say_page_by_page(year: Database, name: str) -> None:
    """Given 200 calls of all kinds, then pages of a filter, however few calls each may look at, hold together exactly those it means, the newest first."""
    given, is_meant = FILTERS[name]
    numbers = {row: n for n in range(1, 201) for row in [_made(n)]}
    listed: list[int] = []
    looks, after = 0, None
    async with year.connection() as tx:
        while True:
            page = await list_summaries(tx, SummaryFilter(**given), after=after, rows=8, most=30)
            looks += 1
            shown = page.rows[:7]
            listed += [numbers[row.id] for row in shown]
            if len(page.rows) > 7:
                after = summaries.position_of(shown[-1])
            elif page.looked_to is not None:
                after = page.looked_to
            else:
                break

    assert listed == [n for n in range(1, 201) if is_meant(n)]
    assert looks <= 200 // 7 + 200 // 30 + 2


async def test_a_question_is_cut_short_rather_than_looking_at_all_calls(year: Database) -> None:
    """Given a filter that nothing matches, when 30 calls may be looked at, then the answer is empty and tells how far it looked."""
    async with year.connection() as tx:
        page = await list_summaries(tx, SummaryFilter(engine="mediasoup"), after=None, rows=8, most=30)

    assert page.rows == []
    assert page.looked_to == CallPosition(NOON - timedelta(hours=30), _made(30))


async def test_a_list_over_http_says_what_a_table_of_calls_shows(host: Host, since: datetime) -> None:
    """Given a call with its people that has ended and one that goes on, then each is told with who, when, for how long, and how it went."""
    call = await host.make_call(provider="user:9", external_id="x-1", engine="livekit")
    await host.server.put("/v1/people/user:9", json={"display_name": "Dr. No"})
    await host.join(call["id"], "user:1", "c1", at=since, role="client", name="Ana")
    await host.join(call["id"], "user:9", "c2", at=since + timedelta(seconds=5), role="psychologist")
    await host.say(call["id"], "call.ended", e.CallEnded("normal"), at=since + timedelta(seconds=65))
    running = await host.make_call(initiator="guest:g")
    await host.join(running["id"], "guest:g", "c1", at=since)

    page = (await host.server.get("/v1/calls/summaries")).json()

    assert [one["id"] for one in page["items"]] == [running["id"], call["id"]]
    assert (page["next_cursor"], page["looked_back_to"]) == (None, None)
    going, over = page["items"]
    assert (going["status"], going["ended_at"], going["quality_category"]) == ("active", None, None)
    assert going["elapsed_seconds"] >= 1700
    assert {name: over[name] for name in ("external_id", "engine", "status_summary", "elapsed_seconds", "overlap_seconds", "provider_id", "provider_name")} == {
        "external_id": "x-1", "engine": "livekit", "status_summary": "completed", "elapsed_seconds": 65, "overlap_seconds": 60,
        "provider_id": "user:9", "provider_name": "Dr. No",
    }  # fmt: skip
    assert [(one["identity"], one["display_name"], one["side"], one["joined"]) for one in over["people"]] == [
        ("user:1", "Ana", "client", True),
        ("user:9", "Dr. No", "provider", True),
    ]


async def test_pages_over_http_lead_on(host: Host) -> None:
    """Given three calls, when two are asked for at a time, then the cursor leads to the third."""
    made = [(await host.make_call())["id"] for _ in range(3)]
    first = (await host.server.get("/v1/calls/summaries", params={"limit": 2})).json()
    second = (await host.server.get("/v1/calls/summaries", params={"limit": 2, "cursor": first["next_cursor"]})).json()

    assert [one["id"] for one in first["items"] + second["items"]] == made[::-1]
    assert (len(first["items"]), second["next_cursor"]) == (2, None)


@pytest.mark.parametrize(("name", "value"), [("room", "x"), ("category", "bad"), ("min_disconnections", "0"), ("person", "42"), ("engine", "zoom")])
async def test_a_filter_that_makes_no_sense_is_refused_by_its_name(server: httpx.AsyncClient, name: str, value: str) -> None:
    """Given a value that can be none, then the answer is 422 and names the parameter."""
    answer = await server.get("/v1/calls/summaries", params={name: value})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [name]


def _made(number: int) -> UUID:
    return UUID(md5(f"call{number}".encode(), usedforsecurity=False).hexdigest())
