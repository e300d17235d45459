"""A person's stay in a call as a server tells of it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.client.conftest import Server, free_port

from callwell.client import Callwell


def person(call: Any, identity: str) -> Any:
    return next(one for one in call["participants"] if one["identity"] == identity)


def test_a_stay_from_start_to_end_is_in_the_record(callwell: Callwell) -> None:
    """Given a support call told by a server; when it starts, connects, changes, is complained of and ends; then the record says just that."""
    session = callwell.start("42", provider_id="7", provider_name="Dr. Okoro", audio_option="wifi", display_name="Ana", role="client")
    assert session.state == "connecting"
    assert callwell.flush()
    begun = person(callwell.calls.get(session.call_id), "user:42")
    assert (begun["status"], begun["audio_enabled"], begun["video_enabled"]) == ("connecting", True, True)
    assert begun["connections"][0]["audio_option"] == "wifi"

    was = time.monotonic()
    session.connected(setup_ms=640.4)
    time.sleep(1.1)
    session.update(mic_enabled=False)
    session.report_issue("I hear myself")
    session.report_issue("and again")
    session.report_error("permission_denied", "camera")
    session.end("user closed the window")
    lasted = time.monotonic() - was
    assert session.state == "ended"
    assert callwell.flush()

    call = callwell.calls.get(session.call_id)
    ana = person(call, "user:42")
    (connection,) = ana["connections"]
    assert (call["provider_id"], call["provider_name"]) == ("user:7", "Dr. Okoro")
    assert call["initiator"] is not None
    assert call["initiator"]["identity"] == "user:42"
    assert (ana["display_name"], ana["side"], ana["status"], ana["leave_reason"]) == ("Ana", "client", "left", "user closed the window")
    assert (connection["setup_ms"], connection["audio_enabled"]) == (640, False)
    assert 1 <= connection["duration_seconds"] <= lasted
    assert (ana["issue_count"], ana["error_count"]) == (2, 1)
    issues = [event["data"]["text"] for event in callwell.calls.events(session.call_id) if event["type"] == "issue.reported"]
    assert issues == ["I hear myself", "and again"]


def test_only_what_is_given_is_changed(callwell: Callwell) -> None:
    """Given a stay; when some of its media changes, or nothing does; then a fact says what changed, and none says what did not."""
    session = callwell.start("user:42", camera_enabled=False)
    session.update(camera_enabled=True)
    session.update(camera_enabled=True)
    session.update()
    session.update(audio_option="speaker", screen_shared=True)
    callwell.flush()
    changes = [event["data"] for event in callwell.calls.events(session.call_id) if event["type"] == "media.changed"]
    assert changes == [{"video_enabled": True}, {"audio_option": "speaker", "screen_shared": True}]


def test_a_stay_that_failed(callwell: Callwell) -> None:
    """Given a start; when it fails; then the person has failed, and nothing more is told of them but what people say afterwards."""
    session = callwell.start("user:42")
    session.failed("no camera")
    session.connected()
    session.update(mic_enabled=False)
    session.end()
    session.rate(2, "it did not work")
    callwell.flush()
    told = person(callwell.calls.get(session.call_id), "user:42")
    assert (session.state, told["status"], told["leave_reason"], told["rating_stars"]) == ("failed", "failed", "no camera", 2)


def test_a_connection_that_comes_back(callwell: Callwell) -> None:
    """Given somebody connected; when media stops and flows again; then it is one connection with one disconnection."""
    session = callwell.start("user:42")
    session.connected()
    session.disconnected("network", at=datetime.now().astimezone() + timedelta(milliseconds=20))
    time.sleep(0.05)
    session.connected()
    session.chat_sent()
    session.reaction_sent("👍")
    session.custom("custom.board_opened", {"page": 3, "nothing": None})
    callwell.flush()
    told = person(callwell.calls.get(session.call_id), "user:42")
    assert (told["status"], told["disconnection_count"], told["messages_sent"], told["reactions_sent"]) == ("connected", 1, 1, 1)
    assert [event["data"] for event in callwell.calls.events(session.call_id) if event["type"] == "custom.board_opened"] == [
        {"page": 3, "nothing": None}
    ]


def test_starting_again_gives_the_same_participant(callwell: Callwell) -> None:
    """Given somebody in a call; when they start again in the call that they are in; then they are there once, with two connections."""
    first = callwell.start("user:42")
    first.connected()
    callwell.flush()
    active = callwell.users.active_call("42")
    assert active is not None
    again = callwell.start("user:42", call=active["id"])
    again.connected()
    callwell.flush()
    call = callwell.calls.get(first.call_id)
    assert [one["identity"] for one in call["participants"]] == ["user:42"]
    assert len(call["participants"][0]["connections"]) == 2
    again.end()
    first.end()
    callwell.flush()
    assert callwell.users.active_call("42") is None


def test_a_demonstration_is_one(callwell: Callwell) -> None:
    """Given a demonstration; then its call says so, and it does not count."""
    session = callwell.start("user:42", is_demo=True)
    session.connected()
    session.end("demo_ended")
    callwell.flush()
    assert callwell.calls.get(session.call_id)["is_demo"]
    assert callwell.users.stats("42")["total"] == 0


def test_a_bot_with_a_connection_token_tells_of_itself(callwell: Callwell, server: Server) -> None:
    """Given a bot that was sent into a call; when it tells of itself with its token alone; then it is the participant that was let in."""
    call = callwell.calls.create("user:1")
    admission = callwell.calls.join(call["id"], "user:bot", display_name="Notes")
    with Callwell(server.url, admission["token"]) as bot:
        session = bot.start(camera_enabled=False)
        assert (session.call_id, session.connection) == (call["id"], admission["connection"])
        session.connected()
        session.end()
        assert bot.flush()
    told = person(callwell.calls.get(call["id"]), "user:bot")
    (connection,) = told["connections"]
    assert (connection["id"], connection["video_enabled"], connection["status"]) == (admission["connection"], False, "left")
    assert connection["connected_at"] is not None


def test_facts_of_the_hosts_own_making(callwell: Callwell) -> None:
    """Given a server that carries media; when it tells facts by and by, and sends others at once; then both are kept."""
    call = callwell.calls.create("user:1")
    callwell.events.tell("participant.joined", call_id=call["id"], participant="guest:x", connection="c1", data={"role": "patient"})
    assert callwell.flush()
    result = callwell.events.send(
        [
            {"type": "participant.connected", "call_id": call["id"], "participant": "guest:x", "connection": "c1"},
            {"type": "no.such_type", "call_id": call["id"]},
        ]
    )
    assert (result["received"], result["stored"], result["rejected"]) == (2, 1, 1)
    assert [one.get("code") for one in result["outcomes"]] == [None, "event.unknown_type"]
    assert person(callwell.calls.get(call["id"]), "guest:x")["side"] == "client"


def test_no_verb_raises_or_waits(warnings: Callable[[], list[str]]) -> None:
    """Given no server at all, and a host that says nonsense; then every verb returns at once, and each kind of trouble is warned of once."""
    begun = time.monotonic()
    with_key = Callwell(f"http://127.0.0.1:{free_port()}", "cwk_x")
    nobody = with_key.start(None)
    sessions = [with_key.start("user:42"), nobody]
    for session in sessions:
        for _ in range(3):
            session.connected(setup_ms=float("nan"))
            session.connected()
            session.update(audio_option=object())  # pyright: ignore[reportArgumentType]
            session.report_issue("x" * 100_000)
            session.report_issue(None)  # pyright: ignore[reportArgumentType]
            session.rate("many")  # pyright: ignore[reportArgumentType]
            session.custom("custom.odd", {"thing": object(), "not": float("inf")})
            session.custom("call.ended", {})
            session.disconnected()
        session.end()
        session.end()
    with_key.events.tell("chat.sent", data={"a": {1, 2}})  # pyright: ignore[reportArgumentType]
    assert time.monotonic() - begun < 5
    assert not with_key.flush(0.2)
    with_key.close(0)
    with_key.start("user:9").connected()
    said = warnings()
    assert {"session.nobody", "fact.lost", "fact.refused", "session.rate", "server.unreachable", "closed"} <= set(said)
    assert len(said) == len(set(said)), "each is said once"


def test_an_address_that_is_none_harms_nobody(warnings: Callable[[], list[str]]) -> None:
    """Given settings that are wrong; then the host's call goes on, and the log tells."""
    for url in ("nonsense", "http://[", "ftp://127.0.0.1", "http://127.0.0.1:1"):
        callwell = Callwell(url, "cwk_x")
        callwell.start("user:42").connected()
        assert not callwell.flush(0.1)
        callwell.close(0)
    assert warnings()
