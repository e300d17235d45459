"""Tokens that are made from the deployment's key: nobody else can make one, and none is good for longer than it says."""

import asyncio
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import given, strategies as st
from litestar.types import ASGIApp
from tests.app_fixtures import TEST_KEY, client_of

from callwell import errors, ids
from callwell.access.tokens import AUDIENCE, ISSUER, Grant, connection_token, get_grant, read_connection_token, read_user_token, user_token
from callwell.postgres import Database
from callwell.postgres.pool import execute

KEY = bytes.fromhex(TEST_KEY)
OTHER_KEY = bytes(32)
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def changed(token: str, place: int) -> str:
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


# ── Connection tokens ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.uuids(), st.uuids())
def test_a_connection_token_tells_its_call_and_connection(call_id: Any, connection_id: Any) -> None:
    """What goes in comes out, and out of another deployment's token comes nothing."""
    token = connection_token(KEY, call_id, connection_id)
    assert read_connection_token(KEY, token) == (call_id, connection_id)
    assert read_connection_token(OTHER_KEY, token) is None


def test_a_changed_connection_token_is_none_of_ours() -> None:
    """A token changed at any place, cut or lengthened is refused."""
    token = connection_token(KEY, ids.uuid7(), ids.uuid7())
    assert all(read_connection_token(KEY, changed(token, place)) is None for place in range(len(token)))
    assert all(read_connection_token(KEY, token[:length]) is None for length in range(len(token)))
    assert read_connection_token(KEY, token + "A") is None
    assert read_connection_token(KEY, token + "\n") is None


@given(st.text(max_size=200))
def test_no_text_is_a_connection_token_by_chance(text: str) -> None:
    """Any text is answered with None, never with an error."""
    assert read_connection_token(KEY, text) is None
    assert read_connection_token(KEY, "cwc_" + text) is None


@pytest.fixture
async def joined(server: httpx.AsyncClient, api: httpx.AsyncClient) -> AsyncIterator[dict[str, Any]]:
    """Somebody who came in by an invite: what the exchange answered."""
    room = (await server.post("/v1/rooms", json={})).json()["name"]
    invite = (await server.post(f"/v1/rooms/{room}/invites", json={})).json()
    yield (await api.post("/v1/join", json={"invite": invite["secret"]})).json()


async def grant_at(db: Database, token: str, at: datetime) -> Grant:
    async with db.connection() as tx:
        return await get_grant(tx, KEY, token, settling=timedelta(seconds=900), at=at)


async def test_it_is_good_until_the_call_has_settled(joined: dict[str, Any], db: Database) -> None:
    """While the call goes on there is no end to it; then late facts have their time, to the moment."""
    now = datetime.now(UTC)
    assert (await grant_at(db, joined["token"], now + timedelta(days=30))).report_until(HOUR) is None
    async with db.transaction() as tx:
        await execute(tx, "UPDATE calls SET ended_at = %s, status = 'ended'", [now])
    settled = now + timedelta(seconds=900)
    assert str((await grant_at(db, joined["token"], settled - timedelta(milliseconds=1))).connection_id) == joined["connection"]
    with pytest.raises(errors.CredentialRefused):
        await grant_at(db, joined["token"], settled)


async def test_it_is_no_good_once_withdrawn(joined: dict[str, Any], db: Database, app: ASGIApp) -> None:
    """Checked at every use: from the revocation on it is refused, and says so."""
    async with client_of(app, joined["token"]) as page:
        assert (await page.get(f"/v1/calls/{joined['call_id']}")).status_code == 200
        async with db.transaction() as tx:
            await execute(tx, "UPDATE grants SET revoked_at = %s", [datetime.now(UTC)])
        answer = await page.get(f"/v1/calls/{joined['call_id']}")
    assert (answer.status_code, answer.json()["code"]) == (403, "join.revoked")


async def test_ours_by_its_seal_alone_is_not_enough(db: Database) -> None:
    """A token for a connection that was never granted is refused."""
    with pytest.raises(errors.CredentialRefused):
        await grant_at(db, connection_token(KEY, ids.uuid7(), ids.uuid7()), datetime.now(UTC))


# ── User tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_user_token_is_good_from_its_making_to_its_end() -> None:
    """It tells whose it is until its last second, and nothing afterwards or long before."""
    token = user_token(KEY, "user:42", at=AT, lifetime=HOUR)
    moments = {AT: True, AT + HOUR - timedelta(milliseconds=1): True, AT + HOUR: False, AT - timedelta(minutes=2): False}
    assert {at: read_user_token(KEY, token, at) is not None for at in moments} == moments
    assert read_user_token(OTHER_KEY, token, AT) is None


def test_a_changed_user_token_is_refused() -> None:
    """A token changed at any place is refused, but where the change is in bits that mean nothing."""
    token = user_token(KEY, "user:42", at=AT, lifetime=HOUR)
    for place in range(len(token)):
        other = changed(token, place)
        head, body, seal = other.split(".") if other.count(".") == 2 else ("", "", "")
        same = other.rsplit(".", 1)[0] == token.rsplit(".", 1)[0] and _bytes(seal) == _bytes(token.rsplit(".", 1)[1])
        assert same or read_user_token(KEY, other, AT) is None, (head, body)


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "user:42", "iat": int(AT.timestamp()), "exp": int((AT + HOUR).timestamp())}
SIGNING = ids.keyed_hash(KEY, "user-token")


def by_hand(head: dict[str, Any], claims: dict[str, Any], key: bytes = SIGNING) -> str:
    """A token made without a library, so that nothing keeps us from making a bad one."""
    parts = ".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (head, claims))
    return f"{parts}.{urlsafe_b64encode(hmac.new(key, parts.encode(), hashlib.sha256).digest()).rstrip(b'=').decode()}"


def test_one_made_by_hand_as_we_make_them_is_taken() -> None:
    """What the others below are compared with."""
    assert read_user_token(KEY, by_hand({"alg": "HS256", "typ": "JWT"}, CLAIMS), AT)


@pytest.mark.parametrize(
    ("head", "claims"),
    [
        ({"alg": "none"}, {}),
        ({"alg": "HS512"}, {}),
        ({"alg": "RS256"}, {}),
        ({"alg": "HS256", "crit": ["x"], "x": 1}, {}),
        ({}, {"aud": "callwell"}),
        ({}, {"aud": None}),
        ({}, {"iss": "other"}),
        ({}, {"sub": "42"}),
        ({}, {"sub": "admin:42"}),
        ({}, {"sub": "user:" + "x" * 201}),
        ({}, {"sub": "user:a\nb"}),
        ({}, {"sub": None}),
        ({}, {"exp": None}),
        ({}, {"iat": None}),
        ({}, {"exp": "tomorrow"}),
        ({}, {"exp": 10**30}),
        ({}, {"exp": int((AT + timedelta(hours=24, seconds=1)).timestamp())}),
        ({}, {"iat": int((AT + HOUR).timestamp())}),
        ({}, {"nbf": int((AT + timedelta(days=9000)).timestamp())}),
    ],
)
def test_others_tokens_are_refused(head: dict[str, Any], claims: dict[str, Any]) -> None:
    """Another algorithm or none, another audience, issuer or kind of subject, no end or one too far: refused, though the seal is right."""
    made = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    assert read_user_token(KEY, by_hand({"alg": "HS256", "typ": "JWT", **head}, made), AT) is None


def test_an_empty_signature_or_key_is_refused() -> None:
    """Neither a token without seal nor one sealed with nothing gets anybody in."""
    unsigned = jwt.encode(CLAIMS, "", algorithm="none")
    assert read_user_token(KEY, unsigned, AT) is None
    assert read_user_token(KEY, by_hand({"alg": "HS256"}, CLAIMS, key=b""), AT) is None
    assert read_user_token(KEY, by_hand({"alg": "HS256"}, CLAIMS, key=KEY), AT) is None


async def test_the_hosts_server_has_one_made(server: httpx.AsyncClient, app: ASGIApp) -> None:
    """With a key the host's server gets a token for a person, good for as long as it asked, with which they see what is theirs."""
    answer = await server.post("/v1/user-tokens", json={"identity": "user:42", "seconds": 60})
    assert answer.status_code == 201
    left = datetime.fromisoformat(answer.json()["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)
    async with client_of(app, answer.json()["token"]) as person:
        assert (await person.get("/v1/users/42/calls")).status_code == 200
        assert (await person.get("/v1/users/43/calls")).status_code == 404


@pytest.mark.parametrize(
    "asked", [{"identity": "42"}, {"identity": "user:"}, {"identity": "user:1", "seconds": 86401}, {"identity": "user:1", "seconds": 0}]
)
async def test_no_token_for_nobody_or_for_ever(server: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    """Who it is for and for how long is checked: a day at most."""
    assert (await server.post("/v1/user-tokens", json=asked)).status_code == 422


async def test_it_runs_out_at_the_door(server: httpx.AsyncClient, app: ASGIApp) -> None:
    """A token that has run out is refused."""
    token = (await server.post("/v1/user-tokens", json={"identity": "user:42", "seconds": 1})).json()["token"]
    await asyncio.sleep(1.1)
    async with client_of(app, token) as person:
        assert (await person.get("/v1/users/42/calls")).status_code == 401
