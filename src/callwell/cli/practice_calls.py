"""What happens in the calls of a made-up practice, fact by fact, and what pages measure meanwhile. Pure; the same chance gives the same calls."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from random import Random
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell.cli.practice_people import Client, Line, Provider
from callwell.quality.batches import NewSample
from callwell.quality.samples import Direction, Measured
from callwell.record import events as e
from callwell.record.events import NewEvent, Payload, Writer

CLAIMED = 0.05
"""Calls of which only the host's own server tells: who was there is claimed. Of the others an engine tells."""
LATE = 0.06
"""Calls of which some facts become known after later ones."""
CAN_BE_LATE = frozenset({
    "speaker.spoke", "media.changed", "chat.sent", "reaction.sent", "issue.reported", "participant.disconnected", "participant.reconnected"
})  # fmt: skip
MINUTE_MS = 60_000
MINUTE = timedelta(milliseconds=MINUTE_MS)
SPELLS = 0.1
"""Stays with some bad minutes in them, as anybody has them."""
DIRECTIONS: Sequence[Direction] = ("inbound", "outbound")
OUTAGE_HOURS = range(9, 15)
"""Of the day on which the network was away."""


class Course(Struct, frozen=True):
    """Who meets whom, what for and for how long: the same every week, for some months."""

    provider: Provider
    clients: Sequence[Client]
    kind: Literal["individual", "group", "assessment"]
    minutes: int
    conversation: str | None
    tags: Sequence[str]

    def as_drop_in(self) -> "Course":
        """The same two, for a short call in between."""
        return msgspec.structs.replace(self, clients=self.clients[:1], kind="individual", minutes=12, tags=("made-up", "drop-in"))


class HeldCall(Struct, frozen=True):
    """A call: what happened, what of it becomes known only after the rest, and what was measured meanwhile."""

    id: UUID
    source: str
    writer: Writer
    facts: Sequence[NewEvent]
    late: Sequence[NewEvent]
    stays: Sequence["Stay"]
    ended_at: datetime

    def in_room(self, room: str | None) -> Sequence[NewEvent]:
        """Its facts, where the call was in a room."""
        if room is None:
            return self.facts
        return [
            msgspec.structs.replace(fact, payload=msgspec.structs.replace(fact.payload, room=room)) if type(fact.payload) is e.CallCreated else fact
            for fact in self.facts
        ]

    def samples(self) -> list[NewSample]:
        """What was measured in it."""
        return [sample for stay in self.stays for sample in stay.samples(self.id)]


class Stay(Struct, frozen=True):
    """How somebody was connected for some minutes, and how their network was."""

    identity: str
    connection: str
    since: datetime
    minutes: int
    ordinary: "Network"
    in_spell: "Network"
    """The same in the bad minutes that some have."""
    gets_video: bool
    sends_video: bool

    def samples(self, call_id: UUID) -> Iterator[NewSample]:
        """What their page measured of what they got, every minute, and of what they sent every tenth."""
        # Of its own, so that what happens in calls does not depend on what is measured.
        chance = Random(f"{call_id}{self.identity}{self.connection}")  # noqa: S311 a practice, not a secret
        spell = range(0)
        if self.minutes > 6 and chance.random() < SPELLS:
            begins = chance.randrange(self.minutes - 5)
            spell = range(begins, begins + chance.randrange(3, 7))
        milliseconds = round(self.since.timestamp() * 1000)
        for minute in range(self.minutes):
            network = (self.in_spell if minute in spell else self.ordinary).at_some_time(chance)
            started_at = self.since + minute * MINUTE
            for direction in DIRECTIONS if minute % 10 == 2 else DIRECTIONS[:1]:
                has_video = self.gets_video if direction == "inbound" else self.sends_video
                for measured in (_sound(started_at, direction, network), *([_picture(started_at, direction, network)] if has_video else [])):
                    yield NewSample(call_id, _id(milliseconds + minute * MINUTE_MS, chance), self.identity, self.connection, measured)


class Network(Struct, frozen=True):
    """How media fares between two lines."""

    loss_pct: float
    rtt_ms: float
    jitter_ms: float
    kbps: float

    def at_some_time(self, chance: Random) -> "Network":
        """It is never quite the same."""
        one, other = chance.random(), chance.random()
        return Network(
            round(min(60.0, self.loss_pct * (0.5 + 1.1 * one)), 2),
            round(self.rtt_ms * (0.88 + 0.27 * other), 1),
            round(self.jitter_ms * (0.7 + 0.65 * one), 1),
            round(self.kbps * (0.85 + 0.25 * other), 1),
        )


def _sound(started_at: datetime, direction: Direction, network: Network) -> Measured:
    return Measured(
        started_at=started_at, interval_ms=MINUTE_MS, direction=direction, kind="audio", packet_loss_pct=network.loss_pct, rtt_ms=network.rtt_ms,
        jitter_ms=network.jitter_ms, packets=3000, bytes=240_000, bitrate_kbps=32.0, codec="opus", protection="fec",
    )  # fmt: skip


def _picture(started_at: datetime, direction: Direction, network: Network) -> Measured:
    kbps, is_bad = network.kbps, network.loss_pct > 5
    width, height, fps = (1280, 720, 30.0) if kbps > 1200 else (640, 360, 24.0) if kbps > 350 else (320, 180, 15.0)
    return Measured(
        started_at=started_at, interval_ms=MINUTE_MS, direction=direction, kind="video", packet_loss_pct=network.loss_pct, rtt_ms=network.rtt_ms,
        jitter_ms=network.jitter_ms, packets=round(kbps * 7), bytes=round(kbps * 7500), bitrate_kbps=kbps, width=width, height=height,
        fps=fps * 0.6 if is_bad else fps, freeze_ratio=0.06 if is_bad else 0.0, freeze_count=3 if is_bad else 0, codec="VP8",
    )  # fmt: skip


class Trouble(Struct, frozen=True):
    """By how much a network is worse than on an ordinary day."""

    loss_pct: float = 0.0
    slower: float = 1.0
    jitter_ms: float = 0.0
    narrower: float = 1.0
    drops: float = 0.0
    """How many times a connection is lost, more than else."""


NONE = Trouble()
SLOW_DAY = Trouble(1.2, 1.6, 8, 0.7, 0.25)
BAD_LINE = Trouble(3.5, 2.4, 26, 0.35, 1.4)
OUTAGE = Trouble(6.0, 4.0, 40, 0.2, 1.8)
SPELL = Trouble(7.0, 4.0, 25, 0.15, 0.3)
"""Of some bad minutes."""


def hold_calls(
    chance: Random,
    course: Course,
    at: datetime,
    fate: str,
    zone: tzinfo,
    *,
    most: int,
    has_outage: bool,
    appointment_id: UUID | None,
) -> list[HeldCall]:
    """The calls that came of it, at most so many: none where nobody came, two where one broke and they met again."""
    local = at.astimezone(zone)
    is_out = has_outage and local.hour in OUTAGE_HOURS

    def begin(since: float) -> "_Call":
        return _Call(chance, course, at, since, appointment_id, _weather(local.date()) if not is_out else OUTAGE, local.hour)

    if fate == "client_absent":
        call = begin(0)
        if appointment_id is None:
            call.ring_in_vain()
        else:
            call.wait_in_vain(course.provider)
        return [call.told()]
    if fate == "provider_absent":
        call = begin(0)
        call.wait_in_vain(course.clients[0])
        return [call.told()]
    return _held(chance, course, begin, most, is_out=is_out) if fate == "held" else []


def _held(chance: Random, course: Course, begin: Callable[[float], "_Call"], most: int, *, is_out: bool) -> list[HeldCall]:
    whole = course.minutes * 60.0
    call = begin(0)
    if most > 1 and chance.random() < (0.3 if is_out else 0.012):
        gave_up = call.fail()
        again = begin(gave_up + chance.uniform(40, 150))
        again.meet(whole)
        return [call.told(), again.told()]
    breaks = 0.3 if is_out else 0.09 if course.provider.has_bad_line else 0.02
    if chance.random() < breaks:
        broke = call.meet(whole * chance.uniform(0.15, 0.7), breaks=True)
        if most == 1:
            return [call.told()]
        again = begin(broke + chance.uniform(30, 120))
        again.meet(max(whole, broke + 420))
        return [call.told(), again.told()]
    call.meet(whole)
    return [call.told()]


@lru_cache(maxsize=4_000)
def _weather(day: date) -> Trouble:
    """No day is quite like another, and on some the network is slow for everybody."""
    chance = Random(f"network of {day}")  # noqa: S311 a practice, not a secret
    return SLOW_DAY if chance.random() < 0.09 else _mood(chance)


def _mood(chance: Random) -> Trouble:
    """As networks are at one time and another."""
    return Trouble(chance.expovariate(5), chance.lognormvariate(0, 0.13), chance.expovariate(0.6), chance.uniform(0.85, 1.0))


class _Person(Struct, frozen=True):
    identity: str
    name: str
    role: str
    side: e.Side | None
    line: Line
    phone: Line
    speaks: float
    writes: float
    has_camera: bool


def _person(one: Client | Provider) -> _Person:
    if isinstance(one, Provider):
        return _Person(one.identity, one.name, "therapist", "provider", one.line, one.phone, one.speaks, one.writes, True)
    return _Person(one.identity, one.name, "client", "client", one.line, one.phone, one.speaks, one.writes, not one.only_listens)


SUPERVISOR = _Person(
    "user:p-supervision", "Supervision", "supervisor", None,
    Line(e.Device("Chrome 131", "Windows 11", "desktop"), "ethernet", "DE", 18.0, 2.0, 0.03, 2400.0),
    Line(e.Device("Safari 18", "iOS 18", "mobile"), "cellular", "DE", 60.0, 12.0, 0.5, 1500.0), 0.05, 0.0, True,
)  # fmt: skip
COMPLAINTS = ("The picture froze.", "I could not hear them for a while.", "Sound and picture did not match.", "It broke off in the middle.")
PRAISE = ("Thank you!", "Worked well.", "Good as always.")


class _Call:
    """One call as it happens. Seconds count from the planned time. Each fact gets the next id, made of its time and the chance."""

    def __init__(self, chance: Random, course: Course, at: datetime, since: float, appointment_id: UUID | None, weather: Trouble, hour: int) -> None:
        self.chance = chance
        self.course = course
        self.at = at
        self.since = since
        self.weather = weather
        self.hour = hour
        self.is_audio = len(course.clients) == 1 and course.clients[0].only_listens and chance.random() < 0.8
        self.engine: e.Engine = course.provider.engine if len(course.clients) == 1 or course.provider.engine != "p2p" else "livekit"
        self.appointment_id = appointment_id
        self.facts: list[NewEvent] = []
        self.stays: list[Stay] = []
        self.ended = since
        self.id = self._new_id(self._at(since))
        is_claimed = chance.random() < CLAIMED
        self.source, self.writer = ("demo", Writer.IMPORTER) if is_claimed else ("engine:demo", Writer.ENGINE)

    def told(self) -> HeldCall:
        """The call, some of its facts held back now and then."""
        late: list[NewEvent] = []
        if self.chance.random() < LATE:
            late = [fact for fact in self.facts if fact.type in CAN_BE_LATE and self.chance.random() < 0.5]
        held_back = {fact.id.int for fact in late}
        facts = [fact for fact in self.facts if fact.id.int not in held_back]
        return HeldCall(self.id, self.source, self.writer, facts, late, self.stays, self._at(self.ended))

    # ── Ways a call can go ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def ring_in_vain(self) -> None:
        """Nobody answers, or whoever is called says no."""
        provider, client = self.course.provider, self.course.clients[0]
        self._create(self.since, provider.identity)
        self._say(self.since + 1, "call.ringing", e.CallRinging(people=(client.identity,)))
        self._come(_person(provider), self.since + 1.5, "c1")
        is_declined = self.chance.random() < 0.3
        over = self.since + (self.chance.uniform(4, 20) if is_declined else 45)
        if is_declined:
            self._say(over, "participant.left", e.Left("declined"), client.identity)
        self._say(over + 0.4, "participant.left", e.Left(), provider.identity, "c1")
        self._end(over + 0.5, provider.identity if not is_declined else client.identity, "declined" if is_declined else "no_answer")

    def wait_in_vain(self, one: Client | Provider) -> None:
        """One is there, for a quarter of an hour or so, and nobody else."""
        person = _person(one)
        arrives = self._arrival(one)
        gives_up = self.chance.uniform(9, 16) * 60
        self._create(arrives - 1, person.identity)
        self._come(person, arrives, "c1")
        self._say(gives_up, "participant.left", e.Left(), person.identity, "c1")
        self._end(gives_up + 1, person.identity, "no_answer")

    def fail(self) -> float:
        """Both come, and nothing can be had of the engine. Gives when they gave up."""
        people = [_person(self.course.provider), *(map(_person, self.course.clients))]
        arrivals = [self._arrival(one) for one in (self.course.provider, *self.course.clients)]
        gives_up = max(arrivals) + self.chance.uniform(15, 60)
        self._create(min(arrivals) - 1, people[0].identity)
        for person, arrives in zip(people, arrivals, strict=True):
            self._come(person, arrives, "c1")
            self._say(gives_up - 2, "participant.failed", e.Failed("ice_failed"), person.identity, "c1")
        self._say(gives_up, "call.failed", e.CallFailed("engine_unreachable" if self.engine != "p2p" else "ice_failed"))
        self.ended = gives_up
        return gives_up

    def meet(self, until: float, *, breaks: bool = False) -> float:
        """They meet until then, or about: what begins late ends a little late. Gives when it was over."""
        chance, course = self.chance, self.course
        if self.since:
            arrivals = [self.since + chance.uniform(1, 40) for _ in range(1 + len(course.clients))]
        else:
            arrivals = [self._arrival(one) for one in (course.provider, *course.clients)]
        if course.kind != "group" and self.appointment_id is None:
            arrivals = [self.since + chance.uniform(0, 3), self.since + chance.uniform(6, 30)]
        self._create(min(arrivals) - 1, course.provider.identity if self.appointment_id is None else None)
        if self.appointment_id is None:
            self._say(min(arrivals), "call.ringing", e.CallRinging(people=(course.clients[0].identity,)))
        host = arrivals[0]
        inside: list[tuple[_Person, float, str]] = []
        for number, (one, arrives) in enumerate(zip((course.provider, *course.clients), arrivals, strict=True)):
            person = _person(one)
            lets_in = course.provider.lets_in and number > 0
            inside.append((person, *self._enter(person, arrives, host if lets_in else None)))
        begins = sorted(entered for _, entered, _ in inside)[1]
        late = max(0.0, begins - 60 - self.since)
        over = until if breaks else until * course.provider.keeps_to + chance.gauss(0, 60) + 0.5 * late
        over = max(over, begins + 150)
        left = self._hold(inside, begins, over, breaks=breaks)
        self._rate(left)
        return left

    def _hold(self, inside: Sequence[tuple[_Person, float, str]], begins: float, over: float, *, breaks: bool) -> float:
        """From everybody's coming to everybody's leaving; gives when the last one was gone."""
        chance = self.chance
        last = over
        people = [person for person, _, _ in inside]
        for number, (person, entered, first) in enumerate(inside):
            setup_ms = self._setup_ms(person.line)
            connected = (entered if self.engine != "p2p" else max(entered, begins)) + setup_ms / 1000
            self._say(connected, "participant.connected", e.Connected(setup_ms=setup_ms), person.identity, first)
            leaves = over + (chance.uniform(2, 12) if number == 0 else chance.uniform(0, 6))
            last = max(last, leaves)
            name, moved = self._lose(person, first, connected, over - 30)
            self._take_part(person, name, max(connected, begins, moved), over)
            others = [other for other in people if other is not person]
            self._measure(person, others, name, max(connected, moved), over)
            if breaks and number == 1:
                self._say(over, "participant.disconnected", e.Disconnected("network"), person.identity, name)
                self._say(over + 0.1, "participant.left", e.Left("connection_lost"), person.identity, name)
            else:
                self._say(leaves, "participant.left", e.Left(), person.identity, name)
        if self.engine == "p2p" and len(inside) == 2 and over - begins > 1500 and chance.random() < 0.02:
            self._supervise(begins, over)
        if not breaks and over - begins > 600 and chance.random() < 0.06:
            self._record(inside, begins, over)
        host = people[0].identity
        self._end(last + 0.5, None if breaks else host, "error" if breaks else "normal")
        return last

    # ── What people do ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _arrival(self, one: Client | Provider) -> float:
        mean, spread = one.arrives
        return max(-420.0, min(660.0, self.chance.gauss(mean, spread)))

    def _come(self, person: _Person, at: float, name: str, line: Line | None = None) -> None:
        line = line or person.line
        joined = e.Joined(
            display_name=person.name,
            role=person.role,
            side=person.side,
            is_host=person.side == "provider",
            audio_enabled=True,
            video_enabled=person.has_camera and not self.is_audio,
            device=line.device,
            metadata=_where(line),
        )
        self._say(at, "participant.joined", joined, person.identity, name)

    def _enter(self, person: _Person, at: float, host: float | None) -> tuple[float, str]:
        """Somebody comes in, with a second try where the first is no good, and once the host lets them in where there is a waiting room."""
        chance, name = self.chance, "c1"
        if chance.random() < (0.2 if self.weather is OUTAGE else 0.025):
            reason = chance.choice(("ice_failed", "ice_failed", "permission_denied"))
            self._come(person, at, name)
            if reason == "permission_denied":
                self._say(at + 2, "error.occurred", e.ErrorOccurred("permission_denied", "NotAllowedError"), person.identity, name)
            self._say(at + 12, "participant.failed", e.Failed(reason), person.identity, name)
            at, name = at + chance.uniform(20, 60), "c2"
        if host is None:
            self._come(person, at, name)
            return at, name
        line = person.line
        waiting = e.Waiting(display_name=person.name, role=person.role, side=person.side, device=line.device, metadata=_where(line))
        self._say(at, "participant.waiting", waiting, person.identity, name)
        let_in = max(at, host) + chance.uniform(3, 45)
        self._say(let_in, "participant.admitted", e.Admitted(), person.identity, name)
        return let_in, name

    def _lose(self, person: _Person, name: str, since: float, until: float) -> tuple[str, float]:
        """Their connection is lost now and then, and comes back; or they come back by phone. Gives with which connection they stay, and since when."""
        chance = self.chance
        expected = 0.05 + 0.09 * (person.line.network == "cellular") + sum(trouble.drops for trouble in self._troubles(person))
        at = since + 20
        while until > at and chance.random() < expected / (1 + expected):
            at += chance.uniform(0.02, 0.5) * (until - at)
            away = chance.uniform(2, 14) if chance.random() < 0.8 else chance.uniform(14, 50)
            if at + away + 90 > until:
                break
            self._say(at, "participant.disconnected", e.Disconnected("network"), person.identity, name)
            if away > 25 and chance.random() < 0.6:
                self._say(at + away, "participant.left", e.Left("network"), person.identity, name)
                back, name = at + away + chance.uniform(5, 40), f"{name}-phone"
                self._come(person, back, name, person.phone)
                self._say(back + 1.2, "participant.connected", e.Connected(setup_ms=self._setup_ms(person.phone)), person.identity, name)
                return name, back + 1.2
            self._say(at + away, "participant.reconnected", e.Reconnected(), person.identity, name)
            if chance.random() < 0.15:
                self._say(at + away + 5, "issue.reported", e.IssueReported(chance.choice(COMPLAINTS)), person.identity, name)
            at += away + 5
        return name, since

    def _take_part(self, person: _Person, name: str, since: float, until: float) -> None:
        chance, length = self.chance, until - since
        if length < 40:
            return
        for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
            muted = since + chance.uniform(0.05, 0.85) * length
            self._say(muted, "media.changed", e.MediaChanged(audio_enabled=False), person.identity, name)
            self._say(min(muted + chance.uniform(4, 90), until - 1), "media.changed", e.MediaChanged(audio_enabled=True), person.identity, name)
        if person.has_camera and not self.is_audio and chance.random() < 0.06:
            self._say(since + 0.4 * length, "media.changed", e.MediaChanged(video_enabled=False), person.identity, name)
        if person.side == "provider" and chance.random() < 0.1:
            shares = since + chance.uniform(0.1, 0.6) * length
            self._say(shares, "media.changed", e.MediaChanged(screen_shared=True), person.identity, name)
            self._say(shares + 0.25 * length, "media.changed", e.MediaChanged(screen_shared=False), person.identity, name)
        stretches = max(1, round(length / 480))
        share = person.speaks if self.course.kind != "group" else person.speaks * 0.35
        for number in range(stretches):
            spoken = e.SpeakerSpoke(round(share * chance.uniform(0.6, 1.4) * 1000 * length / stretches))
            self._say(since + (number + 0.9) * length / stretches, "speaker.spoke", spoken, person.identity, name)
        for _ in range(_how_many(chance, person.writes)):
            self._say(since + chance.uniform(0.05, 0.95) * length, "chat.sent", e.Nothing(), person.identity, name)
        if chance.random() < (0.5 if self.course.kind == "group" else 0.08):
            reaction = e.ReactionSent(chance.choice(("thumbs_up", "heart", "smile")))
            self._say(since + chance.uniform(0.3, 0.95) * length, "reaction.sent", reaction, person.identity, name)

    def _supervise(self, begins: float, over: float) -> None:
        """A third one listens for a while, so that media goes another way from then on."""
        comes = begins + 300
        self._come(SUPERVISOR, comes, "c1")
        self._say(comes + 0.2, "call.mode_changed", e.ModeChanged("sfu"))
        self._say(comes + 1, "participant.connected", e.Connected(setup_ms=640), SUPERVISOR.identity, "c1")
        self._say(min(comes + 900, over - 60), "participant.left", e.Left(), SUPERVISOR.identity, "c1")

    def _record(self, inside: Sequence[tuple[_Person, float, str]], begins: float, over: float) -> None:
        for person, entered, name in inside:
            self._say(entered + 0.5, "consent.given", e.Consent("recording"), person.identity, name)
        recording = e.Recording(recording_id=f"recording-{self.id}")
        self._say(begins + 40, "recording.started", recording)
        self._say(over - 20, "recording.stopped", recording)

    def _rate(self, left: float) -> None:
        chance = self.chance
        for client in self.course.clients:
            if chance.random() < 0.4:
                went = client.contentment - sum(0.4 * trouble.drops for trouble in self._troubles(_person(client)))
                stars = max(1, min(5, round(chance.gauss(went, 0.7))))
                comment = chance.choice(PRAISE if stars > 3 else COMPLAINTS) if chance.random() < 0.15 else None
                self._say(left + chance.uniform(5, 60), "rating.submitted", e.RatingSubmitted(stars, comment), client.identity, self._newest(client))

    def _newest(self, one: Client) -> str:
        """The connection that they were there with last."""
        return next(fact.connection for fact in reversed(self.facts) if fact.participant == one.identity and fact.connection)

    # ── What is measured ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _troubles(self, person: _Person) -> list[Trouble]:
        provider = self.course.provider
        bad_line = provider.has_bad_line and person.identity == provider.identity and self.hour >= 15
        return [self.weather, BAD_LINE] if bad_line else [self.weather]

    def _setup_ms(self, line: Line) -> int:
        slow = {"ethernet": 0, "wifi": 60, "cellular": 420}[line.network]
        return round(self.weather.slower * (slow + self.chance.lognormvariate(6.3, 0.35)))

    def _measure(self, person: _Person, others: Sequence[_Person], name: str, since: float, until: float) -> None:
        """That they were there to be measured."""
        minutes = int((until - since) // 60)
        if minutes < 1:
            return
        line, far = person.phone if name.endswith("phone") else person.line, others[0]
        troubles = [*self._troubles(person), _mood(self.chance)]
        stay = Stay(
            identity=person.identity,
            connection=name,
            since=self._at(since),
            minutes=minutes,
            ordinary=_between(line, far.line, [*troubles, *self._troubles(far)[1:]]),
            in_spell=_between(line, far.line, [*troubles, SPELL]),
            gets_video=not self.is_audio and far.has_camera,
            sends_video=not self.is_audio and person.has_camera,
        )
        self.stays.append(stay)

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _create(self, seconds: float, initiator: str | None) -> None:
        course = self.course
        details = e.CallCreated(
            type="audio" if self.is_audio else "video",
            mode="p2p" if self.engine == "p2p" else "sfu",
            engine=self.engine,
            conversation_id=course.conversation,
            appointment_id=self.appointment_id,
            initiator=initiator,
            provider=course.provider.identity,
            provider_name=course.provider.name,
            metadata={"tags": list(course.tags)},
        )
        self._say(seconds, "call.created", details)

    def _end(self, seconds: float, by: str | None, reason: e.EndReason) -> None:
        self._say(seconds, "call.ended", e.CallEnded(reason=reason, ended_by=by))
        self.ended = seconds

    def _at(self, seconds: float) -> datetime:
        return self.at + timedelta(milliseconds=round(seconds * 1000))

    def _say(self, seconds: float, type: str, payload: Payload, person: str | None = None, connection: str | None = None) -> None:
        at = self._at(seconds)
        self.facts.append(NewEvent(self.id, self._new_id(at), type, at, payload, person, connection))

    def _new_id(self, at: datetime) -> UUID:
        return _id(int(at.timestamp() * 1000), self.chance)


def _id(milliseconds: int, chance: Random) -> UUID:
    """A UUIDv7 of that time whose random part is the practice's own chance."""
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62 | chance.getrandbits(76) & _RANDOM_BITS)


_RANDOM_BITS = 0xFFF << 64 | (1 << 62) - 1


def _between(near: Line, far: Line, troubles: Sequence[Trouble]) -> Network:
    """The network between two lines."""
    lost, rtt, jitter, kbps = (
        near.loss_pct + 0.4 * far.loss_pct,
        near.rtt_ms + far.rtt_ms,
        near.jitter_ms + 0.3 * far.jitter_ms,
        min(near.kbps, far.kbps),
    )
    for trouble in troubles:
        lost, rtt, jitter, kbps = lost + trouble.loss_pct, rtt * trouble.slower, jitter + trouble.jitter_ms, kbps * trouble.narrower
    return Network(lost, rtt, jitter, kbps)


def _where(line: Line) -> dict[str, Any]:
    return {"network": line.network, "country": line.country}


def _how_many(chance: Random, mean: float) -> int:
    """How often something happens that happens so often on average."""
    return round(chance.expovariate(1 / mean)) if mean > 0 else 0
