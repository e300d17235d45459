"""Sealing the trail as it grows, and telling its checkpoints to those who keep them.

A seal covers the entries since the one before it, in the order of (transaction, id), and only those below the oldest transaction that still runs:
nothing can come before them any more. One seals at a time; how many processes try does not matter.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from callwell import errors
from callwell.compliance.queries import CANONICAL, Place, SealRow, find_last_seal, list_seals
from callwell.compliance.seals import MOST_LEAVES, Sealed, derived_key, read_statement, seal_entries
from callwell.http import wire_time
from callwell.postgres.pool import Database, DatabaseError, Tx, execute, fetch_all, fetch_value
from callwell.settings import Settings

log = logging.getLogger(__name__)

SEAL_AFTER = timedelta(seconds=50)
"""So long after a seal the next is made of whatever there is: with what a look costs, an entry is sealed within a minute."""

LOOK_EVERY = 2.0
"""Seconds between looks at whether there is something to seal."""

HELD_UP_AFTER = timedelta(minutes=5)
"""An entry that waits so long for its seal is worth a word in the log."""

ONE_AT_A_TIME = int.from_bytes(b"sealing")
"""Key of the advisory lock under which it is sealed."""

TOLD_AT_ONCE = 100
"""Checkpoints that are read at a time to be told."""

TELL_WITHIN = 10.0
"""Seconds that whoever is told a checkpoint may take to answer."""

NEW: LiteralString = """
    FROM audit_entries AS entry
    WHERE (entry.txid, entry.id) > (%(txid)s::xid8, %(id)s) AND entry.txid < pg_snapshot_xmin(pg_current_snapshot())
"""


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """What seals are signed with: the key of its own, else one derived from the deployment's."""
    if settings.audit_key:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.audit_key))
    return derived_key(settings.key)


async def seal_next(tx: Tx, key: Ed25519PrivateKey, at: datetime, *, least: int = 1) -> Sealed | None:
    """Seals the next entries, ``MOST_LEAVES`` of them at most; None where fewer than ``least`` wait, or somebody else is sealing."""
    if not await fetch_value(tx, "SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME]):
        return None
    last = await find_last_seal(tx)
    after = {"txid": last.until_txid if last else "0", "id": last.until_id if last else UUID(int=0), "most": MOST_LEAVES}
    entries = await fetch_all(tx, Place, CANONICAL + NEW + " ORDER BY entry.txid, entry.id LIMIT %(most)s", after)
    if len(entries) < least:
        return None
    until, ids = entries[-1], [entry.id.bytes for entry in entries]
    lines = [entry.line.encode() for entry in entries]
    sealed, leaves = seal_entries(key, last.sealed if last else None, lines, ids, int(until.txid), str(until.id), wire_time(at))
    await execute(
        tx,
        """
        INSERT INTO audit_seals (number, until_txid, until_id, entry_ids, leaf_hashes, statement, signature)
        VALUES (%s, %s::xid8, %s, %s, %s, %s, %s)
        """,
        [
            read_statement(sealed.statement).seal, until.txid, until.id, b"".join(ids), b"".join(leaves),
            sealed.statement.decode(), sealed.signature,
        ],
    )  # fmt: skip
    return sealed


async def seal_due(db: Database, key: Ed25519PrivateKey, at: datetime) -> Sealed | None:
    """Seals where it is time to: enough has gathered, or the last seal is old enough. Cheap where it is not.

    Raises TransactionsBeganAnew where new entries would lie before those that are sealed.
    """
    async with db.connection() as tx:
        last = await find_last_seal(tx)
        after = {"txid": last.until_txid if last else "0", "id": last.until_id if last else UUID(int=0), "most": MOST_LEAVES}
        waiting = len(await (await tx.execute("SELECT" + NEW + " LIMIT %(most)s", after)).fetchall())
        if last and await fetch_value(tx, "SELECT pg_snapshot_xmax(pg_current_snapshot()) <= %s::xid8", [last.until_txid]):
            raise errors.TransactionsBeganAnew
    due = last is None or at - datetime.fromisoformat(read_statement(last.statement.encode()).sealed_at) >= SEAL_AFTER
    if not waiting or (waiting < MOST_LEAVES and not due):
        return None
    async with db.transaction() as tx:
        return await seal_next(tx, key, at, least=1 if due else MOST_LEAVES)


async def find_held_up(tx: Tx) -> datetime | None:
    """When the first entry was written that is not sealed; None where all are."""
    last = await find_last_seal(tx)
    after = [last.until_txid, last.until_id] if last else ["0", UUID(int=0)]
    statement = "SELECT id FROM audit_entries WHERE (txid, id) > (%s::xid8, %s) ORDER BY txid, id LIMIT 1"
    first: UUID | None = await fetch_value(tx, statement, after)
    return datetime.fromtimestamp((first.int >> 80) / 1000, UTC) if first else None


class Kept(Struct, frozen=True):
    """The newest seal of which there is a checkpoint elsewhere; None where there is none, or the folder cannot be read."""

    in_folder: int | None
    told_webhook: int | None


class Sealing:
    """Seals as long as it runs, and tells the checkpoints. A database or a door that is away is waited for; no door holds up sealing."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.key = signing_key(settings)
        self.webhook = settings.audit_webhook
        self.folder = Path(settings.audit_checkpoints) if settings.audit_checkpoints else settings.data_dir / "audit" / "checkpoints"
        self._db = db
        self._written: int | None = None
        self._warned_at = datetime.now(UTC)

    async def run(self, stop: asyncio.Event, ask_to_tell: Callable[[], Awaitable[None]]) -> None:
        """Until ``stop`` is set. ``ask_to_tell`` has `tell_webhook` done by somebody else."""
        while not stop.is_set():
            sealed = None
            try:
                sealed = await seal_due(self._db, self.key, datetime.now(UTC))
                if sealed or self._written is None:
                    await self.write_checkpoints()
                    if self.webhook:
                        await ask_to_tell()
                await self._warn(datetime.now(UTC))
            except (errors.CallwellError, DatabaseError, OSError) as why:
                log.warning("the trail was not sealed: %s", why)
            except Exception:
                log.exception("the trail was not sealed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0 if sealed and read_statement(sealed.statement).leaf_count == MOST_LEAVES else LOOK_EVERY):
                    await stop.wait()

    async def _warn(self, at: datetime) -> None:
        """Now and then it is looked whether somebody's open transaction holds up the seals of all who came after it."""
        if at - self._warned_at < HELD_UP_AFTER:
            return
        self._warned_at = at
        async with self._db.connection() as tx:
            since = await find_held_up(tx)
        if since and at - since > HELD_UP_AFTER:
            log.warning(
                "what is written since %s is not sealed: a transaction on the database's server has been open for that long", wire_time(since)
            )

    async def kept(self) -> Kept:
        """Up to which seal there are checkpoints outside of the database."""
        try:
            in_folder = await asyncio.to_thread(_newest_in, self.folder)
        except OSError:
            in_folder = 0
        return Kept(in_folder or None, await self._told("webhook") or None if self.webhook else None)

    async def write_checkpoints(self) -> None:
        """A file for each seal that has none in the folder yet. Raises OSError where the folder cannot be written."""
        if self._written is None:
            self._written = await asyncio.to_thread(_newest_in, self.folder)
        while seals := await self._seals_after(self._written):
            for seal in seals:
                day = read_statement(seal.sealed.statement).sealed_at[:10]
                await asyncio.to_thread(_write_whole, self.folder / day / f"{seal.number:012}.json", seal.sealed.line + b"\n")
                self._written = seal.number

    async def tell_webhook(self) -> int:
        """Posts the checkpoints that were not posted yet, in their order, each until it was answered with 2xx; gives how many were.

        Raises httpx.HTTPError where the other side does not take one; it is the next one then. No transaction is open meanwhile.
        """
        told = 0
        async with httpx.AsyncClient(timeout=TELL_WITHIN) as client:
            while seals := await self._seals_after(await self._told("webhook")):
                for seal in seals:
                    answer = await client.post(self.webhook, content=seal.sealed.line, headers={"Content-Type": "application/json"})
                    answer.raise_for_status()
                    await self._note_told("webhook", seal.number)
                    told += 1
        return told

    async def _seals_after(self, number: int) -> list[SealRow]:
        async with self._db.connection() as tx:
            return await list_seals(tx, after=number, most=TOLD_AT_ONCE)

    async def _told(self, door: str) -> int:
        async with self._db.connection() as tx:
            return await fetch_value(tx, "SELECT number FROM checkpoints_told WHERE door = %s", [door]) or 0

    async def _note_told(self, door: str, number: int) -> None:
        async with self._db.connection() as tx:
            await execute(
                tx,
                """
                INSERT INTO checkpoints_told (door, number) VALUES (%s, %s)
                ON CONFLICT (door) DO UPDATE SET number = greatest(checkpoints_told.number, excluded.number)
                """,
                [door, number],
            )


def _newest_in(folder: Path) -> int:
    """The number of the newest checkpoint in the folder; 0 where it has none. There is a folder in it for each day."""
    days = sorted(folder.iterdir(), reverse=True) if folder.exists() else []
    numbers = (max((int(file.stem) for file in day.glob("*.json") if file.stem.isdigit()), default=0) for day in days if day.is_dir())
    return next((number for number in numbers if number), 0)


def _write_whole(file: Path, content: bytes) -> None:
    """Under its name there is all of it or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as new:
        new.write(content)
        new.flush()
        os.fsync(new.fileno())
    draft.replace(file)
