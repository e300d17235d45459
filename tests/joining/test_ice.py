"""ICE servers and the TURN servers' passwords."""

from datetime import UTC, datetime

from callwell.joining.ice import IceServer, ice_servers, turn_credential

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_the_password_is_what_turn_servers_check() -> None:
    """HMAC-SHA1 of the user name under the shared secret, in base64.

    The vector is of `printf '%s' 1795338000:0193a1c0 | openssl dgst -sha1 -hmac north -binary | base64`.
    """
    assert turn_credential("north", "1795338000:0193a1c0") == "QyNlTb/ihV2ouwYM7uSixK0+X5k="


def test_nothing_is_configured() -> None:
    assert ice_servers((), (), "", participant="p", at=AT, seconds=600) == []


def test_stun_takes_no_password() -> None:
    assert ice_servers(("stun:a", "stun:b"), (), "", participant="p", at=AT, seconds=600) == [IceServer(("stun:a", "stun:b"))]


def test_the_user_name_says_when_it_ends() -> None:
    """Seconds since 1970, and whose it is."""
    (server,) = ice_servers((), ("turn:a",), "north", participant="0193a1c0", at=AT, seconds=600)

    username = f"{int(AT.timestamp()) + 600}:0193a1c0"
    assert server == IceServer(("turn:a",), username, turn_credential("north", username))
