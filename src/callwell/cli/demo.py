"""``callwell demo``: see it work, with people that are browsers."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from callwell import ids
from callwell.cli.adding import Adding
from callwell.cli.calls import show_call
from callwell.cli.database import opened
from callwell.cli.practice import Meeting, practice_of
from callwell.cli.shown import AsJson, DataDir, show
from callwell.settings import Settings, read_settings

if TYPE_CHECKING:
    from callwell.planning.deployed import Deployed
    from callwell.postgres import Database
    from callwell.record.ledger import Ledger

app = typer.Typer(help="See it work: calls between people that are browsers.", no_args_is_help=True)

CLIENT, PROVIDER = "Ana Lima", "Dr. Ngozi Obi"

MEETINGS_AT_ONCE = 20
BATCHES = 3
"""How many are added at a time."""


@app.command("call")
def call(
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=3600, help="How long the two are connected.")] = 10,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Hold a call between two headless Chromiums, and show the record of it."""
    settings = read_settings(data_dir=data_dir, port=0)
    from callwell import logs

    logs.configure(replace(settings, log_level="error"))
    record = asyncio.run(hold_call(settings, seconds))
    if as_json:
        show(record)
    else:
        show_call(record)


@app.command("data")
def data(
    calls: Annotated[int, typer.Option("--calls", min=1, max=1_000_000, help="How many calls.")] = 100,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="In how many days before today, and today so far.")] = 14,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same calls.")] = 1,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make a plausible practice with its appointments and calls, through the ledger. Making the same one again changes nothing.

    Its reports and figures are made by the server as it runs.
    """
    settings = read_settings(data_dir=data_dir)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stored, seconds = runner.run(_add_practice(settings, calls, days, seed))
    if as_json:
        show({"calls": calls, "facts": stored, "seconds": round(seconds, 3)})
    else:
        typer.echo(f"{calls} calls, {stored} new facts, in {seconds:.1f} s.")


async def _add_practice(settings: Settings, calls: int, days: int, seed: int) -> tuple[int, float]:
    from callwell.record.ledger import Ledger

    async with opened(settings, 8) as db, Ledger(db, settings).running() as ledger:
        deployed = await _deployed(db, settings)
        begun = time.monotonic()
        with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("Calls", total=calls)
            stored = await add_practice(db, ledger, calls, days, seed, lambda: progress.advance(bar), deployed=deployed)
        return stored, time.monotonic() - begun


async def add_practice(
    db: "Database",
    ledger: "Ledger",
    calls: int,
    days: int,
    seed: int,
    when_added: Callable[[], object] = bool,
    *,
    deployed: "Deployed | None" = None,
    until: datetime | None = None,
    ahead: tuple[int, int] | None = None,
) -> int:
    """Makes a practice up to now, or until then: who is there, what was booked and what became of it, its calls and what was measured in them.

    ``ahead`` has so many appointments booked for so many days to come. Gives how many facts were new.
    """
    deployed = deployed or await _deployed(db, read_settings())
    at = until or datetime.now(UTC)
    practice = practice_of(calls, days, seed, ZoneInfo(deployed.meeting().time_zone))
    adding = Adding(db, ledger, deployed, at)
    stored = 0
    # A few batches at a time, so that the database works on one while the next is made ready.
    under_way: set[asyncio.Task[int]] = set()
    try:
        for meetings in _batches(practice.meetings(calls, days, at)):
            await adding.introduce(meetings)
            under_way.add(asyncio.create_task(adding.add(meetings, when_added)))
            while len(under_way) >= BATCHES:
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                stored += sum(task.result() for task in done)
    finally:
        # Whole or not at all: what is begun is finished where this is broken off, too.
        last = await asyncio.gather(*under_way, return_exceptions=True)
    for added in last:
        if isinstance(added, BaseException):
            raise added
        stored += added
    if ahead is not None:
        await adding.book_ahead(practice.agenda(*ahead, at))
    return stored


async def _deployed(db: "Database", settings: Settings) -> "Deployed":
    """The settings of the deployment, for a process that is no server."""
    from callwell.access.guards import Door
    from callwell.planning.deployed import Deployed
    from callwell.quality.making import profiles_of
    from callwell.record.ledger import Ledger

    deployed = Deployed(db, Ledger(db, settings), Door(db, settings), settings, profiles_of(settings).known)
    await deployed.refresh()
    return deployed


def _batches(meetings: Iterable[Meeting]) -> Iterator[list[Meeting]]:
    """Meetings that are added together: so many that it pays, and not so many that others wait for long."""
    batch: list[Meeting] = []
    for meeting in meetings:
        batch.append(meeting)
        if len(batch) == MEETINGS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def hold_call(settings: Settings, seconds: float) -> Any:
    """Two people meet in a room of their own, mute and unmute, stop and start their camera, and the host ends the call. Gives its record.

    Raises BrowserMissing.
    """
    from callwell.cli.browsers import Person, chromium, people
    from callwell.server import serving

    chromium()
    async with serving(settings) as context, people() as playwright:
        call_id, links = await make_room(context)
        client, provider = await asyncio.gather(*(Person.arrive(playwright, link) for link in links))
        try:
            await asyncio.gather(client.join(CLIENT), provider.join(PROVIDER))
            await asyncio.gather(client.until_connected(), provider.until_connected())
            for control in ("toggle-mic", "toggle-camera"):
                await asyncio.sleep(seconds / 4)
                await provider.press(control)
                await asyncio.sleep(seconds / 4)
                await provider.press(control)
            await provider.end_for_all()
            await asyncio.gather(client.until_ended(), provider.until_ended())
        finally:
            await asyncio.gather(client.close(), provider.close())
        return await record_of(context, call_id)


async def make_room(context: Any) -> tuple[UUID, list[str]]:
    """A room in which a call is waiting, which says of itself that it is a demonstration, and the links of client and provider."""
    from callwell.calls.actions import Acting, create_call
    from callwell.planning.invites import NewInvite, create_invite, link_to, secret_of
    from callwell.planning.rooms import NewRoom, create_room
    from callwell.record.audit import Origin
    from callwell.record.commands import CreateCall
    from callwell.record.events import CallCreated

    at, settings = datetime.now(UTC), context.settings
    call_id = ids.uuid7()
    invites = (
        NewInvite(identity="user:demo-client", display_name=CLIENT, role="client"),
        NewInvite(identity="user:demo-provider", display_name=PROVIDER, role="provider", is_host=True),
    )
    async with context.db.transaction() as tx:
        room = await create_room(tx, NewRoom(title="Demonstration"), context.deployed, at=at)
        made = [await create_invite(tx, room.id, invite, at) for invite in invites]
        details = CallCreated(engine="p2p", room=room.name, is_demo=True, provider="user:demo-provider", provider_name=PROVIDER)
        begin = CreateCall(id=ids.uuid7(), details=details)
        await create_call(tx, context.ledger, context.deployed, call_id, begin, None, Acting("cli", Origin(), at))
    return call_id, [link_to(settings.base_url, room.id, secret_of(settings.key, invite.id)) for invite in made]


async def record_of(context: Any, call_id: UUID) -> Any:
    """The record once the call has ended."""
    from callwell.calls.rules import shown
    from callwell.record.queries import get_call

    while True:
        async with context.db.connection() as tx:
            record = shown(await get_call(tx, call_id, datetime.now(UTC)))
        if record.ended_at is not None:
            return record
        await asyncio.sleep(0.1)
