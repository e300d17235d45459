"""Profiles: where a quality problem begins. Each is a file with a name that says its version; two are shipped, a deployment adds its own.

A profile is never changed under its name: what was found by it is kept with that name. A rule whose table is missing is not looked for.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from callwell.errors import SettingInvalid

SHIPPED: Final = Path(__file__).parent / "thresholds"
SETTING: Final = "CALLWELL_QUALITY_PROFILES"

Name = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9.-]{0,63}\Z")]
Amount = Annotated[float, Meta(ge=0, le=1e9)]
Share = Annotated[float, Meta(ge=0, le=1)]
Pct = Annotated[float, Meta(ge=0, le=100)]
Samples = Annotated[int, Meta(ge=1, le=60)]


class Window(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of the last samples decide, of one track each."""

    samples: Samples
    raised_by: Samples
    """A problem is raised when so many of them show it, and cleared when none does."""
    clear_after_seconds: Amount
    """It is not cleared sooner than this after it was raised."""
    gap_seconds: Annotated[float, Meta(gt=0, le=86_400)]
    """After a longer gap between two samples nothing is known of what was before."""

    def __post_init__(self) -> None:
        if self.raised_by > self.samples:
            raise ValueError("`raised_by` cannot be more than `samples`")


class Caps(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which share of the time connected a critical problem makes the category fair at most, and poor."""

    fair_share: Share
    poor_share: Share

    def __post_init__(self) -> None:
        _in_order(self, "fair_share", "poor_share")


class Loss(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    audio_warning_pct: Pct
    video_warning_pct: Pct
    critical_pct: Pct | None = None
    clear_pct: Pct
    """Once raised, only less than this is no problem."""
    mean_of_samples: Samples
    least_packets: Annotated[int, Meta(ge=0, le=1_000_000)]
    """Of fewer packets a share means nothing."""

    def __post_init__(self) -> None:
        _in_order(self, "clear_pct", "audio_warning_pct", "critical_pct")
        _in_order(self, "clear_pct", "video_warning_pct", "critical_pct")


class AtMostMs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    warning_ms: Amount
    critical_ms: Amount | None = None

    def __post_init__(self) -> None:
        _in_order(self, "warning_ms", "critical_ms")


class AtMostPct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    warning_pct: Pct
    critical_pct: Pct | None = None

    def __post_init__(self) -> None:
        _in_order(self, "warning_pct", "critical_pct")


class Mos(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of audio."""

    warning: Annotated[float, Meta(ge=1, le=5)]
    critical: Annotated[float, Meta(ge=1, le=5)] | None = None

    def __post_init__(self) -> None:
        _in_order(self, "critical", "warning")


class Bitrate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of video."""

    warning_ratio: Annotated[float, Meta(ge=1, le=1e6)]
    """Expected over actual."""
    critical_ratio: Annotated[float, Meta(ge=1, le=1e6)]
    critical_kbps: Amount
    expected_kbps: Annotated[Mapping[Annotated[int, Meta(ge=1, le=100_000)], Amount], Meta(min_length=1)]
    """By the lines of the picture: of what is listed, the most that it has."""

    def __post_init__(self) -> None:
        _in_order(self, "warning_ratio", "critical_ratio")

    def expected(self, lines: int) -> float | None:
        """In kbit/s; None for pictures smaller than any that is listed."""
        return self.expected_kbps[max(known)] if (known := [least for least in self.expected_kbps if least <= lines]) else None


class Freeze(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    warning_seconds: Amount
    warning_ratio: Share
    critical_seconds: Amount
    """Without one frame."""

    def __post_init__(self) -> None:
        _in_order(self, "warning_seconds", "critical_seconds")


class Fps(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    warning: Amount
    critical: Amount | None = None
    screen_warning: Amount
    screen_critical: Amount | None = None

    def __post_init__(self) -> None:
        _in_order(self, "critical", "warning")
        _in_order(self, "screen_critical", "screen_warning")


class NoMedia(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    samples: Samples
    """So many in a row without a byte."""


class Reconnect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rejoin_seconds: Amount
    """Who joins again within this reconnected."""
    critical_seconds: Amount
    critical_count: Samples
    critical_within_seconds: Amount


class CpuLimited(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sample says by itself whether the processor limited the sender for more than half of it."""


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    window: Window
    caps: Caps
    high_packet_loss: Loss | None = None
    high_rtt: AtMostMs | None = None
    high_jitter: AtMostMs | None = None
    low_mos: Mos | None = None
    low_bitrate: Bitrate | None = None
    freeze: Freeze | None = None
    low_fps: Fps | None = None
    audio_concealment: AtMostPct | None = None
    frames_dropped: AtMostPct | None = None
    no_media: NoMedia | None = None
    reconnect: Reconnect | None = None
    cpu_limited: CpuLimited | None = None


class Profiles(Struct, frozen=True):
    """Those that a deployment has, and the one by which it judges calls that name none."""

    known: Mapping[str, Profile]
    standard: Profile

    def of_call(self, settings: Mapping[str, Any]) -> Profile:
        """The profile that these settings of a call name; the standard one where they name none that there is."""
        return self.named(settings.get("quality_profile"))

    def named(self, name: Any) -> Profile:
        """The one of that name, if there is one, else the standard one."""
        return self.known.get(name, self.standard) if isinstance(name, str) else self.standard


def _in_order(rule: Struct, *fields: str) -> None:
    """Refuses a rule whose fields do not rise in this order. NaN is in no order."""
    known = [(field, value) for field in fields if (value := getattr(rule, field)) is not None]
    for (less, low), (more, high) in pairwise(known):
        if not low <= high:
            raise ValueError(f"`{less}` cannot be more than `{more}`")


def load_profiles(place: Path | None = None) -> Mapping[str, Profile]:
    """The profiles shipped and those of a deployment, by name: a file, or every ``.toml`` of a folder.

    Raises SettingInvalid with the file and the field for one that is not right, and for a name that is taken.
    """
    profiles: dict[str, Profile] = {}
    for file in (*sorted(SHIPPED.glob("*.toml")), *(_files(place) if place is not None else ())):
        profile = _load_profile(file)
        if profile.name in profiles:
            raise SettingInvalid(name=SETTING, problem=f"{file}: `name`: there is another profile {profile.name}; a name is a version.")
        profiles[profile.name] = profile
    return MappingProxyType(profiles)


def choose_profile(profiles: Mapping[str, Profile], name: str) -> Profile:
    """The one of that name, as the setting CALLWELL_QUALITY_PROFILE or somebody asks for it. Raises SettingInvalid where there is none."""
    if name not in profiles:
        raise SettingInvalid(name="CALLWELL_QUALITY_PROFILE", problem=f"there is no profile {name!r}; there are: {', '.join(sorted(profiles))}.")
    return profiles[name]


def _files(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from sorted(place.glob("*.toml"))
    elif place.exists():
        yield place
    else:
        raise SettingInvalid(name=SETTING, problem=f"there is no {place}.")


def _load_profile(file: Path) -> Profile:
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Profile)
    except msgspec.ValidationError as why:
        problem, _, path = str(why).partition(" - at `")
        field = path.rstrip("`").removeprefix("$").removeprefix(".")
        raise SettingInvalid(name=SETTING, problem=f"{file}: {f'`{field}`: ' if field else ''}{problem}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise SettingInvalid(name=SETTING, problem=f"{file} is not TOML: {why}.") from None
    except OSError as why:
        raise SettingInvalid(name=SETTING, problem=f"{file} cannot be read: {why.strerror}.") from None
