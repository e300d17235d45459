"""What is billed: which minutes count, under which code, and what is to be looked at; over HTTP for every appointment there was."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given, strategies as st
from tests.analytics.held import SINCE, UNTIL, Record, mean, read_record
from tests.analytics.test_compared import everything

from callwell import errors, ids
from callwell.analytics import billed
from callwell.analytics.billing import Billed, Schedule, billing_row, schedule_of
from callwell.planning import bookings
from callwell.planning.call_settings import MeetingSettings, check_settings, settings_of
from callwell.planning.unit_codes import PSYCHOTHERAPY, Band, Kind, band_of, read_bands
from callwell.postgres import Database

EVER = {"from": SINCE, "to": UNTIL}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = 60_000


def held(**told: Any) -> Billed:
    """An appointment of fifty minutes that was held for as long, over video."""
    whole = 50 * MINUTE
    return Billed(
        **{
            "id": ids.uuid7(),
            "external_id": None,
            "kind": "individual",
            "status": "completed",
            "no_show": None,
            "scheduled_at": NOON,
            "duration_minutes": 50,
            "client_id": "user:ana",
            "client_name": "Ana",
            "provider_id": "user:dr",
            "provider_name": "Dr",
            "payment_status": "completed",
            "booked_code": None,
            "call_count": 1,
            "elapsed_ms": whole,
            "attended_client_ms": whole,
            "attended_provider_ms": whole,
            "overlap_ms": whole,
            "overlap_claimed_ms": 0,
            "participants": 2,
            "provider_video": True,
            "client_video": True,
            "provider_audio": True,
            "client_audio": True,
            "score": 90.0,
            **told,
        }
    )


def schedule(**settings: Any) -> Schedule:
    return schedule_of(MeetingSettings(**settings))


# ── Codes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("minutes", "code"), [(15, None), (16, "90832"), (37, "90832"), (38, "90834"), (52, "90834"), (53, "90837"), (180, "90837")])
def test_minutes_have_the_code_of_their_band(minutes: int, code: str | None) -> None:
    """Both ends are in it; what is too short has none."""
    row = billing_row(held(overlap_ms=minutes * MINUTE), schedule())
    assert (row.counted_minutes, row.code_suggested) == (minutes, code)


@given(st.integers(0, 600), st.sampled_from(["individual", "group", "assessment"]))
def test_no_minute_has_two_codes(minutes: int, kind: Kind) -> None:
    """Of the default table one band has it, or none."""
    assert sum(band.has(kind, minutes) for band in PSYCHOTHERAPY) == (band_of(PSYCHOTHERAPY, kind, minutes) is not None)


def test_it_is_told_which_minutes_count_and_how_they_are_rounded() -> None:
    """Those both sides were there, a side was, or calls went on; down or to the nearest."""
    one = held(overlap_ms=37 * MINUTE + 30_000, attended_provider_ms=52 * MINUTE, attended_client_ms=38 * MINUTE, elapsed_ms=53 * MINUTE)

    codes = {
        counted: billing_row(one, schedule(billing_minutes=counted)).code_suggested
        for counted in ("overlap", "attended_provider", "attended_client", "elapsed")
    }
    assert codes == {"overlap": "90832", "attended_provider": "90834", "attended_client": "90834", "elapsed": "90837"}
    assert billing_row(one, schedule(billing_rounding="minutes_nearest")).code_suggested == "90834"


def test_a_table_of_the_hosts_own() -> None:
    """Codes can be of one kind, and of all others one."""
    units = '[{"code": "G", "kind": "group", "from_minutes": 60}, {"code": "A", "kind": "assessment"}, {"code": "I", "kind": "individual", "to_minutes": 600}]'
    codes = {kind: billing_row(held(kind=kind), schedule(billing_units=units)).code_suggested for kind in ("individual", "group", "assessment")}
    assert codes == {"individual": "I", "group": None, "assessment": "A"}


def test_only_what_was_held_has_a_code() -> None:
    """Whatever minutes there are."""
    for status in ("pending", "confirmed", "in_progress", "cancelled", "declined", "no_show"):
        row = billing_row(held(status=status, no_show="client" if status == "no_show" else None), schedule())
        assert row.code_suggested is None
        assert set(row.flags) <= {"no_show"}


# ── What is to be looked at ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "flags"),
    [
        ({}, []),
        ({"overlap_ms": 30 * MINUTE}, ["disagrees"]),
        ({"booked_code": "90834"}, []),
        ({"booked_code": "90837"}, ["disagrees"]),
        ({"overlap_ms": 5 * MINUTE}, ["disagrees", "short"]),
        ({"overlap_ms": 0}, ["disagrees", "short", "no_overlap"]),
        ({"overlap_claimed_ms": 1}, ["claimed_time"]),
        ({"payment_status": "failed"}, ["unpaid"]),
        ({"payment_status": "refunded"}, ["unpaid"]),
        ({"payment_status": "pending"}, []),
        ({"status": "no_show", "no_show": "client", "overlap_ms": 0}, ["no_show"]),
        ({"status": "cancelled", "payment_status": "refunded"}, []),
        ({"kind": "group", "overlap_ms": MINUTE}, []),
    ],
)
def test_what_somebody_should_look_at_is_flagged(told: dict[str, Any], flags: list[str]) -> None:
    """And nothing else is; of kinds that have no codes it is not said that they disagree."""
    assert billing_row(held(**told), schedule()).flags == flags


def test_who_must_pay_first_and_has_not_is_flagged() -> None:
    """Where the deployment wants payment before; elsewhere nobody says when it is due."""
    assert billing_row(held(payment_status="pending"), schedule(require_payment=True)).flags == ["unpaid"]


@pytest.mark.parametrize(
    ("told", "modality"),
    [
        ({}, "video"),
        ({"client_video": False}, "audio"),
        ({"client_video": None}, "audio"),
        ({"client_video": False, "client_audio": False}, "neither"),
        ({"client_video": None, "client_audio": None}, "unknown"),
        ({"call_count": 0}, None),
    ],
)
def test_the_means_are_those_of_both_sides(told: dict[str, Any], modality: str | None) -> None:
    """Two who are there, of whom one is seen, don't see each other."""
    assert billing_row(held(**told), schedule()).modality == modality


# ── The table of codes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_kinds_are_those_of_appointments() -> None:
    """The table speaks of no other."""
    assert Kind == bookings.Kind
    assert read_bands(MeetingSettings().billing_units) == list(PSYCHOTHERAPY)


@pytest.mark.parametrize(
    ("units", "problem"),
    [
        ("nonsense", "malformed"),
        ('{"code": "A"}', "Expected `array`"),
        ('[{"code": ""}]', "length >= 1"),
        ('[{"code": "A", "minutes": 3}]', "unknown field"),
        ('[{"code": "A", "kind": "party"}]', "Invalid enum value"),
        ('[{"code": "A", "from_minutes": 20, "to_minutes": 10}]', "ends before it begins"),
        ('[{"code": "A", "to_minutes": 30}, {"code": "B", "from_minutes": 30}]', "minutes in common"),
        ('[{"code": "A", "kind": "group"}, {"code": "B", "from_minutes": 100}]', "minutes in common"),
    ],
)
def test_a_table_that_is_wrong_is_refused(units: str, problem: str) -> None:
    """Whoever sets it is told what is wrong with it; one that stands there already is passed over."""
    with pytest.raises(errors.Invalid, match=problem) as refused:
        check_settings({"billing_units": units}, "deployment", within="")
    assert set(refused.value.fields) == {"billing_units"}
    assert settings_of({"billing_units": units}).billing_units == MeetingSettings().billing_units


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200), st.sampled_from([None, "individual", "group"])), max_size=5))
def test_a_table_that_is_taken_gives_each_minute_one_code(drawn: list[tuple[int, int, Any]]) -> None:
    """Bands that have minutes in common are never taken."""
    bands = [Band(code=str(number), kind=kind, from_minutes=min(a, b), to_minutes=max(a, b)) for number, (a, b, kind) in enumerate(drawn)]
    doubled = any(sum(band.has(kind, minutes) for band in bands) > 1 for kind in ("individual", "group", "assessment") for minutes in range(201))
    if doubled:
        with pytest.raises(ValueError, match="minutes in common"):
            read_bands(msgspec.json.encode(bands).decode())
    else:
        assert read_bands(msgspec.json.encode(bands).decode()) == bands


# ── Over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def database_url(held_url: str) -> str:
    return held_url


@pytest.fixture
async def record(db: Database) -> Record:
    return await read_record(db)


async def test_every_appointment_is_told_with_what_its_calls_came_to(server: httpx.AsyncClient, record: Record) -> None:
    """By when they were planned, page by page each once, with the lengths that stand with them and the quality of their people."""
    told = await everything(server, "billing", 20)
    by_id = {str(one["id"]): one for one in record.appointments}

    assert [one["appointment_id"] for one in told] == sorted(by_id, key=lambda id: (by_id[id]["scheduled_at"], id))
    for one in told:
        booked = by_id[one["appointment_id"]]
        calls = [call for call in record.calls if call.row["appointment_id"] == booked["id"]]
        assert (one["status"], one["no_show"], one["booked_minutes"]) == (booked["status"], booked["no_show"], booked["duration_minutes"])
        for name in ("overlap", "attended_client", "attended_provider"):
            assert one[name]["seconds"] == booked[f"{name}_ms"] / 1000
            assert one[name]["minutes_floor"] == booked[f"{name}_ms"] // MINUTE
        assert one["counted_minutes"] == booked["overlap_ms"] // MINUTE
        assert one["elapsed"]["seconds"] == sum(call.row["elapsed_ms"] or 0 for call in calls) / 1000
        assert one["participants"] == len({person["identity"] for call in calls for person in call.people if person["connected_at"]})
        scores = [person["score"] for call in calls if call.report for person in call.report["people"] if person["score"] is not None]
        assert one["score"] == (pytest.approx(mean(scores), abs=0.051) if scores else None)
        assert (one["provider_name"], one["client_name"]) == (record.names[booked["provider_id"]], record.names[booked["client_id"]])
        band = band_of(PSYCHOTHERAPY, booked["kind"], one["counted_minutes"]) if booked["status"] == "completed" else None
        assert one["code_suggested"] == (band and band.code)
    flagged = Counter(flag for one in told for flag in one["flags"])
    assert flagged["no_show"] == sum(one["status"] == "no_show" for one in record.appointments) > 0
    assert {one["modality"] for one in told} > {"video"}


async def test_those_that_somebody_should_look_at_are_listed_alone(server: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page and as a file each once, in order; totals stay those of all. Where many have to be looked through, a page is short and has a next one."""
    every = await everything(server, "billing", 20)
    wanted = [one["appointment_id"] for one in every if one["flags"]]
    assert 0 < len(wanted) < len(every)

    assert [one["appointment_id"] for one in await everything(server, "billing", 3, flagged=True)] == wanted
    file = (await server.get("/v1/analytics/billing", params={**EVER, "flagged": True, "format": "csv"})).text
    assert [row["appointment_id"] for row in csv.DictReader(io.StringIO(file.removeprefix("\ufeff"), newline=""))] == wanted
    answer = (await server.get("/v1/analytics/billing", params={**EVER, "flagged": True})).json()
    assert answer["totals"]["booked"] == len(every)

    monkeypatch.setattr(billed, "SIFTED_AT_ONCE", 2)
    monkeypatch.setattr(billed, "MOST_SIFTED", 4)
    pages = [(await server.get("/v1/analytics/billing", params={**EVER, "flagged": True, "limit": 3})).json()]
    while cursor := pages[-1]["next_cursor"]:
        pages.append((await server.get("/v1/analytics/billing", params={**EVER, "flagged": True, "limit": 3, "cursor": cursor})).json())
    assert [one["appointment_id"] for page in pages for one in page["items"]] == wanted
    assert any(len(page["items"]) < 3 for page in pages[:-1])


async def test_totals_are_those_of_all_appointments(server: httpx.AsyncClient, record: Record) -> None:
    """Whatever the page; one status alone is listed and does not change them."""
    answer = (await server.get("/v1/analytics/billing", params={**EVER, "status": "no_show", "limit": 1})).json()
    states = Counter(one["status"] for one in record.appointments)
    absent = Counter(one["no_show"] for one in record.appointments)

    assert {one["status"] for one in answer["items"]} == {"no_show"}
    totals = answer["totals"]
    assert totals["booked"] == len(record.appointments)
    assert (totals["completed"], totals["cancelled"], totals["declined"]) == (states["completed"], states["cancelled"], states["declined"])
    assert (totals["client_no_shows"], totals["provider_no_shows"], totals["both_no_shows"]) == (absent["client"], absent["provider"], absent["both"])
    assert totals["booked_minutes"] == sum(one["duration_minutes"] for one in record.appointments)
    assert totals["overlap_minutes"] == pytest.approx(sum(one["overlap_ms"] for one in record.appointments) / MINUTE, abs=0.06)


async def test_the_booked_code_is_what_the_host_keeps_with_it(server: httpx.AsyncClient) -> None:
    """Its metadata says it as billing_code; what is no text is none."""
    codes = []
    for number, metadata in enumerate(({"billing_code": "90837"}, {"billing_code": 7}, {})):
        at = NOON + timedelta(days=10 + number)
        booked = {"client_id": "user:ana", "provider_id": "user:dr", "scheduled_at": at.isoformat(), "metadata": metadata, "duration_minutes": 45}
        assert (await server.post("/v1/appointments", json=booked)).status_code == 201
    answer = await server.get("/v1/analytics/billing", params={"from": "2026-12-01", "to": "2026-12-05", "provider": "user:dr"})
    codes = [one["code_booked"] for one in answer.json()["items"]]
    assert codes == ["90837", "90834", "90834"]


async def test_billing_goes_to_spreadsheets_and_programs(server: httpx.AsyncClient) -> None:
    """Both files have all pages, the same columns, and what the list has in them."""
    items = await everything(server, "billing", 50)
    table = pq.read_table(io.BytesIO((await server.get("/v1/analytics/billing", params={**EVER, "format": "parquet"})).content)).to_pylist()
    lines = (await server.get("/v1/analytics/billing", params={**EVER, "format": "csv"})).text.split("\r\n")

    assert len(table) == len(items) == len(lines) - 2
    assert lines[0].split(",") == list(table[0])
    assert [(row["appointment_id"], row["overlap_seconds"], row["flags"]) for row in table] == [
        (one["appointment_id"], one["overlap"]["seconds"], one["flags"]) for one in items
    ]
