"""Errors: each has a code of its own, a sentence that can always be shown, and is used."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from callwell import errors
from callwell.errors import EVENT_CODES, CallwellError
from callwell.http import problem

SOURCES = Path(errors.__file__).parent

EVERY = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CallwellError) and kind is not CallwellError]


def test_codes_are_their_own() -> None:
    """No two errors have the same code, and none that of an outcome of a fact."""
    codes = Counter([*(kind.code for kind in EVERY), *EVENT_CODES])
    assert {code for code, count in codes.items() if count > 1} == set()


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_error_can_be_shown_whatever_it_was_raised_with(kind: Any) -> None:
    """A sentence with nothing to fill it in is still a sentence, and a problem document with every member."""
    error = kind()
    assert re.match(r"[A-Z`{…].*[.}…]\Z|[A-Z`{…].*: ….*", error.detail, re.DOTALL), error.detail
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", error.code)
    assert 400 <= error.status < 600
    document = problem(error)
    assert set(document) == {"type", "title", "status", "detail", "code", "errors"}
    assert document["title"][0].isupper()
    assert not re.search(r"[a-z][A-Z]", document["title"])


def test_what_an_error_speaks_of_cannot_replace_what_every_problem_has() -> None:
    """An error raised with a `status` of something shows its own status."""
    document = problem(errors.NotFound(what="room", id="x", status=200, code="ok", opens_at="later"))
    assert (document["status"], document["code"], document["opens_at"]) == (404, "not_found", "later")


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind.status in (429, 503)], ids=lambda kind: kind.__name__)
def test_who_shall_come_back_is_told_when(kind: Any) -> None:
    """Every 429 and 503 says after how many seconds to try again."""
    assert kind().retry_after


def test_every_error_is_raised_somewhere() -> None:
    """An error that nothing raises is not one that a caller can see."""
    text = "\n".join(file.read_text() for file in SOURCES.rglob("*.py") if file.name != "errors.py")
    unused = {kind.__name__ for kind in EVERY if not re.search(rf"\b{kind.__name__}\b", text)}
    assert unused == set()
