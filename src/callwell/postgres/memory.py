"""How much memory the embedded PostgreSQL keeps pages in."""

import contextlib
import os
from pathlib import Path

MIB = 1024 * 1024
LEAST, MOST = 128 * MIB, 1024 * MIB
"""PostgreSQL's own default; and what lists need of a million calls, above which whoever runs so much has a PostgreSQL of their own."""

LIMITS = ("memory.max", "memory.limit_in_bytes")
"""What a control group may have, in both versions of them; where there is no limit, ``max`` or more than any machine has."""


def shared_buffers(memory: int) -> int:
    """Bytes for pages that PostgreSQL keeps, of so many bytes in all: an eighth, as the server and the system's own cache want theirs.

    PostgreSQL's manual (19.4.1) has a quarter for a machine that does nothing else.
    """
    return min(MOST, max(LEAST, memory // 8))


def allowed_memory(proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that we may use: what the machine has, or less where the control group of a container or of a service allows less."""
    allowed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for group in _groups(proc, cgroups):
        for name in LIMITS:
            with contextlib.suppress(OSError, ValueError):  # there is none, or it says ``max``
                allowed = min(allowed, int((group / name).read_text()))
    return allowed


def _groups(proc: Path, cgroups: Path) -> list[Path]:
    """Our group and those around it. In a container the outermost is its own, and the path that the kernel gives may not be there."""
    found: list[Path] = []
    with contextlib.suppress(OSError):
        for line in (proc / "self" / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in ("", "memory"):
                top = cgroups / controllers
                own = top / path.lstrip("/")
                found += [group for group in (own, *own.parents) if group.is_relative_to(top)]
    return found
