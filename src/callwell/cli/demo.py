"""``callwell demo``: see it work, with people that are browsers."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from callwell import ids
from callwell.cli.calls import show_call
from callwell.cli.shown import AsJson, DataDir, show
from callwell.settings import Settings, read_settings

app = typer.Typer(help="See it work: calls between people that are browsers.", no_args_is_help=True)

CLIENT, PROVIDER = "Ana Lima", "Dr. Ngozi Obi"


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
    from callwell.joining.invites import NewInvite, create_invite, link_to, secret_of
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
        room = await create_room(tx, NewRoom(title="Demonstration"), most=settings.max_participants, at=at)
        made = [await create_invite(tx, room.id, invite, at) for invite in invites]
        details = CallCreated(engine="p2p", room=room.name, is_demo=True, provider="user:demo-provider", provider_name=PROVIDER)
        begin = CreateCall(id=ids.uuid7(), details=details)
        await create_call(tx, context.ledger, call_id, begin, None, Acting("cli", Origin(), at))
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
