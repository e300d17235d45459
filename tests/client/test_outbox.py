"""Facts are kept before they are sent, sent until it is known what became of them, and each is in the record once."""

import itertools
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.client.conftest import Leak, Server, Stub, accepted, until

from callwell.client import Callwell, outbox
from callwell.client.outbox import importance


def types_of(callwell: Callwell, call_id: str) -> list[str]:
    return [event["type"] for event in callwell.calls.events(call_id)]


def waiting(buffer: Path) -> int:
    db = sqlite3.connect(buffer)
    try:
        return db.execute("SELECT count(*) FROM facts").fetchone()[0]
    finally:
        db.close()


def in_a_process(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """A host's process of its own. `say` tells us how far it has come."""
    lead = "import os, sys, time\nfrom callwell.client import Callwell\ndef say(text): print(text, flush=True)\n"
    return subprocess.Popen(
        [sys.executable, "-c", lead + textwrap.dedent(code), *map(str, arguments)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )


def heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


# ── Outages ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_outage_in_the_middle_costs_nothing(server: Server, callwell: Callwell, buffer: Path) -> None:
    """Given a call under way; when the server is away for a part of it; then what happened meanwhile lies on disk, and is in the record once it is back, once."""
    session = callwell.start("user:42")
    session.connected()
    assert callwell.flush()
    server.stop()
    session.update(mic_enabled=False)
    session.report_issue("are you there?")
    session.chat_sent()
    assert not callwell.flush(0.3)
    assert waiting(buffer) == 3
    server.start()
    session.end()
    assert callwell.flush()
    assert waiting(buffer) == 0
    told = ["call.created", "participant.joined", "participant.connected", "media.changed", "issue.reported", "chat.sent", "participant.left"]
    assert types_of(callwell, session.call_id) == told


def test_what_waits_is_sent_by_itself_when_the_server_is_back(server: Server, callwell: Callwell) -> None:
    """Given facts that could not be sent; when the server is back and nobody flushes; then they are sent."""
    call_id = callwell.calls.create("user:1")["id"]
    server.stop()
    session = callwell.start("user:42", call=call_id)
    time.sleep(0.3)
    server.start()
    until(lambda: "participant.joined" in types_of(callwell, session.call_id))


def test_an_answer_that_is_lost_makes_no_second_fact(callwell: Callwell, server: Server, buffer: Path, leak: Callable[[int], Leak]) -> None:
    """Given a network on which facts arrive and the answers are lost; when they are sent again; then each is in the record once."""
    leaking = leak(2)
    with Callwell(leaking.url, server.key, buffer.with_name("leaking.sqlite")) as through:
        session = through.start("user:42")
        session.connected()
        session.end()
        assert through.flush()
    assert leaking.lost == 0
    assert types_of(callwell, session.call_id) == ["call.created", "participant.joined", "participant.connected", "participant.left"]


def test_a_process_that_is_killed_before_it_sends_loses_nothing(server: Server, buffer: Path) -> None:
    """Given a host killed while its facts had nowhere to go; when another process opens the buffer; then they are sent, once."""
    server.stop()
    host = in_a_process(
        """
        callwell = Callwell(sys.argv[1], sys.argv[2], sys.argv[3])
        session = callwell.start("user:42")
        session.connected()
        session.report_issue("power flickers")
        callwell.flush(0.3)
        say(session.call_id)
        time.sleep(60)
        """,
        server.url,
        server.key,
        buffer,
    )
    call_id = heard(host)
    host.kill()
    host.wait()
    assert waiting(buffer) == 4
    server.start()
    with Callwell(server.url, server.key, buffer) as callwell:
        assert callwell.flush(), "also the turn of the one that is gone is taken over at once"
        assert types_of(callwell, call_id) == ["call.created", "participant.joined", "participant.connected", "issue.reported"]
    with Callwell(server.url, server.key, buffer) as callwell:
        assert callwell.flush()
        assert len(types_of(callwell, call_id)) == 4


def test_a_process_killed_at_any_moment_has_each_fact_once(server: Server, callwell: Callwell, buffer: Path) -> None:
    """Given hosts killed while they tell and send, some between an answer and its noting; when the next opens the buffer; then every fact told is there once."""
    call_id = callwell.calls.create("user:1")["id"]
    shared = buffer.with_name("shared.sqlite")
    told: list[str] = []
    for round in range(6):
        host = in_a_process(
            """
            callwell = Callwell(sys.argv[1], sys.argv[2], sys.argv[3])
            for n in range(100_000):
                callwell.events.tell("custom.step", call_id=sys.argv[4], data={"n": f"{sys.argv[5]}.{n}"})
                say(f"{sys.argv[5]}.{n}")
                time.sleep(0.001)
            """,
            server.url,
            server.key,
            shared,
            call_id,
            round,
        )
        told += [heard(host) for _ in range(40 + 17 * round)]
        host.send_signal(signal.SIGKILL)
        host.wait()
        assert host.stdout is not None
        told += host.stdout.read().split()
    with Callwell(server.url, server.key, shared) as last:
        assert last.flush(60)
    steps = [event["data"]["n"] for event in callwell.calls.events(call_id) if event["type"] == "custom.step"]
    assert len(steps) == len(set(steps))
    assert set(told) <= set(steps)


def test_a_process_that_ends_without_closing_sends_what_it_has(server: Server, callwell: Callwell) -> None:
    """Given a script without a buffer that tells and ends; then what it told is in the record."""
    host = in_a_process("session = Callwell(sys.argv[1], sys.argv[2]).start('user:42')\nsay(session.call_id)", server.url, server.key)
    call_id = heard(host)
    assert host.wait(60) == 0
    assert types_of(callwell, call_id) == ["call.created", "participant.joined"]


# ── What the server says ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fact_that_is_rejected_holds_no_other_back(callwell: Callwell, warnings: Callable[[], list[str]]) -> None:
    """Given facts of which one is none; then the others are in the record, that one is not sent for ever, and the log tells once."""
    session = callwell.start("user:42")
    callwell.events.tell("no.such_type", call_id=session.call_id)
    callwell.events.tell("no.other_type", call_id=session.call_id)
    session.connected()
    assert callwell.flush()
    assert types_of(callwell, session.call_id) == ["call.created", "participant.joined", "participant.connected"]
    assert warnings() == ["fact.rejected"]


def test_a_batch_that_is_refused_is_searched_for_the_one_to_blame(stub: Stub, warnings: Callable[[], list[str]]) -> None:
    """Given a batch refused as a whole for one of its facts; then smaller ones are sent until that one alone is given up."""
    stub.answer = lambda facts: (422, {"code": "request.invalid"}, {}) if any("poison" in fact["data"] for fact in facts) else accepted(facts)
    with Callwell(stub.url, "cwk_x") as callwell:
        for n in range(20):
            callwell.events.tell("custom.a", data={"poison" if n == 13 else "n": n})
        assert callwell.flush()
    stored = {fact["data"]["n"] for _, facts, _ in stub.requests if stub.answer(facts)[0] == 200 for fact in facts}
    assert stored == set(range(20)) - {13}
    assert warnings() == ["fact.refused"]


@pytest.mark.parametrize(
    "answer",
    [
        (503, {"code": "unavailable.database"}, {}),
        (500, b"<html>", {}),
        (200, b"<html>Sign in to the airport's network</html>", {}),
        (200, {"outcomes": []}, {}),
        (200, ["?"], {}),
        (302, b"", {"Location": "http://127.0.0.1:1/"}),
        (404, {"code": "request.no_such_address"}, {}),
    ],
    ids=lambda answer: str(answer[0]),
)
def test_an_answer_that_says_nothing_of_the_facts_settles_none(stub: Stub, answer: tuple[int, Any, dict[str, str]]) -> None:
    """Given an answer of whatever kind without outcomes; then the facts are sent again until there are."""
    stub.answer = lambda facts: answer if len(stub.requests) < 3 else accepted(facts)
    with Callwell(stub.url, "cwk_x") as callwell:
        callwell.start("user:42")
        assert callwell.flush()
    assert len(stub.requests) >= 3
    first = {fact["id"] for fact in stub.requests[0][1]}
    assert first <= {fact["id"] for fact in stub.requests[-1][1]} | {fact["id"] for fact in stub.taken}


def test_the_server_says_how_long_to_wait(stub: Stub) -> None:
    """Given a server that asks for two seconds; then nothing is sent before."""
    stub.answer = lambda facts: (503, {}, {"Retry-After": "2"}) if len(stub.requests) < 2 else accepted(facts)
    with Callwell(stub.url, "cwk_x") as callwell:
        callwell.events.tell("custom.a")
        until(lambda: len(stub.requests) >= 2)
    assert stub.requests[1][0] - stub.requests[0][0] >= 1.95


def test_tries_become_rarer(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a server that cannot; then the waits between tries grow, by the upper end of their chance."""
    monkeypatch.setattr("callwell.client.requests.random.random", lambda: 1.0)
    stub.answer = lambda facts: (500, {}, {})
    callwell = Callwell(stub.url, "cwk_x")
    callwell.events.tell("custom.a")
    until(lambda: len(stub.requests) >= 4)
    callwell.close(0)
    times = [at for at, _, _ in stub.requests]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    for gap, wait in zip(gaps, (0.5, 1.0, 2.0), strict=False):
        assert wait - 0.05 < gap < 2 * wait


def test_a_refused_credential_keeps_the_facts_for_a_better_one(server: Server, buffer: Path, warnings: Callable[[], list[str]]) -> None:
    """Given a key that is not one; then facts are kept and it is not tried at every turn; when the right key opens the buffer; then they are sent."""
    with Callwell(server.url, "cwk_wrong", buffer) as wrong:
        session = wrong.start("user:42")
        until(lambda: "credential.refused" in warnings())
        assert not wrong.flush(0.2)
    assert "cwk_wrong" not in buffer.read_bytes().decode("latin-1"), "keys are not written down"
    with Callwell(server.url, server.key, buffer) as right:
        assert right.flush()
        assert types_of(right, session.call_id) == ["call.created", "participant.joined"]


# ── Who sends what ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_processes_that_share_a_buffer_one_sends(stub: Stub, buffer: Path) -> None:
    """Given three processes that tell into one file; then every fact is sent, and each once."""
    code = """
        callwell = Callwell(sys.argv[1], "cwk_x", sys.argv[2])
        for n in range(50):
            callwell.events.tell("custom.a", data={"n": n, "of": os.getpid()})
            time.sleep(0.01)
        say(callwell.flush(60))
        sys.stdin.readline()
    """
    hosts = [in_a_process(code, stub.url, buffer) for _ in range(3)]
    assert [heard(host) for host in hosts] == ["True"] * 3
    for host in hosts:
        host.communicate("\n", timeout=60)
    sent = [(fact["data"]["of"], fact["data"]["n"]) for fact in stub.taken]
    assert len(sent) == len(set(sent)) == 150


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_fork_tells_for_itself(stub: Stub, buffer: Path, on_disk: bool) -> None:
    """Given a server that makes its client before it forks workers, as gunicorn does; then what parent and children tell is sent, each once."""
    host = in_a_process(
        """
        callwell = Callwell(sys.argv[1], "cwk_x", sys.argv[2] or None)
        callwell.events.tell("custom.a", data={"by": "parent before"})
        children = []
        for child in range(3):
            pid = os.fork()
            if pid == 0:
                callwell.events.tell("custom.a", data={"by": f"child {child}"})
                os._exit(0 if callwell.flush(60) else 1)
            children.append(pid)
        callwell.events.tell("custom.a", data={"by": "parent after"})
        codes = [os.waitpid(pid, 0)[1] for pid in children]
        say(codes == [0, 0, 0] and callwell.flush(60))
        """,
        stub.url,
        buffer if on_disk else "",
    )
    assert heard(host) == "True"
    host.wait()
    assert sorted(fact["data"]["by"] for fact in stub.taken) == ["child 0", "child 1", "child 2", "parent after", "parent before"]


def test_facts_for_another_server_are_left_to_it(stub: Stub, other_stub: Stub, buffer: Path) -> None:
    """Given a buffer with facts for another server; when a client of this one opens it; then they go nowhere, and its key is shown to no other."""
    other_stub.answer = lambda facts: (503, {}, {})
    other = Callwell(other_stub.url, "cwk_other", buffer)
    other.events.tell("custom.secret")
    until(lambda: other_stub.requests)
    other.close(0)
    with Callwell(stub.url, "cwk_x", buffer) as callwell:
        callwell.events.tell("custom.own")
        assert callwell.flush()
        time.sleep(1.2)
    assert [fact["type"] for fact in stub.taken] == ["custom.own"]
    assert {credential for _, _, credential in other_stub.requests} == {"Bearer cwk_other"}
    assert waiting(buffer) == 1


def test_a_bots_facts_are_sent_with_the_token_of_their_connection(server: Server, callwell: Callwell, buffer: Path) -> None:
    """Given a bot that ended while the server was away; when the next, of another connection, opens the buffer; then the first's facts are the first's."""
    call_id = callwell.calls.create("user:1")["id"]
    tokens = [callwell.calls.join(call_id, identity)["token"] for identity in ("user:a", "user:b")]
    shared = buffer.with_name("bots.sqlite")
    server.stop()
    first = Callwell(server.url, tokens[0], shared)
    first.start().report_issue("I am a")
    first.close(0)
    server.start()
    with Callwell(server.url, tokens[1], shared) as second:
        second.start().report_issue("I am b")
        assert second.flush()
        until(lambda: waiting(shared) == 0)
    names = {one["id"]: one["identity"] for one in callwell.calls.get(call_id)["participants"]}
    said = {
        names[str(event["participant_id"])]: event["data"]["text"] for event in callwell.calls.events(call_id) if event["type"] == "issue.reported"
    }
    assert said == {"user:a": "I am a", "user:b": "I am b"}


def test_facts_of_a_connection_whose_token_ran_out_are_given_up(stub: Stub, buffer: Path, warnings: Callable[[], list[str]]) -> None:
    """Given facts of an earlier connection whose token is refused; then they are given up, and the log tells."""
    token = f"cwc_{'1' * 64}.x"
    first = Callwell("http://127.0.0.1:1", token, buffer)
    first.start()
    first.close(0)
    db = sqlite3.connect(buffer)
    with db:
        db.execute("UPDATE facts SET sender = ?", [f"{stub.url}\n{token}"])
    db.close()
    stub.answer = lambda facts: (401, {}, {})
    callwell = Callwell(stub.url, "cwk_x", buffer)
    until(lambda: waiting(buffer) == 0)
    callwell.close(0)
    assert "facts.too_late" in warnings()
    assert stub.requests[0][2] == f"Bearer {token}"


# ── Where facts lie ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_others_cannot_read_the_buffer(stub: Stub, buffer: Path) -> None:
    """Given a buffer in a new folder; then its file is its owner's alone."""
    nested = buffer.parent / "deep" / "facts.sqlite"
    with Callwell(stub.url, "cwk_x", nested):
        assert nested.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("what", ["directory", "no database"])
def test_a_buffer_that_cannot_be_used_keeps_nothing_from_being_sent(stub: Stub, buffer: Path, what: str, warnings: Callable[[], list[str]]) -> None:
    """Given a buffer that is no file, or no database; then facts lie in memory, are sent, and the log tells; what is there is left alone."""
    if what == "directory":
        buffer.mkdir()
    else:
        buffer.write_text("a letter to my mother, which is no database at all")
    with Callwell(stub.url, "cwk_x", buffer) as callwell:
        callwell.start("user:42")
        assert callwell.flush()
    assert len(stub.taken) == 2
    assert warnings() == ["buffer.unusable"]
    assert buffer.is_dir() or buffer.read_text().startswith("a letter")


def test_a_buffer_that_fails_later_costs_no_fact(stub: Stub, buffer: Path, warnings: Callable[[], list[str]]) -> None:
    """Given another process that holds the file locked; when facts are told; then the host is not kept waiting for long, and they are sent from memory."""
    with Callwell(stub.url, "cwk_x", buffer) as callwell:
        holder = sqlite3.connect(buffer, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        callwell.events.tell("custom.a")
        assert time.monotonic() - begun < 3
        until(lambda: stub.taken)
        holder.execute("COMMIT")
        holder.close()
        assert callwell.flush()
    assert "buffer.unwritable" in warnings()
    assert len({fact["id"] for fact in stub.taken}) == 1


def test_facts_that_are_lost_are_said_to_be(stub: Stub, buffer: Path, warnings: Callable[[], list[str]]) -> None:
    """Given facts that could not be sent; when the client is closed; then the log tells where they were in memory, and not where they are on disk."""
    stub.answer = lambda facts: (500, {}, {})
    on_disk = Callwell(stub.url, "cwk_x", buffer)
    on_disk.events.tell("custom.a")
    on_disk.close(0)
    assert "facts.lost" not in warnings()
    in_memory = Callwell(stub.url, "cwk_x")
    in_memory.events.tell("custom.a")
    in_memory.close(0)
    in_memory.close(0)
    assert warnings().count("facts.lost") == 1
    assert "close.failed" not in warnings()


def test_when_there_is_no_room_the_least_important_goes_first(
    stub: Stub, buffer: Path, monkeypatch: pytest.MonkeyPatch, warnings: Callable[[], list[str]]
) -> None:
    """Given room for ten facts while the server is away; when more are told; then those that say who was there when are kept."""
    monkeypatch.setattr(outbox, "MOST_FACTS", 10)
    stub.answer = lambda facts: (503, {}, {"Retry-After": "600"})
    callwell = Callwell(stub.url, "cwk_x", buffer)
    session = callwell.start("user:42")
    for n in range(30):
        session.custom("custom.noise", {"n": n})
        session.chat_sent()
    session.connected()
    session.end()
    callwell.close(0)
    db = sqlite3.connect(buffer)
    kept = [kind for (kind,) in db.execute("SELECT json_extract(body, '$.type') FROM facts ORDER BY position")]
    db.close()
    assert len(kept) <= 11
    assert [kind for kind in kept if importance(kind) < 2] == ["call.created", "participant.joined", "participant.connected", "participant.left"]
    assert "custom.noise" not in kept
    assert "facts.dropped" in warnings()


def test_telling_costs_the_host_next_to_nothing(stub: Stub, buffer: Path) -> None:
    """Given a server that never answers in time; when a thousand facts are told; then that costs less than a millisecond each, and waits for no answer."""
    stub.answer = lambda facts: time.sleep(1) or accepted(facts)
    callwell = Callwell(stub.url, "cwk_x", buffer)
    session = callwell.start("user:42")
    begun, cost = time.monotonic(), time.thread_time()
    for _ in range(1000):
        session.chat_sent()
    assert time.thread_time() - cost < 1
    assert time.monotonic() - begun < 10
    callwell.close(0)
