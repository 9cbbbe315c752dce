"""What a PostgreSQL that died leaves behind: a pid file, backends without their postmaster.

Gives : pid_in(), is_postgres_of(), end_orphans(), forget_stale_pid()
Source: a container gives the same small process numbers again and again, so the number in a stale pid
        file is often alive and somebody else's; PostgreSQL itself then refuses to start.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path


def pid_in(cluster: Path) -> int | None:
    """The process number in postmaster.pid, None without a file."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    return int(lines[0]) if lines and lines[0].isdigit() else None


def is_postgres_of(pid: int, cluster: Path) -> bool:
    """Whether that process lives and is a PostgreSQL working in this cluster; they all have it as their folder."""
    if Path("/proc/self").exists():
        return _is_alive(pid) and _working_folder(pid) == _real(cluster)
    listing = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    return str(cluster) in listing.stdout


def end_orphans(cluster: Path) -> None:
    """Kill backends that outlived their postmaster; they hold the shared memory that a new one needs."""
    if not Path("/proc/self").exists():
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _working_folder(int(entry.name)) == _real(cluster) and _is_postgres(entry):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(entry.name), signal.SIGKILL)


def forget_stale_pid(cluster: Path) -> None:
    """Remove a pid file whose number now is another program's.

    A file whose process is gone stays: PostgreSQL looks up its shared memory block by it and removes it itself.
    """
    pid = pid_in(cluster)
    if pid is not None and _is_alive(pid) and not is_postgres_of(pid, cluster):
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _is_postgres(entry: Path) -> bool:
    with contextlib.suppress(OSError):
        return entry.joinpath("comm").read_text().strip() == "postgres"
    return False


def _is_alive(pid: int) -> bool:
    """A zombie has ended already, whether or not its parent has asked."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def _working_folder(pid: int) -> str | None:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/cwd")
    return None


def _real(cluster: Path) -> str:
    return os.path.realpath(cluster)
