"""Who is to provide: named with the call, whether or not they ever come."""

from datetime import UTC, datetime, timedelta

from tests.calls.conftest import Host


async def test_a_provider_who_never_came_stands_with_the_call(host: Host, since: datetime) -> None:
    """Given a client who was there alone, then the call still says who was to provide."""
    made = await host.make_call(provider="user:9", provider_name="Dr. Smith")
    await host.join(made["id"], "user:1", "c1", at=since, role="client")
    await host.server.post(f"/v1/calls/{made['id']}/end")

    call = await host.call(made["id"])

    assert (call["provider_id"], call["provider_name"]) == ("user:9", "Dr. Smith")
    provider = next(one for one in call["participants"] if one["identity"] == "user:9")
    assert (provider["side"], provider["status"], provider["joined_at"], provider["attended_seconds"]) == ("provider", "invited", None, 0)
    assert (call["participant_count"], call["overlap_seconds"], call["overlap_of"]) == (1, 0, "sides")


async def test_a_provider_who_comes_is_the_one_who_was_named(host: Host, since: datetime) -> None:
    """They are the same participant, called as they call themselves last, and need not say their side."""
    made = await host.make_call(provider="user:9", provider_name="Dr. Smith")
    await host.join(made["id"], "user:1", "c1", at=since, role="client")
    await host.join(made["id"], "user:9", "c2", at=since + timedelta(seconds=60))
    await host.join(made["id"], "user:9", "c3", at=datetime.now(UTC), name="Jane Smith")

    call = await host.call(made["id"])

    assert [(one["identity"], one["side"]) for one in call["participants"]] == [("user:1", "client"), ("user:9", "provider")]
    assert (call["provider_name"], call["overlap_of"]) == ("Jane Smith", "sides")
    assert call["overlap_seconds"] > 0


async def test_a_provider_of_whom_only_the_name_is_known_is_named(host: Host) -> None:
    """The name of who is to provide is kept on the call also where nothing else is known of them; they are nobody among the participants."""
    answer = await host.server.post("/v1/calls", json={"type": "video", "mode": "p2p", "initiator": "user:1", "provider_name": "Dr. Smith"})

    call = (await host.server.get(f"/v1/calls/{answer.json()['id']}")).json()
    assert (call["provider_id"], call["provider_name"]) == (None, "Dr. Smith")
    assert [one["identity"] for one in call["participants"]] == ["user:1"]
