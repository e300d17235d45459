"""The trail that has had its time: archived with its seals, removed, and verified over archive and table together; whatever interrupts that."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import zstandard
from procrastinate import JobContext
from tests.compliance.trails import NOON, PUBLIC, archive_in, as_owner, seal_all, verdict_of, verdict_on, write

from callwell import errors
from callwell.app import Context
from callwell.compliance import archive as rules
from callwell.compliance.archive import Archive, Archived, archive_trail
from callwell.compliance.export import export_trail, prove_entry
from callwell.compliance.verify import verify_proof
from callwell.http import to_json
from callwell.postgres import Database, fetch_value
from callwell.worker import archive_audit

LATER = NOON + timedelta(days=180)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path / "objects")


async def entries_in(db: Database) -> int:
    async with db.connection() as tx:
        return await fetch_value(tx, "SELECT count(*) FROM audit_entries WHERE action <> 'trail_archived'")


async def fill(db: Database, database_url: str, *, seals: int = 3, each: int = 4) -> None:
    """A trail of which all is counted in the figures, sealed a day apart from noon on."""
    for day in range(seals):
        await write(db, each)
        await seal_all(db, at=NOON + timedelta(days=day))
    as_owner(database_url, "UPDATE metrics_reader SET (txid, entry_id) = (SELECT txid, id FROM audit_entries ORDER BY txid DESC, id DESC LIMIT 1)")


async def test_what_has_had_its_time_is_archived_and_removed(db: Database, database_url: str, archive: Archive, tmp_path: Path) -> None:
    """Given seals of three days, when those before the third are due, then two lie in one object, their entries and who these were about are gone,
    and all of it still verifies."""
    await fill(db, database_url)

    done = await archive_trail(db, archive, NOON + timedelta(days=2), LATER)

    assert done == Archived(objects=1, seals=2, removed=8)
    assert await entries_in(db) == 4
    async with db.connection() as tx:
        assert await fetch_value(tx, "SELECT count(*) FROM audit_identities") == 4
        assert await fetch_value(tx, "SELECT metadata->'seals' FROM audit_entries WHERE action = 'trail_archived'") == [1, 2]
    verdict = await verdict_on(db, archive)
    assert (verdict.is_good, verdict.entries, verdict.seals, verdict.unsealed) == (True, 12, 3, 1)
    text = zstandard.ZstdDecompressor().decompressobj().decompress((tmp_path / "objects" / "audit" / "000000000001.jsonl.zst").read_bytes())
    assert verdict_of(text.splitlines(), keys=[PUBLIC]).entries == 8
    assert b"user:" not in text
    assert b"203.0.113.7" not in text


async def test_the_archive_is_cut_into_objects(db: Database, database_url: str, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """No object holds more than memory should; the trail is verified and exported over all of them."""
    monkeypatch.setattr(rules, "MOST_ENTRIES", 9)
    await fill(db, database_url, seals=5)

    assert await archive_trail(db, archive, LATER, LATER) == Archived(objects=3, seals=5, removed=20)

    assert (await verdict_on(db, archive)).entries == 20
    exported = b"".join([part async for part in export_trail(db, archive, PUBLIC, datetime.now(UTC))])
    assert verdict_of(exported.splitlines(), keys=[PUBLIC]).entries == 20


async def test_nothing_is_removed_that_figures_were_not_made_of(db: Database, archive: Archive) -> None:
    """Given figures that have not read the trail yet, then it waits for them."""
    await write(db, 3)
    await seal_all(db)

    assert await archive_trail(db, archive, LATER, LATER) == Archived()
    assert await entries_in(db) == 3


async def test_a_trail_that_is_not_as_it_was_sealed_is_kept(db: Database, database_url: str, archive: Archive) -> None:
    """What would show that somebody changed it is not removed."""
    await fill(db, database_url)
    as_owner(database_url, "UPDATE audit_entries SET caller = 'x' WHERE metadata = '{\"n\": 2}'")

    with pytest.raises(errors.TrailBroken):
        await archive_trail(db, archive, LATER, LATER)

    assert await entries_in(db) == 12


@pytest.mark.parametrize("step", ["put", "get", "_mark", "_remove_archived"])
async def test_an_archiving_that_was_interrupted_goes_on(
    db: Database, database_url: str, archive: Archive, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given whatever step that failed once, then the trail is whole meanwhile, and the next time everything is done."""
    await fill(db, database_url)
    calls = 0
    whole = getattr(Archive if step in ("put", "get") else rules, step)

    async def fail_once(*given: object) -> object:
        nonlocal calls
        calls += 1
        if calls == (2 if step == "_remove_archived" else 1):
            raise OSError("interrupted")
        return await whole(*given)

    monkeypatch.setattr(Archive if step in ("put", "get") else rules, step, fail_once)
    with pytest.raises(OSError, match="interrupted"):
        await archive_trail(db, archive, LATER, LATER)
    meanwhile = await verdict_on(db, archive)
    removed = (await archive_trail(db, archive, LATER, LATER)).removed

    assert (meanwhile.is_good, meanwhile.entries) == (True, 12)
    assert (removed, await entries_in(db)) == (12, 0)
    assert (await verdict_on(db, archive)).entries == 12


async def test_an_object_that_reads_otherwise_than_it_was_written_removes_nothing(
    db: Database, database_url: str, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(db, database_url)

    async def lose(*_: object) -> bytes:
        return b"something else"

    monkeypatch.setattr(Archive, "get", lose)
    with pytest.raises(errors.TrailBroken):
        await archive_trail(db, archive, LATER, LATER)

    assert await entries_in(db) == 12


@pytest.mark.parametrize("harm", ["changed", "gone", "cut"])
async def test_an_object_that_is_not_as_it_was_is_told(db: Database, database_url: str, archive: Archive, tmp_path: Path, harm: str) -> None:
    """Which seals lie in it is named; an export of it is refused, since it would not be whole."""
    await fill(db, database_url)
    await archive_trail(db, archive, LATER, LATER)
    file = tmp_path / "objects" / "audit" / "000000000001.jsonl.zst"
    content = file.read_bytes()
    file.unlink()
    if harm != "gone":
        file.write_bytes(content[:-30] if harm == "cut" else content[:40] + bytes([content[40] ^ 1]) + content[41:])

    verdict = await verdict_on(db, archive)

    assert {problem.seal for problem in verdict.problems} == {1, 2, 3}
    assert verdict.problems[0].kind == "unreadable"
    with pytest.raises(errors.TrailBroken):
        [part async for part in export_trail(db, archive, PUBLIC, datetime.now(UTC))]


async def test_an_entry_that_is_put_among_archived_ones_is_told(db: Database, database_url: str, archive: Archive) -> None:
    """The table has no more entries there: one that comes up does not belong."""
    await fill(db, database_url)
    await archive_trail(db, archive, LATER, LATER)
    as_owner(
        database_url,
        """
        INSERT INTO audit_entries (id, at, action, caller, txid)
        SELECT gen_random_uuid(), now(), 'join_success', 'anyone', until_txid FROM audit_seals WHERE number = 1
        """,
        "UPDATE audit_entries SET id = '00000000-0000-0000-0000-000000000001' WHERE action = 'join_success'",
    )

    problem = (await verdict_on(db, archive)).problems[0]

    assert (problem.kind, problem.seal, problem.entry) == ("extra", 1, "00000000-0000-0000-0000-000000000001")


async def test_an_archived_entry_can_still_be_proved(db: Database, database_url: str, archive: Archive) -> None:
    ids = await write(db, 3)
    await fill(db, database_url, seals=1)
    await archive_trail(db, archive, LATER, LATER)

    async with db.connection() as tx:
        proof = await prove_entry(tx, archive, ids[1])

    assert verify_proof(to_json(proof), keys=[PUBLIC]).is_good


# ── The job ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_daily_job_goes_by_the_deployments_period(db: Database, database_url: str, context: Context, archive: Archive) -> None:
    """Given entries that were sealed 181 and 179 days ago, then those of half a year are archived; where another period is set, that holds."""
    at = datetime.now(UTC)
    for days in (181, 179, 20):
        await write(db, 2)
        await seal_all(db, at=at - timedelta(days=days))
    as_owner(database_url, "UPDATE metrics_reader SET (txid, entry_id) = (SELECT txid, id FROM audit_entries ORDER BY txid DESC, id DESC LIMIT 1)")
    given = {"db": db, "ledger": context.ledger, "deployed": context.deployed, "archive": archive}
    job = cast("JobContext", SimpleNamespace(additional_context=given))

    await archive_audit(job, 0)
    half_a_year = await entries_in(db)
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO settings (name, value, updated_at) VALUES ('retention_audit_days', '30', now())")
    await context.deployed.refresh()
    await archive_audit(job, 0)

    assert (half_a_year, await entries_in(db)) == (4, 2)
