"""What wakes journeys from outside: entries, events and outcomes, as rows that a runner takes in and deletes.

Gives : enter(), enter_many(), event(), events(), report(), Entry, Happened, Outcome
Writes: journey_inbox, in the caller's transaction: what set it off and its row are kept together or not at all
Source: issue 'Journeys' 3; the runner that takes them in is journeys/runtime

A row may be written twice by a caller that is repeated: entries fall to the entry key, outcomes to a token that
waits no more. Order does not matter but among the events of one subject, which are taken in as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from forestay.store.database import raw
from forestay.store.shapes import Json

ENTER, EVENT, OUTCOME = "enter", "event", "outcome"
"""Kinds of rows."""

_PUT = """
INSERT INTO journey_inbox (workspace_id, kind, journey_id, account_id, contact_id, contact_key, token_id, name,
                           entry_key, at, body)
SELECT %s, %s, journey_id, account_id, contact_id, contact_key, token_id, name, entry_key, at, body::jsonb
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[],
            %s::timestamptz[], %s::text[])
  AS u (journey_id, account_id, contact_id, contact_key, token_id, name, entry_key, at, body)"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A subject that shall enter. journey_id: journeys.id; contact_id: None where the subject is an account.

    by: what brought it: 'signal', 'event', 'segment', 'condition', 'date', 'schedule', 'manual', 'api', 'journey'.
    entry_key: for re-entry by key, and the idempotency key of an API call. body: {"event": properties},
    {"signal": {...}} or {"values": {...}}, which become event.*, signal.* and run.*.
    """

    journey_id: int
    account_id: int
    at: datetime
    contact_id: int | None = None
    contact_key: str | None = None
    entry_key: str | None = None
    by: str = "manual"
    body: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a subject that journeys may wait for. contact_key: 'u:<userId>' or 'a:<anonymousId>'."""

    account_id: int
    name: str
    at: datetime
    properties: Mapping[str, Json] = field(default_factory=dict)
    contact_key: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of what a token asked for. name: the outcome's word ('sent', 'skipped:<reason>', 'approved', a task's
    choice, ...); body: its values. A token that is gone, or waits for something else by now, takes no notice."""

    token_id: int
    name: str
    at: datetime
    body: Mapping[str, Json] = field(default_factory=dict)


def enter(
    connection: Connection,
    workspace_id: int,
    journey_id: int,
    account_id: int,
    contact_id: int | None,
    entry_key: str | None,
    body: Mapping[str, Json],
    at: datetime,
    *,
    by: str = "manual",
) -> None:
    """Ask that one subject enters; the re-entry rule decides when the row is taken in."""
    enter_many(connection, workspace_id, [Entry(journey_id, account_id, at, contact_id, None, entry_key, by, body)])


def enter_many(connection: Connection, workspace_id: int, entries: Sequence[Entry]) -> None:
    """Ask that subjects enter."""
    _put(
        connection, workspace_id, ENTER,
        [(e.journey_id, e.account_id, e.contact_id, e.contact_key, None, e.by, e.entry_key, e.at, e.body) for e in entries],
    )  # fmt: skip


def event(
    connection: Connection,
    workspace_id: int,
    account_id: int,
    contact_key: str | None,
    name: str,
    properties: Mapping[str, Json],
    at: datetime,
) -> None:
    """Tell of one event."""
    events(connection, workspace_id, [Happened(account_id, name, at, properties, contact_key)])


def events(connection: Connection, workspace_id: int, happened: Sequence[Happened]) -> None:
    """Tell of events, in the order in which they came in."""
    _put(
        connection, workspace_id, EVENT,
        [(None, h.account_id, None, h.contact_key, None, h.name, None, h.at, h.properties) for h in happened],
    )  # fmt: skip


def report(connection: Connection, workspace_id: int, outcomes: Sequence[Outcome]) -> None:
    """Tell tokens what became of what they asked for."""
    _put(
        connection,
        workspace_id,
        OUTCOME,
        [(None, None, None, None, o.token_id, o.name, None, o.at, o.body) for o in outcomes],
    )


def _put(connection: Connection, workspace_id: int, kind: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    columns[-1] = [msgspec.json.encode(body).decode() for body in columns[-1]]
    raw(connection).execute(_PUT, (workspace_id, kind, *columns))
