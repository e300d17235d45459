"""Signing in by the organization's own OpenID provider: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9207).

What begins in a browser ends in the same: state, nonce and the code's verifier lie in a sealed cookie of ten minutes. Of what the provider says only an
ID token counts that it signed for us, just now, in answer to this very request.
"""

import asyncio
import os
import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any, Literal, cast
from uuid import UUID

import httpx
import jwt
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from callwell import errors, ids
from callwell.access import accounts
from callwell.access.callers import Role
from callwell.access.keys import Note
from callwell.access.sessions import NewSession, begin_session
from callwell.postgres.pool import Tx, fetch_value
from callwell.settings import Settings

ALGORITHMS = ["RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "EdDSA"]
"""With which ID tokens are signed: keys that the provider alone has, never one that both know."""
LEEWAY = timedelta(seconds=60)
"""So much the provider's clock may differ from ours."""
GOES_ON_FOR = timedelta(minutes=10)
"""How long somebody may take at the provider."""
KNOWN_FOR = 3600.0
"""Seconds that what the provider says of itself is believed without asking again."""
WITHIN = 10.0
"""Seconds in which the provider has to answer."""
LOCAL_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1000}\Z")
"""A path of ours, in ASCII without blanks: never the beginning of another address."""

Reason = Literal["state", "refused", "token", "unknown", "no_role", "disabled", "no_email", "last_admin", "unavailable"]


class Refusal(Exception):
    """Why somebody does not come in; for the trail. They themselves are told little."""

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)


class Begun(Struct, frozen=True):
    """What the browser keeps while somebody is at the provider."""

    state: str
    nonce: str
    verifier: str
    next: str
    """The page of ours to go to."""
    until: datetime


class Person(Struct, frozen=True):
    """Who somebody is, as the provider says."""

    subject: str
    email: str | None
    """Only an address that the provider has verified."""
    name: str | None
    role: Role | None
    """By the claim that is mapped to roles."""
    identity: str | None


class Provider:
    """The deployment's OpenID provider, as far as it has been asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known_until = 0.0
        self._metadata: dict[str, Any] = {}
        self._keys: jwt.PyJWKSet | None = None
        self._asking = asyncio.Lock()

    async def begin(self, next: str | None, at: datetime) -> tuple[str, str]:
        """Where to send the browser, and what it keeps meanwhile. Raises Refusal."""
        begun = Begun(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            next=next if next and LOCAL_PATH.match(next) else "/",
            until=at + GOES_ON_FOR,
        )
        metadata = await self._read_metadata()
        url, _ = self._client().create_authorization_url(
            metadata["authorization_endpoint"], state=begun.state, code_verifier=begun.verifier, nonce=begun.nonce
        )
        return url, _seal(self._settings.key, begun)

    async def finish(self, kept: str, answered: Mapping[str, str], at: datetime) -> tuple[Person, str]:
        """Who came back, and where they wanted to go. Raises Refusal."""
        begun = _open(self._settings.key, kept)
        if begun is None or begun.until <= at or not compare_digest(begun.state.encode(), answered.get("state", "").encode()):
            raise Refusal("state")
        metadata = await self._read_metadata()
        if answered.get("iss", metadata["issuer"]) != metadata["issuer"]:
            raise Refusal("state")
        if "error" in answered or not answered.get("code"):
            raise Refusal("refused")
        tokens = await self._tokens(metadata, answered["code"], begun.verifier)
        claims = await self._claims(str(tokens.get("id_token", "")), begun.nonce, at)
        wanted = {"email", *([self._settings.oidc_role_claim] if self._settings.oidc_roles else [])}
        if not wanted <= claims.keys() and metadata.get("userinfo_endpoint"):
            claims = {**await self._userinfo(metadata["userinfo_endpoint"], str(tokens.get("access_token", "")), claims["sub"]), **claims}
        return self._person(claims), begun.next

    def _person(self, claims: Mapping[str, Any]) -> Person:
        settings = self._settings
        told = claims.get("email")
        email = told if claims.get("email_verified") is True and isinstance(told, str) and told.isascii() else None
        named = claims.get(settings.oidc_role_claim)
        groups = set(named) if isinstance(named, list) else {named}
        # The first that applies in the order of the setting, so that somebody in several groups is what stands first.
        role: Role | None = next((role for group, role in roles_of(settings) if group in groups), None)
        own = claims.get(settings.oidc_identity_claim) if settings.oidc_identity_claim else None
        identity = own if isinstance(own, str) and own.startswith(("user:", "guest:")) else f"user:{own}" if own else None
        name = claims.get("name") or claims.get("preferred_username")
        return Person(f"{settings.oidc_issuer} {claims['sub']}", email, str(name)[:200] if name else None, role, identity)

    # ── What is asked of the provider ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _read_metadata(self) -> dict[str, Any]:
        """Discovery (OpenID Connect Discovery 1.0, 4). Raises Refusal."""
        async with self._asking:
            if time.monotonic() >= self._known_until:
                issuer = self._settings.oidc_issuer.rstrip("/")
                found = await _get_json(f"{issuer}/.well-known/openid-configuration")
                if found.get("issuer", "").rstrip("/") != issuer or not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= found.keys():
                    raise Refusal("unavailable")
                self._metadata, self._keys, self._known_until = found, None, time.monotonic() + KNOWN_FOR
            return self._metadata

    async def _tokens(self, metadata: Mapping[str, Any], code: str, verifier: str) -> Mapping[str, Any]:
        from authlib.integrations.base_client import OAuthError

        try:
            async with self._client() as client:
                return await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier)
        except OAuthError as why:
            raise Refusal("refused") from why
        except Exception as why:  # the library raises what its client of the day does
            raise Refusal("unavailable") from why

    async def _userinfo(self, url: str, access_token: str, subject: str) -> Mapping[str, Any]:
        found = await _get_json(url, {"Authorization": f"Bearer {access_token}"})
        if found.get("sub") != subject:
            raise Refusal("token")
        return found

    async def _claims(self, id_token: str, nonce: str, at: datetime) -> dict[str, Any]:
        """What the ID token says, if the provider signed it for us, now and for this request (OpenID Connect Core 1.0, 3.1.3.7). Raises Refusal."""
        try:
            key = await self._key(jwt.get_unverified_header(id_token).get("kid"))
            claims = jwt.decode(
                id_token,
                key,
                algorithms=ALGORITHMS,
                audience=self._settings.oidc_client_id,
                issuer=self._metadata["issuer"],
                options={"require": ["exp", "iat", "sub", "aud", "iss", "nonce"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            issued, expires = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
        except (jwt.PyJWTError, TypeError, ValueError, OverflowError, OSError) as why:
            raise Refusal("token") from why
        is_ours = claims.get("azp", self._settings.oidc_client_id) == self._settings.oidc_client_id
        is_now = issued - LEEWAY <= at < expires + LEEWAY
        if not (is_ours and is_now and compare_digest(str(claims["nonce"]).encode(), nonce.encode())):
            raise Refusal("token")
        return claims

    async def _key(self, id: str | None) -> jwt.PyJWK:
        """The key of that id. Where it is not known the provider may have a new one: it is asked again, once."""
        for is_again in (False, True):
            if self._keys is None or is_again:
                self._keys = jwt.PyJWKSet.from_dict(await _get_json(self._metadata["jwks_uri"]))
            signing = [key for key in self._keys.keys if key.public_key_use in (None, "sig") and (id is None or key.key_id == id)]
            if len(signing) == 1:
                return signing[0]
        raise Refusal("token")

    def _client(self) -> Any:
        # Half a second to import, and most deployments have no provider.
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        settings = self._settings
        return AsyncOAuth2Client(
            settings.oidc_client_id,
            settings.oidc_client_secret or None,
            token_endpoint_auth_method="client_secret_basic" if settings.oidc_client_secret else "none",
            scope=settings.oidc_scopes,
            redirect_uri=f"{settings.base_url}/v1/session/oidc/callback",
            code_challenge_method="S256",
            timeout=WITHIN,
        )


def roles_of(settings: Settings) -> list[tuple[str, Role]]:
    """Which values of the claim are which roles, as the setting says: ``staff=supervisor``."""
    pairs = (one.rpartition("=") for one in settings.oidc_roles)
    return [(group, cast("Role", role)) for group, _, role in pairs]


async def _get_json(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    try:
        async with httpx.AsyncClient(timeout=WITHIN) as client:
            answer = await client.get(url, headers=headers)
            found = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as why:
        raise Refusal("unavailable") from why
    if not isinstance(found, dict):
        raise Refusal("unavailable")
    return cast("dict[str, Any]", found)


# ── Whose account it is ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def let_in(tx: Tx, person: Person, settings: Settings, *, user_agent: str | None, at: datetime, note: Note) -> NewSession:
    """A session for who the provider says it is. Raises Refusal for who is unknown and has no role, and for who is disabled.

    Accounts without a password have their role from the provider, where roles are mapped: each time they sign in.
    """
    account_id = await fetch_value(tx, "SELECT id FROM accounts WHERE oidc_subject = %(subject)s", {"subject": person.subject})
    if account_id is None and person.email is not None:
        account_id = await fetch_value(
            tx,
            """
            UPDATE accounts SET oidc_subject = %(subject)s, updated_at = %(at)s
            WHERE lower(email) = lower(%(email)s) AND oidc_subject IS NULL RETURNING id
            """,
            {"subject": person.subject, "email": person.email, "at": at},
        )
    if account_id is None:
        account_id = await _make_account(tx, person, at, note)
    account = await accounts.get_account(tx, account_id)
    if account.disabled_at is not None:
        raise Refusal("disabled")
    if settings.oidc_roles and not account.has_password:
        await _give_role(tx, account, person, at, note)
    session = await begin_session(tx, account.id, user_agent=user_agent, at=at, lasts=timedelta(hours=settings.session_hours))
    await note(tx, "signed_in", at, by=f"account:{account.id}", method="oidc")
    return session


async def _make_account(tx: Tx, person: Person, at: datetime, note: Note) -> UUID:
    if person.role is None:
        raise Refusal("unknown")
    if person.email is None:
        raise Refusal("no_email")
    try:
        account = await accounts.create_account(
            tx,
            email=person.email,
            name=person.name or person.email,
            role=person.role,
            identity=person.identity,
            password_hash=None,
            oidc_subject=person.subject,
            at=at,
            note=note,
        )
    except (errors.Invalid, errors.Conflict) as why:  # a provider without an identity; an address of somebody else's
        raise Refusal("unknown") from why
    return account.id


async def _give_role(tx: Tx, account: accounts.Account, person: Person, at: datetime, note: Note) -> None:
    if person.role is None:
        raise Refusal("no_role")
    changes: dict[str, Any] = {"role": person.role} | ({"identity": person.identity} if person.identity else {})
    try:
        await accounts.change_account(tx, account.id, changes, at, note)
    except errors.LastAdmin as why:
        raise Refusal("last_admin") from why
    except errors.Invalid as why:
        raise Refusal("no_role") from why


# ── What the browser keeps ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _seal(key: bytes, begun: Begun) -> str:
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(ids.keyed_hash(key, "oidc")).encrypt(nonce, msgspec.json.encode(begun), b"oidc")
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _open(key: bytes, kept: str) -> Begun | None:
    """None for what we did not seal."""
    try:
        sealed = urlsafe_b64decode(kept + "=" * (-len(kept) % 4))
        return msgspec.json.decode(AESGCM(ids.keyed_hash(key, "oidc")).decrypt(sealed[:12], sealed[12:], b"oidc"), type=Begun)
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        return None
