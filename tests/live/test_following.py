"""Calls are followed as they happen: one of them, the one that somebody is in, and all that go on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from tests.live.conftest import Heard, House, until
from tests.quality.conftest import sample

from callwell import errors, ids
from callwell.live import following
from callwell.postgres.pool import execute
from callwell.record import changes

Open = Callable[..., Awaitable[Heard]]


def without_clock(call: dict[str, Any]) -> dict[str, Any]:
    """What of a call does not run on while nothing happens."""
    return {name: value for name, value in call.items() if name not in ("elapsed_seconds", "overlap_seconds", "overlap_claimed_seconds")}


# ── One call ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_follower_is_told_how_a_call_stands(house: House, follower: Heard) -> None:
    """Given a call; when it is followed; then it is told as a GET of it shows it."""
    call_id = await house.make_call()
    (told,) = await follower.follow("s1", call=call_id)
    assert (told["type"], told["subscription"]) == ("call", "s1")
    assert told["call"] == await house.get(call_id)
    assert told["version"] == told["call"]["version"]


async def test_a_follower_is_told_of_each_change(house: House, follower: Heard) -> None:
    """Given a call that is followed; when somebody joins and it ends; then the follower sees that, with rising versions, to the end."""
    call_id = await house.make_call()
    (first,) = await follower.follow("s1", call=call_id)
    await house.tell(call_id, "participant.joined", "user:7", "c1")
    joined = await follower.hear()
    assert joined["version"] > first["version"]
    assert [one["status"] for one in joined["call"]["participants"] if one["identity"] == "user:7"] == ["connecting"]
    await house.end(call_id)
    ended = await follower.hear()
    assert ended["version"] > joined["version"]
    assert ended["call"]["status"] == "ended"
    assert without_clock(ended["call"]) == without_clock(await house.get(call_id))


async def test_changes_made_through_another_process_are_told(house: House, other_house: House, follower: Heard) -> None:
    """Given two processes over one database; when a call changes through one; then followers of the other hear of it."""
    call_id = await house.make_call()
    await follower.follow("s1", call=call_id)
    await other_house.join(call_id, "user:7")
    while (told := await follower.hear())["call"]["status"] != "active":
        pass
    assert told["call"]["participants"][-1]["identity"] == "user:7"


async def test_a_call_that_is_not_there_is_not_followed(follower: Heard) -> None:
    """Given no such call; when it is followed; then that is refused, and the socket goes on."""
    await follower.say(type="subscribe", id="s1", call=str(ids.uuid7()))
    refused = await follower.hear()
    assert (refused["type"], refused["subscription"], refused["code"]) == ("error", "s1", "not_found")
    await follower.hears_nothing()


async def test_a_call_that_is_erased_is_gone(house: House, follower: Heard) -> None:
    """Given a call that is followed; when it is erased and that is noticed; then it is gone."""
    call_id = await house.make_call()
    await follower.follow("s1", call=call_id)
    async with house.context.db.transaction() as tx:
        await execute(tx, "DELETE FROM calls WHERE id = %s", [call_id])
    house.context.live._hear_of_changes(None)
    assert await follower.hear() == {"type": "gone", "subscription": "s1", "call": call_id}


async def test_what_is_no_longer_followed_is_not_told(house: House, follower: Heard) -> None:
    """Given a subscription; when it is ended; then nothing more is told of it, and its id can be used again."""
    call_id = await house.make_call()
    await follower.follow("s1", call=call_id)
    await follower.say(type="unsubscribe", id="s1")
    assert await follower.hear() == {"type": "unsubscribed", "subscription": "s1"}
    await house.join(call_id, "user:7")
    await follower.hears_nothing()
    (again,) = await follower.follow("s1", call=call_id)
    assert again["call"]["status"] == "active"


# ── Coming back after a gap ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_coming_back_with_the_version_one_has_brings_nothing(house: House, open_socket: Open) -> None:
    """Given a follower that lost its socket while nothing happened; when it comes back with its version; then nothing is sent."""
    call_id = await house.make_call()
    (told,) = await (await open_socket()).follow("s1", call=call_id)
    assert await (await open_socket()).follow("s1", call=call_id, since=told["version"]) == []


async def test_coming_back_after_a_change_brings_the_newest_alone(house: House, open_socket: Open) -> None:
    """Given a gap in which a call changed several times; when its follower comes back; then it is told once, the newest version."""
    call_id = await house.make_call()
    before = await open_socket()
    (told,) = await before.follow("s1", call=call_id)
    await before.socket.close()
    await house.join(call_id, "user:7")
    await house.join(call_id, "user:8", "c2")
    (newest,) = await (await open_socket()).follow("s1", call=call_id, since=told["version"])
    assert newest["version"] == (await house.get(call_id))["version"] > told["version"] + 1


async def test_coming_back_to_all_active_calls_tells_the_difference(house: House, open_socket: Open) -> None:
    """Given a wall of calls; when one changed, one ended, one began and one stayed during a gap; then the first three alone are told."""
    same, changing, ending = [await house.make_call() for _ in range(3)]
    before = await open_socket()
    held = {told["call"]["id"]: told["version"] for told in await before.follow("w", active=True)}
    assert held.keys() == {same, changing, ending}
    await before.socket.close()
    await house.join(changing, "user:7")
    await house.end(ending)
    beginning = await house.make_call()
    told = await (await open_socket()).follow("w", active=True, since=held)
    assert {(one["type"], one["call"] if one["type"] == "gone" else one["call"]["id"]) for one in told} == {
        ("call", changing),
        ("gone", ending),
        ("call", beginning),
    }


# ── All that go on ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_wall_has_every_unfinished_call(house: House, follower: Heard) -> None:
    """Given a wall; when a call begins, changes and ends; then it is told, told again, and gone."""
    await house.end(await house.make_call())
    there = await house.make_call()
    assert [told["call"]["id"] for told in await follower.follow("w", active=True)] == [there]
    call_id = await house.make_call()
    assert (await follower.hear())["call"]["id"] == call_id
    await house.join(call_id, "user:7")
    while (await follower.hear())["call"]["status"] != "active":
        pass
    await house.end(call_id)
    assert await follower.hear() == {"type": "gone", "subscription": "w", "call": call_id}
    await house.tell(call_id, "issue.reported", text="it was all too short")
    await follower.hears_nothing()


async def test_a_call_that_was_ended_by_mistake_is_back_on_the_wall(house: House, follower: Heard) -> None:
    """Given a call that a timer ended by a wrong guess; when facts prove it wrong; then it is on the wall again, in a newer version."""
    call_id = await house.make_call()
    (first,) = await follower.follow("w", active=True)
    async with house.context.db.transaction() as tx:
        await execute(tx, "UPDATE calls SET status = 'ended', ended_at = created_at, version = version + 1 WHERE id = %s", [call_id])
        await execute(tx, "SELECT pg_notify('callwell_changes', %s)", [call_id])
    assert (await follower.hear())["type"] == "gone"
    await house.join(call_id, "user:7")
    told = await follower.hear()
    assert (told["type"], told["call"]["ended_at"]) == ("call", None)
    assert told["version"] > first["version"] + 1


async def test_a_long_wall_comes_whole(house: House, follower: Heard) -> None:
    """Given more calls than are read at once; when they are followed; then every one is told before it is said that all were."""
    made = {await house.make_call() for _ in range(230)}
    told = await follower.follow("w", active=True)
    assert {one["call"]["id"] for one in told} == made
    assert len(told) == len(made)


# ── The call that somebody is in ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_somebodys_call_is_told_from_joining_to_leaving(house: House, follower: Heard) -> None:
    """Given somebody in no call; when they join one and leave it while it goes on; then it is told, and gone."""
    assert await follower.follow("p", user="7") == []
    call_id = await house.make_call()
    await house.join(call_id, "user:8", "c2")
    await follower.hears_nothing()
    await house.tell(call_id, "participant.joined", "user:7", "c1")
    assert (await follower.hear())["call"]["id"] == call_id
    await house.tell(call_id, "participant.left", "user:7", "c1")
    assert await follower.hear() == {"type": "gone", "subscription": "p", "call": call_id}
    assert (await house.get(call_id))["status"] == "active"


async def test_somebody_who_goes_on_to_another_call_is_followed_there(house: House, follower: Heard) -> None:
    """Given somebody in a call; when they join a newer one; then the older is gone and the newer told."""
    older, newer = await house.make_call(), await house.make_call()
    await house.join(older, "guest:x")
    assert [one["call"]["id"] for one in await follower.follow("p", guest="x")] == [older]
    await asyncio.sleep(0.01)
    await house.tell(newer, "participant.joined", "guest:x", "c2")
    told = {(await follower.hear())["type"]: True for _ in range(2)}
    assert told.keys() == {"gone", "call"}
    assert (await follower.follow("p2", guest="x"))[0]["call"]["id"] == newer


async def test_coming_back_to_somebody_in_another_call_tells_both(house: House, open_socket: Open) -> None:
    """Given a gap in which somebody's call ended and another, of a lower version, began; then the old is gone and the new is told."""
    older = await house.make_call()
    await house.join(older, "user:7")
    (held,) = await (await open_socket()).follow("p", user="7")
    await house.end(older)
    newer = await house.make_call()
    await house.tell(newer, "participant.joined", "user:7", "c2")
    told = await (await open_socket()).follow("p", user="7", since={older: held["version"]})
    assert {one["type"]: one["call"] if one["type"] == "gone" else one["call"]["id"] for one in told} == {"gone": older, "call": newer}


async def test_a_person_sees_their_own_call_as_a_person_does(house: House, open_socket: Open) -> None:
    """Given a user token; when its person follows their call; then it is told as the API tells it to them: nobody else's identity or device."""
    call_id = await house.make_call(external_id="order-9")
    await house.join(call_id, "user:7")
    await house.join(call_id, "user:8", "c2")
    made = await house.http.post("/v1/user-tokens", json={"identity": "user:7"})
    token = made.json()["token"]
    (told,) = await (await open_socket(token)).follow("me", user="7")
    seen = (await house.http.get("/v1/users/7/active-call", headers={"Authorization": f"Bearer {token}"})).json()["call"]
    assert without_clock(told["call"])["participants"][0]["id"] == without_clock(seen)["participants"][0]["id"]
    assert {one["identity"] for one in told["call"]["participants"]} == {"user:7", None}
    assert told["call"]["external_id"] is None


# ── Hints are only hints ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_followers_see_how_good_connections_are(house: House, other_house: House, open_socket: Open) -> None:
    """Given somebody who is measured, through whichever process; then who follows their call is told how good it is, a person why of their own alone."""
    call_id = await house.make_call()
    await house.join(call_id, "user:7")
    await house.join(call_id, "user:8")
    token = (await house.http.post("/v1/user-tokens", json={"identity": "user:8"})).json()["token"]
    staff, person = await open_socket(), await open_socket(token)
    await staff.follow("s1", call=call_id)
    await person.follow("s1", user="8")

    for who, rtt_ms in (("user:7", 40.0), ("user:8", 45.0)):
        measured = sample(call_id, participant=who, connection="c1", rtt_ms=rtt_ms)
        assert (await other_house.http.post("/v1/samples", json={"samples": [measured]})).json()["stored"] == 1

    async def hears_of_both(follower: Heard) -> list[dict[str, Any]]:
        while True:
            told = await follower.hear()
            if told["type"] == "quality" and len(told["connections"]) == 2:
                assert (told["subscription"], told["call"]) == ("s1", call_id)
                return told["connections"]

    people = {one["identity"]: one["id"] for one in (await house.get(call_id))["participants"]}
    told = {one["participant"]: one["quality"] for one in await hears_of_both(staff)}
    assert {who: (told[people[who]]["category"], told[people[who]]["rtt_ms"]) for who in ("user:7", "user:8")} == {
        "user:7": ("excellent", 40.0),
        "user:8": ("excellent", 45.0),
    }
    told = {one["participant"]: one["quality"] for one in await hears_of_both(person)}
    assert set(told[people["user:7"]]) == {"category", "score", "at"}
    assert told[people["user:8"]]["rtt_ms"] == 45.0


async def test_who_comes_later_is_told_how_good_connections_are(house: House, open_socket: Open) -> None:
    """Given a call of which that is known; when somebody begins to follow it; then they are told after how it stands."""
    call_id = await house.make_call()
    await house.join(call_id, "user:7")
    first = await open_socket()
    await first.follow("s1", call=call_id)
    await house.http.post("/v1/samples", json={"samples": [sample(call_id, participant="user:7", connection="c1")]})
    while (await first.hear())["type"] != "quality":
        pass

    second = await open_socket()
    assert [told["type"] for told in await second.follow("s2", call=call_id)] == ["call"]
    assert (await second.hear())["type"] == "quality"


async def test_what_was_missed_is_found_by_version(house: House, follower: Heard) -> None:
    """Given changes of which no hint came, to each thing that is followed; when it is known that hints may be missing; then all is told."""
    one, of_person = await house.make_call(), await house.make_call()
    await follower.follow("call", call=one)
    await follower.follow("person", user="7")
    house.context.hints._subscribers.clear()
    await house.join(one, "user:3")
    await house.tell(of_person, "participant.joined", "user:7", "c1")
    await follower.hears_nothing()
    house.context.live._hear_of_changes(None)
    told = [await follower.hear() for _ in range(2)]
    assert {one["subscription"]: one["call"]["id"] for one in told} == {"call": one, "person": of_person}


async def test_silence_is_looked_into(house: House, follower: Heard) -> None:
    """Given a change of which no hint was sent; when nothing was heard for 5 s; then it is told all the same."""
    call_id = await house.make_call()
    (told,) = await follower.follow("s1", call=call_id)
    async with house.context.db.transaction() as tx:
        await execute(tx, "UPDATE calls SET version = version + 1 WHERE id = %s", [call_id])
    assert (await follower.hear())["version"] == told["version"] + 1


async def test_each_change_is_read_once_for_all(house: House, open_socket: Open, monkeypatch: Any) -> None:
    """Given many followers of a call, in several ways; when it changes; then it is read once."""
    call_id = await house.make_call()
    followers = [await open_socket() for _ in range(8)]
    for one in followers:
        await one.follow("call", call=call_id)
        await one.follow("wall", active=True)
    reads: list[object] = []
    read = house.context.live._read

    async def counted(*given: Any) -> None:
        reads.append(given)
        await read(*given)

    monkeypatch.setattr(house.context.live, "_read", counted)
    await house.tell(call_id, "participant.joined", "user:7", "c1")
    for one in followers:
        assert {(await one.hear())["subscription"] for _ in range(2)} == {"call", "wall"}
    assert len(reads) == 1


# ── Slow and fast readers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_does_not_read_delays_nobody_and_skips_to_the_newest(house: House, open_socket: Open) -> None:
    """Given a follower that does not read while a call changes a hundred times; then another hears of each in time, and it, reading again, of the newest."""
    call_id = await house.make_call(metadata={"padding": "x" * 6000})
    stalled, awake = await open_socket(max_queue=1), await open_socket()
    for one in (stalled, awake):
        for n in range(20):
            await one.say(type="subscribe", id=f"s{n}", call=call_id)
    stalled.socket.transport.pause_reading()
    newest = 0
    for n in range(60):
        await house.tell(call_id, "participant.joined", f"user:{n % 9}", f"c{n}")
        newest = (await house.get(call_id))["version"]
        while (told := await awake.hear())["type"] != "call" or told["version"] < newest or told["subscription"] != "s19":
            pass
    owed = [len(one.owed) for one in house.context.live._followers]
    assert 0 < max(owed) <= 20, "what is owed to it is the calls it follows, however often they changed"
    stalled.socket.transport.resume_reading()
    seen: dict[str, list[int]] = {}
    while any(versions[-1] < newest for versions in seen.values()) or len(seen) < 20:
        told = await stalled.hear()
        if told["type"] == "call":
            seen.setdefault(told["subscription"], []).append(told["version"])
    assert all(versions == sorted(set(versions)) for versions in seen.values()), "versions rise"
    assert sum(len(versions) for versions in seen.values()) < 20 * 60, "it skipped some"


async def test_versions_never_go_back(house: House, open_socket: Open) -> None:
    """Given a call that changes without pause, followed in several ways that come and go; then no subscription sees a version twice or an older one."""
    call_id = await house.make_call()
    follower = await open_socket()
    told: dict[str, list[int]] = {}

    async def change() -> None:
        for _ in range(80):
            await house.tell(call_id, "chat.sent", "user:7", "c1")

    async def come_and_go() -> None:
        for n in range(25):
            await follower.say(type="subscribe", id=f"wall{n}", active=True)
            await follower.say(type="subscribe", id=f"call{n}", call=call_id)
            await follower.say(type="subscribe", id=f"user{n}", user="7")
            await asyncio.sleep(0.02)
            await follower.say(type="unsubscribe", id=f"wall{n}")

    async def listen() -> None:
        while True:
            message = msgspec.json.decode(await follower.socket.recv())
            if message["type"] == "call":
                told.setdefault(message["subscription"], []).append(message["version"])

    await house.join(call_id, "user:7")
    listening = asyncio.create_task(listen())
    await asyncio.gather(change(), come_and_go())
    newest = (await house.get(call_id))["version"]
    await until(lambda: all(told.get(f"{kind}{n}", [0])[-1] == newest for kind in ("call", "user") for n in range(25)))
    listening.cancel()
    assert all(versions == sorted(set(versions)) for versions in told.values())


async def test_a_database_that_goes_away_is_waited_for(house: House, follower: Heard) -> None:
    """Given followers; when every connection to the database is cut while a call changes; then the change is told once it is back."""
    call_id = await house.make_call()
    await follower.follow("s1", call=call_id)
    await follower.follow("p", user="7")
    async with house.context.db.connection() as tx:
        await execute(tx, "RESET ROLE")
        await execute(tx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    for _ in range(20):
        try:
            await house.tell(call_id, "participant.joined", "user:7", "c1")
            break
        except AssertionError:
            await asyncio.sleep(0.2)
    told: set[str] = set()
    while told != {"s1", "p"}:
        told.add((await follower.hear())["subscription"])


async def test_a_look_that_failed_is_made_again(house: House, follower: Heard, monkeypatch: Any) -> None:
    """Given a change that could not be looked at when it was heard of; then it is told a moment later, without another hint, and not for the silence."""
    monkeypatch.setattr(changes, "LOOK_AFTER", 3600)
    call_id = await house.make_call()
    await follower.follow("s1", call=call_id)
    await follower.follow("p", user="7")
    for name in ("list_people", "list_standings"):
        look = getattr(following.queries, name)
        failures = iter([errors.DatabaseUnavailable()])

        async def fail_once(*given: Any, look: Any = look, failures: Any = failures) -> Any:
            for why in failures:
                raise why
            return await look(*given)

        monkeypatch.setattr(following.queries, name, fail_once)
    await house.tell(call_id, "participant.joined", "user:7", "c1")
    assert {(await follower.hear())["subscription"] for _ in range(2)} == {"s1", "p"}


async def test_a_call_that_cannot_be_shown_keeps_no_other_back(house: House, follower: Heard, monkeypatch: Any) -> None:
    """Given many calls of which one cannot be shown; when all are followed; then every other is told, and goes on being told."""
    made = [await house.make_call() for _ in range(5)]
    broken, read = UUID(made[2]), following.list_calls_by_id

    async def fail(tx: Any, call_ids: Any, at: Any) -> Any:
        if broken in call_ids:
            raise ValueError("it holds what nobody foresaw")
        return await read(tx, call_ids, at)

    monkeypatch.setattr(following, "list_calls_by_id", fail)
    assert {told["call"]["id"] for told in await follower.follow("w", active=True)} == {*made} - {str(broken)}
    await house.join(made[4], "user:7")
    assert (await follower.hear())["call"]["id"] == made[4]


async def test_sockets_are_counted(house: House, open_socket: Open) -> None:
    """Given live sockets; then the figures tell how many; when one closes, one less."""

    async def count() -> str:
        figures = (await house.http.get("/metrics")).text
        return next(line for line in figures.splitlines() if line.startswith('callwell_sockets{kind="live"}')).split()[-1]

    first, _ = await open_socket(), await open_socket()
    assert await count() == "2.0"
    await first.socket.close()
    await until(lambda: len(house.context.live) == 1)
    assert await count() == "1.0"


async def test_a_server_that_stops_says_so(house: House, follower: Heard) -> None:
    """Given a follower; when the server restarts; then its socket is closed with the code that means: come back."""
    for one in list(house.context.live._followers):
        one.close(1012, "restarting")
    await follower.is_closed_with(1012)
