"""``callwell import``: what others recorded."""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from callwell.cli.database import opened
from callwell.cli.shown import AsJson, DataDir, show, show_table
from callwell.settings import read_settings

if TYPE_CHECKING:
    from callwell.importing.sessions import Importer

app = typer.Typer(help="Read what others recorded.", no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Dumps, plain or gzipped.")]


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
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Import dumps of an rtcstats server: each is one person's session, and those of one meeting make one call. A dump may be imported again."""
    if not features:
        _import_files(files, _add_dump, "jitsi", as_json, data_dir)
        return
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


@app.command("webrtc-internals")
def webrtc_internals(files: Files, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Import exports of Chrome's `chrome://webrtc-internals`: each page that held peer connections is a call. An export may be imported again."""
    _import_files(files, _add_export, "webrtc-internals", as_json, data_dir)


# ── Importing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

Advance = Callable[[int], None]
Add = Callable[["Importer", Path, Advance], Awaitable["Outcome"]]


class Outcome(msgspec.Struct, frozen=True):
    """What became of one file."""

    file: str
    sessions: list[Any]
    entries: int
    skipped: dict[str, int]
    """How many of its entries could not be used, by reason."""


class Failure(msgspec.Struct, frozen=True):
    file: str
    problem: str


def _import_files(files: Sequence[Path], add: Add, engine: str, as_json: bool, data_dir: Path | None) -> None:
    """All files, those that are none left out and told of; then the reports."""
    outcomes = asyncio.run(_import(files, add, engine, data_dir))
    done = [outcome for outcome in outcomes if isinstance(outcome, Outcome)]
    if as_json:
        show({"files": outcomes, "calls": list(dict.fromkeys(one.call_id for outcome in done for one in outcome.sessions if one.call_id))})
    else:
        show_table(
            ["file", "call", "person", "facts", "samples", "skipped"],
            [
                {
                    "file": Path(outcome.file).name, "call": one.call_id, "person": one.participant, "facts": _counted(one.facts),
                    "samples": _counted(one.samples), "skipped": _counted(outcome.skipped),
                }
                for outcome in done
                for one in outcome.sessions
            ],
        )  # fmt: skip
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            typer.echo(f"callwell: {outcome.file}: {outcome.problem}.", err=True)
    if len(done) < len(outcomes):
        raise typer.Exit(2)


async def _import(files: Sequence[Path], add: Add, engine: str, data_dir: Path | None) -> list[Outcome | Failure]:
    from callwell.engines.rtcstats.telling import JITSI
    from callwell.importing.internals import WEBRTC_INTERNALS
    from callwell.importing.sessions import Importer
    from callwell.quality.making import profiles_of
    from callwell.record.ledger import Ledger

    settings = read_settings(data_dir=data_dir)
    profiles = profiles_of(settings)
    outcomes: list[Outcome | Failure] = []
    async with opened(settings, 4) as db, Ledger(db, settings).running() as ledger:
        importer = Importer(db, ledger, profiles, JITSI if engine == "jitsi" else WEBRTC_INTERNALS)
        console = Console(stderr=True)
        with Progress(*Progress.get_default_columns(), console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("Importing", total=sum(_size(path) for path in files))
            for path in files:
                try:
                    outcomes.append(await add(importer, path, lambda bytes: progress.advance(task, bytes)))
                except (OSError, EOFError, zlib.error) as why:
                    outcomes.append(Failure(str(path), f"it cannot be read: {why}"))
                except BadFile as why:
                    outcomes.append(Failure(str(path), str(why)))
            await importer.finish()
    return outcomes


class BadFile(ValueError):
    """The file is not what it was said to be."""


async def _add_dump(importer: "Importer", path: Path, advance: Advance) -> Outcome:
    from callwell.importing.rtcstats import Dump

    with open_dump(path) as file:
        dump = Dump(path.name, _told_of(read_lines(file), advance))
        imported = await importer.add(dump.session, dump)
    if not dump.entries:
        raise BadFile("it is not a dump of rtcstats")
    return Outcome(str(path), [imported], dump.entries, dict(dump.skipped))


async def _add_export(importer: "Importer", path: Path, advance: Advance) -> Outcome:
    from callwell.importing.internals import MOST_BYTES, Export, NotAnExport

    with open_dump(path) as file:
        raw = file.read(MOST_BYTES + 1)
    try:
        export = Export(raw)
    except NotAnExport as why:
        raise BadFile(str(why)) from None
    sessions = [await importer.add(page.session, page.entries) for page in export.pages]
    advance(len(raw))
    return Outcome(str(path), sessions, sum(len(page.entries) for page in export.pages), dict(export.skipped))


def _told_of(lines: Iterator[bytes], advance: Advance) -> Iterator[bytes]:
    for line in lines:
        yield line
        advance(len(line))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _counted(counts: dict[str, int]) -> str | None:
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or None


# ── Features ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


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
