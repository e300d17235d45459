"""Bringing a database to this version's schema, and telling whether it is there.

The statements stand in ``migrations/versions/*.sql``; Alembic knows their order and which were run. ``schema.sql`` is what they come to, as
``pg_dump`` says it; ``python -m callwell.postgres.migrate --write-schema`` writes it. The job queue's tables are procrastinate's own affair.
"""

import difflib
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy.exc import OperationalError

from callwell import errors
from callwell.postgres.binaries import find_binaries
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.postgres.roles import give_roles

log = logging.getLogger(__name__)

SCHEMA = Path(__file__).with_name("schema.sql")
MIGRATIONS = Path(__file__).with_name("migrations")

REVISIONS_TABLE = "schema_revision"
"""Where Alembic keeps which revisions were run."""

ONE_AT_A_TIME = int.from_bytes(b"callwell", "big")
"""Key of the advisory lock under which a database is migrated."""


def migrate(dsn: str, *, migrations: Path = MIGRATIONS) -> None:
    """Bring the database to the newest revision, all of it or nothing; one that is there already is not changed. Several at once take turns.

    Raises DatabaseUnavailable where it cannot be reached.
    """
    with _transaction(dsn) as connection:
        connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        config = _config(migrations)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        driver_connection = connection.connection.driver_connection
        assert isinstance(driver_connection, psycopg.Connection)
        _add_job_queue(driver_connection)
        if why := give_roles(driver_connection):
            log.warning("the trail is not protected by the database's roles: %s", why)


def _add_job_queue(connection: psycopg.Connection) -> None:
    if connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchall() == [(None,)]:
        connection.execute(SchemaManager.get_schema())


def find_revision(dsn: str) -> str | None:
    """The revision that the database is at; None where nothing was ever run. Raises DatabaseUnavailable."""
    with _transaction(dsn) as connection:
        return MigrationContext.configure(connection, opts={"version_table": REVISIONS_TABLE}).get_current_revision()


def newest_revision(migrations: Path = MIGRATIONS) -> str | None:
    return ScriptDirectory.from_config(_config(migrations)).get_current_head()


def check_revision(dsn: str) -> None:
    """Raises SchemaOutdated where the database is not at this version's revision. Cheap: one statement."""
    found, wanted = find_revision(dsn), newest_revision()
    if found != wanted:
        raise errors.SchemaOutdated(problem=f"it is at revision {found or 'none'}, and should be at {wanted}")


def check(dsn: str) -> list[str]:
    """How the database's schema differs from ours, as lines to read; empty where it does not."""
    found, wanted = find_revision(dsn), newest_revision()
    if found != wanted:
        return [f"The database is at revision {found or 'none'}, and should be at {wanted}."]
    ours, theirs = SCHEMA.read_text().splitlines(), dump_schema(dsn).splitlines()
    return list(difflib.unified_diff(ours, theirs, "schema.sql", "the database", n=2, lineterm=""))


@contextmanager
def _transaction(dsn: str) -> Iterator[sqlalchemy.Connection]:
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=sqlalchemy.NullPool)
    try:
        connection = engine.connect()
    except OperationalError as why:
        raise errors.DatabaseUnavailable from why
    with connection, connection.begin():
        yield connection


def _config(migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["version_table"] = REVISIONS_TABLE
    return config


# ── The schema as text ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def dump_schema(dsn: str) -> str:
    """The database's schema as ``pg_dump`` says it, less all that depends on the version of server and program, and less others' tables.

    Raises EmbeddedDatabaseFailed with pg_dump's own words where it cannot (a server newer than it, say).
    """
    pg_dump = find_binaries().program("pg_dump")
    dumped = subprocess.run(  # noqa: S603 our own program
        [pg_dump, "--schema-only", "--no-owner", "--no-privileges", "--no-tablespaces", "--schema=public", dsn],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    if dumped.returncode != 0:
        raise errors.EmbeddedDatabaseFailed(problem=f"its schema cannot be read: {' '.join(dumped.stderr.split())}")
    return normalised(dumped.stdout)


def _with_bare_columns(view: str) -> str:
    """Servers before PostgreSQL 16 say of each column which table it is of, also where there is but one."""
    tables = "|".join(re.findall(r"FROM public\.(\w+)", view))
    return re.sub(rf"\b(?:{tables})\.", "", view) if tables else view


def normalised(dump: str) -> str:
    """The statements of a dump, each after an empty line, without comments and session settings."""
    objects = re.split(r"^--\n-- Name: (.+?); Type: (.+?); Schema: .*\n--\n", dump, flags=re.MULTILINE)[1:]
    statements: list[str] = []
    for name, kind, text in zip(objects[::3], objects[1::3], objects[2::3], strict=True):
        if kind == "SCHEMA" or name == "SCHEMA public" or _is_others(name):
            continue
        lines = (line for line in text.splitlines() if line and not re.match(r"--|SET |SELECT pg_catalog\.|\\", line))
        statement = "\n".join(lines)
        statements.append(_with_bare_columns(statement) if kind == "VIEW" else statement)
    return "\n\n".join(one for one in statements if one) + "\n"


def _is_others(name: str) -> bool:
    """Whether an object is the job queue's or Alembic's. Names read ``table``, ``table constraint``, ``function(..)``, ``TABLE table``."""
    return any(word.startswith(("procrastinate_", "idx_procrastinate_", REVISIONS_TABLE)) for word in name.split())


def write_schema() -> None:
    """Make ``schema.sql`` anew from the migrations, in a database of its own."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as server:
        migrate(server.dsn)
        SCHEMA.write_text(dump_schema(server.dsn))


if __name__ == "__main__":
    if sys.argv[1:] != ["--write-schema"]:
        sys.exit("usage: python -m callwell.postgres.migrate --write-schema")
    write_schema()
