"""Where the trail goes when it has had its time: whole seals with their entries, as compressed lines in object storage; then they leave the table.

An object is written, read again and held against its seals before any entry is removed; seals stay in the table and name it. Interrupted anywhere,
it goes on: what was marked is removed, what was not is written again under the same name. Who entries were about is not archived.
"""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, LiteralString

import obstore
import zstandard
from msgspec import Struct
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from callwell import errors
from callwell.compliance.merkle import leaf_hash, root_of
from callwell.compliance.queries import CANONICAL, SEAL, Place, SealRow
from callwell.compliance.seals import leaves_line, read_statement
from callwell.postgres.pool import Database, execute, fetch_all
from callwell.postgres.roles import become_retention
from callwell.record.audit import Action, add_audit_entry
from callwell.settings import Settings

MOST_ENTRIES = 50_000
"""Entries in one object at most: so many are held in memory."""

MOST_SEALS = 2000
"""Seals in one object at most."""


class Archive:
    """Object storage, as far as it holds the trail."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def put(self, name: str, content: bytes) -> None:
        await obstore.put_async(self._store, name, content)

    async def get(self, name: str) -> bytes:
        """Raises TrailBroken where the object is not there."""
        try:
            return bytes(await (await obstore.get_async(self._store, name)).bytes_async())
        except (BaseError, FileNotFoundError) as why:
            raise errors.TrailBroken(problem=f"the archive's object {name} cannot be read.") from why


class ArchiveReader:
    """Reads archived seals one after the other; holds the object that it read last."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._name: str | None = None
        self._groups: dict[int, list[bytes]] = {}

    async def read_seal(self, seal: SealRow) -> list[bytes]:
        """The lines of the entries under an archived seal. Raises TrailBroken where the object is not there, is another, or has not this seal."""
        assert seal.archive is not None
        if self._name != seal.archive:
            content = await self._archive.get(seal.archive)
            if sha256(content).digest() != seal.archive_hash:
                raise errors.TrailBroken(problem=f"the archive's object {seal.archive} is another than the one that was written.")
            self._name, self._groups = seal.archive, _groups(content)
        if seal.number not in self._groups:
            raise errors.TrailBroken(problem=f"the archive's object {seal.archive} has no seal {seal.number}.")
        return self._groups[seal.number]


def archive_of(settings: Settings) -> Archive:
    """The deployment's, in a folder of its own below its data where no other place is set."""
    if settings.objects_url:
        return Archive(from_url(settings.objects_url))
    folder = Path(settings.data_dir).resolve() / "objects"
    return Archive(LocalStore(folder, mkdir=True))


def object_name(first_seal: int) -> str:
    return f"audit/{first_seal:012}.jsonl.zst"


# ── Retention ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Archived(Struct, frozen=True):
    """What was done."""

    objects: int = 0
    seals: int = 0
    removed: int = 0
    """Entries that left the table."""


async def archive_trail(db: Database, archive: Archive, before: datetime, at: datetime) -> Archived:
    """Archives what was sealed before then, and removes it from the table; what was interrupted goes on.

    Nothing goes that the figures were not made of yet. Raises TrailBroken, removing nothing, where entries are not as they were sealed.
    """
    removed = await _remove_archived(db)
    objects = seals = 0
    while group := await _next_group(db, before):
        content = await _written(db, group)
        name = object_name(group[0].number)
        await archive.put(name, content)
        if await archive.get(name) != content:
            raise errors.TrailBroken(problem=f"the archive's object {name} does not read as it was written.")
        await _mark(db, group, name, sha256(content).digest(), at)
        removed += await _remove_archived(db)
        objects, seals = objects + 1, seals + len(group)
    return Archived(objects, seals, removed)


async def _next_group(db: Database, before: datetime) -> list[SealRow]:
    """The oldest seals that are to be archived together."""
    async with db.connection() as tx:
        statement: LiteralString = """
            WHERE archive IS NULL AND (until_txid, until_id) <= (SELECT txid, entry_id FROM metrics_reader) ORDER BY number LIMIT %s
        """
        seals = await fetch_all(tx, SealRow, SEAL + statement, [MOST_SEALS])
    group: list[SealRow] = []
    entries = 0
    for seal in seals:
        said = read_statement(seal.statement.encode())
        entries += said.leaf_count
        if datetime.fromisoformat(said.sealed_at) >= before or entries > MOST_ENTRIES:
            break
        group.append(seal)
    return group


async def _written(db: Database, seals: list[SealRow]) -> bytes:
    """The seals with their entries, compressed. Raises TrailBroken where they do not belong together."""
    packer = zstandard.ZstdCompressor(level=9).compressobj()
    parts: list[bytes] = []
    statement: LiteralString = (
        CANONICAL
        + " FROM audit_entries AS entry JOIN unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, place) ON wanted.id = entry.id ORDER BY place"
    )
    for seal in seals:
        async with db.connection() as tx:
            rows = await fetch_all(tx, Place, statement, [_ids(seal)])
        lines = [row.line.encode() for row in rows]
        if root_of([leaf_hash(line) for line in lines]).hex() != read_statement(seal.statement.encode()).root:
            raise errors.TrailBroken(problem=f"the entries under seal {seal.number} are not those that were sealed; none of them is removed.")
        group = [*lines, leaves_line(seal.number, seal.entry_ids, seal.leaf_hashes), seal.sealed.line]
        parts.append(packer.compress(b"\n".join(group) + b"\n"))
    return b"".join([*parts, packer.flush()])


async def _mark(db: Database, seals: list[SealRow], name: str, hash: bytes, at: datetime) -> None:
    about = {"object": name, "seals": [seals[0].number, seals[-1].number], "entries": sum(len(seal.entry_ids) // 16 for seal in seals)}
    async with db.transaction() as tx:
        await add_audit_entry(tx, action=Action.TRAIL_ARCHIVED, at=at, caller="callwell", metadata=about)
        await become_retention(tx)
        statement = "UPDATE audit_seals SET archive = %s, archive_hash = %s WHERE number = ANY (%s)"
        await execute(tx, statement, [name, hash, [seal.number for seal in seals]])


async def _remove_archived(db: Database) -> int:
    """Removes the entries of archived seals from the table, a seal in a transaction; gives how many there were."""
    removed = 0
    async with db.connection() as tx:
        statement = (
            " WHERE archive IS NOT NULL AND (until_txid, until_id) >= (SELECT txid, id FROM audit_entries ORDER BY txid, id LIMIT 1) ORDER BY number"
        )
        seals = await fetch_all(tx, SealRow, SEAL + statement)
    for seal in seals:
        async with db.transaction() as tx:
            await become_retention(tx)
            removed += await execute(tx, "DELETE FROM audit_entries WHERE id = ANY (%s::uuid[])", [_ids(seal)])
    return removed


def _ids(seal: SealRow) -> list[str]:
    return [seal.entry_ids[at : at + 16].hex() for at in range(0, len(seal.entry_ids), 16)]


def _groups(content: bytes) -> dict[int, list[bytes]]:
    """The entries' lines by the seal they are under."""
    groups: dict[int, list[bytes]] = {}
    lines: list[bytes] = []
    try:
        text = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    except zstandard.ZstdError as why:
        raise errors.TrailBroken(problem="an object of the archive is damaged.") from why
    for line in text.splitlines():
        if line.startswith(b'{"entry":'):
            lines.append(line)
        elif line.startswith(b'{"seal":'):
            number = int(line[8 : line.index(b",")])
            groups[number], lines = lines, []
    return groups
