"""Time touches accounts too: the workspace's new day, new configuration, measures gone stale.

Gives : begin_day(), take_due(), reconfigure(), judge_settled(), note_stale()
Source: DESIGN section 4: 'Silence touches too'

At a workspace's midnight every account of it is due: windows move on, absences grow, dates come near, features have
been out 45 days. Due accounts are scored a portion a tick, between events, so that a large workspace's midnight
does not make anybody's event wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from forestay.app.asking import Asking
from forestay.app.configuration import Configuration
from forestay.app.remembering import Remembered, derive
from forestay.app.scoring import top_decile_arr
from forestay.app.shard import Due, WorkspaceMemory
from forestay.app.subscriptions import accounts_with_a_date
from forestay.kit.clock import day_of, micros_of
from forestay.sources.record_tables import Statement

DAY, SCORECARD, EVENT = "day", "scorecard", "event"
PORTION = 2_000
"""Due accounts that one tick takes: some 50 ms of work, that of the store included. Live events wait for no longer."""


def begin_day(space: WorkspaceMemory, now: datetime, ask: Asking) -> list[Statement]:
    """Roll to the workspace's day; when it is a new one, every living account is due. Gives what the store learns."""
    before, today = space.today, day_of(now, space.configuration.zone)
    if today <= before:
        return []
    space.roll_to(today)
    space.top_decile_arr = top_decile_arr(space)
    make_due(space, DAY)
    turning = ask(lambda it: accounts_with_a_date(it, space.workspace_id, before, today))
    remembered = Remembered()
    rows = sorted({space.known.merged[space.rows_by_id[number]] for number in turning if number in space.rows_by_id})
    if rows:
        derive(space, ask, rows, [], remembered)
    return remembered.statements


def make_due(space: WorkspaceMemory, cause: str) -> None:
    """Every living account is to be scored; what was due before is part of that."""
    space.due[:] = [Due(cause, space.living())] if space.accounts else []


def take_due(space: WorkspaceMemory, most: int = PORTION) -> list[Due]:
    """The next portion of what is due, at most so many accounts."""
    taken: list[Due] = []
    while space.due and most > 0:
        first = space.due[0]
        taken.append(Due(first.cause, first.rows[:most]))
        most -= len(taken[-1].rows)
        if len(taken[-1].rows) == len(first.rows):
            space.due.pop(0)
        else:
            space.due[0] = Due(first.cause, first.rows[len(taken[-1].rows) :])
    living = space.known.merged.values
    return [Due(one.cause, one.rows[living[one.rows] == one.rows]) for one in taken]


def judge_settled(space: WorkspaceMemory, at: datetime) -> None:
    """Accounts whose import has said all are due, so that their triggers are judged now."""
    settled = space.settling.release(micros_of(at))
    if len(settled):
        space.due.append(Due(EVENT, settled))


def note_stale(space: WorkspaceMemory) -> None:
    """Accounts whose measures moved without a row of account_states being written are written again.

    They are stale until that is done: a snapshot before it knows of them. What is due already is not asked for twice.
    """
    if space.due:
        return
    rows = np.flatnonzero(space.standing.is_stale[: space.accounts]).astype(np.int64)
    stale = rows[space.known.merged.values[rows] == rows]
    if len(stale):
        space.due.append(Due(EVENT, stale))


def reconfigure(space: WorkspaceMemory, configuration: Configuration) -> Sequence[str]:
    """Go over to a new configuration; every account is due. Gives the series whose past must be read from the lake."""
    before = space.memory.book
    fed = {name: before.events_of(name) for name in before.names}
    book = configuration.book(before)
    space.memory.use(book)
    space.configuration = configuration
    judged = (*configuration.triggers, *configuration.journeys.hidden)
    for key in set(space.states.keys) - {live.trigger.key for live in judged}:
        space.states.forget(key)
    make_due(space, SCORECARD)
    return [name for name in book.names[1:] if set(book.events_of(name)) != set(fed.get(name, ()))]
