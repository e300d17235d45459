"""The audit trail over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct

from callwell import ids
from callwell.access.callers import Caller
from callwell.access.guards import allow
from callwell.access.keys import Note
from callwell.compliance.archive import Archive
from callwell.compliance.export import export_trail, prove_entry
from callwell.compliance.queries import AuditEntry, AuditFilter, AuditPosition, list_audit_entries
from callwell.compliance.sealing import Sealing
from callwell.compliance.seals import public_key
from callwell.compliance.standing import Standing, read_standing
from callwell.compliance.verify import Proof
from callwell.http import Page, Paging, Request
from callwell.planning.rooms import read_room_filter
from callwell.postgres.pool import Database, execute
from callwell.record.audit import Action, add_audit_entry, origin_of
from callwell.settings import Settings

JSON_LINES = "application/x-ndjson"

IdentityQuery = Annotated[str | None, QueryParameter(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$", description="`user:…` or `guest:…`")]


class ShownEntry(Struct, frozen=True, kw_only=True):
    """Something that was done, by whom and from where; who it was is null once they were erased, and their address as it may be kept."""

    id: UUID
    at: datetime
    action: str
    caller: str
    """The kind of credential and its id."""
    call_id: UUID | None
    room: str | None
    invite_id: UUID | None
    appointment_id: UUID | None
    participant_id: UUID | None
    error_code: str | None
    error_message: str | None
    duration_ms: int | None
    metadata: dict[str, Any]
    identity: str | None
    address: str | None
    user_agent: str | None


def _shown(entry: AuditEntry) -> ShownEntry:
    members = {name: getattr(entry, name) for name in AuditEntry.__struct_fields__ if name != "room_id"}
    return ShownEntry(**members, room=ids.room_name(entry.room_id) if entry.room_id else None)


@get("/v1/audit", opt=allow(keys="audit:read"))
async def list_audit(
    request: Request,
    db: Database,
    settings: Settings,
    ip_policy: str,
    caller: Caller,
    paging: Paging,
    action: Action | None = None,
    call_id: UUID | None = None,
    room: str | None = None,
    appointment_id: UUID | None = None,
    identity: IdentityQuery = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[ShownEntry]:
    """What was done, the newest first: from `since` until before `until`. That it was read is an entry, too."""
    room_id = read_room_filter(room)
    wanted = AuditFilter(action=action, call_id=call_id, room_id=room_id, appointment_id=appointment_id, identity=identity, since=since, until=until)
    async with db.transaction() as tx:
        found = await list_audit_entries(tx, wanted, after=paging.after(AuditPosition), rows=paging.rows)
        await add_audit_entry(
            tx,
            action=Action.AUDIT_READ,
            at=datetime.now(UTC),
            caller=caller.source,
            origin=origin_of(request.scope, settings, ip_policy),
            identity=identity,
            call_id=call_id,
            room_id=room_id,
            appointment_id=appointment_id,
            metadata={"read": "list", "entries": min(len(found), paging.limit)} | ({"action": action.value} if action else {}),
        )
    return paging.page(found, lambda entry: AuditPosition(entry.at, entry.id), _shown)


@get("/v1/audit/export", opt=allow(keys="audit:read"), media_type=JSON_LINES)
async def export_audit(
    db: Database,
    archive: Archive,
    sealing: Sealing,
    note: Note,
    identities: Annotated[bool, QueryParameter(description="Also who each entry was about, as far as they were not erased.")] = False,
) -> Stream:
    """The whole trail as JSON lines, with its seals, as `callwell audit verify` takes it. Nothing in it names a person unless `identities` is asked for.

    The last line counts all others: where it is missing, the export was cut off.
    """
    at = datetime.now(UTC)
    async with db.transaction() as tx:
        await note(tx, Action.AUDIT_READ, at, read="export", identities=identities)
    return Stream(export_trail(db, archive, public_key(sealing.key), at, identities=identities), media_type=JSON_LINES)


@get("/v1/audit/state", opt=allow(keys="audit:read"))
async def get_audit_state(db: Database, sealing: Sealing) -> Standing:
    """How much of the trail is sealed, and whether its newest part is as it was sealed. What was not looked at is said; `callwell audit verify` looks at all.

    It tells of no entry, and is none.
    """
    kept = await sealing.kept()
    async with db.transaction() as tx:
        await execute(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return await read_standing(tx, public_key(sealing.key), kept, datetime.now(UTC))


@get("/v1/audit/{entry_id:uuid}/proof", opt=allow(keys="audit:read"))
async def prove_audit(entry_id: UUID, db: Database, archive: Archive, note: Note) -> Proof:
    """The proof that an entry is under its seal as it was sealed; `callwell audit verify --proof` checks it without the server."""
    async with db.transaction() as tx:
        proof = await prove_entry(tx, archive, entry_id)
        await note(tx, Action.AUDIT_READ, datetime.now(UTC), read="proof", entry=str(entry_id))
    return proof


routes = [list_audit, export_audit, get_audit_state, prove_audit]
