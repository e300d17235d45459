"""The trail as lines, out of the table and the archive together: what exports hold, and what is verified where the database is."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from callwell import errors
from callwell.compliance.archive import Archive, ArchiveReader
from callwell.compliance.merkle import inclusion_proof
from callwell.compliance.queries import SealedEntry, SealRow, find_archived_seal_of, find_entry, find_seal_at, list_sealed_entries, list_seals
from callwell.compliance.seals import end_line, first_line, identity_line, leaves_line, read_statement
from callwell.compliance.verify import Kind, Proof, Verdict, Verifier
from callwell.http import wire_time
from callwell.postgres.pool import Database, Tx, execute

SEALS_AT_ONCE = 10
"""Seals whose entries are held in memory at a time."""

ENTRIES_AT_ONCE = 5000
"""Entries that no seal covers yet, read at a time."""

BEGINNING = ("0", UUID(int=0))

Tell = Callable[[Kind, str, int], None]
"""Hears what of a seal cannot be read: what kind of thing it is, in words, and the seal's number."""


def refuse(_: Kind, said: str, __: int) -> None:
    """An export is whole or none."""
    raise errors.TrailBroken(problem=said)


async def export_trail(db: Database, archive: Archive, key: str, at: datetime, *, identities: bool = False) -> AsyncIterator[bytes]:
    """The whole trail as an export has it, some lines at a time. Raises TrailBroken where the archive has not what it should.

    What is sealed meanwhile is in it; each seal with all its entries.
    """
    yield first_line(key, wire_time(at)) + b"\n"
    seals = entries = 0
    async for lines in trail_lines(db, archive, identities=identities):
        seals += sum(line.startswith(b'{"seal":') for line in lines)
        entries += sum(line.startswith(b'{"entry":') for line in lines)
        yield b"\n".join(lines) + b"\n"
    yield end_line(seals, entries) + b"\n"


async def verify_trail(db: Database, archive: Archive, verifier: Verifier) -> Verdict:
    """Whether what is in table and archive is what was sealed, and who it was about whom it was written for."""

    def tell(kind: Kind, said: str, number: int) -> None:
        verifier.report(kind, said, seal=number)

    async for lines in trail_lines(db, archive, identities=True, tell=tell):
        for line in lines:
            verifier.read(line)
    return verifier.end()


async def trail_lines(db: Database, archive: Archive, *, identities: bool, tell: Tell = refuse) -> AsyncIterator[list[bytes]]:
    """Seal by seal: its entries, who they were about where that is asked for, their list, and the seal; then what is not sealed yet.

    Each step reads at one moment; no transaction is open between steps, however slowly the lines are taken.
    """
    number, after, archived = 0, BEGINNING, ArchiveReader(archive)
    while True:
        async with db.transaction() as tx:
            await execute(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            seals = await list_seals(tx, after=number, most=SEALS_AT_ONCE)
            entries = await list_sealed_entries(tx, after, place_of(seals[-1])) if seals else []
        if not seals:
            break
        for seal, under in by_seal(seals, entries):
            check_row(seal, tell)
            yield [
                *await _lines_under(seal, under, archived, identities, tell),
                leaves_line(seal.number, seal.entry_ids, seal.leaf_hashes),
                seal.sealed.line,
            ]
        number, after = seals[-1].number, place_of(seals[-1])
    while True:
        async with db.connection() as tx:
            entries = await list_sealed_entries(tx, after, None, ENTRIES_AT_ONCE)
        if not entries:
            return
        yield list(entry_lines(entries, identities=identities))
        after = (entries[-1].txid, entries[-1].id)


async def _lines_under(seal: SealRow, entries: list[SealedEntry], archive: ArchiveReader, identities: bool, tell: Tell) -> list[bytes]:
    """The entries under a seal. Those that are archived and were not removed yet are the archive's; others do not belong there and are shown."""
    if seal.archive is None:
        return list(entry_lines(entries, identities=identities))
    try:
        archived = await archive.read_seal(seal)
    except errors.TrailBroken as why:
        tell("unreadable", why.detail, seal.number)
        archived = []
    there = set(archived)
    return [*archived, *(line for entry in entries for line in [entry.line.encode()] if line not in there)]


def by_seal(seals: Sequence[SealRow], entries: Iterable[SealedEntry]) -> Iterator[tuple[SealRow, list[SealedEntry]]]:
    """Each seal with the entries that lie under it, both in the order of sealing."""
    rest = iter(entries)
    pending = next(rest, None)
    for seal in seals:
        under: list[SealedEntry] = []
        while pending is not None and _key(pending.txid, pending.id) <= _key(*place_of(seal)):
            under.append(pending)
            pending = next(rest, None)
        yield seal, under


def entry_lines(entries: Iterable[SealedEntry], *, identities: bool) -> Iterator[bytes]:
    """Entries as a trail has them, each with who it was about where that is asked for and known."""
    for entry in entries:
        yield entry.line.encode()
        if identities and entry.salt is not None:
            yield identity_line(str(entry.id), entry.salt, entry.identity, entry.address, entry.user_agent)


def place_of(seal: SealRow) -> tuple[str, UUID]:
    """Up to where in the order of sealing it covers."""
    return seal.until_txid, seal.until_id


def _key(txid: str, id: UUID) -> tuple[int, UUID]:
    return int(txid), id


def check_row(seal: SealRow, tell: Tell) -> None:
    """What stands beside a seal's statement, for finding it, says the same."""
    try:
        said = read_statement(seal.statement.encode())
    except msgspec.MsgspecError:
        tell("unreadable", f"Seal {seal.number} says nothing that can be understood.", seal.number)
        return
    if (said.seal, str(said.until_txid), said.until_id) != (seal.number, seal.until_txid, str(seal.until_id)):
        tell("changed", f"The row of seal {seal.number} is not as it was sealed.", seal.number)


# ── One entry ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def prove_entry(tx: Tx, archive: Archive, entry_id: UUID) -> Proof:
    """The proof that an entry was sealed as it is. Raises NotFound, and NotSealed where no seal covers it yet."""
    place = await find_entry(tx, entry_id)
    seal = await find_seal_at(tx, place.txid, place.id) if place else await find_archived_seal_of(tx, entry_id)
    if seal is None:
        raise errors.NotSealed(id=entry_id) if place else errors.NotFound(what="audit entry", id=entry_id)
    ids = [seal.entry_ids[at : at + 16] for at in range(0, len(seal.entry_ids), 16)]
    leaves = [seal.leaf_hashes[at : at + 32] for at in range(0, len(seal.leaf_hashes), 32)]
    if entry_id.bytes not in ids:
        raise errors.TrailBroken(problem=f"entry {entry_id} was put in under seal {seal.number} after it was made.")
    index = ids.index(entry_id.bytes)
    line = place.line if place else (await ArchiveReader(archive).read_seal(seal))[index].decode()
    path = [one.hex() for one in inclusion_proof(leaves, index)]
    first = read_statement(seal.statement.encode()).first_leaf
    return Proof(proof=1, leaf=first + index, entry=line, index=index, path=path, seal=seal.sealed.line.decode())
