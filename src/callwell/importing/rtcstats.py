"""Dumps of rtcstats servers: which session one is, and its entries with their numbers."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice

import msgspec

from callwell import ids
from callwell.engines.rtcstats.dumps import Entry, Reader
from callwell.engines.rtcstats.sessions import SESSION_ID, number_of

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_IN_ADDRESS = re.compile(rb"[?&]statsSessionId=([A-Za-z0-9_-]{1,100})")
_BEGINNING = 3


class Dump:
    """One dump, read line by line."""

    def __init__(self, name: str, lines: Iterable[bytes]) -> None:
        """``name`` is the file's, which servers call after the session."""
        lines = iter(lines)
        beginning = list(islice(lines, _BEGINNING))
        self.session = session_of(name, beginning)
        self._lines = chain(beginning, lines)
        self._reader = Reader()

    @property
    def entries(self) -> int:
        """How many could be read so far."""
        return self._reader.entries

    @property
    def skipped(self) -> Counter[str]:
        """How many could not, by reason."""
        return self._reader.skipped

    def __iter__(self) -> Iterator[tuple[int, Entry]]:
        """The entries with the numbers that their client gave them; where it gave none, by their places."""
        number = 0
        for line in self._lines:
            entry = self._reader.read(line)
            given = number_of(line)
            if isinstance(entry, Entry) and entry.type == "connectionInfo":
                yield 0, entry
                continue
            number = given if given is not None and given > number else number + 1
            if isinstance(entry, Entry):
                yield number, entry


def session_of(name: str, beginning: list[bytes]) -> str:
    """How the client called the session: as the dump's first lines say, or its name; else a name made of those lines, which are always the same."""
    for line in beginning:
        if line.lstrip().startswith(b'["connectionInfo"') and (said := _IN_ADDRESS.search(line)):
            return said[1].decode()
    if (said := _UUID.search(name)) is not None:
        return said[0].lower()
    made = str(ids.derived_id("dump", *(msgspec.json.encode(line.strip()).decode() for line in beginning)))
    assert SESSION_ID.match(made)
    return made
