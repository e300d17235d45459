"""Where what decides, or what tells of it, cannot be had, nobody comes in: a place and its entry are there together or not at all."""

from datetime import UTC, datetime
from typing import Any, LiteralString

import httpx
import pytest
from tests.compliance.trails import as_owner
from tests.joining.conftest import Host

from callwell.app import Context

WAYS = ["invite", "resume", "server", "waiting", "admission", "refusal"]

WRITTEN = ("calls", "events", "participants", "connections", "grants", "resumes", "invite_uses", "changes", "people")


async def _counts(context: Context) -> dict[str, int]:
    """How many rows there are of all that joins write, and what was let wait."""
    async with context.db.connection() as tx:
        counts: dict[str, int] = {}
        for table in WRITTEN:
            statement: Any = f"SELECT count(*) FROM {table}"
            row = await (await tx.execute(statement)).fetchone()
            counts[table] = row[0] if row else 0
        row = await (
            await tx.execute(
                """
                SELECT (SELECT count(*) FROM grants WHERE is_waiting AND revoked_at IS NULL),
                       (SELECT count(*) FROM audit_entries WHERE action ~ '^(join|participant)_')
                """
            )
        ).fetchone()
        assert row is not None
        return counts | {"waiting": row[0], "entries": row[1]}


class _Way:
    """A way in, made ready as far as the last step."""

    def __init__(self, host: Host, way: str) -> None:
        self.host = host
        self.way = way

    async def prepare(self) -> None:
        host = self.host
        appointment = {"client_id": "user:ana", "provider_id": "user:ngozi", "duration_minutes": 50, "status": "confirmed"}
        settings = {"waiting_room": self.way in ("waiting", "admission", "refusal")}
        booked = {**appointment, "scheduled_at": datetime.now(UTC).isoformat(), "settings": settings}
        answer = await host.server.post("/v1/appointments", json=booked)
        links = (await host.server.get(f"/v1/appointments/{answer.json()['id']}/invites")).json()["items"]
        self.links = {one["identity"]: one["secret"] for one in links}
        self.inside: dict[str, Any] = {}
        if self.way not in ("invite", "waiting"):
            self.inside = (await host.ask(self.links["user:ana"])).json()

    async def take(self) -> httpx.Response:
        host, inside = self.host, self.inside
        path = f"/v1/calls/{inside['call_id']}" if inside else ""
        match self.way:
            case "invite" | "waiting":
                return await host.ask(self.links["user:ana"])
            case "resume":
                return await host.ask_again(inside)
            case "server":
                return await host.server.post(f"{path}/join", json={"participant": "user:ngozi", "host": True})
            case "admission":
                return await host.server.post(f"{path}/participants/{inside['participant']['id']}/admit")
            case _:
                return await host.server.post(f"{path}/participants/{inside['participant']['id']}/refuse")


BREAK: dict[str, tuple[LiteralString, LiteralString]] = {
    "the trail cannot be written": (
        "ALTER TABLE audit_entries ADD CONSTRAINT broken CHECK (false) NOT VALID",
        "ALTER TABLE audit_entries DROP CONSTRAINT broken",
    ),
    "who it was cannot be written": (
        "ALTER TABLE audit_identities ADD CONSTRAINT broken CHECK (false) NOT VALID",
        "ALTER TABLE audit_identities DROP CONSTRAINT broken",
    ),
    "whom it is for cannot be read": ("ALTER TABLE attendees RENAME TO gone", "ALTER TABLE gone RENAME TO attendees"),
}
"""What fails, and how it is put right."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("broken", BREAK)
async def test_nobody_comes_in_where_it_cannot_be_decided_or_told(host: Host, context: Context, database_url: str, way: str, broken: str) -> None:
    """Given a trail that cannot be written, or people of an appointment who cannot be looked up, then whichever way is refused, and nothing is written."""
    prepared = _Way(host, way)
    await prepared.prepare()
    before = await _counts(context)
    break_it, mend_it = BREAK[broken]
    as_owner(database_url, break_it)

    answer = await prepared.take()

    assert answer.status_code == 500, answer.text
    assert await _counts(context) == before
    as_owner(database_url, mend_it)
    assert (await prepared.take()).status_code in (201, 204), "put right, it is as if nothing had been"
