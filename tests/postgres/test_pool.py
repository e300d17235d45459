"""The pool: rows as structs, transactions, what errors mean, and coming back when the server was killed."""

import asyncio
import enum
import os
import select
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from callwell import errors, postgres
from callwell.postgres import Database
from callwell.postgres.embedded import EmbeddedPostgres


class Colour(enum.StrEnum):
    RED = "red"


class Paint(msgspec.Struct, frozen=True):
    id: UUID
    colour: Colour
    mixed_at: datetime
    parts: tuple[int, ...]
    notes: dict[str, str] | None = None


class Number(msgspec.Struct, frozen=True):
    n: int


PAINT = """
    SELECT %s::uuid AS id, %s::text AS colour, %s::timestamptz AS mixed_at, ARRAY[1, 2] AS parts, '{"a": "b"}'::jsonb AS notes
"""


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_rows_are_structs_with_real_enumerations_and_utc(db: Database) -> None:
    """A row becomes the struct whose fields carry its columns' names; times are in UTC whatever zone they were given in."""
    id = uuid4()
    async with db.connection() as connection:
        paint = await postgres.fetch_one(connection, Paint, PAINT, [id, "red", "2026-11-21T10:00:00+02:00"])
    assert paint == Paint(id, Colour.RED, datetime(2026, 11, 21, 8, tzinfo=UTC), (1, 2), {"a": "b"})
    assert paint is not None
    assert (type(paint.colour), paint.mixed_at.tzinfo) == (Colour, UTC)


async def test_a_row_that_does_not_fit_its_struct_is_an_error(db: Database) -> None:
    """A value that its field does not know is not passed on as if it did."""
    async with db.connection() as connection:
        with pytest.raises(msgspec.ValidationError, match="colour"):
            await postgres.fetch_one(connection, Paint, PAINT, [uuid4(), "green", "2026-11-21T10:00:00Z"])


async def test_rows_many_one_and_none(db: Database) -> None:
    """fetch_all gives all rows, fetch_one the first or None, fetch_value its first column, execute how many it touched."""
    async with db.connection() as connection:
        assert await postgres.fetch_all(connection, Number, "SELECT n FROM generate_series(1, 3) AS n") == [Number(1), Number(2), Number(3)]
        assert await postgres.fetch_one(connection, Number, "SELECT 1 AS n WHERE false") is None
        assert await postgres.fetch_value(connection, "SELECT %s::int + 1", [1]) == 2
        assert await postgres.fetch_value(connection, "SELECT 1 WHERE false") is None
        await postgres.execute(connection, "CREATE TEMP TABLE numbers (n integer)")
        assert await postgres.execute(connection, "INSERT INTO numbers SELECT generate_series(1, 4)") == 4


# ── Transactions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def count_numbers(db: Database) -> int:
    async with db.connection() as connection:
        return await postgres.fetch_value(connection, "SELECT count(*) FROM numbers")


@pytest.fixture
async def numbers(db: Database) -> Database:
    """A database with an empty table of numbers, each there once."""
    async with db.connection() as connection:
        await postgres.execute(connection, "RESET ROLE")
        await postgres.execute(connection, "CREATE TABLE numbers (n integer PRIMARY KEY CHECK (n < 100))")
    return db


async def test_a_transaction_commits_at_its_end(numbers: Database) -> None:
    """What was written in it is seen by others only when the block was left."""
    async with numbers.transaction() as tx:
        await postgres.execute(tx, "INSERT INTO numbers VALUES (1)")
        assert await count_numbers(numbers) == 0
    assert await count_numbers(numbers) == 1


async def test_an_error_rolls_a_transaction_back(numbers: Database) -> None:
    """Nothing of a transaction that an error leaves is kept, and its connection serves the next."""
    with pytest.raises(ZeroDivisionError):
        async with numbers.transaction() as tx:
            await postgres.execute(tx, "INSERT INTO numbers VALUES (1)")
            raise ZeroDivisionError
    assert await count_numbers(numbers) == 0


async def test_a_cancelled_transaction_is_rolled_back(numbers: Database) -> None:
    """A caller that goes away in the middle of a statement leaves nothing behind and no connection unusable."""

    async def write_slowly() -> None:
        async with numbers.transaction() as tx:
            await postgres.execute(tx, "INSERT INTO numbers VALUES (1)")
            await postgres.execute(tx, "SELECT pg_sleep(60)")

    writing = asyncio.create_task(write_slowly())
    await asyncio.sleep(0.1)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await count_numbers(numbers) == 0


async def test_a_pipeline_sends_without_waiting(numbers: Database) -> None:
    """Statements of a pipeline arrive, and an error in one undoes the transaction."""
    async with numbers.transaction() as tx, tx.pipeline():
        for n in range(10):
            await tx.execute("INSERT INTO numbers VALUES (%s)", [n])
    assert await count_numbers(numbers) == 10

    with pytest.raises(postgres.DatabaseError) as refused:
        async with numbers.transaction() as tx, tx.pipeline():
            for n in (10, 1, 11):
                await tx.execute("INSERT INTO numbers VALUES (%s)", [n])
    assert postgres.sqlstate(refused.value) == "23505"
    assert await count_numbers(numbers) == 10


# ── Errors ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("INSERT INTO numbers VALUES (1), (1)", "23505"),
        ("INSERT INTO numbers VALUES (100)", "23514"),
        ("INSERT INTO numbers VALUES (NULL)", "23502"),
        ("SELECT 1 / 0", "22012"),
        ("SELECT '\\x00'::bytea::text::integer", "22P02"),
    ],
)
async def test_data_errors_are_told_by_their_state(numbers: Database, statement: str, state: str) -> None:
    """Values that cannot be stored are a data error, which trying again does not mend."""
    async with numbers.connection() as connection:
        with pytest.raises(postgres.DatabaseError) as refused:
            await connection.execute(statement.encode())
    assert postgres.sqlstate(refused.value) == state
    assert postgres.is_data_error(refused.value)
    assert not postgres.is_retryable(refused.value)


async def test_a_mistake_in_a_statement_is_neither_data_nor_retryable(db: Database) -> None:
    """What is wrong with the program is not blamed on values, nor tried again."""
    async with db.connection() as connection:
        with pytest.raises(postgres.DatabaseError) as refused:
            await connection.execute("SELECT nothing FROM nowhere")
    assert postgres.sqlstate(refused.value) == "42P01"
    assert not postgres.is_data_error(refused.value)
    assert not postgres.is_retryable(refused.value)


async def test_a_deadlock_is_retryable(numbers: Database) -> None:
    """Of two transactions that wait for each other one is undone, and may be run again."""
    async with numbers.transaction() as tx:
        await postgres.execute(tx, "INSERT INTO numbers VALUES (1), (2)")
    both_hold_one = asyncio.Barrier(2)

    async def lock(first: int, then: int) -> None:
        async with numbers.transaction() as tx:
            await postgres.execute(tx, "SET LOCAL ROLE NONE")
            await postgres.execute(tx, "SET LOCAL deadlock_timeout = '10ms'")
            await postgres.execute(tx, "SELECT FROM numbers WHERE n = %s FOR UPDATE", [first])
            await both_hold_one.wait()
            await postgres.execute(tx, "SELECT FROM numbers WHERE n = %s FOR UPDATE", [then])

    outcomes = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
    assert [postgres.sqlstate(one) for one in outcomes if one] == ["40P01"]
    assert [postgres.is_retryable(one) for one in outcomes if one] == [True]


async def test_a_serialization_failure_is_retryable(numbers: Database) -> None:
    """The later of two serializable writers of one row is undone, and may be run again."""
    async with numbers.transaction() as tx:
        await postgres.execute(tx, "INSERT INTO numbers VALUES (1)")
    with pytest.raises(postgres.DatabaseError) as refused:
        async with numbers.transaction() as later:
            await postgres.execute(later, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            await postgres.fetch_value(later, "SELECT n FROM numbers")
            async with numbers.transaction() as earlier:
                await postgres.execute(earlier, "UPDATE numbers SET n = 2")
            await postgres.execute(later, "UPDATE numbers SET n = 3")
    assert postgres.sqlstate(refused.value) == "40001"
    assert postgres.is_retryable(refused.value)


async def test_a_connection_that_is_ended_is_retryable(numbers: Database) -> None:
    """Whoever speaks on a connection that an administrator ends is told so, and nothing of the transaction is kept."""
    with pytest.raises(postgres.DatabaseError) as lost:
        async with numbers.transaction() as tx:
            await postgres.execute(tx, "INSERT INTO numbers VALUES (1)")
            async with numbers.connection() as other:
                await postgres.execute(other, "RESET ROLE")
                await postgres.execute(other, "SELECT pg_terminate_backend(%s)", [tx.info.backend_pid])
            await postgres.fetch_value(tx, "SELECT count(*) FROM numbers")
    assert postgres.is_connection_lost(lost.value)
    assert postgres.is_retryable(lost.value)
    assert await count_numbers(numbers) == 0


def test_other_errors_mean_nothing_here() -> None:
    """What did not come from the database has no state and is not retryable."""
    assert postgres.sqlstate(ValueError()) is None
    assert not postgres.is_retryable(ValueError())
    assert not postgres.is_data_error(errors.DatabaseUnavailable())


# ── No connection ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """Connecting to nothing is a 503 with Retry-After that carries its reason."""
    with pytest.raises(errors.DatabaseUnavailable) as refused:
        await Database.connect(f"postgresql:///nowhere?host={tmp_path}")
    assert (refused.value.status, refused.value.retry_after) == (503, 2)
    assert str(tmp_path) in str(refused.value.__cause__)


async def test_no_connection_within_five_seconds_is_unavailable(database_url: str) -> None:
    """Where all connections are taken a caller waits 5 s and then is told to come back."""
    async with await Database.connect(database_url, size=1) as db, db.connection():
        began = time.monotonic()
        with pytest.raises(errors.DatabaseUnavailable):
            async with db.connection():
                pass
        assert 4.5 < time.monotonic() - began < 10


# ── The server goes away ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def own_server(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server that may be killed, looked after as the program does."""
    with EmbeddedPostgres(tmp_path / "pg") as server:
        looking_after = asyncio.create_task(server.keep_alive(every=0.1))
        yield server
        looking_after.cancel()


def kill_postmaster(server: EmbeddedPostgres) -> None:
    os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


async def test_the_pool_heals_when_the_server_was_killed(own_server: EmbeddedPostgres) -> None:
    """After kill -9 of the server who was just speaking may try again, everybody else gets a connection, and what was committed is there."""

    async def count_patiently() -> int:
        while True:
            try:
                return await count_numbers(db)
            except postgres.DatabaseError as lost:
                assert postgres.is_retryable(lost)
            except errors.DatabaseUnavailable:  # on a slow disk it is away for longer than anybody waits, and they come back
                continue

    async with await Database.connect(own_server.dsn, size=4) as db:
        async with db.transaction() as tx:
            await postgres.execute(tx, "CREATE TABLE numbers AS SELECT 1 AS n")
        async with db.connection(), db.connection(), db.connection(), db.connection():
            pass  # the pool has all four of its connections

        kill_postmaster(own_server)
        async with asyncio.timeout(120):
            counts = await asyncio.gather(*(count_patiently() for _ in range(20)))
    assert counts == [1] * 20


async def test_who_gives_up_while_the_server_is_silent_loses_no_connection(own_server: EmbeddedPostgres) -> None:
    """Given a connection on which there is something to read, and a server that is stopped then, whoever stops waiting for it leaves it to the pool."""
    async with await Database.connect(own_server.dsn, size=1) as db:
        async with db.connection() as tx:
            backend = await postgres.fetch_value(tx, "SELECT pg_backend_pid()")
            await postgres.execute(tx, "LISTEN news")
        async with await Database.connect(own_server.dsn, size=1) as other, other.connection() as theirs:
            await postgres.execute(theirs, "NOTIFY news")
        assert select.select([tx.fileno()], [], [], 10)[0]
        os.kill(backend, signal.SIGSTOP)
        asyncio.get_running_loop().call_later(0.5, os.kill, backend, signal.SIGCONT)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), db.connection():
                pass

        async with db.connection() as tx:
            assert await postgres.fetch_value(tx, "SELECT 1") == 1


async def test_a_listener_hears_and_knows_when_it_may_have_missed_something(own_server: EmbeddedPostgres) -> None:
    """A listener is told to look when it begins and after each loss of its connection, and hears what is notified in between."""

    async def notify(text: str) -> None:
        async with db.connection() as connection:
            await postgres.execute(connection, "SELECT pg_notify('Some channel', %s)", [text])

    async with await Database.connect(own_server.dsn, size=2) as db, asyncio.timeout(60):
        heard = db.listen("Some channel")
        assert await anext(heard) is None
        await notify("before")
        assert await anext(heard) == "before"

        kill_postmaster(own_server)
        assert await anext(heard) is None
        await notify("after")
        assert await anext(heard) == "after"
        await heard.aclose()


# ── Promises ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["off", "local"])
async def test_a_database_that_may_lose_commits_is_refused(db: Database, value: str) -> None:
    """synchronous_commit = off acknowledges what is not on disk."""
    async with db.connection() as connection:
        name = connection.info.dbname
        await connection.execute("RESET ROLE")
        await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = '{value}'".encode())
    async with await Database.connect(db.dsn) as unsafe:
        with pytest.raises(errors.UnsafeDatabase, match=f"synchronous_commit = {value}"):
            await postgres.check_durability(unsafe)


async def test_a_database_without_fsync_is_refused(tmp_path: Path) -> None:
    """fsync = off can lose everything with the power."""
    with EmbeddedPostgres(tmp_path / "pg", conf={"fsync": "off"}) as server:
        async with await Database.connect(server.dsn) as db:
            with pytest.raises(errors.UnsafeDatabase, match="fsync = off"):
                await postgres.check_durability(db)


async def test_the_embedded_database_is_safe(db: Database) -> None:
    """What we start ourselves passes our own check."""
    await postgres.check_durability(db)
