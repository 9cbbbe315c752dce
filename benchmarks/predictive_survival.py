"""The pysurvival set: when do accounts of a SaaS product leave. A section of benchmarks.predictive.

Protocol: six random splits, 65 % of the accounts to learn from and 35 % to be judged on, seeds 0 to 5. Columns that are
texts become one column a level. The hazard by month is learned by each candidate of the shelf; which one serves is
decided inside the learning part (a quarter of it, log-loss of months at risk). Judged: the Brier score weighted for
censoring, integrated over months 1 to 11, and Harrell's C of the chance to be gone by month 6; both are means over the
splits with their spread.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.report import Report
from forestay.predictions.evaluate.columns import features_of
from forestay.predictions.evaluate.table import read_table
from forestay.predictions.hazard import happened_in
from forestay.predictions.metrics import log_losses
from forestay.predictions.models.registry import candidate
from forestay.predictions.snapshots import PERIOD_DAYS, Labels, Snapshots
from forestay.predictions.survival_metrics import censoring_survival, concordance, ibs

MONTHS, SPLITS, SHARE = 12, 6, 0.65
TRIED = ("logistic", "additive", "lightgbm", "average")
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def pysurvival(report: Report, folder: Path) -> None:
    """IBS <= .064 and C >= .867 (published: .13 and .83)."""
    x, months, left = _read(folder / "pysurvival" / "churn.csv")
    scores: dict[str, list[tuple[float, float]]] = {key: [] for key in (*TRIED, "chosen")}
    chosen = []
    for split in range(SPLITS):
        order = np.random.default_rng(split).permutation(len(x))
        at = round(SHARE * len(x))
        train, test = order[:at], order[at:]
        hazards, key = _hazards(x, _labels(months, left), train, test, split)
        chosen.append(key)
        for name in scores:
            scores[name].append(_judge(hazards[key if name == "chosen" else name], months, left, train, test))
    brier, c = np.array(scores["chosen"]).T
    report.add(
        "pysurvival: IBS, mean of 6 splits", float(brier.mean()), "", target="<= .064 (goal .058)", runs=brier.tolist()
    )
    report.add("pysurvival: C, mean of 6 splits", float(c.mean()), "", target=">= .867 (goal .875)", runs=c.tolist())
    for key in TRIED:
        mean = np.array(scores[key]).mean(axis=0)
        report.add(f"  candidate {key} (chosen {chosen.count(key)} of 6): IBS", float(mean[0]), "")
        report.add(f"  candidate {key}: C", float(mean[1]), "")


def _read(file: Path) -> tuple[Snapshots, Floats, npt.NDArray[np.bool_]]:
    table = read_table(file)
    features = features_of(table, apart=["months_active", "churned"])
    months = np.array(table.column("months_active"), np.float64)
    left = np.array(table.column("churned"), np.float64) > 0
    count = len(months)
    x = Snapshots(np.arange(count), np.zeros(count, np.int64), features.names, features.values, np.full(count, np.nan))
    return x, months, left


def _labels(months: Floats, left: npt.NDArray[np.bool_]) -> Labels:
    days = months * PERIOD_DAYS
    return Labels(np.where(left, days, np.inf), days)


def _hazards(x: Snapshots, y: Labels, train: Ints, test: Ints, seed: int) -> tuple[dict[str, Floats], str]:
    """Hazards (test, months) of every candidate, and the key of the one chosen inside the training part."""
    held = train[: len(train) // 4]
    inner = train[len(train) // 4 :]
    happened, known = happened_in(y.take(held), MONTHS)
    losses, found = {}, {}
    for rows, judged, keep in ((inner, held, False), (train, test, True)):
        made = {
            key: candidate(key).fit(x.take(rows), y.take(rows), periods=MONTHS, seed=seed)
            for key in TRIED
            if key != "average"
        }
        told = {key: np.asarray(one.hazard(x.values[judged])) for key, one in made.items()}
        told["average"] = (told["logistic"] + told["lightgbm"]) / 2
        if keep:
            found = told
        else:
            losses = {key: float(log_losses(one[known], happened[known]).mean()) for key, one in told.items()}
    return found, min(losses, key=losses.__getitem__)


def _judge(hazard: Floats, months: Floats, left: npt.NDArray[np.bool_], train: Ints, test: Ints) -> tuple[float, float]:
    survival = np.cumprod(1 - hazard, axis=1)
    times = np.arange(1, MONTHS)
    censoring = censoring_survival(months[train], left[train])
    score = ibs(survival[:, : MONTHS - 1], times, months[test], left[test], censoring=censoring)
    return score, concordance(1 - survival[:, 5], months[test], left[test])
