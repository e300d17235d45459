"""Signing in by the organization's own OpenID provider: a real one, on loopback, and everything that is not to be believed."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from tests.access.openid import CLIENT, PEOPLE, ROLES, SECRET, openid_provider
from tests.access.people import PASSWORD, MakeAccount, make_account, weak_hashes
from tests.app_fixtures import client_of, replace

from callwell import errors
from callwell.access.oidc import Provider, Refusal
from callwell.app import create_app, put_together
from callwell.postgres import Database
from callwell.postgres.pool import execute, fetch_value
from callwell.settings import Settings, read_settings

__all__ = ["make_account", "weak_hashes"]

CALLBACK = "http://callwell.test/v1/session/oidc/callback"
REFUSED = "/sign-in?why=sign_on_refused"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider's address. It is one for all tests here."""
    with openid_provider(CALLBACK) as address:
        yield address


@pytest.fixture
def settings(settings: Settings, issuer: str) -> Settings:
    return replace(
        settings,
        public_url="http://callwell.test",
        oidc_issuer=issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_label="Example",
        oidc_roles=ROLES,
        oidc_identity_claim="person",
    )


class AtTheProvider:
    """Somebody's browser: at our server, and at the provider."""

    def __init__(self, issuer: str, ours: httpx.AsyncClient, theirs: httpx.AsyncClient) -> None:
        self.issuer = issuer
        self.ours = ours
        self.theirs = theirs

    async def become(self, who: str, **more: Any) -> None:
        """Whoever this is at the provider from now on."""
        await self.theirs.post(f"{self.issuer}/become", json={"who": who, "people": PEOPLE, **more})

    async def begin(self, next: str = "/calls") -> str:
        """Where our server sends the browser."""
        answer = await self.ours.get("/v1/session/oidc", params={"next": next})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def authorize(self, url: str) -> str:
        """Where the provider sends it back to."""
        for _ in range(10):
            if url.startswith(CALLBACK):
                return url
            answer = await self.theirs.get(url)
            assert answer.is_redirect, answer.text
            url = urljoin(url, answer.headers["location"])
        raise AssertionError(url)

    async def come_back(self, url: str) -> str:
        """Where our server sends the browser in the end."""
        answer = await self.ours.get(url)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def sign_in(self, who: str, next: str = "/calls") -> str:
        await self.become(who)
        return await self.come_back(await self.authorize(await self.begin(next)))

    async def account(self) -> dict[str, Any] | None:
        return (await self.ours.get("/v1/session")).json()["account"]


@pytest.fixture
async def browser(settings: Settings, issuer: str, db: Database) -> AsyncIterator[AtTheProvider]:
    async with (
        put_together(settings, db) as context,
        client_of(create_app(context)) as ours,
        httpx.AsyncClient(timeout=30) as theirs,
    ):
        yield AtTheProvider(issuer, ours, theirs)


def changed(url: str, **parameters: str) -> str:
    """The same address with other values in its query."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | parameters)).geturl()


async def reasons(db: Database) -> list[str]:
    """Why somebody did not come in, as the trail was told."""
    async with db.connection() as tx:
        return await fetch_value(tx, "SELECT array_agg(metadata->>'reason' ORDER BY id) FROM audit_entries WHERE action = 'sign_in_refused'") or []


# ── Who comes in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_has_a_role_gets_an_account(browser: AtTheProvider, db: Database) -> None:
    """Signed in at the provider, somebody lands on the page that they wanted, with the first role that applies to them; the next time it is the same account."""
    assert (await browser.ours.get("/v1/session")).json()["sign_in"]["oidc"] == "Example"
    assert await browser.sign_in("ada", "/calls?status=ended") == "/calls?status=ended"
    first = await browser.account()
    assert first is not None
    assert (first["email"], first["name"], first["role"], first["has_password"]) == ("ada@example.org", "Ada", "supervisor", False)
    await browser.sign_in("ada")
    assert await browser.account() == first
    async with db.connection() as tx:
        assert await fetch_value(tx, "SELECT array_agg(action ORDER BY id) FROM audit_entries") == ["account_created", "signed_in", "signed_in"]


async def test_a_provider_is_who_the_claim_says(browser: AtTheProvider) -> None:
    """Whose calls a provider sees comes from the provider's claim."""
    await browser.sign_in("theo")
    account = await browser.account()
    assert account is not None
    assert (account["role"], account["identity"]) == ("provider", "user:42")


async def test_an_account_of_the_same_verified_address_is_theirs(browser: AtTheProvider, make_account: MakeAccount) -> None:
    """Whoever had an account with a password comes in to it, as what they are here: an unmapped person too."""
    known = await make_account("Somebody@example.org", "auditor")
    assert await browser.sign_in("somebody") == "/calls"
    account = await browser.account()
    assert account is not None
    assert (account["id"], account["role"], account["has_password"]) == (str(known), "auditor", True)


async def test_the_role_follows_the_provider(browser: AtTheProvider, db: Database) -> None:
    """Somebody who is in another group by now has another role, and who is in none comes in no more."""
    await browser.sign_in("ada")
    await browser.become("ada", people=PEOPLE | {"ada": PEOPLE["ada"] | {"roles": ["staff"]}})
    await browser.come_back(await browser.authorize(await browser.begin()))
    account = await browser.account()
    assert account is not None
    assert account["role"] == "auditor"
    await browser.become("ada", people=PEOPLE | {"ada": PEOPLE["ada"] | {"roles": []}})
    assert await browser.come_back(await browser.authorize(await browser.begin())) == REFUSED
    assert await reasons(db) == ["no_role"]


async def test_code_and_verifier_are_asked_for(browser: AtTheProvider) -> None:
    """The request has PKCE with S256, state and nonce; what of them is secret is in a sealed cookie that no script reads."""
    url = await browser.begin()
    asked = dict(parse_qsl(urlsplit(url).query))
    assert (asked["response_type"], asked["code_challenge_method"], asked["redirect_uri"]) == ("code", "S256", CALLBACK)
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    cookie = browser.ours.cookies["callwell_session-oidc"]
    assert asked["state"] not in cookie
    assert asked["nonce"] not in cookie


# ── Who does not ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_unknown_and_has_no_role_is_refused(browser: AtTheProvider, db: Database) -> None:
    """Being known to the provider is not enough."""
    assert await browser.sign_in("somebody") == REFUSED
    assert await browser.account() is None
    async with db.connection() as tx:
        assert await fetch_value(tx, "SELECT count(*) FROM accounts") == 0
    assert await reasons(db) == ["unknown"]


async def test_an_address_that_nobody_verified_opens_no_account(browser: AtTheProvider, make_account: MakeAccount, db: Database) -> None:
    """Whoever writes somebody else's address into their profile does not become them."""
    await make_account("ada@example.org", "admin")
    assert await browser.sign_in("eve") == REFUSED
    assert await reasons(db) == ["unknown"]


async def test_who_is_disabled_here_stays_out(browser: AtTheProvider, db: Database) -> None:
    """What an admin of ours has closed the provider does not open."""
    await browser.sign_in("ada")
    async with db.transaction() as tx:
        await execute(tx, "UPDATE accounts SET disabled_at = now()")
    assert await browser.sign_in("ada") == REFUSED
    assert await browser.account() is None
    assert await reasons(db) == ["disabled"]


async def test_who_is_refused_there_is_refused_here(browser: AtTheProvider, db: Database) -> None:
    """The provider says that somebody may not, or that they did not want to."""
    assert await browser.sign_in("nobody-there-knows") == REFUSED
    assert await reasons(db) == ["refused"]


async def test_what_another_browser_began_is_not_finished(browser: AtTheProvider, db: Database) -> None:
    """Another state, none, another browser's cookie or none: refused before the provider is asked anything."""
    await browser.become("ada")
    back = await browser.authorize(await browser.begin())
    assert await browser.come_back(changed(back, state="another")) == REFUSED
    assert await browser.account() is None, "and what was begun is over by that"
    back = await browser.authorize(await browser.begin())
    browser.ours.cookies.clear()
    assert await browser.come_back(back) == REFUSED
    browser.ours.cookies.set("callwell_session-oidc", "bm90aGluZyBvZiBvdXJz", domain="callwell.test")
    assert await browser.come_back(back) == REFUSED
    assert await reasons(db) == ["state"] * 3


async def test_a_token_made_for_another_request_is_refused(browser: AtTheProvider, db: Database) -> None:
    """An ID token that was made in answer to something else has another nonce."""
    await browser.become("ada")
    assert await browser.come_back(await browser.authorize(changed(await browser.begin(), nonce="another"))) == REFUSED
    assert await reasons(db) == ["token"]


async def test_a_token_that_has_run_out_is_refused(browser: AtTheProvider, db: Database) -> None:
    """One that was good an hour ago is good no more."""
    await browser.become("ada", secondsOff=-3600)
    assert await browser.come_back(await browser.authorize(await browser.begin())) == REFUSED
    assert await reasons(db) == ["token"]


async def test_a_code_is_good_once(browser: AtTheProvider, db: Database) -> None:
    """Whoever has the address that somebody came back by, and even their cookie, gets no session by it."""
    await browser.become("ada")
    back = await browser.authorize(await browser.begin())
    kept = browser.ours.cookies["callwell_session-oidc"]
    assert await browser.come_back(back) == "/calls"
    browser.ours.cookies.clear()
    browser.ours.cookies.set("callwell_session-oidc", kept, domain="callwell.test")
    assert await browser.come_back(back) == REFUSED
    assert await browser.account() is None
    assert await reasons(db) == ["refused"]


async def test_a_code_of_another_browser_has_another_verifier(browser: AtTheProvider, db: Database) -> None:
    """A code that was taken from somebody and put into one's own coming back is refused by the provider."""
    await browser.become("ada")
    stolen = dict(parse_qsl(urlsplit(await browser.authorize(await browser.begin())).query))["code"]
    browser.ours.cookies.clear()
    back = await browser.authorize(await browser.begin())
    assert await browser.come_back(changed(back, code=stolen)) == REFUSED
    assert await reasons(db) == ["refused"]


async def test_another_issuer_in_the_answer_is_refused(browser: AtTheProvider, db: Database) -> None:
    """An answer that says it is another provider's is none (RFC 9207)."""
    await browser.become("ada")
    assert await browser.come_back(changed(await browser.authorize(await browser.begin()), iss="http://other.test")) == REFUSED
    assert await reasons(db) == ["state"]


async def test_nobody_takes_ten_minutes(settings: Settings, issuer: str) -> None:
    """What was begun is over after ten minutes."""
    provider, at = Provider(settings), datetime.now(UTC)
    url, kept = await provider.begin("/", at)
    state = dict(parse_qsl(urlsplit(url).query))["state"]
    with pytest.raises(Refusal, match="state"):
        await provider.finish(kept, {"state": state, "code": "x", "iss": issuer}, at + timedelta(minutes=10))


@pytest.mark.parametrize("next", ["//evil.test", "https://evil.test", "/\\evil.test", "calls", "", "/a b", "/a\n", "javascript:alert(1)", "/\u2026"])
async def test_it_leads_to_pages_of_ours_alone(browser: AtTheProvider, next: str) -> None:
    """Where somebody goes afterwards is a path here; anything else is the first page."""
    assert await browser.sign_in("ada", next) == "/"


async def test_a_provider_that_is_away_is_told(settings: Settings, db: Database) -> None:
    """The sign-in page says that it cannot be reached; passwords go on working."""
    gone = replace(settings, oidc_issuer="http://127.0.0.1:9")
    async with put_together(gone, db) as context, client_of(create_app(context)) as ours:
        answer = await ours.get("/v1/session/oidc")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?why=sign_on_unavailable")


async def test_where_there_is_none_there_is_no_address(api: httpx.AsyncClient, context: Any, settings: Settings, db: Database) -> None:
    """A deployment without a provider has neither the way out nor the way back."""
    async with put_together(replace(settings, oidc_issuer=""), db) as context, client_of(create_app(context)) as ours:
        assert [(await ours.get(f"/v1/session/oidc{path}")).status_code for path in ("", "/callback")] == [404, 404]
        assert (await ours.get("/v1/session")).json()["sign_in"] == {"password": True, "oidc": None}


# ── Tokens that the provider did not make ─────────────────────────────────────────────────────────────────────────────────────────

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "1", "use": "sig", "alg": "RS256"}
CLAIMS: dict[str, Any] = {
    "iss": "http://issuer.test",
    "aud": "callwell",
    "sub": "ada",
    "nonce": "n",
    "iat": int(AT.timestamp()),
    "exp": int((AT + timedelta(minutes=5)).timestamp()),
}


@pytest.fixture
def judge(settings: Settings) -> Provider:
    """What looks at ID tokens, with a key that it knows."""
    provider = Provider(settings)
    provider._metadata = {"issuer": "http://issuer.test", "jwks_uri": "http://127.0.0.1:9/"}
    provider._keys = jwt.PyJWKSet.from_dict({"keys": [PUBLIC]})
    return provider


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str = "RS256", kid: str = "1") -> str:
    return jwt.encode({name: value for name, value in (CLAIMS | claims).items() if value is not None}, key, algorithm, headers={"kid": kid})


async def test_a_token_as_it_should_be_is_believed(judge: Provider) -> None:
    """What the others below are compared with; one of several audiences says that it is for us."""
    assert (await judge._claims(signed({}), "n", AT))["sub"] == "ada"
    assert await judge._claims(signed({"aud": ["callwell", "other"], "azp": "callwell"}), "n", AT)


@pytest.mark.parametrize(
    "token",
    [
        signed({}, OTHER_KEY),
        signed({}, OTHER_KEY, kid="2"),
        signed({}, None, "none"),
        signed({}, "a secret of both that is long enough to sign with", "HS256"),
        signed({"iss": "http://other.test"}),
        signed({"aud": "other"}),
        signed({"aud": ["callwell", "other"], "azp": "other"}),
        signed({"nonce": "m"}),
        signed({"nonce": None}),
        signed({"sub": None}),
        signed({"exp": None}),
        signed({"exp": int((AT - timedelta(minutes=2)).timestamp())}),
        signed({"iat": int((AT + timedelta(minutes=2)).timestamp())}),
        signed({"exp": "tomorrow"}),
        "",
        "a.b.c",
    ],
)
async def test_others_tokens_are_refused(judge: Provider, token: str) -> None:
    """Another key or none, one that we know too, another issuer, audience or nonce, no end or one that is past: refused."""
    with pytest.raises(Refusal):
        await judge._claims(token, "n", AT)


# ── Settings ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "given",
    [
        {"CALLWELL_OIDC_ISSUER": "http://issuer.test", "CALLWELL_OIDC_CLIENT_ID": "x"},
        {"CALLWELL_OIDC_ISSUER": "https://issuer.test"},
        {"CALLWELL_OIDC_ISSUER": "https://issuer.test", "CALLWELL_OIDC_CLIENT_ID": "x", "CALLWELL_OIDC_SCOPES": "email"},
        {"CALLWELL_OIDC_ISSUER": "https://issuer.test", "CALLWELL_OIDC_CLIENT_ID": "x", "CALLWELL_OIDC_ROLES": "staff=boss"},
        {"CALLWELL_OIDC_ISSUER": "https://issuer.test", "CALLWELL_OIDC_CLIENT_ID": "x", "CALLWELL_OIDC_ROLES": "admin"},
    ],
)
def test_a_provider_that_could_not_be_trusted_stops_the_start(given: dict[str, str]) -> None:
    """Without https, client, scope or with a role that there is not, nothing begins."""
    with pytest.raises(errors.SettingInvalid):
        read_settings(given)


async def test_a_password_still_works_beside_it(browser: AtTheProvider, make_account: MakeAccount) -> None:
    """Both ways lead in."""
    await make_account("root@example.org", "admin")
    assert (await browser.ours.post("/v1/session", json={"email": "root@example.org", "password": PASSWORD})).status_code == 200
