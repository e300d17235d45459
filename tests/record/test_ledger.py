"""The ledger: what becomes of facts, and what is written of them."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from tests.record.conftest import LATER, Book, fact, together
from tests.record.story import at, seconds

from callwell import errors, ids
from callwell.postgres import Database
from callwell.postgres.pool import DatabaseError, sqlstate
from callwell.record import events as e, evolve, opened
from callwell.record.commands import CreateCall, EndCall, Join, PutOut, Refusal, RingCall
from callwell.record.events import CATALOGUE, Writer
from callwell.record.ledger import Changed, Ledger
from callwell.settings import Settings

# ── Stored, duplicate, rejected ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_facts_make_the_record(book: Book, call_id: UUID) -> None:
    """Given a call that nobody created, when facts of two people come, then call, people and connections stand in the record."""
    outcomes = await book.write(
        fact(call_id, 0, "participant.joined", e.Joined(display_name="Ana"), "user:1", "c1"),
        fact(call_id, 1, "participant.connected", e.Connected(), "user:1", "c1"),
        fact(call_id, 11, "participant.connected", e.Connected(), "guest:x", "c2"),
        fact(call_id, 61, "call.ended", e.CallEnded("normal", ended_by="user:1")),
    )

    assert outcomes == ["stored"] * 4
    call = await book.one("SELECT status, elapsed_ms, overlap_ms, participant_count, event_count, version FROM calls WHERE id = %s", call_id)
    assert call == ("ended", 60_000, 50_000, 2, 4, 1)
    people = await book.rows("SELECT user_id, guest_id, display_name, attended_ms FROM participants WHERE call_id = %s ORDER BY attended_ms", call_id)
    assert people == [(None, "x", None, 50_000), ("1", None, "Ana", 60_000)]
    connections = await book.rows("SELECT source, name, status FROM connections WHERE call_id = %s ORDER BY name", call_id)
    assert connections == [("key:host", "c1", "left"), ("key:host", "c2", "left")]


async def test_a_fact_that_is_sent_again_is_a_duplicate(book: Book, call_id: UUID) -> None:
    """However often it is sent it is there once; nothing changes, and no reader is told."""
    sent = fact(call_id, 0, "chat.sent", None, "user:1", "c1")

    assert await book.write(sent) == ["stored"]
    assert await book.write(sent, sent) == ["duplicate", "duplicate"]
    assert await book.one("SELECT count(*) FROM events WHERE call_id = %s", call_id) == 1
    assert await book.one("SELECT messages_sent FROM participants WHERE call_id = %s", call_id) == 1
    assert await book.changes(call_id) == [1]


async def test_a_fact_twice_in_one_batch_is_there_once(book: Book, call_id: UUID) -> None:
    """The second of them is the duplicate, also where the call is new."""
    sent = fact(call_id, 0, "chat.sent", None, "user:1", "c1")

    assert await book.write(sent, sent) == ["stored", "duplicate"]


async def test_another_fact_under_a_known_id_is_rejected_and_kept_aside(book: Book, call_id: UUID) -> None:
    """Same id, other payload: the first stands, the second is a dead letter, once, as it was sent."""
    id = ids.uuid7()
    await book.write(fact(call_id, 0, "participant.connected", e.Connected(setup_ms=100), "user:1", "c1", id))
    other = fact(call_id, 0, "participant.connected", e.Connected(setup_ms=999), "user:1", "c1", id)

    assert await book.write(other) == ["event.conflict"]
    assert await book.write(other) == ["event.conflict"]

    assert await book.one("SELECT payload FROM events WHERE call_id = %s", call_id) == {"setup_ms": 100}
    source, event_id, code, letter = await book.one("SELECT source, event_id, code, fact FROM dead_letters WHERE call_id = %s", call_id)
    assert (source, event_id, code) == ("key:host", id, "event.conflict")
    assert (letter["type"], letter["participant"], letter["data"]) == ("participant.connected", "user:1", {"setup_ms": 999})
    assert await book.changes(call_id) == [1]


@pytest.mark.parametrize("other", ["type", "time", "person", "connection"])
async def test_whatever_differs_makes_it_another_fact(book: Book, call_id: UUID, other: str) -> None:
    """Type, time, person and connection are part of what is said."""
    sent = fact(call_id, 0, "chat.sent", None, "user:1", "c1")
    changed = {
        "type": {"type": "consent.given", "payload": e.Consent("recording")},
        "time": {"occurred_at": at(1)},
        "person": {"participant": "user:2"},
        "connection": {"connection": "c2"},
    }
    await book.write(sent)

    assert await book.write(msgspec.structs.replace(sent, **changed[other])) == ["event.conflict"]


async def test_an_id_belongs_to_its_source(book: Book, call_id: UUID) -> None:
    """Nobody can take another's ids: the same id from another source is another fact."""
    id = ids.uuid7()

    assert await book.write(fact(call_id, 0, "chat.sent", None, "user:1", "c1", id), source="key:a") == ["stored"]
    assert await book.write(fact(call_id, 5, "reaction.sent", e.ReactionSent(), "user:1", "c1", id), source="key:b") == ["stored"]


async def test_a_fact_is_compared_as_it_was_sent(book: Book, call_id: UUID) -> None:
    """Given a time that we correct, when the fact is sent again and corrected otherwise, then it is still the same fact."""
    sent = fact(call_id, 0, "chat.sent", None, "user:1", "c1")
    hash = e.fact_hash("chat.sent", at(100), "user:1", "c1", e.Nothing())

    assert await book.write(msgspec.structs.replace(sent, occurred_at=at(3), sent_at=at(100), hash=hash)) == ["stored"]
    assert await book.write(msgspec.structs.replace(sent, occurred_at=at(4), sent_at=at(100), hash=hash)) == ["duplicate"]


async def test_outcomes_come_in_the_order_in_which_facts_were_sent(book: Book, call_id: UUID) -> None:
    """One bad fact among good ones is told, and stops nothing."""
    known = fact(call_id, 0, "chat.sent", None, "user:1", "c1")
    await book.write(known)

    outcomes = await book.write(
        fact(call_id, 1, "chat.sent", None, "user:1", "c1"),
        known,
        fact(call_id, 2, "no.such_thing", None, "user:1", "c1"),
        msgspec.structs.replace(known, occurred_at=at(9)),
        fact(call_id, 3, "chat.sent", None, "user:1", "c1"),
    )

    assert outcomes == ["stored", "duplicate", "event.unknown_type", "event.conflict", "stored"]


@pytest.mark.parametrize("writer", list(Writer))
async def test_who_may_not_write_a_type_is_refused_it(book: Book, call_id: UUID, writer: Writer) -> None:
    """Of every type, by every kind of writer: stored where the catalogue says so, else rejected and nowhere kept."""
    payloads = {name: _some(type.payload) for name, type in CATALOGUE.items()} | {"custom.poke": e.Custom({})}
    about_calls = {name for name, type in CATALOGUE.items() if type.subject is e.Subject.CALL}
    facts = [
        fact(call_id, n, name, payload, *((None, None) if name in about_calls else ("user:1", "c1")))
        for n, (name, payload) in enumerate(payloads.items())
    ]

    outcomes = await book.write(*facts, writer=writer)

    allowed = {name for name in payloads if writer in (e.event_type(name) or e.CUSTOM).writers}
    assert [name for name, outcome in zip(payloads, outcomes, strict=True) if outcome == "stored"] == [name for name in payloads if name in allowed]
    assert {outcome for name, outcome in zip(payloads, outcomes, strict=True) if name not in allowed} <= {"event.not_allowed"}
    assert {type for (type,) in await book.rows("SELECT type FROM events")} == allowed


# ── Who is who ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_somebody_is_stands_with_them_alone(book: Book, call_id: UUID) -> None:
    """Facts hold our ids; names and identities are nowhere in them, so a person can be erased without touching history."""
    await book.write(
        fact(call_id, 0, "call.created", e.CallCreated(initiator="user:secret-1", provider="user:secret-2", provider_name="Secret Three")),
        fact(call_id, 1, "call.ringing", e.CallRinging(("guest:secret-4",))),
        fact(call_id, 2, "participant.waiting", e.Waiting(display_name="Secret Five"), "user:secret-6", "c1"),
        fact(call_id, 3, "participant.joined", e.Joined(display_name="Secret Seven"), "user:secret-1", "c2"),
        fact(call_id, 4, "recording.requested", e.Recording(requested_by="user:secret-8")),
        fact(call_id, 5, "call.settings_changed", e.SettingsChanged({}, changed_by="user:secret-8")),
        fact(call_id, 6, "call.ended", e.CallEnded(ended_by="user:secret-1")),
    )

    for table in ("events", "calls", "connections", "changes"):
        assert "secret" not in str(await book.rows("SELECT row_to_json(t)::text FROM " + table + " AS t")).lower()  # type: ignore[operator]
    people = await book.rows("SELECT coalesce(user_id, guest_id), display_name FROM participants WHERE call_id = %s ORDER BY 1", call_id)
    assert people == [
        ("secret-1", "Secret Seven"), ("secret-2", "Secret Three"), ("secret-4", None), ("secret-6", "Secret Five"), ("secret-8", None),
    ]  # fmt: skip


async def test_a_person_is_one_participant_whoever_tells_of_them(book: Book, call_id: UUID) -> None:
    """Each source has its own names for connections, and all mean the same people."""
    await book.write(fact(call_id, 0, "participant.connected", e.Connected(), "user:1", "c1"), source="key:a")
    await book.write(fact(call_id, 0, "participant.connected", e.Connected(), "user:1", "c1"), source="engine:x", writer=Writer.ENGINE)

    assert await book.one("SELECT count(*) FROM participants WHERE call_id = %s", call_id) == 1
    assert await book.rows("SELECT source, name FROM connections WHERE call_id = %s ORDER BY source", call_id) == [
        ("engine:x", "c1"),
        ("key:a", "c1"),
    ]


async def test_a_user_and_a_guest_of_one_name_are_two(book: Book, call_id: UUID) -> None:
    """Exactly one of user and guest is somebody's identity."""
    await book.write(fact(call_id, 0, "chat.sent", None, "user:1", ""), fact(call_id, 0, "chat.sent", None, "guest:1", ""))

    assert sorted(await book.rows("SELECT user_id, guest_id FROM participants WHERE call_id = %s", call_id), key=str) == [("1", None), (None, "1")]


async def test_a_connection_that_we_began_is_ours_whoever_tells_of_it(book: Book, call_id: UUID) -> None:
    """Given a connection that joining made, when page and engine tell of it by our id, then it is that one."""
    connection_id = ids.uuid7()
    await book.do(call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated()), 0)
    joined = await book.do(
        call_id, Join(id=ids.uuid7(), identity="user:1", connection=str(connection_id), details=e.Joined(display_name="Ana"), capacity=2), 1
    )
    assert isinstance(joined, Changed)
    own = str(joined.state.people["user:1"])

    await book.write(fact(call_id, 2, "participant.connected", None, own, str(connection_id)), source="sdk:x", writer=Writer.CLIENT)
    await book.write(fact(call_id, 3, "participant.connected", None, "user:1", str(connection_id)), source="engine:x", writer=Writer.ENGINE)

    assert await book.rows("SELECT id, status FROM connections WHERE call_id = %s", call_id) == [(connection_id, "connected")]
    assert await book.one("SELECT attended_engine_ms IS NOT NULL, display_name FROM participants WHERE call_id = %s", call_id) == (True, "Ana")


async def test_anothers_connection_cannot_be_named(book: Book, call_id: UUID) -> None:
    """Our id of somebody else's connection is just a name to whoever uses it: theirs is not touched."""
    await book.write(fact(call_id, 0, "participant.connected", None, "user:1", "c1"))
    theirs = await book.one("SELECT id FROM connections WHERE call_id = %s", call_id)

    await book.write(fact(call_id, 5, "participant.left", e.Left(), "user:2", str(theirs)))

    assert await book.one("SELECT status FROM connections WHERE call_id = %s AND id = %s", call_id, theirs) == "connected"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
async def test_the_newest_name_wins_in_any_order(book: Book, call_id: UUID, order: tuple[int, ...]) -> None:
    """Somebody who changes their name is called as they were last, however the facts come in; of two names at one time the greater."""
    names = [(0, "Ana"), (20, "Anna"), (20, "Anna L.")]
    for n in order:
        when, name = names[n]
        await book.write(fact(call_id, when, "participant.joined", e.Joined(display_name=name), "user:1", f"c{n}"))

    assert await book.one("SELECT display_name FROM participants WHERE call_id = %s", call_id) == "Anna L."


# ── Versions and readers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_change_is_a_version_and_told_to_readers(book: Book, call_id: UUID) -> None:
    """The version grows by one with each batch that changed something, and `changes` has a row of each."""
    for n in range(3):
        await book.write(fact(call_id, n, "chat.sent", None, "user:1", "c1"), fact(call_id, n, "chat.sent", None, "user:1", "c1"))

    assert await book.one("SELECT version FROM calls WHERE id = %s", call_id) == 3
    assert await book.changes(call_id) == [1, 2, 3]


async def test_callers_at_once_share_transactions(book: Book, call_id: UUID) -> None:
    """Given a hundred callers with one fact each, then all are answered, all facts are there, and far fewer transactions were made."""
    facts = [fact(call_id, n, "chat.sent", None, "user:1", "c1") for n in range(100)]

    outcomes = await asyncio.gather(*(book.write(one) for one in facts))

    assert outcomes == [["stored"]] * 100
    assert await book.one("SELECT messages_sent FROM participants WHERE call_id = %s", call_id) == 100
    assert len(await book.changes(call_id)) < 20


async def test_the_same_fact_from_many_at_once_is_stored_once(book: Book, call_id: UUID) -> None:
    """Twenty send it at the same time: one is told stored, the others duplicate."""
    sent = fact(call_id, 0, "chat.sent", None, "user:1", "c1")

    outcomes = await asyncio.gather(*(book.write(sent) for _ in range(20)))

    assert sorted(outcome for (outcome,) in outcomes if outcome) == ["duplicate"] * 19 + ["stored"]


async def test_ledgers_of_several_processes_agree(book: Book, db: Database, call_id: UUID) -> None:
    """Two processes write about the same new call at once, facts of both overlapping: each is there once, and the record is right."""
    facts = [fact(call_id, n, "chat.sent", None, f"user:{n % 5}", "c1") for n in range(60)]
    async with Ledger(db, Settings()).running() as ledger:
        other = Book(db, ledger)
        outcomes = await asyncio.gather(*((book, other)[n % 2].write(*facts[n % 7 :: 7]) for n in range(14)))

    assert sorted(str(outcome) for one in outcomes for outcome in one) == ["duplicate"] * 60 + ["stored"] * 60
    assert await book.one("SELECT sum(messages_sent) FROM participants WHERE call_id = %s", call_id) == 60


# ── What goes wrong ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_callers_bad_data_does_not_fail_anothers(book: Book) -> None:
    """Given a fact that the database refuses in a group with good ones, then its caller alone fails, and the others are stored."""
    good, bad, fine = ids.uuid7(), ids.uuid7(), ids.uuid7()
    too_long = e.Joined(display_name="x" * 201)

    first, second, third = await together(
        book.write(fact(good, 0, "chat.sent", None, "user:1", "c1")),
        book.write(fact(bad, 0, "participant.joined", too_long, "user:1", "c1")),
        book.write(fact(fine, 0, "chat.sent", None, "user:1", "c1")),
    )

    assert (first, third) == (["stored"], ["stored"])
    assert isinstance(second, DatabaseError)
    assert sqlstate(second) == "23514"
    assert {id for (id,) in await book.rows("SELECT id FROM calls")} == {good, fine}
    assert {id for (id,) in await book.rows("SELECT call_id FROM events")} == {good, fine}


async def test_a_call_whose_fold_fails_keeps_its_facts_and_rebuilding_heals_it(book: Book, call_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a fact that the fold cannot take, then it is stored, its call is marked and the others of the group go on; a fold that can heals it."""
    healthy = ids.uuid7()
    await book.write(fact(call_id, 0, "participant.connected", None, "user:1", "c1"))

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setitem(evolve._ON_CONNECTION, "view.changed", fail)
        outcomes = await asyncio.gather(
            book.write(fact(call_id, 5, "view.changed", e.ViewChanged("grid"), "user:1", "c1")),
            book.write(fact(healthy, 5, "chat.sent", None, "user:1", "c1")),
        )
        assert outcomes == [["stored"], ["stored"]]
        assert await book.one("SELECT needs_refold, version, status FROM calls WHERE id = %s", call_id) == (True, 2, "active")
        assert await book.write(fact(call_id, 9, "participant.left", e.Left(), "user:1", "c1")) == ["stored"]
        assert await book.rebuild(call_id) == 0
    assert await book.one("SELECT needs_refold, messages FROM (SELECT c.id, needs_refold, sum(messages_sent) AS messages FROM calls c JOIN participants p "
                          "ON p.call_id = c.id GROUP BY c.id) AS t WHERE id = %s", healthy) == (False, 1)  # fmt: skip

    assert await book.rebuild(call_id) == 1

    assert await book.one("SELECT needs_refold, event_count FROM calls WHERE id = %s", call_id) == (False, 3)
    assert await book.one("SELECT status, attended_ms FROM participants WHERE call_id = %s", call_id) == ("left", 9_000)


async def test_a_marked_call_heals_with_the_next_fact(book: Book, call_id: UUID) -> None:
    """Whatever made its fold fail is gone: the next fact makes the call be folded from all of them."""
    await book.write(fact(call_id, 0, "participant.connected", None, "user:1", "c1"))
    await book.execute("UPDATE calls SET needs_refold = true, state = NULL WHERE id = %s", call_id)

    await book.write(fact(call_id, 9, "participant.left", e.Left(), "user:1", "c1"))

    assert await book.one("SELECT needs_refold, event_count FROM calls WHERE id = %s", call_id) == (False, 2)


async def test_too_many_facts_of_a_call_are_rejected(book: Book, call_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call keeps so many and no more; what is kept already is still a duplicate, and the record stays right."""
    monkeypatch.setattr(opened, "MOST_EVENTS", 5)
    facts = [fact(call_id, n, "chat.sent", None, f"user:{n}", "c1") for n in range(7)]

    assert await book.write(*facts[:4]) == ["stored"] * 4
    assert await book.write(*facts) == ["duplicate"] * 4 + ["stored"] + ["call.too_many_events"] * 2
    assert await book.one("SELECT event_count FROM calls WHERE id = %s", call_id) == 5
    assert await book.one("SELECT count(*) FROM participants WHERE call_id = %s", call_id) == 5


async def test_too_many_facts_of_one_person_are_rejected(book: Book, call_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody uses up the others' room: the bound is over all the devices of one, and another may go on."""
    monkeypatch.setattr(opened, "MOST_EVENTS_OF_ONE", 3)
    facts = [fact(call_id, n, "chat.sent", None, "user:1", f"c{n % 2}") for n in range(5)]

    assert await book.write(*facts[:2]) == ["stored"] * 2
    assert await book.write(*facts[2:]) == ["stored", "call.too_many_events", "call.too_many_events"]
    assert await book.write(fact(call_id, 9, "chat.sent", None, "user:2", "c1")) == ["stored"]


async def test_too_many_people_and_connections_are_rejected(book: Book, call_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that names ever new people is stopped, whether as subjects of facts or within them."""
    monkeypatch.setattr(opened, "MOST_PARTICIPANTS", 3)
    monkeypatch.setattr(opened, "MOST_CONNECTIONS", 4)
    people = [fact(call_id, n, "chat.sent", None, f"user:{n}", "c1") for n in range(4)]

    assert await book.write(*people) == ["stored"] * 3 + ["call.too_many_participants"]
    assert await book.write(fact(call_id, 9, "call.ringing", e.CallRinging(("user:0", "user:9")))) == ["call.too_many_participants"]
    devices = [fact(call_id, n, "chat.sent", None, "user:0", f"d{n}") for n in range(2)]
    assert await book.write(*devices) == ["stored", "call.too_many_participants"]


async def test_a_call_whose_facts_are_being_removed_is_not_changed_any_more(book: Book, call_id: UUID) -> None:
    """Sealed by retention: facts are rejected, commands refused, and rebuilding leaves it alone."""
    await book.write(fact(call_id, 0, "participant.connected", None, "user:1", "c1"))
    await book.execute("UPDATE calls SET is_sealed = true WHERE id = %s", call_id)
    before = await book.record(call_id)

    assert await book.write(fact(call_id, 9, "participant.left", e.Left(), "user:1", "c1")) == ["event.too_late"]
    refused = await book.do(call_id, EndCall(id=ids.uuid7()), 10)
    assert isinstance(refused, Refusal)
    assert refused.error.code == "call.illegal_move"
    assert await book.rebuild(call_id) == 0
    assert await book.record(call_id) == before


async def test_more_than_may_wait_is_refused_at_once(db: Database, call_id: UUID) -> None:
    """Before memory grows callers are told to come back, and nothing of what they sent is stored."""
    async with Ledger(db, Settings(waiting_events=1000)).running() as ledger:
        book = Book(db, ledger)
        batches = [[fact(call_id, n, "chat.sent", None, "user:1", "c1") for n in range(400)] for _ in range(3)]

        outcomes = await together(*(book.write(*batch) for batch in batches))

    assert [type(outcome) for outcome in outcomes] == [list, list, errors.Overloaded]
    assert await book.one("SELECT count(*) FROM events") == 800


# ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_is_part_of_its_callers_transaction(book: Book, call_id: UUID) -> None:
    """Where the caller's transaction fails there was no command."""
    with pytest.raises(ZeroDivisionError):
        async with book.db.transaction() as tx:
            changed = await book.ledger.command(tx, call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated()), at(0))
            assert isinstance(changed, Changed)
            raise ZeroDivisionError

    assert await book.rows("SELECT id FROM calls") == []


async def test_a_refusal_is_a_value_and_changes_nothing(book: Book, call_id: UUID) -> None:
    """The caller's own writes commit with it."""
    async with book.db.transaction() as tx:
        refused = await book.ledger.command(tx, call_id, RingCall(id=ids.uuid7()), at(0))
        await tx.execute("INSERT INTO conversations (id, created_at, updated_at) VALUES ('kept', %s, %s)", [at(0), at(0)])

    assert isinstance(refused, Refusal)
    assert refused.error.code == "not_found"
    assert await book.rows("SELECT id FROM calls") == []
    assert await book.one("SELECT id FROM conversations") == "kept"


async def test_a_command_is_written_as_facts_of_ours(book: Book, call_id: UUID) -> None:
    """What was commanded is told apart from what was observed, and gives the version that it made."""
    created = await book.do(call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated(initiator="user:1", type="audio")), 0)
    ended = await book.do(call_id, EndCall(id=ids.uuid7(), reason="forced", ended_by="user:1"), 30)

    assert isinstance(created, Changed)
    assert isinstance(ended, Changed)
    assert (created.version, ended.version, ended.record.call.status, ended.record.call.end_reason) == (1, 2, "ended", "forced")
    assert ended.record.call.ended_by == ended.state.people["user:1"]
    assert await book.rows("SELECT type, source FROM events ORDER BY occurred_at") == [("call.created", "callwell"), ("call.ended", "callwell")]


async def test_two_ends_at_once_end_it_once(book: Book, call_id: UUID) -> None:
    """Of two commands one is carried out, and the other is refused for the state that the first made."""
    await book.do(call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated()), 0)

    results = await asyncio.gather(*(book.do(call_id, EndCall(id=ids.uuid7()), 30) for _ in range(2)))

    assert sorted(type(result).__name__ for result in results) == ["Changed", "Refusal"]


async def test_who_was_put_out_reports_no_more(book: Book, call_id: UUID) -> None:
    """Facts of a page from before it was put out still count; those from afterwards are rejected."""
    connection_id = ids.uuid7()
    await book.do(call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated()), 0)
    await book.do(call_id, Join(id=ids.uuid7(), identity="user:1", connection=str(connection_id), details=e.Joined(), capacity=2), 1)
    await book.do(call_id, PutOut(id=ids.uuid7(), connections=(connection_id,)), 20)

    before, after = (fact(call_id, when, "chat.sent", None, "user:1", str(connection_id)) for when in (19, 21))
    assert await book.write(before, after, source="sdk:x", writer=Writer.CLIENT) == ["stored", "event.after_revocation"]
    assert await book.one("SELECT status, leave_reason, seconds FROM (SELECT status, leave_reason, left_at AS seconds FROM connections) AS t") == (
        "left", "revoked", at(20),
    )  # fmt: skip


# ── Rooms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_unfinished_call_holds_its_room(book: Book, call_id: UUID) -> None:
    """From its making until its end."""
    room = ids.new_room_name()
    await book.do(call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated(room=room)), 0)
    assert await book.rows("SELECT room_id, call_id FROM live_calls") == [(ids.room_id(room), call_id)]

    await book.do(call_id, EndCall(id=ids.uuid7()), 10)
    assert await book.rows("SELECT room_id, call_id FROM live_calls") == []


async def test_a_call_that_goes_on_after_all_takes_its_room_again(book: Book, call_id: UUID) -> None:
    """Given an end that was guessed and proved wrong, then the room is the call's again, unless another call has it by now."""
    room = ids.new_room_name()
    await book.do(call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated(room=room)), 0)
    await book.write(fact(call_id, 1, "participant.connected", None, "user:1", "c1"), fact(call_id, 60, "participant.left", e.Left(), "user:1", "c1"))
    assert await book.sweep(300) == 1
    assert await book.rows("SELECT call_id FROM live_calls") == []

    await book.write(fact(call_id, 100, "participant.connected", None, "user:1", "c2"))

    assert await book.rows("SELECT call_id FROM live_calls") == [(call_id,)]
    assert seconds(await book.one("SELECT started_at FROM calls WHERE id = %s", call_id)) == 1


async def test_facts_of_calls_are_dated_by_who_received_them(book: Book, call_id: UUID) -> None:
    """When it came in is kept beside when it happened."""
    await book.write(fact(call_id, 5, "chat.sent", None, "user:1", "c1"), received_at=LATER)

    assert await book.one("SELECT occurred_at, received_at, sent_at FROM events") == (at(5), LATER, None)


def _some(type: type[e.Payload]) -> e.Payload:
    values = {"mode": "sfu", "settings": {"a": 1}, "duration_ms": 5, "view": "grid", "category": "good", "issue": "freeze", "text": "no sound",
              "kind": "recording", "stars": 4, "code": "ice"}  # fmt: skip
    required = {field.name for field in msgspec.structs.fields(type) if field.required}
    return type(**{name: value for name, value in values.items() if name in required})
