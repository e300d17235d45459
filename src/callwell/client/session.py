"""One person's stay in a call, told by a server or a bot. No verb here raises or waits: a call goes on when telling of it does not work."""

import functools
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Concatenate, Literal, ParamSpec
from uuid import UUID

from callwell.client.complaints import Complaints
from callwell.client.ids import uuid7
from callwell.client.outbox import Outbox

P = ParamSpec("P")

State = Literal["connecting", "connected", "ended", "failed"]

# How long the server lets words be; what is longer is cut here rather than refused there.
_WORD = 50
_REASON = 200
_NAME = 200
_TEXT = 2000


def identity_of(user: str) -> str:
    """``user:…`` or ``guest:…``; what is neither is taken for the host's own id of a user."""
    return user if user.startswith(("user:", "guest:")) else f"user:{user}"


def _quietly(verb: "Callable[Concatenate[Session, P], None]") -> "Callable[Concatenate[Session, P], None]":
    """What goes wrong in a verb is said in the log."""

    @functools.wraps(verb)
    def guarded(session: "Session", /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            verb(session, *args, **kwargs)
        except Exception as why:  # noqa: BLE001
            session._complaints.warn(f"session.{verb.__name__}", repr(why))  # noqa: SLF001 our own

    return guarded


class Session:
    """Begun with `Callwell.start`."""

    def __init__(self, outbox: Outbox, complaints: Complaints, call_id: str, connection: str, participant: str | None) -> None:
        self.call_id = call_id
        self.connection = connection
        """One join-to-leave interval; another for each start."""
        self._outbox = outbox
        self._complaints = complaints
        self._participant = participant
        self._state: State = "connecting"
        self._is_up = False
        self._was_up = False
        self._media: dict[str, Any] = {}

    @classmethod
    def start(
        cls,
        outbox: Outbox,
        complaints: Complaints,
        key: str,
        user: str | None,
        *,
        call: str | None,
        about: Mapping[str, Any],
        who: Mapping[str, Any],
        media: Mapping[str, Any],
    ) -> "Session":
        own = re.match(r"cwc_([0-9a-f]{32})([0-9a-f]{32})\.", key)
        if own is not None:
            session = cls(outbox, complaints, str(UUID(own[1])), str(UUID(own[2])), None)
            session._tell_media(media)
        else:
            participant = identity_of(str(user)) if user is not None else None
            session = cls(outbox, complaints, call or str(uuid7()), str(uuid7()), participant)
            session._come_in(about, who, media, is_new=call is None)
        return session

    @property
    def state(self) -> State:
        return self._state

    @_quietly
    def _come_in(self, about: Mapping[str, Any], who: Mapping[str, Any], media: Mapping[str, Any], *, is_new: bool) -> None:
        if self._participant is None:
            self._complaints.warn("session.nobody", "start() needs a user where the key is an API key; nothing can be told of nobody")
            self._state = "failed"
            return
        provider = about.get("provider_id")
        if is_new:
            self._record(
                "call.created",
                {
                    "type": about.get("type"),
                    "engine": "external",
                    "conversation_id": about.get("conversation_id"),
                    "appointment_id": about.get("appointment_id"),
                    "initiator": self._participant,
                    "provider": identity_of(str(provider)) if provider is not None else None,
                    "provider_name": _clipped(about.get("provider_name"), _NAME),
                    "is_demo": about.get("is_demo") or None,
                },
                of_call=True,
            )
        elif any(about.get(name) is not None for name in ("conversation_id", "appointment_id", "provider_id", "provider_name")):
            self._complaints.warn("session.call_exists", "conversation, appointment and provider are said when a call is made; this one exists")
        self._media = {name: value for name, value in media.items() if value is not None}
        words = {"display_name": _clipped(who.get("display_name"), _NAME), "role": _clipped(who.get("role"), _WORD)}
        self._record("participant.joined", {**words, "side": who.get("side"), "metadata": who.get("metadata"), **_media_words(self._media)})

    # ── What happens ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    @_quietly
    def connected(self, *, setup_ms: float | None = None) -> None:
        """Media flows; again, where it had stopped. ``setup_ms``: how long that took."""
        if self._is_over() or self._is_up:
            return
        if self._was_up:
            self._record("participant.reconnected", {})
        else:
            self._record("participant.connected", {"setup_ms": max(0, round(setup_ms)) if setup_ms is not None else None})
        self._is_up = self._was_up = True
        self._state = "connected"

    @_quietly
    def disconnected(self, reason: str | None = None, *, at: datetime | None = None) -> None:
        """Media stopped flowing; it may come back. ``at``: when, if that is not now."""
        if not self._is_over() and self._is_up:
            self._is_up = False
            self._record("participant.disconnected", {"reason": _clipped(reason, _REASON)}, at=at)

    @_quietly
    def update(
        self,
        *,
        camera_enabled: bool | None = None,
        mic_enabled: bool | None = None,
        audio_option: str | None = None,
        screen_shared: bool | None = None,
    ) -> None:
        """What changed of the media; what is left out stays as it was."""
        if not self._is_over():
            self._tell_media(
                {"camera_enabled": camera_enabled, "mic_enabled": mic_enabled, "audio_option": audio_option, "screen_shared": screen_shared}
            )

    @_quietly
    def report_issue(self, text: str) -> None:
        """The person says that something is wrong. Also after the end."""
        if text.strip():
            self._record("issue.reported", {"text": _clipped(text, _TEXT)})

    @_quietly
    def report_error(self, code: str, message: str | None = None) -> None:
        """Something went wrong on this side; ``permission_denied`` is a camera or microphone that may not be used. Also after the end."""
        if kept := _clipped(code, _WORD):
            self._record("error.occurred", {"code": kept, "message": _clipped(message, _TEXT)})

    @_quietly
    def rate(self, stars: int, comment: str | None = None) -> None:
        """How it was, 1 to 5. Also after the end."""
        self._record("rating.submitted", {"stars": min(5, max(1, int(stars))), "comment": _clipped(comment, _TEXT)})

    @_quietly
    def chat_sent(self) -> None:
        if not self._is_over():
            self._record("chat.sent", {})

    @_quietly
    def reaction_sent(self, kind: str | None = None) -> None:
        if not self._is_over():
            self._record("reaction.sent", {"kind": _clipped(kind, _WORD)})

    @_quietly
    def custom(self, type: str, data: Mapping[str, Any] | None = None) -> None:
        """A fact of the host's own: ``custom.…``, at most 2 KB."""
        if not type.startswith("custom."):
            return self._complaints.warn("fact.refused", f'{type} must begin with "custom."')
        return self._record(type, data or {}, is_whole=True)

    @_quietly
    def failed(self, reason: str = "error") -> None:
        """It did not work, and is given up."""
        self._finish("failed", "participant.failed", reason or "error")

    @_quietly
    def end(self, reason: str = "normal") -> None:
        """Leave. The call is over when nobody is left in it, or when `Callwell.calls.end` says so."""
        self._finish("ended", "participant.left", reason or "normal")

    # ── How it is told ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _is_over(self) -> bool:
        return self._state in ("ended", "failed")

    def _finish(self, state: State, type: str, reason: str) -> None:
        if not self._is_over():
            self._record(type, {"reason": _clipped(reason, _REASON)})
            self._state, self._is_up = state, False

    @_quietly
    def _tell_media(self, media: Mapping[str, Any]) -> None:
        changed = {name: value for name, value in media.items() if value is not None and value != self._media.get(name)}
        self._media |= changed
        if changed:
            self._record("media.changed", _media_words(changed))

    def _record(self, type: str, data: Mapping[str, Any], *, at: datetime | None = None, of_call: bool = False, is_whole: bool = False) -> None:
        if self._participant is None and not self._outbox.is_of_connection:
            return
        given = data if is_whole else {name: value for name, value in data.items() if value is not None}
        of_person = {} if of_call else {"participant": self._participant, "connection": self.connection}
        self._outbox.tell(type, given, call_id=self.call_id, at=at, **of_person)


def _media_words(media: Mapping[str, Any]) -> dict[str, Any]:
    """As facts say it."""
    words = {"camera_enabled": "video_enabled", "mic_enabled": "audio_enabled", "screen_shared": "screen_shared"}
    said = {words[name]: bool(value) for name, value in media.items() if name in words}
    return said | ({"audio_option": option} if (option := _clipped(media.get("audio_option"), _WORD)) else {})


def _clipped(text: object, most: int) -> str | None:
    """As long as the server takes it, and without what it cannot keep; None where nothing is left."""
    if text is None:
        return None
    unkept = r"[\x00-\x1f\x7f]+" if most < _TEXT else r"\x00+"
    return re.sub(unkept, " ", str(text)).strip()[:most] or None
