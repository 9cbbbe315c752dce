"""The three logins of the store and their passwords.

Gives : DatabaseRole, passwords_of()
Reads : <data folder>/secrets/database-owner, -api, -worker (made once, readable by their owner only)
Source: DESIGN section 8: requests run as `forestay_api`, the worker as `forestay_worker`, schema as the owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from forestay.kit.secret_files import secret_in


class DatabaseRole(StrEnum):
    """Who speaks to the database; the value is the role's name there (the owner's with a database by URL differs)."""

    OWNER = "forestay"
    """Owns the tables, migrates, backs up; no request and no tick runs as it."""
    API = "forestay_api"
    """Requests of people and senders: one workspace at a time, by row-level security."""
    WORKER = "forestay_worker"
    """The worker and the jobs: runtime tables of every workspace, no passwords, sessions or keys."""


def passwords_of(data_dir: Path) -> Mapping[DatabaseRole, str]:
    """The passwords of this data folder, made by whoever asks first; folder 0700, files 0600."""
    return {role: secret_in(data_dir, f"database-{role.name.lower()}") for role in DatabaseRole}
