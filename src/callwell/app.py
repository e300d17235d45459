"""The server put together: what runs while it runs, and every room's routes.

With ``cli/`` and ``worker.py`` the only file that knows every room.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, cast

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.params import Parameter, QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from callwell import front, http
from callwell.access import account_routes, routes as access, session_routes
from callwell.access.callers import AccountCaller, Anonymous, Caller, ConnectionCaller, KeyCaller, UserCaller
from callwell.access.guards import Door, guard
from callwell.access.keys import Note
from callwell.analytics import routes as analytics
from callwell.calls import routes as calls
from callwell.calls.queries import get_told_views
from callwell.compliance import erasure_routes, note_routes, routes as compliance
from callwell.compliance.archive import Archive, archive_of
from callwell.compliance.key_ring import NoteKeys, note_keys_of
from callwell.compliance.sealing import Sealing
from callwell.edge import Edge
from callwell.engines.rtcstats import routes as rtcstats_routes
from callwell.engines.rtcstats.sockets import Rtcstats
from callwell.http import Fields, Paging, Write
from callwell.ingest import routes as ingest
from callwell.ingest.sockets import Sockets
from callwell.joining import routes as joining
from callwell.live import routes as live
from callwell.live.following import Live
from callwell.planning import routes as planning
from callwell.planning.deployed import Deployed
from callwell.postgres import Database, check_durability
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.postgres.migrate import check_revision, migrate
from callwell.postgres.pool import Tx
from callwell.postgres.roles import is_protected
from callwell.quality import routes as quality
from callwell.quality.actions import Samples
from callwell.quality.making import profiles_of
from callwell.quality.profiles import Profiles
from callwell.quality.watch import Lookout
from callwell.record.audit import Action, add_audit_entry, client_address, origin_of
from callwell.record.changes import Hints
from callwell.record.ledger import Ledger
from callwell.record.looks import Looks
from callwell.record.refusals import Refusals
from callwell.settings import Settings, with_secret_key
from callwell.worker import working

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Context:
    """What runs while the server runs; handlers get what they ask for of it by the argument's name."""

    settings: Settings
    db: Database
    ledger: Ledger
    deployed: Deployed
    samples: Samples
    watch: Lookout
    profiles: Profiles
    door: Door
    hints: Hints
    sockets: Sockets
    rtcstats: Rtcstats
    live: Live
    looks: Looks
    note_keys: NoteKeys
    sealing: Sealing
    archive: Archive


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Context]:
    """The database, brought up and looked after where it is the embedded one, and the ledger on it.

    Raises EmbeddedDatabaseFailed, DatabaseUnavailable, SchemaOutdated, UnsafeDatabase: with any of them nothing was begun.
    """
    settings = with_secret_key(settings)
    async with database(settings) as dsn, await Database.connect(dsn, settings.database_connections) as db:
        if settings.production:
            await check_durability(db)
        if not await asyncio.to_thread(is_protected, dsn):
            log.warning("the login cannot become callwell_app and callwell_retention: only seals tell whether the audit trail was changed")
        async with put_together(settings, db) as context:
            yield context


@contextlib.asynccontextmanager
async def put_together(settings: Settings, db: Database) -> AsyncIterator[Context]:
    """All that runs over a database that is there. It stops in the other order: sockets first, the ledger last."""
    note_keys = note_keys_of(settings)
    ledger, hints = Ledger(db, settings), Hints(db)
    profiles = profiles_of(settings)
    watch = Lookout(db, ledger, hints, profiles)
    samples = Samples(db, ledger, watch.hear)
    door = Door(db, settings)
    sealing, archive = Sealing(db, settings), archive_of(settings)
    deployed = Deployed(db, ledger, door, settings, profiles.known)
    sockets = Sockets(db, ledger, hints, settings, get_told_views, samples.take)
    rtcstats = Rtcstats(db, ledger, samples, settings, deployed)
    looks = Looks(db, settings, lambda: provide_ip_policy(deployed))
    live = Live(db, door, hints, ledger, sockets, settings, looks)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(ledger.running())
        await stack.enter_async_context(deployed.running())
        await stack.enter_async_context(samples.running())
        if settings.work_here:
            await stack.enter_async_context(working(db, ledger, profiles, deployed, settings, sealing, archive))
        await stack.enter_async_context(hints.listening())
        await stack.enter_async_context(watch.running())
        await stack.enter_async_context(sockets.running())
        await stack.enter_async_context(rtcstats.running())
        await stack.enter_async_context(live.running())
        yield Context(
            settings, db, ledger, deployed, samples, watch, profiles, door, hints, sockets, rtcstats, live, looks, note_keys, sealing, archive
        )


@contextlib.asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The address of the database: of a server that has this version's schema, or of the embedded one, which is brought to it."""
    if settings.database_url:
        await asyncio.to_thread(check_revision, settings.database_url)
        yield settings.database_url
        return
    server = embedded(settings)
    await asyncio.to_thread(server.open)
    try:
        await asyncio.to_thread(migrate, server.dsn)
        keeper = asyncio.create_task(server.keep_alive(), name="embedded-postgres")
        try:
            yield server.dsn
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
    finally:
        await asyncio.to_thread(server.close)


def embedded(settings: Settings) -> EmbeddedPostgres:
    """The embedded server of this deployment."""
    return EmbeddedPostgres(settings.data_dir / "postgres", binaries=Path(settings.postgres_bin) if settings.postgres_bin else None)


def create_app(context: Context) -> ASGIApp:
    """The whole server as one ASGI app."""
    return Edge(create_litestar(context), context.settings)


def create_litestar(context: Context, openapi: OpenAPIConfig | None = None) -> Litestar:
    """Every route with what all of them share. Of the context it knows what its state says."""
    return Litestar(
        route_handlers=handlers(),
        dependencies={
            **{field.name: Provide(_of_state(field.name), sync_to_thread=False) for field in fields(Context)},
            "ip_policy": Provide(provide_ip_policy, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
            "paging": Provide(provide_paging, sync_to_thread=False),
            "fields": Provide(provide_fields, sync_to_thread=False),
            "write": Provide(provide_write, sync_to_thread=False),
            "note": Provide(provide_note, sync_to_thread=False),
            "address": Provide(provide_address, sync_to_thread=False),
        },
        state=state_of(context),
        guards=[guard],
        middleware=[_watched],
        before_request=cast("Any", http.check_request),  # typed for requests of Litestar's own class
        request_class=http.Request,
        response_class=http.Response,
        request_max_body_size=http.BODY_BYTES,
        exception_handlers={Exception: http.render_error},
        after_exception=[cast("Any", _hear)],
        cors_config=_cors(context.settings),
        openapi_config=openapi,
        logging_config=None,
        debug=False,
    )


def handlers() -> list[Any]:
    """The routes of all rooms."""
    rooms = (
        front,
        access,
        session_routes,
        account_routes,
        planning,
        joining,
        calls,
        ingest,
        quality,
        rtcstats_routes,
        live,
        analytics,
        compliance,
        erasure_routes,
        note_routes,
    )
    return [handler for room in rooms for handler in room.routes]


def state_of(context: Context) -> State:
    """All that an app has for itself."""
    given = {field.name: getattr(context, field.name) for field in fields(Context)}
    refusals = Refusals(context.db, context.settings, lambda: provide_ip_policy(context.deployed))
    return State({**given, "refusals": refusals, "describe": lambda: _described(context)})


def _of_state(name: str) -> Callable[[State], Any]:
    def provide(state: State) -> Any:
        return state[name]

    return provide


def _watched(app: ASGIApp) -> ASGIApp:
    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        await scope["litestar_app"].state["looks"].watch(app, scope, receive, send)

    return watched


async def _hear(why: Exception, scope: Scope) -> None:
    await scope["litestar_app"].state["refusals"].hear(why, scope)


def _cors(settings: Settings) -> CORSConfig | None:
    """Pages of other sites may call us with a credential in a header. Cookies, which a browser would add by itself, stay at home."""
    if not settings.allowed_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"],
        expose_headers=["ETag", "Retry-After", "X-Request-Id"],
    )


def _described(context: Context) -> Mapping[str, Any]:
    from callwell import openapi

    app = create_litestar(context, openapi.CONFIG)
    return openapi.described(app)


# ── What handlers get by name ─────────────────────────────────────────────────────────────────────────────────────────────────────


def provide_caller(scope: Scope) -> Caller:
    return scope.get("caller") or Anonymous()  # pyright: ignore[reportReturnType] the guard put it there


def provide_ip_policy(deployed: Deployed) -> str:
    return deployed.ip_policy


def provide_address(scope: Scope, settings: Settings) -> str | None:
    """Where the request comes from."""
    return client_address(scope, settings.trusted_proxies)


def provide_paging(
    scope: Scope,
    settings: Settings,
    cursor: Annotated[str | None, Parameter(description="`next_cursor` of the page before.", max_length=1000)] = None,
    limit: Annotated[int, Parameter(description="How many items at most.", ge=1, le=200)] = 50,
) -> Paging:
    return Paging(key=settings.key, path=scope["path"], cursor=cursor, limit=limit)


def provide_fields(
    named: Annotated[
        str | None,
        QueryParameter(
            name="fields",
            description="The members that are wanted, with commas between; the others are left out.",
            pattern=r"^[a-z_]+(,[a-z_]+)*$",
            max_length=2000,
        ),
    ] = None,
) -> Fields:
    return Fields(named)


def provide_write(request: http.Request, caller: Caller, settings: Settings, db: Database) -> Write:
    return Write(db, settings.key, who(caller), request)


def provide_note(scope: Scope, caller: Caller, settings: Settings, ip_policy: str) -> Note:
    async def note(tx: Tx, action: str, at: datetime, *, identity: str | None = None, by: str | None = None, **about: Any) -> None:
        origin = origin_of(scope, settings, ip_policy)
        await add_audit_entry(tx, action=Action(action), at=at, caller=by or caller.source, origin=origin, identity=identity, metadata=about)

    return note


def who(caller: Caller) -> str:
    """Whose Idempotency-Keys these are; never shown."""
    match caller:
        case KeyCaller() | AccountCaller() | ConnectionCaller():
            return caller.source
        case UserCaller(identity):
            return f"user:{identity}"
        case Anonymous():
            return "anyone"
