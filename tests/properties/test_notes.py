"""Whatever a note says, wherever it stands: it opens as what it was, at its own place, under its own key, and in no other way."""

import json
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import astuple, replace

from callwell import errors
from callwell.compliance.envelopes import Envelope, Place, rewrap, seal, unseal
from callwell.compliance.key_ring import CLASSES, KeyRing, NoteClass, RingEntry, read_ring

classes = st.sampled_from(CLASSES)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=2000)
places = st.builds(Place, st.uuids(), st.uuids(), classes, st.integers(1, 1_000_000))
keys = st.binary(min_size=32, max_size=32)


def ring_of(*of_class: bytes) -> KeyRing:
    """A ring in which every class has the same keys, so that nothing but what is bound tells classes apart."""
    entries = tuple(RingEntry(f"key-{key[:8].hex()}", key.hex()) for key in of_class)
    return KeyRing(dict.fromkeys(CLASSES, entries))


def opened(ring: KeyRing, place: Place, envelope: Envelope) -> str | None:
    try:
        return unseal(ring, place, envelope)
    except (errors.NoteDamaged, errors.NotesUnavailable):
        return None


@given(texts, places, keys)
def test_a_text_opens_as_what_it_was(text: str, place: Place, key: bytes) -> None:
    """To the character, and nothing of it stands in what is stored."""
    ring = ring_of(key)
    envelope = seal(ring, place, text)

    assert unseal(ring, place, envelope) == text
    assert len(text) < 8 or text.encode() not in envelope.sealed + envelope.wrapped_key


@given(texts, places, places, keys)
def test_it_opens_at_its_own_place_alone(text: str, place: Place, other: Place, key: bytes) -> None:
    """Moved as a whole, or by any one part of where it stood."""
    ring = ring_of(key)
    envelope = seal(ring, place, text)
    parts = dict(zip(Place.__struct_fields__, astuple(other), strict=True))

    for moved in (other, *(replace(place, **{name: value}) for name, value in parts.items())):
        assert opened(ring, moved, envelope) == (text if moved == place else None)


@given(texts, places, keys, st.data())
def test_what_was_changed_does_not_open(text: str, place: Place, key: bytes, data: st.DataObject) -> None:
    """Any bytes in the place of any others."""
    ring = ring_of(key)
    envelope = seal(ring, place, text)
    field = data.draw(st.sampled_from(["sealed", "wrapped_key"]))
    before: bytes = getattr(envelope, field)
    begin = data.draw(st.integers(0, len(before)))
    after = before[:begin] + data.draw(st.binary(max_size=40)) + before[data.draw(st.integers(begin, len(before))) :]

    assert opened(ring, place, replace(envelope, **{field: after})) == (text if after == before else None)


@given(texts, places, st.lists(keys, min_size=2, max_size=5, unique_by=lambda key: key[:8]))
def test_from_key_to_key_it_stays_what_it_was(text: str, place: Place, of_class: list[bytes]) -> None:
    """Wrapped anew under one key after another, the last one opens it and none before."""
    envelope = seal(ring_of(of_class[0]), place, text)
    for old, new in pairwise(of_class):
        envelope = rewrap(ring_of(new, old), place, envelope)

    assert opened(ring_of(of_class[-1]), place, envelope) == text
    assert [opened(ring_of(key), place, envelope) for key in of_class[:-1]] == [None] * (len(of_class) - 1)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("5ec7e7" * 11),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*CLASSES, "id", "key", "5ec7e7" * 11]) | st.text(), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(anything)
def test_what_is_no_ring_is_refused_and_not_repeated(content: object) -> None:
    """Whatever JSON it is: it is a ring, or a sentence in which none of it stands."""
    try:
        read_ring(json.dumps(content))
    except ValueError as why:
        assert "5ec7e7" not in str(why)


@given(st.binary(max_size=200))
def test_what_is_no_json_is_no_ring(content: bytes) -> None:
    """Bytes of any kind."""
    with pytest.raises(ValueError, match=r".\."):
        read_ring(content)


@given(st.dictionaries(classes, st.lists(keys, min_size=1, max_size=4), min_size=1))
def test_a_ring_is_read_as_it_was_written(of_classes: dict[NoteClass, list[bytes]]) -> None:
    """Where no key is in it twice, the first of each class is current and each is found."""
    written = {name: [{"id": f"{name}-{number}", "key": key.hex()} for number, key in enumerate(of_class)] for name, of_class in of_classes.items()}
    every = [key for of_class in of_classes.values() for key in of_class]
    if len(set(every)) < len(every):
        with pytest.raises(ValueError, match="twice"):
            read_ring(json.dumps(written))
        return
    ring = read_ring(json.dumps(written))

    assert set(ring.classes) == set(of_classes)
    for name, of_class in of_classes.items():
        assert ring.current(name)[0] == f"{name}-0"
        place = Place(UUID(int=1), UUID(int=2), name, 1)
        for number, key in enumerate(of_class):
            alone = KeyRing({name: [RingEntry(f"{name}-{number}", key.hex())]})
            assert unseal(ring, place, seal(alone, place, "x")) == "x"
