"""A plausible practice, for demonstrations: who meets whom, when, and what happens in their calls. The same seed gives the same calls. Pure."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from callwell import ids
from callwell.quality.batches import NewSample
from callwell.quality.samples import Measured
from callwell.record import events as e
from callwell.record.events import NewEvent, Payload

PROVIDERS = (("user:p-okoro", "Dr. Ada Okoro"), ("user:p-brandt", "Jonas Brandt"), ("user:p-silva", "Dr. Marina Silva"))
CLIENTS = tuple(
    (f"user:c-{number:02}", name)
    for number, name in enumerate(
        ("Ana Lima", "Ben Carter", "Chidi Eze", "Dora Novak", "Emil Larsen", "Fatima Zahra", "Greta Weiss", "Hugo Martin", "Ines Costa", "Jun Park")
    )
)
DEVICES = (
    e.Device("Chrome 131", "Windows 10", "desktop"),
    e.Device("Safari 18", "iOS 18", "mobile"),
    e.Device("Firefox 133", "Ubuntu", "desktop"),
    e.Device("Edge 131", "Windows 11", "desktop"),
    e.Device("Chrome 131", "Android 15", "mobile"),
)
FIRST_HOUR, HOURS = 8, 10
SAMPLE = timedelta(minutes=1)


class HeldCall(Struct, frozen=True):
    """A call that was held: what happened, and what was measured meanwhile."""

    facts: Sequence[NewEvent]
    samples: Sequence[NewSample]


def calls_of_a_practice(calls: int, days: int, seed: int, until: datetime) -> Iterator[HeldCall]:
    """That many calls in the working hours of that many days before a time, call by call, oldest first."""
    chance = random.Random(seed)  # noqa: S311 a practice, not a secret
    today = until.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = sorted(
        today - timedelta(days=chance.randrange(1, days + 1)) + timedelta(hours=FIRST_HOUR, minutes=15 * chance.randrange(4 * HOURS))
        for _ in range(calls)
    )
    for start in starts:
        call = _Call(chance, start)
        yield HeldCall(call.facts, call.samples)


def agenda_of_a_practice(appointments: int, days: int, seed: int, since: datetime) -> Iterator[Mapping[str, Any]]:
    """That many bookings of the days after a time, as the API takes them; nobody is booked twice at one time."""
    chance = random.Random(seed)  # noqa: S311 a practice, not a secret
    today = since.replace(hour=0, minute=0, second=0, microsecond=0)
    taken: set[tuple[str, datetime]] = set()
    while len(taken) < 2 * appointments:
        (provider, _), (client, _) = chance.choice(PROVIDERS), chance.choice(CLIENTS)
        at = today + timedelta(days=chance.randrange(1, days + 1), hours=FIRST_HOUR + chance.randrange(HOURS))
        if taken & {(provider, at), (client, at)}:
            continue
        taken |= {(provider, at), (client, at)}
        yield {
            "client_id": client,
            "provider_id": provider,
            "kind": chance.choice(("individual", "individual", "individual", "assessment")),
            "scheduled_at": at.isoformat(),
            "duration_minutes": chance.choice((30, 50, 50, 50)),
            "status": chance.choice(("confirmed", "confirmed", "confirmed", "pending")),
            "payment_status": chance.choice(("completed", "pending")),
        }


class _Call:
    """One call as it happens. Each fact gets the next id, made of the seed and the call's start."""

    def __init__(self, chance: random.Random, start: datetime) -> None:
        self.chance = chance
        self.facts: list[NewEvent] = []
        self.samples: list[NewSample] = []
        self.id = self._new_id(start)
        self._start = start
        self._hold()

    def _hold(self) -> None:
        chance = self.chance
        provider, provider_name = chance.choice(PROVIDERS)
        client, client_name = chance.choice(CLIENTS)
        kind: e.CallType = "audio" if chance.random() < 0.1 else "video"
        self._say(
            0,
            "call.created",
            e.CallCreated(type=kind, engine="p2p", initiator=provider, provider=provider, provider_name=provider_name, is_demo=True),
        )
        arrives = {provider: chance.uniform(-120, 60), client: chance.uniform(-240, 420)}
        if chance.random() < 0.08:
            del arrives[client]  # who never came
        names = {provider: (provider_name, "provider"), client: (client_name, "client")}
        length = chance.gauss(48, 9) * 60 if chance.random() < 0.85 else chance.uniform(5, 20) * 60
        begins = max(0.0, *arrives.values()) + 5
        for person, arrival in arrives.items():
            name, role = names[person]
            self._come(person, name, role, 240 + arrival)
        if len(arrives) < 2:
            self._say(240 + 900, "participant.left", e.Left(), provider)
            self._say(240 + 905, "call.ended", e.CallEnded(reason="no_answer", ended_by=provider))
            return
        connected = 240 + begins
        for person in arrives:
            self._say(connected, "participant.connected", e.Connected(setup_ms=chance.randrange(250, 1900)), person)
            self._take_part(person, connected, length)
        ends = connected + length
        for person in arrives:
            self._measure(person, self._at(connected), self._at(ends), has_video=kind == "video")
        self._say(ends, "participant.left", e.Left(), client)
        self._say(ends + 4, "participant.left", e.Left(), provider)
        self._say(ends + 4, "call.ended", e.CallEnded(ended_by=provider))
        if chance.random() < 0.5:
            self._say(ends + 20, "rating.submitted", e.RatingSubmitted(stars=chance.choice((3, 4, 4, 5, 5, 5))), client)

    def _come(self, person: str, name: str, role: str, at: float) -> None:
        chance = self.chance
        joined = e.Joined(
            display_name=name,
            role=role,
            is_host=role == "provider",
            audio_enabled=True,
            video_enabled=chance.random() < 0.9,
            device=chance.choice(DEVICES),
        )
        self._say(max(1, at), "participant.joined", joined, person)

    def _take_part(self, person: str, connected: float, length: float) -> None:
        chance = self.chance
        for _ in range(chance.randrange(4)):
            muted = connected + chance.uniform(10, length * 0.9)
            self._say(muted, "media.changed", e.MediaChanged(audio_enabled=False), person)
            self._say(muted + chance.uniform(5, 60), "media.changed", e.MediaChanged(audio_enabled=True), person)
        for _ in range(chance.randrange(6)):
            self._say(connected + chance.uniform(30, length), "speaker.spoke", e.SpeakerSpoke(duration_ms=chance.randrange(5_000, 240_000)), person)
        if chance.random() < 0.2:
            self._say(connected + chance.uniform(60, length), "chat.sent", e.Nothing(), person)
        if chance.random() < 0.15:
            lost = connected + chance.uniform(60, length * 0.8)
            self._say(lost, "participant.disconnected", e.Disconnected("network"), person)
            self._say(lost + chance.uniform(3, 40), "participant.reconnected", e.Reconnected(), person)
            self._say(lost + 45, "issue.reported", e.IssueReported("The picture froze."), person)

    def _measure(self, person: str, since: datetime, until: datetime, *, has_video: bool) -> None:
        """What their page measured, minute by minute. One network in five has a bad spell, in which it loses packets and is slow."""
        chance = random.Random(f"{self.id}{person}")  # noqa: S311 of its own, so that what happens in calls does not depend on what is measured
        rtt, jitter = chance.lognormvariate(4.0, 0.5), chance.uniform(2, 15)
        minutes = int((until - since) / SAMPLE)
        begins = chance.randrange(minutes) if minutes > 5 and chance.random() < 0.2 else minutes
        for minute in range(minutes):
            is_bad = begins <= minute < begins + 6
            shared = {
                "started_at": since + minute * SAMPLE,
                "interval_ms": int(SAMPLE / timedelta(milliseconds=1)),
                "packet_loss_pct": round(chance.uniform(4, 14) if is_bad else chance.expovariate(8), 2),
                "rtt_ms": round(rtt * chance.uniform(0.9, 1.1) * (4 if is_bad else 1), 1),
                "jitter_ms": round(jitter * (3 if is_bad else 1), 1),
            }
            kbps = chance.uniform(150, 400) if is_bad else chance.uniform(2000, 2600)
            for direction in ("inbound", "outbound"):
                self._sample(person, direction=direction, kind="audio", packets=3000, bytes=240_000, bitrate_kbps=32.0, codec="opus", **shared)
                if has_video:
                    self._sample(
                        person, direction=direction, kind="video", packets=round(kbps * 7), bytes=round(kbps * 7500), bitrate_kbps=round(kbps, 1),
                        width=1280, height=720, fps=12.0 if is_bad else 30.0, freeze_ratio=0.04 if is_bad else 0.0, codec="VP8", **shared,
                    )  # fmt: skip

    def _sample(self, person: str, **measured: Any) -> None:
        id = ids.derived_id(self.id, person, measured["direction"], measured["kind"], measured["started_at"])
        self.samples.append(NewSample(self.id, id, person, "device", Measured(**measured)))

    def _at(self, seconds: float) -> datetime:
        return self._start + timedelta(milliseconds=round(seconds * 1000) - 240_000)

    def _say(self, seconds: float, type: str, payload: Payload, person: str | None = None) -> None:
        at = self._at(seconds)
        self.facts.append(NewEvent(self.id, self._new_id(at), type, at, payload, person, "device" if person else None))

    def _new_id(self, at: datetime) -> UUID:
        """A UUIDv7 of that time whose random part is the practice's own chance."""
        milliseconds = int(at.timestamp() * 1000)
        return UUID(int=milliseconds << 80 | 0x7 << 76 | self.chance.getrandbits(12) << 64 | 0x2 << 62 | self.chance.getrandbits(62))
