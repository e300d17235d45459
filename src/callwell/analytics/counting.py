"""What a call and an appointment count for in the rollups. Pure: by the record and the report alone, and in whole numbers.

What counts for something is an entry: a minute, and what is added there. Entries that count under the same values are a cell. A `Tally` puts cells of many
calls together by hours, days and longer, puts them on or takes them off, and so gives what is to be added to which row.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain
from operator import add, sub
from typing import Any, Final, Literal, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from callwell import ids
from callwell.analytics.histograms import Histogram, bin_of
from callwell.analytics.periods import Period, start_of
from callwell.quality.report import Minute
from callwell.quality.score import category_of

Grain = Literal["minute", "hour", "day", "month", "quarter", "year", "hour_of_day"]
"""How long a time a row is of. The last: one hour of all days of a month, so many hours after the month began."""

RULES: Final = 3
"""Which version of this file something was counted by. Raised with every change of what counts for what: everything is counted again then."""

ALL: Final = "all"
UNKNOWN: Final = "unknown"
OF_CALLS: Final = ("engine", "mode", "kind", "provider", "room", "tag")
OF_CONNECTIONS: Final = ("browser", "os", "device", "network", "country")
LONGEST_VALUE: Final = 250
"""Characters. What is longer is cut; identities never are."""
MOST_TAGS: Final = 20
LATE_AFTER: Final = timedelta(minutes=1)
"""Who comes no later after the planned begin is not late."""


# ── The rollups that there are ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Rollup:
    """Sums and histograms of times, each under the values of one dimension."""

    name: LiteralString
    rows: LiteralString
    """The table that holds its rows, those of another generation among them."""
    keys: tuple[LiteralString, LiteralString]
    """The columns of a dimension and its value."""
    dimensions: tuple[str, ...]
    sums: tuple[LiteralString, ...]
    histograms: tuple[LiteralString, ...] = ()


_DIMENSION: Final = ("dimension", "value")

CALLS: Final = Rollup(
    "call_rollups",
    "call_rollup_rows",
    _DIMENSION,
    (ALL, *OF_CALLS, *OF_CONNECTIONS),
    (
        "calls", "started", "ended", "failed", "unanswered", "with_drops", "with_issues", "participants", "disconnections", "issues", "mode_switches",
        "elapsed_ms", "attended_ms", "overlap_ms", "timed", "excellent", "good", "fair", "poor", "unknown", "scored", "score_sum",
    ),
    ("elapsed", "score"),
)  # fmt: skip
CONNECTIONS: Final = Rollup(
    "connection_rollups",
    "connection_rollup_rows",
    _DIMENSION,
    (ALL, *OF_CALLS, *OF_CONNECTIONS),
    ("joins", "connected", "failed", "refused", "dropped", "disconnections", "timed", "setup_ms", "attended_ms"),
    ("setup",),
)
QUALITY: Final = Rollup(
    "quality_rollups",
    "quality_rollup_rows",
    _DIMENSION,
    (ALL, *OF_CALLS, *OF_CONNECTIONS),
    (
        "minutes", "scored", "score_sum", "poor", "issues", "rtt_count", "rtt_sum", "packet_loss_count", "packet_loss_sum", "bitrate_count",
        "bitrate_sum", "jitter_count", "jitter_sum",
    ),
    ("score", "rtt", "packet_loss", "bitrate", "jitter"),
)  # fmt: skip
PEOPLE: Final = Rollup(
    "person_rollups",
    "person_rollup_rows",
    ("side", "identity"),
    ("client", "provider", "none"),
    (
        "calls", "sessions", "failed", "with_issues", "attended_ms", "overlap_ms", "spoke_ms", "all_spoke_ms", "messages", "reactions", "disconnections",
        "issues", "rated", "stars", "scored", "score_sum", "booked", "completed", "no_shows", "cancelled", "late", "late_ms", "arrived",
    ),
)  # fmt: skip
APPOINTMENTS: Final = Rollup(
    "appointment_rollups",
    "appointment_rollup_rows",
    _DIMENSION,
    (ALL, "provider", "tag"),
    (
        "booked", "completed", "cancelled", "declined", "client_no_shows", "provider_no_shows", "both_no_shows", "booked_ms", "elapsed_ms", "overlap_ms",
    ),
)  # fmt: skip

ROLLUPS: Final = (CALLS, CONNECTIONS, QUALITY, PEOPLE, APPOINTMENTS)


def grains_of(rollup: Rollup, dimension: str) -> tuple[Grain, ...]:
    """The rows that are kept under a dimension."""
    if rollup is PEOPLE:
        # They are many, and are compared over years.
        return ("day", "month", "quarter", "year")
    if dimension == "room":
        return ("day", "month")
    minutes: tuple[Grain, ...] = ("minute",) if dimension == ALL else ()
    # How good it is by the hour of the day is asked for years, with percentiles: not from thousands of hours.
    hours_of_day: tuple[Grain, ...] = ("hour_of_day",) if rollup is QUALITY else ()
    return (*minutes, "hour", "day", "month", *hours_of_day)


_BY_THE_DAY: Final = [frozenset(one for one in rollup.dimensions if "hour" not in grains_of(rollup, one)) for rollup in ROLLUPS]
"""Dimensions of each rollup under which hours are not kept."""


# ── What is counted ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Tagged(Struct, frozen=True):
    tags: Any = None


class Placed(Struct, frozen=True):
    """What a connection may say of where it is."""

    network: Any = None
    country: Any = None


class RecordedPerson(Struct, frozen=True):
    id: UUID
    identity: str
    side: Literal["client", "provider"] | None
    status: str
    connected_at: datetime | None
    attended_ms: int
    spoke_ms: int
    messages_sent: int
    reactions_sent: int
    disconnection_count: int
    issue_count: int
    rating_stars: int | None


class RecordedConnection(Struct, frozen=True):
    participant_id: UUID
    status: str
    joined_at: datetime | None
    connected_at: datetime | None
    setup_ms: int | None
    attended_ms: int
    disconnection_count: int
    browser: str | None
    os: str | None
    device_type: str | None
    metadata: Placed | None
    was_lost: bool
    """Media was lost and did not come back."""


class JudgedPerson(Struct, frozen=True):
    participant_id: UUID
    score: float | None
    minutes: list[Minute]


class JudgedIssue(Struct, frozen=True):
    participant_id: UUID
    started_at: datetime
    severity: Literal["warning", "critical"]


class Judged(Struct, frozen=True):
    """What of a report counts."""

    score: float | None
    category: Literal["excellent", "good", "fair", "poor", "unknown"]
    people: list[JudgedPerson]
    issues: list[JudgedIssue]


class Report(Struct, frozen=True):
    revision: int
    body: Judged


class RecordedCall(Struct, frozen=True):
    """What of a call's record counts."""

    id: UUID
    version: int
    status: str
    type: str
    mode: str
    engine: str
    room_id: UUID | None
    appointment_id: UUID | None
    provider_id: UUID | None
    provider_name: str | None
    is_demo: bool
    metadata: Tagged
    created_at: datetime
    started_at: datetime | None
    elapsed_ms: int | None
    overlap_ms: int
    participant_count: int
    mode_switch_count: int
    disconnection_count: int
    issue_count: int
    people: list[RecordedPerson] | None
    connections: list[RecordedConnection] | None
    report: Report | None

    @property
    def began_at(self) -> datetime:
        """When it counts: when it started, or was begun where it never did."""
        return self.started_at or self.created_at


class Attendee(Struct, frozen=True):
    identity: str
    side: Literal["client", "provider"]


class PlannedAppointment(Struct, frozen=True):
    """What of an appointment counts."""

    id: UUID
    provider_id: str
    scheduled_at: datetime
    duration_minutes: int
    status: str
    no_show: Literal["client", "provider", "both"] | None
    call_started_at: datetime | None
    call_ended_at: datetime | None
    overlap_ms: int
    metadata: Tagged
    attendees: list[Attendee] | None


# ── What it counts for ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Entry(Struct, frozen=True, array_like=True, gc=False):
    minute: int
    """Since 1970."""
    sums: tuple[int, ...]
    bins: tuple[int | None, ...]
    """Of each histogram the bin that one is added in; None: nothing is known."""


class Cell(Struct, frozen=True, array_like=True, gc=False):
    """Entries of a rollup that count under the same values."""

    rollup: int
    values: list[int]
    """Which of the values that are told once for all cells."""
    entries: list[Entry]


class Counted(Struct, frozen=True, array_like=True, gc=False):
    """All that a call or an appointment counts for, as it is kept."""

    appointment_id: UUID | None
    """Of a call: of which appointment it is, whose people came when they came to this one."""
    values: list[tuple[str, str]]
    """Dimensions and values."""
    cells: list[Cell]


def count_call(call: RecordedCall) -> Counted:
    """What a call counts for. A demonstration counts for nothing."""
    if call.is_demo:
        return Counted(call.appointment_id, [], [])
    cells = _Cells()
    people, connections = call.people or [], call.connections or []
    began = _minute(call.began_at)
    own = [(ALL, ""), *_values_of(call)]
    placed = [_values_of_connection(one) for one in connections]
    cells.add(CALLS, [*own, *_distinct(placed)], [Entry(began, *_of_call(call, people))])
    for connection, values in zip(connections, placed, strict=True):
        if connection.status != "unseen":
            at = began if connection.joined_at is None else _minute(connection.joined_at)
            cells.add(CONNECTIONS, [*own, *values], [Entry(at, *_of_connection(connection))])
    judged = call.report.body if call.report else None
    scores: dict[UUID, float | None] = {}
    for person in judged.people if judged else ():
        scores[person.participant_id] = person.score
        entries = [_of_minute(began, minute) for minute in person.minutes]
        values = [values for one, values in zip(connections, placed, strict=True) if one.participant_id == person.participant_id]
        issues = [_of_issue(issue) for issue in judged.issues if issue.participant_id == person.participant_id] if judged else []
        cells.add(QUALITY, [*own, *_distinct(values)], entries + issues)
    all_spoke_ms = sum(one.spoke_ms for one in people)
    for one in people:
        cells.add(PEOPLE, [(one.side or "none", one.identity)], [Entry(began, _of_person(call, one, people, all_spoke_ms, scores.get(one.id)), ())])
    return cells.counted(call.appointment_id)


def count_appointment(appointment: PlannedAppointment, arrivals: Mapping[str, datetime]) -> Counted:
    """What an appointment counts for. ``arrivals``: who came to a call of it, and when they first did."""
    cells = _Cells()
    at, status, absent = _minute(appointment.scheduled_at), appointment.status, appointment.no_show
    began, ended = appointment.call_started_at, appointment.call_ended_at
    sums = [
        1, status == "completed", status == "cancelled", status == "declined", absent == "client", absent == "provider", absent == "both",
        appointment.duration_minutes * 60_000, _milliseconds(ended - began) if began and ended else 0, appointment.overlap_ms,
    ]  # fmt: skip
    values = [(ALL, ""), ("provider", _cut(appointment.provider_id)), *(("tag", tag) for tag in _tags(appointment.metadata))]
    cells.add(APPOINTMENTS, values, [Entry(at, _whole(sums), ())])
    for one in appointment.attendees or ():
        arrived_at = arrivals.get(one.identity)
        late = arrived_at - appointment.scheduled_at if arrived_at else timedelta(0)
        is_late = late > LATE_AFTER
        planned = [
            1, status == "completed", absent in (one.side, "both"), status == "cancelled",
            is_late, _milliseconds(late) if is_late else 0, arrived_at is not None,
        ]  # fmt: skip
        sums = [*[0] * (len(PEOPLE.sums) - len(planned)), *planned]
        cells.add(PEOPLE, [(one.side, _cut(one.identity))], [Entry(at, _whole(sums), ())])
    return cells.counted(None)


def provider_of(call: RecordedCall) -> str | None:
    """Who provided: who was to, else who of the side was there for longest; by name where nothing else is known."""
    people = call.people or []
    named = next((one.identity for one in people if one.id == call.provider_id), None)
    there = min((one for one in people if one.side == "provider"), key=lambda one: (-one.attended_ms, one.identity), default=None)
    provider = named or (there and there.identity) or call.provider_name
    return _cut(provider) if provider else None


class _Cells:
    """Cells on their way: each value is told once."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], int] = {}
        self._cells: list[Cell] = []

    def add(self, rollup: Rollup, values: Iterable[tuple[str, str]], entries: list[Entry]) -> None:
        if entries:
            known = self._values
            self._cells.append(Cell(ROLLUPS.index(rollup), [known.setdefault(value, len(known)) for value in values], entries))

    def counted(self, appointment_id: UUID | None) -> Counted:
        return Counted(appointment_id, list(self._values), self._cells)


# ── Under which values ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _values_of(call: RecordedCall) -> list[tuple[str, str]]:
    return [
        ("engine", call.engine),
        ("mode", call.mode),
        ("kind", call.type),
        ("provider", provider_of(call) or UNKNOWN),
        ("room", ids.room_name(call.room_id) if call.room_id else UNKNOWN),
        *(("tag", tag) for tag in _tags(call.metadata)),
    ]


def _values_of_connection(one: RecordedConnection) -> list[tuple[str, str]]:
    place = one.metadata or Placed()
    return [
        ("browser", _without_version(one.browser)),
        ("os", _said(one.os)),
        ("device", _said(one.device_type)),
        ("network", _said(place.network)),
        ("country", _said(place.country)),
    ]


def _distinct(values: Iterable[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Each value of several connections once. Where there is none, nothing is known."""
    found = dict.fromkeys(value for own in values for value in own)
    return sorted(found) if found else [(dimension, UNKNOWN) for dimension in OF_CONNECTIONS]


def _tags(metadata: Tagged) -> list[str]:
    tags = metadata.tags if isinstance(metadata.tags, list) else []
    return sorted({tag for tag in tags if isinstance(tag, str) and 0 < len(tag) <= LONGEST_VALUE})[:MOST_TAGS]


def _said(text: object) -> str:
    return (_cut(text.strip()) or UNKNOWN) if isinstance(text, str) else UNKNOWN


_VERSION = re.compile(r"[\s/]+v?\d.*$", re.DOTALL)


@lru_cache(maxsize=1024)
def _without_version(browser: str | None) -> str:
    return _said(_VERSION.sub("", browser) if browser else None)


def _cut(text: str) -> str:
    return text[:LONGEST_VALUE]


# ── What is added ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_call(call: RecordedCall, people: Sequence[RecordedPerson]) -> tuple[tuple[int, ...], tuple[int | None, ...]]:
    body = call.report.body if call.report else None
    score, category = (body.score, body.category) if body else (None, UNKNOWN)
    elapsed = call.elapsed_ms
    sums = [
        1, call.started_at is not None, call.status == "ended", call.status == "failed", call.status == "ended" and call.started_at is None,
        call.disconnection_count > 0, call.issue_count > 0, call.participant_count, call.disconnection_count, call.issue_count, call.mode_switch_count,
        elapsed or 0, sum(one.attended_ms for one in people), call.overlap_ms, elapsed is not None,
        *(category == one for one in ("excellent", "good", "fair", "poor", UNKNOWN)), score is not None, _hundredths(score),
    ]  # fmt: skip
    return _whole(sums), (None if elapsed is None else bin_of(elapsed / 1000), _measured(score)[2])


def _of_connection(one: RecordedConnection) -> tuple[tuple[int, ...], tuple[int | None, ...]]:
    was_there, setup = one.connected_at is not None, one.setup_ms
    sums = [
        1, was_there, one.status == "failed" and not was_there, one.status == "refused",
        was_there and (one.status == "failed" or (one.status == "left" and one.was_lost)),
        one.disconnection_count, setup is not None, setup or 0, one.attended_ms,
    ]  # fmt: skip
    return _whole(sums), (None if setup is None else bin_of(setup),)


def _of_minute(began: int, one: Minute) -> Entry:
    has_score, score, score_bin = _measured(one.score)
    has_rtt, rtt, rtt_bin = _measured(one.rtt_ms)
    has_loss, loss, loss_bin = _measured(one.packet_loss_pct)
    has_bitrate, bitrate, bitrate_bin = _measured(one.bitrate_kbps)
    has_jitter, jitter, jitter_bin = _measured(one.jitter_ms)
    sums = 1, has_score, score, _is_poor(one.score), 0, has_rtt, rtt, has_loss, loss, has_bitrate, bitrate, has_jitter, jitter
    return Entry(began + one.minute, sums, (score_bin, rtt_bin, loss_bin, bitrate_bin, jitter_bin))


@lru_cache(maxsize=1 << 17)
def _measured(value: float | None) -> tuple[int, int, int | None]:
    """Whether it is known, in hundredths, and its bin."""
    if value is None:
        return 0, 0, None
    hundredths = round(value * 100)
    return 1, hundredths, bin_of(hundredths / 100)


@lru_cache(maxsize=1 << 14)
def _is_poor(score: float | None) -> int:
    return int(category_of(score) == "poor")


def _of_issue(issue: JudgedIssue) -> Entry:
    return Entry(_minute(issue.started_at), (0, 0, 0, 0, 1, *[0] * 8), (None,) * len(QUALITY.histograms))


def _of_person(call: RecordedCall, one: RecordedPerson, people: Sequence[RecordedPerson], all_spoke_ms: int, score: float | None) -> tuple[int, ...]:
    was_there = one.connected_at is not None
    raters = [other for other in people if other.id != one.id] if one.side == "provider" else [one]
    stars = [other.rating_stars for other in raters if other.rating_stars is not None]
    return _whole(
        [
            1, was_there, call.status == "failed" or (one.status == "failed" and not was_there), one.issue_count > 0, one.attended_ms,
            call.overlap_ms if was_there else 0, one.spoke_ms, all_spoke_ms if was_there else 0, one.messages_sent, one.reactions_sent,
            one.disconnection_count, one.issue_count, len(stars), sum(stars), score is not None, _hundredths(score), *[0] * 7,
        ]
    )  # fmt: skip


def _whole(values: Iterable[int]) -> tuple[int, ...]:
    """Truths as ones and zeros."""
    return tuple(map(int, values))


def _hundredths(value: float | None) -> int:
    return 0 if value is None else round(value * 100)


def _minute(at: datetime) -> int:
    return int(at.timestamp() // 60)


def _milliseconds(length: timedelta) -> int:
    return max(0, length // timedelta(milliseconds=1))


# ── Put together ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Clocks:
    """How time is cut into hours, days and longer; and since when minutes are kept. Starts are seconds since 1970."""

    def __init__(self, time_zone: str, minutes_since: datetime) -> None:
        self._zone = zone = ZoneInfo(time_zone)
        self.time_zone = time_zone
        self.minutes_since = minutes_since
        self.first_minute = _minute(minutes_since)
        """The first minute that has a row of its own."""
        self.hour_of = lru_cache(maxsize=1 << 16)(lambda minute: _start("hourly", 60 * minute, zone))
        """When the hour began that a minute is of."""
        self.hour_of_day_of = lru_cache(maxsize=1 << 16)(self._hour_of_day_of)
        """Of an hour."""
        self.day_of = lru_cache(maxsize=1 << 14)(lambda start: _start("daily", start, zone))
        self.month_of = lru_cache(maxsize=1 << 14)(lambda start: _start("monthly", start, zone))
        self.quarter_of = lru_cache(maxsize=1 << 10)(lambda start: _start("quarterly", start, zone))
        self.year_of = lru_cache(maxsize=1 << 10)(lambda start: _start("yearly", start, zone))

    def _hour_of_day_of(self, start: int) -> int:
        return self.month_of(self.day_of(start)) + 3600 * datetime.fromtimestamp(start, self._zone).hour


def _start(period: Period, seconds: int, zone: ZoneInfo) -> int:
    return int(start_of(period, datetime.fromtimestamp(seconds, UTC), zone).timestamp())


class Amount(Struct, gc=False):
    """What is added to a row; less than nothing where it is taken off."""

    sums: tuple[int, ...]
    histograms: list[Histogram]

    def __bool__(self) -> bool:
        return any(self.sums) or any(any(histogram.values()) for histogram in self.histograms)

    def add(self, other: "Amount") -> None:
        self.sums = tuple(map(add, self.sums, other.sums))
        for own, more in zip(self.histograms, other.histograms, strict=True):
            for bin, times in more.items():
                own[bin] = own.get(bin, 0) + times

    def copy(self) -> "Amount":
        return Amount(self.sums, [histogram.copy() for histogram in self.histograms])


class _Together(Struct, gc=False):
    """What some entries add."""

    sums: tuple[int, ...]
    bins: list[tuple[int, ...]]
    """Of each histogram the bins in which one each is added."""
    _amount: Amount | None = None

    def amount(self) -> Amount:
        """What a row comes to in which nothing else counts. Such rows have one amount between them."""
        if self._amount is None:
            self._amount = Amount(self.sums, [Counter(bins) for bins in self.bins])
        return self._amount


def _together(entries: Sequence[Entry]) -> _Together:
    if len(entries) == 1:
        (one,) = entries
        return _Together(one.sums, [() if bin is None else (bin,) for bin in one.bins])
    sums = tuple(map(sum, zip(*(entry.sums for entry in entries), strict=True)))
    return _Together(sums, [tuple(bin for bin in bins if bin is not None) for bins in zip(*(entry.bins for entry in entries), strict=True)])


Row = tuple[Grain, str, str, int]
"""Which row: its grain, dimension, value and start."""


class _Gathered(Struct, frozen=True, gc=False):
    """What counts in a row, not added up yet: that is done once, when all is known."""

    on: list[_Together] = msgspec.field(default_factory=list)
    off: list[_Together] = msgspec.field(default_factory=list)

    def amount(self, rollup: Rollup) -> Amount:
        if len(self.on) == 1 and not self.off:
            return self.on[0].amount()
        sums = _columns((one.sums for one in self.on), rollup.sums)
        histograms = [Counter(chain.from_iterable([one.bins[number] for one in self.on])) for number in range(len(rollup.histograms))]
        if self.off:
            sums = tuple(map(sub, sums, _columns((one.sums for one in self.off), rollup.sums)))
            for number, histogram in enumerate(histograms):
                histogram.subtract(chain.from_iterable(one.bins[number] for one in self.off))
        return Amount(sums, list[Histogram](histograms))


def _columns(rows: Iterable[Sequence[int]], names: Sequence[str]) -> tuple[int, ...]:
    """The sum of each column."""
    return tuple(map(sum, zip(*rows, strict=True))) or (0,) * len(names)


class Tally:
    """What many calls and appointments come to, row by row."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._finest: list[dict[tuple[str, str, int], _Gathered]] = [{} for _ in ROLLUPS]
        """Of hours, or of days where hours are not kept. What is coarser is added up from them at last."""
        self._minutes: list[dict[int, _Gathered]] = [{} for _ in ROLLUPS]

    def __len__(self) -> int:
        """About how many rows they are."""
        return sum(map(len, self._finest)) + sum(map(len, self._minutes))

    def put_on(self, counted: Counted) -> None:
        for gathered, entries in self._rows_of(counted):
            gathered.on.append(entries)

    def take_off(self, counted: Counted) -> None:
        for gathered, entries in self._rows_of(counted):
            gathered.off.append(entries)

    def rows(self, rollup: Rollup) -> dict[Row, Amount]:
        """What is to be added to which rows of a rollup. Rows that come to nothing are left out; some have one amount between them."""
        clocks = self._clocks
        number, day_of, hour_of_day_of = ROLLUPS.index(rollup), clocks.day_of, clocks.hour_of_day_of
        rows = _Rows({("minute", ALL, "", 60 * minute): gathered.amount(rollup) for minute, gathered in self._minutes[number].items()})
        for (dimension, value, start), gathered in self._finest[number].items():
            if amount := gathered.amount(rollup):
                day = day_of(start)
                if dimension not in _BY_THE_DAY[number]:
                    rows.add(("hour", dimension, value, start), amount)
                    if rollup is QUALITY:
                        rows.add(("hour_of_day", dimension, value, hour_of_day_of(start)), amount)
                rows.add(("day", dimension, value, day), amount)
        longer: list[tuple[Grain, Grain, Callable[[int], int]]] = [
            ("day", "month", clocks.month_of),
            ("month", "quarter", clocks.quarter_of),
            ("quarter", "year", clocks.year_of),
        ]
        for shorter, grain, start_of_it in longer if rollup is PEOPLE else longer[:1]:
            for row, amount in [(row, amount) for row, amount in rows.found.items() if row[0] == shorter]:
                _, dimension, value, start = row
                rows.add((grain, dimension, value, start_of_it(start)), amount)
        return {row: amount for row, amount in rows.found.items() if amount}

    def _rows_of(self, counted: Counted) -> Iterator[tuple[_Gathered, _Together]]:
        """The rows that something counts in, with what it adds there."""
        values, day_of = counted.values, self._clocks.day_of
        for cell in counted.cells:
            finest, minutes, by_the_day = self._finest[cell.rollup], self._minutes[cell.rollup], _BY_THE_DAY[cell.rollup]
            for hour, entries in self._by_hour(cell):
                day = day_of(hour)
                for index in cell.values:
                    dimension, value = values[index]
                    row = dimension, value, day if dimension in by_the_day else hour
                    gathered = finest.get(row)
                    if gathered is None:
                        gathered = finest[row] = _Gathered()
                    yield gathered, entries
            if values[cell.values[0]][0] == ALL:
                for entry in cell.entries:
                    if entry.minute >= self._clocks.first_minute:
                        yield minutes.setdefault(entry.minute, _Gathered()), _together([entry])

    def _by_hour(self, cell: Cell) -> Iterator[tuple[int, _Together]]:
        """The entries of a cell, those of an hour together."""
        hour_of, entries = self._clocks.hour_of, cell.entries
        if len(entries) == 1:
            yield hour_of(entries[0].minute), _together(entries)
            return
        hours: dict[int, list[Entry]] = {}
        for entry in entries:
            hours.setdefault(hour_of(entry.minute), []).append(entry)
        for hour, own in hours.items():
            yield hour, _together(own)


class _Rows:
    """Rows that are added up. An amount is another row's, too, until something is added to it: it is copied then."""

    def __init__(self, found: dict[Row, Amount]) -> None:
        self.found = found
        self._own: set[Row] = set()

    def add(self, row: Row, amount: Amount) -> None:
        there = self.found.get(row)
        if there is None:
            self.found[row] = amount
            return
        if row not in self._own:
            self._own.add(row)
            there = self.found[row] = there.copy()
        there.add(amount)


encode_counted = msgspec.msgpack.Encoder().encode
decode_counted = msgspec.msgpack.Decoder(Counted).decode
