"""Keeping samples: together, once, within bounds, and whatever comes between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.ingest.conftest import Host, fact
from tests.quality.conftest import kept, refused, sample, send, stored

from callwell import errors, ids
from callwell.app import Context
from callwell.postgres import Database
from callwell.postgres.pool import Tx
from callwell.quality import actions, queries, watch
from callwell.quality.actions import Samples, Stored, add_samples
from callwell.quality.batches import NewSample
from callwell.quality.queries import SampleFilter, SamplePosition, last_samples, list_samples
from callwell.quality.samples import Measured, Sample
from callwell.record.changes import advance, read_changes
from callwell.record.events import Writer
from callwell.record.opened import Outcome

NOW = datetime.now(UTC).replace(microsecond=0)
SECOND = timedelta(seconds=1)
KEY = "key:1"


def measured(call: UUID, who: str = "user:1", *, second: float = 0, connection: str | None = "c1", **numbers: Any) -> NewSample:
    """Ten seconds of somebody's sound, as it comes from a door that we wrote."""
    at = NOW - timedelta(hours=1) + second * SECOND
    numbers = {"direction": "inbound", "kind": "audio", "rtt_ms": 40.0, "packet_loss_pct": 0.0, **numbers}
    return NewSample(call, ids.uuid7(), who, connection, Measured(started_at=at, interval_ms=10_000, **numbers))


@pytest.fixture
def samples(context: Context) -> Samples:
    return context.samples


@pytest.fixture
async def told(context: Context) -> AsyncIterator[tuple[Samples, list[Stored]]]:
    """Another keeper of samples over the same database, as another process has it; what it tells of is kept."""
    heard: list[Stored] = []
    async with Samples(context.db, context.ledger, heard.extend).running() as other:
        yield other, heard


async def add(samples: Samples, *given: NewSample, source: str = KEY, writer: Writer = Writer.SERVER) -> list[Outcome]:
    return await samples.add(source, writer, given, received_at=datetime.now(UTC))


def words(outcomes: list[Outcome]) -> list[str]:
    return [outcome.code or outcome.outcome for outcome in outcomes]


async def all_of(db: Database, call: UUID) -> list[Sample]:
    async with db.connection() as tx:
        return await list_samples(tx, call)


# ── Together ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_many_small_requests_share_transactions(samples: Samples, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a hundred callers at once, then each has its outcomes, in far fewer transactions than there are callers."""
    call = ids.uuid7()
    await add(samples, measured(call))
    written: list[int] = []
    insert = actions._add_rows

    async def counted(tx: Tx, rows: Any) -> Any:
        written.append(len(rows))
        return await insert(tx, rows)

    monkeypatch.setattr(actions, "_add_rows", counted)

    outcomes = await asyncio.gather(*(add(samples, measured(call, second=n), measured(call, second=n + 0.5)) for n in range(100)))

    assert [words(own) for own in outcomes] == [["stored", "stored"]] * 100
    assert sum(written) == 200
    assert len(written) < 30
    assert len(await all_of(db, call)) == 201


async def test_one_caller_s_numbers_never_fail_another_s(samples: Samples, db: Database) -> None:
    """Given a door that lets through what no sample may say, then that sample is rejected, and neither its neighbours nor other callers'."""
    call = ids.uuid7()
    await add(samples, measured(call))
    bad = measured(call, packet_loss_pct=120.0)
    worse = measured(call, width=-1)

    alone, *others = await asyncio.gather(
        add(samples, measured(call), bad, measured(call), worse, measured(call)), *(add(samples, measured(call)) for _ in range(10))
    )

    assert words(alone) == ["stored", "sample.invalid", "stored", "sample.invalid", "stored"]
    assert [words(own) for own in others] == [["stored"]] * 10
    assert len(await all_of(db, call)) == 14


async def test_numbers_that_are_none_come_to_nothing(samples: Samples, db: Database) -> None:
    """NaN and infinity, from whichever door, are in no row."""
    call = ids.uuid7()
    given = [measured(call, rtt_ms=number) for number in (float("nan"), float("inf"), -float("inf"), -1.0)]

    assert words(await add(samples, measured(call), *given)) == ["stored", *["sample.invalid"] * 4]
    assert [one.rtt_ms for one in await all_of(db, call)] == [40.0]


async def test_when_too_much_waits_callers_are_sent_away(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before memory grows, and nothing of theirs is kept; what waits already is."""
    monkeypatch.setattr(actions, "MOST_WAITING", 3)
    call = ids.uuid7()
    async with Samples(context.db, context.ledger).running() as samples:
        await add(samples, measured(call))
        first = asyncio.create_task(add(samples, measured(call), measured(call)))
        await asyncio.sleep(0)

        with pytest.raises(errors.Overloaded):
            await add(samples, measured(call), measured(call))

        assert words(await first) == ["stored", "stored"]
        assert words(await add(samples, measured(call), measured(call))) == ["stored", "stored"]


async def test_at_the_end_what_waits_is_written(context: Context) -> None:
    call = ids.uuid7()
    async with Samples(context.db, context.ledger).running() as samples:
        await add(samples, measured(call))
        last = [asyncio.create_task(add(samples, measured(call))) for _ in range(20)]
        await asyncio.sleep(0)
    assert [words(outcomes) for outcomes in await asyncio.gather(*last)] == [["stored"]] * 20


async def test_two_servers_keep_a_sample_once(samples: Samples, told: tuple[Samples, list[Stored]], db: Database) -> None:
    """Given the same samples, to both at once and in another order, of somebody neither has heard of, then each is stored by one of them."""
    call = ids.uuid7()
    same = [measured(call, f"user:{n % 7}", second=n) for n in range(60)]

    one, other = await asyncio.gather(add(samples, *same), add(told[0], *reversed(same)))

    outcomes = zip(words(one), reversed(words(other)), strict=True)
    assert {tuple(sorted(pair)) for pair in outcomes} == {("duplicate", "stored")}
    found = await all_of(db, call)
    assert len(found) == 60
    assert len({one.connection_id for one in found}) == 7


async def test_facts_and_samples_of_one_call_do_not_stand_in_each_other_s_way(host: Host, samples: Samples, db: Database) -> None:
    """Given many of both at once, of people whom both name first, then all are kept and nobody is there twice."""
    call = ids.uuid7()
    since = NOW - timedelta(minutes=50)

    def facts(n: int) -> Any:
        return host.told(*(fact("chat.sent", str(call), at=since + n * SECOND, participant=f"user:{who}", connection="c1") for who in range(5)))

    def measurements(n: int) -> Any:
        return stored(host.client, *(sample(str(call), at=since + n * SECOND, participant=f"user:{who}", connection="c1") for who in range(5)))

    await asyncio.gather(*(do(n) for n in range(15) for do in (facts, measurements)))

    assert len(await all_of(db, call)) == 75
    people = (await host.record(str(call)))["participants"]
    assert [(one["messages_sent"], len(one["connections"])) for one in people] == [(15, 1)] * 5


async def test_an_importer_adds_without_a_keeper(context: Context) -> None:
    """In a transaction of its own."""
    call = ids.uuid7()
    given = [measured(call, second=n) for n in range(3)]

    outcomes = await add_samples(context.db, context.ledger, "import:1", Writer.IMPORTER, given, received_at=datetime.now(UTC))
    again = await add_samples(context.db, context.ledger, "import:1", Writer.IMPORTER, given, received_at=datetime.now(UTC))

    assert (words(outcomes), words(again)) == (["stored"] * 3, ["duplicate"] * 3)


# ── Within bounds ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_person_has_so_many_samples_and_so_has_a_call(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond them they are rejected; others' and other calls' go on."""
    monkeypatch.setattr(actions, "MOST_SAMPLES_OF_ONE", 5)
    monkeypatch.setattr(actions, "MOST_SAMPLES_OF_CALL", 8)
    call = ids.uuid7()
    await add(samples, *(measured(call) for _ in range(5)))

    assert words(await add(samples, measured(call), measured(call, "user:2"))) == ["call.too_many_samples", "stored"]
    await add(samples, measured(call, "user:2"), measured(call, "user:2"))
    assert words(await add(samples, measured(call, "user:2"))) == ["call.too_many_samples"]
    assert words(await add(samples, measured(ids.uuid7()))) == ["stored"]


async def test_bounds_hold_after_a_restart(samples: Samples, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is counted."""
    monkeypatch.setattr(actions, "MOST_SAMPLES_OF_ONE", 5)
    call = ids.uuid7()
    await add(samples, *(measured(call) for _ in range(5)))

    async with Samples(context.db, context.ledger).running() as after:
        assert words(await add(after, measured(call))) == ["call.too_many_samples"]


async def test_a_call_has_so_many_people(samples: Samples) -> None:
    """Samples of more are rejected, as their facts are."""
    call = ids.uuid7()

    outcomes = words(await add(samples, *(measured(call, f"user:{n}") for n in range(205))))

    assert outcomes == ["stored"] * 200 + ["call.too_many_participants"] * 5


# ── What is over ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_samples_of_a_call_that_is_over_have_its_report_made_again(host: Host, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a call that has ended, when a sample comes, then its readers hear of the call again; not for one that is there already, nor of one that runs."""
    monkeypatch.setattr(watch, "GATHER", 600)  # what is found in the samples would be news of the call that runs
    page = await host.join(await host.make_call(), "user:1")
    running = await host.make_call()
    late, other = sample(page.call, participant="user:1", connection=page.connection), sample(running, participant="user:1")
    await stored(host.client, sample(page.call, participant="user:1", connection=page.connection))
    await host.end(page.call)
    await stored(host.client, sample(running, participant="user:1"))
    await _changes(db)

    await stored(host.client, late, other)
    version = (await host.record(page.call))["version"]

    assert await _changes(db) == [(UUID(page.call), version)]
    await send(host.client, late)
    assert await _changes(db) == []


async def _changes(db: Database) -> list[tuple[UUID, int]]:
    """What a reader has not heard of yet."""
    async with db.transaction() as tx:
        found = await read_changes(tx, "test")
        if found:
            await advance(tx, "test", found[-1])
    return [(change.call_id, change.version) for change in found]


async def test_a_call_that_is_being_removed_takes_no_more(host: Host, db: Database) -> None:
    """Neither of whom it knows nor of anybody new."""
    call = await host.make_call()
    await stored(host.client, sample(call, participant="user:1"))
    async with db.transaction() as tx:
        await tx.execute("UPDATE calls SET is_sealed = true")

    assert await refused(host.client, sample(call, participant="user:1"), sample(call, participant="user:2")) == ["sample.too_late"] * 2
    assert len(await kept(host.client, call)) == 1


async def test_only_what_is_new_in_calls_that_run_is_told(host: Host, told: tuple[Samples, list[Stored]], db: Database) -> None:
    """Whoever watches hears of stored samples after they are durable; of no repeats, and not of calls that are over."""
    samples, heard = told
    over = await host.make_call()
    await add(samples, measured(UUID(over)))
    await host.end(over)
    heard.clear()
    running = ids.uuid7()
    one = measured(running)

    await add(samples, one, one, measured(UUID(over)))
    await add(samples, one)

    (found,) = await all_of(db, running)
    assert heard == [Stored(running, found.connection_id, one.id)]


# ── Read ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_all_that_was_measured_is_read_as_it_was(samples: Samples, db: Database) -> None:
    """In order of time, every member in its place."""
    call = ids.uuid7()
    whole = {
        "direction": "outbound", "kind": "screen", "muted": True, "packet_loss_pct": 1.5, "late_loss_pct": 0.5, "rtt_ms": 81.25, "path_rtt_ms": 60.5,
        "jitter_ms": 7.5, "jitter_buffer_ms": 42.0, "packets": 498, "bytes": 2**40, "bitrate_kbps": 33.5, "target_kbps": 64.0,
        "available_outgoing_kbps": 2400.0, "codec": "VP9", "protection": "red_fec", "concealment_pct": 0.25, "width": 1280, "height": 720,
        "fps": 29.75, "fps_expected": 30.0, "freeze_ratio": 0.125, "freeze_count": 3, "frames_dropped_pct": 4.5, "limitation": "cpu",
        "counter_resets": 2,
    }  # fmt: skip
    later, first = measured(call, second=20, **whole), measured(call)

    await add(samples, later, first)

    found = await all_of(db, call)
    assert [one.id for one in found] == [first.id, later.id]
    assert {name: getattr(found[1], name) for name in whole} == whole
    assert set(whole) | {"started_at", "interval_ms"} == set(Measured.__struct_fields__)
    assert (found[1].started_at, found[1].interval_ms) == (later.measured.started_at, 10_000)
    assert (found[1].mos, found[1].score, found[1].formula) == (None, None, "q1")


async def test_the_last_of_each_track_are_read_for_many_at_once(samples: Samples, db: Database) -> None:
    """So many of each, in order, and of nobody else."""
    call, elsewhere = ids.uuid7(), ids.uuid7()
    sent = [
        measured(one, who, second=n * 10, direction=direction, kind=kind)
        for one in (call, elsewhere)
        for who in ("user:1", "user:2", "user:3")
        for n in range(5)
        for direction in ("inbound", "outbound")
        for kind in ("audio", "video", "screen")
    ]
    await add(samples, *sent)
    places = sorted({(call, one.connection_id) for one in await all_of(db, call)})[:2]

    async with db.connection() as tx:
        found = await last_samples(tx, places, most=3)

    assert {(one.call_id, one.connection_id) for one in found} == set(places)
    assert len(found) == 2 * 6 * 3
    assert {one.started_at for one in found} == {NOW - timedelta(hours=1) + n * 10 * SECOND for n in (2, 3, 4)}
    assert found == sorted(found, key=lambda one: (one.ended_at, one.id))


FILL = """
    INSERT INTO samples (call_id, connection_id, id, participant_id, started_at, interval_ms, direction, kind, score, formula, received_at)
    SELECT md5('call' || n % 50)::uuid, md5('connection' || n % 500)::uuid, md5('sample' || n)::uuid, md5('person' || n % 500)::uuid,
           timestamptz '2026-11-21T12:00Z' - n * interval '1 second', 10000, CASE WHEN n % 3 = 0 THEN 'outbound' ELSE 'inbound' END,
           CASE WHEN n % 7 = 0 THEN 'video' ELSE 'audio' END, 90, 'q1', now()
    FROM generate_series(1, 50000) AS n
"""


async def test_samples_are_found_by_their_index(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given 50,000 samples of 50 calls, then none of the questions reads them all."""
    async with db.connection() as tx:
        await tx.execute(
            "INSERT INTO calls (id, created_at, updated_at) SELECT md5('call' || n)::uuid, now(), now() FROM generate_series(0, 49) AS n"
        )
        await tx.execute(FILL)
        await tx.execute("RESET ROLE")
        await tx.execute("ANALYZE")
        cursor = await tx.execute("SELECT call_id, connection_id FROM samples LIMIT 1")
        ((call, connection),) = await cursor.fetchall()
        asked: list[tuple[Any, Any]] = []

        async def listen(tx: Tx, statement: Any, parameters: Any) -> list[Sample]:
            asked.append((statement, parameters))
            return []

        monkeypatch.setattr(queries, "_fetch", listen)
        position = SamplePosition(connection, NOW, ids.uuid7())
        questions: dict[str, Callable[[], Any]] = {
            "all of a call": lambda: list_samples(tx, call),
            "the last of a connection": lambda: last_samples(tx, [(call, connection)], most=16),
            "a page": lambda: queries.list_samples_of_call(tx, call, SampleFilter(), after=position, rows=51),
            "a connection's": lambda: queries.list_samples_of_call(tx, call, SampleFilter(connection_id=connection), after=None, rows=51),
        }
        for question, ask in questions.items():
            await ask()
            statement, parameters = asked.pop()
            cursor = await tx.execute("EXPLAIN " + statement, parameters)
            plan = "\n".join(row[0] for row in await cursor.fetchall())
            assert "Seq Scan on samples" not in plan, (question, plan)
            assert "samples_in_order" in plan or "samples_pkey" in plan, (question, plan)
