"""``callwell top``: the calls that go on, in a terminal, and how everybody in them fares."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from msgspec import Struct
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from callwell.cli.database import opened
from callwell.cli.shown import AsJson, DataDir, show
from callwell.settings import read_settings

if TYPE_CHECKING:
    from callwell.live.queries import Label
    from callwell.postgres import Database
    from callwell.record.shown import Call, Participant

LOOK_AT_LEAST_EVERY = 1.0
"""Seconds; clocks go on, and what is measured makes no change of a call."""
LOOK_AT_MOST_EVERY = 0.25
MOST_SHOWN = 200
"""Calls that are looked at closely: the newest."""

COLOURS = {"poor": "bold red", "fair": "yellow", "good": "green", "excellent": "green", "unknown": "dim"}
WORST_FIRST = ("poor", "fair", "good", "excellent", "unknown")
THERE = ("waiting", "connecting", "connected", "disconnected")


class LivePerson(Struct, frozen=True, kw_only=True):
    """Somebody who is in a call, or waits to be let in."""

    identity: str | None
    display_name: str | None
    side: str | None
    status: str
    quality: str
    """``excellent``, ``good``, ``fair`` or ``poor``, of what was measured in the last two minutes; else ``unknown``."""
    score: float | None
    rtt_ms: float | None
    packet_loss_pct: float | None
    disconnection_count: int
    issues: list[str]
    """Problems that go on."""


class LiveCall(Struct, frozen=True, kw_only=True):
    """A call that goes on."""

    id: UUID
    status: str
    type: str
    mode: str
    engine: str
    appointment_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    elapsed_seconds: float | None
    """Null before it started."""
    provider: str | None
    quality: str
    """Of whoever fares worst."""
    people: list[LivePerson]


class Looked(Struct, frozen=True):
    """What goes on at a time."""

    at: datetime
    call_count: int
    items: list[LiveCall]
    """Those with the worst quality first, then the longest; the newest 200 where there are more."""


def top(
    once: Annotated[bool, typer.Option("--once", help="Show it once, and not for as long as one looks.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show the calls that go on and how everybody in them fares, until ^C. With --json each look is a line."""
    with contextlib.suppress(KeyboardInterrupt):  # the way to end it
        asyncio.run(_show(data_dir, is_once=once or not (as_json or sys.stdout.isatty()), as_json=as_json))


async def _show(data_dir: Path | None, *, is_once: bool, as_json: bool) -> None:
    async with opened(read_settings(data_dir=data_dir)) as db:
        if is_once:
            looked = await look(db, datetime.now(UTC))
            if as_json:
                show(looked)
            else:
                # What is piped on is not cut to the width of a screen.
                Console(width=None if sys.stdout.isatty() else 1000).print(as_table(looked))
        elif as_json:
            async for looked in looks(db):
                show(looked)
        else:
            console = Console()
            with Live(console=console, screen=True, auto_refresh=False) as screen:
                async for looked in looks(db):
                    screen.update(as_table(looked, console.height - 3), refresh=True)


async def looks(db: "Database") -> AsyncIterator[Looked]:
    """Looks at once whenever a call changes, and every second, for ever."""
    from callwell.record.changes import Hints

    changed = asyncio.Event()
    async with Hints(db).listening() as hints:
        with hints.subscribed(lambda _: changed.set()):
            while True:
                changed.clear()
                yield await look(db, datetime.now(UTC))
                await asyncio.sleep(LOOK_AT_MOST_EVERY)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AT_LEAST_EVERY - LOOK_AT_MOST_EVERY):
                        await changed.wait()


async def look(db: "Database", at: datetime) -> Looked:
    """What goes on now."""
    from callwell.ingest.leases import QUALITY_KEPT
    from callwell.live.queries import list_labels, list_unfinished
    from callwell.record.queries import list_calls_by_id

    async with db.connection() as tx:
        unfinished = await list_unfinished(tx)
        ids = [one.id for one in unfinished[:MOST_SHOWN]]
        calls = await list_calls_by_id(tx, ids, at)
        labels = {label.connection: label for label in await list_labels(tx, ids, at - QUALITY_KEPT)}
    live = [_live(call, labels) for call in calls if call.ended_at is None]
    live.sort(key=lambda call: (WORST_FIRST.index(call.quality), -(call.elapsed_seconds or 0), call.created_at, call.id))
    return Looked(at, len(unfinished), live)


def _live(call: "Call", labels: Mapping[UUID, "Label"]) -> LiveCall:
    people = [_person(one, labels) for one in call.participants if one.status in THERE]
    return LiveCall(
        id=call.id,
        status=call.status,
        type=call.type,
        mode=call.mode,
        engine=call.engine,
        appointment_id=call.appointment_id,
        created_at=call.created_at,
        started_at=call.started_at,
        elapsed_seconds=call.elapsed_seconds,
        provider=call.provider_name or call.provider_id,
        quality=_worst([one.quality for one in people]),
        people=people,
    )


def _person(one: "Participant", labels: Mapping[UUID, "Label"]) -> LivePerson:
    connections = [connection for connection in one.connections if connection.status in THERE]
    known = [labels[connection.id].quality for connection in connections if connection.id in labels]
    worst = min(known, key=lambda quality: WORST_FIRST.index(quality.category), default=None)
    return LivePerson(
        identity=one.identity,
        display_name=one.display_name,
        side=one.side,
        status=one.status,
        quality=worst.category if worst else "unknown",
        score=worst.score if worst else None,
        rtt_ms=worst.rtt_ms if worst else None,
        packet_loss_pct=worst.packet_loss_pct if worst else None,
        disconnection_count=one.disconnection_count,
        issues=sorted({issue.issue for connection in connections for issue in connection.open_issues}),
    )


def _worst(qualities: Sequence[str]) -> str:
    return min(qualities, key=WORST_FIRST.index, default="unknown")


# ── As people read it ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def as_table(looked: Looked, lines: int | None = None) -> RenderableType:
    """Of so many lines at most, where it is for a screen."""
    people = sum(one.status != "waiting" for call in looked.items for one in call.people)
    waiting = sum(one.status == "waiting" for call in looked.items for one in call.people)
    told = [_count(looked.call_count, "call"), _count(people, "person", "people"), f"{waiting} waiting" if waiting else ""]
    head = Text(f"{', '.join(filter(None, told))}  {looked.at:%H:%M:%S} UTC", style="bold")
    table = Table("since", "call", "status", "by", "who", "quality", "problems", box=None, pad_edge=False, header_style="bold")
    shown = used = 0
    for call in looked.items:
        used += max(1, len(call.people))
        if lines is not None and used > lines:
            break
        shown += 1
        table.add_row(
            _clock(call.elapsed_seconds),
            f"…{call.id.hex[-8:]}",
            call.status,
            f"{call.type}, {call.engine}",
            Text("\n").join([Text(_name(one)) for one in call.people]),
            Text("\n").join([_quality(one) for one in call.people]),
            Text("\n").join([Text(_problems(one)) for one in call.people]),
        )
    hidden = looked.call_count - shown
    return Group(head, table, Text(f"and {_count(hidden, 'more call')}" if hidden else "", style="dim"))


def _name(one: LivePerson) -> str:
    # Nobody's name moves the cursor.
    name = "".join(character if character.isprintable() else " " for character in one.display_name or one.identity or "somebody erased")
    return name if one.status == "connected" else f"{name} ({one.status})"


def _quality(one: LivePerson) -> Text:
    """The word says it; the colour only says it again."""
    score = "" if one.score is None else f" {one.score:.0f}"
    return Text(f"{one.quality}{score}", style=COLOURS[one.quality])


def _problems(one: LivePerson) -> str:
    figures = [
        f"{one.packet_loss_pct:.0f} % lost" if one.packet_loss_pct is not None and one.packet_loss_pct >= 1 else "",
        f"{one.rtt_ms:.0f} ms" if one.rtt_ms is not None and one.rtt_ms >= 300 else "",
        f"disconnected {_count(one.disconnection_count, 'time')}" if one.disconnection_count else "",
    ]
    return ", ".join(filter(None, [*(issue.replace("_", " ") for issue in one.issues), *figures]))


def _count(number: int, one: str, more: str | None = None) -> str:
    return f"{number} {one if number == 1 else more or one + 's'}"


def _clock(seconds: float | None) -> str:
    return "–" if seconds is None else str(timedelta(seconds=int(seconds)))
