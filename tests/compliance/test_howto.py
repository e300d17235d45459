"""What the explanation says can be done without us, can."""

import re
import subprocess
import sys
from pathlib import Path
from random import Random

from tests.compliance.trails import PUBLIC, Trail

PAGE = Path(__file__).parents[2] / "docs" / "explain" / "audit.md"


def test_the_program_of_the_page_verifies_a_trail_and_finds_a_change(tmp_path: Path) -> None:
    """Given a trail, then it counts its entries; given one in which a letter is another, then it fails at that seal."""
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert program is not None
    trail, file = Trail(Random(1)), tmp_path / "trail.jsonl"

    def run() -> "subprocess.CompletedProcess[str]":
        file.write_bytes(b"".join(line + b"\n" for line in trail.lines()))
        return subprocess.run([sys.executable, "-c", program[1], file, PUBLIC], capture_output=True, text=True, check=False, timeout=60)

    good = run()
    trail.groups[2][0]["caller"] += "x"
    bad = run()

    assert good.stdout == f"{sum(map(len, trail.groups))} entries are as they were sealed; the newest seal is {trail.sealed[-1].hash}\n"
    assert bad.returncode == 1
    assert "under seal 3" in bad.stderr
