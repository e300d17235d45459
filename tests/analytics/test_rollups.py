"""Rollups: whatever happens and whenever it becomes known, every row is what there is to count; nothing counts twice, and nothing is lost."""

import asyncio
import gc
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from hypothesis import strategies as st
from tests.analytics.recorded import AT, SIDES, SUNDAY, WAITING, Practice
from tests.analytics.test_metrics import drawn
from tests.app_fixtures import TEST_KEY
from tests.quality.telling import Telling

from callwell import ids
from callwell.access.guards import Door
from callwell.analytics import filling, rollup_rows, rollups
from callwell.analytics.counting import ROLLUPS, RULES, Rollup
from callwell.analytics.filling import check, fill
from callwell.analytics.histograms import decode
from callwell.analytics.rollups import count_changes, forget_minutes
from callwell.app import Context
from callwell.cli import run
from callwell.planning.deployed import Deployed
from callwell.postgres import Database, fetch_value, migrations
from callwell.record import events as e
from callwell.record.changes import read_changes
from callwell.record.ledger import Ledger
from callwell.settings import Settings
from callwell.worker import keep_rollups


@pytest.fixture
async def practice(db: Database) -> AsyncIterator[Practice]:
    settings = Settings()
    ledger = Ledger(db, settings)
    async with ledger.running():
        practice = Practice(db, ledger, Deployed(db, ledger, Door(db, settings), settings, ()))
        await practice.live_in("Europe/Berlin")
        yield practice


async def tables(practice: Practice) -> list[Any]:
    return [await practice.kept(rollup) for rollup in ROLLUPS]


# ── Whatever happens ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

PEOPLE = ("user:client", "user:other", "user:provider", "guest:visitor")
ROOM = ids.room_name(UUID(int=7))
minutes = st.integers(0, 60 * 80).map(lambda n: n / 2)
"""Into the next days, across a night in which clocks are put back and across the end of a month."""
which = st.integers(0, 7)

created = st.builds(
    e.CallCreated,
    type=st.sampled_from(["video", "audio"]),
    mode=st.sampled_from(["p2p", "sfu"]),
    engine=st.sampled_from(["p2p", "livekit"]),
    room=st.sampled_from([None, ROOM]),
    provider=st.sampled_from([None, "user:provider"]),
    provider_name=st.sampled_from([None, "Dr. Who"]),
    is_demo=st.sampled_from([False, False, False, True]),
    metadata=st.sampled_from([{}, {"tags": ["trial", "north"]}]),
)
joined = st.builds(
    e.Joined,
    side=st.sampled_from([None, "client", "provider"]),
    device=st.builds(e.Device, browser=st.sampled_from([None, "Firefox 131.0", "Safari 18.1"]), os=st.sampled_from([None, "Linux"])),
    metadata=st.sampled_from([None, {"network": "wifi", "country": "DE"}]),
)
of_person = st.sampled_from(["user:client", "user:other", "user:provider", "guest:visitor"])
told_of_person = st.one_of(
    st.tuples(st.just("participant.joined"), joined),
    st.tuples(st.just("participant.connected"), st.builds(e.Connected, setup_ms=st.sampled_from([None, 0, 640, 5000]))),
    st.tuples(st.just("participant.disconnected"), st.just(e.Disconnected())),
    st.tuples(st.just("participant.failed"), st.just(e.Failed())),
    st.tuples(st.just("participant.left"), st.just(e.Left())),
    st.tuples(st.just("rating.submitted"), st.builds(e.RatingSubmitted, st.integers(1, 5))),
    st.tuples(st.just("speaker.spoke"), st.builds(e.SpeakerSpoke, st.integers(0, 5000))),
    st.tuples(st.just("chat.sent"), st.just(e.Nothing())),
)
told_of_call = st.one_of(
    st.tuples(st.just("call.created"), created),
    st.tuples(st.just("call.ended"), st.just(e.CallEnded())),
    st.tuples(st.just("call.failed"), st.just(e.CallFailed())),
)
step = st.one_of(
    st.tuples(st.just("person"), which, minutes, told_of_person, of_person, st.sampled_from("ab")),
    st.tuples(st.just("person"), which, minutes, told_of_person, of_person, st.sampled_from("ab")),
    st.tuples(st.just("call"), which, minutes, told_of_call),
    st.tuples(st.just("hold"), which, minutes, st.integers(1, 200)),
    st.tuples(st.just("judge"), which, st.integers(0, 1000)),
    st.tuples(st.just("plan"), which, minutes),
    st.tuples(st.just("settle"), which, st.sampled_from(["cancel", "miss"]), st.sampled_from(["client", "provider", "both"])),
    st.tuples(st.just("erase"), which),
    st.tuples(st.just("count"), st.integers(1, 9)),
    st.tuples(st.just("live"), st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "America/New_York"])),
    st.tuples(st.just("fill"), st.sampled_from(["record", "counted"])),
    st.tuples(st.just("forget_minutes"), st.integers(0, 3)),
)


class Story:
    """What happens, step by step: eight threads, each with a call and an appointment of its own."""

    def __init__(self, practice: Practice, number: int) -> None:
        self.practice = practice
        self.number = number
        self.zone = "Europe/Berlin"
        self.at = AT
        self.appointments: dict[int, UUID] = {}
        self.over: set[int] = set()

    def call_id(self, which: int) -> UUID:
        return UUID(int=(self.number << 16) + which + 1)

    async def go(self, step: tuple[Any, ...]) -> None:
        practice, (what, which, *rest) = self.practice, step
        if what in ("person", "call", "hold", "judge", "plan", "settle", "erase") and which in self.over:
            return
        match what:
            case "person":
                at, (type, payload), who, device = rest
                await practice.tell(self.call_id(which), at, type, payload, who, device)
            case "call":
                at, (type, payload) = rest
                await self.tell(which, at, type, payload)
            case "hold":
                at, lasts = rest
                await self.tell(which, at, "call.created", e.CallCreated(provider="user:provider"))
                for who, side in SIDES:
                    await practice.tell(self.call_id(which), at + lasts / 9, "participant.joined", e.Joined(side=side), who)
                    await practice.tell(self.call_id(which), at + lasts / 8, "participant.connected", e.Connected(setup_ms=250), who)
                await self.tell(which, at + lasts, "call.ended", e.CallEnded())
            case "judge":
                await practice.judge(self.call_id(which), *rest)
            case "plan" if which not in self.appointments:
                self.appointments[which] = await practice.plan(
                    rest[0], conversation_id=self.thread(which), is_video_call=which % 2 == 0, status="confirmed"
                )
            case "settle" if which in self.appointments and which not in self.over and which % 2:
                how, absent = rest
                appointment = self.appointments.pop(which)
                await (practice.cancel(appointment) if how == "cancel" else practice.miss(appointment, absent))
            case "erase":
                await practice.execute(
                    "INSERT INTO conversations (id, created_at, updated_at) VALUES (%s, now(), now()) ON CONFLICT DO NOTHING", self.thread(which)
                )
                await practice.erase(self.thread(which))
                if await practice.rows("SELECT FROM calls WHERE id = %s", self.call_id(which)) == []:
                    self.over.add(which)
            case "count":
                await count_changes(practice.db, self.at, which)
            case "live":
                self.zone = which
                await practice.live_in(which)
            case "fill":
                await fill(practice.db, which, self.at)
            case "forget_minutes":
                self.at = max(self.at, AT + timedelta(days=which))
                await forget_minutes(practice.db, self.at)
            case _:
                pass

    def thread(self, which: int) -> str:
        return f"thread-{self.number}-{which}"

    async def tell(self, which: int, at: float, type: str, payload: Any) -> None:
        if isinstance(payload, e.CallCreated):
            payload = e.CallCreated(
                **{name: getattr(payload, name) for name in ("type", "mode", "engine", "room", "provider", "provider_name", "is_demo", "metadata")},
                conversation_id=self.thread(which),
                appointment_id=self.appointments.get(which),
            )
        await self.practice.tell(self.call_id(which), at, type, payload)


async def test_every_row_is_what_there_is_to_count(practice: Practice) -> None:
    """Given calls whose facts come late and in any order, reports made again, erased threads, demonstrations, appointments, other time zones and fillings in
    between, then all rows are what the raw record comes to by hand; what counts all from scratch finds the same, and so does filling it all again."""
    await live_through(practice, examples=12)


@pytest.mark.long
async def test_every_row_is_what_there_is_to_count_however_long_one_looks(practice: Practice) -> None:
    """The same, with many more stories."""
    await live_through(practice, examples=250)


async def live_through(practice: Practice, examples: int) -> None:
    for number, story in enumerate(drawn(st.lists(step, min_size=5, max_size=40), examples)):
        await practice.forget()
        told = Story(practice, number + 1)
        await practice.live_in(told.zone)
        for one in story:
            await told.go(one)
        await practice.count(at=told.at)
        ((minutes_since,),) = await practice.rows("SELECT minutes_since FROM rollup_zones")
        await practice.check(ZoneInfo(told.zone), minutes_since)
        assert (await check(practice.db)).differences == []
        kept = await tables(practice)
        await fill(practice.db, "counted", told.at)
        assert await tables(practice) == kept
        await fill(practice.db, "record", minutes_since + rollup_rows.MINUTES_KEPT)
        assert await tables(practice) == kept


# ── One thing at a time ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_becomes_known_late_is_counted_where_it_belongs(practice: Practice) -> None:
    """Given a call that was counted, when an earlier start becomes known, then it counts in that hour and no more in the other."""
    call_id = await practice.hold(minutes=70)
    await practice.count()
    assert await practice.figure("calls") == {("", SUNDAY + timedelta(minutes=20)): 1}

    await practice.tell(call_id, 5, "participant.connected", e.Connected(), "user:early")
    await practice.count()

    assert await practice.figure("calls") == {("", SUNDAY - timedelta(minutes=40)): 1}
    await practice.check()


async def test_a_report_that_is_made_again_counts_instead_of_the_one_before(practice: Practice) -> None:
    """Though the record is as it was."""
    call_id = await practice.hold()
    for seed in (1, 2, 3):
        await practice.judge(call_id, seed)
        await practice.count()
        await practice.check()

    ((revision, kept),) = await practice.rows("SELECT revision, (SELECT revision FROM reports) FROM counted_calls")
    assert revision == kept == 3


async def test_what_was_erased_counts_for_nothing(practice: Practice) -> None:
    """Given a call and an appointment that were counted, when their conversation is erased, then nothing is left of them, and of others everything."""
    await practice.plan(conversation_id="thread")
    await practice.judge(await practice.hold(conversation_id="thread"))
    await practice.count()
    assert all(await tables(practice))

    await practice.erase("thread")
    await practice.count()

    assert await tables(practice) == [{}] * len(ROLLUPS)
    assert await practice.rows("SELECT FROM counted_calls") == await practice.rows("SELECT FROM counted_appointments") == []


async def test_what_retention_removed_stays_counted(practice: Practice) -> None:
    """Figures are kept longer than calls: also where they are made again."""
    call_id = await practice.hold()
    await practice.count()
    kept = await tables(practice)

    await practice.execute("DELETE FROM calls WHERE id = %s", call_id)
    await practice.execute("INSERT INTO changes (call_id, version) VALUES (%s, 0)", call_id)
    await practice.count()
    assert await tables(practice) == kept

    await fill(practice.db, "record", AT)
    assert await tables(practice) == kept
    assert (await check(practice.db)).wrong == 0


async def test_who_came_late_is_known_by_the_calls_of_an_appointment(practice: Practice) -> None:
    """Given an appointment, when its call becomes known after it was counted, then it is known who came, and by how much too late."""
    appointment_id = await practice.plan(minutes=10, status="confirmed")
    await practice.count()
    call_id = await practice.hold(minutes=10.5, appointment_id=appointment_id)
    await practice.tell(call_id, 8, "participant.joined", e.Joined(), "user:client")
    await practice.tell(call_id, 14, "participant.joined", e.Joined(side="provider"), "user:other")
    await practice.count()

    found = await practice.rows("SELECT side, identity, arrived, late, late_ms FROM person_rollups WHERE grain = 'day' ORDER BY side, identity")
    assert found == [("client", "user:client", 1, 0, 0), ("provider", "user:other", 0, 0, 0), ("provider", "user:provider", 1, 0, 0)]
    await practice.check()

    other = await practice.plan(minutes=3)
    await practice.execute("UPDATE calls SET appointment_id = %s WHERE id = %s", other, call_id)
    await practice.execute("INSERT INTO changes (call_id, version) VALUES (%s, 0)", call_id)
    await practice.count()
    ((arrived, late, late_ms),) = await practice.rows(
        "SELECT arrived, late, late_ms FROM person_rollups WHERE grain = 'month' AND identity = 'user:provider' AND booked = 2"
    )
    assert (arrived, late, late_ms) == (1, 1, 7.5 * 60_000)
    await practice.check()


async def test_nothing_is_written_where_nothing_that_counts_has_changed(practice: Practice) -> None:
    """However often a call is told to have changed."""
    call_id = await practice.hold()
    await practice.count()
    before = await practice.rows("SELECT ctid FROM call_rollup_rows UNION ALL SELECT ctid FROM counted_call_rows")

    await practice.execute("INSERT INTO changes (call_id, version) SELECT %s, 0 FROM generate_series(1, 3)", call_id)
    await practice.count()

    assert await practice.rows("SELECT ctid FROM call_rollup_rows UNION ALL SELECT ctid FROM counted_call_rows") == before


# ── Time ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_hour_that_happens_twice_has_two_rows(practice: Practice) -> None:
    """Given the night in which Berlin's clocks are put back, then what happened in either hour is told apart, and the day has all of it."""
    for minutes in (140, 200, 260, 320):  # at 02:00 of summer, 02:00 of winter time, 03:00 and 04:00
        await practice.hold(minutes=minutes, lasts=30)
    await practice.count()

    hours = await practice.figure("calls")
    assert {start.strftime("%H:%M") for _, start in hours} == {"00:00", "01:00", "02:00", "03:00"}
    assert await practice.figure("calls", grain="day") == {("", datetime.fromisoformat("2026-10-24T22:00Z")): 4}
    await practice.check()


async def test_another_time_zone_cuts_everything_anew(practice: Practice) -> None:
    """From what was counted, though calls are gone meanwhile; hours of half hours apart, too."""
    call_id = await practice.hold(minutes=120)
    await practice.judge(call_id)
    await practice.count()
    await practice.live_in("Asia/Kolkata")
    await practice.count()
    await practice.check(ZoneInfo("Asia/Kolkata"))

    assert await practice.rows("SELECT time_zone FROM rollup_zones") == [("Asia/Kolkata",)]
    assert [start.minute for _, start in await practice.figure("calls")] == [30]
    await practice.execute("DELETE FROM calls")
    await practice.live_in("Europe/Berlin")
    await practice.count()
    assert sum((await practice.figure("calls")).values()) == 1


async def test_minutes_are_kept_for_eight_days(practice: Practice) -> None:
    """What becomes known later of such a time counts in hours and days, and no minute is less than nothing for what is taken off."""
    call_id = await practice.hold()
    await practice.count()
    assert await practice.figure("calls", grain="minute") == {("", SUNDAY): 1}

    assert await forget_minutes(practice.db, AT + timedelta(days=8)) > 0
    await practice.tell(call_id, 65, "participant.connected", e.Connected(), "user:late")
    await practice.tell(call_id, -1, "participant.connected", e.Connected(), "user:early")
    await practice.count()

    assert await practice.figure("calls", grain="minute") == {}
    await practice.check(minutes_since=AT)


# ── Several at once, and what is broken off ───────────────────────────────────────────────────────────────────────────────────────


async def test_who_tells_and_who_counts_at_once_lose_nothing(practice: Practice) -> None:
    """Given facts and reports that come while two workers count, a third cuts anew and a fourth counts everything again, then all is counted once."""
    going_on = True

    async def tell(number: int) -> None:
        for n in range(5):
            call_id = await practice.hold(minutes=10 * number + n)
            await practice.judge(call_id, n)

    async def keep_counting() -> None:
        while going_on:
            await count_changes(practice.db, AT, 3)

    async def keep_filling() -> None:
        while going_on:
            await fill(practice.db, "record", AT)
            await fill(practice.db, "counted", AT)

    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(one) for one in (keep_counting(), keep_counting(), keep_filling())]
        writers = [tasks.create_task(tell(number)) for number in range(3)]
        await asyncio.wait(writers)
        going_on = False
        await asyncio.wait(readers)
    await practice.count()

    await practice.check()
    assert sum((await practice.figure("calls", grain="month")).values()) == 15


async def test_what_is_not_committed_yet_is_not_passed_by(practice: Practice) -> None:
    """A transaction that began before a filling and ends after it is counted then."""
    call_id = await practice.hold()
    await practice.count()
    async with practice.db.transaction() as early:
        await early.execute("UPDATE calls SET issue_count = 3 WHERE id = %s", [call_id])
        await early.execute("INSERT INTO changes (call_id, version) VALUES (%s, 9)", [call_id])
        await practice.hold(minutes=30)
        await fill(practice.db, "record", AT)
        assert sum((await practice.figure("issues")).values()) == 0
    await practice.count()

    await practice.check()
    assert sum((await practice.figure("issues")).values()) == 3


@pytest.mark.parametrize("dies_in", ["save_counted", "add_amounts", "advance"])
async def test_a_reader_that_dies_is_followed_by_another(practice: Practice, monkeypatch: pytest.MonkeyPatch, dies_in: str) -> None:
    """Wherever it was: nothing is counted twice, and nothing is left out."""
    await practice.count()
    await practice.hold()
    with monkeypatch.context() as patched:
        patched.setattr(rollups, dies_in, _die)
        while not await _changes(practice):  # noqa: ASYNC110 it waits for the database
            await asyncio.sleep(0.01)
        with pytest.raises(Died):
            await count_changes(practice.db, AT)
    assert await tables(practice) == [{}] * len(ROLLUPS)
    await practice.count()

    await practice.check()


@pytest.mark.parametrize("dies_in", ["save_counted", "_write", "_put_in_place"])
async def test_a_filling_that_dies_leaves_what_there_was(practice: Practice, monkeypatch: pytest.MonkeyPatch, dies_in: str) -> None:
    """Until it is whole the old rows are read, and the reader goes on with them."""
    await practice.hold()
    await practice.count()
    kept = await tables(practice)
    with monkeypatch.context() as patched:
        patched.setattr(filling, dies_in, _die)
        with pytest.raises(Died):
            await fill(practice.db, "record", AT)
    assert await tables(practice) == kept
    await practice.hold(minutes=20)
    await practice.count()
    await practice.check()

    await fill(practice.db, "record", AT)
    await practice.check()
    assert await practice.rows("SELECT DISTINCT generation FROM call_rollup_rows") == await practice.rows("SELECT generation FROM rollup_zones")


async def test_old_rows_are_read_while_new_ones_are_made(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a filling that is about to end, then nobody reads anything of it, nobody counts, and nobody's transaction waits for it."""
    await practice.hold()
    await practice.count()
    kept = await tables(practice)
    put_in_place = filling._put_in_place
    seen: list[Any] = []

    async def look(*given: Any) -> None:
        await practice.hold(minutes=20)
        seen.append(await tables(practice))
        seen.append(await count_changes(practice.db, AT))
        seen.append(
            (await practice.rows("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"))[0][0]
        )
        await put_in_place(*given)

    monkeypatch.setattr(filling, "_put_in_place", look)
    await fill(practice.db, "record", AT)
    monkeypatch.undo()

    assert seen == [kept, 0, 0]
    await practice.count()
    await practice.check()


async def test_rules_that_changed_have_everything_counted_again(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anybody's asking."""
    await practice.hold()
    await practice.count()
    for module in (rollups, filling):
        monkeypatch.setattr(module, "RULES", RULES + 1)
    await practice.execute("DELETE FROM call_rollup_rows")
    await practice.count()

    await practice.check()
    assert await practice.rows("SELECT rules FROM rollup_zones") == [(RULES + 1,)]


async def test_hours_of_the_day_are_there_at_once_where_they_were_not_kept(practice: Practice) -> None:
    """Before all is counted again: as the migration adds them up from hours."""
    for minutes in (0, 200, 9000):
        await practice.judge(await practice.hold(minutes=minutes), seed=minutes)
    await practice.count()
    await practice.execute("DELETE FROM quality_rollup_rows WHERE grain = 'hour_of_day'")
    await practice.execute(added_up_by("0011_hours_of_day.sql"))

    await practice.check()


async def test_quarters_and_years_are_there_at_once_where_they_were_not_kept(practice: Practice) -> None:
    """Before all is counted again: as the migration adds them up from months."""
    for days in (0, 31, 100, 400):
        await practice.hold(minutes=days * 24 * 60)
    await practice.count()
    await practice.execute("DELETE FROM person_rollup_rows WHERE grain IN ('quarter', 'year')")
    await practice.execute(added_up_by("0013_people_by_years.sql"))

    await practice.check()


async def test_what_was_laid_behind_one_another_is_added_up_at_last(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given months that were filled call by call, then each bin of their histograms is told once."""
    for days in range(4):
        await practice.judge(await practice.hold(minutes=days * 24 * 60), seed=days)
    monkeypatch.setattr(filling, "CALLS_AT_ONCE", 1)
    monkeypatch.setattr(filling, "ROWS_AT_ONCE", 0)
    monkeypatch.setattr(rollup_rows, "LONG", 0)
    monkeypatch.setattr(rollup_rows, "SHORTENED_AT_ONCE", 3)
    await fill(practice.db, "record", AT)

    await practice.check()
    for (encoded,) in await practice.rows("SELECT unnest(ARRAY[score, rtt, bitrate, jitter]) FROM quality_rollup_rows WHERE grain = 'month'"):
        assert len(encoded) == 6 * len(decode(encoded))
    assert (await check(practice.db)).wrong == 0


@pytest.mark.parametrize("rollup", ROLLUPS, ids=lambda rollup: rollup.name)
async def test_rows_of_a_generation_of_which_nothing_is_known_are_read_one_by_one(db: Database, rollup: Rollup) -> None:
    """Given tables that were analyzed before a filling, when some of its rows are read, then each is looked for: not all of them for each."""
    columns = ["generation", "grain", *rollup.keys, "starts_at", *rollup.sums, *rollup.histograms]
    values = ["1", "'day'", "'provider'", "n::text", "now()", *["0" for _ in rollup.sums], *["''" for _ in rollup.histograms]]
    filled = f"INSERT INTO {rollup.rows} ({', '.join(columns)}) SELECT {', '.join(values)} FROM generate_series(1, 2000) AS n"
    async with db.connection() as tx:
        await tx.execute(filled.encode())
        await tx.execute("RESET ROLE")
        await tx.execute(f"ANALYZE {rollup.rows}".encode())
        one = [["month"], ["provider"], ["user:provider"], [AT]]
        plan = [row[0] for row in await (await tx.execute(f"EXPLAIN {rollup_rows.STATEMENTS[rollup.name].read}".encode(), [*one, 2])).fetchall()]

    assert not [line for line in plan if "Seq Scan" in line]
    assert [line for line in plan if "Index Cond" in line and "told.grain" in line and "told.starts_at" in line], plan


async def test_first_days_are_there_at_once_where_they_were_not_kept(practice: Practice) -> None:
    """As the migration finds them."""
    for days in (0, 3, 40):
        await practice.hold(minutes=days * 24 * 60)
    await practice.count()
    await practice.execute("DELETE FROM first_day_rows")
    await practice.execute(added_up_by("0014_first_days.sql"))

    await practice.check()


async def test_the_first_day_of_somebody_is_another_when_that_call_is_gone(practice: Practice) -> None:
    """Given two calls, when the earlier one is erased, then the day of the later one is the first; without either there is none."""
    for number, thread in enumerate(("first", "second")):
        await practice.execute("INSERT INTO conversations (id, created_at, updated_at) VALUES (%s, now(), now())", thread)
        await practice.hold(minutes=number * 3 * 24 * 60, conversation_id=thread)
    await practice.count()
    told = await practice.rows("SELECT DISTINCT starts_at FROM first_days")
    await practice.erase("first")
    await practice.count()

    await practice.check()
    (then,), (later,) = told, await practice.rows("SELECT DISTINCT starts_at FROM first_days")
    assert later > then
    await practice.erase("second")
    await practice.count()
    assert await practice.rows("SELECT * FROM first_days") == []


def added_up_by(migration: str) -> LiteralString:
    """What it says to make the rows of what is there."""
    _, begins, added_up = Path(migrations.__file__).with_name("versions").joinpath(migration).read_text().partition("\nINSERT INTO")
    return cast("LiteralString", begins + added_up)


# ── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_wrong_is_found_and_made_right(practice: Practice) -> None:
    """Given a figure that somebody changed, a row that is gone and one that should not be, then each is told; a filling makes all right."""
    await practice.judge(await practice.hold())
    await practice.count()
    right = await check(practice.db)
    assert (right.calls, right.wrong, right.differences) == (1, 0, [])
    assert right.rows > 30

    await practice.execute("UPDATE call_rollup_rows SET calls = 7 WHERE grain = 'day' AND dimension = 'all'")
    await practice.execute("DELETE FROM connection_rollup_rows WHERE grain = 'hour' AND dimension = 'os'")
    await practice.execute("UPDATE quality_rollup_rows SET score = '\\x' WHERE grain = 'month' AND dimension = 'all'")
    await practice.execute("UPDATE first_day_rows SET starts_at = starts_at - interval '1 day' WHERE side = 'client'")
    found = await check(practice.db)

    assert found.wrong >= 4
    told = {(one.rollup, one.grain, one.dimension, one.figure): (one.kept, one.counted) for one in found.differences}
    assert told["call_rollups", "day", "all", "calls"] == (7, 1)
    assert told["connection_rollups", "hour", "os", "joins"] == (None, 2)
    assert told["quality_rollups", "month", "all", "score"][0] == 0
    assert sorted((one.kept, one.counted) for one in found.differences if one.rollup == "first_days" and one.kept) == [(1, None)]
    assert told["first_days", "day", "client", "new"] == (None, 1)
    await fill(practice.db, "record", AT)
    assert (await check(practice.db)).wrong == 0
    await practice.check()


async def test_what_waits_to_be_counted_is_not_wrong(practice: Practice) -> None:
    """Given facts that were told since, then what is kept is compared with what it was."""
    appointment_id = await practice.plan()
    call_id = await practice.hold(appointment_id=appointment_id)
    await practice.count()
    await practice.tell(call_id, 5, "chat.sent", e.Nothing(), "user:client")
    await practice.hold(minutes=5)
    await practice.plan(minutes=30)

    assert (await check(practice.db)).differences == []
    await practice.count()
    await practice.check()


# ── On the command line, and in the background ────────────────────────────────────────────────────────────────────────────────────


async def test_figures_are_looked_over_and_made_again_by_command(
    practice: Practice, database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Given a figure that is wrong, then `check` tells it with exit code 1, `rebuild` makes it right, and `check` is content."""
    monkeypatch.setenv("CALLWELL_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLWELL_SECRET_KEY", TEST_KEY)
    await practice.hold()
    await practice.count()
    await practice.execute("UPDATE call_rollup_rows SET calls = 7 WHERE grain = 'day' AND dimension = 'all'")

    codes = [await asyncio.to_thread(run, ["rollups", *given]) for given in (["check", "--json"], ["rebuild"], ["check"])]
    gc.enable()  # commands are processes of their own

    looked, made, content = capfd.readouterr().out.splitlines()
    assert codes == [1, 0, 0]
    (wrong,) = msgspec.json.decode(looked)["differences"]
    assert (wrong["rollup"], wrong["grain"], wrong["figure"], wrong["kept"], wrong["counted"]) == ("call_rollups", "day", "calls", 7, 1)
    assert made == "Counted again: 1 calls and 0 appointments."
    assert content.endswith("rows: none wrong.")


async def test_the_worker_counts_while_it_runs(practice: Practice) -> None:
    """Also what was there before it."""
    await practice.hold()
    stop = asyncio.Event()
    working = asyncio.create_task(keep_rollups(practice.db, stop))
    while sum((await practice.figure("calls", grain="month")).values()) < 1:  # noqa: ASYNC110 it waits for the database
        await asyncio.sleep(0.02)
    await practice.hold(minutes=5)
    while sum((await practice.figure("calls", grain="month")).values()) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    stop.set()
    await working


async def test_a_report_is_a_change_that_asks_for_no_other_report(server: httpx.AsyncClient, context: Context) -> None:
    """Given a call that was judged, when its report is there, then what it says is counted, and nobody is asked to make it again for that."""
    telling = Telling(server, context)
    await telling.hold(120, "user:7", "user:8")
    await telling.measure(*telling.samples("user:7", 1, 121), *telling.samples("user:8", 1, 121))
    await telling.make()

    # Transactions elsewhere on this server may still hide what is newest; when all is counted, nothing is hidden.
    while not await _waits_for_nothing(context.db):
        await count_changes(context.db, AT)
    found = [change for change in await changes_of(context.db) if change.call_id == telling.id]
    assert [change.is_report for change in found].count(True) == 1
    async with context.db.connection() as tx:
        statement = "SELECT minutes, scored, jitter_count FROM quality_rollups WHERE grain = 'month' AND dimension = 'all'"
        ((minutes, scored, jitter),) = await (await tx.execute(statement)).fetchall()
    assert (minutes, scored, jitter) == (6, 6, 4)  # what began before the third minute reaches into it


async def changes_of(db: Database) -> list[Any]:
    async with db.transaction() as tx:
        return await read_changes(tx, "somebody")


async def _waits_for_nothing(db: Database) -> bool:
    async with db.connection() as tx:
        return await fetch_value(tx, WAITING, [rollup_rows.READER]) is False


class Died(Exception):
    pass


async def _die(*_: Any, **__: Any) -> None:
    raise Died


async def _changes(practice: Practice) -> list[Any]:
    """What the reader would find now."""
    async with practice.db.transaction() as tx:
        return await read_changes(tx, rollup_rows.READER)
