"""Seats: who holds one, and that there are never more people than seats, however many ask at once."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.joining.conftest import Host

from callwell.joining import actions
from callwell.joining.actions import Asking
from callwell.record.commands import Refusal

ASKING = 50
MANY = 500


async def _ask_at_once(host: Host, *invites: dict[str, Any]) -> list[tuple[int, Any]]:
    answers = await asyncio.gather(*(host.ask(invite) for invite in invites))
    return [(answer.status_code, answer.json()) for answer in answers]


async def _check_rounds(host: Host, rounds: int, asking: int) -> None:
    """Twenty of them with an invite of their own, the others with one that all have."""
    for _ in range(rounds):
        room = await host.room(capacity=2)
        shared = await host.invite(room)
        invites = [shared] * (asking - 20) + [await host.invite(room, identity=f"user:{number}") for number in range(20)]

        answers = await _ask_at_once(host, *invites)

        inside = [answer for status, answer in answers if status == 201]
        outside = [(status, answer["code"]) for status, answer in answers if status != 201]
        assert len(inside) == 2
        assert outside == [(409, "join.room_full")] * (asking - 2)
        assert len({answer["call_id"] for answer in inside}) == 1
        assert len({answer["participant"]["id"] for answer in inside}) == 2
        assert sorted((await host.connections(inside[0]["call_id"])).values()) == ["connecting"] * 2


async def test_two_places_and_fifty_asking_at_once(host: Host) -> None:
    """Exactly two are in, in one call, and everybody else is told that the room is full; in every round."""
    await _check_rounds(host, 5, ASKING)


async def test_two_places_and_five_hundred_asking_at_once(host: Host) -> None:
    """Nobody is told that the server is busy, either: who asks waits for their turn."""
    await _check_rounds(host, 2, MANY)


@pytest.mark.long
async def test_two_places_and_five_hundred_asking_at_once_a_hundred_times(host: Host) -> None:
    await _check_rounds(host, 100, MANY)


async def test_uses_are_counted_exactly(host: Host) -> None:
    """Given an invite for one person, when fifty ask at once, then one came in by it and no more."""
    invite = await host.invite(await host.room(capacity=2), max_uses=1)

    answers = await _ask_at_once(host, *[invite] * ASKING)

    assert sorted(status for status, _ in answers) == [201] + [403] * (ASKING - 1)
    assert (await host.server.get(f"/v1/invites/{invite['id']}")).json()["use_count"] == 1


async def test_twenty_first_joins_at_once_make_one_call(host: Host, context: Any) -> None:
    """Twenty who come by invites of their own into an empty room begin one call between them."""
    room = await host.room(capacity=50)
    invites = [await host.invite(room, identity=f"user:{number}") for number in range(20)]

    answers = await asyncio.gather(*(host.ask(invite) for invite in invites))

    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 18
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"join.needs_sfu"}
    async with context.db.connection() as tx:
        assert (await (await tx.execute("SELECT (SELECT count(*) FROM calls), (SELECT count(*) FROM live_calls)")).fetchone()) == (1, 1)


async def test_a_call_that_ends_while_people_come_is_followed_by_one(host: Host, context: Any) -> None:
    """Whoever comes while the room's call is being ended is in a call that goes on, and all of them in the same one."""
    room = await host.room(capacity=2)
    one, two = await host.invite(room, identity="user:1"), await host.invite(room, identity="user:2")
    for _ in range(10):
        running = await host.join(one)

        _, first, second = await asyncio.gather(host.end(running["call_id"]), host.ask(one), host.ask(two))

        assert {first.status_code, second.status_code} == {201}
        async with context.db.connection() as tx:
            unfinished = await (await tx.execute("SELECT id FROM calls WHERE status IN ('initiated', 'ringing', 'active')")).fetchall()
            live = await (await tx.execute("SELECT call_id FROM live_calls")).fetchall()
        assert unfinished == live
        assert len(live) <= 1
        for (call_id,) in live:
            await host.end(str(call_id))


async def test_a_seat_is_free_once_its_holder_has_left(host: Host) -> None:
    """Who leaves makes room."""
    room = await host.room(capacity=1)
    inside = await host.join(await host.invite(room, identity="user:1"))
    other = await host.invite(room, identity="user:2")
    assert (await host.ask(other)).json()["code"] == "join.room_full"

    await host.leave(inside)

    assert (await host.ask(other)).status_code == 201


async def test_the_same_person_takes_one_seat(host: Host) -> None:
    """Somebody who comes with a second device sits on the seat that is theirs."""
    room = await host.room(capacity=2)
    invite = await host.invite(room, identity="user:1")

    laptop, phone = await host.join(invite), await host.join(invite)

    assert laptop["participant"]["id"] == phone["participant"]["id"]
    assert laptop["connection"] != phone["connection"]
    assert (await host.ask(await host.invite(room, identity="user:2"))).status_code == 201


@pytest.mark.parametrize(("seconds", "is_free"), [(119, False), (121, True)])
async def test_a_seat_is_kept_while_there_is_time_to_connect(host: Host, attempt: Callable[..., Any], seconds: int, is_free: bool) -> None:
    """Somebody let in who has not connected holds their seat for the time that they have for it, and no longer."""
    room = await host.room(capacity=1)
    await host.join(await host.invite(room, identity="user:1"))
    invite = await host.invite(room, identity="user:2")

    async with attempt(datetime.now(UTC) + timedelta(seconds=seconds)) as exchange:
        result = await actions.join_by_invite(exchange, invite["secret"], Asking())

    assert (not isinstance(result, Refusal)) is is_free


async def test_somebody_connected_keeps_their_seat(host: Host, attempt: Callable[..., Any]) -> None:
    """Who is connected is not sat upon, however long ago they came."""
    room = await host.room(capacity=1)
    await host.connect(await host.join(await host.invite(room, identity="user:1")))
    invite = await host.invite(room, identity="user:2")

    async with attempt(datetime.now(UTC) + timedelta(hours=1)) as exchange:
        result = await actions.join_by_invite(exchange, invite["secret"], Asking())

    assert isinstance(result, Refusal)
    assert result.error.code == "join.room_full"


async def test_a_room_made_larger_has_the_more_seats_at_once(host: Host) -> None:
    """Capacity is the room's, as it is when somebody asks."""
    room = await host.room(capacity=1)
    await host.join(await host.invite(room, identity="user:1"))
    invite = await host.invite(room, identity="user:2")
    assert (await host.ask(invite)).status_code == 409

    await host.server.patch(f"/v1/rooms/{room}", json={"capacity": 2})

    assert (await host.ask(invite)).status_code == 201
