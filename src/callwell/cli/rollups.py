"""``callwell rollups``: the figures that dashboards read, made again and looked over where the server's data is. The server may run meanwhile."""

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from callwell.cli.database import with_database
from callwell.cli.shown import AsJson, DataDir, show, show_table

if TYPE_CHECKING:
    from callwell.analytics.filling import Checked, Filled
    from callwell.postgres import Database

app = typer.Typer(help="The figures that dashboards read.", no_args_is_help=True)


@app.command("rebuild")
def rebuild(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Count all calls and appointments again. What is read stays as it is until everything is counted, and is then replaced at once."""
    filled = with_database(data_dir, _rebuild)
    if as_json:
        show(filled)
    else:
        typer.echo(f"Counted again: {filled.calls} calls and {filled.appointments} appointments.")


@app.command("check")
def check(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Count all calls and appointments beside what is kept, and tell every figure that differs. Exit code 1 where one does."""
    checked = with_database(data_dir, _check)
    if as_json:
        show(checked)
    else:
        if checked.differences:
            show_table(["rollup", "grain", "dimension", "value", "starts_at", "figure", "kept", "counted"], checked.differences)
        typer.echo(f"{checked.calls} calls and {checked.appointments} appointments, {checked.rows} rows: {checked.wrong or 'none'} wrong.")
    if checked.wrong:
        raise typer.Exit(1)


async def _rebuild(db: "Database") -> "Filled":
    from callwell.analytics.filling import fill

    gc.disable()  # looking for rings among what is counted takes a third of the time, and there are none
    with _bar() as progress:
        filled = await fill(db, "record", datetime.now(UTC), progress=progress)
    assert filled is not None  # it waited for whoever was at it
    return filled


async def _check(db: "Database") -> "Checked":
    from callwell.analytics.filling import check
    from callwell.analytics.rollups import CHANGES_AT_ONCE, count_changes

    gc.disable()  # as above
    counted = CHANGES_AT_ONCE
    while counted >= CHANGES_AT_ONCE:  # what no server has counted yet
        counted = await count_changes(db, datetime.now(UTC))
    with _bar() as progress:
        return await check(db, progress)


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on the screen, where there is one."""
    with Progress(
        *Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("Counted", total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)
