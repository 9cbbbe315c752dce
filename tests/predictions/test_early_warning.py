"""Of accounts that are still active: whose last activity comes soon, whose later."""

import numpy as np
import pytest

from forestay.predictions.early_warning import early_warning, highest_of_day, judge_early
from tests.predictions.past import wandering


def test_the_two_windows_add_up_to_ninety_days() -> None:
    told = early_warning(np.array([[0.1, 0.2, 0.3]]))
    assert told.soon[0] == pytest.approx(0.1)
    assert told.soon[0] + told.later[0] == pytest.approx(1 - 0.9 * 0.8 * 0.7)


def test_at_least_one_account_of_each_day_is_told_of() -> None:
    told = highest_of_day(np.array([0.1, 0.9, 0.5, 0.2]), np.array([1, 1, 2, 2]), 0.1)
    assert told.tolist() == [False, True, True, False]


def test_who_is_right_about_the_order_is_ahead_of_the_event() -> None:
    x, y = wandering(200, 12, seed=4)
    right = np.column_stack([1 / (1 + np.where(np.isfinite(y.event_in_days), y.event_in_days, 1e4))] * 3)
    figures = judge_early(x, y, right)
    assert figures.auc_soon == figures.auc_later == 1.0
    assert figures.lead.median_days > 30


def test_accounts_that_have_gone_quiet_are_not_asked() -> None:
    x, y = wandering(100, 10)
    y.observed_days[::2] = -1.0
    hazard = np.random.default_rng(0).random((len(x), 3)) * 0.1
    asked = judge_early(x.take(slice(1, None, 2)), y.take(slice(1, None, 2)), hazard[1::2])
    assert judge_early(x, y, hazard).auc_soon == asked.auc_soon
