"""`forestay up`: starts PostgreSQL, the server and the worker, keeps them alive, and stops them in order.

Reads: Settings
Gives: Supervisor.run(), which returns after SIGTERM or SIGINT; a line `ready http://HOST:PORT` when both work.

It stays small on purpose (no database driver, no web framework: about 20 MB), because it only watches.
The children start first, before this module is there even (`app/__main__.py`), and import while PostgreSQL starts;
`run/database` tells them that it answers. What must
be done once at a start (roles, migrations, the first keys) the worker does then (`app/prepare.py`).
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from forestay.app.child import SERVING, begun, command_of, tell
from forestay.app.readiness import is_ready
from forestay.kit.errors import ForestayError
from forestay.kit.settings import Settings
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.postgres_home import make_data_folder, settle

LOOK_SECONDS = 0.25
"""How often children are looked at: a dead worker is back within this and its own start."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 10.0
STEADY_SECONDS = 30.0
"""A child that lived this long has earned an immediate restart."""

STOP_SECONDS = 15.0

JOBS_AFTER_SECONDS = 10.0
"""The first jobs process waits for `ready`, so as not to slow the start down, but not longer than this."""

SIGNS_OF_LIFE = (
    "database",
    "prepared",
    "worker.json",
    "metrics-worker.prom",
    "metrics-server.prom",
    "metrics-jobs.prom",
)
"""Files in run/ by which we and the children speak: those of an earlier run must not be taken for ours."""


class AlreadyRunning(ForestayError):
    """Another Forestay works in this data folder: stop it, or choose another folder with --data."""

    code = "already_running"

    def __init__(self, data_dir: Path) -> None:
        super().__init__(f"another forestay works in {data_dir}; stop it first or give another folder with --data")


@dataclass(slots=True)
class Child:
    """One process that has to be there. pause: wait before the next restart, doubled at each early death."""

    name: str
    module: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS

    def start(self, environment: dict[str, str]) -> None:
        """Start it now, or let one go on that began early: in its own process group, so that a Ctrl-C reaches only us;
        its files closed to others."""
        self.process, self.started = begun(self.module), time.monotonic()
        if self.process is not None:
            tell(self.process, environment)
            return
        command = command_of(self.module)
        self.process = subprocess.Popen(command, env=environment, start_new_session=True, umask=0o077)

    def look(self, environment: dict[str, str]) -> int | None:
        """Restart it when it died; gives the exit code of a death seen just now."""
        if self.process is None:
            if time.monotonic() >= self.restart_at:
                self.start(environment)
            return None
        return self.ended()

    def ended(self) -> int | None:
        """The exit code of a death seen just now, None while it lives or was seen dead; sets when it may come back."""
        code = None if self.process is None else self.process.poll()
        if code is None:
            return None
        now = time.monotonic()
        steady = now - self.started >= STEADY_SECONDS
        self.pause = FIRST_PAUSE_SECONDS if steady else min(self.pause * 2, LONGEST_PAUSE_SECONDS)
        self.process, self.restart_at = None, now + self.pause
        return code

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask it to end; end it when it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Supervisor:
    """All processes of one data folder. extra: more modules to keep running, such as the demo's loader; welcomes: tell
    where to set up while nobody can sign in; opens: show the workspace in a browser as well."""

    settings: Settings
    extra: tuple[str, ...] = ()
    welcomes: bool = False
    opens: bool = False
    _stopping: bool = False
    _children: list[Child] = field(default_factory=list)
    _jobs: Child = field(default_factory=lambda: Child("jobs", "forestay.app.jobs"))
    _postgres: EmbeddedPostgres | None = None
    _lock: IO[str] | None = None
    _environment: dict[str, str] = field(default_factory=dict)
    _jobs_seen: float = -1.0
    _jobs_due: bool = True
    _postgres_at: float = 0.0

    def run(self) -> int:
        """Start, watch until told to stop, stop. Gives the process exit code."""
        self._claim_folder()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            self._start()
            announced = False
            while not self._stopping:
                self._look()
                if not announced and self._is_ready():
                    print(f"ready http://{self.settings.host}:{self.settings.port}", flush=True)  # noqa: T201
                    announced, self._jobs.restart_at = True, 0.0
                if announced and self.welcomes:
                    self._welcome()
                time.sleep(LOOK_SECONDS if announced else 0.02)
        finally:
            self._stop()
        return 0

    def _welcome(self) -> None:
        """Once: while nobody can sign in, a one-time link is the way in; a browser is opened where somebody sits before one."""
        from forestay.app.opening import LINK, NotAnswering, address_for, has_desktop, open_browser  # children go first

        try:
            address = address_for(self.settings)
        except NotAnswering:
            return
        self.welcomes = False
        if LINK in address:
            print(f"first set-up (good for 15 minutes, once): {address}", flush=True)  # noqa: T201
        if self.opens and has_desktop(os.environ):
            open_browser(address)

    def _claim_folder(self) -> None:
        make_data_folder(self.settings.data_dir)
        folder = self.settings.data_dir / "run"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._lock = (folder / "forestay.lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(self.settings.data_dir) from error
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _is_ready(self) -> bool:
        """Whether our own server says so, and not another program or an earlier server at this port."""
        if not (self.settings.data_dir / "run" / "worker.json").exists():
            return False  # asking all the time would only make the server's own start slower
        server = self._children[0].process
        return server is not None and is_ready(self.settings, server_pid=server.pid)

    def _is_prepared(self) -> bool:
        return (self.settings.data_dir / "run" / "prepared").exists()

    def _start(self) -> None:
        for name in SIGNS_OF_LIFE:
            (self.settings.data_dir / "run" / name).unlink(missing_ok=True)
        environment = self._environment = {**os.environ, **self.settings.environment()}
        self._children = [Child(module.rpartition(".")[2], module) for module in (*SERVING, *self.extra)]
        if self.settings.database_url is None:
            settle(self.settings.data_dir)  # now the children know where the socket will be
            self._postgres = EmbeddedPostgres(self.settings.data_dir)
        for child in self._children:
            child.start(environment)
        self._jobs.restart_at = time.monotonic() + JOBS_AFTER_SECONDS
        if self._postgres is not None:
            self._postgres.start()
        (self.settings.data_dir / "run" / "database").touch()

    def _look(self) -> None:
        self._look_for_postgres()
        for child in self._children:
            code = child.look(self._environment)
            if code is not None and code > 0 and child.name == "worker" and not self._is_prepared():
                raise SystemExit(code or 1)  # it has said why; another try would end the same way
            if code is not None:
                _say(f"{child.name} ended with {code}; starting it again in {child.pause:.1f} s")
        self._look_for_jobs(self._environment)

    def _look_for_postgres(self) -> None:
        """Start it again when it ended; a start that fails, for want of disk space say, is tried again later."""
        if self._postgres is None or self._postgres.is_running() or time.monotonic() < self._postgres_at:
            return
        _say("postgres ended; starting it again")
        try:
            self._postgres.start()
        except (ForestayError, OSError) as error:
            _say(f"{error}; trying again in {LONGEST_PAUSE_SECONDS:.0f} s")
            self._postgres_at = time.monotonic() + LONGEST_PAUSE_SECONDS

    def _look_for_jobs(self, environment: dict[str, str]) -> None:
        """A process for jobs exists only while there are some: it leaves by itself, with 0, when none waits.

        It is started once at each start, for what an earlier run left; when run/jobs.wake was touched, as whoever
        enqueues does; and when it ended with an error, since its job then waits for another.
        """
        code = self._jobs.ended()
        if code:
            _say(f"jobs ended with {code}; starting it again in {self._jobs.pause:.1f} s")
            self._jobs_due = True
        elif code == 0:
            self._jobs.restart_at, self._jobs.pause = 0.0, FIRST_PAUSE_SECONDS
        if self._jobs.process is not None:
            return
        asked = _touched(self.settings.data_dir / "run" / "jobs.wake")
        if (self._jobs_due or asked != self._jobs_seen) and time.monotonic() >= self._jobs.restart_at:
            self._jobs_seen, self._jobs_due = asked, False
            self._jobs.start(environment)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _stop(self) -> None:
        """Intake first, so that the worker can finish what was accepted; the database last."""
        for child in [*reversed(self._children[2:]), self._jobs, *self._children[:2]]:
            child.stop()
        if self._postgres is not None:
            self._postgres.stop()
        if self._lock is not None:
            self._lock.close()


def _touched(path: Path) -> float:
    """When it was last written, as the file system says; -1 for no file."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return -1.0


def _say(sentence: str) -> None:
    print(f"forestay: {sentence}", file=sys.stderr, flush=True)  # noqa: T201
