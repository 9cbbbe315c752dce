"""What is judged lies after everything that was learned from."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.predictions.metrics import auc
from forestay.predictions.splits import account_draws, bootstrap_interval, known_at, rolling_origins
from tests.predictions.past import wandering


@settings(max_examples=15, deadline=None)
@given(st.integers(3, 30), st.integers(1, 5))
def test_no_model_sees_an_event_after_its_origin_nor_a_snapshot_that_it_is_judged_on(months: int, count: int) -> None:
    x, y = wandering(40, months, seed=months)
    for origin in rolling_origins(x.as_of_days, y, count=count):
        known = known_at(origin.day, x.as_of_days, y)
        seen = known.seen
        assert (x.as_of_days[seen] + known.event_in_days[seen] <= origin.day).all()
        judged = origin.judged(x.as_of_days)
        assert judged.any()
        assert not seen[judged].any()


def test_windows_follow_each_other_to_the_last_snapshot_that_is_watched_for_a_period() -> None:
    x, y = wandering(50, 24)
    origins = rolling_origins(x.as_of_days, y, count=3)
    assert [first.until for first in origins[:-1]] == [later.day for later in origins[1:]]
    assert origins[-1].until == int(x.as_of_days[y.observed_days >= 30].max()) + 1


def test_two_months_of_history_are_too_short_to_be_judged() -> None:
    x, y = wandering(50, 2)
    assert rolling_origins(x.as_of_days, y) == ()


def test_accounts_are_drawn_whole() -> None:
    ids = np.array([5, 5, 7, 7, 7, 9])
    for times in account_draws(ids, draws=5, seed=0):
        assert times[0] == times[1]
        assert len(set(times[2:5])) == 1
        assert times[[0, 2, 5]].sum() == 3


def test_rows_of_one_account_do_not_make_an_interval_narrower() -> None:
    rng = np.random.default_rng(0)
    p, ids = rng.random(200), np.arange(200)
    y = rng.random(200) < p
    once = bootstrap_interval(auc, p, y, ids)
    again = bootstrap_interval(auc, np.repeat(p, 10), np.repeat(y, 10), np.repeat(ids, 10))
    assert once.low < once.value < once.high
    assert abs((again.high - again.low) - (once.high - once.low)) < 0.02
