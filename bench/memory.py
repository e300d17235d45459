"""Memory of the server and of PostgreSQL, idle and loaded, over that of the bare interpreter.

PSS counts a page that several processes share by its share, so the parts add up; RSS counts it whole for each. "Loaded" is the most that was seen while
batches came as fast as they were taken; "after" is when they have stopped.
"""

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench.facts import BATCH, RunningCalls, body_of
from bench.figures import begin, show
from bench.load import generator, request
from bench.served import a_folder, database, make_key, serving, wait_ready
from callwell.server import run

CONNECTIONS = 64
SECONDS = 20
BATCHES = 400


class Memory(NamedTuple):
    rss: float
    pss: float


async def main() -> None:
    begin("Memory: MiB of PSS, over the bare interpreter's")
    bare = _bare()
    with a_folder() as folder, serving(folder) as served:
        wait_ready(served.url)
        await asyncio.sleep(2)
        postmaster = int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        idle = _of([served.process.pid]), _of(_family(postmaster))
        most = idle
        async with database(folder, size=4) as db, generator() as load:
            key = await make_key(db)
            calls = RunningCalls(40, 10)
            until = time.monotonic() + SECONDS
            facts = 0
            while time.monotonic() < until:
                loading = load(served.port, [request("POST", "/v1/events", key, body_of(batch)) for batch in calls.take(BATCHES)], CONNECTIONS)
                facts += BATCHES * BATCH
                while not loading.done():
                    now = _of([served.process.pid]), _of(_family(postmaster))
                    most = tuple(Memory(*map(max, a, b)) for a, b in zip(most, now, strict=True))
                    await asyncio.sleep(0.25)
                await loading
        await asyncio.sleep(2)
        after = _of([served.process.pid]), _of(_family(postmaster))
    show("the bare interpreter", "1", "", f"{bare.pss:.0f} MiB")
    for title, seen in (("idle", idle), ("loaded", most), (f"after {facts:,} facts", after)):
        for name, memory in zip(("server", "PostgreSQL"), seen, strict=True):
            show(f"{name}, {title}", f"{memory.pss / bare.pss:.1f}", "", f"{memory.pss:.0f} MiB (RSS {memory.rss:.0f})")


def _bare() -> Memory:
    with subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = _of([process.pid])
        process.communicate(b"\n")
    return found


def _of(pids: list[int]) -> Memory:
    rss = pss = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended meanwhile
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        rss, pss = rss + sizes["Rss"], pss + sizes["Pss"]
    return Memory(rss / 1024, pss / 1024)


def _family(postmaster: int) -> list[int]:
    children: list[int] = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == postmaster:
            children.append(int(status.parent.name))
    return [postmaster, *children]


if __name__ == "__main__":
    run(main())
