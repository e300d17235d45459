"""A real PostgreSQL for every test that asks: one server for the run, a template migrated once, a clone of it for each test."""

import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from callwell.postgres import Database
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.postgres.migrate import migrate

pytest_plugins = ["tests.app_fixtures", "tests.ingest.sites", "tests.analytics.held"]

MEMORY = Path("/dev/shm")
"""Cloning a database makes some hundred files: 12 ms in memory, more than ten times that on some disks."""

FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        config.stash[FOLDER] = Path(config.workerinput["postgres_folder"])  # pyright: ignore[reportAttributeAccessIssue] xdist's
    else:
        roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4e9
        config.stash[FOLDER] = Path(tempfile.mkdtemp(prefix="callwell-tests-", dir=MEMORY if roomy else None))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist's workers share the folder of who started them, and so the server."""
    node.workerinput["postgres_folder"] = str(node.config.stash[FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    folder = config.stash[FOLDER]
    if (folder / "data").exists():
        EmbeddedPostgres(folder).__enter__().close()  # stops it also where a worker died
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(pytestconfig.stash[FOLDER], conf={"shared_buffers": "128MB"}) as server:  # which is gone through for each database
        yield server


@pytest.fixture(scope="session")
def postgres_admin(postgres_server: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """A connection that may make and drop databases."""
    with psycopg.connect(postgres_server.dsn_of("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def template(postgres_server: EmbeddedPostgres, postgres_admin: psycopg.Connection) -> str:
    """Name of a migrated database that nobody is connected to. The first worker makes it, while the others wait."""
    with postgres_admin.transaction():
        postgres_admin.execute("SELECT pg_advisory_xact_lock(1)")
        made = postgres_admin.execute("SELECT FROM pg_database WHERE datname = 'callwell' AND datistemplate").fetchall()
        if not made:
            migrate(postgres_server.dsn)
            postgres_admin.execute("ALTER DATABASE callwell IS_TEMPLATE true")
    return "callwell"


def new_database(server: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    identifier = sql.Identifier(name)
    admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(identifier, sql.Identifier(template)))
    yield server.dsn_of(name)
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, postgres_admin: psycopg.Connection, template: str) -> Iterator[str]:
    """A migrated database of the test's own."""
    yield from new_database(postgres_server, postgres_admin, template)


@pytest.fixture
def empty_database_url(postgres_server: EmbeddedPostgres, postgres_admin: psycopg.Connection) -> Iterator[str]:
    """A database of the test's own in which nothing was run."""
    yield from new_database(postgres_server, postgres_admin, "template0")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with await Database.connect(database_url, size=8) as database:
        yield database
