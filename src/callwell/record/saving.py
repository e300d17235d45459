"""Saving the record of opened calls: each kind of row in one statement, however many calls there are, and a word to the readers."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from callwell.postgres.pool import Tx
from callwell.record.audit import Entry, add_audit_entries
from callwell.record.derive import derive
from callwell.record.opened import OpenedCall
from callwell.record.state import Span
from callwell.record.telling import By, tell
from callwell.record.timers import Allowances, next_deadline, of_call

log = logging.getLogger(__name__)


async def save(
    tx: Tx, opened: Mapping[UUID, OpenedCall], allowances: Allowances, gaps: Sequence[Span], at: datetime, by: By | None = None
) -> list[tuple[UUID, int]]:
    """Writes the records of the calls that changed, and tells the audit trail and the readers. Gives their new versions.

    ``by``: whose request it was, where one changed them.
    """
    changed = [call for call in opened.values() if call.is_changed]
    if not changed:
        return []
    calls: list[dict[str, Any]] = []
    participants: list[dict[str, Any]] = []
    connections: list[dict[str, Any]] = []
    entries: list[Entry] = []
    for call in changed:
        call.version += 1
        try:
            _derive(call, allowances, gaps, at)
        except Exception:
            log.exception("the record of call %s cannot be derived; its facts are kept", call.id)
            call.needs_refold = True
        entries += tell(call, by)
        if call.needs_refold or call.record is None:
            calls.append(_marked_row(call, at))
        else:
            calls.append(_call_row(call, at))
            participants += _participant_rows(call)
            connections += _connection_rows(call)
    async with tx.pipeline():
        await _save_calls(tx, [row for row in calls if "state" in row])
        await _mark_calls(tx, [row for row in calls if "state" not in row])
        await _save_participants(tx, participants)
        await _save_connections(tx, connections)
        await _hold_rooms(tx, changed)
        await add_audit_entries(tx, entries)
        await _tell_readers(tx, changed)
    return [(call.id, call.version) for call in changed]


def _derive(call: OpenedCall, allowances: Allowances, gaps: Sequence[Span], at: datetime) -> None:
    record = derive(call.id, call.state, final_at=call.final_at)
    over = record.call.ended_at
    if over is None:
        call.final_at = None
        call.next_deadline_at = next_deadline(call.id, call.state, allowances, gaps, at)
    else:
        # Whether it is final is for `Ledger.finish` to say, once its report is made.
        settled_at = over + of_call(allowances, call.state.call.settings).settling
        call.next_deadline_at = settled_at if settled_at > at else None
    # Whoever is only named was so since the call began, and whoever is there leaves with it.
    call.all_touched |= over != call.ended_at or record.call.created_at != call.created_at
    call.record = record


def _call_row(call: OpenedCall, at: datetime) -> dict[str, Any]:
    assert call.record is not None
    return {
        **msgspec.structs.asdict(call.record.call),
        "version": call.version,
        "needs_refold": False,
        "final_at": call.final_at,
        "next_deadline_at": call.next_deadline_at,
        "provider_name": call.provider_name,
        "state": call.state.call,
        "told_start": call.told_start,
        "told_end_at": call.told_end_at,
        "told_end_ms": call.told_end_ms,
        "updated_at": at,
    }


def _marked_row(call: OpenedCall, at: datetime) -> dict[str, Any]:
    return {"id": call.id, "version": call.version, "updated_at": at}


def _participant_rows(call: OpenedCall) -> list[dict[str, Any]]:
    assert call.record is not None
    touched = {call.state.connections[id].participant_id for id in call.touched if id in call.state.connections}
    names = {id: identity for identity, id in call.state.people.items()}
    rows: list[dict[str, Any]] = []
    for id, record in call.record.participants.items():
        if call.all_touched or id in touched or id in call.new_participants or id in call.names:
            kind, _, name = names[id].partition(":")
            named_at, display_name = call.names.get(id, (None, None))
            rows.append(msgspec.structs.asdict(record) | {f"{kind}_id": name, "named_at": named_at, "display_name": display_name})
    return rows


def _connection_rows(call: OpenedCall) -> list[dict[str, Any]]:
    assert call.record is not None
    names = {id: key for key, id in call.connection_names.items()}
    return [
        {
            **msgspec.structs.asdict(record),
            "source": names[id][1],
            "name": names[id][2],
            "state": call.state.connections[id],
            "told_established": id in call.told_established,
            "told_failed": id in call.told_failed,
        }
        for id, record in call.record.connections.items()
        if call.all_touched or id in call.touched
    ]


async def _save_calls(tx: Tx, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    await tx.execute(
        """
        UPDATE calls SET
            version = new.version, record_state = new.record_state, status = new.status, type = new.type, mode = new.mode, engine = new.engine,
            room_id = new.room_id, conversation_id = new.conversation_id, appointment_id = new.appointment_id, external_id = new.external_id,
            initiator_id = new.initiator_id, provider_id = new.provider_id,
            provider_name = coalesce(new.provider_name, calls.provider_name), is_demo = new.is_demo, settings = new.settings, metadata = new.metadata,
            engine_data = new.engine_data, created_at = new.created_at, ringing_at = new.ringing_at, started_at = new.started_at,
            ended_at = new.ended_at, end_reason = new.end_reason, ended_by = new.ended_by, elapsed_ms = new.elapsed_ms, overlap_ms = new.overlap_ms,
            overlap_claimed_ms = new.overlap_claimed_ms, overlap_of = new.overlap_of, participant_count = new.participant_count,
            peak_participants = new.peak_participants, mode_switch_count = new.mode_switch_count, disconnection_count = new.disconnection_count,
            issue_count = new.issue_count, event_count = new.event_count, anomaly_count = new.anomaly_count, anomalies = new.anomalies,
            needs_refold = new.needs_refold, final_at = new.final_at, next_deadline_at = new.next_deadline_at, state = new.state,
            told_start = new.told_start, told_end_at = new.told_end_at, told_end_ms = new.told_end_ms, updated_at = new.updated_at
        FROM json_populate_recordset(NULL::calls, %s::json) AS new
        -- Their ids again: by the function alone, which counts as a hundred rows, the planner reads the whole table while it has some thousand.
        WHERE calls.id = new.id AND calls.id = ANY(%b)
        """,
        [msgspec.json.encode(rows).decode(), [row["id"] for row in rows]],
        prepare=True,
    )


async def _mark_calls(tx: Tx, rows: list[dict[str, Any]]) -> None:
    """A call that cannot be folded: its record stays as it was, and says that it is behind."""
    if not rows:
        return
    await tx.execute(
        """
        UPDATE calls SET needs_refold = true, version = new.version, updated_at = new.updated_at
        FROM json_populate_recordset(NULL::calls, %s::json) AS new WHERE calls.id = new.id
        """,
        [msgspec.json.encode(rows).decode()],
    )


async def _save_participants(tx: Tx, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    await tx.execute(
        """
        INSERT INTO participants AS old (
            call_id, id, user_id, guest_id, erased_id, display_name, named_at, call_role, role, side, is_host, status, first_at, joined_at, connected_at,
            left_at, leave_reason, wait_ms, attended_ms, attended_engine_ms, attended_socket_ms, attended_claimed_ms, join_count,
            disconnection_count, audio_enabled, video_enabled, screen_shared, ever_audio, ever_video, ever_screen, spoke_ms, messages_sent,
            reactions_sent, issue_count, error_count, event_count, rating_stars)
        SELECT
            call_id, id, user_id, guest_id, erased_id, display_name, named_at, call_role, role, side, is_host, status, first_at, joined_at, connected_at,
            left_at, leave_reason, wait_ms, attended_ms, attended_engine_ms, attended_socket_ms, attended_claimed_ms, join_count,
            disconnection_count, audio_enabled, video_enabled, screen_shared, ever_audio, ever_video, ever_screen, spoke_ms, messages_sent,
            reactions_sent, issue_count, error_count, event_count, rating_stars
        FROM json_populate_recordset(NULL::participants, %s::json)
        ON CONFLICT (call_id, id) DO UPDATE SET
            display_name = CASE WHEN old.named_at IS NULL
                                     OR (excluded.named_at, excluded.display_name COLLATE "C") > (old.named_at, old.display_name COLLATE "C")
                                THEN coalesce(excluded.display_name, old.display_name) ELSE old.display_name END,
            named_at = greatest(old.named_at, excluded.named_at),
            call_role = excluded.call_role, role = excluded.role, side = excluded.side, is_host = excluded.is_host, status = excluded.status,
            first_at = excluded.first_at, joined_at = excluded.joined_at, connected_at = excluded.connected_at, left_at = excluded.left_at,
            leave_reason = excluded.leave_reason, wait_ms = excluded.wait_ms, attended_ms = excluded.attended_ms,
            attended_engine_ms = excluded.attended_engine_ms, attended_socket_ms = excluded.attended_socket_ms,
            attended_claimed_ms = excluded.attended_claimed_ms, join_count = excluded.join_count,
            disconnection_count = excluded.disconnection_count, audio_enabled = excluded.audio_enabled, video_enabled = excluded.video_enabled,
            screen_shared = excluded.screen_shared, ever_audio = excluded.ever_audio, ever_video = excluded.ever_video,
            ever_screen = excluded.ever_screen, spoke_ms = excluded.spoke_ms, messages_sent = excluded.messages_sent,
            reactions_sent = excluded.reactions_sent, issue_count = excluded.issue_count, error_count = excluded.error_count,
            event_count = excluded.event_count, rating_stars = excluded.rating_stars
        """,
        [msgspec.json.encode(rows).decode()],
        prepare=True,
    )


async def _save_connections(tx: Tx, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    await tx.execute(
        """
        INSERT INTO connections (
            call_id, id, participant_id, source, name, status, joined_at, connected_at, left_at, leave_reason, duration_seconds, setup_ms,
            attended_ms, disconnection_count, audio_enabled, video_enabled, screen_shared, audio_option, browser, os, device_type, metadata, state,
            told_established, told_failed)
        SELECT
            call_id, id, participant_id, source, name, status, joined_at, connected_at, left_at, leave_reason, duration_seconds, setup_ms,
            attended_ms, disconnection_count, audio_enabled, video_enabled, screen_shared, audio_option, browser, os, device_type, metadata, state,
            told_established, told_failed
        FROM json_populate_recordset(NULL::connections, %s::json)
        ON CONFLICT (call_id, id) DO UPDATE SET
            status = excluded.status, joined_at = excluded.joined_at, connected_at = excluded.connected_at, left_at = excluded.left_at,
            leave_reason = excluded.leave_reason, duration_seconds = excluded.duration_seconds, setup_ms = excluded.setup_ms,
            attended_ms = excluded.attended_ms, disconnection_count = excluded.disconnection_count, audio_enabled = excluded.audio_enabled,
            video_enabled = excluded.video_enabled, screen_shared = excluded.screen_shared, audio_option = excluded.audio_option,
            browser = excluded.browser, os = excluded.os, device_type = excluded.device_type, metadata = excluded.metadata, state = excluded.state,
            told_established = excluded.told_established, told_failed = excluded.told_failed
        """,
        [msgspec.json.encode(rows).decode()],
        prepare=True,
    )


async def postpone(tx: Tx, opened: Mapping[UUID, OpenedCall], allowances: Allowances, gaps: Sequence[Span], at: datetime) -> None:
    """Looks again at calls whose deadline came and meant nothing. Of those that have settled the readers are told again, though nothing changed."""
    later = [call for call in opened.values() if not call.is_changed]
    for call in later:
        _derive(call, allowances, gaps, at)
    settled = [call for call in later if call.record and call.record.call.ended_at and call.next_deadline_at is None and call.final_at is None]
    if settled:
        await _tell_readers(tx, settled)
    if later:
        await tx.execute(
            """
            UPDATE calls SET next_deadline_at = new.next_deadline_at
            FROM unnest(%b::uuid[], %b::timestamptz[]) AS new(id, next_deadline_at) WHERE calls.id = new.id
            """,
            [[call.id for call in later], [call.next_deadline_at for call in later]],
        )


async def _tell_readers(tx: Tx, calls: Sequence[OpenedCall]) -> None:
    await tx.execute(
        "INSERT INTO changes (call_id, version) SELECT new.call_id, new.version FROM unnest(%b::uuid[], %b::int8[]) AS new(call_id, version)",
        [[call.id for call in calls], [call.version for call in calls]],
        prepare=True,
    )


async def _hold_rooms(tx: Tx, changed: list[OpenedCall]) -> None:
    """An unfinished call holds its room; one that is over lets it go, and one that goes on after all takes it again where it is free."""
    for call in changed:
        room_id = call.record.call.room_id if call.record else None
        if room_id is None or call.record is None:
            continue
        if call.record.call.ended_at is not None and (call.ended_at is None or call.is_new):
            await tx.execute("DELETE FROM live_calls WHERE room_id = %s AND call_id = %s", [room_id, call.id], prepare=True)
        elif call.record.call.ended_at is None and (call.room_id is None or call.ended_at is not None):
            await tx.execute("INSERT INTO live_calls (room_id, call_id) VALUES (%s, %s) ON CONFLICT DO NOTHING", [room_id, call.id], prepare=True)
