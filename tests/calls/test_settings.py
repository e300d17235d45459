"""Settings that facts bring along: whoever tells of a call says what they like, and nothing breaks of it."""

from datetime import datetime
from typing import Any

import pytest
from tests.calls.conftest import Host

from callwell import ids
from callwell.record import events as e

DEFAULTS = {"chat_enabled": True, "screen_share_enabled": True, "recording_enabled": False, "transcription_enabled": True, "sample_seconds": 10}


@pytest.mark.parametrize("wrong", [{"chat_enabled": "yes"}, {"sample_seconds": 0}, {"sample_seconds": None}, {"recording_enabled": []}])
async def test_a_setting_that_is_none_is_as_if_never_given(host: Host, since: datetime, wrong: dict[str, Any]) -> None:
    """Given a call that an engine told of with a wrong setting, then the default holds, and people can join."""
    id = str(ids.uuid7())
    await host.say(id, "call.created", e.CallCreated(settings={"screen_share_enabled": False, **wrong}), at=since)

    assert (await host.call(id))["settings"] == {**DEFAULTS, "screen_share_enabled": False}
    joined = await host.server.post(f"/v1/calls/{id}/join", json={"participant": "user:1"})
    assert (joined.status_code, joined.json()["settings"]["screen_share_enabled"]) == (201, False)


async def test_a_setting_that_we_do_not_know_is_shown_as_it_was_told(host: Host, since: datetime) -> None:
    """It may be one of a newer version, or the engine's own."""
    id = str(ids.uuid7())
    await host.say(id, "call.created", e.CallCreated(settings={"simulcast": True}), at=since)

    assert (await host.call(id))["settings"] == {**DEFAULTS, "simulcast": True}
