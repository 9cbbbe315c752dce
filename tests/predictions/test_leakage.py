"""Columns that know the future are refused, and a result that is too good is said to be."""

from dataclasses import replace

import numpy as np
import pytest

from forestay.predictions.leakage import changed_afterwards, examine, outcome_names, too_good
from tests.predictions.past import wandering

X, Y = wandering()


def with_column(name: str, values: np.ndarray) -> object:
    return replace(X, names=(*X.names, name), values=np.column_stack([X.values, values]).astype(np.float32))


def test_honest_behaviour_passes() -> None:
    report = examine(X, Y)
    assert report.refused == ()
    assert report.kept == X.names


@pytest.mark.parametrize(
    "name", ["account.is_churned", "churn.probability", "Churn Reason", "CancellationDate", "churn_score"]
)
def test_names_of_outcomes_are_refused(name: str) -> None:
    assert [one.reason for one in outcome_names((name,))] == ["name"]


@pytest.mark.parametrize("name", ["measure.contacts_left_90d", "MonthlyCharges", "measure.sponsor_left_90d"])
def test_names_of_behaviour_are_not(name: str) -> None:
    assert outcome_names((name,)) == []


def test_a_trait_of_which_only_today_is_known_is_refused() -> None:
    assert outcome_names(("trait.tier",))[0].reason == "no_history"


def test_a_column_that_was_written_when_the_account_left_is_refused_by_what_it_tells() -> None:
    happened, _ = Y.within(30)
    written = np.where(happened, 1.0, 0.0) + np.random.default_rng(0).normal(0, 0.1, len(X))
    report = examine(with_column("measure.interviews", written), Y)
    assert [one.reason for one in report.refused] == ["too_good"]
    assert "written afterwards" in report.refused[0].sentence


def test_a_column_that_is_only_filled_for_leavers_is_refused_too() -> None:
    happened, _ = Y.within(30)
    report = examine(with_column("measure.closing_notes", np.where(happened, 3.0, np.nan)), Y)
    assert [one.name for one in report.refused] == ["measure.closing_notes"]


def test_a_column_whose_past_has_changed_is_refused() -> None:
    now = X.values.copy()
    now[::3, 2] += 1
    changed = changed_afterwards(X, replace(X, values=now))
    assert [(one.name, one.reason) for one in changed] == [("measure.a", "changed_afterwards")]
    assert examine(replace(X, values=now), Y, then=X).kept == tuple(name for name in X.names if name != "measure.a")


def test_telco_above_its_ceiling_trips_the_alarm() -> None:
    assert too_good(0.85, "ibm-telco") is None
    assert "too good to be true" in str(too_good(0.88, "ibm-telco"))
    assert too_good(0.88, "ibm-telco", lower_end=0.84) is None
