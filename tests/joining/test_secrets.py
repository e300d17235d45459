"""No secret stands anywhere but with whom it was given to."""

import logging
from typing import Any

import pytest
from tests.joining.conftest import Host

from callwell.app import Context


async def _holders(context: Context, text: str) -> list[str]:
    """The tables that have a row with this text in it, as text or as bytes."""
    async with context.db.connection() as tx:
        tables = await (
            await tx.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname")
        ).fetchall()
        found = []
        for (table,) in tables:
            statement: Any = f'SELECT count(*) FROM "{table}" AS one WHERE strpos(one::text, %s) > 0 OR strpos(one::text, %s) > 0'
            row = await (await tx.execute(statement, [text, text.encode().hex()])).fetchone()
            if row and row[0]:
                found.append(table)
    return found


async def test_secrets_stand_in_no_table(host: Host, context: Context) -> None:
    """After coming in, coming back, being refused and put out, no table holds the invite's secret, the resume secret or a token."""
    room = await host.room()
    invite = await host.invite(room, identity="user:1", display_name="Findable")
    path = f"/v1/rooms/{room}/invites"
    kept = (await host.server.post(path, json={}, headers={"Idempotency-Key": "k"})).json()
    body = {"invite": kept["secret"]}
    joined = (await host.api.post("/v1/join", json=body, headers={"Idempotency-Key": "k"})).json()
    also = await host.join(invite)
    again = (await host.ask_again(also)).json()
    await host.server.delete(f"/v1/invites/{invite['id']}")
    await host.ask(invite)
    await host.ask_again(also)

    assert "participants" in await _holders(context, "Findable")
    secrets = [invite["secret"], kept["secret"], joined["token"], joined["resume"], also["token"], also["resume"], again["token"]]
    marks = [secret.partition(".")[2] for secret in secrets]
    assert all(len(mark) == 43 for mark in marks)
    assert {mark: await _holders(context, mark) for mark in marks} == {mark: [] for mark in marks}


async def test_secrets_stand_in_no_log(host: Host, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither what comes in well nor what is refused or wrong leaves a secret in the log."""
    with caplog.at_level(logging.DEBUG):
        invite = await host.invite(await host.room())
        joined = await host.join(invite)
        await host.ask_again(joined)
        await host.api.post("/v1/join", json={"invite": invite["secret"], "wrong": 1})
        await host.server.delete(f"/v1/invites/{invite['id']}")
        await host.ask(invite)

    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "/v1/join" in logged
    for secret in (invite["secret"], joined["token"], joined["resume"]):
        assert secret.partition(".")[2] not in logged
