"""What imports alone cannot tell of the house's floors; import-linter checks the rest in `make check`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import callwell

HOUSE = Path(callwell.__file__).parent
PURE = [
    *(HOUSE / "analytics" / f"{name}.py" for name in ("counting", "histograms", "periods")),
    *(HOUSE / "compliance" / f"{name}.py" for name in ("merkle", "seals", "verify")),
    *(HOUSE / "planning" / f"{name}.py" for name in ("attendance", "attendance_csv", "bookings", "progress", "unit_codes")),
    *(HOUSE / "analytics" / f"{name}.py" for name in ("billing", "spans")),
    *(HOUSE / "record" / f"{name}.py" for name in ("commands", "derive", "durations", "events", "evolve", "state", "timers")),
    *(HOUSE / "quality" / f"{name}.py" for name in ("findings", "issues", "live", "report", "samples", "score", "w3c")),
    *sorted(HOUSE.glob("*/rules.py")),
]
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "uuid7", "uuid4", "urandom"}


def clocks_in(source: str) -> Iterator[str]:
    """Calls of what tells the time or throws dice."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
            if name in CLOCKS:
                yield f"line {node.lineno}: {name}()"


def test_pure_files_ask_no_clock() -> None:
    """Time is an argument in what decides and folds, and so is chance: the same facts give the same record."""
    assert len(PURE) >= 9
    assert {file.name: list(clocks_in(file.read_text())) for file in PURE if list(clocks_in(file.read_text()))} == {}


def test_a_clock_would_be_noticed() -> None:
    """What the test above looks for, it finds."""
    assert list(clocks_in("from datetime import datetime\nat = datetime.now()\nid = uuid7()")) == ["line 2: now()", "line 3: uuid7()"]
