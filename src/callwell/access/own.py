"""What is a provider's own: calls that they are named in, appointments that they come to, and people whom they met in either.

Asked by the guard, for every route whose path names one of these: what is not theirs is not there.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, LiteralString
from uuid import UUID

from callwell import errors
from callwell.postgres.pool import Tx, fetch_value


async def check_own(tx: Tx, identity: str, named: Mapping[str, Any]) -> None:
    """``named`` are the parameters of a path. Raises NotFound for what is not theirs, and where we could not tell whose it is."""
    if named and not named.keys() & _OWN.keys():
        raise errors.NotFound(what="such thing of yours", id=", ".join(map(str, named.values())))
    for name, value in named.items():
        if name in _OWN:
            what, is_own = _OWN[name]
            if not await is_own(tx, identity, value):
                raise errors.NotFound(what=what, id=value)


async def is_call_of(tx: Tx, identity: str, call_id: UUID) -> bool:
    kind, _, id = identity.partition(":")
    statement: LiteralString = "SELECT EXISTS (SELECT FROM participants WHERE call_id = %(call_id)s AND"
    statement += " user_id = %(id)s)" if kind == "user" else " guest_id = %(id)s)"
    return await fetch_value(tx, statement, {"call_id": call_id, "id": id})


async def is_appointment_of(tx: Tx, identity: str, appointment_id: UUID) -> bool:
    statement: LiteralString = "SELECT EXISTS (SELECT FROM attendees WHERE appointment_id = %(appointment_id)s AND identity = %(identity)s)"
    return await fetch_value(tx, statement, {"appointment_id": appointment_id, "identity": identity})


async def has_met(tx: Tx, identity: str, other: str) -> bool:
    """In a call or at an appointment, held or not; oneself one has met."""
    if identity == other:
        return True
    kind, _, id = identity.partition(":")
    other_kind, _, other_id = other.partition(":")
    parameters = {
        "identity": identity,
        "other": other,
        "user": id if kind == "user" else None,
        "guest": id if kind == "guest" else None,
        "other_id": other_id,
    }
    statement: LiteralString = _AT_AN_APPOINTMENT + _IN_A_CALL
    statement += " theirs.user_id = %(other_id)s" if other_kind == "user" else " theirs.guest_id = %(other_id)s"
    return await fetch_value(tx, statement + ")", parameters)


async def _is_oneself(tx: Tx, identity: str, other: str) -> bool:  # noqa: ARG001 asked like the others
    return identity == other


_OWN: Mapping[str, tuple[str, Callable[[Tx, str, Any], Awaitable[bool]]]] = {
    "call_id": ("call", is_call_of),
    "appointment_id": ("appointment", is_appointment_of),
    "identity": ("person", has_met),
    "user_id": ("user", lambda tx, identity, id: _is_oneself(tx, identity, f"user:{id}")),
    "guest_id": ("guest", lambda tx, identity, id: _is_oneself(tx, identity, f"guest:{id}")),
}

_AT_AN_APPOINTMENT: LiteralString = """
    SELECT EXISTS (
        SELECT FROM attendees AS theirs JOIN attendees AS own ON own.appointment_id = theirs.appointment_id
        WHERE theirs.identity = %(other)s AND own.identity = %(identity)s)
"""
_IN_A_CALL: LiteralString = """
    OR EXISTS (
        SELECT FROM participants AS theirs JOIN participants AS own ON own.call_id = theirs.call_id
        WHERE (own.user_id = %(user)s OR own.guest_id = %(guest)s) AND
"""
