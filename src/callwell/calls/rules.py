"""What is shown of a call to whom, and how its facts are told as a story. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.planning.call_settings import with_defaults
from callwell.record.queries import TimelineEvent
from callwell.record.shown import Call, Participant


def shown(call: Call) -> Call:
    """The call with the settings that hold in it, those that nobody changed among them."""
    return msgspec.structs.replace(call, settings=with_defaults(call.settings))


def as_seen_by(identity: str, call: Call) -> Call:
    """A person's view of a call that they were in: of the others names, roles and states; no identities, devices or what was counted of them.

    Who waited to be let in and never was is not there for the others, nor they for them.
    """
    is_outside = any(one.identity == identity and _is_outside(one) for one in call.participants)
    initiator = call.initiator
    if initiator is not None and initiator.identity != identity:
        initiator = None if is_outside else msgspec.structs.replace(initiator, identity=None)
    return msgspec.structs.replace(
        shown(call),
        initiator=initiator,
        ended_by=_own(identity, call.ended_by),
        provider_id=_own(identity, call.provider_id),
        external_id=None,
        metadata={},
        engine_data={},
        anomalies=[],
        participants=[
            one if one.identity == identity else _as_other(one)
            for one in call.participants
            if one.identity == identity or not (is_outside or _is_outside(one))
        ],
    )


def _is_outside(one: Participant) -> bool:
    """Whether somebody waits to be let in, or waited and never was."""
    return one.status in ("waiting", "refused") or (one.joined_at is None and one.wait_seconds > 0)


def _own(identity: str, other: str | None) -> str | None:
    return other if other == identity else None


def _as_other(one: Participant) -> Participant:
    return msgspec.structs.replace(
        one,
        user_id=None,
        guest_id=None,
        identity=None,
        language=None,
        rating_stars=None,
        quality_score=None,
        quality_category=None,
        average_bandwidth_kbps=None,
        connections=[],
    )


# ── The timeline ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Named(Struct, frozen=True):
    """Somebody in the call, as they are called."""

    id: UUID
    display_name: str | None


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """Something that happened, told once however often and by however many it was told."""

    at: datetime
    until: datetime | None = None
    """When it happened last, where it happened several times in a row."""
    type: str
    participant: Named | None
    """Whom it is about, or, of what happened to the call, who did it."""
    connection: UUID | None
    detail: dict[str, Any]
    count: int = 1
    sources: list[str]
    """What told of it: ``engine``, ``sdk``, ``key``, ``import``, ``callwell`` (a command) or ``timer``."""
    is_guess: bool = False
    """Whether a timer took it from silence, and nothing has proved it wrong."""


_COUNTED = {"chat.sent", "reaction.sent", "speaker.spoke"}
"""What is told once for a row of them, even where they differ."""

_DOERS = ("ended_by_id", "initiator_id", "changed_by_id", "requested_by_id")


def told(events: Iterable[TimelineEvent], call: Call) -> list[TimelineEntry]:
    """The story that facts tell, in their order: guesses that were wrong are left out, what follows itself is one entry."""
    names = {one.id: Named(one.id, one.display_name) for one in call.participants}
    entries: list[TimelineEntry] = []
    for event in events:
        if _stands(event, call):
            entry = _entry(event, names)
            if entries and _continues(entries[-1], entry):
                entries[-1] = _joined(entries[-1], entry)
            else:
                entries.append(entry)
    return entries


def _stands(event: TimelineEvent, call: Call) -> bool:
    """Whether it is no guess, or one that still holds. A guessed end holds where it is the end."""
    if event.basis_at is None or event.type != "call.ended":
        return not event.is_void
    return call.ended_at is not None and call.ended_at == _end_of(event)


def _end_of(event: TimelineEvent) -> datetime:
    """A call that was left empty ended when the last one left it."""
    return event.basis_at if event.basis_at and event.data.get("because") == "empty" else event.occurred_at


def _entry(event: TimelineEvent, names: Mapping[UUID, Named]) -> TimelineEntry:
    doers = () if event.type.startswith("custom.") else _DOERS
    return TimelineEntry(
        at=_end_of(event) if event.type == "call.ended" else event.occurred_at,
        type=event.type,
        participant=names.get(event.participant_id) if event.participant_id else _doer(event.data, doers, names),
        connection=event.connection_id,
        detail={name: value for name, value in event.data.items() if name not in doers},
        sources=[event.source.partition(":")[0]],
        is_guess=event.basis_at is not None,
    )


def _doer(data: Mapping[str, Any], doers: Iterable[str], names: Mapping[UUID, Named]) -> Named | None:
    for field in doers:
        if isinstance(id := data.get(field), str):
            return names.get(UUID(id))
    return None


def _continues(before: TimelineEntry, entry: TimelineEntry) -> bool:
    return (
        (before.type, before.participant, before.connection, before.is_guess) == (entry.type, entry.participant, entry.connection, entry.is_guess)
        and (entry.type in _COUNTED or before.detail == entry.detail)
    )  # fmt: skip


def _joined(before: TimelineEntry, entry: TimelineEntry) -> TimelineEntry:
    detail = before.detail
    if entry.type == "speaker.spoke":
        detail = {"duration_ms": before.detail["duration_ms"] + entry.detail["duration_ms"]}
    elif entry.type == "reaction.sent" and detail != entry.detail:
        detail = {}
    sources = before.sources + [source for source in entry.sources if source not in before.sources]
    return msgspec.structs.replace(before, until=entry.at, detail=detail, count=before.count + entry.count, sources=sources)
