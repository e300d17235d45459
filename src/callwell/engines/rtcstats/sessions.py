"""Sessions of rtcstats clients as they were sent: kept first, understood afterwards, and forgotten after their time."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.postgres.pool import Database, Tx, execute, fetch_all, fetch_one

SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,100}\Z")
ENTRY_BYTES = 1 << 20
"""The largest entry that is kept."""
MOST_ENTRIES = 200_000
MOST_BYTES = 256 << 20
"""What is kept of one session."""
LAST_NUMBER = 10**9
AT_ONCE = 50

_NUMBER = re.compile(rb",\s*-?\d+(?:\.\d+)?\s*,\s*(\d{1,9})\s*\]\s*\Z")
"""The end of an entry whose last parts are a time and a number. A time is never so short."""


class Opening(Struct, frozen=True):
    """What a client's connection said of itself."""

    protocol: str
    meeting: str | None
    user_agent: str | None
    user_id: str | None
    is_trusted: bool


class Session(Struct, frozen=True):
    """A session, as far as it is kept."""

    id: str
    protocol: str
    meeting: str | None
    user_agent: str | None
    user_id: str | None
    is_trusted: bool
    call_id: UUID | None
    last_number: int
    entry_count: int
    byte_count: int
    finished_at: datetime | None

    @property
    def is_full(self) -> bool:
        return self.entry_count >= MOST_ENTRIES or self.byte_count >= MOST_BYTES


class Numbered(Struct, frozen=True):
    """An entry as it was sent."""

    number: int
    entry: bytes
    received_at: datetime


def number_of(entry: bytes) -> int | None:
    """The number that an entry carries as its fifth part; None of one that carries none."""
    found = _NUMBER.search(entry, max(0, len(entry) - 100))
    return int(found[1]) or None if found else None


async def find_session(tx: Tx, id: str) -> Session | None:
    return await fetch_one(
        tx,
        Session,
        """
        SELECT id, protocol, meeting, user_agent, user_id, is_trusted, call_id, last_number, entry_count, byte_count, finished_at
        FROM rtcstats_sessions WHERE id = %s
        """,
        [id],
    )


async def open_session(tx: Tx, id: str, opening: Opening, at: datetime) -> Session:
    """The session under its lock, made where it is not there. It stays with what its first connection said."""
    await execute(
        tx,
        """
        INSERT INTO rtcstats_sessions (id, protocol, meeting, user_agent, user_id, is_trusted, opened_at, heard_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        [id, opening.protocol, opening.meeting, opening.user_agent, opening.user_id, opening.is_trusted, at, at],
    )
    await execute(tx, "SELECT FROM rtcstats_sessions WHERE id = %s FOR UPDATE", [id])
    session = await find_session(tx, id)
    assert session is not None
    return session


async def store_entries(tx: Tx, session: Session, entries: Sequence[Numbered], dealt_with: int, at: datetime) -> list[int]:
    """Keeps entries of a session that is locked; gives the numbers of those that are new. ``dealt_with``: the highest number heard, kept or not."""
    cursor = await tx.execute(
        """
        INSERT INTO rtcstats_entries (session_id, number, received_at, entry)
        SELECT %s, new.number, %s, new.entry FROM unnest(%b::int8[], %b::bytea[]) AS new(number, entry)
        ON CONFLICT DO NOTHING RETURNING number
        """,
        [session.id, at, [one.number for one in entries], [one.entry for one in entries]],
        prepare=True,
    )
    new = {row[0] for row in await cursor.fetchall()}
    await execute(
        tx,
        """
        UPDATE rtcstats_sessions
        SET last_number = %s, entry_count = entry_count + %s, byte_count = byte_count + %s, heard_at = %s, finished_at = NULL
        WHERE id = %s
        """,
        [max(session.last_number, dealt_with), len(new), sum(len(one.entry) for one in entries if one.number in new), at, session.id],
    )
    return sorted(new)


async def read_entries(db: Database, id: str, after: int) -> list[Numbered]:
    """The next entries of a session, some at a time."""
    async with db.connection() as tx:
        return await fetch_all(
            tx,
            Numbered,
            "SELECT number, entry, received_at FROM rtcstats_entries WHERE session_id = %s AND number > %s ORDER BY number LIMIT %s",
            [id, after, AT_ONCE],
        )


async def note_call(db: Database, id: str, call_id: UUID) -> None:
    async with db.transaction() as tx:
        await execute(tx, "UPDATE rtcstats_sessions SET call_id = %s WHERE id = %s", [call_id, id])


async def note_heard(db: Database, id: str, at: datetime) -> None:
    async with db.transaction() as tx:
        await execute(tx, "UPDATE rtcstats_sessions SET heard_at = %s WHERE id = %s AND heard_at < %s", [at, id, at])


async def note_finished(db: Database, id: str, last_number: int, skipped: Counter[str], at: datetime) -> None:
    """That all was told; not where more has come meanwhile."""
    async with db.transaction() as tx:
        await execute(
            tx,
            "UPDATE rtcstats_sessions SET finished_at = %s, skipped = %s::text::jsonb WHERE id = %s AND last_number <= %s",
            [at, _json(skipped), id, last_number],
        )


async def list_abandoned(db: Database, since: datetime, most: int) -> list[str]:
    """Sessions that were not finished, and of which nothing was heard since then."""
    async with db.connection() as tx:
        cursor = await tx.execute(
            "SELECT id FROM rtcstats_sessions WHERE finished_at IS NULL AND heard_at < %s ORDER BY heard_at LIMIT %s", [since, most]
        )
        return [row[0] for row in await cursor.fetchall()]


async def forget_sessions(db: Database, at: datetime, keep: timedelta) -> int:
    """Removes what was sent so long ago, a few sessions at a time. What it told stays in the record."""
    forgotten = 0
    while True:
        async with db.transaction() as tx:
            cursor = await tx.execute("SELECT id FROM rtcstats_sessions WHERE heard_at < %s ORDER BY heard_at LIMIT 20", [at - keep])
            old = [row[0] for row in await cursor.fetchall()]
            if not old:
                return forgotten
            forgotten += await execute(tx, "DELETE FROM rtcstats_sessions WHERE id = ANY(%s)", [old])


def _json(counts: Counter[str]) -> str:

    return msgspec.json.encode(dict(counts)).decode()
