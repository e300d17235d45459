"""A practice: appointments, the ledger that their calls are written to, and what follows them. Times are seconds after 09:00."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from tests.record.conftest import Book, fact
from tests.record.story import BEGIN, at

from callwell import ids
from callwell.access.guards import Door
from callwell.planning.appointments import Acting, NewAppointment, create_appointment, lock_appointment
from callwell.planning.bookings import Appointment
from callwell.planning.deployed import Deployed
from callwell.planning.following import close_windows, follow_calls
from callwell.postgres import Database
from callwell.record import events as e
from callwell.record.audit import NOWHERE
from callwell.record.ledger import Ledger
from callwell.settings import Settings


class Practice:
    """What is booked, what happens in calls, and what becomes of it."""

    def __init__(self, db: Database, book: Book, deployed: Deployed) -> None:
        self.db = db
        self.book = book
        self.deployed = deployed

    async def appointment(self, **told: Any) -> UUID:
        """Ana with Ngozi at 09:00 for 50 minutes, confirmed."""
        wished = {"client_id": "user:ana", "provider_id": "user:ngozi", "duration_minutes": 50, "status": "confirmed", **told}
        if "clients" in wished:
            del wished["client_id"]
        id = ids.uuid7()
        async with self.db.transaction() as tx:
            await create_appointment(tx, id, NewAppointment(scheduled_at=BEGIN, **wished), self.deployed, Acting("test", NOWHERE, at(-86_400)))
        return id

    async def call(self, appointment_id: UUID, when: float = 0, **told: Any) -> UUID:
        call_id = ids.uuid7()
        await self.book.write(fact(call_id, when, "call.created", e.CallCreated(appointment_id=appointment_id, **told)))
        return call_id

    async def came(self, call_id: UUID, who: str, since: float, until: float | None = None, *, is_connected: bool = True) -> None:
        """Somebody comes, is connected at once (or never), and leaves."""
        facts = [fact(call_id, since, "participant.joined", e.Joined(), f"user:{who}", who)]
        if is_connected:
            facts.append(fact(call_id, since, "participant.connected", e.Connected(), f"user:{who}", who))
        if until is not None:
            facts.append(fact(call_id, until, "participant.left", e.Left(), f"user:{who}", who))
        assert set(await self.book.write(*facts)) == {"stored"}

    async def ended(self, call_id: UUID, when: float) -> None:
        assert await self.book.write(fact(call_id, when, "call.ended", e.CallEnded())) == ["stored"]

    async def held(self, appointment_id: UUID, since: float = 0, until: float = 2700) -> UUID:
        """A call in which both were."""
        call_id = await self.call(appointment_id, since)
        await self.came(call_id, "ngozi", since, until)
        await self.came(call_id, "ana", since, until)
        await self.ended(call_id, until)
        return call_id

    async def look(self, when: float) -> None:
        """Who follows calls and closes windows has come as far as that. Transactions of other tests hold a reader up for a moment."""
        async with asyncio.timeout(60):
            while await self._is_behind():
                if not await follow_calls(self.db, self.deployed, at(when)):
                    await asyncio.sleep(0.01)
        await close_windows(self.db, self.deployed, at(when))

    async def _is_behind(self) -> bool:
        return await self.book.one(
            """
            SELECT EXISTS (SELECT FROM changes WHERE NOT EXISTS (
                SELECT FROM change_readers AS reader WHERE name = 'appointments' AND (changes.txid, changes.position) <= (reader.txid, reader.position)))
            """
        )

    async def get(self, appointment_id: UUID) -> Appointment:
        async with self.db.transaction() as tx:
            found = await lock_appointment(tx, appointment_id)
        assert found is not None
        return found

    async def standing(self, appointment_id: UUID) -> tuple[str, str | None]:
        """Where it stands, and who did not come."""
        found = await self.get(appointment_id)
        return found.status, found.no_show

    async def trail(self, appointment_id: UUID) -> list[str]:
        """What went by itself, the oldest first."""
        rows = await self.book.rows(
            "SELECT action FROM audit_entries WHERE appointment_id = %s AND caller = 'callwell' ORDER BY at, id", appointment_id
        )
        return [action for (action,) in rows]


@pytest.fixture
async def practice(db: Database) -> AsyncIterator[Practice]:
    settings = Settings()
    async with Ledger(db, settings).running() as ledger:
        yield Practice(db, Book(db, ledger), Deployed(db, ledger, Door(db, settings), settings, []))
