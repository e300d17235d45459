"""The audit trail: what an entry holds, where somebody's identity lies, and how it is read."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.app_fixtures import TEST_KEY, client_of, replace

from callwell import errors, ids
from callwell.app import Context, create_app, put_together
from callwell.postgres import Database
from callwell.postgres.pool import is_data_error
from callwell.record.audit import Action, Origin, add_audit_entry, client_address, kept_address, origin_of
from callwell.settings import Settings, read_settings

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = bytes.fromhex(TEST_KEY)
SOMEWHERE = Origin("203.0.113.7", "Browser/1")


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_entry_tells_who_by_commitments_alone(db: Database) -> None:
    """Identity, address and user agent lie beside the entry with their salt; the entry binds to them without telling them."""
    async with db.transaction() as tx:
        id = await add_audit_entry(tx, action=Action.JOIN_SUCCESS, at=NOON, caller="anyone", origin=SOMEWHERE, identity="user:42")

    async with db.connection() as tx:
        entry = await (
            await tx.execute(
                "SELECT row_to_json(e)::text, identity_commitment, address_commitment, user_agent_commitment FROM audit_entries e WHERE id = %s", [id]
            )
        ).fetchone()
        who = await (await tx.execute("SELECT salt, identity, address, user_agent FROM audit_identities WHERE entry_id = %s", [id])).fetchone()
    assert entry and who
    text, *commitments = entry
    salt, *told = who
    assert told == ["user:42", "203.0.113.7", "Browser/1"]
    assert commitments == [hashlib.sha256(salt + value.encode()).digest() for value in told]
    assert not any(value in text for value in told)


async def test_the_same_person_has_another_commitment_in_every_entry(db: Database) -> None:
    """Without the salts nobody can tell which entries are of one person."""
    async with db.transaction() as tx:
        for _ in range(2):
            await add_audit_entry(tx, action=Action.JOIN_ATTEMPT, at=NOON, caller="anyone", identity="user:42")
        rows = await (await tx.execute("SELECT identity_commitment FROM audit_entries")).fetchall()

    assert len({row[0] for row in rows}) == 2


async def test_a_person_can_be_erased_and_the_entry_stays(db: Database) -> None:
    """What says who it was can go; the entry does not change."""
    async with db.transaction() as tx:
        await add_audit_entry(tx, action=Action.JOIN_ATTEMPT, at=NOON, caller="anyone", origin=SOMEWHERE, identity="user:42")
        before = await (await tx.execute("SELECT row_to_json(e)::text FROM audit_entries e")).fetchall()
        await tx.execute("DELETE FROM audit_identities WHERE identity = 'user:42'")
        after = await (await tx.execute("SELECT row_to_json(e)::text FROM audit_entries e")).fetchall()

    assert before == after


async def test_an_entry_about_nobody_has_no_identity(db: Database) -> None:
    async with db.transaction() as tx:
        await add_audit_entry(tx, action=Action.ROOM_CLOSED, at=NOON, caller="callwell")
        rows = await (await tx.execute("SELECT * FROM audit_identities")).fetchall()

    assert rows == []


async def test_an_entry_goes_with_its_transaction(db: Database) -> None:
    """What is rolled back was not done, and leaves no entry."""
    with pytest.raises(RuntimeError, match="undone"):
        async with db.transaction() as tx:
            await add_audit_entry(tx, action=Action.ROOM_CREATED, at=NOON, caller="anyone", origin=SOMEWHERE)
            raise RuntimeError("undone")

    async with db.connection() as tx:
        assert (await (await tx.execute("SELECT count(*) FROM audit_entries")).fetchone()) == (0,)


@pytest.mark.parametrize(("action", "told"), [(Action.CALL_END, {"duration_ms": 0}), (Action.ERROR_OCCURRED, {"error_code": "x"})])
async def test_some_actions_must_tell_more(db: Database, action: Action, told: dict[str, Any]) -> None:
    """An end has a duration, which may be 0, and an error has a code."""
    with pytest.raises(Exception) as raised:
        async with db.transaction() as tx:
            await add_audit_entry(tx, action=action, at=NOON, caller="callwell")
    assert is_data_error(raised.value)

    async with db.transaction() as tx:
        await add_audit_entry(tx, action=action, at=NOON, caller="callwell", **told)


# ── Where a request came from ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _scope(client: str | None, *forwarded: str, **headers: str) -> dict[str, Any]:
    pairs = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    pairs += [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"client": (client, 1234) if client else None, "headers": pairs}


PROXIES = ("10.0.0.1", "192.168.0.0/16", "fd00::/8")


@pytest.mark.parametrize(
    ("scope", "address"),
    [
        (_scope("203.0.113.7"), "203.0.113.7"),
        (_scope("203.0.113.7", "198.51.100.9"), "203.0.113.7"),
        (_scope("10.0.0.1"), "10.0.0.1"),
        (_scope("10.0.0.1", "198.51.100.9"), "198.51.100.9"),
        (_scope("10.0.0.1", "6.6.6.6, 198.51.100.9"), "198.51.100.9"),
        (_scope("10.0.0.1", "6.6.6.6", "198.51.100.9"), "198.51.100.9"),
        (_scope("10.0.0.1", "198.51.100.9, 192.168.3.4"), "198.51.100.9"),
        (_scope("10.0.0.1", "192.168.3.5, 192.168.3.4"), "192.168.3.5"),
        (_scope("10.0.0.1", "198.51.100.9, unknown"), "10.0.0.1"),
        (_scope("10.0.0.1", "198.51.100.9, unknown, 192.168.3.4"), "192.168.3.4"),
        (_scope("10.0.0.1", ""), "10.0.0.1"),
        (_scope("10.0.0.1", "198.51.100.9:51234"), "198.51.100.9"),
        (_scope("fd00::1", "[2001:db8::7]:443"), "2001:db8::7"),
        (_scope("::ffff:10.0.0.1", "198.51.100.9"), "198.51.100.9"),
        (_scope("10.0.0.2", "198.51.100.9"), "10.0.0.2"),
        (_scope(None, "198.51.100.9"), None),
    ],
)
def test_only_proxies_that_we_trust_are_believed(scope: dict[str, Any], address: str | None) -> None:
    """What is forwarded is read from its end, as far as trusted proxies wrote it; anybody can make up its beginning."""
    assert client_address(scope, PROXIES) == address


def test_without_proxies_nothing_forwarded_is_believed() -> None:
    assert client_address(_scope("203.0.113.7", "198.51.100.9"), ()) == "203.0.113.7"


def test_a_proxy_that_is_none_stops_the_start() -> None:
    """A name instead of an address would trust nobody without saying so."""
    with pytest.raises(errors.SettingInvalid, match=r"CALLWELL_TRUSTED_PROXIES is not right: 'nginx'"):
        read_settings({"CALLWELL_TRUSTED_PROXIES": "10.0.0.0/8, fd00::1, nginx"})


@pytest.mark.parametrize(
    ("policy", "address", "kept"),
    [
        ("full", "203.0.113.7", "203.0.113.7"),
        ("truncated", "203.0.113.7", "203.0.113.0/24"),
        ("truncated", "2001:db8:1:2:3::7", "2001:db8:1::/48"),
        ("truncated", "::ffff:203.0.113.7", "203.0.113.0/24"),
        ("truncated", "no address", None),
        ("none", "203.0.113.7", None),
        ("hashed", "203.0.113.7", ids.keyed_hash(KEY, "address", "203.0.113.7").hex()),
        ("full", None, None),
        ("hashed", None, None),
    ],
)
def test_an_address_is_kept_as_the_policy_says(policy: str, address: str | None, kept: str | None) -> None:
    assert kept_address(address, policy, KEY) == kept


def test_a_hashed_address_is_of_one_deployment() -> None:
    """The same address is another hash elsewhere: nobody can try all addresses without the key."""
    assert kept_address("203.0.113.7", "hashed", KEY) != kept_address("203.0.113.7", "hashed", b"another")


def test_a_user_agent_is_bounded_and_one_line(context: Context) -> None:
    """Nothing in it can pass for another line of the trail."""
    origin = origin_of(_scope("203.0.113.7", user_agent="A\r\nB" + "x" * 1000), context.settings, "hashed")

    assert origin.user_agent is not None
    assert (len(origin.user_agent), origin.user_agent[:3]) == (500, "A B")


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _write(db: Database, entries: list[dict[str, Any]]) -> None:
    async with db.transaction() as tx:
        for minute, entry in enumerate(entries):
            given = {"action": Action.JOIN_ATTEMPT, "at": NOON + timedelta(minutes=minute), "caller": "anyone", "metadata": {"n": minute}}
            await add_audit_entry(tx, **given | entry)


async def _read(server: httpx.AsyncClient, **wanted: Any) -> list[int]:
    answer = await server.get("/v1/audit", params=wanted)
    assert answer.status_code == 200, answer.text
    return [entry["metadata"]["n"] for entry in answer.json()["items"]]


async def test_the_trail_is_read_newest_first(db: Database, server: httpx.AsyncClient) -> None:
    """Page by page, each entry once, also where many are of the same moment."""
    await _write(db, [{"at": NOON}] * 5)

    first = (await server.get("/v1/audit", params={"limit": 3})).json()
    second = (await server.get("/v1/audit", params={"limit": 3, "cursor": first["next_cursor"]})).json()

    assert [entry["metadata"]["n"] for page in (first, second) for entry in page["items"]] == [4, 3, 2, 1, 0]


async def test_the_trail_is_filtered(db: Database, server: httpx.AsyncClient) -> None:
    """By action, call, room, person and time: what fits all that is given; `since` is included, `until` is not."""
    call_id, room = ids.uuid7(), ids.new_room_name()
    await _write(
        db,
        [
            {"call_id": call_id},
            {"room_id": ids.room_id(room), "identity": "user:1"},
            {"action": Action.JOIN_DENIED, "error_code": "join.room_full", "call_id": call_id, "identity": "user:1"},
            {},
        ],
    )

    minutes = [(NOON + timedelta(minutes=minute)).isoformat() for minute in range(4)]
    assert await _read(server) == [3, 2, 1, 0]
    assert await _read(server, action="join_denied") == [2]
    assert await _read(server, call_id=str(call_id)) == [2, 0]
    assert await _read(server, room=room) == [1]
    assert await _read(server, identity="user:1") == [2, 1]
    assert await _read(server, since=minutes[1], until=minutes[3]) == [2, 1]
    assert await _read(server, call_id=str(call_id), identity="user:1") == [2]
    assert await _read(server, call_id=str(call_id), room=room) == []


async def test_an_entry_is_shown_with_who_it_was(db: Database, server: httpx.AsyncClient) -> None:
    """Who may read the trail sees whom it is about; once they were erased, nobody."""
    room_id, invite_id = UUID(int=1), UUID(int=2)
    await _write(db, [{"origin": SOMEWHERE, "identity": "user:42", "room_id": room_id, "invite_id": invite_id, "error_code": "e"}])

    shown = (await server.get("/v1/audit", params={"action": "join_attempt"})).json()["items"][0]
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM audit_identities")
    erased = (await server.get("/v1/audit", params={"action": "join_attempt"})).json()["items"][0]

    assert shown == {
        "id": shown["id"],
        "at": "2026-11-21T12:00:00.000Z",
        "action": "join_attempt",
        "caller": "anyone",
        "call_id": None,
        "room": ids.room_name(room_id),
        "invite_id": str(invite_id),
        "appointment_id": None,
        "participant_id": None,
        "error_code": "e",
        "error_message": None,
        "duration_ms": None,
        "metadata": {"n": 0},
        "identity": "user:42",
        "address": "203.0.113.7",
        "user_agent": "Browser/1",
    }
    assert erased == shown | {"identity": None, "address": None, "user_agent": None}


async def test_bad_filters_name_the_parameter(server: httpx.AsyncClient) -> None:
    bad = [
        ({"action": "join"}, "action"),
        ({"call_id": "x"}, "call_id"),
        ({"room": "room-1"}, "room"),
        ({"identity": "42"}, "identity"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-11-21T12:00:00"}, "since"),
        ({"until": "2026-11-21"}, "until"),
        ({"user": "42"}, "user"),
        ({"cursor": "x"}, None),
        ({"limit": 201}, "limit"),
    ]

    answers = [await server.get("/v1/audit", params=given) for given, _ in bad]

    assert [(answer.status_code, next((one["field"] for one in answer.json()["errors"]), None)) for answer in answers] == [
        (422, field) for _, field in bad
    ]


async def test_the_trail_takes_its_own_scope(context: Context, make_key: Any) -> None:
    """No other scope than audit:read (or admin) reads the trail."""
    app = create_app(context)
    others = ("calls:read", "calls:write", "rooms:read", "rooms:write", "people:read", "people:write", "events:write", "keys:write")
    async with client_of(app, await make_key(*others)) as other, client_of(app, await make_key("audit:read")) as reader:
        assert (await other.get("/v1/audit")).status_code == 403
        assert (await reader.get("/v1/audit")).status_code == 200


@pytest.mark.parametrize("policy", ["full", "truncated", "hashed", "none"])
async def test_requests_are_kept_under_the_policy(settings: Settings, db: Database, policy: str) -> None:
    """What a deployment's policy does not keep of an address is in no table."""
    async with put_together(replace(settings, ip_policy=policy), db) as context:
        app = create_app(context)
        transport = httpx.ASGITransport(app=app, client=("203.0.113.77", 1))  # pyright: ignore[reportArgumentType] two names for the same protocol
        async with httpx.AsyncClient(transport=transport, base_url="http://callwell.test") as page:
            await page.post("/v1/join", json={"invite": "inv_x"})

    async with db.connection() as tx:
        rows = await (await tx.execute("SELECT DISTINCT address FROM audit_identities")).fetchall()
    assert rows == [(kept_address("203.0.113.77", policy, KEY),)]
