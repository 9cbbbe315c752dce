"""The embedded PostgreSQL: made, started, watched and stopped as our own child.

Gives : EmbeddedPostgres, PostgresFailed
Reads : the data folder; see postgres_home (places, user), postgres_binaries (programs), postgres_settings
Source: DESIGN section 9 (measured: initdb 0.5-0.75 s, start 0.05 s, recovery after kill -9 0.5-1 s).

On Linux the kernel sends PostgreSQL a SIGINT (fast shutdown) when we die, however we die.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

from forestay.kit.errors import ForestayError
from forestay.store.postgres_binaries import Binaries, find_binaries
from forestay.store.postgres_home import PORT, Home, recorded, settle
from forestay.store.postgres_settings import settings_text
from forestay.store.postgres_traces import end_orphans, forget_stale_pid, is_postgres_of, pid_in
from forestay.store.roles import DatabaseRole, passwords_of

__all__ = ["DatabaseRole", "EmbeddedPostgres", "PostgresFailed"]

DATABASE = "forestay"
_START_SECONDS, _STOP_SECONDS = 300.0, 60.0
_POLL_SECONDS = 0.004
_PR_SET_PDEATHSIG = 1


class _Identity(TypedDict, total=False):
    cwd: str
    user: int
    group: int
    extra_groups: list[int]


class PostgresFailed(ForestayError):
    """The embedded database does not start or stop; the sentence ends with its own last words."""

    code = "postgres_failed"
    http_status = 503

    def __init__(self, what: str, home: Home | None = None) -> None:
        words = ""
        if home is not None and home.log.exists():
            words = "; it said: " + " | ".join(home.log.read_text(errors="replace").splitlines()[-5:])
        super().__init__(f"the embedded PostgreSQL {what}{words}")


class EmbeddedPostgres:
    """One PostgreSQL in one data folder. Any process may ask `dsn` and `is_running`; one at a time may start it."""

    def __init__(self, data_dir: Path, *, shared_buffers_mb: int = 64, max_connections: int = 60) -> None:
        self.data_dir = data_dir.absolute()
        self._shared_buffers_mb, self._max_connections = shared_buffers_mb, max_connections
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()
        self._lock_file: int | None = None

    @property
    def home(self) -> Home:
        """Where its files are; an error before the first start."""
        home = recorded(self.data_dir)
        if home is None:
            raise PostgresFailed(f"in {self.data_dir} was never started: run `forestay up` first")
        return home

    @property
    def pid(self) -> int | None:
        """The process number of the running postmaster, None when there is none."""
        if self._process is not None:
            return None if self._ended.is_set() else self._process.pid
        home = recorded(self.data_dir)
        pid = None if home is None else pid_in(home.cluster)
        return pid if home is not None and pid is not None and is_postgres_of(pid, home.cluster) else None

    def is_running(self) -> bool:
        """Whether the postmaster lives, whoever started it."""
        return self.pid is not None

    def wait_ended(self, timeout_seconds: float) -> bool:
        """Block until the postmaster that we started has ended; False when the time ran out."""
        return self._ended.wait(timeout_seconds)

    def dsn(self, role: DatabaseRole) -> str:
        """The URL by which that role connects through the unix socket."""
        host = quote(str(self.home.sockets), safe="")
        return f"postgresql://{role}:{quote(passwords_of(self.data_dir)[role])}@/{DATABASE}?host={host}&port={PORT}"

    def start(self) -> None:
        """Make the cluster when there is none, start it and return when it answers; recovers after a crash."""
        if self._process is not None and not self._ended.is_set():
            return
        home = settle(self.data_dir)
        self._take_lock()
        major = _major_of(home)
        binaries = find_binaries(home.folder, None if home.account is None else home.account.uid, major)
        if major is None:
            self._make_cluster(home, binaries)
        else:
            self._clear_traces(home)
        settings = settings_text(home, binaries.major, self._shared_buffers_mb, self._max_connections)
        (home.cluster / "postgresql.conf").write_text(settings)
        self._launch(home, binaries)
        self._wait_ready(home)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, what was committed is on disk."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it as a power cut would (kill -9); the next start recovers. For chaos tests."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
            self._until(lambda: not self.is_running(), _STOP_SECONDS, "does not stop")
        self._process = None
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def _take_lock(self) -> None:
        """Two Forestays on one data folder would each stop the other's PostgreSQL."""
        if self._lock_file is not None:
            return
        (self.data_dir / "run").mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self.data_dir / "run" / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise PostgresFailed(f"in {self.data_dir} is in use: another Forestay runs on this data folder") from error
        self._lock_file = descriptor

    def _make_cluster(self, home: Home, binaries: Binaries) -> None:
        """initdb into a folder beside, renamed when whole, so that a half-made cluster is never taken for one."""
        half = home.folder / "cluster.half"
        shutil.rmtree(half, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=home.folder, prefix="password-") as word:
            word.write(passwords_of(self.data_dir)[DatabaseRole.OWNER])
            word.flush()
            home.grant(Path(word.name))
            # -N: the kernel writes the fresh files back within half a minute; nobody has stored anything yet
            arguments = ["-N", "--no-instructions", "-A", "scram-sha-256", f"--pwfile={word.name}", "-E", "UTF8"]
            arguments += ["-U", DatabaseRole.OWNER, "-D", str(half), *_locale(binaries.major)]
            made = subprocess.run(
                [binaries.program("initdb"), *arguments], **_as(home), capture_output=True, text=True, check=False
            )
        if made.returncode != 0:
            raise PostgresFailed(f"could not be made in {home.folder}: {made.stderr.strip()}")
        _make_database(home, binaries, half)
        half.rename(home.cluster)

    def _clear_traces(self, home: Home) -> None:
        """After a crash: wait for a postmaster that is still shutting down, end backends that lost theirs."""
        pid = pid_in(home.cluster)
        if pid is not None and is_postgres_of(pid, home.cluster):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            self._until(lambda: not is_postgres_of(pid, home.cluster), _STOP_SECONDS, "of an earlier run does not stop")
        end_orphans(home.cluster)
        forget_stale_pid(home.cluster)

    def _launch(self, home: Home, binaries: Binaries) -> None:
        """A thread of its own starts and awaits the child: the kernel's death signal is tied to that thread."""
        self._ended = threading.Event()
        started: Future[subprocess.Popen[bytes]] = Future()
        keeper = threading.Thread(
            target=_keep, args=(home, binaries, started, self._ended), name="postgres-keeper", daemon=True
        )
        keeper.start()
        self._process = started.result()

    def _wait_ready(self, home: Home) -> None:
        """postmaster.pid begins with our child's number and ends with 'ready' once connections are taken."""
        status, ours = home.cluster / "postmaster.pid", str(self.pid)

        def is_settled() -> bool:
            if self._ended.is_set():
                raise PostgresFailed("ended while it started", home)
            with contextlib.suppress(FileNotFoundError):
                lines = status.read_text().split()
                return lines[:1] == [ours] and lines[-1] == "ready"
            return False

        self._until(is_settled, _START_SECONDS, "is not ready")

    def _until(self, condition: Callable[[], bool], seconds: float, failure: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise PostgresFailed(f"{failure} after {seconds:.0f} s", recorded(self.data_dir))
            time.sleep(_POLL_SECONDS)


def _keep(home: Home, binaries: Binaries, started: Future[subprocess.Popen[bytes]], ended: threading.Event) -> None:
    try:
        log = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            process = subprocess.Popen(
                [binaries.program("postgres"), "-D", str(home.cluster)],
                **_as(home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for us; we stop PostgreSQL last
                preexec_fn=_death_signal(os.getpid()),
            )
        finally:
            os.close(log)
    except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for the start
        started.set_exception(error)
        return
    started.set_result(process)
    process.wait()
    ended.set()


def _make_database(home: Home, binaries: Binaries, cluster: Path) -> None:
    """In single-user mode, so that whoever starts PostgreSQL need not load a database driver."""
    arguments = ["--single", "-D", str(cluster), "-c", "fsync=off", "-c", "log_checkpoints=off", "postgres"]
    made = subprocess.run(
        [binaries.program("postgres"), *arguments],
        **_as(home),
        input=f'CREATE DATABASE "{DATABASE}"\n',
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0 or made.stderr:
        raise PostgresFailed(f"could not make its database in {home.folder}: {made.stderr.strip()}")


def _as(home: Home) -> _Identity:
    """The arguments of subprocess that give root's rights away for good."""
    if home.account is None:
        return {"cwd": str(home.folder)}
    return {"cwd": str(home.folder), "user": home.account.uid, "group": home.account.gid, "extra_groups": []}


def _death_signal(parent: int) -> Callable[[], None] | None:
    """Runs in the child after setuid (which clears the setting) and before exec."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:  # it died between the fork and the call
            os._exit(1)

    return ask


def _locale(major: int) -> list[str]:
    """Byte order and fast comparisons with Unicode case; the wheel has no ICU."""
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _major_of(home: Home) -> int | None:
    version = home.cluster / "PG_VERSION"
    return int(version.read_text()) if version.exists() else None
