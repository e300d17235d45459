"""The habits that all routes share: how what is sent is read, how answers and errors look, pages of lists, and writes that happen once.

A body is a `Body` struct and is decoded strictly before its handler runs. Whatever goes wrong is raised as a `CallwellError` and becomes
problem+json (RFC 9457) here and nowhere else. Times go out as UTC with milliseconds. A GET of one resource gets an ETag by itself.
"""

import hashlib
import hmac
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Generic, LiteralString, TypeVar, cast, get_args
from urllib.parse import parse_qsl

import litestar
import msgspec
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.routes import HTTPRoute
from litestar.types import Receive, Scope
from litestar.types.empty import Empty
from msgspec import Struct

from callwell import errors, ids, logs
from callwell.errors import CallwellError
from callwell.postgres.pool import Database, DatabaseError, Tx, execute, fetch_one, fetch_value, is_connection_lost, is_retryable, sqlstate

T = TypeVar("T")
Position = TypeVar("Position", bound=Struct)
Resource = TypeVar("Resource", bound=Struct)

log: structlog.stdlib.BoundLogger = structlog.get_logger()

BODY_BYTES = 1 << 20
"""The largest body that is taken, in bytes."""
INGEST_BYTES = 4 << 20
"""The largest body where facts are taken in."""

DEPTH = 32
"""How deep a body may be nested."""

REMEMBERED = timedelta(hours=24)
"""How long an answer is kept for its Idempotency-Key."""

TRIES = 3
"""How often a write is tried when the database could not serialize it."""


# ── What goes out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def wire_time(at: datetime) -> str:
    """A time as the API writes it: RFC 3339, UTC, milliseconds, ``Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def to_json(content: Any) -> bytes:
    """What an answer's body holds, with every time in it as `wire_time` writes it."""
    return msgspec.json.encode(_with_wire_times(msgspec.to_builtins(content, builtin_types=(datetime,), enc_hook=_as_it_came)))


def _as_it_came(value: Any) -> Any:
    """JSON that is only passed on, such as what pages say to each other."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    raise NotImplementedError(type(value))  # what msgspec asks of an enc_hook for what it does not know


def _with_wire_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_wire_times(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_wire_times(inner) for inner in value]
    return wire_time(value) if isinstance(value, datetime) else value


class Page(Struct, Generic[T], frozen=True):
    """Part of a list. ``next_cursor`` gives the next part; null where this is the last."""

    items: Sequence[T]
    next_cursor: str | None = None


class Response(litestar.Response[T]):
    """An answer. One resource that was asked for has an ETag, and is not sent to who has it already."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:  # noqa: ARG002 all that goes out is ours
        if isinstance(content, bytes):
            return content
        if media_type.startswith("text/"):
            return str(content).encode() if content else b""
        return to_json(content)

    def to_asgi_response(self, app: litestar.Litestar | None, request: litestar.Request, **given: Any) -> ASGIResponse:
        answer = cast("ASGIResponse", super().to_asgi_response(app, request, **given))
        if request.method == "GET" and answer.status_code == 200 and not isinstance(self.content, (Page, bytes, str)):
            etag = f'"{hashlib.blake2b(answer.body, digest_size=16).hexdigest()}"'
            if etag in _tags(request.headers.get("if-none-match", "")):
                return ASGIResponse(status_code=304, headers={"etag": etag})
            answer.headers["etag"] = etag
        return answer


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


# ── What comes in ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is sent to us. A field that we don't know is refused: one that is misspelt must not be silently without effect."""


class Request(litestar.Request[Any, Any, Any]):
    """A request whose body is bounded while it is read, and decoded strictly to the type that its handler declares."""

    async def body(self) -> bytes:
        if self._body is Empty:
            most = self.route_handler.resolve_request_max_body_size() or BODY_BYTES
            self._body = self._connection_state.body = await read_body(self.scope, self.receive, most)
        return self._body

    async def json(self) -> Any:
        if self._json is Empty:
            check_media_type(self.scope)
            data = self.route_handler.parsed_data_field
            self._json = decode(await self.body(), data.annotation if data else Any)
        return self._json


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes:
    """The body, never holding more of it than ``most`` bytes. Raises BodyTooLarge, by what is announced before anything is read."""
    announced = header(scope, b"content-length")
    if announced and announced.isdigit() and int(announced) > most:
        raise errors.BodyTooLarge(limit=most)
    parts: list[bytes] = []
    size = 0
    while True:
        message = cast("Mapping[str, Any]", await receive())
        if message["type"] == "http.disconnect":
            raise errors.NotJson(problem="it was cut off.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise errors.BodyTooLarge(limit=most)
        if not message.get("more_body"):
            return b"".join(parts)


def header(scope: Scope | Mapping[str, Any], name: bytes) -> str:
    """A header of the request by its name in lower case; empty where there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def check_media_type(scope: Scope) -> None:
    """Raises UnsupportedMediaType for a body that does not say that it is JSON as it stands."""
    kind, _, parameters = header(scope, b"content-type").lower().partition(";")
    charset = parameters.replace(" ", "").removeprefix("charset=").strip('"')
    if kind.strip() != "application/json" or charset not in ("", "utf-8", "utf8") or header(scope, b"content-encoding") not in ("", "identity"):
        raise errors.UnsupportedMediaType


def decode(body: bytes, kind: type[T]) -> T:
    """The body as that type. Raises NotJson, or Invalid naming the field."""
    try:
        value = _decoder(kind).decode(body)
    except msgspec.ValidationError as why:
        field, problem = _field_and_problem(str(why))
        raise errors.Invalid(problem=f"{field}: {problem}", fields={field: problem}) from None
    except msgspec.DecodeError as why:
        raise errors.NotJson(problem=f"{str(why) if body else 'it is empty'}.") from None
    except UnicodeDecodeError:
        raise errors.NotJson(problem="it is not UTF-8.") from None
    except RecursionError:
        raise errors.NotJson(problem="it is nested too deep.") from None
    if rb"\u0000" in body or body.count(b"[") + body.count(b"{") > DEPTH:
        _check_value(value)
    return value


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _field_and_problem(said: str) -> tuple[str, str]:
    """The path of the field that msgspec complains about, as ``events[3].data.text``, and what is wrong with it in our words."""
    said, _, path = said.partition(" - at ")
    path = path.replace("`", "").removeprefix("key in ").removeprefix("$").removeprefix(".")
    if named := re.fullmatch(r"Object (contains unknown|missing required) field `(.*)`", said, re.DOTALL):
        field = f"{path}.{named[2]}" if path else named[2]
        return field, "There is no such field." if named[1] == "contains unknown" else "It is required."
    return path or "body", f"{said}."


def _check_value(value: Any, path: str = "", depth: int = 0) -> None:
    """Raises Invalid for a text with NUL in it, which the database cannot keep, and for what is nested too deep. What is left raw is not looked at."""
    if depth > DEPTH:
        _invalid(path, f"It is nested deeper than {DEPTH}.")
    match value:
        case str() if "\0" in value:
            _invalid(path or "body", "It has a NUL character in it.")
        case dict():
            for name, inner in value.items():
                _check_value(name, path or "body")
                _check_value(inner, f"{path}.{name}" if path else str(name), depth + 1)
        case list() | tuple():
            for number, inner in enumerate(value):
                _check_value(inner, f"{path}[{number}]", depth + 1)
        case Struct():
            for name, field in zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True):
                _check_value(getattr(value, field), f"{path}.{name}" if path else name, depth + 1)
        case _:
            pass


def _invalid(field: str, problem: str) -> None:
    raise errors.Invalid(problem=f"{field}: {problem}", fields={field: problem})


async def check_request(request: Request) -> Response[None] | None:
    """What is checked of every request before its handler runs, once its caller may call it. OPTIONS is answered here, with the methods that there are."""
    scope = request.scope
    if request.method == "OPTIONS":
        return Response(None, status_code=204, headers={"Allow": _methods(request)})
    if "\0" in scope["path"]:
        raise errors.NoSuchAddress
    if not request.route_handler.opt.get("any_query"):
        _check_query(request)
    data = request.route_handler.parsed_data_field
    if data is not None and (not data.is_optional or await request.body()):
        await request.json()
    return None


def _check_query(request: Request) -> None:
    known = _query_parameters(request.app)[request.route_handler]
    for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True):
        if name not in known:
            raise errors.UnknownFilter(name=name, known=", ".join(sorted(known)) or "none", fields={name: "There is no such parameter."})
        if "\0" in value:
            _invalid(name, "It has a NUL character in it.")
        if known[name] and re.fullmatch(r"[+-]?[\d.]+", value):
            _invalid(name, "Expected an RFC 3339 time.")  # a number would be taken for seconds since 1970
        if known[name] and re.fullmatch(r"\d{4}-\d\d-\d\d([Tt ][\d:.]*)?", value):
            _invalid(name, "It says no time zone.")


def _query_parameters(app: litestar.Litestar) -> Mapping[HTTPRouteHandler, Mapping[str, bool]]:
    """Of each handler the query parameters that it takes, its dependencies' among them, and which are times. Made at the first request."""
    if "query_parameters" not in app.state:
        app.state["query_parameters"] = {
            handler: {parameter.field_alias: _is_time(handler, parameter.field_name) for parameter in model.expected_query_params}
            for route in app.routes
            if isinstance(route, HTTPRoute)
            for handler, model in route.route_handler_map.values()
        }
    return app.state["query_parameters"]


def _is_time(handler: HTTPRouteHandler, argument: str) -> bool:
    field = handler.parsed_fn_signature.parameters.get(argument)
    return field is not None and datetime in (field.annotation, *get_args(field.annotation))


# ── What goes wrong ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


class FieldProblem(Struct, frozen=True):
    field: str
    problem: str


class Problem(Struct, frozen=True):
    """What went wrong. Some codes have more members, such as ``opens_at``."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] = []


def problem(error: CallwellError) -> dict[str, Any]:
    """The problem document of an error: what it speaks of, and over that what every problem has."""
    return {
        **{name: value for name, value in error.context.items() if name != "problem"},
        "type": f"urn:callwell:error:{error.code}",
        "title": re.sub(r"(?<=.)([A-Z])", lambda capital: f" {capital[1].lower()}", type(error).__name__),
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "errors": [FieldProblem(field, said) for field, said in error.fields.items()],
    }


def render_error(request: ASGIConnection[Any, Any, Any, Any], why: Exception) -> Response[dict[str, Any]]:
    """The one place where an error becomes an answer."""
    error = as_shown(why, request)
    return Response(
        _printable(problem(error)),
        status_code=error.status,
        headers={**error.headers, **_headers(why, request)},
        media_type="application/problem+json",
    )


def as_shown(why: Exception, request: ASGIConnection[Any, Any, Any, Any]) -> CallwellError:
    """The error that a caller sees for whatever was raised. What nobody foresaw is logged with its trace."""
    if isinstance(why, CallwellError):
        if why.status >= 500 and not isinstance(why, (errors.Overloaded, errors.DatabaseUnavailable, errors.NotesUnavailable)):
            log.error("request failed", exc_info=why)
        return why
    if isinstance(why, ValidationException):
        return _as_invalid(why, _names_in_query(request))
    if isinstance(why, HTTPException) and why.status_code < 500:
        shown = {
            404: errors.NoSuchAddress(),
            405: errors.MethodNotAllowed(method=request.scope.get("method")),
            413: errors.BodyTooLarge(limit=BODY_BYTES),
        }
        return shown.get(why.status_code) or errors.NotJson(problem=why.detail)
    if is_database_away(why):
        log.warning("database failed a request", error=str(why))
        lost_in_write = is_connection_lost(why) and request.scope.get("method") not in ("GET", "HEAD")
        return errors.Interrupted() if lost_in_write else errors.DatabaseUnavailable()
    log.error("unexpected", exc_info=why)
    return errors.Unexpected(request_id=logs.request_id.get() or "this time")


def is_database_away(why: BaseException) -> bool:
    """Whether the database could not do it just now: nothing that was asked of us, or that we asked of it, was wrong."""
    return isinstance(why, DatabaseError) and (is_connection_lost(why) or (sqlstate(why) or "")[:2] in ("53", "57", "55", "40"))


def _names_in_query(request: ASGIConnection[Any, Any, Any, Any]) -> Mapping[str, str]:
    """How the arguments of the request's handler are called in a query: ``since`` is ``from``."""
    handler = request.scope.get("route_handler")
    models = (
        model for route in request.app.routes if isinstance(route, HTTPRoute) for one, model in route.route_handler_map.values() if one is handler
    )
    return {parameter.field_name: parameter.field_alias for model in models for parameter in model.expected_query_params}


def _as_invalid(why: ValidationException, names: Mapping[str, str]) -> CallwellError:
    """Litestar's own complaint about a parameter of path or query, as ours."""
    if isinstance(why.extra, list):
        keyed = ((str(one.get("key", "request")), one.get("message", "It is not valid")) for one in why.extra)
        fields = {names.get(key, key): f"{message}." for key, message in keyed}
    else:
        missing = re.search(r"parameter '(.*?)' for", why.detail)
        fields = {missing[1]: "It is required."} if missing else {"request": "It is not valid."}
    return errors.Invalid(problem="; ".join(f"{field}: {said}" for field, said in fields.items()), fields=fields)


def _headers(why: Exception, request: ASGIConnection[Any, Any, Any, Any]) -> dict[str, str]:
    if isinstance(why, errors.MethodNotAllowed):
        return {"Allow": str(why.context["allowed"])}
    if isinstance(why, errors.SignInLocked):
        return {"Retry-After": str(why.context["seconds"])}
    return {"Allow": _methods(request)} if isinstance(why, MethodNotAllowedException) else {}


def _methods(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The methods that an address takes."""
    path = request.scope["path"]
    return ", ".join(method for method in ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT") if _takes(request.app, path, method))


def _takes(app: litestar.Litestar, path: str, method: str) -> bool:
    try:
        app.asgi_router.handle_routing(path=path.rstrip("/") or "/", method=cast("Any", method))
    except HTTPException:
        return False
    return True


def _printable(value: Any) -> Any:
    """Members of a problem are what an error was raised with: whatever is no JSON is shown as text."""
    return msgspec.to_builtins(value, builtin_types=(datetime,), enc_hook=str)


# ── Pages of lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Paging:
    """Which part of a list is asked for. A cursor holds the position of the last row shown; it is signed, so that nobody makes their own."""

    def __init__(self, *, key: bytes, path: str, cursor: str | None, limit: int) -> None:
        self.limit = limit
        self._key = ids.keyed_hash(key, "cursor")
        self._path = path
        self._cursor = cursor

    @property
    def rows(self) -> int:
        """How many rows to ask the database for: one more than are shown tells whether there is more."""
        return self.limit + 1

    def after(self, kind: type[Position]) -> Position | None:
        """The position that the part begins after; None at the beginning. Raises BadCursor."""
        if self._cursor is None:
            return None
        try:
            sealed = urlsafe_b64decode(self._cursor + "=" * (-len(self._cursor) % 4))
            if not hmac.compare_digest(sealed[:12], self._seal(sealed[12:])):
                raise errors.BadCursor
            return msgspec.msgpack.decode(sealed[12:], type=kind)
        except (ValueError, msgspec.MsgspecError):
            raise errors.BadCursor from None

    def page(self, rows: Sequence[Any], position: Callable[[Any], Struct], view: Callable[[Any], T] = lambda row: row) -> Page[T]:
        """The page of the rows found (`Paging.rows` of them at most), each as ``view`` shows it."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page([view(row) for row in shown], self.cursor_after(position(shown[-1])) if more else None)

    def cursor_after(self, position: Struct) -> str:
        """The cursor of the part that begins after this position."""
        packed = msgspec.msgpack.encode(position)
        return urlsafe_b64encode(self._seal(packed) + packed).rstrip(b"=").decode()

    def _seal(self, packed: bytes) -> bytes:
        return hmac.new(self._key, self._path.encode() + b"\0" + packed, hashlib.sha256).digest()[:12]


class Fields:
    """Which members of a resource are wanted: those that `fields=` names, or all."""

    def __init__(self, named: str | None) -> None:
        self._names = tuple(dict.fromkeys(named.split(","))) if named else ()

    def of(self, kind: type[Resource]) -> Callable[[Resource], Resource]:
        """What takes of a resource of that kind the members that are wanted. Raises Invalid for one that it does not have."""
        known = kind.__struct_fields__
        if unknown := [name for name in self._names if name not in known]:
            _invalid("fields", f"There is no {', '.join(unknown)} here; there are: {', '.join(known)}.")
        if not self._names:
            return lambda resource: resource
        return lambda resource: cast("Resource", {name: getattr(resource, name) for name in self._names})


# ── Writes that happen once ───────────────────────────────────────────────────────────────────────────────────────────────────────


class _Remembered(Struct, frozen=True):
    request: bytes
    status: int
    answer: bytes


class Write:
    """One write by a caller. With an Idempotency-Key it happens once, however often it is sent in 24 h.

    The answer is kept in the same transaction as the effect: both are there, or none is. What is refused is not kept, so that it can be put right.
    Answers are sealed with the deployment's key, since they may hold secrets that stand nowhere else.
    """

    def __init__(self, db: Database, key: bytes, caller: str, request: Request) -> None:
        self._db = db
        self._sealing = AESGCM(ids.keyed_hash(key, "idempotency"))
        self._fingerprinting = ids.keyed_hash(key, "fingerprint")
        self._caller = caller
        self._request = request

    async def __call__(
        self, do: Callable[[Tx], Awaitable[T | CallwellError]], *, status: int = 201, replay_without: Sequence[str] = ()
    ) -> Response[T]:
        """Do it in a transaction and answer with what it gives.

        ``do`` may run again where the database could not serialize it. An error that it returns, instead of raising it, is raised after the
        commit: what was written with it stays. ``replay_without`` names members of the answer that a replay shows as null.

        Raises IdempotencyMismatch, IdempotencyInProgress.
        """
        key = self._idempotency_key()
        for attempt in range(TRIES):
            try:
                return await self._write(do, key, status, replay_without)
            except DatabaseError as why:
                if attempt == TRIES - 1 or is_connection_lost(why) or not is_retryable(why):
                    raise
        raise AssertionError

    async def _write(
        self, do: Callable[[Tx], Awaitable[T | CallwellError]], key: str | None, status: int, replay_without: Sequence[str]
    ) -> Response[T]:
        async with self._db.transaction() as tx:
            fingerprint = await self._fingerprint() if key else b""
            if key and (remembered := await self._find(tx, key)):
                if not hmac.compare_digest(remembered.request, fingerprint):
                    raise errors.IdempotencyMismatch
                return self._replay(remembered, key)
            result = await do(tx)
            if key and not isinstance(result, CallwellError):
                await self._remember(tx, key, fingerprint, status, _without(result, replay_without))
        if isinstance(result, CallwellError):
            raise result
        return Response(result, status_code=status)

    def _idempotency_key(self) -> str | None:
        key = self._request.headers.get("idempotency-key")
        if key is not None and not re.fullmatch(r"[!-~]{1,255}", key):
            _invalid("Idempotency-Key", "It must be 1 to 255 printable characters without blanks.")
        return key

    async def _fingerprint(self) -> bytes:
        """Of the whole request, so that a key used for another one is noticed. It is keyed: what a short text is, nobody can find out by trying."""
        request = self._request
        parts = (request.method.encode(), request.scope["path"].encode(), request.scope["query_string"], await request.body())
        return hmac.new(self._fingerprinting, b"".join(len(part).to_bytes(8) + part for part in parts), hashlib.sha256).digest()

    async def _find(self, tx: Tx, key: str) -> _Remembered | None:
        """What was answered to this key. Raises IdempotencyInProgress while that is being decided: the lock is held until its transaction ends."""
        lock = int.from_bytes(hashlib.sha256(f"{self._caller}\x1f{key}".encode()).digest()[:8], signed=True)
        if not await fetch_value(tx, "SELECT pg_try_advisory_xact_lock(%(lock)s)", {"lock": lock}):
            raise errors.IdempotencyInProgress
        named = {"caller": self._caller, "key": key, "before": datetime.now(UTC) - REMEMBERED}
        await execute(tx, "DELETE FROM idempotency_keys WHERE caller = %(caller)s AND key = %(key)s AND created_at < %(before)s", named)
        return await fetch_one(tx, _Remembered, FIND_ANSWER, named)

    async def _remember(self, tx: Tx, key: str, fingerprint: bytes, status: int, answer: bytes) -> None:
        nonce = os.urandom(12)
        sealed = nonce + self._sealing.encrypt(nonce, answer, self._bound_to(key))
        row = {"caller": self._caller, "key": key, "request": fingerprint, "status": status, "answer": sealed, "at": datetime.now(UTC)}
        await execute(tx, ADD_ANSWER, row)

    def _replay(self, remembered: _Remembered, key: str) -> Response[Any]:
        sealed = remembered.answer
        try:
            answer = self._sealing.decrypt(sealed[:12], sealed[12:], self._bound_to(key))
        except InvalidTag:  # the deployment has another key by now
            raise errors.IdempotencyMismatch from None
        return Response(answer, status_code=remembered.status, media_type="application/json", headers={"Idempotent-Replayed": "true"})

    def _bound_to(self, key: str) -> bytes:
        return f"{self._caller}\x1f{key}".encode()


FIND_ANSWER: LiteralString = "SELECT request, status, answer FROM idempotency_keys WHERE caller = %(caller)s AND key = %(key)s"

ADD_ANSWER: LiteralString = """
    INSERT INTO idempotency_keys (caller, key, request, status, answer, created_at)
    VALUES (%(caller)s, %(key)s, %(request)s, %(status)s, %(answer)s, %(at)s)
"""


async def forget_answers(tx: Tx, at: datetime) -> int:
    """Remove the answers that are kept no longer; gives how many there were."""
    return await execute(tx, "DELETE FROM idempotency_keys WHERE created_at < %(before)s", {"before": at - REMEMBERED})


def _without(result: Any, names: Sequence[str]) -> bytes:
    if not names:
        return to_json(result)
    return to_json({**msgspec.to_builtins(result, builtin_types=(datetime,)), **dict.fromkeys(names)})
