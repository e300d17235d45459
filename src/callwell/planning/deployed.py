"""The settings in effect: what the deployment set, as every process knows it, under what a room and an appointment set over it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from callwell import errors
from callwell.access.guards import Door
from callwell.planning.call_settings import CATALOGUE, Level, MeetingSettings, Setting, check_settings, of_calls, settings_of, those_right
from callwell.postgres.pool import Database, DatabaseError, Tx, execute, fetch_all
from callwell.record.audit import Action, Origin, add_audit_entry
from callwell.record.ledger import Ledger, allowances
from callwell.settings import Settings

log = logging.getLogger(__name__)

REFRESH_EVERY: Final = 2.0
"""Seconds until every process knows what one of them was told."""

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Deployed:
    """What the deployment set. Silent timers of calls that say nothing of their own go by it."""

    def __init__(self, db: Database, ledger: Ledger, door: Door, settings: Settings, profiles: Collection[str]) -> None:
        """``profiles`` are the names of the quality profiles that there are."""
        self.values: Mapping[str, Any] = NOTHING
        """What was set and is right, by name."""
        self.environment: Mapping[str, Any] = {
            setting.name: getattr(settings, setting.environment) for setting in CATALOGUE.values() if setting.environment
        }
        """What the environment says of settings that it has too."""
        self._db = db
        self._ledger = ledger
        self._door = door
        self._settings = settings
        self._profiles = frozenset(profiles)

    def meeting(self, room: Mapping[str, Any] = NOTHING, appointment: Mapping[str, Any] = NOTHING) -> MeetingSettings:
        """All settings of a meeting, the nearest word for each: its appointment's, its room's, the deployment's, the environment's, the default."""
        return in_effect(self.environment, self.values, room, appointment)

    @property
    def ip_policy(self) -> str:
        """How addresses are kept."""
        return self.values.get("ip_policy", self.environment["ip_policy"])

    def of_call(
        self, room: Mapping[str, Any] = NOTHING, appointment: Mapping[str, Any] = NOTHING, call: Mapping[str, Any] = NOTHING
    ) -> dict[str, Any]:
        """What a call that begins now keeps: of its settings all that were given anywhere, the nearest word for each."""
        return of_calls({**those_right(self.values), **those_right(room), **those_right(appointment), **those_right(call)})

    def check(self, given: Mapping[str, Any], level: Level, *, within: str = "settings.") -> dict[str, Any]:
        """The settings given, each known, right and to be set there. Raises SettingUnknown or Invalid, which name the field."""
        return check_settings(given, level, profiles=self._profiles, most_people=self.environment["max_participants"], within=within)

    async def refresh(self) -> None:
        """Learns what is set now. Raises what the database raises."""
        async with self._db.connection() as tx:
            self.values = MappingProxyType(those_right(await read_settings(tx)))
        self._ledger.allowances = allowances(self._settings, self.values)
        self._door.settling = self._ledger.allowances.settling

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Deployed"]:
        """What is set is known from the beginning, and what changes soon after."""
        await self.refresh()
        refreshing = asyncio.create_task(self._keep_fresh(), name="deployed-settings")
        try:
            yield self
        finally:
            refreshing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await refreshing

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_EVERY)
            try:
                await self.refresh()
            except (errors.DatabaseUnavailable, DatabaseError) as why:
                log.warning("settings were not read again: %r", why)
            except Exception:
                log.exception("settings were not read again")


def in_effect(environment: Mapping[str, Any], *given: Mapping[str, Any]) -> MeetingSettings:
    """All settings by what was given, the nearest last. What is not right is passed over, and nobody lets more people in than the environment does."""
    wished = settings_of({**environment, **{name: value for level in given for name, value in those_right(level).items()}})
    most = environment["max_participants"]
    return wished if wished.max_participants <= most else msgspec.structs.replace(wished, max_participants=most)


class ExplainedSetting(Struct, frozen=True, kw_only=True):
    """A setting of the deployment: what it is, what it does and where its value is from."""

    name: str
    value: Any
    source: Literal["deployment", "environment", "default"]
    """Who said so: this deployment by `PATCH /v1/settings`, the environment it runs in, or nobody."""
    default: Any
    """What holds where the deployment says nothing."""
    levels: tuple[Level, ...]
    """Where it may be set; nearer ones (the last) come before farther ones."""
    type: Literal["boolean", "integer", "text"]
    least: int | None
    most: int | None
    one_of: tuple[str, ...]
    sentence: str


def explain(environment: Mapping[str, Any], deployed: Mapping[str, Any]) -> list[ExplainedSetting]:
    """Every setting of the catalogue, with the value in effect where no room or appointment says otherwise."""
    deployed = those_right(deployed)
    wished = in_effect(environment, deployed)
    return [
        ExplainedSetting(
            name=setting.name,
            value=getattr(wished, setting.name),
            source="deployment" if setting.name in deployed else _source(environment, setting),
            default=environment.get(setting.name, setting.default),
            levels=setting.levels,
            type=setting.kind,
            least=setting.least,
            most=setting.most,
            one_of=setting.one_of,
            sentence=setting.sentence,
        )
        for setting in CATALOGUE.values()
    ]


def _source(environment: Mapping[str, Any], setting: Setting) -> Literal["environment", "default"]:
    return "environment" if environment.get(setting.name, setting.default) != setting.default else "default"


class Change(Struct, frozen=True):
    """A setting that has another value now; None: none of its own."""

    name: str
    old: Any
    new: Any


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What is different, in the order of names."""
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return [Change(name, old.get(name), new.get(name)) for name in names]


async def note_change(
    tx: Tx, change: Change, *, at: datetime, caller: str, origin: Origin, room_id: UUID | None = None, appointment_id: UUID | None = None
) -> None:
    """The audit entry of a setting that has another value now. Settings are no secrets, and tell of nobody."""
    metadata = {"name": change.name, "old": change.old, "new": change.new}
    await add_audit_entry(
        tx,
        action=Action.SETTINGS_CHANGED,
        at=at,
        caller=caller,
        origin=origin,
        room_id=room_id,
        appointment_id=appointment_id,
        metadata=metadata,
    )


# ── What is kept ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Kept(Struct, frozen=True):
    name: str
    value: Any


async def read_settings(tx: Tx) -> dict[str, Any]:
    """What the deployment set, by name, whatever it is."""
    rows = await fetch_all(tx, _Kept, "SELECT name, value FROM settings ORDER BY name")
    return {row.name: row.value for row in rows}


async def change_deployment(tx: Tx, deployed: Deployed, given: Mapping[str, Any], at: datetime) -> list[Change]:
    """Merges what is given into what the deployment set; null takes a value away. Gives what is different now.

    Raises SettingUnknown or Invalid.
    """
    await execute(tx, "LOCK TABLE settings IN SHARE ROW EXCLUSIVE MODE")
    old = await read_settings(tx)
    known = {*old, *CATALOGUE}  # one that is left from another version can be taken away still
    deployed.check({name: value for name, value in given.items() if value is not None or name not in known}, "deployment", within="")
    new = {name: value for name, value in {**old, **given}.items() if value is not None}
    changed = changes(old, new)
    for change in changed:
        if change.new is None:
            await execute(tx, "DELETE FROM settings WHERE name = %(name)s", {"name": change.name})
        else:
            await execute(
                tx,
                """
                INSERT INTO settings (name, value, updated_at) VALUES (%(name)s, %(value)s::jsonb, %(at)s)
                ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, updated_at = EXCLUDED.updated_at
                """,
                {"name": change.name, "value": msgspec.json.encode(change.new).decode(), "at": at},
            )
    return changed
