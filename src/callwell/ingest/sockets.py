"""The pages' sockets: facts in, the record out, signals across, and a lease for as long as they are open.

One `Sockets` holds all of a process. Other processes are told over the database which call's presence changed and for whom a signal lies there; like
every hint it may be lost, and whoever is told nothing looks by themselves.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from callwell import errors, ids
from callwell.access.tokens import read_connection_token
from callwell.http import to_json, wire_time
from callwell.ingest import leases, messages as m
from callwell.ingest.facts import Own, Result, read_facts, result_of
from callwell.ingest.leases import Online, Opening
from callwell.joining.answers import page_settings, ways
from callwell.joining.queries import PutOutConnection, list_put_out
from callwell.metrics import SOCKETS
from callwell.postgres.pool import Database, DatabaseError, Tx, execute, fetch_value
from callwell.record.audit import Origin, origin_of
from callwell.record.changes import Hints
from callwell.record.commands import PutOut
from callwell.record.derive import PRESENT
from callwell.record.events import NewEvent, Writer
from callwell.record.ledger import Ledger
from callwell.record.opened import Outcome
from callwell.settings import Settings

log = logging.getLogger(__name__)

CHANNEL = "callwell_sockets"
HELLO_WITHIN = 5.0
CLOSE_WITHIN = 2.0
"""Seconds that a socket which is to be closed has to take what is in its mailbox."""
RENEW_EVERY = 10.0
LOOK_AT_GRANTS_EVERY = 2.0
SIGNALS_KEPT = timedelta(minutes=1)
MOST_BATCHES = 16
"""Batches of one page that wait to be written; one more is sent back."""
MOST_SAMPLE_BATCHES = 4
MESSAGES_PER_SECOND = 200
OUTCOME_BYTES = 100
"""About what one takes in a mailbox."""

Views = Callable[[Tx, UUID], Awaitable[tuple[dict[str, Any], dict[str, Any]]]]
"""A call as its hosts see it, and as the others in it do."""
TakeSamples = Callable[[str, Writer, Sequence[msgspec.Raw], datetime, Own | None], Awaitable[Result]]
"""Takes in what somebody measured: from which source, as whom, what, when it came, and whose it may be."""


class Session:
    """One open socket of one connection."""

    def __init__(self, socket: "WebSocket[Any, Any, Any]", opening: Opening, at: datetime, origin: Origin) -> None:
        self.socket = socket
        self.opening = opening
        self.origin = origin
        self.heard_at = at
        self.mailbox = m.Mailbox()
        self.batches: asyncio.Queue[m.Events] = asyncio.Queue(MOST_BATCHES)
        self.sample_batches: asyncio.Queue[m.Samples] = asyncio.Queue(MOST_SAMPLE_BATCHES)
        """Apart, so that samples never hold up facts."""
        self.version = -1
        self.online: list[Online] | None = None
        self.is_welcome = False
        """Whether it was told whether it waits; that it waits no longer comes after that."""
        self.closing: tuple[int, str] | None = None
        self._is_closing = asyncio.Event()
        self._wake = asyncio.Event()
        self._second = 0
        self._said = 0

    @property
    def call_id(self) -> UUID:
        return self.opening.call_id

    @property
    def connection_id(self) -> UUID:
        return self.opening.connection_id

    @property
    def is_waiting(self) -> bool:
        """Whether it waits to be let in."""
        return self.opening.is_waiting

    def seen(self, online: Iterable[Online]) -> list[Online]:
        """Who is there as this page is told: how good everybody's connection is, and why of its own."""
        return [
            one if one.quality is None or one.connection == self.connection_id else msgspec.structs.replace(one, quality=one.quality.in_brief)
            for one in online
        ]

    def say(self, message: dict[str, Any], *, only_newest: bool = False, size: int = 0) -> None:
        """Puts it into the mailbox. Who does not read is let go; they come back and are told how things stand."""
        if not self.mailbox.put(message, only_newest=only_newest, size=size):
            self.close(m.TOO_MUCH, "slow")
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Ends the socket once what is in the mailbox was sent; soon in any case. Nothing is heard of it any more."""
        if self.closing is None:
            self.closing = (code, reason)
        self._is_closing.set()
        self._wake.set()

    def is_flooding(self) -> bool:
        second = int(time.monotonic())
        self._second, self._said = (second, self._said + 1) if second == self._second else (second, 1)
        return self._said > MESSAGES_PER_SECOND

    async def deliver(self) -> None:
        """Sends what is in the mailbox, until the socket is to be closed."""
        while True:
            while (message := self.mailbox.take()) is not None:
                await self.socket.send_data(to_json(message), mode="text")
            if self.closing is not None:
                await self.socket.close(code=self.closing[0], reason=self.closing[1])
                return
            self._wake.clear()
            await self._wake.wait()

    async def cut_off(self) -> None:
        """Ends when a socket that is to be closed has had its time: who does not read does not hear of it."""
        await self._is_closing.wait()
        await asyncio.sleep(CLOSE_WITHIN)


class Sockets:
    """All open sockets of this process."""

    def __init__(self, db: Database, ledger: Ledger, hints: Hints, settings: Settings, views: Views, take_samples: TakeSamples) -> None:
        self.holder = ids.uuid7()
        """This process, in its leases."""
        self._db = db
        self._ledger = ledger
        self._hints = hints
        self._settings = settings
        self._views = views
        self._take_samples = take_samples
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._sessions: dict[UUID, Session] = {}
        self._of_call: dict[UUID, set[Session]] = {}
        self._changed: set[UUID] = set()
        self._changed_wake = asyncio.Event()
        self._presence_subscribers: set[Callable[[UUID], None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Sockets"]:
        work = (self._renew, self._look_at_grants, self._listen, self._push)
        tasks = [asyncio.create_task(again_after_failure(one), name=f"sockets-{one.__name__.strip('_')}") for one in work]
        with self._hints.subscribed(self._hear_of_changes):
            try:
                yield self
            finally:
                for session in list(self._sessions.values()):
                    session.close(m.GOING_AWAY, "restarting")
                await stop(tasks)

    @contextlib.contextmanager
    def presence_subscribed(self, tell: Callable[[UUID], None]) -> Iterator[None]:
        """``tell`` hears of calls, in whichever process, when it changed who is online in them or how good their connections are."""
        self._presence_subscribers.add(tell)
        try:
            yield
        finally:
            self._presence_subscribers.discard(tell)

    def __len__(self) -> int:
        return len(self._sessions)

    # ── One socket ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def serve(self, socket: "WebSocket[Any, Any, Any]") -> None:
        """From the challenge to the close."""
        if not is_allowed_origin(socket.headers.get("origin"), socket.headers.get("host"), self._settings):
            await socket.close(code=m.PUT_OUT, reason="origin")
            return
        await socket.accept()
        session: Session | None = None
        try:
            session = await self._greet(socket)
            if session is not None:
                await self._hold(session)
        except (errors.DatabaseUnavailable, DatabaseError) as why:
            log.warning("a socket could not be served: %r", why)
            with contextlib.suppress(Exception):
                await socket.close(code=m.GOING_AWAY, reason="unavailable")
        except WebSocketDisconnect:
            pass
        finally:
            if session is not None:
                await self._let_go(session)

    async def _greet(self, socket: "WebSocket[Any, Any, Any]") -> Session | None:
        """The hello, and what comes of it: a session, or a closed socket."""
        asked_at = _milliseconds()
        await socket.send_data(to_json({"type": "challenge", "at": asked_at}), mode="text")
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                said = await socket.receive_data(mode="text")
            hello = m.read_hello(_text(said))
        except (TimeoutError, msgspec.MsgspecError, UnicodeError):
            await socket.close(code=m.NO_TOKEN, reason="hello")
            return None
        heard_at = _milliseconds()
        known = read_connection_token(self._settings.key, hello.token)
        if known is None or hello.at != asked_at:
            await socket.close(code=m.NO_TOKEN, reason="token")
            return None
        at = _now()
        offset = clock_offset(asked_at, hello.now, heard_at)
        async with self._db.transaction() as tx:
            opening = await leases.find_opening(tx, *known)
            refused = why_not(opening, at)
            if refused is None and opening is not None:
                await leases.open_lease(tx, opening, self.holder, offset, at, at + self._lease)
        if refused is not None or opening is None:
            code, reason = refused or (m.NO_TOKEN, "token")
            if code == m.PUT_OUT:
                why = errors.Refused() if opening is not None and opening.status == "refused" else errors.Revoked()
                await socket.send_data(to_json({"type": "out", "code": why.code, "detail": why.detail}), mode="text")
            await socket.close(code=code, reason=reason)
            return None
        origin = origin_of(socket.scope, self._settings, socket.app.state["deployed"].ip_policy)
        return Session(socket, msgspec.structs.replace(opening, clock_offset_ms=offset), at, origin)

    async def _hold(self, session: Session) -> None:
        self._add(session)
        await self._welcome(session)
        await self._tell_others(f"p:{session.call_id}")
        await self._tell_others(f"r:{session.connection_id}:{self.holder}")
        work = (session.deliver(), session.cut_off(), self._write_facts(session), self._write_samples(session), self._hear(session))
        tasks = [asyncio.create_task(one) for one in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # What the page has sent is written, whether or not it hears of it.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await session.batches.join()
                    await session.sample_batches.join()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            if not task.cancelled() and (why := task.exception()) is not None and not isinstance(why, WebSocketDisconnect):
                log.warning("a socket ended: %r", why)

    def _add(self, session: Session) -> None:
        before = self._sessions.get(session.connection_id)
        if before is not None:
            before.close(m.GIVEN_UP, "replaced")
        self._sessions[session.connection_id] = session
        self._of_call.setdefault(session.call_id, set()).add(session)
        SOCKETS.labels("sdk").set(len(self._sessions))

    async def _let_go(self, session: Session) -> None:
        of_call = self._of_call.get(session.call_id, set())
        of_call.discard(session)
        if not of_call:
            self._of_call.pop(session.call_id, None)
        if self._sessions.get(session.connection_id) is session:
            del self._sessions[session.connection_id]
            SOCKETS.labels("sdk").set(len(self._sessions))
            with contextlib.suppress(errors.DatabaseUnavailable, DatabaseError):
                async with self._db.transaction() as tx:
                    await leases.close_lease(tx, session.call_id, session.connection_id, self.holder, _now(), session.heard_at + self._lease)

    async def _welcome(self, session: Session) -> None:
        about = {
            "type": "welcome",
            "waiting": session.is_waiting,
            "connection": session.connection_id,
            "participant": session.opening.participant_id,
            "heartbeat_seconds": self._settings.heartbeat_seconds,
        }
        if not session.is_waiting:
            async with self._db.connection() as tx:
                call = _as_seen(session, await self._views(tx, session.call_id))
                session.online = session.seen(await leases.list_online(tx, session.call_id, _now()))
            session.version = call["version"]
            about |= {"sample_seconds": call["settings"]["sample_seconds"], "call": call, "online": session.online}
        session.say({**about, "server_time": wire_time(_now())})
        session.is_welcome = True
        if session.is_waiting:
            # Who was let in between the hello and now has to hear of it.
            self._hear_of_changes({session.call_id})

    async def _receive(self, session: Session) -> str:
        """The next that the page says. It says nothing any more once its socket is to be closed, as it is when its lease has run out."""
        try:
            async with asyncio.timeout(self._settings.lease_seconds):
                text = _text(await session.socket.receive_data(mode="text"))
        except TimeoutError:
            text = ""
            session.close(m.SILENT, "silent")
        if session.closing is not None:
            await asyncio.Event().wait()
        return text

    async def _hear(self, session: Session) -> None:
        while True:
            text = await self._receive(session)
            session.heard_at = _now()
            if session.is_flooding():
                session.close(m.TOO_MUCH, "flood")
                continue
            try:
                said = m.read_said(text)
            except (msgspec.MsgspecError, RecursionError) as why:
                session.say({"type": "error", "code": "socket.not_understood", "detail": str(why)[:300]})
                continue
            if len(text) > m.MESSAGE_BYTES and not isinstance(said, m.Events | m.Samples):
                session.close(m.NO_MESSAGE, "size")
                continue
            match said:
                case m.Heartbeat():
                    session.say({"type": "heartbeat", "server_time": wire_time(session.heard_at)}, only_newest=True)
                case m.Events():
                    _put(session, session.batches, said)
                case _ if session.is_waiting:
                    session.say({"type": "error", "code": errors.StillWaiting.code, "detail": errors.StillWaiting().detail})
                case m.Samples():
                    _put(session, session.sample_batches, said)
                case m.Signal():
                    await self._signal(session, said)
                case m.Resync():
                    async with self._db.connection() as tx:
                        await self._push_to(tx, session.call_id, [session], always=True)

    async def _write_facts(self, session: Session) -> None:
        """Takes facts into the ledger, and answers once they are durable."""

        async def take(batch: m.Events, received_at: datetime) -> Sequence[Outcome]:
            read = read_facts(batch.events, received_at, session.opening.own)
            facts = [fact for fact in read if isinstance(fact, NewEvent)]
            written = await self._ledger.append(f"sdk:{session.connection_id}", Writer.CLIENT, facts, received_at=received_at, origin=session.origin)
            return result_of(read, written).outcomes

        await _write(session, session.batches, take)

    async def _write_samples(self, session: Session) -> None:
        """The same with samples."""

        async def take(batch: m.Samples, received_at: datetime) -> Sequence[Outcome]:
            source = f"sdk:{session.connection_id}"
            return (await self._take_samples(source, Writer.CLIENT, batch.samples, received_at, session.opening.own)).outcomes

        await _write(session, session.sample_batches, take)

    # ── Signals ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _signal(self, session: Session, said: m.Signal) -> None:
        """To a page of the same call, wherever its socket is."""
        there = self._sessions.get(said.to)
        if there is not None and there.call_id == session.call_id and not there.is_waiting:
            there.say({"type": "signal", "from": session.connection_id, "body": said.body}, size=len(bytes(said.body)))
            return
        async with self._db.transaction() as tx:
            held_elsewhere = await fetch_value(
                tx,
                """
                SELECT true FROM leases JOIN grants USING (call_id, connection_id)
                WHERE call_id = %s AND connection_id = %s AND holder <> %s AND closed_at IS NULL AND expires_at > %s AND NOT is_waiting LIMIT 1
                """,
                [session.call_id, said.to, self.holder, _now()],
            )
            if held_elsewhere:
                id = ids.uuid7()
                await execute(
                    tx,
                    "INSERT INTO signals (id, call_id, from_id, to_id, body, created_at) VALUES (%s, %s, %s, %s, %s, %s)",
                    [id, session.call_id, session.connection_id, said.to, bytes(said.body).decode(), _now()],
                )
                await execute(tx, "SELECT pg_notify(%s, %s)", [CHANNEL, f"s:{said.to}:{id}"])
        if not held_elsewhere:
            session.say({"type": "unreachable", "to": said.to})

    async def _deliver_signal(self, to: UUID, id: UUID) -> None:
        session = self._sessions.get(to)
        if session is None or session.is_waiting:
            return
        async with self._db.transaction() as tx:
            cursor = await tx.execute("DELETE FROM signals WHERE id = %s AND to_id = %s RETURNING from_id, body", [id, to])
            row = await cursor.fetchone()
        if row is not None:
            session.say({"type": "signal", "from": row[0], "body": msgspec.Raw(row[1].encode())}, size=len(row[1]))

    # ── What is told ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _hear_of_changes(self, call_ids: set[UUID] | None) -> None:
        self._changed |= set(self._of_call) if call_ids is None else call_ids & set(self._of_call)
        if self._changed:
            self._changed_wake.set()

    async def _push(self) -> None:
        """Tells the pages of calls that changed how they stand, each call read once however many look at it."""
        while True:
            await self._changed_wake.wait()
            self._changed_wake.clear()
            while self._changed:
                call_id = self._changed.pop()
                async with self._db.connection() as tx:
                    await self._push_to(tx, call_id, list(self._of_call.get(call_id, ())))

    async def _push_to(self, tx: Tx, call_id: UUID, sessions: Sequence[Session], *, always: bool = False) -> None:
        views = await self._views(tx, call_id)
        online = await leases.list_online(tx, call_id, _now())
        inside = [session for session in sessions if not session.is_waiting]
        if waiting := [session for session in sessions if session.is_waiting and session.is_welcome]:
            await self._tell_waiting(tx, call_id, waiting, views, online)
        for session in inside:
            call = _as_seen(session, views)
            if always or call["version"] > session.version:
                session.version = call["version"]
                session.say({"type": "call", "version": call["version"], "call": call}, only_newest=True)
            if always or session.seen(online) != session.online:
                session.online = session.seen(online)
                session.say({"type": "presence", "online": session.online}, only_newest=True)

    async def _tell_waiting(
        self, tx: Tx, call_id: UUID, waiting: Sequence[Session], views: tuple[dict[str, Any], dict[str, Any]], online: list[Online]
    ) -> None:
        """Who was let in is told all that the others know; a call that is over is waited for in vain."""
        let_in = {one.connection_id: one for one in await leases.list_let_in(tx, call_id, [session.connection_id for session in waiting])}
        call = views[1]
        for session in waiting:
            one = let_in.get(session.connection_id)
            if one is not None and session.is_waiting:
                session.opening = msgspec.structs.replace(session.opening, is_waiting=False, created_at=one.since, connect_until=one.connect_until)
                session.version, session.online = call["version"], session.seen(online)
                session.say(
                    {
                        "type": "admitted",
                        "ice_servers": ways(self._settings, session.opening.participant_id, _now()),
                        "connect_until": wire_time(one.connect_until),
                        "settings": page_settings(self._settings, call["settings"]),
                        "call": call,
                        "online": session.online,
                    }
                )
            elif call["ended_at"] is not None:
                session.say({"type": "out", "code": errors.CallOver.code, "detail": errors.CallOver().detail})
                session.close(m.PUT_OUT, "over")

    async def _tell_others(self, hint: str) -> None:
        async with self._db.connection() as tx:
            await execute(tx, "SELECT pg_notify(%s, %s)", [CHANNEL, hint])

    async def _listen(self) -> None:
        async for heard in self._db.listen(CHANNEL):
            if heard is None:
                self._hear_of_changes(None)
                continue
            kind, _, rest = heard.partition(":")
            if kind == "p":
                self._hear_of_changes({UUID(rest)})
                for tell in self._presence_subscribers:
                    tell(UUID(rest))
            elif kind == "s":
                to, _, id = rest.partition(":")
                await self._deliver_signal(UUID(to), UUID(id))
            elif kind == "r":
                connection_id, _, holder = rest.partition(":")
                session = self._sessions.get(UUID(connection_id))
                if session is not None and UUID(holder) != self.holder:
                    session.close(m.GIVEN_UP, "replaced")
            elif kind == "o":
                call_id, connection_id, holder = rest.split(":")
                if UUID(holder) != self.holder:
                    self._close_peer(UUID(call_id), UUID(connection_id))

    # ── Leases and grants ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _renew(self) -> None:
        every = min(RENEW_EVERY, self._settings.lease_seconds / 4)
        while True:
            await asyncio.sleep(every)
            expiries = {(s.call_id, s.connection_id): s.heard_at + self._lease for s in self._sessions.values()}
            async with self._db.transaction() as tx:
                await leases.renew_leases(tx, self.holder, expiries)

    async def _look_at_grants(self) -> None:
        """Puts out whoever may stay no longer; their peers are told to let go of them too."""
        while True:
            await asyncio.sleep(LOOK_AT_GRANTS_EVERY)
            # Who waits is told nothing by anything but being let in: a hint that was lost must not keep them outside.
            self._hear_of_changes({session.call_id for session in self._sessions.values() if session.is_waiting})
            open_ones = [(s.call_id, s.connection_id) for s in self._sessions.values() if s.closing is None]
            if not open_ones:
                continue
            at = _now()
            for out in await list_put_out(self._db, open_ones, at):
                if out.why == "window_closed":
                    async with self._db.transaction() as tx:
                        over = PutOut(id=ids.uuid7(), connections=(out.connection_id,), reason="window_closed")
                        await self._ledger.command(tx, out.call_id, over, at)
                session = self._sessions.get(out.connection_id)
                if session is not None and session.closing is None:
                    await self._put_out(session, _why_out(out))

    async def _put_out(self, session: Session, why: errors.CallwellError) -> None:
        session.say({"type": "out", "code": why.code, "detail": why.detail})
        session.close(m.PUT_OUT, "put out")
        if session.is_waiting:
            return
        self._close_peer(session.call_id, session.connection_id)
        await self._tell_others(f"o:{session.call_id}:{session.connection_id}:{self.holder}")

    def _close_peer(self, call_id: UUID, connection_id: UUID) -> None:
        for other in self._of_call.get(call_id, ()):
            if other.connection_id != connection_id and not other.is_waiting:
                other.say({"type": "close_peer", "connection": connection_id})


# ── What a page sends ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

Batch = TypeVar("Batch", m.Events, m.Samples)


def _put(session: Session, batches: "asyncio.Queue[Batch]", batch: Batch) -> None:
    try:
        batches.put_nowait(batch)
    except asyncio.QueueFull:
        session.say({"type": "retry", "seq": batch.seq, "after_ms": 1000, "code": errors.Overloaded.code})


async def _write(session: Session, batches: "asyncio.Queue[Batch]", take: Callable[[Batch, datetime], Awaitable[Sequence[Outcome]]]) -> None:
    """Takes batches one after the other, and answers each once it is durable."""
    while True:
        batch = await batches.get()
        try:
            outcomes = await take(batch, _now())
            session.say({"type": "outcomes", "seq": batch.seq, "outcomes": outcomes}, size=OUTCOME_BYTES * len(outcomes))
        except errors.CallwellError as why:
            session.say({"type": "retry", "seq": batch.seq, "after_ms": (why.retry_after or 1) * 1000, "code": why.code})
        except Exception:
            log.exception("what a socket sent was not written")
            session.say({"type": "retry", "seq": batch.seq, "after_ms": 5000, "code": "error"})
        finally:
            batches.task_done()


# ── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def why_not(opening: Opening | None, at: datetime) -> tuple[int, str] | None:
    """Why a connection may not open its socket: the code to close with. None where it may."""
    if opening is None:
        return m.NO_TOKEN, "token"
    if (opening.revoked_at is not None and opening.revoked_at <= at) or (opening.closes_at is not None and opening.closes_at <= at):
        return m.PUT_OUT, "put out"
    if opening.ended_at is not None or opening.status not in (*PRESENT, "unseen"):
        return m.GIVEN_UP, "over"
    if not opening.was_held and opening.connect_until <= at:
        return m.GIVEN_UP, "late"
    return None


def _as_seen(session: Session, views: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """The call as this page may see it."""
    hosts, others = views
    return hosts if session.opening.is_host else others


def _why_out(out: PutOutConnection) -> errors.CallwellError:
    if out.why == "window_closed":
        return errors.TooLate(closes_at=out.closes_at)
    return errors.Refused() if out.why == "refused" else errors.Revoked()


def clock_offset(asked_at: int, page_now: float, heard_at: int) -> int:
    """By how many milliseconds the page's clock is ahead of ours: it was read half-way between asking and hearing, as far as we can tell.

    What lies within that uncertainty counts as none.
    """
    round_trip = heard_at - asked_at
    try:
        offset = round(page_now - (asked_at + round_trip / 2))
    except (OverflowError, ValueError):
        return 0
    return 0 if abs(offset) <= round_trip / 2 or abs(offset) > 10 * 365 * 86_400_000 else offset


def is_allowed_origin(origin: str | None, host: str | None, settings: Settings) -> bool:
    """Whether a page from there may open the socket. What is no browser says no origin; a token it needs all the same."""
    if origin is None:
        return True
    return origin in settings.allowed_origins or origin == settings.public_url or urlsplit(origin).netloc == host


async def again_after_failure(work: Callable[[], Awaitable[None]]) -> None:
    """A task that must not end: what makes it fail is logged, and it begins again."""
    while True:
        try:
            await work()
        except (errors.DatabaseUnavailable, DatabaseError) as why:
            log.warning("%s: %r", work.__name__, why)
        except Exception:
            log.exception("%s failed", work.__name__)
        await asyncio.sleep(0.5)


async def stop(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Ends tasks, whatever they are at: what waits for the database can lose one cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1)


def _text(said: str | bytes) -> str:
    return said if isinstance(said, str) else said.decode()


def _now() -> datetime:
    return datetime.now(UTC)


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000
