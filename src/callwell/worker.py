"""The table of background work: deadlines, swept every second by our own loop, and jobs that are long or retried, run by procrastinate.

It runs in the server's own process, or with `callwell work` in others: every piece may run in several at once.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import procrastinate
from procrastinate import JobContext
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from callwell import errors
from callwell.access.sessions import forget_sessions
from callwell.access.signing_in import forget_failures
from callwell.analytics import rollups
from callwell.analytics.metrics import AT_ONCE, count_entries
from callwell.compliance.archive import Archive, archive_trail
from callwell.compliance.erasing import erase_all, is_erasing
from callwell.compliance.sealing import Sealing
from callwell.http import forget_answers
from callwell.planning.deployed import Deployed
from callwell.planning.following import keep_appointments
from callwell.postgres.pool import Database, DatabaseError, execute
from callwell.quality.making import keep_report
from callwell.quality.profiles import Profiles
from callwell.record.changes import advance, prune_changes, read_changes
from callwell.record.deadlines import sweep_deadlines
from callwell.record.ledger import Ledger
from callwell.record.queries import list_call_ids, list_ended_calls, list_marked_calls
from callwell.settings import Settings

log = logging.getLogger(__name__)

NAMESPACE = "callwell"
"""What names of jobs begin with."""
SWEEP_EVERY = 1.0
FOLLOW_EVERY = 0.5
COUNT_EVERY = 1.0
ERASE_EVERY = 2.0
CHANGES_AT_ONCE = 500
JOBS_AT_ONCE = 2
CALLS_AT_ONCE = 20
SIGNALS_KEPT = timedelta(minutes=1)
STALLED_AFTER = timedelta(minutes=10)


@contextlib.asynccontextmanager
async def working(
    db: Database, ledger: Ledger, profiles: Profiles, deployed: Deployed, settings: Settings, sealing: Sealing, archive: Archive
) -> AsyncIterator[procrastinate.App]:
    """Does background work until the block ends; what is under way then is finished."""
    jobs = job_queue(db)
    async with jobs.open_async():
        stop = asyncio.Event()
        sweeping = asyncio.create_task(look_after_deadlines(db, ledger, stop), name="deadlines")
        following = asyncio.create_task(follow_changes(db, jobs, stop), name="changes")
        appointments = asyncio.create_task(keep_appointments(db, deployed, stop), name="appointments")
        erasing = asyncio.create_task(keep_erasing(db, jobs, stop), name="erasing")
        counting = asyncio.create_task(keep_figures(db, settings.key, stop), name="figures")
        rolling = asyncio.create_task(keep_rollups(db, stop), name="rollups")
        seals = asyncio.create_task(sealing.run(stop, lambda: ask_to_tell_checkpoints(jobs)), name="seals")
        at_hand = {"db": db, "ledger": ledger, "profiles": profiles, "deployed": deployed, "sealing": sealing, "archive": archive}
        running = asyncio.create_task(_run_jobs(jobs, at_hand), name="jobs")
        try:
            yield jobs
        finally:
            stop.set()
            running.cancel()
            await asyncio.gather(sweeping, following, appointments, erasing, counting, rolling, seals, running, return_exceptions=True)


def job_queue(db: Database) -> procrastinate.App:
    """Where jobs are put, and taken from by whoever works."""
    jobs = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=db.dsn, min_size=1, max_size=JOBS_AT_ONCE + 2))
    for job in JOBS:
        options: dict[str, Any] = {"queueing_lock": job.name} if job.is_one else {}
        task = jobs.task(name=f"{NAMESPACE}:{job.name}", pass_context=True, retry=job.retry, **options)(job.run)
        if job.cron is not None:
            jobs.periodic(cron=job.cron)(task)
    return jobs


async def look_after_deadlines(db: Database, ledger: Ledger, stop: asyncio.Event) -> None:
    """Sweeps every second. A database that is away is waited for; deadlines move by the gap."""
    while not stop.is_set():
        try:
            await sweep_deadlines(db, ledger, datetime.now(UTC))
        except (errors.DatabaseUnavailable, DatabaseError) as why:
            log.warning("deadlines were not looked after: %r", why)
        except Exception:
            log.exception("deadlines were not looked after")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SWEEP_EVERY):
                await stop.wait()


async def follow_changes(db: Database, jobs: procrastinate.App, stop: asyncio.Event) -> None:
    """Has reports made of the calls that are over and of which more has become known, as long as the block runs."""
    while not stop.is_set():
        found = 0
        try:
            found = await ask_for_reports(db, jobs)
        except (errors.DatabaseUnavailable, DatabaseError, ConnectorException) as why:
            log.warning("reports were not asked for: %r", why)
        except Exception:
            log.exception("reports were not asked for")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if found == CHANGES_AT_ONCE else FOLLOW_EVERY):
                await stop.wait()


async def ask_for_reports(db: Database, jobs: procrastinate.App) -> int:
    """Looks at the next changes once; gives how many they were. A report that is asked for and not begun yet is not asked for twice."""
    async with db.transaction() as tx:
        changes = await read_changes(tx, "reports", CHANGES_AT_ONCE)
        if changes:
            for call_id in await list_ended_calls(tx, {change.call_id for change in changes if not change.is_report}):
                with contextlib.suppress(AlreadyEnqueued):
                    lock = f"report:{call_id}"
                    await jobs.configure_task(f"{NAMESPACE}:make_report", lock=lock, queueing_lock=lock).defer_async(call_id=str(call_id))
            await advance(tx, "reports", changes[-1])
    return len(changes)


async def keep_erasing(db: Database, jobs: procrastinate.App, stop: asyncio.Event) -> None:
    """Has erased what is to be, again where a worker died over it, as long as the block runs."""
    while not stop.is_set():
        try:
            if await is_erasing(db):
                with contextlib.suppress(AlreadyEnqueued):
                    await jobs.configure_task(f"{NAMESPACE}:erase_conversations", queueing_lock="erase_conversations").defer_async()
        except (errors.DatabaseUnavailable, DatabaseError, ConnectorException) as why:
            log.warning("what is to be erased was not asked for: %r", why)
        except Exception:
            log.exception("what is to be erased was not asked for")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ERASE_EVERY):
                await stop.wait()


async def erase_conversations(context: JobContext) -> None:
    """Erases in small steps what is to be erased; another one goes on where it is stopped."""
    db, ledger = _at_hand(context)
    await erase_all(db, ledger, lambda: datetime.now(UTC))


async def keep_figures(db: Database, key: bytes, stop: asyncio.Event) -> None:
    """Counts what the audit trail was told, every second."""
    while not stop.is_set():
        counted = 0
        try:
            counted = await count_entries(db, key)
        except (errors.DatabaseUnavailable, DatabaseError) as why:
            log.warning("figures were not kept: %r", why)
        except Exception:
            log.exception("figures were not kept")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if counted == AT_ONCE else COUNT_EVERY):
                await stop.wait()


async def keep_rollups(db: Database, stop: asyncio.Event) -> None:
    """Counts what calls and appointments come to, every second."""
    while not stop.is_set():
        counted = 0
        try:
            counted = await rollups.count_changes(db, datetime.now(UTC))
        except (errors.DatabaseUnavailable, DatabaseError) as why:
            log.warning("rollups were not kept: %r", why)
        except Exception:
            log.exception("rollups were not kept")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if counted >= rollups.CHANGES_AT_ONCE else COUNT_EVERY):
                await stop.wait()


async def ask_to_tell_checkpoints(jobs: procrastinate.App) -> None:
    """Has the checkpoints posted that were not yet; one job that waits is enough."""
    with contextlib.suppress(AlreadyEnqueued):
        await jobs.configure_task(f"{NAMESPACE}:tell_checkpoints", queueing_lock="tell_checkpoints").defer_async()


async def _run_jobs(jobs: procrastinate.App, at_hand: dict[str, Any]) -> None:
    while True:
        try:
            await jobs.run_worker_async(
                concurrency=JOBS_AT_ONCE,
                install_signal_handlers=False,
                additional_context=at_hand,
                shutdown_graceful_timeout=20,
                delete_jobs="successful",
            )
        except Exception as why:  # noqa: BLE001 whatever stopped it, jobs are to be run
            # Its own connection was lost, as when the database restarts. Jobs wait in it meanwhile.
            log.warning("jobs are not run at the moment: %r", why)
            await asyncio.sleep(SWEEP_EVERY)


# ── Jobs ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def make_report(context: JobContext, call_id: str) -> None:
    """Makes the report of a call that is over, and finishes its record where late facts have had their time."""
    db, ledger = _at_hand(context)
    with contextlib.suppress(errors.NotFound):  # erased meanwhile
        await keep_report(db, ledger, context.additional_context["profiles"], UUID(call_id), datetime.now(UTC))


async def rebuild_calls(context: JobContext) -> None:
    """Folds every call again from its facts, a few at a time."""
    db, ledger = _at_hand(context)
    await rebuild_all(db, ledger)


async def rebuild_all(db: Database, ledger: Ledger) -> int:
    """Folds every call again; gives how many were."""
    rebuilt = 0
    after: UUID | None = None
    while True:
        async with db.connection() as tx:
            call_ids = await list_call_ids(tx, after, CALLS_AT_ONCE)
        if not call_ids:
            return rebuilt
        rebuilt += await ledger.rebuild(call_ids, datetime.now(UTC))
        after = call_ids[-1]


async def heal_calls(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 every periodic job is told
    """Tries again to fold the calls whose fold failed: a newer version may be able to."""
    db, ledger = _at_hand(context)
    async with db.connection() as tx:
        marked = await list_marked_calls(tx, 1000)
    for call_id in marked:
        await ledger.rebuild([call_id], datetime.now(UTC))


async def tidy_up(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 every periodic job is told
    """Removes what has had its time: changes that all readers saw, answers to idempotency keys, sessions, signals nobody fetched, figures of minutes."""
    db, _ = _at_hand(context)
    at = datetime.now(UTC)
    while True:
        async with db.transaction() as tx:
            removed = await prune_changes(tx)
        if not removed:
            break
    async with db.transaction() as tx:
        await forget_answers(tx, at)
        await forget_sessions(tx, at)
        await forget_failures(tx, at)
        await execute(tx, "DELETE FROM signals WHERE created_at < %s", [at - SIGNALS_KEPT])
    await rollups.forget_minutes(db, at)


async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 every periodic job is told
    """Gives jobs whose worker died to another one."""
    for job in await context.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER.total_seconds()):
        await context.app.job_manager.retry_job(job)


async def tell_checkpoints(context: JobContext) -> None:
    """Posts the checkpoints of new seals to who wants to know. Tried again where nobody answers; the next seal asks for it anew."""
    await context.additional_context["sealing"].tell_webhook()


async def archive_audit(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 every periodic job is told
    """Archives what of the audit trail has had its time, and removes it."""
    db, _ = _at_hand(context)
    at = datetime.now(UTC)
    days = context.additional_context["deployed"].meeting().retention_audit_days
    done = await archive_trail(db, context.additional_context["archive"], at - timedelta(days=days), at)
    log.info("the audit trail was archived: %d seals, %d entries removed", done.seals, done.removed)


def _at_hand(context: JobContext) -> tuple[Database, Ledger]:
    return context.additional_context["db"], context.additional_context["ledger"]


@dataclass(frozen=True)
class Job:
    """Work that is long or retried."""

    run: Callable[..., Awaitable[None]]
    cron: str | None = None
    """When it is begun by itself."""
    retry: int | procrastinate.RetryStrategy | bool = False
    is_one: bool = True
    """Whether one that waits is enough, whatever it was asked for with."""

    @property
    def name(self) -> str:
        return self.run.__name__


JOBS = (
    Job(make_report, retry=procrastinate.RetryStrategy(max_attempts=8, exponential_wait=2), is_one=False),
    Job(rebuild_calls, retry=5),
    Job(erase_conversations),
    Job(heal_calls, cron="*/5 * * * *"),
    Job(tidy_up, cron="7 * * * *"),
    Job(tell_checkpoints, retry=procrastinate.RetryStrategy(max_attempts=8, exponential_wait=3)),
    Job(archive_audit, cron="23 2 * * *", retry=3),
    Job(retry_stalled_jobs, cron="*/10 * * * *"),
)
