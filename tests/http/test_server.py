"""The process that stays: it says when it is ready, tells in a sentence why it cannot start, and finishes what it began."""

import asyncio
import contextlib
import json
import re
import signal
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from tests.app_fixtures import TEST_KEY
from tests.processes import Process, begin, run

from callwell.access.keys import NewKey


@pytest.fixture
async def serving(database_url: str) -> AsyncIterator[Process]:
    process = await begin("serve", "--port", "0", database_url=database_url, secret_key=TEST_KEY)
    try:
        await process.until_ready()
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.process.kill()


async def test_told_to_stop_it_finishes_what_was_begun(serving: Process, make_key: Any) -> None:
    """A request whose last byte comes after SIGTERM is still answered, nobody new is let in, and the end is a clean one."""
    key: NewKey = await make_key("admin")
    body = b'{"title": "The last one"}'
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    head = f"POST /v1/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key.secret}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body[:-1])
    await writer.drain()
    await asyncio.sleep(1)
    serving.process.send_signal(signal.SIGTERM)
    await _until_nobody_is_let_in(serving.port)
    writer.write(body[-1:])
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 30)
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b'"title":"The last one"' in answer
    begun = time.monotonic()
    assert await serving.end() == 0
    assert time.monotonic() - begun < 15
    assert str(key.secret) not in serving.said


async def _until_nobody_is_let_in(port: int) -> None:
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(15):
            while True:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await asyncio.sleep(0.05)


async def test_told_to_stop_it_says_good_bye_to_sockets(serving: Process) -> None:
    """An open socket is closed with a code that tells the page to come back."""
    async with websockets.connect(f"ws://127.0.0.1:{serving.port}/v1/socket", origin=websockets.Origin(serving.address)) as page:
        assert json.loads(await page.recv())["type"] == "challenge"
        serving.process.send_signal(signal.SIGTERM)
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(page.recv(), 30)
        assert page.close_code in (1001, 1012)
    assert await serving.end() == 0


@pytest.mark.long
async def test_a_request_that_never_ends_is_given_up(serving: Process) -> None:
    """Whoever keeps their last byte for good does not keep the server from ending within 30 s."""
    _, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    writer.write(b"POST /v1/join HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
    await writer.drain()
    await asyncio.sleep(0.2)
    serving.process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    await serving.end(31)
    assert 15 < time.monotonic() - begun < 30
    writer.close()


async def test_with_a_database_of_its_own_everything_is_there(tmp_path: Path) -> None:
    """Keys are made while the server is down and while it runs, each printed alone; both open it; ready in seconds; nothing runs on afterwards."""
    folder = str(tmp_path)
    code, first = await run("keys", "create", "before", "--scope", "admin", "--data-dir", folder)
    assert code == 0
    assert re.fullmatch(r"cwk_[\w-]{43}\n", first)
    process = await begin("serve", "--port", "0", "--data-dir", folder)
    try:
        begun = time.monotonic()
        await process.until_ready()
        assert time.monotonic() - begun < 45
        _, second = await run("keys", "create", "meanwhile", "--scope", "rooms:read", "--json", "--data-dir", folder)
        for secret in (first.strip(), json.loads(second)["secret"]):
            async with httpx.AsyncClient(base_url=process.address, headers={"Authorization": f"Bearer {secret}"}) as client:
                assert (await client.get("/v1/rooms")).status_code == 200
                assert (await client.get("/health/ready")).json()["status"] == "ready"
        _, listed = await run("keys", "list", "--json", "--data-dir", folder)
        assert [key["name"] for key in json.loads(listed)["items"]] == ["meanwhile", "before"]
        process.process.send_signal(signal.SIGTERM)
        assert await process.end() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.process.kill()
    assert first.strip() not in process.said
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "postgres" / "data" / "postmaster.pid").exists()


async def test_the_first_start_shows_a_way_in_and_the_next_one_the_same(tmp_path: Path) -> None:
    """`callwell run` prints an address, an account, a key and two links, which all let somebody in; after a restart they are the same."""
    shown: list[tuple[str, str, list[str]]] = []
    for _ in range(2):
        process = await begin("run", "--port", "0", "--data-dir", str(tmp_path))
        try:
            await process.until_ready("API  ")
            key = re.search(r"cwk_[\w-]{43}", process.said)
            secrets = re.findall(r"/room/room-[0-9a-f]{32}#(inv_\S+)", process.said)
            account = re.search(r"Console +(http\S+)/ +(admin@localhost) / (\S{20})\n", process.said)
            assert key
            assert account
            async with httpx.AsyncClient(base_url=process.address) as client:
                signed_in = await client.post("/v1/session", json={"email": account[2], "password": account[3]}, headers={"Origin": process.address})
                assert signed_in.status_code == 200, signed_in.text
                assert signed_in.json()["account"]["role"] == "admin"
                client.cookies.clear()
                assert (await client.get("/v1/rooms", headers={"Authorization": f"Bearer {key[0]}"})).status_code == 200
                joined = [(await client.post("/v1/join", json={"invite": secret})).json() for secret in secrets]
            assert [one["participant"]["side"] for one in joined] == ["provider", "client"]
            assert len({one["call_id"] for one in joined}) == 1
            shown.append((key[0], account[3], secrets))
        finally:
            process.process.send_signal(signal.SIGTERM)
            assert await process.end() == 0
    assert shown[0] == shown[1]
    assert (tmp_path / "welcome.json").stat().st_mode & 0o777 == 0o600


async def test_log_lines_are_json_where_asked_and_hold_no_secret(database_url: str, make_key: Any) -> None:
    """Each line is one object; a request's has its id, its route and its credential's id, and nothing of its query, headers or body."""
    key: NewKey = await make_key("admin")
    process = await begin("serve", "--port", "0", database_url=database_url, secret_key=TEST_KEY, log_format="json")
    await process.until_ready()
    async with httpx.AsyncClient(base_url=process.address, headers={"Authorization": f"Bearer {key.secret}"}) as client:
        answer = await client.post("/v1/join?invite=inv_verysecret", json={"invite": "inv_verysecret"})
    process.process.send_signal(signal.SIGTERM)
    assert await process.end() == 0
    lines = [json.loads(line) for line in process.said.splitlines() if line.startswith("{")]
    (line,) = (line for line in lines if line["event"] == "request")
    assert (line["route"], line["status"], line["request_id"]) == ("/v1/join", 422, answer.headers["x-request-id"])
    assert "verysecret" not in process.said
    assert str(key.secret) not in process.said


async def test_background_work_alone_ends_when_told(database_url: str) -> None:
    """`callwell work` says that it has begun, and ends cleanly when it is told to."""
    process = await begin("work", database_url=database_url, secret_key=TEST_KEY)
    assert process.process.stdout
    assert await asyncio.wait_for(process.process.stdout.readline(), 60) == b"Callwell is at work\n"
    process.process.send_signal(signal.SIGTERM)
    assert (await process.end(), process.said) == (0, "")


# ── What cannot be ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"porrt": "1"}, "CALLWELL_PORRT is not right: there is no such setting."),
        ({"port": "high"}, "CALLWELL_PORT is not right: it must be a whole number, not 'high'."),
        ({"lease_seconds": "3"}, "CALLWELL_LEASE_SECONDS is not right: it must be longer than CALLWELL_HEARTBEAT_SECONDS."),
        ({"secret_key": "short"}, "CALLWELL_SECRET_KEY is not right: it must be 32 bytes in hex (64 digits)."),
        ({"database_url": "mysql://x"}, "CALLWELL_DATABASE_URL is not right: it must begin with postgresql://."),
    ],
)
async def test_a_wrong_setting_stops_the_start_with_a_sentence(settings: dict[str, str], sentence: str) -> None:
    """One line that names the setting and what is wrong with it; exit code 2."""
    assert await run("serve", **settings) == (2, f"callwell: {sentence}\n")


async def test_a_port_that_is_taken_stops_the_start(database_url: str) -> None:
    """Where another program listens already we say so."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = await run("serve", "--port", str(port), database_url=database_url, secret_key=TEST_KEY)
    assert (code, said) == (1, f"callwell: Nothing can listen on 127.0.0.1 port {port}: address already in use.\n")


async def test_an_outdated_schema_stops_the_start_until_it_is_migrated(empty_database_url: str) -> None:
    """A server's database is migrated when its owner says so, and checked at every start."""
    settings = {"database_url": empty_database_url, "secret_key": TEST_KEY}
    code, said = await run("serve", "--port", "0", **settings)
    assert code == 1
    assert said.count("\n") == 1
    assert "callwell db migrate" in said
    assert (await run("db", "check", **settings))[0] == 1
    assert await run("db", "migrate", **settings) == (0, "")
    code, said = await run("db", "check", "--json", **settings)
    assert (code, json.loads(said)) == (0, {"is_current": True, "differences": [], "trail_is_protected": True})


async def test_a_database_that_could_lose_what_was_acknowledged_stops_the_start(database_url: str, postgres_admin: Any) -> None:
    """In production a database that acknowledges before it has written is refused, by the setting's name."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    postgres_admin.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    code, said = await run("serve", "--port", "0", database_url=database_url, secret_key=TEST_KEY)
    assert code == 1
    assert "synchronous_commit = off" in said
    process = await begin("serve", "--port", "0", database_url=database_url, secret_key=TEST_KEY, production="false")
    await process.until_ready()
    process.process.send_signal(signal.SIGINT)
    assert await process.end() == 0


async def test_a_database_that_is_not_there_stops_the_start() -> None:
    """Without its database the server does not begin; exit code 1."""
    code, said = await run("serve", "--port", "0", database_url="postgresql://callwell@127.0.0.1:1/callwell", secret_key=TEST_KEY)
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("callwell: The database cannot be reached")
