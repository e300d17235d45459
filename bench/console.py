"""The console's first page: how much is sent for it, compressed, and how long it takes to show it, over an empty page in the same browser.

A browser that was never there, over loopback: what takes time is what the page has to do.
"""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bench.figures import begin, median, show, spread
from bench.served import Served, a_folder, serving
from callwell.cli.browsers import chromium

ROUNDS = 7
MOST_KB = 400
TARGET = 12
"""Empty pages in whose time the first page is there."""

FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
EMAIL = "bench@example.org"

SHOWN_AT = """
() => new Promise((tell) => {
  const told = () => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    if (paint && document.querySelector("h1")) tell([paint.startTime, performance.now()]);
    else requestAnimationFrame(told);
  };
  told();
})
"""
"""Milliseconds from asking for the page to the first that is seen of it, and to its heading."""

SENT = "() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).map((one) => [one.name, one.transferSize])"


def main() -> None:
    begin("Console: what the first page takes")
    with a_folder() as folder, serving(folder) as served:
        password = _account(folder)
        asyncio.run(_measure(served, password))


def _account(folder: Path) -> str:
    asked = ["accounts", "create", EMAIL, "--name", "Bench", "--role", "admin", "--data-dir", str(folder)]
    return subprocess.run([sys.executable, "-m", "callwell", *asked], check=True, capture_output=True, text=True).stdout.strip()


async def _measure(served: Served, password: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        empty, sign_in, first, again = [], [], [], []
        for _ in range(ROUNDS):
            async with await browser.new_context() as context:
                await context.route(
                    "**/empty", lambda route: route.fulfill(body="<!doctype html><title>Empty</title><h1>Empty", content_type="text/html")
                )
                empty.append(await _shown(context, f"{served.url}/empty"))
            async with await browser.new_context() as context:
                sign_in.append(await _shown(context, f"{served.url}/sign-in"))
            async with await browser.new_context() as context:
                await _sign_in(context, served, password)
                first.append(await _shown(context, served.url))
                again.append(await _shown(context, served.url))
        await _show_sizes(browser, served, password)
        await browser.close()
    for title, times in (("sign-in page, never seen", sign_in), ("first page, never seen", first), ("first page, seen before", again)):
        over = [there / nothing for (_, there), (_, nothing) in zip(times, empty, strict=True)]
        show(
            f"{title}: its heading, over an empty page",
            f"{median(over):.1f}",
            f"under {TARGET}",
            f"{median([at for _, at in times]):.0f} ms, {spread(over)}",
        )
    show("an empty page", "1", "", f"{median([at for _, at in empty]):.0f} ms")


async def _sign_in(context: BrowserContext, served: Served, password: str) -> None:
    answer = await context.request.post(f"{served.url}/v1/session", data={"email": EMAIL, "password": password})
    assert answer.status == 200, await answer.text()


async def _shown(context: BrowserContext, url: str) -> tuple[float, float]:
    page = await context.new_page()
    await page.goto(url, wait_until="commit")
    painted, there = await page.evaluate(SHOWN_AT)
    await page.close()
    return painted, there


async def _show_sizes(browser: Browser, served: Served, password: str) -> None:
    """Of all that a browser which was never there is sent, as it is sent."""
    async with await browser.new_context() as context:
        await _sign_in(context, served, password)
        page = await context.new_page()
        await page.goto(served.url)
        await page.locator("h1").wait_for()
        await page.wait_for_load_state("networkidle")
        sent = await _sent(page)
    charts = sum(size for name, size in sent if "/echarts" in name)
    whole = sum(size for _, size in sent)
    show("first page, kB without charts", f"{(whole - charts) / 1000:.0f}", f"under {MOST_KB}", f"{len(sent)} requests")
    show("first page, kB with charts, which come later", f"{whole / 1000:.0f}", "", f"charts {charts / 1000:.0f} kB")


async def _sent(page: Page) -> list[tuple[str, int]]:
    found: Any = await page.evaluate(SENT)
    return [(name, size) for name, size in found]


if __name__ == "__main__":
    main()
