"""Accounts: people who sign in to the console."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct

from callwell import errors, ids
from callwell.access.callers import Role
from callwell.access.keys import Note
from callwell.access.sessions import end_sessions
from callwell.access.tokens import IDENTITY
from callwell.postgres.pool import DatabaseError, Tx, execute, fetch_all, fetch_one, fetch_value, sqlstate

EMAIL = r"[!-?A-~]{1,64}@[!-?A-~]{1,189}"
"""An address as people are known by; whether mail reaches it nobody asks. In ASCII, where all agree what its lower case is."""

UNIQUE_VIOLATION = "23505"


class Account(Struct, frozen=True):
    """An account as it is shown."""

    id: UUID
    email: str
    name: str
    role: Role
    identity: str | None
    """Who they are in calls, ``user:42``; of a provider, whose calls they see."""
    has_password: bool
    has_second_factor: bool
    signs_in_elsewhere: bool
    """Whether they have come by the single sign-on."""
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None
    last_sign_in_at: datetime | None


class AccountPosition(Struct, frozen=True, array_like=True):
    email: str
    id: UUID


async def create_account(
    tx: Tx,
    *,
    email: str,
    name: str,
    role: Role,
    identity: str | None,
    password_hash: str | None,
    at: datetime,
    note: Note,
    oidc_subject: str | None = None,
) -> Account:
    """Raises Invalid for what is no address or a provider who is nobody, and Conflict where the address has an account."""
    check_account(email, role, identity)
    account_id = ids.uuid7()
    row = {"id": account_id, "email": email, "name": name, "role": role, "identity": identity, "hash": password_hash, "at": at}
    try:
        async with tx.transaction():
            await execute(tx, ADD_ACCOUNT, {**row, "subject": oidc_subject})
    except DatabaseError as why:
        if sqlstate(why) == UNIQUE_VIOLATION:
            raise errors.Conflict(what="an account of this address") from why
        raise
    await note(tx, "account_created", at, account_id=str(account_id), role=role)
    return await get_account(tx, account_id)


def check_account(email: str, role: Role, identity: str | None) -> None:
    """Raises Invalid, naming the field."""
    if not re.fullmatch(EMAIL, email):
        raise errors.Invalid(problem="email: it is no address", fields={"email": "It is no address."})
    if identity is not None and not IDENTITY.match(identity):
        raise errors.Invalid(problem="identity: it must be like user:42", fields={"identity": "It must be like user:42."})
    if role == "provider" and identity is None:
        raise errors.Invalid(problem="identity: a provider has one", fields={"identity": "A provider has one: whose calls they see."})


async def get_account(tx: Tx, account_id: UUID) -> Account:
    """Raises NotFound."""
    found = await find_account(tx, account_id)
    if found is None:
        raise errors.NotFound(what="account", id=account_id)
    return found


async def find_account(tx: Tx, account_id: UUID) -> Account | None:
    return await fetch_one(
        tx,
        Account,
        """
        SELECT id, email, name, role, identity, password_hash IS NOT NULL AS has_password, totp_confirmed_at IS NOT NULL AS has_second_factor,
               oidc_subject IS NOT NULL AS signs_in_elsewhere, created_at, updated_at, disabled_at, last_sign_in_at
        FROM accounts WHERE id = %(id)s
        """,
        {"id": account_id},
    )


async def find_account_id(tx: Tx, email: str) -> UUID | None:
    return await fetch_value(tx, "SELECT id FROM accounts WHERE lower(email) = lower(%(email)s)", {"email": email})


async def list_accounts(tx: Tx, after: AccountPosition | None, rows: int) -> Sequence[Account]:
    """Accounts by address, those disabled among them."""
    return await fetch_all(
        tx,
        Account,
        """
        SELECT id, email, name, role, identity, password_hash IS NOT NULL AS has_password, totp_confirmed_at IS NOT NULL AS has_second_factor,
               oidc_subject IS NOT NULL AS signs_in_elsewhere, created_at, updated_at, disabled_at, last_sign_in_at
        FROM accounts
        WHERE %(email)s::text IS NULL OR (lower(email), id) > (lower(%(email)s), %(id)s)
        ORDER BY lower(email), id LIMIT %(rows)s
        """,
        {"email": after and after.email, "id": after and after.id, "rows": rows},
    )


ADD_ACCOUNT: LiteralString = """
    INSERT INTO accounts (id, email, name, role, identity, password_hash, oidc_subject, created_at, updated_at)
    VALUES (%(id)s, %(email)s, %(name)s, %(role)s, %(identity)s, %(hash)s, %(subject)s, %(at)s, %(at)s)
"""


# ── Changing ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def change_account(tx: Tx, account_id: UUID, changes: dict[str, Any], at: datetime, note: Note) -> Account:
    """``name``, ``role``, ``identity``, ``disabled``. Whoever is disabled, or has another role or identity, is signed out everywhere.

    Raises NotFound, Invalid, and LastAdmin where nobody would be left who could undo it.
    """
    await execute(tx, LOCK_ADMINS, {"id": account_id})
    before = await get_account(tx, account_id)
    role, identity = changes.get("role", before.role), changes.get("identity", before.identity)
    disabled_at = before.disabled_at if "disabled" not in changes else (before.disabled_at or at) if changes["disabled"] else None
    check_account(before.email, role, identity)
    after = {"id": account_id, "name": changes.get("name", before.name), "role": role, "identity": identity, "disabled_at": disabled_at, "at": at}
    if (after["name"], role, identity, disabled_at) == (before.name, before.role, before.identity, before.disabled_at):
        return before
    await execute(tx, SAVE_ACCOUNT, after)
    is_lost = before.role == "admin" and before.disabled_at is None and (role != "admin" or disabled_at is not None)
    if is_lost and not await fetch_value(tx, "SELECT EXISTS (SELECT FROM accounts WHERE role = 'admin' AND disabled_at IS NULL)"):
        raise errors.LastAdmin
    if (role, identity) != (before.role, before.identity) or disabled_at is not None:
        await end_sessions(tx, account_id)
    if (before.disabled_at is None) != (disabled_at is None):
        await note(tx, "account_disabled" if disabled_at else "account_enabled", at, account_id=str(account_id))
    if (after["name"], role, identity) != (before.name, before.role, before.identity):
        await note(tx, "account_changed", at, account_id=str(account_id), role=role)
    return await get_account(tx, account_id)


async def set_password(tx: Tx, account_id: UUID, password_hash: str, at: datetime, note: Note) -> None:
    """Whoever is signed in with the account is signed out. Raises NotFound."""
    row = {"id": account_id, "hash": password_hash, "at": at}
    if not await execute(tx, "UPDATE accounts SET password_hash = %(hash)s, updated_at = %(at)s WHERE id = %(id)s", row):
        raise errors.NotFound(what="account", id=account_id)
    await end_sessions(tx, account_id)
    await note(tx, "account_password_changed", at, account_id=str(account_id))


# All admins in one order: two who disable each other at the same time do it one after the other.
LOCK_ADMINS: LiteralString = "SELECT FROM accounts WHERE role = 'admin' OR id = %(id)s ORDER BY id FOR UPDATE"

SAVE_ACCOUNT: LiteralString = """
    UPDATE accounts SET name = %(name)s, role = %(role)s, identity = %(identity)s, disabled_at = %(disabled_at)s, updated_at = %(at)s
    WHERE id = %(id)s
"""
