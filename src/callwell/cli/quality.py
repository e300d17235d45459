"""``callwell quality``: how media fared, and by which rules."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from callwell.cli.database import opened
from callwell.cli.shown import AsJson, DataDir, show, show_table
from callwell.settings import Settings, read_settings

app = typer.Typer(help="How media fared.", no_args_is_help=True)

MOST_BYTES = 1 << 20
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]


@app.command("score")
def score(as_json: AsJson = False) -> None:
    """Score one sample, given as a JSON object on standard input. What is no number that can be measured counts as unknown, and is told."""
    from callwell.quality.score import read_measured, score_sample

    sample, notes = read_measured(_read_object())
    scored = score_sample(sample)
    told = {note.code.partition(":")[2] for note in notes}
    reasons = [*(reason for reason in scored.reasons if reason.points is not None or reason.code.partition(":")[2] not in told), *notes]
    if as_json:
        show({"mos": scored.mos, "score": scored.score, "category": scored.category, "reasons": reasons, "formula": scored.formula})
        return
    if scored.score is None or scored.mos is None:
        typer.echo("No score can be told.")
    else:
        typer.echo(f"{scored.category}: {scored.score:.1f} of 100, MOS {scored.mos:.2f} (formula {scored.formula})")
    if reasons:
        typer.echo("")
        points = [None if reason.points is None else f"{reason.points:.1f}" for reason in reasons]
        rows = [{"reason": reason.code, "points": lost, "": reason.detail} for reason, lost in zip(reasons, points, strict=True)]
        show_table(["reason", "points", ""], rows)


@app.command("rescore")
def rescore(
    since: Annotated[datetime, typer.Option("--from", formats=FORMATS, help="Calls that ended then or later (UTC).")],
    until: Annotated[datetime, typer.Option("--to", formats=FORMATS, help="Calls that ended before then (UTC).")],
    profile: Annotated[str | None, typer.Option("--profile", help="The thresholds to judge by; else each call's own, or the deployment's.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Judge calls of the past again, by today's formula and a profile, and show what changed. What happened in them stays as it was told."""
    settings = read_settings(data_dir=data_dir)
    if since >= until:
        raise typer.BadParameter("--from must be before --to.")
    judged = asyncio.run(_rescore(settings, since.replace(tzinfo=UTC), until.replace(tzinfo=UTC), profile, keep=not dry_run))
    changed = [one for one in judged if one.is_changed]
    if as_json:
        show({"calls": len(judged), "changed": len(changed), "samples_changed": sum(one.samples_changed for one in judged), "items": changed})
        return
    if changed:
        show_table(["call", "ended", "was", "is", "issues were", "issues are"], [
            {
                "call": one.call_id, "ended": one.ended_at, "was": one.before and _judged(one.before), "is": _judged(one.after),
                "issues were": one.before and one.before.issues, "issues are": one.after.issues,
            }
            for one in changed
        ])  # fmt: skip
    typer.echo(f"{len(judged)} calls were judged again, {len(changed)} came out differently{'; nothing was kept' if dry_run else ''}.")


async def _rescore(settings: Settings, since: datetime, until: datetime, profile: str | None, *, keep: bool) -> list[Any]:
    from callwell.quality.making import profiles_of, rescore
    from callwell.quality.profiles import Profiles

    profiles, at = profiles_of(replace(settings, quality_profile=profile) if profile else settings), datetime.now(UTC)
    if profile:
        profiles = Profiles({}, profiles.standard)  # this one for every call
    async with opened(settings, 3) as db:
        return [one async for one in rescore(db, profiles, since=since, until=until, at=at, keep=keep)]


def _judged(one: Any) -> str:
    return f"{one.category} {one.score:.1f}" if one.score is not None else one.category


def _read_object() -> Mapping[str, Any]:
    """The object on standard input. Python's own decoder reads it: unlike strict ones it takes NaN and Infinity, which foreign tools write."""
    import json

    text = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise typer.BadParameter(f"standard input holds more than the {MOST_BYTES} bytes that a sample may have.")
    try:
        # A whole number of any length is one, though too large to be anything that was measured.
        found = json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 400 else float(digits))
    except (ValueError, RecursionError) as why:
        problem = "it is nested too deeply" if isinstance(why, RecursionError) else str(why).partition("\n")[0]
        raise typer.BadParameter(f"standard input holds no JSON: {problem}.") from None
    if not isinstance(found, dict):
        raise typer.BadParameter("standard input holds JSON that is no object.")
    return found
