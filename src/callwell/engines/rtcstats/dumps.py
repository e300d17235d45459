"""Dumps of rtcstats clients: one entry a line, ``[type, peer connection, value, time]``.

A client sends of each ``getStats`` only what changed since the last one of that peer connection; a `Reader` keeps what was said
last and gives every entry whole. It works line by line, so a file and a live socket are read alike.

What a dump holds was written by somebody else's machine: whatever cannot be read is counted and skipped with a reason, never
raised, and what a reader keeps has an end.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

ENTRY_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of one entry."""
PART_LIMIT: Final = 200_000
"""Keys, objects and lists in one entry: what is small on the wire can be large in memory."""
REPORT_LIMIT: Final = 10_000
"""Reports (stats objects) that are kept of one peer connection."""
CONNECTION_LIMIT: Final = 1_000
"""Peer connections in one dump."""
KEPT_LIMIT: Final = 8 * 1024 * 1024
"""Bytes, written as JSON, of the reports that are kept of all peer connections together."""
NAME_LIMIT: Final = 256
"""Characters of an entry's type and of a peer connection's name."""
LATEST: Final = 2**53

GET_STATS: Final = frozenset({"getstats", "getStats"})
"""`getstats` says what changed since the last one; `getStats` says everything anew."""

DECODE: Final = msgspec.json.Decoder().decode

Reports = Mapping[str, Mapping[str, Any]]


class Entry(Struct, frozen=True):
    """One line of a dump."""

    type: str
    pc: str | None
    value: Any
    at_ms: int | None
    """When it happened by the client's clock, in milliseconds since 1970."""
    size: int
    """Bytes of the line in UTF-16, without its end: what public servers count."""
    line: int


class BadEntry(Struct, frozen=True):
    """A line that was skipped, and why: `too_large`, `too_many_parts`, `too_deep`, `not_json`, `not_an_entry`, `bad_time`,
    `bad_stats`, `too_many_reports`, `too_many_connections` or `too_much_to_keep`."""

    line: int
    reason: str


def read_entry(line: bytes | str, number: int = 0) -> Entry | BadEntry:
    """One line as an entry, its value as it was sent."""
    raw = (line.encode("utf-8", "replace") if isinstance(line, str) else line).rstrip(b"\r\n")
    # Small entries, nearly all of them, cannot hold too many parts.
    if len(raw) > PART_LIMIT:
        if len(raw) > ENTRY_LIMIT:
            return BadEntry(number, "too_large")
        if raw.count(b":") + raw.count(b"[") + raw.count(b"{") > PART_LIMIT:
            return BadEntry(number, "too_many_parts")
    try:
        parsed = DECODE(raw)
    except RecursionError:
        return BadEntry(number, "too_deep")
    except (msgspec.MsgspecError, ValueError):
        return BadEntry(number, "not_json")
    size = 2 * len(raw) if raw.isascii() else len(raw.decode().encode("utf-16-le"))
    if type(parsed) is list and len(parsed) >= 2:
        kind, pc = parsed[0], parsed[1]
        value = parsed[2] if len(parsed) > 2 else None
        at = parsed[3] if len(parsed) > 3 else None
    elif type(parsed) is dict and "type" in parsed:
        # Bridges and other servers send objects, which their dumps hold as they were sent.
        kind, pc, value, at = parsed["type"], None, parsed.get("data"), parsed.get("timestamp")
    elif type(parsed) is dict and "userAgent" in parsed:
        # The first line of an old dump: who connected.
        kind, pc, value, at = "connectionInfo", None, parsed, None
    else:
        return BadEntry(number, "not_an_entry")
    if type(pc) is int:
        pc = str(pc)
    if type(kind) is not str or len(kind) > NAME_LIMIT or not (pc is None or (type(pc) is str and len(pc) <= NAME_LIMIT)):
        return BadEntry(number, "not_an_entry")
    if kind == "connectionInfo" and type(value) is str:
        try:
            value = DECODE(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return BadEntry(number, "not_json")
    if type(at) is not int or not 0 <= at <= LATEST:
        sent, at = at, _time(at)
        if at is None and sent is not None:
            return BadEntry(number, "bad_time")
    return Entry(kind, pc or None, value, at, size, number)


class Reader:
    """Reads the entries of one dump, or of one live session, in order, and gives each `getStats` whole.

    What it keeps is bounded; what it gave is never changed afterwards.
    """

    def __init__(self, protocol: str | None = None) -> None:
        """`protocol` is the client's, such as `3.1_STANDARD`; a dump says it itself."""
        self.entries = 0
        """How many were read."""
        self.skipped: Counter[str] = Counter()
        """How many were not, by reason."""
        self._lines = 0
        self._names_all = _names_all(protocol) if protocol is not None else True
        self._kept: dict[str, dict[str, Mapping[str, Any]]] = {}
        # An upper bound of what is kept; measured only when it reaches the limit, which costs little a line.
        self._kept_bytes = 0

    def read(self, line: bytes | str) -> Entry | BadEntry:
        """The next line."""
        self._lines += 1
        entry = read_entry(line, self._lines)
        if isinstance(entry, Entry):
            if entry.pc is not None:
                entry = self._of_connection(entry, entry.pc)
            elif entry.type == "connectionInfo" and isinstance(entry.value, dict):
                self._names_all = _names_all(entry.value.get("clientProtocol"))
        if isinstance(entry, Entry):
            self.entries += 1
        else:
            self.skipped[entry.reason] += 1
        return entry

    def _of_connection(self, entry: Entry, pc: str) -> Entry | BadEntry:
        kept = self._kept.get(pc)
        if kept is None:
            if len(self._kept) >= CONNECTION_LIMIT:
                return BadEntry(entry.line, "too_many_connections")
            kept = self._kept[pc] = {}
        if entry.type not in GET_STATS:
            return entry
        if not isinstance(entry.value, dict):
            return BadEntry(entry.line, "bad_stats")
        expanded = expand(kept if entry.type == "getstats" else {}, entry.value, entry.at_ms, names_all=self._names_all)
        if len(expanded) > REPORT_LIMIT:
            return BadEntry(entry.line, "too_many_reports")
        self._kept[pc] = expanded
        self._kept_bytes += entry.size
        if self._kept_bytes > 2 * KEPT_LIMIT:
            self._kept_bytes = len(msgspec.json.encode(self._kept))
            if self._kept_bytes > KEPT_LIMIT:
                self._kept = {name: {} for name in self._kept}
                self._kept_bytes = 0
                return BadEntry(entry.line, "too_much_to_keep")
        return Entry(entry.type, pc, expanded, entry.at_ms, entry.size, entry.line)


def expand(
    last: Mapping[str, Mapping[str, Any]], sent: Mapping[str, Any], at_ms: int | None = None, *, names_all: bool = True
) -> dict[str, Mapping[str, Any]]:
    """All reports after `sent`, which holds of each what changed since `last`. `last` stays as it was.

    With `names_all` a report that is not named is gone; otherwise it is as it was. A time that is the whole entry's is sent once,
    beside the reports, and is 0 in them: it is filled in. Reports stay in the order in which they came up.
    """
    expanded = dict(last)
    at = sent.get("timestamp")
    if type(at) not in (int, float):
        at = at_ms
    named = 0
    for name, changed in sent.items():
        if type(changed) is not dict:
            continue
        named += 1
        if at is not None and changed.get("timestamp") == 0:
            changed["timestamp"] = at
        before = last.get(name)
        expanded[name] = changed if before is None else {**before, **changed}
    if names_all and named < len(expanded):
        return {name: report for name, report in expanded.items() if type(sent.get(name)) is dict}
    return expanded


def read_dump(lines: Iterable[bytes]) -> Iterator[Entry | BadEntry]:
    """All entries of a dump. Empty lines are none."""
    reader = Reader()
    for line in lines:
        if line.strip():
            yield reader.read(line)


def _names_all(protocol: Any) -> bool:
    """Whether clients of this protocol name in each `getStats` every report there is: since version 3. Before, what had not changed
    was left out."""
    iteration = protocol.partition("_")[0].partition(".")[0] if isinstance(protocol, str) else ""
    return iteration.isdecimal() and int(iteration[:9]) >= 3


def _time(at: Any) -> int | None:
    """A time that is not simply a whole number: JavaScript's fractions, and numbers sent as text."""
    if isinstance(at, str) and at.isascii() and at.isdigit() and len(at) < len(str(LATEST)):
        at = int(at)
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at <= LATEST:
        return None
    return int(at)
