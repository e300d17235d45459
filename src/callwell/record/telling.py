"""What the audit trail is told of a call as its record is saved: that it started and ended, who got through and who did not, and what went wrong.

Each is told once, however often the call is folded: what was told stands in the row of the call and of the connection. An entry's time is when it
happened; its id and its transaction tell when we learned of it. The end alone can be told again, since late facts may move it:

* where the call ended then, but was longer or shorter, with ``was_ms``, the duration told before;
* where it did not end then, the end that was told is taken back at the time that it was told for (a duration of 0, ``was_ms`` and ``undone``), and
  the one that holds is told as if for the first time.

So whoever adds up ``duration_ms`` less ``was_ms``, and counts what has no ``was_ms`` less what is ``undone``, gets what the record says.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from callwell.record.audit import NOWHERE, Action, Entry, Origin
from callwell.record.events import ErrorOccurred, Event, Writer
from callwell.record.opened import OpenedCall
from callwell.record.state import CallRecord, ConnectionRecord

PERMISSION_DENIED = "permission_denied"
"""The code of an error that is a page's word for a camera or microphone that it may not use."""

UNNAMED = "other"
"""What stands for a reason that is no code but somebody's own words."""

_MILLISECOND = timedelta(milliseconds=1)
_CODE = re.compile(r"[!-~]{1,50}\Z")
_US = Writer.COMMAND.value
_CONNECTS = ("participant.connected", "participant.reconnected")
_STARTS = (*_CONNECTS, "call.started")
_ENDS = ("call.ended", "call.failed")
_FAILS = ("participant.failed", "participant.left")


class By(Struct, frozen=True):
    """By whose credential something was told, and from where."""

    caller: str
    origin: Origin = NOWHERE


def tell(call: OpenedCall, by: By | None) -> Iterator[Entry]:
    """What there is to tell of the call that was not told yet; it counts as told then. ``by``: whoever commanded the facts that are from us."""
    teller = _Teller(call, by)
    for event, origin in call.taken:
        if event.type == "error.occurred":
            yield teller.error(event, origin)
    if call.record is None or call.needs_refold:
        return
    record = call.record.call
    if record.started_at is not None and not call.told_start:
        call.told_start = True
        yield teller.entry(Action.CALL_START, record.started_at, _STARTS, participant_id=record.initiator_id)
    elapsed_ms = (record.elapsed_ms or 0) if record.ended_at is not None else None
    if (record.ended_at, elapsed_ms) != (call.told_end_at, call.told_end_ms):
        yield from teller.end(record, elapsed_ms)
        call.told_end_at, call.told_end_ms = record.ended_at, elapsed_ms
    for id in call.record.connections if call.all_touched else call.touched:
        connection = call.record.connections.get(id)
        if connection is None:
            continue
        if connection.connected_at is not None and id not in call.told_established:
            call.told_established.add(id)
            yield teller.of_connection(
                Action.CONNECTION_ESTABLISHED, connection.connected_at, connection, _CONNECTS, duration_ms=_setup_ms(connection)
            )
        if connection.left_at is not None and id not in call.told_failed and _has_failed(connection):
            call.told_failed.add(id)
            code = _code(connection.leave_reason)
            yield teller.of_connection(Action.CONNECTION_FAILED, connection.left_at, connection, _FAILS, error_code=code)


class _Teller:
    """Entries about one call."""

    def __init__(self, call: OpenedCall, by: By | None) -> None:
        self._call = call
        self._by = by
        self._names: dict[UUID, str] | None = None

    def entry(
        self,
        action: Action,
        at: datetime,
        told_by: tuple[str, ...] | By,
        *,
        participant_id: UUID | None = None,
        connection_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **about: Any,
    ) -> Entry:
        state, record = self._call.state.call, self._call.record
        by = told_by if isinstance(told_by, By) else self._who_told(told_by, connection_id)
        if by.caller == _US and self._by is not None:
            by = self._by
        return Entry(
            action=action,
            at=at,
            caller=by.caller,
            origin=by.origin,
            identity=self._identity(participant_id),
            call_id=self._call.id,
            room_id=record.call.room_id if record else self._call.room_id,
            appointment_id=state.appointment_id,
            participant_id=participant_id,
            metadata=(metadata or {}) | ({"demo": True} if state.is_demo else {}),
            **about,
        )

    def end(self, record: CallRecord, elapsed_ms: int | None) -> Iterator[Entry]:
        told_at, told_ms = self._call.told_end_at, self._call.told_end_ms
        was: dict[str, Any] = {}
        if told_at is not None:
            was = {"was_ms": told_ms}
            if told_at != record.ended_at:
                yield self.entry(Action.CALL_END, told_at, (*_ENDS, *_CONNECTS), duration_ms=0, metadata=was | {"undone": True})
                was = {}
        if record.ended_at is not None:
            yield self.entry(
                Action.CALL_END,
                record.ended_at,
                _ENDS,
                participant_id=record.ended_by,
                duration_ms=elapsed_ms,
                error_code=_code(record.end_reason) if record.status == "failed" else None,
                metadata=was | {"reason": _code(record.end_reason)},
            )

    def of_connection(self, action: Action, at: datetime, connection: ConnectionRecord, told_by: tuple[str, ...], **about: Any) -> Entry:
        return self.entry(
            action,
            at,
            told_by,
            participant_id=connection.participant_id,
            connection_id=connection.id,
            metadata={"connection_id": str(connection.id)},
            **about,
        )

    def error(self, event: Event, origin: Origin) -> Entry:
        assert isinstance(event.payload, ErrorOccurred)
        code = event.payload.code
        return self.entry(
            Action.PERMISSION_DENIED if code == PERMISSION_DENIED else Action.ERROR_OCCURRED,
            event.occurred_at,
            By(event.source, origin),
            participant_id=event.participant_id,
            error_code=code,
            metadata={"connection_id": str(event.connection_id)} if event.connection_id else None,
        )

    def _who_told(self, types: tuple[str, ...], connection_id: UUID | None) -> By:
        """Whose fact it was: the newest of these types that came in just now. Where it came out as the call was folded again, it was ours."""
        for event, origin in reversed(self._call.taken):
            if event.type in types and connection_id in (None, event.connection_id):
                return By(event.source, origin)
        return By(_US)

    def _identity(self, participant_id: UUID | None) -> str | None:
        if participant_id is None:
            return None
        if self._names is None:
            self._names = {id: identity for identity, id in self._call.state.people.items() if identity.startswith(("user:", "guest:"))}
        return self._names.get(participant_id)


def _setup_ms(connection: ConnectionRecord) -> int | None:
    """How long it took to connect: as was measured, else since they came in. Unknown where nobody said when they did."""
    if connection.setup_ms is not None:
        return connection.setup_ms
    if connection.joined_at is None or connection.connected_at is None or connection.joined_at >= connection.connected_at:
        return None
    return int((connection.connected_at - connection.joined_at) / _MILLISECOND)


def _has_failed(connection: ConnectionRecord) -> bool:
    return connection.status == "failed" or (connection.status == "left" and connection.leave_reason == "connect_timeout")


def _code(reason: str | None) -> str:
    """A reason as a code. An entry is kept when people are erased, so nobody's own words go into it."""
    return reason if reason is not None and _CODE.match(reason) else UNNAMED
