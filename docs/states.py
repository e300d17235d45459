"""State diagrams, found by walking: what can happen is folded onto every state that it can lead to, and what changes is drawn."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from callwell.record import events as e
from callwell.record.derive import derive
from callwell.record.events import CATALOGUE, Event, Payload
from callwell.record.evolve import fold
from callwell.record.state import CallState, Span
from callwell.record.timers import Allowances, due

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
EVER_AFTER = BEGIN + timedelta(days=2)
CALL, CONNECTION, PERSON = UUID(int=1), UUID(int=2), UUID(int=3)
ALLOWANCES = Allowances(*(timedelta(seconds=seconds) for seconds in (45, 60, 45, 120, 43_200, 900)))
"""As they are set by default."""
STEPS = 4
"""After so many there is nothing new."""

Transitions = dict[tuple[str, str], list[str]]
"""From a state to a state: by what."""
Step = tuple[str, Event]
"""What happens, and how it is called in a diagram."""


def connection_diagram() -> str:
    """The states of a connection whose socket we hold."""
    beside = CallState(held={CONNECTION: [Span(BEGIN, BEGIN + ALLOWANCES.lease)]})
    return _drawn("unseen", _walk([], beside, _connection_status, _about_a_connection))


def call_diagram() -> str:
    """The states of a call."""
    created = _fact(0, "call.created", e.CallCreated())
    return _drawn("initiated", _walk([created], CallState(), _call_status, _about_a_call))


# ── Walking ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _walk(
    begin: list[Event], beside: CallState, status: Callable[[CallState], str], steps_from: Callable[[CallState, Sequence[Event]], Iterator[Step]]
) -> Transitions:
    """Every change of status that steps lead to. A fact that makes no sense where it stands is not drawn."""
    found: Transitions = {}
    stories = [begin]
    for _ in range(STEPS):
        told: dict[object, list[Event]] = {}
        for story in stories:
            before = fold(story, beside)
            for name, event in steps_from(before, story):
                after = fold([*story, event], beside)
                if _anomalies(after) > _anomalies(before):
                    continue
                change = (status(before), status(after))
                if change[0] != change[1] and name not in found.setdefault(change, []):
                    found[change].append(name)
                told[_alike(after, status)] = [*story, event]
        stories = list(told.values())
    return {change: names for change, names in sorted(found.items()) if names}


def _alike(state: CallState, status: Callable[[CallState], str]) -> object:
    """States of which it is enough to walk on from one."""
    connections = [(c.status, c.left_at is None, c.joined_at is None, c.closed_by_guess, c.guessed_left) for c in state.connections.values()]
    call = state.call
    return status(state), *connections, call.ringing_at is None, call.announced_at is None, len(call.ends), call.failed_at is None


def _anomalies(state: CallState) -> int:
    return derive(CALL, state).call.anomaly_count if state.call.first_at or state.connections else 0


def _connection_status(state: CallState) -> str:
    connection = state.connections.get(CONNECTION)
    return connection.status if connection else "unseen"


def _call_status(state: CallState) -> str:
    return derive(CALL, state).call.status


def _about_a_connection(state: CallState, story: Sequence[Event]) -> Iterator[Step]:
    for name, type in CATALOGUE.items():
        if name.startswith("participant."):
            yield name.partition(".")[2], _fact(_next(story), name, type.payload(), about_connection=True)
    yield from _timers(state, "participant.")
    yield from _late(story, "chat.sent", e.Nothing())


def _about_a_call(state: CallState, story: Sequence[Event]) -> Iterator[Step]:
    if _call_status(state) in ("initiated", "ringing", "active"):
        yield "call.ringing", _fact(_next(story), "call.ringing", e.CallRinging())
        yield "call.started", _fact(_next(story), "call.started", e.CallStarted())
        yield "call.failed", _fact(_next(story), "call.failed", e.CallFailed())
        yield "call.ended", _fact(_next(story), "call.ended", e.CallEnded())
        for type in ("participant.joined", "participant.connected", "participant.left"):
            yield type, _fact(_next(story), type, CATALOGUE[type].payload(), about_connection=True)
    yield from _timers(state, "call.")
    yield from _late(story, "participant.connected", e.Connected())


def _timers(state: CallState, kind: str) -> Iterator[Step]:
    for guess in due(CALL, state, ALLOWANCES, (), EVER_AFTER):
        if guess.type.startswith(kind):
            own = (PERSON, CONNECTION) if guess.connection else (None, None)
            yield f"timer ({_why(guess.payload)})", Event(CALL, guess.id, "timer", guess.type, guess.occurred_at, guess.payload, *own, guess.basis_at)


def _late(story: Sequence[Event], type: str, payload: Payload) -> Iterator[Step]:
    """What is told after a timer made its guess, of before."""
    if story and story[-1].basis_at is not None:
        since_basis = (story[-1].basis_at - BEGIN).total_seconds()
        yield "late fact (the timer was wrong)", _fact(since_basis + 1, type, payload, about_connection=True)


def _why(payload: Payload) -> str:
    if isinstance(payload, e.CallEnded):
        return {"ringing": "nobody answers", "empty": "nobody is there any more", "longest": "it is too long"}[payload.because or ""]
    return "silent beyond the lease" if isinstance(payload, e.Disconnected) else "not back within the grace"


def _next(story: Sequence[Event]) -> float:
    return max(((one.occurred_at - BEGIN).total_seconds() for one in story), default=0) + 1


def _fact(seconds: float, type: str, payload: Payload, *, about_connection: bool = False) -> Event:
    own = (PERSON, CONNECTION) if about_connection else (None, None)
    return Event(CALL, UUID(int=int(seconds * 1000) + 10), "key", type, BEGIN + timedelta(seconds=seconds), payload, *own)


# ── Drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _drawn(first: str, transitions: Transitions) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {one} --> {other}: {', '.join(names)}" for (one, other), names in transitions.items()]
    return "\n".join([*lines, "```"])


# ── In a page ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

DIAGRAMS: Mapping[str, Callable[[], str]] = {"connection": connection_diagram, "call": call_diagram}


def with_diagrams(text: str) -> str:
    """The page with what stands between ``<!-- states: call -->`` and ``<!-- end -->`` made anew."""
    return re.sub(
        r"(<!-- states: (\w+) -->\n).*?(<!-- end -->)", lambda found: f"{found[1]}{DIAGRAMS[found[2]]()}\n{found[3]}", text, flags=re.DOTALL
    )
