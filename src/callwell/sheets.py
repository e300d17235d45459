"""Tables that go out: as CSV for spreadsheets, and as Parquet for programs that reckon with much.

A row is a struct. Its columns are its fields, those of a struct within it by both names. What stands in a cell, no spreadsheet takes for a formula.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Struct

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, the wide forms among it."""

Kind = Literal["text", "integer", "number", "flag", "time", "words"]


class Column(Struct, frozen=True):
    """A column: its name, the fields that lead to its value, and what that is."""

    name: str
    path: tuple[str, ...]
    kind: Kind


@lru_cache
def columns_of(row: type[Struct]) -> tuple[Column, ...]:
    """The columns of a kind of rows."""
    hints = get_type_hints(row)
    found: list[Column] = []
    for field in msgspec.structs.fields(row):
        kind = _without_null(hints[field.name])
        if isinstance(kind, type) and issubclass(kind, Struct):
            inner = columns_of(kind)
            found += [Column(f"{field.encode_name}_{column.name}", (field.name, *column.path), column.kind) for column in inner]
        else:
            found.append(Column(field.encode_name, (field.name,), _kind_of(kind)))
    return tuple(found)


def _without_null(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
    return kind


_KINDS: Mapping[Any, Kind] = {str: "text", UUID: "text", int: "integer", float: "number", bool: "flag", datetime: "time"}


def _kind_of(kind: Any) -> Kind:
    if get_origin(kind) is list:
        return "words"
    return "text" if get_origin(kind) is Literal else _KINDS[kind]


def value_of(row: Struct, column: Column) -> Any:
    """What stands there; None where it is not known."""
    value: Any = row
    for name in column.path:
        value = None if value is None else getattr(value, name)
    return value


# ── CSV ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def cell(value: object) -> str:
    """A value as it stands in a CSV file. A text that a spreadsheet would take for a formula begins with an apostrophe."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case list():
            return cell("; ".join(map(str, value)))
        case _:
            text = str(value)
            return f"'{text}" if text.startswith(FORMULAS) else text


async def as_csv(row: type[Struct], batches: AsyncIterator[Sequence[Struct]]) -> AsyncIterator[bytes]:
    """The table in UTF-8, as RFC 4180 has it, batch by batch."""
    columns = columns_of(row)
    yield _lines([[column.name for column in columns]])
    async for rows in batches:
        yield _lines([[cell(value_of(one, column)) for column in columns] for one in rows])


def _lines(cells: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerows(cells)
    return written.getvalue().encode()


# ── Parquet ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def as_parquet(row: type[Struct], batches: AsyncIterator[Sequence[Struct]]) -> AsyncIterator[bytes]:
    """The table with typed columns, a row group for each batch."""
    table = await asyncio.to_thread(_Parquet, columns_of(row))
    async for rows in batches:
        yield await asyncio.to_thread(table.add, rows)
    yield await asyncio.to_thread(table.end)


class _Parquet:
    """A file on its way: what was written of it is taken as it comes."""

    def __init__(self, columns: Sequence[Column]) -> None:
        # Half a second to import, and most servers never need it.
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds: Mapping[Kind, pa.DataType] = {
            "text": pa.string(),
            "integer": pa.int64(),
            "number": pa.float64(),
            "flag": pa.bool_(),
            "time": pa.timestamp("ms", tz="UTC"),
            "words": pa.list_(pa.string()),
        }
        self._columns = columns
        self._schema = pa.schema([pa.field(column.name, kinds[column.kind]) for column in columns])
        self._make = pa.Table.from_pydict
        self._written = io.BytesIO()
        self._writer = pq.ParquetWriter(_Tail(self._written), self._schema)

    def add(self, rows: Sequence[Struct]) -> bytes:
        values = {column.name: [_plain(value_of(one, column)) for one in rows] for column in self._columns}
        self._writer.write_table(self._make(values, schema=self._schema))
        return self._take()

    def end(self) -> bytes:
        self._writer.close()
        return self._take()

    def _take(self) -> bytes:
        taken = self._written.getvalue()
        self._written.seek(0)
        self._written.truncate()
        return taken


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


class _Tail:
    """A file that is only written on: what was written before may be gone."""

    closed = False

    def __init__(self, to: io.BytesIO) -> None:
        self._to = to
        self._size = 0

    def write(self, written: Any) -> int:
        size = self._to.write(written)
        self._size += size
        return size

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """It is all there."""

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True
