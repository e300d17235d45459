"""Who may call what. Every route says so, and one guard holds all of them to it.

A route that says nothing is closed to everyone. What a caller may see of what a route gives is the route's own affair; what they may not see is
not there for them (404), so that an outsider cannot tell.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import WebSocketException
from litestar.handlers.base import BaseRouteHandler
from msgspec import Struct

from callwell import errors, ids
from callwell.access import keys
from callwell.access.callers import Anonymous, Caller, ConnectionCaller, KeyCaller, Scope, UserCaller
from callwell.access.tokens import get_grant, read_user_token
from callwell.http import header
from callwell.postgres.pool import Database
from callwell.settings import Settings

KNOWN_FOR = 2.0
"""Seconds that a key which was looked up is believed without looking again; a revocation takes effect within them."""
MOST_KNOWN = 10_000


class Allowed(Struct, frozen=True):
    """Who may call a route."""

    keys: Scope | None = None
    connections: bool = False
    users: bool = False
    anyone: bool = False
    put_out: bool = False
    waiting: bool = False

    @property
    def needs(self) -> str:
        """What it takes, in words."""
        kinds = [f"an API key with the scope {self.keys}"] if self.keys else []
        kinds += ["a connection token"] if self.connections else []
        kinds += ["a user token"] if self.users else []
        return " or ".join(kinds) or "what nobody has"


def allow(
    *,
    keys: Scope | None = None,
    connections: bool = False,
    users: bool = False,
    anyone: bool = False,
    put_out: bool = False,
    waiting: bool = False,
) -> dict[str, Any]:
    """Says who may call a route: ``@get(..., opt=allow(keys="calls:read", users=True))``.

    ``anyone`` alone asks for no credential; beside others a credential that is shown counts. ``put_out`` lets in connections that were put out, too, and
    ``waiting`` those that wait to be let in: what they may do is the route's affair.
    """
    return {"allowed": Allowed(keys, connections, users, anyone, put_out, waiting)}


class Door:
    """Tells who a credential stands for."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.settling = timedelta(seconds=settings.settling_seconds)
        """How long after its end a call is still reported of, where it does not say; changed as the deployment's settings are."""
        self._db = db
        self._key = settings.key
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
    if scheme.lower() != "bearer" or not token.strip():
        if allowed.anyone:
            return Anonymous()
        raise errors.NotSignedIn
    door: Door = connection.app.state["door"]
    caller = await door.caller(token.strip(), datetime.now(UTC), put_out=allowed.put_out)
    connection.scope["caller"] = caller  # pyright: ignore[reportGeneralTypeIssues] ours; who is not let in is known, too
    match caller:
        case KeyCaller():
            may = allowed.keys is not None and caller.may(allowed.keys)
        case UserCaller():
            may = allowed.users
        case ConnectionCaller():
            may = allowed.connections
        case Anonymous():
            may = allowed.anyone
    if not may:
        raise errors.NotAllowed(needs=allowed.needs)
    if isinstance(caller, ConnectionCaller) and caller.is_waiting and not allowed.waiting:
        raise errors.StillWaiting
    return caller
