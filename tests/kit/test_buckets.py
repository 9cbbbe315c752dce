"""Holdouts and arms fall where they fell before, one by one and by the column."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.kit.buckets import bucket, buckets


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50), st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_a_column_falls_where_each_of_its_numbers_falls(keys: list[int], salt: str) -> None:
    column = buckets(np.array(keys, np.int64), salt)
    assert column.tolist() == [bucket(key, salt) for key in keys]
    assert ((column >= 0) & (column < 1)).all()


def test_a_tenth_of_the_accounts_is_a_tenth() -> None:
    share = (buckets(np.arange(100_000), "holdout:health-below-60") < 0.1).mean()
    assert abs(share - 0.1) < 0.005


def test_two_experiments_divide_independently() -> None:
    keys = np.arange(100_000)
    both = ((buckets(keys, "one") < 0.5) & (buckets(keys, "two") < 0.5)).mean()
    assert abs(both - 0.25) < 0.01


def test_a_bucket_never_moves() -> None:
    assert (round(bucket(7, "holdout"), 6), round(bucket("acme", "holdout"), 6)) == (0.27126, 0.884406)
