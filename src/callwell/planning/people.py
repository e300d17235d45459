"""A light directory of people that the host feeds: how a user or guest is called where nothing nearer says it."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from callwell import errors
from callwell.planning.words import Language, Link, Name
from callwell.postgres.pool import Tx, execute, fetch_one, fetch_value


class Person(Struct, frozen=True, kw_only=True):
    identity: str
    display_name: str | None
    avatar_url: str | None
    language: str | None
    created_at: datetime
    updated_at: datetime


class PersonChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the host says of somebody: only what is given changes."""

    display_name: Name | None | UnsetType = UNSET
    avatar_url: Link | None | UnsetType = UNSET
    language: Language | None | UnsetType = UNSET


async def save_person(tx: Tx, identity: str, change: PersonChange, at: datetime) -> Person:
    """Makes the entry, or changes it."""
    await execute(
        tx,
        "INSERT INTO people (identity, created_at, updated_at) VALUES (%(identity)s, %(at)s, %(at)s) ON CONFLICT (identity) DO NOTHING",
        {"identity": identity, "at": at},
    )
    saved = await fetch_one(
        tx,
        Person,
        """
        UPDATE people SET
            display_name = CASE WHEN %(name_given)s THEN %(name)s ELSE display_name END,
            avatar_url = CASE WHEN %(avatar_given)s THEN %(avatar)s ELSE avatar_url END,
            language = CASE WHEN %(language_given)s THEN %(language)s ELSE language END,
            updated_at = %(at)s
        WHERE identity = %(identity)s RETURNING *
        """,
        {
            "identity": identity,
            "name": change.display_name or None,
            "name_given": change.display_name is not UNSET,
            "avatar": change.avatar_url or None,
            "avatar_given": change.avatar_url is not UNSET,
            "language": change.language or None,
            "language_given": change.language is not UNSET,
            "at": at,
        },
    )
    assert saved is not None
    return saved


async def get_person(tx: Tx, identity: str) -> Person:
    """Raises NotFound."""
    found = await fetch_one(tx, Person, "SELECT * FROM people WHERE identity = %s", [identity])
    if found is None:
        raise errors.NotFound(what="person", id=identity)
    return found


async def find_display_name(tx: Tx, identity: str) -> str | None:
    """How the directory calls somebody, if it knows them."""
    return await fetch_value(tx, "SELECT display_name FROM people WHERE identity = %s", [identity])
