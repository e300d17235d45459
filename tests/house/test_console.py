"""What the console says twice is said alike."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "web" / "console"


def test_the_types_of_the_api_are_those_of_its_description(tmp_path: Path) -> None:
    """`npm run api` makes the file that is there: what pages ask for and get is what the server takes and gives."""
    made = tmp_path / "schema.d.ts"
    subprocess.run(["node", "api.mjs", str(made)], cwd=CONSOLE, check=True)
    assert made.read_text() == (CONSOLE / "src" / "api" / "schema.d.ts").read_text()


def test_every_file_of_words_is_in_the_catalogue() -> None:
    """Each file of `strings/en` is collected by its name, so that another language has one list to follow."""
    folder = CONSOLE / "src" / "strings" / "en"
    collected = re.findall(r'^import \{ [\w, ]+ \} from "\./(\w+)\.js";$', (folder / "index.ts").read_text(), re.MULTILINE)
    assert set(collected) == {path.stem for path in folder.glob("*.ts")} - {"index"}
