"""How figures are taken and shown."""

import gc
import os
import statistics
from collections.abc import Iterable, Sequence


def begin(title: str) -> None:
    """A headline, with how busy the machine is: what else runs here is measured too."""
    load, _, _ = os.getloadavg()
    print(f"\n{title}  ({os.cpu_count()} cores, load {load:.1f})", flush=True)


def show(name: str, figure: str, target: str = "", beside: str = "") -> None:
    print(f"  {name:<58}{figure:>12}   {f'target {target}' if target else '':<22}{beside}".rstrip(), flush=True)


def median(rounds: Iterable[float]) -> float:
    return statistics.median(list(rounds))


def ratio(of: Sequence[float], to: Sequence[float]) -> float:
    """Median of the ratios of each round, whose two sides were measured one right after the other."""
    return median(a / b for a, b in zip(of, to, strict=True))


def spread(rounds: Sequence[float]) -> str:
    return f"{min(rounds):.3g} to {max(rounds):.3g} in {len(rounds)} rounds"


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def tidy() -> None:
    """What an earlier round left behind is not cleared away at the expense of the next."""
    gc.collect()
