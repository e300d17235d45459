"""The command line: one line for what goes wrong, 2 for bad input, 1 for failure."""

import pytest

from callwell import __version__
from callwell.cli import run


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`callwell --version` is one line."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"callwell {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["crete"], "crete"),
        (["keys", "crete"], "crete"),
        (["serve", "--prt", "1"], "--prt"),
        (["serve", "--port", "x"], "--port"),
        (["serve", "--port", "70000"], "CALLWELL_PORT"),
        (["keys", "create"], "name"),
        (["keys", "create", "x"], "--scope"),
        (["keys", "create", "x", "--scope", "all"], "all"),
        (["keys", "create", "", "--scope", "admin"], "1 to 200"),
        (["keys", "revoke", "x"], "ID"),
    ],
)
def test_bad_input_is_one_line_and_2(arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong with a command line is said in one line on standard error, and nothing was done."""
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("callwell: ")
    assert said.err.count("\n") == 1
    assert word in said.err


def test_the_schema_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    """`callwell db schema` prints the statements."""
    assert run(["db", "schema"]) == 0
    assert "CREATE TABLE public.calls" in capsys.readouterr().out
