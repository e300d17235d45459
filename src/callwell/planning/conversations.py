"""Conversations: threads in the host's product that calls belong to. Their ids are the host's own, opaque to us."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from callwell import errors
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


class ConversationChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the host says of a conversation: only what is given changes."""

    kind: Word | None | UnsetType = UNSET
    title: Title | None | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


async def ensure_conversation(tx: Tx, id: str, at: datetime) -> None:
    """A conversation that a call or room names is there from then on. To come before anything that is locked."""
    await execute(
        tx,
        "INSERT INTO conversations (id, created_at, updated_at) VALUES (%(id)s, %(at)s, %(at)s) ON CONFLICT (id) DO NOTHING",
        {"id": id, "at": at},
    )


async def save_conversation(tx: Tx, id: str, change: ConversationChange, at: datetime) -> Conversation:
    """Makes the conversation, or changes it."""
    await ensure_conversation(tx, id, at)
    saved = await fetch_one(
        tx,
        Conversation,
        """
        UPDATE conversations SET
            kind = CASE WHEN %(kind_given)s THEN %(kind)s ELSE kind END,
            title = CASE WHEN %(title_given)s THEN %(title)s ELSE title END,
            is_active = coalesce(%(is_active)s, is_active),
            updated_at = %(at)s
        WHERE id = %(id)s RETURNING *
        """,
        {
            "id": id,
            "kind": change.kind or None,
            "kind_given": change.kind is not UNSET,
            "title": change.title or None,
            "title_given": change.title is not UNSET,
            "is_active": None if change.is_active is UNSET else change.is_active,
            "at": at,
        },
    )
    assert saved is not None
    return saved


async def get_conversation(tx: Tx, id: str) -> Conversation:
    """Raises NotFound."""
    found = await fetch_one(tx, Conversation, "SELECT * FROM conversations WHERE id = %s", [id])
    if found is None:
        raise errors.NotFound(what="conversation", id=id)
    return found


async def list_conversations(tx: Tx, *, after: str | None, limit: int) -> list[Conversation]:
    """By their ids: there is no other order that stays as it is while somebody pages through it."""
    return await fetch_all(
        tx,
        Conversation,
        "SELECT * FROM conversations WHERE id > %(after)s ORDER BY id LIMIT %(limit)s",
        {"after": after or "", "limit": limit},
    )
