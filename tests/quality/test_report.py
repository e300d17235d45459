"""A report as a pure function of record and samples: what order, cutting and repetition do to it, which is nothing."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from tests.quality.telling import Telling

from callwell import ids
from callwell.app import Context
from callwell.quality.profiles import load_profiles
from callwell.quality.queries import list_samples
from callwell.quality.report import Body, Person, experience, judge, make_report
from callwell.quality.samples import Sample
from callwell.record.queries import get_call
from callwell.record.shown import Call

ANA, BO = "user:ana", "user:bo"
PROFILE = load_profiles()["default-v1"]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEGAN = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
async def known(server: httpx.AsyncClient, context: Context) -> tuple[Call, list[Sample]]:
    """A call of ten minutes in which much went wrong."""
    telling = Telling(server, context)
    await telling.hold(600, ANA, BO)
    await telling.tell(telling.fact(305, "participant.disconnected", ANA), telling.fact(335, "participant.reconnected", ANA))
    chance = random.Random(7)
    for who in (ANA, BO):
        for way in ("inbound", "outbound"):
            for start in range(0, 600, 50):
                wrong: dict[str, Any] = chance.choice(({}, {"packet_loss_pct": 11.0}, {"rtt_ms": 700.0}, {"muted": True}, {"jitter_ms": 60.0}))
                await telling.measure(*telling.samples(who, start, start + 50, way, **wrong))
    async with context.db.connection() as tx:
        return await get_call(tx, telling.id, datetime.now(UTC)), await list_samples(tx, telling.id)


def report(call: Call, samples: list[Sample]) -> Body:
    return make_report(call, samples, PROFILE, datetime.now(UTC))


async def test_the_order_of_samples_does_not_matter(known: tuple[Call, list[Sample]]) -> None:
    call, samples = known
    expected = judge(call, samples, PROFILE, NOW)

    for seed in range(30):
        shuffled = random.Random(seed).sample(samples, len(samples))
        found = judge(call, shuffled, PROFILE, NOW)
        assert found.body == expected.body
        assert sorted(found.facts, key=lambda fact: fact.id) == sorted(expected.facts, key=lambda fact: fact.id)
    assert len(expected.body.issues) > 4
    assert {fact.type for fact in expected.facts} == {"issue.raised", "issue.cleared"}


async def test_how_finely_time_is_cut_does_not_matter_to_scores(known: tuple[Call, list[Sample]]) -> None:
    """Each sample in two halves, which say the same of half the time each: every score and mean is as before."""
    call, samples = known
    halves = [half for sample in samples for half in _halved(sample)]

    whole, cut = report(call, samples), report(call, halves)

    assert (cut.score, cut.coverage) == (whole.score, whole.coverage)
    # But for the samples about the loss of the connection, of which halves lie within it.
    assert [(why.code, why.points) for why in cut.reasons] == [(why.code, pytest.approx(why.points, abs=0.15)) for why in whole.reasons]
    for before, after in zip(whole.people, cut.people, strict=True):
        assert (after.score, after.coverage) == (before.score, before.coverage)
        assert after.sent_score == pytest.approx(before.sent_score, abs=0.3)
        assert _scores(after) == pytest.approx(_scores(before), abs=0.002)


def _halved(sample: Sample) -> tuple[Sample, Sample]:
    half = sample.interval_ms // 2
    shared = {"interval_ms": half, "packets": (sample.packets or 0) // 2, "bytes": (sample.bytes or 0) // 2}
    later = sample.started_at + timedelta(milliseconds=half)
    first: Any = msgspec.structs.replace(sample, **shared)
    return first, msgspec.structs.replace(first, started_at=later, id=ids.derived_id(sample.id, "half"))


def _scores(person: Person) -> list[float]:
    return [minute.score for minute in person.minutes if minute.score is not None]


# ── What was experienced ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def sample(since: float, until: float, score: float | None, kind: str = "audio") -> Sample:
    return Sample(
        started_at=BEGAN + timedelta(seconds=since), interval_ms=round(1000 * (until - since)), direction="inbound", kind=kind, score=score,  # pyright: ignore[reportArgumentType]
        id=ids.uuid7(), call_id=UUID(int=1), participant_id=UUID(int=2), connection_id=UUID(int=3),
    )  # fmt: skip


def pieces(*samples: Sample, away: tuple[float, float] | None = None) -> list[tuple[float, float, float]]:
    gone = [(BEGAN + timedelta(seconds=away[0]), BEGAN + timedelta(seconds=away[1]))] if away else []
    return [
        ((start - BEGAN).total_seconds(), (end - BEGAN).total_seconds(), score)
        for start, end, score in experience(sorted(samples, key=lambda one: one.started_at), gone)
    ]


def test_sound_and_picture_are_one_experience() -> None:
    """Good sound with a bad picture is 0.6 of the one and 0.4 of the other; a good picture hides no bad sound."""
    assert pieces(sample(0, 10, 100), sample(0, 10, 20, "video")) == [(0, 10, 68)]
    assert pieces(sample(0, 10, 20), sample(0, 10, 100, "video")) == [(0, 10, 20)]


def test_what_overlaps_in_part_is_cut_where_it_changes() -> None:
    """Intervals of sound and picture need not be the same; what is unknown leaves the other alone, and time without either is left out."""
    assert pieces(sample(0, 10, 100), sample(5, 15, 50, "video")) == [(0, 5, 100), (5, 10, 80), (10, 15, 50)]
    assert pieces(sample(0, 10, 100), sample(0, 10, None, "video"), sample(20, 30, 90)) == [(0, 10, 100), (20, 30, 90)]


def test_time_without_media_is_nothing_whatever_samples_say() -> None:
    assert pieces(sample(0, 10, 100), sample(10, 20, 100), away=(8, 14)) == [(0, 8, 100), (8, 10, 0), (10, 14, 0), (14, 20, 100)]
