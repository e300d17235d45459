"""What the audit trail is told of calls as they are saved: each thing once, when it happened, and the end again where late facts move it."""

from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
from hypothesis import given, settings, strategies as st
from tests.record.conftest import Book, fact
from tests.record.story import at, seconds

from callwell import ids
from callwell.postgres import Database
from callwell.record import events as e
from callwell.record.audit import Origin
from callwell.record.commands import CreateCall, EndCall
from callwell.record.events import NewEvent, Writer
from callwell.record.telling import By


async def told(book: Book, call_id: UUID, *columns: str) -> list[tuple[Any, ...]]:
    """What the trail has of the call, in the order in which it was told: the action, when (in seconds), and these columns."""
    rows = await book.rows(
        """
        SELECT to_jsonb(entry) || jsonb_build_object('identity', who.identity, 'address', who.address, 'user_agent', who.user_agent) AS entry, entry.at
        FROM audit_entries AS entry LEFT JOIN audit_identities AS who ON who.entry_id = entry.id
        WHERE entry.call_id = %s ORDER BY entry.txid, entry.id
        """,
        call_id,
    )
    return [(entry["action"], seconds(when), *(entry[column] for column in columns)) for entry, when in rows]


def a_call(call_id: UUID) -> list[NewEvent]:
    """Two people; the second one's page measured how long connecting took. It starts at 1 and ends at 61."""
    return [
        fact(call_id, 0, "call.created", e.CallCreated(initiator="user:1")),
        fact(call_id, 0, "participant.joined", e.Joined(), "user:1", "c1"),
        fact(call_id, 1, "participant.connected", e.Connected(), "user:1", "c1"),
        fact(call_id, 10, "participant.connected", e.Connected(setup_ms=640), "guest:x", "c2"),
        fact(call_id, 61, "call.ended", e.CallEnded("normal", ended_by="guest:x")),
    ]


# ── Each once, when it happened ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_is_told_from_its_start_to_its_end(book: Book, call_id: UUID) -> None:
    """Who was connected and how long that took, when the call started, and when it ended after how long, with who ended it."""
    await book.write(*a_call(call_id))

    assert sorted(await told(book, call_id, "duration_ms", "identity", "error_code")) == [
        ("call_end", 61, 60_000, "guest:x", None),
        ("call_start", 1, None, "user:1", None),
        ("connection_established", 1, 1_000, "user:1", None),
        ("connection_established", 10, 640, "guest:x", None),
    ]
    assert {caller for _, _, caller in await told(book, call_id, "caller")} == {"key:host"}
    names = await book.rows("SELECT id FROM participants WHERE call_id = %s", call_id)
    assert {UUID(id) for _, _, id in await told(book, call_id, "participant_id")} == {id for (id,) in names}


async def test_who_is_connected_without_having_come_in_took_nobody_knows_how_long(book: Book, call_id: UUID) -> None:
    """Unknown is null, not 0."""
    await book.write(fact(call_id, 1, "participant.connected", e.Connected(), "user:1", "c1"))

    assert ("connection_established", 1, None) in await told(book, call_id, "duration_ms")


async def test_facts_that_come_one_by_one_tell_the_same(book: Book, call_id: UUID) -> None:
    """Each entry is written with the fact that makes it known, and none again with those after it."""
    heard: list[list[tuple[Any, ...]]] = []
    for one in a_call(call_id):
        before = len(await told(book, call_id))
        await book.write(one)
        heard.append((await told(book, call_id))[before:])

    assert [[action for action, _ in new] for new in heard] == [
        [], [], ["call_start", "connection_established"], ["connection_established"], ["call_end"],
    ]  # fmt: skip


async def test_what_is_sent_again_or_folded_again_is_not_told_again(book: Book, call_id: UUID) -> None:
    """Duplicates, an older fact that makes the call be folded anew, and a rebuild add nothing."""
    facts = a_call(call_id)
    await book.write(*facts)
    once = await told(book, call_id)

    await book.write(*facts)
    await book.write(fact(call_id, 2, "chat.sent", None, "user:1", "c1"))
    assert await book.rebuild(call_id) == 1
    assert await book.rebuild(call_id) == 1

    assert await told(book, call_id) == once


async def test_a_call_whose_row_was_lost_in_between_is_known_to_have_been_told(book: Book, call_id: UUID) -> None:
    """What was told stands beside the record, not in it: a fold that fails and is done again later tells the rest, and nothing twice."""
    first, *rest = a_call(call_id)
    await book.write(first, *rest[:2])
    await book.execute("UPDATE calls SET needs_refold = true WHERE id = %s", call_id)

    await book.write(*rest[2:])
    await book.rebuild(call_id)

    assert sorted(action for action, _ in await told(book, call_id)) == ["call_end", "call_start", "connection_established", "connection_established"]


async def test_several_calls_of_one_group_are_told_each(book: Book) -> None:
    """One statement writes the entries of a whole group, and each call's are its own."""
    calls = [ids.uuid7() for _ in range(7)]
    await book.write(*(one for call_id in calls for one in a_call(call_id)))

    for call_id in calls:
        assert len(await told(book, call_id)) == 4


# ── What went wrong ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_connection_that_fails_is_told_with_its_reason(book: Book, call_id: UUID) -> None:
    """At the time at which it failed; once."""
    await book.write(fact(call_id, 0, "participant.joined", e.Joined(), "user:1", "c1"))
    await book.write(fact(call_id, 9, "participant.failed", e.Failed("ice_failed"), "user:1", "c1"))
    await book.rebuild(call_id)

    assert await told(book, call_id, "error_code", "identity") == [("connection_failed", 9, "ice_failed", "user:1")]


async def test_who_never_connects_has_failed_to(book: Book, call_id: UUID) -> None:
    """The time to connect runs out: our timer says so, and the entry that it did."""
    await book.write(fact(call_id, 0, "participant.joined", e.Joined(connect_until=at(120)), "user:1", "c1"), received_at=at(0))
    await book.sweep(121)

    (entry, *_) = await told(book, call_id, "error_code", "caller")
    assert entry == ("connection_failed", 120, "connect_timeout", "timer")


async def test_who_leaves_in_time_has_not_failed(book: Book, call_id: UUID) -> None:
    """Leaving before connecting is leaving; so is being there when the call ends."""
    await book.write(
        fact(call_id, 0, "participant.joined", e.Joined(), "user:1", "c1"),
        fact(call_id, 0, "participant.joined", e.Joined(), "user:2", "c2"),
        fact(call_id, 5, "participant.left", e.Left(), "user:1", "c1"),
        fact(call_id, 6, "call.ended", e.CallEnded()),
    )

    assert [action for action, _ in await told(book, call_id)] == ["call_end"]


async def test_a_call_that_fails_has_an_end_and_a_code(book: Book, call_id: UUID) -> None:
    """One that never started is over after 0 ms."""
    await book.write(fact(call_id, 3, "call.failed", e.CallFailed("engine_down")))

    assert await told(book, call_id, "duration_ms", "error_code") == [("call_end", 3, 0, "engine_down")]


async def test_somebodys_own_words_are_no_code(book: Book, call_id: UUID) -> None:
    """Entries are kept when people are erased: a reason in words stays in the fact, and is told as `other`."""
    await book.write(fact(call_id, 3, "call.failed", e.CallFailed("The camera of Ana Weiss broke")))

    assert await told(book, call_id, "error_code") == [("call_end", 3, "other")]


async def test_errors_are_told_with_their_codes(book: Book, call_id: UUID) -> None:
    """A person's message is not in the entry; a microphone that may not be used is a denied permission; a call's own error is nobody's."""
    await book.write(
        fact(call_id, 1, "error.occurred", e.ErrorOccurred("ice_restart", "Ana's network"), "user:1", "c1"),
        fact(call_id, 2, "error.occurred", e.ErrorOccurred("permission_denied"), "user:1", "c1"),
        fact(call_id, 3, "error.occurred", e.ErrorOccurred("engine_lost")),
    )
    await book.rebuild(call_id)

    assert await told(book, call_id, "error_code", "identity", "error_message") == [
        ("error_occurred", 1, "ice_restart", "user:1", None),
        ("permission_denied", 2, "permission_denied", "user:1", None),
        ("error_occurred", 3, "engine_lost", None, None),
    ]


# ── Late facts move the end ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def standing(book: Book, call_id: UUID) -> tuple[int, int]:
    """How many ends are told and not taken back, and the duration that the entries add up to."""
    ends = [(ms, metadata) for action, _, ms, metadata in await told(book, call_id, "duration_ms", "metadata") if action == "call_end"]
    counted = sum(1 if "was_ms" not in metadata else -1 if "undone" in metadata else 0 for _, metadata in ends)
    return counted, sum(ms - metadata.get("was_ms", 0) for ms, metadata in ends)


async def test_a_start_that_is_learned_late_makes_the_call_longer(book: Book, call_id: UUID) -> None:
    """The end is told again with the new duration and the old one; the start is not: it was told."""
    await book.write(*a_call(call_id)[2:])
    await book.write(fact(call_id, 0.5, "participant.connected", e.Connected(), "user:3", "c3"))

    ends = [entry for entry in await told(book, call_id, "duration_ms", "metadata") if entry[0] == "call_end"]
    assert ends == [("call_end", 61, 60_000, {"reason": "normal"}), ("call_end", 61, 60_500, {"reason": "normal", "was_ms": 60_000})]
    assert [when for action, when in await told(book, call_id) if action == "call_start"] == [1]
    assert await standing(book, call_id) == (1, 60_500)


async def test_an_earlier_end_takes_the_later_one_back(book: Book, call_id: UUID) -> None:
    """Where it was told to have ended it did not; where it did, it is told as if for the first time."""
    await book.write(*a_call(call_id))
    await book.write(fact(call_id, 31, "call.ended", e.CallEnded("forced")))

    ends = [entry for entry in await told(book, call_id, "duration_ms", "metadata") if entry[0] == "call_end"]
    assert ends[1:] == [("call_end", 61, 0, {"was_ms": 60_000, "undone": True}), ("call_end", 31, 30_000, {"reason": "forced"})]
    assert await standing(book, call_id) == (1, 30_000)


async def test_an_end_that_was_a_wrong_guess_is_taken_back(book: Book, call_id: UUID) -> None:
    """Nobody seemed to be there, and a page that had no network tells that somebody was: the call goes on, and ends later."""
    await book.write(*a_call(call_id)[:4], received_at=at(11))
    await book.write(
        fact(call_id, 20, "participant.left", e.Left(), "user:1", "c1"),
        fact(call_id, 20, "participant.left", e.Left(), "guest:x", "c2"),
        received_at=at(20),
    )
    await book.sweep(200)
    assert await standing(book, call_id) == (1, 19_000)
    assert await book.one("SELECT status FROM calls WHERE id = %s", call_id) == "ended"

    await book.write(fact(call_id, 50, "participant.connected", e.Connected(), "guest:x", "c3"), received_at=at(201))
    assert await standing(book, call_id) == (0, 0)
    await book.write(fact(call_id, 301, "call.ended", e.CallEnded()), received_at=at(301))
    assert await standing(book, call_id) == (1, 300_000)


def in_some_order(call_id: UUID) -> st.SearchStrategy[list[list[NewEvent]]]:
    """A call with two ends and a failure, and somebody who was there before all others, in any order and any batches."""
    facts = [
        *a_call(call_id),
        fact(call_id, 0.25, "participant.connected", e.Connected(), "user:3", "c3"),
        fact(call_id, 41, "call.ended", e.CallEnded("forced")),
        fact(call_id, 55, "participant.connected", e.Connected(), "user:1", "c4"),
        fact(call_id, 71, "call.failed", e.CallFailed("late")),
    ]
    cuts = st.lists(st.integers(1, len(facts) - 1), max_size=4, unique=True).map(sorted)
    return st.builds(
        lambda shuffled, cuts: [shuffled[first:last] for first, last in pairwise([0, *cuts, len(shuffled)])], st.permutations(facts), cuts
    )


async def test_whatever_the_order_the_trail_adds_up_to_the_record(book: Book) -> None:
    """Ends and durations that were told come to what the record says, and nobody is connected twice."""
    told_of: list[tuple[UUID, list[list[NewEvent]]]] = []

    @settings(max_examples=25, deadline=None, database=None)
    @given(st.uuids().flatmap(lambda call_id: st.tuples(st.just(call_id), in_some_order(call_id))))
    def draw(call: tuple[UUID, list[list[NewEvent]]]) -> None:
        told_of.append(call)

    draw()
    for call_id, batches in dict(told_of).items():
        for batch in batches:
            await book.write(*batch)
        ended, elapsed = await book.one("SELECT (ended_at IS NOT NULL)::int, elapsed_ms FROM calls WHERE id = %s", call_id)
        assert await standing(book, call_id) == (ended, elapsed)
        entries = await told(book, call_id, "metadata")
        established = [metadata["connection_id"] for action, _, metadata in entries if action == "connection_established"]
        assert len(established) == len(set(established))
        assert [action for action, *_ in entries].count("call_start") == 1


# ── By whom ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_end_that_was_asked_for_says_by_whom_and_from_where(book: Book, call_id: UUID) -> None:
    """The ledger's own facts are told as the doing of whose request they come from; what a server reports is told as the server's."""
    by = By("key:7", Origin("192.0.2.0/24", "Firefox"))
    await book.do(call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated(initiator="user:1")), 0)
    await book.write(fact(call_id, 1, "participant.connected", e.Connected(), "user:1", "c1"))
    async with book.db.transaction() as tx:
        await book.ledger.command(tx, call_id, EndCall(id=ids.uuid7(), ended_by="user:1"), at(60), by=by)

    entries = {action: rest for action, _, *rest in await told(book, call_id, "caller", "address", "user_agent", "identity")}
    assert entries["call_end"] == ["key:7", "192.0.2.0/24", "Firefox", "user:1"]
    assert entries["call_start"] == ["key:host", None, None, "user:1"]


async def test_what_a_page_says_is_told_as_the_pages(book: Book, call_id: UUID) -> None:
    """Its connection token is the caller."""
    page = ids.uuid7()
    await book.write(fact(call_id, 1, "participant.connected", e.Connected(), "user:1", "c1"), source=f"sdk:{page}", writer=Writer.CLIENT)

    assert {caller for _, _, caller in await told(book, call_id, "caller")} == {f"sdk:{page}"}


async def test_what_a_request_brings_is_told_with_where_it_came_from(server: httpx.AsyncClient, db: Database) -> None:
    """Facts that are posted: the entries that they make have the request's user agent, and its address as the deployment keeps it."""
    sent = {"id": str(ids.uuid7()), "call_id": str(ids.uuid7()), "type": "participant.connected", "occurred_at": "2026-11-21T09:00:00Z"}
    answer = await server.post("/v1/events", json={"events": [sent | {"participant": "user:1", "connection": "c1"}]})
    assert answer.json()["stored"] == 1

    async with db.connection() as tx:
        found = await tx.execute("SELECT action, address, user_agent FROM audit_entries JOIN audit_identities ON entry_id = id ORDER BY action")
        (started, established) = await found.fetchall()
    assert (started[0], established[0]) == ("call_start", "connection_established")
    assert {started[2], established[2]} == {server.headers["user-agent"]}
    assert started[1] == established[1] != "127.0.0.1"


async def test_a_demonstration_is_told_as_one(book: Book, call_id: UUID) -> None:
    """So that figures can leave it out."""
    await book.write(fact(call_id, 0, "call.created", e.CallCreated(is_demo=True)), *a_call(call_id)[1:])

    assert [metadata["demo"] for *_, metadata in await told(book, call_id, "metadata")] == [True] * 4


async def test_somebody_erased_is_named_no_more(book: Book, call_id: UUID) -> None:
    """Of a participant whose name is gone only our id is told."""
    await book.write(*a_call(call_id)[:3])
    await book.execute("UPDATE participants SET user_id = NULL, guest_id = NULL, erased_id = id WHERE call_id = %s", call_id)

    await book.write(fact(call_id, 5, "error.occurred", e.ErrorOccurred("late"), str(await book.one("SELECT id FROM participants"))))

    assert ("error_occurred", 5, None) in await told(book, call_id, "identity")
