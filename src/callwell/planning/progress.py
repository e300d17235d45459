"""What an appointment's calls come to: where it stands, and the figures that are kept with it. Pure, and the same whatever order things became known in.

Sides meet where both are connected to one call at one time, for however short a time: how long that was is the overlap, which is what bills rest on. Whoever
came and met nobody waited, and that is the evidence of a no-show; to be there is enough for that, since who is alone in a room for two is
never connected. Where both came and missed each other neither was met, and the no-show is of both, with the times of each.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from callwell.planning.bookings import Absent, Appointment, Status, window_of
from callwell.planning.call_settings import MeetingSettings
from callwell.record.durations import Attended, Intervals, Overlap, attended, closed, intersection, milliseconds, overlap, union
from callwell.record.events import Side
from callwell.record.state import ConnectionState, Span

FOREVER = datetime.max.replace(tzinfo=UTC)
"""When what goes on ends."""

MOST_WAITED = 100
"""How many waits the evidence of a no-show tells; of the rest, how many they are."""


class Device(Struct, frozen=True, kw_only=True):
    """A connection of somebody, as it is folded, and when we held its socket open."""

    id: UUID
    state: ConnectionState
    held: Sequence[Span] = ()
    browser: str | None = None
    os: str | None = None
    type: str | None = None


class Present(Struct, frozen=True, kw_only=True):
    """Somebody in a call. Whose side they are on the booking says, else the call."""

    participant_id: UUID
    identity: str | None
    """None of somebody who was erased."""
    display_name: str | None = None
    side: Side | None
    devices: Sequence[Device]

    def stays(self, until: datetime | None) -> Intervals:
        """When they were there, connected or not."""
        return closed((span for device in self.devices for span in device.state.stays), until)

    def attended(self, until: datetime | None) -> Attended:
        """When they were connected, and what shows it."""
        return attended([(device.state.spans, device.held) for device in self.devices], until)


class CallOutcome(Struct, frozen=True, kw_only=True):
    """What a call of the appointment came to."""

    id: UUID
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None = None
    has_failed: bool
    is_demo: bool
    version: int = 0
    record_state: str = "live"
    people: Sequence[Present]

    def overlap(self, until: datetime | None) -> Overlap:
        """When both sides were connected; what goes on lasts until then."""
        end = self.ended_at or until
        return overlap([(one.side, one.attended(end)) for one in self.people])

    @property
    def has_met(self) -> bool:
        """Whether both sides were there together for any time at all."""
        return bool(self.overlap(FOREVER).whole)

    @property
    def was_visited(self) -> bool:
        return any(one.stays(self.ended_at or FOREVER) for one in self.people)


class Waited(Struct, frozen=True, kw_only=True):
    """Somebody who was there. No name: whose it was stands with the participant, as long as that is kept."""

    side: Side | None
    participant_id: UUID
    since: datetime
    until: datetime | None
    """None while they wait."""
    shown_ms: int
    """How much of it an engine or an open socket of ours shows."""


class Evidence(Struct, frozen=True, kw_only=True):
    """What a no-show rests on."""

    opens_at: datetime
    closes_at: datetime
    came: tuple[Side, ...]
    """The sides of which somebody was there."""
    waited: tuple[Waited, ...]
    more: int
    """Waits that are not told."""
    failed_calls: int
    """Calls that failed for technical reasons: where there are any, nobody may be to blame."""


class Progress(Struct, frozen=True, kw_only=True):
    """Field for field the columns of an appointment that follow from its calls."""

    status: Status
    no_show: Absent | None
    evidence: Any
    """`Evidence`, or what stands there of an appointment that calls don't judge."""
    completed_at: datetime | None
    next_deadline_at: datetime | None
    call_count: int
    call_started_at: datetime | None
    call_ended_at: datetime | None
    call_duration_minutes: int | None
    call_failed: bool
    attended_client_ms: int
    attended_provider_ms: int
    overlap_ms: int
    overlap_claimed_ms: int


def progress(appointment: Appointment, calls: Iterable[CallOutcome], wished: MeetingSettings, at: datetime) -> Progress | None:
    """Where the appointment stands then. None where some of its calls were removed since they were counted: what was derived from them is kept.

    What still goes on is counted once it has ended. Demonstrations don't count.
    """
    counted = sorted((call for call in calls if not call.is_demo), key=lambda call: (call.created_at, call.id))
    if len(counted) < appointment.call_count:
        return None
    opens_at, closes_at = window_of(appointment, wished)
    completing = [call.ended_at for call in counted if call.ended_at is not None and _completes(call, wished)]
    status = _status(appointment, counted, is_completed=bool(completing), is_closed=at >= closes_at)
    is_judged = appointment.is_video_call and appointment.status not in ("cancelled", "declined")
    absent = _absent(counted) if is_judged and status == "no_show" else None
    started_at, ended_at = _start_and_end(counted)
    both = [call.overlap(None) for call in counted]
    met = union([moment for one in both for moment in one.whole])
    shown = union([moment for one in both for moment in one.shown])
    return Progress(
        status=status,
        no_show=absent if is_judged else appointment.no_show,
        evidence=(_evidence(counted, opens_at, closes_at, at) if absent else None) if is_judged else appointment.evidence,
        completed_at=(max(completing) if status == "completed" else None) if is_judged else appointment.completed_at,
        next_deadline_at=closes_at if is_judged and status == "confirmed" else None,
        call_count=len(counted),
        call_started_at=started_at,
        call_ended_at=ended_at,
        # Whole minutes, as they are shown: 59 seconds are none.
        call_duration_minutes=(ended_at - started_at) // timedelta(minutes=1) if started_at and ended_at else None,
        call_failed=bool(counted) and counted[-1].has_failed,
        attended_client_ms=milliseconds(attended_by("client", counted)),
        attended_provider_ms=milliseconds(attended_by("provider", counted)),
        overlap_ms=milliseconds(met),
        overlap_claimed_ms=milliseconds(met) - milliseconds(shown),
    )


def attended_by(side: Side, calls: Iterable[CallOutcome], until: datetime | None = None) -> Intervals:
    """When anybody of the side was connected to any of the calls; what goes on lasts until then."""
    return union([moment for call in calls for one in call.people if one.side == side for moment in one.attended(call.ended_at or until).whole])


def _completes(call: CallOutcome, wished: MeetingSettings) -> bool:
    """Whether the appointment was held with this call, which is over. One that failed after both had met was held as far as it went."""
    if call.has_met:
        return True
    return wished.completion_rule == "any_end" and not call.has_failed and call.was_visited


def _status(appointment: Appointment, calls: Sequence[CallOutcome], *, is_completed: bool, is_closed: bool) -> Status:
    """Facts decide; where there are none, what was decided, and that the window has closed."""
    if appointment.status in ("cancelled", "declined") or not appointment.is_video_call:
        return appointment.status
    if any(call.ended_at is None and call.has_met for call in calls):
        return "in_progress"
    if is_completed:
        return "completed"
    if appointment.confirmed_at is None:
        return "pending"
    return "no_show" if is_closed else "confirmed"


def _start_and_end(calls: Sequence[CallOutcome]) -> tuple[datetime | None, datetime | None]:
    """The first start and the last end; no end while a call that has started goes on."""
    started = [call for call in calls if call.started_at is not None]
    ends = [call.ended_at for call in started if call.ended_at is not None]
    started_at = min((call.started_at for call in started if call.started_at is not None), default=None)
    return started_at, max(ends) if ends and len(ends) == len(started) else None


def _came(calls: Iterable[CallOutcome]) -> tuple[Side, ...]:
    there = {one.side for call in calls for one in call.people if one.stays(call.ended_at or FOREVER)}
    sides: tuple[Side, ...] = ("client", "provider")
    return tuple(side for side in sides if side in there)


def _absent(calls: Iterable[CallOutcome]) -> Absent:
    match _came(calls):
        case ("provider",):
            return "client"
        case ("client",):
            return "provider"
        case _:
            return "both"


def _evidence(calls: Sequence[CallOutcome], opens_at: datetime, closes_at: datetime, at: datetime) -> Evidence:
    waited = sorted(
        (
            Waited(
                side=one.side,
                participant_id=one.participant_id,
                since=start,
                until=end if end < FOREVER else None,
                shown_ms=milliseconds(intersection([(start, end)], _shown(one, call.ended_at or at))),
            )
            for call in calls
            for one in call.people
            for start, end in one.stays(call.ended_at or FOREVER)
        ),
        key=lambda wait: (wait.since, wait.participant_id),
    )
    return Evidence(
        opens_at=opens_at,
        closes_at=closes_at,
        came=_came(calls),
        waited=tuple(waited[:MOST_WAITED]),
        more=len(waited[MOST_WAITED:]),
        failed_calls=sum(call.has_failed for call in calls),
    )


def _shown(one: Present, until: datetime) -> Intervals:
    """When an engine or a socket of ours shows somebody."""
    held = [span for device in one.devices for span in device.held]
    by_engine = [span for device in one.devices for span in device.state.spans if span.by_engine]
    return closed([*held, *by_engine], until)
