"""What goes wrong while nobody waits for an answer: said in the host's log, each kind once."""

import logging
import threading

log = logging.getLogger("callwell")


class Complaints:
    def __init__(self) -> None:
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def warn(self, code: str, detail: object) -> None:
        """A warning the first time, for debugging afterwards."""
        with self._lock:
            again = code in self._said
            self._said.add(code)
        log.log(logging.DEBUG if again else logging.WARNING, "%s: %s%s", code, detail, "" if again else " (this is said once)")

    def renew_lock(self) -> None:
        """After a fork: whoever held the lock is not here any more."""
        self._lock = threading.Lock()
