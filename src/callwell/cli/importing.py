"""``callwell import``: what others recorded."""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

app = typer.Typer(help="Read what others recorded.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Dumps, plain or gzipped.", exists=True, dir_okay=False, readable=True)]


@app.callback()
def importing() -> None:
    """Read what others recorded."""


@app.command("rtcstats")
def rtcstats(
    files: Files,
    features: Annotated[
        bool,
        typer.Option("--features", help="Show the features of each dump, as JSON: one object for each file, in their order. Nothing is imported."),
    ] = False,
) -> None:
    """Read dumps of an rtcstats server."""
    if not features:
        raise typer.BadParameter("say what is wanted: --features.")
    # One that is no dump does not keep the others from being shown.
    failed = False
    for path in files:
        try:
            show_features(path)
        except typer.BadParameter as why:
            failed = True
            typer.echo(f"callwell: {why.message}", err=True)
    if failed:
        raise typer.Exit(2)


def show_features(path: Path) -> None:
    """The features of one dump; on stderr, what of it could not be read."""
    from callwell.engines.rtcstats.dumps import Reader
    from callwell.engines.rtcstats.features import features

    reader = Reader()
    try:
        with open_dump(path) as file:
            found = features(reader.read(line) for line in read_lines(file))
    except (OSError, EOFError, zlib.error) as why:
        raise typer.BadParameter(f"{path} cannot be read: {why}.") from None
    if not reader.entries:
        raise typer.BadParameter(f"{path} is not a dump of rtcstats.")
    if reader.skipped:
        reasons = ", ".join(f"{reason} {count}" for reason, count in reader.skipped.most_common())
        typer.echo(
            f"callwell: {path}: {reader.skipped.total()} of {reader.skipped.total() + reader.entries} entries were skipped: {reasons}", err=True
        )
    typer.echo(as_pretty_json(found))


def open_dump(path: Path) -> BufferedIOBase:
    """A dump, as it is or gzipped, as servers keep them."""
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if is_gzip else path.open("rb")


def read_lines(file: BufferedIOBase) -> Iterator[bytes]:
    """Its lines, except empty ones. Of one that is longer than any entry may be comes only its beginning: still too long, it is
    counted, but not kept."""
    from callwell.engines.rtcstats.dumps import ENTRY_LIMIT

    while line := file.readline(ENTRY_LIMIT + 2):
        rest = line
        while rest and not rest.endswith(b"\n") and len(rest) == ENTRY_LIMIT + 2:
            rest = file.readline(ENTRY_LIMIT + 2)
        if line.strip():
            yield line


def as_pretty_json(content: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=1).decode()
