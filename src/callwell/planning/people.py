"""A light directory of people that the host feeds: how a user or guest is called where nothing nearer says it."""

from datetime import datetime

from msgspec import Struct

from callwell import errors
from callwell.http import Body
from callwell.planning.words import Language, Link, Name
from callwell.postgres.pool import Tx, fetch_one, fetch_value


class Person(Struct, frozen=True, kw_only=True):
    identity: str
    display_name: str | None
    avatar_url: str | None
    language: str | None
    created_at: datetime
    updated_at: datetime


class PersonGiven(Body, frozen=True):
    """All that the host says of somebody."""

    display_name: Name | None = None
    avatar_url: Link | None = None
    language: Language | None = None


async def save_person(tx: Tx, identity: str, given: PersonGiven, at: datetime) -> Person:
    """Makes the entry, or makes it what is given."""
    saved = await fetch_one(
        tx,
        Person,
        """
        INSERT INTO people (identity, display_name, avatar_url, language, created_at, updated_at)
        VALUES (%(identity)s, %(display_name)s, %(avatar_url)s, %(language)s, %(at)s, %(at)s)
        ON CONFLICT (identity) DO UPDATE SET display_name = EXCLUDED.display_name,
            avatar_url = EXCLUDED.avatar_url, language = EXCLUDED.language, updated_at = EXCLUDED.updated_at
        RETURNING *
        """,
        {
            "identity": identity,
            "display_name": given.display_name,
            "avatar_url": given.avatar_url,
            "language": given.language,
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
