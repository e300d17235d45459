"""The key ring: what one is, what is refused as one, and how a file of it is followed."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from tests.app_fixtures import NOTE_KEYS

from callwell import errors
from callwell.cli import run
from callwell.compliance.key_ring import CLASSES, KeyRing, NoteClass, NoteKeys, new_entry, note_keys_of, read_ring
from callwell.settings import read_settings

KEY, OTHER = "ab" * 32, "cd" * 32


def ring_of(**classes: list[tuple[str, str]]) -> str:
    return json.dumps({note_class: [{"id": id, "key": key} for id, key in entries] for note_class, entries in classes.items()})


def current_id(keys: NoteKeys) -> str:
    return keys.ring().current("general")[0]


# ── What one is ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_key_of_a_class_is_current_and_all_of_them_open() -> None:
    """New notes are under the first; those under another are opened by its id."""
    ring = read_ring(ring_of(general=[("new", KEY), ("old", OTHER)], psychotherapy=[("psy", "ef" * 32)]))

    assert ring.classes == ("general", "psychotherapy")
    assert ring.current("general")[0] == "new"
    assert ring.cipher("general", "old") is not ring.cipher("general", "new")


def test_a_class_has_its_own_keys_alone() -> None:
    """A key of one class does not open another's notes, whatever they say they are under."""
    ring = read_ring(ring_of(general=[("a", KEY)], psychotherapy=[("b", OTHER)]))

    others: list[tuple[NoteClass, str]] = [("general", "b"), ("psychotherapy", "a"), ("general", "unknown")]
    for note_class, key_id in others:
        with pytest.raises(errors.NotesUnavailable, match=f"{key_id} of the class {note_class}"):
            ring.cipher(note_class, key_id)
    with pytest.raises(errors.NotesUnavailable, match="sud_counseling"):
        ring.current("sud_counseling")


@pytest.mark.parametrize("note_class", CLASSES)
def test_a_new_key_is_one_of_a_ring(note_class: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """What `callwell notes new-key` prints can be put in a ring as it stands, and no two are alike."""
    assert run(["notes", "new-key", note_class]) == 0
    printed = json.loads(capsys.readouterr().out)

    assert read_ring(json.dumps({note_class: [printed]})).current(note_class)[0] == printed["id"]
    assert len({new_entry(note_class).key for _ in range(100)} | {printed["key"]}) == 101


def test_there_is_no_new_key_of_no_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["notes", "new-key", "other"]) == 2
    assert "psychotherapy" in capsys.readouterr().err


# ── What is refused ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

WRONG: dict[str, tuple[str, str]] = {
    "no JSON": (KEY, "not JSON"),
    "cut off": (ring_of(general=[("a", KEY)])[:-3], "not JSON"),
    "a list": (json.dumps([KEY]), "list of keys"),
    "a key instead of a list": (json.dumps({"general": KEY}), "general is not"),
    "keys by their names": (json.dumps({"general": {"a": KEY}}), "general is not"),
    "a number for a key": (json.dumps({"general": [{"id": "a", "key": 7}]}), r"general\[0\].key"),
    "no id": (json.dumps({"general": [{"key": KEY}]}), r"general\[0\]"),
    "a key for a class": (json.dumps({KEY: [{"id": "a", "key": KEY}]}), "unknown"),
    "a key for a field": (json.dumps({"general": [{"id": "a", "key": KEY, KEY: 1}]}), "unknown"),
    "a key that is short": (ring_of(general=[("a", KEY[:-2])]), r"general\[0\].key must be 32 bytes"),
    "a key that is no hex": (ring_of(general=[("a", KEY), ("b", "z" * 64)]), r"general\[1\].key must be 32 bytes"),
    "a key in the id's place": (ring_of(general=[(KEY + "f", "a")]), r"general\[0\].id must be"),
    "an id twice": (ring_of(general=[("a", KEY)], psychotherapy=[("a", OTHER)]), "same id"),
    "a key twice": (ring_of(general=[("a", KEY)], psychotherapy=[("b", KEY.upper())]), "twice"),
    "no keys": (ring_of(general=[]), "no key"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_stops_the_start_and_is_not_repeated(case: str, tmp_path: Path) -> None:
    """Given a ring that is none, in the environment or in a file, then the start is refused with a sentence in which nothing of a key stands."""
    text, said = WRONG[case]
    file = tmp_path / "ring.json"
    file.write_text(text)

    for name, value in (("CALLWELL_NOTE_KEYS", text), ("CALLWELL_NOTE_KEYS_FILE", str(file))):
        with pytest.raises(errors.SettingInvalid, match=said) as why:
            note_keys_of(read_settings({name: value}))
        assert name in why.value.detail
        assert not any(part in why.value.detail for part in (KEY[:8], OTHER[:8], "zzz"))
        assert why.value.__suppress_context__, "a trace would show it"


def test_keys_stand_in_one_place(tmp_path: Path) -> None:
    """Which of two rings counts, nobody would know."""
    with pytest.raises(errors.SettingInvalid, match="one of them"):
        read_settings({"CALLWELL_NOTE_KEYS": NOTE_KEYS, "CALLWELL_NOTE_KEYS_FILE": str(tmp_path / "ring.json")})


def test_settings_show_no_secret() -> None:
    """Where settings are printed as a whole, in a trace say, what is secret is left out."""
    secrets = {"SECRET_KEY": "1f" * 32, "NOTE_KEYS": NOTE_KEYS, "TURN_SECRET": "turnturnturn", "RTCSTATS_SECRET": "statsstatsstatsstats"}
    settings = read_settings({f"CALLWELL_{name}": value for name, value in secrets.items()} | {"CALLWELL_DATABASE_URL": "postgresql://a:passw0rd@b"})

    assert settings.note_keys == NOTE_KEYS
    assert not any(secret in repr(settings) for secret in (*secrets.values(), "passw0rd"))


def test_a_ring_shows_no_key() -> None:
    """However it is printed."""
    ring = read_ring(ring_of(general=[("a", KEY)]))

    assert KEY not in f"{ring!r}{vars(ring)!r}{ring.current('general')!r}"


# ── A file that changes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_counts_as_it_stands_now(tmp_path: Path) -> None:
    """Given a file that is not there, then comes, changes, is wrong, is right again and goes; then notes can be had exactly while it is right."""
    file = tmp_path / "ring.json"
    with structlog.testing.capture_logs() as lines:
        keys = NoteKeys("", file)

        def write(text: str) -> None:
            draft = tmp_path / "draft"
            draft.write_text(text)
            draft.replace(file)

        with pytest.raises(errors.NotesUnavailable):
            keys.ring()
        write(ring_of(general=[("a", KEY)]))
        assert current_id(keys) == "a"
        write(ring_of(general=[("b", OTHER), ("a", KEY)]))
        assert current_id(keys) == "b"
        write(ring_of(general=[("b", OTHER), ("a", "short")]))
        for _ in range(2):
            with pytest.raises(errors.NotesUnavailable):
                keys.ring()
        write(ring_of(general=[("a", KEY)]))
        assert current_id(keys) == "a"
        file.unlink()
        for _ in range(2):
            with pytest.raises(errors.NotesUnavailable):
                keys.ring()

    assert [line["event"] for line in lines] == ["note keys cannot be read", "note keys are wrong", "note keys cannot be read"]
    assert KEY[:8] not in str(lines)


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    """Every request asks for the ring: it is the same one."""
    file = tmp_path / "ring.json"
    file.write_text(NOTE_KEYS)
    keys = NoteKeys("", file)

    assert isinstance(keys.ring(), KeyRing)
    assert keys.ring() is keys.ring()


def test_an_entry_is_written_as_it_is_read() -> None:
    """By its two fields."""
    assert set(msgspec.to_builtins(new_entry("general"))) == {"id", "key"}
