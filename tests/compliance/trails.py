"""Trails made up in memory, and what can be done to them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import LocalStore

from callwell.compliance import sealing
from callwell.compliance.archive import Archive
from callwell.compliance.export import verify_trail
from callwell.compliance.queries import find_last_seal
from callwell.compliance.sealing import seal_next
from callwell.compliance.seals import Sealed, derived_key, identity_line, leaves_line, public_key, seal_entries
from callwell.compliance.verify import Verdict, Verifier
from callwell.postgres import Database, fetch_value
from callwell.record.audit import Action, Origin, add_audit_entry

KEY = derived_key(bytes(32))
OTHER_KEY = derived_key(bytes(31) + b"\1")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOMEWHERE = Origin("203.0.113.7", "Browser/1")

Entry = dict[str, Any]

COLUMNS = (
    "at", "action", "caller", "call_id", "room_id", "invite_id", "appointment_id", "participant_id", "error_code", "error_message", "duration_ms",
    "metadata", "identity_commitment", "address_commitment", "user_agent_commitment",
)  # fmt: skip


class Trail:
    """Entries under seals of some entries each, as the tables hold them: entries can be changed without their seal."""

    def __init__(self, chance: Random, seals: int = 4, most: int = 12) -> None:
        self._chance = chance
        self._count = 0
        self.groups: list[list[Entry]] = [[self.new_entry(number) for _ in range(chance.randint(1, most))] for number in range(seals)]
        self.leaves: list[bytes] = []
        self.sealed: list[Sealed] = []
        self.identities: dict[str, bytes] = {}
        self.seal_from(0)

    def new_entry(self, txid: int) -> Entry:
        """An entry with a random choice of what can be null."""
        chance, n = self._chance, self._count
        self._count += 1
        entry: Entry = {"entry": str(UUID(int=(n << 64) + chance.getrandbits(62))), "txid": 700 + txid, "at": str(NOON + timedelta(seconds=n))}
        told = {column: self.value(column) for column in COLUMNS if column in ("action", "caller", "metadata") or chance.random() < 0.5}
        return entry | told

    def value(self, column: str) -> Any:
        chance = self._chance
        if column == "metadata":
            return {"n": chance.randrange(1000)}
        if column == "duration_ms":
            return chance.randrange(10**9)
        return f"{column}-{chance.getrandbits(64):x}"

    def seal_from(self, number: int, key: Ed25519PrivateKey = KEY) -> None:
        """Seals the groups from this one on, as if nothing had been sealed from there."""
        del self.sealed[number:], self.leaves[number:]
        for group in self.groups[number:]:
            lines, ids = [line(entry) for entry in group], [UUID(entry["entry"]).bytes for entry in group]
            sealed, leaves = seal_entries(key, self.sealed[-1] if self.sealed else None, lines, ids, group[-1]["txid"], group[-1]["entry"], str(NOON))
            self.sealed.append(sealed)
            self.leaves.append(leaves_line(len(self.sealed), b"".join(ids), b"".join(leaves)))

    def truncate(self, seals: int) -> None:
        """As if what came after so many seals had never been."""
        del self.groups[seals:], self.leaves[seals:], self.sealed[seals:]

    def name(self, group: int, at: int, identity: str, salt: bytes) -> None:
        """Says who an entry was about; binds it to them where it is not sealed yet."""
        self.groups[group][at]["identity_commitment"] = sha256(salt + identity.encode()).hexdigest()
        self.identities[self.groups[group][at]["entry"]] = identity_line(self.groups[group][at]["entry"], salt, identity, None, None)

    def first_leaf(self, group: int) -> int:
        return sum(len(one) for one in self.groups[:group])

    def lines(self) -> Iterator[bytes]:
        for group, leaves, sealed in zip(self.groups, self.leaves, self.sealed, strict=True):
            for entry in group:
                yield line(entry)
                if entry["entry"] in self.identities:
                    yield self.identities[entry["entry"]]
            yield leaves
            yield sealed.line


def line(entry: Entry) -> bytes:
    return msgspec.json.encode(entry)


def verdict_of(lines: Sequence[bytes] | Iterator[bytes], *, keys: Sequence[str] = (), checkpoints: Sequence[Sealed] = ()) -> Verdict:
    verifier = Verifier(keys=keys, checkpoints=checkpoints)
    for one in lines:
        verifier.read(one)
    return verifier.end()


PUBLIC = public_key(KEY)


# ── Trails in a database ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def write(db: Database, entries: int, **told: Any) -> list[UUID]:
    """Entries, each in a transaction of its own, about somebody who came from somewhere."""
    written: list[UUID] = []
    for number in range(entries):
        given: dict[str, Any] = {"action": Action.JOIN_ATTEMPT, "at": NOON, "caller": "anyone", "identity": f"user:{number}", "origin": SOMEWHERE}
        async with db.transaction() as tx:
            written.append(await add_audit_entry(tx, **{**given, "metadata": {"n": number}, **told}))
    return written


async def seal_all(db: Database, *, at: datetime = NOON, key: Ed25519PrivateKey = KEY) -> None:
    """Seals what waits, under as few seals as can be. Transactions of other tests on the same server are waited for."""
    async with asyncio.timeout(60):
        while True:
            async with db.transaction() as tx:
                last = await find_last_seal(tx)
                after = (last.until_txid, last.until_id) if last else ("0", UUID(int=0))
                waiting = await fetch_value(tx, "SELECT count(*) FROM audit_entries WHERE (txid, id) > (%s::xid8, %s)", after)
                if not waiting:
                    return
                await seal_next(tx, key, at, least=min(waiting, sealing.MOST_LEAVES))
            await asyncio.sleep(0.01)


async def until(look: Callable[[], Awaitable[Any]], within: float = 60) -> None:
    """Until what it looks at is there."""
    async with asyncio.timeout(within):
        while True:
            if await look():
                return
            await asyncio.sleep(0.02)


async def verdict_on(db: Database, archive: Archive, *, checkpoints: Sequence[Sealed] = ()) -> Verdict:
    return await verify_trail(db, archive, Verifier(keys=[PUBLIC], checkpoints=checkpoints))


def as_owner(database_url: str, *statements: LiteralString) -> None:
    """What only the tables' owner can do."""
    with psycopg.connect(database_url) as connection:
        for statement in statements:
            connection.execute(statement)


def archive_in(folder: Path) -> Archive:
    return Archive(LocalStore(folder, mkdir=True))
