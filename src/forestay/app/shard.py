"""All that the worker remembers: one memory a workspace, and the shard of workspaces that it serves.

Gives: WorkspaceMemory, Shard
Nothing here is truth: the log, the store and the lake are. A memory can be thrown away at any time and made
again from a snapshot and the log (app/recovery.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from forestay.app.configuration import Configuration
from forestay.app.feeds import FeedClock
from forestay.app.putting_off import PutOff
from forestay.app.settling import Settling
from forestay.app.standing import Standing
from forestay.health.history import ScoreHistory
from forestay.measures.online import Memory
from forestay.measures.ring import RING_DAYS, Ints
from forestay.signals.states import TriggerStates
from forestay.sources.dedup import MessageHashes
from forestay.sources.growing import Growing
from forestay.sources.identity import NOBODY, Identities
from forestay.sources.orphans import Orphans
from forestay.sources.subjects import LastWords


@dataclass(frozen=True, slots=True)
class Due:
    """Accounts to be scored. cause: as in health_changes ('day', 'scorecard', 'event'); rows int64 (n,)."""

    cause: str
    rows: Ints


@dataclass(slots=True)
class WorkspaceMemory:
    """One workspace. homes: user -> account row for which the contact's own facts count, NOBODY none.

    rows_by_id: the store's account id -> account row. is_facts_behind: a silent replay passed records, so facts
    and traits must be read from the store again. refilled: series that are fed by other events than were counted, so
    their past must be read from the lake. due: accounts to be scored though no event touched them. put_off: accounts to be
    scored when the worker has caught up.
    history_job: the job that scores the days before, while it runs.
    """

    workspace_id: int
    configuration: Configuration
    memory: Memory
    hashes: MessageHashes
    scores: ScoreHistory
    known: Identities = field(default_factory=Identities)
    orphans: Orphans = field(default_factory=Orphans)
    last_words: LastWords = field(default_factory=LastWords)
    states: TriggerStates = field(default_factory=TriggerStates)
    standing: Standing = field(default_factory=Standing)
    feeds: FeedClock = field(default_factory=FeedClock)
    settling: Settling = field(default_factory=Settling)
    homes: Growing = field(default_factory=lambda: Growing(np.int32, NOBODY))
    rows_by_id: dict[int, int] = field(default_factory=dict)
    top_decile_arr: float = float("inf")
    is_facts_behind: bool = False
    refilled: set[str] = field(default_factory=set)
    due: list[Due] = field(default_factory=list)
    put_off: PutOff = field(default_factory=PutOff)
    history_job: int | None = None

    @property
    def today(self) -> int:
        """The workspace's day to which everything was rolled."""
        return self.memory.cube.today

    @property
    def accounts(self) -> int:
        """How many account rows there are, merged ones included."""
        return len(self.known.account_keys)

    def living(self) -> Ints:
        """Rows of the accounts that are not part of another."""
        rows = np.arange(self.accounts)
        alive: Ints = rows[self.known.merged.values == rows]
        return alive

    def grow(self) -> None:
        """Make room in every part for the accounts and users there are."""
        self.memory.cube.grow(self.accounts)
        self.standing.grow(self.accounts)
        self.scores.grow(self.accounts)
        self.homes.grow_to(len(self.known.canonical))

    def roll_to(self, day: int) -> None:
        """The workspace's day began; never turns back."""
        if day > self.today:
            self.memory.roll_to(day)
            self.scores.roll(day)
            self.orphans.forget_before(day - RING_DAYS + 1)


@dataclass(slots=True)
class Shard:
    """The workspaces of one worker and how far it has come in the log.

    marks: (microseconds UTC, position) now and then, ascending: when a position had been reached, for retention.
    """

    position: int = 0
    marks: list[tuple[int, int]] = field(default_factory=list)
    workspaces: dict[int, WorkspaceMemory] = field(default_factory=dict)

    @property
    def is_catching_up(self) -> bool:
        """Whether scores or signals are still to come of what was taken in: imports settle, accounts are due."""
        return any(
            space.due
            or space.put_off
            or len(space.settling)
            or space.settling.has_history
            or space.history_job is not None
            for space in self.workspaces.values()
        )
