"""The real API over a real database against a model of a practice's agenda in plain Python, move by move.

The model knows appointments as a host thinks of them: who comes, when, what was said last. It has no rooms and no invites, only who must be able to
come in; no statuses are computed but looked up in a table of what may follow what. The clock is the machine's.
"""

import asyncio
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.app_fixtures import TEST_KEY, client_of, no_note
from tests.properties.machines import run_machine

from callwell.access.keys import create_key
from callwell.app import create_app, put_together
from callwell.planning import appointment_routes
from callwell.postgres import Database
from callwell.settings import Settings

EARLY, LATE = timedelta(minutes=10), timedelta(minutes=30)
MINUTE = timedelta(minutes=1)


# ── The model ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

FOLLOWS = {
    ("pending", "confirm"): "confirmed",
    ("pending", "decline"): "declined",
    ("pending", "cancel"): "cancelled",
    ("confirmed", "cancel"): "cancelled",
    ("confirmed", "complete"): "completed",
    ("confirmed", "no-show"): "no_show",
    ("no_show", "complete"): "completed",
}
ENTRY = {"confirm": "confirmed", "decline": "declined", "cancel": "cancelled", "complete": "completed", "no-show": "no_show"}


@dataclass
class Booked:
    """An appointment, as the host thinks of it."""

    id: str
    kind: str
    is_video: bool
    clients: list[str]
    provider: str
    begin: datetime
    minutes: int
    status: str = "pending"
    payment: str = "pending"
    reason: str | None = None
    absent: str | None = None
    had_room: bool = False
    entries: Counter[str] = field(default_factory=lambda: Counter({"appointment_created": 1}))

    @property
    def people(self) -> set[str]:
        return {*self.clients, self.provider}

    @property
    def end(self) -> datetime:
        return self.begin + self.minutes * MINUTE

    def confirm(self) -> None:
        self.status = "confirmed"
        self.entries["appointment_confirmed"] += 1
        if self.is_video:
            self.had_room = True
            self.entries["room_created"] += 1
            self.entries["invite_created"] += len(self.people)

    def move(self, to: str) -> None:
        """Whatever may follow; confirming has a way of its own."""
        self.status = FOLLOWS[self.status, to]
        self.entries[f"appointment_{ENTRY[to]}"] += 1
        if to == "cancel" and self.had_room:
            self.entries["room_closed"] += 1

    def seat(self, clients: list[str], provider: str) -> None:
        """Other people come, or others of them as provider."""
        before = {(one, "client") for one in self.clients} | {(self.provider, "provider")}
        after = {(one, "client") for one in clients} | {(provider, "provider")}
        if self.had_room:
            self.entries["invite_created"] += len(after - before)
            self.entries["invite_revoked"] += len(before - after)
        self.clients, self.provider = clients, provider


# ── The machine ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class World:
    """The real thing: one app over one database, with a clock that the machine turns."""

    def __init__(self, database_url: str) -> None:
        self.now = datetime(2027, 3, 1, 8, tzinfo=UTC)
        self.runs = count(1)
        self._runner = asyncio.Runner()
        self._stack = ExitStack()
        self._stack.enter_context(self._runner)
        patch = self._stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(appointment_routes, "utc_now", lambda: self.now)
        self._runner.run(self._begin(database_url))

    async def _begin(self, database_url: str) -> None:
        self._db = await Database.connect(database_url, 4)
        self._together = put_together(Settings(database_url=database_url, secret_key=TEST_KEY, work_here=False), self._db)
        context = await self._together.__aenter__()
        async with self._db.transaction() as tx:
            key = await create_key(tx, "host", ["admin"], datetime.now(UTC), no_note)
        self._host = client_of(create_app(context), key)

    async def _end(self) -> None:
        await self._host.aclose()
        await self._together.__aexit__(None, None, None)
        await self._db.close()

    def close(self) -> None:
        self._runner.run(self._end())
        self._stack.close()

    def ask(self, method: str, path: str, body: Any = None, **wanted: Any) -> httpx.Response:
        return self._runner.run(self._host.request(method, path, json=body, params=wanted))

    def entries(self, appointment: str) -> Counter[str]:
        """How many audit entries of which action tell of it."""

        async def tell() -> Counter[str]:
            async with self._db.connection() as tx:
                cursor = await tx.execute("SELECT action, count(*) FROM audit_entries WHERE appointment_id = %s GROUP BY action", [appointment])
                return Counter(dict(await cursor.fetchall()))

        return self._runner.run(tell())


PEOPLE = 5
numbers = st.integers(0, PEOPLE - 1)
people = st.permutations(range(PEOPLE)).map(lambda order: order[:3])
"""Clients as many as are wanted of the first two, and a provider."""
hours = st.integers(-30, 30)
lengths = st.integers(1, 1440)
kinds = st.sampled_from(["individual", "group", "group", "assessment"])
words = st.sampled_from(["confirm", "confirm", "decline", "cancel", "cancel", "complete", "no-show"])

MOVES: list[tuple[int, st.SearchStrategy[tuple[Any, ...]]]] = [
    # How often, and with what.
    (4, st.tuples(st.just("book"), kinds, people, hours, lengths, st.booleans(), st.booleans())),
    (1, st.tuples(st.just("book_wrongly"), kinds, st.lists(numbers, max_size=3), numbers)),
    (8, st.tuples(st.just("move"), numbers, words, st.sampled_from(["client", "provider", "both"]))),
    (3, st.tuples(st.just("reschedule"), numbers, hours, lengths)),
    (3, st.tuples(st.just("seat"), numbers, people)),
    (1, st.tuples(st.just("seat"), numbers, st.lists(numbers, min_size=2, max_size=4))),
    (1, st.tuples(st.just("pay"), numbers, st.sampled_from(["pending", "completed", "failed", "refunded"]))),
    (1, st.tuples(st.just("wait"), st.integers(1, 20))),
]
moves = st.sampled_from([move for often, move in MOVES for _ in range(often)]).flatmap(lambda move: move)


class Agenda(RuleBasedStateMachine):
    """Whatever is booked and said, in whatever order: the API does and shows what the model does."""

    world: World

    @initialize(video=st.booleans())
    def begin(self, video: bool) -> None:
        self.run = next(self.world.runs)
        self.turn = 0
        self.booked: list[Booked] = []
        self.world.now = datetime(2027, 3, 1, 8, tzinfo=UTC)
        self._book("group", [0, 1, 2], 2, 50, firm=False, video=video)

    def _who(self, number: int) -> str:
        """Somebody who comes in no other run."""
        return f"{'guest' if number == 0 else 'user'}:{self.run}-{number}"

    def _seats(self, kind: str, people: list[int]) -> tuple[list[str], str]:
        """The last provides, the others come as clients: in a group all, else the first."""
        *clients, provider = [self._who(number) for number in people]
        return clients if kind == "group" else clients[:1], provider

    @rule(move=moves)
    def do(self, move: tuple[Any, ...]) -> None:
        name, *given = move
        getattr(self, f"_{name}")(*given)

    # ── Moves ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _book(self, kind: str, people: list[int], hour: int, minutes: int, firm: bool, video: bool) -> None:
        begin = self.world.now + timedelta(hours=hour)
        clients, provider = self._seats(kind, people)
        given = {
            "kind": kind, "clients": clients, "provider_id": provider, "scheduled_at": begin.isoformat(), "duration_minutes": minutes,
            "is_video_call": video, "status": "confirmed" if firm else "pending",
        }  # fmt: skip

        answer = self.world.ask("POST", "/v1/appointments", given)

        assert answer.status_code == 201, answer.text
        one = Booked(answer.json()["id"], kind, video, clients, provider, begin, minutes)
        self.booked.append(one)
        if firm:
            one.confirm()

    def _book_wrongly(self, kind: str, clients: list[int], provider: int) -> None:
        """Whoever cannot meet is not booked."""
        who = [self._who(number) for number in clients]
        if not _can_meet(kind, who, self._who(provider)):
            given = {"kind": kind, "clients": who, "provider_id": self._who(provider), "scheduled_at": self.world.now.isoformat()}
            assert self.world.ask("POST", "/v1/appointments", given).status_code == 422

    def _move(self, number: int, to: str, absent: str) -> None:
        one = self.booked[number % len(self.booked)]
        body = {"absent": absent} if to == "no-show" else {"reason": f"because {absent}"} if to in ("decline", "cancel") else {}

        answer = self.world.ask("POST", f"/v1/appointments/{one.id}/{to}", body)

        if to in ("complete", "no-show") and one.is_video:
            assert (answer.status_code, answer.json()["code"]) == (409, "appointment.judged_by_calls")
        elif (one.status, to) not in FOLLOWS:
            assert (answer.status_code, answer.json()["code"]) == (409, "appointment.illegal_move")
        elif to == "confirm":
            assert answer.status_code == 200, answer.text
            one.confirm()
        else:
            assert answer.status_code == 200, answer.text
            one.move(to)
            one.reason = body.get("reason")
            one.absent = absent if to == "no-show" else None

    def _reschedule(self, number: int, hour: int, minutes: int) -> None:
        one = self.booked[number % len(self.booked)]
        begin = one.begin + timedelta(hours=hour)

        answer = self._change(one, {"scheduled_at": begin.isoformat(), "duration_minutes": minutes})

        if (begin, minutes) == (one.begin, one.minutes):
            assert answer.status_code == 200, "it is so already"
        elif self._is_changed(one, answer):
            one.begin, one.minutes = begin, minutes
            one.entries["appointment_changed"] += 1

    def _seat(self, number: int, people: list[int]) -> None:
        """Others come, perhaps such as cannot meet."""
        one = self.booked[number % len(self.booked)]
        clients, provider = self._seats(one.kind, people)

        answer = self._change(one, {"clients": clients, "provider_id": provider})

        if not _can_meet(one.kind, clients, provider):
            assert answer.status_code == 422, answer.text
        elif (clients[0], sorted(clients), provider) == (one.clients[0], sorted(one.clients), one.provider):
            assert answer.status_code == 200, "it is so already"
        elif self._is_changed(one, answer):
            one.seat(clients, provider)
            one.entries["appointment_changed"] += 1

    def _pay(self, number: int, payment: str) -> None:
        """Whatever its status."""
        one = self.booked[number % len(self.booked)]
        assert self._change(one, {"payment_status": payment}).status_code == 200
        one.entries["payment_changed"] += one.payment != payment
        one.payment = payment

    def _wait(self, hours: int) -> None:
        self.world.now += timedelta(hours=hours)

    def _change(self, one: Booked, change: dict[str, Any]) -> httpx.Response:
        return self.world.ask("PATCH", f"/v1/appointments/{one.id}", change)

    def _is_changed(self, one: Booked, answer: httpx.Response) -> bool:
        """Time and people change until it is held."""
        if one.status not in ("pending", "confirmed"):
            assert (answer.status_code, answer.json()["code"]) == (409, "appointment.illegal_move")
            return False
        assert answer.status_code == 200, answer.text
        return True

    # ── What holds after every move ───────────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def everybody_finds_what_they_come_to(self) -> None:
        """Somebody's agenda is what they come to, the soonest first; to come is what is not over and not called off."""
        if not hasattr(self, "run"):
            return
        self.turn += 1
        who = self._who(self.turn % PEOPLE)
        theirs = sorted((one for one in self.booked if who in one.people), key=lambda one: (one.begin, one.id))
        to_come = [one for one in theirs if one.end > self.world.now and one.status in ("pending", "confirmed")]
        kind, _, id = who.partition(":")
        listed = self.world.ask("GET", f"/v1/{kind}s/{id}/appointments").json()["items"]
        assert [one["id"] for one in listed] == [one.id for one in theirs]
        for shown, one in zip(listed, theirs, strict=True):
            self._is_as_booked(shown, one)
        coming = self.world.ask("GET", "/v1/appointments", person=who, upcoming=True, fields="id").json()["items"]
        assert [one["id"] for one in coming] == [one.id for one in to_come]

    def _is_as_booked(self, shown: dict[str, Any], one: Booked) -> None:
        assert (shown["status"], shown["payment_status"], shown["reason"], shown["no_show"]) == (one.status, one.payment, one.reason, one.absent)
        assert (shown["client_id"], shown["provider_id"]) == (one.clients[0], one.provider)
        assert {person["identity"] for person in shown["clients"]} == set(one.clients)
        times = [datetime.fromisoformat(shown[name]) for name in ("scheduled_at", "ends_at", "opens_at", "closes_at")]
        assert times == [one.begin, one.end, one.begin - EARLY, one.end + LATE]
        assert (shown["room"] is not None) == one.had_room

    def teardown(self) -> None:
        """Who is to come has a way in, and nobody else; whatever was done, and nothing else, is in the trail."""
        for one in getattr(self, "booked", []):
            ways = self.world.ask("GET", f"/v1/appointments/{one.id}/invites").json()["items"]
            assert Counter(way["identity"] for way in ways if way["revoked_at"] is None) == Counter(one.people if one.had_room else ())
            if one.had_room:
                shown = self.world.ask("GET", f"/v1/appointments/{one.id}").json()
                invites = self.world.ask("GET", f"/v1/rooms/{shown['room']}/invites", limit=200).json()["items"]
                valid = {(invite["identity"], invite["side"], invite["is_host"]) for invite in invites if invite["revoked_at"] is None}
                assert valid == {(client, "client", False) for client in one.clients} | {(one.provider, "provider", True)}
                room = self.world.ask("GET", f"/v1/rooms/{shown['room']}").json()
                assert (room["closed_at"] is not None) == (one.status == "cancelled")
                assert room["capacity"] >= len(one.people)
            assert self.world.entries(one.id) == +one.entries


def _can_meet(kind: str, clients: list[str], provider: str) -> bool:
    return len(set(clients)) == len(clients) and provider not in clients and (kind == "group" or len(clients) == 1)


def _run(database_url: str, *, examples: int, steps: int) -> None:
    world = World(database_url)
    Agenda.world = world
    try:
        run_machine(Agenda, examples=examples, steps=steps)
    finally:
        world.close()


def test_the_agenda_is_the_models(database_url: str) -> None:
    """50 agendas of up to 20 moves."""
    _run(database_url, examples=50, steps=20)


@pytest.mark.long
def test_the_agenda_is_the_models_for_long(database_url: str) -> None:
    """500 agendas of up to 40 moves."""
    _run(database_url, examples=500, steps=40)
