"""A ledger over a real database, and who writes into it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import pytest
from tests.record.story import at

from callwell import ids
from callwell.postgres import Database
from callwell.record import events as e
from callwell.record.commands import Command, Refusal
from callwell.record.deadlines import sweep_deadlines
from callwell.record.events import NewEvent, Payload, Writer
from callwell.record.ledger import Changed, Ledger
from callwell.settings import Settings

LATER = at(1_000_000)
"""When facts are received, where it does not matter: after they happened."""


def fact(
    call_id: UUID,
    when: float,
    type: str,
    payload: Payload | None = None,
    who: str | None = None,
    connection: str | None = None,
    id: UUID | None = None,
) -> NewEvent:
    return NewEvent(call_id, id or ids.uuid7(), type, at(when), payload or e.Nothing(), who, connection)


class Book:
    """The ledger, and a look at what stands in it."""

    def __init__(self, db: Database, ledger: Ledger) -> None:
        self.db = db
        self.ledger = ledger

    async def write(
        self, *facts: NewEvent, source: str = "key:host", writer: Writer = Writer.SERVER, received_at: datetime = LATER
    ) -> list[str | None]:
        """Gives what became of each: `stored`, `duplicate`, or the code of why it was rejected."""
        outcomes = await self.ledger.append(source, writer, facts, received_at=received_at)
        assert [outcome.id for outcome in outcomes] == [fact.id for fact in facts]
        return [outcome.code or outcome.outcome for outcome in outcomes]

    async def do(self, call_id: UUID, command: Command, when: float) -> Changed | Refusal:
        async with self.db.transaction() as tx:
            return await self.ledger.command(tx, call_id, command, at(when))

    async def sweep(self, when: float) -> int:
        return await sweep_deadlines(self.db, self.ledger, at(when))

    async def finish(self, call_id: UUID, version: int, when: float) -> int | None:
        """As who made a report from that version does."""
        async with self.db.transaction() as tx:
            return await self.ledger.finish(tx, call_id, version, at(when))

    async def rebuild(self, call_id: UUID, when: float = 1_000_000) -> int:
        return await self.ledger.rebuild([call_id], at(when))

    async def hold(self, call_id: UUID, connection_id: UUID, since: float, until: float) -> None:
        """We hold a socket open, until its lease runs out."""
        await self.execute(
            """
            INSERT INTO leases (call_id, connection_id, opened_at, participant_id, holder, expires_at)
            SELECT call_id, id, %s, participant_id, %s, %s FROM connections WHERE call_id = %s AND id = %s
            """,
            at(since), ids.uuid7(), at(until), call_id, connection_id,
        )  # fmt: skip

    async def rows(self, statement: LiteralString, *parameters: Any) -> list[tuple[Any, ...]]:
        async with self.db.connection() as tx:
            return await (await tx.execute(statement, parameters)).fetchall()

    async def execute(self, statement: LiteralString, *parameters: Any) -> None:
        async with self.db.transaction() as tx:
            await tx.execute(statement, parameters)

    async def one(self, statement: LiteralString, *parameters: Any) -> Any:
        """The only row; bare where it has one column."""
        (row,) = await self.rows(statement, *parameters)
        return row[0] if len(row) == 1 else row

    async def record(self, call_id: UUID) -> list[tuple[Any, ...]]:
        """All that the fold writes of a call, but for its version and when it was written."""
        return [
            *await self.rows("SELECT to_jsonb(calls) - 'version' - 'updated_at' FROM calls WHERE id = %s", call_id),
            *await self.rows("SELECT to_jsonb(participants) FROM participants WHERE call_id = %s ORDER BY id", call_id),
            *await self.rows("SELECT to_jsonb(connections) FROM connections WHERE call_id = %s ORDER BY id", call_id),
        ]

    async def changes(self, call_id: UUID) -> list[int]:
        """The versions that readers are told of."""
        return [version for (version,) in await self.rows("SELECT version FROM changes WHERE call_id = %s ORDER BY position", call_id)]


@pytest.fixture
async def book(db: Database) -> AsyncIterator[Book]:
    async with Ledger(db, Settings()).running() as ledger:
        yield Book(db, ledger)


@pytest.fixture
def call_id() -> UUID:
    return ids.uuid7()


async def together(*writes: Any) -> list[Any]:
    """Several callers at once; what fails is given, not raised."""
    return await asyncio.gather(*writes, return_exceptions=True)
