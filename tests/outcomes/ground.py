"""Accounts whose true gain from help is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forestay.outcomes.subjects import Floats, Subjects


def dealt(n: int = 4000, share: float = 0.8, gain: float = 0.2, seed: int = 1) -> tuple[Subjects, Floats]:
    """Treated by chance; those whose first value is above 0 gain, the others do not. Also the true gain (n,)."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, 4))
    values[random.random(n) < 0.1, 3] = np.nan
    is_treated = random.random(n) < share
    truth = np.where(values[:, 0] > 0, gain, 0.0)
    stays = 0.55 + 0.1 * np.tanh(values[:, 1]) + truth * is_treated
    outcome = (random.random(n) < stays).astype(float)
    money = np.exp(random.normal(10, 0.5, n))
    made = Subjects(
        np.arange(n), ("a", "b", "c", "d"), values, is_treated, outcome, np.full(n, share), money
    )  # fmt: skip
    return made, truth


def chosen(n: int = 4000, pull: float = 1.0, seed: int = 1, gain: float = 0.1) -> Subjects:
    """People chose: the worse an account looked (second value), the likelier they helped; what they saw is known."""
    made, _ = dealt(n, gain=0.0, seed=seed)
    random = np.random.default_rng(seed + 1)
    is_treated = random.random(n) < 1 / (1 + np.exp(pull * made.values[:, 1]))
    stays = 0.5 + 0.25 * np.tanh(made.values[:, 1]) + gain * is_treated
    outcome = (random.random(n) < stays).astype(float)
    return replace(made, is_treated=is_treated, outcome=outcome, chance=np.full(n, np.nan))
