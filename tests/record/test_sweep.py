"""Deadlines, swept over a real database: what is made of silence, once, and when records become final."""

import asyncio
from uuid import UUID

import pytest
from tests.record.conftest import Book, fact
from tests.record.story import at, seconds

from callwell import ids
from callwell.postgres import Database
from callwell.record import events as e
from callwell.record.commands import CreateCall, Join, RingCall
from callwell.record.deadlines import sweep_deadlines
from callwell.record.events import Writer
from callwell.record.ledger import Changed, Ledger
from callwell.settings import Settings


async def join(book: Book, call_id: UUID, who: str, when: float) -> UUID:
    """Comes in with 120 s to connect; gives the connection."""
    connection_id = ids.uuid7()
    details = e.Joined(connect_until=at(when + 120))
    joined = await book.do(
        call_id, Join(id=ids.uuid7(), identity=who, connection=str(connection_id), details=details, capacity=9, has_sfu=True), when
    )
    assert isinstance(joined, Changed)
    return connection_id


async def create(book: Book, call_id: UUID) -> None:
    assert isinstance(await book.do(call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated(initiator="user:1")), 0), Changed)


async def statuses(book: Book) -> list[str]:
    return [status for (status,) in await book.rows("SELECT status FROM connections ORDER BY id")]


async def kept_guesses(book: Book) -> list[tuple[str, float | None, float | None]]:
    rows = await book.rows("SELECT type, occurred_at, basis_at FROM events WHERE source = 'timer' ORDER BY occurred_at, id")
    return [(type, seconds(when), seconds(basis)) for type, when, basis in rows]


async def look_all_the_time(book: Book, until: float, since: float = 0) -> None:
    """Somebody sweeps every few seconds, so that there are no gaps."""
    when = since
    while when < until:
        await book.sweep(when)
        when += 9
    await book.sweep(until)


# ── Guesses ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_page_that_falls_silent_is_lost_then_left_and_the_call_is_over(book: Book, call_id: UUID) -> None:
    """Last heard at 55: lost at 100, left at 160, and at 280 the call has been over since 160."""
    await create(book, call_id)
    connection_id = await join(book, call_id, "user:1", 5)
    await book.write(fact(call_id, 10, "participant.connected", None, "user:1", str(connection_id)), source="sdk:x", writer=Writer.CLIENT)
    await book.hold(call_id, connection_id, 6, 100)

    await look_all_the_time(book, 99)
    assert await statuses(book) == ["connected"]
    await look_all_the_time(book, 101, 99)
    assert await statuses(book) == ["disconnected"]
    await look_all_the_time(book, 161, 101)
    assert await statuses(book) == ["left"]
    await look_all_the_time(book, 281, 161)

    assert await kept_guesses(book) == [("participant.disconnected", 100, 55), ("participant.left", 160, 55), ("call.ended", 280, 160)]
    assert await book.one("SELECT status, end_reason, ended_at FROM calls") == ("ended", "timeout", at(160))


async def test_a_page_that_keeps_its_lease_is_left_alone(book: Book, call_id: UUID) -> None:
    """Renewed every few seconds, swept every few seconds: nothing is guessed, and no version is made."""
    await create(book, call_id)
    connection_id = await join(book, call_id, "user:1", 5)
    await book.write(fact(call_id, 10, "participant.connected", None, "user:1", str(connection_id)), source="sdk:x", writer=Writer.CLIENT)
    await book.hold(call_id, connection_id, 6, 50)
    versions = await book.changes(call_id)

    for when in range(10, 400, 9):
        await book.execute("UPDATE leases SET expires_at = %s", at(when + 45))
        assert await book.sweep(when) == 0

    assert await kept_guesses(book) == []
    assert await book.changes(call_id) == versions


async def test_a_seat_that_is_not_taken_is_given_up(book: Book, call_id: UUID) -> None:
    """Let in at 5 and never there: at 125 the place is free, and nobody having been there, the call ends 120 s later."""
    await create(book, call_id)
    await join(book, call_id, "user:1", 5)

    await look_all_the_time(book, 126)
    assert await book.one("SELECT status, leave_reason FROM connections") == ("left", "connect_timeout")
    await look_all_the_time(book, 246, 126)
    assert await book.one("SELECT status, ended_at, elapsed_ms FROM calls") == ("ended", at(125), None)


async def test_a_call_that_nobody_answers_is_over(book: Book, call_id: UUID) -> None:
    """Rung for at 2: at 47 it ended unanswered."""
    await create(book, call_id)
    await book.do(call_id, RingCall(id=ids.uuid7(), people=("user:2",)), 2)

    await look_all_the_time(book, 48)

    assert await book.one("SELECT status, end_reason, ended_at FROM calls") == ("ended", "no_answer", at(47))


async def test_a_fact_from_in_between_proves_the_timer_wrong(book: Book, call_id: UUID) -> None:
    """Given a call that was taken for over, when a page sends what it kept through an outage, then the call goes on and the guesses stay as facts."""
    await create(book, call_id)
    connection_id = await join(book, call_id, "user:1", 5)
    await book.write(fact(call_id, 10, "participant.connected", None, "user:1", str(connection_id)), source="sdk:x", writer=Writer.CLIENT)
    await book.hold(call_id, connection_id, 6, 100)
    await look_all_the_time(book, 281)
    assert await book.one("SELECT status FROM calls") == "ended"

    kept = [fact(call_id, when, "speaker.spoke", e.SpeakerSpoke(500), "user:1", str(connection_id)) for when in range(60, 282, 20)]
    assert set(await book.write(*kept, source="sdk:x", writer=Writer.CLIENT)) == {"stored"}

    assert await book.one("SELECT status, ended_at, record_state, disconnection_count FROM calls") == ("active", None, "live", 0)
    assert await statuses(book) == ["connected"]
    assert len(await kept_guesses(book)) == 3


async def test_two_sweepers_make_each_guess_once(book: Book, db: Database) -> None:
    """Given many calls with something due, when two processes sweep at once, then each guess is there once."""
    calls = [ids.uuid7() for _ in range(30)]
    for call_id in calls:
        await book.write(
            fact(call_id, 0, "participant.connected", None, "user:1", "c1"), fact(call_id, 9, "participant.left", e.Left(), "user:1", "c1")
        )
    await book.sweep(10)
    for when in range(19, 129, 9):
        await book.sweep(when)

    other = Ledger(db, Settings())
    made = await asyncio.gather(*(sweep_deadlines(db, ledger, at(130)) for ledger in (book.ledger, other, book.ledger, other)))

    assert sum(made) == 30
    assert await book.one("SELECT count(*) FROM events WHERE source = 'timer'") == 30
    assert await book.rows("SELECT DISTINCT status, version FROM calls") == [("ended", 2)]


async def test_many_calls_that_are_due_are_all_looked_after(book: Book) -> None:
    """However many there are, one sweep deals with them."""
    facts = [fact(ids.uuid7(), 0, "participant.left", e.Left(), "user:1", "c1") for _ in range(450)]
    await book.write(*facts[:225])
    await book.write(*facts[225:])
    await look_all_the_time(book, 119)

    assert await book.sweep(121) == 450


# ── Nothing to do ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_lease_that_ran_out_after_its_connection_left_means_nothing(book: Book, call_id: UUID) -> None:
    """It is dealt with once, and not found again."""
    await create(book, call_id)
    connection_id = await join(book, call_id, "user:1", 5)
    await book.hold(call_id, connection_id, 6, 50)
    await book.write(fact(call_id, 20, "participant.left", e.Left(), "user:1", str(connection_id)), source="sdk:x", writer=Writer.CLIENT)

    await look_all_the_time(book, 60)

    assert await kept_guesses(book) == []
    assert await book.one("SELECT settled FROM leases") is True


async def test_a_deadline_that_came_and_meant_nothing_makes_no_version(book: Book, call_id: UUID) -> None:
    """Looking is no change."""
    await book.write(fact(call_id, 0, "participant.connected", None, "user:1", "c1"))
    await book.execute("UPDATE calls SET next_deadline_at = %s", at(5))

    assert await book.sweep(6) == 0

    assert await book.changes(call_id) == [1]
    assert await book.one("SELECT next_deadline_at FROM calls") == at(12 * 3600)


# ── Settling ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_record_is_final_when_late_facts_have_had_their_time_and_its_report_is_made(book: Book, call_id: UUID) -> None:
    """Ended at 60: provisional until 960; then its readers are told again, and who reports of it makes it final, which is a version."""
    await book.write(
        fact(call_id, 0, "participant.connected", None, "user:1", "c1"), fact(call_id, 60, "call.ended", e.CallEnded()), received_at=at(61)
    )
    assert await book.one("SELECT record_state, next_deadline_at FROM calls") == ("provisional", at(960))

    await look_all_the_time(book, 959, 61)
    assert await book.changes(call_id) == [1]
    assert await book.finish(call_id, 1, 959) is None
    await look_all_the_time(book, 961, 959)
    assert await book.one("SELECT record_state, version, next_deadline_at FROM calls") == ("provisional", 1, None)
    assert await book.changes(call_id) == [1, 1]

    assert await book.finish(call_id, 1, 962) == 2
    assert await book.one("SELECT record_state, version, final_at, next_deadline_at FROM calls") == ("final", 2, at(962), None)
    assert await book.changes(call_id) == [1, 1, 2]
    assert await book.finish(call_id, 2, 963) is None, "it is final"


async def test_a_call_settles_as_long_as_its_own_settings_say(book: Book, call_id: UUID) -> None:
    """Ended at 60 with 30 s for late facts: settled at 90, and final from then on."""
    await book.write(
        fact(call_id, 0, "call.created", e.CallCreated(settings={"settling_seconds": 30})),
        fact(call_id, 0, "participant.connected", None, "user:1", "c1"),
        fact(call_id, 60, "call.ended", e.CallEnded()),
        received_at=at(61),
    )

    assert await book.one("SELECT record_state, next_deadline_at FROM calls") == ("provisional", at(90))
    assert await book.finish(call_id, 1, 89) is None
    assert await book.finish(call_id, 1, 90) == 2


async def test_a_record_that_its_report_does_not_know_whole_is_not_final(book: Book, call_id: UUID) -> None:
    """A fact came while the report was made: it is to be made again first. One that nobody knows is not finished either."""
    await book.write(
        fact(call_id, 0, "participant.connected", None, "user:1", "c1"), fact(call_id, 60, "call.ended", e.CallEnded()), received_at=at(61)
    )
    await look_all_the_time(book, 961, 61)
    await book.write(fact(call_id, 30, "participant.left", e.Left(), "user:1", "c1"), received_at=at(962))

    assert await book.finish(call_id, 1, 963) is None
    assert await book.finish(ids.uuid7(), 1, 963) is None
    assert await book.one("SELECT record_state FROM calls") == "provisional"
    assert await book.finish(call_id, 2, 964) == 3


async def test_a_fact_after_the_record_is_final_makes_another_version_of_it(book: Book, call_id: UUID) -> None:
    """It is final still, and says more."""
    await book.write(
        fact(call_id, 0, "participant.connected", None, "user:1", "c1"), fact(call_id, 60, "call.ended", e.CallEnded()), received_at=at(61)
    )
    await look_all_the_time(book, 961, 61)
    await book.finish(call_id, 1, 961)

    await book.write(fact(call_id, 30, "participant.left", e.Left(), "user:1", "c1"), received_at=at(2000))

    assert await book.one("SELECT record_state, version FROM calls") == ("final", 3)
    assert await book.one("SELECT attended_ms FROM participants") == 30_000


async def test_a_final_record_whose_end_proves_wrong_is_live_again(book: Book, call_id: UUID) -> None:
    """The end was a guess, and somebody was there: the call goes on until it ends."""
    await book.write(
        fact(call_id, 0, "participant.connected", None, "user:1", "c1"),
        fact(call_id, 60, "participant.left", e.Left(), "user:1", "c1"),
        received_at=at(61),
    )
    await look_all_the_time(book, 1100, 61)
    await book.finish(call_id, await book.one("SELECT version FROM calls"), 1100)
    assert await book.one("SELECT record_state FROM calls") == "final"

    await book.write(fact(call_id, 90, "participant.connected", None, "user:2", "c1"), received_at=at(1101))

    assert await book.one("SELECT record_state, status, ended_at, final_at FROM calls") == ("live", "active", None, None)


# ── Gaps ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("away", "is_gap"), [(9, False), (11, True)])
async def test_a_time_in_which_nobody_swept_is_noted(book: Book, away: float, is_gap: bool) -> None:
    """A moment is none; more than 10 s are."""
    await book.sweep(0)
    await book.sweep(away)

    assert await book.rows("SELECT started_at, ended_at FROM sweep_gaps") == ([(at(0), at(away))] if is_gap else [])


async def test_after_a_gap_pages_have_their_lease_again(book: Book, call_id: UUID) -> None:
    """Given a server that was away from 60 to 500, when it is back, then nobody is taken for lost who could not say that they were there."""
    await create(book, call_id)
    connection_id = await join(book, call_id, "user:1", 5)
    await book.write(fact(call_id, 10, "participant.connected", None, "user:1", str(connection_id)), source="sdk:x", writer=Writer.CLIENT)
    await book.hold(call_id, connection_id, 6, 100)
    await look_all_the_time(book, 60)

    assert await book.sweep(500) == 0
    assert await statuses(book) == ["connected"]
    await look_all_the_time(book, 541, 500)

    assert await kept_guesses(book) == [("participant.disconnected", 540, 55)]
