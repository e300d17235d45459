"""Accounts over HTTP, for admins; and what everybody who signs in keeps."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.params import QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from callwell import errors
from callwell.access import accounts, passwords, saved_views, sessions, signing_in, totp
from callwell.access.accounts import Account, AccountPosition
from callwell.access.callers import ROLE_SCOPES, AccountCaller, Role, StaffCaller
from callwell.access.guards import allow
from callwell.access.keys import Note
from callwell.access.saved_views import SavedView
from callwell.http import Body, Page, Paging, Response, Write
from callwell.postgres.pool import Database, Tx
from callwell.settings import Settings

AccountName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
IdentityText = Annotated[str, Meta(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$")]
PageName = Annotated[str, Meta(pattern=r"^[a-z][a-z-]{0,49}$")]


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class AccountToMake(Body, frozen=True):
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    name: AccountName
    role: Role
    identity: IdentityText | None = None
    """Who they are in calls. A provider has one."""
    password: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    """A random one where none is given."""


class AccountChange(Body, frozen=True):
    name: AccountName | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    identity: IdentityText | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


class AccountWithPassword(Struct, frozen=True):
    account: Account
    password: str | None
    """One that we made, shown this once; null where it was given."""


@get("/v1/accounts", opt=allow(keys="accounts:write"))
async def list_accounts(db: Database, paging: Paging) -> Page[Account]:
    """Accounts by their addresses, those disabled among them."""
    async with db.connection() as tx:
        found = await accounts.list_accounts(tx, paging.after(AccountPosition), paging.rows)
    return paging.page(found, lambda account: AccountPosition(account.email, account.id))


@get("/v1/accounts/{account_id:uuid}", opt=allow(keys="accounts:write"))
async def get_account(account_id: UUID, db: Database) -> Account:
    """An account, without anything secret of it."""
    async with db.connection() as tx:
        return await accounts.get_account(tx, account_id)


@post("/v1/accounts", opt=allow(keys="accounts:write"))
async def create_account(data: AccountToMake, caller: StaffCaller, write: Write, note: Note) -> Response[AccountWithPassword]:
    """Make an account. A password that we made is shown in this answer alone."""
    _check_may_give(caller, data.role)
    made = passwords.new_password() if data.password is None else None
    password = data.password or made or ""
    passwords.check_password(password, email=data.email)
    hash = await passwords.hash_password(password)

    async def do(tx: Tx) -> AccountWithPassword:
        account = await accounts.create_account(
            tx,
            email=data.email,
            name=data.name,
            role=data.role,
            identity=data.identity,
            password_hash=hash,
            at=datetime.now(UTC),
            note=note,
        )
        return AccountWithPassword(account, made)

    return await write(do, replay_without=["password"])


@patch("/v1/accounts/{account_id:uuid}", opt=allow(keys="accounts:write"))
async def change_account(account_id: UUID, data: AccountChange, caller: StaffCaller, write: Write, note: Note) -> Response[Account]:
    """Change what is given. Whoever gets another role or identity, or is disabled, is signed out everywhere."""
    changes: dict[str, Any] = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}

    async def do(tx: Tx) -> Account:
        _check_may_give(caller, (await accounts.get_account(tx, account_id)).role)
        if data.role is not UNSET:
            _check_may_give(caller, data.role)
        return await accounts.change_account(tx, account_id, changes, datetime.now(UTC), note)

    return await write(do, status=200)


@delete("/v1/accounts/{account_id:uuid}", opt=allow(keys="accounts:write"))
async def disable_account(account_id: UUID, caller: StaffCaller, db: Database, note: Note) -> None:
    """Let nobody in with it any more. The account stays, so that the audit trail's entries can be read."""
    async with db.transaction() as tx:
        _check_may_give(caller, (await accounts.get_account(tx, account_id)).role)
        await accounts.change_account(tx, account_id, {"disabled": True}, datetime.now(UTC), note)


@delete("/v1/accounts/{account_id:uuid}/sessions", opt=allow(keys="accounts:write"))
async def end_sessions(account_id: UUID, caller: StaffCaller, db: Database, note: Note) -> None:
    """Sign somebody out everywhere, as where a device was lost. They may sign in again."""
    async with db.transaction() as tx:
        _check_may_give(caller, (await accounts.get_account(tx, account_id)).role)
        await sessions.end_sessions(tx, account_id)
        await note(tx, "signed_out", datetime.now(UTC), account_id=str(account_id))


@post("/v1/accounts/{account_id:uuid}/reset", opt=allow(keys="accounts:write"), status_code=200)
async def reset_account(account_id: UUID, caller: StaffCaller, settings: Settings, write: Write, note: Note) -> Response[AccountWithPassword]:
    """Give somebody who is locked out a new password, shown this once: without a second factor, and no longer locked."""
    made, at = passwords.new_password(), datetime.now(UTC)
    hash = await passwords.hash_password(made)

    async def do(tx: Tx) -> AccountWithPassword:
        account = await accounts.get_account(tx, account_id)
        _check_may_give(caller, account.role)
        await accounts.set_password(tx, account_id, hash, at, note)
        await totp.remove(tx, account_id, at, note)
        await signing_in.forgive(tx, settings.key, account.email)
        return AccountWithPassword(await accounts.get_account(tx, account_id), made)

    return await write(do, status=200, replay_without=["password"])


def _check_may_give(caller: StaffCaller, role: Role) -> None:
    """Whoever may handle accounts must not get by it what they may not do. Raises NotAllowed."""
    for scope in ROLE_SCOPES[role]:
        if not caller.may(scope):
            raise errors.NotAllowed(needs=f"the scope {scope} itself, as the role {role} has it")


# ── Views that somebody keeps ─────────────────────────────────────────────────────────────────────────────────────────────────────


class ViewToSave(Body, frozen=True):
    page: PageName
    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    query: dict[str, Any]
    """What the page has in its address: filters, sorting, range."""


@get("/v1/views", opt=allow(accounts=True))
async def list_views(
    caller: AccountCaller,
    db: Database,
    page: Annotated[str | None, QueryParameter(description="Of this page alone.", pattern=r"^[a-z][a-z-]{0,49}$")] = None,
) -> Page[SavedView]:
    """One's own views, by their names."""
    async with db.connection() as tx:
        return Page(await saved_views.list_views(tx, caller.account_id, page))


@post("/v1/views", opt=allow(accounts=True))
async def save_view(data: ViewToSave, caller: AccountCaller, write: Write) -> Response[SavedView]:
    """Keep a view of a list. One of the same name and page is written over."""

    async def do(tx: Tx) -> SavedView:
        return await saved_views.save_view(tx, caller.account_id, data.page, data.name, data.query, datetime.now(UTC))

    return await write(do)


@delete("/v1/views/{view_id:uuid}", opt=allow(accounts=True))
async def remove_view(view_id: UUID, caller: AccountCaller, db: Database) -> None:
    """Remove a view of one's own."""
    async with db.transaction() as tx:
        await saved_views.remove_view(tx, caller.account_id, view_id)


routes = [
    list_accounts,
    get_account,
    create_account,
    change_account,
    disable_account,
    end_sessions,
    reset_account,
    list_views,
    save_view,
    remove_view,
]
