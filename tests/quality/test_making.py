"""Reports of calls over a real database: made when a call has ended, again when more becomes known, final with the record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.quality.telling import Telling

from callwell.app import Context
from callwell.quality.making import rescore
from callwell.quality.profiles import Profiles, load_profiles

ANA, BO = "user:ana", "user:bo"


@pytest.fixture
def telling(server: httpx.AsyncClient, context: Context) -> Telling:
    return Telling(server, context)


def of(report: dict[str, Any], who: str) -> dict[str, Any]:
    return next(one for one in report["participants"] if one["identity"] == who)


def issues_of(report: dict[str, Any], who: str) -> list[tuple[str, str | None, str | None, int]]:
    return [(one["code"], one["direction"], one["kind"], one["minute"]) for one in of(report, who)["issues"]]


# ── What it says ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_without_trouble_is_excellent(telling: Telling) -> None:
    """Ten minutes of good samples both ways: excellent for both and together, with nothing to explain, all of it seen."""
    await telling.hold(600, ANA, BO)
    await telling.measure(*(sample for who in (ANA, BO) for way in ("inbound", "outbound") for sample in telling.samples(who, 0, 600, way)))

    await telling.make()
    report = await telling.report()

    assert (report["category"], report["connection_quality"], report["reasons"], report["issues"]) == ("excellent", "good", [], [])
    assert report["score"] >= 95
    assert report["coverage"]["share"] == 1
    assert (report["bytes_sent"], report["bytes_received"]) == (2 * 60 * 3_165_000, 2 * 60 * 3_165_000)
    assert report["setup"] == {"mean_ms": 400, "max_ms": 400}
    ana = of(report, ANA)
    assert (ana["category"], ana["reconnects"], ana["coverage"]["silent"], len(ana["minutes"])) == ("excellent", 0, [], 10)
    assert ana["bandwidth_kbps"] == pytest.approx(2 * 8 * 3165 / 10, rel=0.01)
    assert {(track["direction"], track["kind"], track["teams_cqd_class"]) for track in ana["tracks"]} == {
        (way, kind, "Good") for way in ("inbound", "outbound") for kind in ("audio", "video")
    }
    call = await telling.call()
    assert (call["quality_score"], call["quality_category"], call["connection_quality"]) == (report["score"], "excellent", "good")
    assert next(one for one in call["participants"] if one["identity"] == ANA)["quality_score"] == ana["score"]


async def test_who_had_trouble_by_what_and_when(telling: Telling) -> None:
    """Bo gets Ana's sound and picture with 12 % loss from the fourth minute to the sixth; her page says the same of what she sends. The report
    names Bo's trouble, loss as its reason, the minutes, and Ana's sending as where it comes from."""
    await telling.hold(600, ANA, BO)
    for who, way in ((ANA, "inbound"), (BO, "outbound")):
        await telling.measure(*telling.samples(who, 0, 600, way))
    for who, way in ((BO, "inbound"), (ANA, "outbound")):
        await telling.measure(
            *telling.samples(who, 0, 180, way), *telling.samples(who, 180, 300, way, packet_loss_pct=12.0), *telling.samples(who, 300, 600, way)
        )

    await telling.make()
    report = await telling.report()

    ana, bo = of(report, ANA), of(report, BO)
    assert ana["category"] == "excellent"
    assert ana["sent_score"] < ana["score"] - 10
    assert bo["score"] < 80
    assert bo["reasons"][0]["code"] == "loss"
    (minutes,) = [{one["minute"]: one for one in bo["minutes"]}]
    assert [number for number, one in minutes.items() if one["score"] < 75] == [3, 4]
    assert minutes[3]["packet_loss_pct"] == 12
    assert ("high_packet_loss", "inbound", "audio", 3) in issues_of(report, BO)
    assert ("high_packet_loss", "inbound", "video", 3) in issues_of(report, BO)
    loss = next(one for one in bo["issues"] if (one["code"], one["kind"]) == ("high_packet_loss", "audio"))
    assert (loss["severity"], loss["caused_by_name"], loss["worst"]) == ("critical", "Ana", 12)
    assert loss["started_at"] == wire(telling, 190), "by the mean of the last seven samples, which the second one raises above the threshold"
    assert loss["sentence"] == "The sound that Bo gets loses packets, at worst 12.0 % lost; it comes from Ana."
    assert [one for one in ana["issues"] if one["direction"] == "inbound"] == []


async def test_what_is_not_known_is_not_said(telling: Telling) -> None:
    """Without samples a person's quality is unknown, and so is the call's; who sent nothing is told, and when."""
    await telling.hold(600, ANA, BO)
    await telling.measure(*telling.samples(ANA, 0, 200), *telling.samples(ANA, 400, 600))

    await telling.make()
    report = await telling.report()

    assert (of(report, BO)["score"], of(report, BO)["category"]) == (None, "unknown")
    assert of(report, BO)["reasons"] == [{"code": "no_samples", "points": None}]
    assert of(report, BO)["coverage"]["share"] == 0
    assert of(report, ANA)["coverage"]["silent"] == [
        {"from": wire(telling, 200), "to": wire(telling, 400)},
    ]
    assert (report["category"], report["score"]) == ("excellent", of(report, ANA)["score"]), "of those known"
    assert of(report, ANA)["coverage"]["share"] == pytest.approx(400 / 599.5, abs=0.001)


async def test_a_score_that_cannot_be_told_says_why(telling: Telling) -> None:
    """Ana's page never knew a round trip; Bo was muted; of Cy there were ten seconds. None has a score, and each says why; nor has the call."""
    cy = "user:cy"
    await telling.hold(600, ANA, BO, cy)
    await telling.measure(
        *(without(sample, "rtt_ms") for sample in telling.samples(ANA, 0, 600, kinds=["audio"])),
        *telling.samples(BO, 0, 600, kinds=["audio"], muted=True),
        *telling.samples(cy, 0, 10),
    )

    await telling.make()
    report = await telling.report()

    assert {who: [why["code"] for why in of(report, who)["reasons"]] for who in (ANA, BO, cy)} == {
        ANA: ["missing:rtt_ms"], BO: ["muted"], cy: ["too_few_samples"],
    }  # fmt: skip
    assert {of(report, who)["score"] for who in (ANA, BO, cy)} == {None}
    assert (report["score"], report["category"], [why["code"] for why in report["reasons"]]) == (None, "unknown", ["nobody_known"])


def without(sample: dict[str, Any], name: str) -> dict[str, Any]:
    return {member: value for member, value in sample.items() if member != name}


def wire(telling: Telling, seconds: float) -> str:
    return telling.at(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_time_without_media_counts(telling: Telling) -> None:
    """Half a minute lost in ten counts as nothing seen or heard, costs the reconnect, and is among the reasons."""
    await telling.hold(600, ANA, BO)
    await telling.measure(*(sample for who in (ANA, BO) for sample in telling.samples(who, 0, 600)))
    await telling.make()
    before = await telling.report()

    await telling.tell(telling.fact(305, "participant.disconnected", ANA), telling.fact(335, "participant.reconnected", ANA))
    await telling.make()
    after = await telling.report()

    ana = of(after, ANA)
    assert (ana["reconnects"], ana["disconnected_seconds"]) == (1, 30)
    assert of(before, ANA)["score"] - ana["score"] == pytest.approx(5 + 0.7 * 100 * 30 / 600, abs=1)
    assert ana["reasons"][0]["code"] == "disconnected"
    assert issues_of(after, ANA) == [("reconnect", None, None, 5)]
    assert after["revision"] == 2


async def test_a_critical_problem_caps_the_word(telling: Telling) -> None:
    """A tenth of the time with a critical problem is fair at most, whatever the score."""
    await telling.hold(1800, ANA, BO)
    await telling.measure(*telling.samples(BO, 0, 1800))
    await telling.measure(
        *telling.samples(ANA, 0, 900, kinds=["audio"]), *telling.samples(ANA, 900, 1140, kinds=["audio"], concealment_pct=9.0),
        *telling.samples(ANA, 1140, 1800, kinds=["audio"]),
    )  # fmt: skip

    await telling.make()
    ana = of(await telling.report(), ANA)

    assert ana["score"] > 95
    assert ana["category"] == "fair"


async def test_ratings_are_in_the_report(telling: Telling) -> None:
    """The stars of each, their mean for the call, and what was said with them in the story; not in what is kept of the report."""
    await telling.hold(600, ANA, BO)
    await telling.tell(
        telling.fact(610, "rating.submitted", ANA, stars=5), telling.fact(612, "rating.submitted", BO, stars=2, comment="The sound was gone twice.")
    )

    await telling.make()
    report = await telling.report()

    assert (report["rating"], of(report, ANA)["rating_stars"], of(report, BO)["rating_stars"]) == (3.5, 5, 2)
    said = [entry["detail"] for entry in report["timeline"] if entry["type"] == "rating.submitted"]
    assert {"stars": 2, "comment": "The sound was gone twice."} in said
    async with telling.context.db.connection() as tx:
        (kept,) = await (await tx.execute("SELECT body::text FROM reports")).fetchall()
    assert not any(word in kept[0] for word in ("sound was gone", "Ana", "ana"))


# ── When it is made ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_it_is_final_with_its_record(telling: Telling) -> None:
    """Provisional when the call has ended; once late facts have had their time report and record are final together."""
    telling.began = datetime.now(UTC).replace(microsecond=0) - (telling.at(120) - telling.began)
    await telling.hold(100, ANA, BO)
    await telling.measure(*telling.samples(ANA, 0, 100))
    assert await telling.make()
    assert ((await telling.report())["is_final"], (await telling.call())["record_state"]) == (False, "provisional")
    assert not await telling.make(), "nothing has become known"

    later = telling.at(100 + 901)
    assert await telling.make(at=later)

    report, call = await telling.report(), await telling.call()
    assert (report["is_final"], call["record_state"], report["version"]) == (True, "final", call["version"])
    assert not await telling.make(at=later)


async def test_late_samples_make_it_again(telling: Telling) -> None:
    """A page that was offline sends its samples after the end: they are in the report once it is made again, which its readers are told to do."""
    await telling.hold(600, ANA, BO)
    await telling.measure(*telling.samples(ANA, 0, 600))
    await telling.make()
    first = await telling.report()

    await telling.measure(*telling.samples(BO, 0, 600, packet_loss_pct=20.0))
    async with telling.context.db.connection() as tx:
        cursor = await tx.execute("SELECT count(*), max(version) FROM changes WHERE call_id = %s", [telling.id])
        told, version = await cursor.fetchone() or (0, 0)
    assert (told > 1, version) == (True, (await telling.call())["version"])
    await telling.make()
    second = await telling.report()

    assert (of(first, BO)["score"], second["revision"]) == (None, 2)
    assert of(second, BO)["category"] == "poor"
    assert second["score"] < first["score"]


async def test_what_it_finds_stands_in_the_timeline(telling: Telling) -> None:
    """A call whose samples nobody watched has its problems in its timeline once its report is made; making it again tells nothing twice."""
    await telling.hold(600, ANA, BO)
    await telling.measure(*telling.samples(ANA, 0, 200), *telling.samples(ANA, 200, 300, rtt_ms=600.0), *telling.samples(ANA, 300, 600))

    await telling.make()
    once = (await telling.server.get(f"/v1/calls/{telling.id}/timeline")).json()["items"]
    await telling.make(at=datetime.now(UTC))
    again = (await telling.server.get(f"/v1/calls/{telling.id}/timeline")).json()["items"]

    found = [(one["type"], one["detail"]["issue"], one["detail"]["key"]) for one in once if one["type"].startswith("issue.")]
    assert ("issue.raised", "high_rtt", "inbound.audio") in found
    assert ("issue.cleared", "high_rtt", "inbound.audio") in found
    assert again == once
    assert (await telling.call())["issue_count"] == len([type for type, _, _ in found if type == "issue.raised"])


async def test_of_a_call_that_goes_on_it_says_how_it_is_so_far(telling: Telling) -> None:
    """Asked for while the call runs it is made for the asking, and kept nowhere."""
    telling.began = datetime.now(UTC).replace(microsecond=0) - (telling.at(120) - telling.began)
    await telling.tell(telling.fact(0, "participant.joined", ANA), telling.fact(1, "participant.connected", ANA))
    await telling.measure(*telling.samples(ANA, 0, 100))

    assert not await telling.make()
    report = await telling.report()

    assert (report["revision"], report["is_final"], report["record_state"], report["category"]) == (0, False, "live", "excellent")
    assert report["ended_at"] is None


async def test_a_call_that_is_none_has_no_report(telling: Telling) -> None:
    answer = await telling.server.get(f"/v1/calls/{telling.id}/report")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# ── The past, judged again ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_four_weeks_judged_again_by_the_same_are_the_same(server: httpx.AsyncClient, context: Context) -> None:
    """Calls of 28 days, good and bad: every score, word and problem comes out as it was, and no sample changes."""
    for day in range(28):
        telling = Telling(server, context, minutes_ago=60 + day * 1440)
        await telling.hold(120, ANA, BO)
        await telling.measure(*telling.samples(ANA, 0, 120, packet_loss_pct=day / 2), *telling.samples(BO, 0, 120, rtt_ms=30.0 * day))
        await telling.make()
    async with context.db.connection() as tx:
        before = await (await tx.execute("SELECT call_id, score, category, body::text FROM reports ORDER BY call_id")).fetchall()

    now = datetime.now(UTC)
    judged = [one async for one in rescore(context.db, context.profiles, since=now - timedelta(days=29), until=now, at=now)]

    assert (len(judged), sum(one.is_changed for one in judged), sum(one.samples_changed for one in judged)) == (28, 0, 0)
    async with context.db.connection() as tx:
        after = await (await tx.execute("SELECT call_id, score, category, body::text FROM reports ORDER BY call_id")).fetchall()
    assert after == before
    assert len({score for _, score, _, _ in before}) > 20, "they were not all alike"


async def test_another_profile_finds_other_problems(telling: Telling) -> None:
    """By Teams' thresholds a round trip of 400 ms is no problem. What the scores are made from does not change, nor what was told then."""
    await telling.hold(600, ANA, BO)
    await telling.measure(*telling.samples(ANA, 0, 600, rtt_ms=400.0))
    await telling.make()
    now = datetime.now(UTC)
    teams = Profiles({}, load_profiles()["teams-cqd"])
    context = telling.context

    (dry,) = [one async for one in rescore(context.db, teams, since=telling.began, until=now, at=now, keep=False)]
    assert (await telling.report())["profile"] == "default-v1"
    (judged,) = [one async for one in rescore(context.db, teams, since=telling.began, until=now, at=now)]
    report = await telling.report()

    assert judged.before is not None
    assert dry == judged
    assert (judged.before.profile, judged.after.profile, report["profile"]) == ("default-v1", "teams-cqd", "teams-cqd")
    assert judged.before.issues > judged.after.issues == len(report["issues"])
    assert judged.before.score == judged.after.score == report["score"]
    assert "issue.raised" in {one["type"] for one in report["timeline"]}


async def test_a_call_is_judged_by_the_profile_that_its_settings_name(telling: Telling) -> None:
    """Where there is one of that name; else by the deployment's. Who judges again keeps to it."""
    other = Telling(telling.server, telling.context)
    for one, profile in ((telling, "teams-cqd"), (other, "best-v9")):
        await one.tell(one.fact(0, "call.settings_changed", settings={"quality_profile": profile}))
        await one.hold(600, ANA, BO)
        await one.measure(*one.samples(ANA, 0, 600, rtt_ms=400.0))
        await one.make()

    reports = [await one.report() for one in (telling, other)]

    assert [report["profile"] for report in reports] == ["teams-cqd", "default-v1"]
    assert len(reports[0]["issues"]) < len(reports[1]["issues"])
    now = datetime.now(UTC)
    judged = [one async for one in rescore(telling.context.db, telling.context.profiles, since=telling.began, until=now, at=now)]
    assert [one.is_changed for one in judged] == [False, False]


async def test_scores_of_an_older_formula_are_made_again(telling: Telling) -> None:
    """What another version of the formula made of the same numbers is replaced, and it is told of how many samples."""
    await telling.hold(600, ANA, BO)
    await telling.measure(*telling.samples(ANA, 0, 600))
    await telling.make()
    right = await telling.report()
    async with telling.context.db.transaction() as tx:
        await tx.execute("UPDATE samples SET formula = 'q0', score = 10, mos = 1.5")
    now = datetime.now(UTC)

    (judged,) = [one async for one in rescore(telling.context.db, telling.context.profiles, since=telling.began, until=now, at=now)]

    assert judged.samples_changed == 120
    assert (await telling.report())["score"] == right["score"]
    async with telling.context.db.connection() as tx:
        assert await (await tx.execute("SELECT DISTINCT formula FROM samples")).fetchall() == [("q1",)]
