"""An account's own past of a measure: what is usual for it, and since when it is not.

Reads : values of columns as of earlier days (n, days)
Gives : History, history_of(), Past, ReadHistory
Source: DESIGN section 6 ('own 90-day baseline', 'since when')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from forestay.measures.evaluate import MeasureSet
from forestay.measures.event_kinds import Change, FeaturesUsed, PerSeat, SeatUseChange, ShareOfFeatures, UnusedFeatures
from forestay.measures.measure import EventWindow
from forestay.measures.ring import RING_DAYS
from forestay.measures.substrate import Substrate
from forestay.predictions.sentences import Since

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

DAYS = 90
"""Days that the baseline looks back."""
NOTICEABLE = 0.15
"""A value departs from what is usual when it differs by this share of it."""
EVERY_DAYS = 7
FARTHEST = 84
"""Days back of the first reading out of the worker's memory; a window that would begin before it is left out."""


@dataclass(frozen=True, slots=True)
class Past:
    """usual: median of what is known (None: nothing is); days: how far back that goes; since: None when the present
    value is the usual one."""

    usual: float | None
    days: int
    since: Since | None


@dataclass(frozen=True)
class History:
    """Columns as they were known on earlier days. days: (m,) ascending, days since 1970-01-01, none after `today`;
    columns: name -> (n, m), NaN = missing; rows as in the table that is explained."""

    today: int
    days: Ints
    columns: Mapping[str, Floats]

    def of(self, part: slice) -> History:
        """A run of the rows."""
        return History(self.today, self.days, {name: values[part] for name, values in self.columns.items()})

    def past(self, column: str, row: int, value: float | None) -> Past | None:
        """What the past of one account says of its present value; None when the column was not read."""
        if column not in self.columns:
            return None
        before = np.asarray(self.columns[column][row], np.float64)
        inside = ~np.isnan(before) & (self.days >= self.today - DAYS) & (self.days < self.today)
        if not inside.any():
            return Past(None, 0, None)
        reach = self.today - int(self.days[inside][0])
        usual = float(median(before[inside].tolist()))  # a tenth of numpy's time for a dozen readings
        since = None if value is None else _since(self.days[inside], before[inside], value, usual)
        return Past(usual, reach, since)


ReadHistory = Callable[[Sequence[str]], History]
"""Reads the history of some columns, of rows that the reader knows."""


def history_of(
    substrate_ago: Callable[[int], Substrate], measures: MeasureSet, columns: Iterable[str], today: int
) -> History:
    """The history of 'measure.*' columns out of the worker's memory: a reading a week, as far back as it reaches.

    substrate_ago: the accounts to explain, as of so many days ago. Columns that are no measure are left out.
    """
    keys = {one.partition(".")[2]: one for one in columns if one.startswith("measure.")}
    wanted = [key for key in keys if key in measures.by_key]
    ago = range(FARTHEST, 0, -EVERY_DAYS)
    if not wanted:
        return History(today, np.array([], np.int64), {})
    found = [measures.evaluate(substrate_ago(days), wanted) for days in ago]
    stacked = {keys[key]: np.stack([one[key] for one in found], axis=-1) for key in wanted}
    for key in wanted:
        beyond = np.array(ago) + _reach(key, measures) > RING_DAYS
        stacked[keys[key]][:, beyond] = np.nan  # the memory holds a part of such a window only
    return History(today, today - np.array(ago, np.int64), stacked)


def _reach(key: str, measures: MeasureSet) -> int:
    """Days of events that a measure looks back on; 0 where the memory knows all there ever was."""
    definition = measures.by_key[key]
    if isinstance(definition, PerSeat):
        return _reach(definition.of, measures) if definition.of in measures.by_key else 0
    before = definition.before_days if isinstance(definition, Change | SeatUseChange) else 0
    if isinstance(definition, EventWindow):
        return definition.days + definition.ending_days_ago + before
    return definition.days if isinstance(definition, FeaturesUsed | ShareOfFeatures | UnusedFeatures) else 0


def _since(days: Ints, before: Floats, value: float, usual: float) -> Since | None:
    """The first day of the stretch, up to now, on the value's side of what is usual."""
    if abs(value - usual) <= NOTICEABLE * max(abs(usual), abs(value) if usual == 0 else 0.0) or value == usual:
        return None
    lower = value < usual
    beyond = before < usual if lower else before > usual
    back = int(np.argmin(beyond[::-1])) if not beyond.all() else len(beyond)
    if back == 0:
        return Since(int(days[-1]), "falling" if lower else "rising")
    stretch = np.append(before[len(before) - back :], value)
    return Since(int(days[-back]), _moving(stretch, usual, lower), at_least=back == len(beyond))


def _moving(stretch: Floats, usual: float, lower: bool) -> str:
    """Whether the stretch still goes on in its direction, or keeps its level."""
    half = max(len(stretch) // 2, 1)
    first, last = float(stretch[:half].mean()), float(stretch[half:].mean())
    goes_on = abs(last - usual) > abs(first - usual) * (1 + NOTICEABLE)
    return ("falling" if lower else "rising") if goes_on else ("lower" if lower else "higher")
