"""Sessions of accounts: a secret in a cookie, of which a hash alone is stored.

A session is always a new one: what a browser brings along before it signed in never becomes a session.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from callwell import ids
from callwell.access.callers import AccountCaller, Role
from callwell.postgres.pool import Tx, execute, fetch_all, fetch_one

SESSION_PREFIX = "cws"

USE_IS_NOTED_EVERY = timedelta(seconds=10)
"""So much earlier at most a session ends than its idle time says."""

USER_AGENT_LENGTH = 500


class NewSession(Struct, frozen=True):
    id: UUID
    secret: str
    expires_at: datetime


class OpenSession(Struct, frozen=True):
    """A session that goes on."""

    session_id: UUID
    account_id: UUID
    name: str
    role: Role
    identity: str | None
    seen_at: datetime
    expires_at: datetime

    @property
    def caller(self) -> AccountCaller:
        return AccountCaller(self.account_id, self.name, self.role, self.identity, self.session_id)


class ShownSession(Struct, frozen=True):
    """A session as its own account is shown it."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    user_agent: str | None
    is_this: bool = False


async def begin_session(tx: Tx, account_id: UUID, *, user_agent: str | None, at: datetime, lasts: timedelta) -> NewSession:
    """Those of the account that are over go with it."""
    new = NewSession(ids.uuid7(), ids.new_secret(SESSION_PREFIX), at + lasts)
    row = {"id": new.id, "hash": ids.secret_hash(new.secret), "account": account_id, "at": at, "until": new.expires_at}
    await execute(tx, "DELETE FROM account_sessions WHERE account_id = %(account)s AND expires_at <= %(at)s", row)
    await execute(tx, ADD_SESSION, {**row, "user_agent": user_agent[:USER_AGENT_LENGTH] if user_agent else None})
    await execute(tx, "UPDATE accounts SET last_sign_in_at = %(at)s WHERE id = %(account)s", row)
    return new


async def find_session(tx: Tx, secret: str, at: datetime, *, idle: timedelta, is_passive: bool) -> OpenSession | None:
    """Whose cookie this is; None where its session is over. It is used by it, unless a page asked by itself (``is_passive``)."""
    found = await fetch_one(tx, OpenSession, FIND_BY_HASH, {"hash": ids.secret_hash(secret), "at": at, "idle_since": at - idle})
    if found is not None and not is_passive and at - found.seen_at >= USE_IS_NOTED_EVERY:
        await execute(tx, "UPDATE account_sessions SET seen_at = %(at)s WHERE id = %(id)s AND seen_at < %(at)s", {"id": found.session_id, "at": at})
    return found


async def find_session_by_id(tx: Tx, session_id: UUID, at: datetime, *, idle: timedelta) -> OpenSession | None:
    return await fetch_one(tx, OpenSession, FIND_BY_ID, {"id": session_id, "at": at, "idle_since": at - idle})


async def list_sessions(tx: Tx, account_id: UUID, at: datetime, *, idle: timedelta) -> Sequence[ShownSession]:
    """The account's sessions that go on, the newest first."""
    return await fetch_all(
        tx,
        ShownSession,
        """
        SELECT id, created_at, seen_at, expires_at, user_agent FROM account_sessions
        WHERE account_id = %(account)s AND expires_at > %(at)s AND seen_at > %(idle_since)s
        ORDER BY created_at DESC LIMIT 200
        """,
        {"account": account_id, "at": at, "idle_since": at - idle},
    )


async def end_session(tx: Tx, account_id: UUID, session_id: UUID) -> bool:
    """Whether the account had it."""
    return bool(
        await execute(tx, "DELETE FROM account_sessions WHERE id = %(id)s AND account_id = %(account)s", {"id": session_id, "account": account_id})
    )


async def end_sessions(tx: Tx, account_id: UUID) -> None:
    """All that the account has."""
    await execute(tx, "DELETE FROM account_sessions WHERE account_id = %(account)s", {"account": account_id})


async def end_session_of(tx: Tx, secret: str) -> None:
    """End the session of a cookie, if it is one."""
    await execute(tx, "DELETE FROM account_sessions WHERE hash = %(hash)s", {"hash": ids.secret_hash(secret)})


async def forget_sessions(tx: Tx, at: datetime) -> int:
    """Remove sessions whose time has come; gives how many there were."""
    return await execute(tx, "DELETE FROM account_sessions WHERE expires_at <= %(at)s", {"at": at})


ADD_SESSION: LiteralString = """
    INSERT INTO account_sessions (id, hash, account_id, created_at, seen_at, expires_at, user_agent)
    VALUES (%(id)s, %(hash)s, %(account)s, %(at)s, %(at)s, %(until)s, %(user_agent)s)
"""

FIND_BY_HASH: LiteralString = """
    SELECT s.id AS session_id, s.account_id, a.name, a.role, a.identity, s.seen_at, s.expires_at
    FROM account_sessions s JOIN accounts a ON a.id = s.account_id
    WHERE s.hash = %(hash)s AND s.expires_at > %(at)s AND s.seen_at > %(idle_since)s AND a.disabled_at IS NULL
"""

FIND_BY_ID: LiteralString = """
    SELECT s.id AS session_id, s.account_id, a.name, a.role, a.identity, s.seen_at, s.expires_at
    FROM account_sessions s JOIN accounts a ON a.id = s.account_id
    WHERE s.id = %(id)s AND s.expires_at > %(at)s AND s.seen_at > %(idle_since)s AND a.disabled_at IS NULL
"""


# ── What pages of ours prove ──────────────────────────────────────────────────────────────────────────────────────────────────────


def csrf_token(key: bytes, secret: str) -> str:
    """What a page of ours has to show beside the cookie to change anything; pages of others cannot read it."""
    return urlsafe_b64encode(ids.keyed_hash(key, "csrf", secret)).rstrip(b"=").decode()


def is_csrf_token(key: bytes, secret: str, shown: str) -> bool:
    return compare_digest(csrf_token(key, secret).encode(), shown.encode())
