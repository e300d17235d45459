"""Attendance as a table for spreadsheets: one row for each thing that is told, all of them with the same columns. Pure."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from callwell.planning.attendance import Attendance, AttendedPerson, Length, Modality, length_between
from callwell.record.shown import Interval
from callwell.sheets import cell


class Line(Struct, frozen=True, kw_only=True):
    """A row of the table: what it tells, of whom, from when until when and how long."""

    what: str
    call_id: UUID | None = None
    connection_id: UUID | None = None
    side: str | None = None
    name: str | None = None
    identity: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    seconds: float | None = None
    minutes_floor: int | None = None
    minutes_nearest: int | None = None
    detail: str | None = None


HEADER = ("what", "call_id", "connection_id", "side", "name", "identity", "from", "to", "seconds", "minutes_floor", "minutes_nearest", "detail")


def to_csv(told: Attendance) -> bytes:
    """The table in UTF-8, as RFC 4180 has it. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    written = io.StringIO(newline="")
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(HEADER)
    for line in _lines(told):
        table.writerow([_cell(getattr(line, field)) for field in Line.__struct_fields__])
    return written.getvalue().encode()


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else cell(value)


def _lines(told: Attendance) -> Iterator[Line]:
    firmness = told.record_state or "no calls"
    yield _line("appointment", told.scheduled_at, told.ends_at, detail=f"{told.status}; {firmness}; {told.appointment_id}")
    yield Line(what="generated", since=told.generated_at)
    for name, sentence in told.rounding.items():
        yield Line(what="rounding", detail=f"{name}: {sentence}")
    if told.calls_removed:
        yield Line(what="calls_removed", detail=str(told.calls_removed))
    for call in told.calls:
        detail = f"{call.record_state}; version {call.version}; ended {call.end_reason or 'not yet'}"
        yield _line("call", call.started_at, call.ended_at, call.elapsed, call_id=call.id, detail=detail)
    yield _line("elapsed", None, None, told.elapsed)
    yield _line("overlap", None, None, told.overlap.length)
    yield _line("overlap_claimed", None, None, told.overlap.claimed)
    yield from (_of("overlap_interval", one) for one in told.overlap.intervals)
    yield from _modality("overlap_modality", told.overlap.modality, None)
    for person in told.people:
        yield from _person(person)


def _person(one: AttendedPerson) -> Iterator[Line]:
    came = "came" if one.arrived_at else "did not come"
    yield _line("person", one.arrived_at, one.left_at, one.attended, one, detail=came if one.is_booked else f"{came}; not booked")
    evidence = one.evidence
    for kind, seconds in (("engine", evidence.engine_seconds), ("socket", evidence.socket_seconds), ("claimed", evidence.claimed_seconds)):
        yield Line(what="evidence", side=one.side, name=one.display_name, identity=one.identity, seconds=seconds, detail=kind)
    for what, length in (("late", one.late), ("left_early", one.left_early), ("there", one.there.length), ("waited", one.waited.length)):
        if length is not None:
            yield _line(what, None, None, length, one)
    for interval in one.intervals:
        yield _line("attended_interval", interval.start, interval.end, None, one, detail=interval.evidence)
    for what, part in (("there_interval", one.there), ("waited_interval", one.waited)):
        yield from (_of(what, interval, one) for interval in part.intervals)
    yield from _modality("modality", one.modality, one)
    for connection in one.connections:
        device = "; ".join(word for word in (connection.device_type, connection.os, connection.browser) if word)
        for interval in connection.connected:
            yield _of("connected", interval, one, call_id=connection.call_id, connection_id=connection.connection_id, detail=device)


def _modality(what: str, modality: Modality, person: AttendedPerson | None) -> Iterator[Line]:
    for kind in Modality.__struct_fields__:
        for interval in getattr(modality, kind).intervals:
            yield _of(what, interval, person, detail=kind)


def _of(
    what: str,
    interval: Interval,
    person: AttendedPerson | None = None,
    *,
    call_id: UUID | None = None,
    connection_id: UUID | None = None,
    detail: str | None = None,
) -> Line:
    return _line(what, interval.start, interval.end, None, person, call_id=call_id, connection_id=connection_id, detail=detail)


def _line(
    what: str,
    since: datetime | None,
    until: datetime | None,
    length: Length | None = None,
    person: AttendedPerson | None = None,
    *,
    call_id: UUID | None = None,
    connection_id: UUID | None = None,
    detail: str | None = None,
) -> Line:
    """A line whose length is as given, else from the one time to the other."""
    if length is None and since is not None and until is not None:
        length = length_between(since, until)
    return Line(
        what=what,
        call_id=call_id,
        connection_id=connection_id,
        side=person and person.side,
        name=person and person.display_name,
        identity=person and person.identity,
        since=since,
        until=until,
        seconds=length and length.seconds,
        minutes_floor=length and length.minutes_floor,
        minutes_nearest=length and length.minutes_nearest,
        detail=detail,
    )
