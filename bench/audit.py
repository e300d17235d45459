"""Audit entries a second while they are sealed, over the same without sealing; and how long it takes to verify an export.

An entry is written as everywhere, each in a transaction of its own, by several at once; the sealer looks as often as it does in the server, and its
rate is that of the whole: what writers did until the last entry was written. With BENCH_FULL=1 the export has a million entries.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from bench.figures import begin, median, ratio, show, spread, tidy
from bench.served import a_folder, database
from callwell import ids
from callwell.compliance.sealing import seal_next
from callwell.compliance.seals import MOST_LEAVES, Sealed, derived_key, end_line, first_line, leaves_line, public_key, seal_entries
from callwell.compliance.verify import Verifier
from callwell.postgres import Database, execute
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.postgres.migrate import migrate
from callwell.record.audit import Action, Origin, add_audit_entry

WRITERS = 8
ENTRIES = 4000
ROUNDS = 5
FULL = bool(os.environ.get("BENCH_FULL"))
EXPORTED = 1_000_000 if FULL else 100_000
LOOK_EVERY = 0.25
"""Seconds between the sealer's looks: at some thousand entries a second each look finds a seal's worth or nearly."""

KEY = derived_key(bytes(32))
SOMEWHERE = Origin("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")


def main() -> None:
    begin("Audit: entries written while they are sealed, and verified")
    with a_folder() as folder:
        asyncio.run(_write(folder))
        _verify(folder)


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _write(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres") as server:
        await asyncio.to_thread(migrate, server.dsn)
    alone, sealed, seals = [], [], []
    async with database(folder, size=WRITERS + 1) as db:
        await _rate(db)
        for _ in range(ROUNDS):
            tidy()
            alone.append(await _rate(db))
            begun = time.perf_counter()
            count = await _seal_rest(db)
            seals.append(count / (time.perf_counter() - begun))
            tidy()
            stop = asyncio.Event()
            sealing = asyncio.create_task(_seal(db, stop))
            sealed.append(await _rate(db))
            stop.set()
            await sealing
            await _seal_rest(db)
    show("entries a second with sealing, over without", f"{ratio(sealed, alone):.2f}", "0.9", f"{median(sealed):,.0f}/s of {median(alone):,.0f}/s")
    show("entries sealed a second, nothing else going on", f"{median(seals):,.0f}/s", "", spread(seals))


async def _rate(db: Database) -> float:
    """Entries a second, by several who each write one after the other."""

    async def write() -> None:
        for _ in range(ENTRIES // WRITERS):
            async with db.transaction() as tx:
                await add_audit_entry(
                    tx, action=Action.JOIN_SUCCESS, at=datetime.now(UTC), caller="key:bench", origin=SOMEWHERE, identity="user:42",
                    call_id=ids.uuid7(), room_id=ids.uuid7(), metadata={"uses": 1, "role": "client"},
                )  # fmt: skip

    begun = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    return ENTRIES / (time.perf_counter() - begun)


async def _seal(db: Database, stop: asyncio.Event) -> None:
    while not stop.is_set():
        async with db.transaction() as tx:
            await seal_next(tx, KEY, datetime.now(UTC), least=MOST_LEAVES)
        await asyncio.sleep(LOOK_EVERY)


async def _seal_rest(db: Database) -> int:
    """Seals all that waits; gives how many entries that were."""
    async with db.connection() as tx:
        before = await execute(tx, "SELECT FROM audit_seals")
    count = 0
    while True:
        async with db.transaction() as tx:
            sealed = await seal_next(tx, KEY, datetime.now(UTC))
        if sealed is None:
            assert before or count
            return count
        count += MOST_LEAVES


# ── Verifying ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _verify(folder: Path) -> None:
    file = folder / "trail.jsonl"
    with file.open("wb") as new:
        new.writelines(line + b"\n" for line in _exported())
    seconds = []
    for _ in range(ROUNDS):
        tidy()
        begun = time.perf_counter()
        verifier = Verifier(keys=[public_key(KEY)])
        with file.open("rb") as lines:
            for line in lines:
                verifier.read(line[:-1])
        verdict = verifier.end()
        seconds.append(time.perf_counter() - begun)
        assert verdict.is_good
        assert verdict.entries == EXPORTED
    size = file.stat().st_size / 1e6
    target = "60 s" if FULL else "6 s"
    show(f"an export of {EXPORTED:,} entries verified", f"{median(seconds):.2f} s", target, f"{EXPORTED / median(seconds):,.0f}/s, {size:,.0f} MB")


def _exported() -> Iterator[bytes]:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    yield first_line(public_key(KEY), str(at))
    before: Sealed | None = None
    for number in range(EXPORTED // MOST_LEAVES):
        named = [UUID(int=number * MOST_LEAVES + n) for n in range(MOST_LEAVES)]
        lines = [_entry(id, number, at + timedelta(milliseconds=number)) for id in named]
        before, leaves = seal_entries(KEY, before, lines, [id.bytes for id in named], number, str(named[-1]), str(at))
        yield from lines
        yield leaves_line(number + 1, b"".join(id.bytes for id in named), b"".join(leaves))
        yield before.line
    yield end_line(EXPORTED // MOST_LEAVES, EXPORTED)


def _entry(id: UUID, number: int, at: datetime) -> bytes:
    return (
        f'{{"entry":"{id}","txid":{number},"at":"{at:%Y-%m-%dT%H:%M:%S.%fZ}","action":"join_success","caller":"key:{id}","call_id":"{id}",'
        f'"room_id":"{id}","invite_id":"{id}","metadata":{{"role": "client", "uses": 1}},"identity_commitment":"{id.hex * 2}",'
        f'"address_commitment":"{id.hex * 2}","user_agent_commitment":"{id.hex * 2}"}}'
    ).encode()


if __name__ == "__main__":
    main()
