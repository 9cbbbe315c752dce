"""What happens to accounts: shocks, interventions, and what each does to the latent state.

Gives: ShockKind, Impact, IMPACTS, Shock, Channel, add_shock(), InterventionKind, Intervention, add_intervention(),
       Response, RESPONSES, strength().

A shock's effect rises as 1 - exp(-t/rise) and fades as exp(-t/fade), t in days since it began.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Channel(IntEnum):
    """The rows of the daily effect matrix. All are additive; the last four act as logarithms of a multiplier."""

    ENGAGEMENT = 0
    SATISFACTION = 1
    HEADCOUNT = 2
    STICKY = 3
    PREMIUM = 4
    SUPPORT = 5


class ShockKind(StrEnum):
    """Why an account changes."""

    SPONSOR_LEFT = "sponsor_left"
    REORGANISATION = "reorganisation"
    BUDGET_CUT = "budget_cut"
    COMPETITOR = "competitor"
    DISAPPOINTMENT = "disappointment"
    GROWTH = "growth"
    ROLLOUT = "rollout"
    INTEGRATION_BROKEN = "integration_broken"
    SYNC_STALLED = "sync_stalled"
    CURIOSITY = "curiosity"
    PROCESS_PROJECT = "process_project"
    BAD_RELEASE = "bad_release"


@dataclass(frozen=True, slots=True)
class Impact:
    """What a shock of size 1 does at its height, in units of the latent scale (about one standard deviation)."""

    a_year: float
    """How many an account meets in a year by itself."""
    rise_days: float
    fade_days: float
    engagement: float = 0.0
    satisfaction: float = 0.0
    headcount: float = 0.0
    sticky: float = 0.0
    premium: float = 0.0
    support: float = 0.0

    @property
    def column(self) -> Floats:
        """The six effects in the order of Channel."""
        return np.array([self.engagement, self.satisfaction, self.headcount, self.sticky, self.premium, self.support])


IMPACTS: dict[ShockKind, Impact] = {
    ShockKind.SPONSOR_LEFT: Impact(0.20, 14, 120, engagement=-0.5, satisfaction=-0.6, headcount=-0.05),
    ShockKind.REORGANISATION: Impact(0.10, 7, 100, engagement=-0.9, satisfaction=-0.3, headcount=-0.3, sticky=-0.2),
    ShockKind.BUDGET_CUT: Impact(0.10, 21, 200, engagement=-0.3, satisfaction=-0.4, headcount=-0.3),
    ShockKind.COMPETITOR: Impact(0.10, 35, 160, engagement=-0.6, satisfaction=-0.7, support=0.2),
    ShockKind.DISAPPOINTMENT: Impact(0.08, 20, 250, engagement=-0.05, satisfaction=-1.2, support=0.8),
    ShockKind.GROWTH: Impact(0.15, 25, 400, engagement=0.3, satisfaction=0.2, headcount=0.45),
    ShockKind.ROLLOUT: Impact(0.10, 5, 250, engagement=0.2, satisfaction=0.1, headcount=0.35),
    ShockKind.INTEGRATION_BROKEN: Impact(0.12, 1.5, 20, engagement=-0.25, satisfaction=-0.8, sticky=-1.6, support=1.5),
    ShockKind.SYNC_STALLED: Impact(0.05, 1.0, 30, engagement=-0.1, sticky=-1.7),
    ShockKind.CURIOSITY: Impact(0.15, 2, 25, engagement=0.15, premium=2.4),
    ShockKind.PROCESS_PROJECT: Impact(0.15, 3, 300, engagement=0.2, satisfaction=0.2),
    ShockKind.BAD_RELEASE: Impact(0.0, 3, 25, engagement=-0.2, satisfaction=-0.5, sticky=-0.25, support=0.9),
}
"""Bad releases come to all accounts on the same day (company.releases), everything else to each by itself."""


@dataclass(frozen=True, slots=True)
class Shock:
    """One shock. day: index into the simulated days (0 = first day of history)."""

    kind: ShockKind
    day: int
    size: float = 1.0


class InterventionKind(StrEnum):
    """What the company may do for an account."""

    CHECK_IN = "check_in"
    TRAINING = "training"
    EXECUTIVE_OUTREACH = "executive_outreach"
    DISCOUNT = "discount"


@dataclass(frozen=True, slots=True)
class Intervention:
    """One intervention. effect: what it adds to satisfaction at its height (0.7 of it to engagement)."""

    kind: InterventionKind
    day: int
    effect: float
    propensity: float
    """Chance that it was given that week, as the policy saw the account; 1 when it was applied from outside."""


class Response(StrEnum):
    """How an account answers interventions."""

    PERSUADABLE = "persuadable"
    SURE_THING = "sure_thing"
    LOST_CAUSE = "lost_cause"
    SLEEPING_DOG = "sleeping_dog"


RESPONSES: dict[Response, float] = {
    Response.PERSUADABLE: 1.0,
    Response.SURE_THING: 0.25,
    Response.LOST_CAUSE: 0.0,
    Response.SLEEPING_DOG: -1.0,
}
"""How much of what help could do for an account it does (simulator.helping): a temper that nobody sees."""

RISE_OF_INTERVENTION, FADE_OF_INTERVENTION = 10.0, 75.0


def curve(days: int, begin: int, rise_days: float, fade_days: float) -> Floats:
    """Share of the full effect on each day from `begin` on; float64 (days - begin,)."""
    since = np.arange(days - begin, dtype=np.float64)
    return np.asarray((1.0 - np.exp(-(since + 1.0) / rise_days)) * np.exp(-since / fade_days))


def strength(shock: Shock, day: int) -> float:
    """Share of a shock's full effect on a day; 0 before it begins."""
    since, impact = day - shock.day, IMPACTS[shock.kind]
    if since < 0:
        return 0.0
    return float((1.0 - np.exp(-(since + 1.0) / impact.rise_days)) * np.exp(-since / impact.fade_days))


def add_shock(effects: Floats, shock: Shock) -> None:
    """Add a shock to the daily effects (channels, days), in place; what began before the first day is under way."""
    impact, days = IMPACTS[shock.kind], effects.shape[1]
    if shock.day >= days:
        return
    shape = curve(days, shock.day, impact.rise_days, impact.fade_days)
    begin = max(shock.day, 0)
    effects[:, begin:] += shock.size * impact.column[:, None] * shape[begin - shock.day :]


def add_intervention(effects: Floats, given: Intervention) -> None:
    """Add an intervention's effect to the daily effects (channels, days), in place."""
    if given.effect and given.day < effects.shape[1]:
        shape = given.effect * curve(effects.shape[1], given.day, RISE_OF_INTERVENTION, FADE_OF_INTERVENTION)
        effects[Channel.SATISFACTION, given.day :] += shape
        effects[Channel.ENGAGEMENT, given.day :] += 0.7 * shape
