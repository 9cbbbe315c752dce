"""Is the true cause among the three strongest reasons? Part of the simulator's section of benchmarks.predictive.

Gives : cause_among_reasons()

Asked about customers who left because of their state and let it show (no random and no quiet leavers), on their last
judged snapshot at most 60 days before the end. The cause is what the truth names: the shock that weighed most, or the
lack of fit. A reason names it when one of its columns is where the simulator lets that cause show (shocks.IMPACTS): a
cause shows in every channel that it moves by at least half of its strongest effect. `strict` leaves the use of the
product out, in which nearly every decision to leave ends up.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks.simulated.company import Measured
from forestay.predictions.explainers import explainer_of
from forestay.predictions.groups import group_measures
from forestay.predictions.models.candidate import Fitted
from forestay.predictions.snapshots import Snapshots
from forestay.simulator.shocks import IMPACTS, Channel, ShockKind

Ints = npt.NDArray[np.int64]

_USE = ("active_users_7d", "active_users_30d", "active_days_28d", "events_7d", "events_30d", "sign_ins_30d",
        "days_since_activity", "usage_change_28d", "features_used_30d", "feature_adoption_30d")  # fmt: skip
_SHOWS: dict[Channel, tuple[str, ...]] = {
    Channel.ENGAGEMENT: (*_USE, "seat_use_30d", "inbound_90d", "interactions_90d"),
    Channel.SATISFACTION: ("csat_90d", "nps_180d", "tickets_30d", "open_tickets", "escalations_14d", "escalations_30d",
                           "late_payments_180d", "payment_delay_days_180d", "invoices_overdue", "overdue_amount",
                           "interactions_90d", "inbound_90d", "days_since_interaction"),
    Channel.HEADCOUNT: ("seat_use_30d", "seat_use_change_60d", "contacts_left_90d", "active_users_30d", "mrr_change_90d"),
    Channel.STICKY: ("sticky_change_7d",),
    Channel.PREMIUM: ("premium_events_14d",),
    Channel.SUPPORT: ("tickets_30d", "open_tickets", "escalations_14d", "escalations_30d"),
}  # fmt: skip
_ALSO = {ShockKind.SPONSOR_LEFT.value: ("sponsor_left_90d",), ShockKind.BUDGET_CUT.value: ("payment_delay_days_180d",)}
_FIT = (*_SHOWS[Channel.ENGAGEMENT], *_SHOWS[Channel.SATISFACTION])


def cause_among_reasons(
    made: Measured, x: Snapshots, rows: Ints, fitted: Fitted, most: int = 3
) -> tuple[float, float, int]:
    """(share, strict share, how many were asked about); x: the columns that the model was taught with, all rows."""
    asked = _last_before_the_end(made, x, rows)
    explainer = explainer_of(fitted, group_measures(x.names, x.values[rows][:20_000]))
    if explainer is None or not len(asked):
        return float("nan"), float("nan"), 0
    added = explainer.shares(x.values[asked].astype(np.float64)).added
    reasons = made.of_account("reason")[asked]
    hits, strict = [], []
    for row, cause in enumerate(reasons):
        strongest = [at for at in np.argsort(-added[row])[:most] if added[row, at] > 0]
        said = {column for at in strongest for column in explainer.groups[at].columns}
        shows = _shows(str(cause))
        hits.append(bool(said & shows))
        strict.append(bool(said & (shows - {f"measure.{key}" for key in _USE})))
    return float(np.mean(hits)), float(np.mean(strict)), len(asked)


def _last_before_the_end(made: Measured, x: Snapshots, rows: Ints) -> Ints:
    left = made.of_account("last_day")[rows].astype(np.int64) - x.as_of_days[rows]
    quiet, random = made.of_account("is_quiet")[rows].astype(bool), made.of_account("is_random")[rows].astype(bool)
    near = np.flatnonzero((left > 0) & (left <= 60) & ~quiet & ~random)
    order = near[np.lexsort((left[near], x.account_ids[rows][near]))]
    _, first = np.unique(x.account_ids[rows][order], return_index=True)
    return np.asarray(rows[order[first]])


def _shows(cause: str) -> set[str]:
    """The columns in which a cause shows."""
    if cause == "fit":
        return {f"measure.{key}" for key in _FIT}
    column = np.abs(IMPACTS[ShockKind(cause)].column)
    channels = [channel for channel in Channel if column[channel] >= 0.5 * column.max()]
    keys = {key for channel in channels for key in _SHOWS[channel]} | set(_ALSO.get(cause, ()))
    return {f"measure.{key}" for key in keys}
