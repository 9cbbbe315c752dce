"""Is a live model still looking at the world that it learned? One report a day, with alarms in words.

Gives : DriftReport, FeatureDrift, Alarm, AlarmKind, judge_drift(), DRIFTED
Source: issue 'The predictive engine' 8 (PSI, domain classifier, CBPE with alarms); REQUIREMENTS C6 (without waiting
        for labels); docs/models.md says what to do about each alarm

Four alarms, each with its own remedy: a source fell silent (mend the feed), inputs moved, predictions moved, expected
performance fell (train anew). A shift below what chance brings at these numbers of accounts is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt

from forestay.learning.expected import Expected, expected_performance
from forestay.learning.shift import domain_auc, population_stability, psi_noise

Floats = npt.NDArray[np.floating]

DRIFTED = 0.2
"""PSI above which a column counts as moved, if chance does not reach it."""
SILENT = 0.2
"""A column whose missing share grew by this much lost its source."""
APART = 0.65
"""Then and now can be told apart when the lower end of the domain classifier's AUC is above this."""
FEWER = 0.05
"""How much expected AUC may fall."""
MANY = 0.1
"""Share of columns that must have moved for an alarm of their own."""
FEWEST = 30
"""Accounts below which nothing can be said."""
AGEING = ("measure.tenure_days",)
"""Columns that grow with the calendar: they always tell then from now."""


class AlarmKind(StrEnum):
    """What moved."""

    SILENT = "source_silent"
    INPUTS = "inputs_moved"
    PREDICTIONS = "predictions_moved"
    PERFORMANCE = "performance_fell"


class Alarm(msgspec.Struct, frozen=True):
    """One alarm, and what it means."""

    kind: AlarmKind
    sentence: str


class FeatureDrift(msgspec.Struct, frozen=True):
    """One column then and now. psi, noise: see learning.shift; medians None when all is missing; missing: shares 0-1."""

    name: str
    label: str
    psi: float
    noise: float
    has_moved: bool
    median_then: float | None
    median_now: float | None
    missing_then: float
    missing_now: float


class Outlook(msgspec.Struct, frozen=True):
    """What the probabilities promise (learning.expected); None where there is nothing to say."""

    accounts: int
    auc: float | None
    log_loss: float | None
    events: float
    alerts: int
    precision: float | None


class DriftReport(msgspec.Struct, frozen=True):
    """One day's look at one model. features: the most moved first. domain: AUC and its 95 % interval, None when too few
    accounts; then, now: the same model over the accounts it was trained on and over today's."""

    features: list[FeatureDrift]
    predictions_psi: float
    predictions_noise: float
    domain: tuple[float, float, float] | None
    then: Outlook
    now: Outlook
    alarms: list[Alarm]

    @property
    def asks_for_training(self) -> bool:
        """Whether training anew may help: not when a source fell silent, which must be mended first."""
        kinds = {alarm.kind for alarm in self.alarms}
        return bool(kinds - {AlarmKind.SILENT}) and AlarmKind.SILENT not in kinds


@dataclass(frozen=True, slots=True)
class Sides:
    """The same columns then and now. values: (n, k) and (m, k), NaN = missing; probability: (n,), (m,) of the model."""

    names: tuple[str, ...]
    then: Floats
    now: Floats
    probability_then: Floats
    probability_now: Floats


def judge_drift(
    sides: Sides, threshold: float, label: Callable[[str], str] = lambda name: name, *, seed: int = 0
) -> DriftReport:
    """Compare. threshold: the probability from which accounts are alerted; label: a column in words."""
    if min(len(sides.then), len(sides.now)) < FEWEST:
        return _nothing(sides, threshold)
    features = sorted(
        (_feature(name, sides.then[:, at], sides.now[:, at], label) for at, name in enumerate(sides.names)),
        key=lambda one: -one.psi,
    )
    noise = psi_noise(len(sides.then), len(sides.now))
    moved = population_stability(sides.probability_then, sides.probability_now)
    kept = [at for at, name in enumerate(sides.names) if name not in AGEING]
    apart = domain_auc(sides.then[:, kept], sides.now[:, kept], seed) if kept else None
    domain = None if apart is None else (apart.value, apart.low, apart.high)
    then = expected_performance(sides.probability_then, threshold)
    now = expected_performance(sides.probability_now, threshold)
    alarms = [*_silent(features), *_inputs(features, domain), *_predictions(moved, noise, then, now),
              *_performance(then, now)]  # fmt: skip
    return DriftReport(features, moved, noise, domain, _outlook(then), _outlook(now), alarms)


def _nothing(sides: Sides, threshold: float) -> DriftReport:
    outlooks = [_outlook(expected_performance(p, threshold)) for p in (sides.probability_then, sides.probability_now)]
    return DriftReport([], 0.0, 0.0, None, outlooks[0], outlooks[1], [])


def _feature(name: str, then: Floats, now: Floats, label: Callable[[str], str]) -> FeatureDrift:
    psi, noise = population_stability(then, now), psi_noise(len(then), len(now))
    return FeatureDrift(
        name, label(name), round(psi, 4), round(noise, 4), psi > max(DRIFTED, noise), _median(then), _median(now),
        round(float(np.isnan(then).mean()), 4), round(float(np.isnan(now).mean()), 4),
    )  # fmt: skip


def _median(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(f"{np.median(known):.3g}") if len(known) else None


def _silent(features: Sequence[FeatureDrift]) -> list[Alarm]:
    lost = [one for one in features if one.missing_now - one.missing_then >= SILENT and one.has_moved]
    if not lost:
        return []
    named = ", ".join(f"{one.label} ({one.missing_then:.0%} to {one.missing_now:.0%})" for one in lost[:3])
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return [
        Alarm(AlarmKind.SILENT, f"missing for many more accounts than in training: {named}{more}; look at the feed")
    ]


def _inputs(features: Sequence[FeatureDrift], domain: tuple[float, float, float] | None) -> list[Alarm]:
    moved = [one for one in features if one.has_moved and one.name not in AGEING]
    told_apart = domain is not None and domain[1] > APART
    if not moved or not (told_apart or len(moved) >= max(3, MANY * len(features))):
        return []
    named = "; ".join(_in_words(one) for one in moved[:3])
    apart = f"; then and now can be told apart with AUC {domain[0]:.2f}" if domain is not None else ""
    return [Alarm(AlarmKind.INPUTS, f"{len(moved)} of {len(features)} columns moved: {named}{apart}")]


def _in_words(one: FeatureDrift) -> str:
    if one.median_then is None or one.median_now is None or one.median_then == one.median_now:
        return f"{one.label} (PSI {one.psi:.2f})"
    return f"{one.label}, median {one.median_then:g} then and {one.median_now:g} now (PSI {one.psi:.2f})"


def _predictions(psi: float, noise: float, then: Expected, now: Expected) -> list[Alarm]:
    if psi <= max(DRIFTED, noise):
        return []
    rates = f"{then.events / max(then.n, 1):.1%} expected to leave then, {now.events / max(now.n, 1):.1%} now"
    return [Alarm(AlarmKind.PREDICTIONS, f"predictions moved (PSI {psi:.2f}): {rates}")]


def _performance(then: Expected, now: Expected) -> list[Alarm]:
    if not then.auc - now.auc > FEWER:  # also when one of them cannot be said
        return []
    return [Alarm(AlarmKind.PERFORMANCE, f"expected AUC fell from {then.auc:.2f} to {now.auc:.2f}: accounts moved to where "
                                         "the model is less sure")]  # fmt: skip


def _outlook(found: Expected) -> Outlook:
    return Outlook(
        found.n,
        _known(found.auc),
        _known(found.log_loss),
        round(found.events, 2),
        found.alerts,
        _known(found.precision),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
