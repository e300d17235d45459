"""Migrations: all or nothing, once, and the database says whether it is where it should be."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from callwell import errors
from callwell.postgres.migrate import MIGRATIONS, check, check_revision, find_revision, migrate, newest_revision

REVISION = """
from callwell.postgres.migrations import run_statements_of

revision = {revision!r}
down_revision = {after!r}


def upgrade() -> None:
    run_statements_of(__file__)
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A folder of migrations with one revision, which makes a table."""
    shutil.copy(MIGRATIONS / "env.py", tmp_path)
    (tmp_path / "versions").mkdir()
    add_revision(tmp_path, "0001", None, "CREATE TABLE numbers (n integer); INSERT INTO numbers SELECT 105 % 100; -- 100 %s")
    return tmp_path


def add_revision(migrations: Path, revision: str, after: str | None, statements: str) -> None:
    (migrations / "versions" / f"{revision}.py").write_text(REVISION.format(revision=revision, after=after))
    (migrations / "versions" / f"{revision}.sql").write_text(statements)


def ask(dsn: str, question: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def test_an_empty_database_is_brought_to_the_newest_revision(empty_database_url: str) -> None:
    """After it the tables and the job queue's are there, and nothing differs from schema.sql."""
    assert find_revision(empty_database_url) is None
    migrate(empty_database_url)
    assert find_revision(empty_database_url) == newest_revision()
    assert check(empty_database_url) == []
    check_revision(empty_database_url)
    assert ask(empty_database_url, "SELECT count(*) FROM calls") == 0
    assert ask(empty_database_url, "SELECT count(*) FROM procrastinate_jobs") == 0


def test_migrating_again_changes_nothing(database_url: str) -> None:
    """A database that is at the newest revision is left alone, and so is what is in it."""
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO sweeps (swept_at) VALUES (now())")
    migrate(database_url)
    assert ask(database_url, "SELECT count(*) FROM sweeps") == 1
    assert check(database_url) == []


def test_several_at_once_take_turns(empty_database_url: str) -> None:
    """Servers that start together all find the database migrated, and none of them fails."""
    with ThreadPoolExecutor(4) as several:
        for done in [several.submit(migrate, empty_database_url) for _ in range(4)]:
            done.result()
    assert check(empty_database_url) == []


def test_statements_run_as_they_stand(empty_database_url: str, migrations: Path) -> None:
    """Several statements in one file, percent signs and comments among them, need no escaping."""
    migrate(empty_database_url, migrations=migrations)
    assert ask(empty_database_url, "SELECT n FROM numbers") == 5


def test_a_later_revision_comes_on_top(empty_database_url: str, migrations: Path) -> None:
    """Only what was not run yet is run."""
    migrate(empty_database_url, migrations=migrations)
    add_revision(migrations, "0002", "0001", "ALTER TABLE numbers ADD doubled integer; UPDATE numbers SET doubled = 2 * n")
    migrate(empty_database_url, migrations=migrations)
    assert find_revision(empty_database_url) == newest_revision(migrations) == "0002"
    assert ask(empty_database_url, "SELECT doubled FROM numbers") == 10


def test_a_revision_that_fails_leaves_everything_as_it_was(empty_database_url: str, migrations: Path) -> None:
    """All revisions of a run are one transaction: a database is never half migrated."""
    add_revision(migrations, "0002", "0001", "CREATE TABLE more (n integer); SELECT 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database_url, migrations=migrations)
    assert find_revision(empty_database_url) is None
    assert ask(empty_database_url, "SELECT to_regclass('numbers')") is None


def test_check_shows_what_differs(database_url: str) -> None:
    """A schema that was changed by hand is told line by line."""
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE sweeps ADD by_hand integer")
    differences = check(database_url)
    assert any(line.startswith("+") and "by_hand integer" in line for line in differences)


def test_a_database_at_another_revision_is_told_apart(empty_database_url: str) -> None:
    """Where migrations were not run the start is refused with what to do."""
    assert check(empty_database_url) == [f"The database is at revision none, and should be at {newest_revision()}."]
    with pytest.raises(errors.SchemaOutdated, match="callwell db migrate"):
        check_revision(empty_database_url)


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """Migrating nothing is the same 503 as everywhere."""
    with pytest.raises(errors.DatabaseUnavailable):
        migrate(f"postgresql:///nowhere?host={tmp_path}")
