"""Coming to an appointment: whom it is for, when, and what else has to be so. Each refusal over HTTP, with what is kept of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.ingest.sites import Dial, Site
from tests.joining.conftest import MILLISECOND, NOON, Host

from callwell.app import Context
from callwell.joining import actions, waiting
from callwell.joining.actions import Asking, Exchange
from callwell.joining.waiting import Deciding
from callwell.record.commands import Refusal

MINUTE = timedelta(minutes=1)


async def _book(host: Host, at: datetime | None = None, **given: Any) -> dict[str, Any]:
    """Ana with Ngozi for fifty minutes, confirmed; now, where no time is given."""
    booked = {
        "client_id": None if "clients" in given else "user:ana",
        "provider_id": "user:ngozi",
        "duration_minutes": 50,
        "status": "confirmed",
        **given,
    }
    answer = await host.server.post("/v1/appointments", json={**booked, "scheduled_at": (at or datetime.now(UTC)).isoformat()})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _change(host: Host, appointment: dict[str, Any], **given: Any) -> None:
    answer = await host.server.patch(f"/v1/appointments/{appointment['id']}", json=given)
    assert answer.status_code == 200, answer.text


async def _links(host: Host, appointment: dict[str, Any]) -> dict[str, str]:
    """The secret of each who is to come."""
    answer = await host.server.get(f"/v1/appointments/{appointment['id']}/invites")
    assert answer.status_code == 200, answer.text
    return {one["identity"]: one["secret"] for one in answer.json()["items"]}


async def _both(host: Host, appointment: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Client and provider come in and are connected."""
    links = await _links(host, appointment)
    joined = []
    for identity in ("user:ana", "user:ngozi"):
        joined.append((await host.ask(links[identity])).json())
        await host.connect(joined[-1])
    return joined[0], joined[1]


async def _denied(host: Host) -> list[tuple[str | None, str | None, str | None, str | None]]:
    """Code, exact reason, who, and of which appointment: of each refusal, the oldest first."""
    async with host.context.db.connection() as tx:
        cursor = await tx.execute(
            """
            SELECT error_code, metadata ->> 'reason', identity, appointment_id::text
            FROM audit_entries LEFT JOIN audit_identities ON entry_id = id WHERE action = 'join_denied' ORDER BY audit_entries.id
            """
        )
        return await cursor.fetchall()


async def _code(host: Host, secret: str, **given: Any) -> str | None:
    """Why somebody is not let in; None where they are."""
    answer = await host.ask(secret, **given)
    return None if answer.status_code == 201 else answer.json()["code"]


# ── Being let in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_both_sides_come_in_by_their_links(host: Host) -> None:
    """Given a confirmed appointment, then each comes in as who they are; the call knows whose it is, and what was accessed when is kept."""
    appointment = await _book(host, recording_enabled=True, settings={"sample_seconds": 5})
    links = await _links(host, appointment)

    ana, ngozi = (await host.ask(links["user:ana"])).json(), (await host.ask(links["user:ngozi"])).json()

    assert [(one["participant"]["identity"], one["participant"]["side"], one["participant"]["host"]) for one in (ana, ngozi)] == [
        ("user:ana", "client", False),
        ("user:ngozi", "provider", True),
    ]
    assert ana["settings"]["sample_seconds"] == 5
    call = (await host.server.get(f"/v1/calls/{ana['call_id']}")).json()
    assert (call["appointment_id"], call["provider_id"]) == (appointment["id"], "user:ngozi")
    assert (call["settings"]["recording_enabled"], call["settings"]["sample_seconds"]) == (True, 5)
    now = (await host.server.get(f"/v1/appointments/{appointment['id']}")).json()
    assert (appointment["access_count"], now["access_count"]) == (0, 2)
    assert now["last_accessed_at"] > appointment["last_accessed_at"]
    assert (await host.server.get(f"/v1/rooms/{appointment['room']}")).json()["access_count"] == 2


async def test_who_comes_is_known_to_the_directory(host: Host) -> None:
    """What somebody says of themselves is known where the host said nothing."""
    invite = await host.invite(await host.room(), identity="user:ben", role="client")

    await host.join(invite, display_name="Ben")

    person = (await host.server.get("/v1/people/user:ben")).json()
    assert (person["display_name"], person["role"], person["side"]) == ("Ben", "client", "client")


async def test_a_place_lasts_until_the_first_window_over_it_closes(host: Host, context: Context) -> None:
    """The appointment's, or that of the invite where it is shorter."""
    appointment = await _book(host)
    closes_at = datetime.now(UTC) + 5 * MINUTE
    short = await host.invite(appointment["room"], identity="user:ana", closes_at=closes_at.isoformat())

    ngozi, ana = (await host.ask((await _links(host, appointment))["user:ngozi"])).json(), await host.join(short)

    async with context.db.connection() as tx:
        cursor = await tx.execute("SELECT connection_id::text, closes_at FROM grants")
        ends: dict[str, datetime] = dict(await cursor.fetchall())
    assert ends[ngozi["connection"]] == datetime.fromisoformat(appointment["closes_at"])
    assert abs(ends[ana["connection"]] - closes_at) < MILLISECOND


# ── Not being let in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_none_of_its_people(host: Host) -> None:
    """An invite to its room lets nobody in who is not to come: neither somebody else nor whoever has an open one."""
    appointment = await _book(host)
    other, open_one = await host.invite(appointment["room"], identity="user:eve"), await host.invite(appointment["room"])

    answers = [await host.ask(other), await host.ask(open_one)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "join.not_invited")] * 2
    assert await _denied(host) == [
        ("join.not_invited", "not_invited", "user:eve", appointment["id"]),
        ("join.not_invited", "not_invited", None, appointment["id"]),
    ]


@pytest.mark.parametrize(("move", "sentence"), [(None, "is not confirmed yet"), ("cancel", "was cancelled"), ("decline", "was declined")])
async def test_an_appointment_that_is_not_held(host: Host, move: str | None, sentence: str) -> None:
    """Not confirmed yet, called off or declined: the host's server, too, sends nobody into a call of it, and who is refused is told which."""
    appointment = await _book(host, status="pending")
    call = {"type": "video", "mode": "p2p", "initiator": "user:ngozi", "appointment_id": appointment["id"]}
    call_id = (await host.server.post("/v1/calls", json=call)).json()["id"]
    if move is not None:
        assert (await host.server.post(f"/v1/appointments/{appointment['id']}/{move}", json={})).status_code == 200

    answer = await host.server.post(f"/v1/calls/{call_id}/join", json={"participant": "user:ana"})

    assert (answer.status_code, answer.json()["code"]) == (403, "join.appointment_not_open")
    assert sentence in answer.json()["detail"]
    status = {None: "pending", "cancel": "cancelled", "decline": "declined"}[move]
    assert await _denied(host) == [("join.appointment_not_open", f"appointment_{status}", "user:ana", appointment["id"])]


async def test_the_room_of_a_cancelled_appointment_is_closed(host: Host) -> None:
    appointment = await _book(host)
    links = await _links(host, appointment)
    assert (await host.server.post(f"/v1/appointments/{appointment['id']}/cancel", json={})).status_code == 200

    answer = await host.ask(links["user:ngozi"])

    assert (answer.status_code, answer.json()["code"]) == (403, "join.room_closed")


async def test_too_early(host: Host) -> None:
    """Who comes before the window opens is told when it does, by the settings nearest to the appointment."""
    starts_at = datetime.now(UTC).replace(microsecond=0) + 60 * MINUTE
    appointment = await _book(host, starts_at, settings={"join_early_minutes": 15})

    answer = await host.ask((await _links(host, appointment))["user:ana"])

    opens_at = (starts_at - 15 * MINUTE).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (answer.status_code, answer.json()["code"], answer.json()["opens_at"]) == (403, "join.too_early", opens_at)
    assert await _denied(host) == [("join.too_early", "too_early", "user:ana", appointment["id"])]


async def test_too_late(host: Host) -> None:
    """Who comes after it has closed is told when that was."""
    starts_at = datetime.now(UTC).replace(microsecond=0) - 120 * MINUTE
    appointment = await _book(host, starts_at)

    answer = await host.ask((await _links(host, appointment))["user:ana"])

    closes_at = (starts_at + 80 * MINUTE).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (answer.status_code, answer.json()["code"], answer.json()["closes_at"]) == (403, "join.too_late", closes_at)
    assert await _denied(host) == [("join.too_late", "too_late", "user:ana", appointment["id"])]


OPENS, CLOSES = NOON - 10 * MINUTE, NOON + 80 * MINUTE


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (OPENS - MILLISECOND, "join.too_early"),
        (OPENS, None),
        (OPENS + MILLISECOND, None),
        (CLOSES - MILLISECOND, None),
        (CLOSES, "join.too_late"),
        (CLOSES + MILLISECOND, "join.too_late"),
    ],
)
@pytest.mark.parametrize("by", ["invite", "server", "resume", "admission"])
async def test_the_edges_of_its_window(host: Host, context: Context, attempt: Callable[..., Any], at: datetime, outcome: str | None, by: str) -> None:
    """The window is from ten minutes before on, until before thirty after its planned end, to the millisecond, whichever way somebody comes."""
    appointment = await _book(host, settings={"waiting_room": True} if by == "admission" else {})
    links = await _links(host, appointment)
    inside = (await host.ask(links["user:ana"])).json()
    call_id, participant_id = UUID(inside["call_id"]), UUID(inside["participant"]["id"])
    await _change(host, appointment, scheduled_at=NOON.isoformat())

    async with attempt(at, by) as exchange:
        if by == "invite":
            result = await actions.join_by_invite(exchange, links["user:ngozi"], Asking())
        elif by == "server":
            result = await actions.join_by_server(exchange, call_id, "user:ngozi", Asking(), role="provider", side="provider", is_host=True)
        elif by == "resume":
            result = await actions.resume(exchange, inside["resume"], Asking())
        else:
            result = await waiting.admit_participant(exchange.tx, deciding(exchange, call_id, participant_id))

    assert (result.error.code if isinstance(result, Refusal) else None) == outcome


def deciding(exchange: Exchange, call_id: UUID, participant_id: UUID) -> Deciding:
    """A host decides about somebody at the time of that exchange."""
    return Deciding(
        ledger=exchange.ledger,
        settings=exchange.settings,
        deployed=exchange.deployed,
        clock=exchange.clock,
        caller="test",
        origin=exchange.origin,
        call_id=call_id,
        participant_id=participant_id,
    )


async def test_what_is_to_be_paid_for_first(host: Host) -> None:
    """A client of an appointment that is not paid for waits for that, told with its own code; who provides it comes in; and paid for, all do."""
    appointment = await _book(host, settings={"require_payment": True})
    links = await _links(host, appointment)

    answer = await host.ask(links["user:ana"])
    await _change(host, appointment, payment_status="failed")

    assert (answer.status_code, answer.json()["code"]) == (402, "join.payment_required")
    assert await _code(host, links["user:ana"]) == "join.payment_required"
    assert await _code(host, links["user:ngozi"]) is None
    assert await _denied(host) == [("join.payment_required", f"payment_{status}", "user:ana", appointment["id"]) for status in ("pending", "failed")]
    await _change(host, appointment, payment_status="completed")
    assert await _code(host, links["user:ana"]) is None


async def test_consent_to_being_recorded(host: Host, context: Context) -> None:
    """Where it is required nobody comes in without, and who asks again with it does; that they consented is a fact of the call."""
    appointment = await _book(host, settings={"require_recording_consent": True})
    links = await _links(host, appointment)

    answer = await host.ask(links["user:ana"])
    refused = await host.ask(links["user:ana"], consent={"recording": False})
    async with context.db.connection() as tx:
        assert await (await tx.execute("SELECT id FROM calls")).fetchall() == []
    joined = await host.join({"secret": links["user:ana"]}, consent={"recording": True})
    by_server = await host.server.post(f"/v1/calls/{joined['call_id']}/join", json={"participant": "user:ngozi", "host": True})

    assert [(one.status_code, one.json()["code"]) for one in (answer, refused, by_server)] == [(403, "join.consent_required")] * 3
    assert [entry[1] for entry in await _denied(host)] == ["consent_required"] * 3
    events = (await host.server.get(f"/v1/calls/{joined['call_id']}/events")).json()["items"]
    assert [(one["participant_id"], one["data"]) for one in events if one["type"] == "consent.given"] == [
        (joined["participant"]["id"], {"kind": "recording"})
    ]
    assert (await host.ask_again(joined)).status_code == 201


async def test_what_is_wrong_first_is_what_is_told(host: Host) -> None:
    """Given all reasons at once, when they are put right one after the other, then the next is told each time, and at last one is in."""
    appointment = await _book(
        host, datetime.now(UTC) + 60 * MINUTE, settings={"require_payment": True, "require_recording_consent": True, "max_participants": 2}
    )
    room = appointment["room"]
    invite = await host.invite(room, identity="user:eve", max_uses=1)
    told = [await _code(host, invite["secret"])]
    told.append(await _code(host, (await _links(host, appointment))["user:ana"]))
    await _change(host, appointment, scheduled_at=(datetime.now(UTC) - 120 * MINUTE).isoformat())
    told.append(await _code(host, (await _links(host, appointment))["user:ana"]))
    await _change(host, appointment, scheduled_at=datetime.now(UTC).isoformat())
    told.append(await _code(host, (await _links(host, appointment))["user:ana"]))
    await _change(host, appointment, payment_status="completed")
    told.append(await _code(host, (await _links(host, appointment))["user:ana"]))
    told.append(await _code(host, (await _links(host, appointment))["user:ana"], consent={"recording": True}))

    assert told == ["join.not_invited", "join.too_early", "join.too_late", "join.payment_required", "join.consent_required", None]
    await host.server.post(f"/v1/rooms/{room}/close")
    assert await _code(host, invite["secret"]) == "join.room_closed"
    await host.server.delete(f"/v1/invites/{invite['id']}")
    assert await _code(host, invite["secret"]) == "join.invite_invalid"


async def test_coming_back_and_being_sent_in_check_the_same(host: Host) -> None:
    """Somebody who was in does not come back when the appointment was moved, or they owe for it, or others come in their place."""
    appointment = await _book(host)
    ana = (await host.ask((await _links(host, appointment))["user:ana"])).json()
    path = f"/v1/calls/{ana['call_id']}/join"

    async def codes() -> tuple[str | None, str | None]:
        back, sent = await host.ask_again(ana), await host.server.post(path, json={"participant": "user:ana"})
        return back.json().get("code"), sent.json().get("code")

    assert await codes() == (None, None)
    await _change(host, appointment, settings={"require_payment": True})
    assert await codes() == ("join.payment_required", "join.payment_required")
    await _change(host, appointment, scheduled_at=(datetime.now(UTC) + 60 * MINUTE).isoformat())
    assert await codes() == ("join.too_early", "join.too_early")


# ── Coming again ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_people_come_back_within_the_window(host: Host) -> None:
    """Given an appointment that both left, then they may meet again while its window is open, in a call that belongs to it, too."""
    appointment = await _book(host)
    ana, ngozi = await _both(host, appointment)
    await host.leave(ana)
    await host.leave(ngozi)
    await host.is_left_empty(ana["call_id"])

    again = await host.ask((await _links(host, appointment))["user:ana"])

    assert again.status_code == 201
    assert again.json()["call_id"] != ana["call_id"]
    assert (await host.server.get(f"/v1/calls/{again.json()['call_id']}")).json()["appointment_id"] == appointment["id"]


@pytest.mark.parametrize("by_page", [True, False])
async def test_what_a_host_has_ended_is_over(host: Host, by_page: bool) -> None:
    """Once a call in which both were was ended for all, by its host or the host's server, nobody comes to the appointment again."""
    appointment = await _book(host)
    ana, ngozi = await _both(host, appointment)
    if by_page:
        headers = {"Authorization": f"Bearer {ngozi['token']}"}
        assert (await host.api.post(f"/v1/calls/{ana['call_id']}/end", json={}, headers=headers)).status_code == 200
    else:
        await host.end(ana["call_id"])

    links = await _links(host, appointment)
    answers = [await host.ask(links["user:ana"]), await host.ask(links["user:ngozi"])]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "join.appointment_not_open")] * 2
    assert "is over" in answers[0].json()["detail"]
    assert [entry[1] for entry in await _denied(host)] == ["appointment_ended"] * 2


async def test_a_try_of_the_host_before_does_not_end_it(host: Host) -> None:
    """A provider who looks into the room alone, and ends that call, has not held the appointment."""
    appointment = await _book(host)
    links = await _links(host, appointment)
    ngozi = (await host.ask(links["user:ngozi"])).json()
    await host.connect(ngozi)
    await host.end(ngozi["call_id"])

    assert await _code(host, links["user:ana"]) is None


async def test_many_who_come_at_once_are_in_one_call_of_it(host: Host) -> None:
    """Given a group, when all come at the same moment, then one call begins, which is the appointment's."""
    clients = [f"user:client-{number}" for number in range(8)]
    appointment = await _book(host, kind="group", clients=clients)
    links = await _links(host, appointment)

    answers = await asyncio.gather(*(host.ask(links[client]) for client in clients))

    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 6
    calls = (await host.server.get("/v1/calls", params={"appointment_id": appointment["id"]})).json()["items"]
    assert len(calls) == 1


@pytest.mark.parametrize("what", ["cancelled", "moved"])
async def test_who_is_there_is_put_out_when_there_is_nothing_to_be_there_for(site: Site, call_in: Dial, what: str) -> None:
    """Called off, or moved so that its window is over, an appointment's people are out within five seconds, and told until when it was open."""
    booked = {"client_id": "user:ana", "provider_id": "user:ngozi", "duration_minutes": 50, "status": "confirmed"}
    appointment = await site.ask("POST", "/v1/appointments", {**booked, "scheduled_at": datetime.now(UTC).isoformat()})
    links = (await site.ask("GET", f"/v1/appointments/{appointment['id']}/invites"))["items"]
    joined = [await site.ask("POST", "/v1/join", {"invite": one["secret"]}) for one in links]
    sockets = [await call_in(site, one) for one in joined]

    if what == "cancelled":
        await site.ask("POST", f"/v1/appointments/{appointment['id']}/cancel", {})
    else:
        await site.ask("PATCH", f"/v1/appointments/{appointment['id']}", {"scheduled_at": (datetime.now(UTC) - 120 * MINUTE).isoformat()})

    for socket in sockets:
        assert (await socket.hears("out", within=5))["code"] == "join.too_late"
        await socket.is_closed_with(4403)
