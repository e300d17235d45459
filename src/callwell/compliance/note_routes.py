"""Notes over HTTP: for the host's server. Every reading and writing is an entry in the trail, and so is every refusal of a class.

No text of a note is in an answer but that to whoever reads it, and none in the answers that are kept for Idempotency-Keys.
"""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import delete, get, post, put
from litestar.di import Provide
from litestar.params import QueryParameter
from msgspec import Struct

from callwell import errors
from callwell.access.callers import KeyCaller
from callwell.access.guards import allow
from callwell.compliance import notes
from callwell.compliance.key_ring import CLASSES, NoteClass, NoteKeys
from callwell.compliance.notes import OWN_SCOPES, NewNote, Note, NoteAmendment, NotePosition, NoteVersion, OpenNote, VersionPosition, may_open
from callwell.http import Page, Paging, Response, Write
from callwell.postgres.pool import Database, Tx
from callwell.record.audit import Action, Origin, add_audit_entry, origin_of

ClassQuery = Annotated[NoteClass | None, QueryParameter(name="class", description="Those of one class.")]
PersonQuery = Annotated[
    str | None, QueryParameter(pattern=r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$", description="Who reads, for the trail: `user:…` or `guest:…`.")
]


class Hand(Struct, frozen=True):
    """Who does something with an appointment's notes, from where and when."""

    caller: KeyCaller
    origin: Origin
    appointment_id: UUID
    at: datetime

    async def tell(self, tx: Tx, action: Action, *, identity: str | None = None, error_code: str | None = None, **about: object) -> None:
        await add_audit_entry(
            tx,
            action=action,
            at=self.at,
            caller=self.caller.source,
            origin=self.origin,
            identity=identity,
            appointment_id=self.appointment_id,
            error_code=error_code,
            metadata=about,
        )

    async def refusal(self, tx: Tx, note_class: NoteClass, note_id: UUID | None = None) -> errors.NotesNotAllowed | None:
        """Why notes of the class are not for this caller, once that is told; None where they are."""
        if may_open(self.caller, note_class):
            return None
        which = {} if note_id is None else {"note_id": str(note_id)}
        await self.tell(tx, Action.PERMISSION_DENIED, error_code=errors.NotesNotAllowed.code, **{"class": note_class}, **which)
        return errors.NotesNotAllowed(scope=OWN_SCOPES[note_class])

    async def tell_of(self, tx: Tx, action: Action, note: Note, version: int, identity: str | None) -> None:
        await self.tell(tx, action, identity=identity, note_id=str(note.id), version=version, **{"class": note.note_class})


def provide_hand(caller: KeyCaller, origin: Origin, appointment_id: UUID) -> Hand:
    return Hand(caller, origin, appointment_id, datetime.now(UTC))


HAND = {"origin": Provide(origin_of, sync_to_thread=False), "hand": Provide(provide_hand, sync_to_thread=False)}


@post("/v1/appointments/{appointment_id:uuid}/notes", opt=allow(keys="notes:write"), dependencies=HAND)
async def create_note(data: NewNote, appointment_id: UUID, hand: Hand, note_keys: NoteKeys, write: Write) -> Response[Note]:
    """Write a note. Psychotherapy notes and those of counselling for use of substances take a key with the scope of their own."""

    async def do(tx: Tx) -> Note | errors.CallwellError:
        if refusal := await hand.refusal(tx, data.note_class):
            return refusal
        note = await notes.create_note(tx, note_keys.ring(), appointment_id, data, hand.at)
        await hand.tell_of(tx, Action.NOTE_CREATED, note, note.version, data.author)
        return note

    return await write(do)


@get("/v1/appointments/{appointment_id:uuid}/notes", opt=allow(keys="notes:read"), dependencies=HAND)
async def list_notes(
    appointment_id: UUID, hand: Hand, db: Database, paging: Paging, note_class: ClassQuery = None, reader: PersonQuery = None
) -> Page[Note]:
    """Which notes there are, the newest first, without what they say. Psychotherapy notes are left out unless their class is asked for."""
    classes: list[NoteClass] = [note_class] if note_class else [one for one in CLASSES if one != "psychotherapy" and may_open(hand.caller, one)]
    found: list[Note] = []
    async with db.transaction() as tx:
        refusal = await hand.refusal(tx, note_class) if note_class else None
        if refusal is None:
            found = await notes.list_notes(tx, appointment_id, classes, after=paging.after(NotePosition), rows=paging.rows)
            await hand.tell(tx, Action.NOTES_LISTED, identity=reader, classes=classes)
    if refusal is not None:
        raise refusal
    return paging.page(found, lambda note: NotePosition(note.created_at, note.id))


@get("/v1/appointments/{appointment_id:uuid}/notes/{note_id:uuid}", opt=allow(keys="notes:read"), dependencies=HAND)
async def read_note(
    appointment_id: UUID,
    note_id: UUID,
    hand: Hand,
    note_keys: NoteKeys,
    db: Database,
    version: Annotated[int | None, QueryParameter(ge=1, le=1_000_000, description="The newest where none is given.")] = None,
    reader: PersonQuery = None,
) -> OpenNote:
    """Read a note, in its newest version or an older one."""
    async with db.transaction() as tx:
        note = await notes.get_note(tx, appointment_id, note_id)
        opened = await hand.refusal(tx, note.note_class, note.id)
        if opened is None:
            opened = await notes.open_note(tx, note_keys.ring(), note, version or note.version)
            await hand.tell_of(tx, Action.NOTE_READ, note, opened.version, reader)
    if isinstance(opened, errors.NotesNotAllowed):
        raise opened
    return opened


@get("/v1/appointments/{appointment_id:uuid}/notes/{note_id:uuid}/versions", opt=allow(keys="notes:read"), dependencies=HAND)
async def list_note_versions(appointment_id: UUID, note_id: UUID, hand: Hand, db: Database, paging: Paging) -> Page[NoteVersion]:
    """A note's versions, the newest first, without what they say."""
    async with db.transaction() as tx:
        note = await notes.get_note(tx, appointment_id, note_id)
        refusal = await hand.refusal(tx, note.note_class, note.id)
        found = [] if refusal else await notes.list_versions(tx, note.id, after=paging.after(VersionPosition), rows=paging.rows)
    if refusal is not None:
        raise refusal
    return paging.page(found, lambda written: VersionPosition(written.version))


@put("/v1/appointments/{appointment_id:uuid}/notes/{note_id:uuid}", opt=allow(keys="notes:write"), dependencies=HAND)
async def amend_note(data: NoteAmendment, appointment_id: UUID, note_id: UUID, hand: Hand, note_keys: NoteKeys, write: Write) -> Response[Note]:
    """Give a note a new version. What it said before stays and can be read."""

    async def do(tx: Tx) -> Note | errors.CallwellError:
        note = await notes.get_note(tx, appointment_id, note_id)
        if refusal := await hand.refusal(tx, note.note_class, note.id):
            return refusal
        amended = await notes.amend_note(tx, note_keys.ring(), note, data, hand.at)
        await hand.tell_of(tx, Action.NOTE_CHANGED, amended, amended.version, data.author)
        return amended

    return await write(do, status=200)


@delete("/v1/appointments/{appointment_id:uuid}/notes/{note_id:uuid}", opt=allow(keys="notes:write"), dependencies=HAND)
async def erase_note(appointment_id: UUID, note_id: UUID, hand: Hand, db: Database) -> None:
    """Erase what a note says, in all its versions. That there was one stays."""
    async with db.transaction() as tx:
        note = await notes.get_note(tx, appointment_id, note_id)
        refusal = await hand.refusal(tx, note.note_class, note.id)
        if refusal is None:
            erased = await notes.erase_note(tx, note, hand.at)
            await hand.tell_of(tx, Action.NOTE_ERASED, erased, erased.version, None)
    if refusal is not None:
        raise refusal


routes = [create_note, list_notes, read_note, list_note_versions, amend_note, erase_note]
