"""What a whole training costs: all candidates, out of time, refits and the surrogate, from snapshots to document.

Run   : python -m benchmarks.predictive_training [--accounts 2500 10000] [--save]
Prints: per size, wall and CPU seconds, peak memory, the live candidate and how it did; at the end the ratio of the cost
        to the account-months.
Target: 10,000 accounts x 24 months x 60 columns <= 120 s and <= 4 GB; cost linear in account-months.

The rows are made up here: a hidden state wanders, columns show it with noise, accounts leave by it. That says what
training costs; how good predictions are is measured on the simulator and on public data.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime

import numpy as np

from benchmarks.report import Report
from forestay.predictions.recipe import Recipe
from forestay.predictions.snapshots import Labels, Snapshots
from forestay.predictions.training import train

MONTHS, COLUMNS = 24, 60


def made_up(accounts: int, months: int = MONTHS, columns: int = COLUMNS, seed: int = 0) -> tuple[Snapshots, Labels]:
    """Snapshots every 30 days of accounts that begin over the first year and leave at about 1 % a month."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, months // 2, accounts)
    state = np.cumsum(rng.normal(0, 0.35, (accounts, months)), axis=1) + rng.normal(0, 0.5, (accounts, 1))
    chance = 1 / (1 + np.exp(5.2 - 0.9 * state))
    living = np.arange(months) >= starts[:, None]
    leaves = living & (rng.random((accounts, months)) < chance)
    end = np.where(leaves.any(axis=1), leaves.argmax(axis=1), months).astype(float)
    days = np.where(end < months, 30 * end + rng.integers(1, 31, accounts), np.inf)
    rows, month = np.nonzero(living & (np.arange(months) <= end[:, None]))
    load = rng.normal(0, 1, columns) * (rng.random(columns) < 0.4)
    values = (state[rows, month, None] * load + rng.normal(0, 1.5, (len(rows), columns))).astype(np.float32)
    values[:, ::3] = np.floor(np.exp(values[:, ::3].clip(-3, 6)))
    values[:, 1::7][rng.random(values[:, 1::7].shape) < 0.2] = np.nan
    names = ("health.score", "measure.days_since_activity", *(f"measure.m{at}" for at in range(columns - 2)))
    arr = np.exp(rng.normal(9, 1, accounts))[rows]
    x = Snapshots(rows.astype(np.int64), (20_000 + 30 * month).astype(np.int32), names, values, arr)
    return x, Labels(days[rows] - 30.0 * month, 30.0 * (months - month).astype(float))


def one(accounts: int) -> None:
    """Train once in this process and print its figures as a line."""
    x, y = made_up(accounts)
    began, cpu = time.perf_counter(), time.process_time()
    trained = train(x, y, Recipe(), created_at=datetime.now(UTC))
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = len(trained.document.model_dump_json()) / 2**20
    auc = trained.document.metrics["auc_60"]
    print(wall, spent, peak, len(x), size, auc, trained.report.live)
    for step, seconds in trained.report.seconds.items():
        print(f"    {step:<28} {seconds:8.2f} s", file=sys.stderr)
    print(trained.report.words, file=sys.stderr)


def main() -> None:
    """Each size in a process of its own, so that its peak of memory is its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, nargs="+", default=[2_500, 10_000])
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--one", type=int)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one)
        return
    report = Report("predictive-training", {"months": MONTHS, "columns": COLUMNS, "candidates": "all but catboost"})
    costs = []
    for accounts in asked.accounts:
        command = [sys.executable, "-m", "benchmarks.predictive_training", "--one", str(accounts)]
        wall, cpu, peak, rows, size, auc, live = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True
        ).stdout.split()
        large = accounts == 10_000
        report.add(f"{accounts} accounts: wall", float(wall), "s", target="<= 120" if large else "")
        report.add(f"{accounts} accounts: CPU", float(cpu), "s")
        report.add(f"{accounts} accounts: peak memory", float(peak), "GB", target="<= 4" if large else "")
        report.add(f"{accounts} accounts: snapshots", float(rows), "rows")
        report.add(f"{accounts} accounts: document", float(size), "MB")
        report.add(f"{accounts} accounts: AUC at 60 days ({live})", float(auc), "")
        costs.append(float(cpu) / float(rows))
    if len(costs) > 1:
        report.add("CPU a snapshot, last size over first", costs[-1] / costs[0], "ratio", target="about 1")
    report.show(save=asked.save)


if __name__ == "__main__":
    main()
