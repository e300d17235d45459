"""The keys that notes are encrypted under: per class of notes a few, of which the first is current. They lie outside the database.

A key ring is JSON, ``{"general": [{"id": "general-2026", "key": "64 hex digits"}], "psychotherapy": [...], "sud_counseling": [...]}``, in the environment
or in a file. What is wrong with one is said without anything of what stands in it.
"""

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec
import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from callwell import errors
from callwell.settings import Settings

NoteClass = Literal["general", "psychotherapy", "sud_counseling"]
"""What a note is, which says how it is protected: psychotherapy notes (45 CFR 164.501) and those of counselling for use of substances (42 CFR Part 2) stand apart."""

CLASSES: tuple[NoteClass, ...] = get_args(NoteClass)

KEY_BYTES = 32

KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class RingEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A key, as it stands in a ring."""

    id: str
    key: str
    """32 bytes in hex."""


class _Ring(Struct, frozen=True, forbid_unknown_fields=True):
    general: tuple[RingEntry, ...] = ()
    psychotherapy: tuple[RingEntry, ...] = ()
    sud_counseling: tuple[RingEntry, ...] = ()


def new_entry(note_class: NoteClass) -> RingEntry:
    """A fresh key, with an id that tells its class."""
    return RingEntry(f"{note_class}-{secrets.token_hex(6)}", secrets.token_hex(KEY_BYTES))


class KeyRing:
    """Ciphers by class and id of the key. It shows no key, whoever prints it."""

    def __init__(self, entries: Mapping[NoteClass, Sequence[RingEntry]]) -> None:
        self._ciphers: dict[NoteClass, dict[str, AESGCM]] = {
            note_class: {entry.id: AESGCM(bytes.fromhex(entry.key)) for entry in of_class} for note_class, of_class in entries.items() if of_class
        }

    @property
    def classes(self) -> tuple[NoteClass, ...]:
        """The classes that it has keys of."""
        return tuple(self._ciphers)

    def current(self, note_class: NoteClass) -> tuple[str, AESGCM]:
        """The key that new notes of the class are encrypted under, with its id. Raises NotesUnavailable where the class has none."""
        if note_class not in self._ciphers:
            raise errors.NotesUnavailable(problem=f"there is no key for notes of the class {note_class}")
        return next(iter(self._ciphers[note_class].items()))

    def cipher(self, note_class: NoteClass, key_id: str) -> AESGCM:
        """The key of that id. Raises NotesUnavailable where the class has it not."""
        found = self._ciphers.get(note_class, {}).get(key_id)
        if found is None:
            raise errors.NotesUnavailable(problem=f"the key {key_id} of the class {note_class} is missing")
        return found


def read_ring(text: str | bytes) -> KeyRing:
    """Raises ValueError, in a sentence that repeats nothing of the text."""
    try:
        ring = msgspec.json.decode(text, type=_Ring)
    except msgspec.ValidationError as why:
        raise ValueError(_said_without_content(str(why))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError("it is not JSON.") from None
    entries: dict[NoteClass, Sequence[RingEntry]] = {note_class: getattr(ring, note_class) for note_class in CLASSES}
    for note_class, of_class in entries.items():
        for number, entry in enumerate(of_class):
            if not KEY_ID.match(entry.id):
                raise ValueError(f"{note_class}[{number}].id must be 1 to 64 letters, digits, hyphens, dots or underscores.")
            if not re.fullmatch(r"[0-9a-fA-F]{64}", entry.key):
                raise ValueError(f"{note_class}[{number}].key must be 32 bytes in hex (64 digits).")
    every = [entry for of_class in entries.values() for entry in of_class]
    if not every:
        raise ValueError("there is no key in it.")
    if len({entry.id for entry in every}) < len(every):
        raise ValueError("two of its keys have the same id.")
    if len({entry.key.lower() for entry in every}) < len(every):
        raise ValueError("the same key is in it twice; each class has keys of its own.")
    return KeyRing(entries)


def _said_without_content(said: str) -> str:
    """Where msgspec found it wrong. A name that it does not know may be anything, also a key at a wrong place."""
    if "unknown field" in said:
        return f"there is a field in it that is unknown; it has {', '.join(CLASSES)}, and each of their keys `id` and `key`."
    place = re.search(r" - at `\$\.?([a-z_.\[\]0-9]*)`\Z", said)
    return f"{place[1] if place and place[1] else 'it'} is not what is expected there: a list of keys with `id` and `key` for each class."


class NoteKeys:
    """The key ring as it stands now. In the environment it stands for as long as the process runs; a file is read again when it changes.

    While the file cannot be read, or what it says is wrong, notes are unavailable, and nothing else is.
    """

    def __init__(self, given: str, file: Path | None) -> None:
        """Raises SettingInvalid for a ring that is wrong. A file that is not there yet may come."""
        self._file = file
        self._seen: tuple[int, ...] | None = None
        self._ring: KeyRing | None = None
        try:
            if given:
                self._ring = read_ring(given)
            elif file is not None:
                self._look(file)
        except ValueError as why:
            raise errors.SettingInvalid(name="CALLWELL_NOTE_KEYS_FILE" if file else "CALLWELL_NOTE_KEYS", problem=str(why)) from None

    def ring(self) -> KeyRing:
        """Raises NotesUnavailable."""
        if self._file is not None:
            try:
                self._look(self._file)
            except ValueError as why:
                log.warning("note keys are wrong", problem=str(why))
        if self._ring is None:
            raise errors.NotesUnavailable(problem="there are no keys for notes")
        return self._ring

    def _look(self, file: Path) -> None:
        try:
            stat = file.stat()
            seen = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if seen == self._seen:
                return
            text = file.read_bytes()
        except OSError as why:
            if self._seen != ():
                log.warning("note keys cannot be read", reason=os.strerror(why.errno or 0))
            self._ring, self._seen = None, ()
            return
        self._ring, self._seen = None, seen
        self._ring = read_ring(text)


def note_keys_of(settings: Settings) -> NoteKeys:
    """Raises SettingInvalid."""
    return NoteKeys(settings.note_keys, Path(settings.note_keys_file) if settings.note_keys_file else None)
