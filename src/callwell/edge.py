"""The outermost layer: every request gets an id, a line in the log, its place in the figures and headers that keep browsers careful.

Nothing of a query, a fragment, a body or a credential gets into the log.
"""

import time
from typing import Any

import structlog
from litestar import Litestar
from litestar.types import Message, Receive, Scope, Send

from callwell import ids, logs, metrics
from callwell.http import header
from callwell.settings import Settings

log: structlog.stdlib.BoundLogger = structlog.get_logger()

QUIET = ("/health/live", "/health/ready", "/metrics", "/v1/events")
"""Asked all the time: logged only when they go wrong, and counted always."""

ANSWERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""Headers of every answer that does not set its own."""


class Edge:
    def __init__(self, app: Litestar, settings: Settings) -> None:
        self.app = app
        self._headers = [(name.encode(), value.encode()) for name, value in ANSWERS.items()]
        if settings.public_url.startswith("https://"):
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            token = logs.request_id.set(ids.uuid7().hex)
            try:
                await self.app(scope, receive, send)
            finally:
                logs.request_id.reset(token)

    async def _answer(self, scope: Any, receive: Receive, send: Send) -> None:
        id = ids.uuid7().hex
        token = logs.request_id.set(id)
        begun = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = list(message.get("headers", ()))
                names = {name.lower() for name, _ in own}
                rest = [one for one in self._headers if one[0] not in names]
                message = {**message, "headers": [*own, *rest, (b"x-request-id", id.encode())]}
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            self._note(scope, status or 500, time.perf_counter() - begun)
            logs.request_id.reset(token)

    def _note(self, scope: Any, status: int, seconds: float) -> None:
        route = str(scope.get("path_template") or "unknown")
        method = scope["method"] if scope["method"] in ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS") else "other"
        metrics.REQUESTS.labels(method, route, status).inc()
        metrics.REQUEST_SECONDS.labels(method, route).observe(seconds)
        if route in QUIET and status < 400:
            return
        caller = scope.get("caller")
        log.info(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            caller=getattr(caller, "source", None),
            bytes=header(scope, b"content-length") or None,
        )
