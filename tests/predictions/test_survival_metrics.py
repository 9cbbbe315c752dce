"""Order of ends, squared error over time, and how early alerts came."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.predictions.survival_metrics import censoring_survival, concordance, ibs, lead_time

ends = st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 4)), min_size=2, max_size=25)


@settings(max_examples=50, deadline=None)
@given(ends)
def test_concordance_counts_pairs(rows: list[tuple[int, bool, int]]) -> None:
    time, seen, risk = (np.array([row[at] for row in rows]) for at in range(3))
    pairs = [
        (risk[a] > risk[b]) + 0.5 * (risk[a] == risk[b])
        for a in range(len(rows))
        for b in range(len(rows))
        if seen[a] and (time[a] < time[b] or (time[a] == time[b] and not seen[b]))
    ]
    np.testing.assert_allclose(concordance(risk.astype(float), time, seen), np.mean(pairs) if pairs else np.nan)


def test_without_censoring_the_integrated_score_is_the_mean_squared_error() -> None:
    time, seen = np.array([1.0, 2.0, 3.0]), np.ones(3, bool)
    survival = np.array([[0.9, 0.2], [0.8, 0.4], [0.9, 0.7]])
    first = np.mean([(0 - 0.9) ** 2, (1 - 0.8) ** 2, (1 - 0.9) ** 2])
    second = np.mean([0.2**2, 0.4**2, (1 - 0.7) ** 2])
    assert ibs(survival, np.array([1.0, 2.0]), time, seen) == pytest.approx((first + second) / 2)


def test_half_of_those_at_risk_lost_from_view_halves_the_chance_of_staying_in_view() -> None:
    moments, chance = censoring_survival(np.array([1.0, 2.0, 3.0, 3.0]), np.array([True, False, True, True]))
    assert moments.tolist() == [2.0]
    assert chance.tolist() == [pytest.approx(2 / 3)]


def test_lead_time_runs_from_the_first_alert_to_the_event() -> None:
    ids, days = np.array([1, 1, 1, 2, 3]), np.array([0, 30, 60, 60, 60])
    event, alerted = np.array([70.0, 40.0, 10.0, 20.0, np.inf]), np.array([False, True, True, False, True])
    found = lead_time(ids, days, event, alerted)
    assert (found.events, found.foreseen, found.median_days) == (2, 1, 40.0)
