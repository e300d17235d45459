"""``callwell run``: the server for whoever looks at it for the first time, with a key and links to a call."""

import os
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


class Welcome(msgspec.Struct, frozen=True):
    """What was made at the first start. Only the server's own account can read where it is kept."""

    key: str
    invites: list[str]


def run(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Run the server; print its address, an API key and two links that meet in a call: the same ones at every start. The first one makes up some calls."""
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
        is_first = not kept.exists()
        welcome = None if is_first else msgspec.json.decode(kept.read_bytes(), type=Welcome)
        links = await _links(api, welcome) if welcome else None
        if welcome is None or links is None:
            welcome = await _make_welcome(context, api)
            links = await _links(api, welcome)
            _keep(kept, welcome)
        for name, said in (
            ("Callwell is ready at", settings.base_url),
            ("API key", welcome.key),
            ("Join as provider", (links or [""])[0]),
            ("Join as client", (links or [""])[-1]),
            ("API", f"{settings.base_url}/schema"),
        ):
            typer.echo(f"{name:<22}{said}")
    if is_first:
        await _add_practice(context)


async def _add_practice(context: "Context") -> None:
    """A practice with its past and what is booked for it, so that there is something to look at."""
    from callwell.cli.demo import add_practice

    await add_practice(context.db, context.ledger, CALLS, DAYS, seed=1, deployed=context.deployed, ahead=(APPOINTMENTS, DAYS_AHEAD))
    typer.echo(f"A practice was made up: {CALLS} calls of the last {DAYS} days, and {APPOINTMENTS} appointments of the next {DAYS_AHEAD}.")


async def _links(api: Any, welcome: Welcome) -> list[str] | None:
    """The links, as the server is reached now; None where the key or an invite is good no longer."""
    api.headers["Authorization"] = f"Bearer {welcome.key}"
    invites = [await api.get(f"/v1/invites/{id}") for id in welcome.invites]
    good = all(invite.status_code == 200 and invite.json()["revoked_at"] is None for invite in invites)
    return [invite.json()["url"] for invite in invites] if good else None


async def _make_welcome(context: "Context", api: Any) -> Welcome:
    from callwell.access.keys import create_key
    from callwell.cli.keys import note

    async with context.db.transaction() as tx:
        key = await create_key(tx, "first start", ["admin"], datetime.now(UTC), note)
    assert key.secret is not None
    api.headers["Authorization"] = f"Bearer {key.secret}"
    room = (await api.post("/v1/rooms", json={"title": "First call"})).raise_for_status().json()
    invites = [(await api.post(f"/v1/rooms/{room['name']}/invites", json=invite)).raise_for_status().json() for invite in INVITES]
    return Welcome(key.secret, [invite["id"] for invite in invites])


def _keep(file: Path, welcome: Welcome) -> None:
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(welcome))


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 asks where it is told to listen
