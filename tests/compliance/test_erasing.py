"""Erasing a conversation: all that is under it goes, nothing comes back, and it does not matter where the removal was broken off."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from psycopg import sql
from tests.app_fixtures import client_of, replace
from tests.quality.telling import Telling

from callwell import ids
from callwell.analytics.rollup_rows import READER
from callwell.analytics.rollups import count_changes
from callwell.app import Context, create_app, put_together
from callwell.compliance import erasing
from callwell.compliance.erasing import erase_all, erase_some
from callwell.http import wire_time
from callwell.postgres import Database, fetch_value
from callwell.settings import Settings

STAYS = {"audit_entries", "erased_calls", "changes"}
"""Tables in which a call's id may be found when it is erased: what was done to it, its tombstone, and for those who follow calls that it changed."""


def now() -> datetime:
    return datetime.now(UTC)


class Thread:
    """A conversation with all that can be under one: calls that are over, one that goes on, a room, an appointment with a note."""

    def __init__(self, server: httpx.AsyncClient, context: Context, id: str) -> None:
        self.server = server
        self.context = context
        self.id = id
        self.calls: list[str] = []
        self.room = ""
        self.appointment = ""
        self.invite = ""
        self.telling = Telling(server, context)

    async def fill(self) -> None:
        for _ in range(3):
            await self.hold_call()
        room = await self._made("/v1/rooms", conversation_id=self.id)
        self.room = room["name"]
        invite = await self._made(f"/v1/rooms/{self.room}/invites", identity="user:7", role="client")
        self.invite = invite["secret"]
        joined = await self._made("/v1/join", invite=self.invite)
        self.calls.append(joined["call_id"])
        appointment = await self._made(
            "/v1/appointments",
            client_id="user:7",
            provider_id="user:8",
            scheduled_at=wire_time(now() + timedelta(days=1)),
            conversation_id=self.id,
        )
        self.appointment = appointment["id"]
        async with self.context.db.transaction() as tx:
            await tx.execute(
                "INSERT INTO notes (id, appointment_id, class, version, created_at, updated_at) VALUES (%s, %s, 'general', 1, now(), now())",
                [ids.uuid7(), self.appointment],
            )
            for engine, call_id in enumerate(self.calls):
                await tx.execute("INSERT INTO call_aliases (engine, key, call_id) VALUES ('jitsi', %s, %s)", [f"{self.id}-{engine}", call_id])
                await tx.execute(
                    "INSERT INTO signals (id, call_id, from_id, to_id, body, created_at) VALUES (%(id)s, %(call)s, %(id)s, %(id)s, '', now())",
                    {"id": ids.uuid7(), "call": call_id},
                )
                session = f"{self.id}-{engine}"
                await tx.execute(
                    """
                    INSERT INTO rtcstats_sessions (id, protocol, is_trusted, call_id, opened_at, heard_at)
                    VALUES (%s, '1.0', true, %s, now(), now())
                    """,
                    [session, call_id],
                )
                await tx.execute(
                    "INSERT INTO rtcstats_entries SELECT %s, number, now(), '' FROM generate_series(1, 5) AS number",
                    [session],
                )
        await self.count()

    async def hold_call(self) -> None:
        """A call of two, over, with samples, a report, and a fact that contradicts another."""
        made = await self._made("/v1/calls", type="video", mode="p2p", initiator="user:7", conversation_id=self.id)
        telling = self.telling = Telling(self.server, self.context)
        telling.id = UUID(made["id"])
        fact = telling.fact(1, "participant.joined", "user:7")
        await telling.tell(fact, telling.fact(2, "participant.connected", "user:7"), telling.fact(2, "participant.joined", "user:8"))
        await self.server.post("/v1/events", json={"events": [fact | {"data": {"display_name": "Another"}}]})
        await telling.measure(*telling.samples("user:7", 2, 60))
        await telling.tell(telling.fact(60, "participant.left", "user:7"), telling.fact(61, "call.ended"))
        await telling.make()
        self.calls.append(made["id"])

    async def _made(self, path: str, **given: Any) -> dict[str, Any]:
        answer = await self.server.post(path, json=given)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def ask(self) -> dict[str, Any]:
        """Asks for its removal."""
        answer = await self.server.delete(f"/v1/conversations/{self.id}")
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def erase(self) -> None:
        await erase_all(self.context.db, self.context.ledger, now)
        await self.count()

    async def count(self) -> None:
        """As the worker does, until everything that changed is counted."""
        waiting = (
            "SELECT EXISTS (SELECT FROM changes JOIN change_readers AS r ON r.name = %s AND (changes.txid, changes.position) > (r.txid, r.position))"
        )
        while True:
            await count_changes(self.context.db, now())
            async with self.context.db.connection() as tx:
                if not await fetch_value(tx, waiting, [READER]):
                    return

    async def rows(self) -> dict[str, int]:
        """How many rows of each table are about its calls."""
        async with self.context.db.connection() as tx:
            tables = await (
                await tx.execute(
                    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'call_id' ORDER BY table_name"
                )
            ).fetchall()
            counts: dict[str, int] = {}
            for (table,) in tables:
                statement = sql.SQL("SELECT count(*) FROM {} WHERE call_id = ANY(%s)").format(sql.Identifier(table))
                row = await (await tx.execute(statement, [self.calls])).fetchone()
                assert row is not None
                counts[table] = row[0]
            return counts


@pytest.fixture
async def thread(server: httpx.AsyncClient, context: Context) -> Thread:
    thread = Thread(server, context, "thread-1")
    await thread.fill()
    return thread


# ── What goes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_all_that_is_under_it_goes_and_nothing_else(thread: Thread, server: httpx.AsyncClient, context: Context) -> None:
    """No table knows its calls any more, but for the trail and their tombstones; another conversation with the same people is as it was."""
    other = Thread(server, context, "thread-2")
    await other.fill()
    before = await thread.rows()
    kept = await other.rows()
    assert {table for table, rows in before.items() if not rows} <= {"audit_entries", "erased_calls", "leases", "live_quality"}

    asked = await thread.ask()
    await thread.erase()

    assert {table for table, rows in (await thread.rows()).items() if rows} == STAYS
    gone = [
        f"/v1/conversations/{thread.id}",
        f"/v1/rooms/{thread.room}",
        f"/v1/appointments/{thread.appointment}",
        *(f"/v1/calls/{call_id}" for call_id in thread.calls),
    ]
    assert [(await server.get(path)).status_code for path in gone] == [404] * len(gone)
    done = (await server.get(f"/v1/erasures/{asked['id']}")).json()
    assert done["completed_at"] is not None
    assert {kind: done["counts"][kind] for kind in ("calls", "calls_ended", "facts", "samples", "rtcstats_entries")} == {
        "calls": 4,
        "calls_ended": 1,
        "facts": before["events"] + 1,  # the end of the one that went on
        "samples": before["samples"],
        "rtcstats_entries": 20,
    }
    assert {kind: done["counts"][kind] for kind in ("appointments", "notes", "rooms", "invites")} == {
        "appointments": 1,
        "notes": 1,
        "rooms": 1,
        "invites": 1,
    }
    left = await other.rows()
    assert left == kept
    assert (await server.get(f"/v1/conversations/{other.id}")).status_code == 200


async def test_the_trail_tells_that_it_was_asked_for_and_done(thread: Thread, server: httpx.AsyncClient) -> None:
    """By which key, and in the end how much it was."""
    asked = await thread.ask()
    await thread.erase()

    entries = {
        action: (await server.get("/v1/audit", params={"action": action})).json()["items"]
        for action in ("conversation_erasing", "conversation_erased")
    }

    (request,), (completion,) = entries.values()
    assert request["caller"].startswith("key:")
    assert request["metadata"] == {"conversation_id": "thread-1", "erasure_id": asked["id"]}
    assert completion["caller"] == "callwell"
    assert completion["metadata"]["counts"] == (await server.get(f"/v1/erasures/{asked['id']}")).json()["counts"]


async def test_a_conversation_may_begin_anew(thread: Thread, server: httpx.AsyncClient) -> None:
    """The host's id is its own: what is under it then has nothing of before."""
    await thread.ask()
    await thread.erase()

    assert (await server.put("/v1/conversations/thread-1", json={})).status_code == 200
    assert (await server.get("/v1/conversations/thread-1/calls")).json()["items"] == []


async def test_one_that_is_not_there(server: httpx.AsyncClient, make_key: Any, context: Context) -> None:
    """It is not found; and only a key that may do everything can ask."""
    assert (await server.delete("/v1/conversations/nowhere")).status_code == 404
    async with client_of(create_app(context), await make_key("rooms:write", "calls:write")) as other:
        assert (await other.delete("/v1/conversations/nowhere")).status_code == 403


# ── What is refused ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nothing_new_is_put_under_it_from_then_on(thread: Thread, server: httpx.AsyncClient) -> None:
    """Before anything is removed: no call, no room, no appointment, no change; nobody gets into its rooms; asked again it is the same."""
    asked = await thread.ask()

    soon = wire_time(now() + timedelta(days=1))
    refused = [
        await server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", "conversation_id": thread.id}),
        await server.post("/v1/rooms", json={"conversation_id": thread.id}),
        await server.post(
            "/v1/appointments", json={"client_id": "user:1", "provider_id": "user:2", "scheduled_at": soon, "conversation_id": thread.id}
        ),
        await server.put(f"/v1/conversations/{thread.id}", json={}),
        await server.patch(f"/v1/conversations/{thread.id}", json={"title": "x"}),
    ]
    joined = await server.post("/v1/join", json={"invite": thread.invite})

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "conversation.being_erased")] * 5
    assert joined.json()["code"] == "join.room_closed"
    assert await thread.ask() == asked
    assert (await server.get(f"/v1/conversations/{thread.id}")).json()["erasing_since"] is not None


async def test_what_is_told_of_it_later_is_refused(thread: Thread, server: httpx.AsyncClient) -> None:
    """Facts and samples each with a code that says why, and a call of the same id is not made again."""
    await thread.ask()
    await thread.erase()
    telling = thread.telling

    facts = await server.post("/v1/events", json={"events": [telling.fact(3, "participant.connected", "user:9")]})
    samples = await server.post("/v1/samples", json={"samples": list(telling.samples("user:9", 2, 12, kinds=("audio",)))})
    again = await server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", "id": str(telling.id)})

    assert [one["code"] for one in facts.json()["outcomes"]] == ["event.erased"]
    assert {one["code"] for one in samples.json()["outcomes"]} == {"sample.erased"}
    assert (again.status_code, again.json()["code"]) == (409, "call.erased")
    assert {table for table, rows in (await thread.rows()).items() if rows} == STAYS


async def test_whoever_is_in_is_put_out_first(thread: Thread, context: Context) -> None:
    """The first step ends the call that goes on and withdraws what people are in it by; nothing is told of it from then on."""
    await thread.ask()

    assert await erase_some(context.db, context.ledger, now())

    async with context.db.connection() as tx:
        call = await (await tx.execute("SELECT status, end_reason, is_sealed FROM calls WHERE id = %s", [thread.calls[-1]])).fetchone()
        held = await (await tx.execute("SELECT count(*) FROM grants WHERE call_id = %s AND revoked_at IS NULL", [thread.calls[-1]])).fetchone()
    assert call == ("ended", "forced", True)
    assert held == (0,)


async def test_whoever_follows_a_call_hears_that_it_is_gone(thread: Thread, context: Context) -> None:
    """They are told to look once more."""
    heard: set[UUID] = set()
    all_heard = asyncio.Event()
    await thread.ask()
    await erase_some(context.db, context.ledger, now())  # ends what goes on, which is heard of, too

    def hear(call_ids: set[UUID] | None) -> None:
        heard.update(call_ids or ())
        if heard >= {UUID(call_id) for call_id in thread.calls}:
            all_heard.set()

    with context.hints.subscribed(hear):
        await thread.erase()
        async with asyncio.timeout(60):
            await all_heard.wait()


# ── Broken off ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Killed(Exception):
    """The process is gone in the middle of a step."""


@pytest.mark.parametrize("steps", [0, 1, 2, 4, 7])
async def test_it_goes_on_where_it_was_broken_off(thread: Thread, context: Context, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Given small steps and a worker that dies in the middle of one, then another goes on, and what is counted is what was there."""
    monkeypatch.setattr(erasing, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(erasing, "CALLS_AT_ONCE", 2)
    before = await thread.rows()
    asked = await thread.ask()
    for _ in range(steps):
        assert await erase_some(context.db, context.ledger, now())

    async def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(erasing, "_count", die)
        with pytest.raises(Killed):
            await erase_some(context.db, context.ledger, now())
    await thread.erase()

    assert {table for table, rows in (await thread.rows()).items() if rows} == STAYS
    done = (await thread.server.get(f"/v1/erasures/{asked['id']}")).json()
    assert (done["counts"]["calls"], done["counts"]["facts"], done["counts"]["samples"]) == (4, before["events"] + 1, before["samples"])


async def test_a_step_is_bounded(thread: Thread, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """No step removes more of what a call can have very many of than it may."""
    monkeypatch.setattr(erasing, "ROWS_AT_ONCE", 7)
    await thread.ask()
    removed: list[int] = []
    before = await _many(thread)

    while await erase_some(context.db, context.ledger, now()):
        after = await _many(thread)
        removed.append(before - after)
        before = after

    assert before == 0
    assert max(removed) <= 7
    assert len(removed) > 5


async def _many(thread: Thread) -> int:
    rows = await thread.rows()
    return rows["events"] + rows["samples"]


async def test_what_comes_while_it_is_erased_leaves_nothing(thread: Thread, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts are told of its calls all the while, by several at once: each is refused or goes with its call."""
    monkeypatch.setattr(erasing, "ROWS_AT_ONCE", 5)
    await thread.ask()
    over = asyncio.Event()

    async def tell(call_id: str) -> set[str | None]:
        telling = Telling(thread.server, context)
        telling.id = UUID(call_id)
        codes: set[str | None] = set()
        number = 0
        while not over.is_set():
            number += 1
            answer = await thread.server.post("/v1/events", json={"events": [telling.fact(number, "chat.sent", "user:7")]})
            codes |= {one.get("code") for one in answer.json()["outcomes"]}
        return codes

    telling = [asyncio.create_task(tell(call_id)) for call_id in thread.calls]
    await thread.erase()
    for call_id in thread.calls:
        last = Telling(thread.server, context)
        last.id = UUID(call_id)
        await thread.server.post("/v1/events", json={"events": [last.fact(1, "chat.sent", "user:7")]})
    over.set()
    codes = set[str | None]().union(*await asyncio.gather(*telling))

    assert codes <= {None, "event.erased"}
    assert {table for table, rows in (await thread.rows()).items() if rows} == STAYS


async def test_the_worker_does_it_by_itself(thread: Thread, settings: Settings, db: Database, make_key: Any) -> None:
    """Where background work is done, nobody has to ask twice."""
    async with put_together(replace(settings, work_here=True), db) as context, client_of(create_app(context), await make_key("admin")) as server:
        asked = (await server.delete(f"/v1/conversations/{thread.id}")).json()
        async with asyncio.timeout(60):
            while (await server.get(f"/v1/erasures/{asked['id']}")).json()["completed_at"] is None:  # noqa: ASYNC110 nobody says so
                await asyncio.sleep(0.1)

        assert (await server.get(f"/v1/conversations/{thread.id}")).status_code == 404
