"""Did the arms get the shares that they should have? A check that may be looked at after every subject.

Reads : arms of subjects in the order of their exposure, the probabilities that were written down with them
Gives : Mismatch, sample_ratio()
Source: Lindon, Malek, 'Anytime-valid inference for multinomial count data', NeurIPS 2022 (Dirichlet-multinomial
        Bayes factor against the planned shares: a test martingale under them). Fabijan et al., 'Diagnosing sample
        ratio mismatch in online controlled experiments', KDD 2019 (why a mismatch makes every result worthless).

The evidence is a martingale of mean 1 while the shares hold, so by Ville's inequality it ever exceeds 1/alpha with a
chance of at most alpha. It is averaged over priors from wide (finds a gross fault within a few dozen subjects) to
narrow (finds 52 against 48 in ten thousand). Where shares moved in between, each setting has counts of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRIORS = (10.0, 100.0, 1_000.0, 10_000.0)
"""How many subjects' worth of belief in the planned shares each alternative begins with."""

ALPHA = 0.001
"""Chance of ever raising the alarm falsely; small, for the alarm discredits the whole test."""

_CAP = 700.0  # exp() of more is infinite


@dataclass(frozen=True, slots=True)
class Mismatch:
    """counts: arm -> subjects; expected: arm -> subjects by the written probabilities. p_value: holds at every look,
    0 to 1. is_mismatch: the alarm was raised, now or at an earlier look."""

    counts: Mapping[str, int]
    expected: Mapping[str, float]
    p_value: float
    is_mismatch: bool


def sample_ratio(arms: Ints, chances: Floats, names: Sequence[str], alpha: float = ALPHA) -> Mismatch:
    """arms: places in names (n,), in order of exposure; chances: (n, arms), each row sums to 1.

    A subject in an arm that had no chance of getting anybody is a fault in itself: p is 0.
    """
    own = chances[np.arange(len(arms)), arms]
    evidence = np.array([np.inf]) if (own <= 0).any() else _evidence(arms, chances, own)
    p_value = float(min(1.0, 1.0 / evidence.max(initial=1.0)))
    counted = np.bincount(arms, minlength=len(names))
    expected = chances.sum(axis=0)
    return Mismatch(
        dict(zip(names, (int(count) for count in counted), strict=True)),
        dict(zip(names, (float(count) for count in expected), strict=True)),
        p_value,
        p_value <= alpha,
    )


def _evidence(arms: Ints, chances: Floats, own: Floats) -> Floats:
    """The martingale after each subject (n,)."""
    setting = _settings(chances)
    seen_arm, seen = _seen_before(setting * chances.shape[1] + arms), _seen_before(setting)
    sums = [np.cumsum(np.log((prior * own + seen_arm) / (prior + seen)) - np.log(own)) for prior in PRIORS]
    averaged: Floats = np.exp(np.minimum(np.stack(sums), _CAP)).mean(axis=0)
    return averaged


def _settings(chances: Floats) -> Ints:
    """A number for each different row (n,); they come in long stretches, so only the beginnings are compared."""
    begins = np.ones(len(chances), bool)
    begins[1:] = (chances[1:] != chances[:-1]).any(axis=1)
    numbers = np.unique(chances[begins], axis=0, return_inverse=True)[1].reshape(-1)
    settings: Ints = numbers[np.cumsum(begins) - 1].astype(np.int64)
    return settings


def _seen_before(groups: Ints) -> Floats:
    """How many of the same group stand before each (n,)."""
    order = np.argsort(groups, kind="stable")
    sorted_groups = groups[order]
    starts = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]]) if len(groups) else np.array([], int)
    firsts = np.repeat(starts, np.diff(np.r_[starts, len(groups)]))
    seen = np.empty(len(groups))
    seen[order] = np.arange(len(groups)) - firsts
    return seen
