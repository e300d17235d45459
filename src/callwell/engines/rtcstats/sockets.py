"""The sockets of rtcstats clients: entries in, and word of how far they are kept.

The protocol is that of @jitsi/rtcstats (trace-ws.js): the client says ``identity``, ``stats-entry``, ``keepalive`` and ``close``, each with the session
that it is about; entries carry numbers. The server says ``{"type": "sn", "body": {"value", "state"}}``: the highest number that it keeps, first of all
as ``initial``, which lets the client begin after it, and then as ``ack``, whereupon the client forgets what it held for the case that it must come back.
A client that closes with 3001 has left the conference; on 3002 it would not come back. On every other end it tries for ten minutes.
"""

import asyncio
import contextlib
import hmac
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect
from msgspec import Struct

from callwell import errors
from callwell.engines.rtcstats import sessions as kept
from callwell.engines.rtcstats.dumps import KEPT_LIMIT, BadEntry, Entry, Reader, read_entry
from callwell.engines.rtcstats.sessions import ENTRY_BYTES, LAST_NUMBER, SESSION_ID, Numbered, Opening, Session, number_of
from callwell.engines.rtcstats.telling import AT_ONCE, Teller
from callwell.engines.rtcstats.translate import UNWANTED, Told, Translator
from callwell.http import to_json
from callwell.ingest.sockets import again_after_failure, stop
from callwell.metrics import SOCKETS
from callwell.planning.deployed import Deployed
from callwell.postgres.pool import Database, DatabaseError
from callwell.quality.actions import Samples
from callwell.record.events import Writer
from callwell.record.ledger import Ledger
from callwell.settings import Settings

log = logging.getLogger(__name__)

PROTOCOL = re.compile(r"3\.\d{1,3}_(STANDARD|LEGACY|JVB|JICOFO|JIGASI|JIBRI)\Z")
LEFT = 3001
"""The client has left the conference."""
NOT_AGAIN = 3002
"""What was sent does not fit together; a client that is told so does not come back."""
GOING_AWAY, TRY_LATER = 1012, 1013
NO_PROTOCOL, NO_TOKEN, SILENT, SHUT = 4400, 4401, 4408, 4410

SILENT_AFTER = 60.0
RETURN_WITHIN = timedelta(minutes=11)
"""Clients try for ten minutes to come back."""
LOOK_EVERY = 30.0
FORGET_EVERY = 3600.0
NOTE_EVERY = timedelta(minutes=1)
MOST_SESSIONS_OF_SOCKET = 100
MOST_SESSIONS = 5_000
MOST_WEIGHT = 512 << 20
"""Bytes that all sessions of a process may come to in memory; beyond it new ones are sent away for a while."""
MOST_PENDING = 2 << 20
"""Bytes of one client that wait to be written; it is not read from meanwhile."""
_UNWANTED = re.compile(rb'\s*\[\s*"(%b)"\s*,' % "|".join(sorted(UNWANTED)).encode())


class Said(Struct, frozen=True):
    """A message of a client, before its data is looked at."""

    statsSessionId: str  # noqa: N815 the client's word
    type: str
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Live(Struct, eq=False):
    """A session whose socket this process holds, and how far it is understood."""

    id: str
    lock: asyncio.Lock
    holders: int = 0
    session: Session | None = None
    reader: Reader = msgspec.field(default_factory=Reader)
    translator: Translator | None = None
    understood: int = 0
    """The number of the newest entry that the translator has read."""
    call_id: UUID | None = None
    is_stale: bool = False
    """An entry came after later ones: in the end all are read again in order."""
    noted_at: datetime | None = None
    weight: int = 0
    skipped: Counter[str] = msgspec.field(default_factory=Counter)

    def forget(self) -> None:
        """What was understood; it is read again from what is kept."""
        self.translator, self.reader, self.understood, self.weight = None, Reader(), 0, 0


class _Client(Struct, eq=False):
    """One open socket."""

    socket: Any
    opening: Opening
    session_id: str | None
    live: dict[str, _Live] = {}
    pending: list[tuple[str, str, bytes]] = []
    pending_bytes: int = 0
    over: set[str] = set()
    wake: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    drained: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    closing: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    has_left: bool = False
    is_ended: bool = False


class Rtcstats:
    """All rtcstats clients of this process."""

    def __init__(self, db: Database, ledger: Ledger, samples: Samples, settings: Settings, deployed: Deployed) -> None:
        self._db = db
        self._settings = settings
        self._deployed = deployed
        self._live: dict[str, _Live] = {}
        self._clients: set[_Client] = set()
        self.teller = Teller(db, ledger, lambda source, writer, new, at: samples.add(source, writer, new, received_at=at), Writer.ENGINE)
        self.skipped: Counter[str] = Counter()
        """How many entries and messages could not be used, by reason."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Rtcstats"]:
        tasks = [asyncio.create_task(again_after_failure(work), name=f"rtcstats-{work.__name__}") for work in (self._finish_abandoned, self._forget)]
        try:
            yield self
        finally:
            for client in list(self._clients):
                client.closing.set()
            await stop(tasks)

    def __len__(self) -> int:
        return len(self._clients)

    # ── One socket ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def serve(self, socket: "WebSocket[Any, Any, Any]", path: str) -> None:
        """From the handshake to the close."""
        refused = None if (opening := self._opening(socket, path)) is not None else self._refusal(socket)
        if refused is None and not self._has_room():
            refused = TRY_LATER, "busy"
        if refused is not None or opening is None:
            code, reason = refused or (NO_TOKEN, "token")
            await socket.close(code=code, reason=reason)
            return
        await socket.accept(subprotocols=opening.protocol)
        given = socket.query_params.get("statsSessionId")
        client = _Client(socket, opening, given if given and SESSION_ID.match(given) else None)
        self._clients.add(client)
        SOCKETS.labels("rtcstats").set(len(self._clients))
        try:
            await self._hold(client)
        except (errors.DatabaseUnavailable, DatabaseError) as why:
            log.warning("an rtcstats client could not be served: %r", why)
            with contextlib.suppress(Exception):
                await socket.close(code=TRY_LATER, reason="unavailable")
        finally:
            self._clients.discard(client)
            SOCKETS.labels("rtcstats").set(len(self._clients))
            self._let_go(client)

    def _opening(self, socket: "WebSocket[Any, Any, Any]", path: str) -> Opening | None:
        """What the connection says of itself; None where it may not come in."""
        protocol = next((one for one in socket.scope.get("subprotocols", ()) if PROTOCOL.match(one)), None)
        access = self._settings.rtcstats_access
        if protocol is None or access == "off":
            return None
        scheme, _, bearer = socket.headers.get("authorization", "").partition(" ")
        shown = (bearer.strip() if scheme.lower() == "bearer" else "") or socket.query_params.get("rtcstats-token", "")
        segments = [part for part in path.split("/") if part]
        if access != "open" and not shown and segments:
            # Jitsi's clients can be given an address and nothing else: the token is the first part of its path.
            shown = segments.pop(0)
        meeting = _cut("/".join(segments), 500)
        user_id: str | None = None
        if access == "secret" and not hmac.compare_digest(shown.encode(), self._settings.rtcstats_secret.encode()):
            return None
        if access == "jwt":
            claims = read_token(self._settings.rtcstats_secret, shown, meeting)
            if claims is None:
                return None
            user_id = claims.user_id
        return Opening(protocol, meeting, _cut(socket.headers.get("user-agent"), 1000), user_id, access != "open")

    def _refusal(self, socket: "WebSocket[Any, Any, Any]") -> tuple[int, str]:
        if self._settings.rtcstats_access == "off":
            return SHUT, "off"
        if not any(PROTOCOL.match(one) for one in socket.scope.get("subprotocols", ())):
            return NO_PROTOCOL, "protocol"
        return NO_TOKEN, "token"

    def _has_room(self) -> bool:
        return len(self._live) < MOST_SESSIONS and sum(live.weight for live in self._live.values()) < MOST_WEIGHT

    async def _hold(self, client: _Client) -> None:
        last = 0
        if client.session_id is not None:
            async with self._db.connection() as tx:
                session = await kept.find_session(tx, client.session_id)
            last = session.last_number if session else 0
        await self._acknowledge(client, last, "initial")
        hearing, writing = asyncio.create_task(self._hear(client)), asyncio.create_task(self._write(client))
        closing = asyncio.create_task(client.closing.wait())
        try:
            await asyncio.wait([hearing, writing, closing], return_when=asyncio.FIRST_COMPLETED)
        finally:
            # What was sent is kept, whether or not its sender hears of it.
            client.is_ended = True
            client.wake.set()
            for task in (hearing, closing):
                task.cancel()
            await asyncio.gather(hearing, closing, return_exceptions=True)
            with contextlib.suppress(TimeoutError, errors.DatabaseUnavailable, DatabaseError):
                async with asyncio.timeout(15):
                    await writing
        if client.has_left:
            client.over |= set(client.live)
        if client.closing.is_set():
            with contextlib.suppress(Exception):
                await client.socket.close(code=GOING_AWAY, reason="restarting")
        for id in client.over:
            await self._finish(client.live[id])
        failed = [task.exception() for task in (hearing, writing) if task.done() and not task.cancelled()]
        for why in failed:
            if why is not None:
                raise why

    async def _hear(self, client: _Client) -> None:
        while True:
            if client.pending_bytes > MOST_PENDING:
                client.drained.clear()
                await client.drained.wait()
            try:
                async with asyncio.timeout(SILENT_AFTER):
                    said = await client.socket.receive_data(mode="text")
            except WebSocketDisconnect as why:
                client.has_left = why.code == LEFT
                return
            except TimeoutError:
                await client.socket.close(code=SILENT, reason="silent")
                return
            raw = said.encode("utf-8", "replace") if isinstance(said, str) else bytes(said)
            self._take(client, raw)

    def _take(self, client: _Client, raw: bytes) -> None:
        """A message into what waits to be written; what is none is counted."""
        try:
            said = _decode(raw)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            self.skipped["not_a_message"] += 1
            return
        if not SESSION_ID.match(said.statsSessionId):
            self.skipped["bad_session"] += 1
            return
        live = self._live_of(client, said.statsSessionId)
        if live is None:
            self.skipped["too_many_sessions"] += 1
            return
        match said.type:
            case "identity" | "stats-entry":
                entry = _entry_in(said, _now())
                if entry is None:
                    self._skip(live, "not_an_entry")
                    return
                client.pending.append((live.id, said.type, entry))
                client.pending_bytes += len(entry)
                client.wake.set()
            case "keepalive":
                client.pending.append((live.id, said.type, b""))
                client.wake.set()
            case "close":
                client.over.add(live.id)
                client.pending.append((live.id, said.type, b""))
                client.wake.set()
            case _:
                self._skip(live, "unknown_message")

    def _skip(self, live: _Live, reason: str) -> None:
        self.skipped[reason] += 1
        live.skipped[reason] += 1

    def _live_of(self, client: _Client, id: str) -> _Live | None:
        live = client.live.get(id)
        if live is None:
            if len(client.live) >= MOST_SESSIONS_OF_SOCKET or (id not in self._live and not self._has_room()):
                return None
            live = client.live[id] = self._live.setdefault(id, _Live(id, asyncio.Lock()))
            live.holders += 1
        return live

    def _let_go(self, client: _Client) -> None:
        for live in client.live.values():
            live.holders -= 1
            if live.holders == 0:
                self._live.pop(live.id, None)

    # ── Keeping ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _write(self, client: _Client) -> None:
        """Whatever gathered while the last was written. Sessions that their client calls over are finished."""
        while True:
            if not client.pending:
                if client.is_ended:
                    return
                client.wake.clear()
                await client.wake.wait()
                continue
            batch, client.pending, client.pending_bytes = client.pending, [], 0
            client.drained.set()
            by_session: dict[str, list[tuple[str, bytes]]] = {}
            for id, kind, entry in batch:
                by_session.setdefault(id, []).append((kind, entry))
            for id, said in by_session.items():
                live = client.live[id]
                await self._keep(client, live, [entry for kind, entry in said if entry])
                if any(kind == "close" for kind, _ in said):
                    await self._finish(live)
                    client.over.discard(id)

    async def _keep(self, client: _Client, live: _Live, entries: list[bytes]) -> None:
        at = _now()
        if not entries:
            if live.session is not None:
                await self._note(live, at)
            return
        async with live.lock:
            async with self._db.transaction() as tx:
                session = await kept.open_session(tx, live.id, client.opening, at)
                numbered, dealt_with = self._numbered(live, session, entries, at)
                new = await kept.store_entries(tx, session, numbered, dealt_with, at)
            live.session = session
            if client.session_id in (live.id, None):
                await self._acknowledge(client, max(session.last_number, dealt_with), "ack")
            added = set(new)
            await self._understand(live, [one for one in numbered if one.number in added])

    def _numbered(self, live: _Live, session: Session, entries: Iterable[bytes], at: datetime) -> tuple[list[Numbered], int]:
        """Entries in the order of their numbers, and the highest number there was. One that carries none has the next."""
        last, count, size = session.last_number, session.entry_count, session.byte_count
        numbered: dict[int, Numbered] = {}
        for entry in entries:
            number = number_of(entry)
            if number is None and isinstance(bad := read_entry(entry), BadEntry):
                # Not even its place is known; it must not take another's.
                self._skip(live, bad.reason)
                continue
            number = number or last + 1
            last = max(last, number)
            if len(entry) > ENTRY_BYTES or number > LAST_NUMBER:
                self._skip(live, "too_large")
            elif count >= kept.MOST_ENTRIES or size >= kept.MOST_BYTES:
                self._skip(live, "too_many")
            elif _UNWANTED.match(entry):
                self._skip(live, "unwanted")
            else:
                numbered[number] = Numbered(number, entry, at)
                count, size = count + 1, size + len(entry)
        return [numbered[number] for number in sorted(numbered)], min(last, LAST_NUMBER)

    async def _note(self, live: _Live, at: datetime) -> None:
        """That the session is there, now and then: another process takes one for abandoned of which nothing is heard."""
        if live.noted_at is None or at - live.noted_at > NOTE_EVERY:
            live.noted_at = at
            await kept.note_heard(self._db, live.id, at)

    async def _acknowledge(self, client: _Client, value: int, state: str) -> None:
        with contextlib.suppress(Exception):  # who is gone hears it when they are back
            await client.socket.send_data(to_json({"type": "sn", "body": {"value": value, "state": state}}), mode="text")

    # ── Understanding ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _understand(self, live: _Live, new: list[Numbered]) -> None:
        """Tells what new entries say; all of the session, where this process has not read it from its beginning. What fails is told again later."""
        try:
            if live.translator is None:
                await self._read_again(live)
                return
            live.is_stale |= any(one.number <= live.understood for one in new)
            told = Told([], [])
            for one in new:
                if one.number > live.understood:
                    await self._read(live, live.translator, one, told)
            await self._tell(live, live.translator, told)
        except (errors.CallwellError, DatabaseError) as why:
            log.warning("what an rtcstats client said was not told yet: %r", why)
            live.forget()

    async def _read_again(self, live: _Live) -> Translator:
        """The session from what is kept of it."""
        live.forget()
        session = live.session
        assert session is not None
        translator = Translator(live.id, meeting=session.meeting, user_agent=session.user_agent, user_id=session.user_id)
        after = 0
        told = Told([], [])
        while entries := await kept.read_entries(self._db, live.id, after):
            for one in entries:
                await self._read(live, translator, one, told)
            after = entries[-1].number
            await asyncio.sleep(0)
        await self._tell(live, translator, told)
        live.translator, live.is_stale = translator, False
        return translator

    async def _read(self, live: _Live, translator: Translator, one: Numbered, told: Told) -> None:
        entry = live.reader.read(one.entry)
        live.understood = one.number
        live.weight = min(live.weight + len(one.entry), KEPT_LIMIT)
        if not isinstance(entry, Entry):
            self.skipped[entry.reason] += 1
            return
        said = translator.read(entry, one.number, one.received_at)
        told.facts += said.facts
        told.samples += said.samples
        if len(told.facts) + len(told.samples) >= AT_ONCE:
            await self._tell(live, translator, told)

    async def _tell(self, live: _Live, translator: Translator, told: Told) -> None:
        who, session = translator.who, live.session
        if who is None or session is None or not (told.facts or told.samples):
            return
        if live.call_id is None:
            live.call_id = await self.teller.find_call(session.id, who, is_trusted=session.is_trusted)
            await kept.note_call(self._db, live.id, live.call_id)
        await self.teller.tell(live.id, who, live.call_id, told, received_at=_now())
        told.facts.clear()
        told.samples.clear()

    async def _finish(self, live: _Live) -> None:
        """The session is over: what is left to say of it is said."""
        async with live.lock:
            try:
                if live.session is None:
                    async with self._db.connection() as tx:
                        live.session = await kept.find_session(tx, live.id)
                    if live.session is None:
                        return
                translator = live.translator
                if translator is None or live.is_stale:
                    translator = await self._read_again(live)
                last = live.understood
                await self._tell(live, translator, translator.finish())
                await kept.note_finished(self._db, live.id, max(last, live.session.last_number), live.skipped + live.reader.skipped, _now())
            except (errors.CallwellError, DatabaseError) as why:
                log.warning("an rtcstats session is finished later: %r", why)
            finally:
                live.forget()

    # ── Now and then ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _finish_abandoned(self) -> None:
        while True:
            await self.finish_abandoned(_now())
            await asyncio.sleep(LOOK_EVERY)

    async def finish_abandoned(self, at: datetime) -> int:
        """Finishes sessions whose client did not come back. Gives how many there were."""
        finished = 0
        for id in await kept.list_abandoned(self._db, at - RETURN_WITHIN, 100):
            if id not in self._live:
                await self._finish(_Live(id, asyncio.Lock()))
                finished += 1
        return finished

    async def _forget(self) -> None:
        while True:
            await kept.forget_sessions(self._db, _now(), timedelta(days=self._deployed.meeting().retention_rtcstats_days))
            await asyncio.sleep(FORGET_EVERY)


# ── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Claims(Struct, frozen=True):
    """What a token says."""

    user_id: str | None


def read_token(secret: str, token: str, meeting: str | None) -> Claims | None:
    """What a JWT in Jitsi's form says; None where it is not signed with the secret, has run out, or is for another room.

    ``exp`` is required; ``room`` is the meeting's name or ``*``, and ``context.user.id`` who it is for.
    """
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], options={"require": ["exp"], "verify_aud": False}, leeway=10)
    except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    room = claims.get("room")
    place = (meeting or "").rpartition("/")[2]
    if room not in (None, "*") and str(room).lower() != place.lower():
        return None
    context = claims.get("context")
    user = context.get("user") if isinstance(context, dict) else None
    user_id = user.get("id") if isinstance(user, dict) else None
    return Claims(_cut(user_id, 180) if isinstance(user_id, str) else None)


def _entry_in(said: Said, at: datetime) -> bytes | None:
    """The entry in a message, as a line of a dump. Clients send it as text; what they send as it is, and servers such as bridges, is put in its form."""
    data = bytes(said.data)
    if data.startswith(b'"'):
        try:
            data = _decode_text(data).encode("utf-8", "replace").strip()
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
    if data.startswith(b"["):
        return data
    if data.startswith(b"{"):
        milliseconds = int(at.timestamp() * 1000)
        return b'{"type":%b,"data":%b,"timestamp":%d}' % (msgspec.json.encode(said.type), data, milliseconds)
    return None if data in (b"", b"null") else data


def _cut(text: str | None, most: int) -> str | None:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)[:most].strip() or None if text else None


def _now() -> datetime:
    return datetime.now(UTC)


_decode = msgspec.json.Decoder(Said).decode
_decode_text = msgspec.json.Decoder(str).decode
