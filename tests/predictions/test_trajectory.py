"""Where health is heading: better than 'nothing changes' where something can be known, and honest about the rest."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from forestay.health.scorecard import read_scorecard
from forestay.predictions.scenarios import SCENARIOS, forecast_under
from forestay.predictions.snapshots import Snapshots
from forestay.predictions.trajectory import (
    SCORE,
    TooFewOutcomes,
    TrajectoryModel,
    fit_trajectory,
    future_scores,
)

ACCOUNTS, DAYS = 150, 24
NAMES = ("measure.usage_change_28d", "measure.sign_ins_30d", "measure.open_tickets", "measure.nps_180d", SCORE)


def company(seed: int = 4) -> Snapshots:
    """Scores that follow what usage does with a delay of some weeks; a tenth of the accounts tell nothing of usage."""
    rng = np.random.default_rng(seed)
    score, rows = rng.uniform(40, 90, ACCOUNTS), []
    usage = np.ones(ACCOUNTS)
    for _day in range(DAYS):
        usage = np.clip(1 + 0.8 * (usage - 1) + rng.normal(0, 0.15, ACCOUNTS), 0.2, 2)
        score = np.clip(score + 10 * (usage - 1) + rng.normal(0, 1.0, ACCOUNTS), 5, 95)
        told = np.where(np.arange(ACCOUNTS) % 10 == 0, np.nan, usage)
        rows.append(np.column_stack((told, 40 * usage, rng.poisson(2, ACCOUNTS), np.full(ACCOUNTS, np.nan), score)))
    accounts, days = np.tile(np.arange(ACCOUNTS), DAYS), np.repeat(20_000 + 10 * np.arange(DAYS), ACCOUNTS)
    return Snapshots(accounts, days, NAMES, np.concatenate(rows), np.full(len(days), 1000.0))


@pytest.fixture(scope="module")
def model() -> TrajectoryModel:
    x = company()
    return fit_trajectory(x, future_scores(x, (30, 60)), horizons=(30, 60))


def test_the_forecast_errs_less_than_nothing_changes_and_its_band_holds(model: TrajectoryModel) -> None:
    x = company(seed=5)
    true, found = future_scores(x, (30, 60)), model.forecast(x)
    known = ~np.isnan(true[:, 0])
    error = np.abs(found.level - true)[known, 0].mean() / np.abs(x.column(SCORE)[:, None] - true)[known, 0].mean()
    inside = ((true >= found.low) & (true <= found.high))[known, 0].mean()
    assert error < 0.9
    assert 0.72 < inside < 0.88
    assert (found.high - found.low)[known, 1].mean() > (found.high - found.low)[known, 0].mean()


def test_scores_stay_within_0_and_100(model: TrajectoryModel) -> None:
    x = company(seed=6)
    found = model.forecast(x)
    assert (found.low >= 0).all()
    assert (found.high <= 100).all()
    assert (found.low <= found.level).all()
    assert (found.level <= found.high).all()


def test_an_account_without_a_score_gets_no_forecast(model: TrajectoryModel) -> None:
    values = np.full((1, len(NAMES)), np.nan)
    x = Snapshots(np.array([1]), np.array([20_000]), NAMES, values, np.array([np.nan]))
    assert np.isnan(model.forecast(x).level).all()


def test_the_model_is_read_back_from_json_as_it_was(model: TrajectoryModel) -> None:
    again = TrajectoryModel.from_document(json.loads(json.dumps(model.to_document())))
    x = company(seed=7)
    assert np.allclose(again.forecast(x).high, model.forecast(x).high, atol=1e-3)


def test_what_happens_after_the_training_day_does_not_reach_the_model() -> None:
    x = company()
    old = x.as_of_days <= 20_150
    known = future_scores(x.take(old), (30,))
    assert np.isnan(known[x.take(old).as_of_days > 20_120]).all()


def test_where_nothing_can_be_known_nothing_changes() -> None:
    rng = np.random.default_rng(3)
    x = company()
    noise = Snapshots(x.account_ids, x.as_of_days, x.names, rng.uniform(0, 100, x.values.shape), x.arr)
    walk = noise.column(SCORE)[:, None] + rng.normal(0, 10, (len(x), 1))
    assert fit_trajectory(noise, walk, horizons=(30,)).ahead[0].belief <= 0.35


def test_too_short_a_past_is_said() -> None:
    x = company().take(slice(0, 300))
    with pytest.raises(TooFewOutcomes, match="later score"):
        fit_trajectory(x, future_scores(x))


def test_logins_that_come_back_raise_the_forecast_of_who_lost_them(model: TrajectoryModel) -> None:
    now, then = company(seed=9), company(seed=9)
    now.values[:2, :2] = (0.3, 4)
    then.values[:2, :2] = (1.0, 60)
    now, then = now.take(slice(0, 2)), then.take(slice(0, 2))
    found = forecast_under(SCENARIOS[0], model, now, then)
    assert (found.under.level[1] > found.as_it_stands.level[1]).all()
    assert found.changed.tolist() == [True, True]
    assert (found.score >= now.column(SCORE)).all()


def test_a_scenario_that_changes_nothing_leaves_the_forecast_as_it_is(model: TrajectoryModel) -> None:
    now = company(seed=9).take(slice(0, 3))
    now.values[:, 2] = 0
    solved = next(one for one in SCENARIOS if one.key == "tickets_solved")
    found = forecast_under(solved, model, now, now)
    assert np.array_equal(found.under.level, found.as_it_stands.level)
    assert not found.changed.any()


@pytest.mark.parametrize(
    "when",
    [
        {"segment": "big"},
        {"event": "Exported", "within_days": 7},
        {"column": "account.plan", "is": "equal", "value": "free"},
    ],
)
def test_a_scorecard_that_asks_what_is_not_known_here_is_asked_for_the_rest(
    model: TrajectoryModel, when: dict[str, object]
) -> None:
    """Segments, events and the account's own columns are the same with and without the scenario."""
    card = read_scorecard(
        {"key": "strict", "name": "Strict", "exceptions": [{"when": when, "reason": "so", "cap": 30}]}
    )
    now = company(seed=9).take(slice(0, 3))
    now.values[:, 2] = 6
    found = forecast_under(next(one for one in SCENARIOS if one.key == "tickets_solved"), model, now, now, (card,))
    assert (found.score > now.column(SCORE)).all()


def test_forecasting_loads_no_training_library() -> None:
    asked = (
        "import sys, forestay.predictions.trajectory, forestay.predictions.scenarios, forestay.predictions.signature; "
    )
    asked += "print([m for m in ('lightgbm', 'sklearn', 'scipy') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
