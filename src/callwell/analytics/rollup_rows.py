"""The rows of rollups: which of them stand, and what is written to their tables."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, LiteralString

import msgspec
from msgspec import Struct

from callwell.analytics.counting import (
    ROLLUPS,
    Amount,
    Clocks,
    Rollup,
    Row,
)
from callwell.analytics.histograms import decode, encode
from callwell.planning.call_settings import MeetingSettings, those_right
from callwell.planning.deployed import read_settings
from callwell.postgres.pool import Tx, execute, fetch_one

READER: Final = "rollups"
ONE_AT_A_TIME: Final = 0x0CA1_1E11
"""Key of the advisory lock under which rows are written."""
MINUTES_KEPT: Final = timedelta(days=8)


class State(Struct, frozen=True):
    """By whose clocks rows are cut, since when minutes are kept, and which rows stand."""

    time_zone: str
    minutes_since: datetime
    generation: int
    counted: int
    """The generation of what calls and appointments count for."""
    rules: int


async def read_state(tx: Tx) -> State | None:
    """None where nothing was ever counted."""
    return await fetch_one(tx, State, "SELECT time_zone, minutes_since, generation, counted, rules FROM rollup_zones")


@lru_cache(maxsize=4)
def clocks_of(time_zone: str, minutes_since: datetime) -> Clocks:
    return Clocks(time_zone, minutes_since)


async def read_time_zone(tx: Tx) -> str:
    return those_right(await read_settings(tx)).get("time_zone", MeetingSettings().time_zone)


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Statements:
    """What is said to the table of a rollup: its columns are told once, where it is declared."""

    read: LiteralString
    """The rows that there are of those that are told by grain, dimension, value and start."""
    remove: LiteralString
    put: LiteralString
    """In the place of those that there are."""
    add: LiteralString
    """To those that there are. Histograms are laid behind one another, which is how they add up."""
    compare: LiteralString
    """The rows that are not alike in two generations."""
    count: LiteralString
    """How many rows there are in either."""
    long: LiteralString
    """Which rows of months have histograms that may be several, laid behind one another: those of shorter times are few."""


def _statements(rollup: Rollup) -> Statements:
    key = ", ".join(("grain", *rollup.keys, "starts_at"))
    columns = ", ".join((*rollup.sums, *rollup.histograms))
    told: LiteralString = " unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS told (" + key + ") "
    kinds: LiteralString = "%s::text[], %s::text[], %s::text[], %s::bigint[]" + ", %s::bigint[]" * len(rollup.sums)
    kinds += ", %s::bytea[]" * len(rollup.histograms)
    insert: LiteralString = "INSERT INTO " + rollup.rows + " AS old (generation, " + key + ", " + columns + ")"
    insert += " SELECT %s, grain, " + ", ".join(rollup.keys) + ", to_timestamp(starts_at), " + columns
    insert += " FROM unnest(" + kinds + ") AS told (" + key + ", " + columns + ")"
    both: LiteralString = " FROM (SELECT * FROM " + rollup.rows + " WHERE generation = %(kept)s) AS ours"
    both += " FULL JOIN (SELECT * FROM " + rollup.rows + " WHERE generation = %(counted)s) AS theirs USING (" + key + ")"

    def of(side: LiteralString) -> LiteralString:
        return ", ".join([side + "." + name for name in (*rollup.sums, *rollup.histograms)])

    conflict: LiteralString = " ON CONFLICT (generation, " + key + ") DO UPDATE SET "
    return Statements(
        read="SELECT " + key + ", " + columns + " FROM" + told + "CROSS JOIN LATERAL (SELECT " + columns + " FROM " + rollup.rows + " AS ours"
        + " WHERE generation = %s" + "".join([" AND ours." + name + " = told." + name for name in ("grain", *rollup.keys, "starts_at")])
        + " OFFSET 0) AS found",  # row by row, by the index: of a generation that is new nothing is known, and a join would go through all of it for each
        remove="DELETE FROM " + rollup.rows + " AS old USING" + told + "WHERE generation = %s"
        + "".join([" AND old." + name + " = told." + name for name in ("grain", *rollup.keys, "starts_at")]),
        put=insert + conflict + ", ".join([name + " = excluded." + name for name in (*rollup.sums, *rollup.histograms)]),
        add=insert
        + conflict
        + ", ".join([
            *[name + " = old." + name + " + excluded." + name for name in rollup.sums],
            *[name + " = old." + name + " || excluded." + name for name in rollup.histograms],
        ]),
        compare="SELECT " + key + ", " + of("ours") + ", " + of("theirs") + both + " WHERE (" + of("ours") + ") IS DISTINCT FROM (" + of("theirs") + ")",
        count="SELECT count(*)" + both,
        long="SELECT " + key + " FROM " + rollup.rows + " WHERE generation = %s AND grain = 'month'"
        + " AND greatest(0, " + ", ".join(["octet_length(" + name + ")" for name in rollup.histograms]) + ") > %s",
    )  # fmt: skip


STATEMENTS: Final = {rollup.name: _statements(rollup) for rollup in ROLLUPS}


async def add_amounts(tx: Tx, rollup: Rollup, generation: int, amounts: Mapping[Row, Amount]) -> None:
    """Adds to the rows that there are; those that come to nothing go. Nobody else writes meanwhile."""
    if not amounts:
        return
    statements = STATEMENTS[rollup.name]
    there = await (await tx.execute(statements.read, [*_columns(amounts), generation])).fetchall()
    amounts = dict(amounts)
    for row in there:
        together = _amount(rollup, row)
        together.add(amounts[_row(row)])
        amounts[_row(row)] = together
    if gone := [row for row, amount in amounts.items() if not amount]:
        await execute(tx, statements.remove, [*_columns(gone), generation])
    if kept := [(row, amount) for row, amount in amounts.items() if amount]:
        await execute(tx, statements.put, parameters_of(generation, kept))


LONG: Final = 200 * 6
"""Bytes of two hundred bins, which few histograms have."""
SHORTENED_AT_ONCE: Final = 500


async def shorten_histograms(tx: Tx, rollup: Rollup, generation: int) -> None:
    """Adds up what was laid behind one another in months, so that whoever reads years reads each bin once. No other rows are looked at: there are many."""
    if not rollup.histograms:
        return
    statements = STATEMENTS[rollup.name]
    long = list(map(_row, await (await tx.execute(statements.long, [generation, LONG])).fetchall()))
    for first in range(0, len(long), SHORTENED_AT_ONCE):
        rows = await (await tx.execute(statements.read, [*_columns(long[first : first + SHORTENED_AT_ONCE]), generation])).fetchall()
        told = await asyncio.to_thread(lambda rows: parameters_of(generation, [(_row(row), _amount(rollup, row)) for row in rows]), rows)
        await execute(tx, statements.put, told)


def parameters_of(generation: int, rows: Sequence[tuple[Row, Amount]]) -> list[Any]:
    """What rows are put and added by: column by column, which is read many times faster than row by row."""
    grains, dimensions, values, starts = zip(*(row for row, _ in rows), strict=True)
    sums = zip(*(amount.sums for _, amount in rows), strict=True)
    encoded = {id(amount): list(map(encode, amount.histograms)) for amount in {id(amount): amount for _, amount in rows}.values()}
    histograms = zip(*(encoded[id(amount)] for _, amount in rows), strict=True)
    return [generation, list(grains), list(dimensions), list(values), _integers(starts), *map(_integers, sums), *map(_bytes, histograms)]


def _integers(values: Iterable[int]) -> str:
    """An array, as PostgreSQL reads it."""
    return "{" + ",".join(map(str, values)) + "}"


def _bytes(values: Iterable[bytes]) -> str:
    return '{"' + '","'.join(["\\\\x" + value.hex() for value in values]) + '"}'


def _columns(rows: Iterable[Row]) -> list[list[Any]]:
    grains, dimensions, values, starts = zip(*rows, strict=True)
    return [list(grains), list(dimensions), list(values), list(map(_time, starts))]


def _row(values: Sequence[Any]) -> Row:
    grain, dimension, value, starts_at, *_ = values
    return grain, dimension, value, int(starts_at.timestamp())


def _amount(rollup: Rollup, values: Sequence[Any]) -> Amount:
    sums = values[4 : 4 + len(rollup.sums)]
    return Amount(tuple(sums), [decode(encoded) for encoded in values[4 + len(rollup.sums) :]])


@lru_cache(maxsize=1 << 16)
def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(list(rows)).decode()


def as_hex(encoded: bytes) -> str:
    """As PostgreSQL reads bytes."""
    return f"\\x{encoded.hex()}"
