"""Our own log: one line an occurrence, each with the request's id, none with a secret.

Names of events are short and fixed; what varies is in fields. A field that carries something secret by its name is left out, and whatever looks
like one of our secrets is cut to its prefix, wherever it stands.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

import structlog

from callwell.settings import Settings

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request being answered; it stands in the answer's `X-Request-Id`, in every line about it and in problems that are our fault."""

SECRETS = re.compile(r"\b(cw[a-z]|inv)_[A-Za-z0-9_.-]{8,}|\beyJ[A-Za-z0-9_.-]{8,}|(?<=://)[^/\s:@]*:[^/\s@]*(?=@)")
"""Our keys, tokens and invites by their prefix, JSON web tokens, and name and password in an address."""

SECRET_FIELDS = frozenset({"authorization", "secret", "token", "invite", "resume", "password", "secret_key", "key"})


def configure(settings: Settings) -> None:
    """Send every line, ours and our libraries', to standard error in the form that is set."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_secrets,
    ]
    if settings.log_format == "json":
        last: list[structlog.types.Processor] = [structlog.processors.format_exc_info, without_secrets, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        last = [structlog.processors.format_exc_info, without_secrets, plain]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(_level(settings)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_level(settings))
    for talkative in ("httpx", "httpcore", "alembic", "procrastinate", "uvicorn.error", "psycopg.pool"):
        logging.getLogger(talkative).setLevel(max(_level(settings), logging.WARNING))


def without_secrets(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: the line without what nobody but its holder may know."""
    return {name: "…" if name in SECRET_FIELDS else _cut(value) for name, value in line.items()}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return SECRETS.sub(lambda found: f"{found[1] or ''}…", value)
    if isinstance(value, dict):
        return {name: "…" if name in SECRET_FIELDS else _cut(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "tb_frame"):
        return type(value)(_cut(inner) for inner in value) if type(value) in (list, tuple) else value
    return value


def _add_request_id(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if id := request_id.get():
        line.setdefault("request_id", id)
    return line


def _level(settings: Settings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level.upper()]
