"""Conversations: threads in the host's product that calls belong to. Their ids are the host's own, opaque to us."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

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
    erasing_since: datetime | None = None
    """Since when it is being erased with all that is under it; nothing new is put under it."""


class ConversationChange(Body, frozen=True):
    """What changes of a conversation: only what is given; null takes away."""

    kind: Word | UnsetType | None = UNSET
    title: Title | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


class ConversationGiven(Body, frozen=True):
    """All that the host says of a conversation."""

    kind: Word | None = None
    title: Title | None = None
    is_active: bool = True


async def ensure_conversation(tx: Tx, id: str, at: datetime) -> None:
    """A conversation that a call or room names is there from then on, and until the transaction ends nobody begins to erase it.

    To come before anything that is locked. Raises ConversationBeingErased.
    """
    await execute(
        tx,
        "INSERT INTO conversations (id, created_at, updated_at) VALUES (%(id)s, %(at)s, %(at)s) ON CONFLICT (id) DO NOTHING",
        {"id": id, "at": at},
    )
    named = await fetch_one(tx, Conversation, "SELECT * FROM conversations WHERE id = %s FOR SHARE", [id])
    if named is None or named.erasing_since is not None:
        raise errors.ConversationBeingErased


async def save_conversation(tx: Tx, id: str, given: ConversationGiven, at: datetime) -> Conversation:
    """Makes the conversation, or makes it what is given. Raises ConversationBeingErased."""
    saved = await fetch_one(
        tx,
        Conversation,
        """
        INSERT INTO conversations (id, kind, title, is_active, created_at, updated_at)
        VALUES (%(id)s, %(kind)s, %(title)s, %(is_active)s, %(at)s, %(at)s)
        ON CONFLICT (id) DO UPDATE SET
            kind = EXCLUDED.kind, title = EXCLUDED.title, is_active = EXCLUDED.is_active, updated_at = EXCLUDED.updated_at
        WHERE conversations.erasing_since IS NULL
        RETURNING *
        """,
        {"id": id, "kind": given.kind, "title": given.title, "is_active": given.is_active, "at": at},
    )
    if saved is None:
        raise errors.ConversationBeingErased
    return saved


async def change_conversation(tx: Tx, id: str, change: ConversationChange, at: datetime) -> Conversation:
    """Raises NotFound, ConversationBeingErased."""
    old = await lock_conversation(tx, id)
    if old is None:
        raise errors.NotFound(what="conversation", id=id)
    if old.erasing_since is not None:
        raise errors.ConversationBeingErased
    changed = await fetch_one(
        tx,
        Conversation,
        "UPDATE conversations SET kind = %(kind)s, title = %(title)s, is_active = %(is_active)s, updated_at = %(at)s WHERE id = %(id)s RETURNING *",
        {
            "id": id,
            "kind": old.kind if change.kind is UNSET else change.kind,
            "title": old.title if change.title is UNSET else change.title,
            "is_active": old.is_active if change.is_active is UNSET else change.is_active,
            "at": at,
        },
    )
    assert changed is not None
    return changed


async def lock_conversation(tx: Tx, id: str) -> Conversation | None:
    """The conversation, with its lock: it comes before those of its rooms and calls."""
    return await fetch_one(tx, Conversation, "SELECT * FROM conversations WHERE id = %s FOR UPDATE", [id])


async def get_conversation(tx: Tx, id: str) -> Conversation:
    """Raises NotFound."""
    found = await fetch_one(tx, Conversation, "SELECT * FROM conversations WHERE id = %s", [id])
    if found is None:
        raise errors.NotFound(what="conversation", id=id)
    return found


class ConversationPosition(Struct, frozen=True, array_like=True):
    """Where a page of conversations ends."""

    id: str


async def list_conversations(
    tx: Tx, *, kind: str | None, is_active: bool | None, after: ConversationPosition | None, rows: int
) -> list[Conversation]:
    """By their ids: there is no other order that stays as it is while somebody pages through it."""
    statement = "SELECT * FROM conversations WHERE id > %(after)s"
    if kind is not None:
        statement += " AND kind = %(kind)s"
    if is_active is not None:
        statement += " AND is_active = %(is_active)s"
    return await fetch_all(
        tx,
        Conversation,
        statement + " ORDER BY id LIMIT %(rows)s",
        {"after": after.id if after else "", "kind": kind, "is_active": is_active, "rows": rows},
    )
