"""``callwell run``: the server for whoever looks at it for the first time, with a key and links to a call."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from callwell.cli.serve import Host, Port
from callwell.cli.shown import DataDir
from callwell.settings import read_settings

if TYPE_CHECKING:
    from callwell.app import Context

CALLS, DAYS = 300, 60
"""The past that a first start is given to look at."""
APPOINTMENTS, DAYS_AHEAD = 40, 14
"""And what is ahead."""

INVITES: tuple[Mapping[str, Any], ...] = (
    {"identity": "user:provider", "display_name": "Provider", "role": "provider", "is_host": True},
    {"identity": "user:client", "display_name": "Client", "role": "client"},
)


EMAIL = "admin@localhost"


class Welcome(msgspec.Struct, frozen=True):
    """What was made at the first start. Only the server's own account can read where it is kept."""

    key: str
    invites: list[str]
    password: str | None = None
    """Of the first account; None where there was an account of its address already."""
    practice_until: datetime | None = None
    """Up to when a practice is to be made up; None once it was."""


def run(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Run the server; print its address, an account for the console, an API key and two links that meet in a call: the same ones at every start.

    The first start makes up a practice to look at.
    """
    settings = read_settings(host=host, port=port, data_dir=data_dir)
    if "CALLWELL_LOG_LEVEL" not in os.environ:
        settings = replace(settings, log_level="warning")  # what is printed here is to be seen
    from callwell import logs, server

    logs.configure(settings)
    server.run(server.serve(settings, when_ready=_welcome))


async def _welcome(context: "Context") -> None:
    import httpx

    settings = context.settings
    kept = settings.data_dir / "welcome.json"
    async with httpx.AsyncClient(base_url=f"http://{_reachable(settings.host)}:{settings.port}", timeout=30) as api:
        welcome = msgspec.json.decode(kept.read_bytes(), type=Welcome) if kept.exists() else None
        links = await _links(api, welcome) if welcome else None
        if welcome is None or links is None:
            welcome = await _make_welcome(context, api, welcome)
            links = await _links(api, welcome)
            _keep(kept, welcome)
        elif welcome.password is None and (password := await _make_account(context)) is not None:
            welcome = msgspec.structs.replace(welcome, password=password)
            _keep(kept, welcome)
        for name, said in (
            ("Callwell is ready at", settings.base_url),
            ("Console", f"{settings.base_url}/  {EMAIL} / {await _shown_password(context, welcome)}"),
            ("API key", welcome.key),
            ("Join as provider", (links or [""])[0]),
            ("Join as client", (links or [""])[-1]),
            ("API", f"{settings.base_url}/schema"),
        ):
            typer.echo(f"{name:<22}{said}")
    if welcome.practice_until is not None and await _has_practice(context, welcome.practice_until):
        _keep(kept, msgspec.structs.replace(welcome, practice_until=None))


async def _has_practice(context: "Context", until: datetime) -> bool:
    """Makes up a practice with its past and what is booked for it, so that there is something to look at; what an earlier start made of it stays."""
    from callwell.cli.demo import add_practice
    from callwell.errors import CallwellError

    typer.echo("A practice to look at is being made up.")
    ahead = (APPOINTMENTS, DAYS_AHEAD)
    try:
        await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1, deployed=context.deployed, until=until, ahead=ahead)
    except CallwellError as why:
        typer.echo(f"It is not whole, and the next start goes on with it: {why.detail}", err=True)
        return False
    typer.echo(f"It has {CALLS} calls of the last {DAYS} days, and {APPOINTMENTS} appointments of the next {DAYS_AHEAD}.")
    return True


async def _links(api: Any, welcome: Welcome) -> list[str] | None:
    """The links, as the server is reached now; None where the key or an invite is good no longer."""
    api.headers["Authorization"] = f"Bearer {welcome.key}"
    invites = [await api.get(f"/v1/invites/{id}") for id in welcome.invites]
    good = all(invite.status_code == 200 and invite.json()["revoked_at"] is None for invite in invites)
    return [invite.json()["url"] for invite in invites] if good else None


async def _make_welcome(context: "Context", api: Any, before: Welcome | None) -> Welcome:
    from callwell.access.keys import create_key
    from callwell.cli.keys import note

    async with context.db.transaction() as tx:
        key = await create_key(tx, "first start", ["admin"], datetime.now(UTC), note)
    assert key.secret is not None
    api.headers["Authorization"] = f"Bearer {key.secret}"
    room = (await api.post("/v1/rooms", json={"title": "First call"})).raise_for_status().json()
    invites = [(await api.post(f"/v1/rooms/{room['name']}/invites", json=invite)).raise_for_status().json() for invite in INVITES]
    password = before.password if before is not None and before.password is not None else await _make_account(context)
    practice_until = datetime.now(UTC) if before is None else before.practice_until
    return Welcome(key.secret, [invite["id"] for invite in invites], password, practice_until)


async def _make_account(context: "Context") -> str | None:
    """The first account's password. None where there is an account of its address, whose password somebody else knows."""
    from callwell import errors
    from callwell.access.accounts import create_account
    from callwell.access.passwords import hash_password
    from callwell.cli.keys import note

    password = secrets.token_urlsafe(15)
    hash = await hash_password(password)
    try:
        async with context.db.transaction() as tx:
            await create_account(tx, email=EMAIL, name="Admin", role="admin", identity=None, password_hash=hash, at=datetime.now(UTC), note=note)
    except errors.Conflict:
        return None
    return password


async def _shown_password(context: "Context", welcome: Welcome) -> str:
    """The password that was made, as long as it is the account's."""
    from callwell.access.passwords import is_password
    from callwell.access.signing_in import find_candidate

    async with context.db.connection() as tx:
        candidate = await find_candidate(tx, EMAIL)
    if welcome.password is not None and candidate is not None and await is_password(candidate.password_hash, welcome.password):
        return welcome.password
    return "the password that you gave it"


def _keep(file: Path, welcome: Welcome) -> None:
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(welcome))


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 asks where it is told to listen
