"""Who decides to leave, when, why, and how long before the end of the contract.

Gives: Churn, ChurnCause, chance_to_decide(), decision(), days_to_renewal(), WEEK, YEAR, WAIT_DAYS, NOTICE_DAYS.

The chance of a week has a part that the state causes (through the mean of the last eight weeks, so that it can be
foreseen) and a part that nothing foretells. Annual customers decide mostly in the ten weeks before renewal and leave
at its date, monthly ones leave about a month after they decided. Rates: spec.Leaving.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp

from forestay.simulator.profile import Profile
from forestay.simulator.shocks import IMPACTS, Floats, Shock
from forestay.simulator.spec import Leaving

WEEK, YEAR = 7, 365
WAIT_DAYS = (25, 50)
"""Days from the decision to the last day, without a renewal to wait for: from .. below."""
NOTICE_DAYS = (14, 91)
"""An annual customer who decides so many days before the renewal stays until then."""
BEFORE_RENEWAL, NEAR, FAR = 70, 3.2, 0.3
"""Annual customers decide in the last BEFORE_RENEWAL days with NEAR times the chance, otherwise with FAR times."""


class ChurnCause(StrEnum):
    """Why an account left."""

    STATE = "state"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Churn:
    """A decision to leave. Days are indices; reason: the shock that weighed most then, or 'fit' or 'random'."""

    decided_day: int
    last_day: int
    cause: ChurnCause
    reason: str
    is_quiet: bool


def days_to_renewal(profile: Profile, day: int) -> int:
    """Days from `day` to the next yearly anniversary (annual) or monthly one."""
    return (profile.since_day - day) % (YEAR if profile.is_annual else 30)


def chance_to_decide(leaving: Leaving, profile: Profile, mood: float, day: int) -> float:
    """The chance to decide in the week that begins on a day; 0-0.5."""
    state = leaving.state_hazard * exp(-leaving.state_slope * mood)
    if profile.is_annual:
        state *= NEAR if days_to_renewal(profile, day) <= BEFORE_RENEWAL else FAR
    return min(0.5, state + leaving.random_hazard)


def decision(
    leaving: Leaving, profile: Profile, shocks: tuple[Shock, ...], day: int, draws: Floats, hazard: float
) -> Churn:
    """What was decided on a day. draws: the week's uniforms (latent._weeks); hazard: the chance that came true."""
    cause = ChurnCause.RANDOM if draws[4] < leaving.random_hazard / hazard else ChurnCause.STATE
    ahead = days_to_renewal(profile, day)
    waits = profile.is_annual and NOTICE_DAYS[0] <= ahead <= NOTICE_DAYS[1]
    wait = ahead if waits else WAIT_DAYS[0] + int(draws[5] * (WAIT_DAYS[1] - WAIT_DAYS[0]))
    recent = [s for s in shocks if day - 150 <= s.day <= day and IMPACTS[s.kind].satisfaction * s.size < 0]
    worst = min(recent, key=lambda s: IMPACTS[s.kind].satisfaction * s.size, default=None)
    reason = "random" if cause is ChurnCause.RANDOM else worst.kind.value if worst else "fit"
    quiet = cause is ChurnCause.RANDOM or bool(draws[2] < leaving.quiet)
    return Churn(day, max(day + wait, profile.first_day + 30), cause, reason, quiet)
