"""Appointments follow their calls: over a real database, whatever becomes known in whatever order. Ana is the client, Ngozi the provider."""

import asyncio
import itertools
from typing import Any
from uuid import UUID

import pytest
from tests.planning.conftest import Practice
from tests.planning.meetings import AFTER, CLOSES
from tests.record.conftest import fact
from tests.record.story import at, seconds

from callwell import ids
from callwell.planning import following
from callwell.planning.following import close_windows, follow_calls, keep_appointments, rebuild_appointments
from callwell.planning.progress import Progress
from callwell.record import events as e
from callwell.record.commands import EndCall, Refusal

# ── As calls go ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_from_waiting_to_completed(practice: Practice) -> None:
    """One waits, the other comes, both leave: confirmed, in progress, completed, each told once in the trail."""
    id = await practice.appointment()
    call_id = await practice.call(id)
    await practice.came(call_id, "ngozi", 0)
    await practice.look(30)
    assert await practice.standing(id) == ("confirmed", None)

    await practice.came(call_id, "ana", 60)
    await practice.look(61)
    assert await practice.standing(id) == ("in_progress", None)

    await practice.ended(call_id, 2760)
    await practice.look(2761)
    found = await practice.get(id)
    assert (found.status, seconds(found.completed_at), found.next_deadline_at) == ("completed", 2760, None)
    assert (seconds(found.call_started_at), seconds(found.call_ended_at), found.call_duration_minutes) == (0, 2760, 46)
    assert (found.attended_client_ms, found.attended_provider_ms, found.overlap_ms, found.overlap_claimed_ms) == (
        2_700_000,
        2_760_000,
        2_700_000,
        2_700_000,
    )
    assert await practice.trail(id) == ["appointment_started", "appointment_completed"]


async def test_a_host_ends_for_all(practice: Practice) -> None:
    """The end is commanded, both are still connected: completed, and counted to the end."""
    id = await practice.appointment()
    call_id = await practice.call(id)
    await practice.came(call_id, "ngozi", 0)
    await practice.came(call_id, "ana", 60)

    assert not isinstance(await practice.book.do(call_id, EndCall(id=ids.uuid7(), ended_by="user:ngozi"), 660), Refusal)
    await practice.look(661)

    found = await practice.get(id)
    assert (found.status, found.overlap_ms) == ("completed", 600_000)


async def test_coming_back_within_the_window(practice: Practice) -> None:
    """A second call: in progress again, then completed by it."""
    id = await practice.appointment()
    await practice.held(id, 0, 600)
    await practice.look(601)
    second = await practice.call(id, 900)
    await practice.came(second, "ngozi", 900)
    await practice.came(second, "ana", 910)
    await practice.look(911)
    assert await practice.standing(id) == ("in_progress", None)

    await practice.ended(second, 1510)
    await practice.look(1511)

    found = await practice.get(id)
    assert (found.status, seconds(found.completed_at), found.call_count, found.overlap_ms) == ("completed", 1510, 2, 1_200_000)
    assert await practice.trail(id) == ["appointment_completed", "appointment_resumed", "appointment_completed"]


async def test_one_second_visits(practice: Practice) -> None:
    """A second together is held; a second each, one after the other, is nobody met."""
    together, apart = await practice.appointment(), await practice.appointment()
    call_id = await practice.call(together)
    await practice.came(call_id, "ngozi", 0, 600)
    await practice.came(call_id, "ana", 599, 600)
    await practice.ended(call_id, 600)
    call_id = await practice.call(apart)
    await practice.came(call_id, "ngozi", 0, 1)
    await practice.came(call_id, "ana", 1, 2)
    await practice.ended(call_id, 2)

    await practice.look(CLOSES)

    assert (await practice.standing(together), (await practice.get(together)).overlap_ms) == (("completed", None), 1000)
    assert await practice.standing(apart) == ("no_show", "both")


async def test_calls_of_nobody_and_of_others_change_nothing(practice: Practice) -> None:
    """A call of no appointment, one of an appointment that there is not, and one of another."""
    id, other = await practice.appointment(), await practice.appointment()
    for owner in (ids.uuid7(), other):
        await practice.held(owner)
    await practice.book.write(fact(ids.uuid7(), 0, "call.created", e.CallCreated()))
    before = await practice.get(id)

    await practice.look(2800)

    assert await practice.get(id) == before
    assert await practice.standing(other) == ("completed", None)


# ── Windows ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_window_closes_to_the_millisecond(practice: Practice) -> None:
    """A millisecond before it is still to come; then nobody came, which is told once."""
    id = await practice.appointment()

    await practice.look(CLOSES - 0.001)
    assert await practice.standing(id) == ("confirmed", None)

    for _ in range(2):
        await practice.look(CLOSES)
    assert await practice.standing(id) == ("no_show", "both")
    assert await practice.trail(id) == ["appointment_no_show"]


@pytest.mark.parametrize(("who", "absent"), [("ngozi", "client"), ("ana", "provider")])
async def test_one_side_did_not_come(practice: Practice, who: str, absent: str) -> None:
    """Whoever came waited alone, which is the evidence: since when and until when."""
    id = await practice.appointment()
    call_id = await practice.call(id)
    await practice.came(call_id, who, 10, 1510, is_connected=False)
    await practice.ended(call_id, 1510)

    await practice.look(CLOSES)

    found = await practice.get(id)
    assert (found.status, found.no_show) == ("no_show", absent)
    (wait,) = found.evidence["waited"]
    assert (wait["since"], wait["until"]) == ("2026-11-21T09:00:10.000Z", "2026-11-21T09:25:10.000Z")
    assert found.evidence["came"] == ["provider" if who == "ngozi" else "client"]
    assert "ana" not in str(found.evidence), "no name is in the evidence"


async def test_a_window_that_grew_is_waited_for(practice: Practice) -> None:
    """The deployment lets people come later than when the appointment was made: it is judged then."""
    id = await practice.appointment()
    practice.deployed.values = {"join_late_minutes": 60}

    await practice.look(CLOSES)
    assert await practice.standing(id) == ("confirmed", None)
    assert seconds((await practice.get(id)).next_deadline_at) == CLOSES + 1800

    await practice.look(CLOSES + 1800)
    assert await practice.standing(id) == ("no_show", "both")


async def test_settings_of_the_appointment_and_its_room_count(practice: Practice) -> None:
    """By its own rule any end completes; the nearest word wins."""
    lonely, strict = await practice.appointment(settings={"completion_rule": "any_end"}), await practice.appointment()
    for id in (lonely, strict):
        call_id = await practice.call(id)
        await practice.came(call_id, "ngozi", 0, 600, is_connected=False)
        await practice.ended(call_id, 600)
    await practice.book.execute(
        """UPDATE rooms SET settings = '{"completion_rule": "any_end"}' WHERE id = (SELECT room_id FROM appointments WHERE id = %s)""", strict
    )

    await practice.look(601)

    assert await practice.standing(lonely) == ("completed", None)
    assert await practice.standing(strict) == ("completed", None)


# ── Late facts ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_late_facts_turn_a_no_show_into_completed_and_back(practice: Practice) -> None:
    """Ana's phone had been without a line and tells late that she was there; then an engine tells that the call had failed before she came."""
    id = await practice.appointment()
    call_id = await practice.call(id)
    await practice.came(call_id, "ngozi", 0, 1800)
    await practice.ended(call_id, 1800)
    await practice.look(CLOSES)
    assert await practice.standing(id) == ("no_show", "client")

    await practice.came(call_id, "ana", 600, 1800)
    await practice.look(AFTER)
    found = await practice.get(id)
    assert (found.status, found.no_show, found.evidence, found.overlap_ms) == ("completed", None, None, 1_200_000)

    await practice.book.write(fact(call_id, 300, "call.failed", e.CallFailed()))
    await practice.look(AFTER + 1)
    found = await practice.get(id)
    assert (found.status, found.no_show, found.completed_at, found.overlap_ms, found.call_failed) == ("no_show", "client", None, 0, True)
    assert await practice.trail(id) == ["appointment_no_show", "appointment_completed", "appointment_no_show"]


async def test_what_makes_it_still_to_come_opens_it_again(practice: Practice) -> None:
    """Completed, and then it becomes known within the window that they had not met."""
    id = await practice.appointment()
    call_id = await practice.held(id, 300, 600)
    await practice.look(601)
    assert await practice.standing(id) == ("completed", None)

    await practice.book.write(fact(call_id, 200, "call.failed", e.CallFailed()))
    await practice.look(602)

    found = await practice.get(id)
    assert (found.status, seconds(found.next_deadline_at)) == ("confirmed", CLOSES)
    assert (await practice.trail(id))[-1] == "appointment_reopened"


async def test_the_order_of_arrival_does_not_matter(practice: Practice) -> None:
    """The same facts one by one in every order of the people, with a look after each, or none until the end: the same row."""
    steps = ("ngozi", "ana", "end")
    found: list[tuple[Any, ...]] = []
    for order, is_watched in itertools.product(itertools.permutations(steps), (True, False)):
        id = await practice.appointment()
        call_id = await practice.call(id)
        for step in order:
            if step == "end":
                await practice.ended(call_id, 1200)
            else:
                await practice.came(call_id, step, 0 if step == "ngozi" else 300, 1200)
            if is_watched:
                await practice.look(CLOSES)
        await practice.look(CLOSES)
        row = await practice.get(id)
        found.append(tuple(getattr(row, name) for name in Progress.__struct_fields__))

    assert len(set(found)) == 1
    assert found[0][0] == "completed"


async def test_looking_again_changes_nothing(practice: Practice) -> None:
    """The reader hears of changes that it knows: no row is written and nothing is told twice."""
    id = await practice.appointment()
    call_id = await practice.held(id)
    await practice.look(2800)
    before, told = await practice.get(id), await practice.trail(id)

    await practice.book.rebuild(call_id, 2900)
    await practice.look(3000)

    assert (await practice.get(id), await practice.trail(id)) == (before, told)


# ── Rebuilding ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_folding_calls_again_makes_their_appointments_right(practice: Practice) -> None:
    """Whatever stood in the row: once its call is folded again, it is what its calls come to."""
    id = await practice.appointment()
    call_id = await practice.held(id)
    await practice.look(2800)
    right = await practice.get(id)
    await _spoil(practice, id)

    await practice.book.rebuild(call_id, 2900)
    await practice.look(2900)

    assert _told(await practice.get(id)) == _told(right)


async def test_rebuilding_appointments_makes_all_right(practice: Practice) -> None:
    """Without any change of a call: every one is looked at."""
    held, missed, pending = await practice.appointment(), await practice.appointment(), await practice.appointment(status="pending")
    await practice.held(held)
    await practice.look(CLOSES)
    right = [_told(await practice.get(id)) for id in (held, missed, pending)]
    for id in (held, missed):
        await _spoil(practice, id)

    assert await rebuild_appointments(practice.db, practice.deployed, at(CLOSES)) == 3

    assert [_told(await practice.get(id)) for id in (held, missed, pending)] == right


async def _spoil(practice: Practice, id: UUID) -> None:
    await practice.book.execute(
        """
        UPDATE appointments SET status = 'confirmed', no_show = NULL, evidence = NULL, completed_at = NULL, call_count = 0, overlap_ms = 7,
            call_started_at = NULL, call_ended_at = NULL, call_duration_minutes = NULL
        WHERE id = %s
        """,
        id,
    )


def _told(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Progress.__struct_fields__}


async def test_purged_calls_leave_their_figures(practice: Practice) -> None:
    """The facts of a call were removed, by retention: what it came to stays, however often it is looked at."""
    id = await practice.appointment()
    first = await practice.held(id, 0, 600)
    await practice.held(id, 900, 1500)
    await practice.look(1501)
    before = await practice.get(id)
    assert (before.call_count, before.overlap_ms) == (2, 1_200_000)

    await practice.book.execute("UPDATE calls SET state = NULL, is_sealed = true WHERE id = %s", first)
    await rebuild_appointments(practice.db, practice.deployed, at(AFTER))
    assert await practice.get(id) == before

    await practice.book.execute("DELETE FROM events WHERE call_id = %s", first)
    await practice.book.execute("DELETE FROM connections WHERE call_id = %s", first)
    await practice.book.execute("DELETE FROM participants WHERE call_id = %s", first)
    await practice.book.execute("DELETE FROM calls WHERE id = %s", first)
    await rebuild_appointments(practice.db, practice.deployed, at(AFTER))
    assert await practice.get(id) == before


# ── Going on ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_that_cannot_be_judged_keeps_no_other_waiting(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at again later; the others are right at once, and so is it then."""
    broken, sound = await practice.appointment(), await practice.appointment()
    judge = following.progress

    def judged(appointment: Any, *rest: Any) -> Any:
        if appointment.id == broken:
            raise ValueError("nobody foresaw this")
        return judge(appointment, *rest)

    await practice.held(broken)
    await practice.held(sound)
    with monkeypatch.context() as patched:
        patched.setattr(following, "progress", judged)
        await practice.look(2800)
    assert await practice.standing(sound) == ("completed", None)
    assert await practice.standing(broken) == ("confirmed", None)

    await practice.look(2800 + following.AGAIN_AFTER.total_seconds())
    assert await practice.standing(broken) == ("completed", None)


async def test_two_who_follow_do_it_once(practice: Practice) -> None:
    """Several processes at the same time: each status is told once."""
    appointments = [await practice.appointment() for _ in range(8)]
    for id in appointments:
        await practice.held(id)

    await asyncio.gather(*(follow_calls(practice.db, practice.deployed, at(2800)) for _ in range(4)))
    await practice.look(2800)
    await asyncio.gather(*(close_windows(practice.db, practice.deployed, at(CLOSES)) for _ in range(4)))

    assert [await practice.trail(id) for id in appointments] == [["appointment_completed"]] * 8


async def test_it_goes_on_after_the_database_was_away(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed once is done the next time."""
    id = await practice.appointment()
    await practice.held(id)
    failures = iter([following.errors.DatabaseUnavailable(), RuntimeError("and once for no known reason")])
    real = following.follow_calls

    async def away(*given: Any) -> int:
        if (why := next(failures, None)) is not None:
            raise why
        return await real(*given)

    monkeypatch.setattr(following, "follow_calls", away)
    monkeypatch.setattr(following, "LOOK_EVERY", 0.01)
    stop = asyncio.Event()
    keeping = asyncio.create_task(keep_appointments(practice.db, practice.deployed, stop))
    async with asyncio.timeout(30):
        while (await practice.standing(id))[0] != "completed":  # noqa: ASYNC110 nobody says so
            await asyncio.sleep(0.02)
    stop.set()
    await keeping
