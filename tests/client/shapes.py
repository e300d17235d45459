"""``python -m tests.client.shapes``: makes the client's shapes from the API's description. A test holds them to it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from callwell import openapi

from .description import description

FILE = Path(openapi.__file__).parent / "client" / "shapes.py"

GIVEN = {
    "Call": "Call",
    "SeenCall": "SeenCall",
    "StoredEvent": "Event",
    "TimelineEntry": "TimelineEntry",
    "ShownRoom": "Room",
    "ShownInvite": "Invite",
    "InviteLink": "InviteLink",
    "Admission": "Admission",
    "PersonStats": "PersonStats",
    "UserToken": "UserToken",
    "Result": "Result",
    "KeptSample": "Sample",
    "Report": "Report",
    "ShownAppointment": "Appointment",
    "InviteOfAttendee": "AttendeeInvite",
    "Attendance": "Attendance",
    "Person": "Person",
    "ExplainedSetting": "Setting",
    "ShownEntry": "AuditEntry",
}
"""What the server answers with, and how the client calls it; with all that is in them."""

HEAD = '''"""What the server answers with: its JSON as it came, typed. Times are RFC 3339, UTC.

Made from the API's description by `python -m tests.client.shapes`.
"""

from typing import Any, Literal, NotRequired, TypedDict
'''


def described() -> Mapping[str, Any]:
    return description()["components"]["schemas"]


def shapes() -> str:
    schemas = {**described()}
    outcome = schemas["Result"]["properties"]["outcomes"]["items"]
    schemas["Outcome"] = outcome
    schemas["Result"] = {**schemas["Result"], "properties": {**schemas["Result"]["properties"]}}
    schemas["Result"]["properties"]["outcomes"] = {"type": "array", "items": {"$ref": "#/components/schemas/Outcome"}}
    made: dict[str, str] = {}
    for name in GIVEN:
        _add(name, schemas, made)
    return HEAD + "".join(f"\n\n{text}\n" for text in made.values())


def _add(name: str, schemas: Mapping[str, Any], made: dict[str, str]) -> None:
    """The shape and, before it, all that it is made of."""
    schema = schemas[name]
    for inner in _named_in(schema["properties"]):
        if inner not in made:
            _add(inner, schemas, made)
    called = GIVEN.get(name, name)
    fields = {field: (_type(one), field in schema["required"]) for field, one in schema["properties"].items()}
    if "from" in fields:
        pairs = ", ".join(f'"{field}": {type}' for field, (type, _) in fields.items())
        made[name] = f'{called} = TypedDict("{called}", {{{pairs}}})'
        return
    lines = [f"    {field}: {type if is_required else f'NotRequired[{type}]'}" for field, (type, is_required) in fields.items()]
    made[name] = f"class {called}(TypedDict):\n" + "\n".join(lines)


def _named_in(schema: object) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(ref := schema.get("$ref"), str):
            yield ref.rpartition("/")[2]
        for inner in schema.values():
            yield from _named_in(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _named_in(inner)


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return GIVEN.get(name, name)
    if several := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(_type(one) for one in several)
    if "enum" in schema:
        words = [f'"{word}"' for word in schema["enum"] if word is not None]
        return f"Literal[{', '.join(words)}]" + (" | None" if None in schema["enum"] else "")
    kinds: Any = schema.get("type", "any")
    if isinstance(kinds, list):
        return " | ".join(_type({**schema, "type": kind}) for kind in kinds)
    if kinds == "array":
        return f"list[{_type(schema['items'])}]"
    if kinds == "object":
        inner = schema.get("additionalProperties") or {}
        return f"dict[str, {_type(inner)}]"
    return {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None", "any": "Any"}[kinds]


if __name__ == "__main__":
    FILE.write_text(shapes())
