"""The real app over a real database, without a socket between: `api` speaks to it, `keys` opens it."""

import copy
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.types import ASGIApp

from callwell.access.callers import SCOPES
from callwell.access.keys import NewKey, create_key
from callwell.app import Context, create_litestar, put_together, state_of
from callwell.compliance.key_ring import CLASSES
from callwell.edge import Edge
from callwell.postgres import Database
from callwell.postgres.pool import Tx
from callwell.settings import Settings

TEST_KEY = "11" * 32

ROUTED: dict[tuple[str, ...], Litestar] = {}

NOTE_KEYS = json.dumps({note_class: [{"id": f"{note_class}-1", "key": f"{number}{number}" * 32}] for number, note_class in enumerate(CLASSES, 2)})
"""A key ring with a key for each class of notes."""


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a test's own server. A test that needs others makes them from these."""
    return Settings(
        database_url=database_url,
        secret_key=TEST_KEY,
        join_attempts_per_minute=100_000,
        join_attempts_per_room=100_000,
        work_here=False,
        note_keys=NOTE_KEYS,
    )


@pytest.fixture
async def context(settings: Settings, db: Database) -> AsyncIterator[Context]:
    async with put_together(settings, db) as context:
        yield context


@pytest.fixture
def app(context: Context, routed: Litestar) -> ASGIApp:
    """As `create_app` makes it, less the tenths of a second that putting the routes together takes."""
    app = copy.copy(routed)
    app.state = state_of(context)
    return Edge(app, context.settings)


@pytest.fixture
def routed(context: Context) -> Litestar:
    """An app with all routes, the same one in all tests whose settings admit the same pages of others."""
    admitted = context.settings.allowed_origins
    if admitted not in ROUTED:
        ROUTED[admitted] = create_litestar(context)
    return ROUTED[admitted]


@pytest.fixture
async def api(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client that shows no credential."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def make_key(db: Database) -> Callable[..., Awaitable[NewKey]]:
    """Makes an API key with the scopes given."""

    async def make(*scopes: str) -> NewKey:
        async with db.transaction() as tx:
            return await create_key(tx, "test", scopes, datetime.now(UTC), no_note)

    return make


@pytest.fixture
async def server(app: ASGIApp, make_key: Callable[..., Awaitable[NewKey]]) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an API key that may do everything: the host's server."""
    async with client_of(app, await make_key("admin")) as client:
        yield client


def client_of(app: ASGIApp, credential: NewKey | str | None = None) -> httpx.AsyncClient:
    """A client of the app that shows this credential."""
    token = credential.secret if isinstance(credential, NewKey) else credential
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType] two names for the same protocol
    return httpx.AsyncClient(transport=transport, base_url="http://callwell.test", headers=headers)


async def no_note(tx: Tx, action: str, at: datetime, *, identity: str | None = None, by: str | None = None, **about: Any) -> None:
    """What is done in a fixture leaves no trace in the audit trail."""


__all__ = ["NOTE_KEYS", "SCOPES", "TEST_KEY", "client_of", "no_note", "replace"]
