"""``python -m docs``: makes the pages that say what the code says. A test holds them to it."""

from pathlib import Path

from docs.pages import PAGES

ROOT = Path(__file__).parent


def main() -> None:
    for path, page in PAGES.items():
        (ROOT / path).write_text(page())


if __name__ == "__main__":
    main()
