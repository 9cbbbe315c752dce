"""Accounts that live through what the ten shipped triggers look for: causes are planned, never outcomes.

Gives: Story, story_of().
Source: REQUIREMENTS D3; DESIGN section 5, 'Defaults that otherwise get guessed'.

Of every hundred accounts ten (numbers 1, 3, ... 19) meet their cause in the last weeks of the history and
ten (21, 23, ... 39) at its very end, so that the trigger's moment comes in live play. A story sets traits (how
well the product fits, how many seats are used) and shocks with dates relative to `until`; what the product can
see follows from the latent state, with all its noise, and a story may fail to show. Until the end of history a
story's account does not churn (nobody would watch it otherwise); the truth says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from forestay.customers.words import TriggerKey
from forestay.simulator.shocks import Shock, ShockKind

PERIOD, FIRST_LIVE, AFTER_LIVE = 100, 20, 40
NEGLECT_DAYS = 80


@dataclass(frozen=True, slots=True)
class Story:
    """What is planned for one account. Shock days are relative to the day of `until` (negative: before)."""

    trigger: TriggerKey
    shocks: tuple[Shock, ...] = ()
    is_live: bool = False
    fit: float = 0.3
    seat_share: float = 0.8
    """Users over contracted seats before any shock."""
    seats: tuple[int, int] = (12, 40)
    is_frozen: bool = False
    """Nobody joins or leaves in the last 130 days: a small core team, and nobody else."""
    is_neglected: bool = False
    """Its CSM has had no time for it in the last NEGLECT_DAYS days."""
    late_workflow: bool = False
    """Has never used workflows before a process project brings them."""
    ignores_new: bool = False
    """Uses none of the features deployed in the last 100 days."""
    renews_in_days: int | None = None
    """Days from `until` to the renewal of an annual contract."""
    is_basic: bool = False
    """Has no premium plan or add-on, so premium features are there to explore."""


def _shock(kind: ShockKind, day: int, size: float = 1.0) -> Shock:
    return Shock(kind, day, size)


_K, _T = ShockKind, TriggerKey

HISTORY: dict[TriggerKey, Story] = {
    _T.HEALTH_BELOW_60: Story(_T.HEALTH_BELOW_60, (
        _shock(_K.COMPETITOR, -70, 1.6), _shock(_K.REORGANISATION, -38, 1.5), _shock(_K.INTEGRATION_BROKEN, -11, 1.2)),
        fit=-0.7, is_neglected=True),
    _T.HEALTH_TREND_DOWN_20: Story(_T.HEALTH_TREND_DOWN_20, (
        _shock(_K.REORGANISATION, -25, 3.2), _shock(_K.INTEGRATION_BROKEN, -15, 1.8), _shock(_K.SPONSOR_LEFT, -20, 1.4)),
        fit=0.8, seats=(18, 40)),
    _T.EXPANSION_READINESS_80: Story(_T.EXPANSION_READINESS_80, (
        _shock(_K.GROWTH, -60, 1.3), _shock(_K.ROLLOUT, -13, 1.6), _shock(_K.CURIOSITY, -11, 1.4), _shock(_K.PROCESS_PROJECT, -12)),
        fit=1.2, seat_share=1.05, late_workflow=True, is_basic=True),
    _T.FEATURE_UNUSED_45_DAYS: Story(_T.FEATURE_UNUSED_45_DAYS, fit=0.2, ignores_new=True),
    _T.CHURN_80_EXECUTIVE_TURNOVER: Story(_T.CHURN_80_EXECUTIVE_TURNOVER, (
        _shock(_K.DISAPPOINTMENT, -150, 1.7), _shock(_K.SPONSOR_LEFT, -28, 1.2), _shock(_K.INTEGRATION_BROKEN, -12, 0.6)),
        fit=-1.0, is_neglected=True, seat_share=0.42, seats=(50, 80), is_frozen=True, renews_in_days=48),
    _T.STICKY_FEATURE_DROP_AND_ESCALATION: Story(_T.STICKY_FEATURE_DROP_AND_ESCALATION, (
        _shock(_K.INTEGRATION_BROKEN, -7, 2.0),), fit=0.5, seats=(25, 60)),
    _T.USAGE_OVER_150_PERCENT: Story(_T.USAGE_OVER_150_PERCENT, (
        _shock(_K.GROWTH, -55, 1.5), _shock(_K.ROLLOUT, -40, 0.8)), fit=0.9, seat_share=1.15, seats=(8, 20)),
    _T.PREMIUM_FEATURE_INTEREST: Story(_T.PREMIUM_FEATURE_INTEREST, (_shock(_K.CURIOSITY, -9, 2.0),),
        fit=1.0, seats=(20, 45), is_basic=True),
    _T.NEW_USER_INVITATIONS: Story(_T.NEW_USER_INVITATIONS, (_shock(_K.ROLLOUT, -8, 2.4),), fit=0.6),
    _T.NEW_WORKFLOW_ADOPTION: Story(_T.NEW_WORKFLOW_ADOPTION, (
        _shock(_K.PROCESS_PROJECT, -12, 1.3),), fit=0.7, late_workflow=True),
}  # fmt: skip

LIVE: dict[TriggerKey, Story] = {
    _T.HEALTH_BELOW_60: Story(_T.HEALTH_BELOW_60, (
        _shock(_K.COMPETITOR, -65, 1.4), _shock(_K.REORGANISATION, -28, 1.2)),
        is_live=True, fit=-0.5, is_neglected=True),
    _T.HEALTH_TREND_DOWN_20: Story(_T.HEALTH_TREND_DOWN_20, (
        _shock(_K.REORGANISATION, -24, 2.6), _shock(_K.DISAPPOINTMENT, -1, 1.8)),
        is_live=True, fit=0.8, seats=(18, 40)),
    _T.EXPANSION_READINESS_80: Story(_T.EXPANSION_READINESS_80, (
        _shock(_K.GROWTH, -50, 1.4), _shock(_K.CURIOSITY, -8, 1.2), _shock(_K.ROLLOUT, 0, 1.8)),
        is_live=True, fit=1.2, seat_share=1.0, is_basic=True),
    _T.FEATURE_UNUSED_45_DAYS: Story(_T.FEATURE_UNUSED_45_DAYS, is_live=True, fit=0.0, ignores_new=True),
    _T.CHURN_80_EXECUTIVE_TURNOVER: Story(_T.CHURN_80_EXECUTIVE_TURNOVER, (
        _shock(_K.DISAPPOINTMENT, -140, 1.8), _shock(_K.SPONSOR_LEFT, 0, 1.2)),
        is_live=True, fit=-1.0, is_neglected=True, seat_share=0.42, seats=(50, 80), is_frozen=True, renews_in_days=48),
    _T.STICKY_FEATURE_DROP_AND_ESCALATION: Story(_T.STICKY_FEATURE_DROP_AND_ESCALATION, (
        _shock(_K.SYNC_STALLED, -8, 1.8), _shock(_K.INTEGRATION_BROKEN, 0, 1.2)), is_live=True, fit=0.4, seats=(25, 60)),
    _T.USAGE_OVER_150_PERCENT: Story(_T.USAGE_OVER_150_PERCENT, (
        _shock(_K.GROWTH, -40, 0.6), _shock(_K.ROLLOUT, 0, 2.2)), is_live=True, fit=0.9, seat_share=1.1, seats=(8, 16)),
    _T.PREMIUM_FEATURE_INTEREST: Story(_T.PREMIUM_FEATURE_INTEREST, (_shock(_K.CURIOSITY, 0, 2.0),),
        is_live=True, fit=1.0, seats=(20, 45), is_basic=True),
    _T.NEW_USER_INVITATIONS: Story(_T.NEW_USER_INVITATIONS, (_shock(_K.ROLLOUT, 0, 2.4),), is_live=True, fit=0.6),
    _T.NEW_WORKFLOW_ADOPTION: Story(_T.NEW_WORKFLOW_ADOPTION, (
        _shock(_K.PROCESS_PROJECT, 0, 1.3),), is_live=True, fit=0.6, late_workflow=True),
}  # fmt: skip


def story_of(account: int) -> Story | None:
    """The story planned for an account number, or None for the four of five that live an ordinary life."""
    slot = account % PERIOD
    if slot % 2 == 0 or slot >= AFTER_LIVE:
        return None
    shelf = LIVE if slot >= FIRST_LIVE else HISTORY
    return shelf[tuple(TriggerKey)[slot % FIRST_LIVE // 2]]
