"""The socket of rtcstats clients: entries are kept before they are acknowledged, and come to facts and samples however they came."""

import asyncio
import json
import random
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from tests.app_fixtures import replace
from tests.engines.rtcstats.conftest import (
    DUMPS,
    Client,
    Connect,
    agent_of,
    call_of,
    calls_of,
    clients,
    lines_of,
    numbered,
    record_of,
    served,
    told_of,
)
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callwell.app import Context
from callwell.engines.rtcstats import sessions, sockets
from callwell.engines.rtcstats.sockets import NOT_AGAIN, SILENT, read_token
from callwell.settings import Settings

GOOGLE = next(dump for dump in DUMPS if dump.name.startswith("google"))
SHORT = next(dump for dump in DUMPS if dump.name.startswith("chrome96"))
SECRET = "a secret of thirty-two characters"


async def until(holds: Callable[[], Awaitable[Any]], within: float = 30) -> Any:
    """Waits for it to hold; gives what it then is."""
    async with asyncio.timeout(within):
        while True:
            if value := await holds():
                return value
            await asyncio.sleep(0.02)


async def row_of(context: Context, session: str) -> Any:
    async with context.db.connection() as tx:
        return await sessions.find_session(tx, session)


async def is_finished(context: Context, session: str) -> None:
    async def holds() -> bool:
        row = await row_of(context, session)
        return row is not None and row.finished_at is not None

    await until(holds)


async def numbers_of(context: Context, session: str) -> list[int]:
    async with context.db.connection() as tx:
        cursor = await tx.execute("SELECT number FROM rtcstats_entries WHERE session_id = %s ORDER BY number", [session])
        return [row[0] for row in await cursor.fetchall()]


async def stream(client: Connect, dump: Path, session: str = "s1") -> int:
    """A whole dump by one client, which leaves in the end. Gives how many entries it has."""
    one = await client(session, agent=agent_of(dump))
    said = numbered(lines_of(dump))
    await one.say_all(said)
    await one.is_kept(len(said))
    await one.close()
    return len(said)


def identity(**said: Any) -> tuple[str, Any]:
    return "identity", ["identity", None, {"meetingUniqueId": "m1", "deviceId": "d1", "endpointId": "e1", **said}, now_ms(), 1]


def entry(number: int, type: str, value: Any = None, pc: str | None = None, at: int | None = None) -> tuple[str, Any]:
    return "stats-entry", json.dumps([type, pc, value, at or now_ms(), number])


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


# ── What comes of it ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name.partition(".")[0])
async def test_a_session_comes_to_a_call_whose_times_are_those_of_the_session(site: Context, client: Connect, dump: Path) -> None:
    """Given a recorded session, when a client streams it and leaves, then its call has one person, connected for as long as its peer connections were."""
    features = json.loads(dump.with_name(dump.name.replace(".dump.gz", ".features.json")).read_text())
    longest = max(pc["pcSessionDurationMs"] for pc in features["aggregates"].values())

    count = await stream(client, dump)
    await is_finished(site, "s1")

    call_id = await call_of(site)
    record = await record_of(site, call_id)
    [person] = record.participants
    assert (record.engine, record.mode, person.status) == ("jitsi", "sfu", "left")
    assert person.attended_seconds == longest / 1000
    assert person.identity.startswith("guest:")
    assert person.display_name is not None
    assert person.spoke_seconds == features["speakerTime"] / 1000
    assert person.connections[0].name == "s1"
    assert person.connections[0].browser == f"{features['browserInfo']['name']} {features['browserInfo']['majorVersion']}"
    assert person.left_at == datetime.fromtimestamp(features["sessionEndTime"] / 1000, UTC)
    _, samples = await told_of(site)
    assert samples
    row = await row_of(site, "s1")
    assert (row.last_number, row.entry_count, row.call_id) == (count, count, call_id)


async def test_a_server_that_is_restarted_goes_on_where_it_was(open_settings: Settings, tmp_path: Path) -> None:
    """Given half a session, when the server is restarted and the client comes back, then it is told how far it was kept, sends the rest, and all is
    as if there had been no restart."""
    said = numbered(lines_of(GOOGLE))
    half = len(said) // 2
    async with served(open_settings) as context, clients(context) as client:
        one = await client("s1", agent=agent_of(GOOGLE))
        await one.say_all(said[:half])
        await one.is_kept(half)
    async with served(open_settings) as context, clients(context) as client:
        back = await client("s1", agent=agent_of(GOOGLE))
        assert await back.is_welcome() == half
        await back.say_all(said[half:])
        await back.is_kept(len(said))
        await back.close()
        await is_finished(context, "s1")
        twice = await told_of(context)
        await stream(client, GOOGLE, "s1")
        await is_finished(context, "s1")
        assert await told_of(context) == twice, "the same session told at one go says nothing else"
        assert await numbers_of(context, "s1") == list(range(1, len(said) + 1))


async def test_entries_in_any_order_and_twice_tell_the_same(site: Context, client: Connect) -> None:
    """Given a session, when its entries come shuffled and repeated, then facts and samples are in the end those of the session in order."""
    said = numbered(lines_of(GOOGLE))
    shuffled = said + random.Random(7).sample(said, len(said) // 3)
    random.Random(8).shuffle(shuffled)
    one = await client("s1", agent=agent_of(GOOGLE))
    await one.say_all(shuffled)
    await one.close()
    await is_finished(site, "s1")
    assert await numbers_of(site, "s1") == list(range(1, len(said) + 1))
    facts = {fact[0] for fact in (await told_of(site))[0]}

    await stream(client, GOOGLE, "s2")
    await is_finished(site, "s2")

    call_id = await call_of(site)
    people = (await record_of(site, call_id)).participants
    [person] = people
    first, second = sorted(person.connections, key=lambda connection: connection.name)
    assert (first.connected_at, first.left_at, first.attended_seconds) == (second.connected_at, second.left_at, second.attended_seconds)
    assert facts


async def test_two_sessions_of_one_meeting_are_two_people_of_one_call(site: Context, client: Connect) -> None:
    """Given two clients in one meeting, when both are connected, then there is one call with both in it."""
    for session, device in (("s1", "d1"), ("s2", "d2")):
        one = await client(session)
        await one.say(*identity(deviceId=device, displayName=device.upper()))
        await one.say(*entry(2, "create", {}, "PC_0"))
        await one.say(*entry(3, "onconnectionstatechange", "connected", "PC_0"))
        await one.is_kept(3)
    call_id = await call_of(site)
    record = await until(lambda: both_connected(site, call_id))
    assert sorted(person.identity for person in record.participants) == ["guest:d1", "guest:d2"]
    assert record.external_id == "m1"


async def is_connected(context: Context, call_id: Any) -> bool:
    return (await record_of(context, call_id)).participants[0].status == "connected"


async def both_connected(context: Context, call_id: Any) -> Any:
    record = await record_of(context, call_id)
    return record if [person.status for person in record.participants] == ["connected", "connected"] else None


async def test_several_sessions_go_over_one_socket_and_each_may_end_by_itself(site: Context, client: Connect) -> None:
    """Given one socket, when messages of two sessions come over it and one is closed by a message, then that one is finished and the other goes on."""
    one = await client("s1", query="")
    assert await one.is_welcome() == 0
    for session in ("s1", "s2"):
        for type, data in (identity(deviceId=session), entry(2, "create", {}, "PC_0"), entry(3, "onconnectionstatechange", "connected", "PC_0")):
            await one.say(type, data, session=session)
    await one.say("close", session="s2")
    await is_finished(site, "s2")
    call_id = await call_of(site)

    async def one_goes_on() -> bool:
        people = {person.identity: person.status for person in (await record_of(site, call_id)).participants}
        return people == {"guest:s1": "connected", "guest:s2": "left"}

    await until(one_goes_on)


async def test_a_client_that_does_not_come_back_has_left_when_it_was_heard_last(site: Context, client: Connect) -> None:
    """Given a client whose socket broke, when it has had the time in which clients try to come back, then its session is finished, as of its last word."""
    one = await client("s1")
    last = now_ms() - 5000
    await one.say(*identity())
    await one.say(*entry(2, "onconnectionstatechange", "connected", "PC_0", at=last - 60_000))
    await one.say(*entry(3, "onnegotiationneeded", None, "PC_0", at=last))
    await one.is_kept(3)
    call_id = await call_of(site)
    await one.close(1001)
    assert await site.rtcstats.finish_abandoned(datetime.now(UTC)) == 0
    await until(lambda: is_connected(site, call_id))

    await until(lambda: site.rtcstats.finish_abandoned(datetime.now(UTC) + sockets.RETURN_WITHIN))

    [person] = (await record_of(site, call_id)).participants
    assert person.status == "left"
    assert abs((person.left_at - datetime.now(UTC)).total_seconds()) < 60


async def test_a_meeting_that_goes_by_our_own_calls_id_is_that_call_for_who_may_say_so(open_settings: Settings, context: Context) -> None:
    """Given a call of ours whose id is the name of the meeting, when a client shows the secret, then its facts are of that call; else of another."""
    from callwell.record.commands import CreateCall
    from callwell.record.events import CallCreated

    call_id = uuid.uuid4()
    async with context.db.transaction() as tx:
        await context.ledger.command(tx, call_id, CreateCall(id=uuid.uuid4(), details=CallCreated()), datetime.now(UTC))
    for access, path, expected in (("secret", f"/{quote(SECRET)}/{call_id}", 1), ("open", f"/{call_id}", 2)):
        async with served(replace(open_settings, rtcstats_access=access, rtcstats_secret=SECRET)) as site, clients(site) as client:
            one = await client(f"s-{access}", path=path)
            await one.say(*identity(confName=str(call_id)))
            await one.is_kept(1)
            await one.close()
            await is_finished(site, f"s-{access}")
            assert len(await calls_of(site)) == expected
    assert len((await record_of(context, call_id)).participants) == 1


# ── What is said back ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_acknowledged_is_kept(site: Context, client: Connect) -> None:
    """Whenever the server says a number, all entries up to it are in the database."""
    one = await client("s1")
    said = numbered(lines_of(SHORT))
    for number, (type, data) in enumerate(said, 1):
        await one.say(type, data)
        if number % 40 == 0:
            await one.is_kept(number)
            assert set(await numbers_of(site, "s1")) >= set(range(1, number + 1))


async def test_a_client_that_says_nothing_is_let_go(site: Context, client: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a socket over which nothing comes, not even that it is alive, then it is closed, so that the client comes back if it is there."""
    monkeypatch.setattr(sockets, "SILENT_AFTER", 2)
    one = await client("s1")
    for _ in range(4):
        await asyncio.sleep(0.7)
        await one.say("keepalive")
    assert await one.is_closed() == SILENT
    assert SILENT not in (sockets.LEFT, NOT_AGAIN), "on those it would not come back"


# ── Who may ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_may_unless_the_setting_says_so(settings: Settings) -> None:
    """Given a server without the setting, then the door is shut."""
    assert settings.rtcstats_access == "off"
    async with served(replace(settings, port=0)) as site, clients(site) as client:
        with pytest.raises(InvalidStatus):
            await client("s1")


@pytest.mark.parametrize("protocol", [None, "soap", "2.0_STANDARD", "3.1_OTHER"])
async def test_another_protocol_is_not_spoken(client: Connect, protocol: str | None) -> None:
    """Only Jitsi's, whose names say so."""
    with pytest.raises(InvalidStatus):
        await client("s1", protocol=protocol)


@pytest.mark.parametrize("protocol", ["3.1_STANDARD", "3.1_LEGACY", "3.0_STANDARD", "3.1_JVB"])
async def test_the_protocol_that_was_asked_for_is_agreed_on(client: Connect, protocol: str) -> None:
    """A browser closes a socket whose server does not name the protocol."""
    one = await client("s1", protocol=protocol)
    assert one.connection.subprotocol == protocol


@pytest.mark.parametrize(
    ("path", "query", "may"),
    [
        (f"/{SECRET}/room", None, True),
        ("/room", f"?statsSessionId=s1&rtcstats-token={SECRET}", True),
        ("/another secret of that length/room", None, False),
        ("/room", None, False),
        ("", None, False),
    ],
)
async def test_a_secret_stands_where_jitsis_clients_can_put_it(settings: Settings, path: str, query: str | None, may: bool) -> None:
    """Given a shared secret, then who shows it in the address, which is all that those clients can be given, may come in, and nobody else."""
    async with (
        served(replace(settings, port=0, rtcstats_access="secret", rtcstats_secret=SECRET)) as site,
        clients(site) as client,
    ):
        if may:
            one = await client("s1", path=quote(path), query=query and query.replace(" ", "%20"))
            assert await one.is_welcome() == 0
        else:
            with pytest.raises(InvalidStatus):
                await client("s1", path=path.replace(" ", "%20"), query=query)


def token(**claims: Any) -> str:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    return jwt.encode({"exp": soon, "room": "consultation", "context": {"user": {"id": "42"}}, **claims}, SECRET, algorithm="HS256")


async def test_a_token_says_who_somebody_is(settings: Settings) -> None:
    """Given tokens, then the one who is in the call is who their token is for, whatever the page says."""
    async with (
        served(replace(settings, port=0, rtcstats_access="jwt", rtcstats_secret=SECRET)) as site,
        clients(site) as client,
    ):
        one = await client("s1", path=f"/{token()}/tenant/Consultation")
        await one.say(*identity(userId="somebody else"))
        await one.is_kept(1)
        await one.close()
        await is_finished(site, "s1")
        call_id = await call_of(site)
        [person] = (await record_of(site, call_id)).participants
        assert person.identity == "user:42"


def test_a_token_that_is_none_lets_nobody_in() -> None:
    """Signed otherwise, without an end, over, for another room, or no token at all."""
    good = token()
    assert read_token(SECRET, good, "tenant/consultation") is not None
    assert read_token(SECRET, token(room="*"), "anywhere") is not None
    past = datetime.now(UTC) - timedelta(minutes=5)
    endless = jwt.encode({"room": "*"}, SECRET, algorithm="HS256")
    unsigned = jwt.encode({"room": "*", "exp": 9_999_999_999}, "", algorithm="none")
    for shown, meeting in (
        (good, "another"),
        (token(exp=past), "consultation"),
        (endless, "x"),
        (unsigned, "x"),
        (good[:-4], "consultation"),
        ("", "x"),
    ):
        assert read_token(SECRET, shown, meeting) is None
    assert read_token(SECRET[::-1], good, "consultation") is None


# ── Hostile ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def message_with(data: str) -> str:
    return json.dumps({"statsSessionId": "s1", "type": "stats-entry", "data": data})


GARBAGE: list[tuple[str, str]] = [
    ("not JSON", "hello"),
    ("not a message", "[1,2,3]"),
    ("no session", '{"type":"stats-entry","data":"[]"}'),
    ("a session that is none", '{"statsSessionId":"../../etc","type":"stats-entry","data":"[]"}'),
    ("an unknown type", '{"statsSessionId":"s1","type":"drop","data":"[]"}'),
    ("no data", '{"statsSessionId":"s1","type":"stats-entry"}'),
    ("data that is no entry", '{"statsSessionId":"s1","type":"stats-entry","data":"nonsense"}'),
    ("a number as data", '{"statsSessionId":"s1","type":"stats-entry","data":7}'),
    ("a lone surrogate", '{"statsSessionId":"s1","type":"stats-entry","data":"[\\"\\ud800\\"]"}'),
    ("depth in the message", '{"statsSessionId":"s1","type":"identity","data":' + "[" * 10_000 + "]" * 10_000 + "}"),
    ("depth in an entry", message_with("[" * 10_000 + "]" * 10_000)),
    ("hundreds of thousands of keys", message_with('["getstats","PC_0",{' + ",".join(f'"{number}":1' for number in range(300_000)) + "}]")),
    ("NaN", '{"statsSessionId":"s1","type":"stats-entry","data":"[\\"getstats\\",\\"PC_0\\",{\\"a\\":{\\"x\\":NaN}},1,9]"}'),
]


@pytest.mark.parametrize(("what", "message"), GARBAGE, ids=[what for what, _ in GARBAGE])
async def test_garbage_is_passed_over_and_counted(site: Context, client: Connect, what: str, message: str) -> None:
    """Given a client that sends what is no entry, then that is counted, the socket stays, and what comes after is taken."""
    before = site.rtcstats.skipped.total()
    one = await client("s1")
    await one.connection.send(message)
    await one.say(*identity())
    await one.say(*entry(1000, "create", {}, "PC_0"))
    await one.is_kept(1000)
    await until(lambda: at_once(site.rtcstats.skipped.total() > before))
    await one.close()
    await is_finished(site, "s1")
    assert len(await calls_of(site)) == 1


async def at_once(value: bool) -> bool:
    return value


async def test_numbers_that_are_none_come_to_no_nonsense(site: Context, client: Connect) -> None:
    """Given stats with 1e308, text for numbers, negative counters and times that run backwards, then what is kept is finite and in its bounds."""
    one = await client("s1")
    await one.say(*identity())
    await one.say(*entry(2, "onconnectionstatechange", "connected", "PC_0"))
    begun = now_ms() - 600_000
    wild: list[Any] = [1e308, -1e308, "12", None, True, [], {}, -5, 2**63]
    for number in range(3, 60):
        value = wild[number % len(wild)]
        report = {
            "type": "inbound-rtp", "kind": "audio", "ssrc": 1, "timestamp": value, "packetsReceived": value, "packetsLost": value, "jitter": value,
            "bytesReceived": value, "totalSamplesReceived": value, "concealedSamples": value,
        }  # fmt: skip
        at = begun + number * 10_000 if number % 7 else begun - number * 50_000
        await one.say("stats-entry", json.dumps(["getstats", "PC_0", {"a": report, "b": value}, at, number]))
    await one.is_kept(59)
    await one.close()
    await is_finished(site, "s1")
    facts, samples = await told_of(site)
    assert facts
    assert all(isfinite(value) for sample in samples for value in sample if isinstance(value, float))


async def test_a_huge_entry_is_left_out_and_its_number_is_not_asked_for_again(site: Context, client: Connect) -> None:
    """Given an entry above the limit, then it is counted, and the client is told that it is dealt with; else it would send it for ever."""
    one = await client("s1")
    await one.say(*identity())
    await one.say(*entry(2, "create", "x" * (sessions.ENTRY_BYTES + 10), "PC_0"))
    await one.is_kept(2)
    assert await numbers_of(site, "s1") == [1]


async def test_a_session_has_its_limits(site: Context, client: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a session with as many entries as are kept, then further ones are counted and left out."""
    monkeypatch.setattr(sessions, "MOST_ENTRIES", 20)
    one = await client("s1")
    for number in range(1, 41):
        await one.say(*entry(number, "onicecandidate", None, "PC_0"))
    await one.is_kept(40)
    assert await numbers_of(site, "s1") == list(range(1, 21))


async def test_a_socket_has_so_many_sessions_and_no_more(site: Context, client: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a client that makes up sessions, then those above the limit are not taken."""
    monkeypatch.setattr(sockets, "MOST_SESSIONS_OF_SOCKET", 3)
    one = await client("s0")
    for place in range(6):
        await one.say(*entry(1, "create", {}, "PC_0"), session=f"s{place}")
    await until(lambda: at_once(site.rtcstats.skipped["too_many_sessions"] == 3))


async def test_faces_and_logs_are_not_kept(site: Context, client: Connect) -> None:
    """What a page says of its person's face, and its log, is not stored at all."""
    one = await client("s1")
    await one.say(*identity())
    for number, type in enumerate(("faceLandmarks", "facialExpression", "logs"), 2):
        await one.say(*entry(number, type, {"faceExpression": "sad"}))
    await one.say(*entry(5, "create", {}, "PC_0"))
    await one.is_kept(5)
    assert await numbers_of(site, "s1") == [1, 5]


async def test_what_was_sent_is_forgotten_after_its_time(site: Context, client: Connect) -> None:
    """Given sessions older than they are to be kept, then their entries go, and what they told stays."""
    await stream(client, SHORT)
    await is_finished(site, "s1")
    call_id = await call_of(site)
    days = timedelta(days=site.settings.rtcstats_days)

    assert await sessions.forget_sessions(site.db, datetime.now(UTC) + days - timedelta(hours=1), days) == 0
    assert await sessions.forget_sessions(site.db, datetime.now(UTC) + days + timedelta(hours=1), days) == 1

    assert await numbers_of(site, "s1") == []
    assert (await record_of(site, call_id)).participants


async def test_a_client_that_floods_is_not_read_faster_than_it_is_written(site: Context, client: Connect) -> None:
    """Given 40 MB as fast as they go, then all of it is kept, and what waits never comes to more than a few messages beyond the limit."""
    one: Client = await client("s1")
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, *(waiting.pending_bytes for waiting in site.rtcstats._clients), 0)
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    for number in range(1, 41):
        await one.say(*entry(number, "onicecandidate", "x" * 1_000_000, "PC_0"))
    await one.is_kept(40)
    watching.cancel()
    assert await numbers_of(site, "s1") == list(range(1, 41))
    assert most <= sockets.MOST_PENDING + 2_000_000


def test_the_codes_are_those_of_the_package() -> None:
    """3001 is a client's leaving, 3002 that it must not come back (constants.js of @jitsi/rtcstats)."""
    assert (sockets.LEFT, sockets.NOT_AGAIN) == (3001, 3002)
    assert ConnectionClosed is not None
