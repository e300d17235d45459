"""Facts on their way: kept first, then sent by a thread, and again until the server has said what became of them. Nothing here raises."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from callwell.client.buffer import Buffer, Fact
from callwell.client.complaints import Complaints
from callwell.client.ids import uuid7
from callwell.client.requests import AGENT, backoff, retry_after, to_json, wire_time

MOST_FACTS = 100_000
"""Facts that wait at most. Beyond it the least important go first."""
MOST_AT_ONCE = 500
BATCH_BYTES = 1 << 20
PATIENCE = 15.0
"""Seconds that an answer is waited for."""
REFUSED_CREDENTIAL_SECONDS = 60.0
"""A credential that was refused is not tried again before: it may have been a mistake of the server's, but not for long."""
LOOK_EVERY = 1.0
"""Seconds after which it is looked whether another process that shares the file has put something into it."""


class Lane:
    """What is known of sending for one sender."""

    def __init__(self) -> None:
        self.not_before = 0.0
        self.attempt = 0
        self.most = MOST_AT_ONCE

    def pause(self, at_least: float = 0.0) -> None:
        self.not_before = time.monotonic() + max(at_least, backoff(self.attempt), 0.05)
        self.attempt += 1


class Outbox:
    """The facts of one `Callwell`."""

    def __init__(self, url: str, key: str, path: str | Path | None, complaints: Complaints) -> None:
        self._url = url
        self._key = key
        self._path = Path(path) if path is not None else None
        self._complaints = complaints
        # An API key is not written down: facts without a token are sent with whichever key is there. A connection's are its token's alone.
        self._sender = f"{url}\n{key if key.startswith('cwc_') else ''}"
        self.is_of_connection = key.startswith("cwc_")
        """Whether the credential speaks for one connection, of which all facts are."""
        self._open()
        if self._path is not None:
            self._run_thread()

    def _open(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._settled = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._lanes: dict[str, Lane] = {}
        self._last_at = datetime.min.replace(tzinfo=UTC)
        self._disk: Buffer | None = None
        self._memory: Buffer | None = None
        if self._path is not None:
            try:
                self._disk = Buffer(self._path)
            except (sqlite3.Error, OSError) as why:
                self._complaints.warn("buffer.unusable", f"{self._path}: {why}; facts lie in memory")

    # ── What the host calls ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def tell(
        self,
        type: str,
        data: Mapping[str, Any],
        *,
        call_id: str | None = None,
        participant: str | None = None,
        connection: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Keeps a fact, and has it sent."""
        try:
            self._after_fork()
            with self._lock:
                # Facts told one after the other happened so, also where the clock was put back in between.
                self._last_at = occurred_at = max(datetime.now(UTC), self._last_at)
                fact = {"id": str(uuid7()), "type": type, "occurred_at": wire_time(at or occurred_at), "data": data}
            about = {"call_id": call_id, "participant": participant, "connection": connection}
            fact |= {name: value for name, value in about.items() if value is not None}
            self._keep(fact["id"], type, to_json(fact).decode())
        except Exception as why:  # noqa: BLE001 the host's call must go on, whatever is wrong here
            self._complaints.warn("fact.lost", f"{type}: {why!r}")

    def flush(self, timeout: float) -> bool:
        """Tries again at once what waits; whether all that was kept before has been taken within that time."""
        try:
            self._after_fork()
            with self._lock:
                if self._stopping:
                    return False
                marks = [(buffer, buffer.newest()) for buffer in self._buffers]
                for lane in self._lanes.values():
                    lane.not_before, lane.attempt = 0.0, 0
            if not self._has_any(marks):
                return True
            self._run_thread()
            until = time.monotonic() + timeout
            while self._has_any(marks):
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._settled.clear()
                self._wake.set()
                self._settled.wait(min(left, 0.05))
        except Exception as why:  # noqa: BLE001
            self._complaints.warn("flush.failed", repr(why))
            return False
        return True

    def close(self, timeout: float) -> None:
        """Flushes for so long, and stops."""
        try:
            self._after_fork()
            if self._stopping:
                return
            self.flush(timeout)
            with self._lock:
                self._stopping = True
                thread, self._thread = self._thread, None
            self._wake.set()
            if thread is not None and thread is not threading.current_thread():
                thread.join(PATIENCE if timeout > PATIENCE else max(timeout, 0.5))
            if self._memory is not None and self._memory.has([self._sender], self._memory.newest()):
                self._complaints.warn("facts.lost", "facts that lay in memory were not taken before close()")
            if thread is not None and thread.is_alive():
                return  # it waits for an answer, and stops with it
            for buffer in self._buffers:
                buffer.close()
        except Exception as why:  # noqa: BLE001
            self._complaints.warn("close.failed", repr(why))

    # ── Keeping ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _after_fork(self) -> None:
        """In a child process nothing of the parent's is used: neither locks, nor its thread, nor its connections to the file."""
        if self._pid == os.getpid():
            return
        for buffer in self._buffers:
            buffer.abandon()
        self._complaints.renew_lock()
        self._open()

    def _keep(self, id: str, type: str, body: str) -> None:
        with self._lock:
            if self._stopping:
                return self._complaints.warn("closed", f"{type} was told after close()")
            dropped = self._write(id, type, body)
        if dropped:
            self._complaints.warn("facts.dropped", f"more than {MOST_FACTS} facts wait; the least important are dropped")
        self._run_thread()
        return self._wake.set()

    def _write(self, id: str, type: str, body: str) -> int:
        """To the file, or, where that fails, to memory. Gives how many facts had to go for it."""
        if self._disk is not None:
            try:
                return self._disk.add(id, self._sender, importance(type), body, MOST_FACTS)
            except sqlite3.Error as why:
                self._complaints.warn("buffer.unwritable", f"{why}; facts lie in memory")
        if self._memory is None:
            self._memory = Buffer(None)
        return self._memory.add(id, self._sender, importance(type), body, MOST_FACTS)

    @property
    def _buffers(self) -> list[Buffer]:
        return [buffer for buffer in (self._disk, self._memory) if buffer is not None]

    # ── Sending ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _run_thread(self) -> None:
        with self._lock:
            if not self._stopping and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="callwell", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError as why:  # the interpreter is about to end
                    self._complaints.warn("sending.failed", f"{why}; facts are kept")

    def _run(self) -> None:
        with httpx.Client(timeout=PATIENCE, headers={"User-Agent": AGENT}) as http:
            while not self._stopping:
                self._wake.clear()
                try:
                    wait = self._send_round(http)
                except Exception as why:  # noqa: BLE001 a thread that ends sends nothing any more
                    self._complaints.warn("sending.failed", repr(why))
                    wait = 5.0 * random.random() + 1.0  # noqa: S311
                self._settled.set()
                if wait > 0:
                    self._wake.wait(wait)

    def _send_round(self, http: httpx.Client) -> float:
        """One batch of every sender that has something and need not wait. Gives the seconds until there may be more to do."""
        wait = LOOK_EVERY if self._disk is not None else 60.0
        for buffer in self._buffers:
            for sender in self._sendable(buffer.senders()):
                if not buffer.take_turn(sender):
                    continue
                lane = self._lanes.setdefault(sender, Lane())
                left = lane.not_before - time.monotonic()
                if left <= 0 and (batch := buffer.next(sender, lane.most, BATCH_BYTES)):
                    self._settle(buffer, sender, lane, batch, self._post(http, sender, batch))
                    left = lane.not_before - time.monotonic()
                wait = min(wait, max(left, 0.0))
                if self._stopping:
                    return 0.0
        return wait

    def _sendable(self, senders: Sequence[str]) -> list[str]:
        """Ours, and those of connections that were told of before, which their own tokens speak for."""
        return [sender for sender in senders if sender == self._sender or not sender.endswith("\n")]

    def _post(self, http: httpx.Client, sender: str, batch: Sequence[Fact]) -> httpx.Response | None:
        """None where there was no answer."""
        url, _, token = sender.partition("\n")
        body = '{"events":[' + ",".join(fact.body for fact in batch) + "]}"
        headers = {"Authorization": f"Bearer {token or self._key}", "Content-Type": "application/json"}
        try:
            return http.post(f"{url}/v1/events", content=body.encode(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as why:
            self._complaints.warn("server.unreachable", f"{url}: {why or type(why).__name__}; facts are kept and sent later")
            return None

    def _settle(self, buffer: Buffer, sender: str, lane: Lane, batch: Sequence[Fact], answer: httpx.Response | None) -> None:
        if answer is None:
            return lane.pause()
        outcomes = _outcomes(answer)
        if outcomes:
            settled = [fact.position for fact in batch if fact.id in outcomes]
            for fact in batch:
                code = outcomes.get(fact.id)
                if code:
                    self._complaints.warn(f"fact.rejected: {code}", fact.body[:300])
            if not settled:
                return lane.pause()
            lane.attempt, lane.most = 0, min(MOST_AT_ONCE, lane.most * 2)
            return buffer.remove(settled)
        if answer.status_code in (400, 413, 422):
            if len(batch) > 1:
                lane.most = (len(batch) + 1) // 2  # one of them is to blame: smaller and smaller batches, and the others get through
                return None
            self._complaints.warn("fact.refused", f"{answer.text[:300]}: {batch[0].body[:300]}")
            return buffer.remove([batch[0].position])
        if answer.status_code in (401, 403):
            if sender != self._sender:
                self._complaints.warn("facts.too_late", "facts of an earlier connection were refused: its token has run out")
                return buffer.remove([fact.position for fact in batch])
            self._complaints.warn("credential.refused", f"{answer.status_code}: {answer.text[:300]}; facts are kept")
            return lane.pause(REFUSED_CREDENTIAL_SECONDS)
        self._complaints.warn("server.unavailable", f"{answer.status_code}; facts are kept and sent later")
        return lane.pause(retry_after(answer.headers) or 0.0)

    def _has_any(self, marks: Sequence[tuple[Buffer, int]]) -> bool:
        return any(buffer.has([self._sender], until) for buffer, until in marks)


def importance(type: str) -> int:
    """What goes last when there is no room, 0, and first, 4: who was there when; what they did; how they used it; the host's own and who spoke."""
    if type in ("participant.left", "participant.failed") or type.startswith("call."):
        return 0
    if type.startswith(("participant.", "consent.")):
        return 1
    if type in ("media.changed", "issue.reported", "rating.submitted", "error.occurred"):
        return 2
    return 4 if type.startswith("custom.") or type == "speaker.spoke" else 3


def _outcomes(answer: httpx.Response) -> dict[str, str | None]:
    """Of each fact that was taken or rejected its code, None where it was taken. Empty for an answer that says nothing of them."""
    if answer.status_code != 200:
        return {}
    try:
        return {one["id"]: one.get("code") if one["outcome"] == "rejected" else None for one in answer.json()["outcomes"] if one["id"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
