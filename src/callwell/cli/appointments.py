"""``callwell appointments``: bookings, where the server's data is. The server may run meanwhile."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from callwell import errors
from callwell.cli.database import opened
from callwell.cli.shown import AsJson, DataDir, show
from callwell.settings import read_settings

app = typer.Typer(help="Appointments, and what their calls come to.", no_args_is_help=True)


@app.command("rebuild")
def rebuild(
    appointment_id: Annotated[UUID | None, typer.Argument(metavar="[ID]", help="The appointment's id.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every appointment.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Derive again from its calls where an appointment, or every one, stands. Calls that are there no more leave their figures as they are."""
    if (appointment_id is None) != every:
        raise typer.BadParameter("give an appointment's id, or --all.")
    rebuilt = asyncio.run(_rebuild(data_dir, appointment_id))
    if as_json:
        show({"rebuilt": rebuilt})
    else:
        typer.echo(f"{rebuilt} {'appointment was' if rebuilt == 1 else 'appointments were'} derived again.")


async def _rebuild(data_dir: Path | None, appointment_id: UUID | None) -> int:
    from callwell.access.guards import Door
    from callwell.planning.deployed import Deployed
    from callwell.planning.following import rebuild_appointments, refresh_appointment
    from callwell.quality.making import profiles_of
    from callwell.record.ledger import Ledger

    settings = read_settings(data_dir=data_dir)
    at = datetime.now(UTC)
    async with opened(settings) as db:
        deployed = Deployed(db, Ledger(db, settings), Door(db, settings), settings, profiles_of(settings).known)
        await deployed.refresh()
        if appointment_id is None:
            return await rebuild_appointments(db, deployed, at)
        async with db.transaction() as tx:
            found: Any = await refresh_appointment(tx, appointment_id, deployed, at)
        if found is None:
            raise errors.NotFound(what="appointment", id=appointment_id)
        return 1
