"""What records say, into memory: facts as differences, traits of accounts, and what subscriptions make of an account.

Reads : Planned (sources.records), the store's subscriptions
Gives : remember() -> Remembered (dated facts for the lake, statements); contacts_that_moved()
Source: docs/architecture.md, table of facts
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from forestay.app.asking import Asking
from forestay.app.shard import WorkspaceMemory
from forestay.app.subscriptions import Derived, derived_from
from forestay.customers.kinds import ImportKind
from forestay.measures.record_facts import Fact, difference, facts_of_record
from forestay.sources.identity import NOBODY, IdentityChanges
from forestay.sources.record_tables import Statement
from forestay.sources.records import Planned, RecordChange
from forestay.sources.rows import Row

TRAIT_COLUMNS = (
    "lifecycle_stage", "plan", "industry", "country", "zone", "seats", "arr", "currency", "customer_since",
    "renews_on", "churned_on",
)  # fmt: skip
"""Columns of `accounts` that measures and conditions may read as traits."""

_DERIVED = """
UPDATE accounts AS a SET arr = COALESCE(u.arr, a.arr), seats = COALESCE(u.seats, a.seats), renews_on = u.renews_on,
  updated_at = now()
FROM unnest(%s::bigint[], %s::numeric[], %s::float8[], %s::date[]) AS u (id, arr, seats, renews_on)
WHERE a.workspace_id = %s AND a.id = u.id"""


@dataclass(frozen=True, slots=True)
class DatedFact:
    """One difference of a fact: the account row, and the position of the record that said it."""

    account: int
    fact: Fact
    position: int


@dataclass(slots=True)
class Remembered:
    """facts: for the lake; statements: for the tick's transaction; touched: account rows."""

    facts: list[DatedFact] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)


def contacts_that_moved(space: WorkspaceMemory, changes: IdentityChanges, rows: Iterable[Row], at: int) -> list[Row]:
    """Empty rows for contacts whose own facts now count for another account, or who are one with another contact."""
    told = {row.key for row in rows if row.kind is ImportKind.CONTACTS}
    known = space.known
    moved = [known.canonical[one.user] for one in changes.memberships if one.is_primary]
    moved += [joined.kept for joined in changes.joined_contacts]
    gone = [joined.gone for joined in changes.joined_contacts]
    numbers = {number: known.contact_keys[number] for number in [*moved, *gone] if known.contact_keys[number]}
    return [
        Row(ImportKind.CONTACTS, key, {}, {}, at, at, 0, user=number)
        for number, key in numbers.items()
        if key not in told
    ]


def remember(space: WorkspaceMemory, ask: Asking, planned: Planned) -> Remembered:
    """Bring planned changes into facts and traits; accounts whose subscriptions changed get their sums anew."""
    remembered = Remembered()
    for change in planned.changes:
        _facts_of(space, change, remembered)
        if change.kind is ImportKind.ACCOUNTS:
            _traits_of(space, change)
    _add_facts(space, remembered.facts)
    subscriptions = [change for change in planned.changes if change.kind is ImportKind.SUBSCRIPTIONS]
    accounts = {row for change in subscriptions for row in (change.old_account, change.new_account)} - {NOBODY}
    if accounts:
        derive(space, ask, sorted(accounts), subscriptions, remembered)
    return remembered


def derive(
    space: WorkspaceMemory,
    ask: Asking,
    accounts: Sequence[int],
    changes: Sequence[RecordChange],
    remembered: Remembered,
) -> None:
    """ARR, seats and renewal of accounts from their subscriptions, `changes` laid over what the store has."""
    ids = [space.known.account_ids[row] for row in accounts]
    derived = ask(lambda it: derived_from(it, space.workspace_id, ids, changes, space.known, space.today))
    space.standing.grow(space.accounts)
    written: list[tuple[int, float | None, float | None, date | None]] = []
    for row, number in zip(accounts, ids, strict=True):
        one = derived.get(number, Derived(None, None, None))
        arr = None if space.standing.is_arr_told[row] else one.arr
        seats = None if space.standing.is_seats_told[row] else one.seats
        space.memory.traits.set(row, "renews_on", one.renews_on)
        if arr is not None:
            space.memory.traits.set(row, "arr", arr)
        if seats is not None:
            space.memory.traits.set(row, "seats", seats)
        written.append((number, arr, seats, one.renews_on))
    columns = [list(column) for column in zip(*written, strict=True)]
    remembered.statements.append(Statement(_DERIVED, (*columns, space.workspace_id)))
    remembered.touched.update(accounts)


def _facts_of(space: WorkspaceMemory, change: RecordChange, remembered: Remembered) -> None:
    zone, position = space.configuration.zone, change.row.position
    old = [] if change.old is None else facts_of_record(change.kind, change.old, zone)
    new = facts_of_record(change.kind, change.new, zone)
    before, after = change.old_account, change.new_account
    if change.kind is ImportKind.CONTACTS:
        before, after = _homes(space, change.row.user)
        new = new if after != NOBODY and space.known.canonical[change.row.user] == change.row.user else []
    old = [] if before == NOBODY else old
    if before == after:
        added = [DatedFact(after, fact, position) for fact in difference(old, new)]
    else:
        added = [DatedFact(before, fact, position) for fact in difference(old, [])]
        added += [DatedFact(after, fact, position) for fact in difference([], new)]
    remembered.facts += [one for one in added if one.account != NOBODY]
    remembered.touched.update({before, after} - {NOBODY})


def _homes(space: WorkspaceMemory, user: int) -> tuple[int, int]:
    """Where a contact's facts counted so far, and where they count from now on."""
    space.homes.grow_to(len(space.known.canonical))
    home = space.homes[user]
    before = NOBODY if home == NOBODY else space.known.merged[home]
    primary = space.known.primary[space.known.canonical[user]]
    after = NOBODY if primary == NOBODY else space.known.merged[primary]
    space.homes[user] = after if space.known.canonical[user] == user else NOBODY
    return before, after


def _traits_of(space: WorkspaceMemory, change: RecordChange) -> None:
    row, traits = change.new_account, space.memory.traits
    space.standing.grow(row + 1)
    told = change.row.fields
    if isinstance(owner := change.new.get("owner_id"), int):
        space.standing.owner_ids[row] = owner
    space.standing.is_arr_told[row] |= told.get("arr") is not None
    space.standing.is_seats_told[row] |= told.get("seats") is not None
    traits.set_many(row, {name: change.new.get(name) for name in TRAIT_COLUMNS if change.new.get(name) is not None})
    for key, value in change.row.traits.items():
        if isinstance(value, str | int | float | bool) and key not in TRAIT_COLUMNS:
            if change.row.only_blanks and _is_known(space, key, row):
                continue
            traits.set(row, key, value)


def _is_known(space: WorkspaceMemory, key: str, row: int) -> bool:
    value = space.memory.traits.get(key, np.array([row]))[0]
    return value is not None and value == value


def _add_facts(space: WorkspaceMemory, facts: Sequence[DatedFact]) -> None:
    by_name: dict[str, list[DatedFact]] = {}
    for one in facts:
        by_name.setdefault(one.fact.name, []).append(one)
    for name, some in by_name.items():
        space.memory.facts.add(
            name,
            np.array([one.account for one in some], np.int64),
            np.array([one.fact.day for one in some], np.int64),
            np.array([one.fact.value for one in some], np.float64),
            np.array([one.fact.count for one in some], np.int64),
        )
