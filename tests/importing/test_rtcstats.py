"""``callwell import rtcstats``: dumps become calls, once."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.app_fixtures import replace
from tests.engines.rtcstats.conftest import DUMPS, agent_of, call_of, clients, lines_of, numbered, record_of, served, told_of
from tests.engines.rtcstats.test_socket import is_finished

from callwell.app import Context
from callwell.importing.rtcstats import Dump, session_of
from callwell.settings import Settings

GOOGLE = next(dump for dump in DUMPS if dump.name.startswith("google"))

Import = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run_import(database_url: str, tmp_path: Path) -> Import:
    """Runs the command; gives its exit code, what it printed and its errors."""

    def run(*files: Path | str, what: str = "rtcstats") -> tuple[int, Any, str]:
        done = subprocess.run(
            [sys.executable, "-m", "callwell", "import", what, *map(str, files), "--json", "--data-dir", str(tmp_path)],
            env={"CALLWELL_DATABASE_URL": database_url, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    return run


async def test_every_dump_makes_a_call_with_a_report_and_again_changes_nothing(context: Context, run_import: Import) -> None:
    """Given the dumps, when they are imported, then each person was there as long as their connection was and is judged; again, nothing is new.

    Those of Firefox and Safari are of one conference at one time, whose clients did not say more: they are of one call.
    """
    code, shown, said = run_import(*DUMPS)
    assert (code, said) == (0, "")
    assert len(shown["calls"]) == len(DUMPS) - 1
    for dump, outcome in zip(DUMPS, shown["files"], strict=True):
        features = json.loads(dump.with_name(dump.name.replace(".dump.gz", ".features.json")).read_text())
        [session] = outcome["sessions"]
        assert set(session["samples"]) == {"stored"}
        assert session["facts"].pop("duplicate", 0) <= 1, "that the call was made, if another had told of it"
        assert set(session["facts"]) == {"stored"}
        record = await record_of(context, session["call_id"])
        longest = max(pc["pcSessionDurationMs"] for pc in features["aggregates"].values())
        assert {one.identity: one.attended_seconds for one in record.participants}[session["participant"]] == longest / 1000
        assert record.status == "ended"
        assert record.ended_at == max(one.left_at for one in record.participants), "it ended when the last one left, not when that was noticed"
        assert record.record_state == "final"
    async with context.db.connection() as tx:
        cursor = await tx.execute("SELECT call_id::text, sample_count, score, category FROM reports")
        reports = {row[0]: row[1:] for row in await cursor.fetchall()}
    assert set(reports) == set(shown["calls"])
    assert all(count > 0 for count, _, _ in reports.values())
    assert sum(score is not None for _, score, _ in reports.values()) >= 3
    before = await told_of(context)

    code, again, _ = run_import(*DUMPS)

    assert code == 0
    assert again["calls"] == shown["calls"]
    for outcome in again["files"]:
        [session] = outcome["sessions"]
        assert set(session["facts"]) == set(session["samples"]) == {"duplicate"}
    assert await told_of(context) == before


async def test_a_session_imported_and_streamed_is_one(settings: Settings, context: Context, run_import: Import) -> None:
    """Given a dump that was imported, when the same session is streamed, then not a fact and not a sample is new, and there is one call."""
    _, shown, _ = run_import(GOOGLE)
    [session] = shown["files"][0]["sessions"]
    before = await told_of(context)
    async with served(replace(settings, port=0, rtcstats_access="open")) as site, clients(site) as client:
        one = await client(session["session"], agent=agent_of(GOOGLE))
        said = numbered(lines_of(GOOGLE))
        await one.say_all(said)
        await one.is_kept(len(said))
        await one.close()
        await is_finished(site, session["session"])
        assert str(await call_of(site)) == session["call_id"]
        assert {outcome for (_, outcome) in site.rtcstats.teller.outcomes} == {"duplicate"}
        assert await told_of(site) == before


async def test_two_dumps_of_one_meeting_are_two_people_of_one_call(context: Context, run_import: Import, tmp_path: Path) -> None:
    """Given dumps of two people in one meeting, imported one after the other in either order, then they are in one call, which lasts until both left."""
    text = gzip.decompress(GOOGLE.read_bytes()).decode()
    other = tmp_path / "other.dump"
    shorter = "\n".join(text.splitlines()[:150])
    other.write_text(
        shorter.replace("Z4pw0CT9udBLc9rSQ4ytH5", "another-device")
        .replace("andrei-win-1", "Berta")
        .replace('"connectionInfo",null,{"path"', '"connectionInfo",null,{"x":1,"path"')
    )
    _, first, _ = run_import(other)
    _, second, _ = run_import(GOOGLE)
    assert first["calls"] == second["calls"]
    record = await record_of(context, first["calls"][0])
    assert {person.display_name for person in record.participants} == {"andrei-win-1", "Berta"}
    assert record.ended_at == max(person.left_at for person in record.participants)
    assert record.overlap_seconds == min(person.attended_seconds for person in record.participants)
    assert record.anomalies == []


@pytest.mark.parametrize("is_reversed", [False, True], ids=["Firefox first", "Safari first"])
async def test_sessions_in_one_place_at_one_time_are_of_one_call(context: Context, run_import: Import, tmp_path: Path, is_reversed: bool) -> None:
    """Given two dumps that name no more than their conference, in which they were at one time, then they are two people of one call, whichever
    comes first; the same conference on another day is another call."""
    pair = [dump for dump in DUMPS if dump.name.startswith(("firefox", "safari"))]
    calls = {call for dump in sorted(pair, reverse=is_reversed) for call in run_import(dump)[1]["calls"]}

    (call_id,) = calls
    record = await record_of(context, call_id)
    assert {one.display_name for one in record.participants} == {"andrei-mac-firefox", "andreig-safari"}
    assert record.peak_participants == 2
    assert record.anomalies == []
    assert 130 < record.overlap_seconds < 156

    next_day = tmp_path / "next-day.dump"
    text = gzip.decompress(pair[0].read_bytes()).decode()
    next_day.write_text(re.sub(r"\b1605\d{9}\b", lambda time: str(int(time[0]) + 86_400_000), text))
    assert run_import(next_day)[1]["calls"] != [call_id]


def test_a_bad_file_does_not_keep_the_others_from_being_done(run_import: Import, tmp_path: Path) -> None:
    """Given files that are none, then each is told of in one line, the others are imported, and the exit code is 2."""
    nonsense, broken = tmp_path / "nonsense", tmp_path / "broken.gz"
    nonsense.write_text("not a dump\nat all\n")
    broken.write_bytes(GOOGLE.read_bytes()[:5000])
    code, shown, said = run_import(nonsense, broken, tmp_path / "missing", tmp_path, GOOGLE)
    assert code == 2
    assert len(said.splitlines()) == 4
    assert all(line.startswith("callwell: ") for line in said.splitlines())
    assert len(shown["files"]) == 5
    assert shown["files"][-1]["sessions"][0]["facts"]["stored"] > 0


def test_what_cannot_be_read_of_a_dump_is_counted(run_import: Import, tmp_path: Path) -> None:
    """Given a dump with garbage among its lines, then the rest is used, and the reasons are given."""
    lines = gzip.decompress(GOOGLE.read_bytes()).decode().splitlines()
    damaged = tmp_path / "damaged.dump"
    damaged.write_text("\n".join([*lines[:50], "{", "[" * 10_000, "[]", '["getstats","PC_0",7,1]', *lines[50:-1], lines[-1][:200]]))
    code, shown, _ = run_import(damaged)
    [outcome] = shown["files"]
    assert code == 0
    assert sum(outcome["skipped"].values()) == 5
    assert outcome["sessions"][0]["samples"]["stored"] > 30


# ── Which session it is ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dump_is_called_as_its_client_called_the_session() -> None:
    """By the address in its first line, else by its name where that is an id, else by what it begins with, whatever the file is called."""
    first = b'["connectionInfo",null,{"path":"/room?statsSessionId=abc-1&isReconnect=false"},1]\n'
    assert session_of("x.dump", [first]) == "abc-1"
    assert session_of("59C86272-03ea-42e9-a62d-1c8a272e8ab0.dump.gz", [b"[]"]) == "59c86272-03ea-42e9-a62d-1c8a272e8ab0"
    assert session_of("a", [b"[1]", b"[2]"]) == session_of("b", [b"[1]\n", b"[2]\n"]) != session_of("a", [b"[1]", b"[3]"])


def test_numbers_are_the_clients_where_it_gave_some() -> None:
    """Entries keep the numbers they were sent with; a time that ends an entry is none."""
    lines = [
        b'["connectionInfo",null,{},1]',
        b'["a",null,1640046714892,1640046714892]',
        b'["b",null,null,1640046714892,7]',
        b'["c",null,null,1640046714892]',
    ]
    assert [(number, entry.type) for number, entry in Dump("x", lines)] == [(0, "connectionInfo"), (1, "a"), (7, "b"), (8, "c")]
