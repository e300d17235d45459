"""Signing in to the console and out of it, and what people do about their own account."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import delete, get, post
from litestar.datastructures import Cookie
from msgspec import Meta, Struct

from callwell import errors
from callwell.access import accounts, sessions
from callwell.access.callers import AccountCaller, Caller, Role
from callwell.access.guards import Door, allow
from callwell.access.keys import Note
from callwell.access.signing_in import Attempt, sign_in as sign_in_with_password
from callwell.http import Body, Request, Response
from callwell.postgres.pool import Database, Tx
from callwell.settings import Settings

Email = Annotated[str, Meta(min_length=3, max_length=254)]
Password = Annotated[str, Meta(min_length=1, max_length=1000)]
Code = Annotated[str, Meta(min_length=1, max_length=40)]


# ── Who is signed in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class SignedIn(Struct, frozen=True):
    """Whose session it is."""

    id: UUID
    email: str
    name: str
    role: Role
    identity: str | None
    has_password: bool
    has_second_factor: bool


class WaysToSignIn(Struct, frozen=True):
    password: bool = True
    oidc: str | None = None
    """What the single sign-on is called; null where there is none."""


class Session(Struct, frozen=True):
    """Who is signed in, if anybody is, and what their pages have to know."""

    account: SignedIn | None
    csrf: str | None
    """What goes in `X-Callwell-CSRF` with everything that changes something."""
    idle_seconds: int
    """After how long without anything done the session ends."""
    expires_at: datetime | None
    sign_in: WaysToSignIn


class Credentials(Body, frozen=True):
    email: Email
    password: Password
    code: Code | None = None
    """Of the second factor, where the account has one."""


@get("/v1/session", opt=allow(anyone=True, accounts=True))
async def get_session(caller: Caller, request: Request, db: Database, door: Door, settings: Settings) -> Session:
    """Who is signed in; `account` is null where nobody is."""
    if not isinstance(caller, AccountCaller):
        return _nobody(settings)
    async with db.connection() as tx:
        return await _session(tx, _secret(request, door), door, settings)


@post("/v1/session", opt=allow(anyone=True), status_code=200)
async def sign_in(
    data: Credentials, request: Request, db: Database, door: Door, settings: Settings, address: str | None, note: Note
) -> Response[Session]:
    """Sign in. The answer to an address that nobody has is that to a wrong password."""
    door.sign_ins.check(address, time.monotonic())
    if request.headers.get("origin") and not door.is_our_page(request.scope):
        raise errors.NotOurPage  # a page of another site would sign somebody in as somebody else
    attempt = Attempt(data.email, data.password, data.code, request.headers.get("user-agent"))
    new = await sign_in_with_password(db, settings.key, attempt, datetime.now(UTC), timedelta(hours=settings.session_hours), note)
    async with db.transaction() as tx:
        await sessions.end_session_of(tx, _secret(request, door))
        session = await _session(tx, new.secret, door, settings)
    return Response(session, status_code=200, cookies=[session_cookie(door, settings, new.secret)])


@delete("/v1/session", opt=allow(anyone=True, accounts=True), status_code=204)
async def sign_out(caller: Caller, request: Request, db: Database, door: Door, settings: Settings, note: Note) -> Response[None]:
    """Sign out."""
    if isinstance(caller, AccountCaller):
        async with db.transaction() as tx:
            await sessions.end_session_of(tx, _secret(request, door))
            await note(tx, "signed_out", datetime.now(UTC))
    return Response(None, status_code=204, cookies=[session_cookie(door, settings, None)])


def session_cookie(door: Door, settings: Settings, secret: str | None) -> Cookie:
    """The cookie of a session; without a secret, what takes it away. It is gone when the browser is closed."""
    is_https = settings.public_url.startswith("https://")
    gone = 0 if secret is None else None
    return Cookie(door.cookie, value=secret or "", path="/", httponly=True, secure=is_https, samesite="lax", max_age=gone)


def _secret(request: Request, door: Door) -> str:
    return request.cookies.get(door.cookie, "")


async def _session(tx: Tx, secret: str, door: Door, settings: Settings) -> Session:
    """What a page is told of a session that has just been used."""
    open = await sessions.find_session(tx, secret, datetime.now(UTC), idle=door.idle, is_passive=True)
    account = await accounts.find_account(tx, open.account_id) if open else None
    if open is None or account is None:
        return _nobody(settings)
    signed_in = SignedIn(account.id, account.email, account.name, account.role, account.identity, account.has_password, account.has_second_factor)
    return Session(signed_in, sessions.csrf_token(settings.key, secret), settings.session_idle_minutes * 60, open.expires_at, _ways(settings))


def _nobody(settings: Settings) -> Session:
    return Session(None, None, settings.session_idle_minutes * 60, None, _ways(settings))


def _ways(settings: Settings) -> WaysToSignIn:  # noqa: ARG001
    return WaysToSignIn()


routes = [get_session, sign_in, sign_out]
