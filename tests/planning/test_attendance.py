"""Attendance: who was there when, what shows it, and what it is rounded to. Ana is the client, Ngozi the provider, from 09:00 for 50 minutes."""

import csv
import io
import json
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pypdf
import pytest
from tests.app_fixtures import client_of
from tests.planning.conftest import Practice
from tests.planning.meetings import AFTER, MINUTE, appointment, at, in_seconds, outcome
from tests.record.conftest import Book, fact
from tests.record.story import Story

from callwell import ids
from callwell.access.tokens import user_token
from callwell.app import Context
from callwell.planning import attendance_pdf
from callwell.planning.attendance import Attendance, AttendedPerson, Booked, Part, as_seen_by, attendance, length_of
from callwell.planning.attendance_csv import HEADER, to_csv
from callwell.planning.attendance_pdf import to_pdf
from callwell.record import events as e
from callwell.sheets import FORMULAS

BOOKED = [Booked("user:ana", "client", "Ana A."), Booked("user:ngozi", "provider", "Dr. Ngozi")]


def told(*stories: Story, when: float = AFTER, booked: list[Booked] = BOOKED, **columns: Any) -> Attendance:
    return attendance(appointment(**columns), booked, [outcome(story, number) for number, story in enumerate(stories)], at(when))


def person(found: Attendance, identity: str) -> AttendedPerson:
    return next(one for one in found.people if one.identity == identity)


def spans(intervals: list[Any]) -> list[tuple[float | None, float | None]]:
    return [(in_seconds(one.start), in_seconds(one.end)) for one in intervals]


def session() -> Story:
    """Ngozi is there from two minutes before until 48:20; Ana comes three minutes late and leaves at 33:20."""
    story = Story().created(-130).joined("ngozi", -120, audio_enabled=True, video_enabled=True).connected("ngozi", -120)
    story.joined("ana", 180, audio_enabled=True, video_enabled=True).connected("ana", 185).media("ana", 1000, video_enabled=False)
    return story.left("ana", 2000).left("ngozi", 2900).ended(2900)


# ── What it tells ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_elapsed_attended_and_overlap() -> None:
    """From start to end, how long each was connected, and how long both were."""
    found = told(session())

    assert (found.elapsed.seconds, found.overlap.length.seconds) == (3020, 1815)
    assert (person(found, "user:ana").attended.seconds, person(found, "user:ngozi").attended.seconds) == (1815, 3020)
    assert spans(found.overlap.intervals) == [(185, 2000)]


def test_late_and_early() -> None:
    """Late is after the planned beginning, early before the planned end; who comes before and stays over is neither."""
    found = told(session())
    ana, ngozi = person(found, "user:ana"), person(found, "user:ngozi")

    assert (ana.late, ana.left_early) == (length_of(180_000), length_of(1_000_000))
    assert (ngozi.late, ngozi.left_early) == (length_of(0), length_of(100_000))
    assert (in_seconds(ana.arrived_at), in_seconds(ana.left_at)) == (180, 2000)


def test_who_waited_when() -> None:
    """There, and nobody of the other side connected: before she came, and after she left."""
    found = told(session())

    assert spans(person(found, "user:ngozi").waited.intervals) == [(-120, 185), (2000, 2900)]
    assert person(found, "user:ana").waited.length.seconds == 0


def test_waiting_alone_in_a_room_for_two() -> None:
    """Never connected, since there was nobody to be connected to: there all the same, and all of it waiting."""
    found = told(Story().created(0).joined("ngozi", 0).left("ngozi", 1500).ended(1500))
    ngozi, ana = person(found, "user:ngozi"), person(found, "user:ana")

    assert (ngozi.attended.seconds, ngozi.there.length.seconds, ngozi.waited.length.seconds) == (0, 1500, 1500)
    assert (ana.arrived_at, ana.left_at, ana.late, ana.left_early, ana.connections) == (None, None, None, None, [])


def test_what_shows_it() -> None:
    """Ana's twenty minutes: ten by an engine on her phone, then five by a socket, then five that only her page tells."""
    story = Story().created(0).there("ana", 0, 600, "phone", source="engine:livekit").there("ana", 600, 1200).holds("ana", 600, 900)

    ana = person(told(story.ended(1200)), "user:ana")

    assert [(one.evidence, in_seconds(one.start), in_seconds(one.end)) for one in ana.intervals] == [
        ("engine", 0, 600),
        ("socket", 600, 900),
        ("claimed", 900, 1200),
    ]
    assert (ana.evidence.engine_seconds, ana.evidence.socket_seconds, ana.evidence.claimed_seconds) == (600, 300, 300)
    assert len(ana.connections) == 2


def test_by_what_means() -> None:
    """Ana's camera goes off at 16:40; together they had pictures until then and sound to the end."""
    found = told(session())
    ana = person(found, "user:ana").modality

    assert (spans(ana.audio_and_video.intervals), spans(ana.audio_only.intervals)) == ([(185, 1000)], [(1000, 2000)])
    assert spans(found.overlap.modality.audio_and_video.intervals) == [(185, 1000)]
    assert spans(found.overlap.modality.audio_only.intervals) == [(1000, 2000)]
    assert found.overlap.modality.neither.intervals == []


def test_means_of_both_are_what_both_had() -> None:
    """Ngozi is muted for a while and seen; Ana is heard and not seen: together they had neither then."""
    story = Story().created(0).joined("ngozi", 0, audio_enabled=True, video_enabled=True).connected("ngozi", 0)
    story.joined("ana", 0, audio_enabled=True, video_enabled=False).connected("ana", 0)
    story.media("ngozi", 100, audio_enabled=False).media("ngozi", 200, audio_enabled=True).ended(300)

    found = told(story).overlap.modality

    assert (spans(found.audio_only.intervals), spans(found.neither.intervals)) == ([(0, 100), (200, 300)], [(100, 200)])


def test_means_of_which_nobody_told_are_unknown() -> None:
    """Nothing was said of microphone and camera until 50 s: before, it is not known, which is not off."""
    story = Story().created(0).joined("ana", 0).connected("ana", 0).media("ana", 50, audio_enabled=False).ended(100)

    ana = person(told(story), "user:ana").modality

    assert (spans(ana.unknown.intervals), spans(ana.neither.intervals)) == ([(0, 50)], [(50, 100)])


def test_several_calls_and_devices_are_one_persons() -> None:
    """A call that broke and another after it, with two devices at once: each moment counts once."""
    first = Story().created(0).there("ngozi", 0, 600).there("ana", 0, 600).there("ana", 300, 600, "phone").ended(600)
    second = Story().created(700).there("ngozi", 700, 1300).there("ana", 800, 1300).ended(1300)

    found = told(first, second)

    assert (person(found, "user:ana").attended.seconds, found.overlap.length.seconds, found.elapsed.seconds) == (1100, 1100, 1200)
    assert spans(found.overlap.intervals) == [(0, 600), (800, 1300)]
    assert len(person(found, "user:ana").connections) == 3


def test_who_came_besides_is_told_as_well() -> None:
    """An interpreter is nobody's side, and whoever was only rung for did not come."""
    story = Story().created(0).there("ivo", 0, 600).there("ngozi", 0, 600).ended(600)
    story.people["user:rung"] = ids.derived_id("rung")

    found = told(story)

    assert [(one.identity, one.side, one.is_booked) for one in found.people] == [
        ("user:ana", "client", True),
        ("user:ngozi", "provider", True),
        ("user:ivo", None, False),
    ]
    assert person(found, "user:ivo").waited.length.seconds == 0


def test_what_goes_on_counts_until_now() -> None:
    """In the middle of a call: as of the time of asking, and nobody has left early yet."""
    story = Story().created(0).joined("ngozi", 0).connected("ngozi", 0).joined("ana", 60).connected("ana", 60)

    found = told(story, when=360)

    assert (found.overlap.length.seconds, found.record_state) == (300, "live")
    assert (person(found, "user:ana").left_at, person(found, "user:ana").left_early) == (None, None)


def test_what_was_removed_is_said() -> None:
    """One of two calls was purged: how many are missing, and what stands with the appointment."""
    found = told(session(), call_count=2, overlap_ms=3_000_000, attended_client_ms=3_100_000)

    assert (found.calls_removed, found.kept.overlap_seconds, found.kept.attended_client_seconds) == (1, 3000, 3100)


def test_a_demonstration_is_left_out() -> None:
    """Nobody attended it."""
    found = told(Story().created(0, is_demo=True).there("ana", 0, 600).there("ngozi", 0, 600).ended(600))

    assert (found.calls, found.overlap.length.seconds, found.record_state) == ([], 0, None)


def test_the_least_firm_call_says_how_firm_it_is() -> None:
    """Final only where all calls are."""
    calls = [msgspec.structs.replace(outcome(session(), number), record_state=state) for number, state in enumerate(("final", "provisional"))]

    assert attendance(appointment(), BOOKED, calls, at(AFTER)).record_state == "provisional"
    assert attendance(appointment(), BOOKED, calls[:1], at(AFTER)).record_state == "final"


@pytest.mark.parametrize(
    ("ms", "floor", "nearest"),
    [(0, 0, 0), (999, 0, 0), (29_999, 0, 0), (30_000, 0, 1), (59_999, 0, 1), (60_000, 1, 1), (89_999, 1, 1), (90_000, 1, 2), (3_599_999, 59, 60)],
)
def test_rounding_by_its_names(ms: int, floor: int, nearest: int) -> None:
    """Exact, the whole minutes, and the nearest one, where half counts as one."""
    assert length_of(ms) == length_of(ms).__class__(ms / 1000, floor, nearest)


# ── Who sees what ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_sees_no_devices_of_others() -> None:
    """Their own whole; of others names and times."""
    found = as_seen_by("user:ana", told(session()))

    assert len(person(found, "user:ana").connections) == 1
    (other,) = (one for one in found.people if one.identity is None)
    assert (other.side, other.connections, other.attended.seconds) == ("provider", [], 3020)


def test_clients_of_a_group_see_none_of_each_other() -> None:
    """Their provider sees all of them."""
    booked = [*BOOKED, Booked("user:ben", "client", "Ben")]
    found = told(session().there("ben", 0, 600), booked=booked)

    assert {one.display_name for one in as_seen_by("user:ana", found).people} == {"Ana A.", "Dr. Ngozi"}
    assert len(as_seen_by("user:ngozi", found).people) == 3


# ── As a table ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_the_table_tells_the_same() -> None:
    """Every row has the same columns, and adds up to what is told otherwise."""
    found = told(session())
    rows = rows_of(to_csv(found))

    assert set(rows[0]) == set(HEADER)
    overlap = next(row for row in rows if row["what"] == "overlap")
    assert (overlap["seconds"], overlap["minutes_floor"], overlap["minutes_nearest"]) == ("1815.000", "30", "30")
    attended = {row["identity"]: row["seconds"] for row in rows if row["what"] == "person"}
    assert attended == {"user:ana": "1815.000", "user:ngozi": "3020.000"}
    for identity, whole in attended.items():
        pieces = [float(row["seconds"]) for row in rows if row["what"] == "attended_interval" and row["identity"] == identity]
        assert sum(pieces) == float(whole)
    assert next(row for row in rows if row["what"] == "person")["from"] == "2026-11-21T09:03:00.000Z"


@pytest.mark.parametrize("beginning", FORMULAS)
def test_no_cell_is_a_formula(beginning: str) -> None:
    """What a guest calls themselves is nothing that a spreadsheet reckons, and stays readable."""
    canary = f"{beginning}cmd|' /C calc'!A0"
    booked = [Booked("guest:=HYPERLINK(1)", "client", canary), BOOKED[1]]

    table = to_csv(told(session(), booked=booked))

    cells = [cell for row in csv.reader(io.StringIO(table.decode(), newline="")) for cell in row]
    assert f"'{canary}" in cells
    assert [cell for cell in cells if cell.startswith(FORMULAS)] == []


def test_a_name_with_quotes_and_lines_stays_one_cell() -> None:
    """Commas, quotes and line ends are no way out of a cell."""
    name = 'Ana "the\r\nfirst", A.'
    rows = rows_of(to_csv(told(session(), booked=[Booked("user:ana", "client", name), BOOKED[1]])))

    assert next(row for row in rows if row["what"] == "person")["name"] == name


# ── On paper ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def pages_of(content: bytes) -> list[str]:
    # Letters with several accents are put together of parts.
    return [unicodedata.normalize("NFC", page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def test_the_paper_tells_the_same_and_can_be_signed() -> None:
    """Figures with their rules, and at the end a page with a line for each side."""
    *told_on, signatures = pages_of(to_pdf(told(session(), status="completed")))

    whole = "\n".join(told_on)
    for words in (
        "completed",
        "1815.000 s (30 min, nearest 30)",
        "Came late by 180.000 s",
        "audio and video",
        "minutes_floor",
        "2026-11-21 09:03:05.000",
    ):
        assert words in whole
    assert "Client: Ana A." in signatures
    assert "Provider: Dr. Ngozi" in signatures
    assert signatures.count("Signature\n") + signatures.count("Signature ") >= 2


@pytest.mark.parametrize("name", ["Zażółć Łukasz", "Иван Ћосић", "Έλλη", "अनीता", "สมชาย", "ምህረት"])
def test_names_in_many_scripts_are_written_as_they_are(name: str) -> None:
    """What is on the page can be read back from it."""
    whole = "".join(pages_of(to_pdf(told(session(), booked=[Booked("user:ana", "client", name), BOOKED[1]]))))

    assert name in whole
    assert "[U+" not in whole


@pytest.mark.parametrize("name", ["محمد علي", "שלום", "Nguyễn Thị Ánh"])
def test_names_that_are_set_sign_by_sign_have_all_their_letters(name: str) -> None:
    """From right to left, or with several accents: in whatever order a reader of the file puts them."""
    whole = "".join(pages_of(to_pdf(told(session(), booked=[Booked("user:ana", "client", name), BOOKED[1]]))))

    assert set(name) <= set(whole)


def test_what_no_font_has_is_written_by_its_number() -> None:
    """A letter of a script of which there is no font is not left out silently; control characters are blanks."""
    whole = "".join(pages_of(to_pdf(told(session(), booked=[Booked("user:ana", "client", "Ana \U00013000\x07B"), BOOKED[1]]))))

    assert "Ana [U+13000] B" in whole


def test_paper_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is lost and back all day long fills no book: what is left out is said."""
    monkeypatch.setattr(attendance_pdf, "MOST_ROWS", 10)
    story = Story().created(0)
    for n in range(12):
        story.there("ana", 10 * n, 10 * n + 5)

    whole = "".join(pages_of(to_pdf(told(story.ended(4000)))))

    assert "more, which the same attendance as JSON or CSV has." in whole
    assert whole.count("claimed)") < 12


def test_only_fonts_that_are_needed_are_read() -> None:
    """Latin letters take one font."""
    assert attendance_pdf._Text(["Ana"]).fonts == ["NotoSans"]
    assert attendance_pdf._Text(["Ana שלום"]).fonts == ["NotoSans", "NotoSansHebrew"]


def test_parts_are_of_one_kind() -> None:
    """What took no time has no pieces."""
    assert told().overlap.modality.audio_only == Part(length_of(0), [])


# ── Over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def practice(context: Context) -> Practice:
    return Practice(context.db, Book(context.db, context.ledger), context.deployed)


async def _held(practice: Practice) -> tuple[UUID, UUID]:
    """An appointment with a call of 45 minutes, five minutes of which Ana missed."""
    id = await practice.appointment()
    call_id = await practice.call(id)
    await practice.came(call_id, "ngozi", 0, 45 * MINUTE)
    await practice.came(call_id, "ana", 5 * MINUTE, 45 * MINUTE)
    await practice.ended(call_id, 45 * MINUTE)
    await practice.look(46 * MINUTE)
    return id, call_id


async def test_attendance_over_http(server: httpx.AsyncClient, practice: Practice) -> None:
    """As it is computed: intervals with their evidence, versions, and when it was made."""
    id, call_id = await _held(practice)

    answer = await server.get(f"/v1/appointments/{id}/attendance")

    assert answer.status_code == 200
    found = answer.json()
    assert (found["appointment_id"], found["status"], found["record_state"]) == (str(id), "completed", "provisional")
    assert found["overlap"]["length"] == {"seconds": 2400.0, "minutes_floor": 40, "minutes_nearest": 40}
    assert found["overlap"]["claimed"]["seconds"] == 2400.0
    (call,) = found["calls"]
    assert (call["id"], call["record_state"], call["overlap_of"]) == (str(call_id), "provisional", "sides")
    assert call["version"] >= 1
    ana = next(one for one in found["people"] if one["identity"] == "user:ana")
    assert ana["intervals"] == [{"from": "2026-11-21T09:05:00.000Z", "to": "2026-11-21T09:45:00.000Z", "evidence": "claimed"}]
    assert ana["connections"][0]["connected"] == [{"from": "2026-11-21T09:05:00.000Z", "to": "2026-11-21T09:45:00.000Z"}]
    assert abs(datetime.fromisoformat(found["generated_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert set(found["rounding"]) == {"seconds", "minutes_floor", "minutes_nearest"}


@pytest.mark.parametrize(
    ("query", "accept", "media"),
    [
        ("", "*/*", "application/json"),
        ("", "text/csv", "text/csv; charset=utf-8"),
        ("", "application/pdf, */*;q=0.1", "application/pdf"),
        ("?format=csv", "application/json", "text/csv; charset=utf-8"),
        ("?format=pdf", "*/*", "application/pdf"),
        ("?format=json", "text/csv", "application/json"),
    ],
)
async def test_each_asks_for_its_form(server: httpx.AsyncClient, practice: Practice, query: str, accept: str, media: str) -> None:
    """By the query, else by what is accepted; files have a name that tells nothing of anybody."""
    id, _ = await _held(practice)

    answer = await server.get(f"/v1/appointments/{id}/attendance{query}", headers={"Accept": accept})

    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    if media != "application/json":
        form = media.partition(";")[0].rpartition("/")[2]
        assert answer.headers["content-disposition"] == f'attachment; filename="attendance-{id}.{form}"'
    if "pdf" in media:
        assert "2400.000 s" in "".join(pages_of(answer.content))
    elif "csv" in media:
        assert {row["what"] for row in rows_of(answer.content)} >= {"appointment", "call", "overlap", "person"}


async def test_another_form_is_refused(server: httpx.AsyncClient, practice: Practice) -> None:
    """The field is named."""
    id, _ = await _held(practice)

    answer = await server.get(f"/v1/appointments/{id}/attendance?format=docx")

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "format")


async def test_people_see_theirs_and_outsiders_nothing(server: httpx.AsyncClient, context: Context, app: Any, practice: Practice) -> None:
    """Ana reads hers without Ngozi's devices; for somebody else there is no such appointment."""
    id, call_id = await _held(practice)
    tokens = {who: user_token(context.settings.key, f"user:{who}", at=datetime.now(UTC), lifetime=timedelta(hours=1)) for who in ("ana", "stranger")}

    async with client_of(app, tokens["ana"]) as ana, client_of(app, tokens["stranger"]) as stranger:
        own = await ana.get(f"/v1/appointments/{id}/attendance")
        table = await ana.get(f"/v1/appointments/{id}/attendance?format=csv")
        calls = await ana.get(f"/v1/appointments/{id}/calls")
        others = [await stranger.get(f"/v1/appointments/{id}/{what}") for what in ("attendance", "calls")]

    assert "user:ngozi" not in own.text + table.text + calls.text
    assert [one["connections"] != [] for one in own.json()["people"]] == [True, False]
    assert [call["id"] for call in calls.json()["items"]] == [str(call_id)]
    assert [answer.status_code for answer in others] == [404, 404]


async def test_the_calls_of_an_appointment(server: httpx.AsyncClient, practice: Practice) -> None:
    """The newest first, whole; those of another are not among them; what there is not is not found."""
    id, first = await _held(practice)
    second = await practice.held(id, 46 * MINUTE, 50 * MINUTE)
    await practice.held(await practice.appointment())

    answer = (await server.get(f"/v1/appointments/{id}/calls")).json()
    one = (await server.get(f"/v1/appointments/{id}/calls?limit=1")).json()
    rest = (await server.get(f"/v1/appointments/{id}/calls", params={"limit": 1, "cursor": one["next_cursor"]})).json()

    assert [call["id"] for call in answer["items"]] == [str(second), str(first)]
    assert [call["id"] for call in one["items"] + rest["items"]] == [str(second), str(first)]
    assert {one["identity"] for one in answer["items"][1]["participants"]} == {"user:ana", "user:ngozi"}
    assert (await server.get(f"/v1/calls?appointment_id={id}")).json()["items"] == answer["items"]
    assert (await server.get(f"/v1/appointments/{ids.uuid7()}/calls")).status_code == 404


async def test_a_persons_history_tells_of_the_calls(server: httpx.AsyncClient, practice: Practice, context: Context) -> None:
    """Times, length, how good it was once there is a report, and recordings; in a list as with one appointment."""
    id, call_id = await _held(practice)
    await practice.book.write(fact(call_id, 60, "recording.started", e.Recording()))
    await practice.book.execute(
        """
        INSERT INTO reports (call_id, version, revision, is_final, analyzed_at, formula, profile, sample_count, score, category, body)
        VALUES (%s, 1, 1, false, %s, 'f', 'p', 1, 91.5, 'excellent', '{}')
        """,
        call_id, at(3000),
    )  # fmt: skip

    history = (await server.get("/v1/users/ana/appointments")).json()["items"]
    single = (await server.get(f"/v1/appointments/{id}")).json()

    assert single["calls"] == history[0]["calls"]
    (call,) = single["calls"]
    assert (call["id"], call["started_at"], call["ended_at"]) == (str(call_id), "2026-11-21T09:00:00.000Z", "2026-11-21T09:45:00.000Z")
    assert (call["duration_seconds"], call["overlap_seconds"], call["recording_count"]) == (2700, 2400.0, 1)
    assert (call["quality_score"], call["quality_category"]) == (91.5, "excellent")


async def test_a_call_that_goes_on_has_no_length_in_the_history(server: httpx.AsyncClient, practice: Practice) -> None:
    """Nor a quality yet, and a demonstration is not there at all."""
    id = await practice.appointment()
    call_id = await practice.call(id)
    await practice.came(call_id, "ngozi", 0)
    await practice.came(call_id, "ana", 1)
    await practice.call(id, is_demo=True)
    await practice.look(2)

    found = (await server.get(f"/v1/appointments/{id}")).json()

    assert found["status"] == "in_progress"
    assert [(call["id"], call["duration_seconds"], call["quality_score"]) for call in found["calls"]] == [(str(call_id), None, None)]
    assert json.dumps(found["calls"]).count("state") == 1


async def test_a_call_in_the_room_of_an_appointment_is_its(server: httpx.AsyncClient, practice: Practice) -> None:
    """The host's server begins it in the room and says nothing of the appointment: it is held for it all the same."""
    id = await practice.appointment()
    room = (await server.get(f"/v1/appointments/{id}")).json()["room"]

    made = await server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:ngozi", "room": room})

    assert (made.status_code, made.json()["appointment_id"]) == (201, str(id))
    assert [call["id"] for call in (await server.get(f"/v1/appointments/{id}/calls")).json()["items"]] == [made.json()["id"]]
