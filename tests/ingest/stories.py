"""What may be said of a call: payloads as Hypothesis makes them, likely ones and unlikely ones."""

from typing import Any

from hypothesis import strategies as st

PEOPLE = ("user:1", "user:2", "guest:3")

OF_SOMEBODY: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "participant.waiting": st.fixed_dictionaries({}, optional={"role": st.sampled_from(["client", "provider"])}),
    "participant.admitted": st.just({}),
    "participant.refused": st.just({}),
    "participant.joined": st.fixed_dictionaries(
        {},
        optional={
            "display_name": st.sampled_from(["Ana", "Bea", "Čuk"]),
            "role": st.sampled_from(["client", "provider"]),
            "audio_enabled": st.booleans(),
            "is_host": st.booleans(),
        },
    ),
    "participant.connected": st.fixed_dictionaries({}, optional={"setup_ms": st.sampled_from([300, 900])}),
    "participant.disconnected": st.just({}),
    "participant.reconnected": st.fixed_dictionaries({}, optional={"media_kept": st.booleans()}),
    "participant.left": st.just({}),
    "participant.failed": st.just({}),
    "media.changed": st.fixed_dictionaries(
        {}, optional={"audio_enabled": st.booleans(), "video_enabled": st.booleans(), "screen_shared": st.booleans()}
    ),
    "speaker.spoke": st.fixed_dictionaries({"duration_ms": st.integers(0, 3000)}),
    "chat.sent": st.just({}),
    "issue.raised": st.just({"issue": "packet_loss"}),
    "rating.submitted": st.fixed_dictionaries({"stars": st.integers(1, 5)}),
}
OF_THE_CALL: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "call.created": st.fixed_dictionaries(
        {"mode": st.sampled_from(["p2p", "sfu"])},
        optional={"initiator": st.sampled_from(PEOPLE), "provider": st.sampled_from(PEOPLE), "provider_name": st.sampled_from(["Dora", "Ema"])},
    ),
    "call.ringing": st.fixed_dictionaries({"people": st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True)}),
    "call.mode_changed": st.fixed_dictionaries({"mode": st.sampled_from(["p2p", "sfu"])}),
    "call.settings_changed": st.fixed_dictionaries({"settings": st.fixed_dictionaries({"sample_seconds": st.integers(1, 9)})}),
    "call.ended": st.fixed_dictionaries({"reason": st.sampled_from(["normal", "error"])}),
}
OF_PAGES = {
    type: payloads
    for type, payloads in OF_SOMEBODY.items()
    if type not in ("participant.waiting", "participant.admitted", "participant.refused", "participant.joined", "issue.raised")
}
"""What pages say of themselves."""
