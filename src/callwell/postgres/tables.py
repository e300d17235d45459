"""Where each table lies when the database is spread over several machines (Citus).

Tests hold every table to what is said here: keys of a distributed table contain the column it is distributed by, and no foreign key leads
where it could not be checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Distributed:
    """In pieces, each row with those of the same value in one column. Joined and locked by that column alone."""

    by: str
    reason: str = ""
    """Why not by call, in a table that has a ``call_id``."""


@dataclass(frozen=True)
class Reference:
    """Whole on every machine: joined with anything, some hundred writes a second."""

    reason: str


@dataclass(frozen=True)
class Local:
    """On the coordinator alone."""

    reason: str


TABLES: Mapping[str, Distributed | Reference | Local] = {
    # Access
    "api_keys": Local("few, found by hash at every request, and touched by it"),
    "idempotency_keys": Local("kept for a day, and of writes of every kind"),
    "accounts": Local("few, found by address at sign-in"),
    "recovery_codes": Local("with their accounts"),
    "account_sessions": Local("few, found by hash at every request, and touched by it"),
    "sign_in_failures": Local("few, found by address at sign-in"),
    "saved_views": Local("with their accounts"),
    # Planning
    "settings": Local("few, and kept in mind by every process"),
    "appointments": Local("found by people and times across calls, and locked with their rooms"),
    "attendees": Local("with their appointments"),
    "conversations": Local("made in passing by the transactions that make calls"),
    "people": Reference("names joined to participants wherever these lie; the host feeds it now and then"),
    "erasures": Local("few, each worked off by one process at a time"),
    "rooms": Local("locked first when somebody joins, whatever call that leads to"),
    "invites": Local("found by their own id"),
    "invite_uses": Local("counted with their invite"),
    # The record
    "calls": Distributed("id"),
    "participants": Distributed("call_id"),
    "connections": Distributed("call_id"),
    "events": Distributed("call_id"),
    "leases": Distributed("call_id"),
    "grants": Distributed("call_id"),
    "resumes": Distributed("hash", "unique across calls: found by the secret's hash, before the call is known"),
    "live_calls": Distributed("room_id", "unique across calls: a room has one"),
    "call_aliases": Distributed("key", "unique across calls: an engine's name leads to one call"),
    "changes": Local("a queue with one order for all calls"),
    "change_readers": Local("cursors in that queue"),
    "erased_calls": Distributed("call_id"),
    "dead_letters": Local("few, and looked through by people"),
    # Quality
    "samples": Distributed("call_id"),
    "live_quality": Distributed("call_id"),
    "reports": Distributed("call_id"),
    "participant_quality": Distributed("call_id"),
    # Analytics
    "counted_call_rows": Local("sorted and searched across calls, and written by one reader with the rollups"),
    "counted_appointments": Local("with the rollups"),
    "appointment_changes": Local("a queue for who counts them"),
    "call_rollup_rows": Local("rows of hours and days, written by one reader"),
    "connection_rollup_rows": Local("with those of calls"),
    "quality_rollup_rows": Local("with those of calls"),
    "person_rollup_rows": Local("with those of calls"),
    "first_day_rows": Local("with those of calls"),
    "appointment_rollup_rows": Local("with those of calls"),
    "rollup_zones": Local("one row"),
    # Engines
    "rtcstats_sessions": Distributed("id", "found by the client's own name for it, before the call is known"),
    "rtcstats_entries": Distributed("session_id"),
    # Audit
    # A transaction over several machines ends on one after the other: what is sealed in one order must lie where the order is made.
    "audit_entries": Local("one order for all, in which they are sealed"),
    "audit_identities": Local("with their entries"),
    "audit_seals": Local("a chain"),
    "checkpoints_told": Local("a row for each door"),
    "metrics": Local("a row an hour"),
    "metric_errors": Local("with their metrics"),
    "metric_users": Local("with their metrics"),
    "metric_zones": Local("a few rows"),
    "metrics_reader": Local("one row: a cursor in the trail"),
    "notes": Local("with their appointments"),
    "note_versions": Local("with their notes"),
    # Live and timers
    "signals": Local("notifications are heard on the machine where they are made"),
    "sweeps": Local("one row"),
    "sweep_gaps": Local("a few rows"),
}
