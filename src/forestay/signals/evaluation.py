"""Triggers over the columns of touched accounts: what fires, goes on, ends.

Reads : ColumnTable, TriggerStates (changed in place)
Gives : step(), advance(), judge_trigger(), Subjects, Transitions, Group, Judged
Source: REQUIREMENTS D1-D3; DESIGN section 5. The tick and the backtest run the same advance().

An *episode* begins when the condition becomes true and ends when it is known to be false (or `until` is
true); unknown changes nothing. One episode fires at most once: at its beginning, or, when it began within
the cool-down of the last firing, as soon as that is over and it still lasts. First sight of an account
counts as 'was false', so that accounts that match when a trigger is published fire, unless it says
`existing: ignore`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable, Flags, UnknownColumn
from forestay.conditions.evaluate import evaluate, judge
from forestay.customers.words import Tier
from forestay.kit.buckets import buckets
from forestay.kit.clock import day_of
from forestay.signals.levels import code_of, risk_codes
from forestay.signals.states import CAPPED, ON, OPEN, SEEN, StateColumns, TriggerStates
from forestay.signals.trigger import Existing, LiveTrigger, Trigger

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]

HOLDOUT, CAP, PAUSED, ADVISE_ONLY = "holdout", "cap", "paused", "advise_only"
"""Why a signal asks for no action (signals.held_back)."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """The accounts of a table, place for place: (n,). owner_ids: the CSM's member id, -1 without one."""

    rows: Ints
    account_ids: Ints
    owner_ids: Ints

    def at(self, places: Ints) -> Subjects:
        """Those of some places."""
        return Subjects(self.rows[places], self.account_ids[places], self.owner_ids[places])


@dataclass(frozen=True, slots=True)
class Judged:
    """What a trigger asks, answered: (n,) or (n, days). on: true; off: the episode may end; risk: level codes."""

    on: Flags
    off: Flags
    risk: Codes

    def at(self, places: Ints) -> Judged:
        """The answers of some places."""
        return Judged(self.on[places], self.off[places], self.risk[places])


@dataclass(frozen=True, slots=True)
class Group:
    """Some accounts that one trigger moved. at: places in the table; risk: level codes; held_back: reason or None."""

    trigger: LiveTrigger
    at: Ints
    risk: Codes
    held_back: tuple[str | None, ...] = ()


@dataclass(slots=True)
class Transitions:
    """What a step did. A place stands in at most one of fired, updated, ended for one trigger."""

    fired: list[Group] = field(default_factory=list)
    """New signals."""
    updated: list[Group] = field(default_factory=list)
    """Open signals whose level changed, or that are seen for the first time on this day: refresh evidence."""
    ended: list[Group] = field(default_factory=list)
    """Open signals to close: the condition ended."""
    released: list[Group] = field(default_factory=list)
    """Open signals held back by yesterday's cap, whose action may go out now."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Accounts by trigger that match but are still in their cool-down."""
    changed: list[Group] = field(default_factory=list)
    """Where states changed and the store shall keep them (TriggerStates.stored)."""
    broken: dict[str, str] = field(default_factory=dict)
    """Triggers that could not be judged, with the sentence that says why."""

    def placed(self, places: Ints) -> Transitions:
        """The same where the judged accounts were those places of a larger table."""
        for groups in (self.fired, self.updated, self.ended, self.released, self.changed):
            groups[:] = [replace(group, at=places[group.at]) for group in groups]
        return self


def step(
    triggers: Sequence[LiveTrigger],
    table: ColumnTable,
    subjects: Subjects,
    states: TriggerStates,
    at: datetime,
    *,
    zone: str = "UTC",
    accounts: int = 0,
    only: Flags | None = None,
) -> Transitions:
    """Judge every trigger on the table's accounts, or `only` on some (n,), and move their states.

    `accounts`: how many accounts the workspace has (decides who is 'existing' at a trigger's first step).
    Triggers go by risk level, the gravest first, so that caps hit the lesser ones.
    """
    moved = Transitions()
    places = np.arange(len(subjects.rows)) if only is None else np.flatnonzero(only)
    if not len(places):
        return moved
    judged_ones = subjects.at(places)
    for live in sorted(triggers, key=lambda live: -code_of(live.trigger.risk_level)):
        try:
            judged = judge_trigger(live.trigger, table).at(places)
        except UnknownColumn as unknown:
            moved.broken[live.trigger.key] = str(unknown)
            continue
        advance(live, judged, judged_ones, states, at, moved, day=day_of(at, zone), accounts=accounts)
    return moved.placed(places)


def judge_trigger(trigger: Trigger, table: ColumnTable, *, with_risk: bool = True) -> Judged:
    """The trigger's questions, any shape; without risk every level is that of the trigger. Raises UnknownColumn."""
    yes, no = judge(trigger.condition, table)
    off = no if trigger.until is None else evaluate(trigger.until, table) & ~yes
    plain = np.broadcast_to(np.uint8(code_of(trigger.risk_level)), table.shape)
    return Judged(yes, off, risk_codes(trigger.risk_level, table) if with_risk else plain)


def advance(
    live: LiveTrigger,
    judged: Judged,
    subjects: Subjects,
    states: TriggerStates,
    at: datetime,
    moved: Transitions,
    *,
    day: int,
    accounts: int = 0,
) -> None:
    """One trigger, one moment: move the states of the subjects and add to what moved. judged: (n,)."""
    rows, key, now = subjects.rows, live.trigger.key, int(at.timestamp())
    known_before = states.known_at_first(key, accounts)
    columns = states.of(key, int(rows.max(initial=-1)) + 1)
    flags = columns.flags[rows]
    was_on = (flags & ON) > 0
    is_on = np.where(was_on, ~judged.off, judged.on)
    if not was_on.any() and not is_on.any():  # a tick's few accounts concern few of the triggers
        columns.flags[rows] = flags | SEEN
        return
    began, ended = is_on & ~was_on, was_on & ~is_on
    columns.since[rows[began | ended]] = now
    ignored = began & _to_ignore(live, flags, rows, known_before)
    columns.fired[rows[ignored]] = now
    fires, waits = _due(live, columns, rows, is_on & ~ignored, now)
    columns.fired[rows[fires]] = now
    flags = np.where(is_on, flags | ON, flags & ~ON) | SEEN
    closing = ended & ((flags & OPEN) > 0)
    flags = np.where(ended, flags & ~(OPEN | CAPPED), flags)
    columns.flags[rows] = np.where(fires, (flags | OPEN) & ~CAPPED, flags)
    _report_firings(live, judged, subjects, fires, columns, states, moved, day)
    _report_open(live, judged, subjects, is_on & ~fires, columns, states, moved, day)
    _add(moved.ended, live, judged, closing)
    _add(moved.changed, live, judged, began | ended | fires)
    if waits.any():
        moved.waiting[key] = moved.waiting.get(key, 0) + int(waits.sum())


def _to_ignore(live: LiveTrigger, flags: Codes, rows: Ints, known_before: int) -> Flags:
    """First judged, and there before the trigger was, where the trigger asks to leave such accounts alone."""
    if live.trigger.existing is Existing.FIRE:
        return np.zeros(len(rows), bool)
    first_seen: Flags = (flags & SEEN) == 0
    return first_seen & (rows < known_before)


def _due(live: LiveTrigger, columns: StateColumns, rows: Ints, is_on: Flags, now: int) -> tuple[Flags, Flags]:
    """Which episodes fire now, and which wait for their cool-down."""
    fired = columns.fired[rows].astype(np.int64)
    unfired = is_on & ((fired == 0) | (fired < columns.since[rows].astype(np.int64)))
    cooling = (fired > 0) & (now - fired < live.cooldown.total_seconds())
    return unfired & ~cooling, unfired & cooling


def _report_firings(
    live: LiveTrigger, judged: Judged, subjects: Subjects, fires: Flags, columns: StateColumns,
    states: TriggerStates, moved: Transitions, day: int,
) -> None:  # fmt: skip
    at = np.flatnonzero(fires)
    if not len(at):
        return
    rows = subjects.rows[at]
    held = _held_back(live, subjects, at, states, day)
    capped = np.array([reason == CAP for reason in held])
    columns.flags[rows[capped]] |= CAPPED
    columns.level[rows], columns.updated_day[rows] = judged.risk[at], day
    moved.fired.append(Group(live, at, judged.risk[at], tuple(held)))


def _report_open(
    live: LiveTrigger, judged: Judged, subjects: Subjects, going_on: Flags, columns: StateColumns,
    states: TriggerStates, moved: Transitions, day: int,
) -> None:  # fmt: skip
    rows = subjects.rows
    is_open = going_on & ((columns.flags[rows] & OPEN) > 0)
    stale = is_open & ((columns.updated_day[rows] != day) | (columns.level[rows] != judged.risk))
    capped = np.flatnonzero(stale & ((columns.flags[rows] & CAPPED) > 0))
    columns.level[rows[stale]], columns.updated_day[rows[stale]] = judged.risk[stale], day
    _add(moved.updated, live, judged, stale)
    if len(capped):
        reasons = _held_back(live, subjects, capped, states, day)
        free = capped[np.array([reason is None for reason in reasons])]
        columns.flags[rows[free]] &= ~CAPPED
        if len(free):
            moved.released.append(Group(live, free, judged.risk[free]))


def _held_back(live: LiveTrigger, subjects: Subjects, at: Ints, states: TriggerStates, day: int) -> list[str | None]:
    """Why each asks for no action, None where it does; those that act count for their owner's day."""
    trigger = live.trigger
    if live.is_paused:
        return [PAUSED] * len(at)
    if trigger.advise_only:
        return [ADVISE_ONLY] * len(at)
    share = trigger.holdout_share
    held = buckets(subjects.account_ids[at], f"holdout:{trigger.key}") < share if share else np.zeros(len(at), bool)
    if not held.any() and (subjects.owner_ids[at] < 0).all():
        return [None] * len(at)
    return [
        HOLDOUT if h else _capped(trigger, int(subjects.owner_ids[p]), states, day)
        for h, p in zip(held, at, strict=True)
    ]


def _capped(trigger: Trigger, owner: int, states: TriggerStates, day: int) -> str | None:
    if trigger.tier is not Tier.ASSISTED or owner < 0:
        return None
    before = states.count_for_cap(owner, day)
    if trigger.daily_cap_per_csm is not None and before >= trigger.daily_cap_per_csm:
        return CAP
    states.cap_counts[owner] = before + 1
    return None


def _add(groups: list[Group], live: LiveTrigger, judged: Judged, here: Flags) -> None:
    at = np.flatnonzero(here)
    if len(at):
        groups.append(Group(live, at, judged.risk[at]))
