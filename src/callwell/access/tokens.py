"""Credentials that can be made again from the deployment's key, and so are stored nowhere."""

import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import LiteralString
from uuid import UUID

import jwt
from msgspec import Struct

from callwell import errors, ids
from callwell.access.callers import ConnectionCaller, UserCaller
from callwell.postgres.pool import Tx, fetch_one

CONNECTION_PREFIX = "cwc"

USER_TOKEN_AT_MOST = timedelta(hours=24)
IDENTITY = re.compile(r"(user|guest):[^\x00-\x1f\x7f]{1,200}\Z")

ISSUER = "callwell"
AUDIENCE = "callwell:user"


# ── Connection tokens ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Grant(Struct, frozen=True):
    """What a connection token stands for."""

    call_id: UUID
    connection_id: UUID
    participant_id: UUID
    room_id: UUID | None
    is_host: bool
    connect_until: datetime
    closes_at: datetime | None
    revoked_at: datetime | None
    ended_at: datetime | None
    """When the call ended; None while it goes on."""
    is_waiting: bool = False
    """Whether it can only wait, until somebody lets them in."""
    settling_seconds: int | None = None
    """How long late facts have in this call; None where it does not say."""

    def report_until(self, settling: timedelta) -> datetime | None:
        """Until when facts are taken: the call's end and the time that late facts have, ``settling`` where the call says nothing of it.

        None while the call goes on.
        """
        own = settling if self.settling_seconds is None else timedelta(seconds=self.settling_seconds)
        return self.ended_at + own if self.ended_at else None

    @property
    def caller(self) -> ConnectionCaller:
        return ConnectionCaller(self.call_id, self.connection_id, self.participant_id, self.is_host, self.room_id, self.is_waiting)


def connection_token(key: bytes, call_id: UUID, connection_id: UUID) -> str:
    """``cwc_<call><connection>.<HMAC>``."""
    mac = urlsafe_b64encode(ids.keyed_hash(key, CONNECTION_PREFIX, call_id.hex, connection_id.hex)).rstrip(b"=").decode()
    return f"{CONNECTION_PREFIX}_{call_id.hex}{connection_id.hex}.{mac}"


def read_connection_token(key: bytes, token: str) -> tuple[UUID, UUID] | None:
    """Call and connection of a token that we made; None for any other text. Takes the same time either way."""
    found = re.fullmatch(r"cwc_([0-9a-f]{32})([0-9a-f]{32})\..*", token)
    call_id, connection_id = (UUID(found[1]), UUID(found[2])) if found else (UUID(int=0), UUID(int=0))
    is_ours = compare_digest(connection_token(key, call_id, connection_id).encode(), token.encode())
    return (call_id, connection_id) if found and is_ours else None


FIND_GRANT: LiteralString = """
    SELECT g.call_id, g.connection_id, g.participant_id, g.room_id, g.is_host, g.connect_until, g.closes_at, g.revoked_at, c.ended_at,
           g.is_waiting,
           CASE WHEN jsonb_path_exists(c.settings::jsonb, '$.settling_seconds ? (@ >= 1 && @ <= 604800 && @ == @.floor())')
                THEN (c.settings->>'settling_seconds')::numeric::int END AS settling_seconds
    FROM grants g JOIN calls c ON c.id = g.call_id
    WHERE g.call_id = %(call_id)s AND g.connection_id = %(connection_id)s
"""


async def find_grant(tx: Tx, call_id: UUID, connection_id: UUID) -> Grant | None:
    return await fetch_one(tx, Grant, FIND_GRANT, {"call_id": call_id, "connection_id": connection_id})


async def get_grant(tx: Tx, key: bytes, token: str, *, settling: timedelta, at: datetime, put_out: bool = False) -> Grant:
    """What a token stands for, if it still may be used to report.

    Raises CredentialRefused, and Revoked where it was withdrawn, unless those who were ``put_out`` may use it too.
    """
    known = read_connection_token(key, token)
    grant = await find_grant(tx, *known) if known else None
    if grant is None:
        raise errors.CredentialRefused
    if not put_out and grant.revoked_at is not None and grant.revoked_at <= at:
        raise errors.Revoked
    until = grant.report_until(settling)
    if until is not None and until <= at:
        raise errors.CredentialRefused
    return grant


# ── Live tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

LIVE_PREFIX = "cwl"
LIVE_FOR = timedelta(seconds=60)


def live_token(key: bytes, session_id: UUID, expires_at: datetime) -> str:
    """With what a page that is signed in opens the live socket, which no cookie may: ``cwl_<session>.<expiry>.<HMAC>``."""
    expiry = str(int(expires_at.timestamp()))
    mac = urlsafe_b64encode(ids.keyed_hash(key, LIVE_PREFIX, session_id.hex, expiry)).rstrip(b"=").decode()
    return f"{LIVE_PREFIX}_{session_id.hex}.{expiry}.{mac}"


def read_live_token(key: bytes, token: str) -> tuple[UUID, datetime] | None:
    """The session of a token that we made, and when it can open no socket any more; None for any other text. Takes the same time either way."""
    found = re.fullmatch(r"cwl_([0-9a-f]{32})\.([0-9]{1,11})\..*", token)
    session_id, expires_at = (UUID(found[1]), datetime.fromtimestamp(int(found[2]), UTC)) if found else (UUID(int=0), datetime.fromtimestamp(0, UTC))
    is_ours = compare_digest(live_token(key, session_id, expires_at).encode(), token.encode())
    return (session_id, expires_at) if found and is_ours else None


# ── User tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def user_token(key: bytes, identity: str, *, at: datetime, lifetime: timedelta) -> str:
    """A JWT (HS256) with which a person reads what is theirs. ``lifetime`` is 24 h at most."""
    issued = int(at.timestamp())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": identity, "iat": issued, "exp": issued + int(lifetime.total_seconds())}
    return jwt.encode(claims, _user_key(key), algorithm="HS256")


def read_user_token(key: bytes, token: str, at: datetime) -> UserCaller | None:
    """Who a token is for; None where we did not make it or it has run out."""
    try:
        claims = jwt.decode(
            token,
            _user_key(key),
            algorithms=["HS256"],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "aud", "iss"], "verify_exp": False, "verify_iat": False},
        )
        issued, expires = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
    except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, OSError):
        return None
    if not issued - timedelta(minutes=1) <= at < expires or expires - issued > USER_TOKEN_AT_MOST or not IDENTITY.match(claims["sub"]):
        return None
    return UserCaller(claims["sub"])


def _user_key(key: bytes) -> bytes:
    return ids.keyed_hash(key, "user-token")
