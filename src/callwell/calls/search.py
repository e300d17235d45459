"""Finding what somebody half remembers: calls, rooms, people and appointments, by the beginning of an id, an id of the host's, a title or a name.

Each kind is one look into an index or two. What is sought is never part of an address, where it would stand in histories and logs.
"""

import re
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from callwell import ids
from callwell.postgres.pool import Tx, fetch_all

FEWEST_DIGITS = 4
"""Hexadecimal digits that an id is known by at least."""
AFTER_ALL_NAMES = "\U0010ffff"
"""Sorts behind whatever a name goes on with."""


class FoundCall(Struct, frozen=True, kw_only=True):
    id: UUID
    external_id: str | None
    status: str
    type: str
    created_at: datetime
    started_at: datetime | None
    people: list[str]
    """What people in it are called, or else who they are; three at most."""


class FoundRoom(Struct, frozen=True, kw_only=True):
    name: str
    title: str | None
    closed: bool


class FoundPerson(Struct, frozen=True, kw_only=True):
    identity: str
    display_name: str | None
    role: str | None
    side: str | None


class FoundAppointment(Struct, frozen=True, kw_only=True):
    id: UUID
    external_id: str | None
    status: str
    scheduled_at: datetime
    client: str
    """What they are called, or else who they are."""
    provider: str


class Found(Struct, frozen=True, kw_only=True):
    """What there is, each kind by itself."""

    calls: list[FoundCall]
    rooms: list[FoundRoom]
    people: list[FoundPerson]
    appointments: list[FoundAppointment]


# ── What is sought ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Sought(Struct, frozen=True):
    """What the words that somebody typed can mean."""

    text: str
    """Without spaces around it."""
    lowest_id: UUID | None
    """Of the ids that begin so; of a whole one, itself."""
    highest_id: UUID | None
    identities: list[str]
    words: str | None
    """As PostgreSQL looks for the beginnings of words."""


def read_sought(typed: str) -> Sought:
    text = " ".join(typed.split())
    digits = text.lower().removeprefix("room-").replace("-", "")
    is_id = FEWEST_DIGITS <= len(digits) <= 32 and re.fullmatch("[0-9a-f]*", digits) is not None
    words = re.findall(r"[^\W_]+", text.lower())
    return Sought(
        text=text,
        lowest_id=UUID(digits.ljust(32, "0")) if is_id else None,
        highest_id=UUID(digits.ljust(32, "f")) if is_id else None,
        identities=[text] if re.match(r"(user|guest):.", text) else [f"user:{text}", f"guest:{text}"],
        # A single letter begins too many words for an index to be of any use.
        words=" & ".join(f"'{word}':*" for word in words) if any(len(word) > 1 for word in words) else None,
    )


# ── What there is ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def find_calls(tx: Tx, sought: Sought, *, only: str | None, rows: int) -> list[FoundCall]:
    """By the beginning of their id, or by the host's own id. ``only``: the identity of somebody who must be named in them."""
    statement: LiteralString = """
        SELECT id, external_id, status, type, created_at, started_at, ARRAY(
            SELECT coalesce(p.display_name, people.display_name, 'user:' || p.user_id, 'guest:' || p.guest_id)
            FROM participants AS p LEFT JOIN people ON people.identity = coalesce('user:' || p.user_id, 'guest:' || p.guest_id)
            WHERE p.call_id = calls.id AND p.erased_id IS NULL ORDER BY p.joined_at IS NULL, p.first_at, p.id LIMIT 3
        ) AS people
        FROM calls WHERE
    """
    allowed: LiteralString = ""
    if only is not None:
        allowed = (
            " AND EXISTS (SELECT FROM participants AS own WHERE own.call_id = calls.id AND (own.user_id = %(user)s OR own.guest_id = %(guest)s))"
        )
    kind, _, own = (only or "").partition(":")
    parameters = {
        "user": own if kind == "user" else None,
        "guest": own if kind == "guest" else None,
        "text": sought.text,
        "lowest": sought.lowest_id,
        "highest": sought.highest_id,
        "rows": rows,
    }
    found = await fetch_all(tx, FoundCall, statement + " external_id = %(text)s" + allowed + " LIMIT %(rows)s", parameters)
    if sought.lowest_id is not None:
        by_id = statement + " id BETWEEN %(lowest)s AND %(highest)s" + allowed + " ORDER BY id DESC LIMIT %(rows)s"
        found += await fetch_all(tx, FoundCall, by_id, parameters)
    return list({one.id: one for one in found}.values())[:rows]


async def find_rooms(tx: Tx, sought: Sought, *, rows: int) -> list[FoundRoom]:
    """By the beginning of their name or of their title."""
    statement: LiteralString = "SELECT id, title, closed_at IS NOT NULL AS closed FROM rooms WHERE"
    parameters = {
        "title": sought.text,
        "end": AFTER_ALL_NAMES,
        "lowest": sought.lowest_id,
        "highest": sought.highest_id,
        "rows": rows,
    }
    found = await fetch_all(
        tx,
        _Room,
        statement
        + """
             title IS NOT NULL AND lower(title) COLLATE "C" >= lower(%(title)s) AND lower(title) COLLATE "C" < lower(%(title)s) || %(end)s
             ORDER BY lower(title) COLLATE "C", id LIMIT %(rows)s
        """,
        parameters,
    )
    if sought.lowest_id is not None:
        found += await fetch_all(tx, _Room, statement + " id BETWEEN %(lowest)s AND %(highest)s ORDER BY id LIMIT %(rows)s", parameters)
    by_id = {one.id: one for one in found}.values()
    return [FoundRoom(name=ids.room_name(one.id), title=one.title, closed=one.closed) for one in by_id][:rows]


async def find_people(tx: Tx, sought: Sought, *, only: str | None, rows: int) -> list[FoundPerson]:
    """By who they are; by the beginning of their name as the directory has it; by the beginnings of words of it.

    ``only``: the identity of somebody who must have been in a call with them, or have an appointment with them.
    """
    kind, _, own = (only or "").partition(":")
    parameters = {
        "only": only,
        "user": own if kind == "user" else None,
        "guest": own if kind == "guest" else None,
        "identities": sought.identities,
        "users": [identity[5:] for identity in sought.identities if identity.startswith("user:")],
        "guests": [identity[6:] for identity in sought.identities if identity.startswith("guest:")],
        "name": sought.text,
        "end": AFTER_ALL_NAMES,
        "words": sought.words,
        "rows": rows,
    }
    met: LiteralString = "" if only is None else _MET
    found: list[FoundPerson] = []
    for those in (_OF_IDENTITIES, _HEARD_OF, _NAME_BEGINS, _WORDS_BEGIN if sought.words is not None else None):
        if those is not None and len(found) < rows:
            found += await fetch_all(tx, FoundPerson, _AMONG + those + _AS_KNOWN + met + " LIMIT %(rows)s", parameters)
    first: dict[str, FoundPerson] = {}
    for one in found:
        first.setdefault(one.identity, one)
    return list(first.values())[:rows]


# Whoever sees only whom they met has that asked of no more people than these; of a beginning that more names have, the first.
_AMONG: LiteralString = "SELECT identity, display_name, role, side FROM ("
_AS_KNOWN: LiteralString = " LIMIT 500) AS known WHERE true"
_OF_IDENTITIES: LiteralString = "SELECT * FROM people WHERE identity = ANY(%(identities)s)"
_NAME_BEGINS: LiteralString = """
    SELECT * FROM people WHERE lower(display_name) COLLATE "C" >= lower(%(name)s) AND lower(display_name) COLLATE "C" < lower(%(name)s) || %(end)s
    ORDER BY lower(display_name) COLLATE "C", identity
"""
_WORDS_BEGIN: LiteralString = "SELECT * FROM people WHERE to_tsvector('simple', display_name) @@ to_tsquery('simple', %(words)s)"
# Who was in calls and is not in the directory, as they were called last.
_HEARD_OF: LiteralString = """
    (SELECT 'user:' || user_id AS identity, display_name, role, side FROM participants
     WHERE user_id = ANY(%(users)s) ORDER BY first_at DESC, call_id DESC LIMIT 1)
    UNION ALL
    (SELECT 'guest:' || guest_id AS identity, display_name, role, side FROM participants
     WHERE guest_id = ANY(%(guests)s) ORDER BY first_at DESC, call_id DESC LIMIT 1)
"""
_MET: LiteralString = """
    AND (EXISTS (
            SELECT FROM attendees AS theirs JOIN attendees AS own ON own.appointment_id = theirs.appointment_id
            WHERE theirs.identity = known.identity AND own.identity = %(only)s)
        OR EXISTS (
            SELECT FROM participants AS theirs JOIN participants AS own ON own.call_id = theirs.call_id
            WHERE theirs.user_id = substr(known.identity, 6) AND known.identity LIKE 'user:%%' AND (own.user_id = %(user)s OR own.guest_id = %(guest)s))
        OR EXISTS (
            SELECT FROM participants AS theirs JOIN participants AS own ON own.call_id = theirs.call_id
            WHERE theirs.guest_id = substr(known.identity, 7) AND known.identity LIKE 'guest:%%' AND (own.user_id = %(user)s OR own.guest_id = %(guest)s)))
"""


async def find_appointments(tx: Tx, sought: Sought, *, only: str | None, rows: int) -> list[FoundAppointment]:
    """By the beginning of their id, or by the host's own id. ``only``: the identity of somebody who must come to them."""
    statement: LiteralString = """
        SELECT id, external_id, status, scheduled_at, coalesce(clients.display_name, client_id) AS client,
               coalesce(providers.display_name, provider_id) AS provider
        FROM appointments LEFT JOIN people AS clients ON clients.identity = client_id LEFT JOIN people AS providers ON providers.identity = provider_id
        WHERE
    """
    allowed: LiteralString = ""
    if only is not None:
        allowed = " AND EXISTS (SELECT FROM attendees AS own WHERE own.appointment_id = appointments.id AND own.identity = %(only)s)"
    parameters = {"only": only, "text": sought.text, "lowest": sought.lowest_id, "highest": sought.highest_id, "rows": rows}
    found = await fetch_all(tx, FoundAppointment, statement + " external_id = %(text)s" + allowed + " LIMIT %(rows)s", parameters)
    if sought.lowest_id is not None:
        by_id = statement + " id BETWEEN %(lowest)s AND %(highest)s" + allowed + " ORDER BY id DESC LIMIT %(rows)s"
        found += await fetch_all(tx, FoundAppointment, by_id, parameters)
    return list({one.id: one for one in found}.values())[:rows]


class _Room(Struct, frozen=True):
    id: UUID
    title: str | None
    closed: bool
