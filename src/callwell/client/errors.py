"""What can go wrong when the server is asked for something. What is told of calls (`Session`) never raises."""

from collections.abc import Mapping
from typing import Any


class CallwellError(Exception):
    """Something went wrong."""


class Unreachable(CallwellError):
    """No answer came, also when tried again."""


class Refused(CallwellError):
    """The server answered that it will not."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.code: str = problem.get("code") or str(status)
        """Stable, to tell by it what to do; `docs/reference/errors.md` has them all."""
        self.detail: str = problem.get("detail") or f"The server answered {status}."
        """A sentence for people."""
        self.errors: Mapping[str, str] = {one["field"]: one["problem"] for one in problem.get("errors") or ()}
        """The fields that are wrong, each with what is wrong with it."""
        self.problem = problem
        """All that the server said; some codes say more, such as `opens_at`."""
        self.retry_after = retry_after
        """Seconds after which trying again makes sense, where the server said so."""
        super().__init__(f"{self.detail} ({self.code})")


class Invalid(Refused):
    """What was sent is not valid."""


class NotSignedIn(Refused):
    """The credential is missing, unknown, revoked or has run out."""


class NotAllowed(Refused):
    """The credential may not do that."""


class NotFound(Refused):
    """There is no such thing, for this credential."""


class Conflict(Refused):
    """It cannot be done as things stand."""


class TooManyRequests(Refused):
    """Too much was asked; try again later."""


class Unavailable(Refused):
    """The server cannot do it now."""


_BY_STATUS = {
    400: Invalid,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    429: TooManyRequests,
}


def refusal(status: int, problem: object, retry_after: float | None) -> Refused:
    """The error of an answer that is none."""
    kind = _BY_STATUS.get(status) or (Unavailable if status >= 500 else Refused)
    return kind(status, problem if isinstance(problem, dict) else {}, retry_after)
