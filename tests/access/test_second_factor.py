"""The second factor: codes of an app and for recovery, none good twice, none to be guessed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar.types import ASGIApp
from pyotp.totp import TOTP
from tests.access.people import PASSWORD, MakeAccount, make_account, signed_in, weak_hashes
from tests.app_fixtures import TEST_KEY, client_of, no_note

from callwell import errors
from callwell.access import totp
from callwell.access.signing_in import LOCKS_AFTER
from callwell.app import Context
from callwell.postgres import Database
from callwell.postgres.pool import execute, fetch_value

__all__ = ["make_account", "weak_hashes"]

KEY = bytes.fromhex(TEST_KEY)
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
STEP = timedelta(seconds=totp.STEP)


class Person:
    """Somebody who is signed in, with an app for codes."""

    def __init__(self, browser: httpx.AsyncClient, app: ASGIApp) -> None:
        self.browser = browser
        self.app = app
        self.secret = ""
        self.recovery_codes: list[str] = []

    async def set_up(self) -> None:
        """A second factor; the code that it takes is of the step before this one, so that this one's is still good."""
        self.secret = (await self.browser.post("/v1/session/totp")).json()["secret"]
        answer = await self.browser.post("/v1/session/totp/confirm", json={"code": self.code(-1)})
        if answer.status_code != 200:  # this step ended meanwhile
            answer = await self.browser.post("/v1/session/totp/confirm", json={"code": self.code(-1)})
        assert answer.status_code == 200, answer.text
        self.recovery_codes = answer.json()["recovery_codes"]

    def code(self, steps: int = 0) -> str:
        return TOTP(self.secret).at(datetime.now(UTC), counter_offset=steps)

    async def sign_in(self, code: str | None = None, password: str = PASSWORD) -> httpx.Response:
        """In another browser."""
        async with client_of(self.app) as client:
            body = {"email": "ada@example.org", "password": password} | ({"code": code} if code else {})
            return await client.post("/v1/session", json=body)


@pytest.fixture
async def ada(context: Context, app: ASGIApp, make_account: MakeAccount) -> AsyncIterator[Person]:
    async with signed_in(context, app, await make_account("ada@example.org", "admin")) as browser:
        yield Person(browser, app)


async def test_it_counts_once_a_code_was_shown(ada: Person) -> None:
    """Given a secret in an app, when its first code is shown, then signing in takes a code from then on, and not before."""
    begun = (await ada.browser.post("/v1/session/totp")).json()
    asked = urlsplit(begun["uri"])
    assert (asked.scheme, asked.netloc, asked.path) == ("otpauth", "totp", "/Callwell:ada%40example.org")
    assert parse_qs(asked.query) == {"secret": [begun["secret"]], "issuer": ["Callwell"]}
    assert begun["svg"].startswith("<svg")
    assert (await ada.sign_in()).status_code == 200
    await ada.set_up()
    refused = await ada.sign_in()
    assert (refused.status_code, refused.json()["code"]) == (401, "session.code_needed")
    assert (await ada.sign_in(ada.code())).status_code == 200
    assert (await ada.browser.get("/v1/session")).json()["account"]["has_second_factor"] is True


async def test_without_the_password_a_code_is_not_asked_for(ada: Person) -> None:
    """Whoever does not know the password learns nothing of a second factor."""
    await ada.set_up()
    for code in (None, ada.code(), "000000"):
        assert (await ada.sign_in(code, "wrong wrong wrong")).json()["code"] == "session.refused"


async def test_a_code_is_good_once(ada: Person) -> None:
    """Whoever has seen somebody type it comes too late; so does one who knows the code before it."""
    await ada.set_up()
    code, before = ada.code(), ada.code(-1)
    assert (await ada.sign_in(code)).status_code == 200
    assert (await ada.sign_in(code)).json()["code"] == "session.code_refused"
    assert (await ada.sign_in(before)).json()["code"] == "session.code_refused"


async def test_codes_may_be_typed_as_they_are_read(ada: Person) -> None:
    """Blanks and dashes mean nothing, nor do capitals in a recovery code."""
    await ada.set_up()
    code = ada.code()
    assert (await ada.sign_in(f" {code[:3]} {code[3:]}")).status_code == 200
    assert (await ada.sign_in(ada.recovery_codes[0].upper().replace("-", " "))).status_code == 200


async def test_a_recovery_code_is_good_once(ada: Person, db: Database) -> None:
    """Ten for when the app is lost, each good once and stored as a hash; the trail is told of each use."""
    await ada.set_up()
    assert len(set(ada.recovery_codes)) == 10
    assert (await ada.sign_in(ada.recovery_codes[3])).status_code == 200
    assert (await ada.sign_in(ada.recovery_codes[3])).json()["code"] == "session.code_refused"
    assert (await ada.sign_in(ada.recovery_codes[4])).status_code == 200
    async with db.connection() as tx:
        kept = await fetch_value(tx, "SELECT string_agg(r::text, '') || (SELECT string_agg(a::text, '') FROM accounts a) FROM recovery_codes r")
        assert await fetch_value(tx, "SELECT count(*) FROM audit_entries WHERE action = 'recovery_code_used'") == 2
    assert not any(code in kept or code.replace("-", "") in kept for code in (*ada.recovery_codes, ada.secret))


async def test_guessing_codes_locks_the_address(ada: Person) -> None:
    """With the right password and a wrong code it is locked as with a wrong password."""
    await ada.set_up()
    for number in range(LOCKS_AFTER):
        assert (await ada.sign_in(f"00000{number}")).json()["code"] == "session.code_refused"
    assert (await ada.sign_in(ada.code())).json()["code"] == "session.locked"


async def test_it_is_removed_with_a_code_alone(ada: Person) -> None:
    """Whoever sits down at an open page can neither remove it, nor make recovery codes, nor begin another."""
    await ada.set_up()
    for method, path in (("DELETE", "/v1/session/totp"), ("POST", "/v1/session/totp/recovery-codes")):
        answer = await ada.browser.request(method, path, json={"code": "123456"})
        assert (answer.status_code, answer.json()["code"]) == (401, "session.code_refused")
    assert (await ada.browser.post("/v1/session/totp")).status_code == 409
    renewed = (await ada.browser.post("/v1/session/totp/recovery-codes", json={"code": ada.recovery_codes[0]})).json()["recovery_codes"]
    assert (await ada.sign_in(ada.recovery_codes[1])).json()["code"] == "session.code_refused"
    assert (await ada.browser.request("DELETE", "/v1/session/totp", json={"code": renewed[0]})).status_code == 204
    assert (await ada.sign_in()).status_code == 200


async def test_a_wrong_first_code_sets_nothing(ada: Person) -> None:
    """Where the app's clock is wrong, somebody is not locked out of their account."""
    ada.secret = (await ada.browser.post("/v1/session/totp")).json()["secret"]
    assert (await ada.browser.post("/v1/session/totp/confirm", json={"code": ada.code(-10)})).json()["code"] == "session.code_refused"
    assert (await ada.sign_in()).status_code == 200


async def test_a_clock_may_be_half_a_minute_off(db: Database, make_account: MakeAccount) -> None:
    """The codes of the step before and after are good, others are none; and time goes forward."""
    account = await make_account("ada@example.org")
    async with db.transaction() as tx:
        app = TOTP(await totp.begin(tx, KEY, account))
        await totp.confirm(tx, KEY, account, app.at(AT), AT, no_note)
        used = [await totp.use_code(tx, KEY, account, app.at(AT + n * STEP), AT + 10 * STEP, no_note) for n in (8, 12, 9, 10, 11, 10)]
    assert used == [False, False, True, True, True, False]


async def test_under_another_key_no_code_is_right(db: Database, make_account: MakeAccount) -> None:
    """The secret is sealed for this deployment and this account: copied into another row it opens nothing."""
    ada, eve = await make_account("ada@example.org"), await make_account("eve@example.org")
    async with db.transaction() as tx:
        app = TOTP(await totp.begin(tx, KEY, ada))
        await totp.confirm(tx, KEY, ada, app.at(AT), AT, no_note)
        await execute(
            tx,
            "UPDATE accounts SET totp_sealed = (SELECT totp_sealed FROM accounts WHERE id = %(ada)s), totp_confirmed_at = now() WHERE id = %(eve)s",
            {"ada": ada, "eve": eve},
        )
        assert not await totp.use_code(tx, KEY, eve, app.at(AT), AT, no_note)
        assert not await totp.use_code(tx, bytes(32), ada, app.at(AT + STEP), AT + STEP, no_note)
        assert await totp.use_code(tx, KEY, ada, app.at(AT + STEP), AT + STEP, no_note)


async def test_nothing_is_confirmed_that_was_not_begun(db: Database, make_account: MakeAccount) -> None:
    """Without a secret there is no code."""
    account = await make_account("ada@example.org")
    with pytest.raises(errors.CodeRefused):
        async with db.transaction() as tx:
            await totp.confirm(tx, KEY, account, "123456", AT, no_note)
