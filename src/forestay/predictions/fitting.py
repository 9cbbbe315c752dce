"""The fits of one training: every candidate at every origin, each a step that is kept and not done twice.

Reads : Snapshots, Labels, a Recipe
Gives : Fitting, OutOfTime, plain_rates()
Source: DESIGN section 6. Snapshots go into LightGBM's bins once; a fit is a part of the same rows. How many trees serve
        and which penalty is found at the first origin and kept for the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from forestay.predictions.hazard import happened_in
from forestay.predictions.model_document import Document
from forestay.predictions.models.additive_boosting import AdditiveTrees
from forestay.predictions.models.average import Average, AverageHazard
from forestay.predictions.models.boosting import Binned, Boosting, best_growth
from forestay.predictions.models.candidate import Candidate, Fitted, NotInstalled, TooLittle, Weights
from forestay.predictions.models.lightgbm_small import SmallTrees
from forestay.predictions.models.logistic import Logistic, LogisticHazard
from forestay.predictions.models.registry import fitted_from
from forestay.predictions.recipe import Checkpoint, Progress, Recipe
from forestay.predictions.snapshots import Labels, Snapshots
from forestay.predictions.splits import Origin, known_at

Array = npt.NDArray[np.float64]
BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class OutOfTime:
    """What candidates said of snapshots after their origins. rows: (m,) of the snapshots; origin: (m,) number of the
    origin; hazards: by candidate (m, periods); plain: the rates known at the origin."""

    rows: npt.NDArray[np.int64]
    origin: npt.NDArray[np.int64]
    hazards: dict[str, Array]
    plain: Array


@dataclass
class Fitting:
    """Fits on the rows of one training. steps: how many there will be, for the progress."""

    x: Snapshots
    y: Labels
    recipe: Recipe
    origins: tuple[Origin, ...]
    checkpoint: Checkpoint | None
    progress: Progress
    steps: int
    done: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    growth: dict[str, tuple[bool, int]] = field(default_factory=dict)
    penalty: float | None = None
    _binned: Binned | None = None

    def out_of_time(self) -> OutOfTime:
        """Every candidate at every origin, judged after it."""
        rows: list[npt.NDArray[np.int64]] = []
        number: list[npt.NDArray[np.int64]] = []
        plain: list[Array] = []
        hazards: dict[str, list[Array]] = {}
        for at, origin in enumerate(self.origins):
            known, judged = known_at(origin.day, self.x.as_of_days, self.y), origin.judged(self.x.as_of_days)
            here = np.flatnonzero(judged & (self.y.observed_days > 0))
            rows.append(here)
            number.append(np.full(len(here), at))
            plain.append(np.tile(plain_rates(known, self.recipe.periods), (len(here), 1)))
            for key, fitted in self._fitted_at(f"origin {at + 1}", known).items():
                hazards.setdefault(key, []).append(hazard_of(fitted, self.x, here))
        together = {key: np.vstack(parts) for key, parts in hazards.items() if len(parts) == len(self.origins)}
        return OutOfTime(np.concatenate(rows), np.concatenate(number), together, np.vstack(plain))

    def fit(self, key: str, step: str, known: Labels, weight: Weights | None = None) -> Fitted:
        """One candidate on what was known; read from the checkpoint where it ran before."""
        kind = next(one for one in self.recipe.candidates if one.key == key)
        if isinstance(kind, Average):
            return AverageHazard(
                self._fit(kind.logistic, f"{step}/logistic", known, weight),
                self._fit(kind.trees, f"{step}/lightgbm", known, weight),
            )
        return self._fit(kind, f"{step}/{key}", known, weight)

    def timed(self, step: str, make: Callable[[], Document]) -> Document:
        """The result of a step, made now or kept from before."""
        self.progress(min(self.done / max(self.steps, 1), 1.0), step)
        began = time.perf_counter()
        result = None if self.checkpoint is None else self.checkpoint.get(step)
        if result is None:
            result = make()
            if self.checkpoint is not None:
                self.checkpoint.put(step, result)
        self.seconds[step] = time.perf_counter() - began
        self.done += 1
        return result

    def binned(self) -> Binned:
        """The snapshots in bins whose edges come from before the first origin."""
        if self._binned is None:
            before = np.asarray(self.x.as_of_days < self.origins[0].day, bool)
            self._binned = Binned(self.x, self.recipe.periods, Boosting().bins, before)
        return self._binned

    def forget_bins(self) -> None:
        """Let go of the bins."""
        self._binned = None

    def _fitted_at(self, step: str, known: Labels) -> dict[str, Fitted]:
        """All candidates that can be had; the average of two that are there costs nothing more."""
        found: dict[str, Fitted] = {}
        for one in self.recipe.candidates:
            if isinstance(one, Average) and {"logistic", "lightgbm"} <= found.keys():
                found[one.key] = AverageHazard(found["logistic"], found["lightgbm"])
                continue
            try:
                found[one.key] = self.fit(one.key, step, known)
            except (NotInstalled, TooLittle) as error:
                self.left_out[one.key] = str(error)
        return found

    def _fit(self, kind: Candidate, step: str, known: Labels, weight: Weights | None) -> Fitted:
        def make() -> Document:
            ready = self._ready(kind, step, known)
            return ready.fit(
                self.x, known, periods=self.recipe.periods, seed=self.recipe.seed, rows_weight=weight
            ).to_document()

        fitted = fitted_from(self.timed(step, make))
        if isinstance(fitted, LogisticHazard):
            self.penalty = fitted.document.penalty
        return fitted

    def _ready(self, kind: Candidate, step: str, known: Labels) -> Candidate:
        """With what the first fit found out: the penalty; the common bins and the number of trees."""
        if isinstance(kind, Logistic):
            return kind if self.penalty is None else replace(kind, penalties=(self.penalty,))
        if not isinstance(kind, SmallTrees | AdditiveTrees):
            return kind
        binned, person_periods = self.binned(), int(happened_in(self.y, self.recipe.periods)[1].sum())
        how = replace(kind.how, alone=isinstance(kind, AdditiveTrees)).for_rows(person_periods)
        if kind.key not in self.growth:
            found = self.timed(f"trees of {kind.key}", lambda: self._growth(how, known, binned))
            self.growth[kind.key] = found["is_bolder"] is True, int(str(found["trees"]))
        is_bolder, trees = self.growth[kind.key]
        return replace(kind, how=how.bolder() if is_bolder else how, binned=binned, trees=trees)

    def _growth(self, how: Boosting, known: Labels, binned: Binned) -> Document:
        periods, seed = self.recipe.periods, self.recipe.seed
        best, trees = best_growth(how, self.x, known, periods=periods, seed=seed, binned=binned)
        return {"trees": trees, "is_bolder": best != how}


def hazard_of(fitted: Fitted, x: Snapshots, rows: npt.NDArray[np.int64]) -> Array:
    """Hazards (m, periods) of the rows, a block at a time."""
    parts = [fitted.hazard(x.values[rows[start : start + BLOCK]]) for start in range(0, max(len(rows), 1), BLOCK)]
    return np.asarray(np.vstack(parts), np.float64)


def plain_rates(labels: Labels, periods: int) -> Array:
    """(periods,) share of snapshots at risk with the event, with half an event more and a hundredth as prior."""
    happened, known = happened_in(labels, periods)
    return np.asarray((happened.sum(axis=0) + 0.5) / (known.sum(axis=0) + 50.0), np.float64)


def enough_before(
    x: Snapshots, y: Labels, origins: tuple[Origin, ...], periods: int, fewest: int
) -> tuple[Origin, ...]:
    """The origins before which at least `fewest` accounts had the event."""

    def known_events(origin: Origin) -> int:
        happened, _ = happened_in(known_at(origin.day, x.as_of_days, y), periods)
        return len(np.unique(x.account_ids[np.flatnonzero(happened.any(axis=1))]))

    return tuple(origin for origin in origins if known_events(origin) >= fewest)
