"""What is done once at a start, in a process of its own: schema, working roles, the first workspace and keys.

Reads: Settings; a started database
Gives: `run/prepared` in the data folder, for which server and worker wait; new keys on standard output, once
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from forestay.app.shipped import shipped_documents
from forestay.governance.bootstrap import bootstrap
from forestay.kit.errors import ForestayError
from forestay.kit.settings import Settings
from forestay.store.database import Store
from forestay.store.dsn import dsns_of, prepare
from forestay.store.roles import DatabaseRole

_LOOK_SECONDS = 0.01


def run(settings: Settings) -> None:
    """Bring the database up to this version and make the first workspace where there is none."""
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


if __name__ == "__main__":
    try:
        run(Settings())
    except ForestayError as error:
        print(f"forestay: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
