"""Arms that did not get their shares discredit a test, and are found out."""

from __future__ import annotations

import numpy as np
import pytest

from forestay.journeys.experiments.mismatch import sample_ratio

NAMES = ("a", "b")


def dealt(random: np.random.Generator, share: float, n: int) -> np.ndarray:
    return (random.random(n) >= share).astype(np.int64)


def planned(n: int, share: float = 0.5) -> np.ndarray:
    return np.tile([share, 1 - share], (n, 1))


def test_52_to_48_is_found_in_ten_thousand() -> None:
    random = np.random.default_rng(1)
    found = sum(sample_ratio(dealt(random, 0.52, 10_000), planned(10_000), NAMES, 0.05).is_mismatch for _ in range(40))
    assert found >= 34


def test_fair_shares_raise_no_alarm_however_often_one_looks() -> None:
    """The p-value is that of the worst look of all, so one call looks after every subject."""
    random = np.random.default_rng(2)
    false_alarms = sum(
        sample_ratio(dealt(random, 0.5, 5_000), planned(5_000), NAMES, 0.05).is_mismatch for _ in range(150)
    )
    assert false_alarms <= 150 * 0.05 + 2 * np.sqrt(150 * 0.05 * 0.95)


def test_an_arm_that_gets_nobody_is_found_within_a_hundred() -> None:
    assert sample_ratio(np.zeros(100, np.int64), planned(100), NAMES).is_mismatch


def test_shares_that_were_moved_on_purpose_are_no_mismatch() -> None:
    random = np.random.default_rng(3)
    arms = np.concatenate([dealt(random, 0.5, 2_000), dealt(random, 0.9, 2_000)])
    chances = np.concatenate([planned(2_000), planned(2_000, 0.9)])
    found = sample_ratio(arms, chances, NAMES)
    assert not found.is_mismatch
    assert found.expected["a"] == pytest.approx(2_000 * 0.5 + 2_000 * 0.9)


def test_somebody_in_an_arm_that_was_stopped_is_a_fault() -> None:
    assert sample_ratio(np.array([0, 1], np.int64), planned(2, 1.0), NAMES).p_value == 0.0


def test_no_subject_is_no_mismatch() -> None:
    assert sample_ratio(np.empty(0, np.int64), planned(0), NAMES).p_value == 1.0
