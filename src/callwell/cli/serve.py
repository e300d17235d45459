"""``callwell serve`` and ``callwell work``: the processes that stay."""

from typing import TYPE_CHECKING, Annotated

import typer

from callwell.cli.shown import DataDir
from callwell.settings import read_settings

if TYPE_CHECKING:
    from callwell.app import Context

Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on; 0 takes any that is free.")]


def serve(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Run the server until it is told to stop (SIGTERM, ^C): it then finishes what is under way."""
    settings = read_settings(host=host, port=port, data_dir=data_dir)
    from callwell import logs, server

    logs.configure(settings)
    server.run(server.serve(settings, when_ready=_say_ready))


def work(data_dir: DataDir = None) -> None:
    """Do background work only, for servers that run with CALLWELL_WORK_HERE=false."""
    settings = read_settings(data_dir=data_dir)
    from callwell import logs, server

    logs.configure(settings)
    server.run(server.work(settings, when_ready=_say_at_work))


async def _say_ready(context: "Context") -> None:
    typer.echo(f"Callwell is ready at {context.settings.base_url}")


async def _say_at_work(_: "Context") -> None:
    typer.echo("Callwell is at work")
