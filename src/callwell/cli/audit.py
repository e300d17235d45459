"""``callwell audit``: the trail, its seals and whether it is as it was sealed.

``verify`` of a folder needs neither server nor database: whoever was given an export can run it anywhere.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
import typer

from callwell.cli.database import opened
from callwell.cli.shown import AsJson, DataDir
from callwell.settings import read_settings

if TYPE_CHECKING:
    from callwell.compliance.archive import Archive
    from callwell.compliance.seals import Sealed
    from callwell.compliance.verify import Verdict
    from callwell.postgres import Database
    from callwell.settings import Settings

app = typer.Typer(help="The audit trail and its seals.", no_args_is_help=True)

EXPORT = "trail.jsonl"
"""What the file of an export is called."""

Keys = Annotated[list[str], typer.Option("--key", metavar="PUBLIC", help="A public key that seals may be signed with; again for more.")]


@app.command("key")
def key(data_dir: DataDir = None) -> None:
    """Print the public key with which seals are signed."""
    from callwell.compliance.sealing import signing_key
    from callwell.compliance.seals import public_key

    typer.echo(public_key(signing_key(_settings(data_dir))))


@app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="A folder; it is made, and gets the file trail.jsonl.")],
    identities: Annotated[bool, typer.Option("--identities", help="Also who each entry was about, as far as they were not erased.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Write the whole trail with its seals, from table and archive. Nothing in it names a person unless that is asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_export(folder, identities=identities, data_dir=data_dir))


async def _export(folder: Path, *, identities: bool, data_dir: Path | None) -> None:
    from callwell.compliance.export import export_trail
    from callwell.compliance.sealing import signing_key
    from callwell.compliance.seals import public_key
    from callwell.record.audit import Action, add_audit_entry

    settings, at = _settings(data_dir), datetime.now(UTC)
    draft = folder / f"{EXPORT}.part"
    async with _opened(settings) as (db, archive):
        async with db.transaction() as tx:
            about = {"read": "export", "identities": identities}
            await add_audit_entry(tx, action=Action.AUDIT_READ, at=at, caller="cli", metadata=about)
        draft.touch(mode=0o600)
        with draft.open("wb") as file:
            async for lines in export_trail(db, archive, public_key(signing_key(settings)), at, identities=identities):
                file.write(lines)
    draft.replace(folder / EXPORT)


@app.command("prove")
def prove(entry_id: Annotated[UUID, typer.Argument(metavar="ENTRY")], data_dir: DataDir = None) -> None:
    """Print the proof that an entry is under its seal as it was sealed, as JSON."""
    typer.echo(msgspec.json.encode(asyncio.run(_prove(entry_id, data_dir))).decode())


async def _prove(entry_id: UUID, data_dir: Path | None) -> Any:
    from callwell.compliance.export import prove_entry

    async with _opened(_settings(data_dir)) as (db, archive), db.connection() as tx:
        return await prove_entry(tx, archive, entry_id)


@app.command("verify")
def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="An export, or a folder of archived objects; without one, the deployment's own trail.")
    ] = None,
    checkpoints: Annotated[
        list[Path] | None, typer.Option("--checkpoint", help="A checkpoint that was kept, or a folder of them; again for more.")
    ] = None,
    keys: Keys = [],  # noqa: B006 typer makes its own
    proof: Annotated[Path | None, typer.Option("--proof", help="The proof of one entry, instead of a trail.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Tell whether the trail is as it was sealed, and name the first entry or seal that is not; exit code 1 then."""
    from callwell.compliance.verify import Verifier, verify_proof

    for one in keys:
        if len(one) != 64 or set(one.lower()) - set("0123456789abcdef"):
            raise typer.BadParameter("a public key is 64 hex digits.", param_hint="--key")
    kept, allowed = list(_checkpoints(checkpoints or [])), [one.lower() for one in keys]
    if proof is not None:
        try:
            verdict = verify_proof(_content(proof), keys=allowed, checkpoints=kept)
        except msgspec.MsgspecError as why:
            raise typer.BadParameter(f"{proof} holds no proof: {why}.", param_hint="--proof") from why
    elif folder is not None:
        verifier = Verifier(keys=allowed, checkpoints=kept)
        for line in _lines(folder):
            verifier.read(line)
        verdict = verifier.end()
    else:
        verdict = asyncio.run(_verify_own(allowed, kept, data_dir))
    if as_json:
        sys.stdout.write(msgspec.json.encode(verdict).decode() + "\n")
    else:
        _show(verdict)
    if not verdict.is_good:
        raise typer.Exit(1)


async def _verify_own(keys: list[str], kept: "list[Sealed]", data_dir: Path | None) -> "Verdict":
    from callwell.compliance.export import verify_trail
    from callwell.compliance.sealing import signing_key
    from callwell.compliance.seals import public_key
    from callwell.compliance.verify import Verifier

    settings = _settings(data_dir)
    verifier = Verifier(keys=keys or [public_key(signing_key(settings))], checkpoints=kept)
    async with _opened(settings) as (db, archive):
        return await verify_trail(db, archive, verifier)


def _show(verdict: "Verdict") -> None:
    for problem in verdict.problems:
        typer.echo(problem.said)
    if not verdict.is_good:
        typer.echo("The trail is not as it was sealed.")
        return
    typer.echo(f"{verdict.entries} entries under {verdict.seals} seals are as they were sealed; {verdict.unsealed} are not sealed yet.")
    for one in verdict.keys:
        typer.echo(f"Signed with {one}")
    typer.echo(f"Newest seal {verdict.newest}")


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(place: Path) -> Iterator[bytes]:
    """The lines of an export, or of archived objects in their order."""
    for file in _files(place):
        with contextlib.ExitStack() as stack:
            lines: Iterable[bytes] = stack.enter_context(file.open("rb"))
            if file.suffix == ".zst":
                lines = _unpacked(stack, lines)
            for line in lines:
                yield line[:-1] if line.endswith(b"\n") else line


def _unpacked(stack: contextlib.ExitStack, file: Any) -> Iterable[bytes]:
    import io

    import zstandard

    return io.BufferedReader(stack.enter_context(zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)))  # pyright: ignore[reportArgumentType]


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    if (place / EXPORT).is_file():
        return [place / EXPORT]
    found = sorted([*place.glob("*.jsonl"), *place.glob("*.jsonl.zst")])
    if not found:
        raise typer.BadParameter(f"there is no trail in {place}.", param_hint="FOLDER")
    return found


def _checkpoints(places: list[Path]) -> "Iterator[Sealed]":
    from callwell.compliance.seals import read_seal

    for place in places:
        for file in sorted(place.rglob("*.json")) if place.is_dir() else [place]:
            sealed = read_seal(_content(file).strip())
            if sealed is None:
                raise typer.BadParameter(f"{file} holds no checkpoint.", param_hint="--checkpoint")
            yield sealed


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as why:
        raise typer.BadParameter(f"{file} cannot be read: {why.strerror}.") from why


# ── The deployment ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _settings(data_dir: Path | None) -> "Settings":
    from callwell.settings import with_secret_key

    return with_secret_key(read_settings(data_dir=data_dir))


@contextlib.asynccontextmanager
async def _opened(settings: "Settings") -> "AsyncIterator[tuple[Database, Archive]]":
    from callwell.compliance.archive import archive_of

    async with opened(settings) as db:
        yield db, archive_of(settings)
