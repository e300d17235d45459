"""``callwell quality``: how media fared, and by which rules."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from callwell.cli.shown import show, show_table

app = typer.Typer(help="How media fared.", no_args_is_help=True)

MOST_BYTES = 1 << 20


@app.callback()
def quality() -> None:
    """Keeps the name of a command in its place, however many there are."""


@app.command("score")
def score(as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False) -> None:
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
