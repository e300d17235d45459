"""Runs the scripts that are named, or all, one after the other, each in a process of its own."""

import subprocess
import sys

SCRIPTS = (
    "fold",
    "ingest",
    "grouping",
    "joining",
    "reads",
    "memory",
    "ready",
    "samples",
    "dumps",
    "report",
    "appointments",
    "audit",
    "console",
    "analytics",
)


def main() -> None:
    chosen = sys.argv[1:] or SCRIPTS
    if unknown := set(chosen) - set(SCRIPTS):
        sys.exit(f"There is no {', '.join(sorted(unknown))} here; there are: {', '.join(SCRIPTS)}.")
    for name in chosen:
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)


if __name__ == "__main__":
    main()
