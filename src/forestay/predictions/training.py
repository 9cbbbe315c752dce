"""A training from rows to a model document: gate, candidates out of time, choice, calibration, refits, thresholds.

Reads : Snapshots, Labels (training_set.py), a Recipe
Gives : train()
Source: DESIGN section 6; REQUIREMENTS C1, and 'not enough data' as an answer

1 The leakage gate takes out columns that know the future. 2 Fewer than 25 accounts with the event, or too short a
history: the prior is all there is, and the document says so. 3 Every candidate is fitted at every origin on what was
known then and judged on what came after. 4 The least log-loss out of time goes live. 5 It is calibrated on its own
out-of-time answers; the figures reported are of the last window, calibrated by the windows before it. 6 It is fitted
again on everything, with refits on accounts drawn anew for the interval, and an additive model that follows it for
reasons. 7 Thresholds from capacity and value, and what 0.8 would have kept of its promise.
Every fit is a step: with a checkpoint an interrupted training goes on where it was.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime

import numpy as np
import numpy.typing as npt

from forestay.predictions.additive import AdditiveModel
from forestay.predictions.calibration import calibrate
from forestay.predictions.early_warning import judge_early
from forestay.predictions.fitting import Fitting, OutOfTime, enough_before, hazard_of
from forestay.predictions.groups import group_measures
from forestay.predictions.hazard import happened_in, probability_within
from forestay.predictions.leakage import LeakageReport, examine, too_good
from forestay.predictions.metrics import judge
from forestay.predictions.model_document import (
    DataWindow,
    Document,
    FeatureSummary,
    ModelDocument,
    Prior,
    Purpose,
    State,
    Thresholds,
)
from forestay.predictions.models.additive_boosting import follow
from forestay.predictions.models.candidate import Fitted
from forestay.predictions.peers import peer_groups
from forestay.predictions.recipe import Checkpoint, Late, Progress, Recipe, Trained, TrainingReport
from forestay.predictions.selection import Selection, select
from forestay.predictions.snapshots import Labels, Snapshots
from forestay.predictions.splits import account_draws, rolling_origins
from forestay.predictions.survival_metrics import lead_time
from forestay.predictions.threshold import thresholds_for

FOLLOWED = 40_000
"""Snapshots at most that the additive model learns the live one from."""
Array = npt.NDArray[np.float64]


def train(
    x: Snapshots,
    y: Labels,
    recipe: Recipe,
    *,
    created_at: datetime,
    then: Snapshots | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Trained:
    """A model of what happened after the snapshots, and the report of how it was made.

    then: the same rows from what had arrived by their day, where known (leakage gate). Raises LightgbmUnusable.
    """
    tell: Progress = progress or (lambda share, doing: None)
    tell(0.0, "leakage gate")
    gate = examine(x, y, horizon=float(min(recipe.horizons)), then=then)
    x = x.only(gate.kept)
    origins = rolling_origins(x.as_of_days, y, count=recipe.origins)
    origins = enough_before(x, y, origins, recipe.periods, max(recipe.fewest_events // 2, 1))
    if _accounts_with_event(x, y, recipe.periods) < recipe.fewest_events or not origins:
        return _not_enough(x, y, recipe, gate, created_at)
    kinds = sum(one.key not in ("average", "catboost") for one in recipe.candidates)
    steps = len(origins) * kinds + 3 + recipe.refits + 2
    fitting = Fitting(x, y, recipe, origins, checkpoint, tell, steps)
    return _trained(fitting, gate, created_at)


def _trained(fitting: Fitting, gate: LeakageReport, created_at: datetime) -> Trained:
    x, y, recipe = fitting.x, fitting.y, fitting.recipe
    told = fitting.out_of_time()
    judged = y.take(told.rows)
    selection = select(told.hazards, told.plain, judged, x.account_ids[told.rows])
    live = selection.live
    fitted = fitting.fit(live, "final", y)
    weights = account_draws(x.account_ids, draws=recipe.refits, seed=recipe.seed + 1)
    refits = tuple(
        fitting.fit(live, f"refit {at + 1}", y, weight.astype(np.float32)).to_document()
        for at, weight in enumerate(weights)
    )
    surrogate = (
        None if isinstance(fitted, AdditiveModel) else fitting.timed("surrogate", lambda: _followed(fitting, fitted))
    )
    fitting.forget_bins()
    accounts = x.account_ids[told.rows]
    calibration = calibrate(told.hazards[live], judged, accounts, seed=recipe.seed)
    late = _late(x, y, told, live, recipe)
    metrics, thresholds, alarms = _judged(x, y, late, recipe)
    comparison = {one.key: {"log_loss": one.loss, "skill": one.skill, "better_by": one.better_by, "noise": one.noise}
                  for one in selection.comparisons}  # fmt: skip
    words = (selection.words, *(one.sentence for one in gate.refused), *alarms)
    document = _document(x, y, recipe, created_at).model_copy(
        update={
            "candidate": live,
            "fitted": fitted.to_document(),
            "calibration": calibration.to_document(),
            "ensemble": refits,
            "surrogate": surrogate,
            "metrics": metrics,
            "comparison": comparison,
            "thresholds": thresholds,
            "notes": words,
        }
    )
    report = TrainingReport(
        _paragraph(selection, metrics, thresholds, recipe), live, comparison, gate.refused, fitting.left_out,
        alarms, fitting.seconds,
    )  # fmt: skip
    fitting.progress(1.0, "done")
    return Trained(document.signed(), report, late)


def _late(x: Snapshots, y: Labels, told: OutOfTime, live: str, recipe: Recipe) -> Late:
    """The last window, calibrated by the windows before it."""
    last = told.origin == told.origin.max()
    rows, hazard = told.rows[last], told.hazards[live][last]
    if not last.all():
        before = told.rows[~last]
        earlier = y.take(before).until(float(x.as_of_days[rows].min()) - x.as_of_days[before])
        hazard = calibrate(told.hazards[live][~last], earlier, x.account_ids[before], seed=recipe.seed).apply(hazard)
    return Late(rows, hazard)


def _judged(
    x: Snapshots, y: Labels, window: Late, recipe: Recipe
) -> tuple[dict[str, float], Thresholds, tuple[str, ...]]:
    """(metrics by name and horizon, thresholds, alarms) of the last window."""
    hazard, late, after = window.hazard, x.take(window.rows), y.take(window.rows)
    metrics: dict[str, float] = {}
    for horizon in recipe.horizons:
        happened, known = after.within(horizon)
        if known.any():
            p = probability_within(hazard[known], float(horizon))
            metrics |= {f"{name}_{horizon}": value for name, value in judge(p, happened[known]).items()}
    if recipe.purpose is Purpose.EARLY_WARNING:
        figures = judge_early(late, after, hazard)
        metrics |= {"early_auc_soon": figures.auc_soon, "early_auc_later": figures.auc_later,
                    "early_recall_soon_10": figures.recall_soon, "early_recall_90_10": figures.recall_within_90,
                    "early_lead_days": figures.lead.median_days}  # fmt: skip
    thresholds, lead = _thresholds(late, after, hazard, recipe)
    metrics |= lead
    alarm = too_good(metrics.get(f"auc_{recipe.alert_horizon}", float("nan")), recipe.known_set)
    return {name: value for name, value in metrics.items() if np.isfinite(value)}, thresholds, (alarm,) if alarm else ()


def _thresholds(x: Snapshots, y: Labels, hazard: Array, recipe: Recipe) -> tuple[Thresholds, dict[str, float]]:
    """Thresholds at the alert horizon, and how early alerts from the recommended one on come."""
    horizon = recipe.alert_horizon
    happened, known = y.within(horizon)
    p = probability_within(hazard, float(horizon))
    found = thresholds_for(
        p[known], happened[known], x.arr[known], x.as_of_days[known], horizon=horizon, capacity=recipe.capacity
    )
    lead = lead_time(
        x.account_ids, x.as_of_days, np.where(y.seen, y.event_in_days, np.inf), p >= found.recommended.probability
    )
    return found, {"lead_days": lead.median_days, "foreseen": lead.foreseen / lead.events if lead.events else np.nan}


def _followed(fitting: Fitting, fitted: Fitted) -> Document:
    """The additive model of the live one's hazard, from an even sample of the snapshots."""
    x = fitting.x
    rows = np.arange(len(x))[:: max(1, -(-len(x) // FOLLOWED))]
    document: Document = follow(x.take(rows), hazard_of(fitted, x, rows), seed=fitting.recipe.seed).to_document()
    return document


def _not_enough(x: Snapshots, y: Labels, recipe: Recipe, gate: LeakageReport, created_at: datetime) -> Trained:
    document = _document(x, y, recipe, created_at)
    low = document.prior
    words = (
        f"Not enough data: {document.data.events} accounts with the event in what is known, of {document.data.accounts}; "
        f"{recipe.fewest_events} and some months before and after are needed. Until then the rule score orders accounts, "
        f"and the chance is that of everybody: {low.mean:.1%} in 30 days."
    )
    notes = (words, *(one.sentence for one in gate.refused))
    document = document.model_copy(update={"state": State.NOT_ENOUGH_DATA, "candidate": "rule", "notes": notes})
    return Trained(document.signed(), TrainingReport(words, None, {}, gate.refused, {}, (), {}))


def _document(x: Snapshots, y: Labels, recipe: Recipe, created_at: datetime) -> ModelDocument:
    """The document without a model: what the data were, and how columns were spread."""
    some = x.values[:: max(1, len(x) // 100_000)]
    return ModelDocument(
        purpose=recipe.purpose,
        key=recipe.key,
        state=State.OK,
        data=_window(x, y, recipe.periods),
        measure_hashes=dict(recipe.measure_hashes),
        names=x.names,
        horizons=recipe.horizons,
        periods=recipe.periods,
        candidate=None,
        fitted=None,
        calibration=None,
        metrics={},
        prior=_prior(y, recipe.periods),
        features=_summaries(x.names, some),
        groups=group_measures(x.names, some),
        peers=peer_groups(x),
        parent=recipe.parent,
        created_at=created_at,
    )


def _window(x: Snapshots, y: Labels, periods: int) -> DataWindow:
    if not len(x):
        return DataWindow(first_day=0, last_day=0, known_until=0, rows=0, accounts=0, events=0)
    return DataWindow(
        first_day=int(x.as_of_days.min()),
        last_day=int(x.as_of_days.max()),
        known_until=int(np.max(np.where(np.isfinite(y.observed_days), x.as_of_days + y.observed_days, x.as_of_days))),
        rows=len(x),
        accounts=len(np.unique(x.account_ids)),
        events=_accounts_with_event(x, y, periods),
    )


def _accounts_with_event(x: Snapshots, y: Labels, periods: int) -> int:
    return len(np.unique(x.account_ids[happened_in(y, periods)[0].any(axis=1)]))


def _prior(y: Labels, periods: int) -> Prior:
    """Beta of the hazard of 30 days: one event in fifty, then what was seen of the first period."""
    happened, known = happened_in(y, periods)
    events, watched = int(happened[:, 0].sum()), int(known[:, 0].sum())
    return Prior(alpha=1.0 + events, beta=49.0 + watched - events)


def _summaries(names: tuple[str, ...], values: npt.NDArray[np.floating]) -> tuple[FeatureSummary, ...]:
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        spread = np.nanquantile(values, np.linspace(0, 1, 21), axis=0) if len(values) else np.zeros((21, len(names)))
    for at, name in enumerate(names):
        missing = float(np.isnan(values[:, at]).mean()) if len(values) else 1.0
        quantiles = tuple(float(one) for one in spread[:, at]) if missing < 1 else ()
        found.append(FeatureSummary(name=name, missing=missing, quantiles=quantiles))
    return tuple(found)


def _paragraph(selection: Selection, metrics: Mapping[str, float], thresholds: Thresholds, recipe: Recipe) -> str:
    horizon = recipe.alert_horizon
    told = {
        name: metrics.get(f"{name}_{horizon}", float("nan"))
        for name in ("auc", "ece", "ece_noise", "base_rate", "events")
    }
    calibrated = "within" if told["ece"] <= told["ece_noise"] else "above"
    return (
        f"{selection.words} Out of time, {told['events']:.0f} events within {horizon} days (base rate {told['base_rate']:.1%}): "
        f"AUC {told['auc']:.3f}; calibration error {told['ece']:.3f}, {calibrated} what chance alone explains "
        f"({told['ece_noise']:.3f}). {thresholds.recommended.words} {thresholds.fixed.words}"
    )
