"""What the best of forecasters could know: one who sees the hidden state, and neither the dice nor the future.

Gives: chance_of_leaving(), chance_of_deciding().
Source: docs/simulator.md, 'For measuring'.

The oracle sees at the end of a day everything hidden that moves behaviour: satisfaction and engagement, the shocks
and the help that have begun, the mood of the last eight weeks, the contract's calendar, the rates by which customers
leave, and who has begun to withdraw. It does not see what has not happened yet (shocks, help, the luck of coming
weeks), nor a decision that leaves no trace (quiet leavers). A chance is the sum over the weeks in which the decision
may fall or have fallen unseen, of the week's chance along the expected path times the chance that the last day then
lies within the horizon.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forestay.simulator.latent import FOLLOW, KEEP_E, KEEP_S, Latent
from forestay.simulator.leaving import BEFORE_RENEWAL, FAR, NEAR, NOTICE_DAYS, WAIT_DAYS, WEEK, YEAR
from forestay.simulator.shocks import (
    FADE_OF_INTERVENTION,
    IMPACTS,
    RISE_OF_INTERVENTION,
    Floats,
)  # fmt: skip
from forestay.simulator.spec import CompanySpec

Days = npt.NDArray[np.int64]
BACK = NOTICE_DAYS[1] // WEEK
"""Weeks back in which a decision may have fallen whose last day is still to come."""
SURE = 0.999


def chance_of_leaving(spec: CompanySpec, latent: Latent, days: Days, horizon: int) -> Floats:
    """Chance 0-1 that the last day falls into the `horizon` days after each of the days; float64 (n,).

    days: indices, ascending, on which the account is a customer (profile.first_day <= day < latent.end_day).
    """
    weeks = days // WEEK
    past = weeks[:, None] - np.arange(BACK, -1, -1)
    coming = weeks[:, None] + np.arange(1, -(-horizon // WEEK) + 1)
    seen = _unseen_decisions(spec, latent, past) * _ends_within(latent, past * WEEK, days, horizon)
    expected = _expected_hazard(spec, latent, days, coming) * _ends_within(latent, coming * WEEK, days, horizon)
    chance = 1.0 - np.prod(1.0 - np.concatenate((seen, expected), axis=1), axis=1)
    return np.where(_has_withdrawn(latent, days), _of_withdrawn(latent, days, horizon), chance)


def chance_of_deciding(spec: CompanySpec, latent: Latent, days: Days, weeks: int) -> Floats:
    """Chance 0-1 that who has not decided yet decides to leave in the `weeks` weeks after each of the days; float64 (n,)."""
    coming = days[:, None] // WEEK + np.arange(1, weeks + 1)
    return np.asarray(1.0 - np.prod(1.0 - _expected_hazard(spec, latent, days, coming), axis=1))


def _has_withdrawn(latent: Latent, days: Days) -> npt.NDArray[np.bool_]:
    churn = latent.churn
    if churn is None or churn.is_quiet:
        return np.zeros(len(days), np.bool_)
    return days >= churn.decided_day


def _of_withdrawn(latent: Latent, days: Days, horizon: int) -> Floats:
    """Of those who are seen to withdraw the last day is known as well as their contract tells it."""
    if latent.churn is None:
        return np.zeros(len(days))
    decided = np.full((len(days), 1), latent.churn.decided_day)
    within = _ends_within(latent, decided, days, horizon)[:, 0]
    still = _ends_within(latent, decided, days, 10 * YEAR)[:, 0]
    return np.where(still > 0, np.minimum(SURE, within / np.maximum(still, 1e-9)), SURE)


def _ends_within(latent: Latent, decided: Days, days: Days, horizon: int) -> Floats:
    """Chance that who decides on a day (n, weeks) has the last day in the horizon after each of the days (n,)."""
    low, high = WAIT_DAYS
    first, last = days[:, None] - decided, days[:, None] + horizon - decided
    waits = (np.clip(last, low - 1, high - 1) - np.clip(first, low - 1, high - 1)) / (high - low)
    if not latent.profile.is_annual:
        return np.asarray(waits)
    ahead = (latent.profile.since_day - decided) % YEAR
    stays = (ahead >= NOTICE_DAYS[0]) & (ahead <= NOTICE_DAYS[1])
    return np.where(stays, (ahead > first) & (ahead <= last), waits)


def _unseen_decisions(spec: CompanySpec, latent: Latent, weeks: Days) -> Floats:
    """Chance that a decision fell in each past week and left no trace; float64, the shape of weeks."""
    mood = latent.states.mood[np.clip(weeks, 0, len(latent.states.mood) - 1)]
    inside = (weeks >= 0) & (weeks * WEEK >= latent.profile.first_day)
    hazard = _hazard(spec, latent, mood, weeks)
    random = np.minimum(hazard, spec.leaving.random_hazard)
    return np.where(inside, random + spec.leaving.quiet * (hazard - random), 0.0)


def _hazard(spec: CompanySpec, latent: Latent, mood: Floats, weeks: Days) -> Floats:
    """leaving.chance_to_decide() for whole columns of moods and weeks (n, k)."""
    state = spec.leaving.state_hazard * np.exp(-spec.leaving.state_slope * mood)
    if latent.profile.is_annual:
        state *= np.where((latent.profile.since_day - weeks * WEEK) % YEAR <= BEFORE_RENEWAL, NEAR, FAR)
    return np.asarray(np.minimum(0.5, state + spec.leaving.random_hazard))


def _expected_hazard(spec: CompanySpec, latent: Latent, days: Days, weeks: Days) -> Floats:
    """Chance to decide in each coming week (n, k), along the path that is expected on each of the days."""
    profile, states = latent.profile, latent.states
    now = np.minimum(days // WEEK, len(states.mood) - 1)
    own_s, own_e = states.own_satisfaction[now], states.own_engagement[now]
    followed, mood = states.followed[now], states.mood[now]
    felt = _under_way(latent, days, weeks * WEEK)
    moods = np.empty(weeks.shape)
    for step in range(weeks.shape[1]):
        own_s, own_e = own_s * KEEP_S, own_e * KEEP_E
        satisfaction = 0.6 * profile.fit + own_s + felt[1, :, step]
        followed = followed + FOLLOW * (satisfaction - followed)
        engagement = 0.3 * profile.fit + 0.5 * followed + own_e + felt[0, :, step]
        mood = mood + (0.5 * satisfaction + 0.5 * engagement - mood) / 8
        moods[:, step] = mood
    return _hazard(spec, latent, moods, weeks)


def _under_way(latent: Latent, days: Days, at: Days) -> Floats:
    """What shocks and help that had begun by each of the days (n,) add at later days (n, k); (2, n, k): engagement,
    satisfaction."""
    felt = np.zeros((2, *at.shape))
    for shock in latent.shocks:
        impact = IMPACTS[shock.kind]
        shape = shock.size * _shape(shock.day, days, at, impact.rise_days, impact.fade_days)
        felt += np.array([impact.engagement, impact.satisfaction])[:, None, None] * shape
    for given in latent.interventions:
        shape = given.effect * _shape(given.day, days, at, RISE_OF_INTERVENTION, FADE_OF_INTERVENTION)
        felt += np.array([0.7, 1.0])[:, None, None] * shape
    return felt


def _shape(begun: int, days: Days, at: Days, rise_days: float, fade_days: float) -> Floats:
    since = np.maximum(at - begun, 0).astype(np.float64)
    shape = (1.0 - np.exp(-(since + 1.0) / rise_days)) * np.exp(-since / fade_days)
    return np.asarray(np.where(days[:, None] >= begun, shape, 0.0))
