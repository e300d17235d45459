"""What the audit trail is told of requests that went wrong: somebody we know was not allowed what they asked for, or we failed.

Nothing else comes of such a request, so its entry has a transaction of its own. Of each caller, route and code one a minute is told, so that nobody can
fill the disk by asking for what they may not have. Refused joins are told by the join itself, and notes of a class that is not theirs by the notes.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from litestar.exceptions import HTTPException, WebSocketException

from callwell import errors, logs
from callwell.access.callers import Anonymous, Caller, ConnectionCaller, UserCaller
from callwell.http import is_database_away
from callwell.postgres.pool import Database, DatabaseError
from callwell.record.audit import Action, add_audit_entry, origin_of
from callwell.settings import Settings

log = logging.getLogger(__name__)

MOST_A_MINUTE = 300
"""Entries of one process in a minute, whoever they are about."""


class Refusals:
    """Hears of every request that raised an error, before it is answered."""

    def __init__(self, db: Database, settings: Settings, ip_policy: Callable[[], str]) -> None:
        self._db = db
        self._settings = settings
        self._ip_policy = ip_policy
        self._minute = 0
        self._told: set[tuple[str, str, str, str]] = set()

    async def hear(self, why: Exception, scope: Mapping[str, Any]) -> None:
        """Tells the trail where there is something to tell. Never raises: the request has its answer whatever becomes of the entry."""
        caller: Caller = scope.get("caller") or Anonymous()
        told = _told(why, caller)
        if told is None:
            return
        action, code = told
        route, method, at = str(scope.get("path_template") or "unknown"), str(scope.get("method") or "WEBSOCKET"), datetime.now(UTC)
        identity = caller.identity if isinstance(caller, UserCaller) else None
        if not self._is_new((identity or caller.source, method, route, code), at):
            return
        of_connection = caller if isinstance(caller, ConnectionCaller) else None
        metadata: dict[str, Any] = {"route": route, "method": method}
        if action is Action.ERROR_OCCURRED:
            metadata["request_id"] = logs.request_id.get()
        try:
            async with self._db.transaction() as tx:
                await add_audit_entry(
                    tx,
                    action=action,
                    at=at,
                    caller=caller.source,
                    origin=origin_of(scope, self._settings, self._ip_policy()),
                    identity=identity,
                    call_id=of_connection and of_connection.call_id,
                    room_id=of_connection and of_connection.room_id,
                    participant_id=of_connection and of_connection.participant_id,
                    error_code=code,
                    metadata=metadata,
                )
        except (errors.DatabaseUnavailable, DatabaseError) as failed:
            log.warning("the audit trail was not told of %s: %r", code, failed)

    def _is_new(self, what: tuple[str, str, str, str], at: datetime) -> bool:
        minute = int(at.timestamp()) // 60
        if minute != self._minute:
            self._minute, self._told = minute, set()
        if what in self._told or len(self._told) >= MOST_A_MINUTE:
            return False
        self._told.add(what)
        return True


def _told(why: BaseException, caller: Caller) -> tuple[Action, str] | None:
    """What is told of an error, and under which code. Of a database that is away, or of too much to do, the trail could not be told."""
    if isinstance(why, WebSocketException):
        why = why.__cause__ or why  # a socket that was refused, and why
    if isinstance(why, errors.CallwellError):
        if why.status == 403 and not isinstance(caller, Anonymous) and not why.code.startswith(("join.", "notes.")):
            return Action.PERMISSION_DENIED, why.code
        return (Action.ERROR_OCCURRED, why.code) if why.status == 500 else None
    if isinstance(why, WebSocketException) or (isinstance(why, HTTPException) and why.status_code < 500) or is_database_away(why):
        return None
    return Action.ERROR_OCCURRED, errors.Unexpected.code
