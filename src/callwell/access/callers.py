"""Who is asking."""

from collections.abc import Mapping
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
    "accounts:write",
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

    @property
    def only(self) -> None:
        """Whose calls alone they see: the host's server sees everybody's."""
        return None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or "admin" in self.scopes


Role = Literal["admin", "supervisor", "provider", "auditor"]
"""What somebody who signs in to the console is there for."""

ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = {
    "admin": frozenset(scope for scope in get_args(Scope) if scope != "events:write" and not scope.startswith("notes:")),
    "supervisor": frozenset(
        ("calls:read", "calls:write", "rooms:read", "people:read", "appointments:read", "appointments:write", "metrics:read", "settings:read")
    ),
    "provider": frozenset(("calls:read", "appointments:read", "people:read", "metrics:read")),
    "auditor": frozenset(("calls:read", "rooms:read", "people:read", "appointments:read", "metrics:read", "settings:read", "audit:read")),
}
"""What accounts may do. Facts come from servers and notes are for who treats: no account writes or reads them. A provider may so only on routes that
show them their own (`allow(own=True)`)."""


class AccountCaller(Struct, frozen=True, tag=True):
    """Somebody who signed in to the console."""

    account_id: UUID
    name: str
    role: Role
    identity: str | None
    """Who they are in calls, ``user:42``. Providers have one."""
    session_id: UUID

    @property
    def source(self) -> str:
        return f"account:{self.account_id}"

    @property
    def only(self) -> str | None:
        """Whose calls and appointments alone they see; None where they see everybody's."""
        return self.identity if self.role == "provider" else None

    def may(self, scope: Scope) -> bool:
        return scope in ROLE_SCOPES[self.role]


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


StaffCaller: TypeAlias = KeyCaller | AccountCaller
"""The host's server or its staff."""

Caller: TypeAlias = KeyCaller | AccountCaller | ConnectionCaller | UserCaller | Anonymous
"""Whoever makes a request, by their credential. ``source`` is where facts are from that they write: it is made of the credential, so that nobody can
take another's."""
