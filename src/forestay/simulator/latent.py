"""The hidden life of an account: engagement, satisfaction and shocks, and what they lead to: help, and churn.

Gives: Latent, States, live(), is_held_out().

State: two first-order autoregressions by the week around the account's fit, plus the daily effects of shocks and
interventions; engagement follows satisfaction with a lag of about five weeks. One unit is about one standard
deviation between accounts. Once a week, in this order, with numbers drawn beforehand: the CSM may intervene (more
often where things look bad), and the customer may decide to leave. The hazard has a part that the state causes
(through the mean of the last eight weeks, so that it can be foreseen) and a part that nothing foretells.
Annual customers decide mostly in the ten weeks before renewal and leave at its date, monthly ones leave about a
month after they decided. Most who decided use the product less and less; one in five goes on as before.
Everything is drawn in the order of time: a longer horizon or a later intervention changes nothing before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forestay.simulator.helping import Situation, effect_of, situation_of
from forestay.simulator.leaving import WEEK, Churn, chance_to_decide, decision
from forestay.simulator.profile import Profile
from forestay.simulator.shocks import (
    IMPACTS,
    Channel,
    Floats,
    Intervention,
    InterventionKind,
    Shock,
    ShockKind,
    add_intervention,
    add_shock,
)  # fmt: skip
from forestay.simulator.spec import CompanySpec, Purpose, Streams
from forestay.simulator.stories import NEGLECT_DAYS

KEEP_S, _NOISE_S, KEEP_E, _NOISE_E = 0.93, 0.25, 0.90, 0.20
FOLLOW = 0.2
"""Weight of this week's satisfaction in what engagement follows."""
_ORDINARY = tuple(kind for kind in ShockKind if kind is not ShockKind.BAD_RELEASE)


@dataclass(frozen=True, slots=True)
class States:
    """What moves by itself, at the end of each week; float64 (weeks,). mood: what decides about staying."""

    own_satisfaction: Floats
    own_engagement: Floats
    followed: Floats
    mood: Floats


@dataclass(frozen=True, slots=True)
class Latent:
    """One account's hidden path. effects: float64 (6 channels, days), see shocks.Channel; the first two are whole
    states (engagement, satisfaction), the rest sums of shocks. hazard: float64 (weeks,), the chance to decide that week."""

    profile: Profile
    effects: Floats
    shocks: tuple[Shock, ...]
    interventions: tuple[Intervention, ...]
    hazard: Floats
    churn: Churn | None
    states: States

    @property
    def days(self) -> int:
        """How many days were lived, from the first of history."""
        return int(self.effects.shape[1])

    @property
    def end_day(self) -> int:
        """The first day on which they are no customer; `days` when they stay."""
        return self.days if self.churn is None else min(self.days, self.churn.last_day + 1)

    def of(self, channel: Channel) -> Floats:
        """One channel by the day; float64 (days,)."""
        return np.asarray(self.effects[channel])

    def situation(self, day: int) -> Situation:
        """What troubles the account on a day that was lived, and how engaged it is."""
        return situation_of(self.shocks, float(self.effects[Channel.ENGAGEMENT, day]), day)


def live(
    spec: CompanySpec,
    profile: Profile,
    releases: tuple[Shock, ...],
    days: int,
    extra: tuple[Intervention, ...] = (),
    *,
    decides: bool = True,
) -> Latent:
    """Live one account for `days` from the first day of history. extra: interventions applied from outside.

    decides=False: nobody ever decides to leave, so that the chance to do so is known for every week.
    """
    streams = Streams(spec.seed, profile.account)
    shocks = _shocks(spec, profile, releases, days, streams.of(Purpose.SHOCKS))
    effects = np.zeros((len(Channel), days))
    for shock in shocks:
        add_shock(effects, shock)
    weeks = -(-days // WEEK)
    noise = streams.of(Purpose.LATENT).standard_normal((weeks + 1, 2))
    draws = streams.of(Purpose.DECISIONS).random((weeks, 6))
    if not decides:
        draws[:, 3] = 1.0
    if is_held_out(spec, profile.account):
        draws[:, 0] = 1.0
    return _weeks(spec, profile, shocks, effects, noise, draws, extra)


def is_held_out(spec: CompanySpec, account: int) -> bool:
    """Whether the lot says that the CSMs do nothing for this account."""
    return bool(spec.holdout) and bool(Streams(spec.seed, account).of(Purpose.HOLDOUT).random() < spec.holdout)


def _shocks(
    spec: CompanySpec, profile: Profile, releases: tuple[Shock, ...], days: int, rng: np.random.Generator
) -> tuple[Shock, ...]:
    draws = rng.random((-(-days // WEEK), len(_ORDINARY), 3))
    rates = np.array([IMPACTS[kind].a_year / 52 for kind in _ORDINARY])
    hits = np.argwhere(draws[:, :, 0] < rates)
    story = profile.story
    quiet_from = spec.days - 1 - 120 if story is not None else days
    found = [
        Shock(
            _ORDINARY[kind],
            int(week) * WEEK + int(draws[week, kind, 1] * WEEK),
            0.6 + 0.8 * float(draws[week, kind, 2]),
        )
        for week, kind in hits
    ]
    if story is not None and story.is_frozen:
        quiet_from = 0
    found = [shock for shock in found if profile.first_day <= shock.day < quiet_from]
    felt = [Shock(one.kind, one.day, one.size * profile.release_sensitivity) for one in releases]
    if story is not None:
        felt = [one for one in felt if one.day < quiet_from]
        found += [Shock(one.kind, one.day + spec.days - 1, one.size) for one in story.shocks]
    return tuple(sorted((shock for shock in (*found, *felt) if shock.day < days), key=lambda shock: shock.day))


def _weeks(
    spec: CompanySpec,
    profile: Profile,
    shocks: tuple[Shock, ...],
    effects: Floats,
    noise: Floats,
    draws: Floats,
    extra: tuple[Intervention, ...],
) -> Latent:
    """Walk the weeks. draws: uniforms (weeks, 6): intervene, which, how well, decide, cause, when."""
    days, weeks = effects.shape[1], len(draws)
    begin, protected_to = profile.first_day, spec.days + 3 if profile.story else 0
    neglected_from = spec.days - NEGLECT_DAYS if profile.story and profile.story.is_neglected else days
    s_own, e_own = float(noise[0, 0]) * 0.68, float(noise[0, 1]) * 0.46
    followed, mood = 0.6 * profile.fit + s_own, 0.6 * profile.fit + s_own
    given, outside, hazard = [], sorted(extra, key=lambda one: one.day), np.zeros(weeks)
    path = np.zeros((4, weeks))
    churn: Churn | None = None
    for week in range(weeks):
        first, last = week * WEEK, min(days, week * WEEK + WEEK)
        while outside and outside[0].day < last:
            given.append(outside.pop(0))
            add_intervention(effects, given[-1])
        s_own = KEEP_S * s_own + _NOISE_S * float(noise[week + 1, 0])
        e_own = KEEP_E * e_own + _NOISE_E * float(noise[week + 1, 1])
        satisfaction = 0.6 * profile.fit + s_own + float(effects[Channel.SATISFACTION, first])
        followed += FOLLOW * (satisfaction - followed)
        effects[Channel.SATISFACTION, first:last] += 0.6 * profile.fit + s_own
        effects[Channel.ENGAGEMENT, first:last] += 0.3 * profile.fit + 0.5 * followed + e_own
        mood += (0.5 * satisfaction + 0.5 * float(effects[Channel.ENGAGEMENT, first]) - mood) / 8
        path[:, week] = s_own, e_own, followed, mood
        if first < begin or churn is not None:
            continue
        if first < neglected_from and draws[week, 0] < (propensity := _propensity(profile, mood)):
            now = situation_of(shocks, float(effects[Channel.ENGAGEMENT, first]), first)
            given.append(_help(profile, propensity, now, first, draws[week]))
            add_intervention(effects, given[-1])
        hazard[week] = chance_to_decide(spec.leaving, profile, mood, first) if first >= protected_to else 0.0
        if draws[week, 3] < hazard[week]:
            churn = decision(spec.leaving, profile, shocks, first, draws[week], hazard[week])
            _withdraw(effects, churn, churn.is_quiet)
    return Latent(profile, effects, shocks, tuple(given), hazard, churn, States(*path))


def _propensity(profile: Profile, mood: float) -> float:
    """Chance of a week that CSMs do something of themselves: more where things look bad, and for bigger accounts."""
    base = {"smb": 0.004, "mid-market": 0.012, "enterprise": 0.02}[profile.size]
    return base * (4.0 if mood < -0.5 else 1.0)


def _help(profile: Profile, propensity: float, now: Situation, day: int, draws: Floats) -> Intervention:
    """What they do, which is in part by chance."""
    kind = tuple(InterventionKind)[int(draws[1] * len(InterventionKind))]
    return Intervention(kind, day, effect_of(profile, kind, float(draws[2]), now), propensity)


def _withdraw(effects: Floats, churn: Churn, is_quiet: bool) -> None:
    """Who has decided uses less; a quiet leaver only a little."""
    days = effects.shape[1]
    gone = 1.0 - np.exp(-np.arange(days - churn.decided_day) / 18.0)
    effects[Channel.ENGAGEMENT, churn.decided_day :] -= (0.3 if is_quiet else 2.2) * gone
