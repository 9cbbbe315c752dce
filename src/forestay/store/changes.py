"""What a transaction changed, told to every server process when it commits: PostgreSQL's NOTIFY, once a transaction.

Gives : TellingConnection, begun(), about(), note_change(), tell_accounts(), announce(), Change, read_change(), CHANNEL
Reads : store/topics.py
Source: PostgreSQL, NOTIFY (delivered with the commit, in its order; a payload has less than 8000 bytes)

A cursor sees which tables a statement writes, so no caller can forget to tell. Which workspace it was is known from
the transaction (`Store.begin`) or said by the worker (`about`); what nobody said is told to every workspace, without
ids: a page may then ask once too often, but never shows what is past. Nothing personal is in it: topics, ids of accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg
from psycopg import pq
from sqlalchemy import Connection

from forestay.store.topics import Topic, topics_of

CHANNEL = "forestay_changes"
EVERYBODY = 0
"""In place of a workspace: all of them."""
MOST_IDS = 50
_MOST_BYTES = 4000
_NOTIFY = f"SELECT pg_notify('{CHANNEL}', payload) FROM unnest($1::text[]) AS payload".encode()  # noqa: S608

Told = dict[Topic, set[str] | None]
"""By topic the external ids of accounts, None for 'any of them'."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one transaction changed in a workspace (EVERYBODY: in any). topics: with the ids of accounts, None: any."""

    workspace_id: int
    topics: Mapping[Topic, frozenset[str] | None]


@dataclass(slots=True)
class Notes:
    """What the transaction under way has written so far. here: of whose rows the next statements are, None: not said."""

    here: tuple[int, ...] | None = None
    named: set[int] = field(default_factory=set)
    topics: dict[tuple[int, ...] | None, set[Topic]] = field(default_factory=dict)
    accounts: dict[int, set[str]] = field(default_factory=dict)

    def clear(self, workspace_id: int | None) -> None:
        """A transaction begins. workspace_id: its only one, None: it may write for several."""
        self.topics.clear()
        self.accounts.clear()
        self.named.clear()
        self.here = None
        if workspace_id is not None:
            self.about((workspace_id,))

    def about(self, workspaces: tuple[int, ...]) -> None:
        """The next statements write rows of these."""
        self.here = workspaces
        self.named.update(workspaces)

    def add(self, topics: frozenset[Topic]) -> None:
        """A statement changed rows."""
        self.topics.setdefault(self.here, set()).update(topics)

    def told(self) -> dict[int, Told]:
        """By workspace. What was written before anybody was named belongs to those who were named later."""
        made: dict[int, Told] = {}
        for here, topics in self.topics.items():
            for workspace in here or sorted(self.named) or (EVERYBODY,):
                made.setdefault(workspace, {}).update(dict.fromkeys(topics))
        for workspace, ids in self.accounts.items():
            if Topic.ACCOUNT in made.get(workspace, {}) and len(ids) <= MOST_IDS:
                made[workspace][Topic.ACCOUNT] = ids
        return made


class NotingCursor(psycopg.Cursor[Any]):
    """A cursor that notes what its statements change."""

    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        """As psycopg's."""
        done = super().execute(query, *arguments, **options)
        self._note(query)
        return done

    def executemany(self, query: Any, *arguments: Any, **options: Any) -> None:
        """As psycopg's."""
        super().executemany(query, *arguments, **options)
        self._note(query)

    def _note(self, query: Any) -> None:
        if self.rowcount:
            note_change(self.connection, query, self.rowcount)


class TellingConnection(psycopg.Connection[Any]):
    """A connection that knows what its transaction has changed."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.notes = Notes()
        self.cursor_factory = NotingCursor


def note_change(driver: psycopg.Connection[Any], statement: object, rows: int) -> None:
    """A statement was executed past the cursor. rows: how many it changed or gave, negative: unknown."""
    if rows and isinstance(driver, TellingConnection) and isinstance(statement, str | bytes):
        topics = topics_of(statement if isinstance(statement, str) else statement.decode())
        if topics:
            driver.notes.add(topics)


def begun(driver: psycopg.Connection[Any], workspace_id: int | None) -> None:
    """A transaction begins. workspace_id: whose rows it writes, None: nobody said so yet."""
    if isinstance(driver, TellingConnection):
        driver.notes.clear(workspace_id)


def about(connection: Connection | psycopg.Connection[Any], workspaces: Iterable[int]) -> None:
    """Say of whose rows this transaction writes from now on; the worker says it, a request's transaction knows it."""
    notes, named = _notes_of(connection), tuple(sorted(set(workspaces)))
    if notes is not None and named:
        notes.about(named)


def tell_accounts(connection: Connection, workspace_id: int, external_ids: Iterable[str]) -> None:
    """Say which accounts this transaction is about, where these are all; a page about another need not ask again."""
    notes = _notes_of(connection)
    if notes is not None:
        notes.accounts.setdefault(workspace_id, set()).update(external_ids)


def announce(driver: psycopg.Connection[Any]) -> None:
    """Before the commit: one statement for all that changed, none when nothing did."""
    if not isinstance(driver, TellingConnection) or not driver.notes.topics:
        return
    if driver.info.transaction_status != pq.TransactionStatus.INTRANS:
        return  # a statement failed and was swallowed: nothing will be kept
    payloads = [_payload(workspace, told) for workspace, told in driver.notes.told().items() if told]
    array = "{" + ",".join('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in payloads) + "}"
    result = driver.pgconn.exec_params(_NOTIFY, [array.encode()])
    if result.status != pq.ExecStatus.TUPLES_OK:
        raise psycopg.errors.error_from_result(result, driver.info.encoding)


def read_change(payload: str) -> Change:
    """A payload of ours. Raises msgspec.MsgspecError for what is not."""
    workspace, topics = msgspec.json.decode(payload, type=tuple[int, dict[Topic, frozenset[str] | None]])
    return Change(workspace, topics)


def _payload(workspace: int, told: Told) -> str:
    said = {topic.value: None if ids is None else sorted(ids) for topic, ids in sorted(told.items())}
    packed = msgspec.json.encode((workspace, said))
    if len(packed) > _MOST_BYTES:
        packed = msgspec.json.encode((workspace, dict.fromkeys(said)))
    return packed.decode()


def _notes_of(connection: Connection | psycopg.Connection[Any]) -> Notes | None:
    driver = connection if isinstance(connection, psycopg.Connection) else connection.connection.driver_connection
    return driver.notes if isinstance(driver, TellingConnection) else None
