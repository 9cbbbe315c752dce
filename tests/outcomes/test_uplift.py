"""Who gains most from help: learned from those who were held out, and shipped only when it is surely worth something."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.outcomes.bases import boosted, fit_for, logistic, ridge
from forestay.outcomes.learners import Learner, effects_of, learner_for, out_of_fold, scores_of
from forestay.outcomes.off_policy import Dealt, OffPolicyRefused, value_of
from forestay.outcomes.qini import curve_of, parts_of, qini
from tests.outcomes.ground import dealt


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.argsort().argsort(), other.argsort().argsort())[0, 1])


@pytest.mark.parametrize("learner", [Learner.T, Learner.X, Learner.DR, Learner.MEAN])
def test_every_learner_finds_who_gains(learner: Learner) -> None:
    subjects, truth = dealt(4000, gain=0.35)
    assert spearman(out_of_fold(learner, subjects, ridge, parts=2), truth) > 0.5


def test_with_few_ends_who_has_more_to_lose_gains_more() -> None:
    subjects, _ = dealt(900, gain=0.05)
    said = out_of_fold(Learner.RISK, subjects, ridge)
    assert learner_for(subjects) is Learner.RISK
    assert learner_for(dealt(6000)[0]) is Learner.MEAN
    assert spearman(said, -subjects.values[:, 1]) > 0.2  # the second value says who leaves
    assert said.min() >= 0


def test_one_bad_draw_does_not_wipe_out_the_order_by_risk() -> None:
    """Those left alone happen to fare better: little is said to be gained, most still by those who have most to lose."""
    subjects, _ = dealt(900, gain=0.05)
    unlucky = replace(
        subjects, outcome=np.where(subjects.is_treated, subjects.outcome * (subjects.values[:, 1] > -1), 1.0)
    )
    well, ill = (out_of_fold(Learner.RISK, one, ridge) for one in (subjects, unlucky))
    assert 0 < ill.mean() < 0.5 * well.mean()
    assert spearman(ill, -unlucky.values[:, 1]) > 0.2


def test_trees_find_who_gains_too() -> None:
    subjects, truth = dealt(3000, gain=0.4)
    assert spearman(effects_of(Learner.T, subjects, boosted, subjects.values), truth) > 0.5


def test_small_data_get_a_line_and_large_ones_trees() -> None:
    assert fit_for(500) is ridge
    assert fit_for(50_000) is boosted


def test_an_order_that_helps_ships() -> None:
    subjects, _ = dealt(6000, gain=0.35)
    found = qini(out_of_fold(Learner.MEAN, subjects, ridge), scores_of(subjects, ridge))
    assert found.ships
    assert found.top > found.all


def test_where_everybody_gains_alike_no_policy_ships() -> None:
    shipped = 0
    for seed in range(12):
        subjects, _ = dealt(800, gain=0.0, seed=seed)
        shipped += qini(out_of_fold(Learner.DR, subjects, ridge), scores_of(subjects, ridge)).ships
    assert shipped <= 2


def by_hand(scores: list[float], gains: list[float]) -> float:
    """The mean height of the curve above the line of chance, summed along its straight pieces."""
    order = np.argsort(-np.array(scores))
    curve = np.r_[0.0, np.cumsum(np.array(gains)[order])] / len(gains)
    line = np.linspace(0, curve[-1], len(curve))
    return float(np.trapezoid(curve - line, dx=1 / len(gains)))


def test_the_coefficient_is_the_area_between_curve_and_line() -> None:
    scores, gains = [3.0, 1.0, 2.0, 0.0], [1.0, 0.0, 0.5, -0.5]
    assert qini(np.array(scores), np.array(gains)).coefficient == pytest.approx(by_hand(scores, gains))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1000, 1000), st.floats(-5, 5)), min_size=2, max_size=30, unique_by=lambda p: p[0])
)
def test_the_coefficient_is_the_area_for_any_order(pairs: list[tuple[int, float]]) -> None:
    scores, gains = [float(score) for score, _ in pairs], [gain for _, gain in pairs]
    found = qini(np.array(scores), np.array(gains), resamples=2)
    assert found.coefficient == pytest.approx(by_hand(scores, gains), abs=1e-9)


def test_accounts_with_the_same_score_stand_in_no_order() -> None:
    found = qini(np.zeros(50), np.random.default_rng(1).normal(size=50))
    assert found.coefficient == pytest.approx(0, abs=1e-12)
    assert not found.ships


def test_the_curve_begins_with_nobody_and_ends_with_everybody() -> None:
    gains = np.array([1.0, -1, 2, 0])
    curve = curve_of(np.array([3.0, 1, 2, 0]), gains)
    assert curve[0] == (0, 0)
    assert curve[-1] == pytest.approx((1, gains.mean()))


def test_the_best_fifth_gains_more_than_the_last() -> None:
    subjects, _ = dealt(6000, gain=0.4)
    parts = parts_of(out_of_fold(Learner.X, subjects, ridge), scores_of(subjects, ridge))
    assert [part.number for part in parts] == [0, 1, 2, 3, 4]
    assert parts[-1].low > parts[0].effect


def test_a_missing_value_is_no_obstacle() -> None:
    subjects, _ = dealt(800)
    new = np.full((3, 4), np.nan)
    assert np.isfinite(effects_of(Learner.DR, subjects, ridge, new)).all()


def test_a_line_finds_a_line() -> None:
    random = np.random.default_rng(3)
    values = random.normal(size=(500, 3))
    said = ridge(values, values @ np.array([1.0, -2.0, 0.0]) + 3)(values)
    assert said == pytest.approx(values @ np.array([1.0, -2.0, 0.0]) + 3, abs=0.05)


def test_chances_are_found_again() -> None:
    random = np.random.default_rng(4)
    values = random.normal(size=(8000, 1))
    happened = (random.random(8000) < 1 / (1 + np.exp(-values[:, 0]))).astype(float)
    assert logistic(values, happened)(np.array([[0.0], [1.0]])) == pytest.approx([0.5, 0.731], abs=0.03)


def dealt_arms(n: int = 4000, seed: int = 1) -> tuple[Dealt, float]:
    """Two arms at 70:30; the second is good for who has a value above 0. Also the value of choosing by it."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(n, 2))
    arm = (random.random(n) < 0.3).astype(np.int64)
    outcome = 0.3 + 0.4 * (values[:, 0] > 0) * arm + random.normal(0, 0.1, n)
    return Dealt(values, arm, np.tile([0.7, 0.3], (n, 1)), outcome), 0.3 + 0.4 * float((values[:, 0] > 0).mean())


def test_another_rule_is_valued_from_what_was_done() -> None:
    dealt_ones, truth = dealt_arms()
    is_second = (dealt_ones.values[:, 0] > 0).astype(float)
    found = value_of(dealt_ones, np.column_stack([1 - is_second, is_second]))
    assert found.low < truth < found.high
    assert found.ips == pytest.approx(truth, abs=0.05)
    assert found.snips == pytest.approx(truth, abs=0.03)


def test_a_rule_that_resembles_nothing_that_was_done_is_refused() -> None:
    dealt_ones, _ = dealt_arms(200)
    rare = Dealt(dealt_ones.values, np.zeros(200, np.int64), np.tile([0.99, 0.01], (200, 1)), dealt_ones.outcome)
    with pytest.raises(OffPolicyRefused, match="50 are needed"):
        value_of(rare, np.tile([0.0, 1.0], (200, 1)))


def test_a_chance_below_the_floor_is_taken_for_the_floor_and_counted() -> None:
    dealt_ones, _ = dealt_arms(2000)
    chances = dealt_ones.chances.copy()
    chances[:10] = [0.001, 0.999]
    arm = dealt_ones.arm.copy()
    arm[:10] = 0
    found = value_of(Dealt(dealt_ones.values, arm, chances, dealt_ones.outcome), np.tile([0.5, 0.5], (2000, 1)))
    assert found.floored == 10
