"""The people of a made-up practice: what they are called, with what they come, and how they are. Pure; the same seed gives the same people."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from random import Random
from typing import Literal

from msgspec import Struct

from callwell.record import events as e

FIRST_NAMES = (
    "Ana", "Ben", "Chidi", "Dora", "Emil", "Fatima", "Greta", "Hugo", "Ines", "Jun", "Katja", "Luis", "Mara", "Nils", "Oluchi", "Pia", "Quentin",
    "Rosa", "Samir", "Tilda", "Uwe", "Vera", "Wim", "Yasmin", "Zoe", "Adam", "Bianca", "Carla", "Deniz", "Elif", "Farid", "Gita", "Hanna", "Ivan",
    "Jana", "Karim", "Lena", "Milan", "Nora", "Otto",
)  # fmt: skip
LAST_NAMES = (
    "Lima", "Carter", "Eze", "Novak", "Larsen", "Zahra", "Weiss", "Martin", "Costa", "Park", "Okoro", "Brandt", "Silva", "Kaya", "Horvat", "Moreau",
    "Rossi", "Jansen", "Nowak", "Keller", "Fischer", "Ortiz", "Santos", "Haddad", "Lindqvist", "Murphy", "Petrov", "Sato", "Tran", "Vogel", "Wagner",
    "Yilmaz", "Zimmer", "Bauer", "Conti", "Dubois", "Engel", "Farkas", "Gruber", "Hofer",
)  # fmt: skip

Network = Literal["ethernet", "wifi", "cellular"]

DEVICES: Sequence[tuple[e.Device, float, bool]] = (
    (e.Device("Chrome 131", "Windows 11", "desktop"), 0.30, False),
    (e.Device("Safari 18", "iOS 18", "mobile"), 0.20, True),
    (e.Device("Chrome 131", "Android 15", "mobile"), 0.14, True),
    (e.Device("Safari 18", "macOS 15", "desktop"), 0.12, False),
    (e.Device("Edge 131", "Windows 11", "desktop"), 0.10, False),
    (e.Device("Firefox 133", "Windows 10", "desktop"), 0.06, False),
    (e.Device("Firefox 133", "Ubuntu", "desktop"), 0.03, False),
    (e.Device("Safari 18", "iPadOS 18", "tablet"), 0.05, True),
)
"""With how many people come, and whether it is carried about."""

COUNTRIES = (("DE", 0.7), ("AT", 0.12), ("CH", 0.08), ("NL", 0.05), ("FR", 0.05))


class Line(Struct, frozen=True):
    """What somebody comes with, and how good it is on an ordinary day."""

    device: e.Device
    network: Network
    country: str
    rtt_ms: float
    jitter_ms: float
    loss_pct: float
    kbps: float


class Provider(Struct, frozen=True, eq=False):
    number: int
    identity: str
    name: str
    line: Line
    phone: Line
    """What they go on with where their own line gives up."""
    engine: e.Engine
    minutes: int
    """How long their sessions are planned to be."""
    minute: int
    """Of the hour, at which they begin."""
    lunch: int
    short_day: int
    works_on_saturdays: bool
    has_evenings: bool
    group_weekday: int | None
    holiday_week: int
    """Of each half year, in which they are away."""
    is_sought: float
    arrives: tuple[float, float]
    """When they come, in seconds after the planned time: mean and spread."""
    keeps_to: float
    """How long their sessions are against what was planned."""
    speaks: float
    """Share of the time."""
    writes: float
    """How often they use the chat, in a session."""
    forgets: float
    """How often they don't come, against others."""
    lets_in: bool
    """Whether clients wait until they are let in."""
    has_bad_line: bool
    """Whose network gives up in the late afternoon."""

    def is_away(self, day: date) -> bool:
        return day.isocalendar().week % 26 == self.holiday_week


class Client(Struct, frozen=True, eq=False):
    identity: str
    name: str
    line: Line
    phone: Line
    arrives: tuple[float, float]
    speaks: float
    writes: float
    forgets: float
    cancels: float
    only_listens: bool
    """Comes without a camera."""
    has_thread: bool
    """Writes with the provider in the host's product, and drops in by the room of that thread."""
    contentment: float
    """Of 1 to 5 stars."""
    tags: Sequence[str]


@lru_cache(maxsize=2_000)
def provider_of(seed: int, number: int) -> Provider:
    chance = Random(f"{seed}:provider:{number}")  # noqa: S311 a practice, not a secret
    name = _name(chance)
    is_late = number % 4 == 1
    return Provider(
        number=number,
        identity=f"user:p-{number:02}-{name.split()[-1].lower()}",
        name=f"Dr. {name}" if chance.random() < 0.4 else name,
        line=_line(chance, is_at_work=True),
        phone=_phone(chance),
        engine=("p2p", "livekit", "p2p", "jitsi", "livekit", "mediasoup", "p2p", "livekit")[number % 8],
        minutes=(50, 50, 45, 50, 50, 30, 50, 50)[number % 8],
        minute=chance.choice((0, 0, 0, 15, 30)),
        lunch=chance.choice((12, 12, 12, 12, 13)),
        short_day=chance.choice((2, 4, 4, 4)),
        works_on_saturdays=number % 3 == 0,
        has_evenings=number % 4 == 3,
        group_weekday=chance.randrange(4) if number % 4 == 0 else None,
        holiday_week=chance.randrange(26),
        is_sought=chance.uniform(0.6, 1.5),
        arrives=(chance.uniform(80, 240), 90) if is_late else (chance.uniform(-150, -20), 50),
        keeps_to=chance.choice((0.82, 0.94, 0.97, 0.97, 1.02, 1.06)),
        speaks=chance.uniform(0.25, 0.55),
        writes=chance.choice((0.1, 0.3, 0.6, 2.5)),
        forgets=chance.choice((0.3, 0.8, 1.0, 2.0)),
        lets_in=number % 3 == 1,
        has_bad_line=number % 6 == 2,
    )


@lru_cache(maxsize=50_000)
def client_of(seed: int, number: str) -> Client:
    chance = Random(f"{seed}:client:{number}")  # noqa: S311 a practice, not a secret
    is_forgetful = chance.random() < 0.12
    return Client(
        identity=f"user:c-{number}",
        name=_name(chance),
        line=_line(chance, is_at_work=False),
        phone=_phone(chance),
        arrives=(chance.uniform(60, 400), 150) if chance.random() < 0.2 else (chance.uniform(-240, 30), 90),
        speaks=chance.uniform(0.3, 0.6),
        writes=chance.choice((0.0, 0.1, 0.4, 1.5)),
        forgets=5.0 if is_forgetful else 0.45,
        cancels=chance.choice((0.3, 0.8, 1.0, 1.9)),
        only_listens=chance.random() < 0.07,
        has_thread=chance.random() < 0.3,
        contentment=chance.uniform(3.4, 5.2),
        tags=("couple",) if chance.random() < 0.08 else ("minor",) if chance.random() < 0.06 else (),
    )


def _name(chance: Random) -> str:
    return f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"


def _line(chance: Random, *, is_at_work: bool) -> Line:
    device, _, is_mobile = chance.choices(DEVICES, [0.0 if is_at_work and mobile else share for _, share, mobile in DEVICES])[0]
    network: Network = "wifi"
    if is_mobile:
        network = "cellular" if chance.random() < 0.3 else "wifi"
    elif chance.random() < (0.6 if is_at_work else 0.2):
        network = "ethernet"
    return _of(chance, device, network)


def _phone(chance: Random) -> Line:
    return _of(chance, chance.choice([device for device, _, is_mobile in DEVICES if is_mobile]), "cellular")


def _of(chance: Random, device: e.Device, network: Network) -> Line:
    slow, unsteady, lossy, kbps = {"ethernet": (0, 2, 0.04, 2400), "wifi": (7, 5, 0.15, 2150), "cellular": (32, 12, 0.5, 1500)}[network]
    return Line(
        device=device,
        network=network,
        country=chance.choices([country for country, _ in COUNTRIES], [share for _, share in COUNTRIES])[0],
        rtt_ms=slow + chance.lognormvariate(3.3, 0.35),
        jitter_ms=unsteady * chance.uniform(0.6, 1.5),
        loss_pct=lossy * chance.uniform(0.3, 2.0),
        kbps=kbps * chance.uniform(0.85, 1.1),
    )
