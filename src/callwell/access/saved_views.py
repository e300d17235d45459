"""Views of the console's lists that somebody keeps: what they filter and sort by, under a name."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors, ids
from callwell.postgres.pool import Tx, execute, fetch_all, fetch_one, fetch_value

MOST = 200
"""Views that one account keeps."""
LARGEST = 4096
"""Bytes of what a view holds, as JSON."""


class SavedView(Struct, frozen=True):
    id: UUID
    page: str
    name: str
    query: Mapping[str, Any]
    """What the page has in its address."""
    created_at: datetime


async def save_view(tx: Tx, account_id: UUID, page: str, name: str, query: Mapping[str, Any], at: datetime) -> SavedView:
    """Keeps it; one of the same page and name becomes it. Raises Invalid for one too large, or one more than are kept."""
    held = msgspec.json.encode(query)
    if len(held) > LARGEST:
        raise errors.Invalid(problem="query: it is too large", fields={"query": f"It has more than {LARGEST} bytes."})
    if await fetch_value(tx, "SELECT count(*) FROM saved_views WHERE account_id = %(id)s", {"id": account_id}) >= MOST:
        raise errors.Invalid(problem="name: there are too many", fields={"name": f"There are {MOST} views already; remove one."})
    row = {"id": ids.uuid7(), "account": account_id, "page": page, "name": name, "query": held.decode(), "at": at}
    saved = await fetch_one(tx, SavedView, SAVE_VIEW, row)
    assert saved is not None
    return saved


async def list_views(tx: Tx, account_id: UUID, page: str | None) -> Sequence[SavedView]:
    """By their names."""
    return await fetch_all(
        tx,
        SavedView,
        """
        SELECT id, page, name, query, created_at FROM saved_views
        WHERE account_id = %(account)s AND (%(page)s::text IS NULL OR page = %(page)s) ORDER BY page, name
        """,
        {"account": account_id, "page": page},
    )


async def remove_view(tx: Tx, account_id: UUID, view_id: UUID) -> None:
    """Raises NotFound for one that is not theirs."""
    if not await execute(tx, "DELETE FROM saved_views WHERE id = %(id)s AND account_id = %(account)s", {"id": view_id, "account": account_id}):
        raise errors.NotFound(what="view", id=view_id)


SAVE_VIEW: LiteralString = """
    INSERT INTO saved_views (id, account_id, page, name, query, created_at)
    VALUES (%(id)s, %(account)s, %(page)s, %(name)s, %(query)s::jsonb, %(at)s)
    ON CONFLICT (account_id, page, name) DO UPDATE SET query = EXCLUDED.query
    RETURNING id, page, name, query, created_at
"""
