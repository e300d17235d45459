"""``callwell db``: the database's schema."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import typer

from callwell.cli.shown import AsJson, DataDir, show
from callwell.settings import read_settings

app = typer.Typer(help="The database's schema.", no_args_is_help=True)


@app.command("migrate")
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this version's schema. One that is there already is not changed."""
    from callwell.postgres.migrate import migrate as bring_up

    with _dsn(data_dir) as dsn:
        bring_up(dsn)


@app.command("check")
def check(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show how the database's schema differs from this version's; exit code 1 where it does. Says too whether the database's own roles guard the trail."""
    from callwell.postgres.migrate import check as differences
    from callwell.postgres.roles import is_protected

    with _dsn(data_dir) as dsn:
        found, protected = differences(dsn), is_protected(dsn)
    if as_json:
        show({"is_current": not found, "differences": found, "trail_is_protected": protected})
    else:
        typer.echo("\n".join(found) or "The schema is this version's.")
        typer.echo(
            "The application may add to the audit trail and not change it."
            if protected
            else "The login cannot become callwell_app and callwell_retention: only seals tell whether the audit trail was changed. "
            "`callwell db migrate` makes the roles where its login may make roles."
        )
    if found:
        raise typer.Exit(1)


@app.command("schema")
def schema() -> None:
    """Print this version's schema, as SQL."""
    from callwell.postgres.migrate import SCHEMA

    typer.echo(SCHEMA.read_text(), nl=False)


@contextlib.contextmanager
def _dsn(data_dir: Path | None) -> Iterator[str]:
    from callwell.app import embedded

    settings = read_settings(data_dir=data_dir)
    if settings.database_url:
        yield settings.database_url
        return
    with embedded(settings) as server:
        yield server.dsn
