"""How the trail stands: how much of it is sealed, and whether its newest part is as it was sealed.

Only so much is hashed again as is quick; what was not looked at is said as plainly as what was. `callwell audit verify` looks at all of it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from callwell.compliance.export import BEGINNING, by_seal, check_row, entry_lines, place_of
from callwell.compliance.queries import SealRow, find_last_seal, list_sealed_entries, list_seals
from callwell.compliance.sealing import Kept, find_held_up
from callwell.compliance.seals import leaves_line, read_statement
from callwell.compliance.verify import Fault, Kind, Verifier
from callwell.postgres.pool import Tx, fetch_all, fetch_value

MOST_SEALS = 50
"""Seals that are looked at, at most."""

MOST_ENTRIES = 1000
"""Entries that are hashed again, at most: one seal's, if it is full. On two cores that takes some 50 ms."""

MOST_COUNTED = 10_000
"""Entries without a seal are counted up to here."""


class NewestSeal(Struct, frozen=True, kw_only=True):
    """What the last seal says."""

    number: int
    sealed_at: datetime
    entries: int
    root: str
    """Of the Merkle tree over its entries, in hex."""
    hash: str
    """Of what it says: who keeps this can tell later whether the trail still leads to it."""
    key: str
    """The public key that it is signed with."""


class Checked(Struct, frozen=True, kw_only=True):
    """What was hashed again and held against the seals, and what was found."""

    first_seal: int
    """From this one on; those before it were not looked at."""
    seals: int
    entries: int
    identities: int
    """Commitments to who entries were about that were opened."""
    is_all: bool
    """Whether that was the whole trail."""
    is_good: bool
    problems: list[Fault]


class Standing(Struct, frozen=True, kw_only=True):
    """How the trail stands."""

    at: datetime
    sealed_entries: int
    """Ever, those that are archived among them."""
    unsealed_entries: int
    """Too new for the last seal; 10,000 where there are as many or more."""
    unsealed_since: datetime | None
    """When the first of them was written."""
    newest: NewestSeal | None
    checked: Checked | None
    """Null where there is no seal whose entries are still in the table."""
    checkpoint_in_folder: int | None
    """The newest seal that is kept as a file of its own; null where none is, or the folder cannot be read."""
    checkpoint_told: int | None
    """The newest seal that another system took by webhook; null where none did."""


async def read_standing(tx: Tx, key: str, kept: Kept, at: datetime) -> Standing:
    """As of one moment, where the transaction reads at one. ``key``: the public key that seals have to be signed with."""
    last = await find_last_seal(tx)
    after = place_of(last) if last else BEGINNING
    statement = "SELECT count(*) FROM (SELECT FROM audit_entries WHERE (txid, id) > (%s::xid8, %s) LIMIT %s) AS new"
    waiting = await fetch_value(tx, statement, [*after, MOST_COUNTED])
    newest = _newest(last) if last else None
    said = read_statement(last.statement.encode()) if last and newest else None
    return Standing(
        at=at,
        sealed_entries=said.first_leaf + said.leaf_count if said else 0,
        unsealed_entries=waiting,
        unsealed_since=await find_held_up(tx) if waiting else None,
        newest=newest,
        checked=await _check_newest(tx, key),
        checkpoint_in_folder=kept.in_folder,
        checkpoint_told=kept.told_webhook,
    )


def _newest(seal: SealRow) -> NewestSeal | None:
    """Null where it says nothing that can be understood; that is among the problems, then."""
    try:
        said = read_statement(seal.statement.encode())
    except msgspec.MsgspecError:
        return None
    return NewestSeal(
        number=said.seal,
        sealed_at=datetime.fromisoformat(said.sealed_at),
        entries=said.leaf_count,
        root=said.root,
        hash=seal.sealed.hash,
        key=said.key,
    )


class _Size(Struct, frozen=True):
    number: int
    entries: int
    is_archived: bool


async def _check_newest(tx: Tx, key: str) -> Checked | None:
    sizes = await fetch_all(
        tx,
        _Size,
        """
        SELECT number, octet_length(entry_ids) / 16 AS entries, archive IS NOT NULL AS is_archived
        FROM audit_seals ORDER BY number DESC LIMIT %s
        """,
        [MOST_SEALS],
    )
    count = _quick(sizes)
    if not count:
        return None
    first, most = sizes[count - 1].number, sum(size.entries for size in sizes[:count]) + MOST_ENTRIES
    before, seals = await _seals_from(tx, first, count)
    entries = await list_sealed_entries(tx, place_of(before) if before else BEGINNING, place_of(seals[-1]), most)
    verifier = Verifier(keys=[key], after=before.sealed if before and _newest(before) else None)

    def tell(kind: Kind, said: str, number: int) -> None:
        verifier.report(kind, said, seal=number)

    for seal, under in by_seal(seals, entries):
        check_row(seal, tell)
        for line in entry_lines(under, identities=True):
            verifier.read(line)
        verifier.read(leaves_line(seal.number, seal.entry_ids, seal.leaf_hashes))
        verifier.read(seal.sealed.line)
    verdict = verifier.end()
    return Checked(
        first_seal=first,
        seals=len(seals),
        entries=len(entries),
        identities=verdict.identities,
        is_all=first == 1,
        is_good=verdict.is_good,
        problems=verdict.problems,
    )


def _quick(sizes: Sequence[_Size]) -> int:
    """How many seals can be looked at: one at least, and none whose entries are in the archive."""
    count = entries = 0
    for size in sizes:
        entries += size.entries
        if size.is_archived or (count and entries > MOST_ENTRIES):
            break
        count += 1
    return count


async def _seals_from(tx: Tx, first: int, count: int) -> tuple[SealRow | None, list[SealRow]]:
    """The seal before that one, if there is one, and those from it on."""
    found = await list_seals(tx, after=first - 2, most=count + 1)
    if found and found[0].number < first:
        return found[0], found[1:]
    return None, found
