"""Ids of facts and calls: made here, once, so that whatever is sent twice is known to be the same."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = [0, 0]


def uuid7() -> UUID:
    """A new UUIDv7 (RFC 9562): milliseconds, a counter that keeps one process's ids rising within one, and chance."""
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last[0]:
            _last[:] = now, int.from_bytes(os.urandom(2)) & 0x7FF
        elif _last[1] < 0xFFF:
            _last[1] += 1
        else:
            _last[:] = _last[0] + 1, 0
        milliseconds, count = _last
    chance = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=milliseconds << 80 | 0x7 << 76 | count << 64 | 0x2 << 62 | chance)


if hasattr(os, "register_at_fork"):
    # A child must not begin with a lock that a thread of its parent held.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)
