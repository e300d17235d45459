"""Reading the audit trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from callwell.postgres.pool import Tx, fetch_all


class AuditEntry(Struct, frozen=True):
    """Something that was done, by whom and from where; who it was is unknown once they were erased."""

    id: UUID
    at: datetime
    action: str
    caller: str
    call_id: UUID | None
    room_id: UUID | None
    invite_id: UUID | None
    appointment_id: UUID | None
    participant_id: UUID | None
    error_code: str | None
    duration_ms: int | None
    metadata: dict[str, Any]
    identity: str | None
    address: str | None
    user_agent: str | None


class AuditPosition(Struct, frozen=True, array_like=True):
    """Where a page of the trail ends."""

    at: datetime
    id: UUID


class AuditFilter(Struct, frozen=True, kw_only=True):
    """Which entries are wanted: all that fit everything given. ``since`` is included, ``until`` is not."""

    action: str | None = None
    call_id: UUID | None = None
    room_id: UUID | None = None
    identity: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_audit_entries(tx: Tx, wanted: AuditFilter, *, after: AuditPosition | None, rows: int) -> list[AuditEntry]:
    """Newest first, each filter on an index of its own."""
    statement = """
        SELECT entry.id, entry.at, entry.action, entry.caller, entry.call_id, entry.room_id, entry.invite_id, entry.appointment_id,
               entry.participant_id, entry.error_code, entry.duration_ms, entry.metadata, who.identity, who.address, who.user_agent
        FROM audit_entries AS entry LEFT JOIN audit_identities AS who ON who.entry_id = entry.id WHERE true
    """
    if wanted.action is not None:
        statement += " AND entry.action = %(action)s"
    if wanted.call_id is not None:
        statement += " AND entry.call_id = %(call_id)s"
    if wanted.room_id is not None:
        statement += " AND entry.room_id = %(room_id)s"
    if wanted.identity is not None:
        statement += " AND who.identity = %(identity)s"
    if wanted.since is not None:
        statement += " AND entry.at >= %(since)s"
    if wanted.until is not None:
        statement += " AND entry.at < %(until)s"
    if after is not None:
        statement += " AND (entry.at, entry.id) < (%(after_at)s, %(after_id)s)"
    return await fetch_all(
        tx,
        AuditEntry,
        statement + " ORDER BY entry.at DESC, entry.id DESC LIMIT %(rows)s",
        {
            "action": wanted.action,
            "call_id": wanted.call_id,
            "room_id": wanted.room_id,
            "identity": wanted.identity,
            "since": wanted.since,
            "until": wanted.until,
            "after_at": after and after.at,
            "after_id": after and after.id,
            "rows": rows,
        },
    )
