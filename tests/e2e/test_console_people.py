"""Appointments, people, providers and the trail in the console: what these pages do, in a real browser."""

import re
from urllib.parse import quote

import pytest
from playwright.async_api import Request, expect
from tests.compliance.trails import until

from callwell.postgres import Database, fetch_value

from .console import Console

pytestmark = pytest.mark.browser


async def ask(db: Database, statement: str, *given: object) -> str:
    async with db.connection() as tx:
        return str(await fetch_value(tx, statement, list(given)))  # pyright: ignore[reportArgumentType] a test's own


async def is_sealed(db: Database, action: str) -> bool:
    """Whether every entry of this is under a seal."""
    newest = "SELECT until_txid, until_id FROM audit_seals ORDER BY number DESC LIMIT 1"
    waiting = f"SELECT count(*) FROM audit_entries WHERE action = %s AND ((txid, id) <= ({newest})) IS NOT TRUE"
    return await ask(db, waiting, action) == "0"


HELD = "SELECT id FROM appointments WHERE status = 'completed' AND call_count > 0 AND provider_id = %s ORDER BY scheduled_at DESC LIMIT 1"
TO_COME = "SELECT id FROM appointments WHERE status = 'confirmed' AND scheduled_at > now() ORDER BY scheduled_at DESC LIMIT 1"
CLIENT = "SELECT client_id FROM appointments WHERE id = %s"
NAME = "SELECT display_name FROM people WHERE identity = %s"


# ── Looked at from all sides ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_appointment_is_for_everybody(console: Console) -> None:
    """One that was held: its bars, minutes, calls and booking."""
    held = await ask(console.db, HELD, console.provider)
    await console.walk(f"/appointments/{held}", "text=Nearest minute")


async def test_a_person_is_for_everybody(console: Console) -> None:
    """A client with appointments and calls."""
    client = await ask(console.db, CLIENT, await ask(console.db, HELD, console.provider))
    await console.walk(f"/people/{quote(client, safe='')}", "[aria-label='Calls of this person, table']")


async def test_a_provider_is_for_everybody(console: Console) -> None:
    """The busiest one, over time."""
    await console.walk(f"/providers/{quote(console.provider, safe='')}", "text=Dropped connections")


async def test_what_shows_a_no_show_is_for_everybody(console: Console) -> None:
    """Appointments to which somebody did not come, with who waited."""
    await console.walk("/appointments?view=missed", "text=was there from")


# ── What they do ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_week_is_gone_through_by_keyboard(console: Console) -> None:
    """Each day has a heading and its appointments in their order; the week is in the address; Enter on an appointment leads to it, and back to the week."""
    held = await ask(console.db, HELD, console.provider)
    day = await ask(console.db, "SELECT to_char(scheduled_at, 'YYYY-MM-DD') FROM appointments WHERE id = %s", held)
    async with console.page(f"/appointments?provider={quote(console.provider)}&week={day}", timezone_id="UTC") as page:
        await expect(page.get_by_role("heading", level=3, name=re.compile("appointment")).first).to_be_visible()
        week = page.get_by_role("main").get_by_role("heading", level=2)
        shown = await week.inner_text()

        await page.get_by_role("button", name="Previous week").press("Enter")
        await expect(week).not_to_have_text(shown)
        await page.get_by_role("button", name="Next week").press("Enter")
        await expect(week).to_contain_text(shown.split("\n")[0])
        assert re.search(r"week=\d{4}-\d\d-\d\d", page.url) or "week" not in page.url

        link = page.locator(f"a[href='/appointments/{held}']")
        await expect(link).to_contain_text("Completed")
        await link.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("appointment"))
        await expect(page.get_by_role("row", name=re.compile("Both sides together"))).to_be_visible()
        await page.go_back()
        await expect(link).to_be_visible()


async def test_nobody_failed_to_come_to_what_is_to_come(console: Console) -> None:
    """Given an appointment of the days to come, then its page says that nobody has come yet; of one that was held it says who came."""
    to_come = await ask(console.db, TO_COME)
    async with console.page(f"/appointments/{to_come}") as page:
        await expect(page.get_by_text("Nobody has come yet.")).to_be_visible()
        await expect(page.get_by_role("cell", name="Not yet").first).to_be_visible()
        await expect(page.get_by_text("No call yet.")).to_be_visible()
        await expect(page.get_by_text("Did not come")).to_have_count(0)


async def test_attendance_is_taken_along_as_a_file(console: Console) -> None:
    """As CSV and, for signature, as PDF."""
    held = await ask(console.db, HELD, console.provider)
    async with console.page(f"/appointments/{held}") as page:
        for form in ("CSV", "PDF for signature"):
            async with page.expect_download() as download:
                await page.get_by_role("link", name=f"Download attendance as {form}").click()
            assert (await download.value).suggested_filename == f"attendance-{held}.{form[:3].lower()}"


async def test_people_are_found_without_their_names_in_any_address(console: Console) -> None:
    """Given part of a client's name; then they are found and led to, and no address that was asked for or is shown has what was typed."""
    client = await ask(console.db, CLIENT, await ask(console.db, HELD, console.provider))
    name = await ask(console.db, NAME, client)
    asked: list[str] = []
    async with console.page("/people") as page:
        page.on("request", lambda request: _note(asked, request))
        await page.get_by_label("Find people").fill(name)
        row = page.get_by_role("row", name=client)
        await expect(row).to_contain_text(name)

        await row.get_by_role("link").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(name)
        await expect(page.get_by_role("table", name="Appointments of this person")).to_contain_text("Completed")
        asked.append(page.url)
    last_name = name.split()[-1].lower()
    assert any("/v1/search" in url for url in asked)
    assert not [url for url in asked if last_name in url.lower().removeprefix(console.url) and client not in url]
    assert not [url for url in asked if quote(name) in url]


def _note(asked: list[str], request: Request) -> None:
    asked.append(request.url)


async def test_providers_are_sorted_by_what_is_pressed(console: Console) -> None:
    """The first press shows the most first, the second the least; the order is in the address."""
    async with console.page("/providers?range=90d") as page:
        table = page.get_by_role("table", name="Providers beside each other")
        await expect(table.get_by_role("columnheader", name="Sessions")).to_have_attribute("aria-sort", "descending")
        await table.get_by_role("button", name="Disconnections").click()
        await expect(table.get_by_role("columnheader", name="Disconnections")).to_have_attribute("aria-sort", "descending")
        await table.get_by_role("button", name="Disconnections").click()
        await expect(table.get_by_role("columnheader", name="Disconnections")).to_have_attribute("aria-sort", "ascending")
        assert "sort=disconnections" in page.url


async def test_the_trail_is_told_whole_and_an_entry_is_proved(console: Console) -> None:
    """Given sealed entries; then the newest part holds, filters are in the address, and the browser itself finds that an entry leads to its seal's root."""
    await until(lambda: is_sealed(console.db, "appointment_confirmed"), within=120)
    async with console.page("/audit?action=appointment_confirmed") as page:
        await expect(page.get_by_text(re.compile("^Holds"))).to_be_visible()
        rows = page.get_by_role("table").get_by_role("row")
        await expect(rows.nth(1)).to_contain_text("Appointment confirmed")

        await rows.nth(1).get_by_role("button", name="Proof of").click()
        proof = page.get_by_role("dialog")
        await expect(proof.get_by_role("status")).to_contain_text("Computed in this browser")
        await expect(proof.get_by_role("region")).to_contain_text('"action":"appointment_confirmed"')
        await page.keyboard.press("Escape")
        await expect(proof).to_be_hidden()

        await page.get_by_label("Call id").fill("nonsense")
        await page.get_by_label("Call id").press("Enter")
        await expect(page.get_by_text("32 hex digits in five groups")).to_be_visible()
        assert "nonsense" not in page.url


async def test_a_provider_sees_their_own(console: Console) -> None:
    """Their row alone among providers, their appointments with nobody else's, no engagement of others, and no trail."""
    name = await ask(console.db, NAME, console.provider)
    async with console.page("/providers", role="provider") as page:
        rows = page.get_by_role("table").get_by_role("row")
        await expect(rows).to_have_count(2)
        await expect(rows.nth(1)).to_contain_text(name)
        await expect(page.get_by_role("link", name="Audit")).to_have_count(0)
        await page.goto(f"{console.url}/audit")
        await expect(page.get_by_role("heading", level=1)).to_have_text("No such page")
        await page.goto(f"{console.url}/people")
        await expect(page.get_by_role("table", name="Directory of people")).to_be_visible()
        await page.goto(f"{console.url}/appointments?view=list&when=past")
        await expect(page.get_by_role("table", name="Appointments")).to_contain_text(name)
        await expect(page.get_by_label("Provider", exact=True)).to_have_count(0)
