"""Figures of hours, days, weeks and months: each entry of the trail counts once, and the same trail gives the same figures."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.analytics.conftest import KEY, UNITS, Trail

from callwell import errors, ids
from callwell.analytics import metrics
from callwell.analytics.metrics import COUNTED, count_entries, list_metrics
from callwell.postgres import Database
from callwell.record import events as e
from callwell.record.audit import Action, Entry, add_audit_entries
from callwell.record.events import NewEvent, Payload, Writer
from callwell.record.ledger import Ledger
from callwell.settings import Settings

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOMORROW = NOON + timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ── What counts for what ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_everything_has_its_figure(trail: Trail) -> None:
    """Attempts and what came of them, calls and how long they were, connections and how long they took, people once, and codes by action."""
    await trail.write(
        *(Entry(action=Action.JOIN_ATTEMPT, at=NOON, caller="x") for _ in range(3)),
        *(Entry(action=Action.JOIN_SUCCESS, at=NOON, caller="x", identity=who) for who in ("user:1", "user:1")),
        Entry(action=Action.JOIN_DENIED, at=NOON, caller="x", identity="user:9", error_code="join.room_full"),
        Entry(action=Action.CALL_START, at=NOON, caller="x", identity="user:8"),
        Entry(action=Action.CALL_END, at=NOON, caller="x", duration_ms=61_500),
        Entry(action=Action.CALL_END, at=NOON, caller="x", duration_ms=0, error_code="engine_down"),
        Entry(action=Action.CONNECTION_ESTABLISHED, at=NOON, caller="x", identity="guest:a", duration_ms=500),
        Entry(action=Action.CONNECTION_ESTABLISHED, at=NOON, caller="x", identity="guest:b", duration_ms=None),
        Entry(action=Action.CONNECTION_FAILED, at=NOON, caller="x", identity="user:7", error_code="ice_failed"),
        Entry(action=Action.PERMISSION_DENIED, at=NOON, caller="x", error_code="permission_denied"),
        *(Entry(action=Action.ERROR_OCCURRED, at=NOON, caller="x", error_code="error") for _ in range(2)),
        Entry(action=Action.ROOM_CREATED, at=NOON, caller="x", identity="user:6"),
    )
    await trail.count()

    async with trail.db.connection() as tx:
        (day,) = await list_metrics(tx, "daily", since=None, until=None, after=None, rows=10)
    assert (day.starts_at, day.attempts, day.successes, day.failures, day.unique_users) == (utc("2026-11-21"), 3, 2, 1, 3)
    assert (day.calls, day.completed, day.duration_ms) == (1, 2, 61_500)
    assert (day.connections, day.timed_connections, day.connecting_ms, day.failed_connections) == (2, 1, 500, 1)
    assert day.error_counts == {
        "join_denied": {"join.room_full": 1}, "connection_failed": {"ice_failed": 1}, "permission_denied": {"permission_denied": 1},
        "error_occurred": {"error": 2},
    }  # fmt: skip
    await trail.check()


async def test_an_entry_is_counted_once_however_often_it_is_looked_for(trail: Trail) -> None:
    """The cursor moves with the figures."""
    await trail.tell(Action.CALL_START, NOON)
    for _ in range(3):
        await trail.count()
    await trail.tell(Action.CALL_START, NOON)
    await trail.count(most=1)

    await trail.check()
    assert await trail.rows("SELECT calls FROM metrics WHERE period = 'hourly'") == [(2,)]


async def test_an_end_that_moves_is_counted_where_it_stands(trail: Trail) -> None:
    """An end that was told too late is taken back from its own hour and counted in the right one; a longer duration adds the difference."""
    half_past = NOON + timedelta(minutes=30)
    await trail.tell(Action.CALL_END, NOON, duration_ms=3_600_000)
    await trail.count()
    await trail.tell(Action.CALL_END, NOON, duration_ms=0, metadata={"was_ms": 3_600_000, "undone": True})
    await trail.tell(Action.CALL_END, half_past - timedelta(hours=1), duration_ms=1_800_000)
    await trail.tell(Action.CALL_END, half_past - timedelta(hours=1), duration_ms=1_900_000, metadata={"was_ms": 1_800_000})
    await trail.count()

    assert await trail.rows("SELECT completed, duration_ms FROM metrics WHERE period = 'hourly' ORDER BY starts_at") == [(1, 1_900_000), (0, 0)]
    assert await trail.rows("SELECT completed, duration_ms FROM metrics WHERE period = 'daily'") == [(1, 1_900_000)]
    await trail.check()


async def test_demonstrations_are_left_out(trail: Trail) -> None:
    """Of nothing but demonstrations there are no figures at all."""
    for action in COUNTED:
        about: dict[str, Any] = {"duration_ms": 1, "error_code": "x", "identity": "user:1", "metadata": {"demo": True}}
        await trail.tell(Action(action), NOON, **about)
    await trail.count()

    assert await trail.tables() == [[], [], []]
    assert (await trail.rebuild())["daily"] == (0, 0)


async def test_people_are_counted_without_being_named(trail: Trail) -> None:
    """What is kept of them is a hash under the deployment's key: 16 bytes in which nobody finds an identity."""
    await trail.tell(Action.JOIN_SUCCESS, NOON, identity="user:1")
    await trail.count()

    found = {person for (person,) in await trail.rows("SELECT person FROM metric_users")}
    assert [len(person) for person in found] == [16]
    await trail.forget()
    await trail.tell(Action.JOIN_SUCCESS, NOON, identity="user:1")
    await trail.count(key=b"another key, another hash".ljust(32))
    assert found.isdisjoint({person for (person,) in await trail.rows("SELECT person FROM metric_users")})


# ── Random traffic ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

CODES = ("join.room_full", "join.too_early", "ice_failed", "error")


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Anything that can happen in the days around a change of clocks."""
    action = draw(st.sampled_from([*COUNTED, Action.ROOM_CREATED]))
    duration = draw(st.integers(0, 10_000_000))
    metadata: dict[str, Any] = draw(st.sampled_from([{}, {}, {}, {}, {"demo": True}]))
    if action == Action.CALL_END:
        metadata |= draw(st.sampled_from([{}, {}, {"was_ms": duration // 2}, {"was_ms": duration, "undone": True}]))
    return Entry(
        action=Action(action),
        at=draw(st.sampled_from([utc("2026-10-24T20:00"), utc("2026-10-31T20:00")])) + timedelta(seconds=draw(st.integers(0, 30 * 3600))),
        caller="test",
        identity=draw(st.none() | st.integers(1, 6).map("user:{}".format)),
        error_code=draw(st.sampled_from(CODES)) if action != Action.CALL_END else None,
        duration_ms=duration if action in (Action.CALL_END, Action.CONNECTION_ESTABLISHED) else None,
        metadata=metadata,
    )


traffics = st.lists(st.lists(entries(), max_size=25) | st.integers(1, 6).map("user:{}".format), max_size=8)
"""Batches of entries, and between them people who are erased."""


def drawn(strategy: st.SearchStrategy[Any], examples: int) -> Iterator[Any]:
    """What Hypothesis thinks of, to be tried in a test that waits for a database."""
    found: list[Any] = []

    @settings(max_examples=examples, deadline=None, database=None)
    @given(strategy)
    def draw(example: Any) -> None:
        found.append(example)

    draw()
    yield from found


@pytest.mark.parametrize("time_zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
async def test_figures_are_what_there_is_to_count(trail: Trail, time_zone: str) -> None:
    """Whatever happens, in batches of any size, with people erased in between: the same as one statement over all entries, and so is a rebuild."""
    for most, traffic in drawn(st.tuples(st.integers(1, 40), traffics), examples=20):
        await trail.forget()
        await trail.live_in(time_zone)
        for step in traffic:
            await (trail.erase(step) if isinstance(step, str) else trail.write(*step))
            await trail.count(most)
        await trail.check(time_zone)
        kept = await trail.tables()
        await trail.rebuild()
        assert await trail.tables() == kept


@pytest.mark.long
async def test_figures_are_what_there_is_to_count_however_long_one_looks(trail: Trail) -> None:
    """The same, with ten times as much traffic."""
    for most, traffic in drawn(st.tuples(st.integers(1, 40), traffics), examples=300):
        await trail.forget()
        await trail.live_in("Australia/Sydney")
        for step in traffic:
            await (trail.erase(step) if isinstance(step, str) else trail.write(*step))
            await trail.count(most)
        await trail.check("Australia/Sydney")


async def test_who_writes_and_who_counts_at_once_lose_nothing(trail: Trail) -> None:
    """Six write, in transactions that end in another order than they began; two count, and one makes figures again meanwhile."""
    writing = True
    numbers = count()

    async def write() -> None:
        for round in range(12):
            async with trail.db.transaction() as tx:
                for _ in range(5):
                    n = next(numbers)
                    entry = Entry(action=Action.JOIN_SUCCESS, at=NOON + timedelta(minutes=n % 300), caller="x", identity=f"user:{n % 20}")
                    await add_audit_entries(tx, [entry])
                    await asyncio.sleep(0.002 * (round % 3))

    async def keep_counting() -> None:
        while writing:
            await count_entries(trail.db, KEY, 7)

    async def keep_rebuilding() -> None:
        while writing:
            await trail.rebuild()

    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(one) for one in (keep_counting(), keep_counting(), keep_rebuilding())]
        writers = [tasks.create_task(write()) for _ in range(3)]
        await asyncio.wait(writers)
        writing = False
        await asyncio.wait(readers)
    await trail.count()

    assert await trail.rows("SELECT sum(successes)::int FROM metrics WHERE period = 'daily'") == [(180,)]
    await trail.check()


async def test_what_is_not_committed_yet_is_not_passed_by(trail: Trail) -> None:
    """A transaction that began earlier and ends later is counted when it has ended, and none of those after it before."""
    async with trail.db.transaction() as early:
        await add_audit_entries(early, [Entry(action=Action.CALL_START, at=NOON, caller="early")])
        await trail.tell(Action.CALL_START, NOON)
        await count_entries(trail.db, KEY)
        assert await trail.tables() == [[], [], []]
    await trail.count()

    assert await trail.rows("SELECT calls FROM metrics WHERE period = 'daily'") == [(2,)]


@pytest.mark.parametrize("dies_in", ["_add", "execute"])
async def test_a_reader_that_dies_is_followed_by_another(trail: Trail, monkeypatch: pytest.MonkeyPatch, dies_in: str) -> None:
    """Killed before or after the figures are written, but for the cursor: nothing is counted twice, and nothing is left out."""
    for n in range(20):
        await trail.tell(Action.JOIN_SUCCESS, NOON + timedelta(minutes=n * 7), identity=f"user:{n % 3}")
    await trail.count(most=6)
    for n in range(20):
        await trail.tell(Action.JOIN_SUCCESS, NOON + timedelta(minutes=n * 7), identity=f"user:{n % 5}")
    working = getattr(metrics, dies_in)

    async def dying(tx: Any, what: Any, *rest: Any) -> Any:
        if dies_in == "execute" and "UPDATE metrics_reader" not in what:
            return await working(tx, what, *rest)
        raise KeyboardInterrupt

    monkeypatch.setattr(metrics, dies_in, dying)
    with pytest.raises(KeyboardInterrupt):
        await trail.count(most=6)
    monkeypatch.setattr(metrics, dies_in, working)
    await trail.count(most=6)

    await trail.check()


# ── As calls are told ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_figures_are_those_of_the_record(trail: Trail, db: Database) -> None:
    """Calls whose facts come in any order, late ends and earlier starts among them: sums are what the record says of the calls of the day."""
    facts = st.lists(st.sampled_from(["start", "early", "end", "sooner", "later", "fail"]), min_size=1, max_size=6, unique=True)
    async with Ledger(db, Settings()).running() as ledger:
        for order in drawn(facts, examples=30):
            call_id = ids.uuid7()
            for what in order:
                await ledger.append("key:host", Writer.SERVER, [fact(call_id, what)], received_at=TOMORROW)
            await trail.count()
    (of_record,) = await trail.rows(
        """
        SELECT (count(*) FILTER (WHERE started_at IS NOT NULL))::int, (count(*) FILTER (WHERE ended_at IS NOT NULL))::int,
               coalesce(sum(elapsed_ms), 0)::int
        FROM calls
        """
    )
    (of_day,) = await trail.rows("SELECT calls::int, completed::int, duration_ms::int FROM metrics WHERE period = 'daily'")

    assert of_day[1:] == of_record[1:]
    assert of_day[0] >= of_record[0]  # a start that was told stays told, though an earlier end shows that it was none
    await trail.check()
    kept = await trail.tables()
    await trail.rebuild()
    assert await trail.tables() == kept


def fact(call_id: Any, what: str) -> NewEvent:
    type, minute, payload, who = FACTS[what]
    return NewEvent(call_id, ids.uuid7(), type, NOON + timedelta(minutes=minute), payload, who, "c1" if who else None)


FACTS: dict[str, tuple[str, int, Payload, str | None]] = {
    "start": ("participant.connected", 5, e.Connected(), "user:1"),
    "early": ("participant.connected", 1, e.Connected(), "user:2"),
    "end": ("call.ended", 65, e.CallEnded(), None),
    "sooner": ("call.ended", 35, e.CallEnded("forced"), None),
    "later": ("call.ended", 125, e.CallEnded(), None),
    "fail": ("call.failed", 45, e.CallFailed(), None),
}


# ── People who are erased ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_somebody_erased_was_there_still_and_may_come_back(trail: Trail) -> None:
    """The day had one person more; who comes again under the name is somebody new, to the figures kept and to those made again."""
    await trail.tell(Action.JOIN_SUCCESS, NOON, identity="user:1")
    await trail.count()
    await trail.tell(Action.JOIN_SUCCESS, NOON, identity="user:1")  # not counted yet when they are erased
    await trail.erase("user:1")
    await trail.count()
    assert await trail.rows("SELECT unique_users FROM metrics WHERE period = 'daily'") == [(1,)]

    await trail.tell(Action.JOIN_SUCCESS, NOON, identity="user:1")
    await trail.count()

    assert await trail.rows("SELECT unique_users FROM metrics WHERE period = 'daily'") == [(2,)]
    kept = await trail.tables()
    await trail.rebuild()
    assert await trail.tables() == kept


# ── Time zones ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("time_zone", "day", "hours"),
    [("Europe/Berlin", "2026-03-29", 23), ("Europe/Berlin", "2026-10-25", 25), ("Asia/Kolkata", "2026-10-25", 24), ("UTC", "2026-10-25", 24)],
)
async def test_a_day_has_its_own_hours(trail: Trail, time_zone: str, day: str, hours: int) -> None:
    """One entry in every quarter of an hour for three days: the day in the middle has four in each of its hours, the one that comes twice is two."""
    await trail.live_in(time_zone)
    begin = utc(day) - timedelta(days=1)
    for quarter in range(3 * 96):
        await trail.tell(Action.CALL_START, begin + timedelta(minutes=15 * quarter))
    await trail.count()

    await trail.check(time_zone)
    per_hour = await trail.rows("SELECT calls FROM metrics WHERE period = 'hourly' AND (starts_at AT TIME ZONE %s)::date = %s::date", time_zone, day)
    assert per_hour == [(4,)] * hours
    assert await trail.rows("SELECT calls FROM metrics WHERE period = 'daily' AND (starts_at AT TIME ZONE %s)::date = %s::date", time_zone, day) == [
        (4 * hours,)
    ]


async def test_another_time_zone_cuts_all_periods_anew(trail: Trail) -> None:
    """What was counted by Berlin's midnight is counted by Tokyo's, as if it had always been so."""
    await trail.live_in("Europe/Berlin")
    for hour in range(60):
        await trail.tell(Action.JOIN_SUCCESS, NOON + timedelta(hours=hour), identity=f"user:{hour % 4}")
    await trail.count()
    await trail.check("Europe/Berlin")

    await trail.live_in("Asia/Tokyo")
    await trail.tell(Action.JOIN_SUCCESS, NOON, identity="user:9")
    await trail.count()

    await trail.check("Asia/Tokyo")
    kept = await trail.tables()
    await trail.rebuild()
    assert await trail.tables() == kept


async def test_what_the_trail_no_longer_has_stays_cut_as_it_was(trail: Trail) -> None:
    """Figures whose entries are archived and deleted stay; each entry still counts once in each kind of period, also where the two meet."""
    for hour in range(0, 24 * 50, 3):
        await trail.tell(Action.CALL_START, utc("2026-09-20T00:30") + timedelta(hours=hour))
    await trail.count()
    old = {period: await trail.figures(period) for period in UNITS}
    purged = utc("2026-10-07T10:00")
    await trail.purge(purged)

    await trail.live_in("America/New_York")
    await trail.count()

    for period in UNITS:
        now = await trail.figures(period)
        assert sum(row[4] for row in now) == sum(row[4] for row in old[period]) == 400
        kept = [row for row in old[period] if row[0] < purged]
        assert now[: len(kept)] == kept
        assert all(row[0].minute == 0 for row in now)
    newer = await trail.rows("SELECT starts_at FROM metrics WHERE period = 'daily' AND starts_at > %s", utc("2026-10-09"))
    assert {start.hour for (start,) in newer} == {4, 5}
    kept = await trail.tables()
    assert (await trail.rebuild())["daily"][1] == 18
    assert await trail.tables() == kept
    await trail.tell(Action.CALL_START, utc("2026-09-21T00:00"))  # learned of late, of a time that is gone
    await trail.count()
    assert await trail.rows("SELECT calls FROM metrics WHERE period = 'daily' AND starts_at = %s", utc("2026-09-21")) == [(9,)]


# ── Again, from the trail ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_figures_that_were_lost_are_made_again(trail: Trail) -> None:
    """All of them, to the last row, whatever stood there instead."""
    for n in range(100):
        await trail.tell(Action.JOIN_SUCCESS, NOON + timedelta(hours=n), identity=f"user:{n % 7}")
        await trail.tell(Action.JOIN_DENIED, NOON + timedelta(hours=n), error_code=CODES[n % 4])
    await trail.count()
    kept = await trail.tables()

    await trail.execute("DELETE FROM metrics WHERE period = 'daily'")
    await trail.execute("UPDATE metrics SET successes = 7, entry_count = 1 WHERE period = 'weekly'")
    await trail.execute("DELETE FROM metric_users WHERE period = 'monthly'")
    await trail.execute("INSERT INTO metric_errors SELECT period, starts_at, 'made', 'up', 1 FROM metrics WHERE period = 'hourly'")
    made = await trail.rebuild()

    assert await trail.tables() == kept
    assert made == {"hourly": (100, 0), "daily": (5, 0), "weekly": (2, 0), "monthly": (1, 0)}


async def test_only_whole_periods_between_the_times_are_made_again(trail: Trail) -> None:
    """Half an hour at either end is left as it is; a day that is only partly asked for, too."""
    for n in range(24):
        await trail.tell(Action.CALL_START, utc("2026-11-21T00:10") + timedelta(hours=n))
    await trail.count()
    await trail.execute("UPDATE metrics SET calls = 0, entry_count = 0")

    made = await trail.rebuild(utc("2026-11-21T09:30"), utc("2026-11-21T12:30"))

    assert made == {"hourly": (2, 0), "daily": (0, 0), "weekly": (0, 0), "monthly": (0, 0)}
    assert await trail.rows("SELECT extract(hour FROM starts_at)::int FROM metrics WHERE calls = 1 ORDER BY starts_at") == [(10,), (11,)]
    with pytest.raises(errors.Invalid):
        await trail.rebuild(utc("2026-11-21T09:30"), utc("2026-11-21T10:30"))


async def test_a_purged_period_is_refused_and_never_zeroed(trail: Trail) -> None:
    """Where entries are gone that figures were made of, nothing of that kind of period is touched, and it is said which; those after it are made again."""
    for n in range(72):
        await trail.tell(Action.CALL_START, utc("2026-11-20T00:10") + timedelta(hours=n))
    await trail.count()
    kept = await trail.tables()
    await trail.purge(utc("2026-11-20T05:30"))

    with pytest.raises(errors.FiguresGone) as refused:
        await trail.rebuild(utc("2026-11-20"), utc("2026-11-23"))
    assert (refused.value.context["period"], refused.value.context["starts_at"]) == ("hourly", utc("2026-11-20"))
    assert "in the trail no more" in refused.value.detail
    with pytest.raises(errors.FiguresGone):
        await trail.rebuild(utc("2026-11-20T05:00"), utc("2026-11-20T06:00"))
    assert await trail.tables() == kept

    assert (await trail.rebuild(utc("2026-11-20T06:00"), utc("2026-11-23")))["daily"] == (2, 0)
    assert await trail.rebuild() == {"hourly": (66, 6), "daily": (2, 1), "weekly": (0, 1), "monthly": (0, 1)}
    assert await trail.tables() == kept


async def test_only_what_the_reader_has_counted_is_made_again(trail: Trail) -> None:
    """What it has not seen yet it counts itself, once."""
    await trail.tell(Action.CALL_START, NOON)
    await trail.count()
    await trail.tell(Action.CALL_START, NOON)
    await trail.rebuild()
    assert await trail.rows("SELECT calls FROM metrics WHERE period = 'daily'") == [(1,)]

    await trail.count()
    await trail.check()
