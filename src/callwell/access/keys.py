"""API keys: what the host's server shows. Only a hash of one is stored."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString, Protocol, runtime_checkable
from uuid import UUID

from msgspec import Struct

from callwell import errors, ids
from callwell.access.callers import KeyCaller
from callwell.postgres.pool import Tx, execute, fetch_all, fetch_one

KEY_PREFIX = "cwk"

USE_IS_NOTED_EVERY = timedelta(minutes=1)


class ApiKey(Struct, frozen=True):
    """An API key as it is shown: everything but the key."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewKey(Struct, frozen=True):
    """A key just made. ``secret`` is shown this once."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    secret: str | None


class KeyPosition(Struct, frozen=True, array_like=True):
    created_at: datetime
    id: UUID


@runtime_checkable
class Note(Protocol):
    """Writes the audit entry of something done to access. The trail lies a floor above this room, so it is handed in."""

    async def __call__(self, tx: Tx, action: str, at: datetime, *, identity: str | None = None, by: str | None = None, **about: Any) -> None:
        """``by`` is who did it, where it is not who asks: somebody who has just signed in."""
        ...


async def create_key(tx: Tx, name: str, scopes: Collection[str], at: datetime, note: Note) -> NewKey:
    key = NewKey(ids.uuid7(), name, tuple(dict.fromkeys(scopes)), at, ids.new_secret(KEY_PREFIX))
    assert key.secret is not None
    row = {"id": key.id, "name": name, "scopes": list(key.scopes), "hash": ids.secret_hash(key.secret), "at": at}
    await execute(tx, ADD_KEY, row)
    await note(tx, "key_created", at, key_id=str(key.id), scopes=list(key.scopes))
    return key


async def revoke_key(tx: Tx, key_id: UUID, at: datetime, note: Note) -> None:
    """It is refused from now on, by other processes within 2 s. Revoking a revoked one changes nothing. Raises NotFound."""
    key = await find_key(tx, key_id)
    if key is None:
        raise errors.NotFound(what="key", id=key_id)
    if await execute(tx, "UPDATE api_keys SET revoked_at = %(at)s WHERE id = %(id)s AND revoked_at IS NULL", {"id": key_id, "at": at}):
        await note(tx, "key_revoked", at, key_id=str(key_id))


async def find_key(tx: Tx, key_id: UUID) -> ApiKey | None:
    return await fetch_one(
        tx, ApiKey, "SELECT id, name, scopes, created_at, revoked_at, last_used_at FROM api_keys WHERE id = %(id)s", {"id": key_id}
    )


async def list_keys(tx: Tx, after: KeyPosition | None, rows: int) -> Sequence[ApiKey]:
    """Keys, the newest first, those revoked among them."""
    return await fetch_all(
        tx,
        ApiKey,
        """
        SELECT id, name, scopes, created_at, revoked_at, last_used_at FROM api_keys
        WHERE %(created_at)s::timestamptz IS NULL OR (created_at, id) < (%(created_at)s, %(id)s)
        ORDER BY created_at DESC, id DESC LIMIT %(rows)s
        """,
        {"created_at": after and after.created_at, "id": after and after.id, "rows": rows},
    )


async def find_caller(tx: Tx, secret: str, at: datetime) -> KeyCaller | None:
    """Who shows this key; None where it is unknown or revoked. Its use is noted, at most once a minute."""
    key = await fetch_one(tx, _Known, FIND_BY_HASH, {"hash": ids.secret_hash(secret)})
    if key is None:
        return None
    if key.last_used_at is None or at - key.last_used_at >= USE_IS_NOTED_EVERY:
        await execute(tx, NOTE_USE, {"id": key.id, "at": at, "before": at - USE_IS_NOTED_EVERY})
    return KeyCaller(key.id, key.name, frozenset(key.scopes))


class _Known(Struct, frozen=True):
    id: UUID
    name: str
    scopes: tuple[str, ...]
    last_used_at: datetime | None


ADD_KEY: LiteralString = """
    INSERT INTO api_keys (id, name, scopes, hash, created_at) VALUES (%(id)s, %(name)s, %(scopes)s, %(hash)s, %(at)s)
"""

FIND_BY_HASH: LiteralString = """
    SELECT id, name, scopes, last_used_at FROM api_keys WHERE hash = %(hash)s AND revoked_at IS NULL
"""

# The condition again: several processes may see the same key at once.
NOTE_USE: LiteralString = """
    UPDATE api_keys SET last_used_at = %(at)s WHERE id = %(id)s AND (last_used_at IS NULL OR last_used_at <= %(before)s)
"""
