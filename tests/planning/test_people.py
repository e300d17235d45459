"""The directory of people that the host feeds."""

from typing import Any

import httpx
from tests.app_fixtures import client_of

from callwell.app import Context, create_app


async def test_somebody_is_called_what_the_host_says(server: httpx.AsyncClient) -> None:
    """A PUT makes the entry or makes it what is given; users and guests alike."""
    for identity in ("user:42", "guest:a1b2"):
        path = f"/v1/people/{identity}"

        made = await server.put(path, json={"display_name": "Ana", "avatar_url": "https://a.test/1.png", "language": "pt-BR"})
        renamed = await server.put(path, json={"display_name": "Ana Lima"})

        assert made.json() == made.json() | {
            "identity": identity,
            "display_name": "Ana",
            "avatar_url": "https://a.test/1.png",
            "language": "pt-BR",
        }
        assert renamed.json() == made.json() | {
            "display_name": "Ana Lima",
            "avatar_url": None,
            "language": None,
            "updated_at": renamed.json()["updated_at"],
        }
        assert (await server.get(path)).json() == renamed.json()


async def test_somebody_who_is_not_known(server: httpx.AsyncClient) -> None:
    answer = await server.get("/v1/people/user:1")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_bad_input_names_the_field(server: httpx.AsyncClient) -> None:
    """What nobody can be is refused with the field that is wrong."""
    bad: list[tuple[str, dict[str, Any], str]] = [
        ("user:1", {"display_name": ""}, "display_name"),
        ("user:1", {"display_name": "x" * 201}, "display_name"),
        ("user:1", {"display_name": "a\x00"}, "display_name"),
        ("user:1", {"avatar_url": "javascript:alert(1)"}, "avatar_url"),
        ("user:1", {"avatar_url": "https://a.test/" + "x" * 2000}, "avatar_url"),
        ("user:1", {"language": "german please"}, "language"),
        ("user:1", {"email": "a@b.test"}, "email"),
        ("42", {}, "identity"),
        ("admin:42", {}, "identity"),
        ("user:" + "x" * 201, {}, "identity"),
    ]

    answers = [await server.put(f"/v1/people/{identity}", json=given) for identity, given, _ in bad]

    assert [(answer.status_code, answer.json()["errors"][0]["field"]) for answer in answers] == [(422, field) for _, _, field in bad]
    assert (await server.get("/v1/people/user:1")).status_code == 404


async def test_who_may(context: Context, make_key: Any) -> None:
    """Reading takes people:read, writing people:write."""
    app = create_app(context)
    async with client_of(app, await make_key("people:write")) as writer, client_of(app, await make_key("people:read")) as reader:
        assert (await writer.put("/v1/people/user:1", json={})).status_code == 200
        assert (await writer.get("/v1/people/user:1")).status_code == 403
        assert (await reader.get("/v1/people/user:1")).status_code == 200
        assert (await reader.put("/v1/people/user:1", json={})).status_code == 403
