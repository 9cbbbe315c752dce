"""Which traits accounts have, of what kind, and the texts that occur: kept in memory and brought up to date by what changed.

Reads: accounts, workspaces
Gives: Trait, traits_of()

Taking every account's traits apart costs tenths of a second for ten thousand accounts, and an editor asks whenever it opens. So each
process reads them all once, from then on only accounts written since, and all anew after an hour, when what nobody has any more is
forgotten. A trait that a single account has is listed like any other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Row, text

from forestay.kit import clock

MOST_TRAITS, MOST_VALUES, LONGEST_VALUE = 200, 100, 200
_ANEW = timedelta(hours=1)
_OVERLAP = timedelta(minutes=2)
"""Longer than a transaction that writes accounts: its rows carry the moment when it began and are seen when it ends."""
_TRAITS = text("""
SELECT key, count(*) AS accounts, count(*) FILTER (WHERE kind IN ('number', 'boolean')) AS numbers,
  bool_and(kind = 'boolean') AS is_flag, count(*) FILTER (WHERE kind = 'string') AS texts,
  (array_agg(DISTINCT value) FILTER (WHERE kind = 'string'))[1:100] AS shown
FROM accounts, LATERAL (
  SELECT key, jsonb_typeof(value) AS kind, left(value #>> '{}', 200) AS value FROM jsonb_each(traits)) AS one
WHERE workspace_id = :workspace AND merged_into IS NULL AND updated_at >= :since GROUP BY key""")
_NEWEST = text("""
SELECT max(updated_at) AS newest, count(*) FILTER (WHERE updated_at >= :since) AS since FROM accounts
WHERE workspace_id = :workspace""")
_MADE = text("SELECT created_at FROM workspaces WHERE id = :workspace")
_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(slots=True)
class Trait:
    """accounts: how many have it (those that changed count again until all are read anew); numbers, texts: whether any value
    is one; is_flag: whether all are true or false; values: texts that occur, sorted, at most 100."""

    key: str
    accounts: int = 0
    numbers: bool = False
    texts: bool = False
    is_flag: bool = True
    values: tuple[str, ...] = ()

    def add(self, row: Row[Any]) -> None:
        """What more accounts say."""
        self.accounts += row.accounts
        self.numbers |= row.numbers > 0
        self.texts |= row.texts > 0
        self.is_flag &= row.is_flag
        self.values = tuple(sorted({*self.values, *(row.shown or ())})[:MOST_VALUES])


@dataclass(slots=True)
class _Kept:
    """traits: by key; newest, recent: moment of the latest account that was read, and how many were written not long before;
    read_at: when all were read; made: when the workspace was (an emptied store gives its numbers again)."""

    read_at: datetime
    made: datetime
    traits: dict[str, Trait] = field(default_factory=dict)
    newest: datetime = _EVER
    recent: int = 0

    @property
    def since(self) -> datetime:
        """From when on accounts are read again."""
        return max(self.newest, _EVER + _OVERLAP) - _OVERLAP

    def take_in(self, rows: Iterable[Row[Any]]) -> None:
        for row in rows:
            self.traits.setdefault(row.key, Trait(row.key)).add(row)


_KEPT: WeakKeyDictionary[Engine, dict[int, _Kept]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def traits_of(conn: Connection, workspace_id: int) -> list[Trait]:
    """The most frequent first, at most 200."""
    with _LOCK:
        made: datetime = conn.execute(_MADE, {"workspace": workspace_id}).scalar_one()
        kept = _KEPT.setdefault(conn.engine, {}).get(workspace_id)
        if kept is None or kept.made != made or clock.now() - kept.read_at > _ANEW:
            kept = _KEPT[conn.engine][workspace_id] = _Kept(clock.now(), made)
        asked = {"workspace": workspace_id, "since": kept.since}
        now = conn.execute(_NEWEST, asked).one()
        if now.newest is not None and (now.newest, now.since) != (kept.newest, kept.recent):
            kept.take_in(conn.execute(_TRAITS, asked))
            kept.newest = now.newest
            kept.recent = conn.execute(_NEWEST, asked | {"since": kept.since}).one().since
        found = sorted(kept.traits.values(), key=lambda one: (-one.accounts, one.key))
    return found[:MOST_TRAITS]
