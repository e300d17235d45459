"""The description of the API is true: what it says is taken is taken, what it says comes back comes back."""

import asyncio
import re
import signal
import sys
from typing import Any

import httpx
from tests.app_fixtures import TEST_KEY
from tests.processes import begin

from callwell.access.keys import NewKey
from callwell.app import Context, create_litestar
from callwell.openapi import CONFIG, described
from callwell.record.events import CATALOGUE

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance", "ignored_auth"),
)
"""All of schemathesis's but those that need to know more than a schema can say: which cursors there are, which keys were used."""


async def test_generated_requests_find_no_fault(database_url: str, make_key: Any) -> None:
    """Some thousand requests, right and wrong ones, made from the description: no 5xx, nothing wrong taken, every answer as described."""
    key: NewKey = await make_key("admin")
    process = await begin("serve", "--port", "0", database_url=database_url, secret_key=TEST_KEY, log_level="error")
    await process.until_ready()
    try:
        fuzz = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{process.address}/schema/openapi.json"),
            *("--header", f"Authorization: Bearer {key.secret}", "--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--generation-database", "none", "--no-color"),
            # A batch of facts is taken whatever is in it, each with its outcome; its envelope is tested by itself.
            *("--exclude-path", "/v1/events", "--warnings", "off"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(fuzz.communicate(), 280)
    finally:
        process.process.send_signal(signal.SIGTERM)
        await process.end()
    assert fuzz.returncode == 0, said.decode()[-6000:]
    assert (generated := re.search(r"(\d+) generated", said.decode()))
    assert int(generated[1]) > 500


def test_every_reference_leads_somewhere_and_nothing_is_described_for_nobody(context: Context) -> None:
    """All schemas that are named are there, and all that are there are named."""
    document = described(create_litestar(context, CONFIG))
    named = set(re.findall(r"#/components/schemas/([^'\"]+)", str(document)))
    assert named == set(document["components"]["schemas"])


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
