"""The host's server and the people who come to its rooms."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar.types import ASGIApp

from callwell import ids
from callwell.app import Context
from callwell.joining.actions import Exchange
from callwell.postgres import Database
from callwell.postgres.pool import fetch_all
from callwell.record import events as e
from callwell.record.audit import NOWHERE
from callwell.record.commands import EndCall, Refusal
from callwell.record.events import NewEvent, Writer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Entry(msgspec.Struct):
    """What is kept of an attempt."""

    action: str
    error_code: str | None
    reason: str | None
    identity: str | None
    address: str | None


class Host:
    """The host's server: it makes rooms and invites, and people come by them."""

    def __init__(self, app: ASGIApp, server: httpx.AsyncClient, api: httpx.AsyncClient, context: Context) -> None:
        self.app = app
        self.server = server
        self.api = api
        self.context = context

    async def room(self, **given: Any) -> str:
        """A new room's name."""
        return (await self._made("/v1/rooms", given))["name"]

    async def invite(self, room: str, **given: Any) -> dict[str, Any]:
        return await self._made(f"/v1/rooms/{room}/invites", given)

    async def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.server.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def ask(self, invite: dict[str, Any] | str, **given: Any) -> httpx.Response:
        """Somebody tries to come in."""
        secret = invite if isinstance(invite, str) else invite["secret"]
        return await self.api.post("/v1/join", json={"invite": secret, **given})

    async def join(self, invite: dict[str, Any], **given: Any) -> dict[str, Any]:
        """Somebody comes in."""
        answer = await self.ask(invite, **given)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def ask_again(self, joined: dict[str, Any]) -> httpx.Response:
        """A page that was in tries to come back."""
        return await self.api.post("/v1/join/resume", json={"resume": joined["resume"]})

    async def connect(self, joined: dict[str, Any]) -> None:
        """Media flows."""
        await self._say(joined, "participant.connected", e.Connected())

    async def leave(self, joined: dict[str, Any]) -> None:
        await self._say(joined, "participant.left", e.Left())

    async def _say(self, joined: dict[str, Any], type: str, payload: e.Payload) -> None:
        fact = NewEvent(
            call_id=UUID(joined["call_id"]),
            id=ids.uuid7(),
            type=type,
            occurred_at=datetime.now(UTC),
            payload=payload,
            participant=joined["participant"]["id"],
            connection=joined["connection"],
        )
        outcomes = await self.context.ledger.append(f"sdk:{joined['connection']}", Writer.CLIENT, [fact], received_at=datetime.now(UTC))
        assert [outcome.outcome for outcome in outcomes] == ["stored"]

    async def end(self, call_id: str) -> None:
        async with self.context.db.transaction() as tx:
            ended = await self.context.ledger.command(tx, UUID(call_id), EndCall(id=ids.uuid7()), datetime.now(UTC))
        assert not isinstance(ended, Refusal)

    async def is_left_empty(self, call_id: str) -> None:
        """Nobody comes back in time, and the call is taken to be over."""
        await self.context.ledger.sweep([UUID(call_id)], datetime.now(UTC) + timedelta(minutes=10))

    async def connections(self, call_id: str) -> dict[str, str]:
        """Status by connection."""
        async with self.context.db.connection() as tx:
            rows = await (await tx.execute("SELECT id, status FROM connections WHERE call_id = %s", [call_id])).fetchall()
        return {str(id): status for id, status in rows}

    async def entries(self, *actions: str) -> list[Entry]:
        """The trail, the oldest first; of these actions."""
        return await entries(self.context.db, *actions)


async def entries(db: Database, *actions: str) -> list[Entry]:
    async with db.connection() as tx:
        return await fetch_all(
            tx,
            Entry,
            """
            SELECT action, error_code, metadata ->> 'reason' AS reason, identity, address
            FROM audit_entries LEFT JOIN audit_identities ON entry_id = id
            WHERE action = ANY(%s) ORDER BY id
            """,
            [list(actions)],
        )


@pytest.fixture
def host(app: ASGIApp, server: httpx.AsyncClient, api: httpx.AsyncClient, context: Context) -> Host:
    return Host(app, server, api, context)


@pytest.fixture
def attempt(context: Context) -> Callable[..., Any]:
    """A transaction in which somebody tries to come in at a certain time, however late it is."""

    @asynccontextmanager
    async def begin(at: datetime, by: str = "invite") -> AsyncIterator[Exchange]:
        async with context.db.transaction() as tx:
            yield Exchange(
                tx=tx,
                ledger=context.ledger,
                settings=context.settings,
                deployed=context.deployed,
                clock=lambda: at,
                caller="anyone",
                origin=NOWHERE,
                by=by,
            )

    return begin
