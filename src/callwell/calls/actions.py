"""What is done with calls: each in the caller's transaction, with its audit entry in it. A refusal is a value; the route raises it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors, ids
from callwell.calls.queries import find_appointment, lock_call_settings
from callwell.planning.call_settings import MeetingSettings
from callwell.planning.conversations import ensure_conversation
from callwell.planning.deployed import Deployed
from callwell.planning.rooms import Room, find_live_call, lock_room
from callwell.postgres.pool import Tx
from callwell.record import events as e
from callwell.record.audit import Action, Origin, add_audit_entry
from callwell.record.commands import ChangeSettings, CreateCall, DeclineCall, EndCall, Refusal, RingCall
from callwell.record.ledger import Changed, Ledger
from callwell.record.telling import By


class Acting(Struct, frozen=True):
    """Who acts: by whose credential, from where and when."""

    caller: str
    origin: Origin
    at: datetime


async def create_call(
    tx: Tx, ledger: Ledger, deployed: Deployed, call_id: UUID, create: CreateCall, ring: RingCall | None, acting: Acting
) -> Changed | Refusal:
    """Begins a call, in its room where it has one, and rings for people at once where there are any to ring for.

    Raises NotFound and RoomClosed for the room, RoomBusy where it has an unfinished call, SettingUnknown, Invalid.
    """
    details = create.details
    deployed.check(details.settings, "call")
    if details.conversation_id is not None:
        await ensure_conversation(tx, details.conversation_id, acting.at)
    room = await _free_room(tx, details.room) if details.room is not None else None
    appointment = await find_appointment(tx, appointment_id=details.appointment_id, room_id=room and room.id)
    details = msgspec.structs.replace(
        details,
        conversation_id=details.conversation_id or (room and room.conversation_id),
        appointment_id=details.appointment_id or (appointment and appointment.id),
        settings=deployed.of_call(room.settings if room else {}, appointment.settings if appointment else {}, details.settings),
    )
    _check_size(details)
    changed = await ledger.command(tx, call_id, CreateCall(id=create.id, details=details), acting.at)
    if isinstance(changed, Refusal):
        return changed
    await _note(tx, Action.CALL_CREATED, call_id, acting, identity=details.initiator, room_id=room and room.id)
    return await ledger.command(tx, call_id, ring, acting.at) if ring else changed


async def _free_room(tx: Tx, name: str) -> Room:
    """The room, locked, in which a call can begin."""
    room = await lock_room(tx, ids.room_id(name))
    if room is None:
        raise errors.NotFound(what="room", id=name)
    if room.closed_at is not None:
        raise errors.RoomClosed
    if (busy_with := await find_live_call(tx, room.id)) is not None:
        raise errors.RoomBusy(call_id=busy_with)
    return room


def _check_size(details: e.CallCreated) -> None:
    """Raises Invalid where the call says more than a fact may hold; only metadata can."""
    try:
        e.read_payload("call.created", e.payload_json(details))
    except e.BadFact as why:
        raise errors.Invalid(problem=f"metadata: {why.problem}", fields={"metadata": why.problem}) from None


async def ring_call(tx: Tx, ledger: Ledger, call_id: UUID, command: RingCall, acting: Acting) -> Changed | Refusal:
    changed = await ledger.command(tx, call_id, command, acting.at)
    if isinstance(changed, Changed):
        await _note(tx, Action.CALL_CHANGED, call_id, acting, metadata={"what": "rung", "people": len(command.people)})
    return changed


async def decline_call(tx: Tx, ledger: Ledger, call_id: UUID, command: DeclineCall, acting: Acting) -> Changed | Refusal:
    changed = await ledger.command(tx, call_id, command, acting.at, by=_by(acting))
    if isinstance(changed, Changed):
        await _note(tx, Action.CALL_CHANGED, call_id, acting, identity=command.identity, metadata={"what": "declined"})
    return changed


async def end_call(tx: Tx, ledger: Ledger, call_id: UUID, command: EndCall, acting: Acting) -> Changed | Refusal:
    """Ends the call for everybody. The ledger tells the audit trail, with its length: 0 where nobody was ever connected."""
    return await ledger.command(tx, call_id, command, acting.at, by=_by(acting))


async def change_settings(
    tx: Tx, ledger: Ledger, deployed: Deployed, call_id: UUID, command_id: UUID, given: Mapping[str, Any], acting: Acting
) -> Changed | Refusal:
    """Changes the settings that are given; null puts one back to what holds around the call. Raises NotFound, SettingUnknown, Invalid."""
    deployed.check(_filled(given, deployed.meeting()), "call")
    call = await lock_call_settings(tx, call_id)
    new = _filled(given, deployed.meeting(call.room, call.appointment))
    old = msgspec.structs.asdict(deployed.meeting(call.own))
    changed = await ledger.command(tx, call_id, ChangeSettings(id=command_id, settings=new), acting.at)
    if isinstance(changed, Changed):
        metadata = {"old": {name: old[name] for name in new}, "new": new}
        await _note(tx, Action.SETTINGS_CHANGED, call_id, acting, metadata=metadata)
    return changed


def _filled(given: Mapping[str, Any], around: MeetingSettings) -> dict[str, Any]:
    return {name: getattr(around, name, None) if value is None else value for name, value in given.items()}


async def note_rebuild(tx: Tx, call_id: UUID, acting: Acting) -> None:
    await _note(tx, Action.CALL_CHANGED, call_id, acting, metadata={"what": "rebuilt"})


def _by(acting: Acting) -> By:
    return By(acting.caller, acting.origin)


async def _note(tx: Tx, action: Action, call_id: UUID, acting: Acting, **about: Any) -> None:
    await add_audit_entry(tx, action=action, at=acting.at, caller=acting.caller, origin=acting.origin, call_id=call_id, **about)
