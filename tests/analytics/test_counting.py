"""What a call and an appointment count for: by themselves, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, strategies as st

from callwell.analytics.counting import (
    APPOINTMENTS,
    CALLS,
    CONNECTIONS,
    PEOPLE,
    QUALITY,
    ROLLUPS,
    Clocks,
    Counted,
    PlannedAppointment,
    RecordedCall,
    Rollup,
    Tally,
    count_appointment,
    count_call,
    decode_counted,
    encode_counted,
    grains_of,
    provider_of,
)
from callwell.analytics.histograms import bin_of
from callwell.analytics.periods import start_of

BEGAN = datetime(2026, 11, 21, 9, 0, 30, tzinfo=UTC)
CLIENT, PROVIDER = UUID(int=1), UUID(int=2)

PERSON: dict[str, Any] = {
    "id": CLIENT, "identity": "user:client", "side": "client", "status": "left", "connected_at": BEGAN, "attended_ms": 60_000, "spoke_ms": 4000,
    "messages_sent": 2, "reactions_sent": 1, "disconnection_count": 1, "issue_count": 0, "rating_stars": 5,
}  # fmt: skip
CONNECTION: dict[str, Any] = {
    "participant_id": CLIENT, "status": "left", "joined_at": BEGAN - timedelta(minutes=2), "connected_at": BEGAN, "setup_ms": 640, "attended_ms": 60_000,
    "disconnection_count": 1, "browser": "Mobile Safari 18.1", "os": "iOS", "device_type": "mobile", "metadata": {"network": "wifi", "country": "DE"},
    "was_lost": False,
}  # fmt: skip
CALL: dict[str, Any] = {
    "id": UUID(int=9), "version": 3, "status": "ended", "type": "video", "mode": "p2p", "engine": "livekit", "room_id": UUID(int=7), "appointment_id": None,
    "provider_id": PROVIDER, "provider_name": "Dr. Who", "is_demo": False, "metadata": {"tags": ["north", "trial", "north"]}, "created_at": BEGAN,
    "started_at": BEGAN, "elapsed_ms": 61_000, "overlap_ms": 58_000, "participant_count": 2, "mode_switch_count": 0, "disconnection_count": 1,
    "issue_count": 0, "people": [PERSON, PERSON | {"id": PROVIDER, "identity": "user:dr", "side": "provider", "rating_stars": None}],
    "connections": [CONNECTION], "report": None,
}  # fmt: skip
APPOINTMENT: dict[str, Any] = {
    "id": UUID(int=5), "provider_id": "user:dr", "scheduled_at": BEGAN, "duration_minutes": 50, "status": "completed", "no_show": None,
    "call_started_at": BEGAN, "call_ended_at": BEGAN + timedelta(minutes=40), "overlap_ms": 1000, "metadata": {"tags": ["trial"]},
    "attendees": [{"identity": "user:client", "side": "client"}, {"identity": "user:dr", "side": "provider"}],
}  # fmt: skip


def call(**changed: Any) -> RecordedCall:
    return msgspec.convert(CALL | changed, RecordedCall)


def connection(**changed: Any) -> dict[str, Any]:
    return CONNECTION | changed


def values(counted: Counted, rollup: Rollup) -> list[set[tuple[str, str]]]:
    """Under which values each of its cells in a rollup counts."""
    return [{counted.values[index] for index in cell.values} for cell in counted.cells if ROLLUPS[cell.rollup] is rollup]


def figures(counted: Counted, rollup: Rollup) -> list[dict[str, int]]:
    """What its entries in a rollup add, but for what they add nothing of."""
    return [
        {name: amount for name, amount in zip(rollup.sums, entry.sums, strict=True) if amount}
        for cell in counted.cells
        if ROLLUPS[cell.rollup] is rollup
        for entry in cell.entries
    ]


# ── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_counts_under_its_own_values_and_those_of_its_connections() -> None:
    """Each once: browsers without their versions, tags as words, and who was to provide."""
    other = connection(browser="Firefox/131.0", os=None, device_type="mobile", metadata=None)

    assert values(count_call(call(connections=[CONNECTION, CONNECTION, other])), CALLS) == [
        {
            ("all", ""), ("engine", "livekit"), ("mode", "p2p"), ("kind", "video"), ("provider", "user:dr"), ("room", f"room-{UUID(int=7).hex}"),
            ("tag", "north"), ("tag", "trial"), ("browser", "Mobile Safari"), ("browser", "Firefox"), ("os", "iOS"), ("os", "unknown"),
            ("device", "mobile"), ("network", "wifi"), ("network", "unknown"), ("country", "DE"), ("country", "unknown"),
        }
    ]  # fmt: skip


def test_what_nothing_is_known_of_counts_under_unknown() -> None:
    """Also where nobody connected; what is no word is no tag, and what is no text no network."""
    counted = count_call(call(connections=None, people=None, provider_id=None, provider_name=None, room_id=None, metadata={"tags": [7, "", None]}))
    odd = count_call(call(connections=[connection(metadata={"network": 7, "country": " "})], metadata={"tags": "north"}))

    unknown = {(name, "unknown") for name in ("provider", "room", "browser", "os", "device", "network", "country")}
    assert values(counted, CALLS) == [{("all", ""), ("engine", "livekit"), ("mode", "p2p"), ("kind", "video"), *unknown}]
    assert {("network", "unknown"), ("country", "unknown")} <= values(odd, CALLS)[0]
    assert not any(dimension == "tag" for dimension, _ in values(odd, CALLS)[0])


def test_who_provided_is_who_was_to_or_who_was_there_for_longest() -> None:
    """By name where nothing else is known."""
    others = [
        PERSON | {"side": "provider", "identity": "user:short", "attended_ms": 1},
        PERSON | {"side": "provider", "identity": "user:long", "attended_ms": 2},
    ]

    assert provider_of(call()) == "user:dr"
    assert provider_of(call(provider_id=None, people=others)) == "user:long"
    assert provider_of(call(provider_id=None, people=[PERSON])) == "Dr. Who"
    assert provider_of(call(provider_id=None, people=[], provider_name=None)) is None


def test_a_call_that_was_held_adds_what_it_took() -> None:
    """It is unknown how good it was until there is a report."""
    ((entry,),) = [cell.entries for cell in count_call(call()).cells if ROLLUPS[cell.rollup] is CALLS]

    assert figures(count_call(call()), CALLS) == [
        {
            "calls": 1, "started": 1, "ended": 1, "with_drops": 1, "participants": 2, "disconnections": 1, "elapsed_ms": 61_000, "attended_ms": 120_000,
            "overlap_ms": 58_000, "timed": 1, "unknown": 1,
        }
    ]  # fmt: skip
    assert entry.minute == BEGAN.timestamp() // 60
    assert entry.bins == (bin_of(61), None)


def test_a_call_that_nobody_answered_has_no_length() -> None:
    """Nor has one that failed before it began; both are told apart."""
    unanswered = figures(count_call(call(started_at=None, elapsed_ms=None, connections=None)), CALLS)
    failed = figures(count_call(call(status="failed", started_at=None, elapsed_ms=None, connections=None)), CALLS)

    assert [("unanswered" in one, "failed" in one, "timed" in one) for one in unanswered + failed] == [(True, False, False), (False, True, False)]


def test_a_demonstration_counts_for_nothing() -> None:
    """In no rollup."""
    assert count_call(call(is_demo=True)).cells == []


# ── Connections ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_connections_count_as_what_became_of_them() -> None:
    """Connected; lost for good; never there; turned away. One that was only named is none."""
    found = figures(
        count_call(
            call(
                connections=[
                    CONNECTION,
                    connection(was_lost=True),
                    connection(status="failed"),
                    connection(status="failed", connected_at=None, setup_ms=None, attended_ms=0, disconnection_count=0),
                    connection(status="refused", connected_at=None, setup_ms=None, attended_ms=0, disconnection_count=0),
                    connection(status="unseen"),
                ]
            )
        ),
        CONNECTIONS,
    )

    there = {"joins": 1, "connected": 1, "disconnections": 1, "timed": 1, "setup_ms": 640, "attended_ms": 60_000}
    assert found == [there, there | {"dropped": 1}, there | {"dropped": 1}, {"joins": 1, "failed": 1}, {"joins": 1, "refused": 1}]


def test_a_connection_counts_when_it_came() -> None:
    """Or with its call where that is not known."""
    counted = count_call(call(connections=[CONNECTION, connection(joined_at=None)]))

    began = int(BEGAN.timestamp() // 60)
    assert [cell.entries[0].minute for cell in counted.cells if ROLLUPS[cell.rollup] is CONNECTIONS] == [began - 2, began]


# ── Quality ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def report(*minutes: dict[str, Any], **about: Any) -> dict[str, Any]:
    person = {"participant_id": CLIENT, "score": 71.25, "minutes": minutes}
    return {"revision": 1, "body": {"score": 71.25, "category": "fair", "people": [person], "issues": [], **about}}


def test_each_minute_of_a_person_counts_in_its_own() -> None:
    """What was not measured of it is not counted as nothing; a problem counts in the minute in which it began."""
    known = {"minute": 0, "score": 59.994, "rtt_ms": 80.5, "packet_loss_pct": 0.0, "bitrate_kbps": 900.0, "jitter_ms": 3.0}
    of_old = {"minute": 61, "score": None, "rtt_ms": None, "packet_loss_pct": None, "bitrate_kbps": None}
    issue = {"participant_id": CLIENT, "severity": "warning", "started_at": BEGAN + timedelta(minutes=3)}
    counted = count_call(call(report=report(known, of_old, issues=[issue])))

    assert figures(counted, QUALITY) == [
        {
            "minutes": 1, "scored": 1, "score_sum": 5999, "poor": 1, "rtt_count": 1, "rtt_sum": 8050, "packet_loss_count": 1, "bitrate_count": 1,
            "bitrate_sum": 90_000, "jitter_count": 1, "jitter_sum": 300,
        },
        {"minutes": 1},
        {"issues": 1},
    ]  # fmt: skip
    (cell,) = [cell for cell in counted.cells if ROLLUPS[cell.rollup] is QUALITY]
    began = int(BEGAN.timestamp() // 60)
    assert [entry.minute for entry in cell.entries] == [began, began + 61, began + 3]
    assert cell.entries[1].bins == (None,) * 5
    assert {"fair": 1, "scored": 1, "score_sum": 7125}.items() <= figures(counted, CALLS)[0].items()


# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_people_count_by_their_side() -> None:
    """A provider by the stars that others gave, everybody else by those that they gave."""
    counted = count_call(call(report=report()))

    assert values(counted, PEOPLE) == [{("client", "user:client")}, {("provider", "user:dr")}]
    client, provider = figures(counted, PEOPLE)
    assert client == {
        "calls": 1, "sessions": 1, "attended_ms": 60_000, "overlap_ms": 58_000, "spoke_ms": 4000, "all_spoke_ms": 8000, "messages": 2, "reactions": 1,
        "disconnections": 1, "rated": 1, "stars": 5, "scored": 1, "score_sum": 7125,
    }  # fmt: skip
    assert (provider["rated"], provider["stars"]) == (1, 5)
    assert "scored" not in provider


def test_who_was_never_connected_had_no_session() -> None:
    """They are only named, or failed."""
    absent = PERSON | {"connected_at": None, "attended_ms": 0, "status": "failed", "side": None}
    (found,) = figures(count_call(call(people=[absent])), PEOPLE)

    assert (found["calls"], found["failed"], "sessions" in found, "overlap_ms" in found, "all_spoke_ms" in found) == (1, 1, False, False, False)


# ── Appointments ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_appointments_count_when_they_were_planned() -> None:
    """With what was booked, and what their calls came to."""
    counted = count_appointment(msgspec.convert(APPOINTMENT, PlannedAppointment), {"user:client": BEGAN + timedelta(minutes=7)})

    assert values(counted, APPOINTMENTS) == [{("all", ""), ("provider", "user:dr"), ("tag", "trial")}]
    assert figures(counted, APPOINTMENTS) == [{"booked": 1, "completed": 1, "booked_ms": 3_000_000, "elapsed_ms": 2_400_000, "overlap_ms": 1000}]
    assert figures(counted, PEOPLE) == [{"booked": 1, "completed": 1, "arrived": 1, "late": 1, "late_ms": 420_000}, {"booked": 1, "completed": 1}]


def test_who_comes_within_a_minute_is_not_late() -> None:
    """Nor who comes before."""
    arrivals = {"user:client": BEGAN + timedelta(minutes=1), "user:dr": BEGAN - timedelta(minutes=5)}
    counted = count_appointment(msgspec.convert(APPOINTMENT, PlannedAppointment), arrivals)

    assert figures(counted, PEOPLE) == [{"booked": 1, "completed": 1, "arrived": 1}] * 2


def test_a_no_show_is_of_whoever_did_not_come() -> None:
    """Of one side, or of both."""
    found = [
        figures(count_appointment(msgspec.convert(APPOINTMENT | {"status": "no_show", "no_show": absent}, PlannedAppointment), {}), rollup)
        for absent in ("client", "provider", "both")
        for rollup in (APPOINTMENTS, PEOPLE)
    ]

    assert [next(name for name in one[0] if name.endswith("_shows")) for one in found[::2]] == [
        "client_no_shows",
        "provider_no_shows",
        "both_no_shows",
    ]
    assert [["no_shows" in one for one in people] for people in found[1::2]] == [[True, False], [False, True], [True, True]]


# ── Put together ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "Africa/Cairo", "Asia/Kathmandu", "America/Sao_Paulo"]
)
moments = st.integers(0, 60 * 24 * 365 * 60).map(lambda minute: 60 * minute)
"""Of sixty years, to the minute."""


@given(zones, moments)
def test_days_and_months_of_hours_are_those_of_their_minutes(time_zone: str, moment: int) -> None:
    """Whatever clocks do: so days can be added up from hours, and months from days."""
    clocks, zone = Clocks(time_zone, BEGAN), ZoneInfo(time_zone)
    hour = clocks.hour_of(moment // 60)

    at = datetime.fromtimestamp(moment, UTC)
    assert hour == start_of("hourly", at, zone).timestamp()
    assert clocks.day_of(hour) == start_of("daily", at, zone).timestamp()
    assert clocks.month_of(clocks.day_of(hour)) == start_of("monthly", at, zone).timestamp()


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 100)), max_size=12), st.lists(st.integers(0, 11), max_size=6))
def test_what_is_taken_off_leaves_what_the_others_come_to(calls: list[tuple[int, int]], gone: list[int]) -> None:
    """In every row, sums and histograms alike; rows that come to nothing are none."""
    clocks = Clocks("Europe/Berlin", BEGAN - timedelta(days=1))
    counted = [
        decode_counted(encode_counted(count_call(call(started_at=BEGAN + timedelta(minutes=minutes), elapsed_ms=1000 * seconds))))
        for minutes, seconds in calls
    ]
    removed = sorted({number for number in gone if number < len(counted)})
    both, rest = Tally(clocks), Tally(clocks)
    for number, one in enumerate(counted):
        both.put_on(one)
        if number not in removed:
            rest.put_on(one)
    for number in removed:
        both.take_off(counted[number])

    for rollup in ROLLUPS:
        left = {row: (amount.sums, [{bin: n for bin, n in h.items() if n} for h in amount.histograms]) for row, amount in both.rows(rollup).items()}
        assert left == {row: (amount.sums, amount.histograms) for row, amount in rest.rows(rollup).items()}


def test_only_all_together_is_kept_by_the_minute() -> None:
    """And what is of rooms and people by the day."""
    minute = {"minute": 0, "score": 80, "rtt_ms": 40, "packet_loss_pct": 0, "bitrate_kbps": 900}
    counted = count_call(call(report=report(minute)))
    old, new = Tally(Clocks("UTC", BEGAN)), Tally(Clocks("UTC", BEGAN - timedelta(days=8)))
    old.put_on(counted)
    new.put_on(counted)

    for rollup in (CALLS, CONNECTIONS, QUALITY, PEOPLE):
        kept = {(name, grain) for grain, name, *_ in new.rows(rollup)}
        assert kept == {(name, grain) for name, _ in kept for grain in grains_of(rollup, name)}
    assert {grain for grain, name, *_ in new.rows(QUALITY) if name == "room"} == {"day", "month"}
    assert {grain for grain, *_ in new.rows(PEOPLE)} == {"day", "month", "quarter", "year"}
    assert {grain for grain, name, *_ in new.rows(QUALITY) if name == "all"} == {"minute", "hour", "day", "month", "hour_of_day"}
    # Its connection came two minutes before minutes are kept.
    assert [grain for grain, *_ in old.rows(CONNECTIONS) if grain == "minute"] == []
    assert [grain for grain, *_ in old.rows(CALLS) if grain == "minute"] == ["minute"]
