"""A practice of any size, by copying a small one that went through the ledger: the same calls again, weeks earlier, with other people and other ids.

What a copy of a call is made of is what lists and figures read: its row, its people and connections, its report. Facts are not copied, and samples only of
one copy in eight, so that there are some twenty of them for each call. Rows lie in their tables as time has them, as they do where calls come one after another.
"""

import asyncio
from typing import Any, cast

from callwell.postgres import Database
from callwell.postgres.pool import Tx

SPANS, WEEKS = 26, 4
"""Copies lie up to so many times four weeks back: two years."""
OF_A_CAST = 12
"""Copies in which the same people are: a practice ten times as large has ten times as many of them, who have as many calls each."""
SAMPLED = 8
AT_ONCE = 2
"""Spans of four weeks that are copied at the same time."""

TABLES = (
    "people",
    "rooms",
    "invites",
    "appointments",
    "attendees",
    "calls",
    "participants",
    "connections",
    "reports",
    "participant_quality",
    "samples",
)
PEOPLE = ("identity", "user_id", "guest_id", "client_id", "provider_id")
"""Columns that hold people's own ids, where they are text."""

FUNCTIONS = f"""
    CREATE FUNCTION copied_id(id uuid, copy bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT (lpad(to_hex(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint - copy %% {SPANS} * {WEEKS} * 604800000), 12, '0')
                || '7' || substr(md5(id::text || copy), 1, 3) || '8' || substr(md5(id::text || copy), 4, 15))::uuid
    $$;
    CREATE FUNCTION copied_body(body text, of_call uuid, copy bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
        DECLARE one uuid;
        BEGIN
            FOR one IN SELECT id FROM participants WHERE call_id = of_call UNION ALL SELECT id FROM connections WHERE call_id = of_call LOOP
                body := replace(body, one::text, copied_id(one, copy)::text);
            END LOOP;
            RETURN body;
        END
    $$;
""".replace("%%", "%")


async def prepare(db: Database) -> int:
    """Sets the originals aside; gives how many calls they are."""
    async with db.transaction() as tx:
        await _run(tx, "RESET ROLE")
        await _run(tx, FUNCTIONS)
        for table in TABLES:
            await _run(tx, f"CREATE TABLE original_{table} AS SELECT * FROM {table}")
        cursor = await tx.execute("SELECT count(*) FROM original_calls")
        return int((await cursor.fetchone() or (0,))[0])


async def copy(db: Database, first: int, last: int) -> None:
    """Makes the copies of these numbers, of all originals: four weeks after four weeks, and in these one call after another.

    Tables are cleaned up by `settle`, not meanwhile: that would fight for the disk.
    """
    await _set_autovacuum(db, "off")
    spans = reversed(range(SPANS))

    async def one_after_another() -> None:
        for span in spans:
            await _copy_span(db, [number for number in range(first, last + 1) if number % SPANS == span])

    await asyncio.gather(*[one_after_another() for _ in range(AT_ONCE)])


async def _copy_span(db: Database, numbers: list[int]) -> None:
    async with db.transaction() as tx:
        await _run(tx, "RESET ROLE")
        for table in TABLES:
            columns = await _columns(tx, table)
            values = ", ".join(f'{_value(table, name, kind)} AS "{name}"' for name, kind in columns)
            names = ", ".join(f'"{name}"' for name, _ in columns)
            order = next(name for name in ("call_id", "id", "appointment_id", "identity") if name in dict(columns))
            wanted = [number for number in numbers if _has(table, number)]
            if wanted:
                which = f"unnest(ARRAY{wanted}) AS copy"
                await _run(tx, f'INSERT INTO {table} ({names}) SELECT {values} FROM original_{table} CROSS JOIN {which} ORDER BY "{order}"')


def _has(table: str, number: int) -> bool:
    if table == "people":
        return number == 1 or number % OF_A_CAST == 0
    return table != "samples" or number % SAMPLED == 0


async def settle(db: Database) -> None:
    """Cleans up, as PostgreSQL does by itself from now on: what follows finds rows by what is known of them."""
    async with db.connection() as tx:
        await _run(tx, "RESET ROLE")
        await _run(tx, "VACUUM (ANALYZE)")
    await _set_autovacuum(db, "on")


async def _set_autovacuum(db: Database, to: str) -> None:
    async with db.connection() as tx:
        for statement in ("RESET ROLE", f"ALTER SYSTEM SET autovacuum = {to}", "SELECT pg_reload_conf()"):
            await _run(tx, statement)


async def _columns(tx: Tx, table: str) -> list[tuple[str, str]]:
    cursor = await tx.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
        [table],
    )
    return cast("list[tuple[str, str]]", await cursor.fetchall())


def _value(table: str, name: str, kind: str) -> str:
    """What becomes of a column in the copy of the number ``copy``."""
    if kind == "uuid":
        return f"copied_id({name}, copy)"
    if kind == "timestamp with time zone" and table != "people":
        return f"{name} - copy % {SPANS} * interval '{WEEKS} weeks'"
    if name in PEOPLE and kind == "text":
        return f"{name} || '-' || copy / {OF_A_CAST}"
    if name == "external_id":
        return f"{name} || '-' || copy"
    if (table, name) == ("reports", "body"):
        return "copied_body(body::text, call_id, copy)::json"
    return f'"{name}"'


async def _run(tx: Tx, statement: str) -> None:
    await tx.execute(cast("Any", statement))
