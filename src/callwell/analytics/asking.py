"""What is asked of the figures: between which times, and by what they are divided.

Rollups know one dimension at a time: who asks for calls by browser cannot ask for those of one provider alone.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from callwell import errors
from callwell.analytics.periods import start_of
from callwell.analytics.spans import GRAINS, GRAINS_WITHIN, PERIOD_OF, Grain, Interval, Span, spans, start_at_or_after
from callwell.planning.call_settings import MeetingSettings, settings_of
from callwell.planning.deployed import read_settings
from callwell.postgres.pool import Tx, fetch_value

Dimension = Literal["engine", "mode", "kind", "provider", "room", "tag", "browser", "os", "device", "network", "country"]
"""What figures can be divided by. The last five are of connections: a call counts under each value that its connections have."""

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

BY_THE_DAY: Dimension = "room"
"""The dimension whose figures are not kept by the hour."""

LONGEST = timedelta(days=731)
"""Two years, one of them a leap year."""
USUAL_DAYS = 30
"""Days that are shown where no time is given, today among them."""


class Filter(Struct, frozen=True):
    """One value of one dimension."""

    dimension: Dimension
    value: str


class Within(Struct, frozen=True):
    """From when until before when: whole hours or days by the clocks of a time zone."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    def spans(self, grains: Sequence[Grain] = GRAINS) -> list[Span]:
        return spans(self.since, self.until, self.zone, grains)

    def in_whole(self, grain: Grain) -> "Within":
        """Widened to whole hours, days or months."""
        since = start_of(PERIOD_OF[grain], self.since, self.zone)
        return Within(since, start_at_or_after(grain, self.until, self.zone), self.zone)


class Answer(Struct, frozen=True, kw_only=True):
    """What every answer says first: which time it is about."""

    since: datetime = msgspec.field(name="from")
    until: datetime = msgspec.field(name="to")
    """Before then."""
    time_zone: str
    """By whose clocks hours, days and months begin."""


class Cut(Struct, frozen=True):
    """How figures are divided: which rows of a rollup are read."""

    dimension: str
    value: str | None
    """Null: every value."""


EVERYTHING = Cut("all", "")


def cut_of(by: Dimension | None, only: Filter | None) -> Cut:
    """The rows to read. Raises OneDimension where they would have to be of two dimensions."""
    if by is not None and only is not None and only.dimension != by:
        raise errors.OneDimension(by=by, filter=only.dimension, fields={"by": f"It is {only.dimension}, or nothing."})
    if only is not None:
        return Cut(only.dimension, only.value)
    return Cut(by, None) if by is not None else EVERYTHING


def only_one(filters: Mapping[Dimension, str | None]) -> Filter | None:
    """The filter that is given. Raises OneDimension where there are more."""
    given = [Filter(dimension, value) for dimension, value in filters.items() if value is not None]
    if len(given) > 1:
        raise errors.OneDimension(by=given[0].dimension, filter=given[1].dimension, fields={given[1].dimension: "There is another one already."})
    return given[0] if given else None


def grains_of(cut: Cut, interval: Interval | None = None) -> Sequence[Grain]:
    """The grains that can be read, the finest first. Raises Invalid where figures are not kept as finely as the interval asks for."""
    finest: Grain = "day" if cut.dimension == BY_THE_DAY else "hour"
    kept = GRAINS[GRAINS.index(finest) :]
    wanted: Sequence[Grain] = GRAINS_WITHIN[interval] if interval else GRAINS
    found: list[Grain] = [grain for grain in wanted if grain in kept]
    if not found:
        problem = f"Figures by {cut.dimension} are not kept by the {interval}."
        raise errors.Invalid(problem=f"interval: {problem}", fields={"interval": problem})
    return found


# ── Between which times ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def read_zone(tx: Tx) -> ZoneInfo:
    """By whose clocks the rollups are cut; where nothing was counted yet, the deployment's."""
    name = await fetch_value(tx, "SELECT time_zone FROM rollup_zones")
    return ZoneInfo(name or (await read_wishes(tx)).time_zone)


async def read_wishes(tx: Tx) -> MeetingSettings:
    """The settings of the deployment, those of them that only it can set."""
    return settings_of(await read_settings(tx))


def within(since: str | None, until: str | None, zone: ZoneInfo, at: datetime) -> Within:
    """The time between, widened to whole hours; the last thirty days where nothing is said. Raises Invalid, which names the parameter."""
    end = moment_of("to", until, zone) if until is not None else at
    if since is not None:
        start = moment_of("from", since, zone)
    else:
        today = start_of("daily", end - timedelta(microseconds=1), zone).astimezone(zone).date()
        start = _midnight(today - timedelta(days=USUAL_DAYS - 1), zone)
    if start >= end:
        _wrong("to" if until is not None else "from", "It leaves no time between.")
    if _local(end, zone) - _local(start, zone) > LONGEST:
        _wrong("from", "At most two years can be asked for.")
    return Within(start, end, zone).in_whole("hour")


def moment_of(name: str, given: str, zone: ZoneInfo) -> datetime:
    """The moment that is meant: a time with its zone, or a date, which begins as the deployment's days do. Raises Invalid."""
    try:
        day = date.fromisoformat(given) if len(given) == len("2026-11-21") else None
        moment = datetime.fromisoformat(given) if day is None else datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    except ValueError:
        return _wrong(name, "Expected a date (2026-11-21) or an RFC 3339 time.")
    if moment.tzinfo is None:
        return _wrong(name, "It says no time zone.")
    if not EARLIEST <= moment < LATEST:
        return _wrong(name, "It is out of all time.")
    return moment.astimezone(UTC) if day is None else _midnight(day, zone)


EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return start_of("daily", datetime(day.year, day.month, day.day, 12, tzinfo=zone), zone)


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """What clocks show: two years are as long whether they begin in summer or in winter."""
    return at.astimezone(zone).replace(tzinfo=None)


def _wrong(name: str, problem: str) -> datetime:
    raise errors.Invalid(problem=f"{name}: {problem}", fields={name: problem})
