"""Who is counted once in each period's figures: under a hash that tells nobody who it was, and that somebody who is erased leaves nothing of."""

from uuid import UUID

from callwell import ids
from callwell.postgres.pool import Tx, execute

HASH_BYTES = 16


def person_hash(key: bytes, person: str) -> bytes:
    """What is kept of somebody who was there in a period. ``key`` is the deployment's; ``person`` an identity, or `erased_person`."""
    return ids.keyed_hash(key, "person", person)[:HASH_BYTES]


def erased_person(erased_id: UUID) -> str:
    """What stands in the place of an identity that was erased."""
    return f"erased:{erased_id}"


async def lock_figures(tx: Tx) -> None:
    """Waits until nobody else counts, and keeps them waiting until the transaction ends. Before anything is read: what they counted is seen then."""
    await execute(tx, "LOCK TABLE metrics_reader IN SHARE ROW EXCLUSIVE MODE")


async def erase_counted_person(tx: Tx, key: bytes, identity: str, erased_id: UUID) -> int:
    """Puts the random id that an erased person leaves in their entries in the place of who they were. Figures stay as they are.

    In the transaction that erases them from the entries, before it does so. Gives in how many periods they were.
    """
    await lock_figures(tx)
    return await execute(
        tx,
        "UPDATE metric_users SET person = %(left)s WHERE person = %(was)s",
        {"left": person_hash(key, erased_person(erased_id)), "was": person_hash(key, identity)},
    )
