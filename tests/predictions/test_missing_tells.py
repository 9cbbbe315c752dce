"""A column that tells by being missing: trees part it at infinity, and the additive tables have to stand that."""

from __future__ import annotations

import numpy as np

from forestay.predictions.models.binary import fit_binary


def test_an_additive_model_learns_from_a_column_that_tells_only_by_being_missing() -> None:
    rng = np.random.default_rng(0)
    values = np.column_stack([np.ones(2_000), rng.standard_normal(2_000)])
    values[rng.random(2_000) < 0.3, 0] = np.nan
    happened = rng.random(2_000) < np.where(np.isnan(values[:, 0]), 0.6, 0.1)
    model = fit_binary("additive", values, ("told", "noise"), happened)
    p = model.predict_proba(np.array([[np.nan, 0.0], [1.0, 0.0]]))
    assert p[0] > 0.4
    assert p[1] < 0.25
