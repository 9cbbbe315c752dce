"""The success signature on made-up companies: does falling short of loyal accounts tell who leaves within 90 days?

    python -m benchmarks.predictive_signature [--save] [--accounts 600] [--seeds 2]

Learned from the first two thirds of two years without any churn label; judged on the rest, beside a logistic regression
that was taught who left, on the same columns. AUC by account on a day, as-of days every 30 days.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.made_up_past import past_of
from benchmarks.report import Report
from forestay.predictions.signature import UNUSUAL, Signature, fit_signature, loyal_rows
from forestay.predictions.snapshots import Flags, Snapshots
from forestay.simulator import CompanySpec

STEP, HORIZON, KNOWN = 30, 90, 182


def run(seed: int, accounts: int) -> dict[str, float]:
    past = past_of(
        CompanySpec(seed=seed, accounts=accounts, months=24, until=datetime(2026, 11, 1, tzinfo=UTC), stories=False),
        STEP,
    )
    count, days, _ = past.values.shape
    x = Snapshots(np.repeat(np.arange(count), days), np.tile(past.days, count), past.names,
                  past.values.reshape(count * days, -1), 12 * past.mrr.reshape(-1)).take(past.known.reshape(-1))  # fmt: skip
    leaves = past.churned[x.account_ids] - x.as_of_days
    cut, last = int(past.days[2 * days // 3]), int(past.days[-1])
    segment = np.where(np.nan_to_num(x.arr) < np.nanmedian(x.arr), "small", "large").astype(object)
    old, new = x.as_of_days <= cut - KNOWN, (x.as_of_days > cut) & (x.as_of_days <= last - HORIZON)
    stays = np.minimum(leaves, cut - x.as_of_days)
    began = time.process_time()
    loyal = loyal_rows(x.take(old), stays[old])
    signature = fit_signature(x.take(old), loyal, segment[old])
    seconds = time.process_time() - began
    found, left = signature.judge(x.take(new), segment[new]), (leaves <= HORIZON)[new]
    known = ~np.isnan(found.score)
    return {
        "signature": roc_auc_score(left[known], found.score[known]),
        "taught": _taught(x, signature, (x.as_of_days <= cut - HORIZON), new, leaves <= HORIZON),
        "health": roc_auc_score(left, -np.nan_to_num(x.take(new).column("health.score"))),
        "unusual": float((found.p[known] < UNUSUAL).mean()),
        "lift": float(left[known][found.p[known] < UNUSUAL].mean() / left[known].mean()),
        "loyal": float(len(np.unique(x.take(old).account_ids[loyal]))),
        "seconds": seconds,
    }


def _taught(x: Snapshots, signature: Signature, old: Flags, new: Flags, leaves: Flags) -> float:
    values = x.only(signature.names).values.astype(np.float64)
    middle, spread = np.nanmedian(values[old], axis=0), np.nanstd(values[old], axis=0) + 1e-9
    filled = np.clip((np.where(np.isnan(values), middle, values) - middle) / spread, -4, 4)
    model = LogisticRegression(C=0.1, max_iter=500).fit(filled[old], leaves[old])
    return float(roc_auc_score(leaves[new], model.predict_proba(filled[new])[:, 1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--accounts", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    report = Report("predictive-signature", {"accounts": options.accounts, "seeds": options.seeds})
    runs = [run(31 + seed, options.accounts) for seed in range(options.seeds)]
    words = {
        "signature": "AUC of falling short, no label seen", "taught": "AUC of a logistic regression taught who left",
        "health": "AUC of low health", "unusual": "share of accounts with p < 0.05", "lift": "churn among them over churn of all",
        "loyal": "loyal accounts learned from", "seconds": "learning: CPU seconds",
    }  # fmt: skip
    for key, name in words.items():
        report.add(name, float(np.mean([one[key] for one in runs])), "", runs=[one[key] for one in runs])
    report.show(save=options.save)


if __name__ == "__main__":
    main()
