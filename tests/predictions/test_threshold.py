"""From which probability on somebody is told, and whether 0.8 keeps its promise."""

import numpy as np
import pytest

from forestay.predictions.threshold import Capacity, check_promise, recommend, thresholds_for, wilson

RNG = np.random.default_rng(3)
P = RNG.beta(1, 9, 6_000)
Y = RNG.random(6_000) < P
ARR = np.full(6_000, 12_000.0)
DAYS = np.repeat([0, 30, 60], 2_000)


def test_no_more_alerts_than_hands_can_take() -> None:
    found = recommend(P, Y, ARR, DAYS, horizon=60, capacity=Capacity(per_month=100, cost=0.0))
    assert found.alerts == 300
    assert found.recall == pytest.approx(Y[np.argsort(-P)[:300]].sum() / Y.sum())


def test_nobody_is_told_where_it_does_not_pay() -> None:
    found = recommend(P, Y, ARR, DAYS, horizon=60, capacity=Capacity(share=0.5, saved=0.2, cost=600.0))
    assert found.probability == pytest.approx(600 / (12_000 * 0.2), abs=0.01)


def test_without_known_revenue_all_of_the_capacity_is_used() -> None:
    found = recommend(P, Y, np.full(6_000, np.nan), DAYS, horizon=60, capacity=Capacity(share=0.1))
    assert found.alerts == 600
    assert found.saved_arr is None


def test_fewer_than_fifty_alerts_are_too_few_to_speak_of() -> None:
    found = check_promise(P[:400], Y[:400], ARR[:400], 0.8, horizon=60)
    assert found.precision is None
    assert found.words.startswith(("Too few", "No account"))


def test_a_promise_of_eight_in_ten_that_is_broken_is_said_to_be() -> None:
    p = np.full(500, 0.85)
    assert "was not kept" in check_promise(p, RNG.random(500) < 0.5, ARR[:500], 0.8, horizon=60).words
    assert "was kept" in check_promise(p, RNG.random(500) < 0.9, ARR[:500], 0.8, horizon=60).words


def test_the_value_of_alerts_is_what_they_keep_less_what_they_cost() -> None:
    p, y, arr = np.array([0.9, 0.9, 0.1]), np.array([True, False, True]), np.array([10_000.0, 10_000.0, 10_000.0])
    assert check_promise(p, y, arr, 0.8, horizon=30, saved=0.2, cost=300.0).saved_arr == pytest.approx(2_000 - 600)


def test_an_empty_window_gives_no_alert() -> None:
    found = thresholds_for(P[:0], Y[:0], ARR[:0], DAYS[:0], horizon=60)
    assert found.recommended.alerts == found.fixed.alerts == 0


def test_the_interval_of_a_share_by_hand() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert wilson(0, 0) == (0.0, 1.0)
