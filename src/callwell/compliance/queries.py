"""Reading the audit trail, and its seals."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct

from callwell.compliance.seals import Sealed
from callwell.postgres.pool import Tx, fetch_all, fetch_one


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
    error_message: str | None
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
    appointment_id: UUID | None = None
    identity: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def list_audit_entries(tx: Tx, wanted: AuditFilter, *, after: AuditPosition | None, rows: int) -> list[AuditEntry]:
    """Newest first, each filter on an index of its own."""
    statement = """
        SELECT entry.id, entry.at, entry.action, entry.caller, entry.call_id, entry.room_id, entry.invite_id, entry.appointment_id,
               entry.participant_id, entry.error_code, entry.error_message, entry.duration_ms, entry.metadata,
               who.identity, who.address, who.user_agent
        FROM audit_entries AS entry LEFT JOIN audit_identities AS who ON who.entry_id = entry.id WHERE true
    """
    if wanted.action is not None:
        statement += " AND entry.action = %(action)s"
    if wanted.call_id is not None:
        statement += " AND entry.call_id = %(call_id)s"
    if wanted.room_id is not None:
        statement += " AND entry.room_id = %(room_id)s"
    if wanted.appointment_id is not None:
        statement += " AND entry.appointment_id = %(appointment_id)s"
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
            "appointment_id": wanted.appointment_id,
            "identity": wanted.identity,
            "since": wanted.since,
            "until": wanted.until,
            "after_at": after and after.at,
            "after_id": after and after.id,
            "rows": rows,
        },
    )


# ── Seals ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

CANONICAL: LiteralString = """
    SELECT entry.id, entry.txid::text AS txid, concat('{"entry":"', entry.id, '","txid":', entry.txid,
        ',"at":"', to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '"',
        ',"action":', to_json(entry.action), ',"caller":', to_json(entry.caller),
        ',"call_id":"' || entry.call_id || '"', ',"room_id":"' || entry.room_id || '"', ',"invite_id":"' || entry.invite_id || '"',
        ',"appointment_id":"' || entry.appointment_id || '"', ',"participant_id":"' || entry.participant_id || '"',
        ',"error_code":' || to_json(entry.error_code)::text, ',"error_message":' || to_json(entry.error_message)::text,
        ',"duration_ms":' || entry.duration_ms, ',"metadata":', entry.metadata::text,
        ',"identity_commitment":"' || encode(entry.identity_commitment, 'hex') || '"',
        ',"address_commitment":"' || encode(entry.address_commitment, 'hex') || '"',
        ',"user_agent_commitment":"' || encode(entry.user_agent_commitment, 'hex') || '"', '}') AS line
"""
"""Entries as they are sealed: one line of JSON, its members in this order, those that are null left out. ``metadata`` is as PostgreSQL writes jsonb
(keys by length, then by their bytes; numbers digit for digit), so nothing that can be stored is told apart by less than all of it."""


class SealRow(Struct, frozen=True):
    """A seal as it is kept."""

    number: int
    until_txid: str
    until_id: UUID
    entry_ids: bytes
    leaf_hashes: bytes
    statement: str
    signature: bytes
    archive: str | None
    archive_hash: bytes | None

    @property
    def sealed(self) -> Sealed:
        return Sealed(self.statement.encode(), self.signature)


SEAL: LiteralString = """
    SELECT number, until_txid::text AS until_txid, until_id, entry_ids, leaf_hashes, statement, signature, archive, archive_hash FROM audit_seals
"""


async def find_last_seal(tx: Tx) -> SealRow | None:
    return await fetch_one(tx, SealRow, SEAL + " ORDER BY number DESC LIMIT 1")


async def list_seals(tx: Tx, *, after: int, most: int) -> list[SealRow]:
    """The seals after that number, the oldest first."""
    return await fetch_all(tx, SealRow, SEAL + " WHERE number > %s ORDER BY number LIMIT %s", [after, most])


class SealedEntry(Struct, frozen=True):
    """An entry as it is sealed, with its place and, where it is known, who it was about."""

    id: UUID
    txid: str
    line: str
    salt: bytes | None
    identity: str | None
    address: str | None
    user_agent: str | None


async def list_sealed_entries(tx: Tx, after: tuple[str, UUID], until: tuple[str, UUID] | None, most: int | None = None) -> list[SealedEntry]:
    """The entries after one place in the order of sealing, up to another where that is given."""
    statement: LiteralString = CANONICAL + ", who.salt, who.identity, who.address, who.user_agent"
    statement += " FROM audit_entries AS entry LEFT JOIN audit_identities AS who ON who.entry_id = entry.id"
    statement += " WHERE (entry.txid, entry.id) > (%(txid)s::xid8, %(id)s)"
    if until is not None:
        statement += " AND (entry.txid, entry.id) <= (%(until_txid)s::xid8, %(until_id)s)"
    named = {"txid": after[0], "id": after[1], "until_txid": until and until[0], "until_id": until and until[1], "most": most}
    return await fetch_all(tx, SealedEntry, statement + " ORDER BY entry.txid, entry.id LIMIT %(most)s", named)


class Place(Struct, frozen=True):
    """Where an entry lies in the order of sealing."""

    id: UUID
    txid: str
    line: str


async def find_entry(tx: Tx, entry_id: UUID) -> Place | None:
    return await fetch_one(tx, Place, CANONICAL + " FROM audit_entries AS entry WHERE entry.id = %s", [entry_id])


async def find_seal_at(tx: Tx, txid: str, entry_id: UUID) -> SealRow | None:
    """The seal that covers this place; None where there is none yet."""
    # By the column: `until_txid` alone would be the text that is selected, of which "10000" comes before "9999".
    statement = " WHERE (until_txid, until_id) >= (%s::xid8, %s) ORDER BY audit_seals.until_txid, audit_seals.until_id LIMIT 1"
    return await fetch_one(tx, SealRow, SEAL + statement, [txid, entry_id])


async def find_archived_seal_of(tx: Tx, entry_id: UUID) -> SealRow | None:
    """The archived seal that covers an entry which is not in the table any more. Looks through all of them."""
    return await fetch_one(
        tx, SealRow, SEAL + " WHERE archive IS NOT NULL AND position(%s::bytea IN entry_ids) > 0 ORDER BY number LIMIT 1", [entry_id.bytes]
    )
