"""Everything that an evaluation of a table found, for a terminal, a file and a program.

Reads : all of predictions.evaluate
Gives : evaluate_table(), EvaluationReport, as_document()
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import isnan

import numpy as np

from forestay.kit.errors import Invalid
from forestay.predictions.evaluate.columns import LeftOut
from forestay.predictions.evaluate.protocol import REPEATS, Progress, Trial, nobody_watches, run
from forestay.predictions.evaluate.question import Asked, asked_of
from forestay.predictions.evaluate.suspicion import giveaways, known_set
from forestay.predictions.evaluate.table import RawTable
from forestay.predictions.evaluate.verdict import Figures, judge_trial
from forestay.predictions.leakage import too_good
from forestay.predictions.metrics import auc, ece, log_loss

MOST_ROWS = 100_000
"""Larger tables are sampled by customer."""


@dataclass(frozen=True, slots=True)
class CandidateFigures:
    """One candidate by itself on the same unseen rows, for comparison; what is judged is the blend of all."""

    key: str
    auc: float
    log_loss: float
    ece: float


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What was asked, how it was tested, what came out. too_good: why the result is not believed, else empty."""

    label: str
    positive: str
    rows_read: int
    rows: int
    events: int
    customers: int
    features: int
    protocol: str
    figures: Figures
    candidates: tuple[CandidateFigures, ...]
    refused: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]
    mentioned: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    too_good: str

    @property
    def base_rate(self) -> float:
        """Share of events."""
        return self.events / self.rows


def evaluate_table(
    table: RawTable,
    label: str,
    *,
    time: str | None = None,
    id_: str | None = None,
    repeats: int = REPEATS,
    keep_suspicious: bool = False,
    candidates: Sequence[str] | None = None,
    ceiling: float | None = None,
    seed: int = 0,
    progress: Progress = nobody_watches,
) -> EvaluationReport:
    """Run the whole protocol. Raises BadLabel, Invalid (a sentence that says what to do)."""
    asked, sampled = _sampled(asked_of(table, label, time, id_), seed)
    warned = giveaways(asked.features, asked.happened)
    features = asked.features if keep_suspicious else asked.features.without(warned.refused)
    if not features.names:
        raise _nothing_left(label, warned.refused)
    asked = replace(asked, features=features)
    trial = run(asked, repeats=repeats, seed=seed, candidates=candidates, progress=progress)
    figures = judge_trial(asked, trial, seed=seed)
    refused = () if keep_suspicious else warned.refused
    return EvaluationReport(
        label=label, positive=asked.positive, rows_read=asked.rows_read, rows=len(asked.happened),
        events=int(asked.happened.sum()), customers=len(np.unique(asked.group)), features=len(features.names),
        protocol=trial.protocol.in_words, figures=figures, candidates=_candidates(asked, trial), refused=refused,
        left_out=tuple(one for one in features.left_out if one not in refused),
        mentioned=(*warned.mentioned, *(warned.refused if keep_suspicious else ())), notes=(*asked.notes, *sampled),
        too_good=_too_good(figures, table, ceiling),
    )  # fmt: skip


def as_document(report: EvaluationReport) -> dict[str, object]:
    """The report as JSON; figures that have no meaning are null."""
    document: dict[str, object] = _nulls(asdict(report))  # type: ignore[assignment]
    document["base_rate"] = report.base_rate
    document["has_skill"] = report.figures.has_skill
    return document


def _nothing_left(label: str, refused: Sequence[LeftOut]) -> Invalid:
    names = ", ".join(one.name for one in refused)
    return Invalid(f"every column was refused since it knows the answer ({names}); nothing is left", place=label)


def _too_good(figures: Figures, table: RawTable, ceiling: float | None) -> str:
    score = figures.auc.value
    if ceiling is None:
        return too_good(score, known_set(table.names)) or ""
    if score <= ceiling:
        return ""
    return f"An AUC of {score:.3f} lies above the ceiling given, {ceiling:.2f}."


def _candidates(asked: Asked, trial: Trial) -> tuple[CandidateFigures, ...]:
    happened = asked.happened[trial.rows]
    return tuple(
        CandidateFigures(key, auc(p, happened), log_loss(p, happened), ece(p, happened))
        for key, p in trial.others.items()
    )


def _sampled(asked: Asked, seed: int) -> tuple[Asked, tuple[str, ...]]:
    if len(asked.happened) <= MOST_ROWS:
        return asked, ()
    groups = np.unique(asked.group)
    share = MOST_ROWS / len(asked.happened)
    kept = np.isin(asked.group, np.random.default_rng(seed).permutation(groups)[: int(share * len(groups))])
    features = replace(asked.features, values=asked.features.values[kept])
    time = None if asked.time is None else asked.time[kept]
    note = f"A random {share:.0%} of the {len(asked.happened):,} rows was used."
    return replace(asked, features=features, happened=asked.happened[kept], time=time, group=asked.group[kept]), (note,)


def _nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _nulls(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_nulls(one) for one in value]
    return None if isinstance(value, float) and isnan(value) else value
