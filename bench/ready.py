"""Seconds from starting the server to its first 200 from `/health/ready`, over those in which Python starts and does nothing.

Over an empty folder, where the database is made first; over a folder that is there, whose database has to be started; and while that runs already.
"""

import subprocess
import sys
import time
from pathlib import Path

from bench.figures import begin, median, show, spread
from bench.served import a_folder, start, stop, wait_ready
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.server import listen

ROUNDS = 5
TARGET = "5 s"


def main() -> None:
    begin("Ready: from the start to the first answer of /health/ready")
    seconds: dict[str, list[float]] = {"nothing": [], "fresh": [], "there": [], "running": []}
    for _ in range(ROUNDS):
        with a_folder() as folder:
            seconds["nothing"].append(_nothing())
            seconds["fresh"].append(_ready(folder))
            seconds["there"].append(_ready(folder))
            with EmbeddedPostgres(folder / "postgres"):
                seconds["running"].append(_ready(folder))
    bare = median(seconds["nothing"])
    show("python -c pass", "1", "", f"{bare:.2f} s")
    for name, title in (("fresh", "fresh folder"), ("there", "folder that is there"), ("running", "folder whose database runs")):
        over = [a / b for a, b in zip(seconds[name], seconds["nothing"], strict=True)]
        show(title, f"{median(over):.0f}", f"under {TARGET}", f"{median(seconds[name]):.2f} s, {spread(seconds[name])}")


def _nothing() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - begun


def _ready(folder: Path) -> float:
    """Asked at its port from the beginning, as whoever waits for it would."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    begun = time.perf_counter()
    process = start(folder, CALLWELL_PORT=str(port))
    try:
        wait_ready(f"http://127.0.0.1:{port}")
        return time.perf_counter() - begun
    finally:
        stop(process)


if __name__ == "__main__":
    main()
