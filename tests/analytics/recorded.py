"""Calls and appointments as they come to be on record, and what they come to: counted by hand from the raw tables, entry by entry."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg.rows import dict_row

from callwell import ids
from callwell.analytics.counting import ROLLUPS, Rollup
from callwell.analytics.histograms import bin_of, decode
from callwell.analytics.rollup_rows import READER
from callwell.analytics.rollups import count_changes
from callwell.compliance.erasing import erase_all, request_erasure
from callwell.planning.appointments import Acting, NewAppointment, cancel_appointment, create_appointment, miss_appointment
from callwell.planning.deployed import Deployed
from callwell.postgres import Database, fetch_value
from callwell.record import events as e
from callwell.record.audit import NOWHERE
from callwell.record.events import NewEvent, Payload, Side, Writer
from callwell.record.ledger import Ledger

AT = datetime(2026, 10, 28, 12, tzinfo=UTC)
"""When it is looked at."""
SUNDAY = datetime(2026, 10, 24, 21, 40, tzinfo=UTC)
"""When things happen, and for some days after: in Berlin clocks are put back in that night."""
BERLIN = ZoneInfo("Europe/Berlin")

SIDES: tuple[tuple[str, Side], ...] = (("user:client", "client"), ("user:provider", "provider"))

Figures = dict[tuple[str, str, str, datetime], dict[str, Any]]
"""Sums and histograms of rows, by grain, dimension, value and start."""


class Practice:
    """What happens in calls, as a host tells it, and what is counted of it."""

    def __init__(self, db: Database, ledger: Ledger, deployed: Deployed) -> None:
        self.db = db
        self.ledger = ledger
        self.deployed = deployed

    # ── What happens ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def tell(self, call_id: UUID, minutes: float, type: str, payload: Payload, who: str | None = None, device: str = "a") -> None:
        """A fact, so many minutes after the practice opened."""
        at = SUNDAY + timedelta(minutes=minutes)
        fact = NewEvent(call_id, ids.uuid7(), type, at, payload, who, f"{who} {device}" if who else None)
        (outcome,) = await self.ledger.append("key:host", Writer.SERVER, [fact], received_at=AT)
        assert outcome.outcome == "stored", outcome

    async def hold(self, minutes: float = 0, lasts: float = 50, **about: Any) -> UUID:
        """A call of a client and a provider."""
        call_id = ids.uuid7()
        await self.tell(call_id, minutes, "call.created", e.CallCreated(**about))
        for who, side in SIDES:
            await self.tell(call_id, minutes, "participant.joined", e.Joined(side=side, device=e.Device(browser="Firefox 131.0", os="Linux")), who)
            await self.tell(call_id, minutes, "participant.connected", e.Connected(setup_ms=640), who)
        await self.tell(call_id, minutes + lasts, "call.ended", e.CallEnded())
        return call_id

    async def judge(self, call_id: UUID, seed: int = 0) -> None:
        """A report of it, with made-up figures for whoever is in it: made once more, whatever it said before."""
        chance = random.Random(seed)
        async with self.db.transaction() as tx:
            people = [row[0] for row in await (await tx.execute("SELECT id FROM participants WHERE call_id = %s ORDER BY id", [call_id])).fetchall()]
            began = await fetch_value(tx, "SELECT coalesce(started_at, created_at) FROM calls WHERE id = %s", [call_id])
            if began is None:
                return
            score = chance.choice([None, round(chance.uniform(0, 100), 3)])
            body = {
                "score": score,
                "category": chance.choice(["excellent", "good", "fair", "poor"]) if score is not None else "unknown",
                "people": [
                    {
                        "participant_id": id,
                        "score": chance.choice([None, round(chance.uniform(0, 100), 3)]),
                        "minutes": [self._minute(chance, number) for number in range(chance.randint(0, 70))],
                    }
                    for id in people
                ],
                "issues": [
                    {
                        "participant_id": chance.choice(people),
                        "severity": chance.choice(["warning", "critical"]),
                        "started_at": began + timedelta(seconds=chance.randint(0, 4000)),
                    }
                    for _ in range(chance.randint(0, 3) if people else 0)
                ],
            }
            await tx.execute(
                """
                INSERT INTO reports (call_id, version, revision, is_final, analyzed_at, formula, profile, sample_count, score, category, body)
                VALUES (%(id)s, 1, 1, false, now(), 'q1', 'default-v1', 0, %(score)s, %(category)s, %(body)s::json)
                ON CONFLICT (call_id) DO UPDATE SET revision = reports.revision + 1, score = excluded.score, category = excluded.category,
                                                    body = excluded.body
                """,
                {"id": call_id, "score": score, "category": body["category"], "body": msgspec.json.encode(body).decode()},
            )
            await tx.execute("INSERT INTO changes (call_id, version, is_report) VALUES (%s, 1, true)", [call_id])

    def _minute(self, chance: random.Random, number: int) -> dict[str, Any]:
        """As reports had them before they told of jitter, or as they have them now."""
        known = {name: chance.choice([None, round(chance.uniform(0, most), 3)]) for name, most in MEASURED.items()}
        if chance.random() < 0.2:
            del known["jitter_ms"]
        return {"minute": number, **known}

    async def plan(self, minutes: float = 0, **about: Any) -> UUID:
        """An appointment of the client with the provider."""
        id = ids.uuid7()
        new = NewAppointment(provider_id="user:provider", client_id="user:client", scheduled_at=SUNDAY + timedelta(minutes=minutes), **about)
        async with self.db.transaction() as tx:
            await create_appointment(tx, id, new, self.deployed, ACTING)
        return id

    async def cancel(self, id: UUID) -> None:
        async with self.db.transaction() as tx:
            await cancel_appointment(tx, id, None, ACTING)

    async def miss(self, id: UUID, absent: Any) -> None:
        async with self.db.transaction() as tx:
            await miss_appointment(tx, id, absent, ACTING)

    async def erase(self, conversation_id: str) -> None:
        async with self.db.transaction() as tx:
            await request_erasure(tx, conversation_id, at=AT, caller="test", origin=NOWHERE)
        await erase_all(self.db, self.ledger, lambda: AT)

    async def live_in(self, time_zone: str) -> None:
        await self.execute(
            "INSERT INTO settings (name, value, updated_at) VALUES ('time_zone', %s::jsonb, now()) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            msgspec.json.encode(time_zone).decode(),
        )

    async def forget(self) -> None:
        """As if nothing had ever happened."""
        async with self.db.transaction() as tx:
            await tx.execute("SET LOCAL ROLE NONE")
            await tx.execute(
                """
                TRUNCATE calls, appointments, conversations, rooms, changes, appointment_changes, settings, rollup_zones, counted_call_rows,
                         counted_appointments, call_rollup_rows, connection_rollup_rows, quality_rollup_rows, person_rollup_rows, appointment_rollup_rows
                CASCADE
                """
            )

    # ── What is counted ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def count(self, most: int = 500, at: datetime = AT) -> None:
        """As the reader does, until it has seen everything. Transactions of other tests, in other databases, hold it back, too."""
        while True:
            counted = await count_changes(self.db, at, most)
            if not counted and await self.rows(WAITING, READER) == [(False,)]:
                return

    async def kept(self, rollup: Rollup) -> Figures:
        """The rows that are read."""
        async with self.db.connection() as tx:
            cursor = tx.cursor(row_factory=dict_row)
            statement: LiteralString = "SELECT * FROM " + rollup.name
            found = await (await cursor.execute(statement)).fetchall()
        figures: Figures = {}
        for row in found:
            key = row.pop("grain"), row.pop(rollup.keys[0]), row.pop(rollup.keys[1]), row.pop("starts_at")
            figures[key] = row | {name: decode(row[name]) for name in rollup.histograms}
        return figures

    async def check(self, zone: ZoneInfo = BERLIN, minutes_since: datetime = AT - timedelta(days=8)) -> None:
        """What is kept is what there is to count, in every row of every rollup."""
        by_hand = await ByHand.of(self.db, zone, minutes_since)
        for rollup in ROLLUPS:
            assert await self.kept(rollup) == by_hand.figures[rollup.name], rollup.name
        assert {(side, identity): day for side, identity, day in await self.rows("SELECT * FROM first_days")} == by_hand.first_days()

    async def rows(self, statement: LiteralString, *parameters: Any) -> list[tuple[Any, ...]]:
        async with self.db.connection() as tx:
            return await (await tx.execute(statement, parameters)).fetchall()

    async def execute(self, statement: LiteralString, *parameters: Any) -> None:
        async with self.db.transaction() as tx:
            await tx.execute(statement, parameters)

    async def figure(
        self, figure: LiteralString, rollup: LiteralString = "call_rollups", grain: str = "hour", dimension: str = "all"
    ) -> dict[Any, int]:
        """One figure of all rows of a grain and dimension, by their values and starts."""
        statement: LiteralString = "SELECT value, starts_at, " + figure + " FROM " + rollup + " WHERE grain = %s AND dimension = %s"
        return {(value, starts_at): told for value, starts_at, told in await self.rows(statement, grain, dimension)}


ACTING = Acting("test", NOWHERE, SUNDAY - timedelta(days=3))

WAITING: LiteralString = """
    SELECT EXISTS (SELECT FROM changes JOIN change_readers AS r ON r.name = %s AND (changes.txid, changes.position) > (r.txid, r.position))
        OR EXISTS (SELECT FROM appointment_changes)
"""

MEASURED = {"score": 100.0, "rtt_ms": 900.0, "packet_loss_pct": 30.0, "bitrate_kbps": 4000.0, "jitter_ms": 90.0}


# ── By hand ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class ByHand:
    """All that is on record, counted the slow way."""

    def __init__(self, zone: ZoneInfo, minutes_since: datetime) -> None:
        self.zone = zone
        self.minutes_since = minutes_since
        self.figures: dict[str, Figures] = {rollup.name: {} for rollup in ROLLUPS}

    @classmethod
    async def of(cls, db: Database, zone: ZoneInfo, minutes_since: datetime) -> "ByHand":
        found = cls(zone, minutes_since)
        tables: dict[str, list[dict[str, Any]]] = {}
        async with db.transaction() as tx:
            await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for table in ("calls", "participants", "connections", "reports", "appointments", "attendees"):
                tables[table] = await (await tx.cursor(row_factory=dict_row).execute("SELECT * FROM " + table)).fetchall()  # pyright: ignore[reportArgumentType]
        for call in tables["calls"]:
            if not call["is_demo"]:
                own = {table: [row for row in tables[table] if row["call_id"] == call["id"]] for table in ("participants", "connections", "reports")}
                found.call(call, own["participants"], own["connections"], own["reports"][0]["body"] if own["reports"] else None)
        for appointment in tables["appointments"]:
            calls = {call["id"] for call in tables["calls"] if call["appointment_id"] == appointment["id"] and not call["is_demo"]}
            people = [row for row in tables["participants"] if row["call_id"] in calls and row["joined_at"] is not None]
            found.appointment(appointment, [row for row in tables["attendees"] if row["appointment_id"] == appointment["id"]], people)
        return found

    def call(self, call: dict[str, Any], people: list[dict[str, Any]], connections: list[dict[str, Any]], report: dict[str, Any] | None) -> None:
        began = call["started_at"] or call["created_at"]
        names = {one["id"]: name_of(one) for one in people}
        providing = sorted((-one["attended_ms"], names[one["id"]]) for one in people if one["side"] == "provider")
        provider = names.get(call["provider_id"]) or (providing[0][1] if providing else None)
        own = {
            ("all", ""), ("engine", call["engine"]), ("mode", call["mode"]), ("kind", call["type"]),
            ("provider", provider or call["provider_name"] or "unknown"),
            ("room", ids.room_name(call["room_id"]) if call["room_id"] else "unknown"),
            *(("tag", tag) for tag in call["metadata"].get("tags", ())),
        }  # fmt: skip
        unknown = {(name, "unknown") for name in ("browser", "os", "device", "network", "country")}
        everywhere = {value for one in connections for value in placed(one)} or unknown
        score = report["score"] if report else None
        self.add(
            "call_rollups", own | everywhere, began, calls=1, started=call["started_at"] is not None, ended=call["status"] == "ended",
            failed=call["status"] == "failed", unanswered=call["status"] == "ended" and call["started_at"] is None,
            with_drops=call["disconnection_count"] > 0, with_issues=call["issue_count"] > 0, participants=call["participant_count"],
            disconnections=call["disconnection_count"], issues=call["issue_count"], mode_switches=call["mode_switch_count"],
            elapsed_ms=call["elapsed_ms"] or 0, attended_ms=sum(one["attended_ms"] for one in people), overlap_ms=call["overlap_ms"],
            timed=call["elapsed_ms"] is not None, **{(report or {"category": "unknown"})["category"]: 1},
            elapsed=None if call["elapsed_ms"] is None else call["elapsed_ms"] / 1000, **scored(score),
        )  # fmt: skip
        for one in connections:
            if one["status"] != "unseen":
                lost = one["connected_at"] is not None and one["state"].get("disconnected_at") is not None and one["disconnection_count"] > 0
                self.add(
                    "connection_rollups", own | placed(one), one["joined_at"] or began, joins=1, connected=one["connected_at"] is not None,
                    failed=one["status"] == "failed" and one["connected_at"] is None, refused=one["status"] == "refused",
                    dropped=one["connected_at"] is not None and (one["status"] == "failed" or (one["status"] == "left" and lost)),
                    disconnections=one["disconnection_count"], timed=one["setup_ms"] is not None, setup_ms=one["setup_ms"] or 0,
                    attended_ms=one["attended_ms"], setup=one["setup_ms"],
                )  # fmt: skip
        judged = {UUID(one["participant_id"]): one for one in (report["people"] if report else ())}
        for id, one in judged.items():
            where = {value for connection in connections if connection["participant_id"] == id for value in placed(connection)} or unknown
            for minute in one["minutes"]:
                measured = {name: minute.get(f"{name}{unit}") for name, unit in UNITS.items()}
                self.add(
                    "quality_rollups", own | where, began.replace(second=0, microsecond=0) + timedelta(minutes=minute["minute"]), minutes=1,
                    poor=minute["score"] is not None and minute["score"] < 60, **scored(minute["score"]),
                    **{f"{name}_count": value is not None for name, value in measured.items()},
                    **{f"{name}_sum": hundredths(value) for name, value in measured.items()},
                    **{name: None if value is None else round(value * 100) / 100 for name, value in measured.items()},
                )  # fmt: skip
            for issue in report["issues"] if report else ():
                if UUID(issue["participant_id"]) == id:
                    self.add("quality_rollups", own | where, datetime.fromisoformat(issue["started_at"]), issues=1)
        spoke = sum(one["spoke_ms"] for one in people)
        for one in people:
            there = one["connected_at"] is not None
            stars = [other["rating_stars"] for other in people if (other is not one if one["side"] == "provider" else other is one)]
            stars = [given for given in stars if given is not None]
            score = judged[one["id"]]["score"] if one["id"] in judged else None
            self.add(
                "person_rollups", {(one["side"] or "none", names[one["id"]])}, began, calls=1, sessions=there,
                failed=call["status"] == "failed" or (one["status"] == "failed" and not there), with_issues=one["issue_count"] > 0,
                attended_ms=one["attended_ms"], overlap_ms=call["overlap_ms"] * there, spoke_ms=one["spoke_ms"], all_spoke_ms=spoke * there,
                messages=one["messages_sent"], reactions=one["reactions_sent"], disconnections=one["disconnection_count"], issues=one["issue_count"],
                rated=len(stars), stars=sum(stars), scored=score is not None, score_sum=hundredths(score),
            )  # fmt: skip

    def appointment(self, one: dict[str, Any], attendees: list[dict[str, Any]], people: list[dict[str, Any]]) -> None:
        values = {("all", ""), ("provider", one["provider_id"]), *(("tag", tag) for tag in one["metadata"].get("tags", ()))}
        took = (one["call_ended_at"] - one["call_started_at"]) if one["call_ended_at"] and one["call_started_at"] else timedelta(0)
        self.add(
            "appointment_rollups", values, one["scheduled_at"], booked=1, completed=one["status"] == "completed", cancelled=one["status"] == "cancelled",
            declined=one["status"] == "declined", **{f"{one['no_show']}_no_shows": 1 for _ in range(one["no_show"] is not None)},
            booked_ms=one["duration_minutes"] * 60_000, elapsed_ms=took // timedelta(milliseconds=1), overlap_ms=one["overlap_ms"],
        )  # fmt: skip
        for attendee in attendees:
            arrived_at = min((row["joined_at"] for row in people if name_of(row) == attendee["identity"]), default=None)
            late = max(timedelta(0), arrived_at - one["scheduled_at"]) if arrived_at else timedelta(0)
            late = late if late > timedelta(minutes=1) else timedelta(0)
            self.add(
                "person_rollups", {(attendee["side"], attendee["identity"])}, one["scheduled_at"], booked=1, completed=one["status"] == "completed",
                no_shows=one["no_show"] in ("both", attendee["side"]), cancelled=one["status"] == "cancelled", late=bool(late),
                late_ms=late // timedelta(milliseconds=1), arrived=arrived_at is not None,
            )  # fmt: skip

    def add(self, name: str, values: set[tuple[str, str]], at: datetime, **told: Any) -> None:
        rollup = next(rollup for rollup in ROLLUPS if rollup.name == name)
        for dimension, value in values:
            for grain, start in self.starts(name, dimension, at):
                row = self.figures[name].setdefault(
                    (grain, dimension, value, start), {**dict.fromkeys(rollup.sums, 0), **{one: Counter() for one in rollup.histograms}}
                )
                for figure, amount in told.items():
                    if figure in rollup.histograms:
                        if amount is not None:
                            row[figure][bin_of(amount)] += 1
                    else:
                        row[figure] += int(amount)

    def first_days(self) -> dict[tuple[str, str], datetime]:
        """When everybody was in a call first."""
        found: dict[tuple[str, str], datetime] = {}
        for (grain, side, identity, start), figures in self.figures["person_rollups"].items():
            if grain == "day" and figures["sessions"]:
                found[side, identity] = min(start, found.get((side, identity), start))
        return found

    def starts(self, name: str, dimension: str, at: datetime) -> Iterator[tuple[str, datetime]]:
        local = at.astimezone(self.zone)
        minute = at.replace(second=0, microsecond=0)
        if dimension == "all" and minute >= self.minutes_since:
            yield "minute", minute
        if dimension != "room" and name != "person_rollups":
            yield "hour", minute - timedelta(minutes=local.minute)
        midnight = datetime(local.year, local.month, local.day, tzinfo=self.zone)
        yield "day", midnight.astimezone(UTC)
        month = midnight.replace(day=1).astimezone(UTC)
        yield "month", month
        if name == "person_rollups":
            yield "quarter", datetime(local.year, (1, 4, 7, 10)[(local.month - 1) // 3], 1, tzinfo=self.zone).astimezone(UTC)
            yield "year", datetime(local.year, 1, 1, tzinfo=self.zone).astimezone(UTC)
        if name == "quality_rollups" and dimension != "room":
            yield "hour_of_day", month + timedelta(hours=local.hour)


UNITS: Mapping[str, str] = {"rtt": "_ms", "packet_loss": "_pct", "bitrate": "_kbps", "jitter": "_ms"}


def name_of(person: dict[str, Any]) -> str:
    return f"user:{person['user_id']}" if person["user_id"] else f"guest:{person['guest_id']}"


def placed(connection: dict[str, Any]) -> set[tuple[str, str]]:
    where = connection["metadata"] or {}
    browser = (connection["browser"] or "unknown").split()[0]
    return {
        ("browser", browser), ("os", connection["os"] or "unknown"), ("device", connection["device_type"] or "unknown"),
        ("network", where.get("network", "unknown")), ("country", where.get("country", "unknown")),
    }  # fmt: skip


def scored(score: float | None) -> dict[str, Any]:
    return {"scored": score is not None, "score_sum": hundredths(score), "score": None if score is None else round(score * 100) / 100}


def hundredths(value: float | None) -> int:
    return 0 if value is None else round(value * 100)


__all__ = ["AT", "BERLIN", "SUNDAY", "Practice"]
