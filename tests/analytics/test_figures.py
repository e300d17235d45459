"""Figures over HTTP are what somebody counts by hand who has the whole record before them: at every interval, by every dimension, across the end of summer time."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.analytics.held import AT, SINCE, UNTIL, Held, Record, least_at_most, local, mean, midnight, place, read_record

from callwell.analytics import figures
from callwell.analytics.asking import Filter, read_zone
from callwell.analytics.overview import read_overview
from callwell.postgres import Database

EVER = {"from": SINCE, "to": UNTIL}


@pytest.fixture
def database_url(held_url: str) -> str:
    return held_url


@pytest.fixture
async def record(db: Database) -> Record:
    return await read_record(db)


async def ask(server: httpx.AsyncClient, name: str, **asked: Any) -> dict[str, Any]:
    answer = await server.get(f"/v1/analytics/{name}", params={**EVER, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def nearly(told: float | None, exact: float | None, share: float = 1e-3) -> None:
    """Both unknown, or as near as they are rounded."""
    assert (told is None) == (exact is None)
    if told is not None:
        assert told == pytest.approx(exact, rel=share, abs=0.06)


def check_spread(told: dict[str, float] | None, values: Sequence[float], shares: dict[str, float] | None = None) -> None:
    """Its mean is exact, and its percentiles are within 2 %."""
    assert (told is None) == (not values)
    if told is not None:
        nearly(told["mean"], mean(values))
        for name, share in (shares or {"p50": 0.5, "p95": 0.95, "p99": 0.99}).items():
            nearly(told[name], least_at_most(values, share), 0.0201)


# ── Volume ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_volume(told: dict[str, Any], calls: Iterable[Held]) -> None:
    rows = [call.row for call in calls]
    ended = [row for row in rows if row["status"] == "ended"]
    assert told["calls"] == len(rows)
    assert told["started"] == sum(row["started_at"] is not None for row in rows)
    assert told["ended"] == len(ended)
    assert told["failed"] == sum(row["status"] == "failed" for row in rows)
    assert told["unanswered"] == sum(row["started_at"] is None for row in ended)
    assert told["participants"] == sum(row["participant_count"] for row in rows)
    nearly(told["mean_duration_seconds"], mean([row["elapsed_ms"] / 1000 for row in rows if row["elapsed_ms"] is not None]))


@pytest.mark.parametrize(("interval", "points"), [("hour", None), ("day", 44), ("week", 8), ("month", 3)])
async def test_volume_is_what_was_there(server: httpx.AsyncClient, record: Record, interval: str, points: int | None) -> None:
    """Each point has the calls that began in it; none is left out, and between the points is no time."""
    asked = {"from": "2026-10-20", "to": "2026-10-30"} if interval == "hour" else {}
    told = await ask(server, "volume", interval=interval, **asked)
    (series,) = told["series"]

    assert len(series["points"]) == (points or 10 * 24 + 1)  # an hour more on the 25th
    assert told["time_zone"] == "Europe/Berlin"
    for point in series["points"]:
        check_volume(point, record.during(when(point["starts_at"]), when(point["ends_at"])))
    assert [point["ends_at"] for point in series["points"][:-1]] == [point["starts_at"] for point in series["points"][1:]]
    check_volume(told["total"], record.during(when(told["from"]), when(told["to"])))
    assert told["total"] == series["total"]
    assert told["total"]["calls"] > 20


async def test_days_begin_at_midnight_of_the_deployments_clocks(server: httpx.AsyncClient) -> None:
    """The day on which clocks go back has 25 hours; weeks begin on Monday and what of them was not asked for is left out."""
    (days,) = (await ask(server, "volume"))["series"]
    (weeks,) = (await ask(server, "volume", interval="week"))["series"]

    lengths = {local(when(day["starts_at"])).date().isoformat(): when(day["ends_at"]) - when(day["starts_at"]) for day in days["points"]}
    assert {local(when(day["starts_at"])).hour for day in days["points"]} == {0}
    assert {day for day, length in lengths.items() if length != timedelta(hours=24)} == {"2026-10-25"}
    assert lengths["2026-10-25"] == timedelta(hours=25)
    assert weeks["points"][0]["starts_at"] == days["points"][0]["starts_at"]  # a Sunday
    assert {local(when(week["starts_at"])).isoweekday() for week in weeks["points"][1:]} == {1}


async def test_volume_is_divided_by_each_dimension(server: httpx.AsyncClient, record: Record) -> None:
    """A series for each value, greatest first. A call counts under each value that its connections have."""
    for dimension in ("engine", "mode", "kind", "provider", "tag", "browser", "os", "device", "network", "country"):
        check_divided(await ask(server, "volume", by=dimension), record, dimension)


def check_divided(told: dict[str, Any], record: Record, dimension: str) -> None:
    values = {value for call in record.calls for value in call.values(dimension)}
    assert {series["value"] for series in told["series"]} == values
    assert not any(series["is_rest"] for series in told["series"])
    totals = [series["total"]["calls"] for series in told["series"]]
    assert totals == sorted(totals, reverse=True)
    for series in told["series"]:
        own = [call for call in record.calls if series["value"] in call.values(dimension)]
        check_volume(series["total"], own)
        for point in series["points"]:
            check_volume(point, [call for call in own if when(point["starts_at"]) <= call.began_at < when(point["ends_at"])])
        assert series["name"] == (record.names.get(series["value"]) if dimension == "provider" else None)
    check_volume(told["total"], record.calls)


@pytest.mark.parametrize("dimension", ["provider", "os", "room"])
async def test_what_has_no_series_of_its_own_is_one_together(
    server: httpx.AsyncClient, record: Record, dimension: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the greatest values there is one series of the rest, whether calls have one value of it or several."""
    monkeypatch.setattr(figures, "MOST_SERIES", 2)
    told = await ask(server, "volume", by=dimension, interval="week")

    *top, rest = told["series"]
    assert (len(top), rest["is_rest"], rest["value"]) == (2, True, None)
    shown = {series["value"] for series in top}
    counts = Counter(value for call in record.calls for value in call.values(dimension))
    assert rest["total"]["calls"] == sum(count for value, count in counts.items() if value not in shown)
    assert sum(point["calls"] for point in rest["points"]) == rest["total"]["calls"]
    assert min(counts[value] for value in shown) >= max(count for value, count in counts.items() if value not in shown)


async def test_one_value_alone(server: httpx.AsyncClient, record: Record) -> None:
    """A filter leaves the calls of that value."""
    provider = Counter(call.provider for call in record.calls).most_common(1)[0][0]
    told = await ask(server, "volume", provider=provider)

    (series,) = told["series"]
    check_volume(series["total"], [call for call in record.calls if call.provider == provider])
    assert told["total"] == series["total"]


# ── Joins and durations ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def joined_at(call: Held, connection: dict[str, Any]) -> datetime:
    return connection["joined_at"] or call.began_at


def check_joins(told: dict[str, Any], connections: Sequence[dict[str, Any]]) -> None:
    connected = [one for one in connections if one["connected_at"]]
    failed = [one for one in connections if one["status"] == "failed" and not one["connected_at"]]
    lost = [
        one
        for one in connected
        if one["status"] == "failed" or (one["status"] == "left" and one["disconnection_count"] and (one["state"] or {}).get("disconnected_at"))
    ]
    assert (told["joins"], told["connected"], told["failed"]) == (len(connections), len(connected), len(failed))
    assert told["refused"] == sum(one["status"] == "refused" for one in connections)
    assert told["dropped"] == len(lost)
    assert told["disconnections"] == sum(one["disconnection_count"] for one in connections)
    tried = len(connected) + len(failed)
    nearly(told["success_rate"], len(connected) / tried if tried else None)
    nearly(told["drop_rate"], len(lost) / len(connected) if connected else None)
    check_spread(told["setup_ms"], [one["setup_ms"] for one in connections if one["setup_ms"] is not None])


async def test_joins_are_what_came_about(server: httpx.AsyncClient, record: Record) -> None:
    """Over time by when each came in, and by what it came with; how long it took has an exact mean, and percentiles within 2 %."""
    everyone = [(call, one) for call in record.calls for one in call.connections if one["status"] != "unseen"]

    by_week = await ask(server, "joins", interval="week")
    for point in by_week["items"]:
        check_joins(point, [one for call, one in everyone if when(point["starts_at"]) <= joined_at(call, one) < when(point["ends_at"])])
    check_joins(by_week["total"], [one for _, one in everyone])
    assert by_week["total"]["connected"] > 100

    for dimension in ("browser", "network", "provider"):
        told = await ask(server, "joins", by=dimension)
        for row in told["items"]:
            check_joins(row, [one for call, one in everyone if has(call, one, dimension, row["value"])])
        assert sum(row["joins"] for row in told["items"]) == len(everyone)
        assert told["total"] == by_week["total"]


def has(call: Held, connection: dict[str, Any], dimension: str, value: str) -> bool:
    return value == place(connection)[dimension] if dimension in place(connection) else value in call.values(dimension)


def check_durations(told: dict[str, Any], calls: Iterable[Held]) -> None:
    calls = list(calls)
    elapsed = [call.row["elapsed_ms"] / 1000 for call in calls if call.row["elapsed_ms"] is not None]
    assert told["calls"] == len(elapsed)
    check_spread(told["elapsed_seconds"], elapsed)
    nearly(told["attended_minutes"], sum(one["attended_ms"] for call in calls for one in call.people) / 60_000)
    nearly(told["overlap_minutes"], sum(call.row["overlap_ms"] for call in calls) / 60_000)


async def test_durations_are_as_long_as_calls_were(server: httpx.AsyncClient, record: Record) -> None:
    """By month, by provider and of one of them."""
    by_month = await ask(server, "durations", interval="month")
    for point in by_month["items"]:
        check_durations(point, record.during(when(point["starts_at"]), when(point["ends_at"])))
    check_durations(by_month["total"], record.calls)

    for row in (await ask(server, "durations", by="provider"))["items"]:
        check_durations(row, [call for call in record.calls if call.provider == row["value"]])
        one = await ask(server, "durations", provider=row["value"], interval="month")
        assert {**one["total"], "starts_at": None, "ends_at": None, "value": row["value"], "name": row["name"]} == row


# ── Quality ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

MEASURED = {"rtt_ms": "rtt_ms", "jitter_ms": "jitter_ms", "packet_loss_pct": "packet_loss_pct", "bitrate_kbps": "bitrate_kbps"}


def check_quality(told: dict[str, Any], minutes: Sequence[Any]) -> None:
    scores = [one.told["score"] for one in minutes if one.told["score"] is not None]
    assert (told["minutes"], told["scored"]) == (len(minutes), len(scores))
    check_spread(told["score"], scores, {"p50": 0.5, "p5": 0.05})
    nearly(told["poor_share"], sum(score < 60 for score in scores) / len(scores) if scores else None)
    for name in MEASURED:
        check_spread(told[name], [one.told[name] for one in minutes if one.told.get(name) is not None])


async def test_quality_is_that_of_minutes(server: httpx.AsyncClient, record: Record) -> None:
    """By hour of the day and by weekday as clocks show them, by what people came with, and over time."""
    minutes = [one for call in record.calls for one in call.minutes()]
    assert len(minutes) > 1000
    divided: dict[str, Callable[[Any], Iterable[str]]] = {
        "hour_of_day": lambda one: [str(local(one.at).hour)],
        "weekday": lambda one: [str(local(one.at).isoweekday())],
        "network": lambda one: one.values["network"],
        "browser": lambda one: one.values["browser"],
        "provider": lambda one: [one.call.provider],
    }
    for by, values_of in divided.items():
        told = await ask(server, "quality", by=by)
        for row in told["items"]:
            check_quality(row, [one for one in minutes if row["value"] in values_of(one)])
        check_quality(told["total"], minutes)
        if by == "hour_of_day":
            assert [row["value"] for row in told["items"]] == [str(hour) for hour in range(24)]

    for point in (await ask(server, "quality", interval="week"))["items"]:
        check_quality(point, [one for one in minutes if when(point["starts_at"]) <= one.at < when(point["ends_at"])])


async def test_problems_are_counted_where_they_began(server: httpx.AsyncClient, record: Record) -> None:
    """By hour of the day, and for an hour of a person."""
    issues = [local(when(issue["started_at"])).hour for call in record.calls if call.report for issue in call.report["issues"]]
    told = await ask(server, "quality", by="hour_of_day")

    assert {row["value"]: row["issues"] for row in told["items"] if row["issues"]} == {str(hour): n for hour, n in Counter(issues).items()}
    assert told["total"]["issues"] == len(issues) > 5
    nearly(told["total"]["issues_per_hour"], len(issues) * 60 / told["total"]["minutes"])


# ── The week by hours ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_week_by_hours(server: httpx.AsyncClient, record: Record) -> None:
    """Each hour of the week has what began in it, by the clocks on the wall, and what that is on a day on which there was such an hour."""
    for of in ("calls", "poor", "failed", "joins", "score"):
        check_week(await ask(server, "heatmap", of=of), record, of)


def check_week(told: dict[str, Any], record: Record, of: str) -> None:
    found: dict[tuple[int, int], list[float]] = defaultdict(list)
    for call in record.calls:
        key = local(call.began_at).isoweekday(), local(call.began_at).hour
        match of:
            case "joins":
                for one in call.connections:
                    if one["status"] != "unseen":
                        at = local(joined_at(call, one))
                        found[at.isoweekday(), at.hour].append(1)
            case "score":
                found[key] += [] if call.score is None else [call.score]
            case "poor":
                found[key] += [1] if call.report and call.report["category"] == "poor" else []
            case "failed":
                found[key] += [1] if call.row["status"] == "failed" else []
            case _:
                found[key].append(1)

    assert [(cell["weekday"], cell["hour"]) for cell in told["cells"]] == [(weekday, hour) for weekday in range(1, 8) for hour in range(24)]
    for cell in told["cells"]:
        own = found[cell["weekday"], cell["hour"]]
        if of == "score":
            nearly(cell["value"], mean(own))
            assert cell["per_week"] is None
        else:
            assert cell["value"] == sum(own)
            nearly(cell["per_week"], sum(own) / cell["days"])
    assert sum(cell["days"] for cell in told["cells"]) == 44 * 24


# ── Today beside what is usual ────────────────────────────────────────────────────────────────────────────────────────────────────


def so_far(record: Record, day: str) -> list[tuple[Held, float]]:
    """The calls of a day until 16:20 by the clock, with how much each counts: of the hour from 16:00 a third has passed."""
    start = midnight(day)
    full, end = start.astimezone(local(start).tzinfo).replace(hour=16), start.astimezone(local(start).tzinfo).replace(hour=17)
    early = [(call, 1.0) for call in record.calls if start <= call.began_at < full]
    return early + [(call, 1 / 3) for call in record.calls if full <= call.began_at < end]


async def test_today_is_beside_the_same_weekdays_by_the_same_time(db: Database, record: Record) -> None:
    """The mean of the last four Mondays until 16:20, one of them in summer time; rates are those of all four together."""
    async with db.connection() as tx:
        told = await read_overview(tx, await read_zone(tx), AT)
    today = [call for call in record.calls if midnight("2026-11-02") <= call.began_at]
    usual = [weighted for day in ("2026-10-05", "2026-10-12", "2026-10-19", "2026-10-26") for weighted in so_far(record, day)]

    assert (told.weeks, told.time_zone, told.day_began_at) == (4, "Europe/Berlin", datetime(2026, 11, 1, 23, tzinfo=UTC))
    assert told.calls.today == len(today)
    assert told.calls.usual == pytest.approx(sum(weight for _, weight in usual) / 4, abs=0.051)
    assert (told.calls.usual or 0) > 0.5
    scored = [(call.score, weight) for call, weight in usual if call.score is not None]
    assert told.score.usual == pytest.approx(sum(score * weight for score, weight in scored) / sum(weight for _, weight in scored), abs=0.06)
    missed = [one for one in record.appointments if one["status"] == "no_show" and midnight("2026-11-02") <= one["scheduled_at"]]
    assert told.no_shows.today == len(missed)


async def test_there_is_nothing_usual_before_there_was_anything(db: Database, record: Record) -> None:
    """Weeks before the first call are none, and without any nothing is usual."""
    first = min(call.began_at for call in record.calls)
    async with db.connection() as tx:
        zone = await read_zone(tx)
        early = await read_overview(tx, zone, first + timedelta(days=9))
        earliest = await read_overview(tx, zone, first + timedelta(hours=1))
        nobodys = await read_overview(tx, zone, AT, Filter("provider", "user:nobody"))

    assert early.weeks == 1
    assert (earliest.weeks, earliest.calls.usual, earliest.success_rate.usual) == (0, None, None)
    assert (nobodys.calls.today, nobodys.calls.usual, nobodys.score.today) == (0, None, None)
