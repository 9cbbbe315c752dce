"""Models are trained anew in time, when they drifted, and never in a circle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forestay.learning.retraining import Standing, reason_to_train
from forestay.predictions.policy import ModelPolicy

AT_WORK = Standing(today=1000, trained_day=990, is_live=True, is_training=False, has_drifted=False)


def reason(**changes: object) -> str | None:
    return reason_to_train(replace(AT_WORK, **changes), ModelPolicy())  # type: ignore[arg-type]


def test_a_young_model_that_sees_what_it_learned_is_left_alone() -> None:
    assert reason() is None


def test_a_model_of_thirty_days_is_trained_anew() -> None:
    assert (reason(trained_day=971), reason(trained_day=970)) == (None, "schedule")


@pytest.mark.parametrize(("day", "wanted"), [(999, None), (994, None), (993, "drift")])
def test_drift_asks_for_training_once_a_week_at_most(day: int, wanted: str | None) -> None:
    assert reason(has_drifted=True, trained_day=day) == wanted


@pytest.mark.parametrize(("day", "wanted"), [(987, None), (986, "outcomes")])
def test_outcomes_ask_for_training_when_the_last_one_is_a_fortnight_old(day: int, wanted: str | None) -> None:
    assert reason(outcomes_ask=True, trained_day=day) == wanted


def test_a_training_under_way_is_enough() -> None:
    assert reason(trained_day=900, is_training=True) is None


def test_a_company_that_never_asked_for_a_model_gets_none() -> None:
    assert reason(trained_day=None, is_live=False) is None


def test_what_found_too_little_data_is_tried_again_weekly() -> None:
    assert (reason(is_live=False, trained_day=994), reason(is_live=False, trained_day=993)) == (None, "schedule")


def test_a_workspace_may_switch_training_on_drift_off() -> None:
    drifted = replace(AT_WORK, has_drifted=True)
    assert reason_to_train(drifted, ModelPolicy(retrain_on_drift=False)) is None
