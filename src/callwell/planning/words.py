"""Texts as the host gives them: bounded, and without characters that no text has."""

from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

Word = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Title = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Link = Annotated[str, Meta(max_length=2000, pattern=r"^https?://[^\x00-\x20\x7f]+$")]
Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$", max_length=35)]
"""A language tag (BCP 47)."""


@lru_cache(maxsize=1000)
def is_time_zone(name: str) -> bool:
    """Whether the IANA database has a time zone of that name, letter for letter."""
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # of a folder's name it is an OSError
        return False
    return True
