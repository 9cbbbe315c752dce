"""A condition asked of many, where it may be unknowable for some: a column that is gone, an account not at hand.

Reads : Condition, column tables
Gives : judged()
A goal, an exit or an entry's 'if' that cannot be judged of somebody is not met by them and nobody else is taken along;
it is told in the log. A store that is away ends the turn instead: the question is asked again later.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable
from forestay.conditions.document import Condition
from forestay.conditions.evaluate import evaluate
from forestay.journeys.moves import Ints
from forestay.kit.logs import get_logger
from forestay.store.database import StoreUnavailable

_log = get_logger(__name__)


def judged(condition: Condition, table_of: Callable[[Ints], ColumnTable], places: Ints) -> npt.NDArray[np.bool_]:
    """For which of the places (n,) the condition is true now. table_of: their columns, place for place."""
    try:
        return evaluate(condition, table_of(places))
    except StoreUnavailable:
        raise
    except Exception as reason:  # noqa: BLE001 - whatever it is, it is about those alone
        if len(places) == 1:
            _log.error("journey_condition_unknowable", reason=f"{type(reason).__name__}: {reason}"[:300])
            return np.zeros(1, bool)
        half = len(places) // 2
        return np.concatenate((judged(condition, table_of, places[:half]), judged(condition, table_of, places[half:])))
