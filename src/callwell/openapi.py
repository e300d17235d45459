"""The API described: OpenAPI 3.1 made from the handlers, with what all routes share added once."""

from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.router import Router
from litestar.routes import HTTPRoute

import callwell
from callwell.access.guards import Allowed, allow

SCHEMES: dict[str, SecurityScheme | Reference] = {
    "key": SecurityScheme(type="http", scheme="bearer", description="An API key (`cwk_…`), for the host's server."),
    "connection": SecurityScheme(type="http", scheme="bearer", description="A connection token (`cwc_…`), for a page in a call."),
    "user": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description="A user token, for a person's own history."),
}


def _operation_id(handler: HTTPRouteHandler, _method: object, _path: object) -> str:
    """The name of the handler: what a client made from the description calls its function."""
    return handler.handler_name.split(".")[-1]


CONFIG = OpenAPIConfig(
    title="Callwell",
    version=callwell.__version__,
    description="The system of record for video calls. Times are UTC, RFC 3339 with milliseconds; unknown is null, never 0.",
    components=Components(security_schemes=SCHEMES),
    use_handler_docstrings=True,
    operation_id_creator=_operation_id,
    render_plugins=[JsonRenderPlugin()],
    openapi_router=Router("/described", route_handlers=[], opt=allow(anyone=True), include_in_schema=False),
)

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457). Some codes have more members.",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string", "description": "`urn:callwell:error:` and the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence fit to show."},
        "code": {"type": "string", "description": "Stable; what programs look at."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}

REFUSED = {
    "description": "A problem.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Made once for a write and sent with every try of it: it then happens once. Kept for 24 h.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}


def described(app: Litestar) -> dict[str, Any]:
    """The description of an app that was made with `CONFIG`."""
    document = app.openapi_schema.to_schema()
    document["components"]["schemas"]["Problem"] = PROBLEM
    for path, method, handler in _operations(app):
        operation = document["paths"][path][method]
        operation["responses"] = {status: answer for status, answer in operation["responses"].items() if status < "400"}
        operation["responses"]["default"] = REFUSED
        allowed: Allowed = handler.opt["allowed"]
        operation["security"] = _security(allowed)
        if allowed.keys:
            operation["x-scope"] = allowed.keys
        if "write" in handler.parsed_fn_signature.parameters:
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    return document


def _operations(app: Litestar) -> list[tuple[str, str, HTTPRouteHandler]]:
    return [
        (route.path_format, method.lower(), handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS" and handler.resolve_include_in_schema()
    ]


def _security(allowed: Allowed) -> list[dict[str, list[str]]]:
    kinds = [("key", allowed.keys is not None), ("connection", allowed.connections), ("user", allowed.users)]
    anyone: list[dict[str, list[str]]] = [{}] if allowed.anyone else []
    return [*anyone, *({kind: []} for kind, may in kinds if may)]
