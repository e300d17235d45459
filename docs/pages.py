"""The pages made from the code, each a function that gives its text."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import msgspec
import typer
from litestar import Litestar
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler, WebsocketRouteHandler

from callwell import errors
from callwell.access.guards import Allowed
from callwell.app import handlers
from callwell.cli import app as commands
from callwell.planning import call_settings as catalogue
from callwell.record.events import CATALOGUE, CUSTOM, CUSTOM_BYTES, EventType
from callwell.settings import Settings
from docs.states import with_diagrams

MADE = "<!-- Made from the code by `make docs`; change it there. -->\n"


def settings_page() -> str:
    """Every setting of the environment."""
    rows = [(f"`CALLWELL_{f.name.upper()}`", _default(f.default), _bounds(f.metadata), f.metadata["doc"]) for f in fields(Settings)]
    lead = "Read once, from the environment, when the server starts. A value that is not right, or a variable that is no setting, stops the start with a sentence."
    return _page("Settings", lead, _table(("variable", "default", "may be", "what it does"), rows))


def meeting_settings_page() -> str:
    """The catalogue of what can be set while the server runs."""
    rows = [(f"`{one.name}`", _default(one.default), _range(one), ", ".join(one.levels), one.sentence) for one in catalogue.CATALOGUE.values()]
    lead = """What holds for meetings and for what is kept of them. `GET /v1/settings` shows each with its value in this deployment and who said so; `PATCH /v1/settings` sets it for the
deployment, and the `settings` of a room, an appointment or a call set it for these: the nearest word holds. `null` takes a value away. Where the deployment sets none, those with a variable of the
environment have the value of that ([environment](settings.md)), the others their default. A call keeps what it began with. Every change is in the audit trail with the old and the new value."""
    variables = [f"`{one.name}` by `CALLWELL_{one.environment.upper()}`" for one in catalogue.CATALOGUE.values() if one.environment]
    return _page(
        "Settings of meetings",
        lead,
        _table(("name", "default", "may be", "where it may be set", "what it does"), rows),
        f"## With a variable of the environment\n\n{', '.join(variables)}.",
    )


def _range(one: catalogue.Setting) -> str:
    return ", ".join(f"`{word}`" for word in one.one_of) or (f"{one.least} to {one.most}" if one.least is not None else "")


def errors_page() -> str:
    """Every error a caller can see."""
    kinds = sorted(_kinds(errors.CallwellError), key=lambda kind: (kind.code, kind.__name__))
    rows = [(f"`{kind.code}`", str(kind.status) if kind.status else "", _sentence(kind)) for kind in kinds if not kind.code.startswith("start.")]
    starts = [(f"`{kind.code}`", _sentence(kind)) for kind in kinds if kind.code.startswith("start.")]
    facts = [(f"`{code}`", sentence) for code, sentence in errors.EVENT_CODES.items()]
    samples = [(f"`{code}`", sentence) for code, sentence in errors.SAMPLE_CODES.items()]
    lead = """Errors are problem+json (RFC 9457): `type`, `title`, `status`, `detail`, `code` and `errors`, which names the fields that are wrong. `code` is stable: look at
it, not at the sentence. 429 and 503 carry `Retry-After`."""
    return _page(
        "Errors",
        lead,
        _table(("code", "status", "sentence"), rows),
        "## Outcomes of facts\n\nA fact that is refused does not fail its batch; its outcome is `rejected` with one of these.",
        _table(("code", "meaning"), facts),
        "## Outcomes of samples\n\nThe same for a sample of quality.",
        _table(("code", "meaning"), samples),
        "## On the command line\n\nOne line on stderr; exit code 2 for bad input, 1 for failure.",
        _table(("code", "sentence"), starts),
    )


def events_page() -> str:
    """Every event type."""
    parts = [_event(kind) for kind in (*CATALOGUE.values(), CUSTOM)]
    lead = f"""Everything that happens is a fact of one of these types. `POST /v1/events` takes up to 500 of them from a server (`key`) or a page (`sdk`, about its own connection alone);
`callwell` is what a command did, `timer` a guess from silence, which gives way to any fact that shows that somebody was there. Fields marked *personal* are kept with the
person, not with the fact; those marked *free text* go when the person is erased. `custom.*` is the host's own: any object of at most {CUSTOM_BYTES} bytes."""
    return _page("Events", lead, *parts)


def api_page() -> str:
    """Every route."""
    app = Litestar(route_handlers=handlers(), openapi_config=None)
    rows: list[tuple[str, ...]] = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:  # pyright: ignore[reportAttributeAccessIssue]
            rows += [(f"`{method} {_path(route.path)}`", _callers(handler), _first_line(handler)) for method in _methods(handler)]
    lead = """The whole description, with every field, is OpenAPI 3.1 at `/schema/openapi.json` and to be tried at `/schema`. Here is who may call what. What a caller may not
see answers 404, as if it were not there. Lists are `{"items": [...], "next_cursor": ...}` with `limit` up to 200; writes by a server take an `Idempotency-Key`."""
    return _page("Routes", lead, _table(("route", "who may call it", "what it does"), sorted(set(rows), key=lambda row: (row[0].split()[1], row[0]))))


def cli_page() -> str:
    """Every command."""
    root: Any = typer.main.get_command(commands)
    parts = [_command(path, command) for path, command in _leaves("callwell", root)]
    lead = "`--json` on every command that shows something; errors in one line on stderr, exit code 2 for bad input and 1 for failure."
    return _page("Commands", lead, *parts)


def record_page() -> str:
    """What the record is: written by hand, with the diagrams made from the fold."""
    return with_diagrams((Path(__file__).parent / "explain/record.md").read_text())


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/settings.md": settings_page,
    "reference/meeting-settings.md": meeting_settings_page,
    "reference/errors.md": errors_page,
    "reference/events.md": events_page,
    "reference/api.md": api_page,
    "reference/cli.md": cli_page,
    "explain/record.md": record_page,
}


# ── Parts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _page(title: str, lead: str, *parts: str) -> str:
    return "\n\n".join((f"{MADE}\n# {title}", lead, *parts)) + "\n"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)


def _default(value: Any) -> str:
    if value is MISSING or value in ("", ()):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _bounds(limits: Mapping[str, Any]) -> str:
    if limits["one_of"]:
        return ", ".join(f"`{one}`" for one in limits["one_of"])
    return f"{limits['least']} to {limits['most']}" if limits["least"] is not None else ""


def _kinds(kind: type[errors.CallwellError]) -> Iterable[type[errors.CallwellError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _kinds(one)


def _sentence(kind: type[errors.CallwellError]) -> str:
    return inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _event(kind: EventType) -> str:
    meaning = kind.meaning if kind is CUSTOM else f"{kind.meaning}"
    subject = {"call": "about the call", "connection": "about a participant's connection", "either": "about the call or a participant's connection"}[
        kind.subject
    ]
    writers = ", ".join(f"`{writer}`" for writer in sorted(kind.writers))
    head = f"## {kind.name}\n\n{meaning} It is {subject}; written by {writers}."
    if kind is CUSTOM:
        return head
    rows = [
        (f"`{field.name}`", _type(field.type), "yes" if field.required else "", _mark(kind, field.name))
        for field in msgspec.structs.fields(kind.payload)
        if not field.name.endswith(("_id", "_ids"))
        or field.name in ("conversation_id", "appointment_id", "external_id", "recording_id", "engine_ids")
    ]
    return f"{head}\n\n{_table(('field of `data`', 'type', 'required', ''), rows)}" if rows else head


def _mark(kind: EventType, field: str) -> str:
    return "personal" if field in kind.payload.personal else "free text" if field in kind.payload.free_text else ""


def _type(annotation: Any) -> str:
    """A type as a reader of JSON knows it."""
    schema, components = msgspec.json.schema_components([annotation])
    one = schema[0]
    named = one.get("$ref", "").rpartition("/")[2]
    return _schema(components[named] if named else one)


def _schema(one: Mapping[str, Any]) -> str:
    if "anyOf" in one:
        return " or ".join(dict.fromkeys(_schema(kind) for kind in one["anyOf"] if kind.get("type") != "null"))
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"] if value is not None)
    if "const" in one:
        return f"`{one['const']}`"
    if "$ref" in one:
        return one["$ref"].rpartition("/")[2].lower()
    if one.get("type") == "array":
        return f"list of {_schema(one.get('items', {})) or 'anything'}"
    kind = str(one.get("format") or one.get("type") or "anything")
    if "maxLength" in one:
        return f"{kind}, at most {one['maxLength']} characters"
    if "minimum" in one or "maximum" in one:
        return f"{kind}, {one.get('minimum', '')} to {one.get('maximum', '')}"
    return {"string": "text", "object": "object"}.get(kind, kind)


def _methods(handler: Any) -> list[str]:
    match handler:
        case HTTPRouteHandler():
            return sorted(method for method in handler.http_methods if method not in ("HEAD", "OPTIONS"))
        case WebsocketRouteHandler():
            return ["SOCKET"]
        case ASGIRouteHandler():
            return ["POST"] if handler.opt["allowed"].keys == "events:write" else ["GET"]
        case _:
            return []


def _path(path: str) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", r"{\1}", path)


def _callers(handler: Any) -> str:
    allowed: Allowed | None = handler.opt.get("allowed")
    if allowed is None:
        return "nobody"
    kinds = [f"key with `{allowed.keys}`"] if allowed.keys else []
    kinds += ["connection token"] if allowed.connections else []
    kinds += ["user token"] if allowed.users else []
    return ", ".join(["anyone", *kinds] if allowed.anyone else kinds)


def _first_line(handler: Any) -> str:
    return inspect.cleandoc(inspect.getdoc(handler.fn) or "").split("\n\n")[0].replace("\n", " ")


def _leaves(path: str, command: Any) -> Iterable[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name in sorted(inner):
        yield from _leaves(f"{path} {name}", inner[name])


def _command(path: str, command: Any) -> str:
    arguments = " ".join(_usage(parameter) for parameter in command.params if parameter.param_type_name == "argument")
    rows = [
        (", ".join(f"`{name}`" for name in parameter.opts), _shown_default(parameter), parameter.help or "")
        for parameter in command.params
        if parameter.param_type_name == "option" and parameter.name != "help"
    ]
    head = f"## {path}{' ' + arguments if arguments else ''}\n\n{(command.help or '').strip()}"
    return f"{head}\n\n{_table(('option', 'default', ''), rows)}" if rows else head


def _usage(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name or "").upper()
    return name if parameter.required else f"[{name}]"


def _shown_default(parameter: Any) -> str:
    return "" if parameter.default in (None, False, "", ()) or callable(parameter.default) else f"`{parameter.default}`"
