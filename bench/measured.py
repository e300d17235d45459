"""Samples like those that are measured: of people in calls that go on, and of ten who met for an hour."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from bench.facts import Batch, Held, new_call
from callwell import ids
from callwell.http import wire_time
from callwell.quality.batches import NewSample, read_samples

INTERVAL = 10
TRACKS = (("inbound", "audio"), ("inbound", "video"), ("outbound", "audio"), ("outbound", "video"))
PEOPLE = tuple(f"user:{number}" for number in range(10))
MINUTES = 60
LOST, MUTED, SLOW, GONE = PEOPLE[3:7]
"""One whose network loses packets for five minutes, one who is muted every other ten, one whose laptop is slow, and one who is gone for half a minute."""


def sample(call: Held, who: str, number: int, direction: str, kind: str, chance: Random, **more: Any) -> dict[str, Any]:
    """One of the samples of an interval: good, as most are, and never twice the same."""
    lost = 0.0 if chance.random() < 0.8 else round(chance.expovariate(2), 2)
    measured: dict[str, Any] = {
        "packet_loss_pct": lost,
        "rtt_ms": round(chance.gauss(60, 8), 1),
        "path_rtt_ms": round(chance.gauss(35, 5), 1),
        "jitter_ms": round(chance.uniform(2, 12), 2),
    }
    if direction == "inbound":
        measured["jitter_buffer_ms"] = round(chance.gauss(45, 8), 1)
    if kind == "audio":
        measured |= {"packets": 500, "bytes": 40_000 + chance.randrange(4000), "codec": "audio/opus", "protection": "fec"}
        measured |= {"bitrate_kbps": measured["bytes"] / 1250} | ({"concealment_pct": lost / 2} if direction == "inbound" else {"target_kbps": 32.0})
    else:
        kbps = chance.uniform(1900, 2700)
        measured |= {"packets": round(kbps), "bytes": round(1250 * kbps), "bitrate_kbps": kbps, "codec": "video/VP8", "width": 1280, "height": 720}
        measured["fps"] = round(chance.uniform(28, 30), 1)
        if direction == "inbound":
            measured |= {"freeze_ratio": 0.0, "freeze_count": 0, "frames_dropped_pct": 0.1}
        else:
            measured |= {"limitation": "none", "target_kbps": 2500.0, "available_outgoing_kbps": 4200.0, "fps_expected": 30.0}
    return {
        "id": str(ids.uuid7()), "call_id": str(call.id), "participant": who, "connection": "laptop", "interval_ms": 1000 * INTERVAL,
        "started_at": wire_time(call.began_at + timedelta(seconds=INTERVAL * number)), "direction": direction, "kind": kind, **measured, **more,
    }  # fmt: skip


class Measuring:
    """People in calls that go on, who in turn say what was measured of them."""

    def __init__(self, calls: Iterable[tuple[Held, str]]) -> None:
        self._chance = Random(1)
        self._turns = [self._samples(call, who) for call, who in calls]
        self._turn = 0

    def take(self, batches: int, size: int) -> list[Batch]:
        return [self._batch(size) for _ in range(batches)]

    def _batch(self, size: int) -> Batch:
        self._turn += 1
        return list(islice(self._turns[self._turn % len(self._turns)], size))

    def _samples(self, call: Held, who: str) -> Iterator[dict[str, Any]]:
        for number in count():
            for direction, kind in TRACKS:
                yield sample(call, who, number, direction, kind, self._chance)


def began(number: int) -> tuple[list[Batch], list[tuple[Held, str]]]:
    """The beginnings of so many calls of two, as facts; and who is in them."""
    calls = [new_call() for _ in range(number)]
    return [call.take(5) for call in calls], [(call, who) for call in calls for who in ("user:1", "user:2")]


def hour() -> tuple[UUID, Batch, Batch]:
    """A call that was over half an hour ago: its facts, 1,600 or so, and its 14,400 samples less those of who was gone."""
    call = Held(ids.uuid7(), datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=MINUTES + 30))
    chance = Random(1)
    return call.id, sorted(_facts(call, chance), key=lambda fact: fact["occurred_at"]), list(_samples(call, chance))


def _facts(call: Held, chance: Random) -> Iterator[dict[str, Any]]:
    yield call.fact("call.created", 0, initiator=PEOPLE[0], mode="sfu", engine="external")
    for place, who in enumerate(PEOPLE):
        yield call.fact("participant.joined", place * 0.2, who, role="member", display_name=f"Person {place}")
        yield call.fact("participant.connected", place * 0.2 + 1, who, setup_ms=500 + 20 * place)
        yield call.fact("media.changed", 3, who, audio_enabled=True, video_enabled=True)
        for minute in range(MINUTES):
            for turn in range(2):
                yield call.fact("speaker.spoke", 60 * minute + 30 * turn + 10 + 15 * chance.random(), who, duration_ms=chance.randrange(500, 9000))
            if minute % 3 == 0:
                yield call.fact("chat.sent", 60 * minute + 40, who)
        yield call.fact("participant.left", 60 * MINUTES, who)
    for minute in range(10, MINUTES, 10):
        yield call.fact("media.changed", 60 * minute, MUTED, audio_enabled=minute % 20 == 0)
    yield call.fact("participant.disconnected", 60 * 40, GONE)
    yield call.fact("participant.reconnected", 60 * 40 + 30, GONE)
    yield call.fact("call.ended", 60 * MINUTES)


def _samples(call: Held, chance: Random) -> Iterator[dict[str, Any]]:
    for number in range(60 * MINUTES // INTERVAL):
        minute = number * INTERVAL // 60
        for who in PEOPLE:
            for direction, kind in TRACKS:
                more: dict[str, Any] = {}
                if who == GONE and 60 * 40 <= number * INTERVAL < 60 * 40 + 30:
                    continue
                if who == LOST and 20 <= minute < 25:
                    more = {"packet_loss_pct": round(chance.uniform(6, 14), 2), "jitter_ms": round(chance.uniform(20, 60), 1)}
                elif who == MUTED and (direction, kind) == ("outbound", "audio"):
                    more = {"muted": minute // 10 % 2 == 1}
                elif who == SLOW and (direction, kind) == ("outbound", "video") and minute % 7 < 2:
                    more = {"fps": round(chance.uniform(7, 14), 1), "limitation": "cpu"}
                yield sample(call, who, number, direction, kind, chance, **more)


def understood(batch: Batch) -> list[NewSample]:
    """The samples as whoever takes them in hands them on."""
    read = read_samples([msgspec.Raw(msgspec.json.encode(one)) for one in batch], datetime.now(UTC), None)
    samples = [one for one in read if isinstance(one, NewSample)]
    assert len(samples) == len(batch), read
    return samples


def samples_body(batch: Batch) -> bytes:
    return msgspec.json.encode({"samples": batch})
