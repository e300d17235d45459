"""Who was there when, for whoever must account for an appointment: everybody's intervals, what shows them, and when both sides were there. Pure.

Lengths are given exactly and by rules that have names, so that whoever bills by minutes says which minutes. What goes on counts until the time of asking.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.planning.bookings import Absent, Appointment, Status
from callwell.planning.progress import CallOutcome, Device, Present
from callwell.record.durations import Attended, Intervals, closed, difference, intersection, milliseconds, overlap, union
from callwell.record.events import Side
from callwell.record.shown import Evidence, Interval

ROUNDING: Mapping[str, str] = {
    "seconds": "Exact, to the millisecond.",
    "minutes_floor": "Whole minutes; what is left over is dropped.",
    "minutes_nearest": "The nearest whole minute; half a minute counts as one.",
}
"""How lengths are given, by the names that they have wherever there is one."""


# ── What is shown ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Length(Struct, frozen=True):
    """How long, by each rule of rounding."""

    seconds: float
    minutes_floor: int
    minutes_nearest: int


class EvidencedInterval(Struct, frozen=True, kw_only=True):
    """From when until when somebody was connected, and the best that shows it."""

    start: datetime = msgspec.field(name="from")
    end: datetime = msgspec.field(name="to")
    evidence: Literal["engine", "socket", "claimed"]


class Part(Struct, frozen=True):
    """Some time, in pieces."""

    length: Length
    intervals: list[Interval]


class Modality(Struct, frozen=True):
    """By what means: the five parts make up the whole and have no moment in common. Of both sides it is what both had."""

    audio_and_video: Part
    audio_only: Part
    video_only: Part
    neither: Part
    """Microphone and camera were off."""
    unknown: Part
    """Nobody said whether they were on."""


class AttendedConnection(Struct, frozen=True, kw_only=True):
    """One device from coming to leaving."""

    call_id: UUID
    connection_id: UUID
    browser: str | None
    os: str | None
    device_type: str | None
    there: list[Interval]
    connected: list[Interval]
    audio_on: list[Interval]
    video_on: list[Interval]


class AttendedPerson(Struct, frozen=True, kw_only=True):
    """Somebody who came, or was to come."""

    identity: str | None
    display_name: str | None
    side: Side | None
    is_booked: bool
    """Whether the appointment is theirs, or they came besides."""
    arrived_at: datetime | None
    """When they were first there, in the waiting room or in; null for who did not come."""
    left_at: datetime | None
    """When they were last there; null while they are, and for who did not come."""
    late: Length | None
    """By how much they came after the planned beginning."""
    left_early: Length | None
    """By how much they were gone before the planned end."""
    there: Part
    attended: Length
    """How long they were connected, with whichever and however many devices."""
    evidence: Evidence
    intervals: list[EvidencedInterval]
    waited: Part
    """When they were there and nobody of the other side was connected."""
    modality: Modality
    connections: list[AttendedConnection]


class AttendedCall(Struct, frozen=True, kw_only=True):
    """A call that this is told from, and how firm it is."""

    id: UUID
    version: int
    record_state: str
    """``live``, ``provisional`` while late facts may come, or ``final``."""
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    elapsed: Length
    overlap: Length
    overlap_of: str
    """``sides``; ``people`` where nobody in the call had a side: then any two."""


class OverlapPart(Struct, frozen=True):
    """When both sides were connected to one call."""

    length: Length
    claimed: Length
    """How much of it rests on somebody's claim alone."""
    intervals: list[Interval]
    modality: Modality


class KeptFigures(Struct, frozen=True, kw_only=True):
    """What stands with the appointment itself, and stays when its calls are removed."""

    call_count: int
    call_started_at: datetime | None
    call_ended_at: datetime | None
    call_duration_minutes: int | None
    attended_client_seconds: float
    attended_provider_seconds: float
    overlap_seconds: float
    overlap_claimed_seconds: float


class Attendance(Struct, frozen=True, kw_only=True):
    """Who was there when."""

    appointment_id: UUID
    status: Status
    no_show: Absent | None
    scheduled_at: datetime
    ends_at: datetime
    duration_minutes: int
    generated_at: datetime
    record_state: str | None
    """The least firm of its calls; null without calls."""
    calls_removed: int
    """Calls that were counted once and can no longer be told of; what they came to is in ``kept``."""
    kept: KeptFigures
    calls: list[AttendedCall]
    people: list[AttendedPerson]
    elapsed: Length
    """How long calls went on."""
    overlap: OverlapPart
    rounding: dict[str, str]


class Booked(Struct, frozen=True):
    """Somebody who is to come."""

    identity: str
    side: Side
    display_name: str | None


# ── What it comes to ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def attendance(appointment: Appointment, booked: Sequence[Booked], outcomes: Iterable[CallOutcome], at: datetime) -> Attendance:
    """Everybody who was to come or came, and when both sides were there. Demonstrations don't count."""
    calls = sorted((call for call in outcomes if not call.is_demo), key=lambda call: (call.created_at, call.id))
    return Attendance(
        appointment_id=appointment.id,
        status=appointment.status,
        no_show=appointment.no_show,
        scheduled_at=appointment.scheduled_at,
        ends_at=appointment.ends_at,
        duration_minutes=appointment.duration_minutes,
        generated_at=at,
        record_state=min((call.record_state for call in calls), key=_FIRMNESS.index, default=None),
        calls_removed=max(0, appointment.call_count - len(calls)),
        kept=KeptFigures(
            call_count=appointment.call_count,
            call_started_at=appointment.call_started_at,
            call_ended_at=appointment.call_ended_at,
            call_duration_minutes=appointment.call_duration_minutes,
            attended_client_seconds=appointment.attended_client_ms / 1000,
            attended_provider_seconds=appointment.attended_provider_ms / 1000,
            overlap_seconds=appointment.overlap_ms / 1000,
            overlap_claimed_seconds=appointment.overlap_claimed_ms / 1000,
        ),
        calls=[_call(call, at) for call in calls],
        people=_people(appointment, booked, calls, at),
        elapsed=length(union([moment for call in calls for moment in _elapsed(call, at)])),
        overlap=_overlap(calls, at),
        rounding=dict(ROUNDING),
    )


_FIRMNESS = ("live", "provisional", "final")


def as_seen_by(identity: str, told: Attendance) -> Attendance:
    """A person's view: of others names and times, not who they are nor what they were there with. Clients of a group see none of each other."""
    own = next((one for one in told.people if one.identity == identity), None)
    seen = [one for one in told.people if own is None or one is own or own.side != "client" or one.side != "client"]
    return Attendance(
        **{name: getattr(told, name) for name in Attendance.__struct_fields__ if name != "people"},
        people=[one if one is own else _without_devices(one) for one in seen],
    )


def _without_devices(one: AttendedPerson) -> AttendedPerson:
    told = {name: getattr(one, name) for name in AttendedPerson.__struct_fields__}
    return AttendedPerson(**{**told, "identity": None, "connections": []})


def length(intervals: Intervals) -> Length:
    return length_of(milliseconds(intervals))


def length_between(start: datetime, end: datetime) -> Length:
    return length_of(max(0, int((end - start) / timedelta(milliseconds=1))))


def length_of(ms: int) -> Length:
    return Length(ms / 1000, ms // 60_000, (ms + 30_000) // 60_000)


# ── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _elapsed(call: CallOutcome, at: datetime) -> Intervals:
    end = call.ended_at or at
    return [(call.started_at, end)] if call.started_at is not None and call.started_at < end else []


def _call(call: CallOutcome, at: datetime) -> AttendedCall:
    both = call.overlap(at)
    return AttendedCall(
        id=call.id,
        version=call.version,
        record_state=call.record_state,
        started_at=call.started_at,
        ended_at=call.ended_at,
        end_reason=call.end_reason,
        elapsed=length(_elapsed(call, at)),
        overlap=length(both.whole),
        overlap_of=both.of,
    )


def _overlap(calls: Sequence[CallOutcome], at: datetime) -> OverlapPart:
    both = [call.overlap(at) for call in calls]
    whole = union([moment for one in both for moment in one.whole])
    shown = union([moment for one in both for moment in one.shown])
    return OverlapPart(
        length=length(whole),
        claimed=length(difference(whole, shown)),
        intervals=_intervals(whole),
        modality=_modality(_together([_means_of_both(call, at) for call in calls])),
    )


# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Stay(Struct, frozen=True):
    """Somebody's part in one call."""

    call: CallOutcome
    present: Present


def _people(appointment: Appointment, booked: Sequence[Booked], calls: Sequence[CallOutcome], at: datetime) -> list[AttendedPerson]:
    """First those who are booked, as they are; then whoever came besides, in the order in which they came."""
    stays: dict[str, list[_Stay]] = {one.identity: [] for one in booked}
    for call in calls:
        for present in call.people:
            stays.setdefault(present.identity or str(present.participant_id), []).append(_Stay(call, present))
    by_identity = {one.identity: one for one in booked}
    people = [_person(appointment, by_identity.get(key), own, at) for key, own in stays.items()]
    # Whoever was only rung for, or named, is nobody who came.
    return [one for one in people if one.is_booked or one.arrived_at is not None]


def _person(appointment: Appointment, booked: Booked | None, stays: Sequence[_Stay], at: datetime) -> AttendedPerson:
    there = union([moment for stay in stays for moment in stay.present.stays(stay.call.ended_at or at)])
    whole = [stay.present.attended(stay.call.ended_at or at) for stay in stays]
    engine, socket, claimed = (_best([getattr(one, name) for one in whole]) for name in ("engine", "socket", "claimed"))
    socket = difference(socket, engine)
    claimed = difference(difference(claimed, engine), socket)
    waited = union([moment for stay in stays for moment in _waited(stay, at)])
    is_there = any(stay.call.ended_at is None and any(span.end is None for d in stay.present.devices for span in d.state.stays) for stay in stays)
    first = stays[0].present if stays else None
    return AttendedPerson(
        identity=booked.identity if booked else first and first.identity,
        display_name=next((stay.present.display_name for stay in stays if stay.present.display_name), booked and booked.display_name),
        side=booked.side if booked else first and first.side,
        is_booked=booked is not None,
        arrived_at=there[0][0] if there else None,
        left_at=there[-1][1] if there and not is_there else None,
        late=length_between(appointment.scheduled_at, there[0][0]) if there else None,
        left_early=length_between(there[-1][1], appointment.ends_at) if there and not is_there else None,
        there=_part(there),
        attended=length(union([moment for one in whole for moment in one.whole])),
        evidence=Evidence(milliseconds(engine) / 1000, milliseconds(socket) / 1000, milliseconds(claimed) / 1000),
        intervals=_evidenced(engine, socket, claimed),
        waited=_part(waited),
        modality=_modality(_together([_means(stay.present, stay.call.ended_at or at) for stay in stays])),
        connections=[_connection(stay.call, device, at) for stay in stays for device in stay.present.devices],
    )


def _best(parts: Sequence[Intervals]) -> Intervals:
    return union([moment for part in parts for moment in part])


def _waited(stay: _Stay, at: datetime) -> Intervals:
    """When they were there and nobody of the other side was connected; nobody waits who is on no side."""
    if stay.present.side is None:
        return []
    end = stay.call.ended_at or at
    others = [one.attended(end).whole for one in stay.call.people if one.side not in (None, stay.present.side)]
    return difference(stay.present.stays(end), union([moment for one in others for moment in one]))


def _evidenced(engine: Intervals, socket: Intervals, claimed: Intervals) -> list[EvidencedInterval]:
    found = [
        *(EvidencedInterval(start=start, end=end, evidence="engine") for start, end in engine),
        *(EvidencedInterval(start=start, end=end, evidence="socket") for start, end in socket),
        *(EvidencedInterval(start=start, end=end, evidence="claimed") for start, end in claimed),
    ]
    return sorted(found, key=lambda one: one.start)


def _connection(call: CallOutcome, device: Device, at: datetime) -> AttendedConnection:
    end = call.ended_at or at
    connected = closed(device.state.spans, end)
    return AttendedConnection(
        call_id=call.id,
        connection_id=device.id,
        browser=device.browser,
        os=device.os,
        device_type=device.type,
        there=_intervals(closed(device.state.stays, end)),
        connected=_intervals(connected),
        audio_on=_intervals(intersection(connected, closed(device.state.audio.spans, end))),
        video_on=_intervals(intersection(connected, closed(device.state.video.spans, end))),
    )


# ── By what means ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Means(Struct, frozen=True):
    """When somebody was connected, of that when it is known by what means, and when microphone and camera were on."""

    whole: Intervals
    known: Intervals
    audio: Intervals
    video: Intervals


def _means(one: Present, until: datetime) -> _Means:
    """By all their devices: what any of them had."""
    return _together([_means_of_device(device, until) for device in one.devices])


def _means_of_device(device: Device, until: datetime) -> _Means:
    connected = closed(device.state.spans, until)
    audio, video = device.state.audio, device.state.video
    known_since = min((since for since in (audio.since, video.since) if since is not None), default=until)
    return _Means(
        connected,
        intersection(connected, [(known_since, until)] if known_since < until else []),
        intersection(connected, closed(audio.spans, until)),
        intersection(connected, closed(video.spans, until)),
    )


def _means_of_both(call: CallOutcome, at: datetime) -> _Means:
    """What both sides had at one time: two who are there, of whom one is seen, don't see each other."""
    each = [(one.side, _means(one, call.ended_at or at)) for one in call.people]

    def both(part: str) -> Intervals:
        return overlap([(side, _claimed(getattr(means, part))) for side, means in each]).whole

    return _Means(both("whole"), both("known"), both("audio"), both("video"))


def _claimed(whole: Intervals) -> Attended:
    return Attended(whole, [], [], whole)


def _together(means: Sequence[_Means]) -> _Means:
    return _Means(*(_best([getattr(one, part) for one in means]) for part in ("whole", "known", "audio", "video")))


def _modality(means: _Means) -> Modality:
    audio, video = means.audio, means.video
    return Modality(
        audio_and_video=_part(intersection(audio, video)),
        audio_only=_part(difference(audio, video)),
        video_only=_part(difference(video, audio)),
        neither=_part(difference(means.known, union(audio + video))),
        unknown=_part(difference(means.whole, means.known)),
    )


def _part(intervals: Intervals) -> Part:
    return Part(length(intervals), _intervals(intervals))


def _intervals(intervals: Intervals) -> list[Interval]:
    return [Interval(start=start, end=end) for start, end in intervals]
