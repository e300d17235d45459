"""A sample: how one participant's media fared in one direction, of one kind, over one interval."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from callwell.record.events import ConnectionName, Identity

Direction = Literal["inbound", "outbound"]
"""``inbound`` is what this person got; ``outbound`` what others got of theirs."""
Kind = Literal["audio", "video", "screen"]
Protection = Literal["none", "fec", "red", "red_fec"]
Limitation = Literal["none", "cpu", "bandwidth", "other"]

LONGEST_INTERVAL_MS = 60_000

Pct = Annotated[float, Meta(ge=0, le=100)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
Ms = Annotated[float, Meta(ge=0, le=3_600_000)]
Kbps = Annotated[float, Meta(ge=0, le=1e9)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Pixels = Annotated[int, Meta(ge=0, le=100_000)]
Rate = Annotated[float, Meta(ge=0, le=10_000)]


_MILLISECOND = timedelta(milliseconds=1)


class Measured(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What was measured. Whatever is unknown is None, never 0."""

    started_at: Annotated[datetime, Meta(tz=True)]
    interval_ms: Annotated[int, Meta(ge=1, le=LONGEST_INTERVAL_MS)]
    direction: Direction
    kind: Kind
    muted: bool = False
    """Paused by the person who sends, at the end of the interval."""

    packet_loss_pct: Pct | None = None
    late_loss_pct: Pct | None = None
    """Came, but too late to be played."""
    rtt_ms: Ms | None = None
    """Round trip of the media, as RTCP measures it; where that is unknown, of the path."""
    path_rtt_ms: Ms | None = None
    """Round trip to the other end of the path, as STUN measures it: with an SFU that is the SFU."""
    jitter_ms: Ms | None = None
    jitter_buffer_ms: Ms | None = None
    packets: Count | None = None
    bytes: Count | None = None
    bitrate_kbps: Kbps | None = None
    target_kbps: Kbps | None = None
    """What the sender would like to send, of all its layers."""
    available_outgoing_kbps: Kbps | None = None
    codec: Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f]+$")] | None = None
    protection: Protection | None = None
    concealment_pct: Pct | None = None
    """Of the samples played, those made up audibly."""
    width: Pixels | None = None
    height: Pixels | None = None
    fps: Rate | None = None
    fps_expected: Rate | None = None
    freeze_ratio: Ratio | None = None
    freeze_count: Count | None = None
    frames_dropped_pct: Pct | None = None
    limitation: Limitation | None = None
    """What limited the sender for more than half of the interval."""
    counter_resets: Count = 0
    """How many counters began anew within it, so that a part of it is unknown."""

    @property
    def ended_at(self) -> datetime:
        # A product, since making a timedelta of its own takes three times as long, and reports ask a hundred thousand times.
        return self.started_at + self.interval_ms * _MILLISECOND


class SampleFact(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A sample on the wire. A page's own socket says neither call nor whose it is: its token does."""

    id: UUID
    call_id: UUID | None = None
    participant: Identity | None = None
    connection: ConnectionName | None = None


class Sample(Measured, frozen=True, kw_only=True, gc=False):
    """A sample as it is kept, with the score that it got when it came."""

    id: UUID
    call_id: UUID
    participant_id: UUID
    connection_id: UUID
    mos: float | None = None
    score: float | None = None
    formula: str | None = None
