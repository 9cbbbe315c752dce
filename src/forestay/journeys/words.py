"""Words of journeys that stand in the store, in documents and in the API.

Gives: RunStatus, TokenState, Happening, Overdue, WhenGone, ReEntry, SubjectKind, LIVE, ENDED
Numbers are what the hot tables keep; names are what people read. A number is never given to another name.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class SubjectKind(StrEnum):
    """Whom a journey is about."""

    ACCOUNT = "account"
    CONTACT = "contact"


class RunStatus(IntEnum):
    """Where a run is. Every run is live, or ended in one of the named ways with a reason."""

    RUNNING = 0
    PAUSED = 1
    """By a person or with its journey; its clock stands still."""
    HELD = 2
    """Came due while the product was away; waits for somebody's review."""
    COMPLETED = 10
    """Reached an exit."""
    GOAL_MET = 11
    LEFT = 12
    """Left early: an exit condition came true, the contact or account is gone."""
    FAILED = 13
    CANCELLED = 14
    """By a person, one run."""
    STOPPED = 15
    """With its whole journey."""
    MERGED = 16
    """Its account was merged into one that runs the same journey."""
    SKIPPED = 17
    """Came due while the product was away and the journey says 'skip'."""


LIVE = (RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.HELD)
ENDED = tuple(status for status in RunStatus if status not in LIVE)


class TokenState(IntEnum):
    """Why a token stands at its step. All but JOIN are claimed when due_at comes; no due_at means 'until woken'."""

    READY = 0
    """Has just come here, or shall be tried again."""
    TIMER = 1
    EVENT = 2
    """Waits for an event of its subject; due_at is the time-out."""
    CONDITION = 3
    """Waits for a condition to become true; due_at is the time-out."""
    OUTCOME = 4
    """Waits for what became of a request: task, approval, webhook, draft, message."""
    CHILD = 5
    """Waits for runs that it started."""
    JOIN = 6
    """Arrived at a join; another token of the run will complete it."""
    ARMING = 7
    """Begins to wait for an event: the events since `since` are looked at in the next transaction."""
    STUCK = 8
    """Failed for good; waits for an operator. The run is FAILED."""


class Happening(IntEnum):
    """What a row of a run's history says."""

    ENTERED = 0
    ARRIVED = 1
    """Came to a step."""
    LEFT = 2
    """Went on by a port."""
    WAITED = 3
    ASKED = 4
    """Wrote a request to act."""
    WOKEN = 5
    OUTCOME = 6
    FAILED = 7
    RETRIED = 8
    PASSED_OVER = 9
    """An operator skipped the step."""
    MOVED = 10
    """To another version."""
    PAUSED = 11
    RESUMED = 12
    HELD = 13
    ENDED = 14
    REPAIRED = 15
    REFUSED = 16
    """An entry that the re-entry rule turned away."""
    MERGED = 17


class Overdue(StrEnum):
    """What happens to a token that came due while the product was away, or before a restore."""

    RUN = "run"
    HOLD = "hold"
    SKIP = "skip"


class WhenGone(StrEnum):
    """What becomes of a run whose contact has left, or whose account churned after the run began."""

    LEAVE = "leave"
    STAY = "stay"


class ReEntry(StrEnum):
    """May the same subject enter again?"""

    NEVER = "never"
    AFTER_EXIT = "after_exit"
    BY_KEY = "by_key"
    """In parallel, once for each value of the entry key."""
