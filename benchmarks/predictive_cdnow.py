"""CDNOW: real purchases of one cohort; will a customer buy again within 60 days? A section of benchmarks.predictive.

Protocol: snapshots every 30 days from 1997-04-30 on (by then everybody of the cohort has bought once); what is known is
recency, purchases, money and their rhythm up to that day. Every tenth customer takes part, as in the sample that the literature uses. The event is a purchase in the 60 days after. Rolling
origins in time, pooled, intervals by customer; recency alone beside it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.predictive_over_time import against, calibration_figures, rolling, with_interval
from benchmarks.report import Report
from forestay.kit.clock import number_of
from forestay.predictions.snapshots import Labels, Snapshots

FIRST, STEP, HORIZON, EVERY = number_of(date(1997, 4, 30)), 30, 60, 10
NAMES = (
    "days_since_purchase", "days_since_first", "purchases", "purchases_60d", "purchases_120d", "money", "money_120d",
    "mean_gap", "gap_now_over_mean", "discs", "active_months",
)  # fmt: skip
Ints = npt.NDArray[np.int64]


def cdnow(report: Report, folder: Path) -> None:
    """AUC >= .72 at 60 days."""
    who, day, discs, money = _read(folder / "cdnow" / "CDNOW_master.txt")
    x, y = _snapshots(who, day, discs, money)
    judged = rolling(x, y, horizon=HORIZON, periods=2, origins=3)
    accounts = x.account_ids[judged.rows]
    with_interval(report, "cdnow: AUC, buys again within 60 days, out of time", judged, accounts, target=">= .72")
    recency = -x.column("days_since_purchase")[judged.rows]
    better = against(judged, recency, accounts)
    report.add("  better than recency alone by (AUC)", better.value, "", runs=[better.low, better.high])
    calibration_figures(report, "cdnow", judged, "within luck")


def _read(file: Path) -> tuple[Ints, Ints, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    rows = [line.split() for line in file.read_text().splitlines() if line.strip() and line.split()[0].isdigit()]
    rows = [row for row in rows if int(row[0]) % EVERY == 0]
    who = np.array([int(row[0]) for row in rows])
    day = np.array([number_of(date(int(row[1][:4]), int(row[1][4:6]), int(row[1][6:8]))) for row in rows])
    return who, day, np.array([float(row[2]) for row in rows]), np.array([float(row[3]) for row in rows])


def _snapshots(
    who: Ints, day: Ints, discs: npt.NDArray[np.float64], money: npt.NDArray[np.float64]
) -> tuple[Snapshots, Labels]:
    last, people = int(day.max()), np.unique(who)
    place = np.searchsorted(people, who)
    parts, ends, left = [], [], []
    days = np.arange(FIRST, last - 29, STEP)
    for now in days:
        values = _known(place, day, discs, money, int(now), len(people))
        after = day > now
        following = np.full(len(people), np.inf)
        np.minimum.at(following, place[after], (day[after] - now).astype(np.float64))
        parts.append(values)
        ends.append(following)
        left.append(np.full(len(people), float(last - now)))
    x = Snapshots(
        np.tile(people, len(days)),
        np.repeat(days, len(people)),
        NAMES,
        np.vstack(parts),
        np.full(len(people) * len(days), np.nan),
    )
    return x, Labels(np.concatenate(ends), np.concatenate(left))


def _known(
    place: Ints, day: Ints, discs: npt.NDArray[np.float64], money: npt.NDArray[np.float64], now: int, people: int
) -> npt.NDArray[np.float64]:
    """(people, names) from the purchases up to the day."""
    seen = day <= now
    where, when = place[seen], day[seen]

    def total(values: npt.NDArray[np.float64] | None = None, within: int = 10_000) -> npt.NDArray[np.float64]:
        near = when > now - within
        return np.bincount(where[near], None if values is None else values[seen][near], people).astype(np.float64)

    last, first = np.full(people, -1), np.full(people, 10**6)
    np.maximum.at(last, where, when)
    np.minimum.at(first, where, when)
    count = total()
    months = np.bincount(np.unique(np.column_stack([where, when // 30]), axis=0)[:, 0], minlength=people)
    gap = np.where(count > 1, (last - first) / np.maximum(count - 1, 1), np.nan)
    since = (now - last).astype(np.float64)
    return np.column_stack([
        since, now - first, count, total(within=60), total(within=120), total(money), total(money, 120), gap,
        since / np.maximum(gap, 1.0), total(discs), months,
    ])  # fmt: skip
