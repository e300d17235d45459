"""How analytics are asked for: what is understood and what is refused, pages and files, and what goes on now."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.analytics.held import AT, SINCE, UNTIL, count_all, live_in
from tests.analytics.test_compared import everything

from callwell import ids
from callwell.analytics import files
from callwell.analytics.analytic_routes import routes
from callwell.app import Context
from callwell.postgres import Database
from callwell.record import events as e
from callwell.record.events import NewEvent, Writer

EVER = {"from": SINCE, "to": UNTIL}
NAMES = sorted(path.removeprefix("/v1/analytics/") for route in routes for path in route.paths)


@pytest.fixture
def database_url(held_url: str) -> str:
    return held_url


async def get(server: httpx.AsyncClient, name: str, **asked: Any) -> httpx.Response:
    return await server.get(f"/v1/analytics/{name}", params=asked)


# ── What is refused ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("volume", {"from": "2026-11-01T00:00:00"}, "from"),
    ("volume", {"from": "soon"}, "from"),
    ("billing", {"from": "2026-11-02", "to": "2026-11-01"}, "to"),
    ("providers", {"from": "2023-11-01", "to": "2026-11-01"}, "from"),
    ("volume", {"from": "2026-01-01", "interval": "hour"}, "interval"),
    ("volume", {"interval": "minute"}, "interval"),
    ("volume", {"by": "hour_of_day"}, "by"),
    ("joins", {"by": "browser", "interval": "day"}, "interval"),
    ("heatmap", {"room": "room-1"}, "interval"),
    ("quality", {"room": "room-1", "interval": "hour"}, "interval"),
    ("heatmap", {"of": "everything"}, "of"),
    ("providers", {"sort": "name"}, "sort"),
    ("people", {"side": "both"}, "side"),
    ("problem-calls", {"more_than": -1}, "more_than"),
    ("billing", {"status": "paid"}, "status"),
    ("billing", {"browser": "Chrome"}, "browser"),
    ("people", {"provider": "user:1"}, "provider"),
    ("overview", {"from": "2026-11-01"}, "from"),
    ("volume", {"format": "xls"}, "format"),
]


async def test_what_cannot_be_told_is_refused(server: httpx.AsyncClient) -> None:
    """With the name of the parameter that is wrong; so it is where a file is asked for, before anything of it goes out."""
    for name, asked, field in REFUSED:
        for form in ({}, {"format": "csv"}):
            answer = await get(server, name, **{**form, **asked})
            assert answer.status_code == 422, (name, asked, answer.text)
            assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_figures_know_one_dimension_at_a_time(server: httpx.AsyncClient) -> None:
    """Two filters, or a filter and another dimension to divide by, are refused with a sentence that says so; a filter and its own dimension are not."""
    for asked in ({"browser": "Chrome", "os": "iOS 18"}, {"browser": "Chrome", "by": "os"}):
        answer = await get(server, "volume", **asked)
        assert (answer.status_code, answer.json()["code"]) == (422, "analytics.one_dimension")
        assert "one dimension at a time" in answer.json()["detail"]
    answer = await get(server, "volume", browser="Chrome", by="browser", **EVER)
    assert [series["value"] for series in answer.json()["series"]] == ["Chrome"]


async def test_two_years_are_told(server: httpx.AsyncClient) -> None:
    """By day, week and month, and whatever else has no series."""
    two_years = {"from": "2024-11-03", "to": UNTIL}
    for name in NAMES:
        answer = await get(server, name, **(two_years if name != "overview" else {}))
        assert answer.status_code == 200, answer.text
    days = (await get(server, "volume", **two_years)).json()
    assert len(days["series"][0]["points"]) == 730
    assert days["total"] == (await get(server, "volume", **EVER)).json()["total"]


async def test_rooms_are_counted_by_the_day(server: httpx.AsyncClient) -> None:
    """What is asked about a room is widened to whole days, and the answer says so."""
    room = (await get(server, "volume", by="room", **EVER)).json()["series"][0]
    answer = (await get(server, "volume", room=room["value"], **{"from": "2026-09-20T10:00:00Z", "to": "2026-11-02T15:00:00Z"})).json()

    assert (answer["from"], answer["to"]) == ("2026-09-19T22:00:00.000Z", "2026-11-02T23:00:00.000Z")
    assert answer["total"] == room["total"]


# ── Pages and files ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_list_has_pages(server: httpx.AsyncClient) -> None:
    """Together they are the whole list, in its order, nothing twice; a cursor of one list is none of another."""
    for name, asked in (("providers", {}), ("people", {}), ("problem-calls", {"more_than": 0}), ("billing", {}), ("joins", {"by": "room"})):
        whole = (await get(server, name, limit=200, **EVER, **asked)).json()
        assert whole["next_cursor"] is None
        assert await everything(server, name, 7, **asked) == whole["items"]
        assert len(whole["items"]) > 7
    page = (await get(server, "people", limit=1, **EVER)).json()
    assert (await get(server, "providers", cursor=page["next_cursor"], **EVER)).json()["code"] == "request.bad_cursor"
    for name in ("durations", "quality"):
        whole = (await get(server, name, limit=200, by="browser", **EVER)).json()["items"]
        assert await everything(server, name, 1, by="browser") == whole
        assert len(whole) > 2


def rows_of(name: str, told: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of an answer, as a file has them."""
    match name:
        case "volume":
            return [
                {**{key: series[key] for key in ("value", "name", "is_rest")}, **point} for series in told["series"] for point in series["points"]
            ]
        case "heatmap":
            return told["cells"]
        case _:
            return told["items"]


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """With what is within a field beside it, and nothing that is not known."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        inner = flat(value) if isinstance(value, dict) else None
        found |= {f"{name}_{key}": one for key, one in inner.items()} if inner is not None else {name: value}
    return {name: value for name, value in found.items() if value is not None}


def plain(value: Any) -> Any:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if isinstance(value, datetime) else value


async def test_files_have_what_answers_have(server: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """All pages in one, in both forms; with a name that says what it is and of when. Pages ask for them by `format`, others by `Accept`."""
    monkeypatch.setattr(files, "IN_A_BATCH", 5)
    for name in NAMES:
        if name != "overview":
            await check_files(server, name)


async def check_files(server: httpx.AsyncClient, name: str) -> None:
    asked: dict[str, Any] = {"joins": {"by": "room"}, "quality": {"by": "network"}, "problem-calls": {"more_than": 0}}.get(name, {})
    rows = [
        flat(row)
        for row in rows_of(name, (await get(server, name, **EVER, **asked, **({} if name in ("volume", "heatmap") else {"limit": 200}))).json())
    ]
    assert rows

    file = await get(server, name, format="parquet", **EVER, **asked)
    table = pq.read_table(io.BytesIO(file.content))
    assert [{key: plain(value) for key, value in row.items() if value is not None} for row in table.to_pylist()] == rows
    assert not any(pa.types.is_null(kind) for kind in table.schema.types)
    assert file.headers["content-type"] == "application/vnd.apache.parquet"
    titled = f"{name}-calls" if name == "heatmap" else name
    assert file.headers["content-disposition"] == f'attachment; filename="{titled}-2026-09-20-2026-11-03.parquet"'

    accepted = await server.get(f"/v1/analytics/{name}", params={**EVER, **asked}, headers={"Accept": "text/csv"})
    assert accepted.headers["content-type"].startswith("text/csv")
    assert accepted.headers["vary"] == "Accept"
    header, *lines = csv.reader(io.StringIO(accepted.text, newline=""))
    assert header == table.column_names
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        told = dict(zip(header, line, strict=True))
        assert {key for key, value in told.items() if value} == {key for key, value in row.items() if value != []}
        assert all(float(told[key]) == value for key, value in row.items() if isinstance(value, (int, float)) and not isinstance(value, bool))


async def test_names_are_no_formulas_in_a_spreadsheet(server: httpx.AsyncClient) -> None:
    """Whoever calls themselves so, in every file that has names in it."""
    canaries = ["=HYPERLINK(A1)", "+1+1", "-2+3", "@SUM(A1)", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20A1"]
    whose = {"providers": "identity", "people": "identity", "problem-calls": "provider", "billing": "client"}
    shown = set()
    for name, field in whose.items():
        items = await everything(server, name, 50, **({"more_than": 0} if name == "problem-calls" else {}))
        for number, identity in enumerate(dict.fromkeys(one[field] for one in items[:20] if one[field])):
            answer = await server.put(f"/v1/people/{identity}", json={"display_name": canaries[number % len(canaries)]})
            assert answer.status_code in (200, 201), answer.text
    for name in whose:
        asked = {"more_than": 0} if name == "problem-calls" else {}
        file = (await get(server, name, format="csv", **EVER, **asked)).text
        cells = [cell for line in csv.reader(io.StringIO(file, newline="")) for cell in line]
        assert [cell for cell in cells if cell in canaries] == []
        shown |= {cell[1:] for cell in cells if cell[1:] in canaries and cell[0] == "'"}
    assert shown == set(canaries)


async def test_the_overview_is_a_table_too(server: httpx.AsyncClient) -> None:
    """A row for each figure."""
    told = (await get(server, "overview")).json()
    lines = list(csv.reader(io.StringIO((await get(server, "overview", format="csv")).text)))

    assert lines[0] == ["figure", "today", "usual"]
    assert {line[0] for line in lines[1:]} >= {"calls", "success_rate", "drop_rate", "score", "poor_calls", "no_shows", "live_calls"}
    assert told["weeks"] in (2, 3, 4)  # the practice ends some weeks ago


# ── What goes on ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_overview_knows_what_goes_on(context: Context, server: httpx.AsyncClient) -> None:
    """Calls, who is connected and who is rung for; critical problems until they are over, and for a provider only their own."""
    call_id, at = ids.uuid7(), datetime.now(UTC)
    before = (await get(server, "overview")).json()
    assert before["live"] == {"calls": 0, "ringing": 0, "participants": 0, "waiting": 0, "critical_issues": 0}

    def fact(kind: str, payload: Any, participant: str | None = None, seconds: float = 0) -> NewEvent:
        connection = f"{participant}-1" if participant else None
        return NewEvent(call_id, ids.uuid7(), kind, at + timedelta(seconds=seconds), payload, participant, connection)

    bad = e.IssueRaised("high_latency", "x", "critical")
    facts = [
        fact("participant.connected", e.Connected(), "user:ana"),
        fact("participant.connected", e.Connected(), "user:ben"),
        fact("issue.raised", bad, "user:ana", 0.1),
        fact("issue.raised", e.IssueRaised("packet_loss", "x", "warning"), "user:ana", 0.1),
    ]
    await context.ledger.append("key:host", Writer.SERVER, facts, received_at=at + timedelta(seconds=1))
    now = (await get(server, "overview")).json()

    assert now["live"] == {"calls": 1, "ringing": 0, "participants": 2, "waiting": 0, "critical_issues": 1}
    (alert,) = now["alerts"]
    assert (alert["call_id"], alert["issue"]) == (str(call_id), "high_latency")

    await context.ledger.append(
        "key:host",
        Writer.SERVER,
        [fact("issue.cleared", e.IssueCleared("high_latency", "x"), "user:ana", 0.2)],
        received_at=at + timedelta(seconds=2),
    )
    assert (await get(server, "overview")).json()["alerts"] == []


# ── Whatever clocks do ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("time_zone", "day", "hours", "missing", "doubled"),
    [
        ("Europe/Berlin", "2026-03-29", 23, 2, None),
        ("Europe/Berlin", "2026-10-25", 25, None, 2),
        ("Asia/Kolkata", "2026-10-25", 24, None, None),
    ],
)
async def test_days_and_hours_are_those_on_the_wall(
    context: Context, db: Database, server: httpx.AsyncClient, time_zone: str, day: str, hours: int, missing: int | None, doubled: int | None
) -> None:
    """A call every half an hour from the day before until the day after: in the heat map each hour has two, the one that comes twice four, the one that
    is left out none; the day has two for each of its hours."""
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM rollup_zones")  # as if nothing had been counted
        await tx.execute("DELETE FROM calls")
    await live_in(db, time_zone)
    zone = ZoneInfo(time_zone)
    begin = datetime.fromisoformat(day).replace(tzinfo=zone) - timedelta(days=1)
    first = begin.astimezone(UTC)
    times = [first + timedelta(minutes=30 * number + 5) for number in range(2 * 72)]
    facts = [NewEvent(ids.uuid7(), ids.uuid7(), "call.failed", at, e.CallFailed(), None, None) for at in times]
    await context.ledger.append("key:host", Writer.SERVER, facts, received_at=AT + timedelta(days=30))
    await count_all(db)

    span = {"from": day, "to": (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()}
    (series,) = (await get(server, "volume", **span)).json()["series"]
    by_hour = (await get(server, "volume", interval="hour", **span)).json()["series"][0]["points"]
    week = (await get(server, "heatmap", of="failed", **span)).json()["cells"]
    weekday = datetime.fromisoformat(day).isoweekday()

    assert [point["failed"] for point in series["points"]] == [2 * hours]
    assert [point["failed"] for point in by_hour] == [2] * hours
    shown = {cell["hour"]: (cell["days"], cell["value"]) for cell in week if cell["weekday"] == weekday}
    assert shown == {hour: (0, None) if hour == missing else (1, 4) if hour == doubled else (1, 2) for hour in range(24)}
    assert all(cell["value"] is None for cell in week if cell["weekday"] != weekday)
