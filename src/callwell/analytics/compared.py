"""Providers and people beside each other, from rollups of what each of them did.

Whoever had fewer sessions than the setting `analytics_smallest_group` is named with no figures, for any range of time: what one session was like, and what one
client said of it, is not to be told from a comparison.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import Literal, LiteralString, TypeAlias

import msgspec
from msgspec import Struct

from callwell.analytics.asking import Answer, Within
from callwell.analytics.reading import in_spans, mean, of_each_span, share, span_parameters
from callwell.analytics.spans import Grain
from callwell.postgres.pool import Tx, fetch_all, fetch_one

OF_PEOPLE: Sequence[Grain] = ("day", "month", "quarter", "year")
OF_APPOINTMENTS: Sequence[Grain] = ("day", "month")
"""What is read of either, the finest first."""


Order: TypeAlias = Literal["most", "least"]


class ComparedPosition(Struct, frozen=True, array_like=True):
    """Where a page of people ends: `place` is what they are sorted by, the least first."""

    place: float
    identity: str


# ── Providers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

ProviderSort: TypeAlias = Literal[
    "sessions",
    "calls",
    "attended",
    "average",
    "overlap",
    "speaking",
    "messages",
    "reactions",
    "disconnections",
    "issues",
    "failed",
    "no_shows",
    "client_no_shows",
    "late",
    "rating",
    "score",
]


class Provider(Struct, frozen=True, kw_only=True):
    """What a provider's work came to. Shares are from 0 to 1."""

    identity: str
    name: str | None
    calls: int
    """Calls that name them."""
    sessions: int
    """Calls in which they were connected."""
    suppressed: bool
    """They had too few sessions to be compared: the figures are null."""
    attended_minutes: float | None
    """How long they were connected."""
    average_minutes: float | None
    """How long in a session."""
    overlap_minutes: float | None
    """How long together with a client."""
    speaking_share: float | None
    """Of all the time that people spoke in their sessions, how much was theirs."""
    messages: int | None
    reactions: int | None
    disconnections: int | None
    issues: int | None
    issue_share: float | None
    """Sessions with a quality problem of theirs."""
    failed_share: float | None
    """Of the calls that name them, those that failed or that they could not connect to."""
    score: float | None
    """The mean of how their sessions went for them, from 0 to 100."""
    rating: float | None
    """The mean of the stars that others gave; null of fewer than are compared."""
    ratings: int | None
    booked: int | None
    completed: int | None
    cancelled: int | None
    no_shows: int | None
    """Appointments to which they did not come."""
    client_no_shows: int | None
    """Appointments with them to which their client did not come."""
    late_share: float | None
    """Of the appointments to which they came, to how many after the planned beginning."""
    mean_late_minutes: float | None
    """By how much, of those."""


class Providers(Answer, frozen=True, kw_only=True):
    """Providers beside each other."""

    sort: ProviderSort
    order: Order
    smallest_group: int
    """Fewer sessions than these are not compared."""
    items: list[Provider]
    next_cursor: str | None = None


class RankedProvider(Provider, frozen=True, kw_only=True):
    place: float


_PROVIDER_RANKS: Mapping[ProviderSort, LiteralString] = {
    "sessions": "sessions",
    "calls": "calls",
    "attended": "attended_ms",
    "average": "attended_ms / nullif(sessions, 0)::float8",
    "overlap": "overlap_ms",
    "speaking": "spoke_ms / nullif(all_spoke_ms, 0)::float8",
    "messages": "messages",
    "reactions": "reactions",
    "disconnections": "disconnections",
    "issues": "with_issues / nullif(sessions, 0)::float8",
    "failed": "failed / nullif(calls, 0)::float8",
    "no_shows": "no_shows",
    "client_no_shows": "client_no_shows",
    "late": "late / nullif(arrived, 0)::float8",
    "rating": "CASE WHEN rated >= %(smallest)s THEN stars / nullif(rated, 0)::float8 END",
    "score": "score_sum / nullif(scored, 0)::float8",
}
_SHOWN_OF_ALL: Sequence[ProviderSort] = ("sessions", "calls")
"""What providers are sorted by also where their figures are not shown."""


_DID_OF_PROVIDERS: LiteralString = """
    WITH did AS (
        SELECT identity, sum(calls)::bigint AS calls, sum(sessions)::bigint AS sessions, sum(failed)::bigint AS failed,
               sum(with_issues)::bigint AS with_issues, sum(attended_ms)::bigint AS attended_ms, sum(overlap_ms)::bigint AS overlap_ms,
               sum(spoke_ms)::bigint AS spoke_ms, sum(all_spoke_ms)::bigint AS all_spoke_ms, sum(messages)::bigint AS messages,
               sum(reactions)::bigint AS reactions, sum(disconnections)::bigint AS disconnections, sum(issues)::bigint AS issues,
               sum(rated)::bigint AS rated, sum(stars)::bigint AS stars, sum(scored)::bigint AS scored, sum(score_sum)::bigint AS score_sum,
               sum(booked)::bigint AS booked, sum(completed)::bigint AS completed, sum(no_shows)::bigint AS no_shows,
               sum(cancelled)::bigint AS cancelled, sum(late)::bigint AS late, sum(late_ms)::bigint AS late_ms, sum(arrived)::bigint AS arrived
        FROM person_rollups AS r WHERE r.side = 'provider' AND (%(only)s::text IS NULL OR identity = %(only)s) AND
"""
_MISSED_BY_CLIENTS: LiteralString = """
        GROUP BY identity
    ), missed AS (
        SELECT value AS identity, sum(client_no_shows + both_no_shows)::bigint AS client_no_shows
        FROM appointment_rollups AS r WHERE r.dimension = 'provider' AND (%(only)s::text IS NULL OR value = %(only)s) AND
"""
_OF_EACH_PROVIDER: LiteralString = """
        GROUP BY value
    ), everything AS (
        SELECT did.*, coalesce(client_no_shows, 0) AS client_no_shows FROM did LEFT JOIN missed USING (identity) WHERE calls > 0 OR booked > 0
    ), placed AS (
        SELECT everything.*, coalesce(%(sign)s * (
"""
_PROVIDERS: LiteralString = """
        )::float8, 'infinity') AS place FROM everything
    )
    SELECT placed.*, people.display_name FROM placed LEFT JOIN people USING (identity)
"""


class _ProviderSums(Struct, frozen=True, kw_only=True):
    identity: str
    display_name: str | None
    place: float
    calls: int
    sessions: int
    failed: int
    with_issues: int
    attended_ms: int
    overlap_ms: int
    spoke_ms: int
    all_spoke_ms: int
    messages: int
    reactions: int
    disconnections: int
    issues: int
    rated: int
    stars: int
    scored: int
    score_sum: int
    booked: int
    completed: int
    no_shows: int
    cancelled: int
    late: int
    late_ms: int
    arrived: int
    client_no_shows: int


async def read_providers(
    tx: Tx,
    within: Within,
    *,
    smallest: int,
    sort: ProviderSort = "sessions",
    order: Order = "most",
    only: str | None = None,
    after: ComparedPosition | None = None,
    rows: int,
) -> list[RankedProvider]:
    """Those who have most of what they are sorted by first, or least; those of whom it is not known last. ``only`` is one provider's identity."""
    rank = _PROVIDER_RANKS[sort]
    if sort not in _SHOWN_OF_ALL:
        rank = "CASE WHEN sessions >= %(smallest)s THEN " + rank + " END"
    spans, missed = within.spans(OF_PEOPLE), within.spans(OF_APPOINTMENTS)
    statement = _DID_OF_PROVIDERS + in_spans(spans) + _MISSED_BY_CLIENTS + in_spans(missed, len(spans)) + _OF_EACH_PROVIDER + rank + _PROVIDERS
    if after is not None:
        statement += " WHERE (place, identity) > (%(after_place)s::float8, %(after_identity)s)"
    found = await fetch_all(
        tx,
        _ProviderSums,
        statement + " ORDER BY place, identity LIMIT %(rows)s",
        {
            **span_parameters([*spans, *missed]),
            "only": only,
            "smallest": smallest,
            "sign": -1 if order == "most" else 1,
            "after_place": after and after.place,
            "after_identity": after and after.identity,
            "rows": rows,
        },
    )
    return [_provider(one, smallest) for one in found]


def _provider(one: _ProviderSums, smallest: int) -> RankedProvider:
    is_shown = one.sessions >= smallest

    def told(value: float | None) -> float | None:
        return value if is_shown else None

    def counted(value: int) -> int | None:
        return value if is_shown else None

    return RankedProvider(
        place=one.place,
        identity=one.identity,
        name=one.display_name,
        calls=one.calls,
        sessions=one.sessions,
        suppressed=not is_shown,
        attended_minutes=told(round(one.attended_ms / 60_000, 1)),
        average_minutes=told(mean(one.attended_ms / 60_000, one.sessions, 1)),
        overlap_minutes=told(round(one.overlap_ms / 60_000, 1)),
        speaking_share=told(share(one.spoke_ms, one.all_spoke_ms)),
        messages=counted(one.messages),
        reactions=counted(one.reactions),
        disconnections=counted(one.disconnections),
        issues=counted(one.issues),
        issue_share=told(share(one.with_issues, one.sessions)),
        failed_share=told(share(one.failed, one.calls)),
        score=told(mean(one.score_sum / 100, one.scored, 1)),
        rating=told(mean(one.stars, one.rated) if one.rated >= smallest else None),
        ratings=counted(one.rated),
        booked=counted(one.booked),
        completed=counted(one.completed),
        cancelled=counted(one.cancelled),
        no_shows=counted(one.no_shows),
        client_no_shows=counted(one.client_no_shows),
        late_share=told(share(one.late, one.arrived)),
        mean_late_minutes=told(mean(one.late_ms / 60_000, one.late, 1)),
    )


# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

PersonSort: TypeAlias = Literal["sessions", "attended", "messages", "reactions", "ratings", "no_shows"]
PersonSide: TypeAlias = Literal["client", "provider", "none"]


class EngagedPerson(Struct, frozen=True, kw_only=True):
    """How much somebody took part."""

    identity: str
    name: str | None
    sessions: int
    """Calls in which they were connected."""
    suppressed: bool
    """They had too few sessions to be compared: the figures are null."""
    attended_minutes: float | None
    average_minutes: float | None
    messages: int | None
    reactions: int | None
    ratings: int | None
    """That they gave; of providers, that others gave of their sessions."""
    disconnections: int | None
    booked: int | None
    no_shows: int | None
    """Appointments to which they did not come."""
    first_day: datetime | None
    """When the first day began on which they were in a call, whatever was asked for; null where they never were."""
    last_day: datetime | None
    """When the last day began."""


class Engagement(Struct, frozen=True, kw_only=True):
    """How many people took part."""

    suppressed: bool
    """They are too few to be told of: the figures are null."""
    active: int | None
    """Who was connected to a call."""
    new: int | None
    """Of those, who was so for the first time."""
    returning: int | None
    sessions: int | None
    attended_minutes: float | None


class People(Answer, frozen=True, kw_only=True):
    """Who took part, and how much."""

    side: PersonSide | None
    sort: PersonSort
    order: Order
    smallest_group: int
    """Fewer sessions, or people, than these are not told of."""
    totals: Engagement
    items: list[EngagedPerson]
    next_cursor: str | None = None


class RankedPerson(EngagedPerson, frozen=True, kw_only=True):
    place: float


_PERSON_RANKS: Mapping[PersonSort, LiteralString] = {
    "sessions": "sessions",
    "attended": "attended_ms",
    "messages": "messages",
    "reactions": "reactions",
    "ratings": "rated",
    "no_shows": "no_shows",
}


# All who took part, once, for how many they are and for who is shown, by nothing but what they are sorted by; then what each of these did. Numbers that are
# added up for tens of thousands are read as what adds up fast: sums of bigint are numeric. Milliseconds are whole up to 2^53.
_DID_OF_PEOPLE: LiteralString = """
    WITH did AS MATERIALIZED (
        SELECT identity, sum(sessions) AS sessions, sum(booked) AS booked, sum(attended_ms) AS attended_ms, sum(ranked) AS ranked FROM (
"""
_OF_EACH_PERSON: LiteralString = """
        ) AS rows GROUP BY identity
    ), placed AS (
        SELECT did.identity, coalesce(%(sign)s * (
"""
_PLACED_PEOPLE: LiteralString = """
        ), 'infinity') AS place FROM did WHERE sessions > 0 OR booked > 0
    ), shown AS (
        SELECT * FROM placed
"""
_SHOWN_PEOPLE: LiteralString = """
        ORDER BY place, identity LIMIT %(rows)s
    ), told AS (
        SELECT shown.identity, nullif(shown.place, 'infinity') AS place, people.display_name, ever.first_day, ever.last_day, own.*
        FROM shown LEFT JOIN people USING (identity) CROSS JOIN LATERAL (
            SELECT sum(sessions)::bigint AS sessions, sum(attended_ms)::bigint AS attended_ms, sum(messages)::bigint AS messages,
                   sum(reactions)::bigint AS reactions, sum(rated)::bigint AS rated, sum(disconnections)::bigint AS disconnections,
                   sum(booked)::bigint AS booked, sum(no_shows)::bigint AS no_shows
            FROM person_rollups AS r WHERE r.side = ANY(%(sides)s) AND r.identity = shown.identity AND
"""
_WITH_EVER: LiteralString = """
        ) AS own CROSS JOIN LATERAL (
            SELECT min(starts_at) AS first_day, max(starts_at) AS last_day FROM person_rollups AS r
            WHERE r.grain = 'day' AND r.side = ANY(%(sides)s) AND r.identity = shown.identity AND r.sessions > 0
        ) AS ever
    )
    SELECT count(*) AS active, coalesce(sum(sessions), 0)::bigint AS sessions, coalesce(sum(attended_ms), 0)::bigint AS attended_ms,
           (SELECT count(*) FROM (
                SELECT FROM first_days WHERE side = ANY(%(sides)s) AND starts_at < %(until)s GROUP BY identity HAVING min(starts_at) >= %(since)s
            ) AS firsts) AS new,
           (SELECT json_agg(told ORDER BY place, identity)::text FROM told) AS people
    FROM did WHERE sessions > 0
"""


class _Engaged(Struct, frozen=True):
    active: int
    new: int
    sessions: int
    attended_ms: int
    people: str | None


class _PersonSums(Struct, frozen=True, kw_only=True):
    identity: str
    display_name: str | None
    place: float | None
    """JSON has no infinity."""
    sessions: int
    attended_ms: int
    messages: int
    reactions: int
    rated: int
    disconnections: int
    booked: int
    no_shows: int
    first_day: datetime | None
    last_day: datetime | None


def _sides(side: PersonSide | None) -> list[str]:
    """Who is no provider, where it is not said."""
    return [side] if side else ["client", "none"]


async def read_people(
    tx: Tx,
    within: Within,
    *,
    smallest: int,
    side: PersonSide | None = None,
    sort: PersonSort = "sessions",
    order: Order = "most",
    after: ComparedPosition | None = None,
    rows: int,
) -> tuple[Engagement, list[RankedPerson]]:
    """How many took part; and of them those first who have most of what they are sorted by, or least, those last of whom it is not shown."""
    rank: LiteralString = "ranked" if sort == "sessions" else "CASE WHEN sessions >= %(smallest)s THEN ranked END"
    spans = within.spans(OF_PEOPLE)
    columns: LiteralString = "identity, sessions::int, booked::int, attended_ms::float8, " + _PERSON_RANKS[sort] + "::float8 AS ranked"
    did = of_each_span(columns, "person_rollups", "r.side = ANY(%(sides)s)", spans)
    statement = _DID_OF_PEOPLE + did + _OF_EACH_PERSON + rank + _PLACED_PEOPLE
    if after is not None:
        statement += " WHERE (place, identity) > (%(after_place)s::float8, %(after_identity)s)"
    one = await fetch_one(
        tx,
        _Engaged,
        statement + _SHOWN_PEOPLE + in_spans(spans) + _WITH_EVER,
        {
            **span_parameters(spans),
            "sides": _sides(side),
            "since": within.since,
            "until": within.until,
            "smallest": smallest,
            "sign": -1 if order == "most" else 1,
            "after_place": after and after.place,
            "after_identity": after and after.identity,
            "rows": rows,
        },
    )
    assert one is not None
    return _engagement(one, smallest), [_person(person, smallest) for person in _read_people(one.people or "[]")]


_read_people = msgspec.json.Decoder(list[_PersonSums]).decode


def _person(one: _PersonSums, smallest: int) -> RankedPerson:
    is_shown = one.sessions >= smallest

    def counted(value: int) -> int | None:
        return value if is_shown else None

    return RankedPerson(
        place=inf if one.place is None else one.place,
        identity=one.identity,
        name=one.display_name,
        sessions=one.sessions,
        suppressed=not is_shown,
        attended_minutes=round(one.attended_ms / 60_000, 1) if is_shown else None,
        average_minutes=mean(one.attended_ms / 60_000, one.sessions, 1) if is_shown else None,
        messages=counted(one.messages),
        reactions=counted(one.reactions),
        ratings=counted(one.rated),
        disconnections=counted(one.disconnections),
        booked=counted(one.booked),
        no_shows=counted(one.no_shows),
        first_day=one.first_day,
        last_day=one.last_day,
    )


def _engagement(one: _Engaged, smallest: int) -> Engagement:
    if one.active < smallest:
        return Engagement(suppressed=True, active=None, new=None, returning=None, sessions=None, attended_minutes=None)
    return Engagement(
        suppressed=False,
        active=one.active,
        new=one.new,
        returning=one.active - one.new,
        sessions=one.sessions,
        attended_minutes=round(one.attended_ms / 60_000, 1),
    )


def without_place(one: RankedProvider | RankedPerson) -> Provider | EngagedPerson:
    """As it is shown."""
    kind = Provider if isinstance(one, RankedProvider) else EngagedPerson
    return kind(**{name: getattr(one, name) for name in kind.__struct_fields__})
