"""Trees scored as tables of bits say what LightGBM says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.predictions.models.openmp import load_lightgbm
from forestay.predictions.models.trees import BadTrees, Trees, rounded_down


def trained(leaves: int, missing: float, seed: int) -> tuple[object, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(600, 5)).astype(np.float32)
    values[:, 2] = np.round(values[:, 2])
    values[rng.random(values.shape) < missing] = np.nan
    target = rng.random(600) < 1 / (1 + np.exp(-np.nan_to_num(values[:, 0] * values[:, 2])))
    lightgbm = load_lightgbm()
    settings = {"objective": "binary", "num_leaves": leaves, "min_data_in_leaf": 5, "verbose": -1, "num_threads": 1}
    return lightgbm.train(settings, lightgbm.Dataset(values, target), 12), values


@settings(max_examples=8, deadline=None)
@given(st.integers(2, 32), st.sampled_from([0.0, 0.2]), st.integers(0, 99))
def test_every_account_ends_in_the_leaf_in_which_lightgbm_puts_it(leaves: int, missing: float, seed: int) -> None:
    booster, values = trained(leaves, missing, seed)
    unseen = np.random.default_rng(seed + 1).normal(0, 2, values.shape).astype(np.float32)
    unseen[::7, seed % 5] = np.nan
    trees = Trees.from_text(booster.model_to_string())
    for rows in (values, unseen):
        np.testing.assert_allclose(trees.raw(rows), booster.predict(rows, raw_score=True), atol=1e-12)


def test_one_column_varied_equals_that_many_tables() -> None:
    booster, values = trained(8, 0.1, 3)
    trees, given_values = Trees.from_text(booster.model_to_string()), np.array([-1.0, 0.0, 2.0])
    varied = [np.column_stack([values[:, :4], np.full(len(values), value)]) for value in given_values]
    expected = np.column_stack([booster.predict(rows, raw_score=True) for rows in varied])
    np.testing.assert_allclose(trees.raw_by(values, 4, given_values), expected, atol=1e-12)


def test_a_threshold_rounded_down_answers_every_single_precision_value_alike() -> None:
    near = np.float32(0.1) + np.arange(-3, 4) * np.spacing(np.float32(0.1))
    for threshold in (0.1, np.float64(np.float32(0.1)), 0.1 + 1e-12):
        assert ((near <= threshold) == (near <= rounded_down(np.array([threshold]))[0])).all()


def test_a_split_of_the_missing_from_all_others_has_finite_edges() -> None:
    edges = rounded_down(np.array([-1e300, 1e300, -np.inf, np.inf]))
    assert np.isfinite(edges).all()
    assert (np.array([-1e30, 0, 1e30], np.float32) <= edges[1::2, None]).all()
    assert not (np.array([-1e30, 0, 1e30], np.float32) <= edges[::2, None]).any()


def test_a_text_that_is_no_model_is_refused() -> None:
    with pytest.raises(BadTrees, match="no tree"):
        Trees.from_text("version=v4\n")
