"""Feature matrices of made-up companies: what is said of a day was known on that day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from benchmarks.simulated.block import COLUMNS, block_of, grid_of

from forestay.simulator import CompanySpec
from forestay.simulator.account import live_account
from forestay.simulator.spec import MEASURED
from tests.simulator.conftest import UNTIL

SPEC = CompanySpec(seed=4, accounts=50, months=9, until=UNTIL, stories=False, leaving=MEASURED)


def test_what_comes_later_changes_nothing_that_was_said_of_a_day() -> None:
    """The same customers with a longer and with a shorter future."""
    grid = grid_of(SPEC)[:3]
    numbers = (3, 11, 19)
    short = block_of(SPEC, [live_account(SPEC, n, days=int(grid[-1]) - SPEC.start_day + 1) for n in numbers], grid)
    long = block_of(SPEC, [live_account(SPEC, n) for n in numbers], grid)
    shared = short.is_customer & long.is_customer
    assert shared.any()
    np.testing.assert_allclose(short.values[shared], long.values[shared], rtol=1e-5)


def test_every_column_of_the_product_is_there_and_use_is_known() -> None:
    block = block_of(SPEC, [live_account(SPEC, n) for n in range(6)], grid_of(SPEC))
    assert block.values.shape[2] == len(COLUMNS)
    known = block.values[block.is_customer][:, COLUMNS.index("measure.events_30d")]
    assert len(known)
    assert not np.isnan(known).any()


def test_the_oracle_is_asked_about_customers_only() -> None:
    block = block_of(replace(SPEC, seed=5), [live_account(replace(SPEC, seed=5), n) for n in range(8)], grid_of(SPEC))
    assert not np.isnan(block.oracle[block.is_customer]).any()
    assert np.isnan(block.oracle[~block.is_customer]).all()
