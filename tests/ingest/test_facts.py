"""Facts over HTTP: each has its outcome, what is wrong is refused by itself and named, and nobody writes what is not theirs to write."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.app_fixtures import client_of, replace
from tests.ingest.conftest import Host, Page, Teller, fact, ms, until

from callwell import ids
from callwell.access.keys import NewKey
from callwell.app import Context, create_app, put_together
from callwell.postgres import Database
from callwell.record.deadlines import sweep_deadlines
from callwell.record.events import CATALOGUE
from callwell.settings import Settings

SECOND = timedelta(seconds=1)
MEGABYTE = 1 << 20


async def post(teller: Teller, body: bytes, content_type: str = "application/json", **headers: str) -> httpx.Response:
    """A body as it stands, however wrong."""
    return await teller.client.post("/v1/events", content=body, headers={"content-type": content_type, **headers})


def check_problem(answer: httpx.Response, status: int, code: str) -> None:
    """The answer is a problem as RFC 9457 has it, with this status and code."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), answer.text
    assert problem["detail"]


# ── Outcomes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_fact_has_its_outcome_in_the_order_in_which_it_was_sent(host: Host, since: datetime) -> None:
    """Given a batch in which one fact is new, one known, one wrong and one of no known type, then the answer says so in that order."""
    call = await host.make_call()
    known = fact("custom.known", call, at=since)
    await host.told(known)
    new, wrong, unknown = (
        fact("custom.new", call, at=since),
        fact("rating.submitted", call, at=since, participant="user:1"),
        fact("call.exploded", call),
    )

    outcomes = await host.tell(new, known, wrong, unknown)

    assert [(outcome["id"], outcome["outcome"], outcome.get("code")) for outcome in outcomes] == [
        (new["id"], "stored", None),
        (known["id"], "duplicate", None),
        (wrong["id"], "rejected", "event.invalid"),
        (unknown["id"], "rejected", "event.unknown_type"),
    ]


async def test_what_is_stored_is_there_to_be_read(host: Host, since: datetime) -> None:
    """A fact is kept as it was said, with when it came, and whom it names by our ids of them."""
    call = await host.make_call()
    joined = fact("participant.joined", call, at=since, participant="user:7", connection="c1", data={"display_name": "Ana", "role": "client"})

    await host.told(joined)

    record = await host.record(call)
    ana = next(person for person in record["participants"] if person["identity"] == "user:7")
    kept = await host.fact(call, joined["id"])
    assert (ana["display_name"], ana["connections"][0]["name"]) == ("Ana", "c1")
    assert (kept["type"], kept["occurred_at"], kept["data"]) == ("participant.joined", ms(since), {"role": "client"}), (
        "names are kept with the person"
    )
    assert (kept["participant_id"], kept["connection_id"]) == (ana["id"], ana["connections"][0]["id"])
    assert kept["source"].startswith("key:")


async def test_a_batch_with_one_bad_fact_stores_the_rest(host: Host, since: datetime) -> None:
    """Given 500 facts of which one is wrong, then 499 are stored, and the answer says which is not and why."""
    call = await host.make_call()
    facts = [fact("custom.tick", call, at=since, data={"n": n}) for n in range(500)]
    facts[321]["data"] = "not an object"

    outcomes = await host.tell(*facts)

    assert [n for n, outcome in enumerate(outcomes) if outcome["outcome"] != "stored"] == [321]
    assert (outcomes[321]["id"], outcomes[321]["code"]) == (facts[321]["id"], "event.invalid")
    assert "data" in outcomes[321]["detail"]
    assert (await host.record(call))["event_count"] == 499 + 1, "and call.created"


async def test_an_empty_batch_is_nothing(host: Host) -> None:
    assert await host.tell() == []


async def test_more_than_500_facts_are_refused_whole(host: Host, since: datetime) -> None:
    """501 facts are none: 422 names the field, and nothing is stored."""
    call = await host.make_call()

    answer = await host.send(*(fact("custom.tick", call, at=since) for _ in range(501)))

    check_problem(answer, 422, "request.invalid")
    assert [problem["field"] for problem in answer.json()["errors"]] == ["events"]
    assert (await host.record(call))["event_count"] == 1


async def test_facts_begin_the_call_that_they_are_about(host: Host, since: datetime) -> None:
    """A server may tell of a call that we have not heard of; it is there from then on."""
    call = str(ids.uuid7())

    await host.told(fact("participant.connected", call, at=since, participant="user:1", connection="c1"))

    record = await host.record(call)
    assert (record["status"], record["started_at"], record["created_at"]) == ("active", ms(since), ms(since))


# ── Bad facts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

GOOD: dict[str, Any] = {"type": "participant.connected", "participant": "user:1", "connection": "c1", "data": {"setup_ms": 640}}
JOINED: dict[str, Any] = {"type": "participant.joined", "participant": "user:1", "connection": "c1"}
LEFT_OUT = object()

BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    # What is changed of a good fact; the code; what the detail has to name.
    "unknown field": ({"surprise": 1}, "event.invalid", "surprise"),
    "no id": ({"id": LEFT_OUT}, "event.invalid", "id"),
    "id of another kind": ({"id": "first"}, "event.invalid", "id"),
    "id is a number": ({"id": 7}, "event.invalid", "id"),
    "no type": ({"type": LEFT_OUT}, "event.invalid", "type"),
    "type is a number": ({"type": 7}, "event.invalid", "type"),
    "unknown type": ({"type": "call.exploded"}, "event.unknown_type", "call.exploded"),
    "custom without a name": ({"type": "custom."}, "event.unknown_type", "custom."),
    "custom with a name too long": ({"type": "custom." + "a" * 81}, "event.unknown_type", "custom.aaa"),
    "custom with capitals": ({"type": "custom.Poke"}, "event.unknown_type", "custom.Poke"),
    "NUL in the type": ({"type": "custom.a\0"}, "event.unknown_type", "custom.a"),
    "no time": ({"occurred_at": LEFT_OUT}, "event.invalid", "occurred_at"),
    "time without a zone": ({"occurred_at": "2026-11-21T09:00:00"}, "event.invalid", "occurred_at"),
    "no such day": ({"occurred_at": "2026-02-30T09:00:00Z"}, "event.invalid", "occurred_at"),
    "time as a number": ({"occurred_at": 1763715600}, "event.invalid", "occurred_at"),
    "before the year 2000": ({"occurred_at": "1999-12-31T23:59:59.999Z"}, "event.invalid", "occurred_at"),
    "before all time": ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "event.invalid", "occurred_at"),
    "after all time": ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "event.invalid", "occurred_at"),
    "no call": ({"call_id": LEFT_OUT}, "event.invalid", "call_id"),
    "call of another kind": ({"call_id": "mine"}, "event.invalid", "call_id"),
    "nobody": ({"participant": LEFT_OUT}, "event.invalid", "participant"),
    "a bare name": ({"participant": "ana"}, "event.invalid", "participant"),
    "an empty name": ({"participant": "user:"}, "event.invalid", "participant"),
    "a name too long": ({"participant": "user:" + "x" * 201}, "event.invalid", "participant"),
    "NUL in the name": ({"participant": "user:a\0b"}, "event.invalid", "participant"),
    "person of a fact about the call": ({"type": "call.mode_changed", "data": {"mode": "sfu"}}, "event.invalid", "participant"),
    "an empty connection": ({"connection": ""}, "event.invalid", "connection"),
    "a connection too long": ({"connection": "x" * 201}, "event.invalid", "connection"),
    "NUL in the connection": ({"connection": "a\0b"}, "event.invalid", "connection"),
    "a connection of nobody": ({"type": "error.occurred", "participant": LEFT_OUT, "data": {"code": "x"}}, "event.invalid", "participant"),
    "data is a list": ({"data": []}, "event.invalid", "data"),
    "data is a text": ({"data": "text"}, "event.invalid", "data"),
    "data is null": ({"data": None}, "event.invalid", "data"),
    "unknown field of data": ({"data": {"surprise": 1}}, "event.invalid", "surprise"),
    "number as a text": ({"data": {"setup_ms": "640"}}, "event.invalid", "data.setup_ms"),
    "number below 0": ({"data": {"setup_ms": -1}}, "event.invalid", "data.setup_ms"),
    "number too large": ({"data": {"setup_ms": 604_800_001}}, "event.invalid", "data.setup_ms"),
    "number with a fraction": ({"data": {"setup_ms": 1.5}}, "event.invalid", "data.setup_ms"),
    "required field of data": ({"type": "rating.submitted", "data": {}}, "event.invalid", "stars"),
    "no such choice": ({"type": "consent.given", "data": {"kind": "everything"}}, "event.invalid", "data.kind"),
    "text too long": ({"type": "issue.reported", "data": {"text": "x" * 2001}}, "event.invalid", "data.text"),
    "display name too long": ({**JOINED, "data": {"display_name": "x" * 201}}, "event.invalid", "data.display_name"),
    "NUL in a text": ({**JOINED, "data": {"display_name": "a\0b"}}, "event.invalid", "data"),
    "NUL deep down": ({**JOINED, "data": {"metadata": {"a": [{"b": "\0"}]}}}, "event.invalid", "data"),
    "NUL in a key": ({**JOINED, "data": {"metadata": {"a\0": 1}}}, "event.invalid", "data"),
    "too much": ({**JOINED, "data": {"metadata": {"a": "x" * 8192}}}, "event.invalid", "data"),
    "too much of the host's own": ({"type": "custom.a", "data": {"a": "x" * 2048}}, "event.invalid", "data"),
    "too deep": ({"type": "custom.a", "data": {"a": json.loads("[" * 16 + "]" * 16)}}, "event.invalid", "data"),
}


async def test_a_bad_fact_is_rejected_by_itself_and_its_field_is_named(host: Host, since: datetime) -> None:
    """Given a fact with one thing wrong between two that are right, then they are stored and it is not, with what is wrong about it."""
    for what, (change, code, named) in BAD.items():
        call = str(ids.uuid7())
        bad = {**fact("", call, at=since), **GOOD, **change}
        bad = {name: value for name, value in bad.items() if value is not LEFT_OUT}

        before, outcome, after = await host.tell(fact("custom.before", call, at=since), bad, fact("custom.after", call, at=since))

        assert (before["outcome"], outcome["outcome"], after["outcome"]) == ("stored", "rejected", "stored"), what
        claimed = bad.get("id")
        assert (outcome["id"], outcome["code"]) == (claimed if isinstance(claimed, str) else None, code), what
        assert named in outcome["detail"], what
        assert {kept["type"] for kept in await host.facts(call)} == {"custom.before", "custom.after"}, what


async def test_what_is_no_object_is_no_fact(host: Host) -> None:
    """Each is rejected by itself, and has no id that could be told."""
    outcomes = await host.tell(None, 7, "text", [], True, {})
    assert [(outcome["id"], outcome["code"]) for outcome in outcomes] == [(None, "event.invalid")] * 6


async def test_limits_are_reached_before_they_are_passed(host: Host, since: datetime) -> None:
    """What is exactly as long, as deep and as far ahead as may be is taken."""
    call = await host.make_call()
    soon = datetime.now(UTC) + timedelta(hours=23, minutes=59)

    await host.told(
        fact("participant.joined", call, at=since, participant="user:" + "x" * 200, connection="c" * 200, data={"display_name": "é" * 200}),
        fact("issue.reported", call, at=since, participant="user:1", data={"text": "x" * 2000}),
        fact("custom." + "a" * 80, call, at=since, data={"a": "x" * (2048 - len('{"a": ""}'))}),
        fact("custom.deep", call, at=since, data={"a": json.loads("[" * 14 + "]" * 14)}),
        fact("custom.early", call, at=datetime(2000, 1, 1, tzinfo=UTC)),
        fact("custom.soon", call, at=soon),
        fact("custom.text", call, at=since, data={"a": "\\u0000 is not NUL \U0001f600", "": 0, "big": 2**64, "huge": 1e308}),
    )


async def test_a_fact_more_than_a_day_ahead_is_refused(host: Host) -> None:
    """No clock of a server is a day wrong; such a fact would stand at the end of its call for ever."""
    call = await host.make_call()

    outcomes = await host.tell(fact("call.ended", call, at=datetime.now(UTC) + timedelta(hours=24, minutes=1)))

    assert (outcomes[0]["code"], (await host.record(call))["status"]) == ("event.invalid", "initiated")
    assert "occurred_at" in outcomes[0]["detail"]


async def test_a_number_that_nothing_can_hold_is_rejected_with_its_fact(host: Host, since: datetime) -> None:
    for number in (b"1e400", b"-1e400", b"9" * 100_000):
        sent = fact("custom.number", str(ids.uuid7()), at=since, data={"n": "HERE"})

        answer = await post(host, json.dumps({"events": [sent]}).encode().replace(b'"HERE"', number))

        outcome = answer.json()["outcomes"][0]
        assert (answer.status_code, outcome["id"], outcome["outcome"], outcome["code"]) == (200, sent["id"], "rejected", "event.invalid")
        assert "data" in outcome["detail"]


async def test_of_a_field_said_twice_the_last_counts(host: Host, since: datetime) -> None:
    """JSON lets a name stand twice. What is kept, what is compared and what is checked are one and the same value."""
    call = await host.make_call()
    sent = fact("custom.twice", call, at=since, data={"n": 2})
    twice = json.dumps({"events": [sent]}).replace('"n": 2', '"n": 1, "n": 2').encode()

    assert (await post(host, twice)).json()["outcomes"][0]["outcome"] == "stored"
    assert (await host.fact(call, sent["id"]))["data"] == {"n": 2}
    assert [outcome["outcome"] for outcome in await host.tell(sent)] == ["duplicate"]


# ── Bad bodies ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def body_with(text: bytes) -> bytes:
    """A batch of one fact in whose data this stands as it is."""
    sent = fact("custom.a", str(ids.uuid7()), data={"n": "HERE"})
    return json.dumps({"events": [sent]}).encode().replace(b'"HERE"', text)


BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "request.not_json"),
    "no JSON": (b"events", 400, "request.not_json"),
    "a list": (b"[]", 422, "request.invalid"),
    "no events": (b"{}", 422, "request.invalid"),
    "events is an object": (b'{"events": {}}', 422, "request.invalid"),
    "an unknown field": (b'{"events": [], "surprise": 1}', 422, "request.invalid"),
    "NaN": (body_with(b"NaN"), 400, "request.not_json"),
    "Infinity": (body_with(b"Infinity"), 400, "request.not_json"),
    "minus Infinity": (body_with(b"-Infinity"), 400, "request.not_json"),
    "half a surrogate pair": (body_with(rb'"\ud800"'), 400, "request.not_json"),
    "the other half": (body_with(rb'"\ude00"'), 400, "request.not_json"),
    "a NUL as it is": (body_with(b'"a\0b"'), 400, "request.not_json"),
    "a NUL behind": (b'{"events": []}\0', 400, "request.not_json"),
    "two documents": (b'{"events": []}{"events": []}', 400, "request.not_json"),
    "a comma too many": (b'{"events": [],}', 400, "request.not_json"),
    "10,000 deep": (body_with(b"[" * 10_000 + b"]" * 10_000), 400, "request.not_json"),
    "10,000 deep, not closed": (b'{"events": ' + b"[" * 10_000, 400, "request.not_json"),
    "no UTF-8 in a name": (b'{"events": [], "\xff": 1}', 400, "request.not_json"),
    "UTF-16": (json.dumps({"events": []}).encode("utf-16"), 400, "request.not_json"),
    "a byte order mark": (b'\xef\xbb\xbf{"events": []}', 400, "request.not_json"),
}


async def test_a_body_that_is_no_batch_is_a_problem(host: Host) -> None:
    """Only the envelope can make a request fail, and then it says how."""
    for what, (body, status, code) in BAD_BODIES.items():
        answer = await post(host, body)
        assert answer.json()["code"] == code, what
        check_problem(answer, status, code)


async def test_a_text_that_is_no_utf8_is_rejected_with_its_fact(host: Host) -> None:
    answer = await post(host, body_with(b'"\xff"'))
    assert (answer.status_code, answer.json()["outcomes"][0]["code"]) == (200, "event.invalid")


async def test_digits_and_names_without_number_are_no_work(host: Host) -> None:
    """100,000 digits are not read as a number, nor a quarter of a million names as a payload."""
    names = b"{" + b",".join(b'"%d":1' % n for n in range(250_000)) + b"}"
    begun = asyncio.get_running_loop().time()

    check_problem(await post(host, b'{"events": ' + b"9" * 100_000 + b"}"), 422, "request.invalid")
    check_problem(await post(host, names), 422, "request.invalid")
    answer = await post(host, body_with(names))

    assert answer.json()["outcomes"][0]["code"] == "event.invalid"
    assert asyncio.get_running_loop().time() - begun < 1.5


async def test_wherever_a_batch_is_cut_off_it_is_a_problem(host: Host, since: datetime) -> None:
    """Given a good batch, then none of its beginnings is one, nothing of them is stored, and the whole is."""
    call = await host.make_call()
    sent = fact("issue.reported", call, at=since, participant="user:1", data={"text": 'Écho \\ " \U0001f600'})
    whole = json.dumps({"events": [sent]}, ensure_ascii=False).encode()

    for length in range(len(whole)):
        check_problem(await post(host, whole[:length]), 400, "request.not_json")

    assert (await host.record(call))["event_count"] == 1
    assert (await post(host, whole)).json()["stored"] == 1


async def test_what_does_not_say_that_it_is_json_is_not_read(host: Host) -> None:
    for said in ("", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/xml", "application/jsonp"):
        check_problem(await post(host, b'{"events": []}', said), 415, "request.media_type")


async def test_what_is_packed_is_not_unpacked(host: Host) -> None:
    """A few bytes that unpack to many are refused as they are."""
    check_problem(await post(host, b"\x1f\x8b\x08\x00", **{"content-encoding": "gzip"}), 415, "request.media_type")


async def test_ten_megabytes_are_not_read(host: Host) -> None:
    """Whether it says so beforehand or goes on and on: at 4 MiB it is too much."""

    async def on_and_on() -> AsyncIterator[bytes]:
        yield b'{"events": ['
        for _ in range(10):
            yield b" " * MEGABYTE

    announced = await post(host, b'{"events": [' + b" " * 10 * MEGABYTE)
    unannounced = await host.client.post("/v1/events", content=on_and_on(), headers={"content-type": "application/json"})

    check_problem(announced, 413, "request.too_large")
    check_problem(unannounced, 413, "request.too_large")


async def test_facts_are_posted(host: Host) -> None:
    """Other methods are refused, and told which there is."""
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await host.client.request(method, "/v1/events")

        check_problem(answer, 405, "request.method_not_allowed")
        assert answer.headers["allow"] == "POST"


async def test_there_are_no_query_parameters(host: Host) -> None:
    answer = await host.client.post("/v1/events?dry_run=1", json={"events": []})
    check_problem(answer, 422, "request.unknown_parameter")


# ── The same fact again ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_fact_again_is_a_duplicate(host: Host, since: datetime) -> None:
    """Given a stored fact, when it is sent again, alone, twice in a batch or among others, then it is there once and the record as it was."""
    call = await host.make_call()
    sent = fact("chat.sent", call, at=since, participant="user:1", connection="c1")
    await host.told(sent)
    before = await host.record(call)

    outcomes = await host.tell(sent, sent)

    assert [outcome["outcome"] for outcome in outcomes] == ["duplicate", "duplicate"]
    assert (await host.record(call))["version"] == before["version"]
    assert [kept["id"] for kept in await host.facts(call)].count(sent["id"]) == 1


async def test_the_same_fact_twice_in_one_batch(host: Host, since: datetime) -> None:
    call = await host.make_call()
    sent = fact("custom.once", call, at=since)

    assert [outcome["outcome"] for outcome in await host.tell(sent, sent)] == ["stored", "duplicate"]


async def test_the_same_fact_in_other_words_is_a_duplicate(host: Host, since: datetime) -> None:
    """Order of keys, spacing, escapes, the zone of its time and an empty payload left out make no other fact of it."""
    call = await host.make_call()
    sent = fact("custom.words", call, at=since, data={"a": 1, "b": {"c": "é", "d": [1, 2]}})
    bare = fact("chat.sent", call, at=since, participant="user:1", data={})
    await host.told(sent, bare)

    elsewhere = since.astimezone(tz=datetime.fromisoformat("2026-01-01T00:00:00+05:30").tzinfo).isoformat()
    turned = dict(reversed(sent.items())) | {"data": {"b": {"d": [1, 2], "c": "é"}, "a": 1}, "occurred_at": elsewhere}
    spaced = json.dumps({"events": [turned]}, indent=3, ensure_ascii=True).encode()
    without = {name: value for name, value in bare.items() if name != "data"}

    assert (await post(host, spaced)).json()["outcomes"][0]["outcome"] == "duplicate"
    assert [outcome["outcome"] for outcome in await host.tell(without)] == ["duplicate"]


CONFLICTS: dict[str, dict[str, Any]] = {
    "payload": {"data": {"setup_ms": 641}},
    "type": {"type": "participant.disconnected", "data": {}},
    "time": {"occurred_at": "2026-01-01T00:00:00Z"},
    "person": {"participant": "user:2"},
    "connection": {"connection": "c2"},
}


async def test_another_fact_with_the_same_id_is_a_conflict(host: Host, since: datetime) -> None:
    """Given a stored fact, when another one comes with its id, then that is rejected and kept as a dead letter, and the record is as it was."""
    for what, change in CONFLICTS.items():
        call = str(ids.uuid7())
        sent = {**fact("", call, at=since), **GOOD}
        await host.told(sent)
        before = await host.record(call)

        assert await host.refused(sent | change) == ["event.conflict"], what

        after = await host.record(call)
        assert (after["version"], after["event_count"]) == (before["version"], before["event_count"])
        assert (await host.fact(call, sent["id"]))["data"] == {"setup_ms": 640}
        [(event_id, code, kept)] = await host.dead_letters(call)
        assert (event_id, code, kept["type"]) == (sent["id"], "event.conflict", change.get("type", "participant.connected"))
        assert kept["data"] == change.get("data", {"setup_ms": 640})


async def test_a_conflict_is_kept_once(host: Host, since: datetime) -> None:
    """However often it is sent again, it is one dead letter; a third fact with the id is another."""
    call = await host.make_call()
    sent = fact("custom.a", call, at=since, data={"n": 1})
    await host.told(sent)

    for n in (2, 2, 3, 2):
        assert await host.refused(sent | {"data": {"n": n}}) == ["event.conflict"]

    assert [kept["data"] for _, _, kept in await host.dead_letters(call)] == [{"n": 2}, {"n": 3}]


async def test_a_conflict_within_one_batch(host: Host, since: datetime) -> None:
    """The first stands."""
    call = await host.make_call()
    sent = fact("custom.a", call, at=since, data={"n": 1})

    outcomes = await host.tell(sent, sent | {"data": {"n": 2}}, sent)

    assert [outcome["outcome"] for outcome in outcomes] == ["stored", "rejected", "duplicate"]
    assert (await host.fact(call, sent["id"]))["data"] == {"n": 1}


async def test_ids_of_two_sources_do_not_collide(host: Host, make_teller: Callable[..., Awaitable[Teller]], since: datetime) -> None:
    """Given two keys that use one id, then each has its own fact, and neither can take the other's."""
    call = await host.make_call()
    other = await make_teller("events:write")
    sent = fact("custom.mine", call, at=since, data={"n": 1})

    await host.told(sent)
    await other.told(sent | {"data": {"n": 2}})

    kept = {one["source"]: one["data"] for one in await host.facts(call) if one["id"] == sent["id"]}
    assert sorted(data["n"] for data in kept.values()) == [1, 2]
    assert await host.dead_letters(call) == []


async def test_one_id_in_two_calls_is_two_facts(host: Host, since: datetime) -> None:
    one, other = await host.make_call(), await host.make_call()
    sent = fact("custom.a", one, at=since)

    await host.told(sent, sent | {"call_id": other})


# ── Times ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


TIMES = {
    "2026-11-21T09:00:00Z": "2026-11-21T09:00:00.000Z",
    "2026-11-21T10:00:00+01:00": "2026-11-21T09:00:00.000Z",
    "2026-11-20T23:30:00-09:30": "2026-11-21T09:00:00.000Z",
    "2026-11-21T09:00:00.1Z": "2026-11-21T09:00:00.100Z",
    "2026-11-21T09:00:00.123456Z": "2026-11-21T09:00:00.123Z",
    "2026-11-21T09:00:00.999999Z": "2026-11-21T09:00:00.999Z",
    "2000-01-01T00:00:00Z": "2000-01-01T00:00:00.000Z",
}


async def test_times_are_utc_in_whole_milliseconds(host: Host) -> None:
    """Offsets are normalised; what is finer than a millisecond is cut off, never rounded up. What was said is not taken for corrected."""
    call = await host.make_call()
    said = {sent: fact("custom.time", call, at=sent) for sent in TIMES}

    await host.told(*said.values())

    kept = {one["id"]: one for one in await host.facts(call)}
    assert {sent: kept[one["id"]]["occurred_at"] for sent, one in said.items()} == TIMES
    assert {kept[one["id"]]["sent_at"] for one in said.values()} == {None}


async def test_finer_times_make_no_other_fact(host: Host) -> None:
    """A source that writes the same time with more digits says the same."""
    call = await host.make_call()
    sent = fact("custom.time", call, at="2026-11-21T09:00:00.123Z")
    await host.told(sent)

    assert [one["outcome"] for one in await host.tell(sent | {"occurred_at": "2026-11-21T09:00:00.123999Z"})] == ["duplicate"]


# ── Who may write what ────────────────────────────────────────────────────────────────────────────────────────────────────────────

OF_PAGES: dict[str, dict[str, Any]] = {
    "participant.connected": {"setup_ms": 640},
    "participant.disconnected": {"reason": "ice"},
    "participant.reconnected": {"media_kept": True},
    "participant.left": {"reason": "hung_up"},
    "participant.failed": {"reason": "ice"},
    "media.changed": {"audio_enabled": False},
    "chat.sent": {},
    "reaction.sent": {"kind": "thumbs_up"},
    "view.changed": {"view": "grid"},
    "speaker.spoke": {"duration_ms": 1200},
    "issue.reported": {"text": "I hear nothing."},
    "rating.submitted": {"stars": 4},
    "error.occurred": {"code": "camera_busy"},
    "consent.given": {"kind": "recording"},
    "consent.withdrawn": {"kind": "recording"},
    "custom.poke": {"n": 1},
}
OF_SERVERS: dict[str, dict[str, Any]] = {
    "call.created": {},
    "call.ringing": {"people": ["user:2"]},
    "call.started": {},
    "call.mode_changed": {"mode": "sfu"},
    "call.settings_changed": {"settings": {"chat_enabled": False}},
    "call.ended": {"reason": "normal"},
    "call.failed": {"reason": "error"},
    "participant.waiting": {},
    "participant.admitted": {},
    "participant.refused": {},
    "participant.joined": {},
    "speaker.changed": {},
    "quality.changed": {"category": "good"},
    "issue.raised": {"issue": "packet_loss"},
    "issue.cleared": {"issue": "packet_loss"},
    "recording.requested": {},
    "recording.started": {},
    "recording.stopped": {},
    "recording.failed": {},
    "transcription.started": {},
    "transcription.stopped": {},
}
ABOUT_THE_CALL = ("call.", "recording.", "transcription.")


def test_these_are_all_types_of_facts() -> None:
    assert {*OF_PAGES, *OF_SERVERS} - {"custom.poke"} == set(CATALOGUE)


async def test_a_server_may_tell_of_anything(make_teller: Callable[..., Awaitable[Teller]], since: datetime) -> None:
    """A key with the scope events:write may write every type."""
    teller = await make_teller("events:write")
    for type, data in {**OF_PAGES, **OF_SERVERS}.items():
        whom = {} if type.startswith(ABOUT_THE_CALL) else {"participant": "user:2", "connection": "c1"}
        await teller.told(fact(type, str(ids.uuid7()), at=since, data=data, **whom))


async def test_a_page_may_tell_of_itself(host: Host) -> None:
    """A connection token may write what happens to its own connection, and need not say whose it is."""
    page = await host.join(await host.make_call(), "user:2")
    sent = [fact(type, data=data) for type, data in OF_PAGES.items()]

    await page.told(*sent)

    kept = {one["id"]: one for one in await host.facts(page.call)}
    for one in sent:
        who = {name: kept[one["id"]][name] for name in ("participant_id", "connection_id", "source")}
        assert who == {"participant_id": page.participant, "connection_id": page.connection, "source": f"sdk:{page.connection}"}


async def test_a_page_may_tell_of_nothing_else(host: Host) -> None:
    """Not that a call ended, somebody was let in, a recording runs or a problem was found; not even a host's: ending is a command."""
    page = await host.join(await host.make_call(), "user:2")
    host_page = await host.join(page.call, "user:3", host=True)
    before = await host.record(page.call)

    for one in (page, host_page):
        codes = await one.refused(*(fact(type, data=data) for type, data in OF_SERVERS.items()))
        assert codes == ["event.not_allowed"] * len(OF_SERVERS)

    assert (await host.record(page.call))["version"] == before["version"]


async def test_a_key_without_the_scope_writes_nothing(make_teller: Callable[..., Awaitable[Teller]]) -> None:
    for scopes in (["calls:read"], ["calls:write"], ["rooms:write", "audit:read", "people:write", "keys:write", "metrics:read"]):
        teller = await make_teller(*scopes)
        check_problem(await teller.send(fact("custom.a", str(ids.uuid7()))), 403, "access.not_allowed")


async def test_nobody_in_particular_writes_nothing(api: httpx.AsyncClient) -> None:
    check_problem(await Teller(api).send(fact("custom.a", str(ids.uuid7()))), 401, "access.no_credential")


async def test_a_page_says_whose_its_facts_are_only_as_it_is(host: Host) -> None:
    """Its own call, name and connection may be given or left out: it is the same fact."""
    page = await host.join(await host.make_call(), "user:2")
    bare = fact("chat.sent")

    await page.told(bare)

    in_full = bare | {"call_id": page.call, "participant": "user:2", "connection": page.connection}
    assert [outcome["outcome"] for outcome in await page.tell(in_full)] == ["duplicate"]


async def test_a_page_cannot_write_of_others(host: Host) -> None:
    """Given two people in a call and one in another, then a page cannot write of the other's person, connection or call, nor of nobody's."""
    page = await host.join(await host.make_call(), "user:2")
    other = await host.join(page.call, "user:3")
    elsewhere = await host.join(await host.make_call(), "user:2")
    before = [await host.record(call) for call in (page.call, elsewhere.call)]
    attempts = [
        {"participant": "user:3"},
        {"participant": "guest:2"},
        {"connection": other.connection},
        {"connection": "c1"},
        {"participant": "user:3", "connection": other.connection},
        {"call_id": elsewhere.call},
        {"call_id": elsewhere.call, "participant": "user:2", "connection": elsewhere.connection},
        {"call_id": str(ids.uuid7())},
    ]

    codes = await page.refused(*(fact("participant.left", data={"reason": "thrown out"}) | attempt for attempt in attempts))

    assert codes == ["event.not_yours"] * len(attempts)
    after = [await host.record(call) for call in (page.call, elsewhere.call)]
    assert [call["version"] for call in after] == [call["version"] for call in before]
    assert (await host.client.get(f"/v1/calls/{attempts[-1]['call_id']}")).status_code == 404


async def test_nobody_can_take_a_timers_id(host: Host, since: datetime, context: Context) -> None:
    """Given somebody who was let in and never connected, when a page and a server take the id that the timer's guess will have, then the guess
    is made all the same, and stands."""
    call = await host.make_call()
    deadline = since + 60 * SECOND
    await host.told(fact("participant.joined", call, at=since, participant="user:3", connection="c1", data={"connect_until": ms(deadline)}))
    record = await host.record(call)
    connection = next(person for person in record["participants"] if person["identity"] == "user:3")["connections"][0]["id"]
    taken = str(ids.derived_id(UUID(call), "participant.left", UUID(connection), since.isoformat(), deadline.isoformat()))
    page = await host.join(call, "user:2")

    await page.told(fact("custom.mine") | {"id": taken})
    await host.told(fact("custom.mine", call, at=since) | {"id": taken})
    await sweep_deadlines(context.db, context.ledger, datetime.now(UTC))

    kept = sorted((one["source"].partition(":")[0], one["type"]) for one in await host.facts(call) if one["id"] == taken)
    assert kept == [("key", "custom.mine"), ("sdk", "custom.mine"), ("timer", "participant.left")]
    lost = next(person for person in (await host.record(call))["participants"] if person["identity"] == "user:3")
    assert (lost["status"], lost["leave_reason"], lost["left_at"]) == ("left", "connect_timeout", ms(deadline))


# ── A page's clock ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def joined_a_while_ago(host: Host, context: Context, since: datetime) -> Page:
    """A page that was let in then."""
    page = await host.join(await host.make_call(), "user:2")
    async with context.db.transaction() as tx:
        await tx.execute("UPDATE grants SET created_at = %s WHERE connection_id = %s", [since, page.connection])
    return page


async def test_a_pages_time_is_corrected_by_what_its_clock_is_off(host: Host, context: Context, since: datetime) -> None:
    """Given a page whose clock is ahead of ours or behind it, then its facts are kept under our time, with what it said beside it."""
    page = await joined_a_while_ago(host, context, since)
    happened = since + 20 * SECOND
    for ahead in (timedelta(hours=1), timedelta(milliseconds=-90_500), timedelta(days=400)):
        await host.is_offset(page, ahead)
        sent = fact("chat.sent", at=happened + ahead)

        await page.told(sent)

        kept = await host.fact(page.call, sent["id"])
        assert (kept["occurred_at"], kept["sent_at"]) == (ms(happened), ms(happened + ahead))


async def test_a_page_with_a_right_clock_is_taken_at_its_word(host: Host, context: Context, since: datetime) -> None:
    page = await joined_a_while_ago(host, context, since)
    sent = fact("chat.sent", at=since + 20 * SECOND)

    await page.told(sent)

    kept = await host.fact(page.call, sent["id"])
    assert (kept["occurred_at"], kept["sent_at"]) == (ms(since + 20 * SECOND), None)


async def test_nothing_of_a_page_happened_before_it_was_let_in(host: Host, context: Context, since: datetime) -> None:
    """However wrong its clock: no fact is lost for it, and no attendance won."""
    page = await joined_a_while_ago(host, context, since)
    for said in ("2026-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"):
        sent = fact("participant.connected", at=said)

        await page.told(sent)

        kept = await host.fact(page.call, sent["id"])
        assert (kept["occurred_at"], datetime.fromisoformat(kept["sent_at"])) == (ms(since), datetime.fromisoformat(said))


async def test_nothing_of_a_page_happens_after_we_heard_of_it(host: Host) -> None:
    page = await host.join(await host.make_call(), "user:2")
    for said in ("2100-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"):
        sent = fact("participant.connected", at=said)

        await page.told(sent)

        kept = await host.fact(page.call, sent["id"])
        assert (kept["occurred_at"], kept["sent_at"]) == (kept["received_at"], said)


async def test_a_clock_at_the_ends_of_time_loses_no_fact(host: Host, context: Context, since: datetime) -> None:
    """What cannot be corrected for the page's clock, since there is no such time, is bounded as any other."""
    page = await joined_a_while_ago(host, context, since)
    for offset, said in ((3 * SECOND, "0001-01-01T00:00:00Z"), (-3 * SECOND, "9999-12-31T23:59:59.999Z")):
        await host.is_offset(page, offset)
        sent = fact("participant.connected", at=said)

        await page.told(sent)

        kept = await host.fact(page.call, sent["id"])
        assert kept["occurred_at"] == (ms(since) if offset > timedelta(0) else kept["received_at"])


async def test_a_correction_makes_no_other_fact(host: Host, context: Context, since: datetime) -> None:
    """A fact is compared as it was sent: measured anew, the clock is off by something else, and the fact is still the same."""
    page = await joined_a_while_ago(host, context, since)
    sent = fact("chat.sent", at=since + 20 * SECOND)
    await page.told(sent)
    await host.is_offset(page, 3 * SECOND)

    assert [outcome["outcome"] for outcome in await page.tell(sent)] == ["duplicate"]


# ── Put out, and over ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_was_put_out_may_tell_of_before_and_of_nothing_after(host: Host) -> None:
    """Given somebody who was put out while facts lay in their page's buffer, then what happened before is taken, and what they claim of later not."""
    page = await host.join(await host.make_call(), "user:2")
    before = fact("participant.connected")
    await host.remove(page)
    after = fact("chat.sent", at=datetime.now(UTC) + timedelta(milliseconds=2))
    await asyncio.sleep(0.01)

    outcomes = await page.tell(before, after)

    assert [(outcome["outcome"], outcome.get("code")) for outcome in outcomes] == [("stored", None), ("rejected", "event.after_revocation")]
    record = await host.record(page.call)
    person = next(one for one in record["participants"] if one["identity"] == "user:2")
    assert (person["status"], person["leave_reason"], person["messages_sent"]) == ("left", "removed", 0)
    assert person["connected_at"] is not None


async def test_who_had_left_and_was_put_out_comes_not_back_by_telling_of_before(host: Host) -> None:
    """Given somebody who hung up, was put out and then tells that they came back in between, then they were there until they were put out."""
    page = await host.join(await host.make_call(), "user:2")
    await page.told(fact("participant.connected"), fact("participant.left"))
    came_back = fact("participant.connected", at=datetime.now(UTC) + timedelta(milliseconds=1))
    await asyncio.sleep(0.01)
    await host.remove(page)

    await page.told(came_back)

    person = next(one for one in (await host.record(page.call))["participants"] if one["identity"] == "user:2")
    assert (person["status"], person["leave_reason"]) == ("left", "removed")


async def test_what_was_sent_before_is_still_a_duplicate_afterwards(host: Host) -> None:
    page = await host.join(await host.make_call(), "user:2")
    sent = fact("participant.connected")
    await page.told(sent)
    await host.remove(page)

    assert [outcome["outcome"] for outcome in await page.tell(sent)] == ["duplicate"]


async def test_who_was_put_out_may_do_nothing_else(host: Host) -> None:
    """The token that still reports opens no other door."""
    page = await host.join(await host.make_call(), "user:2", host=True)
    await host.remove(page)

    for answer in (
        await page.client.get(f"/v1/calls/{page.call}"),
        await page.client.post(f"/v1/calls/{page.call}/end", json={}),
        await page.client.post(f"/v1/calls/{page.call}/participants/{page.participant}/remove"),
    ):
        check_problem(answer, 403, "join.revoked")


async def test_facts_of_a_call_that_has_ended_are_taken_while_it_settles(host: Host) -> None:
    """What a page could not say in time it may say afterwards, and it is in the record."""
    page = await host.join(await host.make_call(), "user:2")
    late = fact("participant.connected")
    await host.end(page.call)

    await page.told(late)

    assert (await host.record(page.call))["started_at"] is not None


async def test_facts_are_taken_until_the_record_has_settled(host: Host) -> None:
    """A call that ended longer ago than late facts have time: its tokens are worth nothing any more."""
    page = await host.join(await host.make_call(), "user:2")
    await host.told(fact("call.ended", page.call, at=datetime.now(UTC) - timedelta(seconds=901)))

    check_problem(await page.send(fact("chat.sent")), 401, "access.bad_credential")


async def test_a_token_of_another_deployment_is_worth_nothing(host: Host) -> None:
    """One bit more or less, and it is none of ours."""
    page = await host.join(await host.make_call(), "user:2")
    wrong = page.token[:-1] + ("A" if page.token[-1] != "A" else "B")

    check_problem(await Teller(client_of(host.app, wrong)).send(fact("chat.sent")), 401, "access.bad_credential")


# ── More than can be written ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def narrow(settings: Settings, db: Database) -> AsyncIterator[Context]:
    """A server that lets four facts wait."""
    async with put_together(replace(settings, waiting_events=4), db) as context:
        yield context


async def test_more_than_may_wait_is_sent_back(narrow: Context, make_key: Callable[..., Awaitable[NewKey]], since: datetime) -> None:
    """Given three facts that wait for their call, when two more come, then they are told to come back, and stored when they do; none is lost."""
    app = create_app(narrow)
    async with client_of(app, await make_key("admin")) as client:
        host = Host(client, app, narrow)
        call, other = await host.make_call(), await host.make_call()
        facts = [fact("custom.wait", call, at=since) for _ in range(3)]
        more = [fact("custom.more", other, at=since) for _ in range(2)]
        async with narrow.db.transaction() as tx:
            await tx.execute("SELECT 1 FROM calls WHERE id = %s FOR UPDATE", [call])
            waiting = asyncio.create_task(host.tell(*facts))
            await until(lambda: narrow.ledger.waiting_events == 3)

            answer = await host.send(*more)

            check_problem(answer, 503, "unavailable.overloaded")
            assert int(answer.headers["retry-after"]) >= 1
            assert not waiting.done(), "an answer means that it is durable"
        assert [outcome["outcome"] for outcome in await waiting] == ["stored"] * 3
        await host.told(*more)
        assert (await host.record(other))["event_count"] == 3


# ── The record that comes of it ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_late_fact_opens_a_call_again_that_a_timer_had_ended(host: Host, context: Context, since: datetime) -> None:
    """Given a call that a timer ended since nobody was in it, when a fact shows that somebody was, then it goes on, in a newer version."""
    call = await host.make_call()

    def of(person: str, type: str, second: int) -> dict[str, Any]:
        return fact(type, call, at=since + second * SECOND, participant=person, connection="c1")

    await host.told(of("user:1", "participant.joined", 0), of("user:1", "participant.connected", 1), of("user:1", "participant.left", 60))
    await sweep_deadlines(context.db, context.ledger, datetime.now(UTC))
    ended = await host.record(call)
    assert (ended["status"], ended["ended_at"], ended["end_reason"]) == ("ended", ms(since + 60 * SECOND), "normal")

    await host.told(of("user:2", "participant.joined", 70), of("user:2", "participant.connected", 71))

    again = await host.record(call)
    assert (again["status"], again["record_state"], again["ended_at"]) == ("active", "live", None)
    assert again["version"] > ended["version"]


async def test_a_commanded_end_stands_whatever_is_told_later(host: Host) -> None:
    """What is told of after the end is kept, and marked."""
    call = await host.make_call()
    page = await host.join(call, "user:2")
    await page.told(fact("participant.connected"))
    await host.end(call)
    ended = await host.record(call)
    await asyncio.sleep(0.01)

    await host.told(fact("participant.connected", call, participant="user:3", connection="c1"))

    after = await host.record(call)
    assert {name: after[name] for name in ("status", "ended_at", "elapsed_seconds", "end_reason")} == {
        name: ended[name] for name in ("status", "ended_at", "elapsed_seconds", "end_reason")
    }
    assert after["version"] > ended["version"]
    assert [anomaly["code"] for anomaly in after["anomalies"]] == ["after_end"]
