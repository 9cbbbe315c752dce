"""Sign-in attempts are slowed by member, by address and by both together, so that passwords cannot be guessed in bulk.

Gives : Throttle, TooManyAttempts, attempt_names()

Kept in memory of the one server process: a restart forgets, which costs an attacker's machine more than
it gains it. Bounded: the oldest names are forgotten first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forestay.kit.clock import Clock, SystemClock
from forestay.kit.errors import ForestayError

FREE_ATTEMPTS = 5
"""Failures in a row of one member from one address before waiting begins."""
FREE_IN_COMMON = 50
"""The same for a member from anywhere and for an address whoever tries: many share the address of a proxy, and nobody
should be able to lock a member out from afar with a few wrong guesses."""
_COMMON = "common:"
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=1)
_NAMES_KEPT = 10_000


class TooManyAttempts(ForestayError):
    """Too many wrong passwords: wait as long as said and try again."""

    code = "too_many_attempts"
    http_status = 429
    retryable = True

    def __init__(self, wait: timedelta) -> None:
        self.retry_after_seconds = max(1, round(wait.total_seconds()))
        super().__init__(f"too many wrong attempts; try again in {self.retry_after_seconds} seconds")


def attempt_names(workspace: str, email: str, address: str) -> tuple[str, str, str]:
    """By what one attempt is counted: the member from this address, the member, the address."""
    member = f"{workspace}/{email.strip().lower()}"
    return f"{member} from {address}", f"{_COMMON}{member}", f"{_COMMON}{address}"


@dataclass(slots=True)
class _Record:
    failures: int
    last: datetime


@dataclass(slots=True)
class Throttle:
    """Counts failures by name; waits double from 2 s to 15 min after five, and fade after an hour."""

    clock: Clock = field(default_factory=SystemClock)
    _records: OrderedDict[str, _Record] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, *names: str) -> None:
        """Raise TooManyAttempts while any of the names has to wait."""
        now = self.clock.now()
        with self._lock:
            wait = max((self._wait(name, now) for name in names), default=timedelta())
        if wait > timedelta():
            raise TooManyAttempts(wait)

    def failed(self, *names: str) -> None:
        """Count one failure for each name."""
        now = self.clock.now()
        with self._lock:
            for name in names:
                before = self._records.pop(name, None)
                fresh = before is None or now - before.last > FORGET_AFTER
                self._records[name] = _Record(1 if fresh or before is None else before.failures + 1, now)
            while len(self._records) > _NAMES_KEPT:
                self._records.popitem(last=False)

    def succeeded(self, *names: str) -> None:
        """Forget the failures of these names."""
        with self._lock:
            for name in names:
                self._records.pop(name, None)

    def _wait(self, name: str, now: datetime) -> timedelta:
        found = self._records.get(name)
        free = FREE_IN_COMMON if name.startswith(_COMMON) else FREE_ATTEMPTS
        if found is None or found.failures < free:
            return timedelta()
        doubled = FIRST_WAIT * 2 ** min(found.failures - free, 20)
        wait: timedelta = found.last + min(doubled, LONGEST_WAIT) - now
        return wait
