"""Coming back: the same participant, with a new connection."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.joining.conftest import Host

from callwell.app import Context
from callwell.joining import actions
from callwell.joining.actions import Asking
from callwell.record.commands import Refusal


async def test_a_refresh_is_the_same_participant_with_a_second_connection(host: Host) -> None:
    """Given a guest in a call by an invite for one, when their page is loaded again, then they are the same guest, and it cost no use."""
    invite = await host.invite(await host.room(), role="client", max_uses=1)
    first = await host.join(invite, display_name="Ana")

    answer = await host.ask_again(first)

    assert answer.status_code == 201
    second = answer.json()
    assert second["call_id"] == first["call_id"]
    assert second["participant"] == first["participant"]
    assert second["connection"] != first["connection"]
    assert second["token"] != first["token"]
    assert (await host.server.get(f"/v1/invites/{invite['id']}")).json()["use_count"] == 1
    assert set(await host.connections(first["call_id"])) == {first["connection"], second["connection"]}


async def test_the_secret_stays_good(host: Host) -> None:
    """A page may come back as often as it likes, with the secret that it has."""
    first = await host.join(await host.invite(await host.room()))

    answers = [await host.ask_again(first) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert {answer.json()["resume"] for answer in answers} == {first["resume"]}
    assert {answer.json()["participant"]["id"] for answer in answers} == {first["participant"]["id"]}


async def test_a_full_room_lets_its_own_back_in(host: Host) -> None:
    """Somebody who holds a seat comes back to it though all are taken."""
    room = await host.room(capacity=2)
    first = await host.join(await host.invite(room, identity="user:1"))
    await host.join(await host.invite(room, identity="user:2"))

    assert (await host.ask_again(first)).status_code == 201


async def test_a_seat_given_up_may_be_taken(host: Host) -> None:
    """Who left and finds their seat taken is told that the room is full."""
    room = await host.room(capacity=1)
    first = await host.join(await host.invite(room, identity="user:1"))
    await host.leave(first)
    await host.join(await host.invite(room, identity="user:2"))

    answer = await host.ask_again(first)

    assert (answer.status_code, answer.json()["code"]) == (409, "join.room_full")


async def test_a_secret_that_is_none(host: Host) -> None:
    """A secret that we did not give out is refused, with its entry."""
    joined = await host.join(await host.invite(await host.room()))

    answers = [await host.ask_again({"resume": secret}) for secret in ("cwr_nothing", joined["resume"] + "x", joined["token"])]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "join.resume_invalid")] * 3
    assert [entry.reason for entry in await host.entries("join_denied")] == ["unknown"] * 3


async def test_a_call_that_is_over_is_not_come_back_to(host: Host) -> None:
    """After the call's end there is nothing to come back to: the room's next call is begun by its invite."""
    joined = await host.join(await host.invite(await host.room()))
    await host.end(joined["call_id"])

    answer = await host.ask_again(joined)

    assert (answer.status_code, answer.json()["code"]) == (409, "join.call_over")


async def test_a_window_that_closed_meanwhile(host: Host, attempt: Callable[..., Any]) -> None:
    """Who was in is told that the window is over."""
    closes_at = datetime.now(UTC) + timedelta(minutes=1)
    joined = await host.join(await host.invite(await host.room(), closes_at=closes_at.isoformat()))

    async with attempt(closes_at, "resume") as exchange:
        result = await actions.resume(exchange, joined["resume"], Asking())

    assert isinstance(result, Refusal)
    assert result.error.code == "join.too_late"
    assert [(entry.error_code, entry.reason) for entry in await host.entries("join_denied")] == [("join.too_late", "expired")]


async def test_a_room_that_was_removed_meanwhile(host: Host, context: Context) -> None:
    """A place whose room and invite are gone is no longer known."""
    joined = await host.join(await host.invite(await host.room()))
    async with context.db.transaction() as tx:
        await tx.execute("DELETE FROM rooms")

    answer = await host.ask_again(joined)

    assert (answer.status_code, answer.json()["code"]) == (403, "join.resume_invalid")


async def test_somebody_who_was_erased_does_not_come_back(host: Host, context: Context) -> None:
    """Whoever was erased from the call is nobody that could come back."""
    joined = await host.join(await host.invite(await host.room()))
    async with context.db.transaction() as tx:
        await tx.execute("UPDATE participants SET guest_id = NULL, erased_id = id")

    answer = await host.ask_again(joined)

    assert (answer.status_code, answer.json()["code"]) == (403, "join.resume_invalid")


async def test_a_host_comes_back_as_host(host: Host) -> None:
    """Role, side and rights are those they came in with."""
    first = await host.join(await host.invite(await host.room(), identity="user:1", role="therapist", is_host=True, display_name="Dr. Ito"))

    second = (await host.ask_again(first)).json()

    assert second["participant"] == first["participant"]
    assert second["participant"]["host"] is True
