"""A server with a mistake in it: it acknowledges facts before they are committed. The checks have to find that out."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from callwell import app
from callwell.__main__ import main
from callwell.record.audit import NOWHERE, Origin
from callwell.record.events import NewEvent, Writer
from callwell.record.ledger import Ledger
from callwell.record.opened import Outcome


class HastyLedger(Ledger):
    _later: set["asyncio.Task[list[Outcome]]"]

    async def append(
        self, source: str, writer: Writer, events: Sequence[NewEvent], *, received_at: datetime, origin: Origin = NOWHERE
    ) -> list[Outcome]:
        writing = asyncio.create_task(self._write_later(source, writer, events, received_at, origin))
        self._later = {task for task in getattr(self, "_later", ()) if not task.done()} | {writing}
        return [Outcome(event.id, "stored") for event in events]

    async def _write_later(self, source: str, writer: Writer, events: Sequence[NewEvent], received_at: datetime, origin: Origin) -> list[Outcome]:
        await asyncio.sleep(0.2)
        return await super().append(source, writer, events, received_at=received_at, origin=origin)


if __name__ == "__main__":
    app.Ledger = HastyLedger
    main()
