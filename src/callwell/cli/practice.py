"""A plausible practice, for demonstrations: who works there and who comes, what is booked when, and what becomes of it.

It has a rhythm as real ones have. Each provider has hours of their own in the week, each of these belongs to one client for some months, and then to
another; so clients come back every week, and there are as many of them as there is work. How much there is goes with the weekday, the season, holidays
and how far the practice has grown. The same seed gives the same practice. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from callwell import ids
from callwell.cli.practice_calls import Course, HeldCall, hold_calls
from callwell.cli.practice_people import Client, Provider, client_of, provider_of

FEWEST_PROVIDERS = 8
CALLS_OF_A_PROVIDER = 5
"""On a busy day; more calls make more providers."""

Fate = Literal["held", "client_absent", "provider_absent", "both_absent", "cancelled", "declined", "never_confirmed", "in_person"]

FATES: tuple[tuple[Fate, float], ...] = (
    ("held", 0.79),
    ("client_absent", 0.05),
    ("provider_absent", 0.008),
    ("both_absent", 0.007),
    ("cancelled", 0.085),
    ("declined", 0.015),
    ("never_confirmed", 0.01),
    ("in_person", 0.035),
)
"""What becomes of bookings, and of how many. Clients and providers who are often absent shift it."""

DROP_INS = 0.06
"""Calls that nobody booked, as a share of all."""


class Booking(Struct, frozen=True, kw_only=True):
    """An appointment: as the API takes it, and what was then done with it when."""

    id: UUID
    asked: Mapping[str, Any]
    booked_at: datetime
    confirmed_at: datetime | None = None
    """None also of one that was confirmed as it was booked."""
    called_off_at: datetime | None = None
    """When it was cancelled or declined."""
    reason: str | None = None


class Meeting(Struct, frozen=True, kw_only=True):
    """Something that was to take place, booked or not, with the calls that came of it."""

    provider: Provider
    clients: Sequence[Client]
    at: datetime
    fate: Fate
    booking: Booking | None
    conversation: str | None
    """The thread that provider and clients have; where nothing is booked, they meet in its room."""
    calls: Sequence[HeldCall]


class Practice:
    """A practice of a number of providers. ``zone`` is where it is: its hours are of that clock."""

    def __init__(self, seed: int, providers: int = FEWEST_PROVIDERS, zone: tzinfo = UTC) -> None:
        self.seed = seed
        self.zone = zone
        self.providers = [provider_of(seed, number) for number in range(providers)]
        self._weeks = [_slots_of(seed, self.providers, weekday) for weekday in range(7)]

    def meetings(self, calls: int, days: int, until: datetime) -> Iterator[Meeting]:
        """What took place in so many days before a time and on the day itself until then, the oldest first: just so many calls."""
        local = until.astimezone(self.zone)
        dates = [local.date() - timedelta(days=days - number) for number in range(days + 1)]
        weights = [self._weight(day, number / days) for number, day in enumerate(dates[:-1])]
        weights.append(self._weight(dates[-1], 1.0) * _share_gone(local.time()))
        if not any(weights):
            weights = [1.0] * days + [0.0]
        ends = _shared(calls, weights)
        outage = _outage_day(self.seed, dates[:-1])
        for day, begins, ends_with in zip(dates, [0, *ends], ends, strict=False):
            yield from self._day(day, ends_with - begins, until, has_outage=day == outage)

    def agenda(self, appointments: int, days: int, since: datetime) -> Iterator[Booking]:
        """That many bookings of the days after a time, as far as there are hours, the nearest first; nobody is booked twice at one time."""
        today = since.astimezone(self.zone).date()
        dates = [today + timedelta(days=number) for number in range(1, days + 1)]
        weights = [self._weight(day, 1.0) for day in dates]
        if not any(weights):
            weights = [1.0] * days
        ends = _shared(appointments, weights)
        for day, begins, ends_with in zip(dates, [0, *ends], ends, strict=False):
            for slot in self._slots(day)[: ends_with - begins]:
                chance = Random(f"{self.seed}:{day}:{slot.number}:ahead")  # noqa: S311 a practice, not a secret
                course, at = slot.course(self.seed, day), slot.begins(day, self.zone)
                is_confirmed = chance.random() < 0.8
                yield self._booking(chance, slot, course, at, "held" if is_confirmed else "never_confirmed", booked_before=since)

    # ── Days ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _weight(self, day: date, grown: float) -> float:
        """How much there is to do that day, against others."""
        chance = Random(f"{self.seed}:{day}")  # noqa: S311 a practice, not a secret
        return WEEKDAYS[day.weekday()] * _season(day) * (0.75 + 0.5 * grown) * chance.uniform(0.88, 1.12)

    def _slots(self, day: date) -> Sequence["Slot"]:
        """The hours that are to be had that day, those that are taken first. None where nobody works: then those of a Monday."""
        slots = [slot for slot in self._weeks[day.weekday()] if not slot.provider.is_away(day)]
        return slots or self._weeks[0]

    def _day(self, day: date, calls: int, until: datetime, *, has_outage: bool) -> Iterator[Meeting]:
        found: list[Meeting] = []
        slots = iter(self._slots(day))
        while calls > 0:
            slot = next(slots, None)
            number = slot.number if slot is not None else 100_000 + calls
            chance = Random(f"{self.seed}:{day}:{number}:{calls if slot is None else ''}")  # noqa: S311 a practice, not a secret
            if slot is not None and slot.begins(day, self.zone) + slot.longest > until:
                continue
            if slot is None or chance.random() < DROP_INS:
                meeting = self._drop_in(chance, day, slot, until, has_outage=has_outage)
            else:
                meeting = self._appointment(chance, day, slot, calls, has_outage=has_outage)
            calls -= len(meeting.calls)
            found.append(meeting)
        yield from sorted(found, key=lambda meeting: meeting.at)

    def _appointment(self, chance: Random, day: date, slot: "Slot", most_calls: int, *, has_outage: bool) -> Meeting:
        course, at = slot.course(self.seed, day), slot.begins(day, self.zone)
        fate = _fate(chance, slot.provider, course.clients)
        booking = self._booking(chance, slot, course, at, fate)
        calls = hold_calls(chance, course, at, fate, self.zone, most=most_calls, has_outage=has_outage, appointment_id=booking.id)
        return Meeting(
            provider=slot.provider, clients=course.clients, at=at, fate=fate, booking=booking, conversation=course.conversation, calls=calls
        )

    def _drop_in(self, chance: Random, day: date, slot: "Slot | None", until: datetime, *, has_outage: bool) -> Meeting:
        """A short call that nobody planned, in an hour that is free; where all are taken, in between."""
        if slot is None:
            slot = chance.choice(self._slots(day))
        course = slot.course(self.seed, day).as_drop_in()
        at = slot.begins(day, self.zone) + timedelta(minutes=chance.randrange(1, 25))
        if at > until - timedelta(minutes=40):
            first = datetime.combine(day, time(8), self.zone)
            at = first + (until - timedelta(minutes=40) - first) * chance.random()
            at = min(at, until - timedelta(minutes=40)).astimezone(UTC)
        at = at.replace(second=chance.randrange(60), microsecond=0)
        fate: Fate = "client_absent" if chance.random() < 0.15 else "held"
        calls = hold_calls(chance, course, at, fate, self.zone, most=1, has_outage=has_outage, appointment_id=None)
        return Meeting(provider=slot.provider, clients=course.clients, at=at, fate=fate, booking=None, conversation=course.conversation, calls=calls)

    def _booking(self, chance: Random, slot: "Slot", course: Course, at: datetime, fate: Fate, booked_before: datetime | None = None) -> Booking:
        booked_at = (at - timedelta(days=chance.choice((7, 7, 7, 14, 21)), minutes=chance.randrange(5, 3000))).replace(microsecond=0)
        if booked_before is not None:
            booked_at = min(booked_at, booked_before - timedelta(minutes=chance.randrange(30, 3000)))
        decided_at = booked_at + timedelta(minutes=chance.randrange(1, 1400))
        if booked_before is not None:
            decided_at = min(decided_at, booked_before)
        is_pending = fate in ("declined", "never_confirmed")
        is_confirmed_later = not is_pending and chance.random() < 0.2
        called_off_at = {"declined": decided_at, "cancelled": decided_at + (at - decided_at) * chance.uniform(0.3, 0.97)}.get(fate)
        external_id = f"made-up-{self.seed}-{slot.number}-{at:%Y%m%dT%H%M}"
        asked: dict[str, Any] = {
            "external_id": external_id,
            "clients": [client.identity for client in course.clients],
            "provider_id": course.provider.identity,
            "kind": course.kind,
            "scheduled_at": at.isoformat(),
            "duration_minutes": course.minutes,
            "status": "pending" if is_pending or is_confirmed_later else "confirmed",
            "is_video_call": fate != "in_person",
            "payment_status": _payment(chance, fate, is_ahead=booked_before is not None),
            "payment_provider": "card",
            "metadata": {"tags": [*course.tags]},
        }
        if course.conversation is not None:
            asked["conversation_id"] = course.conversation
        return Booking(
            id=ids.derived_id("made-up appointment", external_id),
            asked=asked,
            booked_at=booked_at,
            confirmed_at=decided_at if is_confirmed_later else None,
            called_off_at=called_off_at and called_off_at.replace(microsecond=0),
            reason=chance.choice(REASONS) if fate in ("cancelled", "declined") else None,
        )


def practice_of(calls: int, days: int, seed: int, zone: tzinfo = UTC) -> Practice:
    """A practice with as many providers as so many calls in so many days keep busy."""
    busiest = calls / days * 7 / sum(WEEKDAYS) * 1.5
    return Practice(seed, max(FEWEST_PROVIDERS, round(busiest / CALLS_OF_A_PROVIDER)), zone)


REASONS = ("Illness", "Travelling", "Work came in between", "Moved to next week", "No longer needed", "Child care")


def _fate(chance: Random, provider: Provider, clients: Sequence[Client]) -> Fate:
    weights = dict(FATES)
    if len(clients) == 1:
        weights["client_absent"] *= clients[0].forgets
        weights["cancelled"] *= clients[0].cancels
    else:
        weights["client_absent"] = weights["in_person"] = 0
    weights["provider_absent"] *= provider.forgets
    return chance.choices(list(weights), list(weights.values()))[0]


def _payment(chance: Random, fate: Fate, *, is_ahead: bool) -> str:
    if fate in ("cancelled", "declined"):
        return chance.choice(("refunded", "pending"))
    if is_ahead:
        return chance.choice(("completed", "pending", "pending"))
    return chance.choices(("completed", "pending", "failed"), (0.93, 0.05, 0.02))[0]


def _shared(whole: int, weights: Sequence[float]) -> list[int]:
    """How many of them have come up to the end of each day, by its weight."""
    parts = list(accumulate(weights))
    return [round(whole * part / parts[-1]) for part in parts]


# ── How much there is to do ───────────────────────────────────────────────────────────────────────────────────────────────────────

WEEKDAYS = (1.0, 1.12, 1.08, 1.0, 0.8, 0.12, 0.0)
"""Monday to Sunday."""
MONTHS = (1.12, 1.05, 1.02, 0.98, 1.0, 0.95, 0.78, 0.72, 1.06, 1.12, 1.12, 0.9)
HOLIDAYS = {(1, 1), (1, 6), (5, 1), (10, 3), (12, 25), (12, 26)}


def _season(day: date) -> float:
    if (day.month, day.day) in HOLIDAYS:
        return 0.0
    between_the_years = (day.month, day.day) >= (12, 23) or (day.month, day.day) <= (1, 3)
    return 0.3 if between_the_years else MONTHS[day.month - 1]


def _share_gone(now: time) -> float:
    """How much of a working day is over: of what began an hour ago something can be told."""
    return min(1.0, max(0.0, (now.hour + now.minute / 60 - 9.5) / 9))


def _outage_day(seed: int, dates: Sequence[date]) -> date | None:
    """A working day, in the later half, on which the network was away for some hours."""
    working = [day for day in dates[len(dates) // 2 :] if day.weekday() < 5 and _season(day)]
    return Random(f"{seed}:outage").choice(working) if len(dates) >= 10 and working else None  # noqa: S311 a practice, not a secret


# ── The week ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

SOUGHT_AFTER = {8: 0.35, 9: 1.0, 10: 1.6, 11: 1.2, 12: 0.2, 13: 0.4, 14: 1.0, 15: 1.3, 16: 1.6, 17: 1.0, 18: 0.3}
"""How willingly hours are taken, against each other."""
SATURDAY_HOURS = (9, 10, 11, 12)
GROUP_HOUR = 18
EVERYDAY = date(1970, 1, 5)
"""A Monday, from which weeks are counted."""


class Slot(Struct, frozen=True, eq=False):
    """An hour of a provider's week that clients have, one after the other, for some months each."""

    number: int
    provider: Provider
    hour: int
    is_group: bool
    weeks: int
    """How long one comes."""
    offset: int
    is_fortnightly: bool
    """Two clients take turns."""

    @property
    def longest(self) -> timedelta:
        """How long after it began all of it is over."""
        return timedelta(minutes=125 if self.is_group else 85)

    def begins(self, day: date, zone: tzinfo) -> datetime:
        return datetime.combine(day, time(self.hour, self.provider.minute), zone).astimezone(UTC)

    def course(self, seed: int, day: date) -> Course:
        """Who comes in that week, and what for."""
        turn, week = divmod((day - EVERYDAY).days // 7 + self.offset, self.weeks)
        return _course(seed, self, 2 * turn + (week % 2 if self.is_fortnightly else 0), week in ((0, 1) if self.is_fortnightly else (0,)))


@lru_cache(maxsize=20_000)
def _course(seed: int, slot: Slot, turn: int, is_first: bool) -> Course:
    if slot.is_group:
        chance = Random(f"{seed}:{slot.number}:{turn // 2}:group")  # noqa: S311 a practice, not a secret
        members = [client_of(seed, f"{slot.number}-{turn // 2}-{n}") for n in range(chance.randrange(3, 7))]
        return Course(slot.provider, members, "group", 90, f"group-{slot.number}-{turn // 2}", ("made-up", "group"))
    client = client_of(seed, f"{slot.number}-{turn}")
    conversation = f"thread-{slot.provider.number}-{slot.number}-{turn}" if client.has_thread else None
    if is_first:
        return Course(slot.provider, [client], "assessment", 60, conversation, ("made-up", "intake"))
    tags = ("made-up", "follow-up", *client.tags)
    return Course(slot.provider, [client], "individual", slot.provider.minutes, conversation, tags)


def _slots_of(seed: int, providers: Sequence[Provider], weekday: int) -> list[Slot]:
    """The hours that all providers together have on a weekday, those that are taken first first."""
    slots: list[tuple[float, Slot]] = []
    for provider in providers:
        for hour in _hours(provider, weekday):
            number = (provider.number * 7 + weekday) * 24 + hour
            chance = Random(f"{seed}:slot:{number}")  # noqa: S311 a practice, not a secret
            slot = Slot(
                number=number,
                provider=provider,
                hour=hour,
                is_group=hour == GROUP_HOUR and provider.group_weekday == weekday,
                weeks=chance.randrange(8, 34),
                offset=chance.randrange(34),
                is_fortnightly=chance.random() < 0.2,
            )
            # Drawn by weight: of the smaller times the weights are the greater.
            slots.append((2.0 if slot.is_group else chance.random() ** (1 / (SOUGHT_AFTER[hour] * provider.is_sought)), slot))
    return [slot for _, slot in sorted(slots, key=lambda pair: (-pair[0], pair[1].number))]


def _hours(provider: Provider, weekday: int) -> Iterator[int]:
    if weekday == 6 or (weekday == 5 and not provider.works_on_saturdays):
        return
    for hour in SATURDAY_HOURS if weekday == 5 else SOUGHT_AFTER:
        is_off = weekday == provider.short_day and hour >= 13
        is_evening = hour == GROUP_HOUR and not (provider.has_evenings or provider.group_weekday == weekday)
        if hour != provider.lunch and not is_off and not is_evening:
            yield hour
