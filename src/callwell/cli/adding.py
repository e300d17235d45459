"""A made-up practice into a deployment: bookings by what planning does with them, facts by the ledger, samples by quality. Nothing is written past them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from callwell import errors, ids
from callwell.cli.practice import Booking, Meeting
from callwell.cli.practice_calls import HeldCall

if TYPE_CHECKING:
    from callwell.planning.appointments import Acting, Appointment
    from callwell.planning.deployed import Deployed
    from callwell.postgres import Database
    from callwell.postgres.pool import Tx
    from callwell.record.audit import Entry
    from callwell.record.events import NewEvent, Writer
    from callwell.record.ledger import Ledger

CALLER = "demo"
STANDING_ROOM = "Between sessions"
"""The title of the room of a thread, in which people meet who have nothing booked."""


class Adding:
    """Adds what took place in a practice, each meeting once: what is there already stays as it is."""

    def __init__(self, db: "Database", ledger: "Ledger", deployed: "Deployed", at: datetime) -> None:
        self._db = db
        self._ledger = ledger
        self._deployed = deployed
        self._at = at
        self._people: set[str] = set()
        self._rooms: dict[str, str] = {}
        """Of threads, the rooms that stand."""

    async def introduce(self, meetings: Sequence[Meeting]) -> None:
        """Who they are stands in the directory, and threads have their rooms. To be over before anything of these meetings is added."""
        from callwell.planning.conversations import ensure_conversation
        from callwell.planning.people import PersonGiven, find_display_name, save_person

        people = {one.identity: (one.name, "provider") for meeting in meetings for one in [meeting.provider]}
        people |= {one.identity: (one.name, "client") for meeting in meetings for one in meeting.clients}
        threads = {
            meeting.conversation: meeting for meeting in meetings if meeting.conversation is not None and meeting.conversation not in self._rooms
        }
        new = people.keys() - self._people
        if not new and not threads:
            return
        async with self._db.transaction() as tx:
            for identity in sorted(new):
                name, side = people[identity]
                if await find_display_name(tx, identity) is None:
                    await save_person(tx, identity, PersonGiven(display_name=name, role=side, side=side), self._at)  # pyright: ignore[reportArgumentType]
            for thread, meeting in threads.items():
                await ensure_conversation(tx, thread, meeting.at)
                self._rooms[thread] = await self._standing_room(tx, thread, meeting.at)
        self._people |= new

    async def _standing_room(self, tx: "Tx", thread: str, at: datetime) -> str:
        from callwell.planning.rooms import NewRoom, create_room, list_rooms

        for room in await list_rooms(tx, conversation_id=thread, is_open=None, after=None, rows=200):
            if room.title == STANDING_ROOM:
                return room.name
        return (await create_room(tx, NewRoom(title=STANDING_ROOM, conversation_id=thread), self._deployed, at=at)).name

    async def add(self, meetings: Sequence[Meeting], when_added: Callable[[], object]) -> int:
        """Bookings, calls and what these come to, so that nobody sees the one without the others. Gives how many facts were new."""
        from callwell.record.audit import add_audit_entries

        async with self._db.transaction() as tx:
            new: dict[UUID, Appointment] = {}
            rooms: dict[UUID, str] = {}
            for meeting in meetings:
                if meeting.booking is not None:
                    appointment, is_new = await self._book(tx, meeting.booking)
                    if appointment.room_id is not None:
                        rooms[appointment.id] = ids.room_name(appointment.room_id)
                    if is_new:
                        new[appointment.id] = appointment
            stored = await self._add_calls(meetings, rooms)
            await add_audit_entries(tx, [entry for fact in stored for entry in _joining(fact)])
            for meeting in meetings:
                if meeting.booking is not None and meeting.booking.id in new:
                    await self._conclude(tx, meeting, meeting.booking, new[meeting.booking.id])
        for meeting in meetings:
            for _ in meeting.calls:
                when_added()
        return len(stored)

    async def book_ahead(self, bookings: Iterable[Booking]) -> None:
        """What is still to come."""
        for booking in bookings:
            async with self._db.transaction() as tx:
                await self._book(tx, booking)

    # ── Appointments ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _book(self, tx: "Tx", booking: Booking) -> tuple["Appointment", bool]:
        """The appointment, and whether it was not there before."""
        from callwell.planning.appointments import NewAppointment, confirm_appointment, create_appointment, lock_appointment

        asked = msgspec.convert(booking.asked, NewAppointment)
        is_new = True
        try:
            await create_appointment(tx, booking.id, asked, self._deployed, self._acting(booking.booked_at))
            if booking.confirmed_at is not None:
                await confirm_appointment(tx, booking.id, self._deployed, self._acting(booking.confirmed_at))
        except errors.Conflict:
            is_new = False
        appointment = await lock_appointment(tx, booking.id)
        assert appointment is not None
        return appointment, is_new

    async def _conclude(self, tx: "Tx", meeting: Meeting, booking: Booking, appointment: "Appointment") -> None:
        """What became of it: as was said, and else as its calls tell, once its time was over."""
        from callwell.planning.appointments import cancel_appointment, complete_appointment, decline_appointment, window_of
        from callwell.planning.following import refresh_appointment

        match meeting.fate:
            case "cancelled":
                await cancel_appointment(tx, appointment.id, booking.reason, self._acting(booking.called_off_at))
            case "declined":
                await decline_appointment(tx, appointment.id, booking.reason, self._acting(booking.called_off_at))
            case "in_person":
                if appointment.ends_at <= self._at:
                    await complete_appointment(tx, appointment.id, self._acting(appointment.ends_at))
            case "never_confirmed":
                pass
            case _:
                over = max((call.ended_at for call in meeting.calls), default=appointment.ends_at)
                judged_at = over if meeting.fate == "held" else window_of(appointment, self._deployed.meeting())[1]
                await refresh_appointment(tx, appointment.id, self._deployed, min(judged_at, self._at))

    def _acting(self, at: datetime | None) -> "Acting":
        from callwell.planning.appointments import Acting
        from callwell.record.audit import NOWHERE

        return Acting(CALLER, NOWHERE, at or self._at)

    # ── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _add_calls(self, meetings: Sequence[Meeting], rooms: Mapping[UUID, str]) -> list["NewEvent"]:
        """Facts, then those that are late, then samples; each kind of those that tell them together. Gives the facts that were new."""
        from callwell.quality.actions import add_samples

        stored: list[NewEvent] = []
        tellers: dict[tuple[str, Writer], list[tuple[Meeting, HeldCall]]] = {}
        for meeting in meetings:
            for call in meeting.calls:
                tellers.setdefault((call.source, call.writer), []).append((meeting, call))
        for (source, writer), told in tellers.items():
            facts = [fact for meeting, call in told for fact in call.in_room(self._room_of(meeting, rooms))]
            late = [fact for _, call in told for fact in call.late]
            for part in (facts, late):
                outcomes = await self._ledger.append(source, writer, part, received_at=self._at)
                stored += [fact for fact, outcome in zip(part, outcomes, strict=True) if outcome.outcome == "stored"]
            samples = [sample for _, call in told for sample in call.samples()]
            await add_samples(self._db, self._ledger, source, writer, samples, received_at=self._at)
        return stored

    def _room_of(self, meeting: Meeting, rooms: Mapping[UUID, str]) -> str | None:
        if meeting.booking is not None:
            return rooms.get(meeting.booking.id)
        return self._rooms.get(meeting.conversation) if meeting.conversation is not None else None


TRIED_TOO_EARLY = 0.05
"""How many of those who come by a link tried it before the room was open."""


def _joining(fact: "NewEvent") -> Iterable["Entry"]:
    """What the trail is told where people come by links, as they do here: that they asked to be let in, and were."""
    from callwell.record.audit import Action, Entry

    if fact.type != "participant.joined":
        return
    chance = Random(f"{fact.id}")  # noqa: S311 a practice, not a secret
    tried_at, too_early = fact.occurred_at - timedelta(minutes=chance.randrange(11, 25)), errors.TooEarly.code
    if chance.random() < TRIED_TOO_EARLY:
        yield Entry(action=Action.JOIN_ATTEMPT, at=tried_at, caller=CALLER, identity=fact.participant)
        yield Entry(action=Action.JOIN_DENIED, at=tried_at, caller=CALLER, identity=fact.participant, error_code=too_early)
    for action in (Action.JOIN_ATTEMPT, Action.JOIN_SUCCESS):
        yield Entry(action=action, at=fact.occurred_at, caller=CALLER, identity=fact.participant, call_id=fact.call_id)
