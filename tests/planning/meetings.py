"""Appointments and what their calls came to, made of stories; times are seconds after the appointment is planned to begin."""

from datetime import datetime, timedelta
from typing import Any

from tests.record.story import BEGIN, Story, at, seconds

from callwell.ids import derived_id
from callwell.planning.bookings import Appointment
from callwell.planning.call_settings import MeetingSettings
from callwell.planning.progress import CallOutcome, Device, Present, Progress, progress

MINUTE = 60
OPENS, CLOSES = -10 * MINUTE, 80 * MINUTE
"""The window of one that is planned for 50 minutes."""
AFTER = 24 * 60 * MINUTE
WISHED = MeetingSettings()
ANY_END = MeetingSettings(completion_rule="any_end")
SIDES: dict[str, Any] = {"ana": "client", "ben": "client", "ngozi": "provider"}
"""Who is booked as what."""


def appointment(**told: Any) -> Appointment:
    """Confirmed, at 09:00 for 50 minutes, and nothing has happened yet."""
    columns: dict[str, Any] = {
        "id": derived_id("appointment"),
        "external_id": None,
        "kind": "individual",
        "client_id": "user:ana",
        "provider_id": "user:ngozi",
        "conversation_id": None,
        "scheduled_at": BEGIN,
        "duration_minutes": 50,
        "status": "confirmed",
        "is_video_call": True,
        "recording_enabled": False,
        "recording_url": None,
        "payment_status": "pending",
        "payment_provider": None,
        "payment_reference": None,
        "room_id": None,
        "settings": {},
        "metadata": {},
        "reason": None,
        "confirmed_at": at(-86_400),
        "declined_at": None,
        "cancelled_at": None,
        "completed_at": None,
        "call_count": 0,
        "call_started_at": None,
        "call_ended_at": None,
        "call_duration_minutes": None,
        "call_failed": False,
        "attended_client_ms": 0,
        "attended_provider_ms": 0,
        "overlap_ms": 0,
        "overlap_claimed_ms": 0,
        "no_show": None,
        "evidence": None,
        "next_deadline_at": None,
        "last_accessed_at": BEGIN,
        "access_count": 0,
        "created_at": at(-90_000),
        "updated_at": at(-90_000),
    }
    return Appointment(**{**columns, **told})


def outcome(story: Story, number: int = 0) -> CallOutcome:
    """What the call that the story tells came to; ``number`` tells several apart."""
    state, record = story.state, story.record()
    people: list[Present] = []
    for identity, id in state.people.items():
        devices = [
            Device(id=connection_id, state=connection, held=state.held.get(connection_id, ()))
            for connection_id, connection in state.connections.items()
            if connection.participant_id == id
        ]
        side = SIDES.get(identity.removeprefix("user:"), record.participants[id].side)
        people.append(Present(participant_id=id, identity=identity, side=side, devices=devices))
    return CallOutcome(
        id=derived_id("call", number),
        created_at=record.call.created_at,
        started_at=record.call.started_at,
        ended_at=record.call.ended_at,
        end_reason=record.call.end_reason,
        has_failed=record.call.status == "failed",
        is_demo=record.call.is_demo,
        people=people,
    )


def after(*stories: Story, when: float = AFTER, wished: MeetingSettings = WISHED, **told: Any) -> Progress:
    """Where the appointment stands then, after these calls."""
    found = progress(appointment(**told), [outcome(story, number) for number, story in enumerate(stories)], wished, at(when))
    assert found is not None
    return found


def in_seconds(when: datetime | None) -> float | None:
    return seconds(when)


__all__ = ["AFTER", "ANY_END", "BEGIN", "CLOSES", "MINUTE", "OPENS", "SIDES", "WISHED", "Story", "after", "appointment", "at", "outcome", "timedelta"]
