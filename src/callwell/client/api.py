"""`Callwell`: one server and one credential, and what can be asked of it."""

import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self
from uuid import UUID

from callwell.client.appointments import Appointments
from callwell.client.complaints import Complaints
from callwell.client.ids import uuid7
from callwell.client.outbox import MOST_AT_ONCE, Outbox
from callwell.client.requests import Requests, segment
from callwell.client.session import Session, identity_of
from callwell.client.shapes import (
    Admission,
    Appointment,
    AuditEntry,
    Call,
    Event,
    Invite,
    InviteLink,
    Participant,
    Person,
    PersonStats,
    Report,
    Result,
    Room,
    Sample,
    SeenCall,
    Setting,
    TimelineEntry,
    UserToken,
)

CallStatus = Literal["initiated", "ringing", "active", "ended", "failed"]
CallType = Literal["video", "audio"]
CallMode = Literal["p2p", "sfu"]
EndReason = Literal["normal", "timeout", "error", "forced", "no_answer", "declined", "demo_ended"]
Side = Literal["client", "provider"]


class Calls:
    """The record of calls."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def create(
        self,
        initiator: str,
        *,
        type: CallType = "video",
        mode: CallMode = "p2p",
        room: str | None = None,
        conversation_id: str | None = None,
        appointment_id: str | UUID | None = None,
        external_id: str | None = None,
        provider_id: str | None = None,
        provider_name: str | None = None,
        people: Sequence[str] | None = None,
        engine: str | None = None,
        is_demo: bool | None = None,
        settings: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | UUID | None = None,
    ) -> Call:
        """Begin a call. ``people`` are rung for at once."""
        return self._requests.post(
            "/v1/calls",
            type=type,
            mode=mode,
            initiator=identity_of(initiator),
            room=room,
            conversation_id=conversation_id,
            appointment_id=appointment_id,
            external_id=external_id,
            provider=identity_of(provider_id) if provider_id else None,
            provider_name=provider_name,
            people=[identity_of(one) for one in people] if people else None,
            engine=engine,
            is_demo=is_demo,
            settings=settings,
            metadata=metadata,
            id=id or uuid7(),
        )

    def get(self, id: str | UUID) -> Call:
        return self._requests.get(_call(id))

    def list(
        self,
        *,
        status: CallStatus | None = None,
        record_state: Literal["live", "provisional", "final"] | None = None,
        type: CallType | None = None,
        mode: CallMode | None = None,
        conversation_id: str | None = None,
        room: str | None = None,
        external_id: str | None = None,
        user_id: str | None = None,
        guest_id: str | None = None,
        initiator: str | None = None,
        is_demo: bool | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Call]:
        """Calls to which all that is given applies, the newest first."""
        return self._requests.pages(
            "/v1/calls",
            status=status,
            record_state=record_state,
            type=type,
            mode=mode,
            conversation_id=conversation_id,
            room=room,
            external_id=external_id,
            user_id=user_id,
            guest_id=guest_id,
            initiator=initiator,
            is_demo=is_demo,
            **{"from": since, "to": until},
        )

    def ring(self, id: str | UUID, people: Sequence[str]) -> Call:
        return self._requests.post(f"{_call(id)}/ring", people=[identity_of(one) for one in people])

    def decline(self, id: str | UUID, identity: str) -> Call:
        """Somebody who is rung for does not come."""
        return self._requests.post(f"{_call(id)}/decline", identity=identity_of(identity))

    def end(self, id: str | UUID, reason: EndReason = "normal", *, ended_by: str | None = None) -> Call | SeenCall:
        """End the call for everybody. With a connection token only a host may."""
        return self._requests.post(f"{_call(id)}/end", reason=reason, ended_by=identity_of(ended_by) if ended_by else None)

    def change_settings(self, id: str | UUID, **settings: Any) -> Call:
        """Change those that are given; None puts one back to its default."""
        return self._requests.ask("PATCH", f"{_call(id)}/settings", body=settings)

    def participants(self, id: str | UUID) -> Iterator[Participant]:
        return self._requests.pages(f"{_call(id)}/participants")

    def events(self, id: str | UUID) -> Iterator[Event]:
        """The call's facts, in the order in which they happened."""
        return self._requests.pages(f"{_call(id)}/events")

    def timeline(self, id: str | UUID) -> Iterator[TimelineEntry]:
        """What happened, with names, told once."""
        return self._requests.pages(f"{_call(id)}/timeline")

    def report(self, id: str | UUID) -> Report:
        """How good the call was, for everybody and why; of one that goes on, how good it is so far."""
        return self._requests.get(f"{_call(id)}/report")

    def samples(
        self,
        id: str | UUID,
        *,
        participant: str | None = None,
        connection: str | UUID | None = None,
        direction: Literal["inbound", "outbound"] | None = None,
        kind: Literal["audio", "video", "screen"] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Sample]:
        """What was measured, by connection, each in order of time."""
        return self._requests.pages(
            f"{_call(id)}/samples",
            participant=identity_of(participant) if participant else None,
            connection=connection,
            direction=direction,
            kind=kind,
            **{"from": since, "to": until},
        )

    def join(
        self,
        id: str | UUID,
        participant: str,
        *,
        display_name: str | None = None,
        role: str | None = None,
        side: Side | None = None,
        host: bool | None = None,
        device: Mapping[str, str] | None = None,
        audio_option: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Admission:
        """Send somebody into a call, for a server that does its own authorization; the answer is for their page."""
        return self._requests.post(
            f"{_call(id)}/join",
            participant=identity_of(participant),
            display_name=display_name,
            role=role,
            side=side,
            host=host,
            device=device,
            audio_option=audio_option,
            metadata=metadata,
        )

    def remove(self, id: str | UUID, participant_id: str | UUID) -> None:
        """Put somebody out, on all their devices."""
        self._requests.post(f"{_participant(id, participant_id)}/remove")

    def admit(self, id: str | UUID, participant_id: str | UUID) -> None:
        """Let somebody in who waits, on all their devices. Whether there is a place and the time is right is looked at again: `NotAllowed`, `Conflict`."""
        self._requests.post(f"{_participant(id, participant_id)}/admit")

    def refuse(self, id: str | UUID, participant_id: str | UUID) -> None:
        """Send somebody away who waits."""
        self._requests.post(f"{_participant(id, participant_id)}/refuse")


class Rooms:
    """Durable places to meet."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def create(
        self,
        *,
        title: str | None = None,
        capacity: int | None = None,
        type: CallType | None = None,
        conversation_id: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Room:
        return self._requests.post("/v1/rooms", title=title, capacity=capacity, type=type, conversation_id=conversation_id, settings=settings)

    def get(self, name: str) -> Room:
        return self._requests.get(_room(name))

    def list(self, *, conversation_id: str | None = None, is_open: bool | None = None) -> Iterator[Room]:
        """Rooms, the newest first."""
        return self._requests.pages("/v1/rooms", conversation_id=conversation_id, open=is_open)

    def change(self, name: str, **changes: Any) -> Room:
        """Change those of ``title``, ``capacity`` and ``settings`` that are given."""
        return self._requests.ask("PATCH", _room(name), body=changes)

    def close(self, name: str) -> Room:
        """Let nobody in any more."""
        return self._requests.post(f"{_room(name)}/close")


class Invites:
    """Grants to join a room."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def create(
        self,
        room: str,
        identity: str | None = None,
        *,
        display_name: str | None = None,
        role: str | None = None,
        side: Side | None = None,
        is_host: bool | None = None,
        opens_at: datetime | None = None,
        closes_at: datetime | None = None,
        max_uses: int | None = None,
    ) -> InviteLink:
        """An invite for somebody, or, without ``identity``, for whoever has it. Its ``url`` lets them in."""
        return self._requests.post(
            f"{_room(room)}/invites",
            identity=identity_of(identity) if identity else None,
            display_name=display_name,
            role=role,
            side=side,
            is_host=is_host,
            opens_at=opens_at,
            closes_at=closes_at,
            max_uses=max_uses,
        )

    def get(self, id: str | UUID) -> InviteLink:
        return self._requests.get(f"/v1/invites/{segment(id)}")

    def list(self, room: str) -> Iterator[Invite]:
        """A room's invites, the newest first, without their links."""
        return self._requests.pages(f"{_room(room)}/invites")

    def revoke(self, id: str | UUID) -> None:
        """Let nobody in by it any more, and put out whoever is in by it."""
        self._requests.ask("DELETE", f"/v1/invites/{segment(id)}")


class Users:
    """What calls were a user's, by the host's own id of them."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def calls(self, id: str, *, since: datetime | None = None, until: datetime | None = None) -> Iterator[Call]:
        """Their calls, the newest first."""
        return self._requests.pages(f"/v1/users/{segment(id)}/calls", **{"from": since, "to": until})

    def appointments(
        self,
        id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        upcoming: bool = False,
        order: Literal["soonest", "latest"] = "soonest",
    ) -> Iterator[Appointment]:
        """What they are booked for or were, as client or provider."""
        return self._requests.pages(f"/v1/users/{segment(id)}/appointments", upcoming=upcoming, order=order, **{"from": since, "to": until})

    def stats(self, id: str) -> PersonStats:
        return self._requests.get(f"/v1/users/{segment(id)}/stats")

    def active_call(self, id: str) -> Call | None:
        """The newest call that they are in or can come back to."""
        return self._requests.get(f"/v1/users/{segment(id)}/active-call")["call"]

    def token(self, identity: str, *, seconds: int = 3600) -> UserToken:
        """A token with which a person reads what is theirs, for the host's own pages."""
        return self._requests.post("/v1/user-tokens", identity=identity_of(identity), seconds=seconds)


class People:
    """What is known of people beside their calls, by ``user:…`` or ``guest:…``."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def get(self, identity: str) -> Person:
        return self._requests.get(_person(identity))

    def save(self, identity: str, **known: Any) -> Person:
        """All that the host knows of somebody: ``display_name``, ``avatar_url``, ``language`` and so on. What is left out is not known."""
        return self._requests.ask("PUT", _person(identity), body=known)


class Settings:
    """What holds in the whole deployment where a room, an appointment or a call says nothing else."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def list(self) -> Iterator[Setting]:
        """Every setting: its value, who said so, what it may be, and what it does."""
        return self._requests.pages("/v1/settings")

    def change(self, **settings: Any) -> Sequence[Setting]:
        """Change those that are given; None takes a value away."""
        return self._requests.ask("PATCH", "/v1/settings", body=settings)["items"]


class Audit:
    """Who did what and when."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def list(
        self,
        *,
        action: str | None = None,
        call_id: str | UUID | None = None,
        room: str | None = None,
        appointment_id: str | UUID | None = None,
        identity: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[AuditEntry]:
        """Entries to which all that is given applies, the newest first."""
        return self._requests.pages(
            "/v1/audit",
            action=action,
            call_id=call_id,
            room=room,
            appointment_id=appointment_id,
            identity=identity_of(identity) if identity else None,
            since=since,
            until=until,
        )


class Events:
    """Facts."""

    def __init__(self, requests: Requests, outbox: Outbox) -> None:
        self._requests = requests
        self._outbox = outbox

    def send(self, events: Iterable[Mapping[str, Any]]) -> Result:
        """Send facts now, and give what became of each, once that is durable. One without ``id`` or ``occurred_at`` gets them here.

        Raises a `CallwellError` where it is not known what became of them; sending the same facts again is harmless then.
        """
        return _send(self._requests, "events", [{"id": uuid7(), "occurred_at": datetime.now(UTC), **event} for event in events])

    def tell(
        self,
        type: str,
        *,
        call_id: str | UUID | None = None,
        participant: str | None = None,
        connection: str | None = None,
        occurred_at: datetime | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a fact and send it by and by. Returns at once and never raises."""
        person = identity_of(participant) if participant else None
        self._outbox.tell(type, data or {}, call_id=call_id and str(call_id), participant=person, connection=connection, at=occurred_at)


class Samples:
    """What was measured of people's connections."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def send(self, samples: Iterable[Mapping[str, Any]]) -> Result:
        """Send samples now, and give what became of each, once that is durable. One without ``id`` gets it here.

        Each says ``started_at``, ``interval_ms``, ``direction`` and ``kind``, whose it is where the credential does not, and the numbers that are
        known. Raises a `CallwellError` where it is not known what became of them; sending samples with ids again is harmless.
        """
        return _send(self._requests, "samples", [{"id": uuid7(), **sample} for sample in samples])


def _send(requests: Requests, what: str, items: Sequence[Mapping[str, Any]]) -> Result:
    """In as many batches as it takes."""
    whole: Result = {"received": 0, "stored": 0, "duplicate": 0, "rejected": 0, "outcomes": []}
    for start in range(0, len(items), MOST_AT_ONCE):
        part: Result = requests.post(f"/v1/{what}", **{what: items[start : start + MOST_AT_ONCE]})
        for count in ("received", "stored", "duplicate", "rejected"):
            whole[count] += part[count]
        whole["outcomes"] = [*whole["outcomes"], *part["outcomes"]]
    return whole


class Callwell:
    """A Callwell server, as its host's server or a bot sees it. Threads may share one; so may processes that come of a fork.

    ``key`` is an API key or a connection token. ``buffer`` is a file in which facts lie until the server has taken them; processes may share it.
    Without one they lie in memory, and are lost with the process.
    """

    def __init__(self, url: str, key: str, buffer: str | Path | None = None, *, timeout: float = 10.0) -> None:
        url = url.rstrip("/")
        self._requests = Requests(url, key, timeout)
        self._complaints = Complaints()
        self._outbox = Outbox(url, key, buffer, self._complaints)
        self._closing = weakref.finalize(self, self._outbox.close, 2.0)
        self._key = key
        self.calls = Calls(self._requests)
        self.appointments = Appointments(self._requests)
        self.rooms = Rooms(self._requests)
        self.invites = Invites(self._requests)
        self.users = Users(self._requests)
        self.people = People(self._requests)
        self.settings = Settings(self._requests)
        self.audit = Audit(self._requests)
        self.events = Events(self._requests, self._outbox)
        self.samples = Samples(self._requests)

    def start(
        self,
        user: str | None = None,
        *,
        call: str | UUID | None = None,
        conversation: str | None = None,
        appointment: str | UUID | None = None,
        provider_id: str | None = None,
        provider_name: str | None = None,
        type: CallType = "video",
        is_demo: bool = False,
        display_name: str | None = None,
        role: str | None = None,
        side: Side | None = None,
        audio_option: str | None = None,
        camera_enabled: bool = True,
        mic_enabled: bool = True,
        metadata: Mapping[str, Any] | None = None,
    ) -> Session:
        """Somebody comes into a call: the one given, else a new one, which the conversation, appointment and provider are of.

        With a connection token it is whoever the token is of, and all but the media is known. Never raises.
        """
        return Session.start(
            self._outbox,
            self._complaints,
            self._key,
            user,
            call=str(call) if call else None,
            about={
                "type": type,
                "conversation_id": conversation,
                "appointment_id": str(appointment) if appointment else None,
                "provider_id": provider_id,
                "provider_name": provider_name,
                "is_demo": is_demo,
            },
            who={"display_name": display_name, "role": role, "side": side, "metadata": metadata},
            media={"camera_enabled": camera_enabled, "mic_enabled": mic_enabled, "audio_option": audio_option},
        )

    def join(
        self,
        invite: str,
        *,
        display_name: str | None = None,
        device: Mapping[str, str] | None = None,
        audio_option: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        consent: Mapping[str, bool] | None = None,
    ) -> Admission:
        """Use an invite's secret, as a page would. The answer's ``token`` is the key of another `Callwell` that tells of this connection.

        Where ``waiting`` is true a host has yet to let them in: `resume` tells when that is so. ``consent`` is what they agreed to, as
        ``{"recording": True}``, once they were asked because of ``join.consent_required``.
        """
        return self._requests.post(
            "/v1/join",
            invite=invite,
            display_name=display_name,
            device=device,
            audio_option=audio_option,
            metadata=metadata,
            consent=consent,
        )

    def resume(self, resume: str, *, consent: Mapping[str, bool] | None = None) -> Admission:
        """Come back as the same participant with a new connection; who waits to be let in waits on, or is in by now."""
        return self._requests.post("/v1/join/resume", resume=resume, consent=consent)

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until all facts told so far have been taken; whether they were, within so many seconds."""
        return self._outbox.flush(timeout)

    def close(self, timeout: float = 2.0) -> None:
        """Send what can be sent within so many seconds. What cannot stays in the buffer for the next to open it."""
        self._closing.detach()
        self._outbox.close(timeout)
        self._requests.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _call(id: str | UUID) -> str:
    return f"/v1/calls/{segment(id)}"


def _participant(id: str | UUID, participant_id: str | UUID) -> str:
    return f"{_call(id)}/participants/{segment(participant_id)}"


def _person(identity: str) -> str:
    return f"/v1/people/{segment(identity_of(identity))}"


def _room(name: str) -> str:
    return f"/v1/rooms/{segment(name)}"
