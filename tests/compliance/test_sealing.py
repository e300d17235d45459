"""Sealing the trail of a real database while it is written, what is kept of each seal elsewhere, and who may change what."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, LiteralString

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.compliance.trails import KEY, NOON, SOMEWHERE, archive_in, as_owner, seal_all, until, verdict_on, write

from callwell import errors
from callwell.compliance import sealing as rules
from callwell.compliance.queries import SealRow, find_last_seal, list_seals
from callwell.compliance.sealing import SEAL_AFTER, Sealing, find_held_up, seal_due, seal_next, signing_key
from callwell.compliance.seals import derived_key, public_key, read_seal, read_statement
from callwell.postgres import Database, fetch_value, sqlstate
from callwell.postgres.migrate import migrate
from callwell.postgres.roles import is_protected
from callwell.record.audit import Action, add_audit_entry
from callwell.settings import Settings, read_settings


async def seals_of(db: Database) -> list[SealRow]:
    async with db.connection() as tx:
        return await list_seals(tx, after=0, most=10_000)


# ── Order ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("times", [20, pytest.param(1000, marks=pytest.mark.long)])
async def test_many_writers_and_a_sealer_make_one_sequence(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Given 32 writers whose transactions overlap, some of which are undone, and two sealers; then every entry that was committed has one leaf."""
    monkeypatch.setattr(rules, "MOST_LEAVES", 50)
    written = 0
    done = asyncio.Event()

    async def write_some(db: Database, seed: int) -> None:
        nonlocal written
        chance = Random(seed)
        for number in range(times):
            with contextlib.suppress(ZeroDivisionError):
                async with db.transaction() as tx:
                    for _ in range(chance.randint(1, 3)):
                        await add_audit_entry(tx, action=Action.JOIN_ATTEMPT, at=NOON, caller=f"{seed}", metadata={"n": number})
                    await asyncio.sleep(chance.random() / 100)
                    if chance.random() < 0.2:
                        raise ZeroDivisionError
                    rows = await fetch_value(tx, "SELECT count(*) FROM audit_entries WHERE txid = pg_current_xact_id()")
                written += rows

    async def seal_meanwhile(db: Database) -> None:
        while not done.is_set():
            async with db.transaction() as tx:
                await seal_next(tx, KEY, NOON)
            await asyncio.sleep(0)

    async with await Database.connect(database_url, size=34) as db:
        sealers = [asyncio.create_task(seal_meanwhile(db)) for _ in range(2)]
        await asyncio.gather(*(write_some(db, seed) for seed in range(32)))
        done.set()
        await asyncio.gather(*sealers)
        await seal_all(db)
        verdict = await verdict_on(db, archive_in(tmp_path))
        said = [read_statement(seal.sealed.statement) for seal in await seals_of(db)]

    assert verdict.is_good, verdict.problems
    assert (verdict.entries, verdict.unsealed) == (written, 0)
    assert [one.first_leaf for one in said] == [sum(one.leaf_count for one in said[:n]) for n in range(len(said))]
    assert len(said) > 2


async def test_an_open_transaction_holds_up_what_comes_after_it(db: Database) -> None:
    """Given somebody who has written and not committed, then nothing that began later is sealed: they would come before it."""
    async with db.transaction() as slow:
        await add_audit_entry(slow, action=Action.ROOM_CREATED, at=NOON, caller="slow")
        await write(db, 1)
        async with db.transaction() as tx:
            assert await seal_next(tx, KEY, NOON) is None
    await seal_all(db)

    (seal,) = await seals_of(db)
    async with db.connection() as tx:
        first = await fetch_value(tx, "SELECT caller FROM audit_entries ORDER BY txid, id LIMIT 1")
    assert (first, len(seal.entry_ids)) == ("slow", 32)


async def test_what_is_held_up_is_told(db: Database, sealing: Sealing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Given an entry that waits longer than it should, then the log says since when; once it is sealed it says no more."""
    stop, asked = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(rules, "HELD_UP_AFTER", timedelta(0))
    before = datetime.now(UTC)

    async def ask() -> None:
        asked.set()

    async with db.transaction() as slow:
        await add_audit_entry(slow, action=Action.ROOM_CREATED, at=NOON, caller="slow")
        await write(db, 1)
        async with db.connection() as tx:
            since = await find_held_up(tx)
        running = asyncio.create_task(sealing.run(stop, ask))
        await until(lambda: _is_in(caplog, "is not sealed: a transaction"))
    stop.set()
    await running
    await seal_all(db)

    async with db.connection() as tx:
        assert await find_held_up(tx) is None
    assert since is not None
    assert before - timedelta(milliseconds=1) <= since <= datetime.now(UTC)


async def _is_in(caplog: pytest.LogCaptureFixture, said: str) -> bool:
    return said in caplog.text


async def test_one_seals_at_a_time(db: Database) -> None:
    """Who comes while another seals leaves it to them."""
    await write(db, 2)
    async with db.transaction() as one, db.transaction() as other:
        await until(lambda: seal_next(one, KEY, NOON))
        assert await seal_next(other, KEY, NOON) is None

    assert len(await seals_of(db)) == 1


async def test_it_is_sealed_when_enough_has_gathered_or_time_has_passed(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first entries at once; then after 50 s, or where so many wait that they fill a seal."""
    monkeypatch.setattr(rules, "MOST_LEAVES", 3)

    async def due(after: timedelta) -> bool:
        return await seal_due(db, KEY, NOON + after) is not None

    assert not await due(timedelta(0))
    await write(db, 1)
    await until(lambda: due(timedelta(0)))
    await write(db, 2)
    assert not await due(SEAL_AFTER - timedelta(milliseconds=1))
    await until(lambda: due(SEAL_AFTER))
    await seal_all(db, at=NOON + SEAL_AFTER)
    await write(db, 3)
    await until(lambda: due(SEAL_AFTER))
    assert [len(seal.entry_ids) // 16 for seal in await seals_of(db)][-1] == 3


async def test_transactions_that_begin_anew_are_told(db: Database, database_url: str) -> None:
    """Given a database that counts from a lower number than the trail has, as after it was restored from a dump, then sealing says so."""
    await write(db, 1)
    await seal_all(db)
    as_owner(database_url, "UPDATE audit_seals SET until_txid = '18446744073709551000'")

    with pytest.raises(errors.TransactionsBeganAnew):
        await seal_due(db, KEY, NOON)


# ── The key ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_key_is_the_deployments_or_its_own() -> None:
    """Derived from the deployment's key, always the same; or the one that is set."""
    derived = Settings(secret_key="11" * 32)
    own = replace(derived, audit_key="22" * 32)

    assert public_key(signing_key(derived)) == public_key(derived_key(bytes.fromhex("11" * 32)))
    assert public_key(signing_key(own)) not in (public_key(signing_key(derived)), public_key(derived_key(bytes.fromhex("22" * 32))))


@pytest.mark.parametrize(("name", "value"), [("CALLWELL_AUDIT_KEY", "12"), ("CALLWELL_AUDIT_WEBHOOK", "ftp://x")])
def test_a_setting_of_the_trail_that_is_wrong_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(errors.SettingInvalid, match=name):
        read_settings({name: value})


# ── Checkpoints ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sealing(db: Database, settings: Settings, tmp_path: Path) -> Sealing:
    return Sealing(db, replace(settings, data_dir=tmp_path))


async def test_every_seal_has_a_checkpoint_in_the_folder(db: Database, sealing: Sealing, tmp_path: Path) -> None:
    """Also those that were made while nobody wrote them; each is the seal as the trail has it."""
    for _ in range(2):
        await write(db, 2)
        await seal_all(db)
    await sealing.write_checkpoints()
    await write(db, 1)
    await seal_all(db, at=NOON + timedelta(days=1))
    await Sealing(db, replace(Settings(secret_key="11" * 32), data_dir=tmp_path)).write_checkpoints()

    folder = tmp_path / "audit" / "checkpoints"
    files = [folder / "2026-11-21" / f"{number:012}.json" for number in (1, 2)] + [folder / "2026-11-22" / f"{3:012}.json"]
    assert sorted(folder.rglob("*.*")) == files
    assert [read_seal(file.read_bytes().strip()) for file in files] == [seal.sealed for seal in await seals_of(db)]


async def test_sealing_goes_on_by_itself(db: Database, sealing: Sealing, tmp_path: Path) -> None:
    """What is written while it runs is sealed, and its checkpoint written; the door outwards is asked to be told."""
    asked = asyncio.Event()
    stop = asyncio.Event()

    async def ask() -> None:
        asked.set()

    sealing.webhook = "http://127.0.0.1:1/"
    await write(db, 1)
    running = asyncio.create_task(sealing.run(stop, ask))
    async with asyncio.timeout(60):
        await asked.wait()
        while not await seals_of(db):  # noqa: ASYNC110 a transaction of somebody else on this server may hold it up
            await asyncio.sleep(0.05)
    stop.set()
    await running
    assert len(list((tmp_path / "audit" / "checkpoints").rglob("*.json"))) == len(await seals_of(db)) == 1


async def test_a_folder_that_cannot_be_written_does_not_hold_up_sealing(db: Database, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sealing = Sealing(db, replace(settings, audit_checkpoints=str(tmp_path / "file" / "folder")))
    stop = asyncio.Event()
    await write(db, 1)

    async def ask() -> None:
        raise AssertionError

    running = asyncio.create_task(sealing.run(stop, ask))
    await until(lambda: seals_of(db))
    stop.set()
    await running


class Listener:
    """Whoever is told checkpoints; answers as it is told to."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.status = 204


@pytest.fixture
def listener() -> Iterator[tuple[Listener, str]]:
    told = Listener()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if told.status < 300:
                told.heard.append(body)
            self.send_response(told.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield told, f"http://127.0.0.1:{server.server_port}/checkpoints"
        server.shutdown()
        thread.join()


async def test_checkpoints_are_posted_in_order_and_again_until_they_are_taken(db: Database, sealing: Sealing, listener: tuple[Listener, str]) -> None:
    """Given a listener that is away for a while, then it hears each checkpoint once it is back, in order, and none twice."""
    told, sealing.webhook = listener
    for status in (204, 500, 500):
        told.status = status
        await write(db, 1)
        await seal_all(db)
        if status == 204:
            assert await sealing.tell_webhook() == 1
        else:
            with pytest.raises(httpx.HTTPStatusError):
                await sealing.tell_webhook()
    told.status = 204

    assert (await sealing.tell_webhook(), await sealing.tell_webhook()) == (2, 0)
    assert told.heard == [seal.sealed.line for seal in await seals_of(db)]


# ── Who may change what ───────────────────────────────────────────────────────────────────────────────────────────────────────────

REFUSED: tuple[LiteralString, ...] = (
    "UPDATE audit_entries SET caller = 'x'",
    "DELETE FROM audit_entries",
    "TRUNCATE audit_entries CASCADE",
    "UPDATE audit_seals SET statement = '{}'",
    "UPDATE audit_seals SET archive = 'x', archive_hash = '\\x00'",
    "DELETE FROM audit_seals",
    "TRUNCATE audit_seals",
    "DROP TABLE audit_seals",
    "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    "CREATE TABLE mine (n integer)",
)


@pytest.mark.parametrize("statement", REFUSED)
async def test_the_database_refuses_the_application_to_change_the_trail(db: Database, statement: LiteralString) -> None:
    """On the application's own connections, whoever its login is (42501: insufficient privilege)."""
    await write(db, 1)
    await seal_all(db)

    with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
        async with db.transaction() as tx:
            await tx.execute(statement)

    assert sqlstate(refused.value) == "42501"


async def test_who_it_was_can_be_erased_and_the_seals_stay_true(db: Database, tmp_path: Path) -> None:
    """Given people in a sealed trail, when one is erased, then nothing of them is left and every seal verifies."""
    await write(db, 5)
    await seal_all(db)
    before = await verdict_on(db, archive_in(tmp_path))
    async with db.transaction() as tx:
        await tx.execute(
            """
            UPDATE audit_identities SET identity = NULL, address = NULL, user_agent = NULL, salt = NULL, erased_id = gen_random_uuid()
            WHERE identity = 'user:3'
            """
        )

    after = await verdict_on(db, archive_in(tmp_path))

    assert (before.is_good, before.identities, after.is_good, after.identities) == (True, 15, True, 12)


async def test_the_database_says_whether_it_guards_the_trail(database_url: str) -> None:
    """Given a login that can become the roles, then it does; a database that was not granted to them does not count."""
    assert is_protected(database_url)
    as_owner(database_url, "REVOKE ALL ON audit_entries FROM callwell_app")

    assert not is_protected(database_url)
    async with await Database.connect(database_url) as db, db.connection() as tx:
        assert await fetch_value(tx, "SELECT current_user") == "callwell"
    migrate(database_url)
    assert is_protected(database_url)


@pytest.fixture
async def plain_login(postgres_admin: psycopg.Connection, empty_database_url: str) -> AsyncIterator[str]:
    """The address of an empty database for a login that owns it and may make no roles."""
    database = conninfo_to_dict(empty_database_url)["dbname"]
    login = f"login_{database}"
    postgres_admin.execute(f"CREATE ROLE {login} LOGIN".encode())
    postgres_admin.execute(f"ALTER DATABASE {database} OWNER TO {login}".encode())
    yield make_conninfo(empty_database_url, user=login)
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(f"REASSIGN OWNED BY {login} TO CURRENT_USER".encode())
        connection.execute(f"DROP OWNED BY {login}".encode())
        connection.execute(f"DROP ROLE {login}".encode())


async def test_a_login_that_cannot_become_the_roles_works_and_is_told(plain_login: str, template: str, caplog: pytest.LogCaptureFixture) -> None:
    """As in many a managed database: everything works, nothing is refused, and it is said plainly that only the seals guard the trail."""
    migrate(plain_login)

    assert "the trail is not protected by the database's roles: the login may not become the role callwell_app" in caplog.text
    assert not is_protected(plain_login)
    async with await Database.connect(plain_login) as db:
        async with db.transaction() as tx:
            await add_audit_entry(tx, action=Action.ROOM_CREATED, at=NOON, caller="anyone", origin=SOMEWHERE)
        await seal_all(db)
        async with db.connection() as tx:
            assert await find_last_seal(tx) is not None
            assert await fetch_value(tx, "SELECT current_user = session_user")


async def test_a_login_that_was_let_in_works_under_the_role(plain_login: str, template: str, postgres_admin: psycopg.Connection) -> None:
    """Given an administrator who granted the roles to the login, then the database refuses it, too."""
    login = conninfo_to_dict(plain_login)["user"]
    postgres_admin.execute(f"GRANT callwell_app, callwell_retention TO {login}".encode())
    migrate(plain_login)

    async with await Database.connect(plain_login) as db:
        await write(db, 1)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with db.transaction() as tx:
                await tx.execute("DELETE FROM audit_entries")
    postgres_admin.execute(f"REVOKE callwell_app, callwell_retention FROM {login}".encode())
