"""`callwell calls`: the record in tables, and as JSON for programs."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.calls.conftest import Host

from callwell.cli import run
from callwell.record import events as e

Cli = Callable[..., str]


def clock(at: datetime) -> str:
    return at.strftime("%H:%M:%S.000")


@pytest.fixture
async def recorded(host: Host, since: datetime) -> dict[str, Any]:
    """A call of a client and a therapist, over: she was muted for a while, and shared her screen."""

    def later(seconds: float) -> datetime:
        return since + timedelta(seconds=seconds)

    call = await host.make_call(conversation_id="thread-1", provider="user:9", provider_name="Dr. No")
    id = call["id"]
    device = e.Device("Chrome 126", "Windows 11", "desktop")
    joined = e.Joined(display_name="Ana", role="client", audio_enabled=True, video_enabled=True, device=device)
    await host.say(id, "participant.joined", joined, "user:1", "tab", at=since)
    await host.say(id, "participant.connected", e.Connected(setup_ms=640), "user:1", "tab", at=since)
    await host.join(id, "user:9", "c2", at=later(10), role="psychologist")
    await host.say(id, "media.changed", e.MediaChanged(audio_enabled=False), "user:1", "tab", at=later(20))
    await host.say(id, "media.changed", e.MediaChanged(audio_enabled=True), "user:1", "tab", at=later(30))
    await host.say(id, "media.changed", e.MediaChanged(screen_shared=True), "user:1", "tab", at=later(40))
    await host.say(id, "media.changed", e.MediaChanged(screen_shared=False), "user:1", "tab", at=later(45))
    await host.leave(id, "user:1", "tab", at=later(3723))
    await host.say(id, "call.ended", e.CallEnded(ended_by="user:9"), at=later(3730))
    return await host.call(id)


@pytest.fixture
async def of_five(host: Host, recorded: dict[str, Any], since: datetime) -> None:
    """The same call, with three more."""
    for number in range(2, 5):
        await host.join(recorded["id"], f"user:{number}", "tab", at=since + timedelta(seconds=number))


@pytest.fixture
def cli(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command line, where the server's database is."""
    monkeypatch.setenv("CALLWELL_DATABASE_URL", database_url)

    def say(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run(["calls", *arguments]) == code
        return capsys.readouterr()[0 if code == 0 else 1]

    return say


def test_a_call_is_shown_with_who_was_there_when_and_why_not_any_more(cli: Cli, recorded: dict[str, Any], since: datetime) -> None:
    """All that the record says, as people read it."""
    said = cli("show", recorded["id"])

    lines = [line.split("  ") for line in said.splitlines()]
    words = {tuple(word.strip() for word in line if word.strip()) for line in lines}
    assert ("status", "ended, normal") in words
    assert ("record", f"provisional, version {recorded['version']}") in words
    assert ("elapsed", "1:02:10") in words
    assert ("overlap", "1:01:53 of sides, 1:01:53 of it claimed") in words
    assert ("people", "2, at most 2 at once") in words
    assert ("disconnections", "0") in words
    left = clock(since + timedelta(seconds=3723))
    assert ("Ana (user:1)", "client", "left", clock(since), clock(since), left, "normal", "1:02:03", "claim 1:02:03", "1", "0") in words
    assert ("Ana (user:1)", "tab", "Chrome 126, Windows 11, desktop", clock(since), clock(since), left, "normal", "640 ms", "1:02:03", "0") in words
    muted = f"{clock(since + timedelta(seconds=20))} to {clock(since + timedelta(seconds=30))}"
    shared = f"{clock(since + timedelta(seconds=40))} to {clock(since + timedelta(seconds=45))}"
    assert ("Ana (user:1)", "tab", muted, "never", shared) in words
    assert ("Dr. No (user:9)", "c2", "not known", "not known", "never") in words
    assert (left, "participant.left", "Ana", "key", "–") in words


def test_for_programs_it_is_the_resource_with_its_timeline(cli: Cli, recorded: dict[str, Any]) -> None:
    """`--json` gives what GET gives, and the story."""
    shown = json.loads(cli("show", recorded["id"], "--json"))

    timeline = shown.pop("timeline")
    assert shown == recorded
    assert json.loads(cli("timeline", recorded["id"], "--json"))["items"] == timeline
    assert [entry["type"] for entry in timeline][-2:] == ["participant.left", "call.ended"]


def test_calls_are_listed(cli: Cli, recorded: dict[str, Any]) -> None:
    """The newest first; of a status, a conversation or a user."""
    assert json.loads(cli("list", "--json"))["items"] == [recorded]
    assert json.loads(cli("list", "--json", "--status", "ended", "--conversation", "thread-1", "--user", "9"))["items"] == [recorded]
    assert json.loads(cli("list", "--json", "--status", "active"))["items"] == []
    assert "Ana (user:1), Dr. No (user:9)" in cli("list")


@pytest.mark.usefixtures("of_five")
def test_a_list_names_three_people_of_a_call(cli: Cli) -> None:
    """And says how many more there were, so that a large call does not push the columns apart."""
    assert "Ana (user:1), user:2, user:3 and 2 more  " in cli("list")


def test_a_timeline_is_a_table(cli: Cli, recorded: dict[str, Any]) -> None:
    """One line for each thing that happened."""
    assert len(cli("timeline", recorded["id"]).splitlines()) == 1 + 11


def test_calls_are_folded_again(cli: Cli, recorded: dict[str, Any]) -> None:
    """One, or all; the record is the same and has another version."""
    assert cli("rebuild", recorded["id"]) == "1 call was folded again.\n"
    assert json.loads(cli("rebuild", "--all", "--json")) == {"rebuilt": 1}

    shown = json.loads(cli("show", recorded["id"], "--json"))
    assert shown["version"] == recorded["version"] + 2
    assert shown["participants"] == recorded["participants"]


def test_bad_input_is_one_line_and_2(cli: Cli) -> None:
    """What is not there, and what is no id or status."""
    unknown = str(uuid4())
    for arguments, word in [
        (("show", unknown), unknown),
        (("timeline", unknown), unknown),
        (("rebuild", unknown), unknown),
        (("show", "1"), "ID"),
        (("rebuild",), "--all"),
        (("rebuild", unknown, "--all"), "--all"),
        (("list", "--status", "asleep"), "asleep"),
        (("list", "--limit", "0"), "--limit"),
    ]:
        said = cli(*arguments, code=2)
        assert word in said
        assert said.count("\n") == 1
