"""Notes of appointments: who may write and read them, that what they said before stays, and that nobody else can know what they say."""

import asyncio
import base64
import contextlib
import json
import logging
import os
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
import structlog
from tests.app_fixtures import NOTE_KEYS, client_of, replace

from callwell import ids
from callwell.access.keys import NewKey
from callwell.app import Context, create_app, put_together
from callwell.cli import run
from callwell.compliance import notes
from callwell.compliance.key_ring import CLASSES, NoteClass, read_ring
from callwell.compliance.notes import NewNote, create_note, rotate
from callwell.postgres import Database
from callwell.postgres.binaries import find_binaries
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.postgres.pool import execute, fetch_value

MakeKey = Callable[..., Awaitable[NewKey]]

TEXT = "Sleeps better. Agreed on weekly sessions."


async def new_appointment(db: Database) -> UUID:
    """An appointment of two people, as it stands in the database."""
    id, at = ids.uuid7(), datetime.now(UTC)
    statement: LiteralString = """
        INSERT INTO appointments (id, kind, client_id, provider_id, scheduled_at, duration_minutes, last_accessed_at, created_at, updated_at)
        VALUES (%(id)s, 'individual', 'user:1', 'user:9', %(at)s, 50, %(at)s, %(at)s, %(at)s)
    """
    async with db.transaction() as tx:
        await execute(tx, statement, {"id": id, "at": at})
    return id


def as_owner(database_url: str, statement: LiteralString) -> None:
    """What the application's own role may not do."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture
async def appointment(db: Database) -> UUID:
    return await new_appointment(db)


@pytest.fixture
def path(appointment: UUID) -> str:
    """Where the appointment's notes are."""
    return f"/v1/appointments/{appointment}/notes"


@pytest.fixture
async def clinic(context: Context, make_key: MakeKey) -> AsyncIterator[httpx.AsyncClient]:
    """The server of a clinic, which may have notes of every class."""
    key = await make_key("notes:read", "notes:write", "notes:psychotherapy", "notes:sud_counseling")
    async with client_of(create_app(context), key) as client:
        yield client


async def write(client: httpx.AsyncClient, path: str, text: str = TEXT, **given: Any) -> dict[str, Any]:
    answer = await client.post(path, json={"text": text, "author": "user:9", **given})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def entries(db: Database, *actions: str) -> list[tuple[Any, ...]]:
    """What the trail tells of notes: action, who, and what about them."""
    async with db.connection() as tx:
        cursor = await tx.execute(
            """
            SELECT action, identity, metadata ->> 'class', (metadata ->> 'version')::integer
            FROM audit_entries LEFT JOIN audit_identities ON entry_id = id WHERE action = ANY (%s) ORDER BY id
            """,
            [list(actions)],
        )
        return await cursor.fetchall()


# ── Written, read, amended ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_note_is_written_and_read(clinic: httpx.AsyncClient, path: str, appointment: UUID) -> None:
    """What was written is read; the answer to writing and the list say that there is a note, and not what it says."""
    written = await write(clinic, path)

    read = await clinic.get(f"{path}/{written['id']}")
    listed = (await clinic.get(path)).json()["items"]
    assert written == {
        "id": written["id"],
        "appointment_id": str(appointment),
        "class": "general",
        "version": 1,
        "author": "user:9",
        "created_at": written["created_at"],
        "updated_at": written["created_at"],
        "erased_at": None,
    }
    assert listed == [written]
    assert read.json() == {
        "id": written["id"],
        "appointment_id": str(appointment),
        "class": "general",
        "version": 1,
        "author": "user:9",
        "written_at": written["created_at"],
        "text": TEXT,
    }
    assert read.headers["cache-control"] == "no-store"


async def test_an_amended_note_keeps_what_it_said(clinic: httpx.AsyncClient, path: str) -> None:
    """Each version has its author and its time and can be read; without a version it is the newest."""
    note = await write(clinic, path, "one")
    here = f"{path}/{note['id']}"
    amended = (await clinic.put(here, json={"text": "two", "author": "user:8", "version": 1})).json()
    await clinic.put(here, json={"text": "three", "author": "guest:scribe", "version": 2})

    versions = (await clinic.get(f"{here}/versions")).json()["items"]
    assert (amended["version"], amended["author"], amended["created_at"]) == (2, "user:8", note["created_at"])
    assert [(one["version"], one["author"]) for one in versions] == [(3, "guest:scribe"), (2, "user:8"), (1, "user:9")]
    assert [(await clinic.get(here, params={"version": one})).json()["text"] for one in (1, 2, 3)] == ["one", "two", "three"]
    newest = (await clinic.get(here)).json()
    assert (newest["text"], newest["version"], newest["author"]) == ("three", 3, "guest:scribe")
    assert (await clinic.get(here, params={"version": 4})).status_code == 404


async def test_of_two_who_amend_the_same_version_one_is_told(clinic: httpx.AsyncClient, path: str) -> None:
    """Given ten at once, one writes; the others learn which version it is now, and nothing of theirs is kept."""
    note = await write(clinic, path)
    here = f"{path}/{note['id']}"
    answers = await asyncio.gather(*(clinic.put(here, json={"text": f"by {one}", "author": f"user:{one}", "version": 1}) for one in range(10)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    told = {(answer.json()["code"], answer.json()["version"]) for answer in answers if answer.status_code == 409}
    assert told == {("notes.changed", 2)}
    assert len((await clinic.get(f"{here}/versions")).json()["items"]) == 2


async def test_an_erased_note_says_nothing_any_more(clinic: httpx.AsyncClient, path: str, db: Database) -> None:
    """Its texts and their keys are gone in all versions; that there was a note, by whom and until when, stays."""
    note, other = await write(clinic, path), await write(clinic, path, "stays")
    here = f"{path}/{note['id']}"
    await clinic.put(here, json={"text": "more", "author": "user:8", "version": 1})
    erased = await clinic.delete(here)

    again = await clinic.delete(here)
    refused = [await clinic.get(here), await clinic.get(here, params={"version": 1}), again]
    refused.append(await clinic.put(here, json={"text": "x", "author": "user:9", "version": 2}))
    assert erased.status_code == 204
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(410, "notes.erased")}
    shown = next(one for one in (await clinic.get(path)).json()["items"] if one["id"] == note["id"])
    assert (shown["erased_at"], shown["version"], shown["author"]) == (refused[0].json()["erased_at"], 2, "user:8")
    assert len((await clinic.get(f"{here}/versions")).json()["items"]) == 2
    async with db.connection() as tx:
        kept = "SELECT count(*) FROM note_versions WHERE note_id = %s AND num_nonnulls(key_id, wrapped_key, sealed) > 0"
        assert await fetch_value(tx, kept, [note["id"]]) == 0
    assert (await clinic.get(f"{path}/{other['id']}")).json()["text"] == "stays"


async def test_the_list_comes_in_pages_newest_first(clinic: httpx.AsyncClient, path: str, db: Database) -> None:
    """Every note of this appointment comes once, and none of another."""
    made = [(await write(clinic, path, str(number)))["id"] for number in range(5)]
    await write(clinic, f"/v1/appointments/{await new_appointment(db)}/notes")

    found: list[str] = []
    cursor = None
    while True:
        page = (await clinic.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        found += [note["id"] for note in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == made[::-1]


async def test_what_is_not_there(clinic: httpx.AsyncClient, path: str, db: Database) -> None:
    """Appointments and notes that are not there, and a note asked for at another appointment than its own."""
    note = await write(clinic, path)
    nowhere, elsewhere = f"/v1/appointments/{uuid4()}/notes", f"/v1/appointments/{await new_appointment(db)}/notes"

    body = {"text": "x", "author": "user:9"}
    answers = [await clinic.get(nowhere), await clinic.post(nowhere, json=body)]
    for there in (f"{path}/{uuid4()}", f"{nowhere}/{note['id']}", f"{elsewhere}/{note['id']}"):
        answers += [await clinic.get(there), await clinic.get(f"{there}/versions"), await clinic.delete(there)]
        answers.append(await clinic.put(there, json=body | {"version": 1}))
    assert {answer.status_code for answer in answers} == {404}
    assert (await clinic.get(elsewhere)).json()["items"] == []


async def test_sent_again_a_note_is_written_once(clinic: httpx.AsyncClient, path: str) -> None:
    """With an Idempotency-Key the note is there once, and so is its amendment."""
    body = {"text": TEXT, "author": "user:9"}
    first, again = [await clinic.post(path, json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    (note,) = (await clinic.get(path)).json()["items"]
    amendment = body | {"text": "two", "version": 1}
    amended = [await clinic.put(f"{path}/{note['id']}", json=amendment, headers={"Idempotency-Key": "k2"}) for _ in range(2)]

    assert first.json() == again.json() == note
    assert [(answer.status_code, answer.json()["version"]) for answer in amended] == [(200, 2)] * 2


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

BAD: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "text"),
    ({"text": None}, "text"),
    ({"text": "a\0b"}, "text"),
    ({"text": "x" * 65_537}, "text"),
    ({"text": "é" * 32_769}, "text"),
    ({"author": "9"}, "author"),
    ({"author": "user:"}, "author"),
    ({"author": None}, "author"),
    ({"class": "secret"}, "class"),
    ({"class": None}, "class"),
    ({"written_at": "2026-11-21T12:00:00Z"}, "written_at"),
]


async def test_bad_input_names_the_field_and_does_not_repeat_the_text(clinic: httpx.AsyncClient, path: str) -> None:
    """Nothing is written of what is wrong, and what it said stands in no answer."""
    note = await write(clinic, path)
    good = {"text": "canary-7f3a", "author": "user:9"}
    for wrong, field in BAD:
        body = good | wrong | ({"text": "canary-7f3a" + wrong["text"]} if wrong.get("text") else {})
        answer = await clinic.post(path, json=body)
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field]), wrong
        assert "canary" not in answer.text
    for version in (None, 0, -1, 1.5, "1", 10**7):
        answer = await clinic.put(f"{path}/{note['id']}", json=good | {"version": version})
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["version"]), version
    for content in (b'{"text": "canary-7f3a', b'{"text": "\\ud800", "author": "user:9"}', b'{"text": "\xff", "author": "user:9"}'):
        answer = await clinic.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, content
        assert "canary" not in answer.text
    assert len((await clinic.get(path)).json()["items"]) == 1


async def test_a_text_may_be_64_kilobytes(clinic: httpx.AsyncClient, path: str) -> None:
    """To the byte, whatever the characters are."""
    for text in ("x" * 65_536, "é" * 32_768, "☎" * 21_845, "\n"):
        note = await write(clinic, path, text)
        assert (await clinic.get(f"{path}/{note['id']}")).json()["text"] == text


# ── Who may ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

SCOPES_OF: dict[str, Sequence[str]] = {
    "general": ["notes:read", "notes:write"],
    "psychotherapy": ["notes:read", "notes:write", "notes:psychotherapy"],
    "sud_counseling": ["notes:read", "notes:write", "notes:sud_counseling"],
    "admin": ["admin"],
    "own scopes alone": ["notes:psychotherapy", "notes:sud_counseling"],
    "admin with one": ["admin", "notes:psychotherapy"],
}
MAY: dict[str, set[NoteClass]] = {
    "general": {"general"},
    "psychotherapy": {"general", "psychotherapy"},
    "sud_counseling": {"general", "sud_counseling"},
    "admin": {"general"},
    "own scopes alone": set(),
    "admin with one": {"general", "psychotherapy"},
}


@pytest.mark.parametrize("who", SCOPES_OF)
async def test_each_class_takes_its_own_scope(
    who: str, clinic: httpx.AsyncClient, context: Context, make_key: MakeKey, path: str, db: Database
) -> None:
    """Given a note of each class, then a key does all or nothing with it; `admin` does not open what takes a scope by its name."""
    made = {note_class: await write(clinic, path, note_class, **{"class": note_class}) for note_class in CLASSES}
    async with client_of(create_app(context), await make_key(*SCOPES_OF[who])) as client:
        for note_class, note in made.items():
            here, may = f"{path}/{note['id']}", note_class in MAY[who]
            answers = [
                (200, await client.get(here)),
                (200, await client.get(f"{here}/versions")),
                (200, await client.get(path, params={"class": note_class})),
                (200, await client.put(here, json={"text": "more", "author": "user:9", "version": 1})),
                (201, await client.post(path, json={"text": "new", "author": "user:9", "class": note_class})),
                (204, await client.delete(here)),
            ]
            assert [answer.status_code for _, answer in answers] == [status if may else 403 for status, _ in answers], note_class
            if not may and who != "own scopes alone":
                assert all(f"notes:{note_class}" in answer.json()["detail"] for _, answer in answers)

    refused = [entry[2] for entry in await entries(db, "permission_denied")]
    if who != "own scopes alone":
        assert Counter(refused) == {note_class: 6 for note_class in CLASSES if note_class not in MAY[who]}


async def test_protected_classes_are_listed_to_who_asks_and_may(clinic: httpx.AsyncClient, context: Context, make_key: MakeKey, path: str) -> None:
    """Psychotherapy notes are left out unless their class is asked for; those of counselling are listed to keys with their scope."""
    for note_class in CLASSES:
        await write(clinic, path, **{"class": note_class})

    async def listed(client: httpx.AsyncClient, **asked: str) -> set[str]:
        return {note["class"] for note in (await client.get(path, params=asked)).json()["items"]}

    assert await listed(clinic) == {"general", "sud_counseling"}
    assert [await listed(clinic, **{"class": one}) for one in CLASSES] == [{"general"}, {"psychotherapy"}, {"sud_counseling"}]
    async with client_of(create_app(context), await make_key("admin")) as admin:
        assert await listed(admin) == {"general"}


# ── The trail ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_reading_and_writing_is_an_entry(clinic: httpx.AsyncClient, path: str, appointment: UUID, db: Database) -> None:
    """With class and version, who did it as far as the host says, and never a word of the text."""
    note = await write(clinic, path, **{"class": "psychotherapy"})
    here = f"{path}/{note['id']}"
    await clinic.put(here, json={"text": "two", "author": "user:8", "version": 1})
    await clinic.get(here, params={"reader": "user:7"})
    await clinic.get(here, params={"version": 1})
    await clinic.get(path, params={"reader": "user:7"})
    await clinic.delete(here)

    assert await entries(db, "note_created", "note_changed", "note_read", "notes_listed", "note_erased") == [
        ("note_created", "user:9", "psychotherapy", 1),
        ("note_changed", "user:8", "psychotherapy", 2),
        ("note_read", "user:7", "psychotherapy", 2),
        ("note_read", None, "psychotherapy", 1),
        ("notes_listed", "user:7", None, None),
        ("note_erased", None, "psychotherapy", 2),
    ]
    async with db.connection() as tx:
        told = "SELECT count(*) FROM audit_entries WHERE appointment_id = %s AND metadata ->> 'note_id' = %s"
        assert await fetch_value(tx, told, [appointment, note["id"]]) == 5


async def test_what_cannot_be_told_is_not_done(clinic: httpx.AsyncClient, path: str, database_url: str) -> None:
    """Given a trail that takes no entry, then no note is shown, written, amended or erased."""
    note = await write(clinic, path, "canary-51b2")
    here = f"{path}/{note['id']}"
    as_owner(database_url, "ALTER TABLE audit_entries ADD CONSTRAINT closed CHECK (action NOT LIKE 'note%') NOT VALID")
    answers = [
        await clinic.get(here),
        await clinic.get(path),
        await clinic.post(path, json={"text": "new", "author": "user:9"}),
        await clinic.put(here, json={"text": "more", "author": "user:9", "version": 1}),
        await clinic.delete(here),
    ]
    as_owner(database_url, "ALTER TABLE audit_entries DROP CONSTRAINT closed")

    assert {answer.status_code for answer in answers} == {500}
    assert not any("canary" in answer.text or note["id"] in answer.text for answer in answers)
    assert (await clinic.get(path)).json()["items"] == [note]
    assert (await clinic.get(here)).json()["text"] == "canary-51b2"


# ── Without keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.asynccontextmanager
async def clinic_with(context: Context, db: Database, make_key: MakeKey, note_keys: str) -> AsyncIterator[httpx.AsyncClient]:
    """Another server over the same database, with another key ring."""
    key = await make_key("admin", "notes:psychotherapy", "notes:sud_counseling")
    async with put_together(replace(context.settings, note_keys=note_keys), db) as other, client_of(create_app(other), key) as client:
        yield client


async def test_without_keys_notes_are_refused_and_nothing_else(
    clinic: httpx.AsyncClient, context: Context, db: Database, make_key: MakeKey, path: str
) -> None:
    """503 with when to come back, for reading and writing; nothing is kept as it was sent; that there are notes can be seen, and all else works."""
    note = await write(clinic, path)
    async with clinic_with(context, db, make_key, "") as client:
        here = f"{path}/{note['id']}"
        answers = [
            await client.get(here),
            await client.post(path, json={"text": "new", "author": "user:9"}),
            await client.put(here, json={"text": "more", "author": "user:9", "version": 1}),
        ]
        assert {(answer.status_code, answer.json()["code"], answer.headers["retry-after"]) for answer in answers} == {
            (503, "notes.unavailable", "60")
        }
        assert (await client.get(path)).json()["items"] == [note]
        assert (await client.post("/v1/rooms", json={})).status_code == 201
        assert (await client.get("/health/ready")).status_code == 200
    assert (await clinic.get(f"{path}/{note['id']}/versions")).json()["items"] == [
        {"version": 1, "author": "user:9", "written_at": note["created_at"]}
    ]
    assert await entries(db, "note_read", "note_changed") == []


async def test_a_key_that_is_missing_closes_its_notes_alone(
    clinic: httpx.AsyncClient, context: Context, db: Database, make_key: MakeKey, path: str
) -> None:
    """Notes under another key, and of another class, are read and written as ever."""
    old, counselling = await write(clinic, path), await write(clinic, path, **{"class": "sud_counseling"})
    ring = json.loads(NOTE_KEYS)
    changed = json.dumps({"general": [{"id": "general-2", "key": "ab" * 32}], "sud_counseling": ring["sud_counseling"]})
    async with clinic_with(context, db, make_key, changed) as client:
        new = await write(client, path, "under the new key")
        refused = [await client.get(f"{path}/{old['id']}"), await client.post(path, json={"text": "x", "author": "user:9", "class": "psychotherapy"})]
        assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(503, "notes.unavailable")] * 2
        assert "general-1" in refused[0].json()["detail"]
        assert (await client.get(f"{path}/{new['id']}")).json()["text"] == "under the new key"
        assert (await client.get(f"{path}/{counselling['id']}")).json()["text"] == TEXT
    assert (await clinic.get(f"{path}/{old['id']}")).json()["text"] == TEXT


# ── Whoever has the database ──────────────────────────────────────────────────────────────────────────────────────────────────────

TAMPERING: dict[str, LiteralString] = {
    "the text of another note": """
        UPDATE note_versions a SET sealed = b.sealed FROM note_versions b WHERE a.note_id = %(note)s AND b.note_id = %(other)s AND a.version = b.version
    """,
    "text and key of another note": """
        UPDATE note_versions a SET sealed = b.sealed, wrapped_key = b.wrapped_key
        FROM note_versions b WHERE a.note_id = %(note)s AND b.note_id = %(other)s AND a.version = b.version
    """,
    "text and key of the version before": """
        UPDATE note_versions a SET sealed = b.sealed, wrapped_key = b.wrapped_key
        FROM note_versions b WHERE a.note_id = %(note)s AND b.note_id = %(note)s AND a.version = 2 AND b.version = 1
    """,
    "another class": "UPDATE notes SET class = 'psychotherapy' WHERE id = %(note)s",
    "another appointment": """
        UPDATE notes SET appointment_id = b.id FROM appointments b
        WHERE notes.id = %(note)s AND b.id <> appointment_id
    """,
    "another key's name": "UPDATE note_versions SET key_id = 'general-2' WHERE note_id = %(note)s",
    "a byte of the text": "UPDATE note_versions SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20)) WHERE note_id = %(note)s",
    "a byte of the key": """
        UPDATE note_versions SET wrapped_key = set_byte(wrapped_key, 59, 255 - get_byte(wrapped_key, 59))
        WHERE note_id = %(note)s
    """,
}


@pytest.mark.parametrize("case", TAMPERING)
async def test_a_note_that_was_tampered_with_is_not_shown(
    case: str, clinic: httpx.AsyncClient, context: Context, db: Database, make_key: MakeKey, path: str
) -> None:
    """Whoever can write in the database but has no key can make a note unreadable, and cannot make it say anything else or open to anybody else."""
    note, other = await write(clinic, path, "canary-one"), await write(clinic, path, "canary-one")
    for one in (note, other):
        await clinic.put(f"{path}/{one['id']}", json={"text": "canary-two", "author": "user:9", "version": 1})
    await new_appointment(db)
    async with db.transaction() as tx:
        assert await execute(tx, TAMPERING[case], {"note": note["id"], "other": other["id"]}) >= 1
        place = await fetch_value(tx, "SELECT appointment_id FROM notes WHERE id = %s", [note["id"]])

    async with clinic_with(context, db, make_key, NOTE_KEYS) as client:
        with structlog.testing.capture_logs() as lines:
            answer = await client.get(f"/v1/appointments/{place}/notes/{note['id']}")
    expected = (503, "notes.unavailable") if case in ("another class", "another key's name") else (500, "notes.damaged")
    assert (answer.status_code, answer.json()["code"]) == expected
    assert "canary" not in answer.text + str(lines)


# ── Another key ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

OLD = json.dumps({"general": [{"id": "a", "key": "0a" * 32}], "psychotherapy": [{"id": "p", "key": "0c" * 32}]})
BOTH = json.dumps({"general": [{"id": "b", "key": "0b" * 32}, {"id": "a", "key": "0a" * 32}], "psychotherapy": [{"id": "p", "key": "0c" * 32}]})
NEW = json.dumps({"general": [{"id": "b", "key": "0b" * 32}]})


async def fill(db: Database, appointment: UUID, count: int, note_class: NoteClass = "general") -> list[UUID]:
    """So many notes under the old key, each of which says its own number."""
    made: list[UUID] = []
    async with db.transaction() as tx:
        for number in range(count):
            new = NewNote(text=f"note {number}", author="user:9", note_class=note_class)
            made.append((await create_note(tx, read_ring(OLD), appointment, new, datetime.now(UTC))).id)
    return made


async def texts(db: Database, ring: str, appointment: UUID, made: Sequence[UUID]) -> list[str]:
    async with db.connection() as tx:
        found = [await notes.get_note(tx, appointment, id) for id in made]
        return [(await notes.open_note(tx, read_ring(ring), note, note.version)).text for note in found]


async def keys_in_use(db: Database) -> dict[str, int]:
    async with db.connection() as tx:
        return dict(await (await tx.execute("SELECT key_id, count(*) FROM note_versions WHERE key_id IS NOT NULL GROUP BY 1")).fetchall())


async def rotate_under_reads(db: Database, appointment: UUID, count: int) -> None:
    """Rotation is cut off three times and begun again, while notes are read all the time with a ring that has both keys."""
    made = await fill(db, appointment, count)
    protected = await fill(db, appointment, 3, "psychotherapy")
    expected = [f"note {number}" for number in range(count)]
    done = asyncio.Event()
    read = 0

    async def keep_reading() -> None:
        nonlocal read
        while not done.is_set():
            for number in range(read % 7, count, 7):
                assert await texts(db, BOTH, appointment, [made[number]]) == [expected[number]]
                read += 1
                if done.is_set():
                    break

    async def rotate_until(told: int) -> None:
        async with contextlib.aclosing(rotate(db, read_ring(BOTH), "general")) as rotating:
            async for progress in rotating:
                if progress.rewrapped >= told:
                    return

    async with asyncio.TaskGroup() as group:
        group.create_task(keep_reading())
        for told in (1, 1):
            await rotate_until(told)
            assert set(await keys_in_use(db)) == {"a", "b", "p"}
        cut = group.create_task(rotate_until(count))
        await asyncio.sleep(0)
        cut.cancel()
        assert (await keys_in_use(db))["p"] == 3
        await rotate_until(count + 1)
        await asyncio.sleep(0)
        done.set()

    assert read > 0
    assert await keys_in_use(db) == {"b": count, "p": 3}
    assert await texts(db, NEW, appointment, made) == expected, "the old key is needed no more"
    assert await texts(db, OLD, appointment, protected) == ["note 0", "note 1", "note 2"]
    async with db.connection() as tx:
        told = "SELECT sum((metadata ->> 'versions')::integer) FROM audit_entries WHERE action = 'notes_rekeyed' AND metadata ->> 'key_id' = 'b'"
        assert await fetch_value(tx, told) == count


async def test_keys_are_changed_under_reads_and_interruptions(db: Database, appointment: UUID) -> None:
    """700 notes come under the new key, each once, and at no time can one not be read."""
    await rotate_under_reads(db, appointment, 700)


@pytest.mark.long
async def test_the_keys_of_many_notes_are_changed_under_reads_and_interruptions(db: Database, appointment: UUID) -> None:
    """10,000 of them."""
    await rotate_under_reads(db, appointment, 10_000)


async def test_what_cannot_be_rewrapped_stays_and_is_counted(db: Database, appointment: UUID) -> None:
    """A note that was erased is nothing to wrap; one that is damaged or whose key is missing stays as it was, and the others come under the new key."""
    made = await fill(db, appointment, 5)
    async with db.transaction() as tx:
        await notes.erase_note(tx, await notes.get_note(tx, appointment, made[0]), datetime.now(UTC))
        await execute(
            tx, "UPDATE note_versions SET wrapped_key = set_byte(wrapped_key, 30, 255 - get_byte(wrapped_key, 30)) WHERE note_id = %s", [made[1]]
        )
        await execute(tx, "UPDATE note_versions SET key_id = 'lost' WHERE note_id = %s", [made[2]])

    progress = [one async for one in rotate(db, read_ring(BOTH), "general")]

    assert [(one.total, one.rewrapped, one.left) for one in progress] == [(4, 0, 0), (4, 2, 2)]
    assert await keys_in_use(db) == {"a": 1, "lost": 1, "b": 2}
    assert await texts(db, NEW, appointment, made[3:]) == ["note 3", "note 4"]


@pytest.fixture
async def filled(db: Database, appointment: UUID) -> list[UUID]:
    return await fill(db, appointment, 250)


def test_the_command_changes_the_keys_of_what_there_are_keys_of(
    filled: list[UUID], database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It tells how far it is, ends with 1 where something is left, and has nothing to do when it is run again."""
    monkeypatch.setenv("CALLWELL_DATABASE_URL", database_url)

    def rotated(ring: str, *arguments: str) -> tuple[int, Any, str]:
        monkeypatch.setenv("CALLWELL_NOTE_KEYS", ring)
        capsys.readouterr()
        code = run(["notes", "rotate", "--json", *arguments])
        said = capsys.readouterr()
        return code, json.loads(said.out or "null"), said.err

    general = {"class": "general", "key_id": "b", "total": 250}
    psychotherapy = {"class": "psychotherapy", "key_id": "p", "total": 0, "rewrapped": 0, "left": 0}
    assert rotated("")[0] == 1
    code, shown, said = rotated(NEW)
    assert (code, shown) == (1, {"classes": [general | {"rewrapped": 0, "left": 250}]})
    assert said.splitlines()[-1] == "general: 0 of 250 under b; 250 left, their keys are missing or they are damaged"
    code, shown, said = rotated(BOTH)
    assert (code, shown) == (0, {"classes": [general | {"rewrapped": 250, "left": 0}, psychotherapy]})
    assert said.splitlines()[:3] == ["general: 0 of 250 under b", "general: 200 of 250 under b", "general: 250 of 250 under b"]
    assert rotated(BOTH, "--class", "general")[:2] == (0, {"classes": [general | {"total": 0, "rewrapped": 0, "left": 0}]})


# ── Nobody else can know ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def traces(canary: str) -> set[bytes]:
    """A text, and how it would look in a dump that writes bytes in hex, in base64, or in JSON that escapes."""
    plain = canary.encode()
    shifted = [base64.b64encode(b"x" * lead + plain)[4 * (lead > 0) : -4] for lead in range(3)]
    return {plain, plain.hex().encode(), plain.hex().upper().encode(), json.dumps(canary).encode(), *shifted}


def dumped(database_url: str) -> bytes:
    """All that stands in the database."""
    program = find_binaries().program("pg_dump")
    return subprocess.run([program, "--inserts", database_url], capture_output=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout


async def test_what_a_note_says_is_nowhere_to_be_found(
    clinic: httpx.AsyncClient,
    context: Context,
    db: Database,
    make_key: MakeKey,
    path: str,
    database_url: str,
    postgres_server: EmbeddedPostgres,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Given texts that are written, amended, sent twice, refused, read, damaged, rewrapped and erased; then none stands in the database or its
    files, nor in its log, the server's log, the figures or the trail."""
    canaries: list[str] = []
    here = path

    def canary() -> str:
        canaries.append(f"canary{uuid4().hex}")
        return canaries[-1]

    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as lines:
        for note_class in CLASSES:
            key = {"Idempotency-Key": f"k-{note_class}"}
            body = {"text": f"He said {canary()} again", "author": "user:9", "class": note_class}
            note = (await clinic.post(path, json=body, headers=key)).json()
            here = f"{path}/{note['id']}"
            assert (await clinic.post(path, json=body, headers=key)).headers["idempotent-replayed"] == "true"
            assert (await clinic.post(path, json=body | {"text": canary()}, headers=key)).status_code == 422
            amendment = {"text": canary(), "author": "user:9", "version": 1}
            assert (await clinic.put(here, json=amendment, headers={"Idempotency-Key": f"a-{note_class}"})).status_code == 200
            assert (await clinic.put(here, json=amendment | {"text": canary()})).status_code == 409
            assert (await clinic.post(path, json=body | {"text": canary() + "x" * 70_000})).status_code == 422
            assert (await clinic.post(path, json=body | {"text": canary(), canary(): 1})).status_code == 422
            assert (await clinic.post(path, json=body | {"text": {canary(): canary()}})).status_code == 422
            cut = json.dumps(body | {"text": canary()})[:-3].encode()
            assert (await clinic.post(path, content=cut, headers={"Content-Type": "application/json"})).status_code == 400
            assert (await clinic.get(here)).status_code == 200
            as_owner(database_url, "ALTER TABLE note_versions ADD CONSTRAINT closed CHECK (version < 3) NOT VALID")
            assert (await clinic.put(here, json=amendment | {"text": canary(), "version": 2})).status_code == 500
            as_owner(database_url, "ALTER TABLE note_versions DROP CONSTRAINT closed")
        async with clinic_with(context, db, make_key, "") as client:
            assert (await client.post(path, json={"text": canary(), "author": "user:9"})).status_code == 503
        ring = json.loads(NOTE_KEYS)
        ring["general"].insert(0, {"id": "general-0", "key": "0f" * 32})
        assert [one async for one in rotate(db, read_ring(json.dumps(ring)), "general")][-1].rewrapped == 2
        assert (await clinic.delete(here)).status_code == 204
        async with client_of(create_app(context), await make_key("audit:read", "metrics:read")) as looker:
            figures, trail = (await looker.get("/metrics")).content, (await looker.get("/v1/audit", params={"limit": 200})).content
    # What would be found if it were there.
    planted = f"planted{uuid4().hex}"
    async with db.connection() as tx:
        await execute(tx, "UPDATE appointments SET reason = %s", [planted])
    as_owner(database_url, "CHECKPOINT")

    printed = capsys.readouterr()
    logged = (caplog.text + printed.out + printed.err + str(lines)).encode()
    dump = dumped(database_url)
    sought = {trace for text in canaries for trace in traces(text)}
    for place, content in (("dump", dump), ("log", logged), ("figures", figures), ("trail", trail)):
        assert [trace for trace in sought if trace in content] == [], place
    assert planted.encode() in dump
    assert b"callwell_" in figures
    assert b"note_read" in trail
    plain = [text.encode() for text in canaries]
    files = [file for file in postgres_server.data.parent.rglob("*") if file.is_file()]
    found = {"planted": False, "canary": False}
    for file in files:
        with contextlib.suppress(FileNotFoundError):  # other tests' databases come and go
            content = file.read_bytes()
            found["planted"] |= planted.encode() in content
            found["canary"] |= any(text in content for text in plain)
    assert found == {"planted": True, "canary": False}
