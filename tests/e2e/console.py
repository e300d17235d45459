"""The console of a small practice in a real browser, looked at as everybody and every machine would: in both schemes and at three widths, by axe, under the
content security policy, and as pictures in ``build/screenshots``.

A page owner adds a line to ``PAGES`` in ``test_console.py``; what else a page does is tested with `Console.page`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright, expect
from tests.app_fixtures import TEST_KEY, no_note
from tests.conftest import new_database

from callwell.access.accounts import create_account
from callwell.access.callers import Role
from callwell.access.sessions import begin_session
from callwell.app import put_together
from callwell.cli.browsers import chromium
from callwell.cli.demo import add_practice
from callwell.cli.practice import practice_of
from callwell.postgres import Database
from callwell.postgres.pool import fetch_value
from callwell.settings import Settings

if TYPE_CHECKING:
    from .conftest import Served

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

WIDTHS = (390, 1024, 1680)
HEIGHT = 900
SCHEMES = ("light", "dark")

CALLS, DAYS = 40, 21
MADE_WITHIN = 180

expect.set_options(timeout=30_000)
"""What comes early costs nothing, and on a busy machine a page may take its time."""

FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

LOOK = """
async (standards) => {
  const found = await axe.run(document, { runOnly: standards, resultTypes: ["violations"] });
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}
"""

IS_STILL = """
() => !document.querySelector('[data-testid=loading], [data-ready=false], .mantine-Loader-root')
"""
"""Nothing is on its way any more, and every chart is drawn."""

TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class Complaints:
    """What a page, its browser and who looks at it found wrong."""

    of: str
    role: Role | None = "admin"
    may_fail: bool = False
    found: list[str] = field(default_factory=list)

    def listen(self, page: Page, origin: str) -> None:
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda why: self.found.append(f"error: {why}"))

        def check(request: Request) -> None:
            if not request.url.startswith((origin + "/", "data:", "blob:")):
                self.found.append(f"asks elsewhere: {request.url}")

        page.on("request", check)

    def _hear(self, kind: str, said: str) -> None:
        is_refusal = said.startswith("Failed to load resource")
        if kind in ("error", "warning") and not (is_refusal and self.may_fail):
            self.found.append(f"console: {said}")

    def assert_none(self) -> None:
        assert not self.found, f"{self.of}:\n" + "\n".join(dict.fromkeys(self.found))


@dataclass
class Console:
    """A server with a practice in it, a browser, and a session for each role."""

    served: "Served"
    browser: Browser
    sessions: dict[Role, str]
    """The secrets in their cookies."""
    provider: str
    """The identity of the provider who has most appointments: whose account the provider's is."""
    db: Database

    @property
    def url(self) -> str:
        return self.served.url

    @contextlib.asynccontextmanager
    async def context(self, role: Role | None = "admin", **given: Any) -> AsyncIterator[BrowserContext]:
        """A browser of its own, in which somebody of this role is signed in."""
        context = await self.browser.new_context(**{"viewport": {"width": 1280, "height": HEIGHT}, "reduced_motion": "reduce", **given})
        try:
            if role is not None:
                await context.add_cookies([{"name": "callwell_session", "value": self.sessions[role], "url": self.url, "httpOnly": True}])
            yield context
        finally:
            await context.close()

    @contextlib.asynccontextmanager
    async def page(self, path: str, role: Role | None = "admin", *, may_fail: bool = False, **given: Any) -> AsyncIterator[Page]:
        """A page of the console, opened. That nothing went wrong in it is asserted when it is left; requests may be refused where they ``may_fail``."""
        complaints = Complaints(path, role, may_fail)
        async with self.context(role, **given) as context:
            page = await context.new_page()
            complaints.listen(page, self.url)
            await page.goto(self.url + path)
            yield page
        complaints.assert_none()

    async def walk(self, path: str, ready: str, role: Role | None = "admin") -> None:
        """Opens a page, waits for what ``ready`` selects, and looks at it from all sides.

        A link to something in the practice is made with ``{call}`` or the like by who calls.
        """
        complaints = Complaints(path, role)
        async with self.context(role) as context:
            page = await context.new_page()
            complaints.listen(page, self.url)
            await page.goto(self.url + path)
            await page.locator(ready).first.wait_for()
            await page.evaluate(AXE.read_text())
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                for width in WIDTHS:
                    await self._look(page, complaints, f"{scheme}-{width}", width)
        complaints.assert_none()

    async def assert_usable(self, page: Page) -> None:
        """That everybody can use what is open now, a dialog or a menu: axe finds nothing in either scheme."""
        await page.evaluate(AXE.read_text())
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.evaluate(TWO_FRAMES)
            found = await page.evaluate(LOOK, WCAG)
            assert not found, "\n".join(found)

    async def _look(self, page: Page, complaints: Complaints, aspect: str, width: int) -> None:
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        await page.wait_for_function(IS_STILL)
        await page.evaluate(TWO_FRAMES)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            complaints.found.append(f"{aspect}: the page is {wide} wide")
        complaints.found += [f"{aspect}: {violation}" for violation in await page.evaluate(LOOK, [*WCAG, "best-practice"])]
        name = complaints.of.partition("?")[0].strip("/").split("/")[0] or "overview"
        name += "-one" if "/" in complaints.of.strip("/") else ""
        name += f"-as-{complaints.role}" if complaints.role not in ("admin", None) else ""
        await page.screenshot(path=SCREENSHOTS / f"{name}-{aspect}.png", full_page=True)


# ── A practice of its own, made once for all tests of a worker ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def practice_url(postgres_server: Any, postgres_admin: Any, template: str) -> Iterator[str]:
    yield from new_database(postgres_server, postgres_admin, template)


@pytest.fixture(scope="session")
async def console(practice_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """The console of a practice of some weeks, whose figures and reports are made."""
    from .conftest import serving  # which brings this fixture to all tests

    async with await Database.connect(practice_url, size=8) as db:
        settings = Settings(database_url=practice_url, secret_key=TEST_KEY, work_here=False)
        async with put_together(settings, db) as context:
            now = datetime.now(UTC)
            await add_practice(db, context.ledger, CALLS, DAYS, _seed(now), deployed=context.deployed, until=now, ahead=(12, 4))
        provider = await _busiest_provider(db)
        sessions = await _sessions(db, provider)
        folder = tmp_path_factory.mktemp("console")
        async with serving(practice_url, folder, CALLWELL_SECRET_KEY=TEST_KEY) as served, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            await _until_counted(db)
            yield Console(served, browser, sessions, provider, db)
            await browser.close()


def _seed(at: datetime) -> int:
    """Of a practice that has, on whichever day this is, what pages are to show: somebody waited in vain, and in the last days a connection was lost."""
    for seed in count(1):
        meetings = list(practice_of(CALLS, DAYS, seed).meetings(CALLS, DAYS, at))
        has_waited = any(one.booking is not None and one.calls and one.fate in ("client_absent", "provider_absent") for one in meetings)
        facts = [fact for one in meetings for call in one.calls for fact in call.facts if fact.occurred_at > at - timedelta(days=6)]
        if has_waited and any(fact.type == "participant.disconnected" for fact in facts):
            return seed
    raise AssertionError


async def _busiest_provider(db: Database) -> str:
    async with db.connection() as tx:
        return await fetch_value(tx, "SELECT provider_id FROM appointments GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")


async def _sessions(db: Database, provider: str) -> dict[Role, str]:
    sessions: dict[Role, str] = {}
    names: dict[Role, str] = {"admin": "Ana Admin", "supervisor": "Sun Supervisor", "provider": "Pia Provider", "auditor": "Aki Auditor"}
    at = datetime.now(UTC)
    async with db.transaction() as tx:
        for role, name in names.items():
            identity = provider if role == "provider" else None
            account = await create_account(
                tx, email=f"{role}@example.org", name=name, role=role, identity=identity, password_hash=None, at=at, note=no_note
            )
            session = await begin_session(tx, account.id, user_agent="Firefox on a desk", at=at, lasts=timedelta(hours=12))
            sessions[role] = session.secret
    return sessions


IS_COUNTED = """
    SELECT NOT EXISTS (SELECT FROM changes JOIN change_readers AS reader ON (changes.txid, changes.position) > (reader.txid, reader.position))
       AND NOT EXISTS (SELECT FROM appointment_changes)
       AND EXISTS (SELECT FROM change_readers WHERE name = 'rollups')
       AND NOT EXISTS (SELECT FROM calls WHERE ended_at IS NOT NULL AND record_state <> 'final')
"""


async def _until_counted(db: Database) -> None:
    """Until the server's readers have made of the facts what pages show."""
    async with asyncio.timeout(MADE_WITHIN):
        while True:
            async with db.connection() as tx:
                if await fetch_value(tx, IS_COUNTED):
                    return
            await asyncio.sleep(0.2)
