"""How commands show things: a table for people, JSON for programs."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Folder of the embedded database and the deployment's key.")]


def show(content: Any) -> None:
    """As JSON, on one line."""
    from callwell.http import to_json

    sys.stdout.buffer.write(to_json(content) + b"\n")
    sys.stdout.flush()


def show_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any] | msgspec.Struct]) -> None:
    """As a table with these columns."""
    table = Table(*(Column(name, overflow="fold") for name in columns), box=None, pad_edge=False, header_style="bold")
    for row in rows:
        named = row if isinstance(row, Mapping) else msgspec.structs.asdict(row)
        table.add_row(*(as_text(named.get(column)) for column in columns))
    # What is piped on is not cut to the width of a screen.
    Console(width=None if sys.stdout.isatty() else 1000).print(table)


def as_text(value: Any) -> str:
    from callwell.http import wire_time

    match value:
        case None:
            return "–"
        case datetime():
            return wire_time(value)
        case list() | tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)
