"""Which candidate goes live: the one with the least log-loss out of time.

Reads : hazards (n, periods) that candidates gave to snapshots after their origin, and what became of those
Gives : Comparison, Selection, select()
Source: DESIGN section 6. Log-loss over person-periods uses censored rows as far as they were watched and cannot be won
        by hedging. A winner that does not beat the plain rate by more than its own noise has no skill, and we say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.predictions.hazard import happened_in
from forestay.predictions.metrics import log_losses
from forestay.predictions.snapshots import Flags, Floats, Ints, Labels

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One candidate out of time. loss: mean log-loss (nats) of a person-period; skill: 1 - loss / loss of the plain
    rate, negative when worse; better_by, noise: mean difference to the plain rate and its standard error by account."""

    key: str
    loss: float
    skill: float
    better_by: float
    noise: float


@dataclass(frozen=True, slots=True)
class Selection:
    """live: key of the winner. has_skill: whether it beats the plain rate by more than twice its noise. words: both in
    a sentence."""

    live: str
    has_skill: bool
    comparisons: tuple[Comparison, ...]
    words: str


def select(hazards: Mapping[str, Floats], plain: Floats, labels: Labels, accounts: Ints) -> Selection:
    """The winner among the candidates, given in the order in which the simpler comes first.

    plain: (n, periods) the rates known at each row's origin. Rows are those judged, out of time.
    """
    happened, known = happened_in(labels, plain.shape[1])
    base = _losses(plain, happened, known)
    compared = tuple(
        _compared(key, _losses(hazard, happened, known), base, known, accounts) for key, hazard in hazards.items()
    )
    best = min(compared, key=lambda one: one.loss)
    has_skill = best.better_by > 2 * best.noise
    return Selection(best.key, has_skill, compared, _words(best, has_skill))


def _losses(hazard: Floats, happened: Flags, known: Flags) -> Array:
    """Loss of each row (n,), summed over the periods that were watched."""
    losses = log_losses(hazard.reshape(-1), happened.reshape(-1)).reshape(hazard.shape)
    return np.asarray(np.where(known, losses, 0.0).sum(axis=1), np.float64)


def _compared(key: str, losses: Array, base: Array, known: Flags, accounts: Ints) -> Comparison:
    watched = max(int(known.sum()), 1)
    _, place = np.unique(accounts, return_inverse=True)
    by_account = np.bincount(place, base - losses)
    noise = float(np.sqrt((by_account**2).sum() - by_account.sum() ** 2 / max(len(by_account), 1)) / watched)
    loss, plain = float(losses.sum() / watched), float(base.sum() / watched)
    return Comparison(key, loss, 1 - loss / plain if plain else 0.0, plain - loss, noise)


def _words(best: Comparison, has_skill: bool) -> str:
    if not has_skill:
        return (
            f"No skill found: out of time the best candidate ({best.key}) does not beat the plain rate by more than chance "
            "would. The probabilities say little more than how often it happens."
        )
    return f"'{best.key}' is the best out of time: its log-loss is {best.skill:.1%} below that of the plain rate."
