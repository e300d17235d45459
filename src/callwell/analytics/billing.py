"""What an appointment comes to for whoever bills it: which of its minutes count, under which code, and what somebody should look at. Pure.

Nothing is billed here. A code is suggested from minutes that are on record, beside the one that was booked; where the two disagree it is said.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from callwell.planning.attendance import Length, length_of
from callwell.planning.bookings import Absent, Kind, PaymentStatus, Status
from callwell.planning.call_settings import MeetingSettings
from callwell.planning.unit_codes import Band, band_of, read_bands
from callwell.quality.score import Category, category_of

Counted: TypeAlias = Literal["overlap", "attended_provider", "attended_client", "elapsed"]
Rounding: TypeAlias = Literal["minutes_floor", "minutes_nearest"]
Modality: TypeAlias = Literal["video", "audio", "neither", "unknown"]
"""By what means both sides took part: both had a camera on at some time; both had a microphone on; one had neither; nobody said."""
Flag: TypeAlias = Literal["disagrees", "short", "no_overlap", "claimed_time", "no_show", "unpaid"]
"""The suggested code is not the booked one; fewer minutes count than any code begins with; it is completed and the sides were never there together; minutes
that count rest on somebody's claim alone; somebody did not come; it is not paid for."""

BOOKED_CODE = "billing_code"
"""What in an appointment's metadata says under which code it was booked."""


class Schedule(Struct, frozen=True, kw_only=True):
    """By which rules minutes are billed."""

    bands: Sequence[Band]
    counted: Counted
    rounding: Rounding
    must_be_paid: bool
    """Whether clients come in only once they have paid."""


def schedule_of(settings: MeetingSettings) -> Schedule:
    return Schedule(
        bands=read_bands(settings.billing_units),
        counted=settings.billing_minutes,
        rounding=settings.billing_rounding,
        must_be_paid=settings.require_payment,
    )


class Billed(Struct, frozen=True, kw_only=True):
    """An appointment as it is kept, with what its calls say of means and quality."""

    id: UUID
    external_id: str | None
    kind: Kind
    status: Status
    no_show: Absent | None
    scheduled_at: datetime
    duration_minutes: int
    client_id: str
    client_name: str | None
    provider_id: str
    provider_name: str | None
    payment_status: PaymentStatus
    booked_code: str | None
    call_count: int
    elapsed_ms: int
    attended_client_ms: int
    attended_provider_ms: int
    overlap_ms: int
    overlap_claimed_ms: int
    participants: int
    """People who were connected to its calls."""
    provider_video: bool | None
    client_video: bool | None
    provider_audio: bool | None
    client_audio: bool | None
    """Whether the side's camera or microphone was ever on; null where nobody said."""
    score: float | None
    """The mean of its people's scores."""


class BillingRow(Struct, frozen=True, kw_only=True):
    """What an appointment comes to."""

    appointment_id: UUID
    external_id: str | None
    scheduled_at: datetime
    kind: Kind
    status: Status
    no_show: Absent | None
    provider: str
    provider_name: str | None
    client: str
    """Of a group the first."""
    client_name: str | None
    participants: int
    """People who were connected to its calls."""
    modality: Modality | None
    """By what means both sides took part; null where there was no call."""
    booked_minutes: int
    elapsed: Length
    """How long its calls went on."""
    attended_provider: Length
    attended_client: Length
    overlap: Length
    """How long both sides were connected."""
    overlap_claimed: Length
    """How much of that rests on somebody's claim alone."""
    counted_minutes: int
    """The minutes that are billed, by `billing_minutes` and `billing_rounding`."""
    code_suggested: str | None
    """Of what is completed, the code whose band they lie in."""
    code_booked: str | None
    """What its metadata calls `billing_code`; else the code of the minutes that were booked."""
    score: float | None
    """The mean of its people's scores, from 0 to 100."""
    category: Category
    payment_status: PaymentStatus
    flags: list[Flag]


def billing_row(one: Billed, schedule: Schedule) -> BillingRow:
    """What the appointment comes to by these rules."""
    lengths: Mapping[Counted, Length] = {
        "overlap": length_of(one.overlap_ms),
        "attended_provider": length_of(one.attended_provider_ms),
        "attended_client": length_of(one.attended_client_ms),
        "elapsed": length_of(one.elapsed_ms),
    }
    minutes: int = getattr(lengths[schedule.counted], schedule.rounding)
    is_held = one.status == "completed"
    suggested = band_of(schedule.bands, one.kind, minutes) if is_held else None
    by_plan = band_of(schedule.bands, one.kind, one.duration_minutes)
    code_suggested = suggested and suggested.code
    code_booked = one.booked_code or (by_plan and by_plan.code)
    has_codes = any(band.kind in (None, one.kind) for band in schedule.bands)
    holds: Mapping[Flag, bool] = {
        "disagrees": is_held and has_codes and code_suggested != code_booked,
        "short": is_held and has_codes and minutes < min(band.from_minutes for band in schedule.bands if band.kind in (None, one.kind)),
        "no_overlap": is_held and one.overlap_ms == 0,
        "claimed_time": is_held and one.overlap_claimed_ms > 0,
        "no_show": one.status == "no_show",
        "unpaid": is_held and (one.payment_status in ("failed", "refunded") or (schedule.must_be_paid and one.payment_status == "pending")),
    }
    return BillingRow(
        appointment_id=one.id,
        external_id=one.external_id,
        scheduled_at=one.scheduled_at,
        kind=one.kind,
        status=one.status,
        no_show=one.no_show,
        provider=one.provider_id,
        provider_name=one.provider_name,
        client=one.client_id,
        client_name=one.client_name,
        participants=one.participants,
        modality=_modality(one) if one.call_count else None,
        booked_minutes=one.duration_minutes,
        elapsed=lengths["elapsed"],
        attended_provider=lengths["attended_provider"],
        attended_client=lengths["attended_client"],
        overlap=lengths["overlap"],
        overlap_claimed=length_of(one.overlap_claimed_ms),
        counted_minutes=minutes,
        code_suggested=code_suggested,
        code_booked=code_booked,
        score=None if one.score is None else round(one.score, 1),
        category=category_of(one.score),
        payment_status=one.payment_status,
        flags=[flag for flag, does in holds.items() if does],
    )


def _modality(one: Billed) -> Modality:
    if one.provider_video and one.client_video:
        return "video"
    if one.provider_audio and one.client_audio:
        return "audio"
    return "unknown" if None in (one.provider_audio, one.client_audio) else "neither"
