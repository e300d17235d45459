"""Where facts lie until the server has said what became of them: a SQLite file, or memory."""

import contextlib
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

BUSY_SECONDS = 0.25
"""How long another process may keep us from writing before a fact goes to memory instead: the host must not wait for long."""
OPEN_SECONDS = 5.0
TURN_SECONDS = 40.0
"""How long a process that stopped without a word may keep a turn, where we can't see that it is gone; longer than any answer is waited for."""

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS facts (
        position   INTEGER PRIMARY KEY AUTOINCREMENT,
        id         TEXT NOT NULL UNIQUE,
        sender     TEXT NOT NULL,
        importance INTEGER NOT NULL,
        body       TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS facts_by_sender ON facts (sender, position);
    CREATE INDEX IF NOT EXISTS facts_by_importance ON facts (importance, position);
    CREATE TABLE IF NOT EXISTS turns (
        sender TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        until  REAL NOT NULL
    );
"""

_of_parents: list[object] = []
"""Connections that were opened before a fork: SQLite forbids to use them after it, and to close them."""


class Fact(NamedTuple):
    position: int
    id: str
    body: str


class Buffer:
    """Facts by their senders, in the order in which they came. What goes wrong is a sqlite3.Error.

    A fact that was added outlives this process; it outlives the machine's power once the operating system has written it.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._holder = f"{os.getpid()}:{secrets.token_hex(8)}"
        self._held: dict[str, float] = {}
        self._db = sqlite3.connect(path or ":memory:", timeout=OPEN_SECONDS, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)
        self._db.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    def take_turn(self, sender: str) -> bool:
        """Whether it is for us to send what this sender has: of the processes that share a file, one does."""
        now = time.time()
        if self._held.get(sender, 0.0) > now + TURN_SECONDS / 2:
            return True
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            held = self._db.execute("SELECT holder FROM turns WHERE sender = ? AND until > ?", [sender, now]).fetchone()
            if held is not None and held[0] != self._holder and _is_alive(held[0]):
                return False
            self._db.execute("DELETE FROM turns WHERE until <= ?", [now])
            self._db.execute("INSERT OR REPLACE INTO turns (sender, holder, until) VALUES (?, ?, ?)", [sender, self._holder, now + TURN_SECONDS])
        self._held[sender] = now + TURN_SECONDS
        return True

    def add(self, id: str, sender: str, importance: int, body: str, most: int) -> int:
        """Keeps a fact; gives how many had to go to make room for it, the least important and newest first."""
        with self._lock, self._db:
            self._db.execute("INSERT OR IGNORE INTO facts (id, sender, importance, body) VALUES (?, ?, ?, ?)", [id, sender, importance, body])
            (span,) = self._db.execute("SELECT coalesce(max(position) - min(position), 0) FROM facts").fetchone()
            if span < most:
                return 0
            (count,) = self._db.execute("SELECT count(*) FROM facts").fetchone()
            gone = self._db.execute(
                "DELETE FROM facts WHERE position IN (SELECT position FROM facts ORDER BY importance DESC, position DESC LIMIT ?)",
                [max(0, count - most)],
            )
            return gone.rowcount

    def senders(self) -> list[str]:
        with self._lock:
            return [sender for (sender,) in self._db.execute("SELECT DISTINCT sender FROM facts")]

    def next(self, sender: str, most: int, most_bytes: int) -> list[Fact]:
        """The oldest facts of a sender: so many, or as many as make so many bytes, but one in any case."""
        with self._lock:
            rows = self._db.execute("SELECT position, id, body FROM facts WHERE sender = ? ORDER BY position LIMIT ?", [sender, most])
            facts: list[Fact] = []
            size = 0
            for row in rows:
                size += len(row[2]) + 1
                if facts and size > most_bytes:
                    break
                facts.append(Fact(*row))
            return facts

    def remove(self, positions: Iterable[int]) -> None:
        with self._lock, self._db:
            self._db.execute("BEGIN")
            self._db.executemany("DELETE FROM facts WHERE position = ?", [[position] for position in positions])

    def newest(self) -> int:
        """The position of the fact that came last; 0 where there is none."""
        with self._lock:
            return self._db.execute("SELECT coalesce(max(position), 0) FROM facts").fetchone()[0]

    def has(self, senders: Sequence[str], until: int) -> bool:
        """Whether anything of these senders lies here that came no later than this position."""
        with self._lock:
            return any(
                self._db.execute("SELECT 1 FROM facts WHERE sender = ? AND position <= ? LIMIT 1", [sender, until]).fetchone() for sender in senders
            )

    def close(self) -> None:
        with self._lock:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("DELETE FROM turns WHERE holder = ?", [self._holder])
            self._db.close()

    def abandon(self) -> None:
        """After a fork, in the child: this is the parent's."""
        _of_parents.append(self)


def _is_alive(holder: str) -> bool:
    """Whether the process that holds a turn may be there. One that seems gone and is not costs facts sent twice, which is harmless."""
    if os.name == "nt":
        return True  # to ask there is to end it
    try:
        os.kill(int(holder.partition(":")[0]), 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
