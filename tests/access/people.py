"""People who sign in, for tests: accounts with a password that is hashed weakly, and browsers that are signed in as them."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher
from litestar.types import ASGIApp
from tests.app_fixtures import client_of, no_note

from callwell.access import passwords
from callwell.access.accounts import create_account
from callwell.access.sessions import begin_session, csrf_token
from callwell.app import Context
from callwell.postgres import Database

PASSWORD = "four small green apples"

MakeAccount = Callable[..., Awaitable[UUID]]


@pytest.fixture(autouse=True)
def weak_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords are hashed in a moment."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield


@pytest.fixture
async def make_account(db: Database) -> MakeAccount:
    """Makes an account with the password `PASSWORD`."""

    async def make(email: str, role: Any = "supervisor", identity: str | None = None) -> UUID:
        hash = await passwords.hash_password(PASSWORD)
        identity = identity or ("user:own" if role == "provider" else None)
        async with db.transaction() as tx:
            account = await create_account(
                tx, email=email, name=email.partition("@")[0], role=role, identity=identity, password_hash=hash, at=datetime.now(UTC), note=no_note
            )
        return account.id

    return make


@contextlib.asynccontextmanager
async def signed_in(context: Context, app: ASGIApp, account_id: UUID) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on a page of ours that is signed in as them."""
    async with context.db.transaction() as tx:
        session = await begin_session(tx, account_id, user_agent="a browser", at=datetime.now(UTC), lasts=timedelta(hours=12))
    async with client_of(app) as browser:
        browser.cookies.set(context.door.cookie, session.secret)
        browser.headers.update({"Origin": "http://callwell.test", "X-Callwell-CSRF": csrf_token(context.settings.key, session.secret)})
        yield browser
