"""What columns are taken for, and which are left out with a reason."""

from __future__ import annotations

import numpy as np
import pytest

from forestay.kit.errors import Invalid
from forestay.predictions.evaluate.columns import features_of, parsed_numbers
from forestay.predictions.evaluate.question import BadLabel, asked_of, yes_of
from forestay.predictions.evaluate.suspicion import giveaways, known_set
from forestay.predictions.evaluate.table import RawTable
from tests.predictions.evaluate.made_tables import customers


def raw(**columns: list[str]) -> RawTable:
    return RawTable(tuple(columns), tuple(columns.values()))


def reason(table: RawTable, name: str) -> str:
    return next(one.reason for one in features_of(table, apart=[]).left_out if one.name == name)


def test_blank_numbers_are_missing_and_not_zero() -> None:
    values, share = parsed_numbers(["29.85", "", "1,889.50", "$30", "12 %", "-"])
    np.testing.assert_array_equal(values, [29.85, np.nan, 1889.5, 30.0, 12.0, np.nan])
    assert share == 1.0


def test_decimal_commas_are_read() -> None:
    np.testing.assert_array_equal(parsed_numbers(["1,5", "2,25"])[0], [1.5, 2.25])


def test_levels_become_columns_and_two_levels_one() -> None:
    table = raw(plan=["a", "b", "c"] * 10, kind=["x", "y"] * 15)
    assert features_of(table, apart=[]).names == ("plan=a", "plan=b", "plan=c", "kind=y")


def test_what_names_the_rows_is_left_out() -> None:
    many = [str(n) for n in range(60)]
    table = raw(
        customer=[f"acc-{n}" for n in range(60)], row=many, same=["1"] * 60, nothing=[""] * 60, use=["1", "2"] * 30
    )
    assert "names the rows" in reason(table, "customer")
    assert "numbers the rows" in reason(table, "row")
    assert "same value" in reason(table, "same")
    assert "empty" in reason(table, "nothing")


def test_a_text_with_very_many_values_is_left_out() -> None:
    table = raw(city=[f"city {n // 2}" for n in range(400)], use=["1", "2"] * 200)
    assert "different texts" in reason(table, "city")


def test_a_column_that_is_filled_in_for_those_who_left_is_refused() -> None:
    left = [n % 4 == 0 for n in range(200)]
    table = raw(
        note=["2026-01-01" if gone else "" for gone in left],
        use=[str(n % 7) for n in range(200)],
        label=["1" if gone else "0" for gone in left],
    )
    asked = asked_of(table, "label")
    assert [one.name for one in giveaways(asked.features, asked.happened).refused] == ["note"]


def test_a_column_is_refused_for_its_name_even_where_it_tells_little() -> None:
    table = raw(churn_reason=["a", "b"] * 100, use=[str(n % 7) for n in range(200)], label=["1", "0", "0", "0"] * 50)
    asked = asked_of(table, "label")
    assert [one.name for one in giveaways(asked.features, asked.happened).refused] == ["churn_reason"]


@pytest.mark.parametrize(
    ("texts", "positive"),
    [(["Yes", "No", "No"], "Yes"), (["0", "1", "1"], "1"), (["True", "False"], "True"), (["Active", "Gone"], "Gone"),
     (["ja", "nein", "nein"], "ja"), (["1.0", "0.0"], "1.0")],
)  # fmt: skip
def test_what_counts_as_yes(texts: list[str], positive: str) -> None:
    assert yes_of(texts, "label")[2] == positive


def test_rows_without_a_label_are_left_out_and_counted() -> None:
    told = yes_of(["yes", "", "no", "NA"], "label")
    assert told[1].tolist() == [True, False, True, False]
    assert told[3] == ["2 rows without a label were left out."]


@pytest.mark.parametrize(
    ("texts", "says"),
    [(["yes"] * 9, "every row says 'yes'"), (["a", "b", "c"], "3 different values"), (["", ""], "nothing")],
)
def test_a_label_that_cannot_be_learned_is_refused(texts: list[str], says: str) -> None:
    with pytest.raises(BadLabel, match=says):
        yes_of(texts, "label")


def test_a_tiny_table_is_told_to_wait() -> None:
    table = raw(use=[str(n) for n in range(300)], label=["1" if n % 30 == 0 else "0" for n in range(300)])
    with pytest.raises(BadLabel, match="only 10 of 300 rows say '1'"):
        asked_of(table, "label")


def test_a_misspelt_label_is_answered_with_the_nearest() -> None:
    table = raw(**customers(40))
    with pytest.raises(Exception, match="did you mean churned"):
        asked_of(table, "churnd")


def test_the_telco_set_is_known_by_its_columns() -> None:
    columns = ["customerID", "tenure", "MonthlyCharges", "TotalCharges", "Contract", "InternetService", "leak"]
    assert known_set(columns) == "ibm-telco"
    assert known_set(columns[:3]) == ""


def test_a_table_without_a_column_to_learn_from_says_why_of_each() -> None:
    said = ["yes", "no"] * 100
    table = raw(same=["x"] * 200, blank=[""] * 200, label=said)
    with pytest.raises(Invalid, match=r"'same' has the same value in every row; 'blank' is empty$"):
        asked_of(table, "label")
    with pytest.raises(Invalid, match="there is none beside it"):
        asked_of(raw(label=said), "label")
