"""The command line: one file per noun of commands."""

import sys
from collections.abc import Sequence
from typing import Any

import typer

from callwell import __version__
from callwell.cli import (
    accounts,
    analytics,
    appointments,
    audit,
    calls,
    db,
    demo,
    importing,
    keys,
    metrics,
    notes,
    quality,
    rollups,
    run as first_run,
    serve,
    top,
)
from callwell.errors import CallwellError, SettingInvalid

USAGE_ERROR: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""What typer raises for a command line that is none, whether its click is its own or the package."""

app = typer.Typer(
    name="callwell",
    help="The system of record for video calls.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("run")(first_run.run)
app.command("work")(serve.work)
app.command("top")(top.top)
app.add_typer(keys.app, name="keys")
app.add_typer(accounts.app, name="accounts")
app.add_typer(calls.app, name="calls")
app.add_typer(audit.app, name="audit")
app.add_typer(appointments.app, name="appointments")
app.add_typer(quality.app, name="quality")
app.add_typer(metrics.app, name="metrics")
app.command("analytics")(analytics.show_analytics)
app.add_typer(rollups.app, name="rollups")
app.add_typer(notes.app, name="notes")
app.add_typer(db.app, name="db")
app.add_typer(demo.app, name="demo")
app.add_typer(importing.app, name="import")


@app.callback(invoke_without_command=True)
def callwell(version: bool = typer.Option(False, "--version", help="Say which version this is.")) -> None:
    if version:
        typer.echo(f"callwell {__version__}")
        raise typer.Exit


def run(arguments: Sequence[str]) -> int:
    """Run a command; gives the exit code."""
    try:
        return app(list(arguments), standalone_mode=False, prog_name="callwell") or 0
    except CallwellError as why:
        return _fail(why.detail, 2 if isinstance(why, SettingInvalid) or 400 <= why.status < 500 else 1)
    except USAGE_ERROR as why:
        return _fail(why.format_message(), 2)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _fail(sentence: str, code: int) -> int:
    if sentence:
        typer.echo(f"callwell: {' '.join(sentence.split())}", err=True)
    return code
