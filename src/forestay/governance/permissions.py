"""What a caller may do, in words, and which role may do it.

Gives : Permission, ROLE_PERMISSIONS, granted_by_scopes()
Source: docs/architecture.md, section Permissions.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from forestay.customers.words import Role
from forestay.kit.errors import Invalid

EVERYTHING = "*"
"""The scope that stands for every permission."""


class Permission(StrEnum):
    """One thing a caller may do; a management key's scopes are out of these words."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    SIGNALS_READ = "signals:read"
    FEEDBACK_WRITE = "feedback:write"
    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    TRIGGERS_READ = "triggers:read"
    TRIGGERS_WRITE = "triggers:write"
    TRIGGERS_PUBLISH = "triggers:publish"
    JOURNEYS_READ = "journeys:read"
    JOURNEYS_WRITE = "journeys:write"
    JOURNEYS_PUBLISH = "journeys:publish"
    JOURNEYS_OPERATE = "journeys:operate"
    MODELS_READ = "models:read"
    MODELS_TRAIN = "models:train"
    MODELS_PUBLISH = "models:publish"
    MESSAGES_TRANSACTIONAL = "messages:transactional"
    SCORECARDS_READ = "scorecards:read"
    SCORECARDS_WRITE = "scorecards:write"
    SCORECARDS_PUBLISH = "scorecards:publish"
    IMPORTS_WRITE = "imports:write"
    QUARANTINE_READ = "quarantine:read"
    QUARANTINE_WRITE = "quarantine:write"
    MESSAGES_READ = "messages:read"
    KEYS_ADMIN = "keys:admin"
    MEMBERS_ADMIN = "members:admin"
    KPIS_READ = "kpis:read"
    AUDIT_READ = "audit:read"
    JOBS_READ = "jobs:read"
    CONFIG_READ = "config:read"
    CONFIG_WRITE = "config:write"


_ALL = frozenset(Permission)
_READS = frozenset(permission for permission in Permission if permission.endswith(":read"))
_CSM_WRITES = {
    Permission.TASKS_WRITE, Permission.FEEDBACK_WRITE, Permission.ACCOUNTS_WRITE, Permission.JOURNEYS_OPERATE,
}  # fmt: skip

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: _ALL,
    Role.OPS: _ALL - {Permission.KEYS_ADMIN, Permission.MEMBERS_ADMIN},
    Role.CSM: (_READS - {Permission.AUDIT_READ}) | _CSM_WRITES,
    Role.VIEWER: _READS - {Permission.AUDIT_READ},
}
"""Admin may all; ops all but keys and members; a CSM reads all but the audit trail, writes tasks,
feedback and accounts, and lets single runs of journeys pause, go on or end; a viewer reads what a CSM reads."""


def granted_by_scopes(scopes: Iterable[str]) -> frozenset[Permission]:
    """The permissions of a key's scopes. Raises Invalid that names an unknown word and the allowed ones.

    >>> sorted(granted_by_scopes(["tasks:read"]))
    [<Permission.TASKS_READ: 'tasks:read'>]
    """
    wanted = set(scopes)
    if EVERYTHING in wanted:
        return _ALL
    unknown = sorted(wanted - set(_ALL))
    if unknown:
        allowed = ", ".join([EVERYTHING, *Permission])
        raise Invalid(f"'{unknown[0]}' is no scope; allowed are {allowed}", place="scopes", code="unknown_scope")
    return frozenset(Permission(word) for word in wanted)
