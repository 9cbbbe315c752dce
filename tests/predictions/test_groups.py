"""Measures that mean the same give one reason, and nothing is lost in putting them together."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.predictions.groups import FAMILIES, group_measures, rank_correlation, sums_by_group

NAMES = ("measure.events_7d", "measure.events_30d", "measure.csat_90d", "trait.exports", "trait.colour")


def _values(seed: int = 0, n: int = 600) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rng = np.random.default_rng(seed)
    use = rng.gamma(2, 5, n)
    return np.column_stack([use, use * rng.uniform(3, 5, n), rng.normal(size=n), np.exp(use / 9), rng.normal(size=n)])


def test_every_shipped_measure_has_a_family_and_only_one() -> None:
    columns = [column for family in FAMILIES for column in family.columns]
    assert len(columns) == len(set(columns))
    assert {f"measure.{one.key}" for one in DEFAULT_MEASURES} <= set(columns)


def test_a_column_that_moves_with_the_use_of_the_product_joins_its_group() -> None:
    groups = {group.key: group.columns for group in group_measures(NAMES, _values())}
    assert groups["activity"] == ("measure.events_7d", "measure.events_30d", "trait.exports")
    assert groups["trait.colour"] == ("trait.colour",)
    assert groups["satisfaction"] == ("measure.csat_90d",)


def test_health_that_is_nothing_but_the_use_of_the_product_is_called_so() -> None:
    use = np.random.default_rng(0).gamma(2, 5, 300)
    groups = group_measures(("health.score", "measure.events_7d"), np.column_stack([use, use + 1]))
    assert [(group.label, len(group.columns)) for group in groups] == [("Use of the product", 2)]


def test_without_rows_only_families_are_put_together() -> None:
    groups = group_measures(NAMES, np.empty((0, len(NAMES))))
    assert [group.columns for group in groups if len(group.columns) > 1] == [NAMES[:2]]


def test_a_column_that_is_always_missing_stays_alone() -> None:
    values = _values()
    values[:, 3] = np.nan
    assert ("trait.exports",) in [group.columns for group in group_measures(NAMES, values)]


def test_rank_correlation_is_that_of_the_ranks_of_rows_in_which_both_are_known() -> None:
    values = _values()
    values[::3, 2] = np.nan
    both = ~np.isnan(values[:, 2])
    alike = rank_correlation(values)
    assert alike[0, 3] > 0.999
    use, other = (np.argsort(np.argsort(values[both, at])) for at in (0, 2))
    wanted = np.asarray(np.corrcoef(use, other))
    assert abs(alike[0, 2] - abs(wanted[0, 1])) < 0.02


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.floats(0.1, 1))
def test_every_column_is_in_one_group_and_the_sums_lose_nothing(seed: int, columns: int, join: float) -> None:
    rng = np.random.default_rng(seed)
    names = tuple(f"trait.t{at}" for at in range(columns))
    values = rng.normal(size=(80, columns)) @ rng.normal(size=(columns, columns))
    groups = group_measures(names, values, join=join)
    assert sorted(column for group in groups for column in group.columns) == sorted(names)
    added = rng.normal(size=(20, columns))
    np.testing.assert_allclose(sums_by_group(added, names, groups).sum(axis=1), added.sum(axis=1), atol=1e-9)
