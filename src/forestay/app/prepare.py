"""What is done once at a start, by the worker before its own work: schema, working roles, first workspace and keys.

Reads: Settings; `run/database` in the data folder, the supervisor's word that the database answers
Gives: `run/prepared` there, for which the jobs wait; new keys on standard output, once

It is the only part that signs in as the owner. A process of its own for it would import once more what the worker
needs anyway: a second of a core at every start.
"""

from __future__ import annotations

import time
from pathlib import Path

from forestay.app.shipped import shipped_documents
from forestay.governance.bootstrap import bootstrap
from forestay.kit.settings import Settings
from forestay.store.database import Store
from forestay.store.dsn import dsns_of, prepare
from forestay.store.roles import DatabaseRole

_LOOK_SECONDS = 0.01


def prepare_once(settings: Settings) -> None:
    """Wait for the database, bring it up to this version and make the first workspace where there is none.

    Nothing when it was done since the supervisor's start: a worker that is started again goes on at once.
    """
    if marker_of(settings.data_dir).exists():
        return
    while not database_marker_of(settings.data_dir).exists():
        time.sleep(_LOOK_SECONDS)
    dsns = dsns_of(settings)
    prepare(dsns, settings.data_dir)
    owner = Store.connect(dsns[DatabaseRole.OWNER], pool_size=1, role=DatabaseRole.OWNER)
    try:
        made = bootstrap(owner, settings, shipped_documents())
    finally:
        owner.close()
    for line in made.lines():
        print(line, flush=True)  # noqa: T201
    marker_of(settings.data_dir).touch()


def database_marker_of(data_dir: Path) -> Path:
    """The file by which the supervisor says that the database of this start takes connections."""
    return data_dir / "run" / "database"


def marker_of(data_dir: Path) -> Path:
    """The file that says: this start's preparation is done."""
    return data_dir / "run" / "prepared"


def wait_prepared(data_dir: Path, timeout_seconds: float = 120.0) -> None:
    """Block until the preparation of this start is done; a child that waits in vain ends and is started again."""
    deadline = time.monotonic() + timeout_seconds
    while not marker_of(data_dir).exists():
        if time.monotonic() > deadline:
            raise SystemExit("forestay: the database was not prepared in time")
        time.sleep(_LOOK_SECONDS)
