"""``callwell notes``: the keys that notes are encrypted under."""

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from callwell.cli.database import with_database
from callwell.cli.shown import AsJson, DataDir, show
from callwell.settings import read_settings

if TYPE_CHECKING:
    from callwell.compliance.key_ring import NoteClass
    from callwell.compliance.notes import Rotation
    from callwell.postgres import Database

app = typer.Typer(help="The keys that notes are encrypted under.", no_args_is_help=True)


def _class(given: str | None) -> str | None:
    from callwell.compliance.key_ring import CLASSES

    if given is not None and given not in CLASSES:
        raise typer.BadParameter(f"there is no class {given}; there are: {', '.join(CLASSES)}.")
    return given


@app.command("new-key")
def new_key(note_class: Annotated[str, typer.Argument(metavar="CLASS", help="The class of notes that it is for.", callback=_class)]) -> None:
    """Print a new key as it stands in a key ring, and nothing else. It is kept nowhere."""
    from callwell.compliance.key_ring import new_entry

    show(new_entry(_known(note_class)))


@app.command("rotate")
def rotate(
    note_class: Annotated[str | None, typer.Option("--class", help="One class; otherwise all that there are keys of.", callback=_class)] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Wrap the keys of all notes under the current key of their class. It can be stopped and run again; exit code 1 where some could not be."""
    from callwell.compliance.key_ring import note_keys_of

    ring = note_keys_of(read_settings(data_dir=data_dir)).ring()

    classes = (_known(note_class),) if note_class else ring.classes

    async def do(db: "Database") -> "list[Rotation]":
        from callwell.compliance import notes

        done: list[Rotation] = []
        for one in classes:
            last = None
            async with aclosing(notes.rotate(db, ring, one)) as rotating:
                async for last in rotating:
                    typer.echo(_told(last), err=True)
            if last is not None:
                done.append(last)
        return done

    done = with_database(data_dir, do)
    if as_json:
        show({"classes": done})
    if any(one.left for one in done):
        raise typer.Exit(1)


def _told(rotation: "Rotation") -> str:
    said = f"{rotation.note_class}: {rotation.rewrapped} of {rotation.total} under {rotation.key_id}"
    return f"{said}; {rotation.left} left, their keys are missing or they are damaged" if rotation.left else said


def _known(note_class: str) -> "NoteClass":
    from callwell.compliance.key_ring import CLASSES

    return next(one for one in CLASSES if one == note_class)
