"""Keys and user tokens over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, cast
from uuid import UUID

from litestar import delete, get, post
from msgspec import Meta, Struct

from callwell import errors
from callwell.access import keys
from callwell.access.callers import Scope, StaffCaller
from callwell.access.guards import Door, allow
from callwell.access.keys import ApiKey, KeyPosition, NewKey, Note
from callwell.access.tokens import user_token
from callwell.http import Body, Page, Paging, Response, Write
from callwell.postgres.pool import Database, Tx
from callwell.settings import Settings


class KeyToMake(Body, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=20)]


class TokenToMake(Body, frozen=True):
    identity: Annotated[str, Meta(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$")]
    seconds: Annotated[int, Meta(ge=1, le=86400)] = 3600
    """How long it is good for."""


class UserToken(Struct, frozen=True):
    token: str
    expires_at: datetime


@get("/v1/keys", opt=allow(keys="keys:write"))
async def list_keys(db: Database, paging: Paging) -> Page[ApiKey]:
    """API keys, the newest first, those revoked among them."""
    async with db.connection() as tx:
        found = await keys.list_keys(tx, paging.after(KeyPosition), paging.rows)
    return paging.page(found, lambda key: KeyPosition(key.created_at, key.id))


@post("/v1/keys", opt=allow(keys="keys:write"))
async def create_key(data: KeyToMake, caller: StaffCaller, write: Write, note: Note) -> Response[NewKey]:
    """Make an API key. It is shown in this answer alone. A key can give no scope that it has not itself."""
    for scope in data.scopes:
        _check_own(caller, scope)

    async def do(tx: Tx) -> NewKey:
        return await keys.create_key(tx, data.name, data.scopes, datetime.now(UTC), note)

    return await write(do, replay_without=["secret"])


@delete("/v1/keys/{key_id:uuid}", opt=allow(keys="keys:write"))
async def revoke_key(key_id: UUID, caller: StaffCaller, db: Database, door: Door, note: Note) -> None:
    """Revoke an API key; it is refused everywhere within 2 s."""
    async with db.transaction() as tx:
        key = await keys.find_key(tx, key_id)
        for scope in key.scopes if key else ():
            _check_own(caller, cast("Scope", scope))
        await keys.revoke_key(tx, key_id, datetime.now(UTC), note)
    door.forget()


@post("/v1/user-tokens", opt=allow(keys="people:write"))
async def create_user_token(data: TokenToMake, db: Database, settings: Settings, note: Note) -> UserToken:
    """Make a token with which a person reads what is theirs, for the host's own pages."""
    at, lifetime = datetime.now(UTC), timedelta(seconds=data.seconds)
    async with db.transaction() as tx:
        await note(tx, "user_token_created", at, identity=data.identity)
    return UserToken(user_token(settings.key, data.identity, at=at, lifetime=lifetime), at + lifetime)


def _check_own(caller: StaffCaller, scope: Scope) -> None:
    """Whoever may handle keys must not get by it what they may not do. Raises NotAllowed."""
    if not caller.may(scope) and not caller.may("admin"):
        raise errors.NotAllowed(needs=f"the scope {scope} itself")


routes = [list_keys, create_key, revoke_key, create_user_token]
