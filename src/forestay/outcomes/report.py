"""What an intervention does and is worth, as data that is stored and shown, and in words.

Gives : ImpactReport, EffectSeen, UpliftSeen, PartSeen, effect_seen(), effect_words(), money_words()
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from forestay.outcomes.average import ASSUMPTIONS, Effect, Method
from forestay.outcomes.roi import Money, Worth


class EffectSeen(msgspec.Struct, frozen=True):
    """average.Effect as it is stored. Above 0 is good; rates are 0 to 1."""

    method: Method
    estimate: float | None
    low: float | None
    high: float | None
    confidence: float
    treated: int
    untreated: int
    rate_treated: float | None
    rate_untreated: float | None
    why: str


class PartSeen(msgspec.Struct, frozen=True):
    """qini.Part as it is stored: a fifth of the accounts by expected gain, and what they gained."""

    number: int
    from_score: float
    effect: float
    low: float
    high: float
    n: int


class UpliftSeen(msgspec.Struct, frozen=True):
    """Whether it is known who gains most. coefficient: of Qini, per account, with its interval at `confidence`; ships:
    whether a policy may act on it; look: how often this was asked, each time with its part of 5 %."""

    learner: str
    coefficient: float
    low: float
    high: float
    confidence: float
    n: int
    look: int
    ships: bool
    curve: tuple[tuple[float, float], ...]
    parts: tuple[PartSeen, ...]
    words: str


class ImpactReport(msgspec.Struct, frozen=True):
    """One intervention. kind: 'trigger', 'journey' or 'arm'; aim: what it is for; treated, settled, reached: of the last
    period_days; conversion: reached / settled, None without any; worth: money of those treated in the period."""

    kind: str
    key: str
    aim: str
    effect: EffectSeen
    assumptions: tuple[str, ...]
    words: str
    treated: int
    settled: int
    reached: int
    conversion: float | None
    revenue: EffectSeen | None
    worth: Worth | None
    uplift: UpliftSeen | None
    uplift_words: str
    period_days: int = 365


_AIMS = {"churned": "stayed", "renewed": "renewed", "expanded": "expanded"}


def effect_seen(effect: Effect) -> EffectSeen:
    """To store."""
    return EffectSeen(
        effect.method, effect.estimate, effect.low, effect.high, 1 - effect.alpha, effect.treated, effect.untreated,
        effect.rate_treated, effect.rate_untreated, effect.why,
    )  # fmt: skip


def assumptions_of(effect: Effect) -> tuple[str, ...]:
    """What the estimate takes for granted."""
    return ASSUMPTIONS[effect.method]


def effect_words(effect: Effect, aim: str) -> str:
    """One sentence, with its interval and where it comes from."""
    if effect.estimate is None or effect.low is None or effect.high is None:
        return f"It cannot be said yet whether it helps: {effect.why}."
    more = "more" if effect.estimate >= 0 else "less"
    spread = f"{1 - effect.alpha:.0%} [{effect.low * 100:.1f}, {effect.high * 100:.1f}]"
    chance = "" if effect.is_sure else ", which may be chance"
    guess = " A guess from what people chose to do, not a test." if effect.method is Method.OBSERVATIONAL else ""
    return (
        f"Accounts that got it {_AIMS[aim]} {abs(effect.estimate) * 100:.1f} points {more} often than those that did not"
        f"{chance} ({spread}; {effect.why}).{guess}"
    )


def money_words(worth: Worth, currency: str) -> str:
    """Saved, spent and the ratio, or what is missing."""
    if worth.saved is None:
        return f"What it saved cannot be said yet: {worth.why}."
    saved = f"{currency} {worth.saved.estimate:,.0f} a year [{worth.saved.low:,.0f}, {worth.saved.high:,.0f}]"
    if worth.roi is None:
        return f"It kept or won {saved}; {worth.why}."
    ratio = worth.roi
    return f"It kept or won {saved} for {currency} {worth.cost:,.0f}: ROI {ratio.estimate:.1f} [{ratio.low:.1f}, {ratio.high:.1f}]."


def in_all(worths: Sequence[Worth]) -> Worth:
    """Several together. Their intervals are added as if all erred the same way, which is careful."""
    known = [(one, one.saved) for one in worths if one.saved is not None]
    cost = sum(one.cost for one, _ in known)
    if not known:
        return Worth(None, sum(one.cost for one in worths), None, "of no intervention it can be said yet")
    saved = Money(*(sum(getattr(money, end) for _, money in known) for end in ("estimate", "low", "high")))
    left_out = len(worths) - len(known)
    why = f"{left_out} of {len(worths)} interventions are left out: of them it cannot be said yet" if left_out else ""
    if cost <= 0:
        return Worth(saved, cost, None, why or "nothing was spent")
    return Worth(saved, cost, Money(*((one - cost) / cost for one in (saved.estimate, saved.low, saved.high))), why)
