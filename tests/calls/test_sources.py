"""One record from whoever tells of a call: each fact with its source, and the order in which they tell it means nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.calls.conftest import Host

from callwell import ids
from callwell.record import events as e
from callwell.record.events import NewEvent, Writer

SECOND = timedelta(seconds=1)

Told = tuple[str, Writer, NewEvent]


def story(call_id: str, connection: str, since: datetime) -> list[Told]:
    """A call as its page, its engine and the host's server tell it; page and engine by our own id of the connection."""
    call, who = UUID(call_id), "user:2"

    def told(source: str, writer: Writer, when: float, type: str, payload: e.Payload, who: str | None = None, on: str | None = None) -> Told:
        return source, writer, NewEvent(call, ids.uuid7(), type, since + when * SECOND, payload, who, on)

    page, engine, host = f"sdk:{connection}", "engine:livekit", "key:host"
    return [
        told(host, Writer.SERVER, 0, "participant.joined", e.Joined(display_name="Ana", role="client"), who, connection),
        told(page, Writer.CLIENT, 2, "participant.connected", e.Connected(setup_ms=640), who, connection),
        told(engine, Writer.ENGINE, 3, "participant.connected", e.Connected(), who, connection),
        told(page, Writer.CLIENT, 4, "media.changed", e.MediaChanged(audio_enabled=True), who, connection),
        told(engine, Writer.ENGINE, 50, "participant.disconnected", e.Disconnected("ice"), who, connection),
        told(page, Writer.CLIENT, 55, "participant.reconnected", e.Reconnected(), who, connection),
        told(host, Writer.SERVER, 90, "call.ended", e.CallEnded()),
    ]


async def begin(host: Host) -> tuple[str, str]:
    """A call, and the connection of user 2 in it."""
    id = (await host.make_call())["id"]
    joined = (await host.server.post(f"/v1/calls/{id}/join", json={"participant": "user:2"})).json()
    return id, joined["connection"]


async def tell(host: Host, facts: list[Told]) -> None:
    for source, writer, fact in facts:
        outcomes = await host.context.ledger.append(source, writer, [fact], received_at=datetime.now(UTC))
        assert [outcome.outcome for outcome in outcomes] == ["stored"]


async def figures(host: Host, id: str) -> Any:
    """The record without ids, and without when it was made."""
    call = await host.call(id)
    person = next(one for one in call["participants"] if one["identity"] == "user:2")
    (connection,) = person["connections"]
    return (
        [call[name] for name in ("status", "started_at", "ended_at", "elapsed_seconds", "disconnection_count", "anomaly_count", "event_count")],
        [person[name] for name in ("display_name", "side", "status", "left_at", "attended_seconds", "evidence", "join_count")],
        [connection[name] for name in ("connected_at", "setup_ms", "duration_seconds", "intervals")],
    )


async def test_every_fact_says_who_told_it(host: Host, since: datetime) -> None:
    """Page, engine and the host's server, and our own commands, each under their own name."""
    id, connection = await begin(host)
    await tell(host, story(id, connection, since))

    kept = (await host.server.get(f"/v1/calls/{id}/events")).json()["items"]

    assert [(one["type"], one["source"]) for one in kept] == [
        ("participant.joined", "key:host"),
        ("participant.connected", f"sdk:{connection}"),
        ("participant.connected", "engine:livekit"),
        ("media.changed", f"sdk:{connection}"),
        ("participant.disconnected", "engine:livekit"),
        ("participant.reconnected", f"sdk:{connection}"),
        ("call.ended", "key:host"),
        ("call.created", "callwell"),
        ("participant.joined", "callwell"),
    ]


async def test_what_several_tell_is_one_record_in_whatever_order(host: Host, since: datetime) -> None:
    """Told forwards, backwards, and the engine last: the same people, times and figures."""
    records: list[Any] = []
    for order in (lambda told: told, lambda told: told[::-1], lambda told: sorted(told, key=lambda one: one[1] is Writer.ENGINE)):
        id, connection = await begin(host)
        await tell(host, order(story(id, connection, since)))
        records.append(await figures(host, id))

    assert records[0] == records[1] == records[2]
    assert records[0][1][-2]["engine_seconds"] > 0, "the engine's word counts more than a page's"


async def test_the_timeline_tells_once_what_two_sources_tell(host: Host, since: datetime) -> None:
    """The same of one connection, one after the other: one entry with both sources, where they say the same."""
    id, connection = await begin(host)
    for source, writer, when in (("sdk:x", Writer.CLIENT, 10), ("engine:livekit", Writer.ENGINE, 11)):
        fact = NewEvent(UUID(id), ids.uuid7(), "media.changed", since + when * SECOND, e.MediaChanged(audio_enabled=False), "user:2", connection)
        await tell(host, [(source, writer, fact)])

    items = (await host.server.get(f"/v1/calls/{id}/timeline")).json()["items"]

    (entry,) = [one for one in items if one["type"] == "media.changed"]
    assert (entry["sources"], entry["count"], entry["detail"]) == (["sdk", "engine"], 2, {"audio_enabled": False})
