"""Training of the two models that are no model of an event: where health is heading, and what loyal accounts do.

Reads : Snapshots at as-of days whose steps divide 30, Labels of churn
Gives : train_trajectory(), train_signature(), Origin, MOST_ROWS
Source: REQUIREMENTS B3, C3, C5; docs/trajectory-and-anomalies.md

A trajectory is judged before it is trained on everything: trained on what was known when two thirds of the days had
passed, it forecasts the rest, against 'nothing changes'. Too few outcomes is an answer and no failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from forestay.predictions.model_document import DataWindow, Document, ModelDocument, Prior, Purpose, State
from forestay.predictions.recipe import Trained, TrainingReport
from forestay.predictions.signature import (
    EVERYBODY,
    FEWEST_LOYAL,
    UNUSUAL,
    NoLoyalAccounts,
    Segments,
    Signature,
    fit_signature,
    loyal_rows,
)
from forestay.predictions.snapshots import Labels, Snapshots
from forestay.predictions.trajectory import (
    FEWEST_ROWS,
    HORIZONS,
    SCORE,
    Forecast,
    TooFewOutcomes,
    fit_trajectory,
    future_scores,
)

Floats = npt.NDArray[np.float64]

MOST_ROWS = 200_000
"""Snapshots that a trajectory learns from; of a larger company so many accounts are drawn."""
_NO_AGE = "measure.tenure_days"
"""It only ever grows, so what trees learn of it holds for the accounts of then."""
_UNUSED = Prior(alpha=1.0, beta=49.0)
"""These models foresee no event; the document wants a prior."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Of what and when. known_until: day since 1970-01-01; parent: signature of the model before."""

    known_until: int
    created_at: datetime
    measure_hashes: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None


def train_trajectory(x: Snapshots, y: Labels, origin: Origin) -> Trained:
    """Where the score is heading at HORIZONS; state 'not enough data' where too few scores have a later one."""
    has_score = np.isfinite(x.column(SCORE))
    x, y = x.take(has_score), y.take(has_score)
    some = _drawn(x)
    known = x.only(tuple(name for name in x.names if name != _NO_AGE)).take(some)
    later = future_scores(known) if len(known) else np.zeros((0, len(HORIZONS)))
    document = _document(Purpose.TRAJECTORY, x, y, origin)
    try:
        model = fit_trajectory(known, later)
    except TooFewOutcomes:
        words = (
            f"Not enough data: {int(np.isfinite(later[:, -1]).sum()):,} scores have one {HORIZONS[-1]} days later; a "
            f"trajectory needs {FEWEST_ROWS} such scores, twice, with {HORIZONS[-1]} days between them. Wait, or import history."
        )
        return _not_enough(document, words)
    metrics = _judged(known)
    return _learned(document, model.to_document(), model.names, metrics, _trajectory_words(metrics))


def train_signature(x: Snapshots, y: Labels, origin: Origin, groups: Mapping[str, Segments] | None = None) -> Trained:
    """What loyal, high-value accounts do; state 'not enough data' where too few have been loyal for long enough.

    groups: columns of accounts that may part them into segments, the best first, each (n,) of str: taken is the first of
    which two segments have enough loyal accounts.
    """
    stays = np.minimum(y.event_in_days, y.observed_days).astype(np.float64)
    loyal = loyal_rows(x, stays)
    by, segment = _parted(x, stays, groups or {})
    document = _document(Purpose.SIGNATURE, x, y, origin)
    try:
        model = fit_signature(x, loyal, segment, by=by, loyal_there=loyal_rows(x, stays, segment))
    except NoLoyalAccounts:
        accounts = len(np.unique(x.account_ids[loyal]))
        words = (
            f"Not enough data: {accounts} accounts have been loyal for long enough (customers for a year, known to stay "
            f"half a year more, revenue in the upper half); a success signature needs {FEWEST_LOYAL}. Wait, or import history."
        )
        return _not_enough(document, words)
    metrics = _signature_figures(model, x, loyal, segment)
    own = ", ".join(f"'{name}' ({form.accounts})" for name, form in model.segments.items() if name)
    parted = f" By {by}, with standards of their own: {own}; everybody else is held against all." if by else ""
    words = (
        f"Learned from {metrics['loyal_accounts']:.0f} loyal accounts and {len(model.names)} measures.{parted} Of the customers of "
        f"the newest day {metrics['unusual_share']:.0%} fall as short as one loyal account in {1 / UNUSUAL:.0f} does."
    )
    return _learned(document, model.to_document(), model.names, metrics, words)


def _drawn(x: Snapshots) -> npt.NDArray[np.bool_]:
    """Rows of as many accounts as MOST_ROWS allows, each with all of its days."""
    if len(x) <= MOST_ROWS:
        return np.ones(len(x), bool)
    accounts = np.unique(x.account_ids)
    kept = np.random.default_rng(0).permutation(accounts)[: len(accounts) * MOST_ROWS // len(x)]
    return np.isin(x.account_ids, kept)


def _judged(x: Snapshots) -> dict[str, float]:
    """By horizon, out of time: mae, mae_unchanged, coverage, width and how many outcomes; empty where the past is too
    short to judge by."""
    days = np.unique(x.as_of_days)
    cut = int(days[2 * len(days) // 3])
    old, new = x.take(x.as_of_days <= cut), x.as_of_days > cut
    try:
        model = fit_trajectory(old, future_scores(old))
    except TooFewOutcomes:
        return {}
    return _figures(model.forecast(x.take(new)), x.take(new).column(SCORE).astype(np.float64), future_scores(x)[new])


def _figures(told: Forecast, score: Floats, true: Floats) -> dict[str, float]:
    found: dict[str, float] = {}
    for at, days in enumerate(told.horizons):
        known = ~np.isnan(true[:, at])
        if known.any():
            later = true[known, at]
            inside = (later >= told.low[known, at]) & (later <= told.high[known, at])
            found |= {
                f"mae_{days}": float(np.abs(told.level[known, at] - later).mean()),
                f"mae_unchanged_{days}": float(np.abs(score[known] - later).mean()),
                f"coverage_{days}": float(inside.mean()),
                f"width_{days}": float((told.high - told.low)[known, at].mean()),
                f"outcomes_{days}": float(known.sum()),
            }
    return found


def _trajectory_words(metrics: Mapping[str, float]) -> str:
    days = [one for one in HORIZONS if f"mae_{one}" in metrics]
    if not days:
        return (
            "The past is too short to judge the forecasts on days that they had not seen: trust their bands, and train "
            "again in some months."
        )
    parts = [
        f"{one} days ahead by {metrics[f'mae_{one}']:.1f} points ('nothing changes': {metrics[f'mae_unchanged_{one}']:.1f}; "
        f"{metrics[f'coverage_{one}']:.0%} of {metrics[f'outcomes_{one}']:,.0f} within the band)"
        for one in days
    ]
    is_better = any(metrics[f"mae_{one}"] < metrics[f"mae_unchanged_{one}"] for one in days)
    begin = "" if is_better else "No skill found: it is no better than 'nothing changes'. "
    return (
        f"{begin}On days after those it was trained on it missed the score {'; '.join(parts)}. The band promises 80 %."
    )


def _parted(x: Snapshots, stays: Floats, groups: Mapping[str, Segments]) -> tuple[str, Segments]:
    """The column that parts accounts into segments, and the segment of each row; '' and EVERYBODY where none does."""
    for by, segment in groups.items():
        loyal = loyal_rows(x, stays, segment)
        counts = [
            len(np.unique(x.account_ids[loyal & (segment == name)])) for name in {*segment.tolist()} - {EVERYBODY}
        ]
        if sum(count >= FEWEST_LOYAL for count in counts) >= 2:
            return by, segment
    return "", np.full(len(x), EVERYBODY, object)


def _signature_figures(
    model: Signature, x: Snapshots, loyal: npt.NDArray[np.bool_], segment: Segments
) -> dict[str, float]:
    is_newest = x.as_of_days == x.as_of_days.max()
    p = model.judge(x.take(is_newest), segment[is_newest]).p
    judged = p[~np.isnan(p)]
    return {
        "loyal_accounts": float(len(np.unique(x.account_ids[loyal]))),
        "segments": float(len(model.segments) - 1),
        "unusual_share": float((judged < UNUSUAL).mean()) if len(judged) else 0.0,
    }


def _document(purpose: Purpose, x: Snapshots, y: Labels, origin: Origin) -> ModelDocument:
    """Without a model: what the data were."""
    first, last = (int(x.as_of_days.min()), int(x.as_of_days.max())) if len(x) else (0, 0)
    data = DataWindow(
        first_day=first, last_day=last, known_until=origin.known_until, rows=len(x),
        accounts=len(np.unique(x.account_ids)), events=len(np.unique(x.account_ids[y.seen])),
    )  # fmt: skip
    return ModelDocument(
        purpose=purpose, key=purpose.value, state=State.NOT_ENOUGH_DATA, data=data,
        measure_hashes=dict(origin.measure_hashes), names=x.names, horizons=HORIZONS, candidate=purpose.value, fitted=None,
        calibration=None, metrics={}, prior=_UNUSED, parent=origin.parent, created_at=origin.created_at,
    )  # fmt: skip


def _learned(
    document: ModelDocument, fitted: Document, names: tuple[str, ...], metrics: dict[str, float], words: str
) -> Trained:
    hashes = {key: told for key, told in document.measure_hashes.items() if f"measure.{key}" in names}
    values = {"state": State.OK, "fitted": fitted, "names": names, "measure_hashes": hashes, "metrics": metrics,
              "notes": (words,)}  # fmt: skip
    return _said(document.model_copy(update=values), words)


def _not_enough(document: ModelDocument, words: str) -> Trained:
    return _said(document.model_copy(update={"notes": (words,)}), words)


def _said(document: ModelDocument, words: str) -> Trained:
    live = document.candidate if document.state is State.OK else None
    return Trained(document.signed(), TrainingReport(words, live, {}, (), {}, (), {}))
