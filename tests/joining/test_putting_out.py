"""Being put out: by a revoked invite, by the host, by the end of the window."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.joining.conftest import MILLISECOND, Host

from callwell import ids
from callwell.app import Context
from callwell.joining import actions, putting_out
from callwell.joining.actions import Asking
from callwell.joining.queries import PutOutConnection, list_put_out
from callwell.record.audit import NOWHERE
from callwell.record.commands import Refusal


async def _remove(host: Host, joined: dict[str, Any], by: dict[str, Any] | None = None) -> Any:
    path = f"/v1/calls/{joined['call_id']}/participants/{joined['participant']['id']}/remove"
    if by is None:
        return await host.server.post(path)
    return await host.api.post(path, headers={"Authorization": f"Bearer {by['token']}"})


async def _put_out(context: Context, *joined: dict[str, Any], at: datetime | None = None) -> list[tuple[str, str]]:
    asked = [(UUID(one["call_id"]), UUID(one["connection"])) for one in joined]
    found = await list_put_out(context.db, asked, at or datetime.now(UTC))
    return sorted((str(out.connection_id), out.why) for out in found)


async def test_a_revoked_invite_puts_out_whoever_is_in_by_it(host: Host, context: Context) -> None:
    """Given two in a call by different invites, when one invite is revoked, then that one is out with all devices and the other stays."""
    room = await host.room()
    invite = await host.invite(room, identity="user:1")
    laptop, phone = await host.join(invite), await host.join(invite)
    other = await host.join(await host.invite(room, identity="user:2"))

    assert (await host.server.delete(f"/v1/invites/{invite['id']}")).status_code == 204

    assert await host.connections(other["call_id"]) == {laptop["connection"]: "left", phone["connection"]: "left", other["connection"]: "connecting"}
    assert await _put_out(context, laptop, phone, other) == sorted([(laptop["connection"], "revoked"), (phone["connection"], "revoked")])
    assert len(await host.entries("invite_revoked")) == 1


async def test_a_revoked_token_is_refused(host: Host) -> None:
    """The connection token of somebody put out opens nothing any more."""
    room = await host.room()
    joined = await host.join(await host.invite(room, identity="user:1", is_host=True))
    other = await host.join(await host.invite(room, identity="user:2"))
    await _remove(host, joined)

    answer = await _remove(host, other, by=joined)

    assert (answer.status_code, answer.json()["code"]) == (403, "join.revoked")


async def test_coming_back_by_a_revoked_invite(host: Host) -> None:
    """Who was put out by a revocation comes back neither by the invite nor by their resume secret."""
    invite = await host.invite(await host.room(), identity="user:1")
    joined = await host.join(invite)
    await host.server.delete(f"/v1/invites/{invite['id']}")

    by_invite, by_resume = await host.ask(invite), await host.ask_again(joined)

    assert (by_invite.status_code, by_invite.json()["code"]) == (403, "join.invite_invalid")
    assert (by_resume.status_code, by_resume.json()["code"]) == (403, "join.revoked")


async def test_revoking_again_changes_nothing(host: Host) -> None:
    invite = await host.invite(await host.room())
    await host.server.delete(f"/v1/invites/{invite['id']}")
    revoked_at = (await host.server.get(f"/v1/invites/{invite['id']}")).json()["revoked_at"]

    assert (await host.server.delete(f"/v1/invites/{invite['id']}")).status_code == 204

    assert (await host.server.get(f"/v1/invites/{invite['id']}")).json()["revoked_at"] == revoked_at
    assert len(await host.entries("invite_revoked")) == 1


async def test_an_invite_that_is_not_there_cannot_be_revoked(host: Host) -> None:
    assert (await host.server.delete("/v1/invites/0193a1c0-0000-7000-8000-000000000000")).status_code == 404


async def test_what_was_granted_in_calls_that_are_over_ends_too(host: Host, context: Context) -> None:
    """Late facts may show that a call was not over after all; a revoked invite must not be good there then."""
    invite = await host.invite(await host.room(), identity="user:1")
    earlier = await host.join(invite)
    await host.end(earlier["call_id"])
    now = await host.join(invite)

    await host.server.delete(f"/v1/invites/{invite['id']}")

    assert await _put_out(context, earlier, now) == sorted([(earlier["connection"], "revoked"), (now["connection"], "revoked")])


async def test_a_host_in_the_call_puts_somebody_out(host: Host, context: Context) -> None:
    """The host's page may, with its connection token; it is kept who did it and to whom."""
    room = await host.room()
    chair = await host.join(await host.invite(room, identity="user:1", is_host=True))
    guest = await host.join(await host.invite(room))

    answer = await _remove(host, guest, by=chair)

    assert answer.status_code == 204
    assert await host.connections(guest["call_id"]) == {chair["connection"]: "connecting", guest["connection"]: "left"}
    assert await _put_out(context, chair, guest) == [(guest["connection"], "revoked")]
    entry = (await host.server.get("/v1/audit", params={"action": "participant_removed"})).json()["items"][0]
    assert (entry["caller"], entry["identity"], entry["participant_id"]) == (
        f"sdk:{chair['connection']}",
        guest["participant"]["identity"],
        guest["participant"]["id"],
    )


async def test_who_is_no_host_puts_nobody_out(host: Host) -> None:
    """A participant is told that it takes a host; in another call than theirs there is nothing for them, host or not."""
    room = await host.room()
    chair = await host.join(await host.invite(room, identity="user:1", is_host=True))
    guest = await host.join(await host.invite(room))
    outsider = await host.join(await host.invite(await host.room(), is_host=True))

    by_guest, by_outsider = await _remove(host, chair, by=guest), await _remove(host, chair, by=outsider)
    by_nobody = await host.api.post(f"/v1/calls/{chair['call_id']}/participants/{chair['participant']['id']}/remove")

    assert (by_guest.status_code, by_guest.json()["code"]) == (403, "access.not_allowed")
    assert (by_outsider.status_code, by_outsider.json()["code"]) == (404, "not_found")
    assert by_nobody.status_code == 401
    assert set((await host.connections(chair["call_id"])).values()) == {"connecting"}


async def test_somebody_who_is_not_in_the_call_cannot_be_put_out(host: Host) -> None:
    joined = await host.join(await host.invite(await host.room()))
    other = await host.join(await host.invite(await host.room()))

    answer = await host.server.post(f"/v1/calls/{joined['call_id']}/participants/{other['participant']['id']}/remove")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_who_was_put_out_does_not_come_back_by_what_they_had(host: Host) -> None:
    """Neither by the invite that let them in, nor by another they had already, nor by their resume secret."""
    room = await host.room()
    invite, older = await host.invite(room, identity="user:1"), await host.invite(room, identity="user:1")
    await host.join(await host.invite(room, identity="user:2"))
    joined = await host.join(invite)
    await _remove(host, joined)

    answers = [await host.ask(invite), await host.ask(older), await host.ask_again(joined)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "join.revoked")] * 3
    assert [(entry.error_code, entry.reason) for entry in await host.entries("join_denied")] == [("join.revoked", "put_out")] * 3


async def test_a_new_invite_lets_them_in_again(host: Host) -> None:
    """Whoever invites them anew, or sends them in by their server, means it."""
    room = await host.room()
    joined = await host.join(await host.invite(room, identity="user:1"))
    await _remove(host, joined)

    by_invite = await host.ask(await host.invite(room, identity="user:1"))
    by_server = await host.server.post(f"/v1/calls/{joined['call_id']}/join", json={"participant": "user:1"})

    assert (by_invite.status_code, by_server.status_code) == (201, 201)
    assert by_invite.json()["participant"]["id"] == joined["participant"]["id"]
    assert (await host.ask_again(by_invite.json())).status_code == 201


async def test_being_put_out_is_of_one_call(host: Host) -> None:
    """The room's next call is another occasion."""
    invite = await host.invite(await host.room(), identity="user:1")
    joined = await host.join(invite)
    await _remove(host, joined)
    await host.end(joined["call_id"])

    assert (await host.ask(invite)).status_code == 201


async def test_somebody_put_out_while_coming_back_is_out(host: Host, context: Context, attempt: Callable[..., Any]) -> None:
    """Given somebody coming back, when they are removed before that is through, then the removal waits for it and puts out the new connection too."""
    joined = await host.join(await host.invite(await host.room(), identity="user:1"))
    began = datetime.now(UTC)
    now = [began]

    async def remove() -> None:
        async with context.db.transaction() as tx:
            call_id, participant_id = UUID(joined["call_id"]), UUID(joined["participant"]["id"])
            await putting_out.remove_participant(tx, context.ledger, call_id, participant_id, clock=lambda: now[0], caller="test", origin=NOWHERE)

    async with attempt(began + timedelta(seconds=1), "resume") as exchange:
        returned = await actions.resume(exchange, joined["resume"], Asking())
        removal = asyncio.create_task(remove())
        await _until_somebody_waits_for_a_lock(context)
        now[0] = began + timedelta(seconds=2)
    await removal

    assert not isinstance(returned, Refusal)
    assert await host.connections(joined["call_id"]) == {joined["connection"]: "left", str(returned.connection): "left"}


async def _until_somebody_waits_for_a_lock(context: Context) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"  # of this test, not of others
    async with asyncio.timeout(30), context.db.connection() as tx:
        await tx.execute("RESET ROLE")  # the application does not see what others wait for
        while not (await (await tx.execute(waiting)).fetchall()):  # noqa: ASYNC110 the database tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("before", "why"), [(MILLISECOND, []), (timedelta(0), ["window_closed"])])
async def test_the_end_of_the_window_puts_out(host: Host, context: Context, before: timedelta, why: list[str]) -> None:
    """From ``closes_at`` on, a connection by that invite may stay no longer."""
    closes_at = datetime.now(UTC) + timedelta(hours=1)
    joined = await host.join(await host.invite(await host.room(), closes_at=closes_at.isoformat()))

    found = await _put_out(context, joined, at=closes_at - before)

    assert found == [(joined["connection"], reason) for reason in why]


async def test_a_connection_that_is_gone_may_not_stay(context: Context) -> None:
    """A socket whose call was erased with its grants is to be closed as well."""
    call_id, connection_id = ids.uuid7(), ids.uuid7()

    found = await list_put_out(context.db, [(call_id, connection_id)], datetime.now(UTC))

    assert found == [PutOutConnection(call_id, connection_id, "gone", None)]


async def test_no_connections_no_question(context: Context) -> None:
    assert await list_put_out(context.db, [], datetime.now(UTC)) == []
