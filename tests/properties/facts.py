"""Facts of a call, as Hypothesis makes them: likely ones and unlikely ones, of several people with several devices, with timers among them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from callwell.ids import derived_id
from callwell.record import events as e
from callwell.record.events import Event
from callwell.record.state import CallState, Span

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
CALL = UUID(int=1)
PEOPLE = [UUID(int=0x100 + n) for n in range(3)]
DEVICES = {UUID(int=0x1000 + 16 * person + device): PEOPLE[person] for person in range(3) for device in range(2)}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


seconds = st.integers(0, 300)
reason = st.sampled_from(["normal", "lost", "page_closed"])

_of_connection = {
    "participant.waiting": st.builds(e.Waiting, role=st.sampled_from([None, "client"])),
    "participant.admitted": st.just(e.Admitted()),
    "participant.refused": st.builds(e.Left, reason),
    "participant.joined": st.builds(
        e.Joined,
        role=st.sampled_from([None, "client", "psychologist"]),
        audio_enabled=st.sampled_from([None, True, False]),
        connect_until=st.sampled_from([None, at(200)]),
    ),
    "participant.connected": st.builds(e.Connected, setup_ms=st.sampled_from([None, 400])),
    "participant.disconnected": st.builds(e.Disconnected, reason),
    "participant.reconnected": st.builds(e.Reconnected, st.booleans()),
    "participant.left": st.builds(e.Left, reason),
    "participant.failed": st.builds(e.Failed, reason),
    "media.changed": st.builds(
        e.MediaChanged, audio_enabled=st.sampled_from([None, True, False]), screen_shared=st.sampled_from([None, True, False])
    ),
    "speaker.spoke": st.builds(e.SpeakerSpoke, st.integers(0, 5000)),
    "chat.sent": st.just(e.Nothing()),
    "rating.submitted": st.builds(e.RatingSubmitted, st.integers(1, 5)),
    "custom.poke": st.builds(e.Custom, st.just({"a": 1})),
}
_of_call = {
    "call.created": st.builds(e.CallCreated, mode=st.sampled_from(["p2p", "sfu"]), initiator_id=st.sampled_from([None, PEOPLE[0]])),
    "call.ringing": st.builds(e.CallRinging, people_ids=st.sampled_from([(), (PEOPLE[1],)])),
    "call.mode_changed": st.builds(e.ModeChanged, st.sampled_from(["p2p", "sfu"])),
    "call.settings_changed": st.builds(
        e.SettingsChanged,
        st.dictionaries(st.sampled_from(["a", "grace_seconds", "empty_seconds", "settling_seconds"]), st.integers(0, 90), max_size=2),
    ),
    "call.ended": st.builds(e.CallEnded, st.sampled_from(["normal", "error"])),
    "call.failed": st.builds(e.CallFailed),
}
_guesses = {
    "participant.disconnected": st.just(e.Disconnected("lost")),
    "participant.left": st.just(e.Left("lost")),
}
_call_guesses = st.builds(e.CallEnded, reason=st.just("timeout"), because=st.sampled_from(["ringing", "empty", "longest"]))


@st.composite
def _fact(draw: st.DrawFn) -> Event:
    when = draw(seconds)
    kind = draw(st.sampled_from(["connection"] * 8 + ["call"] * 2 + ["guess", "end_guess"]))
    id = derived_id(draw(st.integers(0, 2**64)))
    source = draw(st.sampled_from(["key:a", "engine:livekit", "sdk:b"]))
    if kind == "call":
        type = draw(st.sampled_from(sorted(_of_call)))
        return Event(CALL, id, source, type, at(when), draw(_of_call[type]))
    if kind == "end_guess":
        basis = draw(st.integers(0, when))
        return Event(CALL, id, "timer", "call.ended", at(when), draw(_call_guesses), basis_at=at(basis))
    connection = draw(st.sampled_from(sorted(DEVICES)))
    if kind == "guess":
        type = draw(st.sampled_from(sorted(_guesses)))
        basis = draw(st.integers(0, when))
        return Event(CALL, id, "timer", type, at(when), draw(_guesses[type]), DEVICES[connection], connection, at(basis))
    type = draw(st.sampled_from(sorted(_of_connection)))
    return Event(CALL, id, source, type, at(when), draw(_of_connection[type]), DEVICES[connection], connection)


facts = st.lists(_fact(), min_size=1, max_size=30, unique_by=lambda fact: (fact.id, fact.source))


@st.composite
def leases(draw: st.DrawFn) -> CallState:
    """What stands beside the facts: who is who, and when which socket was open."""
    held = draw(
        st.dictionaries(
            st.sampled_from(sorted(DEVICES)),
            st.lists(st.tuples(seconds, st.integers(1, 120)).map(lambda s: Span(at(s[0]), at(s[0] + s[1]))), min_size=1, max_size=3),
            max_size=3,
        )
    )
    return CallState(held=held, people={f"user:{n}": id for n, id in enumerate(PEOPLE)})
