"""Every page of the console, in a real browser: nothing goes wrong in it, nothing is asked elsewhere, and everybody can use it."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import get_args
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect
from pyotp.totp import TOTP
from tests.app_fixtures import no_note

from callwell.access.accounts import create_account
from callwell.access.callers import Role
from callwell.access.passwords import hash_password

from .console import Console

pytestmark = pytest.mark.browser

PAGES = [
    # path, and what must be there before it is looked at
    ("/appointments", "main ol li a"),
    ("/people", "text=Returning"),
    ("/providers", "text=Speaking"),
    ("/audit", "text=Export trail"),
    ("/settings", "text=Waiting room"),
    ("/keys", "b:text-is('host')"),
    ("/accounts", "text=admin@example.org"),
    ("/me", "text=Where you are signed in"),
]


@pytest.mark.parametrize(("path", "ready"), PAGES, ids=[path for path, _ in PAGES])
async def test_a_page_is_for_everybody(console: Console, path: str, ready: str) -> None:
    """In light and dark, on a phone, a desk and a wall: no violation of WCAG 2.2 AA, none of the security policy, nothing cut off."""
    await console.walk(path, ready)


# ── Signing in and out ────────────────────────────────────────────────────────────────────────────────────────────────────────────

PASSWORD = "some words that nobody tries"

MakeAccount = Callable[[], Awaitable[str]]


@pytest.fixture
def new_account(console: Console) -> MakeAccount:
    """Makes an account of an admin, and gives its address."""

    async def make() -> str:
        email = f"{uuid4().hex[:8]}@example.org"
        async with console.db.transaction() as tx:
            hash, at = await hash_password(PASSWORD), datetime.now(UTC)
            await create_account(tx, email=email, name="Ada Almond", role="admin", identity=None, password_hash=hash, at=at, note=no_note)
        return email

    return make


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_who_is_not_signed_in_signs_in_first(console: Console) -> None:
    """The page to sign in stands in the place of any other, and can be used by everybody."""
    await console.walk("/sign-in", "h1:text-is('Sign in to Callwell')", role=None)


async def test_signing_in_leads_to_what_was_wanted(console: Console, new_account: MakeAccount) -> None:
    """A wrong password is told; the right one leads to the page of the link; signing out leaves nothing to be seen, and ends the session."""
    email = await new_account()
    async with console.page("/settings?x=1", role=None, may_fail=True) as page:
        await page.wait_for_url("**/sign-in?next=%2Fsettings%3Fx%3D1")
        await sign_in(page, email, "wrong password")
        await expect(page.get_by_role("alert")).to_have_text("The address or the password is not right.")

        await sign_in(page, email)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
        assert page.url.endswith("/settings?x=1")

        await page.get_by_role("button", name="Account of Ada Almond").click()
        await page.get_by_role("menuitem", name="Sign out").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Callwell")
        assert (await page.request.get(console.url + "/v1/session/sessions")).status == 401


@pytest.mark.parametrize("link", ["//elsewhere.example/", "/\\elsewhere.example", "https://elsewhere.example/", "javascript:alert(1)"])
async def test_signing_in_leads_nowhere_else(console: Console, link: str) -> None:
    """A link to the sign-in page that names another site leads to our own first page."""
    async with console.context() as context:
        page = await context.new_page()
        await page.goto(f"{console.url}/sign-in?next={link}")
        await expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
        await expect(page).to_have_url(f"{console.url}/")


async def test_a_second_factor_is_set_up_and_asked_for(console: Console, new_account: MakeAccount) -> None:
    """Given a new password and an app for codes, when signing in again, then the old password is refused and a code is asked for."""
    email, other = await new_account(), "other words that nobody tries"
    async with console.page("/me", role=None, may_fail=True) as page:
        await sign_in(page, email)
        await page.get_by_label("Current password", exact=True).fill(PASSWORD)
        await page.get_by_label("New password", exact=True).fill(other)
        await page.get_by_role("button", name="Change password").click()
        await expect(page.get_by_text("Your password is changed.")).to_be_visible()

        await page.get_by_role("button", name="Set up").click()
        await expect(page.get_by_role("img", name="A code to scan")).to_be_visible()
        app = TOTP(await page.get_by_label("Key", exact=True).input_value())
        await page.get_by_label("The code that the app shows now").fill(app.now())
        await page.get_by_role("button", name="Confirm").click()
        codes = (await page.get_by_label("All of them").input_value()).split()
        await page.get_by_role("button", name="I have kept them").click()
        await expect(page.get_by_role("button", name="Turn off")).to_be_visible()

        await page.context.clear_cookies()
        await page.goto(console.url + "/keys")
        await sign_in(page, email, PASSWORD)
        await expect(page.get_by_role("alert")).to_have_text("The address or the password is not right.")
        await sign_in(page, email, other)
        await page.get_by_label("Code").fill(codes[0])
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("API keys")


async def test_who_does_nothing_is_signed_out(console: Console, new_account: MakeAccount) -> None:
    """Given 15 minutes in which nobody touches the page, then it warns in the last, forgets all that it showed, and the session is over."""
    email = await new_account()
    async with console.context(role=None) as context:
        page = await context.new_page()
        await page.clock.install()
        await page.goto(console.url + "/keys")
        await sign_in(page, email)
        await expect(page.get_by_role("row", name="host")).to_be_visible()
        await page.clock.run_for(14 * 60_000 + 5_000)
        await expect(page.get_by_role("dialog", name="Still there?")).to_be_visible()
        await page.clock.run_for(60_000)
        await expect(page.get_by_text("You were signed out because nothing was done for a while.")).to_be_visible()
        await expect(page).to_have_url(f"{console.url}/sign-in?why=idle&next=%2Fkeys")
        assert (await page.request.get(console.url + "/v1/session/sessions")).status == 401


async def test_who_is_still_there_stays(console: Console, new_account: MakeAccount) -> None:
    """Given the warning, when a key is pressed or the button is, then it is gone and the session goes on."""
    email = await new_account()
    async with console.context(role=None) as context:
        page = await context.new_page()
        await page.clock.install()
        await page.goto(console.url + "/keys")
        await sign_in(page, email)
        await expect(page.get_by_role("row", name="host")).to_be_visible()
        await page.clock.run_for(14 * 60_000 + 5_000)
        await page.get_by_role("button", name="Stay signed in").click()
        await page.clock.run_for(2_000)
        await expect(page.get_by_role("dialog", name="Still there?")).not_to_be_visible()
        assert (await page.request.get(console.url + "/v1/session/sessions")).status == 200


# ── Who sees what ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", get_args(Role))
async def test_a_role_has_its_pages(console: Console, role: Role) -> None:
    """Every page that the navigation of a role leads to can be opened by it without a refusal; keys and accounts are led to for admins alone."""
    async with console.page("/me", role=role) as page:
        links = page.get_by_role("navigation", name="Pages").get_by_role("link")
        await expect(links.first).to_be_visible()
        names = [name.strip() for name in await links.all_inner_texts()]
        assert ("API keys" in names) == ("Accounts" in names) == (role == "admin")
        assert ("Audit" in names) == (role in ("admin", "auditor"))
        for name in names:
            await links.filter(has_text=re.compile(f"^{re.escape(name)}$")).click()
            await expect(page.get_by_role("heading", level=1)).to_have_text(name)
            await page.wait_for_function("() => !document.querySelector('[data-testid=loading]')")
            assert not await page.locator("[data-testid=failed]").all_inner_texts(), name


async def test_a_page_of_another_role_is_not_there(console: Console) -> None:
    """Whoever types the address of a page that is not for their role is told that there is none."""
    await console.walk("/keys", "h1:text-is('No such page')", role="supervisor")


# ── By keyboard ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_keyboard_leads_past_the_navigation(console: Console) -> None:
    """The first press of Tab leads to a link to what the page is about."""
    async with console.page("/me") as page:
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        await page.keyboard.press("Enter")
        first = page.get_by_label("Current password").or_(page.get_by_role("region", name="Where you are signed in, table"))
        await expect(first).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(first).to_be_focused()


async def test_search_leads_to_pages_and_people(console: Console) -> None:
    """Given a press of `/`, when the first letters of a page or a name are typed, then Enter leads there, and the address holds nothing that was typed."""
    async with console.page("/me") as page:
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await page.keyboard.press("/")
        await expect(page.get_by_role("combobox", name="Search and go to")).to_be_focused()
        await page.keyboard.type("sett")
        await expect(page.get_by_role("option").first).to_contain_text("Settings")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
        await expect(page.get_by_role("combobox", name="Search and go to")).to_have_count(0)
        await page.keyboard.press("/")
        await expect(page.get_by_role("combobox", name="Search and go to")).to_be_focused()
        await page.keyboard.type(console.provider.rpartition("-")[2])
        await expect(page.get_by_role("option").filter(has_text="Person").first).to_be_visible()
        await console.assert_usable(page)


async def test_a_scheme_that_is_chosen_is_kept(console: Console) -> None:
    """Given a browser of a light system, when dark is chosen by keyboard, then the page is dark, and still is when it is loaded again."""
    async with console.page("/me", color_scheme="light") as page:
        await page.get_by_role("button", name="Appearance: System").press("Enter")
        await expect(page.get_by_role("menu")).to_be_visible()
        await console.assert_usable(page)
        dark = page.get_by_role("menuitemradio", name="Dark")
        for _ in range(3):
            await page.keyboard.press("ArrowDown")
            if await dark.evaluate("(item) => item === document.activeElement"):
                break
        await expect(dark).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
        await page.reload()
        await expect(page.get_by_role("button", name="Appearance: Dark")).to_be_visible()
        await expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


# ── Settings, keys, accounts ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_settings_are_changed_and_put_back(console: Console) -> None:
    """Given a changed setting, then it is in effect, it says who changed it, and one press puts it back; what is out of range is told at its field."""
    async with console.page("/settings", may_fail=True) as page:
        field = page.get_by_label("Default duration minutes", exact=True)
        await field.fill("0")
        await page.get_by_role("button", name="Save").click()
        await expect(field).to_have_attribute("aria-invalid", "true")
        await field.fill("45")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("changed by Ana Admin")).to_be_visible()
        assert await _setting(console, "default_duration_minutes") == 45

        await page.get_by_role("button", name="Default duration minutes: Back to default").click()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("button", name="Save")).not_to_be_visible()
        assert await _setting(console, "default_duration_minutes") == 50


async def _setting(console: Console, name: str) -> int:
    return next(one["value"] for one in (await console.served.get("/v1/settings"))["items"] if one["name"] == name)


async def test_a_key_is_made_and_revoked(console: Console) -> None:
    """Given a key that is made here, then what is shown once opens what it may and nothing else, and revoked it opens nothing."""
    async with console.page("/keys") as page:
        await page.get_by_role("button", name="New key").click()
        await page.get_by_role("dialog").get_by_label("Name").fill("Booking")
        await page.get_by_role("checkbox", name="appointments:read").check()
        await console.assert_usable(page)
        await page.get_by_role("dialog").get_by_role("button", name="New key").click()
        secret = await page.get_by_label("Key", exact=True).input_value()
        async with httpx.AsyncClient(base_url=console.url, headers={"Authorization": f"Bearer {secret}"}) as program:
            assert (await program.get("/v1/appointments")).status_code == 200
            assert (await program.get("/v1/calls")).status_code == 403
            await page.get_by_role("button", name="Done").click()
            await page.get_by_role("button", name="Revoke Booking").click()
            await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
            await expect(page.get_by_role("row", name="Booking").get_by_text("Revoked")).to_be_visible()
            assert (await program.get("/v1/appointments")).status_code == 401
        assert secret not in await page.content()


async def test_an_account_is_made_and_disabled(console: Console) -> None:
    """Given an account that is made here, then its password is shown once and lets them in, signed out they are out, and disabled it lets nobody in."""
    async with console.page("/accounts") as page:
        await page.get_by_role("button", name="New account").click()
        form = page.get_by_role("dialog", name="New account")
        await form.get_by_label("Email").fill("new@example.org")
        await form.get_by_label("Name").fill("Nia New")
        await form.get_by_role("radio", name="Auditor").check()
        await console.assert_usable(page)
        await form.get_by_role("button", name="New account").click()
        password = await page.get_by_role("textbox", name="Password").input_value()
        async with httpx.AsyncClient(base_url=console.url) as browser:
            credentials = {"email": "new@example.org", "password": password}
            assert (await browser.post("/v1/session", json=credentials)).json()["account"]["role"] == "auditor"
            await page.get_by_role("button", name="Done").click()
            await page.get_by_role("button", name="Change Nia New").click()
            await page.get_by_role("menuitem", name="Sign out everywhere").click()
            await page.get_by_role("dialog", name="Sign Nia New out everywhere?").get_by_role("button", name="Sign out everywhere").click()
            await expect(page.get_by_role("dialog")).to_have_count(0)
            assert (await browser.get("/v1/session")).json()["account"] is None
            assert (await browser.post("/v1/session", json=credentials)).status_code == 200
            await page.get_by_role("button", name="Change Nia New").click()
            await page.get_by_role("menuitem", name="Disable").click()
            await page.get_by_role("dialog").get_by_role("button", name="Disable").click()
            await expect(page.get_by_role("row", name="Nia New").get_by_text("Disabled")).to_be_visible()
            assert (await browser.get("/v1/session")).json()["account"] is None
            assert (await browser.post("/v1/session", json=credentials)).status_code == 401
