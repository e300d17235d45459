"""Connections to the database, transactions, and rows as structs.

Nothing is retried here: whoever knows that a thing can be done twice asks ``is_retryable`` and does it again.
"""

import asyncio
import contextlib
import select
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any, LiteralString, Self, TypeAlias, TypeVar

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import AsyncRowFactory, RowMaker
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from callwell import errors
from callwell.postgres.roles import become_app

Tx: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]
"""A connection, inside a transaction where one was asked for. ``async with tx.pipeline():`` sends statements without waiting for each answer."""

DatabaseError: TypeAlias = psycopg.Error
"""What statements raise."""

Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any] | None

Row = TypeVar("Row")

CONNECTION_WITHIN = 5.0
"""Seconds in which a connection has to be had."""

NETWORK = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""A server that vanished without a word is noticed within half a minute. What the address itself says counts more."""

RECONNECT_WAITS = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Seconds between attempts of a listener to connect again; the last for ever."""


class Database:
    """A pool of connections to one database. All speak UTC."""

    def __init__(self, dsn: str, pool: "AsyncConnectionPool[Tx]") -> None:
        self.dsn = dsn
        self._pool = pool

    @classmethod
    async def connect(cls, dsn: str, size: int = 10) -> Self:
        """A database with at most ``size`` connections. Raises DatabaseUnavailable, with the reason as its cause, where it cannot be reached."""
        dsn = make_conninfo(**{**NETWORK, **conninfo_to_dict(dsn)})
        try:
            await (await psycopg.AsyncConnection.connect(dsn)).close()
        except psycopg.OperationalError as why:
            raise errors.DatabaseUnavailable from why
        pool: AsyncConnectionPool[Tx] = AsyncConnectionPool(
            dsn,
            kwargs={"autocommit": True},
            configure=_configure,
            min_size=min(2, size),
            max_size=size,
            timeout=CONNECTION_WITHIN,
            # Short: the pool's waits between attempts double, and after giving up the next who asks makes it try at once.
            reconnect_timeout=3.0,
            open=False,
        )
        await pool.open()
        return cls(dsn, pool)

    async def close(self) -> None:
        await self._pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def stats(self) -> Mapping[str, int]:
        """The pool's own figures: ``pool_size``, ``pool_available``, ``requests_waiting`` and more."""
        return self._pool.get_stats()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Tx]:
        """A connection for reading; each statement is a transaction. Raises DatabaseUnavailable where there is none within 5 s."""
        connection = await self._take()
        try:
            yield connection
        finally:
            await self._pool.putconn(connection)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A transaction, committed at the end of the block and rolled back where an error leaves it.

        Raises DatabaseUnavailable where there is no connection within 5 s; nothing was sent then.
        """
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def _take(self) -> Tx:
        deadline = time.monotonic() + CONNECTION_WITHIN
        while True:
            try:
                connection = await self._pool.getconn(timeout=deadline - time.monotonic())
            except PoolTimeout as why:
                raise errors.DatabaseUnavailable from why
            alive = False
            try:
                alive = await _is_alive(connection)
            finally:
                if not alive:  # or whoever asked for it gave up meanwhile
                    await self._pool.putconn(connection)
            if alive:
                return connection

    async def listen(self, channel: str) -> AsyncGenerator[str | None]:
        """The payloads notified on a channel, for ever, on a connection of its own that is made again when it is lost.

        Gives None whenever something may have been missed: when it begins to hear, at first and after each loss. Its reader looks then.
        """
        failures = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    failures = 0
                    yield None
                    async for heard in connection.notifies():
                        yield heard.payload
            except psycopg.OperationalError:
                await asyncio.sleep(RECONNECT_WAITS[min(failures, len(RECONNECT_WAITS) - 1)])
                failures += 1


async def _configure(connection: Tx) -> None:
    set_json_loads(msgspec.json.decode, connection)
    set_json_dumps(msgspec.json.encode, connection)
    await connection.execute("SET TIME ZONE 'UTC'")
    await become_app(connection)


async def _is_alive(connection: Tx) -> bool:
    """Whether the server is still there. Where it went away there is something to read, its end; otherwise nothing is sent."""
    try:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        if poll.poll(0):
            await connection.execute("")
    except psycopg.OperationalError:
        return False
    return True


# ── Statements ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows_as(row: type[Row]) -> AsyncRowFactory[Row]:
    def make(cursor: psycopg.AsyncCursor[Any]) -> RowMaker[Row]:
        names = [column.name for column in cursor.description or ()]
        return lambda values: msgspec.convert(dict(zip(names, values, strict=True)), row)

    return make


async def send(tx: Tx, row: type[Row], statement: LiteralString, parameters: Parameters = None) -> "psycopg.AsyncCursor[Row]":
    """Inside of a pipeline: sends a statement without waiting for its answer. Once all are sent, rows are had of what this gives."""
    cursor = tx.cursor(row_factory=_rows_as(row))
    await cursor.execute(statement, parameters, prepare=True)
    return cursor


async def fetch_all(tx: Tx, row: type[Row], statement: LiteralString, parameters: Parameters = None) -> list[Row]:
    """All rows, each as this struct: columns go to the fields of their name. A column that does not fit its field raises msgspec.ValidationError."""
    async with tx.cursor(row_factory=_rows_as(row)) as cursor:
        await cursor.execute(statement, parameters)
        return await cursor.fetchall()


async def fetch_one(tx: Tx, row: type[Row], statement: LiteralString, parameters: Parameters = None) -> Row | None:
    """The first row as this struct, or None where there is none."""
    async with tx.cursor(row_factory=_rows_as(row)) as cursor:
        await cursor.execute(statement, parameters)
        return await cursor.fetchone()


async def fetch_value(tx: Tx, statement: LiteralString, parameters: Parameters = None) -> Any:
    """The first column of the first row, or None where there is none."""
    row = await (await tx.execute(statement, parameters)).fetchone()
    return row[0] if row else None


async def execute(tx: Tx, statement: LiteralString, parameters: Parameters = None) -> int:
    """How many rows the statement touched."""
    return (await tx.execute(statement, parameters)).rowcount


# ── Errors ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code of an error; None for what is not its error, and for a connection that was lost without a word."""
    return error.sqlstate if isinstance(error, psycopg.Error) else None


def is_connection_lost(error: BaseException) -> bool:
    """Whether the connection is gone. What was being committed then may be committed or not."""
    code = sqlstate(error)
    if code is None:
        return isinstance(error, psycopg.OperationalError) and not isinstance(error, psycopg.errors.PipelineAborted)
    return code.startswith("08") or code in ("57P01", "57P02", "57P03")


def is_retryable(error: BaseException) -> bool:
    """Whether the same transaction can succeed when it is run again: serialization failure, deadlock, lost connection."""
    return sqlstate(error) in ("40001", "40P01") or is_connection_lost(error)


def is_data_error(error: BaseException) -> bool:
    """Whether the values were to blame (classes 22 and 23: data exception, constraint violated), so that it fails again however often it is tried."""
    return (sqlstate(error) or "")[:2] in ("22", "23")


# ── Promises ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def check_durability(db: Database) -> None:
    """Raises UnsafeDatabase where the server may lose what it has acknowledged."""
    async with db.connection() as connection:
        for setting, unsafe in (("fsync", ("off",)), ("synchronous_commit", ("off", "local"))):
            value = await fetch_value(connection, "SELECT current_setting(%s)", [setting])
            if value in unsafe:
                raise errors.UnsafeDatabase(setting=setting, value=value)
