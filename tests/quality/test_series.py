"""How a call went, thinned out for charts."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.ingest.conftest import Host, ms
from tests.quality.conftest import sample, stored

from callwell import ids


async def series(host: Host, call: str, **given: Any) -> dict[str, Any]:
    answer = await host.client.get(f"/v1/calls/{call}/series", params=given)
    assert answer.status_code == 200, answer.text
    return answer.json()


def after(since: datetime, seconds: float) -> datetime:
    return since + timedelta(seconds=seconds)


async def test_everybody_has_a_line_of_means_over_equal_steps(host: Host, since: datetime) -> None:
    """Given two people's samples of ten minutes, when few points are asked for, then each step is the mean of what lies in it, and unknown where nothing does."""
    call = await host.make_call()
    rows = [
        sample(call, at=after(since, 10 * n), participant="user:1", connection="c1", rtt_ms=100.0 + n % 2 * 100, bitrate_kbps=30.0) for n in range(60)
    ]
    rows += [
        sample(call, at=after(since, 10 * n), participant="user:2", connection="c2", jitter_ms=float(n), packet_loss_pct=n / 10) for n in range(30)
    ]
    await stored(host.client, *rows)

    shown = await series(host, call, points=30)

    assert shown["since"] == ms(since)
    record = await host.record(call)
    by_person = {
        one["user_id"]: next(line for line in shown["lines"] if line["participant_id"] == one["id"])
        for one in record["participants"]
        if one["user_id"] in "12"
    }
    step, steps = shown["step_seconds"], shown["steps"]
    assert 29 <= steps <= 30
    assert all(len(line[name]) == steps for line in shown["lines"] for name in line if name != "participant_id")
    one, other = by_person["1"], by_person["2"]
    covered = 600 // step
    assert one["rtt_ms"][:covered] == pytest.approx([150.0] * covered, abs=8)  # seven samples or six
    assert one["bitrate_kbps"][:covered] == [30.0] * covered
    assert set(one["sent_kbps"]) == {None}
    assert all(score > 90 for score in one["score"][: covered - 1])
    first = range(-(-step // 10))
    assert other["jitter_ms"][0] == pytest.approx(sum(first) / len(first), abs=0.01)
    assert other["jitter_ms"][0] < other["jitter_ms"][1] < other["jitter_ms"][2]
    assert set(other["rtt_ms"][-(-300 // step) :]) == {None}


async def test_sound_and_picture_count_as_they_do_in_a_score(host: Host, since: datetime) -> None:
    """Given good sound and a bad picture at one time, then bitrates add up and one score says both; what is sent has a line of its own."""
    call = await host.make_call()
    about = {"at": since, "participant": "user:1", "connection": "c1"}
    bad = {"kind": "video", "width": 320, "height": 180, "fps": 3.0, "bitrate_kbps": 40.0, "freeze_ratio": 0.5}
    await stored(
        host.client,
        sample(call, **about),
        sample(call, **about, **bad),
        sample(call, **about, direction="outbound", bitrate_kbps=20.0, rtt_ms=900.0),
    )

    (line,) = (await series(host, call))["lines"]

    heard, seen = [
        one["score"]
        for one in sorted(
            (await host.client.get(f"/v1/calls/{call}/samples", params={"direction": "inbound"})).json()["items"], key=lambda one: one["kind"]
        )
    ]
    assert line["score"][0] == pytest.approx(min(heard, 0.6 * heard + 0.4 * seen), abs=0.01)
    assert (line["bitrate_kbps"][0], line["sent_kbps"][0], line["rtt_ms"][0]) == (72.0, 20.0, 40.0)


async def test_a_step_is_no_shorter_than_samples_are(host: Host, since: datetime) -> None:
    """Given samples of a minute each, when a thousand points are asked for, then steps are minutes, and no line has holes."""
    call = await host.make_call()
    await stored(host.client, *(sample(call, at=after(since, 60 * n), participant="user:1", connection="c1", interval_ms=60_000) for n in range(10)))

    shown = await series(host, call, points=1000)

    assert shown["step_seconds"] == 60
    assert None not in shown["lines"][0]["rtt_ms"][:10]


async def test_a_call_without_samples_has_no_lines(host: Host, server: httpx.AsyncClient) -> None:
    """And one that there is not is not found."""
    shown = await series(host, await host.make_call())
    assert (shown["lines"], shown["steps"]) == ([], 0)
    assert (await server.get(f"/v1/calls/{ids.uuid7()}/series")).status_code == 404
    assert (await server.get(f"/v1/calls/{ids.uuid7()}/series", params={"points": 5})).status_code == 422
