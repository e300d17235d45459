"""From what was sent to samples: each item is looked at by itself and has its own outcome. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from callwell.ingest.facts import AHEAD, EARLIEST, Own
from callwell.quality.samples import Measured, SampleFact
from callwell.record.events import BadFact
from callwell.record.opened import Outcome

MOST_SAMPLES = 500
"""Samples in one batch."""


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """Samples as they are posted; only this envelope can make the whole request fail."""

    samples: Annotated[list[msgspec.Raw], Meta(max_length=MOST_SAMPLES)]


class NewSample(Struct, frozen=True, gc=False):
    """A sample that was understood, on its way to be kept: people and connections are still called by their names."""

    call_id: UUID
    id: UUID
    participant: str
    """``user:…`` or ``guest:…``; or our own id of the participant."""
    connection: str | None
    """How its source calls the connection; or our own id of it."""
    measured: Measured
    """By our clock."""


def read_samples(items: Sequence[msgspec.Raw], received_at: datetime, own: Own | None) -> list[NewSample | Outcome]:
    """The samples of a batch in its order; an outcome in place of each that is none."""
    return [_read(item, received_at, own) for item in items]


def _read(item: msgspec.Raw, received_at: datetime, own: Own | None) -> NewSample | Outcome:
    try:
        sample = _decode(item)
        return _of_server(sample, received_at) if own is None else _of_client(sample, received_at, own)
    except msgspec.ValidationError as why:
        return _rejected(item, "sample.invalid", str(why).replace("`$.", "`"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _rejected(item, "sample.invalid", "it is not JSON that we take")
    except OverflowError:
        return _rejected(item, "sample.invalid", "started_at: no such time")
    except BadFact as why:
        return _rejected(item, why.code, why.problem)


def _of_server(sample: SampleFact, received_at: datetime) -> NewSample:
    """A sample from a server, which names all that it is about. Raises BadFact."""
    if sample.call_id is None:
        raise BadFact("sample.invalid", "call_id: it is required")
    if sample.participant is None:
        raise BadFact("sample.invalid", "participant: it is required")
    started_at = _in_milliseconds(sample.started_at)
    if not EARLIEST <= started_at <= received_at + AHEAD - _interval(sample):
        raise BadFact("sample.invalid", "started_at: it is before the year 2000 or more than a day ahead")
    return NewSample(sample.call_id, sample.id, sample.participant, sample.connection, _begun(sample, started_at))


def _of_client(sample: SampleFact, received_at: datetime, own: Own) -> NewSample:
    """A sample from a page, of its own connection whatever it leaves out, by our clock: between when it was let in and now. Raises BadFact."""
    said = (sample.call_id or own.call_id, sample.participant or own.identity, sample.connection or str(own.connection_id))
    if said != (own.call_id, own.identity, str(own.connection_id)):
        raise BadFact("sample.not_yours", "it is about another call, person or connection")
    by_our_clock = _in_milliseconds(sample.started_at) - timedelta(milliseconds=own.clock_offset_ms)
    latest = _in_milliseconds(received_at - _interval(sample))
    if latest < own.since:
        raise BadFact("sample.invalid", "interval_ms: it is longer than the connection has been there")
    started_at = min(max(by_our_clock, own.since), latest)
    if own.revoked_at is not None and started_at >= own.revoked_at:
        raise BadFact("sample.after_revocation", "it began after the connection was put out")
    return NewSample(own.call_id, sample.id, str(own.participant_id), str(own.connection_id), _begun(sample, started_at))


def _begun(sample: SampleFact, at: datetime) -> SampleFact:
    return sample if sample.started_at == at else msgspec.structs.replace(sample, started_at=at)


def _interval(sample: SampleFact) -> timedelta:
    return timedelta(milliseconds=sample.interval_ms)


def _in_milliseconds(at: datetime) -> datetime:
    """In UTC and whole milliseconds, as all our times are. Raises OverflowError."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _rejected(item: msgspec.Raw, code: str, problem: str) -> Outcome:
    return Outcome(_id_of(item), "rejected", code, problem)


def _id_of(item: msgspec.Raw) -> str | None:
    """The id that a sample claims, where it has one, so that its sender knows which it is. Nothing else of the sample is looked at."""
    try:
        return _decode_claim(item).id[:100]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


class _Claim(Struct, frozen=True):
    id: str


_decode = msgspec.json.Decoder(SampleFact).decode
_decode_claim = msgspec.json.Decoder(_Claim).decode
