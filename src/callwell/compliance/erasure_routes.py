"""Erasing over HTTP: for the host's server alone."""

from datetime import UTC, datetime
from uuid import UUID

from litestar import delete, get
from litestar.di import Provide

from callwell.access.callers import StaffCaller
from callwell.access.guards import allow
from callwell.compliance.erasing import Erasure, get_erasure, request_erasure
from callwell.http import Response, Write
from callwell.planning.routes import ConversationPath
from callwell.postgres.pool import Database, Tx
from callwell.record.audit import Origin, origin_of

ORIGIN = {"origin": Provide(origin_of, sync_to_thread=False)}


@delete("/v1/conversations/{conversation_id:str}", opt=allow(keys="admin"), status_code=202, dependencies=ORIGIN)
async def erase_conversation(conversation_id: ConversationPath, caller: StaffCaller, origin: Origin, write: Write) -> Response[Erasure]:
    """Erase a conversation with its calls and all that was kept of them, its appointments with their notes, its rooms and invites.

    Calls that go on are ended and whoever is in them is put out. Nothing new is put under it from now on; the rest is done in the background.
    """
    at = datetime.now(UTC)

    async def do(tx: Tx) -> Erasure:
        return await request_erasure(tx, conversation_id, at=at, caller=caller.source, origin=origin)

    return await write(do, status=202)


@get("/v1/erasures/{erasure_id:uuid}", opt=allow(keys="admin"))
async def show_erasure(erasure_id: UUID, db: Database) -> Erasure:
    """How far a removal has come; it is over when it has a time of completion."""
    async with db.connection() as tx:
        return await get_erasure(tx, erasure_id)


routes = [erase_conversation, show_erasure]
