"""One frozen ``Settings``, read once from the environment. A wrong value stops the start with a sentence.

Every field is ``CALLWELL_`` and its name in capitals; ``docs/reference/settings.md`` is made from this file.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from callwell import errors


def _setting(default: Any, doc: str, *, least: float | None = None, most: float | None = None, one_of: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"doc": doc, "least": least, "most": most, "one_of": one_of})


def _secret(doc: str) -> Any:
    """A setting that is not shown where settings are printed."""
    return field(default="", repr=False, metadata={"doc": doc, "least": None, "most": None, "one_of": ()})


@dataclass(frozen=True, kw_only=True)
class Settings:
    # Where things are
    data_dir: Path = _setting(Path("data"), "Folder of the embedded database, the deployment's key and local objects.")
    database_url: str = _secret("A PostgreSQL server to use (`postgresql://…`); empty: the embedded one under the data folder.")
    postgres_bin: str = _setting("", "Folder of other PostgreSQL binaries for the embedded database.")
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8080, "Port to listen on.", least=0, most=65535)
    public_url: str = _setting("", "How people reach this server, for links; empty: as the server listens.")
    allowed_origins: tuple[str, ...] = _setting((), "Origins of other sites whose pages may join and open the socket, with commas between.")
    trusted_proxies: tuple[str, ...] = _setting(
        (), "Addresses or networks of proxies whose `X-Forwarded-For` and `-Proto` are believed, with commas between."
    )

    # How it runs
    production: bool = _setting(True, "Refuse a database that could lose what was acknowledged (`fsync` or `synchronous_commit` off).")
    work_here: bool = _setting(True, "Do background work in the server's own process; false: `callwell work` does it elsewhere.")
    database_connections: int = _setting(12, "Connections to the database a process opens at most.", least=4, most=200)
    log_format: str = _setting("text", "How log lines look.", one_of=("text", "json"))
    log_level: str = _setting("info", "The least severity that is logged.", one_of=("debug", "info", "warning", "error"))
    secret_key: str = _secret("The deployment's key, 32 random bytes in hex; empty: made at the first start, in `secret.key` of the data folder.")

    # Accounts
    session_idle_minutes: int = _setting(15, "How long somebody who is signed in and does nothing stays so.", least=1, most=480)
    session_hours: int = _setting(12, "How long somebody stays signed in at most.", least=1, most=168)
    oidc_issuer: str = _setting("", "The organization's own OpenID provider, by which people sign in (`https://…`); empty: none.")
    oidc_client_id: str = _setting("", "What the provider calls this deployment.")
    oidc_client_secret: str = _secret("What this deployment shows the provider; empty for one that is asked for none (PKCE is used in any case).")
    oidc_label: str = _setting("Single sign-on", "What the sign-in page calls the provider.")
    oidc_scopes: str = _setting("openid email profile", "What is asked of the provider, with blanks between.")
    oidc_role_claim: str = _setting("roles", "The claim whose values say what somebody is there for.")
    oidc_roles: tuple[str, ...] = _setting(
        (), "Which value is which role (`it=admin,leads=supervisor`), the first that applies; who has none and no account is refused."
    )
    oidc_identity_claim: str = _setting("", "The claim that says who somebody is in calls (`42` or `user:42`); providers need one.")
    sign_ins_per_minute: int = _setting(30, "Sign-ins an address may try in a minute.", least=1, most=1_000_000)

    # Notes
    note_keys: str = _secret(
        "The keys of notes, as JSON: for each class of notes a list of `id` and `key`, the current one first; empty: notes are refused."
    )
    note_keys_file: str = _setting("", "A file with the same, which is read again when it changes.")

    # Media
    ice_urls: tuple[str, ...] = _setting((), "STUN servers for plain WebRTC (`stun:host:port`), with commas between.")
    turn_urls: tuple[str, ...] = _setting((), "TURN servers (`turn:host:port?transport=udp`), with commas between.")
    turn_secret: str = _secret("The TURN servers' shared secret, from which credentials of limited time are made.")
    turn_seconds: int = _setting(7200, "How long TURN credentials are good for.", least=60, most=86400)

    # Ingest
    group_events: int = _setting(500, "Facts of several callers written in one transaction at most.", least=1, most=50000)
    waiting_events: int = _setting(
        50000, "Facts waiting to be written at most, before callers are told to come back (503).", least=1000, most=5_000_000
    )
    join_attempts_per_minute: int = _setting(
        60, "Joins an address may try in a minute; one with an invite that is no good counts as three.", least=1, most=1_000_000
    )
    join_attempts_per_room: int = _setting(
        600, "Joins that may be tried for a room in a minute, from all addresses together.", least=1, most=1_000_000
    )

    # rtcstats
    rtcstats_access: str = _setting(
        "off",
        "Who may send to `/engines/rtcstats`: nobody, everybody, who shows `rtcstats_secret`, or who shows a JWT signed with it.",
        one_of=("off", "open", "secret", "jwt"),
    )
    rtcstats_secret: str = _secret("What rtcstats clients show, or what their tokens are signed with (HS256); at least 16 characters.")
    rtcstats_days: int = _setting(30, "How many days what rtcstats clients sent is kept as it was sent.", least=1, most=3650)

    # Quality
    quality_profile: str = _setting("default-v1", "The profile of thresholds by which quality problems are found.")
    quality_profiles: str = _setting(
        "", "A profile of your own, or a folder of them (`.toml`), beside those that are shipped: `default-v1`, `teams-cqd`."
    )

    # Time
    heartbeat_seconds: int = _setting(15, "How often a page says that it is there.", least=1, most=300)
    lease_seconds: int = _setting(45, "How long after its last heartbeat a connection counts as connected.", least=2, most=3600)
    grace_seconds: int = _setting(60, "How long a connection that was lost may come back as the same.", least=1, most=3600)
    connect_seconds: int = _setting(120, "How long a seat is kept for somebody who was let in and has not connected.", least=5, most=3600)
    ringing_seconds: int = _setting(45, "How long a call rings.", least=1, most=3600)
    empty_seconds: int = _setting(120, "How long a call goes on with nobody connected.", least=1, most=86400)
    settling_seconds: int = _setting(900, "How long after its end a call's record is provisional.", least=1, most=604800)
    max_call_hours: int = _setting(12, "The longest a call goes on.", least=1, most=168)

    # People
    max_participants: int = _setting(50, "The most people in a call.", least=2, most=50)
    ip_policy: str = _setting(
        "hashed", "How addresses are kept: whole, without their last part, as a keyed hash, or not.", one_of=("full", "truncated", "hashed", "none")
    )

    # The trail
    audit_key: str = _setting("", "What seals are signed with (Ed25519), 32 random bytes in hex; empty: derived from the deployment's key.")
    audit_checkpoints: str = _setting("", "Folder that gets a checkpoint of every seal; empty: `audit/checkpoints` of the data folder.")
    audit_webhook: str = _setting("", "Address to which the checkpoint of every seal is posted.")
    objects_url: str = _setting(
        "", "Where archives are kept: `s3://bucket/prefix`, `gs://…`, `az://…`, `file:///…`; empty: `objects` of the data folder."
    )

    @property
    def key(self) -> bytes:
        """The deployment's key. It is what invites and tokens are made with; who has it can make them."""
        return bytes.fromhex(self.secret_key)

    @property
    def base_url(self) -> str:
        here = "localhost" if self.host in ("0.0.0.0", "127.0.0.1", "::") else self.host  # noqa: S104 asks where it is told to listen
        return self.public_url.rstrip("/") or f"http://{here}:{self.port}"


def read_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from the environment, with those given (by the command line) before it.

    Raises SettingInvalid for a value that is not right, and for a variable of our prefix that is no setting: a misspelt setting must not be
    silently without effect.
    """
    environment = os.environ if environment is None else environment
    known = {f"CALLWELL_{f.name.upper()}": f for f in fields(Settings)}
    unknown = sorted(name for name in environment if name.startswith("CALLWELL_") and name not in known)
    if unknown:
        raise errors.SettingInvalid(name=unknown[0], problem="there is no such setting.")
    values = {f.name: _parse(name, environment[name], f) for name, f in known.items() if name in environment}
    values |= {name: value for name, value in given.items() if value is not None}
    settings = Settings(**values)
    _check(settings)
    return settings


def with_secret_key(settings: Settings) -> Settings:
    """The same settings with the deployment's key: the one given, else the one in the data folder, made there at the first start."""
    if settings.secret_key:
        return settings
    file = settings.data_dir / "secret.key"
    if not file.exists():
        _make_secret_key(file)
    secret_key = file.read_text().strip()
    if not _is_key(secret_key):
        raise errors.SettingInvalid(name="CALLWELL_SECRET_KEY", problem=f"{file} does not hold 32 bytes in hex.")
    return replace(settings, secret_key=secret_key)


def _make_secret_key(file: Path) -> None:
    """Written whole before it has its name: who starts at the same time sees all of it or nothing, and one of the two keys stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
            new.write(secrets.token_hex(32))
            new.flush()
            os.fsync(new.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _parse(name: str, text: str, f: Any) -> Any:
    text = text.strip()
    kind = f.type
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off"):
            return False
        raise errors.SettingInvalid(name=name, problem=f"it must be true or false, not {text!r}.")
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise errors.SettingInvalid(name=name, problem=f"it must be a whole number, not {text!r}.") from None
    if kind is Path:
        return Path(text)
    if get_args(kind):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _check(settings: Settings) -> None:
    for f in fields(Settings):
        name, value, limits = f"CALLWELL_{f.name.upper()}", getattr(settings, f.name), f.metadata
        if limits["least"] is not None and not limits["least"] <= value <= limits["most"]:
            raise errors.SettingInvalid(name=name, problem=f"it must be from {limits['least']} to {limits['most']}, not {value}.")
        if limits["one_of"] and value not in limits["one_of"]:
            raise errors.SettingInvalid(name=name, problem=f"it must be one of {', '.join(limits['one_of'])}, not {value!r}.")
    if settings.lease_seconds <= settings.heartbeat_seconds:
        raise errors.SettingInvalid(name="CALLWELL_LEASE_SECONDS", problem="it must be longer than CALLWELL_HEARTBEAT_SECONDS.")
    if settings.secret_key and not _is_key(settings.secret_key):
        raise errors.SettingInvalid(name="CALLWELL_SECRET_KEY", problem="it must be 32 bytes in hex (64 digits).")
    if settings.audit_key and not _is_key(settings.audit_key):
        raise errors.SettingInvalid(name="CALLWELL_AUDIT_KEY", problem="it must be 32 bytes in hex (64 digits).")
    if settings.audit_webhook and not settings.audit_webhook.startswith(("https://", "http://")):
        raise errors.SettingInvalid(name="CALLWELL_AUDIT_WEBHOOK", problem="it must begin with https:// or http://.")
    if settings.oidc_issuer:
        _check_oidc(settings)
    if settings.rtcstats_access in ("secret", "jwt") and len(settings.rtcstats_secret) < 16:
        raise errors.SettingInvalid(name="CALLWELL_RTCSTATS_SECRET", problem="it must have at least 16 characters.")
    if settings.note_keys and settings.note_keys_file:
        raise errors.SettingInvalid(name="CALLWELL_NOTE_KEYS", problem="there is CALLWELL_NOTE_KEYS_FILE as well; keys are in one of them.")
    if settings.turn_urls and not settings.turn_secret:
        raise errors.SettingInvalid(name="CALLWELL_TURN_SECRET", problem="TURN servers need it.")
    for proxy in settings.trusted_proxies:
        try:
            ip_network(proxy, strict=False)
        except ValueError:
            raise errors.SettingInvalid(name="CALLWELL_TRUSTED_PROXIES", problem=f"{proxy!r} is neither an address nor a network.") from None
    if settings.database_url and not settings.database_url.startswith(("postgresql://", "postgres://")):
        raise errors.SettingInvalid(name="CALLWELL_DATABASE_URL", problem="it must begin with postgresql://.")


def _check_oidc(settings: Settings) -> None:
    issuer = urlsplit(settings.oidc_issuer)
    if issuer.scheme != "https" and (issuer.scheme != "http" or issuer.hostname not in ("localhost", "127.0.0.1", "::1")):
        raise errors.SettingInvalid(name="CALLWELL_OIDC_ISSUER", problem="it must begin with https://.")
    if not settings.oidc_client_id:
        raise errors.SettingInvalid(name="CALLWELL_OIDC_CLIENT_ID", problem="the OpenID provider needs it.")
    if "openid" not in settings.oidc_scopes.split():
        raise errors.SettingInvalid(name="CALLWELL_OIDC_SCOPES", problem="`openid` has to be among them.")
    for one in settings.oidc_roles:
        group, _, role = one.rpartition("=")
        if not group or role not in ("admin", "supervisor", "provider", "auditor"):
            raise errors.SettingInvalid(name="CALLWELL_OIDC_ROLES", problem=f"{one!r} is not like `staff=supervisor`.")


def _is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == 32
    except ValueError:
        return False
