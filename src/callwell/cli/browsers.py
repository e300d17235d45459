"""People in a call, each in a headless Chromium of their own with a fake camera and microphone."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from typing import Self

from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from callwell import errors

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--auto-accept-this-tab-capture",
    "--auto-select-desktop-capture-source=Entire screen",
    "--autoplay-policy=no-user-gesture-required",
)
SECONDS_TO_CONNECT = 30


def chromium() -> str:
    """Where Chromium is. Raises BrowserMissing."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise errors.BrowserMissing


class Person:
    """Somebody at their browser."""

    def __init__(self, browser: Browser, context: BrowserContext, page: Page) -> None:
        self.browser = browser
        self.context = context
        self.page = page

    @classmethod
    async def arrive(cls, playwright: Playwright, link: str) -> Self:
        """Opens the link in a new browser."""
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        context = await browser.new_context(permissions=["camera", "microphone"])
        page = await context.new_page()
        await page.goto(link)
        return cls(browser, context, page)

    async def join(self, name: str) -> None:
        """Gives a name at the preview and goes in."""
        await self.page.get_by_test_id("name-input").fill(name)
        await self.page.get_by_test_id("join-button").click()
        await self.page.get_by_test_id("call").wait_for()

    async def until_connected(self) -> None:
        """Until the other's picture is there."""
        connected = self.page.locator("[data-testid=connection-state][data-state=connected]")
        await connected.wait_for(timeout=SECONDS_TO_CONNECT * 1000)

    async def press(self, control: str) -> None:
        """Presses a control by what it is: ``toggle-mic``, ``toggle-camera``, ``hang-up`` …"""
        await self.page.get_by_test_id(control).click()

    async def end_for_all(self) -> None:
        await self.press("end-for-all")
        await self.press("end-for-all-confirm")

    async def until_ended(self) -> None:
        await self.page.get_by_test_id("ended").wait_for(timeout=SECONDS_TO_CONNECT * 1000)

    async def close(self) -> None:
        """Closes the browser without a word to anybody."""
        await self.browser.close()


@contextlib.asynccontextmanager
async def people() -> AsyncIterator[Playwright]:
    """What brings people to their browsers."""
    async with async_playwright() as playwright:
        yield playwright
