"""Rows of accounts on days, judged out of time: what the sections about CDNOW, crm5-sim and ravenstack share.

Gives : rolling(), learn_and_tell(), Judged, Learned, against(), with_interval(), calibration_figures()

Every origin learns from what was known on its day (candidates of the shelf, the choice by log-loss on the last quarter of
the snapshots that were known, beta or Venn-Abers calibration on the same) and is judged on the snapshots from its day
to the next origin; all are pooled. Intervals draw accounts, never rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.report import Report
from forestay.predictions.calibration import calibrate
from forestay.predictions.hazard import happened_in, probability_within
from forestay.predictions.metrics import auc, ece, ece_noise, log_losses
from forestay.predictions.models.average import AverageHazard
from forestay.predictions.models.candidate import Fitted
from forestay.predictions.models.registry import candidate
from forestay.predictions.snapshots import PERIOD_DAYS, Labels, Snapshots
from forestay.predictions.splits import Interval, Origin, account_draws, bootstrap_interval, known_at, rolling_origins

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
TRIED = ("logistic", "additive", "lightgbm", "average")


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows after their origins: rows (m,) of the snapshots, p (m,), happened (m,), which candidates were chosen."""

    rows: Ints
    p: Floats
    happened: Flags
    chosen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """Calibrated hazards (n, periods) of what was asked, the candidate's key, and the trained model."""

    hazard: Floats
    key: str
    fitted: Fitted


def rolling(
    x: Snapshots,
    y: Labels,
    *,
    horizon: int,
    periods: int,
    origins: int | Sequence[Origin] = 3,
    tried: Sequence[str] = TRIED,
    seed: int = 0,
) -> Judged:
    """Judge out of time; origins: how many, or which."""
    cuts = rolling_origins(x.as_of_days, y, count=origins) if isinstance(origins, int) else tuple(origins)
    rows, p, chosen = list[Ints](), list[Floats](), list[str]()
    for origin in cuts:
        here = np.flatnonzero(origin.judged(x.as_of_days) & y.within(horizon)[1])
        known = known_at(origin.day, x.as_of_days, y)
        learned = learn_and_tell(x, known, x.values[here], periods=periods, tried=tried, seed=seed)
        rows.append(here)
        p.append(np.asarray(probability_within(learned.hazard, float(horizon))))
        chosen.append(learned.key)
    together = np.concatenate(rows)
    return Judged(together, np.concatenate(p), y.within(horizon)[0][together], tuple(chosen))


def learn_and_tell(
    x: Snapshots, known: Labels, asked: npt.NDArray[np.floating], *, periods: int, tried: Sequence[str], seed: int
) -> Learned:
    """Calibrated hazards of the values `asked`, by the candidate that served best before."""
    watched = np.flatnonzero(known.observed_days >= PERIOD_DAYS)
    cut = float(np.quantile(x.as_of_days[watched], 0.75))
    held = watched[x.as_of_days[watched] >= cut]
    after = known.take(held)
    happened, seen = happened_in(after, periods)
    told = _told(_fits(x, known_at(int(cut), x.as_of_days, known), periods, tried, seed), x.values[held], tried)
    losses = {key: float(log_losses(hazard[seen], happened[seen]).mean()) for key, hazard in told.items()}
    key = min(losses, key=losses.__getitem__)
    fits = _fits(x, known, periods, ("logistic", "lightgbm") if key == "average" else (key,), seed)
    hazard = _told(fits, asked, (key,))[key]
    calibration = calibrate(told[key], after, x.account_ids[held], seed=seed)
    fitted = AverageHazard(fits["logistic"], fits["lightgbm"]) if key == "average" else fits[key]
    return Learned(calibration.apply(hazard), key, fitted)


def _fits(x: Snapshots, known: Labels, periods: int, tried: Sequence[str], seed: int) -> dict[str, Fitted]:
    """Candidates trained on the rows of which anything is known; 'average' is made of two others."""
    watched = np.flatnonzero(known.observed_days >= PERIOD_DAYS)
    some, labels = x.take(watched), known.take(watched)
    return {key: candidate(key).fit(some, labels, periods=periods, seed=seed) for key in tried if key != "average"}


def _told(fits: dict[str, Fitted], asked: npt.NDArray[np.floating], tried: Sequence[str]) -> dict[str, Floats]:
    """Hazards by candidate."""
    found = {key: np.asarray(one.hazard(asked), np.float64) for key, one in fits.items()}
    if "average" in tried:
        found["average"] = (found["logistic"] + found["lightgbm"]) / 2
    return found


def against(judged: Judged, score: Floats, accounts: Ints, *, draws: int = 300) -> Interval:
    """AUC of the model less that of another score (m,), with its interval over accounts."""

    def gap(times: Ints) -> float:
        some = np.repeat(np.arange(len(times)), times)
        return auc(judged.p[some], judged.happened[some]) - auc(score[some], judged.happened[some])

    found = np.array([gap(times) for times in account_draws(accounts, draws=draws, seed=1)])
    low, high = np.nanquantile(found, [0.025, 0.975])
    return Interval(gap(np.ones(len(score), np.int64)), float(low), float(high))


def with_interval(report: Report, name: str, judged: Judged, accounts: Ints, *, target: str = "",
                  figure: Callable[[Floats, Flags], float] = auc) -> Interval:  # fmt: skip
    """A figure with its interval over accounts, into the report."""
    found = bootstrap_interval(figure, judged.p, judged.happened, accounts, draws=300)
    report.add(name, found.value, "", target=target, runs=[found.low, found.high])
    print(f"    95 % interval {found.low:.3f} to {found.high:.3f}; {len(judged.p):,} rows, "
          f"{int(judged.happened.sum())} events; chosen {', '.join(judged.chosen)}")  # fmt: skip
    return found


def calibration_figures(report: Report, name: str, judged: Judged, target: str) -> None:
    """ECE beside what luck alone would show."""
    report.add(f"{name}: ECE", ece(judged.p, judged.happened), "", target=target)
    report.add("  ECE that luck alone would show (95 %)", ece_noise(judged.p), "")
