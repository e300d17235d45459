"""Signing in with a password, and what keeps others from trying.

Whatever is wrong, the answer is the same and takes as long: nobody learns whether there is an account of an address.
"""

from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from callwell import errors, ids
from callwell.access import passwords, totp
from callwell.access.keys import Note
from callwell.access.sessions import NewSession, begin_session
from callwell.errors import CallwellError
from callwell.postgres.pool import Database, Tx, execute, fetch_one, fetch_value

LOCKS_AFTER = 6
"""So many sign-ins to an address that went wrong lock it for a while. Who has a second factor may need two to come in."""
FIRST_LOCK = timedelta(seconds=30)
"""It doubles with each that goes wrong afterwards."""
LONGEST_LOCK = timedelta(minutes=15)
FAILURES_COUNT_FOR = timedelta(days=1)


class Attempt(Struct, frozen=True):
    """What somebody who wants in shows, and where they come from."""

    email: str
    password: str
    code: str | None
    user_agent: str | None


class Candidate(Struct, frozen=True):
    """Of an account, what its sign-in is decided by."""

    id: UUID
    password_hash: str | None
    has_second_factor: bool
    disabled_at: datetime | None


async def sign_in(db: Database, key: bytes, attempt: Attempt, at: datetime, lasts: timedelta, note: Note) -> NewSession:
    """Raises SignInRefused, CodeNeeded, CodeRefused, SignInLocked, Overloaded."""
    async with db.transaction() as tx:
        locked = await count_try(tx, key, attempt.email, at)
        candidate = await find_candidate(tx, attempt.email)
        if locked is not None:
            await note(tx, "sign_in_refused", at, **_about(candidate), reason="locked")
    if locked is not None:
        raise errors.SignInLocked(seconds=int(locked.total_seconds()))
    is_right = await passwords.is_password(candidate.password_hash if candidate else None, attempt.password)
    known = candidate if candidate is not None and is_right and candidate.disabled_at is None else None
    renewed = await passwords.hash_password(attempt.password) if known and passwords.is_outdated(known.password_hash or "") else None
    async with db.transaction() as tx:
        result = await _let_in(tx, key, attempt, known, at, lasts, note, renewed)
        if isinstance(result, errors.SignInRefused):
            await note(tx, "sign_in_refused", at, **_about(candidate), reason="password")
    if isinstance(result, CallwellError):
        raise result
    return result


async def _let_in(
    tx: Tx, key: bytes, attempt: Attempt, known: Candidate | None, at: datetime, lasts: timedelta, note: Note, renewed: str | None
) -> NewSession | CallwellError:
    """A session for who has the right password and, where the account has a second factor, a code of it."""
    # Looked at again under a lock: the password may have been changed while it was hashed.
    if known is None or await fetch_one(tx, Candidate, LOCK_CANDIDATE, {"id": known.id}) != known:
        return errors.SignInRefused()
    if known.has_second_factor:
        if not attempt.code:
            return errors.CodeNeeded()
        if not await totp.use_code(tx, key, known.id, attempt.code, at, note):
            await note(tx, "sign_in_refused", at, account_id=str(known.id), reason="code")
            return errors.CodeRefused()
    if renewed is not None:
        await execute(tx, "UPDATE accounts SET password_hash = %(hash)s WHERE id = %(id)s", {"id": known.id, "hash": renewed})
    await forgive(tx, key, attempt.email)
    session = await begin_session(tx, known.id, user_agent=attempt.user_agent, at=at, lasts=lasts)
    await note(tx, "signed_in", at, by=f"account:{known.id}", method="password", second_factor=known.has_second_factor)
    return session


async def check_own_password(db: Database, key: bytes, email: str, password: str, at: datetime) -> None:
    """That somebody who is signed in is who they were: their tries count as sign-ins do.

    Raises SignInRefused, SignInLocked, NoPassword, Overloaded.
    """
    async with db.transaction() as tx:
        locked = await count_try(tx, key, email, at)
        candidate = await find_candidate(tx, email)
    if locked is not None:
        raise errors.SignInLocked(seconds=int(locked.total_seconds()))
    if candidate is None or candidate.password_hash is None:
        raise errors.NoPassword
    if not await passwords.is_password(candidate.password_hash, password):
        raise errors.SignInRefused
    async with db.transaction() as tx:
        await forgive(tx, key, email)


async def check_own_code(db: Database, key: bytes, account_id: UUID, email: str, code: str, at: datetime, note: Note) -> None:
    """The same, by a code of the second factor. Raises CodeRefused, SignInLocked."""
    async with db.transaction() as tx:
        locked = await count_try(tx, key, email, at)
        is_right = locked is None and await totp.use_code(tx, key, account_id, code, at, note)
        if is_right:
            await forgive(tx, key, email)
    if locked is not None:
        raise errors.SignInLocked(seconds=int(locked.total_seconds()))
    if not is_right:
        raise errors.CodeRefused


def _about(candidate: Candidate | None) -> dict[str, str]:
    return {"account_id": str(candidate.id)} if candidate else {}


async def count_try(tx: Tx, key: bytes, email: str, at: datetime) -> timedelta | None:
    """Counts a sign-in to an address as one that went wrong, before anything is looked at: of many at once none is free.

    Gives how long the address is still locked, in which case nothing more was counted; None where it may be tried. The same is counted where nobody has
    this address.
    """
    row = {"hash": _address_hash(key, email), "at": at, "forgotten": at - FAILURES_COUNT_FOR}
    row |= {"most": LOCKS_AFTER, "first": FIRST_LOCK, "longest": LONGEST_LOCK}
    if await fetch_value(tx, COUNT_TRY, row) is not None:
        return None
    until = await fetch_value(tx, "SELECT locked_until FROM sign_in_failures WHERE address_hash = %(hash)s", row)
    return max(until - at, timedelta(seconds=1)) if until else None


async def forgive(tx: Tx, key: bytes, email: str) -> None:
    """Forget what went wrong: somebody came in, or the account was reset."""
    await execute(tx, "DELETE FROM sign_in_failures WHERE address_hash = %(hash)s", {"hash": _address_hash(key, email)})


async def forget_failures(tx: Tx, at: datetime) -> int:
    """Remove what counts no more."""
    return await execute(tx, "DELETE FROM sign_in_failures WHERE last_at < %(before)s", {"before": at - FAILURES_COUNT_FOR})


async def find_candidate(tx: Tx, email: str) -> Candidate | None:
    if not email.isascii():  # the database could take it for another address than the one whose tries are counted
        return None
    return await fetch_one(
        tx,
        Candidate,
        """
        SELECT id, password_hash, totp_confirmed_at IS NOT NULL AS has_second_factor, disabled_at
        FROM accounts WHERE lower(email) = lower(%(email)s)
        """,
        {"email": email},
    )


def _address_hash(key: bytes, email: str) -> bytes:
    return ids.keyed_hash(key, "sign-in", email.lower())


LOCK_CANDIDATE: LiteralString = """
    SELECT id, password_hash, totp_confirmed_at IS NOT NULL AS has_second_factor, disabled_at FROM accounts WHERE id = %(id)s FOR UPDATE
"""

# One statement, so that tries at the same time are counted one after the other. No row comes back where the address is locked.
COUNT_TRY: LiteralString = """
    INSERT INTO sign_in_failures AS f (address_hash, count, last_at) VALUES (%(hash)s, 1, %(at)s)
    ON CONFLICT (address_hash) DO UPDATE SET
        count = CASE WHEN f.last_at < %(forgotten)s THEN 1 ELSE f.count + 1 END,
        last_at = %(at)s,
        locked_until = CASE WHEN f.last_at >= %(forgotten)s AND f.count + 1 >= %(most)s
                            THEN %(at)s + least(%(longest)s::interval, %(first)s::interval * power(2, least(f.count + 1 - %(most)s, 10))) END
    WHERE f.locked_until IS NULL OR f.locked_until <= %(at)s
    RETURNING f.count
"""
