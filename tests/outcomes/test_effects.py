"""What help does on average: said where chance dealt, guessed openly where people chose, else not said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forestay.outcomes.average import ASSUMPTIONS, Method, effect_of
from forestay.outcomes.overlap import FLOOR, floored, overlap_of
from forestay.outcomes.roi import Costs, Spent, worth_of
from tests.outcomes.ground import chosen, dealt


def test_help_dealt_by_chance_is_measured() -> None:
    subjects, truth = dealt(6000)
    found = effect_of(subjects)
    assert found.method is Method.RANDOMISED
    assert found.low is not None
    assert found.high is not None
    assert found.low < truth.mean() < found.high
    assert found.is_sure


def test_what_is_not_known_yet_does_not_count() -> None:
    subjects, _ = dealt(3000)
    outcome = subjects.outcome.copy()
    outcome[1000:] = np.nan
    assert effect_of(replace(subjects, outcome=outcome)) == effect_of(subjects.take(np.arange(1000)))


def test_with_few_held_out_it_cannot_be_said_yet() -> None:
    subjects, _ = dealt(200, share=0.9)
    found = effect_of(subjects)
    assert (found.method, found.estimate) == (Method.NONE, None)
    assert "50 of each are needed" in found.why


def test_where_hardly_anybody_left_it_cannot_be_said_yet() -> None:
    subjects, _ = dealt(1000)
    found = effect_of(replace(subjects, outcome=np.ones(1000)))
    assert found.method is Method.NONE
    assert "10 of each end are needed" in found.why


def test_where_people_chose_the_naive_difference_misleads_and_the_guess_does_not() -> None:
    subjects = chosen(8000, gain=0.1)
    naive = subjects.outcome[subjects.is_treated].mean() - subjects.outcome[~subjects.is_treated].mean()
    found = effect_of(subjects)
    assert naive < 0  # the worse off were helped, so help looks harmful
    assert found.method is Method.OBSERVATIONAL
    assert found.estimate == pytest.approx(0.1, abs=0.04)


def test_a_guess_names_what_it_takes_for_granted() -> None:
    assert any("nobody was held out" in one for one in ASSUMPTIONS[Method.OBSERVATIONAL])


def test_no_effect_is_read_where_the_groups_do_not_overlap() -> None:
    found = effect_of(chosen(4000, pull=8.0))
    assert found.method is Method.NONE
    assert "hold some accounts out at random" in found.why


def test_groups_dealt_by_chance_overlap() -> None:
    subjects, _ = dealt(3000, share=0.5)
    overlap = overlap_of(subjects)
    assert overlap.refusal == ""
    assert overlap.auc == pytest.approx(0.5, abs=0.05)
    assert overlap.effective > 0.9


def test_no_chance_is_taken_for_less_than_the_floor() -> None:
    assert floored(np.array([0.0, 0.5, 1.0])).tolist() == [FLOOR, 0.5, 1 - FLOOR]


def test_effects_are_true_at_the_promised_rate() -> None:
    truths = [dealt(1500, seed=seed, gain=0.1) for seed in range(40)]
    wrong = sum(not (found.low or 0) <= 0.05 <= (found.high or 0) for found in (effect_of(made) for made, _ in truths))
    assert wrong <= 4


def test_money_saved_carries_the_uncertainty_of_the_effect() -> None:
    subjects, _ = dealt(6000)
    kept = replace(subjects, outcome=subjects.outcome * 1000.0)
    found = worth_of(effect_of(kept), 4800, Spent(tasks=100, messages=0), Costs(minutes_a_task=60, an_hour=100))
    assert found.cost == 10_000
    assert found.saved is not None
    assert found.roi is not None
    assert found.saved.low < found.saved.estimate < found.saved.high
    assert found.roi.estimate == pytest.approx((found.saved.estimate - 10_000) / 10_000)


def test_what_cannot_be_said_of_the_effect_cannot_be_said_of_money() -> None:
    subjects, _ = dealt(100)
    found = worth_of(effect_of(subjects), 80, Spent(10, 10), Costs())
    assert (found.saved, found.roi) == (None, None)
    assert "needed" in found.why
