"""Which journeys may act: a turn shares the locks of those whose rows it took, an operator holds one alone.

Gives : Acting, share(), share_all(), let_stand(), standing_still(), away(), Operated, wait_for_operators()
Reads : journeys, workspaces
So a journey that is stopped does nothing after its stop is committed, and a turn locks no journey that it does not move.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from forestay.journeys.moves import Ints
from forestay.journeys.runtime.operations import LOCK
from forestay.journeys.runtime.rows import Group
from forestay.journeys.runtime.wire import Driver, ask, longs

_SHARE = f"""
SELECT array_agg(id) FROM (
  SELECT id FROM unnest($1) AS u (id) WHERE pg_try_advisory_xact_lock_shared({LOCK}, id::int) OFFSET 0) AS j"""  # noqa: S608
_STATUS = "SELECT array_agg(id), array_agg(status = 'paused') FROM journeys WHERE id = ANY($1) AND status <> 'stopped'"
_STILL = "SELECT array_agg(id) FROM journeys WHERE work IS NOT NULL AND status <> 'active'"
_WORKSPACES = "SELECT array_agg(id) FROM workspaces"


@dataclass(frozen=True, slots=True)
class Acting:
    """may: journeys that act, the paused ones among them, too; held: an operator is at work on them now."""

    may: frozenset[int]
    paused: frozenset[int]
    held: frozenset[int]

    @property
    def free(self) -> frozenset[int]:
        """Those that move their runs."""
        return self.may - self.paused


class Operated(Exception):
    """An operator is at work on journeys that a turn concerns: it is undone, and done when they are ready."""

    def __init__(self, journeys: Collection[int]) -> None:
        super().__init__(f"journeys {sorted(journeys)} are being operated")
        self.journeys = journeys


def share(driver: Driver, journeys: Collection[int]) -> Acting:
    """Share the locks of these journeys until the transaction ends, as far as nobody holds them."""
    if not journeys:
        return Acting(frozenset(), frozenset(), frozenset())
    asked = longs(np.array(sorted(journeys), np.int64))
    shared = ask(driver, _SHARE, asked).longs(0)
    answer = ask(driver, _STATUS, longs(shared))
    may = answer.longs(0)
    return Acting(
        frozenset(may.tolist()), frozenset(may[answer.flags(1)].tolist()), frozenset(journeys) - frozenset(shared.tolist())
    )  # fmt: skip


def share_all(driver: Driver, journeys: Collection[int]) -> Acting:
    """The same where nobody may be left out. Raises Operated."""
    acting = share(driver, journeys)
    if acting.held:
        raise Operated(acting.held)
    return acting


def let_stand(driver: Driver, groups: Sequence[Group]) -> None:
    """Tokens of journeys that were paused or stopped, whose runs the worker has not come to yet (whole.py): those keep what
    comes, these take no notice. Shares the locks of all. Raises Operated."""
    acting = share_all(driver, {group.place.journey_id for group in groups})
    for group in groups:
        journey = group.place.journey_id
        if journey in acting.paused:
            group.is_paused[:] = True
        elif journey not in acting.may:
            group.tokens.claimed[:] = False


def standing_still(driver: Driver) -> set[int]:
    """Journeys whose due tokens stand still though some do not say so yet."""
    return set(ask(driver, _STILL).longs(0).tolist())


def away(driver: Driver, serves: Callable[[int], bool]) -> Ints:
    """Workspaces whose journeys do not move here."""
    spaces = ask(driver, _WORKSPACES).longs(0)
    return np.array([space for space in spaces.tolist() if not serves(space)], np.int64)


def wait_for_operators(driver: Driver, journeys: Collection[int]) -> None:
    """Until each of them let go."""
    for journey in sorted(journeys):
        driver.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", (LOCK, journey))
