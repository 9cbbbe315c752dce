"""The profile that predictions are measured on is not easy, and the oracle says how hard it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from forestay.predictions.metrics import auc, calibration_slope
from forestay.simulator import CompanySpec
from forestay.simulator.account import releases
from forestay.simulator.latent import Latent, is_held_out, live
from forestay.simulator.oracle import chance_of_leaving
from forestay.simulator.profile import profile_of
from forestay.simulator.shocks import Intervention, InterventionKind
from forestay.simulator.spec import MEASURED, Leaving
from tests.simulator.conftest import UNTIL

ACCOUNTS, HORIZON = 700, 60
SPEC = CompanySpec(seed=1, accounts=ACCOUNTS, months=24, until=UNTIL, stories=False, leaving=MEASURED)


@dataclass(frozen=True)
class Asked:
    """Every customer's chance on many days, what came, and the chances to decide of all their weeks."""

    lives: list[Latent]
    chance: np.ndarray
    left: np.ndarray
    weeks: int
    hazard: float
    years: float
    gone: int


@pytest.fixture(scope="module")
def asked() -> Asked:
    lives, chances, left = [], [], []
    for number in range(ACCOUNTS):
        days = SPEC.days + HORIZON
        life = live(SPEC, profile_of(SPEC, number), releases(SPEC, days), days)
        lives.append(life)
        grid = np.arange(120, SPEC.days, 45)
        grid = grid[(grid >= life.profile.first_day + 30) & (grid < life.end_day)]
        chances.append(chance_of_leaving(SPEC, life, grid, HORIZON))
        last = life.churn.last_day if life.churn else 10**6
        left.append(last <= grid + HORIZON)
    hazard = np.concatenate([life.hazard[life.hazard > 0] for life in lives])
    years = sum((min(life.end_day, SPEC.days) - life.profile.first_day) / 365 for life in lives)
    gone = sum(life.end_day < SPEC.days for life in lives)
    return Asked(lives, np.concatenate(chances), np.concatenate(left), len(hazard), float(hazard.sum()), years, gone)


def test_eight_to_fifteen_of_a_hundred_leave_in_a_year(asked: Asked) -> None:
    a_year = asked.gone / asked.years
    assert 0.08 <= a_year <= 0.15


def test_nothing_foretells_three_in_ten_of_those_who_leave(asked: Asked) -> None:
    """By the chances themselves, so that the luck of a small sample does not matter."""
    share = MEASURED.random_hazard * asked.weeks / asked.hazard
    assert share >= 0.30


def test_who_sees_the_hidden_state_is_good_and_not_perfect(asked: Asked) -> None:
    """By the oracle's own chances, which come true: the luck of 700 accounts alone is three points."""
    order = np.argsort(asked.chance)
    leaves, stays = asked.chance[order], 1.0 - asked.chance[order]
    behind = np.cumsum(stays) - stays / 2
    assert 0.80 <= float((leaves * behind).sum() / (leaves.sum() * stays.sum())) <= 0.88
    assert auc(asked.chance, asked.left) > 0.75


def test_the_oracles_chances_come_true(asked: Asked) -> None:
    slope, _ = calibration_slope(asked.chance, asked.left)
    expected, happened = float(asked.chance.mean()), float(asked.left.mean())
    assert expected == pytest.approx(happened, rel=0.15)
    assert 0.85 < slope < 1.15


def test_the_oracle_does_not_see_what_has_not_happened_yet() -> None:
    """A longer life, with other shocks and luck after the day, changes nothing of what is said on it."""
    profile = profile_of(SPEC, 12)
    days = np.array([200, 260])
    short = live(SPEC, profile, releases(SPEC, 300), 300)
    long = live(SPEC, profile, releases(SPEC, 600), 600)
    np.testing.assert_allclose(
        chance_of_leaving(SPEC, short, days, HORIZON), chance_of_leaving(SPEC, long, days, HORIZON)
    )


def test_a_longer_horizon_is_never_less_likely(asked: Asked) -> None:
    life = asked.lives[3]
    days = np.array([life.profile.first_day + 130])
    chances = [chance_of_leaving(SPEC, life, days, horizon)[0] for horizon in (30, 60, 90)]
    assert chances == sorted(chances)


def test_the_demo_leaves_as_it_did_before() -> None:
    assert CompanySpec().leaving == Leaving()
    assert CompanySpec().holdout == 0.0


def test_a_fifth_is_held_out_and_gets_no_help() -> None:
    spec = replace(SPEC, holdout=0.2)
    out = [number for number in range(600) if is_held_out(spec, number)]
    assert 0.15 < len(out) / 600 < 0.25
    helped = [live(spec, profile_of(spec, number), (), 700).interventions for number in out[:40]]
    assert not any(helped)


def test_help_lowers_the_chance_to_leave_of_those_who_can_be_helped() -> None:
    everybody = [profile_of(SPEC, number) for number in range(200)]
    numbers = [one.account for one in everybody if one.response == "persuadable" and one.first_day < 250][:30]
    without, with_help = [], []
    for number in numbers:
        profile = profile_of(SPEC, number)
        given = Intervention(InterventionKind.CHECK_IN, 300, 1.0, 1.0)
        without.append(live(SPEC, profile, (), 500, decides=False).hazard[45:60].sum())
        with_help.append(live(SPEC, profile, (), 500, (given,), decides=False).hazard[45:60].sum())
    assert np.mean(with_help) < 0.8 * np.mean(without)
