"""On which day somebody was in a call for the first time: who is new in a time is counted from these, not looked for person by person."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from callwell.postgres.pool import Tx, execute, fetch_all


async def keep_first_days(tx: Tx, generation: int, people: Collection[tuple[str, str]]) -> None:
    """Makes them right for those whose days changed, told by side and identity. Nobody else writes meanwhile."""
    if not people:
        return
    sides, identities = zip(*people, strict=True)
    await execute(
        tx,
        """
        WITH firsts AS (
            SELECT side, identity, (
                SELECT min(starts_at) FROM person_rollup_rows AS days
                WHERE generation = %(generation)s AND grain = 'day' AND sessions > 0 AND days.side = told.side AND days.identity = told.identity
            ) AS starts_at
            FROM unnest(%(sides)s::text[], %(identities)s::text[]) AS told (side, identity)
        ), gone AS (
            DELETE FROM first_day_rows AS old USING firsts
            WHERE generation = %(generation)s AND old.side = firsts.side AND old.identity = firsts.identity AND firsts.starts_at IS NULL
        )
        INSERT INTO first_day_rows AS old (generation, side, identity, starts_at)
        SELECT %(generation)s, side, identity, starts_at FROM firsts WHERE starts_at IS NOT NULL
        ON CONFLICT (generation, side, identity) DO UPDATE SET starts_at = excluded.starts_at WHERE old.starts_at <> excluded.starts_at
        """,
        {"generation": generation, "sides": list(sides), "identities": list(identities)},
    )


async def make_first_days(tx: Tx, generation: int) -> None:
    """Makes them for everybody who has days in this generation."""
    await execute(
        tx,
        """
        INSERT INTO first_day_rows (generation, side, identity, starts_at)
        SELECT generation, side, identity, min(starts_at) FROM person_rollup_rows WHERE generation = %s AND grain = 'day' AND sessions > 0 GROUP BY 1, 2, 3
        """,
        [generation],
    )


class DifferentFirstDay(Struct, frozen=True):
    side: str
    identity: str
    kept: datetime | None
    counted: datetime | None


async def compare_first_days(tx: Tx, kept: int, counted: int) -> list[DifferentFirstDay]:
    """Those that are not the same in two generations."""
    return await fetch_all(
        tx,
        DifferentFirstDay,
        """
        SELECT side, identity, ours.starts_at AS kept, theirs.starts_at AS counted
        FROM (SELECT * FROM first_day_rows WHERE generation = %s) AS ours
        FULL JOIN (SELECT * FROM first_day_rows WHERE generation = %s) AS theirs USING (side, identity)
        WHERE ours.starts_at IS DISTINCT FROM theirs.starts_at
        """,
        [kept, counted],
    )
