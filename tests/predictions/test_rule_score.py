"""Risk of churn and readiness by rule: monotone, explained, and able to reach what the shipped triggers ask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.conditions.columns import ColumnTable
from forestay.predictions.rule_score import CHURN_TERMS, EXPANSION_TERMS, churn_by_rule, readiness_by_rule

WORSE = {
    "health.score": -1, "health.ratio_30d": -1, "measure.days_since_activity": 1, "measure.sponsor_left_90d": 1,
    "measure.contacts_left_90d": 1, "measure.invoices_overdue": 1, "measure.escalations_30d": 1,
    "measure.mrr_change_90d": -1, "account.days_to_renewal": -1,
}  # fmt: skip
"""Direction in which each column raises the risk."""
COLUMNS = sorted({name for term in (*CHURN_TERMS, *EXPANSION_TERMS) for name in term.columns} | {"health.score"})


def account(**values: float) -> ColumnTable:
    """One account; what is not named is missing."""
    told = {name.replace("__", "."): value for name, value in values.items()}
    columns = {name: np.array([told.get(name, np.nan)]) for name in COLUMNS}
    return ColumnTable((1,), columns | {"account.is_churned": np.array([told.get("account.is_churned", 0.0)])})


def risk(**values: float) -> float:
    return float(churn_by_rule(account(**values)).value[0])


def readiness(**values: float) -> float:
    return float(readiness_by_rule(account(**values)).value[0])


@pytest.mark.parametrize("health", [59.9, 45.0, 20.0])
def test_executive_turnover_with_stagnant_licences_and_low_health_reaches_80_percent(health: float) -> None:
    found = risk(
        health__score=health,
        measure__sponsor_left_90d=1,
        measure__seat_use_30d=0.4,
        measure__seat_use_change_60d=1.0,
    )
    assert found >= 0.8


def test_neither_turnover_nor_stagnation_alone_is_a_critical_risk() -> None:
    healthy_but_left = risk(health__score=85, measure__sponsor_left_90d=1)
    healthy_but_idle = risk(health__score=85, measure__seat_use_30d=0.4, measure__seat_use_change_60d=1.0)
    assert max(healthy_but_left, healthy_but_idle) < 0.3


def test_an_account_about_which_nothing_speaks_has_the_base_risk() -> None:
    assert risk(health__score=90) == pytest.approx(0.047, abs=0.001)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(WORSE)), st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
def test_more_trouble_never_lowers_the_risk(column: str, health: float, one: float, other: float) -> None:
    low, high = sorted((one, other), key=lambda value: WORSE[column] * value)
    base = {"health__score": health} if column != "health.score" else {}
    name = column.replace(".", "__")
    assert risk(**base, **{name: low}) <= risk(**base, **{name: high}) + 1e-12


def test_nothing_known_is_no_risk_score_and_neither_is_an_account_that_left() -> None:
    assert np.isnan(risk())
    assert np.isnan(risk(health__score=10, account__is_churned=1))


def test_the_reasons_of_a_risk_come_strongest_first() -> None:
    score = churn_by_rule(account(health__score=20, measure__invoices_overdue=1, measure__sponsor_left_90d=1))
    assert [reason.key for reason in score.reasons(0)] == ["low_health", "sponsor_left", "overdue"]
    assert score.source == "rule"


def test_two_strong_signals_of_a_healthy_account_pass_80_and_one_does_not() -> None:
    used = {"health__score": 85.0, "measure__seat_use_30d": 1.6}
    assert readiness(**used) == pytest.approx(60)
    assert readiness(**used, measure__premium_events_14d=12, measure__invitations_14d=4) > 80


def test_nobody_sells_to_an_account_in_trouble() -> None:
    signals = {"measure__seat_use_30d": 1.6, "measure__premium_events_14d": 12, "measure__invitations_14d": 10}
    assert readiness(health__score=30, **signals) == 0
    assert readiness(health__score=55, **signals) < readiness(health__score=75, **signals)
