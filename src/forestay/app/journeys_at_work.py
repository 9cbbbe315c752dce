"""Journeys in the worker: what ticks touched, what is due and what came in, between two ticks and never for long.

Reads : the store, the worker's memory
Gives : JourneysAtWork
One question a second to the store when nothing happens; what is due next is kept in mind, so that a timer fires within
a fraction of a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from forestay.app.asking import Asking
from forestay.app.journey_chores import HISTORY_DAYS, JourneyChores
from forestay.app.journey_people import StorePeople
from forestay.app.journey_world import WorkerWorld
from forestay.app.shard import Shard
from forestay.journeys.moves import World
from forestay.journeys.runtime.runner import Runner
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.kit.telemetry import Counter, count
from forestay.store.database import Store, StoreUnavailable, raw

_log = get_logger(__name__)
_Answer = TypeVar("_Answer")
_LOOK_SECONDS = 1.0
_SLICE = 2000
"""Accounts that are looked at between two looks at the clock."""
_IN_JOURNEYS = """
SELECT workspace_id, array_agg(DISTINCT account_id) FROM journey_runs WHERE journey_id = ANY(%s) AND status < 10 GROUP BY 1"""
_AWAKE_SECONDS = 0.02
"""Between two looks while something came in lately: an outcome that another process writes is seen soon."""


class WorkspaceUnknown(ForestayError):
    """The worker does not serve this workspace yet; its runs are tried again."""

    code = "workspace_unknown"
    retryable = True


class JourneysAtWork:
    """The runner with its surroundings. rest() says how long the worker may sleep."""

    def __init__(
        self, store: Store, shard: Shard, now: Callable[[], datetime], retention: timedelta = timedelta(days=HISTORY_DAYS)
    ) -> None:  # fmt: skip
        self.store, self.shard, self.now = store, shard, now
        self.runner = Runner(store, self._world, now, serves=lambda number: number in shard.workspaces)
        self.chores = JourneyChores(store, self.runner, now, shard, self._people, retention)
        self._touched: dict[int, set[int]] = {}
        self._looked = 0.0
        self._next_due: datetime | None = None
        self._is_started = False
        self._live: dict[int, tuple[int, bool]] = {}
        self._told = False

    def touched(self, workspace_id: int, accounts: Sequence[int], *, has_mail: bool = True) -> None:
        """A tick judged these accounts: conditions waited for, goals and exits are looked at, where there are runs at all.

        has_mail: the inbox may have got rows; else the next look is soon enough.
        """
        if accounts and any(one.workspace_id == workspace_id for one in self.runner.book.versions()):
            self._touched.setdefault(workspace_id, set()).update(accounts)
        self._told |= has_mail

    @property
    def waiting(self) -> int:
        """How many touched accounts are still to be looked at."""
        return sum(map(len, self._touched.values()))

    def work(self, seconds: float) -> bool:
        """Do what there is to do, for so long at most; True when runs moved on (and may have asked for something).

        A store that is away is no reason to stop: what was claimed is claimed again.
        """
        try:
            return self._work(time.monotonic() + seconds)
        except StoreUnavailable as away:
            _log.warning("store_away", reason=str(away))
            return False
        except Exception:  # noqa: BLE001 - ticks and signals go on whatever is wrong with journeys
            _log.exception("journeys_failed")
            self._looked, self._told, self._next_due = time.monotonic(), False, None
            return False

    def rest(self, longest: float) -> float:
        """Seconds until the next token is due, at most `longest`."""
        if self._next_due is None:
            return longest
        return min(longest, max(0.0, (self._next_due - self.now()).total_seconds()))

    def _work(self, until: float) -> bool:
        if not self._is_time():
            return False
        outlook = self.runner.look()
        self._looked, self._told, self._next_due = time.monotonic(), False, outlook.next_due
        self.chores.look(is_changed=outlook.is_changed)
        if outlook.is_changed:
            self._touch_changed()
        moved, more = False, True
        while more and time.monotonic() < until:
            worked = self.chores.carry_on() if outlook.has_work else False
            taken = self.runner.take_in() if outlook.has_mail or moved else None
            due = self.runner.run_due() if self._is_due() or moved or taken else None
            touched = self._look_at_touched(until)
            count(Counter.JOURNEY_TRANSITIONS, sum(turn.transitions for turn in (taken, due) if turn is not None))
            more = bool((taken and taken.rows) or (due and due.rows) or touched or worked)
            moved |= more
        if moved:
            self._next_due = self.now()  # there may be more: look again at once
            self._looked = time.monotonic() - _LOOK_SECONDS + (0.0 if more else _AWAKE_SECONDS)
        return moved

    def _is_time(self) -> bool:
        return self._told or self._is_due() or time.monotonic() - self._looked >= _LOOK_SECONDS or bool(self._touched)

    def _is_due(self) -> bool:
        return self._next_due is not None and self._next_due <= self.now()

    def _look_at_touched(self, until: float) -> bool:
        """A slice after the other while there is time; the rest stays for the next turn. True when there is more to do."""
        moved = False
        for space, accounts in list(self._touched.items()):
            while accounts and space in self.shard.workspaces:
                part = sorted(islice(accounts, _SLICE))
                turn = self.runner.touch(space, np.array(part, np.int64))
                count(Counter.JOURNEY_TRANSITIONS, turn.transitions)
                accounts.difference_update(part)  # not before: a turn that met another too often is done again
                moved |= turn.transitions > 0
                if time.monotonic() >= until:
                    return True
            del self._touched[space]
        return moved

    def _touch_changed(self) -> None:
        """At the start, everybody: conditions may have come true while nobody looked. Later, those whose runs are in a
        journey that is published, paused or retired since the last look: what others wait for has not changed."""
        live = {number: (one.place.version, one.is_paused) for number, one in self.runner.book.live.items()}
        changed = [number for number in live.keys() | self._live.keys() if live.get(number) != self._live.get(number)]
        self._live = live
        if self._is_started:
            with self.store.begin_worker() as connection:
                found: list[Any] = raw(connection).execute(_IN_JOURNEYS, (changed,)).fetchall()
            for space, accounts in found:
                self._touched.setdefault(space, set()).update(accounts)
            return
        self._is_started = True
        for number, memory in self.shard.workspaces.items():
            rows = memory.living().tolist()
            self._touched.setdefault(number, set()).update(memory.known.account_ids[row] for row in rows)

    def _world(self, workspace_id: int, now: datetime) -> World:
        space = self.shard.workspaces.get(workspace_id)
        if space is None:
            raise WorkspaceUnknown(f"workspace {workspace_id} is not served here yet")
        return WorkerWorld(space, self._people(workspace_id, space.configuration.zone, now), now)

    def _people(self, workspace_id: int, zone: str, now: datetime) -> StorePeople:
        ask: Asking = self._ask
        return StorePeople(ask, workspace_id, zone, now)

    def _ask(self, question: Callable[..., _Answer], /) -> _Answer:
        with self.store.begin_worker() as connection:
            return question(raw(connection))
