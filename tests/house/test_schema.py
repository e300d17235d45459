"""The schema: the migrations give exactly ``schema.sql``, and every table can be distributed as ``postgres/tables.py`` says."""

import msgspec

from callwell.postgres import Database, fetch_all
from callwell.postgres.migrate import SCHEMA, dump_schema
from callwell.postgres.tables import TABLES, Distributed, Local, Reference


class Name(msgspec.Struct, frozen=True):
    name: str


class Key(msgspec.Struct, frozen=True):
    table: str
    name: str
    columns: list[str]


class ForeignKey(msgspec.Struct, frozen=True):
    name: str
    table: str
    columns: list[str]
    to_table: str
    to_columns: list[str]


OURS = r"""
    WITH ours AS (
        SELECT oid, relname::text AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
          AND relname NOT LIKE 'procrastinate\_%' AND relname <> 'schema_revision'
    )
"""


def test_migrations_give_exactly_schema_sql(database_url: str) -> None:
    """What the migrations come to is what schema.sql says; where it is not: `python -m callwell.postgres.migrate --write-schema`."""
    assert dump_schema(database_url) == SCHEMA.read_text()


async def test_every_table_says_where_it_lies(db: Database) -> None:
    """tables.py names exactly the tables that there are."""
    async with db.connection() as connection:
        tables = await fetch_all(connection, Name, OURS + "SELECT name FROM ours")
    assert {table.name for table in tables} == set(TABLES)


async def test_what_is_about_a_call_lies_with_it(db: Database) -> None:
    """A table with a call_id is distributed by it, or says why not."""
    async with db.connection() as connection:
        statement = OURS + "SELECT name FROM ours JOIN pg_attribute ON attrelid = ours.oid WHERE attname = 'call_id' AND NOT attisdropped"
        about_calls = [TABLES[table.name] for table in await fetch_all(connection, Name, statement)]
    assert Distributed("call_id") in about_calls
    assert [where for where in about_calls if where != Distributed("call_id") and not where.reason] == []


async def test_every_key_contains_the_column_a_table_is_distributed_by(db: Database) -> None:
    """Primary keys and unique indexes can be checked only where all the rows that they compare lie together."""
    statement = """
        SELECT ours.name AS table, indexrelid::regclass::text AS name,
               ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = ours.oid AND attnum = ANY (indkey)) AS columns
        FROM pg_index JOIN ours ON indrelid = ours.oid WHERE indisunique
    """
    async with db.connection() as connection:
        keys = await fetch_all(connection, Key, OURS + statement)
    distributed = {name: where.by for name, where in TABLES.items() if isinstance(where, Distributed)}
    assert set(distributed) <= {key.table for key in keys}, "a distributed table without a key cannot be moved"
    assert [key for key in keys if key.table in distributed and distributed[key.table] not in key.columns] == []


async def test_every_foreign_key_can_be_checked_where_its_row_lies(db: Database) -> None:
    """A foreign key leads along the distribution columns, or to a reference table, or stays on the coordinator."""
    statement = """
        SELECT conname::text AS name, ours.name AS table, confrelid::regclass::text AS to_table,
               (SELECT array_agg(attname::text ORDER BY at) FROM unnest(conkey) WITH ORDINALITY AS k (n, at)
                JOIN pg_attribute ON attrelid = conrelid AND attnum = n) AS columns,
               (SELECT array_agg(attname::text ORDER BY at) FROM unnest(confkey) WITH ORDINALITY AS k (n, at)
                JOIN pg_attribute ON attrelid = confrelid AND attnum = n) AS to_columns
        FROM pg_constraint JOIN ours ON conrelid = ours.oid WHERE contype = 'f'
    """
    async with db.connection() as connection:
        keys = await fetch_all(connection, ForeignKey, OURS + statement)
    assert keys
    assert [key for key in keys if not can_be_checked(key)] == []


def can_be_checked(key: ForeignKey) -> bool:
    match TABLES[key.table], TABLES[key.to_table]:
        case (_, Reference()) | (Local(), Local()):
            return True
        case Distributed(by=by), Distributed(by=to):
            return (by, to) in zip(key.columns, key.to_columns, strict=True)
        case _:
            return False


async def test_no_table_has_a_trigger(db: Database) -> None:
    """Triggers do not run where tables are distributed."""
    async with db.connection() as connection:
        triggers = await fetch_all(
            connection, Name, OURS + "SELECT tgname::text AS name FROM pg_trigger JOIN ours ON tgrelid = ours.oid WHERE NOT tgisinternal"
        )
    assert triggers == []
