"""Transactions on the present state: one workspace at a time for requests, all of them for the worker.

Gives : Store, StoreUnavailable, StoreBusy, StoreFull, raw()
Reads : a DSN from store/dsn.py
Source: DESIGN section 8; SQLAlchemy Core over psycopg 3. The workspace is set in the same round trip as BEGIN.

PostgreSQL may be killed and restarted under us: the call under way then raises StoreUnavailable, and a
transaction that begins on a dead connection throws the pool away and tries once more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import ExecStatus
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from forestay.kit.errors import ForestayError
from forestay.store.changes import Change, TellingConnection, announce, begun
from forestay.store.listening import changes
from forestay.store.roles import DatabaseRole

_CONNECT_SECONDS = 10
_POOL_WAIT_SECONDS = 30

_API_LIMITS = "-c statement_timeout=60s -c lock_timeout=15s"
"""No request may hold a connection for longer; the worker and the jobs take the time that they need."""

_MET_ANOTHER = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
)


class StoreUnavailable(ForestayError):
    """PostgreSQL did not answer or went away; nothing of this transaction was kept unless it was committing."""

    code = "store_unavailable"
    http_status = 503
    retryable = True

    def __init__(self, why: object) -> None:
        first_line = (str(why).strip().splitlines() or [type(why).__name__])[0]
        super().__init__(f"the database is not available, try again in a moment ({first_line})")


class StoreBusy(StoreUnavailable):
    """Two changes met, or a statement took too long and was stopped; nothing was kept, the same call may work again."""

    code = "store_busy"


class StoreFull(StoreUnavailable):
    """The database's disk is full: free some space; what was stored is safe."""

    code = "store_full"


def raw(connection: Connection) -> psycopg.Connection[tuple[object, ...]]:
    """The psycopg connection underneath, in the same transaction: for arrays (`unnest`) and COPY on hot paths.

    PostgreSQL refuses COPY FROM into a table under row-level security: COPY into a temporary table and INSERT from
    there, or INSERT ... SELECT FROM unnest(...).
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


class Store:
    """A pool of connections of one role. Threads may share it; after a fork make a new one."""

    def __init__(self, engine: Engine, role: DatabaseRole, dsn: str) -> None:
        self._engine, self.role, self._dsn = engine, role, dsn
        self._working_for: int | None = None

    @classmethod
    def connect(cls, dsn: str, *, pool_size: int = 5, role: DatabaseRole = DatabaseRole.API) -> Store:
        """Make the pool; the first transaction makes the first connection. pool_size: connections at most."""

        given = str(conninfo_to_dict(dsn).get("options") or "")
        options = f"{given} {_API_LIMITS}" if role is DatabaseRole.API else given

        def open_connection() -> psycopg.Connection[tuple[object, ...]]:
            return TellingConnection.connect(
                dsn, connect_timeout=_CONNECT_SECONDS, application_name=f"{role}", options=options
            )

        engine = create_engine(
            "postgresql+psycopg://",
            creator=open_connection,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_POOL_WAIT_SECONDS,
            use_native_hstore=False,
            hide_parameters=True,  # an error that is logged shows the statement and no row
        )
        return cls(engine, role, dsn)

    @contextmanager
    def begin(self, workspace_id: int | None) -> Iterator[Connection]:
        """A transaction that sees this workspace only (None: no row of any); committed at the end, else rolled back."""
        setting = "" if workspace_id is None else f"; SET LOCAL forestay.workspace_id = {int(workspace_id)}"
        with self._transaction(f"BEGIN{setting}", workspace_id) as connection:
            yield connection

    @contextmanager
    def begin_worker(self) -> Iterator[Connection]:
        """A transaction without a workspace: the worker's, the owner's; as the API role it sees no row at all."""
        with self._transaction("BEGIN", self._working_for) as connection:
            yield connection

    @contextmanager
    def working_for(self, workspace_id: int) -> Iterator[None]:
        """Within, whatever begin_worker() writes is of this workspace; for a process that does one thing at a time."""
        self._working_for = workspace_id
        try:
            yield
        finally:
            self._working_for = None

    def workspace_named(self, slug: str) -> int | None:
        """The id of the workspace with this slug, None when there is none; the API role sees no more of it."""
        with self.begin(None) as connection:
            found: int | None = connection.scalar(text("SELECT forestay_find_workspace(:slug)"), {"slug": slug})
            return found

    def changes(self) -> AsyncIterator[Change | None]:
        """What transactions of all processes change from now on, by a connection of its own (store/listening.py)."""
        return changes(self._dsn)

    def close(self) -> None:
        """Close the pool's idle connections; safe to call twice."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, opening: str, workspace_id: int | None) -> Iterator[Connection]:
        connection = self._opened(opening)
        begun(raw(connection), workspace_id)
        try:
            with connection:
                yield connection
                announce(raw(connection))
                connection.commit()
        except psycopg.OperationalError as error:  # from raw(): SQLAlchemy has not seen it
            self._tell(error)
            raise
        except DBAPIError as error:
            self._tell(error.orig)
            raise

    def _opened(self, opening: str) -> Connection:
        """A connection in which the opening has run; a dead one throws the pool away, once."""
        try:
            return self._open(opening)
        except psycopg.OperationalError:
            self._engine.dispose()
        try:
            return self._open(opening)
        except psycopg.OperationalError as error:
            raise StoreUnavailable(error) from error

    def _open(self, opening: str) -> Connection:
        try:
            connection = self._engine.connect()
        except PoolTimeout as error:
            raise StoreUnavailable("every connection is in use") from error
        except DBAPIError as error:
            raise psycopg.OperationalError(str(error.orig)) from error
        connection.begin()  # SQLAlchemy's own note; the driver sees an open transaction and sends no second BEGIN
        try:
            result = raw(connection).pgconn.exec_(opening.encode())
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.OperationalError(result.get_error_message())
        except psycopg.OperationalError:
            connection.invalidate()
            connection.close()
            raise
        return connection

    def _tell(self, error: object) -> None:
        """Raise what an error of the driver means to a caller; return when it is no outage."""
        if not isinstance(error, psycopg.OperationalError):
            return
        if isinstance(error, psycopg.errors.DiskFull):
            raise StoreFull(error) from error
        if isinstance(error, _MET_ANOTHER):
            raise StoreBusy(error) from error
        if error.sqlstate is None or error.sqlstate.startswith(("08", "57P")):
            self._engine.dispose()
            raise StoreUnavailable(error) from error
