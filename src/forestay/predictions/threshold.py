"""From which probability on somebody is told: as many as hands can take, and only where it pays.

Reads : calibrated p (n,) out of time, what happened (n,), yearly revenue (n,)
Gives : Capacity, recommend(), check_promise(), thresholds_for(), wilson()
Source: DESIGN section 6: a threshold follows from capacity and value, not from a fixed 0.8. 0.8 stays available, and its
        promise is counted: fewer than 50 alerts are 'too few' to speak of.

An alert is one account on one day of the judged window; `per_month` is how many fit into 30 days of all CSMs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forestay.predictions.model_document import AlertThreshold, Thresholds
from forestay.predictions.snapshots import Flags, Floats, Ints

PROMISED = 0.8
FEWEST_ALERTS = 50


@dataclass(frozen=True, slots=True)
class Capacity:
    """What alerts cost and bring. share: of accounts that can be looked after a month (0-1), or per_month as a number;
    saved: share of alerted leavers that are kept (0-1, measured by outcomes where there are holdouts);
    cost: of looking after one account, in the workspace's currency."""

    share: float = 0.1
    per_month: int | None = None
    saved: float = 0.2
    cost: float = 200.0


def thresholds_for(
    p: Floats, y: Flags, arr: Floats, as_of_days: Ints, *, horizon: int, capacity: Capacity | None = None
) -> Thresholds:
    """The recommended threshold and the fixed 0.8, each with what it did out of time."""
    asked = capacity or Capacity()
    return Thresholds(
        recommended=recommend(p, y, arr, as_of_days, horizon=horizon, capacity=asked),
        fixed=check_promise(p, y, arr, PROMISED, horizon=horizon, saved=asked.saved, cost=asked.cost),
    )


def recommend(
    p: Floats, y: Flags, arr: Floats, as_of_days: Ints, *, horizon: int, capacity: Capacity
) -> AlertThreshold:
    """The threshold with the greatest expected value among those that stay within the capacity.

    The expected value of an alert is p x revenue x saved - cost; without known revenue all of the capacity is used.
    """
    rounds = max(len(np.unique(as_of_days)), 1)
    budget = int(capacity.share * len(p)) if capacity.per_month is None else capacity.per_month * rounds
    order = np.argsort(-np.asarray(p, np.float64), kind="stable")[: max(min(budget, len(p)), 1)]
    worth = np.nan_to_num(arr[order], nan=float(np.nanmedian(arr)) if np.isfinite(arr).any() else np.nan)
    gain = np.cumsum(p[order] * worth * capacity.saved - capacity.cost)
    taken = len(order) if np.isnan(gain).any() or not len(gain) else int(np.argmax(gain)) + 1
    if not len(order):
        return check_promise(p, y, arr, 1.0, horizon=horizon, saved=capacity.saved, cost=capacity.cost)
    level = float(p[order[taken - 1]])
    found = check_promise(p, y, arr, level, horizon=horizon, saved=capacity.saved, cost=capacity.cost)
    return found.model_copy(update={"name": "capacity and value"})


def check_promise(
    p: Floats, y: Flags, arr: Floats, level: float, *, horizon: int, saved: float = 0.2, cost: float = 200.0
) -> AlertThreshold:
    """What alerts from `level` on did in the judged window."""
    told = np.asarray(p >= level, bool)
    alerts, hits, events = int(told.sum()), int((told & y).sum()), int(y.sum())
    low, high = wilson(hits, alerts)
    enough = alerts >= FEWEST_ALERTS
    worth = np.nan_to_num(arr[told & y])
    return AlertThreshold(
        name=f"fixed at {level:g}",
        probability=level,
        horizon_days=horizon,
        alerts=alerts,
        precision=hits / alerts if enough else None,
        low=low if alerts else None,
        high=high if alerts else None,
        recall=hits / events if events else None,
        saved_arr=float(worth.sum() * saved - alerts * cost) if np.isfinite(arr).any() else None,
        words=_words(level, alerts, hits, events, horizon),
    )


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson's score), (0, 1) without tries."""
    if not tries:
        return 0.0, 1.0
    z, share = 1.96, hits / tries
    middle = (share + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z / (1 + z * z / tries) * math.sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries))
    return max(0.0, middle - half), min(1.0, middle + half)


def _words(level: float, alerts: int, hits: int, events: int, horizon: int) -> str:
    if not alerts:
        return f"No account reached {level:.0%}."
    if alerts < FEWEST_ALERTS:
        return f"Too few to judge: {alerts} alerts from {level:.0%} on, of which {hits} left within {horizon} days."
    share = f"{hits / alerts:.0%} of {alerts} alerts from {level:.0%} on left within {horizon} days"
    found = f", {hits} of {events} leavers were among them" if events else ""
    promise = "" if not math.isclose(level, PROMISED) else _promise(hits, alerts)
    return share + found + "." + promise


def _promise(hits: int, alerts: int) -> str:
    """Whether 'eight in ten' held: the interval is compared, not the point."""
    low, high = wilson(hits, alerts)
    if high < PROMISED:
        return " The promise of eight in ten was not kept."
    return (
        " The promise of eight in ten was kept."
        if low >= PROMISED or hits / alerts >= PROMISED
        else (" The promise of eight in ten is neither kept nor broken for certain.")
    )
