"""Conversations: threads in the host's product that calls belong to. Their ids are the host's own, opaque to us."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from callwell import errors
from callwell.http import Body
from callwell.planning.words import Title, Word
from callwell.postgres.pool import Tx, execute, fetch_all, fetch_one

ConversationId = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Conversation(Struct, frozen=True, kw_only=True):
    id: str
    kind: str | None
    title: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ConversationGiven(Body, frozen=True):
    """All that the host says of a conversation."""

    kind: Word | None = None
    title: Title | None = None
    is_active: bool = True


async def ensure_conversation(tx: Tx, id: str, at: datetime) -> None:
    """A conversation that a call or room names is there from then on. To come before anything that is locked."""
    await execute(
        tx,
        "INSERT INTO conversations (id, created_at, updated_at) VALUES (%(id)s, %(at)s, %(at)s) ON CONFLICT (id) DO NOTHING",
        {"id": id, "at": at},
    )


async def save_conversation(tx: Tx, id: str, given: ConversationGiven, at: datetime) -> Conversation:
    """Makes the conversation, or makes it what is given."""
    saved = await fetch_one(
        tx,
        Conversation,
        """
        INSERT INTO conversations (id, kind, title, is_active, created_at, updated_at)
        VALUES (%(id)s, %(kind)s, %(title)s, %(is_active)s, %(at)s, %(at)s)
        ON CONFLICT (id) DO UPDATE SET
            kind = EXCLUDED.kind, title = EXCLUDED.title, is_active = EXCLUDED.is_active, updated_at = EXCLUDED.updated_at
        RETURNING *
        """,
        {"id": id, "kind": given.kind, "title": given.title, "is_active": given.is_active, "at": at},
    )
    assert saved is not None
    return saved


async def get_conversation(tx: Tx, id: str) -> Conversation:
    """Raises NotFound."""
    found = await fetch_one(tx, Conversation, "SELECT * FROM conversations WHERE id = %s", [id])
    if found is None:
        raise errors.NotFound(what="conversation", id=id)
    return found


class ConversationPosition(Struct, frozen=True, array_like=True):
    """Where a page of conversations ends."""

    id: str


async def list_conversations(tx: Tx, *, after: ConversationPosition | None, rows: int) -> list[Conversation]:
    """By their ids: there is no other order that stays as it is while somebody pages through it."""
    return await fetch_all(
        tx,
        Conversation,
        "SELECT * FROM conversations WHERE id > %(after)s ORDER BY id LIMIT %(rows)s",
        {"after": after.id if after else "", "rows": rows},
    )
