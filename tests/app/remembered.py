"""What a workspace's memory says, in plain values, so that two memories can be compared whatever their numbering."""

from __future__ import annotations

from typing import Any

import numpy as np

from forestay.app.shard import WorkspaceMemory
from forestay.measures.ring import RowParts
from forestay.sources.identity import NOBODY


def counts(space: WorkspaceMemory) -> dict[tuple[str, str, int], int]:
    """Events by account, series and day."""
    found: dict[tuple[str, str, int], int] = {}
    cube, known = space.memory.cube, space.known
    parts = RowParts.of(slice(0, space.accounts))
    cube.grow(space.accounts)
    for index, name in enumerate(space.memory.book.names):
        for day in range(space.today - 99, space.today + 1):
            for row in np.flatnonzero(day_counts := cube.count(parts, index, day, day)).tolist():
                found[known.account_keys[row], name, day] = int(day_counts[row])
    return found


def active_users(space: WorkspaceMemory) -> dict[tuple[str, int], int]:
    """Distinct users by account and window."""
    parts = RowParts.of(slice(0, space.accounts))
    space.memory.users.grow(space.accounts)
    return {
        (space.known.account_keys[row], days): int(number)
        for days in (1, 7, 30)
        for row, number in enumerate(space.memory.users.distinct(parts, days, space.today))
        if number
    }


def people(space: WorkspaceMemory) -> dict[str, tuple[str, str, int]]:
    """By key: the contact it means, the account it acts for, and the store's id of the contact."""
    known = space.known
    told: dict[str, tuple[str, str, int]] = {}
    for key, number in known.users.items():
        user = known.canonical[number]
        primary = known.primary[user]
        home = "" if primary == NOBODY else known.account_keys[known.merged[primary]]
        told[key] = (known.contact_keys[user], home, known.contact_ids[user])
    return told


def waiting(space: WorkspaceMemory) -> list[tuple[Any, ...]]:
    """What waits for an account, by a key of its user."""
    known = space.known
    by_user: dict[int, str] = {}
    for key, number in known.users.items():
        user = known.canonical[number]
        by_user[user] = min(by_user.get(user, key), key)
    return sorted((by_user[user], name, day, weight) for user, name, day, weight in space.orphans.entries())


def facts(space: WorkspaceMemory) -> dict[str, list[tuple[Any, ...]]]:
    """Dated facts by name."""
    table = space.memory.facts
    told = {}
    for name in table.names:
        rows, days, values, numbers = table.entries(name)
        keys = [space.known.account_keys[row] for row in rows.tolist()]
        lines = sorted(zip(keys, days.tolist(), values.round(6).tolist(), numbers.tolist(), strict=True))
        if lines:
            told[name] = lines
    return told


def triggers(space: WorkspaceMemory) -> dict[tuple[str, str], tuple[bool, bool]]:
    """(on, open) by trigger and account, where either is."""
    found = {}
    for key in space.states.keys:
        flags = space.states.of(key, space.accounts).flags[: space.accounts]
        for row in np.flatnonzero(flags & 3).tolist():
            found[key, space.known.account_keys[row]] = (bool(flags[row] & 1), bool(flags[row] & 2))
    return found


def everything(space: WorkspaceMemory) -> dict[str, Any]:
    """All of it."""
    return {
        "counts": counts(space), "users": active_users(space), "people": people(space), "waiting": waiting(space),
        "facts": facts(space), "hashes": space.hashes.all_hashes().tolist(),
    }  # fmt: skip
