"""Why a branch was taken, in a sentence: what was asked, and what was known at that moment.

Reads : BlockPast, a run's values
Gives : Reasons
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from forestay.conditions.document import Condition
from forestay.conditions.needs import columns_of
from forestay.conditions.text import describe, value_text
from forestay.journeys.compiled import Compiled
from forestay.journeys.run_columns import FAMILIES, of_run
from forestay.journeys.simulation.past import BlockPast
from forestay.journeys.steps.condition import ConditionSettings
from forestay.kit.clock import day_of
from forestay.signals.words import ColumnWords


@dataclass(frozen=True, slots=True)
class Reasons:
    """Of one account. row: its place in the block."""

    compiled: Compiled
    past: BlockPast
    row: int
    zone: str
    words: ColumnWords

    def why(self, step: str, port: str, values: Mapping[str, Any], now: datetime) -> str:
        """The rule that let it go by this way, with the values that stood against it; '' for a step that asks nothing."""
        settings = self.compiled.steps[self.compiled.numbers[step]].settings if step in self.compiled.numbers else None
        if not isinstance(settings, ConditionSettings):
            return ""
        taken = [branch.if_ for branch in settings.branches if branch.port == port]
        said = " or ".join(map(describe, taken)) or f"none of: {'; '.join(describe(b.if_) for b in settings.branches)}"
        return f"{said} ({self._known(taken or [b.if_ for b in settings.branches], values, now)})"

    def _known(self, conditions: list[Condition], values: Mapping[str, Any], now: datetime) -> str:
        names = sorted(frozenset[str]().union(*map(columns_of, conditions)))
        day = day_of(now, self.zone) - 1
        return (
            ", ".join(f"{self.words[name].label}: {self._value(name, values, day)}" for name in names)
            or "by its events"
        )

    def _value(self, name: str, values: Mapping[str, Any], day: int) -> str:
        if name.partition(".")[0] in FAMILIES:
            found = of_run(values, name)
            return "not set" if found is None else value_text(found)
        column = self.past.matrix(name)
        if column is None:
            return "not known here"
        found = column[self.row, min(max(day - self.past.first, 0), self.past.days - 1)]
        if found is None or (isinstance(found, float | np.floating) and np.isnan(found)):
            return "missing"
        return f"{found:g}" if isinstance(found, float | np.floating) else str(found)
