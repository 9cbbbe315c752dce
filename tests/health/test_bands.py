"""Bands: entered at their line going down, left only above line and hysteresis going up."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.health.bands import NONE, bands_of, certainty
from forestay.health.scorecard import Bands

scores = st.lists(st.one_of(st.just(float("nan")), st.floats(0, 100)), min_size=1, max_size=40)


def course(values: list[float], bands: Bands) -> list[int]:
    """Bands of one account's scores, one a day."""
    return [int(code) for code in bands_of(np.array([values]), bands, None)[0]]


def test_a_red_account_stays_red_below_63() -> None:
    assert course([70, 59.9, 62.9, 60, 63, 61], Bands()) == [1, 0, 0, 0, 1, 1]


def test_a_green_account_turns_yellow_below_80_and_back_only_at_83() -> None:
    assert course([80, 79.9, 82.9, 83, 80], Bands()) == [2, 1, 1, 2, 2]


def test_the_first_score_ever_takes_its_band_from_the_lines_alone() -> None:
    assert [course([value], Bands())[0] for value in (59.99, 60, 79.99, 80)] == [0, 1, 1, 2]


def test_equal_lines_leave_no_room_for_yellow() -> None:
    assert course([69, 70, 72, 75, 69], Bands(red_below=70, green_from=70)) == [0, 0, 0, 2, 0]


def test_a_score_that_is_lost_has_no_band_and_comes_back_without_memory() -> None:
    assert course([59, float("nan"), 61], Bands()) == [0, NONE, 1]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.floats(0, 15))
def test_a_band_never_flaps_more_often_than_the_score_crosses_both_lines(values: list[float], width: float) -> None:
    """Each fall is below the line and each rise above line + hysteresis: the turns of the score between the two."""
    beyond = [value >= 60 + width for value in values if value < 60 or value >= 60 + width]
    turns = sum(one != next_ for one, next_ in pairwise(beyond))
    days = course(values, Bands(red_below=60, green_from=60, hysteresis=width))
    assert sum(one != next_ for one, next_ in pairwise(days)) <= turns + 1


@settings(max_examples=60, deadline=None)
@given(scores)
def test_hysteresis_only_ever_delays_the_better_band(values: list[float]) -> None:
    eager, slow = course(values, Bands(hysteresis=0)), course(values, Bands(hysteresis=5))
    assert all(late <= soon for soon, late in zip(eager, slow, strict=True))


def sure(score: float, *, confidence: float = 1.0, spread: float = 1.0) -> float:
    band = bands_of(np.array([score]), Bands(), None)
    found = certainty(np.array([score]), band, Bands(), np.array([confidence]), np.array([spread]))
    return float(found[0])


def test_a_band_far_from_its_lines_is_sure_and_one_on_the_line_is_a_coin() -> None:
    assert sure(95) > 0.999
    assert sure(80) == pytest.approx(0.5)


def test_a_jumpy_score_and_missing_evidence_make_a_band_less_sure() -> None:
    assert sure(70, spread=8) < sure(70, spread=2)
    assert sure(70, confidence=0.5) < sure(70, confidence=1.0)


@settings(max_examples=60, deadline=None)
@given(scores, st.floats(0, 15), st.sampled_from([NONE, 0, 1, 2]))
def test_bands_of_a_run_of_days_are_those_that_each_day_gives_the_next(
    values: list[float], width: float, first: int
) -> None:
    bands, before = Bands(red_below=50, green_from=70, hysteresis=width), np.array([first], np.int8)
    together = bands_of(np.array([values]), bands, before)[0].tolist()
    each = []
    for value in values:
        before = bands_of(np.array([value]), bands, before)
        each.append(int(before[0]))
    assert together == each
