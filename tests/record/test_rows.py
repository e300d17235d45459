"""What the database refuses by itself, whatever the code above it says."""

from typing import Any, LiteralString
from uuid import UUID

import pytest
from tests.record.conftest import Book, fact
from tests.record.story import at

from callwell import ids
from callwell.postgres.pool import is_data_error, sqlstate
from callwell.record import events as e

CHECK, UNIQUE, FOREIGN = "23514", "23505", "23503"

ADD: LiteralString = """
    INSERT INTO participants (call_id, id, user_id, guest_id, erased_id, first_at, call_role, status, side)
    VALUES (%(call_id)s, %(id)s, %(user_id)s, %(guest_id)s, %(erased_id)s, %(at)s, %(call_role)s, %(status)s, %(side)s)
"""


@pytest.fixture
async def call_id(book: Book) -> UUID:
    """A call in which user 1 and guest 1 are."""
    id = ids.uuid7()
    await book.write(
        fact(id, 0, "call.created", e.CallCreated()),
        fact(id, 1, "participant.joined", e.Joined(), "user:1", "c1"),
        fact(id, 1, "participant.joined", e.Joined(), "guest:1", "c1"),
    )
    return id


async def add(book: Book, call_id: UUID, **given: Any) -> None:
    """A participant by a bare statement."""
    row = {"user_id": None, "guest_id": None, "erased_id": None, "call_role": "participant", "status": "invited", "side": None, "at": at(2)}
    async with book.db.transaction() as tx:
        await tx.execute(ADD, {**row, "call_id": call_id, "id": ids.uuid7(), **given})


async def refusal(book: Book, call_id: UUID, **given: Any) -> str | None:
    """PostgreSQL's code of why there is no such participant."""
    with pytest.raises(Exception) as raised:
        await add(book, call_id, **given)
    assert is_data_error(raised.value), raised.value
    return sqlstate(raised.value)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"user_id": "2", "guest_id": "2"},
        {"user_id": "2", "erased_id": ids.uuid7()},
        {"user_id": "2", "guest_id": "2", "erased_id": ids.uuid7()},
    ],
    ids=["nobody", "user and guest", "user and erased", "all three"],
)
async def test_a_participant_is_exactly_one_of_user_guest_and_erased(book: Book, call_id: UUID, given: dict[str, Any]) -> None:
    """Neither of them, or several at once, is no row; one of them is."""
    assert await refusal(book, call_id, **given) == CHECK

    for one in ({"user_id": "2"}, {"guest_id": "2"}, {"erased_id": ids.uuid7()}):
        await add(book, call_id, **one)
    assert await book.one("SELECT count(*) FROM participants") == 5


@pytest.mark.parametrize("given", [{"user_id": "1"}, {"guest_id": "1"}])
async def test_a_person_is_in_a_call_once(book: Book, call_id: UUID, given: dict[str, Any]) -> None:
    """A second participant of the same user or guest is no row; in another call it is one."""
    assert await refusal(book, call_id, **given) == UNIQUE

    other = ids.uuid7()
    await book.write(fact(other, 0, "call.created", e.CallCreated()))
    await add(book, other, **given)


@pytest.mark.parametrize("given", [{"call_role": "boss"}, {"status": "asleep"}, {"side": "left"}, {"user_id": ""}, {"user_id": "x" * 201}])
async def test_a_participant_is_nothing_that_there_is_no_word_for(book: Book, call_id: UUID, given: dict[str, Any]) -> None:
    """Role in the call, state, side and id are what they may be."""
    assert await refusal(book, call_id, **{"user_id": "2", **given}) == CHECK


async def test_a_participant_is_of_a_call(book: Book) -> None:
    """There is none of a call that is not there."""
    assert await refusal(book, ids.uuid7(), user_id="2") == FOREIGN


@pytest.mark.parametrize(
    ("column", "value"),
    [("type", "hologram"), ("mode", "mesh"), ("status", "paused"), ("record_state", "draft"), ("engine", "zoom"), ("elapsed_ms", "-1")],
)
async def test_a_call_is_nothing_that_there_is_no_word_for(book: Book, call_id: UUID, column: str, value: str) -> None:
    """Type, mode, status and engine are of those that there are, and no call is shorter than nothing."""
    statements: dict[str, LiteralString] = {
        "type": "UPDATE calls SET type = %s",
        "mode": "UPDATE calls SET mode = %s",
        "status": "UPDATE calls SET status = %s",
        "record_state": "UPDATE calls SET record_state = %s",
        "engine": "UPDATE calls SET engine = %s",
        "elapsed_ms": "UPDATE calls SET elapsed_ms = %s",
    }

    with pytest.raises(Exception) as raised:
        await book.execute(statements[column], value)

    assert sqlstate(raised.value) == CHECK


async def test_a_room_has_one_name_and_one_unfinished_call(book: Book) -> None:
    """A second room of the same name is no row, and neither is a second unfinished call of one room."""
    room: LiteralString = "INSERT INTO rooms (id, capacity, type, created_at, last_accessed_at) VALUES (%s, 2, 'video', %s, %s)"
    held: LiteralString = "INSERT INTO live_calls (room_id, call_id) VALUES (%s, %s)"
    id = ids.uuid7()
    await book.execute(room, id, at(0), at(0))
    await book.execute(held, id, ids.uuid7())

    with pytest.raises(Exception) as same_room:
        await book.execute(room, id, at(0), at(0))
    with pytest.raises(Exception) as second_call:
        await book.execute(held, id, ids.uuid7())

    assert [sqlstate(raised.value) for raised in (same_room, second_call)] == [UNIQUE, UNIQUE]
