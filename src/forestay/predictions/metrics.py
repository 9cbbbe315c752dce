"""How good a prediction was: ranking, probability, calibration, and what it is worth to somebody with few hands.

Reads : p (n,) probabilities 0-1 and y (n,) whether it happened (bool or 0/1); no NaN
Gives : auc(), pr_auc(), log_loss(), brier(), ece(), ece_noise(), calibration_slope(), lift(), precision_at_budget(),
        recall_at_budget(), judge()
Source: DESIGN section 6: accuracy is not a goal. Each is tested against a known library or a hand-worked example.

NaN comes back where a figure has no meaning (one class only, nothing predicted).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forestay.predictions.snapshots import Floats

Array = npt.NDArray[np.float64]
_EDGE = 1e-9


def auc(p: Floats, y: npt.ArrayLike) -> float:
    """Chance that a random event has a higher p than a random non-event; ties count half."""
    happened = np.asarray(y, bool)
    events, others = int(happened.sum()), int((~happened).sum())
    if not events or not others:
        return float("nan")
    _, place, counts = np.unique(np.asarray(p), return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2
    return float((rank[place][happened].sum() - events * (events + 1) / 2) / (events * others))


def pr_auc(p: Floats, y: npt.ArrayLike) -> float:
    """Average precision: the mean of the precision at each event, ties taken together; a coin gives the base rate."""
    happened = np.asarray(y, np.float64)
    if not happened.sum():
        return float("nan")
    order = np.argsort(-np.asarray(p), kind="stable")
    ends = np.append(np.flatnonzero(np.diff(np.asarray(p)[order])), len(order) - 1)
    hits = np.cumsum(happened[order])[ends]
    return float((np.diff(hits, prepend=0) * hits / (ends + 1)).sum() / happened.sum())


def log_loss(p: Floats, y: npt.ArrayLike) -> float:
    """Mean of -log of the probability given to what happened, in nats; 0 is perfect. p is kept 1e-9 off 0 and 1."""
    return float(np.mean(log_losses(p, y))) if len(p) else float("nan")


def log_losses(p: Floats, y: npt.ArrayLike) -> Array:
    """The same for every row (n,), nats."""
    sure = np.clip(np.asarray(p, np.float64), _EDGE, 1 - _EDGE)
    return np.where(np.asarray(y, bool), -np.log(sure), -np.log1p(-sure))


def brier(p: Floats, y: npt.ArrayLike) -> float:
    """Mean squared difference, 0-1; 0 is perfect."""
    return float(np.mean((np.asarray(p, np.float64) - np.asarray(y, np.float64)) ** 2)) if len(p) else float("nan")


def ece(p: Floats, y: npt.ArrayLike, bins: int = 10) -> float:
    """Expected calibration error 0-1: mean |predicted - happened| over `bins` groups of equal size by p."""
    groups = _groups(p, bins)
    if not len(groups):
        return float("nan")
    sizes = np.bincount(groups).astype(np.float64)
    gap = np.bincount(groups, np.asarray(p, np.float64)) - np.bincount(groups, np.asarray(y, np.float64))
    return float(np.abs(gap).sum() / sizes.sum())


def ece_noise(p: Floats, bins: int = 10, *, quantile: float = 0.95, draws: int = 200, seed: int = 0) -> float:
    """The ece that a perfectly calibrated p would still show by chance: the quantile over drawn outcomes.

    A measured ece below this cannot be told from none.
    """
    groups = _groups(p, bins)
    if not len(groups):
        return float("nan")
    sure, rng = np.asarray(p, np.float64), np.random.default_rng(seed)
    expected = np.bincount(groups, sure)
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(groups.max() + 1))
    sorted_p = sure[order].astype(np.float32)
    drawn = [
        np.abs(np.add.reduceat(rng.random(len(sure), np.float32) < sorted_p, starts, dtype=np.float64) - expected).sum()
        for _ in range(draws)
    ]
    return float(np.quantile(drawn, quantile) / len(sure))


def calibration_slope(p: Floats, y: npt.ArrayLike) -> tuple[float, float]:
    """(slope, intercept) of the outcome's log-odds on those of p: (1, 0) is calibrated, below 1 is too sure of itself.

    NaN when one class only or p is constant.
    """
    happened = np.asarray(y, np.float64)
    sure = np.clip(np.asarray(p, np.float64), 1e-7, 1 - 1e-7)
    x = np.log(sure / (1 - sure))
    if happened.min() == happened.max() or np.ptp(x) < 1e-12:
        return float("nan"), float("nan")
    rows, beta = np.column_stack([x, np.ones_like(x)]), np.array([1.0, 0.0])
    for _ in range(50):
        fitted = 1 / (1 + np.exp(-(rows @ beta)))
        curve = (rows * (fitted * (1 - fitted))[:, None]).T @ rows + 1e-10 * np.eye(2)
        step = np.linalg.solve(curve, rows.T @ (happened - fitted))
        beta = beta + np.clip(step, -3, 3)
        if np.abs(step).max() < 1e-9:
            break
    return float(beta[0]), float(beta[1])


def lift(p: Floats, y: npt.ArrayLike, share: float = 0.1) -> float:
    """Share of events among the highest `share` of p, over the share of events among all; 1 is a coin."""
    base = float(np.mean(np.asarray(y, np.float64))) if len(p) else 0.0
    return precision_at_budget(p, y, share) / base if base else float("nan")


def precision_at_budget(p: Floats, y: npt.ArrayLike, budget: float) -> float:
    """Share of events among those alerted: the highest `budget` of p, a share (< 1) or a number (>= 1)."""
    taken = _taken(p, budget)
    return float(_expected_hits(p, y, taken) / taken) if taken else float("nan")


def recall_at_budget(p: Floats, y: npt.ArrayLike, budget: float) -> float:
    """Share of all events that the alerted (as in precision_at_budget) hold."""
    events = float(np.sum(np.asarray(y, np.float64)))
    return float(_expected_hits(p, y, _taken(p, budget)) / events) if events else float("nan")


def judge(p: Floats, y: npt.ArrayLike) -> dict[str, float]:
    """All figures of one horizon by name; what a report prints. NaN where a figure has no meaning."""
    slope, intercept = calibration_slope(p, y) if len(p) else (float("nan"), float("nan"))
    return {
        "rows": float(len(p)),
        "events": float(np.sum(np.asarray(y, np.float64))),
        "base_rate": float(np.mean(np.asarray(y, np.float64))) if len(p) else float("nan"),
        "auc": auc(p, y),
        "pr_auc": pr_auc(p, y),
        "log_loss": log_loss(p, y),
        "brier": brier(p, y),
        "ece": ece(p, y),
        "ece_noise": ece_noise(p),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "lift_10": lift(p, y, 0.1),
        "precision_10": precision_at_budget(p, y, 0.1),
        "recall_10": recall_at_budget(p, y, 0.1),
    }


def _groups(p: Floats, bins: int) -> npt.NDArray[np.int64]:
    """Group number of each row: equal sizes by p, equal values never parted."""
    if not len(p):
        return np.zeros(0, np.int64)
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]))
    _, groups = np.unique(np.searchsorted(edges, p, side="right"), return_inverse=True)
    return groups.astype(np.int64)


def _taken(p: Floats, budget: float) -> int:
    return min(len(p), max(1, round(budget * len(p)) if budget < 1 else round(budget))) if len(p) else 0


def _expected_hits(p: Floats, y: npt.ArrayLike, taken: int) -> float:
    """Events among the highest `taken`; ties at the edge are shared out evenly."""
    if not taken:
        return 0.0
    sure, happened = np.asarray(p), np.asarray(y, np.float64)
    edge = np.partition(sure, len(sure) - taken)[len(sure) - taken]
    above, at = sure > edge, sure == edge
    return float(happened[above].sum() + happened[at].mean() * (taken - above.sum()))
