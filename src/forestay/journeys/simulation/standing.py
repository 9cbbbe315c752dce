"""Conditions that runs wait for, goals and exits: judged once for all days, looked up for those who are on the way.

Gives : Standing
"""

from __future__ import annotations

import numpy as np

from forestay.conditions.columns import Flags
from forestay.conditions.document import Condition
from forestay.conditions.evaluate import evaluate
from forestay.conditions.needs import columns_of
from forestay.journeys.compiled import Compiled
from forestay.journeys.moves import Ints, Wake
from forestay.journeys.simulation.arrivals import Watching
from forestay.journeys.simulation.crowd import Crowd
from forestay.journeys.simulation.past import BlockPast, is_of_account
from forestay.journeys.simulation.ready import Ready
from forestay.journeys.steps.wait_for import WaitForSettings
from forestay.journeys.words import TokenState


class Standing:
    """Whom the end of a day moves."""

    def __init__(self, compiled: Compiled, watching: Watching, crowd: Crowd) -> None:
        self._past, self._crowd = watching.past, crowd
        self._waits = {
            step.number: _bits(step.settings.condition, self._past)
            for step in compiled.steps.values()
            if isinstance(step.settings, WaitForSettings) and step.settings.condition is not None
        }
        ends = [one for one in (compiled.goal_condition, compiled.exit_condition) if one is not None]
        self._ends = [_bits(one, self._past) for one in ends]

    def add_to(self, ready: Ready, day: int, now: int) -> None:
        """Tokens whose awaited condition is true at the end of the day; all who wait where it reads a run's own values."""
        for number, bits in self._waits.items():
            places = self._crowd.waiting(TokenState.CONDITION, number)
            if bits is not None:
                places = places[self._of(bits, places, day)]
            ready.add(places, [Wake("condition", at=now)] * len(places))

    def leaving(self, day: int) -> Ints:
        """Living tokens of runs whose goal is met or whose exit condition is true; the machine judges them again."""
        places = np.flatnonzero(self._crowd.tokens["alive"])
        if not self._ends or not len(places) or any(bits is None for bits in self._ends):
            return places if self._ends else places[:0]
        met = np.zeros(len(places), bool)
        for bits in self._ends:
            assert bits is not None
            met |= self._of(bits, places, day)
        return places[met]

    def _of(self, bits: Flags, places: Ints, day: int) -> Flags:
        accounts = self._crowd.runs["account"][self._crowd.tokens["at"][places]]
        rows = np.searchsorted(self._past.account_ids, accounts)
        found: Flags = bits[rows, day - self._past.first]
        return found


def _bits(condition: Condition, past: BlockPast) -> Flags | None:
    """Where it is true, (accounts, days); None where it reads more than the account's columns."""
    if not is_of_account(sorted(columns_of(condition, past.table.segments))):
        return None
    return evaluate(condition, past.table)
