"""Estimated uplift against the true effect, on made-up customers of whom a fifth were held out. A section of the promises.

    python -m benchmarks.predictive_uplift [--accounts 8000] [--seeds 3] [--save]

Protocol: benchmarks.simulated.uplift deals help by lot to four fifths of all customers on one day and sees who left within
180 days; the truth (the fall of the chance to decide to leave, the same luck lived twice) is known and shown to nobody. Each
learner of outcomes.learners says every customer's effect out of fold, from what the product keeps of an intervention
(outcomes.covariates, the same columns in the same places; what the made-up company does not have is missing there). Spearman is between that and the truth; the interval draws customers. Beside it: what of the truth could be foreseen
on the day at all, the most that the product's columns could tell, what a policy on the learner that so many ends bear would
ship (Qini), the average effect with its interval, and what each fifth was said to gain against the truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from benchmarks.report import Report
from benchmarks.simulated.uplift import Experiment, experiment
from forestay.outcomes.average import randomised
from forestay.outcomes.bases import Fit, boosted, fit_for, folds, ridge
from forestay.outcomes.covariates import COVARIATES, FROM_STORE, in_places
from forestay.outcomes.learners import Learner, learner_for, out_of_fold, scores_of
from forestay.outcomes.qini import parts_of, qini
from forestay.outcomes.subjects import Subjects
from forestay.predictions.snapshots import Snapshots

Floats = npt.NDArray[np.float64]
FITS: Mapping[str, Fit] = {"ridge": ridge, "lightgbm": boosted}


TOLD_BY = {"measure.tenure_days": "account.tenure_days", "measure.days_to_renewal": "account.days_to_renewal",
           "measure.seats_contracted": "account.seats"}  # fmt: skip
"""Measures that the product keeps as a column of the account."""
NOT_THERE = ("churn.probability",)
"""No model has been trained in the made-up company."""


def known_of(x: Snapshots) -> Floats:
    """(n, k) in the order of COVARIATES: what the product would have kept of these customers."""
    values = x.values.astype(np.float64)
    columns = {TOLD_BY.get(name, name): values[:, place] for place, name in enumerate(x.names)}
    return in_places({**columns, "account.log_arr": np.log1p(x.arr)}, len(x.account_ids))


def subjects_of(trial: Experiment) -> Subjects:
    """What the product would know."""
    x = trial.snapshots
    n = len(x.account_ids)
    return Subjects(
        x.account_ids.astype(np.int64), COVARIATES, known_of(x), trial.treated, (~trial.left).astype(np.float64),
        np.full(n, trial.propensity), np.asarray(x.arr, np.float64),
    )  # fmt: skip


FEWER: Mapping[str, tuple[str, ...]] = {
    "noted late": tuple(name for name in COVARIATES if name not in ("account.seats", "account.days_to_renewal")),
    "eleven columns": FROM_STORE[:11],
}
"""With less known: what has no past is lost, and as the product kept it before measures were among it."""


def only(subjects: Subjects, names: tuple[str, ...]) -> Subjects:
    """The same customers, with these columns known."""
    places = [subjects.names.index(name) for name in names]
    return replace(subjects, names=names, values=subjects.values[:, places])


def spearman(one: Floats, other: Floats) -> float:
    """Rank correlation; ties by their mean rank."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def drawn(one: Floats, other: Floats, resamples: int = 200) -> tuple[float, float]:
    """95 % of the correlation over customers drawn anew."""
    random = np.random.default_rng(1)
    found = [spearman(one[rows], other[rows]) for rows in random.integers(0, len(one), (resamples, len(one)))]
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def _taught_with_the_truth(trial: Experiment) -> Floats:
    """The most that what the product sees can tell: trees that are shown true effects (nobody ever is), out of fold."""
    x, said = known_of(trial.snapshots), np.empty(len(trial.uplift))
    dealt = folds(len(said), 5, 1)
    for part in range(5):
        here = dealt == part
        said[here] = boosted(x[~here], trial.uplift[~here])(x[here])
    return said


def measure(seed: int, accounts: int) -> dict[str, float]:
    """All figures of one company."""
    trial = experiment(seed, accounts=accounts)
    subjects, truth = subjects_of(trial), trial.uplift
    found: dict[str, float] = {"customers": float(len(subjects)), "true average effect": float(truth.mean())}
    means: dict[Fit, Floats] = {}
    for name, fit in FITS.items():
        every = {learner: out_of_fold(learner, subjects, fit) for learner in (Learner.T, Learner.X, Learner.DR)}
        every[Learner.MEAN] = np.mean([*every.values()], axis=0)  # what MEAN says: the same seeds
        every[Learner.RISK] = out_of_fold(Learner.RISK, subjects, fit)
        means[fit] = every[learner_for(subjects)]
        for learner, scores in every.items():
            found[f"Spearman, {learner} {name}"] = spearman(scores, truth)
            print(f"  seed {seed}: {learner} {name} {found[f'Spearman, {learner} {name}']:.3f}", flush=True)
    fit = ridge if learner_for(subjects) is Learner.RISK else fit_for(len(subjects))  # as outcomes.policy has it
    said, gains = means[fit], scores_of(subjects, fit)
    low, high = drawn(said, truth)
    for what, names in FEWER.items():
        with_less = out_of_fold(learner_for(subjects), only(subjects, names), fit)
        found[f"Spearman, as shipped, {what}"] = spearman(with_less, truth)
    curve, average = qini(said, gains), randomised(subjects)
    found |= {
        "Spearman, as shipped": spearman(said, truth), "Spearman, as shipped, low": low, "Spearman, as shipped, high": high,
        "Spearman, true risk alone (never seen)": spearman(trial.base, truth),
        "Spearman, as shipped, with what could be foreseen on the day": spearman(said, trial.foreseen),
        "Spearman, taught with the truth (the most that can be seen)": spearman(_taught_with_the_truth(trial), truth),
        "Spearman, who sees the hidden state on the day": spearman(trial.foreseen, truth),
        "Qini, points": curve.coefficient * 100, "Qini, points, low": curve.low * 100, "policy ships": float(curve.ships),
        "average effect holds the truth": float((average.low or 0) <= truth.mean() <= (average.high or 0)),
    }  # fmt: skip
    for part in (parts_of(said, gains)[0], parts_of(said, gains)[-1]):
        rows = (said >= part.from_score) & (said <= part.to_score)
        word = "last" if part.number == 0 else "best"
        found[f"{word} fifth: said, points"] = part.effect * 100
        found[f"{word} fifth: true, points"] = float(truth[rows].mean()) * 100
    print(
        f"  seed {seed}: {len(subjects):,} customers, {trial.left.mean():.1%} left, true effect {truth.mean():+.2%}",
        flush=True,
    )
    return found


def uplift(report: Report, accounts: int = 8_000, seeds: int = 3) -> None:
    """The mean over the seeds; single values stand behind."""
    report.conditions["uplift"] = f"{accounts:,} accounts, seeds 1 to {seeds}, 20 % held out"
    every = [measure(seed, accounts) for seed in range(1, seeds + 1)]
    targets = {"Spearman, as shipped": ">= .3"}
    for name in every[0]:
        values = [one[name] for one in every]
        report.add(f"uplift: {name}", float(np.mean(values)), "", target=targets.get(name, ""), runs=values)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--accounts", type=int, default=8_000)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--save", action="store_true")
    order = asked.parse_args()
    report = Report("predictive-uplift")
    uplift(report, order.accounts, order.seeds)
    report.show(save=order.save)


if __name__ == "__main__":
    main()
