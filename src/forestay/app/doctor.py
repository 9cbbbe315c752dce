"""`forestay doctor`: looks at the machine, the folder, the settings and the database, and says how to mend what is wrong.

Reads: Settings, the machine, the database where it runs
Gives: examine(), the exit code: 0 all well, 1 something must be mended (warnings do not count)
"""

from __future__ import annotations

import difflib
import fcntl
import os
import resource
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from rich.console import Console

from forestay.app.doctor_database import examine_database
from forestay.app.findings import Finding, Grade
from forestay.app.readiness import is_ready
from forestay.kit import clock
from forestay.kit.errors import ForestayError
from forestay.kit.settings import Settings
from forestay.store.dsn import dsns_of
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole

LEAST_FREE_GB, LOW_FREE_GB = 1.0, 5.0
LEAST_FILES = 1024
STALE_HEARTBEAT_SECONDS = 30.0
SMTP_SECONDS = 5.0
OTHER_VARIABLES = {"FORESTAY_URL", "FORESTAY_POSTGRES_BIN", "FORESTAY_TEST_FULL"}
"""Ours, but no settings of the server."""


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
    """The worker's last sign of life, where a Forestay works in the folder: its supervisor holds the lock."""
    run = settings.data_dir / "run"
    if not _is_held(run / "forestay.lock"):
        yield _well(f"no Forestay works in {settings.data_dir}")
        return
    mend = "look at its log lines; restart forestay up"
    try:
        age = time.time() - (run / "worker.json").stat().st_mtime
    except FileNotFoundError:
        yield Finding(Grade.WRONG, "the worker has given no sign since the start", mend)
        return
    if age > STALE_HEARTBEAT_SECONDS:
        yield Finding(Grade.WRONG, f"the worker gave no sign for {age:.0f} s", mend)
    else:
        yield _well("the worker gives signs of life")


def _is_held(lock: Path) -> bool:
    try:
        with lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def names(_settings: Settings) -> Iterator[Finding]:
    """Variables that begin like ours and are none: a misspelt one is otherwise passed over in silence."""
    known = {f"FORESTAY_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    for name in sorted(os.environ):
        if name.startswith("FORESTAY_") and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            mend = f"write {near[0]}" if near else "see the settings in docs/operate.md"
            yield Finding(Grade.WRONG, f"{name} is no setting of Forestay", mend)


def delivery(settings: Settings) -> Iterator[Finding]:
    """Where mail goes, and whether somebody listens there."""
    if settings.smtp_url is None:
        mend = "set FORESTAY_SMTP_URL when customers are to get it"
        yield Finding(Grade.WARNING, "mail stays in the built-in outbox", mend)
        return
    try:
        parts = urlsplit(settings.smtp_url.get_secret_value())
        port = parts.port or (465 if parts.scheme == "smtps" else 587)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        mend = "write smtp://user:password@host:587 or smtps://..."
        yield Finding(Grade.WRONG, "FORESTAY_SMTP_URL is no address of a mail server", mend)
        return
    try:
        socket.create_connection((parts.hostname, port), SMTP_SECONDS).close()
        yield _well(f"the mail server {parts.hostname}:{port} listens")
    except OSError as error:
        mend = "check FORESTAY_SMTP_URL, the network and the firewall; until then mail waits and is tried again"
        yield Finding(Grade.WRONG, f"the mail server {parts.hostname}:{port} cannot be reached ({error})", mend)


def database(settings: Settings) -> Iterator[Finding]:
    """The database answers, is current, guards workspaces, and its contents show no trouble."""
    if settings.database_url is None and not EmbeddedPostgres(settings.data_dir).is_running():
        yield _well("the embedded PostgreSQL does not run; `forestay up` starts it")
        return
    try:
        yield from examine_database(dsns_of(settings)[DatabaseRole.OWNER])
    except (ForestayError, psycopg.Error) as error:
        mend = "check FORESTAY_DATABASE_URL, the network and the database's own log"
        yield Finding(Grade.WRONG, f"the database does not answer: {str(error).strip()}", mend)


def folders(settings: Settings) -> Iterator[Finding]:
    """Folders that a start will need can be read."""
    for name in ("log", "lake", "snapshot"):
        path: Path = settings.data_dir / name
        if path.exists() and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            yield Finding(Grade.WRONG, f"{path} cannot be used", "give it back to the user that runs Forestay")


CHECKS: tuple[Check, ...] = (machine, names, folder, address, heartbeat, delivery, folders, database)
