"""What is booked: appointments, who came to them, and everybody's link."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from callwell.client.requests import Requests, segment
from callwell.client.session import identity_of
from callwell.client.shapes import Appointment, Attendance, AttendeeInvite, Call

AppointmentKind = Literal["individual", "group", "assessment"]
AppointmentStatus = Literal["pending", "confirmed", "in_progress", "completed", "cancelled", "declined", "no_show"]
PaymentStatus = Literal["pending", "completed", "failed", "refunded"]


class Appointments:
    """Bookings between clients and a provider."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def create(
        self,
        provider_id: str,
        clients: str | Sequence[str],
        scheduled_at: datetime,
        *,
        kind: AppointmentKind = "individual",
        duration_minutes: int | None = None,
        status: Literal["pending", "confirmed"] = "pending",
        external_id: str | None = None,
        conversation_id: str | None = None,
        is_video_call: bool = True,
        recording_enabled: bool | None = None,
        payment_status: PaymentStatus = "pending",
        payment_provider: str | None = None,
        payment_reference: str | None = None,
        settings: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Appointment:
        """Book one, to be confirmed or declined; as ``confirmed`` its room is made at once. Only a group has several clients."""
        come = [clients] if isinstance(clients, str) else clients
        return self._requests.post(
            "/v1/appointments",
            provider_id=identity_of(provider_id),
            clients=[identity_of(one) for one in come],
            scheduled_at=scheduled_at,
            kind=kind,
            duration_minutes=duration_minutes,
            status=status,
            external_id=external_id,
            conversation_id=conversation_id,
            is_video_call=is_video_call,
            recording_enabled=recording_enabled,
            payment_status=payment_status,
            payment_provider=payment_provider,
            payment_reference=payment_reference,
            settings=settings,
            metadata=metadata,
        )

    def get(self, id: str | UUID) -> Appointment:
        return self._requests.get(_appointment(id))

    def list(
        self,
        *,
        person: str | None = None,
        client_id: str | None = None,
        provider_id: str | None = None,
        status: AppointmentStatus | None = None,
        kind: AppointmentKind | None = None,
        room: str | None = None,
        conversation_id: str | None = None,
        external_id: str | None = None,
        is_video_call: bool | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        day: date | None = None,
        time_zone: str | None = None,
        upcoming: bool = False,
        order: Literal["soonest", "latest"] = "soonest",
    ) -> Iterator[Appointment]:
        """Those to which all that is given applies. ``person`` is anybody who comes; a ``day`` is one of ``time_zone``, else of the deployment's."""
        return self._requests.pages(
            "/v1/appointments",
            person=identity_of(person) if person else None,
            client_id=identity_of(client_id) if client_id else None,
            provider_id=identity_of(provider_id) if provider_id else None,
            status=status,
            kind=kind,
            room=room,
            conversation_id=conversation_id,
            external_id=external_id,
            is_video_call=is_video_call,
            day=day.isoformat() if day else None,
            time_zone=time_zone,
            upcoming=upcoming,
            order=order,
            **{"from": since, "to": until},
        )

    def change(self, id: str | UUID, **changes: Any) -> Appointment:
        """Change what is given: ``scheduled_at``, ``payment_status`` and so on. Links stay as they are; the new time decides when they let in."""
        return self._requests.ask("PATCH", _appointment(id), body=changes)

    def confirm(self, id: str | UUID) -> Appointment:
        """Confirm it. One that is held by video gets its room, and everybody who is to come an invite."""
        return self._requests.post(f"{_appointment(id)}/confirm")

    def decline(self, id: str | UUID, reason: str | None = None) -> Appointment:
        return self._requests.post(f"{_appointment(id)}/decline", reason=reason)

    def cancel(self, id: str | UUID, reason: str | None = None) -> Appointment:
        """Call it off. Its room is closed, and whoever is in is put out."""
        return self._requests.post(f"{_appointment(id)}/cancel", reason=reason)

    def complete(self, id: str | UUID) -> Appointment:
        """It was held. Of one that is held by video its calls tell: `Conflict`."""
        return self._requests.post(f"{_appointment(id)}/complete")

    def no_show(self, id: str | UUID, absent: Literal["client", "provider", "both"]) -> Appointment:
        """Somebody did not come. Of one that is held by video its calls tell: `Conflict`."""
        return self._requests.post(f"{_appointment(id)}/no-show", absent=absent)

    def invites(self, id: str | UUID) -> Iterator[AttendeeInvite]:
        """Everybody's link, made again; none before it is confirmed."""
        return self._requests.pages(f"{_appointment(id)}/invites")

    def attendance(self, id: str | UUID) -> Attendance:
        """Who was there when, what shows it, and how long both sides were there together."""
        return self._requests.get(f"{_appointment(id)}/attendance")

    def attendance_file(self, id: str | UUID, format: Literal["csv", "pdf"]) -> bytes:
        """The same for spreadsheets, or on paper, for signature."""
        return self._requests.file(f"{_appointment(id)}/attendance", format=format)

    def calls(self, id: str | UUID) -> Iterator[Call]:
        """The calls that were held of it."""
        return self._requests.pages(f"{_appointment(id)}/calls")


def _appointment(id: str | UUID) -> str:
    return f"/v1/appointments/{segment(id)}"
