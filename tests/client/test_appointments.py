"""What a host's server books, and whom it lets in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.client.conftest import Server

from callwell.client import Callwell, Conflict, NotAllowed, Refused


def soon(minutes: float = 5) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def links(callwell: Callwell, id: str) -> dict[str, str]:
    """Everybody's secret."""
    return {invite["identity"]: invite["secret"] for invite in callwell.appointments.invites(id)}


def test_an_appointment_from_booking_to_confirmation(callwell: Callwell) -> None:
    """Given a host; when it books, moves and confirms an appointment; then each answer is the appointment, and everybody has a link."""
    booked = callwell.appointments.create("7", "42", soon(), external_id="order-9", metadata={"a": 1})
    assert (booked["status"], booked["provider_id"], booked["client_id"], booked["room"]) == ("pending", "user:7", "user:42", None)
    assert list(callwell.appointments.invites(booked["id"])) == []
    moved = callwell.appointments.change(booked["id"], scheduled_at=soon(60), payment_status="completed", metadata={"a": None})
    assert (moved["payment_status"], moved["metadata"]) == ("completed", {})
    assert moved["scheduled_at"] > booked["scheduled_at"]
    confirmed = callwell.appointments.confirm(booked["id"])
    assert confirmed["status"] == "confirmed"
    assert confirmed["room"] is not None
    assert set(links(callwell, booked["id"])) == {"user:7", "user:42"}
    assert callwell.appointments.get(booked["id"]) == confirmed


def test_appointments_are_found(callwell: Callwell) -> None:
    """Given several; when they are asked for by person, kind, day and what is to come; then it is those."""
    one = callwell.appointments.create("7", "42", soon(60), status="confirmed")
    group = callwell.appointments.create("7", ["42", "43"], soon(120), kind="group", duration_minutes=90)
    other = callwell.appointments.create("8", "user:44", soon(180))
    called_off = callwell.appointments.cancel(other["id"], "ill")
    assert (called_off["status"], called_off["reason"]) == ("cancelled", "ill")

    def found(appointments: Iterator[Any]) -> list[str]:
        return [appointment["id"] for appointment in appointments]

    assert found(callwell.appointments.list()) == [one["id"], group["id"], other["id"]]
    assert found(callwell.appointments.list(person="43")) == [group["id"]]
    assert found(callwell.appointments.list(kind="group", since=soon(), until=soon(24 * 60))) == [group["id"]]
    assert found(callwell.appointments.list(upcoming=True, order="latest")) == [group["id"], one["id"]]
    day = datetime.fromisoformat(one["scheduled_at"]).date()
    assert one["id"] in found(callwell.appointments.list(day=day, time_zone="UTC"))
    assert found(callwell.users.appointments("44")) == [other["id"]]


def test_what_is_held_without_a_call_is_told(callwell: Callwell) -> None:
    """Given appointments that are held in person; then the host says what became of them; of one by video its calls do."""
    held = callwell.appointments.create("7", "42", soon(), status="confirmed", is_video_call=False)
    missed = callwell.appointments.create("7", "42", soon(), status="confirmed", is_video_call=False)
    by_video = callwell.appointments.create("7", "42", soon(), status="confirmed")
    asked_for = callwell.appointments.create("7", "42", soon())

    assert callwell.appointments.complete(held["id"])["status"] == "completed"
    assert callwell.appointments.no_show(missed["id"], "client")["no_show"] == "client"
    assert callwell.appointments.decline(asked_for["id"], "away")["status"] == "declined"
    with pytest.raises(Conflict):
        callwell.appointments.complete(by_video["id"])


def test_who_waits_is_let_in_or_sent_away(callwell: Callwell, server: Server) -> None:
    """Given an appointment with a waiting room; when its clients come; then the host's server lets one in and sends the other away."""
    appointment = callwell.appointments.create(
        "7", ["42", "43"], soon(), kind="group", status="confirmed", settings={"waiting_room": True, "max_participants": 3}
    )
    secrets = links(callwell, appointment["id"])
    host = callwell.join(secrets["user:7"])
    ana, ben = (callwell.join(secrets[who]) for who in ("user:42", "user:43"))
    assert (host["waiting"], ana["waiting"], ana["ice_servers"]) == (False, True, [])
    assert callwell.resume(ana["resume"])["waiting"] is True

    callwell.calls.admit(ana["call_id"], ana["participant"]["id"])
    callwell.calls.refuse(ben["call_id"], ben["participant"]["id"])

    back = callwell.resume(ana["resume"])
    assert (back["waiting"], back["participant"]["id"]) == (False, ana["participant"]["id"])
    with pytest.raises(NotAllowed, match=r"\(join\.refused\)"):
        callwell.resume(ben["resume"])
    with Callwell(server.url, ana["token"]) as guest, pytest.raises(Refused):
        guest.calls.admit(ben["call_id"], ben["participant"]["id"])


def test_who_came_is_told_in_three_forms(callwell: Callwell) -> None:
    """Given an appointment whose people came; then its attendance is to be had as an answer, for spreadsheets and on paper."""
    appointment = callwell.appointments.create("7", "42", soon(), status="confirmed")
    secrets = links(callwell, appointment["id"])
    admission = callwell.join(secrets["user:42"])

    told = callwell.appointments.attendance(appointment["id"])

    assert {one["identity"] for one in told["people"]} == {"user:42", "user:7"}
    assert [call["id"] for call in callwell.appointments.calls(appointment["id"])] == [admission["call_id"]]
    assert b"user:42" in callwell.appointments.attendance_file(appointment["id"], "csv")
    assert callwell.appointments.attendance_file(appointment["id"], "pdf").startswith(b"%PDF")


def test_consent_is_given_with_joining(callwell: Callwell) -> None:
    """Given a room where nobody comes in without having agreed to being recorded; then consent lets them in."""
    appointment = callwell.appointments.create("7", "42", soon(), status="confirmed", settings={"require_recording_consent": True})
    secret = links(callwell, appointment["id"])["user:42"]
    with pytest.raises(NotAllowed, match=r"\(join\.consent_required\)"):
        callwell.join(secret)

    assert callwell.join(secret, consent={"recording": True})["participant"]["identity"] == "user:42"


def test_settings_people_and_the_trail(callwell: Callwell) -> None:
    """Given a host; when it changes a setting and says who somebody is; then both can be read, and the trail has what was done."""
    assert {one["name"]: one["value"] for one in callwell.settings.change(join_early_minutes=20)}["join_early_minutes"] == 20
    assert {one["name"]: one["value"] for one in callwell.settings.list()}["join_early_minutes"] == 20
    callwell.settings.change(join_early_minutes=None)
    callwell.people.save("42", display_name="Ana", language="pt")
    person = callwell.people.get("user:42")
    assert (person["display_name"], person["language"]) == ("Ana", "pt")
    assert [entry["identity"] for entry in callwell.audit.list(action="person_changed", identity="42")] == ["user:42"]
    appointment = callwell.appointments.create("7", "42", soon())
    assert [entry["action"] for entry in callwell.audit.list(appointment_id=appointment["id"])] == ["appointment_created"]
