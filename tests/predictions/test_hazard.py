"""From hazards to chances, and the rows that a hazard is learned from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.predictions.hazard import happened_in, person_periods, probability_within
from forestay.predictions.snapshots import Labels

chances = st.lists(st.floats(0, 1), min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(chances, st.lists(st.floats(0, 400), min_size=2, max_size=2))
def test_the_chance_never_falls_as_the_horizon_grows(hazard: list[float], horizons: list[float]) -> None:
    near, far = (probability_within(np.array([hazard]), days)[0] for days in sorted(horizons))
    assert 0 <= near <= far + 1e-12 <= 1 + 1e-12


def test_a_horizon_inside_a_period_and_one_beyond_the_last() -> None:
    hazard = np.array([[0.19, 0.5]])
    assert probability_within(hazard, 15.0)[0] == pytest.approx(0.1)
    assert probability_within(hazard, 90.0)[0] == pytest.approx(1 - 0.81 * 0.5 * 0.5)


def test_each_account_may_have_its_own_horizon_until_its_renewal() -> None:
    hazard = np.array([[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]])
    found = probability_within(hazard, np.array([30.0, 60.0, np.nan]))
    np.testing.assert_allclose(found, [0.1, 0.19, np.nan])


def test_a_period_that_was_watched_in_part_does_not_count_even_when_the_event_fell_in_it() -> None:
    labels = Labels(np.array([35.0, np.inf, 10.0]), np.array([45.0, 45.0, 95.0]))
    happened, known = happened_in(labels, 3)
    assert known.tolist() == [[True, False, False], [True, False, False], [True, False, False]]
    assert happened[:, 0].tolist() == [False, False, True]


def test_where_follow_up_ends_with_the_event_every_period_up_to_it_counts() -> None:
    rows = person_periods(Labels(np.array([75.0, np.inf]), np.array([np.inf, 60.0])), 3)
    assert list(zip(rows.rows.tolist(), rows.period.tolist(), rows.happened.tolist(), strict=True)) == [
        (0, 0, False), (0, 1, False), (0, 2, True), (1, 0, False), (1, 1, False)
    ]  # fmt: skip


def test_rates_learned_from_rows_that_are_cut_off_are_not_too_high() -> None:
    rng = np.random.default_rng(1)
    event, observed = rng.exponential(300, 60_000), rng.uniform(0, 120, 60_000)
    labels = Labels(np.where(event <= observed, event, np.inf), observed)
    happened, known = labels.within(30)
    assert happened[known].mean() == pytest.approx(1 - np.exp(-0.1), abs=0.006)
