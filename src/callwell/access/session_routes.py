"""Signing in to the console and out of it, and what people do about their own account."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import delete, get, post
from litestar.datastructures import Cookie
from litestar.di import Provide
from msgspec import Meta, Struct
from msgspec.structs import replace

from callwell import errors
from callwell.access import accounts, oidc, passwords, sessions, signing_in, totp
from callwell.access.callers import AccountCaller, Caller, Role
from callwell.access.guards import Door, allow
from callwell.access.keys import Note
from callwell.access.oidc import GOES_ON_FOR, Provider, Refusal
from callwell.access.sessions import ShownSession
from callwell.access.signing_in import Attempt
from callwell.access.tokens import LIVE_FOR, live_token
from callwell.http import Body, Page, Request, Response
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
    new = await signing_in.sign_in(db, settings.key, attempt, datetime.now(UTC), timedelta(hours=settings.session_hours), note)
    async with db.transaction() as tx:
        await sessions.end_session_of(tx, _secret(request, door))
        session = await _session(tx, new.secret, door, settings)
    return Response(session, status_code=200, cookies=[session_cookie(door, request, new.secret)])


@delete("/v1/session", opt=allow(anyone=True, accounts=True), status_code=204)
async def sign_out(caller: Caller, request: Request, db: Database, door: Door, note: Note) -> Response[None]:
    """Sign out."""
    if isinstance(caller, AccountCaller):
        async with db.transaction() as tx:
            await sessions.end_session_of(tx, _secret(request, door))
            await note(tx, "signed_out", datetime.now(UTC))
    return Response(None, status_code=204, cookies=[session_cookie(door, request, None)])


def session_cookie(door: Door, request: Request, secret: str | None) -> Cookie:
    """The cookie of a session; without a secret, what takes it away. It is gone when the browser is closed."""
    return _cookie(door.cookie, request, secret or "", 0 if secret is None else None)


def _cookie(name: str, request: Request, value: str, max_age: int | None) -> Cookie:
    """No script reads it, and no other site has it sent but by a link that somebody follows."""
    is_https = name.startswith("__Host-") or request.scope["scheme"] == "https"
    return Cookie(name, value=value, path="/", httponly=True, secure=is_https, samesite="lax", max_age=max_age)


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


def _ways(settings: Settings) -> WaysToSignIn:
    return WaysToSignIn(oidc=settings.oidc_label if settings.oidc_issuer else None)


# ── The organization's own sign-in ────────────────────────────────────────────────────────────────────────────────────────────────


def provide_provider(request: Request, settings: Settings) -> Provider:
    """One for the app. Raises NoSuchAddress where none is set."""
    if not settings.oidc_issuer:
        raise errors.NoSuchAddress
    state = request.app.state
    if "oidc_provider" not in state:
        state["oidc_provider"] = Provider(settings)
    return state["oidc_provider"]


OIDC = {"dependencies": {"provider": Provide(provide_provider, sync_to_thread=False)}, "include_in_schema": False}
BY_LINK = {**allow(anyone=True), "any_query": True}
"""The provider comes back with parameters of its own."""


@get("/v1/session/oidc", opt=BY_LINK, **OIDC)
async def begin_sign_on(request: Request, provider: Provider, door: Door, address: str | None, next: str | None = None) -> Response[None]:
    """Send the browser to the organization's own sign-in, and then on to `next`."""
    door.sign_ins.check(address, time.monotonic())
    try:
        url, kept = await provider.begin(next, datetime.now(UTC))
    except Refusal as why:
        return _to_sign_in(why)
    cookie = _cookie(f"{door.cookie}-oidc", request, kept, int(GOES_ON_FOR.total_seconds()))
    return Response(None, status_code=302, headers={"Location": url}, cookies=[cookie])


@get("/v1/session/oidc/callback", opt=BY_LINK, **OIDC)
async def finish_sign_on(
    request: Request, provider: Provider, db: Database, door: Door, settings: Settings, address: str | None, note: Note
) -> Response[None]:
    """Where the browser comes back to: a session for who the provider says it is, and on to the page that they wanted."""
    door.sign_ins.check(address, time.monotonic())
    at, kept = datetime.now(UTC), request.cookies.get(f"{door.cookie}-oidc", "")
    gone = _cookie(f"{door.cookie}-oidc", request, "", 0)
    try:
        person, next = await provider.finish(kept, dict(request.query_params), at)
        async with db.transaction() as tx:
            new = await oidc.let_in(tx, person, settings, user_agent=request.headers.get("user-agent"), at=at, note=note)
            await sessions.end_session_of(tx, _secret(request, door))
    except Refusal as why:
        async with db.transaction() as tx:
            await note(tx, "sign_in_refused", at, method="oidc", reason=why.reason)
        return _to_sign_in(why, gone)
    return Response(None, status_code=303, headers={"Location": next}, cookies=[gone, session_cookie(door, request, new.secret)])


def _to_sign_in(why: Refusal, *cookies: Cookie) -> Response[None]:
    """The sign-in page says why, as far as it is anybody's business."""
    told = "unavailable" if why.reason == "unavailable" else "refused"
    return Response(None, status_code=303, headers={"Location": f"/sign-in?why=sign_on_{told}"}, cookies=list(cookies))


# ── One's own account ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class PasswordChange(Body, frozen=True):
    current: Password
    new: Password


class CodeShown(Body, frozen=True):
    code: Code
    """Of the app, or one for recovery."""


class NewSecondFactor(Struct, frozen=True):
    """What an app for codes reads. It counts once a code of it was shown."""

    uri: str
    secret: str
    """The same, to be typed."""
    svg: str
    """The same, as a picture to scan."""


class RecoveryCodes(Struct, frozen=True):
    recovery_codes: list[str]
    """Each is good once, when the app is lost. They are shown this once."""


class LiveToken(Struct, frozen=True):
    token: str
    """For the hello of `/v1/live`."""
    expires_at: datetime


@post("/v1/session/password", opt=allow(accounts=True), status_code=200)
async def change_password(
    data: PasswordChange, caller: AccountCaller, request: Request, db: Database, door: Door, settings: Settings, note: Note
) -> Response[Session]:
    """Change one's own password. All sessions of the account end; this page goes on with a new one."""
    at, email = datetime.now(UTC), await _email(db, caller)
    passwords.check_password(data.new, email=email)
    await signing_in.check_own_password(db, settings.key, email, data.current, at)
    hash = await passwords.hash_password(data.new)
    async with db.transaction() as tx:
        await accounts.set_password(tx, caller.account_id, hash, at, note)
        lasts, user_agent = timedelta(hours=settings.session_hours), request.headers.get("user-agent")
        new = await sessions.begin_session(tx, caller.account_id, user_agent=user_agent, at=at, lasts=lasts)
        session = await _session(tx, new.secret, door, settings)
    return Response(session, status_code=200, cookies=[session_cookie(door, request, new.secret)])


@post("/v1/session/totp", opt=allow(accounts=True), status_code=200)
async def begin_second_factor(caller: AccountCaller, db: Database, settings: Settings) -> NewSecondFactor:
    """Make the secret of a second factor, for an app that shows codes."""
    email = await _email(db, caller)
    async with db.transaction() as tx:
        secret = await totp.begin(tx, settings.key, caller.account_id)
    uri = totp.uri_of(secret, email)
    return NewSecondFactor(uri, secret, totp.picture_of(uri))


@post("/v1/session/totp/confirm", opt=allow(accounts=True), status_code=200)
async def confirm_second_factor(data: CodeShown, caller: AccountCaller, db: Database, settings: Settings, note: Note) -> RecoveryCodes:
    """Show the first code. From now on signing in takes one."""
    async with db.transaction() as tx:
        return RecoveryCodes(await totp.confirm(tx, settings.key, caller.account_id, data.code, datetime.now(UTC), note))


@post("/v1/session/totp/recovery-codes", opt=allow(accounts=True), status_code=200)
async def renew_recovery_codes(data: CodeShown, caller: AccountCaller, db: Database, settings: Settings, note: Note) -> RecoveryCodes:
    """New codes for when the app is lost; the others are good no more. It takes a code."""
    at = datetime.now(UTC)
    await signing_in.check_own_code(db, settings.key, caller.account_id, await _email(db, caller), data.code, at, note)
    async with db.transaction() as tx:
        codes = await totp.make_recovery_codes(tx, settings.key, caller.account_id)
        await note(tx, "recovery_codes_renewed", at, account_id=str(caller.account_id))
    return RecoveryCodes(codes)


@delete("/v1/session/totp", opt=allow(accounts=True))
async def remove_second_factor(data: CodeShown, caller: AccountCaller, db: Database, settings: Settings, note: Note) -> None:
    """Sign in without a second factor from now on. It takes a code."""
    at = datetime.now(UTC)
    await signing_in.check_own_code(db, settings.key, caller.account_id, await _email(db, caller), data.code, at, note)
    async with db.transaction() as tx:
        await totp.remove(tx, caller.account_id, at, note)


@get("/v1/session/sessions", opt=allow(accounts=True))
async def list_sessions(caller: AccountCaller, db: Database, door: Door) -> Page[ShownSession]:
    """Where one is signed in, the newest first."""
    async with db.connection() as tx:
        found = await sessions.list_sessions(tx, caller.account_id, datetime.now(UTC), idle=door.idle)
    return Page([replace(one, is_this=one.id == caller.session_id) for one in found])


@delete("/v1/session/sessions/{session_id:uuid}", opt=allow(accounts=True))
async def end_session(session_id: UUID, caller: AccountCaller, db: Database, note: Note) -> None:
    """Sign out there."""
    async with db.transaction() as tx:
        if not await sessions.end_session(tx, caller.account_id, session_id):
            raise errors.NotFound(what="session", id=session_id)
        await note(tx, "signed_out", datetime.now(UTC))


@post("/v1/session/live-token", opt=allow(accounts=True), status_code=200)
async def create_live_token(caller: AccountCaller, settings: Settings) -> LiveToken:
    """Make a token with which a page opens `/v1/live` within a minute. The socket closes when the session ends."""
    expires_at = datetime.now(UTC).replace(microsecond=0) + LIVE_FOR
    return LiveToken(live_token(settings.key, caller.session_id, expires_at), expires_at)


async def _email(db: Database, caller: AccountCaller) -> str:
    async with db.connection() as tx:
        return (await accounts.get_account(tx, caller.account_id)).email


routes = [
    get_session,
    sign_in,
    sign_out,
    change_password,
    begin_second_factor,
    confirm_second_factor,
    renew_recovery_codes,
    remove_second_factor,
    list_sessions,
    end_session,
    create_live_token,
    begin_sign_on,
    finish_sign_on,
]
