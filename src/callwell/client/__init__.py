"""The Python SDK: calls made, read and told of by the host's server or a bot. It needs httpx and nothing else of Callwell.

from callwell.client import Callwell

callwell = Callwell("https://calls.example.org", "cwk_…", buffer="callwell.sqlite")
session = callwell.start("user:42", provider_id="user:7", audio_option="wifi")
session.connected()
session.end()
"""

from callwell.client.api import Callwell
from callwell.client.errors import (
    CallwellError,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    TooManyRequests,
    Unavailable,
    Unreachable,
)
from callwell.client.session import Session

__all__ = [
    "Callwell",
    "CallwellError",
    "Conflict",
    "Invalid",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Refused",
    "Session",
    "TooManyRequests",
    "Unavailable",
    "Unreachable",
]
