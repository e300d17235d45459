"""How a page finds its way to the others: STUN servers, and TURN servers with credentials of limited time. Pure."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct


class IceServer(Struct, frozen=True, omit_defaults=True):
    """One entry of an ``RTCConfiguration``'s ``iceServers``."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


def ice_servers(
    stun_urls: Sequence[str], turn_urls: Sequence[str], turn_secret: str, *, participant: str, at: datetime, seconds: int
) -> list[IceServer]:
    """What a participant may use from ``at`` on, the TURN servers for so many seconds."""
    servers = [IceServer(tuple(stun_urls))] if stun_urls else []
    if turn_urls:
        username = f"{int((at + timedelta(seconds=seconds)).timestamp())}:{participant}"
        servers.append(IceServer(tuple(turn_urls), username, turn_credential(turn_secret, username)))
    return servers


def turn_credential(secret: str, username: str) -> str:
    """The password of a user name that says when it ends: what coturn's ``use-auth-secret`` and others check (draft-uberti-behave-turn-rest-00)."""
    return b64encode(hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()).decode()
