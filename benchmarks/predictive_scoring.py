"""What it costs to predict everybody with reasons, and to predict whom a tick touched.

Run   : python -m benchmarks.predictive_scoring [--accounts 1000000] [--measures 60] [--save]
Prints: seconds and CPU seconds for probabilities at 30/60/90 days, calibrated, with the five strongest reasons of
        everybody (additive model; two threads); the same with the 90 % interval from four refits; peak memory;
        milliseconds for 1,000 touched accounts and for the reasons of the 20 of them that cross a line, by kind of
        live model; exact reasons of trees a second, and the milliseconds of one account; overlap of the first three
        reasons over refits.
Target: 1M x 60 <= 30 s wall on two cores and <= 2.5 GB; <= 50 ms added for 1,000 touched accounts.
Source: issue 'The predictive engine'. The accounts are made up: 60 measures in 12 families of 5 that move together,
        counts and rates, a tenth missing; who leaves depends on 8 of them.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import numpy as np
import numpy.typing as npt
import psutil

from benchmarks.report import Report
from forestay.conditions.columns import ColumnTable
from forestay.predictions.bulk import predict_everybody
from forestay.predictions.calibration import calibrate
from forestay.predictions.explainers import explainer_of
from forestay.predictions.groups import group_measures
from forestay.predictions.live import LiveModel
from forestay.predictions.model_document import DataWindow, FeatureSummary, ModelDocument, Prior, Purpose, State
from forestay.predictions.models.additive_boosting import ALONE, AdditiveTrees, follow
from forestay.predictions.models.boosting import Boosting
from forestay.predictions.models.candidate import Candidate, Fitted
from forestay.predictions.models.lightgbm_small import SmallTrees
from forestay.predictions.past import History
from forestay.predictions.peers import peer_groups
from forestay.predictions.reasons import top_overlap
from forestay.predictions.snapshots import Labels, Snapshots

TRAINED, TOUCHED, CROSSING, REFITS = 6_000, 1_000, 20, 4
Singles = npt.NDArray[np.float32]


def made_up(accounts: int, measures: int, seed: int) -> Singles:
    """Values (accounts, measures): families of five that move together, every third a count, a tenth missing."""
    rng = np.random.default_rng(seed)
    values = np.empty((accounts, measures), np.float32)
    for at in range(measures):
        if at % 5 == 0:
            family = rng.normal(size=accounts).astype(np.float32)
        own = 0.8 * family + 0.6 * rng.normal(size=accounts).astype(np.float32)
        values[:, at] = np.floor(np.exp(1.5 + own)) if at % 3 == 0 else own
        values[rng.random(accounts, np.float32) < 0.1, at] = np.nan
    return values


def past_of(accounts: int, measures: int, seed: int) -> tuple[Snapshots, Labels]:
    """A training set: about 2 % leave in a month, more where eight of the measures stand badly."""
    rng, values = np.random.default_rng(seed + 1), made_up(accounts, measures, seed)
    standard = np.nan_to_num((values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0))
    odds = -4.2 + standard[:, : measures : measures // 8] @ np.linspace(
        0.9, 0.2, len(range(0, measures, measures // 8))
    )
    event = rng.geometric(1 / (1 + np.exp(-odds))) * 30.0 - rng.uniform(0, 30, accounts)
    x = Snapshots(
        np.arange(accounts), np.full(accounts, 20_000), tuple(f"measure.m{at}" for at in range(measures)), values,
        rng.lognormal(9, 1, accounts),
    )  # fmt: skip
    return x, Labels(np.where(event <= 120, event, np.inf), np.full(accounts, 120.0))


@dataclass(frozen=True)
class Kinds:
    """Live models to measure: the additive one with refits, and trees with their surrogate."""

    additive: LiveModel
    trees: LiveModel


def trained(measures: int) -> Kinds:
    """Both kinds, calibrated on accounts held back."""
    x, y = past_of(TRAINED, measures, 1)
    additive, small = AdditiveTrees(replace(ALONE, threads=1)), SmallTrees(Boosting(threads=1))
    again = [_refit(additive, x, y, seed) for seed in range(REFITS)]
    trees = small.fit(x, y, periods=3, seed=1)
    surrogate = follow(x, trees.hazard(x.values), seed=1, how=replace(ALONE, threads=1))
    own = additive.fit(x, y, periods=3, seed=1)
    return Kinds(
        _live(own, "additive", x, again),
        _live(trees, "lightgbm", x, [_refit(small, x, y, seed) for seed in range(REFITS)], surrogate),
    )


def _refit(candidate: Candidate, x: Snapshots, y: Labels, seed: int) -> Fitted:
    rows = np.random.default_rng(seed).integers(0, len(x), len(x))
    weight = np.bincount(rows, minlength=len(x)).astype(float)
    return candidate.fit(x, y, periods=3, seed=seed, rows_weight=weight)


def _live(fitted: Fitted, key: str, x: Snapshots, refits: list[Fitted], surrogate: Fitted | None = None) -> LiveModel:
    held, labels = past_of(TRAINED // 2, len(x.names), 7)
    calibration = calibrate(fitted.hazard(held.values), labels, held.account_ids)
    summaries = tuple(
        FeatureSummary(name=name, missing=0.1, quantiles=tuple(np.nanquantile(column, np.linspace(0, 1, 21)).tolist()))
        for name, column in zip(x.names, x.values.T, strict=True)
    )
    document = ModelDocument(
        purpose=Purpose.CHURN, key=key, state=State.OK, candidate=key, fitted=fitted.to_document(),
        data=DataWindow(first_day=0, last_day=1, known_until=2, rows=len(x), accounts=len(x), events=1),
        measure_hashes={}, names=x.names, calibration=calibration.to_document(), metrics={},
        ensemble=tuple(one.to_document() for one in refits),
        surrogate=None if surrogate is None else surrogate.to_document(), prior=Prior(alpha=2, beta=98),
        features=summaries, groups=group_measures(x.names, x.values), peers=peer_groups(x),
        created_at=datetime.now(UTC),
    )  # fmt: skip
    return LiveModel.from_document(document.signed())


def everybody(report: Report, model: LiveModel, values: Singles) -> None:
    """The million: probability and reasons; then the interval too."""
    n, k = values.shape
    wall, cpu = _clock(lambda: predict_everybody(model, values, most=5, cores=2))
    name = f"{n:,} x {k}: probability and top-5 reasons"
    report.add(f"{name}, wall", wall, "s", target="<= 30")
    report.add(f"{name}, CPU", cpu, "s")
    report.add("peak memory, values included", _peak_gb(), "GB", target="<= 2.5")
    wall, cpu = _clock(lambda: model.predict_values(values))
    report.add(f"{n:,} x {k}: probability and 90 % interval, wall", wall, "s")
    report.add("peak memory with intervals", _peak_gb(), "GB", target="<= 2.5")


def touched(report: Report, kind: str, model: LiveModel, values: Singles) -> None:
    """A tick: 1,000 accounts as columns, their probabilities with intervals, reasons of those that cross."""
    rng, walls, cpus = np.random.default_rng(3), [], []
    for _ in range(15):
        rows = np.sort(rng.choice(len(values), TOUCHED, replace=False))
        table = ColumnTable(
            (TOUCHED,), {name: values[rows, at].astype(np.float64) for at, name in enumerate(model.names)}
        )
        found = model.predict(table)
        crossing = np.argsort(-found.at(90))[:CROSSING].tolist()
        history = _history(model, values[rows[crossing]])
        works: tuple[Callable[[], object], ...] = (
            partial(model.predict, table, intervals=False),
            partial(model.predict, table),
            partial(model.reasons, table, crossing, 5, history=history),
        )
        times = [_clock(work) for work in works]
        walls.append([1000 * wall for wall, _ in times])
        cpus.append([1000 * cpu for _, cpu in times])
    for at, name in enumerate(
        ("probability", "probability and interval", f"reasons in words of {CROSSING} that cross")
    ):
        report.add(f"{TOUCHED:,} touched, {kind}: {name}, CPU", float(np.median(np.array(cpus)[:, at])), "ms")
    both = np.array(walls)[:, 1:].sum(axis=1), np.array(cpus)[:, 1:].sum(axis=1)
    for kept, name in zip(both, ("wall", "CPU"), strict=True):
        added = f"{TOUCHED:,} touched, {kind}: added to a tick, {name}"
        report.add(added, float(np.median(kept)), "ms", target="<= 50", runs=kept.tolist())


def _history(model: LiveModel, values: Singles) -> History:
    """Ten readings, a week apart, some way above the present."""
    past = {name: np.repeat(values[:, [at]] * 1.5 + 1, 10, axis=1) for at, name in enumerate(model.names)}
    return History(20_000, 20_000 - 7 * np.arange(10, 0, -1), past)


def exact_reasons(report: Report, model: LiveModel, values: Singles) -> None:
    """Trees explain themselves: the riskiest thousand, and one account that is opened."""
    assert model.explainer is not None
    explain = model.explainer.shares
    explain(values[:1])
    _, cpu = _clock(lambda: explain(values[:1_000]))
    report.add("exact reasons of trees", 1_000 / cpu, "accounts a CPU second")
    wall, cpu = min(_clock(lambda: explain(values[:1])) for _ in range(5))
    report.add("exact reasons of one opened account, best of 5", 1000 * wall, "ms")


def stability(report: Report, measures: int, values: Singles) -> None:
    """How alike the first three reasons are when the model is trained again on accounts drawn anew."""
    x, y = past_of(TRAINED, measures, 1)
    groups, shares = group_measures(x.names, x.values), []
    for seed in (11, 12):
        explainer = explainer_of(_refit(AdditiveTrees(replace(ALONE, threads=1)), x, y, seed), groups)
        assert explainer is not None
        shares.append(explainer.shares(values[:20_000]))
    overlap = top_overlap(shares[0], shares[1])
    report.add("first three reasons that two refits share", overlap.mean, "share")
    report.add("first reason that two refits share", overlap.same_first, "share")


def _clock(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - cpu


def _peak_gb() -> float:
    with open("/proc/self/status") as status:
        line = next((one for one in status if one.startswith("VmHWM")), "")
    return int(line.split()[1]) / 1e6 if line else psutil.Process().memory_info().rss / 1e9


def main() -> None:
    """Train once, then measure each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--measures", type=int, default=60)
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    report = Report("predictive-scoring", {"cores": os.cpu_count() or 1, "trained on": TRAINED, "refits": REFITS})
    kinds = trained(asked.measures)
    values = made_up(asked.accounts, asked.measures, 5)
    everybody(report, kinds.additive, values)
    touched(report, "additive", kinds.additive, values)
    touched(report, "trees", kinds.trees, values)
    exact_reasons(report, kinds.trees, values)
    stability(report, asked.measures, values)
    report.show(save=asked.save)


if __name__ == "__main__":
    main()
