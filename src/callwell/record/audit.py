"""Writing the audit trail: one entry, in the transaction of what it tells of.

An entry is inserted without sequence or lock. Who acted, from where and with what lies beside it in ``audit_identities``, with a salt; the entry
itself holds salted commitments alone, so that a person can be erased and its seal still verifies. Reading and sealing are compliance's.
"""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import ids
from callwell.postgres.pool import Tx
from callwell.settings import Settings

USER_AGENT_LENGTH = 500
"""Characters of a user agent that are kept."""

MESSAGE_LENGTH = 500
"""Characters of an error's message that are kept."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Action(StrEnum):
    """What an entry tells of."""

    JOIN_ATTEMPT = "join_attempt"
    JOIN_SUCCESS = "join_success"
    JOIN_DENIED = "join_denied"
    JOIN_WAITING = "join_waiting"
    CALL_START = "call_start"
    CALL_END = "call_end"
    CONNECTION_ESTABLISHED = "connection_established"
    CONNECTION_FAILED = "connection_failed"
    PERMISSION_DENIED = "permission_denied"
    ERROR_OCCURRED = "error_occurred"
    CALL_CREATED = "call_created"
    CALL_CHANGED = "call_changed"
    SETTINGS_CHANGED = "settings_changed"
    PARTICIPANT_ADMITTED = "participant_admitted"
    PARTICIPANT_REFUSED = "participant_refused"
    PARTICIPANT_REMOVED = "participant_removed"
    ROOM_CREATED = "room_created"
    ROOM_CHANGED = "room_changed"
    ROOM_CLOSED = "room_closed"
    INVITE_CREATED = "invite_created"
    INVITE_REVOKED = "invite_revoked"
    PERSON_CHANGED = "person_changed"
    CONVERSATION_CHANGED = "conversation_changed"
    CONVERSATION_ERASING = "conversation_erasing"
    CONVERSATION_ERASED = "conversation_erased"
    APPOINTMENT_CREATED = "appointment_created"
    APPOINTMENT_CHANGED = "appointment_changed"
    APPOINTMENT_CONFIRMED = "appointment_confirmed"
    APPOINTMENT_DECLINED = "appointment_declined"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    APPOINTMENT_COMPLETED = "appointment_completed"
    APPOINTMENT_NO_SHOW = "appointment_no_show"
    APPOINTMENT_STARTED = "appointment_started"
    APPOINTMENT_RESUMED = "appointment_resumed"
    APPOINTMENT_REOPENED = "appointment_reopened"
    PAYMENT_CHANGED = "payment_changed"
    KEY_CREATED = "key_created"
    KEY_REVOKED = "key_revoked"
    USER_TOKEN_CREATED = "user_token_created"  # noqa: S105 nobody can sign in with it
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACCOUNT_PASSWORD_CHANGED = "account_password_changed"  # noqa: S105 what happened
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECORD_VIEWED = "record_viewed"
    AUDIT_READ = "audit_read"
    TRAIL_ARCHIVED = "trail_archived"
    NOTE_CREATED = "note_created"
    NOTE_CHANGED = "note_changed"
    NOTE_READ = "note_read"
    NOTE_ERASED = "note_erased"
    NOTES_LISTED = "notes_listed"
    NOTES_REKEYED = "notes_rekeyed"


class Origin(Struct, frozen=True):
    """Where a request came from and with what, as far as the deployment keeps it."""

    address: str | None = None
    user_agent: str | None = None


NOWHERE = Origin()
"""The origin of what we do ourselves."""


async def add_audit_entry(
    tx: Tx,
    *,
    action: Action,
    at: datetime,
    caller: str,
    origin: Origin = NOWHERE,
    identity: str | None = None,
    call_id: UUID | None = None,
    room_id: UUID | None = None,
    invite_id: UUID | None = None,
    appointment_id: UUID | None = None,
    participant_id: UUID | None = None,
    error_code: str | None = None,
    error_message: str | None = None,
    duration_ms: int | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> UUID:
    """Writes the entry. ``caller`` is the kind of credential and its id, never a person; whom it is about is ``identity`` (``user:42``).

    ``metadata`` and ``error_message`` must tell nothing personal and no secret: they are sealed and outlive an erasure.
    """
    entry_id = ids.uuid7()
    salt = os.urandom(16)
    await tx.execute(
        """
        INSERT INTO audit_entries
            (id, at, action, caller, call_id, room_id, invite_id, appointment_id, participant_id, error_code, error_message, duration_ms,
             metadata, identity_commitment, address_commitment, user_agent_commitment)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s)
        """,
        [
            entry_id, at, action.value, caller, call_id, room_id, invite_id, appointment_id, participant_id, error_code,
            _CONTROL.sub(" ", error_message)[:MESSAGE_LENGTH] if error_message else None, duration_ms,
            msgspec.json.encode(metadata or {}).decode(),
            commitment(salt, identity), commitment(salt, origin.address), commitment(salt, origin.user_agent),
        ],
        prepare=True,
    )  # fmt: skip
    if identity is not None or origin.address is not None or origin.user_agent is not None:
        await tx.execute(
            "INSERT INTO audit_identities (entry_id, salt, identity, address, user_agent) VALUES (%s, %s, %s, %s, %s)",
            [entry_id, salt, identity, origin.address, origin.user_agent],
            prepare=True,
        )
    return entry_id


class Entry(Struct, frozen=True, kw_only=True):
    """What one of several entries tells; see `add_audit_entry`."""

    action: Action
    at: datetime
    caller: str
    origin: Origin = NOWHERE
    identity: str | None = None
    call_id: UUID | None = None
    room_id: UUID | None = None
    appointment_id: UUID | None = None
    participant_id: UUID | None = None
    error_code: str | None = None
    duration_ms: int | None = None
    metadata: Mapping[str, Any] = {}


async def add_audit_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    """Writes entries together: two statements, however many there are, and none where there is nothing to tell."""
    if not entries:
        return
    rows = [(ids.uuid7(), os.urandom(16), entry) for entry in entries]
    await tx.execute(
        """
        INSERT INTO audit_entries
            (id, at, action, caller, call_id, room_id, appointment_id, participant_id, error_code, duration_ms, metadata,
             identity_commitment, address_commitment, user_agent_commitment)
        SELECT id, at, action, caller, call_id, room_id, appointment_id, participant_id, error_code, duration_ms, metadata::jsonb,
               identity_commitment, address_commitment, user_agent_commitment
        FROM unnest(%b::uuid[], %b::timestamptz[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::int8[],
                    %b::text[], %b::bytea[], %b::bytea[], %b::bytea[])
             AS new(id, at, action, caller, call_id, room_id, appointment_id, participant_id, error_code, duration_ms, metadata,
                    identity_commitment, address_commitment, user_agent_commitment)
        """,
        [
            [id for id, _, _ in rows],
            [entry.at for entry in entries],
            [entry.action.value for entry in entries],
            [entry.caller for entry in entries],
            [entry.call_id for entry in entries],
            [entry.room_id for entry in entries],
            [entry.appointment_id for entry in entries],
            [entry.participant_id for entry in entries],
            [entry.error_code for entry in entries],
            [entry.duration_ms for entry in entries],
            [msgspec.json.encode(entry.metadata).decode() for entry in entries],
            [commitment(salt, entry.identity) for _, salt, entry in rows],
            [commitment(salt, entry.origin.address) for _, salt, entry in rows],
            [commitment(salt, entry.origin.user_agent) for _, salt, entry in rows],
        ],
        prepare=True,
    )
    named = [(id, salt, entry) for id, salt, entry in rows if entry.identity is not None or entry.origin != NOWHERE]
    if named:
        await tx.execute(
            """
            INSERT INTO audit_identities (entry_id, salt, identity, address, user_agent)
            SELECT * FROM unnest(%b::uuid[], %b::bytea[], %b::text[], %b::text[], %b::text[])
            """,
            [
                [id for id, _, _ in named],
                [salt for _, salt, _ in named],
                [entry.identity for _, _, entry in named],
                [entry.origin.address for _, _, entry in named],
                [entry.origin.user_agent for _, _, entry in named],
            ],
            prepare=True,
        )


def commitment(salt: bytes, value: str | None) -> bytes | None:
    """What binds an entry to a value without telling it: nobody can find it by trying values once the salt is gone."""
    return None if value is None else hashlib.sha256(salt + value.encode()).digest()


# ── Where a request came from ─────────────────────────────────────────────────────────────────────────────────────────────────────


def origin_of(scope: Mapping[str, Any], settings: Settings, ip_policy: str) -> Origin:
    """The origin of a request, by its ASGI scope, as the deployment's policy for addresses lets it be kept."""
    address = client_address(scope, settings.trusted_proxies)
    user_agent = header(scope, b"user-agent")
    return Origin(
        kept_address(address, ip_policy, settings.key),
        _CONTROL.sub(" ", user_agent)[:USER_AGENT_LENGTH] if user_agent else None,
    )


def header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """A header of the request; several of the same name are one with commas between."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ", ".join(values) or None


def client_address(scope: Mapping[str, Any], trusted_proxies: tuple[str, ...]) -> str | None:
    """The address of who asks: the peer's, or, as far as proxies that we trust have passed it on, what they saw.

    `X-Forwarded-For` is read from its end, since anybody can send one that begins as they like.
    """
    peer = scope.get("client")
    address = peer[0] if peer else None
    if address is None or not trusted_proxies or not _is_trusted(address, trusted_proxies):
        return address
    for hop in reversed((header(scope, b"x-forwarded-for") or "").split(",")):
        seen = _parse_hop(hop)
        if seen is None:
            return address
        address = str(seen)
        if not _is_trusted(address, trusted_proxies):
            return address
    return address


def kept_address(address: str | None, policy: str, key: bytes) -> str | None:
    """The address as it is kept: whole, its network (/24, /48), a hash under the deployment's key, or not."""
    if address is None or policy == "none":
        return None
    if policy == "hashed":
        return ids.keyed_hash(key, "address", address).hex()
    parsed = _parse_hop(address)
    if parsed is None:
        return None
    if policy == "full":
        return str(parsed)
    return str(ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def _parse_hop(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write them: bare, or with a port behind it."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _is_trusted(address: str, trusted_proxies: tuple[str, ...]) -> bool:
    parsed = _parse_hop(address)
    return parsed is not None and any(parsed in network for network in _networks(trusted_proxies))


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)
