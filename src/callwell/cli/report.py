"""A report in the terminal: tables, and a bar for each minute."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import typer

from callwell.cli.shown import show_table

BARS = "▁▂▃▄▅▆▇█"
UNKNOWN = "·"
WIDEST = 60
"""Bars in a row; a longer call has several minutes a bar."""


def show_report(report: Any) -> None:
    """A report (`quality.making.Report`): the call, its people, what was measured of each, minute by minute, and what was wrong."""
    show_table(["report", str(report.call_id)], [{"report": name, str(report.call_id): value} for name, value in _about(report)])
    typer.echo("\nPeople")
    show_table(["who", "quality", "why", "sent", "covered", "reconnects", "set up", "spoke", "received", "sent bytes", "stars"], [
        {
            "who": _who(one), "quality": _quality(one.score, one.category), "why": _why(one.reasons), "sent": _number(one.sent_score),
            "covered": _percent(one.coverage.share), "reconnects": one.reconnects, "set up": _with(one.setup_ms, "ms"),
            "spoke": _length(one.spoke_seconds), "received": _bytes(one.bytes_received), "sent bytes": _bytes(one.bytes_sent), "stars": one.rating_stars,
        }
        for one in report.participants
    ])  # fmt: skip
    typer.echo("\nMinute by minute")
    for one in report.participants:
        for what, values, best in _charts(one.minutes):
            typer.echo(f"  {_who(one)[:24]:<24} {what:<14} {bars(values, best)}  {_range(values)}")
        for gap in one.coverage.silent:
            typer.echo(f"  {_who(one)[:24]:<24} sent nothing from {_clock(gap.start)} to {_clock(gap.end)}")
    typer.echo("\nMeasured")
    show_table(["who", "what", "quality", "round trip", "loss", "jitter", "bitrate", "frames", "frozen", "size", "codec", "Teams"], [
        {
            "who": _who(one), "what": f"{track.direction} {track.kind}", "quality": _quality(track.score, track.category),
            "round trip": _figure(track.rtt_ms, "ms"), "loss": _figure(track.packet_loss_pct, "%"), "jitter": _figure(track.jitter_ms, "ms"),
            "bitrate": _with(track.bitrate_kbps and round(track.bitrate_kbps.mean), "kbit/s"), "frames": track.fps and _number(track.fps.mean),
            "frozen": _with(track.freeze_seconds and round(track.freeze_seconds, 1), "s"),
            "size": f"{track.width}x{track.height}" if track.width and track.height else None, "codec": ", ".join(track.codecs) or None,
            "Teams": track.teams_cqd_class,
        }
        for one in report.participants
        for track in one.tracks
    ])  # fmt: skip
    typer.echo("\nIssues")
    show_table(["minute", "from", "to", "severity", "what"], [
        {"minute": issue.minute, "from": _clock(issue.started_at), "to": _clock(issue.ended_at), "severity": issue.severity, "what": issue.sentence}
        for issue in report.issues
    ])  # fmt: skip


def bars(values: Sequence[float | None], best: float) -> str:
    """One bar a value, as high as its share of ``best``; a dot where it is unknown. More values than fit are taken together."""
    step = -(-len(values) // WIDEST) or 1
    rows = [[value for value in values[i : i + step] if value is not None] for i in range(0, len(values), step)]
    return "".join(BARS[min(len(BARS) - 1, int(sum(row) / len(row) / best * len(BARS)))] if row and best else UNKNOWN for row in rows)


def _charts(minutes: Sequence[Any]) -> Iterable[tuple[str, list[float | None], float]]:
    """What is drawn, minute by minute from the first to the last, and what the highest bar stands for."""
    if not minutes:
        return
    by_minute = {one.minute: one for one in minutes}
    whole = [by_minute.get(minute) for minute in range(minutes[0].minute, minutes[-1].minute + 1)]
    yield "score", [one and one.score for one in whole], 100.0
    for what, name in (("round trip, ms", "rtt_ms"), ("loss, %", "packet_loss_pct")):
        values = [one and getattr(one, name) for one in whole]
        if any(values):
            yield what, values, max(value or 0.0 for value in values)


def _about(report: Any) -> Iterable[tuple[str, Any]]:
    state = "final" if report.is_final else "as it stands now" if report.revision == 0 else "provisional"
    yield "made", f"{state}, of version {report.version}, with {report.formula} and {report.profile}"
    yield "quality", _quality(report.score, report.category)
    yield "why", _why(report.reasons)
    yield "covered", f"{_percent(report.coverage.share) or 'nothing'} of the time connected, by {report.sample_count} samples"
    yield "length", _length(report.elapsed_seconds)
    yield "people", f"{report.participant_count}, at most {report.peak_participants} at once"
    yield "disconnections", report.disconnection_count
    yield "mode", f"{report.mode}, switched {report.mode_switch_count} times"
    yield "sent", _bytes(report.bytes_sent)
    yield "received", _bytes(report.bytes_received)
    yield "set up", report.setup and f"{report.setup.mean_ms:.0f} ms on average, {report.setup.max_ms} ms at most"
    yield "rating", _number(report.rating)


def _who(one: Any) -> str:
    return one.display_name or one.identity or "somebody erased"


def _quality(score: float | None, category: str) -> str:
    return category if score is None else f"{category} {score:.1f}"


def _why(reasons: Sequence[Any]) -> str | None:
    return ", ".join(why.code if why.points is None else f"{why.code} -{why.points:.1f}" for why in reasons) or None


def _figure(figures: Any, unit: str) -> str | None:
    return None if figures is None else f"{figures.mean:.1f} {unit}, 95 % below {figures.p95:.1f}"


def _range(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{min(known):.1f} to {max(known):.1f}" if known else "not known"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.0f} %"


def _with(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value} {unit}"


def _bytes(size: int | None) -> str | None:
    return None if size is None else f"{size / 1e6:.2f} MB"


def _length(seconds: float | None) -> str | None:
    return None if seconds is None else str(timedelta(seconds=round(seconds)))


def _clock(at: Any) -> str:
    return f"{at:%H:%M:%S}"
