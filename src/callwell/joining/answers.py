"""What somebody is told who comes in or waits to: all that a page needs. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from callwell import ids
from callwell.access.tokens import connection_token
from callwell.joining.ice import IceServer, ice_servers
from callwell.planning.call_settings import settings_of
from callwell.record import events as e
from callwell.record.events import CallMode, CallType, Side
from callwell.record.state import CallRecord
from callwell.settings import Settings

SOCKET = "/v1/socket"


class AdmittedEngine(Struct, frozen=True):
    """What carries the media."""

    kind: e.Engine


class AdmittedParticipant(Struct, frozen=True):
    id: UUID
    identity: str
    display_name: str | None
    role: str
    side: Side | None
    host: bool


class AdmittedSettings(Struct, frozen=True):
    heartbeat_seconds: int
    chat_enabled: bool
    screen_share_enabled: bool
    sample_seconds: int


class Admission(Struct, frozen=True, kw_only=True):
    """All that a page needs to be in the call, or to wait until somebody lets it in."""

    call_id: UUID
    room: str | None
    type: CallType
    mode: CallMode
    engine: AdmittedEngine
    waiting: bool
    """Whether they wait to be let in: the token can only wait then, and there are no ICE servers yet."""
    participant: AdmittedParticipant
    connection: UUID
    token: str
    connect_until: datetime
    """When the seat is given up, or the wait, where the page has not opened its socket by then."""
    report_until: datetime | None
    """Until when facts count; None while the call has no end."""
    resume: str
    socket: str
    ice_servers: list[IceServer]
    settings: AdmittedSettings
    server_time: datetime


def admission(
    settings: Settings,
    call: CallRecord,
    participant: AdmittedParticipant,
    connection_id: UUID,
    *,
    is_waiting: bool,
    connect_until: datetime,
    resume: str,
    at: datetime,
) -> Admission:
    return Admission(
        call_id=call.id,
        room=ids.room_name(call.room_id) if call.room_id else None,
        type=call.type,
        mode=call.mode,
        engine=AdmittedEngine(call.engine),
        waiting=is_waiting,
        participant=participant,
        connection=connection_id,
        token=connection_token(settings.key, call.id, connection_id),
        connect_until=connect_until,
        report_until=None,
        resume=resume,
        socket=SOCKET,
        ice_servers=[] if is_waiting else ways(settings, participant.id, at),
        settings=page_settings(settings, call.settings),
        server_time=at,
    )


def ways(settings: Settings, participant_id: UUID, at: datetime) -> list[IceServer]:
    """By which servers somebody finds their way to the others, from then on."""
    return ice_servers(
        settings.ice_urls, settings.turn_urls, settings.turn_secret, participant=str(participant_id), at=at, seconds=settings.turn_seconds
    )


def page_settings(settings: Settings, of_call: Mapping[str, Any]) -> AdmittedSettings:
    """What a page goes by, of the deployment's settings and the call's."""
    wished = settings_of(of_call)
    return AdmittedSettings(settings.heartbeat_seconds, wished.chat_enabled, wished.screen_share_enabled, wished.sample_seconds)
