"""``callwell calls``: the record, where the server's data is. The server may run meanwhile."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from callwell.cli.database import with_database
from callwell.cli.shown import AsJson, DataDir, show, show_table
from callwell.settings import read_settings

app = typer.Typer(help="The record of calls.", no_args_is_help=True)

ALL = 1_000_000
MOST_NAMED = 3
"""People whom a list names of one call."""
STATUSES = ("initiated", "ringing", "active", "ended", "failed")

CallId = Annotated[UUID, typer.Argument(metavar="ID", help="The call's id.")]


def _status(given: str | None) -> str | None:
    if given is not None and given not in STATUSES:
        raise typer.BadParameter(f"there is no status {given}; there are: {', '.join(STATUSES)}.")
    return given


@app.command("list")
def list_calls(
    status: Annotated[str | None, typer.Option("--status", help="Those that are so.", callback=_status)] = None,
    conversation_id: Annotated[str | None, typer.Option("--conversation", help="Those of a conversation.")] = None,
    user_id: Annotated[str | None, typer.Option("--user", help="Those that a user was named in.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")] = 50,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show calls, the newest first."""
    from callwell.calls.rules import shown
    from callwell.record.queries import CallFilter, list_calls

    wanted = CallFilter(status=status, conversation_id=conversation_id, user_id=user_id)

    async def do(db: Any) -> Any:
        async with db.connection() as tx:
            return [shown(call) for call in await list_calls(tx, wanted, datetime.now(UTC), after=None, limit=limit)]

    found = with_database(data_dir, do)
    if as_json:
        show({"items": found})
    else:
        show_table(["id", "status", "created_at", "elapsed", "overlap", "people", "record"], [_in_list(call) for call in found])


@app.command("show")
def show_one(call_id: CallId, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show who was in a call, when and with what, what was muted when, and what happened."""
    call, timeline = with_database(data_dir, lambda db: _read(db, call_id))
    if as_json:
        show({**msgspec.to_builtins(call, builtin_types=(datetime,)), "timeline": timeline})
    else:
        show_call(call, timeline)


@app.command("timeline")
def timeline(call_id: CallId, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show what happened in a call."""
    _, entries = with_database(data_dir, lambda db: _read(db, call_id))
    if as_json:
        show({"items": entries})
    else:
        _show_timeline(entries)


@app.command("report")
def report(call_id: CallId, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show how good a call was, for everybody and why; of one that goes on, how good it is so far."""
    from callwell.cli.report import show_report

    found = with_database(data_dir, lambda db: _report(db, call_id))
    if as_json:
        show(found)
    else:
        show_report(found)


@app.command("rebuild")
def rebuild(
    call_id: Annotated[UUID | None, typer.Argument(metavar="[ID]", help="The call's id.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every call.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Fold a call, or every one, again from its facts."""
    if (call_id is None) != every:
        raise typer.BadParameter("give a call's id, or --all.")
    rebuilt = with_database(data_dir, lambda db: _rebuild(db, call_id))
    if as_json:
        show({"rebuilt": rebuilt})
    else:
        typer.echo(f"{rebuilt} {'call was' if rebuilt == 1 else 'calls were'} folded again.")


# ── With the database ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _read(db: Any, call_id: UUID) -> tuple[Any, Any]:
    from callwell.calls.rules import shown, told
    from callwell.record.queries import get_call, list_timeline_events

    async with db.connection() as tx:
        call = shown(await get_call(tx, call_id, datetime.now(UTC)))
        return call, told(await list_timeline_events(tx, call_id, after=None, limit=ALL), call)


async def _report(db: Any, call_id: UUID) -> Any:
    from callwell.quality.making import profiles_of, read_report

    return await read_report(db, profiles_of(read_settings()), call_id, datetime.now(UTC))


async def _rebuild(db: Any, call_id: UUID | None) -> int:
    from callwell.record.ledger import Ledger
    from callwell.record.queries import get_call
    from callwell.worker import rebuild_all

    at = datetime.now(UTC)
    async with Ledger(db, read_settings()).running() as ledger:
        if call_id is None:
            return await rebuild_all(db, ledger)
        async with db.connection() as tx:
            await get_call(tx, call_id, at)
        return await ledger.rebuild([call_id], at)


# ── As people read it ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_call(call: Any, timeline: Sequence[Any] | None = None) -> None:
    """A call (`record.queries.Call`) in tables: itself, its people, their connections, what was off when; and what happened, where given."""
    show_table(["call", str(call.id)], [{"call": name, str(call.id): value} for name, value in _facts_of(call)])
    _heading("People")
    show_table(["who", "role", "status", "joined", "connected", "left", "why", "attended", "shown by", "connections", "lost"], [
        {
            "who": _who(one), "role": _words(one.role, "host" if one.is_host else None), "status": one.status, "joined": _clock(one.joined_at),
            "connected": _clock(one.connected_at), "left": _clock(one.left_at), "why": one.leave_reason, "attended": _length(one.attended_seconds),
            "shown by": _evidence(one.evidence), "connections": len(one.connections), "lost": one.disconnection_count,
        }
        for one in call.participants
    ])  # fmt: skip
    connections = [(one, connection) for one in call.participants for connection in one.connections]
    if connections:
        _heading("Connections")
        show_table(["who", "connection", "device", "joined", "connected", "left", "why", "set up", "attended", "lost"], [
            {
                "who": _who(one), "connection": c.name or str(c.id), "device": _words(c.browser, c.os, c.device_type), "joined": _clock(c.joined_at),
                "connected": _clock(c.connected_at), "left": _clock(c.left_at), "why": c.leave_reason,
                "set up": None if c.setup_ms is None else f"{c.setup_ms} ms", "attended": _length(c.attended_seconds), "lost": c.disconnection_count,
            }
            for one, c in connections
        ])  # fmt: skip
        _heading("Off and on")
        show_table(["who", "connection", "microphone off", "camera off", "screen shared"], [
            {
                "who": _who(one), "connection": c.name or str(c.id), "microphone off": _off(c.intervals.connected, c.intervals.audio_on, c.audio_enabled),
                "camera off": _off(c.intervals.connected, c.intervals.video_on, c.video_enabled), "screen shared": _times(c.intervals.screen),
            }
            for one, c in connections
        ])  # fmt: skip
    for anomaly in call.anomalies:
        typer.echo(f"Anomaly: {anomaly.code} at {_clock(anomaly.at)}")
    if timeline is not None:
        _heading("Timeline")
        _show_timeline(timeline)


def _facts_of(call: Any) -> Iterable[tuple[str, Any]]:
    yield "status", _words(call.status, call.end_reason)
    yield "record", f"{call.record_state}, version {call.version}"
    yield "kind", _words(call.type, call.mode, call.engine, "demonstration" if call.is_demo else None)
    for name in ("room", "conversation_id", "external_id"):
        if getattr(call, name) is not None:
            yield name, getattr(call, name)
    yield "begun by", _named(call.initiator.display_name, call.initiator.identity) if call.initiator else None
    if call.provider_id or call.provider_name:
        yield "provider", _named(call.provider_name, call.provider_id)
    yield "made", call.created_at
    yield "started", call.started_at
    yield "ended", call.ended_at
    yield "elapsed", _length(call.elapsed_seconds)
    yield "overlap", f"{_length(call.overlap_seconds)} of {call.overlap_of}, {_length(call.overlap_claimed_seconds)} of it claimed"
    yield "people", f"{call.participant_count}, at most {call.peak_participants} at once"
    yield "disconnections", call.disconnection_count
    yield "mode switches", call.mode_switch_count
    yield "quality", call.quality_category and _words(call.quality_category, None if call.quality_score is None else f"{call.quality_score:.1f}")
    yield "issues", call.issue_count
    yield "facts", f"{call.event_count}, with {call.anomaly_count} anomalies"


def _in_list(call: Any) -> dict[str, Any]:
    named = [_who(one) for one in call.participants[:MOST_NAMED]]
    more = len(call.participants) - len(named)
    return {
        "id": call.id,
        "status": _words(call.status, call.end_reason),
        "created_at": call.created_at,
        "elapsed": _length(call.elapsed_seconds),
        "overlap": _length(call.overlap_seconds),
        "people": ", ".join(named) + (f" and {more} more" if more else ""),
        "record": f"{call.record_state} {call.version}",
    }


def _show_timeline(entries: Sequence[Any]) -> None:
    show_table(["at", "what", "who", "told by", "more"], [
        {
            "at": _clock(entry.at), "what": entry.type + (f" x{entry.count}" if entry.count > 1 else ""),
            "who": entry.participant and (entry.participant.display_name or str(entry.participant.id)),
            "told by": _words(*entry.sources, "a guess" if entry.is_guess else None),
            "more": ", ".join(f"{name} {_plain(value)}" for name, value in entry.detail.items()) or None,
        }
        for entry in entries
    ])  # fmt: skip


def _heading(text: str) -> None:
    typer.echo(f"\n{text}")


def _who(one: Any) -> str:
    return _named(one.display_name, one.identity) or "somebody erased"


def _named(name: str | None, identity: str | None) -> str | None:
    return f"{name} ({identity})" if name and identity else name or identity


def _words(*words: str | None) -> str:
    return ", ".join(word for word in words if word)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _clock(at: datetime | None) -> str | None:
    """The time of day, UTC; the day is that of the call."""
    return at.astimezone(UTC).strftime("%H:%M:%S.%f")[:-3] if at else None


def _length(seconds: float | None) -> str | None:
    """``1:02:03.250``"""
    return None if seconds is None else str(timedelta(seconds=round(seconds, 3))).removeprefix("0:").removesuffix("000")


def _evidence(evidence: Any) -> str:
    parts = {"engine": evidence.engine_seconds, "socket": evidence.socket_seconds, "claim": evidence.claimed_seconds}
    return _words(*(f"{name} {_length(seconds)}" for name, seconds in parts.items() if seconds))


def _off(connected: Sequence[Any], on: Sequence[Any], known: bool | None) -> str:
    """When it was off while they were connected."""
    from callwell.record.durations import difference, union

    if known is None:
        return "not known"
    ever_after = datetime.max.replace(tzinfo=UTC)
    there, sent = ([(one.start, one.end or ever_after) for one in intervals] for intervals in (connected, on))
    off = difference(union(there), union(sent))
    return _words(*(_from_to(start, None if end == ever_after else end) for start, end in off)) or "never"


def _times(intervals: Sequence[Any]) -> str:
    return _words(*(_from_to(one.start, one.end) for one in intervals)) or "never"


def _from_to(start: datetime, end: datetime | None) -> str:
    return f"{_clock(start)} to {_clock(end) or 'now'}"
