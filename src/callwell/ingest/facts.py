"""From what was sent to facts: each item is looked at by itself and has its own outcome. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from callwell.record.events import BadFact, Fact, NewEvent, Subject, event_type, fact_hash, read_payload
from callwell.record.opened import Outcome

MOST_FACTS = 500
"""Facts in one batch."""
AHEAD = timedelta(hours=24)
"""How far a server's fact may lie ahead of our clock."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """Facts as they are posted; only this envelope can make the whole request fail."""

    events: Annotated[list[msgspec.Raw], Meta(max_length=MOST_FACTS)]


class Own(Struct, frozen=True):
    """What a connection token may write of: this connection alone."""

    call_id: UUID
    connection_id: UUID
    participant_id: UUID
    identity: str | None
    """Theirs; None for somebody who was erased."""
    since: datetime
    """When it was let in; nothing of it happened before."""
    clock_offset_ms: int = 0
    """By how much the page's clock is ahead of ours."""
    revoked_at: datetime | None = None
    is_waiting: bool = False
    """Whether it waits to be let in."""


class Result(Struct, frozen=True):
    """What became of a batch."""

    received: int
    stored: int
    duplicate: int
    rejected: int
    outcomes: Sequence[Outcome]


def read_facts(items: Sequence[msgspec.Raw], received_at: datetime, own: Own | None) -> list[NewEvent | Outcome]:
    """The facts of a batch in its order; an outcome in place of each that is none."""
    return [_read(item, received_at, own) for item in items]


def result_of(read: Sequence[object], written: Sequence[Outcome]) -> Result:
    """The outcomes in the order in which facts (or samples) were sent, counted."""
    rest = iter(written)
    outcomes = [item if isinstance(item, Outcome) else next(rest) for item in read]
    counts = Counter(outcome.outcome for outcome in outcomes)
    return Result(len(outcomes), counts["stored"], counts["duplicate"], counts["rejected"], outcomes)


def _read(item: msgspec.Raw, received_at: datetime, own: Own | None) -> NewEvent | Outcome:
    try:
        fact = _decode(item)
        payload = read_payload(fact.type, fact.data)
        return _corrected(_of_server(fact) if own is None else _of_client(fact, own), payload, received_at, own)
    except msgspec.ValidationError as why:
        return _rejected(item, "event.invalid", str(why).replace("`$.", "`"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _rejected(item, "event.invalid", "it is not JSON that we take")
    except BadFact as why:
        return _rejected(item, why.code, why.problem)


def _of_server(fact: Fact) -> Fact:
    """A fact of a server, which names all that it is about. Raises BadFact."""
    type = event_type(fact.type)
    assert type is not None
    if fact.call_id is None:
        raise BadFact("event.invalid", "call_id: it is required")
    if type.subject is Subject.CALL and (fact.participant is not None or fact.connection is not None):
        raise BadFact("event.invalid", f"participant: {fact.type} is about the call, not about a person")
    if type.subject is Subject.CONNECTION and fact.participant is None:
        raise BadFact("event.invalid", f"participant: {fact.type} needs it")
    if fact.connection is not None and fact.participant is None:
        raise BadFact("event.invalid", "participant: a connection is somebody's")
    return fact


def _of_client(fact: Fact, own: Own) -> Fact:
    """A fact of a page, about its own connection whatever it leaves out. Raises BadFact."""
    said = (fact.call_id or own.call_id, fact.participant or own.identity, fact.connection or str(own.connection_id))
    if said != (own.call_id, own.identity, str(own.connection_id)):
        raise BadFact("event.not_yours", "it is about another call, person or connection")
    if own.is_waiting and fact.type != "participant.left":
        raise BadFact("event.waiting", "whoever waits to be let in can only say that they leave")
    return msgspec.structs.replace(fact, call_id=own.call_id, participant=str(own.participant_id), connection=str(own.connection_id))


def _corrected(fact: Fact, payload: Any, received_at: datetime, own: Own | None) -> NewEvent:
    """With the time that it is kept under: by our clock, and not before its page was let in. What was sent is kept beside it."""
    assert fact.call_id is not None
    sent_at = _in_milliseconds(fact.occurred_at)
    occurred_at = sent_at
    if own is not None:
        occurred_at = min(max(_earlier(sent_at, own.clock_offset_ms), own.since), received_at)
        if own.revoked_at is not None and occurred_at > own.revoked_at:
            raise BadFact("event.after_revocation", "it happened after the connection was put out")
    elif not EARLIEST <= sent_at <= received_at + AHEAD:
        raise BadFact("event.invalid", "occurred_at: it is before the year 2000 or more than a day ahead")
    return NewEvent(
        call_id=fact.call_id,
        id=fact.id,
        type=fact.type,
        occurred_at=occurred_at,
        payload=payload,
        participant=fact.participant,
        connection=fact.connection,
        sent_at=sent_at if occurred_at != sent_at else None,
        hash=fact_hash(fact.type, sent_at, fact.participant, fact.connection, payload),
    )


def _earlier(at: datetime, milliseconds: int) -> datetime:
    """So much earlier. At the ends of time it stays as it is: it is out of every bound either way."""
    try:
        return at - timedelta(milliseconds=milliseconds)
    except OverflowError:
        return at


def _in_milliseconds(at: datetime) -> datetime:
    if at.tzinfo is not UTC:
        try:
            at = at.astimezone(UTC)
        except OverflowError:
            raise BadFact("event.invalid", "occurred_at: no such time") from None
    beyond = at.microsecond % 1000
    return at.replace(microsecond=at.microsecond - beyond) if beyond else at


def _rejected(item: msgspec.Raw, code: str, problem: str) -> Outcome:
    return Outcome(_id_of(item), "rejected", code, problem)


def _id_of(item: msgspec.Raw) -> str | None:
    """The id that a fact claims, where it has one, so that its sender knows which it is. Nothing else of the fact is looked at."""
    try:
        return _decode_claim(item).id[:100]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


class _Claim(Struct, frozen=True):
    id: str


_decode = msgspec.json.Decoder(Fact).decode
_decode_claim = msgspec.json.Decoder(_Claim).decode
