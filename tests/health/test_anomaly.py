"""Unusual use is what is unusual for this account, in this workspace, on such days."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forestay.health.anomaly import Lines, alarms, lines_of, surprises, tails, unusual
from forestay.health.ordinary import day_factors, ordinary_of
from forestay.health.silence import silence_of

DAYS = 100
Counts = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def company(accounts: int = 120, a_day: float = 4.0, seed: int = 3) -> Counts:
    """Counts of accounts that work on weekdays, with levels of their own."""
    rng = np.random.default_rng(seed)
    weekday = np.where(np.arange(DAYS) % 7 < 5, 1.35, 0.125)
    return rng.poisson(a_day * rng.gamma(4, 0.25, (accounts, 1)) * weekday).astype(float)


def test_an_account_that_falls_silent_is_unusual_and_the_others_are_not() -> None:
    daily = company()
    daily[7, -10:] = 0
    found = unusual(daily)
    assert (found.direction[7], found.days[7], found.counted[7], found.ratio[7] < 0.3) == (-1, 7, 0, True)
    assert np.count_nonzero(found.direction) <= 12


def test_an_account_that_loses_most_of_its_use_is_found_within_a_fortnight() -> None:
    daily = company()
    rng = np.random.default_rng(9)
    daily[:12, -14:] = rng.binomial(daily[:12, -14:].astype(int), 0.4)
    assert (unusual(daily).direction[:12] == -1).sum() >= 9


def test_a_sudden_rise_is_told_apart_from_a_fall() -> None:
    daily = company()
    daily[5, -7:] *= 4
    assert unusual(daily).direction[5] == 1


def test_a_holiday_of_all_is_nobodys_alarm() -> None:
    daily = company()
    daily[:, -9:-2] = 0
    assert np.count_nonzero(unusual(daily).direction) <= 12


def test_a_weekend_is_not_a_fall() -> None:
    daily = company(accounts=3)
    assert unusual(daily[:, :-1]).direction.tolist() == [0, 0, 0]


def test_who_has_just_begun_is_not_unusually_busy() -> None:
    daily = company()
    daily[4, :-12] = 0
    assert unusual(daily).direction[4] == 0


def test_hardly_any_use_raises_no_alarm() -> None:
    daily = company()
    daily[3] = 0
    daily[3, ::14] = 1
    daily[3, -20:] = 0
    assert unusual(daily).direction[3] == 0


def rarely(every: int, silent: int) -> Counts:
    """A company of whom the fourth is used every so many days, and not at all for the last `silent`."""
    daily = company()
    daily[3] = 0
    daily[3, DAYS - silent - 1 :: -every] = 1
    return daily


def test_who_is_used_every_fifth_day_is_missed_after_a_fortnight() -> None:
    found = unusual(rarely(5, 14))
    assert (found.direction[3], found.days[3], found.counted[3]) == (-1, 14, 0)
    assert unusual(rarely(5, 8)).direction[3] == 0


def test_who_is_used_once_in_ten_days_is_missed_later() -> None:
    """Silences of a fortnight are ordinary for it, so nobody can know."""
    assert [unusual(rarely(10, silent)).direction[3] for silent in (14, 40)] == [0, -1]


def test_a_silence_in_an_outage_of_all_is_none() -> None:
    daily = rarely(5, 14)
    daily[:, -12:-1] = 0
    assert silence_of(daily, day_factors(daily)).in_90_days[3] > 2


def test_a_long_silence_is_expected_as_often_as_it_happens() -> None:
    """Days with use by chance, two weeks in five without any: the number that is said is the number that comes."""
    random = np.random.default_rng(2)
    daily = (random.random((4000, DAYS)) < 0.15).astype(float)
    said = silence_of(daily, np.ones(DAYS))
    long = said.days >= 14
    assert np.median(said.in_90_days[long & (said.days < 16)]) == pytest.approx(90 * 0.15 * 0.85**14, rel=0.35)
    assert said.tail[long].mean() < 0.2


def test_who_was_never_seen_is_not_silent() -> None:
    said = silence_of(np.zeros((2, DAYS)), np.ones(DAYS))
    assert np.isnan(said.days).all()
    assert np.isinf(said.in_90_days).all()


def test_nothing_is_unusual_before_there_is_a_past() -> None:
    assert unusual(company()[:, :40]).direction.tolist() == [0] * 120


def test_a_second_count_of_the_same_use_has_a_say() -> None:
    events, sign_ins = company(seed=3), company(seed=3, a_day=2.0)
    events[6, -14:] = np.ceil(events[6, -14:] * 0.45)
    sign_ins[6, -14:] = 0
    lines = Lines(fall=3.0, rise=6.0)
    alone, together = unusual(events, lines=lines), unusual(events, sign_ins, lines=lines)
    assert together.tail[6] < alone.tail[6]


def test_lines_let_through_as_many_alarms_as_were_asked_for() -> None:
    daily = company(accounts=400)
    ordinary = ordinary_of(daily)
    lines = lines_of([daily], [ordinary], alarms_90_days=1.0)
    found = surprises(daily, ordinary, np.arange(56, DAYS))
    raised = alarms(found.fall, lines.fall).sum() + alarms(found.rise, lines.rise).sum()
    assert 0.3 < 90 * raised / found.fall.size <= 1.1


def test_wilder_use_needs_a_deeper_fall() -> None:
    rng = np.random.default_rng(4)
    calm = rng.poisson(4.0, (200, DAYS)).astype(float)
    wild = rng.poisson(rng.gamma(0.5, 8.0, (200, DAYS))).astype(float)
    daily = np.concatenate((calm, wild))
    daily[[0, 200], -7:] = 1
    found = unusual(daily)
    assert found.tail[0] < found.tail[200]


def test_an_alarm_that_lasts_is_one_alarm() -> None:
    surprise = np.array([[0, 3, 3, 0, 3, 0, 0]], float)
    assert alarms(surprise, 2.0).tolist() == [[False, True, False, False, False, False, False]]


def test_factors_of_days_are_learned_from_all_accounts() -> None:
    daily = company()
    daily[:, 50] = 0
    factors = day_factors(daily)
    assert factors[50] < 0.1 < 1.2 < factors[49]


def exact(count: int, mean: float, variance: float) -> tuple[float, float]:
    """The same negative binomial by summing its terms, half of the last one."""
    r = mean**2 / (variance - mean)
    p = r / (r + mean)
    terms = [
        math.exp(math.lgamma(k + r) - math.lgamma(r) - math.lgamma(k + 1) + r * math.log(p) + k * math.log1p(-p))
        for k in range(count + 1)
    ]
    below = sum(terms) - terms[-1] / 2
    return below, 1 - below


@pytest.mark.parametrize(
    ("count", "mean", "variance"), [(2, 10, 30), (0, 8, 12), (1, 6, 9), (30, 10, 40), (100, 120, 400)]
)
def test_the_tails_agree_with_the_exact_sum(count: int, mean: float, variance: float) -> None:
    low, high = tails(np.array([float(count)]), np.array([float(mean)]), np.array([float(variance)]))
    wanted = exact(count, mean, variance)
    assert (low[0], high[0]) == (pytest.approx(wanted[0], abs=0.006), pytest.approx(wanted[1], abs=0.006))
