"""What a model's card draws: intervals, calibration, lift, what weighs most, and the new one against the live one.

Reads : snapshots, labels, and what the winner said of the last window when it had seen nothing of it (recipe.Late)
Gives : model_card(), importance()
Source: DESIGN section 6 (figures out of time, with their intervals by account); issue 4 part 8
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forestay.predictions.explainers import explainer_of
from forestay.predictions.hazard import probability_within
from forestay.predictions.metrics import auc, brier, log_loss
from forestay.predictions.model_document import ModelDocument
from forestay.predictions.models.registry import fitted_from
from forestay.predictions.recipe import Late
from forestay.predictions.snapshots import Labels, Snapshots
from forestay.predictions.splits import account_draws, bootstrap_interval
from forestay.predictions.threshold import wilson
from forestay.store.shapes import Json

if TYPE_CHECKING:
    from forestay.predictions.live import LiveModel

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BINS = 10
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
"""Shares of accounts alerted, at which the lift curve is drawn."""
DRAWS = 200
EXPLAINED = 1_000
"""Rows of the last window that are explained for the importance of columns."""
_FIGURES = {"auc": auc, "log_loss": log_loss, "brier": brier}


@dataclass(frozen=True, slots=True)
class Judged:
    """The rows of the last window whose outcome within the horizon is known. p: (n,) 0-1; happened: (n,)."""

    p: Floats
    happened: Flags
    account_ids: npt.NDArray[np.integer]
    rows: npt.NDArray[np.int64]


def model_card(
    x: Snapshots, y: Labels, late: Late | None, horizon: int, live: LiveModel | None = None
) -> dict[str, Json]:
    """JSON for the card; empty when there was not enough data. horizon: days, of all figures here. live: the model in
    service, judged on the same rows."""
    if late is None:
        return {}
    judged = _judged(x, y, late, horizon)
    if not judged.happened.any() or judged.happened.all():
        return {"horizon": horizon, "rows": len(judged.p), "events": int(judged.happened.sum())}
    card: dict[str, Json] = {
        "horizon": horizon,
        "rows": len(judged.p),
        "events": int(judged.happened.sum()),
        "intervals": _intervals(judged),
        "calibration": _calibration(judged),
        "lift": _lift(judged),
    }
    return card if live is None else {**card, "against_live": _against(x, judged, live, horizon)}


def importance(document: ModelDocument, x: Snapshots, late: Late | None) -> Json:
    """What each group of columns adds to a prediction (mean |log-odds|, on the last window), as shares of all; the most
    first. is_exact: false where the additive surrogate says it. Null when there is no model, or none that can say it."""
    if late is None or document.fitted is None or not len(late.rows):
        return None
    fitted = fitted_from(document.fitted)
    explainer, is_exact = explainer_of(fitted, document.groups), True
    if explainer is None and document.surrogate is not None:
        explainer, is_exact = explainer_of(fitted_from(document.surrogate), document.groups), False
    if explainer is None:
        return None
    rows = late.rows[:: -(-len(late.rows) // EXPLAINED)]
    size = np.abs(explainer.shares(x.take(rows).only(document.names).values).added).mean(axis=0)
    total = float(size.sum())
    if not total:
        return None
    parts: list[Json] = [
        {"key": explainer.groups[at].key, "label": explainer.groups[at].label,
         "columns": list(explainer.groups[at].columns), "share": _short(float(size[at]) / total)}
        for at in np.argsort(-size, kind="stable")
    ]  # fmt: skip
    return {"is_exact": is_exact, "rows": len(rows), "groups": parts}


def _judged(x: Snapshots, y: Labels, late: Late, horizon: int) -> Judged:
    happened, known = y.take(late.rows).within(horizon)
    p = probability_within(late.hazard[known], float(horizon))
    rows = late.rows[known]
    return Judged(np.asarray(p, np.float64), happened[known], x.account_ids[rows], rows)


def _intervals(judged: Judged) -> Json:
    found = {}
    for name, figure in _FIGURES.items():
        interval = bootstrap_interval(figure, judged.p, judged.happened, judged.account_ids, draws=DRAWS)
        found[name] = [_short(interval.value), _short(interval.low), _short(interval.high)]
    return found


def _calibration(judged: Judged) -> Json:
    """Tenths of the accounts by probability: foreseen, seen, with the 95 % interval of what was seen."""
    order = np.argsort(judged.p, kind="stable")
    curve = []
    for part in np.array_split(order, min(BINS, len(order))):
        n, seen = len(part), int(judged.happened[part].sum())
        low, high = wilson(seen, n)
        curve.append({"foreseen": _short(float(judged.p[part].mean())), "seen": _short(seen / n), "low": _short(low),
                      "high": _short(high), "accounts": n})  # fmt: skip
    return curve


def _lift(judged: Judged) -> Json:
    """Of the share of accounts alerted first: how many of the leavers they hold, and how often an alert is right."""
    order = np.argsort(-judged.p, kind="stable")
    hits = np.cumsum(judged.happened[order])
    curve = []
    for share in SHARES:
        taken = max(1, round(share * len(order)))
        curve.append({"share": share, "recall": _short(hits[taken - 1] / hits[-1]),
                      "precision": _short(hits[taken - 1] / taken),
                      "lift": _short(hits[taken - 1] / taken / judged.happened.mean())})  # fmt: skip
    return curve


def _against(x: Snapshots, judged: Judged, live: LiveModel, horizon: int) -> Json:
    """Both on the same rows. log_loss_gain: how much lower the new one's is, with its interval by account."""
    values = x.take(judged.rows).only(live.names).values.astype(np.float32)
    theirs = live.predict_values(values, intervals=False).within(float(horizon))
    seen = int((x.as_of_days[judged.rows] < live.document.data.known_until - horizon).sum())
    gains = [
        log_loss(np.repeat(theirs, times), np.repeat(judged.happened, times))
        - log_loss(np.repeat(judged.p, times), np.repeat(judged.happened, times))
        for times in account_draws(judged.account_ids, draws=DRAWS, seed=1)
    ]
    known = np.array([gain for gain in gains if np.isfinite(gain)])
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    gain = log_loss(theirs, judged.happened) - log_loss(judged.p, judged.happened)
    return {
        "new": {name: _short(figure(judged.p, judged.happened)) for name, figure in _FIGURES.items()},
        "live": {name: _short(figure(theirs, judged.happened)) for name, figure in _FIGURES.items()},
        "log_loss_gain": [_short(gain), _short(float(low)), _short(float(high))],
        "learned_from": seen,
        "words": _verdict(float(low), float(high), seen, len(judged.rows)),
    }


def _verdict(low: float, high: float, seen: int, rows: int) -> str:
    flattered = f" The live one had learned from {seen} of these {rows} rows, which flatters it." if seen else ""
    if low > 0:
        return "The new one foresees better than the live one on the same rows." + flattered
    if high < 0:
        return "The live one foresees better than the new one on the same rows; keep it." + flattered
    return "No difference beyond chance between the new one and the live one on the same rows." + flattered


def _short(value: float) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None
