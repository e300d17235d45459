"""Notes of appointments. Their texts are in envelopes; an amended note keeps what it said before.

Whatever is done with a note here is told in the trail by whoever does it, in the same transaction: where that fails, nothing was read or written.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from callwell import errors, ids
from callwell.access.callers import KeyCaller, Scope
from callwell.compliance.envelopes import Envelope, Place, rewrap, seal, unseal
from callwell.compliance.key_ring import KeyRing, NoteClass
from callwell.http import Body
from callwell.postgres.pool import Database, Tx, execute, fetch_all, fetch_one, fetch_value
from callwell.record.audit import Action, add_audit_entry
from callwell.record.events import Identity

TEXT_BYTES = 64 << 10
"""The longest text of a note, in bytes of UTF-8."""

OWN_SCOPES: Mapping[NoteClass, Scope] = {"psychotherapy": "notes:psychotherapy", "sud_counseling": "notes:sud_counseling"}
"""Scopes that a key must have by name for notes of these classes; `admin` is not enough."""

Text = Annotated[str, Meta(min_length=1, max_length=TEXT_BYTES, description="At most 64 KiB in UTF-8.")]


class NewNote(Body, frozen=True):
    text: Text
    author: Identity
    """Who wrote it."""
    note_class: NoteClass = msgspec.field(default="general", name="class")


class NoteAmendment(Body, frozen=True):
    text: Text
    author: Identity
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    """The version that is amended; where there is a newer one, nothing is written."""


class Note(Struct, frozen=True, kw_only=True):
    """That there is a note, and by whom; not what it says."""

    id: UUID
    appointment_id: UUID
    note_class: NoteClass = msgspec.field(name="class")
    version: int
    """The newest."""
    author: str
    """Of the newest version."""
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


class NoteVersion(Struct, frozen=True, kw_only=True):
    """That a note said something else then."""

    version: int
    author: str
    written_at: datetime


class OpenNote(Struct, frozen=True, kw_only=True):
    """What a note says in one of its versions."""

    id: UUID
    appointment_id: UUID
    note_class: NoteClass = msgspec.field(name="class")
    version: int
    author: str
    written_at: datetime
    text: str


class NotePosition(Struct, frozen=True, array_like=True):
    """Where a page of notes ends."""

    created_at: datetime
    id: UUID


class VersionPosition(Struct, frozen=True, array_like=True):
    """Where a page of versions ends."""

    version: int


# ── Who may ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def may_open(caller: KeyCaller, note_class: NoteClass) -> bool:
    """Whether a caller with the scope for notes may have those of the class: a protected one takes a scope that names it."""
    return note_class not in OWN_SCOPES or OWN_SCOPES[note_class] in caller.scopes


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def get_note(tx: Tx, appointment_id: UUID, note_id: UUID) -> Note:
    """Raises NotFound."""
    note = await fetch_one(
        tx,
        Note,
        """
        SELECT notes.id, appointment_id, class, notes.version, author, created_at, updated_at, erased_at
        FROM notes JOIN note_versions AS newest ON newest.note_id = notes.id AND newest.version = notes.version
        WHERE notes.id = %(note_id)s AND appointment_id = %(appointment_id)s
        """,
        {"note_id": note_id, "appointment_id": appointment_id},
    )
    if note is None:
        raise errors.NotFound(what="note", id=note_id)
    return note


async def list_notes(tx: Tx, appointment_id: UUID, classes: Sequence[NoteClass], *, after: NotePosition | None, rows: int) -> list[Note]:
    """An appointment's notes of these classes, the newest first. Raises NotFound where there is no such appointment."""
    await _check_appointment(tx, appointment_id)
    return await fetch_all(
        tx,
        Note,
        """
        SELECT notes.id, appointment_id, class, notes.version, author, created_at, updated_at, erased_at
        FROM notes JOIN note_versions AS newest ON newest.note_id = notes.id AND newest.version = notes.version
        WHERE appointment_id = %(appointment_id)s AND class = ANY (%(classes)s)
          AND (%(created_at)s::timestamptz IS NULL OR (created_at, notes.id) < (%(created_at)s, %(id)s))
        ORDER BY created_at DESC, notes.id DESC LIMIT %(rows)s
        """,
        {
            "appointment_id": appointment_id,
            "classes": list(classes),
            "created_at": after and after.created_at,
            "id": after and after.id,
            "rows": rows,
        },
    )


async def list_versions(tx: Tx, note_id: UUID, *, after: VersionPosition | None, rows: int) -> list[NoteVersion]:
    """A note's versions, the newest first."""
    return await fetch_all(
        tx,
        NoteVersion,
        """
        SELECT version, author, written_at FROM note_versions
        WHERE note_id = %(note_id)s AND (%(version)s::integer IS NULL OR version < %(version)s)
        ORDER BY version DESC LIMIT %(rows)s
        """,
        {"note_id": note_id, "version": after and after.version, "rows": rows},
    )


async def open_note(tx: Tx, ring: KeyRing, note: Note, version: int) -> OpenNote:
    """What the note says in that version. Raises NotFound, NoteErased, NotesUnavailable, NoteDamaged."""
    if note.erased_at is not None:
        raise errors.NoteErased(erased_at=note.erased_at)
    written = await fetch_one(
        tx,
        _Written,
        """
        SELECT author, written_at, key_id, wrapped_key, sealed FROM note_versions
        WHERE note_id = %(note_id)s AND version = %(version)s AND key_id IS NOT NULL
        """,
        {"note_id": note.id, "version": version},
    )
    if written is None:
        raise errors.NotFound(what="version of this note", id=version)
    text = unseal(ring, _place(note, version), Envelope(written.key_id, written.wrapped_key, written.sealed))
    return OpenNote(
        id=note.id,
        appointment_id=note.appointment_id,
        note_class=note.note_class,
        version=version,
        author=written.author,
        written_at=written.written_at,
        text=text,
    )


class _Written(Struct, frozen=True):
    author: str
    written_at: datetime
    key_id: str
    wrapped_key: bytes
    sealed: bytes


def _place(note: Note, version: int) -> Place:
    return Place(note.appointment_id, note.id, note.note_class, version)


async def _check_appointment(tx: Tx, appointment_id: UUID) -> None:
    if not await fetch_value(tx, "SELECT EXISTS (SELECT FROM appointments WHERE id = %s)", [appointment_id]):
        raise errors.NotFound(what="appointment", id=appointment_id)


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create_note(tx: Tx, ring: KeyRing, appointment_id: UUID, new: NewNote, at: datetime) -> Note:
    """Raises NotFound where there is no such appointment, Invalid for a text that is too long, NotesUnavailable."""
    _check_length(new.text)
    await _check_appointment(tx, appointment_id)
    note = Note(
        id=ids.uuid7(),
        appointment_id=appointment_id,
        note_class=new.note_class,
        version=1,
        author=new.author,
        created_at=at,
        updated_at=at,
        erased_at=None,
    )
    await execute(
        tx,
        """
        INSERT INTO notes (id, appointment_id, class, version, created_at, updated_at)
        VALUES (%(id)s, %(appointment_id)s, %(class)s, 1, %(at)s, %(at)s)
        """,
        {"id": note.id, "appointment_id": appointment_id, "class": new.note_class, "at": at},
    )
    await _add_version(tx, ring, note, new.text)
    return note


async def amend_note(tx: Tx, ring: KeyRing, note: Note, amendment: NoteAmendment, at: datetime) -> Note:
    """The note with a new version; those before stay. Raises Invalid, NoteErased, NoteChanged, NotesUnavailable."""
    _check_length(amendment.text)
    await _lock_note(tx, note, amendment.version)
    amended = msgspec.structs.replace(note, version=amendment.version + 1, author=amendment.author, updated_at=at)
    await execute(
        tx,
        "UPDATE notes SET version = %(version)s, updated_at = %(at)s WHERE id = %(id)s",
        {"id": note.id, "version": amended.version, "at": at},
    )
    await _add_version(tx, ring, amended, amendment.text)
    return amended


async def erase_note(tx: Tx, note: Note, at: datetime) -> Note:
    """Removes what all versions say, and the keys that it was under. That there was a note, by whom and when, stays. Raises NoteErased."""
    await _lock_note(tx, note)
    await execute(tx, "UPDATE note_versions SET key_id = NULL, wrapped_key = NULL, sealed = NULL WHERE note_id = %s", [note.id])
    await execute(tx, "UPDATE notes SET erased_at = %(at)s, updated_at = %(at)s WHERE id = %(id)s", {"id": note.id, "at": at})
    return msgspec.structs.replace(note, erased_at=at, updated_at=at)


class _Standing(Struct, frozen=True):
    version: int
    erased_at: datetime | None


async def _lock_note(tx: Tx, note: Note, version: int | None = None) -> None:
    """Raises NoteErased, and NoteChanged where the newest version is another."""
    standing = await fetch_one(tx, _Standing, "SELECT version, erased_at FROM notes WHERE id = %s FOR UPDATE", [note.id])
    if standing is None:
        raise errors.NotFound(what="note", id=note.id)
    if standing.erased_at is not None:
        raise errors.NoteErased(erased_at=standing.erased_at)
    if version is not None and standing.version != version:
        raise errors.NoteChanged(version=standing.version)


async def _add_version(tx: Tx, ring: KeyRing, note: Note, text: str) -> None:
    envelope = seal(ring, _place(note, note.version), text)
    await execute(
        tx,
        """
        INSERT INTO note_versions (note_id, version, author, written_at, key_id, wrapped_key, sealed)
        VALUES (%(note_id)s, %(version)s, %(author)s, %(at)s, %(key_id)s, %(wrapped_key)s, %(sealed)s)
        """,
        {
            "note_id": note.id,
            "version": note.version,
            "author": note.author,
            "at": note.updated_at,
            "key_id": envelope.key_id,
            "wrapped_key": envelope.wrapped_key,
            "sealed": envelope.sealed,
        },
    )


def _check_length(text: str) -> None:
    if len(text.encode()) > TEXT_BYTES:
        problem = f"It is longer than {TEXT_BYTES} bytes."
        raise errors.Invalid(problem=f"text: {problem}", fields={"text": problem})


# ── Another key ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

ROTATED_AT_ONCE = 200
"""Versions whose keys are wrapped anew in one transaction."""


class Rotation(Struct, frozen=True, kw_only=True):
    """How far the notes of a class are under the current key."""

    note_class: NoteClass = msgspec.field(name="class")
    key_id: str
    """The current key."""
    total: int
    """Versions that were under another key when it began."""
    rewrapped: int
    left: int
    """Versions that stay as they are, since their key is missing or they are damaged."""


class _Wrapped(Struct, frozen=True):
    note_id: UUID
    version: int
    appointment_id: UUID
    key_id: str
    wrapped_key: bytes


async def rotate(db: Database, ring: KeyRing, note_class: NoteClass) -> AsyncGenerator[Rotation]:
    """Wraps the keys of all versions of the class that are under another key under the current one; tells after each transaction how far it is.

    It can be stopped anywhere and begun again. Texts are not touched, and whoever reads meanwhile reads. Raises NotesUnavailable.
    """
    key_id, _ = ring.current(note_class)
    async with db.connection() as tx:
        total = await fetch_value(
            tx,
            "SELECT count(*) FROM notes JOIN note_versions ON note_id = id WHERE class = %(class)s AND key_id <> %(key_id)s",
            {"class": note_class, "key_id": key_id},
        )
    rewrapped, left = 0, 0
    after: tuple[UUID, int] = (UUID(int=0), 0)
    yield Rotation(note_class=note_class, key_id=key_id, total=total, rewrapped=0, left=0)
    while True:
        async with db.transaction() as tx:
            found = await _lock_versions(tx, note_class, key_id, after)
            if not found:
                return
            done = await _rewrap(tx, ring, note_class, key_id, found)
            if done:
                told = {"class": note_class, "key_id": key_id, "versions": done}
                await add_audit_entry(tx, action=Action.NOTES_REKEYED, at=datetime.now(UTC), caller="cli", metadata=told)
        after = (found[-1].note_id, found[-1].version)
        rewrapped, left = rewrapped + done, left + len(found) - done
        yield Rotation(note_class=note_class, key_id=key_id, total=total, rewrapped=rewrapped, left=left)


async def _lock_versions(tx: Tx, note_class: NoteClass, key_id: str, after: tuple[UUID, int]) -> list[_Wrapped]:
    """The next versions that are under another key. Their notes are locked too, as by whoever amends or erases one: nobody waits crosswise."""
    return await fetch_all(
        tx,
        _Wrapped,
        """
        SELECT note_id, v.version, appointment_id, key_id, wrapped_key FROM notes JOIN note_versions AS v ON v.note_id = notes.id
        WHERE class = %(class)s AND key_id <> %(key_id)s AND (v.note_id, v.version) > (%(note_id)s, %(version)s)
        ORDER BY v.note_id, v.version LIMIT %(rows)s FOR UPDATE
        """,
        {"class": note_class, "key_id": key_id, "note_id": after[0], "version": after[1], "rows": ROTATED_AT_ONCE},
    )


async def _rewrap(tx: Tx, ring: KeyRing, note_class: NoteClass, key_id: str, found: Sequence[_Wrapped]) -> int:
    """Gives how many of them are under the current key now."""
    wrapped: list[tuple[_Wrapped, bytes]] = []
    for one in found:
        place = Place(one.appointment_id, one.note_id, note_class, one.version)
        try:
            wrapped.append((one, rewrap(ring, place, Envelope(one.key_id, one.wrapped_key, b"")).wrapped_key))
        except (errors.NotesUnavailable, errors.NoteDamaged):
            continue
    await execute(
        tx,
        """
        UPDATE note_versions AS v SET key_id = %(key_id)s, wrapped_key = fresh.wrapped_key
        FROM unnest(%(note_ids)s::uuid[], %(versions)s::integer[], %(wrapped_keys)s::bytea[]) AS fresh (note_id, version, wrapped_key)
        WHERE v.note_id = fresh.note_id AND v.version = fresh.version
        """,
        {
            "key_id": key_id,
            "note_ids": [one.note_id for one, _ in wrapped],
            "versions": [one.version for one, _ in wrapped],
            "wrapped_keys": [fresh for _, fresh in wrapped],
        },
    )
    return len(wrapped)
