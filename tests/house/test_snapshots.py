"""The law: a record is what its facts give. Whatever was told, done and guessed, what is stored of a call is the fold over its events, row for row."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given, settings, strategies as st
from msgspec import Struct
from tests.ingest.stories import OF_PAGES, OF_SOMEBODY, OF_THE_CALL, PEOPLE

from callwell import ids
from callwell.app import Context
from callwell.joining.queries import add_grant
from callwell.postgres.pool import Tx, execute, fetch_all
from callwell.record import commands as c, events as e
from callwell.record.deadlines import sweep_deadlines
from callwell.record.derive import derive
from callwell.record.events import NewEvent, Writer, read_payload
from callwell.record.evolve import fold
from callwell.record.ledger import Changed
from callwell.record.opened import list_events, open_calls
from callwell.record.state import CallRecord, CallState, ConnectionRecord, ParticipantRecord

CALLS = 3
START = datetime(2026, 11, 21, 9, tzinfo=UTC)

moments = st.integers(0, 600)
whose = st.sampled_from(PEOPLE)


class Told(Struct, frozen=True):
    """A source tells of facts, of several calls in one batch."""

    source: str
    facts: list[tuple[int, int, str, bytes, str | None, str | None]]
    """Call, second, type, payload, person and connection of each."""


class Said(Struct, frozen=True):
    """A page tells of itself: the newest that came in."""

    call: int
    facts: list[tuple[int, str, bytes]]


class Done(Struct, frozen=True):
    """Something is done with a call."""

    call: int
    what: str
    person: str


class Swept(Struct, frozen=True):
    """Deadlines of a call are looked after, so many seconds later."""

    call: int
    later: int


def _of_somebody(type: str) -> st.SearchStrategy[tuple[int, int, str, bytes, str | None, str | None]]:
    payload = OF_SOMEBODY[type].map(msgspec.json.encode)
    return st.tuples(st.integers(0, CALLS - 1), moments, st.just(type), payload, whose, st.sampled_from(["a", "b"]))


def _of_the_call(type: str) -> st.SearchStrategy[tuple[int, int, str, bytes, str | None, str | None]]:
    payload = OF_THE_CALL[type].map(msgspec.json.encode)
    return st.tuples(st.integers(0, CALLS - 1), moments, st.just(type), payload, st.none(), st.none())


facts = st.sampled_from([*sorted(OF_SOMEBODY) * 4, *sorted(OF_THE_CALL)]).flatmap(
    lambda type: (_of_somebody if type in OF_SOMEBODY else _of_the_call)(type)
)
own = st.sampled_from(sorted(OF_PAGES)).flatmap(lambda type: st.tuples(moments, st.just(type), OF_PAGES[type].map(msgspec.json.encode)))
calls = st.integers(0, CALLS - 1)
traffic = st.lists(
    st.one_of(
        st.builds(Told, st.sampled_from(["key:a", "key:b", "engine:livekit"]), st.lists(facts, min_size=1, max_size=5)),
        st.builds(Said, calls, st.lists(own, min_size=1, max_size=3)),
        st.builds(Done, calls, st.sampled_from(["join", "join", "join", "create", "ring", "decline", "end", "change", "put_out"]), whose),
        st.builds(Swept, calls, st.sampled_from([0, 60, 200, 2000])),
    ),
    min_size=3,
    max_size=14,
)


class Town:
    """A few calls, each in a room of its own, and all that happens in them. Its clock goes on by 20 s with everything."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.calls = [ids.uuid7() for _ in range(CALLS)]
        self.rooms = [ids.new_room_name() for _ in range(CALLS)]
        self.pages: dict[int, tuple[UUID, UUID]] = {}
        """Of each call the participant and connection that came in last."""
        self.at = START + timedelta(seconds=300)

    async def happens(self, one: Told | Said | Done | Swept) -> None:
        self.at += timedelta(seconds=20)
        ledger = self.context.ledger
        match one:
            case Told():
                told = [self._fact(*fact) for fact in one.facts]
                writer = Writer.ENGINE if one.source.startswith("engine") else Writer.SERVER
                await ledger.append(one.source, writer, told, received_at=self.at)
            case Said() if one.call in self.pages:
                participant, connection = self.pages[one.call]
                told = [self._fact(one.call, *fact, str(participant), str(connection)) for fact in one.facts]
                await ledger.append(f"sdk:{connection}", Writer.CLIENT, told, received_at=self.at)
            case Done():
                async with self.context.db.transaction() as tx:
                    await self._do(tx, one)
            case Swept():
                self.at += timedelta(seconds=one.later)
                await ledger.sweep([self.calls[one.call]], self.at)
            case _:
                pass

    def _fact(self, call: int, second: int, type: str, payload: bytes, participant: str | None, connection: str | None) -> NewEvent:
        said = read_payload(type, payload)
        if isinstance(said, e.CallCreated):
            said = msgspec.structs.replace(said, room=self.rooms[call])
        return NewEvent(self.calls[call], ids.uuid7(), type, START + timedelta(seconds=second), said, participant, connection)

    async def _do(self, tx: Tx, one: Done) -> None:
        call_id, connection = self.calls[one.call], ids.uuid7()
        page = self.pages.get(one.call)
        command = {
            "create": c.CreateCall(id=ids.uuid7(), details=e.CallCreated(initiator=one.person, room=self.rooms[one.call])),
            "ring": c.RingCall(id=ids.uuid7(), people=(one.person,)),
            "decline": c.DeclineCall(id=ids.uuid7(), identity=one.person),
            "end": c.EndCall(id=ids.uuid7(), ended_by=one.person),
            "change": c.ChangeSettings(id=ids.uuid7(), settings={"chat_enabled": False}),
            "put_out": c.PutOut(id=ids.uuid7(), connections=(page[1],) if page else ()),
            "join": c.Join(
                id=ids.uuid7(),
                identity=one.person,
                connection=str(connection),
                capacity=2,
                details=e.Joined(display_name="Ana", connect_until=self.at + timedelta(seconds=120)),
            ),
        }[one.what]
        changed = await self.context.ledger.command(tx, call_id, command, self.at)
        if one.what == "join" and isinstance(changed, Changed):
            participant = changed.state.people[one.person]
            self.pages[one.call] = participant, connection
            await add_grant(
                tx, call_id=call_id, connection_id=connection, participant_id=participant, room_id=None, invite_id=None, is_host=False,
                at=self.at, connect_until=self.at + timedelta(seconds=120), closes_at=None,
            )  # fmt: skip
            await execute(
                tx,
                "INSERT INTO leases (call_id, connection_id, opened_at, participant_id, holder, expires_at) VALUES (%s, %s, %s, %s, %s, %s)",
                [call_id, connection, self.at, participant, UUID(int=1), self.at + timedelta(seconds=45)],
            )

    async def sweep(self) -> None:
        """Whatever is due is found, and done."""
        self.context.ledger.gaps = ()
        async with self.context.db.transaction() as tx:
            await execute(tx, "DELETE FROM sweeps")
        await sweep_deadlines(self.context.db, self.context.ledger, self.at)


@settings(max_examples=settings().max_examples // 2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(traffic=traffic)
async def test_what_is_stored_is_the_fold_over_the_events(context: Context, traffic: Sequence[Told | Said | Done | Swept]) -> None:
    """Given random traffic of servers, engines, pages, commands and timers over several calls, then every record is what its events give, a rebuild
    changes nothing in any row, no deadline is missing, and exactly the unfinished calls hold their rooms."""
    town = Town(context)

    for one in traffic:
        await town.happens(one)
    await town.sweep()

    async with context.db.transaction() as tx:
        for call_id in town.calls:
            assert await _stored(tx, call_id) == await _folded(tx, call_id)
        rows = await _rows(tx, town.calls)
    await context.ledger.rebuild(town.calls, town.at)
    async with context.db.transaction() as tx:
        again = await _rows(tx, town.calls)
    assert _without_deadlines(again) == _without_deadlines(rows)
    _check_deadlines(rows, again)
    assert _rooms_that_are_held(rows) == {row["room_id"] for row in rows["calls"].values() if row["ended_at"] is None and row["room_id"]}


async def _stored(tx: Tx, call_id: UUID) -> Any:
    """The record as it stands in its rows."""
    parameters = [call_id]
    calls = await fetch_all(tx, CallRecord, "SELECT * FROM calls WHERE id = %s", parameters)
    participants = await fetch_all(tx, ParticipantRecord, "SELECT * FROM participants WHERE call_id = %s", parameters)
    connections = await fetch_all(tx, ConnectionRecord, "SELECT * FROM connections WHERE call_id = %s", parameters)
    return _plain(calls, {one.id: one for one in participants}, {one.id: one for one in connections})


async def _folded(tx: Tx, call_id: UUID) -> Any:
    """The record as the events give it, with the leases and who is who."""
    opened = (await open_calls(tx, [call_id], START, make_missing=False)).get(call_id)
    if opened is None:
        return _plain([], {}, {})
    state = fold(await list_events(tx, call_id), CallState(held=opened.state.held, people=opened.state.people))
    record = derive(call_id, state, final_at=opened.final_at)
    return _plain([record.call], record.participants, record.connections)


def _plain(calls: list[CallRecord], participants: Mapping[UUID, ParticipantRecord], connections: Mapping[UUID, ConnectionRecord]) -> Any:
    return msgspec.json.decode(msgspec.json.encode([calls, participants, connections]))


async def _rows(tx: Tx, call_ids: list[UUID]) -> dict[str, dict[str, dict[str, Any]]]:
    """Every column of every row of these calls."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    statements = {
        "calls": "SELECT to_jsonb(calls) FROM calls WHERE id = ANY(%s)",
        "participants": "SELECT to_jsonb(participants) FROM participants WHERE call_id = ANY(%s)",
        "connections": "SELECT to_jsonb(connections) FROM connections WHERE call_id = ANY(%s)",
        "live_calls": "SELECT to_jsonb(live_calls) || jsonb_build_object('id', call_id) FROM live_calls WHERE call_id = ANY(%s)",
    }
    for table, statement in statements.items():
        cursor = await tx.execute(statement, [call_ids])  # pyright: ignore[reportArgumentType] literals, one of them
        found[table] = {row[0]["id"]: row[0] for row in await cursor.fetchall()}
    return found


def _without_deadlines(rows: dict[str, dict[str, dict[str, Any]]]) -> Any:
    """What a rebuild may change: it is a new version, and what is due is reckoned from when it is done."""
    calls = {id: {**row, "version": None, "updated_at": None, "next_deadline_at": None} for id, row in rows["calls"].items()}
    return rows | {"calls": calls}


def _check_deadlines(rows: dict[str, dict[str, dict[str, Any]]], again: dict[str, dict[str, dict[str, Any]]]) -> None:
    """A deadline may come too early, when nothing is due yet; never too late, or not at all."""
    for id, row in again["calls"].items():
        if row["next_deadline_at"] is not None:
            kept = rows["calls"][id]["next_deadline_at"]
            assert kept is not None
            assert datetime.fromisoformat(kept) <= datetime.fromisoformat(row["next_deadline_at"])


def _rooms_that_are_held(rows: dict[str, dict[str, dict[str, Any]]]) -> set[str]:
    return {row["room_id"] for row in rows["live_calls"].values()}
