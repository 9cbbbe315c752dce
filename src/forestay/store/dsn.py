"""Which database, and by which URL each role reaches it.

Gives : dsns_of(), prepare()
Reads : Settings.database_url (embedded PostgreSQL when empty), <data folder>/secrets/database-*

With FORESTAY_DATABASE_URL the URL names the owner; the working roles `forestay_api` and `forestay_worker` sign in
to the same database with the passwords of the data folder, which `prepare` sets on every start.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from forestay.kit.settings import Settings
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole, passwords_of
from forestay.store.schema import allow_sign_in, upgrade


def dsns_of(settings: Settings) -> Mapping[DatabaseRole, str]:
    """The DSN of every role; the embedded database must have been started once."""
    if settings.database_url is None:
        embedded = EmbeddedPostgres(settings.data_dir)
        return {role: embedded.dsn(role) for role in DatabaseRole}
    return _derived(settings.database_url.get_secret_value(), settings.data_dir)


def prepare(dsns: Mapping[DatabaseRole, str], data_dir: Path) -> None:
    """Upgrade the schema and let the working roles sign in; quick when there is nothing to do."""
    upgrade(dsns[DatabaseRole.OWNER])
    allow_sign_in(dsns[DatabaseRole.OWNER], passwords_of(data_dir))


def _derived(owner_dsn: str, data_dir: Path) -> Mapping[DatabaseRole, str]:
    parts = conninfo_to_dict(owner_dsn)
    words = passwords_of(data_dir)
    working = (DatabaseRole.API, DatabaseRole.WORKER)
    derived = {role: make_conninfo("", **{**parts, "user": role.value, "password": words[role]}) for role in working}
    return {DatabaseRole.OWNER: owner_dsn, **derived}
