"""PostgreSQL without a server to set up: its programs, started and stopped by us, over one folder.

Several processes may use the folder at once. What is alive is asked of the kernel, by locks that it frees when their holders die, and never
of a file that says so:

* ``start.lock``, exclusive: whoever starts, heals or stops the server.
* ``users.lock``, shared: every process that uses the server. The last one out stops it; one that was killed is no longer counted.
* ``server.lock``, shared: inherited by the server and all its children. While any of them lives nobody starts another, not even from another
  container, where process ids mean nothing.

The server sees its directories as inherited descriptors (``/proc/self/fd/N``). So an unprivileged account can run it below folders that are
closed to that account, whose modes stay as they are; and a server whose folder was removed cannot touch what is later put in its place.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, NoReturn, Self
from urllib.parse import quote

import psycopg

from callwell import errors
from callwell.postgres.binaries import Binaries, find_binaries, reachable_copy
from callwell.postgres.memory import allowed_memory, shared_buffers

# pyright: reportPossiblyUnboundVariable=false
if sys.platform != "win32":  # there ``open`` refuses, and whatever else imports this goes on
    import fcntl
    import pwd

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_connections": "100",
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "jit": "off",
        # Plans are made while tables are small and kept until they are analyzed: a new database that fills must not wait a minute for that.
        "autovacuum_naptime": "10s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "log_error_verbosity": "terse",  # details quote rows, and rows name people
    }
)
"""What the server runs with, beside `shared_buffers`. Those given to ``EmbeddedPostgres`` come on top; what keeps it private comes last."""

HBA = "local all all trust\nlocal replication all trust\nhost all all all reject\n"
"""The socket's folder is closed to everyone else, so who can reach it may come in; nobody may from a network."""

NO_SUCH_PROCESS = 2147483646
"""A process id that no kernel gives. It makes PostgreSQL treat its lock file as stale and still look for what that server left in memory."""

STOP_WITHIN = 60.0
"""Seconds in which a stopping server has to be gone (PostgreSQL's own figure); after that it goes on stopping by itself."""

SOCKET_FOLDER_LENGTH = 88
"""The longest path of a socket's folder, in bytes: the kernel's limit for a socket's address less PostgreSQL's file name, on every Unix."""

LOG_BYTES = 10_000_000
"""A log longer than this is put aside (``server.log.1``) at the next start."""


@dataclass(frozen=True)
class Account:
    """Who the server runs as; PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    @property
    def switch(self) -> dict[str, Any]:
        """How ``subprocess`` becomes this account; nothing to do when we are it."""
        return {} if os.geteuid() == self.uid else {"user": self.uid, "group": self.gid, "extra_groups": []}


class EmbeddedPostgres:
    """The server over one folder; a context manager. All its methods block.

    Raises EmbeddedDatabaseFailed, with a sentence, whenever the server cannot be had.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        binaries: Path | None = None,
        conf: Mapping[str, str] = MappingProxyType({}),
        start_timeout: float = 600.0,
    ) -> None:
        """``start_timeout``, in seconds, has to be enough to recover from gigabytes of log after a crash."""
        self.home = data_dir.resolve()
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.start_timeout = start_timeout
        self._given_binaries = binaries
        self._conf = dict(conf)
        self._users: int | None = None

    @property
    def dsn(self) -> str:
        return self.dsn_of("callwell")

    def dsn_of(self, database: str) -> str:
        return f"postgresql://callwell@/{database}?host={quote(str(self._socket_folder()), safe='')}"

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Be one of the server's users, and start it if it does not run."""
        if self._users is not None:
            self.ensure()
            return
        if not sys.platform.startswith("linux"):
            self._fail("it runs on Linux alone; set CALLWELL_DATABASE_URL to a PostgreSQL server.")
        with self._starting():
            users = self._open_lock("users.lock")
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self._bring_up()
            except BaseException:
                os.close(users)
                raise
            self._users = users

    def ensure(self) -> None:
        """Start the server again if it was killed. Costs a fraction of a millisecond when it runs."""
        if self._users is None:
            self._fail("it is closed.")
        if self._state() != "ready":
            with self._starting():
                self._bring_up()

    async def keep_alive(self, every: float = 0.5) -> NoReturn:
        """Look after the server, each ``every`` seconds, until cancelled. A failed attempt is made again."""
        while True:
            with contextlib.suppress(errors.EmbeddedDatabaseFailed):
                await asyncio.to_thread(self.ensure)
            await asyncio.sleep(every)

    def close(self) -> None:
        """Be no user any more; the last one stops the server and waits until it is gone."""
        if self._users is None:
            return
        with self._starting():
            os.close(self._users)
            self._users = None
            if self._lock_is_free("users.lock"):
                self._stop()
                self._remove_far_socket_folder()

    # ── Locks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _open_lock(self, name: str) -> int:
        return os.open(self.home / name, os.O_RDWR | os.O_CREAT, 0o600)

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = self._open_lock("start.lock")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)
        except (OSError, subprocess.SubprocessError, psycopg.OperationalError) as why:
            raise errors.EmbeddedDatabaseFailed(problem=f"{self.home}: {why}") from why

    def _take_lock(self, name: str) -> int | None:
        """The lock, exclusively, or None while anybody holds it."""
        lock = self._open_lock(name)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    def _lock_is_free(self, name: str) -> bool:
        lock = self._take_lock(name)
        if lock is not None:
            os.close(lock)
        return lock is not None

    # ── What runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _mark(self) -> str:
        """What a server of this folder has on its command line. PostgreSQL keeps settings with a dot for others."""
        return f"callwell.folder={self.home}"

    def _postmaster(self) -> tuple[int, str] | None:
        """Process id and state of the server that runs here. The id in the file counts only if that process is ours."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        if not self._is_ours(pid):
            return None
        return pid, lines[7].strip() if len(lines) > 7 else "starting"

    def _is_ours(self, pid: int) -> bool:
        """Whether a process is a PostgreSQL server over our data, started by us (it has our mark) or by hand (it has our path)."""
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return Path(os.fsdecode(command[0])).name == "postgres" and not {os.fsencode(self._mark), os.fsencode(self.data)}.isdisjoint(command)

    def _state(self) -> str | None:
        found = self._postmaster()
        return found[1] if found else None

    def _refuse_other_namespace(self) -> None:
        """A server started in another container cannot be looked after from here: its process id is not that process here."""
        theirs = (self.home / "server.lock").read_text().strip()
        if theirs and theirs != _pid_namespace():
            self._fail(f"{self.home} is in use by a server in another container.")

    # ── Starting ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _bring_up(self) -> None:
        """Start the server unless it runs, and wait until it is ready. The start lock is held."""
        deadline = time.monotonic() + self.start_timeout
        while not self._runs():
            # What is left of a server that was killed, or stops, holds the lock until it is gone.
            self._pause(deadline)
        self._wait_ready(deadline)
        self._make_database()

    def _runs(self) -> bool:
        """Whether there is a server now, ready or not; where nothing of an earlier one is left it is started."""
        lock = self._take_lock("server.lock")
        if lock is None:
            self._refuse_other_namespace()
            return self._state() not in (None, "stopping")
        try:
            self._start(lock)
        finally:
            os.close(lock)
        return True

    def _wait_ready(self, deadline: float) -> None:
        while self._state() != "ready":
            if self._lock_is_free("server.lock"):
                self._fail(f"PostgreSQL did not start: {self._last_words()}")
            self._pause(deadline)

    def _pause(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            self._fail(f"PostgreSQL was not ready after {self.start_timeout:g} seconds; it goes on, see {self.log}")
        time.sleep(0.005)

    def _last_words(self) -> str:
        """What the server died of, with the line before, which often says it better."""
        lines = self.log.read_text(errors="replace").splitlines()[-50:]
        died = max((n for n, line in enumerate(lines) if "FATAL" in line or "PANIC" in line), default=len(lines) - 1)
        return " ".join(lines[max(0, died - 1) : died + 1])

    def _start(self, lock: int) -> None:
        if stranger := self._postmaster():
            self._fail(f"another program started the server that runs on {self.data} (process {stranger[0]}).")
        os.truncate(lock, 0)
        os.pwrite(lock, _pid_namespace().encode(), 0)
        account = self._account()
        binaries = self._binaries(account)
        if not self.data.exists():
            self._make_data(binaries, account, lock)
        self._give_data_to(account)
        self._retire_stale(self.data / "postmaster.pid")
        socket_folder = self._make_socket_folder(account)
        self._retire_stale(socket_folder / ".s.PGSQL.5432.lock")
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_name("server.log.1"))
        with _seen(self.data) as (data, data_seen), _seen(socket_folder) as (socket, socket_seen), _private_log(self.log) as log:
            shared = {"shared_buffers": f"{shared_buffers(allowed_memory()) // 1024}kB"}
            private = {"listen_addresses": "", "unix_socket_directories": socket_seen, "unix_socket_permissions": "0700"}
            _write(data, "callwell.conf", _conf_text({**SETTINGS, **shared, **self._conf, **private}), account)
            _write(data, "pg_hba.conf", HBA, account)
            # Not our child, since it may outlive us; and our terminal's ^C is not the server's.
            subprocess.run(  # noqa: S603 our own program and paths
                ["/bin/sh", "-c", '"$@" &', "sh", binaries.program("postgres"), "-D", data_seen, "-c", self._mark],
                pass_fds=(data, socket, lock),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_ENVIRONMENT,
                start_new_session=True,
                check=True,
                **account.switch,
            )

    def _account(self) -> Account:
        """We ourselves; for root the owner of the data, else of the folder, else `nobody`."""
        if os.geteuid() != 0:
            return Account(os.geteuid(), os.getegid())
        for path in (self.data, self.home):
            owner = path.stat().st_uid if path.exists() else 0
            if owner:
                with contextlib.suppress(KeyError):
                    return Account(owner, pwd.getpwuid(owner).pw_gid)
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            self._fail("PostgreSQL does not run as root, and there is no account `nobody` to run it as.")
        return Account(nobody.pw_uid, nobody.pw_gid)

    def _binaries(self, account: Account) -> Binaries:
        made_by = self.data / "PG_VERSION"
        major = int(made_by.read_text()) if made_by.exists() else None
        binaries = find_binaries(self._given_binaries, major=major)
        if major not in (None, binaries.major):
            self._fail(f"{self.data} was made by PostgreSQL {major} and the programs in {binaries.folder} are PostgreSQL {binaries.major}.")
        if account.switch:
            try:
                postgres = binaries.program("postgres")
                subprocess.run([postgres, "--version"], stdout=subprocess.DEVNULL, cwd="/", check=True, **account.switch)  # noqa: S603 our own program
            except (PermissionError, subprocess.CalledProcessError):
                return reachable_copy(binaries)
        return binaries

    def _make_data(self, binaries: Binaries, account: Account, lock: int) -> None:
        """A new data directory, under another name until it is whole: a half-made one is never used.

        ``initdb`` inherits the server's lock, so nobody begins again while one whose starter was killed still writes.
        """
        half = self.home / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        _make_folder(half, account)
        # Sorting and upper case must not depend on the host's C library: an index made with one is wrong with another.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] if binaries.major >= 17 else ["--locale=C.UTF-8"]
        with _seen(half) as (data, data_seen):
            made = subprocess.run(  # noqa: S603 our own program and paths
                [binaries.program("initdb"), "-D", data_seen, "-U", "callwell", "-A", "trust", "-E", "UTF8", "--data-checksums", *locale],
                pass_fds=(data, lock),
                capture_output=True,
                text=True,
                cwd="/",
                env=_ENVIRONMENT,
                check=False,
                **account.switch,
            )
            if made.returncode != 0:
                self._fail(f"initdb failed: {' '.join(made.stderr.split())}")
            with os.fdopen(os.open("postgresql.conf", os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW, dir_fd=data), "a") as conf:
                conf.write("\n# Everything else stands there, and is written anew at each start.\ninclude 'callwell.conf'\n")
                conf.flush()
                os.fsync(conf.fileno())
        half.rename(self.data)
        with _seen(self.home) as (home, _):
            os.fsync(home)

    def _give_data_to(self, account: Account) -> None:
        """Data that root put here (a restored copy, say) becomes the account's."""
        if self.data.stat().st_uid == account.uid:
            return
        if os.geteuid() != 0:
            self._fail(f"{self.data} belongs to another user.")
        for _, folders, files, folder in os.fwalk(self.data):
            os.chown(folder, account.uid, account.gid)
            for name in (*folders, *files):
                os.chown(name, account.uid, account.gid, dir_fd=folder, follow_symlinks=False)

    def _retire_stale(self, path: Path) -> None:
        """Put an impossible process id in a lock file whose process is not our server, and leave the rest, by which PostgreSQL looks further.

        The id of a server that is gone may meanwhile be another process's, for which PostgreSQL would wait.
        """
        try:
            file = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        with os.fdopen(file, "r+") as lock_file:
            _, *rest = lock_file.read().split("\n")
            lock_file.seek(0)
            lock_file.write("\n".join([str(NO_SUCH_PROCESS), *rest]))
            lock_file.truncate()

    def _make_database(self) -> None:
        with psycopg.connect(self.dsn_of("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = 'callwell'").fetchall():
                connection.execute("CREATE DATABASE callwell")

    # ── The socket ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _socket_folder(self) -> Path:
        """Below the folder; where that path is too long for a socket, below a private one of the temporary folder to which a link leads."""
        here = self.home / "socket"
        return here.readlink() if here.is_symlink() else here

    def _make_socket_folder(self, account: Account) -> Path:
        here = self.home / "socket"
        if _usable_in_dsn(here):
            _make_folder(here, account)
            return here
        if here.is_symlink() and not _is_private(here.readlink().parent, os.geteuid()):
            here.unlink()
        if not here.is_symlink():
            here.symlink_to(Path(tempfile.mkdtemp(prefix="callwell-", dir="/tmp")) / "socket")
        _make_folder(self._socket_folder(), account)
        return self._socket_folder()

    def _remove_far_socket_folder(self) -> None:
        here, folder = self.home / "socket", self._socket_folder()
        if here != folder:
            with contextlib.suppress(OSError):  # it is not empty while the server still stops
                folder.rmdir()
                folder.parent.rmdir()
                here.unlink()

    # ── Stopping ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _stop(self) -> None:
        found = self._postmaster()
        if found and (self.home / "server.lock").read_text().strip() == _pid_namespace():
            os.kill(found[0], signal.SIGINT)  # what `pg_ctl stop -m fast` does, to a process that we know
        deadline = time.monotonic() + STOP_WITHIN
        while time.monotonic() < deadline and not self._lock_is_free("server.lock"):
            time.sleep(0.005)

    def _fail(self, problem: str) -> NoReturn:
        raise errors.EmbeddedDatabaseFailed(problem=problem)


_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
"""All that the server's programs see of our environment: no PG variables, no locale, no secrets."""


def _private_log(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def _pid_namespace() -> str:
    return str(Path("/proc/self/ns/pid").readlink())


@contextlib.contextmanager
def _seen(folder: Path) -> Iterator[tuple[int, str]]:
    """A descriptor of the folder, and the path by which a process that inherits it can use the folder whatever lies above it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor, f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _write(folder: int, name: str, text: str, account: Account) -> None:
    """Replace a file of the account's, atomically, following no link that it may have put there."""
    new = f"{name}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new, dir_fd=folder)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder), "w") as file:
        file.write(text)
        os.fchown(file.fileno(), account.uid, account.gid)
    os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)


def _conf_text(settings: Mapping[str, str]) -> str:
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
    return "# Written by callwell at each start; changes made here do not last.\n" + "".join(lines)


def _make_folder(folder: Path, account: Account) -> None:
    """A folder that the account alone can enter. Raises EmbeddedDatabaseFailed if there is one already that is not so."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        os.chown(folder, account.uid, account.gid)
    if not _is_private(folder, account.uid):
        raise errors.EmbeddedDatabaseFailed(problem=f"{folder} has to be a folder of mode 0700 owned by user {account.uid}.")


def _is_private(folder: Path, uid: int) -> bool:
    try:
        stat = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.st_mode == 0o040700 and stat.st_uid == uid


def _usable_in_dsn(folder: Path) -> bool:
    """A socket's path is short, and in a list of hosts commas separate."""
    return len(os.fsencode(folder)) <= SOCKET_FOLDER_LENGTH and "," not in str(folder)
