"""Pages of lists: every item once, in order, whatever is added meanwhile; and cursors that nobody makes themselves."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import httpx
import pytest


async def make_rooms(server: httpx.AsyncClient, count: int) -> list[str]:
    """Names of new rooms, the newest first."""
    names = [(await server.post("/v1/rooms", json={"title": str(number)})).json()["name"] for number in range(count)]
    return names[::-1]


async def test_every_item_comes_once_though_some_are_added_meanwhile(server: httpx.AsyncClient) -> None:
    """Following `next_cursor` gives every item that was there at the beginning exactly once; the last page has none."""
    rooms = await make_rooms(server, 7)
    seen: list[str] = []
    cursor = None
    while True:
        page = (await server.get("/v1/rooms", params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
        assert set(page) == {"items", "next_cursor"}
        seen += [room["name"] for room in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        await make_rooms(server, 1)
    assert seen == rooms


async def test_an_exact_last_page_has_no_next(server: httpx.AsyncClient) -> None:
    """A list that ends with its page says so."""
    await make_rooms(server, 3)
    assert (await server.get("/v1/rooms?limit=3")).json()["next_cursor"] is None


async def test_a_cursor_is_good_for_its_own_list_alone(server: httpx.AsyncClient) -> None:
    """A cursor of one list is refused by another."""
    await make_rooms(server, 2)
    cursor = (await server.get("/v1/rooms?limit=1")).json()["next_cursor"]
    answer = await server.get("/v1/keys", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.bad_cursor")


@pytest.mark.parametrize("made_up", ["x", "AAAA", "é", "=" * 8, urlsafe_b64encode(b"\0" * 40).decode()])
async def test_a_made_up_cursor_is_refused(server: httpx.AsyncClient, made_up: str) -> None:
    """Whatever is no cursor is 422."""
    answer = await server.get("/v1/rooms", params={"cursor": made_up})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.bad_cursor")


async def test_a_changed_cursor_is_refused(server: httpx.AsyncClient) -> None:
    """One bit changed anywhere in it makes a cursor none of ours."""
    await make_rooms(server, 2)
    cursor = (await server.get("/v1/rooms?limit=1")).json()["next_cursor"]
    raw = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place in range(len(raw)):
        raw[place] ^= 1
        changed = urlsafe_b64encode(raw).rstrip(b"=").decode()
        raw[place] ^= 1
        assert (await server.get("/v1/rooms", params={"cursor": changed})).json().get("code") == "request.bad_cursor"
