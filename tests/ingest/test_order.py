"""Facts come in any order, number and portions, and from several sources: the record that is read is the same."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.ingest.conftest import Host, Teller, fact
from tests.ingest.stories import OF_SOMEBODY, OF_THE_CALL, PEOPLE

from callwell import ids

SOURCES = 2


@st.composite
def said(draw: st.DrawFn) -> tuple[int, dict[str, Any]]:
    """A fact without its call and time, and which source says it; with the second in which it happens."""
    source = draw(st.integers(0, SOURCES - 1))
    one = {"id": str(ids.derived_id(draw(st.integers(0, 2**32)))), "second": draw(st.integers(0, 40))}
    if draw(st.integers(0, 9)) < 8:
        type = draw(st.sampled_from(sorted(OF_SOMEBODY)))
        one |= {"type": type, "data": draw(OF_SOMEBODY[type]), "participant": draw(st.sampled_from(PEOPLE))}
        return source, one | {"connection": f"{source}-{draw(st.integers(0, 1))}"}
    type = draw(st.sampled_from(sorted(OF_THE_CALL)))
    return source, one | {"type": type, "data": draw(OF_THE_CALL[type])}


END = (0, {"id": str(ids.derived_id("end")), "second": 60, "type": "call.ended", "data": {}})
"""So that nothing of the record depends on when it is read."""

stories = st.lists(said(), min_size=2, max_size=14, unique_by=lambda one: (one[0], one[1]["id"])).map(lambda story: [*story, END])


@settings(max_examples=settings().max_examples // 2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(story=stories, chance=st.randoms(use_true_random=False))
async def test_the_record_is_the_same_in_whatever_order_number_and_portions_facts_come(
    host: Host, make_teller: Callable[..., Awaitable[Teller]], since: datetime, story: list[tuple[int, dict[str, Any]]], chance: random.Random
) -> None:
    """Given the facts of a call, when they are sent in another order, some of them again, in portions, then a GET of it gives the same."""
    sources = await _sources(host, make_teller)
    in_order, shuffled = str(ids.uuid7()), str(ids.uuid7())
    for source, one in sorted(story, key=lambda told: (told[1]["second"], told[1]["id"], told[0])):
        await sources[source].told(_about(in_order, one, since))

    sent = story + chance.choices(story, k=chance.randint(0, 4))
    chance.shuffle(sent)
    while sent:
        size = chance.randint(1, len(sent))
        portion, sent = sent[:size], sent[size:]
        for number, source in enumerate(sources):
            await source.tell(*(_about(shuffled, one, since) for by, one in portion if by == number))

    assert _comparable(await host.record(shuffled)) == _comparable(await host.record(in_order))


async def _sources(host: Host, make_teller: Callable[..., Awaitable[Teller]]) -> list[Teller]:
    if not hasattr(host, "other"):
        host.other = await make_teller("events:write")  # pyright: ignore[reportAttributeAccessIssue] one for all examples
    return [host, host.other]  # pyright: ignore[reportAttributeAccessIssue]


def _about(call: str, one: dict[str, Any], since: datetime) -> dict[str, Any]:
    told = {name: value for name, value in one.items() if name != "second"}
    return fact(told["type"], call, at=since + timedelta(seconds=one["second"])) | told


def _comparable(record: dict[str, Any]) -> dict[str, Any]:
    """The record with people and connections by their names in place of our ids, and without what is each call's own."""
    names = {record["id"]: "call"}
    for person in record["participants"]:
        names[person["id"]] = person["identity"]
        names |= {connection["id"]: f"{person['identity']} {connection['name']}" for connection in person["connections"]}
    named = _named(record, names)
    for person in named["participants"]:
        person["connections"].sort(key=lambda connection: connection["name"])
    named["participants"].sort(key=lambda person: person["identity"])
    named["anomalies"].sort(key=str)
    return {name: value for name, value in named.items() if name not in ("version", "updated_at")}


def _named(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _named(inner, names) for name, inner in value.items()}
    if isinstance(value, list):
        return [_named(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("first", ["Ana", "Bea"])
async def test_of_two_names_said_for_one_moment_the_same_stands(host: Host, since: datetime, first: str) -> None:
    """Given two facts of one time that call somebody differently, then whichever comes first, they are called the same."""
    call = str(ids.uuid7())
    for name in (first, "Bea" if first == "Ana" else "Ana"):
        await host.told(fact("participant.joined", call, at=since, participant="user:1", connection="c1", data={"display_name": name}))

    assert (await host.record(call))["participants"][0]["display_name"] == "Bea"
