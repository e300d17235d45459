"""The host's server, which makes calls and tells of them; times in the tests are seconds after the call was made."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from callwell import ids
from callwell.app import Context
from callwell.record import events as e
from callwell.record.events import NewEvent, Writer


class Host:
    """The host's server."""

    def __init__(self, server: httpx.AsyncClient, context: Context) -> None:
        self.server = server
        self.context = context

    async def make_call(self, **given: Any) -> dict[str, Any]:
        answer = await self.server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", **given})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def call(self, id: str) -> dict[str, Any]:
        answer = await self.server.get(f"/v1/calls/{id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def say(
        self, call_id: str, type: str, payload: e.Payload, participant: str | None = None, connection: str | None = None, *, at: datetime
    ) -> None:
        """A fact of the host's server, stored."""
        fact = NewEvent(UUID(call_id), ids.uuid7(), type, at, payload, participant, connection)
        outcomes = await self.context.ledger.append("key:host", Writer.SERVER, [fact], received_at=datetime.now(UTC))
        assert [outcome.outcome for outcome in outcomes] == ["stored"]

    async def join(self, call_id: str, participant: str, connection: str, *, at: datetime, role: str | None = None, name: str | None = None) -> None:
        """Somebody comes in, and media flows at once."""
        await self.say(call_id, "participant.joined", e.Joined(display_name=name, role=role), participant, connection, at=at)
        await self.say(call_id, "participant.connected", e.Connected(setup_ms=400), participant, connection, at=at)

    async def leave(self, call_id: str, participant: str, connection: str, *, at: datetime) -> None:
        await self.say(call_id, "participant.left", e.Left(), participant, connection, at=at)

    async def entries(self, *actions: str) -> list[dict[str, Any]]:
        """The audit trail, the oldest first; of these actions."""
        async with self.context.db.connection() as tx:
            cursor = await tx.execute(
                """
                SELECT action, caller, call_id::text, duration_ms, metadata, identity
                FROM audit_entries LEFT JOIN audit_identities ON entry_id = id WHERE action = ANY(%s) ORDER BY id
                """,
                [list(actions)],
            )
            names = ("action", "caller", "call_id", "duration_ms", "metadata", "identity")
            return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


@pytest.fixture
def host(server: httpx.AsyncClient, context: Context) -> Host:
    return Host(server, context)


@pytest.fixture
def since() -> datetime:
    """A while ago, on a whole second."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
