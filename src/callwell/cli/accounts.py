"""``callwell accounts``: who may sign in to the console, made where the server's data is. It may run meanwhile."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args
from uuid import UUID

import typer

from callwell import errors
from callwell.access import accounts, passwords, signing_in, totp
from callwell.access.callers import Role
from callwell.cli.database import opened
from callwell.cli.keys import note
from callwell.cli.shown import AsJson, DataDir, show, show_table
from callwell.postgres.pool import Tx
from callwell.settings import Settings, read_settings, with_secret_key

app = typer.Typer(help="Who may sign in to the console.", no_args_is_help=True)

ALL = 1_000_000

T = TypeVar("T")

FromInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input, its first line.")]
Address = Annotated[str, typer.Argument(metavar="EMAIL")]


def _role(given: str) -> str:
    if given not in get_args(Role):
        raise typer.BadParameter(f"there is no role {given}; there are: {', '.join(get_args(Role))}.")
    return given


@app.command("create")
def create(
    email: Address,
    name: Annotated[str, typer.Option("--name", help="What they are called.")],
    role: Annotated[str, typer.Option("--role", help="admin, supervisor, provider or auditor.", callback=_role)],
    identity: Annotated[str | None, typer.Option("--identity", help="Who they are in calls: user:42. Providers have one.")] = None,
    password_stdin: FromInput = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make an account and print its password, and nothing else: a random one, unless it is read from standard input. It is shown this once."""
    if not 1 <= len(name) <= 200:
        raise typer.BadParameter("a name has 1 to 200 characters.")
    password = _password(email, from_input=password_stdin)
    kind: Any = role

    async def do(tx: Tx, _: Settings) -> accounts.Account:
        hash = await passwords.hash_password(password)
        return await accounts.create_account(
            tx, email=email, name=name, role=kind, identity=identity, password_hash=hash, at=datetime.now(UTC), note=note
        )

    account = _in_transaction(data_dir, do)
    if as_json:
        show({"id": account.id, "email": email, "password": None if password_stdin else password})
    elif not password_stdin:
        typer.echo(password)


@app.command("list")
def list_accounts(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show all accounts."""

    async def do(tx: Tx, _: Settings) -> Any:
        return await accounts.list_accounts(tx, None, ALL)

    found = _in_transaction(data_dir, do)
    if as_json:
        show({"items": found})
    else:
        show_table(["email", "name", "role", "identity", "has_second_factor", "last_sign_in_at", "disabled_at"], found)


@app.command("disable")
def disable(email: Address, data_dir: DataDir = None) -> None:
    """Let nobody in with this account any more; whoever is signed in with it is signed out at once."""

    async def do(tx: Tx, _: Settings) -> None:
        await accounts.change_account(tx, await _account_id(tx, email), {"disabled": True}, datetime.now(UTC), note)

    _in_transaction(data_dir, do)


@app.command("enable")
def enable(email: Address, data_dir: DataDir = None) -> None:
    """Let a disabled account in again."""

    async def do(tx: Tx, _: Settings) -> None:
        await accounts.change_account(tx, await _account_id(tx, email), {"disabled": False}, datetime.now(UTC), note)

    _in_transaction(data_dir, do)


@app.command("reset")
def reset(email: Address, password_stdin: FromInput = False, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Give an account a new password and print it; without a second factor, and no longer locked."""
    password = _password(email, from_input=password_stdin)

    async def do(tx: Tx, settings: Settings) -> None:
        account_id, at = await _account_id(tx, email), datetime.now(UTC)
        await accounts.set_password(tx, account_id, await passwords.hash_password(password), at, note)
        await totp.remove(tx, account_id, at, note)
        await signing_in.forgive(tx, settings.key, email)

    _in_transaction(data_dir, do)
    if as_json:
        show({"email": email, "password": None if password_stdin else password})
    elif not password_stdin:
        typer.echo(password)


def _password(email: str, *, from_input: bool) -> str:
    """Raises Invalid for one that is too easy."""
    password = sys.stdin.readline().rstrip("\r\n") if from_input else passwords.new_password()
    passwords.check_password(password, email=email)
    return password


async def _account_id(tx: Tx, email: str) -> UUID:
    found = await accounts.find_account_id(tx, email)
    if found is None:
        raise errors.NotFound(what="account", id=email)
    return found


def _in_transaction(data_dir: Path | None, do: Callable[[Tx, Settings], Awaitable[T]]) -> T:
    async def run() -> T:
        settings = with_secret_key(read_settings(data_dir=data_dir))
        async with opened(settings) as db, db.transaction() as tx:
            return await do(tx, settings)

    return asyncio.run(run())
