"""What belongs to no room: health, figures, pages and the description of the API."""

import asyncio
import mimetypes
import secrets
from functools import cache
from pathlib import Path
from typing import Any, Literal

from litestar import get
from msgspec import Struct

from callwell import errors, metrics
from callwell.access.guards import allow
from callwell.http import Request, Response
from callwell.postgres import Database, DatabaseError
from callwell.postgres.migrate import newest_revision
from callwell.postgres.pool import fetch_value
from callwell.record.ledger import Ledger
from callwell.settings import Settings

PAGES = Path(__file__).with_name("pages")
"""Built from `web/` by `make web`."""

FOR_ALL = allow(anyone=True)
PAGE = {**FOR_ALL, "any_query": True}
"""Links get parameters of others' making on their way; a page has no use for any."""


# ── Health ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Alive(Struct, frozen=True):
    status: Literal["ok"] = "ok"


class Ready(Struct, frozen=True):
    status: Literal["ready", "not_ready"]
    reasons: list[str]
    """Why it is not ready; for people."""


@get("/health/live", opt=FOR_ALL)
async def live() -> Alive:
    """Whether the process answers."""
    return Alive()


@get("/health/ready", opt=FOR_ALL)
async def ready(db: Database, ledger: Ledger) -> Response[Ready]:
    """Whether it can do its work: the database is there, its schema is this version's, and facts are written as fast as they come. Else 503."""
    reasons = [reason for reason in (await _database_reason(db), _ledger_reason(ledger)) if reason]
    if reasons:
        return Response(Ready("not_ready", reasons), status_code=503, headers={"Retry-After": "2"})
    return Response(Ready("ready", []))


async def _database_reason(db: Database) -> str | None:
    try:
        async with asyncio.timeout(3), db.connection() as tx:
            revision = await fetch_value(tx, "SELECT max(version_num) FROM schema_revision")
    except (errors.DatabaseUnavailable, DatabaseError, TimeoutError):
        return "The database cannot be reached."
    wanted = _newest_revision()
    return None if revision == wanted else f"The database's schema is at revision {revision}, and should be at {wanted}."


_newest_revision = cache(newest_revision)


def _ledger_reason(ledger: Ledger) -> str | None:
    return "Too much is waiting to be written." if ledger.is_overloaded else None


@get("/metrics", opt=allow(keys="metrics:read"), include_in_schema=False)
async def figures(db: Database, ledger: Ledger) -> Response[bytes]:
    """What is counted, for Prometheus."""
    stats = db.stats
    open_, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
    database = {"busy": open_ - idle, "idle": idle, "waited_for": stats.get("requests_waiting", 0)}
    text = metrics.render(facts=ledger.outcomes, waiting_facts=ledger.waiting_events, database=database)
    return Response(text, media_type=metrics.MEDIA_TYPE)


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

BY_OURSELVES = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'"
FOR_EVER = "public, max-age=31536000, immutable"
NO_OTHERS = "base-uri 'none'; form-action 'none'; object-src 'none'"

CONSOLE_PATHS = (
    *(
        "/",
        "/live",
        "/calls",
        "/calls/{call_id:str}",
        "/problem-calls",
        "/activity",
        "/quality",
        "/appointments",
        "/appointments/{appointment_id:str}",
        "/people",
        "/people/{identity:str}",
    ),
    *("/providers", "/providers/{identity:str}", "/billing", "/figures", "/audit", "/settings", "/keys", "/accounts", "/me", "/sign-in"),
)
"""Where the console is. It finds its page by the address, so each gives the same file."""

NONCE_HERE = "nonce-of-this-answer"
"""What stands in the built page where the nonce belongs (`web/console/vite.config.ts`)."""


@get(list(CONSOLE_PATHS), opt=PAGE, include_in_schema=False, media_type="text/html")
async def console_page(settings: Settings) -> Response[str]:
    """The console, whoever asks: what is shown in it is asked for by the page, with the session of who signed in."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self' {_socket_origin(settings)}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return _page(_read("console/index.html").replace(NONCE_HERE, nonce), policy)


@get("/assets/console/{file:str}", opt=PAGE, include_in_schema=False)
async def console_file(request: Request, file: str) -> Response[bytes]:
    """Files whose names change with what is in them, as small as the browser can read them."""
    path = f"console/assets/console/{file}"
    accepted = request.headers.get("accept-encoding", "")
    for coding, ending in (("br", ".br"), ("gzip", ".gz")):
        if coding in accepted and (PAGES / f"{path}{ending}").is_file():
            return _file(path, FOR_EVER, {"Content-Encoding": coding, "Vary": "Accept-Encoding"}, ending)
    return _file(path, FOR_EVER, {"Vary": "Accept-Encoding"})


@get("/room/{name:str}", opt=PAGE, include_in_schema=False, media_type="text/html")
async def room_page(name: str, settings: Settings) -> Response[str]:  # noqa: ARG001 the page reads it from its own address
    """The page of any room: whether there is one by this name is told when somebody joins, not before."""
    embedding = " ".join(("'self'", *settings.allowed_origins))
    policy = f"{BY_OURSELVES} {_socket_origin(settings)}; media-src 'self' blob: mediastream:; {NO_OTHERS}; frame-ancestors {embedding}"
    asked_of_browsers = {
        "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self)",
        "Accept-CH": "Sec-CH-UA-Platform-Version",  # Windows 11 calls itself 10 everywhere else
    }
    return _page(_read("room/index.html"), policy, asked_of_browsers)


@get("/schema", opt=PAGE, include_in_schema=False, media_type="text/html")
async def api_page() -> Response[str]:
    return _page(_read("openapi/index.html"), f"{BY_OURSELVES}; {NO_OTHERS}; frame-ancestors 'none'")


@get("/schema/openapi.json", opt=PAGE, include_in_schema=False)
async def api_description(request: Request) -> Response[dict[str, Any]]:
    """The API as OpenAPI 3.1. Made at the first request for it."""
    state = request.app.state
    if "description" not in state:
        state["description"] = await asyncio.to_thread(state["describe"])
    return Response(state["description"], media_type="application/json", headers={"Cache-Control": "no-cache"})


@get("/assets/room/{file:str}", opt=PAGE, include_in_schema=False)
async def room_file(file: str) -> Response[bytes]:
    """Files whose names change with what is in them."""
    return _file(f"room/assets/room/{file}", FOR_EVER)


@get("/assets/openapi/{file:str}", opt=PAGE, include_in_schema=False)
async def api_page_file(file: str) -> Response[bytes]:
    return _file(f"openapi/{file}", "public, max-age=3600")


@get("/sdk/{file:str}", opt=PAGE, include_in_schema=False)
async def sdk_file(file: str) -> Response[bytes]:
    """The SDK for pages of other sites."""
    return _file(f"sdk/{file}", "public, max-age=300", {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"})


def _page(html: str, policy: str, more: dict[str, str] | None = None) -> Response[str]:
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache", **(more or {})}
    return Response(html, media_type="text/html", headers=headers)


def _read(name: str) -> str:
    try:
        return (PAGES / name).read_text()
    except FileNotFoundError:
        raise errors.PagesNotBuilt from None


def _socket_origin(settings: Settings) -> str:
    return settings.base_url.replace("http", "ws", 1)


def _file(name: str, cache: str, more: dict[str, str] | None = None, ending: str = "") -> Response[bytes]:
    """A file of the pages, as it is or as it lies beside it with another ending. Its name is one segment of a path, so it cannot lead out of its folder."""
    path = PAGES / name
    if path.name in ("", ".", "..") or not path.is_file():
        raise errors.NoSuchAddress
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    content = path.with_name(path.name + ending).read_bytes()
    return Response(content, media_type=kind, headers={"Cache-Control": cache, **(more or {})})


routes = [
    *(live, ready, figures, console_page, room_page, api_page, api_description),
    *(console_file, room_file, api_page_file, sdk_file),
]
