"""Signing in by the organization's own OpenID provider, in a real browser: another site sends it back to us."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, Playwright, expect
from tests.access.openid import CLIENT, PEOPLE, ROLES, SECRET, openid_provider

from callwell.cli.browsers import chromium

from .conftest import serving
from .console import FLAGS

pytestmark = pytest.mark.browser


class SignOn:
    """Our server at one site, the provider at another, and a browser that knows neither."""

    def __init__(self, url: str, issuer: str, browser: Browser) -> None:
        self.url = url
        self.issuer = issuer
        self.browser = browser

    async def become(self, who: str) -> None:
        """Whoever this is at the provider from now on."""
        async with httpx.AsyncClient(timeout=30) as client:
            await client.post(f"{self.issuer}/become", json={"who": who, "people": PEOPLE})

    async def open(self, path: str) -> Page:
        page = await (await self.browser.new_context()).new_page()
        await page.goto(self.url + path)
        return page


@pytest.fixture
async def sign_on(database_url: str, tmp_path: Path, playwright: Playwright) -> AsyncIterator[SignOn]:
    # The provider is told beforehand where it sends people back to.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://localhost:{port}"
    with openid_provider(f"{url}/v1/session/oidc/callback") as issuer:
        told = {
            "CALLWELL_PUBLIC_URL": url,
            "CALLWELL_OIDC_ISSUER": issuer,
            "CALLWELL_OIDC_CLIENT_ID": CLIENT,
            "CALLWELL_OIDC_CLIENT_SECRET": SECRET,
            "CALLWELL_OIDC_LABEL": "Example Clinic",
            "CALLWELL_OIDC_ROLES": ",".join(ROLES),
        }
        async with serving(database_url, tmp_path, port=port, **told):
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            yield SignOn(url, issuer, browser)
            await browser.close()


async def test_whom_the_provider_knows_comes_to_the_page_they_wanted(sign_on: SignOn) -> None:
    """With the role that it gives them, in a session that lasts from page to page and that they can end."""
    await sign_on.become("ada")
    page = await sign_on.open("/providers?range=7d")
    await page.get_by_role("link", name="Example Clinic").click()

    await page.wait_for_url(f"{sign_on.url}/providers?range=7d")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Providers")
    await page.goto(sign_on.url + "/calls")
    await page.get_by_role("button", name="Account of Ada").click()
    await expect(page.get_by_text("Supervisor")).to_be_visible()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("link", name="Example Clinic")).to_be_visible()


async def test_whom_the_provider_knows_and_we_do_not_is_told_so(sign_on: SignOn) -> None:
    """They are at our page again, which says why, and nobody is signed in."""
    await sign_on.become("somebody")
    page = await sign_on.open("/sign-in")
    await page.get_by_role("link", name="Example Clinic").click()

    await expect(page.get_by_text("did not let you in here")).to_be_visible()
    assert (await page.request.get(sign_on.url + "/v1/session/sessions")).status == 401
