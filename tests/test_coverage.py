"""Nothing that was asked for is dropped: every row of `docs/reference/coverage.md` is there, and says which tests show it."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "coverage.md"

IDS = [
    *(f"A{n}" for n in range(1, 17)),
    *(f"B{n}" for n in range(1, 9)),
    *(f"C{n}" for n in range(1, 15)),
    *(f"C15{letter}" for letter in "abcdefg"),
    *(f"C16{letter}" for letter in "abcdef"),
    *(f"D{n}" for n in range(1, 17)),
    *(f"E{n}" for n in range(1, 16)),
    *(f"F{n}" for n in range(1, 11)),
]
"""Everything that was asked for."""

PYTHON = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
WEB = re.compile(r'`(web/[\w/]+\.test\.tsx?): "([^`]+)"`')


class Row(NamedTuple):
    id: str
    asked: str
    where: str
    tests: str

    @property
    def names(self) -> list[tuple[str, str]]:
        """The tests that it names, each with its file."""
        return PYTHON.findall(self.tests) + WEB.findall(self.tests)

    @property
    def standing(self) -> str:
        """What it says beside its tests: nothing where it is built whole."""
        return WEB.sub("", PYTHON.sub("", self.tests)).replace("<br>", "").strip()


def rows() -> list[Row]:
    lines = [line for line in PAGE.read_text().splitlines() if re.match(r"\| [A-F]\d", line)]
    return [Row(*(cell.strip() for cell in re.split(r"(?<= )\|(?= )", line.strip("|")))) for line in lines]


def test_every_row_is_there_once_and_in_order() -> None:
    """No row is lost, added or moved."""
    assert [row.id for row in rows()] == IDS


def test_a_row_is_open_or_shown() -> None:
    """What is open has neither place nor test; what is built, whole or in part, has both."""
    wrong = [row.id for row in rows() if not row.asked or {bool(row.where), bool(row.names)} != {row.standing != "**open**"}]
    assert wrong == []


def test_what_is_built_in_part_says_what_is_missing() -> None:
    """Beside its tests a row says that it is open, or what of it is, or nothing: a test that is written another way would not be looked for."""
    wrong = [row.id for row in rows() if not re.fullmatch(r"(\*\*open\*\*|\*\*partly\*\*; open: .+)?", row.standing) or ".py" in row.standing]
    assert wrong == []


def test_every_test_that_is_named_is_there() -> None:
    """In the file and under the name that the row says."""
    missing = [f"{row.id}: {file}: {name}" for row in rows() for file, name in row.names if name not in named_in(ROOT / file)]
    assert missing == []


@cache
def named_in(file: Path) -> set[str]:
    if not file.exists():
        return set()
    if file.suffix == ".py":
        functions = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        return {function.name for function in functions if function.name.startswith("test_")}
    return set(re.findall(r'\btest(?:\.each\([^)]*\))?\(\s*"([^"]+)"', file.read_text()))
