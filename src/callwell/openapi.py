"""The API described: OpenAPI 3.1 made from the handlers, with what all routes share added once."""

from typing import Any, get_args

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Reference, SecurityScheme
from litestar.router import Router
from litestar.routes import HTTPRoute

import callwell
from callwell.access.callers import ROLE_SCOPES
from callwell.access.guards import Allowed, allow
from callwell.errors import EVENT_CODES, SAMPLE_CODES
from callwell.ingest.facts import MOST_FACTS
from callwell.planning.call_settings import Level, MeetingSettings, names_at
from callwell.quality.batches import MOST_SAMPLES
from callwell.quality.samples import SampleFact
from callwell.record.events import CATALOGUE, CUSTOM, CUSTOM_BYTES

SCHEMES: dict[str, SecurityScheme | Reference] = {
    "key": SecurityScheme(type="http", scheme="bearer", description="An API key (`cwk_…`), for the host's server."),
    "connection": SecurityScheme(type="http", scheme="bearer", description="A connection token (`cwc_…`), for a page in a call."),
    "user": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description="A user token, for a person's own history."),
    "session": SecurityScheme(
        type="apiKey",
        name="callwell_session",
        security_scheme_in="cookie",
        description="Somebody who signed in to the console, as far as their role goes. What changes something needs `X-Callwell-CSRF` as well.",
    ),
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
    schemas = document["components"]["schemas"]
    schemas |= {"Problem": PROBLEM, **_fact_schemas(), **_sample_schemas(), **_struct_schemas(app), **_settings_schemas()}
    for name, settings in SETTINGS_OF.items():
        schemas[name]["properties"]["settings"] = _reference(settings)
    document["paths"]["/v1/events"] = {"post": POST_EVENTS}
    document["paths"]["/v1/samples"] = {"post": POST_SAMPLES}
    for path, settings in SETTINGS_CHANGED_BY.items():
        document["paths"][path]["patch"]["requestBody"]["content"]["application/json"]["schema"] = _reference(settings)
    for path, method, handler in _operations(app):
        operation = document["paths"][path][method]
        operation["responses"] = {status: answer for status, answer in operation["responses"].items() if status < "400"}
        operation["responses"]["default"] = REFUSED
        for media in handler.opt.get("also_as", ()):
            operation["responses"]["200"]["content"][media] = {"schema": {"type": "string", "contentMediaType": media}}
        operation["tags"] = [_room_of(handler)]
        allowed: Allowed = handler.opt["allowed"]
        operation["security"] = _security(allowed)
        if allowed.keys:
            operation["x-scope"] = allowed.keys
        if (data := handler.parsed_data_field) is not None and data.is_optional:
            operation["requestBody"]["required"] = False
        if "write" in handler.parsed_fn_signature.parameters:
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    return document


def _room_of(handler: HTTPRouteHandler) -> str:
    """The room of the house that a route belongs to: what the pages group by."""
    return handler.fn.__module__.split(".")[1]


def _operations(app: Litestar) -> list[tuple[str, str, HTTPRouteHandler]]:
    return [
        (route.path_format, method.lower(), handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS" and handler.resolve_include_in_schema()
    ]


def _struct_schemas(app: Litestar) -> dict[str, Any]:
    """Schemas of all structs that go in or out, as msgspec itself says them: Litestar's leave out that unknown fields are refused."""
    kinds: set[type[msgspec.Struct]] = set()
    for _, _, handler in _operations(app):
        for field in (handler.parsed_data_field, handler.parsed_return_field):
            kinds |= _structs_in(field.annotation if field else None)
    _, schemas = msgspec.json.schema_components(sorted(kinds, key=lambda kind: kind.__name__), ref_template="#/components/schemas/{name}")
    return schemas


def _structs_in(kind: Any) -> set[type[msgspec.Struct]]:
    """The structs that an annotation names, those inside of a generic instead of itself."""
    inner = get_args(kind)
    if inner:
        return set().union(*map(_structs_in, inner))
    return {kind} if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else set()


SETTINGS_OF = {
    "CallToMake": "CallSettings",
    "NewRoom": "RoomSettings",
    "RoomChange": "RoomSettingsToChange",
    "NewAppointment": "AppointmentSettings",
    "AppointmentChange": "AppointmentSettingsToChange",
}
"""Bodies with settings, which are checked by the catalogue's rules and not by their type."""

SETTINGS_CHANGED_BY = {"/v1/settings": "DeploymentSettingsToChange", "/v1/calls/{call_id}/settings": "CallSettingsToChange"}
"""Addresses whose PATCH takes nothing but settings."""


def _settings_schemas() -> dict[str, Any]:
    """For every level the settings that may be set there, as they are given at first, and as they are changed: those given alone, null for none."""
    _, schemas = msgspec.json.schema_components([MeetingSettings], ref_template="#/components/schemas/{name}")
    settings = schemas["MeetingSettings"]
    made: dict[str, Any] = {}
    for level in get_args(Level):
        # Without their defaults: what holds where nothing is said is for the level around it to say.
        first = {
            name: {word: value for word, value in kind.items() if word != "default"}
            for name, kind in settings["properties"].items()
            if name in names_at(level)
        }
        changed = {name: {"anyOf": [kind, {"type": "null"}]} for name, kind in first.items()}
        name = f"{level.capitalize()}Settings"
        made |= {
            name: {**settings, "title": name, "properties": first},
            f"{name}ToChange": {**settings, "title": f"{name}ToChange", "properties": changed},
        }
    return {name: made[name] for name in (*SETTINGS_OF.values(), *SETTINGS_CHANGED_BY.values())}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _fact_schemas() -> dict[str, Any]:
    """What may be posted as a fact: one schema for each type of the catalogue, and what becomes of it."""
    payloads = {name: type.payload for name, type in CATALOGUE.items()}
    _, schemas = msgspec.json.schema_components(payloads.values(), ref_template="#/components/schemas/{name}")
    shared = {
        "id": {"type": "string", "format": "uuid", "description": "Made once with the fact and kept through every retry."},
        "occurred_at": {"type": "string", "format": "date-time"},
        "call_id": {"type": "string", "format": "uuid", "description": "May be left out with a connection token."},
        "participant": {"type": "string", "pattern": r"^(user|guest):[^\x00-\x1f\x7f]{1,200}$", "description": "`user:…` or `guest:…`."},
        "connection": {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]{1,200}$", "description": "How its source calls one join-to-leave interval."},
    }
    kinds = [
        {
            "type": "object",
            "title": name,
            "description": type.meaning,
            "required": ["id", "type", "occurred_at"],
            "additionalProperties": False,
            "properties": {"type": {"const": name}, **shared, "data": {"$ref": f"#/components/schemas/{type.payload.__name__}"}},
        }
        for name, type in CATALOGUE.items()
    ]
    custom = {
        "type": "object",
        "title": "custom.*",
        "description": f"{CUSTOM.meaning} At most {CUSTOM_BYTES} bytes of data.",
        "required": ["id", "type", "occurred_at"],
        "additionalProperties": False,
        "properties": {"type": {"type": "string", "pattern": "^custom[.][a-z0-9_.-]{1,80}$"}, **shared, "data": {"type": "object"}},
    }
    return {**schemas, "Fact": {"title": "Fact", "oneOf": [*kinds, custom]}, "Result": RESULT}


def _sample_schemas() -> dict[str, Any]:
    """What may be posted as a sample."""
    _, schemas = msgspec.json.schema_components([SampleFact], ref_template="#/components/schemas/{name}")
    return schemas


COUNT = {"type": "integer", "minimum": 0}

RESULT: dict[str, Any] = {
    "type": "object",
    "title": "Result",
    "description": "What became of a batch of facts or samples: `received` is the sum of the others.",
    "required": ["received", "stored", "duplicate", "rejected", "outcomes"],
    "properties": {
        "received": COUNT,
        "stored": COUNT,
        "duplicate": COUNT,
        "rejected": COUNT,
        "outcomes": {
            "type": "array",
            "description": "One for each, in the order in which they were sent.",
            "items": {
                "type": "object",
                "required": ["id", "outcome"],
                "properties": {
                    "id": {"type": ["string", "null"], "description": "As it was sent."},
                    "outcome": {"enum": ["stored", "duplicate", "rejected"]},
                    "code": {"enum": sorted(EVENT_CODES.keys() | SAMPLE_CODES.keys()), "description": "Why it was rejected."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def _post_batch(room: str, name: str, description: str, most: int, schema: str) -> dict[str, Any]:
    """The routes of facts and samples read their bytes themselves, so they are described by hand; what is in a batch is not."""
    return {
        "summary": f"Post{name.capitalize()}",
        "tags": [room],
        "operationId": f"post_{name}",
        "description": description,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": [name],
                        "additionalProperties": False,
                        "properties": {name: {"type": "array", "maxItems": most, "items": _reference(schema)}},
                    }
                }
            },
        },
        "responses": {
            "200": {"description": "What became of each.", "content": {"application/json": {"schema": _reference("Result")}}},
            "default": REFUSED,
        },
        "security": [{"key": []}, {"connection": []}],
        "x-scope": "events:write",
    }


POST_EVENTS = _post_batch(
    "ingest",
    "events",
    "Facts, at most 500, each with its outcome once that is durable. A fact that is wrong is rejected by itself; the others are stored.",
    MOST_FACTS,
    "Fact",
)
POST_SAMPLES = _post_batch(
    "quality",
    "samples",
    "Samples of quality, at most 500, each with its outcome once that is durable. What is not known is left out. A sample that is wrong is rejected "
    "by itself; the others are stored.",
    MOST_SAMPLES,
    "SampleFact",
)


def _security(allowed: Allowed) -> list[dict[str, list[str]]]:
    by_role = any(allowed.keys in scopes for scopes in ROLE_SCOPES.values())
    kinds = [
        ("key", allowed.keys is not None),
        ("connection", allowed.connections),
        ("user", allowed.users),
        ("session", allowed.accounts or by_role),
    ]
    anyone: list[dict[str, list[str]]] = [{}] if allowed.anyone else []
    return [*anyone, *({kind: []} for kind, may in kinds if may)]
