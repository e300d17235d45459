"""The audit trail over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from callwell import errors, ids
from callwell.access.guards import allow
from callwell.compliance.queries import AuditEntry, AuditFilter, AuditPosition, list_audit_entries
from callwell.http import Page, Paging
from callwell.postgres.pool import Database
from callwell.record.audit import Action

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
    db: Database,
    paging: Paging,
    action: Action | None = None,
    call_id: UUID | None = None,
    room: str | None = None,
    identity: IdentityQuery = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[ShownEntry]:
    """What was done, the newest first: from `since` until before `until`."""
    room_id = ids.room_id(room) if room is not None else None
    if room is not None and room_id is None:
        _invalid("room", "It is not a room's name.")
    for name, moment in (("since", since), ("until", until)):
        if moment is not None and moment.tzinfo is None:
            _invalid(name, "It has no time zone.")
    wanted = AuditFilter(action=action, call_id=call_id, room_id=room_id, identity=identity, since=since, until=until)
    async with db.connection() as tx:
        found = await list_audit_entries(tx, wanted, after=paging.after(AuditPosition), rows=paging.rows)
    return paging.page(found, lambda entry: AuditPosition(entry.at, entry.id), _shown)


def _invalid(field: str, problem: str) -> None:
    raise errors.Invalid(problem=f"{field}: {problem}", fields={field: problem})


routes = [list_audit]
