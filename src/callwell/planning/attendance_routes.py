"""What an appointment's calls came to, over HTTP: who was there when, for programs, spreadsheets and paper; and the calls themselves."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from callwell.access.callers import Caller, UserCaller
from callwell.access.guards import allow
from callwell.http import Request, Response
from callwell.planning import agenda
from callwell.planning.attendance import Attendance, Booked, as_seen_by, attendance
from callwell.planning.attendance_csv import to_csv
from callwell.planning.outcomes import list_outcomes
from callwell.postgres.pool import Database, Tx

Form = Literal["json", "csv", "pdf"]
AsForm = Annotated[Form | None, QueryParameter(name="format", description="As what: else as `Accept` says, else JSON.")]

MEDIA: dict[Form, str] = {"json": "application/json", "csv": "text/csv", "pdf": "application/pdf"}
_FORMS: dict[str, Form] = {media: form for form, media in MEDIA.items()}


@get(
    "/v1/appointments/{appointment_id:uuid}/attendance",
    opt=allow(keys="appointments:read", users=True, own=True, look="appointment") | {"also_as": ("text/csv", "application/pdf")},
)
async def get_attendance(appointment_id: UUID, request: Request, caller: Caller, db: Database, form: AsForm = None) -> Response[Attendance]:
    """Who was there when, what shows it, and how long both sides were there together; for signature as PDF. Of a call that goes on, until now."""
    async with db.connection() as tx:
        told = await _attendance(tx, appointment_id, caller, datetime.now(UTC))
    form = form or _accepted(request)
    if form == "json":
        return Response(told, headers={"Vary": "Accept"})
    return _file(await asyncio.to_thread(_to_pdf if form == "pdf" else to_csv, told), form, appointment_id)


async def _attendance(tx: Tx, id: UUID, caller: Caller, at: datetime) -> Attendance:
    """Raises NotFound, as well for a person to whom it is none of their business."""
    appointment = await agenda.get_appointment(tx, id)
    agenda.check_comes(caller, appointment)
    booked = [Booked(one.identity, one.side, one.display_name) for one in appointment.people]
    told = attendance(appointment, booked, await list_outcomes(tx, id), at)
    return as_seen_by(caller.identity, told) if isinstance(caller, UserCaller) else told


def _accepted(request: Request) -> Form:
    best = request.accept.best_match([*MEDIA.values()], default=MEDIA["json"])
    return _FORMS.get(best or "", "json")


def _file(content: bytes, form: Form, id: UUID) -> Any:
    disposition = f'attachment; filename="attendance-{id}.{form}"'
    return Response(content, media_type=MEDIA[form], headers={"Content-Disposition": disposition, "Vary": "Accept"})


def _to_pdf(told: Attendance) -> bytes:
    # Fonts and the writer of pages take half a second to import, and most servers never need them.
    from callwell.planning.attendance_pdf import to_pdf

    return to_pdf(told)


routes = [get_attendance]
