"""The real API over a real database against a model of a call in plain Python, move by move.

The model counts attendance second by second, knows nothing of folds and states, and keeps every fact. Times are whole seconds after the call began,
all different; commands happen when the clock says, and facts when they say.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)
from tests.app_fixtures import TEST_KEY, client_of, no_note
from tests.properties.machines import run_machine

from callwell import ids
from callwell.access.keys import create_key
from callwell.app import Context, create_app, put_together
from callwell.calls import routes as calls_routes
from callwell.joining import routes as joining_routes
from callwell.postgres import Database
from callwell.settings import Settings

PEOPLE = ("user:1", "user:2", "user:3", "guest:4")
INITIATOR = PEOPLE[0]
CONNECT, RINGING, EMPTY, SETTLING = 120, 45, 120, 14_400
"""Seconds, as set below: for connecting, ringing, with nobody there, for late facts."""

LEARNED = ("call_start", "call_end", "connection_established", "connection_failed")
"""What the trail is told as facts make it known, whoever they are from."""


# ── The model ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, order=True)
class Told:
    """Something about a connection. ``basis``: it is a guess, which holds if nothing was heard since then."""

    at: int
    what: str
    reason: str = "normal"
    basis: int | None = None


@dataclass
class Connection:
    """One device of somebody, by what was told of it."""

    person: str
    connect_until: int | None
    told: list[Told] = field(default_factory=list)
    put_out_at: int | None = None

    status: str = "unseen"
    joined_at: int | None = None
    rejoined_at: int | None = None
    left_at: int | None = None
    leave_reason: str | None = None
    heard_at: int = 0
    spans: list[tuple[int, int | None]] = field(default_factory=list)

    def replay(self) -> None:
        """What comes of all that was told, in the order in which it happened."""
        self.status, self.joined_at, self.rejoined_at, self.left_at, self.leave_reason, self.spans = "unseen", None, None, None, None, []
        heard = sorted(one.at for one in self.told if one.basis is None)
        self.heard_at = heard[-1] if heard else 0
        for one in sorted(self.told):
            if one.basis is not None and any(one.basis < at < one.at for at in heard):
                continue
            self._step(one)

    def _step(self, one: Told) -> None:
        if one.what in ("joined", "connected", "reconnected"):
            if self.joined_at is None:
                self.joined_at = one.at
            elif self.left_at is not None:
                self.rejoined_at = one.at
            self.left_at = self.leave_reason = None
            if one.what == "joined":
                self.status = self.status if self.status in ("connected", "disconnected") else "connecting"
            else:
                self.status = "connected"
                if not self.spans or self.spans[-1][1] is not None:
                    self.spans.append((one.at, None))
        elif one.what == "disconnected" and self.status == "connected":
            self._close(one.at)
            self.status = "disconnected"
        elif one.what == "left" and self.left_at is None:
            self._close(one.at)
            self.status, self.left_at, self.leave_reason = "left", one.at, one.reason

    def _close(self, at: int) -> None:
        if self.spans and self.spans[-1][1] is None:
            self.spans[-1] = (self.spans[-1][0], at)

    def is_connected(self, second: int) -> bool:
        return any(start <= second and (end is None or second < end) for start, end in self.spans)

    def was_there(self, after: int, until: int) -> bool:
        """Whether somebody was there after the one and not later than the other."""
        came = [at for at in (self.joined_at, self.rejoined_at) if at is not None]
        return any(start <= until and (end is None or end > after) for start, end in self.spans) or any(after < at <= until for at in came)


@dataclass(frozen=True)
class End:
    """Somebody, or a timer, says that the call is over: since when, why, and on what that rests."""

    at: int
    reason: str
    because: str | None = None
    basis: int = 0
    deadline: int = 0


@dataclass
class Model:
    """A call, by what was done and told."""

    capacity: int
    mode: str
    clock: int = 0
    connections: list[Connection] = field(default_factory=list)
    people: set[str] = field(default_factory=lambda: {INITIATOR})
    ringing_at: int | None = None
    rung: set[str] = field(default_factory=set)
    declined: set[str] = field(default_factory=set)
    ends: list[End] = field(default_factory=list)
    facts: int = 1
    mutations: Counter[str] = field(default_factory=Counter)
    is_settled: bool = False

    def ending(self) -> End | None:
        return min((end for end in self.ends if not self._is_void(end)), key=lambda end: (end.at, end.because is not None), default=None)

    def _is_void(self, end: End) -> bool:
        if end.because is None:
            return False
        others = [one for one in self.connections if end.because == "empty" or one.person != INITIATOR]
        return any(one.was_there(end.basis, end.deadline) for one in others)

    @property
    def over(self) -> int | None:
        end = self.ending()
        return end.at if end else None

    @property
    def started_at(self) -> int | None:
        """When the first was connected; not after the end."""
        started = min((one.spans[0][0] for one in self.connections if one.spans), default=None)
        return None if started is None or (self.over is not None and started > self.over) else started

    @property
    def status(self) -> str:
        if self.over is not None:
            return "ended"
        if self.started_at is not None:
            return "active"
        return "initiated" if self.ringing_at is None else "ringing"

    def present(self, second: int) -> set[str]:
        """Who is connected in that second, with whatever device."""
        return {one.person for one in self.connections if one.is_connected(second)}

    @property
    def attended(self) -> list[set[str]]:
        """Who was connected, second by second, until the end or until now."""
        return [self.present(second) for second in range(self.clock if self.over is None else self.over)]

    def has_seat(self, one: Connection) -> bool:
        if one.status == "connecting":
            return one.connect_until is None or one.connect_until > self.clock
        return one.status in ("connected", "disconnected")

    def joined_at(self, one: Connection) -> int | None:
        """As it is shown: nobody came after the end."""
        return None if self.over is not None and one.joined_at is not None and one.joined_at > self.over else one.joined_at

    def status_of(self, one: Connection) -> str:
        """As it is shown: when the call is over nobody is in it any more."""
        return "left" if self.over is not None and one.status in ("connecting", "connected", "disconnected") else one.status

    def sweep(self) -> None:
        """Guesses whatever silence means by now, the earliest first."""
        while guess := min(self._due(), key=lambda guess: guess[0], default=None):
            _, connection, told, end = guess
            if connection is not None and told is not None:
                connection.told.append(told)
                connection.replay()
            if end is not None:
                self.ends.append(end)
            self.facts += 1

    def _due(self) -> Iterator[tuple[int, Connection | None, Told | None, End | None]]:
        if self.over is not None:
            return
        for one in self.connections:
            if one.status == "connecting" and one.connect_until is not None and (deadline := max(one.heard_at, one.connect_until)) <= self.clock:
                yield deadline, one, Told(deadline, "left", "connect_timeout", one.heard_at), None
        if self.ringing_at is not None and not any(one.spans for one in self.connections):
            yield from self._end_due("no_answer", "ringing", self.ringing_at, RINGING)
        signs = [
            at for one in self.connections for at in (one.joined_at, one.rejoined_at, one.left_at, one.spans[-1][1] if one.spans else None) if at
        ]
        if signs and not any(one.status in ("connected", "connecting") for one in self.connections):
            by_goodbye = not any(one.leave_reason == "connect_timeout" for one in self.connections)
            yield from self._end_due("normal" if by_goodbye else "timeout", "empty", max(signs), EMPTY)

    def _end_due(self, reason: str, because: str, basis: int, allowance: int) -> Iterator[tuple[int, None, None, End]]:
        was_said = any((end.because, end.basis) == (because, basis) for end in self.ends)
        if basis + allowance <= self.clock and not was_said:
            yield basis + allowance, None, None, End(basis if because == "empty" else basis + allowance, reason, because, basis, basis + allowance)


# ── The machine ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class World:
    """The real thing: one app over one database, with a clock that the machine turns."""

    def __init__(self, database_url: str) -> None:
        self.now = datetime.now(UTC)
        self._runner = asyncio.Runner()
        self._stack = ExitStack()
        self._stack.enter_context(self._runner)
        patch = self._stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(calls_routes, "utc_now", lambda: self.now)
        patch.setattr(joining_routes, "utc_now", lambda: self.now)
        self._runner.run(self._begin(database_url))

    async def _begin(self, database_url: str) -> None:
        settings = Settings(
            database_url=database_url, secret_key=TEST_KEY, work_here=False, connect_seconds=CONNECT, ringing_seconds=RINGING, empty_seconds=EMPTY,
            settling_seconds=SETTLING,
        )  # fmt: skip
        self._db = await Database.connect(database_url, 6)
        self._together = put_together(settings, self._db)
        self.context: Context = await self._together.__aenter__()
        self._app = create_app(self.context)
        async with self._db.transaction() as tx:
            key = await create_key(tx, "host", ["admin"], datetime.now(UTC), no_note)
        self._host = client_of(self._app, key)
        self._pages: dict[str, httpx.AsyncClient] = {}

    async def _end(self) -> None:
        for client in (self._host, *self._pages.values()):
            await client.aclose()
        await self._together.__aexit__(None, None, None)
        await self._db.close()

    def close(self) -> None:
        self._runner.run(self._end())
        self._stack.close()

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> httpx.Response:
        if token is not None and token not in self._pages:
            self._pages[token] = client_of(self._app, token)
        client = self._host if token is None else self._pages[token]
        return self._runner.run(client.request(method, path, json=body))

    def sweep(self, call: str) -> None:
        self._runner.run(self.context.ledger.sweep([UUID(call)], self.now))

    def finish(self, call: str, version: int) -> None:
        """As who made the call's report does."""

        async def finish() -> None:
            async with self._db.transaction() as tx:
                await self.context.ledger.finish(tx, UUID(call), version, self.now)

        self._runner.run(finish())

    def entries(self, call: str) -> Counter[str]:
        """How many audit entries of which action tell what was done to the call."""

        async def count() -> Counter[str]:
            async with self._db.connection() as tx:
                cursor = await tx.execute(
                    "SELECT action, count(*) FROM audit_entries WHERE call_id = %s AND NOT action = ANY(%s) GROUP BY action", [call, list(LEARNED)]
                )
                return Counter(dict(await cursor.fetchall()))

        return self._runner.run(count())

    def learned(self, call: str) -> tuple[int, int, int, int]:
        """What the trail was told as facts came in: starts, ends that were not taken back, how long the call was, and how many got through."""

        async def add_up() -> tuple[int, int, int, int]:
            async with self._db.connection() as tx:
                cursor = await tx.execute(
                    """
                    SELECT count(*) FILTER (WHERE action = 'call_start'),
                           count(*) FILTER (WHERE action = 'call_end' AND NOT metadata ? 'was_ms') - count(*) FILTER (WHERE metadata ? 'undone'),
                           coalesce(sum(duration_ms - coalesce((metadata->>'was_ms')::bigint, 0)) FILTER (WHERE action = 'call_end'), 0)::bigint,
                           count(*) FILTER (WHERE action = 'connection_established')
                    FROM audit_entries WHERE call_id = %s
                    """,
                    [call],
                )
                (found,) = await cursor.fetchall()
                return found[0], found[1], found[2], found[3]

        return self._runner.run(add_up())


people = st.sampled_from(PEOPLE)
steps = st.integers(1, 40)
numbers = st.integers(0, 11)
words = st.sampled_from(["connected", "connected", "disconnected", "reconnected", "left"])

MOVES: list[tuple[int, st.SearchStrategy[tuple[Any, ...]]]] = [
    # How often, and with what.
    (5, st.tuples(st.just("join"), steps, people)),
    (6, st.tuples(st.just("tell"), steps, numbers, words)),
    (6, st.tuples(st.just("tell_late"), numbers, words, st.integers(1, 300))),
    (4, st.tuples(st.just("sweep"), st.sampled_from([44, 46, 119, 121, 200]))),
    (2, st.tuples(st.just("wait"), st.sampled_from([44, 46, 119, 121, 200]))),
    (1, st.tuples(st.just("tell_again"), numbers)),
    (2, st.tuples(st.just("ring"), steps, st.sets(people, min_size=1, max_size=3))),
    (2, st.tuples(st.just("decline"), steps, people)),
    (1, st.tuples(st.just("change_settings"), steps, st.booleans())),
    (1, st.tuples(st.just("remove"), steps, numbers)),
    (1, st.tuples(st.just("end"), steps)),
    (1, st.tuples(st.just("settle"))),
]
moves = st.sampled_from([move for often, move in MOVES for _ in range(often)]).flatmap(lambda move: move)


class CallMachine(RuleBasedStateMachine):
    """Whatever is done with a call and told of it, in whatever order: the API does and shows what the model does."""

    world: World

    @initialize(capacity=st.sampled_from([1, 2, 2, 3, 3]), mode=st.sampled_from(["p2p", "sfu"]))
    def begin(self, capacity: int, mode: str) -> None:
        self.begun_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
        self.model = Model(capacity, mode)
        self.version = 0
        self.was_commanded_to_end = False
        self.pages: list[tuple[Connection, str]] = []
        self.sent: list[tuple[str, dict[str, Any]]] = []
        """Facts that were stored, each with its sender's token."""
        self._turn(0)
        room = self.world.ask("POST", "/v1/rooms", {"capacity": capacity}).json()["name"]
        made = self.world.ask("POST", "/v1/calls", {"type": "video", "mode": mode, "initiator": INITIATOR, "room": room})
        assert made.status_code == 201, made.text
        self.call: str = made.json()["id"]
        self.model.mutations["call_created"] += 1

    def _turn(self, seconds: int) -> None:
        self.model.clock += seconds
        self.world.now = self.begun_at + timedelta(seconds=self.model.clock)

    def _post(self, move: str, body: Any = None) -> httpx.Response:
        return self.world.ask("POST", f"/v1/calls/{self.call}/{move}", body)

    def _is_refused(self, answer: httpx.Response) -> None:
        """The call is in no state for it, and the answer says in which it is."""
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["state"]) == (409, "call.illegal_move", self.model.status)

    @rule(move=moves)
    def happens(self, move: tuple[Any, ...]) -> None:
        name, *given = move
        getattr(self, f"_{name}")(*given)

    # ── Coming in, telling, silence ───────────────────────────────────────────────────────────────────────────────────────────────

    def _join(self, seconds: int, person: str) -> None:
        self._turn(seconds)
        model = self.model
        others = {one.person for one in model.connections if model.has_seat(one)} - {person}

        answer = self._post("join", {"participant": person})

        model.mutations["join_attempt"] += 1
        refused = (
            "join.call_over" if model.over is not None
            else "join.room_full" if len(others) >= model.capacity
            else "join.needs_sfu" if model.mode == "p2p" and len(others) >= 2
            else None
        )  # fmt: skip
        if refused:
            model.mutations["join_denied"] += 1
            assert (answer.status_code, answer.json()["code"]) == (409, refused)
            return
        assert answer.status_code == 201, answer.text
        model.mutations["join_success"] += 1
        joined = Connection(person, model.clock + CONNECT, [Told(model.clock, "joined")])
        joined.replay()
        model.connections.append(joined)
        model.people.add(person)
        model.facts += 1
        self.pages.append((joined, answer.json()["token"]))

    def _tell(self, seconds: int, page: int, what: str) -> None:
        self._turn(seconds)
        if self.pages:
            self._send(*self.pages[page % len(self.pages)], what, self.model.clock)

    def _tell_late(self, number: int, what: str, back: int) -> None:
        """Of a second in which nothing else happened; not of before the page was let in."""
        if not self.pages:
            return
        page, token = self.pages[number % len(self.pages)]
        taken = {one.at for other in self.model.connections for one in other.told} | {end.deadline for end in self.model.ends}
        free = [at for at in range(page.told[0].at + 1, self.model.clock) if at not in taken]
        if free:
            self._send(page, token, what, min(free, key=lambda at: abs(at - (self.model.clock - back))))

    def _send(self, page: Connection, token: str, what: str, at: int) -> None:
        occurred_at = (self.begun_at + timedelta(seconds=at)).isoformat()
        fact = {"id": str(ids.uuid7()), "type": f"participant.{what}", "occurred_at": occurred_at, "data": {}}

        outcome = self._outcome(token, fact)

        if page.put_out_at is not None and at > page.put_out_at:
            assert (outcome["outcome"], outcome["code"]) == ("rejected", "event.after_revocation")
            return
        assert outcome["outcome"] == "stored", outcome
        page.told.append(Told(at, what))
        page.replay()
        self.model.facts += 1
        self.sent.append((token, fact))

    def _outcome(self, token: str, fact: dict[str, Any]) -> dict[str, Any]:
        answer = self.world.ask("POST", "/v1/events", {"events": [fact]}, token)
        assert answer.status_code == 200, answer.text
        return answer.json()["outcomes"][0]

    def _wait(self, seconds: int) -> None:
        """Nobody looks after deadlines."""
        self._turn(seconds)

    def _sweep(self, seconds: int) -> None:
        self._turn(seconds)
        self.world.sweep(self.call)
        self.model.sweep()

    def _tell_again(self, number: int) -> None:
        """The same fact, and another with its id."""
        if self.sent:
            token, fact = self.sent[number % len(self.sent)]
            assert self._outcome(token, fact)["outcome"] == "duplicate"
            assert self._outcome(token, fact | {"type": "chat.sent"})["code"] == "event.conflict"

    # ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ring(self, seconds: int, rung: set[str]) -> None:
        self._turn(seconds)
        model = self.model

        answer = self._post("ring", {"people": sorted(rung)})

        if model.status not in ("initiated", "ringing"):
            self._is_refused(answer)
            return
        assert answer.status_code == 200
        model.ringing_at = model.clock if model.ringing_at is None else model.ringing_at
        model.rung |= rung
        model.people |= rung
        model.facts += 1
        model.mutations["call_changed"] += 1

    def _decline(self, seconds: int, person: str) -> None:
        self._turn(seconds)
        model = self.model

        answer = self._post("decline", {"identity": person})

        if model.status != "ringing":
            self._is_refused(answer)
            return
        if person not in model.rung:
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            return
        assert answer.status_code == 200
        model.declined.add(person)
        place = next((one for one in model.connections if one.person == person and one.connect_until is None), None)
        if place is None:
            place = Connection(person, None)
            model.connections.append(place)
        place.told.append(Told(model.clock, "left", "declined"))
        place.replay()
        model.facts += 1
        if not model.rung - model.declined:
            model.ends.append(End(model.clock, "declined"))
            model.facts += 1
            self.was_commanded_to_end = True
        model.mutations["call_changed"] += 1

    def _change_settings(self, seconds: int, chat: bool) -> None:
        self._turn(seconds)
        answer = self.world.ask("PATCH", f"/v1/calls/{self.call}/settings", {"chat_enabled": chat})
        if self.model.over is not None:
            self._is_refused(answer)
            return
        assert (answer.status_code, answer.json()["settings"]["chat_enabled"]) == (200, chat)
        self.model.facts += 1
        self.model.mutations["settings_changed"] += 1

    def _remove(self, seconds: int, page: int) -> None:
        """Somebody is put out, with all their pages."""
        self._turn(seconds)
        if not self.pages:
            return
        person = self.pages[page % len(self.pages)][0].person
        participant = next(one["id"] for one in self._shown()["participants"] if one["identity"] == person)

        assert self._post(f"participants/{participant}/remove").status_code == 204

        for one, _ in self.pages:
            if one.person == person and one.put_out_at is None:
                one.put_out_at = self.model.clock
                one.told.append(Told(self.model.clock, "left", "removed"))
                one.replay()
                self.model.facts += 1
        self.model.mutations["participant_removed"] += 1

    def _end(self, seconds: int) -> None:
        self._turn(seconds)
        answer = self._post("end", {})
        if self.model.over is not None:
            self._is_refused(answer)
            return
        assert answer.status_code == 200
        self.model.ends.append(End(self.model.clock, "normal"))
        self.model.facts += 1
        self.was_commanded_to_end = True

    def _settle(self) -> None:
        """Late facts have had their time, and the report is made."""
        over = self.model.over
        if over is None:
            return
        now = self.world.now
        self.world.now = self.begun_at + timedelta(seconds=over + SETTLING)
        self.world.sweep(self.call)
        self.world.finish(self.call, self._shown()["version"])
        self.world.now = now
        self.model.is_settled = True

    # ── What holds after every move ───────────────────────────────────────────────────────────────────────────────────────────────

    def _shown(self) -> dict[str, Any]:
        answer = self.world.ask("GET", f"/v1/calls/{self.call}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    @invariant()
    def what_is_shown_is_the_models(self) -> None:
        model, shown = self.model, self._shown()
        attended = model.attended
        end = model.ending()
        model.is_settled = model.is_settled and end is not None

        assert {name: shown[name] for name in ("status", "record_state", "event_count", "participant_count", "peak_participants", "end_reason")} == {
            "status": model.status,
            "record_state": "live" if end is None else "final" if model.is_settled else "provisional",
            "event_count": model.facts,
            "participant_count": len({one.person for one in model.connections if model.joined_at(one) is not None}),
            "peak_participants": max((len(there) for there in attended), default=0),
            "end_reason": end.reason if end else None,
        }
        assert [self._second(shown[name]) for name in ("created_at", "ringing_at", "started_at", "ended_at")] == [
            0, model.ringing_at, model.started_at, model.over,
        ]  # fmt: skip
        assert shown["overlap_seconds"] == sum(len(there) >= 2 for there in attended)
        assert {one["identity"]: one["attended_seconds"] for one in shown["participants"]} == {
            person: sum(person in there for there in attended) for person in model.people
        }
        assert self._connections(shown) == Counter((one.person, model.status_of(one), model.joined_at(one)) for one in model.connections)
        assert shown["version"] >= self.version, "it never falls"
        self.version = shown["version"]

    def _second(self, at: str | None) -> int | None:
        return None if at is None else int((datetime.fromisoformat(at) - self.begun_at) / timedelta(seconds=1))

    def _connections(self, shown: dict[str, Any]) -> Counter[tuple[str, str, int | None]]:
        return Counter(
            (one["identity"], connection["status"], self._second(connection["joined_at"]))
            for one in shown["participants"]
            for connection in one["connections"]
        )

    @invariant()
    def what_was_ended_by_command_never_goes_on(self) -> None:
        assert not self.was_commanded_to_end or self.model.over is not None

    def teardown(self) -> None:
        """Whatever was done, and nothing else, is in the audit trail."""
        if hasattr(self, "call"):
            assert self.world.entries(self.call) == self.model.mutations
            model = self.model
            starts, ends, duration_ms, established = self.world.learned(self.call)
            elapsed = model.over - model.started_at if model.over is not None and model.started_at is not None else 0
            assert (ends, duration_ms) == (int(model.over is not None), elapsed * 1000)
            assert starts >= int(model.started_at is not None)
            assert starts <= 1
            assert established <= len(model.connections)


def _run(database_url: str, *, examples: int, steps: int) -> None:
    world = World(database_url)
    CallMachine.world = world
    try:
        run_machine(CallMachine, examples=examples, steps=steps)
    finally:
        world.close()


def test_the_api_does_what_the_model_does(database_url: str) -> None:
    """80 calls of up to 30 moves."""
    _run(database_url, examples=80, steps=30)


@pytest.mark.long
def test_the_api_does_what_the_model_does_for_long(database_url: str) -> None:
    """1,000 calls of up to 50 moves."""
    _run(database_url, examples=1000, steps=50)
