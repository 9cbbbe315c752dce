"""What became of accounts, day by day: churned, expanded, renewed.

Reads : facts through a substrate over a grid of days
Gives : outcome_days(), FACTS
churned  : an `account.churned` fact, or revenue of subscriptions falling to nothing
expanded : revenue of subscriptions higher than on the day before by more than a rounding
renewed  : a new term (`subscription.started`) of an account that had revenue the day before
Each is true on the day on which it happened. Revenue is that of dated subscriptions; an account without any
has no expansion or renewal that could be told.
"""

from __future__ import annotations

import numpy as np

from forestay.conditions.columns import Flags, Floats
from forestay.measures.substrate import Substrate
from forestay.signals.trigger import Outcome

FACTS = ("account.churned", "mrr", "subscription.started")
_ROUNDING = 0.01


def outcome_days(outcome: Outcome, substrate: Substrate) -> Flags:
    """Where the outcome happened, bool (accounts, days) of the substrate's grid."""
    mrr = substrate.fact_total("mrr")
    before = mrr - substrate.fact_sum("mrr", 1)
    if outcome is Outcome.EXPANDED:
        return (before > _ROUNDING) & (mrr > before + _ROUNDING)
    if outcome is Outcome.RENEWED:
        return _happened(substrate.fact_sum("subscription.started", 1)) & (before > _ROUNDING) & (mrr > _ROUNDING)
    return _happened(substrate.fact_sum("account.churned", 1)) | ((before > _ROUNDING) & (mrr <= _ROUNDING))


def _happened(values: Floats) -> Flags:
    return np.asarray(values > 0, bool)
