"""Accounts over HTTP, for admins."""

from litestar import get

from callwell.access import accounts
from callwell.access.accounts import Account, AccountPosition
from callwell.access.guards import allow
from callwell.http import Page, Paging
from callwell.postgres.pool import Database


@get("/v1/accounts", opt=allow(keys="accounts:write"))
async def list_accounts(db: Database, paging: Paging) -> Page[Account]:
    """Accounts by their addresses, those disabled among them."""
    async with db.connection() as tx:
        found = await accounts.list_accounts(tx, paging.after(AccountPosition), paging.rows)
    return paging.page(found, lambda account: AccountPosition(account.email, account.id))


routes = [list_accounts]
