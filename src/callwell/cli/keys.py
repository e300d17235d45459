"""``callwell keys``: API keys, made where the server's data is. It may run meanwhile."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from callwell.access import keys
from callwell.access.callers import SCOPES
from callwell.cli.database import with_database
from callwell.cli.shown import AsJson, DataDir, show, show_table
from callwell.postgres import Database
from callwell.postgres.pool import Tx
from callwell.record.audit import Action, add_audit_entry

app = typer.Typer(help="API keys for the host's servers.", no_args_is_help=True)

ALL = 1_000_000

T = TypeVar("T")


def _scopes(given: list[str]) -> list[str]:
    for scope in given:
        if scope not in SCOPES:
            raise typer.BadParameter(f"there is no scope {scope}; there are: {', '.join(SCOPES)}.")
    return given


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do; again for more.", callback=_scopes)],
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make an API key and print it, and nothing else. It is shown this once."""
    if not 1 <= len(name) <= 200:
        raise typer.BadParameter("a name has 1 to 200 characters.")

    async def do(tx: Tx) -> keys.NewKey:
        return await keys.create_key(tx, name, scope, datetime.now(UTC), note)

    key = _in_transaction(data_dir, do)
    if as_json:
        show(key)
    else:
        typer.echo(key.secret)


@app.command("list")
def list_keys(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show all keys, the newest first."""

    async def do(tx: Tx) -> Any:
        return await keys.list_keys(tx, None, ALL)

    found = _in_transaction(data_dir, do)
    if as_json:
        show({"items": found})
    else:
        show_table(["id", "name", "scopes", "created_at", "last_used_at", "revoked_at"], found)


@app.command("revoke")
def revoke(key_id: Annotated[UUID, typer.Argument(metavar="ID")], data_dir: DataDir = None) -> None:
    """Revoke a key. A running server refuses it within 2 s."""

    async def do(tx: Tx) -> None:
        await keys.revoke_key(tx, key_id, datetime.now(UTC), note)

    _in_transaction(data_dir, do)


def _in_transaction(data_dir: Path | None, do: Callable[[Tx], Awaitable[T]]) -> T:
    async def run(db: Database) -> T:
        async with db.transaction() as tx:
            return await do(tx)

    return with_database(data_dir, run)


async def note(tx: Tx, action: str, at: datetime, *, identity: str | None = None, by: str | None = None, **about: Any) -> None:
    await add_audit_entry(tx, action=Action(action), at=at, caller=by or "cli", identity=identity, metadata=about)
