"""What the audit trail is told of staff who look at a person's record.

Every route that shows one says so (`allow(look="call")`), and here alone it is told: before the answer goes out, so that nobody has seen anything that
the trail does not know. The same record looked at again by the same session within five minutes is one look, in however many requests.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Struct

from callwell import ids
from callwell.access.callers import AccountCaller
from callwell.postgres.pool import Database
from callwell.record.audit import Action, Origin, add_audit_entry, origin_of
from callwell.settings import Settings

SAME_FOR = timedelta(minutes=5)
MOST_REMEMBERED = 50_000

SHOWN = (200, 304)
"""Statuses of answers that show something, or say that who asks has it already."""

PEOPLE = ("identity", "person", "provider", "client_id", "provider_id", "initiator", "participant")
"""Parameters that name somebody as ``user:42``."""


class Look(Struct, frozen=True):
    """At what somebody looked."""

    what: str
    """The word that the route has for it: ``call``, ``person`` … Without anything more it is of everybody who is in a call: ``live``."""
    call_id: UUID | None = None
    appointment_id: UUID | None = None
    room_id: UUID | None = None
    invite_id: UUID | None = None
    conversation_id: str | None = None
    identity: str | None = None


class Looks:
    """Which records were looked at of late, by which session."""

    def __init__(self, db: Database, settings: Settings, ip_policy: Callable[[], str]) -> None:
        self._db = db
        self._settings = settings
        self._ip_policy = ip_policy
        self._seen: dict[tuple[UUID, Look], datetime] = {}
        self._telling = asyncio.Lock()

    async def watch(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Stands between a route and whoever asked."""

        async def send_once_told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in SHOWN:
                await self._tell(scope)
            await send(message)

        await app(scope, receive, send_once_told if scope["type"] == "http" else send)

    async def _tell(self, scope: Mapping[str, Any]) -> None:
        caller, what = scope.get("caller"), scope["route_handler"].opt.get("look")
        if isinstance(caller, AccountCaller) and what is not None and scope["method"] == "GET":
            for look in looks_of(what, scope["path_params"], dict(parse_qsl(scope["query_string"].decode("latin-1")))):
                await self.tell_now(caller, look, scope)

    async def tell_now(self, caller: AccountCaller, look: Look, scope: Mapping[str, Any]) -> None:
        """That who asks by this request, or over this socket, is about to see it."""
        await self.tell(caller, look, origin_of(scope, self._settings, self._ip_policy()), datetime.now(UTC))

    async def tell(self, caller: AccountCaller, look: Look, origin: Origin, at: datetime) -> None:
        """Returns once the trail has it. Raises whatever keeps it from being told."""
        key = (caller.session_id, look)
        async with self._telling:
            if key in self._seen and at - self._seen[key] < SAME_FOR:
                return
            async with self._db.transaction() as tx:
                await add_audit_entry(
                    tx,
                    action=Action.RECORD_VIEWED,
                    at=at,
                    caller=caller.source,
                    origin=origin,
                    identity=look.identity,
                    call_id=look.call_id,
                    appointment_id=look.appointment_id,
                    room_id=look.room_id,
                    invite_id=look.invite_id,
                    metadata={"what": look.what} | ({"conversation_id": look.conversation_id} if look.conversation_id else {}),
                )
            self._remember(key, at)

    def _remember(self, key: tuple[UUID, Look], at: datetime) -> None:
        self._seen.pop(key, None)
        if len(self._seen) >= MOST_REMEMBERED:
            del self._seen[next(iter(self._seen))]  # the order is that of the looks
        self._seen[key] = at


def looks_of(what: str, path: Mapping[str, Any], query: Mapping[str, str]) -> Iterator[Look]:
    """What a request looks at: the record that its path names, or else each person whom its query names. A list of everybody's is no look."""
    name = path.get("name")
    room_id = ids.room_id(name) if name else None
    named = {
        "call_id": path.get("call_id"),
        "appointment_id": path.get("appointment_id"),
        "invite_id": path.get("invite_id"),
        "conversation_id": path.get("conversation_id"),
        "room_id": room_id,
    }
    people = list(_people(path) or _people(query))
    if any(value is not None for value in named.values()):
        yield Look(what, **named)
    else:
        yield from (Look(what, identity=identity) for identity in dict.fromkeys(people))


def _people(named: Mapping[str, Any]) -> list[str]:
    people = [str(named[name]) for name in PEOPLE if named.get(name)]
    return people + [f"{kind}:{named[f'{kind}_id']}" for kind in ("user", "guest") if named.get(f"{kind}_id")]
