"""Conditions over columns: three-valued logic, and unknown is not true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.conditions.columns import ColumnTable, Floats, UnknownColumn
from forestay.conditions.document import All, Any_, Condition, Not, read_condition
from forestay.conditions.evaluate import evaluate, judge
from forestay.conditions.parse import parse
from tests.conditions.strategies import numeric_leaves, trees

values = st.lists(st.one_of(st.just(float("nan")), st.sampled_from([-5.0, 0.0, 3.0, 60.0])), min_size=4, max_size=4)
questions = trees(numeric_leaves)


def accounts(a: list[float], b: list[float]) -> ColumnTable:
    columns = {"measure.a": np.array(a), "measure.b": np.array(b)}
    empty = {"account.plan": np.full(4, np.nan), "trait.Company Size": np.full(4, np.nan)}
    return ColumnTable((4,), columns | empty)


class Log:
    """Days since each event, three accounts; NaN = never."""

    def __init__(self, **days: list[float]) -> None:
        self.days = {f"event:{name.replace('_', ' ')}": np.array(since) for name, since in days.items()}

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        return np.where(self.days[series] < days, 2.0, 0.0)

    def days_since_event(self, series: str) -> Floats:
        return self.days[series]


@settings(max_examples=60, deadline=None)
@given(questions, values, values)
def test_no_account_is_both_true_and_false(condition: Condition, a: list[float], b: list[float]) -> None:
    yes, no = judge(condition, accounts(a, b))
    assert not (yes & no).any()


@settings(max_examples=60, deadline=None)
@given(questions, values, values)
def test_denying_twice_says_the_same(condition: Condition, a: list[float], b: list[float]) -> None:
    twice = Not(not_=Not(not_=condition))
    assert np.array_equal(judge(twice, accounts(a, b)), judge(condition, accounts(a, b)))


@settings(max_examples=60, deadline=None)
@given(questions, questions, values, values)
def test_not_both_means_one_of_them_not(one: Condition, two: Condition, a: list[float], b: list[float]) -> None:
    neither_all = Not(not_=All(all=(one, two)))
    one_fails = Any_(any=(Not(not_=one), Not(not_=two)))
    assert np.array_equal(judge(neither_all, accounts(a, b)), judge(one_fails, accounts(a, b)))


@settings(max_examples=60, deadline=None)
@given(questions, values, values)
def test_learning_a_missing_value_never_turns_a_true_into_a_false(
    condition: Condition, a: list[float], b: list[float]
) -> None:
    told = [0.0 if np.isnan(value) else value for value in b]
    before, after = judge(condition, accounts(a, b)), judge(condition, accounts(a, told))
    turned = (before[0] & after[1]) | (before[1] & after[0])
    assert not turned.any()


def test_an_unknown_score_is_neither_below_sixty_nor_not_below_sixty() -> None:
    table = ColumnTable((3,), {"health.score": np.array([50, np.nan, 90])})
    below, not_below = parse("health.score < 60"), parse("not health.score < 60")
    assert [evaluate(below, table).tolist(), evaluate(not_below, table).tolist()] == [
        [True, False, False],
        [False, False, True],
    ]
    assert evaluate(parse("health.score is missing"), table).tolist() == [False, True, False]


def test_a_text_is_compared_by_equality_only_and_a_missing_one_is_unknown() -> None:
    table = ColumnTable((3,), {"account.plan": np.array(["gold", None, "free"], object)})
    assert evaluate(parse("account.plan not in ['gold', 'silver']"), table).tolist() == [False, False, True]
    assert not evaluate(parse("account.plan > 3"), table).any()
    assert not evaluate(parse("not account.plan > 3"), table).any()


def test_a_date_trait_is_compared_with_a_date() -> None:
    days = np.array([20_453.0, 20_455.0])  # 2025-12-31, 2026-01-02
    table = ColumnTable((2,), families={"trait": lambda key: days if key == "live_on" else None})
    assert evaluate(parse("trait.live_on >= '2026-01-01'"), table).tolist() == [False, True]


def test_an_event_within_a_window_and_its_absence_are_opposites() -> None:
    table = ColumnTable((3,), events=Log(Export=[13, 14, np.nan]))
    assert evaluate(parse("event 'Export' in 14 days"), table).tolist() == [True, False, False]
    assert evaluate(parse("no event 'Export' in 14 days"), table).tolist() == [False, True, True]


def test_without_a_connected_source_nobody_is_said_to_be_quiet() -> None:
    table = ColumnTable((3,), events=Log(Export=[13, 14, np.nan]), events_known=False)
    assert not evaluate(parse("no event 'Export' in 14 days"), table).any()


def test_a_sequence_asks_for_the_order_of_the_last_days() -> None:
    table = ColumnTable((3,), events=Log(Trial=[9, 2, 20], Invite=[2, 9, 1]))
    assert evaluate(parse("sequence 'Trial' then 'Invite' in 14 days"), table).tolist() == [True, False, False]


def test_a_segment_is_asked_once_and_means_its_condition() -> None:
    segments = {"big": parse("account.arr >= 100")}
    table = ColumnTable((2,), {"account.arr": np.array([50.0, 200.0])}, segments=segments)
    assert evaluate(parse("in segment big"), table).tolist() == [False, True]
    with pytest.raises(UnknownColumn, match=r"segment\.huge"):
        evaluate(parse("in segment huge"), table)


def test_one_condition_fits_one_day_and_many_days() -> None:
    scores = np.array([[50.0, 70.0, np.nan], [61.0, 59.0, 10.0]])
    plans = np.array([["a"], ["b"]], object)
    condition = parse("health.score < 60 and account.plan = 'b'")
    table = ColumnTable((2, 3), {"health.score": scores, "account.plan": plans})
    assert evaluate(condition, table).tolist() == [[False, False, False], [False, True, True]]


def test_a_misspelt_column_is_answered_with_the_near_ones() -> None:
    table = ColumnTable((1,), {"measure.open_tickets": np.zeros(1)})
    with pytest.raises(UnknownColumn) as unknown:
        evaluate(read_condition({"column": "measure.open_ticket", "is": "above", "value": 1}), table)
    assert unknown.value.near == ["measure.open_tickets"]
