"""The waiting room, as hosts see it: who waits is let in or sent away. One transaction of the caller's, in which its audit entries lie too."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from callwell import errors, ids
from callwell.joining import queries, rules
from callwell.joining.actions import Clock, meeting_at, touch
from callwell.joining.queries import Found
from callwell.joining.rules import Denial
from callwell.planning.deployed import Deployed
from callwell.postgres.pool import Tx
from callwell.record.audit import NOWHERE, Action, Origin, add_audit_entry
from callwell.record.commands import Admit, Refusal, Refuse
from callwell.record.ledger import Ledger
from callwell.settings import Settings


class Deciding(Struct, frozen=True, kw_only=True):
    """Somebody decides about who waits: by whose credential, from where, and what it is done with."""

    ledger: Ledger
    settings: Settings
    deployed: Deployed
    clock: Clock
    caller: str
    origin: Origin
    call_id: UUID
    participant_id: UUID


class _Outside(Struct, frozen=True):
    """Somebody in a call, or before its door, and where they want to go."""

    identity: str
    found: Found
    settings: dict[str, Any]
    """The call's."""


async def admit_participant(tx: Tx, deciding: Deciding) -> Refusal | None:
    """Lets somebody in who waits, on all their devices; whether there is a place and the window is open is looked at again.

    Who is in already stays so, and nothing is written of it. Raises NotFound.
    """
    outside = await _find(tx, deciding)
    meeting = meeting_at(deciding.deployed, outside.found, outside.settings)
    if denial := rules.denied_by_meeting(meeting, None, outside.identity, deciding.clock()):
        return await _deny(tx, deciding, outside, denial)
    await queries.lock_call(tx, deciding.call_id)
    at = deciding.clock()
    connect_until = at + timedelta(seconds=deciding.settings.connect_seconds)
    command = Admit(id=ids.uuid7(), participant_id=deciding.participant_id, capacity=meeting.capacity, connect_until=connect_until)
    changed = await deciding.ledger.command(tx, deciding.call_id, command, at)
    if isinstance(changed, Refusal):
        if isinstance(changed.error, errors.NotWaiting):
            return changed
        return await _deny(tx, deciding, outside, Denial(changed.error, changed.error.code.rpartition(".")[2]))
    if not await queries.let_in(tx, deciding.call_id, deciding.participant_id, at, connect_until):
        return None
    await touch(tx, meeting, at)
    waited_ms = changed.record.participants[deciding.participant_id].wait_ms
    await _note(tx, deciding, outside, at, Action.PARTICIPANT_ADMITTED, by_host=True)
    demo = {"demo": True} if changed.record.call.is_demo else {}
    await _note(tx, deciding, outside, at, Action.JOIN_SUCCESS, metadata={"by": "admission", "waited_ms": waited_ms} | demo)
    return None


async def refuse_participant(tx: Tx, deciding: Deciding) -> Refusal | None:
    """Sends somebody away who waits. They don't come to this call again by an invite that they had before. Raises NotFound."""
    outside = await _find(tx, deciding)
    await queries.lock_call(tx, deciding.call_id)
    at = deciding.clock()
    changed = await deciding.ledger.command(tx, deciding.call_id, Refuse(id=ids.uuid7(), participant_id=deciding.participant_id), at)
    if isinstance(changed, Refusal):
        return changed
    await queries.end_waiting(tx, deciding.call_id, deciding.participant_id, at)
    await _note(tx, deciding, outside, at, Action.PARTICIPANT_REFUSED, by_host=True)
    await _deny(tx, deciding, outside, Denial(errors.Refused(), "refused"))
    return None


async def _find(tx: Tx, deciding: Deciding) -> _Outside:
    """Who it is about and where they want to go, locked but for the call. Raises NotFound."""
    call_id, participant_id = deciding.call_id, deciding.participant_id
    place = await queries.find_call_place(tx, call_id)
    known = await queries.find_returning(tx, call_id, participant_id) if place else None
    if place is None or known is None or known.identity is None:
        raise errors.NotFound(what="participant", id=participant_id)
    found = await queries.find_way(tx, room_id=place.room_id, appointment_id=place.appointment_id, identity=known.identity)
    return _Outside(known.identity, found, place.settings)


async def _deny(tx: Tx, deciding: Deciding, outside: _Outside, denial: Denial) -> Refusal:
    """Keeps why, and gives what the host is told."""
    metadata = {"by": "admission", "reason": denial.reason}
    await _note(tx, deciding, outside, deciding.clock(), Action.JOIN_DENIED, error_code=denial.error.code, metadata=metadata)
    return Refusal(denial.error)


async def _note(tx: Tx, deciding: Deciding, outside: _Outside, at: datetime, action: Action, *, by_host: bool = False, **about: Any) -> None:
    """Where the host is and with what is not where the one is who waits."""
    room, appointment = outside.found.room, outside.found.appointment
    await add_audit_entry(
        tx,
        action=action,
        at=at,
        caller=deciding.caller,
        origin=deciding.origin if by_host else NOWHERE,
        identity=outside.identity,
        call_id=deciding.call_id,
        room_id=room.id if room else None,
        appointment_id=appointment.id if appointment else None,
        participant_id=deciding.participant_id,
        **about,
    )
