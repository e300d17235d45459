"""Asking the server, again where that can help."""

import json
import random
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from callwell import __version__
from callwell.client.errors import CallwellError, Refused, Unreachable, refusal
from callwell.client.ids import uuid7

TRIES = 3
LONGEST_WAIT = 5.0
"""Seconds that a caller is kept waiting between two tries; where the server asks for more it is told so instead."""
AGENT = f"callwell-python/{__version__}"


class Requests:
    """One server, one credential. May be used by several threads."""

    def __init__(self, url: str, key: str, timeout: float) -> None:
        headers = {"Authorization": f"Bearer {key}", "User-Agent": AGENT}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout)

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("GET", path, query=query)

    def file(self, path: str, **query: Any) -> bytes:
        return self._answer("GET", path, query=query).content

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """Every item of a list. The next page is asked for when it is needed."""
        while True:
            page = self.get(path, **query)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def post(self, path: str, **body: Any) -> Any:
        """With what is given; what is None is left out."""
        return self.ask("POST", path, body={name: value for name, value in body.items() if value is not None})

    def ask(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None) -> Any:
        """The answer, read. Raises a `CallwellError`."""
        return _content(self._answer(method, path, query=query, body=body))

    def _answer(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """A write carries an id made once, so that it happens once however often it is sent. Raises a `CallwellError`."""
        headers = {"Idempotency-Key": str(uuid7())} if method == "POST" else {}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = to_json(body)
        params = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        for attempt in range(TRIES):
            why, wait = None, backoff(attempt)
            try:
                answer = self._http.request(method, path, params=params, content=content, headers=headers)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                why, cause = Unreachable(f"{method} {path}: {error or type(error).__name__}"), error
            else:
                if answer.is_success:
                    return answer
                why, cause = _refusal(answer), None
                wait = max(wait, why.retry_after or 0)
            if attempt == TRIES - 1 or not _may_pass(why) or wait > LONGEST_WAIT:
                raise why from cause
            time.sleep(wait)
        raise AssertionError


def to_json(value: Any) -> bytes:
    """Times are sent as UTC. Raises ValueError, TypeError for what is no JSON."""
    return json.dumps(value, default=_json, allow_nan=False, separators=(",", ":")).encode()


def wire_time(at: datetime) -> str:
    """RFC 3339, UTC, milliseconds. A time that does not say where is this machine's."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def segment(text: object) -> str:
    """One segment of a path."""
    return quote(str(text), safe="")


def backoff(attempt: int, longest: float = 30.0) -> float:
    """Seconds before the next try: exponential, full jitter, so that a thousand clients do not come back as one."""
    return random.random() * min(longest, 0.5 * 2 ** min(attempt, 16))  # noqa: S311 it keeps no secret


def retry_after(headers: httpx.Headers) -> float | None:
    """What the server asks for, in seconds."""
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None


def _content(answer: httpx.Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError:
        raise Unreachable(f"{answer.request.url} answered, but not as Callwell does") from None


def _refusal(answer: httpx.Response) -> Refused:
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    return refusal(answer.status_code, problem, retry_after(answer.headers))


def _may_pass(why: CallwellError) -> bool:
    if isinstance(why, Refused):
        return why.status in (429, 502, 503, 504) or why.code == "idempotency.in_progress"
    return True


def _json(value: object) -> str:
    if isinstance(value, datetime):
        return wire_time(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return wire_time(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
