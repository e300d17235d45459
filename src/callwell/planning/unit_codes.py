"""What minutes are billed as: a table of bands, each with a code of the host's own fee schedule. Pure."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Kind = Literal["individual", "group", "assessment"]
"""Of appointments."""

MOST_BANDS = 200


class Band(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """From how many minutes to how many, both of them in it, an appointment is billed under a code."""

    code: Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f]+$")]
    kind: Kind | None = None
    """Of appointments of this kind alone; of all where none is said."""
    from_minutes: Annotated[int, Meta(ge=0, le=1440)] = 0
    to_minutes: Annotated[int, Meta(ge=0, le=1440)] | None = None
    """Null: however long."""

    def has(self, kind: Kind, minutes: int) -> bool:
        return self.kind in (None, kind) and self.from_minutes <= minutes and (self.to_minutes is None or minutes <= self.to_minutes)


PSYCHOTHERAPY: Sequence[Band] = (
    Band(code="90832", kind="individual", from_minutes=16, to_minutes=37),
    Band(code="90834", kind="individual", from_minutes=38, to_minutes=52),
    Band(code="90837", kind="individual", from_minutes=53),
)
"""Sessions of psychotherapy with a patient, by the minutes that their codes begin and end with."""

PSYCHOTHERAPY_TEXT = msgspec.json.encode(PSYCHOTHERAPY).decode()


def read_bands(text: str) -> list[Band]:
    """The table, as the setting `billing_units` has it. Raises ValueError with what is wrong with it."""
    bands = _decoder.decode(text)
    for band in bands:
        if band.to_minutes is not None and band.to_minutes < band.from_minutes:
            raise ValueError(f"the band of {band.code} ends before it begins")
    for number, band in enumerate(bands):
        for other in bands[:number]:
            if _overlap(band, other):
                raise ValueError(f"the bands of {other.code} and {band.code} have minutes in common")
    return bands


_decoder = msgspec.json.Decoder(Annotated[list[Band], Meta(max_length=MOST_BANDS)])


def _overlap(one: Band, other: Band) -> bool:
    if None not in (one.kind, other.kind) and one.kind != other.kind:
        return False
    ends_before = one.to_minutes is not None and one.to_minutes < other.from_minutes
    begins_after = other.to_minutes is not None and other.to_minutes < one.from_minutes
    return not ends_before and not begins_after


def band_of(bands: Sequence[Band], kind: Kind, minutes: int) -> Band | None:
    """The band that so many minutes of such an appointment lie in; None where they are too few, or nothing is said of them."""
    return next((band for band in bands if band.has(kind, minutes)), None)
