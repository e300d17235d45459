"""The trail of a real database: whatever column is changed is found, and what is exported can be verified by anybody."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import httpx
import msgspec
import pytest
from tests.compliance.trails import NOON, PUBLIC, archive_in, as_owner, seal_all, verdict_of, verdict_on, write

from callwell import ids
from callwell.compliance.archive import Archive
from callwell.compliance.queries import find_last_seal, find_seal_at
from callwell.compliance.sealing import signing_key
from callwell.compliance.seals import public_key
from callwell.compliance.verify import Proof, verify_proof
from callwell.postgres import Database, fetch_value
from callwell.record.audit import Action, Origin, add_audit_entry
from callwell.settings import Settings


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path / "objects")


@pytest.fixture
async def trail(db: Database) -> list[UUID]:
    """Nine entries under three seals; of each column some are null and some are not."""
    written: list[UUID] = []
    for _ in range(3):
        about: dict[str, Any] = {name: ids.uuid7() for name in ("call_id", "room_id", "invite_id", "appointment_id", "participant_id")}
        told = {"error_code": "x", "error_message": 'It said: "é\\ \u2028"', "duration_ms": 5, "metadata": {"a": 1.5, "bb": [None, {"c": "ä"}]}}
        written += await write(db, 1)
        written += await write(db, 1, **about, **told)
        written += await write(db, 1, identity=None, origin=Origin())
        await seal_all(db)
    return written


# ── What is done to the tables ────────────────────────────────────────────────────────────────────────────────────────────────────

CHANGES: tuple[LiteralString, ...] = (
    "at = at + interval '1 microsecond'",
    "action = 'join_success'",
    "caller = caller || ' '",
    "call_id = gen_random_uuid()",
    "room_id = gen_random_uuid()",
    "invite_id = gen_random_uuid()",
    "appointment_id = gen_random_uuid()",
    "participant_id = gen_random_uuid()",
    "error_code = 'y'",
    "error_message = 'y'",
    "duration_ms = 6",
    "metadata = metadata || '{\"a\": 1.50}'",
    "metadata = '{}'",
    "identity_commitment = '\\x00'",
    "address_commitment = '\\x00'",
    "user_agent_commitment = '\\x00'",
    "call_id = NULL",
    "error_code = NULL",
    "error_message = NULL",
    "duration_ms = NULL",
    "identity_commitment = NULL",
    "txid = (txid::text::bigint - 1)::text::xid8",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_column_is_changed_is_found(
    db: Database, database_url: str, trail: list[UUID], archive: Archive, change: LiteralString
) -> None:
    """By whoever may: the entry is named, with its leaf."""
    statement: LiteralString = "UPDATE audit_entries SET " + change + " WHERE id = (SELECT id FROM audit_entries ORDER BY txid, id OFFSET 4 LIMIT 1)"
    as_owner(database_url, statement)

    verdict = await verdict_on(db, archive)

    first = verdict.problems[0]
    assert (first.kind, first.seal, first.leaf, first.entry) == ("changed", 2, 4, str(trail[4]))


async def test_every_column_of_an_entry_is_sealed(db: Database) -> None:
    """A new column has to be told in the canonical line, and tried above."""
    async with db.connection() as tx:
        rows = await (await tx.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'audit_entries'::regclass AND attnum > 0")).fetchall()

    assert {name for (name,) in rows} == {"id", *(change.split()[0] for change in CHANGES)}


HARM: tuple[tuple[LiteralString, str, int], ...] = (
    ("DELETE FROM audit_entries WHERE id = {entry}", "missing", 4),
    ("UPDATE audit_entries SET id = 'ffffffff-0000-0000-0000-000000000000' WHERE id = {entry}", "missing", 4),
    ("INSERT INTO audit_entries (id, at, action, caller, txid) SELECT '00000000-0000-0000-0000-000000000000', at, action, caller, txid FROM audit_entries WHERE id = {entry}", "extra", 4),
    ("UPDATE audit_identities SET identity = 'user:x' WHERE entry_id = {entry}", "identity", 4),
    ("UPDATE audit_identities SET salt = '\\x00' WHERE entry_id = {entry}", "identity", 4),
)  # fmt: skip


@pytest.mark.parametrize(("harm", "kind", "leaf"), HARM)
async def test_what_is_done_to_an_entry_is_found(
    db: Database, database_url: str, trail: list[UUID], archive: Archive, harm: LiteralString, kind: str, leaf: int
) -> None:
    as_owner(database_url, "ALTER TABLE audit_identities DROP CONSTRAINT audit_identities_entry_id_fkey")
    as_owner(database_url, harm.replace("{entry}", f"'{trail[4]}'"))  # pyright: ignore[reportArgumentType]

    first = (await verdict_on(db, archive)).problems[0]

    assert (first.kind, first.leaf) == (kind, leaf)


SEAL_CHANGES: tuple[LiteralString, ...] = (
    "number = 7",
    "until_txid = (until_txid::text::bigint - 1)::text::xid8",
    "until_id = gen_random_uuid()",
    "entry_ids = set_byte(entry_ids, 20, get_byte(entry_ids, 20) # 1)",
    "leaf_hashes = set_byte(leaf_hashes, 40, get_byte(leaf_hashes, 40) # 1)",
    "statement = replace(statement, '\"leaf_count\":3', '\"leaf_count\":2')",
    "statement = '{}'",
    "signature = set_byte(signature, 5, get_byte(signature, 5) # 1)",
    "archive = 'audit/x', archive_hash = decode(repeat('00', 32), 'hex')",
)


@pytest.mark.parametrize("change", SEAL_CHANGES)
async def test_whatever_is_changed_of_a_seal_is_found(
    db: Database, database_url: str, trail: list[UUID], archive: Archive, change: LiteralString
) -> None:
    """Its statement, its signature, its list, or what it is found by."""
    as_owner(database_url, "UPDATE audit_seals SET " + change + " WHERE number = 2")

    assert not (await verdict_on(db, archive)).is_good


async def test_identities_that_are_swapped_are_found(db: Database, database_url: str, archive: Archive) -> None:
    """Given two people of one trail, when each is put in the other's place, then that is found."""
    entries = await write(db, 2)
    await seal_all(db)
    as_owner(
        database_url,
        "UPDATE audit_identities AS one SET identity = other.identity FROM audit_identities AS other WHERE other.entry_id <> one.entry_id",
    )

    problems = (await verdict_on(db, archive)).problems

    assert [(problem.kind, problem.entry) for problem in problems] == [("identity", str(id)) for id in entries]


async def test_seals_that_were_removed_are_found_with_a_checkpoint_alone(
    db: Database, database_url: str, trail: list[UUID], archive: Archive
) -> None:
    """Given somebody who removes the last seal and its entries, then what is left is whole; a checkpoint that was kept knows better."""
    async with db.connection() as tx:
        last = await find_last_seal(tx)
    assert last is not None
    as_owner(
        database_url,
        "DELETE FROM audit_entries WHERE (txid, id) > (SELECT until_txid, until_id FROM audit_seals WHERE number = 2)",
        "DELETE FROM audit_seals WHERE number = 3",
    )

    assert (await verdict_on(db, archive)).is_good
    problems = (await verdict_on(db, archive, checkpoints=[last.sealed])).problems
    assert [(problem.kind, problem.seal) for problem in problems] == [("truncated", 3)]


# ── Over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_export_is_the_trail_and_names_nobody(db: Database, trail: list[UUID], server: httpx.AsyncClient, context: Any) -> None:
    """Its lines verify; of identities there is something only where they are asked for. That it was exported is an entry."""
    plain = await server.get("/v1/audit/export")
    named = await server.get("/v1/audit/export", params={"identities": "true"})

    assert (plain.status_code, plain.headers["content-type"].split(";")[0]) == (200, "application/x-ndjson")
    verdict, with_names = (verdict_of(answer.content.splitlines(), keys=[PUBLIC]) for answer in (plain, named))
    assert (verdict.is_good, verdict.entries, verdict.unsealed, verdict.identities) == (True, 9, 1, 0)
    assert (with_names.is_good, with_names.entries, with_names.unsealed, with_names.identities) == (True, 9, 2, 18 + 4)
    assert not any(who in plain.text for who in ("user:0", "203.0.113.7", "Browser/1"))
    assert all(who in named.text for who in ("user:0", "203.0.113.7", "Browser/1"))
    assert msgspec.json.decode(plain.content.splitlines()[0])["key"] == public_key(context.sealing.key)
    reads = (await server.get("/v1/audit", params={"action": "audit_read"})).json()["items"]
    assert [entry["metadata"] for entry in reads] == [{"read": "export", "identities": asked} for asked in (True, False)]


async def test_an_entry_is_under_its_own_seal_when_transactions_get_another_digit(db: Database, database_url: str) -> None:
    """Given seals up to transactions 9999, 10000 and 100000; then each place is under the first that reaches it, and not where text would put it."""
    as_owner(
        database_url,
        """
        INSERT INTO audit_seals (number, until_txid, until_id, entry_ids, leaf_hashes, statement, signature)
        SELECT number, until::xid8, 'ffffffff-ffff-ffff-ffff-ffffffffffff', decode(repeat('00', 16), 'hex'), decode(repeat('00', 32), 'hex'), '{}',
               decode(repeat('00', 64), 'hex')
        FROM (VALUES (1, '9999'), (2, '10000'), (3, '100000')) AS made (number, until)
        """,
    )

    async with db.connection() as tx:
        found = [await find_seal_at(tx, txid, UUID(int=1)) for txid in ("9998", "9999", "10000", "10001", "100001")]

    assert [seal and seal.number for seal in found] == [1, 1, 2, 3, None]


async def test_an_entry_is_proved_once_it_is_sealed(db: Database, server: httpx.AsyncClient) -> None:
    """Not before (409), and what is none has no proof (404)."""
    (entry,) = await write(db, 1)
    early = await server.get(f"/v1/audit/{entry}/proof")
    await seal_all(db)
    answer = await server.get(f"/v1/audit/{entry}/proof")
    unknown = await server.get(f"/v1/audit/{ids.uuid7()}/proof")

    assert (early.status_code, early.json()["code"], answer.status_code, unknown.status_code) == (409, "audit.not_sealed", 200, 404)
    assert msgspec.json.decode(answer.content, type=Proof).entry.startswith(f'{{"entry":"{entry}"')
    assert verify_proof(answer.content, keys=[PUBLIC]).is_good


async def test_a_look_at_somebodys_record_is_an_entry_about_them(db: Database, server: httpx.AsyncClient) -> None:
    """Who asked what, and about whom; in the same transaction as the look."""
    call_id, appointment_id = ids.uuid7(), ids.uuid7()
    await server.get("/v1/audit", params={"identity": "user:7", "call_id": str(call_id), "appointment_id": str(appointment_id), "action": "call_end"})

    (entry,) = (await server.get("/v1/audit", params={"action": "audit_read"})).json()["items"]

    assert (entry["identity"], entry["call_id"], entry["appointment_id"]) == ("user:7", str(call_id), str(appointment_id))
    assert entry["metadata"] == {"read": "list", "entries": 0, "action": "call_end"}
    assert entry["caller"].startswith("key:")


async def test_where_a_look_cannot_be_noted_nothing_is_shown(db: Database, database_url: str, server: httpx.AsyncClient) -> None:
    """Given a trail that takes no more entries, then nobody reads it either."""
    as_owner(database_url, "ALTER TABLE audit_entries ADD CHECK (action <> 'audit_read') NOT VALID")

    answers = [await server.get(path) for path in ("/v1/audit", "/v1/audit/export")]

    assert [answer.status_code for answer in answers] == [500, 500]


async def test_the_trail_of_an_appointment_and_messages_of_errors(db: Database, server: httpx.AsyncClient) -> None:
    """Entries are found by appointment; a message is kept on one line, and not endlessly."""
    appointment_id = ids.uuid7()
    await write(db, 2)
    await write(db, 1, action=Action.ERROR_OCCURRED, error_code="x", error_message="It\r\nbroke " + "x" * 1000, appointment_id=appointment_id)

    (entry,) = (await server.get("/v1/audit", params={"appointment_id": str(appointment_id)})).json()["items"]

    assert entry["error_message"][:8] == "It broke"
    assert len(entry["error_message"]) == 500


CANARIES = ("user:canary-identity", "198.51.100.66", "Canary-Agent/66")


async def test_nothing_in_entries_seals_and_exports_names_a_person(db: Database, api: httpx.AsyncClient, server: httpx.AsyncClient) -> None:
    """Given somebody whose identity, address and browser went into the trail in every way it takes them, then only the table of identities knows."""
    async with db.transaction() as tx:
        for action in (Action.JOIN_DENIED, Action.CALL_END):
            origin = Origin(CANARIES[1], CANARIES[2])
            await add_audit_entry(tx, action=action, at=NOON, caller="anyone", identity=CANARIES[0], origin=origin, duration_ms=1)
    await server.get("/v1/audit", params={"identity": CANARIES[0]}, headers={"User-Agent": CANARIES[2]})
    await api.post("/v1/join", json={"invite": "inv_x"}, headers={"User-Agent": CANARIES[2]})
    await seal_all(db)

    async with db.connection() as tx:
        text = await fetch_value(tx, "SELECT string_agg(row_to_json(e)::text, '') FROM audit_entries AS e")
        text += await fetch_value(tx, "SELECT string_agg(row_to_json(s)::text, '') FROM audit_seals AS s")
        known = await fetch_value(tx, "SELECT string_agg(row_to_json(i)::text, '') FROM audit_identities AS i")
    text += (await server.get("/v1/audit/export")).text

    assert [canary for canary in CANARIES if canary in text] == []
    assert [canary for canary in CANARIES if canary not in known] == []


# ── On the command line ───────────────────────────────────────────────────────────────────────────────────────────────────────────

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """A command in a process of its own, which knows the database or not."""

    def run(*arguments: object, away: bool = False) -> "subprocess.CompletedProcess[str]":
        own = {name: value for name, value in os.environ.items() if not name.startswith("CALLWELL_")}
        url = "postgresql://nobody@127.0.0.1:1/nowhere" if away else database_url
        environment = {**own, "CALLWELL_DATABASE_URL": url, "CALLWELL_SECRET_KEY": "11" * 32, "CALLWELL_DATA_DIR": str(tmp_path / "data")}
        command = [sys.executable, "-m", "callwell", "audit", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)

    return run


OWN = signing_key(Settings(secret_key="11" * 32))


async def test_an_export_is_verified_where_no_database_is(db: Database, run: Run, tmp_path: Path) -> None:
    """Given an export, when somebody far away verifies it, then it is good; when a letter of it is changed, the entry is named and the exit code is 1."""
    await write(db, 3)
    await seal_all(db, key=OWN)
    assert run("export", tmp_path / "out").returncode == 0
    key = run("key").stdout.strip()
    file = tmp_path / "out" / "trail.jsonl"

    good = run("verify", tmp_path / "out", "--key", key, away=True)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], lines[2].replace(b"anyone", b"nobody"), *lines[3:]]))
    bad = run("verify", file, "--key", key, "--json", away=True)
    stranger = run("verify", file, "--key", PUBLIC, away=True)

    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.splitlines()[:2] == ["3 entries under 1 seals are as they were sealed; 1 are not sealed yet.", f"Signed with {key}"]
    said = msgspec.json.decode(bad.stdout)
    assert (bad.returncode, said["is_good"], said["problems"][0]["kind"], said["problems"][0]["leaf"]) == (1, False, "changed", 1)
    assert "signed with another key" in stranger.stdout
    assert file.stat().st_mode & 0o077 == 0


async def test_the_deployments_own_trail_is_verified_and_an_entry_proved(db: Database, run: Run, tmp_path: Path, database_url: str) -> None:
    """Against the database, with a checkpoint that was kept; the proof of one entry is checked without it."""
    (entry,) = await write(db, 1)
    await seal_all(db, key=OWN)
    proof, checkpoint = tmp_path / "proof.json", tmp_path / "kept.json"
    async with db.connection() as tx:
        last = await find_last_seal(tx)
    assert last is not None
    checkpoint.write_bytes(last.sealed.line + b"\n")
    proof.write_text(run("prove", entry).stdout)

    assert run("verify", "--checkpoint", checkpoint).returncode == 0
    assert run("verify", "--proof", proof, "--checkpoint", checkpoint, away=True).returncode == 0
    proof.write_text(proof.read_text().replace("anyone", "nobody"))
    assert run("verify", "--proof", proof, away=True).returncode == 1
    as_owner(database_url, "DELETE FROM audit_seals", "DELETE FROM audit_entries")
    cut = run("verify", "--checkpoint", checkpoint)
    assert (cut.returncode, cut.stdout.splitlines()[0]) == (1, "The trail ends at seal 0; a checkpoint knows of seal 1.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "nowhere"], "there is no trail in nowhere"),
        (["verify", "--proof", "nowhere"], "nowhere cannot be read"),
        (["verify", "--checkpoint", "pyproject.toml", "nowhere"], "pyproject.toml holds no checkpoint"),
        (["verify", "--key", "xyz", "nowhere"], "a public key is 64 hex digits"),
        (["prove", str(UUID(int=1))], "There is no audit entry"),
    ],
)
def test_what_cannot_be_understood_is_told_in_a_line(run: Run, arguments: list[str], said: str) -> None:
    """On standard error, with exit code 2."""
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_what_verifies_needs_no_driver() -> None:
    """The verifier, seals and trees are imported where neither driver nor web framework is."""
    program = """
import sys
for name in ("psycopg", "psycopg_pool", "litestar", "callwell.postgres", "callwell.http", "callwell.settings"):
    sys.modules[name] = None
from callwell.compliance.verify import Verifier
print(Verifier().end().is_good)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == "True\n"
