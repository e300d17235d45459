"""Identifiers and secrets: how they are made, and how they look."""

import hashlib
import hmac
import os
import re
import secrets
import time
import uuid
from base64 import urlsafe_b64encode
from uuid import UUID

ROOM_NAME = re.compile(r"room-[0-9a-f]{32}\Z")

_last_ms = 0
_last_count = 0


def uuid7() -> UUID:
    """A new UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, a 12-bit counter that keeps one process's ids rising within a millisecond, random."""
    global _last_ms, _last_count  # noqa: PLW0603 one counter for the process
    now = time.time_ns() // 1_000_000
    if now > _last_ms:
        _last_ms, _last_count = now, int.from_bytes(os.urandom(2)) & 0x7FF
    else:
        _last_count += 1
        if _last_count > 0xFFF:
            _last_ms, _last_count = _last_ms + 1, 0
    random = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=_last_ms << 80 | 0x7 << 76 | _last_count << 64 | 0x2 << 62 | random)


def uuid_in(text: str) -> UUID | None:
    """The id that a text is, with its hyphens; None for any other text."""
    if len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None


def derived_id(*parts: object) -> UUID:
    """The id of something that two of us may make at once and must make the same: a UUIDv8 of what it is derived from."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()[:16]
    value = int.from_bytes(digest) & ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=value | 0x8 << 76 | 0x2 << 62)


def new_room_name() -> str:
    """A room's name IS its id: 122 random bits that nobody can guess."""
    return f"room-{uuid.uuid4().hex}"


def room_name(room_id: UUID) -> str:
    return f"room-{room_id.hex}"


def room_id(name: str) -> UUID | None:
    """The id in a room's name, or None where the name is none of ours."""
    return UUID(name[5:]) if ROOM_NAME.match(name) else None


def new_secret(prefix: str) -> str:
    """A secret of 256 bits that tells by its prefix what it is for, so that a leaked one is recognised."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def secret_hash(secret: str) -> bytes:
    """What is stored of a random secret. It has 256 random bits, so a plain hash cannot be turned round by guessing."""
    return hashlib.sha256(secret.encode()).digest()


def keyed_hash(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 over parts that cannot run into each other."""
    return hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).digest()


def derived_secret(key: bytes, prefix: str, id: UUID) -> str:
    """A secret that can be made again from its id and the deployment's key, and so is stored nowhere: ``prefix_<id>.<HMAC>``."""
    mac = urlsafe_b64encode(keyed_hash(key, prefix, id.hex)).rstrip(b"=").decode()
    return f"{prefix}_{id.hex}.{mac}"


def id_in_secret(key: bytes, prefix: str, secret: str) -> UUID | None:
    """The id that a derived secret was made from, or None where we did not make it. Takes the same time either way."""
    head, _, _ = secret.partition(".")
    digits = head.removeprefix(f"{prefix}_")
    known = UUID(digits) if re.fullmatch(r"[0-9a-f]{32}", digits) else UUID(int=0)
    return known if hmac.compare_digest(derived_secret(key, prefix, known).encode(), secret.encode()) else None
