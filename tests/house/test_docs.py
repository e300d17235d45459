"""What the code says and what the documentation says are one."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from docs.pages import PAGES

from callwell import errors
from callwell.record.events import CATALOGUE
from callwell.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_made_from_the_code_is_as_the_code_makes_it(page: str) -> None:
    """`make docs` would change nothing."""
    assert (DOCS / page).read_text() == PAGES[page]()


def test_every_setting_error_code_and_event_type_is_documented() -> None:
    """Nothing of what users name is missing from the reference."""
    said = "".join((DOCS / page).read_text() for page in PAGES)

    assert all(f"`CALLWELL_{f.name.upper()}`" in said and f.metadata["doc"] for f in fields(Settings))
    assert all(f"`{kind.code}`" in said and kind.__doc__ for kind in _kinds(errors.CallwellError))
    assert all(f"`{code}`" in said for code in errors.EVENT_CODES)
    assert all(f"## {name}\n" in said for name in CATALOGUE)


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link in the documentation and the README names a file that is there."""
    broken = [
        f"{page.relative_to(DOCS.parent)}: {target}"
        for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]
        for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert broken == []


def _kinds(kind: type[errors.CallwellError]) -> list[type[errors.CallwellError]]:
    return [one for direct in kind.__subclasses__() for one in [direct, *_kinds(direct)]]
