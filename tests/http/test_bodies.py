"""What is sent is read strictly, and whatever is wrong with it is said by the name of its field."""

import httpx
import msgspec
import pytest

BAD_JSON = {
    "cut off": b'{"name": "x", "scopes": ["calls:read"',
    "not a number": b'{"name": NaN}',
    "lone surrogate": rb'{"name": "\ud800", "scopes": ["calls:read"]}',
    "not UTF-8": b'{"name": "\xff", "scopes": ["calls:read"]}',
    "comment": b'{"name": "x" /* y */}',
    "nothing": b"",
    "very deep, in a body that takes anything": b'{"settings": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
}


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code), document
    assert document["type"] == f"urn:callwell:error:{code}"
    assert set(document) >= {"type", "title", "status", "detail", "code", "errors"}
    assert document["detail"]
    return True


async def post(server: httpx.AsyncClient, body: bytes, path: str = "/v1/keys", **headers: str) -> httpx.Response:
    return await server.post(path, content=body, headers={"Content-Type": "application/json", **headers})


@pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON)
async def test_what_is_no_json_is_refused(server: httpx.AsyncClient, body: bytes) -> None:
    """A body that is not JSON, or is nested without end, is a problem of the caller's, never of ours."""
    path = "/v1/rooms" if b"settings" in body else "/v1/keys"
    assert is_problem(await post(server, body, path), 400, "request.not_json")


async def test_every_beginning_of_a_body_is_a_problem_of_the_callers(server: httpx.AsyncClient) -> None:
    """A body cut off at any byte is refused with 400 or 422."""
    body = b'{"name": "caf\xc3\xa9", "scopes": ["calls:read", "rooms:read"]}'
    for length in range(len(body)):
        assert (await post(server, body[:length])).status_code in (400, 422)


@pytest.mark.parametrize(
    ("path", "body", "field", "problem"),
    [
        ("/v1/keys", {"name": "x", "scopes": ["calls:read"], "colour": "red"}, "colour", "There is no such field."),
        ("/v1/keys", {"name": "x"}, "scopes", "It is required."),
        ("/v1/keys", {"name": 4, "scopes": ["calls:read"]}, "name", "Expected `str`, got `int`."),
        ("/v1/keys", {"name": "x", "scopes": ["calls:read", "all"]}, "scopes[1]", "Invalid enum value 'all'."),
        ("/v1/keys", {"name": "x" * 201, "scopes": ["calls:read"]}, "name", "Expected `str` of length <= 200."),
        ("/v1/keys", [], "body", "Expected `object`, got `array`."),
        ("/v1/rooms", {"capacity": "2"}, "capacity", "Expected `int`, got `str`."),
        ("/v1/keys", {"name": "a\0b", "scopes": ["calls:read"]}, "name", "It has a NUL character in it."),
        ("/v1/rooms", {"settings": {"a": ["\0"]}}, "settings.a[0]", "It has a NUL character in it."),
        ("/v1/rooms", {"settings": {"a\0": 1}}, "settings", "It has a NUL character in it."),
    ],
)
async def test_the_wrong_field_is_named(server: httpx.AsyncClient, path: str, body: object, field: str, problem: str) -> None:
    """Wrong types, unknown and missing fields, what is too long, and NUL: 422 with the path of the field."""
    answer = await post(server, msgspec.json.encode(body), path)
    assert is_problem(answer, 422, "request.invalid")
    assert answer.json()["errors"] == [{"field": field, "problem": problem}]


async def test_depth_is_bounded_where_anything_may_be_sent(server: httpx.AsyncClient) -> None:
    """A body that takes any object still takes no more than 32 levels of it."""
    answer = await post(server, b'{"settings": {"a": ' + b"[" * 40 + b"]" * 40 + b"}}", "/v1/rooms")
    assert is_problem(answer, 422, "request.invalid")
    assert "nested deeper than 32" in answer.json()["detail"]


async def test_brackets_in_text_are_not_depth(server: httpx.AsyncClient) -> None:
    """What looks like depth inside a text is text."""
    answer = await server.post("/v1/rooms", json={"title": "[{" * 100})
    assert answer.status_code == 201
    assert answer.json()["title"] == "[{" * 100


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Encoding": "gzip"},
        {"Content-Type": ""},
    ],
)
async def test_other_media_types_are_refused(server: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """Only JSON as it stands is taken: nothing that would have to be unpacked."""
    assert is_problem(await post(server, b"{}", **headers), 415, "request.media_type")


async def test_a_body_too_large_is_refused_by_its_announcement(server: httpx.AsyncClient) -> None:
    """What announces more than 1 MiB is refused before it is read."""
    answer = await post(server, b"x" * (1 << 20) + b"x")
    assert is_problem(answer, 413, "request.too_large")
    assert answer.json()["limit"] == 1 << 20


async def test_a_body_too_large_is_refused_while_it_is_read(server: httpx.AsyncClient) -> None:
    """What announces nothing is read no further than 1 MiB."""
    taken = 0

    async def endless():
        nonlocal taken
        while True:
            taken += 1 << 16
            yield b" " * (1 << 16)

    answer = await server.post("/v1/keys", content=endless(), headers={"Content-Type": "application/json"})
    assert is_problem(answer, 413, "request.too_large")
    assert taken <= (1 << 20) + (2 << 16)


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("token=cwk_x", "request.unknown_parameter", "token"),
        ("invite=inv_x&limit=3", "request.unknown_parameter", "invite"),
        ("limit=0", "request.invalid", "limit"),
        ("limit=201", "request.invalid", "limit"),
        ("limit=many", "request.invalid", "limit"),
        ("cursor=%00", "request.invalid", "cursor"),
    ],
)
async def test_query_parameters_are_checked(server: httpx.AsyncClient, query: str, code: str, field: str) -> None:
    """A parameter that is unknown or wrong is 422 and named; so no secret can stand in a query either."""
    answer = await server.get(f"/v1/keys?{query}")
    assert is_problem(answer, 422, code)
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_nul_in_a_path_leads_nowhere(server: httpx.AsyncClient) -> None:
    """An address with NUL in it is none."""
    assert is_problem(await server.get("/v1/rooms/a%00b"), 404, "request.no_such_address")


async def test_an_unknown_address_is_404(api: httpx.AsyncClient) -> None:
    """Where there is nothing, a problem says so."""
    assert is_problem(await api.get("/v1/nothing"), 404, "request.no_such_address")


async def test_an_unknown_method_is_405_and_the_known_ones_are_told(api: httpx.AsyncClient) -> None:
    """A method that an address does not take is refused with those it takes."""
    answer = await api.put("/v1/keys")
    assert is_problem(answer, 405, "request.method_not_allowed")
    assert answer.headers["allow"] == "GET, OPTIONS, POST"


async def test_a_number_is_no_time(server: httpx.AsyncClient) -> None:
    """Where a time is asked for, a number is not taken for seconds since 1970."""
    answer = await server.get("/v1/users/42/calls?from=0.5")
    assert is_problem(answer, 422, "request.invalid")
    assert answer.json()["errors"] == [{"field": "from", "problem": "Expected an RFC 3339 time."}]


TIMED = [
    ("/v1/calls", "from"),
    ("/v1/users/42/calls", "to"),
    ("/v1/calls/01a1fe11-0000-7000-8000-000000000000/samples", "from"),
    ("/v1/appointments", "from"),
    ("/v1/audit", "until"),
    ("/v1/metrics", "to"),
]


async def test_a_time_says_its_zone(server: httpx.AsyncClient) -> None:
    """Wherever a time is asked for, one without a zone is refused and not guessed at; with one it is taken, however it is written."""
    for path, name in TIMED:
        for time in ("2026-11-21T09:00:00", "2026-11-21T09:00:00.250", "2026-11-21 09:00", "2026-11-21"):
            answer = await server.get(path, params={name: time})
            assert is_problem(answer, 422, "request.invalid"), (path, time)
            assert answer.json()["errors"] == [{"field": name, "problem": "It says no time zone."}]
        for time in ("2026-11-21T09:00:00Z", "2026-11-21T09:00:00.250+01:00", "2026-11-21T09:00:00-05:30"):
            assert (await server.get(path, params={name: time})).status_code in (200, 404), (path, time)
