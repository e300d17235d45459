"""`callwell accounts`: who may sign in, made where the server's data is."""

import io
import json
from pathlib import Path

import psycopg
import pytest
from tests.access.people import weak_hashes

from callwell.access import passwords
from callwell.cli import run

__all__ = ["weak_hashes"]

ADMIN = ["accounts", "create", "ada@example.org", "--name", "Ada", "--role", "admin"]


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> None:
    """A deployment whose database is there."""
    monkeypatch.setenv("CALLWELL_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLWELL_DATA_DIR", str(tmp_path))


def stored_hash(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        ((hash,),) = connection.execute("SELECT password_hash FROM accounts").fetchall()
    return hash


def is_password(database_url: str, password: str) -> bool:
    return passwords._is_password(stored_hash(database_url), password)


def test_an_account_is_made_and_its_password_printed(capsys: pytest.CaptureFixture[str], database_url: str) -> None:
    """Nothing else is printed, so that a script can read it; it is what somebody signs in with."""
    assert run(ADMIN) == 0
    password = capsys.readouterr().out.removesuffix("\n")
    assert len(password) >= 20
    assert is_password(database_url, password)
    assert run(["accounts", "list", "--json"]) == 0
    (account,) = json.loads(capsys.readouterr().out)["items"]
    assert (account["email"], account["role"], "password_hash" in account) == ("ada@example.org", "admin", False)


def test_a_password_is_read_from_standard_input(capsys: pytest.CaptureFixture[str], database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given on standard input it stands in no history, and is not printed."""
    monkeypatch.setattr("sys.stdin", io.StringIO("four small green apples\nmore\n"))
    assert run([*ADMIN, "--password-stdin"]) == 0
    assert capsys.readouterr().out == ""
    assert is_password(database_url, "four small green apples")


def test_a_reset_gives_a_new_one(capsys: pytest.CaptureFixture[str], database_url: str) -> None:
    """The one that there was is good no more."""
    run(ADMIN)
    first = capsys.readouterr().out.strip()
    assert run(["accounts", "reset", "ADA@example.org", "--json"]) == 0
    second = json.loads(capsys.readouterr().out)["password"]
    assert (is_password(database_url, first), is_password(database_url, second)) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["accounts", "create", "ada", "--name", "Ada", "--role", "admin"], "email"),
        (["accounts", "create", "ada@example.org", "--name", "Ada", "--role", "boss"], "boss"),
        (["accounts", "create", "ada@example.org", "--name", "Ada", "--role", "provider"], "identity"),
        (["accounts", "create", "ada@example.org", "--name", "", "--role", "admin"], "1 to 200"),
        (["accounts", "disable", "nobody@example.org"], "nobody@example.org"),
        (ADMIN, "already exists"),
        (["accounts", "disable", "root@example.org"], "last admin"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_2(arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong is said on standard error."""
    if word == "already exists":
        run(ADMIN)
    if word == "last admin":
        run(["accounts", "create", "root@example.org", "--name", "Root", "--role", "admin"])
    capsys.readouterr()
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert word in said.err
