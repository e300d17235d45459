"""The pages of figures: their links lead back to what was chosen, and what they show can be read, taken along and understood."""

import csv
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from callwell.quality.score import FORMULA

from .console import Console

pytestmark = pytest.mark.browser

PAGES = [
    # path, and what must be there before it is looked at
    ("/", "section[aria-label='Today so far'] dd"),
    ("/activity?by=browser", "table[aria-label='Calls by weekday and hour']"),
    ("/quality?by=weekday", "td:text-is('Monday')"),
    ("/figures?range=7d", "h2:text-is('Errors by code')"),
    ("/billing?range=7d", "text=What the flags mean"),
]


@pytest.mark.parametrize(("path", "ready"), PAGES, ids=[path.partition("?")[0] for path, _ in PAGES])
async def test_a_page_of_figures_is_for_everybody(console: Console, path: str, ready: str) -> None:
    """In light and dark, on a phone, a desk and a wall: no violation of WCAG 2.2 AA, none of the security policy, nothing cut off."""
    await console.walk(path, ready)


def figure(page: Page, label: str) -> Locator:
    """Where a figure says its number, without its note."""
    return page.locator("dl > div").filter(has=page.get_by_text(label, exact=True)).locator("dd").first


async def test_the_overview_leads_to_what_needs_somebody(console: Console) -> None:
    """Given a practice of some weeks, when the console is opened, then every figure of today has what is usual beside it, and problems lead to their calls."""
    async with console.page("/") as page:
        tiles = page.get_by_role("region", name="Today so far").locator("dl > div")
        await expect(tiles).to_have_count(8)
        for note in await tiles.locator("dd:last-child").all_inner_texts():
            assert "usual" in note.lower() or "yet" in note
        await page.get_by_role("region", name="Latest problem calls").get_by_role("link").nth(1).click()
        await page.wait_for_url("**/calls/*-*")


async def test_a_range_and_a_division_are_a_link(console: Console) -> None:
    """Given activity of 90 days by browser, when its link is opened elsewhere, then it is the same; another filter takes the place of what it does not go with."""
    async with console.page("/activity") as page:
        await page.get_by_role("combobox", name="Time range").click()
        await page.get_by_role("option", name="Last 90 days").click()
        await page.get_by_role("combobox", name="Divided by").click()
        await page.get_by_role("option", name="Browser").click()
        await page.wait_for_url("**/activity?range=90d&by=browser")
    async with console.page("/activity?range=90d&by=browser") as page:
        await expect(page.get_by_role("heading", name="Calls over time by browser")).to_be_visible()
        await expect(page.get_by_role("row", name="Chrome")).to_be_visible()
        await page.get_by_role("combobox", name="Only").click()
        await page.get_by_role("option", name="Operating system").click()
        await page.get_by_role("combobox", name="Operating system").click()
        await page.get_by_role("listbox", name="Operating system").get_by_role("option").first.click()
        await page.wait_for_url("**/activity?range=90d&os=*")
        await expect(page.get_by_role("heading", name="Calls over time", exact=True)).to_be_visible()


async def test_the_week_says_its_numbers(console: Console) -> None:
    """Given the heat map, when a cell is gone to by the keyboard, then it says its hour and its number, and the arrow keys lead to its neighbours."""
    async with console.page("/activity?of=joins") as page:
        grid = page.get_by_role("grid", name="Joins by weekday and hour")
        said = page.get_by_test_id("heat-cell")
        await expect(said).to_contain_text("Most joins:")
        first = grid.locator("td[tabindex='0']")
        hour = int((await first.get_attribute("data-cell") or "").removeprefix("1-"))  # the one before anything happens, which nights have too
        await first.focus()
        await expect(said).to_contain_text(f"Monday, {hour:02}:00 to {hour + 1:02}:00:")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowRight")
        await expect(said).to_contain_text(f"Tuesday, {hour + 1:02}:00 to {hour + 2:02}:00:")
        await expect(said).to_contain_text("on an average Tuesday")


async def test_a_chart_has_its_numbers_as_a_table(console: Console) -> None:
    """Given a chart, when its numbers are asked for, then they stand in a table that can be reached by keyboard."""
    async with console.page("/quality?measure=rtt") as page:
        panel = page.get_by_role("region", name="Round trip by time", exact=True)
        await panel.get_by_role("button", name="Show as table").click()
        await expect(panel.get_by_role("columnheader")).to_have_text(["Time", "Half at most", "Mean", "95 % at most"])
        await expect(panel.locator("td", has_text=" ms").first).to_be_visible()
        await expect(page.get_by_text(f"Formula {FORMULA}")).to_be_visible()


async def downloaded(page: Page, what: str) -> list[dict[str, str]]:
    """The table, as it is taken along for a spreadsheet."""
    async with page.expect_download() as coming:
        await page.get_by_role("link", name=f"Download {what} as CSV").click()
    download = await coming.value
    assert download.suggested_filename.endswith(".csv")
    with (await download.path()).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def test_billing_explains_its_flags_and_goes_along_as_csv(console: Console) -> None:
    """Given appointments, when those with flags are asked for, then each row has one that is explained, and so has the file; without that it has all."""
    today = datetime.now(UTC).date()
    own = f"range=own&from={today - timedelta(days=30)}&to={today}"
    async with console.page(f"/billing?{own}&flagged=yes") as page:
        rows = page.get_by_role("region", name="Appointments, table").locator("tbody tr")
        await expect(rows.first).to_be_visible()
        flags = page.locator("tbody td:nth-child(5)")
        assert all(text.strip() not in ("", "–") for text in await flags.all_inner_texts())
        meanings = page.get_by_role("region", name="What the flags mean").locator("dt")
        await expect(meanings.first).to_be_visible()
        explained = await meanings.all_inner_texts()
        for text in await flags.all_inner_texts():
            assert set(text.split("\n")) <= {one.strip() for one in explained}
        told = await downloaded(page, "Billing")
        assert told
        assert all(row["flags"] for row in told)
        await page.get_by_label("With flags only").uncheck()
        await expect(page.get_by_role("link", name="Download Billing as CSV")).not_to_have_attribute("href", re.compile("flagged"))
        every = await downloaded(page, "Billing")
        await expect(figure(page, "Appointments")).to_have_text(str(len(every)))
        assert [row for row in every if row["flags"]] == told


async def test_metrics_go_along_as_csv(console: Console) -> None:
    """Given metrics by week, when their table is taken along, then it has the weeks, with a row for each in which anything happened."""
    async with console.page("/figures?range=90d&interval=week") as page:
        told = await downloaded(page, "Metrics")
        assert {row["period"] for row in told} == {"weekly"}
        await expect(figure(page, "Calls started")).to_have_text(str(sum(int(row["calls"]) for row in told)))


async def test_a_provider_sees_figures_of_their_own(console: Console) -> None:
    """Given a provider, when they look at billing, then there is no other to choose, and no row of anybody else; metrics of all are not for them."""
    async with console.page("/billing", role="provider") as page:
        await expect(page.get_by_role("region", name="Appointments, table")).to_be_visible()
        links = page.locator("tbody td:nth-child(2) a")
        await expect(links.first).to_be_visible()
        assert {await link.get_attribute("href") for link in await links.all()} == {f"/people/{console.provider.replace(':', '%3A')}"}
        await expect(page.get_by_role("combobox", name="Provider")).to_have_count(0)
        await expect(page.get_by_role("navigation").get_by_role("link", name="Metrics")).to_have_count(0)
