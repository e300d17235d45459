"""The second factor: codes of an app that change every 30 seconds (RFC 6238), and recovery codes for when the app is lost.

The app's secret is sealed with a key derived from the deployment's; of recovery codes only keyed hashes are stored. No code is good twice.
"""

import os
import re
import secrets
from base64 import b32encode
from datetime import datetime
from hmac import compare_digest
from uuid import UUID

import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct
from pyotp.totp import TOTP

from callwell import errors, ids
from callwell.access.keys import Note
from callwell.postgres.pool import Tx, execute, fetch_one

STEP = 30
"""Seconds that a code is shown."""
SKEW = 1
"""Steps that an app's clock may be ahead or behind."""
RECOVERY_CODES = 10
ISSUER = "Callwell"


class SecondFactor(Struct, frozen=True):
    sealed: bytes | None
    confirmed_at: datetime | None
    last_step: int | None


async def begin(tx: Tx, key: bytes, account_id: UUID) -> str:
    """A new secret in base 32, which counts once a code of it was shown. Raises Conflict where there is a second factor already."""
    secret = b32encode(os.urandom(20)).decode()
    row = {"id": account_id, "sealed": _seal(key, account_id, secret)}
    if not await execute(
        tx, "UPDATE accounts SET totp_sealed = %(sealed)s, totp_last_step = NULL WHERE id = %(id)s AND totp_confirmed_at IS NULL", row
    ):
        raise errors.Conflict(what="a second factor")
    return secret


def uri_of(secret: str, email: str) -> str:
    """What apps read: ``otpauth://totp/…``."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def picture_of(uri: str) -> str:
    """A QR code of it as SVG, dark on light whatever is around it."""
    return segno.make(uri, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")


async def confirm(tx: Tx, key: bytes, account_id: UUID, code: str, at: datetime, note: Note) -> list[str]:
    """From now on a code is asked for. Gives the recovery codes, this once. Raises CodeRefused, and Conflict where it was confirmed already."""
    found = await _lock(tx, account_id)
    if found.confirmed_at is not None:
        raise errors.Conflict(what="a second factor")
    if not await _use_app_code(tx, key, account_id, found, code, at):
        raise errors.CodeRefused
    await execute(tx, "UPDATE accounts SET totp_confirmed_at = %(at)s, updated_at = %(at)s WHERE id = %(id)s", {"id": account_id, "at": at})
    codes = await make_recovery_codes(tx, key, account_id)
    await note(tx, "second_factor_set", at, account_id=str(account_id))
    return codes


async def make_recovery_codes(tx: Tx, key: bytes, account_id: UUID) -> list[str]:
    """New ones; those that there were are good no more."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    await execute(tx, "DELETE FROM recovery_codes WHERE account_id = %(id)s", {"id": account_id})
    hashes = [_recovery_hash(key, account_id, code) for code in codes]
    await execute(
        tx, "INSERT INTO recovery_codes (account_id, hash) SELECT %(id)s, unnest(%(hashes)s::bytea[])", {"id": account_id, "hashes": hashes}
    )
    return codes


async def remove(tx: Tx, account_id: UUID, at: datetime, note: Note) -> None:
    """From now on the password is enough."""
    await execute(tx, "DELETE FROM recovery_codes WHERE account_id = %(id)s", {"id": account_id})
    removed = await execute(
        tx,
        """
        UPDATE accounts SET totp_sealed = NULL, totp_confirmed_at = NULL, totp_last_step = NULL, updated_at = %(at)s
        WHERE id = %(id)s AND totp_confirmed_at IS NOT NULL
        """,
        {"id": account_id, "at": at},
    )
    if removed:
        await note(tx, "second_factor_removed", at, account_id=str(account_id))


async def use_code(tx: Tx, key: bytes, account_id: UUID, code: str, at: datetime, note: Note) -> bool:
    """Whether a code of the app, or one for recovery, is good. It is good no more afterwards."""
    found = await _lock(tx, account_id)
    if found.confirmed_at is None:
        return False
    if re.fullmatch(r"\d{6}", _plain(code)):
        return await _use_app_code(tx, key, account_id, found, code, at)
    hash = _recovery_hash(key, account_id, code)
    used = await execute(
        tx,
        "UPDATE recovery_codes SET used_at = %(at)s WHERE account_id = %(id)s AND hash = %(hash)s AND used_at IS NULL",
        {"id": account_id, "hash": hash, "at": at},
    )
    if used:
        await note(tx, "recovery_code_used", at, account_id=str(account_id))
    return bool(used)


async def _use_app_code(tx: Tx, key: bytes, account_id: UUID, found: SecondFactor, code: str, at: datetime) -> bool:
    if found.sealed is None:
        return False
    app, shown = TOTP(_open(key, account_id, found.sealed)), _plain(code).encode()
    now = int(at.timestamp()) // STEP
    # All are compared, so that the time tells nothing.
    steps = [step for step in range(now - SKEW, now + SKEW + 1) if compare_digest(app.generate_otp(step).encode(), shown)]
    step = max(steps, default=None)
    if step is None or (found.last_step is not None and step <= found.last_step):
        return False
    await execute(tx, "UPDATE accounts SET totp_last_step = %(step)s WHERE id = %(id)s", {"id": account_id, "step": step})
    return True


async def _lock(tx: Tx, account_id: UUID) -> SecondFactor:
    """Codes used at the same time are used one after the other."""
    found = await fetch_one(
        tx,
        SecondFactor,
        """
        SELECT totp_sealed AS sealed, totp_confirmed_at AS confirmed_at, totp_last_step AS last_step FROM accounts WHERE id = %(id)s FOR UPDATE
        """,
        {"id": account_id},
    )
    return found or SecondFactor(None, None, None)


def _seal(key: bytes, account_id: UUID, secret: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(ids.keyed_hash(key, "totp")).encrypt(nonce, secret.encode(), account_id.bytes)


def _open(key: bytes, account_id: UUID, sealed: bytes) -> str:
    try:
        return AESGCM(ids.keyed_hash(key, "totp")).decrypt(sealed[:12], sealed[12:], account_id.bytes).decode()
    except InvalidTag:  # the deployment has another key by now: no code is right, and an admin removes the factor
        return b32encode(os.urandom(20)).decode()


def _recovery_code() -> str:
    """80 random bits, to be typed from paper."""
    letters = b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[place : place + 4] for place in range(0, 16, 4))


def _recovery_hash(key: bytes, account_id: UUID, code: str) -> bytes:
    return ids.keyed_hash(key, "recovery", account_id.hex, _plain(code))


def _plain(code: str) -> str:
    """As it is, whatever it was written with."""
    return re.sub(r"[\s-]", "", code).lower()
