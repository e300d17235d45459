"""Passwords: hashed with Argon2id, away from the event loop, a few at a time."""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from callwell import errors

T = TypeVar("T")

PASSES, MEMORY_KIB, LANES = 3, 65_536, 4
"""Argon2id as RFC 9106 has it for where memory is scarce."""
hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES)

SHORTEST = 12
LONGEST = 500

AT_ONCE = 2
"""How many are hashed at the same time: each takes 64 MiB and a core."""
MOST_WAITING = 32
"""How many may wait for it, before whoever comes is told to come back."""

COMMON_WORDS = """
    password1234 password12345 password123456 passwordpassword passw0rd1234 p@ssw0rd1234 p@ssword1234 password2024 password2025 password2026
    123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 1234567891011 123123123123 987654321098 111111111111
    000000000000 aaaaaaaaaaaa abcdefghijkl abcdefghijklm abcd12345678 abc123abc123 qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwertyuiopas
    qwertyuiop[] qwertyuiopasdf qwerty123456 qwerty12345678 qwertyqwerty qwerty1234567890 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv
    zaq12wsxcde3 q1w2e3r4t5y6 asdfghjkl123 asdfghjklzxcvbnm zxcvbnm12345 iloveyou1234 iloveyouforever letmein12345 letmeinletmein welcome12345
    welcome123456 welcometothe changeme1234 changemenow1 changemeplease administrator administrator1 adminadmin12 adminadminadmin admin1234567
    admin12345678 administrador superman1234 football1234 baseball1234 dragon123456 monkey123456 sunshine1234 princess1234 trustno1trustno1
    correcthorsebatterystaple callwell1234 callwellcallwell
"""
COMMONEST = frozenset(COMMON_WORDS.split())
"""What people choose first where twelve characters are asked for, in lower case."""

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
_waiting = 0


def check_password(password: str, *, email: str) -> None:
    """Whether it may be a password at all: 12 characters, not the address, none of the commonest. Raises Invalid."""
    password = _same(password)
    plain = password.lower()
    if len(password) < SHORTEST:
        raise _invalid(f"It must have at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise _invalid(f"It must have at most {LONGEST} characters.")
    if plain in (email.lower(), email.lower().partition("@")[0]):
        raise _invalid("It must not be the address.")
    if plain in COMMONEST or len(set(plain)) < 4:
        raise _invalid("It is one of those that are tried first.")


def new_password() -> str:
    """A random one, of 120 bits."""
    return secrets.token_urlsafe(15)


async def hash_password(password: str) -> str:
    """What is stored of it. Raises Overloaded where too many wait."""
    return await _away(lambda: hasher.hash(_same(password)))


async def is_password(stored: str | None, password: str) -> bool:
    """Whether it is the one that was stored. Takes the same time where none was: nobody learns by it whose address we know.

    Raises Overloaded where too many wait.
    """
    return await _away(lambda: _is_password(stored, password))


def is_outdated(stored: str) -> bool:
    """Whether it was hashed with less than is asked for now."""
    return hasher.check_needs_rehash(stored)


def _is_password(stored: str | None, password: str) -> bool:
    nobodys = _nobodys(hasher)
    try:
        is_right = hasher.verify(stored or nobodys, _same(password))
    except (Argon2Error, InvalidHashError):
        return False
    return is_right and stored is not None


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """The hash of a password that nobody knows."""
    return hasher.hash(secrets.token_hex())


async def _away(do: Callable[[], T]) -> T:
    global _waiting  # noqa: PLW0603 one queue for the process
    if _waiting >= MOST_WAITING:
        raise errors.Overloaded
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, do)
    finally:
        _waiting -= 1


def _same(password: str) -> str:
    """The same text however a keyboard wrote it."""
    return unicodedata.normalize("NFKC", password)


def _invalid(said: str) -> errors.Invalid:
    return errors.Invalid(problem=f"password: {said}", fields={"password": said})
