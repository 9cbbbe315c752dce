"""A turn that fails is done again in halves, until those that it failed for stand alone and are put aside.

Gives : Turn, Reach, sift()
A store that is away, full or out of memory is nobody's fault: then nothing is put aside and the turn is done again
later. So it is where everybody fails one by one (GENERAL): that is a fault of ours, and no customer's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psycopg

from forestay.kit.logs import get_logger
from forestay.store.database import StoreUnavailable

_log = get_logger(__name__)
GENERAL = 8
"""When so many have failed alone and none went well, it is not about them."""


@dataclass(slots=True)
class Turn:
    """What one did. rows: claimed tokens or rows of the inbox; transitions: steps passed."""

    rows: int = 0
    transitions: int = 0


@dataclass(slots=True)
class Reach:
    """Which rows a turn may take: `limit` at most, of `only` where it names some. seen: those that it took."""

    limit: int
    only: Sequence[int] = ()
    seen: list[int] = field(default_factory=list)


Work = Callable[[Reach], Turn]
Aside = Callable[[int, Exception], None]


def sift(work: Work, put_aside: Aside, limit: int) -> Turn:
    """One turn; where it fails, all the same for those that it does not fail for. Raises StoreUnavailable alone."""
    whole = Reach(limit)
    reason = _failed(work, whole, done := Turn())
    if reason is None:
        return done
    _log.error("journey_turn_failed", rows=len(whole.seen), reason=_said(reason))
    if not whole.seen or _is_the_stores(reason):
        return done
    sieve = _Sieve(work, done)
    sieve.part(whole.seen, reason)
    if sieve.is_general:
        _log.error("journey_turns_fail_for_all", rows=len(whole.seen), reason=_said(reason))
        return done
    for row, why in sieve.found:
        done.rows += _aside(put_aside, row, why)
    return done


class _Sieve:
    def __init__(self, work: Work, done: Turn) -> None:
        self.work, self.done = work, done
        self.found: list[tuple[int, Exception]] = []
        self.is_general = self._went_well = False

    def part(self, rows: Sequence[int], reason: Exception) -> None:
        """These failed together."""
        if self.is_general or _is_the_stores(reason):
            self.is_general = True
            return
        if len(rows) == 1:
            self.found.append((rows[0], reason))
            self.is_general = len(self.found) >= GENERAL and not self._went_well
            return
        half = len(rows) // 2
        for some in (rows[:half], rows[half:]):
            why = None if self.is_general else _failed(self.work, Reach(len(some), some), self.done)
            if why is None:
                self._went_well = True
            else:
                self.part(some, why)


def _failed(work: Work, reach: Reach, done: Turn) -> Exception | None:
    """Why a turn failed, None where it went well and stands in `done`."""
    try:
        turn = work(reach)
    except StoreUnavailable:
        raise
    except Exception as reason:  # noqa: BLE001 - one customer's row must not stop everybody's journeys
        return reason
    done.rows += turn.rows
    done.transitions += turn.transitions
    return None


def _aside(put_aside: Aside, row: int, why: Exception) -> int:
    try:
        put_aside(row, why)
    except StoreUnavailable:
        raise
    except Exception as reason:  # noqa: BLE001 - it stays where it is and is tried again
        _log.error("journey_row_not_put_aside", row=row, reason=_said(reason))
        return 0
    return 1


def _is_the_stores(reason: Exception) -> bool:
    return isinstance(getattr(reason, "orig", reason), psycopg.OperationalError | psycopg.InterfaceError)


def _said(reason: Exception) -> str:
    return f"{type(reason).__name__}: {reason}"[:300]
