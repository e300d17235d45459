"""Whatever is killed, what was acknowledged is there once, what was refused is not, and the records are what the facts give."""

import asyncio
import contextlib
import random
import sys
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from .hosts import READY_WITHIN, STOP_WITHIN, Ground, Over, Stand
from .traffic import Traffic, broken_promises

KEPT = pytest.mark.parametrize("over", ["embedded", "shared"])
KILLED = pytest.mark.parametrize("over", ["embedded", "own"])
"""Where the database is: see `Over`."""

OFTEN = [pytest.param(10, id="ten"), pytest.param(100, marks=pytest.mark.long, id="hundred")]
"""Kills of the server on each kind of database."""
NOW_AND_THEN = [pytest.param(3, id="three"), pytest.param(25, marks=pytest.mark.long, id="twenty-five")]
"""Kills of PostgreSQL on each kind."""

HASTY = (sys.executable, "-m", "tests.faults.hasty", "serve")


async def traffic_to(ground: Ground, seed: int = 0) -> Traffic:
    return Traffic(ground.host.url, await ground.key(), seed)


# ── The server is killed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@KEPT
@pytest.mark.parametrize("kills", OFTEN)
async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(stand: Stand, over: Over, kills: int) -> None:
    """Given ingest by several servers at once, when the process is killed again and again at random moments, then each acknowledged fact is there once."""
    ground = await stand(over)
    traffic = await traffic_to(ground, kills)
    chance = random.Random(kills)

    async with traffic.flowing():
        for _ in range(kills):
            await traffic.more()
            await asyncio.sleep(chance.uniform(0, 0.5))
            await ground.host.kill()
            await ground.host.start()
        await traffic.more()

    assert await broken_promises(ground.db, traffic) == []
    assert traffic.answers["lost"] > 0


async def test_an_answer_that_was_lost_makes_no_second_fact(stand: Stand) -> None:
    """When the line is cut after the commit and before the answer is heard, the batch sent again is answered as duplicate, fact by fact."""
    ground = await stand("shared")
    traffic = await traffic_to(ground)
    chance = random.Random(1)
    async with traffic.client() as client:
        for _ in range(50):
            batch = [(fact, "stored") for fact in traffic.news(chance, "own")]
            traffic.sent |= {fact["id"]: fact for fact, _ in batch}
            await send_and_hang_up(ground, traffic.key, {"events": [fact for fact, _ in batch]})

            answer = (await client.post("/v1/events", json={"events": [fact for fact, _ in batch]})).json()

            assert (answer["duplicate"], answer["received"]) == (len(batch), len(batch))
            traffic.acknowledged |= {fact["id"]: fact for fact, _ in batch}

    assert await broken_promises(ground.db, traffic) == []


async def send_and_hang_up(ground: Ground, key: str, body: Any) -> None:
    """A request whose answer begins to come, and is not heard to the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ground.host.port)
    writer.write(raw_request(key, body))
    assert await reader.readexactly(1) == b"H"
    writer.transport.abort()


def raw_request(key: str, body: Any) -> bytes:
    text = msgspec.json.encode(body)
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


# ── PostgreSQL is killed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@KILLED
@pytest.mark.parametrize("kills", NOW_AND_THEN)
async def test_nothing_acknowledged_is_lost_when_postgres_is_killed(stand: Stand, over: Over, kills: int) -> None:
    """Given ingest, when the database server is killed with all its processes, then the same process of ours answers 503 until it is back, and goes on."""
    ground = await stand(over)
    traffic = await traffic_to(ground, kills)
    chance = random.Random(kills)
    process = ground.host.process

    async with traffic.flowing():
        for _ in range(kills):
            await traffic.more()
            await asyncio.sleep(chance.uniform(0, 0.5))
            ground.kill_postgres()
            await asyncio.sleep(chance.uniform(0, 0.3))
            await ground.bring_postgres_back()
            await ground.host.ready()
        await traffic.more()

    assert ground.host.process is process
    assert process.returncode is None
    assert await broken_promises(ground.db, traffic) == []
    assert traffic.answers["lost"] == 0, "the server answers all the while"


# ── The server is stopped ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@KEPT
async def test_a_server_that_is_stopped_finishes_what_it_began(stand: Stand, over: Over) -> None:
    """Given ingest, an open socket and a request of which a byte is still to come, when it is told to stop, then it ends in time, and nothing is lost."""
    ground = await stand(over)
    traffic = await traffic_to(ground)
    batch = [(fact, "stored") for fact in traffic.news(random.Random(2), "own")]
    traffic.sent |= {fact["id"]: fact for fact, _ in batch}
    request = raw_request(traffic.key, {"events": [fact for fact, _ in batch]})

    async with traffic.flowing():
        socket = await open_page(ground, traffic)
        reader, writer = await asyncio.open_connection("127.0.0.1", ground.host.port)
        writer.write(request[:-1])
        await traffic.more(100)

        stopping = asyncio.create_task(ground.host.stop())
        closed_with = await close_code(socket)
        writer.write(request[-1:])
        answer = await reader.read(65536)
        took = await stopping
        await ground.host.start()

    assert closed_with in (1001, 1012)
    assert took < STOP_WITHIN
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503"))
    if head.startswith(b"HTTP/1.1 200"):
        traffic.note(batch, msgspec.json.decode(body)["outcomes"])
    assert await broken_promises(ground.db, traffic) == []


@pytest.mark.long
async def test_a_request_that_never_ends_does_not_keep_the_server(stand: Stand) -> None:
    """A body whose last byte never comes is waited for in vain, and not for ever."""
    ground = await stand("shared")
    traffic = await traffic_to(ground)
    reader, writer = await asyncio.open_connection("127.0.0.1", ground.host.port)
    writer.write(raw_request(traffic.key, {"events": []})[:-1])
    await asyncio.sleep(0.5)

    assert await ground.host.stop() < STOP_WITHIN

    writer.close()
    assert not (await reader.read()).startswith(b"HTTP/1.1 200")


async def open_page(ground: Ground, traffic: Traffic) -> ClientConnection:
    """A page in a call, with its socket open."""
    async with traffic.client() as host:
        room = (await host.post("/v1/rooms", json={})).raise_for_status().json()["name"]
        invite = (await host.post(f"/v1/rooms/{room}/invites", json={})).raise_for_status().json()["secret"]
        token = (await host.post("/v1/join", json={"invite": invite, "display_name": "Ana"})).raise_for_status().json()["token"]
    socket = await connect(f"ws://127.0.0.1:{ground.host.port}/v1/socket")
    challenge = msgspec.json.decode(await socket.recv())
    await socket.send(msgspec.json.encode({"type": "hello", "token": token, "at": challenge["at"], "now": challenge["at"], "sdk": "test/1"}).decode())
    assert msgspec.json.decode(await socket.recv())["type"] == "welcome"
    return socket


async def close_code(socket: ClientConnection) -> int | None:
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(READY_WITHIN):
            while True:
                await socket.recv()
    return socket.close_code


# ── The checks themselves ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_server_that_answers_before_it_commits_is_found_out(stand: Stand) -> None:
    """Given a ledger that acknowledges facts before they are durable, when its process is killed, then the check says what was lost."""
    ground = await stand("shared", command=HASTY)
    traffic = await traffic_to(ground)

    async with traffic.flowing():
        await traffic.more(50)
        await ground.host.kill()
        await ground.host.start()
        await traffic.more()

    assert any(one.startswith("lost: ") for one in await broken_promises(ground.db, traffic))


async def test_a_database_that_acknowledges_before_it_is_on_disk_is_found_out(stand: Stand) -> None:
    """Given ``synchronous_commit`` off, which production refuses, when PostgreSQL is killed, then the check says what was lost."""
    lax = {"synchronous_commit": "off", "wal_writer_delay": "10000", "wal_writer_flush_after": "1GB"}
    ground = await stand("own", conf=lax, CALLWELL_PRODUCTION="false")
    traffic = await traffic_to(ground)
    async with ground.db.connection() as tx:
        await tx.execute("RESET ROLE")
        await tx.execute("CHECKPOINT")  # only facts are to be lost

    async with traffic.flowing():
        await traffic.more(50)
        ground.kill_postgres()
        await ground.bring_postgres_back()
        await ground.host.ready()
        await traffic.more()

    assert any(one.startswith("lost: ") for one in await broken_promises(ground.db, traffic))


PLANTED = {
    "lost: ": "DELETE FROM events WHERE id = %(id)s",
    "2 times: ": """
        INSERT INTO events (call_id, id, source, type, occurred_at, received_at, participant_id, connection_id, hash, payload)
        SELECT call_id, id, 'key:other', type, occurred_at, received_at, participant_id, connection_id, hash, payload FROM events WHERE id = %(id)s
    """,
    "changed: ": "UPDATE events SET occurred_at = occurred_at + interval '1 ms' WHERE id = %(id)s",
    "refused and stored: ": "UPDATE events SET id = %(refused)s WHERE id = %(id)s",
    "never sent: ": "UPDATE events SET id = gen_random_uuid() WHERE id = %(id)s",
    "not what its facts give: ": "UPDATE participants SET spoke_ms = spoke_ms + 1 WHERE call_id = %(call_id)s",
}
"""What the check says, and what makes it say so."""


async def test_the_check_finds_what_is_wrong(stand: Stand) -> None:
    """Given facts that are all as they should be, when one is lost, doubled, changed or put in, or a record is not of its facts, then it is told."""
    ground = await stand("shared")
    traffic = await traffic_to(ground)
    async with traffic.flowing():
        await traffic.more(300)
    assert await broken_promises(ground.db, traffic) == []
    spoken_of = iter(traffic.acknowledged.values())
    refused = next(id for id in traffic.refused.values() if id not in traffic.sent)

    for found, planted in PLANTED.items():
        fact = next(spoken_of)
        async with ground.db.transaction() as tx:
            await tx.execute(planted.encode(), {"id": fact["id"], "call_id": fact["call_id"], "refused": refused})

        assert any(one.startswith(found) for one in await broken_promises(ground.db, traffic)), found
