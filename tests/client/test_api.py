"""What a host's server asks for, and what it is told when that is refused."""

import ast
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.client.conftest import Leak, Server, free_port
from tests.client.shapes import FILE, shapes

from callwell.client import (
    Callwell,
    CallwellError,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    TooManyRequests,
    Unavailable,
    Unreachable,
)


def test_a_call_is_made_rung_read_and_ended(callwell: Callwell) -> None:
    """Given a host; when it makes a call, rings, changes settings and ends it; then each answer is the call, and its story can be read."""
    call = callwell.calls.create("1", provider_id="7", people=["guest:x"], external_id="order-9", metadata={"a": 1})
    assert (call["status"], call["provider_id"], call["external_id"]) == ("ringing", "user:7", "order-9")
    assert callwell.calls.get(call["id"])["version"] == call["version"]
    assert callwell.calls.ring(call["id"], ["2"])["version"] > call["version"]
    assert callwell.calls.change_settings(call["id"], recording_enabled=True)["settings"]["recording_enabled"] is True
    assert callwell.calls.decline(call["id"], "guest:x")["status"] == "ringing"
    ended = callwell.calls.end(call["id"], "forced", ended_by="1")
    assert (ended["status"], ended["end_reason"]) == ("ended", "forced")
    assert {one["identity"] for one in callwell.calls.participants(call["id"])} == {"user:1", "user:2", "user:7", "guest:x"}
    assert [event["type"] for event in callwell.calls.events(call["id"])][:2] == ["call.created", "call.ringing"]
    assert "call.ended" in [entry["type"] for entry in callwell.calls.timeline(call["id"])]


def test_lists_go_on_over_pages(callwell: Callwell) -> None:
    """Given more calls than a page holds; when they are listed; then all come, the newest first, and pages are asked for as they are needed."""
    made = [callwell.calls.create("1", conversation_id="c")["id"] for _ in range(60)]
    begun = datetime.now(UTC) - timedelta(minutes=5)
    assert [call["id"] for call in callwell.calls.list(conversation_id="c", since=begun, is_demo=False)] == made[::-1]
    assert [call["id"] for call in islice(callwell.calls.list(), 3)] == made[::-1][:3]
    assert list(callwell.calls.list(until=begun)) == []


def test_a_room_is_made_people_invited_and_let_in(callwell: Callwell, server: Server) -> None:
    """Given a room; when somebody is invited and joins as a page would; then they are in its call, come back, and are put out with their invite."""
    room = callwell.rooms.create(title="Consultation", capacity=2)
    assert callwell.rooms.change(room["name"], title="Review")["title"] == "Review"
    invite = callwell.invites.create(room["name"], "42", role="patient", closes_at=datetime.now(UTC) + timedelta(hours=1), max_uses=1)
    assert callwell.invites.get(invite["id"])["url"] == invite["url"]
    assert [one["id"] for one in callwell.invites.list(room["name"])] == [invite["id"]]
    admission = callwell.join(invite["secret"], display_name="Ana")
    assert (admission["participant"]["identity"], admission["room"]) == ("user:42", room["name"])
    back = callwell.resume(admission["resume"])
    assert back["participant"]["id"] == admission["participant"]["id"]
    assert back["connection"] != admission["connection"]
    with Callwell(server.url, back["token"]) as page:
        assert page.calls.get(back["call_id"])["id"] == back["call_id"]
    callwell.calls.remove(back["call_id"], back["participant"]["id"])
    callwell.invites.revoke(invite["id"])
    with pytest.raises(NotAllowed, match=r"\(join\.invite_invalid\)"):
        callwell.join(invite["secret"])
    assert callwell.rooms.get(room["name"])["access_count"] == 2
    assert callwell.rooms.close(room["name"])["closed_at"] is not None
    assert [one["name"] for one in callwell.rooms.list(is_open=False)] == [room["name"]]


def test_what_was_measured_is_sent_and_comes_back_as_a_report(callwell: Callwell) -> None:
    """Given a server that measures; when it sends samples, more than go at once; then each has its outcome, they can be read, and there is a report."""
    call = callwell.calls.create("1")
    begun = datetime.now(UTC) - timedelta(minutes=30)
    samples = [
        {
            "id": uuid4(), "call_id": call["id"], "participant": f"user:{who}", "connection": "c1", "started_at": begun + timedelta(seconds=2 * n),
            "interval_ms": 2000, "direction": "inbound", "kind": "audio", "rtt_ms": 40.0, "packet_loss_pct": 0.1, "jitter_ms": 3.0,
        }
        for who in (1, 2)
        for n in range(260)
    ]  # fmt: skip

    first = callwell.samples.send([*samples, {**samples[0], "id": uuid4(), "rtt_ms": -1}])
    again = callwell.samples.send(samples[:3])

    assert (first["received"], first["stored"], first["rejected"], again["duplicate"]) == (521, 520, 1, 3)
    assert [outcome.get("code") for outcome in first["outcomes"]][-1] == "sample.invalid"
    read = list(callwell.calls.samples(call["id"], participant="2", direction="inbound", kind="audio", since=begun + timedelta(seconds=100)))
    assert [one["id"] for one in read] == [str(one["id"]) for one in samples[260 + 50 :]]
    assert min(one.get("score") or 0 for one in read) > 95
    assert callwell.calls.report(call["id"])["sample_count"] == 520


def test_a_persons_calls(callwell: Callwell, server: Server) -> None:
    """Given somebody with calls; then their calls, figures and token are to be had, by ids of all kinds of letters."""
    session = callwell.start("user:a b?é")
    session.connected()
    callwell.flush()
    active = callwell.users.active_call("a b?é")
    assert active is not None
    assert active["id"] == session.call_id
    assert [call["id"] for call in callwell.users.calls("a b?é")] == [session.call_id]
    assert callwell.users.stats("a b?é")["total"] == 1
    token = callwell.users.token("user:a b?é", seconds=60)["token"]
    with Callwell(server.url, token) as person:
        assert person.users.stats("a b?é")["total"] == 1
        with pytest.raises(NotFound):
            person.users.stats("42")


def test_a_write_whose_answer_was_lost_happens_once(server: Server, callwell: Callwell, leak: Callable[[int], Leak]) -> None:
    """Given a network that loses the answer to a write; when the client asks again by itself; then there is one call, and one room."""
    with Callwell(leak(1).url, server.key) as through:
        call = through.calls.create("1")
    with Callwell(leak(1).url, server.key) as through:
        room = through.rooms.create(title="once")
    assert [one["id"] for one in callwell.calls.list()] == [call["id"]]
    assert [one["name"] for one in callwell.rooms.list()] == [room["name"]]


def test_what_is_refused_says_why(callwell: Callwell, server: Server) -> None:
    """Given requests that are refused for reasons of every kind; then the error's class, code, sentence and fields tell which."""
    with pytest.raises(Invalid) as invalid:
        callwell.calls.create("1", type="hologram")  # pyright: ignore[reportArgumentType]
    assert (invalid.value.status, invalid.value.code) == (422, "request.invalid")
    assert list(invalid.value.errors) == ["type"]
    with pytest.raises(NotFound) as missing:
        callwell.calls.get("0193a1c2-0000-7000-8000-000000000000")
    assert missing.value.code == "not_found"
    assert "0193a1c2" in missing.value.detail
    call = callwell.calls.create("1")
    callwell.calls.end(call["id"])
    with pytest.raises(Conflict) as conflict:
        callwell.calls.end(call["id"])
    assert (conflict.value.code, conflict.value.problem["state"]) == ("call.illegal_move", "ended")
    with Callwell(server.url, "cwk_wrong") as stranger, pytest.raises(NotSignedIn):
        stranger.calls.get(call["id"])
    token = callwell.users.token("user:1")["token"]
    with Callwell(server.url, token) as person, pytest.raises(NotAllowed):
        person.calls.create("1")
    assert issubclass(Refused, CallwellError)


def test_an_invalid_batch_is_an_error_and_a_bad_fact_an_outcome(callwell: Callwell) -> None:
    """Given more facts than a request takes, one of them none; then they are sent in parts, and every one has its outcome, in order."""
    call = callwell.calls.create("1")
    facts: list[dict[str, Any]] = [{"type": "custom.n", "call_id": call["id"], "data": {"n": n}} for n in range(700)]
    facts[650] = {"type": "chat.sent", "call_id": call["id"]}
    result = callwell.events.send(facts)
    assert (result["received"], result["stored"], result["rejected"]) == (700, 699, 1)
    assert [n for n, one in enumerate(result["outcomes"]) if one["outcome"] == "rejected"] == [650]


def test_no_server_at_all() -> None:
    """Given an address where nobody is; then that is said, after tries that don't keep the caller for long."""
    with Callwell(f"http://127.0.0.1:{free_port()}", "cwk_x") as callwell, pytest.raises(Unreachable):
        callwell.calls.get("x")
    with Callwell("nonsense", "cwk_x") as callwell, pytest.raises(Unreachable):
        callwell.calls.get("x")


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[httpx.Request]]]:
    """Makes a client whose server answers as said."""

    def answer(callwell: Callwell, *answers: httpx.Response) -> list[httpx.Request]:
        asked: list[httpx.Request] = []
        left = iter(answers)

        def handle(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return next(left)

        http = httpx.Client(base_url="http://stub", transport=httpx.MockTransport(handle))
        monkeypatch.setattr(callwell._requests, "_http", http)
        return asked

    yield answer


def test_what_passes_is_tried_again_and_what_takes_long_is_not(answering: Callable[..., list[httpx.Request]]) -> None:
    """Given a server that is briefly away; then it is asked again under the same key; one that asks for a minute is not waited for."""
    callwell = Callwell("http://stub", "cwk_x")
    asked = answering(
        callwell,
        httpx.Response(503, headers={"Retry-After": "0"}),
        httpx.Response(409, json={"code": "idempotency.in_progress"}),
        httpx.Response(201, json={"id": "1"}),
    )
    assert callwell.calls.create("1") == {"id": "1"}
    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert len({request.content for request in asked}) == 1

    asked = answering(callwell, httpx.Response(429, headers={"Retry-After": "60"}, json={"code": "access.too_many_requests"}))
    with pytest.raises(TooManyRequests) as many:
        callwell.calls.get("1")
    assert (len(asked), many.value.retry_after) == (1, 60.0)

    asked = answering(callwell, *[httpx.Response(502, text="<html>") for _ in range(3)])
    with pytest.raises(Unavailable):
        callwell.calls.get("1")
    assert len(asked) == 3

    asked = answering(callwell, httpx.Response(200, text="<html>Sign in to the airport's network</html>"))
    with pytest.raises(Unreachable):
        callwell.calls.get("1")
    callwell.close()


def test_the_clients_shapes_are_those_of_the_server() -> None:
    """Given the API's description; then the client's types are made of it, none by hand. `python -m tests.client.shapes` puts it right."""
    assert ast.dump(ast.parse(Path(FILE).read_text())) == ast.dump(ast.parse(shapes()))
