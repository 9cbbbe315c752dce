"""Risk levels as codes, and when a signal's level is one step above its trigger's.

Gives : LEVELS, code_of(), raised(), risk_codes()
Source: DESIGN section 5: raised one step by ARR in the top decile or P(churn) >= .8.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable
from forestay.customers.words import RiskLevel

LEVELS: tuple[RiskLevel, ...] = (RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH, RiskLevel.CRITICAL)
"""By code 0-3, rising."""
CERTAIN_CHURN = 0.8


def code_of(level: RiskLevel) -> int:
    """0 low ... 3 critical."""
    return LEVELS.index(level)


def raised(table: ColumnTable) -> npt.NDArray[np.bool_]:
    """Where a signal weighs more: ARR in the workspace's top decile, or churn at 80 % and more. Missing: not."""
    top = table.floats("account.is_top_decile") if "account.is_top_decile" in table else np.zeros(table.shape)
    churn = table.floats("churn.probability") if "churn.probability" in table else np.zeros(table.shape)
    with np.errstate(invalid="ignore"):
        return (top > 0) | (churn >= CERTAIN_CHURN)


def risk_codes(level: RiskLevel, table: ColumnTable) -> npt.NDArray[np.uint8]:
    """Codes of signals of a trigger of this level, shape of the table."""
    lifted = code_of(level) + raised(table).astype(np.uint8)
    return np.asarray(np.minimum(lifted, code_of(RiskLevel.CRITICAL)), np.uint8)
