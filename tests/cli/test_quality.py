"""`callwell quality score`: one sample in, its score and why out."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from callwell.cli import run


@pytest.fixture
def score(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command with this on standard input; gives the exit code and what it said on both outputs."""

    def asked(text: str | bytes | dict[str, Any], *options: str) -> tuple[int, str, str]:
        given = json.dumps(text) if isinstance(text, dict) else text
        stdin = SimpleNamespace(buffer=io.BytesIO(given if isinstance(given, bytes) else given.encode()))
        monkeypatch.setattr("sys.stdin", stdin)
        code = run(["quality", "score", *options])
        said = capsys.readouterr()
        return code, said.out, said.err

    return asked


SAMPLE = {
    "id": "0193a1c2-7b5e-7000-8000-000000000001",
    "participant": "user:42",
    "connection": "c1",
    "started_at": "2026-11-21T09:00:00.000Z",
    "interval_ms": 10_000,
    "direction": "inbound",
    "kind": "audio",
    "packet_loss_pct": 5,
    "rtt_ms": 400,
    "jitter_ms": 50,
    "protection": "fec",
}


def test_a_sample_is_scored_with_reasons(score: Any) -> None:
    """Opinion, points, word, reasons and the formula's version, and nothing else."""
    code, out, err = score(SAMPLE, "--json")
    found = json.loads(out)

    assert (code, err) == (0, "")
    assert set(found) == {"mos", "score", "category", "reasons", "formula"}
    assert found["mos"] == pytest.approx(2.618, abs=0.001)
    assert found["score"] == pytest.approx(47.5, abs=0.05)
    assert (found["category"], found["formula"]) == ("poor", "q1")
    assert [(reason["code"], round(reason["points"])) for reason in found["reasons"]] == [("delay", 34), ("loss", 28)]


def test_for_people_it_reads_as_a_sentence_and_a_table(score: Any) -> None:
    """Without --json."""
    code, out, _ = score(SAMPLE)
    assert code == 0
    assert out.startswith("poor: 47.5 of 100, MOS 2.62 (formula q1)\n")
    assert "320 ms one way" in out
    assert score({**SAMPLE, "muted": True})[1].startswith("No score can be told.\n")


def test_whose_it_is_when_it_was_and_what_it_is_may_be_missing(score: Any) -> None:
    """Frames and a size make it video; that this was assumed is said."""
    _, out, _ = score({"width": 1280, "height": 720, "fps": 30, "bitrate_kbps": 1500, "rtt_ms": 50}, "--json")
    found = json.loads(out)
    assert found["score"] == pytest.approx(89.3, abs=0.05)
    assert {"assumed:kind", "assumed:direction"} <= {reason["code"] for reason in found["reasons"]}


@pytest.mark.parametrize("value", ["null", "NaN", "Infinity", "-Infinity", "-1", '"84"', "1e400", "9" * 5000, "[84]", "true", "{}"])
@pytest.mark.parametrize("field", ["packet_loss_pct", "rtt_ms", "jitter_ms"])
def test_bad_numbers_are_null_with_a_reason(score: Any, field: str, value: str) -> None:
    """They spoil the score, never the command, and each is told once."""
    text = json.dumps({**SAMPLE, field: "HERE"}).replace('"HERE"', value)
    code, out, err = score(text, "--json")
    found = json.loads(out, parse_constant=lambda constant: pytest.fail(f"{constant} in the answer"))

    assert (code, err) == (0, "")
    assert (found["mos"], found["score"], found["category"]) == (None, None, "unknown")
    assert [reason["code"].partition(":")[2] for reason in found["reasons"]] == [field]


@pytest.mark.parametrize(
    "text",
    ["", "hello", "[1]", "null", "3", '{"kind": "audio"', "[" * 100_000, b"\xff\xfe", '{"x": "' + "x" * 2_000_000 + '"}'],
    ids=["nothing", "words", "list", "null", "number", "half", "deep", "bytes", "long"],
)
def test_what_is_no_sample_is_one_line_and_2(score: Any, text: str | bytes) -> None:
    """Bad input is said on standard error in one line, and nothing else is."""
    for options in (["--json"], []):
        code, out, err = score(text, *options)
        assert (code, out) == (2, "")
        assert err.startswith("callwell: ")
        assert err.count("\n") == 1
