"""Being put out of calls, by a revoked invite or by a host. One transaction of the caller's, in which its audit entry lies too.

The time is taken under the call's lock: a leaving that seems to be older than the coming would be undone by it.
"""

from uuid import UUID

from callwell import errors, ids
from callwell.joining import queries
from callwell.joining.actions import Clock
from callwell.planning import invites
from callwell.postgres.pool import Tx
from callwell.record.audit import Action, Origin, add_audit_entry
from callwell.record.commands import PutOut
from callwell.record.ledger import Ledger


async def revoke_invite(tx: Tx, ledger: Ledger, invite_id: UUID, *, clock: Clock, caller: str, origin: Origin) -> None:
    """Nobody comes in by the invite any more, and whoever is in by it is put out. Again changes nothing. Raises NotFound."""
    invite = await invites.lock_invite(tx, invite_id)
    if invite is None:
        raise errors.NotFound(what="invite", id=invite_id)
    if invite.revoked_at is not None:
        return
    at = clock()
    await invites.save_revocation(tx, invite_id, at)
    for call_id in await queries.list_calls_by_invite(tx, invite_id):
        await queries.lock_call(tx, call_id)
        at = clock()
        connections = await queries.revoke_grants(tx, call_id, at, invite_id=invite_id)
        await ledger.command(tx, call_id, PutOut(id=ids.uuid7(), connections=tuple(connections)), at)
    await queries.revoke_other_grants(tx, invite_id, at)
    await add_audit_entry(tx, action=Action.INVITE_REVOKED, at=at, caller=caller, origin=origin, room_id=invite.room_id, invite_id=invite_id)


async def remove_participant(tx: Tx, ledger: Ledger, call_id: UUID, participant_id: UUID, *, clock: Clock, caller: str, origin: Origin) -> None:
    """Puts somebody out of a call, on all their devices. They don't come back by an invite that they had before. Raises NotFound."""
    known = await queries.find_returning(tx, call_id, participant_id) if await queries.lock_call(tx, call_id) else None
    if known is None:
        raise errors.NotFound(what="participant", id=participant_id)
    at = clock()
    revoked = await queries.revoke_grants(tx, call_id, at, participant_id=participant_id)
    connections = {*revoked, *await queries.list_connections_of(tx, call_id, participant_id)}
    await ledger.command(tx, call_id, PutOut(id=ids.uuid7(), connections=tuple(sorted(connections)), reason="removed"), at)
    await add_audit_entry(
        tx,
        action=Action.PARTICIPANT_REMOVED,
        at=at,
        caller=caller,
        origin=origin,
        identity=known.identity,
        call_id=call_id,
        participant_id=participant_id,
    )
