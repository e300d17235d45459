"""The catalogue of settings: what holds in meetings and for what is kept of them, and how near to a meeting each may be set.

A deployment sets them over what its environment or we ourselves say; a room over its deployment, an appointment over its room, and some can be changed
while a call goes on. What a call began with is kept with it. Each is declared once, here: checks, explanations and reference are made of it.
"""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from callwell import errors
from callwell.planning.unit_codes import PSYCHOTHERAPY_TEXT, read_bands
from callwell.planning.words import is_time_zone

Level = Literal["deployment", "room", "appointment", "call"]
"""Where a setting may be set, the farthest first. A call's own is what can still be changed while it goes on."""

_EVERYWHERE: Final[tuple[Level, ...]] = ("deployment", "room", "appointment", "call")
_BEFORE: Final[tuple[Level, ...]] = ("deployment", "room", "appointment")
_DEPLOYMENT: Final[tuple[Level, ...]] = ("deployment",)

NOT_YET: Final = "Kept as the wish of this deployment; nothing is removed by it yet."


def _told(sentence: str, levels: tuple[Level, ...], *, environment: str | None = None, **bounds: Any) -> Meta:
    """``environment``: the environment's setting whose value stands where the deployment sets none."""
    return Meta(description=sentence, extra={"levels": levels, "environment": environment}, **bounds)


def _kept(what: str, *, least: int = 1, most: int = 36_500, enforced: str = NOT_YET, environment: str | None = None) -> Meta:
    return _told(f"How many days {what}. {enforced}", _DEPLOYMENT, ge=least, le=most, environment=environment)


class MeetingSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that holds for a meeting. Recording and transcription are wishes: they begin with the consent that is needed."""

    # What may be done in a call
    chat_enabled: Annotated[bool, _told("People may write to each other.", _EVERYWHERE)] = True
    screen_share_enabled: Annotated[bool, _told("People may share their screens.", _EVERYWHERE)] = True
    recording_enabled: Annotated[bool, _told("The call is to be recorded, once whoever must has consented.", _EVERYWHERE)] = False
    transcription_enabled: Annotated[bool, _told("What is said is to be written down, once whoever must has consented.", _EVERYWHERE)] = True
    max_participants: Annotated[
        int, _told("The most people in a call; never more than the environment allows.", _BEFORE, ge=2, le=50, environment="max_participants")
    ] = 50

    # Quality
    sample_seconds: Annotated[int, _told("How often a page sends the numbers of its connection's quality.", _EVERYWHERE, ge=1, le=300)] = 10
    quality_profile: Annotated[
        str,
        _told(
            "The profile of thresholds by which a call's report judges its quality.",
            _EVERYWHERE,
            pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$",
            environment="quality_profile",
        ),
    ] = "default-v1"

    # Coming in
    join_early_minutes: Annotated[int, _told("How long before an appointment its people may come in.", _BEFORE, ge=0, le=1440)] = 10
    join_late_minutes: Annotated[int, _told("How long after its planned end an appointment's people may still come in.", _BEFORE, ge=0, le=1440)] = 30
    waiting_room: Annotated[bool, _told("Whoever is no host waits until a host lets them in.", _BEFORE)] = False
    require_payment: Annotated[bool, _told("Clients come in only once the appointment is paid for.", _BEFORE)] = False
    require_recording_consent: Annotated[bool, _told("Nobody comes in who does not consent to being recorded.", _BEFORE)] = False

    # Appointments
    default_duration_minutes: Annotated[int, _told("How long an appointment takes of which it is not said.", _DEPLOYMENT, ge=1, le=1440)] = 50
    completion_rule: Annotated[
        Literal["both_present", "any_end"],
        _told("When an appointment counts as completed: after a call in which both sides were there, or after any call that ended.", _BEFORE),
    ] = "both_present"
    time_zone: Annotated[
        str,
        _told("The time zone (IANA) of days and weeks in figures and of local times.", ("deployment", "appointment"), min_length=1, max_length=100),
    ] = "UTC"

    # What is billed, and who is compared
    billing_units: Annotated[
        str,
        _told(
            "Which codes minutes are billed under: a JSON list of {code, kind?, from_minutes, to_minutes?}, without minutes in common.",
            _DEPLOYMENT,
            min_length=2,
            max_length=20_000,
        ),
    ] = PSYCHOTHERAPY_TEXT
    billing_minutes: Annotated[
        Literal["overlap", "attended_provider", "attended_client", "elapsed"],
        _told("Which minutes of an appointment are billed: those both sides were there, one side was, or its calls went on.", _DEPLOYMENT),
    ] = "overlap"
    billing_rounding: Annotated[
        Literal["minutes_floor", "minutes_nearest"],
        _told("How billed minutes are made whole: what is left over is dropped, or half a minute counts as one.", _DEPLOYMENT),
    ] = "minutes_floor"
    analytics_smallest_group: Annotated[
        int, _told("Where people are compared, figures of fewer sessions than these are not shown.", _DEPLOYMENT, ge=1, le=1000)
    ] = 5

    # How long silence lasts
    ringing_seconds: Annotated[int, _told("How long a call rings.", _EVERYWHERE, ge=1, le=3600, environment="ringing_seconds")] = 45
    grace_seconds: Annotated[
        int, _told("How long a connection that was lost may come back as the same.", _EVERYWHERE, ge=1, le=3600, environment="grace_seconds")
    ] = 60
    empty_seconds: Annotated[
        int, _told("How long a call goes on with nobody connected.", _EVERYWHERE, ge=1, le=86_400, environment="empty_seconds")
    ] = 120
    settling_seconds: Annotated[
        int, _told("How long after its end a call's record is provisional.", _EVERYWHERE, ge=1, le=604_800, environment="settling_seconds")
    ] = 900

    # What is kept
    ip_policy: Annotated[
        Literal["full", "truncated", "hashed", "none"],
        _told("How addresses are kept: whole, without their last part, as a keyed hash, or not.", _DEPLOYMENT, environment="ip_policy"),
    ] = "hashed"
    retention_calls_days: Annotated[int, _kept("a call that is over is kept, with its people and facts")] = 90
    retention_transcripts_days: Annotated[int, _kept("what was said is kept")] = 30
    retention_recordings_days: Annotated[int, _kept("a recording is kept")] = 30
    retention_reports_days: Annotated[int, _kept("a report and figures of calls are kept")] = 90
    retention_samples_days: Annotated[int, _kept("samples of quality are kept")] = 30
    retention_rtcstats_days: Annotated[
        int,
        _kept("what rtcstats clients sent is kept as it was sent", most=3650, enforced="Enforced.", environment="rtcstats_days"),
    ] = 30
    retention_appointments_days: Annotated[int, _kept("an appointment is kept")] = 1095
    retention_notes_days: Annotated[int, _kept("a note is kept: by many laws as long as the health record that it is part of")] = 3650
    retention_ratings_days: Annotated[int, _kept("a rating is kept")] = 90
    retention_metrics_days: Annotated[int, _kept("figures of hours, days, weeks and months, which name nobody, are kept")] = 1825
    retention_backups_days: Annotated[int, _kept("a backup is kept")] = 30
    retention_audit_days: Annotated[
        int,
        _kept("an audit entry is kept in the database", least=30, enforced="Enforced: what is older is archived with its seals, then removed."),
    ] = 180


class Setting(Struct, frozen=True, kw_only=True):
    """One setting of the catalogue."""

    name: str
    kind: Literal["boolean", "integer", "text"]
    least: int | None
    most: int | None
    one_of: tuple[str, ...]
    default: Any
    environment: str | None
    """The name of the environment's setting that is its default."""
    levels: tuple[Level, ...]
    sentence: str


def _catalogue() -> Mapping[str, Setting]:
    hints = get_type_hints(MeetingSettings, include_extras=True)
    defaults = {field.name: field.default for field in msgspec.structs.fields(MeetingSettings)}
    entries: dict[str, Setting] = {}
    for name, default in defaults.items():
        kind, told = get_args(hints[name])
        entries[name] = Setting(
            name=name,
            kind="boolean" if kind is bool else "integer" if kind is int else "text",
            least=told.ge,
            most=told.le,
            one_of=get_args(kind) if get_origin(kind) is Literal else (),
            default=default,
            environment=told.extra["environment"],
            levels=told.extra["levels"],
            sentence=told.description,
        )
    return MappingProxyType(entries)


CATALOGUE: Final = _catalogue()


def names_at(level: Level) -> frozenset[str]:
    """The settings that may be set there."""
    return frozenset(name for name, setting in CATALOGUE.items() if level in setting.levels)


def check_settings(
    given: Mapping[str, Any], level: Level, *, profiles: Collection[str] | None = None, most_people: int | None = None, within: str = "settings."
) -> dict[str, Any]:
    """The settings given, each known, right and to be set there; those not given stay out.

    ``profiles`` are those that the deployment has, ``most_people`` what its environment allows, ``within`` what the names of wrong fields begin with.
    Raises SettingUnknown or Invalid.
    """
    for name, value in given.items():
        if name not in CATALOGUE:
            raise errors.SettingUnknown(name=name, fields={f"{within}{name}": "there is no such setting"})
        if problem := _problem(name, value, level, profiles, most_people):
            raise errors.Invalid(problem=f"{within}{name}: {problem}", fields={f"{within}{name}": problem})
    return dict(given)


def _problem(name: str, value: Any, level: Level, profiles: Collection[str] | None, most_people: int | None) -> str | None:
    levels = CATALOGUE[name].levels
    if level not in levels:
        return f"it cannot be set for one {level}; it can for a {' or '.join(levels)}"
    try:
        msgspec.convert({name: value}, MeetingSettings)
    except msgspec.ValidationError as why:
        return re.sub(r" - at `\$.*`", "", str(why))
    if name == "time_zone" and not is_time_zone(value):
        return "there is no such time zone"
    if name == "billing_units":
        return _problem_of_units(value)
    if name == "quality_profile" and profiles is not None and value not in profiles:
        return f"there is no such profile; there are {', '.join(sorted(profiles))}"
    if name == "max_participants" and most_people is not None and value > most_people:
        return f"calls here take at most {most_people} people"
    return None


def _problem_of_units(text: str) -> str | None:
    try:
        read_bands(text)
    except (msgspec.DecodeError, ValueError) as why:
        return re.sub(r" - at `\$(.*)`", r" (at \1)", str(why))
    return None


def settings_of(given: Mapping[str, Any]) -> MeetingSettings:
    """All settings by those that were given; one that we don't know (any more), or that is not right, is passed over: facts say what they like."""
    return msgspec.convert(those_right(given), MeetingSettings)


def those_right(given: Mapping[str, Any]) -> dict[str, Any]:
    """Of what was given, the settings that we know with values that are right."""
    return {name: value for name, value in given.items() if name in CATALOGUE and _is_right(name, value)}


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given of a call's settings, those that we don't know among them, and the defaults of the others.

    Those whose default is the environment's are shown where the call was given them: without, whatever holds in the deployment holds.
    """
    wished = settings_of(given)
    return {**given, **{name: getattr(wished, name) for name in _OF_CALLS if name in given or CATALOGUE[name].environment is None}}


def of_calls(given: Mapping[str, Any]) -> dict[str, Any]:
    """Of what was given, what a call keeps of it."""
    return {name: value for name, value in given.items() if name in _OF_CALLS}


_OF_CALLS: Final = tuple(name for name, setting in CATALOGUE.items() if "call" in setting.levels)


def _is_right(name: str, value: Any) -> bool:
    try:
        msgspec.convert({name: value}, MeetingSettings)
    except msgspec.ValidationError:
        return False
    return (name != "time_zone" or is_time_zone(value)) and (name != "billing_units" or _problem_of_units(value) is None)
