"""Own simulator: how near does the product come to an oracle that sees the hidden state? A section of benchmarks.predictive.

Protocol: 20,000 accounts x 24 months of spec.MEASURED a seed, seen through the product's own measures and health every 30
days. What was known on the cut, eight snapshots before the end, teaches the product's parts (leakage gate, candidates of
the shelf, the choice by log-loss and the calibration on the last quarter of what was known); LEARNED_FROM accounts are
learned from, all are judged on the six snapshots from the cut on, of which 60 days are known. The oracle
(simulator.oracle) is asked about the same rows: it sees state, shocks, calendar and who has begun to withdraw, neither the dice nor quiet
decisions. Intervals draw accounts.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.predictive_over_time import Learned, learn_and_tell
from benchmarks.predictive_reasons import cause_among_reasons
from benchmarks.report import Report
from benchmarks.simulated.company import Measured, measured, spec_of
from forestay.predictions.early_warning import early_warning
from forestay.predictions.hazard import probability_within
from forestay.predictions.labels import LastActivity
from forestay.predictions.leakage import examine
from forestay.predictions.metrics import auc, calibration_slope, ece, ece_noise, recall_at_budget
from forestay.predictions.snapshots import Labels, Snapshots
from forestay.predictions.splits import known_at
from forestay.predictions.training_set import STILL_ACTIVE_DAYS

HORIZON, BACK, JUDGED, BUDGET = 60, 8, 6, 0.1
TRIED = ("logistic", "lightgbm", "average")
LEARNED_FROM = 8_000
"""Accounts that are learned from (numbers below); all are judged. More took too long on the two cores at hand."""
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Seed:
    """One company's answers: what was learned with its hazards (m, 3) of the judged rows, and all snapshots."""

    made: Measured
    learned: Learned
    x: Snapshots
    rows: Ints
    seconds: float

    @property
    def p(self) -> Floats:
        """Chance within HORIZON, as the product would say it."""
        return np.asarray(probability_within(self.learned.hazard, float(HORIZON)))


def simulator(report: Report, *, accounts: int = 20_000, months: int = 24, seeds: Sequence[int] = (1, 2, 3)) -> None:
    """All figures of the simulator, each the mean over the seeds."""
    report.conditions["simulator"] = f"{accounts:,} accounts x {months} months, seeds {', '.join(map(str, seeds))}"
    figures: dict[str, list[float]] = {}
    for number in seeds:
        made = measured(spec_of(number, accounts, months))
        told = churn_of(made)
        early = early_of(made)
        for name, value in {**_company(made), **_churn(told), **_early(early)}.items():
            figures.setdefault(name, []).append(value)
            print(f"    seed {number}: {name}: {value:.4f}", flush=True)
        print(
            f"  seed {number}: churn by '{told.learned.key}' in {told.seconds:.0f} s, early warning by '{early.learned.key}'",
            flush=True,
        )
    for name, target in _TARGETS.items():
        values = figures[name]
        report.add(f"simulator: {name}", float(np.nanmean(values)), "", target=target, runs=values)


_TARGETS = {
    "annual churn": ".08 to .15",
    "share of churn that nothing foretells": ">= .30",
    "oracle's AUC, 60 days": ".80 to .88",
    "model's AUC, 60 days": "",
    "model's AUC over the oracle's": ">= .92",
    "health score alone, AUC": "",
    "calibration slope, 60 days": ".9 to 1.1",
    "ECE, 60 days": "within luck",
    "ECE that luck alone would show": "",
    "alerts with p >= .8 within 60 days": "'too few' under 50",
    "precision of p >= .8": ">= .8",
    "p >= .8 of the oracle": "",
    "recall at a 10 % budget": "",
    "oracle's recall at a 10 % budget": "",
    "true cause among the top 3 reasons": ">= .70",
    "true cause among them, use of the product left out": "",
    "foreseeable churners asked about": "",
    "early warning: recall at a 10 % budget": "",
    "early warning: oracle's recall": "",
    "early warning: recall over the oracle's": ">= .75",
    "early warning: AUC, last activity within 30 days": "",
}


def churn_of(made: Measured) -> Seed:
    """Learned from what was known at the cut, asked about what came after."""
    return _trained(made, made.churn())


def early_of(made: Measured) -> Seed:
    """The same for the early warning: the last activity of accounts that are still active."""
    return _trained(made, last_activity(made))


def last_activity(made: Measured) -> Labels:
    """Days to the last activity ever (of those who left or fell silent for good), for rows still active."""
    account, _ = made.at
    x = made.snapshots()
    known_until = int(made.grid[-1]) - LastActivity().silent_days
    last = made.block.last_event_day[account]
    observed = (known_until - x.as_of_days).astype(np.float64)
    left = np.maximum((last - x.as_of_days).astype(np.float64), 0.0)
    observed = np.where(x.column("measure.days_since_activity") <= STILL_ACTIVE_DAYS, observed, -1.0)
    return Labels(np.where(left <= observed, left, np.inf), observed)


def _trained(made: Measured, y: Labels) -> Seed:
    x, began = made.snapshots(), time.perf_counter()
    x = x.only(examine(x, y).kept)
    cut = int(made.grid[-BACK])
    before = np.flatnonzero((x.as_of_days < cut) & (x.account_ids < LEARNED_FROM))
    rows = np.flatnonzero((x.as_of_days >= cut) & (x.as_of_days < made.grid[-BACK + JUDGED]) & (y.observed_days >= 0))
    known = known_at(cut, x.as_of_days, y).take(before)
    learned = learn_and_tell(x.take(before), known, x.values[rows], periods=3, tried=TRIED, seed=0)
    return Seed(made, learned, x, rows, time.perf_counter() - began)


def _company(made: Measured) -> dict[str, float]:
    block, x = made.block, made.snapshots()
    years = block.is_customer.sum() * (made.grid[1] - made.grid[0]) / 365
    left = (block.last_day > made.grid[0]) & (block.last_day <= made.grid[-1])
    happened, known = made.churn().within(HORIZON)
    return {
        "annual churn": float(left.sum() / years),
        "share of churn that nothing foretells": float(block.is_random[left].mean()),
        "oracle's AUC, 60 days": auc(made.oracle(HORIZON)[known], happened[known]),
        "health score alone, AUC": auc(-np.nan_to_num(x.column("health.score")[known], nan=70.0), happened[known]),
    }


def _churn(told: Seed) -> dict[str, float]:
    happened, known = told.made.churn().take(told.rows).within(HORIZON)
    p, y = told.p[known], happened[known]
    oracle = told.made.oracle(HORIZON)[told.rows][known]
    sure = p >= 0.8
    share, strict, asked = cause_among_reasons(told.made, told.x, told.rows, told.learned.fitted)
    return {
        "true cause among the top 3 reasons": share,
        "true cause among them, use of the product left out": strict,
        "foreseeable churners asked about": float(asked),
        "model's AUC, 60 days": auc(p, y),
        "model's AUC over the oracle's": auc(p, y) / auc(oracle, y),
        "calibration slope, 60 days": calibration_slope(p, y)[0],
        "ECE, 60 days": ece(p, y),
        "ECE that luck alone would show": ece_noise(p),
        "alerts with p >= .8 within 60 days": float(sure.sum()),
        "precision of p >= .8": float(y[sure].mean()) if sure.any() else float("nan"),
        "p >= .8 of the oracle": float((oracle >= 0.8).sum()),
        "recall at a 10 % budget": recall_at_budget(p, y, BUDGET),
        "oracle's recall at a 10 % budget": recall_at_budget(oracle, y, BUDGET),
    }


def _early(told: Seed) -> dict[str, float]:
    """Of accounts still active: whose last activity falls within 90 days; the oracle ranks by its 90-day chance."""
    labels = last_activity(told.made).take(told.rows)
    soon, known_soon = labels.within(30)
    happened, known = labels.within(90)
    chance = early_warning(told.learned.hazard)
    oracle = told.made.oracle(90)[told.rows]
    total = chance.soon + chance.later
    mine = recall_at_budget(total[known], happened[known], BUDGET)
    best = recall_at_budget(oracle[known], happened[known], BUDGET)
    return {
        "early warning: recall at a 10 % budget": mine,
        "early warning: oracle's recall": best,
        "early warning: recall over the oracle's": mine / best,
        "early warning: AUC, last activity within 30 days": auc(chance.soon[known_soon], soon[known_soon]),
    }
