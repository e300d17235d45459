"""The settings of a call: what a room gives to its calls, and what can be changed while one runs."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from callwell import errors


class CallSettings(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
    """What may happen in a call. Recording and transcription are wishes: they begin with the consent that is needed."""

    chat_enabled: bool = True
    screen_share_enabled: bool = True
    recording_enabled: bool = False
    transcription_enabled: bool = True
    sample_seconds: Annotated[int, Meta(ge=1, le=300)] = 10
    """How often a page sends the numbers of its connection's quality."""


def check_call_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings given, each known and right; those not given stay out. Raises SettingUnknown or Invalid."""
    for name in given:
        if name not in CallSettings.__struct_fields__:
            raise errors.SettingUnknown(name=name, fields={f"settings.{name}": "there is no such setting"})
    try:
        msgspec.convert(given, CallSettings)
    except msgspec.ValidationError as problem:
        what, _, field = str(problem).partition(" - at `$.")
        raise errors.Invalid(problem=f"settings.{field.rstrip('`')}: {what}", fields={f"settings.{field.rstrip('`')}": what}) from None
    return dict(given)


def settings_of(given: Mapping[str, Any]) -> CallSettings:
    """All settings of a call by those that were given; one that we don't know (any more), or that is not right, is passed over: facts say what they like."""
    return msgspec.convert({name: value for name, value in given.items() if _is_right(name, value)}, CallSettings)


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings given, those that we don't know among them, and the defaults of the others."""
    return {**given, **msgspec.structs.asdict(settings_of(given))}


def _is_right(name: str, value: Any) -> bool:
    try:
        msgspec.convert({name: value}, CallSettings)
    except msgspec.ValidationError:
        return False
    return True
