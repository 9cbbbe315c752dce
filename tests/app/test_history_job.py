"""The days before an import are kept as changes, not as copies of every day."""

from __future__ import annotations

import numpy as np

from forestay.app.job_kinds.history_job import changes
from forestay.signals.past_health import PastHealth

RED, YELLOW, NONE = 0, 1, -1


def past(*days: tuple[float, int]) -> PastHealth:
    score = np.array([[score for score, _ in days]])
    band = np.array([[band for _, band in days]], np.int8)
    shape = score.shape
    return PastHealth(np.array([7]), score, band, np.ones(shape), np.zeros((*shape, 5)), np.zeros(shape, np.int8))


def days_kept(*days: tuple[float, int]) -> list[int]:
    return np.flatnonzero(changes(past(*days))[0]).tolist()


def test_the_first_score_is_kept_and_then_what_moved_a_point() -> None:
    assert days_kept((70, YELLOW), (70.4, YELLOW), (70.9, YELLOW), (71.0, YELLOW), (71.5, YELLOW)) == [0, 3]


def test_another_band_is_kept_however_small_the_move() -> None:
    assert days_kept((60.1, YELLOW), (59.9, RED)) == [0, 1]


def test_an_account_begins_when_it_has_a_score_and_ends_when_it_has_none() -> None:
    assert days_kept((np.nan, NONE), (50, RED), (50, RED), (np.nan, NONE), (np.nan, NONE)) == [1, 3]
