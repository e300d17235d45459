"""A `callwell` of its own, for what only a process can show."""

import asyncio
import os
import re
import sys

READY = re.compile(r"Callwell is ready at +http://localhost:(\d+)")


class Process:
    """A `callwell` of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.port = 0
        self.said = ""

    async def until_ready(self, last: str = "") -> None:
        """Until it says so, and has said ``last``."""
        assert self.process.stdout
        while not (found := READY.search(self.said)) or last not in self.said:
            line = await asyncio.wait_for(self.process.stdout.readline(), 60)
            assert line, f"it ended: {self.said}"
            self.said += line.decode()
        self.port = int(found[1])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def end(self, within: float = 30) -> int:
        """Its exit code."""
        rest, _ = await asyncio.wait_for(self.process.communicate(), within)
        self.said += rest.decode()
        assert self.process.returncode is not None
        return self.process.returncode


async def begin(*arguments: str, **settings: str) -> Process:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CALLWELL_")}
    return Process(
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "callwell", *arguments),
            env={**clean, **{f"CALLWELL_{name.upper()}": value for name, value in settings.items()}},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    )


async def run(*arguments: str, **settings: str) -> tuple[int, str]:
    """Exit code and what was said."""
    process = await begin(*arguments, **settings)
    return await process.end(60), process.said
