"""A light directory of people: how a user or guest is called, and what they are, where nothing nearer says it.

The host feeds it, and so do joins. What the host said is not overwritten by what was heard at the door.
"""

from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from callwell import errors
from callwell.http import Body
from callwell.planning.words import Language, Link, Name, Word, is_time_zone
from callwell.postgres.pool import Tx, execute, fetch_all, fetch_one, fetch_value
from callwell.record.events import Side


class Person(Struct, frozen=True, kw_only=True):
    identity: str
    display_name: str | None
    avatar_url: str | None
    language: str | None
    role: str | None
    """What they usually are in a call, as the host calls it."""
    side: Side | None
    time_zone: str | None
    """IANA."""
    is_given: bool
    """Whether the host said so; else it was heard as they joined."""
    created_at: datetime
    updated_at: datetime


class PersonGiven(Body, frozen=True):
    """All that the host says of somebody."""

    display_name: Name | None = None
    avatar_url: Link | None = None
    language: Language | None = None
    role: Word | None = None
    side: Side | None = None
    time_zone: Name | None = None


async def save_person(tx: Tx, identity: str, given: PersonGiven, at: datetime) -> Person:
    """Makes the entry, or makes it what is given. Raises Invalid for a time zone that there is not."""
    if given.time_zone is not None and not is_time_zone(given.time_zone):
        raise errors.Invalid(problem="time_zone: there is no such time zone", fields={"time_zone": "There is no such time zone."})
    saved = await fetch_one(
        tx,
        Person,
        """
        INSERT INTO people (identity, display_name, avatar_url, language, role, side, time_zone, is_given, created_at, updated_at)
        VALUES (%(identity)s, %(display_name)s, %(avatar_url)s, %(language)s, %(role)s, %(side)s, %(time_zone)s, true, %(at)s, %(at)s)
        ON CONFLICT (identity) DO UPDATE SET display_name = EXCLUDED.display_name, avatar_url = EXCLUDED.avatar_url,
            language = EXCLUDED.language, role = EXCLUDED.role, side = EXCLUDED.side, time_zone = EXCLUDED.time_zone, is_given = true,
            updated_at = EXCLUDED.updated_at
        RETURNING *
        """,
        {
            "identity": identity,
            "display_name": given.display_name,
            "avatar_url": given.avatar_url,
            "language": given.language,
            "role": given.role,
            "side": given.side,
            "time_zone": given.time_zone,
            "at": at,
        },
    )
    assert saved is not None
    return saved


async def note_person(tx: Tx, identity: str, display_name: str | None, role: str | None, side: Side | None, at: datetime) -> None:
    """What was heard of somebody as they came in: the newest stands, where the host said nothing. Writes only what is new."""
    await execute(
        tx,
        """
        INSERT INTO people AS known (identity, display_name, role, side, is_given, created_at, updated_at)
        VALUES (%(identity)s, %(display_name)s, %(role)s, %(side)s, false, %(at)s, %(at)s)
        ON CONFLICT (identity) DO UPDATE SET display_name = coalesce(EXCLUDED.display_name, known.display_name),
            role = coalesce(EXCLUDED.role, known.role), side = coalesce(EXCLUDED.side, known.side), updated_at = EXCLUDED.updated_at
        WHERE NOT known.is_given AND (coalesce(EXCLUDED.display_name, known.display_name), coalesce(EXCLUDED.role, known.role),
            coalesce(EXCLUDED.side, known.side)) IS DISTINCT FROM (known.display_name, known.role, known.side)
        """,
        {"identity": identity, "display_name": display_name, "role": role, "side": side, "at": at},
    )


async def get_person(tx: Tx, identity: str) -> Person:
    """Raises NotFound."""
    found = await fetch_one(tx, Person, "SELECT * FROM people WHERE identity = %s", [identity])
    if found is None:
        raise errors.NotFound(what="person", id=identity)
    return found


async def find_display_name(tx: Tx, identity: str) -> str | None:
    """How the directory calls somebody, if it knows them."""
    return await fetch_value(tx, "SELECT display_name FROM people WHERE identity = %s", [identity])


class PersonPosition(Struct, frozen=True, array_like=True):
    """Where a page of people ends."""

    identity: str


AFTER_ALL_NAMES = "\U0010ffff"
"""Sorts behind whatever a name goes on with."""


async def list_people(
    tx: Tx, *, side: Side | None, name: str | None, only: str | None = None, after: PersonPosition | None, rows: int
) -> list[Person]:
    """By identity. ``name`` is what a name begins with, in capitals or not; ``only`` somebody who must have met them, in a call or by an appointment."""
    statement = "SELECT * FROM people WHERE true"
    if side is not None:
        statement += " AND side = %(side)s"
    if name is not None:
        statement += ' AND lower(display_name) COLLATE "C" >= lower(%(name)s) AND lower(display_name) COLLATE "C" < lower(%(name)s) || %(end)s'
    if only is not None:
        statement += _MET
    if after is not None:
        statement += " AND identity > %(after)s"
    kind, _, own_id = (only or "").partition(":")
    return await fetch_all(
        tx,
        Person,
        statement + " ORDER BY identity LIMIT %(rows)s",
        {
            "side": side,
            "name": name,
            "end": AFTER_ALL_NAMES,
            "only": only,
            "own_user": own_id if kind == "user" else None,
            "own_guest": own_id if kind == "guest" else None,
            "after": after and after.identity,
            "rows": rows,
        },
    )


# From one's own calls and appointments: they are fewer than people are.
_MET: LiteralString = """
    AND identity IN (
        SELECT theirs.identity FROM attendees AS own JOIN attendees AS theirs ON theirs.appointment_id = own.appointment_id
        WHERE own.identity = %(only)s
        UNION
        SELECT coalesce('user:' || theirs.user_id, 'guest:' || theirs.guest_id)
        FROM participants AS own JOIN participants AS theirs ON theirs.call_id = own.call_id
        WHERE (own.user_id = %(own_user)s OR own.guest_id = %(own_guest)s)
    )
"""
