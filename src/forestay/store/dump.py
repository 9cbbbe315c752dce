"""All rows of the store as text, out of one consistent view and back into an empty database.

Gives : dump(), load()
Reads : the database, as its owner
Source: COPY text format. Not pg_dump: it is tied to the server's version and to roles, and is absent where the
        database is somebody else's; rows and our own migrations restore into any PostgreSQL.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from sqlalchemy import Table

from forestay.store.archive import TableRows
from forestay.store.tables import metadata

_CHUNK = 1 << 20
_Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Dumped:
    """What was dumped. positions: log position by shard, of the same view as the rows."""

    tables: list[TableRows]
    positions: dict[str, int]


def dump(owner_dsn: str, spool_in: Path, take: Callable[[str, IO[bytes]], None]) -> Dumped:
    """Hand every table's rows to `take` as an open file, parents first; the files are gone afterwards."""
    with psycopg.connect(owner_dsn) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = connection.execute("SELECT shard, position FROM positions").fetchall()
        for table in metadata.sorted_tables:
            with tempfile.TemporaryFile(dir=spool_in) as spool:
                _copy_out(connection, table, spool)
                spool.seek(0)
                take(table.name, spool)
        # numbers are given outside of transactions: read last, they are at least those of the rows
        tables = [_rows_of(connection, one) for one in metadata.sorted_tables]
    return Dumped(tables, {str(shard): int(str(position)) for shard, position in found})


def load(owner_dsn: str, tables: Sequence[TableRows], rows_of: Callable[[str], IO[bytes]]) -> None:
    """Put all rows into the empty tables in one transaction; their numbers go on where they stopped."""
    with psycopg.connect(owner_dsn) as connection:
        for one in tables:
            # PostgreSQL refuses COPY FROM to an owner whom row-level security is forced upon
            connection.execute(_on("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", one.table))
            with rows_of(one.table) as rows:
                _copy_in(connection, one, rows)
            if one.table != "positions":
                connection.execute(_on("ALTER TABLE {} FORCE ROW LEVEL SECURITY", one.table))
            if one.last_number is not None:
                connection.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [one.table, one.last_number])


def _rows_of(connection: _Connection, table: Table) -> TableRows:
    """In plain text: SQLAlchemy's names are a kind of their own."""
    return TableRows(str(table.name), [str(column.name) for column in table.columns], _last_number(connection, table))


def _copy_out(connection: _Connection, table: Table, target: IO[bytes]) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(columns, sql.Identifier(table.name))
    with connection.cursor().copy(statement) as copy:
        for part in copy:
            target.write(part)


def _copy_in(connection: _Connection, table: TableRows, rows: IO[bytes]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.table), columns)
    with connection.cursor().copy(statement) as copy:
        while part := rows.read(_CHUNK):
            copy.write(part)


def _last_number(connection: _Connection, table: Table) -> int | None:
    """The last number that the table gave itself, None when it has no numbers or gave none."""
    if "id" not in table.c or table.c.id.identity is None:
        return None
    name = connection.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table.name]).fetchone()
    row = connection.execute("SELECT pg_sequence_last_value(%s::regclass)", name).fetchone()
    return None if row is None or row[0] is None else int(str(row[0]))


def _on(statement: str, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))
