"""IBM's Telco set, and the alarm that must ring when somebody does too well on it. A section of benchmarks.predictive.

Protocol: exactly `forestay evaluate --csv Telco-Customer-Churn.csv --label Churn`: five times two random halves with the
same share of events, each predicted by a model that saw only the other; what is judged is the
blend of all candidates, as decided beforehand. Figures are means over the five repeats, intervals from 300 bootstraps over customers. The leak is planted: a
column that copies the label and is wrong for 15 % of the customers, which no single-column gate refuses.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.report import Report
from forestay.predictions.evaluate.report import EvaluationReport, evaluate_table
from forestay.predictions.evaluate.table import RawTable, read_table
from forestay.predictions.evaluate.verdict import Interval
from forestay.predictions.evaluate.words import in_words

WRONG = 0.15


def telco(report: Report, folder: Path) -> None:
    """log-loss <= .412, AUC >= .849, ECE <= .025; a planted leak above .87 rings."""
    table = read_table(folder / "ibm-telco" / "Telco-Customer-Churn.csv")
    made = evaluate_table(table, "Churn")
    figures = made.figures
    report.add("telco 5x2: log-loss", figures.log_loss.value, "", target="<= .412", runs=_ends(figures.log_loss))
    report.add("telco 5x2: AUC", figures.auc.value, "", target=">= .849", runs=_ends(figures.auc))
    report.add("telco 5x2: ECE", figures.ece, "", target="<= .025")
    report.add("  ECE that luck alone would show", figures.ece_noise, "")
    report.add("  calibration slope", figures.slope, "")
    for one in made.candidates:
        report.add(f"  candidate {one.key} alone: log-loss", one.log_loss, "")
    leaked = evaluate_table(_leaked(table), "Churn", repeats=1, candidates=("logistic",))
    report.add("telco with a planted leak: AUC", leaked.figures.auc.value, "", target="above .87")
    report.add("telco with a planted leak: alarm rings (1 = yes)", float(_rings(leaked)), "", target="1")
    report.add("telco without: alarm rings", float(_rings(made)), "", target="0")
    print(f"  {in_words(made)}\n  {in_words(leaked)}")


def _rings(report: EvaluationReport) -> bool:
    return bool(report.too_good)


def _ends(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _leaked(table: RawTable) -> RawTable:
    rng = np.random.default_rng(0)
    said = [word if rng.random() > WRONG else "No" if word == "Yes" else "Yes" for word in table.column("Churn")]
    return replace(table, names=(*table.names, "retention_call"), columns=(*table.columns, said))
