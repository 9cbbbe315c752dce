"""Brings a database to the present schema, and lets the two working roles sign in.

Gives : upgrade(), current(), is_current(), allow_sign_in(), HEAD
Reads : store/migrations (Alembic)
Source: DESIGN section 8 (roles); architecture: schema changes in two steps, add, then enforce.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from forestay.kit.errors import ForestayError
from forestay.store.roles import DatabaseRole

HEAD = "0011"
"""The newest version; kept here so that an ordinary start need not load Alembic."""

_ONE_AT_A_TIME = 0x0F0E57A1
_WORKING_ROLES = (DatabaseRole.API, DatabaseRole.WORKER)


class OwnerTooWeak(ForestayError):
    """The database's owner may not make roles: let an administrator make them once."""

    code = "owner_too_weak"

    def __init__(self, owner: str) -> None:
        self.owner = owner
        super().__init__(
            f"the database user '{owner}' may not create the roles that Forestay works with. Either let an administrator "
            f'run: ALTER ROLE "{owner}" CREATEROLE; or make them: CREATE ROLE forestay_api; CREATE ROLE forestay_worker; '
            f'GRANT forestay_api, forestay_worker TO "{owner}" WITH ADMIN OPTION; and then give that user CREATEROLE'
        )


class SchemaTooNew(ForestayError):
    """The database was written by a newer Forestay: run that version, or restore an older backup."""

    code = "schema_too_new"

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(f"the database has schema {found}, this Forestay knows up to {HEAD}: run the newer version")


def current(owner_dsn: str) -> str | None:
    """The database's schema version, None for an empty database."""
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        return _version(connection)


def is_current(owner_dsn: str) -> bool:
    """Whether there is nothing to upgrade."""
    return current(owner_dsn) == HEAD


def upgrade(owner_dsn: str, to: str = HEAD) -> None:
    """Run the missing versions, all in one transaction, one process at a time; nothing when there are none."""
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        version = _version(connection)
        if version == to:
            return
        if version is not None and version > HEAD:
            raise SchemaTooNew(version)
        _check_owner(connection)
    _run_versions(owner_dsn, to)


def allow_sign_in(owner_dsn: str, passwords: Mapping[DatabaseRole, str]) -> None:
    """Give the working roles their passwords, hashed here so that no server log can hold them."""
    with psycopg.connect(owner_dsn) as connection:
        for role in _WORKING_ROLES:
            hashed = connection.pgconn.encrypt_password(passwords[role].encode(), role.encode(), b"scram-sha-256")
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(hashed.decode()))
            )


def _run_versions(owner_dsn: str, to: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(owner_dsn),
        poolclass=NullPool,
        use_native_hstore=False,
    )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def _version(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    if connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    return None if row is None else str(row[0])


def _check_owner(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    row = connection.execute(
        "SELECT rolsuper OR rolcreaterole, rolname FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row is None or not row[0]:
        raise OwnerTooWeak("?" if row is None else str(row[1]))
