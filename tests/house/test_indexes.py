"""The questions that are asked all day are answered by an index each, however many calls there were."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from callwell.analytics import billed, metrics, reading, troubled
from callwell.analytics.asking import Filter, Within
from callwell.analytics.figures import read_volume
from callwell.calls import search, summaries
from callwell.calls.summaries import SummaryFilter
from callwell.compliance import notes, queries as trail
from callwell.compliance.notes import NotePosition
from callwell.compliance.queries import AuditFilter
from callwell.joining import queries as joining
from callwell.planning import agenda, conversations as threads, following, outcomes, people as directory
from callwell.planning.agenda import AppointmentFilter, AppointmentPosition
from callwell.postgres import Database
from callwell.postgres.pool import Tx, send
from callwell.record import queries
from callwell.record.ledger import allowances
from callwell.record.queries import CallFilter, EventPosition
from callwell.settings import Settings

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

# A year of calls in 499 conversations and rooms, between 997 users and as many guests; one call in 200 goes on. Ten have 2,000 facts each.
FILL: tuple[LiteralString, ...] = (
    "CREATE TEMP TABLE made AS SELECT n, timestamptz '2026-11-21T12:00Z' - n * interval '25 minutes' AS at FROM generate_series(1, 20000) AS n",
    """
    INSERT INTO calls (id, status, mode, created_at, updated_at, conversation_id, room_id, external_id, initiator_id, ended_at, appointment_id)
    SELECT md5('call' || n)::uuid, CASE WHEN n % 200 = 0 THEN 'active' WHEN n % 40 = 1 THEN 'failed' ELSE 'ended' END,
           CASE WHEN n % 10 = 0 THEN 'sfu' ELSE 'p2p' END, at, at,
           'thread-' || n % 499, md5('room' || n % 499)::uuid, 'order-' || n, md5('person' || n)::uuid, CASE WHEN n % 200 = 0 THEN NULL ELSE at END,
           md5('appointment' || n)::uuid
    FROM made
    """,
    """
    INSERT INTO participants (call_id, id, user_id, call_role, status, first_at, joined_at)
    SELECT md5('call' || n)::uuid, md5('person' || n)::uuid, n % 997, 'initiator', CASE WHEN n % 200 = 0 THEN 'connected' ELSE 'left' END, at, at
    FROM made
    """,
    """
    INSERT INTO participants (call_id, id, guest_id, status, first_at, joined_at)
    SELECT md5('call' || n)::uuid, md5('guest' || n)::uuid, n % 997, 'left', at, at FROM made
    """,
    "INSERT INTO connections (call_id, id, participant_id, source, name) SELECT call_id, id, id, 'key:1', 'c1' FROM participants",
    """
    INSERT INTO events (call_id, id, source, type, occurred_at, received_at, hash, payload)
    SELECT md5('call' || n % 10 + 1)::uuid, md5('event' || n)::uuid, 'key:1', 'custom.tick', at, at, '\\x00', '{}' FROM made
    """,
    """
    INSERT INTO audit_entries (id, at, action, caller, call_id, room_id, appointment_id)
    SELECT md5('entry' || n)::uuid, at, CASE WHEN n % 50 = 0 THEN 'join_denied' ELSE 'join_success' END, 'anyone', md5('call' || n)::uuid,
           md5('room' || n % 499)::uuid, md5('appointment' || n % 499)::uuid
    FROM made
    """,
    "INSERT INTO audit_identities (entry_id, salt, identity) SELECT md5('entry' || n)::uuid, '\\x00', 'user:' || n % 997 FROM made",
    """
    INSERT INTO people (identity, display_name, side, created_at, updated_at)
    SELECT 'user:' || n, md5('name' || n), CASE WHEN n % 100 = 0 THEN 'client' END, at, at FROM made
    """,
    """
    INSERT INTO conversations (id, kind, created_at, updated_at)
    SELECT 'talk-' || n, CASE WHEN n % 100 = 0 THEN 'care' ELSE 'support' END, at, at FROM made
    """,
    """
    INSERT INTO leases (call_id, connection_id, opened_at, participant_id, holder, expires_at, settled)
    SELECT call_id, connections.id, at, participant_id, connections.id, at, true FROM connections JOIN made ON call_id = md5('call' || n)::uuid
    """,
    """
    INSERT INTO reports (call_id, version, revision, is_final, analyzed_at, formula, profile, sample_count, score, category, body)
    SELECT md5('call' || n)::uuid, 1, 1, true, at, 'q1', 'default-v1', 0, 90, CASE WHEN n % 20 = 0 THEN 'poor' ELSE 'excellent' END, '{}' FROM made
    """,
    """
    INSERT INTO counted_calls (call_id, version, began_at, status, category, disconnection_count, issue_count, body)
    SELECT md5('call' || n)::uuid, 1, at, 'ended', CASE WHEN n % 20 = 0 THEN 'poor' ELSE 'excellent' END, greatest(n % 100 - 90, 0),
           CASE WHEN n % 10 = 0 THEN 1 ELSE 0 END, '\\x00'
    FROM made
    """,
    "INSERT INTO participant_quality (call_id, participant_id, category, covered_ms) SELECT call_id, id, 'unknown', 0 FROM participants",
    "INSERT INTO conversations (id, created_at, updated_at) SELECT 'thread-' || n, at, at FROM made WHERE n < 499",
    # Appointments of the year before and the year to come, one an hour: by 97 providers, with 997 clients and guests.
    "CREATE TEMP TABLE booked AS SELECT n, timestamptz '2026-11-21T12:00Z' + (n - 10000) * interval '1 hour' AS at FROM generate_series(1, 20000) AS n",
    "INSERT INTO rooms (id, capacity, type, created_at, last_accessed_at) SELECT md5('place' || n)::uuid, 2, 'video', at, at FROM booked",
    """
    INSERT INTO appointments (id, kind, client_id, provider_id, scheduled_at, duration_minutes, status, conversation_id, room_id, call_started_at,
                              call_count, next_deadline_at, last_accessed_at, created_at, updated_at)
    SELECT md5('appointment' || n)::uuid, 'individual', 'user:' || n % 997, 'user:dr-' || n % 97, at, 50,
           CASE WHEN n % 20 = 0 THEN 'cancelled' WHEN n < 9999 THEN 'completed' WHEN n < 10001 THEN 'in_progress' WHEN n % 20 = 1 THEN 'pending'
                ELSE 'confirmed' END,
           'thread-' || n % 498 + 1, md5('place' || n)::uuid, CASE WHEN n < 10001 THEN at END, 0, CASE WHEN n > 10001 THEN at + interval '80 minutes' END, at, at, at
    FROM booked
    """,
    """
    INSERT INTO attendees (appointment_id, identity, side, scheduled_at)
    SELECT id, client_id, 'client', scheduled_at FROM appointments UNION ALL SELECT id, provider_id, 'provider', scheduled_at FROM appointments
    """,
    """
    INSERT INTO notes (id, appointment_id, class, version, created_at, updated_at)
    SELECT md5('note' || n)::uuid, md5('appointment' || n)::uuid, 'general', 2, at, at FROM booked
    """,
    """
    INSERT INTO note_versions (note_id, version, author, written_at)
    SELECT md5('note' || n)::uuid, v, 'user:dr-' || n % 97, at FROM booked CROSS JOIN generate_series(1, 2) AS v
    """,
    """
    INSERT INTO invites (id, room_id, identity, role, is_host, created_at)
    SELECT md5('invite' || n)::uuid, md5('place' || n)::uuid, 'user:' || n % 997, 'client', false, at FROM booked
    """,
    "INSERT INTO live_calls (room_id, call_id) SELECT md5('place' || n)::uuid, md5('call' || n)::uuid FROM booked",
    "INSERT INTO invite_uses (invite_id, identity, used_at) SELECT id, identity, created_at FROM invites",
    """
    INSERT INTO grants (call_id, connection_id, participant_id, is_host, created_at, connect_until)
    SELECT call_id, connections.id, participant_id, false, at, at FROM connections JOIN made ON call_id = md5('call' || n)::uuid
    """,
    "RESET ROLE",
    """
    INSERT INTO metrics (period, starts_at)
    SELECT 'daily', timestamptz '2026-11-21T00:00Z' - n * interval '1 day' FROM generate_series(1, 4000) AS n
    UNION ALL SELECT 'hourly', at FROM (SELECT DISTINCT date_trunc('hour', at) AS at FROM made) AS hours
    """,
    "INSERT INTO metric_errors (period, starts_at, action, code, count) SELECT period, starts_at, 'join_denied', 'join.room_full', 1 FROM metrics",
    "UPDATE metrics_reader SET (txid, entry_id) = (SELECT txid, id FROM audit_entries ORDER BY txid DESC, id DESC OFFSET 200 LIMIT 1)",
    """
    INSERT INTO call_rollups (grain, dimension, value, starts_at, calls)
    SELECT 'hour', 'provider', 'user:dr-' || n % 97, date_trunc('hour', at), 1 FROM made
    UNION ALL SELECT DISTINCT 'day', 'provider', 'user:dr-' || n % 97, date_trunc('day', at), 2 FROM made
    """,
    "ANALYZE",
)


@pytest.fixture
async def busy(db: Database) -> Database:
    """A database in which much has happened."""
    async with db.connection() as tx:
        for statement in FILL:
            await tx.execute(statement)
    return db


# ── What is asked, and by what it is found ────────────────────────────────────────────────────────────────────────────────────────

Ask = Callable[[Tx], Awaitable[Any]]


def made(what: str, number: int) -> UUID:
    """An id, as it is made above."""
    return UUID(md5(f"{what}{number}".encode(), usedforsecurity=False).hexdigest())


def calls(**wanted: Any) -> Ask:
    return lambda tx: queries.list_calls(tx, CallFilter(**wanted), NOON, after=None, limit=21)


def calls_of(identity: str) -> Ask:
    return lambda tx: queries.list_calls_of_person(tx, identity, NOON, since=None, until=None, after=None, limit=51)


def appointments(order: agenda.Order = "soonest", after: AppointmentPosition | None = None, **wanted: Any) -> Ask:
    return lambda tx: agenda.list_appointments(tx, AppointmentFilter(**wanted), order=order, after=after, rows=51)


def people(**wanted: Any) -> Ask:
    return lambda tx: directory.list_people(tx, **{"side": None, "name": None, "after": None, "rows": 51, **wanted})


def conversations(**wanted: Any) -> Ask:
    return lambda tx: threads.list_conversations(tx, **{"kind": None, "is_active": None, "after": None, "rows": 51, **wanted})


def in_short(**wanted: Any) -> Ask:
    return lambda tx: summaries.list_summaries(tx, SummaryFilter(**wanted), after=None, rows=51, most=500)


def sought(find: Callable[..., Awaitable[Any]], typed: str, **more: Any) -> Ask:
    return lambda tx: find(tx, search.read_sought(typed), rows=8, **more)


def entries(**wanted: Any) -> Ask:
    return lambda tx: trail.list_audit_entries(tx, AuditFilter(**wanted), after=None, rows=51)


BUSIEST = made("call", 1)
MONTH = Within(NOON - timedelta(days=30), NOON, ZoneInfo("UTC"))

QUESTIONS: Mapping[str, tuple[Ask, str]] = {
    "the newest calls": (calls(), "calls_newest"),
    "calls of a status": (calls(status="failed"), "calls_by_status"),
    "calls that go on": (calls(status="active"), "calls_by_status"),
    "calls that go on, of a mode": (calls(status="active", mode="sfu"), "calls_by_status"),
    "calls that somebody began": (calls(initiator="user:7"), "participants_by_user"),
    "calls that somebody began and that go on": (calls(initiator="user:7", status="active"), "calls_by_status"),
    "calls of a conversation that go on": (calls(conversation_id="thread-7", status="active"), "calls_unfinished_by_conversation"),
    "a conversation's history": (calls(conversation_id="thread-7"), "calls_by_conversation"),
    "a room's history": (calls(room_id=made("room", 7)), "calls_by_room"),
    "the call that the host calls so": (calls(external_id="order-7"), "calls_by_external_id"),
    "calls in short": (in_short(), "calls_newest"),
    "calls in short, of an engine that there is not": (in_short(engine="jitsi"), "calls_newest"),
    "calls in short, of a status": (in_short(status="failed"), "calls_by_status"),
    "calls in short, of a person": (in_short(person="user:7"), "participants_by_user"),
    "calls in short, of a guest, poor": (in_short(person="guest:7", category="poor"), "participants_by_guest"),
    "calls in short, of a room": (in_short(room_id=made("room", 7)), "calls_by_room"),
    "calls in short, poor": (in_short(category="poor"), "counted_calls_poor"),
    "calls in short, with disconnections": (in_short(min_disconnections=5), "counted_calls_with_disconnections"),
    "calls in short, with issues": (in_short(has_issues=True), "counted_calls_with_issues"),
    "calls by the beginning of an id": (sought(search.find_calls, "0a1b2c", only=None), "calls_pkey"),
    "rooms by the beginning of an id": (sought(search.find_rooms, "0a1b2c"), "rooms_pkey"),
    "rooms by their titles": (sought(search.find_rooms, "place x"), "rooms_by_title"),
    "people by words of their names": (sought(search.find_people, "ab12cd34", only=None), "people_by_words"),
    "appointments by the beginning of an id": (sought(search.find_appointments, "0a1b2c", only=None), "appointments_id_scheduled_at_key"),
    "a user's history": (calls_of("user:7"), "participants_by_user"),
    "a guest's history": (calls_of("guest:7"), "participants_by_guest"),
    "the call that a user is in": (
        lambda tx: queries.find_active_call(tx, "user:7", NOON, allowances(Settings())),
        "participants_present_by_user",
    ),
    "what a user's calls come to": (lambda tx: queries.get_person_stats(tx, "user:7"), "participants_by_user"),
    "a call with its people": (lambda tx: queries.get_call(tx, BUSIEST, NOON), "calls_pkey"),
    "a call's facts": (lambda tx: queries.list_events(tx, BUSIEST, after=EventPosition(NOON, BUSIEST, ""), limit=51), "events_timeline"),
    "a call's timeline": (lambda tx: queries.list_timeline_events(tx, BUSIEST, after=None, limit=51), "events_timeline"),
    "a month of a provider": (
        lambda tx: read_volume(tx, MONTH, interval="day", only=Filter("provider", "user:dr-7")),
        "call_rollup_rows_pkey",
    ),
    "calls that went wrong": (lambda tx: troubled.list_problem_calls(tx, MONTH, after=None, rows=51), "counted_calls_troubled"),
    "a provider's calls that went wrong": (
        lambda tx: troubled.list_problem_calls(tx, MONTH, only="user:dr-7", after=None, rows=51),
        "counted_calls_by_provider",
    ),
    "appointments to bill": (lambda tx: billed.list_billed(tx, MONTH, after=None, rows=51), "appointments_by_time"),
    "a provider's appointments to bill": (
        lambda tx: billed.list_billed(tx, MONTH, only="user:dr-7", after=None, rows=51),
        "appointments_by_provider",
    ),
    "appointments": (appointments(), "appointments_by_time"),
    "the next page of appointments": (appointments(after=AppointmentPosition(NOON, BUSIEST)), "appointments_by_time"),
    "appointments to come": (appointments(upcoming=NOON), "appointments_by_time"),
    "appointments of a day": (appointments(since=NOON, until=NOON + timedelta(days=1)), "appointments_by_time"),
    "appointments of a client": (appointments(client_id="user:7"), "appointments_by_client"),
    "appointments of a provider, to come": (appointments(provider_id="user:dr-7", since=NOON), "appointments_by_provider"),
    "appointments of a status": (appointments(status="pending"), "appointments_by_status"),
    "appointments that go on": (appointments(status="in_progress"), "appointments_by_status"),
    "confirmed appointments to come": (appointments(status="confirmed", upcoming=NOON), "appointments_by_status"),
    "a person's confirmed video appointments to come": (
        appointments(person="user:7", status="confirmed", is_video_call=True, upcoming=NOON),
        "attendees_by_person",
    ),
    "a person's appointments": (appointments(person="user:dr-7"), "attendees_by_person"),
    "a person's history": (appointments(person="user:dr-7", until=NOON, order="latest"), "attendees_by_person"),
    "the appointment of a room": (appointments(room_id=made("place", 7)), "appointments_room_id_key"),
    "appointments of a conversation": (appointments(conversation_id="thread-7"), "appointments_by_conversation"),
    "the appointment that the host calls so": (appointments(external_id="order-7"), "appointments_external_id_key"),
    "an appointment's calls": (calls(appointment_id=made("appointment", 7)), "calls_by_appointment"),
    "what an appointment's calls came to": (lambda tx: outcomes.list_outcomes(tx, made("appointment", 7)), "calls_by_appointment"),
    "a page of appointments' calls, in short": (
        lambda tx: outcomes.list_held_calls(tx, [made("appointment", n) for n in range(50)]),
        "calls_by_appointment",
    ),
    "notes of an appointment": (
        lambda tx: notes.list_notes(tx, made("appointment", 7), ["general"], after=NotePosition(NOON, BUSIEST), rows=51),
        "notes_by_appointment",
    ),
    "a note's versions": (lambda tx: notes.list_versions(tx, made("note", 7), after=None, rows=51), "note_versions_pkey"),
    "windows that have closed": (lambda tx: following.list_due(tx, NOON), "appointments_due"),
    "the audit trail": (entries(), "audit_entries_newest"),
    "the trail of an action": (entries(action="join_denied"), "audit_entries_by_action"),
    "the trail of a call": (entries(call_id=BUSIEST), "audit_entries_by_call"),
    "the trail of a room": (entries(room_id=made("room", 7)), "audit_entries_by_room"),
    "the trail of an appointment": (entries(appointment_id=made("appointment", 7)), "audit_entries_by_appointment"),
    "the trail of a person": (entries(identity="user:7"), "audit_identities_by_identity"),
    "figures of a day": (
        lambda tx: metrics.list_metrics(tx, "daily", since=NOON - timedelta(days=40), until=NOON - timedelta(days=39), after=None, rows=51),
        "metrics_pkey",
    ),
    "figures of the last days": (lambda tx: metrics.list_metrics(tx, "daily", since=None, until=None, after=None, rows=51), "metrics_pkey"),
    "people of a side": (people(side="client"), "people_by_side"),
    "people whose names begin so": (people(name="ab1"), "people_by_name"),
    "conversations of a kind": (conversations(kind="care"), "conversations_by_kind"),
    "what figures are to be made of next": (metrics.list_uncounted, "audit_entries_in_order"),
}


SINGLE = ("rollup_zones",)
"""Tables of one row, which are read whole."""


async def test_what_is_asked_all_day_is_found_by_its_index(busy: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given 20,000 calls, then PostgreSQL finds what is wanted by the index that is there for it, and reads no table from one end to the other."""
    asked = statements_of(monkeypatch)
    found: dict[str, str] = {}
    read_whole: dict[str, list[str]] = {}
    async with busy.connection() as tx:
        for question, (ask, _) in QUESTIONS.items():
            await ask(tx)
            statement, parameters = asked.pop()
            nodes = [*nodes_of(await plan_of(tx, statement, parameters))]
            found[question] = next((node["Index Name"] for node in nodes if "Index Name" in node), "none")
            read_whole[question] = [
                node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in SINGLE
            ]

    assert found == {question: index for question, (_, index) in QUESTIONS.items()}
    assert read_whole == {question: [] for question in QUESTIONS}


async def test_what_a_join_asks_is_found_by_indexes(busy: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given 20,000 appointments, each with its room and an invite, then nothing that decides about somebody who comes reads a table from end to end."""
    invite_id, room_id, call_id = made("invite", 7), made("place", 7), made("call", 7)
    asked: list[tuple[str, Any]] = []

    async def listen_and_send(tx: Tx, row: type, statement: LiteralString, parameters: Any = None) -> Any:
        asked.append((statement, parameters))
        return await send(tx, row, statement, parameters)

    monkeypatch.setattr(joining, "send", listen_and_send)
    async with busy.transaction() as tx:
        found = await joining.find_way(tx, invite_id=invite_id)
        assert found.invite is not None
        assert found.room is not None
        assert found.appointment is not None
        assert found.appointment.room_id == room_id == found.room.id
        await joining.find_way(tx, room_id=room_id, identity="user:7")
        await joining.find_being_put_out(tx, call_id, "user:7", since=NOON)
        plans = [(statement, [*nodes_of(await plan_of(tx, statement, parameters))]) for statement, parameters in asked]

    assert len(plans) == 12
    assert [node["Relation Name"] for _, nodes in plans for node in nodes if node["Node Type"] == "Seq Scan"] == []


def statements_of(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What is sent to the database from now on, each statement with its parameters."""
    asked: list[tuple[str, Any]] = []

    def listening(fetch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def listen_and_fetch(tx: Tx, row: type, statement: LiteralString, parameters: Any = None) -> Any:
            asked.append((statement, parameters))
            return await fetch(tx, row, statement, parameters)

        return listen_and_fetch

    for room, name in (
        (queries, "fetch_all"),
        (queries, "fetch_one"),
        (directory, "fetch_all"),
        (threads, "fetch_all"),
        (trail, "fetch_all"),
        (notes, "fetch_all"),
        (agenda, "fetch_all"),
        (outcomes, "fetch_all"),
        (following, "fetch_all"),
        (agenda, "fetch_one"),
        (metrics, "fetch_all"),
        (summaries, "fetch_all"),
        (search, "fetch_all"),
        (reading, "fetch_all"),
        (troubled, "fetch_all"),
        (billed, "fetch_all"),
    ):
        monkeypatch.setattr(room, name, listening(getattr(room, name)))
    return asked


async def plan_of(tx: Tx, statement: str, parameters: Any) -> dict[str, Any]:
    cursor = await tx.execute("EXPLAIN (FORMAT JSON) " + statement, parameters)  # pyright: ignore[reportArgumentType] it was a literal
    row = await cursor.fetchone()
    assert row is not None
    return row[0][0]["Plan"]


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a plan, the first to be taken first where steps hang on each other."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes_of(inner)
