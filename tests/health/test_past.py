"""History and trends of scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forestay.health.history import HistoryView, MatrixHistory, ScoreHistory, spread_of
from forestay.health.trend import ratio, trends

ALL = np.arange(2)


def test_a_day_without_a_new_score_keeps_the_one_before() -> None:
    history = ScoreHistory(100)
    history.record(ALL, np.array([80.0, np.nan]))
    history.roll(130)
    history.record(ALL, np.array([60.0, 50.0]))
    np.testing.assert_array_equal(history.at(ALL, 30), [80, np.nan])
    np.testing.assert_array_equal(history.at(ALL, 1), [80, np.nan])
    np.testing.assert_array_equal(history.at(ALL, 0), [60, 50])


def test_what_is_older_than_the_ring_is_not_mistaken_for_the_present() -> None:
    history = ScoreHistory(100)
    history.record(ALL, np.array([10.0, 20.0]))
    history.roll(101)
    history.record(ALL, np.array([90.0, 90.0]))
    history.roll(300)
    assert history.at(ALL, 90).tolist() == [90, 90]


def test_a_history_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    history = ScoreHistory(100)
    history.record(ALL, np.array([61.37, np.nan]))
    history.dump(tmp_path)
    np.testing.assert_array_equal(ScoreHistory.load(tmp_path).at(ALL, 0), [61.37, np.nan])


def test_offline_and_online_remember_the_same_days() -> None:
    daily = np.round(np.random.default_rng(1).uniform(0, 100, (2, 60)), 2)
    history = ScoreHistory(1000)
    for day in range(60):
        history.roll(1000 + day)
        history.record(ALL, daily[:, day])
    offline = MatrixHistory(daily)
    for ago in (7, 30):
        np.testing.assert_allclose(HistoryView(history, ALL).at(ago), offline.at(ago)[:, -1])


def test_a_trend_down_by_a_fifth_is_a_ratio_of_eight_tenths() -> None:
    assert ratio(np.array([64.0, 64.0, np.nan]), np.array([80.0, np.nan, 50.0]))[0] == pytest.approx(0.8)


def test_a_change_inside_the_noise_is_known_as_such() -> None:
    random = np.random.default_rng(5)
    restless = np.clip(70 + random.normal(0, 6, (1, 29)), 0, 100)
    spread = spread_of(restless)
    found = trends(restless[:, -1], MatrixHistoryAt(restless), spread)
    assert abs(found.changes[0, 0]) < found.half_widths[0, 0]


class MatrixHistoryAt:
    """The last day's view of a matrix of scores."""

    def __init__(self, daily: np.ndarray) -> None:
        self.daily = daily

    def at(self, days_ago: int) -> np.ndarray:
        return self.daily[:, -1 - min(days_ago, self.daily.shape[1] - 1)]


def test_a_spread_is_not_said_from_too_few_days() -> None:
    assert np.isnan(spread_of(np.array([[60.0, 61, 62, np.nan, np.nan]])))[0]
