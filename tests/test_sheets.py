"""Tables that go out: what a spreadsheet would compute stands there as text, and what a program reads has its type."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, strategies as st
from msgspec import Struct

from callwell.sheets import FORMULAS, as_csv, as_parquet, cell, columns_of


class Inner(Struct, frozen=True):
    mean: float
    p50: float


class Line(Struct, frozen=True, kw_only=True):
    id: UUID
    at: datetime | None = msgspec.field(name="from")
    name: str | None
    kind: Literal["a", "b"]
    count: int
    share: float | None
    is_good: bool
    spread: Inner | None
    why: list[str]


ID = UUID("0193a1c0-0000-7000-8000-000000000000")
FULL = Line(
    id=ID, at=datetime(2026, 11, 21, 9, tzinfo=UTC), name="Ana", kind="a", count=-3, share=0.25, is_good=True, spread=Inner(1.5, 2.5), why=["x", "y"]
)
EMPTY = Line(id=ID, at=None, name=None, kind="b", count=0, share=None, is_good=False, spread=None, why=[])


async def batches(*rows: Sequence[Struct]) -> AsyncIterator[Sequence[Struct]]:
    for batch in rows:
        yield batch


async def written(form: Any, *rows: Sequence[Struct], kind: type[Struct] = Line) -> bytes:
    return b"".join([part async for part in form(kind, batches(*rows))])


def test_columns_are_fields_and_those_within_them() -> None:
    """Under the names that JSON has."""
    assert [(column.name, column.kind) for column in columns_of(Line)] == [
        ("id", "text"),
        ("from", "time"),
        ("name", "text"),
        ("kind", "text"),
        ("count", "integer"),
        ("share", "number"),
        ("is_good", "flag"),
        ("spread_mean", "number"),
        ("spread_p50", "number"),
        ("why", "words"),
    ]


async def test_csv_is_as_rfc_4180_has_it() -> None:
    """A header, lines that end with CR and LF; what is not known is empty, and numbers are numbers, also below nothing."""
    assert (await written(as_csv, [FULL], [EMPTY])).decode() == (
        "id,from,name,kind,count,share,is_good,spread_mean,spread_p50,why\r\n"
        f"{ID},2026-11-21T09:00:00.000Z,Ana,a,-3,0.25,true,1.5,2.5,x; y\r\n"
        f"{ID},,,b,0,,false,,,\r\n"
    )


class Named(Struct, frozen=True):
    name: str
    words: list[str]


CANARIES = ("=HYPERLINK(A1)", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20A1", '="a,b"')


@pytest.mark.parametrize("canary", CANARIES)
async def test_no_cell_is_a_formula(canary: str) -> None:
    """What begins as one begins with an apostrophe, alone and in lists, and is still there after it."""
    rows = list(csv.reader(io.StringIO((await written(as_csv, [Named(canary, [canary, "x"])], kind=Named)).decode(), newline="")))
    assert rows == [["name", "words"], [f"'{canary}", f"'{canary}; x"]]


@given(st.text(max_size=20))
def test_no_text_becomes_a_formula(text: str) -> None:
    """And none is changed that is none."""
    assert not cell(text).startswith(FORMULAS)
    assert cell(text).removeprefix("'" if text.startswith(FORMULAS) else "") == text


async def test_parquet_has_types() -> None:
    """Whole numbers, times in UTC, truth, lists; what is not known is null. Each batch is a group of rows, and texts stand as they are."""
    content = await written(as_parquet, [FULL], [EMPTY, FULL], [])
    file = pq.ParquetFile(io.BytesIO(content))

    assert dict(zip(file.schema_arrow.names, file.schema_arrow.types, strict=True)) == {
        "id": pa.string(),
        "from": pa.timestamp("ms", tz="UTC"),
        "name": pa.string(),
        "kind": pa.string(),
        "count": pa.int64(),
        "share": pa.float64(),
        "is_good": pa.bool_(),
        "spread_mean": pa.float64(),
        "spread_p50": pa.float64(),
        "why": pa.list_(pa.field("element", pa.string())),
    }
    rows = file.read().to_pylist()
    assert (
        rows[0]
        == rows[2]
        == {
            "id": str(ID),
            "from": FULL.at,
            "name": "Ana",
            "kind": "a",
            "count": -3,
            "share": 0.25,
            "is_good": True,
            "spread_mean": 1.5,
            "spread_p50": 2.5,
            "why": ["x", "y"],
        }
    )
    assert (rows[1]["from"], rows[1]["name"], rows[1]["spread_mean"], rows[1]["why"]) == (None, None, None, [])
    (named,) = pq.read_table(io.BytesIO(await written(as_parquet, [Named("=1", [])], kind=Named))).to_pylist()
    assert named["name"] == "=1"


async def test_a_table_without_rows_has_its_columns() -> None:
    """In both forms."""
    assert (await written(as_csv)).decode().strip().split(",") == [column.name for column in columns_of(Line)]
    assert pq.read_table(io.BytesIO(await written(as_parquet))).num_rows == 0
