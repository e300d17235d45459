"""Making reports: reads what is known of a call, lets `report.py` judge it, and keeps the result."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.calls.rules import TimelineEntry, shown, told
from callwell.postgres.pool import Database, Tx, execute, fetch_all, fetch_one, fetch_value
from callwell.quality.profiles import Profile, Profiles, choose_profile, load_profiles
from callwell.quality.queries import list_samples
from callwell.quality.report import Body, Coverage, Issue, Person, Setup, Track, Why, judge, make_report
from callwell.quality.samples import Sample
from callwell.quality.score import score_sample
from callwell.record.events import Writer
from callwell.record.ledger import Ledger
from callwell.record.queries import get_call, list_timeline_events
from callwell.record.shown import IN_THREE_WORDS, Call
from callwell.record.timers import of_call
from callwell.settings import Settings

SOURCE = "quality"
MOST_TOLD = 1000
"""Entries of the timeline that a report shows; the timeline itself has them all."""


class ShownIssue(Issue, frozen=True, kw_only=True):
    display_name: str | None
    caused_by_name: str | None
    sentence: str
    """What it was, in words."""


class ShownPerson(Person, frozen=True, kw_only=True):
    identity: str | None
    display_name: str | None
    role: str | None
    side: str | None
    attended_seconds: float
    issues: list[ShownIssue]


class Report(Struct, frozen=True, kw_only=True):
    """What is known of how a call went."""

    call_id: UUID
    version: int
    """Of the record that it was made from."""
    revision: int
    """How often it was made; 0: as it stands now, and kept nowhere yet."""
    record_state: str
    is_final: bool
    analyzed_at: datetime
    formula: str
    """Version of the formula that made the scores."""
    profile: str
    """Thresholds by which problems were found."""
    started_at: datetime | None
    ended_at: datetime | None
    elapsed_seconds: float | None
    overlap_seconds: float
    mode: str
    mode_switch_count: int
    participant_count: int
    peak_participants: int
    disconnection_count: int
    score: float | None
    """From 0 to 100; null where too little is known."""
    category: str
    connection_quality: str | None
    reasons: list[Why]
    coverage: Coverage
    tracks: list[Track]
    bytes_sent: int | None
    bytes_received: int | None
    setup: Setup | None
    rating: float | None
    sample_count: int
    participants: list[ShownPerson]
    issues: list[ShownIssue]
    timeline: list[TimelineEntry]


def profiles_of(settings: Settings) -> Profiles:
    """The deployment's profiles. Raises SettingInvalid."""
    known = load_profiles(Path(settings.quality_profiles) if settings.quality_profiles else None)
    return Profiles(known, choose_profile(known, settings.quality_profile))


# ── Making ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def keep_report(db: Database, ledger: Ledger, profiles: Profiles, call_id: UUID, at: datetime) -> bool:
    """Makes the report of a call that is over and keeps it, where something has become known since it was last made. Gives whether it was made.

    What it finds and nobody told while the call went on becomes facts first, so that timeline and report say the same. Where late facts have had
    their time the record becomes final with it.
    """
    async with db.connection() as tx:
        call = await get_call(tx, call_id, at)
        if call.ended_at is None:
            return False
        profile, settling = profiles.of_call(call.settings), of_call(ledger.allowances, call.settings).settling
        if await _is_known(tx, call, profile, is_settled=call.ended_at + settling <= at):
            return False
        samples = await list_samples(tx, call_id)
    found = await asyncio.to_thread(judge, call, samples, profile, at)
    body = found.body
    if found.facts:
        outcomes = await ledger.append(SOURCE, Writer.COMMAND, found.facts, received_at=at)
        expected = call.event_count + sum(outcome.outcome == "stored" for outcome in outcomes)
        async with db.connection() as tx:
            call = await get_call(tx, call_id, at)
        if call.event_count != expected:
            # More became known meanwhile than what we told.
            body = await asyncio.to_thread(make_report, call, samples, profile, at)
    async with db.transaction() as tx:
        final = await ledger.finish(tx, call_id, call.version, at)
        await _save(tx, call, body, final or call.version, final is not None or call.record_state == "final", at)
    return True


class Judged(Struct, frozen=True):
    """What was said of a call, and by what."""

    formula: str
    profile: str
    score: float | None
    category: str
    issues: int


class Rescored(Struct, frozen=True):
    """A call that was judged again."""

    call_id: UUID
    ended_at: datetime
    before: Judged | None
    """Null where it had no report."""
    after: Judged
    samples_changed: int

    @property
    def is_changed(self) -> bool:
        return self.before is None or (self.before.score, self.before.category, self.before.issues) != (
            self.after.score, self.after.category, self.after.issues,
        )  # fmt: skip


async def rescore(db: Database, profiles: Profiles, *, since: datetime, until: datetime, at: datetime, keep: bool = True) -> AsyncIterator[Rescored]:
    """Judges calls that ended in that time again: every sample by today's formula, every call by its profile. What happened stays as it was told.

    One call after the other, the oldest first; what was kept before it is broken off stays kept. ``keep=False`` only says what would come of it.
    """
    async with db.connection() as tx:
        ended = await fetch_all(
            tx,
            _Ended,
            """
            SELECT id, ended_at FROM calls
            WHERE ended_at >= %s AND ended_at < %s AND EXISTS (SELECT FROM samples WHERE call_id = calls.id) ORDER BY ended_at, id
            """,
            [since, until],
        )
    for one in ended:
        async with db.transaction() as tx:
            call = await get_call(tx, one.id, at)
            kept = await fetch_one(
                tx, _Kept, "SELECT version, revision, is_final, analyzed_at, body::text AS body FROM reports WHERE call_id = %s", [one.id]
            )
            samples = await list_samples(tx, one.id)
            again = [_judged_again(sample) for sample in samples]
            changed = [new for new, old in zip(again, samples, strict=True) if new is not old]
            body = await asyncio.to_thread(make_report, call, again, profiles.of_call(call.settings), at)
            if keep:
                await _save_scores(tx, changed)
                await _save(tx, call, body, call.version, call.record_state == "final", at)
        yield Rescored(one.id, one.ended_at, _in_short(_read_body(kept.body)) if kept else None, _in_short(body), len(changed))


def _judged_again(sample: Sample) -> Sample:
    scored = score_sample(sample, with_reasons=False)
    if (scored.mos, scored.score, scored.formula) == (sample.mos, sample.score, sample.formula):
        return sample
    return msgspec.structs.replace(sample, mos=scored.mos, score=scored.score, formula=scored.formula)


def _in_short(body: Body) -> Judged:
    return Judged(body.formula, body.profile, body.score, body.category, len(body.issues))


async def _save_scores(tx: Tx, samples: Sequence[Sample]) -> None:
    if samples:
        await execute(
            tx,
            """
            UPDATE samples SET mos = new.mos, score = new.score, formula = new.formula
            FROM unnest(%(connections)s::uuid[], %(ids)s::uuid[], %(moses)s::float8[], %(scores)s::float8[], %(formulas)s::text[])
                AS new(connection_id, id, mos, score, formula)
            WHERE samples.call_id = %(call_id)s AND samples.connection_id = new.connection_id AND samples.id = new.id
            """,
            {
                "call_id": samples[0].call_id,
                "connections": [sample.connection_id for sample in samples],
                "ids": [sample.id for sample in samples],
                "moses": [sample.mos for sample in samples],
                "scores": [sample.score for sample in samples],
                "formulas": [sample.formula for sample in samples],
            },
        )


async def _is_known(tx: Tx, call: Call, profile: Profile, *, is_settled: bool) -> bool:
    """Whether there is a report that knows all that there is to know, and nothing is left to be finished."""
    kept = await fetch_one(tx, _Made, "SELECT version, sample_count, profile, is_final FROM reports WHERE call_id = %s", [call.id])
    if kept is None or kept.version != call.version or kept.profile != profile.name or (is_settled and not kept.is_final):
        return False
    return kept.sample_count == await fetch_value(tx, "SELECT count(*) FROM samples WHERE call_id = %s", [call.id])


async def _save(tx: Tx, call: Call, body: Body, version: int, is_final: bool, at: datetime) -> None:
    await execute(
        tx,
        """
        INSERT INTO reports (
            call_id, version, revision, is_final, analyzed_at, formula, profile, sample_count, score, category, bytes_sent, bytes_received, body)
        VALUES (%(call_id)s, %(version)s, 1, %(is_final)s, %(at)s, %(formula)s, %(profile)s, %(sample_count)s, %(score)s, %(category)s,
                %(bytes_sent)s, %(bytes_received)s, %(body)s::json)
        ON CONFLICT (call_id) DO UPDATE SET
            version = excluded.version, revision = reports.revision + 1, is_final = excluded.is_final, analyzed_at = excluded.analyzed_at,
            formula = excluded.formula, profile = excluded.profile, sample_count = excluded.sample_count, score = excluded.score,
            category = excluded.category, bytes_sent = excluded.bytes_sent, bytes_received = excluded.bytes_received, body = excluded.body
        WHERE reports.version <= excluded.version
        """,
        {
            "call_id": call.id,
            "version": version,
            "is_final": is_final,
            "at": at,
            "formula": body.formula,
            "profile": body.profile,
            "sample_count": body.sample_count,
            "score": body.score,
            "category": body.category,
            "bytes_sent": body.bytes_sent,
            "bytes_received": body.bytes_received,
            "body": msgspec.json.encode(body).decode(),
        },
    )
    await execute(tx, "INSERT INTO changes (call_id, version, is_report) VALUES (%s, %s, true)", [call.id, version])
    await execute(
        tx,
        """
        INSERT INTO participant_quality (call_id, participant_id, score, category, covered_ms, bandwidth_kbps)
        SELECT %(call_id)s, new.* FROM unnest(
            %(ids)s::uuid[], %(scores)s::float8[], %(categories)s::text[], %(covered)s::int8[], %(bandwidths)s::float8[]) AS new
        ON CONFLICT (call_id, participant_id) DO UPDATE SET
            score = excluded.score, category = excluded.category, covered_ms = excluded.covered_ms, bandwidth_kbps = excluded.bandwidth_kbps
        """,
        {
            "call_id": call.id,
            "ids": [one.participant_id for one in body.people],
            "scores": [one.score for one in body.people],
            "categories": [one.category for one in body.people],
            "covered": [round(1000 * one.coverage.covered_seconds) for one in body.people],
            "bandwidths": [one.bandwidth_kbps for one in body.people],
        },
    )


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def read_report(db: Database, profiles: Profiles, call_id: UUID, at: datetime) -> Report:
    """The report of a call: as it is kept, where that knows all there is; else, as of one that goes on, as it stands at this time. Raises NotFound."""
    async with db.connection() as tx:
        call = await get_call(tx, call_id, at)
        events = await list_timeline_events(tx, call_id, after=None, limit=MOST_TOLD)
        kept = await fetch_one(
            tx, _Kept, "SELECT version, revision, is_final, analyzed_at, body::text AS body FROM reports WHERE call_id = %s", [call_id]
        )
        samples = [] if kept is not None and kept.version == call.version else await list_samples(tx, call_id)
    call = shown(call)
    timeline = told(events, call)
    if kept is not None and kept.version == call.version:
        return _shown(call, _read_body(kept.body), timeline, kept)
    body = await asyncio.to_thread(make_report, call, samples, profiles.of_call(call.settings), at)
    return _shown(call, body, timeline, _Kept(call.version, 0, False, at, ""))


def _shown(call: Call, body: Body, timeline: list[TimelineEntry], kept: "_Kept") -> Report:
    people = {one.id: one for one in call.participants}
    names = {one.id: one.display_name or one.identity for one in call.participants}
    issues = [
        ShownIssue(
            **msgspec.structs.asdict(issue),
            display_name=names.get(issue.participant_id),
            caused_by_name=names.get(issue.caused_by) if issue.caused_by else None,
            sentence=in_words(issue, names),
        )
        for issue in body.issues
    ]
    return Report(
        call_id=call.id,
        version=kept.version,
        revision=kept.revision,
        record_state=call.record_state,
        is_final=kept.is_final,
        analyzed_at=kept.analyzed_at,
        formula=body.formula,
        profile=body.profile,
        started_at=call.started_at,
        ended_at=call.ended_at,
        elapsed_seconds=call.elapsed_seconds,
        overlap_seconds=call.overlap_seconds,
        mode=call.mode,
        mode_switch_count=call.mode_switch_count,
        participant_count=call.participant_count,
        peak_participants=call.peak_participants,
        disconnection_count=call.disconnection_count,
        score=body.score,
        category=body.category,
        connection_quality=IN_THREE_WORDS.get(body.category),
        reasons=body.reasons,
        coverage=body.coverage,
        tracks=body.tracks,
        bytes_sent=body.bytes_sent,
        bytes_received=body.bytes_received,
        setup=body.setup,
        rating=body.rating,
        sample_count=body.sample_count,
        participants=[
            ShownPerson(
                **msgspec.structs.asdict(person),
                identity=people[person.participant_id].identity,
                display_name=people[person.participant_id].display_name,
                role=people[person.participant_id].role,
                side=people[person.participant_id].side,
                attended_seconds=people[person.participant_id].attended_seconds,
                issues=[issue for issue in issues if issue.participant_id == person.participant_id],
            )
            for person in body.people
            if person.participant_id in people
        ],
        issues=issues,
        timeline=timeline,
    )


_FIGURES: Mapping[str, tuple[str, str]] = {
    "high_packet_loss": ("loses packets", "{:.1f} % lost"),
    "high_rtt": ("arrives late", "{:.0f} ms round trip"),
    "high_jitter": ("arrives unevenly", "{:.0f} ms jitter"),
    "low_mos": ("is of poor quality", "an opinion score of {:.1f}"),
    "low_bitrate": ("has too few bits", "{:.0f} kbit/s"),
    "freeze": ("freezes", "{:.0%} of the time"),
    "low_fps": ("has too few frames", "{:.0f} a second"),
    "audio_concealment": ("is made up", "{:.1f} % of it"),
    "frames_dropped": ("drops frames", "{:.0f} % of them"),
    "no_media": ("does not arrive", ""),
    "cpu_limited": ("is held back by a slow device", ""),
    "reconnect": ("was lost and came back", "{:.0f} s without"),
}
_THINGS = {"audio": "sound", "video": "picture", "screen": "screen"}


def in_words(issue: Issue, names: Mapping[UUID, str | None]) -> str:
    """What a problem was, for people: whose, what, how bad at the worst, and whose sending it comes from."""
    who = names.get(issue.participant_id) or "Somebody"
    what, figure = _FIGURES.get(issue.code, (issue.code.replace("_", " "), "{:g}"))
    if issue.direction is None or issue.kind is None:
        subject = f"{who}'s connection"
    elif issue.direction == "outbound":
        subject = f"The {_THINGS[issue.kind]} that {who} sends"
    else:
        subject = f"The {_THINGS[issue.kind]} that {who} gets"
    worst = f", at worst {figure.format(issue.worst)}" if issue.worst is not None and figure else ""
    sender = names.get(issue.caused_by) if issue.caused_by not in (None, issue.participant_id) else None
    return f"{subject} {what}{worst}{f'; it comes from {sender}' if sender else ''}."


class _Made(Struct, frozen=True):
    version: int
    sample_count: int
    profile: str
    is_final: bool


class _Ended(Struct, frozen=True):
    id: UUID
    ended_at: datetime


class _Kept(Struct, frozen=True):
    version: int
    revision: int
    is_final: bool
    analyzed_at: datetime
    body: str


_read_body = msgspec.json.Decoder(Body).decode
