"""Who is not let in, what they are told, and what is kept of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.joining.conftest import MILLISECOND, NOON, Host

from callwell import errors
from callwell.app import Context
from callwell.joining import actions
from callwell.joining.actions import Asking
from callwell.planning.invites import secret_of
from callwell.record.commands import Refusal

NOBODYS = "inv_" + "0" * 32 + "." + "A" * 43


async def _denied(host: Host) -> list[tuple[str | None, str | None, str | None]]:
    return [(entry.error_code, entry.reason, entry.identity) for entry in await host.entries("join_denied")]


async def test_an_invite_that_never_was(host: Host) -> None:
    """Nobody comes in by a secret that we did not make, and the attempt is kept."""
    answer = await host.ask(NOBODYS)

    assert (answer.status_code, answer.json()["code"]) == (403, "join.invite_invalid")
    assert await _denied(host) == [("join.invite_invalid", "unknown", None)]
    assert len(await host.entries("join_attempt")) == 1


async def test_a_revoked_invite(host: Host) -> None:
    """Nobody comes in by an invite that was revoked; the trail knows which one it was and for whom."""
    invite = await host.invite(await host.room(), identity="user:1")
    await host.server.delete(f"/v1/invites/{invite['id']}")

    answer = await host.ask(invite)

    assert (answer.status_code, answer.json()["code"]) == (403, "join.invite_invalid")
    assert await _denied(host) == [("join.invite_invalid", "revoked", "user:1")]


async def test_an_invite_that_is_used_up(host: Host) -> None:
    """An open invite for one lets one guest in, and no other."""
    invite = await host.invite(await host.room(), max_uses=1)
    await host.join(invite)

    answer = await host.ask(invite)

    assert (answer.status_code, answer.json()["code"]) == (403, "join.invite_invalid")
    assert await _denied(host) == [("join.invite_invalid", "used_up", None)]


async def test_an_expired_invite(host: Host) -> None:
    """Nobody comes in by an invite whose window has closed."""
    invite = await host.invite(await host.room(), closes_at=(datetime.now(UTC) - MILLISECOND).isoformat())

    answer = await host.ask(invite)

    assert (answer.status_code, answer.json()["code"]) == (403, "join.invite_invalid")
    assert await _denied(host) == [("join.invite_invalid", "expired", None)]


async def test_an_outsider_cannot_tell_why_an_invite_is_no_good(host: Host) -> None:
    """Unknown, revoked, used up and expired look the same: status, headers and body; also in a room that is closed or full."""
    room = await host.room(capacity=1)
    revoked, used_up = await host.invite(room), await host.invite(room, max_uses=1)
    expired = await host.invite(room, closes_at="2026-01-01T00:00:00Z")
    await host.server.delete(f"/v1/invites/{revoked['id']}")
    await host.join(used_up)
    await host.server.post(f"/v1/rooms/{room}/close")

    answers = [await host.ask(secret) for secret in (NOBODYS, "x", revoked, used_up, expired)]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert len({answer.content for answer in answers}) == 1
    unlike = {"x-request-id"}
    assert len({tuple(pair for pair in sorted(answer.headers.items()) if pair[0] not in unlike) for answer in answers}) == 1
    assert [reason for _, reason, _ in await _denied(host)] == ["unknown", "unknown", "revoked", "used_up", "expired"]


async def test_a_closed_room(host: Host) -> None:
    """Nobody gets into a closed room, also not sent by the host's server; whoever is in stays."""
    room = await host.room()
    invite = await host.invite(room, identity="user:1")
    inside = await host.join(invite)
    await host.server.post(f"/v1/rooms/{room}/close")

    by_invite = await host.ask(invite)
    by_server = await host.server.post(f"/v1/calls/{inside['call_id']}/join", json={"participant": "user:2"})
    by_resume = await host.ask_again(inside)

    assert [(answer.status_code, answer.json()["code"]) for answer in (by_invite, by_server, by_resume)] == [(403, "join.room_closed")] * 3
    assert await _denied(host) == [("join.room_closed", "room_closed", identity) for identity in ("user:1", "user:2", "user:1")]
    assert await host.connections(inside["call_id"]) == {inside["connection"]: "connecting"}


async def test_too_early(host: Host) -> None:
    """Who comes before the window opens is told when it does."""
    opens_at = datetime.now(UTC) + timedelta(hours=1)
    invite = await host.invite(await host.room(), opens_at=opens_at.isoformat())

    answer = await host.ask(invite)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (403, "join.too_early")
    assert problem["opens_at"] == opens_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert await _denied(host) == [("join.too_early", "too_early", None)]


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (NOON - MILLISECOND, "join.too_early"),
        (NOON, None),
        (NOON + timedelta(hours=1) - MILLISECOND, None),
        (NOON + timedelta(hours=1), "join.invite_invalid"),
    ],
)
async def test_the_edges_of_the_window(host: Host, context: Context, attempt: Callable[..., Any], at: datetime, outcome: str | None) -> None:
    """The window is from ``opens_at`` on until before ``closes_at``, to the millisecond."""
    invite = await host.invite(await host.room(), opens_at=NOON.isoformat(), closes_at=(NOON + timedelta(hours=1)).isoformat())

    async with attempt(at) as exchange:
        result = await actions.join_by_invite(exchange, invite["secret"], Asking())

    assert (result.error.code if isinstance(result, Refusal) else None) == outcome


async def test_a_full_room(host: Host) -> None:
    """Who finds all seats taken is told how many there are."""
    room = await host.room(capacity=2)
    for user in (1, 2):
        await host.join(await host.invite(room, identity=f"user:{user}"))

    answer = await host.ask(await host.invite(room, identity="user:3"))

    assert (answer.status_code, answer.json()["code"], answer.json()["capacity"]) == (409, "join.room_full", 2)
    assert await _denied(host) == [("join.room_full", "room_full", "user:3")]


async def test_a_third_person_where_media_goes_between_two(host: Host) -> None:
    """A room for three does not help where there is nothing that carries the media of three: the third is told so."""
    room = await host.room(capacity=3)
    for user in (1, 2):
        await host.connect(await host.join(await host.invite(room, identity=f"user:{user}")))

    answer = await host.ask(await host.invite(room, identity="user:3"))

    assert (answer.status_code, answer.json()["code"]) == (409, "join.needs_sfu")
    assert await _denied(host) == [("join.needs_sfu", "needs_sfu", "user:3")]


async def test_whoever_is_refused_changes_nothing(host: Host) -> None:
    """A refusal costs no use, takes no seat and makes no call."""
    room = await host.room(capacity=1)
    inside = await host.join(await host.invite(room, identity="user:1"))
    invite = await host.invite(room, max_uses=1)

    assert (await host.ask(invite)).status_code == 409

    assert (await host.server.get(f"/v1/invites/{invite['id']}")).json()["use_count"] == 0
    assert await host.connections(inside["call_id"]) == {inside["connection"]: "connecting"}
    await host.leave(inside)
    assert (await host.ask(invite)).status_code == 201


async def test_unknown_is_not_a_room_of_somebody_elses_deployment(host: Host, context: Context) -> None:
    """A secret made for the same invite with another key is unknown."""
    invite = await host.invite(await host.room())

    answer = await host.ask(secret_of(b"another key", UUID(invite["id"])))

    assert answer.json()["code"] == "join.invite_invalid"


@pytest.mark.parametrize("part", ["prefix", "id", "mac"])
async def test_a_secret_that_is_changed_anywhere_is_unknown(host: Host, part: str) -> None:
    """One character of the secret changed, and it is none."""
    secret = (await host.invite(await host.room()))["secret"]
    place = {"prefix": 0, "id": 10, "mac": -3}[part]
    changed = secret[:place] + ("a" if secret[place] != "a" else "b") + secret[place:][1:]

    answer = await host.ask(changed)

    assert (answer.status_code, answer.json()["code"]) == (403, "join.invite_invalid")


async def test_the_entry_is_there_where_the_answer_is_a_refusal(host: Host, context: Context) -> None:
    """Given a trail that cannot be written, when somebody asks, then they are not let in: the place and its entry are one transaction."""
    room = await host.room()
    invite = await host.invite(room)
    async with context.db.transaction() as tx:
        await tx.execute("RESET ROLE")  # the application may not
        await tx.execute("ALTER TABLE audit_entries ADD CHECK (action <> 'join_success') NOT VALID")

    answer = await host.ask(invite)

    assert answer.status_code == 500
    async with context.db.connection() as tx:
        rows = await (
            await tx.execute("SELECT (SELECT count(*) FROM calls), (SELECT count(*) FROM grants), (SELECT count(*) FROM resumes)")
        ).fetchone()
    assert rows == (0, 0, 0)


async def test_a_call_that_is_over(host: Host) -> None:
    """The host's server cannot send anybody into a call that has ended."""
    joined = await host.join(await host.invite(await host.room()))
    await host.end(joined["call_id"])

    answer = await host.server.post(f"/v1/calls/{joined['call_id']}/join", json={"participant": "user:2"})

    assert (answer.status_code, answer.json()["code"]) == (409, "join.call_over")


def test_a_time_that_is_told_is_filled_into_the_sentence() -> None:
    """What is shown to people says when the room opens."""
    assert "21 November 2026, 12:00 UTC" in errors.TooEarly(opens_at=NOON).detail
