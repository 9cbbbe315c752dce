"""The three logins of the store and their passwords.

Gives : DatabaseRole, passwords_of()
Reads : <data folder>/secrets/database.json (made once, readable by its owner only)
Source: DESIGN section 8: requests run as `forestay_api`, the worker as `forestay_worker`, schema as the owner.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

_FILE = "database.json"


class DatabaseRole(StrEnum):
    """Who speaks to the database; the value is the role's name there (the owner's with a database by URL differs)."""

    OWNER = "forestay"
    """Owns the tables, migrates, backs up; no request and no tick runs as it."""
    API = "forestay_api"
    """Requests of people and senders: one workspace at a time, by row-level security."""
    WORKER = "forestay_worker"
    """The worker and the jobs: runtime tables of every workspace, no passwords, sessions or keys."""


def passwords_of(data_dir: Path) -> Mapping[DatabaseRole, str]:
    """The passwords of this data folder, made on the first call; folder 0700, file 0600."""
    path = data_dir / "secrets" / _FILE
    if not path.exists():
        _make(path)
    stored: dict[str, str] = json.loads(path.read_text())
    return {role: stored[role.name.lower()] for role in DatabaseRole}


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = {role.name.lower(): secrets.token_urlsafe(24) for role in DatabaseRole}
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        json.dump(words, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # the first of two starting processes wins; both then read the same file
    except FileExistsError:
        return
    finally:
        os.unlink(temporary)
