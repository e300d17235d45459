"""Reading dumps of rtcstats clients: every getStats whole, whatever cannot be read skipped with its reason."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from callwell.engines.rtcstats import dumps
from callwell.engines.rtcstats.dumps import BadEntry, Entry, Reader, read_dump, read_entry

AT = 1_605_199_359_000


def as_line(*parts: Any) -> bytes:
    return json.dumps(parts).encode() + b"\n"


def stats_line(pc: str, stats: dict[str, Any], at: int = AT) -> bytes:
    return as_line("getstats", pc, stats, at)


def whole(reader: Reader, line: bytes) -> Any:
    entry = reader.read(line)
    assert isinstance(entry, Entry), entry
    return entry.value


def test_an_entry_is_what_its_line_says() -> None:
    """Given a line; when it is read; then its parts are there, and its size is what it takes in UTF-16 without its end."""
    assert read_entry('["create","PC_0",{"a":"é€😀"},1605199359000]\r\n'.encode(), 7) == Entry(
        type="create", pc="PC_0", value={"a": "é€😀"}, at_ms=AT, size=2 * 44, line=7
    )


@pytest.mark.parametrize(
    ("line", "kind", "pc", "value", "at_ms"),
    [
        (b'["close","",null]', "close", None, None, None),
        (b'["close",3]', "close", "3", None, None),
        (b'["create",null,1,"1605199359000"]', "create", None, 1, AT),
        (b'["create",null,1,1605199359000.75]', "create", None, 1, AT),
        (b'{"type":"stats-entry","data":"x","timestamp":1605199359000}', "stats-entry", None, "x", AT),
        (b'{"path":"/a","userAgent":"x"}', "connectionInfo", None, {"path": "/a", "userAgent": "x"}, None),
        (b'["connectionInfo",null,"{\\"userAgent\\":\\"x\\"}",1605199359000]', "connectionInfo", None, {"userAgent": "x"}, AT),
    ],
)
def test_every_form_of_an_entry_is_read(line: bytes, kind: str, pc: str | None, value: Any, at_ms: int | None) -> None:
    """Entries without a peer connection or a time, of bridges, of old dumps, and with texts for numbers are entries."""
    entry = read_entry(line)
    assert isinstance(entry, Entry)
    assert (entry.type, entry.pc, entry.value, entry.at_ms) == (kind, pc, value, at_ms)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'["create","PC_0",', "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'["a",null,NaN,1]', "not_json"),
        (b'["a",null,1e400,1]', "not_json"),
        (b'["connectionInfo",null,"{",1]', "not_json"),
        (b'["a",null,' + b"9" * 100_000 + b",1]", "not_json"),
        (b'["a",null,' + b"[" * 10_000 + b"]" * 10_000 + b",1]", "too_deep"),
        (b"3", "not_an_entry"),
        (b"[]", "not_an_entry"),
        (b"[1,2,3,4]", "not_an_entry"),
        (b'["a",{},3,4]', "not_an_entry"),
        (b'["a",true,3,4]', "not_an_entry"),
        (b'["' + b"a" * 300 + b'",null,3,4]', "not_an_entry"),
        (b'["a",null,3,"noon"]', "bad_time"),
        (b'["a",null,3,-1]', "bad_time"),
        (b'["a",null,3,1e308]', "bad_time"),
        (b'["getstats","PC_0","",4]', "bad_stats"),
        (b'["a",null,"' + b"a" * dumps.ENTRY_LIMIT + b'",4]', "too_large"),
        (b'["a",null,{' + b",".join(b'"%d":1' % key for key in range(300_000)) + b"},4]", "too_many_parts"),
        (b'["getstats","PC_0",{' + b",".join(b'"%d":{}' % key for key in range(20_000)) + b"},4]", "too_many_reports"),
    ],
)
def test_what_cannot_be_read_is_skipped_with_its_reason(line: bytes, reason: str) -> None:
    """Given a bad line between two good ones; when the dump is read; then it is counted by its reason, and the good ones are read."""
    reader = Reader()
    read = [reader.read(one) for one in (as_line("create", "PC_0", 1, AT), line, as_line("close", "PC_0", None, AT))]
    assert [type(entry) for entry in read] == [Entry, BadEntry, Entry]
    assert read[1] == BadEntry(2, reason)
    assert (reader.entries, dict(reader.skipped)) == (2, {reason: 1})


def test_what_changed_is_expanded_to_all() -> None:
    """Given two getStats, the second with changes alone; when they are read; then both are whole, each time is filled in, and the first
    is as it was given."""
    reader = Reader()
    first = whole(reader, stats_line("PC_0", {"T": {"timestamp": 0, "type": "transport", "sent": 1}, "timestamp": AT + 1}))
    assert first == {"T": {"timestamp": AT + 1, "type": "transport", "sent": 1}}
    second = whole(reader, stats_line("PC_0", {"T": {"sent": 2}, "A": {"timestamp": 5}, "timestamp": AT + 2}))
    assert second == {"T": {"timestamp": AT + 1, "type": "transport", "sent": 2}, "A": {"timestamp": 5}}
    assert first == {"T": {"timestamp": AT + 1, "type": "transport", "sent": 1}}


def test_reports_stay_in_the_order_in_which_they_came_up() -> None:
    """A report that is new comes last, wherever it was sent."""
    reader = Reader()
    whole(reader, stats_line("PC_0", {"B": {"x": 1}, "C": {"x": 1}}))
    assert list(whole(reader, stats_line("PC_0", {"A": {"x": 1}, "C": {"x": 1}, "B": {"x": 2}}))) == ["B", "C", "A"]


@pytest.mark.parametrize(("protocol", "left"), [("3.1_STANDARD", {"B"}), ("3_LEGACY", {"B"}), ("2.0_LEGACY", {"A", "B"}), (None, {"A", "B"})])
def test_what_is_not_named_is_gone_since_protocol_3(protocol: str | None, left: set[str]) -> None:
    """Before, what had not changed was not sent."""
    reader = Reader()
    reader.read(as_line("connectionInfo", None, {"clientProtocol": protocol}, AT))
    whole(reader, stats_line("PC_0", {"A": {"x": 1}, "B": {"x": 1}}))
    assert set(whole(reader, stats_line("PC_0", {"B": {"x": 2}}))) == left


def test_peer_connections_are_expanded_apart() -> None:
    """The same report's name in two peer connections is two reports."""
    reader = Reader()
    whole(reader, stats_line("PC_0", {"T": {"a": 1}}))
    assert whole(reader, stats_line("PC_1", {"T": {"b": 1}})) == {"T": {"b": 1}}
    assert whole(reader, stats_line("PC_0", {"T": {"c": 1}})) == {"T": {"a": 1, "c": 1}}


def test_get_stats_begins_anew() -> None:
    """A full getStats is no change to the last."""
    reader = Reader()
    whole(reader, stats_line("PC_0", {"T": {"a": 1}}))
    assert whole(reader, as_line("getStats", "PC_0", {"T": {"b": 1}}, AT)) == {"T": {"b": 1}}


def test_peer_connections_have_an_end() -> None:
    """One that comes after too many is skipped; those there were are read on."""
    reader = Reader()
    for number in range(dumps.CONNECTION_LIMIT):
        reader.read(as_line("create", f"PC_{number}", None, AT))
    assert reader.read(as_line("create", "one more", None, AT)) == BadEntry(dumps.CONNECTION_LIMIT + 1, "too_many_connections")
    assert whole(reader, stats_line("PC_0", {"T": {"a": 1}})) == {"T": {"a": 1}}


def test_what_is_kept_has_an_end() -> None:
    """Given a client that sends ever new reports that never end; when they are read; then what is kept is bounded, said, and what
    follows is read."""
    reader = Reader("2_LEGACY")
    for number in range(60):
        reader.read(stats_line("PC_0", {f"R{number}": {"text": "x" * 500_000}}))
        assert sum(len(json.dumps(kept)) for kept in reader._kept.values()) <= 2 * dumps.KEPT_LIMIT
    assert reader.skipped["too_much_to_keep"] >= 1
    assert isinstance(reader.read(stats_line("PC_0", {"T": {"a": 1}})), Entry)


def test_empty_lines_are_no_entries() -> None:
    """A dump that ends with an empty line has no bad entry."""
    assert [type(entry) for entry in read_dump([b"\n", as_line("close", None, None, AT), b"  \r\n"])] == [Entry]


# ── For all dumps ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

names = st.sampled_from(["A", "B", "1", "2", "timestamp", ""])
values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(values, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12)
reports = st.dictionaries(st.sampled_from(["A", "B", "7", "12"]), st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), min_size=1))


@given(st.lists(st.binary() | anything.map(lambda value: json.dumps(value).encode())))
def test_whatever_is_sent_is_an_entry_or_skipped(lines: list[bytes]) -> None:
    """No line raises, and every one is counted once."""
    reader = Reader()
    read = [reader.read(line) for line in lines]
    assert reader.entries == sum(isinstance(entry, Entry) for entry in read)
    assert reader.skipped.total() == len(lines) - reader.entries


@given(st.lists(st.tuples(st.sampled_from(["PC_0", "PC_1"]), reports)))
def test_what_a_client_left_out_is_there_again(series: list[tuple[str, dict[str, dict[str, Any]]]]) -> None:
    """Given any series of getStats; when a client sends only what changed of each report; then what is read is the series."""
    reader, last = Reader("3.1_STANDARD"), {"PC_0": {}, "PC_1": {}}
    given_then = []
    for pc, stats in series:
        # A client cannot say that a member of a report is gone, and browsers never take one away.
        full = {name: {**last[pc].get(name, {}), **report} for name, report in stats.items()}
        changes = {
            name: {key: value for key, value in report.items() if last[pc].get(name, {}).get(key, ...) != value} for name, report in full.items()
        }
        last[pc] = full
        given_then.append((full, whole(reader, stats_line(pc, changes))))
    assert all(sent == read for sent, read in given_then)


@given(st.lists(st.tuples(names, anything)), st.randoms())
def test_bad_lines_change_nothing_of_the_good(stats: list[tuple[str, Any]], chance: Any) -> None:
    """Given a dump; when bad lines are strewn among its lines; then its entries are read as without them."""
    good = [stats_line("PC_0", {name: value}) for name, value in stats if "NaN" not in json.dumps(value) and "Inf" not in json.dumps(value)]
    strewn = [line for one in good for line in ([b'["getstats","PC_0",{"A":', one] if chance.random() < 0.5 else [one])]
    assert [entry.value for entry in read_dump(good) if isinstance(entry, Entry)] == [
        entry.value for entry in read_dump(strewn) if isinstance(entry, Entry)
    ]
