"""How media goes: between two it may go directly; with the third it goes through a server, and stays there."""

from uuid import UUID

from tests.record.conftest import Book, fact

from callwell import ids
from callwell.record import events as e
from callwell.record.commands import CreateCall, Join, Refusal
from callwell.record.ledger import Changed


async def come(book: Book, call_id: UUID, who: str, when: float, *, has_sfu: bool = True) -> Changed | Refusal:
    """Somebody joins with a new connection; media flows at once where they are let in."""
    connection_id = str(ids.uuid7())
    join = Join(id=ids.uuid7(), identity=who, connection=connection_id, details=e.Joined(), capacity=50, has_sfu=has_sfu)
    joined = await book.do(call_id, join, when)
    if isinstance(joined, Changed):
        await book.write(fact(call_id, when, "participant.connected", e.Connected(), who, connection_id))
    return joined


async def leave(book: Book, call_id: UUID, who: str, when: float) -> None:
    statement = "SELECT c.id::text FROM connections c JOIN participants p ON p.id = c.participant_id WHERE p.user_id = %s AND c.status = 'connected'"
    for (id,) in await book.rows(statement, who.removeprefix("user:")):
        await book.write(fact(call_id, when, "participant.left", e.Left(), who, id))


async def mode(book: Book) -> tuple[str, int]:
    """The mode, and how often it changed."""
    return await book.one("SELECT mode, mode_switch_count FROM calls")


async def two_in(book: Book, call_id: UUID) -> None:
    await book.do(call_id, CreateCall(id=ids.uuid7(), details=e.CallCreated(mode="p2p")), 0)
    await come(book, call_id, "user:1", 1)
    await come(book, call_id, "user:2", 2)


async def test_the_third_changes_the_mode_and_it_is_counted(book: Book, call_id: UUID) -> None:
    """Two are p2p; with the third the call is sfu, one change; the fourth changes nothing."""
    await two_in(book, call_id)
    assert await mode(book) == ("p2p", 0)

    await come(book, call_id, "user:3", 3)
    assert await mode(book) == ("sfu", 1)

    await come(book, call_id, "user:4", 4)
    assert await mode(book) == ("sfu", 1)
    assert await book.rows("SELECT type, source FROM events WHERE type = 'call.mode_changed'") == [("call.mode_changed", "callwell")]


async def test_it_is_never_changed_back_within_a_call(book: Book, call_id: UUID) -> None:
    """Given three of whom two leave, when one comes back and is with one other, then media still goes through the server."""
    await two_in(book, call_id)
    await come(book, call_id, "user:3", 3)
    await leave(book, call_id, "user:2", 10)
    await leave(book, call_id, "user:3", 11)

    await come(book, call_id, "user:2", 20)

    assert await mode(book) == ("sfu", 1)


async def test_without_a_server_for_media_the_third_stays_out(book: Book, call_id: UUID) -> None:
    """They are refused, and nothing changes for the two."""
    await two_in(book, call_id)

    refused = await come(book, call_id, "user:3", 3, has_sfu=False)

    assert isinstance(refused, Refusal)
    assert refused.error.code == "join.needs_sfu"
    assert await mode(book) == ("p2p", 0)


async def test_what_sources_tell_of_the_mode_is_counted_too(book: Book, call_id: UUID) -> None:
    """Given a call that we only hear of, when its engine says that the mode changed, then it did, once however often that is told."""
    told = fact(call_id, 30, "call.mode_changed", e.ModeChanged("sfu"))
    await book.write(fact(call_id, 0, "call.created", e.CallCreated(mode="p2p", engine="livekit")))
    await book.write(told, source="engine:livekit", writer=e.Writer.ENGINE)
    await book.write(told, source="engine:livekit", writer=e.Writer.ENGINE)
    await book.write(fact(call_id, 31, "call.mode_changed", e.ModeChanged("sfu")))

    assert await mode(book) == ("sfu", 1)


async def test_three_at_once_are_no_call_between_two(book: Book, call_id: UUID) -> None:
    """Given facts alone that tell of three people connected at once, then media went by a server, whether or not anybody told of the switch."""
    await book.write(fact(call_id, 0, "call.created", e.CallCreated(mode="p2p")))
    for when, who in ((1, "user:1"), (2, "user:2"), (3, "user:3")):
        await book.write(fact(call_id, when, "participant.connected", e.Connected(), who, "c"))
    await book.write(fact(call_id, 9, "call.ended", e.CallEnded()))

    assert await mode(book) == ("sfu", 1)


async def test_a_switch_back_is_not_believed(book: Book, call_id: UUID) -> None:
    """Given a call by a server, when somebody tells of a switch to peer to peer, then it is shown as an anomaly and changes nothing."""
    await book.write(fact(call_id, 0, "call.created", e.CallCreated(mode="p2p")))
    await book.write(fact(call_id, 1, "call.mode_changed", e.ModeChanged("sfu")))
    await book.write(fact(call_id, 2, "call.mode_changed", e.ModeChanged("p2p")))

    assert await mode(book) == ("sfu", 1)
    assert await book.one("SELECT anomaly_count FROM calls") == 1
