"""The catalogue: what facts say, what is personal in them, and who may write them."""

import msgspec
import pytest
from tests.record.story import at

from callwell.record import events as e
from callwell.record.events import CATALOGUE, BadFact, Subject, Writer, event_type, fact_hash, payload_json, read_payload, stored_payload

CLIENT_MAY = {
    "participant.connected", "participant.disconnected", "participant.reconnected", "participant.left", "participant.failed", "media.changed",
    "chat.sent", "reaction.sent", "view.changed", "speaker.spoke", "issue.reported", "rating.submitted", "error.occurred", "consent.given",
    "consent.withdrawn",
}  # fmt: skip
TIMER_MAY = {"call.ended", "participant.disconnected", "participant.left"}


@pytest.mark.parametrize("name", [*CATALOGUE, "custom.poke"])
def test_who_may_write_what(name: str) -> None:
    """Servers, engines, importers and commands write all; a page what is its own; a timer what silence can mean."""
    type = event_type(name)

    assert type is not None
    expected = {Writer.SERVER, Writer.ENGINE, Writer.IMPORTER, Writer.COMMAND}
    expected |= {Writer.CLIENT} if name in CLIENT_MAY or name.startswith("custom.") else set()
    expected |= {Writer.TIMER} if name in TIMER_MAY else set()
    assert type.writers == expected


def test_a_page_writes_nothing_about_the_call_as_such() -> None:
    """What a page may write is about its connection."""
    assert all(CATALOGUE[name].subject is not Subject.CALL for name in CLIENT_MAY)


@pytest.mark.parametrize("name", ["custom.", "custom.A", "custom.a b", "custom." + "x" * 81, "call.create", "CALL.CREATED", "", "custom.a\n"])
def test_there_is_no_other_type(name: str) -> None:
    """The host's own begin with `custom.` and are words."""
    assert event_type(name) is None
    with pytest.raises(BadFact) as why:
        read_payload(name, b"{}")
    assert why.value.code == "event.unknown_type"


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("participant.connected", b'{"setup_ms": -1}', "data.setup_ms"),
        ("participant.connected", b'{"setup_ms": 1.5}', "data.setup_ms"),
        ("participant.connected", b'{"setup": 1}', "setup"),
        ("participant.left", b'{"reason": ""}', "data.reason"),
        ("participant.left", b'{"reason": "' + b"x" * 201 + b'"}', "data.reason"),
        ("rating.submitted", b'{"stars": 6}', "data.stars"),
        ("rating.submitted", b"{}", "stars"),
        ("call.created", b'{"initiator": "ana"}', "data.initiator"),
        ("call.created", b'{"initiator": "user:"}', "data.initiator"),
        ("call.created", b'{"initiator": "user:a\\tb"}', "data.initiator"),
        ("call.created", b'{"room": "room-1"}', "data.room"),
        ("call.created", b'{"mode": "mesh"}', "data.mode"),
        ("call.ringing", b'{"people": ["user:1", 2]}', "data.people[1]"),
        ("quality.changed", b'{"category": "good", "score": 101}', "data.score"),
        ("issue.reported", b'{"text": "a\\u0000b"}', "U+0000"),
        ("custom.poke", b'{"a": "\\u0000"}', "U+0000"),
        ("custom.poke", b"[1]", "data"),
        ("custom.poke", b'"x"', "data"),
        ("participant.left", b"nonsense", "data"),
        ("participant.left", b"", "data"),
        ("quality.changed", b'{"category": "good", "score": NaN}', "data"),
    ],
)
def test_what_is_wrong_is_named(name: str, data: bytes, field: str) -> None:
    """A payload that is none is refused, and the field that is wrong is named."""
    with pytest.raises(BadFact) as why:
        read_payload(name, data)

    assert (why.value.code, field in why.value.problem) == ("event.invalid", True), why.value.problem


def test_payloads_are_bounded_in_size() -> None:
    """The host's own facts hold 2 KB, and no fact more than 8."""
    read_payload("custom.poke", b'{"a": "' + b"x" * 2000 + b'"}')
    with pytest.raises(BadFact, match="larger than 2048 bytes"):
        read_payload("custom.poke", b'{"a": "' + b"x" * 2048 + b'"}')
    with pytest.raises(BadFact, match="larger than 8192 bytes"):
        read_payload("call.created", b'{"metadata": {"a": "' + b"x" * 8192 + b'"}}')


@pytest.mark.parametrize("depth", [17, 1000])
def test_payloads_are_bounded_in_depth(depth: int) -> None:
    """What nobody can read is not taken."""
    with pytest.raises(BadFact) as why:
        read_payload("custom.poke", b'{"a":' * depth + b"1" + b"}" * depth)
    assert why.value.code == "event.invalid"


def test_a_backslash_before_u0000_is_text() -> None:
    """The six characters ``\\u0000`` are not the character NUL."""
    payload = read_payload("issue.reported", rb'{"text": "a\\u0000b"}')

    assert payload == e.IssueReported("a\\u0000b")


def test_a_fact_is_the_same_however_it_is_spelled() -> None:
    """Order and spacing of members make no other fact; another value does."""
    one = read_payload("media.changed", b'{"audio_enabled": true, "video_enabled": false}')
    same = read_payload("media.changed", b'{"video_enabled":false,"audio_enabled":true}')
    other = read_payload("media.changed", b'{"video_enabled":true,"audio_enabled":true}')

    assert payload_json(one) == payload_json(same)
    hashes = [fact_hash("media.changed", at(0), "user:1", "c1", payload) for payload in (one, same, other)]
    assert hashes[0] == hashes[1] != hashes[2]
    assert fact_hash("media.changed", at(1), "user:1", "c1", one) != hashes[0]
    assert fact_hash("media.changed", at(0), "user:2", "c1", one) != hashes[0]
    assert fact_hash("media.changed", at(0), "user:1", "c2", one) != hashes[0]


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_is_kept_can_be_read_whatever_version_wrote_it(name: str) -> None:
    """A field that we don't know is passed over where a fact is read from the ledger, and refused where one is sent."""
    type = CATALOGUE[name].payload
    kept = payload_json(_some(type))
    newer = msgspec.json.encode({**msgspec.json.decode(kept), "from_the_future": 1})

    assert payload_json(stored_payload(name, newer)) == kept
    with pytest.raises(BadFact, match="from_the_future"):
        read_payload(name, newer)


@pytest.mark.parametrize("name", CATALOGUE)
def test_personal_fields_are_fields(name: str) -> None:
    """What is said to be personal, or in somebody's own words, is there."""
    type = CATALOGUE[name].payload

    assert {*type.personal, *type.free_text} <= set(type.__struct_fields__)


def _some(type: type[e.Payload]) -> e.Payload:
    values = {"mode": "sfu", "settings": {"a": 1}, "duration_ms": 5, "view": "grid", "category": "good", "issue": "freeze", "text": "no sound",
              "kind": "recording", "stars": 4, "code": "ice"}  # fmt: skip
    required = {field.name for field in msgspec.structs.fields(type) if field.required}
    return type(**{name: value for name, value in values.items() if name in required})
