"""What the how-to pages show runs as it stands there."""

import re
import select
import subprocess
import sys
from pathlib import Path

from tests.client.conftest import Server

from callwell.client import Callwell

HOWTO = Path(__file__).parents[2] / "docs" / "howto"


def shown(page: str, server: Server, folder: Path) -> Path:
    """The page's Python as one program, for this server."""
    blocks = re.findall(r"```python\n(.*?)```", (HOWTO / page).read_text(), re.DOTALL)
    assert blocks
    file = folder / "shown.py"
    file.write_text("\n".join(blocks).replace("localhost:8080", f"127.0.0.1:{server.settings.port}").replace("cwk_…", server.key))
    return file


def test_calls_from_python(server: Server, callwell: Callwell, tmp_path: Path) -> None:
    """The page on the SDK: what it tells is in the record, and what it asks for comes."""
    ran = subprocess.run(
        [sys.executable, shown("python.md", server, tmp_path)], capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "send this to user 42: http" in ran.stdout
    assert "not_found There is no call" in ran.stdout
    assert "user:43 comes by http" in ran.stdout
    (appointment,) = callwell.appointments.list(person="43")
    (call,) = callwell.appointments.calls(appointment["id"])
    assert [one["status"] for one in call["participants"] if one["identity"] == "user:43"] == ["connecting"], "waited, and was let in"
    (call,) = callwell.users.calls("42")
    assert call["provider_name"] == "Dr. Okoro"
    assert {one["identity"]: one["issue_count"] for one in call["participants"]} == {"user:42": 1, "user:7": 0}


def test_know_how_good_calls_are(server: Server, callwell: Callwell, tmp_path: Path) -> None:
    """The page on quality: what it sends is kept and scored, and the bad minute in it is seen."""
    ran = subprocess.run(
        [sys.executable, shown("quality.md", server, tmp_path)], capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "12 stored, 0 rejected" in ran.stdout
    (call,) = callwell.calls.list(external_id="visit-1")
    scores = [one.get("score") or 0 for one in callwell.calls.samples(call["id"])]
    assert [score > 90 for score in scores] == [True] * 5 + [False] * 4 + [True] * 3


def test_follow_calls_live(server: Server, callwell: Callwell, tmp_path: Path) -> None:
    """The page on following: the wall has the calls that go on, also after the server was away."""
    program = subprocess.Popen([sys.executable, shown("live.md", server, tmp_path)], stdout=subprocess.PIPE, text=True)

    def says(line: str) -> None:
        assert program.stdout is not None
        while True:
            assert select.select([program.stdout], [], [], 30)[0], f"it never said {line!r}"
            if program.stdout.readline().strip() == line:
                return

    try:
        says("0 calls: []")
        call = callwell.calls.create("1")
        says("1 calls: ['initiated']")
        server.stop()
        server.start()
        says("1 calls: ['initiated']")
        callwell.calls.end(call["id"])
        says("0 calls: []")
    finally:
        program.kill()
        program.communicate()
