"""The protocol end to end on tables of which it is known what can be foreseen."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from forestay.predictions.evaluate.plots import gains_svg, reliability_svg
from forestay.predictions.evaluate.protocol import plan
from forestay.predictions.evaluate.question import Asked, asked_of
from forestay.predictions.evaluate.report import EvaluationReport, as_document, evaluate_table
from forestay.predictions.evaluate.table import RawTable
from forestay.predictions.evaluate.verdict import gains, reliability, wilson
from forestay.predictions.evaluate.words import in_words
from tests.predictions.evaluate.made_tables import customers

QUICK = ("logistic",)


def raw(columns: dict[str, list[str]]) -> RawTable:
    return RawTable(tuple(columns), tuple(columns.values()))


@pytest.fixture(scope="module")
def foreseeable() -> EvaluationReport:
    return evaluate_table(raw(customers(900)), "churned", repeats=2, candidates=QUICK)


@pytest.fixture(scope="module")
def random() -> EvaluationReport:
    return evaluate_table(raw(customers(900, slope=0.0)), "churned", repeats=2, candidates=QUICK)


def asked(columns: dict[str, list[str]], **named: str) -> Asked:
    return asked_of(raw(columns), "churned", **named)


def test_skill_that_is_there_is_found_and_its_percentages_hold(foreseeable: EvaluationReport) -> None:
    figures = foreseeable.figures
    assert figures.has_skill
    assert 0.80 < figures.auc.low < figures.auc.value < figures.auc.high < 0.95
    assert figures.ece < 0.06
    assert "strong skill" in in_words(foreseeable)


def test_where_nothing_foretells_it_no_skill_is_found(random: EvaluationReport) -> None:
    assert not random.figures.has_skill
    assert random.figures.auc.low < 0.5 < random.figures.auc.high
    assert "No skill found" in in_words(random)


def test_accuracy_is_named_and_called_worthless(random: EvaluationReport) -> None:
    assert "accurate and worth nothing" in in_words(random)


def test_a_leak_that_no_single_column_shows_trips_the_alarm() -> None:
    columns = customers(900)
    rng = np.random.default_rng(3)
    for n in range(6):
        columns[f"hint {n}"] = [f"{(said == 'Yes') * 2.2 + rng.standard_normal():.3f}" for said in columns["churned"]]
    report = evaluate_table(raw(columns), "churned", repeats=1, candidates=QUICK)
    assert not report.refused
    assert "too good to be true" in report.too_good
    assert "too good to be true" in in_words(report)


def test_a_stated_ceiling_is_kept_to(foreseeable: EvaluationReport) -> None:
    strict = evaluate_table(raw(customers(900)), "churned", repeats=1, candidates=QUICK, ceiling=0.6)
    assert not foreseeable.too_good
    assert "0.60" in strict.too_good


def test_two_halves_share_no_row_and_no_customer() -> None:
    columns = customers(400)
    columns["customer"] = [f"acc-{n // 4}" for n in range(400)]
    some = asked(columns, id_="customer")
    for train, test in plan(some, repeats=2).folds:
        assert not set(some.group[train]) & set(some.group[test])
        assert len(train) + len(test) == 400


def test_with_time_everything_that_is_judged_lies_after_what_was_learned() -> None:
    columns = customers(400)
    columns["day"] = [f"2026-{1 + n % 10:02d}-01" for n in range(400)]
    some = asked(columns, time="day")
    assert some.time is not None
    folds = plan(some).folds
    assert len(folds) >= 2
    assert all(some.time[train].max() < some.time[test].min() for train, test in folds)


def test_the_document_is_json_without_nan(random: EvaluationReport) -> None:
    text = json.dumps(as_document(random), allow_nan=False)
    assert json.loads(text)["has_skill"] is False


def test_drawings_are_well_formed_and_hold_their_numbers(foreseeable: EvaluationReport) -> None:
    figures = foreseeable.figures
    for drawing in (
        reliability_svg(figures.bins, "a < b & c"),
        gains_svg(figures.gains, foreseeable.base_rate, "gains"),
    ):
        assert ET.fromstring(drawing).tag.endswith("svg")
        assert "%" in drawing


def test_reliability_groups_hold_every_row_once() -> None:
    p = np.linspace(0.01, 0.99, 95)
    groups = reliability(p, p > 0.5)
    assert sum(one.rows for one in groups) == 95
    assert groups[0].happened == 0.0
    assert groups[-1].happened == 1.0


def test_gains_end_with_everybody_and_every_event() -> None:
    points = gains(np.array([0.9, 0.1, 0.8, 0.2]), np.array([True, False, True, False]))
    assert (0.5, 1.0) in points
    assert points[-1] == (1.0, 1.0)


def test_the_interval_of_a_share_agrees_with_the_textbook() -> None:
    low, high = wilson(10, 100)
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744)
