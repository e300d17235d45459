"""The description of the API is true: what it says is taken is taken, what it says comes back comes back."""

import asyncio
import re
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp
from schemathesis.specs.openapi.definitions import OPENAPI_31
from tests.access.people import MakeAccount, make_account, signed_in
from tests.app_fixtures import NOTE_KEYS, TEST_KEY
from tests.processes import begin

from callwell.access.keys import NewKey
from callwell.app import Context, create_litestar, handlers
from callwell.front import CONSOLE_PATHS
from callwell.openapi import CONFIG, PROBLEM, described
from callwell.record.events import CATALOGUE

__all__ = ["make_account"]

CHECKS = """
# A busy machine is no fault.
request-timeout = 60

# What is right by its schema can be wrong by more than a schema can say: which cursors there are, which keys were used.
checks.positive_data_acceptance.enabled = false

# A batch of facts or samples is taken whatever is in it, each with its outcome.
[[operations]]
include-name = "POST /v1/events"
checks.negative_data_rejection.enabled = false

[[operations]]
include-name = "POST /v1/samples"
checks.negative_data_rejection.enabled = false
"""
"""All of schemathesis's checks but these."""


async def _check_generated_requests(database_url: str, key: NewKey, folder: Path, *, examples: int, within: float) -> int:
    """Requests, right and wrong ones, made from the description, to a server of its own. Gives how many there were."""
    (folder / "schemathesis.toml").write_text(CHECKS)
    process = await begin("serve", "--port", "0", database_url=database_url, secret_key=TEST_KEY, note_keys=NOTE_KEYS, log_level="error")
    await process.until_ready()
    try:
        fuzz = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(folder / "schemathesis.toml")),
            *("run", f"{process.address}/schema/openapi.json", "--header", f"Authorization: Bearer {key.secret}"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(examples), "--seed", "1"),
            *("--generation-database", "none", "--no-color", "--warnings", "off"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await asyncio.wait_for(fuzz.communicate(), within))[0].decode()
    finally:
        process.process.send_signal(signal.SIGTERM)
        await process.end()
    assert fuzz.returncode == 0, said[-6000:]
    assert "Traceback" not in process.said
    found = re.search(r"(\d+) generated", said)
    assert found
    return int(found[1])


async def test_generated_requests_find_no_fault(database_url: str, make_key: Any, tmp_path: Path) -> None:
    """Some thousand requests: no 5xx, nothing wrong taken, nothing of a caller without a credential, every answer as described."""
    assert await _check_generated_requests(database_url, await make_key("admin"), tmp_path, examples=3, within=280) > 800


@pytest.mark.long
async def test_many_generated_requests_find_no_fault(database_url: str, make_key: Any, tmp_path: Path) -> None:
    """A thousand for every operation, and more."""
    assert await _check_generated_requests(database_url, await make_key("admin"), tmp_path, examples=1000, within=7200) > 40_000


# ── The document ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_openapi_as_openapi_is_described(context: Context) -> None:
    """The document is valid by the schema of OpenAPI 3.1, and every schema in it by that of JSON Schema."""
    document = described(create_litestar(context, CONFIG))
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in jsonschema_rs.validator_for(OPENAPI_31).iter_errors(document)] == []
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}), name


NOT_DESCRIBED = {
    "GET /metrics": "for Prometheus, in its own format",
    **{f"GET {path.replace(':str', '')}": "a page of the console" for path in CONSOLE_PATHS},
    "GET /assets/console/{file}": "files of a page",
    "GET /room/{name}": "a page",
    "GET /schema": "the page of this description",
    "GET /schema/openapi.json": "this description",
    "GET /assets/room/{file}": "files of a page",
    "GET /assets/openapi/{file}": "files of a page",
    "GET /v1/session/oidc": "browsers are sent there by a page",
    "GET /v1/session/oidc/callback": "browsers are sent there by the OpenID provider",
    "GET /sdk/{file}": "the SDK, for pages of others",
    "SOCKET /v1/socket": "OpenAPI has no sockets; docs/reference/protocol.md has",
    "SOCKET /v1/live": "OpenAPI has no sockets; docs/reference/protocol.md has",
    "SOCKET /engines/rtcstats": "OpenAPI has no sockets, and what is said over it is Jitsi's to say",
    "SOCKET /engines/rtcstats/{meeting}": "the same",
}


def test_every_route_is_described_or_says_why_not(context: Context) -> None:
    """No operation is missing, and none is made up."""
    document = described(create_litestar(context, CONFIG))
    operations = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    routes = {
        f"{method} {re.sub(r':[a-z]+}', '}', path)}"
        for handler in handlers()
        for path in handler.paths
        for method in (getattr(handler, "http_methods", None) or ["POST" if isinstance(handler, ASGIRouteHandler) else "SOCKET"])
    }
    assert operations.isdisjoint(NOT_DESCRIBED)
    assert operations | set(NOT_DESCRIBED) == routes


def test_every_reference_leads_somewhere_and_nothing_is_described_for_nobody(context: Context) -> None:
    """All schemas that are named are there, and all that are there are named."""
    document = described(create_litestar(context, CONFIG))
    named = set(re.findall(r"#/components/schemas/([^'\"]+)", str(document)))
    assert named == set(document["components"]["schemas"])
    assert document["components"]["schemas"]["Problem"] == PROBLEM, "a struct of that name would stand in its place"


def test_operations_have_names_of_their_own(context: Context) -> None:
    """A client made from the description has one function for each operation, and says by what it may be called."""
    document = described(create_litestar(context, CONFIG))
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation["security"] and operation["description"] and operation["tags"] for operation in operations)


def test_what_is_sent_is_described_as_strictly_as_it_is_read(context: Context) -> None:
    """A body that forbids unknown fields says so."""
    document = described(create_litestar(context, CONFIG))
    bodies = {
        body["content"]["application/json"]["schema"].get("$ref", "").rpartition("/")[2]
        for path in document["paths"].values()
        for operation in path.values()
        if (body := operation.get("requestBody"))
    } - {""}
    assert bodies
    assert {name for name in bodies if document["components"]["schemas"][name].get("additionalProperties") is not False} == set()


BODIES: dict[str, dict[str, Any]] = {
    "find": {"q": "anna"},
    "create_key": {"name": "x", "scopes": ["calls:read"]},
    "create_user_token": {"identity": "user:1"},
    "sign_in": {"email": "ada@example.org", "password": "x"},
    "change_password": {"current": "x", "new": "x"},
    "confirm_second_factor": {"code": "123456"},
    "renew_recovery_codes": {"code": "123456"},
    "remove_second_factor": {"code": "123456"},
    "create_account": {"email": "eve@example.org", "name": "Eve", "role": "auditor"},
    "change_account": {},
    "save_view": {"page": "calls", "name": "x", "query": {}},
    "create_room": {},
    "change_room": {"title": "x"},
    "create_invite": {},
    "join": {"invite": "inv_x"},
    "resume": {"resume": "cwr_x"},
    "save_conversation": {},
    "change_conversation": {},
    "save_person": {},
    "create_appointment": {"client_id": "user:1", "provider_id": "user:2", "scheduled_at": "2038-03-01T10:00:00Z"},
    "change_appointment": {},
    "decline_appointment": {},
    "cancel_appointment": {},
    "miss_appointment": {"absent": "both"},
    "create_call": {"type": "video", "mode": "p2p", "initiator": "user:1"},
    "ring_call": {"people": ["user:2"]},
    "decline_call": {"identity": "user:2"},
    "end_call": {},
    "change_settings": {},
    "change_deployed_settings": {},
    "join_by_server": {"participant": "user:2"},
    "create_note": {"text": "x", "author": "user:1"},
    "amend_note": {"text": "x", "author": "user:1", "version": 1},
    "post_events": {"events": []},
    "post_samples": {"samples": []},
}
"""Of every operation that takes a body the least that it takes."""
PLACES = {
    "call_id": "01a1fe11-0000-7000-8000-000000000000",
    "appointment_id": "01a1fe11-0000-7000-8000-000000000001",
    "note_id": "01a1fe11-0000-7000-8000-000000000002",
    "name": "room-" + "0" * 32,
    "identity": "user:1",
    "conversation_id": "c1",
    "account_id": "01a1fe11-0000-7000-8000-000000000003",
}
OURS = {"id", "version", "status", "created_at", "updated_at", "revoked_at", "hash", "secret", "use_count", "caller", "is_admin", "__proto__"}


async def test_what_is_ours_to_say_nobody_else_says(server: httpx.AsyncClient, context: Context, app: ASGIApp, make_account: MakeAccount) -> None:
    """Given a good body, with whatever more that we answer with or keep it is refused, and the field is named."""
    async with signed_in(context, app, await make_account("ada@example.org", "admin")) as browser:
        await send_more(server, browser, context)


async def send_more(server: httpx.AsyncClient, browser: httpx.AsyncClient, context: Context) -> None:
    document = described(create_litestar(context, CONFIG))
    taking = {
        operation["operationId"]: (method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation
    }
    assert set(BODIES) == set(taking)
    for name, (method, path, operation) in taking.items():
        address = re.sub(r"{(\w+)}", lambda named: PLACES[named[1]], path)
        given = _members(document, operation["requestBody"])
        answered = {member for status, answer in operation["responses"].items() if status < "3" for member in _members(document, answer)}
        for field in (OURS | answered) - given:
            sender = browser if operation["security"] == [{"session": []}] else server
            answer = await sender.request(method, address, json=BODIES[name] | {field: None})
            assert answer.status_code == 422, (name, field, answer.text)
            assert [problem["field"].removeprefix("settings.") for problem in answer.json()["errors"]] == [field], name


def _members(document: dict[str, Any], described: dict[str, Any]) -> set[str]:
    """The names of what a body has, whichever of its kinds it is of."""
    schema = described.get("content", {}).get("application/json", {}).get("schema", {})
    kinds = [schema, *schema.get("oneOf", []), *schema.get("anyOf", [])]
    resolved = [document["components"]["schemas"][kind["$ref"].rpartition("/")[2]] if "$ref" in kind else kind for kind in kinds]
    return {member for kind in resolved for member in kind.get("properties", {})}


def test_facts_are_described_by_the_catalogue(context: Context) -> None:
    """Each type of fact has its own schema, and so has the host's own."""
    kinds = described(create_litestar(context, CONFIG))["components"]["schemas"]["Fact"]["oneOf"]
    assert [kind["title"] for kind in kinds] == [*CATALOGUE, "custom.*"]


async def test_its_pages_come_from_here_alone(api: httpx.AsyncClient) -> None:
    """The pages of the API and of rooms name nothing that is not ours, have nothing inline, and what they name is there."""
    for page in ("/schema", "/room/room-00000000000000000000000000000000"):
        answer = await api.get(page)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|<script(?![^>]*src)|\son\w+=|style=", answer.text)
        links = re.findall(r'(?:src|href|data-schema)="([^"]+)"', answer.text)
        assert len(links) >= 3
        for link in set(links) - {"data:,"}:
            assert link.startswith("/"), link
            assert (await api.get(link)).status_code == 200, link


async def test_the_sdk_is_for_pages_of_others(api: httpx.AsyncClient) -> None:
    """The SDK's file may be loaded by pages of other sites."""
    answer = await api.get("/sdk/callwell.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_no_file_but_the_pages_own_can_be_had(api: httpx.AsyncClient) -> None:
    """However an address is written, it leads to no file outside of its folder."""
    for path in ("..%2fapp.py", "%2e%2e", "..%5capp.py", "/etc/passwd", "%2fetc%2fpasswd", "..;/app.py", "callwell.js%00.css", "."):
        for folder in ("sdk", "assets/room", "assets/openapi"):
            answer = await api.get(f"/{folder}/{path}")
            assert answer.status_code == 404, path
            assert b"import" not in answer.content
