"""What a page and we say to each other over its socket. docs/reference/protocol.md tells the story; these are its words."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from callwell.ingest.facts import MOST_FACTS

MESSAGE_BYTES = 64 * 1024
"""The largest message, but for facts and samples."""
FACTS_BYTES = 256 * 1024
MOST_SAMPLES = 100
"""Samples in one message: what a page has of a minute or two, however many people it hears."""

GOING_AWAY = 1012
NO_MESSAGE = 4400
NO_TOKEN = 4401
PUT_OUT = 4403
SILENT = 4408
GIVEN_UP = 4409
TOO_MUCH = 4429


class _Said(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What a page says."""


class Hello(_Said, frozen=True, tag="hello"):
    token: Annotated[str, Meta(max_length=500)]
    at: int
    now: float
    sdk: Annotated[str, Meta(max_length=100)] | None = None


class Events(_Said, frozen=True, tag="events"):
    seq: int
    events: Annotated[list[msgspec.Raw], Meta(max_length=MOST_FACTS)]


class Samples(_Said, frozen=True, tag="samples"):
    seq: int
    samples: Annotated[list[msgspec.Raw], Meta(max_length=MOST_SAMPLES)]


class Heartbeat(_Said, frozen=True, tag="heartbeat"):
    pass


class Signal(_Said, frozen=True, tag="signal"):
    to: UUID
    body: msgspec.Raw


class Resync(_Said, frozen=True, tag="resync"):
    pass


Said = Events | Samples | Heartbeat | Signal | Resync

read_hello = msgspec.json.Decoder(Hello).decode
_read_said = msgspec.json.Decoder(Said).decode


def read_said(text: str) -> Said:
    """What a page says. Raises MsgspecError, RecursionError."""
    said = _read_said(text)
    if isinstance(said, Signal):
        # It is passed on as it came, so it must be something that can be read again.
        msgspec.json.decode(said.body)
    return said


class Mailbox:
    """What is still to be sent to one page, in order. Of a kind where only the newest counts there is one: a slow reader misses states, not news."""

    def __init__(self, most: int = 1000, most_bytes: int = 4 << 20) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._messages: dict[object, tuple[dict[str, Any], int]] = {}
        self._number = 0
        self._bytes = 0

    def put(self, message: dict[str, Any], *, only_newest: bool = False, size: int = 0) -> bool:
        """Whether there was room for it. ``size`` is about how many bytes it has, where they may be many."""
        key: object = message["type"] if only_newest else self._number
        self._number += 1
        if key not in self._messages and (len(self._messages) >= self._most or self._bytes + size > self._most_bytes):
            return False
        self._messages[key] = (message, size)
        self._bytes += size
        return True

    def take(self) -> dict[str, Any] | None:
        """The oldest, or None."""
        for key in self._messages:
            message, size = self._messages.pop(key)
            self._bytes -= size
            return message
        return None
