"""Scorecards as documents, their preview, and health in words."""

from __future__ import annotations

import numpy as np
import pytest

from forestay.conditions.document import BadCondition
from forestay.health.dimension import Missing, curve
from forestay.health.explain import explain
from forestay.health.preview import preview
from forestay.health.registry import DIMENSIONS
from forestay.health.scorecard import DEFAULT_SCORECARD, Scorecard, in_order, read_scorecard
from tests.health.tables import FACTORS, GONE_QUIET, LIVE, NOW, THRIVING, accounts, health_of


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"bands": {"red_below": 80, "green_from": 60}}, "scorecard.bands"),
        ({"dimensions": {"moods": {"weight": 1}}}, "scorecard"),
        ({"exceptions": [{"when": {"column": "account.arr", "is": "above"}, "reason": "x", "cap": 3}]},
         "scorecard.exceptions[0].when"),
        ({"exceptions": [{"when": {"column": "account.arr", "is": "missing"}, "reason": "x"}]}, "scorecard.exceptions[0]"),
    ],
)  # fmt: skip
def test_a_scorecard_that_makes_no_sense_is_refused_with_its_place(change: dict[str, object], place: str) -> None:
    with pytest.raises(BadCondition) as refused:
        read_scorecard({"key": "a", "name": "A", **change})
    assert refused.value.place == place


def test_a_scorecard_survives_being_written() -> None:
    assert (
        read_scorecard(DEFAULT_SCORECARD.model_dump(mode="json", by_alias=True, exclude_none=True)) == DEFAULT_SCORECARD
    )


def test_those_with_a_condition_are_asked_first_and_the_default_last() -> None:
    special = read_scorecard(
        {"key": "z", "name": "Z", "priority": 900, "applies_to": {"column": "account.arr", "is": "present"}}
    )
    assert [card.key for card in in_order([DEFAULT_SCORECARD, special])] == ["z", "default"]
    assert [card.key for card in in_order([special])] == ["z", "default"]


@pytest.mark.parametrize("measure", list(FACTORS))
def test_every_curve_says_where_it_comes_from_and_stays_within_its_points(measure: str) -> None:
    factor = FACTORS[measure]
    points = curve(factor, np.linspace(-10, 200, 500))
    assert factor.why
    assert (points.min(), points.max()) == (min(y for _, y in factor.curve), 100)


def test_every_shelf_dimension_can_lose_a_score_to_zero_and_gain_it_to_a_hundred() -> None:
    assert {dimension.key: sum(factor.weight for factor in dimension.factors) for dimension in DIMENSIONS} == {
        dimension.key: pytest.approx(1) for dimension in DIMENSIONS
    }


def test_a_missing_value_is_evidence_where_the_curve_says_so() -> None:
    assert curve(FACTORS["days_since_activity"], np.array([np.nan])).tolist() == [0]
    assert FACTORS["csat_90d"].missing is Missing.NEUTRAL
    assert np.isnan(curve(FACTORS["csat_90d"], np.array([np.nan])))[0]


def test_before_publishing_it_is_known_who_would_change_band() -> None:
    stricter = Scorecard.model_validate(
        {"key": "default", "name": "Stricter", "bands": {"red_below": 90, "green_from": 95}}
    )
    table = accounts(THRIVING, {"open_tickets": 5, "escalations_30d": 1}, GONE_QUIET)
    found = preview((DEFAULT_SCORECARD,), (stricter,), table, LIVE, NOW)
    assert [(one.at, one.band_before, one.band_after) for one in found.movers] == [(1, "green", "yellow")]
    assert found.counts.sum() == 3
    assert found.counts[2].tolist() == [0, 1, 1, 0]
    assert found.movers[0].why == "The score stays; the line of the band moved."
    assert found.scores_before.tolist() == found.scores_after.tolist()
    assert (found.scores_before.sum(), found.judged) == (3, {"default": (3, 3)})


def test_who_changes_band_is_told_with_the_dimension_that_did_it() -> None:
    support = {"dimensions": {"support": {"weight": 0.9}}}
    proposed = Scorecard.model_validate({"key": "default", "name": "Default", **support})
    table = accounts(THRIVING, {"open_tickets": 20, "escalations_30d": 3})
    (mover,) = preview((DEFAULT_SCORECARD,), (proposed,), table, LIVE, NOW).movers
    assert mover.at == 1
    assert mover.shifts[0].before > mover.shifts[0].after
    assert "points less" in mover.why


def test_an_account_that_another_scorecard_takes_over_is_told_so() -> None:
    other = Scorecard.model_validate(
        {"key": "lenient", "name": "Lenient", "applies_to": {"column": "measure.open_tickets", "is": "above", "value": 4},
         "bands": {"red_below": 1, "green_from": 2}}
    )  # fmt: skip
    table = accounts(THRIVING, GONE_QUIET | {"open_tickets": 9})
    found = preview((DEFAULT_SCORECARD,), (other, DEFAULT_SCORECARD), table, LIVE, NOW)
    assert found.judged == {"default": (2, 1), "lenient": (0, 1)}
    assert found.movers[0].why.startswith("Judged by 'Lenient' instead of 'Default scorecard'.")


def test_an_exception_that_begins_to_hold_is_why() -> None:
    rule = {"when": {"column": "measure.open_tickets", "is": "above", "value": 4}, "reason": "On fire", "band": "red"}
    strict = Scorecard.model_validate({"key": "default", "name": "Default", "exceptions": [rule]})
    found = preview((DEFAULT_SCORECARD,), (strict,), accounts(THRIVING | {"open_tickets": 5}), LIVE, NOW)
    assert [one.why for one in found.movers] == ["Exception: On fire"]


def test_the_account_is_told_what_costs_it_most_with_what_was_usual() -> None:
    table = accounts(GONE_QUIET | {"seat_use_30d": 0.1})
    told = explain(health_of(table), DEFAULT_SCORECARD, table, 0, usual={"seat_use_30d": np.array([0.72])})
    first = told.contributions[0]
    assert first.dimension == "product_usage"
    assert first.given + first.lost == pytest.approx(35)
    assert (
        told.reasons[0]
        == "Product usage 4 of 100: seats in use 10 % (usually 72 %), usage against the 28 days before 0 %"
    )


def test_an_exception_is_told_with_its_reason() -> None:
    table = accounts(THRIVING)
    table.put("account.is_churned", np.ones(1))
    told = explain(health_of(table), DEFAULT_SCORECARD, table, 0)
    assert told.exception == "The account has churned"
