"""Whatever way the record came about, it is what its facts give: folded again it is the same, row for row."""

import random
from uuid import UUID

from hypothesis import HealthCheck, given, settings, strategies as st
from tests.properties.facts import facts
from tests.record.conftest import Book, fact
from tests.record.story import at

from callwell import ids
from callwell.record import events as e
from callwell.record.events import Event, NewEvent, Writer

SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def told_of(call_id: UUID, happened: list[Event]) -> list[tuple[str, NewEvent]]:
    """The facts as their sources tell them: people and connections by their names."""
    return [
        (
            one.source,
            NewEvent(
                call_id, one.id, one.type, one.occurred_at, one.payload,
                f"user:{one.participant_id.int}" if one.participant_id else None, str(one.connection_id.int) if one.connection_id else None, one.basis_at,
            ),
        )
        for one in happened
    ]  # fmt: skip


@SOME
@given(happened=facts, chance=st.randoms(use_true_random=False))
async def test_folded_again_the_record_is_the_same(book: Book, happened: list[Event], chance: random.Random) -> None:
    """Facts come in any order, in portions and repeatedly, and leases lie beside them; then rebuilding changes no row."""
    call_id = ids.uuid7()
    told = told_of(call_id, happened)
    chance.shuffle(told)
    for source, one in told + chance.choices(told, k=3):
        await book.write(one, source=source, writer=Writer.TIMER if source == "timer" else Writer.ENGINE)
    if connections := await book.rows("SELECT id FROM connections WHERE call_id = %s", call_id):
        await book.hold(call_id, connections[0][0], 20, 200)
        await book.rebuild(call_id)
    before = await book.record(call_id)
    version = await book.one("SELECT version FROM calls WHERE id = %s", call_id)

    assert await book.rebuild(call_id) == 1

    assert await book.record(call_id) == before
    assert await book.one("SELECT version FROM calls WHERE id = %s", call_id) == version + 1


@SOME
@given(happened=facts, chance=st.randoms(use_true_random=False))
async def test_one_batch_and_many_give_the_same_figures(book: Book, happened: list[Event], chance: random.Random) -> None:
    """All at once and in order, or one by one and in disorder: what is shown of the calls is the same."""
    at_once, one_by_one = ids.uuid7(), ids.uuid7()
    for source in {one.source for one in happened}:
        batch = [one for told_by, one in told_of(at_once, happened) if told_by == source]
        await book.write(*batch, source=source, writer=Writer.TIMER if source == "timer" else Writer.ENGINE)
    told = told_of(one_by_one, happened)
    chance.shuffle(told)
    for source, one in told:
        await book.write(one, source=source, writer=Writer.TIMER if source == "timer" else Writer.ENGINE)

    assert await figures(book, at_once) == await figures(book, one_by_one)


async def figures(book: Book, call_id: UUID) -> list[object]:
    """The record without our ids, which are made as people and connections are first named."""
    return [
        await book.rows(
            """
            SELECT status, record_state, type, mode, created_at, ringing_at, started_at, ended_at, end_reason, elapsed_ms, overlap_ms, overlap_claimed_ms,
                   overlap_of, participant_count, peak_participants, mode_switch_count, disconnection_count, issue_count, event_count, anomaly_count,
                   settings::jsonb
            FROM calls WHERE id = %s
            """,
            call_id,
        ),
        await book.rows(
            """
            SELECT user_id, call_role, role, side, status, first_at, joined_at, connected_at, left_at, leave_reason, attended_ms, attended_engine_ms,
                   attended_socket_ms, attended_claimed_ms, join_count, disconnection_count, audio_enabled, video_enabled, ever_audio, ever_screen,
                   messages_sent, spoke_ms, event_count, rating_stars
            FROM participants WHERE call_id = %s ORDER BY user_id
            """,
            call_id,
        ),
        await book.rows(
            "SELECT source, name, status, joined_at, connected_at, left_at, leave_reason, duration_seconds, attended_ms, disconnection_count "
            "FROM connections WHERE call_id = %s ORDER BY source, name",
            call_id,
        ),
    ]


async def test_every_call_can_be_rebuilt(book: Book) -> None:
    """One that is not there is none that was rebuilt, and the others are."""
    calls = [ids.uuid7() for _ in range(3)]
    for call_id in calls:
        await book.write(fact(call_id, 0, "participant.connected", e.Connected(), "user:1", "c1"))

    assert await book.ledger.rebuild([*calls, ids.uuid7()], at(10)) == 3


async def test_who_is_only_named_was_so_since_the_call_began(book: Book) -> None:
    """Given somebody who is rung for, when it turns out that the call began earlier, then their row says so too, as it would after a rebuild."""
    call_id = ids.uuid7()
    await book.write(fact(call_id, 10, "chat.sent", None, "user:1", "a"))
    await book.write(fact(call_id, 11, "call.ringing", e.CallRinging(("user:2",))))

    await book.write(fact(call_id, 0, "chat.sent", None, "user:1", "b"))

    assert await book.one("SELECT first_at FROM participants WHERE user_id = '2'") == at(0)
    before = await book.record(call_id)
    await book.rebuild(call_id)
    assert await book.record(call_id) == before
