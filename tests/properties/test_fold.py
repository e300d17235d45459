"""The fold: the same facts give the same record, in whatever order, number and portions they come."""

import random
from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings, strategies as st

from callwell.record.derive import derive
from callwell.record.events import Event
from callwell.record.evolve import evolve, fold, follows, in_order
from callwell.record.state import CallState, Record
from callwell.record.timers import Allowances, due, next_deadline

from .facts import CALL, at, facts, leases

EXAMPLES = settings().max_examples * 10
ALLOWANCES = Allowances(
    lease=timedelta(seconds=45),
    grace=timedelta(seconds=60),
    ringing=timedelta(seconds=45),
    empty=timedelta(seconds=120),
    longest=timedelta(hours=12),
    settling=timedelta(seconds=900),
)


def taken_in_portions(portions: list[list[Event]], beside: CallState) -> CallState:
    """As the ledger does it: facts known already are dropped, what follows is folded on, what is late makes the call be folded again."""
    state = CallState(held=beside.held, people=beside.people)
    known: dict[tuple[object, str], Event] = {}
    for portion in portions:
        fresh = {(fact.id, fact.source): fact for fact in portion if (fact.id, fact.source) not in known}
        known |= fresh
        for fact in sorted(fresh.values(), key=in_order):
            if not follows(state, fact):
                state = fold(known.values(), state)
                break
            evolve(state, fact)
    return state


def record_of(state: CallState) -> Record:
    return derive(CALL, state, at=at(1000))


@settings(max_examples=EXAMPLES)
@given(facts, leases(), st.randoms(use_true_random=False))
def test_the_same_facts_give_the_same_record_in_any_order_number_and_portions(
    happened: list[Event], beside: CallState, chance: random.Random
) -> None:
    """Permuted, duplicated and split into batches, the facts of a call give the record that they give at once and in order."""
    expected = record_of(fold(happened, beside))

    sent = happened + chance.choices(happened, k=chance.randint(0, 5))
    chance.shuffle(sent)
    portions: list[list[Event]] = []
    while sent:
        size = chance.randint(1, len(sent))
        portions.append(sent[:size])
        sent = sent[size:]

    assert record_of(taken_in_portions(portions, beside)) == expected


@settings(max_examples=EXAMPLES // 4)
@given(facts, leases(), st.randoms(use_true_random=False))
def test_facts_of_different_connections_commute(happened: list[Event], beside: CallState, chance: random.Random) -> None:
    """Two clients that batch do not make each other late: the record is the same, and nothing is folded again for it."""
    subjects = sorted({fact.connection_id for fact in happened}, key=str)
    chance.shuffle(subjects)
    state = CallState(held=beside.held, people=beside.people)

    for subject in subjects:
        for fact in sorted((fact for fact in happened if fact.connection_id == subject), key=in_order):
            assert follows(state, fact)
            evolve(state, fact)

    assert record_of(state) == record_of(fold(happened, beside))


@settings(max_examples=EXAMPLES // 4)
@given(facts, leases())
def test_no_record_contradicts_itself(happened: list[Event], beside: CallState) -> None:
    """Parts make up their whole, nobody attends longer than the call was, and nothing happens after the end."""
    record = record_of(fold(happened, beside))

    call = record.call
    assert call.overlap_claimed_ms <= call.overlap_ms
    assert call.peak_participants <= call.participant_count
    assert call.ended_at is None or call.started_at is None or call.started_at <= call.ended_at
    if call.elapsed_ms is not None:
        assert call.overlap_ms <= call.elapsed_ms
        assert all(participant.attended_ms <= call.elapsed_ms for participant in record.participants.values())
    assert (call.status in ("ended", "failed")) == (call.ended_at is not None)
    assert call.event_count == len(happened)
    for participant in record.participants.values():
        parts = participant.attended_engine_ms + participant.attended_socket_ms + participant.attended_claimed_ms
        assert parts == participant.attended_ms
        assert call.ended_at is None or participant.left_at is None or participant.left_at <= call.ended_at
        assert call.ended_at is None or participant.status not in ("waiting", "connecting", "connected", "disconnected")


@settings(max_examples=EXAMPLES // 4)
@given(facts, leases())
def test_timers_come_to_an_end(happened: list[Event], beside: CallState) -> None:
    """Whatever happened, the deadlines of a call that hears no more are few, and lead to its end."""
    state = fold(happened, beside)
    ever_after = at(0) + timedelta(days=2)

    for _ in range(100):
        guesses = due(CALL, state, ALLOWANCES, (), ever_after)
        if not guesses:
            break
        for guess in guesses:
            fact = Event(
                CALL, guess.id, "timer", guess.type, guess.occurred_at, guess.payload,
                *_ids(state, guess.connection), guess.basis_at,
            )  # fmt: skip
            assert all(fact.id != earlier.id for earlier in happened), "a guess that is made twice"
            happened = [*happened, fact]
        state = fold(happened, beside)

    assert not due(CALL, state, ALLOWANCES, (), ever_after)
    assert record_of(state).call.ended_at is not None
    assert next_deadline(CALL, state, ALLOWANCES, (), ever_after) is None


def _ids(state: CallState, connection: str | None) -> tuple[UUID | None, UUID | None]:
    for id, c in state.connections.items():
        if str(id) == connection:
            return c.participant_id, id
    return None, None
