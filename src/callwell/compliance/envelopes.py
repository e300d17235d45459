"""Envelopes: a text under a key of its own, and that key under the key ring's (AES-256-GCM for both).

Each version of a note has its own random data key, which encrypts once, so that no nonce can meet another under it. What is encrypted is bound to
where it stands: moved to another row, version or class, or under another key's name, it does not open.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from callwell import errors
from callwell.compliance.key_ring import KEY_BYTES, KeyRing, NoteClass

NONCE_BYTES = 12
TAG_BYTES = 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES


class Place(Struct, frozen=True):
    """Which version of which note. It is the same wherever the database is restored to."""

    appointment_id: UUID
    note_id: UUID
    note_class: NoteClass
    version: int

    def bound(self, purpose: str) -> bytes:
        """What is authenticated with a ciphertext. No part can hold the separator, so that parts cannot run into each other."""
        return "\x1f".join(("callwell", purpose, self.appointment_id.hex, self.note_id.hex, self.note_class, str(self.version))).encode()


class Envelope(Struct, frozen=True):
    """What is stored of a text. Both ciphertexts begin with their nonce and end with their tag."""

    key_id: str
    wrapped_key: bytes
    sealed: bytes


def seal(ring: KeyRing, place: Place, text: str) -> Envelope:
    """Raises NotesUnavailable."""
    key_id, cipher = ring.current(place.note_class)
    data_key = os.urandom(KEY_BYTES)
    return Envelope(key_id, _encrypt(cipher, data_key, _bound_key(place, key_id)), _encrypt(AESGCM(data_key), text.encode(), place.bound("note")))


def unseal(ring: KeyRing, place: Place, envelope: Envelope) -> str:
    """Raises NotesUnavailable where the key is missing, NoteDamaged where anything is not as it was sealed."""
    return _decrypt(AESGCM(_unwrap(ring, place, envelope)), envelope.sealed, place.bound("note"), place).decode()


def rewrap(ring: KeyRing, place: Place, envelope: Envelope) -> Envelope:
    """The same text under the current key: its data key is wrapped anew, and the text is not touched. Raises NotesUnavailable, NoteDamaged."""
    key_id, cipher = ring.current(place.note_class)
    return Envelope(key_id, _encrypt(cipher, _unwrap(ring, place, envelope), _bound_key(place, key_id)), envelope.sealed)


def _unwrap(ring: KeyRing, place: Place, envelope: Envelope) -> bytes:
    cipher = ring.cipher(place.note_class, envelope.key_id)
    return _decrypt(cipher, envelope.wrapped_key, _bound_key(place, envelope.key_id), place)


def _bound_key(place: Place, key_id: str) -> bytes:
    return place.bound(f"note key\x1f{key_id}")


def _encrypt(cipher: AESGCM, plain: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound)


def _decrypt(cipher: AESGCM, sealed: bytes, bound: bytes, place: Place) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError):  # a nonce that was cut off is a ValueError
        raise errors.NoteDamaged(note_id=place.note_id, version=place.version) from None
