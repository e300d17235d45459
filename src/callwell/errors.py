"""Every error a caller can see: its code, its status, its sentence.

An error is a class; its docstring is the sentence shown to the caller, with the arguments it was raised with filled in. It is raised
where the rule is and rendered in one place (``http.py`` as problem+json, ``cli/`` as one line). ``docs/reference/errors.md`` is made
from this file. Expected absence is a value, not one of these.
"""

import inspect
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar


class CallwellError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *, fields: Mapping[str, str] | None = None, **context: object) -> None:
        self.fields: Mapping[str, str] = fields or {}
        """Names of the fields that are wrong, as a path (``events[3].data.text``), each with what is wrong with it."""
        self.context = context
        """What the sentence speaks of; also members of the problem document."""
        super().__init__(self.detail)

    @property
    def detail(self) -> str:
        """The sentence, filled in."""
        sentence = inspect.cleandoc(self.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        return sentence.format_map(_Blank({name: _in_words(value) for name, value in self.context.items()}))

    @property
    def retry_after(self) -> int | None:
        """Seconds after which trying again makes sense, if it ever does."""
        value = self.headers.get("Retry-After")
        return int(value) if value else None


def _in_words(value: object) -> object:
    """Times as people read them; the problem document has them as programs do."""
    return f"{value.astimezone(UTC):%d %B %Y, %H:%M} UTC" if isinstance(value, datetime) else value


class _Blank(dict[str, object]):
    """What a sentence is filled in from: a name it was not given shows as an ellipsis, since an error must never fail to be shown."""

    def __missing__(self, key: str) -> str:
        return "…"


# ── What was sent is not understood ───────────────────────────────────────────────────────────────────────────────────────────────


class Invalid(CallwellError):
    """What was sent is not valid: {problem}"""

    code = "request.invalid"
    status = 422


class NotJson(CallwellError):
    """The body is not the JSON that is expected here: {problem}"""

    code = "request.not_json"
    status = 400


class BodyTooLarge(CallwellError):
    """The body is larger than the {limit} bytes that this address takes."""

    code = "request.too_large"
    status = 413


class UnsupportedMediaType(CallwellError):
    """This address takes application/json."""

    code = "request.media_type"
    status = 415


class NoSuchAddress(CallwellError):
    """There is nothing at this address."""

    code = "request.no_such_address"
    status = 404


class PagesNotBuilt(CallwellError):
    """The pages of this server were not built; `make web` builds them."""

    code = "pages.not_built"
    status = 404


class MethodNotAllowed(CallwellError):
    """This address does not take {method}."""

    code = "request.method_not_allowed"
    status = 405


class UnknownFilter(CallwellError):
    """There is no query parameter {name} here; there are: {known}."""

    code = "request.unknown_parameter"
    status = 422


class BadCursor(CallwellError):
    """The cursor is not one that this list gave out."""

    code = "request.bad_cursor"
    status = 422


# ── Who is asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class NotSignedIn(CallwellError):
    """This needs a credential: `Authorization: Bearer` with an API key, a connection token or a user token."""

    code = "access.no_credential"
    status = 401
    headers: ClassVar = {"WWW-Authenticate": "Bearer"}


class CredentialRefused(CallwellError):
    """The credential is not one of ours, has run out or was revoked."""

    code = "access.bad_credential"
    status = 401
    headers: ClassVar = {"WWW-Authenticate": "Bearer"}


class SessionOver(CallwellError):
    """You were signed out. Please sign in again."""

    code = "session.over"
    status = 401


class SignInRefused(CallwellError):
    """The address or the password is not right."""

    code = "session.refused"
    status = 401


class CodeNeeded(CallwellError):
    """A code of the second factor is needed as well."""

    code = "session.code_needed"
    status = 401


class CodeRefused(CallwellError):
    """The code is not right, or was used before."""

    code = "session.code_refused"
    status = 401


class SignInLocked(CallwellError):
    """Too many sign-ins to this address went wrong. It can be tried again in {seconds} seconds."""

    code = "session.locked"
    status = 429
    headers: ClassVar = {"Retry-After": "30"}


class NotOurPage(CallwellError):
    """What changes something comes from a page of ours, with the header X-Callwell-CSRF that its session has."""

    code = "session.not_our_page"
    status = 403


class NotAllowed(CallwellError):
    """This credential may not do that; it needs {needs}."""

    code = "access.not_allowed"
    status = 403


class TooManyRequests(CallwellError):
    """Too many requests; try again in a minute."""

    code = "access.too_many_requests"
    status = 429
    headers: ClassVar = {"Retry-After": "60"}


# ── What is asked for ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class NotFound(CallwellError):
    """There is no {what} {id}."""

    code = "not_found"
    status = 404


class IllegalMove(CallwellError):
    """A call that is {state} cannot be {move}."""

    code = "call.illegal_move"
    status = 409


class IllegalAppointmentMove(IllegalMove):
    """An appointment that is {state} cannot be {move}."""

    code = "appointment.illegal_move"


class JudgedByCalls(CallwellError):
    """Whether this appointment was held or missed is known from its calls, and said by nobody."""

    code = "appointment.judged_by_calls"
    status = 409


class RoomBusy(CallwellError):
    """The room has an unfinished call already: {call_id}."""

    code = "room.busy"
    status = 409


class RoomClosed(CallwellError):
    """This room is closed."""

    code = "join.room_closed"
    status = 403


class TooManySubscriptions(CallwellError):
    """A live socket follows at most {limit} things at once."""

    code = "live.too_many_subscriptions"
    status = 409


class ConversationBeingErased(CallwellError):
    """This conversation is being erased with all that is under it."""

    code = "conversation.being_erased"
    status = 409


class CallErased(CallwellError):
    """The call {call_id} was erased; there is none of this id again."""

    code = "call.erased"
    status = 409


class SettingUnknown(CallwellError):
    """There is no setting {name}."""

    code = "call.setting_unknown"
    status = 422


class NoPassword(CallwellError):
    """This account signs in elsewhere; it has no password here."""

    code = "account.no_password"
    status = 409


class LastAdmin(CallwellError):
    """This is the last admin: nobody would be left who can undo it."""

    code = "account.last_admin"
    status = 409


class Conflict(CallwellError):
    """It already exists: {what}."""

    code = "conflict"
    status = 409


# ── Notes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class NotesUnavailable(CallwellError):
    """Notes cannot be read or written now: {problem}."""

    code = "notes.unavailable"
    status = 503
    headers: ClassVar = {"Retry-After": "60"}


class NotesNotAllowed(CallwellError):
    """This credential may not have notes of that class; it needs an API key with the scope {scope} by its name."""

    code = "notes.not_allowed"
    status = 403


class NoteDamaged(CallwellError):
    """Version {version} of this note is not as it was written; nothing of it is shown."""

    code = "notes.damaged"
    status = 500


class NoteChanged(CallwellError):
    """This note was changed meanwhile: its version is {version}."""

    code = "notes.changed"
    status = 409


class NoteErased(CallwellError):
    """This note was erased on {erased_at}."""

    code = "notes.erased"
    status = 410


# ── Joining ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
# Sentences of this part are shown to people who want to come in.


class InviteInvalid(CallwellError):
    """This link does not work (any more). Please ask for a new one."""

    code = "join.invite_invalid"
    status = 403


class NotInvited(CallwellError):
    """This appointment is between other people. Please ask whoever sent you the link."""

    code = "join.not_invited"
    status = 403


class AppointmentNotOpen(CallwellError):
    """This appointment {why}."""

    code = "join.appointment_not_open"
    status = 403


class TooEarly(CallwellError):
    """This room is not open yet. You can join from {opens_at}."""

    code = "join.too_early"
    status = 403


class TooLate(CallwellError):
    """This room was open until {closes_at}."""

    code = "join.too_late"
    status = 403


class PaymentRequired(CallwellError):
    """This appointment is not paid for yet. You can join once it is."""

    code = "join.payment_required"
    status = 402


class RoomFull(CallwellError):
    """This room has room for {capacity} people, and they are all there."""

    code = "join.room_full"
    status = 409


class NeedsSfu(CallwellError):
    """Calls here are between two people, and both are there."""

    code = "join.needs_sfu"
    status = 409


class TooManyVisitors(CallwellError):
    """This call has had as many visitors as one can have. Please ask for a new one."""

    code = "join.too_many_visitors"
    status = 409


class ConsentRequired(CallwellError):
    """Calls here are recorded. You can join once you agree to being recorded."""

    code = "join.consent_required"
    status = 403


class WaitingRoomFull(CallwellError):
    """Too many people are waiting to be let in. Please try again in a few minutes."""

    code = "join.waiting_room_full"
    status = 409


class StillWaiting(CallwellError):
    """You are in the waiting room. This is for those who have been let in."""

    code = "join.waiting"
    status = 403


class Refused(CallwellError):
    """The host did not let you in."""

    code = "join.refused"
    status = 403


class NotWaiting(CallwellError):
    """They are not waiting to be let in (any more)."""

    code = "join.not_waiting"
    status = 409


class ResumeInvalid(CallwellError):
    """Your place in this call is no longer known. Please join again."""

    code = "join.resume_invalid"
    status = 403


class Revoked(CallwellError):
    """Your access to this call was withdrawn."""

    code = "join.revoked"
    status = 403


class CallOver(CallwellError):
    """This call is over."""

    code = "join.call_over"
    status = 409


# ── Figures ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class FiguresGone(CallwellError):
    """The {period} figures of {starts_at} cannot be made again: entries that they were made of are in the trail no more. They stay as they are."""

    code = "metrics.gone"
    status = 409


class OneDimension(CallwellError):
    """Figures are kept by one dimension at a time: they cannot be told by {by} of one {filter} alone."""

    code = "analytics.one_dimension"
    status = 422


# ── Idempotency ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class IdempotencyMismatch(CallwellError):
    """This Idempotency-Key was used with another request."""

    code = "idempotency.mismatch"
    status = 422


class IdempotencyInProgress(CallwellError):
    """The first request with this Idempotency-Key is still running."""

    code = "idempotency.in_progress"
    status = 409
    headers: ClassVar = {"Retry-After": "1"}


# ── We can't ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class DatabaseUnavailable(CallwellError):
    """The database cannot be reached; nothing was changed. Try again."""

    code = "unavailable.database"
    status = 503
    headers: ClassVar = {"Retry-After": "2"}


class Interrupted(CallwellError):
    """The database was lost while this was written: it may have been written or not. With an Idempotency-Key it is safe to try again."""

    code = "unavailable.interrupted"
    status = 503
    headers: ClassVar = {"Retry-After": "2"}


class Overloaded(CallwellError):
    """Too much is waiting to be written; nothing of this was. Try again."""

    code = "unavailable.overloaded"
    status = 503
    headers: ClassVar = {"Retry-After": "1"}


class Unexpected(CallwellError):
    """Something went wrong on our side; it is in our log under {request_id}."""

    code = "error"
    status = 500


class NotSealed(CallwellError):
    """Entry {id} is not sealed yet; try again in a minute."""

    code = "audit.not_sealed"
    status = 409
    headers: ClassVar = {"Retry-After": "60"}


class TransactionsBeganAnew(CallwellError):
    """The database counts its transactions from a lower number than the audit trail has: it was restored from a dump. Nothing new can be sealed."""

    code = "audit.transactions_began_anew"


class TrailBroken(CallwellError):
    """The audit trail is not as it was sealed: {problem}"""

    code = "audit.broken"


# ── The start is refused ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class SettingInvalid(CallwellError):
    """{name} is not right: {problem}"""

    code = "start.setting_invalid"


class AddressTaken(CallwellError):
    """Nothing can listen on {address}: {problem}."""

    code = "start.address_taken"


class UnsafeDatabase(CallwellError):
    """The database runs with {setting} = {value}; what is acknowledged could be lost. Change it, or set CALLWELL_PRODUCTION=false."""

    code = "start.unsafe_database"


class EmbeddedDatabaseFailed(CallwellError):
    """The embedded database cannot be used: {problem}"""

    code = "start.embedded_database"


class SchemaOutdated(CallwellError):
    """The database's schema is not this version's ({problem}); run `callwell db migrate`."""

    code = "start.schema_outdated"


class BrowserMissing(CallwellError):
    """There is no Chromium here; install the package `chromium`."""

    code = "start.browser_missing"


# ── What an outcome of a fact can say (never raised; the ledger gives them as values) ─────────────────────────────────────────────

EVENT_CODES: Mapping[str, str] = {
    "event.invalid": "The fact is not one: a field is missing, wrong or unknown.",
    "event.unknown_type": "There is no such event type.",
    "event.not_allowed": "This credential may not write facts of this type.",
    "event.not_yours": "The fact is about another call, person or connection than the credential's own.",
    "event.conflict": "This id was used for another fact; this one is kept as a dead letter.",
    "event.too_late": "The call's facts have begun to be removed; it is not changed any more.",
    "event.waiting": "The connection waits to be let in; until then it can only say that it leaves.",
    "event.after_revocation": "The fact happened after its connection was put out.",
    "event.erased": "The fact is about something that was erased.",
    "call.too_many_events": "The call, or this person in it, has as many facts as we keep.",
    "call.too_many_participants": "The call has as many people as we keep.",
}

SAMPLE_CODES: Mapping[str, str] = {
    "sample.invalid": "The sample is not one: a number is missing, wrong or unknown.",
    "sample.not_yours": "The sample is about another call, person or connection than the credential's own.",
    "sample.too_late": "The call's facts and samples have begun to be removed; it is not changed any more.",
    "sample.erased": "The sample is about a call that was erased.",
    "sample.after_revocation": "The sample began after its connection was put out.",
    "call.too_many_samples": "The call, or this person in it, has as many samples as we keep.",
    "call.too_many_participants": EVENT_CODES["call.too_many_participants"],
    "call.too_many_events": "The call has as many facts as we keep, so that nobody new can be named in it.",
    "call.unknown": "There is no such call, and this credential may not begin one.",
}
"""What an outcome of a sample can say."""
