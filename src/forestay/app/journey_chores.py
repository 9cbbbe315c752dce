"""What journeys need beside moving on: days of history made ahead, entries by clock, the sweeper, the alarm of ends.

Gives : JourneyChores
Each thing has its own rhythm; what fails for want of the store is told in the log and done at its next turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import select

from forestay.actions.withdrawing import withdraw_all
from forestay.app.journey_clock import forget_clocks, let_in_by_clock
from forestay.app.journey_people import StorePeople
from forestay.app.shard import Shard
from forestay.conditions.columns import UnknownColumn
from forestay.journeys.runtime.ends import look_at_ends
from forestay.journeys.runtime.forgetting import Forgetting
from forestay.journeys.runtime.goal_outcomes import settle_goals
from forestay.journeys.runtime.runner import Runner
from forestay.journeys.runtime.sweep import Sweeper
from forestay.journeys.runtime.whole import CHUNK, WITHDRAW, carry_on, finish
from forestay.kit.logs import get_logger
from forestay.kit.telemetry import Counter, count
from forestay.store.database import Store, raw
from forestay.store.tables.journeys import journeys

_log = get_logger(__name__)
HISTORY_DAYS = 400
"""How long ended runs and the history of runs are kept, where the settings say nothing else."""
_AHEAD_DAYS = 3
_SWEEP_SECONDS = 0.2
_SECONDS = {"history": 3600.0, "clock": 60.0, "sweep": 30.0, "goals": 300.0, "ends": 600.0}


@dataclass(slots=True)
class JourneyChores:
    """Looked at between two turns; `people` asks the store as the runner's worlds do."""

    store: Store
    runner: Runner
    now: Callable[[], datetime]
    shard: Shard
    people: Callable[[int, str, datetime], StorePeople]
    retention: timedelta = timedelta(days=HISTORY_DAYS)
    sweeper: Sweeper = field(init=False)
    forgetting: Forgetting = field(init=False)
    _due: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.forgetting, self.sweeper = Forgetting(self.retention), Sweeper(self.runner.book)

    def look(self, *, is_changed: bool) -> None:
        """Do what is due. is_changed: other journeys are live, so their clocks begin to run now."""
        if self._is_due("history"):
            self.keep_history()
        if self._is_due("clock") or is_changed:
            self.let_in()
        if self._is_due("sweep"):
            self.sweep()
        if self._is_due("goals"):
            self.settle_goals()
        if self._is_due("ends"):
            with self.store.begin_worker() as connection:
                count(Counter.JOURNEY_ALARMS, len(look_at_ends(raw(connection), self.now().date())))

    def sweep(self) -> None:
        """As many stretches as fit into a fraction of a second: a million runs take about twenty minutes, idle hands cost little."""
        until = time.monotonic() + _SWEEP_SECONDS
        while True:
            with self.store.begin_worker() as connection:
                self.sweeper.look(raw(connection), self.now())
            if self.sweeper.is_through or time.monotonic() >= until:
                break
        with self.store.begin_worker() as connection:
            self.forgetting.look(raw(connection), self.runner.book.live.values(), self.now())

    def carry_on(self) -> bool:
        """A chunk of what operators began with journeys of many runs; False when there is nothing to do."""
        with self.store.begin_worker() as connection:
            step = carry_on(raw(connection))
            if step is None:
                return False
            journey, work = step
            if work.what == WITHDRAW:
                space = connection.execute(select(journeys.c.workspace_id).where(journeys.c.id == journey)).scalar_one()
                if not withdraw_all(connection, space, journey, "journey stopped", work.at, CHUNK):
                    finish(raw(connection), journey)
        return True

    def settle_goals(self) -> None:
        """What became of those whom tests observe, on the day."""
        now, spaces = self.now(), list(self.shard.workspaces)
        with self.store.begin_worker() as connection:
            settle_goals(raw(connection), self.runner.book, lambda space: self.runner.worlds(space, now), spaces, now)

    def keep_history(self) -> None:
        """A part of the table for each of the next days; parts that are too old are dropped whole."""
        today = self.now().date()
        for days in range(_AHEAD_DAYS):
            day = today + timedelta(days=days)
            try:
                with self.store.begin_worker() as connection:
                    raw(connection).execute("SELECT forestay_history_day(%s)", (day,))
            except psycopg.IntegrityError as reason:  # rows of that day stand in the rest already, and stay there
                _log.info("history_day_kept_in_rest", day=str(day), reason=str(reason)[:200])
        before = today - self.retention
        with self.store.begin_worker() as connection:
            raw(connection).execute("SELECT forestay_history_forget(%s)", (before,))
            raw(connection).execute("DELETE FROM journey_history WHERE at < %s", (before,))

    def let_in(self) -> None:
        """Entries by date and by schedule. A journey that asks for what is no more (a segment that was retired) lets nobody
        in by the clock until it is back, and holds up no other."""
        now = self.now()
        with self.store.begin_worker() as connection:
            forget_clocks(connection)
        for live in list(self.runner.book.live.values()):
            space = self.shard.workspaces.get(live.compiled.workspace_id)
            if space is not None:
                people = self.people(space.workspace_id, space.configuration.zone, now)
                try:
                    with self.store.begin_worker() as connection:
                        let_in_by_clock(connection, space, live, people)
                except UnknownColumn as reason:
                    _log.warning("journey_clock_unreadable", journey=live.compiled.key, reason=str(reason))

    def _is_due(self, name: str) -> bool:
        at = time.monotonic()
        if at < self._due.get(name, 0.0):
            return False
        self._due[name] = at + _SECONDS[name]
        return True
