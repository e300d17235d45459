"""``callwell import webrtc-internals``: Chrome's exports of today and of before."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.engines.rtcstats.conftest import record_of, told_of
from tests.importing.test_rtcstats import Import, run_import

from callwell.app import Context
from callwell.importing.internals import Export, NotAnExport

__all__ = ["run_import"]

RECORDED = Path(__file__).parent / "exports" / "chromium-156.json.gz"
"""Made by Chromium 156 of a page with two peer connections to each other, with fake devices, 25 s long; and of a camera that there is none of."""
BEGUN = datetime(2020, 11, 12, 16, 12, tzinfo=UTC)


async def test_an_export_of_chromium_is_a_call_with_a_report(context: Context, run_import: Import) -> None:
    """Given a real export, when it is imported, then there is a call of its length with samples, the failed camera and a report; again, nothing is new."""
    code, shown, said = run_import(RECORDED, what="webrtc-internals")
    assert (code, said) == (0, "")
    [outcome] = shown["files"]
    [session] = outcome["sessions"]
    record = await record_of(context, session["call_id"])
    [person] = record.participants
    assert (record.engine, record.mode, record.status) == ("external", "p2p", "ended")
    assert 20 < person.attended_seconds < 30
    assert (person.audio_enabled, person.video_enabled, person.ever_audio, person.ever_video) == (True, True, True, True)
    facts, samples = await told_of(context)
    assert [fact[3]["code"] for fact in facts if fact[1] == "error.occurred"] == ["getUserMedia: OverConstrainedError"]
    assert {(sample[3], sample[4]) for sample in samples} == {(way, kind) for way in ("inbound", "outbound") for kind in ("audio", "video")}
    scores = [sample[9] for sample in samples if sample[3:5] == ("inbound", "video")]
    assert min(scores) > 90, "on one machine the picture is good; its sound was played to nobody"
    async with context.db.connection() as tx:
        cursor = await tx.execute("SELECT sample_count FROM reports")
        assert await cursor.fetchall() == [(len(samples),)]

    _, again, _ = run_import(RECORDED, what="webrtc-internals")

    [session] = again["files"][0]["sessions"]
    assert set(session["facts"]) == set(session["samples"]) == {"duplicate"}
    assert await told_of(context) == (facts, samples)


def old_export(**connection: Any) -> bytes:
    """As Chrome made them before it gave times as numbers: the log in local time, here six hours behind, and series without times of their own."""
    end = BEGUN + timedelta(seconds=39)

    def series(values: list[Any], kind: str = "inbound-rtp") -> dict[str, Any]:
        return {
            "startTime": BEGUN.isoformat().replace("+00:00", "Z"),
            "endTime": end.isoformat().replace("+00:00", "Z"),
            "statsType": kind,
            "values": json.dumps(values),
        }

    stats = {
        "IT01A1-packetsReceived": series([50 * n for n in range(40)]),
        "IT01A1-packetsLost": series(list(range(40))),
        "IT01A1-bytesReceived": series([5000 * n for n in range(40)]),
        "IT01A1-[bytesReceived_in_bits/s]": series([1.5] * 40),
        "IT01A1-kind": series(["audio"] * 40),
        "IT01A1-ssrc": series([1] * 40),
    }
    log = [
        {"time": "11/12/2020, 10:12:00 AM", "type": "transceiverAdded", "value": "Caused by: addTrack"},
        {"time": "11/12/2020, 10:12:01 AM", "type": "iceconnectionstatechange", "value": "connected"},
        {"time": "11/12/2020, 10:12:39 AM", "type": "close", "value": ""},
    ]
    shape = {"rtcConfiguration": "{}", "constraints": "", "url": "https://example.org/room", "updateLog": log, "stats": stats, **connection}
    return json.dumps({"getUserMedia": [], "PeerConnections": {"23-1": shape}, "UserAgent": "Mozilla/5.0 Chrome/86.0"}).encode()


async def test_an_old_export_has_its_times_in_utc(context: Context, run_import: Import, tmp_path: Path) -> None:
    """Given an export whose log is in the local time of somewhere, then the time of its series tells where, and loss is what they say."""
    file = tmp_path / "old.json.gz"
    file.write_bytes(gzip.compress(old_export()))
    code, shown, _ = run_import(file, what="webrtc-internals")
    assert code == 0
    record = await record_of(context, shown["calls"][0])
    [person] = record.participants
    assert (person.connected_at, person.left_at) == (BEGUN + timedelta(seconds=1), BEGUN + timedelta(seconds=39))
    _, samples = await told_of(context)
    assert samples
    assert all(abs(sample[5] - 100 / 51) < 0.01 for sample in samples), "one packet in fifty-one was lost"


@pytest.mark.parametrize(
    ("raw", "problem"),
    [(b"", "JSON"), (b"[1]", "export"), (b'{"PeerConnections": 7}', "export"), (b"[" * 100_000, "JSON"), (b'{"PeerConnections": NaN}', "JSON")],
)
def test_what_is_no_export_is_refused(raw: bytes, problem: str) -> None:
    """Not JSON, JSON of something else, and depth."""
    with pytest.raises(NotAnExport, match=problem):
        Export(raw)


@pytest.mark.parametrize(
    "connection",
    [
        {"stats": 7}, {"updateLog": "x"}, {"updateLog": [7, None, {"type": 1}], "stats": {"a": 1, "a-b": {"values": "[1,", "startTime": 1}}},
        {"stats": {"IT1-x": {"startTime": "2020-01-01T00:00:00Z", "endTime": "1999-01-01T00:00:00Z", "values": "[1]", "statsType": "inbound-rtp"}}},
        {"url": "http://[bad"}, {"url": 7, "rid": {"x": 1}},
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_export_is_passed_over(connection: dict[str, Any]) -> None:
    """Given parts that are not what they should be, then the rest is read and nothing is raised."""
    assert len(Export(old_export(**connection)).pages) <= 1
