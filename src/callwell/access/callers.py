"""Who is asking."""

from typing import Literal, TypeAlias, get_args
from uuid import UUID

from msgspec import Struct

Scope = Literal[
    "admin",
    "calls:read",
    "calls:write",
    "events:write",
    "rooms:read",
    "rooms:write",
    "appointments:read",
    "appointments:write",
    "people:read",
    "people:write",
    "audit:read",
    "keys:write",
    "metrics:read",
    "settings:read",
    "settings:write",
    "notes:read",
    "notes:write",
    "notes:psychotherapy",
    "notes:sud_counseling",
]
"""What an API key may do; ``admin`` is everything but notes of a class with a scope of its own, which must be named."""

SCOPES: tuple[str, ...] = get_args(Scope)


class KeyCaller(Struct, frozen=True, tag=True):
    """The host's server, with an API key."""

    key_id: UUID
    name: str
    scopes: frozenset[str]

    @property
    def source(self) -> str:
        return f"key:{self.key_id}"

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or "admin" in self.scopes


class ConnectionCaller(Struct, frozen=True, tag=True):
    """A page in a call, with its connection token."""

    call_id: UUID
    connection_id: UUID
    participant_id: UUID
    is_host: bool
    room_id: UUID | None = None
    is_waiting: bool = False
    """Whether they wait to be let in."""

    @property
    def source(self) -> str:
        return f"sdk:{self.connection_id}"


class UserCaller(Struct, frozen=True, tag=True):
    """A person, with a token that the host's server had made for them."""

    identity: str
    """``user:42`` or ``guest:x``."""

    @property
    def source(self) -> str:
        return "user"


class Anonymous(Struct, frozen=True, tag=True):
    """Nobody in particular."""

    @property
    def source(self) -> str:
        return "anonymous"


Caller: TypeAlias = KeyCaller | ConnectionCaller | UserCaller | Anonymous
"""Whoever makes a request, by their credential. ``source`` is where facts are from that they write: it is made of the credential, so that nobody can
take another's."""
