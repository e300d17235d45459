"""Samples over HTTP: who may send which, what becomes of them, and what is given out."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp
from tests.app_fixtures import client_of
from tests.ingest.conftest import Host, fact, ms
from tests.quality.conftest import kept, refused, sample, send, stored

from callwell import ids
from callwell.access.keys import NewKey
from callwell.app import Context
from callwell.quality.samples import Measured
from callwell.quality.score import FORMULA

SECOND = timedelta(seconds=1)

# ── In ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_a_server_measured_is_kept_with_its_score(host: Host, since: datetime) -> None:
    """Given a call, when a server sends samples of somebody, then they are given out as they were sent, with what they are worth."""
    call = await host.make_call()
    video = {"kind": "video", "width": 1280, "height": 720, "fps": 30.0, "bitrate_kbps": 1500.0, "codec": "VP8", "limitation": "none"}
    heard, seen = (sample(call, at=since, participant="user:1", connection="c1", **given) for given in ({}, video))

    await stored(host.client, heard, seen)

    found = {one["id"]: one for one in await kept(host.client, call)}
    for sent in (heard, seen):
        own = found[sent["id"]]
        assert {name: own[name] for name in sent if name in Measured.__struct_fields__ and name != "started_at"} == {
            name: value for name, value in sent.items() if name in Measured.__struct_fields__ and name != "started_at"
        }
        assert own["started_at"] == ms(since)
        assert own["formula"] == FORMULA
    assert found[heard["id"]]["score"] > 95
    assert 4.3 < found[heard["id"]]["mos"] < 4.5
    assert 80 < found[seen["id"]]["score"] < 95
    assert found[heard["id"]]["width"] is None
    person = next(one for one in (await host.record(call))["participants"] if one["user_id"] == "1")
    assert {one["participant_id"] for one in found.values()} == {person["id"]}
    assert {one["connection_id"] for one in found.values()} == {one["id"] for one in person["connections"]}


async def test_sent_twice_is_kept_once(host: Host) -> None:
    """Whether in one batch or in two."""
    call = await host.make_call()
    one, other = sample(call, participant="user:1"), sample(call, participant="user:1")

    assert [outcome["outcome"] for outcome in await send(host.client, one, other, one)] == ["stored", "stored", "duplicate"]
    assert [outcome["outcome"] for outcome in await send(host.client, other, one)] == ["duplicate", "duplicate"]

    assert len(await kept(host.client, call)) == 2


async def test_it_does_not_matter_which_comes_first(host: Host, since: datetime) -> None:
    """Given two calls of which the same is told, in one the samples first, then both come out the same."""
    records: list[Any] = []
    for samples_first in (True, False):
        call = str(ids.uuid7())
        facts = [
            fact("call.created", call, at=since),
            fact("participant.joined", call, at=since + SECOND, participant="user:1", connection="c1", data={"display_name": "Ana"}),
            fact("participant.connected", call, at=since + 2 * SECOND, participant="user:1", connection="c1"),
            fact("participant.left", call, at=since + 60 * SECOND, participant="user:1", connection="c1"),
        ]
        samples = [sample(call, at=since + n * 10 * SECOND, participant="user:1", connection="c1") for n in range(1, 4)]
        for what in ("samples", "facts") if samples_first else ("facts", "samples"):
            await (stored(host.client, *samples) if what == "samples" else host.told(*facts))
        record = await host.record(call)
        (person,) = record["participants"]
        (connection,) = person["connections"]
        assert {one["connection_id"] for one in await kept(host.client, call)} == {connection["id"]}
        shown = ("status", "joined_at", "connected_at", "left_at", "attended_seconds", "display_name")
        records.append([record["status"], record["started_at"], record["anomalies"], *(person[name] for name in shown)])
    assert records[0] == records[1]


async def test_another_source_s_names_are_its_own(host: Host, make_key: Callable[..., Awaitable[NewKey]], app: ASGIApp) -> None:
    """Given two servers that both call a connection c1, then it is two connections of one person."""
    call = await host.make_call()
    other = client_of(app, await make_key("events:write"))

    for client in (host.client, other, host.client, other):
        await stored(client, sample(call, participant="user:1", connection="c1"))

    found = await kept(host.client, call)
    assert len({one["participant_id"] for one in found}) == 1
    assert sorted(sum(one["connection_id"] == id for one in found) for id in {one["connection_id"] for one in found}) == [2, 2]


async def test_a_connection_of_ours_goes_by_our_id(host: Host) -> None:
    """Given somebody whom we let in, when a server measures them and names our connection, then page and server speak of one."""
    page = await host.join(await host.make_call(), "user:1")
    began = datetime.now(UTC) - timedelta(seconds=1)

    await stored(host.client, sample(page.call, participant="user:1", connection=page.connection))

    page_sample = sample(at=began, interval_ms=1)
    await stored(page.client, page_sample)
    assert {one["connection_id"] for one in await kept(host.client, page.call)} == {page.connection}


async def test_a_page_tells_of_itself_alone(host: Host) -> None:
    """Without naming itself or by its own names; nothing of anybody else."""
    page = await host.join(await host.make_call(), "user:1")
    peer = await host.join(page.call, "user:2")
    elsewhere = await host.make_call()

    await stored(
        page.client,
        sample(interval_ms=1),
        sample(page.call, interval_ms=1, participant="user:1", connection=page.connection),
    )
    assert (
        await refused(
            page.client,
            sample(elsewhere, interval_ms=1),
            sample(interval_ms=1, participant="user:2"),
            sample(interval_ms=1, connection=peer.connection),
            sample(interval_ms=1, connection="c1"),
        )
        == ["sample.not_yours"] * 4
    )
    assert {one["connection_id"] for one in await kept(host.client, page.call)} == {page.connection}


async def test_a_page_s_clock_is_put_right(host: Host) -> None:
    """Given a page whose clock is an hour ahead, then its samples are kept by ours; none lies before it came in or ends in the future."""
    page = await host.join(await host.make_call(), "user:1")
    await host.is_offset(page, timedelta(hours=1))
    now = datetime.now(UTC)
    await execute(host.context, "UPDATE grants SET created_at = %s WHERE connection_id = %s", now - timedelta(minutes=10), page.connection)
    on_time, early, late = (
        sample(at=now + timedelta(hours=1) + delta, interval_ms=5000) for delta in (timedelta(minutes=-5), timedelta(hours=-3), timedelta(minutes=5))
    )

    await stored(page.client, on_time, early, late)

    began = {one["id"]: datetime.fromisoformat(one["started_at"]) for one in await kept(host.client, page.call)}
    assert abs(began[on_time["id"]] - (now - timedelta(minutes=5))) < SECOND
    assert abs(began[early["id"]] - (now - timedelta(minutes=10))) < SECOND
    assert began[late["id"]] + timedelta(seconds=5) <= datetime.now(UTC)
    assert began[late["id"]] > now - timedelta(seconds=10)


async def test_nothing_is_longer_than_it_was_there(host: Host) -> None:
    """A minute's sample of somebody who came in just now is none."""
    page = await host.join(await host.make_call(), "user:1")

    (outcome,) = await send(page.client, sample(interval_ms=60_000))

    assert (outcome["code"], outcome["detail"].split(":")[0]) == ("sample.invalid", "interval_ms")


async def test_who_was_put_out_may_tell_of_before_alone(host: Host) -> None:
    """What began before is kept; what began after is not."""
    page = await host.join(await host.make_call(), "user:1")
    now = datetime.now(UTC)
    await execute(host.context, "UPDATE grants SET created_at = %s WHERE connection_id = %s", now - timedelta(minutes=10), page.connection)
    await host.remove(page)
    before = sample(at=now - timedelta(minutes=5))

    await stored(page.client, before)
    await asyncio.sleep(0.05)
    assert await refused(page.client, sample(at=datetime.now(UTC), interval_ms=1)) == ["sample.after_revocation"]
    assert [one["id"] for one in await kept(host.client, page.call)] == [before["id"]]


WRONG: dict[str, tuple[Any, str]] = {
    "a number as text": ({"rtt_ms": "40"}, "rtt_ms"),
    "less than nothing": ({"packet_loss_pct": -0.1}, "packet_loss_pct"),
    "more than all": ({"packet_loss_pct": 100.1}, "packet_loss_pct"),
    "beyond all measure": ({"bitrate_kbps": 1e308}, "bitrate_kbps"),
    "a ratio in percent": ({"freeze_ratio": 5}, "freeze_ratio"),
    "truth for a number": ({"jitter_ms": True}, "jitter_ms"),
    "a broken count": ({"packets": 1.5}, "packets"),
    "a count beyond counting": ({"bytes": 2**64}, "bytes"),
    "something unknown": ({"rtt": 40}, "rtt"),
    "no direction": ({"direction": "sideways"}, "direction"),
    "no kind": ({"kind": "smell"}, "kind"),
    "no time at all": ({"interval_ms": 0}, "interval_ms"),
    "too long": ({"interval_ms": 60_001}, "interval_ms"),
    "a time without place": ({"started_at": "2026-11-21T09:00:00"}, "started_at"),
    "a time long ago": ({"started_at": "1999-12-31T00:00:00Z"}, "started_at"),
    "a time to come": ({"started_at": "2999-12-31T00:00:00Z"}, "started_at"),
    "the first of all times": ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at"),
    "a codec with a bell": ({"codec": "op\x07us"}, "codec"),
    "nobody": ({"participant": None}, "participant"),
    "no such kind of person": ({"participant": "robot:1"}, "participant"),
    "no call": ({"call_id": None}, "call_id"),
    "no id": ({"id": None}, "id"),
    "a name with NUL": ({"connection": "c\x00"}, "connection"),
}


async def test_a_bad_sample_fails_alone(host: Host) -> None:
    """Each is rejected by itself, and its member is named; those around it are kept."""
    call = await host.make_call()
    bad = [sample(call, participant="user:1") | given for given, _ in WRONG.values()]
    bad = [{name: value for name, value in one.items() if value is not None} for one in bad]
    good = [sample(call, participant="user:1") for _ in range(2)]

    outcomes = await send(host.client, good[0], *bad, 7, None, "sample", [], {}, good[1])

    assert [outcome["outcome"] for outcome in (outcomes[0], outcomes[-1])] == ["stored", "stored"]
    for (what, (_, member)), outcome in zip(WRONG.items(), outcomes[1:], strict=False):
        assert (outcome["code"], member in outcome["detail"]) == ("sample.invalid", True), (what, outcome)
    assert [outcome["code"] for outcome in outcomes[-6:-1]] == ["sample.invalid"] * 5
    assert len(await kept(host.client, call)) == 2


async def test_a_page_s_impossible_time_is_no_sample(host: Host) -> None:
    """Also where its clock is to be put right."""
    page = await host.join(await host.make_call(), "user:1")
    await host.is_offset(page, timedelta(hours=1))

    for at in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        assert await refused(page.client, sample(at=at, interval_ms=1)) == ["sample.invalid"], at


@pytest.mark.parametrize(
    ("body", "status"),
    {
        "not JSON": (b"{", 400),
        "NaN, which is not JSON": (b'{"samples": [{"rtt_ms": NaN}]}', 400),
        "infinity": (b'{"samples": [{"rtt_ms": -Infinity}]}', 400),
        "nothing": (b"", 400),
        "10,000 deep": (b'{"samples": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400),
        "no samples": (b"{}", 422),
        "more beside": (b'{"samples": [], "events": []}', 422),
        "501": (json.dumps({"samples": [{}] * 501}).encode(), 422),
        "5 MiB": (b'{"samples": ["' + b"x" * (5 << 20) + b'"]}', 413),
    }.values(),
    ids=lambda value: str(value)[:20],
)
async def test_what_is_no_batch_fails_as_a_whole(host: Host, body: bytes, status: int) -> None:
    """With the status that says what is wrong with it."""
    answer = await host.client.post("/v1/samples", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == status, answer.text


async def test_a_million_members_and_great_depth_cost_one_sample(host: Host) -> None:
    """Hostile items are rejected like any other."""
    call = await host.make_call()
    many = json.dumps({f"k{n}": n for n in range(100_000)})
    deep = '{"rtt_ms": ' + "[" * 5000 + "]" * 5000 + "}"
    body = '{"samples": [%s, %s, %s]}' % (many, deep, json.dumps(sample(call, participant="user:1")))  # noqa: UP031

    answer = await host.client.post("/v1/samples", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["rejected", "rejected", "stored"]


async def test_only_a_post_without_parameters(host: Host) -> None:
    assert (await host.client.get("/v1/samples")).status_code == 405
    assert (await host.client.post("/v1/samples?dry=1", json={"samples": []})).status_code == 422
    assert (await host.client.post("/v1/samples", content=b"{}", headers={"Content-Type": "text/plain"})).status_code == 415


# ── Out ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_samples_are_given_out_page_by_page_as_wanted(host: Host, since: datetime) -> None:
    """By person, connection, direction, kind and time; together by connection, each in order of time."""
    call = await host.make_call()
    sent = [
        sample(call, at=since + n * 10 * SECOND, participant=f"user:{1 + n % 2}", connection="c1", direction=direction, kind=kind, fps=20.0)
        for n in range(8)
        for direction in ("inbound", "outbound")
        for kind in ("audio", "video")
    ]
    await stored(host.client, *sent)

    async def ids_of(**wanted: Any) -> set[str]:
        return {one["id"] for one in await kept(host.client, call, **wanted)}

    def those(**members: Any) -> set[str]:
        return {one["id"] for one in sent if all(one[name] == value for name, value in members.items())}

    everything = await kept(host.client, call)
    assert len(everything) == len(sent) == 32
    assert everything == sorted(everything, key=lambda one: (one["connection_id"], one["started_at"], one["id"]))
    assert await ids_of(participant="user:2") == those(participant="user:2")
    assert await ids_of(participant="guest:2") == set()
    assert await ids_of(direction="inbound", kind="video") == those(direction="inbound", kind="video")
    first = everything[0]
    assert await ids_of(connection=first["connection_id"]) == {one["id"] for one in everything if one["connection_id"] == first["connection_id"]}
    until = since + 30 * SECOND
    assert await ids_of(**{"from": ms(since + 10 * SECOND), "to": ms(until)}) == those(started_at=sent[4]["started_at"]) | those(
        started_at=sent[8]["started_at"]
    )


async def test_a_call_without_samples_has_none_and_no_call_is_not_found(host: Host) -> None:
    assert await kept(host.client, await host.make_call()) == []
    assert (await host.client.get(f"/v1/calls/{ids.uuid7()}/samples")).status_code == 404
    assert (await host.client.get(f"/v1/calls/{ids.uuid7()}/samples?directon=inbound")).status_code == 422


async def test_numbers_are_for_whoever_may_read_calls(
    host: Host, api: httpx.AsyncClient, make_key: Callable[..., Awaitable[NewKey]], app: ASGIApp
) -> None:
    """Neither for nobody, nor for a key that may only write, nor for a page of the call."""
    page = await host.join(await host.make_call(), "user:1")
    writer = client_of(app, await make_key("events:write"))
    for client, status in ((api, 401), (writer, 403), (page.client, 403)):
        assert (await client.get(f"/v1/calls/{page.call}/samples")).status_code == status


async def execute(context: Context, statement: Any, *values: Any) -> None:
    async with context.db.transaction() as tx:
        await tx.execute(statement, values)
