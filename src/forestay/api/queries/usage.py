"""How one account uses the product: by the day, by feature, by person.

Reads: the lake's two daily rollups, features, contacts
Gives: usage_of()

The lake's reader is loaded when it is first asked for, so that a server that nobody asks carries no engine.
"""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Row, select

from forestay.kit.clock import date_of, day_of
from forestay.kit.settings import Settings
from forestay.store.sets import within
from forestay.store.tables.customers import contacts, features
from forestay.store.tables.governance import workspaces

if TYPE_CHECKING:
    from forestay.lake.reads import Chosen, LakeReader

_MONTH = 30
_MOST_USERS = 50
_MEMORY_MB = 256
_ROLLUP = "account_event_day"


@dataclass(slots=True)
class _Counted:
    """events, users: by day; features: events by feature and day; active: days by user."""

    events: defaultdict[int, int]
    features: defaultdict[str, defaultdict[int, int]]
    active: defaultdict[int, set[int]]


def usage_of(
    conn: Connection, workspace_id: int, account_id: int, settings: Settings, days: int, now: datetime
) -> dict[str, Any]:
    """A document with the fields of UsageView; today counts as far as it has come."""
    zone = str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == workspace_id)).scalar_one())
    until = day_of(now, zone)
    since = until - days + 1
    mine = features.c.workspace_id == workspace_id
    known = conn.execute(select(features).where(mine).order_by(features.c.position, features.c.key)).all()
    counted = _count(settings, workspace_id, account_id, {row.key: row.events for row in known}, since, until)
    month, before = until - _MONTH, until - 2 * _MONTH
    users: defaultdict[int, int] = defaultdict(int)
    for active in counted.active.values():
        for day in active:
            users[day] += 1
    return {
        "since": date_of(since),
        "until": date_of(until),
        "days": [
            {"day": date_of(day), "events": counted.events[day], "users": users[day]} for day in range(since, until + 1)
        ],
        "features": _features(known, counted, month, before),
        "users": _users(conn, workspace_id, counted, month, before),
        "users_30d": sum(any(day > month for day in days) for days in counted.active.values()),
        "users_before": sum(any(before < day <= month for day in days) for days in counted.active.values()),
    }


def _count(
    settings: Settings, workspace_id: int, account_id: int, events: Mapping[str, Sequence[str]], since: int, until: int
) -> _Counted:
    counted = _Counted(defaultdict(int), defaultdict(lambda: defaultdict(int)), defaultdict(set))
    root = settings.lake_root
    if "://" not in root and not Path(root, _ROLLUP).exists():
        return counted  # nothing has been flushed yet
    reads = importlib.import_module("forestay.lake.reads")
    chosen: Chosen = reads.Chosen(workspace_id, np.array([account_id], np.int64))
    names = sorted({name for fed_by in events.values() for name in fed_by})
    feeds: dict[int, list[str]] = {
        code: [key for key, fed_by in events.items() if name in fed_by] for code, name in enumerate(names, start=1)
    }
    lake: LakeReader
    with closing(reads.LakeReader(root, memory_mb=_MEMORY_MB, threads=1)) as lake:
        for batch in lake.counts(chosen, names, since, until):
            for code, day, n in zip(batch.code.tolist(), batch.day.tolist(), batch.events.tolist(), strict=True):
                counted.events[day] += n
                for key in feeds.get(code, ()):
                    counted.features[key][day] += n
        for active in lake.user_days(chosen, since, until):
            for user, day in zip(active.user.tolist(), active.day.tolist(), strict=True):
                counted.active[user].add(day)
    return counted


def _features(known: Sequence[Row[Any]], counted: _Counted, month: int, before: int) -> list[dict[str, Any]]:
    made = []
    for row in known:
        by_day = counted.features[row.key]
        used = [day for day, events in by_day.items() if events > 0]
        made.append({
            "key": row.key, "name": row.name, "is_sticky": row.is_sticky, "is_premium": row.is_premium,
            "deployed_on": row.deployed_on, "last_on": date_of(max(used)) if used else None,
            "events_30d": sum(events for day, events in by_day.items() if day > month),
            "events_before": sum(events for day, events in by_day.items() if before < day <= month),
        })  # fmt: skip
    return sorted(made, key=lambda one: -int(one["events_30d"]))


def _users(conn: Connection, workspace_id: int, counted: _Counted, month: int, before: int) -> list[dict[str, Any]]:
    seen = [
        (sum(day > month for day in days), sum(before < day <= month for day in days), date_of(max(days)), user)
        for user, days in counted.active.items()
    ]
    seen.sort(key=lambda one: (-one[0], -one[1], one[3]))
    told = people_named(conn, workspace_id, [user for *_, user in seen[:_MOST_USERS]])
    return [
        {**told.get(user, {"contact": None, "name": None, "title": None}), "days_30d": now, "days_before": then, "last_on": last}
        for now, then, last, user in seen[:_MOST_USERS]
    ]  # fmt: skip


def people_named(
    conn: Connection, workspace_id: int, numbers: Sequence[int]
) -> dict[int, dict[str, str | date | None]]:
    """Who these users are; who is not among the contacts (yet) is left out."""
    mine = (contacts.c.workspace_id == workspace_id) & within(contacts.c.id, numbers)
    rows = conn.execute(select(contacts.c.id, contacts.c.external_id, contacts.c.name, contacts.c.title).where(mine))
    return {row.id: {"contact": row.external_id, "name": row.name, "title": row.title} for row in rows}
