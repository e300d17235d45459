"""A call that the host's server tells of, with samples: times are in seconds after its start."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from callwell import ids
from callwell.app import Context
from callwell.http import wire_time
from callwell.quality.making import keep_report
from callwell.record.deadlines import sweep_deadlines

GOOD_AUDIO = {"kind": "audio", "packet_loss_pct": 0.0, "rtt_ms": 50.0, "jitter_ms": 3.0, "packets": 500, "bytes": 40_000, "bitrate_kbps": 32.0}
GOOD_VIDEO = {
    "kind": "video", "packet_loss_pct": 0.0, "rtt_ms": 50.0, "jitter_ms": 3.0, "packets": 2000, "bytes": 3_125_000, "bitrate_kbps": 2500.0,
    "width": 1280, "height": 720, "fps": 30.0, "freeze_ratio": 0.0, "freeze_count": 0,
}  # fmt: skip


class Telling:
    """One call, as its host tells of it over HTTP."""

    def __init__(self, server: httpx.AsyncClient, context: Context, *, minutes_ago: float = 60) -> None:
        self.server = server
        self.context = context
        self.id = ids.uuid7()
        self.began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes_ago)

    def at(self, seconds: float) -> datetime:
        return self.began + timedelta(seconds=seconds)

    def fact(self, seconds: float, type: str, who: str | None = None, connection: str | None = None, **data: Any) -> dict[str, Any]:
        person = {"participant": who, "connection": connection or who} if who else {}
        return {"id": str(ids.uuid7()), "call_id": str(self.id), "type": type, "occurred_at": wire_time(self.at(seconds)), "data": data, **person}

    async def tell(self, *facts: dict[str, Any]) -> None:
        answer = await self.server.post("/v1/events", json={"events": facts})
        assert answer.json()["stored"] == len(facts), answer.text

    async def hold(self, seconds: float, *people: str) -> None:
        """They are there from the start, connect after half a second, and the call ends."""
        await self.tell(
            self.fact(0, "call.created", engine="external", mode="p2p"),
            *(self.fact(0, "participant.joined", who, display_name=who.partition(":")[2].title()) for who in people),
            *(self.fact(0.5, "participant.connected", who, setup_ms=400) for who in people),
            *(self.fact(seconds, "participant.left", who) for who in people),
            self.fact(seconds, "call.ended"),
        )

    def samples(
        self,
        who: str,
        since: float,
        until: float,
        direction: str = "inbound",
        kinds: Iterable[str] = ("audio", "video"),
        every: float = 10,
        **changed: Any,
    ) -> list[dict[str, Any]]:
        """Good ones, but for what is changed."""
        return [
            {
                **(GOOD_AUDIO if kind == "audio" else GOOD_VIDEO), "id": str(ids.uuid7()), "call_id": str(self.id), "participant": who, "connection": who,
                "started_at": wire_time(self.at(since + number * every)), "interval_ms": round(1000 * every), "direction": direction, **changed,
            }
            for kind in kinds
            for number in range(int((until - since) / every))
        ]  # fmt: skip

    async def measure(self, *samples: dict[str, Any]) -> None:
        for start in range(0, len(samples), 500):
            answer = await self.server.post("/v1/samples", json={"samples": samples[start : start + 500]})
            assert answer.json()["stored"] == len(samples[start : start + 500]), answer.text

    async def make(self, *, at: datetime | None = None) -> bool:
        """As the worker does when it hears that the call has changed."""
        return await keep_report(self.context.db, self.context.ledger, self.context.profiles, self.id, at or datetime.now(UTC))

    async def settle(self) -> None:
        """Late facts have had their time, and somebody looks."""
        await sweep_deadlines(self.context.db, self.context.ledger, datetime.now(UTC))

    async def report(self) -> dict[str, Any]:
        answer = await self.server.get(f"/v1/calls/{self.id}/report")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(self) -> dict[str, Any]:
        return (await self.server.get(f"/v1/calls/{self.id}")).json()

    async def participant_id(self, who: str) -> UUID:
        return next(UUID(one["id"]) for one in (await self.call())["participants"] if one["identity"] == who)
