"""What silence means: the guesses that timers make, and when. Pure.

A guess says what it rests on (``basis_at``: when its subject was last heard of) and happens at its deadline. Its id is made from both, so two
workers make the same one, once. The fold leaves it out when something shows that it was wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import ids
from callwell.record import events as e
from callwell.record.derive import ending
from callwell.record.events import NewEvent
from callwell.record.state import CallState, ConnectionState, Span


class Allowances(Struct, frozen=True):
    """How long we wait; each is a setting. All but ``lease`` and ``longest`` may be a call's own."""

    lease: timedelta
    grace: timedelta
    ringing: timedelta
    empty: timedelta
    longest: timedelta
    settling: timedelta


LONGEST_SECONDS = 604_800
"""The longest that a call's own setting may let a timer wait: a week."""


def of_call(allowances: Allowances, settings: Mapping[str, Any]) -> Allowances:
    """How long we wait in a call with these settings. One that is not right is passed over: facts say what they like."""
    own = {name: timedelta(seconds=seconds) for name in _OWN if (seconds := _seconds(settings.get(f"{name}_seconds")))}
    return msgspec.structs.replace(allowances, **own) if own else allowances


def _seconds(told: Any) -> int | None:
    return told if type(told) is int and 1 <= told <= LONGEST_SECONDS else None


_OWN = ("grace", "ringing", "empty", "settling")


def next_deadline(call_id: UUID, state: CallState, allowances: Allowances, gaps: Sequence[Span], at: datetime) -> datetime | None:
    """When something will be due if nothing is heard until then; None where nothing will. Leases that run are left out: they are found as they run out."""
    running = {id for id, spans in state.held.items() if max(span.end or span.start for span in spans) > at}
    return min(
        (guess.occurred_at for guess in _guesses(call_id, state, allowances, gaps) if _connection_of(guess) not in running),
        default=None,
    )


def due(call_id: UUID, state: CallState, allowances: Allowances, gaps: Sequence[Span], at: datetime) -> list[NewEvent]:
    """The guesses whose deadline has passed. Once they are folded, others may be due."""
    return sorted(
        (guess for guess in _guesses(call_id, state, allowances, gaps) if guess.occurred_at <= at),
        key=lambda guess: (guess.occurred_at, guess.id),
    )[:1]


def moved(basis: datetime, allowance: timedelta, gaps: Sequence[Span]) -> datetime:
    """``basis`` and the allowance, where the time in which nobody looked after deadlines does not count."""
    deadline = basis + allowance
    for gap in gaps:
        start, end = max(gap.start, basis), gap.end
        if end is not None and start < deadline and end > start:
            deadline += end - start
    return deadline


def _guesses(call_id: UUID, state: CallState, allowances: Allowances, gaps: Sequence[Span]) -> Iterator[NewEvent]:
    if state.call.is_imported or state.call.failed_at is not None or ending(state) is not None:
        return
    allowances = of_call(allowances, state.call.settings)
    for connection_id, connection in state.connections.items():
        guess = _of_connection(call_id, connection_id, connection, state.held.get(connection_id), allowances, gaps)
        if guess is not None:
            yield guess
    yield from _of_call(call_id, state, allowances, gaps)


def _of_connection(
    call_id: UUID, id: UUID, c: ConnectionState, held: list[Span] | None, allowances: Allowances, gaps: Sequence[Span]
) -> NewEvent | None:
    if c.left_at is not None or c.status == "unseen":
        return None
    if not held:
        if c.connect_until is None or c.status not in ("connecting", "waiting"):
            return None
        heard_at = max(at for at in (c.joined_at, c.rejoined_at, c.observed_at, c.first_at) if at is not None)
        # After what was last heard, where the time to connect was over by then: at the same moment ids would decide which comes first.
        given_up_at = max(heard_at + _MOMENT, moved(c.connect_until, _NOTHING, gaps))
        return _guess(call_id, "participant.left", e.Left("connect_timeout"), heard_at, given_up_at, c, id)
    leased_until = max(span.end or span.start for span in held)
    heard_at = max(leased_until - allowances.lease, c.observed_at or leased_until - allowances.lease)
    lost_at = moved(heard_at, allowances.lease, gaps)
    if c.status == "connected":
        return _guess(call_id, "participant.disconnected", e.Disconnected("lost"), heard_at, lost_at, c, id)
    gone_at = moved(max(lost_at, c.disconnected_at or lost_at), allowances.grace, gaps)
    return _guess(call_id, "participant.left", e.Left("lost"), heard_at, gone_at, c, id)


def _of_call(call_id: UUID, state: CallState, allowances: Allowances, gaps: Sequence[Span]) -> Iterator[NewEvent]:
    call = state.call
    connections = state.connections.values()
    begun = min((at for at in (call.created_at or call.first_at, *(c.first_at for c in connections)) if at), default=None)
    started = min((c.spans[0].start for c in connections if c.spans), default=None)
    if started is None and call.announced_at is None and call.ringing_at is not None and not _was_said(state, "ringing", call.ringing_at):
        yield _end(call_id, "no_answer", "ringing", call.ringing_at, moved(call.ringing_at, allowances.ringing, gaps))
    emptied = _emptied_at(state)
    if emptied is not None and not _was_said(state, "empty", emptied):
        by_goodbye = not any(c.guessed_left or c.closed_by_guess for c in connections)
        yield _end(call_id, "normal" if by_goodbye else "timeout", "empty", emptied, moved(emptied, allowances.empty, gaps))
    if (since := started or begun) is not None:
        yield _end(call_id, "timeout", "longest", since, since + allowances.longest)


def _was_said(state: CallState, because: str, basis: datetime) -> bool:
    """Whether this guess was made before; as the call goes on, it was proved wrong."""
    return any(end.because == because and end.basis_at == basis for end in state.call.ends)


def _emptied_at(state: CallState) -> datetime | None:
    """Since when nobody is connected or about to be, where somebody was: the newest sign of anybody."""
    connections = state.connections.values()
    if any(c.status in ("connected", "connecting", "waiting") for c in connections):
        return None
    signs = (at for c in connections for at in (c.joined_at, c.rejoined_at, c.left_at, c.spans[-1].end if c.spans else None))
    return max((at for at in signs if at is not None), default=None)


def _end(call_id: UUID, reason: e.EndReason, because: str, basis: datetime, deadline: datetime) -> NewEvent:
    payload = e.CallEnded(reason=reason, because=because)  # pyright: ignore[reportArgumentType]
    return _guess(call_id, "call.ended", payload, basis, deadline)


def _guess(
    call_id: UUID, type: str, payload: e.Payload, basis: datetime, deadline: datetime, c: ConnectionState | None = None, id: UUID | None = None
) -> NewEvent:
    return NewEvent(
        call_id=call_id,
        id=ids.derived_id(call_id, type, id, basis.isoformat(), deadline.isoformat()),
        type=type,
        occurred_at=deadline,
        payload=payload,
        participant=str(c.participant_id) if c else None,
        connection=str(id) if id else None,
        basis_at=basis,
    )


def _connection_of(guess: NewEvent) -> UUID | None:
    return UUID(guess.connection) if guess.connection else None


_NOTHING = timedelta(0)
_MOMENT = timedelta(milliseconds=1)
