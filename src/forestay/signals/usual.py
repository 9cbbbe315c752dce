"""What is usual for an account: its measures some weeks ago.

Reads : a substrate as of earlier days
Gives : usual_values(), DAYS_AGO
The median of the values 28, 42 and 56 days ago: long enough ago to know nothing of the present trouble, near
enough to be the same customer, and within the reach of the activity cube for windows of 30 days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from forestay.conditions.columns import Floats
from forestay.measures.evaluate import MeasureSet
from forestay.measures.substrate import Substrate

DAYS_AGO = (28, 42, 56)


def usual_values(
    substrate_ago: Callable[[int], Substrate], measures: MeasureSet, keys: Iterable[str]
) -> dict[str, Floats]:
    """Usual value of each measure (n,), NaN when no earlier value is known. Keys that are no measure are left out."""
    wanted = [key for key in keys if key in measures.by_key]
    found = [measures.evaluate(substrate_ago(days), wanted) for days in DAYS_AGO] if wanted else []
    return {key: _median([values[key] for values in found]) for key in wanted}


def _median(values: list[Floats]) -> Floats:
    """Median over the known ones; NaN where none is known, without a warning."""
    ordered = np.sort(np.stack(values), axis=0)  # NaN sorts last
    known = np.maximum((~np.isnan(ordered)).sum(axis=0), 1)
    low = np.take_along_axis(ordered, ((known - 1) // 2)[None], axis=0)[0]
    high = np.take_along_axis(ordered, (known // 2)[None], axis=0)[0]
    middle: Floats = (low + high) / 2
    return middle
