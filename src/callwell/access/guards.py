"""Who may call what. Every route says so, and one guard holds all of them to it.

A route that says nothing is closed to everyone. What a caller may see of what a route gives is the route's own affair; what they may not see is
not there for them (404), so that an outsider cannot tell.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import WebSocketException
from litestar.handlers.base import BaseRouteHandler
from msgspec import Struct

from callwell import errors, ids
from callwell.access import keys, own, sessions
from callwell.access.callers import AccountCaller, Anonymous, Caller, ConnectionCaller, KeyCaller, Scope, UserCaller
from callwell.access.limiter import Limiter
from callwell.access.sessions import OpenSession
from callwell.access.tokens import get_grant, read_live_token, read_user_token
from callwell.http import header
from callwell.postgres.pool import Database
from callwell.settings import Settings

KNOWN_FOR = 2.0
"""Seconds that a key which was looked up is believed without looking again; a revocation takes effect within them."""
MOST_KNOWN = 10_000

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""


class Allowed(Struct, frozen=True):
    """Who may call a route."""

    keys: Scope | None = None
    connections: bool = False
    users: bool = False
    anyone: bool = False
    put_out: bool = False
    waiting: bool = False
    accounts: bool = False
    own: bool = False

    @property
    def by_cookie(self) -> bool:
        """Whether it means anything here that somebody is signed in."""
        return self.keys is not None or self.accounts

    def admits(self, caller: Caller) -> bool:
        match caller:
            case KeyCaller():
                return self.keys is not None and caller.may(self.keys)
            case AccountCaller():
                return self.accounts or (self.keys is not None and caller.may(self.keys) and (self.own or caller.only is None))
            case UserCaller():
                return self.users
            case ConnectionCaller():
                return self.connections
            case Anonymous():
                return self.anyone

    @property
    def needs(self) -> str:
        """What it takes, in words."""
        kinds = [f"an API key with the scope {self.keys}"] if self.keys else []
        kinds += ["a connection token"] if self.connections else []
        kinds += ["a user token"] if self.users else []
        kinds += ["an account"] if self.accounts else []
        return " or ".join(kinds) or "what nobody has"


def allow(
    *,
    keys: Scope | None = None,
    connections: bool = False,
    users: bool = False,
    anyone: bool = False,
    put_out: bool = False,
    waiting: bool = False,
    accounts: bool = False,
    own: bool = False,
    look: str | None = None,
) -> dict[str, Any]:
    """Says who may call a route: ``@get(..., opt=allow(keys="calls:read", users=True))``.

    ``anyone`` alone asks for no credential; beside others a credential that is shown counts. ``put_out`` lets in connections that were put out, too, and
    ``waiting`` those that wait to be let in: what they may do is the route's affair.

    Accounts come in where their role has the scope that ``keys`` names; a provider only where the route shows them their ``own`` (`AccountCaller.only`).
    ``accounts`` lets in everybody who is signed in.

    ``look`` is what a GET shows of people, ``call`` or ``person``: where an account gets it, the audit trail is told (`record/looks.py`).
    """
    return {"allowed": Allowed(keys, connections, users, anyone, put_out, waiting, accounts, own), "look": look}


class Door:
    """Tells who a credential stands for."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.settling = timedelta(seconds=settings.settling_seconds)
        """How long after its end a call is still reported of, where it does not say; changed as the deployment's settings are."""
        self.sign_ins = Limiter(settings.sign_ins_per_minute)
        """How often an address may try to sign in."""
        self.idle = timedelta(minutes=settings.session_idle_minutes)
        self._db = db
        self._key = settings.key
        self._public_url = settings.public_url
        self.cookie = session_cookie(settings)
        self._known: dict[bytes, tuple[float, KeyCaller]] = {}

    async def caller(self, token: str, at: datetime, *, put_out: bool = False) -> Caller:
        """Raises CredentialRefused, and Revoked for a connection that was put out unless ``put_out`` says that it may come too."""
        if token.startswith("cwk_"):
            return await self._key_caller(token, at)
        if token.startswith("cwc_"):
            async with self._db.connection() as tx:
                return (await get_grant(tx, self._key, token, settling=self.settling, at=at, put_out=put_out)).caller
        if (user := read_user_token(self._key, token, at)) is not None:
            return user
        raise errors.CredentialRefused

    async def live_caller(self, token: str, at: datetime, *, is_open: bool = False) -> Caller:
        """Who opens a live socket, or may keep the one that ``is_open``: as `caller`, and pages whose session gave them a token for it.

        Raises CredentialRefused, Revoked.
        """
        if not token.startswith("cwl_"):
            return await self.caller(token, at)
        found = read_live_token(self._key, token)
        if found is None or (found[1] <= at and not is_open):
            raise errors.CredentialRefused
        async with self._db.connection() as tx:
            session = await sessions.find_session_by_id(tx, found[0], at, idle=self.idle)
        if session is None:
            raise errors.CredentialRefused
        return session.caller

    async def _key_caller(self, secret: str, at: datetime) -> KeyCaller:
        hash = ids.secret_hash(secret)
        until, known = self._known.get(hash, (0.0, None))
        if known is not None and time.monotonic() < until:
            return known
        async with self._db.connection() as tx:
            caller = await keys.find_caller(tx, secret, at)
        if caller is None:
            self._known.pop(hash, None)
            raise errors.CredentialRefused
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[hash] = (time.monotonic() + KNOWN_FOR, caller)
        return caller

    async def session(self, secret: str, at: datetime, *, is_passive: bool) -> OpenSession | None:
        """Who a session's cookie stands for; None where it is over."""
        async with self._db.connection() as tx:
            return await sessions.find_session(tx, secret, at, idle=self.idle, is_passive=is_passive)

    async def check_own(self, identity: str, named: Mapping[str, Any]) -> None:
        """Raises NotFound where a path names what is not theirs."""
        if named:
            async with self._db.connection() as tx:
                await own.check_own(tx, identity, named)

    def is_our_page(self, scope: Mapping[str, Any]) -> bool:
        """Whether a page of this server asks, as browsers tell it. A page of another site cannot say so, and what is no browser need not."""
        origin = header(scope, b"origin")
        if origin:
            ours, theirs = urlsplit(self._public_url), urlsplit(origin)
            is_here = theirs.netloc == header(scope, b"host") and (ours.scheme != "https" or theirs.scheme == "https")
            return bool(theirs.netloc) and (is_here or theirs[:2] == ours[:2])
        return header(scope, b"sec-fetch-site") == "same-origin"

    def check_our_page(self, scope: Mapping[str, Any], secret: str) -> None:
        """What changes something, and shows a cookie alone, has to come from a page of ours. Raises NotOurPage."""
        if not self.is_our_page(scope) or not sessions.is_csrf_token(self._key, secret, header(scope, b"x-callwell-csrf")):
            raise errors.NotOurPage

    def forget(self) -> None:
        """Look at every key again; after one was revoked here."""
        self._known.clear()


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Lets through who may call the handler, and puts them in the scope as ``caller``.

    Raises NotSignedIn, CredentialRefused, NotAllowed, Revoked; a socket is closed with 4401 or 4403 before it opens.
    """
    allowed = handler.opt.get("allowed")
    if allowed is None:
        if connection.scope.get("method") != "OPTIONS":
            raise errors.NotAllowed(needs="what nobody has")
        allowed = Allowed(anyone=True)  # Litestar's own answer to OPTIONS: the methods that there are
    try:
        connection.scope["caller"] = await _caller(connection, allowed)  # pyright: ignore[reportGeneralTypeIssues] ours
    except errors.CallwellError as why:
        if connection.scope["type"] != "websocket":
            raise
        raise WebSocketException(detail=why.code, code=4000 + why.status) from why


async def _caller(connection: ASGIConnection[Any, Any, Any, Any], allowed: Allowed) -> Caller:
    if allowed == Allowed(anyone=True):
        return Anonymous()
    scheme, _, token = header(connection.scope, b"authorization").partition(" ")
    door: Door = connection.app.state["door"]
    if scheme.lower() == "bearer" and token.strip():
        caller = await door.caller(token.strip(), datetime.now(UTC), put_out=allowed.put_out)
    elif secret := _cookie(connection, door, allowed):
        caller = await _signed_in(connection, door, secret, allowed)
    elif allowed.anyone:
        return Anonymous()
    else:
        raise errors.NotSignedIn
    connection.scope["caller"] = caller  # pyright: ignore[reportGeneralTypeIssues] ours; who is not let in is known, too
    if not allowed.admits(caller):
        raise errors.NotAllowed(needs=allowed.needs)
    if isinstance(caller, AccountCaller) and caller.only is not None:
        await door.check_own(caller.only, connection.path_params)
    if isinstance(caller, ConnectionCaller) and caller.is_waiting and not allowed.waiting:
        raise errors.StillWaiting
    return caller


def _cookie(connection: ASGIConnection[Any, Any, Any, Any], door: Door, allowed: Allowed) -> str:
    """The session's secret that a browser sent by itself, where that means anything."""
    return connection.cookies.get(door.cookie, "") if allowed.by_cookie and connection.scope["type"] == "http" else ""


async def _signed_in(connection: ASGIConnection[Any, Any, Any, Any], door: Door, secret: str, allowed: Allowed) -> Caller:
    """Raises SessionOver, NotOurPage."""
    is_passive = header(connection.scope, b"x-callwell-passive") == "1"
    session = await door.session(secret, datetime.now(UTC), is_passive=is_passive)
    if session is None:
        if allowed.anyone:
            return Anonymous()
        raise errors.SessionOver
    if connection.scope.get("method") not in SAFE:
        door.check_our_page(connection.scope, secret)
    return session.caller


def session_cookie(settings: Settings) -> str:
    """The cookie's name. Over https it is one that browsers take from this host alone, and for all of it."""
    return "__Host-callwell" if settings.public_url.startswith("https://") else "callwell_session"
