"""Envelopes open where they were sealed, under the key they name, and nowhere else."""

import json
from collections.abc import Iterator
from itertools import product
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec.structs import replace
from tests.app_fixtures import NOTE_KEYS

from callwell import errors, ids
from callwell.compliance import envelopes
from callwell.compliance.envelopes import NONCE_BYTES, TAG_BYTES, WRAPPED_BYTES, Envelope, Place, rewrap, seal, unseal
from callwell.compliance.key_ring import CLASSES, KeyRing, RingEntry, read_ring

RING = read_ring(NOTE_KEYS)
PLACE = Place(UUID(int=1 << 100 | 1), UUID(int=2 << 100 | 2), "general", 3)
TEXT = "Sleeps better; no thoughts of harm. Ürgent: nächste Woche ☎"


def opens(place: Place, envelope: Envelope, ring: KeyRing = RING) -> bool:
    try:
        return unseal(ring, place, envelope) == TEXT
    except (errors.NoteDamaged, errors.NotesUnavailable):
        return False


def flipped(sealed: bytes) -> Iterator[bytes]:
    """With each of its bytes changed, by one bit and by all."""
    for at, mask in product(range(len(sealed)), (0x01, 0x80, 0xFF)):
        yield sealed[:at] + bytes([sealed[at] ^ mask]) + sealed[at + 1 :]


# ── What it is made of ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_cipher_is_aes_256_gcm() -> None:
    """What is sealed is laid out as nonce, ciphertext and tag: the test case 16 of the GCM specification opens as what it is."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
    encrypted = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    )
    tag = bytes.fromhex("76fc6ece0f4e1768cddf8853bb2d551b")

    assert envelopes._decrypt(AESGCM(key), nonce + encrypted + tag, bound, PLACE) == plain


def test_an_envelope_holds_what_is_needed_and_no_more() -> None:
    """A data key wrapped under the named key, and the text as long as it is: both with nonce and tag."""
    envelope = seal(RING, PLACE, TEXT)

    assert envelope.key_id == "general-1"
    assert len(envelope.wrapped_key) == WRAPPED_BYTES == 60
    assert len(envelope.sealed) == NONCE_BYTES + len(TEXT.encode()) + TAG_BYTES
    assert unseal(RING, PLACE, envelope) == TEXT


def test_what_is_bound_is_this_row_and_nothing_of_the_deployment() -> None:
    """A place says the same wherever the database is restored to, and no two places say the same."""
    said = PLACE.bound("note")

    assert said == b"callwell\x1fnote\x1f00000010000000000000000000000001\x1f00000020000000000000000000000002\x1fgeneral\x1f3"
    assert len({place.bound(purpose) for place in elsewhere() for purpose in ("note", "note key")} | {said}) == 2 * len([*elsewhere()]) + 1


def check_nothing_comes_twice(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Envelopes of the same text at the same place have no nonce, no data key and no ciphertext in common."""
    keys: set[bytes] = set()

    def watched(key: bytes) -> AESGCM:
        keys.add(key)
        return AESGCM(key)

    monkeypatch.setattr(envelopes, "AESGCM", watched)
    nonces: set[bytes] = set()
    ciphertexts: set[bytes] = set()
    for _ in range(count):
        envelope = seal(RING, PLACE, TEXT)
        nonces |= {envelope.wrapped_key[:NONCE_BYTES], envelope.sealed[:NONCE_BYTES]}
        ciphertexts.add(envelope.sealed[NONCE_BYTES:])

    assert (len(nonces), len(keys), len(ciphertexts)) == (2 * count, count, count)


def test_no_nonce_and_no_data_key_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """In 20,000."""
    check_nothing_comes_twice(20_000, monkeypatch)


@pytest.mark.long
def test_in_a_million_no_nonce_and_no_data_key_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """In 1,000,000."""
    check_nothing_comes_twice(1_000_000, monkeypatch)


# ── What does not open ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_byte_that_was_changed_is_noticed() -> None:
    """Of the text and of the wrapped key every byte, be it of nonce, ciphertext or tag."""
    envelope = seal(RING, PLACE, TEXT)
    changed = [
        *(replace(envelope, sealed=sealed) for sealed in flipped(envelope.sealed)),
        *(replace(envelope, wrapped_key=wrapped) for wrapped in flipped(envelope.wrapped_key)),
    ]

    assert len(changed) == 3 * (len(envelope.sealed) + 60)
    assert [one for one in changed if opens(PLACE, one)] == []
    assert opens(PLACE, envelope)


def test_what_was_cut_off_or_added_is_noticed() -> None:
    """At either end, down to nothing."""
    envelope = seal(RING, PLACE, TEXT)
    cut = [replace(envelope, sealed=envelope.sealed[:length]) for length in range(len(envelope.sealed))]
    cut += [replace(envelope, wrapped_key=envelope.wrapped_key[:length]) for length in range(60)]
    cut += [replace(envelope, sealed=envelope.sealed[length:]) for length in range(1, len(envelope.sealed))]
    cut += [replace(envelope, sealed=envelope.sealed + b"\0"), replace(envelope, wrapped_key=envelope.wrapped_key + b"\0")]

    assert [one for one in cut if opens(PLACE, one)] == []


def elsewhere() -> Iterator[Place]:
    """Every place that differs in one part, in each byte of an id."""
    for field in ("appointment_id", "note_id"):
        for id in flipped(getattr(PLACE, field).bytes):
            yield replace(PLACE, **{field: UUID(bytes=id)})
    for version in (0, 1, 2, 4, 13, 30, 33):
        yield replace(PLACE, version=version)
    yield replace(PLACE, note_class="psychotherapy")
    yield replace(PLACE, note_class="sud_counseling")
    yield replace(PLACE, appointment_id=PLACE.note_id, note_id=PLACE.appointment_id)


def test_an_envelope_opens_at_its_own_place_alone() -> None:
    """Moved to another appointment, note, version or class, it does not open, also where the keys of all classes are one."""
    same = json.loads(NOTE_KEYS)["general"][0]["key"]
    one_key = KeyRing({note_class: [RingEntry(f"{note_class}-1", same)] for note_class in CLASSES})
    envelope = seal(one_key, PLACE, TEXT)

    for place in elsewhere():
        moved = replace(envelope, key_id=f"{place.note_class}-1")
        assert not opens(place, envelope, one_key)
        assert not opens(place, moved, one_key)
    assert opens(PLACE, envelope, one_key)


def test_parts_of_two_envelopes_do_not_make_one() -> None:
    """The key of one version with the text of another, of the same note and the same class, opens neither."""
    here, there = seal(RING, PLACE, TEXT), seal(RING, replace(PLACE, version=4), TEXT)

    for place in (PLACE, replace(PLACE, version=4)):
        assert not opens(place, replace(here, sealed=there.sealed))
        assert not opens(place, replace(there, sealed=here.sealed))
    twice = seal(RING, PLACE, TEXT)
    assert not opens(PLACE, replace(here, sealed=twice.sealed)), "each has a key of its own, also at one place"


def test_another_key_does_not_open_it() -> None:
    """Neither one of another name, nor another one of the same name, nor the same one under another name."""
    envelope = seal(RING, PLACE, TEXT)
    key = json.loads(NOTE_KEYS)["general"][0]["key"]
    impostor = read_ring(json.dumps({"general": [{"id": "general-1", "key": "0f" * 32}]}))
    renamed = read_ring(json.dumps({"general": [{"id": "other", "key": key}]}))

    with pytest.raises(errors.NotesUnavailable, match="general-1"):
        unseal(renamed, PLACE, envelope)
    with pytest.raises(errors.NoteDamaged):
        unseal(impostor, PLACE, envelope)
    with pytest.raises(errors.NoteDamaged):
        unseal(renamed, PLACE, replace(envelope, key_id="other"))


# ── Another key ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_wrapped_anew_the_text_is_the_same_and_the_old_key_is_not_needed() -> None:
    """Under the ring's current key, with the text untouched; without the old one it opens, and without the new one it does not."""
    old, new = read_ring(ring(("a", "0a"))), read_ring(ring(("b", "0b")))
    envelope = seal(old, PLACE, TEXT)
    fresh = rewrap(read_ring(ring(("b", "0b"), ("a", "0a"))), PLACE, envelope)

    assert (fresh.key_id, fresh.sealed) == ("b", envelope.sealed)
    assert fresh.wrapped_key != envelope.wrapped_key
    assert opens(PLACE, fresh, new)
    assert not opens(PLACE, fresh, old)
    assert not opens(PLACE, envelope, new)


def ring(*keys: tuple[str, str]) -> str:
    return json.dumps({"general": [{"id": id, "key": byte * 32} for id, byte in keys]})


def test_what_is_damaged_is_not_wrapped_anew() -> None:
    """A wrapped key that was moved or changed stays what it is: damaged."""
    both = read_ring(ring(("b", "0b"), ("a", "0a")))
    envelope = seal(read_ring(ring(("a", "0a"))), PLACE, TEXT)

    with pytest.raises(errors.NoteDamaged):
        rewrap(both, replace(PLACE, note_id=ids.uuid7()), envelope)
    with pytest.raises(errors.NoteDamaged):
        rewrap(both, PLACE, replace(envelope, wrapped_key=bytes(60)))


def test_damage_is_told_without_what_it_was() -> None:
    """The error names note and version."""
    envelope = seal(RING, PLACE, TEXT)

    with pytest.raises(errors.NoteDamaged) as why:
        unseal(RING, PLACE, replace(envelope, sealed=bytes(40)))
    assert why.value.context == {"note_id": PLACE.note_id, "version": 3}
    assert why.value.__suppress_context__
