"""`forestay doctor`: looks at the machine, the folder, the settings and the database, and says how to mend what is wrong.

Reads: Settings, the machine, the database where it runs
Gives: examine(), the exit code: 0 all well, 1 something must be mended (warnings do not count)
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from sqlalchemy import Connection, text

from forestay.app.readiness import is_ready
from forestay.kit import clock
from forestay.kit.errors import ForestayError
from forestay.kit.settings import Settings
from forestay.store.database import Store
from forestay.store.dsn import dsns_of
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole

LEAST_FREE_GB, LOW_FREE_GB = 1.0, 5.0
LEAST_FILES = 1024
STALE_HEARTBEAT_SECONDS = 30.0
OLD_QUARANTINE, MANY_UNKNOWN = 1, 1


class Grade(StrEnum):
    """How serious a finding is."""

    WELL = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. mend: what to do, empty when all is well."""

    grade: Grade
    what: str
    mend: str = ""


Check = Callable[[Settings], Iterable[Finding]]


def examine(settings: Settings) -> int:
    """Run every check, print each finding, give the exit code."""
    console = Console(highlight=False)
    marks = {Grade.WELL: "[green]ok[/]     ", Grade.WARNING: "[yellow]warning[/]", Grade.WRONG: "[red]wrong[/]  "}
    findings = [finding for check in CHECKS for finding in check(settings)]
    for finding in findings:
        console.print(f"{marks[finding.grade]}  {finding.what}")
        if finding.mend:
            console.print(f"         → {finding.mend}")
    return int(any(finding.grade is Grade.WRONG for finding in findings))


def _well(what: str) -> Finding:
    return Finding(Grade.WELL, what)


def machine(_settings: Settings) -> Iterator[Finding]:
    """Python, time zones, open files, the clock."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield _well(f"Python {version}")
    try:
        ZoneInfo("America/New_York")
        yield _well("time zones are known")
    except ZoneInfoNotFoundError:
        yield Finding(Grade.WRONG, "time zones are not known", "install the Python package tzdata")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files < LEAST_FILES:
        yield Finding(Grade.WARNING, f"only {files} files may be open", f"raise it: ulimit -n {LEAST_FILES * 4}")
    year = clock.now().year
    if year < 2025:
        yield Finding(Grade.WRONG, f"the clock says {year}", "set the machine's clock (NTP); due times depend on it")


def folder(settings: Settings) -> Iterator[Finding]:
    """The data folder can be written and has room."""
    place = settings.data_dir
    existing = next(parent for parent in (place, *place.parents) if parent.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        yield Finding(Grade.WRONG, f"{place} cannot be written", "choose another folder with --data or mend its rights")
        return
    free = shutil.disk_usage(existing).free / 1e9
    room = f"{free:.1f} GB free at {place}"
    if free < LEAST_FREE_GB:
        yield Finding(Grade.WRONG, room, "free some space: collection stops when the log cannot be written")
    elif free < LOW_FREE_GB:
        yield Finding(
            Grade.WARNING, room, "plan for more: about 100 bytes an event in the lake, 300 in the log for a week"
        )
    else:
        yield _well(room)
    secrets = place / "secrets"
    if secrets.exists() and secrets.stat().st_mode & 0o077:
        yield Finding(Grade.WRONG, f"{secrets} can be read by others", f"chmod 700 {secrets}")


def address(settings: Settings) -> Iterator[Finding]:
    """Either a Forestay answers at the port, or the port is free."""
    where = f"{settings.host}:{settings.port}"
    if is_ready(settings):
        yield _well(f"Forestay is ready at http://{where}")
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            yield _well(f"{where} is free; Forestay does not run")
        except OSError as error:
            mend = "another program has it: choose another with --port; if it is Forestay, GET /readyz says which part fails"
            yield Finding(Grade.WRONG, f"{where} cannot be used ({error.strerror})", mend)
    if settings.host not in ("127.0.0.1", "localhost", "::1"):
        yield Finding(Grade.WARNING, f"it listens on {settings.host}", "put a proxy with TLS in front of it")


def heartbeat(settings: Settings) -> Iterator[Finding]:
    """The worker's last sign of life."""
    path = settings.data_dir / "run" / "worker.json"
    if not path.exists():
        return
    age = time.time() - path.stat().st_mtime
    if is_ready(settings) and age > STALE_HEARTBEAT_SECONDS:
        yield Finding(
            Grade.WRONG, f"the worker gave no sign for {age:.0f} s", "look at its log lines; restart forestay up"
        )
    else:
        yield _well("the worker gives signs of life")


def delivery(settings: Settings) -> Iterator[Finding]:
    """Where mail goes."""
    if settings.smtp_url is None:
        mend = "set FORESTAY_SMTP_URL when customers are to get it"
        yield Finding(Grade.WARNING, "mail stays in the built-in outbox", mend)
    else:
        yield _well("mail goes out by SMTP")


def database(settings: Settings) -> Iterator[Finding]:
    """The database answers, is current, and its contents show no trouble."""
    if settings.database_url is None and not EmbeddedPostgres(settings.data_dir).is_running():
        yield _well("the embedded PostgreSQL does not run; `forestay up` starts it")
        return
    try:
        store = Store.connect(dsns_of(settings)[DatabaseRole.OWNER], pool_size=1, role=DatabaseRole.OWNER)
        with store.begin_worker() as connection:
            yield _well(f"PostgreSQL {connection.execute(text('show server_version')).scalar_one()} answers")
            yield from _contents(connection)
        store.close()
    except ForestayError as error:
        yield Finding(Grade.WRONG, str(error), "check FORESTAY_DATABASE_URL, the network and the database's own log")


def _contents(connection: Connection) -> Iterator[Finding]:
    for question, what, mend, least in QUESTIONS:
        count = int(connection.execute(text(question)).scalar_one())
        if count >= least:
            yield Finding(Grade.WARNING, f"{count} {what}", mend)


QUESTIONS = (
    ("SELECT count(*) FROM quarantine WHERE status = 'waiting'", "items wait in the quarantine",
     "GET /api/quarantine says why; fix and replay, or discard", OLD_QUARANTINE),
    ("SELECT count(*) FROM effects WHERE status = 'unknown'", "effects ended unclear",
     "GET /api/effects?status=unknown; resolve each by hand", MANY_UNKNOWN),
    ("SELECT count(*) FROM effects WHERE status = 'failed'", "effects failed",
     "GET /api/effects?status=failed says why; mend the cause and replay", 1),
    ("SELECT count(*) FROM accounts WHERE owner_id IS NULL AND merged_into IS NULL", "accounts have no owner",
     "import owner_email with the accounts, or their tasks go to the least loaded CSM", 1),
    ("SELECT count(*) FROM feeds WHERE last_at < now() - interval '3 days'", "feeds have been silent for three days",
     "look at the source: scores hold their last value while confidence falls", 1),
    ("SELECT count(*) FROM jobs WHERE status = 'failed' AND created_at > now() - interval '7 days'",
     "jobs failed in the last week", "GET /api/jobs?status=failed says why", 1),
)  # fmt: skip
"""Question, what it counts, how to mend it, and from which count on it is worth a word."""


def snapshot(settings: Settings) -> Iterator[Finding]:
    """Folders that a start will need can be read."""
    for name in ("log", "lake", "snapshot"):
        path: Path = settings.data_dir / name
        if path.exists() and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            yield Finding(Grade.WRONG, f"{path} cannot be used", "give it back to the user that runs Forestay")


CHECKS: tuple[Check, ...] = (machine, folder, address, heartbeat, delivery, snapshot, database)
