"""Every page of the console, in a real browser: nothing goes wrong in it, nothing is asked elsewhere, and everybody can use it."""

import pytest

from .console import Console, console, practice_url

pytestmark = pytest.mark.browser

__all__ = ["console", "practice_url"]

PAGES = [
    # path, and what must be there before it is looked at
    ("/keys", "h1:text-is('API keys')"),
    ("/me", "h1:text-is('My account')"),
]


@pytest.mark.parametrize(("path", "ready"), PAGES, ids=[path for path, _ in PAGES])
async def test_a_page_is_for_everybody(console: Console, path: str, ready: str) -> None:
    """In light and dark, on a phone, a desk and a wall: no violation of WCAG 2.2 AA, none of the security policy, nothing cut off."""
    await console.walk(path, ready)


async def test_who_is_not_signed_in_signs_in_first(console: Console) -> None:
    """The page to sign in stands in the place of any other, and can be used by everybody."""
    await console.walk("/sign-in", "h1:text-is('Sign in to Callwell')", role=None)
    async with console.page("/keys?x=1", role=None) as page:
        await page.wait_for_url("**/sign-in?next=%2Fkeys%3Fx%3D1")
