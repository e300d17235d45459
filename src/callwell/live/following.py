"""Who follows calls, and how they are told.

One `Live` holds all live sockets of a process. It knows the newest version of every call that anybody follows, and reads a call once when it changed,
however many look at it. A socket is owed calls, not messages: what is sent is how a call stands when its turn comes, so whoever reads slowly skips
versions, costs no memory and keeps nobody waiting. A hint that may have been missed makes everything followed be looked at by version again.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from callwell import errors
from callwell.access.callers import AccountCaller, KeyCaller, UserCaller
from callwell.access.guards import Door
from callwell.calls import rules
from callwell.http import to_json, wire_time
from callwell.ingest.leases import QUALITY_KEPT
from callwell.ingest.messages import GIVEN_UP, GOING_AWAY, NO_TOKEN, PUT_OUT, TOO_MUCH, Mailbox
from callwell.ingest.sockets import MESSAGES_PER_SECOND, Sockets, again_after_failure, is_allowed_origin, stop
from callwell.live import messages as m, queries
from callwell.live.messages import AllActive, OneCall, OneWhoIsIn, Target
from callwell.live.queries import Label, Standing
from callwell.metrics import SOCKETS
from callwell.postgres.pool import Database, DatabaseError, Tx
from callwell.record.changes import Hints
from callwell.record.ledger import Ledger
from callwell.record.looks import Look, Looks
from callwell.record.queries import find_active_call, list_calls_by_id
from callwell.record.shown import Call
from callwell.settings import Settings

log = logging.getLogger(__name__)

HELLO_WITHIN = 5.0
CLOSE_WITHIN = 5.0
LOOK_AT_CREDENTIALS_EVERY = 2.0
BREATH = 0.02
"""Seconds between two looks: what changes several times in a moment is told once."""
READ_AT_ONCE = 200
"""Calls read in one look; a long list must not keep back what changes meanwhile."""
READ_TOGETHER = 20
MOST_SUBSCRIPTIONS = 100

Following = KeyCaller | AccountCaller | UserCaller


class Subscription:
    """Something that a follower follows."""

    def __init__(self, follower: "Follower", id: str, target: Target, known: Mapping[UUID, int]) -> None:
        self.follower = follower
        self.id = id
        self.target = target
        self.told: dict[UUID, int] = dict(known)
        """Which version of which call the follower has."""
        self.is_over = False


class Follower:
    """One open socket of somebody who follows calls."""

    def __init__(self, socket: "WebSocket[Any, Any, Any]", token: str, caller: Following) -> None:
        self.socket = socket
        self.token = token
        self.caller = caller
        self.subscriptions: dict[str, Subscription] = {}
        self.mailbox = Mailbox()
        """Answers to what it said."""
        self.owed: dict[tuple[Subscription, UUID | None], None] = {}
        """Calls to be told of, each once, in their order; None where a subscription has all that there was when it began."""
        self.owed_labels: dict[tuple[Subscription, UUID], None] = {}
        """Calls to be told of how good everybody's connection is, when nothing else is owed."""
        self.closing: tuple[int, str] | None = None
        self.is_closing = asyncio.Event()
        self.wake = asyncio.Event()
        self._second = 0
        self._said = 0

    def say(self, message: dict[str, Any], *, only_newest: bool = False) -> None:
        if not self.mailbox.put(message, only_newest=only_newest):
            self.close(TOO_MUCH, "slow")
        self.wake.set()

    def owe(self, subscription: Subscription, call_id: UUID | None) -> None:
        self.owed[subscription, call_id] = None
        self.wake.set()

    def owe_labels(self, subscription: Subscription, call_id: UUID) -> None:
        self.owed_labels[subscription, call_id] = None
        self.wake.set()

    def close(self, code: int, reason: str) -> None:
        """Ends the socket once its answers were sent; soon in any case."""
        if self.closing is None:
            self.closing = (code, reason)
        self.is_closing.set()
        self.wake.set()

    def is_flooding(self) -> bool:
        second = int(time.monotonic())
        self._second, self._said = (second, self._said + 1) if second == self._second else (second, 1)
        return self._said > MESSAGES_PER_SECOND


class Known:
    """The newest version of a call that we have read."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._body: bytes | None = None

    def body(self, caller: Following) -> bytes:
        """As a GET of it shows it to that caller. For all with an API key and all staff it is made once."""
        if isinstance(caller, UserCaller):
            return to_json(rules.as_seen_by(caller.identity, self.call))
        if self._body is None:
            self._body = to_json(rules.shown(self.call))
        return self._body


class Live:
    """All live sockets of this process."""

    def __init__(self, db: Database, door: Door, hints: Hints, ledger: Ledger, sockets: Sockets, settings: Settings, looks: Looks) -> None:
        self._db = db
        self._looks = looks
        self._door = door
        self._sockets = sockets
        self._hints = hints
        self._settings = settings
        self._ledger = ledger
        self._followers: set[Follower] = set()
        self._of_call: dict[UUID, set[Subscription]] = {}
        self._of_person: dict[str, set[Subscription]] = {}
        self._of_all: set[Subscription] = set()
        self._calls: dict[UUID, Known] = {}
        self._active: dict[str, UUID | None] = {}
        """In which call everybody is who is followed."""
        self._present: dict[str, set[tuple[UUID, int]]] = {}
        """In which calls they were at which versions, when that was last asked for all."""
        self._labels: dict[UUID, list[Label]] = {}
        """How good connections are, in the calls that we have read."""
        self._changed: set[UUID] = set()
        self._fared: set[UUID] = set()
        """Calls in which connections became better or worse."""
        self._missed = False
        self._begun: set[Subscription] = set()
        """Subscriptions that have not been told yet how things stand."""
        self._wake = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Live"]:
        tasks = [
            asyncio.create_task(again_after_failure(one), name=f"live-{one.__name__.strip('_')}") for one in (self._look, self._look_at_credentials)
        ]
        with self._hints.subscribed(self._hear_of_changes), self._sockets.presence_subscribed(self._hear_of_presence):
            try:
                yield self
            finally:
                for follower in list(self._followers):
                    follower.close(GOING_AWAY, "restarting")
                await stop(tasks)

    def __len__(self) -> int:
        return len(self._followers)

    # ── One socket ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def serve(self, socket: "WebSocket[Any, Any, Any]") -> None:
        """From the hello to the close."""
        if not is_allowed_origin(socket.headers.get("origin"), socket.headers.get("host"), self._settings):
            await socket.close(code=PUT_OUT, reason="origin")
            return
        await socket.accept()
        try:
            follower = await self._greet(socket)
            if follower is not None:
                await self._hold(follower)
        except (errors.DatabaseUnavailable, DatabaseError) as why:
            log.warning("a live socket could not be served: %r", why)
            with contextlib.suppress(Exception):
                await socket.close(code=GOING_AWAY, reason="unavailable")
        except WebSocketDisconnect:
            pass

    async def _greet(self, socket: "WebSocket[Any, Any, Any]") -> Follower | None:
        """The hello, and what comes of it: a follower, or a closed socket."""
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                said = await socket.receive_data(mode="text")
            hello = m.read_hello(said)
        except (TimeoutError, msgspec.MsgspecError, RecursionError, UnicodeError):
            await socket.close(code=NO_TOKEN, reason="hello")
            return None
        try:
            caller = await self._door.live_caller(hello.token, _now())
        except errors.CredentialRefused:
            await socket.close(code=NO_TOKEN, reason="token")
            return None
        except errors.Revoked:
            caller = None
        if not isinstance(caller, KeyCaller | AccountCaller | UserCaller) or not _may_follow(caller):
            await socket.close(code=PUT_OUT, reason="not allowed")
            return None
        return Follower(socket, hello.token, caller)

    async def _hold(self, follower: Follower) -> None:
        self._followers.add(follower)
        SOCKETS.labels("live").set(len(self._followers))
        follower.say({"type": "welcome", "server_time": wire_time(_now()), "heartbeat_seconds": self._settings.heartbeat_seconds})
        tasks = [asyncio.create_task(one) for one in (self._deliver(follower), self._hear(follower), _cut_off(follower))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._followers.discard(follower)
            SOCKETS.labels("live").set(len(self._followers))
            for subscription in list(follower.subscriptions.values()):
                self._end(subscription)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            if not task.cancelled() and (why := task.exception()) is not None and not isinstance(why, WebSocketDisconnect):
                log.warning("a live socket ended: %r", why)

    async def _hear(self, follower: Follower) -> None:
        while True:
            try:
                async with asyncio.timeout(self._settings.lease_seconds):
                    text = await follower.socket.receive_data(mode="text")
            except TimeoutError:
                follower.close(GIVEN_UP, "silent")
                return await _for_ever()
            if follower.is_flooding():
                follower.close(TOO_MUCH, "flood")
                return await _for_ever()
            try:
                said = m.read_said(text)
            except (msgspec.MsgspecError, RecursionError, UnicodeError) as why:
                follower.say({"type": "error", "code": "socket.not_understood", "detail": str(why)[:300]})
                continue
            match said:
                case m.Heartbeat():
                    follower.say({"type": "heartbeat", "server_time": wire_time(_now())}, only_newest=True)
                case m.Unsubscribe():
                    if (subscription := follower.subscriptions.get(said.id)) is not None:
                        self._end(subscription)
                    follower.say({"type": "unsubscribed", "subscription": said.id})
                case m.Subscribe():
                    try:
                        await self._tell_look(follower, m.target_of(said))
                        self._subscribe(follower, said)
                    except errors.CallwellError as why:
                        follower.say(_refusal(said.id, why))

    async def _deliver(self, follower: Follower) -> None:
        """Sends answers, then what is owed, until the socket is to be closed."""
        while True:
            if (answer := follower.mailbox.take()) is not None:
                await follower.socket.send_data(to_json(answer), mode="text")
            elif follower.closing is not None:
                await follower.socket.close(code=follower.closing[0], reason=follower.closing[1])
                return
            elif follower.owed:
                owed = next(iter(follower.owed))
                del follower.owed[owed]
                if (message := self._message(*owed)) is not None:
                    await follower.socket.send_data(message, mode="text")
            elif follower.owed_labels:
                subscription, call_id = next(iter(follower.owed_labels))
                del follower.owed_labels[subscription, call_id]
                if (told := self._told_labels(subscription, call_id)) is not None:
                    await follower.socket.send_data(told, mode="text")
            else:
                follower.wake.clear()
                await follower.wake.wait()

    def _message(self, subscription: Subscription, call_id: UUID | None) -> bytes | None:
        """What is to be said of a call as it stands now. None where its follower has it already."""
        if subscription.is_over:
            return None
        if call_id is None:
            return msgspec.json.encode({"type": "current", "subscription": subscription.id})
        known, told = self._wanted(subscription, call_id), subscription.told.get(call_id)
        if known is None:
            if told is None:
                return None
            del subscription.told[call_id]
            return msgspec.json.encode({"type": "gone", "subscription": subscription.id, "call": call_id})
        version = known.call.version
        if told is not None and version <= told:
            return None
        subscription.told[call_id] = version
        body = msgspec.Raw(known.body(subscription.follower.caller))
        return msgspec.json.encode({"type": "call", "subscription": subscription.id, "version": version, "call": body})

    def _told_labels(self, subscription: Subscription, call_id: UUID) -> bytes | None:
        """How good connections of a call are that its follower has been told of. A person is told why of their own alone."""
        labels = self._labels.get(call_id)
        if subscription.is_over or not labels or call_id not in subscription.told or self._wanted(subscription, call_id) is None:
            return None
        caller = subscription.follower.caller
        connections = [
            {
                "participant": label.participant,
                "connection": label.connection,
                "quality": label.quality.in_brief if isinstance(caller, UserCaller) and label.identity != caller.identity else label.quality,
            }
            for label in labels
        ]
        return to_json({"type": "quality", "subscription": subscription.id, "call": call_id, "connections": connections})

    def _wanted(self, subscription: Subscription, call_id: UUID) -> Known | None:
        """The call, if it is there and the subscription is (still) about it."""
        known = self._calls.get(call_id)
        if known is None or not _may_see(subscription.follower.caller, known.call):
            return None
        match subscription.target:
            case OneCall(id):
                return known if id == call_id else None
            case OneWhoIsIn(identity):
                return known if self._active.get(identity) == call_id else None
            case AllActive():
                return known if known.call.ended_at is None else None

    async def _tell_look(self, follower: Follower, target: Target) -> None:
        """What staff are about to see is in the audit trail first."""
        if not isinstance(follower.caller, AccountCaller):
            return
        match target:
            case OneCall(id):
                look = Look("call", call_id=id)
            case OneWhoIsIn(identity):
                look = Look("calls", identity=identity)
            case AllActive():
                look = Look("live")
        await self._looks.tell_now(follower.caller, look, follower.socket.scope)

    # ── Subscriptions ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _subscribe(self, follower: Follower, said: m.Subscribe) -> None:
        """Raises Invalid, NotFound, NotAllowed, Conflict, TooManySubscriptions."""
        target, known = m.target_of(said), m.known_of(said)
        _check_may_follow(follower.caller, target)
        if said.id in follower.subscriptions:
            raise errors.Conflict(what=f"subscription {said.id}")
        if len(follower.subscriptions) >= MOST_SUBSCRIPTIONS:
            raise errors.TooManySubscriptions(limit=MOST_SUBSCRIPTIONS)
        subscription = follower.subscriptions[said.id] = Subscription(follower, said.id, target, known)
        match target:
            case OneCall(id):
                self._of_call.setdefault(id, set()).add(subscription)
            case OneWhoIsIn(identity):
                self._of_person.setdefault(identity, set()).add(subscription)
            case AllActive():
                self._of_all.add(subscription)
        self._begun.add(subscription)
        self._wake.set()

    def _end(self, subscription: Subscription) -> None:
        subscription.is_over = True
        subscription.follower.subscriptions.pop(subscription.id, None)
        self._begun.discard(subscription)
        match subscription.target:
            case OneCall(id):
                _discard(self._of_call, id, subscription)
            case OneWhoIsIn(identity):
                _discard(self._of_person, identity, subscription)
            case AllActive():
                self._of_all.discard(subscription)

    def _followers_of(self, call_id: UUID) -> Iterator[Subscription]:
        yield from self._of_call.get(call_id, ())
        yield from self._of_all
        for identity, active in self._active.items():
            if active == call_id:
                yield from self._of_person.get(identity, ())

    # ── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _hear_of_changes(self, call_ids: set[UUID] | None) -> None:
        if call_ids is None:
            self._missed = True
        else:
            self._changed |= call_ids
        self._wake.set()

    async def _look(self) -> None:
        """One look at a time at what changed since the last, so that a call is never seen to go back."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            changed, missed = self._changed, self._missed
            self._changed, self._missed = set(), False
            self._forget()
            if self._of_call or self._of_person or self._of_all:
                try:
                    async with self._db.connection() as tx:
                        await self._look_at(tx, changed, missed=missed)
                        fared, self._fared = self._fared & self._calls.keys(), set()
                        if fared:
                            await self._look_at_labels(tx, fared)
                except Exception:
                    self._missed, self._present = True, {}
                    self._wake.set()
                    raise
            await asyncio.sleep(BREATH)

    def _hear_of_presence(self, call_id: UUID) -> None:
        if call_id in self._calls:
            self._fared.add(call_id)
            self._wake.set()

    async def _look_at_labels(self, tx: Tx, call_ids: Collection[UUID]) -> None:
        """Reads how good connections are in these calls, and has it told where it has changed."""
        labels: dict[UUID, list[Label]] = {}
        for label in await queries.list_labels(tx, call_ids, _now() - QUALITY_KEPT):
            labels.setdefault(label.call_id, []).append(label)
        for call_id, those in labels.items():
            self._labels[call_id] = those
            for subscription in self._followers_of(call_id):
                subscription.follower.owe_labels(subscription, call_id)

    async def _look_at(self, tx: Tx, changed: set[UUID], *, missed: bool) -> None:
        begun = set(self._begun)
        for identity in await self._concerned(tx, changed, begun, missed=missed):
            await self._look_at_person(tx, identity)
        standings = await self._standings(tx, changed, begun, missed=missed)
        behind = [standing.id for standing in standings if self._is_behind(standing)]
        behind.sort(key=lambda id: id not in changed)
        now = behind[:READ_AT_ONCE]
        for start in range(0, len(now), READ_TOGETHER):
            await self._read(tx, now[start : start + READ_TOGETHER])
        if later := behind[READ_AT_ONCE:]:
            self._changed.update(later)
            self._wake.set()
            return
        for subscription in begun & self._begun:
            self._begin(subscription)

    async def _concerned(self, tx: Tx, changed: Collection[UUID], begun: Iterable[Subscription], *, missed: bool) -> set[str]:
        """Who of those that are followed may be in another call now, or in a newer version of it."""
        concerned = {one.target.identity for one in begun if isinstance(one.target, OneWhoIsIn)}
        if missed and self._of_person:
            present: dict[str, set[tuple[UUID, int]]] = {}
            for one in await queries.list_presences(tx, self._of_person):
                present.setdefault(one.identity, set()).add((one.call_id, one.version))
            concerned |= {identity for identity in self._of_person if present.get(identity) != self._present.get(identity)}
            self._present = present
        if changed and self._of_person:
            concerned |= await queries.list_people(tx, changed) & self._of_person.keys()
        return concerned

    async def _look_at_person(self, tx: Tx, identity: str) -> None:
        call = await find_active_call(tx, identity, _now(), self._ledger.allowances)
        if identity not in self._of_person:
            return
        before, self._active[identity] = self._active.get(identity), call.id if call else None
        if call is not None:
            self._keep(call)
        for subscription in self._of_person[identity]:
            for call_id in {before, call.id if call else None} - {None}:
                subscription.follower.owe(subscription, call_id)

    async def _standings(self, tx: Tx, changed: Collection[UUID], begun: Iterable[Subscription], *, missed: bool) -> list[Standing]:
        """How far the calls have come that are to be looked at; those that are no longer there are let go."""
        followed = self._of_call.keys() | self._calls.keys()
        ids = set(followed) if missed else set(changed) if self._of_all else followed & set(changed)
        ids |= {one.target.id for one in begun if isinstance(one.target, OneCall)}
        standings = {one.id: one for one in await queries.list_standings(tx, ids)} if ids else {}
        for call_id in ids - standings.keys():
            if self._calls.pop(call_id, None) is not None:
                self._owe(call_id)
        if self._of_all and (missed or any(isinstance(one.target, AllActive) for one in begun)):
            standings |= {one.id: one for one in await queries.list_unfinished(tx)}
        return list(standings.values())

    def _is_behind(self, standing: Standing) -> bool:
        """Whether the call is to be read. One that is over and that nobody has is nobody's concern."""
        known = self._calls.get(standing.id)
        if known is not None:
            return known.call.version < standing.version
        return standing.id in self._of_call or (bool(self._of_all) and not standing.is_finished)

    async def _read(self, tx: Tx, call_ids: Sequence[UUID]) -> None:
        """Reads calls together. One that cannot be shown keeps no other back."""
        try:
            calls = await list_calls_by_id(tx, call_ids, _now())
        except DatabaseError:
            raise
        except Exception:
            if len(call_ids) > 1:
                for call_id in call_ids:
                    await self._read(tx, [call_id])
                return
            log.exception("call %s could not be read", call_ids[0])
            return
        for call in calls:
            self._keep(call)
        for call_id in set(call_ids) - {call.id for call in calls}:
            self._calls.pop(call_id, None)
            self._owe(call_id)

    def _keep(self, call: Call) -> None:
        known = self._calls.get(call.id)
        if known is None or known.call.version < call.version:
            self._calls[call.id] = Known(call)
            self._owe(call.id)

    def _owe(self, call_id: UUID) -> None:
        for subscription in (*self._of_call.get(call_id, ()), *self._of_all):
            subscription.follower.owe(subscription, call_id)

    def _begin(self, subscription: Subscription) -> None:
        """Tells a new subscription how things stand: what it has no newer version of, and what is there no longer."""
        self._begun.discard(subscription)
        call_ids = set(subscription.told)
        match subscription.target:
            case OneCall(id):
                if id not in self._calls or not _may_see(subscription.follower.caller, self._calls[id].call):
                    self._end(subscription)
                    return subscription.follower.say(_refusal(subscription.id, errors.NotFound(what="call", id=id)))
                call_ids.add(id)
            case OneWhoIsIn(identity):
                call_ids |= {id for id in (self._active.get(identity),) if id is not None}
            case AllActive():
                call_ids |= {id for id, known in self._calls.items() if known.call.ended_at is None}
        for call_id in sorted(call_ids):
            subscription.follower.owe(subscription, call_id)
        self._fared |= call_ids
        return subscription.follower.owe(subscription, None)

    def _forget(self) -> None:
        """Lets go of calls and people that nobody follows any more."""
        self._active = {identity: call_id for identity, call_id in self._active.items() if identity in self._of_person}
        active = set(self._active.values())
        self._calls = {
            id: known for id, known in self._calls.items() if id in self._of_call or id in active or (self._of_all and known.call.ended_at is None)
        }
        self._labels = {id: labels for id, labels in self._labels.items() if id in self._calls}

    # ── Credentials ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _look_at_credentials(self) -> None:
        """Whoever's key was revoked or whose token has run out is let go."""
        while True:
            await asyncio.sleep(LOOK_AT_CREDENTIALS_EVERY)
            for token in {follower.token for follower in self._followers}:
                try:
                    await self._door.live_caller(token, _now(), is_open=True)
                except (errors.CredentialRefused, errors.Revoked):
                    for follower in [one for one in self._followers if one.token == token]:
                        is_key = isinstance(follower.caller, KeyCaller)
                        follower.close(PUT_OUT if is_key else NO_TOKEN, "revoked" if is_key else "expired")


# ── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _may_follow(caller: Following) -> bool:
    return isinstance(caller, UserCaller) or caller.may("calls:read")


def _may_see(caller: Following, call: Call) -> bool:
    """Whether the call is there for them: for providers who sign in, those that name them. A person is only ever told of the call that they are in."""
    only = None if isinstance(caller, UserCaller) else caller.only
    return only is None or any(one.identity == only for one in call.participants)


def _check_may_follow(caller: Following, target: Target) -> None:
    """A person follows the call that they are in; whether there is any other they cannot tell. Raises NotFound, NotAllowed."""
    if not isinstance(caller, UserCaller):
        return
    match target:
        case OneCall(id):
            raise errors.NotFound(what="call", id=id)
        case OneWhoIsIn(identity):
            if identity != caller.identity:
                kind, _, id = identity.partition(":")
                raise errors.NotFound(what=kind, id=id)
        case AllActive():
            raise errors.NotAllowed(needs="an API key with the scope calls:read")


def _refusal(id: str, why: errors.CallwellError) -> dict[str, Any]:
    return {"type": "error", "subscription": id, "code": why.code, "detail": why.detail}


def _discard(index: dict[Any, set[Subscription]], key: object, subscription: Subscription) -> None:
    of_key = index.get(key, set())
    of_key.discard(subscription)
    if not of_key:
        index.pop(key, None)


async def _cut_off(follower: Follower) -> None:
    """Ends when a socket that is to be closed has had its time: who does not read does not hear of it."""
    await follower.is_closing.wait()
    await asyncio.sleep(CLOSE_WITHIN)


async def _for_ever() -> None:
    await asyncio.Event().wait()


def _now() -> datetime:
    return datetime.now(UTC)
