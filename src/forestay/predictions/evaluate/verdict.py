"""What the trial says: figures with intervals, against knowing only the share of events, and the curves to draw.

Reads : protocol.Trial, predictions.metrics
Gives : judge_trial(), Figures, Interval, Bin, reliability(), gains()

Intervals are 95 % of 300 bootstraps over customers (all rows of a customer are drawn together). The figures are the
mean over the repeats; the interval is that of the same mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.predictions.evaluate.protocol import Trial
from forestay.predictions.evaluate.question import Asked
from forestay.predictions.metrics import (
    auc,
    brier,
    calibration_slope,
    ece,
    ece_noise,
    lift,
    log_loss,
    pr_auc,
    recall_at_budget,
)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
DRAWS, BINS = 300, 10
_MOST_ROWS = 60_000
"""Above so many tested rows a bootstrap draws fewer times, in proportion."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its 95 % interval; NaN where it has no meaning."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """One group of rows by predicted chance: mean predicted, share that happened, its 95 % binomial interval, rows."""

    predicted: float
    happened: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything measured on rows that the models had not seen. gain: log-loss of the share less that of the model,
    in nats; above 0 = better. spread: standard deviation of the AUC over the folds."""

    rows: int
    events: int
    auc: Interval
    pr_auc: Interval
    log_loss: Interval
    gain: Interval
    brier: Interval
    ece: float
    ece_noise: float
    slope: float
    lift_10: Interval
    recall_10: Interval
    spread: float
    bins: tuple[Bin, ...]
    gains: tuple[tuple[float, float], ...]

    @property
    def has_skill(self) -> bool:
        """Better than chance and better than the share alone, beyond what luck explains."""
        return bool(self.auc.low > 0.5 and self.gain.low > 0)


def judge_trial(asked: Asked, trial: Trial, p: Floats | None = None, *, seed: int = 0) -> Figures:
    """Judge the chosen candidate's chances, or others (p) for the same rows."""
    sure = trial.p if p is None else p
    happened = asked.happened[trial.rows]
    parts = _repeats(trial)
    wheel = _Wheel(asked, trial, parts, seed)

    def figure(of: Callable[[Floats, Flags, Floats], float]) -> Interval:
        return wheel.interval(lambda rows: of(sure[rows], happened[rows], trial.base[rows]))

    noise = [ece_noise(sure[part]) for part in parts]
    return Figures(
        len(asked.happened), int(asked.happened.sum()),
        figure(lambda q, y, _: auc(q, y)), figure(lambda q, y, _: pr_auc(q, y)), figure(lambda q, y, _: log_loss(q, y)),
        figure(lambda q, y, base: log_loss(base, y) - log_loss(q, y)), figure(lambda q, y, _: brier(q, y)),
        float(np.mean([ece(sure[part], happened[part]) for part in parts])), float(np.mean(noise)),
        float(np.mean([calibration_slope(sure[part], happened[part])[0] for part in parts])),
        figure(lambda q, y, _: lift(q, y, 0.1)), figure(lambda q, y, _: recall_at_budget(q, y, 0.1)),
        _spread(trial, sure, happened), reliability(sure[parts[0]], happened[parts[0]]),
        gains(sure[parts[0]], happened[parts[0]]),
    )  # fmt: skip


def _spread(trial: Trial, sure: Floats, happened: Flags) -> float:
    return float(np.std([auc(sure[trial.fold == n], happened[trial.fold == n]) for n in np.unique(trial.fold)]))


def reliability(p: Floats, happened: Flags, bins: int = BINS) -> tuple[Bin, ...]:
    """Groups of equal size by predicted chance."""
    found = []
    for rows in np.array_split(np.argsort(p, kind="stable"), bins):
        if len(rows):
            low, high = wilson(int(happened[rows].sum()), len(rows))
            found.append(Bin(float(p[rows].mean()), float(happened[rows].mean()), low, high, len(rows)))
    return tuple(found)


def gains(p: Floats, happened: Flags, points: int = 100) -> tuple[tuple[float, float], ...]:
    """(share of customers called, share of events among them), the most endangered first."""
    order = np.argsort(-p, kind="stable")
    found = np.concatenate(([0.0], np.cumsum(happened[order]))) / max(1, int(happened.sum()))
    at = np.unique(np.linspace(0, len(p), points + 1).astype(int))
    return tuple((float(n / max(1, len(p))), float(found[n])) for n in at)


def wilson(events: int, rows: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share.

    >>> [round(edge, 3) for edge in wilson(5, 10)]
    [0.237, 0.763]
    """
    if not rows:
        return 0.0, 1.0
    share, spread = events / rows, z * z / rows
    middle = (share + spread / 2) / (1 + spread)
    half = z * float(np.sqrt(share * (1 - share) / rows + spread / (4 * rows))) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _repeats(trial: Trial) -> list[Ints]:
    """Places of the tested rows by repeat: each row at most once in each."""
    folds = len(trial.protocol.folds) // trial.protocol.repeats
    return [np.flatnonzero(trial.fold // folds == n) for n in range(trial.protocol.repeats)]


class _Wheel:
    """Bootstraps by customer: the same draws for every figure."""

    def __init__(self, asked: Asked, trial: Trial, parts: list[Ints], seed: int) -> None:
        self._parts = parts
        draws = max(60, int(DRAWS * min(1.0, _MOST_ROWS / max(1, len(trial.rows)))))
        rng = np.random.default_rng(seed)
        groups, place = np.unique(asked.group[trial.rows], return_inverse=True)
        self._orders = []
        for part in parts:
            order = part[np.argsort(place[part], kind="stable")]
            self._orders.append((order, np.searchsorted(place[order], np.arange(len(groups) + 1))))
        self._draws = [rng.integers(0, len(groups), len(groups)) for _ in range(draws)]

    def interval(self, of: Callable[[Ints], float]) -> Interval:
        """The figure as the mean over repeats, with its interval."""
        value = float(np.mean([of(part) for part in self._parts]))
        drawn = np.array([np.mean([of(self._drawn(n, groups)) for n in self._used()]) for groups in self._draws])
        drawn = drawn[np.isfinite(drawn)]
        if not len(drawn):
            return Interval(value, float("nan"), float("nan"))
        low, high = np.quantile(drawn, [0.025, 0.975])
        return Interval(value, float(low), float(high))

    def _used(self) -> range:
        """Two repeats are enough to know how the mean wavers: the customers are the same in all of them."""
        return range(min(2, len(self._parts)))

    def _drawn(self, part: int, groups: Ints) -> Ints:
        order, starts = self._orders[part]
        sizes = starts[groups + 1] - starts[groups]
        inside = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return np.asarray(order[np.repeat(starts[groups], sizes) + inside])
