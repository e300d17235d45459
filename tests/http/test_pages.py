"""The console's files as the server gives them: at every address of a page, under a strict policy, as small as the browser can read them."""

import gzip
import re
from pathlib import Path

import httpx
import pytest

from callwell.front import CONSOLE_PATHS, PAGES

TABLE = Path(__file__).parents[2] / "web" / "console" / "src" / "pages.tsx"
ASSETS = PAGES / "console" / "assets" / "console"


def policy_of(answer: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: said for name, _, said in parts}


def test_the_server_knows_every_page() -> None:
    """Every address in the console's table of pages is one at which the server gives it, and the other way round."""
    known = {re.sub(r":\w+", "{}", path) for path in re.findall(r'{ path: "([^"]+)"', TABLE.read_text())}
    given = {re.sub(r"{.*?}", "{}", path) for path in CONSOLE_PATHS}
    assert known | {"/sign-in"} == given


async def test_every_page_comes_under_a_strict_policy(api: httpx.AsyncClient) -> None:
    """Scripts are our own files alone, styles those and what carries the nonce of this answer, and nobody may put the page into theirs."""
    nonces: set[str] = set()
    for path in CONSOLE_PATHS:
        answer = await api.get(re.sub(r"{.*?}", "user:1", path))
        assert answer.status_code == 200
        policy = policy_of(answer)
        assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == "'self'"
        (nonce,) = re.findall(r"^'self' 'nonce-([\w-]{20,})'$", policy["style-src"])
        assert f'<meta property="csp-nonce" nonce="{nonce}"' in answer.text
        assert answer.headers["cache-control"] == "no-cache"
        nonces.add(nonce)
    assert len(nonces) == len(CONSOLE_PATHS)


def test_nothing_in_the_page_is_inline() -> None:
    """No script, no style and no handler stands in the page itself: the policy would refuse it."""
    page = (PAGES / "console" / "index.html").read_text()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", page)


@pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
async def test_files_come_as_small_as_they_can_be_read(api: httpx.AsyncClient, coding: str) -> None:
    """Each script comes in the coding that is accepted, says so, and is the same file whatever it came in; it may be kept for ever."""
    whole = max(ASSETS.glob("index-*.js"), key=lambda file: file.stat().st_size)
    async with api.stream("GET", f"/assets/console/{whole.name}", headers={"accept-encoding": coding}) as answer:
        sent = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding", "identity") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["cache-control"]
    assert (sent == whole.read_bytes()) if coding == "identity" else len(sent) < whole.stat().st_size / 2
    if coding == "gzip":
        assert gzip.decompress(sent) == whole.read_bytes()


@pytest.mark.parametrize("file", ["..%2Findex.html", "nothing.js", ".."])
async def test_other_files_are_not_there(api: httpx.AsyncClient, file: str) -> None:
    """Nothing outside the folder of the page's files can be asked for."""
    assert (await api.get(f"/assets/console/{file}")).status_code == 404
